"""Figures of identity: from records to people, what the threshold does, and why two records count as one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import aside, scale
from cxkit.charts.marks import rows as named
from cxkit.charts.reading import Row, number, rows, text, texts
from cxkit.instrument.feeds import named as called
from cxkit.records import Result

MOST = 12
SAID = {"precision": "right", "recall": "found"}


def _systems(result: Result) -> Sequence[Row]:
    table = sorted(rows(result, "systems"), key=lambda r: (-(number(r, "records") or 0), text(r, "system")))
    return table[:MOST]


def _name(row: Row) -> str:
    """A system as a reader knows it, with a capital."""
    name = called(text(row, "system"))
    return name[:1].upper() + name[1:]


def _total(result: Result) -> tuple[float, float]:
    """All records, and the people they are."""
    sizes = rows(result, "sizes")
    people = sum(number(r, "entities") or 0 for r in sizes)
    return sum((number(r, "records") or 0) * (number(r, "entities") or 0) for r in sizes), people


def _alt_people(result: Result) -> str:
    records, people = _total(result)
    said = [
        f"{_name(r)}: {number(r, 'records') or 0:,.0f} records of {number(r, 'entities') or 0:,.0f} people, "
        f"{number(r, 'linked') or 0:,.0f} known in another system too"
        for r in _systems(result)
    ]
    return f"Bars of records by system: {records:,.0f} records are {people:,.0f} people. " + texts(said)


@figure(
    "instrument.identity",
    topic="From the records of each system to people",
    needs="systems",
    title="instrument.identity.entities",
    alt=_alt_people,
    caption="The records of each system add up to all records. Taken away are repeats of a person within a system, "
    "then the further systems that know the same person; what is left are people, each counted once.",
    data={
        "system": ("System", "text"),
        "records": ("Records", "people"),
        "entities": ("People", "people"),
        "duplicates": ("Repeats", "people"),
        "linked": ("Records known elsewhere", "people"),
    },
)
def people(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the bridge from the records of each system to the people they are."""
    steps = _steps(result)
    ax = ax or style.canvas(len(steps), row=0.42, head=0.35)
    level = 0.0
    for y, (_, change, whole, colour, said) in enumerate(steps):
        base = 0.0 if whole else level
        end = change if whole else level + change
        ax.barh(y, end - base, left=base, height=0.58, color=colour)
        if y + 1 < len(steps):
            ax.plot([end, end], [y + 0.29, y + 0.71], color=style.SOFT, linewidth=0.8)
        aside(ax, y, said, color=style.INK if whole else style.SOFT)
        level = end
    named(ax, [label for label, *_ in steps])
    ax.set_xlim(0, max(_total(result)[0], 1) * 1.01)
    ax.set_xticks([])
    return ax


def _steps(result: Result) -> list[tuple[str, float, bool, str, str]]:
    """Label, size, whether it stands on zero, colour, what is said beside it."""
    records, every = _total(result)
    table = _systems(result)
    sizes = [number(r, "records") or 0.0 for r in table]
    steps = [(_name(r), n, False, style.BAND3, f"{n:,.0f} records") for r, n in zip(table, sizes, strict=True)]
    if (rest := records - sum(sizes)) > 0:
        steps.append(("Further systems", rest, False, style.BAND3, f"{rest:,.0f} records"))
    repeats = sum(number(r, "duplicates") or 0.0 for r in rows(result, "systems"))
    again = records - every - repeats
    steps.append(("All records", records, True, style.SOFT, f"{records:,.0f}"))
    steps.append(("Repeats within a system", -repeats, False, style.WARN, f"{formats.MINUS}{repeats:,.0f}"))
    steps.append(("Same person, other system", -again, False, style.ACCENT2, f"{formats.MINUS}{again:,.0f}"))
    steps.append(("People", every, True, style.ACCENT, f"{every:,.0f}"))
    return steps


def _sweep(result: Result) -> Sequence[Row]:
    return rows(result, "sweep")


def _place(result: Result, table: Sequence[Row]) -> int:
    """Where in the table the threshold in use stands; by its value, because a row without intervals equals nothing."""
    at = float(getattr(result, "match_threshold", 0.95))
    return min(range(len(table)), key=lambda n: abs((number(table[n], "threshold") or 0.0) - at))


def _alt_sweep(result: Result) -> str:
    said = []
    for row in _sweep(result):
        good = [
            f"{SAID[measure]} {formats.quantity(number(row, measure), 'ratio')}"
            for measure in ("precision", "recall")
            if number(row, measure) is not None
        ]
        said.append(f"at {number(row, 'threshold'):g}: {number(row, 'entities'):,.0f} people, {formats.listing(good)}")
    table = _sweep(result)
    chosen = table[_place(result, table)]
    return (
        f"Lines over the probability from which two records are one person; {number(chosen, 'threshold'):g} is in use. "
        + texts(said)
    )


@figure(
    "instrument.identity_threshold",
    topic="What it would change to join records more or less readily",
    needs="sweep",
    title="instrument.identity.threshold",
    alt=_alt_sweep,
    caption="Above: share of links that are right (precision) and of true links that are found (recall), with 95 % "
    "intervals where people have judged pairs; without judged pairs it is the model's own expectation. "
    "Below: people found. The line marks the threshold in use; steps are not to scale.",
    data={
        "threshold": ("Threshold", "none"),
        "links": ("Links", "count"),
        "entities": ("People", "people"),
        "largest": ("Records of the largest person", "count"),
        "basis": ("Judged by", "text"),
        "precision": ("Links that are right", "ratio"),
        "recall": ("True links found", "ratio"),
        "f1": ("Both together (F1)", "ratio"),
    },
    worth=lambda result: len(_sweep(result)) > 1 and result.has("weights"),
)
def threshold(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw precision and recall above, people below, over the threshold."""
    table = _sweep(result)
    if ax is None:
        top, bottom = style.panels([5.2, 3.4], row=0.4, head=0.35)
    else:
        top, bottom = ax, ax.inset_axes((0, -0.75, 1, 0.55))
    places = list(range(len(table)))
    chosen = _place(result, table)
    for measure, colour, mark in (("precision", style.ACCENT, "o"), ("recall", style.WARN, "D")):
        values = [number(r, measure) for r in table]
        known = [(x, v) for x, v in zip(places, values, strict=True) if v is not None]
        if not known:
            continue
        for x, row in zip(places, table, strict=True):
            low, high = number(row, f"{measure}_low"), number(row, f"{measure}_high")
            if low is not None and high is not None:
                off = -0.06 if measure == "precision" else 0.06
                top.plot([x + off, x + off], [low, high], color=colour, linewidth=1.4, alpha=0.55, zorder=2)
        top.plot(*zip(*known, strict=True), color=colour, marker=mark, markersize=4.5, linewidth=1.8, zorder=3)
        top.annotate(
            f"{SAID[measure]} {formats.quantity(known[-1][1], 'ratio')}",
            known[-1], xytext=(9, 0), textcoords="offset points", va="center", fontsize=9, color=colour,
        )  # fmt: skip
    scale(top, "ratio", axis="y", bins=4)
    top.yaxis.grid(True)
    entities = [number(r, "entities") or 0.0 for r in table]
    bottom.plot(places, entities, color=style.INK, marker="o", markersize=4.5, linewidth=1.8)
    for x in sorted({0, chosen, len(table) - 1}):
        bottom.annotate(
            f"{entities[x]:,.0f}", (x, entities[x]), xytext=(0, 7), textcoords="offset points", ha="center", fontsize=9,
            weight="bold" if x == chosen else "normal",
        )  # fmt: skip
    span = (max(entities) - min(entities)) or 1.0
    bottom.set_ylim(min(entities) - 0.15 * span, max(entities) + 0.3 * span)
    bottom.set_yticks([])
    bottom.set_ylabel("people", rotation=0, ha="right", va="center")
    for axes in (top, bottom):
        axes.axvline(chosen, color=style.SOFT, linewidth=1, linestyle=(0, (2, 3)), zorder=1)
        axes.set_xlim(-0.4, len(table) - 1 + 1.6)
        axes.set_xticks(places if axes is bottom else [])
    bottom.set_xticklabels([f"{number(r, 'threshold'):g}" for r in table])
    bottom.set_xlabel("probability from which two records are one person", loc="left")
    top.annotate("in use", (chosen, 1), xycoords=top.get_xaxis_transform(), xytext=(4, -2),
        textcoords="offset points", fontsize=8.5, color=style.SOFT, va="bottom")  # fmt: skip
    return top


def _pairs(result: Result) -> Mapping[str, Sequence[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows(result, "explained"):
        found.setdefault(text(row, "pair"), []).append(row)
    return found


def _alt_weights(result: Result) -> str:
    said = []
    for pair, steps in _pairs(result).items():
        parts = [f"{text(s, 'step')} {formats.number(number(s, 'weight') or 0.0, signed=True)}" for s in steps]
        said.append(f"{pair.capitalize()}: {'; '.join(parts)}")
    return "Bridges of match weights, in powers of two of the odds. " + texts(said)


@figure(
    "instrument.identity_weights",
    topic="Why two records count as one person, and why two others do not",
    needs="explained",
    alt=_alt_weights,
    caption="Each step adds to or takes from the weight of evidence that two records are one person: plus one doubles "
    "the odds, minus one halves them. It starts at the odds of two records picked at random. Values are masked.",
    data={"pair": ("Pair", "text"), "step": ("Step", "text"), "weight": ("Weight, in doublings of the odds", "none")},
)
def weights(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw a bridge of weights for each explained pair, one above the other."""
    pairs = _pairs(result)
    lines: list[tuple[str, float, bool] | None] = []
    labels: list[str] = []
    for pair, steps in pairs.items():
        last = min(max(number(steps[-1], "weight") or 0.0, -60.0), 60.0)
        labels += [*([""] if labels else []), f"{pair.capitalize()}: probability {_chance(1 / (1 + 2**-last))}"]
        lines += [None] * (len(labels) - len(lines))
        for at, step in enumerate(steps):
            labels.append(_plain(text(step, "step")))
            lines.append((pair, number(step, "weight") or 0.0, at in {0, len(steps) - 1}))
    ax = ax or style.canvas(len(lines), row=0.31, head=0.2)
    level = 0.0
    for y, line in enumerate(lines):
        if line is None:
            continue
        pair, weight, whole = line
        base = 0.0 if whole else level
        level = weight if whole else level + weight
        colour = style.SOFT if whole else style.GOOD if weight >= 0 else style.BAD
        ax.barh(y, level - base, left=base, height=0.62, color=colour)
        following = lines[y + 1] if y + 1 < len(lines) else None
        if following is not None:
            ax.plot([level, level], [y + 0.31, y + 0.69], color=style.SOFT, linewidth=0.8)
        aside(ax, y, f"{weight:+.1f}".replace("-", formats.MINUS), color=style.INK if whole else style.SOFT)
    named(ax, labels, most=44)
    for label, line in zip(ax.get_yticklabels(), lines, strict=True):
        label.set_fontsize(9)
        label.set_fontweight("bold" if line is None else "normal")
    style.zero_line(ax, "even odds")
    ax.set_xticks([])
    return ax


def _plain(step: str) -> str:
    """The step without the values it compares, which stand in the table behind the figure."""
    words = step.partition(" (")[0]
    return words[:1].upper() + words[1:]


def _chance(probability: float) -> str:
    if probability >= 0.9995:
        return "above 99.9 %"
    return formats.quantity(probability, "ratio")
