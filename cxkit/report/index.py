"""``runs/index.html``: every client on one page, with status in a symbol and a word; no server, no request."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from cxkit.records import Record
from cxkit.report.mask import visible
from cxkit.report.page import render

Status = Literal["done", "failed", "stale", "review", "running"]
SIGNS: dict[Status, tuple[str, str]] = {
    "done": ("●", "done"),
    "review": ("▲", "needs review"),
    "stale": ("◐", "out of date"),
    "running": ("…", "running"),
    "failed": ("✕", "failed"),
}


class Entry(Record):
    """One client's latest run."""

    client: str
    """Its name as the report shows it."""
    folder: str
    """Its folder, which is what the commands call it."""
    status: Status
    as_of: str = ""
    headline: str = ""
    """The report's headline, or why there is none."""
    health: str = ""
    """Data health in a few words."""
    link: str = ""
    """The report, relative to the index; empty when there is none."""
    playbook: str = ""
    """The playbook, relative to the index; empty when there is none."""


def build(entries: Iterable[Entry]) -> str:
    """Build the page; failures first, then by client."""
    order = {"failed": 0, "review": 1, "stale": 2, "running": 3, "done": 4}
    rows = sorted(entries, key=lambda e: (order[e.status], e.client.casefold(), e.as_of))
    shown = [
        e.model_copy(
            update={n: visible(getattr(e, n)) for n in ("client", "headline", "health", "folder")}
            | {n: getattr(e, n) if local(getattr(e, n)) else "" for n in ("link", "playbook")}
        )
        for e in rows
    ]
    failed = sum(e.status == "failed" for e in rows)
    return render("index.html.j2", entries=shown, signs=SIGNS, failed=failed)


def local(link: str) -> bool:
    """Whether a link stays beside the page: no scheme, no root, no way up.

    >>> local("acme/2026-10-31/report.html"), local("https://x.org"), local("../x.html"), local("javascript:x()")
    (True, False, False, False)
    """
    parts = link.split("/")
    return bool(link) and ".." not in parts and parts[0] != "" and not re.match(r"[\w+.-]*:", link)
