"""Counting the ways: variants, direct followers, activities, the times of the main path, and what goes back."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd
from scipy import stats

from cxkit.metrics.clock import HOUR
from cxkit.metrics.estimates import MINIMUM_N, Estimate, difference, proportion, t_quantile
from cxkit.orchestrate.ways_log import ARROW, CASES, STEPS, Log
from cxkit.tables.cut import text_literal
from cxkit.tables.engine import Tables

MOST = 100
"""Variants kept, the commonest first; direct followers twice as many."""
KINDS = {
    "self_loop": "the same activity twice in a row",
    "returned": "an activity comes again after another one",
    "team_back": "one team hands over to another, which hands back",
    "resource_back": "one person hands over to another, who hands back",
    "reopened": "work again after it was settled",
    "resumed": "the same activity after a pause and nothing else",
    "rework": "any of the first three or reopened",
}
"""Column of `CASES` → what it means. A pause and the same activity after it is no rework; people who hand to and fro
stand apart because a system that closes tickets is a person too."""


def median_ranks(n: int, level: float = 0.95) -> tuple[int, int] | None:
    """Ranks (from 1) of the order statistics that enclose the median with at least this chance, whatever the
    distribution (Hahn and Meeker 1991, 5.2); None below six values.

    >>> median_ranks(10), median_ranks(5)
    ((2, 9), None)
    """
    lower = int(stats.binom.ppf((1 - level) / 2, n, 0.5)) if n else 0
    return (lower, n - lower + 1) if lower >= 1 else None


def medians(tables: Tables, query: str, by: Sequence[str]) -> pd.DataFrame:
    """n, median, low, high and p90 of ``x`` per group of a query; the interval of the median by order statistics.

    From `MINIMUM_N` values on; the values that stand at the two ranks are read in the engine.
    """
    group = ", ".join(by)
    rows = tables.frame(
        f"SELECT {group}, count(*) AS n, median(x) AS median, quantile_cont(x, 0.9) AS p90 FROM ({query}) q "
        f"GROUP BY {group} ORDER BY {group}"
    )
    ranks = {n: median_ranks(n) for n in sorted(set(rows["n"].astype(int))) if n >= MINIMUM_N}
    cases = " ".join(f"WHEN {n} THEN {pair[0]}" for n, pair in ranks.items() if pair)
    rows["low"], rows["high"] = math.nan, math.nan
    if not cases:
        return rows
    ends = tables.frame(f"""
        WITH r AS (SELECT {group}, x, row_number() OVER (PARTITION BY {group} ORDER BY x) AS place,
            count(*) OVER (PARTITION BY {group}) AS n FROM ({query}) q),
        k AS (SELECT *, CASE n {cases} END AS lower FROM r)
        SELECT {group}, min(x) FILTER (WHERE place = lower) AS low,
          min(x) FILTER (WHERE place = n - lower + 1) AS high
        FROM k WHERE lower IS NOT NULL GROUP BY {group}""")
    return rows.drop(columns=["low", "high"]).merge(ends, on=list(by), how="left").sort_values(
        list(by), ignore_index=True
    )  # fmt: skip


def summary(tables: Tables, log: Log) -> pd.DataFrame:
    """One row per log: cases, finished, open, variants (of finished cases), variants_all, tied, entries, times."""
    rows = tables.frame(f"""
        SELECT count(*) AS cases, coalesce(sum(finished::INT), 0)::BIGINT AS finished,
          coalesce(sum((NOT finished)::INT), 0)::BIGINT AS "open",
          count(DISTINCT variant) FILTER (WHERE finished) AS variants, count(DISTINCT variant) AS variants_all,
          coalesce(sum(tied), 0)::BIGINT AS tied, coalesce(sum(steps), 0)::BIGINT AS entries,
          median(hours) FILTER (WHERE finished) AS median_hours,
          quantile_cont(hours, 0.9) FILTER (WHERE finished) AS p90_hours,
          coalesce(sum((pause_hours > 0 AND finished)::INT), 0)::BIGINT AS paused,
          median(pause_hours) FILTER (WHERE finished AND pause_hours > 0) AS median_pause_hours,
          coalesce(sum(CAST(CASE WHEN finished THEN pause_hours END AS DECIMAL(18, 4))), 0)::DOUBLE AS pause_hours,
          coalesce(sum(CAST(CASE WHEN finished THEN hours END AS DECIMAL(18, 4))), 0)::DOUBLE AS hours
        FROM {CASES}""")
    rows.insert(0, "log", log.name)
    rows.insert(1, "case", log.case)
    return rows


def variants(tables: Tables, log: Log, finished: int) -> pd.DataFrame:
    """The commonest ways of finished cases; see `Ways`."""
    rows = tables.frame(f"""
        WITH v AS (
          SELECT variant, count(*) AS cases, median(hours) AS median_hours, quantile_cont(hours, 0.9) AS p90_hours,
            max(steps) AS steps, max(rework) AS rework
          FROM {CASES} WHERE finished GROUP BY variant ORDER BY cases DESC, variant LIMIT {MOST}
        ),
        o AS (
          SELECT variant || {text_literal(ARROW)} AS path, count(*) AS n FROM {CASES} WHERE NOT finished GROUP BY 1
        ),
        j AS (SELECT v.variant, sum(o.n)::BIGINT AS "open" FROM v
          JOIN o ON substr(v.variant || {text_literal(ARROW)}, 1, length(o.path)) = o.path GROUP BY 1)
        SELECT v.*, coalesce(j."open", 0) AS "open" FROM v LEFT JOIN j ON j.variant = v.variant
        ORDER BY cases DESC, v.variant""")
    rows.insert(0, "log", log.name)
    rows.insert(2, "rank", range(1, len(rows) + 1))
    rows["rework"] = rows["rework"] > 0
    shares = [proportion(int(c), finished) for c in rows["cases"]]
    rows["share"] = pd.Series([s.value for s in shares], dtype="float64")
    rows["low"] = pd.Series([s.low for s in shares], dtype="float64")
    rows["high"] = pd.Series([s.high for s in shares], dtype="float64")
    rows["cumulative"] = rows["cases"].cumsum() / max(finished, 1)
    first = ["log", "variant", "rank", "cases", "share", "low", "high", "cumulative"]
    return rows[[*first, "median_hours", "p90_hours", "steps", "rework", "open"]]


def main_path(tables: Tables) -> tuple[str, ...]:
    """Activities of the commonest finished variant; of several the first by name."""
    rows = tables.frame(f"""
        WITH v AS (SELECT variant, count(*) AS n, min(case_id) AS case_id FROM {CASES} WHERE finished GROUP BY 1
          ORDER BY n DESC, 1 LIMIT 1)
        SELECT s.activity FROM {STEPS} s JOIN v ON v.case_id = s.case_id ORDER BY s.step""")
    return tuple(map(str, rows["activity"]))


FINISHED = f"{STEPS} s JOIN {CASES} c ON c.case_id = s.case_id AND c.finished"


def edges(tables: Tables, log: Log) -> pd.DataFrame:
    """What directly follows what, in finished cases; see `Ways`."""
    rows = tables.frame(f"""
        SELECT s.before AS source, s.activity AS target, count(DISTINCT s.case_id) AS cases, count(*) AS times,
          median((s.t - s.before_t) / {HOUR}) AS median_hours,
          quantile_cont((s.t - s.before_t) / {HOUR}, 0.9) AS p90_hours,
          2 * sum((s.returned OR s.resumed)::INT) > count(*) AS back
        FROM {FINISHED} WHERE s.before IS NOT NULL GROUP BY 1, 2 ORDER BY times DESC, 1, 2 LIMIT {2 * MOST}""")
    rows.insert(0, "log", log.name)
    return rows


def steps(tables: Tables, log: Log, path: Sequence[str], finished: int) -> pd.DataFrame:
    """How often finished cases pass each activity; see `Ways`."""
    rows = tables.frame(f"""
        SELECT s.activity, count(DISTINCT s.case_id) AS cases, count(*) AS times,
          count(DISTINCT CASE WHEN s.occurrence > 1 THEN s.case_id END) AS repeated_cases,
          sum(s.self_loop::INT)::BIGINT AS self_loops, sum((s.returned OR s.resumed)::INT)::BIGINT AS returns
        FROM {FINISHED} GROUP BY 1 ORDER BY cases DESC, times DESC, 1""")
    absent = [a for a in dict.fromkeys(path) if a not in set(rows["activity"])]
    if absent:
        extra = pd.DataFrame({"activity": absent}).assign(cases=0, times=0, repeated_cases=0, self_loops=0, returns=0)
        rows = pd.concat([rows, extra], ignore_index=True)
    rows.insert(0, "log", log.name)
    rows["skipped"] = pd.Series(
        [finished - int(c) if a in path else None for a, c in zip(rows["activity"], rows["cases"], strict=True)],
        dtype="Int64",
    )
    return rows


def between(tables: Tables, log: Log, path: Sequence[str]) -> pd.DataFrame:
    """Hours from each step of the main path to the next, where the one directly follows the other; see `Ways`."""
    frames = []
    ends = set(tables.frame(f"SELECT DISTINCT activity FROM {STEPS} WHERE final_run")["activity"])
    pairs = list(dict.fromkeys(pairwise(path)))
    for place, (source, target) in enumerate(pairs, 1):
        wanted = f"s.before = {text_literal(source)} AND s.activity = {text_literal(target)}"
        rows = medians(
            tables,
            f"SELECT {place} AS position, arg_min(s.t - s.before_t, s.step) / {HOUR} AS x FROM {FINISHED} "
            f"WHERE {wanted} GROUP BY s.case_id",
            ["position"],
        )
        frames.append(rows.assign(source=source, target=target, after_settling=source in ends))
    if not frames:
        return pd.DataFrame()
    rows = pd.concat(frames, ignore_index=True).rename(columns={"median": "median_hours", "p90": "p90_hours"})
    rows.insert(0, "log", log.name)
    shown = ["log", "position", "source", "target", "n", "median_hours", "low", "high", "p90_hours", "after_settling"]
    return rows[shown]


def rework(tables: Tables, log: Log, finished: int) -> pd.DataFrame:
    """What goes back, how often, and how much longer such cases take; see `Ways`."""
    frames = []
    kinds = [k for k in KINDS if _told(log, k)]
    for kind in kinds:
        of = f"SELECT {kind} AS hit, hours AS x, minutes FROM {CASES} WHERE finished"
        lengths = {int(r["hit"]): r for r in medians(tables, of, ["hit"]).to_dict("records")}
        work = tables.frame(
            f"SELECT hit, count(m) AS n, sum(m)::DOUBLE / nullif(count(m), 0) AS mean, sum(m * m)::DOUBLE AS squares "
            f"FROM (SELECT hit, CAST(minutes AS DECIMAL(12, 4)) AS m FROM ({of}) q) w GROUP BY 1 ORDER BY 1"
        )
        cases = int(lengths[1]["n"]) if 1 in lengths else 0
        share = proportion(cases, finished)
        extra = difference(_median(lengths, 1), _median(lengths, 0))
        minutes = _means(work)
        frames.append(
            {
                "log": log.name, "kind": kind, "meaning": KINDS[kind], "cases": cases, "finished": finished,
                "share": share.value, "low": share.low, "high": share.high,
                "extra_hours": extra.value, "extra_low": extra.low, "extra_high": extra.high,
                "extra_minutes": minutes.value, "minutes_low": minutes.low, "minutes_high": minutes.high,
                "mean_minutes": _mean_of_all(work),
            }
        )  # fmt: skip
    rows = pd.DataFrame(frames)
    floats = [c for c in rows.columns if c not in {"log", "kind", "meaning", "cases", "finished"}]
    return rows.astype(dict.fromkeys(floats, "float64"))


def _told(log: Log, kind: str) -> bool:
    needs = {
        "team_back": log.has_team,
        "resource_back": log.has_resource,
        "reopened": log.has_state,
        "resumed": log.has_pause,
    }
    return needs.get(kind, True)


def _median(rows: Mapping[int, Mapping[Hashable, Any]], hit: int) -> Estimate:
    if hit not in rows:
        return Estimate(why_none="no cases")
    row = rows[hit]
    low, high = (None if math.isnan(row[c]) else float(row[c]) for c in ("low", "high"))
    return Estimate(value=float(row["median"]), low=low, high=high, n=int(row["n"]))


def _means(rows: pd.DataFrame) -> Estimate:
    """Mean minutes of work with less without, by Welch."""
    some = rows[rows["n"] >= MINIMUM_N].sort_values("hit")
    if len(some) < 2:
        return Estimate(why_none="too few cases with minutes of work")
    n, means, squares = (some[c].to_numpy(dtype=float) for c in ("n", "mean", "squares"))
    gap, parts = float(means[1] - means[0]), (squares / n - means**2).clip(min=0) / (n - 1)
    if parts.sum() <= 0:
        return Estimate(value=gap, low=gap, high=gap, n=int(n.min()))
    half = t_quantile(parts.sum() ** 2 / (parts**2 / (n - 1)).sum()) * math.sqrt(parts.sum())
    return Estimate(value=gap, low=gap - half, high=gap + half, n=int(n.min()))


def _mean_of_all(rows: pd.DataFrame) -> float:
    known = rows[rows["n"] > 0]
    return float((known["mean"] * known["n"]).sum() / known["n"].sum()) if len(known) else math.nan
