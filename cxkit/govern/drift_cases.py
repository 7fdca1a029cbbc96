"""What a drifted value does to a case: go-forward NPV with what was found in place of what was assumed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from cxkit.govern.reading import Row, records
from cxkit.govern.timing import present
from cxkit.records import Result


class Cases:
    """The cases of a run, read once; `redo` values one of them anew."""

    def __init__(self, result: Result | None) -> None:
        """Read ``quantify.cases``; None when nothing was valued."""
        self._rate = float(getattr(result, "discount_rate", 0.0))
        self._kept = 1.0 - float(getattr(result, "tax_rate", 0.0))
        self._cases = {row["initiative"]: row for row in records(result, "cases")}
        self._flows: dict[str, list[Row]] = {}
        for flow in records(result, "flows"):
            self._flows.setdefault(flow["initiative"], []).append(flow)
        self._rows: dict[str, list[Row]] = {}
        for row in records(result, "rows"):
            self._rows.setdefault(row["initiative"], []).append(row)

    def npv(self, initiative: str) -> float | None:
        """Go-forward NPV as the case has it."""
        row = self._cases.get(initiative)
        return None if row is None else row.get("go_forward_npv")

    def redo(self, initiative: str, ratio: float, benefit: str | None = None) -> float | None:
        """Go-forward NPV when one benefit (all of them, where none is named) brings `ratio` times what it does.

        Cash still to come of the benefit's block is shared among its rows by their present value; exact where a block
        has one row, or rows of one time profile.
        """
        npv = self.npv(initiative)
        if npv is None:
            return None
        cash = [f for f in self._flows.get(initiative, ()) if f["kind"] == "cashable" and f["index"] > 0]
        if benefit is None:
            return npv + (ratio - 1) * present(cash, self._rate)
        rows = [r for r in self._rows.get(initiative, ()) if r.get("kind") == "cashable"]
        mine = next((r for r in rows if r.get("benefit") == benefit), None)
        if mine is None:
            known = any(r.get("benefit") == benefit for r in self._rows.get(initiative, ()))
            return npv if known else None  # capacity or avoided growth: no cash of the case moves
        beside = [r for r in rows if r.get("block") == mine.get("block")]
        whole = math.fsum(r.get("pv") or 0.0 for r in beside)
        share = (mine.get("pv") or 0.0) / whole if whole else 1.0 / len(beside)
        block = present([f for f in cash if f["block"] == mine.get("block")], self._rate)
        return npv + (ratio - 1) * share * block

    def stated(self, benefit: str, name: str) -> float | None:
        """What the case of today has for an assumption of a benefit row."""
        for rows in self._rows.values():
            for row in rows:
                if row.get("benefit") == benefit:
                    value: Any = row.get("stated_confidence" if name == "confidence" else name)
                    return None if value is None else float(value)
        return None


def verdict(before: float | None, after: float | None) -> str:
    """Whether the case still holds.

    >>> verdict(10.0, 4.0), verdict(10.0, -1.0), verdict(-2.0, -3.0), verdict(None, None)
    ('still pays', 'no longer pays', 'did not pay before', 'cannot be computed')
    """
    if after is None or before is None:
        return "cannot be computed"
    if after > 0:
        return "still pays"
    return "no longer pays" if before > 0 else "did not pay before"


def plain(record: Any) -> Mapping[str, Any]:
    """A record as a mapping, whether it is one already or a model."""
    found: Mapping[str, Any] = record.model_dump() if hasattr(record, "model_dump") else record
    return found
