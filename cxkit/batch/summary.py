"""How a client's run ended, and what is said of it at the end of a batch."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from cxkit.records import Record

UNCHANGED = "unchanged"


class Ended(Record):
    """How a client's run ended."""

    client: str
    status: Literal["done", "failed"]
    as_of: str = ""
    seconds: float = 0.0
    unchanged: bool = False
    """Whether it was not run, because nothing it read or made has changed since."""
    report: Path | None = None
    headline: str = ""
    kept: tuple[str, ...] = ()
    """Stages that were taken over, because they were computed on the same before."""
    reason: str = ""
    """Why it failed, in one or more lines."""
    open: Path | None = None
    """The file to open to see the failure."""
    beside: tuple[str, ...] = ()
    """What lies beside the report."""
    note: str = ""
    """Why there is no print, where one was asked for."""
    unfinished: str = ""
    """Which added notebooks failed and why, where the report was published without them; a draft until they run."""


def silence(code: int | None) -> str:
    """Why a client failed whose process went away without a word."""
    return f"its process ended without a word (exit code {code}); most often memory ran out"


def print_summary(ended: Sequence[Ended], board: Path | None) -> None:
    """Say on standard output where every report is, and for each failure why and which file to open."""
    for one in ended:
        if one.status == "done":
            how = UNCHANGED if one.unchanged else f"{one.seconds:.1f} s"
            print(f"✓ {one.client} ({one.as_of}, {how}): {one.headline}\n    {one.report}")
            if one.kept and not one.unchanged:
                print(f"    computed before and still valid: {', '.join(one.kept)}")
            if one.beside:
                print(f"    beside it: {', '.join(one.beside)}")
            if one.note:
                print(f"    no print: {one.note}")
            if one.unfinished:
                reason = "\n    ".join(one.unfinished.splitlines())
                print(f"  ✗ without an added notebook that failed; the report is a draft:\n    {reason}")
        else:
            reason = "\n    ".join(one.reason.splitlines())
            print(f"✗ {one.client}: {reason}")
        if one.open:
            print(f"    open {one.open}")
    if board is not None:
        print(f"All clients: {board}")
    sys.stdout.flush()
