"""The bridge of recurring revenue by segment over ten million subscription-months: ours against SQL written by hand.

Both read the same Parquet files through DuckDB and give, per segment, customers, leavers, joiners and the money that
was there, kept, won, shrunk, lost, joined and returned, with GRR and NRR. Ours adds the sums behind the intervals,
which the SQL does not. The figures must be equal before anything is timed. Each run is a process of its own, so
that its peak memory is its own (imports included); the work is done once to warm up and once against the clock.

Run ``python benchmarks/revenue_bridge.py``; CXKIT_BENCH_SCALE=0.1 takes a tenth of the customers.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import _record
import duckdb

CUSTOMERS, MONTHS, REPEATS = 490_000, 28, 5
FIRST, AS_OF = date(2024, 7, 1), date(2026, 10, 31)
OPENING, LAST = date(2025, 10, 1), date(2026, 10, 1)
COUNTS = ("accounts", "lost_accounts", "joined", "joined_lost")
MONEY = ("start", "kept", "expansion", "contraction", "churn", "end", "joined_end", "returned_end")

Found = dict[str, dict[str, float]]
"""Segment → figure → value."""

SQL = f"""
WITH book AS (
  SELECT account_id,
    coalesce(sum(mrr) FILTER (month = DATE '{OPENING}'), 0) AS s,
    coalesce(sum(mrr) FILTER (month = DATE '{LAST}'), 0) AS e,
    bool_or(month <= DATE '{OPENING}') AS before
  FROM revenue WHERE mrr > 0 AND month <= DATE '{LAST}' GROUP BY account_id
)
SELECT segment,
  count(*) FILTER (s > 0) AS accounts,
  count(*) FILTER (s > 0 AND e = 0) AS lost_accounts,
  count(*) FILTER (NOT before) AS joined,
  count(*) FILTER (NOT before AND e = 0) AS joined_lost,
  sum(s) AS start,
  sum(least(s, e)) AS kept,
  coalesce(sum(e - s) FILTER (s > 0 AND e > s), 0) AS expansion,
  coalesce(sum(s - e) FILTER (e > 0 AND e < s), 0) AS contraction,
  coalesce(sum(s) FILTER (e = 0), 0) AS churn,
  coalesce(sum(e) FILTER (s > 0), 0) AS "end",
  coalesce(sum(e) FILTER (NOT before), 0) AS joined_end,
  coalesce(sum(e) FILTER (before AND s = 0), 0) AS returned_end
FROM book JOIN accounts USING (account_id) GROUP BY segment ORDER BY segment
"""


def simulate(folder: Path, customers: int) -> int:
    """Write ``revenue.parquet`` and ``accounts.parquet``; the number of subscription-months."""
    con = quiet()
    con.execute(f"""
        CREATE TABLE accounts AS SELECT 'A' || lpad(i::VARCHAR, 7, '0') AS account_id, i,
          CASE WHEN hash(i, 1) % 10 < 6 THEN 0 ELSE 1 + (hash(i, 2) % {MONTHS - 1})::INT END AS born,
          least(1 + floor(ln((hash(i, 3) % 1000000 + 1) / 1000001.0) / ln(0.985))::INT, {MONTHS}) AS life,
          DATE '{FIRST}' AS started,
          CASE (hash(i, 4) % 5)::INT WHEN 0 THEN 'large' WHEN 1 THEN 'middle' ELSE 'small' END AS segment
        FROM range({customers}) AS numbers(i)""")
    con.execute(f"""
        CREATE TABLE revenue AS
        SELECT account_id, (DATE '{FIRST}' + to_months(m::INT))::DATE AS month,
          CASE k WHEN 0 THEN 'Base' ELSE 'Extra' END AS product,
          CAST((10 + (hash(i, 5, k) % 40000) / 100.0) * CASE WHEN m < (hash(i, 6, k) % {2 * MONTHS})::INT THEN 1
            WHEN hash(i, 7, k) % 3 = 0 THEN 0.8 ELSE 1.1 END AS DECIMAL(18,4)) AS mrr
        FROM accounts, range({MONTHS}) AS months(m), range(2) AS products(k)
        WHERE m >= born AND m < born + life AND (k = 0 OR hash(i, 8) % 10 = 0)
          AND NOT (hash(i, 9) % 50 = 0 AND m BETWEEN 14 AND 16)
        ORDER BY month, hash(i, 10)""")
    con.execute(f"COPY revenue TO '{folder / 'revenue.parquet'}' (FORMAT parquet)")
    con.execute(
        f"COPY (SELECT account_id, started, segment FROM accounts) TO '{folder / 'accounts.parquet'}' (FORMAT parquet)"
    )
    ((rows,),) = con.execute("SELECT count(*) FROM revenue").fetchall()
    return int(rows)


def quiet() -> duckdb.DuckDBPyConnection:
    """An engine without a progress bar."""
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    return con


def view(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Both tables as views over their files, as a client's snapshot is read."""
    for name in ("revenue", "accounts"):
        con.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{folder / name}.parquet')")


def ours(folder: Path) -> Callable[[], Found]:
    """Through `metrics.retention`; what it imports is imported here, so that the other side's memory stays its own."""
    from cxkit.metrics import retention  # noqa: PLC0415
    from cxkit.metrics.windows import window_to  # noqa: PLC0415
    from cxkit.tables.engine import Tables, connect  # noqa: PLC0415

    con = connect()
    view(con, folder)
    supplied = {
        "revenue": frozenset({"account_id", "month", "product", "mrr"}),
        "accounts": frozenset({"account_id", "started", "segment"}),
    }
    tables = Tables(con, supplied, as_of=AS_OF)

    def work() -> Found:
        rows = retention.bridge(tables, window_to(LAST, 12), by=["segment"])
        found: Found = {}
        for segment, part in rows.groupby("segment"):  # type: ignore[union-attr]
            made = retention.summarise(part)
            found[str(segment)] = {c: float(part[c].iloc[0]) for c in (*COUNTS, *MONEY)}
            found[str(segment)] |= {"grr": made.grr.value or 0.0, "nrr": made.nrr.value or 0.0}
        return found

    return work


def by_hand(folder: Path) -> Callable[[], Found]:
    """Through one SQL statement."""
    con = quiet()
    view(con, folder)

    def work() -> Found:
        found: Found = {}
        for segment, *values in con.execute(SQL).fetchall():
            row = {name: float(value) for name, value in zip((*COUNTS, *MONEY), values, strict=True)}
            found[segment] = row | {"grr": row["kept"] / row["start"], "nrr": row["end"] / row["start"]}
        return found

    return work


SIDES: dict[str, Callable[[Path], Callable[[], Found]]] = {"ours": ours, "sql": by_hand}


def once(side: str, folder: Path) -> None:
    """What a child does: the work twice, the second time against the clock; figures, seconds and MiB as JSON."""
    work = SIDES[side](folder)
    found = work()
    start = time.perf_counter()
    assert work() == found
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"found": found, "seconds": seconds, "mib": peak}))


def spoken(*words: str) -> str:
    """The last line of what a process of its own says, which is this file with other words."""
    done = subprocess.run([sys.executable, __file__, *words], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[-1]


def child(side: str, folder: Path) -> dict[str, object]:
    """One side in a process of its own."""
    made: dict[str, object] = json.loads(spoken("once", side, str(folder)))
    return made


def differences(one: Found, other: Found) -> list[str]:
    """Figures in which the two sides differ by more than a ten-billionth of their size.

    >>> differences({"a": {"start": 1.0}}, {"a": {"start": 2.0}})
    ['a start: 1.0 and 2.0']
    """
    return [
        f"{segment} {name}: {one[segment][name]} and {other[segment][name]}"
        for segment in sorted({*one, *other})
        for name in one[segment]
        if abs(one[segment][name] - other[segment][name]) > 1e-10 * max(abs(other[segment][name]), 1.0)
    ]


def main() -> None:
    """Simulate, hold the figures against each other, time both sides in turn, write the records."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        # in a child too: on Linux a process begins with the peak memory of the one that started it
        rows = int(spoken("simulate", str(folder), str(max(round(CUSTOMERS * _record.scale()), 1000))))
        runs: dict[str, list[dict[str, object]]] = {side: [] for side in SIDES}
        if wrong := differences(child("ours", folder)["found"], child("sql", folder)["found"]):  # type: ignore[arg-type]
            raise SystemExit("\n".join(["The two sides do not agree.", *wrong]))
        for _ in range(REPEATS):
            for side in SIDES:
                runs[side].append(child(side, folder))

    def median(side: str, what: str) -> float:
        return statistics.median(float(run[what]) for run in runs[side])  # type: ignore[arg-type]

    shared = {
        "other_name": "SQL written by hand on DuckDB, without intervals",
        "size": f"{rows:,} subscription-months, 3 segments, 12-month window",
        "repeats": REPEATS,
        "machine": _record.machine(),
        "versions": _record.versions("duckdb", "narwhals", "pandas"),
    }
    records = []
    for name, what, unit in (("vs_sql", "seconds", "seconds"), ("peak_memory_vs_sql", "mib", "MiB")):
        a, b = median("ours", what), median("sql", what)
        records.append({"name": f"revenue_bridge.{name}", "ours": a, "other": b, "ratio": a / b, "unit": unit} | shared)
        print(f"revenue_bridge.{name}: {a:.3g} against {b:.3g} {unit}, ratio {a / b:.2f}")
    _record.write("revenue_bridge", records)


if __name__ == "__main__":
    if sys.argv[1:2] == ["simulate"]:
        print(simulate(Path(sys.argv[2]), int(sys.argv[3])))
    elif sys.argv[1:2] == ["once"]:
        once(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
