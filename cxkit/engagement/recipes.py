"""How each result is computed from a desk: one line per result, the same calls the notebooks make.

A notebook that needs an earlier stage's result which nobody has saved yet computes it here; a test holds
that notebook and recipe give the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cxkit import align, govern, instrument, orchestrate, prove, quantify
from cxkit.records import Result

if TYPE_CHECKING:
    from cxkit.engagement.desk import Desk


def _scorecard(desk: Desk) -> Result:
    return quantify.scorecard(
        desk.tables,
        targets=desk.targets,
        window_months=desk.settings.window_months,
        seed=desk.seed,
        provisional=desk.provisional,
    )


def _cases(desk: Desk) -> Result:
    return quantify.business_cases(
        desk.tables,
        discount_rate=desk.settings.discount_rate,
        horizon_months=desk.settings.horizon_months,
        default_margin=desk.settings.default_margin,
        seed=desk.seed,
    )


CLASSES: Mapping[str, type[Result]] = {
    f"{cls.stage}.{cls.name}": cls
    for cls in (
        align.Traceability,
        align.FailureScreen,
        align.SelfAssessment,
        quantify.Scorecard,
        quantify.BusinessCases,
        instrument.SignalMap,
        instrument.Attribution,
        instrument.ClosedLoop,
        orchestrate.MomentRegister,
        orchestrate.ServiceLevels,
        orchestrate.FirstValue,
        orchestrate.Funnel,
        prove.Experiments,
        prove.PnlBridge,
        govern.Ledger,
        govern.Maturity,
        govern.Portfolio,
        govern.Allocation,
        govern.Council,
    )
}
"""Every result of every stage by ``stage.name``, in the order they are computed."""

RECIPES: Mapping[str, Callable[[Desk], Result]] = {
    "align.traceability": lambda desk: align.traceability(desk.tables),
    "align.failures": lambda desk: align.failure_screen(desk.tables, desk.load(align.Traceability)),
    "align.maturity": lambda desk: align.self_assessment(desk.tables),
    "quantify.scorecard": _scorecard,
    "quantify.cases": _cases,
    "instrument.signals": lambda desk: instrument.signal_map(desk.tables),
    "instrument.attribution": lambda desk: instrument.attribution(
        desk.tables, window_months=desk.settings.window_months
    ),
    "instrument.loop": lambda desk: instrument.closed_loop(
        desk.tables, loop_sla_hours=desk.settings.loop_sla_hours, window_months=desk.settings.window_months
    ),
    "orchestrate.register": lambda desk: orchestrate.moment_register(desk.tables),
    "orchestrate.service": lambda desk: orchestrate.service_levels(
        desk.tables, fcr_window_days=desk.settings.fcr_window_days, window_months=desk.settings.window_months
    ),
    "orchestrate.first_value": lambda desk: orchestrate.first_value(desk.tables),
    "orchestrate.funnel": lambda desk: orchestrate.funnel(desk.tables, window_months=desk.settings.window_months),
    "prove.experiments": lambda desk: prove.experiments(desk.tables, seed=desk.seed),
    "prove.pnl": lambda desk: prove.pnl_bridge(desk.tables, desk.load(prove.Experiments)),
}
