# ruff: noqa: E501  rows of a sheet read best as rows
# fmt: off
"""What Northbeam can prove without a draw: a rollout that answers to a trend, and one market beside fourteen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cxkit.simulate import proof, proven
from cxkit.simulate.plan import sheet, typed, with_columns
from cxkit.simulate.world import months_between

CHAT_STARTS = {
    **{f"Queue {n}": "2026-03" for n in "ABCDEF"},
    **dict.fromkeys((f"Queue {n}" for n in "GHIJKLMN"), None),
}
CHAT_DRIFT = {f"Queue {n}": -0.28 for n in "ABCDEF"}
"""Queues that got the assistant were getting quicker before it; the assistant itself does nothing."""
PORTAL_STARTS = {"United Kingdom": "2026-02", **dict.fromkeys(("Austria", "Belgium", "Czechia", "Denmark", "Finland", "France", "Germany", "Ireland", "Italy", "Netherlands", "Norway", "Poland", "Spain", "Sweden"), None)}
PORTAL_EFFECT = -4.0
"""Points of invoices paid late that the portal takes away where it was opened."""
ASKED_BASE = 0.14

EXPERIMENTS = [
    ("Q3", "N08", "The assistant lowers the minutes a how-to ticket takes", "how_to_minutes", "mean", "did", "down", "without", None, "2026-02-16", "2026-03-01", "2026-10-31", 1.0, 2_100, 1.0, "Support", 1),
    ("Q4", "N11", "The portal lowers the share of invoices paid late", "late_invoices", "mean", "synthetic_control", "down", "without", None, "2026-01-12", "2026-02-01", "2026-10-31", 2.0, 4_800, 1.1, "Development and administration", 2),
]
METRICS = [("E1", "asked_for_help", "guardrail", "binary", "down", 0.05, "2026-04-14")]
PEOPLE = {"N01": 3.0, "N02": 2.0, "N03": 4.0, "N05": 3.5, "N06": 0.5, "N07": 1.0, "N08": 1.5, "N09": 0.5, "N10": 1.0, "N11": 1.0, "N12": 1.5}
DEPENDS, EXCLUDES = {"N06": "N05"}, {"N09": "N07"}
RIGHTS = [
    ("D1", "Money for an initiative", "fund", 150_000, "B", "CX Council/Finance", "Journey Owners", "RevOps/Data", "CXO/PMO"),
    ("D3", "A test before money is given", "test first", 60_000, "E", "CX Council/Finance", "Data/Insights", None, None),
    ("D2", "Stopping an initiative", "stop", None, "E", "CXO/PMO", "Journey Owners", None, None),
]


def tests(rng: np.random.Generator, frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables ``assignments`` and ``outcomes`` with what came later, and ``panel``."""
    mine = frames["assignments"].query("experiment_id == 'E1'")
    share = rng.beta(4, 4 / ASKED_BASE - 4, mine["cluster_id"].nunique())
    cluster = pd.Series(share, index=sorted(mine["cluster_id"].unique()))
    asked = rng.random(len(mine)) < cluster.loc[mine["cluster_id"]].to_numpy()
    when = mine["assigned"].to_numpy() + np.timedelta64(60, "D")
    chat = proven.groups(rng, months_between("2024-09", "2026-10"), CHAT_STARTS, level=24.0, effect=0.0, season=0.6, noise=0.45, drift=CHAT_DRIFT, apart=1.5)
    late = proven.groups(rng, months_between("2024-02", "2026-10"), PORTAL_STARTS, level=18.0, effect=PORTAL_EFFECT, season=1.2, noise=0.7, apart=2.0)
    return {
        "assignments": pd.concat([frames["assignments"], proven.treated("Q3", CHAT_STARTS, ("without", "assistant")), proven.treated("Q4", PORTAL_STARTS, ("without", "portal"))], ignore_index=True),
        "outcomes": pd.concat([frames["outcomes"], proof.outcomes("E1", mine["unit_id"].to_numpy(), "asked_for_help", phase="post", value=asked, measured=when)], ignore_index=True),
        "panel": pd.concat([proven.panel("Q3", "how_to_minutes", chat, 60), proven.panel("Q4", "late_invoices", late, 300)], ignore_index=True),
    }


def sheets(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The sheets that are new or have grown."""
    experiment = "experiment_id initiative_id hypothesis metric kind design direction control_arm planned_share registered started ended minimum_effect exposed_base unit_margin pnl_line lag_months"
    grown = pd.concat([frames["experiments"], sheet("experiments", experiment, EXPERIMENTS)], ignore_index=True)
    people: dict[str, dict[str, Any]] = {"people_needed": PEOPLE, "depends_on": DEPENDS, "excludes": EXCLUDES}
    return {
        "experiments": typed("experiments", grown),
        "experiment_metrics": sheet("experiment_metrics", "experiment_id metric role kind direction margin registered", METRICS),
        "initiatives": with_columns(frames["initiatives"], "initiatives", people),
        "decision_rights": sheet("decision_rights", "right_id decision verdict up_to evidence accountable responsible consulted informed", RIGHTS),
    }
