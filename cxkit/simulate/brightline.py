"""Brightline Telecom: a consumer telecom that loses new homes before its retention figure can see them.

The story: since self-install kits came in, one new home in six leaves within 90 days, which gross retention
does not show. Repairs are promised for the next day and delivered in four; complaints have risen since July.
A welcome call cuts the early loss; nothing else tested has as clear an effect.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cxkit.simulate import book, brightline_plan, brightline_truth, costs, names, proof, service, usage, voice
from cxkit.simulate.clock import EVENING_HOURS, OpenHours, at_some_time
from cxkit.simulate.plan import staff, training
from cxkit.simulate.world import DAY, Array, World, keys, months_between, weighted

ZONE, CURRENCY = "America/Chicago", "USD"
AS_OF, EXTRACTED = date(2026, 10, 31), date(2026, 11, 6)
MONTHS = months_between("2024-09", "2026-11")
BEGIN, LATEST = np.datetime64("2024-09-01"), np.datetime64(EXTRACTED, "D")
HOLIDAYS = ("2024-11-28", "2024-12-25", "2025-01-01", "2025-07-04", "2025-11-27", "2025-12-25", "2026-01-01")
HOURS = OpenHours(
    {d: (8, 20) if d < 6 else (9, 17) for d in range(1, 7)},
    timezone=ZONE,
    first="2024-08-25",
    last="2027-03-01",
    holidays=(*HOLIDAYS, "2026-07-03"),
)
BASE, JOINS = 4_400, 138
SEGMENTS = {"mobile": (0.30, 38.0, 0.0125), "home": (0.42, 62.0, 0.0100), "bundle": (0.28, 96.0, 0.0070)}
"""Share, mean price a month, hazard of leaving a month once settled in."""
EARLY_LOSS = {"before": 0.100, "since": 0.165, "called": 0.100}
"""Chance of leaving within 90 days: until September 2025, since then, and with a welcome call."""
TURN = np.datetime64("2025-10-01")
CALL_FROM, CALL_TO = np.datetime64("2025-11-01"), np.datetime64("2026-07-25")
HELD_FROM, HELD_SHARE, HELD_HAZARD = np.datetime64("2025-08-01"), 0.12, 1.45
NOTICE_FROM, NOTICE_EFFECT = np.datetime64("2026-02-01"), -0.15
PAGE_DAY, PAGE_RATE = np.datetime64("2026-05-04"), 0.18
FIRST_USE_DAYS, NEVER_USE, OFFER_TAKEN = 6.0, 0.06, 0.31
LATELY = {"2026-07": 1.25, "2026-08": 1.5, "2026-09": 1.7, "2026-10": 1.8, "2026-11": 1.8}
ANGRY = {"2026-07": 0.27, "2026-08": 0.32, "2026-09": 0.37, "2026-10": 0.40, "2026-11": 0.40}
WINTER = (1.25, 1.2, 1.1, 1.0, 0.9, 0.95, 1.0, 1.0, 0.9, 0.95, 1.0, 1.15)
REASONS = (
    service.Reason("installation", "M2", 0.200, 0.70, 1100, 16, 0.06, "Onboarding", early=True),
    service.Reason("first bill", "M3", 0.110, 0.72, 800, 11, 0.09, "Billing", early=True),
    service.Reason("bill question", "M6", 0.020, 0.82, 620, 9, 0.06, "Billing"),
    service.Reason(
        "repair",
        "M5",
        0.019,
        0.66,
        2750,
        22,
        0.2,
        "Field service",
        first=WINTER,
        by_month=LATELY,
        worse=ANGRY,
        sigma=0.6,
    ),  # fmt: skip
    service.Reason("plan change", "M4", 0.012, 0.85, 420, 10, 0.02),
    service.Reason("app or router", "M4", 0.013, 0.80, 520, 13, 0.04),
    service.Reason("moving or leaving", "M8", 0.007, 0.78, 700, 14, 0.12),
)
COSTS = (
    costs.Cost("contact centre", "handling", 1.15, growth=0.002),
    costs.Cost("field visits", "visits", 88.0, growth=0.003),
    costs.Cost("service credits", "credits", 34.0),
    costs.Cost("billing operations", "overhead", 0.95),
    costs.Cost("acquisition campaigns", "overhead", 190.0, serves=False),
)
SAID = (
    "Was told next day, the technician came on the fourth",
    "Had to call three times about the same thing",
    "The first bill was not what I was sold",
    "Self-install kit without the right cable",
    "No one could tell me when the outage ends",
    "Waited long, then the line dropped",
    "Please call me on +1 312 555 0143 or write to ada.fenwillow7@example.com",
)
PRAISE = ("Quick and friendly", "The welcome call was helpful", "Works as promised", "Fixed on the first call")
TOOL_DOWN = ("2026-02-09", "2026-02-18")
"""The survey tool stored nothing on these days."""
LATE_BOOKING = 0.957
"""Share of October's recurring revenue that had been booked when the month was first reported."""
CANARY = "canary-brightline-7f3a"


def draw(seed: int) -> World:
    """Draw Brightline's tables and truth from one seed."""
    streams = iter(np.random.default_rng(seed).spawn(12))
    rng = next(streams)
    started, ended, why, homes = _homes(rng)
    frames = {"accounts": _accounts(next(streams), started, ended, why, homes)}
    spells = _spells(next(streams), started, ended, why, homes)
    prefix = keys("S", spells["account"].to_numpy())
    ids = frames["accounts"]["account_id"].to_numpy()
    product = frames["accounts"]["product"].to_numpy()[spells["account"]]
    frames["subscriptions"] = spells.assign(
        subscription_id=prefix, account_id=ids[spells["account"]], currency=CURRENCY, product=product
    )[["subscription_id", "account_id", "started", "ended", "end_reason", "mrr", "currency", "product"]]
    rng = next(streams)
    feeling = rng.normal(0, 0.7, len(started))
    pull = np.exp(-0.45 * feeling) * rng.gamma(1.3, 1 / 1.3, len(started))
    noticed = (started < HELD_FROM) & (np.isnat(ended) | (ended >= NOTICE_FROM))
    told = noticed & proof.drawn(rng, len(started), 0.5)
    since = (NOTICE_FROM.astype("datetime64[M]") <= MONTHS)[:, None]
    force = np.where(since & told[None, :], 1 + NOTICE_EFFECT, 1.0) * pull[None, :]
    desk = _desk(rng)
    asked = service.tickets(next(streams), REASONS, desk, started, ended, MONTHS, force)
    frames["tickets"] = _tickets(next(streams), asked, ids)
    frames |= _voice(next(streams), started, ended, asked, frames["tickets"], feeling, ids)
    frames["events"] = _events(next(streams), started, ended, ids)
    frames |= _proof(next(streams), started, ended, homes, noticed, told, asked, ids)
    frames |= _money(next(streams), spells, started, ended, asked)
    frames |= _staff(next(streams))
    frames |= brightline_plan.sheets(HOURS)
    return World(
        client="brightline",
        name="Brightline Telecom",
        frames=frames,
        truth=brightline_truth.truths(frames, homes["segment"], started, ended),
        as_of=AS_OF,
        extracted=EXTRACTED,
        timezone=ZONE,
        currency=CURRENCY,
        seed=seed,
        settings=brightline_plan.SETTINGS,
    )


def _homes(rng: np.random.Generator) -> tuple[Array, Array, Array, dict[str, Array]]:
    """Start and end of every household, why it left, and what else is drawn with it."""
    season = np.array([0.95, 0.9, 1.0, 1.0, 1.05, 1.1, 1.15, 1.2, 1.1, 0.95, 0.9, 0.7])
    per_month = rng.poisson(JOINS * season[MONTHS.astype("int64") % 12])
    per_month[-1] = round(per_month[-1] * 0.2)
    month = np.repeat(MONTHS, per_month).astype("datetime64[D]")
    joined = month + rng.integers(0, np.where(month == MONTHS[-1].astype("datetime64[D]"), 6, 28)).astype("m8[D]")
    age = -950 * np.log(1 - rng.random(BASE) * (1 - np.exp(-3100 / 950)))
    started = np.sort(np.concatenate([BEGIN - DAY * (1 + np.floor(age).astype("int64")), joined]))
    size = len(started)
    segment = weighted(rng, np.array([s[0] for s in SEGMENTS.values()]), size)
    settled = np.array([s[2] for s in SEGMENTS.values()])[segment] / 30.4375
    called = (started >= CALL_FROM) & (started <= CALL_TO) & proof.drawn(rng, size, 0.5)
    chance = np.where(started < TURN, EARLY_LOSS["before"], EARLY_LOSS["since"])
    chance = np.where(called, EARLY_LOSS["called"], chance)
    early = -np.log(1 - chance) / 90
    held = (started < HELD_FROM - 90 * DAY) & proof.drawn(rng, size, HELD_SHARE)
    seen_from = np.maximum(started, BEGIN)
    first = np.clip((started + 90 * DAY - seen_from).astype("int64"), 0, None).astype("float64")
    second = np.clip((HELD_FROM - seen_from).astype("int64") - first, 0, None)
    life = book.residual_life(
        rng,
        [(first, early), (second, settled), (np.full(size, np.inf), settled * np.where(held, HELD_HAZARD, 1.0))],
    )
    ended = book.ends(seen_from, life, LATEST)
    soon = (ended - started).astype("int64") < 90
    reasons = {"price": 0.34, "service": 0.31, "moved": 0.2, "competitor": 0.15}
    early_reasons = {"installation": 0.44, "first bill": 0.31, "changed mind": 0.25}
    why = np.where(soon, voice.pick(rng, early_reasons, size), voice.pick(rng, reasons, size))
    why = np.where(np.isnat(ended), None, why)
    return started, ended, why, {"segment": segment, "called": called, "held": held}


def _accounts(
    rng: np.random.Generator, started: Array, ended: Array, why: Array, homes: dict[str, Array]
) -> pd.DataFrame:
    size = len(started)
    first, last = names.people(rng, size)
    title = np.array([f"{a} {b}" for a, b in zip(first, last, strict=True)], dtype=object)
    title[17], title[18] = "<img src=x onerror=alert(1)> Fenwillow", "=CMD Ambermere $1$"
    segment = np.array(list(SEGMENTS), dtype=object)[homes["segment"]]
    product = {"mobile": "Mobile Free", "home": "Home Fibre", "bundle": "Home and Mobile"}
    return pd.DataFrame(
        {
            "account_id": keys("H", np.arange(1, size + 1)),
            "account_name": title,
            "started": started,
            "ended": ended,
            "end_reason": why,
            "segment": segment,
            "product": [product[s] for s in segment],
            "region": voice.pick(rng, {"North": 0.34, "Lakeside": 0.28, "Prairie": 0.22, "South": 0.16}, size),
            "business_unit": "Consumer",
        }
    )


def _spells(
    rng: np.random.Generator, started: Array, ended: Array, why: Array, homes: dict[str, Array]
) -> pd.DataFrame:
    size = len(started)
    price = np.array([s[1] for s in SEGMENTS.values()])[homes["segment"]] * np.exp(rng.normal(0, 0.18, size))
    days = MONTHS[:-1].astype("datetime64[D]")
    after = np.where((MONTHS[:-1] >= np.datetime64("2026-04")) & (MONTHS[:-1] <= np.datetime64("2026-07")), 1.8, 1.0)
    rises = []
    for day, factor in (("2025-04-01", 1.03), ("2026-04-01", 1.045)):
        old = np.flatnonzero(started < np.datetime64(day) - 365 * DAY)
        when = np.full(len(old), np.datetime64(day))
        rises.append(book.Changes(old, when, np.full(len(old), factor), np.full(len(old), "price rise", dtype=object)))
    changes = book.Changes.together(
        [
            *rises,
            book.moves(rng, size, days, np.full(len(days), 0.0165), 1.22, "upgrade"),
            book.moves(rng, size, days, 0.0052 * after, 0.80, "downgrade"),
        ]
    )
    return book.spells(started, ended, why, np.round(price, 2), changes)


def _desk(rng: np.random.Generator) -> service.Desk:
    teams = ("Onboarding", "Billing", "Field service", "Service desk")
    people = names.agents(rng, 32)
    return service.Desk(
        hours=HOURS,
        agents={team: people[i * 8 : i * 8 + 8] for i, team in enumerate(teams)},
        timezone=ZONE,
        extracted=LATEST,
        channels={"phone": 0.52, "chat": 0.2, "web": 0.17, "mail": 0.11},
    )


def _tickets(rng: np.random.Generator, asked: pd.DataFrame, ids: Array) -> pd.DataFrame:
    known = np.where(
        rng.random(len(asked)) < np.where(asked["channel"] == "phone", 0.19, 0.045), None, ids[asked["account"]]
    )
    frame = asked.assign(ticket_id=keys("T", np.arange(1, len(asked) + 1), 6), account_id=known)
    frame["handovers"] = frame["handovers"].astype("Int64")
    lead = ["ticket_id", "account_id", "moment_id"]
    return frame[lead + [c for c in asked.columns if c not in {"account", *lead}]]


def _voice(
    rng: np.random.Generator,
    started: Array,
    ended: Array,
    asked: pd.DataFrame,
    tickets: pd.DataFrame,
    feeling: Array,
    ids: Array,
) -> dict[str, pd.DataFrame]:
    mood = voice.Mood(nps=8.25, csat=4.2)
    drift = {"2026-08": -0.15, "2026-09": -0.25, "2026-10": -0.3, "2026-11": -0.3}
    relation = voice.relationship(
        rng, started, ended, MONTHS, 520, drift, mood, feeling, response=0.21, timezone=ZONE, extracted=LATEST
    )
    after = voice.after_tickets(rng, asked, mood, feeling, invited=0.55, response=0.24, extracted=LATEST)
    return voice.tables(
        rng,
        relation,
        after,
        ids,
        tickets["ticket_id"].to_numpy(),
        said=SAID,
        praise=PRAISE,
        planted=(*voice.HOSTILE, f"Reference {CANARY}, please check"),
        relation_moment="M4",
        unknown=0.06,
        loop={"contacted": 0.58, "settled": 0.62, "hours": 40.0},
        extracted=LATEST,
        down=TOOL_DOWN,
    )


def _events(rng: np.random.Generator, started: Array, ended: Array, ids: Array) -> pd.DataFrame:
    new = np.flatnonzero(started >= BEGIN)
    steps = ("order_placed", "install_booked", "service_live", "first_use")
    way = usage.first_value(
        rng,
        started[new],
        ended[new],
        steps=steps,
        median_days=FIRST_USE_DAYS,
        never=NEVER_USE,
        hours=EVENING_HOURS,
        timezone=ZONE,
        extracted=LATEST,
    )
    way["account"] = new[way["account"]]
    way["moment_id"], way["channel"], way["system"] = "M2", "app", "SYS4"
    day = np.datetime64("2025-01-01") + rng.integers(0, 672, len(started)).astype("m8[D]")
    there = np.flatnonzero(
        book.active(started, ended, LATEST) & (started < day - 60 * DAY) & (rng.random(len(started)) < 0.4)
    )
    seen = at_some_time(rng, day[there], EVENING_HOURS, ZONE)
    renew = usage.offers(
        rng, there, seen, events=("offer_viewed", "offer_accepted"), taken=OFFER_TAKEN, extracted=LATEST
    )
    renew["moment_id"], renew["channel"], renew["system"] = "M7", "web", "SYS4"
    frame = pd.concat([way, renew], ignore_index=True)
    frame = frame.sort_values(["at", "account", "event"], kind="stable").reset_index(drop=True)
    frame["account_id"] = ids[frame["account"]]
    frame["session_id"] = keys("V", frame["account"].to_numpy(), 6)
    return frame[["at", "event", "account_id", "moment_id", "session_id", "channel", "system"]]


def _proof(
    rng: np.random.Generator,
    started: Array,
    ended: Array,
    homes: dict[str, Array],
    noticed: Array,
    told: Array,
    asked: pd.DataFrame,
    ids: Array,
) -> dict[str, pd.DataFrame]:
    gone = np.where(np.isnat(ended), np.datetime64("2100-01-01"), ended)
    new = np.flatnonzero((started >= CALL_FROM) & (started <= CALL_TO))
    lost = gone[new] < started[new] + 90 * DAY
    draws = [proof.assignments("X1", ids[new], homes["called"][new], started[new] + np.timedelta64(15, "h"), ("standard", "welcome call"))]  # fmt: skip
    results = [proof.outcomes("X1", ids[new], "churn_90d", "post", lost, started[new] + 90 * DAY)]

    unit = np.flatnonzero(noticed)
    day, who = asked["opened"].to_numpy().astype("datetime64[D]"), asked["account"].to_numpy()
    until = np.datetime64("2026-08-01")
    for phase, begin, end in (("pre", HELD_FROM, NOTICE_FROM), ("post", NOTICE_FROM, until)):
        count = np.bincount(who[(day >= begin) & (day < end)], minlength=len(ids))[unit]
        results.append(proof.outcomes("X2", ids[unit], "contacts_6m", phase, count, np.full(len(unit), end)))
    draws.append(
        proof.assignments("X2", ids[unit], told[unit], np.full(len(unit), NOTICE_FROM), ("no notice", "notice"))
    )

    unit = rng.permutation(np.flatnonzero(book.active(started, ended, PAGE_DAY)))[:2400]
    unit.sort()
    page = proof.drawn(rng, len(unit), 0.5)
    draws.append(proof.assignments("X3", ids[unit], page, np.full(len(unit), PAGE_DAY), ("old page", "explainer")))
    called = rng.random(len(unit)) < PAGE_RATE
    results.append(
        proof.outcomes("X3", ids[unit], "bill_call_30d", "post", called, np.full(len(unit), PAGE_DAY + 40 * DAY))
    )

    unit = np.flatnonzero((started < HELD_FROM - 90 * DAY) & (gone >= HELD_FROM))
    held = homes["held"][unit]
    draws.append(proof.assignments("H1", ids[unit], ~held, np.full(len(unit), HELD_FROM), ("holdout", "programme")))
    end = HELD_FROM + 365 * DAY
    results.append(proof.outcomes("H1", ids[unit], "churn_12m", "post", gone[unit] < end, np.full(len(unit), end)))
    met = np.flatnonzero(rng.random(len(unit)) < np.where(held, 0.03, 0.62))
    exposed = HELD_FROM + rng.integers(3, 300, len(met)).astype("m8[D]")
    exposures = pd.DataFrame({"experiment_id": "H1", "unit_id": ids[unit][met], "exposed": exposed, "arm": "programme"})
    assignments = pd.concat(draws, ignore_index=True)
    assignments["account_id"] = assignments["unit_id"]
    return {"assignments": assignments, "outcomes": pd.concat(results, ignore_index=True), "exposures": exposures}


def _money(
    rng: np.random.Generator, spells: pd.DataFrame, started: Array, ended: Array, asked: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    months = MONTHS[:-1]
    month = asked["opened"].to_numpy().astype("datetime64[M]")
    place = (month - months[0]).astype("int64")
    inside = place < len(months)

    def per_month(values: Array) -> Array:
        return np.bincount(place[inside], weights=values[inside].astype("float64"), minlength=len(months))

    close = [(m + 1).astype("datetime64[D]") - DAY for m in months]
    alive = np.array([book.active(started, ended, c).sum() for c in close], dtype="float64")
    joined = np.array(
        [((started >= m.astype("M8[D]")) & (started <= c)).sum() for m, c in zip(months, close, strict=True)]
    )
    repair = (asked["reason"] == "repair").to_numpy()
    driven = {
        "contact centre": per_month(asked["handle_minutes"].fillna(12).to_numpy()),
        "field visits": per_month(repair),
        "service credits": per_month(asked["complaint"].to_numpy()),
        "billing operations": alive,
        "acquisition campaigns": joined,
    }
    cost = costs.costs(rng, COSTS, months, driven)
    cost["business_unit"], cost["currency"] = "Consumer", CURRENCY
    october = (cost["month"] == pd.Timestamp("2026-10-01")) & (cost["category"] == "field visits")
    cost = costs.restate(cost, october.to_numpy(), "amount", 1.06, "2026-11-05")
    revenue = book.earned(spells, months)
    served = cost[cost["serves"]].groupby("month")["amount"].sum().to_numpy()
    won = cost[~cost["serves"]].groupby("month")["amount"].sum().to_numpy()
    lines = {
        ("Recurring revenue", "recurring_revenue"): revenue * (1 + rng.normal(0, 0.002, len(months))),
        ("Equipment sales", "other_revenue"): joined * 41.0 * np.exp(rng.normal(0, 0.05, len(months))),
        ("Service operations", "service_cost"): served,
        ("Network and content", "cost_of_goods"): revenue * 0.38 * np.exp(rng.normal(0, 0.01, len(months))),
        ("Acquisition", "acquisition_cost"): won,
        ("Overhead", "other_cost"): np.full(len(months), 41_000.0) * np.exp(rng.normal(0, 0.02, len(months))),
    }
    pnl = costs.pnl(months, lines)
    pnl["currency"] = CURRENCY
    late = ((pnl["month"] == pd.Timestamp("2026-10-01")) & (pnl["line"] == "Recurring revenue")).to_numpy()
    pnl.loc[late, "amount"] = (pnl.loc[late, "amount"] * LATE_BOOKING).round(2)
    pnl = costs.restate(pnl, late, "amount", 1 / LATE_BOOKING, "2026-11-05")
    market = pd.DataFrame(
        {"month": months.astype("M8[D]"), "segment": "all", "currency": CURRENCY, "source": "trade body estimate"}
    )
    market["market_revenue"] = np.round(2_400_000 * 1.004 ** np.arange(len(months)), 0)
    return {"costs": cost, "pnl": pnl, "market": market}


def _staff(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    teams = {"Onboarding": 14, "Billing": 16, "Field service": 38, "Service desk": 30, "Sales": 24, "Digital": 18}
    lately = {"Field service": {str(m): f for m, f in zip(months_between("2026-06", "2026-10"), (1.3, 1.7, 2.2, 2.5, 2.6), strict=True)}}  # fmt: skip
    programmes = {
        ("Service desk", "Repair playbook", "playbook"): (0.15, 0.46),
        ("Field service", "Repair playbook", "playbook"): (0.05, 0.21),
        ("Onboarding", "Welcome call script", "playbook"): (0.3, 0.93),
        ("Billing", "Agent assist", "agent_assist"): (0.1, 0.58),
        ("Service desk", "Agent assist", "agent_assist"): (0.12, 0.64),
    }
    return {
        "workforce": staff(rng, teams, MONTHS[:-1], lately),
        "training": training(rng, programmes, teams, months_between("2025-11", "2026-10")),
    }
