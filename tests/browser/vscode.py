"""Notebooks as VS Code's own widget manager shows them, over a real Jupyter server and its kernel."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cxkit.engagement.notebooks import FOLDER, copy_notebooks
from tests.browser.labs import PATIENCE
from tests.conftest import ROOT, absent

PACKAGE = "@vscode/jupyter-ipywidgets8@1.0.9"
"""The widget manager with which VS Code's Jupyter extension shows ipywidgets 8."""
INTEGRITY = "bocCThfa4JDIDd7qCFAfW3HpzHfTLYxOTpTbiDfw4DXOUjKHnr6ObkMBiIkuzYPRybh5bY4FhYLemuDuTvIbpQ=="
"""SHA-512 of the package's archive, as its registry states it."""
SCRIPT = "package/dist/ipywidgets.js"
EXPORTED = "\nexport{__webpack_modules__ as modules,__webpack_require__ as required};"
"""Lets the page take the kernel's connection out of the package; VS Code has the same one in its extension."""

COLOURS = {
    "light": {"ink": "#3b3b3b", "paper": "#ffffff", "field": "#ffffff", "line": "#e5e5e5", "link": "#005fb8"},
    "dark": {"ink": "#cccccc", "paper": "#1f1f1f", "field": "#313131", "line": "#2b2b2b", "link": "#4daafc"},
}
"""The editor's two standard themes."""
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Notebook</title><style>
body { margin: 0; padding: 12px 24px; font: 13px sans-serif }
.output { padding: 8px; overflow-x: auto }
table { border-collapse: collapse } tr, th { text-align: right } td, th { border: none; padding: 4px 8px }
thead, tr:nth-child(even) { background: rgba(130, 130, 130, .16) }
</style></head><body><main id="container"></main><style id="look"></style>
<script>onerror = onunhandledrejection = () => { window.failed = !window.ready }</script>
<script type="module" src="vscode.js"></script></body></html>"""
"""What matters of what VS Code puts around outputs: rules for tables, right-aligned and striped, and a padding."""
THEME = """:root {{ --vscode-editor-foreground: {ink}; --vscode-foreground: {ink}; --vscode-editor-background: {paper};
  --vscode-notebook-cellEditorBackground: {paper}; --vscode-input-background: {field};
  --vscode-panel-border: {line}; --vscode-textLink-foreground: {link} }}
body {{ background: {paper}; color: {ink} }} a {{ color: {link} }} """
DRESS = """([theme, rules]) => {
    document.body.className = `vscode-${theme}`;
    document.body.dataset.vscodeThemeKind = `vscode-${theme}`;
    document.getElementById("look").textContent = rules;
}"""
GROUNDS = {
    "white": ".cell-output-ipywidget-background {{ background: white !important }}",
    "themed": """.cell-output-ipywidget-background {{ background: transparent !important; color: {ink};
      --jp-ui-font-color0: {ink}; --jp-ui-font-color1: {ink}; --jp-ui-font-color2: {ink}; --jp-ui-font-color3: {ink};
      --jp-content-font-color0: {ink}; --jp-content-font-color1: {ink}; --jp-content-font-color2: {ink};
      --jp-content-font-color3: {ink}; --jp-widgets-color: {ink}; --jp-widgets-label-color: {ink};
      --jp-widgets-readout-color: {ink}; --jp-widgets-input-color: {ink}; --jp-content-link-color: {link};
      --jp-widgets-input-background-color: {field}; --jp-layout-color0: {field}; --jp-layout-color1: {field};
      --jp-layout-color2: {field}; --jp-layout-color3: {field}; --jp-border-color1: {line}; --jp-border-color2: {line};
      --jp-widgets-input-border-color: {line} }}""",
}
"""What lies behind a widget: white in every theme, as in most versions of the extension, or the theme's own colours."""


@dataclass(frozen=True)
class Editor:
    """A Jupyter server on a client's notebooks, with the page that shows what its kernels answer."""

    address: str
    token: str
    folder: Path
    """The client's."""

    def notebook(self, name: str) -> Path:
        """One of the client's notebooks."""
        return self.folder / FOLDER / name


def manager() -> str:
    """The package's script; skipped with the reason, or failing where CI asks for it."""
    named = os.environ.get("CXKIT_VSCODE", "")
    if not named or not Path(named).is_file():
        absent("vscode", f"CXKIT_VSCODE does not name the archive that `npm pack {PACKAGE}` leaves")
    found = base64.b64encode(hashlib.sha512(Path(named).read_bytes()).digest()).decode()
    assert found == INTEGRITY, f"{named} is not {PACKAGE}"
    with tarfile.open(named) as archive:
        held = archive.extractfile(SCRIPT)
        assert held is not None
        return held.read().decode("utf-8")


@contextmanager
def editing(place: Path, client: str) -> Iterator[Editor]:
    """A Jupyter server as VS Code starts its kernels: without ``cxkit lab``, in the folder of a client's notebooks."""
    (place / "static").mkdir()
    (place / "static" / "ipywidgets.js").write_text(manager() + EXPORTED, encoding="utf-8")
    shutil.copy(Path(__file__).parent / "vscode.js", place / "static")
    (place / "static" / "notebook.html").write_text(PAGE, encoding="utf-8")
    data = place / "data"
    shutil.copytree(ROOT / "data" / client, data / client, ignore=shutil.ignore_patterns("work", "notebooks"))
    copy_notebooks(data / client)
    token = secrets.token_hex(16)
    profile = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON", "CXKIT", "XDG_"))}
    profile |= {"HOME": str(place), "USERPROFILE": str(place), "JUPYTER_TOKEN": token, "PYTHONUNBUFFERED": "1"}
    options = {"ip": "127.0.0.1", "port": "0", "root_dir": str(data / client / FOLDER), "allow_root": "True"}
    options |= {"open_browser": "False", "answer_yes": "True", "extra_static_paths": f"[{str(place / 'static')!r}]"}
    command = [sys.executable, "-m", "jupyter_server", *(f"--ServerApp.{k}={v}" for k, v in options.items())]
    with (place / "stderr").open("w") as told:
        server = subprocess.Popen(command, cwd=place, env=profile, stdout=subprocess.DEVNULL, stderr=told)
    try:
        yield Editor(_address(place / "stderr", server), token, data / client)
    finally:
        server.terminate()
        server.wait(30)


def _address(told: Path, server: subprocess.Popen[bytes]) -> str:
    """Where the server says it is."""
    for _ in range(600):
        found = re.search(r"http://127\.0\.0\.1:\d+/", told.read_text(encoding="utf-8"))
        if found:
            return found[0]
        try:
            server.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError(told.read_text(encoding="utf-8"))


@contextmanager
def shown(chromium: Any, editor: Editor, notebook: str) -> Iterator[Any]:
    """A notebook's kernel and VS Code's manager on an empty page; no cell was run.

    ``page.said`` holds errors and warnings of the console, ``page.asked`` every address that was asked for.
    """
    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.said, page.asked = [], []
    page.on("console", lambda one: page.said.append(one.text) if one.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: page.said.append(str(error)))
    context.on("request", lambda request: page.asked.append(request.url))
    page.on("websocket", lambda socket: page.asked.append(socket.url))
    page.goto(f"{editor.address}static/notebook.html?token={editor.token}&notebook={notebook}")
    page.wait_for_function("window.ready || window.failed")
    assert page.evaluate("window.ready"), page.said
    dress(page, "light", "white")
    try:
        yield page
    finally:
        page.evaluate("notebook.end()")
        context.close()


def dress(page: Any, theme: str, ground: str) -> None:
    """Choose a theme of the editor, and what its extension puts behind widgets."""
    page.evaluate(DRESS, [theme, (THEME + GROUNDS[ground]).format(**COLOURS[theme])])


def run(page: Any, code: str) -> None:
    """Run one cell and wait for its outputs."""
    failed = page.evaluate("code => notebook.run(code)", code)
    assert not failed, failed


def run_all(page: Any, notebook: Path) -> None:
    """Run every cell of a notebook from top to bottom."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        if cell["cell_type"] == "code":
            run(page, "".join(cell["source"]))


def quiet(page: Any) -> None:
    """The manager knew every class, nothing failed or warned, and nothing beyond this machine was asked for.

    No panel needs an output widget either: VS Code fills these from outside the page, which is not tried here.
    """
    told = page.evaluate("notebook.told")
    assert told["classes"], "it was asked for no widget"
    assert "OutputModel" not in told["classes"], "an output widget"
    assert told["asked"] == told["failed"] == [], told
    assert page.said == [], page.said
    outside = [url for url in page.asked if urlsplit(url).scheme not in {"data", "blob"}]
    assert {urlsplit(url).hostname for url in outside} == {"127.0.0.1"}, outside
