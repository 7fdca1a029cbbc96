"""Several shapes of an export, one canonical table.

`subscriptions` or `invoices` become `revenue`, a `ticket_log` becomes `tickets` (and `ticket_pauses`), and
`accounts` are taken from revenue or orders when nobody exports them. What a shape cannot carry is withheld with
the reason; nothing is guessed. A canonical table that the client supplied always wins.

Conventions, all blind to what lies after `as_of`:

- spells: a month's recurring revenue is what is in force on the month's last day; of overlapping spells of one
  subscription the later one counts;
- invoices: recurring lines are spread by day over the months they cover, to the last digit; one-off lines, usage
  and credit notes enter ``one_off`` and never ``mrr``;
- status logs: a ticket opens with its first entry and is resolved (closed) with the first entry that says so; it is
  reopened by the first entry of work, waiting or reopening after that; a pause lasts until the next entry.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

import duckdb

from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.cut import cut_select, quoted

STATES = ("open", "reopened", "work", "pause", "resolved", "closed")
"""States in the order in which entries of one instant are read."""
PAUSES = "ticket_pauses"
"""Derived relation: ticket_id, paused_from, paused_until (null while it lasts); naive UTC."""
CARRIED = ("account_id", "priority", "team", "product", "channel", "reason")


@dataclass
class Derived:
    """What was derived, what was withheld and why, and which shape won."""

    supplied: dict[str, frozenset[str]] = field(default_factory=dict)
    withheld: dict[str, str] = field(default_factory=dict)
    """Canonical table → why its shape cannot carry it."""
    notes: list[str] = field(default_factory=list)


def derive(
    con: duckdb.DuckDBPyConnection,
    supplied: Mapping[str, frozenset[str]],
    as_of: date,
    timezone: str = "UTC",
    *,
    given: Collection[str] = (),
) -> Derived:
    """Derive the tables that stages read from the shapes in the engine.

    `supplied` are the usable tables, already cut at `as_of`; `given` are tables the client supplied in their own
    shape even if they cannot be used: those are never derived.
    """
    derived = Derived()
    taken = {*supplied, *given}

    def put(name: str, columns: Collection[str], sql: str) -> None:
        contract = CONTRACTS[name]
        known = frozenset(columns)
        con.execute(f"CREATE TABLE {quoted(name)} AS {cut_select(contract, known, f'({sql})', as_of, timezone)}")
        derived.supplied[name] = known

    for shape in ("subscriptions", "invoices"):
        if shape not in supplied:
            continue
        if "revenue" in taken or "revenue" in derived.supplied:
            other = "revenue" if "revenue" in taken else "subscriptions"
            derived.notes.append(f"recurring revenue is taken from {other}; {shape} is not turned into revenue")
            continue
        why = _spells_lack(supplied[shape]) if shape == "subscriptions" else _invoices_lack(con, supplied[shape])
        if why:
            derived.withheld["revenue"] = why
            continue
        columns = {"account_id", "month", "mrr", *({"currency", "product", "units"} & supplied[shape])}
        if shape == "subscriptions":
            put("revenue", columns, _spells_sql(as_of))
        else:
            last = _last_billed(con, as_of)
            put("revenue", columns | {"one_off"}, _invoices_sql(last))
            if last < _last_month(as_of):
                derived.notes.append(f"invoices follow their service: revenue is whole up to {last:%Y-%m}")
        derived.withheld.pop("revenue", None)
        derived.notes.append(f"revenue is derived from {shape}")
    if "ticket_log" in supplied:
        con.execute(f"CREATE OR REPLACE TABLE {PAUSES} AS {_pauses_sql()}")
        if "tickets" in taken:
            derived.notes.append("tickets are taken from tickets; ticket_log gives pauses alone")
        else:
            put("tickets", _ticket_columns(con, supplied["ticket_log"]), _tickets_sql())
            derived.notes.append("tickets are derived from ticket_log")
    if "accounts" not in taken:
        first = _first_seen({**supplied, **derived.supplied})
        if first:
            source, sql = first
            put("accounts", ("account_id", "started"), sql)
            derived.notes.append(f"accounts are derived from {source}: a customer starts with the first row there")
    return derived


def _last_month(as_of: date) -> date:
    """First day of the last month that has ended by `as_of`."""
    first = as_of.replace(day=1)
    following = (
        first.replace(year=first.year + 1, month=1) if first.month == 12 else first.replace(month=first.month + 1)
    )
    if (following - as_of).days == 1:
        return first
    return first.replace(year=first.year - 1, month=12) if first.month == 1 else first.replace(month=first.month - 1)


def _spells_lack(columns: frozenset[str]) -> str:
    if "ended" not in columns:
        return "subscriptions do not say when a spell ended (column ended), so who left cannot be told"
    return ""


def _spells_sql(as_of: date) -> str:
    return f"""
    WITH spells AS (
      SELECT subscription_id, account_id, started, mrr, units, currency, product,
        date_trunc('month', started)::DATE AS first,
        least(DATE '{_last_month(as_of)}', CASE WHEN ended IS NULL THEN DATE '9999-12-01'
          WHEN ended = last_day(ended) THEN date_trunc('month', ended)::DATE
          ELSE (date_trunc('month', ended) - INTERVAL 1 MONTH)::DATE END) AS last
      FROM subscriptions WHERE started IS NOT NULL AND mrr IS NOT NULL
    ),
    months AS (
      SELECT * EXCLUDE (first, last), unnest(generate_series(first, last, INTERVAL 1 MONTH))::DATE AS month
      FROM spells WHERE first <= last
    ),
    standing AS (
      SELECT * FROM months
      QUALIFY subscription_id IS NULL OR rank() OVER (PARTITION BY subscription_id, month ORDER BY started DESC) = 1
    )
    SELECT account_id, month, product, currency, sum(mrr) AS mrr, sum(units) AS units FROM standing
    GROUP BY account_id, month, product, currency
    """


def _invoices_lack(con: duckdb.DuckDBPyConnection, columns: frozenset[str]) -> str:
    absent = [c for c in ("service_start", "service_end") if c not in columns]
    if absent:
        return f"invoices do not say which period they pay for (column {' and '.join(absent)})"
    ((loose, undated, unreadable),) = con.execute("""
        SELECT count(*) FILTER (WHERE kind = 'credit_note' AND (service_start IS NULL OR service_end IS NULL)
            AND invoice_id NOT IN (
              SELECT invoice_id FROM invoices WHERE kind <> 'credit_note' AND invoice_id IS NOT NULL)),
          count(*) FILTER (WHERE kind = 'recurring' AND (service_start IS NULL OR service_end IS NULL
            OR service_end < service_start)),
          count(*) FILTER (WHERE kind IS NULL OR kind NOT IN ('recurring', 'one_off', 'usage', 'credit_note'))
        FROM invoices""").fetchall()
    if undated:
        return f"{undated:,} recurring invoice line{'s' if undated != 1 else ''} without a service period"
    if unreadable:
        return (
            f"{unreadable:,} invoice line{'s' if unreadable != 1 else ''} that do not say what they are (column kind)"
        )
    if loose:
        return (
            f"{loose:,} credit note{'s' if loose != 1 else ''} that name neither an invoice nor a period, so what they "
            "take back cannot be told"
        )
    return ""


def _last_billed(con: duckdb.DuckDBPyConnection, as_of: date) -> date:
    """First day of the last month whose recurring lines have been invoiced, where invoices follow their service."""
    ((last,),) = con.execute(
        f"""
        SELECT max(m) FROM (
          SELECT unnest(generate_series(DATE '{_last_month(as_of)}' - INTERVAL 24 MONTH,
            DATE '{_last_month(as_of)}', INTERVAL 1 MONTH))::DATE AS m),
          (SELECT coalesce(quantile_disc(greatest(0, issued - last_day(service_start)), 0.95), 0) AS lag
           FROM invoices WHERE kind = 'recurring' AND issued IS NOT NULL)
        WHERE last_day(m) + CAST(lag AS INTEGER) <= DATE '{as_of}'"""
    ).fetchall()
    return last or _last_month(as_of)


def _invoices_sql(last: date) -> str:
    return f"""
    WITH lines AS (
      SELECT account_id, product, currency, amount, service_start AS s, service_end AS e,
        service_end - service_start + 1 AS days
      FROM invoices WHERE kind = 'recurring' AND amount IS NOT NULL
    ),
    months AS (
      SELECT *, unnest(generate_series(date_trunc('month', s)::DATE, e, INTERVAL 1 MONTH))::DATE AS month FROM lines
    ),
    spread AS (
      -- what is due up to a month's end, less what was due before it: the parts add up to the line, to the last digit
      SELECT account_id, month, product, currency, CAST(
          CASE WHEN last_day(month) >= e THEN amount
            ELSE CAST(amount * (last_day(month) - s + 1) / days AS DECIMAL(18,4)) END
          - CASE WHEN month <= s THEN 0 ELSE CAST(amount * (month - s) / days AS DECIMAL(18,4)) END
        AS DECIMAL(18,4)) AS mrr, CAST(0 AS DECIMAL(18,4)) AS one_off
      FROM months
      UNION ALL
      SELECT account_id, date_trunc('month', coalesce(service_start, issued))::DATE, product, currency,
        CAST(0 AS DECIMAL(18,4)), amount
      FROM invoices WHERE kind <> 'recurring' AND amount IS NOT NULL
    )
    SELECT account_id, month, product, currency, sum(mrr) AS mrr, sum(one_off) AS one_off FROM spread
    WHERE month <= DATE '{last}' GROUP BY account_id, month, product, currency
    """


def _ordered_log() -> str:
    rank = " ".join(f"WHEN '{state}' THEN {place}" for place, state in enumerate(STATES))
    return f"""
      SELECT *, row_number() OVER (
          PARTITION BY ticket_id ORDER BY "at", CASE state {rank} ELSE 2 END, activity, team) AS step
      FROM ticket_log WHERE ticket_id IS NOT NULL AND "at" IS NOT NULL
    """


def _pauses_sql() -> str:
    return f"""
    SELECT ticket_id, "at" AS paused_from, until AS paused_until FROM (
      SELECT ticket_id, state, "at", lead("at") OVER (PARTITION BY ticket_id ORDER BY step) AS until
      FROM ({_ordered_log()})
    ) WHERE state = 'pause' AND until IS DISTINCT FROM "at"
    """


def _ticket_columns(con: duckdb.DuckDBPyConnection, columns: frozenset[str]) -> set[str]:
    known = {"ticket_id", "opened", *(set(CARRIED) & columns)}
    if "state" not in columns:
        return known
    states = {state for (state,) in con.execute("SELECT DISTINCT state FROM ticket_log ORDER BY ALL").fetchall()}
    known |= {state for state in ("resolved", "closed") if state in states}
    if "resolved" in states:
        known |= {"reopened", "paused_minutes"}
        if "team" in columns:
            known.add("handovers")
    return known


def _tickets_sql() -> str:
    firsts = ", ".join(f"arg_min({c}, step) FILTER (WHERE {c} IS NOT NULL) AS {c}" for c in CARRIED)
    return f"""
    WITH log AS ({_ordered_log()}),
    ends AS (
      SELECT ticket_id, min("at") AS opened, min("at") FILTER (WHERE state = 'resolved') AS resolved,
        min("at") FILTER (WHERE state = 'closed') AS closed, {firsts}
      FROM log GROUP BY ticket_id
    ),
    back AS (
      SELECT l.ticket_id, min(l."at") AS reopened FROM log l JOIN ends e USING (ticket_id)
      WHERE l."at" > e.resolved AND l.state IN ('open', 'work', 'pause', 'reopened') GROUP BY l.ticket_id
    ),
    paused AS (
      SELECT p.ticket_id, sum(greatest(0, epoch_us(least(coalesce(p.paused_until, e.resolved), e.resolved))
          - epoch_us(p.paused_from))) / 60000000.0 AS minutes
      FROM {PAUSES} p JOIN ends e USING (ticket_id) WHERE e.resolved IS NOT NULL GROUP BY p.ticket_id
    ),
    moves AS (
      SELECT m.ticket_id, count(*) FILTER (WHERE m.team <> m.before AND m."at" <= e.resolved) AS handovers FROM (
        SELECT ticket_id, "at", team, lag(team) OVER (PARTITION BY ticket_id ORDER BY step) AS before
        FROM log WHERE team IS NOT NULL) m JOIN ends e USING (ticket_id) GROUP BY m.ticket_id
    )
    SELECT e.*, b.reopened, CASE WHEN e.resolved IS NOT NULL THEN coalesce(p.minutes, 0) END AS paused_minutes,
      CASE WHEN e.resolved IS NOT NULL THEN coalesce(m.handovers, 0) END AS handovers
    FROM ends e LEFT JOIN back b USING (ticket_id) LEFT JOIN paused p USING (ticket_id)
      LEFT JOIN moves m USING (ticket_id)
    """


def _first_seen(supplied: Mapping[str, frozenset[str]]) -> tuple[str, str] | None:
    sources = {"revenue": ("month", "mrr > 0"), "orders": ("ordered_date", "true")}
    used = [
        (
            name,
            f"SELECT account_id, min({day}) AS started FROM {name} WHERE account_id IS NOT NULL AND {where} GROUP BY 1",
        )
        for name, (day, where) in sources.items()
        if name in supplied and "account_id" in supplied[name]
    ]
    if not used:
        return None
    union = " UNION ALL ".join(f"({sql})" for _, sql in used)
    return " and ".join(n for n, _ in used), f"SELECT account_id, min(started) AS started FROM ({union}) GROUP BY 1"
