"""The findings that decisions and challenges rest on, kept by their hash, so that ``runs/`` can be deleted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from cxkit import errors
from cxkit.engagement import places
from cxkit.engagement.client import read_client
from cxkit.engagement.results import dumps, findings_document, write_text
from cxkit.records import Finding, Record

KEPT = 16
"""Letters of a hash that name it."""


class Evidence(Record):
    """The findings of one published run."""

    hash: str
    """Of ``findings.json``, shortened."""
    path: Path
    as_of: str

    @property
    def findings(self) -> list[dict[str, Any]]:
        """Its records."""
        found: list[dict[str, Any]] = json.loads(self.path.read_text(encoding="utf-8"))
        return found

    @property
    def results(self) -> Path:
        """The saved results of the run it is from."""
        return self.path.parent


def latest(client: str, runs: Path, *, day: date | None = None) -> Evidence | None:
    """The findings of the client's last published run; with `day` of the last whose data end by that day."""
    found = [
        path
        for path in sorted((runs / client).glob("[0-9]*/results/findings.json"))
        if not path.parent.parent.name.endswith(".failed")
        and (day is None or path.parent.parent.name <= day.isoformat())
    ]
    if not found:
        return None
    path = found[-1]
    return Evidence(hash=_hash(path.read_bytes()), path=path, as_of=path.parent.parent.name)


def last_run(
    client: str, *, data_dir: Path | None = None, runs_dir: Path | None = None
) -> tuple[Path, Evidence | None]:
    """A client's folder, whose settings can be read, and the findings of its last published run, if there is one."""
    data = places.data_folder(data_dir)
    folder = places.client_folder(client, data)
    read_client(folder)
    return folder, latest(client, places.runs_folder(runs_dir, data=data))


def of_results(place: Path, *, stage: str = "", keys: Collection[str] | None = None) -> str:
    """The findings saved below a ``results`` folder as ``findings.json`` would hold them: text whose hash names it.

    Of one `stage`, or only those with these `keys`; empty when none of them is there. A result's tables and its
    words of detail do not count: a comment rests on what findings say.
    """
    found = [
        Finding.model_validate(record)
        for path in sorted(place.glob(f"{stage or '[!.]*'}.*/result.json"))
        for record in json.loads(path.read_text(encoding="utf-8"))["findings"]
    ]
    chosen = {f.key: f for f in found if keys is None or f.key in keys}
    return dumps(findings_document(chosen.values())) if chosen else ""


def hash_of(text: str) -> str:
    """The hash that names a document of findings; empty for an empty one."""
    return _hash(text.encode("utf-8")) if text else ""


def keep_text(folder: Path, text: str) -> str:
    """Store a document of findings under its hash, once; return the hash."""
    name = hash_of(text)
    target = folder / "history" / "findings" / f"{name}.json"
    if name and not target.is_file():
        write_text(target, text)
    return name


def keep(folder: Path, evidence: Evidence) -> Path:
    """Store the findings once under their hash, with the tables they come from; never rewritten.

    ``history/findings/<hash>.json`` holds the bytes of ``findings.json``, ``<hash>.snapshot.json`` the day of the data
    and the hash of every table. Returns the first.
    """
    place = folder / "history" / "findings"
    target = place / f"{evidence.hash}.json"
    if not target.is_file():
        write_text(place / f"{evidence.hash}.snapshot.json", dumps(_snapshot(evidence)))
        text = evidence.path.read_bytes()
        if _hash(text) != evidence.hash:
            raise errors.InputError("The run was built anew while this was being recorded. Look at it, then repeat.")
        write_text(target, text.decode("utf-8"))
    return target


def read(folder: Path, hash: str) -> list[dict[str, Any]]:
    """Findings kept under a hash; empty without any. `InputError` when they are no longer what they were."""
    path = folder / "history" / "findings" / f"{hash}.json"
    if not hash or not path.is_file():
        return []
    content = path.read_bytes()
    if _hash(content) != hash:
        raise errors.InputError(
            f"{folder.name}/history/findings/{hash}.json was changed: its content no longer has this hash. "
            "Restore it from a backup; nothing below history/ is ever rewritten."
        )
    found: list[dict[str, Any]] = json.loads(content)
    return found


def snapshot(folder: Path, hash: str) -> Mapping[str, Any]:
    """Day of the data and hash of every table behind kept findings; empty where they are not known."""
    path = folder / "history" / "findings" / f"{hash}.snapshot.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if hash and path.is_file() else {}
    return found


def _snapshot(evidence: Evidence) -> dict[str, Any]:
    run = evidence.path.parent.parent / "run.json"
    told = json.loads(run.read_text(encoding="utf-8")) if run.is_file() else {}
    return {"as_of": evidence.as_of, "tables": told.get("tables", {})}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:KEPT]
