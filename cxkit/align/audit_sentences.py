"""The sentences of the alignment audit: few, each with its number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cxkit.align.audit_answers import Wave
from cxkit.align.audit_gaps import CLEAR
from cxkit.align.audit_instrument import Instrument
from cxkit.align.audit_scores import pick
from cxkit.align.sentences import plural, say
from cxkit.formats import interval, listing, number
from cxkit.records import Finding
from cxkit.tables.sheets import Row, short

LEVEL_WORDS: Mapping[str, str] = {"executive": "executives", "manager": "managers", "frontline": "the frontline"}
ABOUT = "people like those who answered"
HANGS_TOGETHER = 0.7
"""Alpha that a scale should reach for its score to be relied upon (Nunnally 1978)."""


def _say(id: str, title: str, wave: Wave, **more: Any) -> Finding:
    known = {"unit": "score", "sources": ("audit",), "about": ABOUT, "period": f"{wave.day:%Y-%m}"}
    return say(f"audit.{id}", title, **{**known, **more})


def _figure(row: Row, value: str = "score") -> dict[str, Any]:
    return {"value": row[value], "low": row["low"], "high": row["high"]}


def overall(scales: Sequence[Row], known: Instrument, wave: Wave) -> list[Finding]:
    """How aligned people say the organisation is, and where least."""
    whole = pick(scales, family="overall", group="all", hidden=False)
    cells = [r for r in scales if r["family"] == "cell" and r["group"] == "all" and r["score"] is not None]
    if whole is None or whole["score"] is None:
        return []
    least = min(cells, key=lambda r: (r["score"], r["scale"]), default=None)
    where = least["name"].replace(", ", " meets ") if least else ""
    tail = f"; lowest, at {number(least['score'])}, where {where}" if least else ""
    middle = known.answers.middle
    return [
        _say(
            "overall",
            f"People rate alignment at {number(whole['score'])} of 5{tail}",
            wave,
            detail=f"{plural(whole['n'], 'person', 'people')} answered. 1 is “{known.answers.low_word}”, 5 “"
            f"{known.answers.high_word}”; each person counts once.",
            n=whole["n"],
            tone=_tone(whole, middle),
            **_figure(whole),
        )
    ]


def _tone(row: Row, middle: float) -> str:
    if row["low"] is None:
        return "unknown"
    return "bad" if row["high"] < middle else "good" if row["low"] > middle else "neutral"


def perception(gaps: Sequence[Row], inside: Sequence[Row], wave: Wave) -> list[Finding]:
    """Where levels disagree: the widest clear gap with how many there are, and the question behind it."""
    if not gaps:
        return []
    clear = [r for r in gaps if r["verdict"] == CLEAR]
    top = max(clear or gaps, key=lambda r: (r["difference"], r["scale"]))
    one, other = LEVEL_WORDS[top["higher"]], LEVEL_WORDS[top["lower"]]
    subjects = len({(r["family"], r["scale"]) for r in gaps})
    said = f"{one} {number(top['score_higher'])}, {other} {number(top['score_lower'])} of 5"
    if clear:
        on = len({(r["family"], r["scale"]) for r in clear})
        title = f"Levels disagree clearly on {on} of {subjects} subjects, most on {top['name']}: {said}"
    else:
        title = f"Levels do not clearly disagree on any of {subjects} subjects; furthest apart on {top['name']}: {said}"
    times = f"{number(top['g'])} times ({interval(top['g_low'], top['g_high'], 'score')})"
    size = f"{times} the usual spread among people of one level"
    found = [
        _say(
            "perception",
            title,
            wave,
            detail=f"They are {number(top['difference'])} points apart, {size}.",
            n=top["n_higher"] + top["n_lower"],
            tone="bad" if clear else "neutral",
            **_figure(top, "difference"),
        )
    ]
    widest = max(
        (r for r in inside if r["verdict"] == CLEAR), key=lambda r: (abs(r["difference"]), r["item_id"]), default=None
    )
    if widest:
        one, other = LEVEL_WORDS[widest["higher"]], LEVEL_WORDS[widest["lower"]]
        found.append(
            _say(
                "question",
                f"Levels are {number(abs(widest['difference']))} points apart on “{widest['text'].rstrip('.')}”: "
                f"{one} {number(widest['score_higher'])}, {other} {number(widest['score_lower'])} of 5",
                wave,
                detail="The widest gap on a single question. 5 is always the good end.",
                n=widest["n_higher"] + widest["n_lower"],
                subject=widest["item_id"],
                tone="bad",
                **_figure(widest, "difference"),
            )
        )
    return found


def changed(changes: Sequence[Row], wave: Wave) -> list[Finding]:
    """Whether alignment has moved since the wave before."""
    whole = pick(changes, family="overall", group="all")
    if whole is None or whole["change"] is None:
        return []
    since = f"{whole['before']:%Y-%m}"
    clear = [r for r in changes if r["verdict"] == CLEAR and r["family"] != "overall"]
    way = "higher" if whole["change"] > 0 else "lower"
    if whole["verdict"] == CLEAR:
        title = f"People rate alignment {number(abs(whole['change']), 2)} points {way} than in {since}"
    else:
        title = f"Alignment has not clearly moved since {since}: {number(whole['change'], 2, signed=True)} points of 5"
    moved = [f"{r['name']} {number(r['change'], 2, signed=True)}" for r in clear]
    parts = f" Clearly moved: {listing(moved, most=7)}." if moved else ""
    return [
        _say(
            "change",
            title,
            wave,
            detail=f"{whole['n_both']} of {whole['n_now']} people answered both times.{parts}",
            n=whole["n_now"],
            period=f"{since} to {wave.day:%Y-%m}",
            tone=("good" if whole["change"] > 0 else "bad") if whole["verdict"] == CLEAR else "unknown",
            **_figure(whole, "change"),
        )
    ]


def causes(scales: Sequence[Row], known: Instrument, wave: Wave) -> list[Finding]:
    """What answers say about each of the seven failure causes."""
    return _scales("cause", scales, known, wave)


def hurdles(scales: Sequence[Row], known: Instrument, wave: Wave) -> list[Finding]:
    """What answers say about each of the three hurdles."""
    return _scales("hurdle", scales, known, wave)


def _scales(family: str, scales: Sequence[Row], known: Instrument, wave: Wave) -> list[Finding]:
    found = []
    for row in scales:
        if row["family"] != family or row["group"] != "all" or row["score"] is None:
            continue
        tone = _tone(row, known.answers.middle)
        reads = {
            "bad": "below the middle",
            "good": "above the middle",
            "neutral": "which points neither way",
            "unknown": "by too few people or too much alike to judge",
        }[tone]
        found.append(
            _say(
                family,
                f"Answers rate “{row['name']}” at {number(row['score'])} of 5, {reads}",
                wave,
                detail=f"The mean of {plural(row['items'], 'question')} that speak to it.",
                n=row["n"],
                subject=row["scale"],
                tone="unknown" if tone == "neutral" else tone,
                **_figure(row),
            )
        )
    return found


def withheld_groups(groups: Sequence[Row], wave: Wave) -> list[Finding]:
    """How much is not shown so that nobody can be recognised."""
    hidden = [r for r in groups if r["hidden"]]
    if not hidden:
        return []
    whole = [r for r in hidden if r["group"] in {"team", "level"}]
    teams = f", {len(whole)} of them whole teams or levels" if whole else ""
    return [
        _say(
            "withheld",
            f"Answers of {len(hidden)} of {plural(len(groups), 'group')} are withheld to protect people{teams}",
            wave,
            detail="Groups under five people, and those from which such a group could be worked out. They count in the "
            "totals.",
            value=len(hidden),
            unit="count",
            n=len(groups),
            about="a full count, so without an interval",
        )
    ]


def unknown(rows: Sequence[Row], found: Sequence[Wave]) -> list[Finding]:
    """Item ids that are not in the instrument."""
    if not rows:
        return []
    answers = sum(r["answers"] for r in rows)
    ids = listing([f"“{short(r['item_id'], 30)}”" for r in rows], most=6)
    verb = "is" if len(rows) == 1 else "are"
    return [
        _say(
            "unknown",
            f"{plural(len(rows), 'item')} of the audit {verb} not in the playbook, so that "
            f"{plural(answers, 'answer')} could not be used",
            found[-1],
            detail=f"Not known: {ids}. Ids stand in playbook/audit.yml.",
            value=len(rows),
            unit="count",
            n=answers,
            about="a full count, so without an interval",
            tone="bad",
        )
    ]


def reliability(rows: Sequence[Row], wave: Wave) -> list[Finding]:
    """Scales whose questions do not hang together, so that their score stands for less than it seems."""
    judged = [r for r in rows if r["family"] in {"dimension", "c"} and r["low"] is not None]
    loose = [r for r in judged if r["high"] < HANGS_TOGETHER]
    if not loose:
        return []
    names = listing([f"{r['name']} ({number(r['alpha'], 2)})" for r in loose], most=7)
    return [
        _say(
            "reliability",
            f"Questions of {len(loose)} of {plural(len(judged), 'scale')} hardly hang together; read them one by one",
            wave,
            detail=f"Cronbach's alpha, with an interval wholly under {HANGS_TOGETHER}: {names}.",
            value=len(loose),
            unit="count",
            n=max(r["n"] for r in judged),
            about="a count of scales, so without an interval",
            tone="neutral",
        )
    ]
