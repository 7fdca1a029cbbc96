"""How the start page looks: a few styles over the colour of the text around them, and words made safe to show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from pathlib import Path

import ipywidgets as widgets

STATES = {
    "not run": ("○", "var(--cx-quiet)"),
    "done": ("●", "var(--cx-good)"),
    "out of date": ("◐", "var(--cx-care)"),
    "failed": ("✕", "var(--cx-bad)"),
    "needs review": ("▲", "var(--cx-care)"),
}
"""States in words, each with its symbol and colour."""
STYLE = """<style>
.cx{--cx-good:color-mix(in srgb,#109488 60%,currentColor);--cx-care:color-mix(in srgb,#b8700c 60%,currentColor);
 --cx-bad:color-mix(in srgb,#dc5048 60%,currentColor);--cx-quiet:color-mix(in srgb,currentColor 78%,transparent);
 line-height:1.45;font-size:14px;max-width:64em;overflow-wrap:anywhere}
.jp-Notebook:has(.cx) .jp-InputPlaceholder{display:none}
.cx h3{font-size:16px;margin:6px 0 4px;font-weight:600}
.cx p{margin:4px 0}
.cx a{color:var(--jp-content-link-color,var(--cx-good));text-decoration:underline}
.cx table{border-collapse:collapse;width:100%;margin:6px 0}
.cx th,.cx td{text-align:left;vertical-align:top;padding:6px 14px 6px 0;font-size:13px;
 border-bottom:1px solid var(--jp-border-color2,#d0d0d0)}
.cx th{white-space:nowrap;font-weight:600;color:var(--cx-quiet)}
.cx td a,.cx time{white-space:nowrap}
.cx .scroll{overflow-x:auto;container-type:inline-size}
@container (max-width:44em){
.cx thead{position:absolute;clip-path:inset(50%);height:1px;overflow:hidden}
.cx table,.cx tbody,.cx tr,.cx td{display:block}
.cx tr{padding:6px 0;border-bottom:1px solid var(--jp-border-color2,#d0d0d0)}
.cx td{padding:1px 0 1px 8.5em;border:0}
.cx td::before{content:attr(data-label);float:left;margin-left:-8.5em;width:8em;
 color:var(--cx-quiet)}
.cx td:empty{display:none}}
.cx .state{white-space:nowrap;font-weight:600}
.cx .quiet{color:var(--cx-quiet);font-size:13px}
.cx .card{border-left:3px solid var(--jp-border-color1,#bdbdbd);padding:2px 0 2px 12px;margin:10px 0}
.cx .warn{border-left-color:var(--cx-care)}
.cx .bad{border-left-color:var(--cx-bad)}
.cx .good{border-left-color:var(--cx-good)}
.cx blockquote{border-left:3px solid var(--jp-border-color2,#d0d0d0);margin:4px 0;padding:0 10px}
.cx-form .widget-button,.cx-form .jupyter-button{width:auto;min-width:7em}
.cx-form>.widget-button,.cx-form>.jupyter-button{align-self:flex-start}
.jp-Notebook:has(.cx) .jp-CodeCell.jp-mod-noOutputs:has(.jp-InputPlaceholder){padding-block:0}
</style>"""
"""Colours are mixed from that of the text around: no variable of one editor is right in every other."""
WIDE = {"layout": {"width": "auto", "max_width": "min(40em, 100% - 4px)"}, "style": {"description_width": "9em"}}
"""Layout of a field that follows a narrow window."""


def html() -> widgets.Widget:
    """An empty place for HTML."""
    return widgets.HTML(layout={"width": "auto"})


def row(*parts: widgets.Widget) -> widgets.Widget:
    """Widgets side by side, below one another in a narrow window."""
    return widgets.HBox(list(parts), layout={"flex_flow": "row wrap", "align_items": "center"})


def column(*parts: widgets.Widget) -> widgets.Widget:
    """Widgets below one another, as a form of the start page."""
    made = widgets.VBox(list(parts))
    made.add_class("cx-form")
    return made


def shown(*parts: str) -> str:
    """Parts of HTML in the house style.

    >>> shown("<p>a</p>").endswith('<div class="cx"><p>a</p></div>')
    True
    """
    return f'{STYLE}<div class="cx">{"".join(parts)}</div>'


def said(words: str, kind: str = "") -> str:
    """A message in plain text; `kind` is ``good``, ``warn`` or ``bad``.

    >>> said("a < b", "bad")
    '<div class="card bad"><p>a &lt; b</p></div>'
    """
    lines = "".join(f"<p>{escape(line)}</p>" for line in words.splitlines())
    return f'<div class="card {kind}">{lines}</div>'


def state(name: str) -> str:
    """A state as symbol and word.

    >>> state("done")
    '<span class="state" style="color:var(--cx-good)">● done</span>'
    """
    symbol, colour = STATES[name]
    return f'<span class="state" style="color:{colour}">{symbol} {escape(name)}</span>'


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in heads)
    body = "".join(f"<tr>{''.join(map(_cell, heads, cells))}</tr>" for cells in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(head: str, words: str) -> str:
    """A cell that says in a narrow window, where the heads are not seen, what it is."""
    return f'<td data-label="{escape(head)}">{words}</td>'


def when(path: Path) -> str:
    """When a file was written, for people; empty when it is not there."""
    if not path.exists():
        return ""
    found = datetime.fromtimestamp(path.stat().st_mtime)
    return f"{found.day} {found:%B %Y, %H:%M}"
