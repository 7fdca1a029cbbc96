"""Registered experiments, with the names a reader knows them by."""

from __future__ import annotations

import math
from datetime import date
from typing import Any, Literal

import pandas as pd

from cxkit import formats
from cxkit.formats import Unit
from cxkit.prove.units import records
from cxkit.records import Missing, Record
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.engine import Tables

COLUMNS = ("experiment_id", "metric", "kind", "design", "direction", "control_arm", "registered")
"""Columns of `experiments` without which nothing can be read."""

UNITS: dict[str, Unit] = {
    "nps": "nps",
    "score": "score",
    "money": "money",
    "count": "count",
    "minutes": "minutes",
    "hours": "hours",
    "days": "days",
    "months": "months",
}
"""Words in `metrics.unit` that are units of cxkit; any other word leaves the number bare."""

RANDOMISED = ("randomised", "cluster_randomised", "holdout")
QUASI = ("did", "synthetic_control", "matched")
"""Designs without a draw, assessed by `quasi`."""


class Plan(Record):
    """One experiment as it was registered."""

    experiment_id: str
    initiative_id: str | None = None
    name: str
    """Name of the initiative, or the experiment's id with the word experiment or programme."""
    hypothesis: str = ""
    metric: str
    metric_name: str
    kind: Literal["binary", "mean", "ratio"]
    design: Literal[
        "randomised", "cluster_randomised", "holdout", "did", "synthetic_control", "matched", "before_after"
    ]
    direction: Literal["up", "down"]
    control_arm: str
    planned_share: float | None = None
    registered: date | None = None
    started: date | None = None
    ended: date | None = None
    worthwhile: float | None = None
    """Smallest absolute change worth having, in the unit of the metric."""
    exposed_base: float | None = None
    unit_margin: float | None = None
    pnl_line: str | None = None
    lag_months: float | None = None
    unit: Unit = "none"
    """Unit of the effect: points for a yes–no outcome, else that of the metric where it is known."""
    looks: Literal["once", "always", ""] = ""
    """Whether it was registered to be read once, at its end, or at any time; empty when that was not said."""
    segments: tuple[str, ...] = ()
    """Columns of `accounts` in which the effect was expected to differ, as registered."""

    @property
    def running(self) -> bool:
        """Whether it has no end yet."""
        return self.ended is None

    @property
    def anytime(self) -> bool:
        """Whether its interval must hold at every look: registered so, or read while it still runs."""
        return self.looks == "always" or self.running

    @property
    def unread(self) -> bool:
        """Whether it was registered to be read once, at its end, and has not come to it."""
        return self.looks == "once" and self.running

    @property
    def randomised(self) -> bool:
        """Whether chance decided who got what."""
        return self.design in RANDOMISED

    @property
    def better(self) -> int:
        """1 when more is better, −1 when less is."""
        return 1 if self.direction == "up" else -1

    def money(self, effect: float) -> float | None:
        """Contribution of this effect in a year, positive when it is a benefit; None without base or margin."""
        if self.exposed_base is None or self.unit_margin is None:
            return None
        return self.better * effect * self.exposed_base * self.unit_margin

    def amount(self, value: float, currency: str, *, signed: bool = False) -> str:
        """An effect in words: at least three digits where the unit is bare.

        >>> plan = Plan(experiment_id="e", name="e", metric="m", metric_name="m", kind="mean", design="randomised",
        ...             direction="up", control_arm="a")
        >>> plan.amount(0.0233, "EUR"), plan.amount(-1234.5, "EUR")
        ('0.0233', '−1,234')
        """
        if self.unit not in {"none", "nps", "score"}:
            return formats.quantity(value, self.unit, currency=currency, signed=signed)
        digits = 2 if value == 0 else min(max(0, 2 - math.floor(math.log10(abs(value)))), 6)
        return formats.number(value, digits, signed=signed)


def read_plans(tables: Tables) -> tuple[Plan, ...]:
    """The registered experiments, by id; names come from `initiatives` and `metrics` where these were supplied."""
    names = tables.supplied("initiatives") >= {"initiative_id", "initiative"}
    metrics = tables.supplied("metrics") >= {"metric_id", "metric"}
    joins = "LEFT JOIN initiatives i USING (initiative_id)" if names else ""
    joins += " LEFT JOIN metrics m ON m.metric_id = e.metric" if metrics else ""
    rows = tables.frame(f"""
        SELECT e.*, {"i.initiative" if names else "NULL"} AS initiative,
            {"m.metric" if metrics else "NULL"} AS metric_name, {"m.unit" if metrics else "NULL"} AS metric_unit
        FROM experiments e {joins} ORDER BY e.experiment_id
    """)
    rows = rows.drop_duplicates("experiment_id").astype(object)
    rows = rows.where(rows.notna(), None)
    usable = rows[rows[[c for c in COLUMNS if c != "registered"]].notna().all(axis=1)]
    for column in ("kind", "design", "direction"):
        allowed = CONTRACTS["experiments"].column(column).allowed
        usable = usable[usable[column].isin(allowed)]
    shared = usable["initiative"].dropna()
    twice = set(shared[shared.duplicated()])
    return tuple(_plan(row, twice, tables.currency) for row in records(usable))


def missing_plan(tables: Tables) -> tuple[Missing, ...]:
    """What of the registration is missing altogether."""
    return tables.lacking({"experiments": COLUMNS})


def _plan(row: dict[str, Any], twice: set[str], currency: str) -> Plan:
    initiative = row["initiative"]
    name = initiative or f"{'programme' if row['design'] == 'holdout' else 'experiment'} {row['experiment_id']}"
    if initiative in twice:
        name = f"{initiative} ({row['experiment_id']})"
    fields: dict[str, Any] = {k: row[k] for k in COLUMNS} | {
        k: row[k]
        for k in (
            "initiative_id",
            "planned_share",
            "started",
            "ended",
            "exposed_base",
            "unit_margin",
            "pnl_line",
            "lag_months",
        )
    }
    for day in ("registered", "started", "ended"):
        fields[day] = None if fields[day] is None else pd.Timestamp(fields[day]).date()
    fields["looks"] = row["looks"] if row["looks"] in {"once", "always"} else ""
    named = (part.strip() for part in str(row["segments"] or "").split(","))
    fields["segments"] = tuple(dict.fromkeys(part for part in named if part))
    unit = str(row["metric_unit"] or "").strip().lower()
    bare: Unit = (
        "money"
        if unit in {currency.lower(), formats.SYMBOLS.get(currency, "").lower()} - {""}
        else UNITS.get(unit, "none")
    )
    return Plan(
        **fields,
        name=name,
        hypothesis=row["hypothesis"] or "",
        metric_name=row["metric_name"] or str(row["metric"]).replace("_", " "),
        worthwhile=row["minimum_effect"],
        unit="points" if row["kind"] == "binary" else bare,
    )
