"""Kappa and alpha against what was published, and against another implementation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa

from cxkit.metrics.agreement import cohen_kappa, crossed, krippendorff_alpha, share_agreed

N = None
RELIABILITY = [  # Krippendorff 2011, section C and following: 4 observers, 12 units, gaps
    [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
    [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
]
UNITS = [list(unit) for unit in zip(*RELIABILITY, strict=True)]


@pytest.mark.parametrize(
    ("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_alpha_of_the_published_matrix(level, published):
    """Reference R16: Krippendorff 2011. The twelfth unit was coded once and does not count."""
    found = krippendorff_alpha(UNITS, level)
    assert found.value == pytest.approx(published, abs=0.0005)
    assert found.n == 11
    assert not found.has_interval


def test_kappa_of_the_textbook_table():
    """Reference R15."""
    found = cohen_kappa([[20, 5], [10, 15]])
    assert found.value == pytest.approx(0.40, abs=1e-12)
    assert found.n == 50


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=3, max_size=3))
def test_kappa_and_its_interval_agree_with_statsmodels(table):
    counts = np.asarray(table, dtype=float) + np.eye(3) * 4 + np.eye(3, k=1)
    ours, theirs = cohen_kappa(counts, minimum=1), cohens_kappa(counts)
    assert ours.value == pytest.approx(theirs.kappa, abs=1e-9)
    assert ours.high == pytest.approx(min(theirs.kappa_upp, 1.0), abs=1e-5)


def test_nothing_to_compare_is_said():
    assert cohen_kappa([[0, 0], [0, 0]]).why_none == "no units coded twice"
    assert cohen_kappa([[9, 0], [0, 0]]).why_none == "only one code was used"
    assert krippendorff_alpha([["a", None], ["b"]]).why_none == "no units coded twice"
    assert krippendorff_alpha([["a", "a"], ["a", math.nan, "a"]]).why_none == "only one code was used"
    assert share_agreed([], []) is None


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=30, max_size=60))
def test_alpha_does_not_depend_on_order_and_is_scotts_pi_of_a_small_sample(pairs):
    first, again = krippendorff_alpha(pairs), krippendorff_alpha([(b, a) for a, b in reversed(pairs)])
    assert first.value is None or first.value == pytest.approx(again.value, abs=1e-12)
    kappa = cohen_kappa(crossed(*zip(*pairs, strict=True)))
    if first.value is not None and kappa.value is not None:
        assert first.low <= first.value <= first.high
        n, both = len(pairs), [x for pair in pairs for x in pair]
        expected = sum((both.count(x) / (2 * n)) ** 2 for x in set(both))
        pi = 1 - (sum(a != b for a, b in pairs) / n) / (
            1 - expected
        )  # Scott's, of which alpha is the small-sample form
        assert first.value == pytest.approx(pi + (1 - pi) / (2 * n), abs=1e-9)
        assert pi <= kappa.value + 1e-9


@pytest.mark.heavy
def test_the_intervals_hold_the_truth():
    """Two coders who are right with 85 % each over four equal codes: kappa and alpha are known, 400 seeds."""
    right, codes, n = 0.85, 4, 150
    wrong = (1 - right) / (codes - 1)
    agreed = right**2 + (codes - 1) * wrong**2
    truth = (agreed - 1 / codes) / (1 - 1 / codes)
    held = {"kappa": 0, "alpha": 0}
    for seed in range(400):
        rng = np.random.default_rng(seed)
        real = rng.integers(0, codes, n)
        said = [
            np.where(rng.random(n) < right, real, (real + rng.integers(1, codes, n)) % codes).tolist() for _ in range(2)
        ]
        kappa = cohen_kappa(crossed(*said))
        alpha = krippendorff_alpha(list(zip(*said, strict=True)))
        held["kappa"] += kappa.low <= truth <= kappa.high
        held["alpha"] += alpha.low <= truth <= alpha.high
    assert all(0.90 < hits / 400 < 0.985 for hits in held.values()), held
