"""Golden parts: small pieces of the page, letter by letter."""

from __future__ import annotations

import re
from types import ModuleType

import pandas as pd
from markupsafe import Markup

from cxkit.records import GRADES
from cxkit.report.blocks import NoteBody
from cxkit.report.chapter import chapter
from cxkit.report.evidence import register
from cxkit.report.health import health
from cxkit.report.inputs import Provenance
from cxkit.report.making import finding_block, gap_block, note_block
from cxkit.report.page import build
from cxkit.report.preview import preview
from cxkit.report.rendering import environment
from cxkit.report.scorecard import scorecard


def squeezed(html: str) -> str:
    return re.sub(r">[ \n]+<", "><", re.sub(r"[ \n]+", " ", html)).strip()


def part(name: str, *args: object) -> str:
    module = environment().get_template("parts.html.j2").module
    made: Markup = getattr(module, name)(*args)
    return squeezed(str(made))


def test_a_finding(samples: ModuleType) -> None:
    made = chapter("prove", [finding_block(samples.CALL), finding_block(samples.CALLBACK)])
    bodies = [finding_block(f).body for f in (samples.CALL, samples.CALLBACK)]
    numbered = {e.key: e for e in register(bodies, provenance=Provenance())}
    assert part("finding", made.items[0], numbered, GRADES) == (
        '<div class="finding neutral" id="prove-effect--I-03--X-02"><p class="says">'
        '<span class="mark neutral" aria-hidden="true">○</span>'
        '<a class="n" href="#e-prove-effect--I-03--X-02" data-n="2">'
        "Callback within a day has not shown an effect on 90-day churn</a>"
        '<span class="grade g-a"><span class="vh">Evidence grade </span>A'
        '<span class="vh">: randomised</span></span></p>'
        '<p class="meta"><span>95 % interval −1.1 to 0.5 points</span><span>n 9,800</span>'
        "<span>2025-11 to 2026-10</span>"
        '<a href="#e-prove-effect--I-03--X-02" class="ev" data-n="2">Evidence 2</a></p></div>'
    )


def test_gaps(samples: ModuleType) -> None:
    made = chapter("quantify", [gap_block(samples.GAP, "quantify")])
    assert made.title.text == "Not assessed yet: the tables for it were not supplied"
    assert part("gaplist", made.gaps, "g") == (
        '<div class="gaps" id="g"><h3>Not assessed</h3><dl><div><dt>Customer effort score</dt>'
        "<dd>No answers of this kind were supplied. "
        '<span class="need">It would take <code>surveys</code> (kind, score).</span></dd></div></dl></div>'
    )


def test_what_takes_the_same_tables_is_asked_for_once(samples: ModuleType) -> None:
    other = samples.GAP.model_copy(
        update={"id": "quantify.scorecard.nps", "what": "Net promoter score", "reason": "No."}
    )
    made = chapter("quantify", [gap_block(samples.GAP, "quantify"), gap_block(other, "quantify")])
    assert [(g.whats, g.reason) for g in made.gaps] == [(("Customer effort score", "Net promoter score"), "")]


def test_every_table_is_shown_with_its_rows_and_days(samples: ModuleType) -> None:
    """So that a client can hold the counts of an export against their own."""
    coverage = pd.DataFrame(
        [
            ("ticket_log", "Changes of state", "used", 69659, "2026-01-05", "2026-10-31"),
            ("tickets", "Contacts that needed work", "derived", 23570, "2026-01-05", "2026-10-30"),
            ("people", "Every person", "used", 12, "", ""),
        ],
        columns=["table", "meaning", "state", "rows", "first", "last"],
    )
    made = health(samples.sample(results=(samples.result("data.health", (), tables={"coverage": coverage}),)))
    assert made.coverage
    assert [c.label for c in made.coverage.columns] == [
        "Table",
        "What it holds",
        "Where from",
        "Rows",
        "First day",
        "Last day",
    ]
    assert made.coverage.rows == (
        ("ticket log", "Changes of state", "supplied", "69,659", "5 Jan 2026", "31 Oct 2026"),
        ("tickets", "Contacts that needed work", "made from another table", "23,570", "5 Jan 2026", "30 Oct 2026"),
        ("people", "Every person", "supplied", "12", "–", "–"),
    )
    page = build(samples.sample(results=(samples.result("data.health", (), tables={"coverage": coverage}),)))
    assert "<summary>3 tables, with rows and days</summary>" in page
    assert ">69,659<td" in page


def test_commentary_that_needs_review() -> None:
    body = NoteBody(text="One.\n\nTwo & three.", author_role="CXO/PMO", written="3 Nov 2026", needs_review=True)
    made = chapter("prove", [note_block(body, "prove")])
    assert part("note", made.items[0]) == (
        '<aside class="note stale" id="prove-note-1" aria-label="Commentary"><p class="by">Commentary · CXO/PMO · '
        "3 Nov 2026 · <strong>▲ needs review: the numbers changed since it was written</strong></p>"
        "<p>One.</p><p>Two &amp; three.</p></aside>"
    )


def test_a_bullet_graph(samples: ModuleType) -> None:
    card = scorecard(samples.sample())
    assert card
    grr, nps = card.bullets
    assert card.title.text == "1 of 1 measure with a target misses it: gross revenue retention"
    assert grr.alt == (
        "Gross revenue retention: 88.1\u202f% (87.6 to 88.6\u202f%), target 91.0\u202f%, off target, in its usual range"
    )
    assert part("bullet", grr) == (
        f'<svg class="bullet" viewBox="0 0 240 24" role="img" aria-label="{grr.alt}">'
        '<rect class="f-band1" x="0" y="4" width="240" height="16"/>'
        '<rect class="f-band2" x="66.1" y="4" width="153.9" height="16"/>'
        '<line class="s-bad" x1="20.0" x2="71.3" y1="12" y2="12" stroke-width="2.5"/>'
        '<line class="s-ink" x1="153.3" x2="153.3" y1="15" y2="20" stroke-width="2"/>'
        '<rect class="f-ink" x="192.9" y="1" width="3" height="22"/>'
        '<path class="f-bad" d="M 39.1 12 l 6.5 -6.5 l 6.5 6.5 l -6.5 6.5 z"/></svg>'
    )
    assert nps.word == "no target set · in its usual range"
    assert nps.spark.count(",") == 10


def test_a_preview_for_the_notebook(samples: ModuleType) -> None:
    html = squeezed(preview(finding_block(samples.CALL)))
    assert "Welcome call cut 90-day churn by 2.3 points</div>" in html
    assert "<b>−2.3 points</b>, 95 % interval <b>−3.5 to −1.1 points</b> · n 41,200 · 2025-11 to 2026-10" in html
    assert ">A</span> randomised" in html


def test_a_chapter_takes_its_title_from_the_heaviest_finding(samples: ModuleType) -> None:
    made = chapter("prove", [finding_block(samples.CALLBACK), finding_block(samples.CALL)])
    assert made.title.text == samples.CALL.title
    assert [i.block.id for i in made.items] == [samples.CALLBACK.key]


def test_findings_of_one_kind_are_told_in_a_line_each(samples: ModuleType) -> None:
    capability = "align.maturity.capability"
    many = [samples.finding(capability, f"Level {i} of 5", i, "count", subject=str(i)) for i in range(1, 5)]
    made = chapter("align", [finding_block(f) for f in [samples.COVERAGE, *many]])
    assert [i.list for i in made.items] == [True] * 4


def _of(samples: ModuleType, *names: str) -> list:
    return [finding_block(samples.finding(f"{name}.x", f"About {name}", 1, "count")) for name in names]


def test_a_long_chapter_has_a_heading_for_each_topic_and_each_topic_once(samples: ModuleType) -> None:
    names = ("align.traceability", "align.audit", "align.signs", "align.conflict", "align.diet")
    blocks = [*_of(samples, *names), finding_block(samples.finding("align.audit.y", "Again", 1, "count"))]
    note = note_block(NoteBody(text="Read by the board."), "align")
    made = chapter("align", [*blocks, note])
    parts = {s.title: [i.block.id for i in s.items] for s in made.sections}
    assert list(parts) == [
        "Where the organisation disagrees with itself",
        "Signs of misalignment in the data",
        "Metrics that pull against each other",
        "Which metrics earn their place",
        "",
    ]
    assert parts["Where the organisation disagrees with itself"] == ["align.audit.x", "align.audit.y"]
    html = part("chapter", made, {}, GRADES)
    assert html.count('class="topic"') == html.count('<li><a href="#stage-align-') == 4


def test_a_short_chapter_has_no_headings(samples: ModuleType) -> None:
    made = chapter("align", _of(samples, "align.traceability", "align.audit", "align.signs"))
    assert [s.title for s in made.sections] == [""]
