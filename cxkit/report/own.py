"""Notebooks that a consultant added (``7-….ipynb`` and on): what they showed, named so that nothing is met twice.

What such a notebook says itself, and not through a result of a stage, begins with ``own.``; the notebook's name is
added when a report is built (``own.7-branches.…``), since a kernel does not know which notebook it runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

import pandas as pd

from cxkit import STAGES
from cxkit.records import Finding, Record, Result, Stage
from cxkit.report.blocks import Block, FindingBody, TableBody

STAGE: Stage = "own"
LONGEST = 60
"""Letters of a name made from a title."""


class OwnNotebook(Record):
    """One added notebook as it was run."""

    name: str
    """Its file name without the ending: ``7-branches``."""
    title: str
    """Its first heading."""
    blocks: tuple[Block, ...] = ()
    done: bool = True
    """Whether it ran to its end; one that did not shows nothing and leaves the report a draft."""


class OwnFindings(Result):
    """What added notebooks say themselves: their findings, and the tables they showed."""

    stage: ClassVar[str] = "own"
    name: ClassVar[str] = "notebooks"


def own_notebook(
    name: str,
    document: Mapping[str, Any],
    blocks: Sequence[Block],
    *,
    done: bool = True,
    change: Callable[[str], str] = str,
) -> OwnNotebook:
    """An added notebook from its file (as JSON) and the blocks in it; `change` masks the names made from titles."""
    title = heading(document) or name.partition("-")[2].replace("-", " ").replace("_", " ").strip().capitalize()
    return OwnNotebook(name=name, title=title, blocks=named(blocks, name, change) if done else (), done=done)


def added(name: str) -> bool:
    """Whether a notebook of this name is a consultant's own: numbered after the six stages.

    >>> added("7-branches"), added("12-regions"), added("5-prove"), added("notes")
    (True, True, False, False)
    """
    number = re.match(r"([1-9]\d?)-.", name)
    return number is not None and int(number[1]) > len(STAGES)


def heading(document: Mapping[str, Any]) -> str:
    r"""The first heading of a notebook, without a number before it; empty where it has none.

    >>> heading({"cells": [{"cell_type": "markdown", "source": ["# 7 · *Branches*\n", "Which ones?"]}]})
    'Branches'
    """
    for cell in document.get("cells", []):
        found = re.search(r"^ {0,3}#{1,6}[ \t]+(\S.*?)[ \t#]*$", "".join(cell.get("source", "")), flags=re.MULTILINE)
        if cell.get("cell_type") == "markdown" and found:
            return re.sub(r"^\d+\s*[·.:)–-]\s*", "", re.sub(r"[*`]|(?<!\w)_|_(?!\w)", "", found[1])).strip()
    return ""


def slug(text: str) -> str:
    """A name made from a title: its words without the numbers, so that it stays when a number changes.

    >>> slug("Leeds kept 91.5 % of its homes (of 1,204)")
    'leeds-kept-of-its-homes-of'
    """
    words = re.findall(r"[^\W\d_]+", text.casefold())
    return "-".join(words)[:LONGEST].strip("-") or "untitled"


def named(blocks: Sequence[Block], notebook: str, change: Callable[[str], str] = str) -> tuple[Block, ...]:
    """Blocks with the notebook's name in the ids of what it says itself; a second of the same name gets a number.

    The same thing shown twice keeps its name, and so is shown once. `change` takes what must be masked out of names.
    """
    tag = re.sub(r"[^\w-]", lambda found: f"_{ord(found[0]):x}", notebook)
    seen: dict[tuple[str, str], list[Block]] = {}
    out = []
    for block in blocks:
        if block.stage != STAGE or not block.id.startswith(f"{STAGE}."):
            out.append(block)
            continue
        same = seen.setdefault((block.kind, block.id), [])
        if block not in same:
            same.append(block)
        place = same.index(block)
        own = block.id.removeprefix(f"{STAGE}.")
        spoken = own.replace("-", " ")
        own = own if change(spoken) == spoken else slug(change(spoken))
        id = f"{STAGE}.{tag}.{own}" + (f"-{place + 1}" if place else "")
        out.append(_renamed(block, id))
    return tuple(out)


def _renamed(block: Block, id: str) -> Block:
    body = block.body
    if not isinstance(body, FindingBody):
        return block.model_copy(update={"id": id})
    finding = body.finding.model_copy(update={"id": id}) if body.finding else None
    changed = body.model_copy(update={"key": id, "finding": finding})
    return block.model_copy(update={"id": id, "finding_ids": (id,), "body": changed})


def own_findings(notebooks: Iterable[OwnNotebook], as_of: date) -> OwnFindings | None:
    """The findings and tables of added notebooks as a result like any other; None where they say nothing themselves."""
    findings: dict[str, Finding] = {}
    tables: dict[str, pd.DataFrame] = {}
    for block in (b for one in notebooks for b in one.blocks if b.stage == STAGE):
        if isinstance(block.body, FindingBody) and block.body.finding is not None:
            findings.setdefault(block.id, block.body.finding)
        if isinstance(block.body, TableBody):
            columns = [c.name for c in block.body.columns]
            tables.setdefault(block.id, pd.DataFrame(list(block.body.raw), columns=columns))
    if not findings and not tables:
        return None
    return OwnFindings(as_of=as_of, findings=tuple(findings.values()), tables=tables)
