"""From the panel to groups × periods: who was reached when, and what was left out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from cxkit.prove.did import LEAST_BEFORE, NEVER, Array, Mask, Whole
from cxkit.prove.plan import Plan
from cxkit.tables.cut import text_literal
from cxkit.tables.engine import Tables

NEEDS = {
    "assignments": ("experiment_id", "unit_id", "arm", "assigned"),
    "panel": ("experiment_id", "unit_id", "metric", "period", "value", "measured"),
}
MOST_GROUPS = 2000
"""Beyond so many units, units of the same arm and start are averaged in bundles of equal size."""
BUNDLES = 100


@dataclass(frozen=True)
class Followed:
    """Groups of one arm and the control arm, period by period."""

    outcome: Array
    """Groups × periods, NaN where a cell is not seen."""
    starts: Whole
    names: tuple[str, ...]
    periods: tuple[date, ...]
    began: date
    """Day on which the first group was reached."""
    n_control: int
    n_treated: int
    n: int
    """Observations behind the values, where they are stated; else values."""
    notes: tuple[str, ...] = ()

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return len(self.names)


def arms(tables: Tables, plan: Plan) -> dict[str, int]:
    """Units by arm."""
    found = tables.frame(
        "SELECT arm, count(DISTINCT unit_id) AS n FROM assignments "
        f"WHERE experiment_id = {text_literal(plan.experiment_id)} AND arm IS NOT NULL GROUP BY arm ORDER BY arm"
    )
    return {str(a): int(n) for a, n in zip(found["arm"], found["n"], strict=True)}


def followed(tables: Tables, plan: Plan, arm: str) -> Followed | str:
    """One arm and the control arm of one experiment, or why they cannot be followed."""
    rows = _rows(tables, plan, arm)
    if rows["twice"].max() > 1 if len(rows) else False:
        return "the panel lists some units more than once in a period"
    if rows.empty or rows["value"].isna().all():
        return f"the panel holds no value of its registered metric '{plan.metric}' for these units"
    mixed = rows.groupby("grp")["arm"].nunique()
    if (mixed > 1).any():
        return f"{int((mixed > 1).sum()):,} groups have units in both arms"
    wide = rows.pivot(index="grp", columns="period", values="value").sort_index()
    about = (
        rows.groupby("grp").agg(arm=("arm", "first"), began=("began", "min"), units=("units", "max")).loc[wide.index]
    )
    reached = (about["arm"] == arm).to_numpy()
    if not reached.any() or (reached.all() and plan.design != "did"):
        return f"the panel holds no unit of arm '{plan.control_arm if reached.all() else arm}'"
    periods = tuple(pd.Timestamp(p).date() for p in wide.columns)
    outcome = wide.to_numpy(dtype=float).copy()
    starts, notes = np.full(len(wide), NEVER, dtype=np.int64), []
    days = [pd.Timestamp(d).date() for d in about["began"]]
    partly = 0
    for i in np.flatnonzero(reached):
        start = int(np.searchsorted(np.array(periods, dtype="datetime64[D]"), np.datetime64(days[i])))
        if start and (periods[start] != days[i] if start < len(periods) else _within(periods, days[i])):
            outcome[i, start - 1] = np.nan
            partly += 1
        starts[i] = start if start < len(periods) else NEVER
    if partly:
        notes.append(
            f"The period in which a group was reached on some other day than its first is left out ({partly})."
        )
    kept, left_out = _usable(outcome, starts)
    notes += left_out
    late = reached & (starts == NEVER)
    if late.any():
        notes.append(
            f"{int(late.sum()):,} groups were reached after the last period seen; until then they are compared with."
        )
    if not (kept & (starts < NEVER)).any():
        return " ".join(notes) or "no group was reached in the periods seen"
    outcome, starts, about = outcome[kept], starts[kept], about[kept]
    some = np.isfinite(outcome).any(axis=0)
    common = len(set(starts[starts < NEVER].tolist())) == 1
    if common:  # a period that no reached group shows in full says nothing
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            some &= np.isfinite(outcome[starts < NEVER]).any(axis=0)
    gone = np.concatenate([[0], np.cumsum(~some)])  # dropped periods before each
    starts = np.where(starts < NEVER, starts - gone[np.minimum(starts, len(some))], NEVER)
    outcome, periods = outcome[:, some], tuple(p for p, keep in zip(periods, some, strict=True) if keep)
    if _bundled(rows):
        notes.append(
            f"Units of the same arm and start are averaged in {BUNDLES} bundles; only units seen throughout count."
        )
    holes = int((~np.isfinite(outcome)).sum())
    if holes:
        notes.append(f"{holes:,} of {outcome.size:,} values are not there; the rest is used as it is.")
    mine = (about["arm"] == arm).to_numpy()
    return Followed(
        outcome=outcome,
        starts=starts.astype(np.int64),
        names=tuple(map(str, about.index)),
        periods=periods,
        began=min(
            d for d, r in zip((pd.Timestamp(x).date() for x in about["began"]), starts < NEVER, strict=True) if r
        ),
        n_control=int(about.loc[~mine, "units"].sum()),
        n_treated=int(about.loc[mine, "units"].sum()),
        n=int(rows["n"].sum()),
        notes=tuple(notes),
    )


def _usable(outcome: Array, starts: Whole) -> tuple[Mask, list[str]]:
    """Groups of which enough is known, and what is said of the others."""
    seen = np.isfinite(outcome)
    before = seen & (np.arange(outcome.shape[1]) < starts[:, None])
    always = starts == 0
    short = ~always & (starts < NEVER) & (before.sum(axis=1) < LEAST_BEFORE)
    empty = ~(always | short) & (seen.sum(axis=1) < 2)
    said = {
        "groups were reached before the first period seen, so that nothing is known of them without it": always,
        f"groups were seen fewer than {LEAST_BEFORE} periods before they were reached": short,
        "groups were seen in fewer than two periods": empty,
    }
    notes = [f"{int(which.sum()):,} {words}; they are left out." for words, which in said.items() if which.any()]
    return np.asarray(~(always | short | empty)), notes


def _bundled(rows: pd.DataFrame) -> bool:
    return bool(rows["bundled"].any())


def _within(periods: tuple[date, ...], day: date) -> bool:
    """Whether a day lies in the last period, taking periods to be as long as usual."""
    if len(periods) < 2:
        return True
    return bool(
        (day - periods[-1]).days < float(np.median(np.diff(np.array(periods, dtype="datetime64[D]")).astype(int)))
    )


def _rows(tables: Tables, plan: Plan, arm: str) -> pd.DataFrame:
    """One row per group and period: grp, arm, began, period, value, units, n, twice, bundled."""
    exp, metric = text_literal(plan.experiment_id), text_literal(plan.metric)
    count = "coalesce(p.n, 1)" if "n" in tables.supplied("panel") else "1"
    return tables.frame(f"""
        WITH mine AS (
            SELECT unit_id, coalesce(cluster_id, unit_id) AS grp, arm, min(assigned_date) AS began
            FROM assignments WHERE experiment_id = {exp}
              AND arm IN ({text_literal(arm)}, {text_literal(plan.control_arm)}) AND assigned IS NOT NULL
            GROUP BY ALL
        ),
        long AS (
            SELECT m.unit_id, m.grp, m.arm, CASE WHEN m.arm = {text_literal(arm)} THEN m.began END AS began, p.period,
              p.value::DOUBLE AS value, {count}::DOUBLE AS n
            FROM mine m JOIN panel p ON p.experiment_id = {exp} AND p.unit_id = m.unit_id AND p.metric = {metric}
            WHERE isfinite(p.value::DOUBLE) AND {count} > 0
        ),
        whole AS (
            SELECT unit_id FROM long GROUP BY unit_id
            HAVING count(DISTINCT period) = (SELECT count(DISTINCT period) FROM long)
        ),
        size AS (SELECT count(DISTINCT grp) > {MOST_GROUPS} AS large FROM long),
        bundles AS (
            SELECT unit_id, arm || ' ' || coalesce(began::VARCHAR, '') || ' ' ||
              (row_number() OVER (PARTITION BY arm, began ORDER BY unit_id) % {BUNDLES}) AS bundle
            FROM (SELECT DISTINCT unit_id, arm, began FROM long JOIN whole USING (unit_id))
        )
        SELECT CASE WHEN large THEN bundle ELSE grp END AS grp, long_rows.arm AS arm, min(began) AS began, period,
          list_sum(list_sort(list(value * n))) / list_sum(list_sort(list(n))) AS value,
          count(DISTINCT unit_id) AS units, sum(n)::BIGINT AS n,
          max(often) AS twice, any_value(large) AS bundled
        FROM (SELECT *, count(*) OVER (PARTITION BY unit_id, period) AS often FROM long) long_rows CROSS JOIN size
        LEFT JOIN (SELECT unit_id, bundle FROM bundles) USING (unit_id)
        WHERE NOT large OR bundle IS NOT NULL
        GROUP BY 1, 2, 4 ORDER BY 1, period
    """)
