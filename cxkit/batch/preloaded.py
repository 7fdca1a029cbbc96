"""The workbook's own modules as the template of one command holds them: imported once, let go where a file has changed.

The libraries of others are in every template. The workbook is only in that of a command which runs clients, because it
lives no longer than the command; and a kernel forked from it looks first whether every file is still the one that was
imported. Where one is not, or where the kernel would find the workbook elsewhere, it imports all of it anew: an edit
takes effect at once, as from a cold kernel.
"""

from __future__ import annotations

import os
import pkgutil
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import cxkit
from cxkit import STAGES

PACKAGE = Path(cxkit.__file__).resolve().parent
NAMES = (
    *("cxkit.batch.forked", "cxkit.engagement.desk", "cxkit.engagement.recipes", "cxkit.engagement.plays"),
    *("cxkit.engagement.frame", "cxkit.report.show", "cxkit.report.preview"),
    *(f"cxkit.{stage}" for stage in STAGES),
    *(f"cxkit.charts.{found.name}" for found in pkgutil.iter_modules([str(PACKAGE / "charts")])),
)
"""What the six notebooks import."""
Stamps = dict[str, tuple[int, int]]


def stamps(folder: Path) -> Stamps:
    """Every file of a package with its time of change and its size."""
    found = {}
    for base, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in files:
            path = os.path.join(base, name)
            told = os.stat(path)
            found[path] = (told.st_mtime_ns, told.st_size)
    return found


_seen = stamps(PACKAGE)  # before the first import: what changes meanwhile counts as changed


def load(names: tuple[str, ...] = NAMES) -> None:
    """Import the workbook, or nothing of it: the template must come up with a file that is broken too."""
    before = frozenset(sys.modules)
    try:
        for name in names:
            import_module(name)
    except Exception:  # the kernel that needs the module says what is wrong with it
        let_go(but=before)


def let_go(but: frozenset[str] = frozenset()) -> None:
    """Forget every module of the workbook, so that the next import reads it from disk."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "cxkit" and name not in but]:
        del sys.modules[name]


def let_go_of_what_changed() -> None:
    """Forget the workbook where a file of it is not the one that was imported, or where it would be found elsewhere."""
    held = sys.modules.pop("cxkit")
    try:
        spec = find_spec("cxkit")
    finally:
        sys.modules["cxkit"] = held
    same = spec is not None and spec.origin == held.__file__
    try:
        same = same and stamps(PACKAGE) == _seen
    except OSError:
        same = False
    if not same:
        let_go()
