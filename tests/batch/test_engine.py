"""A notebook's end is told as it was: done, failed, late, dead; the failing cell is marked."""

from pathlib import Path

import nbformat
import pytest

from cxkit.batch.engine import run_notebook

pytestmark = pytest.mark.run


def notebook(tmp_path: Path, *cells: str, tags: dict[int, str] | None = None) -> Path:
    book = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    for number, source in enumerate(cells):
        tag = (tags or {}).get(number)
        book.cells.append(nbformat.v4.new_code_cell(source, metadata={"tags": [tag]} if tag else {}))
    path = tmp_path / "in.ipynb"
    nbformat.write(book, path)
    return path


def test_run_notebook_done_skips_interactive_cells(tmp_path: Path) -> None:
    source = notebook(
        tmp_path,
        "x: int = 1  # a number",
        "raise SystemError('widget')",
        "print(x + 1)",
        tags={0: "parameters", 1: "interactive"},
    )
    outcome = run_notebook(source, tmp_path / "out.ipynb", {"x": 41}, seconds=60)
    assert outcome.done, outcome.error
    cells = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells
    assert cells[-1].outputs[0].text == "42\n"
    assert cells[-2].outputs == []


def test_run_notebook_failed_marks_the_cell_and_keeps_what_ran(tmp_path: Path) -> None:
    source = notebook(tmp_path, "print('one')", "1 / 0", "print('three')")
    outcome = run_notebook(source, tmp_path / "out.ipynb", {}, seconds=60)
    assert not outcome.done
    assert "ZeroDivisionError" in outcome.error
    text = (tmp_path / "out.ipynb").read_text()
    assert "papermill-error-cell-tag" in text
    assert "one" in text
    assert '"three\\n"' not in text


def test_run_notebook_late_is_ended_at_its_deadline(tmp_path: Path) -> None:
    source = notebook(tmp_path, "import time", "time.sleep(60)", "print('never')")
    outcome = run_notebook(source, tmp_path / "out.ipynb", {}, seconds=4)
    assert not outcome.done
    assert "deadline" in outcome.error
    assert outcome.seconds < 30
    assert (tmp_path / "out.ipynb").is_file()


def test_run_notebook_dead_kernel_is_told(tmp_path: Path) -> None:
    source = notebook(tmp_path, "import os", "os._exit(9)")
    outcome = run_notebook(source, tmp_path / "out.ipynb", {}, seconds=60)
    assert not outcome.done
    assert "KernelDied" in outcome.error
