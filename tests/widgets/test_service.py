"""The panel of service levels is driven as a person drives it, and agrees with the batch while it is left alone."""

import shutil
from pathlib import Path

import pytest

from cxkit.engagement.desk import Desk, open_desk
from cxkit.engagement.recipes import RECIPES
from cxkit.engagement.store import read_store
from cxkit.records import Finding
from cxkit.widgets.panel import Panel
from cxkit.widgets.service import service
from tests.conftest import ROOT

HEAD = "orchestrate.service.sla"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    data = tmp_path_factory.mktemp("service") / "data"
    shutil.copytree(ROOT / "data" / "northbeam", data / "northbeam", ignore=shutil.ignore_patterns("work", "notebooks"))
    return open_desk("orchestrate", client="northbeam", data_dir=data)


@pytest.fixture(scope="module")
def once(desk: Desk) -> Panel:
    return service(desk)


@pytest.fixture
def made(once: Panel) -> Panel:
    """The panel thrown back to where it starts."""
    once.reset.click()
    return once


def head(panel: Panel) -> Finding:
    return next(f for f in panel.shown if f.id == HEAD)


def value(panel: Panel) -> float:
    found = head(panel).value
    assert found is not None
    return found


def test_left_alone_it_shows_the_numbers_of_the_batch(desk: Desk, made: Panel) -> None:
    batch = RECIPES["orchestrate.service"](desk)
    assert [f for f in made.shown if f not in batch.findings] == []
    assert head(made) == batch.finding(HEAD)
    assert (made.apart.value, made.answered.lines) == ("", ())
    assert "<svg" in made.answer.value


def test_tighter_limits_are_kept_less_often_and_wider_ones_more(made: Panel) -> None:
    settled = value(made)
    slider = made.fields["sla_scale"].slider
    assert slider is not None
    slider.value = 0.5
    assert made.inputs["sla_scale"].value == 0.5
    assert value(made) < settled
    assert made.answered.lines[0].startswith("The batch says")
    assert "sla × 0.5" in made.apart.value
    slider.value = 2.0
    assert value(made) > settled


def test_the_calendar_is_chosen_among_the_clients_own(made: Panel) -> None:
    box, settled = made.inputs["calendar"], head(made)
    assert next(words for words, _ in box.options) == "as declared"
    assert {"office", "always"} <= {choice for _, choice in box.options}
    box.value = "always"
    assert value(made) < (settled.value or 0)  # nights and weekends now count
    assert "What if: the clock runs round the clock" in head(made).detail
    box.value = "none"
    assert head(made) == settled
    assert made.apart.value == ""


@pytest.mark.heavy
def test_a_longer_follow_up_sees_more_come_back(made: Panel) -> None:
    def recontact() -> float:
        return next(f.value or 0 for f in made.shown if f.id == "orchestrate.service.recontact")

    settled = recontact()
    made.inputs["fcr_window_days"].value = 30
    assert recontact() > settled
    assert head(made).value == value(made)


def test_a_value_out_of_bounds_is_worded_and_the_answer_stays(made: Panel) -> None:
    before = made.shown
    made.inputs["sla_scale"].value = 9.0
    assert "must be from 0.1 to 5" in made.message.value
    assert made.shown == before


@pytest.mark.heavy
def test_what_is_saved_is_what_the_batch_then_says(desk: Desk, tmp_path: Path) -> None:
    shutil.copytree(desk.folder, tmp_path / "data" / "northbeam")
    mine = open_desk("orchestrate", client="northbeam", data_dir=tmp_path / "data")
    panel = service(mine)
    panel.inputs["calendar"].value = "always"
    panel.inputs["window_months"].value = 6
    moved = head(panel)
    panel.save.click()
    saved = read_store(mine.folder).parameters
    assert (saved["calendar"], saved["window_months"]) == ("always", 6)
    again = open_desk("orchestrate", client="northbeam", data_dir=tmp_path / "data")
    assert RECIPES["orchestrate.service"](again).finding(HEAD) == moved
    assert head(service(again)) == moved
