"""The early warning drawn: what going on is worth as the case has it, and with what was found."""

from __future__ import annotations

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import dumbbells, scale, spread
from cxkit.charts.reading import Row, currency, number, rows, text, texts
from cxkit.records import Result

MOST = 14


def _shown(result: Result) -> list[Row]:
    """Alarms whose case can be valued with what was found and differs by it."""
    known: list[Row] = [
        r
        for r in rows(result, "alarms")
        if None not in (number(r, "npv_before"), number(r, "npv_after"))
        and number(r, "npv_before") != number(r, "npv_after")
    ]
    return known[:MOST]


def _label(row: Row) -> str:
    return f"{text(row, 'initiative')}: {text(row, 'kind')}"


def _alt(result: Result) -> str:
    money = currency(result)
    said = [
        f"{_label(r)}: {formats.money(number(r, 'npv_before') or 0.0, money)} as the case has it, "
        f"{formats.money(number(r, 'npv_after') or 0.0, money)} with what was found, {text(r, 'case')}"
        for r in _shown(result)
    ]
    return f"What going on with each drifted initiative is worth, before and after the finding. {texts(said, MOST)}"


@figure(
    "govern.drift",
    topic="What drift does to the cases it touches",
    needs="alarms",
    title="govern.drift.alarms",
    alt=_alt,
    caption="An open mark is go-forward NPV as the case has it, a filled one with what was found in place of what was "
    "assumed; each row changes one thing and leaves the rest. Left of the dotted line going on costs more than it "
    "brings.",
    data={
        "initiative": ("Initiative", "text"),
        "kind": ("Kind", "text"),
        "what": ("What drifted", "text"),
        "npv_before": ("As the case has it", "money"),
        "npv_after": ("With what was found", "money"),
        "case": ("The case", "text"),
        "proposal": ("Proposed", "text"),
        "owner_role": ("Who acts", "text"),
    },
    worth=lambda result: bool(_shown(result)),
    drawn=lambda frame, result: frame[frame["alarm_id"].isin([text(r, "alarm_id") for r in _shown(result)])],
)
def drift(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw one row per alarm that can be valued."""
    data, money = _shown(result), currency(result)
    ax = ax or style.canvas(len(data) + 0.6)
    dumbbells(
        ax,
        [_label(r) for r in data],
        [number(r, "npv_before") for r in data],
        [number(r, "npv_after") for r in data],
        names=("as the case has it", "with what was found"),
        notes=[text(r, "case") for r in data],
    )
    style.zero_line(ax, "", at=0.0)
    spread(ax, include=0.0, pad=0.12)
    scale(ax, "money", money)
    ax.xaxis.grid(True)
    return ax
