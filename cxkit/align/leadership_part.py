"""What each part of the leadership review hands back: findings, gaps and rows of the list of questions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cxkit.records import Finding, Gap
from cxkit.tables.sheets import Row

Verdict = Literal["holds", "partly", "does not hold", "cannot tell"]
MONTHS = 12
"""Months of acts that are looked at."""
RECENT_DAYS = 90
"""Days within which a sponsor must have acted to be active."""


@dataclass
class Part:
    """Findings, gaps and checks of one part."""

    findings: list[Finding] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    checks: list[Row] = field(default_factory=list)
    tables: dict[str, list[Row]] = field(default_factory=dict)

    def check(self, question: str, verdict: Verdict, evidence: str) -> None:
        """Add one question with its verdict and what it rests on."""
        self.checks.append({"question": question, "verdict": verdict, "evidence": evidence})


def live(row: Row) -> bool:
    """Whether an initiative is approved or running: neither an idea, nor done, nor stopped.

    >>> live({"status": "running"}), live({"status": "idea"}), live({"status": None})
    (True, False, True)
    """
    return row["status"] not in {"idea", "done", "stopped"}
