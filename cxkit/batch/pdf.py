"""``report.pdf``: the finished page printed by a Chromium, where there is one; a run never fails for want of it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from cxkit.records import Record
from cxkit.tables.scratch import prefix

NAME = "report.pdf"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
SECONDS = 120.0
"""How long a print may take."""
QUIET = (
    *("--headless", "--disable-gpu", "--disable-extensions", "--disable-sync", "--disable-background-networking"),
    *("--disable-component-update", "--disable-default-apps", "--no-first-run", "--no-default-browser-check"),
    *("--metrics-recording-only", "--mute-audio", "--disable-dev-shm-usage"),
    "--host-resolver-rules=MAP * ~NOTFOUND",  # a page that fetches nothing needs no network
)


class Print(Record):
    """How a print ended."""

    status: Literal["made", "not made"]
    why: str = ""
    """Why there is none, in a sentence."""


def find() -> str:
    """The Chromium of this machine: that named by CXKIT_CHROMIUM, else one on the path; empty where there is none."""
    named = os.environ.get("CXKIT_CHROMIUM", "")
    if named:
        return named if shutil.which(named) else ""
    return next((f for n in NAMES if (f := shutil.which(n))), next((p for p in PLACES if Path(p).is_file()), ""))


def print_page(page: Path, target: Path, *, browser: str = "", seconds: float = SECONDS) -> Print:
    """Print a page to a tagged A4 PDF with an outline; says why where it cannot, and leaves nothing behind."""
    program = browser or find()
    if not program:
        return Print(status="not made", why="No Chromium was found; print report.html, or install Chromium.")
    with tempfile.TemporaryDirectory(prefix=prefix(), ignore_cleanup_errors=True) as profile:
        made = Path(profile) / NAME
        command = [
            *(program, *QUIET, f"--user-data-dir={profile}"),
            *(["--no-sandbox"] if _superuser() else []),
            *("--no-pdf-header-footer", "--generate-pdf-document-outline", f"--print-to-pdf={made}"),
            page.resolve().as_uri(),
        ]
        why = _call(command, profile, seconds)
        if not why and not (made.is_file() and made.read_bytes()[:5] == b"%PDF-"):
            why = "Chromium ended without a print."
        if why:
            return Print(status="not made", why=why)
        shutil.copyfile(made, target)
    return Print(status="made")


def _call(command: Sequence[str], home: str, seconds: float) -> str:
    """Run a browser in a group of its own and end the whole group with it; why it failed, or nothing."""
    own = {
        k: v
        for k, v in os.environ.items()
        if k in {"PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TEMP", "TMP", "LD_LIBRARY_PATH"}
    }
    own |= {"HOME": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home}
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=own,
            start_new_session=True,
        )
    except OSError as problem:
        return f"Chromium could not be started ({problem.strerror or problem})."
    try:
        code = process.wait(seconds)
        return "" if code == 0 else f"Chromium ended with code {code}."
    except subprocess.TimeoutExpired:
        return f"Chromium took longer than {seconds:.0f} seconds."
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End whatever is left of the browser and its children."""
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.poll() is None:
        process.kill()
    process.wait()


def _superuser() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
