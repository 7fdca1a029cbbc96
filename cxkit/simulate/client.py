"""A simulated client as a folder: tables, workbook, settings and truth."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from cxkit.simulate.world import World
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.templates import write_workshop

READABLE = 600_000
"""Largest CSV, in bytes, that is left as text; what is larger becomes Parquet."""


def exported(world: World) -> dict[str, pd.DataFrame]:
    """The tables that systems export, in the order of the contracts."""
    return {n: world.frames[n] for n, c in CONTRACTS.items() if n in world.frames and not c.authored}


def authored(world: World) -> dict[str, pd.DataFrame]:
    """The sheets that people write, in the order of the contracts."""
    return {n: world.frames[n] for n, c in CONTRACTS.items() if n in world.frames and c.authored}


def csv_bytes(name: str, frame: pd.DataFrame) -> bytes:
    """A table as UTF-8 CSV: days as 2026-10-31, months as 2026-10, moments as 2026-10-31T14:05:00Z."""
    text = frame.copy()
    for column in text.columns:
        match CONTRACTS[name].column(str(column)).type:
            case "date":
                text[column] = pd.to_datetime(text[column]).dt.strftime("%Y-%m-%d")
            case "month":
                text[column] = pd.to_datetime(text[column]).dt.strftime("%Y-%m")
            case "timestamp":
                text[column] = pd.to_datetime(text[column]).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
            case "boolean":
                text[column] = text[column].map({True: "true", False: "false"})
            case _:
                pass
    return text.to_csv(index=False, lineterminator="\n").encode()


ARROW = {
    "id": pa.string(),
    "text": pa.string(),
    "date": pa.date32(),
    "month": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "money": pa.decimal128(18, 4),
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
}
"""Arrow type of each contract type in the Parquet files."""


def arrow(name: str, frame: pd.DataFrame) -> pa.Table:
    """A table as Arrow, typed by its contract."""
    arrays, fields = [], []
    for column in frame.columns:
        type_ = ARROW[CONTRACTS[name].column(str(column)).type]
        values = frame[column]
        if pa.types.is_decimal(type_):
            array = pa.compute.round(pa.array(values.astype("float64"), from_pandas=True), 4).cast(type_, safe=False)
        elif pa.types.is_date(type_) or pa.types.is_timestamp(type_):
            array = pa.array(pd.to_datetime(values).astype("datetime64[us]"), from_pandas=True).cast(type_)
        else:
            array = pa.array(values, from_pandas=True).cast(type_)
        arrays.append(array)
        fields.append(pa.field(str(column), type_))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def parquet_bytes(name: str, frame: pd.DataFrame) -> bytes:
    """A table as Parquet, typed by its contract."""
    buffer = io.BytesIO()
    pq.write_table(arrow(name, frame), buffer, compression="zstd", compression_level=9)
    return buffer.getvalue()


def fingerprint(world: World) -> str:
    """SHA-256 over every table as CSV: what the committed folders are compared with."""
    digest = hashlib.sha256()
    for name in sorted(world.frames):
        digest.update(name.encode() + b"\0")
        digest.update(csv_bytes(name, world.frames[name]))
    return digest.hexdigest()


def settings(world: World) -> dict[str, Any]:
    """What ``client.yml`` says."""
    return {"name": world.name, "currency": world.currency, "timezone": world.timezone, **world.settings}


def truth_document(world: World) -> dict[str, Any]:
    """What ``truth.json`` says."""
    return {
        "client": world.client,
        "seed": world.seed,
        "as_of": world.as_of.isoformat(),
        "extracted": world.extracted.isoformat(),
        "fingerprint": fingerprint(world),
        "truth": [t.model_dump(mode="json", exclude_none=True) for t in world.truth],
    }


def write_client(folder: Path, world: World) -> dict[str, int]:
    """Write a client folder and return the size in bytes of each file, by its name inside the folder.

    Files of tables that the world does not have are not touched. What is hidden lands beside ``truth.json``.
    """
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    sizes: dict[str, int] = {}

    def put(name: str, content: bytes) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        sizes[name] = len(content)

    for name, frame in exported(world).items():
        text = csv_bytes(name, frame)
        small = len(text) <= READABLE
        (folder / "tables" / f"{name}.{'parquet' if small else 'csv'}").unlink(missing_ok=True)
        if small:
            put(f"tables/{name}.csv", text)
        else:
            put(f"tables/{name}.parquet", parquet_bytes(name, frame))
    sheets = authored(world)
    if sheets:
        write_workshop(folder / "workshop.xlsx", sheets)
        sizes["workshop.xlsx"] = (folder / "workshop.xlsx").stat().st_size
    yml = f"# {world.name} does not exist: a sample client, simulated from seed {world.seed}.\n"
    put("client.yml", (yml + yaml.safe_dump(settings(world), sort_keys=False, allow_unicode=True, width=100)).encode())
    for name, written in world.texts.items():
        put(name, written.encode())
    put("truth.json", (json.dumps(truth_document(world), indent=1, ensure_ascii=False) + "\n").encode())
    for name, frame in world.hidden.items():
        put(f"truth-{name}.csv", frame.to_csv(index=False, lineterminator="\n").encode())
    return sizes
