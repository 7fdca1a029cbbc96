"""Enablement: do people use what was made for them, and what goes with it?"""

from __future__ import annotations

from typing import ClassVar

from cxkit.metrics.windows import Window, last_complete_month, recent, window_to
from cxkit.orchestrate.enablement_adoption import adoption_part
from cxkit.orchestrate.enablement_effect import effect_part
from cxkit.orchestrate.enablement_people import people_part
from cxkit.orchestrate.part import Part
from cxkit.records import Result
from cxkit.tables.engine import Tables


class Enablement(Result):
    """Adoption, what goes with it, and the people side of change.

    Tables: ``adoption`` (by: all, kind, programme, team, programme and team; group, kind, team, month (the last one
    counted), eligible, completed, share, low, high, stale), ``adoption_months`` (of two years: programme, kind,
    team, month, eligible, completed, share), ``per_head`` (team, headcount, eligible, completed, per_head),
    ``effects`` (outcome: aht as a logarithm, recontact as a share; programme, groups, reached, method: staggered,
    before and after; value, low, high, p, adjusted (Holm over all programmes and outcomes), lead (the same in the
    three months before), lead_p, cells, verdict: moved, not shown, already changing, claimed; why), ``path``
    (since: months since the start, value, low, high, groups, outcome, programme), ``team_months`` (outcome,
    programme, team, month, value, reached) and ``implementation`` (kind: live, started, improvement; owner_role,
    cases, done, median_days, low, high, done_only, oldest_days).
    """

    stage: ClassVar[str] = "orchestrate"
    name: ClassVar[str] = "enablement"

    adoption_floor: float
    """Share of a team's people from which it counts as reached."""
    period: str = ""


def enablement(tables: Tables, *, window_months: int = 12, adoption_floor: float = 0.5, seed: int = 1) -> Enablement:
    """Adoption of the last months, its association with handling time and recontact, and time to implement."""
    window = recent(tables, "training", "month", window_months)
    whole = window or window_to(last_complete_month(tables.as_of), window_months)
    parts = [adoption_part(tables, window, adoption_floor)]
    parts += [effect_part(tables, floor=adoption_floor, seed=seed), people_part(tables, _same(whole, tables))]
    made = Part.joined(parts)
    return Enablement(
        as_of=tables.as_of,
        adoption_floor=float(adoption_floor),
        period=whole.label,
        findings=made.findings,
        gaps=made.gaps,
        tables=dict(made.tables),
    )


def _same(window: Window, tables: Tables) -> Window:
    """The window of what people did: up to the report, whatever month the training export ends with."""
    return window_to(last_complete_month(tables.as_of), len(window))
