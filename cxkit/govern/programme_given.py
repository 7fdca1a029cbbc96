"""What the programme is given: candidates, pools and limits, from the portfolio, the list of initiatives and cases."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cxkit.govern.programme import PEOPLE, Candidate, Level, Limits, Pool
from cxkit.govern.reading import Row, records
from cxkit.govern.verdicts import losing
from cxkit.records import Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import rows as sheet

STEPS = 4
"""Levels offered between the least at which an initiative works and all it asks for."""
RUNS = ("running", "done")


@dataclass(frozen=True)
class Asked:
    """An initiative as the programme sees it, beside its row of the portfolio."""

    row: Row
    need: float
    people: float = 0.0
    switching: float = 0.0
    depends: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    runs: bool = False
    """Whether work is going on now."""
    stays: bool = False
    """Whether it goes on without money from this budget."""


@dataclass(frozen=True)
class Given:
    """All that does not change with the scenarios."""

    asked: Mapping[str, Asked]
    done: frozenset[str] = frozenset()
    claims: Mapping[str, Mapping[str, tuple[float, float]]] = field(default_factory=dict)
    """Initiative → pool → share of its cash gain that comes from the pool, and its claim ÷ what the case keeps."""
    unknown: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Initiative → ids it depends on that are on no list or were stopped."""


def need(row: Row) -> float:
    """Money an initiative still asks for; the unspent budget of a must-keep whose costs nobody listed."""
    if row["ask"] is None and row["must_keep"]:
        return float(row["remaining"] or 0.0)
    return float(row["ask"] or 0.0)


def split(text: str | None) -> tuple[str, ...]:
    """Ids of a list in a cell.

    >>> split("I1, I2;I3"), split(None)
    (('I1', 'I2', 'I3'), ())
    """
    return tuple(dict.fromkeys(part.strip() for part in re.split(r"[,;\\n]", text or "") if part.strip()))


def given(
    portfolio: Result, tables: Tables | None, cases: Result | None, decided: Mapping[str, bool], must: frozenset[str]
) -> Given:
    """Read; `decided` says of initiatives whether a carried-out decision has them run, `must` adds to must-keeps."""
    every = [
        row | {"must_keep": bool(row["must_keep"]) or row["initiative_id"] in must}
        for row in records(portfolio, "initiatives")
    ]
    listed = {row["initiative_id"]: row for row in sheet(tables, "initiatives")} if tables is not None else {}
    asked = {}
    for row in sorted((r for r in every if r["live"]), key=lambda r: str(r["initiative_id"])):
        id_ = row["initiative_id"]
        more, amount = listed.get(id_, {}), need(row)
        runs = decided.get(id_, row["status"] == "running")
        # where the list cannot say whether it runs, nothing is charged for starting it
        switching = 0.0 if runs or not amount else float(more.get("switching_cost") or 0.0)
        asked[id_] = Asked(
            row,
            amount,
            float(more.get("people_needed") or 0.0),
            switching,
            split(more.get("depends_on")),
            split(more.get("excludes")),
            runs,
            stays=runs and not row["must_keep"] and _goes_on(row),
        )
    done = frozenset(row["initiative_id"] for row in every if row["status"] == "done")
    known = done | set(asked)
    unknown = {i: bad for i, a in asked.items() if (bad := tuple(d for d in a.depends if d not in known))}
    return Given(asked, done, _claims(cases, {row["initiative_id"]: row for row in every}), unknown)


def _goes_on(row: Row) -> bool:
    """Whether work goes on without money from the budget: nothing can be saved, or stopping costs as much."""
    if row["npv_go_forward"] is None:
        return losing(row) != "no_reason" and not need(row)
    return not need(row) or (row["npv_go_forward"] <= 0 and losing(row) == "costly_exit")


def _claims(cases: Result | None, every: Mapping[str, Row]) -> dict[str, dict[str, tuple[float, float]]]:
    """Shares of cash gains that come from pools with several claimants.

    What a test found is what the initiative brought, so it is not scaled up to its claim before sharing.
    """
    lines = [r for r in records(cases, "rows") if r.get("kind") == "cashable" and r.get("pv")]
    whole: dict[str, float] = {}
    for line in lines:
        whole[line["initiative"]] = whole.get(line["initiative"], 0.0) + line["pv"]
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for line in sorted(lines, key=lambda r: (str(r["initiative"]), str(r.get("pool")), str(r.get("benefit")))):
        id_, pool, kept = line["initiative"], line.get("pool"), line.get("share") or 1.0
        row = every.get(id_)
        if not pool or kept >= 1 or row is None or row["status"] == "stopped" or whole[id_] <= 0:
            continue
        part = found.setdefault(id_, {}).get(pool, (0.0, 1.0))[0] + line["pv"] / whole[id_]
        found[id_][pool] = (part, 1 / kept if row["basis"] == "claimed" else 1.0)
    return found


def candidates(
    g: Given, drawn: pd.DataFrame, portfolio: Result, *, only: set[str] | None = None
) -> tuple[list[Candidate], dict[str, Pool], dict[str, float]]:
    """Candidates, pools and the expected value of each initiative on its own, on these scenarios.

    `drawn` are scenarios of the go-forward NPV. An initiative that would lose is a candidate only where another one
    depends on it; what goes on without money draws from its pools whatever is decided.
    """
    rows = {row["initiative_id"]: row for row in records(portfolio, "initiatives")}
    gain = {i: drawn[i].to_numpy(float) + rows[i]["saved"] for i in drawn if i in rows}
    gain = {
        i: v + (rows[i]["factor"] * rows[i]["ahead"] - v.mean() if rows[i]["basis"] != "claimed" else 0.0)
        for i, v in gain.items()
    }
    parts = {
        i: {p: gain[i] * part * up for p, (part, up) in pools.items()} for i, pools in g.claims.items() if i in gain
    }
    names = sorted({p for one in parts.values() for p in one})
    stay = {i for i, a in g.asked.items() if a.stays} | g.done
    zero = np.zeros(len(drawn))
    pools = {
        p: Pool(
            np.max([one[p] for one in parts.values() if p in one], axis=0),
            np.sum([one[p] for i, one in parts.items() if p in one and i in stay] or [zero], axis=0),
        )
        for p in names
    }
    worth, made = {}, []
    for id_, a in g.asked.items():
        if id_ not in gain:
            if a.row["must_keep"]:
                made.append(_candidate(a, zero, {}))
            continue
        exit_cost = float(a.row["exit_cost"] or 0.0)
        mine = parts.get(id_, {})
        inside = sum((part for part, _ in g.claims.get(id_, {}).values()), 0.0)
        linear = gain[id_] * (1 - inside) - a.row["saved"] - exit_cost
        shared = sum(
            (
                np.minimum(pools[p].held + v, pools[p].size) - np.minimum(pools[p].held, pools[p].size)
                for p, v in mine.items()
            ),
            zero,
        )
        worth[id_] = float((linear + shared).mean()) + exit_cost - a.switching
        made.append(_candidate(a, linear, mine))
    wanted = _wanted(g, worth) if only is None else only
    return [c for c in made if c.id in wanted], pools, worth


def _wanted(g: Given, worth: Mapping[str, float]) -> set[str]:
    """Must-keeps, what is worth its money, and all that these depend on."""
    found = {
        i for i, a in g.asked.items() if a.row["must_keep"] or (worth.get(i, 0.0) > 0 and a.need > 0 and not a.stays)
    }
    while more := {d for i in found for d in g.asked[i].depends if _can_help(g, d, worth)} - found:
        found |= more
    return found


def _can_help(g: Given, id_: str, worth: Mapping[str, float]) -> bool:
    return id_ in worth and g.asked[id_].need > 0 and not g.asked[id_].stays


def _candidate(a: Asked, linear: np.ndarray, pools: Mapping[str, np.ndarray]) -> Candidate:
    fixed = float(a.row["exit_cost"] or 0.0) - a.switching
    least = a.row["plan_minimum"]
    shares = [1.0]
    if least is not None and 0 < least < 1 and a.need:
        shares = [least + (1 - least) * step / STEPS for step in range(STEPS + 1)]
    levels = tuple(
        Level(s, cents(s * a.need + a.switching), fixed, math.ceil(s * a.people * PEOPLE - 1e-6)) for s in shares
    )
    return Candidate(
        str(a.row["initiative_id"]), levels, linear, pools, a.row["basis"] == "proven", bool(a.row["must_keep"])
    )


def cents(amount: float) -> int:
    """Money in whole cents, rounded up."""
    return math.ceil(amount * 100 - 1e-6)


def limits(
    g: Given, candidates: Sequence[Candidate], *, budget: float, people: float | None, risk: float | None, share: float
) -> Limits:
    """The limits that hold for these candidates; what goes on without money has its people and its place already."""
    inside = {c.id for c in candidates}
    fixed = sum(math.ceil(a.people * PEOPLE - 1e-6) for a in g.asked.values() if a.stays)
    there = g.done | {i for i, a in g.asked.items() if a.stays}
    depends = [(i, d) for i in sorted(inside) for d in g.asked[i].depends if d not in there]
    pairs = {tuple(sorted((i, o))) for i, a in g.asked.items() for o in a.excludes if o != i}
    return Limits(
        cents=math.floor(budget * 100 + 1e-6),
        people=None if people is None else math.floor(people * PEOPLE + 1e-6) - fixed,
        risk=risk,
        share=share,
        depends=tuple(depends),
        excludes=tuple(sorted((a, b) for a, b in pairs if {a, b} <= inside | there and {a, b} & inside)),
    )
