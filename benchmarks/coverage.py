"""Do 95 % intervals hold the truth they are about 95 times in a hundred, and how wide are they?

Every estimate with an interval is run through its public function on small clients whose truth was planted. A record
fails only when the exact 99.9 % binomial band around the share seen leaves out the nominal one. False alarms are
counted per report: five hypotheses without any effect, and whether any of them is said to have one, beside the power.

Run ``python benchmarks/coverage.py``, or with some of ``proof clients alarms detectors``, or names of detectors, for a
part.
CXKIT_BENCH_SCALE=0.1 takes a tenth of the seeds, CXKIT_BENCH_WORKERS=1 a single process.
"""

from __future__ import annotations

import math
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import _planted
import _record
import numpy as np
from scipy.stats import beta

from cxkit import orchestrate, prove, quantify
from cxkit.metrics import alarms as budget
from cxkit.prove.split import THRESHOLD, check_split
from cxkit.simulate.expected import truths
from cxkit.simulate.population import Spec
from cxkit.simulate.trial import draw
from cxkit.tables.engine import Tables

TRIALS, CLIENTS, REPORTS, SPLITS, DETECTIONS = 2000, 500, 1000, 20_000, 1000
"""Seeds: experiments of each design, whole clients (a second each), reports of five (half a second), splits, and
clients of each detector."""
BATCH = 50
"""Experiments of one design that one simulated client holds."""
SPEC = Spec()
FIVE = ("effect_binary", "effect_cuped", "effect_ratio", "effect_cluster_few", "holdout")
STEPPED = {"coverage.first_value_median"}
"""Estimates whose truth is planted on steps of a day: coverage cannot be exact, and only too low a one fails."""

T = TypeVar("T")
Hits = dict[str, list[tuple[bool, float]]]
"""Per record: whether the interval held the truth, and its width."""


def band(hits: int, n: int, confidence: float = 0.999) -> tuple[float, float]:
    """Exact (Clopper–Pearson) band of a share.

    >>> [round(v, 3) for v in band(190, 200)]
    [0.879, 0.986]
    """
    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else float(beta.ppf(tail, hits, n - hits + 1))
    high = 1.0 if hits == n else float(beta.isf(tail, hits + 1, n - hits))
    return low, high


def experiments_batch(seed: int, name: str) -> Hits:
    """One client of `BATCH` experiments of one design."""
    design = _planted.DESIGNS[name]
    tables = _planted.client([(f"x{i}", name, seed * BATCH + i) for i in range(BATCH)], on=1.0)
    frame = prove.experiments(tables, seed=seed).frame("effects")
    frame = frame[frame["verdict"] != "blocked"]
    hits: Hits = defaultdict(list)
    for effect, low, high in zip(frame["effect"], frame["low"], frame["high"], strict=True):
        assert low <= effect <= high
        hits[f"coverage.{name}"].append((low <= design.effect <= high, high - low))
    if name in {"effect_binary", "effect_mean", "effect_cluster_many"}:
        truth = design.effect / design.level
        for low, high in zip(frame["relative_low"], frame["relative_high"], strict=True):
            hits[f"coverage.{name.replace('effect', 'relative_lift')}"].append((low <= truth <= high, high - low))
    return hits


def client_once(seed: int) -> Hits:
    """One whole client: every figure of the scorecard and of service with an interval."""
    tables = Tables.from_frames(draw(SPEC, seed), as_of=SPEC.as_of)
    tables.con.execute("SET threads = 1")
    first = orchestrate.first_value(tables)
    results = (
        quantify.scorecard(tables, targets={}, seed=seed),
        orchestrate.service_levels(tables, fcr_window_days=7),
        first,
        orchestrate.funnel(tables),
    )
    findings = [found for result in results for found in result.findings]
    hits: Hits = defaultdict(list)
    for truth in truths(SPEC):
        if truth.id.startswith("prove.") or truth.value is None:
            continue
        name = "coverage." + truth.id.removeprefix("quantify.scorecard.").removeprefix("orchestrate.service.")
        name = name.replace("orchestrate.", "").replace("first_value.", "first_value_").replace("funnel.", "funnel_")
        if "first_value.share" in truth.id:
            if truth.id.endswith("_30") and first.has("curve"):
                curve = first.frame("curve")
                row = curve[(curve["moment_id"] == truth.subject) & (curve["day"] <= 30)].iloc[-1]
                hits[name].append((row["low"] <= truth.value <= row["high"], row["high"] - row["low"]))
            continue
        for found in findings:
            same = found.id == truth.id and truth.subject in (None, found.subject)
            if same and found.low is not None and found.high is not None:
                hits[name].append((found.low <= truth.value <= found.high, found.high - found.low))
    return hits


def report_once(seed: int) -> tuple[bool, float]:
    """Of one report of five hypotheses: whether it raises a false alarm, and the share of planted effects it finds."""
    said = []
    for on in (0.0, 1.0):
        tables = _planted.client([(name, name, seed) for name in FIVE], on)
        verdicts = prove.experiments(tables, seed=seed).frame("effects")["verdict"]
        said.append(verdicts.isin(["raised", "cut"]).tolist())
    return any(said[0]), float(np.mean(said[1]))


def splits(repeats: int) -> Iterator[tuple[bool, bool]]:
    """Sound draws of 5,000 units at 50/50, and draws that lose one treated unit in ten: which are called broken."""
    rng = np.random.default_rng(0)
    for sound, broken in zip(rng.binomial(5000, 0.5, repeats), rng.binomial(5000, 0.5 * 0.9, repeats), strict=True):
        yield (
            check_split({"a": 5000 - int(sound), "b": int(sound)}, "a", 0.5).failed,
            check_split({"a": 2500, "b": int(broken)}, "a", 0.5).failed,
        )


def detectors() -> list[str]:
    """Modules ``_detect_*``: each holds NAME, SIZE and ``trial(seed, planted)``, true where an alarm is raised."""
    return sorted(p.stem for p in Path(__file__).parent.glob("_detect_*.py"))


def detect(seed: int, module: str) -> tuple[bool, bool]:
    """Whether a detector raises an alarm where nothing is planted, and where something is."""
    trial = import_module(module).trial
    return bool(trial(seed, False)), bool(trial(seed, True))


def spread(work: Callable[[int], T], seeds: Iterable[int], workers: int) -> list[T]:
    """Run `work` on every seed, in order; in this process when `workers` is 1."""
    if workers == 1:
        return [work(seed) for seed in seeds]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(work, seeds, chunksize=4))


def proof(share: float, workers: int) -> Iterator[dict[str, Any]]:
    """Coverage of the effects of experiments."""
    for name, design in _planted.DESIGNS.items():
        runs = spread(partial(experiments_batch, name=name), range(math.ceil(TRIALS * share / BATCH)), workers)
        for key in runs[0]:
            yield coverage_record(key, [seen for run in runs for seen in run[key]], design.size)


def clients(share: float, workers: int) -> Iterator[dict[str, Any]]:
    """Coverage of the figures of the scorecard and of service."""
    hits: Hits = defaultdict(list)
    for run in spread(client_once, range(1, 1 + math.ceil(CLIENTS * share)), workers):
        for key, seen in run.items():
            hits[key] += seen
    for key, seen in hits.items():
        yield coverage_record(key, seen, f"{SPEC.accounts} accounts, {SPEC.months} months")


def alarms(share: float, workers: int) -> Iterator[dict[str, Any]]:
    """False alarms per report and of the split check."""
    reports = spread(report_once, range(1, 1 + math.ceil(REPORTS * share)), workers)
    size = f"reports of {len(FIVE)} hypotheses"
    yield alarm_record("false_alarms.prove", [r[0] for r in reports], [r[1] for r in reports], 0.05, size)
    pairs = list(splits(math.ceil(SPLITS * share)))
    size = "5,000 units at 50/50; broken: one treated unit in ten lost"
    yield alarm_record("false_alarms.split", [a for a, _ in pairs], [float(b) for _, b in pairs], THRESHOLD, size)


def detections(share: float, workers: int, only: str = "") -> Iterator[dict[str, Any]]:
    """False alarms of each detector (or of one, by name) against its part of the report's budget."""
    for module in detectors():
        if only not in {"", module.removeprefix("_detect_")}:
            continue
        about = import_module(module)
        seen = spread(partial(detect, module=module), range(1, 1 + math.ceil(DETECTIONS * share)), workers)
        nominal = budget.share(about.NAME)
        power = [float(found) for _, found in seen]
        yield alarm_record(f"false_alarms.{about.NAME}", [raised for raised, _ in seen], power, nominal, about.SIZE)


GROUPS: dict[str, Callable[[float, int], Iterator[dict[str, Any]]]] = {
    "proof": proof,
    "clients": clients,
    "alarms": alarms,
    "detectors": detections,
}


def measure(share: float = 1.0, workers: int = 1, groups: Iterable[str] = tuple(GROUPS)) -> Iterator[dict[str, Any]]:
    """The records of these groups, as they are ready, at this share of the seeds."""
    place = {"machine": _record.machine(), "versions": _record.versions("duckdb", "numpy", "scipy", "tea-tasting")}
    for group in groups:
        one = partial(detections, only=group)
        for record in GROUPS.get(group, one)(share, workers):
            yield record | place


def coverage_record(name: str, seen: list[tuple[bool, float]], size: str) -> dict[str, Any]:
    """Share of intervals that held the truth, with their mean width."""
    held, n = sum(ok for ok, _ in seen), len(seen)
    low, high = band(held, n)
    return {
        "name": name,
        "ours": held / n,
        "other": 0.95,
        "other_name": "nominal",
        "ratio": held / n / 0.95,
        "unit": "share of 95 % intervals that hold the truth",
        "size": size,
        "repeats": n,
        "band_low": low,
        "band_high": high,
        "width": float(np.mean([width for _, width in seen])),
        "holds": high >= 0.95 and (low <= 0.95 or name in STEPPED),
    }


def alarm_record(name: str, alarms: list[bool], found: list[float], nominal: float, size: str) -> dict[str, Any]:
    """Share of false alarms where nothing was planted, with the power where something was."""
    low, high = band(sum(alarms), len(alarms))
    seen = sum(alarms) / len(alarms)
    return {
        "name": name,
        "ours": seen,
        "other": nominal,
        "other_name": "nominal",
        "ratio": seen / nominal,
        "unit": "share with a false alarm",
        "size": size,
        "repeats": len(alarms),
        "band_low": low,
        "band_high": high,
        "power": float(np.mean(found)),
        "holds": low <= nominal,
    }


def main(groups: list[str]) -> int:
    """Measure, print and write (all groups, or those named beside what was there); exit code 1 where a rate fails."""
    records = [] if not groups else _record.read("coverage")
    failed = 0
    for r in measure(_record.scale(), int(os.environ.get("CXKIT_BENCH_WORKERS", "2")), groups or GROUPS):
        beside = f"width {r['width']:.4g}" if "width" in r else f"power {r['power']:.3f}"
        band_text = f"({r['band_low']:.4f} to {r['band_high']:.4f}, {r['repeats']:,})"
        mark = "" if r["holds"] else "   DOES NOT HOLD"
        print(f"{r['name']:32} {r['ours']:.4f}  {band_text}  {beside}{mark}", flush=True)
        failed += not r["holds"]
        records = [old for old in records if old["name"] != r["name"]] + [r]
    _record.write("coverage", sorted(records, key=lambda r: r["name"]))
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
