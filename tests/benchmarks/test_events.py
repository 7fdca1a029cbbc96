"""The sides of the benchmark give the same figures, and a difference is said."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.heavy


def test_all_sides_agree_on_a_small_log(tmp_path: Path, load: Callable[[str], ModuleType], monkeypatch) -> None:
    events = load("events")
    monkeypatch.setattr(events.resource, "setrlimit", lambda *_: None)
    logged, tickets = events.simulate(tmp_path, 0.002)
    assert (logged, tickets > 100_000) == (200_000, True)
    for task in ("funnel", "recontact"):
        ours, by_hand = (side(task, tmp_path, 1.0)() for side in (events.ours, events.by_hand))
        assert events.differences(ours, by_hand) == []
        assert all(value > 0 for value in ours.values())
    for part in (1.0, 0.5, 0.05):
        ours, by_pandas = (side("funnel", tmp_path, part)() for side in (events.ours, events.by_pandas))
        assert events.differences(ours, by_pandas) == []
    by_pandas["step used"] += 1
    (said,) = events.differences(ours, by_pandas)
    assert said.startswith("step used: ")
