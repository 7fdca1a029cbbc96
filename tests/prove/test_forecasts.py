"""The hypothesis scorecard by hand, and an overstating sponsor found where one was planted."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cxkit.metrics.windows import add_months
from cxkit.prove.forecasts import Forecasts, _sponsors, forecasts
from cxkit.prove.realised import realised
from cxkit.tables.engine import Tables

AS_OF = date(2026, 10, 31)


def forecast(k: int, *, approved: str = "2025-09-15", value: float = 1000.0, **more: Any) -> dict[str, Any]:
    points = [
        {"months": m, "value": value * m / 12, "low": 0.7 * value * m / 12, "high": 1.3 * value * m / 12}
        for m in (6, 12, 24)
    ]
    base = {"forecast_id": f"F{k}", "initiative_id": f"I{k}", "approved": approved, "block": "cost", "level": 0.8}
    return base | {"points": points, "assumptions": []} | more


def entry(
    k: int, amount: float, *, first: str = "2025-10-01", months: int = 12, status: str = "booked"
) -> dict[str, Any]:
    last = add_months(date.fromisoformat(first), months - 1)
    signed = {"signed_role": "Finance", "signed": "2026-10-20"} if status != "claimed" else {}
    row = {"initiative_id": f"I{k}", "pnl_line": "Service", "first_month": first, "last_month": last.isoformat()}
    return row | {"amount": amount, "status": status, "reported": "2026-10-10"} | signed


def card(made: list[dict[str, Any]], entries: list[dict[str, Any]], sponsor: dict[str, str] | None = None) -> Forecasts:
    columns = ["realised_id", "signed_role", "signed", *entry(1, 1.0)]
    sheet = pd.DataFrame([{"realised_id": f"Z{n}"} | e for n, e in enumerate(entries)]).reindex(
        columns=dict.fromkeys(columns)
    )
    ids = sorted({f["initiative_id"] for f in made})
    people = [(sponsor or {}).get(i) for i in ids]
    initiatives = pd.DataFrame({"initiative_id": ids, "initiative": [f"Work {i}" for i in ids], "sponsor": people})
    tables = Tables.from_frames({"realised": sheet, "initiatives": initiatives}, as_of=AS_OF, currency="USD")
    return forecasts(tables, forecasts=made, realised=realised(tables))


def test_one_forecast_by_hand() -> None:
    """Approved in September 2025, so October is its first month: 12 months are due and covered, 24 are not."""
    found = card([forecast(1)], [entry(1, 600.0)]).frame("scored").set_index("months")
    assert found["state"].tolist() == ["scored", "scored", "not due"]
    assert found["realised"].tolist()[:2] == [300.0, 600.0]
    assert found["ratio"].tolist()[:2] == [0.6, 0.6]
    assert found["hit"].tolist()[:2] == [False, False]
    assert found["forecast_counts"].tolist() == [False, True, False]
    assert str(found["due"].loc[12])[:7] == "2026-09"


def test_claims_and_holes_are_told_and_never_scored() -> None:
    made = [forecast(1), forecast(2), forecast(3)]
    found = card(made, [entry(1, 900.0, status="claimed"), entry(2, 900.0, months=9)]).frame("scored")
    states = found[found["months"] == 12].set_index("initiative_id")["state"].to_dict()
    assert states == {"I1": "claimed only", "I2": "partly covered", "I3": "nothing reported"}
    assert found[found["months"] == 12]["ratio"].isna().all()


def test_booked_then_validated_covers_at_least_validated_and_no_month_twice() -> None:
    rows = [entry(1, 300.0, months=6), entry(1, 1000.0, status="validated")]
    found = card([forecast(1)], rows).frame("scored").set_index("months").loc[12]
    assert found["status"] == "validated"
    assert found["realised"] == pytest.approx(300 + 500)


def test_doubt_taken_off_before_is_put_back_for_the_haircut() -> None:
    cut = [{"benefit_id": "", "name": "confidence", "value": 0.5}]
    made = [forecast(k, assumptions=cut) for k in range(1, 7)]
    found = card(made, [entry(k, 1000.0) for k in range(1, 7)])
    assert found.haircut is not None
    assert found.haircut.factor == pytest.approx(0.5, abs=0.01)
    assert found.frame("bias").set_index("block").loc["all", "mean"] == pytest.approx(1.0, abs=0.01)


def test_coverage_counts_each_forecast_once() -> None:
    made = [forecast(k) for k in range(1, 9)]
    found = card(made, [entry(k, 1000.0 if k > 2 else 400.0) for k in range(1, 9)])
    latest = found.frame("coverage").set_index("horizon").loc["latest"]
    assert (latest["n"], latest["held"], latest["below"], latest["stated"]) == (8, 6, 2, 0.8)
    said = found.finding("prove.forecasts.coverage")
    assert said is not None
    assert said.low is not None
    assert said.low < 0.75 < (said.high or 0)


def test_below_five_nothing_is_said() -> None:
    found = card([forecast(k) for k in range(1, 5)], [entry(k, 500.0) for k in range(1, 5)])
    assert found.haircut is None
    assert not [f for f in found.findings if f.id != "prove.forecasts.unsigned"]
    assert "4 forecasts can be scored, fewer than 5" in found.gaps[0].reason


def test_sponsors_are_for_the_partner_and_never_named() -> None:
    sponsor = {f"I{k}": "Dario Foxglade" if k < 5 else "Ada Byron" for k in range(1, 10)}
    amounts = {k: (600.0 if k < 5 else 1000.0) + 20 * (k % 3) for k in range(1, 10)}
    found = card([forecast(k) for k in amounts], [entry(k, v) for k, v in amounts.items()], sponsor)
    told = [f for f in found.findings if f.id == "prove.forecasts.sponsor"]
    assert [f.audience for f in told] == ["partner"]
    assert told[0].tone == "bad"
    assert "Work I1" in told[0].detail
    everything = found.model_dump_json() + found.frame("sponsors").to_csv()
    assert "Foxglade" not in everything
    assert "Byron" not in everything


def test_one_sponsor_of_few_cases_is_not_judged() -> None:
    sponsor = {"I1": "A", "I2": "A", **{f"I{k}": "B" for k in range(3, 9)}}
    found = card(
        [forecast(k) for k in range(1, 9)], [entry(k, 100.0 if k < 3 else 1000.0) for k in range(1, 9)], sponsor
    )
    assert len(found.frame("sponsors")) == 1


def test_nothing_forecast_is_a_gap() -> None:
    tables = Tables.from_frames({}, as_of=AS_OF)
    assert forecasts(tables, forecasts=(), realised=realised(tables)).gaps[0].id == "prove.forecasts.coverage"


def _told(seed: int, truth: list[float]) -> list[str]:
    """What is said of each of four sponsors with five forecasts each, cases scattering by 0.2."""
    rng = np.random.default_rng(seed)
    counts, sponsors = [], {}
    for j, mean in enumerate(truth):
        for k in range(5):
            who = f"I{j}{k}"
            sponsors[who] = f"P{j}"
            counts.append({"initiative_id": who, "name": who, "block": "cost", "ratio": float(rng.normal(mean, 0.2))})
    said = {r["sponsor"]: r["says"] for r in _sponsors(counts, sponsors, 0.95)}
    return [said[f"S{j + 1}"] for j in range(len(truth))]


@pytest.mark.coverage
def test_a_sponsor_who_overstates_by_40_percent_is_found() -> None:
    """Planted in 200 portfolios: five forecasts each, cases scattering by 0.2."""
    found = sum(_told(seed, [0.6, 1.0, 1.0, 1.0])[0] == "overstates" for seed in range(200))
    assert found >= 120


@pytest.mark.coverage
def test_no_sponsor_is_accused_where_none_overstates() -> None:
    """5 % of reports at most: 200 portfolios, and the 99.9 % binomial band above 10 is 21."""
    accused = sum(any(s != "not told apart" for s in _told(seed, [1.0] * 4)) for seed in range(1000, 1200))
    assert accused <= 21
