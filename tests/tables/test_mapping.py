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
    told = [p for p in take(client, {"orders": rule}).problems if p.id == "file.overlap"]
    assert told[0].file == "shop_1.csv, shop_2.csv"
    assert '"overlap": "last"' in told[0].fix
    for overlap, expected in (("last", 2), ("first", 2), ("all", 3)):
        intake = take(client, {"orders": rule | {"overlap": overlap}})
        assert rows(intake, "SELECT count(*) FROM orders") == [(expected,)]
        assert "file.overlap" not in ids(intake)


def test_files_with_other_columns_are_added(tmp_path):
    client = folder(tmp_path, crm="key,mail\n1,a@example.org\n", billing="no,e\nx,b@example.org\n")
    rule = {
        "files": ["crm.csv"],
        "columns": {"system": {"constant": "crm"}, "person_id": {"source": "key"}, "email": {"source": "mail"}},
        "also": [
            {
                "files": ["billing.csv"],
                "columns": {"system": {"constant": "billing"}, "person_id": {"source": "no"}, "email": {"source": "e"}},
            }
        ],
    }
    intake = take(client, {"people": rule})
    assert rows(intake, "SELECT system, person_id FROM people ORDER BY system") == [("billing", "x"), ("crm", "1")]


def test_wide_survey_becomes_one_score_a_row(tmp_path):
    client = folder(tmp_path, answers="no,day,NPS,CSAT\n1,2026-01-31 10:00,9,5\n2,2026-01-30 10:00,,4\n")
    rule = {
        "files": ["answers.csv"],
        "columns": {"response_id": {"source": "no"}, "answered": {"source": "day"}},
        "unpivot": {"columns": {"NPS": "nps", "CSAT": "csat"}, "name_to": "metric", "value_to": "score"},
    }
    intake = take(client, {"surveys": rule})
    assert rows(intake, "SELECT response_id, metric, score FROM surveys ORDER BY ALL") == [
        ("1", "csat", 5.0),
        ("1", "nps", 9.0),
        ("2", "csat", 4.0),
    ]


def test_lookup_by_key(tmp_path):
    client = folder(
        tmp_path,
        shop="who;when;cents;sku\na;2026-01-31;100;P1\nb;2026-01-31;100;P9\n",
        items="code,label\np1,Shoes\nP1,Boots\n",
    )
    columns = ORDERS["columns"] | {
        "product": {"source": "sku", "lookup": {"file": "items.csv", "key": "code", "take": "label"}}
    }
    intake = take(client, {"orders": ORDERS | {"columns": columns}})
    assert rows(intake, "SELECT account_id, product FROM orders ORDER BY 1") == [("a", "Shoes"), ("b", None)]
    columns["product"]["lookup"]["take"] = "lable"
    with pytest.raises(InputError, match=r"items\.csv has no column 'lable'\. Did you mean 'label'"):
        take(client, {"orders": ORDERS | {"columns": columns}})


def test_absent_columns_and_files_are_told(tmp_path):
    client = folder(tmp_path, shop="who;when;cent\na;2026-01-31;100\n")
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
