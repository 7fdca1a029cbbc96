"""What is declared of a link stands beside what a test has shown of it."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

import pandas as pd
import pytest

from cxkit.govern.catalogue import FINDINGS
from cxkit.govern.links import Links, links
from cxkit.records import Finding, Result
from cxkit.tables.engine import Tables

AS_OF = date(2026, 6, 30)


class Held(Result):
    stage: ClassVar[str] = "prove"
    name: ClassVar[str] = "experiments"


SHEETS = {
    "goals": pd.DataFrame([{"goal_id": "G1", "goal": "Keep customers", "type": "growth"}]),
    "metrics": pd.DataFrame(
        [
            {"metric_id": m, "metric": n, "kind": "cx_outcome"}
            for m, n in (("churn", "Customers lost"), ("nps", "NPS"), ("fcr", "FCR"))
        ]
    ),
    "key_results": pd.DataFrame(
        [{"kr_id": "K1", "goal_id": "G1", "key_result": "Churn below 9 %", "metric_id": "churn"}]
    ),
    "initiatives": pd.DataFrame(
        [
            {"initiative_id": i, "initiative": f"Do {i}", "metric_id": "churn", "hypothesis": h, "status": "running"}
            for i, h in (("I1", "if so"), ("I2", "if so"), ("I3", None))
        ]
    ),
    "links": pd.DataFrame(
        [
            ("I1", "churn", "randomised", None, None),
            ("I2", "churn", "randomised", None, "test X2 on another metric"),
            ("I3", "churn", "claimed", None, None),
            ("I3", "nps", "claimed", "hurts", None),
            ("churn", "K1", "claimed", None, "by definition"),
            ("nps", "churn", "correlational", None, None),
            ("fcr", "churn", "randomised", None, None),
            ("K1", "G1", "claimed", None, None),
        ],
        columns=["from_id", "to_id", "status", "effect", "note"],
    ),
}


def test_of(experiment: str, initiative: str | None, metric: str, **more: Any) -> dict[str, Any]:
    row = {
        "experiment_id": experiment,
        "initiative_id": initiative,
        "metric": metric,
        "metric_name": metric,
        "arm": "b",
    }
    row |= {"design": "randomised", "verdict": "cut", "tone": "good", "grade": "A", "effect": -0.02}
    return row | {"low": -0.03, "high": -0.01} | more


test_of.__test__ = False  # type: ignore[attr-defined]


def found(*tests: dict[str, Any], **more: Any) -> Links:
    said = [
        Finding(id="prove.effect", stage="prove", title="x", initiative=t["initiative_id"], subject=t["experiment_id"])
        for t in tests
    ]
    result = Held(as_of=AS_OF, findings=tuple(said), tables={"effects": pd.DataFrame(tests)}) if tests else None
    return links(Tables.from_frames(SHEETS, as_of=AS_OF), experiments=result, **more)


def row(result: Links, start: str, stop: str) -> pd.Series:
    return result.frame("links").set_index(["from_id", "to_id"]).loc[(start, stop)]


def test_without_tests_everything_is_claimed_and_what_says_more_is_overstated() -> None:
    result = found()
    assert result.coverage == 0
    assert set(result.frame("links")["verdict"]) == {"not tested", "by definition"}
    assert result.finding("govern.links.overstated").value == 3  # type: ignore[union-attr]
    assert result.finding("govern.links.tested").n == 7  # type: ignore[union-attr]


def test_a_test_bears_a_link_out_or_speaks_against_it() -> None:
    nothing = {"verdict": "no effect worth having", "tone": "neutral"}
    result = found(test_of("X1", "I1", "churn"), test_of("X2", "I2", "contacts", **nothing), test_of("X3", "I3", "fcr"))
    first, second = row(result, "I1", "churn"), row(result, "I2", "churn")
    assert (first["tested"], first["verdict"], first["agrees"], first["grade"]) == (
        "randomised", "supports", "as declared", "A",
    )  # fmt: skip
    assert first["finding_key"] == "prove.effect:I1:X1"
    assert (second["verdict"], second["measured"], second["agrees"]) == ("contradicts", "contacts", "overstated")
    assert row(result, "I3", "churn")["verdict"] == "not tested"
    assert result.coverage == pytest.approx(2 / 7)
    said = result.finding("govern.links.contradicted", initiative="I2")
    assert said is not None
    assert said.title == "Test X2 on contacts speaks against the link from Do I2 to Customers lost, declared randomised"
    assert {f.id for f in result.findings} <= set(FINDINGS)


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ({"verdict": "raised", "tone": "bad"}, "contradicts"),
        ({"verdict": "cannot tell", "tone": "unknown"}, "could not tell"),
        ({"verdict": "blocked", "tone": "bad"}, "blocked"),
        ({"verdict": "lower", "grade": "E", "design": "before_after"}, "not tested"),
        ({"design": "did", "grade": "C"}, "supports"),
    ],
)
def test_verdicts(more: dict[str, Any], verdict: str) -> None:
    result = found(test_of("X1", "I1", "churn", **more))
    assert row(result, "I1", "churn")["verdict"] == verdict
    assert result.coverage == (1 / 7 if verdict in ("supports", "contradicts", "could not tell") else 0)


def test_a_link_that_says_it_hurts_is_borne_out_by_harm() -> None:
    assert row(found(test_of("X", "I3", "nps", verdict="cut", tone="bad")), "I3", "nps")["verdict"] == "supports"
    assert row(found(test_of("X", "I3", "nps", verdict="raised")), "I3", "nps")["verdict"] == "contradicts"


def test_one_test_that_moved_both_metrics_bears_their_link_out_at_grade_c() -> None:
    further = Held(as_of=AS_OF, tables={"secondary": pd.DataFrame([test_of("X1", "I1", "churn")])})
    result = found(test_of("X1", "I1", "nps"), checks=further)
    both = row(result, "nps", "churn")
    assert (both["tested"], both["verdict"], both["grade"], both["agrees"]) == (
        "both moved", "supports", "C", "understated",
    )  # fmt: skip
    assert row(result, "fcr", "churn")["agrees"] == "overstated"


def test_the_flywheel_says_where_initiatives_stop() -> None:
    result = found(test_of("X1", "I1", "churn"))
    assert result.frame("flywheel")["initiatives"].to_list() == [3, 3, 2, 1, 1, 0]
    assert result.finding("govern.links.flywheel").value == 0  # type: ignore[union-attr]


def test_without_links_there_is_a_gap() -> None:
    nothing = links(Tables.from_frames({}, as_of=AS_OF))
    assert nothing.gaps[0].needs
    assert nothing.coverage is None
