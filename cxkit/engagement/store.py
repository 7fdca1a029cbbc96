"""``engagement.json``: all that the tool writes about a client, under one revision number."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from cxkit import errors
from cxkit.engagement.results import dumps, write_text
from cxkit.records import Record


class Comment(Record):
    """Commentary on a stage, with the hash of the evidence it was written against."""

    stage: str
    text: str
    author_role: str = ""
    written: str = ""
    evidence: str = ""


class Decision(Record):
    """A decision of the council, with the evidence it rests on."""

    decision_id: str
    initiative_id: str = ""
    verdict: str
    """What was decided: fund, test first, stop, keep, or other words."""
    amount: float | None = None
    owner_role: str = ""
    decided: str
    due: str = ""
    done: str = ""
    evidence: str = ""
    note: str = ""


class Store(Record):
    """The content of ``engagement.json``."""

    revision: int = 0
    mapping: dict[str, Any] = Field(default_factory=dict)
    parameters: dict[str, Any] = Field(default_factory=dict)
    commentary: tuple[Comment, ...] = ()
    decisions: tuple[Decision, ...] = ()
    plays: tuple[dict[str, Any], ...] = ()
    """The client's own plays, laid over ``playbook/plays.yml`` by id."""


def read_store(folder: Path) -> Store:
    """Read ``engagement.json``; an absent file is an empty store, a broken one an `InputError`."""
    path = folder / "engagement.json"
    if not path.exists():
        return Store()
    try:
        return Store.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (json.JSONDecodeError, UnicodeDecodeError, ValidationError) as problem:
        raise errors.InputError(
            f"{folder.name}/engagement.json cannot be read ({str(problem).splitlines()[0]}). "
            "Restore it from a backup, or move it aside and map the client again."
        ) from None


def write_store(folder: Path, store: Store, *, expected: int) -> Store:
    """Write a store that was read at revision `expected`; raise `InputError` when somebody wrote in between."""
    current = read_store(folder).revision
    if current != expected:
        raise errors.InputError(
            f"{folder.name}/engagement.json was changed by somebody else (revision {current}, yours is {expected}). "
            "Open it again and repeat your change."
        )
    written = store.model_copy(update={"revision": expected + 1})
    write_text(folder / "engagement.json", dumps(written.model_dump(mode="json")))
    return written


def append_history(folder: Path, name: str, record: dict[str, Any]) -> None:
    """Append one record to ``history/<name>.jsonl``; what is there is never rewritten."""
    path = folder / "history" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(json.dumps(record, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")
