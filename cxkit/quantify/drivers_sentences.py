"""What drives cost and demand, in words: few findings, each with what it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from scipy import stats

from cxkit import formats
from cxkit.formats import interval, number, quantity
from cxkit.metrics.definitions import definition
from cxkit.metrics.estimates import Estimate
from cxkit.metrics.windows import Window
from cxkit.quantify.drivers_cost import APART, CostDrivers, DriverCost
from cxkit.quantify.drivers_demand import EPISODE_DAYS, Problem, Rate
from cxkit.quantify.measure import MONTHS_VARY, RESAMPLED, YEAR
from cxkit.records import Finding
from cxkit.tables.sheets import short


def beyond(change: Estimate | None, level: float, *, freedom: float = float("inf")) -> bool:
    """Whether a change is there at a stricter level than that of its 95 % interval, each end widened alike.

    >>> moved = Estimate(value=-2.0, low=-3.0, high=-1.0)
    >>> beyond(moved, 0.05), beyond(moved, 0.00001), beyond(None, 0.05)
    (True, False, False)
    """
    if change is None or change.value is None or change.low is None or change.high is None or level <= 0:
        return False
    wider = float(stats.t.isf(level / 2, freedom) / stats.t.isf(0.025, freedom))
    if change.value > 0:
        return change.value - wider * (change.value - change.low) > 0
    return change.value + wider * (change.high - change.value) < 0


# Cost ----------------------------------------------------------------------------------------------------------


def dearest(found: CostDrivers, currency: str, *, untied: str = "") -> Finding | None:
    """The driver that costs most, overhead apart; `untied` says that costs do not tie to the books."""
    made = [d for d in found.drivers if d.driver not in APART and d.total > 0]
    if not made:
        return None
    top = made[0]
    rate = quantity(top.estimate.value, "money", currency=currency)
    apart = [d for d in found.drivers if d.driver in APART and d.total > 0]
    beside = "".join(f" {d.name} takes {quantity(d.share, 'ratio')} and stands apart." for d in apart)
    whole = formats.money(top.total, currency)
    what = f"{short(top.name, 40)} {'drive' if found.driven else 'make'} {quantity(top.share, 'ratio')}"
    return Finding(
        id="quantify.drivers.cost",
        stage="quantify",
        title=f"{what} of the cost to serve: {rate} a customer and month",
        detail=f"{whole} over {found.window.label}.{beside}{_cost_change(top, currency)} {untied}".rstrip(),
        value=top.estimate.value,
        unit="money",
        currency=currency,
        low=top.estimate.low,
        high=top.estimate.high,
        about=MONTHS_VARY if top.estimate.has_interval else top.estimate.why_none,
        n=top.estimate.n,
        period=found.window.label,
        sources=("costs", found.table),
        subject=top.driver,
        definition=definition("driver_cost").tag,
    )


def _cost_change(driver: DriverCost, currency: str) -> str:
    change = driver.change
    if change is None or change.value is None:
        return " Whether it changed cannot be told: there is no whole year before."
    said = quantity(change.value, "money", currency=currency, signed=True)
    if change.low is None or change.high is None:
        return f" A year earlier it was {said} away."
    span = interval(change.low, change.high, "money", currency=currency)
    shown = "" if not change.low <= 0 <= change.high else ", no more than months vary by themselves"
    return f" Against a year earlier it moved {said} ({span}){shown}."


def grown(found: CostDrivers, currency: str, *, level: float, untied: str = "") -> Finding | None:
    """The driver whose cost per customer grew most, where the months' own variation does not explain it."""
    made = [(d, d.change) for d in found.drivers if d.driver not in APART]
    rises = [(d, c) for d, c in made if c is not None and c.low is not None and c.low > 0]
    if not rises:
        return None
    driver, change = max(rises, key=lambda pair: (pair[1].value or 0.0, pair[0].driver))
    assert change.value is not None
    more = quantity(change.value, "money", currency=currency)
    before = driver.before.value if driver.before else None
    share = f" ({quantity(change.value / before, 'ratio', signed=True)})" if before else ""
    yearly = change.value * found.customer_months * YEAR / len(found.window)
    sure = beyond(change, level / max(len(made), 1), freedom=YEAR - 1)
    return Finding(
        id="quantify.drivers.growth",
        stage="quantify",
        title=f"{short(driver.name, 40)} cost {more} a customer and month more than a year earlier{share}",
        detail=f"{_split(driver, currency)} {untied}".rstrip(),
        value=change.value,
        unit="money",
        currency=currency,
        low=change.low,
        high=change.high,
        about=MONTHS_VARY,
        n=driver.estimate.n,
        period=found.window.label,
        sources=("costs", found.table, *(("tickets",) if driver.occurrences else ())),
        subject=driver.driver,
        definition=definition("driver_cost").tag,
        tone="bad" if sure else "neutral",
        weight=yearly if len(found.window) == YEAR else 0.0,
    )


def _split(driver: DriverCost, currency: str) -> str:
    parts = driver.occurrences
    if parts is None:
        return "How often it occurred is not counted in the tables, so volume and unit cost cannot be told apart."
    volume = quantity(parts.by_volume, "money", currency=currency, signed=True)
    unit = quantity(parts.by_unit_cost, "money", currency=currency, signed=True)
    was, now = (quantity(v, "money", currency=currency) for v in (parts.unit_cost_before, parts.unit_cost))
    per = [number(v * 1000, 0) for v in (parts.volume_before, parts.volume)]
    return (
        f"{volume} comes from {parts.what} per customer ({per[0]} then and {per[1]} now per 1,000 customers a month), "
        f"{unit} from what one costs ({was} then, {now} now)."
    )


# Demand --------------------------------------------------------------------------------------------------------


def repeated(made: Sequence[Problem], window: Window, currency: str) -> Finding | None:
    """The problem whose repeat contacts cost most (or are most, where no money is known)."""
    told = [p for p in made if p.per_problem.has_interval and p.repeats > 0]
    top = max(told, key=lambda p: (p.repeat_money, p.repeats, p.rate.group), default=None)
    if top is None:
        return None
    per = number(top.per_problem.value or 0.0, 2)
    problem = short(top.rate.group, 40)
    money = f", which cost {formats.money(top.repeat_money, currency)}" if top.repeat_money else ""
    before = top.per_problem_before
    was = ""
    if before is not None and before.value is not None:
        was = f" A year earlier it took {number(before.value, 2)}."
    alone = f" One contact costs {formats.money(top.money_per_contact, currency)}." if top.money_per_contact else ""
    unknown = top.contacts - top.known
    nobody = f" {unknown:,} further contacts carry no customer and are not in it." if unknown else ""
    return Finding(
        id="quantify.drivers.contacts",
        stage="quantify",
        title=f"Customers need {per} contacts for one problem with {problem}: {top.repeats:,} repeats{money}",
        detail=(
            f"Contacts of one customer about the same reason within {EPISODE_DAYS} days of each other are one problem: "
            f"{top.known:,} contacts about {top.problems:,} problems.{was}{alone}{nobody}"
        ),
        value=top.per_problem.value,
        unit="score",
        low=top.per_problem.low,
        high=top.per_problem.high,
        about=RESAMPLED,
        n=top.problems,
        period=window.label,
        sources=("tickets", *(("costs",) if top.repeat_money else ())),
        subject=top.rate.group,
        definition=definition("contacts_per_problem").tag,
        weight=top.repeat_money if len(window) == YEAR else 0.0,
    )


def moved(made: Sequence[Problem], window: Window, currency: str, *, level: float, table: str) -> list[Finding]:
    """The problem whose contacts rose most and the one whose fell most, of those beyond what chance explains."""
    each = level / max(len(made), 1)
    sure = [p for p in made if beyond(p.rate.change, each)]
    found = []
    for up in (True, False):
        side = [p for p in sure if ((p.rate.change.value or 0) > 0) == up]  # type: ignore[union-attr]
        if side:
            top = max(side, key=lambda p: (abs(p.rate.change.value or 0), p.rate.group))  # type: ignore[union-attr]
            found.append(_moved(top, window, currency, table))
    return found


def _moved(top: Problem, window: Window, currency: str, table: str) -> Finding:
    now, before, change = top.rate.estimate, top.rate.before, top.rate.change
    assert before is not None
    assert change is not None
    assert change.value is not None
    up = change.value > 0
    more = abs(change.value) / (now.value or 1.0) * top.contacts
    money, said = 0.0, ""
    if top.money_per_contact:
        money = more * top.money_per_contact
        each, whole = formats.money(top.money_per_contact, currency), formats.money(money, currency)
        said = f" At {each} a contact that is {whole} {'more' if up else 'less'}."
    problem, verb = short(top.rate.group, 40), "rose" if up else "fell"
    then, today = number(before.value or 0.0), number(now.value or 0.0)
    return Finding(
        id="quantify.drivers.demand",
        stage="quantify",
        title=f"Contacts about {problem} {verb} from {then} to {today} per 1,000 customers a month",
        detail=f"{top.contacts:,} contacts in the window, against the same months a year earlier.{said}",
        value=change.value,
        unit="per_1000",
        low=change.low,
        high=change.high,
        about=RESAMPLED,
        n=top.contacts,
        period=window.label,
        sources=("tickets", table),
        subject=top.rate.group,
        definition=definition("contact_rate").tag,
        tone="bad" if up else "good",
        weight=money if len(window) == YEAR else 0.0,
    )


def complaining(made: Sequence[Rate], whole: Estimate, window: Window, *, level: float, table: str) -> Finding | None:
    """The segment or product whose customers complain clearly more than all of them together."""
    if whole.value is None:
        return None
    told = [r for r in made if r.dimension in {"segment", "product"} and r.estimate.has_interval]
    each = level / max(len(told), 1)
    apart = []
    for rate in told:
        value, low = rate.estimate.value or 0.0, rate.estimate.low or 0.0
        over = Estimate(value=value - whole.value, low=low - whole.value, high=(rate.estimate.high or 0) - whole.value)
        if (over.value or 0) > 0 and beyond(over, each):
            apart.append(rate)
    top = max(apart, key=lambda r: (r.estimate.value or 0.0, r.group), default=None)
    if top is None:
        return None
    return Finding(
        id="quantify.drivers.complaints",
        stage="quantify",
        title=(
            f"{top.dimension.capitalize()} {short(top.group, 40)} complains most: {number(top.estimate.value or 0.0)} "
            f"complaints per 1,000 customers a month, {number(whole.value)} among all"
        ),
        detail="Customers are told apart as known at extraction; this is an association.",
        value=top.estimate.value,
        unit="per_1000",
        low=top.estimate.low,
        high=top.estimate.high,
        about=RESAMPLED,
        n=top.estimate.n,
        period=window.label,
        sources=("tickets", "accounts", table) if table != "accounts" else ("tickets", "accounts"),
        subject=f"{top.dimension} {top.group}",
        definition=definition("complaint_rate").tag,
        tone="bad",
    )
