"""Conditions of plays as SQL: on which week's list would whom have stood, by what was known then?

Every condition gives rows of week ``k``, ``key`` (the answer, ticket or account), ``account_id``, ``moment_id`` and
``since`` (microseconds: when it began to hold). A call back, a settlement, an end of contract counts from its own
instant on, whatever the export knows today. A renewal is the end of a term; terms follow one another, so that whether
a contract was renewed in the end is not used. A reason, a moment or a complaint is taken as written at opening.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from cxkit.metrics import clock
from cxkit.metrics.clock import DAY
from cxkit.metrics.service import has_pauses, settled
from cxkit.orchestrate.plays_book import Condition, When
from cxkit.orchestrate.plays_terms import CONDITIONS
from cxkit.orchestrate.plays_weeks import DAYS, MONTHS, WEEKS, Weeks, number
from cxkit.records import Missing
from cxkit.tables.cut import end_of_day, text_literal
from cxkit.tables.engine import Tables

UNHAPPY = "(metric = 'nps' AND score <= 6 OR metric = 'csat' AND score <= 2 OR metric = 'ces' AND score <= 3)"
COLUMNS = "k, key, account_id, moment_id, since"
AHEAD, BACK = 4, 60
"""Terms looked at after the renewal that the export gives, and before it."""


class Signals:
    """The conditions over one client's tables while the weeks are lent; the clock is lent when first asked."""

    def __init__(self, tables: Tables, weeks: Weeks, stack: ExitStack) -> None:
        self.tables = tables
        self.weeks = weeks
        self.stack = stack
        self._clock: clock.Clock | None = None

    def raised(self, when: When) -> str:
        """SQL of whom a trigger names on each week's list; one row per week and key."""
        by_key, by_account = "a.k = b.k AND a.key = b.key", "a.k = b.k AND a.account_id = b.account_id"
        joined: list[tuple[str, str]] = []
        for c in when.every:
            own = CONDITIONS[c.word].about == when.about and when.about != "account"
            joined.append((self.condition(c) if own else self._accounts(c), by_key if own else by_account))
        joined.sort(key=lambda pair: pair[1] != by_key)
        if when.some:
            joined.append((self._union([self._accounts(c) for c in when.some]), by_account))
        parts, last = [f"c0 AS ({joined[0][0]})"], "c0"
        for n, (sql, on) in enumerate(joined[1:], 1):
            parts += [
                f"o{n} AS ({sql})",
                f"c{n} AS (SELECT a.k, a.key, a.account_id, coalesce(a.moment_id, b.moment_id) AS moment_id, "
                f"greatest(a.since, b.since) AS since FROM {last} a JOIN o{n} b ON {on})",
            ]
            last = f"c{n}"
        active = self._active(last) if when.about == "account" else last
        return (
            f"WITH {', '.join(parts)} SELECT k, key, min(account_id) AS account_id, min(moment_id) AS moment_id, "
            f"min(since) AS since FROM {active} WHERE key IS NOT NULL GROUP BY k, key"
        )

    def condition(self, condition: Condition) -> str:
        """SQL of one condition."""
        return MAKERS[condition.word](self, condition.values)

    def _accounts(self, condition: Condition) -> str:
        """A condition said of accounts: from the first of an account's rows that hold on."""
        return (
            "SELECT k, account_id AS key, account_id, min(moment_id) AS moment_id, min(since) AS since "
            f"FROM ({self.condition(condition)}) r WHERE account_id IS NOT NULL GROUP BY k, account_id"
        )

    def _union(self, sqls: list[str]) -> str:
        every = " UNION ALL ".join(f"SELECT {COLUMNS} FROM ({sql}) u{n}" for n, sql in enumerate(sqls))
        return (
            "SELECT k, key, min(account_id) AS account_id, min(moment_id) AS moment_id, min(since) AS since "
            f"FROM ({every}) u GROUP BY k, key"
        )

    def _active(self, relation: str) -> str:
        """Rows about customers of that week: a list does not hold who has left."""
        if not self.knows_customers:
            return relation
        return f"(SELECT r.* FROM {relation} r {self.active('r')})"

    @property
    def knows_customers(self) -> bool:
        """Whether it is known who was a customer when."""
        return not isinstance(self.tables.require("accounts", "account_id", "started"), Missing)

    def active(self, alias: str) -> str:
        """SQL that joins and filters rows with ``k`` and ``account_id`` to customers of that week's end."""
        return (
            f"JOIN {WEEKS} wk ON wk.k = {alias}.k JOIN ({self.accounts()}) ac ON ac.account_id = {alias}.account_id "
            "WHERE ac.started <= wk.day AND coalesce(ac.ended > wk.day, true)"
        )

    def accounts(self) -> str:
        """SQL of accounts with days as numbers: account_id, started, ended."""
        return (
            f"SELECT account_id, min({number('started')}) AS started, max({number('ended')}) AS ended FROM accounts "
            "WHERE account_id IS NOT NULL AND started IS NOT NULL GROUP BY account_id"
        )

    def lapsed(self) -> clock.Clock:
        """The clock of the client's calendars, lent once."""
        if self._clock is None:
            edge = end_of_day(self.tables.as_of, self.tables.timezone)
            first = self.tables.frame("SELECT epoch_us(min(opened)) AS o FROM tickets")["o"].iloc[0]
            since = edge if pd.isna(first) else datetime(1970, 1, 1) + timedelta(microseconds=int(first))
            self._clock = self.stack.enter_context(clock.running(self.tables, min(since, edge), edge))
        return self._clock

    def has(self, table: str, column: str) -> bool:
        """Whether the client supplied a column."""
        return column in self.tables.supplied(table)

    def moment(self, table: str, alias: str = "") -> str:
        """SQL of a row's moment, where the client gives it."""
        return f"{alias}moment_id" if self.has(table, "moment_id") else "CAST(NULL AS VARCHAR)"

    def account(self, table: str, alias: str = "") -> str:
        """SQL of a row's account, where the client gives it."""
        return f"{alias}account_id" if self.has(table, "account_id") else "CAST(NULL AS VARCHAR)"


def _answers(s: Signals, where: str, days: int, *, waiting: bool = False) -> str:
    loop = [c for c in ("contacted", "loop_resolved") if s.has("surveys", c)]
    kept = "".join(f", epoch_us(min({c})) AS {c}" for c in loop)
    still = " AND ".join(f"coalesce(s.{c} >= g.edge, true)" for c in loop) if waiting and loop else "true"
    return f"""
        SELECT g.k, s.response_id AS key, s.account_id, s.moment_id, s.a AS since FROM (
          SELECT response_id, max({s.account("surveys")}) AS account_id, max({s.moment("surveys")}) AS moment_id,
            epoch_us(min(answered)) AS a{kept} FROM surveys WHERE {where} GROUP BY response_id
        ) s JOIN {WEEKS} g ON s.a < g.edge AND s.a >= g.edge - {days * DAY} WHERE {still}"""


def _unhappy(s: Signals, v: Mapping[str, Any]) -> str:
    return _answers(s, UNHAPPY, v["within_days"], waiting=v["waiting"])


def _score(s: Signals, v: Mapping[str, Any]) -> str:
    return _answers(s, f"metric = '{v['metric']}' AND score <= {float(v['at_most'])}", v["within_days"])


def _renewal(s: Signals, v: Mapping[str, Any]) -> str:
    days = v["within_days"]
    terms = s.has("accounts", "term_months")
    length = "coalesce(max(term_months), 0)" if terms else "0"
    steps = " UNION ALL ".join(f"SELECT {n} AS n" for n in (range(-AHEAD, BACK) if terms else (0,)))
    dom = "day(max(renewal))"
    return f"""
        SELECT g.k, t.account_id AS key, t.account_id, CAST(NULL AS VARCHAR) AS moment_id, max(d."at") AS since
        FROM (
          SELECT a.account_id, m.first + least(a.dom, m.days) - 1 AS ends FROM (
            SELECT account_id, max(year(renewal) * 12 + month(renewal)) - 1 AS idx, {dom} AS dom, {length} AS length,
              min({number("started")}) AS started
            FROM accounts WHERE account_id IS NOT NULL AND renewal IS NOT NULL GROUP BY account_id
          ) a JOIN ({steps}) n ON n.n = 0 OR a.length > 0 JOIN {MONTHS} m ON m.idx = a.idx - n.n * a.length
          WHERE m.first + least(a.dom, m.days) - 1 > a.started
        ) t JOIN {WEEKS} g ON t.ends > g.day AND t.ends <= g.day + {days}
        JOIN {DAYS} d ON d.day = t.ends - {days} GROUP BY g.k, t.account_id"""


def _tickets(s: Signals, on: str, since: str, where: str = "true") -> str:
    done = settled(s.tables)
    done = f"epoch_us({done})" if done else "CAST(NULL AS BIGINT)"
    return f"""
        SELECT g.k, t.ticket_id AS key, t.account_id, t.moment_id, {since} AS since FROM (
          SELECT ticket_id, {s.account("tickets")} AS account_id, {s.moment("tickets")} AS moment_id,
            epoch_us(opened) AS o, {done} AS done FROM tickets t WHERE opened IS NOT NULL AND {where}
        ) t JOIN {WEEKS} g ON t.o < g.edge AND {on}"""


def _open(s: Signals, v: Mapping[str, Any]) -> str:
    wait = v["days"] * DAY
    return _tickets(s, f"t.o <= g.edge - {wait} AND coalesce(t.done >= g.edge, true)", f"t.o + {wait}")


def _opened(s: Signals, v: Mapping[str, Any], where: str = "true") -> str:
    return _tickets(s, f"t.o >= g.edge - {v['within_days'] * DAY}", "t.o", where)


def _complaint(s: Signals, v: Mapping[str, Any]) -> str:
    return _opened(s, v, "complaint")


def _past_limit(s: Signals, v: Mapping[str, Any]) -> str:
    """Tickets open at a week's end for longer, in open hours without the pauses so far, than their moment allows."""
    running = s.lapsed()
    done = settled(s.tables)
    known = ", ".join(text_literal(n) for n in running.names) or "NULL"
    calendar = f"min(CASE WHEN calendar IN ({known}) THEN calendar END)" if running.names else "CAST(NULL AS VARCHAR)"
    paused = "SELECT CAST(NULL AS BIGINT) AS k, CAST(NULL AS VARCHAR) AS key, 0 AS paused WHERE false"
    if has_pauses(s.tables):
        since = "greatest(epoch_us(p.paused_from), b.o)"
        until = "least(coalesce(epoch_us(p.paused_until), b.edge), b.edge)"
        begins, ends = running.reading("pf", since, "b.calendar"), running.reading("pu", until, "b.calendar")
        joins = running.join("pf", since, "b.calendar"), running.join("pu", until, "b.calendar")
        paused = (
            f"SELECT b.k, b.key, sum({ends} - ({begins})) AS paused FROM ticket_pauses p JOIN b ON b.key = p.ticket_id "
            f"{' '.join(joins)} WHERE {until} > {since} GROUP BY b.k, b.key"
        )
    passed = (
        f"LEFT JOIN (SELECT l.k, l.key, min(i.since + (l.goal - i.gone)) AS at FROM late l JOIN {clock.GRID} i "
        "ON i.calendar = l.calendar AND i.gone <= l.goal AND l.goal <= i.gone + (i.until - i.since) "
        "WHERE l.k = 0 GROUP BY l.k, l.key) w ON w.k = l.k AND w.key = l.key"
        if running.names
        else ""
    )
    instant = "CASE WHEN l.calendar IS NULL THEN l.goal WHEN l.k = 0 THEN coalesce(w.at, l.edge) ELSE l.edge END"
    return f"""
        WITH m AS (SELECT moment_id, min(sla_hours) * {clock.HOUR} AS lim, {calendar} AS calendar FROM moments
          WHERE sla_hours IS NOT NULL GROUP BY moment_id),
        b AS (
          SELECT g.k, g.edge, t.ticket_id AS key, {s.account("tickets", "t.")} AS account_id, t.moment_id,
            epoch_us(t.opened) AS o, m.lim, m.calendar
          FROM tickets t JOIN m ON m.moment_id = t.moment_id JOIN {WEEKS} g ON epoch_us(t.opened) < g.edge
            AND coalesce(epoch_us({done}) >= g.edge, true)
        ),
        p AS ({paused}),
        r AS (
          SELECT b.*, {running.reading("ce", "b.edge", "b.calendar")} AS till,
            {running.reading("co", "b.o", "b.calendar")} AS began, coalesce(p.paused, 0) AS paused
          FROM b {running.join("co", "b.o", "b.calendar")} {running.join("ce", "b.edge", "b.calendar")}
          LEFT JOIN p ON p.k = b.k AND p.key = b.key
        ),
        late AS (SELECT *, CAST(began + lim + paused AS BIGINT) AS goal FROM r WHERE till - began - paused > lim)
        SELECT l.k, l.key, l.account_id, l.moment_id, {instant if running.names else "l.goal"} AS since
        FROM late l {passed}"""


def _many(s: Signals, v: Mapping[str, Any]) -> str:
    where = f"reason = {text_literal(v['reason'])}" if v["reason"] else "true"
    return f"""
        SELECT k, account_id AS key, account_id, min(moment_id) AS moment_id, max(since) AS since
        FROM ({_opened(s, v, where)}) r WHERE account_id IS NOT NULL GROUP BY k, account_id
        HAVING count(*) >= {v["at_least"]}"""


def _again(s: Signals, v: Mapping[str, Any]) -> str:
    same = "account_id, coalesce(reason, '')" if s.has("tickets", "reason") else "account_id"
    return f"""
        SELECT g.k, f.key, f.account_id, f.moment_id, f.o AS since FROM (
          SELECT ticket_id AS key, account_id, {s.moment("tickets")} AS moment_id, epoch_us(opened) AS o,
            lag(epoch_us(opened)) OVER (PARTITION BY {same} ORDER BY opened, ticket_id) AS before,
            lag(epoch_us({settled(s.tables)})) OVER (PARTITION BY {same} ORDER BY opened, ticket_id) AS done
          FROM tickets t WHERE account_id IS NOT NULL AND opened IS NOT NULL
        ) f JOIN {WEEKS} g ON f.o < g.edge AND f.o >= g.edge - {v["within_days"] * DAY}
        WHERE f.before IS NOT NULL AND f.before < f.o AND coalesce(f.o <= f.done + {v["window_days"] * DAY}, true)"""


def first_value(s: Signals, event: str = "") -> str:
    """SQL of new customers with the event that shows value: account_id, moment_id, begun, began (its day), got.

    The clock starts with the start event of the first moment that names an event of value, else with the account.
    """
    moment, start, value = _valued(s, event)
    begun = f'SELECT a.account_id, d."at" AS begun, a.started AS began FROM ({s.accounts()}) a '
    begun += f"JOIN {DAYS} d ON d.day = a.started"
    if start:
        begun = (
            f'SELECT account_id, epoch_us(min("at")) AS begun, min({number("at_date")}) AS began FROM events '
            f"WHERE event = {text_literal(start)} AND account_id IS NOT NULL GROUP BY account_id"
        )
    after = 'epoch_us(e."at") >= b.begun' if start else "true"
    named = text_literal(moment) if moment else "CAST(NULL AS VARCHAR)"
    return f"""
        SELECT b.account_id, {named} AS moment_id, b.begun, b.began, min(epoch_us(e."at")) AS got
        FROM ({begun}) b LEFT JOIN events e
          ON e.account_id = b.account_id AND e.event = {text_literal(value)} AND {after}
        WHERE b.began >= (SELECT min({number("at_date")}) FROM events) GROUP BY b.account_id, b.begun, b.began"""


def _valued(s: Signals, event: str) -> tuple[str, str, str]:
    if event:
        return "", "", event
    if isinstance(s.tables.require("moments", "moment_id", "value_event"), Missing):
        return "", "", ""
    rows = s.tables.frame(
        "SELECT moment_id, coalesce(start_event, '') AS start_event, value_event FROM moments "
        "WHERE coalesce(value_event, '') <> '' ORDER BY coalesce(position, 999999), moment_id LIMIT 1"
    )
    return ("", "", "") if rows.empty else tuple(map(str, rows.iloc[0].tolist()))  # type: ignore[return-value]


def _no_event(s: Signals, v: Mapping[str, Any]) -> str:
    return f"""
        SELECT g.k, f.account_id AS key, f.account_id, f.moment_id, f.begun + {v["after_days"] * DAY} AS since
        FROM ({first_value(s, v["event"])}) f JOIN {WEEKS} g ON f.begun + {v["after_days"] * DAY} < g.edge
          AND f.begun + {v["until_days"] * DAY} >= g.edge AND coalesce(f.got >= g.edge, true)"""


def _age(s: Signals, v: Mapping[str, Any]) -> str:
    sql = f'SELECT a.account_id, CAST(NULL AS VARCHAR) AS moment_id, d."at" AS begun FROM ({s.accounts()}) a '
    sql += f"JOIN {DAYS} d ON d.day = a.started"
    if s.has("events", "at") and _valued(s, "")[1]:
        sql = f"SELECT account_id, moment_id, begun FROM ({first_value(s)}) f"
    return f"""
        SELECT g.k, f.account_id AS key, f.account_id, f.moment_id, f.begun + {v["after_days"] * DAY} AS since
        FROM ({sql}) f JOIN {WEEKS} g ON f.begun + {v["after_days"] * DAY} < g.edge
          AND f.begun + {v["until_days"] * DAY} >= g.edge"""


def _falls(s: Signals, v: Mapping[str, Any]) -> str:
    """Counts per account and week, summed over two spans of whole weeks."""
    span = v["over_days"] // 7
    last = number(f"DATE '{s.weeks.as_of}'")
    return f"""
        WITH c AS (
          SELECT account_id, CAST(floor(({last} - {number("at_date")}) / 7) AS BIGINT) AS w, count(*) AS n FROM events
          WHERE account_id IS NOT NULL AND "at" IS NOT NULL GROUP BY account_id, w
        ), f AS (
          SELECT g.k, g.edge, c.account_id, sum(CASE WHEN c.w < g.k + {span} THEN c.n ELSE 0 END) AS now,
            sum(CASE WHEN c.w >= g.k + {span} THEN c.n ELSE 0 END) AS before
          FROM c JOIN {WEEKS} g ON c.w >= g.k AND c.w < g.k + {2 * span} GROUP BY g.k, g.edge, c.account_id
        )
        SELECT k, account_id AS key, account_id, CAST(NULL AS VARCHAR) AS moment_id, edge AS since FROM f
        WHERE before >= {v["at_least"]} AND now <= (1 - {float(v["by"])}) * before"""


MAKERS: Mapping[str, Callable[[Signals, Mapping[str, Any]], str]] = {
    "unhappy_answer": _unhappy,
    "score": _score,
    "renewal": _renewal,
    "ticket_open": _open,
    "ticket_open_past_limit": _past_limit,
    "tickets": _many,
    "recontact": _again,
    "ticket_opened": _opened,
    "complaint": _complaint,
    "no_event": _no_event,
    "age": _age,
    "usage_falls": _falls,
}
"""Word → SQL, for what is judged week by week."""
