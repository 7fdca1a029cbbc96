"""The business case of every initiative: what it is claimed to bring and cost, in three blocks, over one horizon."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd

from cxkit.metrics import tenure
from cxkit.metrics.optimism import Haircut
from cxkit.quantify import case_costs, case_haircut, case_model, case_pools, case_tables, case_words, claims
from cxkit.quantify.case_gaps import BENEFITS, INVESTMENTS, gaps
from cxkit.quantify.case_model import DRAWS, gain_draws, redraw
from cxkit.quantify.case_sentences import case_findings
from cxkit.quantify.case_summary import sentence
from cxkit.quantify.case_terms import terms_of
from cxkit.quantify.case_totals import portfolio_findings
from cxkit.quantify.case_values import figures, price
from cxkit.quantify.finance import Timing
from cxkit.records import Missing, Result
from cxkit.tables import sheets
from cxkit.tables.engine import Tables

__all__ = ["BusinessCases", "business_cases", "gain_draws", "redraw"]

TEXTS = {"initiative", "name", "status", "case", "varies", "sentence"}


class BusinessCases(Result):
    """One case per initiative that states a benefit or a cost. Money in the client's currency, valued at `as_of`.

    The headline `npv` stands at the effects, adoption and amounts as stated; `npv_mean` is the mean of the draws and
    differs where a range is lopsided. Each risk counts once: a row's is either its stated confidence, as a factor, or
    its stated range, as draws. With a learned haircut, that is every row's factor and stated confidence is not counted;
    stated ranges stay, since they are about spread and not about bias. The interval does not carry the haircut's own
    uncertainty; the finding ``quantify.cases.haircut`` says what its ends come to. Tables:

    - `cases`: initiative, name, status, case (``assessed``, ``no benefit stated``, ``no cost stated``, ``no margin``,
      ``no survival``), pv_benefit, pv_cost, tax_pv, npv (after tax), npv_mean, npv_p10, npv_p50, npv_p90, p_positive,
      roi, romi, irr, payback_months, discounted_payback_months, go_forward_npv, cancellable_cost, committed_cost,
      sunk_cost, exit_cost, revenue_pv, cost_pv, risk_pv, capacity_pv, avoided_growth_pv, yearly_benefit,
      next_year_benefit, in_year_benefit, in_year_cost (the fiscal year next month lies in), run_rate_benefit,
      run_rate_cost (a year, at full ramp and today's prices), one_off_benefit (rows that last a year or less),
      one_off_cost (whole), one_off_cost_ahead, beyond_observed_pv (part of pv_benefit at ages no customer was seen
      at), observed_months (the oldest age seen, for survival rows), lost_to_sharing, varies, rank, sentence. Benefits
      are cashable ones, but for capacity_pv and avoided_growth_pv. Present values but npv and go_forward_npv are
      before tax. The four costs are undiscounted money: cancellable and committed still to be paid within the
      horizon, sunk already paid, exit what stopping would cost. Payback is empty where there is none within the
      horizon.
    - `flows`: initiative, index (0 is the month of `as_of`), month, block (revenue, cost, risk, investment), kind
      (cashable, capacity, avoided_growth; sunk, committed, cancellable), amount (expected, before tax, costs
      negative), worth (present value after tax, on the result's terms).
    - `rows`: every benefit row with its initiative's name, what it counts as, and its factors (risk says which one
      is counted; confidence is the factor used), yearly (at full effect), pv, beyond_observed_pv, lost_to_sharing,
      assumed, formula, source, pnl_line.
    - `steps`: initiative, name, order, step, npv (after each step, cost and tax being the last two), change. The step
      ``confidence`` is called ``learned haircut`` where that stands in its place.
    - `pools`: pool, initiative, claimed_pv, kept_pv, lost_pv. `overlaps`: driver, base_unit, initiative, kind, rows,
      claimed_pv, at_stake_pv: likely the same gain, not shared yet.
    - `inputs`, `products`: what the draws are made of; `redraw(result)` gives them again, on a common index.
    - `tornado`, `tornado_all`: initiative, name, input, label, low, high, low_value, high_value, base_value, swing;
      for each case and for all of them together. `sobol`: initiative, name, input, label, members, first, total and
      their intervals, where at least two inputs vary.
    - `survival`: month (age), at_risk, events, survival, low, high: the curve that survival rows were valued with.
    """

    stage: ClassVar[str] = "quantify"
    name: ClassVar[str] = "cases"

    currency: str = ""
    discount_rate: float = 0.0
    horizon_months: int = 36
    default_margin: float | None = None
    discount_timing: Timing = "end"
    tax_rate: float = 0.0
    inflation: float = 0.0
    effect_scale: float = 1.0
    adoption_scale: float = 1.0
    ramp_added: int = 0
    seed: int = 0
    draws: int = DRAWS
    haircut: Haircut | None = None


def business_cases(
    tables: Tables,
    *,
    discount_rate: float,
    horizon_months: int,
    default_margin: float | None,
    seed: int = 0,
    discount_timing: Timing = "end",
    tax_rate: float = 0.0,
    inflation: float = 0.0,
    effect_scale: float = 1.0,
    adoption_scale: float = 1.0,
    ramp_added: int = 0,
    fiscal_year_start: int = 1,
    detail: bool = True,
    haircut: Haircut | None = None,
) -> BusinessCases:
    """The business cases from `benefits` and `investments`; what cannot be assessed is a gap, never a guess.

    `discount_rate` is yearly and nominal (0.08), `horizon_months` counts from the last complete month.
    `default_margin` is used for revenue rows without their own contribution margin; without it such an initiative is
    not assessed. `tax_rate` is taken on margin less cost, losses relieved at once; `inflation` moves benefits and
    running costs from today's prices, single payments are as contracted. `effect_scale`, `adoption_scale` and
    `ramp_added` are what-ifs over every row. Each risk is counted once: the stated range is drawn, or else stated
    confidence is a factor; a `haircut` learned from past forecasts (`cxkit.metrics.optimism`) replaces stated
    confidence and is taken off every row, ranged or not. Inputs are seeded by their own name, so that a row added
    elsewhere changes nothing.
    Survival rows read `revenue` or `accounts` for how long a customer stays. Without `detail` the Sobol indices are
    left out. Raises `ParameterError` for terms under which nothing has a value.
    """
    terms = terms_of(
        tables.as_of,
        months=horizon_months,
        rate=discount_rate,
        timing=discount_timing,
        tax=tax_rate,
        inflation=inflation,
    )
    lacks = {m.name for m in tables.lacking({"benefits": BENEFITS, "investments": INVESTMENTS})}
    claimed = [] if "benefits" in lacks else sheets.rows(tables, "benefits")
    costs = [] if "investments" in lacks else case_costs.costs(tables, terms.horizon)
    plan = case_costs.names(tables)
    survives = any(row["valuation"] == "survival" for row in claimed)
    curve = tenure.customer_survival(tables) if survives else None
    given, unusable = claims.benefits(
        claimed,
        terms.horizon,
        default_margin=default_margin,
        survival=curve["survival"].tolist() if isinstance(curve, pd.DataFrame) else (),
        began=case_costs.starts(plan, costs, terms.horizon),
        effect_scale=effect_scale,
        adoption_scale=adoption_scale,
        ramp_added=ramp_added,
    )
    known = plan.set_index("initiative_id")
    stopped = frozenset(map(str, known.index[known["status"] == "stopped"]))
    stated, given = given, case_haircut.cut(given, haircut)
    priced = [price(b, terms) for b in case_pools.share_pools(given, stopped=stopped)]
    fiscal = terms.horizon.fiscal_year(fiscal_year_start)
    cases, flows, steps = [], [], []
    models: dict[str, case_model.Model] = {}
    for initiative in sorted({p.benefit.initiative for p in priced} | {c.initiative for c in costs}):
        mine = [p for p in priced if p.benefit.initiative == initiative]
        spent = [c for c in costs if c.initiative == initiative]
        name = str(known["initiative"].get(initiative, initiative))
        row = figures(mine, spent, terms, fiscal)
        cases.append({"initiative": initiative, "name": name, "status": known["status"].get(initiative), **row})
        flows += case_tables.flows(initiative, mine, spent, terms)
        if row["case"] == "assessed":
            steps += case_tables.steps(initiative, name, mine, row["pv_cost"], terms)
            models[initiative] = case_model.model_of(mine, spent, terms)
    drawn = case_model.drawn(models, draws=DRAWS, seed=seed)
    about = case_words.subjects(given, costs)
    cases = [c | case_model.spread(drawn.get(c["initiative"]), models.get(c["initiative"]), about) for c in cases]
    frame = _ranked(pd.DataFrame(cases))
    named = {str(c["initiative"]): str(c["name"]) for c in cases}
    live = {i: m for i, m in models.items() if i not in stopped}
    made = {
        "cases": frame,
        "flows": pd.DataFrame(flows),
        "steps": pd.DataFrame(steps),
        "pools": case_pools.pools(priced),
        "overlaps": case_pools.overlaps(priced, stopped=stopped),
        "rows": pd.DataFrame([case_tables.row(p, named.get(p.benefit.initiative, ""), terms) for p in priced]),
        "tornado": case_model.tornado(models, named, about),
        "tornado_all": case_model.tornado({"": case_model.together(live.values())}, {"": "All cases"}, about),
        "sobol": case_model.sobol(models, named, about, seed=seed) if detail else pd.DataFrame(),
        "survival": curve if isinstance(curve, pd.DataFrame) else pd.DataFrame(),
        **case_model.specification(models, about),
    }
    stays = tenure.source(tables) if isinstance(curve, pd.DataFrame) else ""
    top, money = made["tornado"], tables.currency
    if len(frame):
        basis = {b.benefit: b.source for b in given}
        frame["sentence"] = [sentence(c, priced, top, about, basis, terms=terms, currency=money) for c in cases]
    doubt = case_haircut.words(haircut)
    findings = [
        *case_findings(frame, currency=money, terms=terms, stays=stays, doubt=doubt),
        *portfolio_findings(
            frame, made, drawn, about=about, currency=money, terms=terms, fiscal=fiscal, stays=stays, doubt=doubt
        ),
        *case_haircut.finding(frame, stated, costs, haircut, terms=terms, stopped=stopped, currency=money),
    ]
    return BusinessCases(
        as_of=tables.as_of,
        currency=tables.currency,
        discount_rate=discount_rate,
        horizon_months=horizon_months,
        default_margin=default_margin,
        discount_timing=discount_timing,
        tax_rate=tax_rate,
        inflation=inflation,
        effect_scale=effect_scale,
        adoption_scale=adoption_scale,
        ramp_added=ramp_added,
        seed=seed,
        haircut=haircut,
        findings=tuple(findings),
        gaps=tuple(gaps(tables, plan, frame, given, unusable, no_curve=curve if isinstance(curve, Missing) else None)),
        tables={name: table for name, table in made.items() if len(table)},
    )


def _ranked(frame: pd.DataFrame) -> pd.DataFrame:
    """Cases with their rank by ROMI (1 is best; ties by initiative; none without a ROMI)."""
    if frame.empty:
        return frame
    numbers = [c for c in frame.columns if c not in TEXTS]
    frame[numbers] = frame[numbers].astype("float64")
    assessed = frame["romi"].where((frame["case"] == "assessed") & (frame["status"] != "stopped"))
    frame["rank"] = assessed.rank(ascending=False, method="first")
    return frame
