"""Mapping a client's files in conversation: propose, say why, ask what only a person can know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from cxkit.errors import InputError
from cxkit.tables.mapping import TableMapping
from cxkit.tables.proposal import Proposal, Question, propose

TRIES = 3
"""Answers that fit none of the options before the conversation ends."""


def session(
    client_folder: Path,
    *,
    existing: Mapping[str, TableMapping] | None = None,
    yes: bool = False,
    ask: Callable[[str], str],
    say: Callable[[str], None],
) -> tuple[dict[str, TableMapping], Proposal]:
    """Propose a mapping of the files in a client's ``tables/``, ask until nothing is open, return the whole mapping.

    `existing` is the mapping there is; it is kept, and files it claims are not looked at again. With `yes` nothing
    is asked: clear answers are taken and a close call raises `InputError` naming it. `ask` gets one question and
    returns the answer; `say` gets lines for people. Nothing is written.
    """
    folder = client_folder / "tables"
    known = dict(existing or {})
    answers: dict[str, str] = {}
    proposal = propose(folder, existing=known)
    while proposal.questions and not yes:
        for question in proposal.questions:
            answers[question.id] = _answer(question, ask, say)
        proposal = propose(folder, answers=answers, existing=known)
    for line in proposal.lines():
        say(line)
    settled = proposal.settled(yes=yes)
    for question in proposal.questions:
        say(f"left open: {question.text}")
    for name in proposal.names_twice(known):
        say(f"{name} is mapped already; the new files are added to it")
    merged = dict(known)
    for name, rule in settled.items():
        merged[name] = rule if name not in known else known[name].model_copy(update={"also": (*known[name].also, rule)})
    return merged, proposal


def _answer(question: Question, ask: Callable[[str], str], say: Callable[[str], None]) -> str:
    for _ in range(TRIES):
        given = ask(f"{question.text} [{' / '.join(question.options)}]").strip().lower()
        for number, option in enumerate(question.options, 1):
            if given in {option.lower(), str(number)}:
                return option
        say(f"'{given}' is none of {', '.join(question.options)}.")
    raise InputError(f"{question.text} No answer fitted. Run cxkit map again; nothing was written.")
