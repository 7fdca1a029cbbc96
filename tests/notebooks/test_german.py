"""What the sample clients' results say is in German as a whole: the few sentences that are not are listed, and why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxkit.report.locale import Local
from cxkit.report.phrases import Native
from tests.conftest import SAMPLES, Ran

pytestmark = [pytest.mark.heavy, pytest.mark.run, pytest.mark.xdist_group("samples")]
STAYS = (
    r"[^.]* \(\d of 5\) and [^.]* \(\d of 5\)\.",  # names of initiatives
    r"(At )?[\w -]+( and [\w -]+)?\.",  # what the client calls moments and events
    r"“.*”\.",  # what a customer said
    r"\w+ like \w+ and \w+ like \w+\.",
    r"What they lean on: .*",  # the claim register's own words
    r"Stop [\w -]+",
    r"5\u202f% less: .* and .*",  # a name with "and" in it is not told from two names
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
