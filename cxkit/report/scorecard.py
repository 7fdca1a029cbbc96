"""The scorecard as bullet graphs: one mark per measure, its interval, the target, the usual range, and its history."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, cast

from cxkit import formats
from cxkit.charts.reading import number, rows, text
from cxkit.formats import Unit
from cxkit.records import Record, Result
from cxkit.report.inputs import WIDER, ReportInput
from cxkit.report.locale import local
from cxkit.report.sentences import Sentence, plain
from cxkit.report.words import Words, words

Row = Mapping[Hashable, Any]
WIDTH, HEIGHT = 120.0, 28.0
"""Size of a sparkline."""
FEWEST = 6
"""Months below which there is no history to draw."""
STATUS = {"on target": "on", "off target": "off", "cannot tell": "unclear"}
"""A measure's status and the key of its words."""


class Bullet(Record):
    """One measure; positions are percent of the graph's width."""

    measure: str
    key: str = ""
    value: str
    interval: str = ""
    n: str = ""
    tone: str = "neutral"
    word: str = ""
    at: float | None = None
    low: float | None = None
    high: float | None = None
    target: float | None = None
    latest: float | None = None
    usual_low: float | None = None
    usual_high: float | None = None
    spark: str = ""
    spark_end: tuple[float, float] | None = None
    months: str = ""
    alt: str = ""


class Scorecard(Record):
    """The scorecard section."""

    title: Sentence
    bullets: tuple[Bullet, ...]
    period: str = ""
    months: str = ""
    """Months of the sparklines, where all show the same."""
    provisional: str = ""
    """The tables that do not tie to the books, in words."""


def scorecard(given: ReportInput) -> Scorecard | None:
    """Read the ``quantify.scorecard`` result; None when it holds no measure."""
    result = given.result("quantify.scorecard")
    if result is None or not result.has("measures"):
        return None
    table = rows(result, "measures")
    series: dict[str, list[Row]] = {}
    for row in rows(result, "series"):
        series.setdefault(text(row, "metric"), []).append(row)
    bullets = tuple(bullet(row, series.get(text(row, "metric"), []), result, given) for row in table)
    periods = {text(row, "period") for row in table}
    months = {b.months for b in bullets if b.months}
    if len(months) == 1:
        bullets = tuple(b.model_copy(update={"months": ""}) for b in bullets)
    return Scorecard(
        title=_title(table, words(given.locale)),
        bullets=bullets,
        period=periods.pop() if len(periods) == 1 else "",
        months=months.pop() if len(months) == 1 else "",
        provisional=words(given.locale).listing(list(getattr(result, "provisional", ()))),
    )


def bullet(row: Row, series: Sequence[Row], result: Result, given: ReportInput) -> Bullet:
    """Place one measure on its own cut scale."""
    w = words(given.locale)
    unit = cast("Unit", text(row, "unit") or "none")
    found = result.finding(f"quantify.scorecard.{text(row, 'metric')}")
    if found is not None and found.audience not in WIDER[given.audience]:
        found = None
    names = ("value", "low", "high", "target", "latest", "usual_low", "usual_high")
    values = {name: number(row, name) for name in names}
    known = [v for v in values.values() if v is not None]
    bottom, top = (min(known), max(known)) if known else (0.0, 1.0)
    span = (top - bottom) or abs(top) or 1.0
    bottom, top = bottom - 0.1 * span, top + 0.1 * span
    place = {n: None if v is None else round((v - bottom) / (top - bottom) * 100, 2) for n, v in values.items()}

    def said(name: str) -> str:
        return formats.quantity(values[name], unit, currency=given.currency)

    key = STATUS.get(text(row, "status"), "")
    status = w(f"scorecard.{key}") if key else ""
    usual = w(f"scorecard.{text(row, 'usual')}") if text(row, "usual") in {"outside", "inside"} else ""
    provisional = w("scorecard.provisional_word") if row.get("provisional") else ""
    target = w("scorecard.no_target")
    if values["target"] is not None:
        target = w("scorecard.target", value=said("target").replace("per 1,000", w("scorecard.per")))
    interval = formats.interval(values["low"], values["high"], unit, currency=given.currency)
    alt = f"{text(row, 'label')}: {said('value')}" + (f" ({interval})" if interval else "") + f", {target}"
    drawn, end = spark(series)
    n = number(row, "n")
    return Bullet(
        measure=text(row, "label"),
        key=found.key if found else "",
        value=said("value").removesuffix(" per 1,000"),
        interval=interval.removesuffix(" per 1,000"),
        n="" if n is None else f"{n:,.0f}",
        tone=found.tone if found else "neutral",
        word=" · ".join(filter(None, [status or target, target if status else "", usual, provisional])),
        at=place["value"],
        low=place["low"],
        high=place["high"],
        target=place["target"],
        latest=place["latest"],
        usual_low=place["usual_low"],
        usual_high=place["usual_high"],
        spark=drawn,
        spark_end=end,
        months=w("scorecard.months", first=text(series[0], "month"), last=text(series[-1], "month")) if drawn else "",
        alt=", ".join(filter(None, [alt, status, usual, provisional])),
    )


def spark(series: Sequence[Row]) -> tuple[str, tuple[float, float] | None]:
    """The points of a sparkline, and its last one; nothing for a history too short to be one.

    >>> spark([{"value": v} for v in (1, 2, 3, 2, 1, 2)])[1]
    (117.0, 14.0)
    """
    values = [v for v in (number(row, "value") for row in series) if v is not None]
    if len(values) < FEWEST:
        return "", None
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    step = (WIDTH - 6) / (len(values) - 1)
    points = [
        (round(3 + i * step, 1), round(HEIGHT - 3 - (v - low) / span * (HEIGHT - 6), 1)) for i, v in enumerate(values)
    ]
    return " ".join(f"{x:g},{y:g}" for x, y in points), points[-1]


def _title(table: Sequence[Row], w: Words) -> Sentence:
    """Which measures miss their target, else which leave their usual range, else that none does."""
    off = [row for row in table if text(row, "status") == "off target"]
    judged = [row for row in table if text(row, "status")]
    out = [row for row in table if text(row, "usual") == "outside"]
    first = f"quantify.scorecard.{text((off or out or list(table))[0], 'metric')}"
    if off:
        only = "missed_only" if len(judged) == 1 else "missed"
        return _counted(off, judged, only, first, w)
    if out:
        only = "left_only" if len(table) == 1 else "left"
        return _counted(out, table, only, first, w)
    if judged and all(text(row, "status") == "on target" for row in judged):
        return plain(w("scorecard.all_on", count=len(judged)), first)
    return plain(w("scorecard.clear" if judged else "scorecard.untargeted", n=len(table)), first)


def _counted(some: Sequence[Row], every: Sequence[Row], key: str, first: str, w: Words) -> Sentence:
    """How many of how many, and which."""
    fields: dict[str, Any] = {"names": _names(some, w)} | ({} if key.endswith("only") else {"n": len(some)})
    return Sentence(
        number=w("scorecard.count", n=len(some), all=len(every)),
        after=w(f"scorecard.{key}", **fields),
        key=first,
        own=True,
    )


def _names(table: Sequence[Row], w: Words) -> str:
    """Names in a sentence, in the language of the words; acronyms as they are."""
    own = local(w.language)
    return w.listing([own.said(name) or _lowered(name) for name in (text(row, "label") for row in table)], most=3)


def _lowered(name: str) -> str:
    return name if name[:2].isupper() else name[0].lower() + name[1:]
