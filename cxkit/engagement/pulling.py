"""``cxkit pull``: tables of a client's own database into its ``tables/`` folder.

Each finished table waits in a hidden folder until all are there; then they are moved in place, one after another, so
that only a run that begins in that instant could read tables of two pulls. What was interrupted is
gone on with at the first table that is not finished. A file that a pull did not write is never replaced.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from cxkit import errors
from cxkit.engagement import places
from cxkit.engagement.client import read_client
from cxkit.engagement.results import dumps, write_text
from cxkit.tables import database, pulled
from cxkit.tables.cut import text_literal
from cxkit.tables.encoding import digest
from cxkit.tables.engine import connect
from cxkit.tables.pulled import Difference
from cxkit.tables.reading import files_of
from cxkit.tables.scratch import prefix
from cxkit.tables.warehouse import Warehouse

RECORD = ".pulled.json"
WAITING = ".pull"
STATE = "state.json"
SECRET = "CXKIT_WAREHOUSE_PASSWORD"
KEYRING = "cxkit-warehouse"
"""Service under which the keyring library holds passwords; the user name there is the client's folder."""
SAY_EVERY = 2.0

Say = Callable[[str], None]


def password(client: str) -> str:
    """The password of a client's database: its own variable, the common one, the keyring; empty without any."""
    own = f"{SECRET}_{client.upper().replace('-', '_')}"
    for name in (own, SECRET):
        if os.environ.get(name):
            return os.environ[name]
    try:
        found = importlib.import_module("keyring").get_password(KEYRING, client)
    except Exception:  # not installed, no keyring on this machine, or one that stays locked
        return ""
    return str(found or "")


def pull(client: str, *, data_dir: Path | None = None, fresh: bool = False, say: Say) -> list[Difference]:
    """Pull every table that ``client.yml`` names and return what changed; `InputError` with all problems at once."""
    folder = places.client_folder(client, places.data_folder(data_dir))
    settings = read_client(folder).warehouse
    if settings is None:
        raise errors.InputError(
            f"{client}/client.yml has no warehouse. Write host, database, user and tables there; "
            "the page batch.md of the playbook shows how."
        )
    target = folder / "tables"
    target.mkdir(exist_ok=True)
    with _alone(target / WAITING, client):
        return _pull(settings, target, password(client), fresh=fresh, say=say)


def _pull(settings: Warehouse, target: Path, secret: str, *, fresh: bool, say: Say) -> list[Difference]:
    waiting = target / WAITING
    record = _read(target / RECORD)
    asked = settings.model_dump(mode="json")
    state = _read(waiting / STATE)
    if fresh or state.get("asked") != asked:
        state = {"asked": asked, "done": {}}
    done = {name: d for name, d in state["done"].items() if _whole(waiting, target, name, d)}
    state["done"] = done
    problems = _in_the_way(settings, target, record)
    if problems:
        raise errors.InputError(errors.all_problems(problems, what="the pull"))
    if done:
        say(f"goes on where an earlier pull ended: {', '.join(done)} finished; --fresh begins anew")
    if set(done) != set(settings.tables):
        with database.opened(settings, secret) as base:
            _fetch(base, settings, waiting, state, say)
    moments = sorted({d["moment"] for d in done.values()})
    if len(moments) > 1:
        say(f"the tables are of {len(moments)} moments, {moments[0]} to {moments[-1]}; --fresh pulls all of one moment")
    return _put_in_place(settings, target, record, done)


def _fetch(base: database.Database, settings: Warehouse, waiting: Path, state: dict[str, Any], say: Say) -> None:
    wanted = [name for name in settings.tables if name not in state["done"]]
    problems, given = [], {}
    for name in wanted:
        try:
            given[name] = base.fields(name)
        except database.Refused as refused:
            problems.append(f"{name}: {refused}")
    if problems:
        raise errors.InputError(errors.all_problems(problems, what=settings.place()))
    moment = base.begin()
    for name in wanted:
        path = waiting / f"{name}.parquet"
        try:
            rows = _stream(base, name, given[name], path, say)
        except database.Refused as refused:
            raise errors.InputError(f"{settings.place()}: {name}: {refused}") from None
        except OSError as problem:
            said = problem.strerror or "the disk refuses"
            raise errors.InputError(
                f"{name} cannot be written: {said}. What was there stays; finished tables wait."
            ) from None
        state["done"][name] = {"sha256": digest(path), "rows": rows, "moment": moment}
        write_text(waiting / STATE, dumps(state))


def _stream(base: database.Database, name: str, given: Any, path: Path, say: Say) -> int:
    part, rows, said = path.with_suffix(".part"), 0, time.monotonic()
    with base.batches(name, given) as (schema, batches), pq.ParquetWriter(part, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
            if time.monotonic() - said > SAY_EVERY:
                say(f"{name}: {rows:,} rows so far")
                said = time.monotonic()
    with part.open("rb+") as stream:
        os.fsync(stream.fileno())
    os.replace(part, path)
    say(f"{name}: {rows:,} row{'s' if rows != 1 else ''} fetched")
    return rows


def _in_the_way(settings: Warehouse, target: Path, record: dict[str, Any]) -> list[str]:
    """Files that a pull did not write, under a name that it wants."""
    problems = []
    for path in files_of(target):
        name = path.stem.lower()
        if name not in settings.tables:
            continue
        relative = path.relative_to(target).as_posix()
        if relative != f"{name}.parquet":
            problems.append(f"tables/{relative} gives {name} already. Take it away, or {name} out of warehouse.")
        elif digest(path) not in {record.get(name, {}).get("sha256"), record.get(name, {}).get("replaces")}:
            what = "was changed since it was pulled" if name in record else "was not pulled"
            problems.append(f"tables/{relative} {what}, and so is not replaced. Move it elsewhere and pull again.")
    return problems


def _put_in_place(settings: Warehouse, target: Path, record: dict[str, Any], done: dict[str, Any]) -> list[Difference]:
    waiting, found = target / WAITING, []
    for name in settings.tables:
        new, old = waiting / f"{name}.parquet", target / f"{name}.parquet"
        if not new.is_file():  # moved before the pull was interrupted; it was told then what follows from it
            found.append(Difference.model_validate(done[name]["difference"]))
            continue
        with _engine() as con:
            difference = pulled.compare(con, name, old if old.is_file() else None, new)
            done[name] |= {"difference": difference.model_dump(mode="json"), "hash": pulled.content_hash(con, new)}
        found.append(difference)
    write_text(waiting / STATE, dumps({"asked": settings.model_dump(mode="json"), "done": done}))
    fetched = [name for name in settings.tables if (waiting / f"{name}.parquet").is_file()]
    for name in fetched:
        record[name] = {
            **{key: done[name][key] for key in ("sha256", "hash", "rows", "moment")},
            "replaces": digest(target / f"{name}.parquet") if (target / f"{name}.parquet").is_file() else "",
            "columns": pq.read_schema(waiting / f"{name}.parquet").names,
            "from": f"{settings.place()} {settings.tables[name]}",
        }
    write_text(target / RECORD, dumps(record))  # before the files move: what is ours must be known at any moment
    for name in fetched:
        os.replace(waiting / f"{name}.parquet", target / f"{name}.parquet")
    (waiting / STATE).unlink()
    return found


@contextmanager
def _engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine that spills to a scratch folder."""
    with tempfile.TemporaryDirectory(prefix=prefix(), ignore_cleanup_errors=True) as scratch:
        con = connect()
        con.execute(f"SET temp_directory = {text_literal(scratch)}; SET memory_limit = '1GB'")
        yield con
        con.close()


@contextmanager
def _alone(waiting: Path, client: str) -> Iterator[None]:
    """Keep a second pull of the client out; the folder stays while something in it is worth going on with."""
    waiting.mkdir(exist_ok=True)
    with (waiting / "lock").open("w") as lock:
        if os.name == "posix":
            fcntl = importlib.import_module("fcntl")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise errors.InputError(f"Another pull of {client} is under way. Wait until it has ended.") from None
        try:
            yield
        finally:
            for part in waiting.glob("*.part"):
                part.unlink()
            if not (waiting / STATE).is_file():
                shutil.rmtree(waiting, ignore_errors=True)


def _whole(waiting: Path, target: Path, name: str, finished: dict[str, Any]) -> bool:
    """Whether a finished table is still there: waiting, or moved in place already."""
    moved = (target,) if "difference" in finished else ()
    files = [folder / f"{name}.parquet" for folder in (waiting, *moved)]
    return any(path.is_file() and digest(path) == finished.get("sha256") for path in files)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
