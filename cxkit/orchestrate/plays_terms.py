"""The vocabulary of plays: what a trigger, the truth it is held against and a plain rule may be made of.

It is declared, not programmed: a word, its numbers with their limits, the tables it needs, and how it reads. What is
not listed here cannot be written into a play, so that nobody's code or SQL ever comes from a client's file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

About = Literal["account", "answer", "ticket", "moment", "reason", "table"]
PEOPLE: tuple[About, ...] = ("account", "answer", "ticket")
"""What a play may be about so that its list names customers; the others are about how things are run."""
LACKING: Mapping[str, str] = MappingProxyType(
    {
        "owner": "an owner",
        "sla": "a time limit",
        "kpi": "a KPI",
        "playbook": "a playbook",
        "knowledge": "a knowledge article",
        "self_serve": "a self-serve path",
    }
)
"""What a moment may lack, as the register counts it."""
LEAVING = {"accounts": ("account_id", "started", "ended")}
ASKING = {"tickets": ("ticket_id", "opened", "account_id")}


@dataclass(frozen=True)
class Slot:
    """One value of a word: its type, what stands there when nothing is written, and its limits."""

    type: Literal["number", "whole", "choice", "choices", "text", "flag"]
    default: Any = None
    """None: it must be written, unless it is a text, which may be left out."""
    low: float = 0
    high: float = 3650
    unit: str = ""
    options: tuple[str, ...] = ()
    step: int = 1
    """A whole number is a multiple of it."""


@dataclass(frozen=True)
class Term:
    """One word: what it is about, its values, the tables it needs, and the sentence it makes."""

    about: About
    words: Callable[[Mapping[str, Any]], str]
    slots: Mapping[str, Slot] = field(default_factory=dict)
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _days(default: int | None, *, step: int = 1, low: int = 1, high: int = 730) -> Slot:
    return Slot("whole", default, low, high, "days", step=step)


def _score(v: Mapping[str, Any]) -> str:
    return f"{v['metric'].upper()} of at most {v['at_most']:g} in the last {v['within_days']} days"


def _unhappy(v: Mapping[str, Any]) -> str:
    said = f"an answer of NPS 0–6, CSAT 1–2 or CES 1–3 in the last {v['within_days']} days"
    return f"{said} that nobody has called back or settled" if v["waiting"] else said


def _tickets(v: Mapping[str, Any]) -> str:
    about = f" about {v['reason']}" if v["reason"] else ""
    return f"{v['at_least']} contacts or more{about} in the last {v['within_days']} days"


def _event(v: Mapping[str, Any]) -> str:
    named = f"“{v['event']}”" if v["event"] else "first value"
    return f"no {named} {v['after_days']} days after the start (looked for until day {v['until_days']})"


def _falls(v: Mapping[str, Any]) -> str:
    return (
        f"use in the last {v['over_days']} days down by {v['by']:.0%} or more on the {v['over_days']} days before "
        f"(from {v['at_least']} events)"
    )


def _lacks(v: Mapping[str, Any]) -> str:
    return f"a moment without {' or '.join(LACKING[w] for w in v['what'])}"


SURVEYS = {"surveys": ("response_id", "metric", "score", "answered")}
LOOP = {"surveys": (*SURVEYS["surveys"], "contacted")}
CONDITIONS: Mapping[str, Term] = MappingProxyType(
    {
        "unhappy_answer": Term("answer", _unhappy, {"within_days": _days(30), "waiting": Slot("flag", False)}, SURVEYS),
        "score": Term(
            "answer",
            _score,
            {
                "metric": Slot("choice", "nps", options=("nps", "csat", "ces")),
                "at_most": Slot("number", None, 0, 10),
                "within_days": _days(30),
            },
            SURVEYS,
        ),
        "renewal": Term(
            "account",
            lambda v: f"the contract's term ends within {v['within_days']} days",
            {"within_days": _days(90)},
            {"accounts": ("account_id", "started", "renewal")},
        ),
        "ticket_open": Term(
            "ticket",
            lambda v: f"a ticket open for {v['days']} days or longer" if v["days"] else "an open ticket",
            {"days": _days(0, low=0)},
            {"tickets": ("ticket_id", "opened", "resolved")},
        ),
        "ticket_open_past_limit": Term(
            "ticket",
            lambda v: "a ticket open past its moment's limit",
            {},
            {"tickets": ("ticket_id", "opened", "resolved", "moment_id"), "moments": ("moment_id", "sla_hours")},
        ),
        "tickets": Term(
            "account",
            _tickets,
            {"at_least": Slot("whole", 3, 1, 1000), "within_days": _days(30), "reason": Slot("text", "")},
            ASKING,
        ),
        "recontact": Term(
            "ticket",
            lambda v: (
                f"a customer back on the same issue within {v['window_days']} days of its settlement, or before it, "
                f"in the last {v['within_days']} days"
            ),
            {"window_days": _days(7, high=90), "within_days": _days(7, high=365)},
            {"tickets": ("ticket_id", "opened", "account_id", "resolved")},
        ),
        "ticket_opened": Term(
            "ticket",
            lambda v: f"a ticket opened in the last {v['within_days']} days",
            {"within_days": _days(7, high=365)},
            ASKING,
        ),
        "complaint": Term(
            "ticket",
            lambda v: f"a complaint in the last {v['within_days']} days",
            {"within_days": _days(30)},
            {"tickets": ("ticket_id", "opened", "complaint")},
        ),
        "no_event": Term(
            "account",
            _event,
            {"event": Slot("text", ""), "after_days": _days(14, low=0), "until_days": _days(90)},
            {"accounts": ("account_id", "started"), "events": ("at", "event", "account_id")},
        ),
        "age": Term(
            "account",
            lambda v: f"a customer {v['after_days']} to {v['until_days']} days after the start",
            {"after_days": _days(14, low=0), "until_days": _days(90)},
            {"accounts": ("account_id", "started")},
        ),
        "usage_falls": Term(
            "account",
            _falls,
            {
                "by": Slot("number", 0.5, 0.05, 1.0, "share"),
                "over_days": _days(28, step=7, low=7, high=182),
                "at_least": Slot("whole", 8, 1, 10_000),
            },
            {"events": ("at", "event", "account_id")},
        ),
        "moment_lacks": Term(
            "moment",
            _lacks,
            {"what": Slot("choices", None, options=tuple(LACKING))},
            {"moments": ("moment_id", "moment")},
        ),
        "backlog_value": Term(
            "moment",
            lambda v: f"a backlog that loses {v['at_least']:g} a month or more",
            {"at_least": Slot("number", 1, 0, 1e12)},
            {"backlog": ("moment_id", "created", "value_per_month")},
        ),
        "moment_silent": Term(
            "moment",
            lambda v: f"a moment without an answer in {v['within_days']} days",
            {"within_days": _days(365)},
            {"moments": ("moment_id", "moment"), "surveys": ("answered", "moment_id")},
        ),
        "reason_comes_back": Term(
            "reason",
            lambda v: f"a reason with {v['times']:g} times the average recontact or more",
            {
                "times": Slot("number", 2, 1, 100),
                "window_days": _days(7, high=90),
                "within_days": _days(365),
                "at_least": Slot("whole", 30, 1, 1_000_000),
            },
            {"tickets": ("ticket_id", "opened", "account_id", "resolved", "reason")},
        ),
        "reason_frequent": Term(
            "reason",
            lambda v: (
                f"one of the {v['top']} most frequent reasons, at a moment without "
                f"{' or '.join(LACKING[w] for w in v['lacks'])}"
            ),
            {
                "top": Slot("whole", 5, 1, 50),
                "within_days": _days(365),
                "lacks": Slot("choices", None, options=tuple(LACKING)),
            },
            {"tickets": ("ticket_id", "opened", "reason", "moment_id"), "moments": ("moment_id", "moment")},
        ),
        "unattributed": Term(
            "table",
            lambda v: f"{v['share']:.0%} or more of contacts carry no customer",
            {"share": Slot("number", 0.1, 0, 1, "share"), "within_days": _days(365)},
            {"tickets": ("ticket_id", "opened")},
        ),
    }
)
"""Word → what it means. Signals about customers are judged week by week; the others as things stand on the day."""

TRUTHS: Mapping[str, Term] = MappingProxyType(
    {
        "leaves": Term(
            "account", lambda v: f"leaves within {v['within_days']} days", {"within_days": _days(90)}, LEAVING
        ),
        "complains": Term(
            "account",
            lambda v: f"complains within {v['within_days']} days",
            {"within_days": _days(60)},
            {"tickets": ("ticket_id", "opened", "account_id", "complaint")},
        ),
        "contacts_again": Term(
            "account",
            lambda v: f"makes another contact within {v['within_days']} days",
            {"within_days": _days(14)},
            ASKING,
        ),
        "no_value": Term(
            "account",
            lambda v: f"has no first value by day {v['by_day']}",
            {"by_day": _days(90)},
            {"accounts": ("account_id", "started"), "events": ("at", "event", "account_id")},
        ),
    }
)
"""Word → what makes an alarm true: something the customer does after it."""
RANDOM = "random"
"""The plain rule of picking as many active customers blindly on the same days."""
