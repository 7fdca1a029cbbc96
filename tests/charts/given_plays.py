"""Small results for the figures of plays."""

from __future__ import annotations

from cxkit.records import Result
from tests.charts.made import result, rows

BACKTEST = rows(
    play=["renewal", "call", "tail", "new"],
    name=["A detractor with a renewal near", "Call $back$ & <b>", "Clear the tail", "First value"],
    truth=["leaves within 90 days"] * 4,
    baseline_rule=["every renewal"] * 4,
    raised=[156, 122, 341, 12],
    true=[25, 18, 147, 0],
    precision=[0.16, 0.148, 0.431, 0.0],
    low=[0.11, 0.09, 0.364, None],
    high=[0.227, 0.232, 0.5, None],
    baseline_precision=[0.085, 0.127, 0.512, 0.0],
    baseline_low=[0.062, 0.112, 0.478, None],
    baseline_high=[0.114, 0.144, 0.545, None],
    difference=[0.076, 0.021, -0.081, 0.0],
    difference_low=[0.042, -0.033, -0.138, None],
    difference_high=[0.127, 0.101, -0.021, None],
    recall=[0.66, 0.09, 0.1, 0.0],
    early_median=[43.0, 25.5, 1.0, None],
    verdict=["better", "no better", "worse", "too few"],
)
PLAYS = rows(
    play=["tail", "call", "off"],
    name=["Clear the tail", "Call $back$ & <b>", "Off"],
    owner_role=["Enablement/Ops", "Journey Owners", "Journey Owners"],
    trigger=["open past the limit", "an unhappy answer", "a renewal"],
    raised=[168.0, 26.0, None],
    overdue=[121.0, None, None],
    money=[116_000.0, None, None],
    why_not=["", "", "not supplied: accounts (renewal)"],
)
GIVEN: dict[str, Result] = {
    "orchestrate.plays.backtest": result("orchestrate", {"backtest": BACKTEST}),
    "orchestrate.plays.today": result("orchestrate", {"plays": PLAYS}),
}
