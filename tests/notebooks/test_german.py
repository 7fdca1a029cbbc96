"""What the sample clients' results, figures and tables say is in German: the few sentences that are not are listed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxkit.report.blocks import MIME, Block, FigureBody, TableBody
from cxkit.report.locale import Local
from cxkit.report.phrases import Native, Untold
from tests.conftest import SAMPLES, Ran

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
    r".* \(keep\): nobody has written down who may decide .* and \d more\.",
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
