"""The table behind a figure holds what is drawn, and nothing else."""

from cxkit.charts.contacts import staffing_day
from cxkit.charts.waiting import breaches_hour, breaches_owner
from tests.charts.given_later import GIVEN


def test_breaches_by_hour_show_hours_and_those_by_team_show_teams() -> None:
    given = GIVEN["orchestrate.breaches_hour"]
    assert breaches_hour.behind(given)["dimension"].unique().tolist() == ["all", "hour"]
    assert breaches_owner.behind(given)["dimension"].unique().tolist() == ["all", "team"]


def test_staffing_shows_the_day_it_draws() -> None:
    rows = staffing_day.behind(GIVEN["orchestrate.staffing_day"])
    assert rows["weekday"].nunique() == 1
    assert len(rows) == 5
