"""What variable pay rewards: results that several teams share, a team's own results, or its own activity."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence

from cxkit.align.graph import draw
from cxkit.align.leadership_part import Part, Verdict
from cxkit.align.sentences import plural, say
from cxkit.formats import listing, quantity
from cxkit.records import Gap
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Row, rows, short

OUTCOMES = frozenset({"business", "cx_outcome"})
_SEPARATORS = re.compile(r"[;,/&+]|\band\b", re.IGNORECASE)


def names_of(text: str | None) -> list[str]:
    """Teams that one cell names, however they are separated.

    >>> names_of("Service desk; Sales"), names_of("Sales and Marketing"), names_of(None)
    (['Service desk', 'Sales'], ['Sales', 'Marketing'], [])
    """
    return [name.strip() for name in _SEPARATORS.split(text or "") if name.strip()]


def pay(tables: Tables) -> Part:
    """Shares of variable pay by what they reward, per team and overall; and goals nobody is paid on."""
    part = Part()
    part.tables |= {"pay": [], "goals_paid": []}
    question = "Does variable pay reward shared outcomes?"
    lacking = tables.lacking({"metrics": ("metric_id", "metric", "kind", "owner_team", "incentive_weight")})
    paid = [r for r in rows(tables, "metrics") if (r["incentive_weight"] or 0.0) > 0 and r["owner_team"]]
    if lacking or not paid:
        what = "What variable pay rewards"
        reason = "No metric says which team's pay hangs on it." if lacking else "No team's pay hangs on any metric."
        part.gaps.append(Gap(id="align.leadership.incentives", what=what, reason=reason, needs=lacking))
        part.check(question, "cannot tell", reason)
        return part
    part.tables["pay"] = _by_team(paid)
    part.tables["goals_paid"] = goals = _goals(tables, paid)
    sums = {k: math.fsum(r[k] for r in part.tables["pay"]) for k in ("shared_outcome", "own_outcome", "own_activity")}
    whole = math.fsum(sums.values())
    shared, activity = sums["shared_outcome"] / whole, sums["own_activity"] / whole
    bare = [short(g["goal"], 40) for g in goals if not g["paid"]]
    unpaid = f" Nobody is paid on {len(bare)} of {plural(len(goals), 'goal')}: {listing(bare)}." if bare else ""
    common = sum(_shared(r) for r in rows(tables, "metrics"))
    all_metrics = len([r for r in rows(tables, "metrics") if r["metric_id"]])
    teams = len(part.tables["pay"])
    part.findings.append(
        say(
            "leadership.incentives",
            f"{quantity(shared, 'ratio')} of variable pay tied to a measure rewards outcomes that teams share; "
            f"{quantity(activity, 'ratio')} rewards a team's own activity",
            detail=f"Weights of {plural(teams, 'team')}, each team alike. {common} of {plural(all_metrics, 'metric')} "
            f"{'is' if common == 1 else 'are'} used by or paid in two or more teams.{unpaid}",
            value=shared,
            unit="ratio",
            n=teams,
            sources=("metrics", "key_results", "goals", "links"),
            tone="bad" if shared < activity or bare else "good" if shared > 0.5 else "neutral",
        )
    )
    verdict: Verdict = "holds" if shared > activity and not bare else "partly" if shared > 0 else "does not hold"
    part.check(question, verdict, f"{quantity(shared, 'ratio')} on shared outcomes")
    return part


def _shared(row: Row) -> bool:
    """Whether two or more teams use a metric or are paid on it."""
    return max(len(set(names_of(row["owner_team"]))), len(set(names_of(row["used_by"])))) > 1


def _by_team(paid: Sequence[Row]) -> list[Row]:
    """Stated weights per team by what they reward; a team's own journey measure counts as its own activity."""
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in paid:
        outcome = row["kind"] in OUTCOMES
        kind = "shared_outcome" if outcome and _shared(row) else "own_outcome" if outcome else "own_activity"
        for team in names_of(row["owner_team"]):
            found[team][kind] += row["incentive_weight"]
    kinds = ("shared_outcome", "own_outcome", "own_activity")
    return [
        {"team": team, **{k: math.fsum([weights[k]]) for k in kinds}, "stated": math.fsum(weights.values())}
        for team, weights in sorted(found.items())
    ]


def _goals(tables: Tables, paid: Sequence[Row]) -> list[Row]:
    """Every goal, and whether a paid metric leads to it by key results and links."""
    names = ("goals", "key_results", "metrics", "initiatives", "links")
    lines = draw({n: rows(tables, n) for n in names}, metrics_listed="metrics" in tables.present)
    reached: set[str] = set()
    for row in paid:
        if ("metric", row["metric_id"]) in lines.graph:
            reached |= lines.paths(("metric", row["metric_id"]), "goal").keys()
    if not rows(tables, "key_results") and not rows(tables, "links"):
        return []
    return [
        {"goal_id": g["goal_id"], "goal": g["goal"] or g["goal_id"], "paid": g["goal_id"] in reached}
        for g in rows(tables, "goals")
        if g["goal_id"]
    ]
