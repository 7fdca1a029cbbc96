"""Make every picture of the README and the stage guides anew, from the sample clients' reports and a running workbench.

Run ``python make.py pictures``; it runs the samples first. By hand: ``python docs/pictures.py [--runs DIR] [NAME …]``.
It needs Chromium and playwright and says so where one is missing.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
LARGEST, TOGETHER = 150_000, 1_500_000
"""Bytes one picture and all of them may have."""
PATIENCE = 180_000
"""Milliseconds to wait for a notebook."""
COLOURS = (128, 64, 32)
"""Colours of the palette; fewer where a picture would be too large."""


@dataclass(frozen=True)
class Picture:
    """One picture: what is opened, on which screen, and which part of it is taken."""

    name: str
    source: str
    """A file below the runs folder, or ``lab`` for the workbench."""
    part: tuple[str, ...] = ()
    """Selectors, of which the first that is there is taken; none: the screen as it opens."""
    size: tuple[int, int] = (1100, 1400)
    scheme: str = "light"
    sharp: float = 1.0


def figure(stage: str, key: str, client: str = "brightline") -> Picture:
    """The figure of a chapter that shows its answer best; where an edition leaves it out, the chapter's first."""
    parts = (f"#{stage}-{key}", f"#stage-{stage} figure")
    return Picture(stage, f"{client}/report.html", parts, size=(1000, 1000), sharp=1.25)


PICTURES = (
    Picture("report", "brightline/report.html"),
    Picture("dark", "northbeam/report.html", size=(1100, 900), scheme="dark"),
    Picture("phone", "brightline/report.html", size=(390, 844), sharp=1.5),
    Picture("board", "index.html", size=(1280, 620)),
    Picture("workbench", "lab", size=(1400, 1000)),
    figure("align", "failures"),
    figure("quantify", "bridge"),
    figure("instrument", "loop"),
    figure("orchestrate", "sla"),
    figure("prove", "effects"),
    figure("govern", "plan"),
)
PLAIN = "details, .tools { display: none !important } figure { margin: 0 !important; padding: 14px 18px }"
"""A figure by itself: without its buttons and folds."""
DONE = """() => [...document.querySelectorAll(
    '.jp-Notebook .jp-CodeCell .jp-InputPrompt:not(.jp-Placeholder-prompt)')].every(
    node => /[0-9]/.test(node.textContent))"""


def missing() -> str:
    """What is missing to make pictures; empty when nothing is."""
    lacks = [] if browser_path() else ["Chromium (apt-get install chromium)"]
    if importlib.util.find_spec("playwright") is None:
        lacks.append("playwright (pip install 'cxkit[browser]')")
    return " and ".join(lacks)


def browser_path() -> str | None:
    """Where Chromium is."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def small(png: bytes) -> bytes:
    """The picture with a palette, small enough for a repository; stops where even few colours leave it too large."""
    from PIL import Image  # noqa: PLC0415

    for colours in COLOURS:
        held = io.BytesIO()
        Image.open(io.BytesIO(png)).convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(
            held, "PNG", optimize=True
        )
        if held.tell() < LARGEST:
            return held.getvalue()
    raise SystemExit(f"A picture has {held.tell():,} bytes with {COLOURS[-1]} colours, more than {LARGEST:,}.")


def source(runs: Path, picture: Picture) -> Path:
    """The file a picture is taken of: the client's newest run."""
    client, _, name = picture.source.partition("/")
    found = sorted((runs / client).glob(f"20*/{name}")) if name else [runs / client]
    if not found or not found[-1].is_file():
        raise SystemExit(f"There is no {picture.source} below {runs.name}/. Run `cxkit demo` first.")
    return found[-1].resolve()


@contextmanager
def screen(browser: Any, picture: Picture) -> Iterator[Any]:
    """A fresh page of the picture's size and scheme, in which nothing moves."""
    context = browser.new_context(
        viewport={"width": picture.size[0], "height": picture.size[1]},
        color_scheme=picture.scheme,
        device_scale_factor=picture.sharp,
        reduced_motion="reduce",
        bypass_csp=True,  # the page's own policy refuses the style that takes a figure's buttons away
    )
    context.set_default_timeout(PATIENCE)
    try:
        yield context.new_page()
    finally:
        context.close()


def taken(page: Any, picture: Picture) -> bytes:
    """The picture as the browser draws it."""
    for selector in picture.part:
        if page.locator(selector).count():
            return bytes(page.locator(selector).first.screenshot(style=PLAIN, animations="disabled"))
    if picture.part:
        raise SystemExit(f"{picture.source} has none of {', '.join(picture.part)}.")
    return bytes(page.screenshot(animations="disabled", caret="hide"))


@contextmanager
def workbench(client: str) -> Iterator[str]:
    """The address of ``cxkit lab`` on a copy of a sample client, from an empty profile."""
    with tempfile.TemporaryDirectory() as held:
        place = Path(held)
        left_out = shutil.ignore_patterns("work", "notebooks", "engagement.json")
        shutil.copytree(ROOT / "data" / client, place / "data" / client, ignore=left_out)
        (place / "home").mkdir()
        profile = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON", "CXKIT", "XDG_"))}
        profile |= {"HOME": str(place / "home"), "USERPROFILE": str(place / "home"), "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "cxkit.cli", "lab", client, "--no-browser", "--data-dir", str(place / "data")]
        server = subprocess.Popen(
            command, cwd=place, env=profile, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            for line in server.stdout or ():
                if found := re.search(r"http://127\.0\.0\.1:\d+/lab\S+token=\w+", line):
                    yield found.group(0)
                    break
            else:
                raise SystemExit("The workbench did not say where it is.")
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
            server.communicate()


def run_all(page: Any) -> None:
    """Run every cell from the menu, as a consultant does, and look at the top of the page."""
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.locator(".jp-StatusBar-Widget").get_by_text("Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(DONE)
    page.get_by_role("button", name="Build report").wait_for()  # code that is folded away has no number to wait for
    page.locator(".jp-StatusBar-Widget").get_by_text("Idle").wait_for()
    page.wait_for_timeout(1500)
    page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTo(0, 0)")
    page.wait_for_timeout(500)


def draw(browser: Any, picture: Picture, runs: Path) -> bytes:
    """Open what the picture shows and take it."""
    with screen(browser, picture) as page:
        if picture.source == "lab":
            with workbench("brightline") as address:
                page.goto(address)
                run_all(page)
                return taken(page, picture)
        page.goto(source(runs, picture).as_uri())
        return taken(page, picture)


def main(arguments: list[str] | None = None) -> None:
    """Make the pictures that are named, or all of them."""
    known = {picture.name: picture for picture in PICTURES}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(known)}")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs", help="folder of the sample clients' runs")
    given = parser.parse_args(arguments)
    if unknown := [name for name in given.names if name not in known]:
        parser.error(f"no picture is called {', '.join(unknown)}; there are {', '.join(known)}")
    if lacks := missing():
        sys.exit(f"Pictures need {lacks}.")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=browser_path(), args=["--no-sandbox", "--disable-gpu"])
        for name in given.names or known:
            png = small(draw(browser, known[name], given.runs))
            (DOCS / f"{name}.png").write_bytes(png)
            print(f"docs/{name}.png  {len(png) / 1000:,.0f} kB", flush=True)
        browser.close()
    whole = sum((DOCS / f"{name}.png").stat().st_size for name in known if (DOCS / f"{name}.png").is_file())
    if whole > TOGETHER:
        sys.exit(f"The pictures together have {whole:,} bytes, more than {TOGETHER:,}.")


if __name__ == "__main__":
    main()
