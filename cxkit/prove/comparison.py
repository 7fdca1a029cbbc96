"""What every comparison of one arm with its control answers."""

from __future__ import annotations

from cxkit.records import Number, Record


class Comparison(Record):
    """Difference of one arm from its control, treated minus control, in the unit of the metric."""

    baseline: Number
    """Level in the control arm."""
    treated: Number
    """Level in the treated arm."""
    effect: Number
    low: Number
    high: Number
    p: Number
    """Two-sided, not yet adjusted for other tests; valid at any time where `planned` is there."""
    se: Number
    relative: Number | None = None
    """Effect as a fraction of the baseline; None where the baseline is not clearly above zero."""
    relative_low: Number | None = None
    relative_high: Number | None = None
    method: str
    cuped_gain: Number | None = None
    """Share by which the pre-period value narrowed the variance; None when there was none to use."""
    planned: Number | None = None
    """Size at which an interval that holds at any time is tightest; None where it is read once."""
