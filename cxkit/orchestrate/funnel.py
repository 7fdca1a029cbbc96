"""Funnel conversion: of the customers who enter a journey, how many get through, in order and in time?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar

import pandas as pd

from cxkit.formats import quantity
from cxkit.metrics.clock import DAY, instant
from cxkit.metrics.estimates import MINIMUM_N, proportion
from cxkit.metrics.windows import Window, recent, seen
from cxkit.orchestrate.naming import too_few
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.cut import end_of_day, text_literal
from cxkit.tables.engine import Tables

IDS = {"conversion": "Conversion of a journey", "drop": "Step at which customers are lost"}


class Funnel(Result):
    """Conversion per journey and step.

    Table ``steps``: journey, step, event, customers, of_previous, previous_low, previous_high, of_first, first_low,
    first_high, naive (customers who ever had the event, in any order, of those who ever entered).
    """

    stage: ClassVar[str] = "orchestrate"
    name: ClassVar[str] = "funnel"

    within_days: int
    """Days from entering within which every step must be done."""
    period: str = ""


def funnel(
    tables: Tables,
    *,
    steps: Mapping[str, Sequence[str]] | None = None,
    within_days: int = 30,
    window_months: int = 12,
) -> Funnel:
    """Conversion of each journey from its first to its last event.

    Steps are the events of `moments` in order of position (start, then first value, repeats in a row taken once), or
    declared: journey → event names. A customer enters with the first such event of the log; each further step
    must come at the same instant or later than the one before (later, when the same event stands twice), within
    `within_days` of entering. Only customers who entered in the last complete months and whose whole time lies before
    `as_of` are counted. Neither the order of the rows nor repeated events matter.
    """
    lacks = tables.lacking({"events": ("at", "event")})
    declared = dict(steps) if steps is not None else _declared(tables)
    journeys = {name: chain for name, events in declared.items() if len(chain := _chain(events)) > 1}
    columns = tables.supplied("events")
    key = "account_id" if "account_id" in columns else "person_id" if "person_id" in columns else ""
    needs, reason = lacks, "There is no log of events."
    if not lacks and not key:
        needs = (Missing(name="events", columns=("account_id",)),)
        reason = "The events do not say whose they are."
    elif not lacks and not journeys:
        needs = tables.lacking({"moments": ("position", "start_event", "value_event")})
        reason = "No journey has two events that could be its steps."
    window = None if needs or not journeys else _window(tables, window_months)
    if window is None:
        if not needs and journeys:
            reason = "No complete month of events lies before the date of the report."
        gaps = tuple(Gap(id=f"orchestrate.funnel.{k}", what=w, reason=reason, needs=needs) for k, w in IDS.items())
        return Funnel(as_of=tables.as_of, within_days=within_days, gaps=gaps)
    findings: list[Finding] = []
    gaps_found: list[Gap] = []
    frames = []
    for journey, events in sorted(journeys.items()):
        rows = _count(tables, journey, events, key=key, window=window, within_days=within_days)
        frames.append(rows)
        entered = int(rows["customers"].iloc[0])
        if not entered:
            reason = f"Nobody entered with “{events[0]}” at least {within_days} days before the date of the report."
            gaps_found.append(
                Gap(id="orchestrate.funnel.conversion", what=IDS["conversion"], reason=reason, subject=journey or None)
            )
            continue
        findings += _findings(journey, rows, window, within_days)
    return Funnel(
        as_of=tables.as_of,
        within_days=within_days,
        period=window.label,
        findings=tuple(findings),
        gaps=tuple(gaps_found),
        tables={"steps": pd.concat(frames, ignore_index=True)},
    )


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


def _chain(events: Sequence[str]) -> list[str]:
    chain: list[str] = []
    for event in events:
        if not chain or chain[-1] != event:
            chain.append(event)
    return chain


def _window(tables: Tables, months: int) -> Window | None:
    span, window = seen(tables, "events", "at_date"), recent(tables, "events", "at_date", months)
    if span is None or window is None:
        return None
    return Window(first=max(span.first, window.first), last=window.last)


def _count(
    tables: Tables, journey: str, events: Sequence[str], *, key: str, window: Window, within_days: int
) -> pd.DataFrame:
    now = instant(end_of_day(tables.as_of, tables.timezone))
    start = instant(end_of_day(window.first - timedelta(days=1), tables.timezone))
    end = min(now - within_days * DAY, instant(end_of_day(window.final_day, tables.timezone)))
    listed = ", ".join(text_literal(e) for e in sorted(set(events)))
    parts = [
        f'e AS (SELECT {key} AS who, event, epoch_us("at") AS t FROM events '
        f"WHERE {key} IS NOT NULL AND event IN ({listed}))",
        f"s0 AS (SELECT who, min(t) AS t, min(t) AS entered FROM e WHERE event = {text_literal(events[0])} "
        f"GROUP BY who HAVING min(t) >= {start} AND min(t) <= {end})",
        f"ever AS (SELECT DISTINCT who FROM e WHERE event = {text_literal(events[0])})",
    ]
    counts = ["SELECT 0 AS step, (SELECT count(*) FROM s0) AS customers, (SELECT count(*) FROM ever) AS naive"]
    for index, event in enumerate(events[1:], 1):
        after = ">" if event in events[:index] else ">="
        parts.append(
            f"s{index} AS (SELECT p.who, min(e.t) AS t, any_value(p.entered) AS entered FROM s{index - 1} p "
            f"JOIN e ON e.who = p.who AND e.event = {text_literal(event)} AND e.t {after} p.t "
            f"AND e.t <= p.entered + {within_days * DAY} GROUP BY p.who)"
        )
        counts.append(
            f"SELECT {index}, (SELECT count(*) FROM s{index}), "
            f"(SELECT count(DISTINCT e.who) FROM e JOIN ever ON ever.who = e.who WHERE event = {text_literal(event)})"
        )
    rows = tables.frame(f"WITH {', '.join(parts)} {' UNION ALL '.join(counts)} ORDER BY step")
    rows.insert(0, "journey", journey)
    rows.insert(2, "event", list(events))
    customers = rows["customers"].astype(int).tolist()
    whole = rows["naive"].iloc[0]
    rows["naive"] = rows["naive"] / whole if whole else float("nan")
    for name, short, bases in (
        ("of_previous", "previous", [customers[0], *customers[:-1]]),
        ("of_first", "first", [customers[0]] * len(customers)),
    ):
        shares = [proportion(c, b) for c, b in zip(customers, bases, strict=True)]
        rows[name] = pd.Series([s.value for s in shares], dtype="float64")
        rows[f"{short}_low"] = pd.Series([None, *(s.low for s in shares[1:])], dtype="float64")
        rows[f"{short}_high"] = pd.Series([None, *(s.high for s in shares[1:])], dtype="float64")
    rows["step"] += 1
    return rows


def _findings(journey: str, rows: pd.DataFrame, window: Window, within_days: int) -> list[Finding]:
    first, last = rows.iloc[0], rows.iloc[-1]
    n, done = int(first["customers"]), int(last["customers"])
    whole = proportion(done, n)
    where = journey or "The journey"
    common: dict[str, object] = {
        "stage": "orchestrate",
        "subject": journey or None,
        "unit": "ratio",
        "period": window.label,
    }
    common |= {"sources": ("events",), "definition": "conversion@1"}
    title = f"{where}: {quantity(done / n, 'ratio')} of customers who enter finish within {within_days} days"
    naive = quantity(float(last["naive"]), "ratio")
    made = [
        Finding.model_validate(
            {
                **common,
                "id": "orchestrate.funnel.conversion",
                "title": title if n >= MINIMUM_N else f"{where}: {too_few(n, 'customers', MINIMUM_N)}",
                "detail": f"{done:,} of {n:,} from “{first['event']}” to “{last['event']}”, in order. Counting anybody "
                f"who ever had both events, whenever and in whatever order, would say {naive}.",
                "value": done / n,
                "low": whole.low,
                "high": whole.high,
                "about": "the underlying share" if whole.has_interval else whole.why_none,
                "n": n,
                "tone": "neutral" if whole.has_interval else "unknown",
            }
        )
    ]
    if n < MINIMUM_N or len(rows) < 3:
        return made
    lost = rows["customers"].shift(1) - rows["customers"]
    worst = lost.tolist().index(lost.max())
    row, before = rows.iloc[worst], rows.iloc[worst - 1]
    if int(lost.iloc[worst]) > 0:
        low, high = row["previous_low"], row["previous_high"]
        there = bool(pd.notna(low))
        made.append(
            Finding.model_validate(
                {
                    **common,
                    "id": "orchestrate.funnel.drop",
                    "title": f"{where}: most customers are lost between “{before['event']}” and “{row['event']}”, "
                    f"{quantity(1 - float(row['of_previous']), 'ratio')} of those who came that far",
                    "detail": f"{int(lost.iloc[worst]):,} customers; why they stop is not in these figures.",
                    "value": 1 - float(row["of_previous"]),
                    "low": 1 - float(high) if there else None,
                    "high": 1 - float(low) if there else None,
                    "about": "the underlying share" if there else "too few customers",
                    "n": int(before["customers"]),
                    "tone": "bad" if there else "unknown",
                }
            )
        )
    return made
