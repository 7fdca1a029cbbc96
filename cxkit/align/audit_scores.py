"""Scores of scales and items by group, hidden where too few people stand behind them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxkit.align.audit_answers import Wave
from cxkit.align.audit_groups import Group, groups, members, shown_by_figure
from cxkit.align.audit_instrument import Instrument, Scale
from cxkit.metrics.estimates import Estimate, t_quantile, wilson
from cxkit.tables.sheets import Row

MINIMUM_FOR_INTERVAL = 10
"""Respondents below which a mean has no interval."""
AGREES = 4
"""Answers from here on count as agreement with an item."""
HIDDEN = "withheld: fewer than five people, or they could be worked out"


@dataclass(frozen=True)
class Scored:
    """One wave scored: respondents' own scores, the groups, and which of them may be shown."""

    wave: Wave
    groups: tuple[Group, ...]
    scales: pd.DataFrame
    """Respondents × scales, named ``family:id``."""
    scales_shown: Sequence[bool]
    """Per group, for scales nearly everybody answered."""
    items: pd.DataFrame
    """Respondents × items."""
    items_shown: Sequence[bool]
    by_figure: Mapping[str, Sequence[bool]]
    """Scale name or item id → per group whether it may be shown."""

    def shows(self, figure: str, kind: str, *, team: str | None = None, level: str | None = None) -> bool:
        """Whether a group may be shown on a scale or item."""
        asked = (kind, team, level)
        pairs = zip(self.groups, self.by_figure[figure], strict=True)
        return any(may for group, may in pairs if (group.kind, group.team, group.level) == asked)


def name_of(scale: Scale) -> str:
    """The column of a scale in `Scored.scales`."""
    return f"{scale.family}:{scale.id}"


def score(wave: Wave, instrument: Instrument) -> Scored:
    """Score every scale that was asked, and say which groups may be shown."""
    found = groups(wave)
    scales = pd.DataFrame(
        {name_of(s): wave.score(s.items) for s in instrument.scales if wave.can_score(s)}, index=wave.people.index
    )
    base, by_scale = shown_by_figure(wave, found, scales)
    item_base, by_item = shown_by_figure(wave, found, wave.answers, within=base)
    return Scored(wave, tuple(found), scales, base, wave.answers, item_base, {**by_scale, **by_item})


def mean(values: np.ndarray, *, low: float, high: float, minimum: int = MINIMUM_FOR_INTERVAL) -> Estimate:
    """Mean of respondents' own scores, with Student's interval kept inside the scale.

    The interval is for people like these: the respondents are seen as drawn from those who could have answered.

    >>> found = mean(np.array([3.0, 3.5, 2.5, 4.0, 3.0, 2.0, 3.5, 3.0, 2.5, 3.0]), low=1, high=5)
    >>> found.value, round(found.low, 2), round(found.high, 2)
    (3.0, 2.59, 3.41)
    """
    n = len(values)
    if n == 0:
        return Estimate(why_none="nobody answered")
    value = float(values.mean())
    if n < minimum:
        return Estimate(value=value, n=n, effective_n=n, why_none=f"{n} people, fewer than {minimum}")
    variance = float(values.var(ddof=1))
    if variance == 0:
        return Estimate(value=value, n=n, effective_n=n, why_none="everybody gave the same answer")
    half = t_quantile(n - 1) * math.sqrt(variance / n)
    return Estimate(value=value, low=max(value - half, low), high=min(value + half, high), n=n, effective_n=n)


def agreement(values: np.ndarray, *, minimum: int = MINIMUM_FOR_INTERVAL) -> Estimate:
    """Share of people who agree with an item, with Wilson's interval.

    >>> found = agreement(np.array([5, 4, 4, 3, 2, 5, 4, 4, 1, 4]))
    >>> found.value, round(found.low, 2), round(found.high, 2)
    (0.7, 0.4, 0.89)
    """
    n = len(values)
    if n == 0:
        return Estimate(why_none="nobody answered")
    share = float((values >= AGREES).mean())
    if n < minimum:
        return Estimate(value=share, n=n, effective_n=n, why_none=f"{n} people, fewer than {minimum}")
    low, high = wilson(share, n)
    return Estimate(value=share, low=low, high=high, n=n, effective_n=n)


def scale_rows(scored: Scored, instrument: Instrument) -> list[Row]:
    """One row per scale and group; a withheld group keeps its row, without n and without figures."""
    ends = {"low": instrument.answers.low, "high": instrument.answers.high}
    rows: list[Row] = []
    for scale in instrument.scales:
        if name_of(scale) not in scored.scales:
            continue
        own = scored.scales[name_of(scale)]
        named: Row = {"family": scale.family, "scale": scale.id, "name": scale.name}
        named |= {"items": len(scored.wave.asked(scale.items))}
        for group, may in zip(scored.groups, scored.by_figure[name_of(scale)], strict=True):
            rows.append({**named, **_group(group, may), **_figure(mean(members(scored.wave, group, own), **ends), may)})
    return rows


def item_rows(scored: Scored, instrument: Instrument) -> list[Row]:
    """One row per item and group, with the mean (reversed items turned round) and the share who agree."""
    ends = {"low": instrument.answers.low, "high": instrument.answers.high}
    rows: list[Row] = []
    for id in scored.items.columns:
        item = instrument.item(str(id))
        named = {"item_id": item.id, "text": item.text, "dimension": item.dimension, "c": item.c}
        for group, may in zip(scored.groups, scored.by_figure[item.id], strict=True):
            values = members(scored.wave, group, scored.items[id])
            share = agreement(values)
            agree = {"agree": share.value, "agree_low": share.low, "agree_high": share.high}
            rows.append(
                {
                    **named,
                    "reversed": item.reversed,
                    **_group(group, may),
                    **_figure(mean(values, **ends), may),
                    **({k: v if may else None for k, v in agree.items()}),
                }
            )
    return rows


def group_rows(scored: Scored) -> list[Row]:
    """One row per group: whether it is shown, and how many people stand behind it if so."""
    rows = []
    for group, may, items in zip(scored.groups, scored.scales_shown, scored.items_shown, strict=True):
        n = int(group.of(scored.wave.people).sum())
        rows.append({**_group(group, may), "n": n if may else None, "items_hidden": not items})
    return rows


def _group(group: Group, may: bool) -> Row:
    return {"group": group.kind, "team": group.team, "level": group.level, "hidden": not may}


def _figure(found: Estimate, may: bool) -> Row:
    if not may:
        return {"n": None, "score": None, "low": None, "high": None, "why_none": HIDDEN}
    return {"n": found.n, "score": found.value, "low": found.low, "high": found.high, "why_none": found.why_none}


def pick(rows: Sequence[Row], **where: object) -> Row | None:
    """The first row whose columns hold these values, or None."""
    return next((r for r in rows if all(r[k] == v for k, v in where.items())), None)
