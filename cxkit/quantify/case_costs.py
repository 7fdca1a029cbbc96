"""Costs of initiatives as authored: what is paid when, whether it can still be saved, and how sure its amount is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxkit.quantify.case_terms import Horizon, Terms
from cxkit.records import Missing
from cxkit.tables import sheets
from cxkit.tables.engine import Tables


@dataclass(frozen=True, eq=False)
class Cost:
    """One investment row; amounts are positive and fall in each of `index`."""

    investment: str
    initiative: str
    index: np.ndarray
    amount: float
    low: float
    high: float
    kind: str
    status: str
    exit_cost: float
    note: str = ""

    def flow(self, terms: Terms) -> np.ndarray:
        """Money paid in each month; running costs move with prices, single payments are as contracted."""
        return self.amount * self.unit(terms)

    def unit(self, terms: Terms) -> np.ndarray:
        """Money paid in each month per unit of its amount."""
        return terms.prices(self.index) if self.kind == "run_rate" else np.ones(len(self.index))

    @property
    def varies(self) -> bool:
        """Whether what is still to be paid is uncertain; what is paid is known."""
        return self.low < self.high and self.status != "sunk" and bool((self.index > 0).any())


def names(tables: Tables) -> pd.DataFrame:
    """Initiatives by id: initiative_id, initiative (name), status, started; empty without the sheet."""
    if isinstance(tables["initiatives"], Missing):
        return pd.DataFrame(columns=["initiative_id", "initiative", "status", "started"])
    return tables.frame(
        "SELECT initiative_id, any_value(coalesce(initiative, initiative_id)) AS initiative, max(status) AS status, "
        "min(started) AS started FROM initiatives GROUP BY 1 ORDER BY 1"
    )


def costs(tables: Tables, horizon: Horizon) -> list[Cost]:
    """Investment rows by id; a run-rate without a number of months runs to the horizon's end."""
    made = []
    for row in sheets.rows(tables, "investments"):
        if row["initiative_id"] is None or row["month"] is None or row["amount"] is None:
            continue
        first = horizon.index(row["month"])
        last = first
        if row["kind"] == "run_rate":
            last = horizon.months if row["months"] is None else first + int(row["months"]) - 1
        ends = [row["amount"], *(v for v in (row["amount_low"], row["amount_high"]) if v is not None)]
        made.append(
            Cost(
                investment=str(row["investment_id"]),
                initiative=str(row["initiative_id"]),
                index=np.arange(first, min(last, horizon.months) + 1),
                amount=row["amount"],
                low=min(ends),
                high=max(ends),
                kind=row["kind"] or "one_off",
                status=row["status"] or "committed",
                exit_cost=row["exit_cost"] or 0.0,
                note=row["note"] or "",
            )
        )
    return made


def starts(known: pd.DataFrame, costs: Sequence[Cost], horizon: Horizon) -> dict[str, int]:
    """Month (index) of each initiative's first cost, else of its stated start."""
    begun = {
        str(i): horizon.index(pd.Timestamp(s).date())
        for i, s in zip(known["initiative_id"], known["started"], strict=True)
        if pd.notna(s)
    }
    firsts: dict[str, int] = {}
    for cost in costs:
        if len(cost.index):
            firsts[cost.initiative] = min(firsts.get(cost.initiative, horizon.months), int(cost.index[0]))
    return begun | firsts
