"""Figures of time and limits: breaches by hour and owner, conventions, and how long tickets wait."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Dot, dots, scale
from cxkit.charts.orchestrate import LEAST, named
from cxkit.charts.reading import Row, number, rows, text, texts
from cxkit.records import Result

MOST = 14
BREACHES = {
    "label": ("Group", "text"),
    "dimension": ("By", "text"),
    "judged": ("Judged", "count"),
    "breaches": ("Breaches", "count"),
    "rate": ("Broken", "ratio"),
    "low": ("Low", "ratio"),
    "high": ("High", "ratio"),
    "share": ("Of all breaches", "ratio"),
    "hours_late": ("Median hours late", "hours"),
}


def _breaches(result: Result, dimension: str) -> list[Row]:
    return [r for r in rows(result, "breaches") if text(r, "dimension") == dimension and (number(r, "judged") or 0) > 0]


def _overall(result: Result) -> float | None:
    return next((number(r, "rate") for r in _breaches(result, "all")), None)


def _hours(result: Result) -> list[Row]:
    return [r for r in _breaches(result, "hour") if (number(r, "judged") or 0) >= LEAST]


def _alt_hours(result: Result) -> str:
    table, whole = _hours(result), _overall(result)
    worst = sorted(table, key=lambda r: -(number(r, "rate") or 0))[:3]
    said = [f"{text(r, 'label')}: {formats.quantity(number(r, 'rate'), 'ratio')}" for r in worst]
    return (
        f"Bars of the share of tickets that break their limit by local hour of opening, with intervals, {len(table)} "
        f"hours; all tickets {formats.quantity(whole, 'ratio')}. Highest: {texts(said)}"
    )


@figure(
    "orchestrate.breaches_hour",
    topic="Share of tickets that break their limit, by hour of opening",
    needs="breaches",
    title="orchestrate.service.breach_hour",
    alt=_alt_hours,
    caption="Local hour in which the ticket was opened. A bar is the share late or still open past the limit, a line "
    f"its 95 % interval, the dotted line all tickets. Hours with fewer than {LEAST} tickets are left out.",
    data=BREACHES,
    worth=lambda result: len(_hours(result)) > 2,
    drawn=lambda rows, _: rows[rows["dimension"].isin(["all", "hour"])],
)
def breaches_hour(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw small bars by hour with intervals, and the rate of all tickets."""
    table, whole = _hours(result), _overall(result)
    ax = ax or style.canvas(4.4)
    for row in table:
        at, rate = int(text(row, "group")), number(row, "rate") or 0.0
        ax.bar(at, rate, width=0.66, color=style.BAND3, linewidth=0, zorder=2)
        low, high = number(row, "low"), number(row, "high")
        if low is not None and high is not None:
            ax.plot([at, at], [low, high], color=style.INK, linewidth=1.4, zorder=3)
    if whole is not None:
        ax.axhline(whole, color=style.SOFT, linewidth=1, linestyle=(0, (2, 3)), zorder=4)
        named(ax, f"all: {formats.quantity(whole, 'ratio')}", whole, style.SOFT)
    hours = [int(text(r, "group")) for r in table]
    ax.set_xlim(min(hours) - 0.6, max(hours) + 0.6)
    ax.set_ylim(0, None)
    ax.xaxis.set_major_locator(MaxNLocator(12, integer=True))
    scale(ax, "ratio", axis="y", bins=4)
    ax.yaxis.grid(True)
    ax.tick_params(axis="y", labelcolor=style.SOFT, labelsize=9)
    ax.set_xlabel("hour of opening, local time", loc="right")
    return ax


def _owners(result: Result) -> list[Dot]:
    """Roles, then teams: rate with interval; a group late more often than the others on the same work stands out."""
    fair = {(text(r, "dimension"), text(r, "group")): r for r in rows(result, "like_for_like")}
    found = []
    for dimension, kind in (("owner_role", "role"), ("team", "team")):
        table = [r for r in _breaches(result, dimension) if (number(r, "judged") or 0) >= LEAST]
        for row in sorted(table, key=lambda r: -(number(r, "rate") or 0))[: MOST // 2]:
            same = fair.get((dimension, text(row, "group")), {})
            note = f"{number(row, 'breaches') or 0:,.0f} of {number(row, 'judged') or 0:,.0f}"
            excess = number(same, "excess")
            if excess is not None:
                note += f" · same work {formats.quantity(excess, 'points', signed=True)}"
            slow = text(same, "verdict") == "slower"
            ends = (number(row, "rate"), number(row, "low"), number(row, "high"))
            found.append(Dot(f"{text(row, 'label')} ({kind})", *ends, "bad" if slow else "neutral", note))
    return found


def _alt_owners(result: Result) -> str:
    return (
        "Share of tickets that break their limit by owner role and team, with intervals and the difference to others "
        f"on the same work; all tickets {formats.quantity(_overall(result), 'ratio')}. "
        + texts(f"{d.label}: {formats.quantity(d.value, 'ratio')}, {d.note}" for d in _owners(result))
    )


@figure(
    "orchestrate.breaches_owner",
    topic="Share of tickets that break their limit, by owner role and team",
    needs="breaches",
    title="orchestrate.service.slow_owner orchestrate.service.breach_owner",
    alt=_alt_owners,
    caption="A dot is the share late or still open past the limit, a line its 95 % interval, the dotted line all "
    "tickets. Work differs: beside it stands the difference to the others on the same reasons, priorities and "
    "limits, and only who is late more often there beyond chance is marked.",
    data=BREACHES,
    worth=lambda result: len(_owners(result)) > 1,
    drawn=lambda rows, _: rows[rows["dimension"].isin(["all", "owner_role", "team"])],
)
def breaches_owner(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the breach rate of roles and teams, all tickets as the line of reference."""
    data, whole = _owners(result), _overall(result)
    ax = ax or style.canvas(len(data) + 0.5)
    if whole is None:
        return dots(ax, data, "ratio")
    return dots(ax, data, "ratio", zero=f"all tickets {formats.quantity(whole, 'ratio')}", at=whole)


def _readings(result: Result) -> list[Dot]:
    table = [r for r in rows(result, "conventions") if number(r, "attainment") is not None]
    words = {"reached": "reached", "missed": "missed", "open": "open"}
    return [
        Dot(
            text(r, "label").split(", ", 1)[0] if text(r, "reading") == "headline" else text(r, "label"),
            number(r, "attainment"),
            number(r, "low"),
            number(r, "high"),
            "good" if text(r, "reading") == "headline" else "neutral",
            f"{formats.quantity(number(r, 'attainment'), 'ratio')} · {words.get(text(r, 'verdict'), 'too few')}",
        )
        for r in table
    ]


def _alt_readings(result: Result) -> str:
    return "Share of tickets in time under each way of counting, with intervals, against the target. " + texts(
        (f"{d.label}: {d.note}" for d in _readings(result)), 8
    )


@figure(
    "orchestrate.conventions",
    topic="The same tickets under other conventions",
    needs="conventions",
    title="orchestrate.service.conventions",
    alt=_alt_readings,
    caption="The first row is the convention of this report: open hours of the calendar, pauses out, a ticket open "
    "past its limit counted as late. The dotted line is the target.",
    data={
        "label": ("Convention", "text"),
        "judged": ("Judged", "count"),
        "met": ("In time", "count"),
        "attainment": ("Within limit", "ratio"),
        "low": ("Low", "ratio"),
        "high": ("High", "ratio"),
        "verdict": ("Target", "text"),
    },
    worth=lambda result: len(_readings(result)) > 1,
)
def conventions(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw attainment under every convention, the target as the line of reference."""
    data, target = _readings(result), float(getattr(result, "target", 0.9))
    ax = ax or style.canvas(len(data) + 0.5)
    return dots(ax, data, "ratio", zero=f"target {formats.quantity(target, 'ratio')}", at=target)


def _alt_resolution(result: Result) -> str:
    said = texts(f.title for f in result.findings if f.id.startswith("orchestrate.service.resolution"))
    return f"Curves of the share of tickets settled by day, open ones counted, and of settled tickets alone. {said}"


@figure(
    "orchestrate.resolution",
    topic="Share of tickets settled, by days since opening",
    needs="resolution",
    title="orchestrate.service.resolution",
    alt=_alt_resolution,
    caption="Kaplan–Meier estimate with its 95 % band: open tickets count as waiting. The thin line takes "
    "settled tickets alone and reaches everybody in the end, which no queue does. Wall clock, pauses included.",
    data={
        "day": ("Day", "count"),
        "at_risk": ("Still waiting", "count"),
        "events": ("Settled", "count"),
        "censored": ("Open, seen to here", "count"),
        "survival": ("Not settled", "ratio"),
        "naive": ("Of settled ones alone", "ratio"),
    },
    worth=lambda result: sum(number(r, "events") or 0 for r in rows(result, "resolution")) >= LEAST,
)
def resolution(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the share settled by day with its band, and the naive one."""
    table = rows(result, "resolution")
    ax = ax or style.canvas(5.0)
    days = [0.0, *(number(r, "day") or 0.0 for r in table)]
    gone = [0.0, *(1 - (number(r, "survival") or 0.0) for r in table)]
    alone = [0.0, *(number(r, "naive") or 0.0 for r in table)]
    until = next((d for d, s in zip(days, gone, strict=True) if s >= 0.98 * gone[-1]), days[-1]) or 1.0
    band = [(d, number(r, "low"), number(r, "high")) for d, r in zip(days[1:], table, strict=True) if d <= until]
    known = [(d, 1 - high, 1 - low) for d, low, high in band if low is not None and high is not None]
    if known:
        at, low, high = zip(*known, strict=True)
        ax.fill_between(at, low, high, color=style.ACCENT2, step="post", linewidth=0, zorder=1)
    ax.step(days, alone, where="post", color=style.SOFT, linewidth=1.2, linestyle=(0, (4, 2)), zorder=2)
    ax.step(days, gone, where="post", color=style.ACCENT, linewidth=2.2, zorder=3)
    last = max(i for i, d in enumerate(days) if d <= until)
    apart = abs(alone[last] - gone[last]) > 0.05
    named(
        ax, f"all tickets: {formats.quantity(gone[last], 'ratio')}", gone[last] - (0 if apart else 0.04), style.ACCENT
    )
    words = f"settled ones alone: {formats.quantity(alone[last], 'ratio')}"
    named(ax, words, alone[last] + (0 if apart else 0.04), style.SOFT)
    ax.axhline(0.5, color=style.SOFT, linewidth=0.9, linestyle=(0, (2, 3)), zorder=1)
    ax.set_ylim(0, 1.04)
    ax.set_xlim(0, until)
    scale(ax, "ratio", axis="y", bins=4)
    ax.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    ax.yaxis.grid(True)
    ax.tick_params(axis="y", labelcolor=style.SOFT, labelsize=9)
    ax.set_xlabel("days since opening", loc="right")
    return ax
