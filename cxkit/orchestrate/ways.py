"""The ways cases travel: how tickets and customers really go, where they go back, and how long it takes.

Conventions, because tools differ:

- A variant is the ordered list of a *finished* case's activities, every repetition kept. Process-mining tools usually
  count variants over all cases, open ones included (``variants_all``), and some collapse repetitions.
- A case that is still open on the date of the report is counted apart; as it goes on it would change its variant.
- Entries of one instant are read in a fixed order (state, then name), never in that of the file; ``tied`` counts the
  cases whose variant depends on it.
- A finished case ends with the first entry that settles it after its last entry of work. Tools that take the last entry
  count the days until a settled ticket is filed away.
- Rework is the same activity twice in a row, an activity that comes again after another, a hand-over straight back to
  the team before, or work after settling. A pause with the same activity before and after is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

import pandas as pd

from cxkit.metrics import service
from cxkit.metrics.contact_cost import contact_cost
from cxkit.metrics.windows import Window, recent, seen
from cxkit.orchestrate import ways_counts as counts
from cxkit.orchestrate.part import Part
from cxkit.orchestrate.ways_contrast import contrast, corrected, held_equal
from cxkit.orchestrate.ways_log import CASES, Log, journeys, moments_of, narrowed, sorts, travelled
from cxkit.orchestrate.ways_sentences import WHAT, Told, findings
from cxkit.records import Gap, Missing, Result
from cxkit.tables.engine import Tables


class Ways(Result):
    """The ways of tickets and customers, per ``log`` (``tickets``, or a journey of the register of moments).

    Tables:

    - ``logs``: log, case (what a case is), cases, finished, open, variants (of finished cases), variants_all (of all
      cases, as other tools count), tied (cases whose variant depends on the order of entries at one instant), entries,
      median_hours, p90_hours, paused (finished cases with a pause), median_pause_hours, pause_hours and hours (sums).
    - ``variants``: log, variant (activities joined by " → "), rank, cases, share of finished cases, low, high (Wilson),
      cumulative, median_hours, p90_hours, steps, rework, open (open cases whose entries so far are its beginning).
      The commonest 100.
    - ``edges``: log, source, target, cases, times, median_hours, p90_hours, back (mostly to an activity the case had
      been at before); what directly follows what in finished cases, the commonest 200.
    - ``steps``: log, activity, cases, times, repeated_cases, self_loops, returns, skipped (finished cases without it;
      for activities of the main path).
    - ``between``: log, position, source, target, n, median_hours, low, high (order statistics), p90_hours,
      after_settling (it is filing away); steps of the commonest variant where they directly follow each other.
    - ``rework``: log, kind, meaning, cases, finished, share, low, high (Wilson), extra_hours, extra_low, extra_high
      (difference of medians against finished cases without it; the intervals of both medians joined, MOVER),
      extra_minutes, minutes_low, minutes_high (difference of mean handling minutes, Welch), mean_minutes, money_a_year.
    - ``segments``: log, dimension, label, group, n, hits, share, low, high, p, p_holm, differs; the share of finished
      cases with rework by group.
    """

    stage: ClassVar[str] = "orchestrate"
    name: ClassVar[str] = "ways"

    period: str = ""
    window_months: int = 12


def ways(tables: Tables, *, window_months: int = 12) -> Ways:
    """The ways of all cases that began in the last complete months their log reaches.

    Logs are `ticket_log` (a case is a ticket) and, for each journey of `moments` with two events, `events` (a case is a
    customer, from the first event of the journey to the last). Differences of cases with and without rework are
    associations: hard cases go back more often. Missing input becomes gaps.
    """
    logs, gaps = logs_of(tables, window_months)
    parts = [Part(gaps=tuple(gaps))]
    for log in logs:
        with travelled(tables, log):
            parts.append(_log(tables, log))
    whole = Part.joined([Part(p.findings, p.gaps) for p in parts])
    names = dict.fromkeys(n for p in parts for n in p.tables)
    held = {n: pd.concat([p.tables[n] for p in parts if n in p.tables], ignore_index=True) for n in names}
    periods = list(dict.fromkeys(log.window.label for log in logs))
    return Ways(
        as_of=tables.as_of,
        window_months=window_months,
        period=periods[0] if len(periods) == 1 else "",
        findings=whole.findings,
        gaps=whole.gaps,
        tables=held,
    )


def ways_of(
    tables: Tables,
    log: Log,
    *,
    only: Mapping[str, str] = MappingProxyType({}),
    with_open: bool = False,
) -> Ways:
    """The ways of one log, of some groups of its cases alone (column → group), or with open cases taken as finished."""
    with travelled(tables, log):
        if not only and not with_open:
            part = _log(tables, log)
        else:
            with narrowed(tables, log, only, with_open=with_open):
                part = _log(tables, log)
    return Ways(
        as_of=tables.as_of,
        period=log.window.label,
        findings=part.findings,
        gaps=part.gaps,
        tables=dict(part.tables),
    )


def _window(tables: Tables, table: str, months: int) -> Window | None:
    span, window = seen(tables, table, "at_date"), recent(tables, table, "at_date", months)
    if span is None or window is None:
        return None
    return Window(first=max(span.first, window.first), last=window.last)


def _gaps(reason: str, needs: tuple[Missing, ...] = (), subject: str | None = None) -> list[Gap]:
    ids = ("main", "rework")
    return [Gap(id=f"orchestrate.ways.{i}", what=WHAT[i], reason=reason, needs=needs, subject=subject) for i in ids]


def logs_of(tables: Tables, months: int) -> tuple[list[Log], list[Gap]]:
    """The logs that can be read, and why the others cannot."""
    found: list[Log] = []
    gaps: list[Gap] = []
    for make in (_tickets, _journeys):
        logs, why = make(tables, months)
        found += logs
        gaps += why
    return found, gaps


def _tickets(tables: Tables, months: int) -> tuple[list[Log], list[Gap]]:
    lacks = tables.lacking({"ticket_log": ("ticket_id", "at", "activity")})
    if lacks:
        return [], _gaps("There is no log of what happens to a ticket.", lacks, "tickets")
    window = _window(tables, "ticket_log", months)
    if window is None:
        return [], _gaps("No complete month of the log lies before the date of the report.", subject="tickets")
    columns = tables.supplied("ticket_log")
    states = set()
    if "state" in columns:
        states = set(tables.frame("SELECT DISTINCT state FROM ticket_log WHERE state IS NOT NULL")["state"])
    has_state = bool(states)
    ended = None if has_state else service.settled(tables, "tickets")
    if not has_state and ended is None:
        needs = (Missing(name="ticket_log", columns=("state",)),)
        return [], _gaps("The log does not say which activity settles a ticket.", needs, "tickets")
    return [
        Log(
            name="tickets",
            case="tickets",
            table="ticket_log",
            window=window,
            dimensions=sorts(
                tables, "ticket_log", known="account_id" in columns or "account_id" in tables.supplied("tickets")
            ),
            has_state=has_state,
            has_team="team" in columns,
            has_resource="resource" in columns,
            has_pause="pause" in states,
            settled=ended or "",
        )
    ], []


def _journeys(tables: Tables, months: int) -> tuple[list[Log], list[Gap]]:
    lacks = tables.lacking({"events": ("at", "event")})
    columns = tables.supplied("events")
    key = "account_id" if "account_id" in columns else "person_id" if "person_id" in columns else ""
    if lacks:
        return [], _gaps("There is no log of events.", lacks, "journeys")
    if not key:
        needs = (Missing(name="events", columns=("account_id",)),)
        return [], _gaps("The events do not say whose they are.", needs, "journeys")
    chains = journeys(tables)
    if not chains:
        lacks = tables.lacking({"moments": ("position", "start_event", "value_event")})
        return [], _gaps("No journey has two events that could be its steps.", lacks, "journeys")
    window = _window(tables, "events", months)
    if window is None:
        return [], _gaps("No complete month of events lies before the date of the report.", subject="journeys")
    return [
        Log(
            name="tickets (journey)" if journey == "tickets" else journey or "journey",
            case="customers",
            table="events",
            window=window,
            chain=chain,
            moments=moments_of(tables, journey),
            key=key,
            dimensions=sorts(tables, "events", known=key == "account_id"),
        )
        for journey, chain in sorted(chains.items())
    ], []


def _log(tables: Tables, log: Log) -> Part:
    about = counts.summary(tables, log)
    finished = int(about["finished"].iloc[0])
    held: dict[str, pd.DataFrame] = {"logs": about}
    if not finished:
        total = int(about["cases"].iloc[0])
        reason = f"None of {total:,} {log.case} is finished." if total else f"No such {log.case} began in the window."
        return Part(gaps=tuple(_gaps(reason, subject=log.name)), tables=held)
    held["variants"] = counts.variants(tables, log, finished)
    path = counts.main_path(tables)
    making: dict[str, Callable[[], pd.DataFrame]] = {
        "edges": lambda: counts.edges(tables, log),
        "steps": lambda: counts.steps(tables, log, path, finished),
        "between": lambda: counts.between(tables, log, path),
        "rework": lambda: _priced(tables, log, counts.rework(tables, log, finished)),
        "segments": lambda: _segments(tables, log),
    }
    held |= {name: made for name, make in making.items() if not (made := make()).empty}
    told = Told(
        log=log, tables=held, currency=tables.currency, simpson=_simpson(tables, log, held), sources=_of(tables, log)
    )
    return Part(findings=findings(told), tables=held)


def _of(tables: Tables, log: Log) -> tuple[str, ...]:
    others = ("moments",) if log.chain else ("tickets",)
    return (log.table, *(t for t in others if t in tables.present))


def _priced(tables: Tables, log: Log, rows: pd.DataFrame) -> pd.DataFrame:
    """Add money_a_year: cases a year × their extra minutes of work × what a minute of work costs."""
    each = contact_cost(tables, log.window) if log.table == "ticket_log" and "tickets" in tables.present else None
    per_minute = (each if each is not None else float("nan")) / rows["mean_minutes"]
    rows["money_a_year"] = (rows["cases"] * 12 / len(log.window) * rows["extra_minutes"] * per_minute).astype("float64")
    return rows


def _segments(tables: Tables, log: Log) -> pd.DataFrame:
    source = f"(SELECT *, rework AS hit FROM {CASES} WHERE finished) f"
    rows = corrected(contrast(tables, source, log.dimensions), ["dimension"])
    if not rows.empty:
        rows.insert(0, "log", log.name)
    return rows


def _simpson(tables: Tables, log: Log, held: dict[str, pd.DataFrame]) -> Sequence[str]:
    """Dimensions that turn a found difference round, or halve it, when they are held equal."""
    worst = worst_group(held.get("segments", pd.DataFrame()))
    if worst is None:
        return ()
    source = f"(SELECT *, rework AS hit FROM {CASES} WHERE finished) f"
    found = []
    for other, label in log.dimensions.items():
        if other == worst["dimension"]:
            continue
        pair = held_equal(tables, source, str(worst["dimension"]), str(worst["group"]), other)
        if pair is not None and pair[1] * pair[0] < 0.5 * pair[0] ** 2:
            found.append(label)
    return found


def worst_group(rows: pd.DataFrame) -> pd.Series | None:
    """The group with the highest share in the dimension that differs most surely; None where none does."""
    if rows.empty or not rows["differs"].any():
        return None
    best = rows[rows["differs"]].sort_values(["p_holm", "dimension"]).iloc[0]
    part = rows[(rows["dimension"] == best["dimension"]) & rows["low"].notna()]
    if part.empty:
        return None
    return part.sort_values(["share", "group"], ascending=[False, True]).iloc[0]
