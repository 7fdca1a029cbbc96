"""``runs/index.html``: the consultancy's own board of every client."""

from __future__ import annotations

from pathlib import Path

from cxkit.batch.run import read_runs
from cxkit.engagement.results import write_text
from cxkit.report import index


def write_board(runs: Path) -> Path:
    """Write the board of all runs found below a folder; return where it is."""
    entries = [
        index.Entry(
            client=str(record.get("name", record["client"])),
            folder=str(record["client"]),
            status="done" if record["status"] == "done" else "failed",
            as_of=str(record["as_of"]),
            headline=str(record.get("headline") or str(record.get("reason", "")).split("\n", maxsplit=1)[0]),
            health=str(record.get("health", "")),
            link="/".join([str(record["client"]), record["folder"].name, "report.html"])
            if record["status"] == "done"
            else "",
            playbook="/".join([str(record["client"]), record["folder"].name, "playbook.html"])
            if record["status"] == "done" and (record["folder"] / "playbook.html").is_file()
            else "",
        )
        for record in read_runs(runs)
    ]
    path = runs / "index.html"
    write_text(path, index.build(entries))
    return path
