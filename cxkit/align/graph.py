"""The graph of what is meant to move what: goal → key result → outcome metric → journey KPI → initiative.

Edges run upwards, from the thing that moves to the thing it should move. What is written and cannot be drawn
(references that lead nowhere, links that run backwards, ids that mean two things, circles) is kept as a
`Break`, never an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import networkx as nx

from cxkit.records import Record
from cxkit.tables.authored import LINK_STATUS
from cxkit.tables.sheets import Row, short

Kind = Literal["goal", "key_result", "metric", "initiative"]
Node = tuple[Kind, str]
RANK: Mapping[str, int] = {**{status: rank for rank, status in enumerate(LINK_STATUS)}, "definition": len(LINK_STATUS)}
"""How well an edge is known, weakest first; a definition (a key result belongs to its goal) needs no proof."""
SUPPORTED = RANK["quasi-experimental"]
"""From this rank on, a link is supported; a correlational one is still counted as claimed."""

_LABEL: Mapping[Kind, tuple[str, str]] = {
    "goal": ("goal_id", "goal"),
    "key_result": ("kr_id", "key_result"),
    "metric": ("metric_id", "metric"),
    "initiative": ("initiative_id", "initiative"),
}
_SHEET: Mapping[Kind, str] = {
    "goal": "goals",
    "key_result": "key_results",
    "metric": "metrics",
    "initiative": "initiatives",
}
_FROM: tuple[Kind, ...] = ("initiative", "metric", "key_result")
_TO: tuple[Kind, ...] = ("metric", "key_result", "goal")


class Break(Record):
    """Something that was written and cannot be drawn."""

    kind: Literal["dangling", "ambiguous", "backwards", "cycle"]
    table: str
    id: str
    """The row it stands in; for a circle, its first member."""
    refers_to: str
    says: str
    """One sentence for the reader."""


class LineGraph:
    """The drawn graph with its breaks; `graph` nodes are ``(kind, id)``, edges carry status, rank and share."""

    def __init__(self, graph: nx.DiGraph, breaks: Sequence[Break]) -> None:
        """Hold a drawn graph; use `draw` to make one."""
        self.graph = graph
        self.breaks = tuple(breaks)
        # copies, not views: a view walks a set, and its order would choose between equally short paths
        self._at_least = {
            rank: nx.DiGraph([(u, v) for u, v, r in graph.edges(data="rank") if r >= rank])
            for rank in sorted(set(RANK.values()))
        }

    def label(self, node: Node) -> str:
        """The node's name on one line."""
        return short(self.graph.nodes[node]["label"], 48)

    def paths_to_goals(self, initiative_id: str) -> dict[str, tuple[str, tuple[Node, ...]]]:
        """For each goal an initiative leads to: the status of its best path, and the path upwards.

        A path is as strong as its weakest edge; the best path is the strongest, then the shortest.
        """
        return self.paths(("initiative", initiative_id), "goal")

    def paths(self, start: Node, kind: Kind) -> dict[str, tuple[str, tuple[Node, ...]]]:
        """The best path from `start` to every node of a kind that it leads to, by that node's id."""
        found: dict[str, tuple[str, tuple[Node, ...]]] = {}
        for rank in sorted(self._at_least):
            edges = self._at_least[rank]
            if start not in edges:
                continue
            status = next(name for name, r in RANK.items() if r == rank)
            for node, path in nx.single_source_shortest_path(edges, start).items():
                if node[0] == kind and node != start:
                    found[node[1]] = (status, tuple(path))
        return found


def draw(sheets: Mapping[str, Sequence[Row]], *, metrics_listed: bool) -> LineGraph:
    """Draw the graph from the rows of goals, key_results, metrics, initiatives and links.

    While no list of metrics was supplied (`metrics_listed` is false), a metric exists as soon as it is named.
    """
    graph: nx.DiGraph = nx.DiGraph()
    breaks: list[Break] = []
    for kind, (key, label) in _LABEL.items():
        for row in sheets.get(_SHEET[kind], ()):
            if row[key] is not None:
                graph.add_node((kind, row[key]), label=row[label] or row[key], subkind=row.get("kind"))
    edges: dict[tuple[Node, Node], tuple[str, float | None]] = {}

    def refer(table: str, row_id: str, kind: Kind, target: str | None) -> Node | None:
        if target is None:
            return None
        node: Node = (kind, target)
        if node not in graph:
            if kind != "metric" or metrics_listed:
                says = f"{short(row_id)} in {table} names {short(target)}, which is not in {_SHEET[kind]}"
                breaks.append(Break(kind="dangling", table=table, id=row_id, refers_to=target, says=says))
                return None
            graph.add_node(node, label=target, subkind=None)
        return node

    for row in sheets.get("initiatives", ()):
        metric = refer("initiatives", row["initiative_id"] or "", "metric", row["metric_id"])
        if metric and row["initiative_id"]:
            edges[(("initiative", row["initiative_id"]), metric)] = ("claimed", None)
    for row in sheets.get("key_results", ()):
        if row["kr_id"] is None:
            continue
        goal = refer("key_results", row["kr_id"], "goal", row["goal_id"])
        metric = refer("key_results", row["kr_id"], "metric", row["metric_id"])
        if goal:
            edges[(("key_result", row["kr_id"]), goal)] = ("definition", 1.0)
        if metric:
            edges[(metric, ("key_result", row["kr_id"]))] = ("definition", 1.0)
    # what works against a metric is a conflict to test, never a line to a goal
    for row in (row for row in sheets.get("links", ()) if row.get("effect") != "hurts"):
        start = _end(graph, breaks, row, "from_id", _FROM, metrics_listed=metrics_listed)
        stop = start and _end(graph, breaks, row, "to_id", _TO, metrics_listed=metrics_listed)
        if (
            start is None
            or stop is None
            or (start[0] == "metric" and edges.get((start, stop), ("",))[0] == "definition")
        ):
            continue  # a key result's own metric measures it, whatever a link says about the two
        status = row["status"] if row["status"] in LINK_STATUS else "claimed"
        share = None if row["share"] is None else min(1.0, max(0.0, row["share"]))
        edges[(start, stop)] = (status, share)
    for (start, stop), (status, share) in sorted(edges.items(), key=lambda edge: edge[0]):
        graph.add_edge(start, stop, status=status, rank=RANK[status], share=share)
    breaks += _circles(graph)
    return LineGraph(graph, sorted(breaks, key=lambda b: (b.kind, b.table, b.id, b.refers_to)))


def _end(
    graph: nx.DiGraph,
    breaks: list[Break],
    row: Row,
    column: str,
    kinds: tuple[Kind, ...],
    *,
    metrics_listed: bool,
) -> Node | None:
    """The node one end of a link means, or None with a break that says why."""
    id_ = row[column]
    name = f"the link from {short(row['from_id'])} to {short(row['to_id'])}"

    def broken(kind: Literal["dangling", "ambiguous", "backwards"], why: str) -> None:
        breaks.append(
            Break(kind=kind, table="links", id=row["from_id"] or "", refers_to=row["to_id"] or "", says=f"{name} {why}")
        )

    if id_ is None:
        broken("dangling", f"has no {column}")
        return None
    every: tuple[Kind, ...] = tuple(_LABEL)
    meant: list[Node] = [(kind, id_) for kind in every if (kind, id_) in graph]
    fitting = [node for node in meant if node[0] in kinds]
    if len(fitting) == 1:
        return fitting[0]
    if len(fitting) > 1:
        broken("ambiguous", f"could mean several things: {short(id_)} stands in {len(fitting)} sheets")
    elif meant:
        where = _SHEET[meant[0][0]]
        broken("backwards", f"runs the wrong way: {short(id_)} is in {where}, and links run upwards to a goal")
    elif not metrics_listed:
        graph.add_node(("metric", id_), label=id_, subkind=None)
        return ("metric", id_)
    else:
        broken("dangling", f"names {short(id_)}, which is in no sheet")
    return None


def _circles(graph: nx.DiGraph) -> list[Break]:
    """One break per group of nodes that point at each other in a circle."""
    found = []
    for group in nx.strongly_connected_components(graph):
        members = sorted(group)
        if len(members) == 1 and not graph.has_edge(members[0], members[0]):
            continue
        ids = [short(member[1], 24) for member in members]
        says = (
            f"{ids[0]} points at itself"
            if len(ids) == 1
            else f"{', '.join(ids[:-1])} and {ids[-1]} point at each other in a circle"
        )
        found.append(Break(kind="cycle", table="links", id=members[0][1], refers_to=members[-1][1], says=says))
    return found
