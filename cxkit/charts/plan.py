"""Figures of the plan: what it gives, holds and frees with how firm that is; what safety costs; 5 % more or less."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Bar, aside, bars, scale, spread
from cxkit.charts.reading import Row, currency, number, rows, text, texts
from cxkit.records import Result

MOST = 24
VERDICTS = {
    "fund": (style.ACCENT, "fund"),
    "test first": (style.WARN, "held for a test"),
    "keep": (style.SOFT, "keep"),
    "stop": (style.BAD, "stop, frees"),
    "hold": (style.SOFT, "no new money"),
}


def _drawn(frame: pd.DataFrame, result: Result) -> pd.DataFrame:
    """Initiatives with money, or whose stopping frees money, in the order of the plan."""
    return frame[(frame["amount"].fillna(0) > 0) | (frame["freed"].fillna(0) > 0)].head(MOST)


def _bar(row: Row, money: str) -> Bar:
    verdict = text(row, "verdict")
    colour, words = VERDICTS[verdict]
    amount = number(row, "freed" if verdict == "stop" else "amount") or 0.0
    note = f"{words} {formats.money(amount, money)}"
    people, firm = number(row, "frees_capacity"), number(row, "stability")
    if verdict == "stop" and people:
        note += f" and {formats.number(people)} places"
    if verdict != "stop" and firm is not None and text(row, "must_keep") != "True":
        note += f" · in {formats.quantity(firm, 'probability')} of redraws"
    return Bar(text(row, "initiative"), amount, tone=colour, note=note)


def _plan(result: Result) -> list[Bar]:
    frame = _drawn(result.frame("plan"), result) if result.has("plan") else pd.DataFrame()
    return [_bar(row, currency(result)) for row in frame.to_dict("records")]


def _alt_plan(result: Result) -> str:
    said = texts((f"{b.label}: {b.note}" for b in _plan(result)), 12)
    return f"Bars of the money the plan gives, holds for a test, or frees, by initiative. {said}"


@figure(
    "govern.plan",
    topic="What the plan gives, holds for a test and frees",
    needs="plan",
    title="govern.allocation.plan",
    alt=_alt_plan,
    caption="Money that is still to be given or can still be saved; what is spent or committed is in neither. Redraws "
    "take one joint draw of all cases as what they are worth and give out the money anew: the share in which an "
    "initiative has money again says how firm its place is.",
    data={
        "initiative": ("Initiative", "text"),
        "verdict": ("Verdict", "text"),
        "amount": ("Given or held", "money"),
        "freed": ("Frees, cash", "money"),
        "frees_capacity": ("Frees, full-time places", "score"),
        "npv_go_forward": ("Go-forward NPV", "money"),
        "stability": ("Has money, of redraws", "probability"),
        "grade": ("Grade", "text"),
    },
    worth=lambda result: bool(_plan(result)),
    drawn=_drawn,
)
def plan(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw one bar per initiative that money moves for, in the order of verdicts."""
    data = _plan(result)
    ax = ax or style.canvas(len(data) + 0.4)
    return bars(ax, data, "money", currency=currency(result))


def _points(result: Result) -> list[Row]:
    return [r for r in rows(result, "frontier") if number(r, "npv") is not None]


def _names(ids: str, result: Result) -> str:
    """Initiatives by name, where the frontier has them by id."""
    known = {text(r, "initiative_id"): text(r, "initiative") for r in rows(result, "plan")}
    parts = (part.partition(" (") for part in ids.split(", "))
    return ", ".join(f"{known.get(id_, id_)}{mark}{rest}".replace("%", "\u202f%") for id_, mark, rest in parts)


def _at(row: Row) -> float:
    """Value in the worst share of scenarios, on fresh draws where there are any."""
    fresh = number(row, "cvar_fresh")
    return -(fresh if fresh is not None else number(row, "cvar") or 0.0)


def _alt_frontier(result: Result) -> str:
    money = currency(result)
    said = (
        f"{'The plan' if r['chosen'] else 'Another plan'} of {int(number(r, 'initiatives') or 0)} initiatives: worth "
        f"{formats.money(number(r, 'npv') or 0.0, money)}, {formats.money(_at(r), money)} in the worst scenarios"
        for r in _points(result)
    )
    return f"Expected value of each best plan against what it is worth in the worst scenarios. {texts(said, 8)}"


@figure(
    "govern.frontier",
    topic="What more safety costs: expected value against the worst scenarios",
    needs="frontier",
    title="govern.allocation.risk",
    alt=_alt_frontier,
    caption="A mark is the best plan at one risk limit: upwards it is worth more on average, to the right it is worth "
    "more in the worst scenarios (their average, on fresh draws). The filled mark is the plan: what is "
    "proven gets money first, so that a mark above it or to its right gives more to claims that are not tested. What "
    "is held for a test counts with what it claims.",
    data={
        "ids": ("Initiatives", "text"),
        "npv": ("Expected NPV", "money"),
        "cvar": ("Average loss in the worst scenarios (below nothing: a gain)", "money"),
        "cvar_fresh": ("The same, fresh draws", "money"),
        "spread": ("Spread (one standard deviation)", "money"),
        "given": ("Given or held", "money"),
        "chosen": ("The plan", "text"),
    },
    worth=lambda result: len(_points(result)) > 1,
    drawn=lambda frame, result: frame.assign(ids=[_names(str(ids), result) for ids in frame["ids"]]),
)
def frontier(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the plans of the frontier, joined, with the chosen one named."""
    data = sorted(_points(result), key=_at)
    ax = ax or style.canvas(6)
    money = currency(result)
    line = [(_at(r), number(r, "npv") or 0.0) for r in data]
    ax.plot([x for x, _ in line], [y for _, y in line], color=style.BAND3, linewidth=1.6, zorder=1)
    for row, (x, y) in zip(data, line, strict=True):
        chosen = bool(row["chosen"])
        colour = style.ACCENT if chosen else style.SOFT
        ax.plot([x], [y], marker="o", markersize=10 if chosen else 7, color=colour, linestyle="none", zorder=2)
        if not chosen:
            ax.plot([x], [y], marker="o", markersize=3.8, color=style.PAPER, linestyle="none", zorder=3)
        if chosen or row is data[0] or row is data[-1]:
            last = len(data) > 1 and row is data[-1]
            words = f"{'the plan: ' if chosen else ''}{formats.money(y, money)}"
            ax.annotate(
                words, (x, y), xytext=(-9, -13) if last else (7, 8), textcoords="offset points",
                ha="right" if last else "left", fontsize=9, weight="bold" if chosen else "normal", color=colour,
            )  # fmt: skip
    spread(ax, pad=0.08)
    low, high = min(y for _, y in line), max(y for _, y in line)
    room = (high - low) or abs(high) or 1.0
    ax.set_ylim(low - 0.2 * room, high + 0.22 * room)
    scale(ax, "money", money)
    scale(ax, "money", money, axis="y", bins=4)
    ax.grid(visible=True)
    ax.set_xlabel("worth in the worst scenarios", loc="left")
    ax.set_ylabel("worth on average")
    return ax


def _around(result: Result) -> list[Row]:
    return [r for r in rows(result, "sensitivity") if number(r, "npv") is not None]


def _words(row: Row, money: str) -> str:
    change = number(row, "change") or 0.0
    if not change:
        return "the plan"
    return f"{formats.money(number(row, 'npv_change') or 0.0, money, signed=True)}: {text(row, 'changes')}"


def _label(row: Row) -> str:
    change = number(row, "change") or 0.0
    return (
        "the budget"
        if not change
        else f"{formats.quantity(abs(change), 'probability')} {'more' if change > 0 else 'less'} money"
    )


def _alt_sensitivity(result: Result) -> str:
    money = currency(result)
    said = (
        f"{_label(r)}: worth {formats.money(number(r, 'npv') or 0.0, money)}, {_words(r, money)}"
        for r in _around(result)
    )
    return f"Expected value of the best plan with a little less and a little more money. {texts(said)}"


@figure(
    "govern.sensitivity",
    topic="What a little more or less money changes",
    needs="sensitivity",
    title="govern.allocation.sensitivity",
    alt=_alt_sensitivity,
    caption="Expected go-forward NPV of the best plan at each budget; beside it what changes against the plan.",
    data={
        "change": ("Change of the budget", "ratio"),
        "budget": ("Budget", "money"),
        "npv": ("Expected NPV", "money"),
        "npv_change": ("Against the plan", "money"),
        "unallocated": ("Not given out", "money"),
        "changes": ("What changes", "text"),
    },
    worth=lambda result: len({number(r, "npv") for r in _around(result)}) > 1,
)
def sensitivity(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the value at each budget."""
    data, money = _around(result), currency(result)
    ax = ax or style.canvas(len(data) + 0.4)
    drawn = [
        Bar(_label(r), number(r, "npv") or 0.0, tone="neutral" if number(r, "change") else "good", note=" ")
        for r in data
    ]
    bars(ax, drawn, "money", currency=money)
    for y, row in enumerate(data):
        aside(ax, y, _words(row, money), color=style.SOFT if number(row, "change") else style.INK)
    return ax
