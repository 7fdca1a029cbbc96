"""The anti-vanity test: does a customer's score tell what the same customer does in a later period?

Two landmarks a year apart, each with six months of scores before it and six months of outcome after it, so that no two
windows overlap. The earlier one chooses which end of the score is the worse and where its thirds end; the later one,
which had no say in that, gives the verdict. Nothing is adjusted for: a score that predicts may do so because of who
answers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from cxkit.metrics.estimates import MINIMUM_N, Estimate, difference, proportion, t_quantile
from cxkit.metrics.exposure import Exposure, exposure
from cxkit.metrics.landmarks import NEEDS, SPAN, after, before, counts, missing
from cxkit.metrics.windows import add_months, seen
from cxkit.records import Gap, Missing
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, Row

VANITY: Mapping[str, Kind] = {
    "score": "text",
    "label": "text",
    "metric_id": "text",
    "outcome": "text",
    "verdict": "text",
    "why": "text",
    "value": "number",
    "low": "number",
    "high": "number",
    "useful": "number",
    "worse_end": "text",
    "worse_cut": "number",
    "better_cut": "number",
    "worse": "number",
    "better": "number",
    "n": "integer",
    "n_worse": "integer",
    "n_better": "integer",
    "more_needed": "integer",
    "auc": "number",
    "earlier": "number",
    "scored": "text",
    "observed": "text",
}
LABELS: Mapping[str, str] = {
    "nps": "Would recommend (NPS)",
    "csat": "Satisfaction (CSAT)",
    "ces": "Ease (CES)",
    "contacts": "Number of contacts",
    "recontact": "Had to ask twice",
    "sla": "Waited past the SLA",
}
METRIC_IDS: Mapping[str, tuple[str, ...]] = {
    "nps": ("nps",),
    "csat": ("csat",),
    "ces": ("ces",),
    "contacts": ("contact_rate", "contacts"),
    "recontact": ("fcr", "recontact"),
    "sla": ("sla", "sla_attainment"),
}
"""Score → ids under which the list of metrics may hold it."""
BETTER_HIGH = frozenset({"nps", "csat", "ces"})
USEFUL_POINTS, USEFUL_SHARE = 0.02, 1 / 3
"""A useful size: two points of leaving in six months, or a third of the usual rate where that is less."""
USEFUL_CONTACTS = 0.2
"""For later contacts: a fifth of the usual number per customer."""
SMALLEST_END = 0.1
"""Share of customers below which an end of the score is too thin to be one."""
BACK = 12
"""Months between the landmarks: twice `SPAN`, so that the later scores begin where the earlier outcome ends."""


class Ends(NamedTuple):
    """Where the two ends of a score begin: at most `low`, at least `high`."""

    low: float
    high: float


def ends(values: pd.Series, n: pd.Series) -> Ends | None:
    """The cuts that leave about a third of customers at each end; None when nearly all score the same.

    >>> ends(pd.Series([0.0, 1.0, 2.0, 3.0]), pd.Series([30, 30, 30, 30]))
    Ends(low=1.0, high=2.0)
    >>> ends(pd.Series([4.0, 5.0]), pd.Series([60, 40]))
    Ends(low=4.0, high=5.0)
    >>> ends(pd.Series([4.0, 5.0]), pd.Series([95, 5])) is None
    True
    """
    order = np.argsort(values.to_numpy())
    value, size = values.to_numpy(dtype=float)[order], n.to_numpy(dtype=float)[order]
    if len(value) < 2:
        return None
    up, down = np.cumsum(size) / size.sum(), np.cumsum(size[::-1])[::-1] / size.sum()
    low, high = int(np.argmax(up >= 1 / 3 - 1e-12)), len(value) - 1 - int(np.argmax(down[::-1] >= 1 / 3 - 1e-12))
    if low >= high:  # one value holds more than a third: it goes to the end that leaves the thinner one thicker
        choices = [(k, k + 1) for k in (low - 1, low, high - 1, high) if 0 <= k < len(value) - 1]
        low, high = max(choices, key=lambda c: (min(up[c[0]], down[c[1]]), -c[0]))
    if min(up[low], down[high]) < SMALLEST_END:
        return None
    return Ends(float(value[low]), float(value[high]))


def vanity(tables: Tables) -> tuple[list[Row], list[Gap]]:
    """One row per score and outcome (left, contacts) as in `VANITY`, and what could not be asked at all."""
    who = exposure(tables)
    if isinstance(who, Missing):
        what = "Whether customer scores tell who leaves"
        return [], [Gap(id="align.diet.score", what=what, reason="Who was a customer when is not known.", needs=(who,))]
    found, gaps = [], []
    asked = seen(tables, "tickets", "opened_date") if not missing(tables, "contacts") else None
    for score in NEEDS:
        if lacks := missing(tables, score):
            if score != "contacts":
                continue  # the scorecard asks for surveys, service levels for what they need of contacts
            what = "Whether contacts tell who leaves"
            reason = "Contacts are not recorded customer by customer."
            gaps.append(Gap(id="align.diet.score", what=what, reason=reason, needs=lacks, subject=score))
            continue
        ends_at = {
            "left": who.span.last if who.table in {"revenue", "accounts"} else None,
            "contacts": min(asked.last, who.span.last) if asked and score != "contacts" else None,
        }
        for outcome, last in ends_at.items():
            if last is not None:
                found.append(_tested(tables, who, score, outcome, add_months(last, -SPAN)))
    if who.table == "orders":
        what, reason = (
            "Whether customer scores tell who leaves",
            "Customers who buy when they like do not say they left.",
        )
        needs = (Missing(name="accounts", columns=("account_id", "started", "ended")),)
        gaps.append(Gap(id="align.diet.score", what=what, reason=reason, needs=needs))
    return found, gaps


def _tested(tables: Tables, who: Exposure, score: str, outcome: str, landmark: date) -> Row:
    """The verdict on one score and outcome."""
    earlier = add_months(landmark, -BACK)
    row: Row = dict.fromkeys(VANITY) | {
        "score": score,
        "label": LABELS[score],
        "outcome": outcome,
        "verdict": "cannot tell",
        "scored": before(landmark).label,
        "observed": after(landmark).label,
    }
    source = seen(tables, *_day(score))
    first = max(who.span.first, source.first) if source else None
    if first is None or first > before(earlier).first:
        return row | {"why": f"{SPAN * 4} months of scores and outcomes are needed"}
    learnt = counts(tables, who, score, earlier, contacts=outcome == "contacts")
    judged = counts(tables, who, score, landmark, contacts=outcome == "contacts")
    return row | verdict(learnt, judged, outcome, better_high=score in BETTER_HIGH)


def _day(score: str) -> tuple[str, str, str]:
    if score in BETTER_HIGH:
        return "surveys", "answered_date", f"metric = '{score}'"
    return "tickets", "opened_date", "true"


def verdict(learnt: pd.DataFrame, judged: pd.DataFrame, outcome: str, *, better_high: bool) -> Row:
    """The verdict from the counts of the earlier and the later landmark, as `metrics.landmarks.counts` gives them.

    *predicts*: the interval of worse less better end lies above nought and reaches a useful size. *does not*: it holds
    no useful size, in either direction (two one-sided tests: Schuirmann 1987, J. Pharmacokinet. Biopharm. 15:657). Else
    *cannot tell*, with how many more customers it would take at the difference seen; a clear difference the other way
    round is no prediction either.
    Each verdict stands for itself at 95 %. `better_high` says which end counts as worse when the earlier landmark
    shows no difference at all.
    """
    cuts = ends(learnt["value"], learnt["n"]) if len(learnt) else None
    n = int(judged["n"].sum()) if len(judged) else 0
    none: Row = {"verdict": "cannot tell", "n": n}
    if cuts is None:
        return none | {"why": "nearly all customers score the same"}
    before_low, before_high = (_end(learnt, cuts, side, outcome) for side in ("low", "high"))
    base = _rate(learnt, outcome)
    useful = min(USEFUL_POINTS, base * USEFUL_SHARE) if outcome == "left" else base * USEFUL_CONTACTS
    if before_low.value is None or before_high.value is None or base <= 0:
        return none | {"why": "nothing happened in the earlier period to learn from"}
    gap = before_low.value - before_high.value
    low_worse = gap > 0 or (gap == 0 and better_high)
    worse_end, better_end = ("low", "high") if low_worse else ("high", "low")
    worse, better = _end(judged, cuts, worse_end, outcome), _end(judged, cuts, better_end, outcome)
    row = none | {
        "worse_end": worse_end,
        "worse_cut": cuts.low if low_worse else cuts.high,
        "better_cut": cuts.high if low_worse else cuts.low,
        "worse": worse.value,
        "better": better.value,
        "n_worse": worse.n,
        "n_better": better.n,
        "useful": useful,
        "earlier": abs(gap),
        "auc": _auc(judged, low_worse=low_worse) if outcome == "left" else None,
    }
    found = difference(worse, better)
    if found.low is None or found.high is None or found.value is None:
        thin = max(min(worse.n, better.n), 1)
        more = math.ceil(n * max(MINIMUM_N / thin - 1, 0)) if n else MINIMUM_N * 3
        return row | {
            "value": found.value,
            "why": f"fewer than {MINIMUM_N} customers at one end",
            "more_needed": _round(more),
        }
    row |= {"value": found.value, "low": found.low, "high": found.high}
    if -useful < found.low and found.high < useful:
        return row | {"verdict": "does not"}
    if found.low > 0:
        return row | {"verdict": "predicts"}
    if found.high < 0:
        return row | {"why": "it pointed the other way a year earlier"}
    half = (found.high - found.low) / 2
    clear = max(abs(found.value), useful - abs(found.value))
    return row | {"why": "too few customers", "more_needed": _round(n * max((half / clear) ** 2 - 1, 0.05))}


def _end(frame: pd.DataFrame, cuts: Ends, side: str, outcome: str) -> Estimate:
    """The outcome among the customers at one end of the score."""
    part = frame[frame["value"] <= cuts.low] if side == "low" else frame[frame["value"] >= cuts.high]
    n = int(part["n"].sum())
    if outcome == "left":
        return proportion(float(part["gone"].sum()), n)
    if n == 0:
        return Estimate(why_none="no customers")
    total, squares = float(part["contacts"].sum()), float(part["contacts_squared"].sum())
    mean = total / n
    if n < MINIMUM_N:
        return Estimate(value=mean, n=n, why_none=f"{n} customers, fewer than {MINIMUM_N}")
    half = t_quantile(n - 1) * math.sqrt(max(squares / n - mean**2, 0.0) / (n - 1))
    return Estimate(value=mean, low=mean - half, high=mean + half, n=n)


def _rate(frame: pd.DataFrame, outcome: str) -> float:
    column = "gone" if outcome == "left" else "contacts"
    return float(frame[column].sum() / frame["n"].sum()) if len(frame) else 0.0


def _auc(frame: pd.DataFrame, *, low_worse: bool) -> float | None:
    """Chance that a customer who left had the worse score of two, ties halved (Mann & Whitney 1947)."""
    gone = frame["gone"].to_numpy(dtype=float)
    stayed = frame["n"].to_numpy(dtype=float) - gone
    if gone.sum() == 0 or stayed.sum() == 0:
        return None
    below = np.cumsum(stayed) - stayed
    share = float((gone * (below + stayed / 2)).sum() / (gone.sum() * stayed.sum()))
    return 1 - share if low_worse else share


def _round(more: float) -> int:
    """A number of customers to two figures, upwards.

    >>> _round(1234.0), _round(7.2)
    (1300, 8)
    """
    step = 10 ** max(0, len(str(math.ceil(more))) - 2)
    return math.ceil(more / step) * step
