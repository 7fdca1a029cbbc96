"""The planner and the panel of peeking are driven as a person drives them, and agree with the batch left alone."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cxkit.prove.design import sample_size_proportions
from cxkit.prove.designs import Designs, designs
from cxkit.prove.designs_size import Setting, needed
from cxkit.prove.peeking import peeking as simulate
from cxkit.tables.engine import Tables
from cxkit.widgets.peeking import peek
from cxkit.widgets.planner import planner
from tests.prove.conftest import frames, joined


def units(n: int, **more: Any) -> pd.DataFrame:
    days = np.repeat(pd.date_range("2026-01-05", periods=n // 20), 20)[:n]
    made = pd.DataFrame({"unit": np.arange(n).astype(str), "arm": ["control", "t1"] * (n // 2)})
    made["y"] = (np.arange(n) // 2 % 10 == 0).astype(int)
    made["assigned"] = pd.Series(days).dt.strftime("%Y-%m-%d 08:00:00")
    made["post_measured"] = (pd.Series(days) + pd.Timedelta(days=5)).dt.strftime("%Y-%m-%d 08:00:00")
    return made.assign(**more)


@pytest.fixture(scope="module")
def found() -> Designs:
    rng = np.random.default_rng(2)
    sizes = rng.integers(4, 12, 100)
    names = np.repeat(np.arange(100), sizes)
    clustered = pd.DataFrame({"unit": [f"c{i}" for i in range(len(names))], "cluster": names})
    clustered["arm"] = np.where(names % 2 == 0, "control", "t1")
    clustered["y"] = rng.normal(0, 1, 100)[names] * 0.4 + rng.normal(0, 1, len(names))
    parts = joined(
        frames(units(1200), minimum_effect=0.02, ended=None),
        frames(clustered, experiment_id="x2", kind="mean", design="cluster_randomised", minimum_effect=0.2),
        frames(units(1200), experiment_id="x3", minimum_effect=0.02, looks="always", planned_share=0.3),
    )
    return designs(Tables.from_frames(parts, as_of=date(2026, 3, 31)))


def row(found: Designs, name: str) -> dict[str, Any]:
    return {str(k): v for k, v in found.frame("designs").set_index("experiment_id").loc[name].items()}


@pytest.mark.parametrize("name", ["x1", "x2", "x3"])
def test_left_alone_it_shows_the_batchs_own_size(found: Designs, name: str) -> None:
    made = planner(found)
    made.experiment.value = name
    batch = row(found, name)
    assert made.shown[0].value == batch["needed_total"]
    assert made.apart.value == ""
    assert "<svg" in made.answer.value
    size = needed(made.setting)
    assert size is not None
    # and what it computes from its numbers is the same, so that the first move starts from there
    assert size.total == pytest.approx(batch["needed_total"], rel=1e-3)


def test_slider_and_box_move_together_and_a_smaller_change_takes_more(found: Designs) -> None:
    made = planner(found)
    before = made.shown[0].value
    slider = made.fields["smallest_change"].slider
    assert slider is not None
    assert slider.continuous_update is False
    slider.value = 0.01
    assert made.inputs["smallest_change"].value == 0.01
    assert made.shown[0].value == 2 * math.ceil(sample_size_proportions(0.1, 0.09))
    assert made.answered.lines[0].startswith(f"The batch says {before:,.0f}")
    assert "smallest change 0.01 instead of 0.02" in made.apart.value
    made.reset.click()
    assert made.shown[0].value == before
    assert made.apart.value == ""


@pytest.mark.parametrize(
    ("name", "value", "more"),
    [
        ("chance_wanted", 0.9, True),
        ("level", 0.99, True),
        ("looks", "always", True),
        ("arms", 3, True),
        ("cuped_correlation", 0.7, False),
        ("cluster_size", 20.0, True),
    ],
)
def test_every_number_moves_the_answer_the_right_way(found: Designs, name: str, value: Any, more: bool) -> None:
    made = planner(found)
    if name == "cluster_size":
        made.inputs["likeness"].value = 0.05
    before = made.shown[0].value or 0.0
    made.inputs[name].value = value
    assert made.message.value == ""
    assert ((made.shown[0].value or 0.0) > before) is more


def test_more_traffic_takes_fewer_weeks_and_the_same_units(found: Designs) -> None:
    made = planner(found)
    before = made.shown[0]
    made.inputs["traffic"].value = 280.0
    assert made.shown[0].value == before.value
    assert f"{(before.value or 0) / 280:,.0f} weeks at 280 a week" in made.shown[0].title


def test_a_value_out_of_bounds_is_worded_and_the_answer_stays(found: Designs) -> None:
    made = planner(found)
    before = made.shown
    made.inputs["base"].value = 1.5
    assert "must be from 0.001 to 0.999" in made.message.value
    assert made.shown == before


def test_a_new_test_can_be_planned_without_any_experiment() -> None:
    made = planner(Designs(as_of=date(2026, 3, 31)))
    size = needed(Setting(kind="binary", base=0.10, effect=0.02))
    assert size is not None
    assert made.shown[0].value == size.total == 7682


def test_client_text_is_shown_and_does_nothing() -> None:
    parts = frames(units(400), minimum_effect=0.02, experiment_id="<b>x</b>")
    made = planner(designs(Tables.from_frames(parts, as_of=date(2026, 3, 31))))
    assert "<b>x" not in made.answer.value


def test_peeking_left_alone_is_the_batch_and_moves(found: Designs) -> None:
    made, batch = peek(found), found.finding("prove.design.peeking")
    assert batch is not None
    assert made.shown[0].value == batch.value
    assert made.fields["days"].value == found.frame("peeking")["looks"].max()
    made.inputs["days"].value = 10
    drawn = simulate(
        days=10, units_a_day=made.inputs["units_a_day"].value, base=made.inputs["base"].value, seed=found.seed
    )
    assert made.shown[0].value == drawn.naive[-1]
    assert "The batch says" in made.answered.lines[0]
    assert "<svg" in made.answer.value
    made.reset.click()
    assert made.shown[0].value == batch.value


def test_peeking_without_a_running_test_draws_an_ordinary_one() -> None:
    made = peek(Designs(as_of=date(2026, 3, 31)))
    assert made.shown[0].value == simulate(days=28, units_a_day=200, base=0.2, seed=1).naive[-1]
    made.inputs["units_a_day"].value = 5
    assert "must be from 20 to" in made.message.value
