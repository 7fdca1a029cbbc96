"""What tested effects are worth once luck is taken out of them: shrunk within groups that can be compared.

What is shrunk is the money a year that a test found ÷ the money a year that the case claims: a number without a unit.
Groups are a block (revenue, cost, risk) × a grade of evidence. Grades do not share a mean: how far a weaker design
leans is not known, so any discount between grades would be a guess that looks like a result. All tests with money count
in their group, those that could not tell too: a mean of winners alone would be the curse itself. Within a group
`shrinkage_methods` takes over. This is the correction for the winner's curse, and the only one: the shrunk factor
replaces the raw one in the portfolio, and nothing else is taken off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

from scipy.stats import norm

from cxkit.govern.reading import Row, finding_about, records
from cxkit.govern.shrinkage_methods import (
    CENTRE,
    FEWEST,
    MEAN_SCALE,
    SPREAD_SCALE,
    Z95,
    Shrunk,
    empirical_bayes,
    full_bayes,
)
from cxkit.govern.shrinkage_sentences import findings
from cxkit.records import Gap, Missing, Result
from cxkit.tables.sheets import Kind, short, table

BLOCKS = ("revenue", "cost", "risk")
EFFECTS: Mapping[str, Kind] = {
    **dict.fromkeys(("initiative_id", "initiative", "experiment_id", "outcome", "block", "grade", "group"), "text"),
    "in_force": "boolean",
    **dict.fromkeys(("claimed", "tested", "raw", "raw_low", "raw_high", "raw_sd"), "number"),
    **dict.fromkeys(("shrunk", "low", "high", "sd", "shared", "weight"), "number"),
    "n_group": "integer",
    "method": "text",
}
"""`claimed` and `tested` are money a year; `raw` = tested ÷ claimed and `shrunk` what stands in its place, with 95 %
intervals; `weight` is that of its own result; `shared` the part of `sd` that it shares with its group; `in_force` says
whether the test's effect stands in place of the claim (proven or disproven), so that its factor moves the plan."""
GROUPS: Mapping[str, Kind] = {
    **dict.fromkeys(("group", "block", "grade", "method"), "text"),
    "effects": "integer",
    **dict.fromkeys(("mean", "mean_low", "mean_high", "spread", "weight"), "number"),
}
PRIORS: Mapping[str, Kind] = {
    **dict.fromkeys(("initiative_id", "initiative", "group"), "text"),
    **dict.fromkeys(("raw", "shrunk", "half", "twice", "claimed_centre"), "number"),
}
"""Shrunk factors under other priors, groups with fewer than 20 effects alone: half and twice the scale of both, and a
mean that is centred on all that was claimed."""
LAW = (
    "Effects of one block and one grade share a mean, no others do. From 20 effects on their spread is taken from "
    "themselves; with fewer a full Bayesian model is used whose prior says: about half of what was claimed, give or "
    "take a half. Tests that could not tell count in the mean. Nothing else is taken off for luck."
)


class Shrinkage(Result):
    """Tested effects, as shares of what was claimed, before and after they are pulled together.

    Tables: `effects` (one row per initiative whose test that counts has money on it), `groups` (block × grade),
    `priors` (how the shrunk factor moves under other priors).
    """

    stage: ClassVar[str] = "govern"
    name: ClassVar[str] = "shrinkage"

    currency: str = ""
    seed: int = 0
    law: str = LAW


def shrinkage(ledger: Result, cases: Result | None, bridge: Result | None, *, seed: int = 0) -> Shrinkage:
    """Shrink the tested effects of the ledger's initiatives within their groups.

    `ledger` is read for the test that counts, its money and its grade, `cases` for the yearly claim by block (table
    `rows`), `bridge` for the level of the interval. Nothing is drawn: `seed` is recorded because every step that
    depends on chance elsewhere takes one. What cannot be shrunk (no claim to compare with, no interval) is a gap.
    """
    currency = getattr(cases, "currency", "") or next((f.currency for f in ledger.findings if f.currency), "")
    claims = _claims(cases)
    given: list[Row] = []
    gaps: list[Gap] = []
    for row in records(ledger, "initiatives"):
        if row["realised_value"] is None:
            continue
        one = _effect(row, claims.get(row["initiative_id"], {}), bridge)
        if isinstance(one, Gap):
            gaps.append(one)
        else:
            given.append(one)
    if not given:
        gaps.insert(0, _nothing())
    done: list[Row] = []
    groups: list[Row] = []
    priors: list[Row] = []
    for name in sorted({row["group"] for row in given}):
        mine = [row for row in given if row["group"] == name]
        pulled = pull([r["raw"] for r in mine], [r["raw_sd"] for r in mine])
        done += _filled(mine, pulled)
        groups.append(_group(mine, pulled))
        priors += _priors(mine, pulled)
    done.sort(key=lambda r: r["initiative_id"])
    return Shrinkage(
        as_of=ledger.as_of,
        currency=currency,
        seed=seed,
        findings=tuple(findings(done, groups, priors, currency)),
        gaps=tuple(gaps),
        tables={"effects": table(done, EFFECTS), "groups": table(groups, GROUPS), "priors": table(priors, PRIORS)},
    )


def pull(values: Sequence[float], sds: Sequence[float], *, centre: float = CENTRE, scale: float = 1.0) -> Shrunk:
    """One group's factors, by the method that their number asks for; `scale` multiplies the prior's two scales.

    >>> pull([1.0] * 20, [0.1] * 20).method, pull([1.0] * 19, [0.1] * 19).method
    ('empirical Bayes', 'full Bayes')
    """
    variances = [sd**2 for sd in sds]
    if len(values) >= FEWEST:
        return empirical_bayes(values, variances)
    return full_bayes(
        values, variances, centre=centre, mean_scale=scale * MEAN_SCALE, spread_scale=scale * SPREAD_SCALE
    )


def _claims(cases: Result | None) -> dict[str, dict[str, float]]:
    """Money a year that each initiative claims, by block."""
    found: dict[str, dict[str, list[float]]] = {}
    for row in records(cases, "rows"):
        block = row.get("block") or "revenue"
        found.setdefault(row["initiative"], {}).setdefault(block, []).append(row["yearly"] or 0.0)
    return {i: {block: math.fsum(parts) for block, parts in blocks.items()} for i, blocks in found.items()}


def _effect(row: Row, claims: Mapping[str, float], bridge: Result | None) -> Row | Gap:
    """One tested effect as a share of its claim, or why it is none."""
    id_, name = row["initiative_id"], short(row["initiative"], 40)
    claimed = math.fsum(claims.values())
    value, low, high = (row[f"realised_{end}"] for end in ("value", "low", "high"))
    if claimed <= 0:
        reason = f"{name} was tested, but no yearly benefit is claimed that its effect could be held against."
        return _gap(id_, name, reason, (Missing(name="benefits", why="no row of this initiative"),))
    if low is None or high is None or not high > low:
        reason = f"The tested effect of {name} has no interval, so nobody can say how much of it may be luck."
        return _gap(id_, name, reason, ())
    lines = [r for r in records(bridge, "bridge") if r["initiative_id"] == id_ and r["value"] == value]
    line = min(lines, key=lambda r: (str(r["experiment_id"]), str(r.get("arm"))), default={})
    said = finding_about(bridge, "prove.pnl", id_, line.get("experiment_id"), line.get("arm"))
    width = _half_width(said.level if said is not None else 0.95)
    block = max(BLOCKS, key=lambda b: (claims.get(b, 0.0), -BLOCKS.index(b)))
    sd = (high - low) / (2 * width * claimed)
    raw = value / claimed
    return {
        "initiative_id": id_,
        "initiative": row["initiative"],
        "experiment_id": line.get("experiment_id"),
        "outcome": row["outcome"],
        "block": block,
        "grade": row["grade"],
        "group": f"{block}, grade {row['grade']}",
        "in_force": row["outcome"] in ("proven", "disproven"),
        "claimed": claimed,
        "tested": value,
        "raw": raw,
        "raw_low": raw - Z95 * sd,
        "raw_high": raw + Z95 * sd,
        "raw_sd": sd,
    }


def _half_width(level: float) -> float:
    """Standard deviations from the middle to the end of an interval of this level."""
    return float(norm.isf((1 - level) / 2))


def _filled(rows: Sequence[Row], pulled: Shrunk) -> list[Row]:
    columns = ("shrunk", "sd", "low", "high", "weight", "shared")
    parts = zip(pulled.values, pulled.sds, pulled.lows, pulled.highs, pulled.weights, pulled.shared, strict=True)
    method = "the prior alone" if len(rows) == 1 else pulled.method
    more = {"n_group": len(rows), "method": method}
    return [row | dict(zip(columns, part, strict=True)) | more for row, part in zip(rows, parts, strict=True)]


def _group(rows: Sequence[Row], pulled: Shrunk) -> Row:
    one = len(rows) == 1
    return {
        "group": rows[0]["group"],
        "block": rows[0]["block"],
        "grade": rows[0]["grade"],
        "method": "the prior alone" if one else pulled.method,
        "effects": len(rows),
        "mean": None if one else pulled.mean,
        "mean_low": None if one else pulled.mean - Z95 * pulled.mean_sd,
        "mean_high": None if one else pulled.mean + Z95 * pulled.mean_sd,
        "spread": None if one else pulled.spread,
        "weight": math.fsum(pulled.weights) / len(rows),
    }


def _priors(rows: Sequence[Row], pulled: Shrunk) -> list[Row]:
    """The shrunk factors under other priors; none where the effects tell their spread themselves."""
    if len(rows) >= FEWEST:
        return []
    values, sds = [r["raw"] for r in rows], [r["raw_sd"] for r in rows]
    half, twice, claimed = pull(values, sds, scale=0.5), pull(values, sds, scale=2.0), pull(values, sds, centre=1.0)
    return [
        {name: row[name] for name in ("initiative_id", "initiative", "group", "raw")}
        | {
            "shrunk": pulled.values[n],
            "half": half.values[n],
            "twice": twice.values[n],
            "claimed_centre": claimed.values[n],
        }
        for n, row in enumerate(rows)
    ]


def _gap(initiative: str, name: str, reason: str, needs: tuple[Missing, ...]) -> Gap:
    what = f"The effect of {name} without luck"
    return Gap(id="govern.shrinkage.initiative", what=what, reason=reason, needs=needs, initiative=initiative)


def _nothing() -> Gap:
    reason = "No initiative has both a tested effect in money and a yearly claim to hold it against."
    needs = (
        Missing(name="experiments", columns=("initiative_id", "exposed_base", "unit_margin", "pnl_line")),
        Missing(name="benefits"),
    )
    return Gap(id="govern.shrinkage.together", what="Tested effects without luck", reason=reason, needs=needs)
