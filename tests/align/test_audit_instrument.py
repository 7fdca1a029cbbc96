from collections import Counter

import pytest

from cxkit import shipped
from cxkit.align.audit_instrument import Instrument, instrument
from cxkit.align.catalogue import FINDINGS
from cxkit.tables.authored import ROLES


def changed(path, value):
    """The shipped file with one thing changed."""
    data = shipped.yaml("playbook/audit.yml")
    at = data
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return data


def test_instrument_is_complete():
    known = instrument()
    core = [i for i in known.items if i.dimension]
    assert Counter((i.dimension, i.c) for i in core) == {(d.id, c.id): 2 for d in known.dimensions for c in known.cs}
    assert [i.id for i in core] == [f"{d.id}_{c.id}_{n}" for d in known.dimensions for c in known.cs for n in (1, 2)]
    assert {"role_clarity", "mission_known", "engagement_1", "engagement_2"} <= {i.id for i in known.items}
    assert len({i.text for i in known.items}) == len(known.items) == 34
    assert sum(i.reversed for i in known.items) == 6
    speak = Counter(c for i in known.items for c in i.causes)
    assert set(speak) == {c.id for c in known.causes}
    assert min(speak.values()) >= 4
    assert Counter(i.hurdle for i in known.items if i.hurdle) == {"success": 3, "measurement": 3, "alignment": 3}


def test_eight_recommendations_cover_seven_causes_both_ways():
    known = instrument()
    assert len(known.recommendations) == 8
    assert {r.owner_role for r in known.recommendations} <= set(ROLES)
    for cause in known.causes:
        assert {r.id for r in known.recommendations if cause.id in r.remedies} == set(cause.remedies)
    for recommendation in known.recommendations:
        for beginning in recommendation.findings:
            assert any(id == beginning or id.startswith(f"{beginning}.") for id in FINDINGS), beginning


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("items", 0, "dimension"), "tactical", "refers to dimension 'tactical', which is not there"),
        (("items", 3, "causes"), ["bad_luck"], "strategic_career_2 refers to cause 'bad_luck'"),
        (("items", 5, "hurdle"), "rain", "refers to hurdle 'rain'"),
        (("items", 5, "c"), None, "strategic_community_2 has a dimension or a C, and not the other"),
        (("causes", 0, "remedies"), ["prayer"], "leadership_commitment refers to recommendation 'prayer'"),
        (("recommendations", 0, "owner_role"), "Somebody", "refers to role 'Somebody'"),
        (("items", 1, "id"), "strategic_customer_1", "items has strategic_customer_1 twice"),
    ],
)
def test_instrument_names_every_reference_that_leads_nowhere(path, value, says):
    with pytest.raises(ValueError, match=says):
        Instrument.model_validate(changed(path, value))
