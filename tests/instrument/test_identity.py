"""Who is one person: equal keys by hand, shared values, hashed keys, the model, other thresholds."""

import sys
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxkit.instrument import Identity, clusters_at, identity
from cxkit.instrument import identity as join
from cxkit.instrument.catalogue import FINDINGS
from cxkit.instrument.identity import reached
from cxkit.instrument.identity_clusters import joined
from cxkit.tables.engine import Tables
from tests.instrument.people import FIRST, LAST, simulated

AS_OF = date(2026, 6, 30)


def of(people: pd.DataFrame | None, **more: pd.DataFrame) -> Tables:
    return Tables.from_frames({**({} if people is None else {"people": people}), **more}, as_of=AS_OF)


def rows(*people: tuple[str, ...], **more: object) -> pd.DataFrame:
    columns = ["system", "person_id", "first_name", "last_name", "email", "phone"]
    return pd.DataFrame(people, columns=columns[: len(people[0])]).assign(**more)


def entities(result: Identity) -> dict[str, str]:
    frame = result.frame("crosswalk")
    return dict(zip(frame["system"] + ":" + frame["person_id"], frame["entity"], strict=True))


FEW = rows(
    ("crm", "1", "Vera", "Oak", "vera@example.org", "+49 30 5550131"),
    ("crm", "2", "Vera", "Oak", "VERA@example.org ", None),  # the same address, shouted
    ("support", "7", "V.", "Oak", None, "030 555 0131"),  # the same phone and last name
    ("support", "8", "Ivo", "Elm", None, "030 5550131"),  # the same phone, another name
    ("voc", "9", "Ivo", "Fir", "ivo@example.org", None),
)


def test_few_records_join_by_equal_keys_and_it_is_said():
    result = identity(of(FEW))
    assert entities(result) == {
        "crm:1": "crm:1",
        "crm:2": "crm:1",
        "support:7": "crm:1",
        "support:8": "support:8",
        "voc:9": "voc:9",
    }
    assert result.finding("instrument.identity.entities").title == "5 records of 3 systems are 3 people"
    assert "equal keys only" in result.finding("instrument.identity.entities").detail
    assert result.finding("instrument.identity.duplicates", subject="crm").value == 0.5
    assert [g.id for g in result.gaps] == ["instrument.identity.links", "instrument.identity.f1"]
    assert "5 records with readable keys are too few" in result.gaps[0].reason
    assert set(result.frame("pairs")["kind"]) == {"exact"}
    assert {f.id for f in result.findings} | {g.id for g in result.gaps} <= {*FINDINGS, "instrument.identity.f1"}


def test_sources_are_not_rewritten():
    tables = of(FEW)
    before = tables.frame("SELECT * FROM people ORDER BY person_id")
    identity(tables)
    assert tables.frame("SELECT * FROM people ORDER BY person_id").equals(before)
    assert not tables.knows("records")


def test_without_people_or_columns_the_gap_says_what_would_let_it():
    (gap,) = identity(of(None)).gaps
    assert gap.needs[0].name == "people"
    (gap,) = identity(of(FEW[["system", "person_id", "first_name"]])).gaps
    assert gap.reason == "Fewer than two columns tell people apart."
    assert {"last_name", "email", "birth_date"} <= set(gap.needs[0].columns)
    assert "first_name" not in gap.needs[0].columns


def test_a_role_mailbox_joins_nobody_and_is_masked():
    shared = rows(*(("crm", str(i), FIRST[i], LAST[i], "info@example.org") for i in range(4)))
    result = identity(of(pd.concat([FEW, shared.assign(person_id="s" + shared["person_id"])])))
    assert len({e for key, e in entities(result).items() if key.startswith("crm:s")}) == 4
    (row,) = result.frame("shared").to_dict("records")
    assert (row["kind"], row["value"], row["records"], row["names"]) == ("mailbox", "i***@e***", 4, 4)
    assert result.finding("instrument.identity.shared").title == "1 mailbox belongs to no one person and joins nobody"


def test_a_mailbox_and_a_phone_of_many_names_join_nobody_but_a_couple_does_share_its_phone():
    many = rows(*(("crm", f"m{i}", FIRST[i], LAST[i], "team-berlin@example.org", "040 777777") for i in range(3)))
    couple = rows(("crm", "c1", "Ada", "Ash", None, "040 888888"), ("voc", "c2", "Bo", "Ash", None, "040 888888"))
    result = identity(of(pd.concat([many, couple])))
    assert set(result.frame("shared")["kind"]) == {"mailbox", "phone"}
    assert len({e for k, e in entities(result).items() if ":m" in k}) == 3


def test_one_person_spelled_in_three_ways_is_no_shared_mailbox():
    slips = rows(
        *(("crm", f"v{i}", f, n, "vera.oak@example.org") for i, (f, n) in enumerate(
            [("Vera", "Oak"), ("Vrea", "Oka"), ("Oak", "Vera"), ("Wera", "Oak")]))
    )  # fmt: skip
    result = identity(of(slips))
    assert not result.has("shared")
    assert len(set(entities(result).values())) == 1


HASH = "0123456789abcdef0123456789abcdef"


def test_hashed_keys_link_where_they_are_equal_and_never_by_likeness():
    hashed = rows(
        ("crm", "1", None, None, HASH),
        ("voc", "2", None, None, HASH),
        ("support", "3", None, None, HASH[:-1] + "e"),  # one digit off is somebody else
        ("telemetry", "1", None, None, None),  # a short number is another person in every system
        pseudonymous=True,
    )
    keyed = rows(("crm", HASH[::-1], None, None, None), ("voc", HASH[::-1], None, None, None), pseudonymous=True)
    result = identity(of(pd.concat([hashed, keyed])))
    found = entities(result)
    assert found["voc:2"] == found["crm:1"]
    assert found["support:3"] == "support:3"
    assert found["telemetry:1"] == "telemetry:1"
    assert found[f"voc:{HASH[::-1]}"] == f"crm:{HASH[::-1]}"
    assert "All keys are hashed" in result.gaps[0].reason
    assert HASH not in str(result.document())


def test_a_hashed_device_of_many_accounts_joins_nobody():
    device = rows(*(("telemetry", str(i), None, None, None, HASH) for i in range(4)), pseudonymous=True)
    result = identity(of(device.assign(account_id=["a", "b", "c", "d"])))
    assert result.frame("shared").iloc[0].tolist() == ["device", "01***", 4, 1]
    assert len(set(entities(result).values())) == 4


def test_conflicting_keys_are_counted():
    twins = rows(("crm", "1", "Vera", "Oak", "v@example.org"), ("crm", "2", "Vera", "Oak", "v@example.org"))
    result = identity(of(twins.assign(birth_date=["1980-01-01", "1999-12-31"], account_id=["a", "b"])))
    found = result.finding("instrument.identity.conflicts")
    assert found.value == 2
    assert "with two accounts in one system" in found.title


def test_the_text_of_a_client_does_nothing():
    hostile = FEW.assign(
        last_name="'; DROP TABLE people; --", system=["crm", "crm", "a'b", "a'b", '"x"'], person_id=list("12345")
    )
    result = identity(of(hostile))
    assert len(result.frame("crosswalk")) == 5


def test_a_record_that_comes_twice_counts_once():
    assert len(identity(of(pd.concat([FEW, FEW]))).frame("crosswalk")) == 5


@pytest.fixture(scope="module")
def known() -> pd.DataFrame:
    """About 600 records of 250 persons with slips and blanks; `person` says who it is."""
    return simulated(250, seed=3)


@pytest.fixture(scope="module")
def found(known: pd.DataFrame) -> Identity:
    return join(of(known.drop(columns="person")))


def truth(result: pd.DataFrame, known: pd.DataFrame) -> tuple[float, float]:
    both = result.merge(known[["system", "person_id", "person"]])
    pairs = lambda by: int((both.groupby(by).size() ** 2 - both.groupby(by).size()).sum() // 2)  # noqa: E731
    right = pairs(["entity", "person"])
    return right / pairs(["entity"]), right / pairs(["person"])


def test_the_model_finds_people_without_labels(known, found):
    precision, recall = truth(found.frame("crosswalk"), known)
    assert precision > 0.97
    assert recall > 0.85
    assert found.finding("instrument.identity.precision").grade == "D"
    assert "itself expects" in found.finding("instrument.identity.precision").title
    blocking = found.frame("blocking")
    assert blocking["cumulative"].is_monotonic_increasing
    assert (blocking["cumulative"] <= blocking["pairs"].cumsum()).all()
    weights = found.frame("weights")
    assert weights[["m", "u"]].gt(0).all(axis=None)


def test_a_pair_is_explained_by_steps_that_add_up_and_are_masked(known, found):
    for _, steps in found.frame("explained").groupby("pair"):
        assert steps["weight"].iloc[:-1].sum() == pytest.approx(steps["weight"].iloc[-1], abs=0.01)
    said = " ".join(found.frame("explained")["step"]).casefold()
    assert not [
        name for name in [*known["last_name"].dropna(), *known["first_name"].dropna()] if name.casefold() in said
    ]
    match = found.frame("explained").query("pair == 'a clear match'")["weight"].iloc[-1]
    pairs = found.frame("pairs")
    assert abs(pairs["weight"] - match).min() < 0.02


def test_other_thresholds_are_joined_from_the_pairs(found, known):
    assert clusters_at(found, found.match_threshold).equals(found.frame("crosswalk"))
    for _, row in found.frame("sweep").iterrows():
        at = clusters_at(found, row["threshold"])
        assert at.attrs["exact"]
        assert at["entity"].nunique() == row["entities"]


@pytest.mark.heavy
def test_another_threshold_is_what_the_batch_would_give(found, known):
    again = join(of(known.drop(columns="person")), match_threshold=0.7)
    assert clusters_at(found, 0.7).equals(again.frame("crosswalk"))


@pytest.mark.heavy
@pytest.mark.heavy
def test_where_pairs_are_left_out_the_batch_is_still_exact(known, found, monkeypatch):
    monkeypatch.setattr(sys.modules["cxkit.instrument.identity"], "KEPT", 40)  # a function has the module's name
    few = join(of(known.drop(columns="person")))
    assert (few.frame("pairs")["kind"] == "model").sum() == 40
    assert few.frame("crosswalk").equals(found.frame("crosswalk"))
    near = few.match_threshold + 1e-9
    assert few.exact_from < few.match_threshold < few.exact_to
    assert clusters_at(few, near)["entity"].nunique() == found.frame("crosswalk")["entity"].nunique()
    for threshold in (few.exact_from, few.exact_to):
        assert clusters_at(few, threshold).equals(clusters_at(found, threshold))
    assert not clusters_at(few, 0.02).attrs["exact"]


@pytest.mark.heavy
def test_row_order_and_threads_change_nothing(known):
    made = []
    for threads, seed in ((1, 1), (2, 2)):
        tables = of(known.drop(columns="person").sample(frac=1, random_state=seed))
        tables.con.execute(f"SET threads = {threads}")
        made.append(join(tables))
    assert made[0].document() == made[1].document()
    assert all(made[0].tables[name].equals(made[1].tables[name]) for name in made[0].tables)


@pytest.mark.heavy
def test_judged_pairs_measure_the_links(known, found):
    by = known.sort_values(["person", "system", "person_id"]).reset_index(drop=True)
    same = by["person"].eq(by["person"].shift(-1))
    pairs = pd.DataFrame(
        {
            "left_system": by["system"],
            "left_id": by["person_id"],
            "right_system": by["system"].shift(-1),
            "right_id": by["person_id"].shift(-1),
            "same": same,
        }
    ).iloc[:-1]
    result = join(of(known.drop(columns="person"), identity_labels=pairs))
    entity = entities(found)
    key = lambda side: pairs[f"{side}_system"] + ":" + pairs[f"{side}_id"]  # noqa: E731
    together = key("left").map(entity).eq(key("right").map(entity))
    hit = (together & pairs["same"]).sum()
    precision = result.finding("instrument.identity.precision")
    assert precision.value == pytest.approx(hit / together.sum())
    assert result.finding("instrument.identity.recall").value == pytest.approx(hit / pairs["same"].sum())
    assert precision.low < precision.value <= precision.high
    assert precision.grade == "M"
    assert (
        result.finding("instrument.identity.f1").value == result.frame("sweep").query("threshold == 0.95")["f1"].iloc[0]
    )
    assert result.frame("crosswalk").equals(found.frame("crosswalk"))


@pytest.mark.heavy
def test_two_people_of_one_account_stay_two(known):
    account = known.assign(account_id="one account for all")
    precision, _ = truth(join(of(account.drop(columns="person"))).frame("crosswalk"), known)
    assert precision > 0.97


@pytest.mark.heavy
@pytest.mark.parametrize(
    "kept", [["email"], ["last_name", "birth_date"], ["first_name", "last_name", "city"], ["phone"]]
)
def test_any_columns_may_be_missing(known, kept):
    result = join(of(known[["system", "person_id", *kept]]))
    assert len(result.frame("crosswalk")) == len(known)
    assert result.assessed


def test_records_reach_the_account_of_their_person():
    people = FEW.assign(account_id=["a", None, None, None, None])
    tables = of(people)
    rows_ = reached(tables, identity(tables).frame("crosswalk")).set_index("system")
    assert rows_["own"].to_dict() == {"crm": 1, "support": 0, "voc": 0}
    assert rows_["reached"].to_dict() == {"crm": 2, "support": 1, "voc": 0}
    assert reached(of(FEW), identity(of(FEW)).frame("crosswalk")) is None


@given(links=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=12), more=st.integers(0, 12))
def test_fewer_links_never_join_more(links, more):
    """Entities of a part of the links lie within those of all, each is called by its first record."""
    left, right = (np.array([p[side] for p in links], dtype=np.int64) for side in (0, 1))
    every, part = joined(8, left, right), joined(8, left[:more], right[:more])
    assert (every[part] == every).all()
    assert (every <= part).all()
    assert (every[every] == every).all()
    assert all(every[a] == every[b] for a, b in links)
