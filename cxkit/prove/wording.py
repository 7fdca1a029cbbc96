"""Verdicts as sentences."""

from __future__ import annotations

import math

from scipy.stats import norm

from cxkit import formats
from cxkit.prove import cuped, design, sequential
from cxkit.prove.split import THRESHOLD
from cxkit.prove.trials import Arm
from cxkit.prove.verdict import Verdict, tone
from cxkit.records import Finding

EVERYBODY = {"up": "more is better", "down": "less is better"}


def effect_finding(
    arm: Arm, said: Verdict, p_adjusted: float | None, *, tests: int, level: float, currency: str
) -> Finding:
    """The finding of one arm; a blocked one carries no number but n."""
    plan, found = arm.plan, arm.comparison
    if found is None:
        return Finding(
            id="prove.effect",
            stage="prove",
            title=f"{_who(arm, first=True)} is blocked: the split does not match the plan ({_counts(arm)}), "
            "so no effect is shown",
            detail="Units left or entered one arm for a reason that chance does not explain; until it is found, the "
            "arms are not alike and their difference proves nothing.",
            n=arm.n_control + arm.n_treated,
            period=arm.period,
            grade="M",
            sources=arm.sources,
            initiative=plan.initiative_id,
            subject=arm.subject,
            tone="bad",
        )
    money = plan.money(found.effect)
    return Finding(
        id="prove.effect",
        stage="prove",
        title=_title(arm, said, currency) + ("; but a limit is breached" if arm.guardrail == "breached" else ""),
        detail=" ".join(_detail(arm, said, p_adjusted, tests=tests, level=level, currency=currency)),
        value=found.effect,
        unit=plan.unit,
        currency=currency if plan.unit == "money" else "",
        low=arm.low,
        high=arm.high,
        level=level,
        about=_about(arm),
        n=arm.n_clusters or arm.n_control + arm.n_treated,
        period=arm.period,
        grade=arm.grading.grade,
        sources=arm.sources,
        initiative=plan.initiative_id,
        subject=arm.subject,
        tone=tone(plan, said, arm.low, arm.high, guardrail=arm.guardrail),
        weight=abs(money) if money is not None and said in {"raised", "cut", "higher", "lower"} else 0.0,
    )


def split_finding(arm: Arm) -> Finding:
    """Whether the draw went as planned."""
    plan, split = arm.plan, arm.split
    failed = split.failed
    p = "p below 0.001" if split.p is not None and split.p < THRESHOLD else f"p {split.p:.3f}"
    says = "does not match" if failed else "matches"
    return Finding(
        id="prove.split",
        stage="prove",
        title=f"The split of {plan.name} {says} its plan: {_counts(arm)} ({p})",
        detail="The verdict is blocked until the cause is found." if failed else "",
        value=split.p,
        unit="none",
        about="chance of a split at least this uneven if the draw went as planned",
        n=sum(n for _, n in split.counts),
        period=arm.period,
        sources=arm.sources,
        initiative=plan.initiative_id,
        subject=plan.experiment_id,
        tone="bad" if failed else "good",
    )


def _title(arm: Arm, said: Verdict, currency: str) -> str:
    plan, found = arm.plan, arm.comparison
    assert found is not None
    who, whom, metric = _who(arm, first=True), _who(arm), plan.metric_name
    size, span = size_text(arm, currency), span_text(arm, currency)
    match said:
        case "raised" | "cut":
            small = bool(plan.worthwhile) and max(abs(arm.low), abs(arm.high)) < (plan.worthwhile or 0)
            tail = f", less than the {plan.amount(plan.worthwhile or 0, currency)} worth having" if small else ""
            return f"{who} {said} {metric} by {size} ({span}){tail}"
        case "higher" | "lower":
            change = f"After {whom.rstrip(',')}, {metric} was {size} {said} than before ({span})"
            return f"{change}; without a control group this shows no cause"
        case "not read yet":
            between = span.replace(" to ", " and ")
            return f"{who} is read at its end and still runs: so far the change of {metric} lies between {between}"
        case "no effect worth having":
            worth = plan.amount(plan.worthwhile or 0, currency)
            return f"{who} has not shown an effect worth having on {metric}: {span}, all within {worth}"
        case "has not shown an effect":
            return f"{who} has not shown an effect on {metric}: {span}"
        case _:
            between = span.replace(" to ", " and ")
            return f"The data cannot tell whether {whom} moves {metric}: the change lies between {between}"


def size_text(arm: Arm, currency: str) -> str:
    """The size of the effect without its sign; in percent where the metric's unit is bare and its level above zero."""
    assert arm.comparison is not None
    if arm.plan.unit == "none" and arm.comparison.relative is not None:
        return formats.quantity(abs(arm.comparison.relative), "ratio")
    return arm.plan.amount(abs(arm.comparison.effect), currency)


def span_text(arm: Arm, currency: str) -> str:
    """The interval: of the size when it lies on one side of zero, with signs when it does not."""
    plan, found = arm.plan, arm.comparison
    assert found is not None
    ends = [arm.low, arm.high]
    one_sided = arm.low > 0 or arm.high < 0
    low, high = relative_ends(arm)
    if plan.unit == "none" and low is not None and high is not None:
        signed = [low, high] if not one_sided else sorted((abs(low), abs(high)))
        texts = [formats.quantity(v, "ratio", signed=not one_sided) for v in signed]
    else:
        values = sorted(map(abs, ends)) if one_sided else ends
        texts = [plan.amount(v, currency, signed=not one_sided) for v in values]
    for tail in (f"{formats.THIN}%", " points", *(f" {u}" for u in ("minutes", "hours", "days", "months"))):
        if texts[0].endswith(tail) and texts[1].endswith(tail):
            texts[0] = texts[0].removesuffix(tail)
    return f"{texts[0]} to {texts[1]}"


def relative_ends(arm: Arm) -> tuple[float | None, float | None]:
    """Ends of the relative interval with the declared allowance."""
    found = arm.comparison
    if found is None or found.relative_low is None or found.relative_high is None:
        return None, None
    wider = arm.allowance / abs(found.baseline) if found.baseline else 0.0
    return found.relative_low - wider, found.relative_high + wider


def _who(arm: Arm, *, first: bool = False) -> str:
    name = arm.plan.name[:1].upper() + arm.plan.name[1:] if first else arm.plan.name
    return name if arm.alone else f"{name}, arm {arm.arm},"


def _counts(arm: Arm) -> str:
    what = "clusters" if arm.n_clusters else "units"
    each = formats.listing([f"{n:,} {what} in {name}" for name, n in arm.split.counts])
    planned = f", {formats.quantity(arm.split.planned[0], 'ratio')} planned in {arm.plan.control_arm}"
    return each + (planned if arm.split.planned else "")


def _about(arm: Arm) -> str:
    about = {
        "holdout": "the effect of the programme on those who were not left out",
        "before_after": "the change from before to after, with a declared bias allowance",
    }.get(arm.plan.design, "the effect of being given the arm, used or not")
    return f"{about}, clusters as the unit of analysis" if arm.n_clusters else about


def _detail(arm: Arm, said: Verdict, p_adjusted: float | None, *, tests: int, level: float, currency: str) -> list[str]:
    plan, found = arm.plan, arm.comparison
    assert found is not None
    show = (lambda v: formats.quantity(v, "ratio")) if plan.kind == "binary" else (lambda v: plan.amount(v, currency))
    units = f"{arm.n_control:,} against {arm.n_treated:,} units"
    if arm.n_clusters:
        units += f" in {arm.n_clusters:,} clusters"
    text = [f"From {show(found.baseline)} to {show(found.treated)}, {units}; {EVERYBODY[plan.direction]}."]
    if found.cuped_gain is not None:
        if "CUPED" in found.method:
            gain = formats.quantity(found.cuped_gain, "ratio")
            text.append(f"What was known before the draw took out {gain} of the variance (CUPED).")
        else:
            why = "says next to nothing about" if found.cuped_gain < cuped.WORTH_SAYING else "is the same as"
            text.append(f"The pre-period value {why} the outcome, so it was not used.")
    text.extend(_looks(arm))
    if tests > 1 and p_adjusted is not None and found.p <= 1 - level < p_adjusted:
        text.append(f"Alone it would pass (p {found.p:.3f}); among the {tests} tests of this report it does not.")
    if said == "cannot tell":
        text.extend(_needed(arm, level, currency))
    if arm.grading.reasons:
        reasons = formats.listing(list(arm.grading.reasons))
        text.append(f"Graded {arm.grading.grade} because {reasons}; ")
        text[-1] += f"{plan.amount(arm.allowance, currency)} of possible bias are allowed for at both ends."
    return [*text, *arm.notes]


def _looks(arm: Arm) -> list[str]:
    """How often the interval may be read, where that is more than once, and what the guardrails say."""
    plan, found = arm.plan, arm.comparison
    said = []
    if found is not None and found.planned is not None:
        size = f"tightest at {_rounded_up(found.planned):,} {'clusters' if arm.n_clusters else 'units'}"
        said.append(f"The interval is {sequential.METHOD}, {size}.")
        if plan.unread:
            said.append("It was registered to be read once, so the verdict waits for its end; read before, it would "
                        "raise more false alarms.")  # fmt: skip
        elif plan.looks != "always":
            said.append("It has no end yet; an ordinary interval read before the end would be peeking.")
    if arm.guardrail == "breached":
        said.append("A limit that was to hold is breached, so this is no good news.")
    if arm.guardrail == "cannot tell":
        said.append("Whether every limit that was to hold does hold cannot be told.")
    return said


def _needed(arm: Arm, level: float, currency: str) -> list[str]:
    """How many units it would have taken to see the smallest change worth having."""
    plan, found = arm.plan, arm.comparison
    assert found is not None
    if not plan.worthwhile:
        return []
    seen = design.detectable(found.se, alpha=1 - level)
    if found.planned is not None:
        seen *= 1 + (sequential.boundary(1, level=level) - norm.isf((1 - level) / 2)) * found.se / seen
    if seen <= plan.worthwhile:
        return []
    factor = (seen / plan.worthwhile) ** 2
    n = _rounded_up(factor * (arm.n_clusters or arm.n_control + arm.n_treated))
    what = "clusters" if arm.n_clusters else "units"
    return [
        f"To see the {plan.amount(plan.worthwhile, currency)} worth having four times in five, "
        f"about {n:,} {what} are needed in all."
    ]


def _rounded_up(value: float) -> int:
    """Up to two significant digits; more would pretend."""
    step = 10 ** max(math.floor(math.log10(value)) - 1, 0)
    return math.ceil(value / step) * step
