"""From an effect to a line of the P&L, with the uncertainty of the effect, of the base and of the margin."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

import pandas as pd

from cxkit import formats
from cxkit.metrics.windows import add_months, last_complete_month, month_of
from cxkit.prove import pnl_uncertainty
from cxkit.prove.effects import Experiments
from cxkit.prove.plan import Plan, missing_plan, read_plans
from cxkit.prove.pnl_lines import line_totals
from cxkit.prove.pnl_uncertainty import Money, Range
from cxkit.prove.pnl_words import finding as worded
from cxkit.prove.realised_rows import Entry, best_status, entries, same
from cxkit.prove.rows import DAY, FLAG, REAL, TEXT, frame
from cxkit.prove.units import records
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables import sheets
from cxkit.tables.engine import Tables

BRIDGE: Mapping[str, str] = {
    **dict.fromkeys(("experiment_id", "initiative_id", "name", "arm", "pnl_line"), TEXT),
    **dict.fromkeys(("value", "low", "high", "lag_months"), REAL),
    **dict.fromkeys(("status", "grade", "verdict"), TEXT),
    **dict.fromkeys(("exposed_base", "unit_margin", "line_year", "line_share"), REAL),
    **dict.fromkeys(("base_low", "base_high", "margin_low", "margin_high"), REAL),
    "visible_from": DAY,
    "visible": FLAG,
    **dict.fromkeys(("share_effect", "share_base", "share_margin", "low_p80", "high_p80"), REAL),
    "period": TEXT,
}
"""Money per year in the client's currency, positive when it is a benefit; `line_share` is of the line's last year.

`visible_from` is the first month in which it can show in the books, the test's end (or today, while it runs) plus the
lag; `visible` whether that month is over. `share_…` is the part of the variance each source brings; `low_p80` and
`high_p80` the interval if the ranges of base and margin are read as P10 to P90 instead of lowest to highest."""

UNREAD = {"blocked", "not read yet"}
"""Verdicts under which there is no effect to speak of."""


class PnlBridge(Result):
    """Effects as money on P&L lines, per year of a full roll-out.

    Table `bridge`, one row per experiment and arm. Rows are claims on their own and are never added up: several may
    claim the same customers, and only finance can say which part was validated or booked.
    """

    stage: ClassVar[str] = "prove"
    name: ClassVar[str] = "pnl"


def pnl_bridge(tables: Tables, experiments: Experiments, quasi: Result | None = None) -> PnlBridge:
    """Effect × units a roll-out would reach in a year × margin per unit of the metric, with the interval of all three.

    The sign is that of the benefit: less of what should fall is positive. Ranges of base and margin are read as PERT
    between their ends (`pnl_uncertainty`); without a range the interval carries the effect alone, and says so. `quasi`
    adds effects of designs without a draw: any result with a table `effects` of the same columns, of which those of an
    experiment that `experiments` has not assessed are taken. A row is *claimed* until the sheet `realised` holds a row
    of its initiative and line that a finance role signed on a day; then it is *validated* or *booked*.
    """
    if missing := missing_plan(tables):
        return PnlBridge(as_of=tables.as_of, gaps=(_gap(None, "No hypothesis was registered.", missing),))
    effects = _effects(experiments, quasi)
    if effects.empty:
        return PnlBridge(as_of=tables.as_of, gaps=(_gap(None, "No effect was assessed.", ()),))
    plans = {plan.experiment_id: plan for plan in read_plans(tables)}
    lines, ranges, signed = line_totals(tables), _ranges(tables), entries(tables)
    rows: list[dict[str, Any]] = []
    findings: list[Finding] = []
    gaps: list[Gap] = []
    arms = effects.groupby("experiment_id")["arm"].transform("size")
    for row, several in zip(records(effects), arms > 1, strict=True):
        plan = plans.get(row["experiment_id"])
        if plan is None or row["verdict"] in UNREAD or pd.isna(row["effect"]):
            continue
        absent = tuple(c for c in ("exposed_base", "unit_margin", "pnl_line") if getattr(plan, c) is None)
        if absent:
            if not any(g.subject == plan.experiment_id for g in gaps):
                needs = (Missing(name="experiments", columns=absent, why="empty for this experiment"),)
                gaps.append(_gap(plan, f"{formats.listing(list(absent))} were not registered.", needs))
            continue
        level = float(row["level"]) if not pd.isna(row["level"]) else experiments.level
        entry = _row(plan, row, lines, ranges.get(plan.experiment_id, {}), as_of=tables.as_of, level=level)
        entry["status"] = best_status(signed, plan.initiative_id, plan.pnl_line)
        rows.append(entry)
        unsigned = _unsigned(signed, plan)
        findings.append(
            worded(plan, entry, row, several=several, currency=tables.currency, level=level, unsigned=unsigned)
        )
    return PnlBridge(
        as_of=tables.as_of, findings=tuple(findings), gaps=tuple(gaps), tables={"bridge": frame(rows, BRIDGE)}
    )


def _effects(experiments: Experiments, quasi: Result | None) -> pd.DataFrame:
    found = experiments.frame("effects") if experiments.has("effects") else pd.DataFrame()
    if quasi is not None and quasi.has("effects"):
        more = quasi.frame("effects")
        if len(found):
            more = more[~more["experiment_id"].isin(set(found["experiment_id"]))]
        found = more if found.empty else pd.concat([found, more.reindex(columns=found.columns)]) if len(more) else found
    return found if found.empty else found.sort_values(["experiment_id", "arm"]).reset_index(drop=True)


def _ranges(tables: Tables) -> dict[str, dict[str, Any]]:
    """Registered ranges of base and margin by experiment."""
    return {str(row["experiment_id"]): row for row in sheets.rows(tables, "experiments") if row["experiment_id"]}


def _row(
    plan: Plan, row: dict[str, Any], lines: dict[str, float], given: Mapping[str, Any], *, as_of: date, level: float
) -> dict[str, Any]:
    value = plan.money(row["effect"])
    yearly = lines.get(same(plan.pnl_line))
    base, margin = (
        Range(getattr(plan, name) or 0.0, given.get(f"{name}_low"), given.get(f"{name}_high"))
        for name in ("exposed_base", "unit_margin")
    )
    ends = sorted(plan.better * row[end] for end in ("low", "high"))
    pert, p80 = (
        pnl_uncertainty.product(plan.better * row["effect"], ends[0], ends[1], base, margin, level=level, read=read)
        for read in pnl_uncertainty.READS
    )
    visible = _visible_from(plan, as_of)
    return {
        "experiment_id": plan.experiment_id,
        "initiative_id": plan.initiative_id,
        "name": plan.name,
        "arm": row["arm"],
        "pnl_line": plan.pnl_line,
        "value": value,
        "low": pert.low,
        "high": pert.high,
        "lag_months": plan.lag_months,
        "grade": row["grade"],
        "verdict": row["verdict"],
        "exposed_base": plan.exposed_base,
        "unit_margin": plan.unit_margin,
        "line_year": yearly,
        "line_share": value / abs(yearly) if value is not None and yearly else None,
        **_ends("base", base),
        **_ends("margin", margin),
        "visible_from": visible,
        "visible": None if visible is None else visible <= last_complete_month(as_of),
        **_shares(pert),
        "low_p80": p80.low,
        "high_p80": p80.high,
        "period": row["period"],
    }


def _ends(name: str, of: Range) -> dict[str, float | None]:
    low, high = of.ends if of.varies else (None, None)
    return {f"{name}_low": low, f"{name}_high": high}


def _shares(of: Money) -> dict[str, float]:
    return {name: getattr(of, name) for name in ("share_effect", "share_base", "share_margin")}


def _visible_from(plan: Plan, as_of: date) -> date | None:
    """First month in which it can show in the books: the test's end, or today while it runs, plus the lag."""
    if plan.lag_months is None:
        return None
    ended = plan.ended if plan.ended is not None and plan.ended <= as_of else as_of
    return add_months(month_of(ended), math.ceil(plan.lag_months))


def _unsigned(signed: Sequence[Entry], plan: Plan) -> list[Entry]:
    """Rows of this initiative and line that say more than anybody of finance signed."""
    return [
        e
        for e in signed
        if e.initiative_id == plan.initiative_id and same(e.pnl_line) == same(plan.pnl_line) and e.status != e.stated
    ]


def _gap(plan: Plan | None, reason: str, needs: tuple[Missing, ...]) -> Gap:
    return Gap(
        id="prove.pnl",
        what="What proven effects mean on the P&L" if plan is None else f"What {plan.name} means on the P&L",
        reason=reason[0].upper() + reason[1:],
        needs=needs,
        initiative=plan.initiative_id if plan else None,
        subject=plan.experiment_id if plan else None,
    )
