"""What is said about time to first value: the estimate, who left, the naive figure and its price, the extremes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cxkit.formats import interval, quantity
from cxkit.metrics.competing import reached
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.orchestrate.naming import duration, too_few
from cxkit.records import Finding, Gap, Missing

MARKS = (30, 90)
"""Days by which the share with first value is told."""
WHAT = {
    "median": "Time to first value",
    "share_30": "Share with first value within 30 days",
    "share_90": "Share with first value within 90 days",
    "churn": "Customers who leave before first value",
}
DEFINITION = "ttfv@2"


@dataclass(frozen=True)
class Started:
    """Whom a curve is about."""

    moment_id: str
    moment: str
    sources: tuple[str, ...]
    period: str
    """Months in which they started."""
    left_out: int
    """Customers who started before the log of events begins."""
    recent: int
    """Customers who started in the 365 days to the report's date."""


def gap(id: str, reason: str, *, subject: str | None = None, needs: tuple[Missing, ...] = ()) -> Gap:
    """What cannot be assessed."""
    return Gap(id=f"orchestrate.first_value.{id}", what=WHAT[id], reason=reason, needs=needs, subject=subject)


def sentences(
    about: Started,
    summary: Mapping[str, Any],
    ends: pd.DataFrame,
    curve: pd.DataFrame,
    *,
    each: float | None,
    currency: str,
) -> tuple[Finding, ...]:
    """The findings of one moment; below 30 customers the median alone, without a verdict.

    `each` is what a customer brings a month in `currency`; without it the naive figure has no price.
    """
    name = about.moment
    common = {"stage": "orchestrate", "subject": about.moment_id, "n": summary["customers"], "period": about.period}
    common |= {"sources": about.sources, "definition": DEFINITION, "tone": "neutral"}
    made = [_median(name, summary, common)]
    if summary["customers"] < MINIMUM_N:
        return (made[0],)
    rows = {str(r["measure"]): r for _, r in ends.iterrows()}
    made += [_share(name, mark, rows[f"share_{mark}"], common) for mark in MARKS if f"share_{mark}" in rows]
    shown = next((rows[f"share_{m}"] for m in reversed(MARKS) if f"share_{m}" in rows), None)
    if shown is not None and reached(curve, _mark(shown), of="left")[0] > 0:
        made.append(_churn(name, shown, curve, common))
    if summary["reached"]:
        made.append(_naive(name, summary, common))
    first = rows.get(f"share_{MARKS[0]}")
    if first is not None:
        if first["best"] > first["worst"]:
            made.append(_extremes(name, first, rows["median"], common))
        if each is not None and summary["reached"] and first["naive"] > first["estimate"]:
            made.append(_price(name, first, (summary["recent"], each), currency, common))
    return tuple(made)


def _made(common: Mapping[str, Any], id: str, **fields: Any) -> Finding:
    return Finding.model_validate({**common, "id": f"orchestrate.first_value.{id}", **fields})


def _mark(row: pd.Series) -> int:
    return int(str(row["measure"]).removeprefix("share_"))


def _median(name: str, summary: Mapping[str, Any], common: Mapping[str, Any]) -> Finding:
    n, got, middle = summary["customers"], summary["reached"], float(summary["median"])
    detail = f"{got:,} of {n:,} customers have got there, {summary['leavers']:,} left first and "
    detail += f"{summary['waiting']:,} are still on their way."
    if got:
        naive = quantity(summary["naive_median"], "days")
        detail += f" Their own median is {naive}, which forgets the others."
    if summary["left_out"]:
        detail += f" {summary['left_out']:,} customers who started before the log are left out."
    enough = n >= MINIMUM_N
    known = enough and not math.isinf(middle)
    if not enough:
        title = f"{name}: {too_few(n, 'new customers', MINIMUM_N)}"
    elif math.isinf(middle):
        share = quantity(got / n, "ratio")
        title = f"{name}: fewer than half of new customers have reached first value, {share} so far"
    else:
        title = f"{name}: half of new customers reach first value within {quantity(middle, 'days')}"
    return _made(
        common,
        "median",
        title=title,
        detail=detail,
        value=None if math.isinf(middle) else middle,
        unit="days",
        low=summary["median_low"] if known else None,
        high=summary["median_high"] if known else None,
        about="the underlying time; leaving competes with first value (Aalen–Johansen)",
        tone="neutral" if known else "unknown",
    )


def _share(name: str, mark: int, row: pd.Series, common: Mapping[str, Any]) -> Finding:
    low, high = row["low"], row["high"]
    known = low is not None and low == low  # noqa: PLR0124  a missing end is not itself
    return _made(
        common,
        f"share_{mark}",
        title=f"{name}: {quantity(row['estimate'], 'ratio')} of new customers have first value within {mark} days",
        detail=f"Of all who started, those who left counted as never. If nobody left it would be "
        f"{quantity(row['if_nobody_left'], 'ratio')}; among those who got there it is "
        f"{quantity(row['naive'], 'ratio')}.",
        value=row["estimate"],
        unit="ratio",
        low=low if known else None,
        high=high if known else None,
        about="the underlying share, Aalen–Johansen",
    )


def _churn(name: str, row: pd.Series, curve: pd.DataFrame, common: Mapping[str, Any]) -> Finding:
    mark = _mark(row)
    left, low, high = reached(curve, mark, of="left")
    gain = quantity(row["if_nobody_left"] - row["estimate"], "points")
    return _made(
        common,
        "churn",
        title=f"{name}: {quantity(left, 'ratio')} of new customers leave within {mark} days without first value",
        detail=f"Counting them as merely not seen any longer would put the share with first value within {mark} days "
        f"{gain} higher, at {quantity(row['if_nobody_left'], 'ratio')}: the share if nobody left.",
        value=left,
        unit="ratio",
        low=low,
        high=high,
        about="the underlying share, Aalen–Johansen",
    )


def _naive(name: str, summary: Mapping[str, Any], common: Mapping[str, Any]) -> Finding:
    naive, middle = float(summary["naive_median"]), float(summary["median"])
    error = middle - naive
    forgot = summary["customers"] - summary["reached"]
    if math.isinf(middle):
        title = (
            f"{name}: those who got there took {duration(naive)} at the median, which says nothing of the "
            f"{forgot:,} who did not"
        )
    elif error > 0:
        title = (
            f"{name}: counting those who got there alone, half take {duration(naive)}, which is "
            f"{quantity(error, 'days')} too early"
        )
    else:
        title = f"{name}: counting those who got there alone, half take {duration(naive)}, which is not far off"
    return _made(
        common,
        "naive",
        title=title,
        detail=f"It is taken over the {summary['reached']:,} customers who got there and drops the {forgot:,} others.",
        value=None if math.isinf(middle) else error,
        unit="days",
        about="difference of two figures of the same customers, no interval",
    )


def _extremes(name: str, row: pd.Series, middle: pd.Series, common: Mapping[str, Any]) -> Finding:
    mark = _mark(row)
    best = duration(middle["best"]) if not math.isinf(middle["best"]) else "never"
    worst = duration(middle["worst"]) if not math.isinf(middle["worst"]) else "never"
    return _made(
        common,
        "bounds",
        title=f"{name}: whatever became of those not seen to the end, "
        f"{interval(row['worst'], row['best'], 'ratio')} have first value within {mark} days",
        detail=f"Worst case: none of them ever gets there; best case: each does at once. Half get there within {best} "
        f"at best and {worst} at worst. The estimate takes those not seen to the end to be like the others.",
        value=row["best"] - row["worst"],
        unit="points",
        about="width between worst and best case; not an interval of chance",
    )


def _price(name: str, row: pd.Series, year: tuple[int, float], currency: str, common: Mapping[str, Any]) -> Finding:
    mark, (customers, each) = _mark(row), year
    gap = float(row["naive"]) - float(row["estimate"])
    amount = gap * customers * each
    return _made(
        common,
        "naive_money",
        title=f"{name}: counting those who got there alone takes {quantity(amount, 'money', currency=currency)} of "
        f"monthly revenue a year as at value by day {mark} that is not",
        detail=f"{quantity(gap, 'points')} of {customers:,} customers who started in the last 365 days, at a "
        f"mean monthly revenue of {quantity(each, 'money', currency=currency)} each. It is the error of a forecast, "
        "not money that is lost.",
        value=amount,
        unit="money",
        currency=currency,
        low=None if row["low"] is None else (float(row["naive"]) - row["high"]) * customers * each,
        high=None if row["low"] is None else (float(row["naive"]) - row["low"]) * customers * each,
        about=f"the estimate's interval by day {mark}, the naive share taken as it is",
        sources=(*common["sources"], "revenue"),
    )
