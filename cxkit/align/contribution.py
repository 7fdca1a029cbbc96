"""How much of each key result initiatives claim, and how much of that is supported, each share once.

A link's `share` says which part of the target's movement its source should deliver. From a key result
downwards, every initiative is followed along its strongest route only (the largest product of shares), so a
claim that is written twice counts once; and no node passes on more than the whole of itself, so that claims on
one metric never add up to more than that metric delivers. Method: shortest path on −log(share), then a capped
sum up the resulting tree.
"""

from __future__ import annotations

import math
from collections.abc import Collection

import networkx as nx

from cxkit.align.graph import SUPPORTED, LineGraph, Node
from cxkit.records import Record


class Contribution(Record):
    """Shares of one key result, each between 0 and 1."""

    kr_id: str
    claimed: float
    """Share claimed by all links, capped at 1."""
    supported: float
    """The part of it that travels over quasi-experimental or randomised links alone."""
    raw: float
    """Sum of the claims before any cap; above 1 means more than the whole is promised."""
    claimants: tuple[str, ...]
    """Initiatives with a claim in numbers."""
    unquantified: tuple[str, ...]
    """Initiatives that lead to the key result without saying how much they bring."""


def contribution(lines: LineGraph, kr_id: str, initiatives: Collection[str]) -> Contribution:
    """Work out the shares of one key result that these initiatives claim.

    >>> from cxkit.align.graph import draw
    >>> kr = {"kr_id": "KR1", "key_result": "Fewer leave", "goal_id": None, "metric_id": "churn"}
    >>> todo = {"initiative_id": "I1", "initiative": "Call", "metric_id": None}
    >>> link = {"from_id": "I1", "to_id": "churn", "status": "randomised", "share": 0.4}
    >>> lines = draw({"key_results": [kr], "initiatives": [todo], "links": [link]}, metrics_listed=False)
    >>> found = contribution(lines, "KR1", ["I1"])
    >>> found.claimed, found.supported
    (0.4, 0.4)
    """
    goal: Node = ("key_result", kr_id)
    live: set[Node] = {("initiative", i) for i in initiatives}
    claimed, raw, claimants = _capped(lines, goal, live, least=0)
    supported, _, _ = _capped(lines, goal, live, least=SUPPORTED)
    leading = {node[1] for node in nx.ancestors(lines.graph, goal) if node in live}
    return Contribution(
        kr_id=kr_id,
        claimed=claimed,
        supported=min(supported, claimed),
        raw=raw,
        claimants=claimants,
        unquantified=tuple(sorted(leading - set(claimants))),
    )


def _capped(lines: LineGraph, top: Node, live: set[Node], *, least: int) -> tuple[float, float, tuple[str, ...]]:
    """Claimed share of `top` over edges of at least this rank: capped, uncapped, and by whom."""
    below: nx.DiGraph = nx.DiGraph()
    below.add_node(top)
    for start, stop, edge in sorted(lines.graph.edges(data=True), key=lambda e: (e[0], e[1])):
        if edge["rank"] >= least and edge["share"] and (start[0] != "initiative" or start in live):
            below.add_edge(stop, start, length=-math.log(edge["share"]), share=edge["share"])
    length, routes = nx.single_source_dijkstra(below, top, weight="length")
    sources = sorted(node for node in routes if node in live)
    tree: nx.DiGraph = nx.DiGraph()
    tree.add_node(top)
    for source in sources:
        nx.add_path(tree, routes[source])
    value: dict[Node, float] = {}
    for node in reversed(list(nx.lexicographical_topological_sort(tree))):
        inner = sum(below.edges[node, child]["share"] * value[child] for child in tree.successors(node))
        value[node] = 1.0 if node in live else min(1.0, inner)
    raw = sum(math.exp(-length[source]) for source in sources)
    return value[top], raw, tuple(source[1] for source in sources)
