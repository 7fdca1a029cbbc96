"""The trigger rule: a spike beyond the process's own noise opens a diagnosis inside before a fix at the customer.

Watched are complaints and contacts per 1,000 customers, contacts through social media where channels say so, and NPS,
CSAT and CES; by week where volumes carry it, else by month (`trigger_series`). Limits are those of `metrics.control`,
their frozen baselines and versions those of `metrics.freezing`. Only the last three months open a trigger; what was
flagged before is history.

False alarms. One report spends ``alarms.share("trigger")``, shared over the watched series by `WEIGHTS`. A quarter of a
series' share goes to its single periods (shared over those of the last three months), the rest to the three months
taken together, which see a lasting rise sooner. Each is one-sided: fewer complaints or a better score open nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import numpy as np
import pandas as pd

from cxkit.align import trigger_sentences as sentences
from cxkit.align.trigger_drivers import Span, count_drivers, handlers, inside, leading, score_drivers
from cxkit.align.trigger_sentences import Signal
from cxkit.align.trigger_series import BOUNDS, Watched, gap, too_short, watched
from cxkit.metrics import alarms
from cxkit.metrics.control import Baseline
from cxkit.metrics.freezing import chart
from cxkit.metrics.windows import add_months, last_complete_month
from cxkit.records import Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, Row, rows, table

RECENT = 3
"""Months in which a signal opens a trigger."""
WEEKS = 13
SINGLE = 0.25
"""Part of a series' share that its single periods spend."""
WEIGHTS: Mapping[str, float] = {"complaints": 4.0, "contacts": 2.0}
"""What a series may spend against the others, which have one: a complaint tells most, and comes in small numbers."""
SERIES: Mapping[str, Kind] = {
    **{"series": "text", "label": "text", "period": "date", "last_day": "date", "value": "number", "unit": "text"},
    **{"centre": "number", "low": "number", "high": "number", "together": "number", "together_low": "number"},
    **{"together_high": "number", "size": "number", "usable": "boolean", "recent": "boolean", "signal": "text"},
    "version": "text",
}
WATCH: Mapping[str, Kind] = {
    **{"series": "text", "label": "text", "unit": "text", "step": "text", "verdict": "text", "latest": "number"},
    **{"low": "number", "high": "number", "signals": "integer", "baseline_first": "date", "baseline_last": "date"},
    **{"points": "integer", "left_out": "integer", "version": "text", "spread": "number", "correlation": "number"},
    **{"per_report": "number", "per_year": "number"},
}
DRIVERS: Mapping[str, Kind] = {
    **{"series": "text", "dimension": "text", "group": "text", "label": "text", "observed": "number"},
    **{"expected": "number", "excess": "number", "share": "number"},
}
INSIDE: Mapping[str, Kind] = {
    **{"series": "text", "moment": "text", "kind": "text", "id": "text", "item": "text", "teams": "text"},
    **{"severity": "integer", "source": "text", "why": "text"},
}


class Trigger(Result):
    """Whether a diagnosis inside is due, what set it off, and where inside to look.

    Tables: `series` (a row per period: series, label, period, last_day, value, unit, centre, low, high, together,
    together_low, together_high, size, usable, recent, signal, version), `watch` (a row per series: step month or
    week, verdict open, history or quiet, latest, low, high, signals, baseline_first, baseline_last, points, left_out,
    version, spread, correlation, per_report, per_year: chances of a false alarm), `drivers` (series, dimension, group,
    label, observed, expected, excess, share) and `inside` (series, moment, kind, id, item, teams, severity, source,
    why). Rates are per 1,000 customers and month or week.
    """

    stage: ClassVar[str] = "align"
    name: ClassVar[str] = "trigger"

    open: bool = False
    """Whether a signal of the last three months asks for a diagnosis inside."""
    moment: str = ""
    """Moment id that drives the first signal, where one does."""
    per_year: float = 0.0
    """False alarms to be expected in a year of monthly reports, all series together, at most."""


@dataclass(frozen=True)
class Judged:
    """A watched series with its chart."""

    watched: Watched
    frame: pd.DataFrame
    """The chart of `metrics.freezing` on the scale shown, with usable, recent, single and whole (bad-side signals)."""
    models: tuple[Baseline, ...]
    chance: float
    """What the series may spend in one report."""

    @property
    def opens(self) -> bool:
        """Whether the last three months signal: one of their periods, or all of them together."""
        recent = self.frame[self.frame["recent"]]
        return bool(recent["single"].any() or (len(recent) and recent["whole"].iloc[-1]))

    @property
    def per_year(self) -> float:
        """Chance of a false alarm a year: each period once by itself, and three months together in twelve reports."""
        periods, together = (52, WEEKS) if self.watched.weekly else (12, RECENT)
        return self.chance * (SINGLE * periods / together + (1 - SINGLE) * 12)


def trigger(tables: Tables) -> Trigger:
    """Watch every series for a move beyond its own noise; where one signals, say what drives it and what touches it."""
    found, gaps = watched(tables)
    first = add_months(last_complete_month(tables.as_of), 1 - RECENT)
    fresh = []
    for one in found:
        if one.end(len(one.series.starts) - 1) < first:
            ends = one.end(len(one.series.starts) - 1)
            gaps.append(gap(one.name, f"{one.label} end on {ends}; nothing is known of the last three months."))
        else:
            fresh.append(one)
    restarts = _restarts(tables)
    judged = []
    for one in fresh:
        chance = alarms.share("trigger") * WEIGHTS.get(one.name, 1.0) / sum(WEIGHTS.get(w.name, 1.0) for w in fresh)
        made = judge(one, chance, first, restarts)
        if made.models and made.frame.loc[made.frame["recent"], "high"].notna().any():
            judged.append(made)
        else:
            gaps.append(too_short(one.name, int(one.series.usable.sum()) // (4 if one.weekly else 1)))
    signals = [_signal(tables, one) for one in judged if one.opens]
    names = {row["moment_id"]: row["moment"] or row["moment_id"] for row in rows(tables, "moments")}
    findings, more = sentences.findings(tables, judged, signals, names)
    lead = signals[0].lead if signals else None
    return Trigger(
        as_of=tables.as_of,
        open=bool(signals),
        moment=str(lead["group"]) if lead and lead["dimension"] == "moment" else "",
        per_year=sum(one.per_year for one in judged),
        findings=findings,
        gaps=(*gaps, *more),
        tables={
            "series": table([row for one in judged for row in _series_rows(one)], SERIES),
            "watch": table([_watch_row(one) for one in judged], WATCH),
            "drivers": table([row for one in signals for row in _driver_rows(one, names)], DRIVERS),
            "inside": table([row for one in signals for row in _inside_rows(one, names)], INSIDE),
        },
    )


def judge(one: Watched, chance: float, first: date, restarts: Sequence[date] = ()) -> Judged:
    """The chart of one series that spends `chance` on the periods that end on or after `first`."""
    together = WEEKS if one.weekly else RECENT
    frame, models = chart(
        one.series,
        point_chance=chance * SINGLE / together,
        together_chance=chance * (1 - SINGLE),
        together=together,
        restarts=restarts,
    )
    scale = np.array([one.scale(i) for i in range(len(frame))])
    whole = np.array([one.scale(max(0, i - together + 1), i) for i in range(len(frame))])
    for column in ("value", "centre", "low", "high"):
        frame[column] = frame[column] * scale
    for column in ("together", "together_centre", "together_low", "together_high"):
        frame[column] = frame[column].astype(float) * whole
    floor, ceiling = BOUNDS[one.unit]
    for column in ("low", "high", "together_low", "together_high"):
        frame[column] = frame[column].clip(floor, ceiling)
    frame["usable"] = one.series.usable
    frame["recent"] = [one.series.starts[i] >= first for i in range(len(frame))]
    if one.bad == "high":
        frame["single"], frame["whole"] = frame["value"] > frame["high"], frame["together"] > frame["together_high"]
    else:
        frame["single"], frame["whole"] = frame["value"] < frame["low"], frame["together"] < frame["together_low"]
    return Judged(watched=one, frame=frame, models=models, chance=chance)


def _restarts(tables: Tables) -> list[date]:
    """Months after declared changes that concern no single moment: from there on another normal may hold."""
    return [
        add_months(row["changed"].replace(day=1), 1)
        for row in rows(tables, "changes")
        if row["moment_id"] is None and row["changed"] is not None
    ]


def _span(one: Judged) -> Span:
    """From the first to the last recent period that signals; all recent ones where only they together do."""
    frame = one.frame
    hits = np.flatnonzero(frame["recent"] & frame["single"])
    if not len(hits):
        hits = np.flatnonzero(frame["recent"] & frame["usable"])
    model = one.models[int(frame["baseline"].iloc[hits[-1]])]
    ends = one.watched.series.starts.index(model.last)
    return Span(one.watched.series.starts[hits[0]], one.watched.end(int(hits[-1])), model.first, one.watched.end(ends))


def _drivers(tables: Tables, one: Judged, span: Span) -> pd.DataFrame:
    name = one.watched.name
    if one.watched.series.kind == "mean":
        return score_drivers(tables, name, span)
    scale = np.array([one.watched.scale(i) for i in range(len(one.frame))])
    at = [i for i, d in enumerate(one.watched.series.starts) if span.first <= d <= span.last]
    expected = float(sum(one.frame["centre"].iloc[i] / scale[i] * one.watched.series.size[i] for i in at))
    return count_drivers(tables, name, one.watched.sources[0], span, expected)


def _signal(tables: Tables, one: Judged) -> Signal:
    span = _span(one)
    drivers = _drivers(tables, one, span)
    lead = leading(drivers)
    moment = str(lead["group"]) if lead and lead["dimension"] == "moment" else None
    items = inside(tables, moment, handlers(tables, lead, span), since=span.first) if lead else []
    return Signal(one, span, drivers, lead, items)


def _series_rows(one: Judged) -> list[Row]:
    found = []
    for i, row in enumerate(one.frame.to_dict("records")):
        model = one.models[row["baseline"]] if row["baseline"] >= 0 else None
        signal = "period" if row["single"] else "together" if row["whole"] else ""
        found.append(
            {
                **{k: _number(row[k]) for k in ("value", "centre", "low", "high")},
                **{k: _number(row[k]) for k in ("together", "together_low", "together_high")},
                "series": one.watched.name,
                "label": one.watched.label,
                "period": row["start"],
                "last_day": one.watched.end(i),
                "unit": one.watched.unit,
                "size": float(one.watched.series.size[i]),
                "usable": bool(row["usable"]),
                "recent": bool(row["recent"]),
                "signal": signal,
                "version": model.version if model else None,
            }
        )
    return found


def _number(value: object) -> float | None:
    return None if pd.isna(value) else float(value)  # type: ignore[call-overload, arg-type]


def _watch_row(one: Judged) -> Row:
    usable = one.frame[one.frame["usable"] & one.frame["high"].notna()]
    last, model = usable.iloc[-1], one.models[-1]
    signals = int((one.frame["single"] | one.frame["whole"]).sum())
    return {
        "series": one.watched.name,
        "label": one.watched.label,
        "unit": one.watched.unit,
        "step": "week" if one.watched.weekly else "month",
        "verdict": "open" if one.opens else "history" if signals else "quiet",
        **{"latest": float(last["value"]), "low": float(last["low"]), "high": float(last["high"])},
        "signals": signals,
        **{"baseline_first": model.first, "baseline_last": model.last, "points": model.points},
        **{"left_out": model.left_out, "version": model.version, "spread": model.spread},
        **{"correlation": model.correlation, "per_report": one.chance, "per_year": one.per_year},
    }


def _driver_rows(signal: Signal, names: Mapping[str, str]) -> list[Row]:
    found = []
    for row in signal.drivers.to_dict("records"):
        label = names.get(row["group"], row["group"]) if row["dimension"] == "moment" else row["group"]
        found.append({**row, "series": signal.judged.watched.name, "label": label or "not stated"})
    return [{str(k): v for k, v in row.items()} for row in found]


def _inside_rows(signal: Signal, names: Mapping[str, str]) -> list[Row]:
    lead = signal.lead or {}
    moment = names.get(lead["group"], lead["group"]) if lead.get("dimension") == "moment" else None
    return [{**row, "series": signal.judged.watched.name, "moment": moment} for row in signal.items]
