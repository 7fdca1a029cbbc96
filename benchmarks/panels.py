"""How long a person waits in a panel: from an input that is moved to the new number that is shown.

The notebooks of a client are executed cell by cell, as their author wrote them; whatever a cell tagged `interactive`
shows is a panel. Every input of it, whatever it is, is then moved to other values, one at a time, through the widget
that a person moves: a slider by a step and to its far end, a list to its other options, a box by its step, a tick over
and back. A panel has answered when the move returns, since its widgets then hold the new words and the new figure.

A move takes as long as the clock says, or as the processor worked for it where that is less, since the clock counts
what else a busy machine does. What is recorded is the slowest move of each panel, and which input it was. No panel may
need more than a second; the list of clients, which opens another one with all its files, has no limit.
Run ``python benchmarks/panels.py``, or with names of clients for those alone.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import _record
import ipywidgets as widgets

from cxkit.engagement.notebooks import FOLDER, copy_notebooks

ROOT = Path(__file__).resolve().parent.parent
CLIENTS = ("northbeam", "brightline")
LIMIT = 1.0
UNLIMITED = ("0-start.picker",)
"""Opening another client reads all of its files."""
OPTIONS = 4
"""Other options of a list that are tried."""
TYPED = ("price", "wait*")
"""What is typed into a box for words."""


def opened(client: str, data: Path) -> Iterator[tuple[str, Any]]:
    """Every panel of a client's notebooks as (where, panel), the notebooks executed in their order."""
    folder = data / client
    copy_notebooks(folder)
    os.chdir(folder / FOLDER)
    for path in [*sorted(Path.cwd().glob("[1-6]-*.ipynb")), Path("0-start.ipynb")]:
        names: dict[str, Any] = {"__name__": "__main__"}
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] != "code":
                continue
            source, last = ast.parse("".join(cell["source"])), None
            if isinstance(source.body[-1], ast.Expr):
                last, source.body = source.body[-1].value, source.body[:-1]
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(source, path.name, "exec"), names)
                made = eval(compile(ast.Expression(last), path.name, "eval"), names) if last else None
            if last and "interactive" in cell["metadata"].get("tags", ()):
                yield f"{path.stem}.{ast.unparse(last).partition('(')[0].rpartition('.')[2]}", made


def inputs(box: widgets.Widget) -> Iterator[widgets.Widget]:
    """What a person can move below `box`; of a slider and its number box, which are one input, the slider."""
    parts = list(getattr(box, "children", ()))
    slides = any(isinstance(part, widgets.FloatSlider | widgets.IntSlider) for part in parts)
    for part in parts:
        numbered = isinstance(part, widgets.FloatText | widgets.IntText | widgets.BoundedFloatText)
        if hasattr(part, "children"):
            yield from inputs(part)
        elif not (slides and numbered) and not isinstance(part, widgets.HTML | widgets.Button | widgets.IntProgress):
            yield part


def moves(one: widgets.Widget) -> list[Any]:
    """Values an input is moved to."""
    now = one.value
    if isinstance(one, widgets.FloatSlider | widgets.IntSlider):
        near = now + one.step if now + one.step <= one.max else now - one.step
        return [near, one.max if now < one.max else one.min]
    if isinstance(one, widgets.Dropdown):
        return [value for value in one._options_values if value != now][:OPTIONS]
    if isinstance(one, widgets.SelectMultiple):
        return [one._options_values[:1]] if one._options_values else []
    if isinstance(one, widgets.Checkbox):
        return [not now]
    if isinstance(one, widgets.Text | widgets.Textarea):
        return list(TYPED)
    return [now + (getattr(one, "step", None) or 1)]


def waits(panel: Any) -> list[tuple[float, float, str]]:
    """Seconds of every move of a panel, those by the clock, and what was moved; everything is put back."""
    found = []
    for one in list(inputs(panel.box)):
        start = one.value
        for value in moves(one):
            begun, worked = time.perf_counter(), time.process_time()
            one.value = value
            waited, worked = time.perf_counter() - begun, time.process_time() - worked
            found.append((min(waited, worked), waited, one.description or type(one).__name__))
        one.value = start
    for waiting in threading.enumerate():  # a draft is written a second after the last key
        if isinstance(waiting, threading.Timer):
            waiting.join()
    return found


def measure(client: str) -> Iterator[dict[str, Any]]:
    """One record per panel of a client."""
    place = {"machine": _record.machine(), "versions": _record.versions("duckdb", "ipywidgets", "matplotlib")}
    with tempfile.TemporaryDirectory() as kept:
        data = Path(kept) / "data"
        for one in sorted((ROOT / "data").glob("*/client.yml")):
            shutil.copytree(one.parent, data / one.parent.name, ignore=shutil.ignore_patterns("work", "notebooks"))
        for where, panel in opened(client, data):
            took = waits(panel)
            if not took:
                continue
            slowest, waited, moved = max(took)
            yield {
                "name": f"panels.{client}.{where}",
                "ours": slowest,
                "unit": "seconds from a moved input to the new number, the slowest move",
                "limit": None if where in UNLIMITED else LIMIT,
                "repeats": len(took),
                "median": statistics.median(seconds for seconds, *_ in took),
                "by_the_clock": waited,
                "slowest": moved,
                "holds": where in UNLIMITED or slowest <= LIMIT,
            } | place
        os.chdir(ROOT)


def main(names: list[str]) -> int:
    """Measure, print and write; exit code 1 where somebody waits longer than a second."""
    records = [r for r in _record.read("panels") if r["name"].split(".")[1] not in (names or CLIENTS)]
    failed = 0
    for client in names or CLIENTS:
        for r in measure(client):
            late = "" if r["holds"] else "   TOO LATE"
            print(f"{r['name']:46} {r['ours']:6.2f} s  median {r['median']:.2f}  {r['slowest']}{late}", flush=True)
            failed += not r["holds"]
            records.append(r)
    _record.write("panels", sorted(records, key=lambda r: r["name"]))
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
