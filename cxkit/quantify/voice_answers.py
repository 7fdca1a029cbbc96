"""The answers of two windows with what is known of who gave them, held in the engine for as long as they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import pandas as pd

from cxkit.metrics.windows import Window, recent, seen
from cxkit.quantify.measure import YEAR
from cxkit.quantify.voice_cells import MOST, OTHERS, UNKNOWN
from cxkit.quantify.voice_mix import BEFORE, NOW
from cxkit.records import Missing, Record
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables

METRICS = ("nps", "csat", "ces")
POINTS: Mapping[str, str] = {
    "nps": "CASE WHEN score >= 9 THEN 1 WHEN score <= 6 THEN -1 ELSE 0 END",
    "csat": "CASE WHEN score >= 4 THEN 1 ELSE 0 END",
    "ces": "score",
}
"""What an answer counts (`metrics.satisfaction`), in whole numbers or decimals."""
ORDER: Mapping[str, tuple[str, ...]] = {
    "nps": ("segment", "tenure", "moment", "channel"),
    "csat": ("moment", "segment", "channel", "tenure"),
    "ces": ("moment", "segment", "channel", "tenure"),
}
"""What answers are told apart by, best first: a relationship by who the customer is, a contact by its moment."""
LEAST_KNOWN = 2 / 3
"""Share of answers in each window of which it must be known, for answers to be told apart by it."""
HELD = "cxkit_answers"
YEAR_DAYS = 365
TENURE = ("under a year", "one to three years", "over three years")


class Span(Record):
    """The window of one score, and the same months a year earlier where the answers reach back."""

    metric: str
    now: Window
    before: Window | None


def spans(tables: Tables, months: int) -> list[Span]:
    """For each score that was asked: the last complete months, and whether a year earlier is there too."""
    found = []
    for metric in METRICS:
        where = f"metric = '{metric}' AND score IS NOT NULL"
        span = seen(tables, "surveys", "answered_date", where)
        window = recent(tables, "surveys", "answered_date", months, where)
        if span is None or window is None:
            continue
        now = Window(first=max(span.first, window.first), last=window.last)
        earlier = now.back(YEAR)
        whole = len(now) == months and earlier.first >= span.first
        found.append(Span(metric=metric, now=now, before=earlier if whole else None))
    return found


def tenure(started: str, day: str) -> str:
    """SQL of the tenure band of a customer who `started` on one day, on another."""
    age = f"date_diff('day', {started}, {day})"
    young, middle, old = (f"'{name}'" for name in TENURE)
    return (
        f"CASE WHEN {started} IS NULL THEN NULL WHEN {age} < {YEAR_DAYS} THEN {young} "
        f"WHEN {age} < {3 * YEAR_DAYS} THEN {middle} ELSE {old} END"
    )


def customers(tables: Tables) -> str:
    """SQL of what is known of each account: account_id, segment, started, ended; no rows without accounts."""
    if isinstance(tables["accounts"], Missing):
        return (
            "(SELECT NULL::VARCHAR AS account_id, NULL::VARCHAR AS segment, NULL::DATE AS started, "
            "NULL::DATE AS ended WHERE false)"
        )
    return (
        "(SELECT account_id, min(segment) AS segment, min(started) AS started, max(ended) AS ended FROM accounts "
        "WHERE account_id IS NOT NULL GROUP BY 1)"
    )


def invited(tables: Tables) -> str:
    """SQL of the account an answer belongs to by its invitation: response_id, account_id; no rows without."""
    if tables.lacking({"invitations": ("response_id", "account_id")}):
        return "(SELECT NULL::VARCHAR AS response_id, NULL::VARCHAR AS account_id WHERE false)"
    return (
        "(SELECT response_id, min(account_id) AS account_id FROM invitations "
        "WHERE response_id IS NOT NULL AND account_id IS NOT NULL GROUP BY 1)"
    )


@contextmanager
def answers(tables: Tables, span: Span) -> Iterator[str]:
    """Hold one score's answers of both windows in the engine; the name of the relation, for a while.

    Columns: customer, when (`NOW`, `BEFORE`), x (what the answer counts), segment, tenure, moment, channel
    (text, `UNKNOWN` where not known; the `MOST` largest kinds keep their name). An answer without an account takes that
    of its invitation. Who answers is one cluster: the account, else the person, else the answer itself.
    """
    both = [(NOW, span.now), *([(BEFORE, span.before)] if span.before else [])]
    when = " ".join(f"WHEN {window.holds('answered_date')} THEN '{name}'" for name, window in both)
    query = f"""
        WITH said AS (
          SELECT s.response_id, coalesce(s.account_id, i.account_id) AS account_id, s.person_id, s.answered_date,
            s.moment_id AS moment, s.channel, CAST({POINTS[span.metric]} AS DECIMAL(9,4)) AS x,
            CASE {when} END AS "when"
          FROM surveys s LEFT JOIN {invited(tables)} i ON i.response_id = s.response_id
          WHERE s.metric = '{span.metric}' AND s.score IS NOT NULL
        )
        SELECT coalesce('a:' || s.account_id, 'p:' || s.person_id, 'r:' || s.response_id) AS customer, s."when", s.x,
          a.segment, {tenure("a.started", "s.answered_date")} AS tenure, s.moment, s.channel
        FROM said s LEFT JOIN {customers(tables)} a ON a.account_id = s.account_id WHERE s."when" IS NOT NULL
    """
    with tables.held(f"{HELD}_as_given", query) as given:
        named = largest_named(given, ("customer", "when", "x"), ORDER["nps"])
        with tables.held(HELD, named) as relation:
            yield relation


def largest_named(relation: str, others: Sequence[str], columns: Sequence[str]) -> str:
    """SQL of a relation's columns, `columns` with the names of their `MOST` largest kinds alone.

    The other kinds become `OTHERS`, what is not known `UNKNOWN`.
    """
    shown, joins = [f"r.{quoted(c)}" for c in others], []
    for column in columns:
        own, all_, kinds = _cleaned(f"r.{quoted(column)}"), _cleaned(quoted(column)), f"{column}_kinds"
        joins.append(
            f"LEFT JOIN (SELECT name FROM (SELECT {all_} AS name, count(*) AS n FROM {relation} GROUP BY 1) AS k "
            f"WHERE name IS NOT NULL ORDER BY n DESC, name LIMIT {MOST}) AS {kinds} ON {kinds}.name = {own}"
        )
        named = f"CASE WHEN {own} IS NULL THEN '{UNKNOWN}' ELSE coalesce({kinds}.name, '{OTHERS}') END"
        shown.append(f"{named} AS {quoted(column)}")
    return f"SELECT {', '.join(shown)} FROM {relation} AS r {' '.join(joins)}"


def _cleaned(column: str) -> str:
    return f"nullif(trim(replace({column}, chr(31), ' ')), '')"


def counts(tables: Tables, relation: str) -> dict[str, int]:
    """Customers who answered, by window."""
    found = tables.frame(f'SELECT "when", count(DISTINCT customer) AS n FROM {relation} GROUP BY 1')
    return {str(k): int(v) for k, v in zip(found["when"], found["n"], strict=True)}


def known(tables: Tables, relation: str, metric: str) -> list[str]:
    """What this score's answers can be told apart by, best first: known of most answers in both windows, two kinds."""
    columns = ORDER[metric]
    shares = ", ".join(f"avg(({c} <> '{UNKNOWN}')::INT) AS {c}" for c in columns)
    kinds = ", ".join(f"count(DISTINCT {c}) FILTER (WHERE {c} <> '{UNKNOWN}') AS {c}" for c in columns)
    told = tables.frame(f'SELECT {shares} FROM {relation} GROUP BY "when"')
    several: pd.Series = tables.frame(f"SELECT {kinds} FROM {relation}").iloc[0]
    return [c for c in columns if float(told[c].min()) >= LEAST_KNOWN and int(several[c]) > 1]
