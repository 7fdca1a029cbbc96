"""The explorer of variants is driven as a person drives it, and agrees with the batch while it is left alone."""

import shutil
import time
from pathlib import Path

import pytest

from cxkit.engagement.desk import Desk, open_desk
from cxkit.orchestrate import ways as batch_ways
from cxkit.widgets.panel import Panel
from cxkit.widgets.ways import EVERY, ways
from tests.conftest import ROOT

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    data: Path = tmp_path_factory.mktemp("ways") / "data"
    shutil.copytree(ROOT / "data" / "northbeam", data / "northbeam", ignore=shutil.ignore_patterns("work", "notebooks"))
    return open_desk("orchestrate", client="northbeam", data_dir=data)


@pytest.fixture(scope="module")
def made(desk: Desk) -> Panel:
    return ways(desk)


def test_left_alone_it_shows_the_numbers_of_the_batch(desk: Desk, made: Panel) -> None:
    batch = batch_ways(desk.tables, window_months=desk.settings.window_months)
    assert made.shown
    assert [f for f in made.shown if f not in batch.findings] == []
    assert made.shown[0].subject == made.choices["log"].value == "tickets"
    assert made.answered.drawing.svg
    assert made.apart.value == ""


def test_a_group_a_share_and_open_cases_change_what_is_shown(made: Panel) -> None:
    whole = made.shown[0].n or 0
    begun = time.process_time()
    made.choices["group"].value = ("reason", "integration")
    assert time.process_time() - begun < 2  # of all cores; half of it on the wall of a quiet machine
    assert 0 < (made.shown[0].n or 0) < whole
    assert "“integration”" in made.answered.lines[0]
    made.choices["least"].value = 0.05
    assert "ways hold" in made.answered.lines[-1]
    made.choices["group"].value = EVERY
    made.choices["least"].value = 0.0
    made.choices["log"].value = "Stay"
    few = made.shown[0].n or 0
    made.choices["count"].value = True
    assert (made.shown[0].n or 0) > few
    assert "leaves them out" in made.answered.lines[0]
    made.choices["group"].value = ("reason", "integration")  # a journey knows no reason
    assert made.shown == ()
    assert made.answered.lines == ("No such customers began in the window.",)
    for name, value in (("group", EVERY), ("count", False), ("log", "tickets")):
        made.choices[name].value = value
    assert made.shown[0].n == whole
