"""Customers month by month with what was known of them at its end, and what they did after that.

A row is a customer and a month at whose end (the landmark) the customer was there. Scores are those known by then: the
latest one, carried forward for six months and then forgotten. No answer is a level of its own. Whoever leaves with
the month of the landmark is not in it: leaving counts from a full month later on, so that a score given after notice
is not taken for its cause.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import MappingProxyType

import pandas as pd

from cxkit.metrics import recontact, service
from cxkit.metrics.exposure import CANDIDATES
from cxkit.metrics.windows import Window, add_months, last_complete_month, seen
from cxkit.records import Missing, Record
from cxkit.tables.engine import Tables

MONTHS = 24
"""Latest landmarks that are used."""
EXPIRY = 6
"""Months after which a score is forgotten."""
NOTICE_DAYS = 31
"""Leaving within so many days of the landmark is left out: notice may have been given before the answer."""
RECONTACT_DAYS = 7
BLOCKS = 100
"""Random groups of customers that are left out in turn to see how far a slope moves."""
KNOWN = "cxkit_points_known"
CARRIED = "cxkit_points_carried"
DRIVERS = ("nps", "csat", "ces", "fcr", "sla")
NAMES: Mapping[str, str] = MappingProxyType(
    {
        "nps": "Net promoter score",
        "csat": "Satisfied answers (CSAT)",
        "ces": "Ease (CES)",
        "fcr": "First-contact resolution",
        "sla": "Service level kept",
    }
)
SCORES = {
    "nps": "CASE WHEN score >= 9 THEN 1 WHEN score <= 6 THEN -1 ELSE 0 END",
    "csat": "CASE WHEN score >= 4 THEN 1 ELSE 0 END",
    "ces": "round(score)",
}
TENURES = (6, 12, 24, 48)
"""Months of tenure at which a new band begins."""
PAID = Missing(name="revenue", columns=("account_id", "month", "mrr"))
ENDED = CANDIDATES[1]


class Base(Record):
    """Where it is known who was there in which month."""

    table: str
    span: Window
    """Complete months for which it is known."""

    @property
    def landmarks(self) -> Window:
        """Months at whose end customers are looked at; two more months must be known after the last."""
        last = add_months(self.span.last, -2)
        return Window(first=max(self.span.first, add_months(last, 1 - MONTHS)), last=last)


def base(tables: Tables) -> Base | Missing:
    """Paid months where there are any, else accounts that say when they ended."""
    if not isinstance(tables.require("revenue", *PAID.columns), Missing):
        span = seen(tables, "revenue", "month", "mrr > 0")
        if span is not None:
            return Base(table="revenue", span=span)
    lacks = tables.require("accounts", *ENDED.columns)
    span = None if isinstance(lacks, Missing) else seen(tables, "accounts", "started")
    if span is None:
        return PAID
    return Base(table="accounts", span=Window(first=span.first, last=last_complete_month(tables.as_of)))


def _lives(tables: Tables, found: Base) -> str:
    """SQL of `paid` (account_id, month) and `life` (account_id, birth, final)."""
    supplied = tables.supplied("accounts")
    started = "CAST(date_trunc('month', a.started) AS DATE)" if "started" in supplied else "NULL::DATE"
    joined = "LEFT JOIN accounts a USING (account_id)" if supplied else ""
    if found.table == "revenue":
        return f"""
        paid AS (
          SELECT DISTINCT account_id, month FROM revenue
          WHERE mrr > 0 AND account_id IS NOT NULL AND month <= DATE '{found.span.last}'
        ), ends AS (SELECT account_id, min(month) AS first, max(month) AS final FROM paid GROUP BY 1),
        life AS (SELECT account_id, least(first, coalesce({started}, first)) AS birth, final FROM ends e {joined})"""
    until = add_months(found.span.last, 1)
    return f"""
    life AS (
      SELECT account_id, CAST(date_trunc('month', started) AS DATE) AS birth,
        CAST(date_trunc('month', coalesce(least(ended, DATE '{until}'), DATE '{until}') + 1) - INTERVAL 1 MONTH AS DATE)
          AS final
      FROM accounts WHERE account_id IS NOT NULL AND started <= DATE '{found.span.final_day}'
    ), paid AS (
      SELECT account_id, unnest(generate_series(birth, least(final, DATE '{found.span.last}'), INTERVAL 1 MONTH))::DATE
        AS month FROM life WHERE final >= birth
    )"""


@contextmanager
def known_scores(tables: Tables, found: Base) -> Iterator[tuple[str, ...]]:
    """Put what is known of each customer by month into the engine for a while; yields the drivers there are.

    `KNOWN` has account_id, driver, month and v: nps −1, 0 or 1; csat 1 for satisfied; ces 1 to 7; fcr 1 when nothing
    settled came back within a week; sla 1 when every ticket judged kept its limit.
    """
    since = Window(first=add_months(found.landmarks.first, -EXPIRY), last=found.landmarks.last)
    parts = []
    if not isinstance(tables.require("surveys", "account_id", "metric", "score", "answered"), Missing):
        parts += [
            f"""
            SELECT account_id, '{metric}' AS driver, CAST(date_trunc('month', answered_date) AS DATE) AS month,
              CAST(arg_max({value}, (answered, response_id)) AS DOUBLE) AS v
            FROM surveys WHERE metric = '{metric}' AND score IS NOT NULL AND account_id IS NOT NULL
              AND {since.holds("answered_date")} GROUP BY 1, 3"""
            for metric, value in SCORES.items()
        ]
    settled = service.settled(tables)
    with ExitStack() as stack:
        if settled and not isinstance(tables.require("tickets", "ticket_id", "account_id", "opened"), Missing):
            solved = recontact.by_account(tables, since, RECONTACT_DAYS)
            parts.append(f"SELECT account_id, 'fcr' AS driver, month, CAST(solved AS DOUBLE) AS v FROM ({solved})")
            if not isinstance(tables.require("moments", "sla_hours"), Missing):
                parts.append(_kept(stack.enter_context(service.judged(tables, since)), settled))
        nothing = "SELECT NULL::VARCHAR AS account_id, NULL::VARCHAR AS driver, NULL::DATE AS month, NULL::DOUBLE AS v"
        stack.enter_context(tables.held(KNOWN, " UNION ALL ".join(parts) or f"{nothing} WHERE false"))
        stack.enter_context(tables.held(CARRIED, _carried()))
        have = tables.frame(f"SELECT DISTINCT driver FROM {KNOWN}")["driver"].tolist()
        yield tuple(d for d in DRIVERS if d in have)


def _kept(relation: str, settled: str) -> str:
    day = f"CAST(date_trunc('month', {settled}) AS DATE)"
    return f"""
        SELECT t.account_id, 'sla' AS driver, {day} AS month, CAST(min((j.verdict = 'met')::INT) AS DOUBLE) AS v
        FROM {relation} j JOIN tickets t ON t.ticket_id = j.ticket_id
        WHERE j.verdict IN ('met', 'late') AND t.account_id IS NOT NULL AND {settled} IS NOT NULL GROUP BY 1, 3"""


def _carried() -> str:
    """SQL of `KNOWN` in every month for which a value stands: until the next one, at most `EXPIRY` months."""
    return f"""
        WITH k AS (
          SELECT account_id, driver, month, v, least(
            CAST(month + INTERVAL {EXPIRY - 1} MONTH AS DATE),
            coalesce(CAST(lead(month) OVER (PARTITION BY account_id, driver ORDER BY month) - INTERVAL 1 MONTH AS DATE),
              DATE '9999-12-01')) AS until
          FROM {KNOWN}
        )
        SELECT account_id, driver, CAST(unnest(generate_series(month, until, INTERVAL 1 MONTH)) AS DATE) AS month, v
        FROM k"""


def cells(tables: Tables, found: Base, drivers: tuple[str, ...], *, seed: int) -> pd.DataFrame:
    """Customer-months that look alike, once: block, stratum, season, one column per driver (missing: not known), n
    (customer-months), lost (left with the month after the landmark's next), contacts (in the month after).
    """
    marks = found.landmarks
    joins = "".join(
        f"""
        LEFT JOIN (SELECT account_id, month, v FROM {CARRIED} WHERE driver = '{d}') {d}_
          ON {d}_.account_id = p.account_id AND {d}_.month = p.month"""
        for d in drivers
    )
    columns = "".join(f", {d}_.v AS {d}" for d in drivers)
    segment = "coalesce(a.segment, '')" if "segment" in tables.supplied("accounts") else "''"
    bands = " + ".join(f"(date_diff('month', l.birth, p.month) >= {t})::INT" for t in TENURES)
    contacts = "SELECT NULL::VARCHAR AS account_id, NULL::DATE AS month, 0 AS contacts WHERE false"
    if not isinstance(tables.require("tickets", "account_id", "opened"), Missing):
        contacts = (
            "SELECT account_id, CAST(date_trunc('month', opened_date) AS DATE) AS month, count(*) AS contacts "
            "FROM tickets WHERE account_id IS NOT NULL GROUP BY 1, 2"
        )
    names = "".join(f", {d}" for d in drivers)
    accounts = "LEFT JOIN accounts a ON a.account_id = p.account_id" if tables.supplied("accounts") else ""
    return tables.frame(f"""
        WITH {_lives(tables, found)}, c AS ({contacts}), rows AS (
          SELECT md5_number_lower(p.account_id || '/{seed}') % {BLOCKS} AS block,
            {segment} || '/' || ({bands}) AS stratum, CAST(date_trunc('quarter', p.month) AS DATE) AS season,
            (l.final = p.month + INTERVAL 1 MONTH)::INT AS lost, coalesce(c.contacts, 0) AS contacts{columns}
          FROM paid p JOIN life l ON l.account_id = p.account_id {accounts}
          LEFT JOIN c ON c.account_id = p.account_id AND c.month = p.month + INTERVAL 1 MONTH {joins}
          WHERE {marks.holds("month").replace('"month"', "p.month")} AND l.final > p.month
        )
        SELECT CAST(block AS INT) AS block, stratum, season{names}, count(*) AS n, sum(lost)::BIGINT AS lost,
          sum(contacts)::BIGINT AS contacts
        FROM rows GROUP BY block, stratum, season{names} ORDER BY block, stratum, season{names}
    """)


def customers(tables: Tables, found: Base, drivers: tuple[str, ...]) -> tuple[int, dict[str, int]]:
    """Customers there in the last known month, and how many of them each driver is known for by then."""
    last = found.span.last
    known = ", ".join(
        f"count(*) FILTER (account_id IN (SELECT account_id FROM {KNOWN} WHERE driver = '{d}' "
        f"AND month > DATE '{add_months(last, -EXPIRY)}')) AS {d}"
        for d in drivers
    )
    row = tables.frame(
        f"WITH {_lives(tables, found)} SELECT count(*) AS n{', ' + known if known else ''} FROM paid "
        f"WHERE month = DATE '{last}'"
    ).iloc[0]
    return int(row["n"]), {d: int(row[d]) for d in drivers}


def behind(tables: Tables, found: Base, drivers: tuple[str, ...]) -> dict[str, int]:
    """Customers with a known level at any landmark, by driver."""
    marks = found.landmarks
    rows = tables.frame(
        f"SELECT driver, count(DISTINCT account_id) AS n FROM {KNOWN} WHERE month <= DATE '{marks.last}' GROUP BY 1"
    )
    have = dict(zip(rows["driver"], rows["n"].astype(int), strict=True))
    return {d: have.get(d, 0) for d in drivers}
