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
from cxkit.report.cards import cards
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


def formats(content: bytes, sheet: int) -> dict[str, str]:
    """Cell → how its number is written, read from the parts of the file."""
    files, ns = parts(content), "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    styles = ElementTree.fromstring(files["xl/styles.xml"])
    codes = {f.get("numFmtId"): str(f.get("formatCode")) for f in styles.iter(f"{ns}numFmt")}
    codes |= {"0": "General", "3": "#,##0", "10": "0.00%"}
    kinds = [codes.get(xf.get("numFmtId"), "?") for xf in styles.find(f"{ns}cellXfs") or ()]
    page = ElementTree.fromstring(files[f"xl/worksheets/sheet{sheet}.xml"])
    return {str(c.get("r")): kinds[int(c.get("s", "0"))] for c in page.iter(f"{ns}c")}


def test_a_finding_s_numbers_are_written_in_its_own_unit() -> None:
    found = (
        samples.finding("align.a", "Money", 1.5e6, unit="money", currency="EUR", low=1e6, high=2e6),
        samples.finding("align.b", "Share", 0.125, unit="ratio"),
        samples.finding("align.c", "Count", 12.0, unit="count"),
    )
    content = workbook.build(sample(results=(result("align.traceability", found),)))
    shown = opened(content).get_sheet_by_index(1).to_python(skip_empty_area=False)
    value, low = shown[3].index("value"), shown[3].index("low")
    at = {str(row[2]): y for y, row in enumerate(shown[4:], 5)}
    cells = formats(content, 2)
    assert cells[f"{chr(65 + value)}{at['Money']}"] == '#,##0.00 "EUR"'
    assert cells[f"{chr(65 + low)}{at['Money']}"] == '#,##0.00 "EUR"'
    assert cells[f"{chr(65 + value)}{at['Share']}"] == "0.0%"
    assert cells[f"{chr(65 + value)}{at['Count']}"] == "#,##0"


def test_every_sheet_prints_across_one_sheet_of_paper_under_its_head() -> None:
    files = parts(workbook.build(sample()))
    pages = [text for name, text in files.items() if name.startswith("xl/worksheets/sheet")]
    for text in pages:
        assert 'orientation="landscape"' in text
        assert 'paperSize="9"' in text
        assert 'fitToHeight="0"' in text
        assert "<pane " in text, "the head stays in sight"
    assert files["xl/workbook.xml"].count("_xlnm.Print_Titles") == len(pages)
    assert sum("<autoFilter" in text for text in pages) == len(pages) - 1, "all but the contents can be filtered"


def test_the_ledger_is_a_row_per_initiative_with_its_stations_and_hashes() -> None:
    given = sample()
    shown = opened(workbook.build(given)).get_sheet_by_name("Ledger").to_python(skip_empty_area=False)
    made = cards(given)
    assert [row[0] for row in shown[4:]] == [card.id for card in made]
    assert shown[3][4:-2] == [step.label for step in made[0].steps]
    assert all(step.text in str(cell) for step, cell in zip(made[0].steps, shown[4][4:-2], strict=True))


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
    assert german.sheet_names[:2] == ["Inhalt", "Aussagen"]
    assert german.get_sheet_by_index(1).to_python(skip_empty_area=False)[3][:3] == ["Schlüssel", "Stufe", "Aussage"]


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
