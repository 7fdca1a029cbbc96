"""The alignment-impact scorecard in words: what moved since the programme began, never what the programme did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

from cxkit.formats import Unit, interval, listing, quantity
from cxkit.records import Finding, Grade

Row = Mapping[str, Any]
BEGAN = {
    "before": "It was moving this way in the year before the programme already.",
    "turned": "In the year before the programme it moved the other way.",
    "quiet": "In the year before the programme no movement beyond the noise is seen.",
    "unknown": "Whether it was moving before cannot be told: the table does not reach a further year back.",
}
"""What the year before says."""


def gap_unit(unit: str) -> Unit:
    """The unit of a change: points where the figure is a share."""
    return cast(Unit, "points" if unit == "ratio" else unit)


def said(row: Row, currency: str) -> str:
    """One figure before and after as a sentence."""
    unit = cast(Unit, row["unit"])
    ends = [quantity(row[side], unit, currency=currency) for side in ("before", "after")]
    what = f"{row['label']}: {ends[0]} before, {ends[1]} since the programme began"
    if row["low"] is None:
        return what
    span = interval(row["low"], row["high"], gap_unit(row["unit"]), currency=currency)
    if row["verdict"] in ("higher", "lower"):
        return f"{what}, {row['verdict']} by more than noise and allowance ({span})"
    return f"{what}; the change lies between {span.replace(' to ', ' and ')}, so it cannot be told which way"


def findings(measures: Sequence[Row], *, start: str, currency: str) -> list[Finding]:
    """The tally and one finding per figure."""
    found = [_one(row, start=start, currency=currency) for row in measures]
    told = [row for row in measures if row["low"] is not None]
    if not told:
        return found
    better, worse = ([r["label"] for r in told if r["tone"] == tone] for tone in ("good", "bad"))
    early = [r["label"] for r in told if r["tone"] == "good" and r["began"] == "before"]
    proved = [r for r in measures if r["tested_scope"] == "programme"]
    parts = [
        f"Better: {listing(better, most=8)}." if better else "",
        f"Worse: {listing(worse, most=8)}." if worse else "",
    ]
    parts += [f"Improving before it began already: {listing(early, most=8)}."] if early else []
    many = len(proved)
    named = [f"{r['label']} ({_effect(r, currency)}, grade {r['tested_grade']})" for r in proved]
    parts.append(
        f"A test of the whole programme measured {listing(named)}; for the rest before and after shows no cause."
        if many
        else "No test of the whole programme measured any of them, so before and after shows no cause."
    )
    title = (
        f"Since the programme began on {start}, {len(better)} of {len(told)} figures that can be judged are better "
        f"and {len(worse)} worse"
    )
    return [
        Finding(
            id="prove.impact.overall",
            stage="prove",
            title=title,
            detail=" ".join(filter(None, parts)),
            value=len(better),
            unit="count",
            n=len(told),
            grade="E",
            about="a count of intervals that leave out zero, allowance included",
            sources=tuple(dict.fromkeys(s for row in measures for s in row["sources"].split("; "))),
            tone="bad" if len(worse) > len(better) else "good" if better and len(early) < len(better) else "neutral",
        ),
        *found,
    ]


def _effect(row: Row, currency: str) -> str:
    return quantity(row["tested_effect"], gap_unit(row["unit"]), currency=currency, signed=True)


def _one(row: Row, *, start: str, currency: str) -> Finding:
    proved = row["tested_scope"] == "programme"
    unit = gap_unit(row["unit"])
    tests = ""
    if row["tested_by"]:
        size = _effect(row, currency)
        span = interval(row["tested_low"], row["tested_high"], unit, currency=currency)
        about = "the programme" if proved else f"{row['tested_scope']} alone"
        tests = f"Test {row['tested_by']} of {about}, grade {row['tested_grade']}: {size} ({span})."
    allowed = quantity(row["allowance"], unit, currency=currency)
    detail = [
        f"Initiatives whose step began {row['period_before']}, and {row['period_after']}."
        if row["metric"].startswith("speed")
        else f"The same months: {row['period_before']} and {row['period_after']}.",
        "Before and after, without a control group: it shows no cause."
        if not proved
        else "The grade is that of the test; before and after beside it shows no cause.",
        f"{allowed} of possible bias are allowed for at both ends." if row["low"] is not None else "",
        "" if row["metric"].startswith("speed") else BEGAN[row["began"]],
        tests,
        f"No interval: {row['why_none']}." if row["low"] is None and row["why_none"] else "",
    ]
    if row["expected"] is not None and row["began"] in ("before", "turned"):
        would = quantity(row["expected"], cast(Unit, row["unit"]), currency=currency)
        detail.append(f"The trend before would have led to {would}.")
    value, low, high = (row["tested_effect"], row["tested_low"], row["tested_high"]) if proved else (
        row["change"], row["low"], row["high"],
    )  # fmt: skip
    title = said(row, currency)
    if proved:
        title += f"; a test of the whole programme puts its part at {_effect(row, currency)}"
    tone = cast(Literal["good", "bad", "neutral", "unknown"], row["tested_tone"] if proved else row["tone"])
    return Finding(
        id="prove.impact.metric",
        stage="prove",
        title=title,
        detail=" ".join(filter(None, detail)),
        value=value,
        unit=unit,
        currency=currency if unit == "money" else "",
        low=low,
        high=high,
        about=f"the effect that {row['tested_by']} found" if proved else f"the change; {row['about']}, allowance added",
        n=row["n"],
        period=row["period_after"],
        grade=cast(Grade, row["grade"]),
        sources=tuple(row["sources"].split("; ")),
        subject=row["metric"],
        definition=row["definition"] if not proved else "",
        tone=tone,
    )
