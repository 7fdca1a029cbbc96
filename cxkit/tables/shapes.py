"""Several shapes of an export, one canonical table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import duckdb


def derive(
    con: duckdb.DuckDBPyConnection, supplied: Mapping[str, frozenset[str]], as_of: date
) -> dict[str, frozenset[str]]:
    """Derive the tables that stages read from the shapes that were supplied; return what was added."""
    return {}
