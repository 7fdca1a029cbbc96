"""Who says what in the alignment audit: choose a team, a level and a C."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import ipywidgets as widgets

from cxkit import formats
from cxkit.align.audit import AlignmentAudit
from cxkit.records import Finding
from cxkit.tables.sheets import Row, short

EVERY = ""
LEVELS = {"executive": "executives", "manager": "managers", "frontline": "the frontline"}
HEADLINES = ("align.audit.overall", "align.audit.perception", "align.audit.question", "align.audit.change")
WITHHELD = "withheld, so that nobody can be recognised"
NOBODY = "Nobody of this team and level answered."


class AuditPanel:
    """Three drop-downs over a result of `alignment_audit`; `box` is the widget to display.

    It chooses among the rows of the batch and computes nothing, so that what the batch withholds is withheld under
    every choice. Left alone it shows everybody: `rows` are the batch's own rows of `scales` and `shown` its headlines.
    """

    def __init__(self, found: AlignmentAudit) -> None:
        """Build the panel; without an audit it says so."""
        self.found = found
        self._scales = found.tables["scales"].to_pylist() if found.has("scales") else []
        self._items = found.tables["items"].to_pylist() if found.has("items") else []
        groups = found.tables["groups"].to_pylist() if found.has("groups") else []
        teams = [r["team"] for r in groups if r["group"] == "team"]
        levels = [r["level"] for r in groups if r["group"] == "level"]
        cs = {r["scale"]: r["name"] for r in self._scales if r["family"] == "c"}
        self.team = _choice("team", [("every team", EVERY), *((short(t, 40), t) for t in teams)])
        self.level = _choice("level", [("every level", EVERY), *((LEVELS.get(v, v), v) for v in levels)])
        self.c = _choice("C", [("all four", EVERY), *((name, id) for id, name in cs.items())])
        for choice in (self.team, self.level, self.c):
            choice.observe(self._redraw, names="value")
        self.reset = widgets.Button(description="Everybody", tooltip="back to what the report shows")
        self.reset.on_click(self._reset)
        self.answer = widgets.HTML()
        self.box = widgets.VBox([widgets.HBox([self.team, self.level, self.c, self.reset]), self.answer])
        self._redraw()

    @property
    def rows(self) -> list[Row]:
        """Rows of `scales` as chosen: three dimensions and four Cs, or one C with its three fields."""
        wanted = self._group()
        chosen = [r for r in self._scales if (r["group"], r["team"], r["level"]) == wanted]
        if not self.c.value:
            return [r for r in chosen if r["family"] in {"overall", "dimension", "c"}]
        c = self.c.value
        return [r for r in chosen if (r["family"], r["scale"]) == ("c", c) or _field_of(r) == c]

    @property
    def items(self) -> list[Row]:
        """Rows of `items` of the chosen C; none while all four are chosen."""
        wanted = self._group()
        return [
            r for r in self._items if self.c.value and r["c"] == self.c.value
            and (r["group"], r["team"], r["level"]) == wanted
        ]  # fmt: skip

    @property
    def shown(self) -> tuple[Finding, ...]:
        """The audit's headlines while everybody is chosen; none about a part."""
        if self.team.value or self.level.value or self.c.value:
            return ()
        return tuple(f for id in HEADLINES for f in self.found.findings if f.id == id)

    def _group(self) -> tuple[str, str | None, str | None]:
        team, level = self.team.value or None, self.level.value or None
        kind = "crossing" if team and level else "team" if team else "level" if level else "all"
        return kind, team, level

    def _reset(self, _: object = None) -> None:
        for choice in (self.team, self.level, self.c):
            choice.value = EVERY

    def _redraw(self, _: object = None) -> None:
        if not self._scales:
            self.answer.value = f"<p>{escape(self.found.gaps[0].reason if self.found.gaps else NOBODY)}</p>"
            return
        head = "".join(f'<p style="margin:4px 0">{escape(f.title)}</p>' for f in self.shown)
        self.answer.value = head + (_table(self.rows, self.items) if self.rows else f"<p>{NOBODY}</p>")

    def _ipython_display_(self) -> None:
        from IPython.display import display  # noqa: PLC0415  only JupyterLab shows a panel

        display(self.box)


def audit(found: AlignmentAudit) -> AuditPanel:
    """A panel over the alignment audit."""
    return AuditPanel(found)


def _choice(name: str, options: Sequence[tuple[str, str]]) -> widgets.Dropdown:
    return widgets.Dropdown(options=options, value=EVERY, description=name)


def _field_of(row: Row) -> str:
    """The C of a crossing of dimension and C, else nothing."""
    return str(row["scale"]).split(".")[-1] if row["family"] == "cell" else ""


def _table(rows: Sequence[Row], items: Sequence[Row]) -> str:
    """Scores as a table of plain text."""
    lines = [_line(r["name"], r, bold=r["family"] == "overall") for r in rows]
    lines += [_line(r["text"] + (" (turned round)" if r["reversed"] else ""), r) for r in items]
    titles = ("", "1 to 5", "range", "people")
    head = "".join(_cell("th", title, "") for title in titles)
    body = "".join(lines)
    return f'<table style="border-collapse:collapse"><tr>{head}</tr>{body}</table>'


def _line(name: str, row: Row, *, bold: bool = False) -> str:
    if row["hidden"]:
        cells = [WITHHELD, "", ""]
    elif row["score"] is None:
        cells = ["no answers", "", ""]
    else:
        between = formats.interval(row["low"], row["high"], "score") or row["why_none"]
        cells = [formats.number(row["score"], 2), between, str(row["n"])]
    look = "border-top:1px solid var(--jp-border-color2,currentColor)" + (";font-weight:600" if bold else "")
    drawn = "".join(_cell("td", cell, look) for cell in (name, *cells))
    return f"<tr>{drawn}</tr>"


def _cell(tag: str, text: str, look: str) -> str:
    return f'<{tag} style="text-align:left;padding:2px 12px 2px 0;{look}">{escape(text)}</{tag}>'
