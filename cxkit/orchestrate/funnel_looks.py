"""Where a journey takes its time, and whom it loses more often than others."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from cxkit.formats import listing, quantity
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.survival import kaplan_meier, naive_median, quantile
from cxkit.orchestrate.funnel_people import PEOPLE, risks
from cxkit.orchestrate.naming import optional, spoken
from cxkit.orchestrate.ways_contrast import contrast, held_equal
from cxkit.records import Finding
from cxkit.tables.engine import Tables

HALF = 0.5


def times(tables: Tables, events: Sequence[str], within_days: int) -> pd.DataFrame:
    """Days between the steps of a journey, those who never take one counted (Kaplan and Meier); see `Funnel`."""
    rows = []
    for k, event in enumerate(events[1:], 1):
        risk = risks(tables, k, within_days)
        n, reached = int(risk[["events", "censored"]].to_numpy().sum()), int(risk["events"].sum())
        made: dict[str, object] = {"step": k + 1, "source": events[k - 1], "event": event, "n": n, "reached": reached}
        middle = low = high = p90 = naive = math.nan
        if n:
            curve = kaplan_meier(risk.assign(time=risk["time"] / 24))
            middle, low, high = quantile(curve)
            p90, naive = quantile(curve, 0.9)[0], naive_median(risk) / 24
        if n < MINIMUM_N:
            low = high = math.nan
        made |= {"median_days": middle, "low": low, "high": high, "p90_days": p90, "naive_days": naive}
        rows.append(made)
    return pd.DataFrame(rows)


def time_finding(journey: str, rows: pd.DataFrame, common: Mapping[str, object]) -> Finding | None:
    """The step that takes longest."""
    some = rows[(rows["n"] >= MINIMUM_N) & (rows["reached"] > 0)]
    if some.empty:
        return None
    row = some.sort_values(["median_days", "naive_days", "step"], ascending=[False, False, True]).iloc[0]
    middle, low, high = (float(row[c]) for c in ("median_days", "low", "high"))
    naive = float(row["naive_days"])
    never = int(row["n"]) - int(row["reached"])
    where = f"from “{spoken(row['source'])}” to “{spoken(row['event'])}”"
    if math.isinf(middle):
        title = f"{journey or 'The journey'}: fewer than half get {where} in time"
        detail = f"Those who do take {quantity(naive, 'days')} or less in half of the cases, which flatters."
        span: dict[str, object] = {"value": float(row["reached"]) / float(row["n"]), "unit": "ratio"}
    else:
        title = (
            f"{journey or 'The journey'}: the step that takes longest is {where}, {quantity(middle, 'days')} for half"
        )
        detail = f"Of those who take it, half need {quantity(naive, 'days')} or less; {never:,} never take it in time "
        detail += "and are counted as waiting."
        there = not (math.isnan(low) or math.isinf(high))
        span = {"value": middle, "unit": "days", "low": low if there else None, "high": high if there else None}
    return Finding.model_validate(
        {**common, "definition": "", "id": "orchestrate.funnel.time", "title": title, "detail": detail}
        | {"n": int(row["n"]), "about": "the underlying median", **span}
    )


def segments(tables: Tables, events: Sequence[str], known: Mapping[str, str]) -> pd.DataFrame:
    """Share lost at each step by group of customers, with a test per step and grouping; see `Funnel`."""
    frames = []
    for k, event in enumerate(events[1:], 1):
        rows = contrast(tables, lost(k), known)
        if not rows.empty:
            rows.insert(0, "step", k + 1)
            rows.insert(1, "event", event)
            frames.append(rows)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def lost(step: int) -> str:
    """Relation of those who came to the step before, with ``hit`` 1 for those lost at this one."""
    return f"(SELECT *, who AS cluster, (t{step} IS NULL)::INT AS hit FROM {PEOPLE} WHERE t{step - 1} IS NOT NULL) f"


def mixed(tables: Tables, rows: pd.DataFrame, known: Mapping[str, str]) -> dict[tuple[int, str, str], list[str]]:
    """Per step, grouping and its worst group: groupings which, held equal, leave less than half of its difference.

    Only where the difference of the group is what chance alone would show in one of a thousand looks.
    """
    found: dict[tuple[int, str, str], list[str]] = {}
    for (_, dimension), part in rows[rows["p"] <= 0.001].groupby(["step", "dimension"], sort=True):
        worst = part.sort_values(["share", "group"], ascending=[False, True]).iloc[0]
        key = (int(worst["step"]), str(dimension), str(worst["group"]))
        for other, words in known.items():
            if other == dimension:
                continue
            pair = held_equal(tables, lost(key[0] - 1), str(dimension), key[2], other)
            if pair is not None and pair[1] * pair[0] < HALF * pair[0] ** 2:
                found.setdefault(key, []).append(words)
    return found


def segment_finding(
    journey: str,
    rows: pd.DataFrame,
    common: Mapping[str, object],
    explained: Mapping[tuple[int, str, str], Sequence[str]],
) -> Finding | None:
    """Whom the journey loses more often than others, or that nobody is, of all that was looked at."""
    tested = rows[rows["p_holm"].notna()] if len(rows) else rows
    if not len(tested):
        return None
    looks = len(tested.drop_duplicates(["step", "dimension"]))
    where = journey or "The journey"
    labels = listing(list(dict.fromkeys(tested["label"])), most=6)
    base = {**common, "definition": "", "id": "orchestrate.funnel.segment"}
    if not tested["differs"].any():
        return Finding.model_validate(
            base
            | {
                "unit": "none",
                "title": f"{where}: no group of customers is lost more often than chance allows",
                "detail": f"Looked at {looks} times, each step by {labels}; corrected for the number of looks.",
                "n": int(tested.groupby(["step", "dimension"])["n"].sum().max()),
                "about": "no group differs",
            }
        )
    best = tested[tested["differs"]].sort_values(["p_holm", "p", "step", "dimension"]).iloc[0]
    part = tested[(tested["step"] == best["step"]) & (tested["dimension"] == best["dimension"])]
    part = part[part["low"].notna()].sort_values(["share", "group"], ascending=[False, True])
    if part.empty:
        return None
    worst, least = part.iloc[0], part.iloc[-1]
    mix = explained.get((int(worst["step"]), str(worst["dimension"]), str(worst["group"])), ())
    detail = f"The fewest are lost where it is “{least['group']}”, {quantity(float(least['share']), 'ratio')}. "
    detail += f"Looked at {looks} times, each step by {labels}; corrected for the number of looks. "
    if mix:
        detail += (
            f"With {listing(list(mix))} held equal less than half of the difference is left: the mix may explain it."
        )
    else:
        detail += "None of the others looked at explains it; something not looked at may."
    return Finding.model_validate(
        base
        | {
            "title": f"{where}: where the {worst['label']} is “{worst['group']}”, "
            f"{quantity(float(worst['share']), 'ratio')} are lost before “{spoken(worst['event'])}”, "
            "more than elsewhere",
            "detail": detail,
            "value": float(worst["share"]),
            "low": optional(worst["low"]),
            "high": optional(worst["high"]),
            "about": "the underlying share",
            "n": int(worst["n"]),
            "tone": "bad",
        }
    )
