"""``runs/index.html``: every client on one page, with status in a symbol and a word; no server, no request."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from cxkit import formats
from cxkit.records import Record
from cxkit.report.mask import visible
from cxkit.report.page import render

Status = Literal["done", "failed", "stale", "review", "running", "never"]
SIGNS: dict[Status, tuple[str, str]] = {
    "failed": ("✕", "failed"),
    "review": ("▲", "needs review"),
    "stale": ("◐", "out of date"),
    "running": ("…", "running"),
    "done": ("●", "done"),
    "never": ("○", "never run"),
}
"""Symbol and word of each status, in the order in which they want somebody's eyes."""
TEXTS = ("client", "headline", "health", "folder", "fresh")


class Link(Record):
    """A file of a run, beside the page."""

    name: str
    address: str


class Entry(Record):
    """One client's latest run."""

    client: str
    """Its name as the report shows it."""
    folder: str
    """Its folder, which is what the commands call it."""
    status: Status
    as_of: str = ""
    fresh: str = ""
    """What changed since the run, in a few words; empty when nothing did."""
    headline: str = ""
    """The report's headline, or why there is none."""
    health: str = ""
    """Data health in a few words."""
    at_stake: float | None = None
    """Money that hangs on what is not decided yet."""
    currency: str = ""
    review: int = 0
    """Comments and decisions that were written against other numbers."""
    link: str = ""
    """The report, relative to the index; empty when there is none."""
    links: tuple[Link, ...] = ()
    """What lies beside the report: pack, workbook, print, playbook."""

    @property
    def money(self) -> str:
        """What is at stake, in words; a dash where nothing is asked for."""
        return "–" if self.at_stake is None else formats.money(self.at_stake, self.currency)


def build(entries: Iterable[Entry], *, built: str = "") -> str:
    """Build the page: what wants somebody's eyes first, then by client. `built` is the day it says it was made."""
    order = {status: place for place, status in enumerate(SIGNS)}
    rows = sorted(entries, key=lambda e: (order[e.status], e.client.casefold(), e.as_of))
    shown = [
        e.model_copy(
            update={n: visible(getattr(e, n)) for n in TEXTS}
            | {
                "link": e.link if local(e.link) else "",
                "links": tuple(one for one in e.links if local(one.address)),
            }
        )
        for e in rows
    ]
    return render("index.html.j2", entries=shown, signs=SIGNS, title=title(rows), built=built)


def title(entries: Iterable[Entry]) -> str:
    """What the page says in one line.

    >>> title([Entry(client="A", folder="a", status="failed"), Entry(client="B", folder="b", status="done")])
    '1 of 2 clients failed'
    """
    given = list(entries)
    if not given:
        return "No client has been run yet"
    counts = {s: sum(e.status == s for e in given) for s in SIGNS}
    wanted: dict[Status, str] = {
        "failed": "failed",
        "review": "need review" if counts["review"] != 1 else "needs review",
        "stale": "are out of date" if counts["stale"] != 1 else "is out of date",
        "never": "have never run" if counts["never"] != 1 else "has never run",
    }
    parts = [(counts[status], says) for status, says in wanted.items() if counts[status]]
    of = f"{len(given)} client{'s' if len(given) != 1 else ''}"
    if parts:
        said = f"{parts[0][0]} of {of} {parts[0][1]}"
        said = ", ".join([said, *(f"{n} {says}" for n, says in parts[1:])])
    else:
        said = (
            "The only client's report is up to date"
            if len(given) == 1
            else f"All {of.split(maxsplit=1)[0]} reports are up to date"
        )
    money = _total(given)
    return f"{said}; {money} at stake" if money else said


def _total(entries: Iterable[Entry]) -> str:
    """Money at stake over all clients, each currency for itself."""
    sums: dict[str, float] = {}
    for entry in entries:
        if entry.at_stake:
            sums[entry.currency] = sums.get(entry.currency, 0.0) + entry.at_stake
    return formats.listing([formats.money(value, currency) for currency, value in sorted(sums.items())])


def local(link: str) -> bool:
    """Whether a link stays beside the page: no scheme, no root, no way up.

    >>> local("acme/2026-10-31/report.html"), local("https://x.org"), local("../x.html"), local("javascript:x()")
    (True, False, False, False)
    """
    parts = link.split("/")
    return bool(link) and ".." not in parts and parts[0] != "" and not re.match(r"[\w+.-]*:", link)
