"""Tables on Spark: the same interface, the same types, the same numbers as the embedded engine."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd
import pyarrow as pa
import pytest

from cxkit.records import Missing, Result
from cxkit.tables import spark as second
from cxkit.tables.currencies import without_rate
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import rows
from cxkit.tables.spark import SparkTables, on_spark

pytestmark = [pytest.mark.spark, pytest.mark.heavy]
LOG = [("t", "2026-06-01 08:00", "open"), ("t", "2026-06-01 09:00", "pause"), ("t", "2026-06-01 11:00", "resolved")]
BOOK = pd.DataFrame({"account_id": ["a", "b", "b"], "month": ["2026-05-01", "2026-05-01", "2026-06-01"]})


def given() -> Tables:
    log = pd.DataFrame(LOG, columns=["ticket_id", "at", "state"]).assign(at=lambda f: pd.to_datetime(f["at"]))
    surveys = pd.DataFrame(
        {
            "response_id": ["r1", "r2"],
            "metric": ["nps", None],
            "score": [9.0, None],
            "answered": [datetime(2026, 6, 1, 12, 0, 0, 1), datetime(2026, 6, 30, 21, 59)],
        }
    )
    frames = {"revenue": BOOK.assign(mrr=[10, 11.1234, 12]), "ticket_log": log, "surveys": surveys}
    return Tables.from_frames(frames, as_of=date(2026, 6, 30), timezone="Europe/Berlin")


@pytest.fixture(scope="module")
def both(spark: Any) -> tuple[Tables, SparkTables]:
    tables = given()
    return tables, on_spark(tables, spark)


def test_the_same_tables_are_there_with_the_same_types(both: tuple[Tables, SparkTables]):
    ours, theirs = both
    assert theirs.present == ours.present
    assert theirs.knows("ticket_pauses")
    assert not theirs.knows("invoices")
    assert isinstance(theirs["invoices"], Missing)
    assert theirs.lacking({"revenue": ("mrr",), "orders": ("amount",)}) == (
        Missing(name="orders", columns=("amount",)),
    )
    for name, key in {**dict.fromkeys(("revenue", "accounts"), "account_id"), "surveys": "response_id"}.items():
        sql = f"SELECT * FROM {name} ORDER BY {key}, 2"
        pd.testing.assert_frame_equal(theirs.frame(sql), ours.frame(sql))
    sql = "SELECT * FROM ticket_pauses"
    pd.testing.assert_frame_equal(theirs.frame(sql), ours.frame(sql))


def test_answers_have_the_types_they_have_on_the_embedded_engine(both: tuple[Tables, SparkTables]):
    sql = """SELECT count(*) AS n, sum((mrr > 10)::INT) AS wide, sum(mrr) AS money, max(month) AS day,
        date_trunc('month', max(month)) AS moment, bool_or(mrr > 99) AS yes, NULL::VARCHAR AS nothing FROM revenue"""
    one, two = (tables.frame(sql) for tables in both)
    pd.testing.assert_frame_equal(one, two)
    assert two.dtypes.astype(str).tolist()[:3] == ["int64", "float64", "float64"]


def test_there_is_no_connection_to_fall_back_on(both: tuple[Tables, SparkTables]):
    with pytest.raises(TypeError, match="no DuckDB connection"):
        _ = both[1].con


def test_lazy_frames_run_on_spark_and_end_in_sql(both: tuple[Tables, SparkTables]):
    _, theirs = both
    book = theirs["revenue"]
    assert isinstance(book, nw.LazyFrame)
    assert book.implementation.is_pyspark()
    late = book.filter(nw.col("month") == date(2026, 6, 1))
    assert theirs.frame(late.select("account_id"))["account_id"].tolist() == ["b"]
    assert theirs.frame("SELECT sum(CAST(mrr AS HUGEINT)) AS m FROM given", given=late)["m"].tolist() == [12.0]
    assert not theirs.knows("given")


def test_relations_are_held_and_lent_for_a_while(both: tuple[Tables, SparkTables]):
    _, theirs = both
    rates = pa.table({"account_id": ["a", "b"], "rate": [2.0, 3.0], "at": pa.array([1, 2], pa.timestamp("ns"))})
    with theirs.lent("rates", rates), theirs.held("paid", "SELECT account_id, sum(mrr) AS m FROM revenue GROUP BY 1"):
        with theirs.held("more", "SELECT p.account_id, m * rate AS v FROM paid p JOIN rates r USING (account_id)"):
            found = theirs.frame("SELECT * FROM more ORDER BY account_id")
        assert theirs.knows("paid")
    assert found["v"].round(4).tolist() == [20.0, 69.3702]
    assert not any(map(theirs.knows, ("paid", "more", "rates")))


def test_tables_are_seen_differently_for_a_while(both: tuple[Tables, SparkTables]):
    _, theirs = both
    merged = (
        f"SELECT r.* REPLACE (m.kept AS account_id) FROM {theirs.original('revenue')} r JOIN same m USING (account_id)"
    )
    same = pa.table({"account_id": ["a", "b"], "kept": ["b", "b"]})
    with theirs.replaced({"revenue": merged}, lent={"same": same}) as other:
        assert other.frame("SELECT DISTINCT account_id FROM revenue")["account_id"].tolist() == ["b"]
        with other.held("n", "SELECT count(*) AS n FROM revenue"):
            assert other.frame("SELECT n FROM n")["n"].tolist() == [3]
        assert theirs.frame("SELECT count(DISTINCT account_id) AS n FROM revenue")["n"].tolist() == [2]
    with theirs.replaced({}, {"revenue": ("account_id",)}) as other:
        assert other.supplied("revenue") == {"account_id"}


def test_a_library_that_speaks_to_duckdb_alone_gets_the_rows(both: tuple[Tables, SparkTables]):
    ours, theirs = both
    with theirs.embedded("revenue", "surveys") as con:
        assert con.sql("SELECT sum(mrr) FROM revenue").fetchall() == ours.sql("SELECT sum(mrr) FROM revenue").fetchall()
        assert con.sql("SELECT max(answered) FROM surveys").fetchall() == [(datetime(2026, 6, 30, 21, 59),)]


def test_large_tables_are_handed_over_as_files_that_go_with_them(
    both: tuple[Tables, SparkTables], spark: Any, monkeypatch: pytest.MonkeyPatch
):
    ours, _ = both
    monkeypatch.setattr(second, "SMALL", 0)
    made = on_spark(ours, spark)
    folder = made._folder
    assert folder is not None
    assert len(list(folder.iterdir())) >= 4
    sql = "SELECT * FROM surveys ORDER BY response_id"
    pd.testing.assert_frame_equal(made.frame(sql), ours.frame(sql))
    made.close()
    assert not folder.exists()


def near(one: object, two: object) -> bool:
    if isinstance(one, float) and isinstance(two, int | float):
        return math.isclose(one, two, rel_tol=1e-9, abs_tol=1e-12) or (math.isnan(one) and math.isnan(two))
    return one == two


def apart(one: object, two: object, where: str = "") -> list[str]:
    """Where two documents differ by more than rounding."""
    if isinstance(one, dict) and isinstance(two, dict):
        return [d for k in sorted({*one, *two}) for d in apart(one.get(k), two.get(k), f"{where}.{k}")]
    if isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        return [d for i, (a, b) in enumerate(zip(one, two, strict=True)) for d in apart(a, b, f"{where}[{i}]")]
    return [] if near(one, two) else [f"{where}: {one!r} and {two!r}"]


def same(one: Result, two: Result) -> None:
    assert not apart(one.document(), two.document())
    assert list(one.tables) == list(two.tables)
    for name in one.tables:
        pd.testing.assert_frame_equal(one.frame(name), two.frame(name), rtol=1e-9, obj=f"{one.name}.{name}")


def test_a_whole_client_gives_the_same_results_on_both_engines(
    copy_of: Callable[[str], Path], spark: Any, tmp_path: Path
):
    from cxkit.engagement.desk import open_desk
    from cxkit.engagement.recipes import RECIPES

    data = copy_of("marlow").parent
    ours, theirs = (open_desk("quantify", client="marlow", data_dir=data, run_dir=tmp_path / d) for d in "ab")
    theirs.tables = on_spark(ours.tables, spark)
    wanted = [r for r in RECIPES if r.split(".")[0] in {"instrument", "orchestrate"}]
    for recipe in ("quantify.scorecard", "quantify.retention", *wanted):
        same(RECIPES[recipe](ours), RECIPES[recipe](theirs))
    theirs.tables.close()
    shutil.rmtree(tmp_path / "data")


def test_authored_rows_and_foreign_currencies_are_the_same(spark: Any):
    goals = pd.DataFrame({"goal_id": ["G2", "G1", "G1"], "goal": ["Grow ", " ", "again"], "type": ["growth"] * 3})
    wins = pd.DataFrame({"initiative_id": ["I1"], "initiative": ["Call"], "started": ["2026-05-04"], "budget": [12.5]})
    book = BOOK.assign(mrr=[10, 11, 12], currency=["USD", "EUR", "CHF"])
    ours = Tables.from_frames({"goals": goals, "initiatives": wins, "revenue": book}, as_of=date(2026, 6, 30))
    theirs = on_spark(ours, spark)
    for name in ("goals", "initiatives"):
        assert rows(theirs, name) == rows(ours, name) != []
    assert without_rate(theirs, "revenue", "month") == without_rate(ours, "revenue", "month") == ["CHF", "USD"]
