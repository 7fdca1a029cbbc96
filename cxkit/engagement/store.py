"""``engagement.json``: all that the tool writes about a client, under one revision number."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from cxkit import errors
from cxkit.engagement.results import dumps, write_text
from cxkit.records import Record


class Comment(Record):
    """Commentary on a stage, with the hash of the evidence it was written against."""

    comment_id: str = ""
    """``C1``, ``C2`` …"""
    stage: str
    text: str
    """Markdown."""
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
    """Day on which it was carried out; empty while it was not."""
    withdrawn: str = ""
    """Day on which the council took it back; empty while it stands."""
    evidence: str = ""
    """Hash of the findings it rests on; they lie in ``history/findings/<hash>.json``."""
    findings: tuple[str, ...] = ()
    """Keys of those findings that speak about the initiative."""
    note: str = ""


class Review(Record):
    """That somebody looked at something written against other numbers, and lets it stand."""

    item: str
    """``comment:C1`` or ``decision:D3``."""
    evidence: str
    """Hash of the numbers it was confirmed against; when they change again, it needs review again."""
    role: str
    day: str
    note: str = ""


class Store(Record):
    """The content of ``engagement.json``."""

    revision: int = 0
    mapping: dict[str, Any] = Field(default_factory=dict)
    parameters: dict[str, Any] = Field(default_factory=dict)
    commentary: tuple[Comment, ...] = ()
    decisions: tuple[Decision, ...] = ()
    reviews: tuple[Review, ...] = ()
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


WAIT = 15.0
"""Seconds to wait for somebody else's change to be written."""
LEFT_BEHIND = 60.0
"""Age in seconds from which a lock is taken to be that of a process that died."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a client's engagement for one change: read, decide, write, with nobody else in between.

    A lock file, because it works on every system and on shared folders. `InputError` when somebody holds it too long.
    """
    path = folder / ".engagement.lock"
    until = time.monotonic() + WAIT
    while True:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError:
            if _age(path) > LEFT_BEHIND:
                path.unlink(missing_ok=True)
            elif time.monotonic() > until:
                raise errors.InputError(
                    f"{folder.name} is being changed by somebody else. Try again in a minute; if nobody is at work, "
                    f"delete {folder.name}/{path.name}."
                ) from None
            else:
                time.sleep(0.02)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def write_store(folder: Path, store: Store, *, expected: int) -> Store:
    """Write a store that was read at revision `expected`; raise `InputError` when somebody wrote in between."""
    with locked(folder):
        return replace_store(folder, store, expected=expected)


def replace_store(folder: Path, store: Store, *, expected: int) -> Store:
    """`write_store` for who holds the lock already."""
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
    """Append one record to ``history/<name>.jsonl``; what is there is never rewritten.

    A last line that was cut off in the middle stays as it is, on a line of its own.
    """
    path = folder / "history" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(record, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    with path.open("ab+") as stream:
        if stream.seek(0, os.SEEK_END):
            stream.seek(-1, os.SEEK_END)
            line = line if stream.read(1) == b"\n" else "\n" + line
        stream.write(line.encode("utf-8"))
        stream.flush()
        os.fsync(stream.fileno())
