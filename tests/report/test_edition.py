"""Editions: the board's leaves out and says so, and no file is too large to send."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import pytest

from cxkit.errors import ReportError
from cxkit.report.blocks import Block, FigureBody, TableBody, TableColumn
from cxkit.report.chapter import chapter
from cxkit.report.edition import FIGURES, LINES, abridged
from cxkit.report.inputs import ReportInput
from cxkit.report.making import finding_block
from cxkit.report.page import LARGEST, build, spoken
from cxkit.report.rendering import environment
from cxkit.report.titles import check

Build = Callable[..., ReportInput]


def table(title: str, rows: int, *, folded: bool = False) -> TableBody:
    columns = (TableColumn(name="a", label="A"), TableColumn(name="b", label="B", align="right"))
    return TableBody(
        title=title,
        columns=columns,
        rows=tuple((f"row {i}", f"{i}.0 %") for i in range(rows)),
        raw=tuple((f"row {i}", i / 100) for i in range(rows)),
        folded=folded,
    )


def heavy(samples: ModuleType, *, figures: int, rows: int, bars: int = 40) -> tuple[Block, ...]:
    """Figures with a finding and a table each, their weight rising with their number."""
    bar = '<rect x="1" y="2" width="30" height="4" fill="#0b6460"/>'
    blocks: list[Block] = []
    for i in range(figures):
        id = f"align.heavy{i}"
        found = samples.finding(id, f"Initiative {i} holds ${i + 1} of budget", i + 1, "count", weight=float(i + 1))
        body = FigureBody(
            title=found.title,
            alt=f"Bars of initiative {i} and what it holds",
            svg='<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 200">' + bar * bars + "</svg>",
            data=table(f"Bars {i}", rows),
        )
        figure = Block(id=f"{id}.figure", kind="figure", stage="align", finding_ids=(id,), body=body)
        blocks += [finding_block(found), figure]
    return tuple(blocks)


def test_a_board_gets_the_heaviest_figures_and_is_told_what_is_left_out(sample: Build, samples: ModuleType) -> None:
    blocks = (
        *heavy(samples, figures=9, rows=3),
        Block(id="align.t", kind="table", stage="align", body=table("For looking up", 3, folded=True)),
    )
    made = abridged(chapter("align", blocks), "board")
    shown = [i.block.id for i in made.items if i.block.kind == "figure"]
    assert shown == [f"align.heavy{i}.figure" for i in (5, 6, 7, 8)][-FIGURES:], "the chapter's own finding first"
    assert (made.left.figures, made.left.tables) == (9 - FIGURES, 1)
    told = {i.block.id for i in made.items if i.block.kind == "finding"}
    assert "align.heavy4" in told, "a figure that goes leaves its finding"
    html = build(sample(blocks={"align": blocks}))
    assert "Not in this file: 5 figures, one table. They are in evidence.xlsx" in html
    team = build(sample(blocks={"align": blocks}, audience="team"))
    assert "Not in this file" not in team
    assert "For looking up" in team
    assert "For looking up" not in html


def test_of_findings_of_one_kind_a_board_gets_the_first_by_weight_and_all_that_are_challenged(
    samples: ModuleType,
) -> None:
    made = [
        samples.finding("align.run", f"Number {i} is late", i, "count", subject=str(i), weight=float(i))
        for i in range(8)
    ]
    whole = chapter("align", [finding_block(f) for f in made])
    keys = {i.block.id for i in abridged(whole, "board", {"align.run:1"}).items}
    assert keys == {"align.run:6", "align.run:5", "align.run:4", "align.run:1"}
    assert len(keys) == LINES + 1
    assert abridged(whole, "team") == whole


def test_a_report_over_the_limit_sheds_tables_behind_light_figures_first(sample: Build, samples: ModuleType) -> None:
    blocks = heavy(samples, figures=30, rows=1200)
    html = build(sample(blocks={"align": blocks}, audience="team"))
    assert LARGEST * 0.7 < len(html.encode()) <= LARGEST
    assert html.count("<figure") >= 30, "no figure goes while a table can"
    assert "The data behind this figure is in evidence.xlsx." in html
    assert "<caption>Bars 29</caption>" in html
    assert "<caption>Bars 0</caption>" not in html


def test_a_report_of_too_many_figures_still_comes(sample: Build, samples: ModuleType) -> None:
    html = build(sample(blocks={"align": heavy(samples, figures=60, rows=5, bars=900)}, audience="team"))
    assert len(html.encode()) <= LARGEST
    assert "Not in this file:" in html
    assert "Initiative 0 holds" in html, "the finding stays where its figure goes"


def test_a_title_without_a_finding_fails_the_build(sample: Build, samples: ModuleType) -> None:
    asked = finding_block(samples.finding("align.traceability.x", "Does every initiative serve a goal?", 1, "count"))
    with pytest.raises(ReportError, match=r"align\.traceability\.x: “Does every initiative serve a goal\?”"):
        build(sample(blocks={"align": (asked,)}))


def test_a_figure_whose_heading_is_not_its_finding_fails_the_build(samples: ModuleType) -> None:
    blocks = list(heavy(samples, figures=3, rows=2))
    drawn = blocks[1]
    assert isinstance(drawn.body, FigureBody)
    blocks[1] = drawn.model_copy(update={"body": drawn.body.model_copy(update={"title": "Budget by initiative"})})
    with pytest.raises(ReportError, match=r"align\.heavy0\.figure: “Budget by initiative”"):
        check([chapter("align", blocks)])
    check([chapter("align", heavy(samples, figures=3, rows=2))])


def test_the_header_shows_the_clients_logo_under_the_clients_name(sample: Build) -> None:
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    given = sample(logo=png)
    assert f'<img class="logo" src="data:image/png;base64,{png}" alt="{given.client}">' in build(given)
    assert 'class="logo"' not in build(sample())


def test_what_was_too_much_for_the_file_is_not_said_to_be_in_another_edition() -> None:
    """The board is sent to the team's edition; who reads that one, or the partner's, to the workbook alone."""
    for audience, elsewhere in (("board", True), ("team", False), ("partner", False)):
        template = environment().get_template("parts.html.j2")
        context = {"page": SimpleNamespace(audience=audience), **spoken("en_GB")}
        said = str(template.make_module(context).left({"findings": 0, "figures": 0, "tables": 3}))
        assert ("team’s edition" in said) == elsewhere
        assert "3 tables" in said
