"""What is declared about pay: who is paid on what, what the goals need, and which metric works against which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import networkx as nx
import pandas as pd

from cxkit.align.traceability import Traceability
from cxkit.metrics.panels import panel
from cxkit.records import Missing
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, Row, rows, short

INCENTIVES: Mapping[str, Kind] = {
    "team": "text",
    "metric_id": "text",
    "metric": "text",
    "kind": "text",
    "direction": "text",
    "weight": "number",
    "needed": "boolean",
    "kr_ids": "text",
    "teams": "integer",
    "works_against": "text",
}
DECLARED: Mapping[str, Kind] = {
    "rank": "integer",
    "pair": "text",
    "from_id": "text",
    "from_metric": "text",
    "from_team": "text",
    "from_weight": "number",
    "to_id": "text",
    "to_metric": "text",
    "to_team": "text",
    "to_weight": "number",
    "kind": "text",
    "worst": "boolean",
    "to_needed": "boolean",
    "to_kr_ids": "text",
    "at_stake": "number",
    "at_stake_rule": "text",
    "weighted": "number",
    "note": "text",
}
KINDS: Mapping[str, str] = {
    "paid against nobody": "somebody is paid on the first, nobody on the second",
    "paid against paid": "two teams are paid in opposite directions",
    "paid both ways": "one team is paid on both",
    "not paid": "nobody is paid on the first",
}
"""Kind of a declared conflict → what it means."""
RECENT_MONTHS = 3
"""Months whose mean is taken for where a metric stands."""
SURVIVAL_MONTHS = 12
"""A kept customer's monthly value counts for a year."""


def teams_of(text: str | None) -> list[str]:
    """The teams one cell names, separated by semicolons.

    >>> teams_of("Sales; Onboarding"), teams_of(None)
    (['Sales', 'Onboarding'], [])
    """
    return [name.strip() for name in (text or "").split(";") if name.strip()]


def needed_metrics(trace: Traceability) -> dict[str, list[str]]:
    """Metrics that lead to a key result or a goal on a drawn line → the key results they lead to, in order."""
    graph = nx.DiGraph(
        [(e["from_node"], e["to_node"]) for e in trace.tables["edges"].to_pylist()],
    )
    found = {}
    for node in sorted(graph):
        if node.startswith("metric:"):
            above = nx.descendants(graph, node)
            if any(other.startswith(("key_result:", "goal:")) for other in above):
                krs = sorted(o.removeprefix("key_result:") for o in above if o.startswith("key_result:"))
                found[node.removeprefix("metric:")] = krs
    return found


def named_pairs(tables: Tables) -> list[Row]:
    """Links between two metrics of the list: from and to as rows of metrics, effect (helps or hurts), note."""
    metrics = {row["metric_id"]: row for row in rows(tables, "metrics") if row["metric_id"]}
    found = []
    for link in rows(tables, "links"):
        one, other = metrics.get(link["from_id"]), metrics.get(link["to_id"])
        if one and other and one is not other:
            effect = "hurts" if link["effect"] == "hurts" else "helps"
            pair = f"{link['from_id']}>{link['to_id']}"
            found.append({"pair": pair, "from": one, "to": other, "effect": effect, "note": link["note"]})
    return found


def incentive_rows(tables: Tables, trace: Traceability, pairs: Sequence[Row]) -> list[Row]:
    """One row per team and metric, columns as in `INCENTIVES`; a metric without a team has team None."""
    needed = needed_metrics(trace)
    harms: dict[str, list[str]] = {}
    for pair in pairs:
        if pair["effect"] == "hurts":
            harms.setdefault(pair["from"]["metric_id"], []).append(pair["to"]["metric_id"])
    found = []
    for row in rows(tables, "metrics"):
        if row["metric_id"] is None:
            continue
        teams: list[str | None] = [*teams_of(row["owner_team"])]
        for team in teams or [None]:
            found.append(
                {
                    "team": team,
                    **{c: row[c] for c in ("metric_id", "metric", "kind", "direction")},
                    "weight": row["incentive_weight"],
                    "needed": row["metric_id"] in needed,
                    "kr_ids": "; ".join(needed.get(row["metric_id"], [])) or None,
                    "teams": len(teams),
                    "works_against": "; ".join(harms.get(row["metric_id"], [])) or None,
                }
            )
    return sorted(found, key=lambda r: (r["team"] or "\uffff", -(r["weight"] or 0.0), r["metric_id"]))


def declared_rows(tables: Tables, trace: Traceability, pairs: Sequence[Row]) -> list[Row]:
    """One row per link that hurts, not ranked yet: who is paid how much on which end, and the money at stake."""
    needed, found = needed_metrics(trace), []
    for pair in pairs:
        if pair["effect"] != "hurts":
            continue
        one, other = pair["from"], pair["to"]
        money, rule = at_stake(tables, trace, other)
        found.append(
            {
                "pair": pair["pair"],
                "from_id": one["metric_id"],
                "from_metric": one["metric"] or one["metric_id"],
                "from_team": one["owner_team"],
                "from_weight": one["incentive_weight"],
                "to_id": other["metric_id"],
                "to_metric": other["metric"] or other["metric_id"],
                "to_team": other["owner_team"],
                "to_weight": other["incentive_weight"],
                "to_needed": other["metric_id"] in needed,
                "to_kr_ids": "; ".join(needed.get(other["metric_id"], [])) or None,
                "at_stake": money,
                "at_stake_rule": rule,
                "note": pair["note"],
            }
        )
    return found


def ranked(found: Sequence[Row]) -> list[Row]:
    """Declared conflicts with kind, worst, weighted money and rank: weight of the first metric × money at stake.

    Conflicts without a known sum follow those with one, the heavier pay first.
    """
    judged = []
    for row in found:
        paid, harmed = row["from_weight"] or 0.0, row["to_weight"] or 0.0
        same = bool(set(teams_of(row["from_team"])) & set(teams_of(row["to_team"])))
        kind = (
            "not paid"
            if paid <= 0
            else "paid against nobody"
            if harmed <= 0
            else "paid both ways"
            if same
            else "paid against paid"
        )
        money = row["at_stake"]
        judged.append(
            {
                **row,
                "kind": kind,
                "worst": paid > 0 and (harmed <= 0 or bool(row["to_needed"])),
                "weighted": None if money is None else paid * money,
            }
        )
    judged.sort(key=lambda r: (-(r["weighted"] or 0.0), -(r["from_weight"] or 0.0), not r["worst"], r["pair"]))
    return [{**row, "rank": place} for place, row in enumerate(judged, 1)]


def at_stake(tables: Tables, trace: Traceability, metric: Row) -> tuple[float | None, str | None]:
    """Money a year that hangs on a metric, and in words how it was reckoned; None when nothing says it.

    First what one unit is worth (``unit_value``) times a stated size of change: from baseline to target of a key
    result, what an initiative expects, or from where the metric stands to its own target. Without a unit value: the
    yearly cashable benefits of the live initiatives that lead straight to it, as claimed, before any risk.
    """
    worth = metric["unit_value"]
    if worth is not None:
        size, why = _stated_change(tables, metric)
        if size:
            return abs(worth) * size, f"what a unit is worth a year, times {why}"
    return _benefits(tables, trace, metric["metric_id"])


def _stated_change(tables: Tables, metric: Row) -> tuple[float | None, str]:
    id = metric["metric_id"]
    for row in rows(tables, "key_results"):
        if row["metric_id"] == id and row["baseline"] is not None and row["target"] is not None:
            name = short(row["key_result"] or row["kr_id"], 60)
            return abs(row["target"] - row["baseline"]), f"the way from baseline to target of “{name}”"
    expected = [
        (abs(row["expected_change"]), row["initiative_id"])
        for row in rows(tables, "initiatives")
        if row["metric_id"] == id and row["expected_change"] and row["status"] not in {"stopped", "done"}
    ]
    if expected:
        size, initiative = max(expected)
        return size, f"the change {initiative} expects"
    stands = None if metric["target"] is None else _stands_at(tables, id)
    if stands is not None:
        return abs(metric["target"] - stands), "the way from where it stands to its target"
    return None, ""


def _stands_at(tables: Tables, metric: str) -> float | None:
    """Mean of a metric over its last months, segments alike."""
    found = panel(tables, metric)
    if isinstance(found, Missing):
        return None
    last = sorted(set(found["month"]))[-RECENT_MONTHS:]
    value = found.loc[found["month"].isin(last), "value"].mean()
    return None if pd.isna(value) else float(value)


def _benefits(tables: Tables, trace: Traceability, metric: str) -> tuple[float | None, str | None]:
    live = {r["initiative_id"] for r in trace.tables["initiatives"].to_pylist() if r["live"]}
    own = {
        e["from_node"].removeprefix("initiative:")
        for e in trace.tables["edges"].to_pylist()
        if e["to_node"] == f"metric:{metric}" and e["from_node"].startswith("initiative:")
    } & live
    total, counted = 0.0, set()
    for row in rows(tables, "benefits"):
        known = all(row[c] is not None for c in ("base", "effect", "unit_value"))
        if row["initiative_id"] not in own or row["kind"] != "cashable" or not known:
            continue
        if row["block"] == "revenue" and row["margin"] is None:
            continue  # revenue without a margin is no money
        months = SURVIVAL_MONTHS if row["valuation"] == "survival" else 1
        kept = (1 - (row["deadweight"] or 0.0)) * (1 - (row["cannibalised"] or 0.0))
        size = row["base"] * row["effect"] * row["unit_value"] * months
        total += size * _or_one(row["margin"]) * _or_one(row["adoption"]) * kept
        counted.add(row["initiative_id"])
    if not counted:
        return None, None
    names = ", ".join(short(name, 20) for name in sorted(counted))
    return total, f"yearly cashable benefits of {names}, as claimed and before risk"


def _or_one(share: float | None) -> float:
    return 1.0 if share is None else float(share)
