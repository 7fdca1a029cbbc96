"""The CX mission statement: whether it is recorded, leads to goals, can decide, and is known."""

from __future__ import annotations

import re

from cxkit.align.audit_answers import NEEDS, Wave, waves
from cxkit.align.audit_groups import SMALLEST
from cxkit.align.audit_instrument import instrument
from cxkit.align.audit_scores import agreement
from cxkit.align.leadership_part import Part, Verdict
from cxkit.align.sentences import plural, say
from cxkit.formats import listing, quantity
from cxkit.records import Gap, Missing
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Row, rows, short

QUESTION_WORDS = 4
"""Words a question needs before a decision can be put to it."""
HALF = 0.5
ITEMS = {
    "mission_known": (
        "Do people know the mission?",
        "could tell a new colleague what experience customers should have",
        "How many people know the CX mission",
    ),
    "role_clarity": (
        "Does everybody know their part in delivering trust?",
        "know their own part in whether customers can trust the organisation",
        "How many people know their part in delivering trust",
    ),
}
"""Item of the audit → question, what those who agree say, what is missing without it."""


def mission(tables: Tables) -> Part:
    """Four tests of the statement in force, and two of what people know."""
    part = Part()
    part.tables["mission"] = []
    lacking = tables.lacking({"mission": ("adopted", "statement")})
    if lacking:
        what, reason = "The CX mission strategy statement", "No statement is recorded."
        part.gaps.append(Gap(id="align.leadership.mission", what=what, reason=reason, needs=lacking))
        part.check("Is a CX mission recorded?", "cannot tell", "the sheet is not supplied")
    else:
        _statement(tables, part)
    last = waves(tables, instrument())
    for id, (question, agree, what) in ITEMS.items():
        _item(tables, part, last[-1] if last else None, (id, question, agree, what))
    return part


def _statement(tables: Tables, part: Part) -> None:
    given = [r for r in rows(tables, "mission") if r["statement"] and r["adopted"] is not None]
    if not given:
        none = "No CX mission is written down, so no decision can be put to it"
        part.findings.append(
            say("leadership.mission", none, value=0, unit="count", n=0, sources=("mission",), tone="bad")
        )
        part.check("Is a CX mission recorded?", "does not hold", "the sheet is empty")
        return
    now = given[-1]
    tests = _tests(tables, now)
    part.check("Is a CX mission recorded?", "holds", f"adopted on {now['adopted']}")
    for question, held, evidence in tests:
        part.check(question, "holds" if held else "cannot tell" if held is None else "does not hold", evidence)
    told = [t for t in tests if t[1] is not None]
    passed = sum(bool(t[1]) for t in told)
    failed = [t[2] for t in told if not t[1]]
    title = f"The CX mission passes {passed} of {plural(len(told), 'test')}"
    title += (
        f": {listing(failed)}" if failed else ": it leads to goals, can settle a decision and was told to everybody"
    )
    part.findings.append(
        say(
            "leadership.mission",
            title,
            detail=f"“{short(now['statement'], 160)}”. Adopted on {now['adopted']}, "
            f"{plural(len(given), 'version')} so far.",
            value=passed,
            unit="count",
            n=len(told),
            sources=("mission", "goals"),
            tone="good" if told and passed == len(told) else "bad" if failed else "unknown",
        )
    )
    part.tables["mission"] = [{"question": q, "holds": held, "evidence": e} for q, held, e in tests]


def _tests(tables: Tables, now: Row) -> list[tuple[str, bool | None, str]]:
    """Question, whether it holds (None: cannot tell), evidence."""
    supplied = tables.supplied("mission")
    goals = {r["goal_id"] for r in rows(tables, "goals") if r["goal_id"]}
    named = [g for g in re.split(r"[,;\s]+", now["goal_ids"] or "") if g]
    known = [g for g in named if g in goals]
    question = now["decision_test"] or ""
    usable = len(question.split()) >= QUESTION_WORDS
    tied: bool | None = bool(known)
    if "goal_ids" not in supplied or not goals:
        tied, says = None, "the goals it serves cannot be told"
    elif known:
        says = f"it serves {len(known)} of {plural(len(goals), 'goal')}"
    else:
        says = "the goals it names are in no list" if named else "it names no goal"
    return [
        ("Does it lead to goals?", tied, says),
        (
            "Can a decision be put to it?",
            usable if "decision_test" in supplied else None,
            f"the question is “{short(question, 90)}”" if usable else "it holds no question for decisions",
        ),
        (
            "Was it told to everybody?",
            now["communicated"] is not None if "communicated" in supplied else None,
            f"told on {now['communicated']}"
            if now["communicated"]
            else "no day is written down on which everybody was told",
        ),
    ]


def _item(tables: Tables, part: Part, wave: Wave | None, asked: tuple[str, str, str, str]) -> None:
    id, question, agree, what = asked
    finding_id = f"leadership.{id}"
    values = wave.answers[id].dropna().to_numpy() if wave is not None and id in wave.answers else None
    if wave is None or values is None or len(values) < SMALLEST:
        reason = f"The audit's item {id} was not asked, or of fewer than {SMALLEST} people."
        needs = tables.lacking(NEEDS) or (Missing(name="audit", columns=("item_id",), why=f"no answers to {id}"),)
        part.gaps.append(Gap(id=f"align.{finding_id}", what=what, reason=reason, needs=needs))
        part.check(question, "cannot tell", "the audit did not ask")
        return
    found = agreement(values)
    share = quantity(found.value, "ratio")
    told = found.low is not None and found.high is not None
    bad, good = told and (found.high or 0.0) < HALF, told and (found.low or 0.0) > HALF
    part.findings.append(
        say(
            finding_id,
            f"{share} of people {agree}",
            detail="Answers 4 and 5 of 5 count as agreement.",
            value=found.value,
            low=found.low,
            high=found.high,
            unit="ratio",
            n=found.n,
            period=f"{wave.day:%Y-%m}",
            sources=("audit",),
            about="people like those who answered",
            tone="good" if good else "bad" if bad else "unknown",
        )
    )
    verdict: Verdict = "holds" if good else "does not hold" if bad else "partly"
    part.check(question, verdict, f"{share} agree, of {found.n} who answered")
