"""The printed rules of the early warning: when an alarm is raised, what is proposed, and who has to act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

TOLERANCE = 0.2
"""An assumption without a written range may move by this share of its value."""
AHEAD, MATERIAL = 1.1, 0.05
"""Spend is ahead of plan beyond this multiple of what was planned to date and this share of the budget."""
FUNDED_BY = ("fund",)
"""Decisions that make an initiative funded."""


class Rule(NamedTuple):
    """One kind of alarm."""

    when: str
    proposal: str
    owner_role: str


RULES: Mapping[str, Rule] = {
    "assumption": Rule(
        "What can be counted of an assumption lies outside the range that was approved, noise allowed for: since "
        "approval where the count matched it then, from the beginning where its unit leaves no doubt what is meant.",
        "Put the counted value into the case and decide again; if the case no longer pays, hold the money.",
        "CX Council/Finance",
    ),
    "restated": Rule(
        "The sheet of benefits today states a value outside the range that was approved.",
        "Have the council approve the new value, or take it back.",
        "CX Council/Finance",
    ),
    "metric": Rule(
        "The metric the initiative should move has gone the other way since approval, by more than its own months "
        "explain.",
        "Find out what else moves the metric; hold further money until the initiative's part is tested.",
        "Journey Owners",
    ),
    "link": Rule(
        "A test speaks against the link from the initiative to its metric, and did not at the last run.",
        "Stop or redesign the initiative; the case stands on a link that does not hold.",
        "CXO/PMO",
    ),
    "proof": Rule(
        "An effect that was proven at the last run is no longer proven.",
        "Look at what changed in the test; until then treat the benefit as claimed.",
        "Data/Insights",
    ),
    "experiment": Rule(
        "The test the initiative waits for is blocked: its split does not match the plan.",
        "Find where units were lost, repair the draw and start the test again.",
        "Data/Insights",
    ),
    "owner": Rule(
        "The initiative has no owner any more.",
        "Name one owner before further money is given.",
        "CXO/PMO",
    ),
    "spend": Rule(
        "More than a tenth above what was planned to date has been spent, and more than 5 % of the budget; or more "
        "than the budget.",
        "Ask for the cost to complete and decide again on the money that is left.",
        "CX Council/Finance",
    ),
    "deadline": Rule(
        "The planned end has passed and the initiative is not finished.",
        "Set a new date with what it costs, or stop.",
        "CXO/PMO",
    ),
    "late": Rule(
        "Start, ramp and expected lag of the benefit are over, and neither finance nor a test has seen any of it.",
        "Have finance look for it on its line; if it is not there, test or stop.",
        "CX Council/Finance",
    ),
    "behind": Rule(
        "What was realised lies below the interval that was forecast at approval, widened to the level of alarms.",
        "Put what was realised into the case and decide again.",
        "CX Council/Finance",
    ),
}
"""Kind of alarm → its rule, in the order in which alarms are listed."""
