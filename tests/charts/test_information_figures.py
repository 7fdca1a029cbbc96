"""Figures of shrinkage and of the queue of tests, from small frames."""

from __future__ import annotations

import pytest

from cxkit.charts import information, shrinkage, style
from cxkit.charts.figure import CHARTS
from cxkit.report import show
from tests.charts.given_information import GIVEN
from tests.charts.made import result

assert information.information
assert shrinkage.shrinkage


@pytest.mark.parametrize("id", sorted(GIVEN))
def test_the_figure_is_drawn_with_alt_text_and_data(id: str) -> None:
    (block,) = show.figure(CHARTS[id], GIVEN[id], silent=True) or ()
    assert block.document() == show.figure(CHARTS[id], GIVEN[id], silent=True)[0].document()  # type: ignore[index]
    body = block.body
    assert len(body.alt) > 60  # type: ignore[union-attr]
    assert "nan" not in body.alt.lower()  # type: ignore[union-attr]
    assert body.svg.startswith("<svg")  # type: ignore[union-attr]
    assert "<b>" not in body.svg  # type: ignore[union-attr]


@pytest.mark.parametrize("id", sorted(GIVEN))
def test_nothing_is_drawn_without_rows(id: str) -> None:
    assert show.figure(CHARTS[id], result("govern", {}), silent=True) == ()


@pytest.mark.parametrize("id", sorted(GIVEN))
def test_axes_that_are_given_are_drawn_on(id: str) -> None:
    ax = style.canvas(4)
    assert CHARTS[id](GIVEN[id], ax=ax) is ax


def test_a_test_that_cannot_be_valued_is_not_in_the_figure() -> None:
    (block,) = show.figure(CHARTS["govern.information"], GIVEN["govern.information"], silent=True) or ()
    assert "Academy" not in block.body.svg  # type: ignore[union-attr]
    assert len(block.body.data.rows) == 3  # type: ignore[union-attr]


def test_intervals_far_outside_are_cut_and_said_to_be() -> None:
    ax = style.canvas(4)
    shrinkage.shrinkage(GIVEN["govern.shrinkage"], ax=ax)
    assert "lines cut at 3 times" in ax.get_xlabel()
    assert ax.get_xlim()[1] < 4
