"""The front page: at most three paragraphs and six sentences, from the findings and the allocation."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pandas as pd

from cxkit.records import Gap, Missing
from cxkit.report.compose import front
from cxkit.report.decisions import plan
from cxkit.report.inputs import Provenance, ReportInput
from cxkit.report.ranking import ranked

Build = Callable[..., ReportInput]


def test_conclusion_has_at_most_three_paragraphs_and_six_sentences(sample: Build) -> None:
    made = front(sample())
    assert len(made.paragraphs) == 3
    assert sum(map(len, made.paragraphs)) <= 6


def test_resolution_holds_ask_money_role_date_and_what_happens_otherwise(sample: Build) -> None:
    resolution = " ".join(s.text for s in front(sample()).paragraphs[-1])
    assert resolution == (
        "The council is asked to fund Welcome call with $900\u202fk. It is asked to stop Loyalty app and Redesign and "
        "free $1.40\u202fM. CX Council/Finance decides by 5 November 2026; if nothing is decided, $800\u202fk "
        "that could be saved is spent."
    )


def test_headline_is_the_ask_and_leads_to_the_plan(sample: Build, samples: ModuleType) -> None:
    made = front(sample()).headline
    assert made.text.startswith("One of three live initiatives is proven; funding it is worth $4.10\u202fM")
    assert made.number == "$4.10\u202fM"
    assert made.key == samples.PLAN.key


def test_headline_without_proof_says_so(sample: Build, samples: ModuleType) -> None:
    claimed = samples.PLANNED.assign(basis="claimed")
    made = front(sample(results=(samples.result("govern.allocation", (samples.PLAN,), tables={"plan": claimed}),)))
    assert made.headline.text == "None of three live initiatives is proven; stopping two frees $1.40\u202fM"


def test_decisions_are_fund_test_first_and_stop(sample: Build) -> None:
    cards = front(sample()).decisions
    assert [(d.kind, d.title) for d in cards] == [
        ("fund", "Welcome call: $900\u202fk"),
        ("stop", "2 initiatives, freeing $1.40\u202fM"),
    ]
    assert [a.name for a in cards[1].asks] == ["Loyalty app", "Redesign"]


def test_situation_takes_the_heaviest_outcomes(sample: Build) -> None:
    first = front(sample()).paragraphs[0]
    assert first[0].text == "Customers kept 88.1\u202f% of their recurring revenue over a year."
    assert first[0].number == "88.1\u202f%"


def test_poor_data_says_what_is_known_and_which_files_to_send(sample: Build, samples: ModuleType) -> None:
    repeat = samples.finding(
        "quantify.scorecard.logo_churn", "41.0\u202f% of customers came back", 0.41, "ratio", tone="bad"
    )
    gaps = tuple(
        Gap(id=f"quantify.scorecard.{n}", what=n, reason="Not supplied.", needs=(Missing(name=t),))
        for n, t in (
            ("grr", "revenue"),
            ("nrr", "revenue"),
            ("nps", "surveys"),
            ("cost", "costs"),
            ("a", "initiatives"),
        )
    )
    given = sample(
        results=(samples.result("quantify.scorecard", (repeat,), gaps=gaps),),
        provenance=Provenance(hashes={"orders": "1", "tickets": "2"}),
    )
    made = front(given)
    assert made.headline.text == "41.0\u202f% of customers came back"
    assert made.decisions == ()
    said = made.paragraphs[-1]
    assert said[0].text.startswith("This is all that the data can carry so far: 5 questions are not assessed")
    assert said[1].text.startswith("Four files would answer most of them: revenue (")
    for name in ("surveys (", "costs (", "initiatives ("):
        assert name in said[1].text


def test_findings_that_say_nothing_clear_leave_the_headline_to_what_is_missing(
    sample: Build, samples: ModuleType
) -> None:
    unsure = samples.finding(
        "quantify.scorecard.complaint_rate", "Every 1,000 raise 18.0", 18, "per_1000", tone="unknown"
    )
    gaps = (Gap(id="quantify.scorecard.grr", what="GRR", reason="Not supplied.", needs=(Missing(name="revenue"),)),)
    given = sample(
        results=(samples.result("quantify.scorecard", (unsure,), gaps=gaps),),
        provenance=Provenance(hashes={"orders": "1", "tickets": "2"}),
    )
    assert (
        front(given).headline.text == "The orders and tickets cannot carry a funding decision yet; one more file would"
    )


def test_a_headline_leaves_derived_tables_out_and_names_no_raw_ones(sample: Build, samples: ModuleType) -> None:
    coverage = pd.DataFrame({"table": ["tickets", "ticket_log"], "state": ["derived", "used"]})
    unsure = samples.finding("quantify.scorecard.ces", "Ease is 5", 5, "score", tone="unknown")
    given = (
        samples.result("data.health", (samples.HEALTH,), tables={"coverage": coverage}),
        samples.result("quantify.scorecard", (unsure,)),
    )
    made = front(sample(results=given, provenance=Provenance(hashes={"ticket_log": "1", "tickets": "2"})))
    assert made.headline.text.startswith("The ticket log cannot carry a funding decision yet")
    many = dict.fromkeys(("accounts", "orders", "people", "surveys", "tickets"), "1")
    made = front(sample(results=given, provenance=Provenance(hashes=many)))
    assert made.headline.text.startswith("The accounts, orders, people and surveys cannot carry")


def test_deciding_nothing_costs_all_that_could_be_saved_and_the_proven_value(
    sample: Build, samples: ModuleType
) -> None:
    row = samples.NEEDED.iloc[0]
    others = [row.replace({"I-02": id}) for id in ("I-04", "I-01")]
    needed = pd.DataFrame([row, *others])
    found = [r for r in samples.results() if f"{r.stage}.{r.name}" != "govern.council"]
    given = sample(results=(*found, samples.result("govern.council", (), tables={"needed": needed})))
    said = " ".join(s.text for s in front(given).paragraphs[-1])
    assert said.endswith(
        "if nothing is decided, $1.40\u202fM that could be saved is spent and $4.10\u202fM of proven value waits."
    )


def test_the_situation_does_not_say_one_fact_from_both_sides(sample: Build, samples: ModuleType) -> None:
    back = samples.finding("orchestrate.service.recontact", "45.3 % come back", 0.453, "ratio", n=900)
    settled = samples.finding("orchestrate.service.fcr", "54.7 % are settled", 0.547, "ratio", n=900)
    waiting = samples.finding("orchestrate.service.open", "11 tickets are still open", 11, "count")
    made = front(sample(results=(samples.result("orchestrate.service", (back, settled, waiting)),)))
    assert [s.text for s in made.paragraphs[0]] == ["45.3 % come back.", "11 tickets are still open."]


def test_what_a_council_steers_by_comes_before_counts(samples: ModuleType) -> None:
    count = samples.finding("orchestrate.service.open", "12 tickets are still open", 12, "count", tone="bad")
    rate = samples.finding("orchestrate.service.x", "half", 0.5, "ratio")
    defined = samples.finding("orchestrate.service.fcr", "76 %", 0.76, "ratio", definition="fcr@1")
    assert [f.title for f in ranked([count, rate, defined])] == ["76 %", "half", "12 tickets are still open"]


def test_nothing_known_is_said_plainly(sample: Build) -> None:
    made = front(sample(results=()))
    assert made.headline.text == "Harbor Telecom: nothing can be assessed from the tables supplied so far"


def test_money_counts_less_on_weaker_evidence(samples: ModuleType) -> None:
    heavy = samples.finding("prove.a", "claimed", weight=100, grade="E")
    light = samples.finding("prove.b", "proven", weight=40, grade="A")
    assert [f.title for f in ranked([heavy, light])] == ["proven", "claimed"]


def test_plan_without_allocation_asks_for_nothing(sample: Build) -> None:
    assert plan(sample(results=())).decisions == ()
