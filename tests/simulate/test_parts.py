"""Single parts of the generator, checked by hand."""

import numpy as np
import pandas as pd
import pytest

from cxkit.simulate import book, costs, people, plan, proof, usage, voice
from cxkit.simulate.clock import OpenHours, to_utc
from cxkit.simulate.northbeam import story

DAY = np.timedelta64(1, "D")


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def moments(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[us]")


def test_to_utc_follows_summer_time() -> None:
    found = to_utc(moments("2026-07-01T12:00", "2026-12-01T12:00"), "Europe/Berlin")
    assert found.tolist() == moments("2026-07-01T10:00", "2026-12-01T11:00").tolist()


@pytest.fixture
def office() -> OpenHours:
    return OpenHours(
        dict.fromkeys(range(1, 6), (9, 17)),
        timezone="UTC",
        first="2026-06-01",
        last="2026-07-01",
        holidays=["2026-06-10"],
    )


def test_open_hours_skip_nights_weekends_and_holidays(office: OpenHours) -> None:
    # Friday 16:00 and two hours more: Monday 10:00
    assert office.after(moments("2026-06-05T16:00"), np.array([120.0])).tolist() == moments("2026-06-08T10:00").tolist()
    # Tuesday 16:30 to Thursday 09:30 over a holiday on Wednesday: half an hour each side
    assert office.between(moments("2026-06-09T16:30"), moments("2026-06-11T09:30")).tolist() == [60.0]


def test_open_hours_become_rows_of_the_sheet(office: OpenHours) -> None:
    rows = office.rows("desk")
    assert len(rows) == 6
    assert rows["weekday"].notna().sum() == 5


def test_spells_follow_price_changes_in_order() -> None:
    changes = book.Changes(
        np.array([0, 0, 0]),
        days("2026-03-01", "2026-02-01", "2027-01-01"),
        np.array([0.5, 2.0, 9.0]),
        np.array(["down", "up", "late"], dtype=object),
    )
    spells = book.spells(
        days("2026-01-01"), days("2026-04-30"), np.array(["price"], dtype=object), np.array([10.0]), changes
    )
    assert spells["mrr"].tolist() == [10.0, 20.0, 10.0]
    assert spells["end_reason"].tolist() == ["up", "down", "price"]
    assert spells["ended"].dt.strftime("%m-%d").tolist() == ["01-31", "02-28", "04-30"]


def test_revenue_of_a_month_is_what_is_in_force_at_its_end() -> None:
    spells = pd.DataFrame({"account": [0], "started": days("2026-01-10"), "ended": days("2026-03-15"), "mrr": [31.0]})
    months = np.arange(np.datetime64("2026-01"), np.datetime64("2026-05"))
    assert book.monthly(spells, months)["month"].dt.month.tolist() == [1, 2]
    # 22 of 31 days, a whole month, 15 of 31 days, nothing
    assert book.earned(spells, months) == pytest.approx([22.0, 31.0, 15.0, 0.0])


def test_residual_life_keeps_the_hazard_of_each_stretch() -> None:
    size = 40_000
    rng = np.random.default_rng(1)
    early, later = np.full(size, 0.002), np.full(size, 0.0004)
    life = book.residual_life(rng, [(np.full(size, 90.0), early), (np.full(size, np.inf), later)])
    assert (life < 90).mean() == pytest.approx(1 - np.exp(-0.18), abs=0.008)
    assert (life[life >= 90] < 90 + 365).mean() == pytest.approx(1 - np.exp(-0.146), abs=0.008)


def test_chances_of_answers_add_up_and_agree_with_draws() -> None:
    chances = voice.chances(7.9, 2.2, 0, 10)
    assert sum(chances.values()) == pytest.approx(1)
    drawn = voice.score(np.random.default_rng(2).normal(7.9, 2.2, 50_000), 0, 10)
    assert (drawn >= 9).mean() == pytest.approx(chances[9] + chances[10], abs=0.01)


def test_clustered_effect_is_marginal() -> None:
    rng = np.random.default_rng(3)
    cluster = np.repeat(np.arange(8_000), 5)
    treated = np.arange(8_000) % 2 == 0
    before, after = proof.clustered(rng, cluster, treated, base=0.44, effect=0.09, shared=0.15, own=0.3)
    on = treated[cluster]
    assert after[on].mean() - after[~on].mean() == pytest.approx(0.09, abs=0.02)
    assert before.mean() == pytest.approx(0.44, abs=0.02)
    assert np.corrcoef(before, after)[0, 1] > 0.2


def test_median_with_never_matches_draws() -> None:
    median = usage.median_with_never(6.0, 0.06)
    assert 6.0 < median < 7.0


def test_restated_values_stand_beside_the_first_ones() -> None:
    frame = costs.restate(
        pd.DataFrame({"amount": [10.0, 20.0]}), np.array([False, True]), "amount", factor=0.5, day="2026-11-05"
    )
    assert frame["restated_amount"].tolist()[1] == 10.0
    assert frame["restated"].isna().tolist() == [True, False]


def test_people_are_known_differently_in_each_system() -> None:
    rng = np.random.default_rng(4)
    true = people.persons(rng, np.repeat(np.arange(40), 6), np.full(40, np.datetime64("2024-01-01")), prefix="555 0")
    names = np.array([f"Company {i}" for i in range(40)], dtype=object)
    frame, keyring = people.in_systems(rng, true, story.SYSTEMS, account_ids=names, companies=names, cities=names)
    assert len(frame) == len(keyring) > 500
    assert not frame.duplicated(["system", "person_id"]).any()
    labels = people.labels(rng, keyring, true, 60)
    assert labels["same"].sum() == 30
    who = keyring.set_index(["system", "person_id"])["person"]
    left = who.loc[list(zip(labels["left_system"], labels["left_id"], strict=True))].to_numpy()
    right = who.loc[list(zip(labels["right_system"], labels["right_id"], strict=True))].to_numpy()
    assert ((left == right) == labels["same"]).all()


def test_sheets_are_typed_by_their_contract() -> None:
    found = plan.sheet(
        "experiments", "experiment_id registered minimum_effect", [("X", "2026-01-02", 0.02), ("Y", None, None)]
    )
    assert found["registered"].iloc[0] == pd.Timestamp("2026-01-02")
    assert found["minimum_effect"].isna().tolist() == [False, True]
