"""Today's action lists as files: one CSV per owner role, and one workbook with a sheet per role.

The lists name customers by the keys that the client's systems know. Everything in them is masked as the report is; a
customer's name is there only where the client has switched masking off. Cells are text or numbers, never formulas.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from cxkit.engagement.results import write_text
from cxkit.orchestrate import PlayBook, Plays
from cxkit.report.mask import Mask
from cxkit.tables.engine import Tables

FOLDER, WORKBOOK = "actions", "actions.xlsx"
MADE = datetime(2000, 1, 1)
"""The workbook's date of creation: the same content is the same bytes."""
HEADS = {
    "play": "Play",
    "about": "About",
    "key": "Key",
    "account_id": "Customer",
    "customer_name": "Customer's name",
    "moment": "Moment",
    "since": "Since",
    "due": "Due",
    "state": "State",
    "money": "At stake a year",
    "first_step": "First step",
    "why": "Why it is on the list",
}
WIDTHS = {"play": 32, "key": 16, "account_id": 16, "customer_name": 28, "moment": 24, "since": 17, "due": 17, "state": 24, "first_step": 40, "why": 60}  # fmt: skip # noqa: E501
NOTHING = "Nothing: no play of this role calls for an action today"
OVERDUE, UNSEEN, OPEN = "overdue", "past its time; the data do not show whether it was done", "open"
STATES = (OVERDUE, UNSEEN, OPEN)
"""States of a row, in the order of a list."""
FORMULA = re.compile(r"^\s*[=+\-@\t\r\u2212]")


def role_file(role: str) -> str:
    """The name of a role's list.

    >>> role_file("Enablement/Ops"), role_file("../../etc")
    ('enablement-ops.csv', 'etc.csv')
    """
    slug = re.sub(r"[^a-z0-9]+", "-", role.lower()).strip("-")
    return f"{slug or 'nobody'}.csv"


def lists(result: Plays, book: PlayBook, mask: Mask, names: Mapping[str, str] | None = None) -> dict[str, pd.DataFrame]:
    """Owner role → its rows: what is overdue first, then by the time it is due, then by money.

    Roles of plays that cannot be evaluated are there without rows. `names` (account → name) adds the customer's name.
    """
    plays = {p.id: p for p in book.plays}
    today = result.frame("today") if result.has("today") else pd.DataFrame()
    end = f"{result.as_of + timedelta(days=1):%Y-%m-%d} 00:00"
    made: dict[str, list[dict[str, Any]]] = {p.owner_role: [] for p in book.plays}
    for row in today.to_dict("records"):
        play = plays.get(str(row["play"]))
        if play is None:
            continue
        state = OVERDUE if row["overdue"] else UNSEEN if str(row["due"]) < end else OPEN
        account = row["account_id"] if isinstance(row["account_id"], str) else ""
        made[play.owner_role].append(
            {
                "play": play.name,
                "about": row["about"],
                "key": row["key"],
                "account_id": account,
                **({"customer_name": names.get(account, "")} if names is not None else {}),
                "moment": row["moment"] if isinstance(row["moment"], str) else "",
                "since": row["since"],
                "due": row["due"],
                "state": state,
                "money": None if pd.isna(row["money"]) else round(float(row["money"]), 2),
                "first_step": play.steps[0] if play.steps else "",
                "why": row["why"],
            }
        )
    kept = [h for h in HEADS if h != "customer_name" or names is not None]
    out = {}
    for role, rows in sorted(made.items()):
        rows.sort(key=lambda r: (STATES.index(r["state"]), r["due"], -(r["money"] or 0.0), r["play"], r["key"]))
        out[role] = pd.DataFrame([{k: _masked(v, mask) for k, v in r.items()} for r in rows], columns=kept)
    return out


def write_actions(
    place: Path,
    result: Plays,
    book: PlayBook,
    *,
    mask: Mask,
    currency: str,
    timezone: str = "",
    names: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write the lists into a run that is being built; return the files. Only the batch calls this.

    `timezone` is the client's, in which the times are; it stands in the heads of their columns.
    """
    made = lists(result, book, mask, names)
    table = result.frame("plays") if result.has("plays") else pd.DataFrame()
    idle = {role: _idle(table, role, mask) for role in made}
    files = []
    for role, rows in made.items():
        path = place / FOLDER / role_file(role)
        write_text(path, as_csv(rows, currency, idle[role], timezone=timezone))
        files.append(path)
    path = place / WORKBOOK
    path.write_bytes(as_workbook(made, _summary(table, book, mask), currency, idle, timezone=timezone))
    return [*files, path]


def as_csv(rows: pd.DataFrame, currency: str, idle: Sequence[str] = (NOTHING,), *, timezone: str = "") -> str:
    """A list as CSV; a text that a spreadsheet would take for a formula begins with an apostrophe.

    `idle` are the lines that stand there when the list is empty.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_heads(rows.columns, currency, timezone))
    for row in rows.itertuples(index=False, name=None):
        writer.writerow([defended(v) for v in row])
    for line in idle if rows.empty else ():
        writer.writerow([defended(line), *[""] * (len(rows.columns) - 1)])
    return "\ufeff" + buffer.getvalue()


def as_workbook(
    made: Mapping[str, pd.DataFrame],
    summary: pd.DataFrame,
    currency: str,
    idle: Mapping[str, Sequence[str]],
    *,
    timezone: str = "",
) -> bytes:
    """All lists as one workbook: what every play calls for, then a sheet per role."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as workbook:
        workbook.set_properties({"title": "Action lists", "created": MADE, "author": "", "company": ""})
        bold = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        wrap = workbook.add_format({"text_wrap": True, "valign": "top"})
        number = workbook.add_format({"num_format": "#,##0", "valign": "top"})
        sheets = [("All plays", summary), *made.items()]
        for name, rows in sheets:
            sheet = workbook.add_worksheet(_sheet(name))
            for at, head in enumerate(_heads(rows.columns, currency, timezone)):
                sheet.write_string(0, at, head, bold)
                sheet.set_column(at, at, WIDTHS.get(str(rows.columns[at]), 14))
            for y, row in enumerate(rows.itertuples(index=False, name=None), 1):
                for x, value in enumerate(row):
                    if isinstance(value, int | float) and not pd.isna(value):
                        sheet.write_number(y, x, value, number)
                    elif isinstance(value, str) and value:
                        sheet.write_string(y, x, value, wrap)
            for y, line in enumerate(idle.get(name, (NOTHING,)) if rows.empty else (), 1):
                sheet.write_string(y, 0, line, wrap)
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, max(len(rows), 1), max(len(rows.columns) - 1, 0))
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
            sheet.repeat_rows(0)
    return buffer.getvalue()


def customer_names(tables: Tables, result: Plays) -> dict[str, str]:
    """Names of the accounts on today's lists, for a client that has switched masking off."""
    if not result.has("today") or "account_name" not in tables.supplied("accounts"):
        return {}
    with tables.lent("cxkit_listed", result.tables["today"]):
        rows = tables.frame(
            "SELECT account_id, min(account_name) AS name FROM accounts WHERE account_name IS NOT NULL "
            "AND account_id IN (SELECT account_id FROM cxkit_listed) GROUP BY account_id ORDER BY account_id"
        )
    return dict(zip(rows["account_id"], rows["name"], strict=True))


def defended(value: object) -> object:
    """A cell of a CSV that no spreadsheet computes.

    >>> defended("=1+1"), defended("-2"), defended("a=b"), defended(-2.0), defended(None)
    ("'=1+1", "'-2", 'a=b', -2.0, '')
    """
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return ""
    if isinstance(value, str):
        text = value.replace("\r", " ").replace("\n", " ")
        return "'" + text if FORMULA.match(value) else text
    return value


def _idle(table: pd.DataFrame, role: str, mask: Mask) -> tuple[str, ...]:
    """What an empty list says: that nothing is called for, and which plays could not be evaluated."""
    own = table[table["owner_role"] == role] if len(table) else table
    off = [
        f"Not evaluated: {mask.text(str(r['name']))} ({r['why_not']})" for r in own.to_dict("records") if r["why_not"]
    ]
    return tuple(off) if off and len(off) == len(own) else (NOTHING, *off)


def _summary(table: pd.DataFrame, book: PlayBook, mask: Mask) -> pd.DataFrame:
    """One row per play: who, how many today, and why it could not be evaluated."""
    if table.empty:
        return pd.DataFrame(columns=["name", "owner_role", "raised", "overdue", "state"])
    off = f"switched off: {', '.join(book.switched_off)}" if book.switched_off else ""
    rows = [
        {
            "name": mask.text(str(r["name"])),
            "owner_role": r["owner_role"],
            "raised": None if pd.isna(r["raised"]) else int(r["raised"]),
            "overdue": None if pd.isna(r["overdue"]) else int(r["overdue"]),
            "state": mask.text(str(r["why_not"])) or "evaluated",
        }
        for r in table.to_dict("records")
    ]
    if off:
        rows.append({"name": mask.text(off), "owner_role": "", "raised": None, "overdue": None, "state": ""})
    return pd.DataFrame(rows)


def _heads(columns: Iterable[Any], currency: str, timezone: str) -> list[str]:
    more = {"name": "Play", "owner_role": "Owner role", "raised": "Today", "overdue": "Overdue"}
    heads = {**HEADS, **more, "money": f"{HEADS['money']}, {currency}"}
    if timezone:
        heads |= {name: f"{HEADS[name]}, local time in {timezone}" for name in ("since", "due")}
    return [heads.get(str(c), str(c)) for c in columns]


def _masked(value: Any, mask: Mask) -> Any:
    return mask.text(value) if isinstance(value, str) else value


def _sheet(name: str) -> str:
    """A name that a spreadsheet accepts."""
    return re.sub(r"[\[\]:*?/\\]", "-", name).strip("'")[:31] or "Nobody"
