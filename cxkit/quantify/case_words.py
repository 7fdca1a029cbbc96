"""Uncertain inputs in words: what varies and of what, never the code of a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from cxkit.quantify.case_costs import Cost
from cxkit.quantify.claims import Benefit
from cxkit.tables.sheets import short

DRIVERS: Mapping[str, str] = {
    "grr": "customers kept",
    "nrr": "spending of customers",
    "conversion": "conversion",
    "orders": "orders",
    "deflection": "contacts avoided",
    "aht": "handling time",
    "recontact": "repeat contacts",
    "complaints": "complaints",
    "compliance": "compliance",
}
"""Driver → what an effect is on."""


def subjects(benefits: Sequence[Benefit], costs: Sequence[Cost]) -> dict[str, str]:
    """Row of benefits or investments → what it is about: a driver, or what is paid for.

    Rows of one initiative that are about the same thing keep their code beside it; rows that say neither are left out.
    """
    told = [(b.benefit, b.initiative, DRIVERS.get(b.driver, "") or _plain(b.formula)) for b in benefits]
    told += [(c.investment, c.initiative, short(c.note, 40) if c.note else "") for c in costs]
    alike = Counter((who, about) for _, who, about in told)
    return {row: f"{about} ({row})" if alike[who, about] > 1 else about for row, who, about in told if about}


def _plain(formula: str) -> str:
    """A formula that is words, as of a row without a known driver; nothing where it calculates."""
    return "" if not formula or any(sign in formula for sign in "×*=/") else short(formula, 40)


def label(name: str, about: Mapping[str, str] | None = None, *, of: str = "") -> str:
    """An input's name in words; `about` comes from `subjects`, `of` is the name of its initiative.

    >>> label("B1.effect", {"B1": "customers kept"}), label("B1.effect", {"B1": "customers kept"}, of="Welcome call")
    ('effect on customers kept', 'effect of Welcome call on customers kept')
    >>> label("V2.amount", {"V2": "licences"}, of="Welcome call"), label("B1.effect")
    ('cost of Welcome call (licences)', 'effect of B1')
    """
    row, _, what = name.rpartition(".")
    if not row:
        return short(name, 40)
    what = {"amount": "cost", "adoption": "take-up"}.get(what, what)
    subject = (about or {}).get(row, "")
    if not subject:
        return f"{what} of {of} ({short(row, 24)})" if of else f"{what} of {short(row, 24)}"
    if what == "effect":
        return f"effect of {of} on {subject}" if of else f"effect on {subject}"
    return f"{what} of {of} ({subject})" if of else f"{what}: {subject}"
