"""Which groups of respondents may be shown: everybody, each level, each team, each level of a team.

A group under five respondents is withheld, and so are groups that would tell of it by subtraction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from cxkit.align.audit_answers import UNSTATED, Wave
from cxkit.metrics.suppression import withheld

SMALLEST = 5
"""Respondents below which a group is withheld."""
LEVELS = ("executive", "manager", "frontline")
SOMEBODY = 0.5
"""Stands for a cell in which somebody answered something, though nobody answered this: it is not known to be empty."""
DENSE = 0.9
"""Share of people who must have a figure for it to be judged together with the others."""
Kind = Literal["all", "level", "team", "crossing"]


@dataclass(frozen=True)
class Group:
    """Respondents of one level, one team, both, or everybody."""

    kind: Kind
    team: str | None = None
    level: str | None = None

    def of(self, people: pd.DataFrame) -> np.ndarray:
        """Which respondents belong to it, as booleans."""
        chosen = np.ones(len(people), dtype=bool)
        if self.team is not None:
            chosen &= people["team"].to_numpy() == self.team
        if self.level is not None:
            chosen &= people["level"].to_numpy() == self.level
        return chosen


def groups(wave: Wave) -> list[Group]:
    """Every group with a respondent: everybody, levels from the top, teams by name, levels of teams."""
    people = wave.people
    levels = sorted(people["level"].unique(), key=_rank)
    teams = sorted(people["team"].unique(), key=lambda t: (t == UNSTATED, t))
    both = set(zip(people["team"], people["level"], strict=True))
    return [
        Group("all"),
        *(Group("level", level=v) for v in levels),
        *(Group("team", team=t) for t in teams),
        *(Group("crossing", team=t, level=v) for t in teams for v in levels if (t, v) in both),
    ]


def _rank(level: str) -> tuple[int, str]:
    return (LEVELS.index(level) if level in LEVELS else len(LEVELS), level)


def shown(wave: Wave, found: Sequence[Group], scores: pd.DataFrame, within: Sequence[bool] = ()) -> list[bool]:
    """For each group whether it may be shown, once for all columns of `scores` (respondents × figures).

    A figure that fewer people answered makes a group smaller, so each cell counts as its smallest figure. With
    `within`, only groups that are shown there may be shown here: two sets of figures about the same people then
    tell no more together than the first.
    """
    if not len(scores.columns):
        return [False] * len(found)
    cells = [g for g in found if g.kind == "crossing"]
    answered = scores.notna().to_numpy()
    each = [answered[g.of(wave.people)].sum(axis=0) for g in cells]
    counts = [max(float(n.min()), SOMEBODY) if n.max() else 0.0 for n in each]
    made = [[n for n, c in enumerate(cells) if _inside(c, g)] for g in found]
    order = {"crossing": 0, "team": 1, "level": 2, "all": 3}
    hide = withheld(
        counts,
        made,
        minimum=SMALLEST,
        keep=[g.kind == "all" for g in found],
        rank=[order[g.kind] for g in found],
        start=[not w for w in within],
    )
    sizes = [sum(counts[n] for n in cells_) for cells_ in made]
    return [not h and n >= SMALLEST for h, n in zip(hide, sizes, strict=True)]


def shown_by_figure(
    wave: Wave, found: Sequence[Group], scores: pd.DataFrame, within: Sequence[bool] = ()
) -> tuple[list[bool], dict[str, list[bool]]]:
    """Groups that may be shown: for what nearly everybody answered, and for each figure.

    Figures that at least `DENSE` of the people have share one answer; a figure that fewer have, such as a question
    asked of managers alone, gets one of its own, within the shared one.
    """
    people = len(wave.people)
    dense = [str(c) for c in scores.columns if scores[c].notna().sum() >= DENSE * people]
    whole = pd.DataFrame({"anything": 1.0}, index=wave.people.index)
    base = shown(wave, found, scores[dense] if dense else whole, within)
    own = {str(c): shown(wave, found, scores[[c]], base) for c in scores.columns if c not in dense}
    return base, {str(c): own.get(str(c), base) for c in scores.columns}


def _inside(cell: Group, group: Group) -> bool:
    return group.team in {None, cell.team} and group.level in {None, cell.level}


def members(wave: Wave, group: Group, score: pd.Series) -> np.ndarray:
    """Scores of a group's respondents who have one."""
    own: np.ndarray = score.to_numpy(dtype=float)[group.of(wave.people)]
    return own[~np.isnan(own)]
