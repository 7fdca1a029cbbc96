"""What came of it in money: claimed, validated by finance or booked, side by side and never added up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from cxkit.metrics.windows import add_months
from cxkit.prove import realised_expected, realised_words
from cxkit.prove.pnl_lines import Line, lines
from cxkit.prove.realised_rows import NEEDED, STATUSES, Entry, Key, counted, entries, same, span, strongest, worth
from cxkit.prove.rows import DAY, FLAG, REAL, TEXT, WHOLE, frame
from cxkit.records import Gap, Missing, Result
from cxkit.tables import sheets
from cxkit.tables.engine import Tables

ENTRIES: Mapping[str, str] = {
    **dict.fromkeys(("realised_id", "initiative_id", "name", "pnl_line", "status", "stated_status"), TEXT),
    **dict.fromkeys(("first_month", "last_month"), DAY),
    "months": WHOLE,
    **dict.fromkeys(("amount", "amount_low", "amount_high", "counted"), REAL),
    **dict.fromkeys(("reported", "signed"), DAY),
    "signed_role": TEXT,
    **dict.fromkeys(("line_amount", "line_moved"), REAL),
    "above_line": FLAG,
    **dict.fromkeys(("problem", "source"), TEXT),
}
"""One row per row of the sheet; `status` is what it counts as, `counted` the part of its amount that counts once
overlaps and months that are not over are left out. `line_amount` is the line over the same months, `line_moved` how
far it moved towards a benefit against the same months of the last year before this initiative had any benefit on it;
`above_line` says that more is stated than it moved."""

SIDES: Mapping[str, str] = {
    **dict.fromkeys(("initiative_id", "name", "pnl_line", "status"), TEXT),
    **{f"{status}{part}": kind for status in STATUSES for part, kind in (("", REAL), ("_months", TEXT))},
    **dict.fromkeys(("validated_role", "booked_role"), TEXT),
    **dict.fromkeys(("validated_signed", "booked_signed"), DAY),
    "note": TEXT,
}
"""One row per initiative and line, the three statuses beside each other; `status` is the strongest it has."""

OVERLAPS: Mapping[str, str] = {
    **dict.fromkeys(("initiative_id", "name", "pnl_line", "status", "rows", "months"), TEXT),
    "amount": REAL,
}
"""Rows of one status that claim the same months of a line; `amount` is what would be counted twice."""

TOTALS: Mapping[str, str] = {
    "status": TEXT,
    "amount": REAL,
    **dict.fromkeys(("initiatives", "lines", "rows", "unsigned"), WHOLE),
    "months": TEXT,
}
"""One row per status, over every initiative that has any; `unsigned` rows said more than anybody signed."""

MONTHS: Mapping[str, str] = {
    **dict.fromkeys(("initiative_id", "pnl_line"), TEXT),
    "month": DAY,
    **dict.fromkeys(STATUSES, REAL),
    **dict.fromkeys(("strongest",), TEXT),
    **dict.fromkeys(("amount", "amount_low", "amount_high"), REAL),
}
"""One row per initiative, line and month; `amount` is that of the strongest status, and the others are not in it."""

BY_LINE: Mapping[str, str] = {
    **dict.fromkeys(("pnl_line", "months"), TEXT),
    **dict.fromkeys(("amount", "amount_before", "added", "line_moved"), REAL),
    "initiatives": WHOLE,
    "above_line": FLAG,
}
"""One row per line: what all initiatives have on it that is at least validated, each month once, over the last twelve
months for which there is any; the same a year before; the difference; and how far the line moved in those months."""


class Realised(Result):
    """Benefit as finance has seen it. Money in the client's currency; positive is a benefit.

    A row counts as validated or booked only where a finance role signed it on a day; else it is claimed, with the
    reason in `problem`. Statuses stand side by side and are never added up: the same money is claimed first, then
    validated, then booked. Within a status each month of an initiative's line is counted once, from the row reported
    last. Tables: `entries`, `sides`, `overlaps`, `totals`, `months`, `lines`, `expected` (see the modules' constants).
    """

    stage: ClassVar[str] = "prove"
    name: ClassVar[str] = "realised"

    currency: str = ""


def realised(tables: Tables, bridge: Result | None = None) -> Realised:
    """Claimed, validated and booked benefit from the sheet `realised`, held against the P&L and against the bridge.

    `bridge` is the result of `pnl_bridge`; without it nothing is held against what was expected. Findings:
    ``prove.realised.booked``, ``.validated`` and ``.claimed`` (initiatives with nothing signed), ``.overlap``,
    ``.unsigned``, ``.line`` (more than the line moved) and ``.expected`` (per initiative, against its bridge).
    """
    if missing := tables.lacking({"realised": NEEDED}):
        return Realised(as_of=tables.as_of, currency=tables.currency, gaps=(_gap(missing),))
    given = entries(tables)
    if not given:
        empty = Missing(name="realised", columns=NEEDED, why="no row has all of them")
        return Realised(as_of=tables.as_of, currency=tables.currency, gaps=(_gap((empty,)),))
    names = {str(r["initiative_id"]): str(r["initiative"]) for r in sheets.rows(tables, "initiatives")}
    books = lines(tables)
    held = counted(given, as_of=tables.as_of)
    expected = realised_expected.rows(bridge, held, names, as_of=tables.as_of)
    made = {
        "entries": frame([_entry(e, held, names, books) for e in given], ENTRIES),
        "sides": frame(_sides(given, held, names), SIDES),
        "overlaps": frame(_overlaps(given, names, as_of=tables.as_of), OVERLAPS),
        "totals": frame([_total(s, given, held) for s in STATUSES], TOTALS),
        "months": frame(_months(held), MONTHS),
        "lines": frame(_by_line(held, books), BY_LINE),
        "expected": frame(expected, realised_expected.EXPECTED),
    }
    found = realised_words.findings(made, names, currency=tables.currency, as_of=tables.as_of)
    return Realised(
        as_of=tables.as_of,
        currency=tables.currency,
        findings=tuple(found),
        gaps=tuple(_gaps(made["expected"], bridge, tables)),
        tables=made,
    )


def _entry(e: Entry, held: Mapping[Key, dict[date, Entry]], names: Mapping[str, str], books: Mapping[str, Line]) -> Any:
    mine = {m: row for m, row in held.get(e.key, {}).items() if row.realised_id == e.realised_id}
    line = books.get(same(e.pnl_line))
    began = min((row.first for key, m in held.items() if key[:2] == e.key[:2] for row in m.values()), default=e.first)
    moved = line.moved(e.first, e.last, since=began) if line is not None else None
    return {
        "realised_id": e.realised_id,
        "initiative_id": e.initiative_id,
        "name": names.get(e.initiative_id, e.initiative_id),
        "pnl_line": e.pnl_line,
        "status": e.status,
        "stated_status": e.stated,
        "first_month": e.first,
        "last_month": e.last,
        "months": e.months,
        "amount": e.amount,
        "amount_low": e.amount_low,
        "amount_high": e.amount_high,
        "counted": worth(mine),
        "reported": e.reported,
        "signed": e.signed,
        "signed_role": e.signed_role,
        "line_amount": line.total(e.first, e.last) if line is not None else None,
        "line_moved": moved,
        "above_line": None if moved is None else e.amount > max(moved, 0.0),
        "problem": e.problem,
        "source": e.source,
    }


def _sides(given: Sequence[Entry], held: Mapping[Key, dict[date, Entry]], names: Mapping[str, str]) -> list[Any]:
    found = []
    for who, line in sorted({key[:2] for key in held}):
        row: dict[str, Any] = {"initiative_id": who, "name": names.get(who, who), "status": "claimed"}
        for status in STATUSES:
            months = held.get((who, line, status), {})
            if not months:
                continue
            last = months[max(months)]
            row |= {
                "pnl_line": last.pnl_line,
                "status": status,
                status: worth(months),
                f"{status}_months": span(months),
            }
            if status != "claimed":
                row |= {f"{status}_role": last.signed_role, f"{status}_signed": last.signed}
        row["note"] = "; ".join(
            f"{e.realised_id}: {e.problem}" for e in given if e.problem and e.key[:2] == (who, line)
        )
        found.append(row)
    return found


def _overlaps(given: Sequence[Entry], names: Mapping[str, str], *, as_of: date) -> list[Any]:
    groups: dict[Key, list[Entry]] = {}
    for e in given:
        groups.setdefault(e.key, []).append(e)
    found = []
    for (who, _, status), rows in sorted(groups.items()):
        alone = [counted([e], as_of=as_of).get(e.key, {}) for e in rows]
        twice = {m for k, a in enumerate(alone) for b in alone[k + 1 :] for m in a if m in b}
        if not twice:
            continue
        both = [e for e, months in zip(rows, alone, strict=True) if twice & set(months)]
        whole = sum(worth(months) for months in alone)
        found.append(
            {
                "initiative_id": who,
                "name": names.get(who, who),
                "pnl_line": both[0].pnl_line,
                "status": status,
                "rows": ", ".join(e.realised_id for e in both),
                "months": span(twice),
                "amount": whole - worth(counted(rows, as_of=as_of)[rows[0].key]),
            }
        )
    return found


def _total(status: str, given: Sequence[Entry], held: Mapping[Key, dict[date, Entry]]) -> dict[str, Any]:
    mine = {key: months for key, months in held.items() if key[2] == status}
    return {
        "status": status,
        "amount": sum(worth(months) for _, months in sorted(mine.items())),
        "initiatives": len({key[0] for key in mine}),
        "lines": len({key[1] for key in mine}),
        "rows": sum(e.status == status for e in given),
        "unsigned": sum(e.stated == status and e.status != status for e in given),
        "months": span({m for months in mine.values() for m in months}),
    }


def _months(held: dict[Key, dict[date, Entry]]) -> list[dict[str, Any]]:
    found = []
    for (who, line), months in sorted(strongest(held).items()):
        for month, row in sorted(months.items()):
            each = {s: held.get((who, line, s), {}).get(month) for s in STATUSES}
            ends = (row.amount_low, row.amount_high)
            found.append(
                {"initiative_id": who, "pnl_line": row.pnl_line, "month": month, "strongest": row.status}
                | {s: None if e is None else e.amount / e.months for s, e in each.items()}
                | {"amount": row.amount / row.months}
                | {
                    f"amount_{side}": (row.amount if end is None else end) / row.months
                    for side, end in zip(("low", "high"), ends, strict=True)
                }
            )
    return found


def _by_line(held: dict[Key, dict[date, Entry]], books: Mapping[str, Line]) -> list[dict[str, Any]]:
    """What is at least validated on a line, and whether the line moved by what was added within a year."""
    found = []
    best = strongest({key: months for key, months in held.items() if key[2] != "claimed"})
    for line in sorted({key[1] for key in best}):
        mine = {key: months for key, months in sorted(best.items()) if key[1] == line}
        last = max(m for months in mine.values() for m in months)
        first = max(add_months(last, -11), min(m for months in mine.values() for m in months))
        now, before = (
            sum(worth(months, add_months(first, -back), add_months(last, -back)) for months in mine.values())
            for back in (0, 12)
        )
        moved = books[line].moved(first, last) if line in books else None
        newest = max((e for months in mine.values() for e in months.values()), key=lambda e: (e.last, e.realised_id))
        found.append(
            {
                "pnl_line": newest.pnl_line,
                "months": f"{first:%Y-%m} to {last:%Y-%m}",
                "amount": now,
                "amount_before": before,
                "added": now - before,
                "line_moved": moved,
                "initiatives": len({key[0] for key in mine}),
                "above_line": None if moved is None else now - before > max(moved, 0.0),
            }
        )
    return found


def _gap(missing: tuple[Missing, ...]) -> Gap:
    return Gap(
        id="prove.realised.booked",
        what="What came of it in money, as finance saw it",
        reason="Nobody wrote down what finance has validated or booked.",
        needs=missing,
    )


def _gaps(expected: Any, bridge: Result | None, tables: Tables) -> list[Gap]:
    if bridge is None or not bridge.has("bridge") or len(expected):
        return []
    lag = Missing(name="experiments", columns=("lag_months",), why="left empty")
    reason = "No effect with a registered lag belongs to an initiative, so that it is not known when to look for it."
    return [
        Gap(id="prove.realised.expected", what="How much of what was expected is booked", reason=reason, needs=(lag,))
    ]
