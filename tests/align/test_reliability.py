import numpy as np
import pytest

from cxkit.align.reliability import cronbach, feldt

GAP = np.nan
ZAIONTZ = np.array(
    [
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0],
        [GAP, 0, 1, 1, GAP, 1, 1, 1, 1, 0, 0],
        [1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0],
        [1, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0],
        [0, 1, GAP, 0, 1, 1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0],
        [0, 1, 0, 1, 1, 0, 0, 0, 0, 1, 0],
        [1, 0, 0, 1, 0, 1, 0, 0, GAP, 0, 0],
        [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        [1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
    ]
)
"""Twelve people, eleven yes-no items (real-statistics.com, reliability; shipped with PyPI pingouin)."""


def test_alpha_published() -> None:
    """Alpha of the complete rows as in pingouin's documentation, checked there against R's psych."""
    assert cronbach(ZAIONTZ).value == pytest.approx(0.8016949152542373)
    assert cronbach(ZAIONTZ).n == 9
    filled = np.where(np.isnan(ZAIONTZ), np.nanmedian(ZAIONTZ, axis=0), ZAIONTZ)
    found = cronbach(filled)
    assert found.value == pytest.approx(0.7380191693290734)
    assert (found.low, found.high) == pytest.approx((0.447, 0.911), abs=5e-4)


def test_feldt_published() -> None:
    """MRC Cognition and Brain Sciences Unit, statswiki FAQ "cafun": alpha .913, 873 people, 20 items."""
    assert feldt(0.913, items=20, respondents=873) == pytest.approx((0.9044024, 0.9211588), abs=5e-8)


def test_alpha_needs_items_that_point_the_same_way() -> None:
    """One item asked the other way round takes alpha down; turned round it comes back."""
    rng = np.random.default_rng(3)
    trait = rng.normal(size=(60, 1))
    answers = trait + rng.normal(size=(60, 4))
    wrong = answers.copy()
    wrong[:, 0] *= -1
    good, bad = cronbach(answers).value, cronbach(wrong).value
    assert good is not None
    assert bad is not None
    assert good > 0.7
    assert bad < 0.4


def test_alpha_says_why_there_is_none() -> None:
    assert cronbach(np.ones((20, 1))).why_none == "fewer than two items"
    assert cronbach(np.ones((20, 3))).why_none == "everybody has the same sum"
    few = cronbach(np.array([[1, 2], [2, 2], [5, 4], [4, 4]]))
    assert few.value is not None
    assert few.low is None
    assert few.why_none == "4 complete answers, fewer than 10"
