"""Figure of the queue: what each test is worth, after its cost and the wait."""

from __future__ import annotations

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Dot, dots
from cxkit.charts.reading import Row, currency, number, rows, text, texts
from cxkit.records import Result

MOST = 14


def _queue(result: Result) -> list[Row]:
    found: list[Row] = [r for r in rows(result, "queue") if number(r, "net") is not None]
    return sorted(found, key=lambda r: number(r, "rank") or 0.0)[:MOST]


def _ready(row: Row) -> str:
    councils = number(row, "councils")
    if number(row, "months") is None:
        return "when not known"
    return "before the next council" if councils == 1 else f"after {councils:.0f} councils"


def _note(row: Row) -> str:
    units = f"{number(row, 'units') or 0:,.0f} units"
    if text(row, "verdict") == "no test":
        return "no test"
    return f"{units}, {_ready(row)}"


def _alt(result: Result) -> str:
    money = currency(result)
    said = []
    for r in _queue(result):
        band = formats.interval(number(r, "net_low"), number(r, "net_high"), "money", currency=money)
        said.append(
            f"{text(r, 'initiative')}: {formats.quantity(number(r, 'net'), 'money', currency=money)} ({band}), "
            f"{text(r, 'verdict')}, {_note(r)}"
        )
    return f"What a test of each initiative is worth after its cost and the wait. {texts(said, MOST)}"


@figure(
    "govern.information",
    topic="What a test of each initiative is worth, after its cost and the wait",
    needs="queue",
    title="govern.information.queue",
    alt=_alt,
    caption="A mark is the value at the best size looked at; the line runs from half to twice the stated spread and is "
    "no confidence interval. Coloured: worth having under both. Grey square: only if the benefit is as unsure as "
    "stated. Left of the line a test costs more than it can tell. Values of several tests must not be added up.",
    data={
        "initiative": ("Initiative", "text"),
        "verdict": ("Test", "text"),
        "units": ("Units", "count"),
        "months": ("Takes", "months"),
        "evppi": ("Knowing for sure", "money"),
        "evsi": ("Test, free and at once", "money"),
        "waiting": ("Lost by waiting", "money"),
        "test_cost": ("Cost of the test", "money"),
        "net": ("Net value", "money"),
        "net_low": ("Low", "money"),
        "net_high": ("High", "money"),
    },
    worth=lambda result: bool(_queue(result)),
    drawn=lambda frame, result: frame[frame["initiative_id"].isin([text(r, "initiative_id") for r in _queue(result)])],
)
def information(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the net value of a test of each initiative, the best first."""
    tones = {"test next": "good", "no test": "neutral"}
    data = [
        Dot(
            text(r, "initiative"),
            number(r, "net"),
            number(r, "net_low"),
            number(r, "net_high"),
            tones.get(text(r, "verdict"), "unknown"),
            _note(r),
        )
        for r in _queue(result)
    ]
    ax = ax or style.canvas(len(data) + 0.6)
    return dots(ax, data, "money", currency=currency(result), zero="worth having")
