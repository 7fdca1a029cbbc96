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
        discount_timing=desk.settings.discount_timing,
        tax_rate=desk.settings.tax_rate,
        inflation=desk.settings.inflation,
        effect_scale=desk.settings.effect_scale,
        adoption_scale=desk.settings.adoption_scale,
        ramp_added=desk.settings.ramp_added,
        fiscal_year_start=desk.client.fiscal_year_start,
        haircut=desk.haircut,
    )


def _lifetime(desk: Desk) -> Result:
    return quantify.lifetime_value(
        desk.tables,
        horizon_months=desk.settings.horizon_months,
        discount_rate=desk.settings.discount_rate,
        default_margin=desk.settings.default_margin,
        seed=desk.seed,
    )


def _definitions(desk: Desk) -> Result:
    return quantify.definitions_used(
        desk.load(quantify.Scorecard),
        desk.previous(),
        desk.load(quantify.RevenueRetention),
        desk.load(quantify.Voice),
        desk.load(quantify.Drivers),
        desk.load(quantify.LifetimeValue),
        desk.load(quantify.PointWorth),
        desk.load(quantify.BusinessCases),
    )


def _attribution(desk: Desk) -> Result:
    return instrument.attribution(
        desk.tables, window_months=desk.settings.window_months, identity=desk.load(instrument.Identity)
    )


def _linkage(desk: Desk) -> Result:
    return instrument.linkage(
        desk.tables,
        desk.load(instrument.Identity),
        window_months=desk.settings.window_months,
        fcr_window_days=desk.settings.fcr_window_days,
        seed=desk.seed,
    )


def _service(desk: Desk) -> Result:
    return orchestrate.service_levels(
        desk.tables,
        fcr_window_days=desk.settings.fcr_window_days,
        window_months=desk.settings.window_months,
        sla_hours=desk.settings.sla_hours,
        sla_scale=desk.settings.sla_scale,
        calendar=desk.settings.calendar,
        target=desk.targets.get("sla_attainment"),
    )


def _repeats(desk: Desk) -> Result:
    return orchestrate.repeat_contacts(
        desk.tables,
        fcr_window_days=desk.settings.fcr_window_days,
        window_months=desk.settings.window_months,
        crosswalk=desk.load(instrument.Identity).tables.get("crosswalk"),
        families=desk.families,
        targets=desk.targets,
    )


def _plays(desk: Desk) -> Result:
    return orchestrate.plays(
        desk.tables,
        register=desk.plays,
        window_months=desk.settings.window_months,
        loop_sla_hours=desk.settings.loop_sla_hours,
    )


def _impact(desk: Desk) -> Result:
    return prove.impact(
        desk.tables,
        start=desk.programme_start,
        scorecard=desk.load(quantify.Scorecard),
        experiments=desk.load(prove.Experiments),
        quasi=desk.load(prove.Quasi),
        window_months=desk.settings.window_months,
        seed=desk.seed,
    )


def _diagnosis(desk: Desk) -> Result:
    return align.diagnosis(
        desk.load(align.Traceability),
        desk.load(align.FailureScreen),
        desk.load(align.SelfAssessment),
        desk.load(align.AlignmentAudit),
        desk.load(align.Leadership),
        desk.load(align.Signs),
        desk.load(align.Promises),
        desk.load(align.Trigger),
        desk.load(align.MetricConflict),
        desk.load(align.MetricDiet),
    )


CLASSES: Mapping[str, type[Result]] = {
    f"{cls.stage}.{cls.name}": cls
    for cls in (
        align.Traceability,
        align.FailureScreen,
        align.SelfAssessment,
        align.AlignmentAudit,
        align.Leadership,
        align.Signs,
        align.Promises,
        align.MetricConflict,
        align.MetricDiet,
        align.Trigger,
        align.Diagnosis,
        quantify.Scorecard,
        quantify.RevenueRetention,
        quantify.Voice,
        quantify.Drivers,
        quantify.LifetimeValue,
        quantify.PointWorth,
        quantify.BusinessCases,
        quantify.ClaimRegister,
        quantify.DefinitionsUsed,
        instrument.SignalMap,
        instrument.Tracking,
        instrument.Identity,
        instrument.Attribution,
        instrument.Linkage,
        instrument.Taxonomy,
        instrument.ClosedLoop,
        instrument.StructuralChange,
        orchestrate.MomentRegister,
        orchestrate.Ways,
        orchestrate.Funnel,
        orchestrate.FirstValue,
        orchestrate.ServiceLevels,
        orchestrate.Repeats,
        orchestrate.Staffing,
        orchestrate.Enablement,
        orchestrate.Plays,
        prove.Experiments,
        prove.Designs,
        prove.Checks,
        prove.Quasi,
        prove.PnlBridge,
        prove.Realised,
        prove.Forecasts,
        prove.Impact,
        govern.Ledger,
        govern.Shrinkage,
        govern.Portfolio,
        govern.Allocation,
        govern.PlanDifference,
        govern.Information,
        govern.Links,
        govern.Drift,
        govern.Maturity,
        govern.Council,
    )
}
"""Every result of every stage by ``stage.name``, in the order they are computed."""

RECIPES: Mapping[str, Callable[[Desk], Result]] = {
    "align.traceability": lambda desk: align.traceability(desk.tables),
    "align.failures": lambda desk: align.failure_screen(desk.tables, desk.load(align.Traceability)),
    "align.maturity": lambda desk: align.self_assessment(desk.tables),
    "align.audit": lambda desk: align.alignment_audit(desk.tables),
    "align.leadership": lambda desk: align.leadership(desk.tables, budget=desk.settings.budget),
    "align.signs": lambda desk: align.signs(
        desk.tables,
        window_months=desk.settings.window_months,
        trace=desk.load(align.Traceability),
        audit=desk.load(align.AlignmentAudit),
    ),
    "align.promises": lambda desk: align.promises(desk.tables),
    "align.conflict": lambda desk: align.metric_conflict(desk.tables, desk.load(align.Traceability), seed=desk.seed),
    "align.diet": lambda desk: align.metric_diet(desk.tables, desk.load(align.Traceability), seed=desk.seed),
    "align.trigger": lambda desk: align.trigger(desk.tables),
    "align.diagnosis": _diagnosis,
    "quantify.scorecard": _scorecard,
    "quantify.retention": lambda desk: quantify.revenue_retention(
        desk.tables, window_months=desk.settings.window_months
    ),
    "quantify.voice": lambda desk: quantify.voice(desk.tables, window_months=desk.settings.window_months),
    "quantify.drivers": lambda desk: quantify.drivers(
        desk.tables, window_months=desk.settings.window_months, provisional=desk.provisional
    ),
    "quantify.lifetime": _lifetime,
    "quantify.points": lambda desk: quantify.point_worth(
        desk.tables, default_margin=desk.settings.default_margin, seed=desk.seed
    ),
    "quantify.cases": _cases,
    "quantify.definitions": _definitions,
    "quantify.claims": lambda desk: quantify.claim_register(desk.tables, desk.load(quantify.BusinessCases)),
    "instrument.signals": lambda desk: instrument.signal_map(desk.tables),
    "instrument.tracking": lambda desk: instrument.tracking(
        desk.tables, frame=desk.frame, window_months=desk.settings.window_months, health=desk.broken
    ),
    "instrument.identity": lambda desk: instrument.identity(
        desk.tables, match_threshold=desk.settings.match_threshold, seed=desk.seed
    ),
    "instrument.attribution": _attribution,
    "instrument.linkage": _linkage,
    "instrument.taxonomy": lambda desk: instrument.taxonomy(
        desk.tables, frame=desk.frame, window_months=desk.settings.window_months, seed=desk.seed
    ),
    "instrument.loop": lambda desk: instrument.closed_loop(
        desk.tables, loop_sla_hours=desk.settings.loop_sla_hours, window_months=desk.settings.window_months
    ),
    "instrument.changes": lambda desk: instrument.structural_change(
        desk.tables, frame=desk.frame, window_months=desk.settings.window_months
    ),
    "orchestrate.register": lambda desk: orchestrate.moment_register(desk.tables),
    "orchestrate.ways": lambda desk: orchestrate.ways(desk.tables, window_months=desk.settings.window_months),
    "orchestrate.funnel": lambda desk: orchestrate.funnel(
        desk.tables, within_days=desk.settings.journey_days, window_months=desk.settings.window_months
    ),
    "orchestrate.first_value": lambda desk: orchestrate.first_value(desk.tables),
    "orchestrate.service": _service,
    "orchestrate.repeats": _repeats,
    "orchestrate.staffing": lambda desk: orchestrate.staffing(
        desk.tables, window_months=desk.settings.window_months, fcr_window_days=desk.settings.fcr_window_days
    ),
    "orchestrate.enablement": lambda desk: orchestrate.enablement(
        desk.tables, window_months=desk.settings.window_months, seed=desk.seed
    ),
    "orchestrate.plays": _plays,
    "prove.experiments": lambda desk: prove.experiments(desk.tables, seed=desk.seed, registrations=desk.registrations),
    "prove.designs": lambda desk: prove.designs(
        desk.tables,
        desk.load(prove.Experiments),
        registrations=desk.registrations,
        cases=desk.load(quantify.BusinessCases),
    ),
    "prove.checks": lambda desk: prove.checks(
        desk.tables, desk.load(prove.Experiments), seed=desk.seed, registrations=desk.registrations
    ),
    "prove.quasi": lambda desk: prove.quasi(desk.tables, seed=desk.seed, registrations=desk.registrations),
    "prove.pnl": lambda desk: prove.pnl_bridge(desk.tables, desk.load(prove.Experiments), desk.load(prove.Quasi)),
    "prove.realised": lambda desk: prove.realised(desk.tables, desk.load(prove.PnlBridge)),
    "prove.forecasts": lambda desk: prove.forecasts(
        desk.tables, forecasts=desk.forecasts, realised=desk.load(prove.Realised)
    ),
    "prove.impact": _impact,
}
