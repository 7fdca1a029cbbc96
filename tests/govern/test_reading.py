"""Findings of earlier stages are found by what they are about."""

import pytest

from cxkit.govern.reading import finding_about
from cxkit.records import Finding


@pytest.fixture
def effects(world):
    """Five effects: E10 comes before E1, which has two arms, and E2 belongs to two initiatives."""
    about = [("I1", "E10"), ("I1", "E1/call"), ("I1", "E1/letter"), ("I1", "E2"), ("I2", "E2")]
    found = [
        Finding(id="prove.effect", stage="prove", title="x", initiative=initiative, subject=subject)
        for initiative, subject in about
    ]
    return world.Signals(as_of=world.AS_OF, findings=tuple(found))


@pytest.mark.parametrize(
    ("initiative", "experiment", "arm", "subject"),
    [
        ("I1", "E1", None, "E1/call"),
        ("I1", "E1", "letter", "E1/letter"),
        ("I1", "E10", "call", "E10"),
        ("I2", "E2", "call", "E2"),
        ("I1", None, None, "E10"),
    ],
)
def test_a_finding_is_about_an_experiment_or_one_of_its_arms(effects, initiative, experiment, arm, subject):
    found = finding_about(effects, "prove.effect", initiative, experiment, arm)
    assert found is not None
    assert (found.initiative, found.subject) == (initiative, subject)


def test_an_experiment_is_not_taken_for_one_whose_name_begins_alike(effects):
    assert finding_about(effects, "prove.effect", "I2", "E") is None
    assert finding_about(effects, "prove.effect", "I2", "E1") is None
    assert finding_about(None, "prove.effect", "I1", "E1") is None
