"""The panel of service levels: windows, limits and the calendar, and what they do to the verdict."""

from __future__ import annotations

from typing import Any

from cxkit import orchestrate
from cxkit.charts.orchestrate import sla
from cxkit.charts.render import render
from cxkit.engagement.desk import Desk
from cxkit.formats import quantity
from cxkit.metrics.clock import calendars
from cxkit.metrics.service import ALWAYS
from cxkit.orchestrate import ServiceLevels
from cxkit.orchestrate.part import Memo
from cxkit.records import Finding
from cxkit.widgets.panel import Answer, Panel, panel

MOVED = ("fcr_window_days", "window_months", "sla_scale", "sla_hours", "calendar")
SHOWN = (
    "orchestrate.service.sla",
    "orchestrate.service.conventions",
    "orchestrate.service.slow_owner",
    "orchestrate.service.open",
    "orchestrate.service.fcr",
    "orchestrate.service.recontact",
)
HEAD = SHOWN[0]


def service(desk: Desk) -> Panel:
    """Follow-up window, months, limits and calendar move SLA attainment, who is slower, and what comes back.

    The calendars to choose from are the client's own, and ``always``, the clock that never stops.
    """
    memo: Memo = {}
    batch = _levels(desk, memo).finding(HEAD)

    def compute(**moved: Any) -> Answer:
        found = _levels(desk, memo, **moved)
        shown = [f for id in SHOWN for f in found.findings if f.id == id]
        lines = _beside(found.finding(HEAD), batch) or tuple(g.reason for g in found.gaps if g.id == HEAD)
        if not sla.ready(found):
            return Answer(tuple(shown), lines)
        return Answer(tuple(shown), lines, render(lambda: sla(found), prefix="panel"), sla.alt(found))

    known = dict.fromkeys([*calendars(desk.tables), ALWAYS, *filter(None, [desk.settings.calendar])])
    return panel(desk, MOVED, compute, allowed={"calendar": tuple(known)})


def _levels(desk: Desk, memo: Memo, **moved: Any) -> ServiceLevels:
    """The service levels on the desk's settled assumptions but for those that were moved."""
    settled = {name: getattr(desk.settings, name) for name in MOVED}
    return orchestrate.service_levels(
        desk.tables, target=desk.targets.get("sla_attainment"), detail=False, memo=memo, **{**settled, **moved}
    )


def _beside(now: Finding | None, batch: Finding | None) -> tuple[str, ...]:
    """The batch's own figure and the difference to it, while it is another one."""
    if now is None or batch is None or now.value is None or batch.value is None or now == batch:
        return ()
    apart = quantity(now.value - batch.value, "points", signed=True)
    return (f"The batch says {batch.value_text}; this is {apart} from it.",)
