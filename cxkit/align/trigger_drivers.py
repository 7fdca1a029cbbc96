"""What drives a signal, and what inside the organisation touches it.

The excess of a count is split over the groups of each dimension: a group's expected share is its share of the
same calendar months of the baseline (of the whole baseline where those hold under 30 events). Parts add up to the whole
excess. The fall of a score is split by answers: a group's part is its share of today's answers times the movement of
its own mean; what is left is mix.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from cxkit.formats import quantity
from cxkit.metrics import satisfaction
from cxkit.metrics.windows import add_months
from cxkit.tables.cut import text_literal
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Row, rows

DIMENSIONS = ("moment", "reason", "product", "segment", "channel", "team")
COLUMNS = {"moment": "moment_id", "reason": "reason", "product": "product", "channel": "channel", "team": "team"}
FEWEST_SEASON = 30
LIVE = frozenset({"approved", "running"})
KINDS = ("system", "assumption", "metric", "rock", "promise", "pay", "team", "change", "initiative")
"""What may touch a moment, in the order in which it is listed."""
RECENT_CHANGES = 12
"""Months before a signal in which a declared change at the moment is worth asking about."""
_TEAMS = re.compile(r"\s*[;,/]\s*")


@dataclass(frozen=True)
class Span:
    """The periods of a signal and those of its baseline, as days, both ends inclusive."""

    first: date
    last: date
    baseline_first: date
    baseline_last: date


def count_drivers(tables: Tables, name: str, source: str, span: Span, expected: float) -> pd.DataFrame:
    """Groups of every dimension with their part of the excess of a count.

    `expected` is the number of events the baseline expects in the span. Columns: dimension, group, observed, expected,
    excess, share; largest excess first within each dimension.
    """
    day = "opened_date" if source == "tickets" else "day"
    event = {
        ("tickets", "complaints"): "coalesce(complaint, false)::INT",
        ("tickets", "contacts"): "1",
        ("tickets", "social"): "coalesce(channel ILIKE '%social%', false)::INT",
        ("contact_volume", "complaints"): "coalesce(complaints, 0)",
        ("contact_volume", "contacts"): "contacts",
        ("contact_volume", "social"): "CASE WHEN channel ILIKE '%social%' THEN contacts ELSE 0 END",
    }[source, name]
    months = ", ".join(str(m) for m in sorted({d.month for d in _months(span.first, span.last)}))
    inside = f"{day} BETWEEN DATE '{span.first}' AND DATE '{span.last}'"
    before = f"{day} BETWEEN DATE '{span.baseline_first}' AND DATE '{span.baseline_last}'"
    frames = []
    for dimension, sql, join in _groups(tables, source):
        frame = tables.frame(f"""
            SELECT coalesce({sql}, '') AS "group", sum(CASE WHEN {inside} THEN {event} ELSE 0 END)::DOUBLE AS observed,
              sum(CASE WHEN {before} AND month({day}) IN ({months}) THEN {event} ELSE 0 END)::DOUBLE AS season,
              sum(CASE WHEN {before} THEN {event} ELSE 0 END)::DOUBLE AS whole
            FROM {source} t {join} GROUP BY 1 ORDER BY 1
        """)
        past = frame["season"] if frame["season"].sum() >= FEWEST_SEASON else frame["whole"]
        frame["expected"] = past / past.sum() * expected
        frame["excess"] = frame["observed"] - frame["expected"]
        frames.append(_shared(frame, dimension, float(frame["observed"].sum() - expected)))
    return _joined(frames)


def score_drivers(tables: Tables, metric: str, span: Span) -> pd.DataFrame:
    """Groups of moment and segment with their part of a score's movement since the baseline.

    Columns as `count_drivers`: observed and expected are the group's mean now and in the baseline, excess its part of
    the movement of the whole, on the scale of the score.
    """
    factor = 100.0 if metric == "nps" else 1.0
    value = f"({satisfaction.VALUES[metric]})::DOUBLE"
    inside = f"answered_date BETWEEN DATE '{span.first}' AND DATE '{span.last}'"
    before = f"answered_date BETWEEN DATE '{span.baseline_first}' AND DATE '{span.baseline_last}'"
    frames = []
    for dimension, sql, join in _groups(tables, "surveys"):
        frame = tables.frame(f"""
            SELECT coalesce({sql}, '') AS "group", avg(CASE WHEN {inside} THEN {value} END) AS observed,
              avg(CASE WHEN {before} THEN {value} END) AS expected, sum(({inside})::INT)::DOUBLE AS n,
              sum(({before})::INT)::DOUBLE AS past, sum(CASE WHEN {inside} THEN {value} END) AS now_total,
              sum(CASE WHEN {before} THEN {value} END) AS past_total
            FROM surveys t {join} WHERE t.metric = {text_literal(metric)} AND t.score IS NOT NULL GROUP BY 1 ORDER BY 1
        """)
        moved = frame["now_total"].sum() / frame["n"].sum() - frame["past_total"].sum() / frame["past"].sum()
        frame["excess"] = ((frame["observed"] - frame["expected"]) * frame["n"] / frame["n"].sum() * factor).fillna(0.0)
        frame[["observed", "expected"]] *= factor
        frames.append(_shared(frame, dimension, float(moved * factor)))
    return _joined(frames)


def _groups(tables: Tables, source: str) -> list[tuple[str, str, str]]:
    """Dimension, SQL of the group and the join it needs, for the columns that were supplied."""
    supplied = tables.supplied(source)
    found = [(d, f"t.{c}", "") for d, c in COLUMNS.items() if c in supplied]
    if "account_id" in supplied and "segment" in tables.supplied("accounts"):
        known = "(SELECT account_id, min(segment) AS segment FROM accounts GROUP BY 1)"
        found.append(("segment", "a.segment", f"LEFT JOIN {known} a ON a.account_id = t.account_id"))
    return sorted(found, key=lambda one: DIMENSIONS.index(one[0]))


def _shared(frame: pd.DataFrame, dimension: str, whole: float) -> pd.DataFrame:
    frame = frame.assign(dimension=dimension, share=frame["excess"] / whole if whole else 0.0)
    frame = frame[
        frame["observed"].notna() & ((frame["observed"] > 0) | (frame["expected"] > 0) | (frame["excess"] != 0))
    ]
    ordered = frame.assign(size=frame["share"].round(12)).sort_values(["size", "group"], ascending=[False, True])
    return ordered[["dimension", "group", "observed", "expected", "excess", "share"]]


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    columns = ["dimension", "group", "observed", "expected", "excess", "share"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def _months(first: date, last: date) -> list[date]:
    months = [first.replace(day=1)]
    while months[-1] < last.replace(day=1):
        months.append(add_months(months[-1], 1))
    return months


def leading(drivers: pd.DataFrame) -> Row | None:
    """The named group that drives most of a signal: its moment where moments are known, else the next dimension."""
    for dimension in DIMENSIONS:
        part = drivers[(drivers["dimension"] == dimension) & (drivers["group"] != "") & (drivers["share"] > 0)]
        if len(part) and (drivers["dimension"] == dimension).sum() > 1:
            return {str(k): v for k, v in part.iloc[0].items()}
    return None


# Inside ----------------------------------------------------------------------------------------------------


def handlers(tables: Tables, driver: Row, span: Span) -> list[str]:
    """Teams that own tickets of the driving group in the span, the busiest first, those with a tenth or more."""
    column = COLUMNS.get(driver["dimension"])
    if column is None or not {column, "team"} <= tables.supplied("tickets"):
        return []
    frame = tables.frame(
        f"SELECT team, count(*) AS n FROM tickets WHERE {column} = {text_literal(driver['group'])} "
        f"AND team IS NOT NULL AND opened_date BETWEEN DATE '{span.first}' AND DATE '{span.last}' "
        "GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    return [str(t) for t in frame.loc[frame["n"] >= 0.1 * frame["n"].sum(), "team"]]


def inside(tables: Tables, moment: str | None, teams: Sequence[str], *, since: date) -> list[Row]:
    """What touches a moment: register, systems, promises, metrics people are paid on, teams, changes, initiatives.

    `teams` handle it. An item of the register that names no moment counts when it lies between teams of which one
    handles this one. A row per item: kind, id, item, teams, severity, source, why.
    """
    found = [*_register(tables, moment, teams), *_systems(tables, moment), *_promises(tables, moment)]
    named = Counter(team for row in found for team in split(row["teams"]))
    for team in teams:
        named.setdefault(team, 0)
    known = {t.lower() for t in named}
    for row in rows(tables, "metrics"):
        paid = row["incentive_weight"]
        if paid and (row["owner_team"] or "").lower() in known:
            why = f"{row['owner_team']} is paid on it: {quantity(paid, 'probability')} of variable pay"
            found.append(_item("pay", row["metric_id"], row["metric"], row["owner_team"], source="metrics", why=why))
    for team, times in sorted(named.items(), key=lambda one: (-one[1], one[0])):
        works = "handles it" if team in teams else ""
        stands = f"stands in {times} of these" if times else ""
        why = "; ".join(filter(None, [works, stands]))
        found.append(_item("team", team, team, team, source="tickets", why=why))
    if moment:
        for row in rows(tables, "changes"):
            if row["moment_id"] == moment and row["changed"] and add_months(since, -RECENT_CHANGES) <= row["changed"]:
                why = f"changed in {row['changed']:%Y-%m}"
                found.append(_item("change", row["change_id"], row["change"], None, source="changes", why=why))
        for row in rows(tables, "initiatives"):
            if row["moment_id"] == moment and row["status"] in LIVE:
                why = "customer-side work at the same moment"
                found.append(
                    _item("initiative", row["initiative_id"], row["initiative"], None, source="initiatives", why=why)
                )
    return sorted(found, key=lambda r: (KINDS.index(r["kind"]), -(r["severity"] or 0)))


def split(teams: str | None) -> list[str]:
    """Team names of a cell.

    >>> split("Sales; Field service"), split("Data; all"), split(None)
    (['Sales', 'Field service'], ['Data'], [])
    """
    return [t for t in _TEAMS.split(teams or "") if t and t.lower() != "all"]


def _item(
    kind: str, id: str, item: str | None, teams: str | None, *, source: str, why: str, severity: int | None = None
) -> Row:
    values = {"kind": kind, "id": id, "item": item, "teams": teams, "severity": severity}
    return {**values, "source": source, "why": why}


def _register(tables: Tables, moment: str | None, teams: Sequence[str]) -> list[Row]:
    handling = {t.lower() for t in teams}
    found = []
    for row in rows(tables, "register"):
        if row["settled"] is not None or row["kind"] not in KINDS:
            continue
        here = moment is not None and row["moment_id"] == moment
        between = row["moment_id"] is None and handling & {t.lower() for t in split(row["teams"])}
        if here or between:
            why = "at this moment" if here else "between the teams that handle it"
            found.append(
                _item(
                    row["kind"],
                    row["item_id"],
                    row["item"],
                    row["teams"],
                    source="register",
                    why=why,
                    severity=row["severity"],
                )
            )
    return found


def _systems(tables: Tables, moment: str | None) -> list[Row]:
    found = []
    for row in rows(tables, "systems"):
        if moment and moment in {m.strip() for m in (row["moments"] or "").split(",")}:
            lacks = [
                *([] if row["key"] else ["no customer key"]),
                *([] if row["feeds"] else ["feeds no other system"]),
                *([] if row["owner_role"] else ["nobody owns it"]),
            ]
            why = "; ".join(["covers this moment", *lacks])
            found.append(_item("system", row["system_id"], row["system"], None, source="systems", why=why))
    return found


def _promises(tables: Tables, moment: str | None) -> list[Row]:
    found = []
    for row in rows(tables, "promises"):
        if moment and row["moment_id"] == moment:
            both = "; ".join(filter(None, [row["promised_by"], row["delivered_by"]]))
            why = (
                f"promised {row['promised']:g}, delivered {row['delivered']:g} {row['unit'] or ''}".strip()
                if (row["promised"] is not None and row["delivered"] is not None)
                else "promised at this moment"
            )
            found.append(_item("promise", row["promise_id"], row["promise"], both, source="promises", why=why))
    return found
