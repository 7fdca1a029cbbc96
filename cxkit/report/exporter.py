"""`jupyter nbconvert --to cxreport 5-prove.ipynb`: one notebook as one chapter, from its blocks and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbconvert.exporters.exporter import Exporter
from nbformat import NotebookNode
from pydantic import ValidationError
from traitlets import Unicode, default

from cxkit.errors import ReportError
from cxkit.records import Stage
from cxkit.report.blocks import MIME, Block
from cxkit.report.chapter import chapter
from cxkit.report.own import added, own_notebook
from cxkit.report.own_chapters import own_chapter
from cxkit.report.page import one_chapter


def blocks_of(notebook: NotebookNode | dict[str, Any], *, where: str = "the notebook") -> tuple[Block, ...]:
    """The blocks a notebook's outputs carry, in order; every other output is left where it is.

    Raises `ReportError` when an output of our MIME type is not a block of a version this release can read.
    """
    found: list[Block] = []
    for number, cell in enumerate(notebook.get("cells", []), 1):
        if "interactive" in cell.get("metadata", {}).get("tags", []):
            continue
        for output in cell.get("outputs", []):
            document = output.get("data", {}).get(MIME)
            if document is None:
                continue
            try:
                found.append(Block.model_validate(document))
            except ValidationError as error:
                first = error.errors()[0]
                place = ".".join(map(str, first["loc"]))
                raise ReportError(
                    f"{where}, cell {number}: an output is not a block this version can read "
                    f"({place}: {first['msg']}). Run the notebook again."
                ) from None
    return tuple(found)


class CxReportExporter(Exporter):
    """An nbconvert exporter that renders blocks alone: no code, no print, no traceback, no widget, no raw HTML."""

    export_from_notebook = "CX report chapter"
    client = Unicode("", help="Name of the client shown above the chapter.").tag(config=True)

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    output_mimetype = "text/html"

    def from_notebook_node(  # type: ignore[override]  # the base class declares a node; its text exporters return text
        self, nb: NotebookNode, resources: Any | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Render a notebook; returns the HTML and nbconvert's resources."""
        copy, resources = super().from_notebook_node(nb, resources, **kw)
        name = str(resources.get("metadata", {}).get("name", "notebook"))
        blocks = blocks_of(copy, where=f"{name}.ipynb")
        made = own_chapter(own_notebook(name, copy, blocks)) if added(name) else None
        made = made or chapter(_stage(blocks), blocks)
        return one_chapter(made, client=self.client, name=name), resources


def read_blocks(path: Path) -> tuple[Block, ...]:
    """The blocks of an executed notebook file."""
    import nbformat  # noqa: PLC0415  its schemas load slowly; a page built from blocks does not need them

    return blocks_of(nbformat.read(path, as_version=4), where=path.name)


def _stage(blocks: tuple[Block, ...]) -> Stage:
    """The stage most of a notebook's blocks belong to."""
    stages = [b.stage for b in blocks]
    return max(stages, key=stages.count, default="data")
