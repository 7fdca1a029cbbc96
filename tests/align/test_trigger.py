from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from cxkit.align.catalogue import FINDINGS
from cxkit.align.trigger import trigger
from cxkit.metrics import alarms
from cxkit.metrics.windows import add_months, last_day
from cxkit.tables.engine import Tables

FIRST, AS_OF = date(2024, 9, 1), date(2026, 10, 31)
MONTHS = [add_months(FIRST, k) for k in range(26)]
SHEETS = {
    "accounts": pd.DataFrame({"account_id": [f"A{i}" for i in range(1000)], "started": "2020-01-01", "ended": None}),
    "moments": pd.DataFrame({"moment_id": ["M1", "M2"], "moment": ["Repair", "Bill"]}),
    "register": pd.DataFrame(
        [
            ["R1", "system", "Planning is blind", "Sales; Field", "M1", 5, None],
            ["R2", "rock", "One supplier", "Field; Stores", None, 3, None],
            ["R3", "metric", "Paid on visits", "Field", "M1", 4, "2026-01-31"],
            ["R4", "assumption", "Bills explain themselves", "Billing", "M2", 4, None],
        ],
        columns=["item_id", "kind", "item", "teams", "moment_id", "severity", "settled"],
    ),
    "systems": pd.DataFrame(
        [["S1", "Field planning", "M1", None, None], ["S2", "Billing", None, "account_id", "S1"]],
        columns=["system_id", "system", "moments", "key", "feeds"],
    ),
    "promises": pd.DataFrame(
        [["P1", "M1", "The next day", "Sales", "Field", 1.0, 4.0, "days", "lower"]],
        columns=[
            *("promise_id", "moment_id", "promise", "promised_by", "delivered_by"),
            *("promised", "delivered", "unit", "better"),
        ],
    ),
    "metrics": pd.DataFrame(
        [["visits", "Visits a day", "Field", 0.5], ["bills", "Bills sent", "Billing", 0.4]],
        columns=["metric_id", "metric", "owner_team", "incentive_weight"],
    ),
    "initiatives": pd.DataFrame(
        [["I1", "New repair app", "M1", "running"], ["I2", "Old one", "M1", "done"]],
        columns=["initiative_id", "initiative", "moment_id", "status"],
    ),
}  # fmt: skip


def tickets(*, spike=1.0, noise=True, months=MONTHS, per_month=(40, 20)):
    """Forty complaints a month about repairs and twenty about bills, the repairs `spike` times as many at the end."""
    rng = np.random.default_rng(3)
    rows = []
    for k, month in enumerate(months):
        days = last_day(month).day
        for (moment, team), usual in zip((("M1", "Field"), ("M2", "Billing")), per_month, strict=True):
            mean = usual * (spike if moment == "M1" and k >= len(months) - 3 else 1.0)
            n = int(rng.poisson(mean)) if noise else round(mean)
            rows += [[month + timedelta(days=i * days // n), moment, team] for i in range(n)]
    frame = pd.DataFrame(rows, columns=["opened", "moment_id", "team"])
    frame["opened"] = pd.to_datetime(frame["opened"]) + pd.Timedelta(hours=12)
    return frame.assign(complaint=True, ticket_id=[f"T{i}" for i in range(len(frame))])


def run(frame, *, as_of=AS_OF, **sheets):
    return trigger(Tables.from_frames(SHEETS | sheets | {"tickets": frame}, as_of=as_of))


@pytest.fixture(scope="module")
def spiked():
    return run(tickets(spike=2.0))


def test_a_spike_opens_a_diagnosis_inside(spiked):
    assert spiked.open
    assert spiked.moment == "M1"
    found = spiked.finding("align.trigger.opened", subject="complaints")
    assert found.title == (
        "Complaints reached 122.0 per 1,000 customers in October 2026, above the 21.7 to 109.7 that the time of year "
        "allows: look inside before fixing the customer side"
    )
    assert found.tone == "bad"
    assert found.value > found.high
    assert "Repair holds all of the excess" in found.detail
    assert found.period == "2026-10"


def test_what_touches_the_moment_is_listed_and_the_rest_is_not(spiked):
    inside = spiked.frame("inside").query("series == 'complaints'").set_index("id")
    assert inside.loc["R1", "why"] == "at this moment"
    assert inside.loc["R2", "why"] == "between the teams that handle it"
    assert inside.loc["S1", "why"] == "covers this moment; no customer key; feeds no other system; nobody owns it"
    assert inside.loc["P1", "why"] == "promised 1, delivered 4 days"
    assert inside.loc["visits", "why"] == "Field is paid on it: 50\u202f% of variable pay"
    assert inside.loc["Field", "why"] == "handles it; stands in 3 of these"
    assert inside.loc["I1", "kind"] == "initiative"
    assert not {"R3", "R4", "S2", "bills", "I2"} & set(inside.index)
    found = spiked.finding("align.trigger.inside")
    assert found.title == (
        "4 things touch Repair inside the organisation: 2 systems, 1 rock and 1 promise; Field and Sales are in "
        "several of them"
    )
    assert "settle the inside first" in found.detail
    assert "that it caused the signal is not shown" in found.detail


def test_parts_of_the_excess_add_up(spiked):
    drivers = spiked.frame("drivers")
    drivers = drivers[drivers["series"] == "complaints"]
    for _, part in drivers.groupby("dimension"):
        assert part["share"].sum() == pytest.approx(1)
        assert (part["observed"] - part["expected"]).tolist() == pytest.approx(part["excess"].tolist())


def test_false_alarms_are_shared_and_stated(spiked):
    watch = spiked.frame("watch")
    assert watch["per_report"].sum() == pytest.approx(alarms.share("trigger"))
    assert spiked.per_year == pytest.approx(alarms.share("trigger") * (0.25 * 4 + 0.75 * 12))
    assert "one report in 125" in spiked.finding("align.trigger.opened").detail


def test_noise_alone_opens_nothing():
    found = run(tickets())
    assert not found.open
    assert found.finding("align.trigger.quiet").title == (
        "None of 2 watched series left its usual range in the last three months"
    )
    assert not found.has("inside")
    assert {f.id for f in found.findings} <= set(FINDINGS)
    assert {g.id.rsplit(".", 1)[0] for g in found.gaps} == {"align.trigger"}


def test_fewer_complaints_open_nothing():
    assert not run(tickets(spike=0.2)).open


def test_an_old_spike_is_history():
    frame = tickets()
    extra = frame[(frame["opened"] >= "2026-05-01") & (frame["opened"] < "2026-06-01")]
    extra = extra.assign(ticket_id=extra["ticket_id"] + "x")
    found = run(pd.concat([frame, extra, extra.assign(ticket_id=extra["ticket_id"] + "x")]))
    assert not found.open
    assert found.frame("watch").set_index("series").loc["complaints", "verdict"] == "history"


def test_days_on_which_the_tool_was_down_are_no_drop_and_no_exposure():
    frame = tickets(noise=False)
    gone = (frame["opened"] >= "2026-09-05") & (frame["opened"] < "2026-09-15")
    found = run(frame[~gone])
    series = found.frame("series").query("series == 'complaints'")
    series = series.set_index(pd.to_datetime(series["period"]))["value"]
    assert series["2026-09-01"] == pytest.approx(60, rel=0.04)
    month = (frame["opened"] >= "2026-09-05") & (frame["opened"] < "2026-09-30")
    usable = run(frame[~month]).frame("series").query("series == 'complaints'")["usable"].tolist()
    assert usable == [True] * 24 + [False, True]


def test_a_month_that_is_not_over_is_not_judged():
    found = run(tickets(), as_of=date(2026, 10, 20)).frame("series")
    assert pd.to_datetime(found["period"]).max() == pd.Timestamp("2026-09-01")


def test_what_happened_after_the_day_of_the_report_changes_nothing():
    early = date(2026, 9, 30)
    calm, spiked = (
        run(tickets(spike=s).query("opened < '2026-08-01' or opened > '2026-10-01'"), as_of=early) for s in (1, 3)
    )
    assert calm.model_dump() == spiked.model_dump()
    assert calm.frame("series").equals(spiked.frame("series"))


@pytest.mark.heavy
def test_the_order_of_rows_changes_nothing():
    frame = tickets(spike=2.0)
    assert run(frame).model_dump_json() == run(frame.sample(frac=1, random_state=1)).model_dump_json()


def test_a_short_past_is_a_gap():
    found = run(tickets(months=MONTHS[-16:]))
    gap = next(g for g in found.gaps if g.id == "align.trigger.complaints")
    assert gap.reason == "16 usable months are known; 19 are needed before a season can be told from a spike."
    assert not found.findings


def test_without_customers_growth_cannot_be_told_from_a_surge():
    found = trigger(Tables.from_frames({"tickets": tickets()}, as_of=AS_OF))
    assert found.gaps[0].reason.startswith("Who was a customer in which month is not known")
    assert found.gaps[0].needs


def test_nothing_supplied_names_what_it_needs():
    found = trigger(Tables.from_frames({}, as_of=AS_OF))
    assert [g.id for g in found.gaps] == [
        f"align.trigger.{n}" for n in ("complaints", "contacts", "nps", "csat", "ces")
    ]
    assert all(g.needs for g in found.gaps)


def test_nothing_in_the_register_is_asked_for():
    frames = {"accounts": SHEETS["accounts"], "tickets": tickets(spike=2.0)}
    found = trigger(Tables.from_frames(frames, as_of=AS_OF))
    assert found.open
    gap = next(g for g in found.gaps if g.id == "align.trigger.inside")
    assert {m.name for m in gap.needs} == {"register", "systems", "promises"}


@pytest.mark.heavy
def test_contacts_counted_by_day_are_watched_too():
    frame = tickets(spike=2.5)
    frame["day"] = frame["opened"].dt.date
    volume = frame.groupby(["day", "moment_id"], as_index=False).size().rename(columns={"size": "contacts"})
    volume["complaints"] = volume["contacts"]
    found = trigger(Tables.from_frames({"accounts": SHEETS["accounts"], "contact_volume": volume}, as_of=AS_OF))
    assert found.open
    assert found.moment == "M1"


def test_a_fall_of_a_score_opens_with_its_moment():
    rng = np.random.default_rng(5)
    rows = [
        [f"R{k}-{i}", "csat", int(rng.choice([1, 5], p=p)), month + timedelta(days=i % 28), "M1" if i % 2 else "M2"]
        for k, month in enumerate(MONTHS)
        for i in range(120)
        for p in [[0.95, 0.05] if k >= 23 and i % 2 else [0.3, 0.7]]
    ]
    surveys = pd.DataFrame(rows, columns=["response_id", "metric", "score", "answered", "moment_id"])
    found = trigger(Tables.from_frames({"surveys": surveys, "moments": SHEETS["moments"]}, as_of=AS_OF))
    assert found.moment == "M1"
    title = found.finding("align.trigger.opened", subject="csat").title
    assert title.startswith("CSAT fell to 3")
    assert "below the " in title
    assert found.frame("drivers").query("dimension == 'moment'")["share"].iloc[0] > 0.8


def test_many_contacts_are_watched_by_week():
    frame = tickets(per_month=(400, 200), noise=False, months=MONTHS[-22:])
    frame = frame.assign(complaint=False)
    found = run(frame)
    watch = found.frame("watch").set_index("series")
    assert watch.loc["contacts", "step"] == "week"
    assert "complaints" not in watch.index
    periods = pd.to_datetime(found.frame("series").query("series == 'contacts'")["period"])
    assert set(periods.dt.day_of_week) == {0}


@pytest.mark.heavy
def test_a_declared_change_of_everything_restarts_the_limits():
    changes = pd.DataFrame([["C1", "New desk", "2024-10-15"]], columns=["change_id", "change", "changed"])
    watch = run(tickets(), changes=changes).frame("watch")
    assert watch["baseline_first"].astype(str).tolist() == ["2024-11-01"] * 2
    of_a_moment = run(tickets(), changes=changes.assign(moment_id="M1")).frame("watch")
    assert of_a_moment["baseline_first"].astype(str).tolist() == ["2024-09-01"] * 2
