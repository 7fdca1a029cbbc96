"""Decisions scored: what was expected when money was approved, and what became of those that stopped or tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from cxkit.formats import listing, money
from cxkit.govern.reading import Row, by_initiative, outcome, records
from cxkit.metrics.estimates import wilson
from cxkit.records import Finding, Result
from cxkit.tables.sheets import Kind, short

SCORED: Mapping[str, Kind] = {
    "decision_id": "text",
    "initiative_id": "text",
    "initiative": "text",
    "verdict": "text",
    "decided": "date",
    "forecast_id": "text",
    "months": "integer",
    "expected": "number",
    "low": "number",
    "high": "number",
    "realised": "number",
    "ratio": "number",
    "hit": "boolean",
    "became": "text",
    "evidence": "text",
}
"""A row per decision. `months` is the longest span that is over; `hit` says whether what was realised lies within the
forecast's interval (money given), whether what was to be stopped is stopped, or whether a test asked for has brought a
verdict; empty while it is too early to say. `evidence` is the hash of the findings it rests on."""
MINIMUM = 5
"""Scored decisions below which a hit rate has no interval."""


def scored(recorded: Sequence[Row], results: Mapping[str, Result], names: Mapping[str, str], as_of: date) -> list[Row]:
    """Every decision that stands, with what came of it.

    Money that was given is scored by the table `scored` of ``prove.forecasts`` (forecast_id, initiative_id, name,
    approved, months, state, forecast, low, high, realised, ratio, hit): at the longest span that finance has signed
    wholly. A forecast is that of the decision of its day; one from before decisions were recorded has a row of its own.
    """
    forecasts = _forecasts(results.get("prove.forecasts"))
    ledger = {r["initiative_id"]: r for r in records(results.get("govern.ledger"), "initiatives")}
    effects = by_initiative(records(results.get("prove.experiments"), "effects"))
    found = []
    for row in recorded:
        if row["state"] == "withdrawn":
            continue
        id_ = row["initiative_id"] or ""
        made = {name: row.get(name) for name in ("decision_id", "initiative_id", "verdict", "decided", "evidence")}
        made["initiative"] = names.get(id_, id_ or None)
        verdict = str(row["verdict"]).casefold()
        told = forecasts.pop((id_, str(row["decided"])), None)
        if told:
            made |= told
        elif verdict == "stop" and id_:
            made |= _stopped(ledger.get(id_), row, as_of)
        elif verdict == "test first" and id_:
            made |= _tested(effects.get(id_, []), row)
        else:
            made["became"] = "carried out" if row["state"] == "done" else "not carried out yet"
        found.append(made)
    early = [{"verdict": "fund", **told} for told in forecasts.values()]
    return [*sorted(early, key=lambda r: (str(r["decided"]), str(r["forecast_id"]))), *found]


def _forecasts(result: Result | None) -> dict[tuple[str, str], Row]:
    """Forecasts at the longest span that is scored, by initiative and day of approval."""
    found: dict[tuple[str, str], Row] = {}
    for row in sorted(records(result, "scored"), key=lambda r: r["months"]):
        if row["state"] != "scored" or row["realised"] is None:
            continue
        copied = ("forecast_id", "initiative_id", "months", "low", "high", "realised", "ratio", "hit")
        found[str(row["initiative_id"]), str(row["approved"])[:10]] = {
            **{name: row.get(name) for name in copied},
            **{"expected": row["forecast"], "initiative": row.get("name"), "decided": row["approved"]},
            "became": _worth(row.get("ratio"), row.get("hit")),
        }
    return found


def _worth(ratio: float | None, hit: Any) -> str:
    if ratio is None:
        return "nothing was expected"
    inside = (
        ""
        if hit is None
        else ", within the range that was forecast"
        if hit
        else ", outside the range that was forecast"
    )
    return f"brought {ratio:.0%} of what was expected{inside}".replace("%", "\u202f%")


def _stopped(row: Row | None, decision: Row, as_of: date) -> Row:
    if row is None or row.get("status") == "stopped":
        return {"hit": True, "became": "stopped"}
    late = decision["due"] is not None and decision["due"] < as_of
    return {"hit": False if late else None, "became": f"still {row.get('status') or 'going on'}"}


def _tested(effects: Sequence[Row], decision: Row) -> Row:
    """What a test that was asked for has found since."""
    after = [e for e in effects if str(e.get("registered") or "") >= str(decision["decided"])]
    best = min(after, key=lambda e: (str(e.get("grade")), str(e.get("experiment_id"))), default=None)
    if best is None:
        return {"became": "no test registered since", "hit": None}
    words = {"proven": "tested: works", "disproven": "tested: does not work", "open": "tested: cannot tell"}
    found = outcome(best)
    return {"became": words.get(found, "tested on weak evidence"), "hit": found in ("proven", "disproven")}


def _name(row: Row) -> str:
    """The decision, or the forecast of one from before decisions were recorded."""
    return str(row.get("decision_id") or row.get("forecast_id"))


def findings(rows: Sequence[Row], currency: str) -> list[Finding]:
    """The hit rate of decisions that can be scored, and one finding per scored decision."""
    known = [row for row in rows if row.get("hit") is not None]
    if not known:
        return []
    hits, n = sum(bool(row["hit"]) for row in known), len(known)
    low, high = wilson(hits / n, n) if n >= MINIMUM else (None, None)
    waiting = len(rows) - n
    missed = [short(row["initiative"] or _name(row), 40) for row in known if not row["hit"]]
    found = [
        Finding(
            id="govern.council.scored",
            stage="govern",
            title=f"{hits} of {n} scored decisions turned out as decided",
            detail=(f"Not so: {listing(missed)}. " if missed else "")
            + (f"{waiting} more cannot be scored yet." if waiting else ""),
            value=hits / n,
            unit="ratio",
            low=low,
            high=high,
            about="decisions of the same kind (Wilson)" if low is not None else f"fewer than {MINIMUM} decisions",
            n=n,
            sources=("initiatives", "realised"),
            tone="neutral",
        )
    ]
    for row in known:
        realised = row.get("realised")
        span = f" after {row['months']} months" if row.get("months") else ""
        worth = (
            f" ({money(realised, currency)} of {money(row['expected'], currency)}{span})"
            if realised is not None and row.get("expected") is not None
            else ""
        )
        found.append(
            Finding(
                id="govern.council.score",
                stage="govern",
                title=f"{_name(row)}, {row['verdict']} {short(row['initiative'] or '', 40)}: {row['became']}{worth}",
                value=realised,
                unit="money" if realised is not None else "none",
                currency=currency if realised is not None else "",
                about="as reported",
                period=str(row["decided"])[:10],
                initiative=row["initiative_id"],
                subject=_name(row),
                grade="E",
                sources=("initiatives", "realised") if realised is not None else ("initiatives",),
                tone="good" if row["hit"] else "bad",
            )
        )
    return found
