"""A plain client whole: frames for a benchmark in milliseconds, or a folder of a million accounts in chunks."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import yaml

from cxkit import errors
from cxkit.simulate import arms, client, costs, expected, population
from cxkit.simulate.plan import sheet
from cxkit.simulate.population import Spec
from cxkit.simulate.world import Array, World, lognormal, month_end
from cxkit.tables.templates import write_workshop

CHUNK = 50_000
"""Accounts drawn at a time."""
Progress = Callable[[str], None]
"""Called with a line of text after each chunk."""


def draw(spec: Spec, seed: int) -> dict[str, pd.DataFrame]:
    """Frames for `Tables.from_frames`, straight: the same spec and seed give the same frames.

    >>> found = draw(Spec(accounts=50), 1)
    >>> len(found["accounts"]), sorted(found)[:3]
    (50, ['accounts', 'assignments', 'costs'])
    """
    rows, whole = np.random.default_rng(seed).spawn(2)
    made = _rows(rows.spawn(1)[0], spec, spec.accounts, 0)
    paying = (
        made["revenue"].groupby("month")["mrr"].agg(["size", "sum"]).reindex(spec.grid.astype("M8[s]"), fill_value=0)
    )
    return made | books(whole, spec, paying["size"].to_numpy(), paying["sum"].to_numpy()) | sheets(spec)


def _rows(rng: np.random.Generator, spec: Spec, count: int, offset: int) -> dict[str, pd.DataFrame]:
    made = population.frames(rng, spec, count, offset)
    return made | arms.proof(rng, spec, made["accounts"]["account_id"].to_numpy(dtype=object))


def simulate(spec: Spec, seed: int) -> World:
    """A plain client as a world: frames with the truth behind them."""
    return World(
        client="trial",
        name="Trial client",
        frames=draw(spec, seed),
        truth=expected.truths(spec),
        as_of=spec.as_of,
        extracted=spec.as_of,
        timezone=spec.timezone,
        currency=spec.currency,
        seed=seed,
    )


def books(rng: np.random.Generator, spec: Spec, paying: Array, revenue: Array) -> dict[str, pd.DataFrame]:
    """Costs in two categories around `spec.cost` per paying account, and a P&L that ties."""
    noise = lognormal(rng, 1.0, spec.cost_noise, spec.months)
    served = np.round(paying * spec.cost * noise, 2)
    desk = np.round(served * 0.7, 2)
    months = spec.grid.astype("M8[D]")
    cost = pd.DataFrame(
        {
            "month": np.concatenate([months, months]),
            "category": np.repeat(np.array(["desk", "visits"], dtype=object), spec.months),
            "amount": np.concatenate([desk, np.round(served - desk, 2)]),
            "serves": True,
            "business_unit": "all",
        }
    )
    pnl = costs.pnl(
        spec.grid,
        {
            ("Recurring revenue", "recurring_revenue"): np.asarray(revenue, dtype="float64"),
            ("Service", "service_cost"): served,
        },
    )
    return {"costs": cost, "pnl": pnl}


def sheets(spec: Spec) -> dict[str, pd.DataFrame]:
    """The two sheets that service figures and experiments need: ``moments`` and ``experiments``."""
    return {name: frame.copy(deep=False) for name, frame in _sheets(spec).items()}


@cache
def _sheets(spec: Spec) -> dict[str, pd.DataFrame]:
    moments = [
        ("join", "Join", "Join", 1, "joined", "first_use", None),
        ("use", "Use", "Use", 2, None, None, None),
        ("help", "Get help", "Help", 3, None, None, spec.sla_hours),
        ("renew", "Renew", "Stay", 4, "offer_viewed", "offer_taken", None),
    ]
    day = str(spec.grid[spec.opening].astype("M8[D]"))
    end = str(month_end(spec.grid[spec.opening + 5 : spec.opening + 6])[0])
    kinds = {
        "binary": ("binary", "randomised", 0.5, "down"),
        "mean": ("mean", "randomised", 0.5, "down"),
        "holdout": ("binary", "holdout", spec.holdout, "down"),
        "cluster": ("binary", "cluster_randomised", 0.5, "up"),
    }
    experiments = [
        (name, f"treatment moves y in {name}", "y", kind, design, way, "control", share, day, day, end)
        for name, (kind, design, share, way) in kinds.items()
    ]
    columns = "experiment_id hypothesis metric kind design direction control_arm planned_share registered started ended"
    return {
        "moments": sheet("moments", "moment_id moment journey position start_event value_event sla_hours", moments),
        "experiments": sheet("experiments", columns, experiments),
    }


def write_simulated(
    folder: Path, *, accounts: int, seed: int, spec: Spec | None = None, progress: Progress | None = None
) -> World:
    """Write a client of any size as a folder of Parquet tables, in chunks, and return its truth.

    Memory is that of one chunk: a million accounts over 25 months took 17 seconds and half a gigabyte. The frames of
    the returned world hold no rows of accounts. The same accounts and seed give the same content.

    Raises `InputError` when the folder already holds tables.
    """
    spec = Spec(accounts=accounts) if spec is None else spec
    tables = folder / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    if any(tables.iterdir()):
        raise errors.InputError(
            f"{folder.name}/tables already holds files, and a simulated client is not mixed with others. "
            "Give it another name, or remove the folder first."
        )
    rows, whole = np.random.default_rng(seed).spawn(2)
    chunks = [(first, min(CHUNK, accounts - first)) for first in range(0, accounts, CHUNK)]
    writers: dict[str, pq.ParquetWriter] = {}
    paying, revenue = np.zeros(spec.months), np.zeros(spec.months)
    try:
        for (first, count), stream in zip(chunks, rows.spawn(len(chunks)), strict=True):
            for name, frame in _rows(stream, spec, count, first).items():
                table = client.arrow(name, frame)
                if name not in writers:
                    writers[name] = pq.ParquetWriter(tables / f"{name}.parquet", table.schema, compression="zstd")
                writers[name].write_table(table)
                if name == "revenue":
                    place = (frame["month"].to_numpy().astype("M8[M]") - spec.grid[0]).astype("int64")
                    paying += np.bincount(place, minlength=spec.months)
                    revenue += np.bincount(place, frame["mrr"].to_numpy(), spec.months)
            if progress:
                progress(f"{first + count:,} of {accounts:,} accounts")
    finally:
        for writer in writers.values():
            writer.close()
    frames = books(whole, spec, paying, revenue) | sheets(spec)
    world = World(
        client=folder.name,
        name="Trial client",
        frames=frames,
        truth=expected.truths(spec),
        as_of=spec.as_of,
        extracted=spec.as_of,
        timezone=spec.timezone,
        currency=spec.currency,
        seed=seed,
    )
    for name, frame in client.exported(world).items():
        (tables / f"{name}.csv").write_bytes(client.csv_bytes(name, frame))
    write_workshop(folder / "workshop.xlsx", client.authored(world))
    (folder / "client.yml").write_text(yaml.safe_dump(client.settings(world), sort_keys=False), encoding="utf-8")
    document = client.truth_document(world) | {"accounts": accounts}
    (folder / "truth.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return world
