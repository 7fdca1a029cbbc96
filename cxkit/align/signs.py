"""The signs of misalignment, measured: four Cs, each with the figures that show it, beside what people say.

A sign has *worsened* only when the interval of its change against the same months a year earlier leaves out zero after
the error was shared: with m signs that can be compared, each change is given at 1 − 2 · 0.01 ÷ m, so that of a
hundred reports on a client in which nothing changed at most one calls any sign worse. Signs are descriptive and open
nothing by themselves; they spend nothing of the alarms of `metrics.alarms`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from scipy import stats

from cxkit.align.promises_measured import kept
from cxkit.align.sentences import plural, say
from cxkit.align.signs_measured import CS, SIGNS, Found, Sign, measured
from cxkit.formats import Unit, interval, listing, number, quantity
from cxkit.metrics.estimates import LEVEL, Estimate
from cxkit.metrics.windows import months_between
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, Row, rows, table

FALSE_WORSE = 0.01
"""Share of reports on a client without any change that may call a sign worse."""
MEASURED: Mapping[str, Kind] = {
    **{"c": "text", "sign": "text", "label": "text", "value": "number", "unit": "text", "low": "number"},
    **{"high": "number", "before": "number", "change": "number", "change_low": "number", "change_high": "number"},
    **{"level": "number", "n": "integer", "period": "text", "verdict": "text", "why_none": "text", "about": "text"},
    "source": "text",
}
SAID: Mapping[str, Kind] = {"c": "text", "score": "number", "low": "number", "high": "number", "n": "integer"}
EXACT = "counted on what is written down, exact"
NAMES: Mapping[str, str] = {c: c.capitalize() for c in CS}
PLACES: Mapping[str, str] = {
    "customer": "at the customer",
    "career": "among employees",
    "community": "between teams",
    "core": "in the core",
}
"""C → where its signs are seen, for a sentence."""
PHRASES: Mapping[str, str] = {
    "orphans": "{} of live initiatives have no goal",
    "promises": "{} of promises are broken",
    "mission": "the mission statement is {} old",
    "drift": "people rate the core at {} of 5",
}
"""Sign of the core → its level as a clause."""


class Signs(Result):
    """Signs of misalignment by C.

    Tables: `signs` (c, sign, label, value, unit, low, high at 95 %, before: the same months a year earlier, change,
    change_low, change_high at `level`, n, period, verdict worse, better, steady or cannot tell, why_none, about,
    source) and `said` (c, score 1 to 5, low, high, n: what people answered in the audit). For turnover, shares and
    rates the value is the underlying rate; signs of the core that are counts of what is written down are exact.
    """

    stage: ClassVar[str] = "align"
    name: ClassVar[str] = "signs"

    level: float = LEVEL
    """Level of the intervals of change, after the error was shared."""


def signs(tables: Tables, *, window_months: int, trace: Result | None = None, audit: Result | None = None) -> Signs:
    """Measure every sign the tables can show.

    `trace` and `audit` are the results of `traceability` and `alignment_audit` over the same tables; without them the
    core lacks orphaned initiatives and drift, and nothing stands beside what people say.
    """
    found: dict[str, Found] = measured(tables, window_months) | _core(tables, trace, audit)
    known = [sign for sign in found.values() if isinstance(sign, Sign)]
    compared = sum(s.change is not None and s.change.has_interval for s in known)
    level = 1 - 2 * FALSE_WORSE / compared if compared else LEVEL
    made = [_row(sign, level) for sign in known]
    said = _said(audit)
    findings = [_of_c(c, [r for r in made if r["c"] == c], said.get(c)) for c in CS if any(r["c"] == c for r in made)]
    return Signs(
        as_of=tables.as_of,
        level=level,
        findings=(*_worst(made), *findings),
        gaps=tuple(_gap(c, found) for c in CS if any(not isinstance(f, Sign) for f in _in(c, found).values())),
        tables={"signs": table(made, MEASURED), "said": table([{"c": c, **row} for c, row in said.items()], SAID)},
    )


def _in(c: str, found: Mapping[str, Found]) -> dict[str, Found]:
    return {name: sign for name, sign in found.items() if SIGNS[name].c == c}


# The core --------------------------------------------------------------------------------------------------


def _core(tables: Tables, trace: Result | None, audit: Result | None) -> dict[str, Found]:
    """Drift, as far as what is written down and what people said in two waves can show it."""
    found: dict[str, Found] = {}
    now = f"{tables.as_of:%Y-%m}"
    if trace is not None:
        live = [r for r in trace.frame("initiatives").to_dict("records") if r["live"] and r["orphan"] is not None]
        needs = Missing(name="links", columns=("from_id", "to_id"), why="no line from initiatives to goals is drawn")
        orphans = sum(bool(r["orphan"]) for r in live)
        found["orphans"] = _exact("orphans", orphans, len(live), now, ("initiatives", "links")) if live else needs
    told = [k for k in map(kept, rows(tables, "promises")) if k is not None]
    needs = Missing(name="promises", columns=("promised", "delivered", "better"))
    found["promises"] = _exact("promises", told.count(False), len(told), now, ("promises",)) if told else needs
    adopted = [row["adopted"] for row in rows(tables, "mission") if row["adopted"] is not None]
    found["mission"] = Missing(name="mission", columns=("adopted", "statement"))
    if adopted:
        age = Estimate(value=float(months_between(max(adopted), tables.as_of)), n=len(adopted))
        found["mission"] = Sign("mission", age, None, None, now, ("mission",), EXACT, exact=True)
    if audit is not None:
        found["drift"] = _drift(audit)
    return found


def _exact(name: str, hits: int, n: int, period: str, sources: tuple[str, ...]) -> Sign:
    return Sign(name, Estimate(value=hits / n, n=n), None, None, period, sources, EXACT, exact=True)


def _drift(audit: Result) -> Found:
    """The core as people see it, against the wave before."""
    score = _of_scale(audit, "scales", "core")
    if score is None or score["score"] is None:
        return Missing(name="audit", columns=("wave", "item_id", "score"))
    now = Estimate(value=score["score"], low=score["low"], high=score["high"], n=score["n"] or 0)
    moved = _of_scale(audit, "changes", "core")
    period = str(getattr(audit, "wave", ""))[:7]
    people = "what people like those who answered think"
    if moved is None or moved["change"] is None:
        return Sign("drift", now, None, None, period, ("audit",), people)
    both = min(moved["n_before"] or 0, moved["n_now"] or 0)
    change = Estimate(value=moved["change"], low=moved["low"], high=moved["high"], n=both)
    before = Estimate(value=score["score"] - moved["change"], n=moved["n_before"] or 0)
    return Sign("drift", now, before, change, period, ("audit",), people, freedom=max(both - 1.0, 2.0))


def _of_scale(audit: Result, name: str, scale: str) -> dict[str, Any] | None:
    """One C's row for everybody, with None for what is missing."""
    for row in audit.tables[name].to_pylist() if audit.has(name) else []:
        if row["family"] == "c" and row["scale"] == scale and row["group"] == "all":
            return dict(row)
    return None


def _said(audit: Result | None) -> dict[str, Row]:
    """What people say about each C: score, low, high, n."""
    found = {c: _of_scale(audit, "scales", c) for c in CS} if audit is not None else {}
    return {
        c: {k: r[k] for k in ("score", "low", "high", "n")} for c, r in found.items() if r and r["score"] is not None
    }


# Rows and verdicts -----------------------------------------------------------------------------------------


def at_level(change: Estimate, level: float, freedom: float = math.inf) -> Estimate:
    """A 95 % interval brought to another level: each arm by the ratio of Student's quantiles.

    >>> wider = at_level(Estimate(value=1.0, low=0.0, high=2.0), 0.99)
    >>> round(wider.low, 3), round(wider.high, 3)
    (-0.314, 2.314)
    """
    if change.value is None or change.low is None or change.high is None:
        return change
    law = stats.norm if math.isinf(freedom) else stats.t(freedom)
    factor = float(law.isf((1 - level) / 2) / law.isf((1 - LEVEL) / 2))
    low, high = (
        change.value - (change.value - change.low) * factor,
        change.value + (change.high - change.value) * factor,
    )
    return change.model_copy(update={"low": low, "high": high})


def _row(sign: Sign, level: float) -> Row:
    what, now = sign.what, sign.now
    change = at_level(sign.change, level, sign.freedom) if sign.change else Estimate(why_none="no year to compare with")
    return {
        **{"c": what.c, "sign": sign.name, "label": what.label, "value": now.value, "unit": what.unit},
        **{"low": now.low, "high": now.high, "before": sign.before.value if sign.before else None},
        **{"change": change.value, "change_low": change.low, "change_high": change.high, "level": level},
        **{"n": now.n, "period": sign.period, "verdict": _verdict(change, what.worse), "about": sign.about},
        **{"why_none": change.why_none or None, "source": ", ".join(sign.sources)},
    }


def _verdict(change: Estimate, worse: str) -> str:
    if change.low is None or change.high is None:
        return "cannot tell"
    if change.low <= 0 <= change.high:
        return "steady"
    return "worse" if (change.low > 0) == (worse == "up") else "better"


def words(row: Row, column: str = "value") -> str:
    """A figure of a sign in its unit."""
    unit: Unit = row["unit"]
    if row["sign"] == "engagement":
        return number(row[column], 1)
    return plural(round(row[column]), "month") if unit == "months" else quantity(row[column], unit)


def _of_change(unit: Unit) -> Unit:
    return "points" if unit == "ratio" else unit


def moved(row: Row) -> str:
    """The change of a sign with its interval, in words.

    >>> moved({"sign": "late", "unit": "ratio", "change": 0.021, "change_low": 0.004, "change_high": 0.038})
    '+2.1 points (0.4 to 3.8 points)'
    """
    unit = _of_change(row["unit"])
    ends = interval(row["change_low"], row["change_high"], unit)
    return quantity(row["change"], unit, signed=True) + (f" ({ends})" if ends else "")


# Sentences -------------------------------------------------------------------------------------------------


def _of_c(c: str, made: Sequence[Row], said: Row | None) -> Finding:
    worse = [r for r in made if r["verdict"] == "worse"]
    better = [r for r in made if r["verdict"] == "better"]
    compared = [r for r in made if r["verdict"] != "cannot tell"]
    untold = [r for r in made if r not in compared]
    levels = [_level(r) for r in untold if said is None or len(untold) == 1 or r["sign"] != "drift"]
    if levels and not worse:
        title = f"{NAMES[c]}: {listing(levels)}"
    elif worse:
        names = listing([r["label"].lower() for r in worse])
        title = f"{len(worse)} of {plural(len(compared), 'sign')} {PLACES[c]} got worse in a year: {names}"
    elif better:
        names = listing([r["label"].lower() for r in better])
        title = f"None of {plural(len(compared), 'sign')} {PLACES[c]} got worse in a year, and {names} got better"
    else:
        title = f"No clear change {PLACES[c]} in a year, on {plural(len(compared), 'sign')}"
    parts = [f"{r['label']} {words(r)}, {moved(r)} on a year earlier." for r in (*worse, *better)]
    if said is not None and (worse or better or levels):
        parts.append(
            f"People rate the {NAMES[c]} side of alignment at {number(said['score'], 1)} of 5{_between(said)}."
        )
    return say(
        f"signs.{c}",
        title,
        detail=" ".join(parts),
        value=len(worse) if compared else made[0]["value"],
        unit="count" if compared else made[0]["unit"],
        n=len(compared) or made[0]["n"],
        about="signs whose change clears zero after the error was shared over all of them" if compared else EXACT,
        period=max(r["period"] for r in made),
        sources=tuple(dict.fromkeys(s for r in made for s in r["source"].split(", "))),
        tone="bad" if worse else "good" if better else "neutral" if compared else "unknown",
    )


def _level(row: Row) -> str:
    """A sign without a year to compare with, as a clause."""
    if row["sign"] in PHRASES:
        return PHRASES[row["sign"]].format(words(row))
    return f"{row['label'].lower()} {words(row)}"


def _between(said: Row) -> str:
    return "" if said["low"] is None else f" ({number(said['low'], 1)} to {number(said['high'], 1)})"


def _worst(made: Sequence[Row]) -> list[Finding]:
    """The sign whose worsening stands furthest from zero, in widths of its own interval; else that none got worse."""
    worse = [r for r in made if r["verdict"] == "worse"]
    compared = [r for r in made if r["verdict"] != "cannot tell"]
    if not compared:
        return []
    if not worse:
        return [_none_worse(compared)]
    row = max(worse, key=lambda r: abs(r["change"]) / ((r["change_high"] - r["change_low"]) or math.inf))
    what = SIGNS[row["sign"]]
    went = "rose" if row["change"] > 0 else "fell"
    unit = _of_change(row["unit"])
    scale = f" {what.scale}" if what.scale else ""
    return [
        say(
            "signs.worst",
            f"The clearest sign of misalignment is {PLACES[row['c']]}: {what.label.lower()} {went} from "
            f"{words(row, 'before')} to {words(row)}{scale} in a year",
            detail=f"A change of {moved(row)} against the same months a year earlier.",
            value=row["change"],
            unit=unit,
            low=row["change_low"],
            high=row["change_high"],
            level=row["level"],
            about=f"the change of {row['about']}, the error shared over all signs",
            n=row["n"],
            period=row["period"],
            sources=tuple(row["source"].split(", ")),
            subject=row["sign"],
            tone="bad",
        )
    ]


def _none_worse(compared: Sequence[Row]) -> Finding:
    better = [r["label"].lower() for r in compared if r["verdict"] == "better"]
    return say(
        "signs.worst",
        f"None of {plural(len(compared), 'sign')} of misalignment clearly got worse in a year",
        detail=f"Clearly better: {listing(better)}." if better else "That does not show that all is as it was.",
        value=0,
        unit="count",
        n=len(compared),
        about="signs whose change clears zero after the error was shared over all of them",
        period=max(r["period"] for r in compared),
        sources=tuple(dict.fromkeys(s for r in compared for s in r["source"].split(", "))),
        tone="good" if better else "neutral",
    )


def _gap(c: str, found: Mapping[str, Found]) -> Gap:
    lacks = {name: f for name, f in _in(c, found).items() if not isinstance(f, Sign)}
    needs: dict[str, Missing] = {}
    for lack in lacks.values():
        if isinstance(lack, Missing):
            before = needs.get(lack.name, lack)
            columns = tuple(dict.fromkeys((*before.columns, *lack.columns)))
            needs[lack.name] = before.model_copy(update={"columns": columns})
    names = listing([SIGNS[name].label.lower() for name in lacks], most=6)
    return Gap(
        id=f"align.signs.{c}",
        what=f"Signs {PLACES[c]}",
        reason=f"Not measured: {names}.",
        needs=tuple(needs.values()),
    )
