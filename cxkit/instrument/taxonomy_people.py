"""Names known from the client's tables, asked about few words at a time: the tables stay in the engine."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

import pyarrow as pa

from cxkit.instrument.taxonomy_text import folded, folded_sql
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables

ASKED = "taxonomy_asked"
PARTS = 4
"""Words of a name that are compared."""
SAMPLE = 100


def _columns(tables: Tables) -> Iterator[tuple[str, str]]:
    for name in tables.present:
        for column in CONTRACTS[name].columns:
            if column.personal == "name" and column.name in tables.supplied(name):
                yield name, column.name


def known_words(tables: Tables, asked: Sequence[str]) -> frozenset[str]:
    """Which of some folded words are part of a name in the client's tables."""
    found: set[str] = set()
    if not asked:
        return frozenset()
    with tables.lent(ASKED, pa.table({"w": pa.array(list(asked), pa.string())})):
        for table, column in _columns(tables):
            parts = " UNION ALL ".join(f"SELECT v, split_part(f, ' ', {i}) AS w FROM n" for i in range(1, PARTS + 1))
            rows = tables.frame(f"""
                WITH d AS (SELECT DISTINCT {quoted(column)} AS v FROM {quoted(table)}
                           WHERE {quoted(column)} IS NOT NULL),
                n AS (SELECT v, {folded_sql("v")} AS f FROM d), p AS ({parts})
                SELECT DISTINCT q.w FROM p JOIN {ASKED} q ON q.w = p.w ORDER BY 1
            """)
            found |= {str(w) for w in rows["w"]}
    return frozenset(found)


def names_in(tables: Tables, texts: Collection[str]) -> list[str]:
    """Names known from the client's tables that occur in some texts, single words and pairs of them."""
    said = [folded(text).split() for text in texts]
    known = known_words(tables, sorted({w for words in said for w in words if not w.isdigit()}))
    pairs = {f"{a} {b}" for words in said for a, b in pairwise(words) if a in known and b in known}
    return sorted(known | pairs)


def some_names(tables: Tables) -> list[str]:
    """Up to a hundred full names from the client's tables, always the same ones."""
    have = tables.supplied("people")
    if {"first_name", "last_name"} <= have:
        query = (
            "SELECT DISTINCT first_name || ' ' || last_name AS v FROM people "
            "WHERE first_name IS NOT NULL AND last_name IS NOT NULL"
        )
    else:
        chosen = next((c for c in _columns(tables) if c[1] in {"agent", "resource"}), None)
        if chosen is None:
            return []
        table, column = chosen
        query = f"SELECT DISTINCT {quoted(column)} AS v FROM {quoted(table)} WHERE {quoted(column)} LIKE '% %'"
    rows = tables.frame(f"SELECT v FROM ({query}) q WHERE length(v) < 80 ORDER BY md5(v), v LIMIT {SAMPLE}")
    return [str(v) for v in rows["v"]]
