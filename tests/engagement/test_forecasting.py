"""A forecast is frozen once, on the day money is approved, from the cases it was approved on."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cxkit.engagement import history, results
from cxkit.engagement.forecasting import approve, forecast_of, haircut_of
from cxkit.engagement.history import Forecast
from cxkit.engagement.store import Decision
from cxkit.metrics.optimism import learned
from cxkit.quantify import BusinessCases
from cxkit.tables.engine import Tables
from tests.quantify.conftest import AS_OF, INITIATIVE, cases

RANGED: dict[str, Any] = {"effect_low": 0.05, "effect_high": 0.2, "months": None, "ramp_months": 3}


def decision(**more: Any) -> Decision:
    return Decision(**{"decision_id": "D1", "initiative_id": "I1", "verdict": "fund", "decided": "2026-11-05"} | more)


def made(**more: Any) -> BusinessCases:
    return cases([RANGED | more], [{}], horizon_months=36)


def test_points_are_the_months_after_approval() -> None:
    """100 a month at full effect, ramped over three months from November: December to May bring 50, 75 and 4 × 100."""
    found = forecast_of(decision(), made())
    assert found is not None
    assert [p.months for p in found.points] == [6, 12, 24]
    assert found.points[0].value == pytest.approx(525)
    assert found.points[1].value == pytest.approx(1125)
    assert all(p.low < p.value < p.high for p in found.points)
    assert (found.block, found.driver, found.level, found.currency) == ("cost", "deflection", 0.8, "USD")


def test_interval_is_that_of_the_draws() -> None:
    """PERT 0.05, 0.1, 0.2: P10 and P90 from the beta distribution itself."""
    from scipy import stats

    rise = 4 * 0.05 / 0.15
    ends = 0.05 + 0.15 * stats.beta.ppf([0.1, 0.9], 1 + rise, 5 - rise)
    found = forecast_of(decision(), made())
    assert found is not None
    last = found.points[-1]
    assert [last.low / last.value, last.high / last.value] == pytest.approx(ends / 0.1, rel=0.01)


def test_a_point_beyond_the_horizon_is_left_out() -> None:
    found = forecast_of(decision(), cases([RANGED], [{}], horizon_months=18))
    assert found is not None
    assert [p.months for p in found.points] == [6, 12]


def test_assumptions_say_what_doubt_took_off() -> None:
    found = forecast_of(decision(), cases([{"confidence": 0.5, "months": None}], [{}], horizon_months=36))
    assert found is not None
    assert {a.name for a in found.assumptions} == {"base", "effect", "unit_value", "adoption", "margin", "confidence"}
    assert [a.value for a in found.assumptions if a.name == "confidence"] == [0.5, 0.5]
    assert found.stated_confidence == 0.5


def test_a_case_under_a_haircut_remembers_it() -> None:
    cut = learned([{"ratio": 0.6, "block": "cost"}] * 5)
    found = forecast_of(decision(), cases([RANGED | {"confidence": 0.9}], [{}], horizon_months=36, haircut=cut))
    assert found is not None
    assert [a.value for a in found.assumptions if a.name == "confidence" and not a.benefit_id] == pytest.approx([0.6])


def test_approve_writes_once(tmp_path: Path) -> None:
    place = tmp_path / "results"
    results.save(made(), place)
    found = approve(tmp_path, decision(), place)
    assert found is not None
    assert history.read(tmp_path, Forecast) == (found,)
    assert approve(tmp_path, decision(), place) == found
    assert len(history.read(tmp_path, Forecast)) == 1
    second = approve(tmp_path, decision(decision_id="D2", verdict="keep", amount=100.0), place)
    assert second is not None
    assert second.forecast_id == "F2"


@pytest.mark.parametrize(
    "change", [{"verdict": "stop"}, {"verdict": "keep"}, {"initiative_id": ""}, {"initiative_id": "I9"}]
)
def test_nothing_is_written_where_nothing_is_approved(tmp_path: Path, change: dict[str, Any]) -> None:
    place = tmp_path / "results"
    results.save(made(), place)
    assert approve(tmp_path, decision(**change), place) is None
    assert not (tmp_path / "history").exists()


def test_nothing_is_written_without_saved_cases(tmp_path: Path) -> None:
    assert approve(tmp_path, decision(), None) is None
    assert approve(tmp_path, decision(), tmp_path / "nowhere") is None
    assert not (tmp_path / "history").exists()


def test_haircut_before_prove() -> None:
    """Five forecasts of 12 months, of each of which finance booked 60 %."""
    point = {"months": 12, "value": 1200.0, "low": 1000.0, "high": 1400.0}
    given = [
        {"forecast_id": f"F{k}", "initiative_id": f"I{k}", "approved": "2025-09-10", "block": "cost", "points": [point]}
        for k in range(5)
    ]
    sheet = pd.DataFrame(
        {
            "realised_id": [f"Z{k}" for k in range(5)],
            "initiative_id": [f"I{k}" for k in range(5)],
            "pnl_line": "Service",
            "first_month": "2025-10-01",
            "last_month": "2026-09-01",
            "amount": 720.0,
            "status": "booked",
            "reported": "2026-10-10",
            "signed_role": "Finance",
            "signed": "2026-10-20",
        }
    )
    tables = Tables.from_frames({"realised": sheet, "initiatives": pd.DataFrame([INITIATIVE])}, as_of=AS_OF)
    found = haircut_of(given, tables)
    assert found is not None
    assert (round(found.factor, 3), found.n) == (0.6, 5)
    assert haircut_of(given[:4], tables) is None
    assert haircut_of((), tables) is None
