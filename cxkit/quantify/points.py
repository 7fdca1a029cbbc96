"""What a point is worth: how leaving and contacts go with scores and service, in money a year. An association."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.windows import Window, add_months, recent
from cxkit.quantify import points_model as model
from cxkit.quantify import points_panel as panel
from cxkit.quantify.margin import contribution_margin
from cxkit.quantify.points_panel import DRIVERS, NAMES, Base
from cxkit.quantify.points_sentences import Told, findings
from cxkit.records import Gap, Missing, Record, Result
from cxkit.tables.engine import Tables

Array = np.ndarray
YEAR = 12
LEAST_CUSTOMERS = 100
LEAST_MONTHS = 6
STEPS: Mapping[str, float] = MappingProxyType({"nps": 0.1, "csat": 0.1, "ces": 0.1, "fcr": 0.1, "sla": 1.0})
"""How much of a driver one unit of the report is: ten points of NPS, CSAT and FCR, a tenth of ease, one customer whose
service level is kept."""
LEVELS: Mapping[str, Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "nps": {"promoters": (1, 1), "passives": (0, 0), "detractors": (-1, -1)},
        "csat": {"satisfied": (1, 1), "not satisfied": (0, 0)},
        "ces": {"easy (6–7)": (6, 7), "middling (4–5)": (4, 5), "hard (1–3)": (1, 3)},
        "fcr": {"solved at first contact": (1, 1), "came back": (0, 0)},
        "sla": {"kept": (1, 1), "breached": (0, 0)},
    }
)
NEEDS: Mapping[str, tuple[Missing, ...]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("nps", "csat", "ces"), (Missing(name="surveys", columns=("account_id", "metric", "score", "answered")),)
        ),
        "fcr": (Missing(name="tickets", columns=("ticket_id", "account_id", "opened", "resolved")),),
        "sla": (
            Missing(name="tickets", columns=("ticket_id", "account_id", "moment_id", "opened", "resolved")),
            Missing(name="moments", columns=("moment_id", "sla_hours")),
        ),
    }
)


class PointWorth(Result):
    """What one unit of each driver goes with, alone and with the other drivers held equal. Associations, no effects.

    Tables:

    - `drivers`: driver, name, customers (of whom it is known), lost (of those), base (customers the unit is counted
      for; 1 for a service level), kept (share of the base that leaves less in a year), contacts (fewer a year, per
      customer of the base), each with interval and whether it is shown (its interval, widened for looking at several
      drivers, excludes 0); joint_kept and joint_contacts with interval (the other drivers held equal); money and
      joint_money with interval (a year; of what is shown, of both where nothing is), left (joint ÷ alone money, where
      something is shown). Money is empty without a margin.
    - `levels`: driver, level, customer_months, lost, churn (a year, as it is), adjusted (segment, tenure and quarter
      made equal). Who did not answer, or had no contact, is the level ``not known``.
    """

    stage: ClassVar[str] = "quantify"
    name: ClassVar[str] = "points"

    currency: str = ""
    margin: float | None = None
    yearly_worth: float | None = None
    """Contribution of a customer in a year."""
    contact_cost: float | None = None
    """What a contact costs; None when `costs` do not say what is driven by contacts."""
    notice_days: int = panel.NOTICE_DAYS
    expiry_months: int = panel.EXPIRY


def point_worth(tables: Tables, *, default_margin: float | None, seed: int = 0) -> PointWorth:
    """What a point of NPS, CSAT, CES, FCR and a breach of a service level go with; what cannot be told is a gap.

    Tables: `revenue` (account_id, month, mrr) or `accounts` (account_id, started, ended); `surveys` (account_id,
    metric, score, answered), `tickets` (account_id, opened, resolved or closed), `moments` (sla_hours); `costs` with
    `driver` for the cost of a contact; `pnl` or `default_margin` for money.

    Customers are looked at at the end of each of the last 24 months; scores are the latest known then, forgotten after
    six months, and no answer is a level of its own. Leaving within 31 days of it is left out. Compared within
    segment × tenure band, quarters made equal. `seed` draws the groups of customers that are left out for intervals.
    """
    base = panel.base(tables)
    if isinstance(base, Missing) or len(base.landmarks) < LEAST_MONTHS:
        return _nothing(tables, base)
    with panel.known_scores(tables, base) as have:
        given = panel.cells(tables, base, have, seed=seed)
        everybody, known = panel.customers(tables, base, have)
        behind = panel.behind(tables, base, have)
    gaps = [_absent(d) for d in DRIVERS if d not in have]
    usable: list[str] = []
    for driver in have:
        why = _too_few(given, driver, behind[driver])
        if why:
            gaps.append(_gap(driver, why))
        else:
            usable.append(driver)
    price = _prices(tables, base, default_margin)
    if price.why_no_money:
        gaps.append(_margin_gap(price.why_no_money))
    rows, replicates = _rows(given, tuple(usable), behind, price, _bases(usable, everybody, known))
    made = {"drivers": pd.DataFrame(rows), "levels": _levels(given, have)}
    facts = Told(
        currency=tables.currency,
        period=base.landmarks.label,
        sources=tuple(dict.fromkeys((base.table, "surveys", "tickets", *price.sources))),
        margin=price.words,
        present=tables.present,
    )
    return PointWorth(
        as_of=tables.as_of,
        currency=tables.currency,
        margin=price.margin,
        yearly_worth=price.worth,
        contact_cost=price.contact,
        findings=tuple(findings(rows, replicates, facts)),
        gaps=tuple(sorted(gaps, key=lambda g: (g.id, g.subject or ""))),
        tables={name: frame for name, frame in made.items() if len(frame)},
    )


class Prices(Record):
    """What a customer-year and a contact are worth."""

    margin: float | None = None
    worth: float | None = None
    contact: float | None = None
    words: str = ""
    sources: tuple[str, ...] = ()
    why_no_money: str = ""


def _prices(tables: Tables, base: Base, default_margin: float | None) -> Prices:
    margin = contribution_margin(tables, default_margin)
    if isinstance(margin, Missing):
        return Prices(why_no_money=margin.why)
    if base.table != "revenue":
        return Prices(margin=margin.value, why_no_money="there is no recurring revenue by customer and month")
    year = Window(first=add_months(base.span.last, 1 - YEAR), last=base.span.last)
    revenue = in_one_currency(tables, "revenue", ("mrr",), at=year.opening)
    if isinstance(revenue, Missing):
        return Prices(margin=margin.value, why_no_money=revenue.why)
    paid = tables.frame(f"""
        SELECT sum(mrr) AS total, count(DISTINCT (account_id, month)) AS n FROM {revenue}
        WHERE mrr > 0 AND account_id IS NOT NULL AND {year.holds("month")}""").iloc[0]
    contact = _contact_cost(tables)
    return Prices(
        margin=margin.value,
        worth=float(paid["total"]) / float(paid["n"]) * YEAR * margin.value,
        contact=contact,
        words=margin.words,
        sources=(*margin.sources, *(["costs"] if contact else [])),
    )


def _contact_cost(tables: Tables) -> float | None:
    """Costs driven by contacts and their handling, per ticket, over the last twelve months that both tables reach."""
    if tables.lacking({"costs": ("month", "amount", "driver"), "tickets": ("opened",)}):
        return None
    window = recent(tables, "costs", "month", YEAR)
    costs = in_one_currency(tables, "costs", ("amount",), at=window.opening) if window else None
    if window is None or costs is None or isinstance(costs, Missing):
        return None
    found = tables.frame(f"""
        SELECT (SELECT sum(amount) FROM {costs} WHERE driver IN ('contacts', 'handling') AND {window.holds("month")})
          AS cost, (SELECT count(*) FROM tickets WHERE {window.holds("opened_date")}) AS n""").iloc[0]
    return None if pd.isna(found["cost"]) or not found["n"] else float(found["cost"]) / float(found["n"])


def _bases(usable: list[str], everybody: int, known: Mapping[str, int]) -> dict[str, float]:
    """NPS counts for every customer; what follows a contact for customers who had one; a breach for one."""
    contacted = known.get("fcr") or known.get("sla")
    sizes = {"nps": everybody, "fcr": known.get("fcr", 0), "sla": 1}
    return {d: float(sizes.get(d) or contacted or known[d]) for d in usable}


def _too_few(given: pd.DataFrame, driver: str, customers: int) -> str:
    there = given[given[driver].notna()]
    lost = int(there["lost"].sum())
    sides = there.groupby(driver)["n"].sum()
    if customers < LEAST_CUSTOMERS:
        return f"it is known of {customers:,} customers, fewer than {LEAST_CUSTOMERS}"
    if lost < MINIMUM_N:
        return f"only {lost} of the customers of whom it is known left, fewer than {MINIMUM_N}"
    if len(sides) < 2 or float(sides.max() / sides.sum()) > 0.99:
        return "hardly any two customers differ in it"
    return ""


def _rows(
    given: pd.DataFrame,
    usable: tuple[str, ...],
    behind: Mapping[str, int],
    price: Prices,
    bases: Mapping[str, float],
) -> tuple[list[dict[str, Any]], dict[str, tuple[Array, Array]]]:
    """Rows of `drivers`, and for the overlap what each driver's figure (alone, joint) is without each block."""
    if not usable:
        return [], {}
    hazard = float(given["lost"].sum() / given["n"].sum())
    yearly = YEAR * (1 - hazard) ** (YEAR - 1)
    sums = model.moments(given, usable)
    together = sums.slopes(usable)
    corrected = 1 - 0.05 / (2 * len(usable))
    rows, replicates = [], {}
    for driver in usable:
        base, weight = bases[driver], -STEPS[driver] * np.array([yearly, YEAR])
        alone = sums.slopes((driver,))
        one, without = (part * weight for part in alone.of(driver))
        joint, joint_without = (part * weight for part in together.of(driver))
        row: dict[str, Any] = {"driver": driver, "name": NAMES[driver], "customers": behind[driver]}
        row |= {"lost": int(given.loc[given[driver].notna(), "lost"].sum()), "base": base}
        apart = [model.jackknife(float(one[k]), without[:, k], level=corrected) for k in (0, 1)]
        shown = np.array([low > 0 or high < 0 for low, high in apart])
        for k, part in enumerate(("kept", "contacts")):
            row |= _spread(part, one[k], without[:, k]) | {f"{part}_shown": bool(shown[k])}
            row |= _spread(f"joint_{part}", joint[k], joint_without[:, k])
        row["left"] = None
        if price.worth is not None:
            counted = shown if shown.any() else np.array([True, True])
            money = base * np.array([price.worth, price.contact or 0.0]) * counted
            row |= _spread("money", one @ money, without @ money)
            row |= _spread("joint_money", joint @ money, joint_without @ money)
            if shown.any() and row["money"]:
                row["left"] = row["joint_money"] / row["money"]
            replicates[driver] = (
                np.append(one @ money, without @ money),
                np.append(joint @ money, joint_without @ money),
            )
        rows.append(row)
    return rows, replicates


def _spread(name: str, value: Array | float, without: Array) -> dict[str, float]:
    low, high = model.jackknife(float(value), without)
    return {name: float(value), f"{name}_low": low, f"{name}_high": high}


def _levels(given: pd.DataFrame, have: tuple[str, ...]) -> pd.DataFrame:
    frames = []
    for driver in have:
        found = model.levels(given, driver, dict(LEVELS[driver]))
        found = found[found["customer_months"] >= LEAST_CUSTOMERS]
        churn = {n: 1 - (1 - found[c]) ** YEAR for n, c in (("churn", "hazard"), ("adjusted", "adjusted"))}
        frames.append(found.assign(driver=driver, **churn)[["driver", "level", "customer_months", "lost", *churn]])
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _gap(driver: str, reason: str, *needs: Missing) -> Gap:
    name = NAMES[driver]
    return Gap(
        id="quantify.points.driver",
        what=f"What a point of it is worth: {name}",
        reason=f"{name}: {reason}.",
        needs=needs,
        subject=driver,
    )


def _absent(driver: str) -> Gap:
    return _gap(driver, "it is not known customer by customer", *NEEDS[driver])


def _margin_gap(why: str) -> Gap:
    return Gap(
        id="quantify.points.money",
        what="What a point is worth in money",
        reason=f"Leaving is not turned into money: it needs recurring revenue and a contribution margin, and {why}.",
        needs=(panel.PAID, Missing(name="pnl", columns=("month", "kind", "amount"))),
    )


def _nothing(tables: Tables, base: Base | Missing) -> PointWorth:
    needs: tuple[Missing, ...] = (panel.PAID, panel.ENDED) if isinstance(base, Missing) else ()
    reason = (
        "It needs to be known who was a customer in which month."
        if isinstance(base, Missing)
        else f"Customers are known for too few months; it needs {LEAST_MONTHS + 2}."
    )
    gap = Gap(id="quantify.points.driver", what="What a point of satisfaction is worth", reason=reason, needs=needs)
    return PointWorth(as_of=tables.as_of, currency=tables.currency, gaps=(gap,))
