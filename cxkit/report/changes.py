"""What changed since the report before this one: which numbers moved beyond their intervals, came or went.

A number has moved when the difference of the two lies beyond what both intervals leave room for: further than the
root of the sum of the squared half-widths that face each other. That is the interval of a difference of independent
estimates; months that overlap move together, so that with rolling windows fewer moves are called than there are. That
a number moved says nothing about why. A finding has turned when what was called good is called bad now, or the
other way round: the judgement changed, whether or not the number moved beyond chance.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal, cast

from pydantic import Field

from cxkit import formats
from cxkit.formats import Unit
from cxkit.records import Finding, Record
from cxkit.report.ranking import ranked

MOST = 12
"""Changes that are told one by one."""
Kind = Literal["moved", "turned", "gone", "redefined", "new"]
KINDS: tuple[Kind, ...] = ("moved", "turned", "gone", "redefined", "new")

COMPARING = frozenset({"govern.council.moved", "govern.maturity.moved"})
"""Findings that compare two runs themselves; that there is one now is no news."""


class Change(Record):
    """One number that changed."""

    kind: Kind
    key: str
    title: str
    """What the finding says now; for one that is gone, what it said."""
    was: str = ""
    """The value before, with its interval."""
    now: str = ""
    turned: Literal["", "good", "bad"] = ""
    """What it is called now that was called the opposite."""


class Taken(Record):
    """What became of one decision since the report before."""

    kind: Literal["decided", "done", "withdrawn"]
    day: str
    about: str
    """The initiative and what was decided on it."""
    role: str = ""
    """Who answers for it."""


class Changes(Record):
    """This report against the one before."""

    before: str
    """Day of the data of the report before, ISO."""
    changes: tuple[Change, ...] = ()
    more: int = 0
    """Further changes, not told one by one."""
    counts: Mapping[str, int] = Field(default_factory=dict)
    """How many numbers moved, were defined anew, came and went."""
    steady: int = 0
    """Numbers with both intervals, which leave room for no change."""
    untold: int = 0
    """Numbers without an interval then or now: whether they moved cannot be told."""
    taken: tuple[Taken, ...] = ()
    """Decisions taken, carried out or taken back since, in the order of their days."""


def compare(
    before: Iterable[Mapping[str, Any]], now: Iterable[Finding], *, day: str, taken: Iterable[Taken] = ()
) -> Changes:
    """Compare the findings of an earlier run (records of ``findings.json``) with this one's.

    What moved comes first, then what turned, each kind by the money at stake. A metric defined anew is not compared.
    A record's `tone` says what it was called; one without it has not turned.
    """
    then = {str(record["key"]): record for record in before}
    current = {f.key: f for f in now if f.stage != "data"}
    found: dict[Kind, list[Change]] = {kind: [] for kind in KINDS}
    steady = untold = 0
    for finding in ranked(current.values()):
        old = then.get(finding.key)
        kind = _kind(old, finding)
        if kind is None:
            if old is not None and old.get("value") is not None and finding.value is not None:
                held = _held(old) and _held(finding.model_dump())
                steady, untold = steady + held, untold + (not held)
            continue
        found[kind].append(_change(kind, finding, old))
    for key, old in then.items():
        if key not in current and not key.startswith("data.") and old.get("value") is not None:
            found["gone"].append(Change(kind="gone", key="", title=str(old["title"]), was=worth(old)))
    told = [change for kind in KINDS for change in found[kind]]
    return Changes(
        before=day,
        changes=tuple(told[:MOST]),
        more=max(0, len(told) - MOST),
        counts={kind: len(changes) for kind, changes in found.items()},
        steady=steady,
        untold=untold,
        taken=tuple(taken),
    )


def since(decisions: Iterable[Mapping[str, Any]], before: date, names: Mapping[str, str]) -> tuple[Taken, ...]:
    """What was decided, carried out or taken back after the day of the report before.

    `decisions` are rows of ``govern.council``'s `due`; `names` are the initiatives' by id.

    >>> row = {"decided": date(2026, 10, 8), "initiative_id": "I7", "verdict": "fund", "owner_role": "Finance"}
    >>> [(t.kind, t.about, t.role) for t in since([row], date(2026, 9, 30), {"I7": "Call back"})]
    [('decided', 'Call back: fund', 'Finance')]
    """
    kinds: tuple[Literal["decided", "done", "withdrawn"], ...] = ("decided", "done", "withdrawn")
    found: list[tuple[date, Taken]] = []
    for row in decisions:
        subject = names.get(str(row.get("initiative_id") or ""), str(row.get("initiative_id") or ""))
        about = ": ".join(filter(None, [subject, str(row.get("verdict") or "")]))
        for kind in kinds:
            on = row.get(kind)
            if isinstance(on, date) and on > before:
                said = f"{on.day} {on:%B %Y}"
                found.append((on, Taken(kind=kind, day=said, about=about, role=str(row.get("owner_role") or ""))))
    return tuple(taken for _, taken in sorted(found, key=lambda f: (f[0], f[1].about, f[1].kind)))


def _kind(old: Mapping[str, Any] | None, new: Finding) -> Kind | None:
    """What became of a finding; None when nothing can be said to have."""
    if old is None:
        return "new" if new.value is not None and new.tone in {"good", "bad"} and new.id not in COMPARING else None
    if (old.get("definition") or "") != new.definition or old.get("unit") != new.unit:
        return "redefined"
    return "moved" if moved(old, new) else "turned" if _turned(old, new) else None


def _turned(old: Mapping[str, Any] | None, new: Finding) -> Literal["", "good", "bad"]:
    """What a finding is called now, where it was called the opposite; empty where it was not."""
    if old is None or {old.get("tone"), new.tone} != {"good", "bad"}:
        return ""
    return "good" if new.tone == "good" else "bad"


def moved(old: Mapping[str, Any], new: Finding) -> bool:
    """Whether a number moved beyond what both intervals leave room for; one without an interval never says so.

    >>> one = Finding(id="prove.a", stage="prove", title="a", value=0.9, low=0.88, high=0.92)
    >>> moved({"value": 0.8, "low": 0.78, "high": 0.82}, one), moved({"value": 0.89, "low": 0.85, "high": 0.93}, one)
    (True, False)
    """
    ends = [old.get(name) for name in ("value", "low", "high")] + [new.value, new.low, new.high]
    if any(end is None or not math.isfinite(float(end)) for end in ends):
        return False
    a, a_low, a_high, b, b_low, b_high = (float(end) for end in ends if end is not None)
    room = math.hypot(a_high - a, b - b_low) if b > a else math.hypot(a - a_low, b_high - b)
    return abs(b - a) > room


def _change(kind: Kind, new: Finding, old: Mapping[str, Any] | None) -> Change:
    if kind == "redefined":  # the two say different things, and stand side by side nowhere
        return Change(kind=kind, key=new.key, title=new.title)
    was = worth(old) if old is not None else ""
    return Change(
        kind=kind, key=new.key, title=new.title, was=was, now=worth(new.model_dump()), turned=_turned(old, new)
    )


def _held(record: Mapping[str, Any]) -> bool:
    """Whether a record has a value with both ends of an interval."""
    return all(record.get(name) is not None and math.isfinite(float(record[name])) for name in ("value", "low", "high"))


def worth(record: Mapping[str, Any]) -> str:
    """A record's value with its interval, in words; empty without a value.

    >>> worth({"value": 0.9, "low": 0.88, "high": 0.92, "unit": "ratio"})
    '90.0\\u202f% (88.0 to 92.0\\u202f%)'
    """
    value, currency = record.get("value"), str(record.get("currency") or "")
    unit = cast("Unit", record.get("unit") or "none")
    if value is None:
        return ""
    between = formats.interval(record.get("low"), record.get("high"), unit, currency=currency)
    return formats.quantity(float(value), unit, currency=currency) + (f" ({between})" if between else "")
