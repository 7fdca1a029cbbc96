"""Prove: what changed because of what was done, and how sure that is."""

from cxkit.prove.effects import Experiments, experiments
from cxkit.prove.pnl import PnlBridge, pnl_bridge

__all__ = ["Experiments", "PnlBridge", "experiments", "pnl_bridge"]
