"""The decisions a report asks for, read from the allocation: fund, test first, stop."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal

from cxkit import formats
from cxkit.charts.reading import number, rows, text
from cxkit.records import Record
from cxkit.report.inputs import ReportInput
from cxkit.report.rendering import anchor
from cxkit.report.sentences import Sentence, plain

Row = Mapping[Hashable, Any]
Kind = Literal["fund", "test", "stop"]
KINDS: Mapping[str, Kind] = {"fund": "fund", "test first": "test", "stop": "stop"}
WORDS: Mapping[Kind, str] = {"fund": "Fund", "test": "Test first", "stop": "Stop"}
SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
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
        headline=_headline(table, groups, given.currency, key),
        decisions=tuple(_card(kind, group, given.currency, key) for kind, group in groups.items() if group),
        resolution=_resolution(groups, given, key),
    )


def _money(row: Row, kind: Kind) -> float | None:
    """What a row is about: money given, money asked for, money freed."""
    names = {"fund": ("amount", "ask"), "test": ("amount", "ask"), "stop": ("freed", "amount")}[kind]
    return next((v for name in names if (v := number(row, name))), None)


def _total(group: Sequence[Row], kind: Kind) -> float:
    return sum(_money(row, kind) or 0.0 for row in group)


def _card(kind: Kind, group: Sequence[Row], currency: str, key: str) -> Decision:
    total = _total(group, kind)
    amount = formats.money(total, currency) if total else ""
    count = f"{len(group)} initiative{'s' if len(group) != 1 else ''}"
    what = {"fund": f": {amount}", "test": f": {amount} waits", "stop": f", freeing {amount}"}[kind] if amount else ""
    return Decision(
        kind=kind,
        word=WORDS[kind],
        title=(text(group[0], "initiative") if len(group) == 1 else count) + what,
        asks=tuple(_ask(row, kind, currency, alone=len(group) == 1) for row in group[:MOST]),
        more=f"and {len(group) - MOST} more" if len(group) > MOST else "",
        key=key,
    )


def _ask(row: Row, kind: Kind, currency: str, *, alone: bool) -> Ask:
    value, grade = _money(row, kind), text(row, "grade")
    return Ask(
        name="" if alone else text(row, "initiative"),
        money="" if alone or not value else formats.money(value, currency),
        grounds=text(row, "reason") or (f"proof {grade}" if grade else "no proof"),
        anchor=f"i-{anchor(text(row, 'initiative_id'))}",
    )


def _headline(table: Sequence[Row], groups: Mapping[Kind, Sequence[Row]], currency: str, key: str) -> Sentence:
    """What is proven, what funding it is worth, and what stopping frees; every number is a sum over the plan."""
    proven = [r for r in groups["fund"] if text(r, "basis") == "proven"]
    worth = sum(number(r, "npv_go_forward") or 0.0 for r in proven)
    freed = _total(groups["stop"], "stop")
    stopping = f"stopping {_spelled(len(groups['stop']))} frees {formats.money(freed, currency)}" if freed else ""
    before = f"{_spelled(len(proven)).capitalize()} of {_spelled(len(table))} live initiatives is proven"
    if len(proven) != 1:
        before = before.replace(" is proven", " are proven")
    if proven and worth > 0:
        it = "it" if len(proven) == 1 else "them"
        tail = f", and {stopping}" if stopping else ""
        return Sentence(
            before=f"{before}; funding {it} is worth ", number=formats.money(worth, currency), after=tail, key=key
        )
    if not proven:
        before = f"None of {_spelled(len(table))} live initiatives is proven"
    waits = _total(groups["test"], "test")
    rest = [f"{formats.money(waits, currency)} waits for a test" if waits else "", stopping]
    said = formats.listing([part for part in rest if part])
    return plain(f"{before}; {said}" if said else before, key)


def _spelled(n: int) -> str:
    """A small number as a word."""
    return SMALL[n] if n < len(SMALL) else str(n)


def _resolution(groups: Mapping[Kind, Sequence[Row]], given: ReportInput, key: str) -> tuple[Sentence, ...]:
    """Two sentences: the ask with its money, then who decides by when and what happens otherwise."""
    parts = []
    for kind, verb, tail in (
        ("fund", "fund", "with"),
        ("test", "test", "first, which holds"),
        ("stop", "stop", "and free"),
    ):
        group = groups[kind]  # type: ignore[index]
        if not group:
            continue
        names = formats.listing([text(r, "initiative") for r in group], most=2)
        total = _total(group, kind)  # type: ignore[arg-type]
        money = f" {tail} {formats.money(total, given.currency)}" if total else (" first" if kind == "test" else "")
        parts.append(f"{verb} {names}{money}")
    asked = f"The council is asked to {'; to '.join(parts)}."
    return plain(asked, key), plain(_who(given, groups))


def _who(given: ReportInput, groups: Mapping[Kind, Sequence[Row]]) -> str:
    """Owner role, date, and what happens if nothing is decided."""
    council = given.result("govern.council")
    needed = [r for r in rows(council, "needed") if text(r, "state") != "decided"] if council is not None else []
    role = next((text(r, "owner_role") for r in needed if text(r, "owner_role")), "CX Council/Finance")
    when = f"by {given.next_council.day} {given.next_council:%B %Y}" if given.next_council else "at its next meeting"
    otherwise = _otherwise(needed, groups, given.currency)
    tail = f"; if nothing is decided, {otherwise}" if otherwise else ""
    return f"{role} decides {when}{tail}."


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
    groups: dict[Kind, list[Row]] = {kind: [] for kind in WORDS}
    for row in rows(allocation, "plan") if allocation is not None else []:
        if kind := KINDS.get(text(row, "verdict")):
            groups[kind].append(row)
    return groups


def _otherwise(needed: Sequence[Row], groups: Mapping[Kind, Sequence[Row]], currency: str) -> str:
    """What it costs to decide nothing: all that could be saved and all the proven value that waits, as on the cards."""
    saved, waits = _open_money(needed, groups)
    parts = [
        f"{formats.money(saved, currency)} that could be saved is spent" if saved else "",
        f"{formats.money(waits, currency)} of proven value waits" if waits > 0 else "",
    ]
    if said := formats.listing([part for part in parts if part]):
        return said
    heavy = max(needed, key=lambda r: number(r, "amount") or 0.0, default=None)
    return text(heavy, "if_nothing") if heavy is not None else ""
