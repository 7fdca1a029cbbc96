"""The rules by which evidence gives a level of maturity: printed beside the level, in order, each answerable.

A rule holds, does not hold, or cannot be told. A capability stands at the highest level up to which every rule holds;
the first rule that does not hold, or cannot be told, is the next step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from cxkit.formats import listing, quantity
from cxkit.govern.facts import Facts

Answer = tuple[bool | None, str]
"""Whether a rule holds (None: cannot be told), and what was found."""


class Rule(NamedTuple):
    """One rule."""

    level: int
    says: str
    judge: Callable[[Facts], Answer]


def _share(value: float | None, least: float, what: str) -> Answer:
    """Hold a share against a minimum; `what` completes the sentence that begins with the share."""
    if value is None:
        return None, f"not assessed: whether {what}"
    return value >= least, f"{quantity(value, 'ratio')} of {what}"


def _all(*answers: Answer) -> Answer:
    """All of several; one that fails decides, one that cannot be told leaves it open."""
    said = "; ".join(text for _, text in answers)
    if any(holds is False for holds, _ in answers):
        return False, said
    return (None if any(holds is None for holds, _ in answers) else True), said


def _any(*answers: Answer) -> Answer:
    """Any of several; one that holds decides."""
    said = "; ".join(text for _, text in answers)
    if any(holds for holds, _ in answers):
        return True, said
    return (None if all(holds is None for holds, _ in answers) else False), said


def _line(facts: Facts, least: float) -> Answer:
    money = facts.value("align.traceability.coverage_budget")
    if money is not None:
        return _share(money, least, "the money leads to a goal")
    return _share(facts.value("align.traceability.coverage"), least, "initiatives lead to a goal")


def _some(value: float | None, what: str) -> Answer:
    if value is None:
        return None, f"not assessed: {what}"
    return value > 0, f"{quantity(value, 'ratio')} of {what}" if value else f"no {what}"


def _hypotheses(facts: Facts, least: float) -> Answer:
    return _share(facts.complement("align.traceability.no_hypothesis"), least, "initiatives carry a hypothesis")


KINDS: Mapping[str, tuple[str, ...]] = {
    "retention": ("grr", "nrr", "logo_churn"),
    "cost-to-serve": ("cost_to_serve",),
    "complaints": ("complaint_rate",),
    "satisfaction": ("nps", "csat", "ces"),
}


def _measured(facts: Facts) -> list[str]:
    return [
        kind
        for kind, metrics in KINDS.items()
        if any(facts.value(f"quantify.scorecard.{metric}") is not None for metric in metrics)
    ]


def _kinds(facts: Facts, enough: Callable[[set[str]], bool]) -> Answer:
    found = _measured(facts)
    if not found:
        return None, "no figure of the scorecard could be assessed"
    return enough(set(found)), f"measured: {listing(found)}"


def _told(holds: bool | None, yes: str, no: str) -> Answer:
    return holds, "not assessed: " + yes if holds is None else yes if holds else no


def _measured_value(facts: Facts, ids: tuple[str, ...], what: str) -> Answer:
    there = any(facts.value(id) is not None for id in ids)
    return there, f"{what} measured" if there else f"{what} not measured"


def _moments(facts: Facts, part: str, least: float, what: str) -> Answer:
    return _share(facts.value(f"orchestrate.register.{part}"), least, f"moments {what}")


def _attributed(facts: Facts, part: str, least: float) -> Answer:
    return _share(
        facts.value(f"instrument.attribution.{part}"),
        least,
        f"{part} {'are' if part == 'contacts' else 'is'} known by customer and moment",
    )


def _cases(facts: Facts, least: float) -> Answer:
    return _share(facts.case_share, least, "the money has a business case")


RULES: Mapping[str, tuple[Rule, ...]] = {
    "okr_traceability": (
        Rule(
            2,
            "goals are written down and at least one initiative leads to one",
            lambda f: _some(f.value("align.traceability.coverage"), "initiatives that lead to a goal"),
        ),
        Rule(3, "at least half of the money leads to a goal", lambda f: _line(f, 0.5)),
        Rule(
            4,
            "at least four fifths of the money leads to a goal, and half of the initiatives carry a hypothesis",
            lambda f: _all(_line(f, 0.8), _hypotheses(f, 0.5)),
        ),
        Rule(
            5,
            "all money leads to a goal with a hypothesis, half of what is claimed of key results has been tested, and "
            "no test speaks against a link",
            lambda f: _all(
                _line(f, 1.0),
                _hypotheses(f, 1.0),
                _share(f.supported_share, 0.5, "what is claimed of key results has been tested"),
                _told(f.links_stand, "no test speaks against a link", "a test speaks against a link"),
            ),
        ),
    ),
    "scorecard": (
        Rule(
            2,
            "two of retention, cost-to-serve, complaints and satisfaction are measured",
            lambda f: _kinds(f, lambda kinds: len(kinds) >= 2),
        ),
        Rule(
            3,
            "retention and satisfaction are measured",
            lambda f: _kinds(f, lambda kinds: {"retention", "satisfaction"} <= kinds),
        ),
        Rule(4, "all four are measured", lambda f: _kinds(f, lambda kinds: len(kinds) == 4)),
        Rule(
            5,
            "all four are measured, have targets, and revenue and cost tie to the books",
            lambda f: _all(
                _told(f.has_targets, "figures have targets", "no figure has a target"),
                _told(f.ties, "the tables tie to the books", "the tables do not tie to the books"),
            ),
        ),
    ),
    "journey_ownership": (
        Rule(
            2,
            "at least one moment has an owner",
            lambda f: _some(f.value("orchestrate.register.owner"), "moments with one owner"),
        ),
        Rule(
            3,
            "half of the moments have an owner, and some a time limit",
            lambda f: _all(
                _moments(f, "owner", 0.5, "have one owner"),
                _some(f.value("orchestrate.register.sla"), "moments with a time limit"),
            ),
        ),
        Rule(
            4,
            "half of the moments have an owner and a time limit, a backlog is kept and attainment is measured",
            lambda f: _all(
                _moments(f, "sla", 0.5, "have a time limit"),
                _told(f.has_backlog, "a backlog is kept", "no backlog is kept"),
                _measured_value(f, ("orchestrate.service.sla",), "attainment of time limits"),
            ),
        ),
        Rule(
            5,
            "every moment has an owner and a time limit, and nine tickets in ten are settled in time",
            lambda f: _all(
                _moments(f, "owner", 1.0, "have one owner"),
                _moments(f, "sla", 1.0, "have a time limit"),
                _share(f.value("orchestrate.service.sla"), 0.9, "tickets are settled in time"),
            ),
        ),
    ),
    "data_identity": (
        Rule(
            2,
            "some revenue, contacts or feedback can be traced to a customer at a moment",
            lambda f: _any(*(_attributed(f, part, 0.01) for part in ("revenue", "contacts", "feedback"))),
        ),
        Rule(
            3,
            "half of revenue and half of contacts can",
            lambda f: _all(*(_attributed(f, part, 0.5) for part in ("revenue", "contacts"))),
        ),
        Rule(
            4,
            "nine tenths of revenue, contacts and feedback can, and call-backs are tracked",
            lambda f: _all(
                *(_attributed(f, part, 0.9) for part in ("revenue", "contacts", "feedback")),
                _measured_value(f, ("instrument.loop.contacted", "instrument.loop.closed"), "the closing of loops"),
            ),
        ),
        Rule(
            5,
            "so they do, and half of the unhappy answers are settled within the limit",
            lambda f: _share(f.value("instrument.loop.within_sla"), 0.5, "unhappy answers are settled in time"),
        ),
    ),
    "enablement": (
        Rule(
            2,
            "at least one moment has a playbook, or some people use what was made for them",
            lambda f: _any(
                _some(f.value("orchestrate.register.playbook"), "moments with a playbook"),
                _share(f.adoption, 0.01, "people are reached by training and tools"),
            ),
        ),
        Rule(
            3,
            "half of the moments have a playbook, or half of the people are reached",
            lambda f: _any(
                _moments(f, "playbook", 0.5, "have a playbook"),
                _share(f.adoption, 0.5, "people are reached by training and tools"),
            ),
        ),
        Rule(
            4,
            "half of the moments have a playbook, and four fifths of the people are reached",
            lambda f: _all(
                _moments(f, "playbook", 0.5, "have a playbook"),
                _share(f.adoption, 0.8, "people are reached by training and tools"),
            ),
        ),
        Rule(
            5,
            "every moment has a playbook, four fifths of the people are reached, and handling or recontact is measured",
            lambda f: _all(
                _moments(f, "playbook", 1.0, "have a playbook"),
                _measured_value(
                    f, ("orchestrate.service.aht", "orchestrate.service.recontact"), "handling time or recontact"
                ),
            ),
        ),
    ),
    "funding_governance": (
        Rule(2, "at least one initiative has a business case", lambda f: _some(f.case_share, "money with a case")),
        Rule(
            3,
            "half of the money has a business case, and finance sits in the council",
            lambda f: _all(
                _cases(f, 0.5),
                _told(f.finance_seat, "finance sits in the council", "finance has no seat in the council"),
            ),
        ),
        Rule(
            4,
            "portfolio NPV and payback are known, and decisions are recorded",
            lambda f: _all(
                _measured_value(f, ("govern.portfolio.npv",), "portfolio NPV"),
                _measured_value(f, ("govern.portfolio.payback",), "portfolio payback"),
                _told(f.decided > 0, "decisions are recorded", "no decision is recorded"),
            ),
        ),
        Rule(
            5,
            "half of the budget rests on proof of grade A or B, decisions to fund or to stop have been carried out, "
            "and forecasts have been held against what was realised",
            lambda f: _all(
                _share(f.value("govern.ledger.proof_budget"), 0.5, "the budget rests on proof"),
                _told(f.moved > 0, "money has been moved", "no decision to fund or stop has been carried out"),
                _measured_value(f, ("prove.forecasts.coverage",), "forecasts against what was realised"),
            ),
        ),
    ),
}
"""Rules from level 2 to 5; level 1 needs none, but is only given where the rule of level 2 can be told."""
