"""A sentence with its number marked, so that the number can be followed to its evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cxkit.formats import THIN
from cxkit.records import Finding, Record
from cxkit.report.blocks import FindingBody

_SPACE = f"[ \u00a0{THIN}]?"
_NUMBER = re.compile(
    rf"(?<![\w.-])[−+-]?(?:[A-Z]{{3}}{_SPACE})?[$€£¥]?\d[\d,]*(?:\.\d+)?(?!\w|-\w)"
    rf"(?:{_SPACE}(?:%|bn|M|k|×)(?!\w)| (?:points?|per 1,000|of \d[\d,]*|hours?|days?|months?|minutes?)\b)?"
)


class Sentence(Record):
    """Text before the number, the number, text after it, and the key of the finding it belongs to."""

    before: str = ""
    number: str = ""
    after: str = ""
    key: str = ""
    own: bool = False
    """Whether the words are those of the page's language, and not a result's."""

    @property
    def text(self) -> str:
        """The whole sentence."""
        return self.before + self.number + self.after


def sentence(finding: Finding | FindingBody, *, stop: bool = False) -> Sentence:
    """Mark a finding's number in its title: its own value where the title holds it, else the first number.

    `stop` closes the sentence with a full stop where it has none.
    """
    title = finding.title.strip()
    if stop and title and title[-1] not in ".?":
        title += "."
    value = finding.value if isinstance(finding, FindingBody) else finding.value_text
    start, end = _place(title, value or "")
    return Sentence(before=title[:start], number=title[start:end], after=title[end:], key=finding.key)


def plain(text: str, key: str = "", *, value: str = "") -> Sentence:
    """A sentence of our own; with a key, `value` in it, else its first number, leads to that finding."""
    if not key:
        return Sentence(before=text, own=True)
    start, end = _place(text, value)
    return Sentence(before=text[:start], number=text[start:end], after=text[end:], key=key, own=True)


def placed(text: str, numbers: Sequence[str], key: str) -> Sentence:
    """A sentence in the page's language; the first of `numbers` that stands in it leads to its finding.

    >>> placed("390 Tsd. € von 1,27 Mio. €", ["390 Tsd. €"], "a.b").number
    '390 Tsd. €'
    >>> placed("Drei von 9 Zielen", ["9 of 9", "9"], "a.b").number
    '9'
    """
    for number in filter(None, numbers):
        share = r"(?: (?:of|von) \d[\d.,]*\b)?" if re.fullmatch(r"\d[\d.,]*(?: of \d[\d.,]*)?", number) else ""
        found = re.search(rf"(?<![\w.,]){re.escape(number)}{share}(?!\w|[.,]\d)", text)
        if found:
            return Sentence(before=text[: found.start()], number=found[0], after=text[found.end() :], key=key, own=True)
    return Sentence(number=text.rstrip("."), after="." if text.endswith(".") else "", key=key, own=True)


def _place(text: str, value: str) -> tuple[int, int]:
    """Where the number stands; without any, the whole sentence is the link."""
    for form in _forms(value):
        found = re.search(rf"(?<![\w.,]){re.escape(form)}(?!\w|[.,]\d)", text)
        if found:
            share = re.match(r" of \d[\d,]*\b", text[found.end() :]) if form.isdigit() else None
            return found.start(), found.end() + (share.end() if share else 0)
    found = _NUMBER.search(text)
    return (found.start(), found.end()) if found else (0, len(text.rstrip(".")))


def _forms(value: str) -> list[str]:
    """How a value may stand in a sentence: as it is, without its sign, without its unit."""
    if not value or value == "not assessed":
        return []
    bare = re.match(r"[\d.,]+", value.lstrip("−+"))
    return list(dict.fromkeys([value, value.lstrip("−+"), *([bare[0]] if bare else [])]))
