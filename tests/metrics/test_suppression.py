"""No hidden cell can be worked out from what is shown and the totals."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.metrics.suppression import bounds, suppressed, suppressed_grid, withheld

COUNTS = st.integers(0, 60)


def test_a_column_without_small_cells_is_left_alone() -> None:
    assert suppressed([[5.0], [9.0], [None]]) == [[False], [False], [False]]


def test_zeros_are_no_people_and_stay() -> None:
    assert suppressed([[0.0], [9.0], [12.0]]) == [[False], [False], [False]]


def test_a_single_small_cell_takes_its_smallest_neighbour_along() -> None:
    assert suppressed([[40.0], [3.0], [12.0]]) == [[False], [True], [True]]


def test_two_cells_whose_sum_would_tell_take_a_third() -> None:
    assert suppressed([[1.0], [1.0], [30.0], [9.0]]) == [[True], [True], [False], [True]]


def test_a_total_goes_when_nothing_is_left_to_hide_behind() -> None:
    assert suppressed([[3.0], [3.0]], total=[False, True]) == [[True], [True]]


@settings(max_examples=60, deadline=None)
@given(st.lists(COUNTS, min_size=3, max_size=7))
def test_column_cells_cannot_be_recovered_by_subtraction(counts: list[int]) -> None:
    cells = [float(c) for c in counts]
    hide = [row[0] for row in suppressed([[c] for c in cells])]
    assert all(hidden for hidden, c in zip(hide, cells, strict=True) if 0 < c < 5)
    left = sum(c for c, hidden in zip(cells, hide, strict=True) if hidden)
    if sum(hide) and sum(hide) < len(cells):
        # each hidden cell may lie anywhere between none and all of what is left
        assert sum(hide) >= 2
        assert left >= 5


def recoverable(cells: np.ndarray, hide: np.ndarray) -> list[tuple[int, int]]:
    """Cells an attacker can tell exactly, by trying every table of whole numbers that fits (small tables only)."""
    at = [(int(i), int(j)) for i, j in np.argwhere(hide)]
    rows, columns = cells.sum(axis=1), cells.sum(axis=0)
    tops = [int(min(rows[i] - cells[i][~hide[i]].sum(), columns[j] - cells[:, j][~hide[:, j]].sum())) for i, j in at]
    seen: list[set[int]] = [set() for _ in at]
    for guess in itertools.product(*(range(t + 1) for t in tops)):
        trial = cells.copy()
        for (i, j), value in zip(at, guess, strict=True):
            trial[i, j] = value
        if (trial.sum(axis=1) == rows).all() and (trial.sum(axis=0) == columns).all():
            for values, value in zip(seen, guess, strict=True):
                values.add(value)
    return [cell for cell, values in zip(at, seen, strict=True) if len(values) == 1]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=2), min_size=2, max_size=3))
def test_no_cell_of_a_grid_can_be_told_from_rows_columns_and_grand_total(cells: list[list[int]]) -> None:
    values = np.array(cells, dtype=float)
    hide = np.array(suppressed_grid([[float(c) for c in row] for row in cells]))
    assert hide[(values > 0) & (values < 5)].all()
    if hide.any() and not hide.all():
        assert not recoverable(values, hide)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(COUNTS, min_size=3, max_size=4), min_size=3, max_size=4).filter(
        lambda t: len({len(r) for r in t}) == 1
    )
)
def test_hidden_cells_of_a_larger_grid_keep_a_wide_range(cells: list[list[int]]) -> None:
    values = np.array(cells, dtype=float)
    hide = np.array(suppressed_grid([[float(c) for c in row] for row in cells]))
    if hide.any() and not hide.all():
        low, high = bounds(values, hide)
        assert ((high - low) >= 4.5).all()


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2, 4).flatmap(
        lambda levels: st.lists(st.lists(st.integers(0, 9), min_size=levels, max_size=levels), min_size=2, max_size=5)
    )
)
def test_groups_that_are_shown_never_tell_of_a_small_one(cells: list[list[int]]) -> None:
    """Teams, levels, their crossings and everybody: no sum of shown groups is a small group, and none is small."""
    n_teams, n_levels = len(cells), len(cells[0])
    counts = np.array([n for row in cells for n in row], dtype=float)
    if counts.sum() < 5:
        return
    groups = [[i] for i in range(len(counts))]
    groups += [[t * n_levels + v for v in range(n_levels)] for t in range(n_teams)]
    groups += [[t * n_levels + v for t in range(n_teams)] for v in range(n_levels)]
    groups.append(list(range(len(counts))))
    member = np.array([[float(c in g) for c in range(len(counts))] for g in groups])
    sizes = member @ counts
    hide = np.array(
        withheld(counts, groups, keep=[False] * (len(groups) - 1) + [True], rank=[0] * len(counts) + [1] * 99)
    )
    small = (sizes > 0) & (sizes < 5)
    assert hide[small].all()
    assert not hide[-1]
    occupied = counts > 0
    shown = member[~hide][:, occupied]
    for group in member[small][:, occupied]:
        known = np.linalg.matrix_rank(shown)
        assert np.linalg.matrix_rank(np.vstack([shown, group])) == known + 1, "a small group follows from those shown"


def test_groups_take_the_finest_along_first() -> None:
    """A team of three beside two large ones: another team goes with it; the levels and the total stay."""
    groups = [[0], [1], [2], [0, 1, 2]]
    assert withheld([3, 20, 9], groups, keep=[False, False, False, True]) == [True, False, True, False]
    assert withheld([3, 20, 9], groups, start=[False, True, False, False]) == [True, True, False, False]
    assert withheld([2, 1], [[0], [1], [0, 1]]) == [True, True, True]
