"""The contract checked on a table in the engine: one predicate per rule, all counted in one pass.

What comes back is a list of `Problem`; no rows are loaded. The first five rows and a few values are fetched only
for rules that fail.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

import duckdb

from cxkit.errors import nearest
from cxkit.formats import listing
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.contract import Column, Contract
from cxkit.tables.cut import quoted
from cxkit.tables.predicates import Test, row_tests
from cxkit.tables.problems import Problem, examples, masked, ordered

FILES_TOLD = 3
"""Files named singly for one broken rule; further ones are summed into one problem."""


def check(
    con: duckdb.DuckDBPyConnection,
    name: str,
    relation: str | duckdb.DuckDBPyRelation,
    supplied: Collection[str],
    others: Mapping[str, Collection[str]],
) -> list[Problem]:
    """Check one cut table against its contract.

    `relation` is what stands after FROM (a quoted name or a select in parentheses) or a DuckDB relation; it holds
    the typed contract columns, cut at `as_of`, and where the rows came from: ``__file`` (text) and ``__row``
    (integer, the header being row 1). Without those two the problems carry no place. `supplied` names the contract
    columns the source really has. `others` maps the other tables that are in `con`, under their canonical names, to
    their columns; a reference to a table that is not among them is not checked.

    Returns problems in a stable order; raises `KeyError` for an unknown table.
    """
    contract = CONTRACTS[name]
    if isinstance(relation, duckdb.DuckDBPyRelation):
        relation.create_view(f"__check_{name}", replace=True)
        relation = quoted(f"__check_{name}")
    located = {"__file", "__row"} <= {d[0] for d in con.execute(f"SELECT * FROM {relation} LIMIT 0").description or ()}
    absent = [c for c in contract.required if c not in supplied]
    files = con.execute(f"SELECT DISTINCT __file FROM {relation} ORDER BY 1").fetchall() if absent and located else []
    place = listing([f for (f,) in files], most=FILES_TOLD)
    problems = [column_absent(contract, c, supplied, place) for c in absent]
    tests = row_tests(contract, supplied, others)
    sums = ", ".join(["count(*)", *(f"count(*) FILTER (WHERE NOT ({t.predicate}))" for t in tests)])
    counted = con.execute(f"SELECT {sums} FROM {relation}").fetchone() or (0,)
    if not counted[0]:
        return ordered_list([*problems, *([] if absent else [no_rows(contract)])])
    for test, failing in zip(tests, counted[1:], strict=True):
        if failing:
            problems += failures(con, contract, relation, test, others, located=located)
    problems += duplicates(con, contract, relation, supplied, located=located)
    return ordered_list(problems)


def ordered_list(problems: list[Problem]) -> list[Problem]:
    """The problems in their stable order."""
    return list(ordered(problems))


def column_absent(contract: Contract, column: str, supplied: Collection[str], file: str = "") -> Problem:
    """Word a required column that is not there."""
    meaning = contract.column(column).meaning
    return Problem(
        id="column.absent",
        kind="column",
        table=contract.name,
        file=file,
        column=column,
        found=f"the columns {listing(sorted(supplied), most=8)}" if supplied else "no known column",
        rule=f"{contract.name} needs {column} ({meaning})",
        fix=f"export {column}, or map the column that holds it to {column} with `cxkit map`",
    )


def no_rows(contract: Contract) -> Problem:
    """Word a table that has a header and nothing (that was there on the day) below it."""
    return Problem(
        id="file.empty",
        kind="file",
        table=contract.name,
        found="no rows up to the reporting date",
        rule=f"{contract.name} has {contract.grain}",
        fix="export it again with data, check the reporting date, or take the file out of the folder",
        severity="warning" if contract.authored else "error",
    )


def failures(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    relation: str,
    test: Test,
    others: Mapping[str, Collection[str]],
    *,
    located: bool,
) -> list[Problem]:
    """Fetch the place and the values of what failed, file by file: at most five rows of each."""
    where, row = ("__file", "__row") if located else ("''", "0")
    values = ", ".join(f"min_by(coalesce(CAST({quoted(c)} AS VARCHAR), ''), {row}, 5)" for c in test.shown)
    files = con.execute(
        f"SELECT {where} AS f, count(*) AS n, min({row}, 5), {values} FROM {relation} "
        f"WHERE NOT ({test.predicate}) GROUP BY f ORDER BY f"
    ).fetchall()
    columns = [contract.column(c) for c in test.shown]
    problems: list[Problem] = []
    for file, count, rows, *seen in files[:FILES_TOLD]:
        if len(files) > FILES_TOLD and len(problems) == FILES_TOLD - 1:
            break
        problems.append(
            Problem(
                id=test.id,
                kind=test.kind,
                table=contract.name,
                file=file or "",
                column=", ".join(test.shown),
                rows=tuple(rows) if located else (),
                count=count,
                found=shown(columns, seen),
                rule=test.says,
                fix=test.fix + suggestion(con, test, columns[0], seen[0], others) + merged(test, file or ""),
                severity=test.severity,
            )
        )
    rest = files[len(problems) :]
    if rest:
        head = problems[0]
        more = {
            "file": f"{len(rest)} further files",
            "rows": (),
            "count": sum(r[1] for r in rest),
            "found": shown(columns, rest[0][3:]),
        }
        problems.append(head.model_copy(update=more))
    return problems


def shown(columns: list[Column], seen: Sequence[Sequence[str]]) -> str:
    """The values found: distinct ones of a single column, or the first row's of several.

    >>> contract = CONTRACTS["accounts"]
    >>> shown([contract.column("ended"), contract.column("started")], [["2026-01-01"], ["2026-03-01"]])
    "ended '2026-01-01', started '2026-03-01'"
    """
    if len(columns) == 1:
        return examples([written(v, columns[0]) for v in seen[0]], columns[0])
    return ", ".join(f"{c.name} {masked(written(v[0], c), c)}" for c, v in zip(columns, seen, strict=True))


def written(value: str, column: Column) -> str | None:
    """An engine's text of a value as a person would write it; times say that they are UTC.

    >>> written("-5.0000", CONTRACTS["revenue"].column("mrr"))
    '-5'
    """
    if not value:
        return None
    match column.type:
        case "money" | "number" if value.strip("-").replace(".", "", 1).isdigit():
            return f"{Decimal(value).normalize():f}"
        case "timestamp":
            return f"{value} UTC"
        case _:
            return value


def suggestion(
    con: duckdb.DuckDBPyConnection, test: Test, column: Column, seen: list[str], others: Mapping[str, Collection[str]]
) -> str:
    """The nearest value that would be right, for words from a list and for short names written by people."""
    if column.personal or not seen:
        return ""
    known: list[str] = []
    if test.id == "allowed.value":
        known = list(column.allowed)
    elif test.kind == "reference":
        table, key = column.references.split(".")
        if CONTRACTS[table].authored:
            known = [
                r[0]
                for r in con.execute(
                    f"SELECT DISTINCT {quoted(key)} FROM {quoted(table)} ORDER BY 1 LIMIT 500"
                ).fetchall()
                if r[0]
            ]
    close = nearest(seen[0].strip().lower().replace(" ", "_").replace("-", "_"), known) or nearest(seen[0], known)
    return f" (for {masked(seen[0], column)} perhaps {masked(close, column)})" if close else ""


def merged(test: Test, file: str) -> str:
    """Empty cells of a workbook are often merged ones."""
    return "; merged cells leave the rows below them empty" if test.kind == "required" and ".xls" in file else ""


def duplicates(
    con: duckdb.DuckDBPyConnection, contract: Contract, relation: str, supplied: Collection[str], *, located: bool
) -> list[Problem]:
    """Rows that share a key with an earlier row; a key whose every part is empty is not compared.

    Keys are grouped by their 64-bit hash first, so that ten million of them fit in memory; only rows of hashes seen
    twice are compared by value.
    """
    key = [c for c in contract.key if c in supplied]
    if not key or any(contract.column(c).required and c not in supplied for c in contract.key):
        return []
    names = ", ".join(quoted(c) for c in key)
    some = " OR ".join(f"{quoted(c)} IS NOT NULL" for c in key)
    twice = f"SELECT hash({names}) AS h FROM {relation} WHERE {some} GROUP BY h HAVING count(*) > 1"
    where, row = ("__file", "__row") if located else ("''", "0")
    order = f"{where}, {row}"
    repeated = (
        f"SELECT {names}, {where} AS f, {row} AS r, row_number() OVER (PARTITION BY {names} ORDER BY {order}) AS nth, "
        f"first({where}) OVER (PARTITION BY {names} ORDER BY {order}) AS f0, "
        f"first({row}) OVER (PARTITION BY {names} ORDER BY {order}) AS r0 "
        f"FROM {relation} WHERE ({some}) AND hash({names}) IN ({twice})"
    )
    values = ", ".join(f"min_by(coalesce(CAST({quoted(c)} AS VARCHAR), ''), r, 1)" for c in key)
    files = con.execute(
        f"SELECT f, count(*), min(r, 5), min_by(f0, r), min_by(r0, r), {values} FROM ({repeated}) "
        "WHERE nth > 1 GROUP BY f ORDER BY f"
    ).fetchall()
    columns = [contract.column(c) for c in key]
    unique = f"{listing(key)} {'is' if len(key) == 1 else 'together are'} unique"
    problems = []
    for file, count, rows, first_file, first_row, *seen in files:
        first = (
            ""
            if not located
            else f", first seen in row {first_row}" + (f" of {first_file}" if first_file != file else "")
        )
        problems.append(
            Problem(
                id="duplicate.key",
                kind="duplicate",
                table=contract.name,
                file=file or "",
                column=", ".join(key),
                rows=tuple(rows) if located else (),
                count=count,
                found=shown(columns, seen) + first,
                rule=f"{contract.name} has {contract.grain}: {unique}",
                fix="where files overlap, set an overlap rule in the mapping (keep the newest); else keep one row each",
            )
        )
    return problems
