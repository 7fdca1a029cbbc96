"""The coverage benchmark at a fiftieth of its seeds, the detectors at four seeds each: wide bands, same rule."""

from collections.abc import Callable
from types import ModuleType

import pytest


@pytest.fixture
def coverage(load: Callable[[str], ModuleType]) -> ModuleType:
    return load("coverage")


def test_band_is_exact(coverage: ModuleType) -> None:
    """None of 100: the upper end solves (1 − p)^100 = 0.0005."""
    assert coverage.band(0, 100) == (0.0, pytest.approx(1 - 0.0005**0.01))


def test_record_fails_only_outside_the_band(coverage: ModuleType) -> None:
    def record(held: int, n: int) -> dict[str, object]:
        seen = [(k < held, 1.0) for k in range(n)]
        made: dict[str, object] = coverage.coverage_record("coverage.x", seen, "")
        return made

    assert record(1890, 2000)["holds"]
    assert not record(1850, 2000)["holds"]
    assert not record(2000, 2000)["holds"]
    assert record(200, 200)["holds"] is False
    assert record(20, 20)["holds"]


def test_record_of_false_alarms_fails_only_when_too_many(coverage: ModuleType) -> None:
    assert coverage.alarm_record("false_alarms.x", [False] * 500, [1.0], 0.05, "")["holds"]
    assert not coverage.alarm_record("false_alarms.x", [True] * 60 + [False] * 440, [1.0], 0.05, "")["holds"]


@pytest.mark.coverage
def test_coverage_holds(coverage: ModuleType) -> None:
    records = list(coverage.measure(share=0.02, groups=("proof", "clients", "alarms")))
    records += coverage.measure(share=0.004, groups=("detectors",))
    names = {r["name"] for r in records}
    scorecard = {"grr", "nrr", "logo_churn", "early_loss", "complaint_rate", "nps", "csat", "ces", "cost_to_serve"}
    service = {"fcr", "sla", "aht", "first_value_median"}
    proof = {"effect_binary", "effect_mean", "effect_cuped", "effect_ratio", "effect_cluster_few", "holdout"}
    assert {f"coverage.{n}" for n in scorecard | service | proof} | {"false_alarms.prove"} <= names
    assert [r["name"] for r in records if not r["holds"]] == []
    assert all(r["width"] > 0 for r in records if r["name"].startswith("coverage."))
