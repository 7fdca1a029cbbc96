"""What lifetime values say, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from cxkit.formats import interval, money, number, quantity
from cxkit.metrics.definitions import definition
from cxkit.records import Finding, Record
from cxkit.tables.sheets import short

RESAMPLED = "what customers like these would be worth, customers resampled; margin, price and rate as stated"
NEAR = 0.10
"""Error of a held-out part up to which the model is called close."""
FIRST = {"channel": "whose first order came by {}", "product": "whose first order was {}"}
YEARS: Mapping[int, str] = {1: "a year", 2: "two years", 3: "three years", 4: "four years", 5: "five years"}


class Told(Record):
    """What every sentence about lifetime value needs to know."""

    shape: str
    currency: str
    horizon: int
    rate: float
    margin: str
    why: str
    period: str
    sources: tuple[str, ...]

    @property
    def span(self) -> str:
        """The horizon in words."""
        whole = YEARS.get(self.horizon // 12) if self.horizon % 12 == 0 else None
        return whole or f"{self.horizon} months"

    def money(self, value: float) -> str:
        """Money of the client."""
        return money(value, self.currency)

    def finding(self, name: str, title: str, row: Mapping[str, Any], column: str = "value", **more: Any) -> Finding:
        """A modelled figure of one row with its interval."""
        prefix = "" if column == "value" else f"{column}_"
        low, high = _number(row, f"{prefix}low"), _number(row, f"{prefix}high")
        about = RESAMPLED if low is not None else str(row.get("note") or "")
        given = {
            "unit": "money",
            "currency": self.currency,
            "n": int(row["customers"]),
            "about": about,
            "grade": "D",
            "definition": definition("clv").tag,
        } | more
        return Finding(
            id=f"quantify.lifetime.{name}",
            stage="quantify",
            title=title,
            value=_number(row, column),
            low=low,
            high=high,
            period=self.period,
            sources=self.sources,
            **given,
        )


def _number(row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    return None if value is None or pd.isna(value) else float(value)


def _first(frame: pd.DataFrame) -> dict[str, Any]:
    return {str(k): v for k, v in frame.iloc[0].to_dict().items()}


def _range(low: float | None, high: float | None, told: Told) -> str:
    return "" if low is None else f" ({interval(low, high, 'money', currency=told.currency)})"


def findings(tables: Mapping[str, pd.DataFrame], told: Told) -> list[Finding]:
    """Every finding of a lifetime value, most asked for first."""
    rows = [{str(k): v for k, v in row.items()} for row in tables["values"].to_dict("records")]
    whole = rows[0]
    made: list[Finding] = []
    if _number(whole, "value") is not None:
        made += [_customer(whole, tables, told), *_apart(rows, told), _book(whole, told)]
    if "curve" in tables:
        made.append(_survival(tables["curve"], whole, told))
    if told.shape == "orders" and _number(whole, "repeat_orders") is not None:
        made += _orders(whole, told)
    if "check" in tables:
        made.append(_check(_first(tables["check"]), told))
    if "independence" in tables:
        made += _dependence(_first(tables["independence"]), told)
    return made


def _customer(row: Mapping[str, Any], tables: Mapping[str, pd.DataFrame], told: Told) -> Finding:
    value, low, high = row["value"], _number(row, "low"), _number(row, "high")
    title = f"A new customer is worth {told.money(value)} over {told.span}{_range(low, high, told)}"
    said = [
        f"Money is contribution, at {told.margin}, discounted at {quantity(told.rate, 'ratio')} a year; "
        f"beyond {told.span} nothing."
    ]
    if told.shape == "contracts":
        said.append(f"{quantity(_number(row, 'kept_12'), 'ratio')} of new customers are still there after a year.")
        beyond = _number(row, "beyond") or 0.0
        if beyond >= 0.005:
            said.append(
                f"{quantity(beyond, 'ratio')} of it lies beyond what was observed and rests on the model alone."
            )
    else:
        said.append(f"The first order brings {told.money(row['first_value'])} of it, orders after it the rest.")
    if row.get("note"):
        said.append(f"Note: {row['note']}.")
    return told.finding("customer", title, row, detail=" ".join([*said, told.why]))


def _apart(rows: Sequence[Mapping[str, Any]], told: Told) -> Iterator[Finding]:
    """The most and the least valuable group of the first dimension in which their intervals lie apart."""
    named = [r for r in rows if r["dimension"] != "all" and _number(r, "low") is not None]
    for dimension in dict.fromkeys(r["dimension"] for r in named):
        mine = [r for r in named if r["dimension"] == dimension]
        top, bottom = max(mine, key=lambda r: r["value"]), min(mine, key=lambda r: r["value"])
        if top["low"] <= bottom["high"]:
            continue
        kind = FIRST.get(str(dimension), "in {}") if told.shape == "orders" else "in {}"
        names = [kind.format(short(str(r["group"]), 40)) for r in (top, bottom)]
        times = number(top["value"] / bottom["value"], 1)
        yield told.finding(
            "segment",
            f"A new customer {names[0]} is worth {told.money(top['value'])} over {told.span}"
            f"{_range(top['low'], top['high'], told)}, {times} times one {names[1]}",
            top,
            subject=str(top["group"]),
            detail=(
                f"One {names[1]} is worth {told.money(bottom['value'])}{_range(bottom['low'], bottom['high'], told)}. "
                "Groups differ in who chose them: this is no effect of moving a customer from one to the other."
            ),
        )
        return


def _book(row: Mapping[str, Any], told: Told) -> Finding:
    low, high = _number(row, "book_low"), _number(row, "book_high")
    count = f"{int(row['customers']):,}"
    title = f"Today's {count} customers are worth {told.money(row['book'])} over {told.span}{_range(low, high, told)}"
    return told.finding(
        "book",
        title,
        row,
        "book",
        detail="Each by how long they have stayed and how they have bought so far; nobody new is counted.",
    )


def _survival(curve: pd.DataFrame, whole: Mapping[str, Any], told: Told) -> Finding:
    """Share of new customers still there after a year, and at the end of the curve."""
    at = curve.set_index("month")
    year, end = at.loc[12], int(curve["month"].max())
    seen = int(curve.loc[~curve["extrapolated"], "month"].max())
    paths = at["path"].astype(float).to_dict()
    later = quantity(paths[end], "ratio")
    how = "as observed" if seen >= end else f"observed for {seen} months, by the model beyond"
    return told.finding(
        "survival",
        f"{quantity(paths[12], 'ratio')} of new customers are still there after a year, {later} after "
        f"{YEARS.get(end // 12, f'{end} months') if end % 12 == 0 else f'{end} months'}",
        {"customers": whole["customers"], "value": year["path"], "low": year["low"], "high": year["high"]},
        unit="ratio",
        currency="",
        about="the share among customers like these, customers resampled",
        detail=f"At the rates of {told.period}, {how}: of those with so many months behind them, how many left.",
        grade="M" if seen >= 12 else "D",
    )


def _orders(row: Mapping[str, Any], told: Told) -> Iterator[Finding]:
    again = row["repeat_orders"]
    span = interval(_number(row, "repeat_orders_low"), _number(row, "repeat_orders_high"), "none")
    yield told.finding(
        "orders",
        f"A new customer comes back {number(again)} times in {told.span}",
        row,
        "repeat_orders",
        unit="none",
        currency="",
        detail=f"Between {span.replace(' to ', ' and ')} times. Days with an order count once; "
        "returned goods are no order.",
    )
    share = quantity(row["active"] / row["customers"], "ratio")
    yield told.finding(
        "active",
        f"{row['active']:,.0f} of {int(row['customers']):,} customers are likely still active ({share})",
        row,
        "active",
        unit="count",
        currency="",
        detail="By how long their next order is overdue for somebody who buys as often as they do. Who ordered once "
        "and not again counts as active: one order says nothing about leaving.",
    )


def _check(row: Mapping[str, Any], told: Told) -> Finding:
    error = _number(row, "error")
    actual, predicted = row["actual"], row["predicted"]
    low, high = row["low"], row["high"]
    inside = low <= actual <= high
    what, count = row["what"], f"{actual:,.0f}"
    if error is None:
        title = (
            f"Predicted from the time before, {predicted:,.0f} {what} were expected in {row['period']} and none came"
        )
    else:
        way = "many" if error > 0 else "few"
        title = (
            f"Tested on months it had not seen, the model expected {predicted:,.0f} {what} and there were {count}: "
            f"{quantity(abs(error), 'ratio')} too {way}"
        )
    judged = "the difference is within what chance explains" if inside else "that is more than chance explains"
    close = error is not None and abs(error) <= NEAR
    then = (
        "; the time before does not carry over as it is, so values hold only if the latest pattern lasts"
        if not inside
        else ""
    )
    return told.finding(
        "check",
        title,
        {**row, "value": predicted},
        unit="count",
        currency="",
        about="what the time before would let one expect, with the chance of single customers",
        tone="good" if close else "neutral",
        detail=f"Tested on {row['period']}; {judged} ({low:,.0f} to {high:,.0f}){then}.",
    )


def _dependence(row: Mapping[str, Any], told: Told) -> Iterator[Finding]:
    if row["verdict"] != "fails":
        return
    way = "more" if row["correlation"] > 0 else "less"
    yield told.finding(
        "independence",
        f"Customers who come back more often spend {way} per order, so values use the plain mean of orders",
        {**row, "value": row["correlation"]},
        unit="none",
        currency="",
        about="the correlation among customers who came back, customers resampled",
        detail="The usual model of spend (Gamma–Gamma) needs the two to be unrelated. Values of single customers are "
        "less certain than their intervals say.",
        tone="unknown",
    )
