"""Do segments reach first value equally fast? One log-rank test per moment, corrected over the moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from cxkit.formats import interval, quantity
from cxkit.metrics import alarms
from cxkit.metrics.competing import COUNTS, aalen_johansen, quantile, reached
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.multiplicity import adjusted
from cxkit.metrics.survival import follow_up, log_rank
from cxkit.orchestrate.first_value_findings import DEFINITION, Started
from cxkit.orchestrate.naming import chance, duration
from cxkit.orchestrate.part import Part
from cxkit.records import Finding

MOST = 12
"""Segments compared at most, the largest first."""
DAY = 30


def allowed() -> float:
    """Half of the share for owners: the other half is spent on slow owners of tickets.

    >>> allowed()
    0.001
    """
    return alarms.share("owner") / 2


@dataclass(frozen=True)
class Segments:
    """Risk sets of one moment by segment, with what its findings carry."""

    about: Started
    rows: pd.DataFrame
    """segment, time, events, competing, censored."""


def compared(moments: Sequence[Segments]) -> Part:
    """Compare the segments of every moment; who left counts as censored, so speed is compared and not loyalty.

    Only segments of at least 30 customers are compared, at least two of them. P-values are Holm's over the moments; a
    difference is said to be one within half of the share of false alarms that owners may spend.
    """
    tables, tests, kept = [], [], []
    for one in moments:
        parts = {str(s): part for s, part in one.rows.groupby("segment", sort=True)}
        sizes = {s: int(p[list(COUNTS)].to_numpy().sum()) for s, p in parts.items()}
        chosen = sorted(sorted(sizes, key=lambda s: (-sizes[s], s))[:MOST])
        chosen = [s for s in chosen if sizes[s] >= MINIMUM_N]
        if len(chosen) < 2:
            continue
        shown = pd.DataFrame([_row(s, parts[s]) for s in chosen])
        shown.insert(0, "moment_id", one.about.moment_id)
        shown.insert(1, "moment", one.about.moment)
        censored = [parts[s].assign(censored=parts[s]["censored"] + parts[s]["competing"]) for s in chosen]
        statistic, p = log_rank(censored)
        tables.append(shown)
        kept.append(one)
        n = sum(sizes[s] for s in chosen)
        row = {"moment_id": one.about.moment_id, "moment": one.about.moment, "segments": len(chosen), "customers": n}
        tests.append({**row, "statistic": statistic, "p": p})
    if not tests:
        return Part()
    frame = pd.DataFrame(tests)
    frame["adjusted"] = adjusted(frame["p"].tolist(), "holm")
    frame["verdict"] = ["differ" if p <= allowed() else "no difference shown" for p in frame["adjusted"]]
    found = [_finding(one, shown, row) for one, shown, (_, row) in zip(kept, tables, frame.iterrows(), strict=True)]
    return Part(findings=tuple(found), tables={"segments": pd.concat(tables, ignore_index=True), "tests": frame})


def _row(segment: str, rows: pd.DataFrame) -> dict[str, object]:
    curve = aalen_johansen(rows)
    share: tuple[float | None, float | None, float | None] = (None, None, None)
    if follow_up(curve) >= DAY or float(curve["waiting"].iloc[-1]) <= 0:
        share = reached(curve, DAY)
    counts = rows[list(COUNTS)].sum()
    return {
        "segment": segment,
        "customers": int(counts.sum()),
        "reached": int(counts["events"]),
        "leavers": int(counts["competing"]),
        "median": quantile(curve)[0],
        f"share_{DAY}": share[0],
        "low": share[1],
        "high": share[2],
    }


def _finding(one: Segments, shown: pd.DataFrame, test: pd.Series) -> Finding:
    differ = test["verdict"] == "differ"
    order = shown.sort_values(["median", f"share_{DAY}", "segment"], ascending=[True, False, True])
    fast, slow = order.iloc[0], order.iloc[-1]
    if differ:
        title = (
            f"{one.about.moment}: {slow['segment']} customers reach first value later than others: half of them within "
            f"{duration(slow['median'])}, of {fast['segment']} within {duration(fast['median'])}"
        )
    else:
        title = f"{one.about.moment}: segments reach first value equally fast, as far as can be told"
    shares = [
        f"{r['segment']} {quantity(r[f'share_{DAY}'], 'ratio')}"
        + (f" ({interval(r['low'], r['high'], 'ratio')})" if r["low"] == r["low"] and r["low"] is not None else "")
        for _, r in shown.iterrows()
        if r[f"share_{DAY}"] is not None and r[f"share_{DAY}"] == r[f"share_{DAY}"]
    ]
    detail = f"Within {DAY} days: {'; '.join(shares)}. " if shares else ""
    detail += (
        f"Log-rank {chance(float(test['adjusted']))}, corrected over moments; a difference is called one below "
        f"{allowed():g}."
    )
    return Finding(
        id="orchestrate.first_value.segments",
        stage="orchestrate",
        subject=one.about.moment_id,
        title=title,
        detail=detail,
        about="log-rank test, leavers as censored",
        n=int(test["customers"]),
        period=one.about.period,
        sources=one.about.sources,
        definition=DEFINITION,
        tone="bad" if differ else "neutral",
    )
