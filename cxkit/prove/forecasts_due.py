"""Each forecast at each of its horizons: whether it is due, what finance saw by then, and whether its interval held."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from cxkit.metrics.optimism import gross_ratio
from cxkit.metrics.windows import add_months, last_complete_month, month_of
from cxkit.prove.rows import DAY, FLAG, REAL, TEXT, WHOLE
from cxkit.prove.units import records

SCORED: Mapping[str, str] = {
    **dict.fromkeys(("forecast_id", "initiative_id", "name", "block", "driver"), TEXT),
    "approved": DAY,
    "months": WHOLE,
    "due": DAY,
    **dict.fromkeys(("forecast", "low", "high", "level", "confidence"), REAL),
    **dict.fromkeys(("state", "status"), TEXT),
    "covered": WHOLE,
    **dict.fromkeys(("realised", "ratio", "gross_ratio"), REAL),
    **dict.fromkeys(("ranged", "hit", "counts"), FLAG),
    "forecast_counts": FLAG,
}
"""One row per forecast and horizon. `state` is ``not due``, ``scored``, ``partly covered``, ``claimed only`` or
``nothing reported``. `covered` months of the horizon are at least validated; `realised` is the money of those (of the
claimed ones where nothing is signed). `status` is the weakest status among the months counted. `ratio` is realised ÷
forecast, `gross_ratio` the same before anything was taken off for doubt. `ranged`: the forecast had an interval; `hit`:
what was realised lies inside it. `counts`: the forecast's longest scored horizon with an interval, by which coverage is
judged; `forecast_counts`: its longest scored horizon with a ratio, by which bias is judged. A forecast's horizons hold
each other, so that only one of them counts."""

SIGNED = ("booked", "validated")


def plain(forecasts: Iterable[Any]) -> list[dict[str, Any]]:
    """Forecasts as dictionaries, whether they came as records or as mappings; in order of approval and id."""
    found = [f.model_dump() if hasattr(f, "model_dump") else dict(f) for f in forecasts]
    return sorted(found, key=lambda f: (str(f["approved"]), str(f["forecast_id"])))


def scored(
    forecasts: Sequence[Mapping[str, Any]], months: pd.DataFrame, names: Mapping[str, str], *, as_of: date
) -> list[dict[str, Any]]:
    """Table `scored`. `months` is that of `Realised`; forecasts approved after `as_of` are not there.

    The months of a horizon begin after the one of approval. Each is counted at its strongest status, whole lines added
    up, and only where it is at least validated; a horizon of which a month is missing is not scored. Months in which
    nothing came must be written down as nothing: an empty month may also be one that nobody looked at.
    """
    seen: dict[str, dict[date, list[dict[str, Any]]]] = {}
    for row in records(months):
        of = seen.setdefault(str(row["initiative_id"]), {})
        of.setdefault(pd.Timestamp(row["month"]).date(), []).append(row)
    found = []
    for forecast in forecasts:
        if str(forecast["approved"])[:10] > as_of.isoformat():
            continue
        mine = seen.get(str(forecast["initiative_id"]), {})
        rows = [
            _row(forecast, point, mine, names, as_of)
            for point in sorted((_point(p) for p in forecast["points"]), key=lambda p: int(p["months"]))
        ]
        for flag, wanted in (("counts", "ranged"), ("forecast_counts", "ratio")):
            fit = [r for r in rows if r["state"] == "scored" and r[wanted] not in {None, False}]
            for r in rows:
                r[flag] = bool(fit) and r is fit[-1]
        found += rows
    return found


def haircut_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What `cxkit.metrics.optimism.learned` takes: a ratio and a block for each forecast that counts."""
    return [
        {"ratio": r["gross_ratio"], "block": r["block"]}
        for r in rows
        if r["forecast_counts"] and r["gross_ratio"] is not None
    ]


def _point(point: Any) -> dict[str, Any]:
    return point.model_dump() if hasattr(point, "model_dump") else dict(point)


def _row(
    forecast: Mapping[str, Any], point: Mapping[str, Any], mine: Mapping[date, list[dict[str, Any]]],
    names: Mapping[str, str], as_of: date,
) -> dict[str, Any]:  # fmt: skip
    approved = date.fromisoformat(str(forecast["approved"])[:10])
    first, count = add_months(month_of(approved), 1), int(point["months"])
    span = [add_months(first, k) for k in range(count)]
    who, doubt = str(forecast["initiative_id"]), _confidence(forecast)
    row: dict[str, Any] = {
        "forecast_id": forecast["forecast_id"],
        "initiative_id": who,
        "name": names.get(who, who),
        "block": forecast.get("block") or "",
        "driver": forecast.get("driver") or "",
        "approved": approved,
        "months": count,
        "due": span[-1],
        "forecast": point["value"],
        "low": point["low"],
        "high": point["high"],
        "level": forecast.get("level", 0.8),
        "confidence": doubt,
        "ranged": point["low"] < point["high"],
        **dict.fromkeys(("status", "realised", "ratio", "gross_ratio", "hit")),
        "covered": 0,
        "state": "not due",
    }
    if span[-1] > last_complete_month(as_of):
        return row
    signed = {m: [r for r in mine.get(m, ()) if r["strongest"] in SIGNED] for m in span}
    row["covered"] = sum(bool(rows) for rows in signed.values())
    if row["covered"] == count:
        counted = [r for m in span for r in signed[m]]
        got = math.fsum(r["amount"] for r in counted)
        row |= {"state": "scored", "realised": got, "status": _weakest(counted)}
        row["ratio"] = got / point["value"] if point["value"] > 0 else None
        row["gross_ratio"] = gross_ratio(got, point["value"], doubt)
        row["hit"] = bool(point["low"] <= got <= point["high"]) if row["ranged"] else None
        return row
    known = [r for m in span for r in (signed[m] if row["covered"] else mine.get(m, ()))]
    row["state"] = "nothing reported" if not known else "partly covered" if row["covered"] else "claimed only"
    if known:
        row |= {"realised": math.fsum(r["amount"] for r in known), "status": _weakest(known)}
    return row


def _weakest(rows: Sequence[Mapping[str, Any]]) -> str:
    held = {r["strongest"] for r in rows}
    return next(s for s in ("claimed", "validated", "booked") if s in held)


def _confidence(forecast: Mapping[str, Any]) -> float:
    """What doubt took off the forecast in all; 1 where it is not written down, as of a forecast typed in by hand."""
    given = [_point(a) for a in forecast.get("assumptions") or ()]
    stated = [(a.get("benefit_id") or "", float(a["value"])) for a in given if a["name"] == "confidence"]
    whole = [value for benefit, value in stated if not benefit]
    each = whole or [value for _, value in stated]
    return math.fsum(each) / len(each) if each and math.fsum(each) > 0 else 1.0
