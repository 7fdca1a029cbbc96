"""Build the report from the start page: the batch in a process of its own, so that every widget stays alive."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from cxkit.engagement.laboratory import ADDRESS, OPENED
from cxkit.widgets import look
from cxkit.widgets.bench import Part, Workbench, link

TAB = 'target="_blank" rel="noopener"'
ENOUGH = 20.0
"""Seconds a stopped build may take to end its kernels."""


class Build(Part):
    """`start` runs ``cxkit run`` for the open client, `stop` ends it; `bar` and `told` say how far it is."""

    def __init__(self, bench: Workbench, command: Sequence[str] = (sys.executable, "-m", "cxkit.cli")) -> None:
        """Offer a build; `command` is what runs the batch."""
        super().__init__(bench)
        self.command = tuple(command)
        audiences = [("board", "board"), ("team", "team"), ("partner", "partner")]
        self.audience = widgets.Dropdown(options=audiences, description="audience", **look.WIDE)
        self.only = widgets.Checkbox(description="only the report, from the numbers of the last run", indent=False)
        self.pdf = widgets.Checkbox(value=True, description="as PDF too", indent=False)
        self.only.layout.width = self.pdf.layout.width = "auto"
        self.start = widgets.Button(description="Build report", button_style="primary")
        self.stop = widgets.Button(description="Stop", disabled=True)
        self.bar = widgets.IntProgress(min=0, max=1, description="progress", layout={"width": "min(30em, 100%)"})
        self.told, self.links = look.html(), look.html()
        self.start.on_click(self._start)
        self.stop.on_click(self._stop)
        self.process: subprocess.Popen[str] | None = None
        self.thread: threading.Thread | None = None
        self._stopped = False
        head = look.row(self.audience, self.pdf, self.only)
        self.box = look.column(head, look.row(self.start, self.stop, self.bar), self.told, self.links)
        self.redraw(fresh=True)

    def redraw(self, *, fresh: bool) -> None:
        """Show what the open client's last run left; a build that runs goes on and says whose it is."""
        if fresh and self.process is None:
            self.told.value, self.bar.value = "", 0
        found = self.bench.published
        self.only.disabled = found is None
        self.links.value = look.shown(_links(self.bench, found.results.parent) if found else "")

    def wait(self) -> None:
        """Wait until the build has ended."""
        if self.thread is not None:
            self.thread.join()

    def _start(self, _: object) -> None:
        if self.process is not None:
            return
        bench = self.bench
        words = [*self.command, "run", bench.desk.name, "--log-format", "json", "--audience", self.audience.value]
        words += ["--data-dir", str(bench.folder.parent), "--runs-dir", str(bench.runs)]
        words += ["--as-of", bench.desk.as_of.isoformat()] if bench.as_of or self.only.value else []
        words += ["--from", "report"] if self.only.value else []
        words += [] if self.pdf.value else ["--no-pdf"]
        apart: dict[str, Any] = {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        apart = apart if os.name == "nt" else {"start_new_session": True}
        self._stopped = False
        self.start.disabled, self.stop.disabled, self.bar.value = True, False, 0
        self.told.value = look.shown(look.said(f"{bench.desk.name}: beginning"))
        self.process = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            **apart,
        )
        self.thread = threading.Thread(target=self._follow, args=(bench.desk.name, self.process), daemon=True)
        self.thread.start()

    def _stop(self, _: object) -> None:
        running = self.process
        if running is None:
            return
        self._stopped, self.stop.disabled = True, True
        running.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT) if os.name == "nt" else signal.SIGINT)
        late = threading.Timer(ENOUGH, lambda: running.kill() if running.poll() is None else None)
        late.daemon = True
        late.start()

    def _follow(self, client: str, process: subprocess.Popen[str]) -> None:
        """Read what the batch says until it ends; in a thread of its own."""
        words: list[str] = []
        failed = ""
        with process:
            for line in process.stdout or ():
                event = _event(line)
                if event is None:
                    words.append(line.rstrip())
                    continue
                failed = event["text"] if event["what"] == "failed" else failed
                self._tell(event)
        code = process.returncode
        self.process = None
        self.start.disabled, self.stop.disabled = False, True
        said = "\n".join(w for w in words if w)
        if self._stopped:
            self.told.value = look.shown(look.said(f"{client}: stopped. The report of before is as it was.", "warn"))
            return
        if code and failed:
            self.told.value = look.shown(look.said(f"{client} failed: {failed}", "bad"), _rest(said))
        elif code:
            last = said.splitlines()[-1] if said else "it ended without a word"
            self.told.value = look.shown(look.said(f"{client} failed: {last}", "bad"), _rest(said))
        else:
            self.bar.value = self.bar.max
            self.told.value = look.shown(look.said(f"{client}: the report is built.", "good"))
        if self.bench.desk.name == client:
            self.bench.saved()

    def _tell(self, event: dict[str, Any]) -> None:
        self.bar.max, self.bar.value = max(int(event["steps"]), 1), max(int(event["step"]) - 1, 0)
        doing = event["stage"] or {"reading": "reading tables", "building": "building the report"}.get(
            event["what"], ""
        )
        step = f"step {event['step']} of {event['steps']}" if event["step"] else ""
        words = " · ".join(part for part in (event["client"], doing, step, f"{event['seconds']:.0f} s") if part)
        self.told.value = look.shown(look.said(words))


def _event(line: str) -> dict[str, Any] | None:
    """One line of ``--log-format json``; None for any other line."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and {"what", "step", "steps"} <= found.keys() else None


def _rest(words: str) -> str:
    return f"<details><summary>All it said</summary><pre>{escape(words)}</pre></details>" if words else ""


def _links(bench: Workbench, run: Path) -> str:
    """Links to what the last run left, where the editor answers with it, and where it lies on this machine."""
    there = [name for name in OPENED if (run / name).is_file()]
    place = f'<p class="quiet">{escape(str(run))}</p>'
    if not os.environ.get(ADDRESS):
        return f"<p>{escape(', '.join(OPENED[name] for name in there))} lie in this folder:</p>{place}"
    listed = " · ".join(
        f'<a href="{escape(link(bench.desk.name, name))}" {"download" if name.endswith(".xlsx") else TAB}>'
        f"{OPENED[name]}</a>"
        for name in there
    )
    when = look.when(run / "run.json")
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    edition = str(record.get("audience", "board"))
    told = f"{edition} edition, data to {run.name}, built on {when}"
    return f"<p><b>{listed}</b></p><p class='quiet'>{escape(told)}</p>{place}"
