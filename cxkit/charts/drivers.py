"""Figures of what drives cost and demand: cost to serve by driver, and contacts now against a year earlier."""

from __future__ import annotations

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import marks, style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Bar
from cxkit.charts.reading import currency, number, rows, text, texts
from cxkit.quantify.drivers_cost import APART, NAMES
from cxkit.records import Result

MOST = 10


def _costs(result: Result) -> list[Bar]:
    money = currency(result)
    table = sorted(rows(result, "cost"), key=lambda r: (text(r, "driver") in APART, -(number(r, "total") or 0)))
    out = []
    for row in table[:MOST]:
        driver, rate, change = text(row, "driver"), number(row, "rate") or 0.0, number(row, "change")
        name = NAMES.get(driver, driver[:1].upper() + driver[1:])
        note = f"{formats.money(rate, money)} · {formats.quantity(number(row, 'share'), 'probability')}"
        if change is not None:
            low, high = number(row, "change_low"), number(row, "change_high")
            sure = low is not None and high is not None and not low <= 0 <= high
            moved = "unchanged" if abs(change) < 0.005 * rate else formats.money(change, money, signed=True)
            note += f" · {moved}" + (
                "" if moved == "unchanged" else " on a year earlier" if sure else ", no clear change"
            )
        tone = style.BAND3 if driver in APART else "neutral"
        out.append(Bar(name, rate, tone=tone, low=number(row, "low"), high=number(row, "high"), note=note))
    return out


def _alt_cost(result: Result) -> str:
    said = texts((f"{b.label}: {b.note}" for b in _costs(result)), MOST)
    return f"Cost to serve a customer for a month by driver, with its change on a year earlier. {said}"


@figure(
    "quantify.cost_drivers",
    topic="Cost to serve a customer for a month, by what drives it",
    needs="cost",
    title="quantify.drivers.cost",
    alt=_alt_cost,
    caption="A bar is the window's cost per customer and month, beside it its share of all cost to serve and its "
    "change on a year earlier; lines are 95 % intervals from the months' own variation. Overhead is light grey.",
    data={
        "driver": ("Driver", "text"),
        "total": ("Cost in the window", "money"),
        "share": ("Share", "ratio"),
        "rate": ("A customer and month", "money"),
        "rate_before": ("A year earlier", "money"),
        "change": ("Change", "money"),
        "by_volume": ("from volume", "money"),
        "by_unit_cost": ("from unit cost", "money"),
    },
    worth=lambda result: len(_costs(result)) > 1,
)
def cost(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the cost of each driver, the dearest first and overhead last."""
    data = _costs(result)
    ax = ax or style.canvas(len(data) + 0.6)
    return marks.bars(ax, data, "money", currency=currency(result))


def _contacts(result: Result) -> list[tuple[str, float | None, float | None, float | None, float | None, str]]:
    """Name, now, low, high, before, note: most contacts first."""
    money = currency(result)
    out = []
    for row in rows(result, "contacts")[:MOST]:
        per, repeat = number(row, "per_problem"), number(row, "repeat_money")
        note = f"{formats.number(per, 2)} a problem" if per is not None else ""
        if repeat:
            note += f" · repeats {formats.money(repeat, money)}"
        ends = number(row, "low"), number(row, "high")
        out.append((text(row, "problem"), number(row, "rate"), *ends, number(row, "rate_before"), note))
    return out


def _alt_contacts(result: Result) -> str:
    said = texts(
        (
            f"{name}: {formats.number(now or 0.0)} now"
            + (f", {formats.number(before)} a year earlier" if before is not None else "")
            + (f", {note}" if note else "")
            for name, now, _, _, before, note in _contacts(result)
        ),
        MOST,
    )
    return f"Contacts per 1,000 customers a month by problem, now and a year earlier, and contacts per problem. {said}"


@figure(
    "quantify.contact_drivers",
    topic="Contacts per 1,000 customers a month by problem, now and a year earlier",
    needs="contacts",
    title="quantify.drivers.contacts",
    alt=_alt_contacts,
    caption="The filled mark is this window with its 95 % interval, the open one the same months a year earlier. At "
    "the right: contacts a customer needs for one problem, and what the repeats cost in the window.",
    data={
        "problem": ("Problem", "text"),
        "contacts": ("Contacts", "count"),
        "rate": ("Per 1,000 customers a month", "per_1000"),
        "low": ("Low", "per_1000"),
        "high": ("High", "per_1000"),
        "rate_before": ("A year earlier", "per_1000"),
        "per_problem": ("Contacts a problem", "none"),
        "per_problem_before": ("A year earlier", "none"),
        "repeats": ("Repeats", "count"),
        "repeat_money": ("Cost of repeats", "money"),
    },
    worth=lambda result: any(now is not None for _, now, *_ in _contacts(result)),
)
def contacts(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw contacts by problem with their interval, and where they stood a year earlier."""
    data = _contacts(result)
    ax = ax or style.canvas(len(data) + 1.0)
    before = [row[4] for row in data]
    names = ("a year earlier", "now")
    marks.dumbbells(
        ax, [row[0] for row in data], before, [row[1] for row in data], names=names, notes=[row[5] for row in data]
    )
    for y, (_, _, low, high, _, _) in enumerate(data):
        if low is not None and high is not None:
            ax.plot([low, high], [y, y], color=style.ACCENT, linewidth=1.6, zorder=2)
    marks.spread(ax, include=0.0)
    marks.scale(ax, "count")
    ax.xaxis.grid(True)
    return ax
