import pandas as pd
import pytest

from cxkit.govern import allocation, council, ledger, portfolio
from cxkit.govern.catalogue import FINDINGS
from cxkit.govern.comparing import compare
from cxkit.records import Finding, Record


class Decision(Record):
    decision_id: str
    initiative_id: str = ""
    verdict: str = "stop"
    amount: float | None = None
    owner_role: str = ""
    decided: str = "2026-05-01"
    due: str = ""
    done: str = ""
    evidence: str = ""
    note: str = ""


def figure(value, low=None, high=None, **more):
    fields = {"id": "quantify.scorecard.grr", "stage": "quantify", "title": f"GRR is {value}", "unit": "ratio"}
    return Finding.model_validate(fields | {"value": value, "low": low, "high": high} | more)


def unsourced(found):
    """Findings that do not name their source tables."""
    return [f.key for f in found.findings if not f.sources]


def record(finding):
    dropped = {"detail", "about", "tone", "weight"}
    return {"key": finding.key, **{k: v for k, v in finding.model_dump(mode="json").items() if k not in dropped}}


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (figure(0.90, 0.89, 0.91), figure(0.86, 0.85, 0.87), "moved"),
        (figure(0.90, 0.89, 0.91), figure(0.913, 0.903, 0.923), "unchanged"),  # 1.3 points, noise 1.4
        (figure(0.90, 0.89, 0.91), figure(0.915, 0.905, 0.925), "moved"),
        (figure(0.90), figure(0.91), "moved"),  # exact figures
        (figure(0.90), figure(0.90), "unchanged"),
        (figure(0.90), figure(0.90, grade="E"), "regraded"),
        (figure(0.90, definition="grr@1"), figure(0.70, definition="grr@2"), "redefined"),
        (figure(0.90), figure(0.90, unit="points"), "redefined"),
    ],
)
def test_a_figure_has_moved_when_the_change_is_larger_than_its_noise(before, after, change):
    assert [row["change"] for row in compare([record(before)], [after])] == [change]


def test_new_and_gone_figures_are_told_apart_by_initiative_and_subject():
    old = [record(figure(1.0, initiative="I1")), record(figure(1.0, initiative="I2"))]
    rows = compare(old, [figure(1.0, initiative="I2"), figure(1.0, subject="north")])
    assert [(r["change"], r["initiative"], r["subject"]) for r in rows] == [
        ("new", None, "north"),
        ("gone", "I1", None),
        ("unchanged", "I2", None),
    ]


def test_infinite_and_missing_values_compare():
    never = figure(float("inf"), unit="months")
    assert compare([record(never)], [never])[0]["change"] == "unchanged"
    assert compare([record(figure(None))], [figure(0.5)])[0]["change"] == "moved"


@pytest.fixture(scope="module")
def plan(world):
    cases = world.cases(world.case("I1", benefit=100, cancellable=60), world.case("I3", benefit=1, cancellable=50))
    book = ledger(world.tables(), traceability=world.trace(), cases=cases)
    return allocation(portfolio(book, cases, discount_rate=0.0), budget=200)


def test_decisions_needed_come_from_the_plan_and_fall_away_once_taken(world, plan):
    found = council(world.tables(), allocation=plan)
    needed = found.frame("needed").set_index("initiative_id")
    assert needed["verdict"].to_dict() == {"I1": "test first", "I3": "stop"}
    assert needed.loc["I3", "if_nothing"] == "$50.0 that could be saved is spent"
    assert found.finding("govern.council.needed").title == "2 decisions are needed: 1 to test first and 1 to stop"
    taken = council(world.tables(), allocation=plan, decisions=[Decision(decision_id="D1", initiative_id="I3")])
    assert taken.frame("needed").set_index("initiative_id")["state"].to_dict() == {"I1": "open", "I3": "decided"}
    assert taken.finding("govern.council.needed").value == 1
    sources = ("initiatives", "benefits", "investments", "experiments")
    assert found.finding("govern.council.needed").sources == sources
    assert not unsourced(found)


def test_decisions_due_are_read_as_of_the_day(world):
    given = [
        Decision(decision_id="D1", initiative_id="I3", due="2026-06-01"),
        Decision(decision_id="D2", initiative_id="I1", due="2026-07-15"),
        Decision(decision_id="D3", due="2026-06-01", done="2026-06-20"),
        Decision(decision_id="D4", due="2026-06-01", done="2026-07-20"),  # done after the day: still open
        Decision(decision_id="D5", decided="2026-07-02"),  # taken after the day: not there
        Decision(decision_id="D6"),
        Decision(decision_id="D7", due="some day"),
    ]
    found = council(world.tables(), decisions=given)
    due = found.frame("due").set_index("decision_id")
    assert due["state"].to_dict() == {
        "D1": "overdue",
        "D2": "due soon",
        "D3": "done",
        "D4": "overdue",
        "D6": "open",
        "D7": "open",
    }
    assert due.loc["D1", "days"] == -29
    late = found.finding("govern.council.due")
    assert late.title == "2 of 5 decisions taken and not yet carried out are overdue; 1 more is due within a month"
    assert "stop Loyalty app (2026-06-01)" in late.detail
    assert late.sources == ("initiatives",)


def test_business_units_without_a_seat_are_named(world):
    found = council(world.tables())
    units = found.frame("units").set_index("business_unit")
    assert units["has_seat"].to_dict() == {"consumer": True, "Legal": True, "Retail": False}
    seats = found.finding("govern.council.seats")
    assert (seats.title, seats.detail) == ("1 of 3 business units has no seat in the council", "Without: Retail.")
    assert found.finding("govern.council.chairs").title == "The council's finance seat is not filled"
    assert found.finding("govern.council.rights").title == "1 of 2 council seats says what they decide"
    assert "Eva" not in found.model_dump_json() + found.frame("seats").to_csv()


def test_units_of_customers_and_costs_count_too(world):
    accounts = pd.DataFrame([{"account_id": "a", "business_unit": "Wholesale'; --"}])
    found = council(world.tables(accounts=accounts))
    assert "Wholesale'; --" in set(found.frame("units")["business_unit"])


def test_the_first_run_and_an_empty_client_have_gaps_only(world):
    found = council(world.tables(**dict.fromkeys(world.SHEETS)))
    assert not found.findings
    names = ("changed", "needed", "seats", "why", "news", "wins")
    assert {g.id for g in found.gaps} == {f"govern.council.{name}" for name in names}
    assert {g.id for g in found.gaps} <= set(FINDINGS)


def test_what_changed_leads_with_what_moved(world, plan):
    old = [record(figure(0.90, 0.89, 0.91)), record(figure(5.0, unit="count", subject="x"))]
    now = (figure(0.86, 0.85, 0.87, sources=("revenue",)), figure(5.0, unit="count", subject="x", sources=("moments",)))
    results = [world.Signals(as_of=world.AS_OF, findings=now)]
    found = council(world.tables(), results=results, allocation=plan, previous=old)
    assert found.finding("govern.council.changed").title == (
        "1 of 2 figures moved by more than their own noise since the last run"
    )
    moved = found.finding("govern.council.moved")
    assert moved.detail == "90.0\u202f% before, 86.0\u202f% now."
    assert moved.value == pytest.approx(-0.04)
    assert moved.sources == ("revenue",)
    assert found.finding("govern.council.changed").sources == ("revenue", "moments")
    assert not unsourced(found)
    keys = [f.key for f in found.findings]
    assert len(keys) == len(set(keys))
    assert {f.id for f in found.findings} <= set(FINDINGS)
