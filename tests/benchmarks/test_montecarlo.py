"""The Monte Carlo benchmark at a hundredth of its draws: both ways find the same, and the record is whole."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def montecarlo(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FOLDER))
    spec = importlib.util.spec_from_file_location("montecarlo_benchmark", FOLDER / "montecarlo.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "montecarlo_benchmark", module)
    spec.loader.exec_module(module)
    return module


def test_both_ways_find_the_same(montecarlo: ModuleType) -> None:
    record = montecarlo.record(share=0.02, repeats=1)
    assert record["holds"]
    assert record["name"] == "montecarlo.vs_numpy"
    assert record["ratio"] == record["ours"] / record["other"]


def test_a_wrong_draw_would_be_seen(montecarlo: ModuleType) -> None:
    one, other = montecarlo.ours(2000, 128), montecarlo.plain(2000, 128)
    assert montecarlo.agreement(one, other, 2000)[0] < 4.5
    wrong = (one[0] * np.array([1.25, 1.25, 1.25, 1]), one[1])
    assert montecarlo.agreement(wrong, other, 2000)[0] > 4.5
