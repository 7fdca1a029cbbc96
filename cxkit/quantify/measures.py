"""Cost, complaints and satisfaction in the scorecard's one form, beside retention."""

from __future__ import annotations

import pandas as pd

from cxkit import formats
from cxkit.formats import quantity
from cxkit.metrics import complaints, cost, satisfaction
from cxkit.metrics.estimates import Estimate
from cxkit.metrics.exposure import Exposure, exposure
from cxkit.metrics.windows import Window, add_months, recent, seen
from cxkit.quantify.book import Book, retention_book, retention_gaps, retention_measures
from cxkit.quantify.measure import ANSWERED, MONTHS_VARY, RESAMPLED, SERIES_MONTHS, YEAR, Measure, absent, gap, points
from cxkit.records import Gap, Missing
from cxkit.tables.engine import Tables

MONTHLY = "each month"


def cost_measure(tables: Tables, found: Exposure | Missing, months: int) -> Measure | Gap:
    """Cost to serve per customer and month."""
    if isinstance(lacks := tables.require("costs", "month", "category", "amount"), Missing):
        return absent("cost_to_serve", lacks)
    if isinstance(found, Missing):
        return absent("cost_to_serve", found)
    span = seen(tables, "costs", "month")
    if span is None or min(span.last, found.span.last) < max(span.first, found.span.first):
        return gap("cost_to_serve", "There is no complete month with both costs and customers.")
    last = min(span.last, found.span.last)
    longest = Window(first=add_months(last, 1 - max(SERIES_MONTHS, months + YEAR)), last=last)
    frame = cost.cost_months(tables, found, longest)
    if isinstance(frame, Missing):
        return absent("cost_to_serve", frame)
    frame["month"] = pd.to_datetime(frame["month"])
    window = Window(first=add_months(last, 1 - months), last=last)
    inside = _inside(frame, window)
    earlier = _inside(frame, window.back(YEAR))
    estimate = cost.cost_to_serve(inside)
    total = float(inside["cost"].sum())
    made = [Estimate(value=v, n=int(c)) for v, c in zip(frame["rate"], frame["customers"], strict=True)]
    seen_months = "" if len(inside) == months else f" Costs are there for {len(inside)} of {months} months."
    return Measure(
        metric="cost_to_serve",
        estimate=estimate,
        before=cost.cost_to_serve(earlier) if len(earlier) == months else None,
        period=window.label if len(inside) == months else Window(first=inside["month"].iloc[0].date(), last=last).label,
        about=MONTHS_VARY,
        scale=MONTHLY,
        series=points(frame.tail(SERIES_MONTHS), made[-SERIES_MONTHS:]),
        detail=f"{formats.money(total, tables.currency)} over the window; {found.meaning}.{seen_months}",
        sources=("costs", found.table),
        yearly_units=float(inside["customers"].mean()) * YEAR,
        exact=True,
    )


def _inside(frame: pd.DataFrame, window: Window) -> pd.DataFrame:
    return frame[(frame["month"] >= pd.Timestamp(window.first)) & (frame["month"] <= pd.Timestamp(window.last))]


def complaint_measure(tables: Tables, found: Exposure | Missing, months: int) -> Measure | Gap:
    """Complaints per 1,000 customers and month."""
    source = complaints.complaint_source(tables)
    if isinstance(source, Missing):
        return absent("complaint_rate", source)
    if isinstance(found, Missing):
        return absent("complaint_rate", found)
    longest = complaints.complaint_window(tables, found, max(SERIES_MONTHS, months + YEAR))
    if longest is None or isinstance(longest, Missing):
        return gap("complaint_rate", "There is no complete month with both tickets and customers.")
    window = Window(first=max(longest.first, add_months(longest.last, 1 - months)), last=longest.last)
    estimate = complaints.complaint_rate(tables, found, window)
    frame = complaints.complaint_months(tables, found, longest)
    if isinstance(estimate, Missing) or isinstance(frame, Missing) or estimate.value is None:
        return gap("complaint_rate", "There is no active customer in the window.")
    before = (
        complaints.complaint_rate(tables, found, window.back(YEAR))
        if window.back(YEAR).first >= longest.first
        else None
    )
    frame["month"] = pd.to_datetime(frame["month"])
    made = [Estimate(value=v, n=int(c)) for v, c in zip(frame["rate"], frame["customers"], strict=True)]
    inside = _inside(frame, window)
    unknown = int(inside["unknown"].sum()) if source[0] == "tickets" else 0
    nobody = f" {unknown:,} of them carry no customer and are counted." if unknown else ""
    return Measure(
        metric="complaint_rate",
        estimate=estimate,
        before=None if isinstance(before, Missing) else before,
        period=window.label,
        about=RESAMPLED,
        scale=MONTHLY,
        series=points(frame.tail(SERIES_MONTHS), made[-SERIES_MONTHS:]),
        detail=f"{estimate.n:,} complaints over {inside['customers'].sum():,.0f} customer-months.{nobody}",
        sources=(source[0], found.table),
    )


# Satisfaction ----------------------------------------------------------------------------------------------


def satisfaction_measure(tables: Tables, metric: str, months: int) -> Measure | Gap:
    """NPS, CSAT or CES."""
    if isinstance(lacks := tables.require("surveys", "response_id", "metric", "score", "answered"), Missing):
        return absent(metric, lacks)
    where = f"metric = '{metric}' AND score IS NOT NULL"
    span, window = (
        seen(tables, "surveys", "answered_date", where),
        recent(tables, "surveys", "answered_date", months, where),
    )
    if span is None or window is None:
        needs = Missing(name="surveys", columns=("metric", "score"), why=f"no answer with metric {metric}")
        return gap(metric, f"The surveys hold no answer to {metric.upper()}.", needs)
    window = Window(first=max(span.first, window.first), last=window.last)
    found = _satisfaction(tables, metric, window)
    earlier = window.back(YEAR)
    before = _satisfaction(tables, metric, earlier).estimate if earlier.first >= span.first else None
    longest = Window(first=add_months(window.last, 1 - SERIES_MONTHS), last=window.last)
    frame = satisfaction.sums(tables, metric, longest, by_month=True)
    made: list[Estimate] = []
    if not isinstance(frame, Missing):
        made = [satisfaction.summarise(metric, frame.iloc[i]).estimate for i in range(len(frame))]
        keep = [i for i, e in enumerate(made) if e.has_interval]
        frame, made = frame.iloc[keep], [made[i] for i in keep]
    return Measure(
        metric=metric,
        estimate=found.estimate,
        before=before if before and before.value is not None else None,
        period=window.label,
        about=ANSWERED,
        scale=MONTHLY,
        series=points(frame, made) if not isinstance(frame, Missing) else (),
        detail=f"{found.estimate.n:,} answers of {found.customers:,} customers; {_beside(metric, found.beside)}.",
        sources=("surveys",),
    )


def _satisfaction(tables: Tables, metric: str, window: Window) -> satisfaction.Satisfaction:
    rows = satisfaction.sums(tables, metric, window)
    assert not isinstance(rows, Missing)
    return satisfaction.summarise(metric, rows.iloc[0])


def _beside(metric: str, value: float | None) -> str:
    match metric:
        case "ces":
            return f"{quantity(value, 'ratio')} answered 5 or more"
        case "csat":
            return f"the mean is {quantity(value, 'score')} of 5"
        case _:
            return f"the mean answer is {quantity(value, 'score')} of 10"


def measures(tables: Tables, months: int) -> tuple[list[Measure], list[Gap], Book | None]:
    """Every metric of the scorecard that can be assessed, the gaps of the others, and the book behind retention."""
    made: list[Measure | Gap] = []
    book = retention_book(tables, months)
    if isinstance(book, Gap):
        made += retention_gaps(book)
    else:
        made += retention_measures(tables, book)
        if book.now.joined == 0:
            made.append(gap("early_loss", f"No customer joined in {book.window.label}."))
    found = exposure(tables)
    made += [cost_measure(tables, found, months), complaint_measure(tables, found, months)]
    made += [satisfaction_measure(tables, metric, months) for metric in ("nps", "csat", "ces")]
    kept = [m for m in made if isinstance(m, Measure)]
    return kept, [m for m in made if isinstance(m, Gap)], None if isinstance(book, Gap) else book
