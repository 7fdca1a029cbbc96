"""Cost to serve by what drives it, and its change split into how often it occurred and what one occurrence cost."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from cxkit.metrics import estimates
from cxkit.metrics.cost import cost_to_serve
from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.estimates import Estimate
from cxkit.metrics.exposure import Exposure, by_month
from cxkit.metrics.windows import Window, add_months, seen
from cxkit.quantify.measure import YEAR
from cxkit.records import Missing, Number, Record
from cxkit.tables.engine import Tables

OVERHEAD = "overhead"
UNSTATED = "not stated"
APART = frozenset({OVERHEAD, UNSTATED})
"""What no customer's behaviour moves, or nobody said what moves it; it is shown, and never called the driver."""
NAMES: Mapping[str, str] = {
    "contacts": "Contacts",
    "handling": "Handling contacts",
    "visits": "Visits",
    "returns": "Returns",
    "credits": "Credits",
}


class Occurrences(Record):
    """How often a driver occurred in both windows, and what that does to its cost per customer and month."""

    what: str
    n: int
    n_before: int
    volume: Number
    """Occurrences per customer and month."""
    volume_before: Number
    unit_cost: Number
    unit_cost_before: Number

    @property
    def by_volume(self) -> float:
        """Part of the change that more or fewer occurrences make, at the average unit cost."""
        return (self.volume - self.volume_before) * (self.unit_cost + self.unit_cost_before) / 2

    @property
    def by_unit_cost(self) -> float:
        """Part of the change that dearer or cheaper occurrences make, at the average volume."""
        return (self.unit_cost - self.unit_cost_before) * (self.volume + self.volume_before) / 2


class DriverCost(Record):
    """One driver's cost per customer and month."""

    driver: str
    total: Number
    """Cost in the window."""
    share: Number
    """Of all cost to serve."""
    estimate: Estimate
    before: Estimate | None = None
    occurrences: Occurrences | None = None

    @property
    def change(self) -> Estimate | None:
        """Now less a year earlier."""
        return None if self.before is None else estimates.difference(self.estimate, self.before)

    @property
    def name(self) -> str:
        """As a sentence says it."""
        return NAMES.get(self.driver, self.driver[:1].upper() + self.driver[1:])


class CostDrivers(Record):
    """Every driver, dearest first, with the window and its customer-months."""

    window: Window
    table: str
    """What customers are counted in."""
    customer_months: int
    before: bool
    """Whether a whole year earlier is there."""
    driven: bool
    """Whether costs say what drives them; else categories stand for drivers."""
    drivers: tuple[DriverCost, ...]


def driver_costs(tables: Tables, found: Exposure, months: int) -> CostDrivers | Missing | None:
    """Cost to serve of the last `months` complete months by driver; None when costs and customers never overlap.

    Restated amounts are in force from the day they were known (the tables are cut so). A month without the driver
    counts as one without its cost.
    """
    if isinstance(lacks := tables.require("costs", "month", "category", "amount"), Missing):
        return lacks
    span = seen(tables, "costs", "month")
    if span is None or min(span.last, found.span.last) < max(span.first, found.span.first):
        return None
    last, first = min(span.last, found.span.last), max(span.first, found.span.first)
    window = Window(first=max(first, add_months(last, 1 - months)), last=last)
    earlier = window.back(YEAR) if len(window) == months and window.back(YEAR).first >= first else None
    relation = in_one_currency(tables, "costs", ("amount",), at=window.opening)
    if isinstance(relation, Missing):
        return relation
    driven = "driver" in tables.supplied("costs")
    column = "driver" if driven else "category"
    paid = tables.frame(f"""
        SELECT CAST(month AS DATE) AS month, coalesce({column}, '{UNSTATED}') AS driver, sum(amount) AS cost
        FROM {relation} WHERE coalesce(serves, true) GROUP BY 1, 2 ORDER BY 1, 2
    """)
    paid["month"] = pd.to_datetime(paid["month"])
    now = _months(tables, paid, found, window)
    before = _months(tables, paid, found, earlier) if earlier else None
    if now.empty or not now["cost"].sum():
        return None
    made = [
        _driver(str(driver), now, before, _counts(tables, str(driver), window, earlier))
        for driver in sorted(set(now["driver"]))
    ]
    people = now.drop_duplicates("month")["customers"].sum()
    return CostDrivers(
        window=window,
        table=found.table,
        customer_months=round(float(people)),
        before=before is not None,
        driven=driven,
        drivers=tuple(sorted(made, key=lambda d: (-d.total, d.driver))),
    )


def _months(tables: Tables, paid: pd.DataFrame, found: Exposure, window: Window) -> pd.DataFrame:
    """Month × driver: cost and customers of the window; every driver in every month that has costs."""
    people = by_month(tables, found, window)
    people["month"] = pd.to_datetime(people["month"])
    inside = paid[paid["month"].between(pd.Timestamp(window.first), pd.Timestamp(window.last))]
    wide = inside.pivot_table(index="month", columns="driver", values="cost", aggfunc="sum", fill_value=0.0)
    tall = wide.reset_index().melt(id_vars="month", var_name="driver", value_name="cost")
    return tall.merge(people, on="month").sort_values(["driver", "month"], ignore_index=True)


def _driver(
    driver: str, now: pd.DataFrame, before: pd.DataFrame | None, counts: tuple[str, int, int] | None
) -> DriverCost:
    mine = now[now["driver"] == driver]
    was = None if before is None else before[before["driver"] == driver]
    estimate = cost_to_serve(mine)
    earlier = None
    if was is not None and before is not None:
        people = before.drop_duplicates("month")
        earlier = cost_to_serve(was) if len(was) else cost_to_serve(people.assign(cost=0.0))
    happened = None
    if counts and was is not None and len(was) and min(counts[1:]) > 0 and estimate.value and earlier and earlier.value:
        people_now, people_was = float(mine["customers"].sum()), float(was["customers"].sum())
        happened = Occurrences(
            what=counts[0],
            n=counts[1],
            n_before=counts[2],
            volume=counts[1] / people_now,
            volume_before=counts[2] / people_was,
            unit_cost=float(mine["cost"].sum()) / counts[1],
            unit_cost_before=float(was["cost"].sum()) / counts[2],
        )
    total = float(mine["cost"].sum())
    return DriverCost(
        driver=driver,
        total=total,
        share=total / float(now["cost"].sum()),
        estimate=estimate,
        before=earlier,
        occurrences=happened,
    )


def _counts(tables: Tables, driver: str, window: Window, earlier: Window | None) -> tuple[str, int, int] | None:
    """What the driver counts and how often it occurred in both windows, where a table that covers both counts it."""
    source = {"contacts": ("tickets", "opened_date"), "handling": ("tickets", "opened_date")}
    if earlier is None or driver not in {*source, "returns"}:
        return None
    table, day = source.get(driver, ("orders", "returned"))
    if driver == "returns" and isinstance(tables.require("orders", "returned"), Missing):
        return None
    if table == "tickets" and isinstance(tables["tickets"], Missing):
        return None
    span = seen(tables, table, day)
    if span is None or span.first > earlier.first or span.last < window.last:
        return None
    n, was = (
        int(tables.frame(f"SELECT count(*) AS n FROM {table} WHERE {w.holds(day)}")["n"].iloc[0])
        for w in (window, earlier)
    )
    return ("orders sent back" if driver == "returns" else "contacts"), n, was


def categories(tables: Tables, found: CostDrivers) -> pd.DataFrame:
    """Cost by driver and category in the window: driver, category, serves, cost; cost that does not serve included."""
    relation = in_one_currency(tables, "costs", ("amount",), at=found.window.opening)
    assert isinstance(relation, str)
    return tables.frame(f"""
        SELECT coalesce(driver, '{UNSTATED}') AS driver, category, coalesce(serves, true) AS serves, sum(amount) AS cost
        FROM {relation} WHERE {found.window.holds("month")} GROUP BY 1, 2, 3 ORDER BY cost DESC, 1, 2
    """)
