"""Chapters of the consultant's own notebooks (``7-….ipynb`` and on), after the six stages."""

from __future__ import annotations

from cxkit.records import Record
from cxkit.report.blocks import Block


class OwnNotebook(Record):
    """One own notebook as it was run."""

    name: str
    """Its file name without the ending: ``7-branches``."""
    title: str
    """Its first heading."""
    blocks: tuple[Block, ...] = ()
