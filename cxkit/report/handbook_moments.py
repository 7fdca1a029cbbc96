"""The moments of a playbook, journey by journey: who answers, by when, and what waits there."""

from __future__ import annotations

from collections.abc import Mapping

from cxkit import formats
from cxkit.charts.reading import number, rows, text
from cxkit.orchestrate import PlayBook
from cxkit.records import Record, Result
from cxkit.report.handbook_desks import Line, Row, place_of
from cxkit.report.inputs import ReportInput
from cxkit.report.rendering import anchor
from cxkit.report.words import Words, words

ITEMS = 3
"""Waiting improvements a moment names."""


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


def journeys(
    given: ReportInput, register: Result | None, plays: Result | None, book: PlayBook, told: Mapping[str, Line]
) -> tuple[Journey, ...]:
    """The moments of each journey in their order, with what the plays and the backlog hold for them."""
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
            Called(name=named[p], place=place_of(p), count=w("handbook.count_today", count=f"{n:,}"))
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
