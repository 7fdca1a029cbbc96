from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

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
