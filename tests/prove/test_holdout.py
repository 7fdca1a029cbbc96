from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxkit.prove import experiments

Build = Callable[..., Any]


def exposures(units: pd.DataFrame, **more: Any) -> dict[str, pd.DataFrame]:
    given = {"experiment_id": "x1", "unit_id": units["unit"], "exposed": "2026-02-01 00:00:00"}
    return {"exposures": pd.DataFrame(given | more)}


def test_holdout_cumulative_effect_by_hand(client: Build, yes_no: Build) -> None:
    """100 of 1,000 left out went, 540 of 9,000 others: 6 % instead of 10 %, so 360 fewer."""
    tables = client(yes_no((100, 1000), (540, 9000)), design="holdout", planned_share=0.1)
    found = experiments(tables, seed=1).finding("prove.holdout")
    assert found is not None
    assert found.value == pytest.approx(-360)
    assert found.title.startswith(
        "Against those left out, programme x1 has brought 360 fewer units with churn in all ("
    )
    assert found.grade == "A"
    assert found.tone == "good"


def test_holdout_without_effect_says_so(client: Build, yes_no: Build) -> None:
    found = experiments(client(yes_no((10, 100), (11, 100)), design="holdout"), seed=1).finding("prove.holdout")
    assert found is not None
    assert "has not shown an effect in all" in found.title


def test_contamination_is_counted_from_exposures(client: Build, yes_no: Build) -> None:
    units = yes_no((100, 1000), (60, 1000))
    met = pd.concat([units.iloc[:30], units.iloc[:30], units.iloc[1000:1900]])  # thirty twice
    found = experiments(client(units, design="holdout", extra=exposures(met)), seed=1)
    frame = found.frame("contamination").set_index("arm")
    assert frame.loc["control", ["role", "units", "met"]].tolist() == ["left out", 1000, 30]
    assert frame.loc["t1", "met"] == 900
    said = found.finding("prove.contamination")
    assert said is not None
    assert said.title.startswith("30 of 1,000 units left out of programme x1 met it all the same")


def test_contamination_before_the_draw_or_with_the_own_arm_does_not_count(client: Build, yes_no: Build) -> None:
    units = yes_no((100, 1000), (60, 1000))
    early = exposures(units.iloc[:30], exposed="2026-01-01 00:00:00")
    own = exposures(units.iloc[:30], arm="control")
    other = exposures(units.iloc[:30], arm="t1")
    counts = [
        experiments(client(units, design="holdout", extra=extra), seed=1).frame("contamination")["met"].tolist()
        for extra in (early, own, other)
    ]
    assert counts == [[0, 0], [0, 0], [30, 0]]


def test_contamination_unknown_is_a_gap(client: Build, yes_no: Build) -> None:
    found = experiments(client(yes_no((100, 1000), (60, 1000)), design="holdout"), seed=1)
    assert [(g.id, g.needs[0].name) for g in found.gaps] == [("prove.contamination", "exposures")]


def test_holdout_of_a_ratio_is_counted_by_its_denominators(client: Build) -> None:
    """Half an order per session instead of a quarter, over 200 sessions: 50 orders."""
    units = pd.DataFrame({"unit": [str(i) for i in range(200)], "arm": ["control"] * 100 + ["t1"] * 100})
    spread = [0.5, 1.5] * 100
    units = units.assign(den=2.0, y=[s * (1.0 if i >= 100 else 0.5) for i, s in enumerate(spread)])
    found = experiments(client(units, design="holdout", kind="ratio", metric="orders", direction="up"), seed=1)
    assert found.finding("prove.holdout").value == pytest.approx(0.25 * 200)  # type: ignore[union-attr]


def compliers(client: Build, units: pd.DataFrame, met: pd.Series, **plan: Any) -> Any:
    return experiments(client(units, design="holdout", extra=exposures(units[met]), **plan), seed=1)


def test_compliers_by_hand(client: Build, yes_no: Build) -> None:
    """Four points fewer by the draw; 80 % in the programme met it and 5 % of those left out: −0.04 / 0.75."""
    units = yes_no((100, 1000), (60, 1000))
    place = units.groupby("arm").cumcount()
    met = ((units["arm"] == "t1") & (place % 5 > 0)) | ((units["arm"] == "control") & (place % 20 == 0))
    found = compliers(client, units, met)
    row = found.frame("compliers").iloc[0]
    assert row["effect"] == pytest.approx(-0.04 / 0.75)
    assert (row["met_programme"], row["met_left_out"]) == pytest.approx((0.8, 0.05))
    assert row["low"] < row["effect"] < row["high"]
    said = found.finding("prove.compliers")
    assert said is not None
    assert said.title.startswith("For those who met programme x1 because they were not left out, churn changed by −5.3")
    assert "This is not the effect of the draw" in said.detail
    assert said.grade == "C"
    assert found.finding("prove.effect").value == pytest.approx(-0.04)


def test_compliers_interval_inverts_the_anderson_rubin_test(client: Build) -> None:
    """At each end, before the allowance, outcome minus end × met differs between the arms by exactly t."""
    rng = np.random.default_rng(2)
    n = 400
    units = pd.DataFrame({"unit": np.arange(n).astype(str), "arm": np.where(np.arange(n) % 2 == 0, "control", "t1")})
    met = pd.Series(rng.random(n) < np.where(units["arm"] == "t1", 0.7, 0.1))
    units["y"] = rng.normal(20, 5, n) + 3.0 * met
    row = compliers(client, units, met, kind="mean", metric="spend", direction="up").frame("compliers").iloc[0]
    control = (units["arm"] == "control").to_numpy()
    allowance = 0.1 * units["y"][control].std() / (met[~control].mean() - met[control].mean())
    for end in (row["low"] + allowance, row["high"] - allowance):
        left = (units["y"] - end * met).to_numpy()
        found = stats.ttest_ind(left[~control], left[control], equal_var=False)
        assert abs(found.statistic) == pytest.approx(stats.t.isf(0.025, n - 2), rel=1e-6)


def test_compliers_are_not_told_where_the_draw_moved_nobody(client: Build, yes_no: Build) -> None:
    units = yes_no((100, 1000), (60, 1000))
    found = compliers(client, units, pd.Series(np.arange(2000) % 3 == 0))
    assert not found.has("compliers")
    assert found.finding("prove.compliers") is None
