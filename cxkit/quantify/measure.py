"""One metric of the scorecard, in the form that every metric is brought to."""

from __future__ import annotations

import pandas as pd

from cxkit.metrics import estimates
from cxkit.metrics.definitions import Definition, definition
from cxkit.metrics.estimates import Estimate
from cxkit.records import Gap, Missing, Record

Point = tuple[str, float, float | None, float | None, int]
"""Month, value, low, high, n."""
SERIES_MONTHS = 25
"""Months of a series: the latest, and two years before it to compare it with."""
YEAR = 12
RESAMPLED = "the underlying rate, customers resampled; the realised figure is exact for the book supplied"
ANSWERED = "what customers who answer would say; who did not answer is not in it"
MONTHS_VARY = "the underlying level, from the months' own variation; the ledger's figure is exact"
SERIES = ("month", "value", "low", "high", "n")


class Measure(Record):
    """One metric of the scorecard."""

    metric: str
    estimate: Estimate
    before: Estimate | None = None
    """The same window a year earlier, where the tables reach back."""
    period: str
    months: int = 12
    """Length of the window."""
    about: str
    scale: str = ""
    """What a value of the series is; empty without one."""
    series: tuple[tuple[str, float, float | None, float | None, int], ...] = ()
    """Month, value, low, high, n; on the scale of the figure."""
    detail: str = ""
    sources: tuple[str, ...] = ()
    weight: float = 0.0
    """Money at stake per year."""
    yearly_units: float = 0.0
    """Units a year to which a deviation from the target applies, where the metric is money."""
    exact: bool = False
    """Whether the realised figure may be held against the target without an interval."""

    @property
    def definition(self) -> Definition:
        """Its definition in ``playbook/metrics.yml``."""
        return definition(self.metric)

    @property
    def change(self) -> Estimate | None:
        """Now less a year earlier."""
        return None if self.before is None else estimates.difference(self.estimate, self.before)


def gap(metric: str, reason: str, *needs: Missing) -> Gap:
    """A metric that cannot be assessed."""
    return Gap(id=f"quantify.scorecard.{metric}", what=definition(metric).name, reason=reason, needs=needs)


def absent(metric: str, missing: Missing) -> Gap:
    """A metric whose table or columns were not supplied."""
    return gap(metric, f"{definition(metric).name} needs {missing}: {missing.why}.", missing)


def points(frame: pd.DataFrame, made: list[Estimate]) -> tuple[Point, ...]:
    """The months of a frame with their figures, as a series; months without a figure are left out."""
    months = [f"{m:%Y-%m}" for m in pd.to_datetime(frame["month"])]
    return tuple((m, e.value, e.low, e.high, e.n) for m, e in zip(months, made, strict=True) if e.value is not None)
