"""The data request: the files that matter first, what each further one unlocks, worded for an IT department."""

from __future__ import annotations

from cxkit.tables.catalogue import AUTHORED, CONTRACTS, EXPORTED
from cxkit.tables.contract import Contract

FIRST: tuple[tuple[str, ...], ...] = (("accounts",), ("revenue", "subscriptions"), ("tickets",), ("surveys",))
"""The four files that matter first; the second comes in either of two shapes."""

TYPE_WORDS = {
    "id": "text, kept exactly (leading zeros too)",
    "text": "text",
    "date": "date, 2026-01-31",
    "month": "month, 2026-01",
    "timestamp": "date and time with zone, 2026-01-31T14:05:00Z",
    "money": "amount",
    "number": "number",
    "integer": "whole number",
    "boolean": "true or false",
}
PERSONAL_WORDS = {"free_text": "(masked in the report; leave it out if it may not leave your house)"}


def markdown() -> str:
    """The whole request as Markdown, the same for every client.

    >>> markdown().splitlines()[0]
    '# Data request'
    """
    parts = [
        HEAD,
        "## The four files that matter first\n",
        *(_asked(n, names) for n, names in enumerate(FIRST, 1)),
        "## What each further file unlocks\n",
        "None of these is needed to begin. Each adds what stands beside it.\n",
        _unlocks([n for n in EXPORTED if n not in {name for names in FIRST for name in names}]),
        "## What no system holds\n",
        "People fill these in, in `workshop.xlsx`, one sheet each; nothing to export.\n",
        _unlocks([n for n in AUTHORED if CONTRACTS[n].unlocks]),
        FOOT,
    ]
    return "\n".join(parts).rstrip() + "\n"


def _asked(number: int, names: tuple[str, ...]) -> str:
    """One of the first four files with its columns."""
    title = " or ".join(f"`{name}`" for name in names)
    either = "\n\nSend whichever of the two your system gives more easily.\n\n" if len(names) > 1 else "\n\n"
    return f"### {number}. {title}{either}" + "\n".join(_columns(CONTRACTS[name]) for name in names)


def _columns(contract: Contract) -> str:
    """What a table holds and its columns, required ones first in bold."""
    unlocks = "; ".join(contract.unlocks)
    lines = [
        f"**`{contract.name}`**: {contract.meaning[:1].lower()}{contract.meaning[1:]}, {contract.grain}. "
        f"Usually held by {contract.owner_role}. Unlocks {unlocks}.\n",
        "| column | what | form |",
        "|---|---|---|",
    ]
    for column in sorted(contract.columns, key=lambda c: not c.required):
        name = f"**{column.name}**" if column.required else column.name
        form = TYPE_WORDS[column.type] + (f": {', '.join(column.allowed)}" if column.allowed else "")
        hashed = PERSONAL_WORDS.get(column.personal, "(leave out, or hash)") if column.personal else ""
        lines.append(f"| {name} | {' '.join(filter(None, [column.meaning, hashed]))} | {form} |")
    return "\n".join(lines) + "\n"


def _unlocks(names: list[str]) -> str:
    """A table of tables: what each holds, what it unlocks, who has it."""
    lines = ["| file | what it holds | what it unlocks | usually held by |", "|---|---|---|---|"]
    for name in names:
        contract = CONTRACTS[name]
        unlocks = "; ".join(contract.unlocks) or "detail for the tables above"
        lines.append(f"| `{name}` | {contract.meaning}, {contract.grain} | {unlocks} | {contract.owner_role} |")
    return "\n".join(lines) + "\n"


HEAD = """\
# Data request

We turn exports of your systems into one report on customer experience and what it is worth. This page says
what to export. Four files are enough to begin; every further one adds a part of the report.

**How to send it**

- CSV (UTF-8, one header line), Parquet or Excel; several files per table are fine, one per month for instance.
- Your own column names are fine. Do not rename or tidy anything: we map names once and keep the mapping.
- 24 months of history where you have it, at least 13; whole months.
- Rows as they are: no totals, no averages, nothing removed because a customer has left. **Customers who left and
  tickets that are still open must be in.**
- The same key for a customer in every file. If keys may not leave your house, replace them by a hash that is the same
  everywhere.
- We need no names, e-mail addresses or telephone numbers. Leave them out, or hash them.
- Say in which time zone times are written, and in which currency amounts are.
- Columns in **bold** are needed for the file to be used; all others are welcome and may be left out or empty.
"""

FOOT = """\
## Before you send

- Count the rows in your system and tell us the number: we compare.
- Tell us the day on which the export was drawn.
- A file that misses a bold column, or holds two header rows, totals or merged cells, comes back to you with the row
  numbers.
"""
