"""SLA attainment, handling time, recontact: five-row frames checked by hand, and what must never change."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxkit.errors import ParameterError
from cxkit.metrics import service
from cxkit.metrics.recontact import recontacts, reopening, without_account
from cxkit.tables.engine import Tables

AS_OF = date(2026, 6, 30)
MOMENTS = pd.DataFrame({"moment_id": ["m1"], "moment": ["Repair"], "sla_hours": [8.0], "calendar": ["office"]})
OFFICE = pd.DataFrame(
    {
        "calendar": ["office"] * 6,
        "weekday": [1, 2, 3, 4, 5, None],
        "opens": [8.5] * 5 + [None],
        "closes": [17.0] * 5 + [None],
        "holiday": [None] * 5 + [date(2026, 6, 4)],
    }
)


def utc(local: str) -> pd.Timestamp:
    """A wall time in Berlin as naive UTC."""
    return pd.Timestamp(local, tz="Europe/Berlin").tz_convert("UTC").tz_localize(None)


def berlin(tickets: pd.DataFrame, **more: pd.DataFrame) -> Tables:
    return Tables.from_frames({"tickets": tickets, **more}, as_of=AS_OF, timezone="Europe/Berlin")


def judge(tables: Tables, **options: Any) -> pd.DataFrame:
    window = service.ticket_window(tables, 12)
    assert window is not None
    with service.judged(tables, window, **options) as relation:
        return tables.frame(f"SELECT * FROM {relation} ORDER BY ticket_id").set_index("ticket_id")


FIVE = pd.DataFrame(
    [
        ("t1 weekend", utc("2026-06-05 16:00"), utc("2026-06-08 10:00"), None),
        ("t2 holiday", utc("2026-06-03 16:00"), utc("2026-06-05 16:30"), None),
        ("t3 paused", utc("2026-06-08 09:00"), utc("2026-06-09 11:00"), 180.0),
        ("t4 open", utc("2026-06-30 16:00"), None, None),
        ("t5 open late", utc("2026-06-29 09:00"), None, None),
    ],
    columns=["ticket_id", "opened", "resolved", "paused_minutes"],
).assign(moment_id="m1")


def test_five_tickets_are_judged_as_by_hand():
    rows = judge(berlin(FIVE, moments=MOMENTS, calendars=OFFICE))
    assert rows["active_hours"].tolist() == [2.5, 9.0, 7.5, 1.0, 16.5]
    assert rows["verdict"].tolist() == ["met", "late", "met", "open_within", "open_late"]
    assert rows["limit_hours"].tolist() == [8.0] * 5


def test_attainment_counts_the_open_breach_and_stands_beside_the_naive_figure():
    tables = berlin(FIVE, moments=MOMENTS, calendars=OFFICE)
    window = service.ticket_window(tables)
    assert window is not None
    with service.judged(tables, window) as relation:
        row = service.attainment(tables, relation, {"all": "''"}).iloc[0]
    assert row["attainment"] == 0.5
    assert row["naive"] == pytest.approx(2 / 3)
    assert row["difference"] == pytest.approx(0.5 - 2 / 3)
    assert (row["judged"], row["open_within"], row["no_sla"]) == (4, 1, 0)
    assert pd.isna(row["low"])


def test_the_clock_runs_round_the_clock_where_no_calendar_applies():
    rows = judge(berlin(FIVE, moments=MOMENTS))
    assert rows.loc["t1 weekend", "active_hours"] == 66
    assert rows.loc["t3 paused", "active_hours"] == 23


def test_a_night_of_summer_time_is_an_hour_short():
    night = pd.DataFrame({"calendar": "c", "weekday": range(1, 8), "opens": 0.0, "closes": 24.0, "holiday": None})
    ticket = pd.DataFrame(
        {"ticket_id": ["t"], "opened": [utc("2026-03-28 12:00")], "resolved": [utc("2026-03-29 12:00")]}
    ).assign(moment_id="m1")
    rows = judge(berlin(ticket, moments=MOMENTS.assign(calendar="c"), calendars=night))
    assert rows["active_hours"].tolist() == [23.0]


def test_tickets_without_a_limit_are_not_judged_unless_one_is_given():
    tickets = FIVE.drop(columns="moment_id")
    assert set(judge(berlin(tickets))["verdict"]) == {"no_sla"}
    given_limit = judge(berlin(tickets, calendars=OFFICE), sla_hours=8.0)
    assert given_limit["verdict"].tolist() == ["met", "late", "met", "open_within", "open_late"]


def test_a_closing_date_stands_in_for_a_missing_resolution():
    rows = judge(berlin(FIVE.rename(columns={"resolved": "closed"}).drop(columns="paused_minutes"), moments=MOMENTS))
    assert rows["settled"].tolist() == [True, True, True, False, False]


def test_a_ticket_that_was_settled_as_it_was_opened_takes_no_time():
    ticket = FIVE.head(1).assign(resolved=FIVE["opened"].iloc[0])
    assert judge(berlin(ticket, moments=MOMENTS, calendars=OFFICE))["active_hours"].tolist() == [0.0]


def log(*rows: tuple[str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["ticket_id", "at", "state"])
    return frame.assign(at=[utc(t) for t in frame["at"]], activity=frame["state"])


def test_pauses_of_a_status_log_stop_the_clock_also_at_the_end():
    tables = Tables.from_frames(
        {
            "ticket_log": log(
                ("a", "2026-06-08 09:00", "open"),
                ("a", "2026-06-08 16:00", "pause"),
                ("a", "2026-06-09 09:30", "work"),
                ("a", "2026-06-09 10:30", "resolved"),
                ("b", "2026-06-29 09:00", "open"),
                ("b", "2026-06-29 12:00", "pause"),
            ),
            "calendars": OFFICE,
        },
        as_of=AS_OF,
        timezone="Europe/Berlin",
    )
    rows = judge(tables, sla_hours=8.5)
    # a: Monday 09:00–16:00, paused overnight (16:00–17:00 and 08:30–09:30 are open hours), then one hour
    # b: three hours on Monday, waiting for the customer ever since
    assert rows["active_hours"].tolist() == [8.0, 3.0]
    assert rows["verdict"].tolist() == ["met", "open_within"]


def test_a_pause_across_a_weekend_costs_only_open_hours():
    tables = Tables.from_frames(
        {
            "ticket_log": log(
                ("a", "2026-06-05 15:00", "open"),
                ("a", "2026-06-05 16:00", "pause"),
                ("a", "2026-06-08 09:30", "work"),
                ("a", "2026-06-08 10:30", "resolved"),
                ("a", "2026-06-09 10:30", "reopened"),
                ("a", "2026-06-11 10:30", "resolved"),
            ),
            "calendars": OFFICE,
        },
        as_of=AS_OF,
        timezone="Europe/Berlin",
    )
    rows = judge(tables, sla_hours=2.0)
    # Friday 15 to 16 and Monday 9:30 to 10:30; the pause takes 16 to 17 and 8:30 to 9:30
    assert rows["active_hours"].tolist() == [2.0]
    assert rows["open_hours"].tolist() == [4.0]
    assert rows["verdict"].tolist() == ["met"]


SHIFTS = pd.DataFrame(
    [("shop", day, opens, closes, None) for day in range(1, 7) for opens, closes in ((9.5, 13.0), (14.25, 18.0))]
    + [("shop", None, None, None, date(2026, 6, 17))],
    columns=["calendar", "weekday", "opens", "closes", "holiday"],
)


def test_two_spells_a_day_in_a_zone_of_half_hours():
    def local(text: str) -> pd.Timestamp:
        return pd.Timestamp(text, tz="Asia/Kolkata").tz_convert("UTC").tz_localize(None)

    rows = [
        ("across noon", "2026-06-15 12:30", "2026-06-15 14:45", 1.0),
        ("opened at noon", "2026-06-15 13:30", "2026-06-15 14:15", 0.0),
        ("opened on Sunday", "2026-06-14 11:00", "2026-06-15 10:00", 0.5),
        ("across a holiday", "2026-06-16 17:00", "2026-06-18 10:00", 1.5),
        ("never in hours", "2026-06-16 20:00", "2026-06-16 22:00", 0.0),
    ]
    tickets = pd.DataFrame(
        [(i, local(o), local(r)) for i, o, r, _ in rows], columns=["ticket_id", "opened", "resolved"]
    )
    frames = {"tickets": tickets.assign(moment_id="m1"), "calendars": SHIFTS}
    frames["moments"] = MOMENTS.assign(calendar="shop", sla_hours=0.0)
    judged = judge(Tables.from_frames(frames, as_of=AS_OF, timezone="Asia/Kolkata"))
    assert judged["active_hours"].to_dict() == {i: hours for i, _, _, hours in rows}
    # a limit of nothing: whoever is settled before the shop opens is in time
    assert judged["verdict"].to_dict() == {i: "met" if hours == 0 else "late" for i, _, _, hours in rows}


def test_what_if_the_limits_or_the_calendar_were_others():
    tables = berlin(FIVE, moments=MOMENTS, calendars=pd.concat([OFFICE, SHIFTS]))
    assert judge(tables, sla_scale=1.125)["verdict"].tolist() == ["met", "met", "met", "open_within", "open_late"]
    assert judge(tables, sla_scale=0.25)["limit_hours"].tolist() == [2.0] * 5
    always = judge(tables, calendar="always")
    assert always["active_hours"].tolist()[:3] == [66.0, 48.5, 23.0]
    assert judge(tables, calendar="shop")["active_hours"].tolist()[0] == 1.0 + 3.5 + 3.75 + 0.5 + 1.0
    assert judge(tables, calendar="office").equals(judge(tables))


def test_an_unknown_calendar_names_those_there_are():
    tables = berlin(FIVE, moments=MOMENTS, calendars=OFFICE)
    with pytest.raises(ParameterError, match=r"no calendar 'ofice'\. Did you mean 'office'\? Known: always, office"):
        judge(tables, calendar="ofice")
    assert judge(berlin(FIVE, moments=MOMENTS), calendar="always")["verdict"].tolist()[0] == "late"


def test_handling_time_has_its_median_beside_it():
    tickets = FIVE.assign(handle_minutes=[10.0, 20.0, 60.0, None, 99.0])
    tables = berlin(tickets)
    window = service.ticket_window(tables)
    assert window is not None
    row = service.handling(tables, window, {"all": "''"}).iloc[0]
    assert (row["n"], row["mean"], row["median"]) == (3, 30.0, 20.0)
    assert pd.isna(row["low"])


def test_clustered_tickets_give_a_wider_interval():
    opened = pd.Timestamp("2026-06-01 09:00")
    rows = pd.DataFrame(
        [
            (f"t{i}", f"a{i // 10}", opened, opened + pd.Timedelta(hours=1 if (i // 10) % 2 else 20), "m1")
            for i in range(200)
        ],
        columns=["ticket_id", "account_id", "opened", "resolved", "moment_id"],
    )
    widths = []
    for frame in (rows, rows.drop(columns="account_id")):
        tables = berlin(frame, moments=MOMENTS)
        window = service.ticket_window(tables)
        assert window is not None
        with service.judged(tables, window) as relation:
            row = service.attainment(tables, relation, {"all": "''"}).iloc[0]
        widths.append(row["high"] - row["low"])
    assert widths[0] > 2.5 * widths[1]


CONTACTS = pd.DataFrame(
    [
        ("t1", "a", "bill", "2026-06-01", "2026-06-02", None),  # t2 follows four days after it was settled
        ("t2", "a", "bill", "2026-06-06", "2026-06-07", None),
        ("t3", "b", "bill", "2026-06-01", "2026-06-03", "2026-06-05"),  # reopened
        ("t4", "c", "bill", "2026-06-01", "2026-06-02", None),  # t5 is about something else
        ("t5", "c", "move", "2026-06-03", "2026-06-04", None),
        ("t6", "d", "bill", "2026-06-25", "2026-06-26", None),  # its week is not over
        ("t7", None, "bill", "2026-06-01", "2026-06-02", None),  # cannot be followed
        ("t8", "e", "bill", "2026-06-01", None, None),  # not settled
    ],
    columns=["ticket_id", "account_id", "reason", "opened", "resolved", "reopened"],
)


def seven(frame: pd.DataFrame, days: int = 7) -> pd.Series:
    tables = Tables.from_frames({"tickets": frame}, as_of=AS_OF)
    window = service.ticket_window(tables)
    assert window is not None
    rows = recontacts(tables, window, [days])
    return rows.iloc[0]


def test_recontact_is_the_same_customer_and_reason_inside_the_window():
    row = seven(CONTACTS)
    assert (row["n"], row["recontacted"], row["fcr"], row["recontact"]) == (5, 2, 0.6, 0.4)


def test_without_reasons_any_further_ticket_counts():
    assert seven(CONTACTS.drop(columns="reason"))["recontacted"] == 3


def test_a_short_window_sees_less_and_judges_more():
    row = seven(CONTACTS, 3)
    assert (row["n"], row["recontacted"]) == (6, 1)


def test_a_second_ticket_while_the_first_is_open_is_a_recontact():
    rows = pd.DataFrame(
        [("t1", "a", "2026-06-01", "2026-06-10"), ("t2", "a", "2026-06-03", "2026-06-10")],
        columns=["ticket_id", "account_id", "opened", "resolved"],
    )
    row = seven(rows)
    assert (row["n"], row["recontacted"]) == (2, 1)


def test_tickets_opened_at_the_same_instant_do_not_follow_each_other():
    rows = pd.DataFrame(
        [("t1", "a", "2026-06-01", "2026-06-02"), ("t2", "a", "2026-06-01", "2026-06-02")],
        columns=["ticket_id", "account_id", "opened", "resolved"],
    )
    assert seven(rows)["recontacted"] == 0


def test_reopening_and_tickets_without_account_bound_the_figure():
    tables = Tables.from_frames({"tickets": CONTACTS}, as_of=AS_OF)
    window = service.ticket_window(tables)
    assert window is not None
    assert without_account(tables, window, 7) == 1
    assert reopening(tables, window, 7) == (1, 6)


SPECS = st.lists(
    st.tuples(
        st.integers(0, 170),  # day of opening
        st.integers(0, 60) | st.none(),  # days to settle
        st.sampled_from(["a", "b", "c", None]),
        st.sampled_from(["x", "y", None]),
    ),
    min_size=1,
    max_size=12,
)


def frame_of(specs: list[tuple[int, int | None, str | None, str | None]]) -> pd.DataFrame:
    first = pd.Timestamp("2026-01-05 10:00")
    rows = []
    for i, (day, took, account, reason) in enumerate(specs):
        opened = first + timedelta(days=day)
        rows.append((f"t{i}", account, reason, opened, None if took is None else opened + timedelta(days=took), "m1"))
    columns = ["ticket_id", "account_id", "reason", "opened", "resolved", "moment_id"]
    return pd.DataFrame(rows, columns=columns).astype(
        {"account_id": "str", "reason": "str", "resolved": "datetime64[us]"}
    )


def figures(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    tables = berlin(frame, moments=MOMENTS, calendars=OFFICE)
    window = service.ticket_window(tables)
    assert window is not None
    with service.judged(tables, window) as relation:
        return service.attainment(tables, relation, {"all": "''", "moment": "moment_id"}), recontacts(tables, window)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SPECS, st.randoms(use_true_random=False))
def test_shares_stay_shares_and_neither_order_nor_the_future_matters(specs, random):
    frame = frame_of(specs)
    sla, repeats = figures(frame)
    for column in ("attainment", "naive", "matured"):
        assert sla[column].dropna().between(0, 1).all()
    assert (sla[list(service.VERDICTS)].sum(axis=1) == sla["tickets"]).all()
    known = repeats[repeats["n"] > 0]
    assert ((known["fcr"] + known["recontact"]) - 1).abs().max() < 1e-12 if len(known) else True
    assert known.groupby("dimension")["n"].apply(lambda n: n.is_monotonic_decreasing).all()
    later = pd.DataFrame(
        [("late", "a", "x", pd.Timestamp("2026-07-01 08:00"), pd.Timestamp("2026-07-02"), "m1")], columns=frame.columns
    )
    order = list(range(len(frame)))
    random.shuffle(order)
    for other in (pd.concat([frame, later], ignore_index=True), frame.iloc[order]):
        again = figures(other)
        pd.testing.assert_frame_equal(again[0], sla)
        pd.testing.assert_frame_equal(again[1], repeats)


def test_no_complete_month_gives_no_window():
    rows = pd.DataFrame({"ticket_id": ["t"], "opened": ["2026-06-10"]})
    assert service.ticket_window(Tables.from_frames({"tickets": rows}, as_of=date(2026, 6, 20))) is None
