"""What each audience's edition holds, in one table that the page, its print, the workbook and the council's pack obey.

Nobody's name, e-mail address, telephone, account or card number is in any edition: those are masked before a result is
saved. What differs is who may read which findings, and what of single customers goes with them. `playbook/editions.md`
is written from this table.
"""

from __future__ import annotations

from collections.abc import Mapping

from cxkit.records import Audience, Record

KEYS = frozenset(
    f"{kind}_id"
    for kind in (
        *("account", "case", "customer", "invitation", "invoice", "left", "order", "person", "response", "right"),
        *("session", "subscription", "ticket", "user"),
    )
)
"""Columns with the key of one customer, person or case: a table with one of them is about them one by one."""
SAID = frozenset({"answer_text", "quote", "verbatim"})
"""Columns with what a customer wrote."""
QUOTES = frozenset({"quotes", "verbatims"})
"""Tables of nothing else."""


class Edition(Record):
    """What one audience is given."""

    findings: tuple[Audience, ...]
    """Whose findings it reads."""
    short: bool = False
    """Whether chapters are cut to their heaviest findings and figures."""
    keys: bool = False
    """Whether tables that name single customers or cases, by key and never by name, are in it."""
    said: bool = False
    """Whether it holds what customers wrote, masked."""
    minimum: int = 5
    """Counts of fewer people than this are hidden, unless the client asks for more."""
    who: str
    why: str


EDITIONS: Mapping[Audience, Edition] = {
    "board": Edition(
        findings=("board",),
        short=True,
        who="the client's board and council",
        why="A board decides about money and roles. It needs no single customer for that, and its papers travel.",
    ),
    "team": Edition(
        findings=("board", "team"),
        keys=True,
        said=True,
        who="the people at the client who do the work",
        why="Somebody has to call the customer and to hear how it was said. Their systems know the keys already.",
    ),
    "partner": Edition(
        findings=("board", "team", "partner"),
        minimum=10,
        who="the consultancy's partner, outside the client",
        why="The method can be judged without any customer, and what leaves the client should be about more people.",
    ),
}
"""Audience → what its edition holds."""

PAGE = """# Editions

`cxkit run CLIENT --audience board|team|partner` says who will read the report; `--from report --audience team` builds
another edition of the same run without running a notebook. This page is written from the code by `make pages`.

| | {heads} |
|---|{rule}|
{rows}

Why they differ:

{why}

## The same in all of them

- Names of people (customers, agents, owners, sponsors), e-mail addresses, telephone, account and card numbers are
  masked before a result is saved, so that no page, workbook or print can hold them. Who answers for something is named
  by role. Only `privacy: {{mask: false}}` in `client.yml` switches that off, for a client who wants it in writing.
- Passwords, tokens and keys of systems are masked always.
- Money is shown as totals and per initiative. What a single customer pays stands only in tables that name customers
  by key.
- The rules hold for `report.html`, `report.pdf`, `evidence.xlsx`, `council.html` and `results/findings.json` alike.

## Not editions

`actions/` and `playbook.html` are working papers of the people who run the moments, whatever the edition beside them:
the lists name customers by key, the page counts them. The executed notebooks and `results/` are the consultancy's
record of the run. Hand on the files of the edition, not the folder.

No mask of free text is complete. How much ours lets through is measured with every run and stands in the report, as
“What the masking of quotes misses”.
"""
ROWS: tuple[tuple[str, str], ...] = (
    ("For", "{edition.who}"),
    ("Findings it reads", "those for {readers}"),
    ("Length", "{length}"),
    ("Tables that name customers or cases, by key", "{keys}"),
    ("What customers wrote", "{said}"),
    ("Counts of people are hidden below", "{edition.minimum}"),
)


def editions_page() -> str:
    """The page of the playbook that says what each edition holds, as Markdown."""
    columns = {
        name: {
            "edition": e,
            "readers": ", ".join(e.findings),
            "length": "short: the heaviest of each chapter" if e.short else "whole",
            "keys": "yes" if e.keys else "left out",
            "said": "masked" if e.said else "left out",
        }
        for name, e in EDITIONS.items()
    }
    rows = [f"| {label} | {' | '.join(cell.format(**c) for c in columns.values())} |" for label, cell in ROWS]
    return PAGE.format(
        heads=" | ".join(f"`{name}`" for name in EDITIONS),
        rule="|".join(["---"] * len(EDITIONS)),
        rows="\n".join(rows),
        why="\n".join(f"- `{name}`: {e.why}" for name, e in EDITIONS.items()),
    )
