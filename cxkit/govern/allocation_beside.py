"""The plan's risk, how firm it is, what a little more or less money does, and the plain ranking by ROMI, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from cxkit.formats import listing, money, quantity
from cxkit.govern.reading import Row
from cxkit.records import Finding
from cxkit.tables.sheets import short

FIRM = 0.8
"""An initiative that has money in fewer redraws than this is named as one whose place is not firm."""


def beside(say: Any, plan: Sequence[Row], ranked: Sequence[Row], around: Sequence[Row], given: Any) -> list[Finding]:
    """Findings that stand beside the plan; those that have nothing to say are left out."""
    found = [_risk(say, given), _budget(say, around, given), _ranking(say, ranked, given), _firm(say, plan)]
    if not given.solved.optimal:
        gap = given.solved.gap
        found.append(
            say(
                "unproven",
                f"The plan is not proven to be the best within the time allowed: a better one could be worth up to "
                f"{money(gap, given.currency)} more",
                detail="It holds every limit; only the search for a better one was broken off.",
                value=gap,
                tone="unknown",
            )
        )
    return [one for one in found if one is not None]


def _risk(say: Any, given: Any) -> Finding | None:
    """Average loss in the worst scenarios, on the draws of the plan and on fresh ones."""
    values = given.solved.values
    if float(values.std()) <= 1e-9 * max(1.0, abs(float(values.mean()))):
        return None
    share, currency = given.limits.share, given.currency
    own, fresh, limit = given.solved.loss(share), given.fresh, given.limits.risk

    def words(loss: float) -> str:
        return f"loses {money(loss, currency)}" if loss > 0 else f"still gains {money(-loss, currency)}"

    held = limit is None or fresh <= limit + 0.005
    against = ""
    if limit is not None:
        against = (
            f", within the limit of {money(limit, currency)}"
            if held
            else f", over the limit of {money(limit, currency)}"
        )
    tight = ""
    if limit is not None and given.used < limit:
        tight = f" The limit was tightened to {money(given.used, currency)} until fresh draws held it as well."
    return say(
        "risk",
        f"In the worst {quantity(share, 'probability')} of scenarios the plan {words(fresh)} on average{against}",
        detail=f"On {given.draws:,} fresh joint draws; on those it was made with it {words(own)}.{tight}",
        value=fresh,
        n=given.draws,
        about="average loss in the worst share of scenarios; below nothing is a gain",
        tone="neutral" if limit is None else "good" if held else "bad",
    )


def _budget(say: Any, around: Sequence[Row], given: Any) -> Finding | None:
    rows = {row["change"]: row for row in around if row["change"]}
    if not rows:
        return None
    said = []
    for change, row in sorted(rows.items()):
        worth = money(row["npv_change"], given.currency, signed=True) if row["feasible"] else ""
        what = f"{row['changes']} ({worth})" if worth and row["changes"] != "nothing changes" else row["changes"]
        said.append(f"{quantity(abs(change), 'probability')} {'less' if change < 0 else 'more'}: {what}")
    more = rows[max(rows)]
    gain = more["npv_change"] if more["feasible"] else None
    same = all(row["changes"] == "nothing changes" for row in rows.values())
    title = (
        "5 % more or less money changes nothing in the plan"
        if same
        else f"5 % more money ({money(more['budget'] - given.budget, given.currency)}) would bring "
        f"{money(gain, given.currency)} more"
        if gain and gain > 0.005
        else "5 % more money would bring nothing; with 5 % less the plan changes"
    )
    return say("sensitivity", title, detail="; ".join(said) + ".", value=gain, tone="neutral")


def _ranking(say: Any, ranked: Sequence[Row], given: Any) -> Finding | None:
    """The plain ranking by ROMI beside the plan."""
    if not ranked:
        return None
    plain = {row["initiative_id"] for row in ranked if row["by_ranking"]}
    other = [row for row in ranked if bool(row["by_ranking"]) != (row["amount"] > 0)]
    if not other:
        return say(
            "ranking",
            "A plain ranking by return on the money asked for funds the same initiatives as the plan",
            detail="Return is the expected go-forward value over the money still asked for.",
            value=math.nan if not ranked else ranked[0]["romi"],
            unit="ratio",
            currency="",
            n=len(ranked),
        )
    worth = float(given.programme.of(_whole(given.programme, plain)).mean())
    apart = given.solved.mean() - worth
    breaks = _broken(given, plain)
    return say(
        "ranking",
        f"A plain ranking by return would fund {len(plain)} and be worth {money(abs(apart), given.currency)} "
        f"{'less' if apart >= 0 else 'more'} than the plan"
        + (
            f", and break {listing(breaks)}"
            if breaks
            else ""
            if apart >= 0
            else ", by giving claims the money of proof"
        ),
        detail="; ".join(f"{short(row['initiative'], 40)}: {row['why']}" for row in other if row["why"]) + ".",
        value=apart,
        n=len(ranked),
    )


def _whole(programme: Any, ids: set[str]) -> dict[str, Any]:
    return {c.id: c.levels[-1] for c in programme.candidates if c.id in ids}


def _broken(given: Any, plain: set[str]) -> list[str]:
    """Limits that the plain ranking does not keep."""
    levels, limits = _whole(given.programme, plain), given.limits
    made = []
    if any(c.must and c.id not in levels for c in given.programme.candidates):
        made.append("what must be kept")
    if limits.people is not None and sum(level.people for level in levels.values()) > limits.people:
        made.append("the limit of people")
    if any(a in levels and b not in levels for a, b in limits.depends):
        made.append("what depends on what")
    if any(a in levels and b in levels for a, b in limits.excludes):
        made.append("what excludes what")
    if limits.risk is not None:
        loss = type(given.solved)(levels, given.programme.of(levels)).loss(limits.share)
        made += ["the risk limit"] if loss > limits.risk else []
    return made


def _firm(say: Any, plan: Sequence[Row]) -> Finding | None:
    """Which places in the plan hang on what the cases turn out to be worth."""
    known = [row for row in plan if row["stability"] is not None and row["amount"] > 0]
    if not known:
        return None
    loose = sorted(
        (row for row in known if row["stability"] < FIRM), key=lambda r: (r["stability"], r["initiative_id"])
    )
    title = (
        f"{len(loose)} of {len(known)} places in the plan {'hangs' if len(loose) == 1 else 'hang'} "
        "on how the cases turn out"
        if loose
        else f"All {len(known)} places in the plan hold when the cases are drawn anew"
    )
    names = listing([f"{short(row['initiative'], 40)} ({quantity(row['stability'], 'probability')})" for row in loose])
    return say(
        "stability",
        title,
        detail=(f"In fewer than {quantity(FIRM, 'probability')} of redraws with money: {names}. " if loose else "")
        + "A redraw takes one joint draw of all cases as what they are worth and gives out the money anew.",
        value=len(loose),
        unit="count",
        currency="",
        n=len(known),
        tone="neutral",
    )
