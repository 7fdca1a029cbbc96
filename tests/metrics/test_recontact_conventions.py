"""Recontact by other conventions: a few tickets followed by hand, and what no convention may break."""

from datetime import date, timedelta

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxkit.metrics.recontact import groupings, recontacts
from cxkit.metrics.windows import Window
from cxkit.tables.engine import Tables

AS_OF = date(2026, 6, 30)
YEAR = Window(first=date(2026, 1, 1), last=date(2026, 6, 1))
DAYS = (1, 3, 7, 14, 30)

BY_HAND = pd.DataFrame(
    [
        # one account; Ann writes twice about a bill and once about a move, Bob once about a bill
        ("t1", "a", "ann", "bill", "m1", "2026-05-01", "2026-05-02", None),
        ("t2", "a", "bob", "bill", "m1", "2026-05-04", "2026-05-05", None),
        ("t3", "a", "ann", "move", "m1", "2026-05-06", "2026-05-07", None),
        ("t4", "a", "ann", "bill", "m2", "2026-05-20", "2026-05-21", "2026-05-22"),
    ],
    columns=["ticket_id", "account_id", "person_id", "reason", "moment_id", "opened", "resolved", "reopened"],
)


def recontacted(days: int = 7, tickets: pd.DataFrame = BY_HAND, **how: object) -> tuple[int, int]:
    tables = Tables.from_frames({"tickets": tickets}, as_of=AS_OF)
    row = recontacts(tables, YEAR, [days], **how).iloc[0]  # type: ignore[arg-type]
    return int(row["recontacted"]), int(row["n"])


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({}, 2),  # t1 by t2, and t4 is reopened
        ({"grouping": "any"}, 3),  # t2 by t3 as well
        ({"grouping": "moment"}, 3),
        ({"identity": "person"}, 1),  # Ann's second bill comes after 18 days
        ({"identity": "person", "grouping": "any"}, 2),  # t1 by t3
        ({"identity": "reopened"}, 1),
        ({"grouping": "family", "families": {"bill": "money", "move": "money"}}, 3),
    ],
)
def test_each_convention_by_hand(how, expected):
    assert recontacted(**how) == (expected, 4)


def test_a_joined_person_is_followed_across_keys():
    tables = Tables.from_frames({"tickets": BY_HAND}, as_of=AS_OF)
    rows = pa.table({"person_id": ["ann", "bob"], "entity": ["1", "1"]})
    with tables.lent("joined", rows) as relation:
        row = recontacts(tables, YEAR, [7], identity="entity", entities=relation).iloc[0]
    assert row["recontacted"] == 2


def test_groupings_are_those_that_tickets_carry():
    tables = Tables.from_frames({"tickets": BY_HAND.drop(columns="moment_id")}, as_of=AS_OF)
    assert groupings(tables) == ["any", "reason"]
    assert groupings(tables, families=True) == ["any", "family", "reason"]
    with pytest.raises(KeyError, match="is not one of any"):
        recontacts(tables, YEAR, [7], grouping="colour")
    with pytest.raises(KeyError, match="is not one of account"):
        recontacts(tables, YEAR, [7], identity="colour")


def test_the_text_of_a_reason_is_only_text():
    hostile = "'; DROP TABLE tickets; --"
    families = {"bill": hostile, "move": hostile, hostile: "x"}
    assert recontacted(grouping="family", families=families) == (3, 4)


TICKETS = st.lists(
    st.tuples(
        st.integers(0, 100),  # day of opening: every window is over by June
        st.integers(0, 20),  # days to settle
        st.integers(0, 40) | st.none(),  # days until reopened
        st.sampled_from("ab"),
        st.sampled_from("wxyz"),
        st.sampled_from("pqr"),
    ),
    min_size=2,
    max_size=20,
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TICKETS, st.dictionaries(st.sampled_from("wxyz"), st.sampled_from("12")))
def test_longer_coarser_and_joined_never_raise_it(specs, joined):
    first, rows = pd.Timestamp("2026-01-02 10:00"), []
    for i, (day, took, back, account, person, reason) in enumerate(specs):
        opened = first + timedelta(days=day, minutes=i)
        resolved = opened + timedelta(days=took)
        reopened = None if back is None else resolved + timedelta(days=back)
        rows.append((f"t{i}", account, person, reason, opened, resolved, reopened))
    names = ["ticket_id", "account_id", "person_id", "reason", "opened", "resolved", "reopened"]
    frame = pd.DataFrame(rows, columns=names).astype({"reopened": "datetime64[us]"})
    tables = Tables.from_frames({"tickets": frame}, as_of=AS_OF)
    crosswalk = pa.table({"person_id": pa.array(list(joined), pa.string()), "entity": pa.array(list(joined.values()))})
    families = {"p": "pq", "q": "pq"}

    def fcr(**how: object) -> list[float]:
        found = recontacts(tables, YEAR, DAYS, families=families, **how)  # type: ignore[arg-type]
        assert (found["n"] == len(frame)).all()
        assert (found["fcr"] + found["recontact"] - 1).abs().max() < 1e-12
        assert found["fcr"].is_monotonic_decreasing
        return found["fcr"].tolist()

    def never_above(coarse: list[float], fine: list[float]) -> None:
        assert all(c <= f for c, f in zip(coarse, fine, strict=True))

    with tables.lent("joined", crosswalk) as relation:
        by = {g: fcr(grouping=g) for g in ("any", "family", "reason")}
        never_above(by["any"], by["family"])
        never_above(by["family"], by["reason"])
        never_above(by["reason"], fcr(identity="reopened"))
        entity = fcr(identity="entity", grouping="any", entities=relation)
        never_above(entity, fcr(identity="person", grouping="any"))
