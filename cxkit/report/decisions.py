"""The decisions a report asks for, read from the allocation: fund, test first, stop."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal

from cxkit import formats
from cxkit.charts.reading import number, rows, text
from cxkit.records import Record
from cxkit.report.inputs import ReportInput
from cxkit.report.locale import local
from cxkit.report.rendering import anchor
from cxkit.report.sentences import Sentence, plain
from cxkit.report.words import words

Row = Mapping[Hashable, Any]
Kind = Literal["fund", "test", "stop"]
KINDS: Mapping[str, Kind] = {"fund": "fund", "test first": "test", "stop": "stop"}
ORDER: tuple[Kind, ...] = ("fund", "test", "stop")
NAMED = 2
"""Initiatives an ask names in the conclusion."""
MOST = 4
"""Initiatives a card names."""


class Ask(Record):
    """One initiative on a card."""

    name: str
    money: str = ""
    grounds: str = ""
    anchor: str = ""
    """Its card in the ledger."""


class Decision(Record):
    """One card: what to decide, with its money and its grounds."""

    kind: Kind
    word: str
    title: str
    asks: tuple[Ask, ...] = ()
    more: str = ""
    key: str = ""


class Plan(Record):
    """What the allocation asks for."""

    headline: Sentence = Sentence()
    decisions: tuple[Decision, ...] = ()
    resolution: tuple[Sentence, ...] = ()


def plan(given: ReportInput) -> Plan:
    """Read the allocation and the council's page; without an allocation nothing is asked for."""
    allocation = given.result("govern.allocation")
    table = rows(allocation, "plan") if allocation is not None else []
    groups = _groups(given)
    if allocation is None or not any(groups.values()):
        return Plan()
    for kind, group in groups.items():
        group.sort(key=lambda r: (-(_money(r, kind) or 0.0), text(r, "initiative_id")))
    found = allocation.finding("govern.allocation.plan")
    key = found.key if found else ""
    return Plan(
        headline=_headline(table, groups, given, key),
        decisions=tuple(_card(kind, group, given, key) for kind, group in groups.items() if group),
        resolution=_resolution(groups, given, key),
    )


def _money(row: Row, kind: Kind) -> float | None:
    """What a row is about: money given, money asked for, money freed."""
    names = {"fund": ("amount", "ask"), "test": ("amount", "ask"), "stop": ("freed", "amount")}[kind]
    return next((v for name in names if (v := number(row, name))), None)


def _total(group: Sequence[Row], kind: Kind) -> float:
    return sum(_money(row, kind) or 0.0 for row in group)


def _card(kind: Kind, group: Sequence[Row], given: ReportInput, key: str) -> Decision:
    total = _total(group, kind)
    w, currency = words(given.locale), given.currency
    amount = formats.money(total, currency) if total else ""
    what = text(group[0], "initiative") if len(group) == 1 else w("front.initiatives", n=len(group))
    return Decision(
        kind=kind,
        word=w(f"front.{kind}"),
        title=w(f"front.{kind}_title", what=what, money=amount) if amount else what,
        asks=tuple(_ask(row, kind, given, alone=len(group) == 1) for row in group[:MOST]),
        more=w("front.more", count=len(group) - MOST) if len(group) > MOST else "",
        key=key,
    )


def _ask(row: Row, kind: Kind, given: ReportInput, *, alone: bool) -> Ask:
    w = words(given.locale)
    value, grade = _money(row, kind), text(row, "grade")
    return Ask(
        name="" if alone else text(row, "initiative"),
        money="" if alone or not value else formats.money(value, given.currency),
        grounds=text(row, "reason") or (w("front.proof", grade=grade) if grade else w("front.no_proof")),
        anchor=f"i-{anchor(text(row, 'initiative_id'))}",
    )


def _headline(table: Sequence[Row], groups: Mapping[Kind, Sequence[Row]], given: ReportInput, key: str) -> Sentence:
    """What is proven, what funding it is worth, and what stopping frees; every number is a sum over the plan."""
    proven = [r for r in groups["fund"] if text(r, "basis") == "proven"]
    worth = sum(number(r, "npv_go_forward") or 0.0 for r in proven)
    freed = _total(groups["stop"], "stop")
    w, currency, every = words(given.locale), given.currency, len(table)
    stopping = ""
    if freed:
        stopping = w("front.stopping", some=w.spelled(len(groups["stop"])), money=formats.money(freed, currency))
    some = w.spelled(len(proven)).capitalize()
    before = w("front.proven", n=len(proven), some=some, all=w.spelled(every))
    if proven and worth > 0:
        return Sentence(
            before=before + w("front.worth", n=len(proven)),
            number=formats.money(worth, currency),
            after=w("front.and_stopping", stopping=stopping) if stopping else "",
            key=key,
            own=True,
        )
    if not proven:
        before = w("front.none_proven", all=w.spelled(every))
    waits = _total(groups["test"], "test")
    rest = [w("front.waits", money=formats.money(waits, currency)) if waits else "", stopping]
    said = w.listing([part for part in rest if part])
    return plain(w("front.says", first=before, rest=said) if said else before, key)


def _resolution(groups: Mapping[Kind, Sequence[Row]], given: ReportInput, key: str) -> tuple[Sentence, ...]:
    """The asks with their money, a sentence each, then who decides by when and what happens otherwise."""
    said = words(given.locale)
    asked: list[Sentence] = []
    for kind, group in groups.items():
        if not group:
            continue
        names = [text(r, "initiative") for r in group]
        total = _total(group, kind)
        money = formats.money(total, given.currency) if total else ""
        opening = "again" if asked else "first"
        more = len(names) - NAMED
        listed = ", ".join(names[:NAMED]) if more > 0 else said.listing(names)
        known = said("ask.more", names=listed, n=more) if more > 0 else listed
        what = said(f"ask.{kind}" if money else f"ask.{kind}_only", names=known, money=money)
        asked.append(plain(said(f"ask.{opening}", what=what), key, value=money))
    return *asked, plain(_who(given, groups))


def _who(given: ReportInput, groups: Mapping[Kind, Sequence[Row]]) -> str:
    """Owner role, date, and what happens if nothing is decided."""
    council = given.result("govern.council")
    needed = [r for r in rows(council, "needed") if text(r, "state") != "decided"] if council is not None else []
    role = next((text(r, "owner_role") for r in needed if text(r, "owner_role")), "")
    said = words(given.locale)
    role = role or said("front.role")
    due = given.next_council
    when = said("ask.by", day=local(given.locale).date(due)) if due else said("ask.next")
    otherwise = _otherwise(needed, groups, given)
    tail = said("ask.otherwise", what=otherwise) if otherwise else ""
    return said("ask.decides", role=role, when=when, tail=tail)


def at_stake(given: ReportInput) -> float | None:
    """Money that hangs on what is not decided yet: what stopping could save, and proven value that waits.

    None where nothing is asked for.
    """
    council = given.result("govern.council")
    needed = [r for r in rows(council, "needed") if text(r, "state") != "decided"] if council is not None else []
    if not needed:
        return None
    saved, waits = _open_money(needed, _groups(given))
    return saved + waits


def _open_money(needed: Sequence[Row], groups: Mapping[Kind, Sequence[Row]]) -> tuple[float, float]:
    """Of the initiatives still to be decided on: what stopping them frees, and the worth of those that are proven."""
    open_ = {text(row, "initiative_id") for row in needed}
    left = {kind: [r for r in group if text(r, "initiative_id") in open_] for kind, group in groups.items()}
    saved = _total([r for r in left["stop"] if number(r, "freed")], "stop")
    waits = sum(number(r, "npv_go_forward") or 0.0 for r in left["fund"] if text(r, "basis") == "proven")
    return saved, max(0.0, waits)


def _groups(given: ReportInput) -> dict[Kind, list[Row]]:
    """The plan's rows by what they ask for."""
    allocation = given.result("govern.allocation")
    groups: dict[Kind, list[Row]] = {kind: [] for kind in ORDER}
    for row in rows(allocation, "plan") if allocation is not None else []:
        if kind := KINDS.get(text(row, "verdict")):
            groups[kind].append(row)
    return groups


def _otherwise(needed: Sequence[Row], groups: Mapping[Kind, Sequence[Row]], given: ReportInput) -> str:
    """What it costs to decide nothing: all that could be saved and all the proven value that waits, as on the cards."""
    saved, waits = _open_money(needed, groups)
    w = words(given.locale)
    parts = [
        w("front.saved", money=formats.money(saved, given.currency)) if saved else "",
        w("front.value_waits", money=formats.money(waits, given.currency)) if waits > 0 else "",
    ]
    if said := w.listing([part for part in parts if part]):
        return said
    if local(given.locale).foreign:
        return ""  # what the plan says of it is in English, and no half of a sentence
    heavy = max(needed, key=lambda r: number(r, "amount") or 0.0, default=None)
    return text(heavy, "if_nothing") if heavy is not None else ""
