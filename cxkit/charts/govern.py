"""Figures of Govern: maturity claimed and evidenced, and where the money should go."""

from __future__ import annotations

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.align import levels
from cxkit.charts.figure import figure
from cxkit.charts.marks import Bar, Dot, bars, dots, dumbbells
from cxkit.charts.reading import currency, number, rows, text, texts
from cxkit.records import Result


def _alt_maturity(result: Result) -> str:
    said = []
    for row in rows(result, "capabilities"):
        own, shown = number(row, "self_assessed"), number(row, "evidenced")
        said.append(
            f"{text(row, 'name')}: self-assessed {own:.0f}, evidenced {shown:.0f}"
            if own is not None and shown is not None
            else f"{text(row, 'name')}: "
            + (
                f"evidenced {shown:.0f}"
                if shown is not None
                else f"self-assessed {own:.0f}"
                if own is not None
                else "not assessed"
            )
        )
    return "Self-assessed and evidenced level of each capability, 1 to 5. " + texts(said)


@figure(
    "govern.maturity",
    topic="Maturity as claimed and as the evidence supports it",
    needs="capabilities",
    title="govern.maturity.overall",
    alt=_alt_maturity,
    caption="Levels run from 1 (ad hoc) to 5 (operationalised); they are an order, not a measure.",
    data={
        "name": ("Capability", "text"),
        "owner_role": ("Owner", "text"),
        "self_assessed": ("Self-assessed", "count"),
        "evidenced": ("Evidenced", "count"),
        "evidence": ("Evidence", "text"),
        "next_rule": ("For the next level", "text"),
    },
    worth=lambda result: any(number(r, "evidenced") is not None for r in rows(result, "capabilities")),
)
def maturity(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw both levels of the six capabilities."""
    table = rows(result, "capabilities")
    ax = ax or style.canvas(len(table) + 0.6)
    dumbbells(
        ax,
        [text(r, "name") for r in table],
        [number(r, "self_assessed") for r in table],
        [number(r, "evidenced") for r in table],
        names=("self-assessed", "evidenced"),
        notes=[text(r, "owner_role") for r in table],
    )
    return levels(ax)


VERDICTS = {
    "fund": ("good", "fund"),
    "keep": ("neutral", "keep"),
    "test first": ("warn", "test first"),
    "stop": ("bad", "stop, frees"),
    "hold": ("neutral", "no new money"),
}
COLOURS = {"good": style.ACCENT, "neutral": style.SOFT, "warn": style.WARN, "bad": style.BAD}


def _plan(result: Result) -> list[Bar]:
    money = currency(result)
    order = list(VERDICTS)
    out: list[tuple[int, float, Bar]] = []
    for row in rows(result, "plan"):
        verdict = text(row, "verdict")
        if verdict not in VERDICTS:
            continue
        tone, words = VERDICTS[verdict]
        amount = number(row, "freed" if verdict == "stop" else "amount") or 0.0
        note = f"{words} {formats.money(amount, money)}" if amount else words.split(",", maxsplit=1)[0]
        grade = text(row, "grade")
        bar = Bar(
            text(row, "initiative"), amount, tone=COLOURS[tone], note=note + (f" · grade {grade}" if grade else "")
        )
        out.append((order.index(verdict), -amount, bar))
    return [bar for _, _, bar in sorted(out, key=lambda item: item[:2])]


def _alt_allocation(result: Result) -> str:
    return "Bars of the money the plan gives, holds or frees, by initiative. " + texts(
        (f"{b.label}: {b.note}" for b in _plan(result)), 12
    )


@figure(
    "govern.allocation",
    topic="What the plan gives, holds until a test, and frees",
    needs="plan",
    title="govern.allocation.plan",
    alt=_alt_allocation,
    caption="Money that is still to be given or can still be saved; what is spent or committed is in neither.",
    data={
        "initiative": ("Initiative", "text"),
        "verdict": ("Verdict", "text"),
        "amount": ("Given or held", "money"),
        "freed": ("Freed", "money"),
        "npv_go_forward": ("Go-forward NPV", "money"),
        "grade": ("Grade", "text"),
        "reason": ("Reason", "text"),
    },
    worth=lambda result: any(b.value for b in _plan(result)),
)
def allocation(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw one bar per initiative, in the order of verdicts."""
    data = _plan(result)
    ax = ax or style.canvas(len(data) + 0.4)
    return bars(ax, data, "money", currency=currency(result))


def _worth(result: Result) -> list[Dot]:
    money = currency(result)
    tones = {"proven": "good", "disproven": "bad"}
    out = []
    for row in rows(result, "initiatives"):
        value = number(row, "npv_go_forward")
        if value is None:
            continue
        low, high = number(row, "go_forward_low"), number(row, "go_forward_high")
        basis = text(row, "basis")
        note = f"{formats.money(value, money)} · {basis}" if basis else formats.money(value, money)
        known = low is not None and high is not None
        out.append(
            Dot(
                text(row, "initiative"),
                value,
                low if known else None,
                high if known else None,
                tones.get(basis, "neutral"),
                note,
                text(row, "grade"),
            )
        )
    return sorted(out, key=lambda d: -(d.value or 0.0))[:24]


def _alt_portfolio(result: Result) -> str:
    return "Value of going on with each initiative against stopping it today. " + texts(
        (f"{d.label}: {d.note}" for d in _worth(result)), 12
    )


@figure(
    "govern.portfolio",
    topic="What going on with each initiative is worth against stopping it today",
    needs="initiatives",
    title="govern.portfolio.npv",
    alt=_alt_portfolio,
    caption="A dot is the go-forward NPV, a line its range; a round mark in colour rests on proof, a diamond was "
    "disproven, grey is claimed. The letter is the grade of evidence.",
    data={
        "initiative": ("Initiative", "text"),
        "basis": ("Rests on", "text"),
        "grade": ("Grade", "text"),
        "npv_go_forward": ("Go-forward NPV", "money"),
        "go_forward_low": ("Low", "money"),
        "go_forward_high": ("High", "money"),
        "ask": ("Still asks for", "money"),
        "committed": ("Committed", "money"),
        "sunk": ("Sunk", "money"),
        "payback_months": ("Payback", "months"),
    },
    worth=lambda result: bool(_worth(result)),
)
def portfolio(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the go-forward value of each initiative, the largest first."""
    data = _worth(result)
    ax = ax or style.canvas(len(data) + 0.6)
    return dots(ax, data, "money", currency=currency(result), zero="nothing gained")
