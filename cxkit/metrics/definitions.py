"""What every metric means, by which convention, and what would move it: ``playbook/metrics.yml`` as records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Literal

from cxkit import errors, shipped
from cxkit.formats import Unit
from cxkit.records import Record

FILE = "playbook/metrics.yml"


class Rival(Record):
    """Another convention in use."""

    name: str
    moves: str
    """Which way the figure moves under it."""


class Revision(Record):
    """How a metric was defined under an earlier version, until when, and why that was changed."""

    version: int
    until: date | None = None
    """Last day it was in force; None when nobody wrote it down."""
    formula: str = ""
    """Empty where the formula has stayed the same."""
    convention: str = ""
    why: str
    """Why the next version replaced it, as one sentence for the client."""


class Definition(Record):
    """One metric's definition."""

    id: str
    name: str
    version: int
    unit: Unit
    direction: Literal["up", "down"]
    """Which way is better."""
    formula: str
    convention: str
    rivals: tuple[Rival, ...]
    minimum_n: str
    tables: Mapping[str, tuple[str, ...]]
    """Source tables and the columns it reads."""
    interval: str
    """What the interval is about and how it is made."""
    history: tuple[Revision, ...] = ()
    """Earlier versions, oldest first; empty for a metric that has only ever had one."""

    @property
    def tag(self) -> str:
        """Metric and version, as findings carry it: ``grr@1``."""
        return f"{self.id}@{self.version}"

    def why_changed(self, since: int) -> str:
        """Why the definition changed after version `since`: the reasons of all versions it went through.

        >>> definitions()["grr"].why_changed(1)
        ''
        """
        return " ".join(r.why for r in self.history if r.version >= since)

    def better(self, value: float, than: float) -> bool:
        """Whether a value is better than another."""
        return value > than if self.direction == "up" else value < than


@cache
def definitions() -> Mapping[str, Definition]:
    """Every definition by metric id, in the order of the file.

    >>> definitions()["grr"].tag, definitions()["logo_churn"].direction
    ('grr@1', 'down')
    """
    found = [Definition.model_validate(entry) for entry in shipped.yaml(FILE)["metrics"]]
    return MappingProxyType({d.id: d for d in found})


def definition(metric: str) -> Definition:
    """The definition of one metric; an unknown id is an error with the nearest name."""
    known = definitions()
    if metric not in known:
        raise errors.InputError(errors.unknown_name("metric", metric, sorted(known), where=FILE))
    return known[metric]
