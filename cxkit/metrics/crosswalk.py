"""The client's tables as they look once records of several systems are known to be one person.

A crosswalk maps every record of `people` (system, person_id) to an entity. Nothing is rewritten: the tables are seen
through views, for a while.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cxkit.tables.engine import Tables

GIVEN = "cxkit_crosswalk"
JOINED = "cxkit_customers"
KNOWN = "cxkit_known_accounts"
MOST_ACCOUNTS = 3
"""A person known at more accounts than this (an agent, a reseller, a false link) joins none of them."""
TOUCHED = ("tickets", "surveys", "events")
PAID = ("revenue",)


@contextmanager
def stitched(tables: Tables, known: pa.Table, customers: pa.Table | None = None) -> Iterator[Tables]:
    """The tables with missing accounts filled in from `accounts_of`, and accounts joined by `customers_of`.

    A record of `people`, a ticket, an answer or an event without an account takes that of its person. With
    `customers`, accounts that share a person are one customer in revenue, tickets, answers and events.
    """
    joined = customers if customers is not None and customers.num_rows else None
    lent = {KNOWN: known, **({JOINED: joined} if joined is not None else {})}
    here = f"LEFT JOIN {KNOWN} k ON k.system = t.system AND k.person_id = t.person_id AND k.system IS NOT NULL"
    views = {"people": _view(tables, "people", "coalesce(t.account_id, k.account_id)", here)}
    supplied = {"people": tables.supplied("people") | {"account_id"}}
    for name in TOUCHED:
        columns = tables.supplied(name)
        value, joins = "t.account_id", ""
        if "person_id" in columns:
            value = "coalesce(t.account_id, k.account_id)"
            joins = f"LEFT JOIN {KNOWN} k ON k.person_id = t.person_id AND k.system IS NULL"
        if joined is not None:
            joins += f" LEFT JOIN {JOINED} j ON j.account_id = {value}"
            value = f"coalesce(j.customer, {value})"
        if joins and columns & {"person_id", "account_id"}:
            views[name], supplied[name] = _view(tables, name, value, joins), columns | {"account_id"}
    for name in PAID if joined is not None else ():
        if "account_id" in tables.supplied(name):
            joins = f"LEFT JOIN {JOINED} j ON j.account_id = t.account_id"
            views[name] = _view(tables, name, "coalesce(j.customer, t.account_id)", joins)
    with tables.replaced(views, supplied, lent=lent) as other:
        yield other


def accounts_of(tables: Tables, crosswalk: pa.Table) -> pa.Table:
    """Whose account stands in where none is given: system, person_id, account_id.

    `crosswalk` has system, person_id and entity. A row with a system is for a record of `people` without an account:
    that of its entity, where the entity has one account alone. A row without a system is for a person_id as tickets and
    answers use it, looked up in every system; where that leads to two accounts, it leads to none.
    """
    with tables.lent(GIVEN, crosswalk):
        return tables.arrow(f"""
            WITH own AS (
              SELECT c.entity, min(p.account_id) AS account_id FROM people p
              JOIN {GIVEN} c ON c.system = p.system AND c.person_id = p.person_id
              WHERE p.account_id IS NOT NULL GROUP BY c.entity HAVING count(DISTINCT p.account_id) = 1
            ), each AS (
              SELECT p.system, p.person_id, p.account_id AS stated, coalesce(p.account_id, o.account_id) AS account_id
              FROM people p LEFT JOIN {GIVEN} c ON c.system = p.system AND c.person_id = p.person_id
              LEFT JOIN own o ON o.entity = c.entity
              WHERE p.person_id IS NOT NULL AND coalesce(p.account_id, o.account_id) IS NOT NULL
            )
            SELECT system, person_id, min(account_id) AS account_id FROM each WHERE stated IS NULL GROUP BY 1, 2
            UNION ALL
            SELECT NULL AS system, person_id, min(account_id) AS account_id FROM each
            GROUP BY person_id HAVING count(DISTINCT account_id) = 1 ORDER BY 1, 2
        """)


def _view(tables: Tables, name: str, account: str, joins: str) -> str:
    columns = tables.frame(f"SELECT * FROM {name} LIMIT 0").columns
    listed = ", ".join(f'{account} AS "account_id"' if c == "account_id" else f't."{c}"' for c in columns)
    return f"SELECT {listed} FROM {tables.original(name)} t {joins}"


def customers_of(tables: Tables, crosswalk: pa.Table) -> pa.Table:
    """Accounts that share a person, each with the first account of its group: account_id, customer.

    A person known at more than three accounts joins none of them.
    """
    with tables.lent(GIVEN, crosswalk):
        rows = tables.frame(f"""
            WITH k AS (SELECT DISTINCT c.entity, p.account_id FROM people p
              JOIN {GIVEN} c ON c.system = p.system AND c.person_id = p.person_id WHERE p.account_id IS NOT NULL),
            n AS (SELECT entity FROM k GROUP BY entity HAVING count(*) BETWEEN 2 AND {MOST_ACCOUNTS})
            SELECT k.entity, k.account_id FROM k JOIN n ON n.entity = k.entity ORDER BY 1, 2
        """)
    if rows.empty:
        return pa.table({"account_id": pa.array([], pa.string()), "customer": pa.array([], pa.string())})
    accounts = np.unique(rows["account_id"].to_numpy(dtype=str))
    who = np.searchsorted(accounts, rows["account_id"].to_numpy(dtype=str))
    first = rows.assign(who=who).groupby("entity")["who"].transform("min").to_numpy()
    graph = coo_array((np.ones(len(who), dtype=np.int8), (first, who)), shape=(len(accounts), len(accounts)))
    _, part = connected_components(graph, directed=False)
    least = np.full(int(part.max()) + 1, len(accounts), dtype=np.int64)
    np.minimum.at(least, part, np.arange(len(accounts)))
    return pa.table({"account_id": accounts.tolist(), "customer": accounts[least[part]].tolist()})
