"""Definitions are complete, agree with the contracts and with the code."""

import pytest

from cxkit.errors import InputError
from cxkit.metrics.definitions import definition, definitions
from cxkit.tables.catalogue import CONTRACTS


def test_definitions_read_tables_and_columns_that_exist():
    for found in definitions().values():
        for table, columns in found.tables.items():
            assert set(columns) <= set(CONTRACTS[table].names), found.id


def test_definitions_name_a_rival_and_how_the_figure_moves():
    assert all(d.rivals and all(r.moves for r in d.rivals) for d in definitions().values())


def test_definition_unknown_metric_suggests_the_nearest():
    with pytest.raises(InputError, match="Did you mean 'nrr'"):
        definition("nrrr")
