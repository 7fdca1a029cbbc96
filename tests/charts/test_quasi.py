"""Figures of experiments without a draw: which experiment is drawn, under whose title, with what beside it."""

import pytest

import cxkit.charts.quasi  # noqa: F401
from cxkit.charts import style
from cxkit.charts.figure import CHARTS
from cxkit.report import show
from tests.charts.given_quasi import GIVEN, MADE
from tests.charts.made import result


@pytest.mark.parametrize("id", sorted(GIVEN))
def test_figure_draws_with_alt_text_and_data(id: str) -> None:
    (block,) = show.figure(CHARTS[id], GIVEN[id], silent=True) or ()
    assert block.document() == show.figure(CHARTS[id], GIVEN[id], silent=True)[0].document()  # type: ignore[index]
    assert len(block.body.alt) > 60  # type: ignore[union-attr]
    assert "nan" not in block.body.alt.lower()  # type: ignore[union-attr]
    assert block.body.svg.startswith("<svg")  # type: ignore[union-attr]
    assert show.figure(CHARTS[id], result("prove", {}), silent=True) == ()
    ax = style.canvas(4)
    assert CHARTS[id](GIVEN[id], ax=ax) is ax


def test_each_figure_is_about_one_experiment_and_bears_its_title() -> None:
    titles = {id: CHARTS[id].finding(MADE) for id in GIVEN}
    assert titles["prove.quasi.synthetic"].subject == "s1"  # type: ignore[union-attr]
    assert titles["prove.quasi.path"].subject == "q1"  # type: ignore[union-attr]
    assert set(CHARTS["prove.quasi.synthetic"].behind(MADE)["experiment_id"]) == {"s1"}
    assert set(CHARTS["prove.quasi.path"].behind(MADE)["experiment_id"]) == {"q1"}


def test_periods_before_the_start_are_marked_and_the_breakdown_is_written() -> None:
    (block,) = show.figure(CHARTS["prove.quasi.path"], MADE, silent=True) or ()
    assert "before the start" in block.body.svg  # type: ignore[union-attr]
    (block,) = show.figure(CHARTS["prove.quasi.sensitivity"], MADE, silent=True) or ()
    assert "overturned from 0.7 times" in block.body.svg  # type: ignore[union-attr]
