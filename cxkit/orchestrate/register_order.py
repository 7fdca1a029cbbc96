"""In which order improvements should be done, in which they were, and where they come from.

Cost of delay divided by duration (CD3, Reinertsen 2009; Smith's rule of 1956): what loses most money per day of work
comes first. No other order of the same work by the same hands loses less, while what an item loses a month stays as it
is. What an item has lost already is sunk and does not move it; it is told beside it as ageing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
from scipy import stats

from cxkit.formats import listing, money, number, quantity
from cxkit.metrics.estimates import MINIMUM_N, difference, proportion
from cxkit.orchestrate.part import Part
from cxkit.records import Finding, Gap, Missing
from cxkit.tables.engine import Tables

MONTH_DAYS = 30.4375
FEWEST = 5
"""Finished items below which nothing is said about their order."""
CUSTOMER = ("usage", "feedback", "complaint")
OWN = ("roadmap", "executive")
CONVENTIONS: Mapping[str, tuple[str, Callable[[Mapping[Any, Any]], float]]] = {
    "cd3": ("money lost per day of work", lambda r: -r["value_per_month"] / r["effort_days"]),
    "value": ("money lost a month", lambda r: -r["value_per_month"]),
    "age": ("first come, first served", lambda r: -r["age_days"]),
    "ageing": ("money lost so far", lambda r: -r["value_per_month"] * r["age_days"]),
    "shortest": ("least work first", lambda r: r["effort_days"]),
}
"""Convention → in words, and what it sorts by, the smallest first."""
WHATS = {
    "order": "The order in which improvements were done",
    "orders": "What another order of the backlog would lose",
    "sources": "Where improvements come from",
    "sources_done": "Whose improvements are done",
}


def _gap(id: str, reason: str, *needs: Missing) -> Gap:
    return Gap(id=f"orchestrate.register.{id}", what=WHATS[id], reason=reason, needs=needs)


def order_part(tables: Tables) -> Part:
    """The open backlog under several conventions, and the finished items' order against cost of delay."""
    needs = tables.lacking({"backlog": ("item_id", "created", "done", "value_per_month", "effort_days")})
    if needs:
        reason = "It takes what each item loses a month, how long it takes, and when it was raised and done."
        return Part(gaps=(_gap("order", reason, *needs), _gap("orders", reason, *needs)))
    day = f"DATE '{tables.as_of}'"
    rows = tables.frame(f"""
        SELECT item_id, value_per_month, effort_days, date_diff('day', created, {day}) AS age_days,
          date_diff('day', done, {day}) AS done_ago FROM backlog
        WHERE value_per_month > 0 AND effort_days > 0 ORDER BY item_id
    """)
    waiting, finished = rows[rows["done_ago"].isna()], rows[rows["done_ago"].notna()]
    return Part.joined([_orders(waiting, tables), _actual(finished, tables)])


def _ranked(rows: pd.DataFrame, convention: str) -> list[dict[Any, Any]]:
    sort = CONVENTIONS[convention][1]
    return sorted(rows.to_dict("records"), key=lambda r: (sort(r), str(r["item_id"])))


def lost(order: list[dict[Any, Any]]) -> float:
    """What a sequence loses until its last item is done, one day of work a day, from today on.

    >>> small = {"value_per_month": 30.4375, "effort_days": 1.0}
    >>> large = small | {"value_per_month": 304.375}
    >>> lost([large, small]), lost([small, large])
    (12.0, 21.0)
    """
    day = total = 0.0
    for item in order:
        day += float(item["effort_days"])
        total += float(item["value_per_month"]) / MONTH_DAYS * day
    return total


def _agreement(one: Sequence[float], other: Sequence[float]) -> float:
    """Kendall's tau-b; nothing in common where one of them does not vary."""
    tau = float(stats.kendalltau(list(one), list(other)).statistic)
    return 0.0 if math.isnan(tau) else tau


def _orders(waiting: pd.DataFrame, tables: Tables) -> Part:
    if len(waiting) < 2:
        return Part(gaps=(_gap("orders", "Fewer than two open items say what they lose and how long they take."),))
    best = _ranked(waiting, "cd3")
    ids = [str(r["item_id"]) for r in best]
    least = lost(best)
    rows = []
    for name, (words, _) in CONVENTIONS.items():
        order = _ranked(waiting, name)
        places = {str(r["item_id"]): i for i, r in enumerate(order)}
        tau = _agreement(range(len(ids)), [places[i] for i in ids])
        costs = lost(order)
        rows.append((name, words, len(ids), tau, costs, costs - least, str(order[0]["item_id"])))
    columns = ["convention", "words", "items", "rank_correlation", "lost", "more_than_cd3", "first"]
    table = pd.DataFrame(rows, columns=columns)
    worst = table.sort_values(["more_than_cd3", "convention"], ascending=[False, True]).iloc[0]
    extra = float(worst["more_than_cd3"])
    said = listing([f"{r['words']} {money(r['more_than_cd3'], tables.currency)}" for r in table.to_dict("records")[1:]])
    more = money(extra, tables.currency)
    title = f"Doing the open backlog by {worst['words']} would lose {more} more than by cost of delay"
    finding = Finding(
        id="orchestrate.register.orders",
        stage="orchestrate",
        title=title if extra > 0 else "Every usual order of the open backlog loses the same (0 more)",
        detail=f"More than by cost of delay: {said}. One day of work a day; estimates are the client's own.",
        value=extra,
        unit="money",
        currency=tables.currency,
        about="a calculation on the client's own estimates",
        n=len(ids),
        period=str(tables.as_of),
        grade="E",
        sources=("backlog",),
    )
    return Part((finding,), (), {"orders": table})


def _played(rows: pd.DataFrame, pace: float, choose: Callable[[list[dict[Any, Any]]], dict[Any, Any]]) -> float:
    """Money lost by finished items when the next one is always chosen so, none before it was raised."""
    left, now, total = rows.to_dict("records"), 0.0, 0.0
    while left:
        known = [r for r in left if r["raised"] <= now]
        if not known:
            now = min(float(r["raised"]) for r in left)
            continue
        item = choose(known)
        left.remove(item)
        now += float(item["effort_days"]) / pace
        total += float(item["value_per_month"]) / MONTH_DAYS * (now - float(item["raised"]))
    return total


def _actual(finished: pd.DataFrame, tables: Tables) -> Part:
    if len(finished) < FEWEST:
        reason = f"{len(finished)} finished items say what they lost and how long they took; {FEWEST} are needed."
        return Part(gaps=(_gap("order", reason),))
    first = float(finished["age_days"].max())
    rows = finished.assign(raised=first - finished["age_days"], ended=first - finished["done_ago"])
    span = float(rows["ended"].max())
    pace = float(rows["effort_days"].sum()) / span if span > 0 else 1.0
    rows = rows.assign(cd3=rows["value_per_month"] / rows["effort_days"])
    was = _played(rows, pace, lambda known: min(known, key=lambda r: (r["ended"], str(r["item_id"]))))
    best = _played(rows, pace, lambda known: min(known, key=lambda r: (-r["cd3"], str(r["item_id"]))))
    tau = _agreement((-rows["cd3"]).tolist(), rows["ended"].tolist())
    extra, n = was - best, len(rows)
    way = "followed" if tau > 0.3 else "ran against" if tau < -0.3 else "had little to do with"
    spent = money(abs(extra), tables.currency)
    title = f"The order of {n} finished improvements {way} cost of delay; by it they would have lost {spent} less"
    if extra <= 0:
        title = f"By cost of delay the {n} finished improvements would have lost no less (rank correlation {tau:.2f})"
    table = rows.sort_values(["ended", "item_id"])[
        ["item_id", "value_per_month", "effort_days", "cd3", "raised", "ended"]
    ]
    table = table.assign(done_as=range(1, n + 1), by_cd3=table["cd3"].rank(ascending=False, method="first").astype(int))
    finding = Finding(
        id="orchestrate.register.order",
        stage="orchestrate",
        title=title,
        detail=f"Rank correlation {number(tau, 2)} (1 is the same order). Same items and hands, one at a time, none "
        "before it was raised; estimates are the client's own.",
        value=extra,
        unit="money",
        currency=tables.currency,
        about="a calculation on the client's own estimates",
        n=n,
        period=str(tables.as_of),
        grade="E",
        sources=("backlog",),
        tone="unknown" if n < MINIMUM_N else "bad" if extra > 0 and tau < 0 else "neutral",
    )
    return Part((finding,), (), {"finished": table})


def sources_part(tables: Tables) -> Part:
    """Where improvements come from, whose are done, and whose wait: customers', or the organisation's own."""
    if needs := tables.lacking({"backlog": ("item_id", "source")}):
        reason = "The list of improvements does not say where each came from."
        return Part(gaps=(_gap("sources", reason, *needs), _gap("sources_done", reason, *needs)))
    value = "value_per_month" if "value_per_month" in tables.supplied("backlog") else "0"
    rows = tables.frame(f"""
        SELECT source, count(*) AS items, sum((done IS NOT NULL)::INT)::BIGINT AS done,
          coalesce(sum({value}), 0)::DOUBLE AS value_per_month,
          coalesce(sum(CASE WHEN done IS NULL THEN {value} END), 0)::DOUBLE AS waiting_per_month
        FROM backlog WHERE source IS NOT NULL GROUP BY 1 ORDER BY 1
    """)
    if rows.empty:
        return Part(gaps=tuple(_gap(i, "No item says where it came from.") for i in ("sources", "sources_done")))
    rows["led_by"] = ["customers" if s in CUSTOMER else "the organisation" for s in rows["source"]]
    rows["done_share"] = rows["done"] / rows["items"]
    ends = [proportion(int(d), int(n)) for d, n in zip(rows["done"], rows["items"], strict=True)]
    rows["low"] = pd.Series([e.low for e in ends], dtype="float64")
    rows["high"] = pd.Series([e.high for e in ends], dtype="float64")
    sides = rows.groupby("led_by")[["items", "done", "value_per_month", "waiting_per_month"]].sum()
    sides = sides.reindex(["customers", "the organisation"], fill_value=0)
    return Part((_from(sides, tables), *_done(sides, tables)), (), {"sources": rows})


def _from(sides: pd.DataFrame, tables: Tables) -> Finding:
    n, theirs = int(sides["items"].sum()), int(sides["items"].loc["customers"])
    found = proportion(theirs, n)
    worth = float(sides["value_per_month"].sum())
    title = f"{quantity(found.value, 'ratio')} of improvements come from use, feedback and complaints ({theirs} of {n})"
    part = quantity(float(sides["value_per_month"].loc["customers"]) / worth, "ratio") if worth else ""
    return Finding(
        id="orchestrate.register.sources",
        stage="orchestrate",
        title=title,
        detail=f"They hold {part} of the money. The others come from the roadmap or from executives." if part else "",
        value=found.value,
        unit="ratio",
        low=found.low,
        high=found.high,
        about="the underlying share" if found.has_interval else f"fewer than {MINIMUM_N} items: no interval",
        n=n,
        period=str(tables.as_of),
        sources=("backlog",),
        tone="unknown" if not found.has_interval else "neutral",
    )


def _done(sides: pd.DataFrame, tables: Tables) -> list[Finding]:
    if (sides["items"] == 0).any():
        return []
    theirs, ours = (proportion(int(r["done"]), int(r["items"])) for _, r in sides.iterrows())
    gap = difference(theirs, ours)
    counts = [f"{int(r['done'])} of {int(r['items'])}" for _, r in sides.iterrows()]
    waits = money(float(sides["waiting_per_month"].loc["customers"]), tables.currency)
    return [
        Finding(
            id="orchestrate.register.sources_done",
            stage="orchestrate",
            title=f"{counts[0]} improvements from customers are done, and {counts[1]} of the organisation's own",
            detail=f"What customers asked for and still waits loses {waits} a month.",
            value=gap.value,
            unit="points",
            low=gap.low,
            high=gap.high,
            about="customers' less own" if gap.has_interval else f"fewer than {MINIMUM_N} items a side: no interval",
            n=int(sides["items"].sum()),
            period=str(tables.as_of),
            sources=("backlog",),
            tone="unknown"
            if gap.low is None or gap.high is None
            else "good"
            if gap.low > 0
            else "bad"
            if gap.high < 0
            else "neutral",
        )
    ]
