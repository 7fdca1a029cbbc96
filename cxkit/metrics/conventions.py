"""Retention under every other convention in use, and how far each moves the figure.

Two people who measure the same book can differ by points without either being wrong: they treat a pause, a part of a
month, a second contract, a second currency or a price rise differently. Each rival convention of
``playbook/metrics.yml`` is computed from the same rows as ours; one that cannot be computed says why.

Every convention here is a set of *pairs*: what a unit (a customer, a product of a customer, a contract) pays at the
opening and at the end. GRR is Σ min(start, end) ÷ Σ start over the units that pay at the opening (reference R06), NRR
is Σ end ÷ Σ start, churn the share of units without an end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date

from cxkit.metrics import retention, spells
from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.retention import Retention
from cxkit.metrics.windows import Window, add_months, seen
from cxkit.records import Missing, Number, Record
from cxkit.tables.cut import quoted, text_literal
from cxkit.tables.engine import Tables

GRACE = 3
"""Months of a pause that the kinder convention does not call churn."""
OURS = "ours"
CHURN: Mapping[str, str] = {"base": "logo_churn", "early": "logo_churn", "notice": "logo_churn"} | dict.fromkeys(
    ("returned", "joined"), "nrr"
)
"""Conventions that are about another metric than GRR first."""


class Alternative(Record):
    """One metric under one convention."""

    metric: str
    convention: str
    """Short id."""
    label: str
    """The convention in a few words."""
    value: Number | None = None
    movement: Number | None = None
    """This figure less ours, as a difference of fractions."""
    n: int = 0
    """Units that pay at the opening."""
    note: str = ""
    """What it does, or why it cannot be computed."""


LABELS: Mapping[str, tuple[str, str]] = {
    OURS: ("ours", "per customer, opening against last month, month-end, opening rate, at the prices paid"),
    "grace": (
        "pauses up to 3 months kept",
        "a customer within a pause of up to three months still counts, at both ends",
    ),
    "strict": ("a pause is churn", "a customer without revenue in any month of the window counts as lost"),
    "months": ("months multiplied", "each month against the one before, multiplied over the window"),
    "product": ("per product", "each product of a customer is followed by itself"),
    "contract": ("per contract", "each contract is followed by itself"),
    "half": ("average in force", "mean of what is in force on the first and the last day of the month"),
    "prorated": ("daily prorated", "what is in force on each day of the month, averaged"),
    "whole": ("partial months left out", "who is in force for a part of a month only does not count in it"),
    "actual": ("actual exchange rates", "each month at its own rate, so that a moving rate counts as growth or loss"),
    "average": ("average exchange rate", "both ends at the window's average rate"),
    "one_off": ("one-off fees counted", "fees that do not recur are added to both ends"),
    "constant": ("price changes taken out", "closing units at opening prices"),
    "returned": ("returned customers counted", "who paid before the opening month but not in it is added at the end"),
    "joined": ("new customers counted", "who joined inside the window is added at the end: growth, not retention"),
    "base": ("average customers as base", "leavers divided by the mean of opening and closing customers"),
    "early": ("early leavers counted", "who joined and left inside the window is added to the leavers"),
    "notice": ("by notice", "a customer is lost on the day of notice rather than with the last payment"),
}
"""Convention → its name and what it does."""


Found = tuple[Mapping[str, float | None], int] | str
"""Figures by metric with the number of units, or why there are none."""


def alternatives(tables: Tables, window: Window, now: Retention, *, constant: Found) -> list[Alternative] | Missing:
    """Every convention's figures beside ours, in the order of `LABELS`; `now` is ours.

    `constant` is GRR and NRR at opening prices, or why they cannot be told. Only figures that a convention can move are
    listed: one about new customers says nothing about GRR. Alternatives without a value carry the reason.
    """
    relation = in_one_currency(tables, "revenue", ("mrr", "one_off"), at=window.opening)
    if isinstance(relation, Missing):
        return relation
    ours: dict[str, float | None] = {"grr": now.grr.value, "nrr": now.nrr.value, "logo_churn": now.logo_churn.value}
    found: dict[str, Found] = {OURS: (ours, now.accounts)}
    found |= _by_account(tables, relation, window)
    found["months"] = _months(tables, window)
    found["product"] = _products(tables, relation, window)
    found |= _spells(tables, window, now)
    found |= _rates(tables, window)
    found["constant"] = constant
    found |= _counted(now)
    found["notice"] = "no table holds the day on which notice was given; ask for it where notice periods are long"
    return [one for name in LABELS for one in _rows(name, found[name], ours)]


def _rows(name: str, found: Found, ours: Mapping[str, float | None]) -> Iterator[Alternative]:
    label, note = LABELS[name]
    if isinstance(found, str):
        yield Alternative(metric=CHURN.get(name, "grr"), convention=name, label=label, note=found)
        return
    figures, n = found
    for metric, value in figures.items():
        base = ours[metric]
        if value is not None and base is not None:
            yield Alternative(
                metric=metric,
                convention=name,
                label=label,
                value=value,
                movement=round(value - base, 9),
                n=n,
                note=note,
            )


def figures_of(tables: Tables, pairs: str, names: Mapping[str, tuple[str, str]], *, churn: bool) -> dict[str, Found]:
    """Figures of several sets of pairs over one relation: name → SQL of start and end per row of `pairs`."""
    terms = []
    for name, (start, end) in names.items():
        there = f"FILTER (WHERE ({start}) > 0)"
        parts = {
            "n": f"count(*) {there}",
            "start": f"coalesce(sum({start}) {there}, 0)",
            "kept": f"coalesce(sum(least({start}, {end})) {there}, 0)",
            "end": f"coalesce(sum({end}) {there}, 0)",
            "lost": f"count(*) FILTER (WHERE ({start}) > 0 AND ({end}) = 0)",
        }
        terms += [f"{sql} AS {quoted(f'{name}_{part}')}" for part, sql in parts.items()]
    row = tables.frame(f"SELECT {', '.join(terms)} FROM {pairs}").astype(float).iloc[0]
    made: dict[str, Found] = {}
    for name in names:
        paid, n = float(row[f"{name}_start"]), int(row[f"{name}_n"])
        if paid <= 0:
            made[name] = "nobody pays at the opening under it"
            continue
        figures: dict[str, float | None] = {
            "grr": float(row[f"{name}_kept"]) / paid,
            "nrr": float(row[f"{name}_end"]) / paid,
        }
        made[name] = (figures | ({"logo_churn": int(row[f"{name}_lost"]) / n} if churn else {}), n)
    return made


def _by_account(tables: Tables, relation: str, window: Window) -> dict[str, Found]:
    """Pauses treated more kindly and more strictly, and one-off fees."""
    span = [add_months(window.opening, -k) for k in range(GRACE, 0, -1)] + [window.opening, *window.months]
    at = {month: f"m{i}" for i, month in enumerate(span)}
    columns = [f"coalesce(sum(mrr) FILTER (month = DATE '{m}'), 0) AS {c}" for m, c in at.items()]
    once = "one_off" in tables.supplied("revenue")
    for name, month in (("o0", window.opening), ("o1", window.last)):
        value = f"sum(one_off) FILTER (month = DATE '{month}')" if once else "0"
        columns.append(f"coalesce({value}, 0) AS {name}")
    book = (
        f"(SELECT account_id, {', '.join(columns)} FROM {relation} WHERE month >= DATE '{span[0]}' "
        f"AND month <= DATE '{window.last}' AND account_id IS NOT NULL GROUP BY 1)"
    )
    start, end = at[window.opening], at[window.last]
    names = {"strict": (start, f"CASE WHEN least({', '.join(at[m] for m in window.months)}) > 0 THEN {end} ELSE 0 END")}
    made: dict[str, Found] = {}
    reach = seen(tables, "revenue", "month", "mrr > 0")
    if reach is not None and reach.first <= span[0] and len(window) > GRACE:
        names["grace"] = (_last_paid(at, window.opening), _last_paid(at, window.last))
    else:
        made["grace"] = f"it needs recurring revenue from {span[0]:%Y-%m} on"
    if once:
        names["one_off"] = (f"{start} + o0", f"{end} + o1")
    else:
        made["one_off"] = "it needs revenue (one_off)"
    return made | figures_of(tables, book, names, churn=True)


def _last_paid(at: Mapping[date, str], month: date) -> str:
    """SQL of what was paid last within the grace that ends with a month."""
    return "coalesce(" + ", ".join(f"nullif({at[add_months(month, -k)]}, 0)" for k in range(GRACE + 1)) + ", 0)"


def _months(tables: Tables, window: Window) -> Found:
    flows = retention.monthly(tables, window.last, len(window))
    if isinstance(flows, Missing) or len(flows) < len(window):
        return "a month of the window has no revenue at all"
    stays = 1 - flows["lost_accounts"] / flows["accounts"]
    return {
        "grr": math.prod((flows["kept"] / flows["start"]).tolist()),
        "nrr": math.prod((flows["end"] / flows["start"]).tolist()),
        "logo_churn": 1 - math.prod(stays.tolist()),
    }, int(flows["accounts"].iloc[0])


def _products(tables: Tables, relation: str, window: Window) -> Found:
    if "product" not in tables.supplied("revenue"):
        return "it needs revenue (product)"
    book = (
        f"(SELECT coalesce(sum(mrr) FILTER (month = DATE '{window.opening}'), 0) AS s, "
        f"coalesce(sum(mrr) FILTER (month = DATE '{window.last}'), 0) AS e FROM {relation} "
        f"WHERE month IN (DATE '{window.opening}', DATE '{window.last}') AND account_id IS NOT NULL "
        "GROUP BY account_id, product)"
    )
    return figures_of(tables, book, {"product": ("s", "e")}, churn=False)["product"]


def _spells(tables: Tables, window: Window, now: Retention) -> dict[str, Found]:
    """Parts of months and several contracts, where spells tell them and tie to the revenue we measure."""
    names = ("contract", "half", "prorated", "whole")
    contracts = spells.valued(tables, window)
    if isinstance(contracts, Missing):
        return dict.fromkeys(names, spells.NEEDS)
    accounts = spells.per_account(contracts)
    ours = figures_of(tables, accounts, {"ours": ("month_end_s", "month_end_e")}, churn=True)["ours"]
    tie = not isinstance(ours, str) and all(
        v is not None and w is not None and abs(v - w) < 1e-9
        for v, w in ((ours[0]["grr"], now.grr.value), (ours[0]["nrr"], now.nrr.value))
    )
    if not tie:
        return dict.fromkeys(names, "subscriptions do not tie to the revenue that retention is measured on")
    ways = {way: (f"{way}_s", f"{way}_e") for way in names[1:]}
    made = figures_of(tables, accounts, ways, churn=True)
    return made | figures_of(tables, contracts, {"contract": ("month_end_s", "month_end_e")}, churn=False)


def _rates(tables: Tables, window: Window) -> dict[str, Found]:
    """Other exchange rates, where the book holds several currencies."""
    home = text_literal(tables.currency)
    if "currency" not in tables.supplied("revenue"):
        return dict.fromkeys(("actual", "average"), "the book is in one currency")
    foreign = tables.frame(f"SELECT DISTINCT currency FROM revenue WHERE currency <> {home} ORDER BY 1")["currency"]
    if foreign.empty:
        return dict.fromkeys(("actual", "average"), "the book is in one currency")
    made: dict[str, Found] = {}
    ends = [in_one_currency(tables, "revenue", ("mrr",), at=at) for at in (window.opening, window.last)]
    if any(isinstance(e, Missing) for e in ends):
        made["actual"] = f"there is no rate for {window.last:%Y-%m}"
    else:
        made |= _pair(tables, "actual", str(ends[0]), str(ends[1]), window)
    rates = tables.frame(
        f"SELECT from_currency, count(*) AS months, avg(CAST(rate AS DECIMAL(18,8))) AS rate FROM ("
        f"SELECT from_currency, month, max(rate) AS rate FROM fx WHERE to_currency = {home} AND rate > 0 "
        f"AND month >= DATE '{window.opening}' AND month <= DATE '{window.last}' GROUP BY 1, 2) GROUP BY 1 ORDER BY 1"
    )
    whole = rates[rates["months"] == len(window) + 1].set_index("from_currency")["rate"]
    if not set(foreign) <= set(whole.index):
        made["average"] = "there are months without a rate"
        return made
    cases = " ".join(f"WHEN {text_literal(c)} THEN CAST({float(whole[c])!r} AS DECIMAL(18,8))" for c in sorted(foreign))
    factor = f"CASE coalesce(currency, {home}) {cases} ELSE 1 END"
    relation = f"(SELECT account_id, month, CAST(mrr * {factor} AS DECIMAL(18,4)) AS mrr FROM revenue)"
    return made | _pair(tables, "average", relation, relation, window)


def _pair(tables: Tables, name: str, opening: str, last: str, window: Window) -> dict[str, Found]:
    book = (
        "(SELECT account_id, sum(s) AS s, sum(e) AS e FROM ("
        f"SELECT account_id, mrr AS s, 0 AS e FROM {opening} WHERE month = DATE '{window.opening}' UNION ALL "
        f"SELECT account_id, 0, mrr FROM {last} WHERE month = DATE '{window.last}') "
        "WHERE account_id IS NOT NULL GROUP BY 1)"
    )
    return figures_of(tables, book, {name: ("s", "e")}, churn=False)


def _counted(now: Retention) -> dict[str, Found]:
    """Who else may be counted in, from the bridge's own sums."""
    churn, n = now.logo_churn.value, now.accounts
    lost = round((churn or 0.0) * n)
    closing = n - lost + now.joined - now.joined_lost + now.returned
    return {
        "returned": ({"nrr": (now.end + now.returned_end) / now.start if now.start else None}, n),
        "joined": ({"nrr": (now.end + now.joined_end) / now.start if now.start else None}, n),
        "base": ({"logo_churn": lost / ((n + closing) / 2) if n + closing else None}, n),
        "early": ({"logo_churn": (lost + now.joined_lost) / n if n else None}, n),
    }
