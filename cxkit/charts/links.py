"""Links drawn by how they are declared and what tests say, and maturity with its movement."""

from __future__ import annotations

from collections import Counter

from matplotlib.axes import Axes

from cxkit.charts import style
from cxkit.charts.align import levels
from cxkit.charts.figure import figure
from cxkit.charts.marks import aside, matrix
from cxkit.charts.marks import rows as name_rows
from cxkit.charts.reading import Row, number, rows, text, texts
from cxkit.records import Result
from cxkit.tables.authored import LINK_STATUS

VERDICTS = {
    "supports": ("borne out", "good"),
    "contradicts": ("contradicted", "bad"),
    "could not tell": ("test could not tell", "partly"),
    "blocked": ("test blocked", "partly"),
    "not tested": ("not tested", "unknown"),
}


def _counts(result: Result) -> Counter[tuple[str, str]]:
    return Counter(
        (text(r, "declared"), text(r, "verdict")) for r in rows(result, "links") if text(r, "verdict") in VERDICTS
    )


def _alt_links(result: Result) -> str:
    counts = _counts(result)
    said = [
        f"declared {declared}: "
        + ", ".join(f"{n} {VERDICTS[v][0]}" for (d, v), n in sorted(counts.items()) if d == declared)
        for declared in LINK_STATUS
        if any(d == declared for d, _ in counts)
    ]
    return f"Number of links by how well they are declared to be known and by what a test has shown. {texts(said)}"


@figure(
    "govern.links",
    topic="Links between initiatives, metrics and goals: as declared, and as tested",
    needs="links",
    title="govern.links.tested",
    alt=_alt_links,
    caption="Rows are what the sheet of links declares, columns what a test has shown. A link declared randomised in "
    "the column not tested is a claim.",
    data={
        "from_label": ("From", "text"),
        "to_label": ("To", "text"),
        "declared": ("Declared", "text"),
        "tested": ("Tested", "text"),
        "verdict": ("Verdict", "text"),
        "grade": ("Grade", "text"),
        "tested_by": ("Test", "text"),
    },
    worth=lambda result: bool(_counts(result)),
    drawn=lambda frame, _: frame[frame["verdict"].isin(list(VERDICTS))],
)
def links(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the number of links in each cell."""
    counts = _counts(result)
    declared = [s for s in reversed(LINK_STATUS) if any(d == s for d, _ in counts)]
    verdicts = [v for v in VERDICTS if v == "not tested" or any(k == v for _, k in counts)]

    def cell(y: int, x: int) -> tuple[str, str]:
        n = counts[declared[y], verdicts[x]]
        return (VERDICTS[verdicts[x]][1], f"{n}") if n else ("none", "")

    ax = ax or style.canvas(len(declared) + 1.0, row=0.5)
    return matrix(ax, [f"declared {d}" for d in declared], [VERDICTS[v][0] for v in verdicts], cell)


def _told(result: Result) -> list[Row]:
    return [r for r in rows(result, "capabilities") if number(r, "evidenced") is not None]


def _alt_moved(result: Result) -> str:
    said = [
        f"{text(r, 'name')}: evidenced {number(r, 'evidenced'):.0f}"
        + (f", {text(r, 'movement_text')} since the last run" if text(r, "movement_text") else "")
        + (f", self-assessed {own:.0f}" if (own := number(r, "self_assessed")) is not None else "")
        for r in _told(result)
    ]
    return (
        f"Evidenced level of each capability, its movement since the last run, and the self-assessment. {texts(said)}"
    )


@figure(
    "govern.maturity.moved",
    topic="Maturity by the evidence, with its movement since the last run",
    needs="capabilities",
    title="govern.maturity.moved govern.maturity.overall",
    alt=_alt_moved,
    caption="A filled mark is the level the evidence reaches now, an arrow where it came from since the last run, a "
    "hollow square the self-assessment. Levels are an order, not a measure.",
    data={
        "name": ("Capability", "text"),
        "self_assessed": ("Self-assessed", "count"),
        "evidenced": ("Evidenced", "count"),
        "movement_text": ("Since the last run", "text"),
        "next_step": ("Next step", "text"),
        "next_missing": ("What is missing", "text"),
        "next_owner": ("Who takes it", "text"),
    },
    worth=lambda result: bool(_told(result)),
    drawn=lambda frame, _: frame[frame["evidenced"].notna()],
)
def moved(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw one row per capability whose level can be told."""
    data = _told(result)
    ax = ax or style.canvas(len(data) + 0.6)
    name_rows(ax, [text(r, "name") for r in data])
    for y, row in enumerate(data):
        now, before, own = (number(row, c) for c in ("evidenced", "before", "self_assessed"))
        assert now is not None
        if own is not None:
            ax.plot([own], [y], marker="s", markersize=10, color=style.SOFT, linestyle="none", zorder=1)
            ax.plot([own], [y], marker="s", markersize=6.5, color=style.PAPER, linestyle="none", zorder=1)
        colour = style.ACCENT if before is None or now >= before else style.BAD
        if before is not None and before != now:
            short = 0.1 if now > before else -0.1
            arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": 2.2}
            ax.annotate("", xy=(now - short, y), xytext=(before, y), arrowprops=arrow, zorder=2)
        mark = "o" if colour == style.ACCENT else "D"
        ax.plot([now], [y], marker=mark, markersize=7, color=colour, linestyle="none", zorder=3)
        aside(ax, y, text(row, "movement_text"), color=style.INK if before not in (None, now) else style.SOFT)
        if y == 0 and own is not None and own != now:
            for value, word, shade in ((own, "self-assessed", style.SOFT), (now, "evidenced", colour)):
                ax.annotate(word, (value, y), xytext=(0, 9), textcoords="offset points", ha="center", fontsize=8.5,
                            color=shade)  # fmt: skip
    return levels(ax)
