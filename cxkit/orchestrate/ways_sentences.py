"""The ways of cases in sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from cxkit.formats import Unit, interval, listing, money, quantity
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.orchestrate.naming import optional, spoken, too_few
from cxkit.orchestrate.ways_log import ARROW, Log
from cxkit.records import Finding

WHAT = {"main": "The ways cases travel", "rework": "Rework"}
ABOUT = "the underlying share, cases taken as independent"
ASSOCIATION = "Hard cases go back more often, so this is no measure of what rework causes."


@dataclass(frozen=True)
class Told:
    """What the sentences are made of: the tables of one log."""

    log: Log
    tables: Mapping[str, pd.DataFrame]
    currency: str
    sources: tuple[str, ...]
    simpson: Sequence[str] = ()

    def finding(self, name: str, **fields: object) -> Finding:
        """A finding about this log."""
        common: dict[str, object] = {
            "id": f"orchestrate.ways.{name}",
            "stage": "orchestrate",
            "subject": self.log.name,
            "period": self.log.window.label,
            "sources": self.sources,
        }
        return Finding.model_validate(common | fields)

    @property
    def head(self) -> str:
        """How a title begins when it is not about tickets."""
        return "" if self.log.name == "tickets" else f"{self.log.name}: "


def hours_text(hours: float) -> str:
    """A length in the unit a reader would use.

    >>> hours_text(0.5), hours_text(30), hours_text(240)
    ('30.0 minutes', '30.0 hours', '10.0 days')
    """
    if abs(hours) < 1:
        return quantity(hours * 60, "minutes")
    return quantity(hours, "hours") if abs(hours) < 48 else quantity(hours / 24, "days")


def apart(hours: float, low: float, high: float) -> str:
    """A difference of two lengths in words, with its interval in the same unit and the same direction.

    >>> apart(-14.6, -29.3, 50.4), apart(5, 2, 8)
    ('14.6 hours shorter (between 29.3 hours shorter and 50.4 hours longer)', '5.0 hours longer (2.0 to 8.0 hours)')
    """
    most = max(abs(hours), abs(low), abs(high))
    unit: Unit = "minutes" if most < 1 else "hours" if most < 96 else "days"
    by = {"minutes": 60.0, "hours": 1.0, "days": 1 / 24}[unit]
    way = {True: "longer", False: "shorter"}
    said = f"{quantity(abs(hours) * by, unit)} {way[hours >= 0]}"
    if low * high >= 0:
        least, largest = sorted((abs(low) * by, abs(high) * by))
        return f"{said} ({interval(least, largest, unit)})"
    first, second = (f"{quantity(abs(v) * by, unit)} {way[v >= 0]}" for v in (low, high))
    return f"{said} (between {first} and {second})"


def findings(told: Told) -> tuple[Finding, ...]:
    """All that is said about one log."""
    made = [_main(told), _rework(told), _loop(told), _ping_pong(told), _time(told), _pause(told), _open(told)]
    return tuple(f for f in (*made, _segment(told)) if f is not None)


def _about(told: Told) -> pd.Series:
    return told.tables["logs"].iloc[0]


def _main(told: Told) -> Finding:
    about, rows = _about(told), told.tables["variants"]
    n, first = int(about["finished"]), rows.iloc[0]
    case = told.log.case
    share = float(first["share"])
    most = int((rows["cumulative"] < 0.8).sum()) + 1
    low, high = optional(first["low"]), optional(first["high"])
    many, tied = int(about["variants"]), int(about["tied"])
    title = f"{told.head}{quantity(share, 'ratio')} of finished {case} take the commonest of {many:,} ways"
    if many == 1:
        title = f"{told.head}All finished {case} take the same way"
    path = ", then ".join(f"“{spoken(a)}”" for a in str(first["variant"]).split(ARROW)[:8])
    detail = f"It is {path}; half of them take {hours_text(float(first['median_hours']))} or less. "
    if float(rows["cumulative"].iloc[-1]) >= 0.8:
        detail += f"The {most} commonest hold four in five. " if most > 1 else ""
    if int(about["open"]):
        every = int(about["variants_all"])
        detail += f"With the unfinished ways of open {case} other tools would count {every:,} variants. "
    if tied:
        detail += f"The way of {tied:,} {'depends' if tied == 1 else 'depend'} on the order read into one instant."
    return told.finding(
        "main",
        title=title if n >= MINIMUM_N else told.head + too_few(n, f"finished {case}", MINIMUM_N),
        detail=detail.strip(),
        value=share,
        unit="ratio",
        low=low,
        high=high,
        about=ABOUT if low is not None else f"fewer than {MINIMUM_N} cases",
        n=n,
        tone="neutral" if low is not None else "unknown",
    )


def _kind(told: Told, kind: str) -> pd.Series | None:
    rows = told.tables.get("rework", pd.DataFrame())
    part = rows[rows["kind"] == kind] if len(rows) else rows
    return part.iloc[0] if len(part) else None


def _rework(told: Told) -> Finding | None:
    row = _kind(told, "rework")
    if row is None:
        return None
    n, case = int(row["finished"]), told.log.case
    low, high = optional(row["low"]), optional(row["high"])
    title = f"{told.head}{quantity(float(row['share']), 'ratio')} of finished {case} go back over work already done"
    if not int(row["cases"]):
        title = f"{told.head}No finished {case} go back over work already done"
    parts = []
    for kind, words in (
        ("self_loop", "the same step twice in a row"),
        ("returned", "back to an earlier step"),
        ("team_back", "to another team and straight back"),
        ("reopened", "again after settling"),
    ):
        one = _kind(told, kind)
        if one is not None and int(one["cases"]):
            parts.append(f"{int(one['cases']):,} {words}")
    detail = f"{listing(parts)}; one can do several. " if parts else ""
    extra, el, eh = (optional(row[c]) for c in ("extra_hours", "extra_low", "extra_high"))
    if extra is not None and el is not None and eh is not None:
        detail += f"Their median time is {apart(extra, el, eh)} than that of the others. {ASSOCIATION}"
    weight, work = optional(row["money_a_year"]), optional(row["minutes_low"])
    if weight is not None and work is not None and work > 0:
        title += f", with about {money(weight, told.currency)} of extra work a year"
        detail += f" They take {quantity(float(row['extra_minutes']), 'minutes')} more of work each ("
        detail += f"{interval(work, float(row['minutes_high']), 'minutes')})."
    else:
        weight = 0.0
    return told.finding(
        "rework",
        title=title if n >= MINIMUM_N else told.head + too_few(n, f"finished {case}", MINIMUM_N),
        detail=detail.strip(),
        value=float(row["share"]),
        unit="ratio",
        low=low,
        high=high,
        about=ABOUT if low is not None else f"fewer than {MINIMUM_N} cases",
        n=n,
        tone="neutral" if low is not None else "unknown",
        weight=weight if n >= MINIMUM_N else 0.0,
    )


def _loop(told: Told) -> Finding | None:
    """The commonest way back."""
    rows = told.tables.get("edges", pd.DataFrame())
    n = int(_about(told)["finished"])
    back = rows[rows["back"]] if len(rows) else rows
    if n < MINIMUM_N or not len(back):
        return None
    row = back.sort_values(["cases", "source", "target"], ascending=[False, True, True]).iloc[0]
    share = int(row["cases"]) / n
    return told.finding(
        "loop",
        title=f"{told.head}The commonest way back leads from “{spoken(row['source'])}” to "
        f"“{spoken(row['target'])}”, in {quantity(share, 'ratio')} of finished {told.log.case}",
        detail=f"{int(row['cases']):,} {told.log.case}, {int(row['times']):,} times; half of the times it takes "
        f"{hours_text(float(row['median_hours']))} or less from the one to the other.",
        value=share,
        unit="ratio",
        about="counted, exact",
        n=n,
    )


def _ping_pong(told: Told) -> Finding | None:
    row, who = _kind(told, "team_back"), "team"
    if row is None:
        row, who = _kind(told, "resource_back"), "person"
    if row is None or int(row["finished"]) < MINIMUM_N:
        return None
    extra, low, high = (optional(row[c]) for c in ("extra_hours", "extra_low", "extra_high"))
    detail = f"Counted is a {who} that hands over to another and gets it straight back."
    if extra is not None and low is not None and high is not None:
        detail += f" The median time is {apart(extra, low, high)} than without. {ASSOCIATION}"
    return told.finding(
        "ping_pong",
        title=f"{told.head}{quantity(float(row['share']), 'ratio')} of finished {told.log.case} go from one {who} to "
        "another and straight back",
        detail=detail,
        value=float(row["share"]),
        unit="ratio",
        low=optional(row["low"]),
        high=optional(row["high"]),
        about=ABOUT,
        n=int(row["finished"]),
    )


def _time(told: Told) -> Finding | None:
    rows = told.tables.get("between", pd.DataFrame())
    rows = rows[rows["low"].notna() & ~rows["after_settling"]] if len(rows) else rows
    if not len(rows):
        return None
    row = rows.sort_values(["median_hours", "position"], ascending=[False, True]).iloc[0]
    low, high, middle = float(row["low"]), float(row["high"]), float(row["median_hours"])
    return told.finding(
        "time",
        title=f"{told.head}The longest step of the main way is from “{spoken(row['source'])}” to "
        f"“{spoken(row['target'])}”: half take more than {hours_text(middle)}",
        detail=f"One in ten takes more than {hours_text(float(row['p90_hours']))}. Pauses are in it; only finished "
        f"{told.log.case} that go straight from the one to the other are.",
        value=middle,
        unit="hours",
        low=min(low, middle),
        high=max(high, middle),
        about="the underlying median, by order statistics",
        n=int(row["n"]),
    )


def _pause(told: Told) -> Finding | None:
    about = _about(told)
    whole = float(about["hours"])
    if not told.log.has_pause or whole <= 0 or int(about["finished"]) < MINIMUM_N:
        return None
    paused, share = int(about["paused"]), float(about["pause_hours"]) / whole
    middle = float(about["median_pause_hours"])
    detail = f"{paused:,} of {int(about['finished']):,} finished {told.log.case} wait for the customer at least once"
    detail += "" if math.isnan(middle) else f"; half of these wait {hours_text(middle)} or less in all"
    return told.finding(
        "pause",
        title=f"{told.head}{quantity(share, 'ratio')} of the time of finished {told.log.case} is waiting for the "
        "customer",
        detail=detail + ". The clock of a limit stands still meanwhile.",
        value=share,
        unit="ratio",
        about="counted, exact",
        n=int(about["finished"]),
    )


def _open(told: Told) -> Finding | None:
    about = _about(told)
    still, cases = int(about["open"]), int(about["cases"])
    if not still:
        return None
    verb = "is" if still == 1 else "are"
    return told.finding(
        "open",
        title=f"{told.head}{still:,} of {cases:,} {told.log.case} that began in the window {verb} not finished",
        detail="They are counted apart: their way is not known yet, and leaving them out lets times look shorter.",
        value=still,
        unit="count",
        about="counted, exact",
        n=cases,
    )


def _segment(told: Told) -> Finding | None:
    rows = told.tables.get("segments", pd.DataFrame())
    tested = rows[rows["p_holm"].notna()] if len(rows) else rows
    if not len(tested):
        return None
    looked = tested["dimension"].nunique()
    differing = tested[tested["differs"]]
    if not len(differing):
        return told.finding(
            "segment",
            title=f"{told.head}Rework differs by none of {looked} groupings more than chance allows",
            detail=f"Looked at: {listing(list(dict.fromkeys(tested['label'])), most=8)}; corrected for the number of "
            "looks.",
            n=int(_about(told)["finished"]),
            about="no grouping differs",
        )
    first = differing.sort_values(["p_holm", "dimension"]).iloc[0]
    part = tested[(tested["dimension"] == first["dimension"]) & tested["low"].notna()]
    part = part.sort_values(["share", "group"], ascending=[False, True])
    worst, best = part.iloc[0], part.iloc[-1]
    others = [str(d) for d in dict.fromkeys(differing["label"]) if d != first["label"]]
    detail = (
        f"Lowest is “{best['group']}” with {quantity(float(best['share']), 'ratio')}. Corrected for {looked} looks. "
    )
    if others:
        detail += f"It differs by {listing(others)} too. "
    if told.simpson:
        detail += f"With {listing(list(told.simpson))} held equal less than half of it is left: the mix may explain it."
    else:
        detail += "No other grouping looked at explains it, but others may."
    return told.finding(
        "segment",
        title=f"{told.head}Rework is commonest where the {first['label']} is “{worst['group']}”, "
        f"{quantity(float(worst['share']), 'ratio')} of finished {told.log.case}",
        detail=detail,
        value=float(worst["share"]),
        unit="ratio",
        low=optional(worst["low"]),
        high=optional(worst["high"]),
        about="the underlying share, customers resampled",
        n=int(worst["n"]),
        tone="bad",
    )
