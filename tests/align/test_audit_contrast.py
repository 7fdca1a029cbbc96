import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cxkit.align.audit_contrast import hedges, overlapping, welch

A_ONCE, A_BOTH = (20, 21, 16, 18, 14, 12, 14, 17), (14, 15, 18, 20, 11, 19, 14, 15)
B_ONCE, B_BOTH = (10, 16, 18, 16, 15, 14, 13, 10), (15, 10, 15, 17, 13, 19, 12, 13)


def named(letter: str, once: tuple[int, ...], both: tuple[int, ...]) -> dict[str, float]:
    return {f"{letter}{n}": float(v) for n, v in enumerate(once)} | {f"both{n}": float(v) for n, v in enumerate(both)}


def test_hedges_published() -> None:
    """Borenstein, Hedges, Higgins & Rothstein 2009, chapter 4: means 103 and 100, sd 5.5 and 4.5, 50 each."""
    d = 3 / np.sqrt((49 * 5.5**2 + 49 * 4.5**2) / 98)
    g, low, high = hedges(d, 50, 50)
    assert d == pytest.approx(0.5970, abs=5e-5)
    assert g == pytest.approx(0.5924, abs=5e-5)
    assert ((high - low) / 2 / stats.norm.ppf(0.975)) ** 2 == pytest.approx(0.0411, abs=5e-5)


def test_overlapping_published() -> None:
    """R package Partiallyoverlapping, example: eight once and eight in both, p 0.026."""
    change = overlapping(named("b", B_ONCE, B_BOTH), named("a", A_ONCE, A_BOTH))
    assert change.p == pytest.approx(0.026, abs=5e-4)
    assert change.n_both == 8


def test_overlapping_at_its_ends_is_welch_and_nearly_paired() -> None:
    x, y = np.array(A_ONCE, float), np.array(B_ONCE, float)
    apart = overlapping({f"x{n}": v for n, v in enumerate(x)}, {f"y{n}": v for n, v in enumerate(y)})
    assert apart.p == pytest.approx(stats.ttest_ind(y, x, equal_var=False).pvalue)
    same = overlapping(dict(enumerate(x)), dict(enumerate(y)))  # type: ignore[arg-type]
    assert same.p == pytest.approx(stats.ttest_rel(y, x).pvalue)


def test_welch_interval_and_the_larger_p() -> None:
    one, other = np.array([4.0, 4.5, 5.0, 4.2, 4.8]), np.array([2.0, 2.5, 3.0, 2.2, 2.8, 3.4, 1.9])
    found = welch(one, other)
    theirs = stats.ttest_ind(one, other, equal_var=False)
    assert found is not None
    assert (found.low, found.high) == pytest.approx(tuple(theirs.confidence_interval()))
    assert found.p == pytest.approx(max(theirs.pvalue, stats.ttest_ind(one, other).pvalue))


def test_nothing_is_tested_below_five_or_without_spread() -> None:
    assert welch(np.array([5.0, 5, 4, 5]), np.ones(20)) is None
    assert welch(np.full(6, 4.0), np.full(9, 2.0)) is None
    few = overlapping({"a": 1.0}, {"a": 2.0, "b": 4.0})
    assert few.estimate.value == 2.0
    assert few.estimate.why_none == "1 answers in one wave, fewer than 5"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(4, 20), min_size=5, max_size=15), st.lists(st.integers(4, 20), min_size=5, max_size=15))
def test_contrast_turns_with_its_sides(one: list[int], other: list[int]) -> None:
    a, b = np.array(one) / 4, np.array(other) / 4
    there, back = welch(a, b), welch(b, a)
    assert (there is None) == (back is None)
    if there and back:
        assert there.difference == pytest.approx(-back.difference)
        assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
        assert there.low <= there.difference <= there.high
        assert there.g_low <= there.g <= there.g_high
        assert there.p == pytest.approx(back.p)
