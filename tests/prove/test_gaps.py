"""What no effect can be said of: experiments without results, results without a registration, units that do not fit."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cxkit.prove import experiments
from cxkit.prove.catalogue import FINDINGS
from cxkit.tables.engine import Tables

Build = Callable[..., Any]


@pytest.mark.parametrize(
    ("change", "plan", "reason"),
    [
        (lambda u: u[u["arm"] != "control"], {}, "no unit is in the registered control arm 'control'; arms are t1"),
        (lambda u: u[u["arm"] == "control"], {}, "only the control arm has units"),
        (lambda u: pd.concat([u, u.iloc[:3]]), {}, "assignments or outcomes list some units more than once"),
        (lambda u: u.assign(y=u["y"] * 7), {}, "outcomes of a yes–no metric are neither 0 nor 1"),
        (
            lambda u: u.iloc[190:225],
            {},
            "its arms have 10 and 25 units with an outcome; at least 30 in each are needed",
        ),
        (lambda u: u.assign(y=np.nan), {}, "outcomes hold no usable value of its registered metric 'churn'"),
        (lambda u: u, {"design": "cluster_randomised"}, "assignments name no cluster_id"),
        (lambda u: u.assign(cluster=u.index % 20), {}, "20 clusters have units in two arms"),
        (lambda u: u.assign(cluster=u.index // 50), {}, "its arms have 4 and 4 clusters with an outcome; at least 5"),
        (lambda u: u.assign(y=5.0), {"kind": "mean"}, "every outcome has the same value"),
    ],
)
def test_experiments_gaps(client: Build, yes_no: Build, change: Any, plan: dict[str, Any], reason: str) -> None:
    found = experiments(client(change(yes_no((50, 200), (60, 200))), **plan), seed=1)
    assert not found.has("effects")
    assert [g.id for g in found.gaps] == ["prove.effect"]
    assert reason.lower() in found.gaps[0].reason.lower()
    assert found.gaps[0].subject == "x1"


def test_experiments_without_any_table_names_what_would_help() -> None:
    found = experiments(Tables.from_frames({}, as_of=date(2026, 3, 31)), seed=1)
    assert not found.assessed
    assert [n.name for n in found.gaps[0].needs] == ["experiments", "assignments", "outcomes"]


def test_experiments_registered_without_results(client: Build, yes_no: Build) -> None:
    frame = pd.DataFrame([{"experiment_id": "later", **{k: v for k, v in _plan().items() if k != "experiment_id"}}])
    tables = Tables.from_frames({"experiments": frame}, as_of=date(2026, 3, 31))
    found = experiments(tables, seed=1)
    assert found.gaps[0].reason == "No registered hypothesis comes with results."


def test_experiments_unregistered_units_are_named(several: Build, yes_no: Build) -> None:
    tables = several(
        (yes_no((10, 100), (10, 100)), {}),
        (yes_no((10, 100), (10, 100)), {"experiment_id": "wild", "registered": "2026-09-01"}),
    )
    found = experiments(tables, seed=1)
    assert [(g.subject, g.needs[0].name) for g in found.gaps] == [("wild", "experiments")]


def test_experiments_registered_with_an_unknown_design_counts_as_unregistered(client: Build, yes_no: Build) -> None:
    found = experiments(client(yes_no((10, 100), (10, 100)), design="by feel"), seed=1)
    assert [(g.subject, g.needs[0].name) for g in found.gaps] == [("x1", "experiments")]


def test_experiments_registered_but_not_yet_drawn(client: Build, yes_no: Build) -> None:
    tables = client(yes_no((10, 100), (10, 100)))
    tables.con.execute("INSERT INTO experiments SELECT * REPLACE ('x2' AS experiment_id) FROM experiments")
    found = experiments(tables, seed=1)
    assert [(g.subject, g.reason) for g in found.gaps] == [
        ("x2", "It is registered but has neither units nor totals yet.")
    ]


def test_experiments_ids_are_listed(client: Build, yes_no: Build) -> None:
    found = experiments(client(yes_no((100, 1000), (60, 1000)), design="holdout"), seed=1)
    assert {f.id for f in found.findings} | {g.id for g in found.gaps} <= set(FINDINGS)


def _plan() -> dict[str, Any]:
    return {
        "experiment_id": "x1", "hypothesis": "h", "metric": "m", "kind": "binary", "design": "randomised",
        "direction": "up", "control_arm": "control", "registered": "2026-01-01",
    }  # fmt: skip
