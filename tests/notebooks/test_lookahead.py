"""Look-ahead is impossible, and the same inputs give the same bytes."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cxkit.batch import template
from tests.conftest import Ran, run_clients

pytestmark = [pytest.mark.run]
STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC")


def bytes_of(ran: Ran, client: str) -> dict[str, bytes]:
    """Every part of a run that must not change: report without its stamp, findings and results."""
    place = ran.place(client)
    html = STAMP.sub("STAMP", (place / "report.html").read_text(encoding="utf-8"))
    parts = {"report.html": html.encode(), "evidence.xlsx": (place / "evidence.xlsx").read_bytes()}
    for path in sorted((place / "results").rglob("*")):
        if path.is_file():
            parts[str(path.relative_to(place))] = path.read_bytes()
    return parts


def assert_same(one: dict[str, bytes], two: dict[str, bytes]) -> None:
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


@pytest.mark.heavy
def test_what_lies_after_as_of_changes_no_byte(ran: Ran, copy_of: Callable[[str], Path], tmp_path: Path) -> None:
    """A row that appears, a ticket closed, a subscription ended and a value restated after as_of."""
    folder = copy_of("northbeam")
    tables = folder / "tables"
    tickets = pd.read_parquet(tables / "tickets.parquet")
    for column in ("opened", "first_response", "resolved", "closed", "reopened"):
        tickets[column] = pd.to_datetime(tickets[column], utc=True)
    late = tickets["opened"] >= pd.Timestamp("2026-10-20", tz="UTC")
    assert late.any()
    changed = late & (tickets["resolved"].isna() | (tickets["resolved"] >= pd.Timestamp("2026-11-02", tz="UTC")))
    tickets.loc[changed, "resolved"] = pd.Timestamp("2026-11-20 10:00", tz="UTC")
    tickets.loc[changed, "closed"] = pd.Timestamp("2026-11-21 10:00", tz="UTC")
    tickets.loc[changed & tickets["reopened"].isna(), "reopened"] = pd.Timestamp("2026-11-22 10:00", tz="UTC")
    more = tickets.tail(200).copy()
    more["ticket_id"] = [f"LATE{n}" for n in range(len(more))]
    shift = pd.Timestamp("2026-11-05", tz="UTC") - more["opened"].min()
    for column in ("opened", "first_response", "resolved", "closed", "reopened"):
        more[column] = more[column] + shift
    pd.concat([more, tickets]).to_parquet(tables / "tickets.parquet", index=False)

    accounts = pd.read_csv(tables / "accounts.csv", dtype=str)
    running = accounts.index[accounts["ended"].isna()][:15]
    accounts.loc[running, "ended"] = "2026-11-30"
    late_account = accounts.tail(1).assign(account_id="LATE1", started="2026-11-15", ended="")
    pd.concat([late_account, accounts]).to_csv(tables / "accounts.csv", index=False)

    revenue = pd.read_csv(tables / "revenue.csv", dtype=str)
    october = revenue.index[(revenue["month"] == revenue["month"].max()) & revenue["restated"].isna()]
    september = revenue.index[revenue["restated"].isna()][-40:]
    revenue.loc[september, "restated"] = "2026-11-12"
    revenue.loc[september, "restated_mrr"] = "1.00"
    coming = revenue.loc[october].head(50).assign(month="2026-11-01", mrr="99999", restated="", restated_mrr="")
    pd.concat([coming, revenue]).to_csv(tables / "revenue.csv", index=False)

    after = run_clients(folder.parent, tmp_path / "runs", ("northbeam",), workers=1, as_of="2026-10-31")
    assert_same(bytes_of(ran, "northbeam"), bytes_of(after, "northbeam"))


@pytest.mark.heavy
def test_the_same_run_twice_differs_in_the_stamp_alone_warm_or_cold(ran: Ran, tmp_path: Path) -> None:
    again = run_clients(ran.data, tmp_path / "runs", ("marlow",), workers=1, cold=True)
    assert_same(bytes_of(ran, "marlow"), bytes_of(again, "marlow"))
    ways = [{s["kernel"] for s in run_json(one)["stages"].values()} for one in (ran, again)]
    assert ways == [{"cold" if template.why_cold() else "warm"}, {"cold"}]


def run_json(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ran.place("marlow") / "run.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.heavy
def test_stages_taken_over_give_the_report_of_a_run_from_nothing(ran: Ran, tmp_path: Path) -> None:
    """One table changes: what rests on it runs, the rest is copied; from nothing the same comes out."""
    data, runs = tmp_path / "data", tmp_path / "runs"
    shutil.copytree(ran.data / "marlow", data / "marlow")
    shutil.copytree(ran.place("marlow").parent, runs / "marlow")
    tickets = data / "marlow" / "tables" / "tickets.parquet"
    pd.read_parquet(tickets).iloc[1:].to_parquet(tickets, index=False)
    pieces = run_clients(data, runs, ("marlow",), workers=1, reuse=True)
    whole = run_clients(data, tmp_path / "other", ("marlow",), workers=3)  # side by side, where the first was not
    became = {name: entry["status"] for name, entry in run_json(pieces)["stages"].items()}
    assert (became["quantify"], became["prove"]) == ("done", "kept"), became
    assert {entry["status"] for entry in run_json(whole)["stages"].values()} == {"done"}
    assert_same(bytes_of(pieces, "marlow"), bytes_of(whole, "marlow"))
