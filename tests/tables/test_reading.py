"""Files as they arrive: every cell as text, every row accounted for, nothing changed."""

import hashlib
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

from cxkit.tables.engine import connect
from cxkit.tables.reading import Reader, Source, files_of


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Reader(connect(), scratch)


def read(reader: Reader, tmp_path: Path, content: bytes | str, name: str = "x.csv") -> Source:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    source = reader.read(path, name)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before == source.sha256
    return source


def rows(reader: Reader, source: Source) -> list[tuple]:
    raw = source.raws[0]
    columns = ", ".join(raw.columns.values())
    return reader.con.execute(f"SELECT {columns}, __row FROM {raw.relation} ORDER BY __row").fetchall()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(reader, tmp_path, delimiter):
    source = read(reader, tmp_path, f"id{delimiter}name\n00001{delimiter}a b\n00002{delimiter}c\n")
    assert list(source.raws[0].columns) == ["id", "name"]
    assert rows(reader, source) == [("00001", "a b", 2), ("00002", "c", 3)]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8-sig", "id;Größe\n1;Zürich\n"),
        ("cp1252", "id;Größe\n1;Zürich – 5 €\n"),
        ("latin-1", "id;n\n1;é\n"),
        ("utf-16", "id;Größe\n1;Zürich\n"),
        ("utf-16-le", "id;Name\n1;Zurich and more\n"),
    ],
)
def test_encodings_are_read(reader, tmp_path, encoding, text):
    source = read(reader, tmp_path, text.encode(encoding))
    header, line = (part.split(";") for part in text.strip().split("\n"))
    assert list(source.raws[0].columns) == header
    assert rows(reader, source) == [(*line, 2)]
    assert not source.problems


def test_line_ends_of_all_kinds(reader, tmp_path):
    for end in (b"\r\n", b"\r", b"\n"):
        assert rows(reader, read(reader, tmp_path, b"a,b" + end + b"1,2" + end)) == [("1", "2", 2)]
    assert rows(reader, read(reader, tmp_path, b"a,b\r\n1,2\n3,4\r\n")) == [("1", "2", 2), ("3", "4", 3)]


def test_quoted_line_breaks_and_blank_lines_keep_row_numbers(reader, tmp_path):
    source = read(reader, tmp_path, 'a,b\n1,"x\n\ny"\n\n2,"say ""hi"""\n')
    assert rows(reader, source) == [("1", "x\n\ny", 2), ("2", 'say "hi"', 4)]


def test_title_lines_above_the_header_are_passed_over(reader, tmp_path):
    source = read(reader, tmp_path, "Report of May\n\nid,name,amount\n1,a,2\n2,b,3\n")
    assert source.raws[0].header_row == 3
    assert rows(reader, source) == [("1", "a", "2", 4), ("2", "b", "3", 5)]


def test_a_title_almost_as_wide_as_the_table_is_no_header(reader, tmp_path):
    source = read(reader, tmp_path, "Report;May;\nid;name;amount\n1;a;2\n2;b;3\n")
    assert list(source.raws[0].columns) == ["id", "name", "amount"]
    blank = read(reader, tmp_path, "id;;amount\n1;a;2\n2;b;3\n")
    assert list(blank.raws[0].columns) == ["id", "column 2", "amount"]


def test_ragged_rows_are_told_with_their_rows(reader, tmp_path):
    source = read(reader, tmp_path, "a,b,c\n1,2,3\n4,5\n6,7,8,9\n1,2,3,4,5,6,7,8,9,10\n9,9,9\n")
    told = {p.id: p for p in source.problems}
    assert told["file.short_rows"].rows == (3,)
    assert told["file.short_rows"].severity == "warning"
    assert {r for p in source.problems if p.id == "file.long_rows" for r in p.rows} == {4, 5}
    assert rows(reader, source)[-1] == ("9", "9", "9", 6)


def test_cut_off_file_is_an_error(reader, tmp_path):
    source = read(reader, tmp_path, "a,b,c\n1,2,3\n4,5,6\n7,8")
    assert [(p.id, p.rows, p.severity) for p in source.problems] == [("file.cut_off", (4,), "error")]


def test_broken_quotes_are_told_and_not_swallowed(reader, tmp_path):
    source = read(reader, tmp_path, 'a,b\n1,2\n"x"y,3\n4,5\n')
    assert [(p.id, p.rows) for p in source.problems] == [("file.quotes", (3,))]
    assert rows(reader, source) == [("1", "2", 2), ("4", "5", 4)]


@pytest.mark.parametrize(
    ("content", "id"),
    [
        (b"", "file.empty"),
        (b"\n\n", "file.empty"),
        (b"a,b\n", "file.header_only"),
        (b"1001,2026-01-01,5\n1002,2026-01-02,6\n", "file.no_header"),
        (b"PK\x03\x04zip", "file.not_text"),
        (bytes(range(256)) * 4, "file.not_text"),
    ],
)
def test_files_without_a_table(reader, tmp_path, content, id):
    assert id in [p.id for p in read(reader, tmp_path, content).problems]


def test_duplicate_and_blank_headers(reader, tmp_path):
    source = read(reader, tmp_path, "id,,id,\n1,x,2,\n")
    assert list(source.raws[0].columns) == ["id", "column 2", "id (2)"]
    assert [p.id for p in source.problems] == ["file.header_twice"]


def test_wildcards_in_file_names_and_hostile_headers(reader, tmp_path):
    source = read(reader, tmp_path, '"a""; DROP TABLE x; --",<script>\n=1+1,2\n', "od[d]*.csv")
    assert rows(reader, source) == [("=1+1", "2", 2)]


def test_workbook_with_a_title_several_sheets_and_dates(reader, tmp_path):
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet, day = book.add_worksheet("Sales"), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.merge_range("A1:C1", "Sales of May")
        sheet.write_row("A3", ["id", "day", "amount"])
        for row, (id, when, amount) in enumerate(
            [(12345678901234, date(2026, 5, 1), 1.5), (2, date(2026, 5, 2), 3)], 3
        ):
            sheet.write(row, 0, id)
            sheet.write_datetime(row, 1, datetime(when.year, when.month, when.day), day)
            sheet.write(row, 2, amount)
        book.add_worksheet("empty")
        book.add_worksheet("More").write_column("A1", ["x", "1"])
    source = reader.read(path, "book.xlsx")
    assert [raw.label for raw in source.raws] == ["book.xlsx [Sales]", "book.xlsx [More]"]
    assert rows(reader, source) == [("12345678901234", "2026-05-01", "1.5", 4), ("2", "2026-05-02", "3", 5)]
    assert dict(source.raws[0].native) == {"id": "number", "day": "date", "amount": "number"}


def test_damaged_workbook_and_parquet_are_told(reader, tmp_path):
    for name in ("a.xlsx", "b.parquet"):
        source = read(reader, tmp_path, b"not what it says", name)
        assert [p.id for p in source.problems] == ["file.unreadable"]


def test_parquet_keeps_what_it_holds(reader, tmp_path):
    path = tmp_path / "x.parquet"
    pd.DataFrame({"id": ["00001"], "amount": [0.1], "n": [10**17 + 1], "at": [datetime(2026, 1, 1, 10)]}).to_parquet(
        path
    )
    source = reader.read(path, "x.parquet")
    assert rows(reader, source)[0][:4] == ("00001", "0.1", "100000000000000001", "2026-01-01 10:00:00")


def test_files_of_passes_over_hidden_and_lock_files(tmp_path):
    for name in ("b.csv", ".hidden.csv", "~$a.xlsx", "notes.docx", "sub/a.parquet"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert [p.relative_to(tmp_path).as_posix() for p in files_of(tmp_path)] == ["b.csv", "sub/a.parquet"]
    assert list(files_of(tmp_path / "absent")) == []
