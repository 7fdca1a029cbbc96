"""What a difference in handling time is worth, where costs say what a minute costs."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from cxkit.formats import quantity
from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.staggered import NEVER
from cxkit.metrics.windows import Window, add_months, months_between
from cxkit.records import Finding, Missing
from cxkit.tables.engine import Tables


def money_findings(tables: Tables, row: Mapping[str, object], begun: Mapping[str, int], span: Window) -> list[Finding]:
    """What the difference is worth in a year of the reached teams' tickets, at the cost of a minute."""
    if isinstance(tables.require("costs", "month", "amount", "driver"), Missing):
        return []
    window = Window(first=add_months(span.last, -11), last=span.last)
    costs = in_one_currency(tables, "costs", ("amount",), at=window.opening)
    if isinstance(costs, Missing):
        return []
    found = tables.frame(f"""
        WITH k AS (SELECT team, handle_minutes AS x, CAST(date_trunc('month', resolved_date) AS DATE) AS month
          FROM tickets WHERE handle_minutes > 0),
        m AS (SELECT month, sum(CAST(round(x * 1000) AS HUGEINT))::DOUBLE / 1000 AS minutes FROM k GROUP BY 1),
        c AS (SELECT month, sum(amount) AS amount FROM {costs}
          WHERE driver = 'handling' AND coalesce(serves, true) AND {window.holds("month")} GROUP BY 1)
        SELECT sum(c.amount) AS amount, sum(m.minutes)::DOUBLE AS minutes FROM c JOIN m ON m.month = c.month
    """).iloc[0]
    if pd.isna(found["amount"]) or not found["minutes"]:
        return []
    each = float(found["amount"]) / float(found["minutes"])
    reached = {t: int(b) for t, b in begun.items() if b < NEVER}
    work = tables.frame(f"""
        SELECT team, CAST(date_trunc('month', resolved_date) AS DATE) AS month,
          sum(CAST(round(handle_minutes * 1000) AS HUGEINT))::DOUBLE / 1000 AS minutes
        FROM tickets WHERE team IS NOT NULL AND {window.holds("resolved_date")} GROUP BY 1, 2 ORDER BY 1, 2
    """)
    after = [
        t in reached and months_between(span.first, pd.Timestamp(m).date()) >= reached[t]
        for t, m in zip(work["team"], work["month"], strict=True)
    ]
    minutes = float(work.loc[after, "minutes"].sum())
    ends = [(math.exp(-float(row[e])) - 1) * minutes * each for e in ("value", "high", "low")]  # type: ignore[arg-type]
    value, low, high = ends[0], min(ends[1:]), max(ends[1:])
    if minutes <= 0:
        return []
    verb, worth = "less" if value > 0 else "more", quantity(abs(value), "money", currency=tables.currency)
    return [
        Finding(
            id="orchestrate.enablement.value",
            stage="orchestrate",
            subject=str(row["programme"]),
            title=f"The difference in handling time comes to {worth} {verb} work in the last year",
            detail=f"In the teams and months that “{row['programme']}” had reached, at "
            f"{quantity(each, 'money', currency=tables.currency)} a minute of handling. Freed time is capacity until "
            "somebody decides what becomes of it.",
            value=value,
            unit="money",
            currency=tables.currency,
            low=low,
            high=high,
            about="the interval of the difference; cost of a minute taken as known",
            n=int(row["groups"]),  # type: ignore[call-overload]
            period=window.label,
            grade="C",
            sources=("training", "tickets", "costs"),
            tone="good" if value > 0 else "bad",
            weight=abs(value),
        )
    ]
