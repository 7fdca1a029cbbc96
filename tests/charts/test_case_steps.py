"""The steps from the bare claim to the net present value, as bars."""

from datetime import date
from typing import ClassVar

import pandas as pd

from cxkit.charts.cases import _steps, steps
from cxkit.records import Result

NAMES = ["base × effect × value", "adoption", "shared claims", "cost", "tax"]


class Cases(Result):
    stage: ClassVar[str] = "quantify"
    name: ClassVar[str] = "cases"


def made(*statuses):
    ids = [f"I{n}" for n, _ in enumerate(statuses)]
    levels, changes = [900.0, 700.0, 700.0, -100.0, -100.0], [900.0, -200.0, 0.0, -800.0, 0.0]
    table = pd.DataFrame(
        [
            {"initiative": i, "name": i, "order": n, "step": step, "npv": level, "change": change}
            for i in ids
            for n, (step, level, change) in enumerate(zip(NAMES, levels, changes, strict=True), 1)
        ]
    )
    known = pd.DataFrame({"initiative": ids, "status": list(statuses)})
    return Cases(as_of=date(2026, 6, 30), tables={"steps": table, "cases": known})


def test_bars_add_live_cases_and_leave_out_steps_that_take_nothing():
    bars = _steps(made("running", "approved", "stopped"))
    assert [(b.label, b.value, b.total) for b in bars] == [
        ("Claimed at face value", 1800, True),
        ("Not taken up", -400, False),
        ("Benefit left", 1400, True),
        ("Cost", -1600, False),
        ("Net present value", -200, True),
    ]


def test_every_step_hangs_where_the_last_one_ended():
    bars = steps(made("running")).patches
    assert [(round(b.get_x()), round(b.get_x() + b.get_width())) for b in bars] == [
        (0, 900), (900, 700), (0, 700), (700, -100), (0, -100),
    ]  # fmt: skip
