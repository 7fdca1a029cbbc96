"""The panel of the match threshold: left alone the batch's numbers, moved the pairs joined again, never trained."""

import shutil
from pathlib import Path

import pytest

from cxkit.engagement.desk import Desk, open_desk
from cxkit.instrument import Identity, clusters_at, identity_model
from cxkit.instrument import identity as join
from cxkit.records import Finding
from cxkit.widgets.identity import identity
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    data = tmp_path_factory.mktemp("identity") / "data"
    shutil.copytree(ROOT / "data" / "northbeam", data / "northbeam", ignore=shutil.ignore_patterns("work", "notebooks"))
    return open_desk("instrument", client="northbeam", data_dir=Path(data))


@pytest.fixture(scope="module")
def found(desk: Desk) -> Identity:
    return join(desk.tables, match_threshold=desk.settings.match_threshold, seed=desk.seed)


@pytest.mark.heavy
def test_left_alone_it_shows_the_batch_and_moved_it_joins_again(
    desk: Desk, found: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity_model, "trained", None)  # whoever trains now fails
    made = identity(desk, found)
    batch = found.finding("instrument.identity.entities")
    assert made.shown[0] == batch
    assert made.apart.value == ""
    assert "support 9" in made.answer.value

    made.fields["match_threshold"].box.value = 0.5
    people = clusters_at(found, 0.5)["entity"].nunique()
    assert made.shown[0].value == people < batch.value
    assert f"{people:,} people" in made.answer.value
    assert "match threshold" in made.apart.value.lower()

    made.reset.click()
    assert made.shown[0] == batch


@pytest.mark.heavy
def test_money_is_asked_with_the_crosswalk_at_the_threshold(desk: Desk, found: Identity) -> None:
    asked = []

    def money(crosswalk):
        asked.append(crosswalk["entity"].nunique())
        return [Finding(id="instrument.linkage.revenue", stage="instrument", title=f"<b>{asked[-1]}</b>")]

    made = identity(desk, found, money=money)
    made.fields["match_threshold"].box.value = 0.999
    assert asked == [clusters_at(found, t)["entity"].nunique() for t in (found.match_threshold, 0.999)]
    assert "<b>" not in made.answer.value
    assert "&lt;b&gt;" in made.answer.value
