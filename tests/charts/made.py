"""Small results for figures: a class of their own per figure, frames by column."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

import pandas as pd

from cxkit.records import Finding, Result


def result(stage_name: str, tables: dict[str, pd.DataFrame], findings: tuple[Finding, ...] = ()) -> Result:
    class Made(Result):
        stage: ClassVar[str] = stage_name
        name: ClassVar[str] = "made"

        currency: str = "USD"

    return Made(as_of=date(2026, 10, 31), findings=findings, tables=tables)  # type: ignore[arg-type]


def rows(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns)
