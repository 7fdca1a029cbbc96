"""Every finding Orchestrate can make, with its meaning; a page of the playbook is written from it."""

from collections.abc import Mapping
from types import MappingProxyType

FINDINGS: Mapping[str, str] = MappingProxyType(
    {
        "orchestrate.register.owner": "moments for which one person answers",
        "orchestrate.register.end_to_end": "moments whose owner answers for the whole journey",
        "orchestrate.register.sla": "moments with a time limit",
        "orchestrate.register.kpi": "moments with a KPI",
        "orchestrate.register.playbook": "moments with a playbook",
        "orchestrate.register.knowledge": "moments with a knowledge article",
        "orchestrate.register.self_serve": "moments with a self-serve path",
        "orchestrate.register.backlog": "what the open backlog loses every month it waits",
        "orchestrate.register.unowned_backlog": "backlog money at moments nobody owns",
        "orchestrate.register.next": "the backlog item that loses most money per day of work",
        "orchestrate.service.sla": "share of tickets settled within their limit, open ones past it counted",
        "orchestrate.service.sla_moment": "the same for one moment",
        "orchestrate.service.open": "tickets still open, and how many are past their limit",
        "orchestrate.service.fcr": "share of settled tickets without a recontact inside the window",
        "orchestrate.service.recontact": "recontacts inside the window, and what they cost in a year",
        "orchestrate.service.reopening": "share of settled tickets reopened: recontact is at least that",
        "orchestrate.service.aht": "mean handling time of settled tickets, with the median",
        "orchestrate.service.resolution": "time by which half of the tickets are settled, open ones counted",
        "orchestrate.first_value.median": "time until half of new customers reach first value, unfinished ones counted",
        "orchestrate.first_value.share_30": "share of new customers with first value within 30 days",
        "orchestrate.first_value.share_90": "share of new customers with first value within 90 days",
        "orchestrate.first_value.churn": "share of new customers who leave before first value",
        "orchestrate.first_value.naive": "how many days the median of those who got there is too early",
        "orchestrate.first_value.naive_money": "monthly revenue the naive figure counts as at value too early",
        "orchestrate.first_value.bounds": "worst and best case of the share, of those not seen to the end",
        "orchestrate.first_value.segments": "whether segments reach first value at different speed",
        "orchestrate.funnel.conversion": "share of customers entering a journey who finish it in time",
        "orchestrate.funnel.drop": "the step of a journey at which most customers are lost",
        "orchestrate.plays.today": "actions that plays call for today, by owner role",
        "orchestrate.plays.raised": "customers, tickets or moments one play names today, with the money at stake",
        "orchestrate.plays.overdue": "open actions that are past the time their play allows",
        "orchestrate.plays.best": "the play whose alarms came true most often beside its plain rule",
        "orchestrate.plays.no_better": "plays that find nobody the plain rule would not find as well",
        "orchestrate.plays.backtest": "one play tried on the past: alarms, how many true, against the plain rule",
        "orchestrate.funnel.time": "the step of a journey that takes longest, those who never take it counted",
        "orchestrate.funnel.segment": "the group of customers that a journey loses more often than others",
        "orchestrate.ways.main": "share of finished cases that take the commonest way",
        "orchestrate.ways.rework": "share of finished cases that go back, how much longer they take, what it costs",
        "orchestrate.ways.loop": "the commonest way back from one activity to an earlier one",
        "orchestrate.ways.ping_pong": "share of finished cases handed over and straight back",
        "orchestrate.ways.time": "the step of the main way that takes longest",
        "orchestrate.ways.pause": "share of the time of finished tickets that is waiting for the customer",
        "orchestrate.ways.open": "cases that are not finished, counted apart",
        "orchestrate.ways.segment": "the group in which rework is commonest, where groups differ",
    }
)
"""Finding id → what it means, in one line."""
