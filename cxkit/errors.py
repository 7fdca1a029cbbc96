"""Worded errors: what was given, the rule, and the next step.

Every error a consultant can meet is a `PlaybookError`; the command line and the notebooks print its
text alone, without a traceback. One function per error text keeps the wording in one place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class PlaybookError(Exception):
    """Something the user can put right; `str(error)` is all they need to read."""


class InputError(PlaybookError):
    """A client's files, settings or mapping cannot be used as they are."""


class ParameterError(PlaybookError):
    """A notebook parameter has an unknown name or a value of the wrong type."""


class ReportError(PlaybookError):
    """A report cannot be built from the blocks it was given."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name most like `name`, or an empty string.

    >>> nearest("discont_rate", ["discount_rate", "horizon"])
    'discount_rate'
    """
    found = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else ""


def unknown_name(kind: str, given: str, known: Sequence[str], *, where: str) -> str:
    """Word the rejection of a name that is not one of `known`.

    >>> unknown_name("parameter", "sede", ["seed", "as_of"], where="1-align.ipynb")
    "1-align.ipynb has no parameter 'sede'. Did you mean 'seed'? Known: as_of, seed."
    """
    close = nearest(given, known)
    hint = f" Did you mean '{close}'?" if close else ""
    return f"{where} has no {kind} '{given}'.{hint} Known: {', '.join(sorted(known))}."


def all_problems(problems: Sequence[str], *, what: str) -> str:
    """Word several problems at once, numbered, under one line that counts them.

    >>> print(all_problems(["no name", "no currency"], what="client.yml"))
    client.yml has 2 problems:
      1. no name
      2. no currency
    """
    head = f"{what} has {len(problems)} problem{'s' if len(problems) != 1 else ''}:"
    return "\n".join([head, *(f"  {n}. {text}" for n, text in enumerate(problems, 1))])
