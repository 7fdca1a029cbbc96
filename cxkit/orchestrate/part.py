"""A part of a result while it is being put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from cxkit.records import Finding, Gap


@dataclass(frozen=True)
class Part:
    """Findings, gaps and tables that one question brings to a result."""

    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @classmethod
    def joined(cls, parts: Iterable[Part]) -> Part:
        """Several parts as one, in order."""
        every = list(parts)
        return cls(
            tuple(f for p in every for f in p.findings),
            tuple(g for p in every for g in p.gaps),
            {name: table for p in every for name, table in p.tables.items()},
        )
