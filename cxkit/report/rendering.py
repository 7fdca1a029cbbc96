"""The one Jinja environment: autoescape on for everything, undefined names are errors, templates from the package."""

from __future__ import annotations

import re
import zlib
from functools import cache

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cxkit.charts.svg import safe
from cxkit.errors import ReportError
from cxkit.report.blocks import TableBody
from cxkit.report.markdown import rendered
from cxkit.report.phrases import Native, Untold
from cxkit.report.words import words

_PNG = re.compile(r"iVBORw0KGgo[A-Za-z0-9+/]+={0,2}")


class English:
    """What marks English on a page of another language: nothing on an English page or where a text is not English.

    >>> foreign = English(foreign=True)
    >>> str(English()("Two goals")), str(foreign("Two goals")), str(foreign(Native("Ziele")))
    ('', ' lang="en"', '')
    """

    def __init__(self, *, foreign: bool = False, language: str = "en") -> None:
        self._mark = Markup(' lang="en"') if foreign else Markup("")
        self._own = Markup(' lang="{}"').format(language) if foreign else Markup("")
        self._language = language

    def __bool__(self) -> bool:
        return bool(self._mark)

    def __html__(self) -> Markup:
        return self._mark

    def __call__(self, *texts: str) -> Markup:
        """The mark for a text, or for several that stand under one."""
        return Markup("") if all(isinstance(t, Native) for t in texts if t) else self._mark

    def own(self, text: str) -> Markup:
        """The mark for a text that stands inside English and is in the page's own language.

        >>> str(English(foreign=True, language="de").own(Native("Ziele"))), str(English().own("Goals"))
        (' lang="de"', '')
        """
        return self._own if isinstance(text, Native) else Markup("")

    def untold(self, text: str) -> Markup:
        """The mark for a text of ours that has no words in the page's language, among what the client calls things.

        >>> str(English(foreign=True).untold(Untold("holds"))), str(English(foreign=True).untold("Loyalty app"))
        (' lang="en"', '')
        """
        return self._mark if isinstance(text, Untold) else Markup("")

    def drawn(self, alt: str) -> tuple[str, str]:
        """The languages of the words of a drawing and of its alt text; nothing where there is nothing to mark."""
        return "", "en" if self and not isinstance(alt, Native) else ""


@cache
def environment() -> Environment:
    """Jinja with autoescape always on; what a template interpolates is text unless it went through `vector`."""
    made = Environment(
        loader=PackageLoader("cxkit.report", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    made.globals["w"] = words()  # a page in another language passes its own
    made.globals["en"] = English()
    made.filters["vector"] = vector
    made.filters["figures"] = figures
    made.filters["values"] = values
    made.filters["picture"] = picture
    made.filters["anchor"] = anchor
    made.filters["held"] = held
    made.filters["markdown"] = rendered
    return made


def vector(
    svg: str, prefix: str, alt: str = "", title: str = "", *, themed: bool = True, lang: tuple[str, str] = ("", "")
) -> Markup:
    """An SVG rebuilt from the allowlist, as markup; the only way around autoescape.

    `lang` are the languages of what is drawn and of the alt text, where they are not the page's and the drawing's.
    """
    return Markup(safe(svg, prefix=_brief(prefix), alt=alt, title=title, themed=themed, lang=lang))


def _brief(key: str) -> str:
    """A short prefix of ids that is a figure's own: it stands in a report some thousand times."""
    return "v" + np.base_repr(zlib.crc32(key.encode()), 36).lower()


def figures(value: float) -> str:
    """A number for sorting and download: shares to six digits, of which a report holds thousands, money to the cent.

    >>> figures(0.417755745831), figures(8876.0), figures(1234567.89)
    ('0.417756', '8876', '1234567.89')
    """
    return f"{value:.6g}" if abs(value) < 1 else f"{value:.12g}"


def values(body: TableBody) -> str:
    """A table's numbers for sorting and download, row by row; nothing where the text of a cell is the number.

    >>> from cxkit.report.blocks import TableColumn
    >>> values(TableBody(title="", columns=(TableColumn(name="a", label="A", align="right"),), rows=(("88 %",), ("7",)),
    ...                  raw=((0.88,), (7.0,))))
    '0.88;'
    """
    right = [column.align == "right" for column in body.columns]

    def said(value: object, text: str, numeric: bool) -> str:
        number = figures(value) if numeric and isinstance(value, int | float) else ""
        return "" if number == text else number

    made = [
        ",".join(said(v, t, r) for v, t, r in zip(raw, row, right, strict=True)).rstrip(",")
        for raw, row in zip(body.raw, body.rows, strict=False)
    ]
    return ";".join(made) if any(made) else ""


def held(text: str) -> str:
    """Keep a minus sign on one line with the amount it belongs to.

    >>> held("−$5.46") == "−\u2060$5.46"
    True
    """
    made = re.sub(r"−(?=[^\s\d])", "−\N{WORD JOINER}", text)
    return Native(made) if isinstance(text, Native) else made


def picture(png: str) -> str:
    """Base64 of a PNG as a data address; anything else raises `ReportError`."""
    if not _PNG.fullmatch(png):
        raise ReportError("A figure's picture is not a PNG; draw it again with cxkit.report.show.")
    return f"data:image/png;base64,{png}"


def anchor(key: str) -> str:
    """A finding's key or a block's id as an HTML id: letters, digits and single hyphens.

    Different keys keep different anchors; characters that an id cannot carry are written as their code.

    >>> anchor("prove.effect:exp-1"), anchor("a b"), anchor("a.b")
    ('prove-effect--exp-1', 'a_20b', 'a-b')
    """
    out = []
    for char in key:
        if char == "-" or (char.isascii() and char.isalnum()):
            out.append(char)
        elif char in ".:":
            out.append("-" if char == "." else "--")
        else:
            out.append(f"_{ord(char):x}")
    text = "".join(out)
    return text if text[:1].isalpha() else "x" + text
