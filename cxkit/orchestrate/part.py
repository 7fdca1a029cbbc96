"""A part of a result while it is being put together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from cxkit.records import Finding, Gap

Memo = dict[tuple[Hashable, ...], "Part"]
"""Parts by what they hang on, for who computes a result again with one assumption moved."""


def remembered(memo: Memo | None, key: tuple[Hashable, ...], make: Callable[[], Part]) -> Part:
    """The part that `memo` keeps under `key`, else what `make` returns, which is kept.

    >>> memo: Memo = {}
    >>> remembered(memo, ("a", 7), Part) is remembered(memo, ("a", 7), Part)
    True
    """
    if memo is None:
        return make()
    if key not in memo:
        memo[key] = make()
    return memo[key]


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
