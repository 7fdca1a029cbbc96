"""The failure screen: five ways in which CX initiatives fail before they start, each with its evidence.

A verdict is "fails", "passes" or "cannot tell"; "cannot tell" means that the column which would show it was not
supplied or that the cell says nothing, and names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Literal

from cxkit.align.graph import LineGraph, draw
from cxkit.align.sentences import plural, say, total
from cxkit.align.traceability import Traceability
from cxkit.formats import listing, money
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, Row, rows, short, table

Verdict = Literal["fails", "passes", "cannot tell"]
MODES: Mapping[str, tuple[str, str, str]] = {
    "no_traceability": ("No line to a goal", "has no line to any goal", "have no line to any goal"),
    "no_owner": ("No clear owner", "has no clear owner", "have no clear owner"),
    "no_funding": ("No funding", "runs without approved money", "run without approved money"),
    "vanity_metric": (
        "Metric that leads to no money",
        "has no metric that leads to revenue, cost or risk",
        "have no metric that leads to revenue, cost or risk",
    ),
    "project_framing": (
        "Framed as a project",
        "is framed as a project with an end",
        "are framed as projects with an end",
    ),
}
"""Mode → its label and its verb, for one and for several."""
SOUND: Mapping[str, str] = {
    "no_traceability": "leads to a goal",
    "no_owner": "has one clear owner",
    "no_funding": "has approved money",
    "vanity_metric": "has a metric that leads to revenue, cost or risk",
    "project_framing": "is run as a product with an owner",
}
"""Mode → what an initiative does that passes it."""
SCREEN: Mapping[str, Kind] = {
    "initiative_id": "text",
    "initiative": "text",
    "mode": "text",
    "label": "text",
    "verdict": "text",
    "evidence": "text",
}
SUMMARY: Mapping[str, Kind] = {
    "mode": "text",
    "label": "text",
    "fails": "integer",
    "passes": "integer",
    "cannot_tell": "integer",
    "budget_failing": "number",
    "verdict": "text",
    "evidence": "text",
}
_NEEDS: Mapping[str, tuple[Missing, ...]] = {
    "no_traceability": (Missing(name="goals"), Missing(name="key_results"), Missing(name="links")),
    "no_owner": (Missing(name="initiatives", columns=("owner", "owner_role")),),
    "no_funding": (Missing(name="initiatives", columns=("funded",)),),
    "vanity_metric": (Missing(name="initiatives", columns=("metric_id",)), Missing(name="metrics", columns=("kind",))),
    "project_framing": (Missing(name="initiatives", columns=("framing",)),),
}
_SEVERAL_OWNERS = re.compile(r"[/;&+]|\band\b", re.IGNORECASE)
MONEY_GOALS = frozenset({"growth", "margin", "risk"})


class FailureScreen(Result):
    """Five screens per live initiative.

    Tables: `initiatives` (one row per live initiative and mode: `mode, label, verdict, evidence`) and `modes` (one
    row per mode, always five: counts, budget of those that fail, `verdict` and `evidence` overall).
    """

    stage: ClassVar[str] = "align"
    name: ClassVar[str] = "failures"


def failure_screen(tables: Tables, trace: Traceability) -> FailureScreen:
    """Screen every live initiative for the five failure modes.

    `trace` is the result of `traceability` over the same tables. Overall a mode fails as soon as one initiative
    fails, passes when all pass, and cannot be told otherwise.
    """
    lines_of = _LineToMoney(tables, trace)
    by_id = {row["initiative_id"]: row for row in rows(tables, "initiatives")}
    live = [row for row in trace.tables["initiatives"].to_pylist() if row["live"]]
    tests: Mapping[str, Callable[[Row, Row], tuple[Verdict, str]]] = {
        "no_traceability": _no_traceability,
        "no_owner": lambda row, seen: _no_owner(row, seen, tables.supplied("initiatives")),
        "no_funding": _no_funding,
        "vanity_metric": lines_of.verdict,
        "project_framing": _project_framing,
    }
    screened = []
    for seen in live:
        for mode, test in tests.items():
            verdict, evidence = test(by_id[seen["initiative_id"]], seen)
            screened.append({**seen, "mode": mode, "label": MODES[mode][0], "verdict": verdict, "evidence": evidence})
    summary = [_summary(mode, [row for row in screened if row["mode"] == mode]) for mode in MODES]
    gaps = [
        Gap(
            id=f"align.failures.{row['mode']}",
            what=row["label"],
            reason="The initiatives do not say." if live else "There is no list of live initiatives to screen.",
            needs=_NEEDS[row["mode"]] if live else tables.lacking({"initiatives": ("initiative_id", "initiative")}),
        )
        for row in summary
        if not row["fails"] and not row["passes"]
    ]
    findings = [_finding(row, screened, tables.currency) for row in summary if row["fails"] or row["passes"]]
    return FailureScreen(
        as_of=tables.as_of,
        findings=(*findings, *_several(live, screened, tables.currency)),
        gaps=tuple(gaps),
        tables={"initiatives": table(screened, SCREEN), "modes": table(summary, SUMMARY)},
    )


def _no_traceability(row: Row, seen: Row) -> tuple[Verdict, str]:
    if seen["orphan"] is None:
        return "cannot tell", "goals, key results or links are not supplied"
    if seen["orphan"]:
        return "fails", "no link, metric or key result leads to a goal"
    return "passes", f"leads to {short(seen['goals'], 80)}"


def _no_owner(row: Row, seen: Row, supplied: frozenset[str]) -> tuple[Verdict, str]:
    """Roles are named, people never are."""
    if seen["has_owner"] is None:
        return "cannot tell", "the list of initiatives names no owners"
    if not seen["has_owner"]:
        return "fails", "neither an owner nor an owner role is written down"
    if row["owner"] and _SEVERAL_OWNERS.search(row["owner"]):
        return "fails", "several people share it, so that nobody answers for it alone"
    if "owner" in supplied and not row["owner"]:
        return "passes", f"a role answers for it ({row['owner_role']}), no person yet"
    return "passes", f"one owner, {row['owner_role']}" if row["owner_role"] else "one owner"


def _no_funding(row: Row, seen: Row) -> tuple[Verdict, str]:
    if seen["funded"] is None:
        return "cannot tell", "whether the money is approved is not stated"
    if not seen["funded"]:
        return "fails", "the money is not approved"
    if row["budget"] == 0:
        return "fails", "approved, with a budget of nothing"
    return "passes", "the money is approved" if row["budget"] else "the money is approved; the amount is not stated"


def _project_framing(row: Row, seen: Row) -> tuple[Verdict, str]:
    match row["framing"]:
        case "project":
            return "fails", "framed as a project" + (" with a planned end" if row["planned_end"] else "")
        case "product":
            return "passes", "framed as a product with an owner"
        case _:
            return "cannot tell", "whether it is a project or a product is not stated"


class _LineToMoney:
    """Whether a metric leads to revenue, cost or risk: a business metric, or a growth, margin or risk goal."""

    def __init__(self, tables: Tables, trace: Traceability) -> None:
        names = ("goals", "key_results", "metrics", "initiatives", "links")
        self.lines: LineGraph = draw({n: rows(tables, n) for n in names}, metrics_listed="metrics" in tables.present)
        self.goal_types = {row["goal_id"]: row["type"] for row in trace.tables["goals"].to_pylist()}
        self.metric_asked = "metric_id" in tables.supplied("initiatives")
        self.can_tell = "kind" in tables.supplied("metrics") or trace.coverage is not None
        self.blocks: dict[str, set[str]] = {}
        for row in rows(tables, "benefits"):
            if row["block"]:
                self.blocks.setdefault(row["initiative_id"], set()).add(row["block"])

    def verdict(self, row: Row, seen: Row) -> tuple[Verdict, str]:
        """Verdict and evidence for one initiative."""
        if seen["metric_id"] is None:
            asked = self.metric_asked or seen["has_metric"] is False
            return (
                ("fails", "it names no metric") if asked else ("cannot tell", "metrics of initiatives are not supplied")
            )
        if not self.can_tell:
            return "cannot tell", "neither kinds of metrics nor links to goals are supplied"
        name = short(seen["metric"], 40)
        graph = self.lines.graph
        start = ("metric", seen["metric_id"])
        if start not in graph:
            return "fails", f"its metric {name} is in no list of metrics"
        if graph.nodes[start]["subkind"] == "business":
            return "passes", f"{name} is a measure of the business"
        for id_, (status, _) in sorted(self.lines.paths(("metric", seen["metric_id"]), "metric").items()):
            if graph.nodes[("metric", id_)]["subkind"] == "business":
                return "passes", f"{name} leads to {short(graph.nodes[('metric', id_)]['label'], 40)} ({status})"
        reached = self.lines.paths(("metric", seen["metric_id"]), "goal")
        for id_, (status, _) in sorted(reached.items()):
            if self.goal_types.get(id_) in MONEY_GOALS:
                return (
                    "passes",
                    f"{name} leads to a {self.goal_types[id_]} goal ({'by ' * (status == 'definition')}{status})",
                )
        claimed = sorted(self.blocks.get(seen["initiative_id"], ()))
        though = f", though its business case claims {listing(claimed)}" if claimed else ""
        if reached:
            return "fails", f"{name} leads to a brand goal alone{though}"
        return "fails", f"nothing says how {name} leads to revenue, cost or risk{though}"


def _summary(mode: str, screened: Sequence[Row]) -> Row:
    counts = {v: sum(row["verdict"] == v for row in screened) for v in ("fails", "passes", "cannot tell")}
    failing = [row for row in screened if row["verdict"] == "fails"]
    told = counts["fails"] + counts["passes"]
    overall = "fails" if failing else "passes" if told and not counts["cannot tell"] else "cannot tell"
    names = _reasons(failing[:3])
    more = f"; and {len(failing) - 3} more" if len(failing) > 3 else ""
    budget = total(failing) if any(row["budget"] is not None for row in failing) else None
    return {
        **{"mode": mode, "label": MODES[mode][0], "verdict": overall, "budget_failing": budget},
        **{"fails": counts["fails"], "passes": counts["passes"], "cannot_tell": counts["cannot tell"]},
        "evidence": "; ".join(names) + more if names else "none fails" if told else "nothing was supplied to tell by",
    }


def _reasons(failing: Sequence[Row]) -> list[str]:
    """Each reason once, after the initiatives it holds for."""
    found: dict[str, list[str]] = {}
    for row in failing:
        found.setdefault(row["evidence"], []).append(short(row["initiative"], 48))
    return [f"{listing(names)}: {reason}" for reason, names in found.items()]


def _finding(row: Row, screened: Sequence[Row], currency: str) -> Finding:
    told = row["fails"] + row["passes"]
    _, one, many = MODES[row["mode"]]
    holds = "it holds" if row["fails"] == 1 else "they hold"
    held = f"; {holds} {money(row['budget_failing'], currency)}" if row["budget_failing"] else ""
    failing = [r for r in screened if r["mode"] == row["mode"] and r["verdict"] == "fails"]
    unsure = f" For {plural(row['cannot_tell'], 'more', 'more')} it cannot be told." if row["cannot_tell"] else ""
    if row["fails"]:
        title = f"{row['fails']} of {plural(told, 'initiative')} {one if row['fails'] == 1 else many}"
        title += held
    else:
        title = f"Each of {plural(told, 'initiative')} {SOUND[row['mode']]}"
    return say(
        f"failures.{row['mode']}",
        title,
        detail=(f"{row['evidence']}.{unsure}" if row["fails"] else unsure).strip(),
        value=row["fails"],
        unit="count",
        n=told,
        tone="bad" if row["fails"] else "good" if row["verdict"] == "passes" else "unknown",
        # money framed as a project is not lost by that alone, so it must not outweigh money that serves no goal
        weight=0.0 if row["mode"] == "project_framing" else total(failing, "budget_yearly"),
    )


def _several(live: Sequence[Row], screened: Sequence[Row], currency: str) -> list[Finding]:
    """Initiatives that fail three or more of the five."""
    fails = {row["initiative_id"]: 0 for row in live}
    for row in screened:
        fails[row["initiative_id"]] += row["verdict"] == "fails"
    worst = [row for row in live if fails[row["initiative_id"]] >= 3]
    if not worst:
        return []
    held = f"; together they hold {money(total(worst), currency)}" if total(worst) and len(worst) > 1 else ""
    names = [f"{short(row['initiative'], 40)} ({fails[row['initiative_id']]} of 5)" for row in worst]
    return [
        say(
            "failures.several",
            f"{plural(len(worst), 'initiative fails', 'initiatives fail')} three or more of five tests{held}",
            detail=f"{listing(names)}.",
            value=len(worst),
            unit="count",
            n=len(live),
            tone="bad",
            weight=total(worst, "budget_yearly"),
        )
    ]
