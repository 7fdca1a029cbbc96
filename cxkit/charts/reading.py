"""Reading a result for a figure: a cell as a number or a text, the unit and the currency of its findings."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import pandas as pd

from cxkit.formats import Unit
from cxkit.records import Result

Row = Mapping[Hashable, Any]


def number(row: Row, name: str) -> float | None:
    """A cell as a finite number, or None."""
    value = row.get(name)
    if value is None or isinstance(value, str | bool) or pd.isna(value):
        return None
    return float(value) if math.isfinite(float(value)) else None


def text(row: Row, name: str) -> str:
    """A cell as text, empty for what is missing."""
    value = row.get(name)
    return "" if value is None or (not isinstance(value, str) and pd.isna(value)) else str(value)


def rows(result: Result, name: str) -> list[dict[Hashable, Any]]:
    """A result's table as records; none when it is not there."""
    return result.frame(name).to_dict("records") if result.has(name) else []


def currency(result: Result) -> str:
    """The currency of the result, from its own field or its findings."""
    return str(getattr(result, "currency", "")) or next((f.currency for f in result.findings if f.currency), "")


def unit_of(result: Result, id: str) -> Unit:
    """The unit most findings of this id share; ``none`` without any."""
    units = Counter(f.unit for f in result.findings if f.id == id and f.value is not None)
    return units.most_common(1)[0][0] if units else "none"


def texts(sentences: Iterable[str], most: int = 6) -> str:
    """Sentences for an alt text, each closed, and how many were left out."""
    given = [s.rstrip(".") + "." for s in sentences if s]
    left = len(given) - most
    return " ".join([*given[:most], *([f"{left} more."] if left > 0 else [])])
