"""From an effect to a line of the P&L."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pandas as pd

from cxkit import formats
from cxkit.prove.effects import Experiments
from cxkit.prove.plan import Plan, missing_plan, read_plans
from cxkit.prove.rows import REAL, TEXT, frame
from cxkit.prove.units import records
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.engine import Tables

BRIDGE: Mapping[str, str] = {
    **dict.fromkeys(("experiment_id", "initiative_id", "name", "arm", "pnl_line"), TEXT),
    **dict.fromkeys(("value", "low", "high", "lag_months"), REAL),
    **dict.fromkeys(("status", "grade", "verdict"), TEXT),
    **dict.fromkeys(("exposed_base", "unit_margin", "line_year", "line_share"), REAL),
}
"""Money per year in the client's currency, positive when it is a benefit; `line_share` is of the line's last year."""

SHOWN = {"raised", "cut", "higher", "lower"}


class PnlBridge(Result):
    """Effects as money on P&L lines, per year of a full roll-out.

    Table `bridge`, one row per experiment and arm. Rows are claims on their own and are never added up: several may
    claim the same customers, and only finance can say which part was validated or booked.
    """

    stage: ClassVar[str] = "prove"
    name: ClassVar[str] = "pnl"


def pnl_bridge(tables: Tables, experiments: Experiments) -> PnlBridge:
    """Effect × units a roll-out would reach in a year × margin per unit of the metric, with the effect's interval.

    The sign is that of the benefit: less of what should fall is positive. Base and margin are taken as registered and
    carry no interval of their own. Every row is *claimed* until a finance role has validated or booked it.
    """
    if missing := missing_plan(tables):
        return PnlBridge(as_of=tables.as_of, gaps=(_gap(None, "No hypothesis was registered.", missing),))
    if not experiments.has("effects"):
        return PnlBridge(as_of=tables.as_of, gaps=(_gap(None, "No effect was assessed.", ()),))
    plans = {plan.experiment_id: plan for plan in read_plans(tables)}
    lines = _line_totals(tables)
    rows: list[dict[str, Any]] = []
    findings: list[Finding] = []
    gaps: list[Gap] = []
    effects = experiments.frame("effects").sort_values(["experiment_id", "arm"])
    arms = effects.groupby("experiment_id")["arm"].transform("size")
    for row, several in zip(records(effects), arms > 1, strict=True):
        plan = plans[row["experiment_id"]]
        if row["verdict"] == "blocked":
            continue
        absent = tuple(c for c in ("exposed_base", "unit_margin", "pnl_line") if getattr(plan, c) is None)
        if absent:
            if not any(g.subject == plan.experiment_id for g in gaps):
                needs = (Missing(name="experiments", columns=absent, why="empty for this experiment"),)
                gaps.append(_gap(plan, f"{formats.listing(list(absent))} were not registered.", needs))
            continue
        entry = _row(plan, row, lines)
        rows.append(entry)
        findings.append(_finding(plan, entry, row, several=several, currency=tables.currency, level=experiments.level))
    return PnlBridge(
        as_of=tables.as_of, findings=tuple(findings), gaps=tuple(gaps), tables={"bridge": frame(rows, BRIDGE)}
    )


def _row(plan: Plan, row: dict[str, Any], lines: dict[str, float]) -> dict[str, Any]:
    value = plan.money(row["effect"])
    ends = sorted(plan.money(row[end]) or 0.0 for end in ("low", "high"))
    yearly = lines.get(plan.pnl_line or "")
    return {
        "experiment_id": plan.experiment_id,
        "initiative_id": plan.initiative_id,
        "name": plan.name,
        "arm": row["arm"],
        "pnl_line": plan.pnl_line,
        "value": value,
        "low": ends[0],
        "high": ends[1],
        "lag_months": plan.lag_months,
        "status": "claimed",
        "grade": row["grade"],
        "verdict": row["verdict"],
        "exposed_base": plan.exposed_base,
        "unit_margin": plan.unit_margin,
        "line_year": yearly,
        "line_share": value / abs(yearly) if value is not None and yearly else None,
    }


def _finding(
    plan: Plan, entry: dict[str, Any], row: dict[str, Any], *, several: bool, currency: str, level: float
) -> Finding:
    value, low, high = entry["value"], entry["low"], entry["high"]
    name = f"{plan.name}, arm {row['arm']}" if several else plan.name
    money = formats.money(abs(value), currency)
    span = formats.interval(low, high, "money", currency=currency)
    shown = row["verdict"] in SHOWN and (low > 0 or high < 0)
    if not shown:
        title = f"No money on {plan.pnl_line} is shown for {name}: {span} a year"
    elif value > 0:
        title = f"{money} a year on {plan.pnl_line} is claimed for {name} ({span})"
    else:
        ends = formats.interval(-high, -low, "money", currency=currency)
        title = f"{money} a year on {plan.pnl_line} is put down as a loss to {name} ({ends})"
    detail = [
        f"Effect × {plan.exposed_base:,.0f} units a year × {formats.money(plan.unit_margin or 0, currency)} margin; "
        "the interval carries the effect's uncertainty alone."
    ]
    if plan.lag_months is not None:
        months = f"{plan.lag_months:g} month{'s' if plan.lag_months != 1 else ''}"
        detail.append(f"It is expected in the books {months} after roll-out.")
    if entry["line_share"] is not None:
        share = formats.quantity(abs(entry["line_share"]), "ratio")
        detail.append(f"That is {share} of the line's last twelve months.")
    elif entry["line_year"] is None:
        detail.append("The line was not found in pnl, so nothing can be booked against it.")
    if entry["line_share"] is not None and abs(entry["line_share"]) > 1:
        detail.append("More than the whole line cannot be: check base and margin.")
    tone = "neutral" if not shown else "good" if value > 0 else "bad"
    return Finding(
        id="prove.pnl",
        stage="prove",
        title=title,
        detail=" ".join(detail),
        value=value,
        unit="money",
        currency=currency,
        low=low,
        high=high,
        level=level,
        about="contribution a year of a full roll-out, before its cost",
        n=int(row["n_clusters"]) if not pd.isna(row["n_clusters"]) else int(row["n_control"] + row["n_treated"]),
        period=row["period"],
        grade=row["grade"],
        sources=("experiments", "assignments", "outcomes", *(("pnl",) if entry["line_year"] is not None else ())),
        initiative=plan.initiative_id,
        subject=f"{plan.experiment_id}/{row['arm']}" if several else plan.experiment_id,
        tone=tone,
        weight=abs(value) if shown else 0.0,
    )


def _line_totals(tables: Tables) -> dict[str, float]:
    """Amount of each P&L line over its last twelve months before `as_of`."""
    if tables.lacking({"pnl": ("month", "line", "amount")}):
        return {}
    found = tables.frame(
        f"SELECT line, sum(amount) AS amount FROM pnl WHERE month > DATE '{tables.as_of}' - INTERVAL 13 MONTH "
        "AND month > (SELECT max(month) FROM pnl) - INTERVAL 12 MONTH AND line IS NOT NULL GROUP BY line ORDER BY line"
    )
    return {str(line): float(amount) for line, amount in zip(found["line"], found["amount"], strict=True)}


def _gap(plan: Plan | None, reason: str, needs: tuple[Missing, ...]) -> Gap:
    return Gap(
        id="prove.pnl",
        what="What proven effects mean on the P&L" if plan is None else f"What {plan.name} means on the P&L",
        reason=reason[0].upper() + reason[1:],
        needs=needs,
        initiative=plan.initiative_id if plan else None,
        subject=plan.experiment_id if plan else None,
    )
