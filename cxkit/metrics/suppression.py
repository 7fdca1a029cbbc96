"""Hiding cells about a few people so that neither totals nor subtraction bring them back.

Primary: cells from 1 to one below the minimum are hidden. Complementary: as long as the shown cells and totals pin a
hidden cell down to a range narrower than the minimum, one more cell of its row or column is hidden. What can be
inferred is computed, not guessed: the least and the greatest value each hidden cell could have, given everything that
is shown, by linear programming (the attacker's own calculation; Fischetti and Salazar, Management Science 47, 2001).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linprog

HIDDEN = "hidden"

Cells = Sequence[Sequence[float | None]]
Flags = list[list[bool]]


def suppressed(cells: Cells, *, minimum: int = 5, total: Sequence[bool] = ()) -> Flags:
    """Which cells of a table of counts to hide; None is an empty cell and stays one.

    `total` marks rows that are the sum of all other rows. Without such a row the total is taken as known all the same
    (readers know how many customers there are), so a column never has a single hidden cell.

    >>> suppressed([[40.0], [3.0], [12.0], [55.0]], total=[False, False, False, True])
    [[False], [True], [True], [False]]
    """
    rows, columns = len(cells), max((len(r) for r in cells), default=0)
    values = np.array([[np.nan if v is None else float(v) for v in row] for row in cells], dtype=float).reshape(
        rows, columns
    )
    sums = list(total) if any(total) else [False] * rows
    hide = (values > 0) & (values < minimum)
    body = np.array([not t for t in sums], dtype=bool)
    for column in range(columns):
        _protect(values[:, column], hide[:, column], body, minimum)
    return [[bool(h) for h in row] for row in hide]


def suppressed_grid(cells: Cells, *, minimum: int = 5) -> Flags:
    """Which cells of a cross table to hide, where row totals, column totals and the grand total are known.

    >>> suppressed_grid([[20.0, 3.0], [30.0, 40.0]])
    [[True, True], [True, True]]
    """
    values = np.array([[0.0 if v is None else float(v) for v in row] for row in cells], dtype=float)
    hide = (values > 0) & (values < minimum)
    while True:
        weak = _narrowest(values, hide, minimum)
        if weak is None:
            return [[bool(h) for h in row] for row in hide]
        row, column = weak
        beside = [(row, j) for j in range(values.shape[1])] + [(i, column) for i in range(values.shape[0])]
        shown = [(i, j) for i, j in beside if not hide[i, j]]
        if not shown:  # row and column are hidden whole: open the next smallest cell elsewhere
            shown = [(int(i), int(j)) for i, j in np.argwhere(~hide)]
        if not shown:
            return [[bool(h) for h in line] for line in hide]
        nonzero = [cell for cell in shown if values[cell] > 0] or shown
        hide[min(nonzero, key=lambda cell: (values[cell], cell))] = True


def _protect(values: np.ndarray, hide: np.ndarray, body: np.ndarray, minimum: int) -> None:
    """One column with a known sum: hide the smallest shown cells until the hidden ones together could be many."""
    if not hide[body].any():
        return
    while True:
        hidden = values[body & hide]
        # each hidden cell lies between 0 and the sum of the hidden ones; one alone is that sum
        if len(hidden) >= 2 and hidden.sum() >= minimum:
            return
        shown = [i for i in np.flatnonzero(body & ~hide) if not np.isnan(values[i])]
        if not shown:
            hide[~body] = True  # nothing is left to hide behind: the sum itself goes
            return
        positive = [i for i in shown if values[i] > 0] or shown
        hide[min(positive, key=lambda i: (values[i], i))] = True


def _narrowest(values: np.ndarray, hide: np.ndarray, minimum: int) -> tuple[int, int] | None:
    """A hidden cell that can be pinned down to fewer than `minimum` values, or None."""
    at = [(int(i), int(j)) for i, j in np.argwhere(hide)]
    if not at:
        return None
    low, high = bounds(values, hide)
    for n, cell in enumerate(at):
        if high[n] - low[n] < minimum - 0.5:
            return cell
    return None


def bounds(values: np.ndarray, hide: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest value of each hidden cell (in reading order), given the shown ones and all totals."""
    at = [(int(i), int(j)) for i, j in np.argwhere(hide)]
    lines: list[list[float]] = []
    left: list[float] = []
    for axis, size in ((0, values.shape[0]), (1, values.shape[1])):
        for line in range(size):
            member = [1.0 if cell[axis] == line else 0.0 for cell in at]
            if any(member):
                lines.append(member)
                left.append(sum(values[cell] for cell, m in zip(at, member, strict=True) if m))
    low, high = np.zeros(len(at)), np.zeros(len(at))
    for n in range(len(at)):
        cost = np.zeros(len(at))
        cost[n] = 1.0
        low[n] = linprog(cost, A_eq=lines, b_eq=left, bounds=(0, None), method="highs").fun
        high[n] = -float(linprog(-cost, A_eq=lines, b_eq=left, bounds=(0, None), method="highs").fun or 0.0)
    return low, high


def withheld(
    counts: Sequence[float],
    groups: Sequence[Sequence[int]],
    *,
    minimum: int = 5,
    keep: Sequence[bool] = (),
    rank: Sequence[int] = (),
    start: Sequence[bool] = (),
) -> list[bool]:
    """Which of several overlapping groups of people to withhold, so that no small one follows from those shown.

    Everybody is in exactly one cell; `counts` are the people per cell, `groups` the cells each group is made of (a
    team, a level, a team's level, everybody). A group under `minimum` people is withheld. As long as the groups
    shown pin the number of people in a small group down to a range narrower than `minimum`, a group that helps to pin
    it down is withheld too: of those not marked in `keep` the one of the lowest `rank`, then the smallest. An empty
    group is not small. `start` marks groups that are withheld already.

    What cannot be told of the number of people in a group cannot be told of their sum of answers either, because
    both follow from the groups shown by the same additions and subtractions. Counts may be taken lower than they
    are, which withholds more and never less.

    >>> teams = [[0, 1], [2, 3], [4, 5]]
    >>> levels = [[0, 2, 4], [1, 3, 5]]
    >>> withheld([6, 9, 6, 3, 7, 12], [*teams, *levels, [0, 1, 2, 3, 4, 5]])
    [False, False, False, False, False, False]
    >>> withheld([6, 9, 0, 3, 7, 12], teams + [[0, 1, 2, 3, 4, 5]])
    [True, True, False, False]
    """
    n_groups = len(groups)
    member = np.zeros((n_groups, len(counts)))
    for g, cells in enumerate(groups):
        member[g, list(cells)] = 1.0
    people = np.asarray(counts, dtype=float)
    sizes = member @ people
    small = [g for g in range(n_groups) if 0 < sizes[g] < minimum]
    hide = np.array([bool(start[g]) if len(start) else False for g in range(n_groups)])
    hide[small] = True
    order = list(rank) if len(rank) else [0] * n_groups
    kept = list(keep) if len(keep) else [False] * n_groups
    for g in small:
        while (pins := _pins(member, people, hide, g, minimum)) is not None:
            movable = [h for h in pins if not kept[h]] or [int(h) for h in np.flatnonzero(~hide) if not kept[h]]
            movable = movable or [int(h) for h in np.flatnonzero(~hide)]
            hide[min(movable, key=lambda h: (order[h], sizes[h], h))] = True
    return [bool(h) for h in hide]


def _pins(member: np.ndarray, people: np.ndarray, hide: np.ndarray, group: int, minimum: int) -> list[int] | None:
    """Groups shown that pin a group down to fewer than `minimum` values; None when it can be anything wide enough."""
    sizes = member @ people
    shown = np.flatnonzero(~hide & (sizes > 0))
    if not len(shown):
        return None
    inside = people > 0  # a cell without anybody is known to be empty
    left, right = member[shown][:, inside], sizes[shown]
    cost = member[group, inside]
    least = linprog(cost, A_eq=left, b_eq=right, bounds=(0, None), method="highs")
    most = linprog(-cost, A_eq=left, b_eq=right, bounds=(0, None), method="highs")
    if most.status == 3 or -float(most.fun or 0.0) - float(least.fun or 0.0) >= minimum - 0.5:  # 3: unbounded
        return None
    used = np.abs(least.eqlin.marginals) + np.abs(most.eqlin.marginals) > 1e-9
    return [int(g) for g in shown[used]]
