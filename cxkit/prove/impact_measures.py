"""The figures of the alignment-impact scorecard in two windows of the same calendar months, and in the year before.

The *after* window is the last complete months since the programme's start, at most `months`; the *before* window has
the same months of the last year that was wholly over when the programme began, so that season cancels; the *earlier*
window lies a year before that and shows whether the figure was moving already.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

import pandas as pd

from cxkit.formats import Unit
from cxkit.metrics import cost, retention, satisfaction, staff
from cxkit.metrics.estimates import Estimate, difference
from cxkit.metrics.exposure import exposure
from cxkit.metrics.windows import Window, add_months, month_of, months_between, seen
from cxkit.prove.impact_value import lifetime
from cxkit.records import Missing
from cxkit.tables.engine import Tables

YEAR = 12
FEWEST_MONTHS = 3
"""Months on each side below which nothing is compared."""
Z = 1.959963984540054


@dataclass(frozen=True)
class About:
    """What a figure is."""

    label: str
    unit: Unit
    direction: str
    sources: tuple[str, ...]
    definition: str = ""
    about: str = ""
    """What its interval is about."""


RESAMPLED = "the underlying rate, customers resampled"
MONTHLY = "the underlying level, equal months of both years held against each other"
MEASURES: Mapping[str, About] = {
    "logo_churn": About("Customers lost", "ratio", "down", ("revenue",), "logo_churn@1", RESAMPLED),
    "grr": About("Gross revenue retention", "ratio", "up", ("revenue",), "grr@1", RESAMPLED),
    "clv": About(
        "Revenue of a customer over 36 months", "money", "up", ("revenue",), "",
        "churn and revenue of the window for a whole life, customers resampled",
    ),
    "csat": About("Satisfied customers", "ratio", "up", ("surveys",), "csat@1", "customers who answer, resampled"),
    "engagement": About("Employee engagement, 0 to 100", "none", "up", ("workforce",), "", MONTHLY),
    "cost_to_serve": About(
        "Cost to serve a customer a month", "money", "down", ("costs", "revenue"), "cost_to_serve@1", MONTHLY
    ),
    "speed_start": About(
        "Days until an initiative is started", "days", "down", ("initiatives",), "",
        "the mean, initiatives seen as drawn from those there could have been",
    ),
    "speed_done": About(
        "Days until an initiative is finished", "days", "down", ("initiatives",), "",
        "the mean, initiatives seen as drawn from those there could have been",
    ),
}  # fmt: skip
"""Figure → what it is, in the order in which they are shown."""


@dataclass(frozen=True)
class Windows:
    """Where a figure is read."""

    after: Window
    before: Window
    years: int
    """Years from the before window to the after window."""
    earlier: Window | None


@dataclass(frozen=True)
class Pair:
    """A figure before and after, with what the year before leads to."""

    before: Estimate
    after: Estimate
    change: Estimate
    spread: float
    """Spread of the outcome that the bias allowance is a fifth of."""
    windows: Windows
    earlier: Estimate | None = None
    trend: Estimate | None = None
    """Before less earlier: how the figure moved in a year before the programme began."""
    beyond: Estimate | None = None
    """After less what the trend before leads to."""
    months: pd.DataFrame | None = None
    """month, value."""


def windows(span: Window, *, start: date, months: int, lead: int = 0) -> Windows | str:
    """Windows inside the months a table holds; `lead` months before a window are needed too. Or why there are none.

    >>> found = windows(Window(first=date(2023, 1, 1), last=date(2026, 10, 1)), start=date(2025, 2, 10), months=12)
    >>> found.after.label, found.before.label, found.years, found.earlier
    ('2025-11 to 2026-10', '2023-11 to 2024-10', 2, None)
    """
    since = start if start.day == 1 else add_months(month_of(start), 1)
    length = min(months, months_between(since, span.last) + 1)
    if length < FEWEST_MONTHS:
        return f"fewer than {FEWEST_MONTHS} complete months lie between the programme's start and {span.last:%Y-%m}"
    after = Window(first=add_months(span.last, 1 - length), last=span.last)
    years = 1
    while after.back(YEAR * years).last >= month_of(start):
        years += 1
    before = after.back(YEAR * years)
    reach = add_months(span.first, lead)
    if before.first < reach:
        short = months_between(reach, before.last) + 1
        if short < FEWEST_MONTHS:
            return f"the table begins with {span.first:%Y-%m}; months before the programme's start are not in it"
        after = Window(first=add_months(after.last, 1 - short), last=after.last)
        before = after.back(YEAR * years)
    earlier = before.back(YEAR)
    return Windows(after, before, years, earlier if earlier.first >= reach else None)


Read = Callable[[Window], Estimate | Missing]


def _resampled(read: Read, spans: Windows, spread: Callable[[Estimate], float]) -> Pair | Missing | str:
    """A figure of customers who are resampled, in every window by itself."""
    after, before = read(spans.after), read(spans.before)
    if isinstance(after, Missing):
        return after
    if isinstance(before, Missing):
        return before
    if after.value is None or before.value is None:
        return after.why_none or before.why_none
    pair = Pair(before, after, difference(after, before), spread(before), spans)
    earlier = read(spans.earlier) if spans.earlier else None
    if earlier is None or isinstance(earlier, Missing) or earlier.value is None:
        return pair
    k = spans.years
    gap = after.value - (1 + k) * before.value + k * earlier.value
    beyond = Estimate(value=gap, n=min(after.n, before.n, earlier.n))
    if all(e.has_interval for e in (after, before, earlier)):
        half = math.hypot(_half(after), (1 + k) * _half(before), k * _half(earlier))
        beyond = beyond.model_copy(update={"low": gap - half, "high": gap + half})
    return Pair(**{**pair.__dict__, "earlier": earlier, "trend": difference(before, earlier), "beyond": beyond})


def _half(one: Estimate) -> float:
    return ((one.high or 0.0) - (one.low or 0.0)) / 2


def _share(one: Estimate) -> float:
    """Spread of a yes–no outcome: the smaller of the share of yes and no."""
    return min(one.value or 0.0, 1 - (one.value or 0.0))


def _of_customers(one: Estimate) -> float:
    """Standard deviation of one customer's part, from the interval of the mean over all."""
    return _half(one) / Z * math.sqrt(max(one.n, 1)) if one.has_interval else 0.0


def _retention(tables: Tables, window: Window, *, metric: str) -> Estimate | Missing:
    rows = retention.bridge(tables, window)
    return rows if isinstance(rows, Missing) else getattr(retention.summarise(rows), metric)


def _csat(tables: Tables, window: Window) -> Estimate | Missing:
    rows = satisfaction.sums(tables, "csat", window)
    return rows if isinstance(rows, Missing) else satisfaction.summarise("csat", rows.iloc[0]).estimate


def _monthly(frame: pd.DataFrame, spans: Windows, measured: Callable[[pd.DataFrame], Estimate]) -> Pair | str:
    """A figure of months (month, total, weight): equal calendar months are held against each other."""
    frame = frame.assign(month=pd.to_datetime(frame["month"]), value=frame["total"] / frame["weight"])
    after, before = (_inside(frame, w) for w in (spans.after, spans.before))
    if after.empty or before.empty:
        return "no month holds it before, or none after, the programme's start"
    change = _steps([(1, after, 0), (-1, before, spans.years)])
    spread = float(before["value"].std(ddof=1)) if len(before) > 1 else 0.0
    series = frame[["month", "value"]]
    pair = Pair(measured(before), measured(after), change, spread, spans, months=series)
    earlier = _inside(frame, spans.earlier) if spans.earlier else None
    if earlier is None or len(earlier) < len(before):
        return pair
    k = spans.years
    trend = _steps([(1, before, 0), (-1, earlier, 1)])
    beyond = _steps([(1, after, 0), (-(1 + k), before, k), (k, earlier, k + 1)])
    more = {"earlier": measured(earlier), "trend": trend, "beyond": beyond}
    return Pair(**{**pair.__dict__, **more})


def _inside(frame: pd.DataFrame, window: Window) -> pd.DataFrame:
    return frame[(frame["month"] >= pd.Timestamp(window.first)) & (frame["month"] <= pd.Timestamp(window.last))]


def _steps(parts: list[tuple[int, pd.DataFrame, int]]) -> Estimate:
    """Mean over calendar months of Σ factor × value, each part moved on by so many years; interval as in `staff`."""
    total: pd.Series | None = None
    for factor, rows, years in parts:
        at = rows["month"] + pd.DateOffset(years=years)
        mine = pd.Series(rows["value"].to_numpy(dtype=float) * factor, index=at)
        total = mine if total is None else (total + mine).dropna()
    assert total is not None
    if total.empty:
        return Estimate(why_none="no month has a partner")
    lift = 100 * float(total.abs().max()) + 1  # so high that no end is cut at zero
    made = cost.cost_to_serve(pd.DataFrame({"cost": total.sort_index() + lift, "customers": 1.0}))
    down = {k: None if (v := getattr(made, k)) is None else v - lift for k in ("value", "low", "high")}
    return made.model_copy(update=down)


def _costs(tables: Tables, start: date, months: int) -> Pair | Missing | str:
    found = exposure(tables)
    if isinstance(lacks := tables.require("costs", "month", "category", "amount"), Missing):
        return lacks
    if isinstance(found, Missing):
        return found
    span = seen(tables, "costs", "month")
    if span is None or max(span.first, found.span.first) > min(span.last, found.span.last):
        return "there is no complete month with both costs and customers"
    both = Window(first=max(span.first, found.span.first), last=min(span.last, found.span.last))
    spans = windows(both, start=start, months=months)
    if isinstance(spans, str):
        return spans
    whole = Window(first=(spans.earlier or spans.before).first, last=spans.after.last)
    frame = cost.cost_months(tables, found, whole)
    if isinstance(frame, Missing):
        return frame
    named = frame.rename(columns={"cost": "total", "customers": "weight"})
    return _monthly(
        named, spans, lambda f: cost.cost_to_serve(f.rename(columns={"total": "cost", "weight": "customers"}))
    )


def _engagement(tables: Tables, start: date, months: int) -> Pair | Missing | str:
    if isinstance(lacks := tables.require("workforce", "month", "team", "headcount", "engagement"), Missing):
        return lacks
    span = seen(tables, "workforce", "month", "engagement IS NOT NULL")
    if span is None:
        return "no month has an answer"
    spans = windows(span, start=start, months=months)
    if isinstance(spans, str):
        return spans
    frame = staff.staff_months(tables, span, "engagement")
    return _monthly(frame, spans, partial(staff.staff_estimate, "engagement"))


SILENT = 7.0
"""Losses expected in months without a single one, from which these months are taken to hold survivors alone: fewer than
one chance in a thousand that nobody had left (Poisson, e^-7)."""


def _with_leavers(tables: Tables, span: Window) -> Window:
    """The months from the first loss on, where the table knows nobody who left before although some must have.

    An export often holds the customers of its first day with all their past: in that past nobody ever leaves.
    """
    lost = tables.frame(
        "SELECT last + INTERVAL 1 MONTH AS month, count(*) AS n FROM (SELECT max(month) AS last FROM revenue "
        f"WHERE mrr > 0 GROUP BY account_id) WHERE last >= DATE '{span.first}' AND last < DATE '{span.last}' "
        "GROUP BY ALL ORDER BY ALL"
    )
    if lost.empty:
        return span
    first = month_of(pd.Timestamp(lost["month"].iloc[0]).date())
    rate = float(lost["n"].sum()) / max(1, months_between(first, span.last) + 1)
    silent = months_between(span.first, first) - 1
    return Window(first=add_months(first, -1), last=span.last) if rate * silent > SILENT else span


def _of_revenue(tables: Tables, metric: str, start: date, months: int) -> Pair | Missing | str:
    if isinstance(lacks := tables.require("revenue", "account_id", "month", "mrr"), Missing):
        return lacks
    span = seen(tables, "revenue", "month", "mrr > 0")
    if span is None:
        return "there is no complete month with recurring revenue"
    span = _with_leavers(tables, span)
    spans = windows(span, start=start, months=months, lead=1)
    if isinstance(spans, str):
        return spans
    if metric == "clv":
        rates = spans.earlier or spans.before
        return _resampled(lambda w: lifetime(tables, w, rates=rates), spans, _of_customers)
    return _resampled(partial(_retention, tables, metric=metric), spans, _share)


def _of_answers(tables: Tables, start: date, months: int) -> Pair | Missing | str:
    if isinstance(lacks := tables.require("surveys", "response_id", "metric", "score", "answered"), Missing):
        return lacks
    span = seen(tables, "surveys", "answered_date", "metric = 'csat' AND score IS NOT NULL")
    if span is None:
        return Missing(name="surveys", columns=("metric", "score"), why="no answer with metric csat")
    spans = windows(span, start=start, months=months)
    return spans if isinstance(spans, str) else _resampled(partial(_csat, tables), spans, _share)


def measured(tables: Tables, metric: str, *, start: date, months: int) -> Pair | Missing | str:
    """One figure before and after, or what it lacks, or why it cannot be told."""
    match metric:
        case "cost_to_serve":
            return _costs(tables, start, months)
        case "engagement":
            return _engagement(tables, start, months)
        case "csat":
            return _of_answers(tables, start, months)
        case _:
            return _of_revenue(tables, metric, start, months)
