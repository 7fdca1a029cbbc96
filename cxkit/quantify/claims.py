"""Benefits of initiatives as authored, settled row by row: what is claimed, when, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from cxkit.quantify.case_terms import Horizon
from cxkit.quantify.montecarlo import Kind
from cxkit.tables.sheets import Row

CASHABLE = "cashable"
STEPS = (
    "base × effect × value",
    "contribution margin",
    "adoption",
    "deadweight",
    "cannibalisation",
    "confidence",
    "shared claims",
)
NEEDED = ("initiative_id", "block", "kind", "base", "effect", "unit_value")


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
    adoption_low: float | None
    adoption_high: float | None
    deadweight: float
    cannibalised: float
    base_growth: float
    stated_confidence: float | None
    risk: Literal["factor", "range"]
    distribution: Kind
    moves_with: str
    correlation: float
    valuation: Literal["flat", "survival"]
    stay: tuple[float, ...]
    """Survival alone: share of kept customers that still pay at each age in months, to the horizon's end."""
    observed: int
    """Survival alone: last age that was observed."""
    start: int
    ramp: int
    months: int | None
    pool: str
    source: str
    formula: str
    pnl_line: str
    assumed: tuple[str, ...]
    learned: float | None = None
    """Share of past forecasts that came true, where it stands in place of stated confidence."""
    share: float = 1.0
    """What is left of the claim once others who claim from the same pool have their part."""

    @property
    def confidence(self) -> float:
        """Stated confidence where it is this row's risk; 1 where the range is, so that no risk counts twice.

        A learned haircut takes its place for every row, since a range does not remove bias.
        """
        if self.learned is not None:
            return self.learned
        return 1.0 if self.risk == "range" or self.stated_confidence is None else self.stated_confidence

    @property
    def life(self) -> float:
        """Months a kept customer pays within the horizon (survival); 1 for a flat row, valued by the year."""
        return math.fsum(self.stay) if self.valuation == "survival" else 1.0

    @property
    def known(self) -> bool:
        """Whether it can be valued: a margin, and for a survival row a curve."""
        return self.margin is not None and (self.valuation == "flat" or bool(self.stay))

    @property
    def factors(self) -> tuple[float, ...]:
        """What each of `STEPS` multiplies a unit of effect by, in order."""
        parts = (self.margin or 0.0, self.adoption, 1 - self.deadweight, 1 - self.cannibalised, self.confidence)
        return (self.base * self.unit_value * self.life, *parts, self.share)

    @property
    def yearly(self) -> float:
        """Money a year at full ramp, at today's base and prices, as expected."""
        return math.prod(self.factors) * self.effect

    @property
    def per_point(self) -> float:
        """Money a year per unit of effect at full adoption."""
        return math.prod(f for step, f in zip(STEPS, self.factors, strict=True) if step != "adoption")

    @property
    def varies(self) -> bool:
        """Whether its effect is drawn."""
        ends = (self.effect_low, self.effect_high)
        return self.risk == "range" and any(v is not None and v != self.effect for v in ends)

    @property
    def adoption_varies(self) -> bool:
        """Whether its adoption is drawn; never where its risk is a factor."""
        ends = (self.adoption_low, self.adoption_high)
        return self.risk == "range" and any(v is not None and v != self.adoption for v in ends)


def benefits(
    rows: Sequence[Row],
    horizon: Horizon,
    *,
    default_margin: float | None = None,
    survival: Sequence[float] = (),
    began: Mapping[str, int] | None = None,
    effect_scale: float = 1.0,
    adoption_scale: float = 1.0,
    ramp_added: int = 0,
) -> tuple[list[Benefit], list[str]]:
    """Benefits from the rows of the sheet, and the ids of rows that lack base, effect or value and so claim nothing.

    Not stated: adoption is taken as 1, deadweight, cannibalisation and base growth as 0, confidence as 1 (no risk
    taken off), margin as 1 for cost and risk and `default_margin` for revenue, the start as the initiative's first
    cost, else its start (`began`, by initiative), else the next month; risk as the range where both its ends are
    stated, else the factor. `survival` is the share of customers that still pay at each age in months, as far as it
    was observed. The three what-ifs scale every effect, scale every adoption (never above 1), and lengthen every ramp.
    """
    made, unusable = [], []
    for row in rows:
        if any(row[c] is None for c in NEEDED):
            unusable.append(str(row["benefit_id"]))
            continue
        scaled = dict(row)
        for column in ("effect", "effect_low", "effect_high"):
            scaled[column] = None if row[column] is None else row[column] * effect_scale
        if row["adoption"] is None and adoption_scale != 1.0:
            scaled["adoption"] = 1.0
        for column in ("adoption", "adoption_low", "adoption_high"):
            scaled[column] = None if scaled[column] is None else min(scaled[column] * adoption_scale, 1.0)
        scaled["ramp_months"] = int(row["ramp_months"] or 0) + ramp_added
        made.append(_benefit(scaled, horizon, default_margin, began or {}, survival))
    return made, unusable


def _benefit(
    row: Mapping[str, Any],
    horizon: Horizon,
    default_margin: float | None,
    began: Mapping[str, int],
    survival: Sequence[float],
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
        start = began.get(initiative, 1)
    else:
        start = horizon.index(row["start"])
    adoption = stated("adoption", 1.0, "full adoption")
    deadweight = stated("deadweight", 0.0, "no deadweight")
    stay: tuple[float, ...] = ()
    if row["valuation"] == "survival":
        stay = _stay(survival, horizon.months - start, row["decay"])
        if row["decay"] is None:
            assumed.append("a kept customer is worth nothing beyond what was observed")
    return Benefit(
        benefit=str(row["benefit_id"]),
        initiative=initiative,
        block=row["block"],
        driver=row["driver"] or "",
        kind=row["kind"],
        base=row["base"],
        base_unit=row["base_unit"] or "",
        effect=row["effect"],
        effect_low=row["effect_low"],
        effect_high=row["effect_high"],
        unit_value=row["unit_value"],
        margin=None if margin is None else float(margin),
        adoption=adoption,
        adoption_low=row["adoption_low"],
        adoption_high=row["adoption_high"],
        deadweight=deadweight,
        cannibalised=row["cannibalised"] or 0.0,
        base_growth=max(row["base_growth"] or 0.0, -1.0),
        stated_confidence=row["confidence"],
        risk=_risk(row, assumed),
        distribution=_shape(row, assumed),
        moves_with=row["moves_with"] or "",
        correlation=min(max(row["correlation"] or 0.0, 0.0), 1.0),
        valuation="survival" if row["valuation"] == "survival" else "flat",
        stay=stay,
        observed=len(survival) - 1,
        start=start,
        ramp=row["ramp_months"],
        months=row["months"],
        pool=row["shared_claim"] or "",
        source=row["source"] or "",
        formula=row["formula"] or "",
        pnl_line=row["pnl_line"] or "",
        assumed=tuple(assumed),
    )


def _stay(survival: Sequence[float], ages: int, decay: float | None) -> tuple[float, ...]:
    """Share that still pays at each age to the horizon's end: as observed, then by the stated decay or not at all."""
    if not len(survival):
        return ()
    kept = [float(s) for s in survival[: max(ages, 0) + 1]]
    left = 0.0 if decay is None else 1.0 - decay
    while len(kept) <= ages:
        kept.append(kept[-1] * left)
    return tuple(kept)


def _risk(row: Mapping[str, Any], assumed: list[str]) -> Literal["factor", "range"]:
    ends = [row["effect_low"], row["effect_high"]]
    if row["risk"] == "range" and all(v is None for v in ends):
        assumed.append("its risk as the factor, because it states no range")
    if row["risk"] == "factor" or all(v is None for v in ends) or (row["risk"] is None and None in ends):
        if row["confidence"] is None:
            assumed.append("no risk taken off")
        return "factor"
    return "range"


def _shape(row: Mapping[str, Any], assumed: list[str]) -> Kind:
    kind = row["distribution"] or "pert"
    lowest = row["effect"] if row["effect_low"] is None else min(row["effect_low"], row["effect"])
    if kind == "lognormal" and lowest <= 0:
        assumed.append("PERT in place of a lognormal, whose low end lies above zero")
        return "pert"
    return cast(Kind, kind)
