"""Volume by day and month: unfinished periods, holes, jumps and weekdays that are missing.

Counting is done in the engine; what is looked at here is one number per day or month. A month is compared with the
median of its four neighbours, and one that stands out is forgiven when it stood out the same way a year before or
after. Tables whose months are mostly empty (survey waves) are not screened for holes and jumps.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd

from cxkit.formats import listing, number
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables
from cxkit.tables.problems import Problem, suspicion

DAYS = {
    "tickets": ("opened_date", "count(*)"),
    "ticket_log": ("at_date", "count(*)"),
    "orders": ("ordered_date", "count(*)"),
    "surveys": ("answered_date", "count(*)"),
    "invitations": ("sent_date", "count(*)"),
    "events": ("at_date", "count(*)"),
    "contact_volume": ("day", "sum(contacts)"),
}
"""Tables that fill day by day: the local day, and what is counted."""
MONTHS = {
    "revenue": ("month", "count(*)"),
    "costs": ("month", "sum(amount)"),
    "pnl": ("month", "count(*)"),
    "workforce": ("month", "sum(headcount)"),
}
"""Tables that fill month by month."""
FEWEST = 30
"""Rows a month's neighbours need before the month can stand out."""
LOW, HIGH = 0.3, 3.0
SEASON = 1.6
EARLIEST = date(1990, 1, 1)


def screen(tables: Tables) -> list[Problem]:
    """Everything odd about when rows came."""
    problems: list[Problem] = []
    for name, (column, measure) in DAYS.items():
        if name in tables.present and not (name == "ticket_log" and "tickets" in tables.present):
            days = _series(tables, name, column, measure)
            shown = column.removesuffix("_date")
            if len(days):
                months = days.groupby(days.index.map(lambda d: d.replace(day=1))).sum()
                last_whole = _last_whole(tables, days)
                problems += [*unfinished_days(tables, name, shown, days), *weekdays(name, shown, days)]
                problems += holes(name, shown, days)
                problems += irregular(name, shown, _filled(months, _first_whole(days), last_whole))
    for name, (column, measure) in MONTHS.items():
        if name in tables.present:
            months = _series(tables, name, column, measure)
            if len(months):
                problems += unfinished_months(tables, name, column, months)
                problems += irregular(name, column, _filled(months, months.index[0], months.index[-1]))
    return problems


def _series(tables: Tables, name: str, column: str, measure: str) -> pd.Series[float]:
    """What came on each day (or month) that has rows, in order; zero dates of old systems left out."""
    found = tables.sql(
        f"SELECT {quoted(column)} AS d, CAST({measure} AS DOUBLE) AS n FROM {quoted(name)} "
        f"WHERE {quoted(column)} >= DATE '{EARLIEST}' GROUP BY d HAVING {measure} IS NOT NULL ORDER BY d"
    ).fetchall()
    return pd.Series([float(n) for _, n in found], index=pd.Index([d for d, _ in found], dtype=object))


def _first_whole(days: pd.Series[float]) -> date:
    """First month that is there from its first days on."""
    first: date = days.index[0]
    return first.replace(day=1) if first.day <= 4 else _shift(first, 1)


def _last_whole(tables: Tables, days: pd.Series[float]) -> date:
    """Last month that is there to its end."""
    last: date = min(days.index[-1], tables.as_of)
    ends = calendar.monthrange(last.year, last.month)[1]
    return last.replace(day=1) if last.day >= ends - 3 else _shift(last, -1)


def _shift(day: date, months: int) -> date:
    """First day of the month so many months on.

    >>> _shift(date(2026, 1, 15), -2)
    datetime.date(2025, 11, 1)
    """
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _filled(months: pd.Series[float], first: date, last: date) -> pd.Series[float]:
    """One value for every month from first to last, zero where nothing came."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return months.reindex([_shift(first, n) for n in range(max(count, 0))], fill_value=0.0)


def unfinished_days(tables: Tables, name: str, column: str, days: pd.Series[float]) -> list[Problem]:
    """The table ends well before the report does, judged by the pauses it usually makes."""
    last: date = days.index[-1]
    gaps = sorted((b - a).days for a, b in zip(days.index, days.index[1:], strict=False))
    usual = gaps[int(0.98 * (len(gaps) - 1))] if gaps else 0
    behind = (tables.as_of - last).days
    if len(days) < 20 or behind <= max(3, 3 * usual):
        return []
    whole = (last + timedelta(days=1)).day == 1
    before = last if whole else _shift(last, 0) - timedelta(days=1)
    covers = "" if whole else f"; {last:%Y-%m} covers only to day {last.day}"
    return [
        suspicion(
            "unfinished",
            name,
            column,
            found=f"a last day of {last}, {behind} days before the report's {tables.as_of}",
            rule=f"{name} reaches the end of the reported period{covers}",
            fix=f"export {name} again up to {tables.as_of}, or report up to {before} with --as-of {before}",
        )
    ]


def unfinished_months(tables: Tables, name: str, column: str, months: pd.Series[float]) -> list[Problem]:
    """A monthly table lacks the last months of the reported period."""
    last: date = months.index[-1]
    due = _shift(tables.as_of + timedelta(days=1), -1)
    behind = (due.year - last.year) * 12 + due.month - last.month
    if behind <= 0:
        return []
    return [
        suspicion(
            "unfinished",
            name,
            column,
            found=f"a last month of {last:%Y-%m}; the report's is {due:%Y-%m}",
            rule=f"{name} reaches the end of the reported period",
            fix=f"export {name} up to {due:%Y-%m}, or report up to {last:%Y-%m}",
        )
    ]


def irregular(name: str, column: str, months: pd.Series[float]) -> list[Problem]:
    """Months without rows, and months that stand out from their neighbours."""
    values = [float(v) for v in months]
    empty = [m for m, v in zip(months.index, values, strict=True) if v == 0]
    if len(values) < 4 or len(empty) > 0.25 * len(values) or (name in DAYS and _median(values) < 10):
        return []
    problems: list[Problem] = []
    if empty:
        problems.append(
            suspicion(
                "empty_month",
                name,
                column,
                found=f"nothing in {_named(empty)}",
                rule=f"{name} has rows in every month",
                fix="ask for the missing months; until then every figure over them is too low",
            )
        )
    ratios = [_against_neighbours(values, i) for i in range(len(values))]
    odd = [i for i, r in enumerate(ratios) if _stands_out(r) and not _seasonal(ratios, i)]
    if odd:
        worst = max(odd, key=lambda i: abs(math.log(ratios[i] or 1)))
        problems.append(
            suspicion(
                "jump",
                name,
                column,
                found=f"{number(values[worst], 0)} in {months.index[worst]:%Y-%m}, "
                f"{number((ratios[worst] or 0) * 100, 0)} % of the months around it"
                + _also([months.index[i] for i in odd if i != worst]),
                rule="a month lies between 30 % and 300 % of its neighbours",
                fix="check for a double load, a partial export or a campaign, and say so in the commentary",
            )
        )
    else:
        problems += _step(name, column, months)
    return problems


def _step(name: str, column: str, months: pd.Series[float]) -> list[Problem]:
    """A lasting change of level: three months against the three before."""
    values = [float(v) for v in months]
    best: tuple[float, int] | None = None
    for i in range(3, len(values) - 2):
        before, after = _median(values[i - 3 : i]), _median(values[i : i + 3])
        if min(before, after) > 0 and max(before, after) >= FEWEST and not LOW <= after / before <= HIGH:
            size = abs(math.log(after / before))
            if best is None or size > best[0]:
                best = (size, i)
    if best is None:
        return []
    i = best[1]
    before, after = _median(values[i - 3 : i]), _median(values[i : i + 3])
    return [
        suspicion(
            "step",
            name,
            column,
            found=f"{number(before, 0)} a month before {months.index[i]:%Y-%m}, {number(after, 0)} from then on",
            rule=f"{name} does not change its level by more than a factor of three within a few months",
            fix="check for a change of system, of what is exported, or of scope; compare only months on one side of it",
        )
    ]


def _against_neighbours(values: Sequence[float], i: int) -> float | None:
    around = [v for v in (*values[max(i - 2, 0) : i], *values[i + 1 : i + 3]) if v > 0]
    if len(around) < 2 or values[i] == 0 or max(_median(around), values[i]) < FEWEST:
        return None
    return values[i] / _median(around)


def _stands_out(ratio: float | None) -> bool:
    return ratio is not None and not LOW <= ratio <= HIGH


def _seasonal(ratios: Sequence[float | None], i: int) -> bool:
    """Whether the same calendar month stood out the same way in another year."""
    for other in range(i % 12, len(ratios), 12):
        mine, theirs = ratios[i], ratios[other]
        if other != i and mine and theirs and (theirs > SEASON if mine > 1 else theirs < 1 / SEASON):
            return True
    return False


def _median(values: Sequence[float]) -> float:
    return float(pd.Series(list(values)).median()) if values else 0.0


def _named(months: Sequence[date]) -> str:
    return listing([f"{m:%Y-%m}" for m in months], most=4)


def _also(months: Sequence[date]) -> str:
    return f"; also {_named(months)}" if months else ""


def weekdays(name: str, column: str, days: pd.Series[float]) -> list[Problem]:
    """A working day of the week that is missing; free weekends are no problem."""
    per = [0.0] * 7
    for day, n in days.items():
        per[day.weekday()] += float(n)  # type: ignore[attr-defined]
    span = (days.index[-1] - days.index[0]).days
    usual = _median(per[:5])
    missing = [i for i in range(5) if per[i] < 0.1 * usual]
    if span < 56 or usual < FEWEST or not missing:
        return []
    return [
        suspicion(
            "weekday",
            name,
            column,
            found=f"next to nothing on {listing([calendar.day_name[i] + 's' for i in missing])}",
            rule=f"{name} come in on every working day",
            fix="check the export's date filter and the time zone; a daily job that fails once a week looks like this",
        )
    ]


def holes(name: str, column: str, days: pd.Series[float]) -> list[Problem]:
    """The longest run of days without a row, where rows otherwise come daily."""
    span = (days.index[-1] - days.index[0]).days + 1
    pairs = list(zip(days.index, days.index[1:], strict=False))
    if len(days) < 40 or not pairs:
        return []
    start, end = max(pairs, key=lambda p: ((p[1] - p[0]).days, -p[0].toordinal()))
    run = (end - start).days - 1
    daily = float(days.sum()) / span
    every_day = len(days) >= 0.93 * (span - run)
    if run < (7 if every_day else 14) or run * daily < FEWEST or run > 62:
        return []
    return [
        suspicion(
            "missing_days",
            name,
            column,
            found=f"nothing from {start + timedelta(days=1)} to {end - timedelta(days=1)} ({run} days), "
            f"where {number(daily, 0)} a day are usual",
            rule=f"{name} has no hole of a week or more",
            fix="ask for the missing days, or confirm that the service was closed",
        )
    ]
