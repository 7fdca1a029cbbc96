"""People made comparable: one clean row per record, and the values that several people share left out.

Everything is done in the embedded engine, in tables of a database of its own that is gone afterwards. Nothing of a
person comes out of it but what is masked here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pandas as pd

from cxkit.tables.engine import Tables

FIELDS = ("first", "last", "email", "phone", "postcode", "city", "birth", "company", "account")
"""Columns of a clean row that can tell who somebody is."""
SOURCES = {
    "first": "first_name",
    "last": "last_name",
    "email": "email",
    "phone": "phone",
    "postcode": "postcode",
    "city": "city",
    "birth": "birth_date",
    "company": "company",
    "account": "account_id",
}
"""Clean column → column of the contract."""
ROLES = re.findall(
    r"\w+",
    "abuse accounting accounts admin administration all billing buchhaltung buero bureau careers compras contact "
    "contacto customercare customerservice einkauf enquiries enquiry facturacion facturas family feedback "
    "finance frontdesk general hello help helpdesk hr info information invoice invoices it jobs kontakt kundenservice "
    "legal mail mailbox marketing media newsletter no noreply nobody none office operations orders payroll post "
    "postmaster press purchasing rechnung reception root sales sekretariat service services shop support team test "
    "unknown vertrieb ventas verwaltung webmaster",
)
"""Local parts of addresses that belong to a role and not to a person."""
SEVERAL = 3
"""Different first names and different last names from which a value belongs to no one person."""
MANY, MANY_EACH = 10, 3
"""Records, and records for each system there is, from which a value belongs to no one person, whatever the names."""
LISTED = 200
"""Shared values listed; the rest is counted."""
KEY = r"[0-9a-f]{16,}|[a-z0-9+/=_-]{20,}"
"""What a hashed person key looks like; a short number means another person in every system."""
PLACE = "cxkit_identity"


@contextmanager
def cleaned(tables: Tables) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine whose current database holds ``records`` and ``shared`` and nothing else; it is dropped afterwards.

    ``records`` has one row per system and key, numbered by them (`uid` from 0), with `plain` (keys are not hashed), the
    columns of `FIELDS`, and `whole` (the local part of the e-mail address) and `digits` (its digits and its domain).
    """
    names = [n for n in ("people", "identity_labels") if n in tables.present]
    with tables.embedded(*names) as con:
        con.execute(f"ATTACH ':memory:' AS {PLACE}")
        try:
            twice = con.execute(
                "SELECT count(*) > count(DISTINCT (system, person_id)) FROM memory.main.people"
            ).fetchall()
            con.execute(f"CREATE TABLE {PLACE}.main.drawn AS {_drawn(tables, repeated=bool(twice[0][0]))}")
            con.execute(f"USE {PLACE}.main")
            con.execute(_SHARED)
            con.execute(_RECORDS)
            yield con
        finally:
            con.execute("USE memory.main")
            con.execute(f"DETACH {PLACE}")


def _drawn(tables: Tables, *, repeated: bool) -> str:
    """Clean values of every record; hashed values are compared as they stand. A key that is there twice counts once."""
    have = tables.supplied("people")
    other = ", ".join(f"{c}::VARCHAR" for c in sorted(have - {"system", "person_id"})) or "1"
    copy = f"row_number() OVER (PARTITION BY system, person_id ORDER BY {other})" if repeated else "1"

    def text(column: str) -> str:
        return f"nullif(lower(trim({column}::VARCHAR)), '')" if column in have else "NULL::VARCHAR"

    def letters(column: str) -> str:
        clean = f"nullif(regexp_replace(strip_accents({text(column)}), '[^a-z0-9]', '', 'g'), '')"
        foreign = f"nullif(regexp_replace({text(column)}, '[\\s\\p{{P}}]', '', 'g'), '')"
        return f"CASE WHEN hashed THEN {text(column)} ELSE coalesce({clean}, {foreign}) END"

    digits = f"regexp_replace(regexp_replace({text('phone')}, '[^0-9]', '', 'g'), '^0+', '')"
    phone = f"CASE WHEN hashed THEN {text('phone')} WHEN length({digits}) >= 6 THEN right({digits}, 9) END"
    email = text("email")
    birth = "strftime(birth_date, '%Y%m%d')" if "birth_date" in have else "NULL::VARCHAR"
    hashed = "coalesce(pseudonymous, false)" if "pseudonymous" in have else "false"
    account = "nullif(trim(account_id::VARCHAR), '')" if "account_id" in have else "NULL::VARCHAR"
    return f"""
        WITH source AS (
          SELECT *, {hashed} AS hashed, {copy} AS copy FROM memory.main.people
        )
        SELECT (row_number() OVER (ORDER BY system, person_id) - 1)::BIGINT AS uid, system, person_id,
          NOT hashed AS plain, {letters("first_name")} AS "first", {letters("last_name")} AS "last",
          CASE WHEN hashed OR {email} LIKE '%_@_%' THEN {email} END AS email, {phone} AS phone,
          {letters("postcode")} AS postcode, {letters("city")} AS city, {birth} AS birth,
          {letters("company")} AS company, {account} AS account,
          CASE WHEN hashed AND regexp_full_match(lower(person_id), '{KEY}') THEN lower(person_id) END AS person
        FROM source WHERE copy = 1
    """


_NAMED = """left("first", 1) AS f, left("last", 1) AS l"""
_SHARED = f"""
CREATE TABLE shared AS
WITH used AS (
  SELECT 'mailbox' AS kind, email AS value, plain, account, {_NAMED} FROM drawn WHERE email IS NOT NULL
  UNION ALL
  SELECT CASE WHEN plain THEN 'phone' ELSE 'device' END, phone, plain, account, {_NAMED}
  FROM drawn WHERE phone IS NOT NULL
  UNION ALL
  SELECT 'device', person, plain, account, {_NAMED} FROM drawn WHERE person IS NOT NULL
), counted AS (
  SELECT kind, value, count(*) AS records, count(DISTINCT f) AS firsts, count(DISTINCT l) AS lasts,
    count(DISTINCT coalesce(f, '') || coalesce(l, '')) AS names, count(DISTINCT account) AS accounts,
    bool_or(plain) AS plain,
    kind = 'mailbox' AND bool_or(plain) AND regexp_extract(split_part(value, '@', 1), '^[a-z]+')
      IN ({", ".join(f"'{r}'" for r in ROLES)}) AS role
  FROM used GROUP BY kind, value
)
SELECT kind, value, records, greatest(names, 1) AS names, role
FROM counted
WHERE role OR records >= {MANY} AND records >= {MANY_EACH} * (SELECT count(DISTINCT system) FROM drawn)
  OR (firsts >= {SEVERAL} AND lasts >= {SEVERAL}) OR (NOT plain AND accounts >= {SEVERAL})
"""
_RECORDS = """
CREATE TABLE records AS
SELECT d.uid, d.system, d.person_id, d.plain, d."first", d."last",
  CASE WHEN m.value IS NULL THEN d.email END AS email,
  CASE WHEN m.value IS NULL THEN split_part(d.email, '@', 1) END AS whole,
  CASE WHEN m.value IS NULL
    THEN regexp_replace(d.email, '[^0-9@]', '', 'g') || split_part(d.email, '@', 2) END AS digits,
  CASE WHEN p.value IS NULL THEN d.phone END AS phone,
  d.postcode, d.city, d.birth, d.company, d.account,
  CASE WHEN k.value IS NULL THEN d.person END AS person
FROM drawn d
LEFT JOIN shared m ON m.kind = 'mailbox' AND m.value = d.email
LEFT JOIN shared p ON p.kind = CASE WHEN d.plain THEN 'phone' ELSE 'device' END AND p.value = d.phone
LEFT JOIN shared k ON k.kind = 'device' AND k.value = d.person
ORDER BY d.uid
"""


def usable(con: duckdb.DuckDBPyConnection, least: int) -> tuple[str, ...]:
    """Fields that at least so many plain records fill and that take more than one value."""
    sums = ", ".join(f'count("{f}") FILTER (WHERE plain), count(DISTINCT "{f}") FILTER (WHERE plain)' for f in FIELDS)
    (row,) = con.execute(f"SELECT {sums} FROM records").fetchall()
    return tuple(f for i, f in enumerate(FIELDS) if row[2 * i] >= least and row[2 * i + 1] > 1)


def listed(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Table ``shared``: kind, value (masked), records, names; those with most names first."""
    masked = """
        CASE kind WHEN 'mailbox' THEN
          CASE WHEN value LIKE '%@%' THEN left(value, 1) || '***@' || left(split_part(value, '@', 2), 1) || '***'
            ELSE '***' END
        WHEN 'phone' THEN '*** ' || right(value, 2) ELSE left(value, 2) || '***' END"""
    return con.execute(f"""
        SELECT kind, {masked} AS value, records, names FROM shared
        ORDER BY names DESC, records DESC, kind, shared.value LIMIT {LISTED}""").df()
