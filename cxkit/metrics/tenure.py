"""How long a customer stays: the share still paying so many months after the first payment.

The curve is Kaplan and Meier's (1958), by whole months of age, from customers whose beginning is known. Those who
already paid in the first month of the book began at an unknown time and are left out; a pause between two payments is
no loss. It is read up to the last age at which ten customers were still watched, and never beyond.
"""

from __future__ import annotations

import pandas as pd

from cxkit.metrics import survival
from cxkit.metrics.windows import Window, last_complete_month, last_day, seen
from cxkit.records import Missing
from cxkit.tables.engine import Tables

AT_LEAST = 10
"""Customers still watched at an age, below which the curve is not read."""
SOURCES = (
    Missing(name="revenue", columns=("account_id", "month", "mrr")),
    Missing(name="accounts", columns=("account_id", "started", "ended")),
)
"""What can tell how long customers stay, best first."""
COLUMNS = ("month", "at_risk", "events", "survival", "low", "high")


def customer_survival(tables: Tables) -> pd.DataFrame | Missing:
    """Share of customers still there at each age, in months since their first one.

    Tables: `revenue` (account_id, month, mrr), else `accounts` (account_id, started, ended). Columns: month (0 is the
    first month, in which everybody is there; every age up to the last observed one), at_risk, events (customers lost
    at this age), survival, low and high (95 %, empty where nobody or everybody has left). `Missing` names the best
    source that was not supplied, or says that too few customers were watched.

    Four customers begin in February; one pays twice and leaves, so a quarter is gone at age 2:

    >>> from datetime import date
    >>> lasts = {"a": 3, "b": 5, "c": 5, "d": 5}
    >>> paid = [(who, f"2026-{m:02}-01", 9) for who, last in lasts.items() for m in range(2, last + 1)]
    >>> book = pd.DataFrame([("old", "2026-01-01", 9), *paid], columns=["account_id", "month", "mrr"])
    >>> tables = Tables.from_frames({"revenue": book}, as_of=date(2026, 5, 31))
    >>> curve(risk_sets(tables), at_least=3)["survival"].tolist()
    [1.0, 1.0, 0.75, 0.75]
    """
    risk = risk_sets(tables)
    if isinstance(risk, Missing):
        return risk
    made = curve(risk)
    if len(made) < 2:
        used = next(s for s in SOURCES if s.name == source(tables))
        return used.model_copy(update={"why": f"fewer than {AT_LEAST} customers watched from their first month on"})
    return made


def source(tables: Tables) -> str:
    """The table that tells how long customers stay, the best of those supplied; empty where none was."""
    return next((s.name for s in SOURCES if not isinstance(tables.require(s.name, *s.columns), Missing)), "")


def risk_sets(tables: Tables) -> pd.DataFrame | Missing:
    """Customers by the age they were lost at (events) or last seen at (censored): time, events, censored."""
    if source(tables) == "revenue":
        span = seen(tables, "revenue", "month", "mrr > 0")
        return _none() if span is None else tables.frame(_of_revenue(span))
    if source(tables) == "accounts":
        last = last_complete_month(tables.as_of)
        return tables.frame(
            f"WITH lives AS (SELECT started, CASE WHEN ended <= DATE '{last_day(last)}' THEN ended END AS ended FROM "
            f"accounts WHERE started <= DATE '{last_day(last)}' AND (ended IS NULL OR ended >= started)), "
            f"ages AS (SELECT datediff('month', started, coalesce(ended, DATE '{last}')) AS age, "
            f"ended IS NOT NULL AS lost FROM lives) {_counted('age + CASE WHEN lost THEN 1 ELSE 0 END')}"
        )
    return SOURCES[0]


def curve(risk: pd.DataFrame, *, at_least: int = AT_LEAST) -> pd.DataFrame:
    """The survival curve of risk sets at every age from 0 to the last one at which so many are still watched."""
    if risk.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    found = survival.kaplan_meier(risk)
    last = int(survival.follow_up(found, at_least))
    whole = pd.DataFrame({"month": range(last + 1)}).merge(found, left_on="month", right_on="time", how="left")
    whole["events"] = whole["events"].fillna(0).astype("int64")
    whole["at_risk"] = whole["at_risk"].bfill().fillna(0).astype("int64")
    whole[["survival", "low", "high"]] = whole[["survival", "low", "high"]].ffill()
    whole["survival"] = whole["survival"].fillna(1.0)
    return whole[list(COLUMNS)]


def _of_revenue(span: Window) -> str:
    return (
        f"WITH lives AS (SELECT min(month) AS first, max(month) AS last FROM revenue WHERE mrr > 0 AND account_id IS "
        f"NOT NULL AND month <= DATE '{span.last}' GROUP BY account_id), "
        f"ages AS (SELECT datediff('month', first, last) AS age, last < DATE '{span.last}' AS lost FROM lives "
        f"WHERE first > DATE '{span.first}') {_counted('age + CASE WHEN lost THEN 1 ELSE 0 END')}"
    )


def _counted(time: str) -> str:
    return (
        f"SELECT {time} AS time, count(*) FILTER (lost) AS events, count(*) FILTER (NOT lost) AS censored "
        "FROM ages GROUP BY 1 ORDER BY 1"
    )


def _none() -> pd.DataFrame:
    return pd.DataFrame(columns=["time", "events", "censored"])
