"""The panels of the stage notebooks."""

from __future__ import annotations

from collections.abc import Sequence

from cxkit import quantify
from cxkit.engagement.desk import Desk
from cxkit.records import Finding
from cxkit.widgets.panel import Panel, panel


def cases(desk: Desk) -> Panel:
    """Discount rate and horizon move the net present value of every business case."""

    def compute(discount_rate: float, horizon_months: int) -> Sequence[Finding]:
        found = quantify.business_cases(
            desk.tables,
            discount_rate=discount_rate,
            horizon_months=horizon_months,
            default_margin=desk.settings.default_margin,
            seed=desk.seed,
        )
        return [f for id in ("quantify.cases.total", "quantify.case.npv") for f in found.findings if f.id == id]

    return panel(desk, ("discount_rate", "horizon_months"), compute)
