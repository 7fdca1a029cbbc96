"""Tables of a client's own database, fetched from a real PostgreSQL server."""

from __future__ import annotations

import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from cxkit.engagement import pulling
from cxkit.engagement.client import read_client
from cxkit.errors import InputError
from cxkit.tables import intake
from tests.conftest import ROOT, absent

SECRET = "s3same/&:@ x"
PAGE = (ROOT / "playbook" / "batch.md").read_text(encoding="utf-8")


def programs() -> Path:
    found = shutil.which("initdb") or next(
        iter(sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True)), ""
    )
    if not found:
        absent("postgres", "no PostgreSQL server is installed (apt-get install postgresql)")
    return Path(found).parent


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """A PostgreSQL server on loopback; its port."""
    pytest.importorskip("adbc_driver_postgresql") if "postgres" not in os.environ.get("CXKIT_REQUIRE", "") else None
    folder, tools = Path(tempfile.mkdtemp(prefix="cxkit-pg-")), programs()
    who: dict[str, Any] = {}
    if os.name == "posix" and os.getuid() == 0:
        import pwd

        user = next((u for u in pwd.getpwall() if u.pw_name in {"postgres", "nobody"} and u.pw_uid), None)
        assert user is not None, "a server does not run as root, and there is nobody else"
        who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        os.chown(folder, user.pw_uid, user.pw_gid)
    (folder / "pw").write_text(SECRET + "\n")
    if who:
        os.chown(folder / "pw", who["user"], who["group"])
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

    def tool(name: str, *words: str) -> None:
        subprocess.run(
            [tools / name, "-D", folder / "d", *words],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
            **who,
        )

    try:
        tool("initdb", "-A", "scram-sha-256", "-U", "reader", "--pwfile", str(folder / "pw"), "-E", "UTF8", "--no-sync")
        given = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
        tool("pg_ctl", "-o", given, "-w", "-l", str(folder / "log"), "start")
        try:
            execute(port, "CREATE DATABASE shop", database="postgres")
            yield port
        finally:
            tool("pg_ctl", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


def session(port: int, database: str = "shop", **more: Any) -> Any:
    from urllib.parse import quote

    from adbc_driver_postgresql import dbapi

    return dbapi.connect(f"postgresql://reader:{quote(SECRET, safe='')}@127.0.0.1:{port}/{database}", **more)


def execute(port: int, *statements: str, database: str = "shop") -> None:
    with session(port, database, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def client(tmp_path: Path, server: int, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Write a client whose warehouse is the server; the secret is in the environment."""
    monkeypatch.setenv("CXKIT_WAREHOUSE_PASSWORD", SECRET)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")

    def write(tables: dict[str, str], **more: Any) -> Path:
        folder = tmp_path / "data" / "acme"
        folder.mkdir(parents=True, exist_ok=True)
        place = {"host": "127.0.0.1", "port": server, "database": "shop", "user": "reader", "tables": tables}
        (folder / "client.yml").write_text(json.dumps({"name": "Acme", "warehouse": place | more}))
        return folder

    return write


def pull(folder: Path, **more: Any) -> tuple[list[str], list[str]]:
    said: list[str] = []
    found = pulling.pull(folder.name, data_dir=folder.parent, say=said.append, **more)
    return [one.text() for one in found], said


def command(folder: Path, *words: str) -> subprocess.Popen[str]:
    line = [sys.executable, "-m", "cxkit.cli", "pull", "acme", "--data-dir", str(folder.parent), *words]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def written(folder: Path, text: str) -> list[str]:
    return [str(p) for p in folder.rglob("*") if p.is_file() and text.encode() in p.read_bytes()]


@pytest.mark.parametrize(
    "given",
    [
        {"host": "db", "password": "hush-hush"},
        {"uri": "postgresql://ann:hush-hush@db/shop"},
        {"uri": "postgresql://ann@db/shop?password=hush-hush"},
        {"uri": "host=db password=hush-hush"},
        {"host": "db", "options": {"adbc.snowflake.sql.auth_token": "hush-hush"}},
    ],
)
def test_a_secret_in_the_settings_is_refused_and_not_repeated(tmp_path: Path, given: dict[str, Any]) -> None:
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "client.yml").write_text(json.dumps({"name": "A", "warehouse": {**given, "tables": {"orders": "o"}}}))
    with pytest.raises(InputError, match="no password, token or key is read") as refused:
        read_client(folder)
    assert "hush" not in str(refused.value)


def test_password_of_the_client_goes_before_the_common_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("CXKIT_WAREHOUSE_PASSWORD", "common")
    monkeypatch.setenv("CXKIT_WAREHOUSE_PASSWORD_ACME_2026", "own")
    assert (pulling.password("acme-2026"), pulling.password("bolt")) == ("own", "common")


@pytest.mark.heavy
def test_values_survive_exactly(server: int, client: Callable[..., Path]) -> None:
    execute(
        server,
        "CREATE TYPE mood AS ENUM ('fine', 'bad')",
        "CREATE TABLE kinds (n numeric, p numeric(12,2), big numeric, z timestamptz, d date, b boolean, j jsonb, "
        "u uuid, a text[], e mood, m money, nan numeric, no_end date, t text, i bigint)",
        "INSERT INTO kinds VALUES (0.1234567890123456789, 12.50, 123456789012345678901234567890.123456789, "
        "'2026-01-01 10:00+02', '2026-02-03', true, '{\"k\": [1]}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', "
        "'{x,y}', 'fine', '3.20', 'NaN', 'infinity', 'Ünï', 9007199254740993)",
        "INSERT INTO kinds (i) VALUES (NULL)",
    )
    folder = client({"kinds": "kinds"})
    pull(folder)
    first, second = pq.read_table(folder / "tables" / "kinds.parquet").to_pylist()
    assert first.pop("z").isoformat() == "2026-01-01T08:00:00+00:00"
    assert first.pop("d").isoformat() == "2026-02-03"
    assert first == {
        "n": Decimal("0.1234567890123456789"),
        "p": Decimal("12.50"),
        "big": "123456789012345678901234567890.123456789",
        "b": True,
        "j": '{"k": [1]}',
        "u": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "a": '["x","y"]',
        "e": "fine",
        "m": Decimal("3.20"),
        "nan": "nan",
        "no_end": None,
        "t": "Ünï",
        "i": 9007199254740993,
    }
    assert set(second.values()) == {None}


@pytest.mark.heavy
def test_pulled_tables_are_those_of_the_files(server: int, client: Callable[..., Path]) -> None:
    sample = ROOT / "data" / "marlow"
    with session(server) as connection, connection.cursor() as cursor:
        amount = pa.csv.ConvertOptions(column_types={"amount": pa.decimal128(18, 4)}, strings_can_be_null=True)
        orders = pa.csv.read_csv(sample / "tables" / "orders.csv", convert_options=amount)
        assert str(orders.schema.field("ordered").type).startswith("timestamp")
        cursor.adbc_ingest("orders", orders)
        cursor.adbc_ingest("tickets", pq.read_table(sample / "tables" / "tickets.parquet"))
        connection.commit()
    folder = client({"orders": "orders", "tickets": "SELECT * FROM public.tickets"}, schema="public")
    pull(folder)
    mine = intake.load(folder, mapping={}, timezone="Europe/London", currency="GBP")
    theirs = intake.load(sample, mapping={}, timezone="Europe/London", currency="GBP")
    assert mine.tables.hashes == theirs.tables.hashes
    assert {"orders", "tickets"} <= set(mine.tables.hashes)
    assert mine.as_of == theirs.as_of


@pytest.mark.heavy
def test_what_changed_is_named_and_no_file_of_the_client_is_touched(server: int, client: Callable[..., Path]) -> None:
    execute(
        server,
        "CREATE TABLE sold AS SELECT g AS account_id, g * 1.5 AS amount FROM generate_series(1, 10) g",
        "CREATE TABLE noted AS SELECT 1 AS x",
    )
    folder = client({"accounts": "sold", "notes": "noted"})
    assert pull(folder)[0] == ["accounts: 10 rows; first pull", "notes: 1 row; first pull"]
    assert pull(folder)[0] == ["accounts: 10 rows; unchanged", "notes: 1 row; unchanged"]
    execute(
        server,
        "DELETE FROM sold WHERE account_id <= 2",
        "UPDATE sold SET amount = 0 WHERE account_id = 3",
        "INSERT INTO sold VALUES (11, 1)",
        "ALTER TABLE noted ADD COLUMN y text",
        "UPDATE noted SET x = 2",
    )
    assert pull(folder)[0] == [
        "accounts: 9 rows; 1 row added, 2 rows removed, 1 row changed",
        "notes: 1 row; 1 row added, 1 row removed, column y added",
    ]
    before = (folder / "tables" / "notes.parquet").read_bytes()
    pq.write_table(pa.table({"account_id": [1]}), folder / "tables" / "accounts.parquet")
    (folder / "tables" / "notes.csv").write_text("x\n1\n")
    with pytest.raises(InputError) as refused:
        pull(folder)
    assert "tables/accounts.parquet was changed since it was pulled" in str(refused.value)
    assert "tables/notes.csv gives notes already" in str(refused.value)
    assert (folder / "tables" / "notes.parquet").read_bytes() == before
    assert pq.read_table(folder / "tables" / "accounts.parquet").num_rows == 1


@pytest.mark.heavy
def test_every_problem_is_worded_at_once_and_nothing_secret_is_written(
    server: int, client: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    execute(
        server,
        "CREATE TABLE customers AS SELECT 1 AS id",
        "CREATE ROLE poor LOGIN PASSWORD 'poorpoor'",
        "CREATE TABLE closed AS SELECT 1 AS id",
    )
    folder = client({"accounts": "customer", "orders": "SELECT idd FROM customers"})
    done = command(folder)
    out, told = done.communicate()
    assert done.returncode == 1
    assert "has 2 problems" in told
    assert "Did you mean public.customers?" in told
    assert 'column "idd" does not exist' in told
    assert "Traceback" not in told
    assert not written(tmp_path, SECRET)
    assert SECRET not in out + told

    def refused(words: str, **more: Any) -> None:
        with pytest.raises(InputError, match=words) as problem:
            pull(client(**{"tables": {"accounts": "customers"}} | more))
        assert SECRET not in str(problem.value)

    refused("no such database", database="shopp")
    refused("cannot be reached", port=1)
    refused("took longer than 1 s", timeout=1, tables={"accounts": "SELECT CAST(pg_sleep(3) AS text) AS x"})
    refused("read-only transaction", tables={"accounts": "SELECT setval('s', 2)"} | _sequence(server))
    refused("pip install adbc-driver-nosuch", driver="nosuch")
    monkeypatch.setenv("CXKIT_WAREHOUSE_PASSWORD", "poorpoor")
    refused("permission denied for table closed", user="poor", tables={"accounts": "closed"})
    monkeypatch.setenv("CXKIT_WAREHOUSE_PASSWORD", "wrong")
    refused("does not take this user and password")
    monkeypatch.delenv("CXKIT_WAREHOUSE_PASSWORD")
    refused("wants a password, and none is given")
    assert not list((folder / "tables").glob("**/*.parquet"))


def _sequence(server: int) -> dict[str, str]:
    execute(server, "CREATE SEQUENCE s")
    return {}


@pytest.mark.heavy
def test_a_killed_pull_leaves_what_was_there_and_is_gone_on_with(
    server: int, client: Callable[..., Path], tmp_path: Path
) -> None:
    fast = "CREATE OR REPLACE VIEW late AS SELECT g AS id, 'x' AS t FROM generate_series(1, 500000) g"
    slow = fast.replace("'x'", "CASE WHEN g > 400000 THEN CAST(pg_sleep(0.01) AS text) ELSE 'x' END")
    execute(server, "CREATE TABLE early AS SELECT 1 AS id", fast)
    folder = client({"early": "early", "late": "late"})
    pull(folder)
    tables = folder / "tables"
    before = {name: (tables / f"{name}.parquet").read_bytes() for name in ("early", "late")}
    execute(server, "UPDATE early SET id = 2", slow)
    running = command(folder)
    until = time.monotonic() + 60
    while not (tables / ".pull" / "late.part").is_file() and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.5)
    words = Path(f"/proc/{running.pid}/cmdline").read_bytes() if Path("/proc").is_dir() else b""
    running.send_signal(signal.SIGKILL)
    said = "".join(running.communicate())
    assert running.returncode == -signal.SIGKILL
    assert {name: (tables / f"{name}.parquet").read_bytes() for name in before} == before
    assert SECRET not in said + words.decode()
    assert not written(tmp_path, SECRET)
    execute(server, fast, "UPDATE early SET id = 3")
    found, told = pull(folder)
    assert found == ["early: 1 row; 1 row added, 1 row removed", "late: 500,000 rows; unchanged"]
    assert "early finished" in told[0]
    assert any("are of 2 moments" in line for line in told)
    assert pq.read_table(tables / "early.parquet").to_pylist() == [{"id": 2}]
    assert not (tables / ".pull").exists()
    assert pull(folder)[0][0] == "early: 1 row; 1 row added, 1 row removed"


def peak(running: subprocess.Popen[str]) -> float:
    """The most a process held in MiB, asked of it until it ends: its parent's own share is not in it."""
    most = 0.0
    while running.poll() is None:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{running.pid}/status").read_text())
        most = max(most, int(found.group(1)) / 1024 if found else 0)
        time.sleep(0.02)
    return most


@pytest.mark.heavy
@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="only Linux tells what a process held at most")
def test_memory_is_bounded_whatever_the_rows(server: int, client: Callable[..., Path]) -> None:
    wide = "SELECT g AS order_id, g * 1.25 AS amount, md5(CAST(g AS text)) || md5(CAST(g + 1 AS text)) AS note"
    execute(server, f"CREATE TABLE large AS {wide} FROM generate_series(1, 1500000) g")
    peaks = []
    for source in (f"{wide} FROM generate_series(1, 1000) g", "large", "large"):
        with command(client({"orders": source})) as running:
            peaks.append(peak(running))
        assert running.returncode == 0
    print("peak MiB: 1,000 rows, 1.5 million, 1.5 million against the last:", [round(p) for p in peaks])
    assert peaks[1] - peaks[0] < 350
    assert peaks[2] - peaks[0] < 1000


@pytest.mark.heavy
def test_what_the_page_shows_works(server: int, client: Callable[..., Path]) -> None:
    execute(
        server,
        "CREATE SCHEMA sales",
        "CREATE TABLE sales.orders AS SELECT 1 AS order_id",
        "CREATE TABLE sales.customers AS SELECT 1 AS id, DATE '2026-01-01' AS since, false AS is_test",
    )
    folder = client({"x": "x"})
    (given,) = re.findall(r"```yaml\n(warehouse:.*?)```", PAGE, flags=re.DOTALL)
    assert "host: db.example.com" in given
    assert "port: 5432" in given
    here = given.replace("db.example.com", "127.0.0.1").replace("5432", str(server)).replace("require", "prefer")
    (folder / "client.yml").write_text(f"name: Acme\n{here}")
    (block,) = re.findall(r"```bash\n(cxkit pull.*?)```", PAGE, flags=re.DOTALL)
    for line in block.splitlines():
        done = command(folder, *line.split()[3:])
        assert line.split()[:3] == ["cxkit", "pull", "acme"]
        assert done.communicate()[0].count(" row; ") == 2
        assert done.returncode == 0
