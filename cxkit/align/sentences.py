"""The sentences of the line of sight: each number with its words. Counts are of live initiatives, complete, exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cxkit.align.graph import Break
from cxkit.formats import listing, money, quantity
from cxkit.records import Finding
from cxkit.tables.authored import LINK_STATUS
from cxkit.tables.sheets import Row, short

SOURCES = ("goals", "key_results", "metrics", "initiatives", "links")
EXACT = "a full count of what is written down, so without an interval"
_ASKED = (
    ("has_owner", "no_owner", "nobody to answer for {them}", "an owner or an owner role"),
    ("has_hypothesis", "no_hypothesis", "no benefit hypothesis", "a benefit hypothesis"),
    ("funded", "no_funding", "no approved money", "approved money"),
    ("has_metric", "no_metric", "no metric to move", "a metric to move"),
)
"""Column, finding id, what is missing, what is there."""


def say(id: str, title: str, **more: Any) -> Finding:
    """A finding of Align, measured on the authored sheets unless said otherwise."""
    return Finding.model_validate(
        {"id": f"align.{id}", "stage": "align", "title": title, "sources": SOURCES, "about": EXACT, **more}
    )


def plural(n: int, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> plural(1, "initiative"), plural(3, "initiative"), plural(2, "has", "have")
    ('1 initiative', '3 initiatives', '2 have')
    """
    return f"{n} {one if n == 1 else many or one + 's'}"


def total(rows: Sequence[Row], column: str = "budget") -> float:
    """Sum of the amounts that are known."""
    return sum(row[column] for row in rows if row[column] is not None)


def coverage(live: Sequence[Row], currency: str) -> list[Finding]:
    """How many initiatives, and how much money, lead to a goal; and each one that does not."""
    if not live:
        return []
    linked = [row for row in live if not row["orphan"]]
    orphans = [row for row in live if row["orphan"]]
    share = len(linked) / len(live)
    verb = "leads" if len(linked) == 1 else "lead"
    found = [
        say(
            "traceability.coverage",
            f"{len(linked)} of {plural(len(live), 'live initiative')} {verb} to a goal",
            detail="A line is what people wrote down: links, named metrics and key results. Tests come later.",
            value=share,
            unit="ratio",
            n=len(live),
            tone="good" if share == 1 else "bad" if share < 0.8 else "neutral",
        )
    ]
    known = [row for row in live if row["budget"] is not None]
    budget = total(known)
    if budget > 0:
        unknown = len(live) - len(known)
        part = total([row for row in linked if row["budget"] is not None])
        note = f" The budget of {plural(unknown, 'initiative')} is not stated and not counted." if unknown else ""
        found.append(
            say(
                "traceability.coverage_budget",
                f"{quantity(part / budget, 'ratio')} of the budget of live initiatives, {money(part, currency)} of "
                f"{money(budget, currency)}, leads to a goal",
                detail=f"Whole-life budgets as approved or asked for.{note}",
                value=part / budget,
                unit="ratio",
                n=len(known),
                tone="good" if part == budget else "bad" if part < 0.8 * budget else "neutral",
            )
        )
        if budget > part:
            without = [row for row in orphans if row["budget"]]
            found.append(
                say(
                    "traceability.unlinked_budget",
                    f"{money(budget - part, currency)} of {money(budget, currency)} of live budget, in "
                    f"{plural(len(without), 'initiative')}, has no line to any goal",
                    detail=f"It lies in {listing([short(row['initiative']) for row in _largest(without)])}.",
                    value=budget - part,
                    unit="money",
                    currency=currency,
                    n=len(without),
                    tone="bad",
                    weight=total(without, "budget_yearly"),
                )
            )
    for row in _largest(orphans):
        amount = f"; its budget is {money(row['budget'], currency)}" if row["budget"] else ""
        found.append(
            say(
                "traceability.orphan",
                f"{short(row['initiative'])} has no line to any goal{amount}",
                value=row["budget"],
                unit="money",
                currency=currency,
                initiative=row["initiative_id"],
                tone="bad",
                weight=row["budget_yearly"] or 0.0,
            )
        )
    return found


def _largest(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-(row["budget"] or 0.0), row["initiative_id"]))


def uncovered(goals: Sequence[Row]) -> list[Finding]:
    """One finding per goal that nothing under way leads to."""
    return [
        say(
            "traceability.uncovered",
            f"No live initiative leads to the {row['type']} goal “{short(row['goal'])}”"
            if row["type"]
            else f"No live initiative leads to the goal “{short(row['goal'])}”",
            detail=""
            if row["n_key_results"]
            else "The goal has no key result either, so there is nothing to link to yet.",
            value=0,
            unit="count",
            n=row["n_key_results"],
            subject=row["goal_id"],
            tone="bad",
        )
        for row in goals
        if not row["covered"]
    ]


def types(found: Sequence[Row], currency: str) -> list[Finding]:
    """Which of the four goal types the money serves."""
    served = [row for row in found if row["n_initiatives"]]
    idle = [row["type"] for row in found if not row["n_initiatives"]]
    if not served:
        title = "Live initiatives serve none of the four types of goal"
    elif idle:
        title = f"Live initiatives serve {listing([r['type'] for r in served])}; nothing serves {listing(idle)}"
    else:
        title = "Live initiatives serve all four types of goal: growth, margin, risk and brand"
    parts = [
        f"{r['type']} {money(r['budget'], currency)} in {plural(r['n_initiatives'], 'initiative')}" for r in served
    ]
    detail = f"{'; '.join(parts)}. An initiative that serves two types counts in both." if parts else ""
    return [say("traceability.types", title, detail=detail, value=len(served), unit="count", n=4)]


def no_outcome(goals: Sequence[Row]) -> list[Finding]:
    """Goals that nobody has translated into a customer outcome."""
    without = [row for row in goals if not row["outcome"]]
    if not without:
        return []
    verb = "names" if len(without) == 1 else "name"
    title = f"{len(without)} of {plural(len(goals), 'goal')} {verb} no customer outcome"
    detail = f"Not translated yet: {listing([short(row['goal'], 40) for row in without])}."
    return [
        say("traceability.no_outcome", title, detail=detail, value=len(without), unit="count", n=len(goals), tone="bad")
    ]


def _name(n: int) -> str:
    return "names" if n == 1 else "name"


def missing(live: Sequence[Row], currency: str) -> list[Finding]:
    """Owner, hypothesis, money and metric: how many lack each, of those whose sheet asks for it."""
    found = []
    for column, id, lacks, has in _ASKED:
        asked = [row for row in live if row[column] is not None]
        without = [row for row in asked if not row[column]]
        if not asked:
            continue
        one = len(without) == 1
        held = total(without)
        amount = f"; {'it holds' if one else 'together they hold'} {money(held, currency)}" if held else ""
        lacking = (
            f"{len(without)} of {plural(len(asked), 'live initiative')} {'has' if one else 'have'} "
            f"{lacks.format(them='it' if one else 'them')}{amount}"
        )
        complete = f"{plural(len(asked), 'live initiative has', 'live initiatives have')} {has}, and none is without"
        silent = len(live) - len(asked)
        names = listing([short(row["initiative"], 40) for row in _largest(without)])
        notes = (
            f"Without: {names}." if without else "",
            f"{plural(silent, 'more', 'more')} did not say." if silent else "",
        )
        found.append(
            say(
                f"traceability.{id}",
                lacking if without else complete,
                detail=" ".join(filter(None, notes)),
                value=len(without),
                unit="count",
                n=len(asked),
                tone="bad" if without else "good",
                weight=total(without, "budget_yearly"),
                sources=("initiatives",),
            )
        )
    return found


def breaks(found: Sequence[Break]) -> list[Finding]:
    """References that lead nowhere, together, and each circle."""
    loose = [b for b in found if b.kind != "cycle"]
    circles = [b for b in found if b.kind == "cycle"]
    out = []
    if loose:
        says = [b.says for b in loose[:4]] + ([f"and {len(loose) - 4} more"] if len(loose) > 4 else [])
        verb = "leads nowhere or cannot be read" if len(loose) == 1 else "lead nowhere or cannot be read"
        out.append(
            say(
                "traceability.dangling",
                f"{plural(len(loose), 'reference')} in the authored sheets {verb}",
                detail=f"{'; '.join(says)}. {'It carries' if len(loose) == 1 else 'They carry'} no line.",
                value=len(loose),
                unit="count",
                tone="bad",
            )
        )
    out += [
        say(
            "traceability.cycle",
            f"A circle of links explains nothing: {b.says}",
            detail="A line that leaves the circle still counts; the circle itself is no reason.",
            subject=b.id,
            tone="bad",
        )
        for b in circles
    ]
    return out


def links(edges: Sequence[Row]) -> list[Finding]:
    """How well the links are known, as those who drew them declare it."""
    drawn = [row for row in edges if row["status"] != "definition"]
    if not drawn:
        return []
    counts = {status: sum(row["status"] == status for row in drawn) for status in LINK_STATUS}
    tested = counts["quasi-experimental"] + counts["randomised"]
    parts = [f"{n} {status}" for status, n in counts.items() if n]
    return [
        say(
            "traceability.links",
            f"{tested} of {plural(len(drawn), 'link')} between initiatives, metrics and goals "
            f"{'is' if tested == 1 else 'are'} declared as tested"
            + ("; the others are belief, or things seen to move together" if tested < len(drawn) else ""),
            detail=f"As declared: {listing(parts)}. Govern sets beside it what the proof supports.",
            value=tested,
            unit="count",
            n=len(drawn),
            grade="E",
            sources=("links",),
        )
    ]


def contribution(key_results: Sequence[Row]) -> list[Finding]:
    """OKR contribution: over all key results, then one by one."""
    if not key_results:
        return []
    n = len(key_results)
    claimed = sum(row["claimed"] for row in key_results) / n
    supported = sum(row["supported"] for row in key_results) / n
    of = f"the {n} key results" if n > 1 else "the one key result"
    found = [
        say(
            "traceability.contribution",
            f"Initiatives claim to bring {quantity(claimed, 'ratio')} of {of}; "
            f"{quantity(supported, 'ratio')} rests on tests",
            detail="The mean over key results, none counted above the whole. A share that is only believed, or seen to "
            "move alongside, rests on no test.",
            value=supported,
            unit="ratio",
            n=n,
            grade="E",
            tone="neutral",
        )
    ]
    for row in key_results:
        silent = row["n_unquantified"]
        note = (
            f"{plural(silent, 'initiative')} {'leads' if silent == 1 else 'lead'} to it without a number. "
            if silent
            else ""
        )
        who = plural(row["n_claimants"], "initiative claims", "initiatives claim")
        found.append(
            say(
                "traceability.key_result",
                f"{who} {quantity(row['claimed'], 'ratio')} of “{short(row['key_result'])}”; "
                f"{quantity(row['supported'], 'ratio')} rests on tested links"
                if row["n_claimants"]
                else f"No initiative says which share of “{short(row['key_result'])}” it brings",
                detail=note,
                value=row["claimed"],
                unit="ratio",
                n=row["n_claimants"],
                grade="E",
                subject=row["kr_id"],
                tone="neutral" if row["n_claimants"] else "bad",
            )
        )
        if row["raw"] > 1 + 1e-9:
            found.append(
                say(
                    "traceability.overclaimed",
                    f"Initiatives promise {quantity(row['raw'], 'ratio')} of “{short(row['key_result'])}”, "
                    "more than the whole",
                    detail="Counted as the whole, once: some of it is promised twice.",
                    value=row["raw"],
                    unit="ratio",
                    n=row["n_claimants"],
                    grade="E",
                    subject=row["kr_id"],
                    tone="bad",
                )
            )
    return found
