"""A code frame as a value: codes with their terms, bridges from old codes to new ones, how events are named.

Codes are never reused: a bridge leads from a retired code to its successors. To one successor it carries (*moved*, or
*merged* when several lead there); to several it cannot (*split*): nobody knows which of them an old row would have
become.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from cxkit.instrument.taxonomy_text import folded, needle
from cxkit.records import Record

How = Literal["kept", "moved", "merged", "split", "dropped", "unknown"]
CARRIED: tuple[How, ...] = ("kept", "moved", "merged")
"""Ways in which an old code can be compared with today's."""


class Code(Record):
    """One code: of a ticket's reason, or of a theme in what customers write."""

    code: str
    name: str
    terms: tuple[str, ...] = ()
    covers: str = ""

    @property
    def parent(self) -> str:
        """The code of ours it lies below; itself for a code of two levels."""
        return ".".join(self.code.split(".")[:2])


class Bridge(Record):
    """From a retired code to what stands in its place."""

    old: str
    new: tuple[str, ...] = ()
    since: str = ""
    note: str = ""


class EventStandard(Record):
    """How events are named and what they must carry."""

    form: str = ""
    case: str = ""
    tense: str = ""
    pattern: str = ""
    must_carry: tuple[str, ...] = ()
    should_carry: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    retired: Mapping[str, str] = {}
    """A name no longer in use → the one in its place; empty where there is none."""


class Bridged(Record):
    """Where a code leads today, and how."""

    code: str = ""
    how: How
    to: tuple[str, ...] = ()
    """Today's codes a split leads to."""


class CodeFrame(Record):
    """A checked code frame; make one with `code_frame`."""

    version: str
    """Ours, and the client's after a point: ``1.2``."""
    reasons: tuple[Code, ...] = ()
    themes: tuple[Code, ...] = ()
    bridges: tuple[Bridge, ...] = ()
    reason_map: Mapping[str, str] = {}
    """A raw ticket reason, folded, → code."""
    events: EventStandard = EventStandard()
    sentiment: tuple[str, ...] = ()

    def names(self) -> dict[str, str]:
        """Code → name, of reasons and themes."""
        return {c.code: c.name for c in (*self.reasons, *self.themes)}

    def lead(self, code: str) -> Bridged:
        """Follow the bridges from a code of any version to today's.

        >>> bridges = (Bridge(old="a.old", new=("a.b",)),)
        >>> frame = CodeFrame(version="2", themes=(Code(code="a.b", name="B"),), bridges=bridges)
        >>> frame.lead("a.old").how, frame.lead("a.b").how, frame.lead("x.y").how
        ('moved', 'kept', 'unknown')
        """
        today = {c.code for c in (*self.reasons, *self.themes)}
        by_old = {b.old: b for b in self.bridges}
        to, merged, at = code, False, 0
        while to not in today:
            bridge = by_old.get(to)
            if bridge is None or at > len(by_old):
                return Bridged(how="unknown")
            if len(bridge.new) != 1:
                return Bridged(how="split" if bridge.new else "dropped", to=bridge.new)
            merged |= sum(b.new == bridge.new for b in self.bridges) > 1
            to, at = bridge.new[0], at + 1
        return Bridged(code=to, how="kept" if to == code else "merged" if merged else "moved")

    def theme_of(self, words: str) -> str:
        """The theme somebody's own words mean: a code of any version, a name, or the longest term in them; or none.

        >>> frame = CodeFrame(version="1", themes=(Code(code="a.b", name="Bees", terms=("bee",)),))
        >>> frame.theme_of("a.b"), frame.theme_of("BEES"), frame.theme_of("a bee sting"), frame.theme_of("wasp")
        ('a.b', 'a.b', 'a.b', '')
        """
        return self._meant(words, self.themes)

    def reason_of(self, words: str) -> str:
        """The same for ticket reasons; the client's own map goes first."""
        return self.reason_map.get(folded(words), "") or self._meant(words, self.reasons)

    def _meant(self, words: str, among: Sequence[Code]) -> str:
        codes = [c.code for c in among]
        if (led := self.lead(words.strip())).code in codes:
            return led.code
        text = folded(words)
        for code in among:
            if text == folded(code.name):
                return code.code
        found = [
            (-len(n), place, code.code)
            for place, code in enumerate(among)
            for term in code.terms
            if (n := needle(term)) and n in f" {text} "
        ]
        return min(found)[2] if found else ""
