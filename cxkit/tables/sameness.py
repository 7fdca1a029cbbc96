"""Multiplicities no business has, columns that say the same everywhere, and samples that leave somebody out."""

from __future__ import annotations

from cxkit.formats import number, quantity
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables
from cxkit.tables.problems import Problem, examples, suspicion

A_DAY = 100
"""Tickets or orders of one account in a day above which it is no customer."""
ACCOUNTS_OF_A_PERSON = 100
FEWEST = 100
EXACT = 10_000_000
"""Rows up to which repeated rows are counted exactly; above, an estimate within a few percent must do."""
SAME = (
    ("tickets", "reason"),
    ("tickets", "complaint"),
    ("tickets", "handle_minutes"),
    ("contact_volume", "reason"),
    ("outcomes", "value"),
    ("accounts", "end_reason"),
    ("invoices", "amount"),
    ("orders", "amount"),
)
"""Columns that mean nothing when one value fills them."""


def screen(tables: Tables) -> list[Problem]:
    """Everything odd about what is counted and what is repeated."""
    problems: list[Problem] = []
    for name in ("tickets", "orders", "surveys"):
        problems += [*busiest_account(tables, name), *placeholder_account(tables, name)]
    for name in ("people", "tickets", "surveys", "events"):
        problems += person_of_many(tables, name)
    for name in tables.present:
        problems += repeated_rows(tables, name)
    for name, column in SAME:
        problems += one_value(tables, name, column)
    return problems + duplicated_people(tables)


def busiest_account(tables: Tables, name: str) -> list[Problem]:
    """An account with more tickets, orders or answers in a day than a customer can have."""
    when = CONTRACTS[name].appearance
    if tables.lacking({name: ("account_id", when)}):
        return []
    found = tables.sql(
        f"SELECT account_id, {quoted(when + '_date')} AS d, count(*) AS n FROM {quoted(name)} "
        f"WHERE account_id IS NOT NULL AND d IS NOT NULL GROUP BY ALL HAVING n >= {A_DAY} "
        "ORDER BY n DESC, d, account_id LIMIT 50"
    ).fetchall()
    if not found:
        return []
    _, day, most = found[0]
    return [
        suspicion(
            "busy_account",
            name,
            "account_id",
            found=f"one account with {number(most, 0)} {name} on {day}",
            rule=f"a customer has fewer than {A_DAY} {name} a day",
            fix="a test account, a robot or a collective account: filter it out in the mapping, or say what it is",
            count=len(found),
        )
    ]


def placeholder_account(tables: Tables, name: str) -> list[Problem]:
    """One account that holds a large part of all rows: an id that stands for unknown."""
    if tables.lacking({name: ("account_id",)}):
        return []
    total, accounts = tables.sql(
        f"SELECT count(account_id), count(DISTINCT account_id) FROM {quoted(name)}"
    ).fetchall()[0]
    if accounts < 50 or total < 5 * FEWEST:
        return []
    top, n = tables.sql(
        f"SELECT account_id, count(*) AS n FROM {quoted(name)} WHERE account_id IS NOT NULL "
        "GROUP BY 1 ORDER BY n DESC, 1 LIMIT 1"
    ).fetchall()[0]
    if n < 0.2 * total:
        return []
    return [
        suspicion(
            "placeholder",
            name,
            "account_id",
            found=f"{examples([top])} on {quantity(n / total, 'ratio')} of rows",
            rule="no account holds a fifth of all rows",
            fix="if it stands for an unknown customer, map it to empty so that it counts as unattributed",
            count=n,
        )
    ]


def person_of_many(tables: Tables, name: str) -> list[Problem]:
    """A person who belongs to more accounts than anybody does."""
    if tables.lacking({name: ("person_id", "account_id")}):
        return []
    found = tables.sql(
        f"SELECT person_id, count(DISTINCT account_id) AS n FROM {quoted(name)} WHERE person_id IS NOT NULL "
        f"GROUP BY person_id HAVING n >= {ACCOUNTS_OF_A_PERSON} ORDER BY n DESC LIMIT 50"
    ).fetchall()
    if not found:
        return []
    return [
        suspicion(
            "person_of_many",
            name,
            "person_id",
            found=f"one person with {number(found[0][1], 0)} accounts",
            rule=f"a person belongs to fewer than {ACCOUNTS_OF_A_PERSON} accounts",
            fix="an agent, a reseller or a default entry: map it to empty, so that it links nobody",
            count=len(found),
        )
    ]


def repeated_rows(tables: Tables, name: str) -> list[Problem]:
    """Whole rows that stand twice, in tables no key protects."""
    contract, supplied = CONTRACTS[name], tables.supplied(name)
    if (contract.key and set(contract.key) <= supplied) or not supplied or contract.authored:
        return []
    columns = ", ".join(quoted(c) for c in contract.names if c in supplied)
    n = tables.sql(f"SELECT count(*) FROM {quoted(name)}").fetchall()[0][0]
    exact = n <= EXACT
    count = f"count(DISTINCT hash({columns}))" if exact else f"approx_count_distinct(hash({columns}))"
    again = n - tables.sql(f"SELECT {count} FROM {quoted(name)}").fetchall()[0][0]
    if again < 10 or again < (0.01 if exact else 0.1) * n:
        return []
    return [
        suspicion(
            "repeated_rows",
            name,
            "",
            found=f"{number(again, 0)} rows ({quantity(again / n, 'ratio')}) that repeat another in every column",
            rule="a row is exported once",
            fix="check whether files overlap; if so, set an overlap rule in the mapping",
            count=again,
        )
    ]


def one_value(tables: Tables, name: str, column: str) -> list[Problem]:
    """A column that says the same in nearly every row."""
    if tables.lacking({name: (column,)}):
        return []
    value = quoted(column)
    total = tables.sql(f"SELECT count({value}) FROM {quoted(name)}").fetchall()[0][0]
    if total < FEWEST:
        return []
    if CONTRACTS[name].column(column).type in {"text", "boolean"}:
        top, n = tables.sql(
            f"SELECT {value}, count(*) AS n FROM {quoted(name)} WHERE {value} IS NOT NULL "
            "GROUP BY 1 ORDER BY n DESC, 1 LIMIT 1"
        ).fetchall()[0]
    else:
        top, high = tables.sql(f"SELECT min({value}), max({value}) FROM {quoted(name)}").fetchall()[0]
        n = total if top == high else 0
    share = 1.0 if CONTRACTS[name].column(column).type == "boolean" else 0.95
    if n < share * total:
        return []
    shown = f"{top:g}" if isinstance(top, float) else examples([top], CONTRACTS[name].column(column))
    return [
        suspicion(
            "one_value",
            name,
            column,
            found=f"{shown} in {quantity(n / total, 'ratio')} of filled rows",
            rule=f"{column} tells rows apart",
            fix="a default that nobody changes says nothing: export the field people fill, or leave the column out",
            count=n,
        )
    ]


def duplicated_people(tables: Tables) -> list[Problem]:
    """People who stand several times in one system with one e-mail address."""
    if tables.lacking({"people": ("system", "person_id", "email")}):
        return []
    people, extra = tables.sql(
        "SELECT coalesce(sum(n), 0), coalesce(sum(n - 1), 0) FROM (SELECT count(DISTINCT person_id) AS n FROM people "
        "WHERE trim(email) <> '' GROUP BY system, lower(trim(email)))"
    ).fetchall()[0]
    if people < FEWEST or extra < 0.1 * float(people):
        return []
    return [
        suspicion(
            "duplicated_people",
            "people",
            "email",
            found=f"{quantity(float(extra) / float(people), 'ratio')} of people who share an address in one system",
            rule="a person stands once in a system",
            fix="counts of people are too high until identities are resolved; have the system's duplicates merged",
            count=int(extra),
        )
    ]
