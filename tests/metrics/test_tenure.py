"""How long customers stay, from books small enough to count by hand."""

from datetime import date

import pandas as pd
import pytest

from cxkit.metrics.tenure import curve, customer_survival, risk_sets
from cxkit.records import Missing
from cxkit.tables.engine import Tables


def revenue(spells, as_of=date(2026, 6, 30)):
    rows = [(who, f"2026-{m:02}-01", 9.0) for who, months in spells.items() for m in months]
    return Tables.from_frames({"revenue": pd.DataFrame(rows, columns=["account_id", "month", "mrr"])}, as_of=as_of)


def test_who_already_paid_in_the_first_month_is_left_out_and_a_pause_is_no_loss():
    tables = revenue({"old": range(1, 7), "left": [2, 3], "paused": [2, 5, 6], "new": [6]})
    risk = risk_sets(tables)
    assert risk.astype(int).values.tolist() == [[0, 0, 1], [2, 1, 0], [4, 0, 1]]
    found = curve(risk, at_least=1)
    assert found["survival"].tolist() == [1, 1, 0.5, 0.5, 0.5]
    assert found["at_risk"].tolist() == [3, 2, 2, 1, 1]


def test_the_curve_ends_where_fewer_than_ten_are_watched():
    spells = {f"short{i}": [5, 6] for i in range(5)} | {f"long{i}": range(2, 7) for i in range(10)}
    found = customer_survival(revenue(spells | {"old": [1]}))
    assert found["month"].tolist() == [0, 1, 2, 3, 4]
    few = customer_survival(revenue({f"long{i}": range(2, 7) for i in range(9)} | {"old": [1]}))
    assert isinstance(few, Missing)
    assert few.why == "fewer than 10 customers watched from their first month on"


def test_accounts_tell_it_where_there_is_no_revenue():
    rows = [(f"A{i}", "2026-01-15", "2026-02-20" if i < 5 else None) for i in range(20)]
    accounts = pd.DataFrame(rows, columns=["account_id", "started", "ended"])
    found = customer_survival(Tables.from_frames({"accounts": accounts}, as_of=date(2026, 6, 30)))
    assert found["survival"].tolist() == pytest.approx([1, 1, 0.75, 0.75, 0.75, 0.75])


def test_without_either_the_best_source_is_named():
    orders = pd.DataFrame({"order_id": ["O1"], "account_id": ["A"], "ordered": ["2026-01-01"], "amount": [5.0]})
    found = customer_survival(Tables.from_frames({"orders": orders}, as_of=date(2026, 6, 30)))
    assert (found.name, found.columns) == ("revenue", ("account_id", "month", "mrr"))
