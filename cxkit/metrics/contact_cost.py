"""What one more contact costs, where the client's costs say what drives them."""

from __future__ import annotations

from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.windows import Window
from cxkit.records import Missing
from cxkit.tables.engine import Tables


def contact_cost(tables: Tables, window: Window) -> float | None:
    """Cost per ticket, in the client's currency: costs driven by contacts or handling ÷ tickets of the same months.

    None where `costs` has no ``driver``, a rate is missing, or no month has both. Costs marked as not serving customers
    stay out.
    """
    if isinstance(tables.require("costs", "month", "amount", "driver"), Missing):
        return None
    costs = in_one_currency(tables, "costs", ("amount",), at=window.opening)
    if isinstance(costs, Missing):
        return None
    found = tables.frame(f"""
        WITH c AS (SELECT month, sum(amount) AS amount FROM {costs}
          WHERE driver IN ('contacts', 'handling') AND coalesce(serves, true) AND {window.holds("month")} GROUP BY 1),
        t AS (SELECT CAST(date_trunc('month', opened_date) AS DATE) AS month, count(*) AS n FROM tickets
          WHERE {window.holds("opened_date")} GROUP BY 1)
        SELECT sum(amount) AS amount, sum(n)::DOUBLE AS n FROM c JOIN t ON t.month = c.month
    """).iloc[0]
    if not found["n"] or not found["n"] > 0:
        return None
    return float(found["amount"]) / float(found["n"])
