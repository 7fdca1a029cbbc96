"""Plays on the client's data: whom they name today, what is at stake, and how they would have done in the past."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, ClassVar

import pandas as pd

from cxkit.metrics.clock import HOUR, instant
from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.windows import seen
from cxkit.orchestrate import plays_backtest as past
from cxkit.orchestrate.naming import moment_names
from cxkit.orchestrate.plays_book import Play, PlayBook
from cxkit.orchestrate.plays_process import needs, process
from cxkit.orchestrate.plays_sentences import Seen, sentences
from cxkit.orchestrate.plays_signals import Signals
from cxkit.orchestrate.plays_terms import CONDITIONS, TRUTHS
from cxkit.orchestrate.plays_weeks import WEEKS, weeks
from cxkit.records import Missing, Result
from cxkit.tables.cut import end_of_day
from cxkit.tables.engine import Tables

MOST = 5_000
"""Rows of a play's list that are held; those with most money first."""
CLOSES = frozenset({"ticket_open", "ticket_open_past_limit", "no_event"})
"""Signals that end when the work is done, so that what still stands past its time is overdue."""
PLAYS = ("play", "name", "about", "owner_role", "sla_hours", "trigger", "own", "raised", "accounts", "overdue", "money", "without_account", "why_not")  # fmt: skip # noqa: E501
TODAY = ("play", "about", "key", "account_id", "moment_id", "moment", "since", "due", "overdue", "money", "why")


class Plays(Result):
    """Plays evaluated on the client's data; no personal data, customers by their keys alone.

    Tables: ``plays`` (play, name, about, owner_role, sla_hours, trigger: in words, own: changed by the client, raised:
    keys named today, accounts, overdue: of those whose signal ends when the work is done; missing where it does not,
    money: a year's recurring revenue of the accounts, or what a backlog loses in a year, without_account, why_not: why
    it cannot be evaluated), ``today`` (play, about, key, account_id, moment_id, moment, since, due: in local
    time, overdue, money, why; per play at most 5,000 rows, most money first) and ``backtest`` (columns of
    `plays_backtest.COLUMNS`: alarms are accounts' episodes on weekly lists; shares as fractions, days early as days;
    holds: beats its plain rule also when all plays tried are allowed for, Bonferroni).
    """

    stage: ClassVar[str] = "orchestrate"
    name: ClassVar[str] = "plays"

    window_months: int
    currency: str = ""


def plays(
    tables: Tables, *, register: PlayBook, window_months: int = 12, loop_sla_hours: float = 48, tried: bool = True
) -> Plays:
    """Evaluate every play of the book at `as_of` and try those about customers on the past.

    `window_months` of weekly lists are tried, as far back as the tables reach, each only once the days of its truth
    lie before `as_of`. `loop_sla_hours` is the limit of plays that take it from the client's parameters; without
    `tried` the past is left out. A play whose tables were not supplied becomes a gap; nothing is raised.
    """
    judged = [p for p in register.plays if p.truth is not None and p.about_people]
    span = round(window_months * 30.4375 / 7) if tried else 0
    count = max([past.youngest(p.truth) + span for p in judged if p.truth] if span else [0], default=0)
    names, settings = moment_names(tables), {"loop_sla_hours": float(loop_sla_hours)}
    rows: list[dict[str, Any]] = []
    today: list[pd.DataFrame] = []
    tested: list[tuple[dict[str, Any], dict[str, float]]] = []
    notes: list[Seen] = []
    with ExitStack() as stack:
        signals = Signals(tables, stack.enter_context(weeks(tables, count)), stack)
        stack.enter_context(tables.held("cxkit_stake", _stake(tables)))
        for play in register.plays:
            hours = play.hours(settings)
            lacks = needs(tables, play.when, CONDITIONS)
            note, row = Seen(play=play, lacks=lacks), _row(play, hours)
            notes.append(note)
            rows.append(row)
            if lacks:
                row["why_not"] = "not supplied: " + ", ".join(map(str, lacks))
                continue
            if not play.about_people:
                found = process(tables, play.when)
                row |= {
                    "raised": len(found),
                    "money": float(found["money"].sum()) if found["money"].notna().any() else None,
                }
                today.append(_listed(tables, play, found.assign(account_id=None, since=None), hours, names))
                continue
            untold = _truth_lacks(tables, play) if tried else ()
            with tables.held(past.RAISED, signals.raised(play.when)):
                row |= _counts(tables, play, hours)
                found = tables.frame(
                    f"SELECT r.key, r.account_id, r.moment_id, r.since, s.money FROM {past.RAISED} r "
                    "LEFT JOIN cxkit_stake s ON s.account_id = r.account_id WHERE r.k = 0 "
                    f"ORDER BY coalesce(s.money, -1) DESC, r.since, r.key LIMIT {MOST}"
                )
                today.append(_listed(tables, play, found, hours, names))
                if tried and play.truth is not None and not untold:
                    most = past.youngest(play.truth) + span - 1
                    made = past.backtest(signals, play, past.reach(signals, play, most))
                    if made is None:
                        note.young = True
                    else:
                        tested.append(made)
                note.untold = untold
    frames = {
        "plays": pd.DataFrame(rows, columns=list(PLAYS)),
        "today": pd.concat([t for t in today if len(t)], ignore_index=True) if any(map(len, today)) else None,
        "backtest": pd.DataFrame(past.withstand(tested), columns=list(past.COLUMNS)) if tested else None,
    }
    held = {name: frame for name, frame in frames.items() if frame is not None and len(frame)}
    findings, gaps = sentences(tables, notes, held, tried=tried)
    return Plays(
        as_of=tables.as_of,
        window_months=window_months,
        currency=tables.currency,
        findings=findings,
        gaps=gaps,
        tables=held,
    )


def _truth_lacks(tables: Tables, play: Play) -> tuple[Missing, ...]:
    """What the backtest needs beyond the trigger."""
    if play.truth is None:
        return ()
    lacks = tables.lacking(TRUTHS[play.truth.word].needs)
    if play.baseline is None:
        lacks += tables.lacking({"accounts": ("account_id", "started")})
    else:
        lacks += needs(tables, play.baseline, CONDITIONS)
    words = {c.word for c in play.when.conditions}
    if "renewal" in words:
        lacks += tables.lacking({"accounts": ("term_months",)})
    return tuple(dict.fromkeys(lacks))


def _row(play: Play, hours: float) -> dict[str, Any]:
    return {
        "play": play.id,
        "name": play.name,
        "about": play.when.about,
        "owner_role": play.owner_role,
        "sla_hours": hours,
        "trigger": play.when.says,
        "own": play.own,
        "raised": None,
        "accounts": None,
        "overdue": None,
        "money": None,
        "without_account": None,
        "why_not": "",
    }


def closes(play: Play) -> bool:
    """Whether the signal ends when the work is done."""
    return any(c.word in CLOSES or c.values.get("waiting") for c in play.when.every)


def _stake(tables: Tables) -> str:
    """SQL of a year's recurring revenue per account, from the last complete month in one currency; empty without."""
    none = "SELECT CAST(NULL AS VARCHAR) AS account_id, CAST(NULL AS DECIMAL(18,4)) AS money WHERE false"
    if isinstance(tables.require("revenue", "account_id", "month", "mrr"), Missing):
        return none
    span = seen(tables, "revenue", "month")
    source = None if span is None else in_one_currency(tables, "revenue", ("mrr",), at=span.last)
    if span is None or source is None or isinstance(source, Missing):
        return none
    return (
        f"SELECT account_id, CAST(12 * sum(mrr) AS DECIMAL(18,4)) AS money FROM {source} "
        f"WHERE month = DATE '{span.last}' AND account_id IS NOT NULL GROUP BY account_id"
    )


def _counts(tables: Tables, play: Play, hours: float) -> dict[str, Any]:
    row = tables.frame(f"""
        WITH r AS (SELECT r.*, g.edge FROM {past.RAISED} r JOIN {WEEKS} g ON g.k = r.k WHERE r.k = 0),
        a AS (SELECT DISTINCT account_id FROM r WHERE account_id IS NOT NULL)
        SELECT (SELECT count(*) FROM r) AS raised, (SELECT count(*) FROM a) AS accounts,
          (SELECT count(*) FROM r WHERE account_id IS NULL) AS alone,
          (SELECT count(*) FROM r WHERE since + {round(hours * HOUR)} < edge) AS overdue,
          (SELECT sum(s.money) FROM a JOIN cxkit_stake s ON s.account_id = a.account_id) AS money
    """).iloc[0]
    return {
        "raised": int(row["raised"]),
        "accounts": int(row["accounts"]),
        "overdue": int(row["overdue"]) if closes(play) else None,
        "money": None if pd.isna(row["money"]) else float(row["money"]),
        "without_account": int(row["alone"]),
    }


def _listed(tables: Tables, play: Play, found: pd.DataFrame, hours: float, names: Mapping[str, str]) -> pd.DataFrame:
    """A play's list with the times in the client's zone; a signal without a time of its own begins with the list."""
    edge = end_of_day(tables.as_of, tables.timezone)
    began = found["since"].astype("float64").fillna(float(instant(edge)))
    moment = pd.to_datetime(began.astype("int64"), unit="us", utc=True)
    late = moment + timedelta(hours=hours) < pd.Timestamp(edge, tz="UTC")
    since = moment.dt.tz_convert(tables.timezone).dt.tz_localize(None)
    due = since + timedelta(hours=hours)  # by the clock on the wall: a day stays a day where the clocks change

    def local(times: pd.Series) -> list[str]:
        return list(times.dt.strftime("%Y-%m-%d %H:%M"))

    moments = [m if isinstance(m, str) else play.moment_id or None for m in found["moment_id"]]
    made = pd.DataFrame(
        {
            "play": play.id,
            "about": play.when.about,
            "key": found["key"].astype(str),
            "account_id": [a if isinstance(a, str) else None for a in found["account_id"]],
            "moment_id": moments,
            "moment": [names.get(m, m) if m else None for m in moments],
            "since": local(since),
            "due": local(due),
            "overdue": [bool(x) for x in late] if closes(play) else [False] * len(found),
            "money": found["money"].astype("float64"),
            "why": play.when.says,
        }
    )
    return made[list(TODAY)]
