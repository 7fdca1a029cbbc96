"""nbconvert --to cxreport: blocks and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from nbformat import NotebookNode, v4

from cxkit.errors import ReportError
from cxkit.report import show
from cxkit.report.blocks import MIME, Block
from cxkit.report.exporter import CxReportExporter, blocks_of, read_blocks
from cxkit.report.making import finding_block


def notebook(*outputs: NotebookNode, tags: tuple[str, ...] = ()) -> NotebookNode:
    cell = v4.new_code_cell("secret_code = 1", outputs=list(outputs), metadata={"tags": list(tags)})
    return v4.new_notebook(cells=[v4.new_markdown_cell("# Private heading"), cell])


def shown(block: Block) -> NotebookNode:
    return v4.new_output(
        "display_data",
        data={MIME: block.document(), "text/html": "<b>PREVIEW</b>", "text/plain": "PLAIN"},
    )


STRAY = (
    v4.new_output("stream", name="stdout", text="PRINTED by accident"),
    v4.new_output("error", ename="ValueError", evalue="TRACEBACK value", traceback=["TRACEBACK line"]),
    v4.new_output("display_data", data={"text/html": "<script>RAWHTML</script>"}),
    v4.new_output("display_data", data={"application/vnd.jupyter.widget-view+json": {"model_id": "WIDGET"}}),
    v4.new_output("execute_result", data={"text/plain": "RESULT of a cell"}, execution_count=1),
)


def test_only_blocks_reach_the_chapter(samples: ModuleType) -> None:
    html, resources = CxReportExporter().from_notebook_node(notebook(*STRAY, shown(finding_block(samples.CALL))))
    assert "Welcome call cut 90-day churn by" in html
    for stray in (
        "PRINTED",
        "TRACEBACK",
        "RAWHTML",
        "WIDGET",
        "RESULT of",
        "PREVIEW",
        "PLAIN",
        "secret_code",
        "Private",
    ):
        assert stray not in html
    assert resources["output_extension"] == ".html"


def test_interactive_cells_are_never_exported(samples: ModuleType) -> None:
    assert blocks_of(notebook(shown(finding_block(samples.CALL)), tags=("interactive",))) == ()


def test_a_block_of_another_make_names_cell_and_field(samples: ModuleType) -> None:
    bad = finding_block(samples.CALL).document() | {"kind": "script"}
    given = notebook(v4.new_output("display_data", data={MIME: bad}))
    with pytest.raises(ReportError, match=r"5-prove\.ipynb, cell 2: .*\(kind: .*Run the notebook again"):
        blocks_of(given, where="5-prove.ipynb")


def test_an_empty_notebook_makes_an_honest_chapter() -> None:
    html, _ = CxReportExporter().from_notebook_node(v4.new_notebook())
    assert "Not assessed yet" in html


def test_it_is_a_real_exporter_of_nbconvert(samples: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "5-prove.ipynb"
    nbformat.write(notebook(*STRAY, shown(finding_block(samples.CALL))), path)
    assert [b.id for b in read_blocks(path)] == [samples.CALL.key]
    command = [sys.executable, "-m", "nbconvert", "--to", "cxreport", "--CxReportExporter.client=Harbor", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    html = (tmp_path / "5-prove.html").read_text(encoding="utf-8")
    assert "Welcome call cut" in html
    assert "Harbor" in html


def test_an_added_notebook_is_a_chapter_under_its_own_heading(samples: ModuleType, tmp_path: Path) -> None:
    (said,) = show.say("Leeds kept 91.0 % of its homes", value=0.91, unit="ratio", silent=True) or ()
    path = tmp_path / "7-branches.ipynb"
    made = notebook(*STRAY, shown(finding_block(samples.CALL)), shown(said))
    made.cells[0].source = "# 7 · Branches"
    nbformat.write(made, path)
    html, _ = CxReportExporter().from_filename(str(path))
    assert "7 · Branches" in html
    assert "<code>own.7-branches.leeds-kept-of-its-homes</code>" in html
    assert "Welcome call cut 90-day churn by" in html
    assert "TRACEBACK" not in html
