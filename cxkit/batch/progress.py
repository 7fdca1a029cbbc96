"""What a batch is doing: a live bar on a terminal, plain lines otherwise, JSON lines on request."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from cxkit import STAGES
from cxkit.batch.summary import UNCHANGED
from cxkit.records import Record


class Event(Record):
    """One thing that happened to one client; `--log-format json` prints each as one line, at once."""

    client: str
    what: Literal["started", "reading", "stage", "building", "done", "failed", "interrupted"]
    stage: str = ""
    """The stage, or the name of an added notebook, that begins."""
    step: int = 0
    """Which of the client's steps it is, counted from 1: reading, each notebook, building."""
    steps: int = len(STAGES) + 2
    """How many steps the client's run has."""
    seconds: float = 0.0
    """Since the client's run began."""
    text: str = ""


def nothing_to_do(client: str) -> Event:
    """The end of a client of whom nothing changed."""
    steps = len(STAGES) + 2
    return Event(client=client, what="done", step=steps, steps=steps, text=UNCHANGED)


Listener = Callable[[Event], None]


class Reporter:
    """Listens to events and prints them; use it as a context manager."""

    def __init__(self, total: int, form: Literal["auto", "plain", "json"] = "auto") -> None:
        self.form = form if form != "auto" else "bar" if sys.stderr.isatty() else "plain"
        self.total = total
        self.finished = 0
        self.console = Console(stderr=True, highlight=False, markup=False)
        self.bars: dict[str, TaskID] = {}
        self.progress = Progress(
            TextColumn("{task.description:<24}"),
            BarColumn(),
            TextColumn("{task.fields[step]:<12}"),
            TimeElapsedColumn(),
            console=self.console,
            transient=False,
            disable=self.form != "bar",
        )

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.stop()

    def __call__(self, event: Event) -> None:
        """Print one event."""
        if event.what in {"done", "failed"}:
            self.finished += 1
        match self.form:
            case "json":
                print(json.dumps(event.model_dump(mode="json"), sort_keys=True), file=sys.stderr, flush=True)
            case "plain":
                self._line(event)
            case _:
                self._bar(event)

    def _line(self, event: Event) -> None:
        words: dict[str, str] = {
            "started": "",
            "reading": "reading tables",
            "stage": f"{event.stage} {event.text}".strip(),
            "building": "building the report",
            "done": f"done in {event.seconds:.1f} s ({self.finished} of {self.total})",
            "failed": f"FAILED: {event.text}",
            "interrupted": "interrupted",
        }
        if words[event.what]:
            print(f"{event.client}: {words[event.what]}", file=sys.stderr, flush=True)

    def _bar(self, event: Event) -> None:
        if event.client not in self.bars:
            self.bars[event.client] = self.progress.add_task(event.client, total=event.steps, step="")
        task = self.bars[event.client]
        running = event.what in {"reading", "stage", "building"}
        completed = event.step - 1 if running else event.steps if event.what == "done" else None
        symbol = {"done": "✓ done", "failed": "✗ failed", "interrupted": "– stopped"}.get(
            event.what, event.stage or event.what
        )
        self.progress.update(task, completed=completed, step=symbol)
