"""Guardrails: what must not get worse by more than a margin written down beforehand.

A guardrail *holds* when the harm is below its margin at the level, one-sided (non-inferiority): its interval is that of
both one-sided bounds. All of them must hold, so none of these tests is corrected for the others (intersection–union,
Berger 1982): that every limit holds is claimed wrongly in at most the level's share of cases. That one is *breached* is
a claim about one among several, so it needs an interval beyond the margin and a p that passes Holm's correction over
all guardrails and variants of the report. Anything else *cannot be told*: no sign of harm is no sign of safety.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from scipy.stats import t

from cxkit import formats
from cxkit.metrics import multiplicity
from cxkit.prove import sequential
from cxkit.prove.checks_metrics import Answer, Further, subject
from cxkit.prove.trials import Arm
from cxkit.records import Finding, Gap, Missing

Status = Literal["holds", "breached", "cannot tell", "blocked"]

MULTIPLICITY = "each limit at its own level, one-sided, as all must hold; a breach is corrected by Holm over the report"
"""The convention on several guardrails."""

TONES: Mapping[Status, Literal["good", "bad", "unknown"]] = {
    "holds": "good",
    "breached": "bad",
    "cannot tell": "unknown",
    "blocked": "bad",
}
WORST: tuple[Status, ...] = ("breached", "cannot tell", "holds")
ORDER: tuple[Status, ...] = ("breached", "blocked", "cannot tell", "holds")


class Guardrail(NamedTuple):
    """One guardrail and arm, judged; the interval is of both one-sided bounds, harm counts against the direction."""

    further: Further
    arm: Arm
    status: Status
    harm: float | None = None
    harm_low: float | None = None
    harm_high: float | None = None
    p_breach: float | None = None
    p_adjusted: float | None = None

    @property
    def subject(self) -> str:
        """Experiment, metric and, where there are several, arm."""
        return subject(self.further, self.arm)


def two_sided(level: float) -> float:
    """The level of the interval whose ends are both one-sided bounds at `level`.

    >>> round(two_sided(0.95), 2)
    0.9
    """
    return 2 * level - 1


def judge(answers: Sequence[Answer], *, level: float) -> tuple[list[Guardrail], list[Gap]]:
    """Hold each answer, whose intervals are at `two_sided` of the level, against its margin."""
    gaps = [a.arm for a in answers if isinstance(a.arm, Gap)]
    gaps += [no_margin(one) for one in {a.further.plan.metric + a.further.plan.experiment_id: a.further for a in answers
                                        if isinstance(a.arm, Arm) and a.further.margin is None}.values()]  # fmt: skip
    arms = [(a.further, a.arm) for a in answers if isinstance(a.arm, Arm) and a.further.margin is not None]
    raised = [_breach_p(one, arm, level=level) for one, arm in arms if arm.comparison is not None]
    corrected = iter(zip(raised, multiplicity.adjusted(raised, "holm"), strict=True))
    found = []
    for one, arm in arms:
        if arm.comparison is None:
            found.append(Guardrail(one, arm, "blocked"))
            continue
        margin, worse = float(one.margin or 0.0), -one.plan.better
        low, high = sorted((worse * arm.low, worse * arm.high))
        p, p_adjusted = next(corrected)
        status: Status = "cannot tell"
        if high < margin:
            status = "holds"
        elif low > margin and p_adjusted <= 1 - level + 1e-12:
            status = "breached"
        found.append(Guardrail(one, arm, status, worse * arm.comparison.effect, low, high, p, p_adjusted))
    return found, gaps


def over_all(judged: Sequence[Guardrail]) -> dict[str, str]:
    """Arm (``experiment/arm``) → its worst guardrail: breached, cannot tell or holds."""
    found: dict[str, str] = {}
    for status in reversed(WORST):
        for one in judged:
            if one.status == status:
                found[f"{one.arm.plan.experiment_id}/{one.arm.arm}"] = status
    return found


def no_margin(one: Further) -> Gap:
    """The gap of a guardrail without a margin: without it, no figure can say that it holds."""
    return Gap(
        id="prove.guardrail",
        what=f"Whether {one.plan.name} keeps its limit on {one.plan.metric_name}",
        reason="It is registered as a limit, but not how much worse is still bearable.",
        needs=(Missing(name="experiment_metrics", columns=("margin",), why="empty"),),
        initiative=one.plan.initiative_id,
        subject=f"{one.plan.experiment_id}/{one.plan.metric}",
    )


def finding(one: Guardrail, *, level: float, currency: str) -> Finding:
    """The guardrail in words."""
    plan, arm = one.arm.plan, one.arm
    who = plan.name if arm.alone else f"{plan.name}, arm {arm.arm},"
    start = who[:1].upper() + who[1:]
    margin = plan.amount(float(one.further.margin or 0.0), currency)
    if one.harm is None or one.harm_low is None or one.harm_high is None:
        title = f"The limit of {plan.name} on {plan.metric_name} is not judged: the split does not match the plan"
        return _made(one, title, "The arms are not alike.", level=level, currency=currency)
    side = "more" if plan.direction == "down" else "less"
    span = _span(one, currency)
    if one.status == "holds":
        most = f"at most {plan.amount(one.harm_high, currency)} {side}" if one.harm_high > 0 else "it gets no worse"
        title = f"{start} keeps {plan.metric_name} within its limit: {most}, {margin} is bearable"
    elif one.status == "breached":
        bare = span.removeprefix("between ").removesuffix(f" {side}").replace(" and ", " to ")
        size = f"{plan.amount(one.harm, currency)} {side} ({bare})"
        title = f"{start} breaches its limit on {plan.metric_name}: {size}, {margin} is bearable"
    else:
        title = f"The data cannot tell whether {who} keeps {plan.metric_name} within its limit: {span}, "
        title += f"{margin} is bearable"
    detail = [f"The interval is of both one-sided bounds at {formats.quantity(level, 'ratio')}: {MULTIPLICITY}."]
    if one.status == "holds" and one.harm_low > 0:
        detail.append("It does get worse, by less than the limit.")
    if arm.comparison is not None and arm.comparison.planned is not None:
        detail.append("It holds at any time, so that a limit may be watched while the experiment runs.")
    if arm.grading.reasons:
        detail.append(f"Graded {arm.grading.grade} because {formats.listing(list(arm.grading.reasons))}.")
    return _made(one, title, " ".join([*detail, *arm.notes]), level=level, currency=currency)


def rows(judged: Sequence[Guardrail], *, level: float) -> list[dict[str, Any]]:
    """Rows of table `guardrails`."""
    made = []
    for one in judged:
        plan, arm, seen = one.arm.plan, one.arm, one.arm.comparison
        row: dict[str, Any] = plan.model_dump(
            include={"experiment_id", "initiative_id", "name", "metric", "metric_name", "kind", "direction", "unit"}
        )
        row |= {
            "arm": arm.arm,
            "control_arm": plan.control_arm,
            "margin": one.further.margin,
            "limit": -plan.better * float(one.further.margin or 0.0),
            "harm": one.harm,
            "harm_low": one.harm_low,
            "harm_high": one.harm_high,
            "p": one.p_breach,
            "p_adjusted": one.p_adjusted,
            "verdict": one.status,
            "tone": TONES[one.status],
            "level": level,
            "n_control": arm.n_control,
            "n_treated": arm.n_treated,
            "n_clusters": arm.n_clusters,
            "grade": arm.grading.grade,
            "grade_reasons": "; ".join(arm.grading.reasons),
            "period": arm.period,
        }
        if seen is not None:
            row |= {"baseline": seen.baseline, "treated": seen.treated, "effect": seen.effect, "method": seen.method}
            row |= {"low": arm.low, "high": arm.high}
        made.append(row)
    return made


def _breach_p(one: Further, arm: Arm, *, level: float) -> float:
    """One-sided p of a harm no larger than the margin, its bias allowance against the claim."""
    seen = arm.comparison
    assert seen is not None
    n = arm.n_clusters or arm.n_control + arm.n_treated
    beyond = -one.plan.better * seen.effect - arm.allowance - float(one.margin or 0.0)
    tail = float(t.sf(beyond / seen.se, max(n - 2, 1))) if seen.se > 0 else float(beyond <= 0)
    if seen.planned is None or tail >= 0.5:
        return tail
    return sequential.look_p(2 * tail, n, planned=seen.planned, level=two_sided(level)) / 2


def _span(one: Guardrail, currency: str) -> str:
    """The interval of the harm in words, towards worse."""
    plan = one.arm.plan
    assert one.harm_low is not None
    assert one.harm_high is not None
    bad, good = ("more", "less") if plan.direction == "down" else ("less", "more")

    def end(value: float) -> str:
        return f"{plan.amount(abs(value), currency)} {bad if value > 0 else good}"

    if one.harm_low > 0 or one.harm_high < 0:
        side = bad if one.harm_low > 0 else good
        ends = sorted(map(abs, (one.harm_low, one.harm_high)))
        return f"between {plan.amount(ends[0], currency)} and {plan.amount(ends[1], currency)} {side}"
    return f"between {end(one.harm_low)} and {end(one.harm_high)}"


def _made(one: Guardrail, title: str, detail: str, *, level: float, currency: str) -> Finding:
    arm, plan = one.arm, one.arm.plan
    shown = arm.comparison is not None and all(map(math.isfinite, (arm.low, arm.high)))
    return Finding(
        id="prove.guardrail",
        stage="prove",
        title=title,
        detail=detail,
        value=arm.comparison.effect if arm.comparison else None,
        unit=plan.unit,
        currency=currency if plan.unit == "money" else "",
        low=arm.low if shown else None,
        high=arm.high if shown else None,
        level=two_sided(level),
        about="the effect on a limit that must hold, both one-sided bounds",
        n=arm.n_clusters or arm.n_control + arm.n_treated,
        period=arm.period,
        grade=arm.grading.grade if arm.comparison else "M",
        sources=("experiment_metrics", *arm.sources),
        initiative=plan.initiative_id,
        subject=one.subject,
        tone=TONES[one.status],
    )
