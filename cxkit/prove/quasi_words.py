"""Comparisons without a draw as sentences."""

from __future__ import annotations

from cxkit import formats
from cxkit.prove import wording
from cxkit.prove.did import Did
from cxkit.prove.matched import BALANCED, Matched
from cxkit.prove.quasi_arms import Assessed
from cxkit.prove.sensitivity import MOST, POWER, SILENT_P
from cxkit.prove.synthetic import Synthetic
from cxkit.prove.trials import Arm
from cxkit.prove.verdict import Verdict, tone
from cxkit.records import Finding

ABOUT = {
    "did": "the mean effect on the groups reached, groups as the unit of analysis",
    "synthetic_control": "the mean effect on the group since its start, other groups in its place",
    "matched": "the effect on the treated customers who were matched",
}
SHOWN = {"raised", "cut", "higher", "lower"}


def effect_finding(
    found: Assessed, said: Verdict, p_adjusted: float, *, tests: int, level: float, currency: str
) -> Finding:
    """The effect of one arm with its grade and the allowance in its interval."""
    arm, plan = found.arm, found.arm.plan
    assert arm.comparison is not None
    money = plan.money(arm.comparison.effect)
    return Finding(
        id="prove.effect",
        stage="prove",
        title=_title(arm, said, currency),
        detail=" ".join(_detail(found, said, p_adjusted, tests=tests, level=level, currency=currency)),
        value=arm.comparison.effect,
        unit=plan.unit,
        currency=currency if plan.unit == "money" else "",
        low=arm.low,
        high=arm.high,
        level=level,
        about=ABOUT[plan.design] + (", with a declared bias allowance" if arm.allowance else ""),
        n=arm.n_clusters or arm.n_control + arm.n_treated,
        period=arm.period,
        grade=arm.grading.grade,
        sources=arm.sources,
        initiative=plan.initiative_id,
        subject=arm.subject,
        tone=tone(plan, said, arm.low, arm.high),
        weight=abs(money) if money is not None and said in SHOWN else 0.0,
    )


def _name(arm: Arm, *, first: bool = False) -> str:
    name = arm.plan.name[:1].upper() + arm.plan.name[1:] if first else arm.plan.name
    return name if arm.alone else f"{name}, arm {arm.arm},"


def _title(arm: Arm, said: Verdict, currency: str) -> str:
    plan, metric = arm.plan, arm.plan.metric_name
    size, span = wording.size_text(arm, currency), wording.span_text(arm, currency)
    who, first = _name(arm), _name(arm, first=True)
    than = {
        "did": "than change elsewhere lets expect",
        "synthetic_control": "than a mixture of other groups lets expect",
        "matched": "than with customers like them",
    }[plan.design]
    match said:
        case "raised" | "cut":
            how = "change elsewhere" if plan.design == "did" else "a mixture of other groups"
            return f"{first} {said} {metric} by {size} ({span}), held against {how}"
        case "higher" | "lower" if plan.design == "matched":
            return f"Customers with {who} have {metric} {size} {said} {than} ({span}); this alone shows no cause"
        case "higher" | "lower":
            after = f"After {who.rstrip(',')}, {metric} was {size} {said} {than}"
            return f"{after} ({span}); the checks do not carry a cause"
        case "no effect worth having":
            worth = plan.amount(plan.worthwhile or 0, currency)
            return f"{first} has not shown an effect worth having on {metric}: {span}, all within {worth}"
        case "has not shown an effect":
            return f"{first} has not shown an effect on {metric}: {span}"
        case _:
            between = span.replace(" to ", " and ")
            return f"The data cannot tell whether {who} moves {metric}: the change lies between {between}"


def _detail(found: Assessed, said: Verdict, p_adjusted: float, *, tests: int, level: float, currency: str) -> list[str]:
    arm, plan, made = found.arm, found.arm.plan, found.made
    assert arm.comparison is not None
    show = (lambda v: formats.quantity(v, "ratio")) if plan.kind == "binary" else (lambda v: plan.amount(v, currency))
    text = [f"It was {show(arm.comparison.treated)} where {show(arm.comparison.baseline)} was to be expected."]
    if isinstance(made, Did):
        kind = (
            "started at different times and each is held against those not reached yet"
            if made.staggered
            else "started together"
        )
        text.append(f"{made.reached} of {made.groups} groups were reached; they {kind}.")
    elif isinstance(made, Synthetic):
        open_to = f"{len(made.weights)} other groups are open to it"
        text.append(f"The mixture misses by {show(made.rmspe)} before the start; {open_to}.")
    else:
        crude = plan.amount(made.crude, currency, signed=True)
        text.append(
            f"{made.n_treated:,} treated customers beside {made.n_control:,} like them in {made.strata:,} strata; "
            f"without matching the difference is {crude}."
        )
    p = arm.comparison.p
    if tests > 1 and p <= 1 - level < p_adjusted:
        text.append(f"Alone it would pass (p {p:.3f}); among the {tests} tests of this kind in the report it does not.")
    if arm.grading.grade != "B":
        reasons = formats.listing(list(arm.grading.reasons), most=3)
        text.append(
            f"Graded {arm.grading.grade} because not every rule holds ({reasons}); "
            f"{plan.amount(arm.allowance, currency)} of possible bias are allowed for at both ends."
        )
    else:
        text.append("Graded B: every rule holds, and the checks could have failed.")
    return [*text, *arm.notes]


def check_findings(found: Assessed, *, currency: str) -> list[Finding]:
    """What the checks of one arm say, each with its own number."""
    made = found.made
    if isinstance(made, Did):
        out = [_trend(found, currency), _overturned(found, currency), _earlier(found, currency)]
    elif isinstance(made, Synthetic):
        out = [_fit(found, made), _overturned(found, currency), _rank(found, made), _earlier(found, currency)]
    else:
        out = [_balance(found, made), _unseen(found, made)]
    return [f for f in out if f is not None]


def _finding(found: Assessed, id: str, title: str, **more: object) -> Finding:
    plan = found.arm.plan
    return Finding.model_validate(
        {
            "id": f"prove.quasi.{id}",
            "stage": "prove",
            "title": title,
            "n": found.arm.n_clusters or found.arm.n_control + found.arm.n_treated,
            "period": found.arm.period,
            "sources": found.arm.sources,
            "initiative": plan.initiative_id,
            "subject": found.subject,
        }
        | more
    )


def _trend(found: Assessed, currency: str) -> Finding | None:
    before, plan = found.before, found.arm.plan
    if before is None:
        return None
    chance = formats.quantity(before.power, "probability")
    slope = plan.amount(before.slope, currency, signed=True)
    if before.p <= SILENT_P:
        title = f"Groups were drifting apart before {plan.name} started: {slope} per period (p {before.p:.2f})"
        mood = "bad"
    elif before.explains <= 0:
        title = f"No trend is seen before {plan.name} started; there is no effect to hold that against"
        mood = "neutral"
    elif before.power >= POWER:
        title = (
            f"No trend is seen before {plan.name} started; one that explains the effect would show in {chance} of cases"
        )
        mood = "good"
    else:
        title = (
            f"That no trend is seen before {plan.name} started says little: one that explains the effect would show in "
            f"only {chance} of cases"
        )
        mood = "unknown"
    return _finding(
        found, "trend", title, value=before.power, unit="probability", tone=mood,
        about="chance that the check fails under a straight trend that would explain the whole effect",
        detail=f"Slope before the start {slope} per period over {before.periods} periods; the trend that would explain "
        f"the effect is {plan.amount(before.explains, currency)} per period.",
    )  # fmt: skip


def _overturned(found: Assessed, currency: str) -> Finding | None:
    if not found.shown:
        return None
    plan, value, did = found.arm.plan, found.breakdown, isinstance(found.made, Did)
    most = MOST if did else 100.0
    if did:
        rest = "trends differed after the start by more than {} times the largest difference seen before it"
    else:
        rest = "the group drifted from its mixture after the start by more than {} times its usual miss before it"
    if value == 0:
        title = (
            f"The result of {plan.name} falls with any drift: seen from the last time before the start it is not shown"
        )
    elif value is None:
        title = f"The result of {plan.name} holds unless " + rest.format(f"{most:g}")
    else:
        title = f"The result of {plan.name} holds unless " + rest.format(f"{value:.2g}")
    method = "Rambachan and Roth's bound on relative magnitudes" if did else "misses added to both ends of the interval"
    how = "Differences are from one block of periods to the next; a block is a third of what is seen since the start."
    return _finding(
        found, "sensitivity", title, value=most if value is None else value, unit="multiple",
        tone="good" if value is None or value >= 1 else "unknown" if value >= 0.5 else "bad",
        about=f"smallest violation that overturns the result, by {method}",
        detail=how if did else "",
    )  # fmt: skip


def _earlier(found: Assessed, currency: str) -> Finding | None:
    row = next((r for r in found.rows["placebos"] if r["kind"] == "earlier start"), None)
    if row is None:
        return None
    plan, size = found.arm.plan, found.arm.plan.amount(row["value"], currency, signed=True)
    good = bool(row["passed"])
    title = (
        f"A start moved into the past shows nothing for {plan.name}: {size} (p {row['p']:.2f})"
        if good
        else f"A start moved into the past shows an effect of {plan.name} too: {size} (p {row['p']:.2f})"
    )
    return _finding(
        found, "placebo", title, value=row["p"], unit="none", tone="good" if good else "bad",
        about="chance of a placebo effect at least this large if nothing happened",
    )  # fmt: skip


def _fit(found: Assessed, made: Synthetic) -> Finding:
    ratio, plan = made.rmspe / made.usual, found.arm.plan
    return _finding(
        found,
        "fit",
        f"Before {plan.name} the mixture of other groups misses by {ratio:.2g} times what is usual among them",
        value=ratio, unit="multiple", tone="good" if ratio <= 1.25 else "unknown",
        about="root mean square of the miss before the start, in the median of the other groups' own",
    )  # fmt: skip


def _rank(found: Assessed, made: Synthetic) -> Finding:
    others, plan = len(made.weights), found.arm.plan
    ahead = round(made.rank_p * (others + 1)) - 1
    who, stand = "none" if ahead == 0 else f"{ahead}", "stands" if ahead <= 1 else "stand"
    return _finding(
        found,
        "rank",
        f"Of {others} other groups treated alike, {who} {stand} out as much as {plan.name}",
        value=made.rank_p, unit="none", n=others + 1, tone="good" if made.rank_p <= 0.1 else "unknown",
        about="rank of the ratio of misses after and before the start, as a share",
    )  # fmt: skip


def _balance(found: Assessed, made: Matched) -> Finding:
    plan, good = found.arm.plan, made.worst <= BALANCED
    lost = made.lost_treated + made.lost_control
    state = "alike" if good else "still unlike"
    return _finding(
        found, "balance",
        f"Customers matched for {plan.name} are {state}: at worst {made.worst:.2f} standard deviations apart on what "
        "was declared",
        value=made.worst, unit="none", n=made.n_treated + made.n_control, tone="good" if good else "bad",
        about="largest standardised difference of means after matching; up to 0.1 counts as balanced",
        detail=f"{lost:,} units without a like one are left out ({made.lost_treated:,} treated). What was not declared "
        "may differ.",
    )  # fmt: skip


def _unseen(found: Assessed, made: Matched) -> Finding | None:
    if not found.shown:
        return None
    plan = found.arm.plan
    return _finding(
        found, "sensitivity",
        f"The result of {plan.name} holds unless something unseen is {made.e_value_end:.2g} times as frequent with "
        "taking part, and with the outcome",
        value=made.e_value_end, unit="multiple", tone="good" if made.e_value_end >= 2 else "unknown",
        about="E-value of the end of the interval nearest to no effect (VanderWeele and Ding 2017)",
        detail=f"To explain the whole effect it would have to be {made.e_value:.2g} times.",
    )  # fmt: skip
