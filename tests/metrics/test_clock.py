"""The SLA clock: weekends, holidays, summer time, hours that do not start on the hour."""

from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.metrics.clock import (
    GRID,
    HOUR,
    Week,
    _cell_size,
    _grid,
    calendars,
    instant,
    open_hours,
    running,
    spells,
)
from cxkit.tables.engine import Tables

OFFICE = Week(dict.fromkeys(range(1, 6), ((8.5, 17.0),)), frozenset({date(2026, 6, 4)}))
ALWAYS = Week(dict.fromkeys(range(1, 8), ((0.0, 24.0),)))


def test_open_hours_leave_the_weekend_out():
    assert open_hours(OFFICE, "UTC", datetime(2026, 6, 5, 16), datetime(2026, 6, 8, 10)) == 2.5


def test_open_hours_leave_a_holiday_out():
    assert open_hours(OFFICE, "UTC", datetime(2026, 6, 3, 16), datetime(2026, 6, 5, 16, 30)) == 9


def test_open_hours_are_local():
    # 08:30 in Berlin is 06:30 UTC in summer and 07:30 UTC in winter
    assert open_hours(OFFICE, "Europe/Berlin", datetime(2026, 6, 8, 6, 30), datetime(2026, 6, 8, 7)) == 0.5
    assert open_hours(OFFICE, "Europe/Berlin", datetime(2026, 1, 12, 6, 30), datetime(2026, 1, 12, 7)) == 0


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_a_day_that_is_always_open_has_the_hours_it_really_has(day, hours):
    start = datetime.combine(day, datetime.min.time()) - timedelta(days=1)
    long = spells(ALWAYS, "Europe/Berlin", start, start + timedelta(days=3))
    assert len(long) == 1
    only = Week({day.isoweekday(): ((0.0, 24.0),)})
    assert open_hours(only, "Europe/Berlin", start, start + timedelta(days=3)) == hours


def test_two_shifts_in_one_hour_make_the_cells_smaller():
    shifts = Week({1: ((8.0, 12.25), (12.75, 17.0))})
    part = spells(shifts, "UTC", datetime(2026, 6, 1), datetime(2026, 6, 2))
    assert _cell_size([part]) == HOUR // 2


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 40 * 24 * 60), st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"]))
def test_the_grid_reads_as_the_spells_do(minutes, zone):
    start, end = datetime(2026, 3, 10), datetime(2026, 4, 20)
    part = spells(Week({1: ((8.5, 12.25), (12.75, 17.7)), 2: ((0.0, 24.0),), 7: ((0.1, 3.3),)}), zone, start, end)
    size = _cell_size([part])
    grid = _grid("x", part, size, instant(start), instant(end)).to_pandas().set_index("cell")
    at = instant(start + timedelta(minutes=minutes))
    row = grid.loc[at // size]
    reading = row["gone"] + max(0, min(at, row["until"]) - row["since"])
    assert reading == sum(max(0, min(at, until) - since) for since, until in part)


def _tables(rows: list[dict[str, object]]) -> Tables:
    columns = ["calendar", "weekday", "opens", "closes", "holiday"]
    return Tables.from_frames({"calendars": pd.DataFrame(rows, columns=columns)}, as_of=date(2026, 6, 30))


def test_a_calendar_of_holidays_alone_is_open_on_every_other_day():
    week = calendars(_tables([{"calendar": "bank", "holiday": date(2026, 6, 4)}]))["bank"]
    assert open_hours(week, "UTC", datetime(2026, 6, 3), datetime(2026, 6, 6)) == 48


def test_a_weekday_without_hours_is_closed():
    rows = [{"calendar": "c", "weekday": 1, "opens": 9.0, "closes": 10.0}, {"calendar": "c", "weekday": 2}]
    week = calendars(_tables(rows))["c"]
    assert open_hours(week, "UTC", datetime(2026, 6, 1), datetime(2026, 6, 8)) == 1


def test_the_grid_is_lent_and_taken_back():
    tables = _tables([{"calendar": "c", "weekday": 1, "opens": 9.0, "closes": 10.0}])
    with running(tables, datetime(2026, 6, 1), datetime(2026, 6, 8)) as clock:
        assert clock.names == ("c",)
        assert int(tables.frame(f"SELECT max(gone) AS g FROM {GRID}")["g"].iloc[0]) == HOUR
    left = tables.frame("SELECT count(*) AS n FROM information_schema.tables WHERE table_name LIKE 'cxkit%'")
    assert int(left["n"].iloc[0]) == 0


def test_without_calendars_the_clock_always_runs():
    tables = Tables.from_frames({}, as_of=date(2026, 6, 30))
    with running(tables, datetime(2026, 6, 1), datetime(2026, 6, 8)) as clock:
        assert clock.reading("c", "b.o", "b.calendar") == "(b.o)"
        assert clock.join("c", "b.o", "b.calendar") == ""
