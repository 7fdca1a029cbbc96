"""Complaints per thousand customers and month.

Convention (``complaint_rate@1``): complaints opened in the window ÷ customer-months of the window × 1,000. A complaint
whose customer is not known counts too. The interval is for the underlying rate with customers resampled: a customer who
complains ten times is one cluster, which makes it safe against overdispersion. A shock that hits many customers at
once (an outage) is not in it; the month-by-month series shows those.
"""

from __future__ import annotations

import math

import pandas as pd

from cxkit.metrics.estimates import MINIMUM_N, Estimate, Sums, t_quantile
from cxkit.metrics.exposure import Exposure
from cxkit.metrics.windows import Window, add_months, seen
from cxkit.records import Missing
from cxkit.tables.engine import Tables

MINIMUM_COMPLAINTS = 10
"""Complaints, from as many customers, below which there is no interval."""
PER = 1000.0
LATEST_START = 5
"""Day of the month after which a table's first month counts as unfinished."""


def complaint_months(tables: Tables, found: Exposure, window: Window) -> pd.DataFrame | Missing:
    """Complaints and customers by month: month, complaints, unknown (without a customer), customers, rate per 1,000."""
    counted = _counted(tables)
    if isinstance(counted, Missing):
        return counted
    table, day, complaints, unknown = counted
    frame = tables.frame(f"""
        WITH said AS (
          SELECT CAST(date_trunc('month', {day}) AS DATE) AS month, sum({complaints}) AS complaints,
            sum({unknown}) AS unknown
          FROM {table} WHERE {window.holds(day)} GROUP BY 1
        ), active AS (SELECT month, count(*) AS customers FROM {found.active(window)} GROUP BY 1)
        SELECT a.month, coalesce(s.complaints, 0)::DOUBLE AS complaints, coalesce(s.unknown, 0)::DOUBLE AS unknown,
          a.customers
        FROM active a LEFT JOIN said s ON s.month = a.month ORDER BY a.month
    """)
    frame["rate"] = frame["complaints"] / frame["customers"] * PER
    return frame


def _counted(tables: Tables) -> tuple[str, str, str, str] | Missing:
    """Where complaints are counted: table, day column, SQL of the count, SQL of the count without a customer."""
    lacks = tables.require("tickets", "ticket_id", "opened", "complaint")
    if not isinstance(lacks, Missing):
        unknown = "(complaint AND account_id IS NULL)::INT"
        return "tickets", "opened_date", "coalesce(complaint, false)::INT", f"coalesce({unknown}, 0)"
    if not isinstance(tables.require("contact_volume", "day", "complaints"), Missing):
        return "contact_volume", "day", "coalesce(complaints, 0)", "coalesce(complaints, 0)"
    return lacks


def complaint_window(tables: Tables, found: Exposure, months: int) -> Window | Missing | None:
    """The last complete months, at most `months`, for which both complaints and customers are known.

    A first month that was recorded from its sixth day or later only is left out: half a month of complaints over a
    whole month of customers would be too low a rate. None when the two never overlap.
    """
    source = complaint_source(tables)
    if isinstance(source, Missing):
        return source
    table, day = source
    span = seen(tables, table, day)
    if span is None:
        return None
    begun = tables.frame(f"SELECT day(min({day})) AS first FROM {table}")["first"].iloc[0]
    first = add_months(span.first, 1) if int(begun) > LATEST_START else span.first
    last = min(span.last, found.span.last)
    first = max(first, found.span.first, add_months(last, 1 - months))
    return Window(first=first, last=last) if first <= last else None


def complaint_source(tables: Tables) -> tuple[str, str] | Missing:
    """The table complaints are counted in and its day column, or what is missing."""
    counted = _counted(tables)
    return counted if isinstance(counted, Missing) else counted[:2]


def complaint_rate(tables: Tables, found: Exposure, window: Window) -> Estimate | Missing:
    """Complaints per 1,000 customers and month over the window, n the complaints.

    Ratio Σ complaints ÷ Σ customer-months over customers, linearised variance, interval on the log scale with
    Student's t (complaining customers less one degrees of freedom). From counts alone (`contact_volume`) there is no
    interval. Measured with complaints that customers are prone to very unevenly (gamma shape 0.2 to 0.5; 300 to 10,000
    customers; 1,500 seeds each), nominal 95 %: 94.5 to 95.7 %.
    """
    counted = _counted(tables)
    if isinstance(counted, Missing):
        return counted
    table, day, complaints, _ = counted
    if table == "contact_volume":
        months = complaint_months(tables, found, window)
        if isinstance(months, Missing):
            return months
        total, exposed = float(months["complaints"].sum()), float(months["customers"].sum())
        why = "complaints are counted, not tied to customers"
        return Estimate(value=total / exposed * PER if exposed else None, n=round(total), why_none=why)
    sums = tables.frame(f"""
        WITH said AS (
          SELECT coalesce('a:' || account_id, 't:' || ticket_id) AS customer, sum({complaints})::DOUBLE AS y
          FROM {table} WHERE {window.holds(day)} AND complaint GROUP BY 1
        ), active AS (
          SELECT 'a:' || account_id AS customer, count(*)::DOUBLE AS x FROM {found.active(window)} GROUP BY 1
        ),
        both_ AS (
          SELECT coalesce(a.x, 0) AS x, coalesce(s.y, 0) AS y
          FROM active a FULL JOIN said s ON s.customer = a.customer
        )
        SELECT count(*) AS n, coalesce(sum(x), 0) AS x, coalesce(sum(y), 0) AS y, coalesce(sum(x * x), 0) AS xx,
          coalesce(sum(x * y), 0) AS xy, coalesce(sum(y * y), 0) AS yy, coalesce(sum((y > 0)::INT), 0) AS complaining
        FROM both_
    """).iloc[0]
    given = Sums(n=int(sums["n"]), r=0.0, rr=0.0, **{c: float(sums[c]) for c in ("x", "y", "xx", "xy", "yy")})
    return rate_from_sums(given, complaining=int(sums["complaining"]))


def rate_from_sums(sums: Sums, *, complaining: int) -> Estimate:
    """The rate per 1,000 from sums over customers of customer-months x and complaints y."""
    if sums.x <= 0:
        return Estimate(why_none="no active customers")
    rate, count = sums.y / sums.x, round(sums.y)
    known = Estimate(value=rate * PER, n=count, effective_n=complaining)
    if sums.n < MINIMUM_N:
        return known.model_copy(update={"why_none": f"{sums.n} customers, fewer than {MINIMUM_N}"})
    if min(count, complaining) < MINIMUM_COMPLAINTS:
        why = f"{count} complaints of {complaining} customers, fewer than {MINIMUM_COMPLAINTS}"
        return known.model_copy(update={"why_none": why})
    residual = max(sums.yy - 2 * rate * sums.xy + rate**2 * sums.xx, 0.0)
    variance = sums.n / (sums.n - 1) * residual / sums.x**2
    half = t_quantile(complaining - 1) * math.sqrt(variance) / rate
    return known.model_copy(update={"low": rate * math.exp(-half) * PER, "high": rate * math.exp(half) * PER})
