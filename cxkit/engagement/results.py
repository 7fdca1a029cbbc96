"""Saved results: a folder per result, ``result.json`` beside Parquet tables, loaded back by class."""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import pyarrow.parquet as pq

from cxkit.errors import InputError
from cxkit.records import Finding, Result

R = TypeVar("R", bound=Result)


def write_text(path: Path, text: str) -> None:
    """Write a file so that it appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    """The permissions the user withholds from new files; a temporary file would withhold everything from others."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def dumps(document: Any) -> str:
    """JSON as we write it everywhere: readable, sorted, the same bytes for the same content."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def save(result: Result, place: Path) -> Path:
    """Save a result under `place`; the folder appears whole or not at all."""
    place.mkdir(parents=True, exist_ok=True)
    target = place / f"{result.stage}.{result.name}"
    building = Path(tempfile.mkdtemp(dir=place, prefix=f".{target.name}."))
    try:
        (building / "result.json").write_text(dumps(result.document()), encoding="utf-8")
        for name, table in result.tables.items():
            pq.write_table(table, building / f"{name}.parquet", compression="zstd")
        shutil.rmtree(target, ignore_errors=True)
        os.replace(building, target)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    return target


def renew(place: Path, inputs: str) -> None:
    """Throw away saved results that were made from other inputs; `inputs` is the hash of what they rest on now.

    For the results a consultant keeps between notebooks: a moved assumption or a new file must reach every stage.
    """
    stamp = place / ".inputs"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == inputs:
        return
    shutil.rmtree(place, ignore_errors=True)
    write_text(stamp, inputs)


def load(cls: type[R], place: Path) -> R:
    """Load a saved result by its class; `InputError` when it is missing or of another schema version."""
    folder = place / f"{cls.stage}.{cls.name}"
    if not (folder / "result.json").is_file():
        raise InputError(f"There is no saved {cls.stage}.{cls.name}; run the {cls.stage} notebook first.")
    document = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    if document.pop("version") != cls.version or document.pop("result") != f"{cls.stage}.{cls.name}":
        raise InputError(f"The saved {cls.stage}.{cls.name} is of another version; run the {cls.stage} notebook again.")
    tables = {path.stem: pq.read_table(path) for path in sorted(folder.glob("*.parquet"))}
    return cls.model_validate({**document, "tables": tables})


def findings_document(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """The machine's view of a report: one record per finding, ordered by key."""
    dropped = {"detail", "about", "tone", "weight"}
    ordered = sorted(findings, key=lambda f: f.key)
    return [
        {"key": f.key, **f.model_dump(mode="json", exclude=dropped | _endless(f))} | dict.fromkeys(_endless(f))
        for f in ordered
    ]


def _endless(finding: Finding) -> set[str]:
    """Number fields that JSON cannot hold: a payback that never comes is null here, and its title says so."""
    return {name for name in ("value", "low", "high") if math.isinf(getattr(finding, name) or 0.0)}
