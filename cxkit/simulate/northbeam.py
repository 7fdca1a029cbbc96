"""Northbeam Software: a B2B firm whose few large accounts decide its retention.

The story: five of some 420 accounts carry a quarter of revenue; one of them shrank in spring. People are known
five times over in five systems. A guided set-up, drawn by account, raises weekly use; an academy is claimed to
have worked because things were better afterwards.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cxkit.simulate import book, costs, names, northbeam_plan, northbeam_truth, people, proof, service, usage, voice
from cxkit.simulate.clock import OpenHours
from cxkit.simulate.plan import staff, training, typed
from cxkit.simulate.world import DAY, Array, World, keys, lognormal, month_end, months_between

ZONE, CURRENCY = "Europe/Berlin", "EUR"
AS_OF, EXTRACTED = date(2026, 10, 31), date(2026, 11, 6)
MONTHS = months_between("2024-09", "2026-10")
BEGIN, LATEST = np.datetime64("2024-09-01"), np.datetime64(EXTRACTED, "D")
HOLIDAYS = ("2024-10-03", "2024-12-25", "2024-12-26", "2025-01-01", "2025-10-03", "2025-12-25", "2025-12-26", "2026-01-01", "2026-05-01")  # fmt: skip
HOURS = OpenHours(dict.fromkeys(range(1, 6), (8, 18)), timezone=ZONE, first="2024-08-20", last="2027-03-01", holidays=HOLIDAYS)  # fmt: skip
OFFICE = np.array([0, 0, 0, 0, 0, 0, 0.5, 3, 9, 12, 12, 10, 6, 8, 10, 10, 8, 4, 1, 0.5, 0.2, 0.1, 0, 0])
BASE, JOINS, LARGE = 405, 3.2, 5
HAZARD, EARLY_HAZARD = 0.0085, 0.009
"""Chance per month of leaving once settled in, and in the first 90 days."""
SHRUNK, SHRUNK_FROM = 0.62, np.datetime64("2026-04-01")
POUND = (1.185, 0.0008, 0.006)
GUIDE_DAY, GUIDE_BASE, GUIDE_EFFECT, GUIDE_SHARED = np.datetime64("2026-05-05"), 0.44, 0.09, 0.15
TOOL = {"standard": (6_140, 0.212), "short form": (6_087, 0.236)}
READY_DAYS, NEVER_READY = 18.0, 0.08
SYSTEMS = (
    people.System("crm", "K", 0.85, 0.02, 0.06, 0.25, 0.05, 1.0),
    people.System("billing", "B", 0.28, 0.03, 0.10, 0.55, 0.02, 1.0),
    people.System("support", "Z", 0.55, 0.05, 0.04, 0.50, 0.06, 0.72, 0.08),
    people.System("voc", "V", 0.40, 0.04, 0.00, 1.00, 0.03, 0.35, 0.10),
    people.System("telemetry", "U", 0.80, 0.01, 0.12, 1.00, 0.01, 0.90),
)
REASONS = (
    service.Reason("set-up", "N2", 0.55, 0.66, 900, 38, 0.05, "Onboarding", early=True),
    service.Reason("integration", "N3", 0.30, 0.62, 1700, 52, 0.10, "Technical support"),
    service.Reason("how to", "N4", 0.42, 0.86, 260, 14, 0.01, "Customer support"),
    service.Reason("defect", "N5", 0.26, 0.68, 1500, 47, 0.20, "Technical support"),
    service.Reason("invoice", "N6", 0.12, 0.80, 500, 18, 0.08, "Billing"),
)
COSTS = (
    costs.Cost("support", "handling", 1.05, growth=0.001),
    costs.Cost("customer success", "overhead", 118.0),
    costs.Cost("service credits", "credits", 260.0),
    costs.Cost("field marketing", "overhead", 7_500.0, serves=False),
)
SAID = (
    "Three people from you asked me the same question in one week",
    "The connector breaks after every update",
    "The invoice goes to a colleague who left last year",
    "Set-up took longer than we were told",
    "Please write to bela.copperleigh12@mail.example.com instead",
)
PRAISE = ("The guided set-up helped", "Support knows what it is doing", "Solid product", "Answer within the hour")
CANARY = "canary-northbeam-b20e"


def draw(seed: int) -> World:
    """Draw Northbeam's tables and truth from one seed."""
    streams = iter(np.random.default_rng(seed).spawn(12))
    accounts, weight = _accounts(next(streams))
    started, ended = (accounts[c].to_numpy().astype("M8[D]") for c in ("started", "ended"))
    ids = accounts["account_id"].to_numpy()
    frames = {"accounts": accounts.drop(columns="currency")}
    spells, frames["revenue"], frames["fx"] = _revenue(next(streams), accounts, weight)
    true, keyring, known = _people(next(streams), accounts, weight)
    frames["people"], frames["identity_labels"] = known, people.labels(next(streams), keyring, true, 240)
    rng = next(streams)
    feeling = rng.normal(0, 0.6, len(ids))
    pull = (
        0.6 * np.exp(-0.3 * feeling) * rng.gamma(2.0, 0.5, len(ids)) * np.sqrt(weight / np.median(weight)).clip(0.5, 6)
    )
    desk = _desk(rng)
    asked = service.tickets(next(streams), REASONS, desk, started, ended, months_between("2024-09", "2026-11"), pull)
    rng = next(streams)
    speakers = _speakers(keyring, true, "support")
    who = np.array([_any(rng, speakers, a) for a in asked["account"].tolist()], dtype=object)
    tickets = asked.assign(ticket_id=keys("Q", np.arange(1, len(asked) + 1)), person_id=who)
    tickets["account_id"] = np.where(rng.random(len(asked)) < 0.09, None, ids[asked["account"]])
    tickets["handovers"] = tickets["handovers"].astype("Int64")
    lead = ["ticket_id", "account_id", "person_id", "moment_id"]
    frames["tickets"] = tickets[lead + [c for c in asked.columns if c not in {"account", *lead}]]
    frames |= _voice(next(streams), started, ended, asked, tickets, feeling, ids, _speakers(keyring, true, "voc"))
    frames["events"] = _events(next(streams), started, ended, ids)
    frames |= _proof(next(streams), started, ended, true, keyring, ids)
    frames |= _money(next(streams), frames["revenue"], spells, started, ended, asked, frames["fx"])
    frames |= northbeam_plan.sheets(HOURS)
    return World(
        client="northbeam",
        name="Northbeam Software",
        frames=frames,
        truth=northbeam_truth.truths(frames, keyring),
        as_of=AS_OF,
        extracted=EXTRACTED,
        timezone=ZONE,
        currency=CURRENCY,
        seed=seed,
        settings=northbeam_plan.SETTINGS,
    )


def _accounts(rng: np.random.Generator) -> tuple[pd.DataFrame, Array]:
    """Accounts, and the recurring revenue a month each begins with, in its own currency."""
    joins = rng.poisson(JOINS, len(MONTHS))
    month = np.repeat(MONTHS, joins).astype("M8[D]")
    past = BEGIN - DAY * (30 + np.floor(rng.gamma(1.5, 700, BASE)).astype("int64"))
    started = np.sort(
        np.concatenate([np.maximum(past, np.datetime64("2014-05-01")), month + rng.integers(0, 27, len(month)) * DAY])
    )
    size = len(started)
    seen = np.maximum(started, BEGIN)
    first = np.clip((started + 90 * DAY - seen).astype("int64"), 0, None).astype("float64")
    weight = np.exp(rng.normal(np.log(1100), 0.75, size))
    large = rng.choice(np.flatnonzero(started < np.datetime64("2023-01-01")), LARGE, replace=False)
    weight[large] = rng.uniform(26_000, 48_000, LARGE)
    rate = np.full(size, HAZARD / 30.4375)
    rate[large] = 1e-9
    life = book.residual_life(rng, [(first, np.full(size, EARLY_HAZARD / 30.4375)), (np.full(size, np.inf), rate)])
    ended = book.ends(seen, life, LATEST)
    ended = np.where(np.isnat(ended), ended, np.minimum(month_end(ended.astype("M8[M]")), LATEST))
    ended = np.where(ended >= LATEST, np.datetime64("NaT", "D"), ended)
    pound = rng.random(size) < 0.24
    pound[large] = np.arange(LARGE) == 1
    currency = np.where(pound, "GBP", "EUR").astype(object)
    company = names.companies(rng, currency)
    plain = np.flatnonzero(weight < 5_000)
    company[plain[3]], company[plain[4]] = "Quartz <script>alert(3)</script> GmbH", "=SUM(A1) Onyx & Söhne \u202e$x$"
    why = voice.pick(rng, {"price": 0.3, "insolvency": 0.15, "merged": 0.2, "competitor": 0.35}, size)
    frame = pd.DataFrame(
        {
            "account_id": keys("A", np.arange(1, size + 1), 4),
            "account_name": company,
            "started": started,
            "ended": ended,
            "end_reason": np.where(np.isnat(ended), None, why),
            "segment": np.where(weight > 20_000, "enterprise", np.where(weight > 1500, "mid-market", "small")).astype(
                object
            ),
            "product": voice.pick(rng, {"Plan": 0.55, "Plan and Flow": 0.45}, size),
            "region": np.where(
                pound, "United Kingdom", voice.pick(rng, {"Germany": 0.6, "Benelux": 0.25, "France": 0.15}, size)
            ),
            "business_unit": np.where(pound, "UK", "Continent").astype(object),
            "currency": currency,
        }
    )
    return frame, weight


def _revenue(
    rng: np.random.Generator, accounts: pd.DataFrame, weight: Array
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    started, ended = (accounts[c].to_numpy().astype("M8[D]") for c in ("started", "ended"))
    size, days = len(accounts), MONTHS.astype("M8[D]")
    big = np.flatnonzero(weight > 20_000)
    once = book.Changes(big[:1], np.array([SHRUNK_FROM]), np.array([SHRUNK]), np.array(["downgrade"], dtype=object))
    yearly = [
        book.Changes(
            np.arange(size),
            np.full(size, np.datetime64(d)),
            np.full(size, 1.035),
            np.full(size, "indexation", dtype=object),
        )
        for d in ("2025-01-01", "2026-01-01")
    ]
    yearly = [
        book.Changes(c.account[keep], c.day[keep], c.factor[keep], c.reason[keep])
        for c in yearly
        for keep in [started < c.day - 300 * DAY]
    ]
    spells = book.spells(
        started,
        ended,
        accounts["end_reason"].to_numpy(),
        np.round(weight, 2),
        book.Changes.together(
            [
                *yearly,
                once,
                book.moves(rng, size, days, np.full(len(days), 0.016), 1.18, "more seats"),
                book.moves(rng, size, days, np.full(len(days), 0.009), 0.82, "fewer seats"),
            ]
        ),
    )
    month = book.monthly(spells, MONTHS)
    account = month["account"].to_numpy()
    joined = started[account].astype("M8[M]") == month["month"].to_numpy().astype("M8[M]")
    frame = pd.DataFrame(
        {
            "account_id": accounts["account_id"].to_numpy()[account],
            "month": month["month"],
            "mrr": month["mrr"],
            "one_off": np.where(joined, np.round(month["mrr"] * 1.5, 2), 0.0),
            "currency": accounts["currency"].to_numpy()[account],
            "product": accounts["product"].to_numpy()[account],
        }
    )
    recent = np.flatnonzero(month["month"].to_numpy().astype("M8[M]") == np.datetime64("2026-10"))
    late = rng.choice(recent, 9, replace=False)
    early = rng.choice(
        np.flatnonzero(month["month"].to_numpy().astype("M8[M]") == np.datetime64("2026-03")), 4, replace=False
    )
    frame = costs.restate(frame, np.isin(np.arange(len(frame)), late), "mrr", 0.9, "2026-11-04")
    frame.loc[early, "restated"] = pd.Timestamp("2026-04-20")
    frame.loc[early, "restated_mrr"] = np.round(frame.loc[early, "mrr"].to_numpy() * 0.97, 2)
    frame = frame.sort_values(["month", "account_id"], kind="stable").reset_index(drop=True)
    walk = POUND[0] + np.cumsum(rng.normal(-POUND[1], POUND[2], len(MONTHS)))
    fx = pd.DataFrame({"month": days, "from_currency": "GBP", "to_currency": "EUR", "rate": np.round(walk, 4)})
    return spells, frame, fx


def _people(
    rng: np.random.Generator, accounts: pd.DataFrame, weight: Array
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    heads = 1 + rng.poisson(np.clip(np.sqrt(weight / 160), 1.2, 14))
    account = np.repeat(np.arange(len(accounts)), heads)
    joined = np.maximum(accounts["started"].to_numpy().astype("M8[D]"), np.datetime64("2019-01-01"))
    true = people.persons(rng, account, joined, prefix="+49 30 5550")
    ids, company = accounts["account_id"].to_numpy(), accounts["account_name"].to_numpy(dtype=object)
    city = {"Germany": "Berlin", "Benelux": "Ghent", "France": "Lyon", "United Kingdom": "Leeds"}
    cities = np.array([city[r] for r in accounts["region"]], dtype=object)
    known, keyring = people.in_systems(rng, true, SYSTEMS, ids, company, cities)
    return true, keyring, known[known["created"].to_numpy() <= np.datetime64(LATEST)]


def _desk(rng: np.random.Generator) -> service.Desk:
    people_ = names.agents(rng, 24)
    teams = ("Onboarding", "Technical support", "Customer support", "Billing")
    return service.Desk(
        hours=HOURS,
        agents={team: people_[i * 6 : i * 6 + 6] for i, team in enumerate(teams)},
        timezone=ZONE,
        extracted=LATEST,
        channels={"mail": 0.5, "portal": 0.32, "phone": 0.18},
        contact_hours=OFFICE,
        sunday=0.05,
    )


def _speakers(keyring: pd.DataFrame, true: pd.DataFrame, system: str) -> dict[int, list[str]]:
    """Person ids of one system by account."""
    rows = keyring[keyring["system"] == system]
    account = true["account"].to_numpy()[rows["person"].to_numpy()]
    return {int(a): g["person_id"].tolist() for a, g in rows.groupby(account)}


def _any(rng: np.random.Generator, speakers: dict[int, list[str]], account: int) -> str | None:
    known = speakers.get(account, [])
    return known[int(rng.integers(0, len(known)))] if known else None


def _voice(
    rng: np.random.Generator,
    started: Array,
    ended: Array,
    asked: pd.DataFrame,
    tickets: pd.DataFrame,
    feeling: Array,
    ids: Array,
    speakers: dict[int, list[str]],
) -> dict[str, pd.DataFrame]:
    mood = voice.Mood(nps=8.3, nps_sd=1.9, csat=4.4, ces=5.5)
    relation = voice.relationship(
        rng, started, ended, MONTHS, 110, {}, mood, feeling, response=0.33, timezone=ZONE, extracted=LATEST
    )
    after = voice.after_tickets(rng, asked, mood, feeling, invited=0.6, response=0.3, extracted=LATEST)
    frames = voice.tables(
        rng,
        relation,
        after,
        ids,
        tickets["ticket_id"].to_numpy(),
        said=SAID,
        praise=PRAISE,
        planted=(*voice.HOSTILE, f"See {CANARY}"),
        relation_moment="N4",
        unknown=0.3,
        loop={"contacted": 0.71, "settled": 0.55, "hours": 30.0},
        extracted=LATEST,
    )
    place = {a: i for i, a in enumerate(ids.tolist())}
    answered = frames["invitations"].dropna(subset="response_id").set_index("response_id")["account_id"]
    speaker = {r: _any(rng, speakers, place[a]) for r, a in answered.items()}
    frames["surveys"].insert(5, "person_id", [speaker.get(r) for r in frames["surveys"]["response_id"]])
    return frames


def _events(rng: np.random.Generator, started: Array, ended: Array, ids: Array) -> pd.DataFrame:
    new = np.flatnonzero(started >= BEGIN)
    way = usage.first_value(
        rng,
        started[new],
        ended[new],
        steps=("contract_signed", "first_login", "data_connected", "first_report"),
        median_days=READY_DAYS,
        never=NEVER_READY,
        hours=OFFICE,
        timezone=ZONE,
        extracted=LATEST,
    )
    way["account"] = new[way["account"]]
    way["moment_id"] = "N2"
    there = np.flatnonzero(book.active(started, ended, LATEST) & (started < np.datetime64("2025-06-01")))
    seen = (np.datetime64("2026-01-10") + rng.integers(0, 290, len(there)) * DAY).astype("M8[us]") + np.timedelta64(
        9, "h"
    )
    more = usage.offers(rng, there, seen, events=("trial_started", "module_bought"), taken=0.22, extracted=LATEST)
    more["moment_id"] = "N7"
    frame = pd.concat([way, more], ignore_index=True).sort_values(["at", "account", "event"], kind="stable")
    frame["account_id"], frame["channel"], frame["system"] = ids[frame["account"]], "app", "telemetry"
    return frame[["at", "event", "account_id", "moment_id", "channel", "system"]].reset_index(drop=True)


def _proof(
    rng: np.random.Generator, started: Array, ended: Array, true: pd.DataFrame, keyring: pd.DataFrame, ids: Array
) -> dict[str, pd.DataFrame]:
    users = keyring[(keyring["system"] == "telemetry")].drop_duplicates("person")
    account = true["account"].to_numpy()[users["person"].to_numpy()]
    there = book.active(started, ended, GUIDE_DAY)[account]
    unit, account = users["person_id"].to_numpy()[there], account[there]
    treated = proof.drawn(rng, len(ids), 0.5)
    pre, used = proof.clustered(rng, account, treated, GUIDE_BASE, GUIDE_EFFECT, shared=GUIDE_SHARED, own=0.3)
    draws = proof.assignments("E1", unit, treated[account], np.full(len(unit), GUIDE_DAY), ("standard", "guided"))
    draws["account_id"] = draws["cluster_id"] = ids[account]
    end = GUIDE_DAY + 60 * DAY
    results = [
        proof.outcomes("E1", unit, "weekly_active", "pre", pre, np.full(len(unit), GUIDE_DAY)),
        proof.outcomes("E1", unit, "weekly_active", "post", used, np.full(len(unit), end)),
    ]
    rows = [
        proof.totals("E2", arm, "sign_up", n, int(rng.binomial(n, p)), "2026-08-31") for arm, (n, p) in TOOL.items()
    ]
    rows += [
        proof.totals("E3", "before", "renewed", 148, int(rng.binomial(148, 0.885)), "2025-12-31"),
        proof.totals("E3", "after", "renewed", 161, int(rng.binomial(161, 0.93)), "2026-06-30"),
    ]
    return {
        "assignments": draws,
        "outcomes": pd.concat(results, ignore_index=True),
        "arm_totals": typed("arm_totals", pd.DataFrame(rows)),
    }


def _money(
    rng: np.random.Generator,
    revenue: pd.DataFrame,
    spells: pd.DataFrame,
    started: Array,
    ended: Array,
    asked: pd.DataFrame,
    fx: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    rate = revenue["month"].map(fx.set_index("month")["rate"]).where(revenue["currency"] == "GBP", 1.0)
    by_month = (revenue["mrr"] * rate).groupby(revenue["month"]).sum().to_numpy()
    one_off = (revenue["one_off"] * rate).groupby(revenue["month"]).sum().to_numpy()
    place = (asked["opened"].to_numpy().astype("M8[M]") - MONTHS[0]).astype("int64")
    inside = place < len(MONTHS)
    minutes = np.bincount(place[inside], asked["handle_minutes"].fillna(30).to_numpy()[inside], len(MONTHS))
    angry = np.bincount(place[inside], asked["complaint"].to_numpy()[inside].astype("float64"), len(MONTHS))
    alive = np.array([book.active(started, ended, c).sum() for c in month_end(MONTHS)], dtype="float64")
    driven = {
        "support": minutes,
        "customer success": alive,
        "service credits": angry,
        "field marketing": np.ones(len(MONTHS)),
    }
    cost = costs.costs(rng, COSTS, MONTHS, driven, 0.02)
    cost["currency"] = CURRENCY
    served = cost[cost["serves"]].groupby("month")["amount"].sum().to_numpy()
    won = cost[~cost["serves"]].groupby("month")["amount"].sum().to_numpy()
    pnl = costs.pnl(
        MONTHS,
        {
            ("Subscriptions", "recurring_revenue"): by_month * (1 + rng.normal(0, 0.003, len(MONTHS))),
            ("Set-up fees", "other_revenue"): one_off,
            ("Support and success", "service_cost"): served,
            ("Hosting", "cost_of_goods"): by_month * 0.21 * lognormal(rng, 1.0, 0.01, len(MONTHS)),
            ("Sales and marketing", "acquisition_cost"): won,
            ("Development and administration", "other_cost"): by_month.mean()
            * 0.38
            * lognormal(rng, 1.0, 0.02, len(MONTHS)),
        },
    )
    pnl["currency"] = CURRENCY
    october = (pnl["month"] == pd.Timestamp("2026-10-01")) & (pnl["line"] == "Subscriptions")
    pnl = costs.restate(pnl, october.to_numpy(), "amount", 0.998, "2026-11-05")
    teams = {"Onboarding": 9, "Technical support": 12, "Customer support": 11, "Sales": 16, "Product": 22}
    programmes = {
        ("Onboarding", "Guided set-up", "playbook"): (0.2, 0.89),
        ("Technical support", "Connector playbook", "playbook"): (0.1, 0.33),
        ("Customer support", "Knowledge base", "agent_assist"): (0.3, 0.73),
    }
    return {
        "costs": cost,
        "pnl": pnl,
        "workforce": staff(rng, teams, MONTHS, {}),
        "training": training(rng, programmes, teams, months_between("2026-01", "2026-10")),
    }
