"""Which words of a sentence are its number."""

from __future__ import annotations

from types import ModuleType

import pytest

from cxkit.report.sentences import plain, sentence


@pytest.mark.parametrize(
    ("title", "value", "unit", "number"),
    [
        ("Customers kept 88.1\u202f% of revenue, 2 points less", 0.881, "ratio", "88.1\u202f%"),
        ("The call cut churn 90d by 2.3 points (1.1 to 3.5)", -0.023, "points", "2.3 points"),
        ("7 of 12 initiatives lead to a goal", 7 / 12, "ratio", "7 of 12"),
        ("2 of 9 initiatives have no owner", 2, "count", "2 of 9"),
        ("Every 1,000 customers raise 14.0 complaints a month", 14, "per_1000", "14.0"),
        ("No effect of programme H1 is shown", None, "none", "No effect of programme H1 is shown"),
        ("Worth $1.23\u202fM a year", 1.23e6, "money", "$1.23\u202fM"),
        ("NPS is +31", 31, "nps", "+31"),
        ("Nothing from 2026-02-09 to 2026-02-17 (9 days)", None, "none", "9 days"),
    ],
)
def test_the_number_of_a_title(samples: ModuleType, title: str, value: float | None, unit: str, number: str) -> None:
    made = sentence(samples.finding("prove.x", title, value, unit))
    assert made.number == number
    assert made.text == title


def test_a_full_stop_is_added_once(samples: ModuleType) -> None:
    assert sentence(samples.finding("prove.x", "It holds."), stop=True).text == "It holds."
    assert sentence(samples.finding("prove.x", "It holds"), stop=True).text == "It holds."


def test_a_plain_sentence_leads_nowhere() -> None:
    assert plain("Send 4 files").number == ""
