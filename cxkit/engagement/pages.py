"""Pages of the playbook that are written from the code, so that words and code cannot part."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from cxkit import STAGES, shipped
from cxkit.engagement.results import write_text
from cxkit.report.audiences import editions_page
from cxkit.tables import dictionary, request
from cxkit.tables.catalogue import FINDINGS as DATA_FINDINGS

HEAD = """# Findings

Every id that `results/findings.json` can hold, written from the code by `make pages`. Ids are stable across releases
and the same for every client; what a finding is about stands in its `subject` (an experiment, a moment, a segment) or
its `initiative`, and `key` joins the three. A *gap* carries the id that its finding would have had.

Every record has `key`, `id`, `stage`, `title`, `value`, `unit`, `currency`, `low`, `high`, `level`, `n`, `period`,
`grade`, `sources`, `initiative`, `subject`, `definition` and `audience`.
"""


def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Stage → finding id → what it means, data health first."""
    stages = {stage: import_module(f"cxkit.{stage}.catalogue").FINDINGS for stage in STAGES}
    return {"data": DATA_FINDINGS, **stages}


def findings_page() -> str:
    """The list of every finding id, as Markdown."""
    lines = [HEAD]
    for stage, found in catalogue().items():
        lines += [f"## {stage.capitalize()}", "", "| id | what it means |", "|---|---|"]
        lines += [f"| `{id}` | {meaning[:1].upper()}{meaning[1:]} |" for id, meaning in found.items()]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def pages() -> dict[str, str]:
    """Every generated page: file name in ``playbook/`` → content."""
    return {
        **dictionary.pages(),
        "data-request.md": request.markdown(),
        "findings.md": findings_page(),
        "editions.md": editions_page(),
    }


def write() -> list[Path]:
    """Write every generated page and return their paths."""
    folder = shipped.path("playbook")
    for name, text in pages().items():
        write_text(folder / name, text)
    return [folder / name for name in pages()]
