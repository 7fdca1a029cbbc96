"""A finding for partners or the team reaches a board by no way round: no figure, table, card or cell says it."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pandas as pd
import pytest

from cxkit.report import workbook
from cxkit.report.blocks import Block, FigureBody, TableBody, TableColumn
from cxkit.report.making import finding_block
from cxkit.report.page import build
from cxkit.report.withheld import Withheld
from tests.report import sample as samples
from tests.report.sample import CHAIN, WIDE, result, sample

SAID = "Only partners may read that margin fell to 61 %"
SECRET = samples.finding("align.secret", SAID, 0.61, "ratio", audience="partner")
ALT = "Bars of the margin by quarter, of ten quarters"


def figure(**more: Any) -> Block:
    keys = more.pop("finding_ids", ())
    body = FigureBody.model_validate({"title": "How it runs", "alt": ALT, "svg": "<svg/>", **more})
    return Block(id="align.planted", kind="figure", stage="align", finding_ids=keys, body=body)


def table(title: str = "Behind", cell: str = "a", caption: str = "") -> TableBody:
    column = TableColumn(name="a", label="A")
    return TableBody(title=title, columns=(column,), rows=((cell,),), raw=((cell,),), caption=caption)


def block(body: TableBody) -> Block:
    return Block(id="align.planted", kind="table", stage="align", body=body)


WAYS = {
    "the figure's finding": figure(title=SAID, finding_ids=(SECRET.key,)),
    "title": figure(title=SAID),
    "alt text": figure(alt=f"Bars. {SAID.upper()}."),
    "caption": figure(caption=f"As said: {SAID}."),
    "drawing": figure(svg="<svg><text>Only partners may read</text><text>that margin fell to 61&#8239;%</text></svg>"),
    "data's title": figure(data=table(SAID)),
    "data's cell": figure(data=table(cell=SAID)),
    "table's title": block(table(SAID)),
    "table's caption": block(table(caption=SAID)),
    "table's cell": block(table(cell=SAID)),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_partner_s_finding_reaches_no_board_or_team_through_figure_or_table(way: str) -> None:
    given = {"results": (result("align.traceability", (samples.COVERAGE, SECRET)),)}
    blocks = {"align": (finding_block(samples.COVERAGE), finding_block(SECRET), WAYS[way])}
    alone = {"align": (finding_block(samples.COVERAGE), WAYS[way])}
    for audience in ("board", "team"):
        for shown in (blocks, alone):
            html = build(sample(**given, blocks=shown, audience=audience))
            assert "margin fell to 61" not in html.casefold().replace("\u202f", " ")
            assert "align-planted" not in html
    assert "align-planted" in build(sample(**given, blocks=blocks, audience="partner"))


def test_a_figure_that_says_nothing_of_it_stays() -> None:
    given = {"results": (result("align.traceability", (samples.COVERAGE, SECRET)),)}
    shown = {"align": (finding_block(samples.COVERAGE), figure())}
    assert "align-planted" in build(sample(**given, blocks=shown))


def test_neither_a_card_nor_a_cell_of_the_workbook_says_it() -> None:
    chain = CHAIN.assign(text=[SAID, *CHAIN["text"][1:]])
    ledger = result("govern.ledger", tables={"chain": chain, "initiatives": WIDE, "t": pd.DataFrame({"x": [SAID]})})
    given = {"results": (result("align.traceability", (SECRET,)), ledger)}
    for audience, there in (("board", False), ("partner", True)):
        made = sample(**given, audience=audience)
        assert ("margin fell to 61" in build(made).replace("\u202f", " ")) is there
        with zipfile.ZipFile(io.BytesIO(workbook.build(made))) as book:
            assert any(SAID in book.read(name).decode() for name in book.namelist()) is there


def test_what_a_readable_finding_says_too_is_no_secret() -> None:
    public = samples.finding("align.public", SAID, 0.61, "ratio")
    assert Withheld([SECRET]).told(SAID)
    assert not Withheld([SECRET], [public]).told(SAID)
