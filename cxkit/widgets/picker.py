"""The client picker: every client with its state; choosing one opens it in every part of the page."""

from __future__ import annotations

from html import escape
from pathlib import Path

import ipywidgets as widgets

from cxkit.engagement import evidence, places
from cxkit.engagement.client import read_client
from cxkit.errors import PlaybookError
from cxkit.widgets import look
from cxkit.widgets.bench import Part, Workbench


class Picker(Part):
    """`chosen` is a drop-down of clients; `about` says which one is open and where its notebooks are."""

    def __init__(self, bench: Workbench) -> None:
        """List the clients below the data folder, the open one chosen."""
        super().__init__(bench)
        self.chosen = widgets.Dropdown(description="client", **look.WIDE)
        self.again = widgets.Button(description="Read the files again", tooltip="after a table was replaced")
        self.about = look.html()
        self._held = False
        self.chosen.observe(self._choose, names="value")
        self.again.on_click(self._again)
        self.box = look.column(look.row(self.chosen, self.again), self.about)
        self.redraw(fresh=True)

    def redraw(self, *, fresh: bool) -> None:
        """List the clients again and say which one is open."""
        data = self.bench.folder.parent
        self._held = True
        self.chosen.options = [(_words(data, name, self.bench.runs), name) for name in places.clients(data)]
        self.chosen.value = self.bench.desk.name
        self._held = False
        self.about.value = look.shown(self._about())

    def _about(self) -> str:
        desk = self.bench.desk
        parts = [f"<h3>{escape(desk.client.name)}</h3><p>{escape(repr(desk))}</p>"]
        if not self.bench.beside:
            parts.append(
                f'<p class="quiet">The parts of this page work for {escape(desk.client.name)}. Its notebooks open '
                f"with <code>cxkit lab {escape(desk.name)}</code>.</p>"
            )
        return "".join(parts)

    def _choose(self, change: dict[str, str]) -> None:
        if self._held or change["new"] in {None, self.bench.desk.name}:
            return
        self.about.value = look.shown(look.said(f"Opening {change['new']} …"))
        try:
            self.bench.open(change["new"])
        except PlaybookError as problem:
            self.redraw(fresh=False)
            self.about.value = look.shown(look.said(str(problem), "bad"), self._about())

    def _again(self, _: object) -> None:
        try:
            self.bench.reopen()
        except PlaybookError as problem:
            self.about.value = look.shown(look.said(str(problem), "bad"), self._about())


def _words(data: Path, name: str, runs: Path) -> str:
    """A client in the list: its name, and up to when its last report reads."""
    try:
        called = read_client(data / name).name
    except PlaybookError:
        return f"{name} · ✕ client.yml cannot be read"
    found = evidence.latest(name, runs)
    state = f"● report to {found.as_of}" if found else "○ no report yet"
    if any((runs / name).glob("*.failed")):
        state = "✕ the last run failed"
    return f"{' '.join(called.split())[:60]} · {state}"
