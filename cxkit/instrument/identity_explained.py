"""Why two records count as one person, or nearly did: what each thing they share or do not share weighs."""

from __future__ import annotations

import math
from typing import Any

import duckdb
import pandas as pd
from splink import DuckDBAPI, Linker

from cxkit.instrument.identity_comparisons import NAMES
from cxkit.instrument.identity_model import QUIET, Model

COLUMNS = ("pair", "step", "weight")
MATCH, MISS = "a clear match", "a near miss"
START, END = "two records at random", "together"


def explained(con: duckdb.DuckDBPyConnection, model: Model, prior: float, threshold: float) -> pd.DataFrame:
    """Table ``explained`` for a clear match and a near miss: pair, step, weight (log2 of the odds), values masked.

    The first step is the prior, the last the sum. Of pairs in two systems: the match is the middle one above the
    threshold, the miss the likeliest one below it.
    """
    chosen = {w: pair for w, pair in ((MATCH, _middle(con, threshold)), (MISS, _nearest(con, threshold))) if pair}
    if not chosen:
        return pd.DataFrame({"pair": [], "step": [], "weight": []}).astype({"weight": "float64"})
    rows = ", ".join(f"({a}, {b})" for a, b in chosen.values())
    con.execute(
        f"CREATE TABLE looked_at AS SELECT *, '0' AS match_key FROM (VALUES {rows}) AS p(join_key_l, join_key_r)"
    )
    api = DuckDBAPI(con)
    settings = {**model.settings, "retain_intermediate_calculation_columns": True, "retain_matching_columns": True}
    linker = Linker(api.register("plain_records"), settings, log_level=QUIET, validate_settings=False)
    linker.table_management.register_blocked_pairs_for_predict(api.register("looked_at"))
    found = {(r["uid_l"], r["uid_r"]): r for r in linker.inference.predict(warning_mode="never").as_record_list()}
    made: list[tuple[str, str, float]] = []
    start = math.log2(prior / (1 - prior))
    for words, pair in chosen.items():
        steps = [(START, start), *_steps(model, found[pair])]
        steps.append((END, sum(w for _, w in steps)))
        made += [(words, step, round(weight, 3)) for step, weight in steps]
    return pd.DataFrame(made, columns=list(COLUMNS))


def _middle(con: duckdb.DuckDBPyConnection, threshold: float) -> tuple[int, int] | None:
    return _one(con, f"s.probability >= {threshold!r}", "abs(place - 0.5), weight DESC")


def _nearest(con: duckdb.DuckDBPyConnection, threshold: float) -> tuple[int, int] | None:
    return _one(con, f"s.probability < {threshold!r} AND s.probability >= 0.05", "weight DESC")


def _one(con: duckdb.DuckDBPyConnection, where: str, order: str) -> tuple[int, int] | None:
    rows = con.execute(f"""
        SELECT "left", "right" FROM (
          SELECT s.*, percent_rank() OVER (ORDER BY s.weight) AS place FROM scores s
          JOIN records a ON a.uid = s."left" JOIN records b ON b.uid = s."right"
          WHERE a.system <> b.system AND {where}
        ) ORDER BY {order}, "left", "right" LIMIT 1""").fetchall()
    return (int(rows[0][0]), int(rows[0][1])) if rows else None


def _steps(model: Model, row: dict[str, Any]) -> list[tuple[str, float]]:
    """One step per comparison, what a rare or a common value adds included."""
    steps = []
    for comparison in model.settings["comparisons"]:
        name = comparison["output_column_name"]
        at, weight = int(row[f"gamma_{name}"]), float(row[f"mw_{name}"] or 0.0)
        weight += float(row.get(f"mw_tf_adj_{name}") or 0.0)
        levels = [lv["label_for_charts"] for lv in comparison["comparison_levels"] if not lv.get("is_null_level")]
        label = "missing" if at < 0 else levels[len(levels) - 1 - at]
        shown = "" if at < 0 else _values(name, row)
        words = label if name == "organisation" and at > 0 else f"{NAMES[name]} {label}"
        steps.append((f"{words}{shown}", weight))
    return steps


def _values(name: str, row: dict[str, Any]) -> str:
    columns = ("account", "company") if name == "organisation" else (name,)
    for column in columns:
        a, b = row.get(f"{column}_l"), row.get(f"{column}_r")
        if a and b:
            return f" ({masked(str(a))}, {masked(str(b))})"
    return ""


def masked(value: str) -> str:
    """A value of which little can be read.

    >>> masked("vera@example.org"), masked("Vera")
    ('v***@e***', 'V***')
    """
    head, at, domain = value.partition("@")
    return f"{head[:1]}***" + (f"@{domain[:1]}***" if at else "")
