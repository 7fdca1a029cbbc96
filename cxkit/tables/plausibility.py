"""The screen before any metric: what breaks no rule and still cannot be."""

from __future__ import annotations

from cxkit.tables.engine import Tables
from cxkit.tables.problems import Problem


def screen(tables: Tables) -> list[Problem]:
    """Look for what no business has; every problem is a warning with a sentence to act on."""
    return []
