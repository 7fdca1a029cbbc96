"""Figures of Prove: what each experiment showed, and what that means on the P&L."""

from __future__ import annotations

from collections import Counter

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Bar, Dot, bars, dots
from cxkit.charts.reading import currency, number, rows, text, texts
from cxkit.formats import Unit
from cxkit.records import Finding, Result


def _alt_effects(result: Result) -> str:
    parts = [f.title for f in result.findings if f.id == "prove.effect"]
    return f"Dot and interval for each experiment against a line at no effect. {texts(parts)}"


@figure(
    "prove.effects",
    topic="Effect of each experiment on its registered metric",
    needs="effects",
    title="prove.effect",
    alt=_alt_effects,
    caption="A dot is the effect, a line its interval; the letter is the grade of evidence. "
    "An interval that holds the dotted line has not shown an effect.",
    data={
        "name": ("Initiative", "text"),
        "experiment_id": ("Experiment", "text"),
        "arm": ("Arm", "text"),
        "metric_name": ("Metric", "text"),
        "effect": ("Effect", "none"),
        "low": ("Low", "none"),
        "high": ("High", "none"),
        "n_control": ("n control", "count"),
        "n_treated": ("n treated", "count"),
        "design": ("Design", "text"),
        "verdict": ("Verdict", "text"),
        "grade": ("Grade", "text"),
    },
    worth=lambda result: bool(_shown(result)),
)
def effects(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw one row per experiment; metrics of different units stand in panels of their own, the largest first.

    On axes that are given, the unit most experiments share is drawn.
    """
    units = Counter(f.unit for f in _shown(result)).most_common()
    groups = [(unit, _effects(result, unit)) for unit, _ in units]
    if ax is not None:
        return _forest(ax, *groups[0], result)
    axes = style.panels([len(data) + 0.5 for _, data in groups])
    for panel, (unit, data) in zip(axes, groups, strict=True):
        _forest(panel, unit, data, result, wide=min(38, max(len(d.label) for _, each in groups for d in each)))
    return axes[0]


def _forest(ax: Axes, unit: Unit, data: list[Dot], result: Result, *, wide: int = 0) -> Axes:
    label = {"points": "percentage points", "ratio": "percent", "none": "in the metric's own unit"}.get(unit, unit)
    return dots(ax, data, unit, currency=currency(result), zero="no effect", label=f"Effect, {label}", wide=wide)


def _shown(result: Result) -> list[Finding]:
    return [f for f in result.findings if f.id == "prove.effect" and f.value is not None]


def _effects(result: Result, unit: Unit) -> list[Dot]:
    names = _names(result)
    out = []
    for finding in sorted((f for f in _shown(result) if f.unit == unit), key=lambda f: -f.weight):
        n = f"n {finding.n:,}" if finding.n else ""
        change = formats.quantity(finding.value, unit, currency=finding.currency, signed=True)
        name = names.get(finding.subject or "", finding.subject or finding.initiative or "")
        note = " · ".join(filter(None, [change, n]))
        out.append(Dot(name, finding.value, finding.low, finding.high, finding.tone, note, finding.grade))
    return out


def _names(result: Result) -> dict[str, str]:
    """What each tested thing is called: the initiative, and the arm where an experiment has several."""
    table = rows(result, "effects")
    arms = Counter(text(r, "experiment_id") for r in table)
    found = {}
    for row in table:
        id, arm, name = text(row, "experiment_id"), text(row, "arm"), text(row, "name")
        found[f"{id}/{arm}"] = f"{name or id}, {arm}"
        if arms[id] == 1:
            found[id] = found[f"{id}/{arm}"] = name or id
    return found


def _alt_pnl(result: Result) -> str:
    said = texts(f.title for f in result.findings)
    return f"Bar with interval per experiment: money a year of a full roll-out. {said}"


@figure(
    "prove.pnl",
    topic="Money a year of a full roll-out, by experiment, as claimed",
    needs="bridge",
    title="prove.pnl",
    alt=_alt_pnl,
    caption="Bars start at zero; the line is the effect's interval. Rows are claims on their own and do not add up: "
    "several may claim the same customers.",
    data={
        "name": ("Experiment", "text"),
        "arm": ("Arm", "text"),
        "pnl_line": ("P&L line", "text"),
        "value": ("A year", "money"),
        "low": ("Low", "money"),
        "high": ("High", "money"),
        "status": ("Furthest any of it is", "text"),
        "grade": ("Grade", "text"),
    },
    worth=lambda result: any(number(r, "value") is not None for r in result.frame("bridge").to_dict("records")),
)
def pnl(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw one bar per experiment and arm."""
    money = currency(result)
    data = []
    for row in result.frame("bridge").to_dict("records"):
        value = number(row, "value")
        if value is None:
            continue
        shown = text(row, "verdict") in {"raised", "cut", "higher", "lower"}
        tone = "neutral" if not shown else "good" if value > 0 else "bad"
        words = formats.money(value, money)
        note = f"{words} · {text(row, 'grade')} · {text(row, 'pnl_line')}"
        name = text(row, "name") or text(row, "initiative_id") or text(row, "experiment_id")
        data.append(Bar(name, value, False, tone, number(row, "low"), number(row, "high"), note))
    data.sort(key=lambda b: -b.value)
    ax = ax or style.canvas(len(data) + 0.6)
    return bars(ax, data, "money", currency=money)
