"""Mappings are data: what they do, what they refuse, and that nothing a client writes is run."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from cxkit.errors import InputError
from cxkit.tables.intake import Intake, load
from cxkit.tables.mapping import TableMapping


def folder(tmp_path: Path, **files: str) -> Path:
    tables = tmp_path / "client" / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (tables / f"{name}.csv").write_text(content)
    return tmp_path / "client"


def take(client: Path, mapping: dict[str, dict], **more: object) -> Intake:
    rules = {name: TableMapping.model_validate(rule) for name, rule in mapping.items()}
    return load(client, mapping=rules, **more)


def ids(intake: Intake) -> set[str]:
    return {p.id for p in intake.problems}


def rows(intake: Intake, query: str) -> list[tuple]:
    return intake.tables.sql(query).fetchall()


ORDERS = {
    "files": ["shop*.csv"],
    "columns": {
        "account_id": {"source": "who"},
        "ordered": {"source": "when"},
        "amount": {"source": "cents", "factor": 0.01},
    },
}


def test_rename_constant_value_map_filter_and_factor(tmp_path):
    client = folder(tmp_path, shop="who;when;cents;via;test\n0001;2026-01-31;150;Netz;no\n0002;2026-01-31;99;?;YES\n")
    rule = ORDERS | {"filters": [{"column": "test", "drop": ["yes"]}]}
    rule["columns"] = ORDERS["columns"] | {
        "channel": {"source": "via", "values": {"netz": "web"}, "other": "unknown"},
        "currency": {"constant": "EUR"},
    }
    intake = take(client, {"orders": rule})
    assert rows(intake, "SELECT account_id, amount::VARCHAR, channel, currency FROM orders") == [
        ("0001", "1.5000", "web", "EUR")
    ]
    assert intake.as_of.isoformat() == "2026-01-31"


def test_files_of_a_glob_are_appended_and_overlaps_are_told(tmp_path):
    line = "who;when;cents\na;2026-01-31;100\n"
    client = folder(tmp_path, shop_1=line, shop_2=line + "b;2026-01-31;200\n")
    rule = ORDERS
    broken = {"orders": ORDERS, "tickets": ORDERS | {"files": ["t.csv"], "columns": {}}}
    told = take(client, broken).problems
    assert {"column.absent", "file.absent"} <= {p.id for p in told}
    assert "did you mean 'cent'" in next(p.fix for p in told if p.id == "column.absent")


def test_unknown_tables_columns_and_formats_are_refused(tmp_path):
    client = folder(tmp_path, shop="who;when;cents\n")
    with pytest.raises(InputError, match=r"has no table 'order'\. Did you mean 'orders'"):
        take(client, {"order": ORDERS})
    with pytest.raises(InputError, match="orders has no column 'amont'"):
        take(client, {"orders": ORDERS | {"columns": {"amont": {"source": "cents"}}}})
    for bad in (
        {"source": "a", "date_format": "DD.MM"},
        {"source": "a", "constant": "b"},
        {"source": "a", "factor": "x"},
    ):
        with pytest.raises(ValidationError):
            TableMapping.model_validate({"files": ["x"], "columns": {"amount": bad}})


def test_hostile_names_and_values_are_only_text(tmp_path):
    evil = "x'); DROP TABLE orders; --"
    quoted = '"' + evil + '""<script>"'
    client = folder(tmp_path, shop=f'who;when;cents;{quoted}\n"=cmd()";2026-01-31;100;"{evil}"\n')
    source = evil + '"<script>'
    columns = ORDERS["columns"] | {
        "channel": {"source": source, "values": {evil: evil + "'"}},
        "product": {"constant": evil},
    }
    intake = take(client, {"orders": ORDERS | {"columns": columns}})
    assert rows(intake, "SELECT account_id, channel, product FROM orders") == [("=cmd()", evil + "'", evil)]


def test_mapping_round_trips_as_json():
    rule = TableMapping.model_validate(ORDERS)
    assert TableMapping.model_validate_json(rule.model_dump_json()) == rule
    assert rule.columns["amount"].factor == "0.01"
