"""What the error of stitching costs."""

from datetime import date
from importlib import import_module

import pandas as pd
import pytest

from cxkit.instrument.identity import Identity
from cxkit.instrument.linkage import LENIENT, STRICT, linkage
from cxkit.tables.engine import Tables

AS_OF = date(2026, 6, 30)


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four plausible crosswalks show what sixteen do, in a quarter of the time."""
    monkeypatch.setattr(import_module("cxkit.instrument.linkage"), "DRAWS", 4)


def client(size: int = 40) -> Tables:
    """`size` customers known to the CRM; support knows each of them again and does not know the account."""
    ids = [f"{i:02d}" for i in range(size)]
    people = pd.DataFrame({"system": "crm", "person_id": [f"c{i}" for i in ids], "account_id": [f"A{i}" for i in ids]})
    again = pd.DataFrame({"system": "support", "person_id": [f"s{i}" for i in ids], "account_id": None})
    asked = []
    for i in ids:  # each asks with an account, and again two days later as a person alone
        asked.append((f"t{i}", f"A{i}", None, "2026-03-02 10:00", "2026-03-02 12:00"))
        asked.append((f"u{i}", None, f"s{i}", "2026-03-04 10:00", "2026-03-04 12:00"))
    tickets = pd.DataFrame(asked, columns=["ticket_id", "account_id", "person_id", "opened", "resolved"])
    months = [f"2025-{m:02d}-01" for m in range(5, 13)] + [f"2026-{m:02d}-01" for m in range(1, 7)]
    revenue = pd.DataFrame([(f"A{i}", m, 10) for i in ids for m in months], columns=["account_id", "month", "mrr"])
    frames = {
        "people": pd.concat([people, again], ignore_index=True),
        "tickets": tickets,
        "revenue": revenue,
        "accounts": pd.DataFrame({"account_id": [f"A{i}" for i in ids], "started": "2024-01-01"}),
    }
    return Tables.from_frames(frames, as_of=AS_OF)


def identity(probability: float, size: int = 40) -> Identity:
    """Each customer's two records, linked with one probability; the threshold is .95."""
    ids = [f"{i:02d}" for i in range(size)]
    linked = probability >= 0.95
    rows = [("crm", f"c{i}", f"crm:c{i}") for i in ids]
    rows += [("support", f"s{i}", f"crm:c{i}" if linked else f"support:s{i}") for i in ids]
    pairs = pd.DataFrame(
        [("crm", f"c{i}", "support", f"s{i}", 5.0, probability, "model") for i in ids],
        columns=["left_system", "left_id", "right_system", "right_id", "weight", "probability", "kind"],
    )
    crosswalk = pd.DataFrame(rows, columns=["system", "person_id", "entity"])
    return Identity(as_of=AS_OF, tables={"crosswalk": crosswalk, "pairs": pairs})


def test_sure_links_change_the_figure_and_leave_no_doubt():
    row = linkage(client(), identity(1 - 1e-9)).frame("figures").set_index("figure").loc["recontact"]
    assert row["without"] == 0.0  # every second ticket had nobody
    assert row["chosen"] == row["low"] == row["high"] == pytest.approx(0.5)  # 40 of 80 are followed by the other


def test_doubtful_links_leave_a_band_that_holds_both_ends():
    result = linkage(client(), identity(0.7))
    row = result.frame("figures").set_index("figure").loc["recontact"]
    assert row["chosen"] == row["strict"] == 0.0, f"no link reaches .95 or {STRICT}"
    assert row["lenient"] == pytest.approx(0.5), f"every link reaches {LENIENT}"
    assert (row["low"], row["high"]) == (0.0, pytest.approx(0.5))
    drawn = result.frame("draws")["recontact"]
    assert drawn.nunique() > 1
    assert 0.3 < drawn.mean() < 0.5


def test_the_same_seed_draws_the_same_crosswalks():
    first, second = (linkage(client(), identity(0.7), seed=3) for _ in range(2))
    assert first.document() == second.document()
    assert first.frame("draws").equals(second.frame("draws"))


def test_revenue_of_people_with_one_account_each_is_not_moved():
    finding = linkage(client(), identity(0.7)).finding("instrument.linkage.grr")
    assert finding.title == "Gross revenue retention: 100.0\u202f% whether each person's records are joined or not"


def test_without_people_it_says_what_would_let_it():
    tables = Tables.from_frames({"revenue": client().frame("SELECT account_id, month, mrr FROM revenue")}, as_of=AS_OF)
    (gap,) = linkage(tables, Identity(as_of=AS_OF)).gaps
    assert gap.id == "instrument.linkage.cost"
    assert gap.needs[0].name == "people"
