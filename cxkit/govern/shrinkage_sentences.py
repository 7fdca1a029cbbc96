"""Shrunk effects in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from cxkit.formats import interval, listing, money, quantity
from cxkit.govern.reading import Row
from cxkit.records import Finding
from cxkit.tables.sheets import short

SOURCES = ("experiments", "assignments", "outcomes", "benefits")
MOVED = 0.1
"""A factor that moves by less than a tenth of the claim under other priors is called firm."""


def findings(rows: Sequence[Row], groups: Sequence[Row], priors: Sequence[Row], currency: str) -> list[Finding]:
    """How much the effects in force shrink together, what each group shows, and each initiative's factor."""

    def say(id: str, title: str, **more: Any) -> Finding:
        base: dict[str, Any] = {"stage": "govern", "unit": "ratio", "currency": currency, "sources": SOURCES}
        return Finding.model_validate(base | {"id": f"govern.shrinkage.{id}", "title": title} | more)

    if not rows:
        return []
    found = [_together(say, rows, priors, currency)]
    found += [_group(say, row, rows) for row in groups]
    found += [_initiative(say, row, priors, currency) for row in rows]
    return [one for one in found if one is not None]


def _together(say: Any, rows: Sequence[Row], priors: Sequence[Row], currency: str) -> Finding | None:
    force = [row for row in rows if row["in_force"]]
    if not force:
        return None
    before = math.fsum(row["tested"] for row in force)
    after = math.fsum(row["shrunk"] * row["claimed"] for row in force)
    claimed = math.fsum(row["claimed"] for row in force)
    change, one = after - before, len(force) == 1
    if abs(change) < 0.005 * max(abs(before), 1e-9):
        moved = "stays as it was found" if one else "stay as they were found together"
    else:
        verb = "shrink" if abs(after) < abs(before) else "grow" if before * after >= 0 else "turn"
        verb += "s" if one else ""
        moved = f"{verb} from {money(before, currency)} to {money(after, currency)} a year"
    what = "the one tested effect" if one else f"the {len(force)} tested effects"
    at = _moved(priors, force)
    firm = (
        f" Under half or twice the prior, or one that expects all of the claim, no factor moves by more than "
        f"{quantity(at, 'points')} of its claim."
        if at is not None
        else ""
    )
    return say(
        "together",
        f"Once luck is taken out, {what} that the plan rests on {moved}",
        detail=f"Of {money(claimed, currency)} a year claimed. The best result of several is partly luck, so each is "
        f"pulled towards those it can be compared with: same block, same grade of evidence. This is done once.{firm}",
        value=after / claimed,
        about="the share of the claim that remains; each factor carries its own interval",
        n=len(force),
        grade=max(row["grade"] for row in force),
        tone="neutral",
        weight=abs(change),
    )


def _moved(priors: Sequence[Row], force: Sequence[Row]) -> float | None:
    """How far any factor in force moves under another prior; None where no prior is used."""
    ids = {row["initiative_id"] for row in force}
    moves = [
        abs(row[other] - row["shrunk"])
        for row in priors
        if row["initiative_id"] in ids
        for other in ("half", "twice", "claimed_centre")
    ]
    return max(moves, default=None)


def _group(say: Any, row: Row, rows: Sequence[Row]) -> Finding:
    mine = [r for r in rows if r["group"] == row["group"]]
    name = f"{row['block']} effects of grade {row['grade']}"
    base = {"subject": row["group"], "n": row["effects"], "grade": row["grade"]}
    if row["effects"] == 1:
        only = short(mine[0]["initiative"], 40)
        return say(
            "group",
            f"{only} is the only tested {row['block']} effect of grade {row['grade']}: nothing can be compared with it",
            detail="It is pulled towards the prior alone (about half of what was claimed, give or take a half). "
            "That is an assumption, not a finding; the table shows other priors.",
            about="a single effect, so there is no mean of a group",
            **base,
        )
    how = (
        "Their spread is taken from the effects themselves."
        if row["method"] == "empirical Bayes"
        else "They are too few to tell their spread alone, so a weak prior helps; the table shows other priors."
    )
    return say(
        "group",
        f"Tested {name} bring {quantity(row['mean'], 'ratio')} of what was claimed on average",
        detail=f"True effects differ among each other by about {quantity(row['spread'], 'points')} of the claim; an "
        f"effect's own result counts {quantity(row['weight'], 'ratio')}, the mean the rest. {how}",
        value=row["mean"],
        low=row["mean_low"],
        high=row["mean_high"],
        about="the mean of the group, as a share of what was claimed",
        **base,
    )


def _initiative(say: Any, row: Row, priors: Sequence[Row], currency: str) -> Finding:
    name = short(row["initiative"], 50)
    worth = row["shrunk"] * row["claimed"]
    moves = _moved(priors, [row])
    doubt = (
        f" Under other priors the share moves by up to {quantity(moves, 'points')}."
        if moves is not None and moves > MOVED
        else ""
    )
    why = (
        f"Evidence of grade {row['grade']} is too weak for it"
        if row["outcome"] == "weak"
        else "The test settles nothing"
    )
    plan = "" if row["in_force"] else f" {why}, so the plan still rests on the claim."
    return say(
        "initiative",
        f"{name} is taken to bring {quantity(row['shrunk'], 'ratio')} of its claim, where its test alone showed "
        f"{quantity(row['raw'], 'ratio')}",
        detail=f"{money(worth, currency)} a year instead of {money(row['tested'], currency)}; test alone "
        f"{interval(row['raw_low'], row['raw_high'], 'ratio')}. Its own result counts "
        f"{quantity(row['weight'], 'ratio')}, {_pulled(row)}.{doubt}{plan}",
        value=row["shrunk"],
        low=row["low"],
        high=row["high"],
        about="the share of the claim that it will bring",
        n=row["n_group"],
        grade=row["grade"],
        initiative=row["initiative_id"],
        subject=row["experiment_id"],
        weight=abs(worth - row["tested"]) if row["in_force"] else 0.0,
    )


def _pulled(row: Row) -> str:
    """What the rest of the weight goes to."""
    if row["n_group"] == 1:
        return "the prior the rest: nothing can be compared with it"
    return f"the mean of {row['n_group']} comparable effects the rest"


def plan_finding(rows: Sequence[Row], regret: float | None, currency: str) -> dict[str, Any]:
    """Title, detail and value of how the plan on shrunk effects differs from the one on raw effects."""
    differs = [row for row in rows if row["differs"]]
    names = listing([short(row["initiative"], 40) for row in differs])
    cost = (
        f" On shrunk values it is worth {money(regret, currency)} more than the plan on raw results would be."
        if regret is not None and regret > 0.5
        else ""
    )
    if not differs:
        title = "Taking luck out of the tested effects changes no decision of the plan"
        return {"title": title, "detail": f"All {len(rows)} initiatives get the same verdict and amount.", "value": 0}
    one = len(differs) == 1
    title = f"Taking luck out of the tested effects changes {len(differs)} of {len(rows)} decisions: {names}"
    said = "; ".join(
        f"{short(r['initiative'], 40)} {r['verdict_unshrunk']} ({money(r['amount_unshrunk'] or 0.0, currency)}) → "
        f"{r['verdict']} ({money(r['amount'] or 0.0, currency)})"
        for r in differs[:4]
    )
    more = "" if len(differs) <= 4 else f" and {len(differs) - 4} more"
    lead = "It moves" if one else "They move"
    return {"title": title, "detail": f"{lead}: {said}{more}.{cost}", "value": len(differs)}
