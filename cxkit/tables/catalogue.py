"""The one list of canonical tables."""

from collections.abc import Mapping
from types import MappingProxyType

from cxkit.tables import authored, money, proof, signals
from cxkit.tables.contract import Contract

CONTRACTS: Mapping[str, Contract] = MappingProxyType(
    {c.name: c for c in (*money.CONTRACTS, *signals.CONTRACTS, *proof.CONTRACTS, *authored.CONTRACTS)}
)
"""Every canonical table by name, exported ones first."""

EXPORTED: tuple[str, ...] = tuple(name for name, c in CONTRACTS.items() if not c.authored)
AUTHORED: tuple[str, ...] = tuple(name for name, c in CONTRACTS.items() if c.authored)
