"""Old figure, new figure, and why: a definition that changed since the last report."""

from datetime import date

import pytest

from cxkit.metrics.definitions import Definition, Revision, definitions
from cxkit.quantify.definitions import NO_REASON, DefinitionsUsed, definitions_used
from cxkit.quantify.scorecard import Scorecard
from cxkit.records import Finding

AS_OF = date(2026, 10, 31)
GRR = Finding(
    id="quantify.scorecard.grr",
    stage="quantify",
    title="Customers kept 87.2 %",
    value=0.872,
    unit="ratio",
    period="2025-11 to 2026-10",
    definition="grr@2",
    n=900,
    sources=("revenue",),
)
WAS = {
    "id": "quantify.scorecard.grr",
    "subject": None,
    "initiative": None,
    "definition": "grr@1",
    "value": 0.881,
    "unit": "ratio",
    "period": "2025-10 to 2026-09",
}
WHY = "The council asked on 3 October 2026 that pauses up to three months no longer count as kept."


def second(**history) -> dict[str, Definition]:
    """The book with a second version of GRR."""
    book = dict(definitions())
    given = {"version": 1, "until": date(2026, 9, 30), "convention": "pauses are kept", "why": WHY} | history
    past = (Revision.model_validate(given),) if history != {"none": True} else ()
    book["grr"] = book["grr"].model_copy(update={"version": 2, "history": past})
    return book


def used(found: Finding = GRR, previous=(WAS,), known=None) -> DefinitionsUsed:
    card = Scorecard(as_of=AS_OF, findings=(found,))
    return definitions_used(card, list(previous), known=second() if known is None else known)


def test_a_changed_definition_shows_both_figures_and_the_reason() -> None:
    found = used().finding("quantify.definitions.changed")
    assert found.title == (
        "Gross revenue retention is defined otherwise than in the last report: 88.1\u202f% by version 1 then, "
        "87.2\u202f% by version 2 now"
    )
    assert found.detail.startswith(
        f"{WHY} The two figures cannot be held against each other. Version 1 (in force until"
    )
    assert found.detail.endswith("; pauses are kept.")
    row = used().frame("changes").iloc[0]
    assert (row["old_value"], row["new_value"], row["old_period"]) == (0.881, 0.872, "2025-10 to 2026-09")
    assert row["until"] == "2026-09-30"


def test_the_same_version_is_no_change() -> None:
    same = GRR.model_copy(update={"definition": "grr@1"})
    result = used(same, known=dict(definitions()))
    assert not result.findings
    assert not result.has("changes")


def test_a_first_report_has_nothing_to_hold_it_against() -> None:
    assert not used(previous=()).findings


@pytest.mark.parametrize("other", [{"id": "quantify.scorecard.nrr"}, {"subject": "south"}, {"definition": ""}])
def test_only_the_same_figure_is_compared(other: dict[str, str]) -> None:
    assert not used(previous=[WAS | other]).findings


def test_a_change_without_a_reason_says_so() -> None:
    found = used(known=second(none=True)).finding("quantify.definitions.changed")
    assert found.detail == f"{NO_REASON} The two figures cannot be held against each other."


def test_one_metric_is_told_once_however_many_figures_use_it() -> None:
    south = GRR.model_copy(update={"subject": "south", "value": 0.7})
    card = Scorecard(as_of=AS_OF, findings=(GRR, south))
    result = definitions_used(card, [WAS, WAS | {"subject": "south", "value": None}], known=second())
    assert len(result.frame("changes")) == 2
    assert [f.value for f in result.findings] == [0.872]


def test_every_definition_is_listed_and_the_used_ones_are_marked() -> None:
    rows = used().frame("definitions").set_index("metric")
    assert set(rows.index) == set(definitions())
    assert rows.index[rows["used"]].tolist() == ["grr"]
    assert rows.index[rows["changed"]].tolist() == ["grr"]
    assert "months multiplied: lower when" in rows.loc["grr", "rivals"]


def test_other_results_count_too() -> None:
    card = Scorecard(as_of=AS_OF)
    more = Scorecard(as_of=AS_OF, findings=(GRR,))
    assert definitions_used(card, [], more).frame("definitions").query("used")["metric"].tolist() == ["grr"]


def test_every_version_above_the_first_says_what_it_replaced() -> None:
    """A version raised in playbook/metrics.yml without a history leaves the client without the reason."""
    for found in definitions().values():
        assert [r.version for r in found.history] == list(range(1, found.version)), found.id
        assert all(r.why.strip().endswith(".") for r in found.history), found.id
