"""Competing priorities: more money asked for than there is, one role with too much, several aims at one target."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping

from cxkit.align.leadership_part import Part, live
from cxkit.align.sentences import plural, say
from cxkit.formats import listing, money
from cxkit.records import Gap
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Row, rows, short

MOST = 3
"""Live initiatives that one role or business unit can carry at once; our rule, for discussion."""
CARRIERS: Mapping[str, str] = {"owner_role": "role", "business_unit": "business unit"}
AIMS: Mapping[str, str] = {"metric_id": "metric", "moment_id": "moment"}


def focus(tables: Tables, budget: float | None) -> Part:
    """Money, load and aims of live initiatives."""
    part = Part()
    part.tables |= {"load": [], "aims": []}
    lacking = tables.lacking({"initiatives": ("initiative_id", "initiative")})
    if lacking:
        what, reason = "Competing priorities", "There is no list of initiatives."
        part.gaps.append(Gap(id="align.leadership.load", what=what, reason=reason, needs=lacking))
        for question in ("Is there money for what is under way?", "Can everybody carry their load?"):
            part.check(question, "cannot tell", "no list of initiatives")
        return part
    given = [r for r in rows(tables, "initiatives") if r["initiative_id"] and live(r)]
    _money(tables, part, given, budget)
    _load(part, given)
    _aims(tables, part, given)
    return part


def _money(tables: Tables, part: Part, given: list[Row], budget: float | None) -> None:
    question = "Is there money for what is under way?"
    asked = tables.lacking({"initiatives": ("budget",)})
    if budget is None or asked:
        reason = (
            "The list of initiatives has no budgets."
            if asked
            else "The council's budget is not stated (budget in client.yml)."
        )
        what = "Whether live initiatives ask for more than there is"
        part.gaps.append(Gap(id="align.leadership.money", what=what, reason=reason, needs=asked))
        part.check(question, "cannot tell", reason)
        return
    known = [r for r in given if r["budget"] is not None]
    need = math.fsum(max(r["budget"] - (r["spent"] or 0.0), 0.0) for r in known)
    approved = math.fsum(max(r["budget"] - (r["spent"] or 0.0), 0.0) for r in known if r["funded"])
    over = need > budget
    there = money(budget, tables.currency)
    compared = f"{money(need - budget, tables.currency)} more than "
    unknown = len(given) - len(known)
    more = f" The budget of {plural(unknown, 'more', 'more')} is not stated." if unknown else ""
    part.findings.append(
        say(
            "leadership.money",
            f"Live initiatives still need {money(need, tables.currency)}, "
            + (f"{compared}the {there} the council can give out" if over else f"within the {there} the council has"),
            detail=f"Budget less what is spent, of {plural(len(known), 'initiative')}; "
            f"{money(approved, tables.currency)} of it is approved.{more}",
            value=need,
            unit="money",
            currency=tables.currency,
            n=len(known),
            sources=("initiatives",),
            tone="bad" if over else "good",
        )
    )
    part.check(question, "does not hold" if over else "holds", f"{money(need, tables.currency)} needed, {there} there")


def _load(part: Part, given: list[Row]) -> None:
    """Roles and business units with more live initiatives than they can carry."""
    question = "Can everybody carry their load?"
    carried: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in given:
        for column in CARRIERS:
            if row[column]:
                carried[column, row[column]].append(row)
    part.tables["load"] = [
        {"carrier": CARRIERS[column], "name": name, "live": len(found), "over": len(found) > MOST}
        for (column, name), found in sorted(carried.items(), key=lambda c: (-len(c[1]), c[0]))
    ]
    if not carried:
        what, reason = (
            "How many initiatives one role carries",
            "Initiatives name neither owner roles nor business units.",
        )
        part.gaps.append(Gap(id="align.leadership.load", what=what, reason=reason))
        part.check(question, "cannot tell", "neither roles nor units are named")
        return
    heavy = [r for r in part.tables["load"] if r["over"]]
    names = [f"{short(r['name'], 40)} ({r['live']})" for r in heavy]
    most = part.tables["load"][0]
    if heavy:
        verb = "carries" if len(heavy) == 1 else "carry"
        kinds = {r["carrier"] for r in heavy}
        noun = kinds.pop() if len(kinds) == 1 else "role or unit"
        many = "roles or units" if noun == "role or unit" else f"{noun}s"
        title = f"{plural(len(heavy), noun, many)} {verb} more than {MOST} live initiatives at once: {listing(names)}"
    else:
        title = f"No role or unit carries more than {MOST} live initiatives at once"
    part.findings.append(
        say(
            "leadership.load",
            title,
            detail=f"{plural(len(given), 'initiative is', 'initiatives are')} approved or running. "
            f"That {MOST} are enough is our rule, for discussion.",
            value=most["live"],
            unit="count",
            n=len(given),
            sources=("initiatives",),
            tone="bad" if heavy else "good",
        )
    )
    evidence = listing(names) if heavy else f"at most {most['live']} each"
    part.check(question, "does not hold" if heavy else "holds", evidence)


def _aims(tables: Tables, part: Part, given: list[Row]) -> None:
    """Metrics and moments at which several live initiatives aim."""
    question = "Does each target have one initiative that answers for it?"
    labels = {r["metric_id"]: r["metric"] for r in rows(tables, "metrics")}
    labels |= {r["moment_id"]: r["moment"] for r in rows(tables, "moments")}
    aimed: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in given:
        for column in AIMS:
            if row[column]:
                aimed[column, row[column]].append(row)
    part.tables["aims"] = [
        {
            **{"aim": AIMS[column], "id": id, "name": labels.get(id) or id, "live": len(found)},
            "initiatives": "; ".join(r["initiative_id"] for r in found),
        }
        for (column, id), found in sorted(aimed.items(), key=lambda a: (-len(a[1]), a[0]))
    ]
    if not aimed:
        needs = tables.lacking({"initiatives": ("metric_id", "moment_id")})
        what, reason = "Whether initiatives aim at the same thing", "Initiatives name neither a metric nor a moment."
        part.gaps.append(Gap(id="align.leadership.aims", what=what, reason=reason, needs=needs))
        part.check(question, "cannot tell", "neither metrics nor moments are named")
        return
    crowded = [r for r in part.tables["aims"] if r["live"] > 1]
    involved = {id for r in crowded for id in r["initiatives"].split("; ")}
    names = [f"{short(r['name'], 40)} ({r['live']})" for r in crowded]
    title = f"{len(involved)} of {plural(len(given), 'live initiative')} aim at what another one aims at too: "
    part.findings.append(
        say(
            "leadership.aims",
            title + listing(names, most=3) if crowded else "No two live initiatives aim at the same metric or moment",
            detail="Who brought a change about cannot be told unless one of them is tested." if crowded else "",
            value=len(involved),
            unit="count",
            n=len(given),
            sources=("initiatives", "metrics", "moments"),
            tone="neutral" if crowded else "good",
        )
    )
    part.check(question, "partly" if crowded else "holds", listing(names, most=3) if crowded else "each has its own")
