"""Every rule of a contract as one predicate over a row, for the engine to count."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from cxkit.tables.contract import Column, Contract, Severity
from cxkit.tables.currencies import CODES
from cxkit.tables.cut import quoted, text_literal
from cxkit.tables.problems import Kind

ZERO_DATES = ("1601-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1904-01-01", "1970-01-01")
"""Days that systems write when they mean nothing."""
OLDEST = "1900-01-01"
OLDEST_SIGNAL = "1990-01-01"
"""Tickets, surveys and experiments older than this are slips; customers may be older."""
INVISIBLE = r"[\x{0000}-\x{001f}\x{007f}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}\x{2066}-\x{2069}\x{feff}]"
"""Characters that cannot be seen, so that two ids look the same and are not."""
TOTALS = (
    *("total", "totals", "grand total", "grand totals", "grand_total", "subtotal", "sub-total", "sub total", "sum"),
    *("summe", "gesamt", "gesamtsumme", "zwischensumme", "somme", "suma", "totale", "totaal", "итого", "合計", "合计"),
)
"""First words of a row that adds up the others."""


@dataclass(frozen=True)
class Test:
    """One predicate over a row. The row fails where it is false; null passes."""

    id: str
    kind: Kind
    predicate: str
    shown: tuple[str, ...]
    """Columns whose values are shown when it fails."""
    says: str
    fix: str
    severity: Severity = "error"
    __test__ = False


def row_tests(contract: Contract, supplied: Collection[str], others: Mapping[str, Collection[str]]) -> list[Test]:
    """Every predicate of a contract that the supplied columns allow, in the contract's order."""
    tests: list[Test] = []
    words = [c for c in contract.columns if c.type in {"id", "text"} and not c.allowed and c.name in supplied]
    for column in sorted(words, key=lambda c: c.type != "id")[:1]:
        tests += real_rows(column)
    for column in contract.columns:
        if column.name in supplied:
            tests += column_tests(contract, column, others)
    for rule in contract.rules:
        if set(rule.columns) <= set(supplied):
            tests.append(
                Test(f"rule.{rule.id}", "rule", rule.predicate, rule.columns, rule.says, rule.fix, rule.severity)
            )
    return tests


def real_rows(column: Column) -> list[Test]:
    """A row is data: neither the example line of a template nor the totals under a table."""
    name, says = f"lower(trim({quoted(column.name)}))", "every row is real data"
    example = f"NOT starts_with({name}, 'example')"
    totals = f"{name} NOT IN ({', '.join(text_literal(word) for word in TOTALS)})"
    return [
        Test("example.left", "rule", example, (column.name,), says, "delete the example line of the template"),
        Test(
            "totals.row", "rule", totals, (column.name,), says, "delete the totals row, or filter it out in the mapping"
        ),
    ]


def column_tests(contract: Contract, column: Column, others: Mapping[str, Collection[str]]) -> list[Test]:
    """The predicates of one column: filled, allowed, in range, finite, found where it refers to."""
    name, shown = quoted(column.name), (column.name,)
    tests: list[Test] = []
    if column.required:
        filled = f"{name} IS NOT NULL" + (f" AND trim({name}) <> ''" if column.type in {"id", "text"} else "")
        fix = f"fill {column.name}, or filter rows without it out in the mapping if they are not {contract.name}"
        tests.append(Test("required.null", "required", filled, shown, f"every row has {column.name}", fix))
    if column.allowed:
        listed = ", ".join(text_literal(v) for v in column.allowed)
        says = f"{column.name} is one of {', '.join(column.allowed)}"
        fix = f"map the client's words onto these with a value map for {column.name}"
        severity: Severity = "error" if column.required else "warning"
        tests.append(Test("allowed.value", "allowed", f"{name} IN ({listed})", shown, says, fix, severity))
    if column.type == "number":
        tests.append(
            Test(
                "range.finite",
                "range",
                f"isfinite({name})",
                shown,
                f"{column.name} is a finite number",
                "leave it empty",
            )
        )
    unit = f" {column.unit}" if column.unit else ""
    for word, sign, bound in (("at least", ">=", column.low), ("at most", "<=", column.high)):
        if bound is not None:
            says = f"{column.name} is {word} {bound:g}{unit}"
            fix = "check the sign, the unit and the decimal separator; a unit factor in the mapping converts it"
            tests.append(Test(f"range.{sign}", "range", f"{name} {sign} {bound!r}", shown, says, fix))
    if column.references:
        table, key = column.references.split(".")
        if table != contract.name and key in others.get(table, ()):
            found = f"{name} IN (SELECT {quoted(key)} FROM {quoted(table)} WHERE {quoted(key)} IS NOT NULL)"
            says = f"{column.name} refers to {column.references}"
            fix = f"add the missing rows to {table}, or correct {column.name}; until then they belong to no {table} row"
            tests.append(Test("reference.unknown", "reference", found, shown, says, fix, "warning"))
    if column.type == "id":
        seen = f"NOT regexp_matches({name}, {text_literal(INVISIBLE)})"
        says = f"{column.name} holds no invisible characters"
        fix = "export it again as plain text; until then it may match nothing elsewhere"
        tests.append(Test("id.invisible", "rule", seen, shown, says, fix, "warning"))
    if column.type in {"date", "month", "timestamp"} and not column.personal:
        tests.append(zero_date(contract, column))
    if column.name in {"currency", "from_currency", "to_currency"}:
        listed = ", ".join(text_literal(v) for v in CODES)
        says = f"{column.name} is an ISO 4217 code such as EUR or USD"
        tests.append(
            Test("allowed.currency", "allowed", f"{name} IN ({listed})", shown, says, "map it with a value map")
        )
    return tests


def zero_date(contract: Contract, column: Column) -> Test:
    """A date that stands for nothing, or lies before there were such systems; a warning, for figures leave it out."""
    day = f"CAST({quoted(column.name)} AS DATE)"
    oldest = OLDEST_SIGNAL if contract.group in {"signals", "proof", "people"} else OLDEST
    listed = ", ".join(f"DATE '{d}'" for d in ZERO_DATES)
    around = f"{day} NOT IN ({listed})" + (f" AND {day} + 1 NOT IN ({listed})" if column.type == "timestamp" else "")
    return Test(
        "range.zero_date",
        "range",
        f"{day} >= DATE '{oldest}' AND {around}",
        (column.name,),
        f"{column.name} is a day on which it happened, not one that systems write for nothing",
        "map it to empty with a value map, or have the rows corrected",
        "warning",
    )
