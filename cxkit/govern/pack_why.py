"""Why figures changed between the last two windows: volume, mix and rate, by segment, adding up exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd

from cxkit.formats import Unit, quantity
from cxkit.govern.reading import Row
from cxkit.metrics import retention
from cxkit.metrics.estimates import LEVEL, MINIMUM_N
from cxkit.metrics.mix_rate_volume import Decomposition, decompose, error_by_months
from cxkit.metrics.panels import COUNTED
from cxkit.metrics.windows import Window, add_months, seen, window_to
from cxkit.records import Finding, Gap, Missing
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind

WHY: Mapping[str, Kind] = {
    "figure": "text",
    "label": "text",
    "unit": "text",
    "period": "text",
    "period_before": "text",
    "before": "number",
    "now": "number",
    "change": "number",
    "volume": "number",
    "mix": "number",
    "rate": "number",
    "rate_low": "number",
    "rate_high": "number",
    "n": "integer",
    "segments": "integer",
    "tone": "text",
    "says": "text",
    "sources": "text",
}
"""`volume` + `mix` + `rate` = `change`; only the rate has an interval, the other two are counted. `tone` is the rate's:
unknown while its interval holds nought."""
PARTS: Mapping[str, Kind] = {
    "figure": "text",
    "segment": "text",
    "size_before": "number",
    "size_now": "number",
    "rate_before": "number",
    "rate_now": "number",
    "volume": "number",
    "mix": "number",
    "rate": "number",
}
LONGEST = 12
LEAST = 6
"""Months a window has, at most and at least."""


@dataclass(frozen=True)
class Figure:
    """A figure whose change is explained."""

    id: str
    label: str
    unit: Unit
    up: Literal["good", "bad"]
    mean: bool = False
    per: float = 1.0
    """A rate of the panel ÷ this × customers is a count."""
    more: str = "more customers"
    sources: tuple[str, ...] = ()


LOST = Figure(
    "lost_revenue",
    "Monthly recurring revenue lost",
    "money",
    "bad",
    more="a larger book",
    sources=("revenue", "accounts"),
)
COUNTS = (
    Figure("contact_rate", "Contacts", "count", "bad", sources=("tickets", "accounts")),
    Figure("complaint_rate", "Complaints", "count", "bad", per=1000.0, sources=("tickets", "accounts")),
    Figure("nps", "Net promoter score", "nps", "good", mean=True, sources=("surveys", "accounts")),
    Figure("csat", "Satisfied answers", "ratio", "good", mean=True, sources=("surveys", "accounts")),
    Figure("ces", "Customer effort score", "score", "good", mean=True, sources=("surveys", "accounts")),
)


def why(tables: Tables, *, window_months: int = LONGEST) -> tuple[list[Row], list[Row]]:
    """Figures whose change can be decomposed, and what each segment adds; largest part first within a figure."""
    found = [(LOST, _revenue(tables, window_months)), *((f, _counted(tables, f, window_months)) for f in COUNTS)]
    rows: list[Row] = []
    parts: list[Row] = []
    for figure, made in found:
        if made is None:
            continue
        split, now, n = made
        rows.append(_row(figure, split, now, n, tables.currency))
        parts += [
            {"figure": figure.id, **{name: getattr(s, name) for name in PARTS if name != "figure"}}
            for s in sorted(split.segments, key=lambda s: (-abs(s.volume + s.mix + s.rate), s.segment))
        ]
    return rows, parts


def _revenue(tables: Tables, months: int) -> tuple[Decomposition, Window, int] | None:
    """Recurring revenue a window lost: size is what it opened with, rate the share that was not kept."""
    if tables.lacking({"revenue": ("account_id", "month", "mrr"), "accounts": ("account_id", "segment")}):
        return None
    span = seen(tables, "revenue", "month")
    if span is None or len(span) < 2 * months + 1:
        return None
    now = window_to(span.last, months)
    made = [retention.bridge(tables, window, by=("segment",)) for window in (now.back(months), now)]
    if any(isinstance(one, Missing) for one in made):
        return None
    cells = {}
    for when, one in zip(("before", "now"), made, strict=True):
        assert isinstance(one, pd.DataFrame)
        for segment, part in one.groupby(one["segment"].fillna("not stated"), sort=True):
            total = retention.summarise(part)
            grr = total.grr
            error = None if grr.low is None or grr.high is None else (grr.high - grr.low) / 3.92
            lost = total.start * (1 - (grr.value or 0.0)) if total.start else 0.0
            cells[when, str(segment)] = (total.start, lost, error, total.accounts)
    names = sorted({name for _, name in cells})
    none = (0.0, 0.0, None, 0)
    frame = pd.DataFrame(
        [(s, *cells.get(("before", s), none)[:2], *cells.get(("now", s), none)[:2]) for s in names],
        columns=["segment", "size_before", "total_before", "size_now", "total_now"],
    )
    n = sum(cell[3] for (when, _), cell in cells.items() if when == "now")
    split = decompose(frame)
    if split is None or n < MINIMUM_N:
        return None
    weights = {s.segment: s.weight for s in split.segments}
    both = [(weights[s], cells.get((when, s), none)[2]) for s in names for when in ("before", "now")]
    if all(error is not None for _, error in both):
        error = math.sqrt(math.fsum((w * (e or 0.0)) ** 2 for w, e in both))
        split = split.with_error(error, n - 1)
    return split, now, n


def _counted(tables: Tables, figure: Figure, months: int) -> tuple[Decomposition, Window, int] | None:
    """A figure counted by segment and month: size is customers (or answers), the total what they did (or said)."""
    panel = COUNTED[figure.id](tables)
    if isinstance(panel, Missing) or panel.empty:
        return None
    last = max(panel["month"])
    length = min(months, _length(panel, last))
    if length < LEAST:
        return None
    now = window_to(last, length)
    first = add_months(now.first, -length)
    kept = panel[(panel["month"] >= first) & (panel["n"] > 0)].copy()
    kept["now"] = [month >= now.first for month in kept["month"]]
    if kept["now"].nunique() < 2:  # nobody was there, or nobody answered, in a whole window
        return None
    kept["total"] = kept["value"] * kept["n"] / figure.per
    sums = kept.groupby(["segment", "now"])[["n", "total"]].sum().unstack("now").fillna(0.0)
    frame = pd.DataFrame(
        {
            "segment": sums.index.astype(str),
            "size_before": sums["n"][False].to_numpy(),
            "total_before": sums["total"][False].to_numpy(),
            "size_now": sums["n"][True].to_numpy(),
            "total_now": sums["total"][True].to_numpy(),
        }
    )
    split = decompose(frame, mean=figure.mean)
    n = round(float(frame["size_now"].sum()))
    if split is None or min(n, float(frame["size_before"].sum())) < MINIMUM_N:
        return None
    at = {month: k % length for k, month in enumerate(Window(first=first, last=last).months)}
    kept["position"] = [at[month] for month in kept["month"]]
    kept["rate"] = kept["value"] / figure.per
    error = error_by_months(kept, {s.segment: s.weight for s in split.segments if s.weight > 0})
    return (split.with_error(*error) if error else split), now, n


def _length(panel: pd.DataFrame, last: date) -> int:
    """Half of the months up to the last one: each window gets as many."""
    return int((last.year - min(panel["month"]).year) * 12 + last.month - min(panel["month"]).month + 1) // 2


def _row(figure: Figure, split: Decomposition, now: Window, n: int, currency: str) -> Row:
    tone = "unknown"
    if split.rate_low is not None and split.rate_high is not None and not split.rate_low <= 0 <= split.rate_high:
        tone = "good" if (split.rate > 0) == (figure.up == "good") else "bad"
    return {
        **{"figure": figure.id, "label": figure.label, "unit": figure.unit},
        **{"period": now.label, "period_before": now.back(len(now)).label},
        **{name: getattr(split, name) for name in ("before", "now", "change", "volume", "mix", "rate")},
        **{"rate_low": split.rate_low, "rate_high": split.rate_high, "n": n, "segments": len(split.segments)},
        **{"tone": tone, "says": _says(figure, split, tone, currency), "sources": ",".join(figure.sources)},
    }


def _says(figure: Figure, split: Decomposition, tone: str, currency: str) -> str:
    """The parts in words, the largest first."""
    words: Mapping[str, str] = {"volume": figure.more, "mix": "another mix of segments", "rate": "the same kind of "}
    doing = "customers answering otherwise" if figure.mean else "customers doing otherwise"
    said = []
    for name in sorted(words, key=lambda part: -abs(getattr(split, part))):
        value: float = getattr(split, name)
        if name == "volume" and figure.mean:
            continue
        text = worded(value, figure.unit, currency)
        doubt = " (not told from noise)" if name == "rate" and tone == "unknown" else ""
        said.append(f"{text} from {words[name]}{doing if name == 'rate' else ''}{doubt}")
    return ", ".join(said)


def worded(value: float, unit: Any, currency: str) -> str:
    """A change in its unit, with its sign; a change of a share in points."""
    return quantity(value, "points" if unit == "ratio" else unit, currency=currency, signed=True)


def findings(rows: list[Row], currency: str) -> list[Finding]:
    """One finding per figure, and one per part of it, so that each number has its own."""
    found = []
    for row in rows:
        unit: Unit = row["unit"]
        sources = tuple(str(row["sources"]).split(","))
        changed = "points" if unit == "ratio" else unit
        money = currency if unit == "money" else ""
        verb = "rose" if row["change"] > 0 else "fell"
        size = quantity(abs(row["change"]), changed, currency=currency).lstrip("+")
        moved = f"{verb} by {size}" if any(c in "123456789" for c in size) else "stayed as it was"
        common: dict[str, Any] = {"stage": "govern", "n": row["n"], "period": row["period"], "sources": sources}
        common |= {"unit": changed, "currency": money}
        found.append(
            Finding(
                id="govern.council.why",
                title=f"{row['label']} {moved}: {row['says']}",
                detail=f"{quantity(row['before'], unit, currency=currency)} in {row['period_before']}, "
                f"{quantity(row['now'], unit, currency=currency)} in {row['period']}, by segment as known at "
                "extraction; the parts add up to the change.",
                value=row["change"],
                about="as counted; what may be noise is in the rate",
                subject=row["figure"],
                tone=row["tone"],
                **common,
            )
        )
        for part in ("volume", "mix", "rate"):
            if row["unit"] in {"nps", "ratio", "score"} and part == "volume":
                continue
            ends = (row["rate_low"], row["rate_high"]) if part == "rate" else (None, None)
            found.append(
                Finding(
                    id="govern.council.part",
                    title=f"{row['label']}: {worded(row[part], unit, currency)} of the change is {part}",
                    value=row[part],
                    low=ends[0],
                    high=ends[1],
                    level=LEVEL,
                    about="counted, not estimated" if part != "rate" else "the rate at the average mix",
                    subject=f"{row['figure']}/{part}",
                    tone=row["tone"] if part == "rate" else "neutral",
                    **common,
                )
            )
    return found


def gaps(rows: list[Row]) -> tuple[Gap, ...]:
    """What keeps every change from being explained."""
    if rows:
        return ()
    needs = (
        Missing(name="accounts", columns=("account_id", "segment")),
        Missing(name="revenue", columns=("account_id", "month", "mrr")),
    )
    reason = "It takes a figure by segment over two windows of at least six months."
    return (Gap(id="govern.council.why", what="Why figures changed: mix, rate, volume", reason=reason, needs=needs),)
