"""What changed since the last run: each finding beside its own record of last time, noise told from movement.

A finding has moved when the change is larger than the change that its intervals allow for: the square root of the sum
of both squared half-widths. That is the interval of a difference of two independent estimates; windows that overlap
make it too wide, never too narrow. An exact figure has moved when it is no longer the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cxkit.formats import quantity
from cxkit.records import Finding
from cxkit.tables.sheets import Kind

CHANGES: Mapping[str, Kind] = {
    "key": "text",
    "id": "text",
    "stage": "text",
    "initiative": "text",
    "subject": "text",
    "change": "text",
    "title": "text",
    "title_before": "text",
    "before": "number",
    "after": "number",
    "difference": "number",
    "noise": "number",
    "unit": "text",
    "grade_before": "text",
    "grade": "text",
    "tone": "text",
    "weight": "number",
    "says": "text",
}
"""`change` is moved, new, gone, regraded, redefined or unchanged."""


def compare(previous: Sequence[Mapping[str, Any]], findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """One row per finding of either run, moved ones first, then by money at stake.

    `previous` holds records of an earlier ``findings.json``.

    >>> old = {"id": "quantify.scorecard.grr", "value": 0.90, "low": 0.89, "high": 0.91, "unit": "ratio", "grade": "M"}
    >>> new = Finding(id="quantify.scorecard.grr", stage="quantify", title="GRR is 86 %", value=0.86, unit="ratio",
    ...               low=0.85, high=0.87)
    >>> [row["change"] for row in compare([old], [new])]
    ['moved']
    """
    before = {_key(record): record for record in previous if record.get("id")}
    now = {finding.key: finding for finding in findings}
    rows = [_row(before.get(key), finding) for key, finding in now.items()]
    rows += [_gone(record) for key, record in before.items() if key not in now]
    order = ("moved", "regraded", "redefined", "new", "gone", "unchanged")
    return sorted(rows, key=lambda row: (order.index(row["change"]), -row["weight"], row["key"]))


def _key(record: Mapping[str, Any]) -> str:
    parts = (record.get("id"), record.get("initiative"), record.get("subject"))
    return record.get("key") or ":".join(str(part) for part in parts if part)


def _row(old: Mapping[str, Any] | None, new: Finding) -> dict[str, Any]:
    row: dict[str, Any] = {
        **{"key": new.key, "id": new.id, "stage": new.stage, "initiative": new.initiative, "subject": new.subject},
        **{"title": new.title, "after": new.value, "unit": new.unit, "grade": new.grade, "tone": new.tone},
        "weight": new.weight,
    }
    if old is None:
        return row | {"change": "new", "says": "not assessed last time"}
    value, low, high = (_number(old.get(name)) for name in ("value", "low", "high"))
    row |= {"title_before": old.get("title"), "before": value, "grade_before": old.get("grade")}
    if old.get("unit") != new.unit or (old.get("definition") or "") != new.definition:
        return row | {"change": "redefined", "says": "its definition has changed; the two figures do not compare"}
    if value is None or new.value is None:
        same = old.get("title") == new.title
        return row | {"change": "unchanged" if same else "moved", "says": "as before" if same else "worded anew"}
    difference = new.value - value
    noise = math.hypot(_half(low, high), _half(new.low, new.high))
    row |= {"difference": difference, "noise": noise}
    was = f"{quantity(value, new.unit, currency=new.currency)} before, {new.value_text} now"
    if abs(difference) > noise + 1e-9 * max(abs(value), abs(new.value)):
        return row | {"change": "moved", "says": was}
    if old.get("grade") != new.grade:
        return row | {"change": "regraded", "says": f"grade {old.get('grade')} before, {new.grade} now"}
    return row | {"change": "unchanged", "says": f"{was}; within its own noise" if difference else "as before"}


def _gone(old: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: old.get(name) for name in ("id", "stage", "initiative", "subject", "unit")},
        **{"key": _key(old), "title_before": old.get("title"), "before": _number(old.get("value"))},
        **{"grade_before": old.get("grade"), "change": "gone", "weight": 0.0, "tone": "unknown"},
        "says": "no longer assessed, or no longer so",
    }


def _number(value: Any) -> float | None:
    """A number of a JSON record; infinities come as text."""
    if value is None or isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return None if math.isnan(found) else found


def _half(low: float | None, high: float | None) -> float:
    return 0.0 if low is None or high is None else (high - low) / 2
