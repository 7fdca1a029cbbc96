"""What initiatives expect, beside what circulates and beside the client's own past.

Two statements are read. An initiative's `expected_change` of its metric, in the metric's own unit. And a benefit's
effect, as the change of the whole that it would be: effect × adoption × what is not deadweight × the part of the whole
that its base is. Where the base cannot be set against the whole, the past says nothing about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from cxkit.metrics.definitions import definitions
from cxkit.metrics.exposure import by_month, exposure
from cxkit.metrics.windows import Window, add_months, last_complete_month
from cxkit.quantify.cases import BusinessCases
from cxkit.quantify.hearsay_claims import Claim, normal, register
from cxkit.quantify.hearsay_history import NEARLY, SPAN, History, Seen, history, seen
from cxkit.records import Missing
from cxkit.tables import sheets
from cxkit.tables.engine import Tables

COMPARED = (
    "initiative", "name", "where", "row", "metric", "metric_name", "change", "baseline", "baseline_from", "relative",
    "claim", "claimed_low", "claimed_high", "against_claim", "history_from", "first", "last", "months", "moves",
    "largest", "as_far", "percentile", "against_history", "why", "tested",
)  # fmt: skip
TEXTS = {
    "initiative", "name", "where", "row", "metric", "metric_name", "baseline_from", "claim", "against_claim",
    "history_from", "first", "last", "against_history", "why", "tested",
}  # fmt: skip
DRIVEN: Mapping[str, tuple[str, str, int]] = {
    "grr": ("grr", "Gross revenue retention", 1),
    "nrr": ("nrr", "Net revenue retention", 1),
    "aht": ("aht", "Handling time of a contact", -1),
    "deflection": ("contact_rate", "Contacts per customer and month", -1),
    "complaints": ("complaint_rate", "Complaints per 1,000 customers and month", -1),
}
"""Driver of a benefit → the metric it moves, its name, and which way is an improvement."""
SHARES = frozenset({"deflection", "complaints"})
"""Drivers whose effect is a share of what there is."""
PEOPLE = re.compile(r"\b(?:customer|account|client|home|household|subscriber|member|user)s?\b")
MONEY = re.compile(r"\b(?:revenue|mrr|arr|eur|usd|gbp|chf)\b|[$€£]")
CONTACTS = re.compile(r"\b(?:contact|ticket|call|case)s?\b")
COMPLAINTS = re.compile(r"\bcomplaints?\b")
TESTED = ("randomised", "quasi-experimental")
"""Status of a link that is more than a claim."""
APART = 5.0
"""How many times a metric's months may differ from its stated baseline before they are taken to be in another unit."""


@dataclass(frozen=True)
class Expected:
    """One stated expectation: the change of the whole and what it is set against."""

    initiative: str
    name: str
    where: str
    row: str
    metric: str
    metric_name: str
    change: float | None
    baseline: float | None
    baseline_from: str
    relative: float | None
    claim: Claim | None
    past: History | None
    why: str
    tested: str = ""
    """Status of the link behind it, where that is more than a claim."""


def compare(tables: Tables, cases: BusinessCases, live: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Every expectation of a live initiative that names a figure, with the claim and the past beside it."""
    past = _Past(tables)
    stated = list(_metrics(tables, past, live))
    told = {(e.initiative, e.metric) for e in stated}
    stated += [e for e in _benefits(tables, past, cases, live) if (e.initiative, e.metric) not in told]
    links = [r for r in sheets.rows(tables, "links") if r["status"] in TESTED]
    frame = pd.DataFrame([_row(replace(e, tested=_tested(e, links))) for e in stated], columns=list(COMPARED))
    numbers = [c for c in COMPARED if c not in TEXTS]
    frame[numbers] = frame[numbers].astype("float64")
    return frame


class _Past:
    """Histories of metrics, each looked up once."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.known: dict[str, History | None] = {}

    def __call__(self, metric: str) -> History | None:
        if metric not in self.known:
            found = history(self.tables, metric)
            self.known[metric] = None if isinstance(found, Missing) else found
        return self.known[metric]


def _metrics(tables: Tables, past: _Past, live: Mapping[str, Mapping[str, Any]]) -> Iterator[Expected]:
    names = {str(r["metric_id"]): r["metric"] for r in sheets.rows(tables, "metrics")}
    starts: dict[str, float] = {}
    for result in sheets.rows(tables, "key_results"):
        if result["metric_id"] is not None and result["baseline"] is not None:
            starts.setdefault(str(result["metric_id"]), float(result["baseline"]))
    for who, row in live.items():
        if row["metric_id"] is None or not row["expected_change"]:
            continue
        metric, change = str(row["metric_id"]), float(row["expected_change"])
        seen_, start, why = past(metric), starts.get(metric), ""
        base, base_from = (start, "key_results") if start else (None, "")
        if seen_ is not None:
            if start and seen_.yearly and not 1 / APART <= abs(seen_.yearly / start) <= APART:
                seen_, why = None, "its months are counted in another unit than its baseline"
            else:
                base, base_from = seen_.yearly, seen_.source
        known = definitions().get(metric)
        name = str(names.get(metric) or (known.name if known else metric))
        relative = change / abs(base) if base else None
        claim = _claim(f"{name} {metric.replace('_', ' ')}", relative)
        told = why or ("" if seen_ else "no months of the metric")
        yield Expected(
            who, str(row["initiative"] or who), "metric", metric, metric, name, change, base, base_from, relative,
            claim, seen_, told,
        )  # fmt: skip


def _benefits(
    tables: Tables, past: _Past, cases: BusinessCases, live: Mapping[str, Mapping[str, Any]]
) -> Iterator[Expected]:
    priced: list[dict[str, Any]] = cases.tables["rows"].to_pylist() if cases.has("rows") else []
    for row in priced:
        who, driver = str(row["initiative"]), str(row["driver"])
        if who not in live or driver not in DRIVEN or not row["effect"] > 0:
            continue
        metric, name, sign = DRIVEN[driver]
        found = past(metric)
        reach = _reach(tables, driver, float(row["base"]), str(row["base_unit"] or ""))
        whole = sign * row["effect"] * row["adoption"] * (1 - row["deadweight"])
        why = "" if found else "no months of the metric"
        change = relative = None
        if reach is None:
            why, found_ = "its base cannot be set against the whole", None
        else:
            level = found.yearly if found else None
            found_ = found
            if driver not in SHARES:
                change = whole * reach
                relative = change / level if level else None
            else:
                relative = whole * reach
                change = relative * level if level is not None else None
        if found_ is not None and row["ramp_months"] > SPAN:
            why, found_ = "its ramp is longer than twelve months", None
        claim = None
        if driver == "grr" and relative is not None and found is not None and found.yearly < 1 and change is not None:
            relative = -change / (1 - found.yearly)
            claim = _claim("churn", relative)
        yield Expected(
            who, str(live[who]["initiative"] or who), "benefit", str(row["benefit"]), metric, name, change,
            found.yearly if found else None, found.source if found else "", relative, claim, found_, why,
        )  # fmt: skip


def _tested(expected: Expected, links: Sequence[Mapping[str, Any]]) -> str:
    """Status of a tested link from the initiative: to its metric, or, of a benefit, to any."""
    mine = [r for r in links if r["from_id"] == expected.initiative]
    if expected.where == "metric":
        mine = [r for r in mine if r["to_id"] == expected.metric]
    return min((str(r["status"]) for r in mine), key=TESTED.index, default="")


def _claim(words: str, relative: float | None) -> Claim | None:
    """The first claimed effect on this metric in the same direction."""
    if relative is None:
        return None
    about = normal(words)
    return next(
        (c for c in register() if c.kind == "effect" and c.about(about) and (c.low < 0) == (relative < 0)), None
    )


def _reach(tables: Tables, driver: str, base: float, unit: str) -> float | None:
    """Part of the whole that a benefit's base is, at most all of it; None where the unit does not tell."""
    last = last_complete_month(tables.as_of)
    year = Window(first=add_months(last, 1 - SPAN), last=last)
    words = unit.casefold()
    whole: float | None = None
    if driver == "complaints" and COMPLAINTS.search(words):
        whole = _tickets(tables, year, "coalesce(complaint, false)", "complaint")
    elif driver in {"deflection", "aht"} and CONTACTS.search(words):
        whole = _tickets(tables, year, "true")
    elif MONEY.search(words):
        if not isinstance(tables.require("revenue", "month", "mrr"), Missing):
            query = f"SELECT coalesce(sum(mrr), 0)::DOUBLE AS x FROM revenue WHERE {year.holds('month')}"
            whole = float(tables.frame(query)["x"].iloc[0])
    elif PEOPLE.search(words) and not isinstance(who := exposure(tables), Missing):
        active = by_month(tables, who, Window(first=last, last=last))
        whole = float(active["customers"].sum())
    return min(base / whole, 1.0) if whole else None


def _tickets(tables: Tables, year: Window, where: str, *columns: str) -> float | None:
    if isinstance(tables.require("tickets", "ticket_id", "opened", *columns), Missing):
        return None
    query = f"SELECT count(*) AS x FROM tickets WHERE {where} AND {year.holds('opened_date')}"
    return float(tables.frame(query)["x"].iloc[0])


def _row(e: Expected) -> tuple[Any, ...]:
    told = (
        seen(e.past, e.change)
        if e.past is not None and e.change is not None
        else Seen(0, None, None, None, "cannot tell")
    )
    why = e.why
    if e.past is not None and told.verdict == "cannot tell" and not why:
        why = f"{len(e.past.months)} months are known; three years of them say something"
    ends = e.claim.ends if e.claim else (None, None)
    against = ""
    if e.claim is not None and e.relative is not None and ends[0] is not None and ends[1] is not None:
        size = abs(e.relative)
        against = "below" if size < ends[0] else "above" if size * NEARLY > ends[1] else "inside"
    months = e.past.months if e.past else ()
    claimed = (e.claim.id if e.claim else "", *ends, against)
    span = (f"{months[0]:%Y-%m}", f"{months[-1]:%Y-%m}", len(months), told.moves) if months else ("", "", None, None)
    return (
        e.initiative, e.name, e.where, e.row, e.metric, e.metric_name, e.change, e.baseline, e.baseline_from,
        e.relative, *claimed, e.past.source if e.past else "", *span, told.largest, told.as_far, told.percentile,
        told.verdict, why, e.tested,
    )  # fmt: skip
