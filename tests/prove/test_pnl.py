from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
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
