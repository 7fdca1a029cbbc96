"""Clients that do not exist: frames in terms of the contracts, drawn from a seed, with the truth behind them."""
