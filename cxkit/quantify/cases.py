"""The business case of every initiative: what it is claimed to bring and cost, in three blocks, over one horizon."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar
from zlib import crc32

import numpy as np
import pandas as pd

from cxkit import errors
from cxkit.quantify import case_tables, claims, finance
from cxkit.quantify.case_sentences import case_findings, portfolio_findings
from cxkit.quantify.claims import CASHABLE, Benefit, Cost, Horizon
from cxkit.records import Gap, Missing, Result
from cxkit.tables.engine import Tables

DRAWS = 20_000
BENEFITS = ("initiative_id", "block", "kind", "base", "effect", "unit_value")
INVESTMENTS = ("initiative_id", "month", "amount", "kind", "status")
BLOCKS = ("revenue", "cost", "risk")


class BusinessCases(Result):
    """One case per initiative that states a benefit or a cost. Money in the client's currency, valued at `as_of`.

    Tables:

    - `cases`: initiative, name, status, case (``assessed``, ``no benefit stated``, ``no cost stated``, ``no margin``),
      pv_benefit, pv_cost, npv, npv_mean, npv_p10, npv_p50, npv_p90, p_positive, roi, romi, irr, payback_months,
      discounted_payback_months, go_forward_npv, cancellable_cost, committed_cost, sunk_cost, exit_cost, revenue_pv,
      cost_pv, risk_pv, capacity_pv, avoided_growth_pv, yearly_benefit, next_year_benefit, lost_to_sharing, varies,
      rank. Benefits are cashable ones, but for capacity_pv and avoided_growth_pv. The four costs are undiscounted
      money: cancellable and committed still to be paid within the horizon, sunk already paid, exit what stopping
      would cost. Payback is empty where there is none within the horizon.
    - `flows`: initiative, index (0 is the month of `as_of`), month, block (revenue, cost, risk, investment), kind
      (cashable, capacity, avoided_growth; sunk, committed, cancellable), amount (costs negative), expected values.
    - `rows`: every benefit row with its factors, yearly (at full effect), pv, lost_to_sharing, assumed, formula,
      source, pnl_line.
    - `steps`: initiative, order, step, npv: the NPV after each factor is applied.
    - `pools`: pool, initiative, claimed_pv, kept_pv, lost_pv.
    """

    stage: ClassVar[str] = "quantify"
    name: ClassVar[str] = "cases"

    currency: str = ""
    discount_rate: float = 0.0
    horizon_months: int = 36
    default_margin: float | None = None
    seed: int = 0
    draws: int = DRAWS


def business_cases(
    tables: Tables,
    *,
    discount_rate: float,
    horizon_months: int,
    default_margin: float | None,
    seed: int = 0,
) -> BusinessCases:
    """The business cases from `benefits` and `investments`; what cannot be assessed is a gap, never a guess.

    `discount_rate` is yearly (0.08), `horizon_months` counts from the last complete month. `default_margin` is used for
    revenue rows without their own contribution margin; without it such an initiative is not assessed. Each risk is
    counted once: stated confidence is a factor; the draws vary the effect alone, from PERT distributions between
    effect_low and effect_high, independently by row, and are seeded by row, so that a row added elsewhere changes
    nothing.
    """
    if horizon_months < 1:
        raise errors.ParameterError(f"horizon_months is {horizon_months}; a case needs at least one month.")
    horizon = claims.horizon_of(tables.as_of, horizon_months)
    given: list[Benefit] = []
    unusable: list[str] = []
    if not isinstance(tables.require("benefits", *BENEFITS), Missing):
        given, unusable = claims.benefits(tables, horizon, default_margin)
    costs = [] if isinstance(tables.require("investments", *INVESTMENTS), Missing) else claims.costs(tables, horizon)
    known = claims.names(tables).set_index("initiative_id")
    stopped = frozenset(map(str, known.index[known["status"] == "stopped"]))
    shared = claims.share_pools(given, stopped=stopped)
    ids = sorted({b.initiative for b in shared} | {c.initiative for c in costs})
    cases, flows, steps = [], [], []
    drawn: dict[str, np.ndarray] = {}
    for initiative in ids:
        mine = [b for b in shared if b.initiative == initiative]
        paid = [c for c in costs if c.initiative == initiative]
        name = str(known["initiative"].get(initiative, initiative))
        status = known["status"].get(initiative)
        row, drawn[initiative] = _case(mine, paid, horizon, discount_rate, seed)
        pv_cost = finance.present_value(*_paid(paid)[:2], discount_rate)
        cases.append({"initiative": initiative, "name": name, "status": status, **row})
        flows += case_tables.flows(initiative, mine, paid, horizon)
        if row["case"] == "assessed":
            steps += case_tables.steps(initiative, mine, pv_cost, horizon, discount_rate)
    frame = _ranked(pd.DataFrame(cases))
    pools = case_tables.pools(shared, horizon, discount_rate)
    gaps = _gaps(tables, frame, shared, unusable)
    made = {"cases": frame, "flows": pd.DataFrame(flows), "steps": pd.DataFrame(steps), "pools": pools}
    made["rows"] = pd.DataFrame([case_tables.row(b, horizon, discount_rate) for b in shared])
    findings = [
        *case_findings(frame, currency=tables.currency, horizon=horizon_months, rate=discount_rate),
        *portfolio_findings(frame, pools, drawn, currency=tables.currency, horizon=horizon_months),
    ]
    return BusinessCases(
        as_of=tables.as_of,
        currency=tables.currency,
        discount_rate=discount_rate,
        horizon_months=horizon_months,
        default_margin=default_margin,
        seed=seed,
        findings=tuple(findings),
        gaps=tuple(gaps),
        tables={name: table for name, table in made.items() if len(table)},
    )


def _case(
    benefits: Sequence[Benefit], costs: Sequence[Cost], horizon: Horizon, rate: float, seed: int
) -> tuple[dict[str, object], np.ndarray]:
    """One initiative's figures, and the draws of its NPV (empty where nothing varies)."""
    index, amounts, status = _paid(costs)
    pv_cost = finance.present_value(index, amounts, rate)
    ahead = index > 0
    weights = {b.benefit: claims.weight(b, horizon, rate) for b in benefits}
    pv = {k: math.fsum(b.yearly * weights[b.benefit] for b in benefits if b.kind == k) for k in _kinds(benefits)}
    cash = [b for b in benefits if b.kind == CASHABLE]
    pv_benefit = pv.get(CASHABLE, 0.0)
    case = "assessed"
    if any(b.margin is None for b in benefits):
        case = "no margin"
    elif not benefits:
        case = "no benefit stated"
    elif not costs:
        case = "no cost stated"
    valued = case in {"assessed", "no benefit stated"}
    varying = [b for b in cash if b.varies]
    drawn = np.empty(0)
    if case == "assessed" and varying:
        fixed = math.fsum(b.yearly * weights[b.benefit] for b in cash if not b.varies) - pv_cost
        drawn = np.full(DRAWS, fixed)
        for b in varying:
            drawn += b.per_effect * weights[b.benefit] * _draw(b, seed)
    p10, p50, p90 = np.quantile(drawn, [0.1, 0.5, 0.9]).tolist() if len(drawn) else (None, None, None)
    months, flow = _net(cash, costs, horizon)
    back = finance.payback_months(months, flow) if case == "assessed" else math.inf
    discounted = finance.payback_months(months, flow, rate=rate) if case == "assessed" else math.inf
    exit_cost = math.fsum(c.exit_cost for c in costs if c.status != "sunk" and (c.index > 0).any())
    cancellable = ahead & (status == "cancellable")
    future = math.fsum(b.yearly * claims.weight(b, horizon, rate, future=True) for b in cash)
    go_forward = future - finance.present_value(index[cancellable], amounts[cancellable], rate) + exit_cost
    whole = math.fsum(b.yearly / b.share * weights[b.benefit] for b in cash)
    by_block = {f"{k}_pv": math.fsum(b.yearly * weights[b.benefit] for b in cash if b.block == k) for k in BLOCKS}
    return {
        "case": case,
        "pv_benefit": None if case == "no margin" else pv_benefit,
        "pv_cost": pv_cost,
        "npv": pv_benefit - pv_cost if valued else None,
        "npv_mean": float(drawn.mean()) if len(drawn) else None,
        "npv_p10": p10,
        "npv_p50": p50,
        "npv_p90": p90,
        "p_positive": float((drawn > 0).mean()) if len(drawn) else None,
        "roi": finance.roi(pv_benefit, pv_cost) if valued else None,
        "romi": finance.roi(pv_benefit, pv_cost) if valued else None,
        "irr": finance.internal_rate(months, flow) if case == "assessed" else None,
        "payback_months": back if math.isfinite(back) else None,
        "discounted_payback_months": discounted if math.isfinite(discounted) else None,
        "go_forward_npv": go_forward if valued else None,
        "cancellable_cost": math.fsum(amounts[cancellable]),
        "committed_cost": math.fsum(amounts[ahead & (status == "committed")]),
        "sunk_cost": math.fsum(amounts[~ahead | (status == "sunk")]),
        "exit_cost": exit_cost,
        **(dict.fromkeys(by_block) if case == "no margin" else by_block),
        "capacity_pv": pv.get("capacity", 0.0),
        "avoided_growth_pv": pv.get("avoided_growth", 0.0),
        "yearly_benefit": None if case == "no margin" else math.fsum(b.yearly for b in cash),
        "next_year_benefit": None if case == "no margin" else math.fsum(_next_year(b, horizon) for b in cash),
        "lost_to_sharing": whole - pv_benefit,
        "varies": ", ".join(f"effect of {b.benefit}" for b in varying),
    }, drawn


def _kinds(benefits: Sequence[Benefit]) -> list[str]:
    return sorted({b.kind for b in benefits})


def _next_year(benefit: Benefit, horizon: Horizon) -> float:
    index, share = benefit.ramped(horizon)
    return math.fsum(benefit.yearly / 12 * share[(index > 0) & (index <= 12)])


def _draw(benefit: Benefit, seed: int) -> np.ndarray:
    """Effects of one row, seeded by the row itself."""
    generator = np.random.default_rng([seed, crc32(benefit.benefit.encode())])
    low = benefit.effect if benefit.effect_low is None else min(benefit.effect_low, benefit.effect)
    high = benefit.effect if benefit.effect_high is None else max(benefit.effect_high, benefit.effect)
    return finance.pert(low, benefit.effect, high, DRAWS, generator)


def _paid(costs: Sequence[Cost]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Months, amounts and statuses of every single payment."""
    if not costs:
        return np.empty(0, dtype=int), np.empty(0), np.empty(0, dtype=object)
    index = np.concatenate([c.index for c in costs])
    amounts = np.concatenate([np.full(len(c.index), c.amount) for c in costs])
    return index, amounts, np.concatenate([np.full(len(c.index), c.status, dtype=object) for c in costs])


def _net(benefits: Sequence[Benefit], costs: Sequence[Cost], horizon: Horizon) -> tuple[np.ndarray, np.ndarray]:
    """Months and net flows: benefits at their expected effect less costs."""
    months, flows = [c.index for c in costs], [np.full(len(c.index), -c.amount) for c in costs]
    for benefit in benefits:
        index, share = benefit.ramped(horizon)
        months.append(index)
        flows.append(benefit.yearly / 12 * share)
    return (np.concatenate(months), np.concatenate(flows)) if months else (np.empty(0, dtype=int), np.empty(0))


def _ranked(frame: pd.DataFrame) -> pd.DataFrame:
    """Cases with their rank by ROMI (1 is best; ties by initiative; none without a ROMI)."""
    if frame.empty:
        return frame
    numbers = [c for c in frame.columns if c not in {"initiative", "name", "status", "case", "varies"}]
    frame[numbers] = frame[numbers].astype("float64")
    assessed = frame["romi"].where((frame["case"] == "assessed") & (frame["status"] != "stopped"))
    frame["rank"] = assessed.rank(ascending=False, method="first")
    return frame


def _gaps(tables: Tables, frame: pd.DataFrame, benefits: Sequence[Benefit], unusable: Sequence[str]) -> list[Gap]:
    lacks = {m.name: m for m in tables.lacking({"benefits": BENEFITS, "investments": INVESTMENTS})}
    what = "Business case"
    if lacks:
        reason = f"A business case needs {' and '.join(map(str, lacks.values()))}."
        return [Gap(id="quantify.case.npv", what=what, reason=reason, needs=tuple(lacks.values()))]
    gaps = []
    for row in [] if frame.empty else frame.to_dict("records"):
        who, name = str(row["initiative"]), row["name"]
        if row["case"] == "no cost stated":
            needs = Missing(name="investments", columns=INVESTMENTS, why=f"no cost of {who}")
            reason = f"{name} states benefits and no cost; a case without its cost is half a case."
            gaps.append(Gap(id="quantify.case.npv", what=what, reason=reason, needs=(needs,), initiative=who))
        if row["case"] == "no margin":
            rows = ", ".join(b.benefit for b in benefits if b.initiative == who and b.margin is None)
            needs = Missing(name="benefits", columns=("margin",), why=f"no contribution margin for {rows}")
            reason = f"{name} counts revenue without a contribution margin ({rows}); revenue is not value."
            gaps.append(Gap(id="quantify.case.margin", what=what, reason=reason, needs=(needs,), initiative=who))
    if unusable:
        reason = f"Benefit rows without base, effect or value claim nothing: {', '.join(unusable)}."
        needs = Missing(name="benefits", columns=BENEFITS, why="left empty")
        gaps.append(Gap(id="quantify.case.npv", what=what, reason=reason, needs=(needs,), subject="rows"))
    known = claims.names(tables)
    live = known[~known["status"].isin(["stopped", "done"])]
    bare = sorted(set(live["initiative_id"]) - set([] if frame.empty else frame["initiative"]))
    for who in bare:
        both = (Missing(name="benefits", columns=BENEFITS), Missing(name="investments", columns=INVESTMENTS))
        reason = "It states neither a benefit nor a cost."
        gaps.append(Gap(id="quantify.case.npv", what=what, reason=reason, needs=both, initiative=str(who)))
    return gaps
