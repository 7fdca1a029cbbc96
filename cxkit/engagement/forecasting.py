"""Freezing what a case promises on the day its money is approved, and the haircut that what came of it teaches."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from cxkit import errors
from cxkit.engagement import history, results
from cxkit.engagement.history import Assumption, Forecast, ForecastPoint
from cxkit.engagement.store import Decision
from cxkit.metrics.optimism import Haircut, learned
from cxkit.metrics.windows import last_complete_month, months_between
from cxkit.prove.forecasts_due import haircut_rows, plain, scored
from cxkit.prove.realised import realised
from cxkit.quantify import BusinessCases, gain_draws
from cxkit.records import Result
from cxkit.tables.engine import Tables

HORIZONS = (6, 12, 24)
"""Months after approval for which a forecast is frozen."""
LEVEL = 0.8
"""P10 to P90."""
GIVES = ("fund", "approve", "scale", "extend", "roll out")
"""A verdict that begins so gives money."""
MAY_GIVE = ("keep", "continue", "go on", "test", "pilot", "start")
"""A verdict that begins so gives money where it names an amount."""
PARTS = ("base", "effect", "unit_value", "adoption", "margin", "confidence")


def gives_money(decision: Decision) -> bool:
    """Whether a decision approves money for an initiative.

    >>> said = lambda verdict, amount=None: Decision(
    ...     decision_id="D1", initiative_id="I1", verdict=verdict, amount=amount, decided="2026-10-31")
    >>> [gives_money(d) for d in (said("fund"), said("test first"), said("Test first", 5e4), said("stop", 5e4))]
    [True, False, True, False]
    """
    verdict = " ".join(decision.verdict.casefold().split())
    if not decision.initiative_id or (decision.amount is not None and decision.amount <= 0):
        return False
    if _begins(verdict, GIVES):
        return True
    return decision.amount is not None and _begins(verdict, MAY_GIVE)


def approve(folder: Path, decision: Decision, results_place: Path | None) -> Forecast | None:
    """Freeze the forecast of the initiative a decision gives money to in ``history/forecasts.jsonl``; return it.

    `folder` is the client's, `results_place` the folder of saved results in which ``quantify.cases`` lies: those the
    decision was made on. None, and nothing is written, where the decision gives no money, no cases are saved there,
    or they hold no cash benefit of this initiative. A decision that has a forecast keeps it.
    """
    if results_place is None or not gives_money(decision):
        return None
    known = history.read(folder, Forecast)
    if found := next((f for f in known if f.decision_id and f.decision_id == decision.decision_id), None):
        return found
    try:
        cases = results.load(BusinessCases, results_place)
    except (errors.InputError, ValueError):
        return None
    forecast = forecast_of(decision, cases, forecast_id=_next(known))
    if forecast is not None:
        history.add(folder, forecast)
    return forecast


def forecast_of(decision: Decision, cases: Result, *, forecast_id: str = "F1") -> Forecast | None:
    """What the cases promise this initiative's decision; None without a cash benefit after it.

    A point is the cash benefit of the calendar months after the one the decision falls in, before tax, not
    discounted, added up over 6, 12 and 24 of them; a point beyond the cases' horizon is left out. Its interval is P10
    to P90 of `quantify.gain_draws`: the spread of the benefit's present value over the whole horizon, applied to each
    point in proportion. The effect of a row scales all its months alike, so that this is exact where one row carries
    the case, and a little too narrow where early and late rows vary apart. Where nothing varies, both ends are the
    value and nothing is tested by them.

    The assumption `confidence` without a benefit is what doubt took off in all: the value ÷ it is the forecast before
    any doubt, from which a haircut may be learned.
    """
    who, made = decision.initiative_id, date.fromisoformat(decision.decided)
    case = next((r for r in _rows(cases, "cases") if r["initiative"] == who), None)
    if case is None or case["case"] not in {"assessed", "no cost stated"}:
        return None
    after = months_between(last_complete_month(cases.as_of), made)
    flows = [
        (f["index"], f["block"], float(f["amount"]))
        for f in _rows(cases, "flows")
        if f["initiative"] == who and f["block"] != "investment" and f["kind"] == "cashable" and f["index"] > after
    ]
    low, high = _spread(cases, who)
    points = []
    for months in HORIZONS:
        if after + months <= int(getattr(cases, "horizon_months", 0)):
            value = math.fsum(amount for index, _, amount in flows if index <= after + months)
            ends = sorted((value * low, value * high))
            points.append(ForecastPoint(months=months, value=value, low=ends[0], high=ends[1]))
    if not any(point.value for point in points):
        return None
    rows = [r for r in _rows(cases, "rows") if r["initiative"] == who and r["kind"] == "cashable"]
    blocks: dict[str, float] = {}
    for _, block, amount in flows:
        blocks[block] = blocks.get(block, 0.0) + amount
    first = max(rows, key=lambda r: (r["pv"] or 0.0, r["benefit"]), default={})
    return Forecast(
        forecast_id=forecast_id,
        initiative_id=who,
        approved=decision.decided,
        decision_id=decision.decision_id,
        evidence=decision.evidence,
        block=max(sorted(blocks), key=lambda b: blocks[b], default=""),
        driver=first.get("driver") or "",
        currency=str(getattr(cases, "currency", "")),
        level=LEVEL,
        points=tuple(points),
        stated_confidence=_weighted(rows, "stated_confidence"),
        assumptions=_assumptions(rows),
    )


def haircut_of(forecasts: Sequence[Any], tables: Tables) -> Haircut | None:
    """The haircut that forecasts up to the tables' day teach, as `prove.forecasts` finds it too, or None.

    For Quantify, which comes before Prove: it reads the frozen forecasts and the sheet `realised` alone.
    """
    if not forecasts:
        return None
    seen = realised(tables)
    if not seen.has("months"):
        return None
    return learned(haircut_rows(scored(plain(forecasts), seen.frame("months"), {}, as_of=tables.as_of)))


def _assumptions(rows: list[dict[str, Any]]) -> tuple[Assumption, ...]:
    found = []
    for row in rows:
        about = {"benefit_id": row["benefit"], "driver": row["driver"] or "", "base_unit": row["base_unit"] or ""}
        for name in PARTS:
            if row[name] is not None:
                ends = {end: row.get(f"{name}_{end}") for end in ("low", "high")}
                found.append(Assumption.model_validate({**about, "name": name, "value": row[name], **ends}))
    before = math.fsum((r["yearly"] or 0.0) / r["confidence"] for r in rows if r["confidence"])
    total = math.fsum(r["yearly"] or 0.0 for r in rows)
    if before > 0 and total > 0:
        found.append(Assumption(benefit_id="", name="confidence", value=total / before))
    return tuple(found)


def _weighted(rows: list[dict[str, Any]], column: str) -> float | None:
    """Mean of what rows state, each weighing its benefit a year; None where none states it."""
    stated = [(abs(r["yearly"] or 0.0), float(r[column])) for r in rows if r[column] is not None]
    total = math.fsum(w for w, _ in stated)
    return math.fsum(w * v for w, v in stated) / total if total else None


def _spread(cases: Result, who: str) -> tuple[float, float]:
    """P10 and P90 of the benefit as a multiple of the benefit as stated; ones where nothing varies."""
    draws = gain_draws(cases)
    if who not in draws:
        return 1.0, 1.0
    low, high = np.quantile(draws[who].to_numpy(), [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
    return float(low), float(high)


def _next(known: tuple[Forecast, ...]) -> str:
    """The id after the highest given so far."""
    numbers = [int(f.forecast_id[1:]) for f in known if re.fullmatch(r"F\d+", f.forecast_id)]
    return f"F{max([0, *numbers]) + 1}"


def _begins(verdict: str, words: tuple[str, ...]) -> bool:
    return any(re.match(rf"{word}\b", verdict) for word in words)


def _rows(cases: Result, name: str) -> list[dict[str, Any]]:
    return cases.tables[name].to_pylist() if cases.has(name) else []
