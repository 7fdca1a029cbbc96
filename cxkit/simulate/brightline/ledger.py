# ruff: noqa: E501  rows of a sheet read best as rows
# fmt: off
"""What closes Brightline's ledger: further tests, limits that must hold, old forecasts and what finance saw of them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from cxkit.simulate import proof, proven
from cxkit.simulate.brightline import story
from cxkit.simulate.brightline.homes import Homes
from cxkit.simulate.plan import sheet, typed, with_columns
from cxkit.simulate.world import DAY, Array, months_between

CHAT_BASE, CHAT_EFFECT = 0.08, 0.07
"""Homes that chat about their bill within 30 days: with the old page, and how many more with the explainer."""
USED_BASE, USED_EFFECT = 0.62, 0.10
COMPLAINED = 0.06
TEXTS_FROM, TEXTS_BASE, TEXTS_SPREAD, TEXTS_EFFECT = np.datetime64("2026-08-25"), 1.4, 1.1, -0.09
ASSIST_MINUTES, ASSIST_GROUPS = -1.1, {
    **{f"Desk {n}": m for n, m in zip("ABCDEFGH", ("2026-01", "2026-01", "2026-02", "2026-03", "2026-03", "2026-04", "2026-05", "2026-06"), strict=True)},
    **dict.fromkeys((f"Desk {n}" for n in "IJKLMNOP"), None),
}
"""Minutes a contact that agent assist takes away, and when each desk got it."""
OVERSTATES, OTHERS, FOGGY = 0.60, 1.0, 0.10
"""What came of what was forecast under one sponsor, under the others, and how far single cases scatter."""
SPONSOR = "Dario Foxglade"

METRICS = [
    ("X1", "used_14d", "secondary", "binary", "up", None, "2025-10-20"),
    ("X1", "complaint_90d", "guardrail", "binary", "down", 0.03, "2025-10-20"),
    ("X3", "chat_30d", "guardrail", "binary", "down", 0.03, "2026-04-20"),
]
EXPERIMENTS = [
    ("X4", None, "Shorter texts during an outage lower calls per outage", "calls_per_outage", "mean", "randomised", "down", "long text", 0.5, "2026-08-18", "2026-08-25", None, 0.1, 5900, 7, "Service operations", 1),
    ("Q1", "I7", "Agent assist lowers the minutes a contact takes", "minutes_per_contact", "mean", "did", "down", "not yet", None, "2025-12-15", "2026-01-01", "2026-10-31", 0.5, 7600, 1.15, "Service operations", 2),
    ("Q2", "I4", "Homes that use the app contact us less", "contacts_half_year", "mean", "matched", "down", "no app", None, "2026-02-20", "2026-03-01", "2026-09-01", 0.05, 5900, 7, "Service operations", 1),
]
LOOKS = {"X4": "always"}
SEGMENTS = {"X1": "segment"}
MATCH_ON = {"Q2": "segment, region"}
UNIT_COST = {"X1": 6.5, "X2": 0.4, "X3": 0.1, "X4": 0.1}
BASE_LOW, BASE_HIGH = {"X1": 1500, "X2": 5600}, {"X1": 1800, "X2": 6200}
MARGIN_LOW, MARGIN_HIGH = {"X1": 600, "X2": 5.5}, {"X1": 840, "X2": 8.5}
PAST = [
    ("I10", "Paperless bills", "cost", "deflection", "2024-02-01", 2600, 4, "CX Council/Finance", "Bruno Quillstone", 0.8),
    ("I11", "Callback instead of queue", "cost", "recontact", "2024-03-01", 3100, 3, "Enablement/Ops", "Rhea Saltmarsh", 0.7),
    ("I12", "Loyalty club", "revenue", "grr", "2024-04-01", 5200, 6, "CXO/PMO", SPONSOR, 0.8),
    ("I13", "Shop redesign", "revenue", "orders", "2024-05-01", 4800, 6, "CXO/PMO", SPONSOR, 0.9),
    ("I14", "Mover service", "revenue", "grr", "2024-06-01", 2900, 4, "Journey Owners", "Clio Ambermere", 0.7),
    ("I15", "Chat on the web site", "cost", "deflection", "2024-07-01", 2400, 5, "CXO/PMO", SPONSOR, 0.8),
    ("I16", "Router exchange by post", "cost", "recontact", "2024-08-01", 3300, 3, "Enablement/Ops", "Rhea Saltmarsh", 0.8),
    ("I17", "Referral reward", "revenue", "orders", "2024-09-01", 3600, 5, "CXO/PMO", SPONSOR, 0.7),
    ("I18", "Clear price page", "revenue", "conversion", "2024-10-01", 2500, 4, "Journey Owners", "Clio Ambermere", 0.6),
    ("I19", "Digital brochure", "cost", "other", "2025-02-01", 1500, 4, "CXO/PMO", SPONSOR, 0.9),
    ("I20", "Fewer transfers", "cost", "recontact", "2025-03-01", 2700, 4, "Enablement/Ops", "Rhea Saltmarsh", 0.7),
    ("I21", "Evening installations", "revenue", "grr", "2025-05-01", 3000, 5, "Journey Owners", "Clio Ambermere", 0.6),
]
"""Initiative, what it moved, approval, forecast cash a month at full effect, ramp, role, sponsor, stated confidence."""
RIGHTS = [
    ("D1", "Money for a proven initiative", "fund", 50_000, "B", "CX Council/Finance", "Journey Owners", "RevOps/Data", "CXO/PMO"),
    ("D2", "A test before money is given", "test first", 10_000, "E", "CX Council/Finance", "Data/Insights", "Journey Owners", "CXO/PMO"),
    ("D3", "Stopping an initiative", "stop", None, "E", "CXO/PMO", "Journey Owners", "CX Council/Finance", "Enablement/Ops"),
    ("D4", "Going on as before", "keep", None, "E", "CXO/PMO", "Journey Owners", None, None),
]
CHALLENGES = [
    ("C1", "prove.effect:I1:X1", "The winter was mild; homes may have stayed for that", "CX Council/Finance", "2026-10-14", "Both arms had the same winter; the split is as planned", "2026-10-21"),
    ("C2", "quantify.scorecard.cost_to_serve", "Field visits of October hold two months", "RevOps/Data", "2026-10-30", "", ""),
]
"""Objections to numbers: finding, what was said, by which role, when, and the answer."""
DECISIONS = [
    ("D1", "I1", "fund", 32_000, "Journey Owners", "2025-10-15", "2025-11-01", "2025-11-01", "Early loss is the leak that retention cannot see"),
    ("D2", "I2", "fund", 24_000, "Enablement/Ops", "2026-01-20", "2026-02-01", "2026-02-01", "Half of the calls in an outage ask when it ends"),
    ("D3", "I4", "stop", None, "Journey Owners", "2026-06-10", "2026-08-31", "", "No goal, no owner, no proof"),
]
"""What the council decided so far; the last one was never carried out."""
PEOPLE = {"I1": 1.5, "I2": 0.5, "I3": 0.5, "I4": 2.0, "I5": 2.5, "I6": 1.0, "I7": 1.0, "I8": 0.5, "I9": 1.0}
DEPENDS, EXCLUDES, SWITCHING = {"I9": "I4"}, {"I6": "I9"}, {"I5": 3_000, "I9": 500}


def tests(rng: np.random.Generator, homes: Homes, frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables ``assignments`` and ``outcomes`` with what came later, and ``panel``."""
    arms = frames["assignments"].set_index("unit_id")
    draws, results = [frames["assignments"]], [frames["outcomes"]]

    def binary(experiment: str, metric: str, *, on: str, chance: float, effect: float, days: int) -> None:
        mine = arms[arms["experiment_id"] == experiment]
        yes = rng.random(len(mine)) < chance + effect * (mine["arm"].to_numpy() == on)
        when = mine["assigned"].to_numpy() + days * DAY
        results.append(proof.outcomes(experiment, mine.index.to_numpy(), metric, phase="post", value=yes, measured=when))

    binary("X1", "used_14d", on="welcome call", chance=USED_BASE, effect=USED_EFFECT, days=14)
    binary("X1", "complaint_90d", on="welcome call", chance=COMPLAINED, effect=0.0, days=90)
    binary("X3", "chat_30d", on="explainer", chance=CHAT_BASE, effect=CHAT_EFFECT, days=40)

    there = np.flatnonzero((homes.started < TEXTS_FROM) & ~(homes.ended < np.datetime64(story.AS_OF)))
    unit = np.sort(rng.permutation(there)[:2_400])
    short = proof.drawn(rng, len(unit), 0.5)
    begun: Array = TEXTS_FROM + rng.integers(0, 66, len(unit)).astype("m8[D]")
    calls = np.maximum(0.0, rng.gamma(1.6, TEXTS_BASE / 1.6, len(unit)) + TEXTS_EFFECT * short).round(2)
    draws.append(proof.assignments("X4", homes.ids[unit], short, begun, ("long text", "short text")))
    results.append(proof.outcomes("X4", homes.ids[unit], "calls_per_outage", phase="post", value=calls, measured=begun + 21 * DAY))

    since, until = np.datetime64("2026-03-01"), np.datetime64("2026-09-01")
    unit = np.sort(rng.permutation(np.flatnonzero((homes.started < since - 200 * DAY) & ~(homes.ended < until)))[:2_600])
    rate = np.array([0.35, 0.7, 1.0])[homes.segment[unit]] * rng.gamma(3, 1 / 3, len(unit))
    app = rng.random(len(unit)) < np.array([0.42, 0.24, 0.12])[homes.segment[unit]]
    draws.append(proof.assignments("Q2", homes.ids[unit], app, np.full(len(unit), since), ("no app", "app")))
    for phase, when in (("pre", since - DAY), ("post", until)):
        results.append(proof.outcomes("Q2", homes.ids[unit], "contacts_half_year", phase=phase, value=rng.poisson(rate), measured=np.full(len(unit), when)))

    found = proven.groups(rng, months_between("2024-11", "2026-10"), ASSIST_GROUPS, level=12.5, effect=ASSIST_MINUTES, season=0.5, noise=0.3)
    draws.append(proven.treated("Q1", ASSIST_GROUPS, ("not yet", "assisted")))
    assigned = pd.concat(draws, ignore_index=True)
    single = assigned["unit_id"].isin(homes.ids)
    assigned["account_id"] = assigned["unit_id"].where(single)
    return {
        "assignments": assigned,
        "outcomes": pd.concat(results, ignore_index=True),
        "panel": proven.panel("Q1", "minutes_per_contact", found, 40),
    }


def history(rng: np.random.Generator) -> tuple[pd.DataFrame, dict[str, str]]:
    """The sheet ``realised``, and the files of ``history/``."""
    rows: list[tuple[Any, ...]] = []
    forecasts = []
    for number, (id_, _, block, driver, approved, monthly, ramp, _, sponsor, confidence) in enumerate(PAST, 1):
        made = proven.forecast(number, id_, approved=approved, monthly=monthly, ramp=ramp, block=block, driver=driver, currency=story.CURRENCY, confidence=confidence)
        forecasts.append(made)
        share = (OVERSTATES if sponsor == SPONSOR else OTHERS) + rng.normal(0, FOGGY)
        first = np.datetime64(approved, "M") + 1
        line = "Service operations" if block == "cost" else "Recurring revenue"
        done = 0.0
        for place, point in enumerate(made["points"]):
            last = np.datetime64(approved, "M") + point["months"]
            if last > np.datetime64(story.AS_OF, "M"):
                break
            amount = round(point["value"] * share - done, 2)
            status = "booked" if place < 2 else "validated"
            reported = (last + 1).astype("datetime64[D]") + 14
            for said, factor in ((status, 1.0), *((("claimed", 1.0 / share),) if place == 0 else ())):
                signed = reported + 7 if said != "claimed" else None
                rows.append((f"Z{len(rows) + 1}", id_, line, str(first), str(last), round(amount * factor, 2), said, str(reported), "CX Council/Finance" if said != "claimed" else None, None if signed is None else str(signed), "management accounts" if said != "claimed" else "initiative's own report"))
            done += amount
            first = last + 1
    rows += [
        ("Z90", "I1", "Recurring revenue", "2025-11", "2026-04", 3_700, "booked", "2026-05-20", "CX Council/Finance", "2026-05-25", "management accounts"),
        ("Z91", "I1", "Recurring revenue", "2026-05", "2026-10", 5_200, "validated", "2026-10-28", "CX Council/Finance", "2026-10-30", "checked against the arms of X1"),
        ("Z92", "I2", "Service operations", "2026-02", "2026-07", 2_350, "booked", "2026-08-15", "CX Council/Finance", "2026-08-20", "management accounts"),
        ("Z94", "I2", "Service operations", "2026-06", "2026-09", 1_450, "validated", "2026-10-18", None, None, "checked by the service desk"),
        ("Z95", "I2", "Service operations", "2026-07", "2026-08", 700, "booked", "2026-10-12", "CX Council/Finance", "2026-10-16", "management accounts"),
        ("Z93", "I4", "Recurring revenue", "2026-01", "2026-10", 48_000, "claimed", "2026-10-25", None, None, "Digital's own report"),
    ]
    sheet_ = sheet("realised", "realised_id initiative_id pnl_line first_month last_month amount status reported signed_role signed source", rows)
    number = len(PAST)
    forecasts += [
        proven.forecast(number + 1, "I1", approved="2025-10-15", monthly=900, ramp=4, block="revenue", driver="grr", currency=story.CURRENCY, confidence=0.8, decision="D1", assumptions=(
            {"benefit_id": "B1", "name": "base", "value": 1650, "low": 1500, "high": 1800, "driver": "grr", "base_unit": "new homes a year"},
            {"benefit_id": "B1", "name": "effect", "value": 0.05, "low": 0.02, "high": 0.075, "driver": "grr", "base_unit": "new homes a year"},
        )),
        proven.forecast(number + 2, "I2", approved="2026-01-20", monthly=520, ramp=2, block="cost", driver="deflection", currency=story.CURRENCY, confidence=0.7, decision="D2", assumptions=(
            {"benefit_id": "B2", "name": "base", "value": 7400, "low": 6900, "high": 7900, "driver": "deflection", "base_unit": "homes"},
            {"benefit_id": "B2", "name": "effect", "value": 0.16, "low": 0.05, "high": 0.25, "driver": "deflection", "base_unit": "homes"},
        )),
    ]
    names = ["decision_id", "initiative_id", "verdict", "amount", "owner_role", "decided", "due", "done", "note"]
    decided = [dict(zip(names, row, strict=True)) | {"evidence": ""} for row in DECISIONS]
    store = {"revision": len(decided), "decisions": decided}
    return sheet_, {
        "history/forecasts.jsonl": proven.lines(forecasts),
        "history/decisions.jsonl": proven.lines(decided),
        "history/challenges.jsonl": proven.lines(
            dict(zip(("challenge_id", "finding", "says", "author_role", "logged", "answer", "answered"), row, strict=True)) | {"evidence": ""}
            for row in CHALLENGES
        ),
        "engagement.json": json.dumps(store, indent=1, sort_keys=True) + "\n",
    }


def sheets(frames: dict[str, pd.DataFrame], realised: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The sheets that are new or have grown."""
    experiment = "experiment_id initiative_id hypothesis metric kind design direction control_arm planned_share registered started ended minimum_effect exposed_base unit_margin pnl_line lag_months"
    grown = pd.concat([frames["experiments"], sheet("experiments", experiment, EXPERIMENTS)], ignore_index=True)
    columns: dict[str, dict[str, Any]] = {"looks": LOOKS, "segments": SEGMENTS, "match_on": MATCH_ON, "unit_cost": UNIT_COST, "exposed_base_low": BASE_LOW, "exposed_base_high": BASE_HIGH, "unit_margin_low": MARGIN_LOW, "unit_margin_high": MARGIN_HIGH}
    past = sheet(
        "initiatives",
        "initiative_id initiative owner_role sponsor business_unit status framing registered started planned_end ended budget spent funded",
        [(id_, name, role, sponsor, "Digital" if sponsor == SPONSOR else "Service desk", "done", "project", str(np.datetime64(approved) - 60), approved, str(np.datetime64(approved) + 400), str(np.datetime64(approved) + 420), monthly * 6, monthly * 6, True)
         for id_, name, _, _, approved, monthly, _, role, sponsor, _ in PAST],
    )
    initiatives = pd.concat([frames["initiatives"], past], ignore_index=True)
    people: dict[str, dict[str, Any]] = {"people_needed": PEOPLE, "depends_on": DEPENDS, "excludes": EXCLUDES, "switching_cost": SWITCHING}
    return {
        "experiments": with_columns(typed("experiments", grown), "experiments", columns),
        "experiment_metrics": sheet("experiment_metrics", "experiment_id metric role kind direction margin registered", METRICS),
        "initiatives": with_columns(typed("initiatives", initiatives), "initiatives", people),
        "realised": realised,
        "decision_rights": sheet("decision_rights", "right_id decision verdict up_to evidence accountable responsible consulted informed", RIGHTS),
    }
