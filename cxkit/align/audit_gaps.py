"""Where levels see the same thing differently, and what moved between waves."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from cxkit.align.audit_answers import Wave
from cxkit.align.audit_contrast import Contrast, overlapping, welch
from cxkit.align.audit_groups import LEVELS, Group, members
from cxkit.align.audit_instrument import Instrument, Scale
from cxkit.align.audit_scores import Scored, name_of
from cxkit.metrics.alarms import share
from cxkit.metrics.multiplicity import adjusted
from cxkit.tables.sheets import Row

DETECTOR = "perception"
FAMILIES = ("dimension", "c")
"""Scales on which levels are compared: three dimensions and four Cs."""
MOVING = ("overall", *FAMILIES)
"""Scales whose change since the wave before is judged."""
USEFUL = 0.3
"""Difference of two levels, on the scale from 1 to 5, below which nobody would act on it."""
MOVED = 0.1
"""Change of everybody's score below which nothing is said to have moved."""
CLEAR, CHANCE = "clear", "could be chance"


def compare(scored: Scored, before: Scored | None, instrument: Instrument) -> tuple[list[Row], list[Row]]:
    """Gaps between levels and changes since the wave before, judged together.

    One family: the tests (`welch`) of every pair of levels on every dimension and C, and those of whether everybody's
    score on them has moved; adjusted by Benjamini and Hochberg (1995). A row is clear when its adjusted p is at most
    this detector's share of the report's false alarms and its size at least `USEFUL` or `MOVED`. When levels see
    everything alike and nothing has moved, the chance that anything is called clear is then at most that share.
    """
    apart = gaps(scored, instrument)
    moved = changes(before, scored, instrument) if before else []
    tested = [r for r in moved if r["group"] == "all" and r["family"] in MOVING and r["p"] is not None]
    fair = adjusted([r["p"] for r in [*apart, *tested]])
    for row, p in zip([*apart, *tested], fair, strict=True):
        enough = abs(row["difference"]) >= USEFUL if "difference" in row else abs(row["change"]) >= MOVED
        row |= {"adjusted": p, "verdict": CLEAR if p <= share(DETECTOR) and enough else CHANCE}
    return apart, moved


def gaps(scored: Scored, instrument: Instrument) -> list[Row]:
    """Every pair of levels on every dimension and C, from the items both levels answered; not judged yet."""
    rows: list[Row] = []
    for scale in instrument.scales:
        if scale.family not in FAMILIES or name_of(scale) not in scored.scales:
            continue
        for one, other in _pairs(scored, scored.by_figure[name_of(scale)]):
            items = _both_asked(scored.wave, scale, one, other)
            sides = _sides(scored, items, one, other)
            found = welch(*sides)
            if found is not None:
                rows.append(_row(scale, items, (one, other), sides, found))
    return rows


def item_gaps(scored: Scored, instrument: Instrument, of: Sequence[Row]) -> list[Row]:
    """Items behind the clear gaps, each tested within its scale and pair.

    Selected families are tested at the level times the share of families selected (Benjamini & Bogomolov 2014,
    J. R. Stat. Soc. B 76:297), so that looking into the clear ones raises no further false alarms.
    """
    clear = [r for r in of if r["verdict"] == CLEAR]
    level = share(DETECTOR) * len(clear) / max(len(of), 1)
    scales = {(s.family, s.id): s for s in instrument.scales}
    rows: list[Row] = []
    for gap in clear:
        pair = (gap["higher"], gap["lower"])
        inside: list[Row] = []
        scale = scales[gap["family"], gap["scale"]]
        for id in _both_asked(scored.wave, scale, *pair):
            if not all(scored.shows(id, "level", level=v) for v in pair):
                continue
            sides = _sides(scored, [id], *pair)
            found = welch(*sides)
            if found is not None:
                row = _row(scale, [id], pair, sides, found)
                inside.append({**row, "item_id": id, "text": instrument.item(id).text})
        for row, p in zip(inside, adjusted([r["p"] for r in inside]), strict=True):
            enough = abs(row["difference"]) >= USEFUL
            rows.append({**row, "adjusted": p, "verdict": CLEAR if p <= level and enough else CHANCE})
    return rows


def changes(before: Scored, now: Scored, instrument: Instrument) -> list[Row]:
    """Every scale's movement since the wave before: of everybody, and of each level that both waves show.

    Respondents are pseudonyms: who answered both waves is paired, who answered one counts too (see `overlapping`).
    """
    rows: list[Row] = []
    for scale in instrument.scales:
        if name_of(scale) not in now.scales or name_of(scale) not in before.scales:
            continue
        common = [i for i in before.wave.asked(scale.items) if i in now.wave.answers.columns]
        if set(common) != set(now.wave.asked(scale.items)) or set(common) != set(before.wave.asked(scale.items)):
            continue  # the scale was asked with other items: its two scores do not compare
        for group, may in zip(now.groups, now.by_figure[name_of(scale)], strict=True):
            if (
                group.kind not in {"all", "level"}
                or not may
                or not before.shows(name_of(scale), group.kind, level=group.level)
            ):
                continue
            own = [s.scales[name_of(scale)][group.of(s.wave.people)].dropna() for s in (before, now)]
            sides = [dict(zip(map(str, s.index), map(float, s), strict=True)) for s in own]
            change = overlapping(sides[0], sides[1])
            found = change.estimate
            rows.append(
                {
                    **{"family": scale.family, "scale": scale.id, "name": scale.name, "group": group.kind},
                    **{"level": group.level, "before": before.wave.day, "now": now.wave.day},
                    **{"n_before": change.n_before, "n_now": change.n_now, "n_both": change.n_both},
                    **{"change": found.value, "low": found.low, "high": found.high, "why_none": found.why_none},
                    **{"p": change.p, "adjusted": None, "verdict": None},
                }
            )
    return rows


def _pairs(scored: Scored, shown: Sequence[bool]) -> list[tuple[str, str]]:
    """Pairs of levels that may be shown."""
    may = {g.level for g, s in zip(scored.groups, shown, strict=True) if s and g.kind == "level"}
    return list(itertools.combinations([v for v in LEVELS if v in may], 2))


def _both_asked(wave: Wave, scale: Scale, one: str, other: str) -> list[str]:
    """Items of a scale that both levels answered, so that both are judged by the same questions."""
    asked = wave.answers[wave.asked(scale.items)]
    there = [asked[wave.people["level"] == level].notna().any() for level in (one, other)]
    return [str(i) for i in asked.columns if there[0][i] and there[1][i]]


def _sides(scored: Scored, items: Sequence[str], one: str, other: str) -> tuple[np.ndarray, np.ndarray]:
    own = scored.wave.score(items)
    return members(scored.wave, Group("level", level=one), own), members(scored.wave, Group("level", level=other), own)


def _row(
    scale: Scale, items: Sequence[str], pair: tuple[str, str], sides: tuple[np.ndarray, np.ndarray], found: Contrast
) -> Row:
    """A contrast with the higher level first."""
    turn = found.difference < 0
    sign, (high, low) = (-1.0, (1, 0)) if turn else (1.0, (0, 1))
    ends = sorted((sign * found.low, sign * found.high))
    g_ends = sorted((sign * found.g_low, sign * found.g_high))
    return {
        **{"family": scale.family, "scale": scale.id, "name": scale.name, "items": len(items)},
        **{"higher": pair[high], "n_higher": len(sides[high]), "score_higher": float(sides[high].mean())},
        **{"lower": pair[low], "n_lower": len(sides[low]), "score_lower": float(sides[low].mean())},
        **{"difference": sign * found.difference, "low": ends[0], "high": ends[1]},
        **{"g": sign * found.g, "g_low": g_ends[0], "g_high": g_ends[1], "p": found.p},
    }
