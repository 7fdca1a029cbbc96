"""What a run publishes for the council: ``council.html``, one page to decide by and the rest behind it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from cxkit.engagement import challenges, evidence, history, results
from cxkit.engagement.history import Challenge
from cxkit.report import pack
from cxkit.report.challenged import Challenged
from cxkit.report.inputs import ReportInput

NAME = "council.html"


def write_council(building: Path, given: ReportInput) -> None:
    """Write the council's pack into a run being built; nothing where the run has no council result."""
    if given.result("govern.council") is not None:
        results.write_text(building / NAME, pack.build(given))


def objections(folder: Path, as_of: date) -> tuple[Challenged, ...]:
    """Challenges that stand beside a run's numbers: raised by that day, or later against this run or one before.

    A challenge changes no number, so that one raised against a run may be shown in the same run built anew.
    """
    found = []
    for one in challenges.folded(history.read(folder, Challenge)):
        rests = str(evidence.snapshot(folder, one.evidence).get("as_of", ""))
        if one.logged <= as_of.isoformat() or (rests and rests <= as_of.isoformat()):
            found.append(
                Challenged(
                    challenge_id=one.challenge_id,
                    finding=one.finding,
                    says=one.says,
                    author_role=one.author_role,
                    logged=one.logged,
                    answer=one.answer,
                    answered=one.answered,
                )
            )
    return tuple(found)
