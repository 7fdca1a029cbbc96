"""The one scorecard: what customers stay for, what they cost, what they say, each with what its interval is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pandas as pd

from cxkit import errors
from cxkit.metrics import retention
from cxkit.metrics.definitions import definitions
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.trend import UsualRange, usual_range
from cxkit.quantify.book import Book
from cxkit.quantify.measure import SERIES, Measure
from cxkit.quantify.measures import measures
from cxkit.quantify.sentences import RESTS, Status, finding, worst_segment
from cxkit.records import Gap, Missing, Result
from cxkit.tables.engine import Tables

METRICS = ("grr", "nrr", "logo_churn", "early_loss", "cost_to_serve", "complaint_rate", "nps", "csat", "ces")
DIMENSIONS = ("segment", "product", "region")
BOUNDS: Mapping[str, tuple[float, float]] = {
    "ratio": (0.0, float("inf")),
    "nps": (-100.0, 100.0),
    "score": (1.0, 7.0),
    "money": (0.0, float("inf")),
    "per_1000": (0.0, float("inf")),
}


class Scorecard(Result):
    """Nine metrics with interval, target, usual range and change; their months; the revenue bridge; segments.

    Tables: `measures` (metric, label, value, unit, low, high, level, n, period, target, direction, status, latest,
    usual_low, usual_high, usual, scale, before, change, change_low, change_high, money, definition, provisional),
    `series` (metric, month, value, low, high, n), `bridge` (period, accounts, start, expansion, contraction, churn,
    end, joined, returned, closing, lost_accounts, joined_accounts, joined_lost_accounts, joined_lost_mrr),
    `segments` (dimension, segment, accounts, start, grr, grr_low, grr_high, nrr, logo_churn), `without_largest`
    (metric, value, low, high, share). Monthly money in the client's currency. `latest`, `usual_low` and
    `usual_high` are on the scale that `scale` names.
    """

    stage: ClassVar[str] = "quantify"
    name: ClassVar[str] = "scorecard"

    window_months: int = 12
    currency: str = ""
    provisional: tuple[str, ...] = ()
    """Tables that do not tie to the books: figures that rest on them are provisional."""


def scorecard(
    tables: Tables,
    *,
    targets: Mapping[str, float],
    window_months: int = 12,
    seed: int = 0,
    provisional: tuple[str, ...] = (),
) -> Scorecard:
    """The scorecard of the last `window_months` complete months; what cannot be assessed is a gap.

    `targets` maps metric ids to values in their storage unit; targets of other stages are left alone. A share given
    as a percentage is an `InputError`. `provisional` names tables that do not tie to the books; what rests on them
    says so. Intervals are analytical and draw nothing, so `seed` changes no figure; it is taken because every stage
    takes one.
    """
    del seed
    _check(targets)
    made, gaps, book = measures(tables, window_months)
    rows, findings = [], []
    for measure in made:
        usual = _usual(measure)
        target = targets.get(measure.metric)
        status = _status(measure, target)
        rows.append(_row(measure, target, status, usual) | {"provisional": RESTS.get(measure.metric) in provisional})
        findings.append(
            finding(measure, tables.currency, target=target, status=status, usual=usual, provisional=provisional)
        )
    series = [(m.metric, *point) for m in made for point in m.series]
    result: dict[str, pd.DataFrame] = {}
    if rows:
        result["measures"] = pd.DataFrame(rows)
    if series:
        result["series"] = pd.DataFrame(series, columns=["metric", *SERIES])
    if book is not None:
        result["bridge"] = _bridge(book)
        result |= _largest(book)
        segments = _segments(tables, book)
        if not segments.empty:
            result["segments"] = segments
            findings += worst_segment(segments, book, tables.currency)
    return Scorecard(
        as_of=tables.as_of,
        window_months=window_months,
        currency=tables.currency,
        provisional=provisional,
        findings=tuple(findings),
        gaps=_ordered(gaps),
        tables=result,
    )


def _check(targets: Mapping[str, float]) -> None:
    known = definitions()
    wrong = [
        f"{metric} is {value:g}; write a share as a fraction, {value / 100:g} for {value:g} %"
        for metric, value in targets.items()
        if metric in known and known[metric].unit == "ratio" and value > 3
    ]
    if wrong:
        raise errors.InputError(errors.all_problems(wrong, what="targets"))


def _ordered(gaps: list[Gap]) -> tuple[Gap, ...]:
    rank = {f"quantify.scorecard.{m}": i for i, m in enumerate(METRICS)}
    return tuple(sorted(gaps, key=lambda g: rank.get(g.id, len(rank))))


def _usual(measure: Measure) -> UsualRange | None:
    """The usual range of the latest month, from the unbroken run of months that ends with it."""
    months = [pd.Period(point[0], "M") for point in measure.series]
    run = len(months)
    for i in range(len(months) - 1, 0, -1):
        if (months[i] - months[i - 1]).n != 1:
            run = len(months) - i
            break
    bottom, top = BOUNDS[measure.definition.unit]
    if measure.metric in {"grr", "logo_churn", "csat"}:
        top = 1.0
    return usual_range([point[1] for point in measure.series[len(months) - run :]], bottom=bottom, top=top)


def _status(measure: Measure, target: float | None) -> Status:
    if target is None or measure.estimate.value is None:
        return ""
    low, high = measure.estimate.low, measure.estimate.high
    if low is None or high is None:
        if not measure.exact:
            return "cannot tell"
        low = high = measure.estimate.value
    up = measure.definition.direction == "up"
    if (low >= target) if up else (high <= target):
        return "on target"
    return "off target" if ((high < target) if up else (low > target)) else "cannot tell"


def _row(measure: Measure, target: float | None, status: Status, usual: UsualRange | None) -> dict[str, object]:
    made, known, change = measure.estimate, measure.definition, measure.change
    return {
        "metric": measure.metric,
        "label": known.name,
        "value": made.value,
        "unit": known.unit,
        "low": made.low,
        "high": made.high,
        "level": 0.95,
        "n": made.n,
        "period": measure.period,
        "target": target,
        "direction": known.direction,
        "status": status,
        "latest": measure.series[-1][1] if measure.series else None,
        "usual_low": usual.low if usual else None,
        "usual_high": usual.high if usual else None,
        "usual": "cannot tell" if usual is None else "outside" if usual.outside else "inside",
        "scale": measure.scale,
        "before": measure.before.value if measure.before else None,
        "change": change.value if change else None,
        "change_low": change.low if change else None,
        "change_high": change.high if change else None,
        "money": measure.weight,
        "definition": known.tag,
    }


def _bridge(book: Book) -> pd.DataFrame:
    windows = [(book.window, book.now)] + ([(book.window.back(12), book.before)] if book.before else [])
    return pd.DataFrame(
        {
            "period": window.label,
            "accounts": found.accounts,
            "start": found.start,
            "expansion": found.expansion,
            "contraction": found.contraction,
            "churn": found.churn,
            "end": found.end,
            "joined": found.joined_end,
            "returned": found.returned_end,
            "closing": found.end + found.joined_end + found.returned_end,
            "lost_accounts": round((found.logo_churn.value or 0.0) * found.accounts),
            "joined_accounts": found.joined,
            "joined_lost_accounts": found.joined_lost,
            "joined_lost_mrr": found.joined_lost_mrr,
        }
        for window, found in windows
    )


def _largest(book: Book) -> dict[str, pd.DataFrame]:
    if book.without_largest is None:
        return {}
    made = [(m, getattr(book.without_largest, m)) for m in ("grr", "nrr", "logo_churn")]
    rows = [(m, e.value, e.low, e.high, book.largest_share) for m, e in made if e.value is not None]
    return {"without_largest": pd.DataFrame(rows, columns=["metric", "value", "low", "high", "share"])} if rows else {}


def _segments(tables: Tables, book: Book) -> pd.DataFrame:
    """Retention by segment, product and region as known at extraction; cells under `MINIMUM_N` are left out."""
    known = [d for d in DIMENSIONS if d in tables.supplied("accounts")]
    rows = retention.bridge(tables, book.window, by=known) if known else None
    if rows is None or isinstance(rows, Missing):
        return pd.DataFrame()
    found = []
    for dimension in known:
        for segment, part in rows.groupby(rows[dimension].fillna("not stated"), sort=True):
            total = retention.summarise(part)
            if total.accounts < MINIMUM_N:
                continue
            found.append(
                {
                    "dimension": dimension,
                    "segment": str(segment),
                    "accounts": total.accounts,
                    "start": total.start,
                    "grr": total.grr.value,
                    "grr_low": total.grr.low,
                    "grr_high": total.grr.high,
                    "nrr": total.nrr.value,
                    "logo_churn": total.logo_churn.value,
                }
            )
    return pd.DataFrame(found)
