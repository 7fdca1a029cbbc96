"""One currency for clients who bill in several: constant rates, so that a moving rate is not read as growth."""

from __future__ import annotations

from datetime import date

from cxkit.formats import listing
from cxkit.records import Missing
from cxkit.tables.cut import quoted, text_literal
from cxkit.tables.engine import Tables


def in_one_currency(tables: Tables, table: str, amounts: tuple[str, ...], *, at: date) -> str | Missing:
    """A relation, as SQL text, that is the table with `amounts` in the client's currency at the rates of one month.

    Without a currency column, or with one currency that is the client's, it is the table itself. A missing rate
    is a `Missing` that names it, never a one.
    """
    if isinstance(found := tables[table], Missing):
        return found
    if "currency" not in tables.supplied(table):
        return quoted(table)
    home = text_literal(tables.currency)
    foreign = tables.frame(f"SELECT DISTINCT currency FROM {quoted(table)} WHERE currency <> {home} ORDER BY currency")[
        "currency"
    ].tolist()
    if not foreign:
        return quoted(table)
    if isinstance(lacks := tables.require("fx", "month", "from_currency", "to_currency", "rate"), Missing):
        return lacks.model_copy(update={"why": f"{table} holds {listing(foreign)} beside {tables.currency}"})
    rates = tables.frame(
        f"SELECT from_currency, max(rate) AS rate FROM fx WHERE month = DATE '{at}' AND to_currency = {home} "
        "GROUP BY from_currency ORDER BY from_currency"
    )
    known = {str(k): float(v) for k, v in zip(rates["from_currency"], rates["rate"], strict=True) if v and v > 0}
    absent = [c for c in foreign if c not in known]
    if absent:
        why = f"no rate from {listing(absent)} to {tables.currency} for {at:%Y-%m}"
        return Missing(name="fx", columns=("rate",), why=why)
    cases = " ".join(f"WHEN {text_literal(c)} THEN CAST({known[c]!r} AS DECIMAL(18,8))" for c in foreign)
    factor = f"(CASE coalesce(currency, {home}) {cases} ELSE 1 END)"
    replaced = ", ".join(f"CAST({quoted(a)} * {factor} AS DECIMAL(18,4)) AS {quoted(a)}" for a in amounts)
    return f"(SELECT * REPLACE ({replaced}) FROM {quoted(table)})"
