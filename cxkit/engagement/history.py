"""``history/``: what was registered, forecast, decided and challenged, one line each, added to and never rewritten."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from cxkit import errors
from cxkit.engagement.store import append_history
from cxkit.records import Number, Record

R = TypeVar("R", bound=Record)


class Registration(Record):
    """An experiment as the first run that saw it found it registered, or as a later run found it changed."""

    experiment_id: str
    hash: str
    """Of the registered fields, see `cxkit.prove.registration`."""
    seen: str
    """`as_of` of the run that saw it first."""
    fields: dict[str, Any] = Field(default_factory=dict)


class ForecastPoint(Record):
    """Cumulative benefit in cash that was forecast for so many months after approval."""

    months: int
    value: Number
    low: Number
    high: Number


class Assumption(Record):
    """One assumption a forecast stood on."""

    benefit_id: str
    name: str
    """base, effect, unit_value, adoption, margin or confidence."""
    value: Number
    low: Number | None = None
    high: Number | None = None
    driver: str = ""
    base_unit: str = ""


class Forecast(Record):
    """What an initiative was expected to bring on the day its money was approved."""

    forecast_id: str
    initiative_id: str
    approved: str
    """Day of the decision that approved it."""
    decision_id: str = ""
    evidence: str = ""
    """Hash of the findings the decision rests on."""
    block: str = ""
    """revenue, cost or risk: the block with most of the benefit."""
    driver: str = ""
    """The driver with most of the benefit."""
    currency: str = ""
    level: float = 0.8
    points: tuple[ForecastPoint, ...] = ()
    """At 6, 12 and 24 months after approval."""
    stated_confidence: float | None = None
    assumptions: tuple[Assumption, ...] = ()


class Challenge(Record):
    """Somebody's objection to a number, logged beside it."""

    challenge_id: str
    finding: str
    """Key of the finding."""
    says: str
    author_role: str = ""
    logged: str
    """Day."""
    evidence: str = ""
    """Hash of the findings it was raised against."""
    answer: str = ""
    answered: str = ""


FILES: dict[str, type[Record]] = {
    "registrations": Registration,
    "forecasts": Forecast,
    "challenges": Challenge,
}
"""File below ``history/`` → what a line of it is; ``decisions`` and ``findings`` are written beside them."""


WORDS = frozenset({"commentary", "reviews"})
"""Files of words about numbers."""


def read(folder: Path, cls: type[R]) -> tuple[R, ...]:
    """Every record of one kind, oldest first; `InputError` names a line that cannot be read."""
    name = next(name for name, known in FILES.items() if known is cls)
    path = folder / "history" / f"{name}.jsonl"
    if not path.is_file():
        return ()
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(cls.model_validate(json.loads(line)))
        except (json.JSONDecodeError, ValidationError) as problem:
            raise errors.InputError(
                f"{folder.name}/history/{name}.jsonl, line {number}, cannot be read ({str(problem).splitlines()[0]}). "
                "Restore the file from a backup; lines are only ever added to it."
            ) from None
    return tuple(found)


def add(folder: Path, record: Record) -> None:
    """Append one record to its file."""
    name = next(name for name, known in FILES.items() if isinstance(record, known))
    append_history(folder, name, record.model_dump(mode="json"))


def digest(folder: Path) -> str:
    """Hash of all in ``history/`` that a number can rest on; empty when there is nothing.

    What was written about numbers (commentary, reviews) changes none of them and is left out.
    """
    files = sorted(p for p in (folder / "history").glob("*.jsonl") if p.stem not in WORDS)
    return hashlib.sha256(b"".join(p.name.encode() + p.read_bytes() for p in files)).hexdigest() if files else ""
