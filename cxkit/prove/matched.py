"""Matched cohorts: customers with a treatment beside customers who were like them before it.

Units are alike when they share every declared column of `accounts` (numbers and dates in fifths) and their own outcome
before the treatment: coarsened exact matching (Iacus, King and Porro 2012). A yes–no outcome before is matched exactly,
any other in steps of 0.4 standard deviations (nobody is more than 0.2 from the middle of his step). Units without a
match are left out and counted. What differs inside a step is taken off by its slope among the untreated (bias-corrected
matching, Abadie and Imbens 2011). The effect is that on the treated who were matched; its interval counts units within
strata, or clusters where there are any. A yes–no outcome is put together by Mantel and Haenszel over the same strata.

Nothing here sees what is not declared: two customers alike on paper may differ in what made one of them take part.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from scipy import stats

from cxkit.metrics.stratified import stratified_difference
from cxkit.prove.plan import Plan
from cxkit.prove.sensitivity import e_value, ratio_of_spreads
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.contract import Column
from cxkit.tables.cut import quoted, text_literal
from cxkit.tables.engine import Tables

NEEDS = {
    "assignments": ("experiment_id", "unit_id", "arm", "assigned"),
    "outcomes": ("experiment_id", "unit_id", "metric", "phase", "value", "measured"),
}
STEP = 0.4
"""Width of a step of the outcome before, in its standard deviations."""
FIFTHS = 5
BALANCED = 0.1
"""Standardised difference of means up to which a column counts as balanced."""
FEWEST = 30
"""Matched units on either side below which there is no interval."""
LEVELS = 8
"""Most common values of a column of words that the balance table shows."""
RELATION = "quasi_matched"


@dataclass(frozen=True)
class Matched:
    """The effect on those matched, and how alike they are."""

    value: float
    low: float
    high: float
    p: float
    se: float
    method: str
    baseline: float
    treated: float
    spread: float
    """Standard deviation of a unit's outcome; of a yes–no outcome the smaller share."""
    n_control: int
    n_treated: int
    n_clusters: int | None
    lost_treated: int
    lost_control: int
    strata: int
    crude: float
    columns: tuple[str, ...]
    before_used: bool
    """Whether the outcome before was known and matched on."""
    balance: pd.DataFrame
    """variable, level, treated, before, after (means or shares of the untreated), smd_before, smd_after."""
    e_value: float
    e_value_end: float
    """E-value of the end of the interval nearest to no effect; 1 when it holds no effect."""
    began: date
    until: date
    notes: tuple[str, ...]

    @property
    def worst(self) -> float:
        """Largest standardised difference that is left."""
        return float(self.balance["smd_after"].abs().max()) if len(self.balance) else 0.0


def columns(tables: Tables, plan: Plan, match_on: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Declared columns that `accounts` has, and those that cannot be used."""
    supplied = tables.supplied("accounts")
    wanted = [c.strip() for c in (match_on or "").replace(";", ",").split(",") if c.strip()]
    known = {c.name: c for c in CONTRACTS["accounts"].columns}
    good = [c for c in wanted if c in supplied and c in known and _allowed(known[c])]
    return tuple(dict.fromkeys(good)), tuple(c for c in wanted if c not in good)


def _allowed(column: Column) -> bool:
    """Names of people and what is only known later (that a customer left) are not matched on."""
    return not column.personal and not column.known_from and column.name != "account_id"


def matched(tables: Tables, plan: Plan, arm: str, on: tuple[str, ...], *, level: float = 0.95) -> Matched | str:
    """The effect of one arm on its units against like units of the control arm, or why none can be given."""
    with tables.held(RELATION, _units(tables, plan, arm, on)):
        if why := _unusable(tables, plan):
            return why
        use_before = bool(
            tables.frame(f"SELECT avg((x IS NOT NULL)::INT) AS known FROM {RELATION}")["known"].iloc[0] >= 0.8
        )
        with tables.held(f"{RELATION}_strata", _stratified(plan, on, use_before=use_before)):
            return _matched(tables, plan, on, use_before=use_before, level=level)


def _unusable(tables: Tables, plan: Plan) -> str:
    n = tables.frame(f"""
        SELECT count(*) FILTER (treated) AS treated, count(*) FILTER (NOT treated) AS others,
          count(*) - count(DISTINCT unit_id) AS twice, count(*) FILTER (y NOT IN (0, 1)) AS odd, stddev_samp(y) AS sd
        FROM {RELATION} WHERE y IS NOT NULL
    """).iloc[0]
    if n["twice"] > 0:
        return "assignments, outcomes or accounts list some units more than once"
    if min(n["treated"], n["others"]) < FEWEST:
        had = f"{int(n['treated']):,} treated and {int(n['others']):,} untreated units"
        return f"{had} have an outcome after the start; at least {FEWEST} of each are needed"
    if plan.kind == "binary" and n["odd"] > 0:
        return f"{int(n['odd']):,} outcomes of a yes–no metric are neither 0 nor 1"
    if not n["sd"] > 0:
        return "every outcome has the same value, so there is no spread to judge an effect by"
    return ""


def _units(tables: Tables, plan: Plan, arm: str, on: tuple[str, ...]) -> str:
    """One row per unit: unit_id, cluster, treated, y, x (outcome before), assigned, measured and the columns."""
    exp, metric = text_literal(plan.experiment_id), text_literal(plan.metric)
    account = "coalesce(a.account_id, a.unit_id)" if "account_id" in tables.supplied("assignments") else "a.unit_id"
    join = f"LEFT JOIN accounts c ON c.account_id = {account}" if on else ""
    kept = "".join(f", c.{quoted(column)}" for column in on)
    ratio = plan.kind == "ratio"
    den = "CASE WHEN denominator > 0 THEN denominator END" if ratio else "1.0"
    # A ratio is made linear around that of the untreated, so that a unit has a value of its own (delta method).
    y = "level + (post.value - level * post.den) / size" if ratio else "post.value"
    x = "xlevel + (pre.value - xlevel * pre.den) / xsize" if ratio else "pre.value"
    ordered = "list_sum(list_sort(list({0})))"
    return f"""
        WITH arms AS (
            SELECT unit_id, cluster_id, account_id, arm <> {text_literal(plan.control_arm)} AS treated, assigned,
              assigned_date
            FROM assignments WHERE experiment_id = {exp} AND assigned IS NOT NULL
              AND arm IN ({text_literal(arm)}, {text_literal(plan.control_arm)})
        ),
        began AS (SELECT min(assigned) FILTER (treated) AS first FROM arms),
        found AS (
            SELECT o.unit_id, o.phase, o.value::DOUBLE AS value, ({den})::DOUBLE AS den, o.measured, o.measured_date,
              a.treated, CASE WHEN a.treated THEN a.assigned ELSE first END AS start
            FROM outcomes o JOIN arms a USING (unit_id) CROSS JOIN began
            WHERE o.experiment_id = {exp} AND o.metric = {metric} AND isfinite(o.value::DOUBLE)
        ),
        post AS (SELECT * FROM found WHERE phase = 'post' AND measured >= start AND den IS NOT NULL),
        pre AS (SELECT * FROM found WHERE phase = 'pre' AND measured < start AND den IS NOT NULL),
        around AS (
            SELECT {ordered.format("value")} / {ordered.format("den")} AS level,
              {ordered.format("den")} / count(*) AS size
            FROM post WHERE NOT treated
        ),
        xaround AS (
            SELECT {ordered.format("value")} / {ordered.format("den")} AS xlevel,
              {ordered.format("den")} / count(*) AS xsize
            FROM pre WHERE NOT treated
        )
        SELECT a.unit_id, coalesce(a.cluster_id, a.unit_id) AS cluster, a.cluster_id IS NOT NULL AS clustered,
          a.treated,
          {y} AS y, {x} AS x, a.assigned_date AS assigned, post.measured_date AS measured{kept}
        FROM arms a LEFT JOIN post USING (unit_id) LEFT JOIN pre USING (unit_id) CROSS JOIN around CROSS JOIN xaround
        {join}"""


def _stratified(plan: Plan, on: tuple[str, ...], *, use_before: bool) -> str:
    """The units with an outcome and their stratum, and how many of either kind it holds."""
    known = {c.name: c for c in CONTRACTS["accounts"].columns}
    parts = []
    for column in on:
        name = quoted(column)
        if known[column].type in {"number", "money", "integer", "date", "timestamp", "month"}:
            rank = f"percent_rank() OVER (PARTITION BY {name} IS NULL ORDER BY {name})"
            parts.append(f"CASE WHEN {name} IS NULL THEN 'none' ELSE least(floor({FIFTHS} * {rank}), 4)::VARCHAR END")
        else:
            parts.append(f"coalesce({name}::VARCHAR, 'none')")
    if use_before:
        step = "x::VARCHAR" if plan.kind == "binary" else f"floor((x - middle) / nullif({STEP} * sd, 0) + 0.5)::VARCHAR"
        parts.append(f"coalesce({step}, '0')")
    key = " || '|' || ".join(f"replace({p}, '|', '/')" for p in parts) if parts else "'all'"
    need = " AND x IS NOT NULL" if use_before else ""
    return f"""
        WITH keyed AS (
            SELECT r.*, {key} AS stratum FROM {RELATION} r
            CROSS JOIN (SELECT round(median(x), 9) AS middle, round(stddev_samp(x), 6) AS sd FROM {RELATION})
            WHERE y IS NOT NULL{need}
        )
        SELECT *, count(*) FILTER (treated) OVER (PARTITION BY stratum) AS n1,
          count(*) FILTER (NOT treated) OVER (PARTITION BY stratum) AS n0
        FROM keyed"""


def _matched(tables: Tables, plan: Plan, on: tuple[str, ...], *, use_before: bool, level: float) -> Matched | str:
    relation = f"{RELATION}_strata"
    head = tables.frame(f"""
        SELECT count(*) FILTER (treated) AS treated, count(*) FILTER (NOT treated) AS others,
          count(*) FILTER (treated AND n0 > 0) AS treated_kept, count(*) FILTER (NOT treated AND n1 > 0) AS others_kept,
          count(DISTINCT stratum) FILTER (n1 > 0 AND n0 > 0) AS strata, bool_or(clustered) AS clustered,
          min(assigned) FILTER (treated) AS began, max(measured) AS until
        FROM {relation}
    """).iloc[0]
    all_units = tables.frame(
        f"SELECT count(*) FILTER (treated) AS t, count(*) FILTER (NOT treated) AS o FROM {RELATION}"
    ).iloc[0]
    n1, n0 = int(head["treated_kept"]), int(head["others_kept"])
    if min(n1, n0) < FEWEST:
        return (
            f"{n1:,} treated units have a like unit among the others ({n0:,} of those); at least {FEWEST} of each are "
            "needed: fewer columns to match on, or more untreated units"
        )
    slope = 0.0 if plan.kind == "binary" or not use_before else _slope(tables, relation)
    strata = _strata(tables, relation, slope)
    clustered = bool(head["clustered"])
    found = _binary(strata, level) if plan.kind == "binary" and not clustered else None
    att = _on_treated(strata)
    value, se, freedom = att["value"], att["se"], math.inf
    n_clusters = None
    if clustered:
        robust, n_clusters = _by_cluster(tables, relation, slope, strata)
        se, freedom = max(se, robust), max(n_clusters - 1, 1)
    bar = float(stats.t.isf((1 - level) / 2, freedom))
    low, high, p = value - bar * se, value + bar * se, float(2 * stats.t.sf(abs(value) / se, freedom)) if se else 1.0
    if found is not None:
        value, low, high, p = found.difference, found.low, found.high, found.p
        se = (high - low) / 2 / bar
    treated = float(att["treated"])
    baseline = treated - value
    spread = _spread(tables, plan, baseline)
    notes = []
    missing = int(all_units["t"] + all_units["o"] - head["treated"] - head["others"])
    if missing:
        what = "outcome before or after" if use_before else "outcome after"
        notes.append(f"{missing:,} units have no {what} the start and are left out.")
    if not use_before:
        notes.append("The outcome before the start is not known for most units, so nothing was matched on it.")
    point, end = _e_values(plan, value, (low, high), baseline=baseline, spread=spread)
    return Matched(
        value=value, low=low, high=high, p=p, se=se,
        method="matched strata, " + ("Mantel–Haenszel" if found is not None else "effect on the treated"),
        baseline=baseline, treated=treated, spread=spread, n_control=n0, n_treated=n1, n_clusters=n_clusters,
        lost_treated=int(head["treated"]) - n1, lost_control=int(head["others"]) - n0, strata=int(head["strata"]),
        crude=att["crude"], columns=on, before_used=use_before,
        balance=_balance(tables, relation, on, use_before=use_before),
        e_value=point, e_value_end=end,
        began=pd.Timestamp(head["began"]).date(), until=pd.Timestamp(head["until"]).date(), notes=tuple(notes),
    )  # fmt: skip


def _total(what: str, where: str) -> str:
    """A sum that does not depend on the order of rows."""
    return f"coalesce(list_sum(list_sort(list({what}) FILTER ({where}))), 0)"


def _slope(tables: Tables, relation: str) -> float:
    """Slope of the outcome on the outcome before within strata, among the untreated."""
    frame = tables.frame(f"""
        SELECT {_total("x", "true")} AS x, {_total("y", "true")} AS y, {_total("x * x", "true")} AS xx,
          {_total("x * y", "true")} AS xy, count(*) AS n
        FROM {relation} WHERE NOT treated AND n1 > 0 GROUP BY stratum ORDER BY stratum
    """)
    sxx = float((frame["xx"] - frame["x"] ** 2 / frame["n"]).sum())
    sxy = float((frame["xy"] - frame["x"] * frame["y"] / frame["n"]).sum())
    return sxy / sxx if sxx > 1e-12 * float(frame["xx"].abs().sum() + 1e-300) else 0.0


def _strata(tables: Tables, relation: str, slope: float) -> pd.DataFrame:
    """A row per stratum with both kinds, and one ``crude`` row each for what all units show."""
    z = f"(y - {slope!r} * coalesce(x, 0))"
    parts = ", ".join(
        f"{_total(what, where)} AS {name}"
        for where, k in (("treated", 1), ("NOT treated", 0))
        for what, name in ((z, f"z{k}"), (f"{z} * {z}", f"zz{k}"), ("y", f"y{k}"))
    )
    return tables.frame(
        f"SELECT stratum, any_value(n1)::DOUBLE AS n1, any_value(n0)::DOUBLE AS n0, {parts} FROM {relation} "
        "GROUP BY stratum ORDER BY stratum"
    )


def _on_treated(strata: pd.DataFrame) -> dict[str, float]:
    crude = float(strata["y1"].sum() / strata["n1"].sum() - strata["y0"].sum() / strata["n0"].sum())
    both = strata[(strata["n1"] > 0) & (strata["n0"] > 0)]
    n1, n0 = both["n1"], both["n0"]
    share = n1 / n1.sum()
    squares = {k: float((both[f"zz{k}"] - both[f"z{k}"] ** 2 / both[f"n{k}"]).clip(lower=0).sum()) for k in (0, 1)}
    freedom = {0: max(float((n0 - 1).sum()), 1.0), 1: max(float((n1 - 1).sum()), 1.0)}
    variance = sum(squares[k] / freedom[k] * float((share**2 / both[f"n{k}"]).sum()) for k in (0, 1))
    return {
        "value": float((share * (both["z1"] / n1 - both["z0"] / n0)).sum()),
        "se": math.sqrt(variance),
        "treated": float(both["y1"].sum() / n1.sum()),
        "crude": crude,
    }


def _binary(strata: pd.DataFrame, level: float):  # type: ignore[no-untyped-def]
    counts = strata.rename(columns={"n1": "treated", "y1": "treated_hits", "n0": "untreated", "y0": "untreated_hits"})
    return stratified_difference(counts[["treated", "treated_hits", "untreated", "untreated_hits"]], level=level)


def _by_cluster(tables: Tables, relation: str, slope: float, strata: pd.DataFrame) -> tuple[float, int]:
    """Standard error with clusters as the unit, and their number."""
    z = f"(y - {slope!r} * coalesce(x, 0))"
    total = float(strata.loc[strata["n0"] > 0, "n1"].sum())
    frame = tables.frame(f"""
        WITH m AS (
            SELECT cluster, treated, n1, n0, {z} AS z,
              list_sum(list_sort(list({z}) OVER (PARTITION BY stratum, treated))) /
                count(*) OVER (PARTITION BY stratum, treated) AS mean
            FROM {relation} WHERE n1 > 0 AND n0 > 0
        )
        SELECT cluster, {_total("CASE WHEN treated THEN z - mean ELSE -(z - mean) * n1 / n0 END", "true")} AS score
        FROM m GROUP BY cluster ORDER BY cluster
    """)
    scores = frame["score"].to_numpy(dtype=float) / total
    n = len(scores)
    return float(np.sqrt((scores**2).sum() * n / max(n - 1, 1))), n


def _spread(tables: Tables, plan: Plan, baseline: float) -> float:
    if plan.kind == "binary":
        return max(min(baseline, 1 - baseline), 0.0)
    frame = tables.frame(f"SELECT round(stddev_samp(y), 12) AS sd FROM {RELATION} WHERE NOT treated")
    return float(frame["sd"].iloc[0])


def _balance(tables: Tables, relation: str, on: tuple[str, ...], *, use_before: bool) -> pd.DataFrame:
    """Means or shares of the treated matched, of all untreated and of the matched, weighted untreated."""
    known = {c.name: c for c in CONTRACTS["accounts"].columns}
    rows = []
    for column in [*on, *(["x"] if use_before else [])]:
        name = quoted(column)
        kind = "number" if column == "x" else known[column].type
        if kind in {"date", "timestamp", "month"}:
            values = {"": f"datediff('day', DATE '2000-01-01', {name}::DATE)::DOUBLE"}
        elif kind in {"number", "money", "integer"}:
            values = {"": f"{name}::DOUBLE"}
        else:
            common = tables.frame(
                f"SELECT {name}::VARCHAR AS v FROM {relation} WHERE {name} IS NOT NULL GROUP BY 1 "
                f"ORDER BY count(*) DESC, 1 LIMIT {LEVELS}"
            )["v"]
            values = {str(v): f"({name}::VARCHAR = {text_literal(str(v))})::INT::DOUBLE" for v in common}
        for level, value in values.items():
            rows.append(_one_balance(tables, relation, "outcome before" if column == "x" else column, level, value))
    return pd.DataFrame(
        rows, columns=["variable", "level", "treated", "before", "after", "smd_before", "smd_after"]
    ).astype({"variable": "string", "level": "string"})


def _one_balance(tables: Tables, relation: str, column: str, level: str, value: str) -> dict[str, object]:
    found = (
        tables.frame(f"""
        WITH v AS (SELECT treated, n1, n0, {value} AS v FROM {relation})
        SELECT round(avg(v) FILTER (treated), 9) AS t_all, round(avg(v) FILTER (NOT treated), 9) AS o_all,
          round(var_samp(v) FILTER (treated), 9) AS t_var, round(var_samp(v) FILTER (NOT treated), 9) AS o_var,
          round(avg(v) FILTER (treated AND n0 > 0), 9) AS t,
          {_total("v * n1 / n0", "NOT treated AND n1 > 0 AND v IS NOT NULL")} /
            nullif({_total("n1 / n0", "NOT treated AND n1 > 0 AND v IS NOT NULL")}, 0) AS o
        FROM v
    """)
        .iloc[0]
        .astype(float)
        .fillna(0.0)
    )
    pooled = math.sqrt(max((found["t_var"] + found["o_var"]) / 2, 0.0))
    apart = lambda a, b: float((a - b) / pooled) if pooled > 0 else 0.0  # noqa: E731
    return {
        "variable": column,
        "level": level,
        "treated": float(found["t"]),
        "before": float(found["o_all"]),
        "after": float(found["o"]),
        "smd_before": apart(found["t_all"], found["o_all"]),
        "smd_after": apart(found["t"], found["o"]),
    }


def _e_values(
    plan: Plan, value: float, ends: tuple[float, float], *, baseline: float, spread: float
) -> tuple[float, float]:
    """E-values of the effect and of the end of its interval nearest to none."""
    low, high = ends
    end = 0.0 if low <= 0 <= high else low if low > 0 else high
    if plan.kind == "binary":
        base = min(max(baseline, 1e-9), 1 - 1e-9)
        ratio = [min(max((base + e) / base, 1e-9), 1 / base) for e in (value, end)]
    else:
        ratio = [ratio_of_spreads(e / spread if spread > 0 else 0.0) for e in (value, end)]
    return e_value(ratio[0]), e_value(ratio[1])
