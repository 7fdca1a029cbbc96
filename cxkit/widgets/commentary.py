"""Commentary on a stage: Markdown with its preview, the numbers it is written against, and what it said before.

What is typed is kept in the client's ``work/drafts`` until it is saved, so that a dead kernel loses nothing.
"""

from __future__ import annotations

import json
import threading
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from cxkit import STAGES
from cxkit.engagement import commenting, evidence, reviews
from cxkit.engagement.results import dumps, write_text
from cxkit.engagement.store import Comment, read_store
from cxkit.errors import PlaybookError
from cxkit.report.markdown import rendered
from cxkit.widgets import look
from cxkit.widgets.bench import Part, Workbench

PAUSE = 1.0
"""Seconds without typing after which the draft is written."""
NEW = ""


class Commentary(Part):
    """`stage` and `comment` choose a text, `role` and `text` hold it, `save` writes it, `discard` goes back.

    Who saves on a state that somebody else has changed is told, sees the other's text beside the box, and keeps the
    own text; saving once more then replaces it.
    """

    def __init__(self, bench: Workbench) -> None:
        """Begin at the first stage."""
        super().__init__(bench)
        self.stage = widgets.Dropdown(options=[(s.capitalize(), s) for s in STAGES], description="stage", **look.WIDE)
        self.comment = widgets.Dropdown(description="text", **look.WIDE)
        self.role = widgets.Text(description="your role", placeholder="CX lead", **look.WIDE)
        self.text = widgets.Textarea(
            description="comment", placeholder="What the numbers mean, in **Markdown**", rows=9
        )
        self.text.layout.width, self.text.style.description_width = "min(40em, 100% - 4px)", "9em"
        self.save = widgets.Button(description="Save comment", button_style="primary")
        self.discard = widgets.Button(description="Throw away", tooltip="back to the text as it was saved")
        self.message, self.preview, self.about = look.html(), look.html(), look.html()
        self.revision = 0
        self._loaded: Comment | None = None
        self._held = False
        self._timer: threading.Timer | None = None
        self.stage.observe(self._staged, names="value")
        self.comment.observe(self._chosen, names="value")
        self.text.observe(self._typed, names="value")
        self.save.on_click(self._save)
        self.discard.on_click(self._discard)
        left = look.column(self.stage, self.comment, self.role, self.text, look.row(self.save, self.discard))
        left.layout.flex, right = "1 1 26em", look.column(self.preview, self.about)
        right.layout.flex = "1 1 22em"
        both = widgets.HBox([left, right], layout={"flex_flow": "row wrap", "grid_gap": "18px"})
        self.box = look.column(both, self.message)
        self.redraw(fresh=True)

    @property
    def draft(self) -> Path:
        """Where the text lies while it is not saved."""
        return self._draft(self.stage.value, self.comment.value or NEW)

    def _draft(self, stage: str, comment: str) -> Path:
        return self.bench.folder / "work" / "drafts" / f"{stage}-{comment or 'new'}.json"

    def redraw(self, *, fresh: bool) -> None:
        """With `fresh` load the open client's texts; else leave the box as it is and renew what stands around it."""
        if fresh:
            self._stop()
            self.message.value = ""
            self._fill()
            return
        mine = self._saved()
        if mine == self._loaded:
            self.revision = self.bench.desk.store.revision
        self._around()

    def _mine(self) -> list[Comment]:
        return [c for c in self.bench.desk.store.commentary if c.stage == self.stage.value]

    def _saved(self) -> Comment | None:
        return next((c for c in self._mine() if c.comment_id == self.comment.value), None)

    def _fill(self, wanted: str | None = None) -> None:
        """List the stage's texts, and load the wanted one, else the first."""
        found = [(f"{c.comment_id} · {c.author_role or 'no role'} · {c.written}", c.comment_id) for c in self._mine()]
        self._held = True
        self.comment.options = [*found, ("a new comment", NEW)]
        self.comment.value = wanted if wanted in [id for _, id in found] else self.comment.options[0][1]
        self._held = False
        self._load()

    def _load(self) -> None:
        """Put the saved text into the box, or the draft that was never saved."""
        self._loaded, self.revision = self._saved(), self.bench.desk.store.revision
        kept = _kept(self.draft)
        text, role = (self._loaded.text, self._loaded.author_role) if self._loaded else ("", "")
        self._held = True
        self.text.value, self.role.value = kept.get("text", text), kept.get("role", role)
        self._held = False
        if kept and kept.get("text") != text:
            self.revision = int(kept.get("revision", self.revision))
            since = look.when(self.draft)
            self._say(f"The text in the box was typed on {since} and never saved. Save it, or throw it away.", "warn")
        self._around()

    def _around(self) -> None:
        text = self.text.value.strip()
        body = str(rendered(self.bench.desk.mask.text(text))) if text else '<p class="quiet">Nothing yet.</p>'
        self.preview.value = look.shown(f"<h3>Preview</h3>{body}")
        self.about.value = look.shown(*self._rests(), *self._history())

    def _rests(self) -> list[str]:
        """Which numbers the text rests on, and whether they still are what they were."""
        place = self.bench.place
        if place is None:
            return [
                look.said("There are no numbers to write about yet: build the report, or run the stage's notebook.")
            ]
        hash = evidence.hash_of(evidence.of_results(place, stage=self.stage.value))
        parts = [f'<p class="quiet">Numbers of this stage now: {escape(hash or "none")}.</p>']
        if self._loaded is not None:
            waiting = {i.id: i for i in reviews.items(self.bench.folder, self.bench.desk.store, place=place)}
            item = waiting.get(f"comment:{self._loaded.comment_id}")
            if item is not None:
                changed = "".join(f"<p>Then: {escape(s.was)}<br>Now: {escape(s.now)}</p>" for s in item.shifts[:3])
                parts.append(f'<div class="card warn">{look.state("needs review")}{changed}</div>')
            else:
                parts.append(f'<p class="quiet">Written against {escape(self._loaded.evidence or "no numbers")}.</p>')
        return parts

    def _history(self) -> list[str]:
        if self._loaded is None:
            return []
        before = commenting.versions(self.bench.folder, self._loaded.comment_id)[:-1]
        told = [
            f'<p class="quiet">{escape(f"{c.written} {c.author_role}")}</p><blockquote>{rendered(c.text)}</blockquote>'
            for c in reversed(before)
        ]
        return [f"<details><summary>{len(before)} earlier texts</summary>{''.join(told)}</details>"] if before else []

    def _staged(self, change: dict[str, str]) -> None:
        self._flush(change["old"], self.comment.value or NEW)
        self.message.value = ""
        self._fill()

    def _chosen(self, change: dict[str, str]) -> None:
        if not self._held:
            self._flush(self.stage.value, change["old"] or NEW)
            self.message.value = ""
            self._load()

    def _typed(self, _: object) -> None:
        if self._held:
            return
        self._around()
        self._stop()
        place = self.draft
        kept = self._typed_now()
        self._timer = threading.Timer(PAUSE, lambda: write_text(place, dumps(kept)))
        self._timer.daemon = True
        self._timer.start()

    def _typed_now(self) -> dict[str, Any]:
        typed = datetime.now().isoformat(timespec="seconds")
        return {"text": self.text.value, "role": self.role.value, "revision": self.revision, "typed": typed}

    def _flush(self, stage: str, comment: str) -> None:
        """Write a draft that waits for its pause before something else comes into the box."""
        if self._timer is not None and self._timer.is_alive():
            self._stop()
            write_text(self._draft(stage, comment), dumps(self._typed_now()))

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _save(self, _: object) -> None:
        self._stop()
        bench, wanted, draft = self.bench, self.comment.value or NEW, self.draft
        write_text(draft, dumps(self._typed_now()))
        try:
            store = commenting.write(
                bench.folder,
                stage=self.stage.value,
                text=self.text.value,
                author_role=self.role.value,
                place=bench.place,
                comment_id=wanted,
                expected=self.revision,
            )
        except PlaybookError as problem:
            self._refused(problem)
            return
        draft.unlink(missing_ok=True)
        last = store.commentary[-1].comment_id if store.commentary else NEW
        bench.desk.store = store
        self._fill(wanted or last)
        bench.saved()
        self._say("Saved. The next report shows it." if self.text.value.strip() else "Taken away.", "good")

    def _refused(self, problem: PlaybookError) -> None:
        """Say why nothing was saved; after somebody else's change show theirs, and let the next click replace it."""
        store = read_store(self.bench.folder)
        if store.revision == self.revision:
            self._say(str(problem), "bad")
            return
        theirs = next((c for c in store.commentary if c.comment_id and c.comment_id == self.comment.value), None)
        told = [
            f"Not saved: somebody else saved in between (revision {store.revision}, you began at {self.revision}). "
            "Your text is still in the box; save again to keep yours."
        ]
        shown = ""
        if theirs is not None and theirs != self._loaded:
            told.append(f"Their text, {theirs.author_role or 'no role'}, {theirs.written}:")
            shown = f"<blockquote>{rendered(theirs.text)}</blockquote>"
        elif self._loaded is not None and theirs is None:
            told.append("They took this comment away; yours is saved as a new one.")
            self._held, self.comment.value = True, NEW
            self._held = False
        self.revision, self._loaded = store.revision, theirs
        self.message.value = look.shown(look.said("\n".join(told), "warn"), shown)

    def _discard(self, _: object) -> None:
        self._stop()
        self.draft.unlink(missing_ok=True)
        self.bench.desk.store = read_store(self.bench.folder)
        self.message.value = ""
        self._fill(self.comment.value)

    def _say(self, words: str, kind: str) -> None:
        self.message.value = look.shown(look.said(words, kind))


def _kept(path: Path) -> dict[str, Any]:
    """A draft; empty when there is none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("text"), str) else {}
