"""Every rival convention on books of a few customers that can be checked by hand."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.metrics import retention
from cxkit.metrics.conventions import LABELS, alternatives
from cxkit.metrics.windows import window_to
from cxkit.tables.engine import Tables

AS_OF = date(2026, 10, 31)
YEAR = window_to(date(2026, 10, 1), 12)
SPAN = [f"{m}" for m in pd.period_range("2025-07", "2026-10", freq="M")]
NONE = "not asked"


def steady(amount, *, without=(), **changes):
    """Month → what is paid, from 2025-07 on: `amount`, nothing in `without`, another amount from a month on."""
    paid, now = {}, amount
    for month in SPAN:
        now = changes.get("m" + month.replace("-", ""), now)
        if month not in without:
            paid[month] = now
    return paid


def frame(book):
    rows = [(a, m + "-01", v) for a, months in book.items() for m, v in months.items() if v]
    return pd.DataFrame(rows, columns=["account_id", "month", "mrr"])


def figures(given, *, constant=NONE, currency="EUR"):
    """(metric, convention) → value, of tables or of a revenue frame."""
    tables = Tables.from_frames(
        given if isinstance(given, dict) else {"revenue": given}, as_of=AS_OF, currency=currency
    )
    rows = alternatives(tables, YEAR, retention.summarise(retention.bridge(tables, YEAR)), constant=constant)
    return {(r.metric, r.convention): r for r in rows}


def value(found, metric, convention):
    return found[metric, convention].value


def after(month):
    return [m for m in SPAN if m >= month]


def test_every_convention_is_there_once_per_metric_and_says_why_it_is_not():
    found = figures(frame({"a": steady(100), "b": steady(100, without=after("2026-04"))}))
    assert {c for _, c in found} == set(LABELS)
    silent = {c: r.note for (_, c), r in found.items() if r.value is None}
    assert set(silent) == {"product", "contract", "half", "prorated", "whole", "actual", "average", "one_off"} | {
        "constant",
        "notice",
    }
    assert silent["contract"] == "it needs subscriptions (started, ended, mrr)"
    assert silent["one_off"] == "it needs revenue (one_off)"
    assert silent["constant"] == NONE
    assert all(r.movement == 0 for (_, c), r in found.items() if c == "ours")


def test_a_pause_at_the_end_is_forgiven_for_three_months_and_no_longer():
    book = {
        "stays": steady(100),
        "pauses": steady(100, without=after("2026-08")),  # 3 months
        "gone": steady(100, without=after("2026-07")),  # 4 months
        "paused_at_opening": steady(100, without=["2025-10", "2025-09"]),
    }
    found = figures(frame(book))
    assert value(found, "grr", "ours") == pytest.approx(100 / 300)
    assert value(found, "grr", "grace") == pytest.approx(300 / 400)
    assert value(found, "logo_churn", "grace") == pytest.approx(1 / 4)
    assert found["grr", "grace"].n == 4
    assert found["grr", "grace"].movement == pytest.approx(3 / 4 - 1 / 3, abs=1e-9)


def test_a_pause_inside_the_window_is_churn_to_the_strict():
    found = figures(frame({"a": steady(100), "b": steady(300, without=["2026-03"])}))
    assert value(found, "grr", "ours") == 1.0
    assert value(found, "grr", "strict") == pytest.approx(0.25)
    assert value(found, "grr", "months") == pytest.approx(0.25)
    assert value(found, "logo_churn", "strict") == 0.5


def test_grace_needs_three_months_before_the_opening():
    book = frame({"a": {m: 100 for m in SPAN if m >= "2025-10"}})
    assert figures(book)["grr", "grace"].note == "it needs recurring revenue from 2025-07 on"


def test_months_multiplied_see_a_dip_that_two_points_do_not():
    found = figures(frame({"a": steady(100, m202603=50, m202604=100)}))
    assert (value(found, "grr", "ours"), value(found, "grr", "months")) == (1.0, 0.5)
    assert value(found, "nrr", "months") == pytest.approx(1.0)


def test_products_by_themselves_make_a_move_between_them_a_loss():
    rows = [("a", "2025-10-01", "p", 60), ("a", "2025-10-01", "q", 40), ("a", "2026-10-01", "q", 100)]
    found = figures(pd.DataFrame(rows, columns=["account_id", "month", "product", "mrr"]))
    assert (value(found, "grr", "ours"), value(found, "grr", "product")) == (1.0, 0.4)
    assert found["grr", "product"].n == 2


def test_returned_and_new_customers_raise_net_retention_only():
    book = {
        "stays": steady(100),
        "back": {"2025-07": 40, "2026-10": 40},
        "new": {"2026-05": 20, "2026-10": 20},
        "tried": {"2026-05": 20},
        "left": steady(100, without=after("2026-02")),
    }
    found = figures(frame(book))
    assert value(found, "nrr", "ours") == 0.5
    assert value(found, "nrr", "returned") == pytest.approx(140 / 200)
    assert value(found, "nrr", "joined") == pytest.approx(120 / 200)
    assert ("grr", "returned") not in found
    assert value(found, "logo_churn", "base") == pytest.approx(1 / ((2 + 3) / 2))
    assert value(found, "logo_churn", "early") == pytest.approx(2 / 2)


def test_one_off_fees_count_where_they_are_known():
    rows = [("a", "2025-10-01", 100, 50), ("a", "2026-10-01", 100, 0)]
    found = figures(pd.DataFrame(rows, columns=["account_id", "month", "mrr", "one_off"]))
    assert (value(found, "grr", "ours"), value(found, "grr", "one_off")) == (1.0, pytest.approx(100 / 150))


def test_exchange_rates_of_the_month_and_their_average():
    months = pd.period_range("2025-10", "2026-10", freq="M")
    revenue = pd.DataFrame(
        {
            "account_id": ["a", "a", "b", "b"],
            "month": ["2025-10-01", "2026-10-01"] * 2,
            "mrr": [100, 100, 100, 50],
            "currency": ["USD", "USD", "EUR", "EUR"],
        }
    )
    fx = pd.DataFrame(
        {
            "month": [f"{m}-01" for m in months],
            "from_currency": "USD",
            "to_currency": "EUR",
            "rate": [1.0] + [0.75] * 11 + [0.5],
        }
    )
    found = figures({"revenue": revenue, "fx": fx})
    assert value(found, "grr", "ours") == 150 / 200
    assert value(found, "grr", "actual") == 100 / 200
    assert value(found, "grr", "average") == pytest.approx(125 / 175)
    assert figures({"revenue": revenue, "fx": fx.drop(5)})["grr", "average"].note == "there are months without a rate"


def spells(*rows):
    columns = ["subscription_id", "account_id", "started", "ended", "mrr"]
    return {"subscriptions": pd.DataFrame(rows, columns=columns)}


def test_parts_of_months_and_contracts_by_hand():
    found = figures(
        spells(
            ("s1", "a", "2025-01-01", None, 310.0),
            ("s2", "b", "2025-10-16", None, 310.0),  # 16 of 31 days of the opening month
            ("s3", "c", "2025-01-01", "2026-10-10", 310.0),  # 10 of 31 days of the last
            ("s4", "d", "2025-01-01", "2026-05-31", 310.0),
            ("s5", "d", "2026-06-01", None, 310.0),
        )
    )
    assert value(found, "grr", "ours") == pytest.approx(930 / 1240)
    assert value(found, "grr", "contract") == pytest.approx(620 / 1240)
    assert found["grr", "contract"].n == 4
    assert value(found, "grr", "half") == pytest.approx((310 + 155 + 155 + 310) / (310 + 155 + 310 + 310))
    assert value(found, "nrr", "prorated") == pytest.approx((310 + 310 + 100 + 310) / (310 + 160 + 310 + 310))
    assert value(found, "grr", "whole") == pytest.approx(620 / 930)


def test_a_later_spell_of_a_contract_takes_the_place_of_an_earlier_one():
    found = figures(spells(("s", "a", "2025-01-01", None, 100.0), ("s", "a", "2026-10-01", None, 80.0)))
    assert value(found, "grr", "ours") == value(found, "grr", "prorated") == value(found, "grr", "half") == 0.8


def test_contracts_that_do_not_tie_to_revenue_are_left_alone():
    given = spells(("s", "a", "2025-01-01", None, 100.0)) | {"revenue": frame({"a": steady(90, m202601=60)})}
    assert "do not tie" in figures(given)["grr", "half"].note


cents = st.integers(min_value=1, max_value=9_999)


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(cents, st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=5))
def test_conventions_agree_on_a_book_without_edge_cases(customers):
    """Nobody joins, pauses, grows or changes within three months of an end: there is nothing to disagree about."""
    rows = []
    for i, (amount, kept) in enumerate(customers):
        rows.append((f"s{i}", f"a{i}", "2025-01-01", "2026-03-31", amount / 100))
        if kept:
            rows.append((f"s{i}", f"a{i}", "2026-04-01", None, round(amount / 100 * kept, 4)))
    found = figures(spells(*rows))
    ours = {m: value(found, m, "ours") for m in ("grr", "nrr", "logo_churn")}
    assert ours["grr"] <= 1
    assert ours["grr"] <= ours["nrr"]
    for (metric, convention), row in found.items():
        if row.value is not None and convention not in {"base", "contract"}:
            assert row.value == pytest.approx(ours[metric], abs=2e-4), convention
