"""Challenges: somebody's objection to a number, logged beside it with the evidence of that day, and its answer."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from cxkit import errors
from cxkit.engagement import evidence, history
from cxkit.engagement.history import Challenge
from cxkit.engagement.store import locked

LONGEST = 2_000
"""Characters of an objection or an answer."""


def challenge(
    client: str,
    finding: str,
    *,
    says: str,
    role: str = "",
    on: date | None = None,
    data_dir: Path | None = None,
    runs_dir: Path | None = None,
) -> Challenge:
    """Log an objection to the finding with this key; the number itself stays as it is.

    `ParameterError` names the nearest keys when the last run has no such finding.
    """
    folder, rests = _place(client, data_dir, runs_dir)
    _known(finding, rests)
    with locked(folder):
        number = 1 + max((_number(c) for c in history.read(folder, Challenge)), default=0)
        made = Challenge(
            challenge_id=f"C{number}",
            finding=finding,
            says=_text(says, "--says"),
            author_role=role.strip(),
            logged=(on or date.today()).isoformat(),
            evidence=rests.hash,
        )
        evidence.keep(folder, rests)
        history.add(folder, made)
    return made


def answer(
    client: str,
    finding: str,
    *,
    text: str,
    challenge_id: str = "",
    on: date | None = None,
    data_dir: Path | None = None,
    runs_dir: Path | None = None,
) -> Challenge:
    """Answer the open challenge of a finding, as a new line; with several open ones `challenge_id` says which."""
    folder, rests = _place(client, data_dir, runs_dir, must=False)
    said = _text(text, "--answer")
    with locked(folder):
        every = folded(history.read(folder, Challenge))
        mine = [c for c in every if c.finding == finding]
        if not mine and rests is not None and not any(c.challenge_id == challenge_id for c in every):
            _known(finding, rests)
        open_ = [c for c in mine if not c.answer and challenge_id in {"", c.challenge_id}]
        if not open_:
            what = f"{challenge_id} is no open challenge of {finding}" if challenge_id else "it has no open challenge"
            raise errors.ParameterError(f"{finding}: {what}; nothing to answer.")
        if len(open_) > 1:
            ids = ", ".join(c.challenge_id for c in open_)
            raise errors.ParameterError(f"{finding} has several open challenges ({ids}); say which with --id.")
        day = max((on or date.today()).isoformat(), open_[0].logged)
        made = open_[0].model_copy(update={"answer": said, "answered": day})
        history.add(folder, made)
    return made


def folded(lines: Iterable[Challenge]) -> tuple[Challenge, ...]:
    """Challenges as they stand: the last line about each, in the order in which they were raised.

    >>> raised = Challenge(challenge_id="C1", finding="prove.effect:x", says="Too good", logged="2026-11-02")
    >>> [c.answer for c in folded([raised, raised.model_copy(update={"answer": "Checked twice"})])]
    ['Checked twice']
    """
    found: dict[str, Challenge] = {}
    for line in lines:
        found[line.challenge_id] = line
    return tuple(found.values())


def known_by(lines: Iterable[Challenge], as_of: date) -> tuple[Challenge, ...]:
    """Challenges as they stood at the end of a day: one logged later is not there, one answered later is open."""
    day = as_of.isoformat()
    return folded(c for c in lines if c.logged <= day and (not c.answered or c.answered <= day))


def _place(
    client: str, data_dir: Path | None, runs_dir: Path | None, *, must: bool = True
) -> tuple[Path, evidence.Evidence]:
    folder, found = evidence.last_run(client, data_dir=data_dir, runs_dir=runs_dir)
    if found is None and must:
        raise errors.InputError(f"{client} has no published run, so there is no number yet. First: cxkit run {client}")
    return folder, found  # type: ignore[return-value]


def _known(finding: str, rests: evidence.Evidence) -> None:
    keys = [str(record["key"]) for record in rests.findings]
    if finding in keys:
        return
    near = difflib.get_close_matches(finding, keys, n=3, cutoff=0.4) or [k for k in keys if finding in k][:3]
    hint = f" Nearest: {', '.join(near)}." if near else " Keys stand in the evidence register of the report."
    raise errors.ParameterError(f"The last run of this client ({rests.as_of}) has no finding '{finding}'.{hint}")


def _text(text: str, name: str) -> str:
    flat = text.strip()
    if not flat:
        raise errors.ParameterError(f'Write what there is to say: {name} "the base leaves out business customers".')
    if len(flat) > LONGEST:
        raise errors.ParameterError(f"{name} has {len(flat):,} characters; {LONGEST:,} are enough for an objection.")
    return flat


def _number(challenge: Challenge) -> int:
    rest = challenge.challenge_id[1:]
    return int(rest) if rest.isdigit() else 0
