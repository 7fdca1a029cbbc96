"""The sheet of realised benefit, row by row: what each counts as, and month by month what it comes to."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import date

from cxkit.metrics.windows import add_months, last_complete_month, last_day, month_of, months_between
from cxkit.records import Record
from cxkit.tables import sheets
from cxkit.tables.engine import Tables

STATUSES = ("claimed", "validated", "booked")
"""From the weakest to the strongest: what is booked was validated, what is validated was claimed."""
NEEDED = ("realised_id", "initiative_id", "pnl_line", "first_month", "last_month", "amount", "status")
FINANCE = re.compile(r"(?i)financ|finanz|controll|account|\bcfo\b|treasur|buchhalt|compta|contab")
"""What a role is called that can validate or book."""

Key = tuple[str, str, str]
"""Initiative, line (as compared, see `same`) and status."""


class Entry(Record):
    """One row of the sheet and what it counts as."""

    realised_id: str
    initiative_id: str
    pnl_line: str
    first: date
    last: date
    amount: float
    amount_low: float | None = None
    amount_high: float | None = None
    status: str
    """What it counts as: validated or booked only where a finance role and a day signed it."""
    stated: str
    """What the sheet says."""
    reported: date | None = None
    signed_role: str = ""
    signed: date | None = None
    source: str = ""
    problem: str = ""

    @property
    def months(self) -> int:
        """Months it covers."""
        return months_between(self.first, self.last) + 1

    @property
    def key(self) -> Key:
        """What it may overlap within."""
        return self.initiative_id, same(self.pnl_line), self.status


def same(line: str | None) -> str:
    """A line's name for comparison: case and spaces do not tell two lines apart.

    >>> same(" Service  Operations ") == same("service operations")
    True
    """
    return " ".join((line or "").casefold().split())


def entries(tables: Tables) -> list[Entry]:
    """Rows of the sheet `realised` that have all they need, in order of id; empty without the sheet."""
    if tables.lacking({"realised": NEEDED}):
        return []
    found = []
    for row in sheets.rows(tables, "realised"):
        if any(row[c] is None for c in NEEDED) or row["status"] not in STATUSES:
            continue
        problems = []
        status, role, signed = row["status"], row["signed_role"] or "", row["signed"]
        if status != "claimed":
            if not role or signed is None:
                lacks = " and ".join(w for w, there in (("a role", role), ("a day", signed)) if not there)
                problems.append(f"said to be {status}, but {lacks} of signing is missing: it counts as claimed")
                status = "claimed"
            elif not FINANCE.search(role):
                problems.append(f"signed by {role}, which is no finance role: it counts as claimed")
                status = "claimed"
        first, last = month_of(row["first_month"]), month_of(row["last_month"])
        if last < first:
            problems.append("its last month lies before its first: it is not counted")
        elif last > last_complete_month(tables.as_of):
            problems.append("it covers months that are not over: these are not counted")
        if status == "booked" and signed is not None and last >= first and signed < last_day(last):
            problems.append("it was signed before its last month was over")
        ends = (row["amount_low"], row["amount_high"])
        given = [v for v in (ends[0], row["amount"], ends[1]) if v is not None]
        if given != sorted(given):
            problems.append("its amount lies outside its own range, which is left out")
            ends = (None, None)
        found.append(
            Entry(
                realised_id=str(row["realised_id"]),
                initiative_id=str(row["initiative_id"]),
                pnl_line=row["pnl_line"],
                first=first,
                last=last,
                amount=row["amount"],
                amount_low=ends[0],
                amount_high=ends[1],
                status=status,
                stated=row["status"],
                reported=row["reported"],
                signed_role=role,
                signed=signed,
                source=row["source"] or "",
                problem="; ".join(problems),
            )
        )
    return found


def counted(rows: Iterable[Entry], *, as_of: date) -> dict[Key, dict[date, Entry]]:
    """Which row counts for each month of an initiative, line and status: the one reported last.

    A month is counted once. Of rows that claim the same one, the latest report is taken to replace the earlier, never
    to add to it. Months that are not over at `as_of` are not there.
    """
    end = last_complete_month(as_of)
    found: dict[Key, dict[date, Entry]] = {}
    for row in sorted(rows, key=lambda r: (r.reported or date.min, r.realised_id)):
        months = found.setdefault(row.key, {})
        for place in range(max(row.months, 0)):
            month = add_months(row.first, place)
            if month <= end:
                months[month] = row
    return {key: months for key, months in found.items() if months}


def strongest(held: dict[Key, dict[date, Entry]]) -> dict[tuple[str, str], dict[date, Entry]]:
    """For each month of an initiative and line, the row of the strongest status; nothing is added across statuses."""
    found: dict[tuple[str, str], dict[date, Entry]] = {}
    for status in STATUSES:
        for (initiative, line, of), months in sorted(held.items()):
            if of == status:
                found.setdefault((initiative, line), {}).update(months)
    return found


def worth(months: dict[date, Entry], first: date | None = None, last: date | None = None) -> float:
    """Money of the counted months, each row spread evenly over the months it covers."""
    return math.fsum(
        row.amount / row.months
        for month, row in sorted(months.items())
        if (first is None or month >= first) and (last is None or month <= last)
    )


def span(months: Iterable[date]) -> str:
    """Months in words, gaps shown.

    >>> span([date(2026, 1, 1), date(2026, 2, 1), date(2026, 5, 1)])
    '2026-01 to 2026-02, 2026-05'
    """
    runs: list[list[date]] = []
    for month in sorted(months):
        if runs and add_months(runs[-1][-1], 1) == month:
            runs[-1].append(month)
        else:
            runs.append([month])
    return ", ".join(f"{r[0]:%Y-%m}" if len(r) == 1 else f"{r[0]:%Y-%m} to {r[-1]:%Y-%m}" for r in runs)


def best_status(rows: Sequence[Entry], initiative: str | None, line: str | None) -> str:
    """The strongest status an initiative has on a line; claimed where nothing is signed."""
    mine = [r.status for r in rows if r.initiative_id == initiative and same(r.pnl_line) == same(line)]
    return max(mine, key=STATUSES.index, default="claimed")
