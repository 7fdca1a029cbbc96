"""The panel of pay: left alone it shows the batch's numbers; moved, it ranks anew; thrown away, it is back."""

import pytest

from cxkit.align import association
from cxkit.widgets.incentives import MOVED, incentives
from tests.align.panels import METRICS, conflict, moving, values


@pytest.fixture
def found(monkeypatch):
    monkeypatch.setattr(association, "DRAWS", 499)
    return conflict(metric_values=values(moving(0.7)))


def test_left_alone_it_shows_the_batch_number(found):
    made = incentives(found)
    assert made.result.findings == found.findings
    assert all(made.result.tables[name].equals(found.tables[name]) for name in found.tables)
    assert made.moved == {}
    assert made.message.value == ""
    assert {f for f in found.findings if f.id == "align.conflict.declared"} <= set(made.shown)
    assert list(made.boxes) == ["sold", "visits", "early", "repair"]


def test_slider_and_box_move_together_and_rank_anew(found):
    made = incentives(found)
    made.sliders["sold"].value = 0.05
    assert made.boxes["sold"].value == 0.05
    assert made.moved == {"sold": 0.05}
    assert "is a trial" in made.message.value
    assert made.message.value.replace("&#x27;", "'") == MOVED
    assert made.result.frame("declared")["pair"].tolist() == ["visits>repair", "sold>early"]
    made.boxes["early"].value = 0.3
    assert made.sliders["early"].value == 0.3
    assert made.result.frame("declared").set_index("pair").loc["sold>early", "kind"] == "paid against paid"
    made.reset.click()
    assert made.result.findings == found.findings
    assert made.message.value == ""


def test_one_team_at_a_time(found):
    made = incentives(found)
    made.team.value = "Field"
    assert "Visits a day" in made.answer.value.split("</table>")[0]
    assert "New contracts" not in made.answer.value.split("</table>")[0]


def test_client_text_is_shown_and_does_nothing(monkeypatch):
    monkeypatch.setattr(association, "DRAWS", 499)
    made = incentives(conflict(metrics=METRICS.assign(metric="<script>alert(1)</script>")))
    assert "<script>" not in made.answer.value
    assert "&lt;script&gt;" in made.answer.value


def test_without_links_that_hurt_it_says_so(monkeypatch):
    made = incentives(conflict(links=None))
    assert "No link says" in made.answer.value
    assert made.boxes == {}
