"""Draft until reviewed: what was written against other numbers than today's, and who has looked at it since."""

from __future__ import annotations

from pathlib import Path

from cxkit.engagement.store import Store


def draft(folder: Path, store: Store, *, place: Path) -> tuple[str, ...]:
    """Why a report on the results in `place` is still a draft, one sentence each; empty when nothing needs review."""
    return ()
