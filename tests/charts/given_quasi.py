"""A small result for the figures of experiments without a draw."""

from __future__ import annotations

import pandas as pd

from cxkit.records import Finding, Result
from tests.charts.made import result, rows

SINCE = list(range(-6, 6))
PATHS = pd.concat(
    [
        rows(
            experiment_id="q1", arm="coached", name="Coaching $x$ & <b>", design="did", unit="none", since=SINCE,
            phase=["last before" if k == -1 else "before" if k < 0 else "after" for k in SINCE],
            value=[0.2, -0.1, 0.3, 0.1, -0.2, 0.0, 1.8, 2.2, 2.6, 2.4, 2.9, 3.1],
            low=[-1.0, -1.0, -0.8, -0.7, -0.9, None, 0.9, 1.0, 1.3, 1.1, 1.4, 1.5],
            high=[1.3, 0.9, 1.2, 0.9, 0.6, None, 2.8, 3.3, 3.8, 3.7, 4.3, 4.6],
            groups=5,
        ),
        rows(
            experiment_id="s1", arm="north", name="Price promise in the north", design="synthetic_control", unit="none",
            since=SINCE, period=pd.date_range("2026-01-01", periods=12, freq="MS"),
            phase=["before" if k < 0 else "after" for k in SINCE],
            value=[0.1, -0.2, 0.1, 0.0, 0.1, -0.1, 0.6, 1.1, 1.4, 1.6, 1.5, 1.9],
            treated=[10.1, 10.4, 11.0, 11.2, 11.5, 11.3, 12.4, 13.2, 13.9, 14.2, 14.0, 14.8],
            comparison=[10.0, 10.6, 10.9, 11.2, 11.4, 11.4, 11.8, 12.1, 12.5, 12.6, 12.5, 12.9],
            groups=1,
        ),
    ]
)  # fmt: skip
SENSITIVITY = rows(
    experiment_id="q1", arm="coached", name="Coaching $x$ & <b>", kind="relative", unit="none",
    size=[0.0, 0.25, 0.5, 1.0, 2.0], low=[1.4, 0.9, 0.4, -0.6, -2.6], high=[3.6, 4.1, 4.6, 5.6, 7.6],
    holds=[True, True, True, False, False], breakdown=0.7,
)  # fmt: skip
BALANCE = rows(
    experiment_id="m1", arm="course", name="The course",
    variable=["segment", "segment", "term_months", "outcome before"],
    level=["large", "small", "", ""], treated=[0.49, 0.2, 29.2, 31.7], before=[0.27, 0.39, 27.4, 29.3],
    after=[0.49, 0.2, 25.9, 31.6], smd_before=[0.46, -0.43, 0.07, 0.51], smd_after=[0.0, 0.0, 0.14, 0.01],
    balanced=[True, True, False, True],
)  # fmt: skip


def _said(id: str, subject: str, title: str) -> Finding:
    return Finding(id=id, stage="prove", subject=subject, title=title)


FINDINGS = (
    _said("prove.effect", "q1", "Coaching raised rating by 2.5 (1.4 to 3.6), held against change elsewhere"),
    _said("prove.effect", "s1", "Price promise in the north raised use by 1.4 (0.6 to 2.1), held against a mixture"),
    _said(
        "prove.quasi.trend", "q1", "No trend is seen before coaching started, and one would be seen in 96 % of cases"
    ),
    _said(
        "prove.quasi.sensitivity", "q1", "The result of coaching holds unless trends differed by more than 0.7 times"
    ),
    _said("prove.quasi.balance", "m1", "Customers matched for the course are still unlike: at worst 0.14 apart"),
    _said("prove.quasi.fit", "s1", "Before the start the mixture misses by 0.9 times what is usual"),
)
MADE: Result = result("prove", {"paths": PATHS, "sensitivity": SENSITIVITY, "balance": BALANCE}, FINDINGS)
GIVEN: dict[str, Result] = dict.fromkeys(
    ("prove.quasi.path", "prove.quasi.synthetic", "prove.quasi.balance", "prove.quasi.sensitivity"), MADE
)
