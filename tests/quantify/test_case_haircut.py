"""The learned haircut in place of stated confidence: once per row, ranges kept, the other told."""

import pytest

from cxkit.metrics.optimism import Haircut, learned
from tests.quantify.conftest import cases


def cut(ratio: float = 0.6, block: str = "cost") -> Haircut:
    found = learned([{"ratio": ratio, "block": block}] * 6)
    assert found is not None
    return found


def test_it_replaces_stated_confidence_and_is_not_multiplied_with_it() -> None:
    """1,200 × 0.1 × 10 over a year is 1,200; at 60 % and less 600 of cost 120 is left, whatever confidence says."""
    for confidence in (0.5, 0.9, None):
        row = cases([{"confidence": confidence}], [{}], haircut=cut()).frame("cases").iloc[0]
        assert row["npv"] == pytest.approx(120)


def test_a_range_is_cut_and_keeps_its_shape() -> None:
    ranged = {"effect_low": 0.05, "effect_high": 0.2, "confidence": 0.9}
    before, after = (cases([ranged], [{}], haircut=h).frame("cases").iloc[0] for h in (None, cut()))
    for end in ("npv", "npv_p10", "npv_p50", "npv_p90"):
        assert after[end] + 600 == pytest.approx(0.6 * (before[end] + 600))


def test_each_block_has_its_own_factor() -> None:
    rows = [{"ratio": 0.4 + k / 100, "block": "cost"} for k in range(6)]
    found = learned(rows + [{"ratio": 1.0 - k / 100, "block": "revenue"} for k in range(6)])
    assert found is not None
    made = cases([{}, {"benefit_id": "B2", "block": "revenue", "margin": 1.0}], [{}], haircut=found).frame("rows")
    factors = dict(zip(made["block"], made["confidence"], strict=True))
    assert factors["cost"] == pytest.approx(found.of("cost"))
    assert factors["revenue"] == pytest.approx(found.of("revenue"))
    assert factors["cost"] < 0.6 < factors["revenue"]


def test_the_step_bears_its_name_and_adds_up() -> None:
    steps = cases([{"confidence": 0.9}], [{}], haircut=cut()).frame("steps")
    assert "confidence" not in set(steps["step"])
    taken = steps.set_index("step").loc["learned haircut", "change"]
    assert taken == pytest.approx(-480)
    assert steps["change"].sum() == pytest.approx(steps["npv"].iloc[-1])


def test_the_total_under_stated_confidence_is_told() -> None:
    found = cases([{"confidence": 0.9}], [{}], haircut=cut()).finding("quantify.cases.haircut")
    assert found is not None
    plain = found.title.replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert plain.startswith("60.0 % of what was forecast has come true so far (6 cases)")
    assert "worth $480 net instead of $120" in found.detail
    assert (found.n, round(found.value or 0, 3)) == (6, 0.6)


def test_no_haircut_leaves_everything_as_it_was() -> None:
    made = cases([{"confidence": 0.5}], [{}])
    assert made.haircut is None
    assert made.finding("quantify.cases.haircut") is None
    assert "confidence" in set(made.frame("steps")["step"])
    assert not any("come true" in f"{f.title} {f.detail}" for f in made.findings)


def test_a_haircut_of_one_takes_nothing_off() -> None:
    made = cases([{"confidence": 0.5}], [{}], haircut=cut(1.2))
    assert made.frame("cases")["npv"].iloc[0] == pytest.approx(600)
    said = made.finding("quantify.cases.haircut")
    assert said is not None
    assert "nothing is taken off, and nothing is added" in said.title
