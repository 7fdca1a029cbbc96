"""Figures of enablement: who uses what by month, and what goes with the months since a programme reached a team."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import scale
from cxkit.charts.reading import Row, number, rows, text, texts
from cxkit.formats import Unit
from cxkit.orchestrate.enablement_adoption import FEWEST
from cxkit.records import Result

DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)), (0, (3, 1, 1, 1, 1, 1)))
MOST = 8
GAP = 0.055


def _programme(result: Result) -> str:
    """The programme of most teams; empty where none has several, and then every programme is drawn."""
    teams: dict[str, set[str]] = {}
    for row in rows(result, "adoption_months"):
        if text(row, "kind") not in {"onboarding", "hiring"}:
            teams.setdefault(text(row, "programme"), set()).add(text(row, "team"))
    widest = min(teams, key=lambda p: (-len(teams[p]), p)) if teams else ""
    return widest if len(teams.get(widest, ())) > 1 else ""


def _lines(result: Result) -> dict[str, list[tuple[str, float]]]:
    made: dict[str, list[tuple[str, float]]] = {}
    programme = _programme(result)
    for row in rows(result, "adoption_months"):
        share = number(row, "share")
        joins = text(row, "kind") in {"onboarding", "hiring"}
        if number(row, "completed") is not None and (number(row, "completed") or 0) < FEWEST:
            continue
        if share is not None and not joins and programme in {"", text(row, "programme")}:
            name = text(row, "team") if programme else f"{text(row, 'programme')}, {text(row, 'team')}"
            made.setdefault(name, []).append((text(row, "month")[:7], share))
    last = sorted(made, key=lambda t: (-made[t][-1][1], t))[:MOST]
    return {t: sorted(made[t]) for t in last}


def _alt_adoption(result: Result) -> str:
    said = [
        f"{team}: {formats.quantity(line[0][1], 'ratio')} in {line[0][0]}, {formats.quantity(line[-1][1], 'ratio')} in "
        f"{line[-1][0]}"
        for team, line in _lines(result).items()
    ]
    what = f"“{_programme(result)}”" if _programme(result) else "the programme of their team"
    return f"Lines of the share of people who use {what}, by team and month. {texts(said, MOST)}"


@figure(
    "orchestrate.adoption",
    topic="Share of each team's people who use a programme, by month",
    needs="adoption_months",
    title="orchestrate.enablement.programme",
    alt=_alt_adoption,
    caption="A line is a team. From the dotted line on a team counts as reached.",
    data={
        "programme": ("Programme", "text"),
        "team": ("Team", "text"),
        "month": ("Month", "month"),
        "eligible": ("Meant to use it", "people"),
        "completed": ("Use it", "people"),
        "share": ("Share", "ratio"),
    },
    worth=lambda result: any(len(line) > 1 for line in _lines(result).values()),
    subject=_programme,
)
def adoption(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw adoption of the widest programme, a line per team, named at its end."""
    lines = _lines(result)
    months = sorted({m for line in lines.values() for m, _ in line})
    at = {m: x for x, m in enumerate(months)}
    ax = ax or style.canvas(6.2)
    floor = getattr(result, "adoption_floor", 0.5)
    ax.axhline(floor, color=style.SOFT, linewidth=1, linestyle=(0, (2, 3)), zorder=1)
    for place, line in enumerate(lines.values()):
        colour = style.ACCENT if place % 2 == 0 else style.SOFT
        ax.plot(
            [at[m] for m, _ in line],
            [share for _, share in line],
            color=colour,
            linewidth=2,
            linestyle=DASHES[place % len(DASHES)],
            zorder=3,
        )
    ends = sorted(((line[-1][1], team) for team, line in lines.items()), reverse=True)
    level = math.inf
    for share, team in ends:
        level = min(share, level - GAP)
        words = f"{style.clip(team, 34)} {formats.quantity(share, 'probability')}"
        ax.text(len(months) - 0.6, level, words, va="center", fontsize=9, color=style.INK)
    ax.set_xlim(-0.3, len(months) - 0.8)
    ax.set_ylim(min(0.0, level - GAP / 2), 1.03)
    scale(ax, "ratio", axis="y", bins=4)
    ax.yaxis.grid(True)
    ax.tick_params(axis="y", labelcolor=style.SOFT, labelsize=9)
    step = max(1, math.ceil(len(months) / 7))
    ax.set_xticks(range(0, len(months), step))
    ax.set_xticklabels([months[x] for x in range(0, len(months), step)])
    return ax


def _case(result: Result) -> Row:
    """The staggered case that is drawn: handling time before recontact, a claimed one before others."""
    found = [r for r in rows(result, "effects") if text(r, "method") == "staggered"]
    rank = {"moved": 0, "already changing": 1, "not shown": 2}
    return min(
        found,
        key=lambda r: (
            rank.get(text(r, "verdict"), 3),
            text(r, "outcome"),
            -(number(r, "reached") or 0),
            text(r, "programme"),
        ),
        default={},
    )


def _path(result: Result) -> tuple[Unit, list[tuple[int, float, float, float, int]]]:
    case = _case(result)
    aht = text(case, "outcome") == "aht"
    shown = (lambda v: math.exp(v) - 1) if aht else (lambda v: v)
    made = []
    for row in rows(result, "path"):
        if text(row, "outcome") == text(case, "outcome") and text(row, "programme") == text(case, "programme"):
            value, low, high = (number(row, c) for c in ("value", "low", "high"))
            if value is not None and low is not None and high is not None:
                since, groups = int(number(row, "since") or 0), int(number(row, "groups") or 0)
                made.append((since, shown(value), shown(low), shown(high), groups))
    return ("ratio" if aht else "points"), sorted(made)


def _alt_path(result: Result) -> str:
    unit, path = _path(result)
    case = _case(result)
    thing = "handling time" if text(case, "outcome") == "aht" else "recontact"
    said = [
        f"Month {formats.number(since, 0)}: {formats.quantity(value, unit, signed=True)} "
        f"({formats.interval(low, high, unit)})"
        for since, value, low, high, _ in path
    ]
    return (
        f"Dots with intervals of the difference in {thing} between teams that “{text(case, 'programme')}” has "
        f"reached and teams it has not, by months since it reached them; before month 0 nothing should be there. "
        + texts(said, 6)
    )


@figure(
    "orchestrate.enablement",
    topic="Difference to teams not yet reached, by months since a programme reached a team",
    needs="path",
    title="orchestrate.enablement.aht",
    alt=_alt_path,
    caption="A dot is the difference in that month, a line its 95 % interval from rollouts placed at random. Left of "
    "the dotted line the programme had not arrived: nothing should be there. An association, not a cause.",
    data={
        "programme": ("Programme", "text"),
        "outcome": ("Outcome (aht as a logarithm)", "text"),
        "since": ("Months since the start", "none"),
        "value": ("Difference", "none"),
        "low": ("Low", "none"),
        "high": ("High", "none"),
        "groups": ("Teams", "count"),
    },
    worth=lambda result: len(_path(result)[1]) > 2,
    subject=lambda result: text(_case(result), "programme"),
)
def path(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the difference by months since the start, months before it in another mark."""
    unit, points = _path(result)
    ax = ax or style.canvas(6.2)
    ax.axhline(0, color=style.SOFT, linewidth=1)
    ax.axvline(-0.5, color=style.SOFT, linewidth=1, linestyle=(0, (2, 3)))
    for since, value, low, high, _ in points:
        before = since < 0
        colour = style.SOFT if before else style.ACCENT
        ax.plot([since, since], [low, high], color=colour, linewidth=2.2, zorder=2)
        ax.plot([since], [value], marker="s" if before else "o", markersize=7, color=colour, zorder=3)
        if before:
            ax.plot([since], [value], marker="s", markersize=3.4, color=style.PAPER, zorder=4)
    ends = [v for _, _, low, high, _ in points for v in (low, high, 0.0)]
    span = (max(ends) - min(ends)) or 1.0
    ax.set_ylim(min(ends) - 0.12 * span, max(ends) + 0.14 * span)
    ax.set_xlim(min(s for s, *_ in points) - 0.6, max(s for s, *_ in points) + 0.6)
    top = ax.get_ylim()[1]
    for x, words, side in ((-0.6, "not yet reached", "right"), (-0.4, "reached", "left")):
        ax.text(x, top, words, va="top", ha=side, fontsize=9, color=style.SOFT)
    for since, _, _, high, groups in points:
        if since >= 0:
            ax.annotate(
                f"{groups}",
                (since, high),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                fontsize=8,
                color=style.SOFT,
            )
    scale(ax, unit, axis="y", bins=5)
    ax.yaxis.grid(True)
    ax.tick_params(axis="y", labelcolor=style.SOFT, labelsize=9)
    ax.xaxis.set_major_locator(MaxNLocator(12, integer=True))
    ax.set_xlabel("months since the team was reached; small figures: teams", loc="left")
    return ax
