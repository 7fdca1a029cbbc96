"""Designs as sentences: what was on file, what is too small, how long it takes, what would pay."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Literal

from cxkit import formats
from cxkit.prove.peeking import Peeking
from cxkit.prove.plan import Plan
from cxkit.prove.registration import Filed
from cxkit.records import Finding, Gap, Missing

SAME = 0.2
"""A registered change within a fifth of the one that breaks even is the same one."""

LONG_WEEKS = 26
"""An answer further off than half a year is bad news."""


def level(plan: Plan, value: float | None, currency: str) -> str:
    """A level of the metric in words: a yes–no metric in percent."""
    if plan.kind == "binary":
        return formats.quantity(value, "ratio")
    return plan.amount(value or 0.0, currency)


def gap(plan: Plan, row: Mapping[str, Any]) -> Gap:
    """The gap in place of a size."""
    reason = str(row["reason"] or "it has not come to a result and nobody more is drawn")
    needs: tuple[Missing, ...] = ()
    if "smallest change" in reason:
        needs = (Missing(name="experiments", columns=("minimum_effect",), why="empty for this experiment"),)
    elif "tell" in reason and "draw" not in reason:
        needs = (Missing(name="outcomes"), Missing(name="metric_values"))
    return Gap(
        id="prove.design.power",
        what=f"Whether {plan.name} is large enough",
        reason=reason[0].upper() + reason[1:] + ".",
        needs=needs,
        initiative=plan.initiative_id,
        subject=plan.experiment_id,
    )


def findings(
    plans: Sequence[Plan],
    rows: Sequence[Mapping[str, Any]],
    on_file: Mapping[str, Filed],
    gone: Mapping[str, date],
    *,
    answered: Collection[str],
    currency: str,
) -> tuple[Finding, ...]:
    """Every finding about designs, the tally first."""
    found: list[Finding] = [*_tally(rows), *_on_file(plans, on_file)]
    found += [_departed(p, on_file[p.experiment_id]) for p in plans if on_file[p.experiment_id].departed]
    found += [_withdrawn(name, day) for name, day in sorted(gone.items())]
    for plan, row in zip(plans, rows, strict=True):
        if row["verdict"] == "too small" or (row["verdict"] == "not yet" and row.get("power") is not None):
            found.append(_power(plan, row, currency, answered=plan.experiment_id in answered))
        if row.get("weeks_left") is not None and row["verdict"] != "enough":
            found.append(_duration(plan, row, currency))
        found += _break_even(plan, row, currency)
    return tuple(found)


def peeking(row: Mapping[str, Any], found: Peeking) -> Finding:
    """What daily looks would do to a running experiment if there were nothing to find."""
    naive, always = (formats.quantity(shares[-1], "ratio") for shares in (found.naive, found.always))
    used = "is the one used here" if row["looks"] == "always" else "is the one to read until it ends"
    return Finding(
        id="prove.design.peeking",
        stage="prove",
        title=f"Read every day for {found.days} days, a test like {row['name']} raises a false alarm in {naive} of "
        "cases in which nothing changed",
        detail=f"Simulated: {found.tests:,} tests with {found.units_a_day:,} units a day and two arms that are the "
        f"same. The interval that may be read at any time raises {always}, and {used}; one look, at the end, raises "
        f"{formats.quantity(found.naive[0], 'ratio')}.",
        value=found.naive[-1],
        unit="ratio",
        about="share of simulated tests without an effect",
        n=found.tests,
        sources=("experiments", "assignments"),
        subject=row["experiment_id"],
        initiative=row["initiative_id"],
        tone="neutral",
    )


def _tally(rows: Sequence[Mapping[str, Any]]) -> list[Finding]:
    told = [r for r in rows if r["verdict"] != "cannot be told"]
    if not told:
        return []
    counts = {v: sum(r["verdict"] == v for r in told) for v in ("enough", "not yet", "too small")}
    wanted = formats.quantity(told[0]["power_wanted"], "probability")
    rest = [f"{counts['too small']} too small"] * bool(counts["too small"])
    rest += [f"{counts['not yet']} not there yet"] * bool(counts["not yet"])
    tail = f" ({', '.join(rest)})" if rest else ""
    who = f"{counts['enough']} of {len(told)} experiments {'is' if counts['enough'] == 1 else 'are'}"
    if len(told) == 1:
        who, tail = f"The one experiment {'is' if counts['enough'] else 'is not'}", ""
    title = f"{who} large enough to see the smallest change worth having{tail}"
    left = len(rows) - len(told)
    detail = f"Large enough means that it is seen in {wanted} of cases, for one test, at the size registered as worth "
    detail += "having and not at the effect found."
    if left:
        detail += f" Of {left} more it cannot be told."
    return [
        Finding(
            id="prove.design",
            stage="prove",
            title=title,
            detail=detail,
            value=counts["enough"],
            unit="count",
            n=len(told),
            about="a count, exact",
            sources=("experiments", "assignments", "outcomes"),
            tone="bad" if counts["too small"] else "good" if counts["enough"] == len(told) else "neutral",
        )
    ]


def _on_file(plans: Sequence[Plan], on_file: Mapping[str, Filed]) -> list[Finding]:
    drawn = [one for p in plans if (one := on_file[p.experiment_id]).first_draw is not None]
    waiting = [on_file[p.experiment_id] for p in plans if on_file[p.experiment_id].first_draw is None]
    if not drawn and not waiting:
        return []
    early = [one for one in drawn if one.on_file]
    if drawn:
        who = f"{len(early)} of {len(drawn)} hypotheses under test {'was' if len(early) == 1 else 'were'}"
        if len(drawn) == 1:
            who = f"The one hypothesis under test {'was' if early else 'was not'}"
        title = f"{who} on file before the first draw"
    else:
        of = f"{len(waiting)} hypotheses are" if len(waiting) != 1 else "One hypothesis is"
        title = f"{of} on file before anybody is drawn"
    detail = "For the others only the day written in the sheet vouches. " if len(early) < len(drawn) else ""
    return [
        Finding(
            id="prove.design.registered",
            stage="prove",
            title=title,
            detail=f"{detail}The table has the day of each and the hash of what was registered.",
            value=len(early) if drawn else len(waiting),
            unit="count",
            n=len(drawn) or len(waiting),
            about="a count, exact",
            sources=("experiments",),
            tone="good" if len(early) == len(drawn) else "neutral",
        )
    ]


def _departed(plan: Plan, one: Filed) -> Finding:
    return Finding(
        id="prove.design.departed",
        stage="prove",
        title=f"{_name(plan)} departs from its registration and is exploratory: "
        + formats.listing(list(one.departed), most=2),
        detail=f"Registered on {one.registered or 'a day that is not known'}, first seen by a run on {one.first_seen}, "
        f"first draw {one.first_draw or 'not known'}; hash now {one.hash}.",
        sources=("experiments", "assignments"),
        initiative=plan.initiative_id,
        subject=plan.experiment_id,
        tone="bad",
    )


def _withdrawn(name: str, day: date) -> Finding:
    return Finding(
        id="prove.design.withdrawn",
        stage="prove",
        title=f"Experiment {name} was registered and is no longer in the sheet (last on file {day})",
        detail="A test that is left out when its result does not please makes the others look better than they are. "
        "Put it back, with its result or with why it was not run.",
        sources=("experiments",),
        subject=name,
        tone="bad",
    )


def _power(plan: Plan, row: Mapping[str, Any], currency: str, *, answered: bool) -> Finding:
    worth = plan.amount(plan.worthwhile or 0.0, currency)
    power, wanted = row.get("power"), formats.quantity(row["power_wanted"], "probability")
    much = f"{row['needed_total']:,} units"
    if row.get("needed_clusters"):
        much += f" in {row['needed_clusters']:,} clusters"
    has = row.get("has_total") or 0
    yet = " so far" if row["state"] == "running" else ""
    if power is None:
        title = f"{_name(plan)} is too small to see the {worth} worth having: it takes {much}"
    else:
        chance = _chance(power)
        title = f"{_name(plan)} is too small{yet}: it sees the {worth} worth having in {chance} of cases, not {wanted}"
    detail = [f"It takes {much} in all and has {has:,}."]
    if row.get("smallest") is not None:
        detail.append(f"The smallest change it sees in {wanted} of cases is {plan.amount(row['smallest'], currency)}.")
    if row.get("base") is not None:
        detail.append(f"It starts from {level(plan, row['base'], currency)}: {row['base_from']}.")
    if row.get("design_effect") and row["design_effect"] > 1:
        detail.append(
            f"Units of one cluster are alike (intracluster correlation {row['icc']:.3f}, {row['cluster_size']:.1f} a "
            f"cluster), which takes {row['design_effect']:.2f} times as many."
        )
    if row.get("looking"):
        detail.append(f"That it may be read at any time takes up to {row['looking']:.2f} times as many.")
    if answered:
        detail.append("It has shown an effect all the same; one that a test this small shows is likely overstated.")
    detail.append(f"Convention: {row['convention']}.")
    return Finding(
        id="prove.design.power",
        stage="prove",
        title=title,
        detail=" ".join(detail),
        value=power,
        unit="probability",
        about="chance to see the smallest change worth having",
        n=has or None,
        sources=("experiments", "assignments", "outcomes"),
        initiative=plan.initiative_id,
        subject=plan.experiment_id,
        tone="bad" if row["verdict"] == "too small" and not answered else "neutral",
    )


def _duration(plan: Plan, row: Mapping[str, Any], currency: str) -> Finding:
    weeks, flow = row["weeks_left"], row["traffic"]
    more = " more" if row["state"] == "running" else ""
    counted = "less than a week" if weeks < 1 else f"{weeks:,.0f}{more} week{'s' if round(weeks) != 1 else ''}"
    ready = f", ready about {row['ready'].day} {row['ready']:%B %Y}" if row.get("ready") else ""
    title = f"{_name(plan)} takes {counted} at {flow:,.0f} units a week{ready}"
    detail = [f"It takes {row['needed_total']:,} units in all; traffic: {row['traffic_from']}."]
    detail.append(f"It starts from {level(plan, row['base'], currency)}: {row['base_from']}.")
    lag = row.get("lag_days")
    detail.append(
        f"The outcome is known {lag:,.0f} days after the draw, which is counted in."
        if lag
        else "The time until the outcome is known comes on top."
    )
    if row["state"] == "planned" and row.get("accounts"):
        than = "more than" if row["needed_total"] > row["accounts"] else f"{row['needed_total']:,} of"
        detail.append(f"Were all customers drawn at once, it would take {than} the {row['accounts']:,} there are.")
    detail.append(f"Convention: {row['convention']}.")
    return Finding(
        id="prove.design.duration",
        stage="prove",
        title=title,
        detail=" ".join(detail),
        value=weeks * 7,
        unit="days",
        about="days until enough units are drawn",
        n=row.get("has_total"),
        sources=("experiments", "assignments", "outcomes"),
        initiative=plan.initiative_id,
        subject=plan.experiment_id,
        tone="bad" if weeks > LONG_WEEKS else "neutral",
    )


def _break_even(plan: Plan, row: Mapping[str, Any], currency: str) -> list[Finding]:
    """A warning where the registered change is not the one that pays."""
    value, worth = row.get("break_even"), plan.worthwhile
    if value is None or not worth:
        return []
    low = min(row.get("break_even_low") or value, value / (1 + SAME))
    high = max(row.get("break_even_high") or value, value * (1 + SAME))
    if low <= worth <= high:
        return []
    pays, said = plan.amount(value, currency), plan.amount(worth, currency)
    if worth < low:
        title = f"{_name(plan)}: the {said} registered as worth having would not pay for itself; that takes {pays}"
        detail = "A test of the larger change takes fewer units, and the decision would not turn on the smaller one."
        if "a year" in str(row["break_even_from"]):
            detail += " The cost is the whole one; where part of it is spent, going on may pay with less."
    else:
        title = f"{_name(plan)}: {said} is registered as worth having, but a change pays from {pays} on"
        detail = "A change between the two would pay, and the test may well not see it."
    shown: Literal["neutral", "bad"] = "bad" if worth > high else "neutral"
    ends = (row.get("break_even_low"), row.get("break_even_high"))
    ranged = all(e is not None for e in ends) and ends[0] != ends[1]
    return [
        Finding(
            id="prove.design.break_even",
            stage="prove",
            title=title,
            detail=f"{detail} Break-even: {row['break_even_from']}.",
            value=value,
            unit=plan.unit,
            currency=currency if plan.unit == "money" else "",
            low=ends[0] if ranged else None,
            high=ends[1] if ranged else None,
            about="the change that just pays, over the ranges registered for base and margin",
            sources=("experiments", "investments") if "initiative" in row["break_even_from"] else ("experiments",),
            initiative=plan.initiative_id,
            subject=plan.experiment_id,
            tone=shown,
        )
    ]


def _chance(power: float) -> str:
    """A chance in words; never none and never all."""
    edge = "under " if power < 0.01 else "over " if power > 0.99 else ""
    return edge + formats.quantity(min(max(power, 0.01), 0.99), "probability")


def _name(plan: Plan) -> str:
    return plan.name[:1].upper() + plan.name[1:]
