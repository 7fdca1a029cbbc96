"""The gates: what keeps a report a draft, what each number said then and says now, and who lets it stand."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape

import ipywidgets as widgets

from cxkit.engagement import reviews
from cxkit.engagement.challenges import folded
from cxkit.errors import PlaybookError
from cxkit.widgets import look
from cxkit.widgets.bench import Part, Workbench


class Gates(Part):
    """`role` says who looks; `buttons` hold one confirmation per item, by its id."""

    def __init__(self, bench: Workbench) -> None:
        """Show what the open client's report waits for."""
        super().__init__(bench)
        self.role = widgets.Text(description="your role", placeholder="CX lead", **look.WIDE)
        self.summary, self.message = look.html(), look.html()
        self.items = widgets.VBox([])
        self.buttons: dict[str, widgets.Widget] = {}
        self.box = look.column(self.summary, self.role, self.message, self.items)
        self.redraw(fresh=True)

    def redraw(self, *, fresh: bool) -> None:
        """Look again at what was written against other numbers."""
        if fresh:
            self.message.value = ""
        place = self.bench.place
        waiting = reviews.items(self.bench.folder, self.bench.desk.store, place=place) if place is not None else ()
        self.buttons = {}
        self.items.children = [self._item(one) for one in waiting]
        self.role.layout.display = None if waiting else "none"
        self.summary.value = look.shown(*self._said(len(waiting)))

    def _said(self, waiting: int) -> list[str]:
        desk = self.bench.desk
        reasons = [f"{waiting} written against other numbers need review"] if waiting else []
        told = desk.health.errors
        stops = f"{told} errors in the data keep tables out; see data health" if told else ""
        open_ = [c for c in folded(desk.challenges) if not c.answered]
        extra = [f"Challenge {c.challenge_id} is open: {c.says}" for c in open_]
        found = self.bench.published
        if found is None:
            reasons.append("no report was built yet")
        else:
            record = json.loads((found.results.parent / "run.json").read_text(encoding="utf-8"))
            broken = [name for name, one in record.get("own", {}).items() if one.get("status") == "failed"]
            reasons += [f"{name} did not finish" for name in broken]
        head = look.said("Draft: " + "; ".join(reasons) + ".", "warn") if reasons else ""
        head = head or look.said("Nothing keeps the report from being final.", "good")
        return [head, look.said(stops, "bad") if stops else "", *(look.said(line, "warn") for line in extra)]

    def _item(self, item: reviews.ReviewItem) -> widgets.Widget:
        rows = [(escape(s.was or "not there"), escape(s.now or "not there")) for s in item.shifts]
        head = f"{look.state('needs review')} <b>{escape(item.id)}</b> {escape(item.about)}"
        by = f'<p class="quiet">{escape(item.author_role or "no role")}, {escape(item.written)}</p>'
        more = f'<p class="quiet">and {item.more} more</p>' if item.more else ""
        words = look.html()
        words.value = look.shown(f'<div class="card warn">{head}{by}{look.table(("Then", "Now"), rows)}{more}</div>')
        button = widgets.Button(description=f"It still holds: confirm {item.id}", layout={"width": "auto"})
        button.on_click(self._confirming(item.id))
        self.buttons[item.id] = button
        return look.column(words, button)

    def _confirming(self, id: str) -> Callable[[object], None]:
        def confirm(_: object) -> None:
            bench, place = self.bench, self.bench.place
            if place is None:
                return
            try:
                reviews.confirm(
                    bench.folder, place=place, role=self.role.value, only=[id], expected=bench.desk.store.revision
                )
            except PlaybookError as problem:
                bench.saved()
                words = str(problem).replace("--role 'CX lead'.", "write it above.")
                self.message.value = look.shown(look.said(words, "bad"))
                return
            bench.saved()
            done = (
                f"{id} is confirmed by {self.role.value.strip()}. Build the report anew to take the draft's mark away."
            )
            self.message.value = look.shown(look.said(done, "good"))

        return confirm
