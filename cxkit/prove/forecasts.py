"""The hypothesis scorecard: what was forecast when the money was approved, against what finance saw of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from scipy import special

from cxkit.formats import listing
from cxkit.metrics import optimism
from cxkit.metrics.estimates import LEVEL, wilson
from cxkit.metrics.optimism import Haircut
from cxkit.prove import forecasts_words
from cxkit.prove.forecasts_due import SCORED, haircut_rows, plain, scored
from cxkit.prove.rows import REAL, TEXT, WHOLE, frame
from cxkit.records import Gap, Missing, Result
from cxkit.tables import sheets
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import short

MINIMUM_SCORED = 5
"""Forecasts with a scored horizon below which there is no interval and no sentence about how often or how far."""
MINIMUM_SPONSOR = 3
"""Forecasts of one sponsor below which nothing is said about them, not even to the partner."""

COVERAGE: Mapping[str, str] = {
    "horizon": TEXT,
    **dict.fromkeys(("n", "held", "below", "above"), WHOLE),
    **dict.fromkeys(("share", "low", "high", "stated"), REAL),
}
"""How many intervals held what came: ``latest`` (each forecast once, at its longest scored horizon), then each horizon.
`below` and `above` count what came out under or over its interval; low and high are Wilson's."""

BIAS: Mapping[str, str] = {
    "block": TEXT,
    "n": WHOLE,
    **dict.fromkeys(("own", "mean", "low", "high"), REAL),
    **dict.fromkeys(("factor", "factor_mean", "factor_low", "factor_high"), REAL),
}
"""Realised ÷ forecast by block, ``all`` first: `own` mean of its cases and the partially pooled `mean`; and the haircut
learned from the forecasts before doubt: `factor` as applied, with the mean and interval it comes from."""

SPONSORS: Mapping[str, str] = {
    **dict.fromkeys(("sponsor", "initiatives", "says"), TEXT),
    "n": WHOLE,
    **dict.fromkeys(("own", "mean", "low", "high", "below"), REAL),
}
"""For the partner alone, and without names: a sponsor is told by the initiatives. `says` is overstates, understates or
not told apart; `below` the probability that the mean lies below one. The interval is wide enough for all sponsors
together: level 1 − (1 − level) ÷ their number."""


class Forecasts(Result):
    """Forecasts frozen at approval, held against realised benefit at 6, 12 and 24 months.

    Tables: `scored` (a row per forecast and horizon), `coverage`, `bias` and, for the partner, `sponsors`; columns are
    in the modules' constants. `haircut` is what the next case is multiplied by, None below the minimum of cases.
    """

    stage: ClassVar[str] = "prove"
    name: ClassVar[str] = "forecasts"

    currency: str = ""
    haircut: Haircut | None = None


def forecasts(tables: Tables, *, forecasts: Sequence[Any], realised: Result, level: float = LEVEL) -> Forecasts:
    """Coverage, bias and the learned haircut from `forecasts` (records or mappings of ``history/forecasts.jsonl``).

    `realised` is the result of that name; its table `months` is read. What counts is money that finance validated or
    booked, at horizons of which every month is covered; each forecast counts once, at the longest such horizon, because
    its horizons hold each other. Bias is partially pooled (`cxkit.metrics.optimism`), by block for everybody and by
    sponsor for the partner. Findings: ``prove.forecasts.coverage``, ``.bias``, ``.haircut``, ``.sponsor`` (partner),
    ``.unsigned`` (horizons that are due and cannot be scored).
    """
    given = plain(forecasts)
    if not given:
        needs = (Missing(name="history/forecasts", why="no forecast was frozen at approval yet"),)
        reason = "No decision that gave money has frozen a forecast yet."
        return Forecasts(as_of=tables.as_of, currency=tables.currency, gaps=(_gap(reason, needs),))
    names, sponsors = _initiatives(tables)
    months = realised.frame("months") if realised.has("months") else frame([], {})
    rows = scored(given, months, names, as_of=tables.as_of)
    counts = [r for r in rows if r["forecast_counts"]]
    haircut = optimism.learned(haircut_rows(rows), level=level)
    coverage = _coverage(rows, level)
    bias = _bias(counts, haircut, level)
    told = _sponsors(counts, sponsors, level)
    made = {
        "scored": frame(rows, SCORED),
        "coverage": frame(coverage, COVERAGE),
        "bias": frame(bias, BIAS),
        "sponsors": frame(told, SPONSORS),
    }
    found = forecasts_words.findings(
        rows, coverage, bias, told, haircut, currency=tables.currency, level=level, minimum=MINIMUM_SCORED
    )
    return Forecasts(
        as_of=tables.as_of,
        currency=tables.currency,
        haircut=haircut,
        findings=tuple(found),
        gaps=tuple(_gaps(rows, counts, realised)),
        tables=made,
    )


def _initiatives(tables: Tables) -> tuple[dict[str, str], dict[str, str]]:
    """Name and sponsor of every initiative."""
    rows = sheets.rows(tables, "initiatives")
    names = {str(r["initiative_id"]): str(r["initiative"]) for r in rows}
    return names, {str(r["initiative_id"]): str(r["sponsor"]) for r in rows if r["sponsor"]}


def _coverage(rows: Sequence[Mapping[str, Any]], level: float) -> list[dict[str, Any]]:
    groups = [("latest", [r for r in rows if r["counts"]])]
    held = [r for r in rows if r["state"] == "scored" and r["ranged"]]
    groups += [(str(m), [r for r in held if r["months"] == m]) for m in sorted({r["months"] for r in held})]
    found = []
    for name, mine in groups:
        if not mine:
            continue
        hits, n = sum(bool(r["hit"]) for r in mine), len(mine)
        row: dict[str, Any] = {"horizon": name, "n": n, "held": hits, "share": hits / n}
        row |= {
            "below": sum(r["realised"] < r["low"] for r in mine),
            "above": sum(r["realised"] > r["high"] for r in mine),
        }
        row["stated"] = sum(r["level"] for r in mine) / n
        if n >= MINIMUM_SCORED:
            row["low"], row["high"] = wilson(hits / n, n, quantile=float(special.ndtri((1 + level) / 2)))
        found.append(row)
    return found


def _bias(counts: Sequence[Mapping[str, Any]], haircut: Haircut | None, level: float) -> list[dict[str, Any]]:
    if not counts:
        return []
    ratios = [(r["block"], _inside(r["ratio"])) for r in counts]
    own = sum(v for _, v in ratios) / len(ratios)
    if len(counts) < MINIMUM_SCORED:
        return [{"block": "all", "n": len(counts), "own": own}]
    pooled = optimism.pooled(ratios, level=level)
    rows = [{"block": "all", "n": pooled.n, "own": own, "mean": pooled.mean, "low": pooled.low, "high": pooled.high}]
    rows += [{"block": g.group, **g.model_dump(include={"n", "own", "mean", "low", "high"})} for g in pooled.groups]
    cut = {} if haircut is None else {"all": haircut} | {b.block: b for b in haircut.blocks}
    for row in rows:
        if (of := cut.get(str(row["block"]))) is not None:
            row |= {"factor": of.factor, "factor_mean": of.mean, "factor_low": of.low, "factor_high": of.high}
    return rows


def _sponsors(counts: Sequence[Mapping[str, Any]], sponsors: Mapping[str, str], level: float) -> list[dict[str, Any]]:
    """One row per sponsor with enough forecasts; all of them lend strength to each other."""
    mine = [(sponsors[r["initiative_id"]], r) for r in counts if r["initiative_id"] in sponsors]
    sizes = {name: sum(s == name for s, _ in mine) for name, _ in mine}
    enough = [name for name in sorted(sizes) if sizes[name] >= MINIMUM_SPONSOR]
    if len(mine) < MINIMUM_SCORED or not enough:
        return []
    together = 1 - (1 - level) / len(enough)
    pooled = optimism.pooled([(s, _inside(r["ratio"])) for s, r in mine], level=together)
    found = []
    for place, group in enumerate((g for g in pooled.groups if g.group in enough), 1):
        says = "overstates" if group.high < 1 else "understates" if group.low > 1 else "not told apart"
        whose = sorted({short(r["name"], 40) for s, r in mine if s == group.group})
        row = group.model_dump(include={"n", "own", "mean", "low", "high", "below"})
        found.append({"sponsor": f"S{place}", "initiatives": listing(whose, most=6), "says": says, **row})
    return sorted(found, key=lambda r: (r["mean"], r["sponsor"]))


def _inside(ratio: float) -> float:
    return min(max(ratio, optimism.BOUNDS[0]), optimism.BOUNDS[1])


def _gaps(rows: Sequence[Mapping[str, Any]], counts: Sequence[Any], realised: Result) -> list[Gap]:
    if len(counts) >= MINIMUM_SCORED:
        return []
    due = [r for r in rows if r["state"] != "not due"]
    reason = f"{len(counts)} forecast{'s' if len(counts) != 1 else ''} can be scored, fewer than {MINIMUM_SCORED}"
    reason += "." if due else ", and none has come due yet."
    columns = ("initiative_id", "first_month", "last_month", "amount", "status", "signed_role", "signed")
    needs = () if not due and realised.has("months") else (Missing(name="realised", columns=columns, why="not signed"),)
    return [_gap(reason, needs)]


def _gap(reason: str, needs: tuple[Missing, ...]) -> Gap:
    return Gap(
        id="prove.forecasts.coverage", what="Whether forecasts hold what they promise", reason=reason, needs=needs
    )
