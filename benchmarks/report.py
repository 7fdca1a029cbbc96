"""The client's file beside two other ways to hand over the same content as one HTML file.

The content is what the six notebooks of the sample client brightline show after a run: every finding, table and
figure. *Ours* is ``report.html`` of that run, as a board gets it. *nbconvert* is the six executed notebooks in one,
without their code, through its ``lab`` template. *arakawa* is the same words, tables and figures in a report of its
own, with its assets inside the file; it is installed in a pinned version into an environment that is thrown away
afterwards.

Each file is opened by Chromium as a file, in a context of its own, with the network closed: what it asks for is
counted and refused. Measured are bytes; requests to anywhere; milliseconds to the load event (median); rules of
axe-core that are broken (WCAG 2.0 to 2.2, A and AA, and best practices, in light); scripts that ran; and whether a
script runs that stands in a comment which quotes a customer.

Run ``python benchmarks/report.py``; CXKIT_BENCH_SCALE=0.2 takes a fifth of the openings. CXKIT_BENCH_RUN names a run
folder of brightline that is there already.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import _record

ROOT = Path(__file__).resolve().parent.parent
CLIENT, REPEATS = "brightline", 7
ARAKAWA = "arakawa==0.4.4"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
QUOTED = "A customer wrote: <img src=x onerror='window.planted = 1'><script>window.planted = 1</script>"
"""A comment whose quotation wants to be a script."""
UNITS = {"bytes": "bytes", "requests": "requests", "load_ms": "milliseconds", "axe_violations": "rules broken"}
UNITS |= {"scripts": "scripts that ran", "planted_ran": "1 where a script in quoted text ran"}


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium; says what is missing when there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    missing = [name for name in ("playwright", "axe_playwright_python") if importlib.util.find_spec(name) is None]
    if missing or path is None:
        raise SystemExit(
            f"Missing: {', '.join([*missing, *([] if path else ['chromium'])])}. `python make.py install-ci`."
        )
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def ran(place: Path) -> Path:
    """A run folder of the client: the one that is named, or a run made for this."""
    if given := os.environ.get("CXKIT_BENCH_RUN"):
        return Path(given)
    command = [
        sys.executable,
        "-m",
        "cxkit.cli",
        "run",
        CLIENT,
        "--runs-dir",
        str(place),
        "--data-dir",
        str(ROOT / "data"),
    ]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return next((place / CLIENT).glob("*/report.html")).parent


def notebook(run: Path, comment: str = "") -> Any:
    """The executed notebooks in one, in their order; the comment, where there is one, as a cell of Markdown."""
    import nbformat  # noqa: PLC0415

    whole = nbformat.v4.new_notebook()
    for path in sorted(run.glob("[1-6]-*.ipynb")):
        one = nbformat.read(path, as_version=4)
        whole.metadata = one.metadata
        whole.cells += one.cells
    if comment:
        whole.cells.append(nbformat.v4.new_markdown_cell(comment))
    for number, cell in enumerate(whole.cells):
        cell["id"] = f"c{number}"
    return whole


def lab(run: Path, target: Path, comment: str = "") -> Path:
    """Nbconvert's ``lab`` template over the executed notebooks, without code."""
    from nbconvert import HTMLExporter  # noqa: PLC0415

    html, _ = HTMLExporter(template_name="lab", exclude_input=True).from_notebook_node(notebook(run, comment))
    target.write_text(html, encoding="utf-8")
    return target


def pieces(run: Path, comment: str = "") -> list[dict[str, Any]]:
    """What the notebooks show, as words, tables and drawings that any tool can take."""
    import base64  # noqa: PLC0415

    from cxkit.report.exporter import blocks_of  # noqa: PLC0415
    from cxkit.report.rendering import vector  # noqa: PLC0415

    found: list[dict[str, Any]] = []
    for block in blocks_of(notebook(run)):
        body: Any = block.body
        if block.kind == "table":
            columns = [column.label for column in body.columns]
            found.append({"kind": "table", "title": body.title, "columns": columns, "rows": body.rows})
        elif block.kind == "figure":
            drawn = str(vector(body.svg, block.id, body.alt, themed=False)).encode() if body.svg else b""
            held = drawn or base64.b64decode(body.png_base64)
            found.append(
                {"kind": "figure", "title": body.title, "suffix": "svg" if drawn else "png", "hex": held.hex()}
            )
        elif block.kind == "not_assessed":
            found.append({"kind": "text", "text": f"**Not assessed: {body.what}**\n\n{body.reason}"})
        elif block.kind == "note":
            found.append({"kind": "text", "text": body.text})
        else:
            under = " · ".join(part for part in (body.grade, body.interval, body.period, body.key) if part)
            found.append({"kind": "text", "text": f"### {body.title}\n\n{body.detail}\n\n{under}"})
    return [*found, {"kind": "text", "text": comment}] if comment else found


def throwaway(place: Path) -> Path:
    """An environment with the other tool in it, and its Python."""
    venv.create(place, with_pip=True)
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ARAKAWA], check=True)
    return python


def arakawa(python: Path, run: Path, target: Path, comment: str = "") -> Path:
    """The same content as an arakawa report."""
    content = target.with_suffix(".json")
    content.write_text(json.dumps(pieces(run, comment)), encoding="utf-8")
    script = Path(__file__).with_name("_report_arakawa.py")
    command = [python, script, content, target]
    subprocess.run(command, check=True, cwd=target.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return target


def ours(run: Path, target: Path, comment: str = "") -> Path:
    """The report of the run; with a comment, a chapter that holds it, by the same builder."""
    import nbformat  # noqa: PLC0415

    from cxkit.report.blocks import MIME, Block, NoteBody  # noqa: PLC0415
    from cxkit.report.exporter import CxReportExporter  # noqa: PLC0415

    if not comment:
        return Path(shutil.copy(run / "report.html", target))
    note = Block(id="govern.comment", kind="note", stage="govern", body=NoteBody(text=comment, author_role="CX lead"))
    shown = nbformat.v4.new_output("display_data", data={MIME: note.document()})
    held = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[shown])])
    html, _ = CxReportExporter().from_notebook_node(held)
    target.write_text(html, encoding="utf-8")
    return target


@contextmanager
def opened(browser: Any, path: Path) -> Iterator[tuple[Any, dict[str, Any]]]:
    """A page opened as a file with the network closed, and what was seen while it loaded."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page, seen = context.new_page(), {"requests": 0, "scripts": 0}

    def refuse(route: Any) -> None:
        seen["requests"] += 1
        route.abort()

    def parsed(event: dict[str, Any]) -> None:
        seen["scripts"] += bool(event["url"])

    context.route(lambda url: url.startswith(("http:", "https:", "ws:")), refuse)
    session = context.new_cdp_session(page)
    session.on("Debugger.scriptParsed", parsed)
    session.send("Debugger.enable")
    page.goto(path.as_uri(), wait_until="load", timeout=120_000)
    page.wait_for_timeout(500)
    session.send("Debugger.disable")
    try:
        yield page, seen
    finally:
        context.close()


def load_ms(browser: Any, path: Path) -> float:
    """Milliseconds from the opening to the end of the load event, in a context of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.route(lambda url: url.startswith(("http:", "https:", "ws:")), lambda route: route.abort())
    page = context.new_page()
    page.goto(path.as_uri(), wait_until="load", timeout=120_000)
    page.wait_for_function("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    taken = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    context.close()
    return float(taken)


def axe(page: Any) -> dict[str, int]:
    """Rules that axe-core finds broken, with how many elements break each."""
    spec = importlib.util.find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.origin is not None
    page.evaluate((Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8"))
    asked = "async rules => (await axe.run(document, {runOnly: rules, resultTypes: ['violations']})).violations"
    return dict(page.evaluate(f"({asked}.map(v => [v.id, v.nodes.length]))", list(RULES)))


def seen(browser: Any, path: Path, planted: Path, repeats: int) -> dict[str, Any]:
    """Everything measured of one way to hand the content over."""
    with opened(browser, path) as (page, found):
        broken = axe(page)
        shown = page.evaluate("document.body.innerText.length")
    with opened(browser, planted) as (page, _):
        ran_it = bool(page.evaluate("window.planted === 1"))
    return {
        "bytes": path.stat().st_size,
        "requests": found["requests"],
        "scripts": found["scripts"],
        "load_ms": statistics.median(load_ms(browser, path) for _ in range(repeats)),
        "axe_violations": len(broken),
        "planted_ran": int(ran_it),
        "elements": sum(broken.values()),
        "rules": sorted(broken),
        "shown": shown,
    }


def records(ways: dict[str, dict[str, Any]], *, repeats: int) -> list[dict[str, Any]]:
    """A record for each measure beside nbconvert, and again beside the second tool."""
    mine = ways["ours"]
    made = []
    for name, suffix, other_name in (
        ("nbconvert", "", "nbconvert, lab template, the executed notebooks in one, without code"),
        ("arakawa", ".vs_arakawa", f"{ARAKAWA.replace('==', ' ')}, one file with its assets inside"),
    ):
        other = ways[name]
        for what, unit in UNITS.items():
            record = {
                "name": f"report.{what}{suffix}",
                "ours": mine[what],
                "other": other[what],
                "other_name": other_name,
                "ratio": mine[what] / other[what] if other[what] else None,
                "unit": unit,
                "size": f"{CLIENT}, six notebooks",
                "repeats": repeats if what == "load_ms" else 1,
                "machine": _record.machine(),
                "versions": _record.versions("nbconvert", "playwright", "axe-playwright-python")
                | {"arakawa": ARAKAWA.split("==")[1]},
            }
            if what == "axe_violations":
                record |= {"elements": {"ours": mine["elements"], "other": other["elements"]}}
                record |= {"rules": {"ours": mine["rules"], "other": other["rules"]}}
            made.append(record)
    return made


def measure(run: Path, place: Path, *, repeats: int, python: Path) -> list[dict[str, Any]]:
    """Build all three from one run, open them, and give the records."""
    builders = {
        "ours": ours,
        "nbconvert": lab,
        "arakawa": lambda run, target, comment="": arakawa(python, run, target, comment),
    }
    ways = {}
    with chromium() as browser:
        for name, build in builders.items():
            path, planted = build(run, place / f"{name}.html"), build(run, place / f"{name}-planted.html", QUOTED)
            ways[name] = seen(browser, path, planted, repeats)
            print(name, ways[name], flush=True)
    if empty := [name for name, way in ways.items() if way["shown"] < 2_000]:
        raise SystemExit(f"Next to nothing was shown by {', '.join(empty)}: it was not the same content.")
    return records(ways, repeats=repeats)


def main() -> None:
    """Measure and write the records."""
    repeats = max(1, round(REPEATS * _record.scale()))
    with tempfile.TemporaryDirectory() as held:
        place = Path(held)
        python = throwaway(place / "environment")
        _record.write("report", measure(ran(place / "runs"), place, repeats=repeats, python=python))


if __name__ == "__main__":
    main()
