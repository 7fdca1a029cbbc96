"""What keeps a business case from being assessed, and which sheet and column would let it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from cxkit.quantify.claims import Benefit
from cxkit.records import Gap, Missing
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import short

BENEFITS = ("initiative_id", "block", "kind", "base", "effect", "unit_value")
INVESTMENTS = ("initiative_id", "month", "amount", "kind", "status")
WHAT = "Business case"


def gaps(
    tables: Tables,
    known: pd.DataFrame,
    frame: pd.DataFrame,
    benefits: Sequence[Benefit],
    unusable: Sequence[str],
    *,
    no_curve: Missing | None,
) -> list[Gap]:
    """Every gap of the cases, the sheets first.

    `known` are the initiatives, `frame` their cases; `no_curve` says why retention could not be read, where needed.
    """
    lacks = {m.name: m for m in tables.lacking({"benefits": BENEFITS, "investments": INVESTMENTS})}
    if lacks:
        reason = f"A business case needs {' and '.join(map(str, lacks.values()))}."
        return [Gap(id="quantify.case.npv", what=WHAT, reason=reason, needs=tuple(lacks.values()))]
    found = [gap for row in ([] if frame.empty else frame.to_dict("records")) for gap in _of(row, benefits, no_curve)]
    if unusable:
        reason = f"Benefit rows without base, effect or value claim nothing: {', '.join(unusable)}."
        needs = Missing(name="benefits", columns=BENEFITS, why="left empty")
        found.append(Gap(id="quantify.case.npv", what=WHAT, reason=reason, needs=(needs,), subject="rows"))
    live = known[~known["status"].isin(["stopped", "done"])]
    bare = sorted(set(live["initiative_id"]) - set([] if frame.empty else frame["initiative"]))
    for who in bare:
        both = (Missing(name="benefits", columns=BENEFITS), Missing(name="investments", columns=INVESTMENTS))
        name = short(known.loc[known["initiative_id"] == who, "initiative"].iloc[0], 40)
        reason = "It states neither a benefit nor a cost."
        found.append(
            Gap(id="quantify.case.npv", what=f"{WHAT} of {name}", reason=reason, needs=both, initiative=str(who))
        )
    return found


def _of(row: dict[Any, Any], benefits: Sequence[Benefit], no_curve: Missing | None) -> list[Gap]:
    who, name = str(row["initiative"]), short(row["name"])
    mine = [b for b in benefits if b.initiative == who]

    def gap(id: str, reason: str, needs: Missing) -> list[Gap]:
        return [Gap(id=id, what=WHAT, reason=reason, needs=(needs,), initiative=who)]

    if row["case"] == "no cost stated":
        reason = f"{name} states benefits and no cost; a case without its cost is half a case."
        needs = Missing(name="investments", columns=INVESTMENTS, why=f"no cost of {who}")
        return gap("quantify.case.npv", reason, needs)
    if row["case"] == "no margin":
        rows = ", ".join(b.benefit for b in mine if b.margin is None)
        reason = f"{name} counts revenue without a contribution margin ({rows}); revenue is not value."
        needs = Missing(name="benefits", columns=("margin",), why=f"no contribution margin for {rows}")
        return gap("quantify.case.margin", reason, needs)
    if row["case"] == "no survival":
        rows = ", ".join(b.benefit for b in mine if not b.known)
        reason = f"{name} values kept customers by how long they stay ({rows}), and that cannot be read from the data."
        needs = no_curve or Missing(name="revenue", columns=("account_id", "month", "mrr"))
        return gap("quantify.case.survival", reason, needs)
    return []
