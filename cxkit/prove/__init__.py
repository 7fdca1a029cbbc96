"""Prove: what changed because of what was done, and how sure that is."""

from cxkit.prove.checks import Checks, checks
from cxkit.prove.designs import Designs, designs
from cxkit.prove.effects import Experiments, experiments
from cxkit.prove.forecasts import Forecasts, forecasts
from cxkit.prove.impact import Impact, impact
from cxkit.prove.pnl import PnlBridge, pnl_bridge
from cxkit.prove.quasi import Quasi, quasi
from cxkit.prove.realised import Realised, realised

__all__ = [
    "Checks",
    "Designs",
    "Experiments",
    "Forecasts",
    "Impact",
    "PnlBridge",
    "Quasi",
    "Realised",
    "checks",
    "designs",
    "experiments",
    "forecasts",
    "impact",
    "pnl_bridge",
    "quasi",
    "realised",
]
