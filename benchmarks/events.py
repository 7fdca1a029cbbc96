"""A funnel and recontact over 100 million events: ours against SQL written by hand, and against pandas under 8 GiB.

All read the same Parquet files. A funnel of four steps within 30 days says per step how many came there, in order and
in time, and how many ever did, in any order; ours adds intervals, the time each step takes, repeats and skips, which
the SQL does not. Recontact says for five windows how many
of the settled tickets came back, a hundred million events of tickets (opened, settled) in one row each; ours adds
intervals with customers as clusters. Figures must be equal before anything is timed. Each run is a process of its own,
so that its peak memory is its own (imports included).

pandas does the funnel alone in a process that may not take more than 8 GiB of memory, on ever larger shares of the
log; what it holds last, and gives the same figures for, is the size it is compared at.

Run ``python benchmarks/events.py``; CXKIT_BENCH_SCALE=0.01 takes a hundredth of the customers. ``python
benchmarks/events.py funnel`` (or ``recontact``, ``pandas``) does one part and keeps the other records, and
CXKIT_BENCH_REPEATS=1 does each run once.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import _record
import duckdb

CUSTOMERS, TICKETS = 10_000_000, 50_000_000
AS_OF, WITHIN = date(2026, 10, 31), 30
STEPS = ("joined", "set_up", "used", "renewed")
DAYS = (1, 3, 7, 14, 30)
REPEATS = int(os.environ.get("CXKIT_BENCH_REPEATS", "3"))
CEILING = 8 * 2**30
PARTS = (1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125)
"""Shares of the log's customers that pandas tries, the largest first."""
FILES = 10

DAY = 86_400_000_000
Found = dict[str, float]

ORDER = " ".join(f"WHEN '{e}' THEN {i}" for i, e in enumerate(STEPS))
FUNNEL = f"""
WITH e AS (SELECT account_id, event, epoch_us("at") AS t FROM events WHERE event IN {STEPS}),
s0 AS (SELECT account_id, min(t) AS t, min(t) AS entered FROM e WHERE event = 'joined' GROUP BY 1
  HAVING min(t) >= {{start}} AND min(t) <= {{end}}),
s1 AS (SELECT s.account_id, min(e.t) AS t, any_value(entered) AS entered FROM s0 s JOIN e USING (account_id)
  WHERE event = 'set_up' AND e.t >= s.t AND e.t <= entered + {WITHIN * DAY} GROUP BY 1),
s2 AS (SELECT s.account_id, min(e.t) AS t, any_value(entered) AS entered FROM s1 s JOIN e USING (account_id)
  WHERE event = 'used' AND e.t >= s.t AND e.t <= entered + {WITHIN * DAY} GROUP BY 1),
s3 AS (SELECT s.account_id, min(e.t) AS t FROM s2 s JOIN e USING (account_id)
  WHERE event = 'renewed' AND e.t >= s.t AND e.t <= entered + {WITHIN * DAY} GROUP BY 1)
, ever AS (SELECT account_id, bool_or(event = 'joined') AS h0, bool_or(event = 'set_up') AS h1,
  bool_or(event = 'used') AS h2, bool_or(event = 'renewed') AS h3 FROM e GROUP BY 1)
SELECT (SELECT count(*) FROM s0), (SELECT count(*) FROM s1), (SELECT count(*) FROM s2), (SELECT count(*) FROM s3),
  count(*), count(*) FILTER (h1), count(*) FILTER (h2), count(*) FILTER (h3) FROM ever WHERE h0
"""
RECONTACT = f"""
WITH n AS (SELECT resolved AS r, epoch_us(min(opened) OVER (PARTITION BY account_id, reason ORDER BY epoch_us(opened)
    RANGE BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)) - epoch_us(resolved) AS gap FROM tickets)
SELECT {", ".join(
    f"count(*) FILTER (r >= make_timestamp({{start}}) AND r <= make_timestamp(least({{end}}, {{now}} - {k * DAY}))), "
    f"count(*) FILTER (r >= make_timestamp({{start}}) AND r <= make_timestamp(least({{end}}, {{now}} - {k * DAY})) "
    f"AND gap <= {k * DAY})" for k in DAYS)}
FROM n
"""  # fmt: skip


def quiet() -> duckdb.DuckDBPyConnection:
    """An engine without a progress bar."""
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    return con


def simulate(folder: Path, scale: float) -> tuple[int, int]:
    """Write ``events/*.parquet`` and ``tickets/*.parquet``; how many events each holds.

    Ten events a customer in no order of customers: the four steps, each with a falling chance, one in ten of them
    repeated or out of order, among others that are no step. Files hold whole customers, so that a share of the files
    is a smaller client.
    """
    con = quiet()
    customers, tickets = max(round(CUSTOMERS * scale), 1000), max(round(TICKETS * scale), 5000)
    for name in ("events", "tickets"):
        (folder / name).mkdir()
    second = "to_seconds((hash(i, j, 1) % 63072000)::BIGINT)"
    for part in range(FILES):
        low, high = customers * part // FILES, customers * (part + 1) // FILES
        con.execute(f"""
            COPY (SELECT 'A' || lpad(i::VARCHAR, 8, '0') AS account_id,
              CASE j WHEN 0 THEN 'joined' WHEN 1 THEN 'set_up' WHEN 2 THEN 'used' WHEN 3 THEN 'renewed'
                WHEN 4 THEN CASE WHEN hash(i, 3) % 10 = 0 THEN 'used' ELSE 'viewed' END
                WHEN 5 THEN CASE WHEN hash(i, 4) % 10 = 0 THEN 'set_up' ELSE 'searched' END
                ELSE 'clicked_' || (hash(i, j, 5) % 12) END AS event,
              CASE WHEN j BETWEEN 1 AND 3 AND hash(i, j, 2) % 10 < 7
                THEN TIMESTAMP '2024-11-01'
                  + to_seconds((hash(i, 0, 1) % 63072000 + j * (hash(i, j, 6) % 800000))::BIGINT)
                ELSE TIMESTAMP '2024-11-01' + {second} END AS "at"
            FROM range({low}, {high}) AS c(i), range(10) AS k(j)
            ORDER BY hash(i, j, 9)) TO '{folder}/events/{part}.parquet' (FORMAT parquet)""")
        low, high = tickets * part // FILES, tickets * (part + 1) // FILES
        con.execute(f"""
            COPY (SELECT 'T' || lpad(i::VARCHAR, 9, '0') AS ticket_id,
              'A' || lpad((hash(i // 5, 11) % {max(tickets // 8, 1)})::VARCHAR, 8, '0') AS account_id,
              'reason ' || (hash(i, 12) % 6) AS reason, o AS opened,
              CASE WHEN hash(i, 13) % 50 > 0 THEN o + to_seconds((hash(i, 14) % 400000)::BIGINT) END AS resolved
            FROM (SELECT i, TIMESTAMP '2025-06-01' + to_seconds((hash(i // 5, 15) % 44000000
              + (i % 5) * (hash(i, 16) % 900000))::BIGINT) AS o FROM range({low}, {high}) AS c(i)) s
            WHERE o < TIMESTAMP '2026-11-01' ORDER BY hash(i, 19))
            TO '{folder}/tickets/{part}.parquet' (FORMAT parquet)""")
    counts = con.execute(
        f"SELECT (SELECT count(*) FROM '{folder}/events/*.parquet'), "
        f"(SELECT 2 * count(*) FROM '{folder}/tickets/*.parquet')"
    ).fetchone()
    assert counts is not None
    return int(counts[0]), int(counts[1])


def view(con: duckdb.DuckDBPyConnection, folder: Path, part: float = 1.0) -> None:
    """Both tables as views over a share of their files, cut at `AS_OF` as a client's snapshot is."""
    for name in ("events", "tickets"):
        con.execute(f"CREATE VIEW {name} AS {read(folder, name, part)}")


def read(folder: Path, name: str, part: float) -> str:
    """SQL that reads a table as the cut leaves it; below a tenth a share of one file's customers."""
    files = [str(folder / name / f"{i}.parquet") for i in range(max(1, round(FILES * part)))]
    kept = f"hash(account_id) % 1000 < {round(part * FILES * 1000)}" if part * FILES < 1 else "true"
    if name == "events":
        return (
            f'SELECT account_id, event, "at", CAST("at" AS DATE) AS at_date FROM read_parquet({files}) '
            f"WHERE \"at\" < TIMESTAMP '2026-11-01' AND {kept}"
        )
    return (
        f"SELECT ticket_id, account_id, reason, opened, CAST(opened AS DATE) AS opened_date, "
        f"CASE WHEN resolved < TIMESTAMP '2026-11-01' THEN resolved END AS resolved FROM read_parquet({files}) "
        f"WHERE {kept}"
    )


def bounds() -> dict[str, int]:
    """The instants that both sides are held to: the window of twelve months, and the end of `AS_OF`."""
    con = quiet()
    found = con.execute("SELECT epoch_us(TIMESTAMP '2025-11-01'), epoch_us(TIMESTAMP '2026-11-01')").fetchone()
    assert found is not None
    return {"start": int(found[0]), "end": int(found[1]), "now": int(found[1])}


def ours(task: str, folder: Path, part: float) -> Callable[[], Found]:
    """Through the package; what it imports is imported here, so that the other side's memory stays its own."""
    from cxkit.metrics import recontact, service  # noqa: PLC0415
    from cxkit.orchestrate.funnel import funnel  # noqa: PLC0415
    from cxkit.tables.engine import Tables, connect  # noqa: PLC0415

    con = connect()
    view(con, folder, part)
    supplied = {
        "events": frozenset({"account_id", "event", "at"}),
        "tickets": frozenset({"ticket_id", "account_id", "reason", "opened", "resolved"}),
    }
    tables = Tables(con, supplied, as_of=AS_OF)

    def passed() -> Found:
        found = funnel(tables, steps={"x": STEPS}, within_days=WITHIN).frame("steps")
        steps = {f"step {e}": float(c) for e, c in zip(found["event"], found["customers"], strict=True)}
        return steps | {f"ever {e}": round(float(c), 9) for e, c in zip(found["event"], found["naive"], strict=True)}

    def came_back() -> Found:
        window = service.ticket_window(tables, 12)
        assert window is not None
        rows = recontact.recontacts(tables, window, DAYS)
        pairs = {f"n {int(d)}": float(n) for d, n in zip(rows["window_days"], rows["n"], strict=True)}
        return pairs | {f"x {int(d)}": float(x) for d, x in zip(rows["window_days"], rows["recontacted"], strict=True)}

    return passed if task == "funnel" else came_back


def by_hand(task: str, folder: Path, part: float) -> Callable[[], Found]:
    """Through one SQL statement."""
    con = quiet()
    view(con, folder, part)
    edge = bounds()

    def passed() -> Found:
        limits = {"start": edge["start"], "end": edge["now"] - WITHIN * DAY}
        row = con.execute(FUNNEL.format(**limits)).fetchone()
        assert row is not None
        steps = {f"step {e}": float(c) for e, c in zip(STEPS, row[:4], strict=True)}
        return steps | {f"ever {e}": round(c / row[4], 9) for e, c in zip(STEPS, row[4:], strict=True)}

    def came_back() -> Found:
        row = con.execute(RECONTACT.format(**edge)).fetchone()
        assert row is not None
        found = {f"n {k}": float(row[2 * i]) for i, k in enumerate(DAYS)}
        return found | {f"x {k}": float(row[2 * i + 1]) for i, k in enumerate(DAYS)}

    return passed if task == "funnel" else came_back


def by_pandas(task: str, folder: Path, part: float) -> Callable[[], Found]:
    """The funnel as one would write it in pandas, under the ceiling."""
    import pandas as pd  # noqa: PLC0415

    assert task == "funnel"
    resource.setrlimit(resource.RLIMIT_AS, (CEILING, CEILING))
    edge = bounds()
    start, end = (pd.Timestamp(edge[k], unit="us") for k in ("start", "now"))

    def passed() -> Found:
        files = [folder / "events" / f"{i}.parquet" for i in range(max(1, round(FILES * part)))]
        log = pd.concat([pd.read_parquet(f) for f in files], ignore_index=True)
        if part * FILES < 1:
            kept = quiet().execute(f"SELECT DISTINCT account_id FROM ({read(folder, 'events', part)})").fetchall()
            log = log[log["account_id"].isin([who for (who,) in kept])]
        log = log[(log["at"] < end) & log["event"].isin(STEPS)]
        had = log.drop_duplicates(["account_id", "event"])
        had = had[had["account_id"].isin(had.loc[had["event"] == STEPS[0], "account_id"])]
        counts = had["event"].value_counts().to_dict()
        ever = {f"ever {e}": round(counts[e] / counts[STEPS[0]], 9) for e in STEPS}
        reached = log[log["event"] == STEPS[0]].groupby("account_id")["at"].min().rename("t").to_frame()
        reached = reached[(reached["t"] >= start) & (reached["t"] <= end - pd.Timedelta(days=WITHIN))]
        reached["limit"] = reached["t"] + pd.Timedelta(days=WITHIN)
        found = {f"step {STEPS[0]}": float(len(reached))}
        for event in STEPS[1:]:
            rows = log.loc[log["event"] == event, ["account_id", "at"]].merge(
                reached, left_on="account_id", right_index=True
            )
            rows = rows[(rows["at"] >= rows["t"]) & (rows["at"] <= rows["limit"])]
            reached = rows.groupby("account_id").agg(t=("at", "min"), limit=("limit", "first"))
            found[f"step {event}"] = float(len(reached))
        return found | ever

    return passed


SIDES: dict[str, Callable[[str, Path, float], Callable[[], Found]]] = {
    "ours": ours,
    "sql": by_hand,
    "pandas": by_pandas,
}


def once(side: str, task: str, folder: Path, part: float) -> None:
    """What a child does: the work against the clock; figures, seconds and MiB as JSON."""
    work = SIDES[side](task, folder, part)
    start = time.perf_counter()
    found = work()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"found": found, "seconds": seconds, "mib": peak}))


def child(side: str, task: str, folder: Path, part: float = 1.0) -> dict[str, Any] | None:
    """One side in a process of its own; None where memory did not suffice."""
    words = ["once", side, task, str(folder), str(part)]
    done = subprocess.run([sys.executable, __file__, *words], check=False, capture_output=True, text=True)
    if done.returncode:
        if side == "pandas" and ("MemoryError" in done.stderr or "malloc" in done.stderr or done.returncode < 0):
            return None
        raise SystemExit(done.stderr)
    made: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return made


def differences(one: Found, other: Found) -> list[str]:
    """Counts in which two sides differ.

    >>> differences({"step joined": 2.0}, {"step joined": 3.0})
    ['step joined: 2.0 and 3.0']
    """
    return [f"{k}: {one.get(k)} and {other.get(k)}" for k in sorted({*one, *other}) if one.get(k) != other.get(k)]


def versus(task: str, folder: Path, size: str) -> list[dict[str, Any]]:
    """Ours against SQL by hand: time and peak memory."""
    runs: dict[str, list[dict[str, Any]]] = {"ours": [], "sql": []}
    for _ in range(REPEATS):
        for side, made_by in runs.items():
            made = child(side, task, folder)
            assert made is not None
            made_by.append(made)
            print(f"  {task} {side}: {made['seconds']:.2f} s, {made['mib']:.0f} MiB", flush=True)
        if wrong := differences(runs["ours"][-1]["found"], runs["sql"][-1]["found"]):
            raise SystemExit("\n".join([f"The two sides of {task} do not agree.", *wrong]))
    memory = "peak_memory_vs_sql" if task == "recontact" else f"{task}_peak_memory_vs_sql"
    records = []
    for name, what, unit in ((f"{task}_vs_sql", "seconds", "seconds"), (memory, "mib", "MiB")):
        a, b = (statistics.median(run[what] for run in runs[side]) for side in ("ours", "sql"))
        records.append(
            {"name": f"events.{name}", "ours": a, "other": b, "ratio": a / b, "unit": unit, "size": size}
            | {"other_name": "SQL written by hand on DuckDB, without intervals", "repeats": REPEATS}
        )
    return records


def against_pandas(folder: Path, events: int) -> list[dict[str, Any]]:
    """The largest share of the log that pandas holds, and how long both take for it."""
    for part in PARTS:
        theirs = child("pandas", "funnel", folder, part)
        print(f"  pandas at {part:g}: {'no' if theirs is None else theirs['seconds']}", flush=True)
        if theirs is None:
            continue
        mine = [child("ours", "funnel", folder, part) for _ in range(REPEATS)]
        wrong = differences(mine[0]["found"], theirs["found"])  # type: ignore[index]
        if wrong:
            raise SystemExit("\n".join(["pandas and ours do not agree.", *wrong]))
        seconds = statistics.median(m["seconds"] for m in mine if m is not None)
        return [
            {"name": "events.pandas_over_ours", "ours": seconds, "other": theirs["seconds"]}
            | {"ratio": theirs["seconds"] / seconds, "unit": "seconds", "repeats": REPEATS}
            | {"other_name": "pandas under a ceiling of 8 GiB, once, reading the files"}
            | {"size": f"funnel of four steps, {round(events * part):,} of {events:,} events: the largest of halved "
               "sizes that pandas held"}
        ]  # fmt: skip
    return []


def main(wanted: set[str]) -> None:
    """Simulate, hold the figures against each other, time the sides in turn, write the records."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        # in a child too: on Linux a process begins with the peak memory of the one that started it
        words = [sys.executable, __file__, "simulate", place, str(_record.scale())]
        done = subprocess.run(words, check=True, capture_output=True, text=True)
        events, tickets = json.loads(done.stdout.splitlines()[-1])
        if "funnel" in wanted:
            keep(versus("funnel", folder, f"{events:,} events, four steps within {WITHIN} days, 12-month window"))
        if "pandas" in wanted:
            keep(against_pandas(folder, events))
        if "recontact" in wanted:
            size = f"{tickets:,} events of {tickets // 2:,} tickets, five windows, 12 months"
            keep(versus("recontact", folder, size))


def keep(records: list[dict[str, Any]]) -> None:
    """Print records and write them beside those of other parts."""
    shared = {"machine": _record.machine(), "versions": _record.versions("duckdb", "pandas")}
    for r in records:
        print(f"{r['name']}: {r['ours']:.3g} against {r['other']:.3g} {r['unit']}, ratio {r['ratio']:.2f}", flush=True)
    known = {str(r["name"]): r for r in [*_record.read("events"), *(r | shared for r in records)]}
    _record.write("events", [known[name] for name in sorted(known)])


if __name__ == "__main__":
    if sys.argv[1:2] == ["simulate"]:
        print(json.dumps(simulate(Path(sys.argv[2]), float(sys.argv[3]))))
    elif sys.argv[1:2] == ["once"]:
        once(sys.argv[2], sys.argv[3], Path(sys.argv[4]), float(sys.argv[5]))
    else:
        main(set(sys.argv[1:]) or {"funnel", "recontact", "pandas"})
