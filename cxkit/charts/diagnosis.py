"""The figure of the diagnosis: failure causes from the strongest evidence down, by kind of evidence."""

from __future__ import annotations

from matplotlib.axes import Axes

from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import aside, matrix
from cxkit.charts.reading import Row, number, rows, text, texts
from cxkit.records import Result

KINDS = {"measured": "Measured in data", "answers": "Said in the audit", "declared": "Declared in sheets"}
WORDS = {"against": ("good", "no sign"), "neither": ("unknown", "unclear"), "nothing": ("none", "not assessed")}


def _cell(row: Row, kind: str) -> tuple[str, str]:
    """State and word of one cell."""
    state = text(row, f"{kind}_state")
    if state == "for":
        n = int(number(row, kind) or 0)
        return "bad", f"{n} finding{'s' if n != 1 else ''}"
    return WORDS.get(state, WORDS["nothing"])


def _alt(result: Result) -> str:
    parts = [
        f"{text(row, 'name')}: " + ", ".join(f"{label.lower()} {_cell(row, kind)[1]}" for kind, label in KINDS.items())
        for row in rows(result, "causes")
    ]
    return "Seven causes of failure by kind of evidence, strongest first. " + texts(parts, most=7)


@figure(
    "align.diagnosis",
    topic="Causes of failure by strength of evidence",
    needs="causes",
    title="align.diagnosis.first",
    alt=_alt,
    caption="Causes with the strongest evidence stand on top: measured data count more than answers, answers more than "
    "what is declared. Findings fit a cause; they do not prove it. At the right, who owns the remedy.",
    data={
        "rank": ("Rank", "count"),
        "name": ("Cause", "text"),
        "verdict": ("Verdict", "text"),
        "strength": ("Strength, 0 to 7", "count"),
        "behind": ("Evidence", "text"),
        "against": ("What speaks against it", "text"),
        "remedy_do": ("Remedy", "text"),
        "owner_role": ("Owner", "text"),
        "would_tell": ("What would tell more", "text"),
    },
    worth=lambda result: any(text(r, "verdict") != "cannot tell" for r in rows(result, "causes")),
)
def diagnosis(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw causes by kinds of evidence, a symbol and a word per cell."""
    table = rows(result, "causes")
    kinds = list(KINDS)
    ax = ax or style.canvas(len(table), row=0.4, head=0.6)
    matrix(ax, [text(r, "name") for r in table], list(KINDS.values()), lambda y, x: _cell(table[y], kinds[x]))
    for y, row in enumerate(table):
        found = text(row, "verdict") == "evidence"
        aside(ax, y + 0.5, text(row, "owner_role") if found else text(row, "verdict"), color=style.SOFT)
    return ax
