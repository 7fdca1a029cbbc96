"""The benchmark of peeking: its shortcuts say the same as the product, and its records hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from cxkit.prove.units import MEASURES


@pytest.fixture
def peeking(load: Callable[[str], ModuleType]) -> ModuleType:
    return load("peeking")


@pytest.mark.parametrize("name", ["mean", "ratio", "cuped", "clusters_40", "clusters_40_cuped"])
def test_the_quick_look_finds_the_looks_that_matter(peeking: ModuleType, name: str) -> None:
    """The rough number of standard errors is the product's, so that no look is passed over."""
    case, plan = peeking.CASES[name], peeking.plan(name)
    cells = peeking.Cells(case.draw(np.random.default_rng(3), case.effect), clusters=case.clusters)
    with np.errstate(all="ignore"):
        effect, se = cells.rough(case)
    for look in (30, 59):
        found = peeking._read(cells, case, 1, plan, look)
        assert found is not None
        assert effect[look] / se[look] == pytest.approx(found.effect / found.se, rel=0.02)


def test_cells_are_moments_of_what_was_ready(peeking: ModuleType) -> None:
    data = peeking.orders(np.random.default_rng(4), 0.0, 300)
    cells = peeking.Cells(data, clusters=False)
    row = cells.stats(20)["1"]
    mine = (data["arm"] == 1) & (data["ready"] <= 20)
    assert row["n"] == mine.sum()
    values = np.stack([data[m][mine] for m in MEASURES])
    assert row["mean_num"] == pytest.approx(values[0].mean())
    assert row["cov_num_den"] == pytest.approx(np.cov(values)[0, 1])


def test_records_hold(peeking: ModuleType) -> None:
    """As published: with daily looks at most 5 % of A/A tests show an effect; read naively, far more do."""
    path = Path(str(peeking.__file__)).parent / "results" / "peeking.json"
    records = {r["name"]: r for r in json.loads(path.read_text(encoding="utf-8"))}
    assert set(records) <= {peeking.WORST, *(f"{peeking.WORST}.{name}" for name in peeking.CASES)}
    assert len(records) >= 9
    for record in records.values():
        assert record["holds"]
        assert record["ours"] <= 0.05 < record["other"]
