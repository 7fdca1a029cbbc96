import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.prove.proportions import compare_proportions, relative_lift


def test_compare_proportions_newcombe_1998() -> None:
    """Newcombe 1998 (Stat. Med. 17), table II, 56/70 − 48/80, method 6 (Miettinen–Nurminen): .0528 to .3382."""
    found = compare_proportions(48, 80, 56, 70)
    assert (found.low, found.high) == pytest.approx((0.0528, 0.3382), abs=5e-5)


def test_relative_lift_published() -> None:
    """R31: GrowthBook, 14/28 against 16/30."""
    lift = relative_lift((0.5, 0.25 / 28, 28), (16 / 30, 16 / 30 * 14 / 30 / 30, 30), level=0.95)
    assert lift is not None
    assert lift == pytest.approx((0.06667, -0.47767, 0.61101, 0.2717, 0.80707), abs=1e-5)
    found = compare_proportions(14, 28, 16, 30)
    assert (found.relative, found.relative_low, found.relative_high) == pytest.approx(lift[:3])


@given(st.integers(30, 400), st.integers(30, 400), st.data())
@settings(max_examples=60, deadline=None)
def test_compare_proportions_invariants(n0: int, n1: int, data: st.DataObject) -> None:
    x0, x1 = data.draw(st.integers(0, n0)), data.draw(st.integers(0, n1))
    found, swapped = compare_proportions(x0, n0, x1, n1), compare_proportions(x1, n1, x0, n0)
    assert -1 <= found.low <= found.effect <= found.high <= 1
    assert (swapped.low, swapped.effect, swapped.high) == pytest.approx(
        (-found.high, -found.effect, -found.low), abs=1e-9
    )
    assert swapped.p == pytest.approx(found.p)
    turned = compare_proportions(n0 - x0, n0, n1 - x1, n1)  # no for yes
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-9)
    if abs(found.p - 0.05) > 1e-6:
        assert (found.p < 0.05) == (not found.low <= 0 <= found.high)


def test_compare_proportions_none_at_all() -> None:
    found = compare_proportions(0, 50, 0, 50)
    assert found.effect == 0
    assert found.p == 1
    assert found.relative is None
    assert found.high == pytest.approx(-found.low)
