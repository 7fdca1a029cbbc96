"""The definitions page the client signs: what each metric of the report means, and lines for who agrees to it."""

from __future__ import annotations

from collections.abc import Iterable

from cxkit.charts.reading import number, rows, text
from cxkit.records import Record
from cxkit.report.inputs import ReportInput
from cxkit.report.words import words

NAME = "quantify.definitions"


class Signed(Record):
    """One metric as it is to be agreed."""

    name: str
    tag: str
    """Metric and version, ``grr@1``."""
    formula: str
    convention: str
    minimum_n: str
    changed: str = ""
    """Which version the last report used, where it was another."""


class Signing(Record):
    """The page to sign."""

    metrics: tuple[Signed, ...]
    lines: tuple[str, ...]
    """Who signs, one line of role, name, date and signature each."""


def signing(given: ReportInput, used: Iterable[str]) -> Signing | None:
    """The page from ``quantify.definitions``; None when that result is absent or no metric of the report is in it.

    `used` are the tags that the report's findings carry, whatever their stage; those the result marks as used are
    there too.
    """
    result = given.result(NAME)
    if result is None:
        return None
    carried, w = set(used), words(given.locale)
    before = {text(row, "metric"): number(row, "old_version") for row in rows(result, "changes")}
    metrics = []
    for row in rows(result, "definitions"):
        if not row.get("used") and text(row, "tag") not in carried:
            continue
        old = before.get(text(row, "metric"))
        metrics.append(
            Signed(
                name=text(row, "name"),
                tag=text(row, "tag"),
                formula=text(row, "formula"),
                convention=text(row, "convention"),
                minimum_n=text(row, "minimum_n"),
                changed=w("signing.changed", version=f"{old:.0f}") if old is not None else "",
            )
        )
    lines = (w("signing.client"), w("signing.consultancy"))
    return Signing(metrics=tuple(metrics), lines=lines) if metrics else None
