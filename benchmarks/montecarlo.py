"""Fifty business cases drawn 100,000 times, with Sobol indices: ours against plain numpy doing the same draws and sums.

An initiative has an effect (PERT), an adoption (triangular) and a cost (lognormal); its net present value is weight ×
effect × adoption − cost, the portfolio's the sum. Both ways return P10, P50, P90 and P(NPV > 0) of every initiative and
of the portfolio, and first and total Sobol indices of every initiative at 2^13 points with bootstrap intervals. Plain
numpy draws from its own generators (`beta`, `triangular`, `lognormal`); ours draws standard normals and inverts them,
so that inputs can be correlated and a moved assumption moves the same draws. The quantiles must agree within noise.

Run ``python benchmarks/montecarlo.py``; CXKIT_BENCH_SCALE=0.1 takes a tenth of the draws.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import _record
import numpy as np
from scipy.special import ndtri

from cxkit.quantify.montecarlo import Uncertain, draw
from cxkit.quantify.sensitivity import BATCHES, RESAMPLES, sobol

INITIATIVES, DRAWS, POINTS, REPEATS = 50, 100_000, 2**13, 5
SHARES = (0.1, 0.5, 0.9)
P90 = float(ndtri(0.9))
EFFECT, ADOPTION, COST = (0.01, 0.03, 0.08), (0.4, 0.7, 0.9), (60_000.0, 140_000.0)
"""Ranges of an initiative's inputs; the cost by its P10 and P90."""

Found = tuple[np.ndarray, np.ndarray]
"""Quantiles and P(NPV > 0) per initiative and, last, of the portfolio; Sobol indices: initiatives × 2 × 3."""


def weights() -> np.ndarray:
    """What a unit of effect is worth to each initiative."""
    return 2.5e6 + 1e5 * np.arange(INITIATIVES)


def inputs(initiative: int) -> list[Uncertain]:
    """The three inputs of one initiative."""
    low, high = COST
    return [
        Uncertain(f"{initiative}.effect", "pert", *EFFECT),
        Uncertain(f"{initiative}.adoption", "triangular", *ADOPTION),
        Uncertain(f"{initiative}.cost", "lognormal", low, (low * high) ** 0.5, high),
    ]


def ours(draws: int, points: int, seed: int = 1) -> Found:
    """Through `draw` and `sobol`."""
    rows, together, indices = [], np.zeros(draws), []
    for number, weight in enumerate(weights()):
        given = inputs(number)
        effect, adoption, cost = (one.name for one in given)

        def value(
            x: Any, weight: float = weight, effect: str = effect, adoption: str = adoption, cost: str = cost
        ) -> np.ndarray:
            return np.asarray(weight * x[effect] * x[adoption] - x[cost])

        npv = value(draw(given, draws, seed))
        rows.append(summary(npv))
        together += npv
        found = sobol(given, value, n=points, seed=seed).set_index("input").loc[[one.name for one in given]]
        indices.append(found[["first", "total"]].to_numpy().T)
    return np.array([*rows, summary(together)]), np.array(indices)


def plain(draws: int, points: int, seed: int = 1) -> Found:
    """Through numpy alone: its generators, Saltelli's matrices from two independent sets of draws."""
    rng = np.random.default_rng(seed)
    rows, together, indices = [], np.zeros(draws), []
    counts = rng.poisson(1.0, (RESAMPLES, min(BATCHES, points))).astype(float)
    counts /= counts.sum(axis=1, keepdims=True)
    for weight in weights():
        effect, adoption, cost = generated(rng, draws)
        npv = weight * effect * adoption - cost
        rows.append(summary(npv))
        together += npv
        indices.append(saltelli(rng, weight, points, counts))
    return np.array([*rows, summary(together)]), np.array(indices)


def generated(rng: np.random.Generator, draws: int) -> list[np.ndarray]:
    low, mode, high = EFFECT
    rise = (mode - low) / (high - low)
    effect = low + (high - low) * rng.beta(1 + 4 * rise, 5 - 4 * rise, draws)
    spread = np.log(COST[1] / COST[0]) / (2 * P90)
    cost = rng.lognormal(np.log(COST[0] * COST[1]) / 2, spread, draws)
    return [effect, rng.triangular(*ADOPTION, draws), cost]


def saltelli(rng: np.random.Generator, weight: float, points: int, counts: np.ndarray) -> np.ndarray:
    """First and total indices, with the same bootstrap over batches of points."""
    a, b = generated(rng, points), generated(rng, points)
    mixed = [[b[j] if j == k else a[j] for j in range(3)] for k in range(3)]
    at = [weight * effect * adoption - cost for effect, adoption, cost in (a, b, *mixed)]
    centre = (at[0].mean() + at[1].mean()) / 2
    one, other, *moved = (values - centre for values in at)
    terms = [(one**2 + other**2) / 2, (one + other) / 2]
    terms += [other * (m - one) for m in moved] + [(one - m) ** 2 / 2 for m in moved]
    means = np.array([term.reshape(counts.shape[1], -1).mean(axis=1) for term in terms])
    again = counts @ means.T
    np.quantile(again[:, 2:] / (again[:, :1] - again[:, 1:2] ** 2), [0.025, 0.975], axis=0)
    whole = means.mean(axis=1)
    return np.asarray((whole[2:] / (whole[0] - whole[1] ** 2)).reshape(2, 3))


def summary(npv: np.ndarray) -> np.ndarray:
    """P10, P50, P90 and P(NPV > 0)."""
    return np.array([*np.quantile(npv, SHARES), (npv > 0).mean()])


def timed(work: Callable[[int, int], Found], draws: int, points: int) -> tuple[float, Found]:
    """Seconds, and what was found."""
    begun = time.perf_counter()
    found = work(draws, points)
    return time.perf_counter() - begun, found


def agreement(one: Found, other: Found, draws: int) -> tuple[float, float]:
    """How far the quantiles lie apart, in standard errors of their difference, and the Sobol indices, as they are.

    The standard error of a quantile is √(p(1−p)/n) ÷ density; the density is that of a normal with the quantiles' own
    spread, near enough to tell noise from error.
    """
    q, r = one[0][:, :3], other[0][:, :3]
    spread = (q[:, 2] - q[:, 0]) / (2 * P90)
    density = np.exp(-(np.array([-P90, 0, P90]) ** 2) / 2) / np.sqrt(2 * np.pi) / spread[:, None]
    error = np.sqrt(np.array(SHARES) * (1 - np.array(SHARES)) / draws) / density * np.sqrt(2)
    return float(np.abs((q - r) / error).max()), float(np.abs(one[1] - other[1]).max())


def record(share: float = 1.0, repeats: int = REPEATS) -> dict[str, Any]:
    """One record, at this share of the draws and points."""
    draws, points = max(1000, round(DRAWS * share)), max(64, 2 ** int(np.log2(POINTS * share)))
    plain(1000, 64), ours(1000, 64)  # both warm
    # in turns, so that a busy machine slows both
    pairs = [(timed(plain, draws, points), timed(ours, draws, points)) for _ in range(repeats)]
    other, mine = (float(np.median([pair[k][0] for pair in pairs])) for k in (0, 1))
    theirs, found = pairs[-1][0][1], pairs[-1][1][1]
    errors, indices = agreement(found, theirs, draws)
    return {
        "name": "montecarlo.vs_numpy",
        "ours": mine,
        "other": other,
        "other_name": "numpy",
        "ratio": mine / other,
        "unit": "seconds",
        "size": f"{draws:,} draws × {INITIATIVES} initiatives of 3 inputs, Sobol indices at {points:,} points each",
        "repeats": repeats,
        "quantiles_apart_in_standard_errors": errors,
        "sobol_apart": indices,
        "holds": errors < 4.5 and indices < 8 / points**0.5,
        "machine": _record.machine(),
        "versions": _record.versions("numpy", "scipy"),
    }


def main() -> int:
    """Measure, print and write; exit code 1 where the two ways disagree."""
    found = record(_record.scale())
    print(f"{found['name']}  {found['ours']:.3f} s against {found['other']:.3f} s: {found['ratio']:.2f} ×")
    print(found["size"])
    print(f"quantiles {found['quantiles_apart_in_standard_errors']:.1f} standard errors apart at most")
    _record.write("montecarlo", [found])
    return int(not found["holds"])


if __name__ == "__main__":
    sys.exit(main())
