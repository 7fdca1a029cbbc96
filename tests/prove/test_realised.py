"""Realised money by hand: statuses side by side, each month once, signed or not, against the line and the bridge."""

from datetime import date
from typing import Any

import pandas as pd
import pytest

from cxkit.prove.realised import Realised, realised
from cxkit.records import Result
from cxkit.tables.engine import Tables

AS_OF = date(2026, 10, 31)
ROW = {
    "realised_id": "Z1",
    "initiative_id": "I1",
    "pnl_line": "Service",
    "first_month": "2026-01-01",
    "last_month": "2026-06-01",
    "amount": 600.0,
    "status": "booked",
    "reported": "2026-07-10",
    "signed_role": "Finance",
    "signed": "2026-07-20",
}
INITIATIVES = pd.DataFrame(
    {"initiative_id": ["I1", "I2"], "initiative": ["Callback", "Chat"], "sponsor": ["Ada", "Bo"]}
)


def given(*rows: dict[str, Any], **more: pd.DataFrame) -> Tables:
    sheet = pd.DataFrame([ROW | {"realised_id": f"Z{k}"} | row for k, row in enumerate(rows, 1)])
    return Tables.from_frames({"realised": sheet, "initiatives": INITIATIVES, **more}, as_of=AS_OF, currency="USD")


def totals(found: Realised) -> dict[str, float]:
    table = found.frame("totals")
    return dict(zip(table["status"], table["amount"], strict=True))


def test_statuses_stand_side_by_side_and_are_never_added() -> None:
    found = realised(given({"status": "claimed", "amount": 900.0}, {"status": "validated", "amount": 700.0}, {}))
    assert totals(found) == {"claimed": 900.0, "validated": 700.0, "booked": 600.0}
    (row,) = found.frame("sides").to_dict("records")
    assert (row["claimed"], row["validated"], row["booked"], row["status"]) == (900, 700, 600, "booked")
    months = found.frame("months")
    assert months["amount"].sum() == pytest.approx(600)
    assert not any("2.2" in f.title for f in found.findings)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"signed_role": None}, "a role of signing is missing"),
        ({"signed": None}, "a day of signing is missing"),
        ({"signed_role": "Journey Owners"}, "no finance role"),
    ],
)
def test_what_finance_did_not_sign_stays_claimed(change: dict[str, Any], why: str) -> None:
    found = realised(given(change))
    assert totals(found) == {"claimed": 600.0, "validated": 0.0, "booked": 0.0}
    said = found.finding("prove.realised.unsigned")
    assert said is not None
    assert why in said.detail
    assert found.finding("prove.realised.booked") is None
    assert found.finding("prove.realised.claimed") is not None


def test_months_claimed_twice_within_a_status_count_once() -> None:
    """600 over January to June, then 400 over May to August reported later: 4 × 100 and 4 × 100."""
    found = realised(
        given({}, {"first_month": "2026-05-01", "last_month": "2026-08-01", "amount": 400.0, "reported": "2026-09-10"})
    )
    assert totals(found)["booked"] == pytest.approx(800)
    (row,) = found.frame("overlaps").to_dict("records")
    assert (row["rows"], row["months"], row["amount"]) == ("Z1, Z2", "2026-05 to 2026-06", 200)
    assert found.finding("prove.realised.overlap") is not None


def test_months_that_are_not_over_are_not_counted() -> None:
    found = realised(given({"first_month": "2026-09-01", "last_month": "2026-12-01", "amount": 400.0}))
    assert totals(found)["booked"] == 200
    assert "not over" in found.frame("entries")["problem"].iloc[0]


def test_lines_are_told_apart_and_case_and_spaces_do_not_tell() -> None:
    found = realised(given({}, {"pnl_line": " service ", "first_month": "2026-07-01", "last_month": "2026-08-01"}))
    assert len(found.frame("sides")) == 1
    assert len(realised(given({}, {"pnl_line": "Revenue"})).frame("sides")) == 2


def _pnl(fall: float) -> pd.DataFrame:
    months = pd.date_range("2025-01-01", "2026-10-01", freq="MS")
    amounts = [1000.0 if m.year == 2025 else 1000.0 - fall for m in months]
    return pd.DataFrame(
        {"month": months.strftime("%Y-%m-%d"), "line": "Service", "kind": "service_cost", "amount": amounts}
    )


def test_more_than_the_line_moved_is_flagged() -> None:
    """A cost that fell by 50 a month cannot hold 100 a month of benefit unless something else raised it."""
    found = realised(given({}, pnl=_pnl(50)))
    entry = found.frame("entries").iloc[0]
    assert (entry["line_moved"], bool(entry["above_line"])) == (300, True)
    assert {f.subject for f in found.findings if f.id == "prove.realised.line"} == {"Service", "rows"}
    calm = realised(given({}, pnl=_pnl(120)))
    assert not bool(calm.frame("entries")["above_line"].iloc[0])
    assert calm.finding("prove.realised.line") is None


class Bridge(Result):
    stage = "prove"
    name = "pnl"


def _bridge(visible: str, low: float = 600.0) -> Bridge:
    row = {"initiative_id": "I1", "experiment_id": "X1", "arm": "on", "pnl_line": "Service", "grade": "A"}
    row |= {"value": 1200.0, "low": low, "high": 2400.0, "visible_from": pd.Timestamp(visible)}  # type: ignore[dict-item]
    return Bridge(as_of=AS_OF, tables={"bridge": pd.DataFrame([row])})  # type: ignore[dict-item]


def test_booked_against_what_the_bridge_lets_expect() -> None:
    """From March on eight months are due: 800 expected (400 to 1,600); booked March to June: 400."""
    found = realised(given({}), _bridge("2026-03-01"))
    row = found.frame("expected").iloc[0]
    assert (row["months"], row["expected"], row["booked"], row["booked_before"]) == (8, 800, pytest.approx(400), 200)
    assert (row["share_booked"], row["share_low"], row["share_high"]) == pytest.approx((0.5, 0.25, 1.0))
    weak = realised(given({}), _bridge("2026-03-01", low=-10.0)).finding("prove.realised.expected")
    assert weak is not None
    assert weak.low is None


def test_before_the_lag_has_passed_nothing_is_missing() -> None:
    said = realised(given({}), _bridge("2026-12-01")).finding("prove.realised.expected")
    assert said is not None
    assert "cannot show on Service before 2026-12" in said.title
    assert said.value is None


def test_without_the_sheet_it_is_a_gap() -> None:
    found = realised(Tables.from_frames({"initiatives": INITIATIVES}, as_of=AS_OF))
    assert not found.assessed
    assert found.gaps[0].needs[0].name == "realised"
