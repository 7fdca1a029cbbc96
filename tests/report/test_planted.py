"""Any text, in any field of a result: it is read on the page as it was written, once escaped, without its secrets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxkit.metrics.masking import visible
from cxkit.records import Gap
from cxkit.report import show
from cxkit.report.blocks import NoteBody
from cxkit.report.inputs import Privacy, ReportInput
from cxkit.report.making import note_block
from cxkit.report.page import build
from tests.report import sample as samples

SECRETS = ("ada.byron@x.example", "030/901820", "Ada Byron", "sk_live_4eC39HqLyjWDarjt", "ada (at) x [dot] example")
HELD = Privacy(people=("Ada Byron",))
MARKUP = (
    "<b>",
    "</p>",
    "<script>",
    "&amp;",
    "&lt;i&gt;",
    '"',
    "'",
    "<!--",
    "]]>",
    "{{ 7*7 }}",
    "{% raw %}",
    "<svg/onload=x>",
)


class Read(HTMLParser):
    """A page as a reader has it: its text, the values of its attributes, and how many elements there are."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.elements: Counter[str] = Counter()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.texts += [value for _, value in attrs if value]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def in_finding(text: str, field: str) -> ReportInput:
    changed = samples.COVERAGE.model_copy(update={field: f"7 of 12 live initiatives: {text}"})
    return swapped("align.traceability", findings=(changed,))


def in_gap(text: str) -> ReportInput:
    gap = Gap(id="quantify.voice", what=f"How {text} is", reason=f"No table holds it: {text}.")
    return swapped("quantify.scorecard", gaps=(gap,))


def in_ledger(text: str) -> ReportInput:
    chain = samples.CHAIN.assign(text=[text, *samples.CHAIN["text"][1:]])
    ledger = samples.result("govern.ledger", tables={"chain": chain, "initiatives": samples.WIDE})
    return made(tuple(ledger if r.name == "ledger" else r for r in samples.results()))


def in_table(text: str) -> ReportInput:
    effects = samples.EFFECTS.assign(name=[text, *samples.EFFECTS["name"][1:]])
    one = samples.result("prove.experiments", tables={"effects": effects})
    shown = show.table(one, "effects", {"name": ("Initiative", "text")}, title="Every arm", silent=True) or ()
    return samples.sample(privacy=HELD, blocks={**samples.blocks(samples.results()), "prove": shown})


def in_note(text: str) -> ReportInput:
    note = note_block(NoteBody(text="We agreed.", author_role=text, written="3 November 2026"), "prove")
    return samples.sample(privacy=HELD, blocks={**samples.blocks(samples.results()), "prove": (note,)})


def swapped(name: str, **changes: Any) -> ReportInput:
    return made(tuple(r.model_copy(update=changes) if f"{r.stage}.{r.name}" == name else r for r in samples.results()))


def made(results: tuple[Any, ...]) -> ReportInput:
    return samples.sample(results=results, privacy=HELD)


PLACES: dict[str, Callable[[str], ReportInput]] = {
    "title of a finding": lambda text: in_finding(text, "title"),
    "detail of a finding": lambda text: in_finding(text, "detail"),
    "what an interval is about": lambda text: in_finding(text, "about"),
    "gap": in_gap,
    "ledger": in_ledger,
    "table": in_table,
    "author of a note": in_note,
    "client's name": lambda text: samples.sample(client=text, privacy=HELD),
    "reason for a draft": lambda text: samples.sample(draft=(text,), privacy=HELD),
}
"""Where a text of a client's can stand, and the report with it there."""
WORDS = st.lists(
    st.one_of(st.sampled_from(MARKUP), st.text(st.characters(codec="utf-8", categories=("L", "P", "S")), max_size=8)),
    min_size=1,
    max_size=5,
).map("".join)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(words=WORDS, secret=st.sampled_from(SECRETS))
def test_a_text_is_read_as_written_and_no_element_or_secret_comes_of_it(place: str, words: str, secret: str) -> None:
    words = re.sub(r"[\d.,@]|at|At|dot", "", words)  # what is rewritten as a figure or an address of its own
    page = build(PLACES[place](f"Qx {words} xQ, {secret} zQ"))
    read, plain = Read(page), Read(build(PLACES[place]("Qx plain xQ, zQ")))
    found = [squeezed(t) for t in read.texts if "Qx" in t]
    assert any(squeezed(visible(f"Qx {words} xQ")) in text for text in found), found
    assert secret not in page
    assert read.elements == plain.elements
