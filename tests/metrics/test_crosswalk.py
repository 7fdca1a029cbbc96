"""The client's tables seen through a crosswalk."""

from datetime import date

import pandas as pd
import pyarrow as pa

from cxkit.metrics.crosswalk import accounts_of, customers_of, stitched
from cxkit.tables.engine import Tables

PEOPLE = pd.DataFrame(
    [
        ("crm", "c1", "A"),  # Ada, known with her account
        ("support", "s1", None),  # Ada again
        ("crm", "c2", "B"),  # Bela
        ("billing", "b2", "C"),  # Bela pays for another account
        ("support", "s2", None),  # Bela asks: two accounts, so none
        ("support", "s3", None),  # nobody knows
    ],
    columns=["system", "person_id", "account_id"],
)
CROSSWALK = pa.table(
    {
        "system": PEOPLE["system"].tolist(),
        "person_id": PEOPLE["person_id"].tolist(),
        "entity": ["ada", "ada", "bela", "bela", "bela", "s3"],
    }
)
TICKETS = pd.DataFrame(
    [("t1", "s1", None), ("t2", "s2", None), ("t3", "s3", None), ("t4", "s1", "Z"), ("t5", None, "C")],
    columns=["ticket_id", "person_id", "account_id"],
).assign(opened="2026-05-01")
REVENUE = pd.DataFrame({"account_id": ["A", "B", "C"], "month": ["2026-05-01"] * 3, "mrr": [10, 20, 30]})


def tables() -> Tables:
    return Tables.from_frames({"people": PEOPLE, "tickets": TICKETS, "revenue": REVENUE}, as_of=date(2026, 6, 30))


def test_a_person_lends_the_account_known_elsewhere_and_never_one_of_two():
    found = accounts_of(tables(), CROSSWALK).to_pylist()
    assert [(r["system"], r["person_id"], r["account_id"]) for r in found if r["system"]] == [("support", "s1", "A")]
    assert {r["person_id"]: r["account_id"] for r in found if not r["system"]} == {
        "b2": "C",
        "c1": "A",
        "c2": "B",
        "s1": "A",
    }


def test_a_ticket_keeps_its_own_account_and_takes_its_persons_where_it_has_none():
    given = tables()
    with stitched(given, accounts_of(given, CROSSWALK)) as other:
        rows = other.frame("SELECT ticket_id, account_id FROM tickets ORDER BY 1").set_index("ticket_id")["account_id"]
        people = other.frame("SELECT person_id, account_id FROM people ORDER BY 1").set_index("person_id")["account_id"]
    assert rows.dropna().to_dict() == {"t1": "A", "t4": "Z", "t5": "C"}
    assert people["s1"] == "A"


def test_accounts_of_one_person_are_one_customer():
    given = tables()
    customers = customers_of(given, CROSSWALK)
    assert customers.to_pylist() == [
        {"account_id": "B", "customer": "B"},
        {"account_id": "C", "customer": "B"},
    ]
    with stitched(given, accounts_of(given, CROSSWALK).slice(0, 0), customers) as other:
        paid = other.frame("SELECT account_id, sum(mrr) AS mrr FROM revenue GROUP BY 1 ORDER BY 1")
        asked = other.frame("SELECT account_id FROM tickets WHERE ticket_id = 't5'")
    assert paid.set_index("account_id")["mrr"].to_dict() == {"A": 10, "B": 50}
    assert asked["account_id"].tolist() == ["B"]
    assert given.frame("SELECT count(DISTINCT account_id) AS n FROM revenue")["n"].iloc[0] == 3, "nothing was rewritten"


def test_somebody_known_at_many_accounts_joins_none_of_them():
    people = pd.DataFrame({"system": "crm", "person_id": list("vwxyz"), "account_id": list("ABCDE")})
    given = Tables.from_frames({"people": people}, as_of=date(2026, 6, 30))
    crosswalk = pa.table({"system": ["crm"] * 5, "person_id": list("vwxyz"), "entity": ["agent"] * 5})
    assert customers_of(given, crosswalk).num_rows == 0
