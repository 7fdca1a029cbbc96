"""What to test next, at what size: the value of information net of the test's cost and of waiting for it.

The decision is the plan's (`information_choice`), the prior is what the portfolio says: a claim draws from its stated
range, a tested initiative from its (shrunk) factor and interval. A claim without a stated range has no prior but a
guess, so no value of testing it can be given. A test shrinks one prior (`information_values`); its money waits until
the council that can read it, so its value is postponed, and it is paid out of the budget that it competes for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pandas as pd

from cxkit.govern.information_choice import Candidate, Choice
from cxkit.govern.information_sentences import findings, gaps, no_budget, nothing, reason
from cxkit.govern.information_tests import Possible, Precision, links, sizes
from cxkit.govern.information_values import Known, evpi
from cxkit.govern.reading import Row, records
from cxkit.govern.scenarios import scenarios
from cxkit.records import Missing, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, table

DRAWS = 10_000
SPREADS = (0.5, 2.0)
"""Multiples of the prior's spread between which a value is given as a band."""
QUEUE: Mapping[str, Kind] = {
    "rank": "integer",
    **dict.fromkeys(("initiative_id", "initiative", "basis", "verdict", "reason"), "text"),
    "cost": "number",
    **dict.fromkeys(("npv", "sd", "evppi", "evppi_low", "evppi_high"), "number"),
    "units": "integer",
    **dict.fromkeys(("months", "councils"), "number"),
    "ready": "boolean",
    **dict.fromkeys(("error", "evsi", "evsi_low", "evsi_high", "test_cost", "waiting"), "number"),
    **dict.fromkeys(("net", "net_low", "net_high", "bearable_cost"), "number"),
    **dict.fromkeys(("experiment_id", "rests_on"), "text"),
}
"""`cost` is the money it asks for, `npv` and `sd` its go-forward NPV as drawn; `evppi` the value of knowing it for
sure, `evsi` of a test of `units`, both on the day of deciding; `waiting` what is lost by waiting for it, `test_cost`
what the test costs; `net` = evsi − waiting − test_cost × (1 + shadow price); ends are those under half and twice the
prior's spread. `error` is the test's standard error as a share of the claim; `bearable_cost` the most it may cost per
unit."""
SIZES: Mapping[str, Kind] = {
    **dict.fromkeys(("initiative_id", "initiative"), "text"),
    "units": "integer",
    **dict.fromkeys(
        ("months", "councils", "error", "evsi", "test_cost", "waiting", "net", "net_low", "net_high"), "number"
    ),
    "best": "boolean",
}
LAW = (
    "A value of information is what the best use of the budget gains when something is known before deciding. Up to "
    "12 parts to decide on, every selection is looked at; beyond that, where money is short, initiatives are taken as "
    "divisible. The plan's rounds, people and risk limit are left aside. Values of several tests must not be added up."
)


class Information(Result):
    """What knowing more is worth, and the queue of what to test next.

    Tables: `queue` (one row per initiative that the budget decides on and whose prior is known, best test first) and
    `sizes` (each size looked at). Money in the client's currency, values under the prior, not forecasts.
    """

    stage: ClassVar[str] = "govern"
    name: ClassVar[str] = "information"

    currency: str = ""
    budget: float = 0.0
    budget_stated: bool = True
    council_months: int = 3
    evpi: float | None = None
    """Value of knowing everything before deciding; an upper bound for all tests together."""
    evpi_low: float | None = None
    evpi_high: float | None = None
    """The same under half and twice the prior's spread."""
    shadow_price: float = 0.0
    """What one more unit of budget would bring on top of itself."""
    exact: bool = True
    """Whether every selection was looked at; else initiatives were taken as divisible."""
    draws: int = DRAWS
    seed: int = 0
    law: str = LAW


def information(
    portfolio: Result,
    *,
    gains: pd.DataFrame | None,
    effects: Result | None = None,
    designs: Result | None = None,
    tables: Tables | None = None,
    budget: float | None,
    test_cost: float | None = None,
    council_months: int = 3,
    seed: int = 0,
    draws: int = DRAWS,
) -> Information:
    """Value information for the council's next decision, and put tests in a queue.

    `portfolio` is the result of that name. `gains` holds draws of the stated gain (see `quantify.gain_draws`);
    `effects` is `prove.experiments`, `designs` the result of that name, `tables` give the sheets `experiments` (base,
    margin, cost per unit, dates) and `initiatives` (what depends on what). `budget` as for the plan: without one, what
    live initiatives still ask for together. `test_cost` is the cost per unit of a test that registers none; without
    either a test is valued before its cost. A result counts at the first council after it is complete.
    """
    rows = [row for row in records(portfolio, "initiatives") if row["live"] and row["npv_go_forward"] is not None]
    currency = getattr(portfolio, "currency", "")
    base: dict[str, Any] = {"as_of": portfolio.as_of, "currency": currency, "council_months": council_months}
    base["seed"] = seed
    if not rows:
        return Information(**base, gaps=(nothing(portfolio),))
    linked = links(tables)
    candidates = [_candidate(row, linked.get(row["initiative_id"], {})) for row in rows]
    room = float(budget) if budget is not None else math.fsum(c.cost for c in candidates)
    choice = Choice(candidates, budget=room)
    base |= {"budget": room, "budget_stated": budget is not None, "exact": choice.exact}
    if not choice.feasible:
        return Information(**base, gaps=(no_budget(choice.needed, room, currency),))
    count = min(draws, len(gains)) if gains is not None and len(gains) else draws
    drawn = scenarios(rows, gains, draws=count, seed=seed)[[str(c.id) for c in candidates]].to_numpy(float)
    mean = drawn.mean(axis=0)
    price = choice.shadow_price(mean)
    whole = {s: evpi(mean + s * (drawn - mean), choice) for s in (1.0, *SPREADS)}
    possible = Possible(tables, effects, designs, portfolio.as_of)
    rate = float(getattr(portfolio, "discount_rate", 0.0))
    terms = _Terms(council_months=council_months, rate=rate, price=price, room=room, whole=whole)
    queue: list[Row] = []
    looked: list[Row] = []
    unknown: list[tuple[Row, str, tuple[Missing, ...]]] = []
    for n, row in enumerate(rows):
        if not _open(row):
            continue
        known = Known(drawn, n, choice)
        if known.sd <= 0:
            unknown.append((row, "guess", (Missing(name="benefits", columns=("effect_low", "effect_high")),)))
            continue
        precision: Precision | tuple[Missing, ...] | None = possible.of(
            row["initiative_id"], float(row["yearly"] or 0.0), test_cost
        )
        if not isinstance(precision, Precision) and not any(known.value(spread=s) for s in whole):
            precision = None  # nothing could change the decision, however exact
        valued, offered = terms.valued(row, known, precision if isinstance(precision, Precision) else None)
        queue.append(valued)
        looked += offered
        if isinstance(precision, tuple):
            unknown.append((row, "test", precision))
    queue = [row | {"reason": reason(row, currency)} for row in _ranked(queue)]
    return Information(
        **base,
        evpi=whole[1.0] if queue else None,
        evpi_low=min(whole.values()) if queue else None,
        evpi_high=max(whole.values()) if queue else None,
        shadow_price=price,
        draws=count,
        findings=tuple(findings(queue, whole, len(unknown), currency, council_months=council_months, price=price)),
        gaps=tuple(gaps(unknown)),
        tables={"queue": table(queue, QUEUE), "sizes": table(looked, SIZES)},
    )


def _open(row: Row) -> bool:
    """Whether the council can still decide on it: money it asks for, and not required whole."""
    whole = row["plan_minimum"] is None or not 0 < row["plan_minimum"] < 1
    return bool(row["ask"]) and not (row["must_keep"] and whole)


def _candidate(row: Row, linked: Mapping[str, Sequence[str]]) -> Candidate:
    ask = float(row["ask"] or 0.0)
    cost = float(row["remaining"] or 0.0) if row["ask"] is None and row["must_keep"] else ask
    return Candidate(
        id=row["initiative_id"],
        cost=cost,
        least=row["plan_minimum"],
        keep=bool(row["must_keep"]) or not ask,
        depends_on=tuple(linked.get("depends_on", ())),
        excludes=tuple(linked.get("excludes", ())),
    )


class _Terms:
    """What a test costs besides its price: waiting, and the budget it takes from others.

    `whole` is the EVPI by spread: no part is worth more to know than the whole, which noise of the draws could blur.
    """

    def __init__(
        self, *, council_months: int, rate: float, price: float, room: float, whole: Mapping[float, float]
    ) -> None:
        self.council_months, self.rate, self.price, self.room, self.whole = council_months, rate, price, room, whole

    def kept(self, councils: int) -> float:
        """Share of a value that is left when it comes so many councils later."""
        return float((1 + self.rate) ** (-councils * self.council_months / 12))

    def valued(self, row: Row, known: Known, precision: Precision | None) -> tuple[Row, list[Row]]:
        """The initiative's row of the queue, with its best test, and every size looked at."""
        sure = [min(known.value(spread=s), whole) for s, whole in self.whole.items()]
        found: Row = {
            **{name: row[name] for name in ("initiative_id", "initiative", "basis")},
            "cost": row["ask"],
            "npv": float(known.mean[known.which]),
            "sd": known.sd,
            "evppi": sure[0],
            "evppi_low": min(sure),
            "evppi_high": max(sure),
        }
        if precision is None:
            return found, []
        per_share = abs(float(row["ahead"]))
        offered = [
            self._offer(row, known, precision, size.model_dump(), per_share)
            for size in sizes(precision, self.council_months)
        ]
        fits = [o for o in offered if (o["test_cost"] or 0.0) <= self.room] or offered[:1]
        best = max(fits, key=lambda o: (o["net"], -o["units"]))
        best["best"] = True
        cost = best["evsi"] - best["waiting"]
        found |= {name: value for name, value in best.items() if name in QUEUE}
        found |= {
            "ready": None if best["months"] is None else best["councils"] == 1,
            "bearable_cost": max(0.0, cost / (best["units"] * (1 + self.price))),
            "experiment_id": precision.experiment_id,
            "rests_on": precision.basis,
        }
        return found, offered

    def _offer(self, row: Row, known: Known, precision: Precision, size: Row, per_share: float) -> Row:
        """One size: its value, what it costs, what waiting costs, and the net under half and twice the spread."""
        share = precision.at(size["units"])
        error, kept = per_share * share, self.kept(size["councils"])
        cost = precision.unit_cost * size["units"] if precision.unit_cost is not None else None
        charged = (cost or 0.0) * (1 + self.price)
        full = [known.value(error=error, spread=s) for s in self.whole]
        after = [known.value(error=error, spread=s, kept=kept) for s in self.whole]
        gross = [min(value, whole) for value, whole in zip(full, self.whole.values(), strict=True)]
        lost = [value - late for value, late in zip(full, after, strict=True)]
        nets = [value - late - charged for value, late in zip(gross, lost, strict=True)]
        return {
            "initiative_id": row["initiative_id"],
            "initiative": row["initiative"],
            **size,
            "error": share,
            "evsi": gross[0],
            "evsi_low": min(gross),
            "evsi_high": max(gross),
            "test_cost": cost,
            "waiting": lost[0],
            "net": nets[0],
            "net_low": min(nets),
            "net_high": max(nets),
            "best": False,
        }


def _ranked(queue: list[Row]) -> list[Row]:
    """Verdict and rank: tests worth having first, by their net value, then what only more knowledge could tell."""
    for row in queue:
        if row.get("net") is None:
            row["verdict"] = "cannot be told" if row["evppi_high"] else "no test"
        elif row["net"] <= 0:
            row["verdict"] = "no test"
        else:
            row["verdict"] = "test next" if row["net_low"] > 0 else "test, if the claim is as unsure as stated"
    order = {"test next": 0, "test, if the claim is as unsure as stated": 1, "cannot be told": 2, "no test": 3}
    queue.sort(key=lambda r: (order[r["verdict"]], -(r.get("net") or 0.0), -r["evppi"], r["initiative_id"]))
    return [row | {"rank": n} for n, row in enumerate(queue, 1)]
