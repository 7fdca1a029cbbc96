"""Whose names a client's tables hold, so that they can be masked wherever they turn up."""

from __future__ import annotations

from cxkit.engagement.client import Client
from cxkit.report.inputs import Privacy
from cxkit.report.mask import Mask
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables

MOST_NAMES = 50_000
"""Personal values beyond which the list of names to mask is not held in memory; patterns still mask the rest."""


def mask_of(client: Client, tables: Tables) -> Mask:
    """The mask over everything that is made of a client's tables."""
    return Mask(privacy_of(client, tables))


def privacy_of(client: Client, tables: Tables) -> Privacy:
    """What is hidden of a client, with the names in its tables."""
    return Privacy(on=client.privacy.mask, people=personal_values(tables))


def personal_values(tables: Tables) -> tuple[str, ...]:
    """Names of people found in the client's tables, in order, without doubles."""
    found: set[str] = set()
    for name in tables.present:
        for column in CONTRACTS[name].columns:
            if column.personal == "name" and column.name in tables.supplied(name):
                frame = tables.frame(
                    f"SELECT DISTINCT {quoted(column.name)} AS v FROM {quoted(name)} "
                    f"WHERE length({quoted(column.name)}) >= 3 ORDER BY v LIMIT {MOST_NAMES}"
                )
                found |= set(frame["v"])
    return tuple(sorted(found)[:MOST_NAMES])
