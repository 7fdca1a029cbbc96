"""Figures of Instrument: which signals reach which moment, how much is attributed, and whether loops are closed."""

from __future__ import annotations

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Dot, dots, matrix
from cxkit.charts.marks import rows as named
from cxkit.charts.reading import Row, currency, number, rows, text, texts
from cxkit.formats import Unit
from cxkit.records import Result

STATES = {
    "present": ("good", "present"),
    "declared only": ("partly", "declared only"),
    "unplaced": ("partly", "unplaced"),
    "none": ("bad", "none"),
}
SIGNALS = {"crm": "CRM", "voc": "Feedback", "billing": "Billing", "support": "Support", "telemetry": "Telemetry"}
MOST = 24


def _alt_signals(result: Result) -> str:
    counts: dict[str, int] = {}
    for row in rows(result, "matrix"):
        counts[text(row, "status")] = counts.get(text(row, "status"), 0) + 1
    cells = formats.listing([f"{n} {status}" for status, n in counts.items()])
    said = texts(f.title for f in result.findings if f.id == "instrument.signals.coverage")
    return f"Matrix of moments against signals: {cells}. {said}"


@figure(
    "instrument.signals",
    topic="Which signals really reach which moment",
    needs="matrix",
    title="instrument.signals.coverage",
    alt=_alt_signals,
    caption="Present: rows of this moment arrive. Declared only: a system is said to hold it, no rows show it. "
    "Unplaced: rows arrive without saying to which moment they belong.",
    data={
        "moment": ("Moment", "text"),
        "signal": ("Signal", "text"),
        "status": ("Status", "text"),
        "system": ("System", "text"),
        "rows": ("Rows", "count"),
        "last_seen": ("Last seen", "date"),
    },
)
def signals(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw moments by signals, a symbol and a word per cell."""
    table = rows(result, "matrix")
    moments = {text(r, "moment_id"): text(r, "moment") or text(r, "moment_id") for r in table}
    columns = list(dict.fromkeys(text(r, "signal") for r in table))
    cells = {(text(r, "moment_id"), text(r, "signal")): text(r, "status") for r in table}
    order = list(moments)[:MOST]
    ax = ax or style.canvas(len(order), row=0.36, head=0.6)
    return matrix(
        ax,
        [moments[m] for m in order],
        [SIGNALS.get(c, c.replace("_", " ").capitalize()) for c in columns],
        lambda y, x: STATES.get(cells.get((order[y], columns[x]), ""), ("none", "")),
    )


STEPS = {
    "attributed": (style.ACCENT, "traced"),
    "no moment": (style.BAND3, "no moment"),
    "unknown key": (style.BAND3, "unknown key"),
    "no key": (style.SOFT, "no key"),
    "counted only": (style.SOFT, "counted only"),
}


def _kinds(result: Result) -> dict[str, dict[str, Row]]:
    found: dict[str, dict[str, Row]] = {}
    for row in rows(result, "bridge"):
        found.setdefault(text(row, "kind"), {})[text(row, "step")] = row
    return found


def _alt_attribution(result: Result) -> str:
    said = [
        f"{kind.capitalize()}: "
        + formats.listing(
            [
                f"{formats.quantity(number(steps[s], 'share'), 'ratio')} {label}"
                for s, (_, label) in STEPS.items()
                if s in steps and number(steps[s], "share")
            ]
        )
        for kind, steps in _kinds(result).items()
    ]
    return "Bars of what can be traced to a customer and a moment, and where the rest is lost. " + texts(said)


@figure(
    "instrument.attribution",
    topic="How much can be traced to a known customer at a known moment, and where the rest is lost",
    needs="bridge",
    title="instrument.attribution.loss",
    alt=_alt_attribution,
    caption="Revenue is counted in money, contacts and feedback one by one. A key is unknown when it is in no list of "
    "customers.",
    data={
        "kind": ("Of", "text"),
        "step": ("Step", "text"),
        "amount": ("Amount", "none"),
        "share": ("Share", "ratio"),
    },
)
def attribution(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw one bar of shares for revenue, contacts and feedback."""
    kinds = _kinds(result)
    ax = ax or style.canvas(len(kinds) * 1.55, row=0.45, head=0.45)
    labels = []
    for y, (kind, steps) in enumerate(kinds.items()):
        labels.append(kind.capitalize())
        left = 0.0
        for step, (colour, words) in STEPS.items():
            share = number(steps.get(step, {}), "share") or 0.0
            if share <= 0:
                continue
            ax.barh(y, share, left=left, height=0.5, color=colour, edgecolor=style.PAPER, linewidth=1.2)
            said = f"{words} {formats.quantity(share, 'ratio')}"
            middle = left + share / 2
            if share > 0.16:
                inside = style.PAPER if colour in {style.ACCENT, style.SOFT} else style.INK
                ax.text(middle, y, said, ha="center", va="center", fontsize=9, color=inside)
            elif share > 0.02:
                ax.text(min(middle, 0.93), y - 0.36, said, ha="center", va="center", fontsize=8.5, color=style.SOFT)
            left += share
        total = number(steps.get("total", {}), "amount")
        unit: Unit = "money" if kind == "revenue" else "count"
        if total is not None and (unit == "count" or currency(result)):
            words = formats.quantity(total, unit, currency=currency(result))
            ax.text(
                1.01, y, f"of {words}", transform=ax.get_yaxis_transform(), va="center", fontsize=9, color=style.SOFT
            )
    named(ax, labels)
    ax.set_xlim(0, 1)
    ax.set_xticks([])
    return ax


def _loop(result: Result) -> list[Dot]:
    words = {"contacted": "Called back", "closed": "Issue settled", "within_sla": "Settled within the limit"}
    out = []
    for row in rows(result, "rates"):
        share, n = number(row, "share"), number(row, "judged") or 0
        if share is None:
            continue
        note = f"{formats.quantity(share, 'ratio')} of {n:,.0f} answers"
        name = words.get(text(row, "measure"), text(row, "measure").replace("_", " ").capitalize())
        out.append(Dot(name, share, number(row, "low"), number(row, "high"), "neutral", note))
    return out


def _alt_loop(result: Result) -> str:
    return "Share of unhappy answers that were followed up, step by step. " + texts(
        f"{d.label}: {d.note}" for d in _loop(result)
    )


@figure(
    "instrument.loop",
    topic="What happened after an unhappy answer",
    needs="rates",
    title="instrument.loop.within_sla",
    alt=_alt_loop,
    caption="A dot is the share of unhappy answers, a line its 95 % interval with customers resampled; open ones past "
    "their limit count as missed.",
    data={
        "measure": ("Step", "text"),
        "hits": ("Done", "people"),
        "judged": ("Judged", "people"),
        "share": ("Share", "ratio"),
        "low": ("Low", "ratio"),
        "high": ("High", "ratio"),
    },
    worth=lambda result: bool(_loop(result)),
)
def loop(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the shares called back, settled, and settled in time."""
    data = _loop(result)
    ax = ax or style.canvas(len(data) + 0.6)
    dots(ax, data, "ratio")
    ax.set_xlim(0, 1)
    return ax
