"""The whole page: safe, closed, the same twice, and everything leads somewhere."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from collections.abc import Callable
from html.parser import HTMLParser
from types import ModuleType

import pytest

from cxkit.errors import ReportError
from cxkit.report.blocks import Block, FigureBody, NoteBody, TableBody, TableColumn
from cxkit.report.inputs import Definition, Privacy, ReportInput, Stamp
from cxkit.report.page import assemble, build, headline

Build = Callable[..., ReportInput]

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</style><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<!--",
    "javascript:alert(1)",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "# heading **bold** [link](http://x.org)",
    "$\\frac{a}{b}$",
    "&lt;b&gt;",
    "' onmouseover='alert(1)",
    "]]><x/>",
)


class Page(HTMLParser):
    """Tags with attributes, ids, links and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._quiet = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._quiet += tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self._quiet -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.text += data


@pytest.fixture
def page(sample: Build) -> str:
    return build(sample())


def test_the_same_input_makes_the_same_bytes(sample: Build) -> None:
    assert build(sample()) == build(sample())


def test_two_runs_differ_in_the_stamp_alone(sample: Build) -> None:
    one = build(sample(stamp=Stamp(built="2026-11-03 09:12 UTC", version="0.1.0"))).splitlines()
    two = build(sample(stamp=Stamp(built="2026-11-04 10:00 UTC", version="0.1.0"))).splitlines()
    different = [(a, b) for a, b in zip(one, two, strict=True) if a != b]
    assert len(different) == 1
    assert 'id="build"' in different[0][0]


def test_the_order_is_conclusion_health_scorecard_chapters_initiatives_methods(page: str) -> None:
    ids = ("conclusion", "health", "scorecard", *(f"stage-{s}" for s in ("align", "quantify", "instrument")))
    ids += ("stage-orchestrate", "stage-prove", "stage-govern", "initiatives", "evidence", "methods", "definitions")
    places = [page.index(f'id="{id}"') for id in ids]
    assert places == sorted(places)


def test_policy_names_the_hash_of_the_one_script_and_the_one_style(page: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    rules = policy[1].replace("&#39;", "'")
    assert "unsafe" not in rules
    assert "default-src 'none'" in rules
    for tag in ("script", "style"):
        bodies = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert len(bodies) == 1
        digest = base64.b64encode(hashlib.sha256(bodies[0].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in rules


def test_nothing_is_loaded_and_nothing_is_styled_inline(page: str) -> None:
    shown = re.sub(r"<script>.*?</script>|sha256-[A-Za-z0-9+/]+", "", page, flags=re.DOTALL)
    assert not re.search(r"https?://|//[a-z]", shown)
    for tag, attributes in Page(page).tags:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/png;base64,")), (tag, attributes)
        assert tag not in {"link", "iframe", "object", "embed", "base", "form", "image", "foreignobject"}


def test_ids_are_unique_and_every_link_arrives(page: str) -> None:
    tags = Page(page).tags
    ids = [a["id"] for _, a in tags if "id" in a]
    assert len(ids) == len(set(ids))
    for tag, attributes in tags:
        target = attributes.get("href")
        if tag == "a" and target:
            assert target.removeprefix("#") in ids, target
        for name in ("aria-labelledby", "aria-describedby"):
            for id in (attributes.get(name) or "").split():
                assert id in ids


def test_headings_go_down_one_at_a_time(page: str) -> None:
    levels = [int(tag[1]) for tag, _ in Page(page).tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))


def test_tables_have_captions_and_scoped_headers(page: str) -> None:
    tags = Page(page).tags
    assert all("scope" in a for t, a in tags if t == "th")
    assert all(a.get("lang") for t, a in tags if t == "html")


def test_every_figure_can_be_read_without_seeing_it(page: str) -> None:
    figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    assert figures
    for one in figures:
        assert re.search(r'<svg[^>]*role="img"', one)
        assert re.search(r"<desc[^>]*>[^<]{12,}</desc>", one)
        assert "<table" in one


def test_a_number_leads_to_its_evidence_with_table_and_hash(page: str) -> None:
    lead = re.search(r'<a class="n" href="#(e-quantify-scorecard-grr)"[^>]*>([^<]+)</a>', page)
    assert lead
    assert lead[2] == "88.1\u202f%"
    entry = page[page.index(f'<li id="{lead[1]}"') :].split("</li>", maxsplit=1)[0]
    for said in ("9f3c1a77d2e0", "87.6 to 88.6", "41,873", "Gross revenue retention", "measured"):
        assert said in entry


def test_secrets_are_masked_and_figures_of_other_editions_left_out(sample: Build, samples: ModuleType) -> None:
    secret = samples.finding(
        "prove.pnl", "Only partners may read that margin is 61 %", 0.61, "ratio", audience="partner"
    )
    given = (*samples.results(), samples.result("prove.pnl_bridge", (secret,)))
    board, partner = build(sample(results=given)), build(sample(results=given, audience="partner"))
    assert "very-secret" not in board
    assert "[secret]" in board
    assert "Only partners" not in board
    assert "Only partners" in partner


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_text_everywhere(text: str, sample: Build, samples: ModuleType) -> None:
    plain = build(sample())
    finding = samples.CALL.model_copy(
        update={
            "title": f"{text} cut churn by 2.3 points",
            "detail": text,
            "subject": text,
            "about": text,
            "period": text,
        }
    )
    gap = samples.GAP.model_copy(update={"what": text, "reason": text})
    chain = samples.CHAIN.assign(initiative=text, text=text)
    planned = samples.PLANNED.assign(initiative=text, reason=text)
    measures = samples.MEASURES.assign(label=text)
    effects = samples.EFFECTS.assign(name=text, arm=text)
    results = (
        samples.result("quantify.scorecard", (samples.GRR,), gaps=(gap,), tables={"measures": measures}),
        samples.result("prove.experiments", (finding,), tables={"effects": effects}),
        samples.result("govern.ledger", (), tables={"chain": chain, "initiatives": samples.WIDE}),
        samples.result("govern.allocation", (samples.PLAN,), tables={"plan": planned}),
    )
    blocks = samples.blocks(results)
    blocks["align"] = (
        Block(id="align.note.1", kind="note", stage="align", body=NoteBody(text=text, author_role=text)),
    )
    page = build(
        sample(
            client=text,
            results=results,
            blocks=blocks,
            definitions=(Definition(id="grr@1", name=text, words=text),),
            draft=(text,),
        )
    )
    seen = Page(page)
    # the text is there as text, in text and in the SVG
    assert seen.text.count(text) >= 8
    allowed = {tag for tag, _ in Page(plain).tags} | {"div", "aside", "strong"}
    assert {tag for tag, _ in seen.tags} <= allowed
    assert sum(tag == "script" for tag, _ in seen.tags) == 1
    for tag, attributes in seen.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag


def test_direction_controls_are_shown_as_codes(sample: Build, samples: ModuleType) -> None:
    evil = "invoice\u202egpj.exe\u2066\u200f"
    page = build(sample(client=evil))
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]", page)
    assert "invoice[U+202E]gpj.exe[U+2066][U+200F]" in page


def test_people_are_masked_unless_privacy_is_off(sample: Build, samples: ModuleType) -> None:
    note = NoteBody(text="Priya Nair (priya.nair@harbor.example, +1 (212) 555-0187) doubts it")
    blocks = {"prove": (Block(id="prove.note.1", kind="note", stage="prove", body=note),)}
    masked = build(sample(blocks=blocks, privacy=Privacy(people=("Priya Nair",))))
    assert "[name] ([e-mail], [phone]) doubts it" in masked
    shown = build(sample(blocks=blocks, privacy=Privacy(on=False, people=("Priya Nair",))))
    assert "Priya Nair (priya.nair@harbor.example" in shown


def test_cells_under_five_people_are_hidden_in_text_and_in_the_download(sample: Build) -> None:
    body = TableBody(
        title="Answers by team",
        columns=(
            TableColumn(name="team", label="Team"),
            TableColumn(name="n", label="People", align="right", unit="people"),
            TableColumn(name="mean", label="Mean", align="right", unit="score"),
        ),
        rows=(("North", "3", "4.567"), ("South", "41", "3.1"), ("West", "12", "3.9"), ("Total", "56", "3.3")),
        raw=(("North", 3.0, 4.567), ("South", 41.0, 3.1), ("West", 12.0, 3.9), ("Total", 56.0, 3.3)),
    )
    block = Block(id="align.teams", kind="table", stage="align", body=body)
    page = build(sample(blocks={"align": (block,)}))
    assert "4.567" not in page
    assert len(re.findall(r">hidden\s*<(?:td|tr|/tbody)", page)) == 4  # North, and West beside it, each with its mean
    assert "41" in page


def test_a_figure_without_words_fails_the_build(sample: Build) -> None:
    with pytest.raises(ValueError, match="at least 12 characters"):
        FigureBody(title="x", alt="", svg="<svg/>")


def test_a_figure_that_is_no_svg_fails_the_build(sample: Build) -> None:
    body = FigureBody(title="x", alt="a figure that is not one", svg="<html>hello</html>")
    block = Block(id="align.x", kind="figure", stage="align", body=body)
    with pytest.raises(ReportError, match="not an SVG"):
        build(sample(blocks={"align": (block,)}))


def test_a_report_too_large_to_send_names_its_heaviest_blocks(sample: Build) -> None:
    notes = tuple(
        Block(id=f"align.note.{i}", kind="note", stage="align", body=NoteBody(text="x" * 900_000)) for i in range(4)
    )
    with pytest.raises(ReportError, match=r"more than 1,000,000\. The heaviest blocks: align\.note"):
        build(sample(blocks={"align": notes}))


def test_accent_is_darkened_until_it_can_be_read(sample: Build) -> None:
    page = build(sample(accent="#ffcc00"))
    assert ":root{--accent:#8a6e00}" in page
    assert "evil" not in build(sample(accent="red}body{evil"))


def test_a_draft_says_so_and_why(sample: Build) -> None:
    page = build(sample(draft=("2 comments were written against other numbers.",)))
    assert "▲ Draft." in page
    assert "2 comments were written against other numbers." in page


def test_headline_is_masked_too(sample: Build, samples: ModuleType) -> None:
    planned = samples.PLANNED.assign(initiative="Ask Ada Lovelace")
    results = (samples.result("govern.allocation", (samples.PLAN,), tables={"plan": planned}),)
    given = sample(results=results, privacy=Privacy(people=("Ada Lovelace",)))
    assert headline(given) == (
        "One of three live initiatives is proven; funding it is worth $4.10\u202fM, and stopping two frees $1.40\u202fM"
    )
    assert "Ada Lovelace" not in build(given)


def test_nothing_at_all_still_makes_a_page(sample: Build) -> None:
    page = build(sample(results=(), blocks={}, definitions=()))
    assert "Harbor Telecom: nothing can be assessed from the tables supplied so far" in page


def test_evidence_is_numbered_in_reading_order(sample: Build) -> None:
    page = assemble(sample())
    assert [e.number for e in page.evidence] == list(range(1, len(page.evidence) + 1))
    assert page.evidence[0].key == page.front.headline.key


def test_a_table_that_bears_the_name_of_a_finding_is_shown_beside_it(sample: Build) -> None:
    table = TableBody(
        title="Told once more", columns=(TableColumn(name="word", label="Word", unit="text"),), rows=(("seventeen",),)
    )
    made = sample()
    first = next(b for b in made.blocks["prove"] if b.kind == "finding")
    twin = Block(id=first.id, kind="table", stage="prove", body=table)
    html = build(made.model_copy(update={"blocks": made.blocks | {"prove": (*made.blocks["prove"], twin)}}))
    assert "seventeen" in html
    ids = [attrs["id"] for _, attrs in Page(html).tags if attrs.get("id")]
    assert len(ids) == len(set(ids))
