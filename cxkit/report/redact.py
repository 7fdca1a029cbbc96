"""Results without people: what a stage found, masked before it is saved, drawn or shown anywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from cxkit.records import Result
from cxkit.report.mask import Mask

R = TypeVar("R", bound=Result)


def redacted(result: R, mask: Mask) -> R:
    """The result with every text in its findings, gaps and tables masked; figures stay as they are.

    The same text is masked in the same way wherever it stands, so that tables can still be joined. With privacy off
    only unseen characters are shown.
    """
    tables = {name: _table(table, mask.masked) for name, table in result.tables.items()}
    return mask.plain(result).model_copy(update={"tables": tables})


def _table(table: pa.Table, change: Callable[[str], str]) -> pa.Table:
    for place, field in enumerate(table.schema):
        column = _column(table.column(place), change)
        if column is not None:
            table = table.set_column(place, field, column)
    return table


def _column(column: pa.ChunkedArray, change: Callable[[str], str]) -> pa.ChunkedArray | None:
    """A column with its texts changed; None where nothing in it changes."""
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        known = {text: change(text) for text in pc.unique(column).to_pylist() if text}
        if all(text == changed for text, changed in known.items()):
            return None
        return pa.chunked_array([pa.array([known.get(v, v) for v in column.to_pylist()], kind)])
    if pa.types.is_list(kind) and pa.types.is_string(kind.value_type):
        rows: list[Any] = column.to_pylist()
        made = [None if row is None else [change(v) if v else v for v in row] for row in rows]
        return None if made == rows else pa.chunked_array([pa.array(made, kind)])
    return None
