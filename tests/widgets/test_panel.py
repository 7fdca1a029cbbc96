"""A panel left alone shows the batch's number; what is moved can be saved, and the batch then reproduces it."""

import shutil
from pathlib import Path

import ipywidgets
import pytest

from cxkit import quantify
from cxkit.engagement.desk import Desk, open_desk
from cxkit.engagement.parameters import REGISTER
from cxkit.engagement.recipes import RECIPES
from cxkit.engagement.store import read_store
from cxkit.records import Finding
from cxkit.widgets import panels
from cxkit.widgets.field import Field
from cxkit.widgets.panel import Answer, Panel, panel
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk that no test saves to."""
    data = tmp_path_factory.mktemp("panel") / "data"
    shutil.copytree(ROOT / "data" / "northbeam", data / "northbeam", ignore=shutil.ignore_patterns("work", "notebooks"))
    return open_desk("quantify", client="northbeam", data_dir=data)


@pytest.fixture
def folder(desk: Desk, tmp_path: Path) -> Path:
    """A client's folder of this test's own, with its tables already read in."""
    shutil.copytree(desk.folder, tmp_path / "data" / "northbeam")
    return tmp_path / "data" / "northbeam"


@pytest.fixture(scope="module")
def cases_panel(desk: Desk) -> Panel:
    return panels.cases(desk)


@pytest.fixture
def made(cases_panel: Panel) -> Panel:
    """The panel of the cases, thrown back to where it starts."""
    for choice in cases_panel.choices.values():
        choice.value = choice.options[0][1]
    if any(one.moved for one in cases_panel.fields.values()):
        cases_panel.reset.click()
    return cases_panel


def narrow(text: str) -> str:
    return text.replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_panel_left_alone_shows_the_batch_number_and_moves_with_its_inputs(folder: Path) -> None:
    desk = open_desk("quantify", client="northbeam", data_dir=folder.parent)
    batch, before = RECIPES["quantify.cases"](desk), dict(desk.store.parameters)
    made = panels.cases(desk)
    total = batch.finding("quantify.cases.total")
    assert total in made.shown

    made.inputs["discount_rate"].value = 0.25
    assert total not in made.shown
    made.reset.click()
    assert total in made.shown

    made.inputs["discount_rate"].value = 0.25
    moved = made.shown
    made.save.click()
    assert read_store(folder).parameters == {**before, "discount_rate": 0.25}
    again = open_desk("quantify", client="northbeam", data_dir=folder.parent)
    assert RECIPES["quantify.cases"](again).finding("quantify.cases.total") in moved


def test_panel_save_never_overwrites_somebody_else(folder: Path) -> None:
    desk = open_desk("quantify", client="northbeam", data_dir=folder.parent)
    made, other = panels.cases(desk), panels.cases(open_desk("quantify", client="northbeam", data_dir=folder.parent))
    other.inputs["horizon_months"].value = 24
    other.save.click()
    made.save.click()
    assert "somebody else" in made.message.value
    assert read_store(folder).parameters["horizon_months"] == 24


def test_panel_of_the_cases_left_alone_shows_every_figure_of_the_batch(desk: Desk, made: Panel) -> None:
    batch = RECIPES["quantify.cases"](desk)
    assert [f for f in made.shown if f not in batch.findings] == []
    assert {f.id for f in made.shown} == {"quantify.cases.total", "quantify.case.npv"}
    assert made.apart.value == ""
    for (_, who), row in zip(
        made.choices["initiative"].options[1:], batch.frame("cases").to_dict("records"), strict=True
    ):
        assert row["initiative"] == who
    row = batch.frame("cases").set_index("initiative").loc["N01"]
    made.choices["initiative"].value = "N01"
    assert f"P(NPV > 0) {100 * row['p_positive']:.0f} %" in narrow(made.answered.lines[0])
    assert all(f in batch.findings for f in made.shown)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("effect_scale", 1.2, "effect × 1.2"),
        pytest.param("adoption_scale", 0.5, "adoption × 0.5", marks=pytest.mark.heavy),
        pytest.param("ramp_added", 6, "every ramp 6 months longer", marks=pytest.mark.heavy),
        ("discount_rate", 0.25, "discount rate 0.25 instead of 0.1"),
        pytest.param("horizon_months", 24, "horizon months 24 instead of 36", marks=pytest.mark.heavy),
    ],
)
def test_a_slider_moves_its_box_the_answer_and_the_tornado(
    desk: Desk, made: Panel, name: str, value: float, words: str
) -> None:
    before = made.answered
    slider = made.fields[name].slider
    assert slider is not None
    slider.value = value
    assert made.inputs[name].value == value
    assert made.shown != before.findings
    assert made.answered.lines != before.lines
    assert made.answered.alt != before.alt
    assert made.answered.drawing != before.drawing
    assert f"Not the batch&#x27;s numbers: {words}." in made.apart.value.replace("'", "&#x27;")
    settled = {n: getattr(desk.settings, n) for n in (*panels.MOVED, "default_margin")}
    found = quantify.business_cases(desk.tables, **{**settled, name: value}, seed=desk.seed, detail=False)
    assert made.shown[0] == found.finding("quantify.cases.total")

    made.reset.click()
    assert (slider.value, made.answered, made.apart.value) == (made.fields[name].settled, before, "")


def test_a_box_moves_its_slider_and_several_moves_are_said_together(made: Panel) -> None:
    made.inputs["effect_scale"].value = 1.5
    made.inputs["ramp_added"].value = 3
    assert made.fields["effect_scale"].slider.value == 1.5  # type: ignore[union-attr]
    assert "effect × 1.5, every ramp 3 months longer." in made.apart.value


def test_a_value_that_is_not_allowed_is_worded_and_the_answer_stays(made: Panel) -> None:
    before = made.answered
    made.inputs["discount_rate"].value = 5
    assert "discount_rate is 5.0; it must be from 0 to 1" in made.message.value
    assert "still the answer before" in made.message.value
    assert made.answered == before
    assert made.fields["discount_rate"].slider.value == made.fields["discount_rate"].settled  # type: ignore[union-attr]
    made.save.click()
    assert "it must be from 0 to 1" in made.message.value
    made.inputs["discount_rate"].value = made.fields["discount_rate"].settled
    assert made.message.value == ""


def test_one_initiative_is_chosen_with_its_tornado_in_words(made: Panel) -> None:
    made.choices["initiative"].value = "N01"
    assert {f.initiative for f in made.shown} == {"N01"}
    assert made.shown[0].id == "quantify.case.npv"
    assert '<svg role="img"' in made.answer.value or 'role="img"' in made.answer.value
    assert "one input alone moves" in made.answered.alt
    assert "<desc" in made.answer.value
    assert made.apart.value == "", "a choice is no assumption"


class Nobody:
    """As much of a desk as a panel reads."""

    class settings:
        default_margin = None
        discount_timing = "end"
        discount_rate = 0.1


def small(*names: str, answer: Answer | None = None) -> tuple[Panel, list[dict[str, object]]]:
    asked: list[dict[str, object]] = []

    def compute(**values: object) -> Answer:
        asked.append(values)
        return answer or Answer()

    return panel(Nobody(), names, compute), asked  # type: ignore[arg-type]


def test_a_parameter_with_choices_is_a_list_and_one_left_unset_stays_unset() -> None:
    made, asked = small("discount_timing", "default_margin")
    assert isinstance(made.inputs["discount_timing"], ipywidgets.Dropdown)
    assert [value for _, value in made.inputs["discount_timing"].options] == ["start", "middle", "end"]
    assert asked == [{"discount_timing": "end", "default_margin": None}]
    made.inputs["discount_timing"].value = "start"
    made.inputs["default_margin"].value = 0.6
    assert asked[-1] == {"discount_timing": "start", "default_margin": 0.6}
    assert "discount timing start instead of end, default margin 0.6 instead of none." in made.apart.value
    made.reset.click()
    assert asked[-1] == {"discount_timing": "end", "default_margin": None}


def test_throwing_away_computes_once() -> None:
    made, asked = small("discount_timing", "discount_rate")
    made.inputs["discount_timing"].value = "start"
    made.inputs["discount_rate"].value = 0.2
    made.reset.click()
    assert len(asked) == 4


def test_client_text_is_shown_and_does_nothing() -> None:
    bad = Finding(id="quantify.x", stage="quantify", title="<script>x()</script> & more")
    made, _ = small("discount_rate", answer=Answer((bad,), ("<b>line</b>",)))
    assert "<script" not in made.answer.value
    assert "&lt;script&gt;x()&lt;/script&gt; &amp; more" in made.answer.value
    assert "&lt;b&gt;line&lt;/b&gt;" in made.answer.value


def test_every_parameter_has_a_field_at_its_default() -> None:
    for parameter in REGISTER.values():
        field = Field(parameter, parameter.default)
        assert field.value == parameter.default
        assert not field.moved
        assert (field.slider is None) == (parameter.low is None or parameter.high is None)
