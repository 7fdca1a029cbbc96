"""What information is worth before a decision: EVPI, EVPPI and EVSI, from joint draws and from discrete trees.

EVPI is the value of deciding with everything known over deciding now; EVPPI of knowing one initiative's worth; EVSI of
a test of it. Methods: EVPPI conditions on bins of the sorted draws (Strong & Oakley 2013), in which initiatives that
share an input are carried along by regression (Strong & Oakley 2014): exact where values are independent, because the
decision is linear in each of them. EVSI shrinks the prior of what is tested towards its mean by √(σ² ÷ (σ² + s²)): the
spread of the preposterior mean, exact where prior and test are normal (Raiffa & Schlaifer 1961) and the Gaussian
approximation of Jalal & Alarid-Escudero (2018) elsewhere. Built on the same bins, 0 ≤ EVSI ≤ EVPPI ≤ EVPI always.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
from scipy.stats import norm

from cxkit.govern.information_choice import Choice

BINS = 100
RELATED = 4.0
"""Standard errors from which a correlation of draws counts as a shared input."""


def unit_normal_loss(z: float) -> float:
    """Expected shortfall of a standard normal beyond z: φ(z) − z (1 − Φ(z)) (Raiffa & Schlaifer 1961).

    >>> round(unit_normal_loss(0), 4), round(unit_normal_loss(1), 4)
    (0.3989, 0.0833)
    """
    return float(norm.pdf(z) - z * norm.sf(z))


def evsi_normal(mean: float, sd: float, error: float) -> float:
    """EVSI of one yes-or-no decision: worth `mean` ± `sd` (normal), against nothing; a test with standard `error`.

    With an error of 0 this is the EVPI.

    >>> round(evsi_normal(0.0, 1.0, 0.0), 4), round(evsi_normal(0.0, 1.0, 1.0), 4)
    (0.3989, 0.2821)
    """
    spread = sd * math.sqrt(sd**2 / (sd**2 + error**2)) if sd > 0 else 0.0
    return spread * unit_normal_loss(abs(mean) / spread) if spread > 0 else 0.0


Inputs = Mapping[str, Sequence[tuple[float, float]]]
"""Independent discrete inputs: name → (value, probability) pairs."""


def evppi_discrete(inputs: Inputs, payoffs: Callable[..., Sequence[float]], about: Collection[str]) -> float:
    """What knowing the inputs named `about` is worth: all of them gives the EVPI.

    `payoffs` takes every input by name and gives the value of each option. The oil wildcatter, in thousands: drilling
    costs 150, 300 or 500, the field holds 0, 700 or 1,200, walking away brings nothing.

    >>> inputs = {"cost": [(150, 0.2), (300, 0.6), (500, 0.2)], "oil": [(0, 0.5), (700, 0.3), (1200, 0.2)]}
    >>> drill = lambda cost, oil: (oil - cost, 0)
    >>> round(evppi_discrete(inputs, drill, {"oil"}), 6), round(evppi_discrete(inputs, drill, {"cost"}), 6)
    (155.0, 10.0)
    """
    names = list(inputs)
    cells = [
        (dict(zip(names, values, strict=True)), math.prod(chances))
        for values, chances in (zip(*pairs, strict=True) for pairs in itertools.product(*inputs.values()))
    ]
    groups: dict[tuple[float, ...], list[np.ndarray]] = {}
    for values, chance in cells:
        key = tuple(values[name] for name in names if name in set(about))
        groups.setdefault(key, []).append(chance * np.asarray(payoffs(**values), float))
    known = math.fsum(float(np.sum(parts, axis=0).max()) for parts in groups.values())
    now = np.sum([part for parts in groups.values() for part in parts], axis=0).max()
    return max(0.0, known - float(now))


def evsi_discrete(
    prior: Sequence[float], payoffs: Sequence[Sequence[float]], signals: Sequence[Sequence[float]]
) -> float:
    """What an imperfect signal is worth: `payoffs` by option and state, `signals` the chance of each signal by state.

    >>> round(evsi_discrete([0.5, 0.5], [[10, -10], [0, 0]], [[0.8, 0.2], [0.2, 0.8]]), 6)
    3.0
    """
    chance, worth = np.asarray(prior, float), np.asarray(payoffs, float)
    joint = chance[:, None] * np.asarray(signals, float)
    return max(0.0, float((worth @ joint).max(axis=0).sum() - (worth @ chance).max()))


def evpi(draws: np.ndarray, choice: Choice) -> float:
    """Value of deciding with everything known, over deciding now (draws × candidates)."""
    return max(0.0, float(choice.best(draws).mean() - choice.best(draws.mean(axis=0)[None])[0]))


class Known:
    """What knowing, or testing, one candidate's worth would change: its bins of the joint draws."""

    def __init__(self, draws: np.ndarray, which: int, choice: Choice, *, bins: int = BINS) -> None:
        self.which, self.choice = which, choice
        self.mean = draws.mean(axis=0)
        self.now = float(choice.best(self.mean[None])[0])
        sd = float(draws[:, which].std())
        self.sd = sd if sd > 1e-9 * max(1.0, abs(float(self.mean[which]))) else 0.0
        self._bins = self._conditional(draws, min(bins, len(draws)))

    def _conditional(self, draws: np.ndarray, bins: int) -> np.ndarray:
        """Mean worth of every candidate in each bin of this one's draws (bins × candidates)."""
        own = draws[:, self.which]
        size = len(own) // bins
        order = np.argsort(own, kind="stable")[: bins * size].reshape(bins, size)
        found = np.tile(self.mean, (bins, 1))
        middle = own[order].mean(axis=1)
        found[:, self.which] = middle - middle.mean() + self.mean[self.which]
        if self.sd <= 0 or len(np.unique(middle)) < min(5, bins):
            return found
        centred = draws - self.mean
        spread = centred.std(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            related = np.abs((centred * centred[:, [self.which]]).mean(axis=0) / (spread * self.sd))
        for other in np.flatnonzero(np.nan_to_num(related) > RELATED / math.sqrt(len(own))):
            if other != self.which:
                x = (middle - middle.mean()) / middle.std()
                fit = np.polynomial.polynomial.polyfit(x, draws[:, other][order].mean(axis=1), min(3, bins - 1))
                value = np.polynomial.polynomial.polyval(x, fit)
                found[:, other] = value - value.mean() + self.mean[other]
        return found

    def value(self, *, error: float = 0.0, spread: float = 1.0, kept: float = 1.0) -> float:
        """Value gained over deciding now: of a test with this standard `error` (0: of knowing for sure).

        `spread` multiplies the prior's standard deviation; `kept` is the share of this candidate's worth that is left
        when its money waits for the answer. Without waiting the value is never negative.
        """
        sd = spread * self.sd
        scale = spread * (sd / math.hypot(sd, error) if sd > 0 else 0.0)
        after = self.mean + scale * (self._bins - self.mean)
        after[:, self.which] *= kept
        free = self.choice.fixed[self.which] * (1 - kept) * self.mean[self.which]  # what goes on while it is tested
        gained = float(self.choice.best(after).mean()) + float(free) - self.now
        if abs(gained) <= 1e-9 * max(1.0, abs(self.now)):
            return 0.0  # the sum of many draws, not a value
        return gained if kept < 1 else max(0.0, gained)
