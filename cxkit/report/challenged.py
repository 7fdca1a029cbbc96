"""Objections to numbers, shown beside them: what was said, by which role, and what was answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cxkit.records import Record


class Challenged(Record):
    """One objection to a number; it changes nothing in it."""

    challenge_id: str
    finding: str
    """Key of the finding."""
    says: str
    author_role: str = ""
    logged: str = ""
    answer: str = ""
    answered: str = ""

    @property
    def state(self) -> str:
        """Whether it was answered.

        >>> Challenged(challenge_id="C1", finding="x", says="Too good").state
        'open'
        """
        return "answered" if self.answer else "open"


def by_finding(challenges: Iterable[Challenged]) -> Mapping[str, tuple[Challenged, ...]]:
    """Objections by the key of the finding they are about, in their order."""
    found: dict[str, tuple[Challenged, ...]] = {}
    for one in challenges:
        found[one.finding] = (*found.get(one.finding, ()), one)
    return found
