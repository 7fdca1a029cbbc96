"""Lifetime value under contracts: who renews at which tenure, seen over two years, and what a paid month is worth."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd

from cxkit.metrics import estimates
from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.estimates import MINIMUM_N, Estimate, Sums
from cxkit.metrics.windows import Window, add_months, seen
from cxkit.quantify.finance import discount_factors
from cxkit.quantify.likelihood import Array
from cxkit.quantify.renewals import Path, path, value_of
from cxkit.records import Missing, Record
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables

SEEN_MONTHS = 24
"""Renewals of so many latest months make the hazards: recent, and both seasons of each."""
HELD_OUT = 12
DIMENSIONS = ("segment", "product")
MOST_GROUPS = 12
Z = 1.959963984540054


class Contracts(Record):
    """What the months of contracts say."""

    window: Window
    """Months from which a customer could renew into the next."""
    last: date
    without_tenure: int
    """Customers whose first month lies before the table: how long they have stayed is not known."""


def contracts(tables: Tables) -> Contracts | Missing | str:
    """The months that can be read, or why there are none."""
    if isinstance(lacks := tables.require("revenue", "account_id", "month", "mrr"), Missing):
        return lacks
    span = seen(tables, "revenue", "month", "mrr > 0")
    if span is None:
        return "there is no complete month with recurring revenue"
    lives = _lives(tables, span)
    found = tables.frame(
        f"WITH {lives} SELECT min(final) FILTER (final < DATE '{span.last}') AS lost, "
        "count(*) FILTER (birth IS NULL) AS unknown FROM life"
    ).iloc[0]
    if pd.isna(found["lost"]):
        return "nobody has left yet"
    first = max(add_months(span.last, -SEEN_MONTHS), pd.Timestamp(found["lost"]).date(), span.first)
    window = Window(first=first, last=add_months(span.last, -1))
    if len(window) < HELD_OUT:
        return f"losses are seen over {len(window)} months, fewer than {HELD_OUT}"
    return Contracts(window=window, last=span.last, without_tenure=int(found["unknown"]))


def _lives(tables: Tables, span: Window) -> str:
    """SQL of `paid` (account_id, month, mrr) and `life` (account_id, birth, final): the first month and the last.

    A customer whose payments begin with the table's own first month was there before it, for as long as `accounts` say.
    """
    revenue = in_one_currency(tables, "revenue", ("mrr",), at=add_months(span.last, -HELD_OUT))
    if isinstance(revenue, Missing):
        revenue = quoted("revenue")
    joined, started = "", "NULL::DATE"
    if "started" in tables.supplied("accounts"):
        joined, started = "LEFT JOIN accounts a USING (account_id)", "CAST(date_trunc('month', a.started) AS DATE)"
    return f"""
    paid AS (
      SELECT account_id, month, sum(mrr) AS mrr FROM {revenue}
      WHERE mrr > 0 AND account_id IS NOT NULL AND month <= DATE '{span.last}' GROUP BY 1, 2
    ), ends AS (SELECT account_id, min(month) AS first, max(month) AS final FROM paid GROUP BY 1),
    life AS (
      SELECT e.account_id, e.final, CASE WHEN e.first > DATE '{span.first}' THEN e.first
        WHEN {started} < DATE '{span.first}' THEN {started} END AS birth
      FROM ends e {joined}
    )"""


def risks(tables: Tables, found: Contracts, window: Window, by: str | None = None) -> pd.DataFrame:
    """Risk sets of the renewals out of the months of `window`: group, t, at_risk, lost, accounts summed over months."""
    span = seen(tables, "revenue", "month", "mrr > 0")
    assert span is not None
    group, joined = _group(by)
    return tables.frame(f"""
        WITH {_lives(tables, span)}
        SELECT {group} AS "group", CAST(date_diff('month', l.birth, p.month) + 1 AS BIGINT) AS t,
          count(*) AS at_risk, sum((p.month = l.final AND l.final < DATE '{found.last}')::INT)::BIGINT AS lost
        FROM paid p JOIN life l USING (account_id) {joined}
        WHERE l.birth IS NOT NULL AND p.month >= l.birth AND {window.holds("month")} AND {group} IS NOT NULL
        GROUP BY 1, 2 ORDER BY 1, 2
    """)


def present(tables: Tables, found: Contracts, month: date, until: date, by: str | None = None) -> pd.DataFrame:
    """Who paid in a month, by tenure: group, tenure (renewals so far), customers, and how many of them still paid at
    or after `until`."""
    span = seen(tables, "revenue", "month", "mrr > 0")
    assert span is not None
    group, joined = _group(by)
    return tables.frame(f"""
        WITH {_lives(tables, span)}
        SELECT {group} AS "group", CAST(date_diff('month', l.birth, p.month) AS BIGINT) AS tenure,
          count(*) AS customers, sum((l.final >= DATE '{until}')::INT)::BIGINT AS stayed
        FROM paid p JOIN life l USING (account_id) {joined}
        WHERE l.birth IS NOT NULL AND p.month = DATE '{month}' AND p.month >= l.birth AND {group} IS NOT NULL
        GROUP BY 1, 2 ORDER BY 1, 2
    """)


def monthly_revenue(tables: Tables, found: Contracts, by: str | None = None) -> dict[str, Estimate]:
    """Recurring revenue of a paid month over the last twelve, by group; customers resampled."""
    span = seen(tables, "revenue", "month", "mrr > 0")
    assert span is not None
    group, joined = _group(by)
    rows = tables.frame(f"""
        WITH {_lives(tables, span)}, each AS (
          SELECT {group} AS "group", p.account_id, count(*)::HUGEINT AS x, CAST(round(sum(p.mrr) * 100) AS HUGEINT) AS y
          FROM paid p {joined} WHERE p.month > DATE '{add_months(found.last, -HELD_OUT)}' AND {group} IS NOT NULL
          GROUP BY 1, 2
        )
        SELECT "group", count(*) AS n, sum(x) AS x, sum(y) AS y, sum(x * x) AS xx, sum(x * y) AS xy, sum(y * y) AS yy,
          sum(CAST(round(y * 10000 / x) AS HUGEINT)) AS r,
          sum(CAST(round(y * 10000 / x) AS HUGEINT) * CAST(round(y * 10000 / x) AS HUGEINT)) AS rr
        FROM each GROUP BY 1 ORDER BY 1
    """)
    made = {}
    for row in rows.to_dict("records"):
        sums = {k: float(row[k]) for k in ("x", "y", "xx", "xy", "yy", "r", "rr")}
        sums |= {"y": sums["y"] / 100, "xy": sums["xy"] / 100, "yy": sums["yy"] / 1e4}
        sums |= {"r": sums["r"] / 1e6, "rr": sums["rr"] / 1e12}
        made[str(row["group"])] = estimates.ratio(Sums(n=int(row["n"]), **sums), bounded=False)
    return made


def _group(by: str | None) -> tuple[str, str]:
    if by is None:
        return "'all'", ""
    return f"coalesce(g.{quoted(by)}, 'not stated')", "LEFT JOIN accounts g USING (account_id)"


def values(
    tables: Tables, found: Contracts, *, margin: float | None, horizon: int, rate: float
) -> tuple[pd.DataFrame, dict[str, Path]]:
    """What a new customer and today's customers are worth, by group, and the path of each group as dimension:group.

    Columns as in `LifetimeValue`'s table `values`. Groups whose losses do not carry a fit have a note and no value.
    """
    months = np.arange(1, horizon + 1)
    rows: list[dict[str, object]] = []
    paths: dict[str, Path] = {}
    drawn: list[pd.DataFrame] = []
    for dimension in ("all", *(d for d in DIMENSIONS if d in tables.supplied("accounts"))):
        by = None if dimension == "all" else dimension
        risk, now = risks(tables, found, found.window, by), present(tables, found, found.last, found.last, by)
        counts = now.groupby("group")["customers"].sum().sort_values(ascending=False).rename(None)
        if by and (len(counts) < 2 or any(_same(counts, other) for other in drawn)):
            continue
        drawn.append(counts.to_frame())
        paid = monthly_revenue(tables, found, by)
        size = int(max([*risk["t"], *(now["tenure"] + 1)])) + horizon + 1
        for group in sorted(counts.index[:MOST_GROUPS], key=lambda g: (-counts[g], str(g))):
            mine = risk[risk["group"] == group]
            made = path(mine, size)
            row: dict[str, object] = {
                "dimension": dimension,
                "group": str(group),
                "customers": int(counts[group]),
                "lost": int(mine["lost"].sum()),
                "monthly_revenue": paid[str(group)].value,
            }
            if isinstance(made, str):
                rows.append(row | {"note": made})
                continue
            paths[f"{dimension}:{group}"] = made
            worth = (margin or 0.0) * (paid[str(group)].value or 0.0) * discount_factors(months, rate)
            here = now[now["group"] == group]
            tenures = dict(zip(here["tenure"].astype(int), here["customers"].astype(float), strict=True))
            row |= {"kept_12": float(made.survival[12]) if len(made.survival) > 12 else None}
            row |= {"observed_months": made.observed, "p": made.model.p, "phi": made.model.phi}
            row |= {"loglik": made.model.loglik, "note": ""}
            rows.append(row if margin is None else row | _worth(made, tenures, worth, paid[str(group)]))
    return pd.DataFrame(rows), paths


def _same(counts: pd.Series, other: pd.DataFrame) -> bool:
    """Whether two groupings look like one: the same sizes under other names."""
    return sorted(counts.tolist()) == sorted(other.iloc[:, 0].tolist())


def _worth(made: Path, tenures: dict[int, float], worth: Array, paid: Estimate) -> dict[str, object]:
    new, new_variance = value_of(made, {-1: 1.0}, worth)
    book, book_variance = value_of(made, tenures, worth)
    beyond = float((made.survival[: len(worth)] * worth)[made.observed + 1 :].sum()) / new
    out: dict[str, object] = {"value": new, "book": book, "beyond": max(beyond, 0.0)}
    if made.model.lost < MINIMUM_N or paid.high is None or paid.value is None:
        why = paid.why_none or f"{made.model.lost} losses, fewer than {MINIMUM_N}"
        return out | {"note": f"no interval: {why}"}
    price = (paid.high - paid.value) / estimates.t_quantile(paid.effective_n - 1) / paid.value
    for name, value, variance in (("", new, new_variance), ("book_", book, book_variance)):
        half = Z * math.sqrt(variance / value**2 + price**2)
        out |= {f"{name}low": value * math.exp(-half), f"{name}high": value * math.exp(half)}
    return out


def curve(made: Path, months: int) -> pd.DataFrame:
    """Share of new customers still there by month: observed with its interval, and the model.

    Columns: month, observed, low, high, model (sBG throughout), path (what values rest on: observed, then the model
    from there), extrapolated (whether the model alone speaks).
    """
    seen_months, months = made.observed, min(months, len(made.hazards))
    hazards, n = np.asarray(made.hazards[:seen_months]), np.asarray(made.at_risk[:seen_months])
    greenwood = np.concatenate([[0.0], np.cumsum(hazards / (n * np.maximum(1 - hazards, 1e-9)))])
    left = made.survival
    rows = []
    for month in range(months + 1):
        low = high = None
        if (known := month <= seen_months) and 0 < left[month] < 1:
            logs = math.log(left[month])
            half = Z * math.sqrt(greenwood[month]) / abs(logs)
            low, high = math.exp(logs * math.exp(half)), math.exp(logs * math.exp(-half))
        share = float(left[month])
        rows.append((month, share if known else None, low, high, made.model.survival(month), share, not known))
    return pd.DataFrame(rows, columns=["month", "observed", "low", "high", "model", "path", "extrapolated"])


def check(tables: Tables, found: Contracts) -> dict[str, object] | None:
    """The last year's losses as the months before would have predicted them; None without enough months before."""
    split = add_months(found.last, -HELD_OUT)
    if found.window.first >= add_months(split, -HELD_OUT // 2):
        return None
    before = Window(first=found.window.first, last=add_months(split, -1))
    there = present(tables, found, split, found.last)
    made = path(risks(tables, found, before), int(there["tenure"].max()) + HELD_OUT + 1)
    if isinstance(made, str):
        return None
    tenures = dict(zip(there["tenure"].astype(int), there["customers"].astype(float), strict=True))
    last = np.zeros(HELD_OUT)
    last[-1] = 1.0
    stay, variance = value_of(made, tenures, last)
    left = made.survival
    noise = sum(n * (s := float(left[k + HELD_OUT] / left[k])) * (1 - s) for k, n in tenures.items())
    half = Z * math.sqrt(variance + noise)
    customers, stayed = float(there["customers"].sum()), float(there["stayed"].sum())
    predicted, actual = customers - stay, customers - stayed
    return {
        "what": "customers lost",
        "period": Window(first=add_months(split, 1), last=found.last).label,
        "customers": round(customers),
        "predicted": predicted,
        "low": max(predicted - half, 0.0),
        "high": predicted + half,
        "actual": actual,
        "error": predicted / actual - 1 if actual else None,
    }
