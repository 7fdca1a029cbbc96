"""Ids this stage can emit, findings and gaps alike, each with one line of meaning."""

from collections.abc import Mapping
from types import MappingProxyType

FINDINGS: Mapping[str, str] = MappingProxyType(
    {
        "prove.tally": "How many registered hypotheses were tested, and how many showed an effect",
        "prove.split": "Whether units fell into the arms as planned; a failed check blocks the verdict",
        "prove.attrition": "Whether outcomes are missing more often in one arm than in the other",
        "prove.effect": "The effect of one arm on its registered primary metric, with interval, verdict and grade",
        "prove.holdout": "What the programme changed in all so far, against the customers left out of it",
        "prove.contamination": "How many of the customers left out met the programme all the same",
        "prove.pnl": "What a proven effect means per year on a line of the P&L; claimed until finance has validated it",
        "prove.impact.overall": "How many figures are better since the programme began, noise and bias allowed for",
        "prove.impact.metric": "One figure before and after the programme began, and the test of it where there is one",
        "prove.compliers": "The effect on those who met a programme because they were not left out of it",
        "prove.guardrail": "Whether a limit that must hold holds, is breached, or cannot be told, beside its margin",
        "prove.secondary": "The effect of one arm on a further registered metric, all of them corrected together",
        "prove.fading": "Whether an effect fades or grows with the time since the draw",
        "prove.segments": "Whether an effect differs by a segment that was declared beforehand",
        "prove.weekday": "Whether an effect depends on the day of the week of the draw",
        "prove.design": "How many experiments are large enough to see the smallest change worth having",
        "prove.design.registered": "How many hypotheses were on file before the first draw, each by its hash and date",
        "prove.design.departed": "An experiment that departs from what was registered before its first draw",
        "prove.design.withdrawn": "An experiment that was on file and is no longer in the sheet",
        "prove.design.power": "An experiment too small for the smallest change worth having, and what it takes",
        "prove.design.duration": "Weeks until an experiment has the units it takes, at the client's own traffic",
        "prove.design.peeking": "False alarms that daily looks would raise in a test like the one that runs",
        "prove.design.break_even": "A registered smallest change that is not the one that pays",
        "prove.quasi.tally": "How many experiments without a draw have shown an effect that their checks carry",
        "prove.quasi.trend": "Whether trends differed before the start, and whether the check could have seen it",
        "prove.quasi.placebo": "What a start moved into the past shows, where nothing can be",
        "prove.quasi.sensitivity": "How large a violation of what the comparison assumes would overturn the result",
        "prove.quasi.fit": "How well a mixture of other groups moves like the group before its start",
        "prove.quasi.rank": "How many other groups, treated alike, stand out as much",
        "prove.quasi.balance": "Whether matched customers are alike on what was declared",
    }
)
