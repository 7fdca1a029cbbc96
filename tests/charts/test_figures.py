"""Every declared figure, drawn from small frames with the columns its stage promises."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import cxkit.charts
from cxkit.charts.figure import CHARTS, figure
from cxkit.errors import ReportError
from cxkit.records import Finding
from cxkit.report import show
from cxkit.report.locale import Local
from cxkit.report.phrases import Native
from tests.charts import (
    given_align,
    given_checks,
    given_council,
    given_designs,
    given_enablement,
    given_impact,
    given_information,
    given_later,
    given_plan,
    given_plays,
    given_quantify,
    given_quasi,
    given_realised,
    given_taxonomy,
    given_ways,
)
from tests.charts.made import result, rows

for module in pkgutil.iter_modules(cxkit.charts.__path__):
    importlib.import_module(f"cxkit.charts.{module.name}")

GIVEN = (
    given_align.GIVEN
    | given_checks.GIVEN
    | given_council.GIVEN
    | given_designs.GIVEN
    | given_enablement.GIVEN
    | given_impact.GIVEN
    | given_information.GIVEN
    | given_quantify.GIVEN
    | given_quasi.GIVEN
    | given_realised.GIVEN
    | given_later.GIVEN
    | given_plan.GIVEN
    | given_plays.GIVEN
    | given_taxonomy.GIVEN
    | given_ways.GIVEN
)


def test_every_declared_figure_is_tested_here() -> None:
    assert set(GIVEN) == set(CHARTS)


@pytest.mark.parametrize("id", sorted(GIVEN))
def test_figure_draws_with_alt_text_and_data(id: str) -> None:
    (block,) = show.figure(CHARTS[id], GIVEN[id], silent=True) or ()
    assert block.document() == show.figure(CHARTS[id], GIVEN[id], silent=True)[0].document()  # type: ignore[index]
    assert len(block.body.alt) > 60  # type: ignore[union-attr]
    assert block.body.svg.startswith("<svg")  # type: ignore[union-attr]
    assert block.body.data.rows  # type: ignore[union-attr]
    assert "nan" not in block.body.alt.lower()  # type: ignore[union-attr]


@pytest.mark.parametrize("id", sorted(GIVEN))
def test_alt_text_has_its_german(id: str) -> None:
    """All of it, apart from the titles of findings that it tells: those made up here are nobody's."""
    alt = CHARTS[id].alt(GIVEN[id])
    for finding in GIVEN[id].findings:
        alt = alt.replace(finding.title.rstrip(".") + ".", "")
    assert isinstance(Local("de_DE").alt(id, " ".join(alt.split())), Native)


@pytest.mark.parametrize("id", sorted(GIVEN))
def test_figure_is_not_drawn_without_its_table(id: str) -> None:
    empty = result(id.split(".", maxsplit=1)[0], {})
    assert show.figure(CHARTS[id], empty, silent=True) == ()


@pytest.mark.parametrize("id", sorted(GIVEN))
def test_figure_draws_on_axes_that_are_given(id: str) -> None:
    from cxkit.charts import style

    ax = style.canvas(4)
    assert CHARTS[id](GIVEN[id], ax=ax) is ax


def test_small_segments_and_moments_are_not_drawn() -> None:
    (block,) = show.figure(CHARTS["quantify.segments"], GIVEN["quantify.segments"], silent=True) or ()
    assert "few" not in block.body.svg  # type: ignore[union-attr]


def test_two_figures_with_one_id_are_refused() -> None:
    declare = figure("prove.pnl", topic="x", needs="x", alt=lambda r: "x", data={})
    with pytest.raises(ReportError, match=r"Two figures are called 'prove\.pnl'"):
        declare(CHARTS["prove.pnl"].draw)


def test_the_title_is_about_what_is_drawn() -> None:
    """The curve is that of the largest moment, so its title may not be that of a smaller one which comes first."""

    def said(subject: str, title: str) -> Finding:
        return Finding(id="orchestrate.first_value.median", stage="orchestrate", title=title, subject=subject)

    made = result(
        "orchestrate",
        {
            "curve": rows(
                moment_id=["a", "b"], moment=["A", "B"], day=[3, 3], share=[0.6, 0.2], low=[0.5, 0.1], high=[0.7, 0.3]
            ),
            "summary": rows(
                moment_id=["a", "b"],
                moment=["A", "B"],
                customers=[90, 340],
                median=[3.0, None],
                naive_median=[2.0, 1.0],
            ),
        },
        (said("a", "A: half within 3 days"), said("b", "B: fewer than half")),
    )
    found = CHARTS["orchestrate.first_value"].finding(made)
    assert found is not None
    assert found.title == "B: fewer than half"
    alone = made.model_copy(update={"findings": (said("a", "A: half within 3 days"),)})
    assert CHARTS["orchestrate.first_value"].finding(alone) is None
