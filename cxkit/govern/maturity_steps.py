"""The next step of each capability, as an instruction: what to do so that the rule of a level holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cxkit.formats import listing
from cxkit.records import Missing

STEPS: Mapping[str, Mapping[int, str]] = {
    "okr_traceability": {
        2: "Write down the goals and link at least one initiative to one of them, by way of a metric",
        3: "Link initiatives to goals until half of the money leads to one; ask each without a link what it is for",
        4: "Link four fifths of the money to goals, and have half of the initiatives say what they expect and why",
        5: "Link what is left or stop it, write the missing hypotheses, test the links that carry most of the key "
        "results, and take out or replace links that a test speaks against",
    },
    "scorecard": {
        2: "Measure two of retention, cost-to-serve, complaints and satisfaction from the same customers",
        3: "Measure retention and satisfaction side by side",
        4: "Add what is missing of retention, cost-to-serve, complaints and satisfaction",
        5: "Set targets for the figures of the scorecard and tie revenue and cost to the books",
    },
    "journey_ownership": {
        2: "Give at least one moment of the journey a single owner",
        3: "Give half of the moments a single owner and some of them a time limit",
        4: "Give half of the moments a time limit, keep a backlog and measure who is settled in time",
        5: "Give every moment an owner and a time limit, and settle nine tickets in ten in time",
    },
    "data_identity": {
        2: "Write the customer and the moment on revenue, contacts or feedback",
        3: "Trace half of revenue and half of contacts to a customer at a moment",
        4: "Trace nine tenths of revenue, contacts and feedback, and record who called an unhappy customer back",
        5: "Settle half of the unhappy answers within the limit",
    },
    "enablement": {
        2: "Write a playbook for at least one moment, or count who uses what was made for them",
        3: "Write playbooks for half of the moments, or reach half of the people",
        4: "Write playbooks for half of the moments and reach four fifths of the people",
        5: "Write the playbooks that are missing, and measure handling time or recontact beside them",
    },
    "funding_governance": {
        2: "Write a business case for at least one initiative",
        3: "Write business cases for half of the money, and give finance a seat in the council",
        4: "Value the portfolio as a whole and record decisions where they are taken",
        5: "Test what holds most of the budget, carry decisions out, and hold forecasts against what finance has seen",
    },
}
"""Capability → level → what to do to reach it."""


def next_step(capability: str, level: int, needs: Sequence[Missing], found: str) -> tuple[str, str]:
    """The instruction for a level, and what is missing for it: what was found, and files not supplied.

    >>> next_step("scorecard", 3, [], "measured: complaints")[1]
    'measured: complaints'
    """
    files = f"; not supplied: {listing([str(n) for n in needs])}" if needs else ""
    return STEPS[capability][level], f"{found}{files}"
