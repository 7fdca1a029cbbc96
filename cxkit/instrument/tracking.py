"""The tracking plan: what every event is called, carries and is for; and who breaks what was agreed about the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pandas as pd

from cxkit.formats import listing, quantity
from cxkit.instrument.feeds import SIGNALS, feeds, named
from cxkit.instrument.tracking_breaches import NOBODY, breaches
from cxkit.instrument.tracking_events import Made, event_findings, finding, gap, thin
from cxkit.instrument.tracking_names import standard
from cxkit.instrument.tracking_plan import plan, seen_names, shown
from cxkit.instrument.tracking_views import insight, loops, rhythm, views
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.windows import Window, last_complete_month, window_to
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.engine import Tables

MANY = 3
"""Signals in which a customer must be seen to be seen from several sides."""


class Tracking(Result):
    """Event names, the tracking plan, contract breaches by role, and the view of one customer.

    Tables: ``names`` (event, system, other_system, rows, first_seen, last_seen, moment_id, fault, proposed, like, why,
    retired, retired_to, carried_<column>: share of rows), ``plan`` (moment_id, moment, stands_for: start / value /
    along the way, event, arrives_as, system, owner_role, required, carried, rows, last_seen, status: arrives, renamed,
    stopped / missing / undeclared, todo), ``breaches`` (owner_role, table, kind, breaches, said), ``views`` (signals,
    customers, share), ``views_by`` (signal, customers, share), ``insight`` (moment_id, moment, answers, words, coded,
    contacts, reasons, complaints, state) and ``loops`` (group: kind or all, cases, done, median_days, low, high,
    done_only, oldest_days).
    """

    stage: ClassVar[str] = "instrument"
    name: ClassVar[str] = "tracking"

    period: str = ""


def tracking(
    tables: Tables,
    *,
    frame: Any,
    window_months: int = 12,
    health: Mapping[str, Mapping[str, int]] | None = None,
) -> Tracking:
    """Hold the events against the naming standard of `frame`, make the tracking plan, and list what is broken.

    `frame` is a code frame, or the parsed ``playbook/taxonomy.yml``, or its section ``events``. `health` is what the
    checks of the data found: table → number of rules broken by ``severity`` (``error``, ``warning``).
    """
    rules = standard(frame)
    window = window_to(last_complete_month(tables.as_of), window_months)
    held: dict[str, pd.DataFrame] = {}
    findings: list[Finding] = []
    gaps: list[Gap] = []
    broken: dict[str, int] = {}
    if lacks := tables.lacking({"events": ("at", "event")}):
        reason = "No events were supplied."
        gaps += [gap(i, reason, *lacks) for i in ("names", "doubles", "carried", "missing", "undeclared", "retired")]
    else:
        names, total = seen_names(tables, rules)
        held["plan"] = _called(tables, plan(tables, names, rules, _roles(tables)))
        held["names"] = _presentable(names)
        made, lack = event_findings(tables, names, held["plan"], rules, total)
        findings, gaps = findings + made, gaps + lack
        broken = {"names": int((names["fault"] != "").sum()), "columns empty": thin(names, rules)}
    for part, lack in (_breaches(tables, health, broken, held), _views(tables, window, held)):
        findings, gaps = findings + part, gaps + lack
    for part, lack in (_insight(tables, window, held), _loops(tables, window, held)):
        findings, gaps = findings + part, gaps + lack
    return Tracking(as_of=tables.as_of, period=window.label, findings=tuple(findings), gaps=tuple(gaps), tables=held)


def _roles(tables: Tables) -> dict[str, str]:
    """System (id or name, folded) → the role that answers for it."""
    if isinstance(tables.require("systems", "system_id", "owner_role"), Missing):
        return {}
    rows = tables.frame(
        "SELECT system_id, system, owner_role FROM systems WHERE owner_role IS NOT NULL ORDER BY system_id"
    )
    pairs = [
        (str(r[k]).casefold(), str(r["owner_role"])) for r in rows.to_dict("records") for k in ("system", "system_id")
    ]
    return dict(pairs)


def _called(tables: Tables, rows: pd.DataFrame) -> pd.DataFrame:
    """The plan with systems by the names of the list of systems, where events carry their ids."""
    if isinstance(tables.require("systems", "system_id", "system"), Missing):
        return rows
    known = tables.frame("SELECT system_id, min(system) AS system FROM systems GROUP BY 1 ORDER BY 1").dropna()
    names = {str(i): str(s) for i, s in zip(known["system_id"], known["system"], strict=True)}
    said = [", ".join(named(names.get(part, part)) for part in str(s).split(", ")) for s in rows["system"]]
    return rows.assign(system=said)


def _presentable(names: pd.DataFrame) -> pd.DataFrame:
    rows = names.drop(columns=["systems", "keeps"]).copy()
    for column in ("event", "like"):
        rows[column] = [shown(v) if v else "" for v in rows[column]]
    return rows


def _breaches(
    tables: Tables,
    health: Mapping[str, Mapping[str, int]] | None,
    broken: Mapping[str, int],
    held: dict[str, pd.DataFrame],
) -> Made:
    if not tables.present and not tables.unusable:
        return [], [gap("breaches", "No table was supplied.")]
    declared: dict[str, tuple[list[str], float | None]] = {s: ([], None) for s in SIGNALS}
    rows = breaches(tables, feeds(tables, declared), health, broken)
    held["breaches"] = rows
    n = int(rows["breaches"].sum())
    if not n:
        return [
            finding(
                "breaches",
                "No contract of the data is broken (0 breaches)",
                0,
                tables,
                sources=tables.present,
                tone="good",
            )
        ], []
    by = rows.groupby("owner_role")["breaches"].sum().sort_values(ascending=False, kind="stable")
    first, most = str(by.index[0]), int(by.iloc[0])
    title = f"{n} breach{'es' if n != 1 else ''} of the data contracts"
    title += f", {most if most < n else 'all'} of them with {first}" if n > 1 else f", with {first}"
    said = listing([f"{role} {int(k)}" for role, k in by.items()], most=8)
    nobody = " For some tables no role answers." if NOBODY in by.index else ""
    detail = (
        (f"By role: {said}." if len(by) > 1 else "")
        + nobody
        + ("" if health is not None else " Rules of single rows are not counted here.")
    )
    sources = tuple(t for t in tables.present if t in set(rows["table"]))
    return [finding("breaches", title, n, tables, n=len(rows), detail=detail, sources=sources, tone="bad")], []


def _views(tables: Tables, window: Window, held: dict[str, pd.DataFrame]) -> Made:
    if lacks := tables.lacking({"accounts": ("account_id",)}):
        return [], [gap("views", "The customers are not known by one key.", *lacks)]
    rows, by = views(tables, window)
    n = int(rows["customers"].sum()) if len(rows) else 0
    if not n:
        return [], [gap("views", "No customer is active in the window.")]
    held["views"], held["views_by"] = rows, by
    signals = len(by)
    sides = min(MANY, signals)
    many = float(rows.loc[rows["signals"] >= sides, "share"].sum())
    full = float(rows.loc[rows["signals"] >= signals, "share"].sum())
    title = f"{quantity(many, 'ratio')} of active customers are seen in {sides} or more of {signals} signals"
    title += f", {quantity(full, 'ratio')} in all"
    if signals < 2:
        return [], [gap("views", "Only one signal carries the key of a customer.")]
    said = listing([f"{named(r['signal'])} {quantity(r['share'], 'ratio')}" for r in by.to_dict("records")], most=8)
    more = "A customer who never asked or answered is not seen there, and need not be."
    found = finding(
        "views",
        title,
        many,
        tables,
        unit="ratio",
        n=n,
        period=window.label,
        detail=f"By signal: {said}. {more}",
        sources=tuple(t for ts in SIGNALS.values() for t in ts if t in tables.present),
    )
    return [found], []


def _insight(tables: Tables, window: Window, held: dict[str, pd.DataFrame]) -> Made:
    if lacks := tables.lacking({"moments": ("moment_id", "moment")}):
        return [], [gap("insight", "Nobody has written down which moments matter.", *lacks)]
    if not any("moment_id" in tables.supplied(t) for t in ("surveys", "tickets")):
        needs = (Missing(name="surveys", columns=("moment_id",)), Missing(name="tickets", columns=("moment_id",)))
        return [], [gap("insight", "Neither answers nor contacts say to which moment they belong.", *needs)]
    rows = insight(tables, window)
    n, counts = len(rows), rows["state"].value_counts()
    if not n:
        return [], [gap("insight", "The register of moments is empty.")]
    held["insight"] = rows
    have = {s: int(counts.get(s, 0)) for s in ("analysed", "collected only", "nothing")}
    quiet = [str(m) for m in rows.loc[rows["state"] == "nothing", "moment"]]
    mute = [str(m) for m in rows.loc[rows["words"].eq(0) & rows["state"].ne("nothing"), "moment"]]
    words = int(rows["words"].sum())
    parts = [f"{have['collected only']} collect{'s' if have['collected only'] == 1 else ''} without analysing"] * bool(
        have["collected only"]
    )
    if quiet:
        parts.append(f"{len(quiet)} hear{'s' if len(quiet) == 1 else ''} nothing ({listing(quiet)})")
    detail = f"{listing(parts)[:1].upper()}{listing(parts)[1:]}." if parts else ""
    detail += f" In their own words nobody speaks at {listing(mute)}." if mute else ""
    if words:
        coded = quantity(float(rows["coded"].sum()) / words, "ratio")
        detail += f" {coded} of {words:,} answers in words are coded by people."
    found = finding(
        "insight",
        f"At {have['analysed']} of {n} moments what customers need or complain of is collected and analysed",
        have["analysed"] / n,
        tables,
        unit="ratio",
        n=n,
        period=window.label,
        detail=detail.strip(),
        sources=tuple(t for t in ("moments", "surveys", "tickets", "codings") if t in tables.present),
        tone="good" if have["analysed"] == n else "bad" if have["analysed"] < n / 2 else "neutral",
    )
    return [found], []


def _days(days: float) -> str:
    return f"{days:,.0f} day{'s' if round(days) != 1 else ''}"


def _loops(tables: Tables, window: Window, held: dict[str, pd.DataFrame]) -> Made:
    rows = loops(tables)
    if isinstance(rows, Missing):
        return [], [
            gap("loops", "Nobody has written down what was raised between teams and when it was settled.", rows)
        ]
    if rows.empty:
        return [], [gap("loops", "Nothing with a date has been raised.")]
    held["loops"] = rows
    whole = rows[rows["group"] == "all"].iloc[0]
    n, done, median = int(whole["cases"]), int(whole["done"]), float(whole["median_days"])
    finite = median < float("inf")
    title = (
        f"Half of {n} items raised between teams are settled within {_days(median)}"
        if finite
        else f"Fewer than half of {n} items raised between teams are settled yet ({done})"
    )
    waits = [
        f"{r['group']} {_days(float(r['median_days'])) if r['median_days'] < float('inf') else 'not yet'}"
        for r in rows.to_dict("records")
        if r["group"] != "all"
    ]
    detail = f"{done} {'is' if done == 1 else 'are'} settled; the others count as waiting."
    detail += f" Until half are settled, by kind: {listing(waits)}." if waits else ""
    if done:
        detail += (
            f" Half of the settled ones took up to {_days(float(whole['done_only']))}; to judge by them alone flatters."
        )
    detail = f"{detail} {rhythm(tables, window)}".strip()
    there = n >= MINIMUM_N and whole["low"] == whole["low"] and whole["high"] < float("inf")
    found = finding(
        "loops",
        title,
        median if finite else float(done),
        tables,
        unit="days" if finite else "count",
        low=float(whole["low"]) if there and finite else None,
        high=float(whole["high"]) if there and finite else None,
        about="the underlying median, unsettled items counted"
        if there and finite
        else f"fewer than {MINIMUM_N} items: no interval"
        if n < MINIMUM_N
        else "no end of the interval yet",
        n=n,
        detail=detail,
        sources=("register",),
        tone="unknown" if n < MINIMUM_N else "neutral",
    )
    return [found], []
