"""Realised benefit in words: what is booked, what is validated, what nobody has signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pandas as pd

from cxkit.formats import interval, listing, money, quantity
from cxkit.prove.units import records
from cxkit.records import Finding
from cxkit.tables.sheets import short

SOURCES = ("realised",)


class _Say:
    """Findings about realised money."""

    def __init__(self, currency: str, as_of: date) -> None:
        self.currency, self.as_of = currency, as_of

    def __call__(self, id: str, **fields: Any) -> Finding:
        base: dict[str, Any] = {"stage": "prove", "grade": "M", "unit": "money", "sources": SOURCES}
        return Finding.model_validate({"id": f"prove.realised.{id}", **base, "currency": self.currency, **fields})

    def money(self, value: float) -> str:
        return money(value, self.currency)


def findings(
    made: Mapping[str, pd.DataFrame], names: Mapping[str, str], *, currency: str, as_of: date
) -> Iterator[Finding]:
    """Every finding of `Realised`, totals first."""
    say = _Say(currency, as_of)
    totals = {r["status"]: r for r in records(made["totals"])}
    sides = records(made["sides"])
    for status in ("booked", "validated"):
        if totals[status]["rows"]:
            yield _signed(say, status, totals[status], sides)
    yield from _claimed(say, sides)
    yield from _problems(say, made["entries"])
    for row in records(made["overlaps"]):
        yield _overlap(say, row)
    for row in records(made["lines"]):
        if row["above_line"] is True:
            yield _line(say, row)
    yield from _rows_above(say, made["entries"])
    for row in records(made["expected"]):
        yield _expected(say, row)


def _signed(say: _Say, status: str, total: Mapping[str, Any], sides: list[dict[str, Any]]) -> Finding:
    mine = [r for r in sides if not pd.isna(r[status])]
    mine.sort(key=lambda r: (-abs(r[status]), r["initiative_id"]))
    each = listing([f"{short(r['name'], 40)} {say.money(r[status])}" for r in mine])
    plural = "s" if total["initiatives"] != 1 else ""
    also = sum(not pd.isna(r["validated"]) and not pd.isna(r["booked"]) for r in sides)
    beside = f" {also} of them have both, for other months or the same: the two are not to be added up." if also else ""
    verb = "has booked" if status == "booked" else "has validated"
    return say(
        status,
        title=f"Finance {verb} {say.money(total['amount'])} of benefit for {total['initiatives']} initiative{plural}",
        detail=f"{each}. For {total['months']}, each month of a line counted once.{beside}",
        value=total["amount"],
        about="no interval; as finance signed it",
        n=int(total["rows"]),
        period=str(total["months"]),
        tone="good" if total["amount"] > 0 else "bad",
    )


def _claimed(say: _Say, sides: list[dict[str, Any]]) -> Iterator[Finding]:
    signed = {r["initiative_id"] for r in sides if r["status"] != "claimed"}
    mine = [r for r in sides if r["initiative_id"] not in signed]
    if not mine:
        return
    who = {r["initiative_id"] for r in mine}
    amount = float(sum(r["claimed"] for r in mine))
    each = listing([f"{short(r['name'], 40)} {say.money(r['claimed'])} for {r['claimed_months']}" for r in mine])
    plural = "s" if len(who) != 1 else ""
    yield say(
        "claimed",
        title=f"{say.money(amount)} is claimed by {len(who)} initiative{plural} and signed by nobody of finance",
        detail=f"{each}. A claim counts as nothing until a finance role has validated it on a day.",
        value=amount,
        about="no interval; the initiatives' own word",
        n=len(mine),
        grade="E",
        tone="bad",
        weight=abs(amount),
    )


def _problems(say: _Say, entries: pd.DataFrame) -> Iterator[Finding]:
    rows = [r for r in records(entries) if r["status"] != r["stated_status"]]
    if not rows:
        return
    amount = float(sum(r["amount"] for r in rows))
    one = len(rows) == 1
    told = [f"{r['realised_id']} ({r['problem'].replace(': it counts as claimed', '')})" for r in rows]
    yield say(
        "unsigned",
        title=f"{say.money(amount)} said to be validated or booked counts as claimed: "
        f"{len(rows)} row{'' if one else 's'} {'is' if one else 'are'} not signed by finance",
        detail=f"{listing(told)}.",
        value=amount,
        about="no interval; as written down",
        n=len(rows),
        tone="bad",
    )


def _overlap(say: _Say, row: Mapping[str, Any]) -> Finding:
    return say(
        "overlap",
        title=f"{short(row['name'], 40)} has the same months {row['status']} twice on {row['pnl_line']}: "
        f"{say.money(row['amount'])} is counted once",
        detail=f"{row['rows']} hold {row['months']}. The row reported last counts; end the other before it.",
        value=row["amount"],
        about="no interval; arithmetic on what was written down",
        initiative=row["initiative_id"],
        subject=f"{row['pnl_line']}/{row['status']}",
        tone="bad",
        weight=abs(row["amount"]),
    )


def _line(say: _Say, row: Mapping[str, Any]) -> Finding:
    moved = f"moved by {say.money(row['line_moved'])}" if row["line_moved"] > 0 else "did not improve"
    one = row["initiatives"] == 1
    return say(
        "line",
        title=f"{say.money(row['added'])} more than a year before is signed on {row['pnl_line']}, which {moved} "
        "in the same months",
        detail=f"{row['months']}, {row['initiatives']} initiative{'' if one else 's'}: {say.money(row['amount'])} at "
        f"least validated, a year before {say.money(row['amount_before'])}. Either something else pushed the line the "
        "other way, or too much was signed: ask finance which.",
        value=row["added"],
        about="no interval; signed amounts against the P&L",
        n=int(row["initiatives"]),
        period=row["months"],
        sources=("realised", "pnl"),
        subject=row["pnl_line"],
        tone="bad",
    )


def _rows_above(say: _Say, entries: pd.DataFrame) -> Iterator[Finding]:
    """Single signed rows larger than the whole line moved since before their initiative."""
    rows = [r for r in records(entries) if r["above_line"] is True and r["status"] != "claimed"]
    if not rows:
        return
    one = len(rows) == 1
    told = [f"{r['realised_id']} ({short(r['name'], 40)}: {say.money(r['amount'])} on {r['pnl_line']})" for r in rows]
    yield say(
        "line",
        title=f"{len(rows)} signed row{'' if one else 's'} {'is' if one else 'are'} larger than all that "
        f"{'its' if one else 'their'} P&L line moved in the same months",
        detail=f"{listing(told)}, against the same months of the last year before the initiative. Something else may "
        "have pushed the line the other way; finance can say.",
        value=float(len(rows)),
        unit="count",
        currency="",
        about="no interval; counted",
        n=len(rows),
        sources=("realised", "pnl"),
        subject="rows",
        tone="bad",
    )


def _expected(say: _Say, row: Mapping[str, Any]) -> Finding:
    name, since = short(row["name"], 40), f"{row['visible_from']:%Y-%m}"
    ids = {"initiative": row["initiative_id"], "subject": f"{row['experiment_id']}/{row['pnl_line']}"}
    sources = ("realised", "experiments", "outcomes")
    before = row["booked_before"]
    early = "" if pd.isna(before) or not before else f" {say.money(before)} is booked for months before that."
    if not row["due"]:
        return say(
            "expected",
            title=f"What a roll-out of {name} brings cannot show on {row['pnl_line']} before {since}"
            + (f"; {say.money(before)} is booked for months before" if early else ""),
            detail="The lag that was registered has not passed since the test ended; an empty ledger says nothing yet."
            + early,
            about="no interval; nothing is due",
            grade=row["grade"],
            sources=sources,
            **ids,
        )
    months = f"{row['months']} month{'s' if row['months'] != 1 else ''}"
    booked = 0.0 if pd.isna(row["booked"]) else float(row["booked"])
    span = interval(row["expected_low"], row["expected_high"], "money", currency=say.currency)
    told = listing([f"{s} {say.money(row[s])}" for s in ("claimed", "validated") if not pd.isna(row[s])])
    shares = (row["share_low"], row["share_high"])
    known = not any(pd.isna(v) for v in shares)
    if pd.isna(row["share_booked"]):
        title = f"{say.money(booked)} is booked for {name}, of which no benefit was expected"
    else:
        title = f"{say.money(booked)} of {say.money(row['expected'])} expected of {name} since {since} is booked"
        title += f" ({quantity(row['share_booked'], 'ratio')})"
        title += f"; {say.money(before)} is booked for months before" if early else ""
    tone = "unknown"
    if known:
        tone = "bad" if shares[1] < 1 else "good" if shares[0] > 1 else "neutral"
    return say(
        "expected",
        title=title,
        detail=f"At the pace its test showed, {months} after the lag bring {span}, if it was rolled out to all when "
        "the test ended." + (f" For the same months: {told}; not to be added." if told else "") + early,
        value=None if pd.isna(row["share_booked"]) else row["share_booked"],
        unit="ratio",
        currency="",
        low=shares[0] if known and booked else None,
        high=shares[1] if known and booked else None,
        about="the expected amount; what is booked is taken as it is"
        if known and booked
        else "no interval; nothing is booked"
        if known
        else "no interval; the expected amount may be nothing",
        n=int(row["months"]),
        grade=row["grade"],
        sources=sources,
        tone=tone,
        weight=max(float(row["expected"]) - booked, 0.0),
        **ids,
    )
