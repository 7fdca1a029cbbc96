"""What a finished run rested on, so that a client of whom nothing changed is not run again.

Little is imported here, so that a hundred clients without a change do not wait for what would run them.
A file counts as unchanged when its size and its time of change are those of the stamp, or else its content is. What
changes without either (a file put back with an older file's time and size) is beyond this: ``--force`` runs anyway.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cxkit
from cxkit.engagement import places
from cxkit.tables.encoding import digest

if TYPE_CHECKING:
    from cxkit.batch.summary import Ended

FOLDER = ".stamps"
OWN = frozenset({"work", ".engagement.lock"})
"""What lies in a client's folder itself and no run reads."""
NOWHERE = frozenset({"__pycache__", ".ipynb_checkpoints"})
"""Folders that no run reads, wherever they lie."""
PLACES = frozenset({"report", "open"})
"""Where things lie is known when a stamp is read; it names no place of a machine."""
Seen = dict[str, list[Any]]
"""File → its size, its time of change and its hash."""


def stamp_path(client: str, runs: Path, asked: Mapping[str, Any]) -> Path:
    """Where the stamp of a run that was asked for in this way lies."""
    told = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
    return runs / client / FOLDER / f"{told[:16]}.json"


def look(client: str, *, data: Path) -> Seen:
    """The client's files as a run finds them when it begins."""
    return _seen(_below(places.client_folder(client, data)), {})


def keep(
    client: str, *, data: Path, runs: Path, asked: Mapping[str, Any], before: Seen, ended: Mapping[str, Any]
) -> None:
    """Write the stamp of a run that has just been published: `ended` is what is told of it again.

    A client whose files are not those of `before`, except for what the run wrote into its history, gets none: nobody
    can say which of them the run has read.
    """
    path, place = stamp_path(client, runs, asked), runs / client / str(ended["as_of"])
    path.unlink(missing_ok=True)
    if _but_history(look(client, data=data)) != _but_history(before):
        return
    stamp = {
        "asked": dict(asked),
        "ended": {name: value for name, value in ended.items() if name not in PLACES},
        "program": program(),
        "read": _seen(_read(client, data, runs, str(ended["as_of"])), {}),
        "made": _seen(_below(place), {}),
    }
    path.parent.mkdir(exist_ok=True)
    building = path.with_suffix(f".{os.getpid()}")
    building.write_text(json.dumps(stamp, sort_keys=True, default=str), encoding="utf-8")
    os.replace(building, path)


def unchanged(client: str, *, data: Path, runs: Path, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """How the run that was asked for ended, where everything it read and made is as it was; None where it is to run."""
    try:
        stamp = json.loads(stamp_path(client, runs, asked).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    day = str(stamp["ended"]["as_of"])
    same = (
        stamp["program"] == program()
        and _same(_read(client, data, runs, day), stamp["read"])
        and _same(_below(runs / client / day), stamp["made"])
    )
    return dict(stamp["ended"]) if same else None


@cache
def program() -> str:
    """Hash of what computes: the workbook's code, notebooks and words, the interpreter and the libraries beside it."""
    package = Path(cxkit.__file__).resolve().parent
    shipped = (package.parent / "notebooks", package.parent / "playbook")
    told = hashlib.sha256(f"{sys.version} {os.environ.get('CXKIT_ENGINE', '')}".encode())
    for folder in (package, *(f for f in shipped if (package.parent / "pyproject.toml").is_file())):
        for name, path in _below(folder):
            told.update(f"{name}:{digest(Path(path))}\n".encode())
    site = Path(sysconfig.get_path("purelib"))
    told.update("\n".join(sorted(p.name for p in site.glob("*.dist-info"))).encode())
    return told.hexdigest()


def _but_history(seen: Seen) -> dict[str, str]:
    return {name: one[2] for name, one in seen.items() if not name.startswith("history/")}


def _read(client: str, data: Path, runs: Path, as_of: str) -> Iterable[tuple[str, str]]:
    """Every file that a run of a client may read: the client's own, and what its earlier runs found."""
    yield from _below(places.client_folder(client, data))
    for path in sorted((runs / client).glob("[0-9]*/results/findings.json")):
        day = path.parent.parent.name
        if day < as_of and not day.endswith(".failed"):
            yield f"runs/{day}", str(path)


def _below(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file below a folder by its name there, also through links to other folders, except what no run reads."""
    return _walked(str(folder), "", OWN | NOWHERE, set())


def _walked(base: str, name: str, unread: frozenset[str], met: set[tuple[int, int]]) -> Iterator[tuple[str, str]]:
    """Files first, then folders; a folder that a link leads to again is not gone into twice.

    Text and one look per folder, because a hundred clients without a change wait for this.
    """
    try:
        told = os.stat(base)
        with os.scandir(base) as found:
            entries = sorted((entry for entry in found if entry.name not in unread), key=lambda entry: entry.name)
    except OSError:
        return
    again = (told.st_dev, told.st_ino) in met
    met.add((told.st_dev, told.st_ino))
    folders = []
    for entry in entries:
        if entry.is_dir():
            folders.append(entry)
        else:
            yield name + entry.name, entry.path
    for entry in () if again else folders:
        yield from _walked(entry.path, f"{name}{entry.name}/", NOWHERE, met)


def _seen(files: Iterable[tuple[str, str]], known: Mapping[str, list[Any]]) -> Seen:
    """Size, time of change and hash of files; the hash is taken from `known` where the first two are the same."""
    found: Seen = {}
    for name, path in files:
        status = os.stat(path)
        mark = [status.st_size, status.st_mtime_ns]
        before = known.get(name, [])
        found[name] = [*mark, before[2] if before[:2] == mark else digest(Path(path))]
    return found


def _same(files: Iterable[tuple[str, str]], known: Mapping[str, list[Any]]) -> bool:
    """Whether files are those that are known, by size and time of change, or else by content."""
    try:
        found = _seen(files, known)
    except OSError:
        return False
    return {name: one[2] for name, one in found.items()} == {name: one[2] for name, one in known.items()}


def those_unchanged(
    clients: Iterable[str], asked: Mapping[str, Any], *, data_dir: Path | None, runs_dir: Path | None
) -> dict[str, Ended]:
    """How the runs of clients ended of whom nothing changed since, each told again instead of run."""
    data = places.data_folder(data_dir)
    runs = places.runs_folder(runs_dir, data=data)
    looked = ((client, unchanged(client, data=data, runs=runs, asked=asked)) for client in clients)
    found = {client: told for client, told in looked if told is not None}
    if not found:
        return {}
    from cxkit.batch.summary import Ended  # noqa: PLC0415  a third of a second of imports that a run has no need of yet

    return {
        client: Ended(
            **{**told, "unchanged": True, "seconds": 0.0}, report=runs / client / str(told["as_of"]) / "report.html"
        )
        for client, told in found.items()
    }


def board(*, data_dir: Path | None, runs_dir: Path | None) -> Path:
    """Where the board of all clients lies."""
    return places.runs_folder(runs_dir, data=places.data_folder(data_dir)) / "index.html"
