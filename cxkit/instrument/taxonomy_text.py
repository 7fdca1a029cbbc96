"""How texts and terms are compared: folded alike here and in the engine, so that no text of a client is ever a pattern.

Folding takes small letters, drops accents and turns everything that is no letter and no digit into one space. A term is
found where its folded form stands between spaces; ``wait*`` is found where a word begins with it. In scripts without
spaces between words (Chinese, Japanese, Thai …) it is found anywhere.
"""

from __future__ import annotations

import re
import unicodedata

from cxkit.tables.cut import text_literal

LONGEST = 4000
"""Characters of an answer that are read."""


def _accents() -> tuple[str, str]:
    pairs = {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "ħ": "h", "ŧ": "t"}
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        letter = chr(code)
        base = unicodedata.normalize("NFD", letter)[0]
        if letter.lower() == letter and base != letter and base.isascii() and base.isalpha():
            pairs[letter] = base
    return "".join(pairs), "".join(pairs.values())


FROM, TO = _accents()
DOUBLE = (("ß", "ss"), ("æ", "ae"), ("œ", "oe"))
_TABLE = str.maketrans(FROM, TO)
_MARKS = re.compile("[\u0300-\u036f]")
_SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def folded(text: str) -> str:
    """A text as it is compared.

    >>> folded("  Où est  ma STRASSE?!  "), folded("Straße"), folded("didn't")
    ('ou est ma strasse', 'strasse', 'didn t')
    """
    text = text[:LONGEST].lower()
    for one, two in DOUBLE:
        text = text.replace(one, two)
    text = _MARKS.sub("", text.translate(_TABLE))
    return " ".join("".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in text).split())


def folded_sql(column: str) -> str:
    """The same as SQL over a text column; empty for a missing text."""
    made = f"lower(substr(coalesce({column}, ''), 1, {LONGEST}))"
    for one, two in DOUBLE:
        made = f"replace({made}, '{one}', '{two}')"
    made = f"regexp_replace(translate({made}, '{FROM}', '{TO}'), '[\u0300-\u036f]', '', 'g')"
    return f"trim(regexp_replace({made}, '[^\\p{{L}}\\p{{N}}\\p{{M}}]+', ' ', 'g'))"


def needle(term: str) -> str:
    """What is looked for in a folded text that has a space at either end; empty for a term without letters.

    >>> needle("Not working"), needle("wait*"), needle("故障")
    (' not working ', ' wait', '故障')
    """
    body = folded(term)
    if not body:
        return ""
    if _SPACELESS.search(body):
        return body
    return f" {body}" if term.rstrip().endswith("*") else f" {body} "


def literal(text: str) -> str:
    """A client's text as an SQL literal."""
    return text_literal(text)
