"""A metric by segment and month: what people wrote first, then what the tables give, by hand."""

from datetime import date

import pandas as pd

from cxkit.metrics.panels import panel
from cxkit.records import Missing
from cxkit.tables.engine import Tables

ACCOUNTS = pd.DataFrame(
    [["a", "2024-01-01", "big"], ["b", "2024-01-01", "big"], ["c", "2024-01-01", "small"]],
    columns=["account_id", "started", "segment"],
)
REVENUE = pd.DataFrame(
    [
        (a, m, v)
        for m, row in (("2026-05-01", (10, 20, 5)), ("2026-06-01", (12, 10, 0)))
        for a, v in zip("abc", row, strict=True)
    ],
    columns=["account_id", "month", "mrr"],
)
TICKETS = pd.DataFrame(
    [
        ["t1", "a", "2026-05-03 08:00", True],
        ["t2", "a", "2026-05-04 08:00", False],
        ["t3", "c", "2026-06-04 08:00", True],
    ],
    columns=["ticket_id", "account_id", "opened", "complaint"],
)
SURVEYS = pd.DataFrame(
    [
        ["r1", "nps", 10, "2026-06-01 08:00", "a"],
        ["r2", "nps", 3, "2026-06-02 08:00", "b"],
        ["r3", "nps", 9, "2026-06-02 08:00", "b"],
        ["r4", "csat", 4, "2026-06-02 08:00", "c"],
        ["r5", "ces", 6, "2026-06-02 08:00", "c"],
    ],
    columns=["response_id", "metric", "score", "answered", "account_id"],
)
WROTE = pd.DataFrame(
    [["nps", "2026-06-01", "all", 99.0], ["own", "2026-06-01", "north", 1.0], ["own", "2026-06-01", None, 5.0]],
    columns=["metric_id", "month", "segment", "value"],
)
TABLES = Tables.from_frames(
    {"accounts": ACCOUNTS, "revenue": REVENUE, "tickets": TICKETS, "surveys": SURVEYS, "metric_values": WROTE},
    as_of=date(2026, 6, 30),
)


def cells(metric):
    found = panel(TABLES, metric)
    return [(r.segment, r.month.month, round(r.value, 4), r.n) for r in found.itertuples()], set(found["source"])


def test_complaints_and_contacts_per_customer_and_months_without_any_are_noughts():
    assert cells("complaint_rate") == ([("big", 5, 500.0, 2), ("big", 6, 0.0, 2), ("small", 5, 0.0, 1)], {"tickets"})
    assert cells("contact_rate")[0] == [("big", 5, 1.0, 2), ("big", 6, 0.0, 2), ("small", 5, 0.0, 1)]


def test_scores_by_segment_where_nobody_wrote_segments():
    assert cells("nps") == ([("big", 6, 33.3333, 3)], {"surveys"})
    assert cells("csat")[0] == [("small", 6, 1.0, 1)]
    assert cells("ces")[0] == [("small", 6, 6.0, 1)]


def test_retained_revenue_customer_by_customer():
    assert cells("grr") == ([("big", 6, 0.6667, 2), ("small", 6, 0.0, 1)], {"revenue"})  # 10 + 10 of 30; 0 of 5


def test_what_people_wrote_comes_first_and_all_only_without_segments():
    ((segment, month, value, _),), source = cells("own")
    assert (segment, month, value, source) == ("north", 6, 1.0, {"metric_values"})
    bare = Tables.from_frames({"metric_values": WROTE}, as_of=date(2026, 6, 30))
    assert panel(bare, "nps")["segment"].tolist() == ["all"]
    assert isinstance(panel(bare, "csat"), Missing)
    assert isinstance(panel(bare, "unheard"), Missing)
