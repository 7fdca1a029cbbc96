"""Draft until reviewed: what was written against other numbers than today's, and who has looked at it since.

A comment rests on the findings of its stage, a decision on those it names. When one of them says something else now,
the item needs review until somebody confirms it against the numbers as they are; when they change again, it needs
review again. Nothing here changes a number or a text.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from cxkit import errors
from cxkit.engagement import evidence
from cxkit.engagement.store import Comment, Decision, Review, Store, append_history, locked, read_store, replace_store
from cxkit.records import Record
from cxkit.report.blocks import NoteBody
from cxkit.report.changes import worth
from cxkit.report.locale import local
from cxkit.report.words import words

SAID = ("title", "value", "low", "high")
"""What a finding says; when one of these differs, it says something else."""
MOST = 12
"""Changed findings an item tells of."""


class Shift(Record):
    """One finding that says something else now."""

    key: str
    was: str = ""
    """Its sentence then, with its value where the sentence is the same now; empty where it is new."""
    now: str = ""
    """Its sentence now; empty where it is gone."""


class ReviewItem(Record):
    """A comment or decision that was written against other numbers."""

    id: str
    """``comment:C1`` or ``decision:D3``."""
    kind: str
    stage: str = ""
    about: str
    """The comment's first line, or the decision in words."""
    author_role: str = ""
    written: str
    evidence: str
    """Hash of the numbers as they are now; what it is confirmed against."""
    shifts: tuple[Shift, ...] = ()
    more: int = 0
    """Further findings that changed."""


def items(folder: Path, store: Store, *, place: Path) -> tuple[ReviewItem, ...]:
    """What needs review against the results in `place`, comments first, each in the order they were written."""
    confirmed = {(r.item, r.evidence) for r in store.reviews}
    found = [_comment(folder, c, place) for c in store.commentary]
    found += [_decision(folder, d, place) for d in store.decisions if not (d.done or d.withdrawn)]
    return tuple(i for i in found if i is not None and (i.id, i.evidence) not in confirmed)


def draft(folder: Path, store: Store, *, place: Path, locale: str = "en") -> tuple[str, ...]:
    """Why a report on the results in `place` is still a draft, one sentence each; empty when nothing needs review."""
    w = words(locale)
    found = items(folder, store, place=place)
    comments, decisions = ([i for i in found if i.kind == kind] for kind in ("comment", "decision"))
    said = [w("review.comments", n=len(comments))] if comments else []
    if decisions:
        names = ", ".join(i.id.split(":")[1] for i in decisions)
        said.append(w("review.decisions", n=len(decisions), names=names))
    return tuple(said)


def notes(folder: Path, store: Store, stage: str, *, place: Path, locale: str = "en") -> tuple[NoteBody, ...]:
    """The comments on a stage as a report shows them, each with whether its numbers have changed since."""
    said = local(locale).date
    open_ = {i.id for i in items(folder, store, place=place)}
    latest = {r.item: r for r in store.reviews}
    made = []
    for comment in store.commentary:
        if comment.stage == stage:
            id = f"comment:{comment.comment_id}"
            seen = latest.get(id)
            made.append(
                NoteBody(
                    text=comment.text,
                    author_role=comment.author_role,
                    written=comment.written,
                    evidence=comment.evidence,
                    needs_review=id in open_,
                    confirmed=f"{said(date.fromisoformat(seen.day))}, {seen.role}"
                    if seen is not None and id not in open_
                    else "",
                )
            )
    return tuple(made)


def confirm(
    folder: Path,
    *,
    place: Path,
    role: str,
    only: Collection[str] | None = None,
    note: str = "",
    day: date | None = None,
    expected: int | None = None,
) -> tuple[ReviewItem, ...]:
    """Let items stand against the numbers in `place`: those with the ids in `only`, or all; return them.

    Written to ``engagement.json`` and to ``history/reviews.jsonl`` with the role that looked. `expected` is the
    revision that whoever confirms was looking at: `InputError` when somebody wrote in between. `ParameterError` for a
    missing role, or an id that does not need review.
    """
    if not role.strip():
        raise errors.ParameterError("Say which role confirms it: --role 'CX lead'.")
    with locked(folder):
        store = read_store(folder)
        waiting = {i.id: i for i in items(folder, store, place=place)}
        unknown = [id for id in only or () if id not in waiting]
        if unknown:
            told = [errors.unknown_name("item", id, list(waiting), where="What needs review") for id in unknown]
            raise errors.ParameterError(errors.all_problems(told, what="The list of items"))
        chosen = [i for id, i in waiting.items() if only is None or id in only]
        if not chosen:
            return ()
        on = (day or date.today()).isoformat()
        made = [Review(item=i.id, evidence=i.evidence, role=role.strip(), day=on, note=note.strip()) for i in chosen]
        rest = [r for r in store.reviews if r.item not in {m.item for m in made}]
        changed = store.model_copy(update={"reviews": (*rest, *made)})
        replace_store(folder, changed, expected=store.revision if expected is None else expected)
        for one in made:
            append_history(folder, "reviews", one.model_dump(mode="json"))
    return tuple(chosen)


def _comment(folder: Path, comment: Comment, place: Path) -> ReviewItem | None:
    now = evidence.of_results(place, stage=comment.stage)
    if not comment.evidence or not now or evidence.hash_of(now) == comment.evidence:
        return None
    shifts = _shifts(evidence.read(folder, comment.evidence), json.loads(now))
    return _item(
        f"comment:{comment.comment_id}",
        "comment",
        about=comment.text.strip().splitlines()[0],
        shifts=shifts,
        now=now,
        stage=comment.stage,
        author_role=comment.author_role,
        written=comment.written,
    )


def _decision(folder: Path, decision: Decision, place: Path) -> ReviewItem | None:
    if not decision.evidence or not decision.findings:
        return None
    then = [r for r in evidence.read(folder, decision.evidence) if r["key"] in decision.findings]
    now = evidence.of_results(place, keys=frozenset(decision.findings))
    if not then or not evidence.of_results(place):
        return None
    shifts = _shifts(then, json.loads(now or "[]"))
    if not shifts:
        return None
    return _item(
        f"decision:{decision.decision_id}",
        "decision",
        about=" ".join(filter(None, [decision.verdict, decision.initiative_id])),
        shifts=shifts,
        now=now or "[]",
        author_role=decision.owner_role,
        written=decision.decided,
    )


def _item(id: str, kind: str, *, about: str, shifts: Sequence[Shift], now: str, **rest: str) -> ReviewItem:
    return ReviewItem(
        id=id,
        kind=kind,
        about=about,
        evidence=evidence.hash_of(now),
        shifts=tuple(shifts[:MOST]),
        more=max(0, len(shifts) - MOST),
        **rest,
    )


def _shifts(then: Iterable[Mapping[str, Any]], now: Iterable[Mapping[str, Any]]) -> list[Shift]:
    """Findings that say something else, by key: changed first, then gone, then new."""
    before, after = ({str(r["key"]): r for r in given} for given in (then, now))
    changed = [k for k in before if k in after and any(before[k].get(n) != after[k].get(n) for n in SAID)]
    gone, new = [k for k in before if k not in after], [k for k in after if k not in before]
    return [_shift(k, before.get(k, {}), after.get(k, {})) for k in (*changed, *gone, *new)]


def _shift(key: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> Shift:
    """One finding then and now; where the sentences are the same, what they stand on is told beside them."""
    was, is_ = str(then.get("title", "")), str(now.get("title", ""))
    if was != is_:
        return Shift(key=key, was=was, now=is_)
    shown = worth if worth(then) != worth(now) else _exact
    return Shift(key=key, was=f"{was} · {shown(then)}", now=f"{is_} · {shown(now)}")


def _exact(record: Mapping[str, Any]) -> str:
    """A value and its interval to the last digit, for what moved by less than is shown."""
    return ", ".join(str(record.get(name)) for name in SAID[1:])
