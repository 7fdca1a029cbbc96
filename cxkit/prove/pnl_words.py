"""The P&L bridge in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from cxkit import formats
from cxkit.prove.plan import Plan
from cxkit.prove.realised_rows import Entry
from cxkit.records import Finding

SHOWN = {"raised", "cut", "higher", "lower"}


def finding(
    plan: Plan,
    entry: Mapping[str, Any],
    row: Mapping[str, Any],
    *,
    several: bool,
    currency: str,
    level: float,
    unsigned: Sequence[Entry] = (),
) -> Finding:
    """One row of the bridge as a finding; `row` is the effect it comes from, `unsigned` what nobody signed."""
    value, low, high = entry["value"], entry["low"], entry["high"]
    name = f"{plan.name}, arm {row['arm']}" if several else plan.name
    money = formats.money(abs(value), currency)
    span = formats.interval(low, high, "money", currency=currency)
    shown = row["verdict"] in SHOWN and (low > 0 or high < 0)
    if not shown:
        title = f"No money on {plan.pnl_line} is shown for {name}: {span} a year"
    elif value > 0:
        title = f"{money} a year on {plan.pnl_line} is claimed for {name} ({span})"
        if entry["status"] != "claimed":
            title = f"{money} a year on {plan.pnl_line} is expected of {name} ({span}); some of it is {entry['status']}"
    else:
        ends = formats.interval(-high, -low, "money", currency=currency)
        title = f"{money} a year on {plan.pnl_line} is put down as a loss to {name} ({ends})"
    margin = formats.money(plan.unit_margin or 0, currency)
    detail = [
        f"Effect × {plan.exposed_base:,.0f} units a year × {margin} margin; {_carries(entry, currency)}.",
        *_when(plan, entry),
        *_status(plan, entry, unsigned),
    ]
    if entry["line_share"] is not None:
        share = formats.quantity(abs(entry["line_share"]), "ratio")
        detail.append(f"That is {share} of the line's last twelve months.")
    elif entry["line_year"] is None:
        detail.append("The line was not found in pnl, so nothing can be booked against it.")
    if entry["line_share"] is not None and abs(entry["line_share"]) > 1:
        detail.append("More than the whole line cannot be: check base and margin.")
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
        n=_n(row),
        period=row["period"],
        grade=row["grade"],
        sources=("experiments", "assignments", "outcomes", *(("pnl",) if entry["line_year"] is not None else ())),
        initiative=plan.initiative_id,
        subject=f"{plan.experiment_id}/{row['arm']}" if several else plan.experiment_id,
        tone="neutral" if not shown else "good" if value > 0 else "bad",
        weight=abs(value) if shown else 0.0,
    )


def _carries(entry: Mapping[str, Any], currency: str) -> str:
    """What the interval carries, and how it moves when the stated ranges are read otherwise."""
    ranged = [name for name in ("base", "margin") if entry[f"{name}_low"] is not None]
    if not ranged:
        return "no range of base or margin was registered, so that the interval carries the effect's uncertainty alone"
    shares = [f"{n} {formats.quantity(entry[f'share_{n}'], 'probability')}" for n in ("effect", *ranged)]
    other = formats.interval(entry["low_p80"], entry["high_p80"], "money", currency=currency)
    missing = [name for name in ("base", "margin") if name not in ranged]
    alone = f" ({missing[0]} has no range and is held fixed)" if missing else ""
    return (
        f"the interval carries all their uncertainty{alone}, by part of the variance: {formats.listing(shares)}. "
        f"Stated ranges are read as lowest to highest; were they P10 to P90, it would be {other}"
    )


def _when(plan: Plan, entry: Mapping[str, Any]) -> list[str]:
    if plan.lag_months is None:
        return ["No lag was registered: it is not known from when it could be seen in the books."]
    months = f"{plan.lag_months:g} month{'s' if plan.lag_months != 1 else ''}"
    since = f"{entry['visible_from']:%Y-%m}"
    seen = "it should be visible by now" if entry["visible"] else "it cannot be visible yet"
    return [f"It is expected in the books {months} after roll-out: from {since} if that follows the test, so {seen}."]


def _status(plan: Plan, entry: Mapping[str, Any], unsigned: Sequence[Entry]) -> list[str]:
    said = []
    if entry["status"] != "claimed":
        early = "" if entry["visible"] is not False else ", for months before that"
        said.append(f"Finance has {entry['status']} benefit of this initiative on this line{early}.")
    if unsigned:
        ids = formats.listing([e.realised_id for e in unsigned])
        said.append(f"Not counted as signed: {ids} ({unsigned[0].problem}).")
    return said


def _n(row: Mapping[str, Any]) -> int | None:
    if not pd.isna(row["n_clusters"]):
        return int(row["n_clusters"])
    both = [row["n_control"], row["n_treated"]]
    return None if any(pd.isna(v) for v in both) else int(sum(both))
