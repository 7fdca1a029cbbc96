"""What is said of structural changes: findings and gaps, one function per subject."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cxkit.formats import listing, quantity
from cxkit.records import Finding, Gap, Missing

WHATS = {
    "acted": "Feedback that led to a change",
    "effect": "What became of the feedback after a change",
    "unheard": "Loud feedback that nothing answers",
    "untraced": "Changes that trace to no feedback",
    "lag": "Time from the first signal to the change",
}
OF_CHANGES = ("effect", "untraced", "lag")
OF_FEEDBACK = ("acted", "unheard")
SIGNALS = {"answers": "wrote about", "tickets": "got in touch about"}


def gap(id: str, reason: str, needs: tuple[Missing, ...] = (), subject: str | None = None) -> Gap:
    """What could not be assessed."""
    return Gap(id=f"instrument.changes.{id}", what=WHATS[id], reason=reason, needs=needs, subject=subject)


def _finding(id: str, title: str, **more: Any) -> Finding:
    return Finding.model_validate({"id": f"instrument.changes.{id}", "stage": "instrument", "title": title, **more})


def acted(themes: pd.DataFrame, period: str) -> list[Finding]:
    """How many of the loud themes have a change of the window."""
    loud = themes[themes["loud"].astype(bool)]
    if loud.empty:
        return []
    n, done = len(loud), int(loud["acted"].sum())
    title = f"{done} of {n} loud themes led to a structural change"
    rest = [str(r["name"]) for r in loud.to_dict("records") if not r["acted"]]
    return [
        _finding(
            "acted",
            title,
            detail="Loud: at least a tenth of unhappy answers. "
            + (f"Heard and not acted on: {listing(rest)}." if rest else ""),
            value=done / n,
            unit="ratio",
            about="counted, exact",
            n=n,
            period=period,
            sources=("surveys", "changes"),
            tone="good" if done == n else "bad" if done * 2 < n else "neutral",
        )
    ]


def unheard(themes: pd.DataFrame, period: str) -> list[Finding]:
    """The loudest theme without a change."""
    rows = themes[themes["loud"].astype(bool) & ~themes["acted"].astype(bool)]
    if rows.empty:
        return []
    row = rows.sort_values(["unhappy", "theme"], ascending=[False, True]).iloc[0]
    there = bool(pd.notna(row["unhappy_low"]))
    return [
        _finding(
            "unheard",
            f"“{row['name']}” is in {quantity(float(row['unhappy_share']), 'ratio')} of unhappy answers and led to no "
            "change",
            value=float(row["unhappy_share"]),
            unit="ratio",
            low=float(row["unhappy_low"]) if there else None,
            high=float(row["unhappy_high"]) if there else None,
            about="the underlying share, customers resampled",
            n=int(row["unhappy"]),
            period=period,
            sources=("surveys", "changes"),
            subject=str(row["theme"]),
            tone="bad",
        )
    ]


def untraced(rows: pd.DataFrame, as_of: str) -> list[Finding]:
    """Changes whose theme is no theme of the frame."""
    apart = rows[(rows["theme"] == "") & (rows["reason"] == "")]
    n = len(rows)
    title = (
        f"{len(apart)} of {n} structural changes {'traces' if len(apart) == 1 else 'trace'} to no feedback theme"
        if len(apart)
        else f"Every structural change traces to a feedback theme ({n} of {n})"
    )
    said = listing([f"“{r['change']}”" for r in apart.to_dict("records")])
    return [
        _finding(
            "untraced",
            title,
            detail=f"{said}." if said else "",
            value=len(apart),
            unit="count",
            about="counted, exact",
            n=n,
            period=as_of,
            sources=("changes",),
            tone="bad" if len(apart) else "good",
        )
    ]


def lag(rows: pd.DataFrame, as_of: str) -> list[Finding]:
    """Days from the first signal to the change: the middle one."""
    known = rows[rows["lag_days"].notna()]
    if known.empty:
        return []
    middle = float(known["lag_days"].median())
    short = int(known["at_least"].sum())
    least = "at least " if short * 2 >= len(known) else ""
    said = "one change" if len(known) == 1 else f"{len(known)} changes, in the middle"
    detail = (
        "The records begin with the signal"
        + (f" of {short} of them" if len(known) > 1 else "")
        + ", so that it may be older."
        if short
        else ""
    )
    return [
        _finding(
            "lag",
            f"It took {least}{middle:,.0f} days from the first signal to the change ({said})",
            detail=detail,
            value=middle,
            unit="days",
            about="counted, exact",
            n=len(known),
            period=as_of,
            sources=("changes", "surveys"),
        )
    ]


def _heard(row: Mapping[Any, Any], when: str) -> str:
    """The share of customers heard; a count below five is hidden as in every table."""
    return "fewer than 5" if 0 < int(row[when]) < 5 else quantity(float(row[f"rate_{when}"]), "ratio")


def _stricter(row: Mapping[Any, Any]) -> str:
    """Why an interval without 1 in it is not called a difference."""
    if row["verdict"] in {"fall", "rise"} or float(row["low"]) <= 1 <= float(row["high"]):
        return ""
    return " Taken alone it would count; among all that this report looks at the bar is higher."


def effects(rows: pd.DataFrame) -> list[Finding]:
    """Each change that can be judged: what customers said of its theme afterwards."""
    out = []
    for row in rows.to_dict("records"):
        if pd.isna(row["ratio"]):
            continue
        verb, ratio = SIGNALS[str(row["signal"])], float(row["ratio"])
        size = quantity(abs(ratio - 1), "ratio")
        if row["verdict"] in {"fall", "rise"}:
            way = "fewer" if ratio < 1 else "more"
            title = f"After “{row['change']}” {size} {way} customers {verb} “{row['name']}”"
        else:
            title = f"After “{row['change']}” customers {verb} “{row['name']}” neither less nor more, beyond chance"
            if not float(row["low"]) <= 1 <= float(row["high"]):
                way = "fewer" if ratio < 1 else "more"
                title = f"After “{row['change']}” {way} customers {verb} “{row['name']}”: a hint, too thin to count"
        against = "against everything else they said" if row["against"] else "before and after alone"
        out.append(
            _finding(
                "effect",
                title,
                detail=f"{_heard(row, 'before')} of customers heard before, {_heard(row, 'after')} after; "
                f"the ratio is taken {against}. It goes with the "
                "change and need not come from it." + _stricter(row),
                value=ratio,
                unit="multiple",
                low=float(row["low"]),
                high=float(row["high"]),
                about="ratio after to before, months resampled in effect by their dispersion",
                n=int(row["before"] + row["after"]),
                period=f"{int(row['months_before'])} months before, {int(row['months_after'])} after",
                grade=str(row["grade"]),
                sources=("changes", "surveys" if row["signal"] == "answers" else "tickets"),
                subject=f"{row['change_id']} {row['signal']}",
                tone="good" if row["verdict"] == "fall" else "bad" if row["verdict"] == "rise" else "unknown",
            )
        )
    return out


def unjudged(rows: pd.DataFrame) -> list[Gap]:
    """Changes that cannot be judged yet, one gap each."""
    why = {
        "too early": "Fewer than three complete months have passed since it, or lie before it.",
        "too few": "Too few customers spoke of its theme.",
    }
    made = {}
    for row in rows.to_dict("records"):
        if row["verdict"] in why:
            made[str(row["change_id"])] = gap(
                "effect", f"“{row['change']}”: {why[str(row['verdict'])]}", subject=str(row["change_id"])
            )
    judged = {str(r["change_id"]) for r in rows.to_dict("records") if r["verdict"] not in why}
    return [g for id, g in made.items() if id not in judged]
