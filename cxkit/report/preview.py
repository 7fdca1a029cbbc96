"""A block as rich HTML for JupyterLab: the same words as in the report, in a neutral dress that suits any theme."""

from __future__ import annotations

from cxkit.charts.svg import BLOCK_PAPER, around
from cxkit.records import GRADES
from cxkit.report.blocks import Block
from cxkit.report.rendering import environment


def preview(block: Block) -> str:
    """Render one block as an HTML fragment, escaped throughout.

    >>> from cxkit.report.blocks import NoteBody
    >>> "&lt;b&gt;" in preview(Block(id="n", kind="note", stage="prove", body=NoteBody(text="<b>bold</b>")))
    True
    """
    figure = around(BLOCK_PAPER)
    return (
        environment().get_template("preview.html.j2").render(block=block, body=block.body, grades=GRADES, around=figure)
    )
