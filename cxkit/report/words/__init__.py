"""The fixed words of a report, one file per language beside this module, English the one that is always there.

A key is a path (``page.skip``). What a language lacks is a defect that a test finds, never an English word in a
German page; a language without a file of its own is read in English.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from babel import Locale
from markupsafe import Markup, escape

from cxkit import shipped
from cxkit.errors import ReportError

DEFAULT = "en"


@cache
def languages() -> tuple[str, ...]:
    """The languages there are words for.

    >>> "en" in languages()
    True
    """
    return tuple(sorted(f.name.removesuffix(".yml") for f in files(__name__).iterdir() if f.name.endswith(".yml")))


def language_of(locale: str) -> str:
    """The language whose words a locale is given: its own where there is a file, else English.

    >>> language_of("de_AT"), language_of("xx"), language_of("en-GB")
    ('de', 'en', 'en')
    """
    own = locale.replace("_", "-").split("-")[0].lower()
    return own if own in languages() else DEFAULT


class Words:
    """The words of one language.

    >>> Words("en")("page.skip")
    'Skip to the conclusion'
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._plural = Locale(language).plural_form
        self._words = _flat(shipped.parsed((files(__name__) / f"{language}.yml").read_text(encoding="utf-8")))

    @property
    def keys(self) -> frozenset[str]:
        """Every key this language has."""
        return frozenset(self._words)

    def __call__(self, key: str, /, **fields: Any) -> str:
        """The words at `key` with `fields` filled in; `ReportError` for a key or a field that is not there."""
        found = self._words.get(key)
        if found is None:
            raise ReportError(f"There are no words for '{key}' in words/{self.language}.yml.")
        if isinstance(found, Mapping):
            found = found.get(self._plural(fields.get("n", 0)), found["other"])
        try:
            return found.format(**fields) if fields else str(found)
        except (KeyError, IndexError):
            raise ReportError(f"The words for '{key}' in words/{self.language}.yml ask for another field.") from None

    def spelled(self, n: int) -> str:
        """A small number as a word, a larger one in digits.

        >>> Words("de").spelled(3), Words("de").spelled(14)
        ('drei', '14')
        """
        return self._words.get(f"front.small_{n}", str(n))

    def listing(self, names: Sequence[str], *, most: int = 4) -> str:
        """Names joined for a sentence, with how many were left out.

        >>> Words("de").listing(["a", "b", "c"]), Words("de").listing(["a", "b", "c"], most=2)
        ('a, b und c', 'a, b und 1 weitere')
        """
        if len(names) > most:
            return self("list.more", names=", ".join(names[:most]), count=len(names) - most)
        return self("part.and").join(filter(None, [", ".join(names[:-1]), names[-1] if names else ""]))

    def html(self, key: str, /, **fields: Any) -> Markup:
        """The words at `key` with pieces of markup filled in; what is not markup is escaped.

        >>> Words("en").html("page.foot_council", link=Markup("<a>the pack</a>"))
        Markup('What the council has to decide is in <a>the pack</a> beside this file.')
        """
        return Markup(escape(self._words.get(key) or self(key))).format(**fields)


@cache
def words(locale: str = DEFAULT) -> Words:
    """The words for a locale."""
    return Words(language_of(locale))


def _flat(tree: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in tree.items():
        key = f"{above}{name}"
        if isinstance(value, Mapping) and "other" not in value:
            found |= _flat(value, f"{key}.")
        else:
            found[key] = dict(value) if isinstance(value, Mapping) else str(value)
    return found
