"""One arm of an experiment without a draw: estimate, checks, grade, and its rows in the tables."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from cxkit import formats
from cxkit.prove import matched as matching
from cxkit.prove import quasi_data, quasi_grades, sensitivity, synthetic
from cxkit.prove.comparison import Comparison
from cxkit.prove.did import LEAST_BEFORE, NEVER, Did, did
from cxkit.prove.matched import Matched
from cxkit.prove.plan import Plan
from cxkit.prove.quasi_data import Followed
from cxkit.prove.quasi_grades import Check
from cxkit.prove.sensitivity import Trend
from cxkit.prove.split import SplitCheck
from cxkit.prove.synthetic import Synthetic
from cxkit.prove.trials import Arm, months
from cxkit.prove.units import records
from cxkit.prove.verdict import ALLOWANCES
from cxkit.tables.engine import Tables

Rows = list[dict[str, Any]]
SIZES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
"""Violations at which the interval is shown, in the worst drift before the start."""
SYNTHETIC_SIZES = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0)


@dataclass(frozen=True)
class Assessed:
    """An arm held against its comparison, with all that its checks found."""

    arm: Arm
    made: Did | Synthetic | Matched
    checks: tuple[Check, ...]
    shown: bool
    """Whether the interval before any allowance leaves out zero."""
    before: Trend | None = None
    breakdown: float | None = None
    """Smallest violation that overturns the result; None where there is none, or none up to the largest looked at."""
    rows: Mapping[str, Rows] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """The experiment, and the arm when there are several."""
        return self.arm.subject


def assess(
    tables: Tables,
    plan: Plan,
    arm: str,
    *,
    alone: bool,
    match_on: str | None,
    registrations: Sequence[Any],
    seed: int,
    level: float,
) -> Assessed | str:
    """One arm by its registered design, or why it cannot be assessed."""
    if plan.design == "matched":
        return _matched(tables, plan, arm, match_on, alone=alone, registrations=registrations, level=level)
    found = quasi_data.followed(tables, plan, arm)
    if isinstance(found, str):
        return found
    draw = zlib.crc32(f"{seed}/{plan.experiment_id}/{arm}".encode())
    if plan.design == "did":
        return _did(plan, arm, found, alone=alone, registrations=registrations, seed=draw, level=level)
    return _synthetic(plan, arm, found, alone=alone, registrations=registrations, level=level)


def _did(
    plan: Plan, arm: str, data: Followed, *, alone: bool, registrations: Sequence[Any], seed: int, level: float
) -> Assessed | str:
    made = did(data.outcome, data.starts, seed=seed)
    if isinstance(made, str):
        return made
    low, high = made.interval(level)
    shown = not low <= 0 <= high
    target = made.value if shown else plan.worthwhile or 0.0
    before = sensitivity.trend(made.path, target)
    lead = _earlier(data, seed)
    some = bool(made.path.before.any())
    path, _ = sensitivity.blocks(made.path) if some else (made.path, 1)
    by_size = lambda m: sensitivity.relative(path, m, level=level)  # noqa: E731
    by_bend = lambda m: sensitivity.smooth(path, m, level=level)  # noqa: E731
    broken = sensitivity.breakdown(by_size) if some and shown else None
    in_time, first = quasi_grades.registered(plan, data.began, registrations)
    checks = [first, *quasi_grades.did_checks(made, before, lead, shown=shown, breakdown=broken if some else 0.0)]
    rows: dict[str, Rows] = {"paths": _did_path(made, level), "placebos": [], "sensitivity": []}
    if made.placebos:
        rows["placebos"].append(
            {"kind": "other groups", "value": made.value, "p": made.placebo_p, "count": made.placebos,
             "says": "share of rollouts given to other groups that look as large"}
        )  # fmt: skip
    if before is not None:
        rows["placebos"].append(
            {"kind": "trend before", "value": before.slope, "p": before.p, "power": before.power,
             "count": before.periods, "passed": before.passed,
             "says": "difference of trends before the start, per period"}
        )  # fmt: skip
    if lead is not None:
        rows["placebos"].append(
            {"kind": "earlier start", "value": lead.value, "p": lead.p, "count": lead.cells,
             "passed": lead.p > sensitivity.SILENT_P, "says": "the start moved into the past, seen up to the true one"}
        )  # fmt: skip
    rows["placebos"] += _without_groups(data, made, seed)
    if some:
        scale = sensitivity.reach(path)
        bend = abs(made.value) / max(scale, 1e-12)
        sizes = [(m, "relative", by_size(m), broken) for m in SIZES]
        if path.before.any():
            bent = sensitivity.breakdown(lambda m: by_bend(m * bend)) if shown and bend > 0 else None
            at = None if bent is None else bent * bend
            sizes += [(m * bend, "smooth", by_bend(m * bend), at) for m in (0.0, 0.05, 0.1, 0.25, 0.5, 1.0)]
        rows["sensitivity"] = [_size(*entry, shown=shown) for entry in sizes]
    comparison = Comparison(
        baseline=made.baseline, treated=made.treated, effect=made.value, low=low, high=high, p=made.p, se=made.se,
        method=made.method,
    )  # fmt: skip
    entry = _arm(
        plan, arm, data, comparison, alone=alone, checks=checks, in_time=in_time, spread=made.spread, groups=made.groups
    )
    return Assessed(entry, made, tuple(checks), shown, before, broken if some else 0.0, rows)


def _earlier(data: Followed, seed: int) -> Did | None:
    """The same comparison with every start a third of its past earlier, seen up to the true starts."""
    outcome, starts = data.outcome.copy(), data.starts.copy()
    for i in np.flatnonzero(starts < NEVER):
        outcome[i, starts[i] :] = np.nan
        starts[i] -= max(1, int(starts[i]) // 3)
        if starts[i] < LEAST_BEFORE - 1:
            return None
    last = int(data.starts[data.starts < NEVER].max())
    made = did(outcome[:, :last], np.where(starts < last, starts, NEVER), seed=seed, placebos=0)
    return None if isinstance(made, str) else made


def _without_groups(data: Followed, made: Did, seed: int) -> Rows:
    """The effect without the group that matters most, where few enough are reached to be told apart."""
    reached = np.flatnonzero(data.starts < NEVER)
    if not 2 <= len(reached) <= 20:
        return []
    left = []
    for i in reached:
        rest = did(np.delete(data.outcome, i, axis=0), np.delete(data.starts, i), seed=seed, placebos=0)
        if not isinstance(rest, str):
            left.append((abs(rest.value - made.value), i, rest))
    if not left:
        return []
    _, i, rest = max(left, key=lambda entry: entry[0])
    return [
        {"kind": "without one", "group": data.names[i], "value": rest.value, "p": rest.p,
         "says": "the effect without the reached group that changes it most"}
    ]  # fmt: skip


def _did_path(made: Did, level: float) -> Rows:
    bar = float(stats.t.isf((1 - level) / 2, made.path.freedom))
    half = bar * np.sqrt(np.maximum(np.diag(made.path.covariance), 0.0))
    rows = [
        {"since": int(k), "value": float(v), "low": float(v - h), "high": float(v + h), "groups": int(g),
         "phase": "before" if k < 0 else "after"}
        for k, v, h, g in zip(made.path.since, made.path.value, half, made.path.groups, strict=True)
    ]  # fmt: skip
    rows.append({"since": -1, "value": 0.0, "groups": made.reached, "phase": "last before"})
    return sorted(rows, key=lambda r: r["since"])


def _size(size: float, kind: str, ends: tuple[float, float], broken: float | None, *, shown: bool) -> dict[str, Any]:
    low, high = ends
    return {
        "kind": kind,
        "size": size,
        "low": low,
        "high": high,
        "holds": bool(shown and not low <= 0 <= high),
        "breakdown": broken,
    }


def _synthetic(
    plan: Plan, arm: str, data: Followed, *, alone: bool, registrations: Sequence[Any], level: float
) -> Assessed | str:
    reached = data.starts < NEVER
    begun = sorted(set(data.starts[reached].tolist()))
    if len(begun) > 1:
        return (
            f"its {int(reached.sum())} groups were reached at different times: register it as difference-in-differences"
        )
    seen = np.isfinite(data.outcome)
    columns = np.asarray(seen[reached].all(axis=0))
    start = int(columns[: begun[0]].sum())
    outcome = data.outcome[:, columns]
    whole = ~reached & np.isfinite(outcome).all(axis=1)
    target, donors = outcome[reached].mean(axis=0), outcome[whole]
    made = synthetic.synthetic(target, donors, start, level=level)
    if isinstance(made, str):
        return made
    if made.too_poor:
        times = f"{made.rmspe / made.usual:.2g}"
        return (
            f"no mixture of the others moves like it: before the start it misses by {times} times what is usual among "
            f"them, and above {synthetic.TOO_POOR:g} times nothing is claimed"
        )
    low, high = made.low, made.high
    shown = not low <= 0 <= high
    in_time, first = quasi_grades.registered(plan, data.began, registrations)
    wanted = made.value if shown else plan.worthwhile
    if not shown and wanted:
        past = made.in_time
        power = 0.0 if past is None else sensitivity.power(abs(wanted) / max(made.past_se, 1e-300), len(donors))
        made = synthetic.with_power(made, power)
    checks = [first, *quasi_grades.synthetic_checks(made, shown=shown, target=wanted)]
    names = [n for n, keep in zip(data.names, whole, strict=True) if keep]
    drift = lambda m: (low - m * made.rmspe, high + m * made.rmspe)  # noqa: E731
    broken = sensitivity.breakdown(drift, most=100.0) if shown else None
    days = [day for day, kept in zip(data.periods, columns, strict=True) if kept]
    rows: dict[str, Rows] = {
        "paths": [
            {"since": t - start, "period": pd.Timestamp(p), "value": float(g), "treated": float(y),
             "comparison": float(m), "groups": int(reached.sum()), "phase": "before" if t < start else "after"}
            for t, (p, g, y, m) in enumerate(zip(days, made.gap, target, made.mixture, strict=True))
        ],
        "placebos": [_placebo(p, names, made) for p in made.placebos],
        "weights": [{"group": n, "weight": float(w)} for n, w in zip(names, made.weights, strict=True) if w > 5e-4],
        "sensitivity": [_size(m, "drift", drift(m), broken, shown=shown) for m in SYNTHETIC_SIZES],
    }  # fmt: skip
    rows["placebos"].append(
        {"kind": "shifts in time", "value": made.value, "p": made.conformal, "count": len(target),
         "says": "share of shifts in time that look as large (conformal)"}
    )  # fmt: skip
    dropped = int((~reached & ~whole).sum())
    note = (f"{dropped:,} of the others have holes and are not in the mixture.",) if dropped else ()
    free = np.vstack([donors, target])[:, :start]
    spread = float(np.sqrt(((free - free.mean(axis=0)) ** 2).sum() / max(free.size - start, 1)))
    after = float(target[start:].mean())
    comparison = Comparison(
        baseline=after - made.value, treated=after, effect=made.value, low=low, high=high, p=made.p, se=made.se,
        method=f"synthetic control, placebos in {len(donors)} other groups",
    )  # fmt: skip
    entry = _arm(
        plan, arm, data, comparison, alone=alone, checks=checks, in_time=in_time, spread=spread,
        groups=len(donors) + int(reached.sum()), notes=note,
    )  # fmt: skip
    return Assessed(entry, made, tuple(checks), shown, None, broken, rows)


def _placebo(placebo: synthetic.Placebo, names: Sequence[str], made: Synthetic) -> dict[str, Any]:
    says = {
        "space": "this group taken for the reached one",
        "time": "the start moved into the past, seen up to the true one",
        "without": "the mixture without its heaviest member",
    }[placebo.kind]
    row: dict[str, Any] = {
        "kind": {"space": "other group", "time": "earlier start", "without": "without one"}[placebo.kind],
        "group": names[placebo.group] if placebo.group >= 0 else None,
        "value": placebo.value,
        "ratio": placebo.ratio,
        "says": says,
    }
    if placebo.kind == "time":
        row |= {"p": placebo.p, "power": made.time_power, "passed": placebo.p > sensitivity.SILENT_P}
    return row


def _matched(
    tables: Tables,
    plan: Plan,
    arm: str,
    match_on: str | None,
    *,
    alone: bool,
    registrations: Sequence[Any],
    level: float,
) -> Assessed | str:
    on, absent = matching.columns(tables, plan, match_on)
    if not on:
        return "no column to match on is declared in experiments.match_on that accounts has"
    made = matching.matched(tables, plan, arm, on, level=level)
    if isinstance(made, str):
        return made
    in_time, first = quasi_grades.registered(plan, made.began, registrations)
    checks = [first, *quasi_grades.matched_checks(made)]
    if absent:
        have = f"accounts has not {formats.listing(list(absent))}"
        checks.append(quasi_grades.check("every declared column was there to match on", have, False))
    shown = not made.low <= 0 <= made.high
    grade = quasi_grades.graded(plan, checks)
    lost = f"{made.lost_treated:,} treated and {made.lost_control:,} other units have no like one and are left out."
    entry = Arm(
        plan=plan, arm=arm, alone=alone, n_control=made.n_control, n_treated=made.n_treated, n_clusters=made.n_clusters,
        split=SplitCheck(counts=()), grading=grade, allowance=grade.allowance * made.spread, in_time=in_time,
        comparison=Comparison(
            baseline=made.baseline, treated=made.treated, effect=made.value, low=made.low, high=made.high, p=made.p,
            se=made.se, method=made.method,
        ),
        notes=(lost, *made.notes), period=months(made.began, made.until),
        sources=("experiments", "assignments", "outcomes", "accounts"),
    )  # fmt: skip
    rows: dict[str, Rows] = {
        "balance": [r | {"balanced": abs(r["smd_after"]) <= matching.BALANCED} for r in records(made.balance)],
        "sensitivity": [
            {"kind": "e_value", "size": made.e_value, "low": made.low, "high": made.high, "holds": shown,
             "breakdown": made.e_value_end}
        ],
    }  # fmt: skip
    return Assessed(entry, made, tuple(checks), shown, None, made.e_value_end, rows)


def _arm(
    plan: Plan,
    arm: str,
    data: Followed,
    comparison: Comparison,
    *,
    alone: bool,
    checks: Sequence[Check],
    in_time: bool | None,
    spread: float,
    groups: int,
    notes: tuple[str, ...] = (),
) -> Arm:
    grade = quasi_grades.graded(plan, checks)
    if plan.kind == "binary":
        spread = max(min(comparison.baseline, 1 - comparison.baseline), 0.0)
    return Arm(
        plan=plan,
        arm=arm,
        alone=alone,
        n_control=data.n_control,
        n_treated=data.n_treated,
        n_clusters=groups,
        split=SplitCheck(counts=()),
        comparison=comparison,
        grading=grade,
        allowance=ALLOWANCES[grade.grade] * spread,
        notes=(*data.notes, *notes),
        period=months(data.periods[0], data.periods[-1]),
        in_time=in_time,
        sources=("experiments", "assignments", "panel"),
    )
