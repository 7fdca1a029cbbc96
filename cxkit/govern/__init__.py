"""Govern: the evidence ledger, evidenced maturity and where the money goes."""

from cxkit.govern.allocation import Allocation, allocation
from cxkit.govern.council import Council, council
from cxkit.govern.ledger import Ledger, ledger
from cxkit.govern.maturity import Maturity, evidenced_maturity
from cxkit.govern.portfolio import Portfolio, portfolio

__all__ = [
    "Allocation",
    "Council",
    "Ledger",
    "Maturity",
    "Portfolio",
    "allocation",
    "council",
    "evidenced_maturity",
    "ledger",
    "portfolio",
]
