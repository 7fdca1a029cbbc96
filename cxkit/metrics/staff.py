"""What the table `workforce` says about the people who serve: turnover, engagement, burnout and absence.

Turnover is leavers ÷ headcount-months × 12, a year's worth; its interval is exact for a Poisson count (Garwood 1936).
Scores and shares are weighted by the answers, or the people, behind them; their interval is for the underlying level,
seen through the months' own variation as in `metrics.cost`, because the same people stand in every month.
"""

from __future__ import annotations

import pandas as pd
from scipy import stats

from cxkit.metrics.cost import cost_to_serve
from cxkit.metrics.estimates import LEVEL, MINIMUM_N, Estimate
from cxkit.metrics.windows import Window
from cxkit.tables.engine import Tables

YEAR = 12
MEASURES = ("turnover", "engagement", "burnout", "absence")
COLUMNS = {"turnover": "leavers", "engagement": "engagement", "burnout": "burnout", "absence": "absence_days"}


def staff_months(tables: Tables, window: Window, measure: str) -> pd.DataFrame:
    """By month of the window: month, total, weight (total ÷ weight is the month's figure), people.

    Rows without the measure are left out. Answers weigh engagement where they are counted, people otherwise.
    """
    column = COLUMNS[measure]
    counted = "engagement_n" in tables.supplied("workforce")
    weight = "coalesce(engagement_n, 0)" if measure == "engagement" and counted else "headcount"
    total = column if measure in {"turnover", "absence"} else f"{column} * {weight}"
    return tables.frame(f"""
        SELECT month, sum(CAST(round(({total}) * 1e6) AS HUGEINT))::DOUBLE / 1e6 AS total,
          sum({weight})::DOUBLE AS weight, sum(headcount)::DOUBLE AS people
        FROM workforce WHERE {column} IS NOT NULL AND headcount > 0 AND {window.holds("month")}
        GROUP BY 1 HAVING sum({weight}) > 0 ORDER BY 1
    """)


def staff_estimate(measure: str, months: pd.DataFrame) -> Estimate:
    """The figure of a window from the rows of `staff_months`.

    n is leavers for turnover, else the answers or person-months behind the figure.

    >>> rows = pd.DataFrame({"total": [3.0, 2.0], "weight": [50.0, 50.0], "people": [50.0, 50.0]})
    >>> found = staff_estimate("turnover", rows)
    >>> found.value, round(found.low, 3), round(found.high, 3)
    (0.6, 0.195, 1.4)
    """
    if months.empty:
        return Estimate(why_none="no month holds it")
    total, weight = float(months["total"].sum()), float(months["weight"].sum())
    if measure != "turnover":
        made = cost_to_serve(pd.DataFrame({"cost": months["total"], "customers": months["weight"]}))
        return made.model_copy(update={"n": round(weight)})
    people, leavers = float(months["people"].mean()), round(total)
    known = Estimate(value=total / weight * YEAR, n=leavers, effective_n=leavers)
    if people < MINIMUM_N:
        return known.model_copy(update={"why_none": f"{people:.0f} people, fewer than {MINIMUM_N}"})
    tail = (1 - LEVEL) / 2
    low = float(stats.chi2.ppf(tail, 2 * leavers)) / 2 if leavers else 0.0
    high = float(stats.chi2.isf(tail, 2 * leavers + 2)) / 2
    return known.model_copy(update={"low": low / weight * YEAR, "high": high / weight * YEAR})


def staff_change(now: pd.DataFrame, before: pd.DataFrame) -> Estimate:
    """The change of a score or share over a year: the mean of the differences of equal months, twelve months apart.

    Each month is held against its own a year earlier, so neither season nor a slow drift inside the year widens the
    interval; neighbouring differences share their noise as in `metrics.cost`. Months without a partner are left out.

    >>> rows = pd.DataFrame({"month": pd.to_datetime(["2026-01-01"]), "total": [70.0], "weight": [1.0]})
    >>> earlier = pd.DataFrame({"month": pd.to_datetime(["2025-01-01"]), "total": [72.0], "weight": [1.0]})
    >>> staff_change(rows, earlier).value
    -2.0
    """
    pair = [f.assign(at=pd.to_datetime(f["month"]), value=f["total"] / f["weight"]) for f in (now, before)]
    pair[1]["at"] = pair[1]["at"] + pd.DateOffset(years=1)
    both = pair[0].merge(pair[1], on="at", suffixes=("", "_before"))
    if both.empty:
        return Estimate(why_none="no year to compare with")
    differences = both["value"] - both["value_before"]
    lift = 100 * float(differences.abs().max()) + 1  # so high that no end is cut at zero
    made = cost_to_serve(pd.DataFrame({"cost": differences + lift, "customers": 1.0}))
    down = {k: None if (v := getattr(made, k)) is None else v - lift for k in ("value", "low", "high")}
    return made.model_copy(update=down)
