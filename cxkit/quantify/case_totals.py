"""All business cases together in words: their sum, its timing, what it rests on, and what is claimed twice."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from cxkit.formats import listing, money, quantity
from cxkit.metrics.definitions import definition
from cxkit.quantify.case_sentences import LEVEL, SOURCES, share_of, unit
from cxkit.quantify.case_summary import MOVES
from cxkit.quantify.case_terms import Terms
from cxkit.quantify.case_words import label
from cxkit.records import Finding
from cxkit.tables.sheets import short

TAKES: Mapping[str, str] = {
    "contribution margin": "revenue that is not margin",
    "adoption": "what is not taken up",
    "deadweight": "what would happen anyway",
    "cannibalisation": "what is taken from elsewhere",
    "confidence": "stated doubt",
    "learned haircut": "what past forecasts fell short by",
    "shared claims": "what is claimed twice",
}
"""Step → what it takes off, where the step's own name does not say it."""


def portfolio_findings(
    frame: pd.DataFrame,
    made: Mapping[str, pd.DataFrame],
    drawn: Mapping[str, np.ndarray],
    *,
    currency: str,
    terms: Terms,
    about: Mapping[str, str],
    fiscal: tuple[int, int],
    stays: str = "",
    doubt: str = "",
) -> Iterator[Finding]:
    """What all cases claim together, in which year, after which steps, resting on what; what sharing takes off.

    `made` holds the result's tables; `about` says what each row is about (`case_words.subjects`); `fiscal` is the
    first and last month (index) of the fiscal year meant, `stays` the table that tells how long customers stay
    where a case rests on it; `doubt` says which haircut was taken off.
    """
    if frame.empty:
        return
    say = _Say(currency, terms, (*SOURCES, stays) if stays else SOURCES)
    names = {str(i): short(n, 40) for i, n in zip(frame["initiative"], frame["name"], strict=True)}
    live = frame[(frame["case"] == "assessed") & (frame["status"] != "stopped")]
    if len(live):
        yield _total(say, live, frame, drawn, doubt)
        yield _years(say, live, fiscal)
        if (live["pv_benefit"] > 0).any():
            yield _steps(say, live, made["steps"])
        if len(made["tornado_all"]):
            owners = dict(zip(made["inputs"]["input"], made["inputs"]["initiative"].map(names), strict=True))
            told = [label(i, about, of=owners.get(i, "")) for i in made["tornado_all"]["input"]]
            yield _rests(say, made["tornado_all"].assign(label=told))
    ranked = live.dropna(subset=["rank"]).sort_values("rank")
    if len(ranked) > 1:
        yield _ranking(say, ranked, names)
    for pool, part in made["pools"].groupby("pool", sort=True):
        yield _shared(say, str(pool), part, names)
    for (driver, base), part in made["overlaps"].groupby(["driver", "base_unit"], sort=True):
        yield _overlap(say, str(driver), str(base), part, names)


class _Say:
    """Findings about all cases, on the same terms."""

    def __init__(self, currency: str, terms: Terms, sources: tuple[str, ...]) -> None:
        self.currency = currency
        self.sources = sources
        self.terms = terms
        self.months = terms.horizon.months

    def __call__(self, id: str, **fields: Any) -> Finding:
        base: dict[str, Any] = {"stage": "quantify", "grade": "E", "sources": self.sources, "unit": "money"}
        base |= {"currency": self.currency, "period": f"{self.months} months", "definition": definition("npv").tag}
        return Finding.model_validate({"id": f"quantify.cases.{id}", **base, **fields})

    def money(self, value: float) -> str:
        return money(value, self.currency)


def _total(say: _Say, live: pd.DataFrame, frame: pd.DataFrame, drawn: Mapping[str, np.ndarray], doubt: str) -> Finding:
    total = math.fsum(live["npv"])
    varying = [(i, drawn[i]) for i in live["initiative"] if len(drawn[i])]
    fixed = math.fsum(v for i, v in zip(live["initiative"], live["npv"], strict=True) if not len(drawn[i]))
    ends: list[float] | list[None] = [None, None]
    chance = ""
    if varying:
        together = fixed + np.sum([d for _, d in varying], axis=0)
        ends = np.quantile(together, [0.1, 0.9]).tolist()
        chance = f" Positive in {share_of(float((together > 0).mean()))} draws"
        chance += f", whose mean is {say.money(float(together.mean()))}."
    left = len(frame) - len(live)
    one, lacks = ("one", "lacks") if left == 1 else (str(left), "lack")
    more = (
        f" Not counted: {one} that {lacks} a cost, a benefit or a margin, or {'was' if left == 1 else 'were'} stopped."
    )
    verb = ("is" if len(live) == 1 else "are") if total >= 0 else "loses" if len(live) == 1 else "lose"
    claim = f"{verb} worth {say.money(total)}" if total >= 0 else f"{verb} {say.money(-total)}"
    which = f"The {len(live)} cases that can be valued" if len(live) > 1 else "The one case that can be valued"
    return say(
        "total",
        title=f"{which} {claim} net over {say.months} months, as claimed",
        detail="Claims, not proof; only cash is counted, shared claims once, each risk once; "
        f"{say.terms.words}.{f' {doubt}' if doubt else ''}{chance}{more if left else ''}",
        value=total,
        low=ends[0],
        high=ends[1],
        level=LEVEL,
        about="P10 to P90 of the stated ranges, drawn together" if varying else "no range stated",
        n=len(live),
        weight=abs(total) * 12 / say.months,
    )


def _years(say: _Say, live: pd.DataFrame, fiscal: tuple[int, int]) -> Finding:
    """In-year, run-rate and one-off money apart."""
    sums = {c: math.fsum(live[c]) for c in ("in_year_benefit", "in_year_cost", "run_rate_benefit", "run_rate_cost")}
    once = {c: math.fsum(live[c]) for c in ("one_off_benefit", "one_off_cost_ahead")}
    first, last = (say.terms.horizon.month(i) for i in fiscal)
    year = f"{first:%Y-%m} to {last:%Y-%m}"
    gain, spent = say.money(sums["in_year_benefit"]), say.money(sums["in_year_cost"])
    detail = f"At full ramp, a year brings {say.money(sums['run_rate_benefit'])} for "
    detail += f"{say.money(sums['run_rate_cost'])} of running cost, at today's prices. "
    detail += f"Paid once and still ahead: {say.money(once['one_off_cost_ahead'])}"
    brief = f"; received for a year or less: {say.money(once['one_off_benefit'])}"
    detail += f"{brief}." if once["one_off_benefit"] else "."
    net = sums["in_year_benefit"] - sums["in_year_cost"]
    brings = f"the {len(live)} cases together bring {gain} and cost {spent}"
    if len(live) == 1:
        brings = f"the one case brings {gain} and costs {spent}"
    return say(
        "in_year",
        title=f"In the fiscal year {year}, {brings}, net {say.money(net)}, as claimed",
        detail=f"{detail} Cash alone, before tax, not discounted.",
        value=net,
        about="no interval; expected flows of twelve months",
        n=len(live),
        period=year,
    )


def _steps(say: _Say, live: pd.DataFrame, steps: pd.DataFrame) -> Finding:
    """What is left of the bare claims after every step."""
    mine = steps[steps["initiative"].isin(live["initiative"])]
    sums = mine.groupby(["order", "step"], sort=True)[["npv", "change"]].sum().reset_index()
    bare, left = float(sums["npv"].iloc[0]), float(sums["npv"].iloc[-1])
    taken = sums[(sums["order"] > 1) & (sums["change"] < 0)]
    largest = taken.sort_values(["change", "order"]).head(3).to_dict("records")
    told = listing([f"{TAKES.get(r['step'], r['step'])} ({say.money(-r['change'])})" for r in largest])
    net = f"{say.money(left)} is left" if left >= 0 else f"a loss of {say.money(-left)} is left"
    return say(
        "steps",
        title=f"Of {say.money(bare)} claimed at face value, {net} after every deduction and cost",
        detail=f"Most is taken off by {told}." if told else "No step takes anything off.",
        value=left,
        about="no interval; arithmetic on stated claims",
        n=len(live),
    )


def _rests(say: _Say, tornado: pd.DataFrame) -> Finding:
    """The input that moves the total most."""
    top = tornado.iloc[0]
    low, high = sorted((float(top["low_value"]), float(top["high_value"])))
    rest = listing([f"{r['label']} ({say.money(r['swing'])})" for r in tornado.iloc[1:4].to_dict("records")])
    return say(
        "sensitivity",
        title=f"The total rests most on the {top['label']}: between its low and its high end the total moves by "
        f"{say.money(float(top['swing']))}",
        detail=f"From {say.money(low)} to {say.money(high)}: that input at its P10 and P90, all else at its mean."
        + (f" Next: {rest}." if rest else ""),
        value=float(top["swing"]),
        about="no interval; one input moved, the others at their means",
        n=len(tornado),
    )


def _ranking(say: _Say, ranked: pd.DataFrame, names: Mapping[str, str]) -> Finding:
    first = ranked.iloc[0]
    back = say.money(float(first["pv_benefit"]) / float(first["pv_cost"]))
    order = listing(
        [f"{names[i]} {quantity(r, 'multiple')}" for i, r in zip(ranked["initiative"], ranked["romi"], strict=True)],
        most=6,
    )
    return say(
        "ranking",
        title=f"As claimed, {names[first['initiative']]} returns most: {back} for every {unit(say.currency)} it costs",
        detail=f"Net gain over cost (ROMI): {order}.",
        value=float(first["romi"]),
        unit="ratio",
        currency="",
        about="no interval; see each case",
        n=len(ranked),
        definition=definition("romi").tag,
    )


def _shared(say: _Say, pool: str, part: pd.DataFrame, names: Mapping[str, str]) -> Finding:
    who = listing([names[i] for i in part["initiative"]])
    lost = math.fsum(part["lost_pv"])
    each = listing([f"{names[i]} {say.money(v)}" for i, v in zip(part["initiative"], part["lost_pv"], strict=True)])
    return say(
        "shared",
        title=f"{who} claim the same gain ({short(pool, 40)}); counted once, {say.money(lost)} of it disappears",
        detail=f"Together they keep the largest single claim, each the same share of its own. Lost: {each}.",
        value=lost,
        about="no interval; arithmetic on stated claims",
        n=len(part),
        sources=("benefits",),
        subject=pool,
        tone="bad",
        weight=lost * 12 / say.months,
    )


def _overlap(say: _Say, driver: str, base: str, part: pd.DataFrame, names: Mapping[str, str]) -> Finding:
    who = listing([names[i] for i in part["initiative"]])
    stake = float(part["at_stake_pv"].iloc[0])
    each = listing([f"{names[i]} {say.money(v)}" for i, v in zip(part["initiative"], part["claimed_pv"], strict=True)])
    cash = "" if set(part["kind"]) == {"cashable"} else " Not all of it is cash."
    return say(
        "overlap",
        title=f"{who} {'all' if len(part) > 2 else 'both'} claim {MOVES[driver]} on the same base "
        f"({short(base, 40)}); if it is one gain, {say.money(stake)} of it is counted twice",
        detail="Nothing is taken off yet: let their rows name the same shared claim, or say why they differ. "
        f"Claimed: {each}.{cash}",
        value=stake,
        about="no interval; what sharing would take off",
        n=len(part),
        sources=("benefits",),
        subject=f"{driver}: {base}",
        tone="unknown",
    )
