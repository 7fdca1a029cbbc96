import zipfile
from datetime import date

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from cxkit.tables.catalogue import AUTHORED, CONTRACTS, EXPORTED
from cxkit.tables.checks import check
from cxkit.tables.contract import DUCKDB_TYPES
from cxkit.tables.cut import quoted
from cxkit.tables.engine import connect
from cxkit.tables.intake import load
from cxkit.tables.scaffold import create
from cxkit.tables.templates import CONTENTS, LONGEST_LIST, csv_template, csv_templates, validation, write_workshop

GOALS = pd.DataFrame(
    {
        "goal_id": ["G1", "G2"],
        "goal": ['=HYPERLINK("http://x")', "Grow\nfast"],
        "type": ["growth", "margin"],
        "due": [date(2026, 12, 31), None],
    }
)
VALUES = pd.DataFrame({"metric_id": ["m"], "month": [pd.Timestamp("2026-05-01")], "value": [0.125], "n": [40]})
INITIATIVES = pd.DataFrame({"initiative_id": ["I1"], "initiative": ["Calls"], "funded": [True], "budget": [12500.5]})
FRAMES = {"goals": GOALS, "metric_values": VALUES, "initiatives": INITIATIVES}


def sheet(path, name):
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_name(name).to_python()


def test_write_workshop_has_a_contents_sheet_and_one_sheet_per_authored_table(tmp_path):
    write_workshop(tmp_path / "w.xlsx")
    book = CalamineWorkbook.from_path(str(tmp_path / "w.xlsx"))
    assert book.sheet_names == [CONTENTS, *AUTHORED]
    for name in AUTHORED:
        assert tuple(book.get_sheet_by_name(name).to_python()[0]) == CONTRACTS[name].names


def test_write_workshop_round_trips_values_of_every_type(tmp_path):
    write_workshop(tmp_path / "w.xlsx", FRAMES)
    header, *rows = sheet(tmp_path / "w.xlsx", "goals")
    assert [dict(zip(header, r, strict=True))["goal"] for r in rows] == list(GOALS["goal"])
    assert [dict(zip(header, r, strict=True))["due"] for r in rows] == [date(2026, 12, 31), ""]
    header, row = sheet(tmp_path / "w.xlsx", "metric_values")
    found = dict(zip(header, row, strict=True))
    assert (found["month"], found["value"], found["n"], found["segment"]) == (date(2026, 5, 1), 0.125, 40, "")
    header, row = sheet(tmp_path / "w.xlsx", "initiatives")
    found = dict(zip(header, row, strict=True))
    assert (found["funded"], found["budget"], found["initiative"]) == (True, 12500.5, "Calls")


def test_write_workshop_same_frames_give_the_same_bytes(tmp_path):
    for n in ("a", "b"):
        write_workshop(tmp_path / n, FRAMES)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_write_workshop_holds_no_formula_made_of_client_text(tmp_path):
    write_workshop(tmp_path / "w.xlsx", FRAMES)
    with zipfile.ZipFile(tmp_path / "w.xlsx") as archive:
        sheets = [archive.read(n).decode() for n in archive.namelist() if n.startswith("xl/worksheets/sheet")]
    assert not any("<f>" in text for text in sheets)
    assert any("dataValidation " in text for text in sheets)
    assert any("'goals'!$A$2:$A$2000" in text.replace("&apos;", "'") for text in sheets)


def test_write_workshop_rejects_an_unknown_sheet_and_column(tmp_path):
    with pytest.raises(KeyError, match="'tickets' is not a sheet of"):
        write_workshop(tmp_path / "w.xlsx", {"tickets": GOALS})
    with pytest.raises(KeyError, match="goals has no column 'golas'"):
        write_workshop(tmp_path / "w.xlsx", {"goals": GOALS.rename(columns={"goal": "golas"})})


def test_validation_every_list_fits_excel():
    for name in AUTHORED:
        for column in CONTRACTS[name].columns:
            if column.allowed:
                assert len(",".join(column.allowed)) <= LONGEST_LIST, f"{name}.{column.name}"
                assert validation(column)["source"] == list(column.allowed)


def test_csv_templates_cover_every_exported_table():
    assert sorted(csv_templates()) == sorted(f"{n}.csv" for n in EXPORTED)


@pytest.mark.parametrize("name", CONTRACTS)
def test_csv_template_example_breaks_no_rule_but_being_an_example(name):
    header, line = csv_template(name).splitlines()
    con = connect()
    values = dict(zip(header.split(","), line.split(","), strict=True))
    typed = []
    for column in CONTRACTS[name].columns:
        value = values[column.name] + ("-01" if column.type == "month" and values[column.name] else "")
        literal = f"'{value}'" if value else "NULL"
        typed.append(f"CAST({literal} AS {DUCKDB_TYPES[column.type]}) AS {quoted(column.name)}")
    problems = check(
        con, name, f"(SELECT {', '.join(typed)}, 'x.csv' AS __file, 2 AS __row)", CONTRACTS[name].names, {}
    )
    expected = {"required.null"} if name == "fx" else {"example.left"}
    assert {p.id for p in problems} == expected, [str(p) for p in problems]


def test_workshop_reads_back_through_the_intake_as_it_was_written(tmp_path):
    write_workshop(tmp_path / "workshop.xlsx", FRAMES)
    taken = load(tmp_path, mapping={}, as_of=date(2026, 6, 30))
    assert [p for p in taken.problems if p.severity == "error"] == []
    assert set(taken.tables.present) == set(FRAMES)
    assert taken.tables.sql("SELECT goal FROM goals ORDER BY goal_id").fetchall() == [(g,) for g in GOALS["goal"]]
    assert taken.tables.sql("SELECT month, value, n FROM metric_values").fetchall() == [(date(2026, 5, 1), 0.125, 40)]
    assert taken.tables.sql("SELECT funded, CAST(budget AS DOUBLE) FROM initiatives").fetchall() == [(True, 12500.5)]


def test_empty_workshop_of_a_new_client_is_no_problem(tmp_path):
    create(tmp_path / "acme")
    taken = load(tmp_path / "acme", mapping={}, as_of=date(2026, 6, 30))
    assert taken.problems == ()
    assert taken.tables.present == ()


def test_csv_templates_put_into_tables_unchanged_are_all_refused(tmp_path):
    (tmp_path / "tables").mkdir()
    for name, text in csv_templates().items():
        (tmp_path / "tables" / name).write_text(text)
    taken = load(tmp_path, mapping={}, as_of=date(2026, 6, 30))
    assert taken.tables.present == ()
    assert {p.table for p in taken.problems if p.severity == "error"} >= set(EXPORTED)
