from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from cxkit.prove import experiments, pnl_bridge
from cxkit.tables.engine import Tables

Build = Callable[..., Any]
MONEY = {"exposed_base": 50_000.0, "unit_margin": 200.0, "pnl_line": "Subscriptions", "lag_months": 3.0}


def test_pnl_bridge_by_hand(client: Build, yes_no: Build) -> None:
    """Four points fewer leave × 50,000 × 200 = 400,000 a year, with the interval turned round."""
    tables = client(yes_no((100, 1000), (60, 1000)), **MONEY)
    effects = experiments(tables, seed=1)
    found = pnl_bridge(tables, effects)
    row, effect = found.frame("bridge").iloc[0], effects.frame("effects").iloc[0]
    assert row["value"] == pytest.approx(400_000)
    assert row["low"] == pytest.approx(-effect["high"] * 1e7)
    assert row["high"] == pytest.approx(-effect["low"] * 1e7)
    assert (row["pnl_line"], row["status"], row["grade"], row["lag_months"]) == ("Subscriptions", "claimed", "A", 3.0)
    said = found.findings[0]
    assert said.title.replace("\N{NARROW NO-BREAK SPACE}", " ").startswith(
        "€400 k a year on Subscriptions is claimed for exp"
    )
    assert said.weight == 400_000
    assert "expected in the books 3 months after" in said.detail
    assert "not found in pnl" in said.detail
    assert effects.finding("prove.effect").weight == 400_000  # type: ignore[union-attr]


def test_pnl_bridge_compares_with_the_line(client: Build, yes_no: Build) -> None:
    months = pd.date_range("2025-01-01", "2026-03-01", freq="MS").strftime("%Y-%m-%d")
    pnl = pd.DataFrame({"month": months, "line": "Subscriptions", "kind": "recurring_revenue", "amount": 25_000})
    tables = client(yes_no((100, 1000), (60, 1000)), extra={"pnl": pnl}, **MONEY)
    found = pnl_bridge(tables, experiments(tables, seed=1))
    row = found.frame("bridge").iloc[0]
    assert row["line_year"] == 300_000
    assert row["line_share"] == pytest.approx(4 / 3)
    assert "More than the whole line cannot be" in found.findings[0].detail
    assert "pnl" in found.findings[0].sources


def test_pnl_bridge_harm_costs_money(client: Build, yes_no: Build) -> None:
    tables = client(yes_no((60, 1000), (100, 1000)), **MONEY)
    found = pnl_bridge(tables, experiments(tables, seed=1)).findings[0]
    assert found.value == pytest.approx(-400_000)
    assert found.tone == "bad"
    assert "is put down as a loss to experiment x1" in found.title


def test_pnl_bridge_null_result_has_no_weight(client: Build, yes_no: Build) -> None:
    tables = client(yes_no((100, 1000), (99, 1000)), **MONEY)
    found = pnl_bridge(tables, experiments(tables, seed=1)).findings[0]
    assert found.weight == 0
    assert "No money on Subscriptions is shown for experiment x1" in found.title


def test_pnl_bridge_leaves_blocked_effects_out(client: Build, yes_no: Build) -> None:
    tables = client(yes_no((100, 1300), (60, 1000)), **MONEY)
    assert not pnl_bridge(tables, experiments(tables, seed=1)).has("bridge")


def test_pnl_bridge_without_base_is_a_gap(client: Build, yes_no: Build) -> None:
    tables = client(yes_no((100, 1000), (60, 1000)), unit_margin=200.0)
    found = pnl_bridge(tables, experiments(tables, seed=1))
    assert [g.id for g in found.gaps] == ["prove.pnl"]
    assert found.gaps[0].needs[0].columns == ("exposed_base", "pnl_line")
    assert found.gaps[0].reason == "Exposed_base and pnl_line were not registered."


def test_pnl_bridge_several_arms_stay_apart(client: Build, yes_no: Build) -> None:
    tables = client(yes_no((100, 1000), (60, 500), (20, 500)), **MONEY)
    found = pnl_bridge(tables, experiments(tables, seed=1))
    assert [f.subject for f in found.findings] == ["x1/t1", "x1/t2"]
    assert len(found.frame("bridge")) == 2


def test_pnl_bridge_without_experiments_is_a_gap() -> None:
    tables = Tables.from_frames({}, as_of=date(2026, 3, 31))
    found = pnl_bridge(tables, experiments(tables, seed=1))
    assert not found.assessed
    assert found.gaps[0].needs[0].name == "experiments"


RANGES = {
    "exposed_base_low": 40_000.0,
    "exposed_base_high": 60_000.0,
    "unit_margin_low": 150.0,
    "unit_margin_high": 250.0,
}


def test_ranges_of_base_and_margin_widen_the_interval(client: Build, yes_no: Build) -> None:
    """Relative errors: effect 0.0120/0.04, base 20,000 ÷ √28 ÷ 50,000, margin 100 ÷ √28 ÷ 200; squared, as shares."""
    units = yes_no((100, 1000), (60, 1000))
    plain, ranged = (
        pnl_bridge(t, experiments(t, seed=1)) for t in (client(units, **MONEY), client(units, **MONEY, **RANGES))
    )
    one, other = plain.frame("bridge").iloc[0], ranged.frame("bridge").iloc[0]
    assert other["value"] == one["value"]
    assert other["low"] < one["low"]
    assert other["high"] > one["high"]
    assert other["low_p80"] < other["low"]
    effect = ((one["high"] - one["low"]) / 2 / 1.96 / 400_000) ** 2
    base, margin = (20_000 / 28**0.5 / 50_000) ** 2, (100 / 28**0.5 / 200) ** 2
    assert other["share_margin"] == pytest.approx(margin / (effect + base + margin), rel=0.03)
    assert (other["base_low"], other["margin_high"]) == (40_000, 250)
    assert pd.isna(one["base_low"])
    assert "carries the effect's uncertainty alone" in plain.findings[0].detail
    assert "by part of the variance: effect" in ranged.findings[0].detail


def test_when_it_can_be_seen_in_the_books(client: Build, yes_no: Build) -> None:
    """Ended in March 2026 with a lag of three months: from June on, whatever was not measured is not there yet."""
    units = yes_no((100, 1000), (60, 1000))
    for as_of, seen in ((date(2026, 3, 31), False), (date(2026, 7, 31), True)):
        tables = client(units, as_of=as_of, **MONEY)
        row = pnl_bridge(tables, experiments(tables, seed=1)).frame("bridge").iloc[0]
        assert str(row["visible_from"])[:7] == "2026-06"
        assert bool(row["visible"]) is seen


def _signed(**change: Any) -> dict[str, pd.DataFrame]:
    row = {"realised_id": "Z1", "initiative_id": "i1", "pnl_line": "Subscriptions", "first_month": "2026-01-01"}
    row |= {"last_month": "2026-02-01", "amount": 100.0, "status": "booked", "reported": "2026-03-01"}
    return {"realised": pd.DataFrame([row | {"signed_role": "Finance", "signed": "2026-03-10"} | change])}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, "booked"),
        ({"status": "validated"}, "validated"),
        ({"signed_role": None}, "claimed"),
        ({"pnl_line": "Other"}, "claimed"),
    ],
)
def test_status_is_what_finance_signed_on_this_line(
    client: Build, yes_no: Build, change: dict[str, Any], status: str
) -> None:
    tables = client(yes_no((100, 1000), (60, 1000)), extra=_signed(**change), **MONEY)
    found = pnl_bridge(tables, experiments(tables, seed=1))
    assert found.frame("bridge")["status"].iloc[0] == status
    if "signed_role" in change:
        assert "Not counted as signed: Z1" in found.findings[0].detail


def test_effects_without_a_draw_come_in_too(client: Build, yes_no: Build) -> None:
    """`quasi` is any result with a table `effects`; an experiment that was assessed already is not taken twice."""
    tables = client(yes_no((100, 1000), (60, 1000)), **MONEY)
    assessed = experiments(tables, seed=1)
    graded = assessed.frame("effects").assign(grade="C")
    quasi = assessed.model_copy(update={"tables": {"effects": pa.Table.from_pandas(graded)}})
    bare = assessed.model_copy(update={"tables": {}})
    assert pnl_bridge(tables, bare, quasi).frame("bridge")["grade"].tolist() == ["C"]
    assert pnl_bridge(tables, assessed, quasi).frame("bridge")["grade"].tolist() == ["A"]
