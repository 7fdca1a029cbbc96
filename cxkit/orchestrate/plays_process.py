"""Plays about how things are run: moments, reasons and tables that call for one, as things stand on the day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from cxkit.metrics.clock import DAY, instant
from cxkit.metrics.recontact import recontacts
from cxkit.metrics.service import settled, ticket_window
from cxkit.orchestrate.plays_book import When
from cxkit.orchestrate.register import COLUMNS, PARTS, moment_register
from cxkit.records import Missing
from cxkit.tables.cut import end_of_day
from cxkit.tables.engine import Tables

Keys = dict[str, float | None]
"""What is raised → money a year at stake, where it is known."""


def process(tables: Tables, when: When) -> pd.DataFrame:
    """What a process play names today: key, moment_id, money (a year, or missing); ordered by money, then key."""
    every = [MAKERS[c.word](tables, c.values) for c in when.every]
    some = [MAKERS[c.word](tables, c.values) for c in when.some]
    keys = set.intersection(*(set(k) for k in every)) if every else set().union(*some)
    if every and some:
        keys &= set().union(*some)
    money: Keys = {k: next((f[k] for f in (*every, *some) if f.get(k) is not None), None) for k in keys}
    rows = sorted(keys, key=lambda k: (-(money[k] or 0.0), k))
    moment = [k if when.about == "moment" else None for k in rows]
    return pd.DataFrame(
        {"key": rows, "moment_id": moment, "money": pd.Series([money[k] for k in rows], dtype="float64")}
    )


def _register(tables: Tables) -> pd.DataFrame:
    result = moment_register(tables)
    return result.frame("moments") if result.has("moments") else pd.DataFrame()


def _lacks(tables: Tables, v: Mapping[str, Any]) -> Keys:
    rows = _register(tables)
    asked = [w for w in v["what"] if COLUMNS[w] in tables.supplied("moments")]
    found: Keys = {}
    for row in rows.to_dict("records"):
        if any(not row[PARTS[w][0]] for w in asked):
            found[str(row["moment_id"])] = None
    return found


def _backlog(tables: Tables, v: Mapping[str, Any]) -> Keys:
    rows = _register(tables)
    return {
        str(r["moment_id"]): 12 * float(r["value_per_month"])
        for r in rows.to_dict("records")
        if r["value_per_month"] >= v["at_least"] and r["value_per_month"] > 0
    }


def _since(tables: Tables, days: int) -> int:
    return instant(end_of_day(tables.as_of, tables.timezone)) - days * DAY


def _silent(tables: Tables, v: Mapping[str, Any]) -> Keys:
    rows = tables.frame(
        "SELECT DISTINCT m.moment_id FROM moments m WHERE m.moment_id NOT IN (SELECT moment_id FROM surveys "
        f"WHERE moment_id IS NOT NULL AND epoch_us(answered) >= {_since(tables, v['within_days'])}) ORDER BY 1"
    )
    return dict.fromkeys(map(str, rows["moment_id"]))


def _comes_back(tables: Tables, v: Mapping[str, Any]) -> Keys:
    window = ticket_window(tables, max(1, round(v["within_days"] / 30.4375)))
    if window is None:
        return {}
    rows = recontacts(tables, window, (v["window_days"],), by={"all": "''", "reason": "reason"})
    whole = rows[rows["dimension"] == "all"]
    average = float(whole["recontact"].iloc[0]) if len(whole) and whole["n"].iloc[0] else 0.0
    reasons = rows[(rows["dimension"] == "reason") & (rows["n"] >= v["at_least"])]
    return {
        str(g): None
        for g, share in zip(reasons["group"], reasons["recontact"], strict=True)
        if average > 0 and share >= v["times"] * average
    }


def _frequent(tables: Tables, v: Mapping[str, Any]) -> Keys:
    rows = tables.frame(f"""
        WITH c AS (SELECT reason, moment_id, count(*) AS n FROM tickets
          WHERE reason IS NOT NULL AND epoch_us(opened) >= {_since(tables, v["within_days"])}
          GROUP BY reason, moment_id),
        r AS (SELECT reason, sum(n) AS n FROM c GROUP BY reason ORDER BY n DESC, reason LIMIT {v["top"]}),
        f AS (SELECT reason, moment_id, row_number() OVER (PARTITION BY reason ORDER BY n DESC, moment_id) AS place
          FROM c WHERE moment_id IS NOT NULL)
        SELECT r.reason, f.moment_id FROM r JOIN f ON f.reason = r.reason AND f.place = 1 ORDER BY r.reason
    """)
    short = _lacks(tables, {"what": v["lacks"]})
    return {str(r): None for r, m in zip(rows["reason"], rows["moment_id"], strict=True) if m in short}


def _unattributed(tables: Tables, v: Mapping[str, Any]) -> Keys:
    account = "account_id" if "account_id" in tables.supplied("tickets") else "NULL"
    known = (
        f"{account} IN (SELECT account_id FROM accounts)" if "accounts" in tables.present else f"{account} IS NOT NULL"
    )
    row = tables.frame(
        f"SELECT count(*) AS n, coalesce(sum((NOT coalesce({known}, false))::INT), 0) AS x FROM tickets "
        f"WHERE epoch_us(opened) >= {_since(tables, v['within_days'])}"
    ).iloc[0]
    return {"tickets": None} if row["n"] and row["x"] / row["n"] >= v["share"] else {}


MAKERS: Mapping[str, Callable[[Tables, Mapping[str, Any]], Keys]] = {
    "moment_lacks": _lacks,
    "backlog_value": _backlog,
    "moment_silent": _silent,
    "reason_comes_back": _comes_back,
    "reason_frequent": _frequent,
    "unattributed": _unattributed,
}
"""Word → what it names today, for what is judged as things stand."""


def needs(tables: Tables, when: When, terms: Mapping[str, Any]) -> tuple[Missing, ...]:
    """Tables and columns that the conditions of a trigger need and the client has not supplied."""
    asked: dict[str, dict[str, None]] = {}
    for condition in when.conditions:
        for name, columns in terms[condition.word].needs.items():
            asked.setdefault(name, {}).update(dict.fromkeys(columns))
    lacks = []
    for found in tables.lacking({name: tuple(columns) for name, columns in asked.items()}):
        either = found.name == "tickets" and found.columns == ("resolved",)
        if not (either and settled(tables)):
            lacks.append(found)
    return tuple(lacks)
