"""The line for cron, month by month: five months of twenty clients, with what goes wrong meanwhile."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.run, pytest.mark.heavy]

DAYS = ("2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31")
CLIENTS = tuple(f"house-{n:02}" for n in range(20))
BROKEN, ABSENT = CLIENTS[7], CLIENTS[11]
"""The settings of the one are broken in March; the other becomes a client in February."""


def night(root: Path, day: str, *more: str) -> tuple[int, list[dict[str, str]]]:
    """What cron calls: its exit code, and the line about each client's end."""
    words = ("run", "--all", "--jobs", "2", "--no-pdf", "--log-format", "json", "--as-of", day, *more)
    done = subprocess.run(
        [sys.executable, "-m", "cxkit.cli", *words],
        cwd=root,
        env=os.environ | {"TMPDIR": str(root / "t")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    other = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert not other, "every line is an event"
    events = [json.loads(line) for line in done.stderr.splitlines()]
    return done.returncode, [event for event in events if event["what"] in ("done", "failed")]


def export(root: Path, client: str, months: int) -> None:
    """What a client sends: the orders of so many months, the client's own number among them."""
    own = 100 + CLIENTS.index(client)
    rows = [
        f"{client}-{month}-{n},A{n},2026-{month:02}-{3 + n:02},{own}.{n:02}"
        for month in range(1, months + 1)
        for n in range(9)
    ]
    place = root / "data" / client / "tables"
    place.mkdir(parents=True, exist_ok=True)
    text = "order_id,account_id,ordered,amount\n" + "\n".join(rows) + "\n"
    (place / "orders.csv").write_text(text, encoding="utf-8")
    settings = f"name: The house of {client}\ncurrency: EUR\n"
    (place.parent / "client.yml").write_text(settings, encoding="utf-8")


def sums(root: Path) -> dict[str, str]:
    """Every published file and what it holds."""
    runs = root / "runs"
    files = sorted(p for p in runs.glob("*/[0-9]*/**/*") if p.is_file())
    return {p.relative_to(runs).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_five_months_of_twenty_clients(tmp_path_factory: pytest.TempPathFactory) -> None:
    tmp_path = tmp_path_factory.mktemp("nights")  # a short name: a socket's path must not be long
    (tmp_path / "t").mkdir()
    before: dict[str, str] = {}
    for months, day in enumerate(DAYS, 1):
        there = [c for c in CLIENTS if c != ABSENT or months > 1]
        for client in there:
            export(tmp_path, client, months)
        march = months == 3
        if march:
            (tmp_path / "data" / BROKEN / "client.yml").write_text("name: [\n", encoding="utf-8")
        code, ended = night(tmp_path, day)
        assert code == march, ended
        assert sorted(e["client"] for e in ended) == there
        assert [e["client"] for e in ended if e["what"] == "failed"] == [BROKEN] * march
        now = sums(tmp_path)
        assert {name: now.get(name) for name in before} == before, "a month that was told is not told again"
        assert {n.split("/")[0] for n in now if n.split("/")[1] == day} == {
            c for c in there if not (march and c == BROKEN)
        }
        before = now
        assert list((tmp_path / "t").iterdir()) == []
    code, ended = night(tmp_path, DAYS[-1])
    assert (code, {e["text"] for e in ended}) == (0, {"unchanged"})
    assert sums(tmp_path) == before
    board = (tmp_path / "runs" / "index.html").read_text(encoding="utf-8")
    for client in CLIENTS:
        home = tmp_path / "runs" / client
        told = [d for d in DAYS if not (client == BROKEN and d == DAYS[2]) and not (client == ABSENT and d == DAYS[0])]
        assert sorted(p.name for p in home.iterdir() if not p.name.startswith(".")) == told
        assert not list(home.glob(".building-*"))
        assert not list((home / ".snapshots").glob(".building-*"))
        page = (home / DAYS[-1] / "report.html").read_text(encoding="utf-8")
        assert f"The house of {client}" in page
        assert not [other for other in CLIENTS if other != client and other in page]
        assert f"The house of {client}" in board
