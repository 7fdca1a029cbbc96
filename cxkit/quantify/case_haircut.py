"""The haircut learned from past forecasts in place of stated confidence, and what the other would have come to.

A haircut is about bias: how much less comes than is promised. A stated range is about spread: how far it may come out
on either side. A range does not remove bias, so that its rows are cut too and keep their range; stated confidence is
about the same thing as the haircut and is not counted beside it. Each risk is counted once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from cxkit.formats import interval, listing, money, quantity
from cxkit.metrics.optimism import Haircut
from cxkit.quantify import case_pools
from cxkit.quantify.case_costs import Cost
from cxkit.quantify.case_terms import Terms
from cxkit.quantify.case_values import figures, price
from cxkit.quantify.claims import Benefit
from cxkit.records import Finding

NO_RISK = "no risk taken off"


def cut(given: Iterable[Benefit], haircut: Haircut | None) -> list[Benefit]:
    """Benefits at the share of past forecasts that came true; as they are without a haircut."""
    if haircut is None:
        return list(given)
    return [replace(b, learned=haircut.of(b.block), assumed=tuple(a for a in b.assumed if a != NO_RISK)) for b in given]


def words(haircut: Haircut | None) -> str:
    """What the haircut is, as one sentence; empty without one.

    >>> from cxkit.metrics.optimism import learned
    >>> words(learned([{"ratio": r, "block": "cost"} for r in (0.5, 0.7, 0.6, 0.6, 0.6)]))
    '60.0\\u202f% of what was forecast has come true so far, 5 cases; claims count at that share.'
    """
    if haircut is None:
        return ""
    share = f"{quantity(haircut.mean, 'ratio')} of what was forecast has come true so far, {haircut.n} cases"
    return f"{share}; {_consequence(haircut)}."


def finding(
    frame: pd.DataFrame,
    given: Sequence[Benefit],
    costs: Sequence[Cost],
    haircut: Haircut | None,
    *,
    terms: Terms,
    stopped: frozenset[str],
    currency: str,
) -> list[Finding]:
    """What the haircut is and rests on, and what all cases would be worth under stated confidence; none without one.

    `given` are the benefits as they were before the haircut and before they shared pools.
    """
    if haircut is None or frame.empty:
        return []
    live = frame[(frame["case"] == "assessed") & (frame["status"] != "stopped")]
    if live.empty:
        return []
    names = [str(i) for i in live["initiative"]]

    def total(by: Mapping[str, float] | None) -> float:
        rows = given if by is None else [replace(b, learned=by.get(b.block, by[""])) for b in given]
        priced = [price(b, terms) for b in case_pools.share_pools(rows, stopped=stopped)]
        npvs = []
        for who in names:
            mine = [p for p in priced if p.benefit.initiative == who]
            npvs.append(figures(mine, [c for c in costs if c.initiative == who], terms, (1, 12))["npv"] or 0.0)
        return math.fsum(npvs)

    now, stated = math.fsum(live["npv"]), total(None)
    low, high = sorted(total(_ends(haircut, end)) for end in ("low", "high"))
    blocks = listing([f"{b.block} {quantity(b.mean, 'ratio')} ({b.n})" for b in haircut.blocks])
    detail = f"By block, partially pooled, with cases in brackets: {blocks}. " if len(haircut.blocks) > 1 else ""
    detail += "It stands in place of stated confidence, under which all cases together would be worth "
    detail += f"{money(stated, currency)} net instead of {money(now, currency)}; at the ends of its interval they are "
    detail += f"worth {interval(low, high, 'money', currency=currency)}. "
    detail += "Stated ranges stay: they are about spread, not about bias."
    share = quantity(haircut.mean, "ratio")
    return [
        Finding(
            id="quantify.cases.haircut",
            stage="quantify",
            title=f"{share} of what was forecast has come true so far ({haircut.n} cases), so that "
            f"{_consequence(haircut)}",
            detail=detail,
            value=haircut.mean,
            unit="ratio",
            low=haircut.low,
            high=haircut.high,
            level=haircut.level,
            about="the mean share over cases; a single case scatters more",
            n=haircut.n,
            grade="D",
            sources=("benefits", "investments", "realised"),
            tone="bad" if haircut.high < 1 else "neutral" if haircut.low > 1 else "unknown",
            weight=abs(now - stated) * 12 / terms.horizon.months,
        )
    ]


def _ends(haircut: Haircut, end: str) -> dict[str, float]:
    bounded = {b.block: min(max(float(getattr(b, end)), 0.0), 1.0) for b in haircut.blocks}
    return bounded | {"": min(max(float(getattr(haircut, end)), 0.0), 1.0)}


def _consequence(haircut: Haircut) -> str:
    factors = {haircut.factor, *(b.factor for b in haircut.blocks)}
    if factors == {1.0}:
        return "nothing is taken off, and nothing is added"
    return "claims count at that share" if len(haircut.blocks) < 2 else "claims count at the share of their block"
