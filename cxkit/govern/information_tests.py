"""What a test of an initiative could be: how exact at which size, how soon, and for how much.

The standard error of a test of n units follows from the spread that its own experiment showed, or from the size that
its design says it takes; it falls with √n. Effects become shares of the claim: × units a roll-out reaches a year
× margin per unit ÷ money claimed a year. Base and margin are taken as known: a test tells nothing of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from scipy.stats import norm

from cxkit.govern.reading import Row, best_proof, records
from cxkit.records import Missing, Record, Result
from cxkit.tables import sheets
from cxkit.tables.engine import Tables

SMALLEST = 60
"""Units in a test, both arms together, below which it is not offered."""
SHARES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Sizes offered, as multiples of what can be had before the next council (or, where that is not known, of the size
it had)."""
MONTH = 365.25 / 12


class Precision(Record):
    """How exact a test of one initiative is, and what it takes."""

    experiment_id: str
    units: float
    """Units, all arms together, at which `error` holds."""
    error: float
    """Standard error of the effect at that size, as a share of the claim."""
    per_month: float | None = None
    """Units that can be had in a month."""
    lag_months: float = 0.0
    """Months until the outcome of a unit is known."""
    unit_cost: float | None = None
    """Cost of the test per unit."""
    basis: str = ""
    """Where the error comes from, in words."""

    def at(self, units: float) -> float:
        """Standard error at another size.

        >>> Precision(experiment_id="E", units=100, error=0.4).at(400)
        0.2
        """
        return self.error * math.sqrt(self.units / units)


class Size(Record):
    """One size a test could have."""

    units: int
    months: float | None
    """Months it takes to get them and to know their outcomes; None where the traffic is not known."""
    councils: int
    """Councils until its result is there, at least one."""


def sizes(precision: Precision, council_months: int) -> Iterator[Size]:
    """Sizes worth looking at: a quarter, a half and all of what can be had before the next council, and beyond."""
    first = council_months * (math.floor(precision.lag_months / council_months) + 1)
    before = first - precision.lag_months  # months of units whose outcomes are known by the first council that can be
    whole = precision.per_month * before if precision.per_month else precision.units
    seen = set()
    for share in SHARES:
        units = max(SMALLEST, math.floor(share * whole + 1e-9))
        if units in seen:
            continue
        seen.add(units)
        months = units / precision.per_month + precision.lag_months if precision.per_month else None
        councils = 1 if months is None else max(1, math.ceil(months / council_months - 1e-9))
        yield Size(units=units, months=months, councils=councils)


class Possible:
    """What is known of tests, by initiative: from effects, designs and the sheet of experiments."""

    def __init__(self, tables: Tables | None, effects: Result | None, designs: Result | None, as_of: date) -> None:
        self.as_of = as_of
        self._sheet = {
            r["experiment_id"]: r for r in (sheets.rows(tables, "experiments") if tables is not None else [])
        }
        self._effects: dict[str, list[Row]] = {}
        for row in records(effects, "effects"):
            if row.get("initiative_id"):
                self._effects.setdefault(row["initiative_id"], []).append(row)
        level = float(getattr(designs, "level", 0.95))
        self._designs = {row["experiment_id"]: row | {"level": level} for row in records(designs, "designs")}

    def of(self, initiative: str, yearly: float, test_cost: float | None) -> Precision | tuple[Missing, ...]:
        """How exact a test of this initiative would be, or what it takes to say so."""
        mine = sorted(
            (r for r in self._sheet.values() if r["initiative_id"] == initiative),
            key=lambda r: (str(r["registered"] or ""), str(r["experiment_id"])),
            reverse=True,
        )
        if not mine:
            columns = ("initiative_id", "metric", "minimum_effect", "exposed_base", "unit_margin", "unit_cost")
            return (Missing(name="experiments", columns=columns, why="no hypothesis of this initiative"),)
        tested = [r for r in self._effects.get(initiative, []) if r.get("se")]
        proof = best_proof(tested)
        order = [r for r in mine if proof is not None and r["experiment_id"] == proof["experiment_id"]] + mine
        lacking: list[str] = []
        for row in order:
            lacking = [c for c in ("exposed_base", "unit_margin") if not row[c]]
            if lacking or yearly <= 0:
                continue
            per_unit = row["exposed_base"] * row["unit_margin"] / yearly
            design = self._designs.get(row["experiment_id"], {})
            effect = proof if proof is not None and proof["experiment_id"] == row["experiment_id"] else None
            found = _observed(effect) or _planned(design)
            if found is None:
                lacking = ["minimum_effect"]
                continue
            units, error, basis = found
            cost = row["unit_cost"] if row["unit_cost"] is not None else test_cost
            return Precision(
                experiment_id=row["experiment_id"],
                units=units,
                error=error * per_unit,
                per_month=_traffic(design, row, units if effect else None, self.as_of),
                lag_months=(design.get("lag_days") or 0.0) / MONTH,
                unit_cost=cost,
                basis=basis,
            )
        if yearly <= 0:
            return (Missing(name="benefits", why="no yearly claim of this initiative"),)
        why = "empty for this experiment" if "minimum_effect" not in lacking else "no units yet, and no size planned"
        return (Missing(name="experiments", columns=tuple(lacking), why=why),)


def _observed(effect: Row | None) -> tuple[float, float, str] | None:
    """Units, standard error and words, from a test that has been read."""
    if effect is None:
        return None
    units = float((effect.get("n_control") or 0) + (effect.get("n_treated") or 0))
    return (units, float(effect["se"]), "the spread its own test showed") if units > 0 else None


def _planned(design: Mapping[str, Any]) -> tuple[float, float, str] | None:
    """Units, standard error and words, from the size its design takes to see the smallest change worth having."""
    units, least = design.get("needed_total"), design.get("worthwhile")
    if not units or not least:
        return None
    steps = float(norm.isf((1 - design["level"]) / 2) + norm.ppf(design.get("power_wanted") or 0.8))
    return float(units), float(least) / steps, "the size planned for it"


def _traffic(design: Mapping[str, Any], row: Row, units: float | None, as_of: date) -> float | None:
    """Units that can be had in a month: as the design knows it, else as its own test had them."""
    if design.get("traffic"):
        return float(design["traffic"]) * MONTH / 7
    start, end = _day(row["started"]), _day(row["ended"])
    if units is None or start is None:
        return None
    days = (min(end or as_of, as_of) - start).days
    return units / (days / MONTH) if days >= 7 else None


def _day(value: Any) -> date | None:
    if value is None:
        return None
    return value.date() if hasattr(value, "date") else value if isinstance(value, date) else None


def links(tables: Tables | None) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Initiatives that each initiative depends on or excludes, by id."""

    def split(text: Any) -> tuple[str, ...]:
        return tuple(part.strip() for part in str(text or "").split(",") if part.strip())

    found = sheets.rows(tables, "initiatives") if tables is not None else []
    return {
        row["initiative_id"]: {name: split(row[name]) for name in ("depends_on", "excludes")}
        for row in found
        if row["initiative_id"]
    }
