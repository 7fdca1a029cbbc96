"""What rows are worth: the profile of a benefit over the months, and the figures of one initiative."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cxkit.quantify import finance
from cxkit.quantify.case_costs import Cost
from cxkit.quantify.case_terms import Terms
from cxkit.quantify.claims import CASHABLE, Benefit

BLOCKS = ("revenue", "cost", "risk")
ONE_OFF_MONTHS = 12
"""A benefit that lasts no longer than this is one-off; its yearly figure is no run-rate."""


@dataclass(frozen=True, eq=False)
class Priced:
    """A benefit row over the months: `share` of its yearly figure that flows in each month of `index`."""

    benefit: Benefit
    index: np.ndarray
    share: np.ndarray
    weight: float
    """Present value of one unit of money a year."""
    ahead: float
    """The part of it that lies in future months."""
    beyond: float
    """The part of it that lies beyond the ages at which customers were observed (survival rows)."""

    @property
    def pv(self) -> float:
        """Present value before tax."""
        return self.benefit.yearly * self.weight

    @property
    def cash(self) -> bool:
        """Whether it enters the headline."""
        return self.benefit.kind == CASHABLE

    def between(self, first: int, last: int) -> float:
        """Expected money that flows from one month to another, undiscounted."""
        inside = (self.index >= first) & (self.index <= last)
        return self.benefit.yearly * math.fsum(self.share[inside])


def price(benefit: Benefit, terms: Terms) -> Priced:
    """A row's profile and what one unit of it a year is worth today."""
    index, share = profile(benefit, terms)
    worth = share * terms.worth(index)
    beyond = 0.0
    if benefit.valuation == "survival" and benefit.observed >= 0:
        beyond = math.fsum(worth) - math.fsum(profile(benefit, terms, observed=True)[1] * terms.worth(index))
    return Priced(benefit, index, share, math.fsum(worth), math.fsum(worth[index > 0]), max(beyond, 0.0))


def profile(benefit: Benefit, terms: Terms, *, observed: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Months (indices) in which a benefit flows, and the share of its yearly figure in each.

    With a ramp of R months the k-th month has k ÷ (R + 1) of the effect, so that it is full after R months; the base
    moves by base_growth and prices by inflation, both from today on. A survival row keeps customers month by month,
    as long as it lasts; each pays from then on while it stays, to the horizon's end (only at ages that were observed,
    where asked).
    """
    end = terms.horizon.months
    final = end if benefit.months is None else min(end, benefit.start + benefit.months - 1)
    index = np.arange(benefit.start, final + 1)
    ramped = np.minimum((index - benefit.start + 1) / (benefit.ramp + 1), 1.0)
    ramped = ramped * (1 + benefit.base_growth) ** (np.maximum(index, 0) / 12.0) / 12
    if benefit.valuation == "survival" and benefit.stay and len(index):
        index = np.arange(benefit.start, end + 1)
        stay = np.array(benefit.stay)
        if observed:
            stay = np.where(np.arange(len(stay)) <= benefit.observed, stay, 0.0)
        ramped = np.convolve(ramped, stay)[: len(index)] / benefit.life
    return index, ramped * terms.prices(index)


@dataclass(frozen=True, eq=False)
class Payments:
    """Every single payment of some costs, as expected."""

    index: np.ndarray
    amount: np.ndarray
    status: np.ndarray

    def sum(self, chosen: np.ndarray) -> float:
        """Undiscounted money of the chosen payments."""
        return math.fsum(self.amount[chosen])


def payments(costs: Sequence[Cost], terms: Terms) -> Payments:
    """Months, amounts and statuses of every payment."""
    if not costs:
        return Payments(np.empty(0, dtype=int), np.empty(0), np.empty(0, dtype=object))
    return Payments(
        np.concatenate([c.index for c in costs]),
        np.concatenate([c.flow(terms) for c in costs]),
        np.concatenate([np.full(len(c.index), c.status, dtype=object) for c in costs]),
    )


def net(cash: Sequence[Priced], paid: Payments, tax: float) -> tuple[np.ndarray, np.ndarray]:
    """Months and net flows after tax: cashable benefits as expected, less costs."""
    months = np.concatenate([paid.index, *(p.index for p in cash)])
    flows = np.concatenate([-paid.amount, *(p.benefit.yearly * p.share for p in cash)])
    return months.astype(int), (1 - tax) * flows


def case_of(benefits: Sequence[Priced], costs: Sequence[Cost]) -> str:
    """Whether a case can be assessed, and if not, what it lacks first."""
    if any(p.benefit.margin is None for p in benefits):
        return "no margin"
    if not all(p.benefit.known for p in benefits):
        return "no survival"
    if not benefits:
        return "no benefit stated"
    return "assessed" if costs else "no cost stated"


def figures(benefits: Sequence[Priced], costs: Sequence[Cost], terms: Terms, fiscal: tuple[int, int]) -> dict[str, Any]:
    """One initiative's figures at its stated, expected effects."""
    case = case_of(benefits, costs)
    priced, assessed = case not in {"no margin", "no survival"}, case == "assessed"
    valued = case in {"assessed", "no benefit stated"}
    keep = 1 - terms.tax
    paid = payments(costs, terms)
    ahead = paid.index > 0
    pv_cost = math.fsum(paid.amount * terms.worth(paid.index))
    cash = [p for p in benefits if p.cash]
    pv_benefit = math.fsum(p.pv for p in cash)
    before_tax = pv_benefit - pv_cost
    months, flow = net(cash, paid, terms.tax)
    exit_cost = math.fsum(c.exit_cost for c in costs if c.status != "sunk" and (c.index > 0).any())
    cancellable = ahead & (paid.status == "cancellable")
    saved = math.fsum((paid.amount * terms.worth(paid.index))[cancellable])
    go_forward = keep * (math.fsum(p.benefit.yearly * p.ahead for p in cash) - saved + exit_cost)
    year = (paid.index >= fiscal[0]) & (paid.index <= fiscal[1])
    lasting = [p for p in cash if p.benefit.months is None or p.benefit.months > ONE_OFF_MONTHS]
    running = [c for c in costs if c.kind == "run_rate" and (c.index > 0).any()]
    once = [c for c in costs if c.kind != "run_rate" and len(c.index)]
    claims: dict[str, float] = {
        "pv_benefit": pv_benefit,
        **{f"{k}_pv": math.fsum(p.pv for p in cash if p.benefit.block == k) for k in BLOCKS},
        "yearly_benefit": math.fsum(p.benefit.yearly for p in cash),
        "next_year_benefit": math.fsum(p.between(1, 12) for p in cash),
        "in_year_benefit": math.fsum(p.between(*fiscal) for p in cash),
        "run_rate_benefit": math.fsum(p.benefit.yearly for p in lasting),
        "one_off_benefit": math.fsum(p.between(int(p.index[0]), int(p.index[-1])) for p in _rest(cash, lasting)),
        "beyond_observed_pv": math.fsum(p.benefit.yearly * p.beyond for p in cash),
    }
    return {
        "case": case,
        **(claims if priced else dict.fromkeys(claims)),
        "pv_cost": pv_cost,
        "tax_pv": terms.tax * before_tax if valued else None,
        "npv": keep * before_tax if valued else None,
        "roi": finance.roi(pv_benefit, pv_cost) if valued else None,
        "romi": finance.roi(pv_benefit, pv_cost) if valued else None,
        "irr": finance.internal_rate(months, flow) if assessed else None,
        "payback_months": _months(finance.payback_months(months, flow)) if assessed else None,
        "discounted_payback_months": (
            _months(finance.payback_months(months, flow * terms.worth(months))) if assessed else None
        ),
        "go_forward_npv": go_forward if valued else None,
        "observed_months": max((p.benefit.observed for p in cash if p.benefit.stay), default=None),
        "cancellable_cost": paid.sum(cancellable),
        "committed_cost": paid.sum(ahead & (paid.status == "committed")),
        "sunk_cost": paid.sum(~ahead | (paid.status == "sunk")),
        "exit_cost": exit_cost,
        "in_year_cost": paid.sum(year),
        "run_rate_cost": math.fsum(12 * c.amount for c in running),
        "one_off_cost": math.fsum(c.amount for c in once),
        "one_off_cost_ahead": math.fsum(c.amount for c in once if (c.index > 0).any()),
        "capacity_pv": math.fsum(p.pv for p in benefits if p.benefit.kind == "capacity"),
        "avoided_growth_pv": math.fsum(p.pv for p in benefits if p.benefit.kind == "avoided_growth"),
        "lost_to_sharing": math.fsum(p.pv * (1 / p.benefit.share - 1) for p in cash),
    }


def _rest(cash: Sequence[Priced], lasting: Sequence[Priced]) -> list[Priced]:
    return [p for p in cash if p not in lasting and len(p.index)]


def _months(value: float) -> float | None:
    return value if math.isfinite(value) else None
