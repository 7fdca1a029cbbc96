"""What changed since the report before this one: which numbers moved beyond their intervals, came or went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cxkit.records import Finding, Record


class Change(Record):
    """One number that changed."""

    kind: str
    """``moved``, ``new`` or ``gone``."""
    key: str
    title: str
    before: str = ""
    now: str = ""
    says: str = ""


class Changes(Record):
    """This report against the last one."""

    before: str
    """Day of the data of the report before, ISO."""
    changes: tuple[Change, ...] = ()
    unchanged: int = 0


def compare(before: Iterable[Mapping[str, Any]], now: Iterable[Finding], *, day: str) -> Changes:
    """Compare the findings of an earlier run with this one's."""
    known = {str(record["key"]): record for record in before}
    return Changes(before=day, unchanged=sum(f.key in known for f in now))
