"""Line of sight: which initiatives lead to which goal, by count and by money, and where the line breaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from cxkit.align import sentences
from cxkit.align.contribution import Contribution, contribution
from cxkit.align.graph import RANK, LineGraph, Node, draw
from cxkit.records import Gap, Missing, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, Row, rows, table

GOAL_TYPES = ("growth", "margin", "risk", "brand")
CLOSED = frozenset({"done", "stopped"})
"""An initiative is live until it is one of these; only live initiatives count towards coverage."""

INITIATIVES: Mapping[str, Kind] = {
    "initiative_id": "text",
    "initiative": "text",
    "status": "text",
    "live": "boolean",
    "business_unit": "text",
    "owner_role": "text",
    "metric_id": "text",
    "metric": "text",
    "goal_ids": "text",
    "goals": "text",
    "goal_types": "text",
    "kr_ids": "text",
    "path": "text",
    "path_status": "text",
    "n_goals": "integer",
    "has_owner": "boolean",
    "has_hypothesis": "boolean",
    "has_metric": "boolean",
    "funded": "boolean",
    "orphan": "boolean",
    "budget": "number",
    "budget_yearly": "number",
}
GOALS: Mapping[str, Kind] = {
    "goal_id": "text",
    "goal": "text",
    "type": "text",
    "outcome": "text",
    "owner_role": "text",
    "due": "date",
    "n_key_results": "integer",
    "n_initiatives": "integer",
    "initiatives": "text",
    "budget": "number",
    "covered": "boolean",
}
TYPES: Mapping[str, Kind] = {"type": "text", "n_goals": "integer", "n_initiatives": "integer", "budget": "number"}
KEY_RESULTS: Mapping[str, Kind] = {
    "kr_id": "text",
    "key_result": "text",
    "goal_id": "text",
    "metric_id": "text",
    "claimed": "number",
    "supported": "number",
    "raw": "number",
    "n_claimants": "integer",
    "n_unquantified": "integer",
    "claimants": "text",
}
NODES: Mapping[str, Kind] = {"node": "text", "kind": "text", "subkind": "text", "id": "text", "label": "text"}
EDGES: Mapping[str, Kind] = {
    "from_node": "text",
    "to_node": "text",
    "from_label": "text",
    "to_label": "text",
    "status": "text",
    "share": "number",
    "rests_on": "text",
}
BREAKS: Mapping[str, Kind] = {"kind": "text", "table": "text", "id": "text", "refers_to": "text", "says": "text"}


class Traceability(Result):
    """Which initiative leads to which goal.

    Tables (`initiatives`, `goals`, `types`, `key_results`, `nodes`, `edges`, `claims` (the edges that leave an
    initiative), `breaks`; columns as in the constants of this module): a boolean is null where the column behind it
    was not supplied or the cell says nothing. `goal_ids`, `goals`, `goal_types` and `kr_ids` of an initiative are
    joined with ``"; "``; `path` reads from goal to initiative; `path_status` is the weakest link on it. `nodes.node`
    is ``kind:id``; edges run upwards.
    """

    stage: ClassVar[str] = "align"
    name: ClassVar[str] = "traceability"

    coverage: float | None = None
    """Share of live initiatives that lead to a goal; None when that cannot be assessed."""
    coverage_budget: float | None = None
    """Share of the live initiatives' budget that leads to a goal; None when no budget is known."""


def traceability(tables: Tables) -> Traceability:
    """Draw the line from every initiative to the goals, and say where it breaks.

    Reads goals, key_results, metrics, initiatives and links. An initiative leads to a goal when a path of links,
    of its named metric and of key results reaches it; whether the links hold is another question, answered by their
    declared status. Money is in the client's currency. Never raises on what people wrote.
    """
    sheets = {name: rows(tables, name) for name in ("goals", "key_results", "metrics", "initiatives", "links")}
    gaps = _gaps(tables)
    drawable = not any(gap.id == "align.traceability.coverage" for gap in gaps)
    lines = draw(sheets, metrics_listed="metrics" in tables.present)
    initiatives = _initiatives(tables, sheets, lines, drawable=drawable)
    live = [row for row in initiatives if row["live"]]
    goals = _goals(sheets, live, drawable=drawable)
    shares = [
        contribution(lines, row["kr_id"], [r["initiative_id"] for r in live])
        for row in sheets["key_results"]
        if row["kr_id"] is not None
    ]
    key_results = _key_results(sheets["key_results"], shares)
    edges = _edges(lines, sheets["links"])
    claims = not tables.lacking({"links": ("from_id", "to_id", "share"), "key_results": ("kr_id",), "initiatives": ()})
    findings = [
        *(sentences.coverage(live, tables.currency) if drawable else ()),
        *(sentences.uncovered(goals) if drawable else ()),
        *(sentences.types(_types(goals, live), tables.currency) if drawable and goals else ()),
        *sentences.missing(live, tables.currency),
        *sentences.breaks(lines.breaks),
        *sentences.links(edges),
        *(sentences.contribution(key_results) if claims else ()),
    ]
    if "outcome" in tables.supplied("goals"):
        findings += sentences.no_outcome(goals)
    return Traceability(
        as_of=tables.as_of,
        findings=tuple(findings),
        gaps=gaps,
        coverage=next((f.value for f in findings if f.id.endswith(".coverage")), None),
        coverage_budget=next((f.value for f in findings if f.id.endswith(".coverage_budget")), None),
        tables={
            "initiatives": table(initiatives, INITIATIVES),
            "goals": table(goals, GOALS),
            "types": table(_types(goals, live) if goals and drawable else [], TYPES),
            "key_results": table(key_results if claims else [], KEY_RESULTS),
            "nodes": table(_nodes(lines), NODES),
            "edges": table(edges, EDGES),
            "claims": table([e for e in edges if e["from_node"].startswith("initiative:")], EDGES),
            "breaks": table([b.model_dump() for b in lines.breaks], BREAKS),
        },
    )


def _gaps(tables: Tables) -> tuple[Gap, ...]:
    """What cannot be said, and the sheets that would let it."""
    listed = tables.lacking({"goals": ("goal_id", "goal", "type"), "initiatives": ("initiative_id", "initiative")})
    by_link = tables.lacking({"links": ("from_id", "to_id")})
    by_metric = tables.lacking({"key_results": ("kr_id", "goal_id", "metric_id"), "initiatives": ("metric_id",)})
    found: list[Gap] = []

    def gap(id: str, what: str, reason: str, needs: Sequence[Missing]) -> None:
        found.append(Gap(id=f"align.traceability.{id}", what=what, reason=reason, needs=tuple(needs)))

    if listed:
        gap("coverage", "Line of sight from goals to initiatives", "Goals or initiatives are not written down.", listed)
    elif by_link and by_metric:
        says = "Neither links nor the metrics of key results and initiatives say what is meant to move what."
        gap("coverage", "Line of sight from goals to initiatives", says, (*by_link, *by_metric))
    elif not rows(tables, "goals") or not rows(tables, "initiatives"):
        gap("coverage", "Line of sight from goals to initiatives", "The sheet of goals or of initiatives is empty.", ())
    if "initiatives" in tables.present:
        for column, id, what in (
            ("budget", "coverage_budget", "Line of sight by money"),
            ("hypothesis", "no_hypothesis", "Initiatives without a benefit hypothesis"),
            ("funded", "no_funding", "Initiatives without approved money"),
            ("metric_id", "no_metric", "Initiatives without a metric"),
        ):
            gap_needs = tables.lacking({"initiatives": (column,)})
            if gap_needs:
                gap(id, what, f"The list of initiatives has no column {column}.", gap_needs)
        if not {"owner", "owner_role"} & tables.supplied("initiatives"):
            needs = (Missing(name="initiatives", columns=("owner", "owner_role")),)
            gap("no_owner", "Initiatives without an owner", "The list of initiatives names no owners.", needs)
    claims = tables.lacking({"key_results": ("kr_id", "key_result"), "links": ("from_id", "to_id", "share")})
    if claims:
        gap(
            "contribution", "Contribution to key results", "No link says which share of a key result it brings.", claims
        )
    return tuple(found)


def _initiatives(tables: Tables, sheets: Mapping[str, list[Row]], lines: LineGraph, *, drawable: bool) -> list[Row]:
    """One row per initiative."""
    supplied = tables.supplied("initiatives")
    goals = {row["goal_id"]: row for row in sheets["goals"]}
    metrics = {row["metric_id"]: row["metric"] for row in sheets["metrics"]}
    found = []
    for row in sheets["initiatives"]:
        if row["initiative_id"] is None:
            continue
        node: Node = ("initiative", row["initiative_id"])
        paths = lines.paths_to_goals(row["initiative_id"])
        metric_ids = [row["metric_id"]] if row["metric_id"] else []
        metric_ids += [v[1] for v in lines.graph.successors(node) if v[0] == "metric" and v[1] not in metric_ids]
        best = min(paths.values(), key=lambda p: (-RANK[p[0]], len(p[1]), p[1]), default=None)
        types = {goals[g]["type"] for g in paths if goals[g]["type"]}
        asked = bool({"owner", "owner_role"} & supplied)
        found.append(
            {
                **{
                    c: row[c]
                    for c in ("initiative_id", "initiative", "status", "business_unit", "owner_role", "funded")
                },
                "live": row["status"] not in CLOSED,
                "metric_id": metric_ids[0] if metric_ids else None,
                "metric": (metrics.get(metric_ids[0]) or metric_ids[0]) if metric_ids else None,
                "leads_to": frozenset(paths),
                "serves": frozenset(types),
                "goal_ids": _joined(sorted(paths)),
                "goals": _joined([goals[g]["goal"] or g for g in sorted(paths)]),
                "goal_types": _joined([t for t in GOAL_TYPES if t in types]),
                "kr_ids": _joined(sorted(lines.paths(node, "key_result"))),
                "path": " → ".join(lines.label(step) for step in reversed(best[1])) if best else None,
                "path_status": best[0] if best else None,
                "n_goals": len(paths),
                "has_owner": bool(row["owner"] or row["owner_role"]) if asked else None,
                "has_hypothesis": bool(row["hypothesis"]) if "hypothesis" in supplied else None,
                "has_metric": bool(metric_ids) if metric_ids or "metric_id" in supplied else None,
                "orphan": not paths if drawable else None,
                "budget": row["budget"],
                "budget_yearly": _yearly(row),
            }
        )
    return found


def _yearly(row: Row) -> float | None:
    """Budget for a year: the whole-life budget spread over the planned life when that is longer than a year."""
    if row["budget"] is None or row["started"] is None or row["planned_end"] is None:
        return row["budget"]
    years = (row["planned_end"] - row["started"]).days / 365.25
    return float(row["budget"] / max(1.0, years))


def _goals(sheets: Mapping[str, list[Row]], live: Sequence[Row], *, drawable: bool) -> list[Row]:
    """One row per goal, with the live initiatives that lead to it."""
    found = []
    for row in sheets["goals"]:
        if row["goal_id"] is None:
            continue
        serving = [i for i in live if row["goal_id"] in i["leads_to"]]
        budgets = [i["budget"] for i in serving if i["budget"] is not None]
        found.append(
            {
                **{c: row[c] for c in ("goal_id", "goal", "type", "outcome", "owner_role", "due")},
                "n_key_results": sum(kr["goal_id"] == row["goal_id"] for kr in sheets["key_results"]),
                "n_initiatives": len(serving) if drawable else None,
                "initiatives": _joined([i["initiative_id"] for i in serving]),
                "budget": sum(budgets) if budgets else None,
                "covered": bool(serving) if drawable else None,
            }
        )
    return found


def _types(goals: Sequence[Row], live: Sequence[Row]) -> list[Row]:
    """One row per goal type, all four; an initiative that serves two types counts, with its money, in both."""
    found = []
    for type_ in GOAL_TYPES:
        serving = [i for i in live if type_ in i["serves"]]
        budget = sum(i["budget"] or 0.0 for i in serving)
        n_goals = sum(goal["type"] == type_ for goal in goals)
        found.append({"type": type_, "n_goals": n_goals, "n_initiatives": len(serving), "budget": budget})
    return found


def _key_results(sheet: Sequence[Row], shares: Sequence[Contribution]) -> list[Row]:
    by_id = {row["kr_id"]: row for row in sheet}
    return [
        {
            **{c: by_id[s.kr_id][c] for c in ("kr_id", "key_result", "goal_id", "metric_id")},
            **{"claimed": s.claimed, "supported": s.supported, "raw": s.raw},
            "n_claimants": len(s.claimants),
            "n_unquantified": len(s.unquantified),
            "claimants": _joined(list(s.claimants)),
        }
        for s in shares
    ]


def _nodes(lines: LineGraph) -> list[dict[str, Any]]:
    return [
        {"node": f"{kind}:{id}", "kind": kind, "subkind": data["subkind"], "id": id, "label": data["label"]}
        for (kind, id), data in sorted(lines.graph.nodes(data=True), key=lambda n: n[0])
    ]


def _edges(lines: LineGraph, links: Sequence[Row]) -> list[dict[str, Any]]:
    """One row per link, in its own words, with the status it is declared to have."""
    notes = {(row["from_id"], row["to_id"]): row["note"] for row in links}
    return [
        {
            "from_node": f"{u[0]}:{u[1]}",
            "to_node": f"{v[0]}:{v[1]}",
            "from_label": lines.label(u),
            "to_label": lines.label(v),
            "status": e["status"],
            "share": e["share"],
            "rests_on": notes.get((u[1], v[1])),
        }
        for u, v, e in sorted(lines.graph.edges(data=True), key=lambda e: (e[0], e[1]))
    ]


def _joined(words: Sequence[str]) -> str | None:
    return "; ".join(words) or None
