"""How often a report may raise a false alarm, and which detector may spend how much of it.

Under the null what a report finds by looking (Align to Orchestrate) says "something is wrong" in at most 5 % of cases
altogether, not each detector for itself. The shares below add up to it (Bonferroni), and ``benchmarks/coverage.py``
measures what each of them really spends. Registered experiments are corrected among themselves, in Prove.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PER_REPORT = 0.05
"""Share of reports on a client without anything wrong that may raise a false alarm, experiments apart."""

SHARES: Mapping[str, float] = MappingProxyType(
    {
        "scorecard": 0.012,
        "trigger": 0.008,
        "conflict": 0.006,
        "reversal": 0.002,
        "perception": 0.006,
        "mix": 0.002,
        "owner": 0.002,
        "terms": 0.002,
        "segments": 0.002,
        "loop_outcome": 0.002,
        "enablement": 0.002,
        "changes": 0.002,
        "drift": 0.002,
    }
)
"""Detector → chance that it alone raises a false alarm in one report."""


def share(detector: str) -> float:
    """What one detector may spend.

    >>> share("trigger"), round(sum(SHARES.values()), 6) <= PER_REPORT
    (0.008, True)
    """
    return SHARES[detector]
