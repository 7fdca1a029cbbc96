"""Attribution: by money, contacts and answers, with the bridge of where it is lost."""

from datetime import date

import pandas as pd
import pytest

from cxkit.instrument import attribution
from cxkit.instrument.catalogue import FINDINGS
from cxkit.tables.engine import Tables

MOMENTS = pd.DataFrame({"moment_id": ["m1"], "moment": ["Join"]})
ACCOUNTS = pd.DataFrame({"account_id": ["a", "b"], "started": ["2024-01-01"] * 2})
TICKETS = pd.DataFrame(
    [
        ("t1", "a", None, "m1"),  # attributed
        ("t2", "b", None, "no such moment"),
        ("t3", "ghost", None, "m1"),
        ("t4", None, "p1", "m1"),  # person p1 belongs to a
        ("t5", None, "p2", "m1"),  # person p2 belongs to two accounts
    ],
    columns=["ticket_id", "account_id", "person_id", "moment_id"],
).assign(opened="2026-06-10")
PEOPLE = pd.DataFrame(
    {
        "system": ["crm", "support", "crm", "support"],
        "person_id": ["p1", "p1", "p2", "p2"],
        "account_id": ["a", "a", "a", "b"],
    }
)
REVENUE = pd.DataFrame(
    [("a", "2026-06-01", 300), ("b", "2026-06-01", 100), ("ghost", "2026-06-01", 600)],
    columns=["account_id", "month", "mrr"],
)


def of(**frames: pd.DataFrame) -> Tables:
    return Tables.from_frames(frames, as_of=date(2026, 6, 30), currency="EUR")


def bridge(tables: Tables, kind: str) -> dict[str, float]:
    rows = attribution(tables).frame("bridge")
    rows = rows[rows["kind"] == kind]
    return dict(zip(rows["step"], rows["amount"], strict=True))


def test_contacts_are_lost_step_by_step():
    found = bridge(of(moments=MOMENTS, accounts=ACCOUNTS, tickets=TICKETS, people=PEOPLE), "contacts")
    assert found == {"total": 5, "counted only": 0, "no key": 1, "unknown key": 1, "no moment": 1, "attributed": 2}


def test_contacts_that_are_only_counted_are_lost_first():
    volume = pd.DataFrame({"day": ["2026-06-10"], "channel": ["phone"], "contacts": [20]})
    tables = of(moments=MOMENTS, accounts=ACCOUNTS, tickets=TICKETS, people=PEOPLE, contact_volume=volume)
    found = bridge(tables, "contacts")
    assert (found["total"], found["counted only"], found["attributed"]) == (20, 15, 2)


def test_revenue_counts_in_money_and_belongs_where_its_customer_was_seen():
    result = attribution(of(moments=MOMENTS, accounts=ACCOUNTS, tickets=TICKETS, revenue=REVENUE))
    found = result.finding("instrument.attribution.revenue")
    assert found.value == pytest.approx(0.3)
    assert "40.0" in found.detail
    loss = result.finding("instrument.attribution.loss")
    assert loss.value == pytest.approx(0.6)
    assert loss.subject == "revenue"
    assert "its key is in no list of customers" in loss.title


def test_a_response_with_several_scores_counts_once():
    surveys = pd.DataFrame(
        {
            "response_id": ["r1", "r1", "r2"],
            "metric": ["nps", "ces", "nps"],
            "score": [9.0, 5.0, 3.0],
            "answered": ["2026-06-10"] * 3,
            "account_id": ["a", "a", None],
            "moment_id": ["m1", None, "m1"],
        }
    )
    found = bridge(of(moments=MOMENTS, accounts=ACCOUNTS, surveys=surveys), "feedback")
    assert (found["total"], found["attributed"], found["no key"]) == (2, 1, 1)


def test_orders_stand_in_for_revenue():
    orders = pd.DataFrame({"account_id": ["a", "x"], "ordered": ["2026-06-10"] * 2, "amount": [30, 70]})
    found = bridge(of(accounts=ACCOUNTS, orders=orders), "revenue")
    assert (found["unknown key"], found["no moment"]) == (70, 30)


def test_without_any_moment_the_customer_alone_is_told():
    """Nothing is lost at moments that nobody records: the share of known customers is told, the rest is a gap."""
    orders = pd.DataFrame({"account_id": ["a", "x"], "ordered": ["2026-06-10"] * 2, "amount": [30, 70]})
    result = attribution(of(accounts=ACCOUNTS, orders=orders))
    found = result.finding("instrument.attribution.customer")
    assert found.value == pytest.approx(0.3)
    assert found.title.replace("\u202f", " ") == "30.0 % of revenue can be traced to a known customer"
    assert result.finding("instrument.attribution.revenue") is None
    gap = next(g for g in result.gaps if g.id == "instrument.attribution.revenue")
    assert [str(n) for n in gap.needs] == ["moments (moment_id, moment)", "tickets (moment_id)"]
    assert "no list of customers" in result.finding("instrument.attribution.loss").title


def test_without_accounts_nothing_can_be_checked():
    result = attribution(of(tickets=TICKETS[["ticket_id", "opened"]]))
    assert not result.findings
    needs = {g.id: [str(n) for n in g.needs] for g in result.gaps}
    assert needs["instrument.attribution.contacts"] == ["accounts (account_id)", "tickets (account_id)"]


def test_several_currencies_without_rates_are_a_gap():
    mixed = REVENUE.assign(currency=["EUR", "USD", "EUR"])
    result = attribution(of(accounts=ACCOUNTS, revenue=mixed))
    gap = next(g for g in result.gaps if g.id == "instrument.attribution.revenue")
    assert gap.needs[0].name == "fx"


def test_what_is_not_there_is_a_gap_for_each_kind():
    result = attribution(of(accounts=ACCOUNTS))
    assert [g.id.rsplit(".", 1)[1] for g in result.gaps] == ["revenue", "contacts", "feedback"]
    assert {g.id for g in result.gaps} <= set(FINDINGS)


def test_shares_of_the_bridge_add_up_and_later_rows_change_nothing():
    frames = {"moments": MOMENTS, "accounts": ACCOUNTS, "tickets": TICKETS, "revenue": REVENUE}
    first = attribution(of(**frames))
    rows = first.frame("bridge")
    assert rows[rows["step"] != "total"].groupby("kind")["share"].sum().round(12).eq(1).all()
    later = {**frames, "tickets": pd.concat([TICKETS, TICKETS.head(1).assign(ticket_id="n", opened="2026-07-02")])}
    assert attribution(of(**later)).document() == first.document()
    assert {f.id for f in first.findings} <= set(FINDINGS)
