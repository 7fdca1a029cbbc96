"""Figures of contacts: resolution by convention, the decisions that survive, net handling time, agents by hour."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Bar, bars, dumbbells, scale
from cxkit.charts.reading import Row, number, rows, text, texts
from cxkit.records import Result

WHO = {"account": "The account", "person": "The person", "entity": "The joined person", "reopened": "Reopened alone"}
WHAT = {
    "any": "any contact",
    "family": "same family",
    "reason": "same reason",
    "moment": "same moment",
    "product": "same product",
}
COLOURS = {"any": style.SOFT, "reason": style.ACCENT, "family": style.WARN, "moment": style.WARN, "product": style.BAD}
DASHES = {"any": (0, (4, 2)), "reason": "-", "family": (0, (1, 1)), "moment": (0, (1, 1)), "product": (0, (3, 1, 1, 1))}
GAP = 3.4
"""Room between blocks for the names of the lines, in steps of the axis."""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _lines(result: Result) -> dict[str, dict[str, list[Row]]]:
    """Identity → grouping → rows by window; a grouping that draws the same line as another is left out."""
    found: dict[str, dict[str, list[Row]]] = {}
    for row in rows(result, "grid"):
        found.setdefault(text(row, "identity"), {}).setdefault(text(row, "grouping"), []).append(row)
    for by in found.values():
        for grouping in [g for g in by if g not in {"any", "reason"}]:
            if any(other != grouping and _same(by[grouping], by[other]) for other in by):
                del by[grouping]
    return {who: found[who] for who in WHO if who in found}


def _same(one: list[Row], other: list[Row]) -> bool:
    return all(abs((number(a, "fcr") or 0) - (number(b, "fcr") or 0)) < 0.01 for a, b in zip(one, other, strict=False))


def _chosen(result: Result) -> Row:
    return next((r for r in rows(result, "grid") if text(r, "chosen").lower() in {"true", "1.0"}), {})


def _alt_grid(result: Result) -> str:
    said = []
    for who, by in _lines(result).items():
        for what, line in by.items():
            ends = [formats.quantity(number(r, "fcr"), "ratio") for r in (line[0], line[-1])]
            name = WHO[who] if who == "reopened" else f"{WHO[who]}, {WHAT.get(what, what)}"
            said.append(f"{name}: {ends[0]} within {number(line[0], 'window_days'):.0f} to {ends[1]} within "
                        f"{number(line[-1], 'window_days'):.0f} days")  # fmt: skip
    return "Lines of first-contact resolution against the follow-up window, one block per identity. " + texts(said, 8)


@figure(
    "orchestrate.fcr_conventions",
    topic="First-contact resolution by follow-up window, by what counts as the same issue and who is followed",
    needs="grid",
    title="orchestrate.repeats.range",
    alt=_alt_grid,
    caption="A mark is the share of settled tickets without a further contact inside so many days, a line its 95 % "
    "interval with customers resampled. The filled mark with its value is the chosen convention.",
    data={
        "window_days": ("Days", "count"),
        "grouping": ("Same", "text"),
        "identity": ("Followed", "text"),
        "n": ("Tickets", "count"),
        "fcr": ("Without recontact", "ratio"),
        "low": ("Low", "ratio"),
        "high": ("High", "ratio"),
        "a_year": ("Recontacts a year", "count"),
        "cost": ("Cost a year", "money"),
    },
    worth=lambda result: (number(_chosen(result), "n") or 0) >= 30,
)
def conventions(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw one block of lines per identity, a line per grouping over the windows."""
    ax = ax or style.canvas(7.4)
    chosen, at, ticks, names = _chosen(result), 0.0, [], []
    for who, by in _lines(result).items():
        steps = max(len(line) for line in by.values())
        ends = []
        for what, line in by.items():
            ends.append(_line(ax, line, at, what, chosen))
        if who != "reopened":
            _named(ax, ends, at + steps - 1)
        ax.text(at, 1.06, WHO[who], transform=ax.get_xaxis_transform(), color=style.INK, weight="bold", fontsize=9.5)
        longest = max(by.values(), key=len)
        ticks += [at + i for i in range(steps)]
        names += [f"{number(r, 'window_days'):.0f}" for r in longest]
        at += steps + GAP
    ax.set_xticks(ticks)
    ax.set_xticklabels(names)
    ax.set_xlim(-0.6, at - GAP + (0.6 if "reopened" in _lines(result) else GAP))
    low = min((number(r, "low") or number(r, "fcr") or 0.0 for r in rows(result, "grid")), default=0.0)
    ax.set_ylim(max(0.0, math.floor(low * 10 - 0.5) / 10), 1.02)
    scale(ax, "ratio", axis="y", bins=5)
    ax.yaxis.grid(True)
    ax.tick_params(axis="y", labelcolor=style.SOFT, labelsize=9)
    ax.set_xlabel("days after settling", loc="right")
    return ax


def _line(ax: Axes, line: list[Row], at: float, what: str, chosen: Row) -> tuple[float, str]:
    colour = COLOURS.get(what, style.SOFT)
    xs, ys = [at + i for i in range(len(line))], [number(r, "fcr") or 0.0 for r in line]
    ax.plot(xs, ys, color=colour, linewidth=1.6, linestyle=DASHES.get(what, "-"), zorder=2)
    for x, y, row in zip(xs, ys, line, strict=True):
        low, high = number(row, "low"), number(row, "high")
        if low is not None and high is not None:
            ax.plot([x, x], [low, high], color=colour, linewidth=1.2, zorder=2)
        ax.plot([x], [y], marker="o", markersize=4.5, color=colour, linestyle="none", zorder=3)
        if row == chosen:
            ax.plot([x], [y], marker="o", markersize=10, color=colour, linestyle="none", zorder=4)
            ax.annotate(
                formats.quantity(y, "ratio"), (x, y), xytext=(8, 8), textcoords="offset points",
                color=style.INK, fontsize=9.5, weight="bold", zorder=5,
            )  # fmt: skip
    return ys[-1], what


def _named(ax: Axes, ends: list[tuple[float, str]], x: float) -> None:
    """Name the lines at their ends, kept apart from each other."""
    last = math.inf
    for y, what in sorted(ends, reverse=True):
        put = min(y, last - 0.045)
        ax.text(x + 0.3, put, WHAT.get(what, what), color=COLOURS.get(what, style.SOFT), fontsize=8.5, va="center")
        last = put


DECISIONS = {"target": "Is the target met?", "change": "Did it change?"}


def _survival(result: Result) -> list[Bar]:
    found = []
    for row in rows(result, "survival"):
        decision, count = text(row, "decision"), number(row, "conventions") or 0
        if count < 2 or text(row, "label") == "not judged":
            continue
        same, opposed = number(row, "same") or 0, number(row, "opposed") or 0
        label = DECISIONS.get(decision, f"Which {decision.removeprefix('worst ')} is worst?")
        note = f"{text(row, 'label')}: {same:.0f} of {count:.0f}" + (f", {opposed:.0f} against" if opposed else "")
        found.append(
            Bar(label, same / count, tone="bad" if opposed else "good" if same == count else "neutral", note=note)
        )
    return found


@figure(
    "orchestrate.fcr_decisions",
    topic="How many conventions of first-contact resolution decide the same",
    needs="survival",
    title="orchestrate.repeats.survival",
    alt=lambda result: (
        "Bars of the share of conventions that decide as the chosen one. "
        + texts(f"{b.label} {b.note}" for b in _survival(result))
    ),
    caption="A bar is the share of conventions with the chosen one’s verdict; beside it the verdict, and how many "
    "clearly contradict it.",
    data={
        "decision": ("Decision", "text"),
        "label": ("By the chosen convention", "text"),
        "conventions": ("Conventions", "count"),
        "same": ("The same", "count"),
        "opposed": ("Clearly against", "count"),
        "others": ("Otherwise", "text"),
    },
    worth=lambda result: bool(_survival(result)),
)
def survival(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw one bar per decision."""
    data = _survival(result)
    ax = ax or style.canvas(len(data) + 0.4)
    bars(ax, data, "ratio", label="share of conventions that decide the same")
    ax.set_xlim(0, 1.0)
    return ax


def _net(result: Result) -> list[Row]:
    """Teams, or reasons where there is one team, longest per issue first."""
    table: list[Row] = [r for r in rows(result, "net") if number(r, "rank_aht") is not None]
    for dimension in ("team", "reason", "moment", "channel"):
        part = [r for r in table if text(r, "dimension") == dimension]
        if len(part) > 1:
            return sorted(part, key=lambda r: (-(number(r, "net_aht") or 0), text(r, "group")))[:16]
    return []


def _net_note(row: Row) -> str:
    band = formats.interval(number(row, "low"), number(row, "high"), "minutes")
    per = (number(row, "net_aht") or 0) / (number(row, "aht") or 1)
    return f"×{per:.2f}" + (f" · {band}" if band else "")


@figure(
    "orchestrate.net_handling",
    topic="Handling time per ticket and per solved issue",
    needs="net",
    title="orchestrate.repeats.net_order orchestrate.repeats.net_aht",
    alt=lambda result: (
        "Two marks per group: minutes of work per ticket and per solved issue. "
        + texts(
            f"{text(r, 'label')}: {formats.quantity(number(r, 'aht'), 'minutes')} per ticket, "
            f"{formats.quantity(number(r, 'net_aht'), 'minutes')} per issue"
            for r in _net(result)
        )
    ),
    caption="An issue is all tickets of a customer about the same thing until it stayed settled; it counts for the "
    "group of its first ticket. Beside it how much longer, and the 95 % interval per issue with customers resampled.",
    data={
        "label": ("Group", "text"),
        "dimension": ("By", "text"),
        "tickets": ("Tickets", "count"),
        "issues": ("Issues", "count"),
        "aht": ("Per ticket", "minutes"),
        "net_aht": ("Per issue", "minutes"),
        "low": ("Low", "minutes"),
        "high": ("High", "minutes"),
        "rank_change": ("Places lost", "count"),
    },
    worth=lambda result: len(_net(result)) > 1,
    subject=lambda result: text(_net(result)[0], "dimension") if _net(result) else "",
)
def net_handling(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw minutes per ticket and per solved issue, joined."""
    data = _net(result)
    ax = ax or style.canvas(len(data) + 0.8)
    dumbbells(
        ax,
        [text(r, "label") for r in data],
        [number(r, "aht") for r in data],
        [number(r, "net_aht") for r in data],
        names=("per ticket", "per solved issue"),
        notes=[_net_note(r) for r in data],
        label="minutes of work",
    )
    ax.set_ylim(len(data) - 0.2, -0.8)
    ax.set_xlim(left=0)
    ax.xaxis.grid(True)
    return ax


def _peak_day(result: Result) -> int:
    by: dict[int, float] = {}
    for row in rows(result, "week"):
        day = int(number(row, "weekday") or 0)
        by[day] = by.get(day, 0.0) + (number(row, "agents_p90") or 0.0)
    return max(sorted(by), key=lambda d: by[d], default=0)


def _alt_week(result: Result) -> str:
    said = []
    for day in sorted({int(number(r, "weekday") or 0) for r in rows(result, "week")}):
        part = [r for r in rows(result, "week") if number(r, "weekday") == day]
        top = max(part, key=lambda r: (number(r, "agents_p90") or 0, -(number(r, "hour") or 0)))
        said.append(f"{DAYS[day - 1]}: at most {number(top, 'agents_p90'):.0f} agents, at {number(top, 'hour'):.0f}:00")
    return "Grid of weekdays against hours with the agents needed in a busy week. " + texts(said, 7)


SHADES = (style.PAPER, style.BAND1, style.ACCENT2, style.ACCENT)


@figure(
    "orchestrate.staffing_week",
    topic="Agents needed by hour of the week",
    needs="week",
    title="orchestrate.staffing.need",
    alt=_alt_week,
    caption="Agents on phone and chat in a busy week (the 90th percentile of each hour), by Erlang C for the service "
    "level and occupancy set; those who are away come on top.",
    data={
        "weekday": ("Weekday", "count"),
        "hour": ("Hour", "count"),
        "p50": ("Contacts, typical", "count"),
        "p90": ("Contacts, busy", "count"),
        "agents_p50": ("Agents, typical", "count"),
        "agents_p90": ("Agents, busy", "count"),
        "without_p90": ("Agents, busy, no recontact", "count"),
        "level_p90": ("In time", "ratio"),
        "occupancy_p90": ("Busy", "ratio"),
    },
    worth=lambda result: len(rows(result, "week")) > 4,
)
def staffing_week(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the agents of each hour of the week as a shaded number."""
    table = rows(result, "week")
    days = sorted({int(number(r, "weekday") or 0) for r in table})
    hours = range(int(min(number(r, "hour") or 0 for r in table)), int(max(number(r, "hour") or 0 for r in table)) + 1)
    most = max(number(r, "agents_p90") or 0 for r in table) or 1.0
    ax = ax or style.canvas(len(days) + 0.6)
    for row in table:
        need = number(row, "agents_p90") or 0.0
        y, x = days.index(int(number(row, "weekday") or 0)), int(number(row, "hour") or 0)
        step = 0 if need == 0 else max(1, round(3 * need / most))
        ax.add_patch(_cell(x, y, SHADES[step]))
        ink = style.PAPER if step == 3 else style.INK
        ax.text(x, y, f"{need:.0f}", ha="center", va="center", fontsize=8.5, color=ink)
    ax.set_xlim(hours[0] - 0.5, hours[-1] + 0.5)
    ax.set_ylim(len(days) - 0.5, -0.5)
    ax.set_yticks(range(len(days)))
    ax.set_yticklabels([DAYS[d - 1] for d in days])
    ax.set_xticks(list(hours))
    ax.set_xticklabels([f"{h}" for h in hours])
    ax.set_xlabel("hour of the day, local", loc="right")
    return ax


def _cell(x: float, y: float, colour: str) -> Rectangle:
    return Rectangle((x - 0.46, y - 0.44), 0.92, 0.88, facecolor=colour, linewidth=0)


def _day(result: Result) -> list[Row]:
    day = _peak_day(result)
    return sorted(
        (r for r in rows(result, "week") if number(r, "weekday") == day), key=lambda r: number(r, "hour") or 0
    )


def _alt_day(result: Result) -> str:
    part = _day(result)
    sums = {c: sum(number(r, c) or 0.0 for r in part) for c in ("agents_p50", "agents_p90", "without_p90")}
    return (
        f"Steps of agents needed by hour on the busiest weekday, {DAYS[_peak_day(result) - 1]}: "
        f"{sums['agents_p50']:.0f} agent-hours on a typical one, {sums['agents_p90']:.0f} on a busy one, "
        f"{sums['without_p90']:.0f} on a busy one if no contact came back."
    )


@figure(
    "orchestrate.staffing_day",
    topic="Agents needed through the busiest weekday, and what recontacts take of them",
    needs="week",
    title="orchestrate.staffing.recontact",
    alt=_alt_day,
    caption="Steps are agents at once by Erlang C; the shaded part of a busy day is what recontacts take, a bound, "
    "since not every one can be avoided.",
    data={
        "hour": ("Hour", "count"),
        "agents_p50": ("Typical", "count"),
        "agents_p90": ("Busy", "count"),
        "without_p90": ("Busy, no recontact", "count"),
    },
    drawn=lambda rows, result: rows[rows["weekday"] == _peak_day(result)],
    worth=lambda result: len(_day(result)) > 2 and any(number(r, "without_p90") is not None for r in _day(result)),
)
def staffing_day(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw a busy and a typical day in steps, and a busy one without recontacts."""
    part = _day(result)
    ax = ax or style.canvas(6.0)
    hours = [number(r, "hour") or 0.0 for r in part]
    edges = [*hours, hours[-1] + 1]
    lines = {c: [number(r, c) or 0.0 for r in part] for c in ("agents_p90", "without_p90", "agents_p50")}
    ax.fill_between(
        edges,
        _closed(lines["agents_p90"]),
        _closed(lines["without_p90"]),
        step="post",
        color=style.ACCENT2,
        linewidth=0,
    )
    looks = {"agents_p90": (style.ACCENT, "-", 2.4), "without_p90": (style.WARN, "-", 1.8)}
    looks["agents_p50"] = (style.SOFT, (0, (4, 2)), 1.6)  # type: ignore[assignment]
    words = {"agents_p90": "busy day", "without_p90": "busy day without recontacts", "agents_p50": "typical day"}
    for column, (colour, dash, width) in looks.items():
        ax.step(edges, _closed(lines[column]), where="post", color=colour, linestyle=dash, linewidth=width, zorder=3)
    top = max(lines["agents_p90"]) or 1.0
    for x, (column, word) in zip((0.0, 0.27, 0.68), words.items(), strict=True):
        said = f"{word}: {sum(lines[column]):.0f} agent-hours"
        ax.text(x, 1.05, said, transform=ax.transAxes, color=looks[column][0], fontsize=9, weight="bold")
    ax.set_ylim(0, top * 1.12)
    ax.set_xlim(edges[0], edges[-1])
    scale(ax, "count", axis="y", bins=5)
    ax.yaxis.grid(True)
    ax.set_xticks(edges[:: 2 if len(edges) > 14 else 1])
    ax.set_xlabel(f"{DAYS[_peak_day(result) - 1]}, local hour", loc="right")
    ax.set_ylabel("agents at once")
    return ax


def _closed(values: list[float]) -> list[float]:
    return [*values, values[-1]]
