"""Figures of impact, early warning, links and maturity's movement, from small frames."""

from __future__ import annotations

import pytest

from cxkit.charts import drift, impact, links, style
from cxkit.charts.figure import CHARTS
from cxkit.report import show
from tests.charts.given_impact import GIVEN
from tests.charts.made import result

assert drift.drift
assert impact.impact
assert links.links


@pytest.mark.parametrize("id", sorted(GIVEN))
def test_the_figure_is_drawn_with_alt_text_and_data(id: str) -> None:
    (block,) = show.figure(CHARTS[id], GIVEN[id], silent=True) or ()
    assert block.document() == show.figure(CHARTS[id], GIVEN[id], silent=True)[0].document()  # type: ignore[index]
    body = block.body
    assert len(body.alt) > 60  # type: ignore[union-attr]
    assert "nan" not in body.alt.lower().replace("finance", "")  # type: ignore[union-attr]
    assert body.svg.startswith("<svg")  # type: ignore[union-attr]
    assert "<b>" not in body.svg  # type: ignore[union-attr]
    assert body.data.rows  # type: ignore[union-attr]


@pytest.mark.parametrize("id", sorted(GIVEN))
def test_nothing_is_drawn_without_rows(id: str) -> None:
    assert show.figure(CHARTS[id], result("govern", {}), silent=True) == ()


@pytest.mark.parametrize("id", sorted(GIVEN))
def test_axes_that_are_given_are_drawn_on(id: str) -> None:
    ax = style.canvas(4)
    assert CHARTS[id](GIVEN[id], ax=ax) is ax


def test_an_alarm_that_cannot_be_valued_is_not_drawn() -> None:
    (block,) = show.figure(CHARTS["govern.drift"], GIVEN["govern.drift"], silent=True) or ()
    assert "Portal" not in block.body.svg  # type: ignore[union-attr]
    assert len(block.body.data.rows) == 3  # type: ignore[union-attr]


def test_a_capability_that_cannot_be_told_has_no_row() -> None:
    (block,) = show.figure(CHARTS["govern.maturity.moved"], GIVEN["govern.maturity.moved"], silent=True) or ()
    assert "Data and identity" not in block.body.svg  # type: ignore[union-attr]
