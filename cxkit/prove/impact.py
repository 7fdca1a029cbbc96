"""The alignment-impact scorecard: churn, lifetime value, engagement, speed, cost, satisfaction and retention before
and after the programme began, each with its grade.

Before and after is the lowest rung: every figure carries the bias allowance that grade declares, and beside it stands
what the trend of the year before would have led to. Where a test measured the same figure for the whole programme, the
row takes that test's grade, and the finding its number.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from cxkit.metrics.estimates import Estimate
from cxkit.prove import impact_speed
from cxkit.prove.impact_measures import MEASURES, Pair, measured
from cxkit.prove.impact_sentences import findings, said
from cxkit.prove.impact_tested import best, tests
from cxkit.prove.verdict import ALLOWANCES
from cxkit.records import Gap, Missing, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, rows, table

_NUMBERS = (
    *("before", "before_low", "before_high", "after", "after_low", "after_high"),
    *("change", "low", "high", "change_low", "change_high", "allowance"),
    *("tested_effect", "tested_low", "tested_high"),
    *("earlier", "trend", "trend_low", "trend_high", "expected", "beyond", "beyond_low", "beyond_high"),
)
ROWS: Mapping[str, Kind] = {
    **dict.fromkeys(("metric", "label", "unit", "direction", "says", "period_before", "period_after"), "text"),
    **dict.fromkeys(_NUMBERS, "number"),
    "n": "integer",
    **dict.fromkeys(("verdict", "tone", "began", "grade", "tested_by", "tested_scope", "tested_grade"), "text"),
    **dict.fromkeys(("tested_tone", "about", "why_none", "sources", "definition"), "text"),
}
"""`low` and `high` hold the change with the bias allowance, `change_low` and `change_high` without it; `trend` is how
the figure moved in the year before, `expected` where that leads, `beyond` after less expected. `began` is before,
turned, quiet or unknown; `tested_scope` is programme, or the initiative the test was about."""
SERIES: Mapping[str, Kind] = {"metric": "text", "month": "date", "value": "number", "side": "text"}
NEEDS: Mapping[str, tuple[Missing, ...]] = {
    "logo_churn": (Missing(name="revenue", columns=("account_id", "month", "mrr")),),
    "grr": (Missing(name="revenue", columns=("account_id", "month", "mrr")),),
    "clv": (Missing(name="revenue", columns=("account_id", "month", "mrr")),),
    "csat": (Missing(name="surveys", columns=("response_id", "metric", "score", "answered")),),
    "engagement": (Missing(name="workforce", columns=("month", "team", "headcount", "engagement")),),
    "cost_to_serve": (Missing(name="costs", columns=("month", "category", "amount")),),
    "speed_start": (Missing(name="initiatives", columns=("registered", "started")),),
    "speed_done": (Missing(name="initiatives", columns=("started", "ended")),),
}


class Impact(Result):
    """The scorecard before and after the programme began.

    Tables: `measures` (one row per figure, see `ROWS`), `series` (metric, month, value, side: before or after, where
    the figure has months). Nothing in it is called an effect unless a test found it.
    """

    stage: ClassVar[str] = "prove"
    name: ClassVar[str] = "impact"

    currency: str = ""
    start: date | None = None
    """First day of the programme; None when nobody wrote it down."""
    start_from: str = ""
    """What that day rests on: given, mission or initiatives."""


def impact(
    tables: Tables,
    *,
    start: date | None = None,
    scorecard: Result | None = None,
    experiments: Result | None = None,
    quasi: Result | None = None,
    window_months: int = 12,
    seed: int = 0,
) -> Impact:
    """The figures before and after `start`, in windows of the same calendar months of at most `window_months`.

    `start` is the first day of the programme; without it the day the mission was first adopted, else the day the first
    initiative was started. `experiments` and `quasi` hold tests (table `effects`); `scorecard` lends its label of a
    figure where it has one. Customers are resampled, or equal months held against each other, as the scorecard does;
    nothing is drawn, so `seed` changes no figure.
    """
    del seed
    began, rests = programme_start(tables, start)
    if began is None:
        reason = "Nobody wrote down when the programme began."
        needs = (Missing(name="mission", columns=("adopted",)), Missing(name="initiatives", columns=("started",)))
        return Impact(as_of=tables.as_of, currency=tables.currency, gaps=(_gap("overall", reason, needs),))
    known = tests((experiments, quasi))
    labels = dict.fromkeys(MEASURES) | _labels(scorecard)
    made: list[dict[str, Any]] = []
    gaps: list[Gap] = []
    series: list[dict[str, Any]] = []
    for metric in MEASURES:
        found = _figure(tables, metric, began, window_months)
        if isinstance(found, Missing):
            gaps.append(_gap(metric, f"It needs {found}: {found.why}.", (found,)))
        elif isinstance(found, str):
            gaps.append(_gap(metric, f"{found[:1].upper()}{found[1:]}.", NEEDS[metric]))
        else:
            row, months = found
            row |= {"label": labels[metric] or MEASURES[metric].label} if not row.get("label") else {}
            row |= _tested(best(tables, metric, known))
            row["says"] = said(row, tables.currency)
            made.append(row)
            series += months
    return Impact(
        as_of=tables.as_of,
        currency=tables.currency,
        start=began,
        start_from=rests,
        findings=tuple(findings(made, start=began.isoformat(), currency=tables.currency)),
        gaps=tuple(gaps),
        tables={"measures": table(made, ROWS), "series": table(series, SERIES)},
    )


def programme_start(tables: Tables, start: date | None) -> tuple[date | None, str]:
    """The first day of the programme and what it rests on: given, mission or initiatives."""
    if start is not None:
        return start, "given"
    for sheet, column in (("mission", "adopted"), ("initiatives", "started")):
        days = [r[column] for r in rows(tables, sheet) if r[column] is not None and r[column] <= tables.as_of]
        if days:
            return min(days), sheet
    return None, ""


def _labels(scorecard: Result | None) -> dict[str, str | None]:
    if scorecard is None or not scorecard.has("measures"):
        return {}
    return {r["metric"]: r["label"] for r in scorecard.tables["measures"].to_pylist() if r["metric"] in MEASURES}


def _gap(metric: str, reason: str, needs: tuple[Missing, ...]) -> Gap:
    about = MEASURES.get(metric)
    what = f"{about.label}, before and after the programme" if about else "What changed since the programme began"
    id = "prove.impact.metric" if about else "prove.impact.overall"
    return Gap(id=id, what=what, reason=reason, needs=needs, subject=metric if about else None)


def _figure(
    tables: Tables, metric: str, start: date, months: int
) -> tuple[dict[str, Any], list[dict[str, Any]]] | Missing | str:
    if metric in impact_speed.STEPS:
        return _speed(tables, metric, start)
    pair = measured(tables, metric, start=start, months=months)
    if not isinstance(pair, Pair):
        return pair
    spans = pair.windows
    row = _row(metric, pair.before, pair.after, pair.change, pair.spread)
    row |= {
        "period_before": spans.before.label,
        "period_after": spans.after.label,
        "n": min(pair.before.n, pair.after.n),
    }
    row |= _trend(row, pair)
    if pair.months is None:
        return row, []
    sides = {True: "after", False: "before"}
    points = [
        {"metric": metric, "month": m.date(), "value": float(v), "side": sides[m.date() >= start]}
        for m, v in zip(pair.months["month"], pair.months["value"], strict=True)
    ]
    return row, points


def _speed(tables: Tables, metric: str, start: date) -> tuple[dict[str, Any], list[dict[str, Any]]] | Missing | str:
    first, last = impact_speed.STEPS[metric]
    if isinstance(lacks := tables.require("initiatives", "initiative_id", first, last), Missing):
        return lacks
    groups = impact_speed.waits(rows(tables, "initiatives"), metric, start=start, as_of=tables.as_of)
    found = impact_speed.compare(groups)
    if found is None:
        side = "before" if groups["before"].empty else "after"
        return f"no initiative was {first} {side} the programme's start"
    if not all(group["done"].any() for group in groups.values()):
        return f"on one side of the programme's start no initiative has yet {'ended' if last == 'ended' else 'started'}"
    row = _row(metric, found.before, found.after, found.change, found.spread)
    label = f"{MEASURES[metric].label}, of the first {found.days:.0f}"
    spans = {"period_before": f"to {start.isoformat()}", "period_after": f"from {start.isoformat()}"}
    return row | spans | {"label": label, "n": found.change.n, "began": "unknown"}, []


def _row(metric: str, before: Estimate, after: Estimate, change: Estimate, spread: float) -> dict[str, Any]:
    about = MEASURES[metric]
    row: dict[str, Any] = dict.fromkeys(ROWS)
    row |= {"metric": metric, "unit": about.unit, "direction": about.direction, "about": about.about, "grade": "E"}
    row |= {"sources": "; ".join(about.sources), "definition": about.definition, "allowance": ALLOWANCES["E"] * spread}
    for name, one in (("before", before), ("after", after)):
        row |= {name: one.value, f"{name}_low": one.low, f"{name}_high": one.high}
    row |= {"change": change.value, "change_low": change.low, "change_high": change.high, "why_none": change.why_none}
    row |= {"verdict": "too few" if change.low is None else "cannot tell", "tone": "unknown", "began": "unknown"}
    if change.low is None or change.high is None:
        return row
    row |= {"low": change.low - row["allowance"], "high": change.high + row["allowance"]}
    if row["low"] > 0 or row["high"] < 0:
        up = row["low"] > 0
        row |= {"verdict": "higher" if up else "lower", "tone": "good" if up == (about.direction == "up") else "bad"}
    return row


def _trend(row: Mapping[str, Any], pair: Pair) -> dict[str, Any]:
    """How the figure moved in the year before, where that leads, and whether the change began earlier."""
    trend, beyond = pair.trend, pair.beyond
    if trend is None or beyond is None or trend.value is None or pair.earlier is None:
        return {}
    made: dict[str, Any] = {"earlier": pair.earlier.value, "expected": row["after"] - (beyond.value or 0.0)}
    made |= {"trend": trend.value, "trend_low": trend.low, "trend_high": trend.high}
    made |= {"beyond": beyond.value, "beyond_low": beyond.low, "beyond_high": beyond.high}
    if trend.low is None or trend.high is None:
        return made
    moved = 1 if trend.low > 0 else -1 if trend.high < 0 else 0
    same = moved * (row["change"] or 0.0)
    return made | {"began": "quiet" if not moved else "before" if same > 0 else "turned"}


def _tested(row: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a test adds: its grade and its effect where it is about the programme, a mention where about a part."""
    if row is None:
        return {}
    made = {"tested_by": row["experiment_id"], "tested_scope": row["of"], "tested_grade": row["grade"]}
    made |= {f"tested_{name}": row[name] for name in ("effect", "low", "high")}
    made |= {"tested_tone": row.get("tone") or "unknown"}
    return made | ({"grade": row["grade"]} if row["of"] == "programme" else {})
