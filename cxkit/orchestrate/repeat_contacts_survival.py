"""Sentences about decisions that rest on first-contact resolution: which survive the choice of its convention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cxkit.formats import interval, listing, quantity
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.windows import Window
from cxkit.records import Finding


def survival_findings(
    decided: pd.DataFrame, survival: pd.DataFrame, window: Window, target: float | None
) -> tuple[Finding, ...]:
    """One finding on how many decisions survive, then one per decision."""
    rows = survival[(survival["label"] != "not judged") & (survival["conventions"] > 1)].to_dict("records")
    if not rows:
        return ()
    return (_all(rows, window), *(_one(decided, row, window, target) for row in rows))


def _name(row: Mapping[Any, Any]) -> str:
    decision = str(row["decision"])
    return {"target": "whether the target is met", "change": "whether it changed"}.get(
        decision, f"which {decision.removeprefix('worst ')} is worst"
    )


def _all(rows: list[dict[Any, Any]], window: Window) -> Finding:
    count = len(rows)
    kept, turned = [r for r in rows if r["same"] == r["conventions"]], [r for r in rows if r["opposed"]]
    title = f"{len(kept)} of {count} decisions that rest on first-contact resolution are the same by every convention"
    if turned:
        title = f"{len(turned)} of {count} decisions that rest on first-contact resolution turn with its convention"
    parts = [("The same by all", kept), ("Turned round by some", turned)]
    parts.append(("Not contradicted, but not clear by all", [r for r in rows if r not in kept and r not in turned]))
    return Finding(
        id="orchestrate.repeats.survival",
        stage="orchestrate",
        title=title,
        detail=" ".join(f"{words}: {listing([_name(r) for r in part], most=6)}." for words, part in parts if part),
        value=float(len(turned)),
        unit="count",
        about="decisions that some convention clearly contradicts",
        n=count,
        period=window.label,
        sources=("tickets",),
        definition="fcr@1",
        tone="good" if len(kept) == count else "neutral",
    )


def _one(decided: pd.DataFrame, row: Mapping[Any, Any], window: Window, target: float | None) -> Finding:
    decision, label = str(row["decision"]), str(row["label"])
    count, same, opposed, others = int(row["conventions"]), int(row["same"]), int(row["opposed"]), str(row["others"])
    part = decided[decided["decision"] == decision]
    chosen = part[part["chosen"]].iloc[0]
    kind = decision.partition(" ")[0]
    every = f"under all {count} conventions" if same == count else f"under {same} of {count} conventions"
    turned = f", otherwise {others}" if same < count else ""
    if kind == "worst":
        noun = decision.removeprefix("worst ")
        title = f"“{label}” is the {noun} with the lowest first-contact resolution {every}{turned}"
        band = interval(chosen["low"], chosen["high"], "ratio") if pd.notna(chosen["low"]) else ""
        tau = part.loc[~part["chosen"], "tau"].dropna()
        detail = f"{int(chosen['groups'])} {noun}s with at least {MINIMUM_N} tickets under each convention are ranked"
        detail += f", by the chosen one it has {quantity(float(chosen['value']), 'ratio')}"
        detail += f" ({band})" if band else ""
        detail += f"; Kendall’s tau with the chosen order is {tau.min():.2f} to {tau.max():.2f}." if len(tau) else "."
    elif kind == "target":
        words = {"met": "is met", "missed": "is missed", "open": "can neither be called met nor missed"}[label]
        title = f"The target of {quantity(target, 'ratio')} first-contact resolution {words} {every}{turned}"
        detail = "Met or missed is said only when the whole interval lies on one side of the target."
    else:
        words = {"rose": "rose", "fell": "fell", "no clear change": "did not clearly change"}[label]
        title = f"First-contact resolution {words} {every}{turned}"
        step = quantity(float(chosen["value"]), "points", signed=True)
        detail = f"By the chosen convention it moved by {step} against {chosen['against']}; the interval decides."
    if opposed:
        noun = "convention clearly contradicts" if opposed == 1 else "conventions clearly contradict"
        detail += f" {opposed} {noun} it: agree on one before deciding."
    elif same < count:
        detail += " No convention clearly contradicts it."
    return Finding(
        id=f"orchestrate.repeats.{kind}",
        stage="orchestrate",
        subject=decision.removeprefix("worst ") if kind == "worst" else None,
        title=title,
        detail=detail,
        value=same / count,
        unit="ratio",
        about=f"share of the {count} conventions that decide as the chosen one",
        n=count,
        period=window.label,
        sources=("tickets",),
        definition="fcr@1",
        tone="good" if same == count else "neutral",
    )
