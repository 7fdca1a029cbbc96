"""Logs as cases: the entries of each case in one order, what goes back in them, and one row per case.

A log is the status log of tickets (a case is a ticket) or the events of a journey (a case is a customer who travels
it). Everything here is SQL that stays in the engine; `travelled` holds two relations there for a while.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from cxkit.metrics import clock
from cxkit.metrics.windows import Window
from cxkit.records import Missing
from cxkit.tables.cut import end_of_day, text_literal
from cxkit.tables.engine import Tables
from cxkit.tables.shapes import STATES

STEPS = "cxkit_ways_steps"
CASES = "cxkit_ways_cases"
ARROW = " → "
SETTLED = "('resolved', 'closed')"
CARRIED = ("product", "channel", "priority", "reason")
"""What a ticket is sorted by; from the log, else from `tickets`."""
ACCOUNT = ("segment", "region")
"""What a customer is sorted by, as known at extraction."""


@dataclass(frozen=True)
class Log:
    """One log to be read as cases."""

    name: str
    """What the tables call it: ``tickets``, or the journey."""
    case: str
    """What a case is, in the plural: ``tickets`` or ``customers``."""
    table: str
    window: Window
    chain: tuple[str, ...] = ()
    """Events of a journey in order; empty for tickets. The first begins a journey and the last ends it."""
    moments: tuple[str, ...] = ()
    """Moments of the journey: every event at one of them is part of the way."""
    key: str = ""
    """Column of `events` that says whose they are."""
    dimensions: Mapping[str, str] = field(default_factory=dict)
    """What cases can be sorted by: column of `CASES` → words."""
    has_state: bool = False
    has_team: bool = False
    has_resource: bool = False
    has_pause: bool = False
    """Whether activities of the state ``pause`` can be told."""
    settled: str = ""
    """SQL of the time a ticket was settled, from `tickets`, where the log does not say it."""


def _instants(tables: Tables, window: Window) -> tuple[int, int]:
    start = clock.instant(end_of_day(window.first - timedelta(days=1), tables.timezone))
    return start, clock.instant(end_of_day(window.final_day, tables.timezone))


def _entries(log: Log) -> str:
    if log.table == "ticket_log":
        carried = ", ".join(f"{c}" for c in CARRIED)
        return (
            f'SELECT ticket_id AS case_id, account_id, epoch_us("at") AS t, activity, state, team, resource, {carried} '
            'FROM ticket_log WHERE ticket_id IS NOT NULL AND "at" IS NOT NULL AND activity IS NOT NULL'
        )
    part = f"event IN ({', '.join(text_literal(e) for e in sorted(set(log.chain)))})"
    if log.moments:
        part = f"({part} OR moment_id IN ({', '.join(map(text_literal, log.moments))}))"
    account = "account_id" if log.key == "account_id" else "CAST(NULL AS VARCHAR)"
    nothing = ", ".join(f"CAST(NULL AS VARCHAR) AS {c}" for c in ("state", "team", "resource", "product"))
    return (
        f'SELECT {log.key} AS case_id, {account} AS account_id, epoch_us("at") AS t, event AS activity, {nothing}, '
        "channel, CAST(NULL AS VARCHAR) AS priority, CAST(NULL AS VARCHAR) AS reason FROM events "
        f'WHERE {log.key} IS NOT NULL AND "at" IS NOT NULL AND event IS NOT NULL AND {part}'
    )


def ways_sql(log: Log, start: int, end: int) -> str:
    """SQL of the entries of every case that begins between two instants, in order, with what goes back in them.

    Entries of one instant are read in the order of their states (`cxkit.tables.shapes.STATES`; no state: as work),
    then by activity, team and resource, so that the order of the rows never matters. ``self_loop``: the same activity
    twice in a row. ``resumed``: the same activity as before, with nothing but pauses between. ``returned``: the
    activity comes again after another one. ``reopened``: work, waiting or reopening after the case was settled.
    A journey ends with its last event after its first; what follows is not part of the case.
    """
    rank = " ".join(f"WHEN '{state}' THEN {place}" for place, state in enumerate(STATES))
    if log.chain:
        first, last = text_literal(log.chain[0]), text_literal(log.chain[-1])
        ends = f"(activity = {last} AND (started = 1 OR starts = 0))"
        cut = f"""
        begun AS (
          SELECT *, max((activity = {first})::INT) OVER (PARTITION BY case_id ORDER BY step
              ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS started,
            max((activity = {first})::INT) OVER (PARTITION BY case_id) AS starts
          FROM placed
        ),
        ended AS (
          SELECT *, min(CASE WHEN {ends} THEN step END) OVER (PARTITION BY case_id) AS final FROM begun
        ),
        kept AS (SELECT * FROM ended WHERE final IS NULL OR step <= final),"""
        settles = "coalesce(step = final, false)"
        working = "false"
    else:
        cut = "kept AS (SELECT * FROM placed),"
        settles = f"coalesce(state IN {SETTLED}, false)"
        working = f"coalesce(state NOT IN {SETTLED}, true)"
    carried = ", ".join(f"e.{c}" for c in CARRIED)
    return f"""
    WITH entries AS ({_entries(log)}),
    began AS (
      SELECT case_id, min(t) AS began FROM entries GROUP BY case_id HAVING min(t) >= {start} AND min(t) < {end}
    ),
    placed AS (
      SELECT e.case_id, b.began, e.account_id, e.t, e.activity, e.state, e.team, e.resource, {carried},
        row_number() OVER (PARTITION BY e.case_id ORDER BY e.t, CASE e.state {rank} ELSE 2 END, e.activity,
          coalesce(e.team, ''), coalesce(e.resource, '')) AS step
      FROM entries e JOIN began b ON b.case_id = e.case_id
    ),
    {cut}
    looked AS (
      SELECT *, {settles} AS settles,
        lag(activity) OVER (PARTITION BY case_id ORDER BY step) AS before,
        lag(t) OVER (PARTITION BY case_id ORDER BY step) AS before_t,
        lead(t) OVER (PARTITION BY case_id ORDER BY step) AS after_t,
        lag(activity) OVER (PARTITION BY case_id, coalesce(state = 'pause', false) ORDER BY step) AS worked_before,
        row_number() OVER (PARTITION BY case_id, activity ORDER BY step) AS occurrence,
        max(({settles})::INT) OVER (PARTITION BY case_id ORDER BY step
          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS settled_before,
        max(CASE WHEN {working} THEN step ELSE 0 END) OVER (PARTITION BY case_id) AS last_work
      FROM kept
    ),
    marked AS (
      SELECT *, coalesce(before = activity, false) AS self_loop,
        coalesce(before <> activity AND state <> 'pause' AND worked_before = activity, false) AS resumed,
        {working} AND coalesce(settled_before = 1, false) AS reopened,
        settles AND step > last_work AS final_run,
        coalesce(before_t = t AND before <> activity, false) AS tied
      FROM looked
    )
    SELECT case_id, step, t, began, account_id, activity, state, team, resource, {", ".join(CARRIED)}, before, before_t,
      after_t, occurrence, self_loop, resumed, occurrence > 1 AND NOT self_loop AND NOT resumed AS returned, reopened,
      final_run, tied
    FROM marked
    """


def _there_and_back(column: str) -> str:
    """SQL of the cases that one team (or person) hands to another which hands them straight back."""
    return f"""
    SELECT case_id, max((held = earlier)::INT) AS hit FROM (
      SELECT case_id, held, lag(held, 2) OVER (PARTITION BY case_id ORDER BY step) AS earlier FROM (
        SELECT case_id, step, {column} AS held, lag({column}) OVER (PARTITION BY case_id ORDER BY step) AS last
        FROM {STEPS} WHERE {column} IS NOT NULL
      ) h WHERE last IS NULL OR last <> held
    ) m GROUP BY case_id
    """


def cases_sql(tables: Tables, log: Log) -> str:
    """SQL of one row per case, from `STEPS`: its way, its length in hours, its pauses, what went back, its sorts.

    A finished case ends with the first entry that settles it after its last entry of work; closing it later in the
    books adds no time. An open one has no length.
    """
    firsts = "".join(f", arg_min({c}, step) FILTER (WHERE {c} IS NOT NULL) AS {c}" for c in (*CARRIED, "team"))
    joins, dims = [], {c: f"c.{c}" for c in (*CARRIED, "team")}
    cluster, owner = "coalesce('a:' || c.account_id, 'c:' || c.case_id)", "c.account_id"
    end, minutes = "c.end_t", "CAST(NULL AS DOUBLE)"
    if log.table == "ticket_log" and "ticket_id" in tables.supplied("tickets"):
        supplied = tables.supplied("tickets")
        wanted = [c for c in (*CARRIED, "account_id", "handle_minutes") if c in supplied]
        read = "".join(f", min({c}) AS {c}" for c in wanted)
        ended = f", min(epoch_us({log.settled})) AS settled_t" if log.settled else ""
        joins.append(
            f"LEFT JOIN (SELECT ticket_id{read}{ended} FROM tickets GROUP BY ticket_id) k ON k.ticket_id = c.case_id"
        )
        dims |= {c: f"coalesce(c.{c}, k.{c})" for c in CARRIED if c in wanted}
        if "account_id" in wanted:
            owner = "coalesce(c.account_id, k.account_id)"
            cluster = f"coalesce('a:' || {owner}, 'c:' || c.case_id)"
        if "handle_minutes" in wanted:
            minutes = "k.handle_minutes"
        if log.settled:
            end = "k.settled_t"
    known = [c for c in ACCOUNT if c in tables.supplied("accounts")]
    if known:
        read = "".join(f", min({c}) AS {c}" for c in known)
        joins.append(f"LEFT JOIN (SELECT account_id{read} FROM accounts GROUP BY 1) a ON a.account_id = {owner}")
    dims |= {c: f"a.{c}" if c in known else "CAST(NULL AS VARCHAR)" for c in ACCOUNT}
    sorts = ", ".join(f"{sql} AS {name}" for name, sql in dims.items())
    flags = ("self_loop", "resumed", "returned", "reopened", "tied")
    any_of = ", ".join(f"max({f}::INT) AS {f}" for f in flags)
    return f"""
    WITH c AS (
      SELECT case_id, min(account_id) AS account_id, count(*) AS steps, min(began) AS began,
        string_agg(activity, {text_literal(ARROW)} ORDER BY step) AS variant,
        min(CASE WHEN final_run THEN t END) AS end_t, {any_of}{firsts}
      FROM {STEPS} GROUP BY case_id
    ),
    w AS (
      SELECT s.case_id, sum(greatest(0, least(s.after_t, coalesce(c.end_t, s.after_t)) - s.t)) AS paused
      FROM {STEPS} s JOIN c ON c.case_id = s.case_id WHERE s.state = 'pause' AND s.after_t IS NOT NULL GROUP BY 1
    ),
    tm AS ({_there_and_back("team")}),
    rs AS ({_there_and_back("resource")})
    SELECT c.case_id, hash({cluster}) AS cluster, c.variant, c.steps, {end} IS NOT NULL AS finished,
      ({end} - c.began) / {clock.HOUR} AS hours, coalesce(w.paused, 0) / {clock.HOUR} AS pause_hours,
      {minutes} AS minutes, c.self_loop, c.resumed, c.returned, c.reopened, c.tied,
      coalesce(tm.hit, 0) AS team_back, coalesce(rs.hit, 0) AS resource_back,
      greatest(c.self_loop, c.returned, c.reopened, coalesce(tm.hit, 0)) AS rework, {sorts}
    FROM c LEFT JOIN w ON w.case_id = c.case_id LEFT JOIN tm ON tm.case_id = c.case_id
      LEFT JOIN rs ON rs.case_id = c.case_id {" ".join(joins)}
    """


@contextmanager
def travelled(tables: Tables, log: Log) -> Iterator[None]:
    """Hold the entries (`STEPS`) and the cases (`CASES`) of a log in the engine for a while."""
    start, end = _instants(tables, log.window)
    with tables.held(STEPS, ways_sql(log, start, end)), tables.held(CASES, cases_sql(tables, log)):
        yield


COLUMNS = (
    *("case_id", "cluster", "variant", "steps", "finished", "hours", "pause_hours", "minutes", "self_loop", "resumed"),
    *("returned", "reopened", "tied", "team_back", "resource_back", "rework", *CARRIED, "team", *ACCOUNT),
)
"""Columns of `CASES`."""


@contextmanager
def narrowed(tables: Tables, log: Log, only: Mapping[str, str], *, with_open: bool) -> Iterator[None]:
    """Inside `travelled`: the cases of some groups alone (column → group), open ones taken as finished `with_open`."""
    where = " AND ".join(f"{c} = {text_literal(g)}" for c, g in sorted(only.items()) if c in log.dimensions) or "true"
    if set(only) - set(log.dimensions):
        where = "false"
    read = ", ".join("true AS finished" if c == "finished" and with_open else c for c in COLUMNS)
    part = f"{CASES}_part"
    with tables.held(part, f"SELECT {read} FROM {CASES} WHERE {where}"), tables.held(CASES, f"SELECT * FROM {part}"):
        yield


def groups(tables: Tables, column: str, most: int = 12) -> list[str]:
    """Inside `travelled`: the largest groups of a column of `CASES`."""
    rows = tables.frame(
        f"SELECT {column} AS g, count(*) AS n FROM {CASES} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1 "
        f"LIMIT {most}"
    )
    return [str(g) for g in rows["g"]]


WORDS = {"segment": "segment", "region": "region", "team": "first team"}


def sorts(tables: Tables, table: str, *, known: bool) -> dict[str, str]:
    """What the cases of a log can be sorted by; `known`: whose they are is known."""
    columns = {*tables.supplied(table), *(tables.supplied("tickets") if table == "ticket_log" else ())}
    found = {c: c for c in CARRIED if c in columns and (table == "ticket_log" or c == "channel")}
    if table == "ticket_log" and "team" in tables.supplied(table):
        found["team"] = WORDS["team"]
    if known:
        found |= {c: WORDS[c] for c in ACCOUNT if c in tables.supplied("accounts")}
    return found


def moments_of(tables: Tables, journey: str) -> tuple[str, ...]:
    """Ids of a journey's moments, where events say at which moment they happen."""
    if isinstance(tables.require("events", "moment_id"), Missing) or not tables.supplied("moments"):
        return ()
    rows = tables.frame(
        f"SELECT DISTINCT moment_id FROM moments WHERE coalesce(journey, '') = {text_literal(journey)} "
        "AND moment_id IS NOT NULL ORDER BY 1"
    )
    return tuple(map(str, rows["moment_id"]))


def journeys(tables: Tables) -> dict[str, tuple[str, ...]]:
    """Journey → its events in order of the moments' positions, repeats in a row taken once; two at least.

    An event that the log does not hold at all is no step that nobody takes, but one that nobody records: it is left
    out; `silent` names those.
    """
    said, heard = _declared(tables), _arriving(tables)
    kept = {name: chained([e for e in events if heard is None or e in heard]) for name, events in said.items()}
    return {name: chain for name, chain in kept.items() if len(chain) > 1}


def silent(tables: Tables) -> dict[str, tuple[str, ...]]:
    """Journey → the events its moments name and the log does not hold."""
    heard = _arriving(tables)
    if heard is None:
        return {}
    missing = {
        name: tuple(dict.fromkeys(e for e in events if e not in heard)) for name, events in _declared(tables).items()
    }
    return {name: events for name, events in missing.items() if events}


def _arriving(tables: Tables) -> set[str] | None:
    """The events of moments that the log holds; None without a log."""
    if isinstance(tables.require("events", "event"), Missing):
        return None
    listed = sorted({e for events in _declared(tables).values() for e in events})
    if not listed:
        return set()
    names = ", ".join(text_literal(e) for e in listed)
    return set(tables.frame(f"SELECT DISTINCT event FROM events WHERE event IN ({names})")["event"])


def _declared(tables: Tables) -> dict[str, list[str]]:
    if isinstance(tables.require("moments", "value_event"), Missing):
        return {}
    rows = tables.frame(
        "SELECT coalesce(journey, '') AS journey, start_event, value_event FROM moments "
        "ORDER BY 1, position NULLS LAST, moment_id"
    )
    found: dict[str, list[str]] = {}
    for row in rows.to_dict("records"):
        events = [row["start_event"], row["value_event"]]
        found.setdefault(str(row["journey"]), []).extend(e for e in events if isinstance(e, str) and e)
    return found


def chained(events: Sequence[str]) -> tuple[str, ...]:
    """Events with repeats in a row taken once.

    >>> chained(["join", "pay", "pay", "use"])
    ('join', 'pay', 'use')
    """
    return tuple(e for i, e in enumerate(events) if i == 0 or events[i - 1] != e)
