"""What the client's data can carry, and for each problem where it is and what to do about it."""

from __future__ import annotations

from html import escape

from cxkit.widgets import look
from cxkit.widgets.bench import Part, Workbench

MOST = 60
"""Problems that are listed; ``cxkit check`` tells all."""


class Health(Part):
    """The data's state in sentences, then a table of problems, the gravest first."""

    def __init__(self, bench: Workbench) -> None:
        """Show the open client's."""
        super().__init__(bench)
        self.box = look.html()
        self.redraw(fresh=True)

    def redraw(self, *, fresh: bool) -> None:
        """Word what the checks found, problem by problem."""
        desk = self.bench.desk
        told = [f"<p>{escape(f.title)}</p>" for f in desk.health.findings]
        rows = [
            (
                look.state("failed")
                if p.severity == "error"
                else look.state("out of date").replace("out of date", "warning"),
                f"{escape(p.file or p.table)}<br>{escape(p.column)}",
                escape(
                    ", ".join(map(str, p.rows))
                    + (f" and {p.count - len(p.rows):,} more" if p.count > len(p.rows) else "")
                ),
                escape(p.found),
                escape(p.rule),
                escape(p.fix),
            )
            for p in desk.problems[:MOST]
        ]
        heads = ("Kind", "File and column", "Rows", "Found", "Rule", "What to do")
        listed = look.table(heads, rows) if rows else look.said("No problem was found in the tables.", "good")
        more = len(desk.problems) - MOST
        rest = f'<p class="quiet">{more} more: cxkit check {escape(desk.name)}</p>' if more > 0 else ""
        self.box.value = look.shown(*told, listed, rest)
