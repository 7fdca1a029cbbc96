"""Which input matters: one moved at a time (tornado), and shares of the variance (Sobol indices).

Sobol indices are estimated after Saltelli et al. (2010) for the first order and Jansen (1999) for the total, on Owen's
scrambled Sobol points, by `scipy.stats.sobol_indices`; their intervals are bootstrapped and seeded. Inputs that move
together have no shares of their own: a group of them counts as one input, and the table names its members.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special, stats

from cxkit.errors import ParameterError
from cxkit.quantify.montecarlo import Uncertain, check, joined

Value = Callable[[Mapping[str, np.ndarray]], np.ndarray]
"""Takes the inputs by name, all arrays of one length, and returns the value of each row."""

TORNADO = ("input", "low", "high", "low_value", "high_value", "base_value", "swing")
SOBOL = ("input", "members", "first", "first_low", "first_high", "total", "total_low", "total_high")
RESAMPLES, BATCHES = 400, 256


def tornado(inputs: Sequence[Uncertain], value: Value) -> pd.DataFrame:
    """What the value becomes when one input alone goes to its P10 and its P90, the others at their expected values.

    Columns: input, low and high (the input there), low_value and high_value (the value there), base_value (all at
    their expected values), swing (how far the two lie apart); the widest first. Inputs that cannot vary are left out.

    >>> two = [Uncertain("a", "pert", 0, 5, 10), Uncertain("b", "pert", 0, 1, 2)]
    >>> tornado(two, lambda x: x["a"] - x["b"])[["input", "base_value"]].values.tolist()
    [['a', 4.0], ['b', 4.0]]
    """
    check(inputs)
    moved = [one for one in inputs if one.varies]
    if not moved:
        return pd.DataFrame(columns=list(TORNADO))
    ends = {one.name: one.at([0.1, 0.9]) for one in moved}
    given = {one.name: np.full(2 * len(moved) + 1, one.mean) for one in inputs}
    for place, one in enumerate(moved):
        given[one.name][2 * place : 2 * place + 2] = ends[one.name]
    values = np.asarray(value(given), dtype=float)
    rows = [
        (one.name, *ends[one.name], low, high, values[-1], abs(high - low))
        for one, low, high in zip(moved, values[:-1:2], values[1:-1:2], strict=True)
    ]
    frame = pd.DataFrame(rows, columns=list(TORNADO))
    return frame.sort_values(["swing", "input"], ascending=[False, True], ignore_index=True)


def sobol(inputs: Sequence[Uncertain], value: Value, *, n: int, seed: int) -> pd.DataFrame:
    """Share of the value's variance that each input explains alone (first) and with all it takes part in (total).

    `n` is a power of two; the value is computed n × (2 + number of inputs or groups) times. Columns: input (or the
    name of a group that moves together), members (its inputs), first and total with 95 % bootstrap intervals; the
    largest total first. Shares are empty where the value does not vary. Raises `ParameterError` for another n.
    """
    check(inputs)
    if n < 64 or n & (n - 1):
        raise ParameterError(f"n is {n}; Sobol points need a power of two of at least 64, such as {2**13}.")
    moved = [one for one in inputs if one.varies]
    blocks = _blocks(moved)
    if not blocks:
        return pd.DataFrame(columns=list(SOBOL))
    groups = sorted({one.moves_with for one in moved if one.grouped})
    width = len(moved) + len(groups)
    points = stats.qmc.Sobol(d=2 * width, rng=np.random.default_rng([seed, width])).random(n)
    normal = special.ndtri(np.clip(points, 1e-12, 1 - 1e-12)).T
    still = {one.name: np.full(n, one.mean) for one in inputs if not one.varies}
    at_a = still | _inputs(moved, groups, normal[:width])
    at_b = still | _inputs(moved, groups, normal[width:])
    mixed = [at_a | {one.name: at_b[one.name] for one in members} for members in blocks.values()]
    of_a, of_b, *of_mixed = (np.asarray(value(given), dtype=float) for given in (at_a, at_b, *mixed))
    return _shares(blocks, of_a, of_b, np.array(of_mixed), seed)


def _inputs(moved: Sequence[Uncertain], groups: Sequence[str], normal: np.ndarray) -> dict[str, np.ndarray]:
    """Values of the inputs from rows of standard normals: one of each input, then one of each group."""
    common = dict(zip(groups, normal[len(moved) :], strict=True))
    return {
        one.name: one.of_normal(joined(one, common[one.moves_with], own) if one.grouped else own)
        for one, own in zip(moved, normal[: len(moved)], strict=True)
    }


def _blocks(moved: Sequence[Uncertain]) -> dict[str, list[Uncertain]]:
    """Inputs by the name they are reported under: their own, or that of the group they move with."""
    blocks: dict[str, list[Uncertain]] = {}
    for one in moved:
        blocks.setdefault(one.moves_with if one.grouped else one.name, []).append(one)
    return blocks


def _shares(
    blocks: Mapping[str, Sequence[Uncertain]], at_a: np.ndarray, at_b: np.ndarray, mixed: np.ndarray, seed: int
) -> pd.DataFrame:
    names = [(name, ", ".join(one.name for one in members)) for name, members in blocks.items()]
    spread = np.ptp(np.concatenate([at_a, at_b]))
    if spread <= 1e-12 * max(1.0, float(np.abs(at_a).max())):
        return pd.DataFrame([(*n, *[np.nan] * 6) for n in names], columns=list(SOBOL))
    given: dict[Literal["f_A", "f_B", "f_AB"], np.ndarray] = {
        "f_A": at_a[None, :],
        "f_B": at_b[None, :],
        "f_AB": mixed[:, None, :],
    }
    found = stats.sobol_indices(func=given, n=len(at_a))
    first, total = np.ravel(found.first_order), np.ravel(found.total_order)
    ends = np.quantile(_resampled(at_a, at_b, mixed, seed), [0.025, 0.975], axis=0)
    rows = [(*name, first[k], *ends[:, 0, k], total[k], *ends[:, 1, k]) for k, name in enumerate(names)]
    frame = pd.DataFrame(rows, columns=list(SOBOL))
    return frame.sort_values(["total", "input"], ascending=[False, True], ignore_index=True)


def _resampled(at_a: np.ndarray, at_b: np.ndarray, mixed: np.ndarray, seed: int) -> np.ndarray:
    """First and total shares in each of `RESAMPLES` bootstrap samples of the points: samples × 2 × inputs.

    Batches of neighbouring points are resampled, by Poisson counts. Scrambled Sobol points are spread more evenly than
    independent ones, so that the intervals are rather too wide than too narrow.
    """
    centre = (at_a.mean() + at_b.mean()) / 2
    one, other, moved = at_a - centre, at_b - centre, mixed - centre
    batches = min(BATCHES, len(one))
    counts = _counts(batches, seed)

    def resampled(terms: np.ndarray) -> np.ndarray:
        return np.asarray(counts @ terms.reshape(*terms.shape[:-1], batches, -1).mean(axis=-1).T)

    variance = resampled(one**2 + other**2) / 2 - (resampled(one + other) / 2) ** 2
    shares = [resampled(other * (moved - one)), resampled((one - moved) ** 2) / 2]
    return np.stack(shares, axis=1) / variance[:, None, None]


@lru_cache(maxsize=4)
def _counts(batches: int, seed: int) -> np.ndarray:
    """How often each batch is in each bootstrap sample, as shares of the sample; the same for every case of a run."""
    counts = np.random.default_rng([seed, batches]).poisson(1.0, (RESAMPLES, batches)).astype(float)
    counts /= counts.sum(axis=1, keepdims=True)
    counts.setflags(write=False)
    return counts
