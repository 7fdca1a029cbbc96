"""Words that are new: what customers write now and did not write before, beyond what chance would bring.

Words and pairs of words of the last months are compared with the months before. A customer counts once a period,
however often they write. Each is tested with Fisher's exact test, one-sided; which are looked at is chosen without
knowing the period they come from (so many customers in both together), and Holm's correction over all of them keeps the
chance of any false alarm at the detector's share (`alarms.share("terms")`). E-mail addresses, words with digits in them
and words that are a name of somebody in the client's tables are never terms, and no term has fewer than ten customers.
"""

from __future__ import annotations

import re

import pandas as pd
import pyarrow as pa
from scipy import stats

from cxkit.instrument.taxonomy_match import ANSWERS, HITS
from cxkit.instrument.taxonomy_people import known_words
from cxkit.instrument.taxonomy_text import folded_sql
from cxkit.metrics import alarms
from cxkit.metrics.multiplicity import adjusted
from cxkit.metrics.windows import Window
from cxkit.tables.engine import Tables

RECENT_MONTHS = 3
"""Complete months that are *now*; before are the window's months up to them."""
LEAST = 10
"""Customers that must use a term, in both periods together, for it to be looked at."""
WORDS = 150
"""Words of an answer that are looked at."""
SAME = 0.7
"""Share of common customers (of all who use either) from which two new terms are told as one."""
MOST_LOOKED, MOST_TOLD = 20_000, 60
COLUMNS = ["term", "also", "now", "before", "rate", "rate_before", "p", "p_adjusted", "new", "theme", "quote"]
STOP = frozenset(
    re.findall(
        r"\w+",
        "the and for are was were with that this have has had you your our they them their from but not all any "
        "can will would could should been being its his her she him who what when where which while why how then "
        "than there here very just also too out into about after before over under again once only own same such "
        "some more most other each did does done doing get got had may might must shall let per via one two three "
        "der die das den dem des ein eine einen einem einer und oder aber ist sind war waren wird wurde werden mit "
        "von bei für fur auf aus nach vor zum zur dass nicht noch nur auch ich wir sie ihr mein meine unser sich "
        "man schon sehr les des une est sont était pas par pour dans sur avec que qui mais nous vous ils elle mon "
        "mes ses son aux ont los las una unos son era fue con por para que del como pero más mas muy sin sobre nos "
        "sus het een van met niet ook maar wij zij zijn hun door naar",
    )
)
"""Words of English, German, French, Spanish and Dutch that are no news by themselves."""
GRAMS, PLACES, SHOWN, STOPS = "taxonomy_grams", "taxonomy_places", "taxonomy_shown", "taxonomy_stops"


def new_terms(tables: Tables, window: Window, recent: Window) -> tuple[pd.DataFrame, dict[str, int]]:
    """Terms that are new (columns `COLUMNS`), and how many were looked at and customers wrote in either period.

    Call it within `themed`. The terms nearest to being new come along, marked False in ``new``.
    """
    places = pa.table({"i": pa.array(range(1, WORDS + 1), pa.int64())})
    stops = pa.table({"w": pa.array(sorted(STOP), pa.string())})
    with (
        tables.lent(PLACES, places),
        tables.lent(STOPS, stops),
        tables.held(GRAMS, _grams(window, recent)),
    ):
        sizes = tables.frame(
            f"SELECT count(DISTINCT CASE WHEN {recent.holds('day')} THEN customer END) AS now, "
            f"count(DISTINCT CASE WHEN {_earlier(window, recent)} THEN customer END) AS before FROM {ANSWERS}"
        ).iloc[0]
        wrote = {"now": int(sizes["now"]), "before": int(sizes["before"])}
        rows = tables.frame(f"""
            SELECT term, now, n - now AS before
            FROM (SELECT term, sum(now) AS now, count(*) AS n FROM {GRAMS} GROUP BY 1) AS g
            WHERE n >= {LEAST} ORDER BY n DESC, term LIMIT {MOST_LOOKED}
        """)
        rows = _without_people(tables, rows)
        rows["rate"] = rows["now"] / max(wrote["now"], 1)
        rows["rate_before"] = rows["before"] / max(wrote["before"], 1)
        total = wrote["now"] + wrote["before"]
        both = rows["now"] + rows["before"]
        rows["p"] = stats.hypergeom.sf(rows["now"] - 1, total, both, wrote["now"]) if len(rows) else []
        rows["p_adjusted"] = adjusted(rows["p"].tolist(), "holm")
        rows["new"] = (rows["p_adjusted"] <= alarms.share("terms")) & (rows["now"] >= LEAST)
        rows = rows.sort_values(["p", "term"]).reset_index(drop=True)
        told = _grouped(tables, pd.concat([rows[rows["new"]].head(MOST_TOLD), rows[~rows["new"]].head(5)]))
        told = _placed(tables, told, recent)
    return told[COLUMNS], {**wrote, "looked": len(rows)}


def _earlier(window: Window, recent: Window) -> str:
    return f"day >= DATE '{window.first}' AND day < DATE '{recent.first}'"


def _grams(window: Window, recent: Window) -> str:
    clean = folded_sql("regexp_replace(raw, '[^ ]+@[^ ]+', ' ', 'g')")
    return f"""
        WITH a AS (SELECT customer, ({recent.holds("day")})::INT AS now, {clean} AS words FROM {ANSWERS}
                   WHERE day >= DATE '{window.first}' AND day <= DATE '{recent.final_day}'),
        t AS (SELECT a.customer, a.now, split_part(a.words, ' ', CAST(p.i AS INT)) AS w,
                split_part(a.words, ' ', CAST(p.i + 1 AS INT)) AS v
              FROM a JOIN {PLACES} p ON p.i <= length(a.words) - length(replace(a.words, ' ', '')) + 1
              WHERE a.words <> ''),
        k AS (SELECT t.customer, t.now, t.w, t.v, (s.w IS NOT NULL)::INT AS w_stop, (z.w IS NOT NULL)::INT AS v_stop
              FROM t LEFT JOIN {STOPS} s ON s.w = t.w LEFT JOIN {STOPS} z ON z.w = t.v
              WHERE NOT regexp_matches(t.w, '[0-9]'))
        SELECT DISTINCT customer, now, w AS term FROM k WHERE length(w) > 2 AND w_stop = 0
        UNION SELECT DISTINCT customer, now, w || ' ' || v AS term FROM k
        WHERE (w_stop = 0 OR w IN ('not', 'no', 'nicht', 'pas')) AND v_stop = 0 AND length(w) > 1 AND length(v) > 1
          AND NOT regexp_matches(v, '[0-9]')"""


def _without_people(tables: Tables, rows: pd.DataFrame) -> pd.DataFrame:
    """The terms none of whose words is a name of somebody in the client's tables."""
    named = known_words(tables, sorted({w for term in rows["term"] for w in str(term).split()}))
    clear = [not set(str(term).split()) & named for term in rows["term"]]
    return rows[clear].reset_index(drop=True)


def _grouped(tables: Tables, rows: pd.DataFrame) -> pd.DataFrame:
    """New terms used by nearly the same customers told as one: the longest stands for them, the others beside it."""
    rows = rows.assign(also="")
    fresh = rows[rows["new"].astype(bool)]
    if len(fresh) < 2:
        return rows.reset_index(drop=True)
    with tables.lent(SHOWN, pa.table({"term": pa.array([str(t) for t in fresh["term"]], pa.string())})):
        pairs = tables.frame(f"""
            SELECT a.term AS one, b.term AS other, count(*) AS n FROM {GRAMS} a JOIN {SHOWN} s ON s.term = a.term
            JOIN {GRAMS} b ON b.customer = a.customer AND b.now = a.now JOIN {SHOWN} z ON z.term = b.term
            WHERE a.now = 1 AND a.term < b.term GROUP BY 1, 2
        """)
    n = dict(zip(fresh["term"], fresh["now"].astype(int), strict=True))
    joined: dict[str, set[str]] = {t: {t} for t in n}
    for pair in pairs.sort_values(["one", "other"]).to_dict("records"):
        one, other, both = str(pair["one"]), str(pair["other"]), int(pair["n"])
        if both >= SAME * (n[one] + n[other] - both):
            whole = joined[one] | joined[other]
            joined |= dict.fromkeys(whole, whole)
    p = dict(zip(fresh["term"], fresh["p"], strict=True))
    leads = {
        min(group, key=lambda t: (-len(set(t.split()) & group), -t.count(" "), p[t], t)) for group in joined.values()
    }
    rows["also"] = [", ".join(sorted(joined[t] - {t})) if t in joined else "" for t in rows["term"]]
    return rows[[t in leads or t not in joined for t in rows["term"]]].reset_index(drop=True)


def _placed(tables: Tables, rows: pd.DataFrame, recent: Window) -> pd.DataFrame:
    """The theme most answers with the term fall under already (empty when most fall under none), room for a quote."""
    with tables.lent(SHOWN, pa.table({"term": pa.array([str(t) for t in rows["term"]], pa.string())})):
        found = tables.frame(f"""
            SELECT s.term, coalesce(h.code, '') AS theme, count(*) AS n FROM {SHOWN} s
            JOIN {ANSWERS} a ON strpos(a.text, ' ' || s.term || ' ') > 0
            LEFT JOIN (SELECT text, code FROM {HITS} WHERE main = 1) h ON h.text = a.text
            WHERE {recent.holds("day")} GROUP BY 1, 2 ORDER BY 1, n DESC, 2
        """)
    first = found.groupby("term", sort=True)["theme"].first().to_dict() if len(found) else {}
    return rows.assign(theme=[first.get(t, "") for t in rows["term"]], quote="")
