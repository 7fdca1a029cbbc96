"""Designs of experiments: registered before the data or not, large enough or not, and how long until an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from cxkit.prove import designs_sentences as say
from cxkit.prove.designs_curves import curve, peeked
from cxkit.prove.designs_data import (
    Basis,
    bases,
    elsewhere,
    new_accounts,
    traffic,
)
from cxkit.prove.designs_paired import from_error
from cxkit.prove.designs_size import Setting, chance, needed, smallest, tuned
from cxkit.prove.designs_worth import break_even, duration, expected, ranges, yearly_costs
from cxkit.prove.plan import QUASI, Plan, missing_plan, read_plans
from cxkit.prove.registration import Filed, filed, withdrawn
from cxkit.prove.rows import DAY, FLAG, REAL, TEXT, WHOLE, frame
from cxkit.prove.units import records
from cxkit.records import Gap, Number, Result
from cxkit.tables.engine import Tables

DESIGNS: Mapping[str, str] = {
    **dict.fromkeys(("experiment_id", "initiative_id", "name", "metric", "metric_name", "kind", "design"), TEXT),
    **dict.fromkeys(("direction", "state", "looks", "hash"), TEXT),
    **dict.fromkeys(("registered", "first_seen", "first_draw"), DAY),
    **dict.fromkeys(("in_time", "on_file", "departed"), FLAG),
    **dict.fromkeys(("departure", "convention", "unit"), TEXT),
    **dict.fromkeys(("base", "spread", "worthwhile"), REAL),
    "base_from": TEXT,
    **dict.fromkeys(("icc", "cluster_size", "design_effect", "cuped_left", "looking", "control_share"), REAL),
    **dict.fromkeys(("arms", "needed_control", "needed_treated", "needed_total", "needed_clusters"), WHOLE),
    **dict.fromkeys(("has_control", "has_treated", "has_total", "has_clusters"), WHOLE),
    **dict.fromkeys(("power", "power_wanted", "smallest"), REAL),
    "traffic": REAL,
    "traffic_from": TEXT,
    **dict.fromkeys(("weeks", "weeks_left", "lag_days"), REAL),
    "ready": DAY,
    "accounts": WHOLE,
    **dict.fromkeys(("break_even", "break_even_low", "break_even_high"), REAL),
    **dict.fromkeys(("break_even_from", "verdict", "reason"), TEXT),
}
"""One row per registered experiment. `state` is planned, running or ended; sizes are units, `needed_clusters` and
`has_clusters` clusters in all arms; effects are in the unit of the metric, a yes–no outcome as a fraction; `verdict` is
enough, not yet, too small or cannot be told, and `reason` says why it cannot."""

CURVES: Mapping[str, str] = {
    **dict.fromkeys(("experiment_id", "name"), TEXT),
    **dict.fromkeys(("n", "power"), REAL),
}
"""Chance to see the smallest change worth having, by units in all arms."""

PEEKING: Mapping[str, str] = {"looks": WHOLE, "naive": REAL, "always": REAL, "tests": WHOLE}
"""Share of simulated tests without an effect that raise a false alarm, by the number of looks; see `peeking`."""

LONGEST_WEEKS = 104
"""What would take longer than two years more is too small; nobody waits for it."""
NEAR = 0.005
"""So close below the power asked for is enough: sizes are rounded, bases are estimates."""


class Designs(Result):
    """What each registered experiment was built to see.

    Tables: `designs` (one row per experiment), `curves` (its power against its size), `peeking` (what looking every day
    would do to the running experiment with most units).
    """

    stage: ClassVar[str] = "prove"
    name: ClassVar[str] = "designs"

    power: Number = 0.8
    """Chance, asked for, to see the smallest change worth having."""
    level: Number = 0.95
    seed: int = 1
    """Seed of the tests simulated for `peeking`."""
    currency: str = ""


def designs(
    tables: Tables,
    experiments: Result | None = None,
    *,
    registrations: Sequence[Any] = (),
    cases: Result | None = None,
    power: float = 0.8,
    level: float = 0.95,
    seed: int = 1,
) -> Designs:
    """Hold every registered experiment against its registration, its size and the client's own traffic.

    `experiments` is the result of ``prove.experiments`` (table `effects`: what CUPED took out, and standard errors),
    `registrations` the records of the client's history, `cases` the result of ``quantify.cases`` (table `cases`: what
    initiatives cost). Power is that for one test, at the smallest change worth having, never at the effect found.
    """
    made = {"power": power, "level": level, "seed": seed, "currency": tables.currency}
    if lacking := missing_plan(tables):
        gap = Gap(
            id="prove.design",
            what="Whether experiments are large enough",
            reason="No hypothesis was registered with its metric, arms and date.",
            needs=lacking,
        )
        return Designs(as_of=tables.as_of, gaps=(gap,), **made)
    plans, on_file = read_plans(tables), filed(tables, registrations)
    known, flows = bases(tables, plans), traffic(tables)
    fresh, active = new_accounts(tables)
    costs, effects = yearly_costs(cases), _effects(experiments)
    money = ranges(tables)
    rows, curves, gaps = [], [], []
    for plan in plans:
        name = plan.experiment_id
        own = known.get(name, Basis())
        row, setting = _sized(tables, plan, own, effects.get(name, []), power=power, level=level)
        row |= _registered(plan, on_file[name])
        row |= break_even(plan, money.get(name, {}), costs.get(plan.initiative_id or ""))
        row |= duration(tables.as_of, plan, row, own, flows.get(name) or expected(plan, row, fresh))
        row["accounts"] = active or None
        row["verdict"] = _verdict(row)
        rows.append(row)
        curves += curve(plan, row, setting)
        if row["verdict"] == "cannot be told":
            gaps.append(say.gap(plan, row))
    found = frame(rows, DESIGNS)
    answered = {name for name, arms in effects.items() if any(arm["verdict"] in {"raised", "cut"} for arm in arms)}
    gone = withdrawn(tables, registrations)
    findings = say.findings(plans, rows, on_file, gone, answered=answered, currency=tables.currency)
    looked = peeked(rows, level=level, seed=seed)
    if looked is not None:
        findings = (*findings, say.peeking(*looked))
    return Designs(
        as_of=tables.as_of,
        findings=findings,
        gaps=tuple(gaps),
        tables={
            "designs": found,
            "curves": frame(curves, CURVES),
            "peeking": frame(records(looked[1].frame()) if looked else [], PEEKING),
        },
        **made,
    )


def _registered(plan: Plan, one: Filed) -> dict[str, Any]:
    in_time = None
    if one.first_draw is not None and one.registered is not None:
        in_time = one.registered <= one.first_draw
    return {
        "hash": one.hash,
        "registered": one.registered,
        "first_seen": one.first_seen,
        "first_draw": one.first_draw,
        "in_time": in_time,
        "on_file": one.on_file,
        "departed": bool(one.departed),
        "departure": "; ".join([*one.departed, *one.metrics.values()]),
    }


def _state(tables: Tables, plan: Plan, own: Basis) -> str:
    """planned, running or ended."""
    if plan.ended is not None and plan.ended <= tables.as_of:
        return "ended"
    return "running" if own.total or (plan.started is not None and plan.started <= tables.as_of) else "planned"


def _sized(
    tables: Tables, plan: Plan, own: Basis, effects: list[dict[str, Any]], *, power: float, level: float
) -> tuple[dict[str, Any], Setting | None]:
    """What it takes and what it has; with the setting its curve is drawn from, where there is one."""
    basis = own if own.base is not None else elsewhere(tables, plan) or Basis()
    left = 1 - max((float(e["cuped_gain"]) for e in effects if "CUPED" in str(e["method"])), default=0.0)
    clusters = plan.design == "cluster_randomised" or own.clusters is not None
    row: dict[str, Any] = {
        **{k: getattr(plan, k) for k in ("experiment_id", "initiative_id", "name", "metric", "metric_name", "kind")},
        "design": plan.design,
        "direction": plan.direction,
        "state": _state(tables, plan, own),
        "looks": plan.looks or "once",
        "unit": plan.unit,
        "worthwhile": plan.worthwhile,
        "power_wanted": power,
        "has_control": own.control or None,
        "has_treated": own.treated or None,
        "has_total": own.total or None,
        "has_clusters": own.clusters,
        "lag_days": own.lag_days if own.lag_days is not None else basis.lag_days,
        "reason": "",
    }
    if plan.design == "before_after":
        return row | from_error(plan, effects, power=power, level=level), None
    row |= {"base": basis.base, "spread": basis.spread, "base_from": basis.source}
    if reason := _untold(plan, basis, own, clusters=clusters):
        return row | {"reason": reason}, None
    share = plan.planned_share if plan.planned_share and 0 < plan.planned_share < 1 else None
    arms = max(own.arms, 2)
    setting = Setting(
        kind=plan.kind,
        base=basis.base or 0.0,
        spread=basis.spread,
        effect=plan.better * (plan.worthwhile or 0.0),
        control_share=share or 1 / arms,
        arms=arms,
        remaining=left,
        clusters=clusters,
        cluster_size=own.cluster_size or 1.0,
        size_variation=own.size_variation,
        icc=own.icc or 0.0,
        always=plan.looks == "always",
        power=power,
        level=level,
    )
    row |= {
        "convention": setting.convention,
        "control_share": setting.control_share,
        "arms": arms,
        "cuped_left": left if left < 1 else None,
        "icc": setting.icc if clusters else None,
        "cluster_size": setting.cluster_size if clusters else None,
        "design_effect": setting.design_effect if clusters else None,
    }
    if not setting.possible:
        row["reason"] = f"from {say.level(plan, basis.base, tables.currency)} it cannot change by so much"
        return row, None
    size = needed(setting)
    if size is None:
        return row | {"reason": "it would take more units than there can be"}, None
    groups = [size.clusters_control, *[size.clusters_treated] * (arms - 1)]
    row |= {
        "needed_control": size.control,
        "needed_treated": size.treated,
        "needed_total": size.total,
        "needed_clusters": sum(g for g in groups if g is not None) if clusters else None,
        "looking": size.looking if setting.always else None,
    }
    if own.control and own.treated:
        drawn = own.control + own.treated * (arms - 1)
        real = setting.model_copy(update={"control_share": own.control / drawn})
        row["power"] = chance(real, own.control, planned=tuned(real))
        row["smallest"] = smallest(real, own.control)
    return row, setting


def _untold(plan: Plan, basis: Basis, own: Basis, *, clusters: bool) -> str:
    """Why no size can be told; empty when it can."""
    if plan.design in QUASI:
        return "it has no draw; what it can see depends on its periods and groups and is told with its checks"
    if not plan.worthwhile:
        return "no smallest change worth having is registered"
    if basis.base is None:
        return "neither earlier outcomes nor metric values tell the level it starts from"
    if plan.kind != "binary" and not basis.spread:
        return "no outcome tells how far single units differ"
    if clusters and (own.icc is None or own.cluster_size is None):
        return "no outcome tells how alike units of one cluster are"
    return ""


def _verdict(row: dict[str, Any]) -> str:
    if row.get("needed_total") is None:
        return "cannot be told"
    power = row.get("power")
    if power is not None and power >= row["power_wanted"] - NEAR:
        return "enough"
    if row["state"] == "ended":
        return "too small" if power is not None else "cannot be told"
    return "not yet" if (row.get("weeks_left") or LONGEST_WEEKS + 1) <= LONGEST_WEEKS else "too small"


def _effects(experiments: Result | None) -> dict[str, list[dict[str, Any]]]:
    """Rows of `effects` by experiment."""
    if experiments is None or not experiments.has("effects"):
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    for row in records(experiments.frame("effects")):
        found.setdefault(str(row["experiment_id"]), []).append(row)
    return found
