"""What a run publishes for whoever wants to count again: ``evidence.xlsx``."""

from __future__ import annotations

from pathlib import Path

from cxkit.report import workbook
from cxkit.report.inputs import ReportInput

NAME = "evidence.xlsx"


def write_workbook(building: Path, given: ReportInput) -> None:
    """Write the workbook of evidence into a run being built."""
    (building / NAME).write_bytes(workbook.build(given))
