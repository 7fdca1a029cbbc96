"""Objections to numbers as they stood on the day: what was said, against which number, and whether it was answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from cxkit.govern.reading import Row
from cxkit.records import Finding
from cxkit.tables.sheets import Kind

CHALLENGES: Mapping[str, Kind] = {
    "challenge_id": "text",
    "finding": "text",
    "title": "text",
    "says": "text",
    "author_role": "text",
    "logged": "date",
    "answer": "text",
    "answered": "date",
    "state": "text",
    "evidence": "text",
}
"""`state` is open or answered; `title` is the finding's today, empty when it is no longer there."""


def standing(lines: Iterable[Any], findings: Iterable[Finding], as_of: date) -> list[Row]:
    """Challenges by the last line about each up to `as_of`, open ones first.

    `lines` are records or mappings with the fields of `CHALLENGES` but `title` and `state`; days are ISO texts.
    """
    known = {finding.key: finding.title for finding in findings}
    last: dict[str, Row] = {}
    for line in lines:
        row: Mapping[str, Any] = line if isinstance(line, Mapping) else line.model_dump()
        logged, answered = _day(row.get("logged")), _day(row.get("answered"))
        if logged is None or logged > as_of or (answered is not None and answered > as_of):
            continue
        last[str(row["challenge_id"])] = {
            **{name: row.get(name) or None for name in CHALLENGES},
            **{"logged": logged, "answered": answered, "title": known.get(str(row["finding"]))},
            "state": "answered" if row.get("answer") else "open",
        }
    return sorted(last.values(), key=lambda r: (r["state"] != "open", r["logged"], str(r["challenge_id"])))


def findings(rows: list[Row]) -> list[Finding]:
    """How many numbers are challenged, and how many challenges wait for an answer."""
    if not rows:
        return []
    open_ = [row for row in rows if row["state"] == "open"]
    numbers = len({row["finding"] for row in rows})
    noun = "number is" if numbers == 1 else "numbers are"
    wait = f"{'challenge' if len(rows) == 1 else 'challenges'} {'waits' if len(open_) == 1 else 'wait'}"
    return [
        Finding(
            id="govern.council.challenged",
            stage="govern",
            title=f"{len(open_)} of {len(rows)} {wait} for an answer; {numbers} {noun} challenged",
            detail="A challenge stands beside its number and changes nothing in it.",
            value=len(open_),
            unit="count",
            n=len(rows),
            about="a full count, so without an interval",
            sources=("initiatives",),
            tone="bad" if open_ else "neutral",
        )
    ]


def _day(text: Any) -> date | None:
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
