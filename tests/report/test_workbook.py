"""The workbook of evidence: everything is in it, nothing in it computes, and nobody can be recognised."""

from __future__ import annotations

import io
import re
import zipfile
from xml.etree import ElementTree

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from cxkit.report import workbook
from cxkit.report.inputs import Privacy
from tests.report import sample as samples
from tests.report.sample import result, sample

FORMULAS = (
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=2",
    '=HYPERLINK("http://x")',
    "{=1}",
    "https://x.org",
)


def opened(content: bytes) -> CalamineWorkbook:
    return CalamineWorkbook.from_filelike(io.BytesIO(content))


def parts(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return {name: book.read(name).decode("utf-8") for name in book.namelist()}


def test_every_table_of_every_result_is_there_with_all_its_rows() -> None:
    given = sample()
    book = opened(workbook.build(given))
    listed = {row[0]: row for row in book.get_sheet_by_index(0).to_python(skip_empty_area=False)[5:]}
    assert list(listed) == book.sheet_names[1:]
    rows = {(row[2], int(row[3])) for row in listed.values() if row[2]}
    wanted = {(f"{r.stage}.{r.name}", t.num_rows) for r in given.results for t in r.tables.values()}
    assert rows == wanted
    for name in book.sheet_names[1:]:
        shown = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        assert len(shown) - 4 == listed[name][3] or listed[name][3] == 0, name


def test_values_keep_their_kind_and_their_format() -> None:
    frame = pd.DataFrame(
        {
            "name": ["a"],
            "share": [0.5],
            "n": [12],
            "day": [pd.Timestamp("2026-10-31").date()],
            "yes": [True],
            "none": [None],
            "list": [["x", "y"]],
            "endless": [float("inf")],
        }
    )
    content = workbook.build(sample(results=(result("prove.effects", tables={"kinds": frame}),)))
    row = opened(content).get_sheet_by_name("Prov effects kinds").to_python(skip_empty_area=False)[4]
    assert row == ["a", 0.5, 12.0, pd.Timestamp("2026-10-31").date(), "yes", "", "x, y", "inf"]


def test_nothing_in_it_computes_and_every_part_is_well_formed() -> None:
    frame = pd.DataFrame({"=1+1": FORMULAS, "text": [f * 2 for f in FORMULAS]})
    content = workbook.build(sample(results=(result("prove.effects", tables={"=x": frame}),), client="=1+1"))
    for name, text in parts(content).items():
        ElementTree.fromstring(text)
        if name.startswith("xl/worksheets/"):
            assert "<f>" not in text
            assert "<f " not in text
        assert "TargetMode" not in text, "no link leaves the workbook"
    shown = opened(content).get_sheet_by_name("Prov effects =x").to_python(skip_empty_area=False)[4:]
    assert [row[0].replace("[U+000D]", "\r") for row in shown] == list(FORMULAS)


def test_people_are_masked_and_counts_of_a_few_are_hidden() -> None:
    frame = pd.DataFrame(
        {
            "who": ["Ada Lovelace", "B", "C"],
            "people": [3, 40, 12],
            "rate": [0.1, 0.2, 0.3],
            "mail": ["a@b.org", "", "x"],
        }
    )
    given = {"results": (result("prove.effects", tables={"t": frame}),)}
    book = opened(workbook.build(sample(**given, privacy=Privacy(people=("Ada Lovelace",)))))
    shown = book.get_sheet_by_name("Prov effects t").to_python(skip_empty_area=False)
    assert shown[4:] == [
        ["[name]", "hidden", "hidden", "[e-mail]"],
        ["B", 40.0, 0.2, ""],
        ["C", "hidden", "hidden", "x"],
    ]
    assert "Counts under 5 people are hidden" in shown[1][1]
    free = opened(workbook.build(sample(**given, privacy=Privacy(on=False))))
    assert free.get_sheet_by_name("Prov effects t").to_python(skip_empty_area=False)[4][0] == "Ada Lovelace"


def test_a_wider_audience_s_findings_are_left_out() -> None:
    secret = samples.finding("align.secret", "For partners alone", 1.0, audience="partner")
    given = {"results": (result("align.traceability", (secret,)),)}
    assert "For partners alone" not in "".join(parts(workbook.build(sample(**given))).values())
    assert "For partners alone" in "".join(parts(workbook.build(sample(**given, audience="partner"))).values())


def test_a_long_table_and_a_long_text_are_cut_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST", 10)
    frame = pd.DataFrame({"n": range(14), "text": ["x" * 40_000] * 14})
    book = opened(workbook.build(sample(results=(result("prove.effects", tables={"t": frame}),))))
    shown = book.get_sheet_by_name("Prov effects t").to_python(skip_empty_area=False)
    assert len(shown) == 14
    assert "4 further rows are left out" in shown[1][1]
    assert shown[4][1] == "x" * (workbook.LONGEST - 1) + "…"


def test_the_same_input_makes_the_same_bytes_in_every_language() -> None:
    assert workbook.build(sample()) == workbook.build(sample())
    german = opened(workbook.build(sample(locale="de_DE")))
    assert "Aussagen" in german.sheet_names


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=50), min_size=1, max_size=6))
def test_names_of_sheets_are_what_a_spreadsheet_accepts(names: list[str]) -> None:
    taken: set[str] = {"contents"}
    made = [workbook._unique(name, taken) for name in names]
    assert len({m.casefold() for m in made}) == len(made)
    for name in made:
        assert 0 < len(name) <= 31
        assert not re.search(r"[\[\]:*?/\\]", name)
        assert not name.startswith("'")
        assert not name.endswith("'")
