"""Personal data out of free text: what is masked, and how much of it comes through all the same.

`People` knows names from the client's own tables; the patterns know what e-mail addresses, telephone, card and account
numbers, addresses, keys and introduced names look like. No mask of free text is complete, so `planted` measures ours:
values of known kinds, written in several shapes into sentences, and how many of them can still be read afterwards.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from cxkit.metrics.detectors import EMAIL, KEY, PHONE, SPELT, USERINFO, luhn
from cxkit.records import Record

ORDINARY = frozenset(
    re.findall(
        r"\w+",
        "january february march april may june july august september october november december the and all none "
        "unknown other control treatment sales support service finance marketing operations product customer team",
    )
)
"""Single words that are never masked: a column of names that holds one of them would blot out the report."""
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")

BESIDE = re.compile(r"\[name\](?: (?:\[name\]|[A-ZÀ-Þ][a-zß-ÿ]+))+")
"""A capitalised word right behind a masked name is taken as part of it."""
_NAME = r"[^\W\d_a-zß-öø-ÿ][^\W\d_]+(?:['’-][^\W\d_]+)*"  # begins with a capital
_NAMES = rf"{_NAME}(?:[ \u00a0]+{_NAME}){{0,2}}"
_ROAD = (
    r"[Ss]treet|[Ss]t\.?|[Rr]oad|[Rr]d\.?|[Aa]venue|[Aa]ve\.?|[Ll]ane|[Dd]rive"
    r"|[Bb]oulevard|[Bb]lvd\.?|[Cc]ourt|[Ss]quare"
)
PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("key", KEY),
    ("key", USERINFO),
    ("link", re.compile(r"(?i)\b(?:https?://|www\.)[^\s<>\"]+")),
    ("e-mail", EMAIL),
    ("e-mail", SPELT),
    ("account number", re.compile(r"\b[A-Za-z]{2}\d{2}(?:[ .-]?[A-Za-z0-9]{4}){3,7}(?:[ .-]?[A-Za-z0-9]{1,3})?\b")),
    ("card", re.compile(r"(?<!\d)\d(?:[ .\u00a0-]{0,2}\d){12,18}(?!\d)")),
    ("phone", PHONE),
    ("number", re.compile(r"(?<!\w)[+(]{0,2}\d(?:[ \u00a0./()-]{0,3}\d){5,}(?!\w)")),
    (
        "address",
        re.compile(
            rf"\b\d{{1,5}}[a-z]?,? +(?:{_NAME} +){{1,3}}(?:{_ROAD})\b"
            rf"|\b(?:{_NAME} ?)?{_NAME}(?:stra(?:ß|ss)e|weg|gasse|platz|allee)\b\.? *\d{{1,4}} ?[a-z]?\b"
            rf"|\b\d{{1,4}},? +(?:rue|avenue|place|chemin|calle|via) +(?:d[eu]s? +|l['’]|la +)*{_NAMES}"
            r"|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"
        ),
    ),
    (
        "name",
        re.compile(
            r"\b(?:(?:[Mm]r|[Mm]rs|[Mm]s|[Mm]iss|[Dd]r|[Pp]rof|Herrn?|Frau|Mme|Mlle|Monsieur|Madame|Señora?|Sra?|Signora?)"
            rf"\b\.?[ \u00a0]+)({_NAMES})"
        ),
    ),
    (
        "name",
        re.compile(
            r"\b(?:[Mm]y name is|[Mm]y name['’]s|[Ss]igned,?|[Rr]egards,?|[Ss]poke (?:to|with)|[Tt]alked (?:to|with)|"
            r"[Aa]sk(?:ed)? for|[Tt]hanks to|[Mm]ein Name ist|[Ii]ch hei(?:ß|ss)e|[Jj]e m['’]appelle|[Mm]e llamo)"
            rf"[ \u00a0]+({_NAMES})"
        ),
    ),
    ("name", re.compile(r"(?<!\w)@[^\W\d]\w{2,}")),
    ("name", re.compile(r"(?:(?<=[^\W_][ ,;:] )|(?<=[^\W_] )|(?<=[(]))[A-ZÀ-Þ][a-zß-ÿ]+(?: [A-ZÀ-Þ][a-zß-ÿ]+)+\b")),
    ("key", re.compile(r"(?<!\w)(?=[\w-]*\d[\w-]*\d[\w-]*\d)(?=[\w-]*[^\W\d_])[\w-]{4,}(?!\w)")),
)
"""Kind and pattern, in the order they are tried; where a pattern has a group, only the group is masked."""


def visible(text: str) -> str:
    """Show what would act unseen: direction controls and other format characters become their code.

    >>> visible("safe\\u202egpj.exe")
    'safe[U+202E]gpj.exe'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(f"[U+{ord(c):04X}]" if _acts(c) else c for c in text)


def _acts(char: str) -> bool:
    category = unicodedata.category(char)
    if category in {"Cf", "Co", "Cs"}:
        return char not in "\u00ad\u200c\u200d"  # soft hyphen and joiners belong to words
    return (category == "Cc" and char not in "\n\t") or category in {"Zl", "Zp"}


def words(value: str) -> list[str]:
    """The words of a name or a text.

    >>> words("O'Hara, Ann-Marie")
    ["O'Hara", 'Ann-Marie']
    """
    return WORD.findall(value)


class People:
    """Names known from the client's tables, found in any text in either order.

    >>> People(["Ada Lovelace"]).masked("Lovelace, Ada agreed")
    '[name] agreed'
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._forms: dict[str, list[tuple[str, ...]]] = {}
        self._letters: set[tuple[str, str]] = set()
        for name in names:
            self._learn(name)

    def __bool__(self) -> bool:
        return bool(self._forms)

    def _learn(self, value: str) -> None:
        found = tuple(words(unicodedata.normalize("NFKC", value)))
        if len(found) == 1 and (len(found[0]) < 4 or found[0].casefold() in ORDINARY or found[0].isdigit()):
            return
        if not found or EMAIL.fullmatch(value.strip()):
            return
        for form in {found, found[-1:] + found[:-1]}:
            self._forms.setdefault(form[0].casefold(), []).append(tuple(w.casefold() for w in form))
        self._letters |= {_letters(w) for w in found if len(w) > 4 and w.casefold() not in ORDINARY}

    def misspelt(self, text: str) -> str:
        """The text without words in capitals that are a known name but for the order of their letters.

        >>> People(["Ada Lovelace"]).misspelt("so said Loevlace")
        'so said [name]'
        """
        return WORD.sub(lambda m: "[name]" if m[0][0].isupper() and _letters(m[0]) in self._letters else m[0], text)

    def masked(self, text: str) -> str:
        """The text with every known name replaced; a single word counts as a name only with a capital."""
        spans = [(m.start(), m.end()) for m in WORD.finditer(text)]
        folded = [text[a:b].casefold() for a, b in spans]
        out, done, at = [], 0, 0
        while at < len(spans):
            forms = [f for f in self._forms.get(folded[at], ()) if tuple(folded[at : at + len(f)]) == f]
            longest = max(map(len, forms), default=0)
            apart = any(
                not re.fullmatch(r"[\s.,]{0,3}", text[spans[i][1] : spans[i + 1][0]])
                for i in range(at, at + longest - 1)
            )
            if longest and not apart and (longest > 1 or text[spans[at][0]].isupper()):
                out += [text[done : spans[at][0]], "[name]"]
                done = spans[at + longest - 1][1]
                at += longest
            else:
                at += 1
        return "".join([*out, text[done:]])


def _letters(word: str) -> tuple[str, str]:
    return word[0].casefold(), "".join(sorted(word.casefold()))


class Masked(Record):
    """A text without what is personal in it, and what was found."""

    text: str
    kinds: tuple[str, ...] = ()
    """Kind of each thing masked, in the order the patterns found them."""


def mask_text(text: str, people: People | None = None) -> Masked:
    """Free text fit to be shown: rather one word too many masked than a person recognised.

    >>> mask_text("Call Mr Brown on 020 7946 0958 or ab@c.org about H00976").text
    'Call Mr [name] on [phone] or [e-mail] about [key]'
    """
    text = visible(text)
    kinds: list[str] = []
    if people and (named := people.misspelt(people.masked(text))) != text:
        kinds += ["name"] * (named.count("[name]") - text.count("[name]"))
        text = named
    for kind, pattern in PATTERNS:

        def replace(found: re.Match[str], kind: str = kind) -> str:
            if kind == "card" and not luhn(found[0]):
                kind = "number"
            kinds.append(kind)
            whole = found[0]
            if found.re.groups:
                return whole[: found.start(1) - found.start()] + f"[{kind}]" + whole[found.end(1) - found.start() :]
            return f"[{kind}]"

        text = pattern.sub(replace, text)
    return Masked(text=BESIDE.sub("[name]", text), kinds=tuple(kinds))


# ── measuring what comes through ──

FRAMES = (
    "Please get back to me, {}, the line is still down.",
    "I gave you {} three times already",
    "{} was on the letter and it is wrong",
    "my details ({}) have changed since the move.",
    "nobody answered; {} - thank you",
)
_PARTS = ("tor", "vel", "qua", "mir", "san", "del", "bro", "nix", "har", "lum", "pes", "kol", "yan", "fen", "rud")

Shape = tuple[str, Callable[[str], str]]
_SWAP: Shape = ("two letters swapped", lambda v: v[:2] + v[3:4] + v[2:3] + v[4:] if len(v) > 4 else v)
_PLAIN: Shape = ("as usual", lambda v: v)
_SMALL: Shape = ("in small letters", str.lower)
_BROKEN: Shape = ("digits one by one", lambda v: " ".join(c for c in v if c.isalnum()))
SHAPES: dict[str, tuple[Shape, ...]] = {
    "e-mail": (
        _PLAIN,
        ("spaces around the @", lambda v: v.replace("@", " @ ")),
        ("(at) and (dot)", lambda v: v.replace("@", " (at) ").replace(".", " (dot) ")),
    ),
    "phone": (
        _PLAIN,
        ("with dots", lambda v: v.replace(" ", ".")),
        _BROKEN,
        ("letter O for zero", lambda v: v.replace("0", "O")),
    ),
    "account number": (_PLAIN, ("in groups of four", lambda v: " ".join(re.findall(".{1,4}", v))), _SMALL),
    "card": (_PLAIN, ("in groups of four", lambda v: " ".join(re.findall(".{1,4}", v))), _BROKEN),
    "known name": (
        _PLAIN,
        ("family name first", lambda v: ", ".join(reversed(v.split(" ", 1)))),
        _SMALL,
        _SWAP,
        ("with dots", lambda v: v.replace(" ", ".")),
    ),
    "introduced name": (
        ("after Mr or Ms", lambda v: f"Ms {v.split()[-1]}"),
        ("my name is", lambda v: f"my name is {v}"),
    ),
    "unknown name": (_PLAIN, _SMALL, ("given name alone", lambda v: v.split()[0])),
    "address": (_PLAIN, _SMALL),
    "key": (_PLAIN, _SMALL),
}
"""Kind of personal value → the shapes it is planted in."""


class Planted(Record):
    """How many values of one kind and shape were planted and could still be read."""

    kind: str
    shape: str
    planted: int
    missed: int


def planted(known: Sequence[str] = (), *, each: int = 20, seed: int = 1) -> tuple[Planted, ...]:
    """Plant personal values in sentences, mask them, and count what can still be read.

    `known` are names from the client's tables: they are planted as the kind *known name*; without any, made-up ones
    that the mask is told. Every kind and shape is planted `each` times. A value has come through when its letters and
    digits, or for a name any word of it of three letters or more, can be found in the masked text.

    >>> sum(p.planted for p in planted(each=5)) == 5 * sum(map(len, SHAPES.values()))
    True
    """
    rng = np.random.default_rng(seed)
    names = [n for n in known if len(words(n)) > 1][: 4 * each] or [_person(rng) for _ in range(each)]
    people = People([*names, *(w for n in names for w in words(n))])
    out = []
    for kind, shapes in SHAPES.items():
        for label, shape in shapes:
            missed = 0
            for turn in range(each):
                value = shape(names[turn % len(names)] if kind == "known name" else _value(kind, rng))
                said = FRAMES[int(rng.integers(len(FRAMES)))].format(value)
                missed += _readable(value, mask_text(said, people).text, name=kind.endswith("name"))
            out.append(Planted(kind=kind, shape=label, planted=each, missed=missed))
    return tuple(out)


def _readable(value: str, text: str, *, name: bool) -> bool:
    if name:
        kept = {w.casefold() for w in words(text)}
        said = [w.casefold() for part in words(value) for w in part.split(".") if len(w) > 2]
        return any(w in kept for w in said if w not in {"name", "mrs"})
    squeeze: Callable[[str], str] = lambda s: "".join(c for c in s if c.isalnum()).casefold()  # noqa: E731
    return squeeze(value) in squeeze(text)


def _digits(rng: np.random.Generator, n: int) -> str:
    return "".join(map(str, rng.integers(0, 10, n)))


def _person(rng: np.random.Generator) -> str:
    parts: Any = rng.choice(_PARTS, 4, replace=False)
    return f"{(parts[0] + parts[1]).capitalize()} {(parts[2] + parts[3]).capitalize()}"


def _value(kind: str, rng: np.random.Generator) -> str:
    person = _person(rng)
    match kind:
        case "e-mail":
            return f"{person.replace(' ', '.').lower()}@example.{('com', 'org', 'net')[int(rng.integers(3))]}"
        case "phone":
            return f"+44 20 {_digits(rng, 4)} {_digits(rng, 4)}"
        case "account number":
            return f"DE{_digits(rng, 20)}"
        case "card":
            head = f"4{_digits(rng, 14)}"
            return next(head + str(last) for last in range(10) if luhn(head + str(last)))
        case "address":
            return f"{int(rng.integers(1, 400))} {person.split()[-1]} Street"
        case "key":
            return f"H{_digits(rng, 6)}"
        case _:
            return person
