"""The record every benchmark writes, and where it ran."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


def scale() -> float:
    """Factor for sizes and repeats, from CXKIT_BENCH_SCALE; 1 is the size the figures are published at."""
    return float(os.environ.get("CXKIT_BENCH_SCALE", "1"))


def machine() -> str:
    """Cores, memory and system; never a name.

    >>> "cores" in machine()
    True
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    names = getattr(os, "sysconf_names", {})
    memory = ""
    if "SC_PHYS_PAGES" in names and "SC_PAGE_SIZE" in names:
        memory = f", {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GB"
    return f"{cores} cores{memory}, {platform.system()} {platform.machine()}"


def versions(*packages: str) -> dict[str, str]:
    """Versions of Python and of these packages."""
    return {"python": platform.python_version()} | {name: version(name) for name in packages}


def read(name: str) -> list[dict[str, Any]]:
    """The records written last; none when there are none."""
    path = RESULTS / f"{name}.json"
    return list(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else []


def write(name: str, records: list[dict[str, Any]]) -> Path:
    """Write ``results/<name>.json`` whole or not at all."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    draft = path.with_suffix(".json.part")
    draft.write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(path)
    return path
