"""Rules over big tables: which theme an answer falls under, which code a ticket's reason has; all of it in the engine.

A term is compared as plain text (`taxonomy_text`), never as a pattern. A term that lies within a longer term found in
the same text, of another code, does not count. The longest term gives the main code, between equally long ones the code
that stands first in the frame. What falls under a client's own code below one of ours counts for ours too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa

from cxkit.instrument.code_frame import Code, CodeFrame
from cxkit.instrument.loop import UNHAPPY
from cxkit.instrument.taxonomy_text import folded, folded_sql, needle
from cxkit.tables.engine import Tables

ANSWERS, HITS, REASONS = "taxonomy_answers", "taxonomy_hits", "taxonomy_reasons"
NEEDLES, PARENTS, KNOWN = "taxonomy_needles", "taxonomy_parents", "taxonomy_known"
NEW = "taxonomy_needles_more"


def needles(codes: Sequence[Code]) -> pa.Table:
    """Every term of some codes: code, needle, its length and the place of the code in the frame."""
    rows = [
        (code.code, form, len(form.strip()), place)
        for place, code in enumerate(codes)
        for form in dict.fromkeys(needle(t) for t in code.terms)
        if form
    ]
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    kinds = (pa.string(), pa.string(), pa.int64(), pa.int64())
    names = ("code", "needle", "size", "place")
    return pa.table({n: pa.array(c, k) for n, c, k in zip(names, columns, kinds, strict=True)})


def parents(codes: Sequence[Code]) -> pa.Table:
    """Every code with itself and with the code of ours it lies below: code, upto, own."""
    rows = [(c.code, c.code, 1) for c in codes] + [(c.code, c.parent, 0) for c in codes if c.parent != c.code]
    code, upto, own = zip(*rows, strict=True) if rows else ((), (), ())
    named, above = pa.array(code, pa.string()), pa.array(upto, pa.string())
    return pa.table({"code": named, "upto": above, "own": pa.array(own, pa.int64())})


def _found(texts: str, terms: str) -> str:
    """SQL: text, code and turn (1: the main one) of every code found in `texts.text`."""
    return f"""
        h AS (SELECT d.text, n.code, n.needle, n.size, n.place FROM (SELECT DISTINCT text FROM {texts}) d
              JOIN {terms} n ON strpos(d.text, n.needle) > 0),
        within AS (SELECT DISTINCT h.text, h.code, h.needle FROM h JOIN h o ON o.text = h.text
                   WHERE o.code <> h.code AND o.size > h.size AND strpos(o.needle, h.needle) > 0),
        kept AS (SELECT h.text, h.code, max(h.size) AS size, min(h.place) AS place FROM h
                 LEFT JOIN within w ON w.text = h.text AND w.code = h.code AND w.needle = h.needle
                 WHERE w.text IS NULL GROUP BY 1, 2),
        found AS (SELECT text, code, row_number() OVER (PARTITION BY text ORDER BY size DESC, place) AS turn
                  FROM kept)"""


def customer(tables: Tables, table: str, key: str) -> str:
    """SQL of whose a row is: the account, else the person, else nobody else's."""
    have = tables.supplied(table)
    parts = [f"'{c[0]}:' || {c}" for c in ("account_id", "person_id") if c in have]
    return f"coalesce({', '.join([*parts, chr(39) + 'r:' + chr(39) + ' || ' + key])})"


def answers_sql(tables: Tables, where: str) -> str:
    """One row per answer with words in it: id, customer, day, ticket, unhappy, nps, csat, ces, raw and folded text."""
    return f"""
        SELECT id, customer, day, ticket, unhappy, nps, csat, ces, raw, ' ' || words || ' ' AS text
        FROM (
          SELECT id, customer, day, ticket, unhappy, nps, csat, ces, raw, {folded_sql("raw")} AS words FROM (
            SELECT response_id AS id, min({customer(tables, "surveys", "response_id")}) AS customer,
              min(answered_date) AS day, max(ticket_id) AS ticket, max(({UNHAPPY})::INT) AS unhappy,
              max(CASE WHEN metric = 'nps' THEN score END) AS nps,
              max(CASE WHEN metric = 'csat' THEN score END) AS csat,
              max(CASE WHEN metric = 'ces' THEN score END) AS ces, max(verbatim) AS raw
            FROM surveys WHERE verbatim IS NOT NULL AND {where} GROUP BY 1) a) b
        WHERE words <> ''"""


@contextmanager
def themed(tables: Tables, frame: CodeFrame, where: str) -> Iterator[None]:
    """Hold `ANSWERS` (see `answers_sql`) and `HITS` (text, code, own, main) of the themes of a frame, for a while."""
    with (
        tables.lent(NEEDLES, needles(frame.themes)),
        tables.lent(PARENTS, parents(frame.themes)),
        tables.held(ANSWERS, answers_sql(tables, where)),
        tables.held(
            HITS,
            f"WITH {_found(ANSWERS, NEEDLES)} SELECT f.text, p.upto AS code, max(p.own) AS own, "
            f"max((f.turn = 1 AND p.own = 1)::INT) AS main, max((f.turn = 1)::INT) AS first "
            f"FROM found f JOIN {PARENTS} p ON p.code = f.code GROUP BY 1, 2",
        ),
    ):
        yield


def _known(frame: CodeFrame) -> pa.Table:
    """What stands for a reason by itself: written form, code, how, and which goes first."""
    codes = {c.code for c in frame.reasons}
    rows = [(form, code, "map", 1) for form, code in frame.reason_map.items()]
    rows += [(folded(c.code), c.code, "code", 2) for c in frame.reasons]
    for old in (b.old for b in frame.bridges):
        led = frame.lead(old)
        if led.code in codes:
            rows.append((folded(old), led.code, led.how, 3))
        elif led.how in {"split", "dropped"}:
            rows.append((folded(old), "", led.how, 3))
    rows += [(folded(c.name), c.code, "name", 4) for c in frame.reasons]
    form, code, how, turn = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pa.table(
        {
            "form": pa.array(form, pa.string()),
            "code": pa.array(code, pa.string()),
            "how": pa.array(how, pa.string()),
            "turn": pa.array(turn, pa.int64()),
        }
    )


@contextmanager
def reasoned(tables: Tables, frame: CodeFrame, table: str, column: str = "reason") -> Iterator[None]:
    """Hold `REASONS` (reason as written, code or '', how) of every reason of a table."""
    query = f"""
        WITH r AS (SELECT DISTINCT {column} AS reason, ' ' || {folded_sql(column)} || ' ' AS text FROM {table}
                   WHERE {column} IS NOT NULL),
        {_found("r", NEEDLES)},
        k AS (SELECT form, code, how, row_number() OVER (PARTITION BY form ORDER BY turn, code) AS turn FROM {KNOWN})
        SELECT r.reason, coalesce(k.code, f.code, '') AS code,
          CASE WHEN k.form IS NOT NULL THEN k.how WHEN f.code IS NOT NULL THEN 'term' ELSE 'unknown' END AS how
        FROM r LEFT JOIN k ON k.form = trim(r.text) AND k.turn = 1
        LEFT JOIN found f ON f.text = r.text AND f.turn = 1"""
    with (
        tables.lent(NEEDLES, needles(frame.reasons)),
        tables.lent(KNOWN, _known(frame)),
        tables.held(REASONS, query),
    ):
        yield


def caught(tables: Tables, term: str, where: str) -> tuple[int, int, int]:
    """How many answers one more term would catch, how many of them no theme catches yet, and of how many in all.

    Call it within `themed`.
    """
    form = needle(term)
    if not form:
        return 0, 0, int(tables.frame(f"SELECT count(*) AS n FROM {ANSWERS} WHERE {where}")["n"].iloc[0])
    with tables.lent(NEW, pa.table({"needle": [form]})):
        row = tables.frame(
            f"SELECT count(*) AS n, coalesce(sum((strpos(a.text, m.needle) > 0)::INT), 0) AS hits, "
            f"coalesce(sum((strpos(a.text, m.needle) > 0 AND h.text IS NULL)::INT), 0) AS fresh "
            f"FROM {ANSWERS} a CROSS JOIN {NEW} m LEFT JOIN (SELECT DISTINCT text FROM {HITS}) h ON h.text = a.text "
            f"WHERE {where}"
        ).iloc[0]
    return int(row["hits"]), int(row["fresh"]), int(row["n"])
