"""The contribution margin of a client: as given, or from a P&L that shows both what is sold and what it costs.

Revenue is not value. Contribution is revenue less the cost of goods and the cost to serve; acquisition and general
costs are not in it, because they do not go away with one customer.
"""

from __future__ import annotations

from cxkit.formats import quantity
from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.windows import recent
from cxkit.records import Missing, Number, Record
from cxkit.tables.engine import Tables

MONTHS = 12
NEEDED = Missing(name="pnl", columns=("month", "kind", "amount"))


class Margin(Record):
    """Contribution per unit of revenue."""

    value: Number
    words: str
    """Where it comes from, for a sentence: ``the client's margin of 45.0 %``."""
    sources: tuple[str, ...] = ()


def contribution_margin(tables: Tables, default_margin: float | None) -> Margin | Missing:
    """The given margin, else that of the last twelve months of `pnl`, else what is missing.

    A P&L carries it when every one of its last twelve months has revenue, cost of goods and service cost; where it
    has no service cost, `costs` that serve customers stand in. Outside 0 to 1 it is not used.

    >>> import pandas as pd
    >>> from datetime import date
    >>> months = pd.date_range("2026-01-01", periods=12, freq="MS").repeat(3)
    >>> rows = {"month": months, "line": list("abc") * 12, "amount": [100, 30, 25] * 12}
    >>> rows["kind"] = ["recurring_revenue", "cost_of_goods", "service_cost"] * 12
    >>> tables = Tables.from_frames({"pnl": pd.DataFrame(rows)}, as_of=date(2026, 12, 31))
    >>> contribution_margin(tables, None).value, contribution_margin(tables, 0.4).words
    (0.45, 'the stated margin of 40.0\u202f%')
    """
    if default_margin is not None:
        return Margin(value=default_margin, words=f"the stated margin of {quantity(default_margin, 'ratio')}")
    lacks = tables.require("pnl", "month", "kind", "amount")
    window = None if isinstance(lacks, Missing) else recent(tables, "pnl", "month", MONTHS)
    if isinstance(lacks, Missing) or window is None:
        return NEEDED.model_copy(update={"why": "no margin is stated and there is no profit and loss account"})
    pnl = in_one_currency(tables, "pnl", ("amount",), at=window.opening)
    if isinstance(pnl, Missing):
        return pnl
    served = "SELECT NULL::DATE AS month, NULL::DOUBLE AS cost WHERE false"
    if not isinstance(tables.require("costs", "month", "amount"), Missing):
        costs = in_one_currency(tables, "costs", ("amount",), at=window.opening)
        if not isinstance(costs, Missing):
            served = f"SELECT month, sum(amount) AS cost FROM {costs} WHERE coalesce(serves, true) GROUP BY 1"
    found = tables.frame(f"""
        WITH m AS (
          SELECT month, sum(amount) FILTER (kind IN ('recurring_revenue', 'other_revenue')) AS revenue,
            sum(amount) FILTER (kind = 'cost_of_goods') AS goods, sum(amount) FILTER (kind = 'service_cost') AS service
          FROM {pnl} WHERE {window.holds("month")} GROUP BY 1
        ), s AS ({served})
        SELECT count(*) FILTER (revenue > 0 AND goods IS NOT NULL AND coalesce(service, cost) IS NOT NULL) AS whole,
          count(*) FILTER (service IS NULL) AS borrowed, sum(revenue) AS revenue, sum(goods) AS goods,
          sum(coalesce(service, cost)) AS service
        FROM m LEFT JOIN s USING (month)
    """).iloc[0]
    if found["whole"] < MONTHS:
        why = f"only {found['whole']:.0f} of its last {MONTHS} months show revenue, cost of goods and cost to serve"
        return NEEDED.model_copy(update={"why": why})
    value = 1 - (found["goods"] + found["service"]) / found["revenue"]
    if not 0 < value < 1:
        return NEEDED.model_copy(
            update={"why": f"it gives a margin of {quantity(value, 'ratio')}, which carries nothing"}
        )
    sources = ("pnl", "costs") if found["borrowed"] else ("pnl",)
    words = f"the contribution margin of {quantity(value, 'ratio')} in the P&L of {window.label}"
    return Margin(value=value, words=words, sources=sources)
