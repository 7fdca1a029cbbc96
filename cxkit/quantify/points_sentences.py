"""What a point goes with, in sentences that never say that it is the cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from cxkit.formats import Unit, interval, listing, money, number, quantity
from cxkit.metrics.definitions import definition
from cxkit.quantify.points_model import jackknife
from cxkit.quantify.points_panel import EXPIRY, NOTICE_DAYS
from cxkit.records import Finding, Record

Row = Mapping[str, Any]
UNITS: Mapping[str, str] = {
    "nps": "Ten points of NPS go with",
    "csat": "Ten points of satisfied answers (CSAT) go with",
    "ces": "A tenth of a point of ease (CES) goes with",
    "fcr": "Ten points of first-contact resolution go with",
    "sla": "A kept service level goes, for each customer concerned, with",
}
SHORT: Mapping[str, str] = {
    "nps": "NPS",
    "csat": "CSAT",
    "ces": "CES",
    "fcr": "first-contact resolution",
    "sla": "service levels",
}
SOURCES: Mapping[str, tuple[str, ...]] = {
    "nps": ("surveys",),
    "csat": ("surveys",),
    "ces": ("surveys",),
    "fcr": ("tickets",),
    "sla": ("tickets", "moments"),
}
TENS = frozenset({"nps", "csat", "fcr"})
"""Drivers told in steps of ten points."""
ASSOCIATION = "an association, not a proven effect"
HOW = (
    f"Customers of one segment and tenure are compared: scores up to {EXPIRY} months old with who leaves from "
    f"{NOTICE_DAYS} days later on; those without an answer are a group of their own."
)
ABOUT = "the association among customers like these, customers resampled; no effect is claimed"


class Told(Record):
    """What every sentence about points needs to know."""

    currency: str
    period: str
    sources: tuple[str, ...]
    margin: str
    present: tuple[str, ...]


def findings(rows: Sequence[Row], replicates: Mapping[str, tuple[np.ndarray, np.ndarray]], told: Told) -> list[Finding]:
    """A finding for each driver that shows something, one for those that do not, and what they share."""
    shown = [r for r in rows if r["kept_shown"] or r["contacts_shown"]]
    made = [_driver(r, told, first=not place) for place, r in enumerate(shown)]
    if quiet := [r for r in rows if not (r["kept_shown"] or r["contacts_shown"])]:
        made.append(_unshown(quiet, told))
    return [*made, *_overlap(shown, replicates, told)]


def _finding(name: str, title: str, detail: str, told: Told, sources: tuple[str, ...], **more: Any) -> Finding:
    known = tuple(s for s in told.sources if s not in {"surveys", "tickets"})
    return Finding(
        id=f"quantify.points.{name}",
        stage="quantify",
        title=title,
        detail=detail,
        period=told.period,
        grade="D",
        sources=tuple(dict.fromkeys((*sources, *known))),
        about=ABOUT,
        definition=definition("point_worth").tag,
        **more,
    )


def _moves(row: Row) -> str:
    """How many customers and contacts a unit goes with, in words; only what is shown."""
    base, each = row["base"], row["driver"] == "sla"
    words = []
    if row["kept_shown"]:
        less = row["kept"] > 0
        words.append(
            f"{quantity(abs(row['kept']), 'points')} {'less' if less else 'more'} leaving"
            if each
            else f"{abs(row['kept'] * base):,.0f} {'fewer' if less else 'more'} customers lost"
        )
    if row["contacts_shown"]:
        saved = row["contacts"] * base
        words.append(f"{number(abs(saved), 1 if each else 0)} {'fewer' if saved > 0 else 'more'} contacts")
    return f"{' and '.join(words)} a year"


def _driver(row: Row, told: Told, *, first: bool) -> Finding:
    """What a unit of one driver goes with; how it was compared is said once, with the `first`."""
    driver = str(row["driver"])
    column, unit = _judged(row)
    value, low, high = row[column], row[f"{column}_low"], row[f"{column}_high"]
    span = interval(low, high, unit, currency=told.currency)
    priced = column == "money" and value != 0
    worth = f", {money(abs(value), told.currency)} {'better' if value > 0 else 'worse'} ({span})" if priced else ""
    title = f"{UNITS[driver]} {_moves(row)}{worth}: {ASSOCIATION}"
    said = []
    if priced:
        left = quantity(row["joint_money"], "money", currency=told.currency)
        each = f"That is {money(abs(value) / 10, told.currency)} a point; with" if driver in TENS else "With"
        said.append(f"{each} the other drivers held equal {left} is left.")
        if first:
            said.append(f"Money is a year's contribution at {told.margin}, and the cost of contacts where it is known.")
    if not row["kept_shown"]:
        said.append("It has not been shown to go with leaving, which is not counted.")
    if first:
        said.append(HOW)
    if driver in {"fcr", "sla"}:
        said.append("Customers with many contacts have more of both, so part of it is who they are.")
    if driver == "nps":
        said.append("It is counted for every customer, as if those who did not answer were like those who did.")
    return _finding(
        "driver",
        title,
        " ".join(said),
        told,
        SOURCES[driver],
        subject=driver,
        value=value,
        unit=unit,
        currency=told.currency if unit == "money" else "",
        low=low,
        high=high,
        n=row["customers"],
        tone="neutral",
        weight=abs(value) if priced and driver != "sla" else 0.0,
    )


def _judged(row: Row) -> tuple[str, Unit]:
    """The column that a finding is about, and its unit."""
    if "money" in row:
        return "money", "money"
    return ("kept", "points") if row["kept_shown"] or not row["contacts_shown"] else ("contacts", "none")


def _unshown(rows: Sequence[Row], told: Told) -> Finding:
    names = listing([SHORT[str(r["driver"])] for r in rows], most=5)
    reach = []
    for row in rows:
        column, unit = _judged(row)
        span = interval(row[f"{column}_low"], row[f"{column}_high"], unit, currency=told.currency)
        reach.append(f"{SHORT[str(row['driver'])]} {span}")
    verb = "has" if len(rows) == 1 else "have"
    return _finding(
        "unshown",
        f"{names[0].upper()}{names[1:]} {verb} not been shown to go with leaving or contacts",
        f"What a unit may go with a year: {'; '.join(reach)}. That is no proof of the contrary: more answers and more "
        "months would narrow it.",
        told,
        tuple(dict.fromkeys(s for r in rows for s in SOURCES[str(r["driver"])])),
        n=max(int(r["customers"]) for r in rows),
        tone="unknown",
    )


def _overlap(
    shown: Sequence[Row], replicates: Mapping[str, tuple[np.ndarray, np.ndarray]], told: Told
) -> Iterator[Finding]:
    """How much of what drivers show alone is left with all of them together; index 0 is the figure, then blocks."""
    if len(shown) < 2 or any(r["driver"] not in replicates for r in shown):
        return
    pairs = [replicates[str(r["driver"])] for r in shown]
    alone = np.sum([np.abs(one) for one, _ in pairs], axis=0)
    if not (alone > 0).all():
        return
    share = np.sum([np.sign(one[0]) * joint for one, joint in pairs], axis=0) / alone
    low, high = jackknife(float(share[0]), share[1:])
    names = listing([SHORT[str(r["driver"])] for r in shown], most=5)
    yield _finding(
        "overlap",
        f"{names[0].upper()}{names[1:]} keep {quantity(float(share[0]), 'ratio')} of what they go with when all "
        "drivers are held together",
        f"The rest is shared with other drivers ({interval(low, high, 'ratio')}), so what single drivers go with may "
        "not be added up.",
        told,
        tuple(dict.fromkeys(s for r in shown for s in SOURCES[str(r["driver"])])),
        value=float(share[0]),
        unit="ratio",
        low=low,
        high=high,
        n=max(int(r["customers"]) for r in shown),
    )
