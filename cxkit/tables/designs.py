"""What must fit together between tables: arms of an experiment, units and their outcomes, links without circles."""

from __future__ import annotations

import networkx as nx

from cxkit.errors import nearest
from cxkit.formats import listing, quantity
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables
from cxkit.tables.problems import Problem, examples, masked, suspicion


def screen(tables: Tables) -> list[Problem]:
    """Everything that contradicts another table."""
    return [
        *unknown_control(tables, "assignments"),
        *unknown_control(tables, "arm_totals"),
        *unassigned_units(tables),
        *circles(tables),
    ]


def unknown_control(tables: Tables, name: str) -> list[Problem]:
    """An experiment whose registered control arm is not among the arms that were drawn."""
    if tables.lacking({"experiments": ("experiment_id", "control_arm"), name: ("experiment_id", "arm")}):
        return []
    found = tables.sql(
        f"SELECT e.experiment_id, e.control_arm, list(DISTINCT a.arm ORDER BY a.arm) FROM experiments AS e "
        f"JOIN {quoted(name)} AS a USING (experiment_id) WHERE a.arm IS NOT NULL "
        "GROUP BY ALL HAVING NOT list_contains(list(DISTINCT a.arm), e.control_arm) ORDER BY 1"
    ).fetchall()
    return [
        suspicion(
            "unknown_control",
            name,
            "arm",
            found=f"arms {examples(arms, most=6)} in experiment {masked(experiment)}",
            rule=f"the registered control arm {masked(control)} is one of them",
            fix="write the arm the same way on both sides"
            + (f", perhaps {masked(close)}" if (close := nearest(control or "", arms)) else ""),
            count=1,
        )
        for experiment, control, arms in found[:5]
    ]


def unassigned_units(tables: Tables) -> list[Problem]:
    """Outcomes of units that no arm was drawn for."""
    needs = {"assignments": ("experiment_id", "unit_id"), "outcomes": ("experiment_id", "unit_id")}
    if tables.lacking(needs):
        return []
    n, loose = tables.sql(
        "SELECT count(*), count(*) FILTER (WHERE a.unit_id IS NULL) FROM "
        "(SELECT DISTINCT experiment_id, unit_id FROM outcomes) AS o LEFT JOIN "
        "(SELECT DISTINCT experiment_id, unit_id FROM assignments) AS a USING (experiment_id, unit_id)"
    ).fetchall()[0]
    if not loose:
        return []
    return [
        suspicion(
            "unassigned_units",
            "outcomes",
            "unit_id",
            found=f"{quantity(loose, 'count')} of {quantity(n, 'count')} measured units that are not in assignments",
            rule="a unit is drawn into an arm before it is measured",
            fix="export assignments of the same experiments and units; outcomes without an arm are left out",
            count=loose,
        )
    ]


def circles(tables: Tables) -> list[Problem]:
    """Links that lead back to where they began; the first circle is told."""
    if tables.lacking({"links": ("from_id", "to_id")}):
        return []
    graph = nx.DiGraph()
    graph.add_edges_from(
        tables.sql(
            "SELECT from_id, to_id FROM links WHERE from_id IS NOT NULL AND to_id IS NOT NULL ORDER BY 1, 2"
        ).fetchall()
    )
    try:
        walk = [a for a, _ in nx.find_cycle(graph)]
    except nx.NetworkXNoCycle:
        return []
    first = walk.index(min(walk))
    turned = [*walk[first:], *walk[:first]]
    return [
        suspicion(
            "circle",
            "links",
            "from_id, to_id",
            found=f"a circle: {listing([masked(x) for x in turned], most=6)} and back",
            rule="what moves what leads from initiatives to goals and never back",
            fix="take out the link that points the wrong way; until then the chain has no beginning",
            count=len(turned),
        )
    ]
