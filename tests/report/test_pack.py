"""The council's pack: every number leads to its finding and from there to its data; nothing in it acts."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from types import ModuleType
from typing import Any

import pytest

from cxkit.engagement.results import findings_document
from cxkit.errors import ReportError
from cxkit.govern import council
from cxkit.report import pack, page
from cxkit.report.inputs import ReportInput
from cxkit.tables.engine import Tables

AS_OF = date(2026, 6, 30)


@pytest.fixture(scope="session")
def made(pack_html: str) -> ModuleType:
    return sys.modules["cxkit_pack_sample"]


@pytest.fixture(scope="session")
def given(made: ModuleType) -> ReportInput:
    built: ReportInput = made.given()
    return built


@pytest.fixture
def html(pack_html: str) -> str:
    return pack_html


LEADS = {"p", "li", "tr", "h1", "h2", "h3", "h4", "figcaption", "caption", "summary"}
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Reader(HTMLParser):
    """Sentences, rows and headings of the page with the evidence they lead to; the register and the head aside."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.places: list[dict[str, Any]] = []
        self.stack: list[dict[str, Any]] = []

    def aside(self) -> bool:
        skipped = {"style", "script", "title", "svg", "footer", "nav"}
        return any(
            tag in skipped or attrs.get("id") in {"evidence"} or "kicker" in (attrs.get("class") or "")
            for tag, attrs in self.open
        )

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in VOID:
            return
        found = dict(attrs)
        self.open.append((tag, found))
        if tag in LEADS:
            self.stack.append({"tag": tag, "text": "", "links": [], "inside": found})
        if tag == "a" and (found.get("class") or "") in {"n", "ev"}:
            for place in self.stack:
                place["links"].append(found["href"])

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            closed = self.open.pop()[0]
            if closed in LEADS and self.stack:
                self.places.append(self.stack.pop())
            if closed == tag:
                break

    def handle_data(self, data: str) -> None:
        if not self.aside():
            for place in self.stack:
                place["text"] += data


def read(html: str) -> list[dict[str, Any]]:
    reader = Reader()
    reader.feed(html)
    return reader.places


DATES = re.compile(r"\d{4}-\d{2}(-\d{2})?|95\s?%|\b(C|D|I|R|W)\d+\b|Evidence \d+")


def unled(html: str) -> list[str]:
    """Sentences and rows that hold a number and lead nowhere, neither themselves nor what they stand in."""
    article = re.compile(r'<article class="ask.*?</article>|<li class="(?:fund|test|stop)">.*?</ul>.*?</li>', re.DOTALL)
    led = {m for block in article.findall(html) if 'class="ev"' in block or 'class="n"' in block for m in [block]}
    rest = html
    for block in led:  # a decision is one thing: its options stand in the detail of its own finding
        rest = rest.replace(block, "")
    data = re.compile(
        r'<details class="behind">.*?</details>', re.DOTALL
    )  # the table of a figure that names its finding
    rest = data.sub("", rest)
    finding = re.compile(r'<div class="(?:finding|told|leadfinding)[^"]*"[^>]*>.*?</div>', re.DOTALL)
    rest = finding.sub(lambda m: "" if 'class="ev"' in m[0] or 'class="n"' in m[0] else m[0], rest)
    return [
        place["text"].strip()
        for place in read(rest)
        if re.search(r"\d", DATES.sub("", place["text"])) and not place["links"] and not place["inside"].get("scope")
    ]


def test_every_number_of_the_pack_leads_to_its_finding_and_its_snapshot(
    html: str, given: ReportInput, made: ModuleType
) -> None:
    assert unled(html) == []
    records = {r["key"]: r for r in json.loads(json.dumps(findings_document(given.findings)))}
    entries = dict(
        re.findall(r'<li id="(e-[^"]+)" value="\d+">.*?<dt>Finding<dd><code>([^<]+)</code>', html, re.DOTALL)
    )
    links = set(re.findall(r'<a class="(?:n|ev|ch)" href="#([^"]+)"', html)) | set(
        re.findall(r'<a href="#(e-[^"]+)" class="ev"', html)
    )
    assert len(links) > 20
    assert links <= set(entries)
    for key in entries.values():
        record = records[key.replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'")]
        assert record["sources"], key
        assert any(source in made.HASHES for source in record["sources"]), key
    shown = set(re.findall(r"<code>(\w+)</code> (?:<i>)?([0-9a-f]{12})\b", html))
    assert shown
    assert all(made.HASHES[table][:12] == hash for table, hash in shown)


def test_a_number_that_leads_nowhere_is_found(html: str) -> None:
    assert unled(html.replace("</footer>", "</footer><p>The plan saves 77 more</p>")) == ["The plan saves 77 more"]


def test_the_first_page_has_scorecard_decisions_and_what_is_due(html: str, given: ReportInput) -> None:
    shown = pack.assemble(given)
    assert shown.headline.key == "govern.council.needed"
    (row,) = shown.measures
    assert (row.news, row.value.key) == (True, "quantify.scorecard.grr")
    assert row.latest.key == "govern.council.measure:grr"
    assert [len(ask.options) for ask in shown.asks] == [3] * len(shown.asks)
    assert len(shown.asks) == 2
    assert shown.due[0].text == "Hold Welcome call: overdue, 2026-06-10"
    assert "Its row of the ledger" in html.split("</section>", maxsplit=1)[0]


def test_client_text_does_nothing_and_people_are_masked(html: str) -> None:
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "Ada Lovelace" not in html
    assert "ada@example.org" not in html
    assert "[name]" in html
    assert "default-src &#39;none&#39;" in html
    assert not re.findall(r'(?:src|href)="(?!#|data:|report\.html)', html)


def test_a_challenge_stands_beside_its_number_and_changes_nothing(given: ReportInput) -> None:
    calm = given.model_copy(update={"challenges": ()})
    for build in (pack.build, page.build):
        before, after = build(calm), build(given)
        assert "(challenged, open)" not in before.replace("govern.council", "")
        assert "The base is wrong" in after
        value = re.compile(r'data-n="\d+">(90\.0\s%)</a>')
        assert value.findall(before) == value.findall(after)
    assert "(challenged, open)</a>" in pack.build(given)


def test_an_answered_challenge_says_so(given: ReportInput) -> None:
    html = pack.build(given)
    assert "answered" in html.split("<caption>Every challenge</caption>")[1].split("</table>")[0]


def test_the_same_input_makes_the_same_bytes(html: str, given: ReportInput) -> None:
    assert pack.build(given) == html


def test_without_a_council_there_is_no_pack(sample: Callable[..., ReportInput]) -> None:
    with pytest.raises(ReportError, match="no council result"):
        pack.build(sample(results=(), blocks={}))


def test_a_council_with_nothing_to_say_still_makes_a_page(sample: Callable[..., ReportInput]) -> None:
    empty = council(Tables.from_frames({}, as_of=AS_OF))
    html = pack.build(sample(results=(empty,), blocks={}))
    assert "nothing can be put before the council yet" in html
