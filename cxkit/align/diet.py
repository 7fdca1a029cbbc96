"""The metric diet: what each metric is for, which say the same, and whether customer scores tell what comes later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import pandas as pd

from cxkit.align import diet_sentences as sentences
from cxkit.align.conflict_pay import needed_metrics
from cxkit.align.diet_clusters import CLUSTERS, clusters
from cxkit.align.diet_scores import METRIC_IDS, VANITY, vanity
from cxkit.align.traceability import Traceability
from cxkit.metrics.panels import panel
from cxkit.records import Gap, Missing, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, Row, rows, table

ANSWERS: Mapping[str, tuple[str, str]] = {
    "why_tracked": ("has_why", "why it is tracked"),
    "used_by": ("has_user", "who uses it"),
    "decision": ("has_decision", "which decision it serves"),
    "owner_team": ("has_owner", "who owns it"),
}
"""Column of metrics → the column that says whether it is filled, and the question it answers."""
METRICS: Mapping[str, Kind] = {
    "metric_id": "text",
    "metric": "text",
    "kind": "text",
    "owner_team": "text",
    "why_tracked": "text",
    "used_by": "text",
    "decision": "text",
    "has_why": "boolean",
    "has_user": "boolean",
    "has_decision": "boolean",
    "has_owner": "boolean",
    "missing": "integer",
    "needed": "boolean",
    "key_results": "integer",
    "weight": "number",
    "says_the_same_as": "text",
    "tells": "text",
    "advice": "text",
}


class MetricDiet(Result):
    """What each metric is for, and which could go.

    Tables: `metrics`, one row per metric with the four answers (null where the column was not supplied), whether a
    drawn line leads from it to a goal, what it duplicates, what the anti-vanity test says (`tells`), and `advice`:
    keep, answer first, or drop or justify. `clusters` (columns as in `diet_clusters`). `vanity`, one row per customer
    score and outcome (columns as in `diet_scores`): verdict ``predicts``, ``does not``, ``cannot tell`` or, for a
    metric that is known by months only, ``months only``.
    """

    stage: ClassVar[str] = "align"
    name: ClassVar[str] = "diet"


def metric_diet(tables: Tables, trace: Traceability, *, seed: int) -> MetricDiet:
    """Ask of each metric why, who, what for and whose; find duplicates and dependence; test customer scores.

    `trace` is the result of `traceability` over the same tables. Accounts are the unit of the test, several answers of
    one account are one. Metrics known only by months are listed and never judged.
    """
    listed = [row for row in rows(tables, "metrics") if row["metric_id"]]
    series = {row["metric_id"]: panel(tables, row["metric_id"]) for row in listed}
    same = clusters(listed, series, seed=seed)
    tested, gaps = vanity(tables)
    for row in tested:
        row["metric_id"] = next((m["metric_id"] for m in listed if m["metric_id"] in METRIC_IDS[row["score"]]), None)
    shown = _metrics(tables, trace, listed, same, tested)
    findings = [
        *sentences.count(shown, _key_results(tables)),
        *sentences.unanswered(shown, ANSWERS),
        *sentences.single(shown, rows(tables, "key_results")),
        *sentences.redundant(same),
        *sentences.scores(tested, frozenset(row["metric_id"] for row in listed if row["incentive_weight"])),
    ]
    return MetricDiet(
        as_of=tables.as_of,
        findings=tuple(findings),
        gaps=(*_gaps(tables, listed), *gaps, *sentences.untold(tested)),
        tables={
            "metrics": table(shown, METRICS),
            "clusters": table(same, CLUSTERS),
            "vanity": table([*tested, *_months_only(listed, series, tested)], VANITY),
        },
    )


def _metrics(
    tables: Tables, trace: Traceability, listed: Sequence[Row], same: Sequence[Row], tested: Sequence[Row]
) -> list[Row]:
    supplied, needed = tables.supplied("metrics"), needed_metrics(trace)
    found = []
    for row in listed:
        id = row["metric_id"]
        answers = {has: bool(row[c]) if c in supplied else None for c, (has, _) in ANSWERS.items()}
        twins = [m for c in same for m in c["metric_ids"].split("; ") if id in c["metric_ids"].split("; ") and m != id]
        verdicts = [t["verdict"] for t in tested if t["metric_id"] == id and t["outcome"] == "left"]
        missing = sum(has is False for has in answers.values())
        useless = id not in needed and answers["has_decision"] is False
        found.append(
            {
                **{c: row[c] for c in ("metric_id", "metric", "kind", *ANSWERS)},
                **answers,
                "missing": missing,
                "needed": id in needed,
                "key_results": sum(kr["metric_id"] == id for kr in rows(tables, "key_results")),
                "weight": row["incentive_weight"],
                "says_the_same_as": "; ".join(dict.fromkeys(twins)) or None,
                "tells": verdicts[0] if verdicts else None,
                "advice": "drop or justify" if useless else "answer first" if missing else "keep",
            }
        )
    order = ("drop or justify", "answer first", "keep")
    return sorted(found, key=lambda row: order.index(row["advice"]))


def _key_results(tables: Tables) -> int:
    return len(rows(tables, "key_results"))


def _months_only(
    listed: Sequence[Row], series: Mapping[str, pd.DataFrame | Missing], tested: Sequence[Row]
) -> list[Row]:
    """Metrics without a customer behind a value: named, never judged."""
    done = {row["metric_id"] for row in tested}
    found = []
    for row in listed:
        values = series[row["metric_id"]]
        if row["metric_id"] in done or isinstance(values, Missing):
            continue
        n = len(set(values["month"]))
        why = f"{n} monthly values; a test needs the value of each customer"
        found.append(
            {"score": row["metric_id"], "label": row["metric"], "metric_id": row["metric_id"], "verdict": "months only"}
            | {"why": why}
        )
    return found


def _gaps(tables: Tables, listed: Sequence[Row]) -> list[Gap]:
    lacks = tables.lacking({"metrics": ("metric_id", "metric", *ANSWERS)})
    if not listed:
        lacks = lacks or (Missing(name="metrics", why="the sheet is empty"),)
        return [Gap(id="align.diet.count", what="Metrics in use", reason="No list of metrics says why.", needs=lacks)]
    if lacks:
        reason = "The list of metrics leaves out questions that should be asked of each."
        return [Gap(id="align.diet.unanswered", what="What each metric is for", reason=reason, needs=lacks)]
    return []
