"""What the sample clients' results, figures and tables say is in German: the few sentences that are not are listed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from cxkit.charts.room import Written, written
from cxkit.charts.svg import parsed
from cxkit.report.blocks import MIME, Block, FigureBody, TableBody
from cxkit.report.inputs import Privacy
from cxkit.report.locale import Local
from cxkit.report.mask import Mask
from cxkit.report.phrases import Native, Untold
from tests.conftest import ROOT, SAMPLES, Ran

pytestmark = [pytest.mark.heavy, pytest.mark.run]
STAYS = (
    r"[^.]* \(\d of 5\) and [^.]* \(\d of 5\)\.",  # names of initiatives
    r"(At )?[\w -]+( and [\w -]+)?\.",  # what the client calls moments and events
    r"“.*”\.",  # what a customer said
    r"\w+ like \w+ and \w+ like \w+\.",
    r"What they lean on: .*",  # the claim register's own words
    r"Stop [\w -]+",
    r"Self-assessment against evidence: .*",
    r"Rule that gave it: nine tenths .*",
)
"""Sentences that may stay English; whoever adds one says why."""
STOP = re.compile(r"(?<=[.?!]) (?=[A-Z0-9“€$£−])")


def texts(place: Path) -> Iterator[str]:
    """Every text of a run's findings and gaps that a reader is shown."""
    for path in sorted((place / "results").glob("*/result.json")):
        result = json.loads(path.read_text(encoding="utf-8"))
        for finding in result.get("findings", ()):
            if finding["id"] == "govern.council.win":  # as the team tells it
                continue
            yield from (finding[name] for name in ("title", "detail", "about"))
        for gap in result.get("gaps", ()):
            yield from (gap["what"], gap["reason"])


@pytest.mark.parametrize("client", SAMPLES)
def test_every_sentence_has_its_german(ran: Ran, client: str) -> None:
    german = Local("de_DE")
    told = {text for text in texts(ran.place(client)) if any(c.isalpha() for c in text)}
    assert len(told) > 300
    open_ = []
    for text in told:
        if not isinstance(german.text(text), Native):
            pieces = [p for p in STOP.split(text.strip()) if any(c.isalpha() for c in p)]
            open_ += [p for p in pieces if not isinstance(german.text(p), Native)] or [text]
    assert [piece for piece in open_ if not any(re.fullmatch(stays, piece) for stays in STAYS)] == []
    assert len(open_) < 0.03 * len(told)


def blocks(place: Path) -> Iterator[Block]:
    """Every block that a run's notebooks show."""
    for path in sorted(place.glob("[1-6]-*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", ()):
                if MIME in output.get("data", {}):
                    yield Block.model_validate(output["data"][MIME])


@pytest.mark.parametrize("client", SAMPLES)
def test_every_alt_text_has_its_german(ran: Ran, client: str) -> None:
    german = Local("de_DE")
    told = {b.id: b.body.alt for b in blocks(ran.place(client)) if isinstance(b.body, FigureBody)}
    assert len(told) > 10
    assert {id: alt for id, alt in told.items() if not isinstance(german.alt(id, alt), Native)} == {}


def tables(place: Path) -> Iterator[tuple[str, TableBody]]:
    """Every table of a run, those behind figures too, with the block it is in."""
    for block in blocks(place):
        body = block.body.data if isinstance(block.body, FigureBody) else block.body
        if isinstance(body, TableBody):
            yield block.id, body


@pytest.mark.parametrize("client", SAMPLES)
def test_every_word_of_ours_in_a_cell_has_its_german(ran: Ran, client: str) -> None:
    german = Local("de_DE")
    told = [
        (f"{id}.{column.name}", cell, german.cell(id, column.name, cell))
        for id, body in tables(ran.place(client))
        for row in body.rows
        for column, cell in zip(body.columns, row, strict=True)
        if column.unit == "text"
    ]
    assert sum(isinstance(said, Native) for *_, said in told) > 50
    assert {(at, cell) for at, cell, said in told if isinstance(said, Untold)} == set()


def spoken(client: str) -> str:
    """Every text in a client's own files."""
    folder, found = ROOT / "data" / client, set[str]()
    for path in sorted((folder / "tables").iterdir()):
        frame = pd.read_csv(path, dtype=str) if path.suffix == ".csv" else pd.read_parquet(path)
        for column in frame.select_dtypes(include=["object", "string", "category"]):
            found |= set(map(str, frame[column].dropna().unique()))
    for path in folder.glob("*.xlsx"):
        book = CalamineWorkbook.from_path(path)
        found |= {str(cell) for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row}
    found |= {path.read_text(encoding="utf-8") for path in folder.glob("*.y*ml")}
    return "\n".join(found).replace("_", " ").casefold()


OURS_STAYS = {"CRM", "Support", "NPS", "CSAT", "CES"}
"""What is the same in German."""


def open_words(text: str, said: str, own: str) -> list[str]:
    """The pieces of a text in a figure that are neither German nor the client's."""
    left = [piece for whole in said.split(" · ") if whole in text for piece in re.split(r", |: | {5}", whole)]
    bare = [re.sub(r"^[A-Z]  | [+−]?[\d.,]+(\s%)?$", "", piece).strip(" …↺“”") for piece in left]
    return [p for p in bare if re.search(r"[A-Za-z]{2}", p) and p not in OURS_STAYS and p.casefold() not in own]


@pytest.mark.parametrize("client", SAMPLES)
def test_every_word_of_ours_in_a_figure_has_its_german(ran: Ran, client: str) -> None:
    german, own = Local("de_DE"), spoken(client)
    told, left = 0, set()
    for block in blocks(ran.place(client)):
        if isinstance(block.body, FigureBody) and block.body.svg:
            for one in written(parsed(block.body.svg)):
                text = one.element.text or ""
                said = german.drawn(block.id, text)
                told += isinstance(said, Native)
                if not isinstance(said, Native) or " · " in text:
                    left |= {(block.id, word) for word in open_words(text, said, own)}
    assert told > 50
    assert left == set()


@pytest.mark.parametrize("client", SAMPLES)
def test_german_words_in_figures_have_room(ran: Ran, client: str) -> None:
    """Nothing leaves the drawing, and no text runs into another that it left alone in English."""
    mask = Mask(Privacy(), Local("de_DE"))
    seen = 0
    for block in blocks(ran.place(client)):
        if isinstance(block.body, FigureBody) and block.body.svg:
            english, german = parsed(block.body.svg), parsed(mask.drawing(block.body.svg, block.id))
            before, now = list(written(english)), list(written(german))
            x, _, width, _ = map(float, german.attrib["viewBox"].split())
            assert all(x <= one.left and one.right <= x + width + 0.1 for one in now), block.id
            for i, j in combinations(range(len(now)), 2):
                if abs(now[i].y - now[j].y) < 0.8 * min(now[i].size, now[j].size):
                    grown = shared(now[i], now[j]) - max(0.0, shared(before[i], before[j]))
                    assert grown < 4, (block.id, now[i].element.text, now[j].element.text)
            seen += 1
    assert seen > 10


def shared(one: Written, other: Written) -> float:
    """How far two texts of a line stand in each other."""
    return min(one.right, other.right) - max(one.left, other.left)
