"""The scorecard in words: one finding per metric, and the segment that loses most."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist
from typing import Literal

import pandas as pd

from cxkit.formats import Unit, interval, number, quantity
from cxkit.metrics.definitions import definition
from cxkit.metrics.trend import UsualRange
from cxkit.quantify.book import Book
from cxkit.quantify.measure import Measure
from cxkit.records import Finding

Status = Literal["on target", "off target", "cannot tell", ""]
RESTS: Mapping[str, str] = {
    "grr": "revenue",
    "nrr": "revenue",
    "logo_churn": "revenue",
    "early_loss": "revenue",
    "cost_to_serve": "costs",
}
"""Metric → table with its money; the others rest on none."""


def finding(
    measure: Measure,
    currency: str,
    *,
    target: float | None,
    status: Status,
    usual: UsualRange | None,
    provisional: tuple[str, ...],
) -> Finding:
    """The finding of one metric: its sentence, how it compares with target and a year earlier, and the money."""
    made, known = measure.estimate, measure.definition
    off_by = abs(made.value - target) if target is not None and made.value is not None else 0.0
    weight = measure.weight + (measure.yearly_units * off_by if status == "off target" else 0.0)
    details = [
        measure.detail,
        _reason(measure),
        _compared(measure, currency),
        _latest(measure, usual, currency),
        untied(RESTS.get(measure.metric, ""), provisional),
    ]
    return Finding(
        id=f"quantify.scorecard.{measure.metric}",
        stage="quantify",
        title=_title(measure, target, status, currency),
        detail=" ".join(filter(None, details)),
        value=made.value,
        unit=known.unit,
        currency=currency if known.unit == "money" else "",
        low=made.low,
        high=made.high,
        about=measure.about if made.has_interval else made.why_none,
        n=made.n,
        period=measure.period,
        sources=measure.sources,
        definition=known.tag,
        tone=_tone(measure, status),
        weight=weight,
    )


def untied(table: str, provisional: tuple[str, ...]) -> str:
    """That a figure is provisional, where the table it rests on does not tie to the books.

    >>> untied("costs", ("costs",))
    'Provisional: costs do not tie to the books.'
    """
    if table not in provisional:
        return ""
    return f"Provisional: {table} {'do' if table == 'costs' else 'does'} not tie to the books."


SENTENCES: Mapping[str, str] = {
    "grr": "Customers kept {v} of their recurring revenue over {span} (gross revenue retention)",
    "nrr": "The same customers pay {v} of what they paid {span} earlier (net revenue retention)",
    "logo_churn": "{v} of customers left within {span}",
    "early_loss": "{v} of the customers who joined within {span} were lost again by its end",
    "cost_to_serve": "Serving a customer costs {v} a month",
    "complaint_rate": "Every 1,000 customers raise {bare} complaints a month",
    "nps": "The net promoter score is {v}",
    "csat": "{v} of answers are satisfied",
    "ces": "Customers rate ease at {v} of 7",
}


def _title(measure: Measure, target: float | None, status: Status, currency: str) -> str:
    known = measure.definition
    value = quantity(measure.estimate.value, known.unit, currency=currency)
    if not measure.estimate.has_interval and not measure.exact:
        return f"{known.name} is {value}; there is too little behind it to judge"
    bare = number(measure.estimate.value or 0.0)
    span = "a year" if measure.months == 12 else f"{measure.months} months"
    sentence = SENTENCES[measure.metric].format(v=value, bare=bare, span=span)
    if target is None or measure.estimate.value is None:
        return sentence
    goal = quantity(target, known.unit, currency=currency)
    unit: Unit = "points" if known.unit == "ratio" else known.unit
    away = quantity(abs(measure.estimate.value - target), unit, currency=currency).lstrip("+")
    away += " points" if unit == "nps" else ""
    worse = "short of" if known.direction == "up" else "above"
    side = "better than" if known.better(measure.estimate.value, target) else worse
    apart = f"{away} {side}" if goal != value else "level with"
    against: Mapping[Status, str] = {
        "on target": f", which meets the target of {goal}",
        "off target": f", {apart} the target of {goal}",
        "cannot tell": f", {apart} the target of {goal}{'' if goal == value else ', which chance could explain'}",
        "": "",
    }
    return sentence + against[status]


def _reason(measure: Measure) -> str:
    made = measure.estimate
    return "" if made.has_interval else f"There is no interval: {made.why_none}."


def _compared(measure: Measure, currency: str) -> str:
    change = measure.change
    if change is None or change.value is None or measure.before is None:
        return ""
    unit = measure.definition.unit
    gap = "points" if unit == "ratio" else unit
    was = f"A year earlier it was {quantity(measure.before.value, unit, currency=currency)}"
    if change.low is None or change.high is None:
        return f"{was}; whether it changed cannot be told."
    span = interval(change.low, change.high, gap, currency=currency)
    if change.low <= 0 <= change.high:
        return f"{was}; it has not shown a change ({span})."
    word = "better" if measure.definition.better(change.value, 0.0) else "worse"
    moved = quantity(change.value, gap, currency=currency, signed=True)
    return f"{was}; the change of {moved} ({span}) is for the {word}."


def _latest(measure: Measure, usual: UsualRange | None, currency: str) -> str:
    if usual is None or not usual.outside:
        return ""
    unit = measure.definition.unit
    span = interval(usual.low, usual.high, unit, currency=currency)
    value = quantity(usual.latest, unit, currency=currency)
    scale = " at a yearly pace" if "yearly" in measure.scale else ""
    return f"The last month, {value}{scale}, lies outside its usual range of {span}."


def _tone(measure: Measure, status: Status) -> Literal["good", "bad", "neutral", "unknown"]:
    if status:
        return {"on target": "good", "off target": "bad", "cannot tell": "unknown"}[status]  # type: ignore[return-value]
    change = measure.change
    if change is None or change.value is None or change.low is None or change.high is None:
        return "neutral"
    if change.low <= 0 <= change.high:
        return "neutral"
    return "good" if measure.definition.better(change.value, 0.0) else "bad"


def worst_segment(segments: pd.DataFrame, book: Book, currency: str) -> list[Finding]:
    """The segment that loses most money among those clearly below the book's GRR; none when none is.

    Clearly: its interval, widened for looking at several segments (Bonferroni), lies below the book's figure.
    """
    whole = book.now.grr.value
    named = segments[segments["dimension"] == "segment"].dropna(subset=["grr", "grr_high"])
    if named.empty or whole is None:
        return []
    wider = NormalDist().inv_cdf(1 - 0.025 / len(named)) / NormalDist().inv_cdf(0.975)
    rows = named[whole - named["grr"] > wider * (named["grr_high"] - named["grr"])]
    if rows.empty:
        return []
    worst = rows.assign(gap=(whole - rows["grr"]) * rows["start"]).sort_values(["gap", "segment"]).iloc[-1]
    return [
        Finding(
            id="quantify.scorecard.segment",
            stage="quantify",
            title=f"Segment {worst['segment']} keeps only {quantity(worst['grr'], 'ratio')} of its recurring revenue",
            detail=(
                f"The whole book keeps {quantity(whole, 'ratio')}. Bringing this segment to it would keep "
                f"{quantity(12 * worst['gap'], 'money', currency=currency)} of yearly recurring revenue. Segments are "
                "those known at extraction; this is an association."
            ),
            value=worst["grr"],
            unit="ratio",
            low=worst["grr_low"],
            high=worst["grr_high"],
            about="the underlying rate, customers resampled",
            n=int(worst["accounts"]),
            period=book.window.label,
            sources=("revenue", "accounts"),
            subject=str(worst["segment"]),
            definition=definition("grr").tag,
            tone="bad",
            weight=12 * float(worst["gap"]),
        )
    ]
