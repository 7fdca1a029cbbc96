"""Funnel conversion: of the customers who enter a journey, how many get through, in order and in time?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import pandas as pd

from cxkit.formats import listing, quantity
from cxkit.metrics.estimates import MINIMUM_N, proportion
from cxkit.metrics.windows import Window, recent, seen
from cxkit.orchestrate.funnel_looks import mixed, segment_finding, segments, time_finding, times
from cxkit.orchestrate.funnel_people import counted, dimensions, entered, span
from cxkit.orchestrate.naming import spoken, too_few
from cxkit.orchestrate.ways_contrast import corrected
from cxkit.orchestrate.ways_log import chained, journeys, silent
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.engine import Tables

IDS = {"conversion": "Conversion of a journey", "drop": "Step at which customers are lost"}


class Funnel(Result):
    """Conversion per journey and step.

    Tables:

    - ``steps``: journey, step, event, customers, naive (customers who ever had the event, in any order, of those who
      ever entered), repeated (had it at several times in their days), skipped (had it in their time without
      having done the step before), at_once (at the same instant as the step before), of_previous, previous_low,
      previous_high, of_first, first_low, first_high.
    - ``times``: journey, step, source, event, n (came to the step before), reached, median_days, low, high, p90_days
      (by Kaplan–Meier: who does not take the step in time is counted as waiting), naive_days (median of those who do).
    - ``segments``: journey, step, event, dimension, label, group, n, hits (lost at this step), share, low, high, p (of
      the step and dimension), p_holm (over all journeys, steps and dimensions), differs.
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
    declared = dict(steps) if steps is not None else journeys(tables)
    chains = {name: chain for name, events in declared.items() if len(chain := chained(events)) > 1}
    columns = tables.supplied("events")
    key = "account_id" if "account_id" in columns else "person_id" if "person_id" in columns else ""
    needs, reason = lacks, "There is no log of events."
    if not lacks and not key:
        needs = (Missing(name="events", columns=("account_id",)),)
        reason = "The events do not say whose they are."
    elif not lacks and not chains:
        needs = tables.lacking({"moments": ("position", "start_event", "value_event")})
        reason = "No journey has two events that could be its steps."
    window = None if needs or not chains else _window(tables, window_months)
    if window is None:
        if not needs and chains:
            reason = "No complete month of events lies before the date of the report."
        gaps = tuple(Gap(id=f"orchestrate.funnel.{k}", what=w, reason=reason, needs=needs) for k, w in IDS.items())
        return Funnel(as_of=tables.as_of, within_days=within_days, gaps=gaps)
    unheard = silent(tables) if steps is None else {}
    findings: list[Finding] = []
    gaps_found: list[Gap] = []
    held: dict[str, list[pd.DataFrame]] = {}
    mix: dict[str, dict[tuple[int, str, str], list[str]]] = {}
    known, bounds = dimensions(tables, key), span(tables, window, within_days)
    for journey, events in sorted(chains.items()):
        with entered(tables, events, key, bounds, within_days):
            rows = _count(tables, journey, events)
            held.setdefault("steps", []).append(rows)
            n = int(rows["customers"].iloc[0])
            if n:
                lost = segments(tables, events, known)
                mix[journey] = mixed(tables, lost, known) if len(lost) else {}
                for name, frame in (("times", times(tables, events, within_days)), ("segments", lost)):
                    if len(frame):
                        frame.insert(0, "journey", journey)
                        held.setdefault(name, []).append(frame)
        if not n:
            reason = (
                f"Nobody entered with “{spoken(events[0])}” at least {within_days} days before the date of the report."
            )
            gaps_found.append(
                Gap(id="orchestrate.funnel.conversion", what=IDS["conversion"], reason=reason, subject=journey or None)
            )
            continue
        findings += _findings(journey, rows, window, within_days, unheard.get(journey, ()))
    whole = {name: pd.concat(frames, ignore_index=True) for name, frames in held.items()}
    if "segments" in whole:
        whole["segments"] = corrected(whole["segments"], ["journey", "step", "dimension"])
    for journey in sorted(mix):
        findings += _looks(journey, whole, window, mix[journey])
    return Funnel(
        as_of=tables.as_of,
        within_days=within_days,
        period=window.label,
        findings=tuple(findings),
        gaps=tuple(gaps_found),
        tables=whole,
    )


def _window(tables: Tables, months: int) -> Window | None:
    span, window = seen(tables, "events", "at_date"), recent(tables, "events", "at_date", months)
    if span is None or window is None:
        return None
    return Window(first=max(span.first, window.first), last=window.last)


def _count(tables: Tables, journey: str, events: Sequence[str]) -> pd.DataFrame:
    rows = counted(tables, events)
    rows.insert(0, "journey", journey)
    rows.insert(2, "event", list(events))
    customers = rows["customers"].astype(int).tolist()
    ever = rows.pop("ever")
    whole = ever.iloc[0]
    for name, short, bases in (
        ("of_previous", "previous", [customers[0], *customers[:-1]]),
        ("of_first", "first", [customers[0]] * len(customers)),
    ):
        shares = [proportion(c, b) for c, b in zip(customers, bases, strict=True)]
        rows[name] = pd.Series([s.value for s in shares], dtype="float64")
        rows[f"{short}_low"] = pd.Series([None, *(s.low for s in shares[1:])], dtype="float64")
        rows[f"{short}_high"] = pd.Series([None, *(s.high for s in shares[1:])], dtype="float64")
    rows.insert(4, "naive", ever / whole if whole else float("nan"))
    rows["step"] += 1
    return rows


def _common(journey: str, window: Window) -> dict[str, object]:
    return {
        "stage": "orchestrate",
        "subject": journey or None,
        "unit": "ratio",
        "period": window.label,
        "sources": ("events",),
        "definition": "conversion@1",
    }


def _looks(
    journey: str, held: Mapping[str, pd.DataFrame], window: Window, mix: Mapping[tuple[int, str, str], Sequence[str]]
) -> list[Finding]:
    def own(name: str) -> pd.DataFrame:
        rows = held.get(name, pd.DataFrame())
        return rows[rows["journey"] == journey] if len(rows) else rows

    common = _common(journey, window)
    made = (time_finding(journey, own("times"), common), segment_finding(journey, own("segments"), common, mix))
    return [f for f in made if f is not None]


def _left_out(unheard: Sequence[str]) -> str:
    """What the register names and nobody records.

    >>> _left_out(["bill_sent"])
    ' The log holds no “bill sent”, so that is no step here.'
    """
    if not unheard:
        return ""
    named = listing([f"“{spoken(e)}”" for e in unheard])
    return f" The log holds no {named}, so {'that is no step' if len(unheard) == 1 else 'those are no steps'} here."


def _findings(
    journey: str, rows: pd.DataFrame, window: Window, within_days: int, unheard: Sequence[str] = ()
) -> list[Finding]:
    first, last = rows.iloc[0], rows.iloc[-1]
    n, done = int(first["customers"]), int(last["customers"])
    whole = proportion(done, n)
    where = journey or "The journey"
    common = _common(journey, window)
    title = f"{where}: {quantity(done / n, 'ratio')} of customers who enter finish within {within_days} days"
    naive = quantity(float(last["naive"]), "ratio")
    made = [
        Finding.model_validate(
            {
                **common,
                "id": "orchestrate.funnel.conversion",
                "title": title if n >= MINIMUM_N else f"{where}: {too_few(n, 'customers', MINIMUM_N)}",
                "detail": f"{done:,} of {n:,} from “{spoken(first['event'])}” to “{spoken(last['event'])}”, in order. "
                f"Counting anybody who ever had both events, whenever and in whatever order, would say {naive}."
                + _left_out(unheard),
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
                    "title": f"{where}: most customers are lost between “{spoken(before['event'])}” and "
                    f"“{spoken(row['event'])}”, "
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
