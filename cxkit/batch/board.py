"""``runs/index.html``: the consultancy's own board of every client."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from cxkit import errors
from cxkit.batch.run import read_runs
from cxkit.engagement import places, reviews
from cxkit.engagement.results import write_text
from cxkit.engagement.store import read_store
from cxkit.report import index
from cxkit.tables.intake import file_hashes

BESIDE = {"council.html": "council", "report.pdf": "PDF", "evidence.xlsx": "workbook", "playbook.html": "playbook"}
"""Files beside a report, and what they are called on the board."""


def write_board(runs: Path, data: Path | None = None) -> Path:
    """Write the board of all clients with a run below `runs` and of those below `data` without one; return where."""
    latest: dict[str, dict[str, Any]] = {}
    for record in read_runs(runs):  # by client and day: the last one stands, a failed one beside its own day counts
        latest[str(record["client"])] = record
    known = places.clients(data) if data is not None else []
    entries = [entry(record, runs, data) for record in latest.values()]
    entries += [index.Entry(client=name, folder=name, status="never") for name in known if name not in latest]
    path = runs / "index.html"
    write_text(path, index.build(entries, built=date.today().isoformat()))
    return path


def entry(record: Mapping[str, Any], runs: Path, data: Path | None) -> index.Entry:
    """One run as a line of the board."""
    client, place = str(record["client"]), Path(record["folder"])
    done = record["status"] == "done"
    waits = waiting(record, data) if done else 0
    fresh = changed(record, data) if done else ""
    beside = f"{client}/{place.name}"
    return index.Entry(
        client=str(record.get("name", client)),
        folder=client,
        status="failed" if not done else "review" if waits else "stale" if fresh else "done",
        as_of=str(record["as_of"]),
        fresh=fresh,
        headline=str(record.get("headline") or str(record.get("reason", "")).split("\n", maxsplit=1)[0]),
        health=str(record.get("health", "")),
        at_stake=record.get("at_stake"),
        currency=str(record.get("currency", "")),
        review=waits,
        link=f"{beside}/report.html" if done else "",
        links=tuple(
            index.Link(name=name, address=f"{beside}/{file}")
            for file, name in BESIDE.items()
            if done and (place / file).is_file()
        ),
    )


def waiting(record: Mapping[str, Any], data: Path | None) -> int:
    """How many comments and decisions need review against a published run."""
    folder = data / str(record["client"]) if data is not None else None
    if folder is None or not (folder / "engagement.json").is_file():
        return 0
    try:
        return len(reviews.items(folder, read_store(folder), place=Path(record["folder"]) / "results"))
    except errors.PlaybookError:
        return 0


def changed(record: Mapping[str, Any], data: Path | None) -> str:
    """What changed at a client since a run: its files; empty when nothing did, or nobody can tell."""
    folder = data / str(record["client"]) if data is not None else None
    if folder is None or not folder.is_dir():
        return ""
    then = {name: one["sha256"] for name, one in record["inputs"]["files"].items()}
    return "" if file_hashes(folder) == then else "files changed since"
