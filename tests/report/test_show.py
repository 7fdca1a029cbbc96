"""What notebooks call: blocks shown once, nothing when there is nothing."""

from __future__ import annotations

from datetime import date
from types import ModuleType

import pandas as pd
import pytest
from matplotlib.axes import Axes

from cxkit.charts import style
from cxkit.charts.figure import Figure
from cxkit.errors import ReportError
from cxkit.records import Result
from cxkit.report import making, show
from cxkit.report.blocks import MIME, Block, FigureBody, TableBody


def draw(result: Result, *, ax: Axes | None = None) -> Axes:
    ax = ax or style.canvas(2)
    ax.plot([0, 1], [0, 1])
    return ax


def chart(alt: str = "A line that rises from zero to one.", title: str = "") -> Figure:
    return Figure(
        "prove.line", draw, "A line", "effects", lambda result: alt, title, "Read it so.", {"name": ("Name", "text")}
    )


def test_findings_by_id_in_the_order_asked(samples: ModuleType) -> None:
    result = samples.result("prove.experiments", (samples.CALL, samples.CALLBACK))
    made = show.findings(result, "prove.effect", silent=True)
    assert made
    assert [b.id for b in made] == [samples.CALL.key, samples.CALLBACK.key]
    assert show.findings(result, "prove.none", silent=True) == ()


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Block]:
    """What a notebook would display."""
    seen: list[Block] = []
    monkeypatch.setattr("IPython.display.display", lambda *blocks: seen.extend(blocks))
    return seen


def test_a_shown_block_carries_our_type_and_a_preview(samples: ModuleType, shown: list[Block]) -> None:
    assert show.findings(samples.result("prove.experiments", (samples.CALL,))) is None
    (block,) = shown
    data = block._repr_mimebundle_()
    assert data[MIME]["body"]["key"] == samples.CALL.key
    assert "cut 90-day churn" in data["text/html"]
    assert "Welcome" not in data["text/plain"]


def test_nothing_to_draw_shows_nothing(samples: ModuleType, shown: list[Block]) -> None:
    empty = samples.result("prove.experiments")
    show.figure(chart(), empty)
    show.table(empty, "effects", {"name": ("Name", "text")})
    show.gaps(empty)
    show.findings(empty)
    show.note(None)
    show.note("  ")
    assert shown == []


def test_figure_takes_the_action_title_of_its_finding(samples: ModuleType) -> None:
    result = samples.result("prove.experiments", (samples.CALL,), tables={"effects": samples.EFFECTS})
    (block,) = show.figure(chart(title="prove.effect"), result, silent=True) or ()
    assert isinstance(block.body, FigureBody)
    assert block.body.title == samples.CALL.title
    assert block.finding_ids == (samples.CALL.key,)
    assert block.body.caption == "A line. Read it so."
    assert block.body.data
    assert block.body.data.rows[0] == ("Welcome call",)


def test_figure_without_finding_is_headed_by_its_topic(samples: ModuleType) -> None:
    result = samples.result("prove.experiments", tables={"effects": samples.EFFECTS})
    (block,) = show.figure(chart(title="prove.effect"), result, silent=True) or ()
    assert block.body.title == "A line"  # type: ignore[union-attr]


@pytest.mark.parametrize("alt", ["", "   ", "short", "No description has been provided"])
def test_figure_without_alt_text_is_refused(samples: ModuleType, alt: str) -> None:
    result = samples.result("prove.experiments", tables={"effects": samples.EFFECTS})
    with pytest.raises(ReportError, match=r"'prove\.line' has no alt text"):
        show.figure(chart(alt), result, silent=True)


def test_an_undeclared_chart_is_refused(samples: ModuleType) -> None:
    with pytest.raises(ReportError, match="draw is not a declared figure"):
        show.figure(draw, samples.result("prove.experiments"), silent=True)  # type: ignore[arg-type]


def test_table_formats_by_unit_and_keeps_raw_values(samples: ModuleType) -> None:
    frame = pd.DataFrame(
        {
            "team": ["North", None],
            "share": [0.5, float("nan")],
            "money": [1_234_567.0, -950.0],
            "day": [date(2026, 10, 3), None],
            "n": [1200, 7],
        }
    )
    result = samples.result("quantify.x", tables={"t": frame})
    columns = {
        "team": ("Team", "text"),
        "share": ("Share", "ratio"),
        "money": ("Money", "money"),
        "day": ("Day", "date"),
        "n": ("n", "count"),
        "absent": ("Not there", "text"),
    }
    (block,) = show.table(result, "t", columns, most=1, silent=True) or ()
    body = block.body
    assert isinstance(body, TableBody)
    assert body.rows == (("North", "50.0\u202f%", "$1.23\u202fM", "3 Oct 2026", "1,200"),)
    assert body.raw == (("North", 0.5, 1_234_567.0, "2026-10-03", 1200.0),)
    assert body.caption == "1 more rows are in the evidence."
    assert [c.label for c in body.columns] == ["Team", "Share", "Money", "Day", "n"]


@pytest.mark.parametrize(
    ("value", "said"), [(0.58, "0.58"), (0.0004, "under 0.001"), (0.052, "0.052"), (0.0, "0"), (-0.02, "−0.020")]
)
def test_bare_numbers_keep_what_small_ones_say(value: float, said: str) -> None:
    assert making.cell(value, "none") == said


def test_table_of_none_of_the_columns_is_an_error(samples: ModuleType) -> None:
    result = samples.result("quantify.x", tables={"t": pd.DataFrame({"a": [1]})})
    with pytest.raises(KeyError, match="none of the columns b is in the table; it has a"):
        show.table(result, "t", {"b": ("B", "text")}, silent=True)


def test_gaps_name_what_would_let_it(samples: ModuleType) -> None:
    (block,) = show.gaps(samples.result("quantify.scorecard", gaps=(samples.GAP,)), silent=True) or ()
    assert block.kind == "not_assessed"
    assert block.body.needs[0].columns == ("kind", "score")  # type: ignore[union-attr]
