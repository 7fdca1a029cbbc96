"""Benefits and costs of initiatives as authored, priced row by row: what is claimed, when, and who else claims it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from cxkit.metrics.windows import add_months, last_complete_month, months_between
from cxkit.quantify import finance
from cxkit.records import Missing
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables

CASHABLE = "cashable"
STEPS = ("base × effect × value", "contribution margin", "adoption", "deadweight", "confidence", "shared claims")


@dataclass(frozen=True)
class Horizon:
    """The months a case looks at: the report's month is index 0, the last is `months`."""

    origin: date
    months: int

    def index(self, month: date) -> int:
        """Index of a month; the past is negative."""
        return months_between(self.origin, month)

    def month(self, index: int) -> date:
        """The month of an index."""
        return add_months(self.origin, index)


@dataclass(frozen=True)
class Benefit:
    """One benefit row with every factor settled; `assumed` says which were not stated."""

    benefit: str
    initiative: str
    block: str
    driver: str
    kind: str
    base: float
    base_unit: str
    effect: float
    effect_low: float | None
    effect_high: float | None
    unit_value: float
    margin: float | None
    adoption: float
    deadweight: float
    confidence: float
    start: int
    ramp: int
    months: int | None
    pool: str
    source: str
    formula: str
    pnl_line: str
    assumed: tuple[str, ...]
    share: float = 1.0
    """What is left of the claim once others who claim from the same pool have their part."""

    @property
    def factors(self) -> tuple[float, ...]:
        """What each of `STEPS` multiplies a unit of effect by, in order."""
        parts = (self.margin or 0.0, self.adoption, 1 - self.deadweight, self.confidence, self.share)
        return (self.base * self.unit_value, *parts)

    @property
    def per_effect(self) -> float:
        """Money a year per unit of effect, at full ramp."""
        return float(np.prod(self.factors))

    @property
    def yearly(self) -> float:
        """Money a year at full ramp, as expected."""
        return self.per_effect * self.effect

    @property
    def varies(self) -> bool:
        """Whether a range of effect is stated."""
        return self.effect_low is not None or self.effect_high is not None

    def ramped(self, horizon: Horizon) -> tuple[np.ndarray, np.ndarray]:
        """Months (indices) in which it flows, and the share of the full effect in each.

        With a ramp of R months the k-th month has k ÷ (R + 1) of the effect, so that it is full after R months.
        """
        end = horizon.months if self.months is None else min(horizon.months, self.start + self.months - 1)
        index = np.arange(self.start, end + 1)
        return index, np.minimum((index - self.start + 1) / (self.ramp + 1), 1.0)


@dataclass(frozen=True)
class Cost:
    """One investment row; amounts are positive and fall in each of `index`."""

    investment: str
    initiative: str
    index: np.ndarray
    amount: float
    kind: str
    status: str
    exit_cost: float


def weight(benefit: Benefit, horizon: Horizon, rate: float, *, future: bool = False) -> float:
    """Present value of one unit of money a year, ramped; of future months alone where asked."""
    index, share = benefit.ramped(horizon)
    worth = share / 12 * finance.discount_factors(index, rate)
    return math.fsum(worth[index > 0] if future else worth)


def horizon_of(as_of: date, months: int) -> Horizon:
    """The horizon that ends so many months after the last complete month."""
    return Horizon(origin=last_complete_month(as_of), months=months)


def names(tables: Tables) -> pd.DataFrame:
    """Initiatives by id: initiative_id, initiative (name), status, started; empty without the sheet."""
    if isinstance(tables["initiatives"], Missing):
        return pd.DataFrame(columns=["initiative_id", "initiative", "status", "started"])
    return tables.frame(
        "SELECT initiative_id, any_value(coalesce(initiative, initiative_id)) AS initiative, max(status) AS status, "
        "min(started) AS started FROM initiatives GROUP BY 1 ORDER BY 1"
    )


def benefits(tables: Tables, horizon: Horizon, default_margin: float | None) -> tuple[list[Benefit], list[str]]:
    """Benefit rows by id, and the ids of rows that lack a base, an effect or a value and so claim nothing.

    Not stated: adoption is taken as 1, deadweight as 0, confidence as 1 (no risk taken off), margin as 1 for cost and
    risk and `default_margin` for revenue, the start as the initiative's first cost, else its start, else the next
    month.
    """
    rows = _rows(tables, "benefits", "benefit_id")
    starts = _starts(tables, horizon)
    made, unusable = [], []
    for row in rows:
        if any(row[c] is None for c in ("initiative_id", "block", "kind", "base", "effect", "unit_value")):
            unusable.append(str(row["benefit_id"]))
            continue
        made.append(_benefit(row, horizon, default_margin, starts))
    return made, unusable


def _benefit(
    row: Mapping[str, Any], horizon: Horizon, default_margin: float | None, starts: Mapping[str, int]
) -> Benefit:
    assumed: list[str] = []

    def stated(column: str, otherwise: float, says: str) -> float:
        if row[column] is None:
            assumed.append(says)
            return otherwise
        return float(row[column])

    margin = row["margin"]
    if margin is None and row["block"] == "revenue" and default_margin is not None:
        margin = default_margin
        assumed.append(f"margin {default_margin:.0%} (the client's)")
    elif margin is None and row["block"] != "revenue":
        margin = 1.0
    initiative = str(row["initiative_id"])
    if row["start"] is None:
        assumed.append("start with the initiative's first cost")
        start = starts.get(initiative, 1)
    else:
        start = horizon.index(row["start"])
    effect = float(row["effect"])
    ends = {c: None if row[c] is None else float(row[c]) for c in ("effect_low", "effect_high")}
    return Benefit(
        benefit=str(row["benefit_id"]),
        initiative=initiative,
        block=row["block"],
        driver=row["driver"] or "",
        kind=row["kind"],
        base=float(row["base"]),
        base_unit=row["base_unit"] or "",
        effect=effect,
        effect_low=ends["effect_low"],
        effect_high=ends["effect_high"],
        unit_value=float(row["unit_value"]),
        margin=None if margin is None else float(margin),
        adoption=stated("adoption", 1.0, "full adoption"),
        deadweight=stated("deadweight", 0.0, "no deadweight"),
        confidence=stated("confidence", 1.0, "no risk taken off"),
        start=start,
        ramp=int(row["ramp_months"] or 0),
        months=None if row["months"] is None else int(row["months"]),
        pool=row["shared_claim"] or "",
        source=row["source"] or "",
        formula=row["formula"] or "",
        pnl_line=row["pnl_line"] or "",
        assumed=tuple(assumed),
    )


def costs(tables: Tables, horizon: Horizon) -> list[Cost]:
    """Investment rows by id; a run-rate without a number of months runs to the horizon's end."""
    made = []
    for row in _rows(tables, "investments", "investment_id"):
        if row["initiative_id"] is None or row["month"] is None or row["amount"] is None:
            continue
        first = horizon.index(row["month"])
        last = first
        if row["kind"] == "run_rate":
            last = horizon.months if row["months"] is None else first + int(row["months"]) - 1
        made.append(
            Cost(
                investment=str(row["investment_id"]),
                initiative=str(row["initiative_id"]),
                index=np.arange(first, min(last, horizon.months) + 1),
                amount=float(row["amount"]),
                kind=row["kind"] or "one_off",
                status=row["status"] or "committed",
                exit_cost=float(row["exit_cost"] or 0.0),
            )
        )
    return made


def share_pools(given: Iterable[Benefit], *, stopped: frozenset[str] = frozenset()) -> list[Benefit]:
    """Let initiatives that claim from the same pool share it: together no more than the largest of them claims.

    Each keeps the same share of its claim, largest ÷ sum. A pool that one initiative alone claims is left whole;
    stopped initiatives claim nothing. Added up, the same point, contact or hour would be sold several times.
    """
    rows = list(given)
    pools: dict[str, dict[str, float]] = {}
    for row in rows:
        if row.pool and row.initiative not in stopped:
            claims = pools.setdefault(row.pool, {})
            claims[row.initiative] = claims.get(row.initiative, 0.0) + max(row.yearly, 0.0)
    shares = {
        pool: max(claims.values()) / sum(claims.values())
        for pool, claims in pools.items()
        if len(claims) > 1 and sum(claims.values()) > 0
    }
    return [
        replace(row, share=shares[row.pool]) if row.pool in shares and row.initiative not in stopped else row
        for row in rows
    ]


def _starts(tables: Tables, horizon: Horizon) -> dict[str, int]:
    known = names(tables)
    starts = {
        str(i): horizon.index(pd.Timestamp(s).date())
        for i, s in zip(known["initiative_id"], known["started"], strict=True)
        if pd.notna(s)
    }
    firsts: dict[str, int] = {}
    for cost in costs(tables, horizon):
        if len(cost.index):
            firsts[cost.initiative] = min(firsts.get(cost.initiative, horizon.months), int(cost.index[0]))
    return starts | firsts


def _rows(tables: Tables, table: str, key: str) -> list[dict[str, Any]]:
    if isinstance(tables[table], Missing):
        return []
    frame = tables.frame(f"SELECT * FROM {quoted(table)} ORDER BY {quoted(key)}")
    return [{str(k): _plain(v) for k, v in row.items()} for row in frame.astype(object).to_dict("records")]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    return value.date() if isinstance(value, pd.Timestamp) else value
