"""How often does an A/A test, looked at every day, show an effect that is not there?

Sixty daily looks at tests without any effect, read both ways on the same data: by the interval that holds at any time,
and by the ordinary one. Units are drawn day by day and count once their outcome is there; CUPED re-estimates its
coefficient at each look; clusters are drawn at the start and their units come in day by day, or (`arriving`) the
clusters themselves do. A test counts as a false alarm when any look says there is an effect. Beside it stand how
much wider the interval is than the ordinary one at the last look, and how often an effect that the ordinary test
would see four times in five at its end is seen by then.

Moments are summed in numpy; every look that could say "effect" is put through the product's own comparison
(`sequential_reading.read`), which decides.

Run ``python benchmarks/peeking.py``; CXKIT_BENCH_SCALE=0.1 takes a tenth of the seeds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, NamedTuple

import _record
import numpy as np
import pandas as pd
from scipy.stats import binomtest

from cxkit.prove import sequential, sequential_reading
from cxkit.prove.comparison import Comparison
from cxkit.prove.plan import Plan
from cxkit.prove.units import MEASURES, PAIRS

SEEDS, LOOKS = 2000, 60
LEVEL = 0.95
Array = np.ndarray
Data = dict[str, Array]
"""num, den, xnum, xden of one row per randomised unit and look (clusters: as summed by then), arm, and `ready`, the
first look that counts it."""


@dataclass(frozen=True)
class Case:
    """One kind of A/A test."""

    draw: Callable[[np.random.Generator, float], Data]
    kind: str
    size: str
    effect: float
    """Effect for the power: about four in five at the end, read once."""
    clusters: bool = False
    covariate: bool = False
    worthwhile: bool = True
    """Whether the interval is tuned at `effect` as the smallest change worth having."""


def _ready(rng: np.random.Generator, n: int) -> Array:
    """The look from which a unit counts: drawn evenly over the days, its outcome matures with it."""
    return np.sort(rng.integers(0, LOOKS, n))


def _units(num: Array, arm: Array, ready: Array, **more: Array) -> Data:
    plain = {"den": np.ones(len(num)), "xnum": np.zeros(len(num)), "xden": np.ones(len(num))}
    return {**plain, "num": num, "arm": arm, "ready": ready, **more}


def spend(rng: np.random.Generator, effect: float, n: int = 3000) -> Data:
    """Spending, lognormal."""
    arm = rng.integers(0, 2, n)
    return _units(rng.lognormal(3.0, 0.9, n) + effect * arm, arm, _ready(rng, n))


def orders(rng: np.random.Generator, effect: float, n: int = 3000) -> Data:
    """Orders per session."""
    arm, own = rng.integers(0, 2, n), rng.gamma(2.0, 0.5, n)
    sessions = 1 + rng.poisson(3 * own)
    made = rng.binomial(sessions, np.clip(0.30 / (1 + own) + effect * arm, 0, 1))
    return _units(made.astype(float), arm, _ready(rng, n), den=sessions.astype(float))


def yes_no(rng: np.random.Generator, effect: float, n: int = 3000) -> Data:
    """A yes–no outcome at 10 %."""
    arm = rng.integers(0, 2, n)
    return _units((rng.random(n) < 0.1 + effect * arm).astype(float), arm, _ready(rng, n))


def spend_before(rng: np.random.Generator, effect: float, n: int = 3000) -> Data:
    """Spending after and before, sharing the customer."""
    arm, own = rng.integers(0, 2, n), rng.normal(3.0, 0.6, n)
    before, after = (np.exp(own + rng.normal(0, 0.4, n)) for _ in range(2))
    return _units(after + effect * arm, arm, _ready(rng, n), xnum=before)


def teams(rng: np.random.Generator, effect: float, *, count: int, arriving: bool = False, past: bool = False) -> Data:
    """Clusters of 30 to 60 units that share a level; rows are units, to be summed by cluster."""
    order = rng.permutation(np.arange(count) % 2)
    cluster = np.repeat(np.arange(count), rng.integers(30, 61, count))
    level = rng.normal(0, 3.0, count)[cluster]
    n = len(cluster)
    ready = np.sort(rng.integers(0, LOOKS, count))[cluster] if arriving else rng.integers(0, LOOKS, n)
    arm = order[cluster]
    data = _units(40 + level + rng.normal(0, 8, n) + effect * arm, arm, ready, cluster=cluster)
    return data | ({"xnum": 40 + level + rng.normal(0, 8, n)} if past else {})


CASES: dict[str, Case] = {
    "mean": Case(spend, "mean", "3,000 units, lognormal, sigma 0.9", 3.0),
    "mean_untuned": Case(spend, "mean", "3,000 units, tuned at 1,000 whatever is worth having", 3.0, worthwhile=False),
    "binary": Case(yes_no, "binary", "3,000 units, 10 %", 0.032),
    "ratio": Case(orders, "ratio", "3,000 units, orders per session", 0.024),
    "cuped": Case(spend_before, "mean", "3,000 units, coefficient re-estimated", 1.75, covariate=True),
    "clusters_40": Case(partial(teams, count=80), "mean", "40 + 40 clusters of 30 to 60 units", 2.1, clusters=True),
    "clusters_40_cuped": Case(
        partial(teams, count=80, past=True), "mean", "40 + 40 clusters, with a past", 1.2, clusters=True, covariate=True
    ),
    "clusters_40_arriving": Case(
        partial(teams, count=80, arriving=True), "mean", "40 + 40 clusters, one after another", 2.1, clusters=True
    ),
    "clusters_12": Case(partial(teams, count=24), "mean", "12 + 12 clusters of 30 to 60 units", 4.0, clusters=True),
    "clusters_12_arriving": Case(
        partial(teams, count=24, arriving=True), "mean", "12 + 12 clusters, one after another", 4.0, clusters=True
    ),
}


def plan(name: str) -> Plan:
    """The test as it would be registered: looked at any time."""
    case = CASES[name]
    given: dict[str, Any] = {"kind": case.kind, "design": "cluster_randomised" if case.clusters else "randomised"}
    return Plan(
        experiment_id=name, name=name, metric="y", metric_name="y", direction="up", control_arm="0", looks="always",
        worthwhile=case.effect if case.worthwhile else None, **given,
    )  # fmt: skip


class Cells:
    """Counts, sums and sums of products of `MEASURES` over randomised units, by look and arm."""

    def __init__(self, data: Data, *, clusters: bool) -> None:
        self.summed: Array | None = None
        x = np.stack([data[m] for m in MEASURES], axis=1)
        if not clusters:
            parts = [(x[data["arm"] == arm], data["ready"][data["arm"] == arm]) for arm in (0, 1)]
            self.n, self.sums, self.products = (
                np.stack(each, axis=1) for each in zip(*(self._units(*part) for part in parts), strict=True)
            )
            return
        count = int(data["cluster"].max()) + 1
        cell = data["ready"] * count + data["cluster"]
        columns = [*x.T, np.ones(len(x))]
        added = [np.bincount(cell, weights=c, minlength=LOOKS * count).reshape(LOOKS, count) for c in columns]
        self.summed = np.stack(added, axis=2).cumsum(axis=0)
        self.arm = np.zeros(count, dtype=int)
        self.arm[data["cluster"]] = data["arm"]
        mine = [self.summed[:, self.arm == arm, :] for arm in (0, 1)]
        self.n = np.stack([(part[:, :, 4] > 0).sum(axis=1) for part in mine], axis=1)
        self.sums = np.stack([part[:, :, :4].sum(axis=1) for part in mine], axis=1)
        self.products = np.stack([np.einsum("lci,lcj->lij", p[:, :, :4], p[:, :, :4]) for p in mine], axis=1)

    @staticmethod
    def _units(x: Array, ready: Array) -> tuple[Array, Array, Array]:
        upto = np.searchsorted(ready, np.arange(LOOKS), side="right")
        starts = np.concatenate([[0], upto])
        sums, products = np.zeros((LOOKS, 4)), np.zeros((LOOKS, 4, 4))
        for look, (first, last) in enumerate(zip(starts[:-1], upto, strict=True)):
            part = x[first:last]
            sums[look], products[look] = part.sum(axis=0), part.T @ part
        return upto, sums.cumsum(axis=0), products.cumsum(axis=0)

    def rows(self, look: int) -> pd.DataFrame:
        """The clusters of one look, as `units.cluster_rows` gives them."""
        if self.summed is None:
            return pd.DataFrame(columns=["arm"])
        seen = self.summed[look, :, 4] > 0
        frame = pd.DataFrame(self.summed[look, seen, :4], columns=list(MEASURES))
        return frame.assign(arm=self.arm[seen].astype(str))

    def stats(self, look: int) -> dict[str, Any]:
        """Each arm at one look, as `units.moments` gives it."""
        return {str(arm): _row(int(self.n[look, arm]), *self._of(look, arm)) for arm in (0, 1)}

    def _of(self, look: int, arm: int) -> tuple[Array, Array]:
        return self.sums[look, arm], self.products[look, arm]

    def rough(self, case: Case) -> tuple[Array, Array]:
        """Effect and standard error at each look, roughly; CUPED with the look's coefficient."""
        n = np.maximum(self.n, 2)[:, :, None]
        mean = self.sums / n
        spread = (self.products - self.sums[..., None] * mean[..., None, :]) / (n - 1)[..., None]
        num, den, xnum, xden = np.moveaxis(mean, 2, 0)
        ratio = case.clusters or case.kind == "ratio"
        of = np.stack([np.ones_like(num), -num / den if ratio else 0 * num, 0 * num, 0 * num], axis=2)
        past = np.stack([0 * num, 0 * num, np.ones_like(num), -xnum / xden if ratio else 0 * num], axis=2)
        of, past = of / (den if ratio else 1 + 0 * den)[..., None], past / (xden if ratio else 1 + 0 * den)[..., None]

        def together(a: Array, b: Array) -> Array:
            return np.einsum("lai,laij,laj->la", a, spread, b) / n[..., 0]

        level = num / den if ratio else num
        effect, var = level[:, 1] - level[:, 0], together(of, of).sum(axis=1)
        if case.covariate:
            before = together(past, past).sum(axis=1)
            theta = together(of, past).sum(axis=1) / before
            level = xnum / xden if ratio else xnum
            effect, var = effect - theta * (level[:, 1] - level[:, 0]), var - theta**2 * before
        return np.asarray(effect), np.sqrt(var)


def _row(n: int, sums: Array, products: Array) -> dict[str, Any]:
    """One arm's moments from its sums."""
    spread = (products - np.outer(sums, sums) / n) / (n - 1)
    found: dict[str, Any] = {"n": n, "total": float(sums[0])}
    found |= {f"mean_{m}": float(v) for m, v in zip(MEASURES, sums / n, strict=True)}
    for a, b in PAIRS:
        i, j = MEASURES.index(a), MEASURES.index(b)
        found[f"var_{a}" if a == b else f"cov_{a}_{b}"] = float(spread[i, j])
    return found


class Seen(NamedTuple):
    """What one simulated test showed."""

    always: bool
    """An effect at any look, by the interval that holds at any time."""
    naive: bool
    """The same by the ordinary interval."""
    once: bool
    """An effect at the last look by the ordinary interval, as it would be read once."""
    wider: float
    """Width at the last look over that of the ordinary interval; not worked out for every test."""


def trial(seed: int, name: str, *, on: bool, widths: bool) -> Seen:
    """Draw one test and look at it sixty times, both ways."""
    case, looked = CASES[name], plan(name)
    once = looked.model_copy(update={"looks": "once", "ended": date(2026, 1, 1)})
    rng = np.random.default_rng([seed, int(on), *name.encode()])
    cells = Cells(case.draw(rng, case.effect * on), clusters=case.clusters)
    fewest = sequential_reading.fewest(looked, clustered=case.clusters, units=30)
    with np.errstate(all="ignore"):
        effect, se = cells.rough(case)
        z = np.where(cells.n.min(axis=1) >= fewest, np.nan_to_num(np.abs(effect / se)), 0.0)
    read = partial(_read, cells, case, seed)
    # the ordinary interval reaches 1.96 standard errors, that at any time `boundary`; few clusters: further
    far = np.full(LOOKS, np.inf)
    for k in np.flatnonzero(z > 2.7):
        n = float(cells.n[k].sum())
        planned = sequential.planned_size(n, float(se[k]), looked.worthwhile, clusters=case.clusters, level=LEVEL)
        far[k] = 0.95 * sequential.boundary(n / planned, level=LEVEL)
    always = any(_shows(read(looked, int(k))) for k in np.flatnonzero(z > far))
    naive = any(_shows(read(once, int(k))) for k in np.flatnonzero(z > 1.9))
    last = read(once, LOOKS - 1) if z[-1] > 1.9 or widths else None
    wider = float("nan")
    if widths and last is not None and (wide := read(looked, LOOKS - 1)) is not None:
        wider = (wide.high - wide.low) / (last.high - last.low)
    return Seen(always, naive, _shows(last), wider)


def _shows(found: Comparison | None) -> bool:
    return found is not None and not found.low <= 0 <= found.high


def _read(cells: Cells, case: Case, seed: int, registered: Plan, look: int) -> Comparison | None:
    """The product's comparison at one look."""
    stats, rows = cells.stats(look), cells.rows(look)

    def at(level: float) -> Comparison | None:
        return sequential_reading.compare(
            registered, "1", stats, rows, clustered=case.clusters, paired=False, covariate=case.covariate, seed=seed,
            level=level,
        )  # fmt: skip

    n = int(cells.n[look].sum())
    found = sequential_reading.read(registered, at, n, clustered=case.clusters, level=LEVEL)
    return found if isinstance(found, Comparison) else None


def measure(share: float = 1.0, names: tuple[str, ...] = tuple(CASES)) -> Iterator[dict[str, Any]]:
    """One record per kind of test."""
    place = {"machine": _record.machine(), "versions": _record.versions("numpy", "scipy", "tea-tasting")}
    for name in names:
        seeds = max(int(SEEDS * share), 2)
        null = [trial(seed, name, on=False, widths=seed % 20 == 0) for seed in range(seeds)]
        power = [trial(seed, name, on=True, widths=False) for seed in range(max(seeds // 10, 2))]
        alarms, naive = sum(r.always for r in null), sum(r.naive for r in null)
        band = binomtest(alarms, seeds).proportion_ci(0.999, method="exact")
        yield {
            "name": f"peeking.false_positive_rate.{name}",
            "ours": alarms / seeds,
            "other": naive / seeds,
            "other_name": "ordinary interval, read daily",
            "ratio": alarms / naive if naive else None,
            "unit": f"share of A/A tests with an effect at any of {LOOKS} looks",
            "size": CASES[name].size,
            "repeats": seeds,
            "band_low": float(band.low),
            "band_high": float(band.high),
            "read_once": sum(r.once for r in null) / seeds,
            "looked_and_read_once": sum(r.always or r.once for r in null) / seeds,
            "width_over_fixed": float(np.nanmean([r.wider for r in null])),
            "power": float(np.mean([r.always for r in power])),
            "power_read_once": float(np.mean([r.once for r in power])),
            "holds": bool(band.low <= 1 - LEVEL),
        } | place


WORST = "peeking.false_positive_rate"


def cases_of(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records of single cases."""
    return [r for r in records if r["name"] != WORST]


def worst(records: list[dict[str, Any]]) -> dict[str, Any]:
    """The case with most false alarms, as the one record under the bare name.

    >>> worst([{"name": f"{WORST}.a", "ours": 0.01}, {"name": f"{WORST}.b", "ours": 0.02}])["case"]
    'b'
    """
    most = max(cases_of(records), key=lambda r: (r["ours"], r["name"]))
    return most | {"name": WORST, "case": most["name"].removeprefix(f"{WORST}.")}


def main(names: list[str]) -> int:
    """Measure, print and write; exit code 1 where more than 5 % are false alarms."""
    records, failed = _record.read("peeking") if names else [], 0
    for r in measure(_record.scale(), tuple(names) or tuple(CASES)):
        print(
            f"{r['name']:48} {r['ours']:.4f} ({r['band_low']:.4f} to {r['band_high']:.4f}, {r['repeats']:,})  naive "
            f"{r['other']:.3f}  once {r['read_once']:.3f}  width ×{r['width_over_fixed']:.2f}  power {r['power']:.2f} "
            f"against {r['power_read_once']:.2f}{'' if r['holds'] else '   DOES NOT HOLD'}",
            flush=True,
        )
        failed += not r["holds"]
        records = [old for old in records if old["name"] != r["name"]] + [r]
    _record.write("peeking", sorted([*cases_of(records), worst(records)], key=lambda r: r["name"]))
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
