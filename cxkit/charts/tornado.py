"""The tornado: what each uncertain input alone does to a net present value, of one initiative or of all together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import marks, style
from cxkit.charts.figure import figure
from cxkit.charts.reading import Row, currency, number, rows, text, texts
from cxkit.records import Result

MOST = 8
"""Bars of one figure; the narrower ones are counted below it."""
FAR = 2.0
"""Where nothing lies further off than so many of the widest bar, it is not drawn, and the bars keep their width."""
DRIVERS: Mapping[str, str] = {
    "grr": "customers kept",
    "nrr": "spending of customers",
    "conversion": "conversion",
    "orders": "orders",
    "deflection": "contacts avoided",
    "aht": "handling time",
    "recontact": "repeat contacts",
    "complaints": "complaints",
    "compliance": "compliance",
}
"""What a benefit's driver is called beside an effect on it."""
SHARES = frozenset({"grr", "nrr", "conversion", "deflection", "recontact", "complaints", "compliance"})
"""Drivers whose effect is a change of a share, as long as it stays below one."""


@dataclass(frozen=True)
class Swing:
    """One bar: an input in words, its P10 and P90 in words, and the value at each."""

    what: str
    owner: str
    """Name of the initiative, where the figure shows several."""
    low: str
    high: str
    low_value: float
    high_value: float

    @property
    def ranged(self) -> str:
        """The input's range in words, the unit written once.

        >>> Swing("Effect", "", "2.0 points", "7.5 points", 0, 1).ranged
        '2.0 to 7.5 points'
        """
        for tail in (" points", f"{formats.THIN}%"):
            if self.low.endswith(tail) and self.high.endswith(tail):
                return f"{self.low.removesuffix(tail)} to {self.high}"
        return f"{self.low} to {self.high}"


def swings(result: Result, initiative: str | None = None) -> list[Swing]:
    """The bars of one initiative, or of all cases together, the widest first.

    Inputs without any swing are left out. Reads `tornado` or `tornado_all`; `rows`, `inputs` and `cases` for words.
    """
    table = "tornado_all" if initiative is None else "tornado"
    found = [r for r in rows(result, table) if initiative is None or text(r, "initiative") == initiative]
    benefits = {text(r, "benefit"): r for r in rows(result, "rows")}
    owners = {text(r, "input"): text(r, "initiative") for r in rows(result, "inputs")}
    names = {text(r, "initiative"): text(r, "name") for r in rows(result, "cases")}
    several = initiative is None and len(set(owners.values())) > 1
    money = currency(result)
    heads = [_what(r, benefits) for r in found]
    out = []
    for row, head in zip(found, heads, strict=True):
        low, high = number(row, "low_value"), number(row, "high_value")
        if low is None or high is None or low == high:
            continue
        name, _, part = text(row, "input").rpartition(".")
        who = owners.get(text(row, "input"), "")
        alike = [h for r, h in zip(found, heads, strict=True) if owners.get(text(r, "input"), "") == who]
        what = f"{head} ({name})" if alike.count(head) > 1 and name else head
        ends = [_said(number(row, end) or 0.0, part, benefits.get(name, {}), money) for end in ("low", "high")]
        out.append(Swing(what, names.get(who, "") if several else "", ends[0], ends[1], low, high))
    return sorted(out, key=lambda s: -abs(s.high_value - s.low_value))


def _what(row: Row, benefits: Mapping[str, Row]) -> str:
    """An input in words: what varies, and of what."""
    name, _, part = text(row, "input").rpartition(".")
    driver = DRIVERS.get(text(benefits.get(name, {}), "driver"), "")
    match part:
        case "effect" if driver:
            return f"Effect on {driver}"
        case "adoption" if driver:
            return f"Take-up, {driver}"
    words = text(row, "label") or text(row, "input")
    return words[:1].upper() + words[1:]


def _said(value: float, part: str, benefit: Row, money: str) -> str:
    """An input's value in its unit."""
    if part == "amount":
        return formats.money(value, money)
    if part == "adoption":
        return formats.quantity(value, "ratio")
    top = max(abs(number(benefit, c) or 0.0) for c in ("effect_low", "effect", "effect_high"))
    if text(benefit, "driver") in SHARES and 0 < top <= 1:
        return formats.quantity(value, "points")
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 4
    return formats.number(value, digits)


def _base(result: Result, initiative: str | None) -> float:
    table = "tornado_all" if initiative is None else "tornado"
    found = [r for r in rows(result, table) if initiative is None or text(r, "initiative") == initiative]
    return (number(found[0], "base_value") or 0.0) if found else 0.0


def draw_tornado(result: Result, initiative: str | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw the tornado of one initiative, or of all cases together, on `ax` or new axes."""
    data = swings(result, initiative)[:MOST]
    base, money = _base(result, initiative), currency(result)
    tall = any(s.owner for s in data)
    ax = ax or style.canvas(len(data) * (1.25 if tall else 1) + 1)
    _name(ax, data)
    for y, swing in enumerate(data):
        for value, said, colour in (
            (swing.low_value, swing.low, style.BAND3),
            (swing.high_value, swing.high, style.ACCENT),
        ):
            ax.barh(y, value - base, left=base, height=0.5, color=colour, linewidth=0, zorder=2)
            left = value < base or (value == base and colour == style.BAND3)
            ax.annotate(
                said, (value, y), xytext=(-4 if left else 4, 0), textcoords="offset points",
                ha="right" if left else "left", va="center", fontsize=8.5, color=style.INK,
            )  # fmt: skip
        ends = sorted((swing.low_value, swing.high_value))
        marks.aside(ax, y, formats.interval(ends[0], ends[1], "money", currency=money), color=style.SOFT)
    widest = max((abs(s.high_value - s.low_value) for s in data), default=0.0)
    near = min((abs(v) for s in data for v in (s.low_value, s.high_value)), default=0.0) <= FAR * widest
    _lines(ax, base, money, zero=near)
    marks.spread(ax, include=0.0 if near else None, pad=0.2)
    marks.scale(ax, "money", money, bins=4)
    ax.xaxis.grid(True)
    return ax


def _name(ax: Axes, data: Sequence[Swing]) -> None:
    """Each input at the left edge, and below it whose it is."""
    labels = ["\n".join(style.clip(line, 34) for line in (s.what, s.owner) if line) for s in data]
    ax.set_yticks(range(len(labels)), labels, ha="left", linespacing=1.25)
    ax.tick_params(axis="y", pad=max([0, *(len(line) for text in labels for line in text.split("\n"))]) * 5.9 + 4)
    ax.set_ylim(len(labels) - 0.4, -0.6)


def _lines(ax: Axes, base: float, money: str, *, zero: bool) -> None:
    """The value at the average of every input, solid, and nothing gained, dotted; the left one is named to its left."""
    ax.axvline(base, color=style.INK, linewidth=1.2, zorder=3)
    lines = [(base, f"on average {formats.money(base, money)}", style.INK)]
    if zero and abs(base) > 0:
        ax.axvline(0.0, color=style.SOFT, linewidth=1, linestyle=(0, (2, 3)), zorder=1)
        lines.append((0.0, "nothing gained", style.SOFT))
    for at, words, colour in lines:
        left = len(lines) > 1 and at == min(one[0] for one in lines)
        ax.annotate(
            words, (at, 1), xycoords=ax.get_xaxis_transform(), xytext=(-4 if left else 4, 2),
            textcoords="offset points", ha="right" if left else "left", va="bottom", fontsize=8.5, color=colour,
        )  # fmt: skip


def tornado_alt(result: Result, initiative: str | None = None) -> str:
    """The tornado in words, for who cannot see it."""
    money = currency(result)
    data = swings(result, initiative)
    said = texts(
        (
            f"{': '.join(filter(None, (s.owner, s.what)))} from {s.ranged}: "
            f"{formats.money(s.low_value, money)} to {formats.money(s.high_value, money)}"
            for s in data
        ),
        MOST,
    )
    base = formats.money(_base(result, initiative), money)
    return f"Net present value when one input alone moves, the others at their averages ({base}). {said}"


def _alt(result: Result) -> str:
    return tornado_alt(result)


@figure(
    "quantify.tornado",
    topic="What moves the value of all cases most",
    needs="tornado_all",
    title="quantify.cases.sensitivity",
    alt=_alt,
    caption="Each bar moves one input from its P10 (pale) to its P90 (dark) and leaves the others at their average "
    "values; the words at its ends are the input, the money at the right is what all cases together are then worth. "
    f"At most the {MOST} widest are drawn. These are claims, not proof.",
    data={
        "name": ("Of", "text"),
        "label": ("Input", "text"),
        "low": ("P10 of the input", "none"),
        "high": ("P90 of the input", "none"),
        "low_value": ("NPV at P10", "money"),
        "high_value": ("NPV at P90", "money"),
        "swing": ("Swing", "money"),
    },
    worth=lambda result: bool(swings(result)),
)
def tornado(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw what moves the value of all cases together."""
    return draw_tornado(result, ax=ax)
