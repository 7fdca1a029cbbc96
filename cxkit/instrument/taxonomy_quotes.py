"""Quotes as evidence: a few answers per theme without anything personal, and what the mask finds and misses."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa

from cxkit.instrument.taxonomy_match import ANSWERS, HITS
from cxkit.instrument.taxonomy_people import names_in, some_names
from cxkit.metrics.estimates import proportion
from cxkit.metrics.masking import People, mask_text, planted
from cxkit.metrics.windows import Window
from cxkit.tables.engine import Tables

EACH, LEAST = 3, 5
"""Quotes of a theme; answers a theme must have to be quoted."""
CANDIDATES, SHORTEST, LONGEST = 12, 12, 280
PLANTED_EACH = 20
QUOTES = ["theme", "quote", "metric", "score", "month"]
MASKING = ["what", "kind", "shape", "n", "hits", "share", "low", "high"]
FOUND = {"e-mail": "[^ @]+@[^ @]+[.][A-Za-z]{2,}", "number of seven digits or more": "[0-9]([ ./()-]{0,3}[0-9]){6,}"}
TERMS = "taxonomy_quoted"


def quotes(tables: Tables, window: Window, metric: str) -> pd.DataFrame:
    """Up to three masked quotes of each theme with five answers or more; columns as in `QUOTES`. Within `themed`.

    Answers in which nothing had to be masked go first. Which ones are taken depends on the texts alone.
    """
    score = metric or "NULL"
    rows = tables.frame(f"""
        WITH x AS (SELECT h.code, a.text, min(a.raw) AS raw, min(strftime(a.day, '%Y-%m')) AS month,
            min({score}) AS score, count(*) AS n, max(h.main) AS main
          FROM {ANSWERS} a JOIN {HITS} h ON h.text = a.text WHERE h.own = 1 AND {window.holds("day")} GROUP BY 1, 2),
        k AS (SELECT code, sum(n) AS n FROM x GROUP BY 1),
        r AS (SELECT x.code, x.raw, x.month, x.score, row_number() OVER (PARTITION BY x.code
            ORDER BY x.main DESC, md5(x.text), x.text) AS turn FROM x JOIN k ON k.code = x.code
          WHERE k.n >= {LEAST} AND length(x.raw) >= {SHORTEST} AND length(x.raw) <= {LONGEST})
        SELECT code, raw, month, score, turn FROM r WHERE turn <= {CANDIDATES} ORDER BY code, turn
    """)
    people = People(names_in(tables, [str(v) for v in rows["raw"]]))
    out = []
    for code, part in rows.groupby("code", sort=True):
        masked = [(mask_text(str(r["raw"]), people), r) for r in part.to_dict("records")]
        ordered = sorted(masked, key=lambda m: (bool(m[0].kinds), int(m[1]["turn"])))
        taken = dict.fromkeys(m.text for m, _ in ordered)
        for text in list(taken)[:EACH]:
            row = next(r for m, r in ordered if m.text == text)
            out.append({"theme": code, "quote": text, "metric": metric, "score": row["score"], "month": row["month"]})
    return pd.DataFrame(out, columns=QUOTES)


def term_quotes(tables: Tables, terms: list[str], window: Window) -> dict[str, str]:
    """One masked quote for each of a few terms. Within `themed`."""
    with tables.lent(TERMS, pa.table({"term": pa.array(terms, pa.string())})):
        rows = tables.frame(f"""
            SELECT term, raw FROM (SELECT s.term, a.raw,
                row_number() OVER (PARTITION BY s.term ORDER BY md5(a.text), a.text, a.raw) AS turn
              FROM {TERMS} s JOIN {ANSWERS} a ON strpos(a.text, ' ' || s.term || ' ') > 0
              WHERE {window.holds("day")} AND length(a.raw) <= {LONGEST}) r WHERE turn <= 4 ORDER BY term, turn
        """)
    people = People(names_in(tables, [str(v) for v in rows["raw"]]))
    out: dict[str, str] = {}
    for term, part in rows.groupby("term", sort=True):
        masked = [mask_text(str(raw), people) for raw in part["raw"]]
        out[str(term)] = next((m.text for m in masked if not m.kinds), masked[0].text)
    return out


def masking(tables: Tables, window: Window, *, seed: int) -> pd.DataFrame:
    """What the window's answers hold of shapes that are masked, and what planted values come through. Within `themed`.

    Columns as in `MASKING`; ``what`` is *found* (answers with such a thing in them) or *planted* (values that can be
    read after masking, of those planted; the row without a kind is all of them together).
    """
    counted = ", ".join(
        f"sum(regexp_matches(raw, '{pattern}')::INT) AS c{i}" for i, pattern in enumerate(FOUND.values())
    )
    row = tables.frame(f"SELECT count(*) AS n, {counted} FROM {ANSWERS} WHERE {window.holds('day')}").iloc[0]
    out = [_line("found", kind, "", int(row["n"]), int(row[f"c{i}"] or 0)) for i, kind in enumerate(FOUND)]
    tried = planted(some_names(tables), each=PLANTED_EACH, seed=seed)
    out.append(_line("planted", "", "", sum(p.planted for p in tried), sum(p.missed for p in tried)))
    out += [_line("planted", p.kind, p.shape, p.planted, p.missed) for p in tried]
    return pd.DataFrame(out, columns=MASKING)


def _line(what: str, kind: str, shape: str, n: int, hits: int) -> Mapping[str, object]:
    found = proportion(hits, n, minimum=20)
    return {
        "what": what, "kind": kind, "shape": shape, "n": n, "hits": hits, "share": found.value, "low": found.low,
        "high": found.high,
    }  # fmt: skip
