"""The parts of the start page, one call each: ``start.picker(start.workbench(desk))`` and on."""

from __future__ import annotations

from cxkit.engagement.desk import Desk
from cxkit.widgets.bench import Workbench
from cxkit.widgets.build import Build
from cxkit.widgets.commentary import Commentary
from cxkit.widgets.council import Council
from cxkit.widgets.gates import Gates
from cxkit.widgets.health import Health
from cxkit.widgets.mapping import MappingEditor
from cxkit.widgets.picker import Picker
from cxkit.widgets.stages import Stages


def workbench(desk: Desk, *, as_of: str | None = None) -> Workbench:
    """The bench that holds the open client for all parts of the page."""
    return Workbench(desk, seed=desk.seed, as_of=as_of)


def picker(bench: Workbench) -> Picker:
    """Choose the client."""
    return Picker(bench)


def stages(bench: Workbench) -> Stages:
    """The six stages and the notebooks of one's own."""
    return Stages(bench)


def health(bench: Workbench) -> Health:
    """What is wrong with the data, and what to do."""
    return Health(bench)


def mapping(bench: Workbench) -> MappingEditor:
    """Which file is which table, and which column is which."""
    return MappingEditor(bench)


def commentary(bench: Workbench) -> Commentary:
    """Write about a stage."""
    return Commentary(bench)


def decisions(bench: Workbench) -> Council:
    """Record what the council decides."""
    return Council(bench)


def gates(bench: Workbench) -> Gates:
    """What needs review before the report is final."""
    return Gates(bench)


def build(bench: Workbench) -> Build:
    """Build the report and open it."""
    return Build(bench)
