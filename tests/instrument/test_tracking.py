"""The tracking plan: names against the standard, what arrives of what was declared, and who breaks what."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxkit import shipped
from cxkit.instrument import code_frame, tracking
from cxkit.instrument.catalogue import FINDINGS
from cxkit.instrument.tracking_names import Standard, alike, fault, key, proposed, standard
from cxkit.tables.engine import Tables

FRAME = {**shipped.yaml("playbook/taxonomy.yml"), "bridges": [{"from": "basket_filled", "to": ["order_placed"]}]}
RULES = standard(FRAME)
MOMENTS = pd.DataFrame(
    {
        "moment_id": ["m1", "m2"],
        "moment": ["Order", "Bill"],
        "journey": ["J", "J"],
        "position": [1, 2],
        "owner_role": ["Journey Owners", None],
        "start_event": ["order_placed", "bill_sent"],
        "value_event": ["device_installed", None],
    }
)
SYSTEMS = pd.DataFrame({"system_id": ["S1"], "system": ["Shop"], "holds": ["telemetry"], "owner_role": ["RevOps/Data"]})


def events(*rows: tuple[str, str, int]) -> pd.DataFrame:
    """Name, system and how often, the last time on the day before the report."""
    made = [
        (f"2026-06-{29 - i % 20:02d} 08:00:00", name, system, None if i % 5 == 4 else "a", "m1")
        for name, system, n in rows
        for i in range(n)
    ]
    return pd.DataFrame(made, columns=["at", "event", "system", "account_id", "moment_id"])


def of(**frames: pd.DataFrame) -> Tables:
    return Tables.from_frames(frames, as_of=date(2026, 6, 30))


def test_the_plan_says_what_arrives_under_another_name_never_and_undeclared():
    given_events = events(("order_placed", "Shop", 40), ("OrderPlaced", "app", 4), ("device-installed", "S1", 30))
    stray = events(("guide_read", "Shop", 10)).assign(moment_id=None)
    result = tracking(of(events=pd.concat([given_events, stray]), moments=MOMENTS, systems=SYSTEMS), frame=FRAME)
    rows = result.frame("plan").set_index("arrives_as")
    assert rows["status"].to_dict() == {
        "order_placed": "arrives",
        "OrderPlaced": "renamed",
        "device-installed": "renamed",
        "": "missing",
        "guide_read": "undeclared",
    }
    assert rows.loc["OrderPlaced", "todo"] == "send it as order_placed"
    assert rows.loc["device-installed", ["event", "stands_for"]].tolist() == ["device_installed", "value"]
    assert rows.loc["order_placed", "owner_role"] == "RevOps/Data"
    assert rows.loc["order_placed", "todo"] == "fill account_id"
    assert (
        result.finding("instrument.tracking.missing").title
        == "1 of 3 start and value events of the register do not arrive"
    )
    assert result.finding("instrument.tracking.doubles").value == 1
    assert result.finding("instrument.tracking.carried", subject="must").value == pytest.approx(68 / 84)


def test_a_retired_name_that_still_arrives_is_told_and_led_to_its_successor():
    result = tracking(of(events=events(("order_placed", "S1", 30), ("basket_filled", "S1", 9))), frame=FRAME)
    assert result.finding("instrument.tracking.retired").value == 1
    old = result.frame("plan").set_index("arrives_as").loc["basket_filled"] if result.has("plan") else None
    assert old is None or old["todo"] == "send it as order_placed"
    assert result.frame("names").set_index("event").loc["basket_filled", "retired_to"] == "order_placed"


def test_names_are_held_against_the_shipped_standard_and_its_own_examples_keep_it():
    assert not [e for e in shipped.yaml("playbook/taxonomy.yml")["events"]["examples"] if fault(e, RULES)]
    assert proposed("app_order_place", RULES) == "order_placed"
    assert proposed("submitForm", RULES) == "form_submitted"
    assert proposed("service_live", RULES) == ""
    assert "counting" in fault("first_login", RULES)
    assert "page" in fault("button_clicked", RULES)
    assert "customer data" in fault("mail_ann@example.org_sent", RULES)


def test_steps_that_differ_by_a_number_or_by_re_are_not_slips():
    names = [
        "step_one_1_done",
        "step_one_2_done",
        "account_opened",
        "account_reopened",
        "instal_booked",
        "install_booked",
    ]
    assert alike(names, [900, 9, 900, 9, 9, 900])["event"].tolist() == ["instal_booked"]
    assert alike(["install_booked", "instal_booked"], [900, 800]).empty


@given(st.lists(st.sampled_from(["order", "bill", "paid", "sent", "kit"]), min_size=1, max_size=4))
def test_a_name_keeps_its_key_in_every_case(parts):
    assert key("_".join(parts)) == key("-".join(p.upper() for p in parts)) == key("".join(p.title() for p in parts))


def test_a_name_that_holds_an_address_is_never_shown():
    rows = events(("mail_ann@example.org_sent", "S1", 9))
    result = tracking(of(events=rows, moments=MOMENTS), frame=FRAME)
    text = str(result.document()) + "".join(str(t.to_pylist()) for t in result.tables.values())
    assert "example.org" not in text


def test_breaches_stand_with_the_role_that_answers_for_the_contract():
    tickets = pd.DataFrame({"ticket_id": ["t1", "t2"], "opened": ["2026-06-29"] * 2, "account_id": ["a", None]})
    health = {"tickets": {"error": 0, "warning": 2}, "nonsense": {"error": 9}}
    rows = tracking(of(tickets=tickets), frame=FRAME, health=health).frame("breaches")
    assert rows[["owner_role", "kind", "breaches"]].values.tolist() == [
        ["Enablement/Ops", "warning", 2],
        ["Enablement/Ops", "no customer key", 1],
    ]


def test_customers_are_counted_by_the_signals_they_are_seen_in():
    accounts = pd.DataFrame(
        {"account_id": list("abcd"), "started": ["2020-01-01"] * 4, "ended": [None, None, None, "2021-01-01"]}
    )
    tickets = pd.DataFrame({"ticket_id": ["t1", "t2"], "opened": ["2026-05-02"] * 2, "account_id": ["a", "d"]})
    surveys = pd.DataFrame(
        {"response_id": ["r1", "r2"], "metric": "nps", "score": 9.0, "answered": "2026-05-20", "account_id": ["a", "b"]}
    )
    result = tracking(of(accounts=accounts, tickets=tickets, surveys=surveys), frame=FRAME)
    assert result.frame("views")[["signals", "customers"]].values.tolist() == [[1, 1], [2, 1], [3, 1]]
    assert result.finding("instrument.tracking.views").value == pytest.approx(1 / 3)


def test_what_is_collected_is_told_from_what_is_analysed():
    tickets = pd.DataFrame(
        {"ticket_id": ["t1", "t2"], "opened": ["2026-05-02"] * 2, "moment_id": ["m1", "m2"], "reason": ["late", None]}
    )
    rows = tracking(of(moments=MOMENTS, tickets=tickets), frame=FRAME).frame("insight")
    assert rows["state"].tolist() == ["analysed", "collected only"]


def test_items_that_are_still_waiting_count_in_the_time_to_settle():
    register = pd.DataFrame(
        {
            "item_id": ["r1", "r2", "r3"],
            "kind": ["rock", "rock", "system"],
            "item": ["x", "y", "z"],
            "raised": ["2026-06-01", "2026-01-01", "2026-01-01"],
            "settled": ["2026-06-11", None, None],
        }
    )
    result = tracking(of(register=register), frame=FRAME)
    whole = result.frame("loops").set_index("group").loc["all"]
    assert (whole["cases"], whole["done"], whole["done_only"]) == (3, 1, 10)
    assert whole["median_days"] == float("inf")
    assert result.finding("instrument.tracking.loops").title.startswith("Fewer than half of 3")


def test_the_frame_may_be_a_code_frame_or_the_section_alone():
    shipped_frame = shipped.yaml("playbook/taxonomy.yml")
    assert standard(code_frame(shipped_frame)).pattern == standard(shipped_frame["events"]).pattern == RULES.pattern
    assert standard({}) == Standard()


def test_without_tables_all_is_a_gap_and_every_id_is_listed():
    result = tracking(of(), frame=FRAME)
    assert not result.findings
    full = tracking(of(events=events(("order_placed", "S1", 30)), moments=MOMENTS), frame=FRAME)
    assert {x.id for r in (result, full) for x in (*r.findings, *r.gaps)} <= set(FINDINGS)
