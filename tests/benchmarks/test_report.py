"""The report's benchmark on a small run: the same content three ways, opened, counted, and a script in a quotation."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest

from cxkit.report.blocks import MIME, Block, FindingBody, TableBody, TableColumn


def finding(number: int) -> Block:
    body = FindingBody(title=f"{number} of 9 initiatives are proven", key=f"prove.k{number}", detail="Counted. " * 5)
    return Block(id=f"prove.k{number}", kind="finding", stage="prove", body=body)


TABLE = Block(
    id="prove.table",
    kind="table",
    stage="prove",
    body=TableBody(title="Tests", columns=(TableColumn(name="a", label="Test"),), rows=(("Welcome call",),)),
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder with two executed notebooks and a report."""
    for name, blocks in (("5-prove", [finding(n) for n in range(8)]), ("6-govern", [TABLE])):
        shown = [
            nbformat.v4.new_output("display_data", data=dict(one._repr_mimebundle_()), metadata={}) for one in blocks
        ]
        held = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("secret_code()", outputs=shown)])
        nbformat.write(held, tmp_path / f"{name}.ipynb")
    (tmp_path / "report.html").write_text(
        "<!doctype html><html lang=en><title>A report</title><main><h1>A report</h1><p>Said.</p></main></html>"
    )
    return tmp_path


def test_every_way_is_given_the_same_content(load: Callable[[str], ModuleType], run: Path) -> None:
    benchmark = load("report")
    pieces = benchmark.pieces(run, benchmark.QUOTED)
    assert [piece["kind"] for piece in pieces] == [*["text"] * 8, "table", "text"]
    assert pieces[8]["columns"] == ["Test"]
    assert pieces[-1]["text"] == benchmark.QUOTED
    html = benchmark.lab(run, run / "lab.html").read_text(encoding="utf-8")
    assert "secret_code" not in html
    for words in ("0 of 9 initiatives are proven", "7 of 9 initiatives are proven", "Welcome call"):
        assert words in html
        assert any(words in str(piece) for piece in pieces)


@pytest.mark.browser
def test_what_is_asked_for_is_counted_and_refused_and_a_quoted_script_is_seen_to_run(
    load: Callable[[str], ModuleType], run: Path, chromium: Any
) -> None:
    benchmark = load("report")
    planted = benchmark.lab(run, run / "planted.html", benchmark.QUOTED)
    lab = benchmark.seen(chromium, benchmark.lab(run, run / "lab.html"), planted, 1)
    assert lab["requests"] > 0
    assert lab["scripts"] > 0
    assert lab["planted_ran"] == 1
    own = benchmark.ours(run, run / "planted-ours.html", benchmark.QUOTED)
    assert "A customer wrote" in own.read_text(encoding="utf-8")
    ours = benchmark.seen(chromium, benchmark.ours(run, run / "ours.html"), own, 1)
    assert (ours["requests"], ours["scripts"], ours["planted_ran"], ours["axe_violations"]) == (0, 0, 0, 0)
    assert ours["load_ms"] > 0
    made = benchmark.records({"ours": ours, "nbconvert": lab, "arakawa": lab}, repeats=1)
    named = {record["name"]: record for record in made}
    assert {"report.bytes", "report.requests", "report.load_ms", "report.axe_violations"} <= named.keys()
    assert named["report.bytes"]["ratio"] == ours["bytes"] / lab["bytes"]
    assert named["report.planted_ran"]["other"] == 1
    assert named["report.scripts.vs_arakawa"]["other_name"].startswith("arakawa 0.4.4")


def test_a_block_travels_as_the_notebook_holds_it(load: Callable[[str], ModuleType], run: Path) -> None:
    shown = load("report").notebook(run).cells[0].outputs[0].data
    assert shown[MIME]["id"] == "prove.k0"
