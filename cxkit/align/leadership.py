"""Whether leaders carry the programme: mission, sponsors, habits, pay, and room to work in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cxkit.align.leadership_acts import acts
from cxkit.align.leadership_focus import focus
from cxkit.align.leadership_mission import mission
from cxkit.align.leadership_pay import pay
from cxkit.records import Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, table

COLUMNS: Mapping[str, Mapping[str, Kind]] = {
    "checks": {"question": "text", "verdict": "text", "evidence": "text"},
    "mission": {"question": "text", "holds": "boolean", "evidence": "text"},
    "sponsors": {
        **{"initiative_id": "text", "initiative": "text", "sponsor_named": "boolean"},
        **{"last_act": "date", "days": "integer", "active": "boolean"},
    },
    "habits": {
        **{"kind": "text", "acts": "integer", "wanted": "integer", "months": "integer", "last": "date"},
        **{"teams_reached": "integer", "teams": "integer"},
    },
    "pay": {
        **{"team": "text", "shared_outcome": "number", "own_outcome": "number", "own_activity": "number"},
        **{"stated": "number"},
    },
    "goals_paid": {"goal_id": "text", "goal": "text", "paid": "boolean"},
    "load": {"carrier": "text", "name": "text", "live": "integer", "over": "boolean"},
    "aims": {"aim": "text", "id": "text", "name": "text", "live": "integer", "initiatives": "text"},
}
"""Columns of every table."""


class Leadership(Result):
    """What the authored sheets say about leadership.

    Reads `mission`, `leadership`, `initiatives`, `metrics`, `moments`, `goals`, `key_results`, `links`, `audit` (items
    mission_known and role_clarity), `wins` and `workforce` (teams). Tables, columns as in `COLUMNS`: `checks` (one row
    per question, verdict "holds", "partly", "does not hold" or "cannot tell"), `mission`, `sponsors` (for partners
    only: do not put it before a board), `habits`, `pay` (weights per team), `goals_paid`, `load`, `aims`.
    """

    stage: ClassVar[str] = "align"
    name: ClassVar[str] = "leadership"


def leadership(tables: Tables, *, budget: float | None) -> Leadership:
    """Assess mission, sponsors, habits, incentives and competing priorities from the tables that hold them.

    `budget` is the money the council can give out, in the client's currency; None when nobody stated it. What no
    table holds is a gap that asks for it. The finding about sponsors is for partners only.
    """
    parts = (mission(tables), acts(tables), pay(tables), focus(tables, budget))
    found = {name: [row for p in parts for row in p.tables.get(name, [])] for name in COLUMNS}
    found["checks"] = [row for p in parts for row in p.checks]
    return Leadership(
        as_of=tables.as_of,
        findings=tuple(f for p in parts for f in p.findings),
        gaps=tuple(g for p in parts for g in p.gaps),
        tables={name: table(rows, COLUMNS[name]) for name, rows in found.items()},
    )
