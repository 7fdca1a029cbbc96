"""A panel left alone shows the batch's number; what is moved can be saved, and the batch then reproduces it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cxkit.engagement.desk import open_desk
from cxkit.engagement.recipes import RECIPES
from cxkit.engagement.store import read_store
from cxkit.widgets import panels


@pytest.fixture
def folder(copy_of: Callable[[str], Path]) -> Path:
    return copy_of("northbeam")


def test_panel_left_alone_shows_the_batch_number_and_moves_with_its_inputs(folder: Path) -> None:
    desk = open_desk("quantify", client="northbeam", data_dir=folder.parent)
    batch = RECIPES["quantify.cases"](desk)
    made = panels.cases(desk)
    total = batch.finding("quantify.cases.total")
    assert total in made.shown

    made.inputs["discount_rate"].value = 0.25
    assert total not in made.shown
    made.reset.click()
    assert total in made.shown

    made.inputs["discount_rate"].value = 0.25
    moved = made.shown
    made.save.click()
    assert read_store(folder).parameters["discount_rate"] == 0.25
    again = open_desk("quantify", client="northbeam", data_dir=folder.parent)
    assert RECIPES["quantify.cases"](again).finding("quantify.cases.total") in moved


def test_panel_save_never_overwrites_somebody_else(folder: Path) -> None:
    desk = open_desk("quantify", client="northbeam", data_dir=folder.parent)
    made, other = panels.cases(desk), panels.cases(open_desk("quantify", client="northbeam", data_dir=folder.parent))
    other.inputs["horizon_months"].value = 24
    other.save.click()
    made.save.click()
    assert "somebody else" in made.message.value
    assert read_store(folder).parameters["horizon_months"] == 24
