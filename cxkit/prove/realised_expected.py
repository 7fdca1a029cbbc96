"""What the bridge lets expect by now, month by month after its lag, and how much of it is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from cxkit.metrics.windows import last_complete_month, month_of, months_between
from cxkit.prove.realised_rows import STATUSES, Entry, Key, same, worth
from cxkit.prove.rows import DAY, FLAG, REAL, TEXT, WHOLE
from cxkit.prove.units import records
from cxkit.records import Result

EXPECTED: Mapping[str, str] = {
    **dict.fromkeys(("initiative_id", "name", "pnl_line", "experiment_id", "arm", "grade"), TEXT),
    "visible_from": DAY,
    "due": FLAG,
    "months": WHOLE,
    **dict.fromkeys(("expected", "expected_low", "expected_high"), REAL),
    **dict.fromkeys(STATUSES, REAL),
    **dict.fromkeys(("share_booked", "share_low", "share_high", "booked_before"), REAL),
}
"""One row per initiative and line of the bridge: what `months` complete months after the lag should have brought at the
bridge's pace, what is there under each status for the same months, and the booked share of the expected with the
bridge's interval. The share has no interval where the expected one reaches nothing or less. `booked_before` lies in
months before the benefit of a roll-out could be seen."""


def rows(
    bridge: Result | None, held: Mapping[Key, dict[date, Entry]], names: Mapping[str, str], *, as_of: date
) -> list[dict[str, Any]]:
    """Table `expected`. Of several effects of one initiative on a line the best graded counts, then the last ended.

    The choice never looks at the outcome, and claims are not added up.
    """
    if bridge is None or not bridge.has("bridge"):
        return []
    best: dict[tuple[str, str], dict[str, Any]] = {}
    given = records(bridge.frame("bridge"))
    given.sort(key=lambda r: (str(r["experiment_id"]), str(r["arm"])))
    given.sort(key=lambda r: str(r["visible_from"]), reverse=True)
    given.sort(key=lambda r: str(r["grade"]))
    for row in given:
        if pd.isna(row["initiative_id"]) or pd.isna(row["value"]) or pd.isna(row["visible_from"]):
            continue
        best.setdefault((str(row["initiative_id"]), same(row["pnl_line"])), row)
    return [_row(who, line, row, held, names, as_of=as_of) for (who, line), row in sorted(best.items())]


def _row(
    who: str, line: str, row: Mapping[str, Any], held: Mapping[Key, dict[date, Entry]], names: Mapping[str, str],
    *, as_of: date,
) -> dict[str, Any]:  # fmt: skip
    since = month_of(pd.Timestamp(row["visible_from"]).date())
    months = max(months_between(since, last_complete_month(as_of)) + 1, 0)
    value, low, high = (row[c] * months / 12 for c in ("value", "low", "high"))
    there = {s: worth(held.get((who, line, s), {}), since) for s in STATUSES if held.get((who, line, s))}
    booked = held.get((who, line, "booked"), {})
    got = there.get("booked", 0.0)
    ends = sorted((got / high, got / low)) if months and low > 0 else [None, None]
    return {
        "initiative_id": who,
        "name": names.get(who, who),
        "pnl_line": row["pnl_line"],
        "experiment_id": row["experiment_id"],
        "arm": row["arm"],
        "grade": row["grade"],
        "visible_from": since,
        "due": months > 0,
        "months": months,
        "expected": value,
        "expected_low": low,
        "expected_high": high,
        **(there if months else {}),
        "share_booked": got / value if months and value > 0 else None,
        "share_low": ends[0],
        "share_high": ends[1],
        "booked_before": worth({m: e for m, e in booked.items() if m < since}) if booked else None,
    }
