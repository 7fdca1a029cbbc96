"""What a moment is called, and how a share or a duration is put into a sentence."""

from __future__ import annotations

import math

import pandas as pd

from cxkit import formats
from cxkit.records import Missing
from cxkit.tables.engine import Tables


def moment_names(tables: Tables) -> dict[str, str]:
    """Moment id → name, as the client writes it; ids that are in no register are left to speak for themselves."""
    if isinstance(tables.require("moments", "moment_id"), Missing):
        return {}
    rows = tables.frame("SELECT moment_id, min(moment) AS moment FROM moments GROUP BY 1 ORDER BY 1")
    return {str(k): str(v) for k, v in zip(rows["moment_id"], rows["moment"], strict=True) if isinstance(v, str)}


def labelled(rows: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """The frame with ``label``: the moment's name, or the group as it is."""
    label = [
        "All tickets" if d == "all" else names.get(str(g), str(g)) if d == "moment" else str(g)
        for d, g in zip(rows["dimension"], rows["group"], strict=True)
    ]
    rows = rows.copy()
    rows.insert(2, "label", label)
    return rows


def optional(value: float | None) -> float | None:
    """A number, or None where it is missing.

    >>> optional(float("nan")) is None
    True
    """
    return None if value is None or math.isnan(value) else float(value)


def duration(days: float) -> str:
    """Days in words, with the hours while shorter than two days.

    >>> duration(0.5), duration(12), duration(math.inf)
    ('0.5 days (12 hours)', '12.0 days', 'never')
    """
    hours = f" ({formats.number(days * 24, 0)} hours)" if days < 2 else ""
    return formats.quantity(days, "days") + hours


def chance(p: float) -> str:
    """A p-value as a reader can take it.

    >>> chance(0.0321), chance(4e-24)
    ('p = 0.032', 'p below 0.0001')
    """
    return "p below 0.0001" if p < 0.0001 else f"p = {p:.2g}"


def too_few(n: int, what: str, least: int) -> str:
    """Title of a finding whose n is below the method's minimum: no verdict, no interval.

    >>> too_few(12, "tickets", 30)
    '12 tickets are too few to judge by (30 are needed)'
    """
    verb = "is" if n == 1 else "are"
    return f"{n:,} {what if n != 1 else what.removesuffix('s')} {verb} too few to judge by ({least} are needed)"


def spoken(event: str) -> str:
    """The name of an event as a sentence writes it.

    >>> spoken("order_placed")
    'order placed'
    """
    return event.replace("_", " ")
