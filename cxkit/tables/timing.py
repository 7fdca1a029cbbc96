"""Orders of time that cannot be, and times that are no times."""

from __future__ import annotations

from cxkit.formats import listing, quantity
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.cut import quoted, text_literal
from cxkit.tables.engine import Tables
from cxkit.tables.problems import Problem, suspicion

CLOCKED = {
    "tickets": ("opened", "first_response", "resolved"),
    "ticket_log": ("at",),
    "events": ("at",),
    "surveys": ("contacted", "loop_resolved"),
}
"""Timestamps whose time of day a figure rests on."""
FEWEST = 50
LATE = 0.05


def screen(tables: Tables) -> list[Problem]:
    """Everything odd about when things are said to have happened."""
    problems: list[Problem] = []
    for name, columns in CLOCKED.items():
        for column in columns:
            if column in tables.supplied(name):
                problems += no_time_of_day(tables, name, column)
    problems += instant(tables)
    problems += outside_life(tables)
    return problems


def no_time_of_day(tables: Tables, name: str, column: str) -> list[Problem]:
    """Nearly every moment lies at midnight: the export kept the day and lost the time."""
    moment = quoted(column)
    local = f"({moment} AT TIME ZONE 'UTC') AT TIME ZONE {text_literal(tables.timezone)}"
    midnight = f"(CAST({moment} AS TIME) = TIME '00:00:00' OR CAST({local} AS TIME) = TIME '00:00:00')"
    n, at_midnight = tables.sql(
        f"SELECT count({moment}), count(*) FILTER (WHERE {midnight}) FROM {quoted(name)}"
    ).fetchall()[0]
    if n < FEWEST or at_midnight < 0.95 * n:
        return []
    return [
        suspicion(
            "midnight",
            name,
            column,
            found=f"{quantity(at_midnight / n, 'ratio')} of moments at midnight",
            rule=f"{column} has a time of day; without one, hours and order within a day cannot be told",
            fix="export the timestamp rather than the date",
            count=at_midnight,
        )
    ]


def instant(tables: Tables) -> list[Problem]:
    """Tickets that were settled in the very moment they were opened, at large."""
    if tables.lacking({"tickets": ("opened", "resolved")}):
        return []
    n, at_once = tables.sql(
        "SELECT count(resolved), count(*) FILTER (WHERE resolved = opened) FROM tickets WHERE opened IS NOT NULL"
    ).fetchall()[0]
    if n < FEWEST or at_once < 0.3 * n:
        return []
    return [
        suspicion(
            "instant",
            "tickets",
            "opened, resolved",
            found=f"{quantity(at_once / n, 'ratio')} of resolved tickets settled in the moment they were opened",
            rule="work on a ticket takes time",
            fix="check that opened is not the time of filing, and whether tickets are written after the call",
            count=at_once,
        )
    ]


def outside_life(tables: Tables) -> list[Problem]:
    """Signals and revenue of customers who had not joined yet, or had left a month and more before."""
    if tables.lacking({"accounts": ("account_id", "started")}):
        return []
    problems: list[Problem] = []
    for name in ("revenue", "tickets", "orders", "surveys"):
        when = CONTRACTS[name].appearance
        if tables.lacking({name: ("account_id", when)}):
            continue
        moment = f"last_day(t.{when})" if name == "revenue" else f"t.{quoted(when + '_date')}"
        n, early, late = tables.sql(
            f"SELECT count(*), count(*) FILTER (WHERE {moment} < a.started - INTERVAL 1 DAY), "
            f"count(*) FILTER (WHERE date_trunc('month', {moment}) > last_day(a.ended) + INTERVAL 32 DAY) "
            f"FROM {quoted(name)} AS t JOIN (SELECT account_id, min(started) AS started, "
            "CASE WHEN count(*) = count(ended) THEN max(ended) END AS ended "
            "FROM accounts GROUP BY account_id) AS a ON t.account_id = a.account_id"
        ).fetchall()[0]
        odd = [
            (early, "before_joining", "dated before the customer joined", "started"),
            (late, "after_leaving", "dated more than a month after the customer left", "ended"),
        ]
        for count, id, words, column in odd:
            if n >= FEWEST and count > LATE * n:
                problems.append(
                    suspicion(
                        id,
                        name,
                        listing([when, f"accounts.{column}"]).replace(" and ", ", "),
                        found=f"{quantity(count / n, 'ratio')} of rows {words}",
                        rule=f"customers appear in {name} while they are customers",
                        fix=f"check that accounts.{column} is not the day of a migration or of the latest contract",
                        count=count,
                    )
                )
    return problems
