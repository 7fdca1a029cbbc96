"""Panels and outputs in VS Code's notebooks, as far as they can be had without VS Code: in its own widget manager."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from cxkit.engagement.desk import open_desk
from cxkit.engagement.recipes import RECIPES
from cxkit.engagement.store import read_store
from tests.browser.looking import faint
from tests.browser.vscode import Editor, dress, editing, quiet, run, run_all, shown
from tests.conftest import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.run]

CLIENT = "northbeam"
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
LOOKS = (("light", "white"), ("light", "themed"), ("dark", "white"), ("dark", "themed"))
NOT_OURS = ".jupyter-button { visibility: hidden !important }"
"""The package paints its own buttons; their colours are not looked at."""
ASKEW = """() => [...document.querySelectorAll('table')].flatMap(table => {
    const heads = [...(table.rows[0]?.cells ?? [])].filter(cell => cell.tagName === 'TH');
    const side = (cell) => getComputedStyle(cell).textAlign.replace('start', 'left');
    return [...table.rows].slice(1).flatMap(row => [...row.cells].filter(
        (cell, at) => heads[at]?.textContent.trim() && cell.textContent.trim() && side(cell) !== side(heads[at])
    ).map(cell => cell.textContent.trim()));
})"""
"""Cells that are not aligned as the head above them: the editor's own rules for tables got through."""
ELSEWHERE = """import ipywidgets
import traitlets

class Elsewhere(ipywidgets.DOMWidget):
    _model_name = traitlets.Unicode("OtherModel").tag(sync=True)
    _view_name = traitlets.Unicode("OtherView").tag(sync=True)
    _model_module = _view_module = traitlets.Unicode("another-library").tag(sync=True)
    _model_module_version = _view_module_version = traitlets.Unicode("1.0.0").tag(sync=True)

Elsewhere()"""
FAINT = """from IPython.display import HTML

HTML('<p style="color:var(--jp-ui-font-color1,#16242e)">A colour of JupyterLab alone</p>')"""


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    with editing(tmp_path_factory.mktemp("vscode"), CLIENT) as running:
        yield running


def test_a_panel_moves_and_saves(chromium: Any, editor: Editor) -> None:
    desk = open_desk("quantify", client=CLIENT, data_dir=editor.folder.parent)
    headline = RECIPES["quantify.cases"](desk).finding("quantify.cases.total").title
    desk.settings.discount_rate = 0.25
    moved = RECIPES["quantify.cases"](desk).finding("quantify.cases.total").title
    assert moved != headline
    with shown(chromium, editor, "2-quantify.ipynb") as page:
        run_all(page, editor.notebook("2-quantify.ipynb"))
        quiet(page)
        panel = page.locator(".widget-vbox").first
        panel.get_by_text(headline, exact=True).wait_for()
        line = panel.locator(".widget-hbox", has_text="discount rate").last
        handle, box = line.get_by_role("slider"), line.locator("input[type=number]")
        before = float(box.input_value())
        handle.focus()
        handle.press("ArrowRight")
        panel.get_by_text(re.compile("^Not the batch's numbers: discount rate")).wait_for()
        assert float(box.input_value()) > before
        box.fill("0.25")
        box.press("Enter")
        panel.get_by_text(moved, exact=True).wait_for()
        panel.get_by_role("button", name="Throw away").click()
        panel.get_by_text(headline, exact=True).wait_for()
        assert not (editor.folder / "engagement.json").exists()
        box.fill("0.25")
        box.press("Enter")
        panel.get_by_text(moved, exact=True).wait_for()
        panel.get_by_role("button", name="Save for this client").click()
        panel.get_by_text("Saved. The next run uses these values.").wait_for()
        quiet(page)
    assert read_store(editor.folder).parameters == {"discount_rate": 0.25}


def test_the_start_page_works(chromium: Any, editor: Editor) -> None:
    with shown(chromium, editor, "0-start.ipynb") as page:
        run_all(page, editor.notebook("0-start.ipynb"))
        page.get_by_role("heading", name="Northbeam Software").wait_for()
        assert page.get_by_text("cxkit lab").count() == 0, "its notebooks lie beside this one, in any editor"
        page.get_by_role("button", name="Edit the mapping").click()
        page.get_by_role("button", name="Save mapping").wait_for()
        page.get_by_label("stage", exact=True).select_option(label="Quantify")
        written = page.get_by_label("comment", exact=True)
        written.fill("What **this** means")
        written.press("Tab")
        page.locator("strong", has_text="this").wait_for()
        assert page.locator(".cx a").count() == 0, "nothing here serves a file"
        quiet(page)


@pytest.mark.heavy
@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_what_a_notebook_shows_is_read_in_every_theme(chromium: Any, editor: Editor, notebook: str) -> None:
    with shown(chromium, editor, notebook) as page:
        run_all(page, editor.notebook(notebook))
        quiet(page)
        assert page.locator(".jupyter-widgets").count() > 0
        assert page.evaluate(ASKEW) == []
        page.add_style_tag(content=NOT_OURS)
        for theme, ground in LOOKS:
            dress(page, theme, ground)
            assert faint(page) == [], (theme, ground)


def test_links_lead_to_notebooks_and_headings_make_the_outline() -> None:
    """VS Code takes its outline from the headings of texts, and follows links from the folder of the notebook."""
    for name in NOTEBOOKS:
        text = (ROOT / "notebooks" / name).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)]+)\)", text):
            assert target in NOTEBOOKS, (name, target)
        assert re.search(r'"# [^"]', text), name
        assert not re.search(r'"\s*(?:%%?|!)\w', text), f"{name}: a magic or a shell command"


def test_a_widget_from_elsewhere_is_found(chromium: Any, editor: Editor) -> None:
    with shown(chromium, editor, "0-start.ipynb") as page:
        run(page, ELSEWHERE)
        assert page.evaluate("notebook.told")["asked"] == ["another-library@1.0.0"]
        with pytest.raises(AssertionError):
            quiet(page)


def test_a_colour_that_vs_code_gets_wrong_is_found(chromium: Any, editor: Editor) -> None:
    with shown(chromium, editor, "0-start.ipynb") as page:
        run(page, "import ipywidgets\n\nipywidgets.VBox([ipywidgets.HTML(f'A line, number {n}') for n in range(30)])")
        run(page, FAINT)
        assert faint(page) == []
        dress(page, "dark", "themed")
        assert [said.split(": ")[1] for said in faint(page)] == ["A colour of JupyterLab alone"]
