"""The terms a case is valued on: the months it looks at, when money counts, prices and tax."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from cxkit import errors
from cxkit.formats import quantity
from cxkit.metrics.windows import add_months, last_complete_month, months_between
from cxkit.quantify import finance
from cxkit.quantify.finance import Timing

TIMINGS = {"end": "the month's end", "middle": "the middle of the month", "start": "the month's start"}


@dataclass(frozen=True)
class Horizon:
    """The months a case looks at: the report's month is index 0, the last is `months`."""

    origin: date
    months: int

    def index(self, month: date) -> int:
        """Index of a month; the past is negative."""
        return months_between(self.origin, month)

    def month(self, index: int) -> date:
        """The month of an index."""
        return add_months(self.origin, index)

    def fiscal_year(self, begins: int) -> tuple[int, int]:
        """First and last index of the fiscal year that next month lies in; `begins` is the month it begins in.

        >>> Horizon(origin=date(2026, 10, 1), months=24).fiscal_year(7)
        (-3, 8)
        """
        first = -((self.month(1).month - begins) % 12) + 1
        return first, first + 11


@dataclass(frozen=True)
class Terms:
    """How money of different months is compared.

    Tax is taken on the net flow, margin less cost, and losses are relieved at once: the client is taken to have other
    profit that they lower. It therefore takes the same share of every flow and moves neither ROI, IRR nor payback.
    """

    horizon: Horizon
    rate: float
    timing: Timing = "end"
    tax: float = 0.0
    inflation: float = 0.0

    def worth(self, index: np.ndarray) -> np.ndarray:
        """What one unit of money in each month is worth today, before tax."""
        return finance.discount_factors(index, self.rate, timing=self.timing)

    def prices(self, index: np.ndarray) -> np.ndarray:
        """Prices of each month against today's; the past keeps its own."""
        return np.asarray((1 + self.inflation) ** (np.maximum(index, 0) / 12.0))

    @property
    def words(self) -> str:
        """Rate, timing, prices and tax, in the words of a sentence.

        >>> Terms(Horizon(date(2026, 10, 1), 36), 0.1).words
        "discounted at 10.0\\u202f% a year from the month's end, nominal, before tax"
        """
        prices = "nominal"
        if self.inflation:
            prices += f" with prices moving by {quantity(self.inflation, 'ratio')} a year"
        tax = f"after {quantity(self.tax, 'ratio')} tax with losses relieved at once" if self.tax else "before tax"
        return f"discounted at {quantity(self.rate, 'ratio')} a year from {TIMINGS[self.timing]}, {prices}, {tax}"


def terms_of(as_of: date, *, months: int, rate: float, timing: Timing, tax: float, inflation: float) -> Terms:
    """Terms from the report's date; raises `ParameterError` for terms under which nothing has a value."""
    problems = []
    if months < 1:
        problems.append(f"horizon_months is {months}; a case needs at least one month.")
    if timing not in TIMINGS:
        problems.append(f"discount_timing is '{timing}'; it must be one of {', '.join(TIMINGS)}.")
    if not 0 <= tax < 1:
        problems.append(f"tax_rate is {tax:g}; it must be at least 0 and below 1.")
    if inflation <= -1:
        problems.append(f"inflation is {inflation:g}; it must lie above -1.")
    if problems:
        raise errors.ParameterError(" ".join(problems))
    horizon = Horizon(origin=last_complete_month(as_of), months=months)
    return Terms(horizon=horizon, rate=rate, timing=timing, tax=tax, inflation=inflation)
