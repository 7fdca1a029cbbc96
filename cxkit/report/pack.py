"""The council's pack: one page to decide by, the rest behind it, every number led back to its evidence.

It lies beside the report and is made from the same input: the saved results and what was challenged. Its first page
is the scorecard with limits, the decisions with their options, and what is due. It needs no script and asks for
nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any, cast

from markupsafe import Markup

from cxkit import formats
from cxkit.charts import council as charts
from cxkit.charts.reading import number, rows, text
from cxkit.errors import ReportError
from cxkit.formats import Unit
from cxkit.govern.pack_scorecard import PACE
from cxkit.records import Record, Result
from cxkit.report import page
from cxkit.report.blocks import Block, FindingBody
from cxkit.report.chapter import Item, chapter
from cxkit.report.evidence import Evidence, register
from cxkit.report.inputs import ReportInput
from cxkit.report.locale import local
from cxkit.report.making import figure_block, finding_block
from cxkit.report.mask import Mask
from cxkit.report.narrowing import narrowed
from cxkit.report.pack_tables import Cell, Table, tables_of
from cxkit.report.rendering import anchor, environment
from cxkit.report.scorecard import HEIGHT, WIDTH
from cxkit.report.sentences import Sentence, sentence
from cxkit.report.words import Words, words

Row = Mapping[Hashable, Any]
MOST_MEASURES, MOST_DECISIONS, MOST_DUE = 9, 6, 4
"""Rows of the first page; the rest stands behind it."""
SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("news", ("news", "measure", "changed", "moved")),
    ("why", ("why", "part")),
    ("decided", ("due", "scored", "score")),
    ("wins", ("wins", "win")),
    ("council", ("accountable", "seats", "chairs", "rights")),
)
"""Place of each part, with the endings of the findings that belong there."""


class Measure(Record):
    """One row of the scorecard; positions are those of the small drawing."""

    label: str
    value: Cell
    latest: Cell
    limits: str
    says: str
    """In two or three words whether it is news."""
    tone: str
    news: bool
    points: str = ""
    end: tuple[float, float] | None = None
    band: tuple[float, float] | None = None
    """Upper edge and height of the limits."""
    alt: str = ""


class Option(Record):
    """One way to decide."""

    name: str
    words: str


class Ask(Record):
    """One decision with all that it takes to take it."""

    anchor: str
    title: Sentence
    verdict: str
    state: str
    grade: str
    options: tuple[Option, ...]
    nothing: str
    chain: tuple[tuple[str, str], ...]
    grounds: str
    right: str
    allowed: bool
    key: str
    behind: tuple[Cell, ...]
    """Findings of the ledger row, each by its number in the register."""


class Part(Record):
    """One part behind the first page."""

    anchor: str
    name: str
    question: str
    items: tuple[Item, ...]
    tables: tuple[Table, ...] = ()


class Pack(Record):
    """Everything the page shows, with nothing left to decide."""

    client: str
    as_of: str
    language: str
    audience: str
    draft: tuple[str, ...]
    headline: Sentence
    lead: tuple[Sentence, ...]
    measures: tuple[Measure, ...]
    asks: tuple[Ask, ...]
    more: int
    """Decisions that stand behind the first page only."""
    due: tuple[Sentence, ...]
    parts: tuple[Part, ...]
    every: tuple[Ask, ...]
    gaps: tuple[Item, ...]
    evidence: tuple[Evidence, ...]
    hashes: tuple[tuple[str, str], ...]
    snapshot: str
    paced: tuple[str, ...] = ()
    """Measures whose latest month is shown at a yearly pace."""


def build(given: ReportInput) -> str:
    """Build ``council.html``. Raises `ReportError` when there is no council result, or the file would be too large."""
    given = narrowed(given)
    made = Mask(given.privacy, local(given.locale)).value(assemble(given))
    running = words(given.locale)("review.stamp") if given.draft else ""
    style, script = page.stylesheet(given.accent, running=running) + _asset("council.css"), _asset("script.js")
    html = (
        environment()
        .get_template("council.html.j2")
        .render(
            page=made,
            **page.spoken(given.locale),
            stamp=given.stamp,
            style=Markup(style),
            script=Markup(script),
            policy=page.policy(style, script),
            numbered={e.key: e for e in made.evidence},
            report="report.html",
            logo=given.logo,
            width=WIDTH,
            height=HEIGHT,
        )
        + "\n"
    )
    if len(html.encode("utf-8")) > page.LARGEST:
        raise ReportError(f"The council's pack would have more than {page.LARGEST:,} bytes.")
    return html


def assemble(given: ReportInput) -> Pack:
    """Arrange what the page shows; pure, and everything still unmasked."""
    given = narrowed(given)
    council = given.result("govern.council")
    if council is None:
        raise ReportError("There is no council result to make a pack from; run the govern notebook first.")
    bodies = {f.key: cast("FindingBody", finding_block(f).body) for f in given.findings}
    lines = {key: sentence(body) for key, body in bodies.items()}
    measures = tuple(_measure(row, council, given, bodies) for row in rows(council, "measures"))
    asks = tuple(_ask(row, council, bodies) for row in rows(council, "needed"))
    open_ = [ask for ask in asks if ask.state == "open"]
    parts = tuple(_parts(council, given, bodies))
    shown = {
        "headline": _headline(given, lines),
        "lead": tuple(
            lines[key]
            for key in ("govern.council.news", "govern.council.waiting", "govern.council.due")
            if key in lines
        ),
        "measures": tuple(sorted(measures, key=lambda m: not m.news))[:MOST_MEASURES],
        "asks": tuple(open_[:MOST_DECISIONS]),
        "due": tuple(_due(council, bodies)),
        "every": asks,
        "parts": parts,
    }
    cited = [bodies[key] for key in dict.fromkeys(page.keys_of(tuple(shown.values()))) if key in bodies]
    gaps = [b for b in given.blocks.get("govern", ()) if b.kind == "not_assessed" and ".council." in b.id]
    return Pack.model_validate(
        {
            **shown,
            "client": given.client,
            "as_of": f"{given.as_of.day} {given.as_of:%B %Y}",
            "language": local(given.locale).tag,
            "audience": given.audience,
            "draft": given.draft,
            "more": max(0, len(open_) - MOST_DECISIONS),
            "paced": tuple(
                text(r, "label") for r in rows(council, "measures") if text(r, "metric") in PACE and number(r, "centre")
            ),
            "gaps": chapter("govern", gaps, locale=given.locale).gaps,
            "evidence": register(
                cited,
                provenance=given.provenance,
                definitions=(),
                challenges=given.challenges,
                minimum=given.privacy.minimum,
                w=words(given.locale),
            ),
            "hashes": tuple(sorted(given.provenance.hashes.items())),
            "snapshot": given.provenance.snapshot,
        }
    )


def _headline(given: ReportInput, lines: Mapping[str, Sentence]) -> Sentence:
    """How many decisions are needed; without a plan, what is news."""
    for key in ("govern.council.needed", "govern.council.news", "govern.council.changed"):
        if key in lines:
            return lines[key]
    return Sentence(before=words(given.locale)("council.nothing", client=given.client), own=True)


def _measure(row: Row, council: Result, given: ReportInput, bodies: Mapping[str, FindingBody]) -> Measure:
    unit, w = cast("Unit", text(row, "unit") or "none"), words(given.locale)

    def said(name: str) -> str:
        return formats.quantity(number(row, name), unit, currency=given.currency).removesuffix(" per 1,000")

    own = f"govern.council.measure:{text(row, 'metric')}"
    judged = own in bodies
    limits = formats.interval(number(row, "limit_low"), number(row, "limit_high"), unit, currency=given.currency)
    values = [
        v
        for r in rows(council, "months")
        if text(r, "metric") == text(row, "metric") and (v := number(r, "value")) is not None
    ]
    drawn = _drawn(values, number(row, "limit_low"), number(row, "limit_high")) if judged else {}
    key = text(row, "finding_key")
    return Measure(
        label=text(row, "label") + (" per 1,000" if unit == "per_1000" else ""),
        value=Cell(words=said("value"), key=key) if key in bodies else Cell(),
        latest=Cell(words=said("latest"), key=own) if judged else Cell(),
        limits=limits.removesuffix(" per 1,000") if judged else "",
        says=_short(row, w),
        tone=text(row, "tone"),
        news=text(row, "signal") in {"outside", "shift"},
        alt=w(
            "council.measure_alt", measure=text(row, "label"), value=said("latest"), limits=limits, says=_short(row, w)
        )
        if judged
        else "",
        **drawn,
    )


def _short(row: Row, w: Words) -> str:
    """Whether a month is news, in few words."""
    match text(row, "signal"):
        case "inside":
            return w("council.no_news")
        case "outside":
            return w(f"council.{text(row, 'side')}")
        case "shift":
            return w(f"council.shift_{text(row, 'side')}")
        case _:
            return w("council.few_months", count=f"{number(row, 'months') or 0:.0f}")


def _drawn(values: Sequence[float], low: float | None, high: float | None) -> dict[str, Any]:
    """Months as points of a small drawing, with the band of their limits."""
    if low is None or high is None or len(values) < 2:
        return {}
    bottom, top = min(*values, low), max(*values, high)
    span = (top - bottom) or 1.0
    step = (WIDTH - 8) / (len(values) - 1)

    def down(value: float) -> float:
        return round(HEIGHT - 4 - (value - bottom) / span * (HEIGHT - 8), 1)

    points = [(round(4 + k * step, 1), down(v)) for k, v in enumerate(values)]
    return {
        "points": " ".join(f"{x:g},{y:g}" for x, y in points),
        "end": points[-1],
        "band": (down(high), round(down(low) - down(high), 1)),
    }


def _ask(row: Row, council: Result, bodies: Mapping[str, FindingBody]) -> Ask:
    id_ = text(row, "initiative_id")
    key = f"govern.council.decision:{id_}"
    body = bodies.get(key)
    options = [r for r in rows(council, "options") if text(r, "initiative_id") == id_]
    right = next((r for r in rows(council, "rights") if text(r, "initiative_id") == id_), {})
    chain = [part.split(": ", 1) for part in text(row, "chain").split(" · ") if ": " in part]
    return Ask(
        anchor=f"d-{anchor(id_)}",
        title=sentence(body) if body else Sentence(before=text(row, "initiative")),
        verdict=text(row, "verdict"),
        state=text(row, "state"),
        grade=text(row, "grade"),
        options=tuple(Option(name=text(o, "option").capitalize(), words=text(o, "says")) for o in options),
        nothing=text(row, "if_nothing"),
        chain=tuple((name, status) for name, status in chain),
        grounds=text(row, "reason"),
        right=text(right, "says"),
        allowed=text(right, "state") in {"", "within"},
        key=key if body else "",
        behind=tuple(Cell(words=k, key=k) for k in text(row, "finding_keys").split() if k in bodies),
    )


def _due(council: Result, bodies: Mapping[str, FindingBody]) -> Iterable[Sentence]:
    """Decisions that are overdue or due soon, latest first to last."""
    if "govern.council.due" not in bodies:
        return
    pending = [r for r in rows(council, "due") if text(r, "state") in {"overdue", "due soon"}]
    names = {text(r, "initiative_id"): text(r, "initiative") for r in rows(council, "scored")}
    for row in sorted(pending, key=lambda r: str(r["due"]))[:MOST_DUE]:
        name = names.get(text(row, "initiative_id")) or text(row, "initiative_id")
        said = f"{text(row, 'verdict').capitalize()} {name}".strip()
        yield Sentence(
            before=f"{said}: ",
            number=f"{text(row, 'state')}, {text(row, 'due')[:10]}",
            after=f" ({text(row, 'owner_role')})" if text(row, "owner_role") else "",
            key="govern.council.due",
        )


def _parts(council: Result, given: ReportInput, bodies: Mapping[str, FindingBody]) -> Iterable[Part]:
    figures = {"news": charts.limits, "why": charts.why}
    w = words(given.locale)
    for place, endings in SECTIONS:
        ids = {f"govern.council.{ending}" for ending in endings}
        told = [f for f in given.findings if f.id in ids]
        blocks: list[Block] = [finding_block(f) for f in sorted(told, key=lambda f: _rank(f.id, endings))]
        chart = figures.get(place)
        if chart is not None and chart.ready(council):
            blocks.insert(0, figure_block(chart, council))
        items = _items(blocks, given)
        tables = tuple(tables_of(place, council, given, bodies))
        if items or tables:
            yield _part(place, w, items, tables)
    for place, ending in (("actions", "actions"), ("units", "unit"), ("challenges", "challenged")):
        tables = tuple(tables_of(place, council, given, bodies))
        told = [f for f in given.findings if f.id == f"govern.council.{ending}"]
        if tables or told:
            items = _items([finding_block(f) for f in told], given)
            yield _part(place, w, items, tables)


def _part(place: str, w: Words, items: tuple[Item, ...], tables: tuple[Table, ...]) -> Part:
    name, question = w(f"council_part.{place}"), w(f"council_part.{place}_question")
    return Part(anchor=place, name=name, question=question, items=items, tables=tables)


def _rank(id: str, endings: Sequence[str]) -> int:
    return endings.index(id.rsplit(".", 1)[1])


def _items(blocks: Sequence[Block], given: ReportInput) -> tuple[Item, ...]:
    made = chapter("govern", blocks, audience=given.audience, locale=given.locale)
    return tuple(item for item in (made.lead, *made.items) if item is not None)


def _asset(name: str) -> str:
    return (files("cxkit.report") / "template" / name).read_text(encoding="utf-8").strip()
