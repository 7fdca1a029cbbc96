"""A real ``cxkit lab`` from an empty profile, and what a consultant does in it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.conftest import ROOT

PATIENCE = 90_000
"""Milliseconds to wait for a kernel on a busy machine."""
DONE = """() => [...document.querySelectorAll(
    '.jp-Notebook .jp-CodeCell .jp-InputPrompt:not(.jp-Placeholder-prompt)')].every(
    node => /[0-9]/.test(node.textContent))"""


@dataclass(frozen=True)
class Lab:
    """A running ``cxkit lab``."""

    address: str
    data: Path

    def notebook(self, name: str) -> str:
        """Address of another notebook."""
        return self.address.replace("0-start.ipynb", name) + "&reset"


@contextmanager
def serving(place: Path, client: str, others: Sequence[str] = ()) -> Iterator[Lab]:
    """``cxkit lab`` from an empty profile on copies of sample clients; Ctrl+C must end it without a word."""
    for name in (client, *others):
        copied = shutil.ignore_patterns("work", "notebooks")
        shutil.copytree(ROOT / "data" / name, place / "data" / name, ignore=copied)
    profile = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON", "CXKIT", "XDG_"))}
    profile |= {"HOME": str(place / "home"), "USERPROFILE": str(place / "home"), "PYTHONUNBUFFERED": "1"}
    (place / "home").mkdir()
    command = [sys.executable, "-m", "cxkit.cli", "lab", client, "--no-browser", "--data-dir", str(place / "data")]
    with (place / "stderr").open("w") as told:
        server = subprocess.Popen(
            command, cwd=place, env=profile, stdout=subprocess.PIPE, stderr=told, text=True, encoding="utf-8"
        )
    try:
        assert server.stdout is not None
        said = ""
        for said in server.stdout:
            if "http://" in said:
                break
        found = re.search(r"http://127\.0\.0\.1:\d+/lab/tree/0-start\.ipynb\?token=\w+", said)
        assert found, said + (place / "stderr").read_text(encoding="utf-8")
        yield Lab(found.group(0), place / "data")
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0
        assert "Traceback" not in (place / "stderr").read_text(encoding="utf-8")
    finally:
        if server.poll() is None:
            server.kill()
        server.communicate()


@contextmanager
def tab(chromium: Any, **look: Any) -> Iterator[Any]:
    """A tab; afterwards every request went to this machine and no script failed."""
    context = chromium.new_context(**({"viewport": {"width": 1400, "height": 1000}} | look))
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    asked: list[str] = []
    failed: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    opened.on("websocket", lambda socket: asked.append(socket.url))
    opened.on("pageerror", lambda error: failed.append(str(error)))
    yield opened
    context.close()
    assert asked
    outside = [url for url in asked if urlsplit(url).scheme not in {"data", "blob"}]
    assert {urlsplit(url).hostname for url in outside} == {"127.0.0.1"}
    assert not failed


def run_all(page: Any) -> None:
    """Run every cell from the menu, as a consultant does, and wait for the last one."""
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.locator(".jp-StatusBar-Widget").get_by_text("Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(DONE)
    if "0-start" in page.url:  # its code is folded away and has no number to wait for
        page.get_by_role("button", name="Build report").wait_for()


def themed(page: Any, theme: str) -> None:
    """Choose a theme from the menu, and wait for it."""
    if page.evaluate("document.body.dataset.jpThemeName") == theme:
        return
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.locator(".lm-Menu-item", has_text="Theme").first.hover()
    page.locator(".lm-Menu-item", has_text=theme).first.click()
    page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=theme)
