import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxkit.metrics.multiplicity import adjusted

BH_1995 = [
    0.0001,
    0.0004,
    0.0019,
    0.0095,
    0.0201,
    0.0278,
    0.0298,
    0.0344,
    0.0459,
    0.324,
    0.4262,
    0.5719,
    0.6528,
    0.759,
    1,
]


def test_adjusted_published() -> None:
    """R36: Benjamini & Hochberg 1995, 15 p-values; BH rejects four, Bonferroni three."""
    assert sum(p <= 0.05 for p in adjusted(BH_1995, "bh")) == 4
    assert sum(p <= 0.05 for p in adjusted(BH_1995, "bonferroni")) == 3


@pytest.mark.parametrize(("method", "theirs"), [("bh", "fdr_bh"), ("holm", "holm"), ("bonferroni", "bonferroni")])
def test_adjusted_agrees_with_statsmodels(method: str, theirs: str) -> None:
    from statsmodels.stats.multitest import multipletests

    shuffled = np.random.default_rng(1).permutation(BH_1995)
    assert adjusted(list(shuffled), method) == pytest.approx(list(multipletests(shuffled, method=theirs)[1]))  # type: ignore[arg-type]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusted_never_below_p_and_ordered(p_values: list[float]) -> None:
    bh, holm = adjusted(p_values, "bh"), adjusted(p_values, "holm")
    assert all(p - 1e-12 <= b <= h + 1e-12 <= 1 + 1e-9 for p, b, h in zip(p_values, bh, holm, strict=True))


def test_adjusted_of_nothing() -> None:
    assert adjusted([]) == []
