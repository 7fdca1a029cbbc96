"""What people's cells put out is masked in the executed notebook; what they wrote is theirs."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat import v4

from cxkit.batch.written import mask_outputs
from cxkit.report import show
from cxkit.report.blocks import MIME
from cxkit.report.inputs import Privacy
from cxkit.report.mask import Mask


def test_outputs_of_written_cells_are_masked(tmp_path: Path) -> None:
    (block,) = show.say("Ada Lovelace answered 12 tickets", value=12, unit="count", silent=True) or ()
    outputs = [
        v4.new_output("stream", name="stdout", text="Ada Lovelace\n"),
        v4.new_output("execute_result", data={"text/plain": "ada@x.org", "image/png": "iVBORw0KGgo=1234567"}),
        v4.new_output("error", ename="KeyError", evalue="'Ada Lovelace'", traceback=["KeyError: Ada Lovelace"]),
        v4.new_output("display_data", data=block._repr_mimebundle_()),
    ]
    cells = [v4.new_markdown_cell("# Ada Lovelace"), v4.new_code_cell("who = 'Ada Lovelace'", outputs=outputs)]
    path = tmp_path / "7-x.ipynb"
    nbformat.write(v4.new_notebook(cells=cells), path)
    mask_outputs(path, Mask(Privacy(people=("Ada Lovelace",))))
    made = nbformat.read(path, as_version=4)
    nbformat.validate(made)
    text = str(made.cells[1].outputs)
    assert "Lovelace" not in text
    assert "ada@x.org" not in text
    assert made.cells[1].outputs[1].data["image/png"] == "iVBORw0KGgo=1234567"
    assert made.cells[1].outputs[3].data[MIME]["body"]["title"] == "[name] answered 12 tickets"
    assert made.cells[1].source == "who = 'Ada Lovelace'"
