"""Sentences of results in a page's language: a pattern of English, and what a reader of that language would write.

Results speak English. What a page shows of them is put into its language where the whole of it is known, and is left
as it is, and marked as English, where it is not: never half a sentence. The patterns are in ``words/sentences``.

A slot ``{kind}`` or ``{kind2}`` stands for what differs from client to client: `count`, `many` (not one) and `amount`
for figures, `dative` for one after a preposition, `day`, `hash`, `name` and `names` for what a client calls things,
`piece` and `pieces` for words that are known by themselves, `called` for what bears a word of ours or a name of the
client's, `told` for sentences side by side. ``[is|are]`` stands for either; the group at the same place of the other
side says what becomes of it, and ``[2:ist|sind]`` names that place.

The alt text of a figure, what is written inside it and the cells of a column have words of their own (``alts``,
``drawn``, ``cells``): what a bar or a cell says is so short that it would fit what a client calls something anywhere
else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

from cxkit import shipped
from cxkit.formats import THIN

_SPACE = f"[ \u00a0{THIN}]"
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_TAIL = r"(?: points?| per 1,000| (?:minute|hour|day|month)s?)?"
_END = r"(?:\b[a-z]+|[a-z]{4}|[0-9)%”\]A-Z])[.?!] [A-Z0-9“€$£−]"
"""The end of a sentence, which no name holds; short words with a capital before the stop (Dr., Inc.) are none."""
_NAME = rf"(?!\s)(?:(?!{_END}).)+?(?<!\s)"
KINDS = {
    "count": r"(?:\d{1,3}(?:,\d{3})+|\d+)",
    "many": r"(?!1(?![\d,]))(?:\d{1,3}(?:,\d{3})+|\d+)",
    "amount": rf"[−+]?(?:[A-Z]{{3}}{_SPACE})?[€$£¥]?{_DIGITS}(?:{_SPACE}?(?:bn|M|k|%|×)(?!\w))?{_TAIL}",
    "dative": rf"[−+]?{_DIGITS}{_TAIL}",
    "day": r"(?:\d{1,2} )?(?:[A-Z][a-z]{2,8} )?\d{4}(?:-\d\d){0,2}",
    "hash": r"[0-9a-f]{8}",
    "name": _NAME,
    "names": _NAME,
    "called": _NAME,
    "told": r"\S(?:.*?\S)??",
    "piece": r"\S(?:.*?\S)??",
    "pieces": r"\S(?:.*?\S)??",
}
"""What a slot of each kind may hold."""
PARTS = ("sentences", "pieces", "labels", "datives", "heads", "names")
PLACES = ("alts", "cells", "drawn")
"""Parts that are kept apart by place: the figure, or the column of a table."""
ANY = "any"
"""The place of what every figure may say."""
_PART = re.compile(r"\{([a-z]+)(\d*)\}|\[(?:(\d+):)?([^\[\]]*)\]")
_STOP = re.compile(r"(?<=[.?!]) (?=[A-Z0-9“€$£−])")
_END_OF_ANY = re.compile(r"(?<=[.?!]) ")
_LONGEST = 4
"""Ends of sentences that a name in an alt text may hold, and one more."""
_CLAUSE = re.compile("; ")
_BESIDE = " · "
_LISTED = re.compile(r"(?:(?<=^)|(?<=, )|(?<= and )|(?<=“))[A-Z].*?(?=$|, | and |”| \d| \()")
"""What stands in a list of names, with or without quotes or a figure behind it."""
_QUOTES = str.maketrans({"“": "„", "”": "“"})


class Native(str):
    """A text in the language of its page."""

    __slots__ = ()


class Untold(str):
    """A text of ours that has no words in the language of its page."""

    __slots__ = ()


@dataclass(frozen=True)
class Pattern:
    """One sentence: what it looks like in English, and how it is said."""

    english: str
    own: str
    expression: str
    literal: str
    """The longest piece that every sentence of this pattern holds, for a quick no."""

    @cached_property
    def found(self) -> re.Pattern[str]:
        """The expression, compiled when a text first holds the literal: most patterns meet none."""
        return re.compile(self.expression)


class Phrases:
    """The sentences of one language; `figure` writes a figure, a day or a name as the page does.

    >>> Phrases("de", str).said("The plan funds 2 of 9 initiatives") is None
    True
    """

    def __init__(self, language: str, figure: Callable[[str], str], text: Callable[[str], str] | None = None) -> None:
        self._figure, self._text = figure, text or figure
        self._given = read(language)

    def said(self, text: str) -> Native | None:
        """A text in the page's language, or None where a part of it has no pattern."""
        if not any(c.isalpha() for c in text):
            return None
        body = text.strip()
        if (found := self._one(body)) is not None:
            return Native(found)
        made = [self._clauses(piece) for piece in _STOP.split(body)]
        return None if None in made else Native(" ".join(m for m in made if m is not None))

    def _clauses(self, text: str) -> str | None:
        """A sentence, as a whole or clause by clause."""
        if (found := self._one(text)) is not None:
            return found
        made = [self._one(clause) for clause in _CLAUSE.split(text)]
        return None if None in made else "; ".join(m for m in made if m is not None)

    def head(self, text: str) -> Native | None:
        """The head of a column of a result's table; None where it is not known.

        Kept apart from other words: ``Right`` or ``Same`` could be what a client calls something.
        """
        found = self._given.heads.get(text)
        return None if found is None else Native(found)

    def every(self, text: str) -> frozenset[str]:
        """What each pattern that fits a text makes of it; more than one is a defect of the patterns."""
        return frozenset(m for p in self._given.sentences if (m := self._filled(p, text.strip())) is not None)

    def alt(self, figure: str, text: str) -> Native | None:
        """The alt text of a figure, sentence by sentence; None where one of them is not known.

        A sentence may begin with what a client calls something, in small letters or with a stop in it.
        """
        places = tuple(filter(None, (self._given.alts.get(figure), self._given.alts.get(ANY))))
        said = self._run(_END_OF_ANY.split(text.strip()), places)
        return None if said is None else Native(said)

    def _run(self, pieces: list[str], places: tuple[Place, ...]) -> str | None:
        """Sentences one after the other, each as short as it can be."""
        if not pieces:
            return ""
        for size in range(1, min(_LONGEST, len(pieces)) + 1):
            first = self._sentence(" ".join(pieces[:size]), places)
            rest = self._run(pieces[size:], places) if first is not None else None
            if first is not None and rest is not None:
                return f"{first} {rest}".strip()
        return None

    def _sentence(self, text: str, places: tuple[Place, ...]) -> str | None:
        """A sentence by the words of these places, as a whole or clause by clause; else as any other."""
        body, stop = (text[:-1], ".") if text.endswith(".") else (text, "")
        made = [self._at(body, places)]
        if made[0] is None:
            made = [self._at(clause, places) for clause in _CLAUSE.split(body)]
        if None not in made:
            return "; ".join(m for m in made if m is not None) + stop
        return self._clauses(text)

    def _at(self, text: str, places: tuple[Place, ...]) -> str | None:
        for place in places:
            if (word := place.words.get(text)) is not None:
                return word
            for pattern in place.patterns:
                if pattern.literal in text and (made := self._filled(pattern, text, place)) is not None:
                    return made
        return None

    def cell(self, table: str, column: str, text: str) -> str:
        """A cell of a column whose words are ours: as the page says it, or untold; of another column, as it is."""
        place = self._given.cells.get(f"{table}.{column}") or self._given.cells.get(column)
        if place is None or not any(c.isalpha() for c in text):
            return text
        said = self._sentence(text.strip(), (place,)) or self.said(text)
        return Untold(text) if said is None else Native(said)

    def drawn(self, figure: str, text: str) -> str:
        """A text inside a figure, piece by piece between dots; a piece that is not known is what a client calls it."""
        alts = self._given.alts.get(figure, Place((), {}))
        given = (self._given.drawn.get(figure), self._given.drawn.get(ANY), Place((), alts.words))
        places = tuple(place for place in given if place is not None)
        body = text.strip()
        if (whole := self._placed(body, places)) is None:
            said = [(piece, self._placed(piece, places)) for piece in body.split(_BESIDE)]
            if not any(own for _, own in said):
                return self._text(text)
            whole = _BESIDE.join(self._text(piece) if own is None else own for piece, own in said)
        return Native(text.replace(body, whole))

    def _placed(self, text: str, places: tuple[Place, ...]) -> str | None:
        """A piece inside a figure, as a whole or as what stands between its commas."""
        said = self._at(text, places) or (self._one(text) if text else None)
        if said is not None or ", " not in text:
            return said
        parts = [self._at(part, places) for part in text.split(", ")]
        return None if None in parts else ", ".join(part for part in parts if part is not None)

    def each(self, part: str, place: str, text: str) -> frozenset[str]:
        """As `every`, of the patterns of one place."""
        at: Place = getattr(self._given, part)[place]
        return frozenset(m for p in at.patterns if (m := self._filled(p, text, at)) is not None)

    def _one(self, text: str) -> str | None:
        label = self._given.labels.get(text) or self._given.names.get(text)
        if label is not None:
            return label
        if " " not in text:
            return None
        if text[-1] in ".;" and (said := self._first(self._given.sentences, text[:-1])) is not None:
            return said + text[-1]
        return self._first(self._given.sentences, text)

    def _first(self, patterns: tuple[Pattern, ...], text: str) -> str | None:
        return next((m for p in patterns if p.literal in text and (m := self._filled(p, text)) is not None), None)

    def _filled(self, pattern: Pattern, text: str, place: Place | None = None) -> str | None:
        found = pattern.found.fullmatch(text)
        if found is None:
            return None
        made: dict[str, str] = {}
        for name, value in found.groupdict().items():
            if value is None or name.startswith("g"):
                continue
            at = place if place is None or value != text else Place((), place.words)  # a slot that is all there is
            said = self._slot(name.rstrip("0123456789"), value, at)
            if said is None:
                return None
            made[name] = said
        return _write(pattern.own, made, found)

    def _slot(self, kind: str, value: str, place: Place | None) -> str | None:
        if kind in {"count", "many", "amount", "day"}:
            return self._text(value)
        if kind == "hash":
            return value
        if kind == "dative":
            figure, _, unit = self._text(value).partition(" ")
            return f"{figure} {self._given.datives.get(unit, unit)}".rstrip()
        if kind == "piece":
            return self._piece(value, place)
        if kind == "told":
            sentences = [self.said(part) for part in value.split(_BESIDE)]
            return None if None in sentences else _BESIDE.join(s for s in sentences if s is not None)
        if kind == "pieces":
            said = self._listed(re.split(r"(, | and )", value), place)
            return None if said is None else " und ".join(filter(None, [", ".join(said[:-1]), said[-1]]))
        if kind == "called":
            label = place.words.get(value) if place else None
            label = self._given.labels.get(value) if label is None else label
            return self._slot("name", value, place) if label is None else label
        if kind == "name" and value in self._given.names:
            return self._given.names[value]
        if kind == "names":
            value = _LISTED.sub(lambda item: self._given.names.get(item[0], item[0]), value)
            value = re.sub(r" and (\d+) more$", r" und \1 weitere", value)
            head, _, last = value.rpartition(" and ")
            value = f"{head} und {last}" if head else last
        return self._figure(value).translate(_QUOTES)

    def _listed(self, parts: list[str], place: Place | None) -> list[str] | None:
        """The pieces of a list, each as short as it can be: a name may hold what divides others."""
        for size in range(1, len(parts) + 1, 2):
            first = self._piece("".join(parts[:size]), place)
            rest = [] if size == len(parts) else self._listed(parts[size + 1 :], place) if first is not None else None
            if first is not None and rest is not None:
                return [first, *rest]
        return None

    def _piece(self, value: str, place: Place | None) -> str | None:
        if place is not None and (said := self._at(value, (place,))) is not None:
            return said
        label = self._given.pieces_whole.get(value) or self._given.labels.get(value)
        return label if label is not None else self._first(self._given.pieces, value)


class Place(NamedTuple):
    """The words of one figure or of one column, compiled."""

    patterns: tuple[Pattern, ...]
    words: Mapping[str, str]


class Given(NamedTuple):
    """A language's file, compiled."""

    sentences: tuple[Pattern, ...]
    pieces: tuple[Pattern, ...]
    pieces_whole: Mapping[str, str]
    labels: Mapping[str, str]
    datives: Mapping[str, str]
    heads: Mapping[str, str]
    names: Mapping[str, str]
    """What the playbook calls themes, reasons and plays."""
    alts: Mapping[str, Place]
    cells: Mapping[str, Place]
    drawn: Mapping[str, Place]


@cache
def read(language: str) -> Given:
    """The sentences of a language; nothing where there are none.

    >>> read("xx").sentences
    ()
    """
    tree: dict[str, dict[str, Any]] = {part: {} for part in (*PARTS, *PLACES)}
    for file in files_of(language):
        for part, said in shipped.parsed(file.read_text(encoding="utf-8")).items():
            tree[part] |= said
    pieces = tree["pieces"]
    return Given(
        tuple(compiled(english, own) for english, own in tree["sentences"].items()),
        tuple(compiled(english, own) for english, own in pieces.items() if _PART.search(english)),
        {english: own for english, own in pieces.items() if not _PART.search(english)},
        tree["labels"],
        tree["datives"],
        tree["heads"],
        tree["names"],
        {place: _place(said) for place, said in tree["alts"].items()},
        {place: _place(said) for place, said in tree["cells"].items()},
        {place: _place(said) for place, said in tree["drawn"].items()},
    )


def _place(said: Mapping[str, str]) -> Place:
    return Place(
        tuple(compiled(english, own) for english, own in said.items() if _PART.search(english)),
        {english: own for english, own in said.items() if not _PART.search(english)},
    )


def files_of(language: str) -> list[Traversable]:
    """The files of a language: one for each stage, some for captions, alt texts and cells, one for what they share."""
    folder = files("cxkit.report.words") / "sentences" / language
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted((file for file in found if file.name.endswith(".yml")), key=lambda file: file.name)


def compiled(english: str, own: str) -> Pattern:
    """A pattern made ready; ValueError for a slot that one side alone has or a kind that there is not.

    >>> compiled("{count} [link is|links are] broken", "{count} Verknüpfung[| en]").literal
    ' broken'
    """
    if slots(english) != slots(own):
        raise ValueError(f"The slots of “{english}” and “{own}” differ.")
    if not _groups(own) <= _groups(english):
        raise ValueError(f"“{own}” has choices that “{english}” has not.")
    made, literals, end, group = "", [], 0, 0
    for part in _PART.finditer(english):
        made += re.escape(english[end : part.start()])
        literals.append(english[end : part.start()])
        end = part.end()
        if part[1]:
            made += _slot_of(part)
        else:
            group += 1
            either = (f"(?P<g{group}_{at}>{_inner(option)})" for at, option in enumerate(part[4].split("|")))
            made += f"(?:{'|'.join(either)})"
    made += re.escape(english[end:])
    literals.append(english[end:])
    return Pattern(english, own, made, max(literals, key=len))


def slots(side: str) -> frozenset[str]:
    """The slots of one side of a pattern.

    >>> sorted(slots("{count1} of {count2}[| for {name}]"))
    ['count1', 'count2', 'name']
    """
    found = frozenset(re.findall(r"\{([a-z]+\d*)\}", side))
    strange = {name for name in found if name.rstrip("0123456789") not in KINDS}
    if strange:
        raise ValueError(f"There is no kind of slot called {sorted(strange)[0]}.")
    return found


def _groups(side: str) -> set[tuple[int, int]]:
    """The choices of one side: at which place, and between how many."""
    found, place = set(), 0
    for part in _PART.finditer(side):
        if not part[1]:
            place += 0 if part[3] else 1
            found.add((int(part[3] or place), part[4].count("|")))
    return found


def _inner(option: str) -> str:
    made, end = "", 0
    for part in re.finditer(r"\{([a-z]+)(\d*)\}", option):
        made += re.escape(option[end : part.start()]) + _slot_of(part)
        end = part.end()
    return made + re.escape(option[end:])


def _slot_of(part: re.Match[str]) -> str:
    return f"(?P<{part[1]}{part[2]}>{KINDS[part[1]]})"


def _write(own: str, made: Mapping[str, str], found: re.Match[str]) -> str:
    place = 0

    def group(part: re.Match[str]) -> str:
        nonlocal place
        if part[1]:
            return part[0]
        place += 0 if part[3] else 1
        options = part[4].split("|")
        return next(said for at, said in enumerate(options) if found[f"g{part[3] or place}_{at}"] is not None)

    chosen = _PART.sub(group, own)
    return re.sub(r"\{([a-z]+\d*)\}", lambda slot: made[slot[1]], chosen)
