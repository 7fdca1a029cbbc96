"""The figure of the alignment audit: subjects by levels, where the organisation disagrees with itself."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import aside, folded
from cxkit.charts.marks import rows as name_rows
from cxkit.charts.reading import Row, number, rows, text, texts
from cxkit.records import Result

LEVELS = {"executive": "Executives", "manager": "Managers", "frontline": "Frontline", "not stated": "Not stated"}
APART = 0.3
"""Difference from everybody's score from which a cell is marked."""
FAMILIES = ("dimension", "c")
INSET = 0.04


def _columns(result: Result) -> list[str]:
    there = {text(r, "level") for r in rows(result, "scales") if r.get("group") == "level"}
    return [level for level in LEVELS if level in there]


def _scores(result: Result) -> dict[tuple[str, str], Row]:
    """(scale, level) → row; the level is empty for everybody."""
    return {
        (text(r, "scale"), text(r, "level")): r
        for r in rows(result, "scales")
        if r.get("family") in FAMILIES and r.get("group") in {"all", "level"}
    }


def _subjects(result: Result) -> list[tuple[str, str, str]]:
    """Family, scale and name, dimensions before Cs, in the order of the instrument."""
    found = {(text(r, "family"), text(r, "scale"), text(r, "name")): None for r in rows(result, "scales")}
    return [key for family in FAMILIES for key in found if key[0] == family]


def _notes(result: Result) -> dict[str, str]:
    """Scale → its widest gap between two levels, and whether it is clear."""
    out: dict[str, str] = {}
    ordered = sorted(
        rows(result, "gaps"), key=lambda r: (r.get("verdict") != "clear", -(number(r, "difference") or 0.0))
    )
    for row in ordered:
        gap = formats.number(number(row, "difference") or 0.0)
        word = "clear" if row.get("verdict") == "clear" else "could be chance"
        out.setdefault(text(row, "scale"), f"{gap} apart, {word}")
    return out


def _alt(result: Result) -> str:
    scores, levels, notes = _scores(result), _columns(result), _notes(result)
    parts = []
    for _, scale, name in _subjects(result):
        said = [f"everybody {_word(scores.get((scale, '')))}"]
        said += [f"{LEVELS[level].lower()} {_word(scores.get((scale, level)))}" for level in levels]
        parts.append(f"{name}: {', '.join(said)}" + (f"; {notes[scale]}" if scale in notes else ""))
    return "Scores from 1 to 5 by subject and level. " + texts(parts, most=8)


def _word(row: Row | None) -> str:
    score = number(row, "score") if row is not None else None
    if score is not None:
        return formats.number(score)
    return "withheld" if row is not None and row.get("hidden") else "not asked"


@figure(
    "align.audit",
    topic="Alignment as each level sees it",
    needs="scales",
    title="align.audit.perception",
    alt=_alt,
    caption="Above the line what alignment is made of, below it whom it touches. 1 is “not at all”, 5 “fully”. ▲ marks "
    "a level at least 0.3 above everybody, ▼ one as far below. Hatched cells are withheld so that nobody can be "
    "recognised. “Clear” gaps are wider than chance makes them, all comparisons judged together.",
    data={
        "name": ("Subject", "text"),
        "group": ("Group", "text"),
        "level": ("Level", "text"),
        "team": ("Team", "text"),
        "n": ("People", "people"),
        "score": ("Score, 1 to 5", "score"),
        "low": ("From", "score"),
        "high": ("To", "score"),
    },
    worth=lambda result: bool(_columns(result)),
)
def audit(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw subjects by levels: the score in each cell, marked where a level is far from everybody."""
    subjects, levels, scores, notes = _subjects(result), _columns(result), _scores(result), _notes(result)
    ax = ax or style.canvas(len(subjects) + 0.4, row=0.4, head=0.5)
    name_rows(ax, [name for _, _, name in subjects])
    for y, (_, scale, _) in enumerate(subjects):
        whole = number(scores.get((scale, ""), {}), "score")
        for x, level in enumerate(["", *levels]):
            _cell(ax, x, y, scores.get((scale, level)), whole if level else None)
        aside(ax, y, notes.get(scale, ""), color=style.INK if notes.get(scale, "").endswith("clear") else style.SOFT)
    dimensions = sum(family == "dimension" for family, _, _ in subjects)
    if 0 < dimensions < len(subjects):
        ax.axhline(dimensions - 0.5, color=style.SOFT, linewidth=1)
    ax.set_ylim(len(subjects) - 0.5, -0.5)
    ax.set_xlim(-0.5, len(levels) + 0.5)
    ax.set_xticks(range(len(levels) + 1))
    ax.set_xticklabels(["Everybody", *(folded(LEVELS[level]) for level in levels)], color=style.INK, weight="bold")
    ax.xaxis.tick_top()
    return ax


def _cell(ax: Axes, x: int, y: int, row: Row | None, whole: float | None) -> None:
    """One cell: score with a mark, hatched when withheld, a dash when not asked."""
    score = number(row, "score") if row is not None else None
    hidden = row is not None and score is None and bool(row.get("hidden"))
    apart = 0.0 if score is None or whole is None else round(score - whole, 9)
    mark, fill = (
        ("▲ ", style.ACCENT2) if apart >= APART else ("▼ ", style.BAND3) if apart <= -APART else ("", style.BAND1)
    )
    size = 1 - 2 * INSET
    ax.add_patch(
        Rectangle(
            (x - 0.5 + INSET, y - 0.5 + INSET),
            size,
            size,
            facecolor=style.PAPER if score is None else fill,
            edgecolor=style.SOFT if hidden else style.PAPER,
            hatch="////" if hidden else None,
            linewidth=0.6 if hidden else 0.0,
        )
    )
    if score is None and not hidden:
        ax.text(x, y, "–", ha="center", va="center", color=style.SOFT)
    elif score is not None:
        ax.text(x, y, f"{mark}{formats.number(score)}", ha="center", va="center", color=style.INK, fontsize=10)
