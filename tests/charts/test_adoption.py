"""Adoption by team: a team of few users is not told by its share."""

import pandas as pd

from cxkit.charts.enablement import adoption
from cxkit.records import Result
from cxkit.report import show
from tests.charts.made import result

COLUMNS = ["programme", "kind", "team", "month", "eligible", "completed", "share"]


def given(*teams: tuple[str, int, int]) -> Result:
    rows = [("Guide", "playbook", t, month, n, k, k / n) for t, n, k in teams for month in ("2026-05", "2026-06")]
    return result("orchestrate", {"adoption_months": pd.DataFrame(rows, columns=COLUMNS)})


def test_a_team_with_fewer_than_five_users_is_neither_drawn_nor_told() -> None:
    (block,) = show.figure(adoption, given(("Desk", 30, 21), ("Corner", 12, 3)), silent=True) or ()
    for text in (block.body.alt, block.body.svg):  # type: ignore[union-attr]
        assert "Desk" in text
        assert "Corner" not in text


def test_nothing_is_drawn_where_every_team_is_that_small() -> None:
    assert not adoption.ready(given(("Desk", 9, 2), ("Corner", 12, 3)))
