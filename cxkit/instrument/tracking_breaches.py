"""What each owner role has promised about its tables, and does not keep."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from cxkit.formats import quantity
from cxkit.instrument.feeds import KEYED
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.engine import Tables

NOBODY = "no role named"
KINDS = ("unusable", "rule broken", "warning", "late", "months missing", "no customer key", "names", "columns empty")
COLUMNS = ["owner_role", "table", "kind", "breaches", "said"]


def breaches(
    tables: Tables,
    feeds: pd.DataFrame,
    health: Mapping[str, Mapping[str, int]] | None,
    events: Mapping[str, int],
) -> pd.DataFrame:
    """One row per role, table and kind of breach: owner_role, table, kind, breaches, said.

    `health`: table → ``error`` and ``warning``: rules of its contract that are broken. `events`: kind → names.
    """
    rows: list[tuple[str, str, str, int, str]] = []
    for table, why in sorted(tables.unusable.items()):
        rows.append((role(table), table, "unusable", 1, why))
    for table, counts in sorted((health or {}).items()):
        for severity, kind in (("error", "rule broken"), ("warning", "warning")):
            n = int(counts.get(severity, 0))
            if n and table in CONTRACTS and not (severity == "error" and table in tables.unusable):
                rows.append((role(table), table, kind, n, f"{n} rule{'s' if n != 1 else ''} of its contract"))
    for row in feeds.to_dict("records"):
        table = str(row["feed"])
        name = f" from {row['system']}" if row["system"] else ""
        if bool(row["stale"]):
            rows.append(
                (role(table), table, "late", 1, f"ended {int(row['days_behind'])} days before the report{name}")
            )
        if row.get("months_missing", 0) > 0:
            rows.append(
                (role(table), table, "months missing", int(row["months_missing"]), f"months without a row{name}")
            )
        if row.get("with_customer", 1.0) < KEYED:
            share = quantity(float(row["with_customer"]), "ratio")
            rows.append((role(table), table, "no customer key", 1, f"{share} of rows name a customer{name}"))
    said = {"names": "names that break the standard", "columns empty": "names without what they must carry"}
    for kind, n in events.items():
        if n:
            rows.append((role("events"), "events", kind, int(n), said[kind]))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["place"] = [KINDS.index(k) for k in frame["kind"]]
    frame = frame.sort_values(["owner_role", "place", "table", "said"], ignore_index=True)
    return frame.drop(columns=["place"])


def role(table: str) -> str:
    """The role that answers for a table's contract.

    >>> role("tickets")
    'Enablement/Ops'
    """
    return CONTRACTS[table].owner_role or NOBODY
