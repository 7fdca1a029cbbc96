"""A run against the one before it, as the files of both say it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from cxkit.batch.assemble import changes_since
from cxkit.engagement import results
from cxkit.records import Finding, Result
from cxkit.report.inputs import WIDER
from tests.report.sample import result


def effects(value: float, tone: str) -> Result:
    found = Finding.model_validate(
        {"id": "prove.effect", "stage": "prove", "title": f"It moved {value:g}", "value": value, "tone": tone}
        | {"low": value - 0.1, "high": value + 0.1}
    )
    return result("prove.effects", (found,))


def published(home: Path, day: str, made: Result) -> None:
    place = home / day / "results"
    results.save(made, place)
    results.write_text(place / "findings.json", results.dumps(results.findings_document(made.findings)))


def test_what_a_finding_was_called_and_what_was_decided_come_from_the_run_before(tmp_path: Path) -> None:
    published(tmp_path, "2026-08-31", effects(0.2, "bad"))
    published(tmp_path, "2026-09-30", effects(0.2, "good"))
    published(tmp_path, "2026-10-31.failed", effects(0.9, "bad"))
    due = pd.DataFrame(
        {
            "initiative_id": ["I1", "I1"],
            "verdict": ["test first", "fund"],
            "owner_role": ["Finance", "Finance"],
            "decided": [date(2026, 9, 2), date(2026, 10, 8)],
        }
    )
    named = pd.DataFrame({"initiative_id": ["I1"], "initiative": ["Call back"]})
    saved = (
        effects(0.19, "bad"),
        result("govern.council", tables={"due": due}),
        result("govern.ledger", tables={"initiatives": named}),
    )
    made = changes_since(tmp_path, date(2026, 10, 31), saved, WIDER["board"])
    assert made is not None
    assert made.before == "2026-09-30"
    assert [(c.kind, c.turned) for c in made.changes] == [("turned", "bad")]
    assert [(t.kind, t.day, t.about, t.role) for t in made.taken] == [
        ("decided", "8 October 2026", "Call back: fund", "Finance")
    ]
    assert changes_since(tmp_path, date(2026, 8, 31), saved, WIDER["board"]) is None
