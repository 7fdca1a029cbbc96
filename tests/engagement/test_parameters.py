"""Precedence and types of parameters."""

import pytest

from cxkit.engagement.parameters import REGISTER, settle, typed
from cxkit.errors import ParameterError


def test_settle_precedence_is_given_then_overlay_then_client_then_default() -> None:
    layers = {
        "overlay": {"discount_rate": 0.08, "horizon_months": 24},
        "client": {"discount_rate": 0.09, "fcr_window_days": 14},
    }
    values, origin = settle({"discount_rate": 0.07}, **layers)
    assert (values.discount_rate, values.horizon_months, values.fcr_window_days) == (0.07, 24, 14)
    assert values.window_months == REGISTER["window_months"].default
    assert origin["discount_rate"] == "the command line"
    assert origin["horizon_months"] == "the saved overlay"


def test_settle_none_means_from_the_next_layer() -> None:
    values, _ = settle({"discount_rate": None}, overlay={"discount_rate": None}, client={"discount_rate": 0.12})
    assert values.discount_rate == 0.12


def test_settle_tells_all_problems() -> None:
    with pytest.raises(ParameterError) as caught:
        settle({"discont_rate": 0.1, "horizon_months": 2.5}, overlay={}, client={"discount_rate": 7})
    assert "3 problems" in str(caught.value)
    assert "Did you mean 'discount_rate'?" in str(caught.value)


@pytest.mark.parametrize("value", ["ten", float("nan"), True, 1.5, -0.1, [0.1]])
def test_typed_refuses(value: object) -> None:
    with pytest.raises(ParameterError, match="discount_rate"):
        typed(REGISTER["discount_rate"], value, where="client.yml")


def test_typed_optional_takes_none() -> None:
    assert typed(REGISTER["budget"], "none", where="x") is None
    with pytest.raises(ParameterError, match="needs a float"):
        typed(REGISTER["discount_rate"], None, where="x")
