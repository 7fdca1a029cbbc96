"""What a canonical table promises: columns, types, keys, rules and what was knowable when.

A contract is data. Templates, the workshop workbook, the data request, the data dictionary, the checks, the
cut at `as_of` and the simulator are all made from it.
"""

from __future__ import annotations

from typing import Literal

from cxkit.records import Record

ColumnType = Literal["id", "text", "date", "month", "timestamp", "money", "number", "integer", "boolean"]
Severity = Literal["error", "warning"]
Personal = Literal["", "name", "email", "phone", "address", "free_text"]

DUCKDB_TYPES: dict[str, str] = {
    "id": "VARCHAR",
    "text": "VARCHAR",
    "date": "DATE",
    "month": "DATE",
    "timestamp": "TIMESTAMP",
    "money": "DECIMAL(18,4)",
    "number": "DOUBLE",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
}
"""Engine type of each contract type. A month is its first day; a timestamp is naive UTC."""


class Column(Record):
    """One column of a contract."""

    name: str
    type: ColumnType
    meaning: str
    required: bool = False
    unit: str = ""
    allowed: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    references: str = ""
    """``table.column`` this value must be found in, when that table is there."""
    personal: Personal = ""
    """What kind of personal data it holds; masked everywhere unless the client says otherwise."""
    known_from: str = ""
    """Later-known: the date column from which the value was known; it is null while that lies beyond `as_of`."""
    current_state: bool = False
    """As known at extraction; may not describe the past."""
    synonyms: tuple[str, ...] = ()
    """Names that exports give this column; the mapping proposal compares with them."""


class Rule(Record):
    """One predicate over a row; where it is false (not null), the row breaks the rule."""

    id: str
    predicate: str
    """DuckDB SQL over the table's own columns."""
    says: str
    """The rule in words: ``a ticket is resolved after it was opened``."""
    fix: str
    severity: Severity = "error"
    columns: tuple[str, ...]
    """Columns the predicate reads; the rule is skipped while one of them is not supplied."""


class Contract(Record):
    """One canonical table."""

    name: str
    group: Literal["money", "signals", "people", "proof", "authored"]
    meaning: str
    grain: str
    """One row per what."""
    key: tuple[str, ...]
    appearance: str = ""
    """Rows whose value here lies after `as_of` are not there. Empty: as known at extraction."""
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...] = ()
    unlocks: tuple[str, ...] = ()
    """What a report can say once the table is there, for the data request."""
    owner_role: str = "RevOps/Data"
    """Which role usually holds it."""
    synonyms: tuple[str, ...] = ()
    """File names that exports give it."""

    @property
    def authored(self) -> bool:
        """Whether people write it in ``workshop.xlsx`` rather than a system exporting it."""
        return self.group == "authored"

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order."""
        return tuple(c.name for c in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns without which the table cannot be used."""
        return tuple(c.name for c in self.columns if c.required)

    def column(self, name: str) -> Column:
        """The column of this name; `KeyError` when the contract has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column '{name}'; it has {', '.join(self.names)}")


def col(name: str, type: ColumnType, meaning: str, **more: object) -> Column:
    """Declare a column in one line."""
    return Column.model_validate({"name": name, "type": type, "meaning": meaning, **more})


def not_before(later: str, earlier: str, what: str) -> Rule:
    """Declare that one moment never lies before another."""
    return Rule(
        id=f"{later}_not_before_{earlier}",
        predicate=f'"{later}" >= "{earlier}"',
        says=f"{what}: {later} is never before {earlier}",
        fix="check the two columns are not swapped and use the same time zone",
        columns=(later, earlier),
    )
