"""Which test measured a figure of the impact scorecard, and whether it was about the whole programme."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from cxkit.metrics.definitions import definitions
from cxkit.records import Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import rows

WORDS: Mapping[str, tuple[frozenset[str], ...]] = {
    "logo_churn": tuple(map(frozenset, (["churn"], ["churned"], ["customers", "lost"], ["lost"], ["cancelled"]))),
    "grr": tuple(map(frozenset, (["grr"], ["retention"], ["revenue", "retention"], ["gross", "retention"]))),
    "clv": tuple(map(frozenset, (["clv"], ["ltv"], ["lifetime", "value"]))),
    "csat": tuple(map(frozenset, (["csat"], ["satisfaction"]))),
    "engagement": (frozenset(["engagement"]), frozenset(["employee", "engagement"])),
    "cost_to_serve": (frozenset(["cost", "to", "serve"]), frozenset(["serve", "cost"])),
}
"""Figure → names by which a test may call its metric."""
FILLERS = frozenset(
    (
        *("customer", "customers", "logo", "rate", "yearly", "annual", "year", "share"),
        *("of", "revenue", "gross", "12m", "12", "months", "m"),
    )
)
"""Words that change nothing: a year is the window's own length. A shorter time is another metric."""
RANK = "ABCDE"


def same(metric: str, named: str, label: str = "") -> bool:
    """Whether a test's metric, by id or by name, is this figure.

    >>> same("logo_churn", "churn_12m"), same("logo_churn", "churn_90d"), same("csat", "x", "Satisfaction")
    (True, False, True)
    """
    known = definitions().get(metric)
    if named == metric or (known is not None and known.name.casefold() in (named.casefold(), label.casefold())):
        return True
    for text in (named, label):
        words = frozenset(re.findall(r"[a-z]+|\d+[a-z]*", text.casefold()))
        if words and any(words == each or words - FILLERS == each - FILLERS != set() for each in WORDS.get(metric, ())):
            return True
    return False


def tests(results: Iterable[Result | None]) -> list[dict[str, Any]]:
    """Every assessed test of `effects`, best grade first; holdouts before others."""
    found: list[dict[str, Any]] = []
    for result in results:
        if result is not None and result.has("effects"):
            found += result.tables["effects"].to_pylist()
    known = [r for r in found if r.get("effect") is not None and r.get("verdict") != "blocked" and r.get("grade")]
    known.sort(key=lambda r: (RANK.find(r["grade"]), r.get("design") != "holdout", str(r["experiment_id"])))
    return known


def best(tables: Tables, metric: str, found: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The test that counts for a figure: of the whole programme before one of a part, then the best grade.

    A holdout, or a test that names no initiative, is about the programme; any other about its initiative only.
    """
    names = {r["initiative_id"]: r["initiative"] for r in rows(tables, "initiatives")}
    mine = [r for r in found if same(metric, str(r.get("metric") or ""), str(r.get("metric_name") or ""))]
    mine = [r for r in mine if r["grade"] < "E"]
    mine.sort(key=lambda r: not whole(r))
    if not mine:
        return None
    row = mine[0]
    return row | {"of": "programme" if whole(row) else names.get(row["initiative_id"], row["initiative_id"])}


def whole(row: Mapping[str, Any]) -> bool:
    """Whether a test is about the programme as a whole."""
    return row.get("design") == "holdout" or not row.get("initiative_id")
