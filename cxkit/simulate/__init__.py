"""Clients that do not exist: frames in terms of the contracts, drawn from a seed, with the truth behind them.

`trial.draw` gives a plain client's frames in milliseconds, `write_simulated` a folder of any size, and `samples` the
three clients under ``data/``.
"""

from cxkit.simulate.trial import write_simulated

__all__ = ["write_simulated"]
