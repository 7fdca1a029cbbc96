"""How often a report may raise a false alarm, and which detector may spend how much of it.

Under the null what a report finds by looking (Align and Quantify) says "something is wrong" in at most 5 % of cases
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
        "scorecard": 0.015,
        "trigger": 0.010,
        "conflict": 0.010,
        "reversal": 0.0025,
        "perception": 0.010,
        "mix": 0.0025,
    }
)
"""Detector → chance that it alone raises a false alarm in one report."""


def share(detector: str) -> float:
    """What one detector may spend.

    >>> share("trigger"), round(sum(SHARES.values()), 6) <= PER_REPORT
    (0.01, True)
    """
    return SHARES[detector]
