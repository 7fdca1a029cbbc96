"""The data dictionary: one page on every table and column, generated from the contracts."""

from __future__ import annotations

from pathlib import Path

from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.contract import Column, Contract

PAGE = "data-dictionary.md"
GROUPS = {
    "money": "Money",
    "signals": "Signals",
    "people": "People",
    "proof": "Proof",
    "authored": "Written in workshop.xlsx",
}


def markdown() -> str:
    """The page.

    >>> markdown().splitlines()[0]
    '# Data dictionary'
    """
    lines = [HEAD]
    for group, title in GROUPS.items():
        tables = [c for c in CONTRACTS.values() if c.group == group]
        lines.append(f"- {title}: " + " · ".join(f"[{c.name}](#{c.name})" for c in tables))
    for group, title in GROUPS.items():
        lines += ["", f"## {title}"]
        for contract in CONTRACTS.values():
            if contract.group == group:
                lines += ["", *_table(contract)]
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """Generated pages of the playbook that are made from the contracts: file name → content."""
    return {PAGE: markdown()}


def write_pages(folder: Path) -> list[Path]:
    """Write the generated pages into `folder` (``playbook/``) and return their paths."""
    written = []
    for name, text in pages().items():
        path = folder / name
        path.write_bytes(text.encode("utf-8"))
        written.append(path)
    return written


def _table(contract: Contract) -> list[str]:
    lines = [f"### {contract.name}", "", f"{contract.meaning}: {contract.grain}. Held by {contract.owner_role}."]
    facts = []
    if contract.key:
        facts.append(f"Unique by {_code(contract.key)}")
    if contract.appearance:
        facts.append(f"A row is there from its `{contract.appearance}`")
    if contract.unlocks:
        facts.append(f"Unlocks {'; '.join(contract.unlocks)}")
    if contract.synonyms:
        facts.append(f"Also called {', '.join(contract.synonyms)}")
    lines += ["", *(f"- {fact}." for fact in facts)] if facts else []
    lines += ["", "| column | type | meaning | rules | also called |", "|---|---|---|---|---|"]
    for column in contract.columns:
        name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
        kind = column.type + (f" ({column.unit})" if column.unit else "")
        lines.append(f"| {name} | {kind} | {_cell(column.meaning)} | {_rules(column)} | {', '.join(column.synonyms)} |")
    if contract.rules:
        lines += ["", "Rules:", "", *(f"- {_cell(r.says)} ({r.severity}): {_cell(r.fix)}." for r in contract.rules)]
    return lines


def _rules(column: Column) -> str:
    """What else holds for a column, in words."""
    bounds = [
        f"≥ {column.low:g}" if column.low is not None else "",
        f"≤ {column.high:g}" if column.high is not None else "",
    ]
    parts = [
        f"one of {_code(column.allowed)}" if column.allowed else "",
        " and ".join(filter(None, bounds)),
        f"found in `{column.references}`" if column.references else "",
        f"known from `{column.known_from}`" if column.known_from and column.known_from != column.name else "",
        "empty until it happened" if column.known_from == column.name else "",
        "as known at extraction" if column.current_state else "",
        "personal, masked" if column.personal else "",
    ]
    return "; ".join(filter(None, parts))


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{n}`" for n in names)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


HEAD = """\
# Data dictionary

Generated from the contracts in `cxkit/tables`; write it anew with `make pages`. Every table is optional. Columns in
**bold** are needed for a table to be used. A date is written 2026-01-31, a month 2026-01 (stored as its first day), a
timestamp is stored in UTC, money in the row's `currency` or the client's own. *Known from* names the day from which a
value was known: before it, the value is empty.
"""
