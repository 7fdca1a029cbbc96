"""What recontacts cost in a year, and how much of it lies above the best that comparable groups show."""

from __future__ import annotations

import pandas as pd

from cxkit.formats import interval, money, quantity
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.windows import Window
from cxkit.orchestrate.naming import optional
from cxkit.orchestrate.part import Part
from cxkit.orchestrate.repeat_contacts_grid import YEAR
from cxkit.records import Finding, Gap, Missing
from cxkit.tables.engine import Tables

COMPARED = ("reason", "moment", "team")


def cost_part(tables: Tables, window: Window, rows: pd.DataFrame, each: float | None, days: int) -> Part:
    """Recontacts a year and their cost by group under the chosen convention; `rows` are those of all groups.

    Cost per contact is exact; the interval is that of the share. *Excess* is what lies above the upper end of the best
    group of the same dimension (``excess``), at least (``excess_low``: only what is clearly above it) and at most
    (``excess_high``: above its measured share). It compares unlike work and says nothing about how to get there.
    """
    table = _table(rows, each)
    held = {"cost": table} if len(table) else {}
    whole = table[table["dimension"] == "all"]
    if each is None or whole.empty:
        needs = tables.lacking({"costs": ("month", "amount", "driver")})
        gap = Gap(
            id="orchestrate.repeats.cost",
            what="What recontacts cost",
            reason="It takes costs whose driver is contacts or handling, in months with tickets.",
            needs=needs or (Missing(name="costs", columns=("driver",)),),
        )
        return Part(gaps=(gap,), tables=held)
    row = whole.iloc[0]
    findings = [_cost(tables, row, each, window, days)]
    if int(row["n"]) >= MINIMUM_N and (found := _excess(tables, table, row, window, days)) is not None:
        findings.append(found)
    return Part(findings=tuple(findings), tables=held)


def _table(rows: pd.DataFrame, each: float | None) -> pd.DataFrame:
    rows = rows[rows["n"] > 0].reset_index(drop=True)
    days = rows["cohort_days"].where(rows["cohort_days"] > 0)
    a_year = rows["n"] / days * YEAR
    price = float("nan") if each is None else each
    low, high = 1 - rows["fcr_high"], 1 - rows["fcr_low"]
    made = rows[["dimension", "group", "label", "n", "clusters", "recontacted", "recontact"]].assign(
        low=low, high=high, a_year=rows["recontact"] * a_year, cost=rows["recontact"] * a_year * price,
        cost_low=low * a_year * price, cost_high=high * a_year * price,
    )  # fmt: skip
    for name in ("excess_contacts", "excess", "excess_low", "excess_high"):
        made[name] = float("nan")
    judged = made[made["low"].notna() & (made["dimension"] != "all")]
    for _, part in judged.groupby("dimension", sort=True):
        if len(part) < 2:
            continue
        best = part.sort_values(["recontact", "group"]).iloc[0]
        at = part.index
        above = (part["recontact"] - best["high"]).clip(lower=0) * a_year[at]
        made.loc[at, "excess_contacts"] = above
        made.loc[at, "excess"] = above * price
        made.loc[at, "excess_low"] = (part["low"] - best["high"]).clip(lower=0) * a_year[at] * price
        made.loc[at, "excess_high"] = (part["recontact"] - best["recontact"]).clip(lower=0) * a_year[at] * price
    return made


def _cost(tables: Tables, row: pd.Series, each: float, window: Window, days: int) -> Finding:
    n, low, high = int(row["n"]), optional(row["cost_low"]), optional(row["cost_high"])
    band = interval(low, high, "money", currency=tables.currency)
    title = f"Recontacts within {days} days cost {money(float(row['cost']), tables.currency)} a year"
    return Finding(
        id="orchestrate.repeats.cost",
        stage="orchestrate",
        title=title + (f" ({band})" if band else ""),
        detail=f"{row['a_year']:,.0f} recontacts a year at {money(each, tables.currency)} a contact, the average of "
        "costs driven by contacts or handling; it is what they cost, not what could be saved.",
        value=float(row["cost"]),
        unit="money",
        currency=tables.currency,
        low=low,
        high=high,
        about="the underlying share of recontacts, customers resampled; the cost of a contact is exact"
        if low is not None
        else "too few tickets or customers",
        n=n,
        period=window.label,
        sources=("tickets", "costs"),
        definition="recontact@1",
        tone="neutral" if low is not None else "unknown",
    )


def _excess(tables: Tables, table: pd.DataFrame, whole: pd.Series, window: Window, days: int) -> Finding | None:
    dimension = next((d for d in COMPARED if table[table["dimension"] == d]["excess"].notna().sum() > 1), None)
    if dimension is None:
        return None
    part = table[(table["dimension"] == dimension) & table["excess"].notna()]
    best = part.sort_values(["recontact", "group"]).iloc[0]
    value, low, high = (float(part[c].sum()) for c in ("excess", "excess_low", "excess_high"))
    currency, total = tables.currency, float(whole["cost"])
    title = f"{money(value, currency)} a year of recontacts lie above what the best {dimension}, {best['label']}, shows"
    if value <= 0:
        title = f"No {dimension} comes back clearly more often than the best one, {best['label']}"
    heaviest = part.sort_values(["excess", "group"], ascending=[False, True]).iloc[0]
    detail = f"Of {money(total, currency)}; between {money(low, currency)} (clearly above) and {money(high, currency)} "
    detail += f"(if every {dimension} came back as rarely, {quantity(float(best['recontact']), 'ratio')}). "
    if value > 0:
        detail += f"Most at {heaviest['label']}. "
    detail += f"A {dimension} differs in more than how it is handled: a bound by comparison, not an effect."
    return Finding(
        id="orchestrate.repeats.avoidable",
        stage="orchestrate",
        subject=dimension,
        title=title,
        detail=detail,
        value=value,
        unit="money",
        currency=currency,
        low=min(low, value),
        high=max(high, value),
        about="bounds by comparison within the client, not a confidence interval",
        n=int(part["n"].sum()),
        period=window.label,
        grade="D",
        sources=("tickets", "costs"),
        weight=value,
    )
