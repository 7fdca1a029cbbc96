"""Facts that end a case: each check reads the sheets and the results of two runs and says what is so and since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from scipy import stats

from cxkit.formats import money
from cxkit.govern.drift_cases import Cases
from cxkit.govern.drift_counts import span
from cxkit.govern.drift_rules import AHEAD, MATERIAL, TOLERANCE
from cxkit.govern.reading import Row, best_proof, by_initiative, outcome, records
from cxkit.metrics.windows import add_months, last_day, month_of, months_between
from cxkit.records import Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import rows, short

Pair = tuple[Result | None, Result | None]
STATUSES = ("booked", "validated", "claimed")
NAMES: Mapping[str, str] = {
    "base": "base a year", "effect": "effect", "unit_value": "value of a unit", "adoption": "adoption",
    "margin": "margin", "confidence": "confidence",
}  # fmt: skip


@dataclass(frozen=True)
class About:
    """A funded initiative: its row of the ledger, its row of the sheet, and the forecast it was approved on."""

    row: Row
    written: Row
    forecast: Mapping[str, Any] | None

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.row["initiative_id"])

    @property
    def name(self) -> str:
        """Its name in a sentence."""
        return short(self.row["initiative"], 40)

    @property
    def approved(self) -> date | None:
        """The day its money was approved, else the day work began, else the day it was registered."""
        if self.forecast is not None:
            return date.fromisoformat(str(self.forecast["approved"])[:10])
        began: date | None = self.written.get("started") or self.written.get("registered")
        return began

    def alarm(self, kind: str, what: str, **more: Any) -> Row:
        """An alarm about it."""
        return {"kind": kind, "initiative_id": self.id, "initiative": self.name, "what": what} | more


def between_runs(about: Sequence[About], *, ledger_before: Result | None, effects: Pair, links: Pair) -> list[Row]:
    """What the last run still had: owners, proof, sound tests, links no test spoke against."""
    old = {row["initiative_id"]: row for row in records(ledger_before, "initiatives")}
    now, then = (by_initiative(records(result, "effects")) for result in effects)
    found = []
    for one in about:
        found += _owner(one, old.get(one.id))
        mine, was = now.get(one.id, []), then.get(one.id, [])
        known = {row["experiment_id"]: row["verdict"] for row in was}
        for name in sorted({row["experiment_id"] for row in mine if row["verdict"] == "blocked"}):
            new = known.get(name) != "blocked" if effects[1] is not None else None
            what = f"The test {name} that {one.name} waits for is blocked: its split does not match the plan"
            found.append(one.alarm("experiment", what, subject=name, new=new, sources="experiments; assignments"))
        before, after = best_proof(was), best_proof(mine)
        if outcome(before) == "proven" and outcome(after) != "proven":
            assert before is not None
            what = f"The effect of {one.name} was proven by {before['experiment_id']} at the last run and is no longer"
            gone = outcome(after) == "disproven"
            found.append(
                one.alarm("proof", what, subject=before["experiment_id"], new=True, ratio=0.0 if gone else None,
                          grade=(after or {}).get("grade"), sources="experiments")
            )  # fmt: skip
        found += _links(one, links)
    return found


def _owner(one: About, old: Row | None) -> list[Row]:
    """An owner who was there at the last run and is not any more; a role that changed hands is no alarm."""
    if old is None or old["has_owner"] is not True or one.row["has_owner"] is not False:
        return []
    return [one.alarm("owner", f"{one.name} has lost its owner since the last run", new=True, sources="initiatives")]


def _links(one: About, links: Pair) -> list[Row]:
    was = {(r["from_id"], r["to_id"]): r["verdict"] for r in records(links[1], "links")}
    found = []
    for row in records(links[0], "links"):
        key = (row["from_id"], row["to_id"])
        if row["from_id"] != one.id or row["verdict"] != "contradicts":
            continue
        what = f"A test speaks against the link from {one.name} to {row['to_label']} ({row['tested_by']})"
        new = was.get(key) != "contradicts" if links[1] is not None else None
        found.append(
            one.alarm(
                "link", what, subject=row["to_id"], new=new, ratio=0.0, grade=row["grade"], sources="links; experiments"
            )
        )
    return found


def of_today(tables: Tables, about: Sequence[About], *, cases: Cases, chance: float) -> list[Row]:
    """Spend, dates and benefit as the sheets of this run have them, and assumptions that were restated.

    All forecasts together are called missed with probability `chance` at most, if each interval holds what it says.
    """
    sheets = {name: rows(tables, name) for name in ("investments", "benefits", "realised", "experiments")}
    found = []
    for one in about:
        mine = {name: [r for r in each if r.get("initiative_id") == one.id] for name, each in sheets.items()}
        found += _spend(tables, one, mine["investments"])
        found += _deadline(tables, one)
        found += _late(tables, one, mine, listed=bool(sheets["realised"]))
        found += _behind(tables, one, mine["realised"], chance / len(about))
        found += _restated(one, cases)
    return found


def _spend(tables: Tables, one: About, investments: Sequence[Row]) -> list[Row]:
    budget, spent = one.row.get("budget"), one.row.get("spent")
    if not budget or spent is None:
        return []
    planned = planned_spend(one, investments, tables.as_of)
    if spent > budget:
        against, words = budget, "budget"
    elif planned is not None and spent > AHEAD * planned and spent - planned > MATERIAL * budget:
        against, words = planned, "plan to date"
    else:
        return []
    what = (
        f"{one.name} has spent {money(spent, tables.currency)} against a {words} of {money(against, tables.currency)}"
    )
    return [one.alarm("spend", what, subject=words, assumed=against, found=spent, sources="initiatives; investments")]


def planned_spend(one: About, investments: Sequence[Row], as_of: date) -> float | None:
    """Money to be paid by `as_of`: the budget in the steps of the sheet of investments, else in even
    ones from start to planned end."""
    whole = sum(row["amount"] * _payments(row, as_of, whole=True) for row in investments)
    if whole > 0:
        due = sum(row["amount"] * _payments(row, as_of) for row in investments)
        return float(max(due, one.row["budget"] * due / whole))  # the sheet may hold more, or less, than the budget
    first, last = one.written.get("started"), one.written.get("planned_end")
    if first is None or last is None or last <= first:
        return None
    return float(one.row["budget"]) * min(max((as_of - first).days / (last - first).days, 0.0), 1.0)


def _payments(row: Row, as_of: date, *, whole: bool = False) -> int:
    """Payments due by `as_of`, or all of them; what runs without an end is paid up to today."""
    passed = max(months_between(row["month"], month_of(as_of)) + 1, 0)
    most = 1 if row["kind"] == "one_off" else row["months"] or passed
    return int(most) if whole else min(passed, int(most))


def _deadline(tables: Tables, one: About) -> list[Row]:
    due = one.written.get("planned_end")
    if due is None or due >= tables.as_of or one.written.get("ended") is not None:
        return []
    days = (tables.as_of - due).days
    what = f"{one.name} was to end on {due} and is not finished, {days:,} days later"
    return [one.alarm("deadline", what, since=due, sources="initiatives")]


def _late(tables: Tables, one: About, mine: Mapping[str, list[Row]], *, listed: bool) -> list[Row]:
    """Start, ramp and lag of the first benefit are over and nobody has seen any of it."""
    lag = max((row["lag_months"] or 0.0 for row in mine["experiments"]), default=0.0)
    begun = [add_months(r["start"], int(r["ramp_months"] or 0)) for r in mine["benefits"] if r["start"] is not None]
    seen = mine["realised"] or one.row.get("realised_as") in ("validated", "booked")
    if not begun or not listed or seen or one.row.get("outcome") in ("proven", "disproven"):
        return []
    due = last_day(add_months(min(begun), int(lag)))
    if due >= tables.as_of:
        return []
    what = f"No benefit of {one.name} has been seen, though start, ramp and lag were over on {due}"
    return [one.alarm("late", what, since=due, ratio=0.0, found=0.0, sources="benefits; realised")]


def _behind(tables: Tables, one: About, realised: Sequence[Row], chance: float) -> list[Row]:
    """Realised cash below the forecast's interval at the last of its points that is over."""
    if one.forecast is None or one.approved is None or not realised:
        return []
    points = [dict(p) for p in one.forecast.get("points") or ()]
    over = [p for p in points if last_day(add_months(month_of(one.approved), int(p["months"]))) <= tables.as_of]
    if not over:
        return []
    point = max(over, key=lambda p: p["months"])
    until = add_months(month_of(one.approved), int(point["months"]))
    known = [r for r in realised if r["last_month"] <= until]
    sums = {
        s: sum(r["amount"] for r in known if r["status"] == s) for s in STATUSES if any(r["status"] == s for r in known)
    }
    if not sums:
        return []
    status, amount = max(sums.items(), key=lambda item: item[1])
    top = sum(r["amount_high"] if r["amount_high"] is not None else r["amount"] for r in known if r["status"] == status)
    own = float(stats.norm.isf((1 - float(one.forecast.get("level") or 0.8)) / 2))
    wide = float(stats.norm.isf(chance)) / own
    low = point["value"] - wide * (point["value"] - point["low"])
    if max(top, amount) >= low:
        return []
    what = (
        f"{one.name} has brought {money(amount, tables.currency)} ({status}) {point['months']} months after approval, "
        f"forecast were {money(point['value'], tables.currency)}"
    )
    ratio = amount / point["value"] if point["value"] > 0 else None
    return [
        one.alarm("behind", what, subject=f"{point['months']} months", since=last_day(until), assumed=point["value"],
                  range_low=low, range_high=point["high"], found=amount, ratio=ratio, sources="realised")
    ]  # fmt: skip


def _restated(one: About, cases: Cases) -> list[Row]:
    """An assumption whose value in today's sheet lies outside what was approved; the case has it already."""
    found = []
    for each in (one.forecast or {}).get("assumptions") or ():
        row = dict(each)
        now = cases.stated(row["benefit_id"], row["name"])
        if now is None or row["name"] not in NAMES:
            continue
        low, high = span(row, TOLERANCE)
        if low <= now <= high:
            continue
        subject = f"{row['benefit_id']} {row['name']}"
        what = (
            f"The {NAMES[row['name']]} of {row['benefit_id']} ({one.name}) is now stated as {now:,.6g}; "
            f"{row['value']:,.6g} was approved"
        )
        numbers = {"assumed": row["value"], "range_low": low, "range_high": high, "found": now}
        more = {"subject": subject, "ratio": 1.0, "benefit_id": row["benefit_id"], "sources": "benefits"}
        found.append(one.alarm("restated", what, **numbers, **more))
    return found
