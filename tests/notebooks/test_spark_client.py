"""A whole client on Spark: one line in ``client.yml``, and every number is the one that DuckDB finds."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cxkit import errors
from cxkit.engagement import desk
from cxkit.engagement.client import Client
from cxkit.tables import spark as on_spark
from tests.conftest import Ran, absent, run_clients

CLIENT = "marlow"
CLOSE = 1e-9


def documents(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in sorted((place / "results").rglob("*")):
        name = path.relative_to(place).as_posix()
        if path.suffix == ".json":
            found[name] = json.loads(path.read_text(encoding="utf-8"))
        elif path.suffix == ".parquet":
            found[name] = pq.read_table(path).to_pydict()
    return found


def differences(one: Any, two: Any, where: str = "") -> list[str]:
    """Where two documents differ by more than rounding."""
    if isinstance(one, dict) and isinstance(two, dict) and one.keys() == two.keys():
        return [found for key in one for found in differences(one[key], two[key], f"{where}.{key}")]
    if isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        return [d for n, pair in enumerate(zip(one, two, strict=True)) for d in differences(*pair, f"{where}[{n}]")]
    if isinstance(one, float | int) and isinstance(two, float | int) and not isinstance(one, bool):
        return [] if math.isclose(one, two, rel_tol=CLOSE, abs_tol=1e-12) else [f"{where}: {one!r} is {two!r}"]
    return [] if one == two else [f"{where}: {str(one)[:200]!r} is {str(two)[:200]!r}"]


@pytest.mark.heavy
@pytest.mark.spark
def test_every_result_of_a_client_is_the_same_on_spark(
    ran: Ran, copy_of: Callable[[str], Path], tmp_path: Path
) -> None:
    if why := on_spark.missing():
        absent("spark", why)
    settings = copy_of(CLIENT) / "client.yml"
    with settings.open("a", encoding="utf-8") as stream:
        stream.write("engine: spark\nspark:\n  spark.driver.memory: 2g\n")
        stream.write(f"  spark.driver.extraJavaOptions: {on_spark.BRIEF}\n")
    other = run_clients(tmp_path / "data", tmp_path / "runs", (CLIENT,), workers=1, as_of=ran.place(CLIENT).name)
    mine, theirs = documents(other.place(CLIENT)), documents(ran.place(CLIENT))
    assert mine.keys() == theirs.keys()
    assert len(mine) > 30
    assert [found for name in mine for found in differences(theirs[name], mine[name], name)] == []
    run = json.loads((other.place(CLIENT) / "run.json").read_text())
    assert run["engine"] == "spark"
    spoken = [path.name for path in other.place(CLIENT).glob("*.ipynb") if '"stderr"' in path.read_text()]
    assert spoken == []  # Spark's own words stay out of notebooks


def test_client_that_asks_for_spark_where_there_is_none_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_spark, "missing", lambda: "no Java runtime is installed")
    desk.check_engine("acme", Client(name="Acme"))
    with pytest.raises(errors.InputError, match=r"acme/client\.yml asks for engine: spark, and no Java runtime"):
        desk.check_engine("acme", Client(name="Acme", engine="spark"))


def test_settings_of_spark_are_spark_s() -> None:
    assert Client(name="Acme", spark={"spark.driver.memory": "8g"}).spark == {"spark.driver.memory": "8g"}
    with pytest.raises(ValueError, match=r"'driver\.memory' is no setting of Spark"):
        Client(name="Acme", spark={"driver.memory": "8g"})
