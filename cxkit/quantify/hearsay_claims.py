"""The register of circulating statistics, and how a text is recognised to lean on one.

``playbook/claims.yml`` holds figures that articles repeat without a source that could be checked. They are read here to
be recognised, and nowhere to be used: no default, benchmark or target comes from them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Literal, Self

from pydantic import Field, model_validator

from cxkit import shipped
from cxkit.records import Record

FILE = "playbook/claims.yml"
Way = Literal["id", "source", "figure"]

_SENTENCE = re.compile(r"(?<=[.!?;])\s+")
_DASHES = re.compile(r"[‐-―−]")
_PERCENT = r"\s*(?:%|percent\b|per cent\b)"


class Claim(Record):
    """One figure that circulates."""

    id: str
    says: str
    kind: Literal["effect", "state"]
    """A change somebody claims to have caused, or how the world is said to be."""
    metric: str
    driver: str | None = None
    """Driver of a benefit it is about."""
    unit: Literal["ratio", "multiple"]
    low: float
    high: float | None
    """The claimed range, relative; a single figure has low = high, one that is open above has none."""
    before: float | None = None
    better: Literal["up", "down", "none"]
    words: tuple[tuple[str, ...], ...]
    """A text speaks of the metric when it holds one of each of these, as words begin."""
    also: tuple[str, ...] = ()
    """Other ways to write the figure."""
    origin: str = Field(alias="from")
    """Where it was read."""
    provenance: Literal["unsourced"]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.high is not None and self.low > self.high:
            raise ValueError(f"{self.id}: low {self.low} lies above high {self.high}")
        if not self.words or not all(self.words):
            raise ValueError(f"{self.id}: no words tell what it is about")
        return self

    @property
    def ranged(self) -> bool:
        """Whether it names two ends: distinctive enough to be known without its metric."""
        return self.high is not None and self.high != self.low

    @property
    def ends(self) -> tuple[float, float]:
        """The claimed change without its sign, smaller end first."""
        low, high = abs(self.low), abs(self.low if self.high is None else self.high)
        return min(low, high), max(low, high)

    def about(self, sentence: str) -> bool:
        """Whether a normalised sentence speaks of its metric."""
        return all(any(re.search(rf"\b{re.escape(word)}", sentence) for word in group) for group in self.words)

    def figured(self, sentence: str) -> bool:
        """Whether a normalised sentence holds its figure: as written in percent or as a multiple, or in words."""
        return any(phrase in sentence for phrase in self.also) or re.search(self._figure, sentence) is not None

    @property
    def _figure(self) -> str:
        low, high = self.ends
        if self.unit == "multiple":
            return rf"(?<![\d.,]){_digits(low)}\s*(?:x\b|×|times\b|-?fold\b)"
        if self.ranged:
            between = r"\s*%?\s*(?:-|to|and|up to)\s*"
            return rf"(?<![\d.,]){_digits(100 * low)}{between}{_digits(100 * high)}{_PERCENT}"
        return rf"(?<![\d.,-]){_digits(100 * low)}{_PERCENT}"


class Register(Record):
    """The whole file."""

    version: int
    provenance: Literal["unsourced"]
    claims: tuple[Claim, ...]

    @model_validator(mode="after")
    def _unique(self) -> Self:
        ids = [c.id for c in self.claims]
        if len(ids) != len(set(ids)):
            raise ValueError("two claims share an id")
        return self


@cache
def register() -> tuple[Claim, ...]:
    """Every claim, in the order of the file.

    >>> [c.id for c in register()][:2], {c.provenance for c in register()}
    (['programmes_fail', 'misalignment_is_the_cause'], {'unsourced'})
    """
    return Register.model_validate(shipped.yaml(FILE)).claims


def leans(text: str, *, driver: str = "") -> Iterator[tuple[Claim | None, str, Way]]:
    """The claims a text leans on, each once: the claim (None for a source alone), where it was read, and how it shows.

    By the claim's id; by the name of what it was read in, which leaves open which figure; or by its figure and its
    metric in one sentence. In a benefit's source or formula the benefit's `driver` stands for the metric, but only for
    a range or a multiple: a single percentage may be anybody's own.

    >>> [(c.id, how) for c, _, how in leans("Alignment cuts churn by 20–30 %, they say.")]
    [('aligned_churn', 'figure')]
    >>> list(leans("If we call 20 to 30 homes, churn falls"))
    []
    """
    plain = normal(text)
    found: list[tuple[Claim | None, str, Way]] = []
    for claim in register():
        if re.search(rf"(?<![\w-]){re.escape(claim.id)}(?![\w-])", plain):
            found.append((claim, claim.origin, "id"))
            continue
        for sentence in _SENTENCE.split(plain):
            same = bool(driver) and driver == claim.driver and driver != "other"
            distinct = claim.ranged or claim.unit == "multiple"
            if claim.figured(sentence) and (claim.about(sentence) or (same and distinct)):
                found.append((claim, claim.origin, "figure"))
                break
    told = {origin for _, origin, _ in found}
    for origin in dict.fromkeys(c.origin for c in register()):
        if origin not in told and normal(origin) in plain:
            found.append((None, origin, "source"))
    yield from found


def normal(text: str) -> str:
    """Text for matching: one case, one kind of dash and space.

    >>> normal("Twenty–Thirty\\u00a0Percent")
    'twenty-thirty percent'
    """
    return _DASHES.sub("-", " ".join(unicodedata.normalize("NFKC", text).split())).casefold()


def _digits(value: float) -> str:
    """A number as a pattern: a trailing nought or a decimal comma change nothing."""
    text = f"{value:g}"
    whole, _, part = text.partition(".")
    return rf"{whole}[.,]{part}0*" if part else rf"{whole}(?:[.,]0+)?"
