"""The council's scorecard: the latest month of every measure beside the limits of its own past."""

from __future__ import annotations

import calendar
import math
from collections.abc import Mapping, Sequence
from typing import cast

from cxkit.formats import Unit, interval, listing, quantity
from cxkit.govern.reading import Row, records
from cxkit.metrics.behaviour import Behaviour, behaviour
from cxkit.metrics.trend import LEVEL, MINIMUM_MONTHS
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.sheets import Kind

MEASURES: Mapping[str, Kind] = {
    "metric": "text",
    "label": "text",
    "unit": "text",
    "value": "number",
    "low": "number",
    "high": "number",
    "target": "number",
    "status": "text",
    "month": "text",
    "latest": "number",
    "centre": "number",
    "limit_low": "number",
    "limit_high": "number",
    "months": "integer",
    "signal": "text",
    "side": "text",
    "tone": "text",
    "says": "text",
    "finding_key": "text",
}
"""`value`, `low`, `high` are the scorecard's own; `latest` is its last month, on the scale of the months, with the
limits of the months before. `signal` is outside, shift, inside or cannot tell; `finding_key` leads to `value`."""
MONTHS: Mapping[str, Kind] = {
    "metric": "text",
    "month": "text",
    "value": "number",
    "limit_low": "number",
    "limit_high": "number",
}
PACE = {"grr", "nrr", "logo_churn"}
"""Measures whose months are shown at a yearly pace."""


def scorecard(result: Result | None) -> tuple[list[Row], list[Row]]:
    """Measures with their limits, and the months behind them, from the tables `measures` and `series`."""
    series: dict[str, list[Row]] = {}
    for row in records(result, "series"):
        if row.get("value") is not None:
            series.setdefault(str(row["metric"]), []).append(row)
    measures: list[Row] = []
    months: list[Row] = []
    for row in records(result, "measures"):
        run = unbroken(sorted(series.get(str(row["metric"]), []), key=lambda r: str(r["month"])))
        found = _judged(row, run)
        found_finding = result.finding(f"quantify.scorecard.{row['metric']}") if result is not None else None
        made = {name: row.get(name) for name in ("metric", "label", "unit", "value", "low", "high", "target", "status")}
        made |= {"signal": "cannot tell", "tone": "unknown", "months": max(len(run) - 1, 0)}
        made["finding_key"] = found_finding.key if found_finding else None
        if run:
            made |= {"latest": run[-1]["value"], "month": run[-1]["month"]}
        if found is not None:
            made |= {"centre": found.centre, "limit_low": found.low, "limit_high": found.high}
            made |= {"months": found.months, "signal": found.signal, "side": found.side or None}
            made["tone"] = _tone(found, row)
        made["says"] = _says(found, run)
        measures.append(made)
        months += [
            {
                **{"metric": row["metric"], "month": one["month"], "value": one["value"]},
                **{name: made.get(name) for name in ("limit_low", "limit_high")},
            }
            for one in run
        ]
    return measures, months


def unbroken(series: Sequence[Row]) -> list[Row]:
    """The months without a hole that end with the last one.

    >>> [r["month"] for r in unbroken([{"month": "2026-01"}, {"month": "2026-03"}, {"month": "2026-04"}])]
    ['2026-03', '2026-04']
    """
    run: list[Row] = []
    for row in reversed(series):
        if run and _index(run[0]) - _index(row) != 1:
            break
        run.insert(0, row)
    return run


def _index(row: Row) -> int:
    year, month = str(row["month"])[:7].split("-")
    return int(year) * 12 + int(month)


def _judged(row: Row, run: Sequence[Row]) -> Behaviour | None:
    """Limits from the months; bounded where the scorecard's own are, so that the two pages say the same."""
    bottom = row["usual_low"] if row.get("usual_low") is not None else -math.inf
    top = row["usual_high"] if row.get("usual_high") is not None else math.inf
    return behaviour([float(one["value"]) for one in run], bottom=bottom, top=top)


def _tone(found: Behaviour, row: Row) -> str:
    if found.signal == "inside":
        return "neutral"
    return "good" if (found.side == "above") == (row.get("direction") == "up") else "bad"


def _says(found: Behaviour | None, run: Sequence[Row]) -> str:
    if found is None:
        return f"{len(run)} unbroken months; limits take {MINIMUM_MONTHS + 1}"
    if found.signal == "outside":
        return f"{found.side} the limits of its past: news"
    if found.signal == "shift":
        return f"within its limits, but eight months in a row {found.side} the level before: news"
    return "within the limits of its past: no news"


def named(month: str) -> str:
    """A month as people say it.

    >>> named("2026-10")
    'October 2026'
    """
    year, number = str(month)[:7].split("-")
    return f"{calendar.month_name[int(number)]} {year}"


def findings(measures: Sequence[Row], months: Sequence[Row], source: Result | None, currency: str) -> list[Finding]:
    """What is news among the measures, and one finding per measure that can be judged."""
    judged = [row for row in measures if row["signal"] != "cannot tell"]
    if not judged or source is None:
        return []
    told = {f.id: f for f in source.findings}
    news = [row for row in judged if row["signal"] != "inside"]
    others = len(judged) - len(news)
    sources = tuple(dict.fromkeys(s for f in source.findings for s in f.sources))
    rest = f"; the other {others} moved no more than they always have" if others and news else ""
    title = (
        f"{len(news)} of {len(judged)} measures {'is' if len(news) == 1 else 'are'} news this month: "
        f"{listing([_lowered(str(row['label'])) for row in news], most=3)}{rest}"
        if news
        else f"None of {len(judged)} measures is news: every one moved within the limits of its own past"
    )
    found = [
        Finding(
            id="govern.council.news",
            stage="govern",
            title=title,
            detail="Limits are those of an individuals chart of the months before; noise alone passes them about once "
            "in 500 months and measures.",
            value=len(news),
            unit="count",
            n=len(judged),
            about="a full count, so without an interval",
            sources=sources,
            tone="bad" if any(row["tone"] == "bad" for row in news) else "neutral",
        )
    ]
    for row in judged:
        unit = cast("Unit", row["unit"] or "none")
        limits = interval(row["limit_low"], row["limit_high"], unit, currency=currency)
        pace = " at a yearly pace" if row["metric"] in PACE else ""
        mine = told.get(f"quantify.scorecard.{row['metric']}")
        found.append(
            Finding(
                id="govern.council.measure",
                stage="govern",
                title=f"{row['label']} in {named(row['month'])} is "
                f"{quantity(row['latest'], unit, currency=currency)}{pace}: {row['says']} ({limits})",
                value=row["latest"],
                unit=unit,
                currency=currency if unit == "money" else "",
                low=row["limit_low"],
                high=row["limit_high"],
                level=LEVEL,
                about="months of a process that did not change",
                n=row["months"],
                period=str(row["month"]),
                subject=str(row["metric"]),
                tone=row["tone"],
                sources=mine.sources if mine else sources,
            )
        )
    return found


def gaps(measures: Sequence[Row]) -> tuple[Gap, ...]:
    """Without monthly series there are no limits."""
    if any(row["signal"] != "cannot tell" for row in measures):
        return ()
    reason = f"No measure has {MINIMUM_MONTHS + 1} unbroken months, so news cannot be told from noise."
    needs: tuple[Missing, ...] = () if measures else (Missing(name="revenue", columns=("account_id", "month", "mrr")),)
    return (Gap(id="govern.council.news", what="Scorecard with limits", reason=reason, needs=needs),)


def _lowered(label: str) -> str:
    return label if label[:2].isupper() else label[:1].lower() + label[1:]
