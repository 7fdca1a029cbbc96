"""The code frame and the plays hold what they promise."""

import re
from pathlib import Path

import pytest
import yaml

from cxkit.instrument.catalogue import FINDINGS as INSTRUMENT
from cxkit.orchestrate.catalogue import FINDINGS as ORCHESTRATE
from cxkit.tables.journeys import ROLE

PLAYBOOK = Path(__file__).parents[2] / "playbook"


@pytest.fixture(scope="module")
def frame() -> dict:
    return yaml.safe_load((PLAYBOOK / "taxonomy.yml").read_text(encoding="utf-8"))


def test_codes_are_unique_and_have_two_levels(frame):
    for kind in ("reasons", "themes"):
        codes = [entry["code"] for entry in frame[kind]]
        assert len(codes) == len(set(codes))
        assert all(re.fullmatch(r"[a-z]+\.[a-z]+", code) for code in codes)


def test_every_code_has_a_name_and_terms(frame):
    for entry in [*frame["reasons"], *frame["themes"]]:
        assert entry["name"]
        assert entry["terms"] or entry["code"] == "other.unclear"


def test_examples_follow_the_naming_standard(frame):
    standard = frame["events"]
    assert all(re.fullmatch(standard["pattern"], name) for name in standard["examples"])
    assert not re.fullmatch(standard["pattern"], "Button Clicked")
    assert not re.fullmatch(standard["pattern"], "checkout")


def test_plays_answer_findings_that_exist_and_have_an_owner():
    plays = yaml.safe_load((PLAYBOOK / "plays.yml").read_text(encoding="utf-8"))["plays"]
    assert len({p["id"] for p in plays}) == len(plays)
    for play in plays:
        assert set(play["answers"]) <= {*INSTRUMENT, *ORCHESTRATE}
        assert play["owner_role"] in ROLE.allowed
        assert play["steps"]
        assert play["hypothesis"]
