"""Samples that leave somebody out: customers who left, open tickets, bad answers; and amounts that never move."""

from __future__ import annotations

from cxkit.formats import number, quantity
from cxkit.tables import currencies
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.cut import quoted, text_literal
from cxkit.tables.engine import Tables
from cxkit.tables.problems import Problem, suspicion

ACCOUNTS = 50
ANSWERS = 100
MONTHS = 12
HAPPY = {"nps": 6, "csat": 3, "ces": 3}
"""Highest score that is still a complaint."""


def screen(tables: Tables) -> list[Problem]:
    """Everything that looks as if only part of the truth had been exported."""
    return [
        *nobody_left(tables, "accounts"),
        *nobody_left(tables, "subscriptions"),
        *revenue_of_survivors(tables),
        *nothing_open(tables),
        *only_happy(tables),
        *planned_costs(tables),
        *foreign_money(tables),
    ]


def nobody_left(tables: Tables, name: str) -> list[Problem]:
    """No account (or spell) ever ended, although there was a year for it to happen."""
    if tables.lacking({name: ("started", "ended")}):
        return []
    n, ended, years = tables.sql(
        f"SELECT count(*), count(ended), date_diff('month', min(started), DATE '{tables.as_of}') FROM {quoted(name)}"
    ).fetchall()[0]
    if n < ACCOUNTS or ended or (years or 0) < MONTHS:
        return []
    return [
        suspicion(
            "survivors",
            name,
            "ended",
            found=f"no end in any of {number(n, 0)} rows over {years} months",
            rule="some customers leave within a year",
            fix="ask for an export that keeps those who left; without them churn is not zero but unknown",
            count=n,
        )
    ]


def revenue_of_survivors(tables: Tables) -> list[Problem]:
    """Everybody who paid a year ago still pays; or nobody's amount ever moved."""
    if tables.lacking({"revenue": ("account_id", "month", "mrr")}):
        return []
    last, accounts, lost, fixed = tables.sql(
        f"""
        WITH span AS (SELECT max(month) AS last FROM revenue WHERE mrr > 0),
        per AS (
            SELECT account_id, max(month) AS until, count(DISTINCT month) AS months,
                   min(total) AS low, max(total) AS high
            FROM (SELECT account_id, month, sum(mrr) AS total FROM revenue WHERE mrr > 0 GROUP BY ALL)
            GROUP BY account_id HAVING min(month) <= (SELECT last FROM span) - INTERVAL {MONTHS - 1} MONTH)
        SELECT (SELECT last FROM span), count(*), count(*) FILTER (WHERE until < (SELECT last FROM span)),
               count(*) FILTER (WHERE low = high AND months > 1) FROM per"""
    ).fetchall()[0]
    if accounts < ACCOUNTS:
        return []
    problems: list[Problem] = []
    if lost == 0:
        problems.append(
            suspicion(
                "survivors",
                "revenue",
                "account_id",
                found=f"all {number(accounts, 0)} accounts of a year before {last:%Y-%m} still paying then",
                rule="some customers leave within a year",
                fix="ask for an export that keeps those who left; without them churn is not zero but unknown",
                count=accounts,
            )
        )
    if fixed == accounts:
        problems.append(
            suspicion(
                "constant_revenue",
                "revenue",
                "mrr",
                found=f"the same amount in every month for each of {number(accounts, 0)} accounts",
                rule="some amounts change within a year",
                fix="if today's price was written into past months, ask for what was billed; growth cannot be told so",
                count=accounts,
            )
        )
    return problems


def nothing_open(tables: Tables) -> list[Problem]:
    """Every ticket is resolved, even those of the last days: open ones were left out."""
    if tables.lacking({"tickets": ("opened", "resolved")}):
        return []
    n, open_, recent = tables.sql(
        """
        WITH usual AS (SELECT 3 * median(epoch(resolved) - epoch(opened)) AS seconds FROM tickets),
        seen AS (SELECT epoch(max(greatest(opened, coalesce(resolved, opened)))) AS last FROM tickets)
        SELECT count(*), count(*) FILTER (WHERE resolved IS NULL),
               count(*) FILTER (WHERE epoch(opened) > (SELECT last FROM seen) - (SELECT seconds FROM usual))
        FROM tickets"""
    ).fetchall()[0]
    # of tickets opened within three usual times to settle, four in ten are open: fifteen closed is no chance
    if n < 2 * ANSWERS or open_ or recent < 15:
        return []
    return [
        suspicion(
            "survivors",
            "tickets",
            "resolved",
            found=f"all {number(n, 0)} tickets resolved, even the {number(recent, 0)} opened last",
            rule="some tickets are open when an export is drawn",
            fix="ask for open tickets too; without them resolution looks faster and more complete than it is",
            count=n,
        )
    ]


def only_happy(tables: Tables) -> list[Problem]:
    """Surveys in which nobody complained."""
    if tables.lacking({"surveys": ("metric", "score")}):
        return []
    problems: list[Problem] = []
    for metric, n, low in tables.sql(
        "SELECT metric, count(score), min(score) FROM surveys WHERE score IS NOT NULL GROUP BY metric ORDER BY metric"
    ).fetchall():
        if metric in HAPPY and n >= ANSWERS and low > HAPPY[metric]:
            problems.append(
                suspicion(
                    "only_happy",
                    "surveys",
                    "score",
                    found=f"no {metric} score below {low:g} in {number(n, 0)} answers",
                    rule="some customers are dissatisfied",
                    fix="check for a filter on positive answers in the survey tool, and for scores mapped wrongly",
                    count=n,
                )
            )
    return problems


def planned_costs(tables: Tables) -> list[Problem]:
    """Total costs that are the same in month after month: a budget, not the books."""
    problems: list[Problem] = []
    for name in ("costs", "pnl"):
        if tables.lacking({name: ("month", "amount")}):
            continue
        months, distinct = tables.sql(
            "SELECT count(*), count(DISTINCT total) "
            f"FROM (SELECT sum(amount) AS total FROM {quoted(name)} GROUP BY month)"
        ).fetchall()[0]
        if months >= 6 and distinct == 1:
            problems.append(
                suspicion(
                    "constant_amount",
                    name,
                    "amount",
                    found=f"the same total in each of {months} months",
                    rule="actual amounts differ from month to month",
                    fix="these look like budget figures or a year divided by twelve: ask for the actual ones",
                    count=months,
                )
            )
    return problems


def foreign_money(tables: Tables) -> list[Problem]:
    """Amounts in a currency that no rate turns into the client's."""
    problems: list[Problem] = []
    for name in tables.present:
        contract = CONTRACTS[name]
        if "currency" not in tables.supplied(name) or not contract.appearance:
            continue
        when = f"CAST(date_trunc('month', {quoted(contract.appearance)}) AS DATE)"
        unrated = currencies.without_rate(tables, name, when)
        if unrated:
            listed = ", ".join(text_literal(c) for c in unrated)
            foreign = f"SELECT avg(CASE WHEN currency IN ({listed}) THEN 1 ELSE 0 END) FROM {quoted(name)}"
            share = tables.sql(foreign).fetchall()[0][0]
            problems.append(
                suspicion(
                    "no_rate",
                    name,
                    "currency",
                    found=f"{', '.join(unrated)} on {quantity(float(share), 'ratio')} of rows, without a rate in fx",
                    rule=f"every amount can be turned into {tables.currency}; a missing rate is not taken for one",
                    fix=(
                        ""
                        if share < 1
                        else f"write currency: {unrated[0]} in client.yml if that is the client's own, or "
                    )
                    + f"supply fx (month, from_currency, to_currency {tables.currency}, rate) for these months",
                    severity="error",
                )
            )
    return problems
