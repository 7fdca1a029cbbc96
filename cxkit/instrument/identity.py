"""One customer across systems: which records of `people` are one person, how surely, and what that rests on.

Records with readable keys are compared by a model (`identity_model`); hashed keys link only where they are equal.
Addresses and phones that several people share are recognised and left out first. Nothing is rewritten: the answer is
a table from each record to its entity, and an entity is called by the key of its first record.
"""

from __future__ import annotations

from typing import Any, ClassVar

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from cxkit.instrument import identity_model, identity_records
from cxkit.instrument import identity_sentences as sentences
from cxkit.instrument.identity_clusters import Ints, joined
from cxkit.instrument.identity_explained import explained
from cxkit.instrument.identity_quality import THRESHOLDS, labels, sweep
from cxkit.records import Finding, Gap, Missing, Number, Result
from cxkit.tables.engine import Tables

KEPT = 200_000
"""Pairs of the model that the result keeps, nearest to the threshold first."""
LEAST = 0.01
"""Probability below which a pair is not kept."""
EXACT = (("email",), ("phone", "last"), ("first", "last", "birth"))
"""Keys that join readable records where there is too little to train a model on."""
KEYS = ("system", "person_id")


class Identity(Result):
    """Which records are one person, at `match_threshold`.

    Tables:

    - ``crosswalk``: system, person_id, entity. Every row of people once; `entity` is ``system:person_id`` of its
      first record in that order, so that it stays the same when others join or leave it.
    - ``pairs``: left_system, left_id, right_system, right_id (left before right in that order), weight (log2 of the
      odds that both are one person; missing where exact), probability (0.01 to 1), kind (``model`` or ``exact``).
      A pair of kind ``exact`` is certain; each other pair's probability is of *this pair* being one person, given
      what the two records show and nothing of third records. Pairs that are not there have a probability below 0.01
      or agree on no blocking rule. Of the model's pairs at most 200,000 are kept, nearest to the threshold first; who
      draws crosswalks from them takes the rows of one core of ``cores`` as certain.
    - ``cores`` (only where pairs were left out): system, person_id, core; records joined by links stronger than
      any kept.
    - ``sweep``: threshold, links, entities, largest, basis (``labels`` or ``model``), precision, recall, f1, each with
      _low and _high where labelled.
    - ``systems``: system, records, entities, duplicates, linked (records whose entity is in another system too).
    - ``blocking``: rule, pairs, cumulative. ``weights``: comparison, level, m, u, weight.
    - ``explained``: pair, step, weight; values masked. ``shared``: kind, value (masked), records, names.
    - ``sizes``: records (of an entity), entities.
    """

    stage: ClassVar[str] = "instrument"
    name: ClassVar[str] = "identity"

    match_threshold: Number = 0.95
    exact_from: Number = 0.01
    """`clusters_at` is exact from this threshold …"""
    exact_to: Number = 1.0
    """… up to this one."""


def identity(tables: Tables, *, match_threshold: float = 0.95, seed: int = 1) -> Identity:
    """Join records of `people` that are one person with at least this probability."""
    if lacks := tables.lacking({"people": KEYS}):
        return _nothing(tables, match_threshold, "There is no list of people.", lacks)
    with identity_records.cleaned(tables) as con:
        return _identity(tables, con, match_threshold, seed)


def _nothing(tables: Tables, threshold: float, reason: str, needs: tuple[Missing, ...]) -> Identity:
    gap = Gap(id="instrument.identity.entities", what="One customer across systems", reason=reason, needs=needs)
    return Identity(as_of=tables.as_of, match_threshold=threshold, gaps=(gap,))


def _identity(tables: Tables, con: duckdb.DuckDBPyConnection, threshold: float, seed: int) -> Identity:
    ((records, plain),) = con.execute("SELECT count(*), count(*) FILTER (WHERE plain) FROM records").fetchall()
    fields = identity_records.usable(con, min(identity_model.FILLED, max(2, plain // 10)))
    keyed = con.execute("SELECT count(*) FROM drawn WHERE coalesce(email, phone, person) IS NOT NULL").fetchall()
    if records == 0:
        return _nothing(tables, threshold, "No person was known by the date of the report.", ())
    if len(fields) < 2 and not keyed[0][0]:
        wanted = tuple(c for c in identity_records.SOURCES.values() if c != "account_id")
        absent = tuple(c for c in wanted if c not in tables.supplied("people")) or wanted
        needs = (Missing(name="people", columns=absent),)
        return _nothing(tables, threshold, "Fewer than two columns tell people apart.", needs)
    con.execute("CREATE TABLE plain_records AS SELECT * FROM records WHERE plain ORDER BY uid")
    model = None
    if plain >= identity_model.LEAST and len(fields) >= 2:
        model = identity_model.trained(con, fields, plain, seed)
    prior = identity_model.scored(con, model, plain) if model else 0.0
    if model is None:
        con.execute(_NO_SCORES)
    exact = _exact(con, readable=model is None)
    pairs = _arrays(con, f'SELECT "left", "right", probability FROM scores WHERE probability >= {LEAST} ORDER BY 1, 2')
    kept = pairs[2] >= threshold
    entity = joined(records, np.concatenate([exact[0], pairs[0][kept]]), np.concatenate([exact[1], pairs[1][kept]]))
    con.register("joined_now", pa.table({"uid": np.arange(records), "root": entity}))
    con.execute("CREATE TABLE entities AS SELECT * FROM joined_now")
    con.unregister("joined_now")
    labelled = labels(con) if "identity_labels" in tables.present else pd.DataFrame()
    swept = sweep(records, pairs, exact, (*THRESHOLDS, threshold), labelled)
    made: dict[str, pd.DataFrame | pa.Table] = {
        "crosswalk": con.sql(_CROSSWALK).to_arrow_table(),
        "sweep": swept,
        "systems": con.execute(_SYSTEMS).df(),
        "sizes": con.execute(_SIZES).df(),
        "shared": identity_records.listed(con),
    }
    reach = _keep(con, threshold, exact, records, made)
    if model is not None:
        made |= {
            "blocking": _blocking(con, model),
            "weights": identity_model.weights(model),
            "explained": explained(con, model, prior, threshold),
        }
    facts = sentences.Facts(
        records=records,
        plain=plain,
        fields=fields,
        modelled=model is not None,
        threshold=threshold,
        exact=len(exact[0]),
        keyed=_count(con, _KEYED.format(threshold=threshold)),
        links=int(kept.sum()) + len(exact[0]),
        conflicts=_conflicts(con),
        shared=_shared(con),
        labelled=len(labelled),
        sources=("people", *(("identity_labels",) if len(labelled) else ())),
    )
    findings, gaps = _said(tables, facts, made)
    return Identity(
        as_of=tables.as_of,
        match_threshold=threshold,
        exact_from=reach[0],
        exact_to=reach[1],
        findings=findings,
        gaps=gaps,
        tables=made,
    )


_NO_SCORES = """
CREATE TABLE scores ("left" BIGINT, "right" BIGINT, weight DOUBLE, probability DOUBLE)"""
_CROSSWALK = """
SELECT r.system, r.person_id, f.system || ':' || f.person_id AS entity
FROM records r JOIN entities e ON e.uid = r.uid JOIN records f ON f.uid = e.root ORDER BY r.uid"""
_SYSTEMS = """
WITH placed AS (SELECT r.system, e.root FROM records r JOIN entities e ON e.uid = r.uid),
wide AS (SELECT root FROM placed GROUP BY root HAVING count(DISTINCT system) > 1)
SELECT p.system, count(*)::BIGINT AS records, count(DISTINCT p.root)::BIGINT AS entities,
  (count(*) - count(DISTINCT p.root))::BIGINT AS duplicates, count(w.root)::BIGINT AS linked
FROM placed p LEFT JOIN wide w ON w.root = p.root GROUP BY p.system ORDER BY p.system"""
_SIZES = """
SELECT records, count(*)::BIGINT AS entities FROM (SELECT count(*)::BIGINT AS records FROM entities GROUP BY root)
GROUP BY records ORDER BY records"""
_KEYED = """
SELECT count(*) FROM scores s JOIN records a ON a.uid = s."left" JOIN records b ON b.uid = s."right"
WHERE s.probability >= {threshold!r} AND coalesce(a.email = b.email OR a.phone = b.phone, a.email = b.email,
  a.phone = b.phone, false)"""


def _count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    ((found,),) = con.execute(query).fetchall()
    return int(found)


def _arrays(con: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, Any, Any]:
    table = con.sql(query).to_arrow_table()
    return tuple(c.to_numpy() for c in table.columns)


def _exact(con: duckdb.DuckDBPyConnection, *, readable: bool) -> tuple[Ints, Ints]:
    """Links by equal keys: each record to the first that has the key. Hashed ones always, readable ones on request."""
    sets: list[tuple[tuple[str, ...], str]] = [((c,), "bool_or(NOT plain)") for c in ("email", "phone", "person")]
    sets += [(columns, "bool_and(plain)") for columns in EXACT] if readable else []
    parts = []
    for columns, which in sets:
        by = ", ".join(f'"{c}"' for c in columns)
        there = " AND ".join(f'"{c}" IS NOT NULL' for c in columns)
        held = " AND plain" if len(columns) > 1 else ""
        parts.append(f"""
            SELECT min(uid) OVER (PARTITION BY {by}) AS "left", uid AS "right", {which} OVER (PARTITION BY {by}) AS fits
            FROM records WHERE {there}{held}""")
    found = _arrays(
        con,
        f'SELECT DISTINCT "left", "right", 1 AS one FROM ({" UNION ALL ".join(parts)}) '
        'WHERE fits AND "left" < "right" ORDER BY 1, 2',
    )
    return found[0], found[1]


def _keep(
    con: duckdb.DuckDBPyConnection,
    threshold: float,
    exact: tuple[Ints, Ints],
    records: int,
    made: dict[str, pd.DataFrame | pa.Table],
) -> tuple[float, float]:
    """Put ``pairs`` (and ``cores``, where some are left out) into `made`; between which thresholds they are enough."""
    con.register("exact_now", pa.table({"left": exact[0], "right": exact[1]}))
    con.execute(f"""
        CREATE TABLE near AS SELECT *, row_number() OVER (
          ORDER BY abs(probability - {threshold!r}), "left", "right") <= {KEPT} AS kept
        FROM scores WHERE probability >= {LEAST}""")
    made["pairs"] = con.sql("""
        WITH every AS (
          SELECT "left", "right", NULL::DOUBLE AS weight, 1.0::DOUBLE AS probability, 'exact' AS kind FROM exact_now
          UNION ALL SELECT "left", "right", weight, probability, 'model' FROM near WHERE kept
        )
        SELECT a.system AS left_system, a.person_id AS left_id, b.system AS right_system, b.person_id AS right_id,
          e.weight, e.probability, e.kind
        FROM every e JOIN records a ON a.uid = e."left" JOIN records b ON b.uid = e."right"
        ORDER BY e."left", e."right", e.kind""").to_arrow_table()
    con.unregister("exact_now")
    left_out = _arrays(con, 'SELECT "left", "right", probability FROM near WHERE NOT kept ORDER BY 1, 2')
    if not len(left_out[0]):
        return LEAST, 1.0
    strong = left_out[2] >= threshold
    core = joined(records, left_out[0][strong], left_out[1][strong])
    con.register("cores_now", pa.table({"uid": np.arange(records), "root": core}))
    made["cores"] = con.sql("""
        SELECT r.system, r.person_id, f.system || ':' || f.person_id AS core
        FROM cores_now c JOIN records r ON r.uid = c.uid JOIN records f ON f.uid = c.root
        WHERE c.root IN (SELECT root FROM cores_now GROUP BY root HAVING count(*) > 1)
        ORDER BY r.uid""").to_arrow_table()
    con.unregister("cores_now")
    weak = left_out[2][~strong]
    return (
        float(weak.max()) + 1e-6 if len(weak) else LEAST,
        float(left_out[2][strong].min()) if strong.any() else 1.0,
    )


def _blocking(con: duckdb.DuckDBPyConnection, model: identity_model.Model) -> pd.DataFrame:
    """Pairs of each rule, and how many there are with it and those before it."""
    fresh = dict(con.execute("SELECT rule, pairs FROM blocked").fetchall())
    rows: list[tuple[str, int, int]] = []
    for at, rule in enumerate(model.rules):
        rows.append((rule.words, rule.pairs, (rows[-1][2] if rows else 0) + int(fresh.get(at, 0))))
    return pd.DataFrame(rows, columns=["rule", "pairs", "cumulative"])


def _conflicts(con: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """Entities with birth dates more than a slip apart, and those with two accounts within one system."""
    births = _count(
        con,
        """
        WITH b AS (SELECT DISTINCT e.root, r.birth FROM entities e JOIN records r ON r.uid = e.uid
          WHERE r.birth IS NOT NULL AND r.plain)
        SELECT count(DISTINCT a.root) FROM b a JOIN b c ON c.root = a.root AND a.birth < c.birth
        WHERE damerau_levenshtein(a.birth, c.birth) > 1""",
    )
    accounts = _count(
        con,
        """
        SELECT count(DISTINCT root) FROM (SELECT e.root, r.system FROM entities e JOIN records r ON r.uid = e.uid
          WHERE r.account IS NOT NULL GROUP BY e.root, r.system HAVING count(DISTINCT r.account) > 1)""",
    )
    return births, accounts


def _shared(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int]]:
    """Kind → shared values, and the records that have one."""
    rows = con.execute("SELECT kind, count(*), sum(records)::BIGINT FROM shared GROUP BY kind ORDER BY kind").fetchall()
    return {str(kind): (int(values), int(records)) for kind, values, records in rows}


def _said(
    tables: Tables, facts: sentences.Facts, made: dict[str, pd.DataFrame | pa.Table]
) -> tuple[tuple[Finding, ...], tuple[Gap, ...]]:
    frames = {n: made[n] for n in ("sweep", "systems", "sizes", "shared") if isinstance(made[n], pd.DataFrame)}
    return sentences.findings(facts, frames), sentences.gaps(tables, facts)


def clusters_at(result: Identity, threshold: float) -> pd.DataFrame:
    """The crosswalk at another threshold, from the pairs kept: system, person_id, entity, in the crosswalk's order.

    At the result's own threshold it is the crosswalk. Between `exact_from` and `exact_to` it is what `identity`
    would have given; outside (only where pairs were left out) it is approximate: ``frame.attrs["exact"]`` says.
    Nothing is trained anew.
    """
    frame = result.frame("crosswalk")
    frame.attrs["exact"] = result.exact_from <= threshold <= result.exact_to
    if threshold == result.match_threshold:
        return frame
    pairs = result.frame("pairs")
    number = pd.Series(np.arange(len(frame)), index=pd.MultiIndex.from_frame(frame[list(KEYS)]))
    pairs = pairs[(pairs["kind"] == "exact") | (pairs["probability"] >= threshold)]
    ends = [
        number.reindex(pd.MultiIndex.from_frame(pairs[[f"{s}_system", f"{s}_id"]])).to_numpy(dtype=np.int64)
        for s in ("left", "right")
    ]
    if result.has("cores"):
        cores = result.frame("cores")
        at = number.reindex(pd.MultiIndex.from_frame(cores[list(KEYS)])).to_numpy(dtype=np.int64)
        first = pd.Series(at).groupby(cores["core"]).transform("min").to_numpy(dtype=np.int64)
        ends = [np.concatenate([ends[0], first]), np.concatenate([ends[1], at])]
    root = joined(len(frame), ends[0], ends[1])
    names = (frame["system"] + ":" + frame["person_id"]).to_numpy()
    return frame.assign(entity=names[root])


def reached(tables: Tables, crosswalk: pd.DataFrame) -> pd.DataFrame | None:
    """Per system its records and how many reach an account: their own, or that of a record of the same entity.

    Columns system, records, own, reached. None where no account is supplied.
    """
    if tables.lacking({"people": (*KEYS, "account_id")}):
        return None
    with tables.lent("moved_crosswalk", pa.Table.from_pandas(crosswalk, preserve_index=False)):
        return tables.frame("""
            WITH placed AS (
              SELECT c.system, c.entity, p.account_id
              FROM moved_crosswalk c JOIN people p ON p.system = c.system AND p.person_id = c.person_id
            ), known AS (SELECT DISTINCT entity FROM placed WHERE account_id IS NOT NULL)
            SELECT p.system, count(*) AS records, count(p.account_id) AS own, count(k.entity) AS reached
            FROM placed p LEFT JOIN known k ON k.entity = p.entity GROUP BY p.system ORDER BY p.system
        """)
