"""First-contact resolution and recontact, and what a second contact costs."""

from __future__ import annotations

import pandas as pd

from cxkit.formats import listing, money, quantity
from cxkit.metrics import service
from cxkit.metrics.contact_cost import contact_cost
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.recontact import WINDOWS, recontacts, reopening, without_account
from cxkit.metrics.windows import Window
from cxkit.orchestrate.naming import labelled, optional, too_few
from cxkit.orchestrate.part import Part
from cxkit.records import Finding, Gap, Missing
from cxkit.tables.engine import Tables

ABOUT = "the underlying share, customers resampled"
YEAR = 365.25


def repeats_part(tables: Tables, window: Window, names: dict[str, str], days: int) -> Part:
    """First-contact resolution and recontact; where customers are not known, reopening alone."""
    columns = [c for c in ("account_id",) if c not in tables.supplied("tickets")]
    if service.settled(tables) is None:
        columns.append("resolved")
    if columns:
        needs = (Missing(name="tickets", columns=tuple(columns)),)
        reason = "A recontact is a further ticket of the same customer after the first was settled; the export lacks "
        reason += (
            " and ".join({"account_id": "the customer", "resolved": "the time of resolution"}[c] for c in columns) + "."
        )
        return Part.joined([Part(gaps=_gaps(reason, needs)), _reopening(tables, window, days)])
    rows = recontacts(tables, window, sorted({*WINDOWS, days}))
    rows = rows[rows["n"] > 0]
    chosen = rows[rows["window_days"] == days]
    if chosen.empty:
        reason = f"No ticket with a customer was settled at least {days} days before the date of the report."
        return Part.joined([Part(gaps=_gaps(reason)), _reopening(tables, window, days)])
    by = {**service.dimensions(tables, without=("all",))}
    if "reason" in tables.supplied("tickets"):
        by["reason"] = "reason"
    held, kept = {"recontact": rows}, ""
    if by:
        every = labelled(recontacts(tables, window, sorted({*WINDOWS, days}), by=by), names)
        held["recontact_by"] = every[every["window_days"] == days].reset_index(drop=True)
        kept = _survives(every, days)
    return Part(
        findings=(
            _fcr(tables, chosen.iloc[0], rows, window, days, kept=kept),
            _recontact(tables, chosen.iloc[0], window, days),
        ),
        tables=held,
    )


def _gaps(reason: str, needs: tuple[Missing, ...] = ()) -> tuple[Gap, ...]:
    return (
        Gap(id="orchestrate.service.fcr", what="First-contact resolution", reason=reason, needs=needs),
        Gap(id="orchestrate.service.recontact", what="Recontact", reason=reason, needs=needs),
    )


def _survives(rows: pd.DataFrame, days: int) -> str:
    """A sentence on whether the group that comes back most is the same under every window; empty where none is judged.

    Groups with too few tickets under the longest window are left out of all.
    """
    for dimension in ("reason", "moment", "team"):
        part = rows[rows["dimension"] == dimension]
        judged = part[part["n"] >= MINIMUM_N].groupby("group")["window_days"].count()
        part = part[part["group"].isin(judged[judged == part["window_days"].nunique()].index)]
        if part["group"].nunique() < 2:
            continue
        worst = part.sort_values(["fcr", "group"]).groupby("window_days", sort=True).head(1)
        name = str(worst.loc[worst["window_days"] == days, "label"].iloc[0])
        others = sorted(set(worst["label"].astype(str)) - {name})
        if not others:
            return f"The {dimension} that comes back most, {name}, is the same under each of them."
        return f"Which {dimension} comes back most depends on the window: {name} or {listing(others)}."
    return ""


def _fcr(tables: Tables, row: pd.Series, rows: pd.DataFrame, window: Window, days: int, *, kept: str = "") -> Finding:
    n, share = int(row["n"]), float(row["fcr"])
    low, high = optional(row["fcr_low"]), optional(row["fcr_high"])
    unknown = without_account(tables, window, days)
    detail = f"Over windows of {', '.join(str(int(d)) for d in rows['window_days'])} days it runs from "
    detail += f"{quantity(float(rows['fcr'].max()), 'ratio')} to {quantity(float(rows['fcr'].min()), 'ratio')}."
    detail += f" {kept}" if kept else ""
    if unknown:
        solved = n - int(row["recontacted"])
        worst, best = solved / (n + unknown), (solved + unknown) / (n + unknown)
        detail += f" {unknown:,} tickets carry no customer and are left out; counting them all against or for it gives "
        detail += f"{quantity(worst, 'ratio')} to {quantity(best, 'ratio')}."
    days_text = f"{days} day{'s' if days != 1 else ''}"
    title = f"{quantity(share, 'ratio')} of settled tickets bring no further contact within {days_text}"
    if n < MINIMUM_N:
        title = too_few(n, "settled tickets", MINIMUM_N)
    return Finding(
        id="orchestrate.service.fcr",
        stage="orchestrate",
        title=title,
        detail=detail,
        value=share,
        unit="ratio",
        low=low,
        high=high,
        about=ABOUT if low is not None else "too few tickets or customers",
        n=n,
        period=window.label,
        sources=("tickets",),
        definition="fcr@1",
        tone="neutral" if low is not None else "unknown",
    )


def _recontact(tables: Tables, row: pd.Series, window: Window, days: int) -> Finding:
    n, count, share = int(row["n"]), int(row["recontacted"]), float(row["recontact"])
    low, high = optional(row["fcr_low"]), optional(row["fcr_high"])
    each = contact_cost(tables, window)
    a_year = count / float(row["cohort_days"]) * YEAR if row["cohort_days"] > 0 else 0.0
    weight = each * a_year if each is not None else 0.0
    days_text = f"{days} day{'s' if days != 1 else ''}"
    title = f"{quantity(share, 'ratio')} of settled tickets come back within {days_text}"
    if weight:
        title += f", about {money(weight, tables.currency)} of contacts a year"
        detail = f"Average cost of a contact {money(each or 0.0, tables.currency)}; not every recontact can be avoided."
    else:
        detail = "What they cost is not known: it takes costs with what drives them."
    if n < MINIMUM_N:
        title = too_few(n, "settled tickets", MINIMUM_N)
    return Finding(
        id="orchestrate.service.recontact",
        stage="orchestrate",
        title=title,
        detail=detail,
        value=share,
        unit="ratio",
        low=None if high is None else 1 - high,
        high=None if low is None else 1 - low,
        about=ABOUT if low is not None else "too few tickets or customers",
        n=n,
        period=window.label,
        sources=("tickets", "costs") if weight else ("tickets",),
        definition="recontact@1",
        tone="neutral" if low is not None else "unknown",
        weight=weight if n >= MINIMUM_N else 0.0,
    )


def _reopening(tables: Tables, window: Window, days: int) -> Part:
    if service.settled(tables) is None or "reopened" not in tables.supplied("tickets"):
        return Part()
    count, n = reopening(tables, window, days)
    if not n:
        return Part()
    text = (
        f"{quantity(count / n, 'ratio')} of settled tickets are reopened within {days} days; recontact is at least that"
    )
    finding = Finding(
        id="orchestrate.service.reopening",
        stage="orchestrate",
        title=text if n >= MINIMUM_N else too_few(n, "settled tickets", MINIMUM_N),
        detail="Without customers on the tickets a new ticket on the same issue cannot be seen.",
        value=count / n,
        unit="ratio",
        about="counted, exact; a lower bound of recontact",
        n=n,
        period=window.label,
        sources=("tickets",),
        tone="neutral" if n >= MINIMUM_N else "unknown",
    )
    return Part(findings=(finding,))
