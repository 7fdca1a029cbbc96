"""The playbook that a client's people work by: moments, owners, limits, plays and knowledge, as one HTML file.

It lies beside the report and is made from the same input: the blocks that the orchestrate notebook showed, the saved
results, and the book of plays. It needs no script and asks for nothing; links lead into the report beside it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any

from babel.dates import get_day_names
from markupsafe import Markup

from cxkit import formats
from cxkit.charts.reading import number, rows, text
from cxkit.metrics.clock import Week
from cxkit.orchestrate import Play, PlayBook
from cxkit.orchestrate.plays_sentences import hours as in_words
from cxkit.records import Record, Result
from cxkit.report import page
from cxkit.report.blocks import FindingBody
from cxkit.report.inputs import WIDER, Definition, ReportInput
from cxkit.report.locale import local
from cxkit.report.making import finding_block
from cxkit.report.mask import Mask
from cxkit.report.rendering import anchor, environment
from cxkit.report.words import Words, words

Row = Mapping[Hashable, Any]
ABOUT = frozenset({"account", "answer", "ticket", "moment", "reason"})
"""What a play may be about besides a table."""
ITEMS = 3
"""Waiting improvements a moment names."""
PROCESS = {"moment": "moments", "reason": "reasons", "table": "tables"}


class Line(Record):
    """A sentence of the report, with where it stands there."""

    words: str
    href: str = ""
    grade: str = ""


class Called(Record):
    """A play and how often it calls, as a moment or a role lists it."""

    name: str
    place: str
    count: str = ""


class MomentCard(Record):
    """One moment as the people who run it need it."""

    place: str
    name: str
    owner: str
    """The role that answers for it; empty for nobody."""
    owned: str
    """Whether one person is named for it."""
    limit: str
    calendar: str
    kpi: str
    playbook: str
    knowledge: str
    self_serve: str
    lacks: tuple[str, ...] = ()
    told: tuple[Line, ...] = ()
    waits: tuple[str, ...] = ()
    plays: tuple[Called, ...] = ()


class Journey(Record):
    """The moments of one journey, in their order."""

    name: str
    moments: tuple[MomentCard, ...]


class PlayCard(Record):
    """One play."""

    place: str
    name: str
    within: str
    trigger: str
    steps: tuple[str, ...]
    hypothesis: str
    test: str
    today: str
    late: str
    tried: Line | None = None
    untried: str = ""
    """Why it could not be tried on the past, or evaluated at all."""
    own: bool = False
    ready: bool = True


class Desk(Record):
    """One owner role: its plays and today's work."""

    role: str
    place: str
    file: str
    plays: tuple[PlayCard, ...]
    count: str
    late: str


class Hours(Record):
    """One business calendar."""

    name: str
    open: tuple[tuple[str, str], ...]
    """Days and the hours of them."""
    closed: tuple[str, ...]
    """Days on which it is closed, from the day of the report on."""
    moments: tuple[str, ...]


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
    journeys = _journeys(given, register, plays, book, told)
    desks = _desks(plays, book, told, lists, w=words(given.locale))
    moments = [m for j in journeys for m in j.moments]
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
        desks=desks,
        journeys=journeys,
        hours=_hours(calendars, register, given),
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


def _journeys(
    given: ReportInput, register: Result | None, plays: Result | None, book: PlayBook, told: Mapping[str, Line]
) -> tuple[Journey, ...]:
    table = rows(register, "moments") if register is not None else []
    open_items = rows(register, "backlog") if register is not None else []
    today = rows(plays, "today") if plays is not None else []
    named, w = {p.id: p.name for p in book.plays}, words(given.locale)
    counts: dict[tuple[str, str], int] = {}
    for row in today:
        where = text(row, "moment_id"), text(row, "play")
        counts[where] = counts.get(where, 0) + 1
    groups: dict[str, list[MomentCard]] = {}
    order = sorted(table, key=lambda r: (number(r, "position") or 1e9, text(r, "moment_id")))
    for row in order:
        id = text(row, "moment_id")
        called = [
            Called(name=named[p], place=_place(p), count=w("handbook.count_today", count=f"{n:,}"))
            for (m, p), n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
            if m == id and p in named
        ]
        waiting = [_waiting(r, given.currency, w) for r in open_items if text(r, "moment_id") == id]
        groups.setdefault(text(row, "journey"), []).append(_moment(row, tuple(called), tuple(waiting), told, w=w))
    return tuple(
        Journey(name=name or w("handbook.other_moments"), moments=tuple(cards)) for name, cards in groups.items()
    )


def _moment(
    row: Row, called: tuple[Called, ...], waiting: tuple[str, ...], told: Mapping[str, Line], *, w: Words
) -> MomentCard:
    id, limit = text(row, "moment_id"), number(row, "sla_hours")
    calendar = text(row, "calendar")
    owned = {"one person": "one_person", "several": "several", "role only": "role_only"}.get(text(row, "owned_by"), "")
    keys = (f"orchestrate.service.sla_moment:{id}", f"orchestrate.first_value.median:{id}")
    more = (w("handbook.more", count=len(waiting) - ITEMS),) if len(waiting) > ITEMS else ()
    return MomentCard(
        place=f"m-{anchor(id)}",
        name=text(row, "moment") or id,
        owner=text(row, "owner_role"),
        owned=w(f"handbook.{owned}") if owned else "",
        limit=w("handbook.some_hours" if calendar else "handbook.round", hours=f"{limit:g}") if limit else "",
        calendar=calendar,
        kpi=text(row, "kpi"),
        playbook=text(row, "playbook"),
        knowledge=text(row, "knowledge"),
        self_serve=text(row, "self_serve"),
        lacks=tuple(filter(None, text(row, "lacks").split(", "))),
        told=tuple(_short(told[key], text(row, "moment")) for key in keys if key in told),
        waits=(*waiting[:ITEMS], *more),
        plays=called,
    )


def _short(line: Line, name: str) -> Line:
    """A sentence without the moment's name before it, which stands above."""
    bare = line.words.removeprefix(f"{name}: ")
    return line.model_copy(update={"words": bare[:1].upper() + bare[1:]})


def _waiting(row: Row, currency: str, w: Words) -> str:
    lost = number(row, "value_per_month")
    item = text(row, "item")
    return w("handbook.lost", item=item, money=formats.money(lost, currency)) if lost else item


def _desks(
    plays: Result | None, book: PlayBook, told: Mapping[str, Line], lists: Mapping[str, str], *, w: Words
) -> tuple[Desk, ...]:
    table = {text(r, "play"): r for r in rows(plays, "plays")} if plays is not None else {}
    tried = {text(r, "play") for r in rows(plays, "backtest")} if plays is not None else set()
    gaps = {g.subject: g.reason + _needs(g.needs, w) for g in plays.gaps} if plays is not None else {}
    groups: dict[str, list[Play]] = {}
    for play in book.plays:
        groups.setdefault(play.owner_role, []).append(play)

    def total(role: str, column: str) -> float:
        return sum(number(table.get(p.id, {}), column) or 0.0 for p in groups[role])

    made = []
    for role in sorted(groups, key=lambda r: (-total(r, "raised"), r)):
        cards = [_card(p, table.get(p.id, {}), told, gaps.get(p.id, ""), p.id in tried, w=w) for p in groups[role]]
        cards.sort(key=lambda c: not c.ready)
        late = total(role, "overdue")
        made.append(
            Desk(
                role=role,
                place=f"r-{anchor(role)}",
                file=lists.get(role, ""),
                plays=tuple(cards),
                count=f"{total(role, 'raised'):,.0f}" if any(c.ready for c in cards) else "–",
                late=f"{late:,.0f}" if late else "",
            )
        )
    return tuple(made)


def _needs(needs: Iterable[object], w: Words) -> str:
    listed = [str(n) for n in needs]
    return " " + w("part.would_take", tables=w.listing(listed)) if listed else ""


def _card(play: Play, row: Row, told: Mapping[str, Line], gap: str, tried: bool, *, w: Words) -> PlayCard:
    raised, late = number(row, "raised"), number(row, "overdue")
    ready = not text(row, "why_not") and raised is not None
    about = play.when.about if play.when.about in ABOUT else "table"
    today = "" if raised is None else w(f"handbook.today_{about}", n=raised, shown=f"{raised:,.0f}")
    line = told.get(f"orchestrate.plays.backtest:{play.id}") if tried else None
    untried = gap
    if not gap and line is None and not play.about_people:
        untried = w("handbook.no_past")
    elif not gap and line is None:
        untried = w("handbook.never_tried")
    return PlayCard(
        place=_place(play.id),
        name=play.name,
        within=in_words(number(row, "sla_hours") or play.sla_hours),
        trigger=play.when.says,
        steps=tuple(step[:1].upper() + step[1:] for step in play.steps),
        hypothesis=play.hypothesis,
        test=play.test,
        today=today,
        late=w("handbook.past", count=f"{late:,.0f}") if late else "",
        tried=line,
        untried=untried,
        own=play.own,
        ready=ready,
    )


def _place(play: str) -> str:
    return f"p-{anchor(play)}"


def _hours(calendars: Mapping[str, Week], register: Result | None, given: ReportInput) -> tuple[Hours, ...]:
    table = rows(register, "moments") if register is not None else []
    return tuple(
        Hours(
            name=name.replace("_", " ").capitalize(),
            open=opening(week, given.locale),
            closed=tuple(f"{d.day} {d:%B %Y}" for d in sorted(week.holidays) if d > given.as_of)[:12],
            moments=tuple(text(r, "moment") for r in table if text(r, "calendar") == name),
        )
        for name, week in calendars.items()
    )


def opening(week: Week, locale: str = "en") -> tuple[tuple[str, str], ...]:
    """Days with the same hours together, in the order of the week.

    >>> opening(Week({1: ((8.5, 17.0),), 2: ((8.5, 17.0),), 6: ((9.0, 12.0),)}))
    (('Monday and Tuesday', '08:30–17:00'), ('Saturday', '09:00–12:00'))
    """
    groups: list[tuple[list[int], str]] = []
    for day in range(1, 8):
        spells = sorted(week.hours.get(day, ()))
        said = ", ".join(f"{_clock(a)}–{_clock(b)}" for a, b in spells)
        if not said:
            continue
        if groups and groups[-1][1] == said and groups[-1][0][-1] == day - 1:
            groups[-1][0].append(day)
        else:
            groups.append(([day], said))
    return tuple((_span(days, locale), said) for days, said in groups)


def _span(days: Sequence[int], locale: str) -> str:
    w = words(locale)
    named = get_day_names("wide", locale=w.language)
    first, last = str(named[days[0] - 1]), str(named[days[-1] - 1])
    return (
        first
        if len(days) == 1
        else w("handbook.day_and" if len(days) == 2 else "handbook.day_to", first=first, last=last)
    )


def _clock(hour: float) -> str:
    minutes = round(hour * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _definitions(given: ReportInput) -> tuple[Definition, ...]:
    """Definitions that findings about moments and loops carry."""
    used = {f.definition for f in given.findings if f.stage in {"orchestrate", "instrument"} and f.definition}
    return tuple(d for d in given.definitions if d.id in used)


def _asset(name: str) -> str:
    return (files("cxkit.report") / "template" / name).read_text(encoding="utf-8").strip()
