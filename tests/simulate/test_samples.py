"""The committed sample clients: what their contracts, their seeds and their truth promise."""

import json
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

import cxkit
from cxkit import prove
from cxkit.engagement.pages import catalogue
from cxkit.simulate import brightline, client, marlow, northbeam, samples
from cxkit.simulate.world import World
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.contract import Contract
from cxkit.tables.engine import Tables

DATA = Path(cxkit.__file__).resolve().parent.parent / "data"
NAMES = tuple(samples.SAMPLES)
CANARIES = {
    "brightline": brightline.story.CANARY,
    "northbeam": northbeam.story.CANARY,
    "marlow": marlow.CANARY,
}


@cache
def world(name: str) -> World:
    return samples.sample(name)


@cache
def tables(name: str) -> Tables:
    drawn = world(name)
    return Tables.from_frames(drawn.frames, as_of=drawn.as_of, timezone=drawn.timezone, currency=drawn.currency)


def document(name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((DATA / name / "truth.json").read_text(encoding="utf-8"))
    return found


def cases() -> list[tuple[str, str]]:
    return [(name, table) for name in NAMES for table in world(name).frames]


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_folder_is_what_its_seed_gives(name: str) -> None:
    recorded = document(name)
    assert recorded["seed"] == samples.SAMPLES[name][1]
    assert recorded["fingerprint"] == client.fingerprint(world(name))
    for table, frame in client.exported(world(name)).items():
        csv, parquet = (DATA / name / "tables" / f"{table}.{kind}" for kind in ("csv", "parquet"))
        assert csv.exists() != parquet.exists(), f"{table} stands in two files, or in none"
        if csv.exists():
            assert csv.read_bytes() == client.csv_bytes(table, frame)
        else:
            assert pq.read_table(parquet).equals(client.arrow(table, frame))
    assert (DATA / name / "workshop.xlsx").exists() == bool(client.authored(world(name)))


@pytest.mark.parametrize("name", NAMES)
def test_another_draw_from_the_seed_gives_the_same_content(name: str) -> None:
    draw, seed = samples.SAMPLES[name]
    assert client.fingerprint(draw(seed)) == client.fingerprint(world(name))


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_gives_another_client(name: str) -> None:
    draw, seed = samples.SAMPLES[name]
    assert client.fingerprint(draw(seed + 1)) != client.fingerprint(world(name))


def test_all_folders_together_stay_small() -> None:
    files = (p for n in NAMES for p in (DATA / n).rglob("*") if p.is_file() and "work" not in p.parts)
    size = sum(p.stat().st_size for p in files)
    assert size < 8_000_000


@pytest.mark.parametrize(("name", "table"), cases())
def test_a_table_keeps_its_contract(name: str, table: str) -> None:
    contract, frame = CONTRACTS[table], world(name).frames[table]
    assert not [c for c in frame.columns if c not in contract.names]
    for column in contract.columns:
        if column.required:
            assert column.name in frame.columns
            assert frame[column.name].notna().all(), f"{column.name} is needed in every row"
        if column.name not in frame.columns:
            continue
        values = frame[column.name].dropna()
        if column.allowed:
            assert set(values) <= set(column.allowed)
        if column.low is not None:
            assert values.astype(float).min() >= column.low or values.empty
        if column.high is not None:
            assert values.astype(float).max() <= column.high or values.empty
    _keys_are_unique(contract, frame)
    if contract.appearance:
        assert contract.appearance in frame.columns


def _keys_are_unique(contract: Contract, frame: pd.DataFrame) -> None:
    key = [c for c in contract.key if c in frame.columns]
    if key:
        assert not frame.duplicated(key).any()


@pytest.mark.parametrize(("name", "table"), cases())
def test_references_hold(name: str, table: str) -> None:
    frames = world(name).frames
    for column in CONTRACTS[table].columns:
        other, _, key = column.references.partition(".")
        if column.name in frames[table].columns and other in frames:
            assert set(frames[table][column.name].dropna()) <= set(frames[other][key])


@pytest.mark.parametrize(("name", "table"), cases())
def test_rules_hold(name: str, table: str) -> None:
    contract, known = CONTRACTS[table], set(world(name).frames[table].columns)
    for rule in contract.rules:
        if rule.severity == "error" and set(rule.columns) <= known:
            broken = f'SELECT count(*) AS n FROM "{table}" WHERE NOT ({rule.predicate})'
            assert tables(name).frame(broken)["n"].iloc[0] == 0, rule.says


@pytest.mark.parametrize("name", NAMES)
def test_the_cut_takes_rows_away(name: str) -> None:
    drawn = world(name)
    opened = drawn.frames["tickets"]["opened"]
    assert opened.max() > pd.Timestamp(drawn.as_of) + timedelta(days=1)
    assert opened.max() < pd.Timestamp(drawn.extracted) + timedelta(days=2)
    kept = tables(name).frame("SELECT count(*) AS n, count(resolved) AS r FROM tickets").iloc[0]
    assert kept["n"] < len(opened)
    assert kept["r"] < kept["n"]


def test_northbeam_corrects_october_after_the_report() -> None:
    revenue = world("northbeam").frames["revenue"]
    late = revenue[revenue["restated"] > pd.Timestamp("2026-10-31")]
    assert len(late) == 9
    found = tables("northbeam").frame("SELECT count(*) AS n FROM revenue WHERE restated > DATE '2026-10-31'")
    assert found["n"].iloc[0] == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_canary_stands_in_its_own_folder_only(name: str) -> None:
    for other, canary in CANARIES.items():
        text = "".join(f.to_csv() for f in world(name).frames.values())
        assert (canary in text) == (other == name)


def test_hostile_text_is_there_to_be_escaped() -> None:
    for name in ("brightline", "northbeam"):
        said = " ".join(world(name).frames["surveys"]["verbatim"].dropna())
        for piece in ("<script>", "$x_1^2$", "=HYPERLINK", "\u202e", "onclick="):
            assert piece in said


def test_people_are_plainly_fictional() -> None:
    people = world("northbeam").frames["people"]
    assert people["email"].dropna().str.lower().str.contains(r"(?:@|\.)example\.(?:com|org)$").all()
    assert people["phone"].dropna().str.contains("555").all()


@pytest.mark.parametrize("name", NAMES)
def test_client_yml_says_what_the_world_is(name: str) -> None:
    settings = yaml.safe_load((DATA / name / "client.yml").read_text(encoding="utf-8"))
    assert settings["name"] == world(name).name
    assert settings["timezone"] == world(name).timezone
    assert settings["currency"] == world(name).currency


@pytest.mark.parametrize("name", NAMES)
def test_truth_is_about_known_findings(name: str) -> None:
    truths = document(name)["truth"]
    assert isinstance(truths, list)
    known = _catalogued()
    for truth in truths:
        assert truth["id"] in known, f"no stage emits {truth['id']}"
        assert truth["how"] in {"planted", "replicated"}
        if truth["how"] == "replicated":
            assert truth["standard_error"] >= 0
            assert truth["realised"] == pytest.approx(truth["value"], abs=12 * 6.5 * truth["standard_error"] + 1e-9)


def _catalogued() -> set[str]:
    return {id for ids in catalogue().values() for id in ids}


def test_brightline_tells_its_story() -> None:
    drawn = world("brightline")
    realised = {t.id: t.realised for t in drawn.truth if t.realised is not None}
    assert 0.86 < realised["quantify.scorecard.grr"] < 0.90
    assert realised["quantify.scorecard.early_loss"] > 0.11
    tickets = drawn.frames["tickets"]
    month = tickets["opened"].dt.strftime("%Y-%m")
    complaints = tickets["complaint"].groupby(month).sum()
    assert complaints["2026-10"] > 1.6 * complaints["2026-01":"2026-06"].mean()
    repair = tickets[(tickets["reason"] == "repair") & tickets["resolved"].notna()]
    days = (repair["resolved"] - repair["opened"]).dt.total_seconds() / 86400
    assert 3 < days.median() < 5
    assert 0.10 < tickets["account_id"].isna().mean() < 0.14
    app = drawn.frames["initiatives"].set_index("initiative_id").loc["I4"]
    assert pd.isna(app["owner"])
    assert "I4" not in set(drawn.frames["links"]["from_id"])


def test_brightline_outcomes_agree_with_its_book() -> None:
    frames = world("brightline").frames
    left = frames["outcomes"].query("metric == 'churn_90d'").set_index("unit_id")["value"]
    book = frames["accounts"].set_index("account_id").loc[left.index]
    within = (book["ended"] - book["started"]).dt.days < 90
    assert (within == left.astype(bool)).all()


@pytest.mark.parametrize(("name", "experiment"), [("brightline", "X2"), ("northbeam", "E1")])
def test_values_of_the_time_before_are_known_before_the_draw(name: str, experiment: str) -> None:
    found = tables(name).frame(
        "SELECT count(*) AS n, count(*) FILTER (o.measured < a.assigned) AS early FROM outcomes o "
        "JOIN assignments a USING (experiment_id, unit_id) WHERE o.phase = 'pre'"
    )
    assert found["n"].iloc[0] == found["early"].iloc[0] > 0
    effects = prove.experiments(tables(name), seed=1).frame("effects").set_index("experiment_id")
    assert effects.loc[experiment, "cuped_gain"] > 0


def test_northbeam_hangs_on_a_few_accounts() -> None:
    revenue = world("northbeam").frames["revenue"]
    october = revenue[revenue["month"] == "2026-10-01"].set_index("account_id")["mrr"]
    assert 0.15 < october.nlargest(5).sum() / october.sum() < 0.35
    assert 380 < len(october) < 460


def test_marlow_has_orders_and_tickets_alone() -> None:
    assert sorted(world("marlow").frames) == ["orders", "tickets"]
    assert world("marlow").as_of == date(2026, 10, 31)
    assert np.isclose((world("marlow").frames["orders"]["amount"] == 0).sum(), 3)
