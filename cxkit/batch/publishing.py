"""What a run publishes names no place on the machine it was made on."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import cxkit
from cxkit.batch.plan import Job
from cxkit.engagement.results import write_text


def replacements(job: Job, building: Path, as_of: str) -> dict[str, str]:
    """Place on this machine → what is written in its stead, the longest first.

    What a notebook was run with stays true when it is read from the folder that holds ``data`` and ``runs``.
    """
    known = {
        building: f"runs/{job.client}/{as_of}",
        job.runs: "runs",
        job.data: "data",
        Path(cxkit.__file__).resolve().parent.parent / "notebooks": "notebooks",
        Path(cxkit.__file__).resolve().parent: "cxkit",
        Path(sys.prefix): "python",
        Path(sys.base_prefix): "python",
        Path.home(): "~",
    }
    named = {str(form): word for path, word in known.items() for form in (path, path.resolve()) if len(path.parts) > 1}
    return dict(sorted(named.items(), key=lambda pair: -len(pair[0])))


def without_places(text: str, known: Mapping[str, str]) -> str:
    """A text in which places of this machine are words; the same for a text inside JSON.

    >>> without_places("open /where/data/acme", {"/where/data": "data"})
    'open data/acme'
    """
    for place, word in known.items():
        for form in {place, json.dumps(place)[1:-1]}:
            text = text.replace(form, word)
    return text


def scrub(building: Path, job: Job, as_of: str) -> None:
    """Take the places of this machine out of every notebook and text below a run's folder."""
    known = replacements(job, building, as_of)
    for path in sorted(building.rglob("*")):
        if path.suffix in {".ipynb", ".txt"} and path.is_file():
            found = path.read_text(encoding="utf-8")
            if (changed := without_places(found, known)) != found:
                write_text(path, changed)
