"""Which tables each part of each stage reads, for saying what an error stops and what can run."""

from __future__ import annotations

from collections.abc import Iterable

from cxkit.records import Record, Stage


class Part(Record):
    """A part of a stage and the tables it reads: all of one of the alternatives."""

    stage: Stage
    part: str
    tables: tuple[tuple[str, ...], ...]

    def runs(self, present: Iterable[str]) -> bool:
        """Whether one of the alternatives is wholly there."""
        there = set(present)
        return any(set(way) <= there for way in self.tables)

    def among(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of its tables that are among `names`, each once."""
        wanted = set(names)
        return tuple(dict.fromkeys(t for way in self.tables for t in way if t in wanted))


PARTS: tuple[Part, ...] = tuple(
    Part(stage=stage, part=part, tables=tables)
    for stage, part, tables in (
        ("align", "traceability", (("goals", "initiatives"), ("goals", "key_results"))),
        ("align", "failure screen", (("initiatives",), ("metrics",))),
        ("align", "self-assessed maturity", (("maturity",),)),
        ("quantify", "retention", (("revenue",), ("subscriptions",), ("invoices",), ("orders",))),
        ("quantify", "cost to serve", (("costs",),)),
        ("quantify", "complaints", (("tickets",), ("ticket_log",), ("contact_volume",))),
        ("quantify", "satisfaction", (("surveys",),)),
        ("quantify", "business cases", (("initiatives", "benefits"),)),
        ("instrument", "signal map", (("systems",), ("moments",))),
        ("instrument", "attribution", (("tickets",), ("ticket_log",), ("surveys",), ("orders",), ("revenue",))),
        ("instrument", "closed loop", (("surveys",),)),
        ("orchestrate", "register of moments", (("moments",),)),
        ("orchestrate", "service levels", (("tickets",), ("ticket_log",))),
        ("orchestrate", "time to first value", (("events", "moments"),)),
        ("orchestrate", "funnel", (("events",),)),
        ("prove", "experiments", (("assignments", "outcomes"), ("arm_totals",))),
        ("prove", "bridge to the P&L", (("pnl", "assignments", "outcomes"), ("pnl", "arm_totals"))),
        ("govern", "ledger", (("initiatives",),)),
        ("govern", "portfolio", (("initiatives", "benefits", "investments"),)),
        ("govern", "council", (("council",), ("initiatives",))),
    )
)
"""Which tables each part of each stage needs, for saying what an error stops."""


class Stop(Record):
    """A part of a stage that an error stops."""

    stage: Stage
    part: str
    tables: tuple[str, ...]
    """The tables with errors that it would have needed."""
