"""The one list of canonical tables."""

from collections.abc import Mapping
from types import MappingProxyType

from cxkit.tables import governance, journeys, money, plans, proof, signals
from cxkit.tables.contract import Contract

CONTRACTS: Mapping[str, Contract] = MappingProxyType(
    {c.name: c for module in (money, signals, proof, plans, journeys, governance) for c in module.CONTRACTS}
)
"""Every canonical table by name, exported ones first."""

EXPORTED: tuple[str, ...] = tuple(name for name, c in CONTRACTS.items() if not c.authored)
AUTHORED: tuple[str, ...] = tuple(name for name, c in CONTRACTS.items() if c.authored)

FINDINGS: Mapping[str, str] = MappingProxyType(
    {
        "data.health.verdict": "Whether the tables supplied can be used, and how many things there are to know",
        "data.health.problem": "One thing to know about the data: what was found, the rule, what to do",
        "data.books.revenue": "Whether recurring revenue by month ties to the P&L",
        "data.books.orders": "Whether order value by month ties to the P&L, for clients without recurring revenue",
        "data.books.service_cost": "Whether cost to serve by month ties to the P&L",
    }
)
"""Every finding id about the data, with its meaning."""
