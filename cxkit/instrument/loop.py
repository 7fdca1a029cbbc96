"""The closed loop: of customers who said they were unhappy, how many were called back and had it settled, in time?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pandas as pd

from cxkit.formats import quantity
from cxkit.instrument.loop_outcomes import compared
from cxkit.metrics.clock import HOUR, instant
from cxkit.metrics.clustering import share_intervals
from cxkit.metrics.estimates import MINIMUM_CLUSTERS, MINIMUM_N
from cxkit.metrics.windows import Window, recent, seen
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.cut import end_of_day
from cxkit.tables.engine import Tables

UNHAPPY = "metric = 'nps' AND score <= 6 OR metric = 'csat' AND score <= 2 OR metric = 'ces' AND score <= 3"
"""Answers that ask for a call: detractors, the two lowest CSAT scores, the three lowest CES scores."""
WHATS = {
    "contacted": "Unhappy customers called back",
    "closed": "Closed loops",
    "within_sla": "Loops closed in time",
    "open": "Open loops",
}


class ClosedLoop(Result):
    """Close-the-loop rates over the last complete months of answers.

    Tables: ``funnel`` (step: eligible, contacted, resolved, within_sla; responses, share of eligible) and ``rates``
    (measure: contacted, closed, within_sla; hits, judged, censored, clusters, share, low, high), and ``outcomes``, see
    `cxkit.instrument.loop_outcomes.compared`.
    """

    stage: ClassVar[str] = "instrument"
    name: ClassVar[str] = "loop"

    loop_sla_hours: float
    """Hours, on the wall clock, from the answer to its settlement."""
    period: str = ""


def closed_loop(tables: Tables, *, loop_sla_hours: float = 48, window_months: int = 12) -> ClosedLoop:
    """Eligible → contacted → resolved → within the limit, one response counted once.

    Eligible are detractors (NPS 0–6), CSAT 1–2 and CES 1–3. A loop still open past the limit counts against every rate;
    one still open inside it is not judged yet and is counted beside. A settled loop counts as contacted. Responses of
    one account are clustered.
    """
    common = {"as_of": tables.as_of, "loop_sla_hours": float(loop_sla_hours)}
    lacks = tables.lacking({"surveys": ("response_id", "metric", "score", "answered")})
    dates = tuple(c for c in ("contacted", "loop_resolved") if c in tables.supplied("surveys"))
    reason = ""
    if lacks:
        reason = "No answers to surveys were supplied."
    elif not dates:
        lacks = (Missing(name="surveys", columns=("contacted", "loop_resolved")),)
        reason = "The answers do not say when somebody called back and when the issue was settled."
    window = None if reason else _window(tables, window_months)
    if window is None:
        reason = reason or "No complete month of answers lies before the date of the report."
        return ClosedLoop(**common, gaps=tuple(_gap(i, reason, lacks) for i in WHATS))
    rates, funnel = _rates(tables, window, loop_sla_hours, dates)
    if not len(funnel) or not int(funnel["responses"].iloc[0]):
        reason = "No answer of the window calls for a call back."
        return ClosedLoop(**common, period=window.label, gaps=tuple(_gap(i, reason) for i in WHATS))
    findings, gaps = [], []
    asked = {"contacted": "contacted", "closed": "loop_resolved"}
    for row in rates.to_dict("records"):
        measure = str(row["measure"])
        column = asked.get(measure)
        if column and column not in dates:
            needs = (Missing(name="surveys", columns=(column,)),)
            gaps.append(_gap(measure, "The answers do not say when.", needs))
        elif not row["judged"]:
            gaps.append(_gap(measure, "Every loop is younger than the limit."))
        else:
            findings.append(_rate(measure, row, window, loop_sla_hours, dates))
    findings.append(_open(tables, rates, window))
    shown = rates[[not (asked.get(str(m)) and asked[str(m)] not in dates) for m in rates["measure"]]]
    columns = ["measure", "hits", "judged", "censored", "clusters", "share", "low", "high"]
    held = {"funnel": funnel, "rates": shown[columns]}
    outcomes, said, missing = compared(tables, window, loop_sla_hours, UNHAPPY)
    findings += said
    gaps += missing
    if len(outcomes):
        held["outcomes"] = outcomes
    return ClosedLoop(**common, period=window.label, findings=tuple(findings), gaps=tuple(gaps), tables=held)


def _gap(id: str, reason: str, needs: tuple[Missing, ...] = ()) -> Gap:
    return Gap(id=f"instrument.loop.{id}", what=WHATS[id], reason=reason, needs=needs)


def _window(tables: Tables, months: int) -> Window | None:
    span, window = seen(tables, "surveys", "answered_date"), recent(tables, "surveys", "answered_date", months)
    return None if span is None or window is None else Window(first=max(span.first, window.first), last=window.last)


def _rates(tables: Tables, window: Window, hours: float, dates: tuple[str, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    now = instant(end_of_day(tables.as_of, tables.timezone))
    last = "l" if "loop_resolved" in dates else "c"
    base = f"""
        WITH r AS (
          SELECT response_id, max(account_id) AS account_id, epoch_us(min(answered)) AS a,
            epoch_us(min(contacted)) AS c, epoch_us(min(loop_resolved)) AS l
          FROM surveys WHERE ({UNHAPPY}) AND {window.holds("answered_date")} GROUP BY 1
        ), k AS (
          SELECT coalesce('a:' || account_id, 'r:' || response_id) AS cluster,
            c IS NOT NULL OR l IS NOT NULL AS contacted,
            l IS NOT NULL AS closed, coalesce({last} - a <= {hours} * {HOUR}, false) AS within_sla,
            {last} IS NOT NULL AS done, {now} - a > {hours} * {HOUR} AS due FROM r
        ), w AS (
          SELECT cluster, count(*) AS n, sum(contacted::INT) AS contacted, sum(closed::INT) AS closed,
            sum(within_sla::INT) AS within_sla, sum((contacted OR due)::INT) AS contacted_n,
            sum((closed OR due)::INT) AS closed_n, sum((done OR due)::INT) AS within_sla_n FROM k GROUP BY 1
        )"""
    selects = [
        f"SELECT '{m}' AS measure, sum({m})::BIGINT AS hits, sum({m}_n)::BIGINT AS judged, "
        f"(sum(n) - sum({m}_n))::BIGINT AS censored, sum(n)::BIGINT AS eligible, "
        f"sum(({m}_n > 0)::INT)::BIGINT AS clusters, sum({m} * {m})::DOUBLE AS sxx, sum({m} * {m}_n)::DOUBLE AS sxn, "
        f"sum({m}_n * {m}_n)::DOUBLE AS snn, {i} AS place FROM w"
        for i, m in enumerate(("contacted", "closed", "within_sla"))
    ]
    rows = tables.frame(f"{base} {' UNION ALL '.join(selects)} ORDER BY place").drop(columns=["place"])
    rows = rows.fillna(0)
    rows["share"] = rows["hits"] / rows["judged"].where(rows["judged"] > 0)
    rows = share_intervals(rows, "hits", "judged")
    eligible = int(rows["eligible"].iloc[0])
    steps = [("eligible", eligible)]
    steps += [(n, int(h)) for n, h in zip(("contacted", "resolved", "within_sla"), rows["hits"], strict=True)]
    steps = [s for s in steps if not (s[0] == "resolved" and "loop_resolved" not in dates)]
    funnel = pd.DataFrame(steps, columns=["step", "responses"])
    funnel["share"] = funnel["responses"] / eligible if eligible else float("nan")
    return rows, funnel


def _rate(measure: str, row: Mapping[Any, Any], window: Window, hours: float, dates: tuple[str, ...]) -> Finding:
    n, share = int(row["judged"]), float(row["share"])
    there = bool(pd.notna(row["low"]))
    limit = f"{hours:g} {'hour' if hours == 1 else 'hours'}"
    text = {
        "contacted": "of unhappy customers were called back",
        "closed": "of unhappy customers had their issue settled",
        "within_sla": f"of unhappy customers had their issue settled within {limit}"
        if "loop_resolved" in dates
        else f"of unhappy customers were called back within {limit}",
    }[measure]
    title = f"{quantity(share, 'ratio')} {text}"
    if n < MINIMUM_N:
        title = f"{n:,} unhappy answers are too few to judge by ({MINIMUM_N} are needed)"
    waiting = f"{int(row['censored']):,} still inside the limit are not judged yet." if row["censored"] else ""
    detail = waiting
    if measure == "contacted":
        detail = (
            "Unhappy: 0 to 6 on the scale of recommending (NPS), 1 or 2 on satisfaction (CSAT), 1 to 3 on ease (CES). "
            f"Answers still waiting past the limit count against it. {waiting}"
        ).strip()
    return Finding(
        id=f"instrument.loop.{measure}",
        stage="instrument",
        title=title,
        detail=detail,
        value=share,
        unit="ratio",
        low=float(row["low"]) if there else None,
        high=float(row["high"]) if there else None,
        about="the underlying share, customers resampled"
        if there
        else f"fewer than {MINIMUM_N} answers or {MINIMUM_CLUSTERS} customers",
        n=n,
        period=window.label,
        sources=("surveys",),
        definition="close_the_loop@1",
        tone="unknown" if not there else "good" if row["low"] >= 0.8 else "bad" if row["high"] < 0.5 else "neutral",
    )


def _open(tables: Tables, rates: pd.DataFrame, window: Window) -> Finding:
    row = rates.iloc[1] if int(rates["hits"].iloc[1]) or not int(rates["hits"].iloc[0]) else rates.iloc[0]
    eligible, hits, young = int(row["eligible"]), int(row["hits"]), int(row["censored"])
    waiting = eligible - hits
    late = waiting - young
    verb = "answer still waits" if waiting == 1 else "answers still wait"
    past = "all" if 1 < late == waiting else f"{late:,}"
    return Finding(
        id="instrument.loop.open",
        stage="instrument",
        title=f"{waiting:,} of {eligible:,} unhappy {verb}, {past} of them past the limit",
        value=waiting,
        unit="count",
        about="counted, exact",
        n=eligible,
        period=window.label,
        sources=("surveys",),
        tone="bad" if late else "neutral",
    )
