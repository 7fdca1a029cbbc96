"""Figures of Quantify: the revenue bridge, and the business cases by what they are worth."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import marks, style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Bar, Dot, bridge_words, dots
from cxkit.charts.reading import Row, currency, number, rows, text, texts
from cxkit.records import Result


def _bridge(row: Row) -> list[Bar]:
    """Start, what was lost, what stayed, what grew, what joined, and where it ends."""
    value = {
        n: number(row, n) or 0.0 for n in ("start", "churn", "contraction", "expansion", "end", "returned", "joined")
    }
    kept = value["start"] - value["churn"] - value["contraction"]
    steps = [
        Bar("Start of window", value["start"], total=True),
        Bar("Left", -value["churn"], tone="bad"),
        Bar("Shrunk", -value["contraction"], tone="bad"),
        Bar("Kept", kept, total=True),
        Bar("Grown", value["expansion"], tone="good"),
        Bar("Same customers at the end", value["end"], total=True),
        Bar("Returned", value["returned"], tone="good"),
        Bar("Joined and stayed", value["joined"], tone="good"),
        Bar("End of window", number(row, "closing") or value["end"], total=True),
    ]
    return [s for s in steps if s.total or s.value]


def _last(result: Result) -> Row:
    table = rows(result, "bridge")
    return table[0] if table else {}


def _alt_bridge(result: Result) -> str:
    row, money = _last(result), currency(result)
    words = texts((f"{b.label}: {bridge_words(b, 'money', money)}" for b in _bridge(row)), 9)
    return f"Bridge of monthly recurring revenue over {text(row, 'period')}. {words}"


@figure(
    "quantify.bridge",
    topic="Monthly recurring revenue from the start of the window to its end",
    needs="bridge",
    title="quantify.scorecard.nrr",
    alt=_alt_bridge,
    caption="Grey columns are totals and stand on zero; the steps between them are losses and gains of monthly "
    "recurring revenue. Kept over start is gross retention, same customers at the end over start is net retention.",
    data={
        "period": ("Period", "text"),
        "accounts": ("Customers", "people"),
        "start": ("Start", "money"),
        "churn": ("Left", "money"),
        "contraction": ("Shrunk", "money"),
        "expansion": ("Grown", "money"),
        "end": ("Same customers at the end", "money"),
        "returned": ("Returned", "money"),
        "joined": ("Joined and stayed", "money"),
        "closing": ("End", "money"),
    },
    worth=lambda result: (number(_last(result), "start") or 0) > 0,
)
def bridge(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the bridge of the latest window; shares are of its start."""
    row = _last(result)
    data = _bridge(row)
    start = number(row, "start") or 1.0
    ax = ax or style.canvas(6.6)
    marks.bridge(ax, data, "money", currency=currency(result))
    for x, step in enumerate(data):
        if x and (share := step.value / start):
            ax.annotate(
                formats.quantity(share, "ratio", signed=not step.total),
                (x, 0),
                xytext=(0, 5),
                textcoords="offset points",
                ha="center",
                fontsize=8.5,
                color=style.PAPER if step.total else style.SOFT,
            )
    return ax


LEAST = 30
"""Customers below which a segment gets no row."""


def _once(table: Sequence[Row]) -> list[Row]:
    """Rows without dimensions that divide the customers as an earlier one does (a product for each segment)."""
    parts: dict[str, set[tuple[float | None, ...]]] = {}
    for row in table:
        figures = tuple(number(row, c) for c in ("accounts", "start", "grr"))
        parts.setdefault(text(row, "dimension"), set()).add(figures)
    kept: list[str] = []
    for name in sorted(parts, key=lambda n: (n != "segment", n)):
        if all(parts[k] != parts[name] for k in kept):
            kept.append(name)
    return [r for r in table if text(r, "dimension") in kept]


def _segments(result: Result) -> list[Dot]:
    known = [
        r for r in rows(result, "segments") if number(r, "grr") is not None and (number(r, "accounts") or 0) >= LEAST
    ]
    table = _once(known)
    several = len({text(r, "dimension") for r in table}) > 1
    out = []
    for row in sorted(table, key=lambda r: (text(r, "dimension"), number(r, "grr") or 0.0, text(r, "segment"))):
        name = f"{text(row, 'dimension').capitalize()}: {text(row, 'segment')}" if several else text(row, "segment")
        note = f"{formats.quantity(number(row, 'grr'), 'ratio')} · {number(row, 'accounts'):,.0f} customers"
        out.append(Dot(name, number(row, "grr"), number(row, "grr_low"), number(row, "grr_high"), "neutral", note))
    return out[:20]


def _alt_segments(result: Result) -> str:
    said = texts((f"{d.label}: {d.note}" for d in _segments(result)), 10)
    return f"Gross revenue retention with interval for each segment against the whole. {said}"


@figure(
    "quantify.segments",
    topic="Gross revenue retention by segment",
    needs="segments",
    title="quantify.scorecard.segment",
    alt=_alt_segments,
    caption="A dot is the share of recurring revenue kept over the window, a line its 95 % interval; the dotted line "
    "is the whole book. Segments are as known at extraction.",
    data={
        "dimension": ("By", "text"),
        "segment": ("Segment", "text"),
        "accounts": ("Customers", "people"),
        "grr": ("GRR", "ratio"),
        "grr_low": ("Low", "ratio"),
        "grr_high": ("High", "ratio"),
        "nrr": ("NRR", "ratio"),
        "logo_churn": ("Customer churn", "ratio"),
    },
    worth=lambda result: len(_segments(result)) > 1,
)
def segments(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw gross retention by segment, product and region."""
    data = _segments(result)
    whole = result.finding("quantify.scorecard.grr")
    ax = ax or style.canvas(len(data) + 0.5)
    if whole is None or whole.value is None:
        return dots(ax, data, "ratio")
    return dots(ax, data, "ratio", zero=f"all {formats.quantity(whole.value, 'ratio')}", at=whole.value)


def _share(sure: float) -> str:
    """A share of draws in words, never rounded to all or none.

    >>> _share(0.98), _share(1.0), _share(0.0)
    ('98\\u202f% of draws', 'all draws', 'no draw')
    """
    if sure in (0.0, 1.0):
        return "all draws" if sure else "no draw"
    return f"{formats.quantity(min(max(sure, 0.01), 0.99), 'probability')} of draws"


def _cases(result: Result) -> list[Dot]:
    money = currency(result)
    out = []
    for row in rows(result, "cases"):
        value = number(row, "npv")
        if value is None:
            continue
        low, high = number(row, "npv_p10"), number(row, "npv_p90")
        varies = low is not None and high is not None and low < high
        sure = number(row, "p_positive")
        case = text(row, "case")
        unheard = f" · {case}" if case not in {"", "assessed"} else " · no range stated"
        note = formats.money(value, money) + (f" · gains in {_share(sure)}" if varies and sure is not None else unheard)
        tone = "neutral"
        if varies and low is not None and high is not None:
            tone = "good" if low > 0 else "bad" if high < 0 else "neutral"
        name = text(row, "name") or text(row, "initiative")
        out.append(Dot(name, value, low if varies else None, high if varies else None, tone, note))
    return sorted(out, key=lambda d: -(d.value or 0.0))[:24]


def _alt_cases(result: Result) -> str:
    said = texts((f"{d.label}: {d.note}" for d in _cases(result)), 8)
    return f"Net present value of each initiative as claimed, with the range of its stated effects. {said}"


@figure(
    "quantify.cases",
    topic="Net present value of each initiative, as claimed",
    needs="cases",
    title="quantify.cases.total",
    alt=_alt_cases,
    caption="A dot is the value at the effects as stated, a line runs from P10 to P90 of the ranges people stated: one "
    "time in ten it would be lower, one in ten higher. Gains: how many draws from those ranges end above zero. These "
    "are claims, not proof.",
    data={
        "name": ("Initiative", "text"),
        "pv_benefit": ("PV of benefit", "money"),
        "pv_cost": ("PV of cost", "money"),
        "npv": ("NPV", "money"),
        "npv_p10": ("P10", "money"),
        "npv_p90": ("P90", "money"),
        "p_positive": ("P(NPV > 0)", "probability"),
        "romi": ("ROMI", "multiple"),
        "payback_months": ("Payback", "months"),
    },
    worth=lambda result: bool(_cases(result)),
)
def cases(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the value of each case, the largest first."""
    data = _cases(result)
    ax = ax or style.canvas(len(data) + 0.6)
    return dots(ax, data, "money", currency=currency(result), zero="nothing gained")
