"""The plays of a playbook, under the roles that answer for them, with what each calls for today."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from cxkit.charts.reading import number, rows, text
from cxkit.orchestrate import Play, PlayBook
from cxkit.orchestrate.plays_sentences import hours as in_words
from cxkit.records import Record, Result
from cxkit.report.rendering import anchor
from cxkit.report.words import Words

Row = Mapping[Hashable, Any]
ABOUT = frozenset({"account", "answer", "ticket", "moment", "reason"})
"""What a play may be about besides a table."""


class Line(Record):
    """A sentence of the report, with where it stands there."""

    words: str
    href: str = ""
    grade: str = ""


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


def desks(
    plays: Result | None, book: PlayBook, told: Mapping[str, Line], lists: Mapping[str, str], *, w: Words
) -> tuple[Desk, ...]:
    """Owner roles with their plays, the one with most to do first; `lists` maps a role to its action list."""
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
        place=place_of(play.id),
        name=play.name,
        within=in_words(number(row, "sla_hours") or play.sla_hours),
        trigger=play.when.says,
        steps=tuple(play.steps),
        hypothesis=play.hypothesis,
        test=play.test,
        today=today,
        late=w("handbook.past", count=f"{late:,.0f}") if late else "",
        tried=line,
        untried=untried,
        own=play.own,
        ready=ready,
    )


def place_of(play: str) -> str:
    """Where a play stands on the page."""
    return f"p-{anchor(play)}"
