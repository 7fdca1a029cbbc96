"""Contacts and complaints per 1,000 customers by group, contacts per problem, and what a contact costs."""

from __future__ import annotations

import pandas as pd

from cxkit.metrics import estimates
from cxkit.metrics.clustering import mean_intervals
from cxkit.metrics.complaints import rate_from_sums
from cxkit.metrics.estimates import Estimate, Sums
from cxkit.metrics.exposure import Exposure
from cxkit.metrics.windows import Window, add_months, seen
from cxkit.quantify.measure import YEAR
from cxkit.records import Missing, Number, Record
from cxkit.tables.engine import Tables

EPISODE_DAYS = 30
"""Days within which a further contact of the same customer about the same reason belongs to the same problem."""
MOST = 24
"""Groups of one dimension that are kept, the largest first."""
EARLY_DAY = 5
"""Day of the month after which a table's first month counts as unfinished (as in `metrics.complaints`)."""
DAY = 86_400_000_000
Windows = tuple[Window, Window | None]
"""The window, and the same months a year earlier where they are whole."""


class Rate(Record):
    """One group's rate per 1,000 customers and month."""

    dimension: str
    group: str
    estimate: Estimate
    before: Estimate | None = None

    @property
    def change(self) -> Estimate | None:
        """Now less a year earlier, the windows taken as independent."""
        return None if self.before is None else estimates.difference(self.estimate, self.before)


class Problem(Record):
    """One problem: how often customers ask about it, and how often they have to."""

    rate: Rate
    contacts: int
    known: int
    """Contacts whose customer is known."""
    problems: int
    """Problems those contacts were about."""
    per_problem: Estimate
    per_problem_before: Estimate | None = None
    money_per_contact: Number | None = None

    @property
    def repeats(self) -> int:
        """Contacts of known customers beyond the first about a problem."""
        return self.known - self.problems

    @property
    def repeat_money(self) -> float:
        """What the repeats cost in the window; 0 where the cost of a contact is not known."""
        return self.repeats * (self.money_per_contact or 0.0)


def ticket_windows(tables: Tables, found: Exposure, months: int) -> Windows | None:
    """The last complete months with both tickets and customers, and the same months a year earlier where whole.

    A first month recorded from its sixth day or later only is left out.
    """
    span = seen(tables, "tickets", "opened_date")
    if span is None:
        return None
    begun = tables.frame("SELECT day(min(opened_date)) AS first FROM tickets")["first"].iloc[0]
    first = max(add_months(span.first, 1) if int(begun) > EARLY_DAY else span.first, found.span.first)
    last = min(span.last, found.span.last)
    if first > last:
        return None
    window = Window(first=max(first, add_months(last, 1 - months)), last=last)
    whole = len(window) == months and window.back(YEAR).first >= first
    return window, window.back(YEAR) if whole else None


def by_ticket(
    tables: Tables, found: Exposure, window: Window, column: str, *, where: str = "true"
) -> dict[str, Estimate]:
    """Tickets per 1,000 customers and month by a column of tickets; everybody is the denominator."""
    rows = tables.frame(f"""
        WITH active AS (
          SELECT 'a:' || account_id AS customer, count(*)::DOUBLE AS x FROM {found.active(window)} GROUP BY 1
        ), whole AS (SELECT count(*) AS n, sum(x) AS x, sum(x * x) AS xx FROM active),
        said AS (
          SELECT {column} AS "group", coalesce('a:' || account_id, 't:' || ticket_id) AS customer, count(*)::DOUBLE AS y
          FROM tickets WHERE {window.holds("opened_date")} AND {column} IS NOT NULL AND ({where}) GROUP BY 1, 2
        ), part AS (
          SELECT s."group", sum(s.y) AS y, sum(s.y * s.y) AS yy, sum(s.y * coalesce(a.x, 0)) AS xy,
            count(*) AS people, sum((a.customer IS NULL)::INT) AS extra
          FROM said s LEFT JOIN active a ON a.customer = s.customer GROUP BY 1
        )
        SELECT p."group", w.n + p.extra AS n, w.x, w.xx, p.y, p.xy, p.yy, p.people
        FROM part p, whole w ORDER BY p.y DESC, 1 LIMIT {MOST}
    """)
    return _rates(rows)


def by_customer(
    tables: Tables, found: Exposure, window: Window, column: str, *, where: str = "true"
) -> dict[str, Estimate]:
    """Tickets per 1,000 customers and month by a property of the customer; its own customers are the denominator."""
    rows = tables.frame(f"""
        WITH kind AS (
          SELECT account_id, min({column}) AS "group" FROM accounts WHERE {column} IS NOT NULL GROUP BY 1
        ), active AS (SELECT account_id, count(*)::DOUBLE AS x FROM {found.active(window)} GROUP BY 1),
        said AS (
          SELECT account_id, count(*)::DOUBLE AS y FROM tickets
          WHERE {window.holds("opened_date")} AND account_id IS NOT NULL AND ({where}) GROUP BY 1
        ), both_ AS (
          SELECT k."group", coalesce(a.x, 0) AS x, coalesce(s.y, 0) AS y FROM kind k
          LEFT JOIN active a ON a.account_id = k.account_id LEFT JOIN said s ON s.account_id = k.account_id
          WHERE a.x IS NOT NULL OR s.y IS NOT NULL
        )
        SELECT "group", count(*) AS n, sum(x) AS x, sum(x * x) AS xx, sum(y) AS y, sum(x * y) AS xy, sum(y * y) AS yy,
          sum((y > 0)::INT) AS people
        FROM both_ GROUP BY 1 HAVING sum(x) > 0 ORDER BY n DESC, 1 LIMIT {MOST}
    """)
    return _rates(rows)


def _rates(rows: pd.DataFrame) -> dict[str, Estimate]:
    made = {}
    for row in rows.to_dict("records"):
        given = Sums(n=int(row["n"]), r=0.0, rr=0.0, **{c: float(row[c]) for c in ("x", "y", "xx", "xy", "yy")})
        made[str(row["group"])] = rate_from_sums(given, complaining=int(row["people"]))
    return made


def together(dimension: str, now: dict[str, Estimate], before: dict[str, Estimate] | None) -> list[Rate]:
    """Rates of both windows side by side; a group without a year earlier has none."""
    return [
        Rate(dimension=dimension, group=name, estimate=made, before=None if before is None else before.get(name))
        for name, made in now.items()
    ]


def problem_column(tables: Tables) -> str | None:
    """What tells problems apart: the reason of a ticket, else its moment; None where neither is recorded."""
    supplied = tables.supplied("tickets")
    for column in ("reason", "moment_id"):
        if column in supplied:
            return column
    return None


def problems(tables: Tables, found: Exposure, windows: Windows, column: str, money: dict[str, float]) -> list[Problem]:
    """Every problem of the window, most contacts first; `money` is the cost of one contact by problem, where known."""
    window, earlier = windows
    now = by_ticket(tables, found, window, column)
    before = by_ticket(tables, found, earlier, column) if earlier else None
    episodes = _episodes(tables, window, column)
    past = _episodes(tables, earlier, column) if earlier else {}
    none = (0, Estimate(why_none="no contact with a known customer"), 0)
    return [
        Problem(
            rate=rate,
            contacts=rate.estimate.n,
            known=episodes.get(rate.group, none)[2],
            problems=episodes.get(rate.group, none)[0],
            per_problem=episodes.get(rate.group, none)[1],
            per_problem_before=past[rate.group][1] if rate.group in past else None,
            money_per_contact=money.get(rate.group, money.get("")),
        )
        for rate in together(column, now, before)
    ]


def _episodes(tables: Tables, window: Window, column: str) -> dict[str, tuple[int, Estimate, int]]:
    """Group → problems, contacts per problem, contacts; of contacts whose customer is known."""
    if "account_id" not in tables.supplied("tickets"):
        return {}
    rows = tables.frame(f"""
        WITH k AS (
          SELECT account_id, {column} AS "group", epoch_us(opened) AS o FROM tickets
          WHERE {window.holds("opened_date")} AND account_id IS NOT NULL AND {column} IS NOT NULL
        ), l AS (
          SELECT "group", account_id, o - lag(o) OVER (PARTITION BY account_id, "group" ORDER BY o) AS gap FROM k
        ), c AS (
          SELECT "group", account_id, count(*)::DOUBLE AS s,
            sum(coalesce(gap > {EPISODE_DAYS * DAY}, true)::INT)::DOUBLE AS n
          FROM l GROUP BY 1, 2
        )
        SELECT "group", sum(s) AS contacts, sum(n) AS problems, count(*) AS clusters, sum(s * s) AS sxx,
          sum(s * n) AS sxn, sum(n * n) AS snn FROM c GROUP BY 1 ORDER BY 1
    """)
    if rows.empty:
        return {}
    rows = mean_intervals(rows, "contacts", "problems")
    made = {}
    for row in rows.to_dict("records"):
        n, contacts = round(float(row["problems"])), round(float(row["contacts"]))
        known = Estimate(value=contacts / n, n=n, effective_n=row["clusters"])
        if pd.isna(row["low"]):
            known = known.model_copy(update={"why_none": "fewer than 30 problems of 10 customers"})
        else:
            known = known.model_copy(update={"low": max(float(row["low"]), 1.0), "high": float(row["high"])})
        made[str(row["group"])] = (n, known, contacts)
    return made


def contact_money(tables: Tables, window: Window, column: str, cost: float) -> dict[str, float]:
    """What one contact costs, by problem and (key '') on average: `cost` of the window spread over its contacts.

    Spread by minutes of work where at least four contacts in five carry them (a contact without takes the average).
    """
    share = (
        f'SELECT {column} AS "group", count(*) AS n, count(handle_minutes) AS timed, avg(handle_minutes) AS minutes '
        f"FROM tickets WHERE {window.holds('opened_date')} GROUP BY 1 ORDER BY 1"
    )
    rows = tables.frame(share)
    total = float(rows["n"].sum()) if len(rows) else 0.0
    if not total or cost <= 0:
        return {}
    money = {"": cost / total}
    if rows["timed"].sum() >= 0.8 * total:
        mean = float((rows["minutes"] * rows["timed"]).sum() / rows["timed"].sum())
        minutes = rows["minutes"].fillna(mean)
        per_minute = cost / float((minutes * rows["n"]).sum())
        money |= {str(g): m * per_minute for g, m in zip(rows["group"], minutes, strict=True) if not pd.isna(g)}
    return money


def complaint_rates(tables: Tables, found: Exposure, windows: Windows) -> list[Rate]:
    """Complaints per 1,000 customers and month by the customer's segment and product, and by the ticket's moment.

    The product is that of the ticket where customers carry none.
    """
    window, earlier = windows
    where = "coalesce(complaint, false)"
    made: list[Rate] = []
    accounts = tables.supplied("accounts") if not isinstance(tables["accounts"], Missing) else frozenset[str]()
    tickets = tables.supplied("tickets")
    for column in ("segment", "product"):
        if column in accounts and "account_id" in tickets:
            now = by_customer(tables, found, window, column, where=where)
            before = by_customer(tables, found, earlier, column, where=where) if earlier else None
            made += together(column, now, before)
    for column, name in (("moment_id", "moment"), ("product", "product")):
        if column in tickets and not any(r.dimension == name for r in made):
            now = by_ticket(tables, found, window, column, where=where)
            before = by_ticket(tables, found, earlier, column, where=where) if earlier else None
            made += together(name, now, before)
    return made
