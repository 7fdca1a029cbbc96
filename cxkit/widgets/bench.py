"""The workbench: one client is open, and every part of the start page shows that one."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cxkit.engagement import evidence
from cxkit.engagement.desk import Desk, open_desk
from cxkit.engagement.laboratory import ADDRESS
from cxkit.engagement.notebooks import FOLDER
from cxkit.engagement.store import read_store


class Part:
    """One part of the start page; `box` is the widget to display."""

    box: Any

    def __init__(self, bench: Workbench) -> None:
        """Join the bench, which from now on tells it what changes."""
        self.bench = bench
        bench.parts.append(self)

    def redraw(self, *, fresh: bool) -> None:
        """Show the client as it is now; with `fresh` another one was opened, and nothing of the former may stay."""
        raise NotImplementedError

    def _ipython_display_(self) -> None:
        from IPython.display import display  # noqa: PLC0415  only a notebook shows a part

        display(self.box)


class Workbench:
    """Holds the open client's desk and tells the parts of the page when it changes.

    `parts` are what `start` put on it. `open` changes the client, `reopen` reads it again after its files or its
    mapping changed, `saved` after something was written about it.
    """

    def __init__(self, desk: Desk, *, seed: int = 1, as_of: str | date | None = None) -> None:
        """Begin with a client that is open already."""
        self.desk = desk
        self.as_of = as_of
        self.seed = seed
        self.parts: list[Part] = []

    @property
    def folder(self) -> Path:
        """The client's folder."""
        return self.desk.folder

    @property
    def runs(self) -> Path:
        """The folder of all clients' runs."""
        return self.desk.runs.parent

    @property
    def published(self) -> evidence.Evidence | None:
        """The findings of the last published run."""
        return evidence.latest(self.desk.name, self.runs)

    @property
    def place(self) -> Path | None:
        """The results that people look at: those of the last published run, else those of the notebooks."""
        found = self.published
        if found is not None:
            return found.results
        return self.desk.place if any(self.desk.place.glob("*.*/result.json")) else None

    @property
    def served(self) -> bool:
        """Whether ``cxkit lab`` shows this client's notebooks, so that links to them open."""
        return bool(os.environ.get(ADDRESS)) and self.beside

    @property
    def beside(self) -> bool:
        """Whether the open client's notebooks lie beside the one that shows this, in whichever editor."""
        return Path.cwd().resolve() == (self.folder / FOLDER).resolve()

    def open(self, name: str) -> None:
        """Open another client; raises `PlaybookError`, with the former still open, when that one cannot be."""
        data = self.folder.parent
        self.desk = open_desk("data", client=name, as_of=self.as_of, seed=self.seed, data_dir=data)
        self._tell(fresh=True)

    def reopen(self) -> None:
        """Read the client's files and settings anew."""
        data = self.folder.parent
        self.desk = open_desk("data", client=self.desk.name, as_of=self.as_of, seed=self.seed, data_dir=data)
        self._tell(fresh=False)

    def saved(self) -> None:
        """Something was written about the client: read that, and show it everywhere."""
        self.desk.store = read_store(self.folder)
        self._tell(fresh=False)

    def _tell(self, *, fresh: bool) -> None:
        for part in self.parts:
            part.redraw(fresh=fresh)


def link(client: str, name: str) -> str:
    """Address at which the editor's server answers with a file of a client's last run.

    >>> link("acme", "report.html").endswith("/acme/report.html")
    True
    """
    return f"{os.environ.get(ADDRESS, '')}/{quote(client)}/{quote(name)}"
