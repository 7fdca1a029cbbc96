"""The hypothesis scorecard in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cxkit.formats import interval, listing, money, quantity
from cxkit.metrics.optimism import Haircut
from cxkit.records import Finding
from cxkit.tables.sheets import short

Rows = Sequence[Mapping[str, Any]]
SOURCES = ("realised", "initiatives")


def findings(
    rows: Rows, coverage: Rows, bias: Rows, sponsors: Rows, haircut: Haircut | None,
    *, currency: str, level: float, minimum: int,
) -> Iterator[Finding]:  # fmt: skip
    """Every finding of `Forecasts`; none about how often or how far below the minimum of cases."""
    latest = next((r for r in coverage if r["horizon"] == "latest"), None)
    if latest is not None and latest["n"] >= minimum:
        yield _coverage(latest, coverage, level)
    if bias and bias[0]["n"] >= minimum:
        yield _bias(bias, rows, level)
    if haircut is not None:
        yield _haircut(haircut)
    for row in sponsors:
        if row["says"] != "not told apart":
            yield _sponsor(row, sponsors, level)
    open_ = [r for r in rows if r["state"] in {"partly covered", "claimed only", "nothing reported"}]
    if open_:
        yield _unsigned(open_, currency)


def _say(id: str, **fields: Any) -> Finding:
    base: dict[str, Any] = {"stage": "prove", "sources": SOURCES, "unit": "ratio", "grade": "M"}
    return Finding.model_validate({"id": f"prove.forecasts.{id}", **base, **fields})


def _coverage(row: Mapping[str, Any], coverage: Rows, level: float) -> Finding:
    stated, low, high = float(row["stated"]), float(row["low"]), float(row["high"])
    off = "too narrow" if high < stated else "too wide" if low > stated else ""
    tail = f": they are {off}" if off else ", which is in keeping with it" if row["n"] >= 10 else ""
    one = "1 came out" if row["below"] == 1 else f"{row['below']} came out"
    each = [f"{r['held']} of {r['n']} at {r['horizon']} months" for r in coverage if r["horizon"] != "latest"]
    return _say(
        "coverage",
        title=f"{row['held']} of {row['n']} forecasts held what came in an interval meant to hold "
        f"{quantity(stated, 'probability')}{tail}",
        detail=f"{one} below and {row['above']} above; each forecast counts once, at the longest horizon that finance "
        f"covered. {listing(each)}.",
        value=row["share"],
        low=low,
        high=high,
        level=level,
        about="the share of such forecasts that hold (Wilson)",
        n=row["n"],
        tone="bad" if off == "too narrow" else "neutral" if off else "unknown",
    )


def _bias(bias: Rows, rows: Rows, level: float) -> Finding:
    whole, blocks = bias[0], [r for r in bias[1:] if r["block"]]
    each = listing([f"{r['block']} {quantity(r['mean'], 'ratio')} ({r['n']})" for r in blocks])
    low, high = float(whole["low"]), float(whole["high"])
    said = "less than was promised" if high < 1 else "more than was promised" if low > 1 else ""
    share = quantity(whole["mean"], "ratio")
    title = f"{share} of what was forecast came true: {said}" if said else f"{share} of what was forecast came true"
    horizons = sorted({r["months"] for r in rows if r["forecast_counts"]})
    return _say(
        "bias",
        title=title,
        detail=f"By type, partially pooled, with the number of forecasts: {each}. Realised is what finance signed, "
        f"at {listing([str(h) for h in horizons])} months after approval.",
        value=whole["mean"],
        low=low,
        high=high,
        level=level,
        about="the mean of realised ÷ forecast; a single case scatters more",
        n=whole["n"],
        tone="bad" if high < 1 else "good" if low > 1 else "unknown",
    )


def _haircut(cut: Haircut) -> Finding:
    blocks = listing([f"{b.block} × {b.factor:.2f} ({b.n})" for b in cut.blocks])
    capped = (
        " No factor is larger than one: that others were too careful makes no claim larger." if cut.mean > 1 else ""
    )
    return _say(
        "haircut",
        title=f"The next case counts at {quantity(cut.factor, 'ratio')} of what it claims, as {cut.n} cases taught",
        detail=f"It takes the place of stated confidence, by type: {blocks}; forecasts before doubt was taken off. "
        f"Under half and twice the prior spread between types: {quantity(cut.mean_half, 'ratio')} and "
        f"{quantity(cut.mean_twice, 'ratio')}.{capped}",
        value=cut.mean,
        low=cut.low,
        high=cut.high,
        level=cut.level,
        about="the mean of realised ÷ claimed; a single case scatters more",
        n=cut.n,
        grade="D",
        tone="neutral",
    )


def _sponsor(row: Mapping[str, Any], sponsors: Rows, level: float) -> Finding:
    others = [r for r in sponsors if r is not row]
    rest = listing([f"{quantity(r['mean'], 'ratio')} ({r['n']})" for r in others])
    beside = f" Others with enough cases: {rest}." if others else ""
    more = "less" if row["says"] == "overstates" else "more"
    return _say(
        "sponsor",
        title=f"{quantity(row['mean'], 'ratio')} of what one sponsor's {row['n']} forecasts promised came true",
        detail=f"The sponsor of {row['initiatives']}: {interval(row['low'], row['high'], 'ratio')}, {more} than "
        f"promised, drawn towards the others as far as few cases leave it open.{beside} It says nothing about why.",
        value=row["mean"],
        low=row["low"],
        high=row["high"],
        level=1 - (1 - level) / max(len(sponsors), 1),
        about="the sponsor's mean of realised ÷ forecast, wide enough for all sponsors at once",
        n=row["n"],
        audience="partner",
        subject=row["sponsor"],
        tone="bad" if row["says"] == "overstates" else "neutral",
    )


def _unsigned(rows: Rows, currency: str) -> Finding:
    who = sorted({r["initiative_id"] for r in rows})
    told = [
        f"{short(r['name'], 40)} at {r['months']} months ({r['state']}, {r['covered']} of {r['months']} signed"
        + (f", {money(r['realised'], currency)} so far)" if r["state"] == "partly covered" else ")")
        for r in rows
    ]
    one, alone = len(rows) == 1, len(who) == 1
    return _say(
        "unsigned",
        title=f"{len(rows)} horizon{'' if one else 's'} of {len(who)} forecast initiative{'' if alone else 's'} "
        f"{'has' if one else 'have'} come due and cannot be scored",
        detail=f"{listing(told)}. A month in which nothing came is to be written down as nothing.",
        value=float(len(rows)),
        unit="count",
        about="no interval; counted",
        n=len(rows),
        tone="bad",
    )
