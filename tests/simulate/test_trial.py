"""The plain client: determinism, speed, and a truth that large clients come to show."""

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from cxkit import orchestrate
from cxkit.errors import InputError
from cxkit.simulate import expected, reference, trial, write_simulated
from cxkit.simulate.population import Segment, Spec
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.engine import Tables


def same(left: dict[str, pd.DataFrame], right: dict[str, pd.DataFrame]) -> bool:
    return left.keys() == right.keys() and all(left[n].equals(right[n]) for n in left)


def test_the_seed_decides_everything() -> None:
    spec = Spec(accounts=80)
    assert same(trial.draw(spec, 3), trial.draw(spec, 3))
    assert not same(trial.draw(spec, 3), trial.draw(spec, 4))


def test_frames_register_and_keep_keys() -> None:
    spec = Spec(accounts=120)
    frames = trial.draw(spec, 1)
    tables = Tables.from_frames(frames, as_of=spec.as_of, timezone=spec.timezone, currency=spec.currency)
    assert set(frames) <= set(tables.present)
    for name, frame in frames.items():
        assert set(CONTRACTS[name].required) <= set(frame.columns)
        key = [c for c in CONTRACTS[name].key if c in frame.columns]
        assert not key or not frame.duplicated(key).any()


def test_a_small_client_takes_milliseconds() -> None:
    spec = Spec()
    trial.draw(spec, 0)
    begun = time.process_time()
    for seed in range(5):
        trial.draw(spec, seed)
    assert (time.process_time() - begun) / 5 < 0.1


@pytest.fixture(scope="module")
def large() -> tuple[Spec, dict[str, pd.DataFrame]]:
    spec = Spec(accounts=40_000)
    return spec, trial.draw(spec, 11)


def test_a_large_client_shows_the_truth(large: tuple[Spec, dict[str, pd.DataFrame]]) -> None:
    spec, frames = large
    truth = {t.id: t.value for t in expected.truths(spec) if t.subject is None}
    found = reference.book_figures(frames, spec.as_of, "UTC") | reference.voice_figures(frames, spec.as_of, "UTC")
    found |= reference.service_figures(frames, spec.as_of, "UTC", None)
    # four standard errors of 40,000 accounts, worked out by formula for shares and means, by eye for the rest
    room = {
        "quantify.scorecard.grr": 0.012,
        "quantify.scorecard.nrr": 0.014,
        "quantify.scorecard.logo_churn": 0.008,
        "quantify.scorecard.early_loss": 0.016,
        "quantify.scorecard.cost_to_serve": 0.42,
        "quantify.scorecard.complaint_rate": 1.1,
        "quantify.scorecard.nps": 1.8,
        "quantify.scorecard.csat": 0.016,
        "quantify.scorecard.ces": 0.05,
        "orchestrate.service.aht": 0.15,
        "orchestrate.service.fcr": 0.008,
    }
    for name, tolerance in room.items():
        assert found[name] == pytest.approx(truth[name], abs=tolerance), name


def test_planted_effects_show(large: tuple[Spec, dict[str, pd.DataFrame]]) -> None:
    spec, frames = large
    post = frames["outcomes"].query("phase == 'post'").merge(frames["assignments"], on=["experiment_id", "unit_id"])
    mean = post.groupby(["experiment_id", "arm"])["value"].mean().unstack()
    for truth in expected.truths(spec):
        if truth.id == "prove.effect":
            row = mean.loc[truth.subject]
            room = 0.12 if truth.subject == "mean" else 0.03
            assert row["treated"] - row["control"] == pytest.approx(truth.value, abs=room)


def test_the_past_predicts_the_mean(large: tuple[Spec, dict[str, pd.DataFrame]]) -> None:
    _, frames = large
    wide = frames["outcomes"].query("experiment_id == 'mean'").pivot(index="unit_id", columns="phase", values="value")
    assert 0.5 < np.corrcoef(wide["pre"], wide["post"])[0, 1] < 0.7


def test_the_past_lies_before_the_draw(large: tuple[Spec, dict[str, pd.DataFrame]]) -> None:
    _, frames = large
    pre = frames["outcomes"].query("phase == 'pre'").merge(frames["assignments"], on=["experiment_id", "unit_id"])
    assert len(pre)
    assert (pre["measured"] < pre["assigned"]).all()


def test_first_value_shows_in_elapsed_days(large: tuple[Spec, dict[str, pd.DataFrame]]) -> None:
    spec, frames = large
    tables = Tables.from_frames(frames, as_of=spec.as_of, timezone=spec.timezone, currency=spec.currency)
    truth = {t.id: t.value for t in expected.truths(spec) if t.subject == "join"}
    assert orchestrate.first_value(tables).finding("orchestrate.first_value.median").value == 5.25
    assert truth["orchestrate.first_value.median"] == 5.25


def test_nobody_leaves_means_nothing_is_lost() -> None:
    spec = Spec(segments=(Segment("only", 1.0, 50.0, 1e-12),), leave_early=1e-12, down=(0.0, 0.8))
    truth = {t.id: t.value for t in expected.truths(spec)}
    assert truth["quantify.scorecard.grr"] == pytest.approx(1.0)
    assert truth["quantify.scorecard.logo_churn"] == pytest.approx(0.0, abs=1e-9)
    assert truth["quantify.scorecard.early_loss"] == pytest.approx(0.0, abs=1e-9)
    assert truth["quantify.scorecard.nrr"] > 1


def test_truth_ids_are_single() -> None:
    seen = [(t.id, t.subject) for t in expected.truths(Spec())]
    assert len(seen) == len(set(seen))


def test_a_folder_comes_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "CHUNK", 40)
    told: list[str] = []
    world = write_simulated(tmp_path / "trial", accounts=100, seed=5, progress=told.append)
    assert told == ["40 of 100 accounts", "80 of 100 accounts", "100 of 100 accounts"]
    accounts = pq.read_table(tmp_path / "trial" / "tables" / "accounts.parquet").to_pandas()
    assert accounts["account_id"].nunique() == 100
    tickets = pq.read_table(tmp_path / "trial" / "tables" / "tickets.parquet").to_pandas()
    assert tickets["ticket_id"].is_unique
    written = json.loads((tmp_path / "trial" / "truth.json").read_text(encoding="utf-8"))
    assert len(written["truth"]) == len(world.truth)
    with pytest.raises(InputError, match="already holds files"):
        write_simulated(tmp_path / "trial", accounts=100, seed=5)


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_simulated(tmp_path / name / "same", accounts=60, seed=2)
    left, right = (sorted(p for p in (tmp_path / n).rglob("*") if p.is_file()) for n in ("a", "b"))
    assert [p.name for p in left] == [p.name for p in right]
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(left, right, strict=True))
