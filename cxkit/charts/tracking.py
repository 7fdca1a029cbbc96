"""Figures of the tracking plan: what arrives at which moment, and who breaks what was agreed about the data."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Bar, bars, matrix
from cxkit.charts.reading import number, rows, text, texts
from cxkit.records import Result

STATES = {"arrives": "good", "renamed": "partly", "stopped": "bad", "missing": "bad", "undeclared": "unknown"}
WORST = ("missing", "stopped", "renamed", "undeclared", "arrives")
ROLES = {"start": "Start", "value": "First value", "along the way": "Along the way"}
NOWHERE = "No moment"
MOST = 24
SHORT = {"rule broken": "rules", "months missing": "months", "no customer key": "no key", "columns empty": "columns"}


def _cells(result: Result) -> tuple[list[str], dict[tuple[str, str], list[str]]]:
    """Moments in order, and the states of their events by what they stand for."""
    cells: dict[tuple[str, str], list[str]] = {}
    moments: dict[str, None] = {}
    for row in rows(result, "plan"):
        moment = text(row, "moment") or NOWHERE
        moments[moment] = None
        role = text(row, "stands_for") or "along the way"
        cells.setdefault((moment, role), []).append(text(row, "status"))
    order = [m for m in moments if m != NOWHERE][:MOST]
    return order + [NOWHERE] * (NOWHERE in moments), cells


def _cell(states: list[str] | None) -> tuple[str, str]:
    if not states:
        return "none", ""
    worst = min(states, key=WORST.index)
    count = sum(s == worst for s in states)
    return STATES[worst], worst if len(states) == 1 else f"{worst} {count} of {len(states)}"


def _alt_plan(result: Result) -> str:
    counts: dict[str, int] = {}
    for row in rows(result, "plan"):
        counts[text(row, "status")] = counts.get(text(row, "status"), 0) + 1
    said = formats.listing([f"{counts[s]} {s}" for s in WORST[::-1] if s in counts], most=5)
    titles = [f.title for f in result.findings if f.id in {"instrument.tracking.names", "instrument.tracking.missing"}]
    return (
        f"Matrix of moments against the events that open them, show their value, or come along the way: {said}. "
        + texts(titles)
    )


@figure(
    "instrument.tracking",
    topic="The tracking plan: which events arrive, and under which name",
    needs="plan",
    title="instrument.tracking.missing",
    alt=_alt_plan,
    caption="Of several events the worst state is shown with how many share it. Renamed: it arrives under a name that "
    "breaks the standard, is retired, or is a slip of another. Stopped: nothing for a month.",
    data={
        "moment": ("Moment", "text"),
        "stands_for": ("Stands for", "text"),
        "event": ("Event", "text"),
        "arrives_as": ("Arrives as", "text"),
        "system": ("System", "text"),
        "owner_role": ("Role", "text"),
        "carried": ("Required columns filled", "ratio"),
        "rows": ("Rows", "count"),
        "last_seen": ("Last seen", "date"),
        "status": ("Status", "text"),
        "todo": ("To do", "text"),
    },
)
def plan(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw moments by what their events stand for, a symbol and a word per cell."""
    moments, cells = _cells(result)
    columns = list(ROLES)
    ax = ax or style.canvas(len(moments), row=0.38, head=0.6)
    return matrix(ax, moments, list(ROLES.values()), lambda y, x: _cell(cells.get((moments[y], columns[x]))))


def _bars(result: Result) -> list[Bar]:
    kinds: dict[str, dict[str, float]] = {}
    for row in rows(result, "breaches"):
        of = kinds.setdefault(text(row, "owner_role"), {})
        of[text(row, "kind")] = of.get(text(row, "kind"), 0.0) + (number(row, "breaches") or 0.0)
    made = []
    for role, of in sorted(kinds.items(), key=lambda item: (-sum(item[1].values()), item[0])):
        said = ", ".join(f"{SHORT.get(k, k)} {n:.0f}" for k, n in sorted(of.items(), key=lambda kv: (-kv[1], kv[0])))
        made.append(Bar(role, sum(of.values()), tone="bad", note=f"{sum(of.values()):.0f} · {said}"))
    return made


def _alt_breaches(result: Result) -> str:
    return "Bars of breaches of the data contracts by the role that answers for them. " + texts(
        f"{b.label}: {b.note}" for b in _bars(result)
    )


@figure(
    "instrument.breaches",
    topic="Breaches of the data contracts, by the role that answers",
    needs="breaches",
    title="instrument.tracking.breaches",
    alt=_alt_breaches,
    caption="A breach is a table that cannot be used, a broken rule, a feed that ended early, a month without a row, "
    "missing customer keys, or a name of an event that breaks the standard.",
    data={
        "owner_role": ("Role", "text"),
        "table": ("Table", "text"),
        "kind": ("Breach", "text"),
        "breaches": ("How many", "count"),
        "said": ("What", "text"),
    },
    worth=lambda result: len(_bars(result)) > 1,
)
def breaches(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw breaches by owner role, the most first."""
    data = _bars(result)
    ax = ax or style.canvas(len(data) + 0.5)
    bars(ax, data, "count", label="breaches")
    ax.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True, min_n_ticks=2))
    return ax
