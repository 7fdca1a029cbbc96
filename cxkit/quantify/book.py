"""The revenue book behind retention: the window's bridge, that of a year earlier, and the five largest customers."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from cxkit import formats
from cxkit.formats import quantity
from cxkit.metrics import retention
from cxkit.metrics.definitions import definition
from cxkit.metrics.estimates import Estimate
from cxkit.metrics.windows import Window, add_months, seen
from cxkit.quantify.measure import RESAMPLED, SERIES_MONTHS, YEAR, Measure, absent, gap, points
from cxkit.records import Gap, Missing, Record
from cxkit.tables.engine import Tables

PACE = "each month at a yearly pace (its rate compounded twelve times)"

RETENTION = ("grr", "nrr", "logo_churn", "early_loss")


class Book(Record):
    """Retention over the window, a year earlier, and what the largest customers make of it."""

    window: Window
    now: retention.Retention
    before: retention.Retention | None
    without_largest: retention.Retention | None
    """Without the five largest customers of the cohort."""
    largest_share: float
    """Their share of the opening revenue."""


def retention_book(tables: Tables, months: int) -> Book | Gap:
    """The bridge of the last `months` complete months, or one gap that stands for all of retention."""
    lacks = tables.require("revenue", "account_id", "month", "mrr")
    if isinstance(lacks, Missing):
        return absent("grr", lacks)
    span = seen(tables, "revenue", "month", "mrr > 0")
    if span is None:
        return gap("grr", "There is no complete month with recurring revenue.")
    window = Window(first=add_months(span.last, 1 - months), last=span.last)
    if window.opening < span.first:
        begins = f"the month before the window; the table begins with {span.first:%Y-%m}"
        return gap("grr", f"It needs recurring revenue of {window.opening:%Y-%m}, {begins}.")
    rows = retention.bridge(tables, window)
    if isinstance(rows, Missing):
        return absent("grr", rows)
    now = retention.summarise(rows)
    if now.accounts == 0:
        return gap("grr", f"No customer has recurring revenue in the opening month, {window.opening:%Y-%m}.")
    before = None
    if window.back(YEAR).opening >= span.first:
        earlier = retention.bridge(tables, window.back(YEAR))
        before = None if isinstance(earlier, Missing) else retention.summarise(earlier)
    rest, share = _without_largest(tables, window, rows)
    return Book(window=window, now=now, before=before, without_largest=rest, largest_share=share)


def _without_largest(tables: Tables, window: Window, rows: pd.DataFrame) -> tuple[retention.Retention | None, float]:
    top = retention.largest(tables, window)
    if isinstance(top, Missing) or len(top) < 5 or rows["accounts"].sum() <= 5:
        return None, 0.0
    s, k, e = (top[c].astype(float) for c in ("start", "kept", "end"))
    grown = (e / s).clip(upper=retention.RATIO_CEILING)
    taken = {
        "accounts": pd.Series(1.0, index=s.index),
        "lost_accounts": (e == 0).astype(float),
        "start": s,
        "kept": k,
        "end": e,
        "expansion": (e - s).clip(lower=0),
        "contraction": (s - e).clip(lower=0).where(e > 0, 0),
        "churn": s.where(e == 0, 0),
        "ss": s * s,
        "sk": s * k,
        "kk": k * k,
        "se": s * e,
        "ee": e * e,
        "gr": k / s,
        "grr": (k / s) ** 2,
        "nr": grown,
        "nrr": grown**2,
    }
    rest = rows.sum(numeric_only=True).astype(float)
    for name, values in taken.items():
        rest[name] -= float(values.sum())
    return retention.summarise(rest.to_frame().T), float(s.sum() / rows["start"].sum())


def retention_measures(tables: Tables, book: Book) -> Iterator[Measure]:
    """GRR, NRR, customer churn and early loss, with months at a yearly pace."""
    now, before, period = book.now, book.before, book.window.label
    yearly = 12 * (now.contraction + now.churn)
    money = lambda v: formats.money(v, tables.currency)  # noqa: E731
    months = retention.monthly(tables, book.window.last, SERIES_MONTHS)
    flows = [] if isinstance(months, Missing) else [retention.summarise(months.iloc[[i]]) for i in range(len(months))]
    lost = f"Left: {money(12 * now.churn)} of yearly recurring revenue; shrunk: {money(12 * now.contraction)}."
    top = ""
    if book.without_largest and book.without_largest.grr.value is not None and book.largest_share >= 0.2:
        share, rest = quantity(book.largest_share, "ratio"), quantity(book.without_largest.grr.value, "ratio")
        top = f" Without the five largest customers ({share} of revenue) it is {rest}."
    gone = "is gone" if now.joined_lost == 1 else "are gone"
    early = (
        f"{now.joined_lost:,} of {now.joined:,} customers who joined in the window {gone}; gross retention does not "
        f"see them. They paid {money(12 * now.joined_lost_mrr)} at a yearly pace."
    )
    details = {
        "grr": lost + top,
        "nrr": f"Customers who stayed added {money(12 * now.expansion)} of yearly recurring revenue.",
        "logo_churn": f"{round((now.logo_churn.value or 0) * now.accounts):,} of {now.accounts:,} customers left.",
        "early_loss": early,
    }
    weights = {"grr": yearly, "logo_churn": 12 * now.churn, "early_loss": 12 * now.joined_lost_mrr}
    for metric in RETENTION:
        estimate = getattr(now, metric)
        if estimate.value is None:
            continue
        made = (
            [] if metric == "early_loss" else [_yearly(getattr(f, metric), lost=metric == "logo_churn") for f in flows]
        )
        yield Measure(
            metric=metric,
            estimate=estimate,
            before=getattr(before, metric) if before and getattr(before, metric).value is not None else None,
            period=period,
            months=len(book.window),
            about=RESAMPLED,
            scale="" if metric == "early_loss" else PACE,
            series=points(months, made) if made and not isinstance(months, Missing) else (),
            detail=details[metric],
            sources=("revenue",),
            weight=weights.get(metric, 0.0),
        )


def _yearly(month: Estimate, *, lost: bool) -> Estimate:
    """A month's rate compounded twelve times; a loss rate by what it leaves."""

    def pace(v: float | None) -> float | None:
        if v is None:
            return None
        return 1 - (1 - v) ** 12 if lost else v**12

    return month.model_copy(update={k: pace(getattr(month, k)) for k in ("value", "low", "high")})


def retention_gaps(book: Gap) -> list[Gap]:
    """One gap for each metric that rests on the book."""
    return [
        book.model_copy(
            update={
                "id": f"quantify.scorecard.{metric}",
                "what": definition(metric).name,
                "reason": book.reason.replace(definition("grr").name, definition(metric).name),
            }
        )
        for metric in RETENTION
    ]
