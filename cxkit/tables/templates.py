"""Empty forms made from the contracts: a CSV template per exported table, and ``workshop.xlsx`` for what people write.

Row 1 of every sheet holds the canonical column names and data begin in row 2; meanings are comments on the header
cells. A CSV template holds one example line that says EXAMPLE; the checks notice when it is left in.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from cxkit.tables.catalogue import AUTHORED, CONTRACTS, EXPORTED
from cxkit.tables.contract import Column, Contract

CONTENTS = "contents"
"""First sheet of the workbook; not a table."""
MADE = datetime(2026, 1, 1)
"""Written into every workbook as its day of creation, so that the same content gives the same bytes."""
ROWS_WITH_LISTS = 2000
"""Rows below the header that offer drop-downs."""
LONGEST_CELL = 32_767
LONGEST_LIST = 255
"""Excel's limit on the text of a drop-down."""

EXAMPLES: Mapping[str, str] = {
    "account_id": "EXAMPLE-1001",
    "currency": "EUR",
    "from_currency": "USD",
    "to_currency": "EUR",
    "rate": "",
    "verbatim": "Quick and friendly",
    "system": "crm",
    "weekday": "1",
    "opens": "8.5",
    "closes": "17",
    "holiday": "",
    "ended": "",
    "restated": "",
    "restated_mrr": "",
    "restated_amount": "",
    "end_reason": "",
    "returned": "",
}
"""Example values that the type alone does not give."""

NUMBER_FORMATS: Mapping[str, str] = {
    "date": "yyyy-mm-dd",
    "month": "yyyy-mm",
    "timestamp": "yyyy-mm-dd hh:mm",
    "money": "#,##0.00",
    "integer": "0",
}


def example(column: Column) -> str:
    """One plausible value of a column, as it would stand in a CSV file.

    >>> example(CONTRACTS["revenue"].column("month")), example(CONTRACTS["pnl"].column("kind"))
    ('2026-01', 'recurring_revenue')
    """
    if column.name in EXAMPLES:
        return EXAMPLES[column.name]
    if column.allowed:
        return column.allowed[0]
    match column.type:
        case "id":
            return f"EXAMPLE-{column.name.removesuffix('_id').upper()}-1"
        case "date":
            return "2026-01-31"
        case "month":
            return "2026-01"
        case "timestamp":
            return "2026-01-31 14:05:00"
        case "money":
            return "1234.50"
        case "boolean":
            return "true"
        case "number" | "integer":
            return f"{max(column.low or 0, min(column.high or 1, 1)):g}"
        case _:
            return "" if column.personal else "example"


def csv_template(name: str) -> str:
    r"""Header and one example line of a table, as CSV with comma and full stop.

    >>> csv_template("fx")
    'month,from_currency,to_currency,rate\n2026-01,USD,EUR,\n'
    """
    columns = CONTRACTS[name].columns
    return ",".join(c.name for c in columns) + "\n" + ",".join(example(c) for c in columns) + "\n"


def csv_templates() -> dict[str, str]:
    """File name → content of every exported table's template."""
    return {f"{name}.csv": csv_template(name) for name in EXPORTED}


def write_workshop(path: Path, frames: Mapping[str, pd.DataFrame] | None = None) -> None:
    """Write ``workshop.xlsx``, empty or filled; the same frames give the same bytes.

    `frames` maps authored tables to frames with canonical column names, any subset of columns; `KeyError` names an
    unknown table or column.
    """
    path.write_bytes(workshop(frames))


def workshop(frames: Mapping[str, pd.DataFrame] | None = None) -> bytes:
    """The workbook as bytes: a contents sheet, then one sheet per authored table with drop-downs."""
    frames = frames or {}
    for name, frame in frames.items():
        if name not in AUTHORED:
            raise KeyError(f"'{name}' is not a sheet of workshop.xlsx; the sheets are {', '.join(AUTHORED)}")
        for column in frame.columns:
            CONTRACTS[name].column(str(column))
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": "CX Rescue Playbook: workshop", "created": MADE, "author": "", "company": ""})
        book.set_custom_property("cxkit", "workshop@1")
        _contents(book)
        for name in AUTHORED:
            _sheet(book, CONTRACTS[name], frames.get(name))
    return buffer.getvalue()


def _contents(book: xlsxwriter.Workbook) -> None:
    """The first sheet: what each of the others is for, and how to fill them."""
    sheet = book.add_worksheet(CONTENTS)
    title, head = book.add_format({"bold": True, "font_size": 14}), book.add_format({"bold": True, "bottom": 1})
    wrap, link = book.add_format({"text_wrap": True, "valign": "top"}), book.get_default_url_format()
    sheet.write_string(0, 0, "What no system exports, written by people", title)
    for row, line in enumerate(
        (
            "One sheet per table, all optional: fill what you know and leave the others empty.",
            "Do not rename the sheets or the first row. Point at a column's name to read what belongs in it.",
            "Dark column names must be filled in every row; the others may stay empty.",
        ),
        1,
    ):
        sheet.write_string(row, 0, line)
    for column, label in enumerate(("Sheet", "What it holds", "One row", "What it unlocks", "Usually filled by")):
        sheet.write_string(5, column, label, head)
    for row, name in enumerate(AUTHORED, 6):
        contract = CONTRACTS[name]
        sheet.write_url(row, 0, f"internal:'{name}'!A1", link, name)
        grain = contract.grain.removeprefix("one row ")
        for column, words in enumerate((contract.meaning, grain, "; ".join(contract.unlocks), contract.owner_role), 1):
            sheet.write_string(row, column, words, wrap)
    for column, width in enumerate((18, 52, 32, 44, 20)):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(6, 0)
    sheet.hide_gridlines(2)


def _sheet(book: xlsxwriter.Workbook, contract: Contract, frame: pd.DataFrame | None) -> None:
    """One table: header with meanings as comments, formats, drop-downs and the rows of `frame`."""
    sheet = book.add_worksheet(contract.name)
    base: dict[str, Any] = {"bold": True, "border": 1, "border_color": "#c9d3d2"}
    must = book.add_format({**base, "bg_color": "#0b6460", "font_color": "#ffffff"})
    may = book.add_format({**base, "bg_color": "#e3eeed", "font_color": "#17302f"})
    for index, column in enumerate(contract.columns):
        form = book.add_format({"num_format": NUMBER_FORMATS[column.type]}) if column.type in NUMBER_FORMATS else None
        wide = column.type == "text" and not column.allowed and not column.personal
        sheet.set_column(index, index, 34 if wide else max(13, len(column.name) + 3), form)
        sheet.write_string(0, index, column.name, must if column.required else may)
        sheet.write_comment(0, index, note(column), {"x_scale": 2, "y_scale": 1.1, "author": ""})
        rule = validation(column)
        if rule:
            sheet.data_validation(1, index, ROWS_WITH_LISTS, index, rule)
        if frame is not None and column.name in frame.columns:
            for row, value in enumerate(frame[column.name].tolist(), 1):
                _write(sheet, (row, index), column, value, form)
    sheet.freeze_panes(1, 1)


def note(column: Column) -> str:
    """What belongs in a column, as the comment on its name.

    >>> note(CONTRACTS["goals"].column("type"))
    'Which of the four kinds. Must be filled. One of: growth, margin, risk, brand.'
    """
    parts = [column.meaning[:1].upper() + column.meaning[1:], "Must be filled" if column.required else ""]
    if column.allowed:
        parts.append(f"One of: {', '.join(column.allowed)}")
    if column.references:
        parts.append(f"As on the sheet {column.references.split('.')[0]}")
    forms = {"date": "A date, 2026-01-31", "month": "A month, 2026-01", "boolean": "TRUE or FALSE"}
    parts.append(forms.get(column.type, ""))
    if column.unit:
        parts.append(f"In {column.unit}")
    bounds = {">=": column.low, "<=": column.high}
    limits = [
        f"{'at least' if sign == '>=' else 'at most'} {bound:g}" for sign, bound in bounds.items() if bound is not None
    ]
    if limits and not column.allowed:
        words = " and ".join(limits)
        parts.append(words[:1].upper() + words[1:])
    return ". ".join(filter(None, parts)) + "."


def validation(column: Column) -> dict[str, Any] | None:
    """The drop-down or the limits of a column, for XlsxWriter; None where anything may stand."""
    if column.allowed and len(",".join(column.allowed)) <= LONGEST_LIST:
        message = "Choose one of the list."
        return {
            "validate": "list",
            "source": list(column.allowed),
            "error_title": column.name,
            "error_message": message,
        }
    if column.type == "boolean":
        return {"validate": "list", "source": ["TRUE", "FALSE"]}
    table, _, key = column.references.partition(".")
    if table in AUTHORED:
        letter = xlsxwriter.utility.xl_col_to_name(CONTRACTS[table].names.index(key))
        message = f"It is not on the sheet {table} yet. Keep it?"
        source = f"='{table}'!${letter}$2:${letter}${ROWS_WITH_LISTS}"
        return {"validate": "list", "source": source, "error_type": "warning", "error_message": message}
    if column.type in {"number", "integer", "money"} and (column.low is not None or column.high is not None):
        kind = {"validate": "integer" if column.type == "integer" else "decimal", "error_message": note(column)[:255]}
        if column.low is not None and column.high is not None:
            return {**kind, "criteria": "between", "minimum": column.low, "maximum": column.high}
        low = column.low is not None
        return {**kind, "criteria": ">=" if low else "<=", "value": column.low if low else column.high}
    return None


def _write(sheet: Any, cell: tuple[int, int], column: Column, value: Any, form: Any) -> None:
    """One cell, by the contract's type; client text is always a string, never a formula."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return
    match column.type:
        case "boolean":
            sheet.write_boolean(*cell, bool(value))
        case "date" | "month" | "timestamp":
            moment = pd.Timestamp(value).to_pydatetime()
            plain = moment if column.type == "timestamp" else date(moment.year, moment.month, moment.day)
            sheet.write_datetime(*cell, plain, form)
        case "money" | "number" | "integer":
            sheet.write_number(*cell, float(value), form)
        case _:
            sheet.write_string(*cell, str(value)[:LONGEST_CELL], form)
