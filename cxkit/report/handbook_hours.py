"""The business calendars of a playbook: which days are open, from when to when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from babel.dates import get_day_names

from cxkit.charts.reading import rows, text
from cxkit.metrics.clock import Week
from cxkit.records import Record, Result
from cxkit.report.inputs import ReportInput
from cxkit.report.words import words


class Hours(Record):
    """One business calendar."""

    name: str
    open: tuple[tuple[str, str], ...]
    """Days and the hours of them."""
    closed: tuple[str, ...]
    """Days on which it is closed, from the day of the report on."""
    moments: tuple[str, ...]


def hours(calendars: Mapping[str, Week], register: Result | None, given: ReportInput) -> tuple[Hours, ...]:
    """Each calendar with its hours, the days it is closed on, and the moments it stands for."""
    table = rows(register, "moments") if register is not None else []
    return tuple(
        Hours(
            name=name.replace("_", " ").capitalize(),
            open=opening(week, given.locale),
            closed=tuple(f"{d.day} {d:%B %Y}" for d in sorted(week.holidays) if d > given.as_of)[:12],
            moments=tuple(text(r, "moment") for r in table if text(r, "calendar") == name),
        )
        for name, week in calendars.items()
    )


def opening(week: Week, locale: str = "en") -> tuple[tuple[str, str], ...]:
    """Days with the same hours together, in the order of the week.

    >>> opening(Week({1: ((8.5, 17.0),), 2: ((8.5, 17.0),), 6: ((9.0, 12.0),)}))
    (('Monday and Tuesday', '08:30–17:00'), ('Saturday', '09:00–12:00'))
    """
    groups: list[tuple[list[int], str]] = []
    for day in range(1, 8):
        spells = sorted(week.hours.get(day, ()))
        said = ", ".join(f"{_clock(a)}–{_clock(b)}" for a, b in spells)
        if not said:
            continue
        if groups and groups[-1][1] == said and groups[-1][0][-1] == day - 1:
            groups[-1][0].append(day)
        else:
            groups.append(([day], said))
    return tuple((_span(days, locale), said) for days, said in groups)


def _span(days: Sequence[int], locale: str) -> str:
    w = words(locale)
    named = get_day_names("wide", locale=w.language)
    first, last = str(named[days[0] - 1]), str(named[days[-1] - 1])
    return (
        first
        if len(days) == 1
        else w("handbook.day_and" if len(days) == 2 else "handbook.day_to", first=first, last=last)
    )


def _clock(hour: float) -> str:
    minutes = round(hour * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
