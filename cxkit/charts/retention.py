"""Figures of retention in depth: rival conventions, price apart from volume, joining cohorts, stages of the journey."""

from __future__ import annotations

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from cxkit import formats
from cxkit.charts import marks, style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Bar, Dot, bridge_words, dots
from cxkit.charts.reading import Row, currency, number, rows, text, texts
from cxkit.records import Result

STILL = 0.05
"""Points below which a convention is said to change nothing."""
MOST = 11


def _conventions(result: Result) -> list[Dot]:
    """Gross retention under each convention that moves it, ours among them, lowest first."""
    table = [r for r in rows(result, "conventions") if text(r, "metric") == "grr" and number(r, "value") is not None]
    moved = [r for r in table if abs(number(r, "movement_points") or 0.0) >= STILL or text(r, "convention") == "ours"]
    ranked = sorted(moved, key=lambda r: -abs(number(r, "movement_points") or 0.0))
    ours = [r for r in moved if text(r, "convention") == "ours"]
    kept = [*ours, *[r for r in ranked if r not in ours][: MOST - 1]]
    return [_convention(r) for r in sorted(kept, key=lambda r: (number(r, "value") or 0.0, text(r, "label")))]


def _convention(row: Row) -> Dot:
    value = number(row, "value")
    said = formats.quantity(value, "ratio")
    if text(row, "convention") == "ours":
        return Dot("Ours", value, tone="good", note=said)
    moved = formats.quantity((number(row, "movement_points") or 0.0) / 100, "points", signed=True)
    name = text(row, "label")
    return Dot(name[:1].upper() + name[1:], value, note=f"{said} · {moved}")


def _alt_conventions(result: Result) -> str:
    said = texts((f"{d.label}: {d.note}" for d in _conventions(result)), MOST)
    return f"Gross revenue retention of the same book under each convention. {said}"


@figure(
    "quantify.conventions",
    topic="Gross revenue retention under each convention in use",
    needs="conventions",
    title="quantify.retention.conventions",
    alt=_alt_conventions,
    caption="Each dot is the same book measured another way; the dotted line is our convention. Conventions that move "
    "it by less than 0.05 points are in the table, and so are those that cannot be computed, with the reason.",
    data={
        "name": ("Metric", "text"),
        "label": ("Convention", "text"),
        "value": ("Figure", "ratio"),
        "movement_points": ("Against ours, points", "number"),
        "n": ("Units", "count"),
        "note": ("What it does, or why there is no figure", "text"),
    },
    worth=lambda result: len(_conventions(result)) > 1,
)
def conventions(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw gross retention under each convention, ours marked."""
    data = _conventions(result)
    ax = ax or style.canvas(len(data) + 0.5)
    ours = next((d.value for d in data if d.label == "Ours"), None)
    if ours is None:
        return dots(ax, data, "ratio")
    return dots(ax, data, "ratio", zero="ours", at=ours)


def _prices(result: Result) -> list[Bar]:
    """From the opening revenue to what the same customers pay, price last."""
    row = next(iter(rows(result, "prices")), {})
    value = {n: number(row, n) or 0.0 for n in ("start", "end", "price", "volume", "unsplit")}
    grown = (number(row, "expansion_volume") or 0.0) + (number(row, "expansion_unsplit") or 0.0)
    shrunk = (number(row, "contraction_volume") or 0.0) + (number(row, "contraction_unsplit") or 0.0)
    left = value["end"] - value["start"] - value["price"] - grown - shrunk
    steps = [
        Bar("Start of window", value["start"], total=True),
        Bar("Left", left, tone="bad"),
        Bar("Volume of who shrank", shrunk, tone="good" if shrunk > 0 else "bad"),
        Bar("Volume of who grew", grown, tone="good" if grown > 0 else "bad"),
        Bar("At constant prices", value["end"] - value["price"], total=True),
        Bar("Price", value["price"], tone="good" if value["price"] > 0 else "bad"),
        Bar("Same customers at the end", value["end"], total=True),
    ]
    return [s for s in steps if s.total or s.value]


def _alt_prices(result: Result) -> str:
    money = currency(result)
    said = texts((f"{b.label}: {bridge_words(b, 'money', money)}" for b in _prices(result)), 8)
    return f"Monthly recurring revenue of the opening customers, volume and price apart. {said}"


@figure(
    "quantify.prices",
    topic="Recurring revenue of the same customers, price apart from volume",
    needs="prices",
    title="quantify.retention.price",
    alt=_alt_prices,
    caption="Grey columns are totals; at constant prices means closing units at opening prices, with added and dropped "
    "products. What carries no units is counted with volume here and apart in the table.",
    data={
        "dimension": ("By", "text"),
        "segment": ("Part", "text"),
        "stayed": ("Customers who stayed", "people"),
        "start": ("Start", "money"),
        "volume": ("Volume", "money"),
        "price": ("Price", "money"),
        "unsplit": ("Without units", "money"),
        "end": ("End", "money"),
        "nrr": ("NRR", "ratio"),
        "nrr_constant": ("NRR at constant prices", "ratio"),
        "grr": ("GRR", "ratio"),
        "grr_constant": ("GRR at constant prices", "ratio"),
    },
    worth=lambda result: bool((number(next(iter(rows(result, "prices")), {}), "start") or 0.0) > 0),
)
def prices(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the opening customers' revenue with price as the last step."""
    ax = ax or style.canvas(6.6)
    return marks.bridge(ax, _prices(result), "money", currency=currency(result))


SHADES = ((0.05, style.PAPER), (0.10, style.WASH), (0.15, style.BAND1), (0.25, style.BAND2), (1.01, style.BAND3))
"""Share lost below which a cell has the shade."""


def _surface(result: Result) -> tuple[list[Row], list[int]]:
    """One row per cohort, and the ages that any of them has."""
    table = [r for r in rows(result, "cohorts") if number(r, "logo") is not None]
    heads = {text(r, "cohort"): r for r in table}
    return list(heads.values()), sorted({int(number(r, "age") or 0) for r in table})


def _alt_cohorts(result: Result) -> str:
    table = [r for r in rows(result, "cohorts") if number(r, "logo") is not None]
    at = 3 if any(number(r, "age") == 3 for r in table) else min((number(r, "age") or 0 for r in table), default=0)
    said = texts(
        (
            f"{text(r, 'cohort')}: {formats.quantity(number(r, 'logo'), 'ratio')}"
            for r in table
            if number(r, "age") == at
        ),
        12,
    )
    return f"Share of customers still there by joining cohort and months since. After {at:g} months. {said}"


@figure(
    "quantify.cohorts",
    topic="Share of customers still there, by when they joined",
    needs="cohorts",
    title="quantify.retention.cohort",
    alt=_alt_cohorts,
    caption="A row is all who joined in the period, with their number; a cell is the share still there so many months "
    "after joining, darker where more were lost. Empty cells have not been lived by the whole cohort yet.",
    data={
        "cohort": ("Joined", "text"),
        "size": ("Customers", "people"),
        "age": ("Months after", "count"),
        "logo": ("Still there", "ratio"),
        "logo_low": ("Low", "ratio"),
        "logo_high": ("High", "ratio"),
        "revenue": ("Revenue kept", "ratio"),
    },
    worth=lambda result: len(_surface(result)[0]) > 1,
)
def cohorts(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the surface of cohort and age as a table with shades."""
    heads, ages = _surface(result)
    ax = ax or style.canvas(len(heads) + 0.8)
    share = {(text(r, "cohort"), int(number(r, "age") or 0)): number(r, "logo") for r in rows(result, "cohorts")}
    cells = [[share.get((text(h, "cohort"), age)) for age in ages] for h in heads]
    level = [[_shade(v) for v in line] for line in cells]
    sns.heatmap(
        level,
        annot=[["" if v is None else formats.number(100 * v, 0) + formats.THIN + "%" for v in line] for line in cells],
        fmt="",
        annot_kws={"fontsize": 9, "color": style.INK},
        cmap=ListedColormap([colour for _, colour in SHADES]),
        vmin=-0.5,
        vmax=len(SHADES) - 0.5,
        cbar=False,
        linewidths=3,
        linecolor=style.PAPER,
        ax=ax,
    )
    names = [f"{text(h, 'cohort')} · {number(h, 'size'):,.0f} joined" for h in heads]
    marks.rows(ax, names)
    ax.set_yticks([y + 0.5 for y in range(len(names))])
    ax.set_yticklabels(names, ha="left", va="center", rotation=0)
    ax.set_ylim(len(names), 0)
    ax.set_xticks([x + 0.5 for x in range(len(ages))])
    ax.set_xticklabels([f"{age} month{'s' if age > 1 else ''}" for age in ages], color=style.INK)
    ax.xaxis.tick_top()
    return ax


def _shade(value: float | None) -> int:
    return 0 if value is None else next(i for i, (below, _) in enumerate(SHADES) if 1 - value < below)


def _stages(result: Result) -> list[Dot]:
    table = [r for r in rows(result, "stages") if r.get("spoken") and number(r, "rate") is not None]
    worst = result.finding("quantify.retention.stage")
    money = currency(result)
    out = []
    for row in sorted(table, key=lambda r: (-(number(r, "rate") or 0.0), text(r, "stage"))):
        note = (
            f"{formats.quantity(number(row, 'rate'), 'ratio')} · {number(row, 'leavers'):,.0f} left · "
            f"{formats.money(number(row, 'lost_per_year') or 0.0, money)} a year"
        )
        bad = worst is not None and worst.tone == "bad" and worst.subject == text(row, "stage")
        tone = "bad" if bad else "neutral"
        out.append(Dot(text(row, "stage"), number(row, "rate"), number(row, "low"), number(row, "high"), tone, note))
    return out[:MOST]


def _alt_stages(result: Result) -> str:
    said = texts((f"{d.label}: {d.note}" for d in _stages(result)), MOST)
    return f"Customers lost per customer-month in each stage of the journey. {said}"


@figure(
    "quantify.stages",
    topic="Customers who leave in a month, by stage of the journey",
    needs="stages",
    title="quantify.retention.stage",
    alt=_alt_stages,
    caption="A dot is leavers per customer-month in the stage, a line its 95 % interval; beside it how many left and "
    "the yearly recurring revenue that went with them. Stages with few leavers are in the table.",
    data={
        "by": ("Told by", "text"),
        "stage": ("Stage", "text"),
        "customers": ("Customers", "people"),
        "exposure": ("Customer-months", "count"),
        "leavers": ("Left", "people"),
        "rate": ("Per month", "ratio"),
        "low": ("Low", "ratio"),
        "high": ("High", "ratio"),
        "lost_per_year": ("Lost per year", "money"),
    },
    worth=lambda result: len(_stages(result)) > 1,
)
def stages(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the rate of leaving in each stage, the fastest first."""
    data = _stages(result)
    ax = ax or style.canvas(len(data) + 0.4)
    return dots(ax, data, "ratio")
