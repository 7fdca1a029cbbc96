"""The sentences of the trigger: what left its own noise, what drives it, and where inside to look first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from cxkit.align.sentences import plural, say
from cxkit.align.trigger_drivers import KINDS, Span, split
from cxkit.formats import Unit, listing, number, quantity
from cxkit.records import Finding, Gap
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Row, short

if TYPE_CHECKING:
    from cxkit.align.trigger import Judged

NOISE = "limits that the series' own past allows, not an interval of the figure"
MOST = 2
"""Signals that get a finding of their own; the others are named with the first."""
WORDS: Mapping[str, tuple[str, str]] = {
    "system": ("system", "systems"),
    "assumption": ("assumption", "assumptions"),
    "metric": ("metric", "metrics"),
    "rock": ("rock", "rocks"),
    "promise": ("promise", "promises"),
}
"""Kinds that are counted in the title: what can be worked on inside."""


@dataclass(frozen=True)
class Signal:
    """A series that opens a trigger, with what drives it and what touches it."""

    judged: Judged
    span: Span
    drivers: pd.DataFrame
    lead: Row | None
    items: list[Row]


def findings(
    tables: Tables, judged: Sequence[Judged], signals: Sequence[Signal], names: Mapping[str, str]
) -> tuple[tuple[Finding, ...], list[Gap]]:
    """Findings and gaps of the trigger; nothing where no series could be judged. `names` are of moments."""
    if not judged:
        return (), []
    if not signals:
        return (_quiet(judged),), []
    made = [_opened(one, _alarms(judged), names) for one in signals[:MOST]]
    if len(signals) > MOST:
        others = listing([one.judged.watched.label for one in signals[MOST:]])
        made[0] = made[0].model_copy(update={"detail": f"{made[0].detail} {others} left their usual range too."})
    first = signals[0]
    counted = [row for row in first.items if row["kind"] in WORDS]
    if first.lead is not None and counted:
        return (*made, _inside(first, first.lead, counted, names)), []
    needs = tables.lacking(
        {
            "tickets": ("moment_id",),
            "register": ("kind", "item", "teams", "moment_id"),
            "systems": ("moments",),
            "promises": ("moment_id", "promised", "delivered"),
        }
    )
    reason = "Nothing in the register, the systems or the promises is tied to what drives the signal: map it first."
    return tuple(made), [Gap(id="align.trigger.inside", what="Where inside to look", reason=reason, needs=needs)]


def _quiet(judged: Sequence[Judged]) -> Finding:
    n = len(judged)
    names = listing([one.watched.label for one in judged], most=6)
    return say(
        "trigger.quiet",
        f"None of {plural(n, 'watched series', 'watched series')} left its usual range in the last three months",
        detail=f"Watched: {names}. {_alarms(judged)}",
        value=0,
        unit="count",
        n=n,
        about=NOISE,
        period=_period(judged),
        sources=tuple(dict.fromkeys(s for one in judged for s in one.watched.sources)),
        tone="good",
    )


def _period(judged: Sequence[Judged]) -> str:
    first = min(one.frame.loc[one.frame["recent"], "start"].min() for one in judged)
    last = max(one.watched.end(len(one.frame) - 1) for one in judged)
    return f"{first:%Y-%m} to {last:%Y-%m}"


def _alarms(judged: Sequence[Judged]) -> str:
    report = sum(one.chance for one in judged)
    yearly = sum(one.per_year for one in judged)
    return (
        f"By chance alone at most one report in {1 / report:,.0f} would raise an alarm: with monthly reports, one in "
        f"{1 / yearly:,.0f} years."
    )


def _opened(signal: Signal, alarms: str, names: Mapping[str, str]) -> Finding:
    one = signal.judged
    watched, recent = one.watched, one.frame[one.frame["recent"] & one.frame["usable"]]
    singles = recent[recent["single"]]
    up = watched.bad == "high"
    if len(singles):
        row, reached = singles.iloc[-1], "reached" if up else "fell to"
        value, low, high, centre = row["value"], row["low"], row["high"], row["centre"]
        when = f"in {row['start']:%B %Y}"
        if watched.weekly:
            when = f"in the week of {row['start'].day} {row['start']:%B %Y}"
    else:
        row, reached = recent.iloc[-1], "averaged"
        value, low, high = row["together"], row["together_low"], row["together_high"]
        centre = row["together_centre"]
        when = f"from {recent['start'].iloc[0]:%B} to {row['start']:%B %Y}"
    model = one.models[int(row["baseline"])]
    unit = quantity(value, watched.unit)
    if watched.unit == "per_1000":
        unit += " customers" + (" a week" if watched.weekly else "" if len(singles) else " a month")
    allowed = f"{'above' if up else 'below'} the {band_text(low, high, watched.unit)} that the time of year allows"
    used = singles.index[-1:] if len(singles) else recent.index
    counted = watched.series.total if watched.series.kind == "count" else watched.series.size
    return say(
        "trigger.opened",
        f"{watched.label} {reached} {unit} {when}, {allowed}: look inside before fixing the customer side",
        detail=f"{_driven(signal, names)}The time of year led to expect "
        f"{quantity(centre, watched.unit)}. The limits come from {plural(model.points, watched_step(watched.weekly))} "
        f"to {model.last:%B %Y} and have not moved since. {alarms}",
        value=value,
        unit=watched.unit,
        low=low,
        high=high,
        level=1 - one.chance,
        about=NOISE,
        n=round(sum(float(counted[i]) for i in used)),
        period=f"{row['start']:%Y-%m}" if len(singles) else f"{recent['start'].iloc[0]:%Y-%m} to {row['start']:%Y-%m}",
        sources=watched.sources,
        subject=watched.name,
        tone="bad",
    )


def watched_step(weekly: bool) -> str:
    """``week`` or ``month``."""
    return "week" if weekly else "month"


def band_text(low: float, high: float, unit: Unit) -> str:
    """The limits in a title: two numbers, the unit only where it is not said before.

    >>> band_text(5.13, 17.7, "per_1000"), band_text(0.61, 0.88, "ratio")
    ('5.1 to 17.7', '61.0 to 88.0\u202f%')
    """
    if unit == "per_1000":
        return f"{number(low, 1)} to {number(high, 1)}"
    left, right = quantity(low, unit), quantity(high, unit)
    return f"{left.removesuffix(chr(0x202F) + '%')} to {right}"


def _driven(signal: Signal, names: Mapping[str, str]) -> str:
    lead, drivers = signal.lead, signal.drivers
    if lead is None:
        return ""
    name = short(names.get(lead["group"], lead["group"]), 40)
    share = "all" if lead["share"] >= 0.995 else quantity(float(lead["share"]), "probability")
    since = _since(signal.span.first)
    if signal.judged.watched.series.kind == "count":
        whole = drivers[drivers["dimension"] == lead["dimension"]]["excess"].sum()
        total = "" if share == "all" else f", of {whole:,.0f} too many in all"
        return (
            f"{name} holds {share} of the excess: {lead['observed']:,.0f} since {since} where "
            f"{lead['expected']:,.0f} were to be expected{total}. "
        )
    return f"{name} holds {share} of the fall since {since}. "


def _since(day: date) -> str:
    return f"{day:%B %Y}" if day.day == 1 else f"{day.day} {day:%B %Y}"


def _inside(signal: Signal, lead: Row, counted: Sequence[Row], names: Mapping[str, str]) -> Finding:
    span = signal.span
    kinds = Counter(row["kind"] for row in counted)
    parts = [plural(kinds[k], *WORDS[k]) for k in KINDS if kinds[k] and k in WORDS]
    name = short(names.get(lead["group"], lead["group"]), 40)
    stands = Counter(team for row in counted for team in split(row["teams"]))
    most = sorted((t for t in stands if stands[t] > 1), key=lambda t: (-stands[t], t))[:2]
    verb = "is" if len(most) == 1 else "are"
    between = f"; {listing([short(t, 30) for t in most])} {verb} in several of them" if most else ""
    worst = max(counted, key=lambda row: row["severity"] or 0)
    gravest = f"Gravest: {short(worst['item'], 80)}." if worst["severity"] else ""
    waiting = [row for row in signal.items if row["kind"] == "initiative"]
    hold = (
        f" {plural(len(waiting), 'initiative works', 'initiatives work')} on the same moment for customers: settle the "
        "inside first."
        if waiting
        else ""
    )
    return say(
        "trigger.inside",
        f"{plural(len(counted), 'thing touches', 'things touch')} {name} inside the organisation: "
        f"{listing(parts, most=5)}{between}",
        detail=f"{gravest}{hold} What is listed touches the moment; that it caused the signal is not shown.".strip(),
        value=len(counted),
        unit="count",
        n=len(counted),
        period=f"{span.first:%Y-%m} to {span.last:%Y-%m}",
        sources=tuple(dict.fromkeys(row["source"] for row in counted)),
        subject=signal.judged.watched.name,
        tone="bad",
    )
