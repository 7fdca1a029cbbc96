"""What happened to unhappy customers who were called back, beside like ones who were not.

A comparison, not a cause: who is called is chosen by somebody. Each customer enters once, with the first unhappy
answer of the time looked at. The clock starts when the limit for the call is over, so that nobody can be called
because he stayed: customers gone by then are left out, and those called later count as not called. Like customers
share the score, the level of it, segment, time as a customer, contacts before, and the half-year (coarsened exact
matching, Iacus, King & Porro 2012).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pandas as pd

from cxkit.formats import interval, quantity
from cxkit.metrics import alarms
from cxkit.metrics.clock import DAY, HOUR, instant
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.multiplicity import adjusted
from cxkit.metrics.stratified import StratifiedDifference, stratified_difference
from cxkit.metrics.windows import Window, add_months
from cxkit.records import Finding, Gap, Missing
from cxkit.tables.cut import end_of_day
from cxkit.tables.engine import Tables

FOLLOWED = 90
"""Days from the limit of the call in which something may happen."""
LEAST_HITS = 5
"""Times a thing must have happened, all in all, to be compared."""
COMPARED = "cxkit_called"
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "left": ("left", "leaving"),
    "complained": ("complained again", "a further complaint"),
    "contacted": ("had to ask again", "a further contact"),
    "before": ("had asked in the 90 days before that", "a contact before"),
}
"""Outcome → verb and noun; ``before`` lies before any call and shows what matching leaves over."""


def compared(
    tables: Tables, window: Window, hours: float, unhappy: str
) -> tuple[pd.DataFrame, tuple[Finding, ...], tuple[Gap, ...]]:
    """Outcomes of those called back in time against like ones who were not: frame, findings, gaps.

    `unhappy` is the SQL predicate of answers that ask for a call. Columns of the frame: outcome, happened (in
    words), treated, treated_share, untreated, untreated_share (in strata with both kinds), difference,
    low, high, p, adjusted, strata, dropped, crude. The answers are those of the window and of a year
    before it, followed for 90 days.
    """
    needs = tables.lacking({"surveys": ("account_id", "contacted"), "accounts": ("account_id",)})
    if needs:
        return pd.DataFrame(), (), (_gap("It takes the customer of each answer and the time of the call.", needs),)
    outcomes = _known(tables)
    if not outcomes:
        lacks = (Missing(name="accounts", columns=("ended",)), Missing(name="tickets", columns=("account_id",)))
        return pd.DataFrame(), (), (_gap("What happened afterwards is not in the data.", lacks),)
    with tables.held(COMPARED, _cases(tables, window, hours, unhappy)):
        rows = _rows(tables, outcomes)
    if rows.empty:
        reason = f"Too few unhappy customers were followed for {FOLLOWED} days beside like ones who were not called."
        return rows, (), (_gap(reason),)
    first = add_months(window.first, -12)
    return rows, tuple(_findings(rows, f"{first:%Y-%m} to {window.last:%Y-%m}", hours)), ()


def _gap(reason: str, needs: tuple[Missing, ...] = ()) -> Gap:
    return Gap(id="instrument.loop.outcome", what="What a call back goes with", reason=reason, needs=needs)


def _known(tables: Tables) -> dict[str, str]:
    """Outcome → SQL of whether it happened, for those the client's tables can tell."""
    found = {}
    if "ended" in tables.supplied("accounts"):
        found["left"] = "coalesce(left_at <= until, false)"
    if {"account_id", "opened"} <= tables.supplied("tickets"):
        if "complaint" in tables.supplied("tickets"):
            found["complained"] = "complaints > 0"
        found["contacted"] = "contacts > 0"
        found["before"] = "earlier > 0"
    return found


def _cases(tables: Tables, window: Window, hours: float, unhappy: str) -> str:
    """SQL: one row per customer with what happened and what makes customers alike."""
    now = instant(end_of_day(tables.as_of, tables.timezone))
    start = instant(end_of_day(add_months(window.first, -12) - timedelta(days=1), tables.timezone))
    limit, follow = round(hours * HOUR), FOLLOWED * DAY
    columns = tables.supplied("accounts")
    ended = "epoch_us(min(ended)::TIMESTAMP)" if "ended" in columns else "NULL::BIGINT"
    started = "epoch_us(min(started)::TIMESTAMP)" if "started" in columns else "NULL::BIGINT"
    segment = "min(segment)" if "segment" in columns else "NULL::VARCHAR"
    asked = "SELECT NULL::VARCHAR AS account_id, NULL::BIGINT AS o, 0 AS c WHERE false"
    if {"account_id", "opened"} <= tables.supplied("tickets"):
        complaint = "coalesce(complaint, false)::INT" if "complaint" in tables.supplied("tickets") else "0"
        asked = (
            f"SELECT account_id, epoch_us(opened) AS o, {complaint} AS c FROM tickets "
            "WHERE account_id IS NOT NULL AND opened IS NOT NULL"
        )
    return f"""
    WITH said AS (
      SELECT account_id, response_id, metric, min(score) AS score, epoch_us(min(answered)) AS a,
        epoch_us(min(contacted)) AS c
      FROM surveys WHERE ({unhappy}) AND account_id IS NOT NULL AND answered IS NOT NULL GROUP BY 1, 2, 3
    ), ranked AS (
      SELECT *, row_number() OVER (PARTITION BY account_id ORDER BY a, response_id, metric) AS place FROM said
      WHERE a >= {start} AND a + {limit + follow} <= {now}
    ), who AS (
      SELECT account_id, {ended} AS left_at, {started} AS since, {segment} AS segment FROM accounts GROUP BY 1
    ), base AS (
      SELECT r.account_id, r.metric, r.score, r.a, r.a + {limit} AS landmark, r.a + {limit + follow} AS until,
        coalesce(r.c <= r.a + {limit}, false) AS called, w.left_at, w.since, coalesce(w.segment, '') AS segment
      FROM ranked r JOIN who w ON w.account_id = r.account_id
      WHERE r.place = 1 AND coalesce(w.left_at > r.a + {limit}, true)
    ), asked AS ({asked}), near AS (
      SELECT b.account_id, sum((k.o > b.landmark AND k.o <= b.until)::INT) AS contacts,
        sum((k.o > b.landmark AND k.o <= b.until AND k.c = 1)::INT) AS complaints,
        sum((k.o >= b.a - {follow} AND k.o < b.a)::INT) AS recent,
        sum((k.o >= b.a - {2 * follow} AND k.o < b.a - {follow})::INT) AS earlier
      FROM base b JOIN asked k ON k.account_id = b.account_id GROUP BY 1
    )
    SELECT b.called, b.left_at, b.until, coalesce(n.contacts, 0) AS contacts, coalesce(n.complaints, 0) AS complaints,
      coalesce(n.earlier, 0) AS earlier, b.metric || '|' || CASE WHEN b.metric = 'nps' AND b.score <= 3 THEN 'low'
        WHEN b.metric <> 'nps' AND b.score <= 1 THEN 'low' ELSE 'middle' END || '|' || b.segment || '|' ||
        CASE WHEN b.since IS NULL THEN '' WHEN b.a - b.since < {90 * DAY} THEN 'new'
          WHEN b.a - b.since < {730 * DAY} THEN 'settled' ELSE 'old' END || '|' ||
        CASE WHEN coalesce(n.recent, 0) = 0 THEN 'none' WHEN n.recent = 1 THEN 'one' ELSE 'more' END || '|' ||
        CAST((b.a - {start}) // {182 * DAY} AS VARCHAR) AS stratum
    FROM base b LEFT JOIN near n ON n.account_id = b.account_id
    """


def _rows(tables: Tables, outcomes: Mapping[str, str]) -> pd.DataFrame:
    made: list[dict[str, object]] = []
    for outcome, happened in outcomes.items():
        strata = tables.frame(f"""
            SELECT stratum, sum(called::INT)::BIGINT AS treated,
              sum((called AND {happened})::INT)::BIGINT AS treated_hits,
              sum((NOT called)::INT)::BIGINT AS untreated,
              sum((NOT called AND {happened})::INT)::BIGINT AS untreated_hits
            FROM {COMPARED} GROUP BY 1 ORDER BY 1
        """)
        found = stratified_difference(strata) if len(strata) else None
        if found is None or min(found.treated, found.untreated) < MINIMUM_N:
            continue
        both = strata[(strata["treated"] > 0) & (strata["untreated"] > 0)]
        hits = int(both["treated_hits"].sum()), int(both["untreated_hits"].sum())
        if outcome != "before" and sum(hits) < LEAST_HITS:
            continue
        made.append(_row(outcome, found, hits))
    rows = pd.DataFrame(made)
    if rows.empty or set(rows["outcome"]) <= {"before"}:
        return pd.DataFrame()
    tested = rows["outcome"] != "before"
    rows["adjusted"] = float("nan")
    rows.loc[tested, "adjusted"] = adjusted(rows.loc[tested, "p"].tolist(), "holm")
    return rows


def _row(outcome: str, found: StratifiedDifference, hits: tuple[int, int]) -> dict[str, object]:
    return {
        "outcome": outcome,
        "happened": OUTCOMES[outcome][0],
        "treated": found.treated,
        "treated_share": hits[0] / found.treated,
        "untreated": found.untreated,
        "untreated_share": hits[1] / found.untreated,
        "difference": found.difference,
        "low": found.low,
        "high": found.high,
        "p": found.p,
        "strata": found.strata,
        "dropped": found.dropped,
        "crude": found.crude,
    }


def _findings(rows: pd.DataFrame, period: str, hours: float) -> list[Finding]:
    check = rows[rows["outcome"] == "before"]
    uneven = len(check) and not (float(check["low"].iloc[0]) <= 0 <= float(check["high"].iloc[0]))
    made = []
    for _, row in rows[rows["outcome"] != "before"].iterrows():
        verb, noun = OUTCOMES[str(row["outcome"])]
        n = int(row["treated"]) + int(row["untreated"])
        shown = float(row["adjusted"]) <= alarms.share("loop_outcome") and not uneven
        points = quantity(abs(float(row["difference"])), "points")
        way = "less" if row["difference"] < 0 else "more"
        limit = f"{hours:g} hours"
        apart = not float(row["low"]) <= 0 <= float(row["high"])
        doubt = "the groups differed before" if uneven else "a hint, too thin to count"
        title = (
            f"Unhappy customers called back within {limit} {verb} {points} {way} often than like ones who were not"
            if shown
            else f"Those called back within {limit} {verb} {points} {way} often than like ones: {doubt}"
            if apart
            else f"A call back within {limit} goes with no difference in {noun} that could be told from chance"
        )
        detail = (
            f"{quantity(float(row['treated_share']), 'ratio')} of {int(row['treated']):,} called and "
            f"{quantity(float(row['untreated_share']), 'ratio')} of {int(row['untreated']):,} like ones {verb} in "
            f"{FOLLOWED} days; the interval of the difference is "
            f"{interval(float(row['low']), float(row['high']), 'points')}. "
            "Who is called is chosen, so this does not show an effect of the call."
        )
        if apart and not shown and not uneven:
            detail += " Taken alone it would count; among all that this report looks at the bar is higher."
        if uneven:
            detail += (
                " The two groups differed before any call in how often they asked: matching leaves something over."
            )
        made.append(
            Finding(
                id="instrument.loop.outcome",
                stage="instrument",
                subject=str(row["outcome"]),
                title=title,
                detail=detail,
                value=float(row["difference"]),
                unit="points",
                low=float(row["low"]),
                high=float(row["high"]),
                about="difference between like customers, Mantel–Haenszel",
                n=n,
                period=period,
                grade="D",
                sources=("surveys", "accounts", "tickets") if row["outcome"] != "left" else ("surveys", "accounts"),
                tone=("good" if row["difference"] < 0 else "bad") if shown else "unknown",
            )
        )
    return made
