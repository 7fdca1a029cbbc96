"""Generated pages of the playbook say what the code says."""

import pytest

from cxkit import STAGES, shipped
from cxkit.engagement.pages import catalogue, pages


@pytest.mark.parametrize("name", sorted(pages()))
def test_page_is_up_to_date(name: str) -> None:
    assert shipped.text(f"playbook/{name}") == pages()[name], "run `make pages`"


def test_every_id_begins_with_its_stage() -> None:
    found = catalogue()
    assert tuple(found) == ("data", *STAGES)
    for stage, ids in found.items():
        assert ids
        assert all(id.startswith(f"{stage}.") for id in ids)
