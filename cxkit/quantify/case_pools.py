"""Nothing sold twice: claims on one pool share it, and claims that look alike without saying so are flagged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pandas as pd

from cxkit.quantify.case_values import Priced
from cxkit.quantify.claims import Benefit

POOLS = ("pool", "initiative", "claimed_pv", "kept_pv", "lost_pv")
OVERLAPS = ("driver", "base_unit", "initiative", "kind", "rows", "claimed_pv", "at_stake_pv")


def share_pools(given: Iterable[Benefit], *, stopped: frozenset[str] = frozenset()) -> list[Benefit]:
    """Let initiatives that claim from the same pool share it: together no more than the largest of them claims.

    Each keeps the same share of its claim, largest ÷ sum. A pool that one initiative alone claims is left whole;
    stopped initiatives claim nothing. Added up, the same point, contact or hour would be sold several times.
    """
    rows = list(given)
    pools: dict[str, dict[str, float]] = {}
    for row in rows:
        if row.pool and row.initiative not in stopped:
            claims = pools.setdefault(row.pool, {})
            claims[row.initiative] = claims.get(row.initiative, 0.0) + max(row.yearly, 0.0)
    shares = {
        pool: max(claims.values()) / sum(claims.values())
        for pool, claims in pools.items()
        if len(claims) > 1 and sum(claims.values()) > 0
    }
    return [
        replace(row, share=shares[row.pool]) if row.pool in shares and row.initiative not in stopped else row
        for row in rows
    ]


def pools(priced: Sequence[Priced]) -> pd.DataFrame:
    """What each initiative claimed from a shared pool, kept and lost; present values before tax, of any kind."""
    rows: dict[tuple[str, str], list[float]] = {}
    for one in priced:
        b = one.benefit
        if b.share < 1:
            cell = rows.setdefault((b.pool, b.initiative), [0.0, 0.0])
            cell[0] += one.pv / b.share
            cell[1] += one.pv
    made = [(pool, who, claimed, kept, claimed - kept) for (pool, who), (claimed, kept) in sorted(rows.items())]
    return pd.DataFrame(made, columns=list(POOLS))


def overlaps(priced: Sequence[Priced], *, stopped: frozenset[str] = frozenset()) -> pd.DataFrame:
    """Initiatives that move the same driver on the same base and name no pool they share: nothing is taken off yet.

    A group is one driver (never ``other``) and base unit (as written, but for case and spaces), whatever its kind: an
    hour saved as cash by one and as capacity by another is one hour. Initiatives whose rows of the group all name one
    and the same pool are settled already. at_stake_pv is what sharing would take off:
    all claims but the largest initiative's, the same in every row of a group.
    """
    groups: dict[tuple[str, str], list[Priced]] = {}
    for one in priced:
        b = one.benefit
        unit = " ".join(b.base_unit.lower().split())
        if b.known and unit and b.driver not in {"", "other"} and b.initiative not in stopped and one.pv > 0:
            groups.setdefault((b.driver, unit), []).append(one)
    made = []
    for (driver, unit), rows in sorted(groups.items()):
        named = {one.benefit.pool for one in rows}
        who = sorted({one.benefit.initiative for one in rows})
        if len(who) < 2 or (len(named) == 1 and "" not in named):
            continue
        claimed = {i: sum(one.pv for one in rows if one.benefit.initiative == i) for i in who}
        stake = sum(claimed.values()) - max(claimed.values())
        for i in who:
            mine = [one.benefit for one in rows if one.benefit.initiative == i]
            kinds = ", ".join(sorted({b.kind for b in mine}))
            made.append((driver, unit, i, kinds, ", ".join(b.benefit for b in mine), claimed[i], stake))
    return pd.DataFrame(made, columns=list(OVERLAPS))
