"""The playbook that a client's people work by: moments, owners, limits, plays and knowledge, as one HTML file.

It lies beside the report and is made from the same input: the blocks that the orchestrate notebook showed, the saved
results, and the book of plays. It needs no script and asks for nothing; links lead into the report beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from markupsafe import Markup

from cxkit.metrics.clock import Week
from cxkit.orchestrate import PlayBook
from cxkit.records import Record
from cxkit.report import page
from cxkit.report.blocks import FindingBody
from cxkit.report.handbook_desks import Desk, Line, desks
from cxkit.report.handbook_hours import Hours, hours
from cxkit.report.handbook_moments import Journey, journeys
from cxkit.report.inputs import WIDER, Definition, ReportInput
from cxkit.report.locale import local
from cxkit.report.making import finding_block
from cxkit.report.mask import Mask
from cxkit.report.rendering import environment
from cxkit.report.words import words


class Handbook(Record):
    """Everything the page shows."""

    client: str
    as_of: str
    language: str
    audience: str
    headline: str
    lead: tuple[Line, ...]
    desks: tuple[Desk, ...]
    journeys: tuple[Journey, ...]
    hours: tuple[Hours, ...]
    definitions: tuple[Definition, ...]
    missing: str = ""
    timezone: str = ""
    switched_off: tuple[str, ...] = ()
    workbook: str = ""
    """The file with every list, relative to the page."""


def build(
    given: ReportInput, *, book: PlayBook, calendars: Mapping[str, Week], lists: Mapping[str, str], workbook: str = ""
) -> str:
    """Build ``playbook.html``; `lists` maps an owner role to its action list, `workbook` is that of all."""
    arranged = assemble(given, book=book, calendars=calendars, lists=lists)
    made = Mask(given.privacy, local(given.locale)).value(arranged.model_copy(update={"workbook": workbook}))
    style = page.stylesheet(given.accent) + _asset("handbook.css")
    shown = environment().get_template("handbook.html.j2")
    return (
        shown.render(
            page=made,
            stamp=given.stamp,
            style=Markup(style),
            policy=page.policy(style),
            report="report.html",
            **page.spoken(given.locale),
        )
        + "\n"
    )


def assemble(
    given: ReportInput, *, book: PlayBook, calendars: Mapping[str, Week], lists: Mapping[str, str]
) -> Handbook:
    """Arrange what the page shows; pure, and everything still unmasked."""
    told = _told(given)
    plays, register = given.result("orchestrate.plays"), given.result("orchestrate.register")
    by_journey = journeys(given, register, plays, book, told)
    by_role = desks(plays, book, told, lists, w=words(given.locale))
    moments = [m for j in by_journey for m in j.moments]
    w = words(given.locale)
    what = w("handbook.n_plays", n=len(book.plays))
    if moments:
        what = w("handbook.both", moments=w("handbook.n_moments", n=len(moments)), plays=what)
    return Handbook(
        client=given.client,
        as_of=f"{given.as_of.day} {given.as_of:%B %Y}",
        language=local(given.locale).tag,
        audience=given.audience,
        headline=w("handbook.headline", what=what),
        lead=_lead(told),
        desks=by_role,
        journeys=by_journey,
        hours=hours(calendars, register, given),
        definitions=_definitions(given),
        missing="" if moments else w("handbook.missing"),
        timezone=given.timezone,
        switched_off=book.switched_off,
    )


def _told(given: ReportInput) -> dict[str, Line]:
    """Findings by key, as the notebook's blocks word them, else as the results do; with their place in the report."""
    cited = {e.key: e.anchor for e in page.assemble(given).evidence}
    bodies = {f.key: finding_block(f).body for f in given.findings if f.stage == "orchestrate"}
    for block in given.blocks.get("orchestrate", ()):
        if isinstance(block.body, FindingBody) and block.body.audience in WIDER[given.audience]:
            bodies[block.body.key] = block.body
    return {
        key: Line(words=body.title, href=f"report.html#{cited[key]}" if key in cited else "", grade=body.grade)
        for key, body in bodies.items()
        if isinstance(body, FindingBody)
    }


def _lead(told: Mapping[str, Line]) -> tuple[Line, ...]:
    ids = (
        "orchestrate.plays.today",
        "orchestrate.plays.overdue",
        "orchestrate.register.owner",
        "orchestrate.service.sla",
    )
    return tuple(told[id] for id in ids if id in told)


def _definitions(given: ReportInput) -> tuple[Definition, ...]:
    """Definitions that findings about moments and loops carry."""
    used = {f.definition for f in given.findings if f.stage in {"orchestrate", "instrument"} and f.definition}
    return tuple(d for d in given.definitions if d.id in used)


def _asset(name: str) -> str:
    return (files("cxkit.report") / "template" / name).read_text(encoding="utf-8").strip()
