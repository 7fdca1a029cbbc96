"""What arrives under which name and what should: the names that are seen, and the tracking plan made from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from cxkit.instrument.tracking_names import Standard, alike, fault, proposed
from cxkit.records import Missing
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables
from cxkit.tables.problems import masked, plain

MOST = 500
"""Most names that are looked at, the most frequent first."""
QUIET_DAYS = 31
"""Days without a row after which an event counts as stopped."""
CARRIED = 0.95
"""Share of rows that must hold a required column."""
PLACED = 0.5
"""Share of rows with a moment from which an event belongs to it."""
PLAN = [
    *("moment_id", "moment", "stands_for", "event", "arrives_as", "system", "owner_role", "required", "carried"),
    *("rows", "last_seen", "status", "todo"),
]


def seen_names(tables: Tables, rules: Standard) -> tuple[pd.DataFrame, int]:
    """One row per name: event, systems, rows, first_seen, last_seen, moment_id, keeps, fault, proposed, like, why,
    retired_to, carried_<column>; and how many names there are in all.
    """
    supplied = tables.supplied("events")
    carry = [c for c in (*rules.must_carry, *rules.should_carry) if c in COLUMNS]
    counts = "".join(
        f", count({quoted(c)})::DOUBLE / count(*) AS {quoted('carried_' + c)}" if c in supplied else
        f", 0.0::DOUBLE AS {quoted('carried_' + c)}"
        for c in carry
    )  # fmt: skip
    known = (
        "true"
        if isinstance(tables.require("moments", "moment_id"), Missing)
        else "moment_id IN (SELECT moment_id FROM moments)"
    )
    rows = tables.frame(f"""
        SELECT event, count(*) AS rows, count(DISTINCT system) AS systems, coalesce(min(system), '') AS system,
          coalesce(max(system), '') AS other_system, CAST(min(at_date) AS VARCHAR) AS first_seen,
          CAST(max(at_date) AS VARCHAR) AS last_seen{counts}
        FROM events WHERE event IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST}
    """)
    total = int(tables.frame("SELECT count(DISTINCT event) AS n FROM events")["n"].iloc[0])
    placed = tables.frame(f"""
        WITH p AS (SELECT event, moment_id, count(*) AS n FROM events
          WHERE moment_id IS NOT NULL AND {known} GROUP BY 1, 2),
        r AS (SELECT *, row_number() OVER (PARTITION BY event ORDER BY n DESC, moment_id) AS place FROM p)
        SELECT event, moment_id, n AS placed FROM r WHERE place = 1 ORDER BY 1
    """)
    rows = rows.merge(placed, on="event", how="left")
    rows.loc[~(rows["placed"] >= PLACED * rows["rows"]), "moment_id"] = None
    names = [str(e) for e in rows["event"]]
    rows["fault"] = [fault(n, rules) for n in names]
    rows["keeps"] = [f == "" for f in rows["fault"]]
    rows["proposed"] = [proposed(n, rules) if f else "" for n, f in zip(names, rows["fault"], strict=True)]
    pairs = alike(names, [int(n) for n in rows["rows"]])
    rows = rows.merge(pairs, on="event", how="left").fillna({"like": "", "why": ""})
    rows["retired_to"] = [rules.retired.get(n, "") for n in names]
    rows["retired"] = [n in rules.retired for n in names]
    return rows.drop(columns=["placed"]), total


COLUMNS = frozenset({"at", "event", "account_id", "person_id", "moment_id", "session_id", "channel", "system", "value"})


def shown(name: object) -> str:
    """A name as it may be shown: e-mail addresses and long numbers in it hidden."""
    text = masked(name)
    return plain(text[1:-1]) if text.startswith("'") else text


def plan(tables: Tables, names: pd.DataFrame, rules: Standard, roles: Mapping[str, str]) -> pd.DataFrame:
    """The tracking plan: a row per moment, event and name it arrives under, and one per name that nobody declared.

    `roles` is system → owner role, by id and by name. `stands_for`: start, value, or along the way. Status: *arrives*,
    *renamed* (it arrives under another name, or its name breaks the standard), *stopped*, *missing*, *undeclared*.
    """
    planner = _Planner(rules, roles, tables.as_of, {str(r["event"]): r for r in names.to_dict("records")})
    made: list[dict[str, object]] = []
    taken: set[str] = set()
    for moment in _moments(tables):
        for stands, column in (("start", "start_event"), ("value", "value_event")):
            wanted = moment[column]
            if isinstance(wanted, str) and wanted.strip():
                taken |= {wanted, *planner.names(wanted)}
                made += planner.rows(moment, stands, wanted)
        for name, row in planner.seen.items():
            if row["moment_id"] == moment["moment_id"] and name not in taken and not planner.second(name):
                taken |= {name, *planner.names(name)}
                made += planner.rows(moment, "along the way", name)
    nobody = {"moment_id": "", "moment": "", "owner_role": None}
    undeclared = {"status": "undeclared", "todo": "name the moment it belongs to, or stop sending it"}
    for name in planner.seen:
        if name not in taken and not planner.second(name):
            first, *others = planner.rows(nobody, "", name)
            made += [first | undeclared, *others]
    return pd.DataFrame(made, columns=PLAN).astype({"rows": "float64", "carried": "float64"})


def _moments(tables: Tables) -> list[dict[Any, Any]]:
    if isinstance(tables.require("moments", "moment_id", "moment"), Missing):
        return []
    rows = tables.frame(
        "SELECT moment_id, min(moment) AS moment, min(owner_role) AS owner_role, min(start_event) AS start_event, "
        "min(value_event) AS value_event, min(journey) AS journey, min(position) AS position FROM moments "
        "GROUP BY 1 ORDER BY journey, position, moment_id"
    )
    return rows.to_dict("records")


@dataclass(frozen=True)
class _Planner:
    """Rows of the plan for a moment and an event, from the names that are seen."""

    rules: Standard
    roles: Mapping[str, str]
    as_of: date
    seen: Mapping[str, Mapping[Any, Any]]

    def others(self, name: str) -> list[str]:
        """Further names under which an event arrives."""
        return sorted(n for n, r in self.seen.items() if name in (r["like"], r["retired_to"]))

    def second(self, name: str) -> bool:
        """Whether a name is a further name of one that arrives itself."""
        row = self.seen[name]
        return row["like"] in self.seen or (bool(row["retired"]) and row["retired_to"] in self.seen)

    def names(self, wanted: str) -> list[str]:
        """Every name under which an event arrives, its own first."""
        return [*([wanted] if wanted in self.seen else []), *self.others(wanted)] or self._slips(wanted)

    def rows(self, moment: Mapping[Any, Any], stands: str, wanted: str) -> list[dict[str, object]]:
        """The event under its own name, then under the others; one row that says so where it never arrives."""
        names = self.names(wanted)
        if not names:
            return [self._missing(moment, stands, wanted)]
        made = [self._row(moment, stands, name) for name in names]
        if names[0] != wanted:
            made[0]["event"] = shown(wanted)
        for name, row in zip(names, made, strict=True):
            if name != wanted:
                row |= {"event": made[0]["event"], "status": "renamed", "todo": f"send it as {made[0]['event']}"}
        return made

    def _slips(self, wanted: str) -> list[str]:
        names = list(self.seen)
        pairs = alike([wanted, *names], [10**9, *(int(self.seen[n]["rows"]) for n in names)])
        return [e for e, like in zip(pairs["event"], pairs["like"], strict=True) if like == wanted]

    def _missing(self, moment: Mapping[Any, Any], stands: str, wanted: str) -> dict[str, object]:
        todo = "start sending it, or correct the register"
        if fault(wanted, self.rules):
            todo += f"; {_better(proposed(wanted, self.rules))}"
        return {
            **_place(moment, stands),
            **{"event": shown(wanted), "arrives_as": "", "system": "", "owner_role": _text(moment["owner_role"])},
            **{"required": ", ".join(self.rules.must_carry), "carried": None, "rows": 0, "last_seen": ""},
            **{"status": "missing", "todo": todo},
        }

    def _row(self, moment: Mapping[Any, Any], stands: str, name: str) -> dict[str, object]:
        row = self.seen[name]
        carried = {c: float(row.get(f"carried_{c}", 1.0)) for c in self.rules.must_carry}
        short = [c for c, share in carried.items() if share < CARRIED]
        last = str(row["last_seen"])[:10]
        status, todo = "arrives", []
        if row["fault"]:
            status, todo = "renamed", [_better(str(row["proposed"]))]
        if row["retired"]:
            status, todo = "renamed", [f"send {row['retired_to']} instead" if row["retired_to"] else "stop sending it"]
        if (self.as_of - date.fromisoformat(last)).days > QUIET_DAYS:
            status, todo = "stopped", ["find out why it stopped"]
        if short:
            todo.append(f"fill {', '.join(short)}")
        system = str(row["system"]) + (f", {row['other_system']}" if row["other_system"] != row["system"] else "")
        named = str(row["proposed"]) if row["fault"] and row["proposed"] else name
        return {
            **_place(moment, stands),
            **{"event": shown(named), "arrives_as": shown(name), "system": system},
            "owner_role": self.roles.get(str(row["system"]).casefold()) or _text(moment["owner_role"]),
            **{"required": ", ".join(carried), "carried": min(carried.values(), default=1.0), "rows": int(row["rows"])},
            **{"last_seen": last, "status": status, "todo": "; ".join(todo) or "nothing"},
        }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _better(name: str) -> str:
    return f"call it {name}" if name else "give it a name by the standard"


def _place(moment: Mapping[Any, Any], stands: str) -> dict[str, object]:
    return {"moment_id": moment["moment_id"], "moment": moment["moment"], "stands_for": stands}
