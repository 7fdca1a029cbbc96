"""Retention of customers and their recurring revenue over a window: the bridge, GRR, NRR and churn.

Conventions (``grr@1``, ``nrr@1``, ``logo_churn@1``, ``early_loss@1`` in ``playbook/metrics.yml`` name their rivals):

- The cohort is fixed: accounts with recurring revenue in the window's *opening* month, the one before its first.
- Two points are compared, opening and last month. An account that paused in between and pays again at the end was
  retained; one that comes back without having been in the cohort is neither joined nor retained.
- Products are summed per account first: moving money from one product to another is no contraction.
- A month with zero recurring revenue is churn; one-off fees are not recurring.
- GRR counts each account with the smaller of its two ends (reference R06), so growth elsewhere hides no loss.
- *Joined and lost*: the first paid month lies in the window and the last month is not paid. GRR cannot see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import narwhals as nw
import pandas as pd

from cxkit.metrics import estimates
from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.estimates import Estimate, Sums
from cxkit.metrics.windows import Window, add_months, window_to
from cxkit.records import Missing, Number, Record
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables

RATIO_CEILING = 3.0
"""An account's own growth counts at most threefold in the size-blind variance, lest tiny accounts rule it."""
COUNTS = ("accounts", "lost_accounts", "joined", "joined_lost", "returned")
MONEY = ("start", "kept", "expansion", "contraction", "churn", "end", "joined_end", "joined_lost_mrr", "returned_end")
MOMENTS = ("ss", "sk", "kk", "se", "ee", "gr", "grr", "nr", "nrr")
SCALES = {"joined_lost_mrr": 1e8} | dict.fromkeys(MOMENTS[:5], 1e4) | dict.fromkeys(MOMENTS[5:], 1e15)
"""What is no exact decimal is added up as whole numbers of this part of a unit: a sum of doubles depends on the order
of rows, and the variance made from these sums would show it."""


def source(tables: Tables, at: date) -> nw.LazyFrame[Any] | Missing:
    """Recurring revenue by account and month in the client's currency at the rates of month `at`."""
    if isinstance(lacks := tables.require("revenue", "account_id", "month", "mrr"), Missing):
        return lacks
    relation = in_one_currency(tables, "revenue", ("mrr",), at=at)
    if isinstance(relation, Missing):
        return relation
    return nw.from_native(tables.sql(f"SELECT account_id, month, mrr FROM {relation} WHERE account_id IS NOT NULL"))


def per_account(tables: Tables, window: Window) -> nw.LazyFrame[Any] | Missing:
    """One row per account with revenue up to the window's end, in the engine.

    Columns: account_id, start and end (recurring revenue of the opening and last month), kept (the smaller of both),
    member (1 in the cohort), joined and joined_lost (0 or 1), lost_mrr (monthly average of what joined and was lost).
    """
    revenue = source(tables, window.opening)
    if isinstance(revenue, Missing):
        return revenue
    month, mrr = nw.col("month"), nw.col("mrr")
    opening, last = nw.lit(window.opening), nw.lit(window.last)
    zero, paid, inside = nw.lit(0), mrr > 0, month > opening
    flat = revenue.filter(month <= last).select(
        "account_id",
        start=nw.when(month == opening).then(mrr).otherwise(zero),
        end=nw.when(month == last).then(mrr).otherwise(zero),
        before=nw.when(paid & ~inside).then(nw.lit(1)).otherwise(zero),
        billed=nw.when(paid & inside).then(mrr).otherwise(zero),
        first=nw.when(paid & inside).then(month),
        final=nw.when(paid & inside).then(month),
    )
    book = flat.group_by("account_id").agg(
        nw.col("start", "end", "billed").sum(), nw.col("before", "final").max(), nw.col("first").min()
    )
    joined = (nw.col("before") == 0) & (nw.col("billed") > 0)
    gone = nw.col("end") == 0
    span = (nw.col("final").dt.year() - nw.col("first").dt.year()) * 12 + (
        nw.col("final").dt.month() - nw.col("first").dt.month() + 1
    )
    one = nw.lit(1)
    return book.filter((nw.col("start") > 0) | joined | (nw.col("end") > 0)).select(
        "account_id",
        "start",
        "end",
        kept=nw.min_horizontal("start", "end"),
        member=nw.when(nw.col("start") > 0).then(one).otherwise(zero),
        joined=nw.when(joined).then(one).otherwise(zero),
        joined_lost=nw.when(joined & gone).then(one).otherwise(zero),
        lost_mrr=nw.when(joined & gone).then(nw.col("billed").cast(nw.Float64) / span).otherwise(nw.lit(0.0)),
    )


def bridge(
    tables: Tables, window: Window, by: Sequence[str] = (), *, labels: nw.LazyFrame[Any] | None = None
) -> pd.DataFrame | Missing:
    """The bridge of a window: one row, or one per combination of the account columns `by`.

    `labels` has one row per account (account_id and the columns `by`) and takes the place of `accounts`.

    Columns: `by`, then the counts accounts (cohort), lost_accounts, joined, joined_lost, returned; the monthly money
    start, kept, expansion, contraction, churn, end (cohort only; start + expansion − contraction − churn = end),
    joined_end (what joined pays at the end), joined_lost_mrr, returned_end (what those pay who were customers before,
    but not at the opening); and sums of squares and products for intervals. All are additive over rows.
    """
    accounts = per_account(tables, window)
    if isinstance(accounts, Missing):
        return accounts
    if by:
        known = tables.require("accounts", "account_id", *by) if labels is None else labels
        if isinstance(known, Missing):
            return known
        accounts = accounts.join(known.select("account_id", *by), on="account_id", how="left")
    start, end, kept = nw.col("start"), nw.col("end"), nw.col("kept")
    zero, cohort = nw.lit(0), nw.col("member") == 1
    back = (nw.col("member") == 0) & (nw.col("joined") == 0)
    fs, fe, fk = (c.cast(nw.Float64) for c in (start, end, kept))
    grown = nw.min_horizontal(fe / fs, nw.lit(RATIO_CEILING))
    nought = nw.lit(0.0)

    def of_cohort(value: nw.Expr) -> nw.Expr:
        return nw.when(cohort).then(value).otherwise(nought)

    rows = accounts.select(
        *by,
        nw.col("joined", "joined_lost"),
        nw.col("start", "kept"),
        accounts=nw.col("member"),
        lost_accounts=nw.when(cohort & (end == 0)).then(nw.lit(1)).otherwise(zero),
        expansion=nw.when(cohort & (end > start)).then(end - start).otherwise(zero),
        contraction=nw.when(cohort & (end > 0) & (end < start)).then(start - end).otherwise(zero),
        churn=nw.when(cohort & (end == 0)).then(start).otherwise(zero),
        end=nw.when(cohort).then(end).otherwise(zero),
        joined_end=nw.when(nw.col("joined") == 1).then(end).otherwise(zero),
        joined_lost_mrr=nw.col("lost_mrr"),
        returned=nw.when(back).then(nw.lit(1)).otherwise(zero),
        returned_end=nw.when(back).then(end).otherwise(zero),
        ss=fs * fs,
        sk=fs * fk,
        kk=fk * fk,
        se=of_cohort(fs * fe),
        ee=of_cohort(fe * fe),
        gr=of_cohort(fk / fs),
        grr=of_cohort((fk / fs) * (fk / fs)),
        nr=of_cohort(grown),
        nrr=of_cohort(grown * grown),
    )
    sums = ", ".join(f"sum({_whole(quoted(c), c)}) AS {quoted(c)}" for c in (*COUNTS, *MONEY, *MOMENTS))
    if by:
        groups = ", ".join(map(quoted, by))
        query = f"SELECT {groups}, {sums} FROM given GROUP BY {groups} ORDER BY {groups}"
        return _unscaled(tables.frame(query, given=rows))
    return _unscaled(tables.frame(f"SELECT {sums} FROM given", given=rows).fillna(0.0))


def _whole(sql: str, name: str) -> str:
    """What is no exact decimal as a whole number of its scale; money squared needs wide ones."""
    return f"CAST(round(({sql}) * {SCALES[name]}) AS HUGEINT)" if name in SCALES else sql


def _unscaled(frame: pd.DataFrame) -> pd.DataFrame:
    """Sums back in their own units."""
    return frame.assign(**{c: frame[c] / scale for c, scale in SCALES.items()})


class Retention(Record):
    """Retention over one window, from the bridge's sums."""

    accounts: int
    """Accounts in the cohort."""
    start: Number
    expansion: Number
    contraction: Number
    churn: Number
    end: Number
    """Recurring revenue per month of the cohort, in the client's currency."""
    grr: Estimate
    nrr: Estimate
    logo_churn: Estimate
    """Share of the cohort's accounts without revenue in the last month."""
    joined: int
    joined_lost: int
    joined_end: Number
    joined_lost_mrr: Number
    returned: int = 0
    returned_end: Number
    """Customers who pay at the end, paid before the opening month but not in it, and what they pay."""
    early_loss: Estimate
    """Share of the accounts that joined inside the window and are lost at its end."""


def summarise(rows: pd.DataFrame) -> Retention:
    """Retention from bridge rows; several rows are added up.

    The worked example of reference R05 (start 100,000; expansion 12,000; contraction 5,000; churn 8,000):

    >>> row = dict.fromkeys((*COUNTS, *MONEY, *MOMENTS), 0.0)
    >>> row |= {"accounts": 4, "start": 100e3, "expansion": 12e3, "contraction": 5e3, "churn": 8e3}
    >>> found = summarise(pd.DataFrame([row | {"kept": 87e3, "end": 99e3, "ss": 1e10}]))
    >>> found.grr.value, found.nrr.value
    (0.87, 0.99)
    """
    total = rows[[*COUNTS, *MONEY, *MOMENTS]].sum()
    n, s, kept, end = (total[c] for c in ("accounts", "start", "kept", "end"))
    count = {c: round(float(total[c])) for c in COUNTS}
    gross = Sums(
        n=round(float(n)), x=s, y=kept, xx=total["ss"], xy=total["sk"], yy=total["kk"], r=total["gr"], rr=total["grr"]
    )
    net = Sums(
        n=round(float(n)), x=s, y=end, xx=total["ss"], xy=total["se"], yy=total["ee"], r=total["nr"], rr=total["nrr"]
    )
    return Retention(
        accounts=count["accounts"],
        start=s,
        expansion=total["expansion"],
        contraction=total["contraction"],
        churn=total["churn"],
        end=end,
        grr=estimates.ratio(gross, bounded=True),
        nrr=estimates.ratio(net, bounded=False),
        logo_churn=estimates.proportion(count["lost_accounts"], count["accounts"]),
        joined=count["joined"],
        joined_lost=count["joined_lost"],
        joined_end=total["joined_end"],
        joined_lost_mrr=total["joined_lost_mrr"],
        returned=count["returned"],
        returned_end=total["returned_end"],
        early_loss=estimates.proportion(count["joined_lost"], count["joined"]),
    )


def largest(tables: Tables, window: Window, count: int = 5) -> pd.DataFrame | Missing:
    """The cohort's largest accounts at the opening: account_id, start, kept, end; ties by account."""
    accounts = per_account(tables, window)
    if isinstance(accounts, Missing):
        return accounts
    cohort = accounts.filter(nw.col("member") == 1).select("account_id", "start", "kept", "end")
    return tables.frame(cohort.sort("start", "account_id", descending=[True, False]).head(count))


def monthly(tables: Tables, last: date, months: int) -> pd.DataFrame | Missing:
    """Month-to-month retention, each month against the one before: windows that do not overlap.

    Columns: month, the sums of `bridge` that concern the cohort, and nothing for months in which either end has no
    revenue at all. Sorted by month.
    """
    if isinstance(lacks := tables.require("revenue", "account_id", "month", "mrr"), Missing):
        return lacks
    window = window_to(last, months)
    relation = in_one_currency(tables, "revenue", ("mrr",), at=window.opening)
    if isinstance(relation, Missing):
        return relation
    months_ = [window.opening, *window.months]
    there = set(pd.to_datetime(tables.frame(f"SELECT DISTINCT month FROM {relation} WHERE mrr > 0")["month"]).dt.date)
    ends = [f"m{i}" for i in range(len(months_))]
    columns = ", ".join(f"coalesce(sum(mrr) FILTER (month = DATE '{m}'), 0) AS m{i}" for i, m in enumerate(months_))
    moments = ", ".join(f"coalesce(sum({_whole(sql, c)}), 0) AS {quoted(c)}" for c, sql in _MONTHLY_MOMENTS.items())
    steps = ", ".join(f"({k})" for k in range(1, len(ends)))
    opens, closes = (
        f"CASE k {' '.join(f'WHEN {k} THEN {end}' for k, end in enumerate(part, 1))} END"
        for part in (ends[:-1], ends[1:])
    )
    frame = tables.frame(f"""
        WITH book AS (
          SELECT account_id, {columns} FROM {relation}
          WHERE month >= DATE '{window.opening}' AND month <= DATE '{last}' AND account_id IS NOT NULL GROUP BY 1
        ), flows AS (
          SELECT k, {opens} AS s, {closes} AS e FROM book CROSS JOIN (VALUES {steps}) AS step(k)
        ), f AS (
          SELECT k, s, e, least(s, e) AS k_, s::DOUBLE AS fs, e::DOUBLE AS fe, least(s, e)::DOUBLE AS fk
          FROM flows WHERE s > 0
        )
        SELECT k, {moments} FROM f GROUP BY k ORDER BY k
    """)
    frame = _unscaled(frame)
    frame.insert(0, "month", [months_[k] for k in frame.pop("k")])
    whole = [m in there and add_months(m, -1) in there for m in frame["month"]]
    return frame[whole].reset_index(drop=True)


_GROWN = f"least(fe / fs, {RATIO_CEILING})"
_MONTHLY_MOMENTS = dict.fromkeys(("joined", "joined_lost", "returned", "joined_end", "returned_end"), "0") | {
    "accounts": "1",
    "lost_accounts": "(e = 0)::INT",
    "start": "s",
    "kept": "k_",
    "expansion": "greatest(e - s, 0)",
    "contraction": "CASE WHEN e > 0 THEN greatest(s - e, 0) ELSE 0 END",
    "churn": "CASE WHEN e = 0 THEN s ELSE 0 END",
    "end": "e",
    "joined_lost_mrr": "0.0",
    "ss": "fs * fs",
    "sk": "fs * fk",
    "kk": "fk * fk",
    "se": "fs * fe",
    "ee": "fe * fe",
    "gr": "fk / fs",
    "grr": "(fk / fs) * (fk / fs)",
    "nr": _GROWN,
    "nrr": f"{_GROWN} * {_GROWN}",
}
