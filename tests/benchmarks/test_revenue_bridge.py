"""The benchmark's two sides give the same figures, and a difference is said."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import revenue_bridge  # noqa: E402


def test_both_sides_agree_on_a_small_book(tmp_path):
    rows = revenue_bridge.simulate(tmp_path, 2000)
    assert rows > 30_000
    ours, by_hand = revenue_bridge.ours(tmp_path)(), revenue_bridge.by_hand(tmp_path)()
    assert set(ours) == {"large", "middle", "small"}
    assert revenue_bridge.differences(ours, by_hand) == []
    assert all(row["churn"] > 0 and row["returned_end"] >= 0 and row["joined_lost"] > 0 for row in ours.values())
    by_hand["small"]["churn"] += 0.01
    (said,) = revenue_bridge.differences(ours, by_hand)
    assert said.startswith("small churn: ")
