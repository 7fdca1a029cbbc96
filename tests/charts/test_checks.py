"""The figures of checks: what is drawn, and what is not."""

from cxkit.charts import checks
from cxkit.report import show
from tests.charts.given_checks import GIVEN, LOOKS
from tests.charts.made import result


def block(figure: object, given: object) -> object:
    (made,) = show.figure(figure, given, silent=True) or ()  # type: ignore[arg-type]
    return made.body


def test_each_figure_draws_with_alt_text_and_data() -> None:
    for id, figure in {
        "prove.guardrails": checks.guardrails,
        "prove.looks": checks.looks,
        "prove.periods": checks.periods,
        "prove.segments": checks.segments,
    }.items():
        body = block(figure, GIVEN[id])
        assert len(body.alt) > 60  # type: ignore[attr-defined]
        assert "nan" not in body.alt.lower()  # type: ignore[attr-defined]
        assert body.data.rows  # type: ignore[attr-defined]
        assert show.figure(figure, result("prove", {}), silent=True) == ()


def test_guardrails_the_worst_comes_first_and_blocked_ones_are_not_drawn() -> None:
    body = block(checks.guardrails, GIVEN["prove.guardrails"])
    assert "Blocked" not in body.svg  # type: ignore[attr-defined]
    alt = body.alt  # type: ignore[attr-defined]
    assert alt.index("refunds") < alt.index("minutes") < alt.index("complaints")


def test_looks_are_drawn_in_order_of_time() -> None:
    assert "two bands. At the last, with 1,000 units: +2.90" in block(checks.looks, GIVEN["prove.looks"]).alt  # type: ignore[attr-defined]
    assert not checks.looks.ready(result("prove", {"looks": LOOKS.head(2)}))


def test_the_title_is_about_the_segment_that_is_drawn() -> None:
    found = checks.segments.finding(GIVEN["prove.segments"])
    assert found is not None
    assert found.title == "It differs by size"
    assert len(checks.segments.behind(GIVEN["prove.segments"])) == 2
