"""Figures that are followed: the target metric since approval, and what can be counted of each assumption."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from cxkit.formats import Unit, quantity
from cxkit.govern.drift_cases import Cases
from cxkit.govern.drift_checks import NAMES, About
from cxkit.govern.drift_counts import Count, adopted, counterparts, matches, near, span, whole, year_before
from cxkit.govern.drift_noise import FEWEST, limits
from cxkit.govern.drift_rules import TOLERANCE
from cxkit.govern.reading import Row, records
from cxkit.metrics.definitions import definitions
from cxkit.metrics.windows import add_months, last_complete_month, month_of
from cxkit.records import Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import rows

TOGETHER = 3
"""Months that are judged together, the latest ones since approval."""
Judge = Callable[[float], tuple[Row, Row | None]]
"""Given the chance it may spend: the row of what is watched, and the alarm if there is one."""


class Said(NamedTuple):
    """How a target metric is told."""

    name: str
    unit: Unit
    currency: str
    up: bool
    """Whether more is better."""
    sources: str = "metrics"
    """Tables its months are counted in, with ``; `` between them."""

    def words(self, value: float) -> str:
        """A value in its unit."""
        return quantity(value, self.unit, currency=self.currency)


def watch(
    tables: Tables, about: Sequence[About], *, scorecard: Result | None, cases: Cases, chance: float
) -> tuple[list[Row], list[Row]]:
    """Everything that has noise, judged at an even share of `chance`: what is watched, and the alarms."""
    judges: list[Judge] = []
    watched: list[Row] = []
    series = _series(scorecard)
    tied = {f.id.rpartition(".")[2]: "; ".join(f.sources) for f in scorecard.findings} if scorecard else {}
    directions = {r["metric"]: r["direction"] for r in records(scorecard, "measures")}
    names = {r["metric_id"]: r["metric"] for r in rows(tables, "metrics")}
    for one in about:
        metric = one.written.get("metric_id")
        if metric in series and one.written.get("expected_change") == 0:
            watched.append(_row(one, str(metric), None, "it is not meant to move"))
        elif metric in series:
            known = definitions().get(str(metric))
            say = Said(
                name=str(names.get(metric) or (known.name if known else metric)),
                unit=known.unit if known else "none",
                currency=tables.currency,
                up=directions.get(metric, known.direction if known else "up") == "up",
                sources=tied.get(metric) or "metrics",
            )
            judges.append(_metric(one, str(metric), series[metric], say))
        for each in (one.forecast or {}).get("assumptions") or ():
            row = dict(each)
            if row["name"] in ("base", "unit_value", "margin", "adoption"):
                judges.append(_assumption(tables, one, row, cases))
            else:
                watched.append(_row(one, f"{row['benefit_id']} {row['name']}", row, "no table counts it; its tests do"))
    raised = []
    for judge in judges:
        seen, alarm = judge(chance / len(judges))
        watched.append(seen)
        raised += [alarm] if alarm is not None else []
    watched.sort(key=lambda r: (r["initiative_id"], r["subject"]))
    return watched, raised


def _series(scorecard: Result | None) -> dict[str, list[tuple[date, float]]]:
    found: dict[str, list[tuple[date, float]]] = {}
    for row in records(scorecard, "series"):
        day = date.fromisoformat(f"{str(row['month'])[:7]}-01")
        if row["value"] is not None:
            found.setdefault(row["metric"], []).append((day, float(row["value"])))
    return {metric: sorted(points) for metric, points in found.items()}


def _row(one: About, subject: str, row: Row | None, state: str, **more: object) -> Row:
    made: Row = {"initiative_id": one.id, "initiative": one.name, "subject": subject, "state": state}
    if row is not None:
        low, high = span(row, TOLERANCE)
        made |= {"assumed": row["value"], "range_low": low, "range_high": high}
    return made | more


def _metric(one: About, metric: str, points: list[tuple[date, float]], say: Said) -> Judge:
    """The latest months since approval against what the months before lead to, on the bad side only."""

    def judge(chance: float) -> tuple[Row, Row | None]:
        since = one.approved
        if since is None:
            return _row(one, metric, None, "the day of approval is not known"), None
        run = _unbroken(points)
        past = [v for m, v in run if m < month_of(since)]
        after = [(m, v) for m, v in run if m > month_of(since)][-TOGETHER:]
        if len(past) < FEWEST or not after:
            lacks = f"{len(past)} months before approval, fewer than {FEWEST}" if after else "no month since approval"
            return _row(one, metric, None, lacks), None
        # the wave goes on through the months between
        between = [v for m, v in run if month_of(since) <= m < after[0][0]]
        found = limits(past, [v for _, v in after], chance, first=run[0][0].month - 1, skipped=len(between))
        if found is None:
            return _row(one, metric, None, "its months do not vary"), None
        bad = found.found < found.low if say.up else found.found > found.high
        numbers: Row = {
            "assumed": found.expected,
            "range_low": found.low,
            "range_high": found.high,
            "found": found.found,
        }
        counted = {"counted_as": f"mean of the last {len(after)} months", "source": say.sources}
        seen = _row(one, metric, None, "outside" if bad else "inside") | numbers | counted
        if not bad:
            return seen, None
        what = (
            f"{say.name}, which {one.name} should move, has {'fallen' if say.up else 'risen'} since approval: "
            f"{say.words(found.found)} over the last {len(after)} months, {say.words(found.expected)} by those before"
        )
        return seen, one.alarm("metric", what, subject=metric, since=after[0][0], sources=say.sources, **numbers)

    return judge


def _unbroken(points: list[tuple[date, float]]) -> list[tuple[date, float]]:
    """The run of months without a hole that ends with the latest."""
    for i in range(len(points) - 1, 0, -1):
        if add_months(points[i - 1][0], 1) != points[i][0]:
            return points[i:]
    return points


def _assumption(tables: Tables, one: About, row: Row, cases: Cases) -> Judge:
    """What can be counted of an assumption, where it matched on the day of approval."""
    subject = f"{row['benefit_id']} {row['name']}"
    moment = one.written.get("moment_id")
    benefit = next((b for b in rows(tables, "benefits") if b["benefit_id"] == row["benefit_id"]), {})
    driver = str(row.get("driver") or benefit.get("driver") or "")
    unit = str(row.get("base_unit") or benefit.get("base_unit") or "")

    def counted(until: date, chance: float) -> list[Count]:
        return list(
            counterparts(tables, row["name"], base_unit=unit, driver=driver, moment=moment, until=until, chance=chance)
        )

    def judge(chance: float) -> tuple[Row, Row | None]:
        since = one.approved
        assert since is not None  # an assumption comes with its forecast
        if row["name"] == "adoption":
            now = adopted(tables, one.id, chance)
            if now is None:
                return _row(one, subject, row, "no table counts it"), None
            return _judged(one, row, None, now, cases=cases, approved=since)
        before = {c.what: c for c in counted(year_before(since), chance)}
        latest = counted(last_complete_month(tables.as_of), chance)
        if not latest:
            return _row(one, subject, row, "no table counts it"), None
        if not before:
            return _row(one, subject, row, "its table holds no year before approval"), None
        fits = [c for c in latest if c.what in before and matches(before[c.what], row, TOLERANCE)]
        if not fits and row["name"] == "base" and whole(unit):
            fits = [c for c in latest[:1] if c.what in before and near(before[c.what], row)]
        if not fits:
            state = "what the tables count did not match it on the day of approval"
            first = latest[0]
            was = before[first.what].value if first.what in before else None
            return _row(one, subject, row, state, at_approval=was, found=first.value, counted_as=first.what), None
        return _judged(one, row, before[fits[0].what], fits[0], cases=cases, approved=since)

    return judge


def _judged(
    one: About, row: Row, before: Count | None, now: Count, *, cases: Cases, approved: date
) -> tuple[Row, Row | None]:
    subject = f"{row['benefit_id']} {row['name']}"
    low, high = span(row, TOLERANCE)
    out = now.high < low or now.low > high
    numbers: Row = {"found": now.value, "found_low": now.low, "found_high": now.high}
    seen = _row(one, subject, row, "outside" if out else "inside", counted_as=now.what, source=now.source) | numbers
    seen |= {"at_approval": before.value if before is not None else None}
    if not out:
        return seen, None
    stated = cases.stated(row["benefit_id"], row["name"]) or float(row["value"])
    old = before is not None and not matches(before, row, TOLERANCE)
    moved = "was outside its range on the day of approval already" if old else "has left its range"
    what = (
        f"The {NAMES[row['name']]} that {one.name} stands on {moved}: {now.value:,.4g} ({now.what}), "
        f"{low:,.4g} to {high:,.4g} was approved"
    )
    alarm = one.alarm("assumption", what, subject=subject, since=approved, assumed=row["value"], range_low=low,
                      range_high=high, ratio=now.value / stated if stated else None, benefit_id=row["benefit_id"],
                      sources=now.source, **numbers)  # fmt: skip
    return seen, alarm
