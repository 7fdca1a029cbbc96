"""The vocabulary every layer speaks: findings, gaps and frozen results.

A result holds its tables, its findings (a number and its sentence, together) and its gaps (what could not
be assessed, and what would let it). Nothing below it knows about files, plots or notebooks.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from cxkit import formats
from cxkit.formats import Unit, significant

Stage = Literal["data", "align", "quantify", "instrument", "orchestrate", "prove", "govern", "own"]
"""Where something was found out: in the checks of the data, in a stage, or in a consultant's own notebook."""
Grade = Literal["A", "B", "C", "D", "E", "M"]
Audience = Literal["board", "team", "partner"]

GRADES: Mapping[str, str] = {
    "A": "randomised",
    "B": "quasi-experiment whose checks passed with power",
    "C": "quasi-experiment",
    "D": "modelled or matched",
    "E": "before–after or claimed",
    "M": "measured (descriptive)",
}

Number = Annotated[float, BeforeValidator(lambda v: significant(float(v)))]


class Record(BaseModel):
    """A frozen value; fields are documented where they are declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Missing(Record):
    """A table, or columns of it, that the client did not supply.

    >>> str(Missing(name="surveys", columns=("score",)))
    'surveys (score)'
    """

    name: str
    columns: tuple[str, ...] = ()
    why: str = "not supplied"

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(self.columns)})" if self.columns else self.name


class Gap(Record):
    """Something a stage could not assess: what it was, why not, and what would let it."""

    id: str
    """The id the finding would have had, such as ``quantify.scorecard.nps``."""
    what: str
    """What cannot be assessed, in the reader's words: ``Net promoter score``."""
    reason: str
    """Why not, as one sentence."""
    needs: tuple[Missing, ...] = ()
    """The tables and columns that would let it; empty when more rows, not more files, are needed."""
    initiative: str | None = None
    subject: str | None = None


class Finding(Record):
    """One number (or verdict) with its sentence, interval, n, period, grade and sources.

    `value`, `low` and `high` are in the storage unit (`formats.Unit`). A finding without an interval has
    `low` and `high` None, because it is exact or because n is below the method's minimum; `about` says which.
    """

    id: str
    stage: Stage
    title: str
    """The finding as an action title: a full sentence that holds the number."""
    detail: str = ""
    """One or two further sentences: convention, comparison, what it does not say."""
    value: Number | None = None
    unit: Unit = "none"
    currency: str = ""
    low: Number | None = None
    high: Number | None = None
    level: float = 0.95
    about: str = ""
    """What the interval is for: ``the underlying rate, customers resampled``."""
    n: int | None = None
    period: str = ""
    """``2026-10`` or ``2025-11 to 2026-10``."""
    grade: Grade = "M"
    sources: tuple[str, ...] = ()
    """Canonical table names; the ledger turns them into snapshot hashes."""
    initiative: str | None = None
    subject: str | None = None
    """The experiment, moment or segment this is about, where one id has several findings."""
    definition: str = ""
    """Metric and version of its definition in ``playbook/metrics.yml``: ``grr@1``."""
    audience: Audience = "board"
    """The widest audience that may read it; ``partner`` findings never reach a client's team."""
    tone: Literal["good", "bad", "neutral", "unknown"] = "neutral"
    """Whether the reader should be glad; ``unknown`` when the interval cannot tell."""
    weight: Number = 0.0
    """Money at stake per year in the client's currency; orders the report's conclusion."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if (self.low is None) != (self.high is None):
            raise ValueError(f"{self.id}: an interval has both ends or none")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"{self.id}: interval {self.low} to {self.high} is upside down")
        if not self.id.startswith(self.stage + "."):
            raise ValueError(f"{self.id}: a finding's id begins with its stage, {self.stage}")
        return self

    @property
    def key(self) -> str:
        """Id, initiative and subject: unique within one report.

        >>> Finding(id="prove.effect", stage="prove", title="It worked", subject="exp-1").key
        'prove.effect:exp-1'
        """
        return ":".join(filter(None, [self.id, self.initiative, self.subject]))

    @property
    def value_text(self) -> str:
        """The value as words, in its unit."""
        return formats.quantity(self.value, self.unit, currency=self.currency)

    @property
    def interval_text(self) -> str:
        """The interval as words, or an empty string."""
        return formats.interval(self.low, self.high, self.unit, currency=self.currency)


def freeze(frame: pd.DataFrame) -> pa.Table:
    """Turn a small frame into an immutable table with floats at 12 significant digits.

    >>> freeze(pd.DataFrame({"x": [0.1 + 0.2]})).column("x").to_pylist()
    [0.3]
    """
    table = pa.Table.from_pandas(frame.reset_index(drop=True), preserve_index=False).replace_schema_metadata(None)
    for index, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type) or pa.types.is_floating(field.type):
            floats = pc.cast(table.column(index), pa.float64()).to_pylist()
            values = [None if v is None or math.isnan(v) else significant(v) for v in floats]
            table = table.set_column(index, field.name, pa.array(values, pa.float64()))
    return table


FrozenTable = Annotated[pa.Table, BeforeValidator(lambda v: freeze(v) if isinstance(v, pd.DataFrame) else v)]


class Result(Record):
    """What a stage function returns: tables, findings and gaps, frozen, loaded back by class.

    Subclasses set `stage` and `name` and may add documented scalar fields. Tables are small pandas frames
    when given and immutable Arrow tables when held; `frame(name)` hands out a fresh pandas copy.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, ser_json_inf_nan="strings")

    stage: ClassVar[str]
    name: ClassVar[str]
    version: ClassVar[int] = 1

    as_of: date
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    tables: dict[str, FrozenTable] = Field(default_factory=dict, exclude=True)

    def frame(self, name: str) -> pd.DataFrame:
        """A fresh pandas copy of one of the result's tables.

        Raises `KeyError` naming the tables there are.
        """
        if name not in self.tables:
            raise KeyError(f"{self.stage}.{self.name} has no table '{name}'; it has {', '.join(self.tables) or 'none'}")
        frame: pd.DataFrame = self.tables[name].to_pandas()
        return frame

    def has(self, name: str) -> bool:
        """Whether the result holds this table, with at least one row."""
        return name in self.tables and self.tables[name].num_rows > 0

    def finding(self, id: str, *, initiative: str | None = None, subject: str | None = None) -> Finding | None:
        """The finding with this id (and initiative, subject, where given), or None."""
        for found in self.findings:
            if found.id == id and initiative in (None, found.initiative) and subject in (None, found.subject):
                return found
        return None

    @property
    def assessed(self) -> bool:
        """Whether anything at all could be said."""
        return bool(self.findings or any(t.num_rows for t in self.tables.values()))

    def document(self) -> dict[str, Any]:
        """The JSON part: every field but the tables, with class identity and schema version."""
        fields: dict[str, Any] = json.loads(self.model_dump_json())
        return {"result": f"{self.stage}.{self.name}", "version": self.version, **fields}
