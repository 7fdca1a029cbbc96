"""What holds for every panel that a test here makes."""

from __future__ import annotations

from collections.abc import Iterator

import ipywidgets
import pytest

CORE = {"@jupyter-widgets/base", "@jupyter-widgets/controls", "@jupyter-widgets/output"}
"""What every editor that shows widgets brings along: JupyterLab, VS Code, a converted page."""


@pytest.fixture(autouse=True)
def drawn_by_any_editor() -> Iterator[None]:
    """A panel is made of the core widgets alone: any other an editor would have to load from elsewhere."""
    met: set[str] = set()
    ipywidgets.Widget.on_widget_constructed(lambda made: met.update((made._model_module, made._view_module or "")))
    yield
    ipywidgets.Widget.on_widget_constructed(None)
    assert met - {""} <= CORE, met - CORE
