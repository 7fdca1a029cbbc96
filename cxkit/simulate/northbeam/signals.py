"""Northbeam's people in five systems, and what they ask, say and do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxkit.simulate import book, names, people, service, ticket_log, usage, voice
from cxkit.simulate.clock import at_some_time
from cxkit.simulate.northbeam import story
from cxkit.simulate.northbeam.accounts import Accounts
from cxkit.simulate.world import DAY, Array, blank, keys, months_between


@dataclass(frozen=True)
class Known:
    """True persons, and how the systems know them."""

    true: pd.DataFrame
    keyring: pd.DataFrame
    """Which row of which system is which person: system, person_id, person."""
    frame: pd.DataFrame
    """The table ``people``."""

    def speakers(self, system: str) -> dict[int, list[str]]:
        """Person ids of one system by account."""
        rows = self.keyring[self.keyring["system"] == system]
        account = self.true["account"].to_numpy()[rows["person"].to_numpy()]
        return {int(a): g["person_id"].tolist() for a, g in rows.groupby(account)}


def known(rng: np.random.Generator, accounts: Accounts) -> Known:
    """Draw the persons of every account and what each system makes of them."""
    heads = 1 + rng.poisson(np.clip(np.sqrt(accounts.weight / 160), 1.2, 14))
    account = np.repeat(np.arange(len(accounts.ids)), heads)
    joined = np.maximum(accounts.started, np.datetime64("2019-01-01"))
    true = people.persons(rng, account, joined, prefix="+49 30 5550")
    city = {"Germany": "Berlin", "Benelux": "Ghent", "France": "Lyon", "United Kingdom": "Leeds"}
    frame, keyring = people.in_systems(
        rng,
        true,
        story.SYSTEMS,
        account_ids=accounts.ids,
        companies=accounts.frame["account_name"].to_numpy(dtype=object),
        cities=np.array([city[r] for r in accounts.frame["region"]], dtype=object),
    )
    return Known(true, keyring, frame[frame["created"].to_numpy() <= np.datetime64(story.LATEST)])


def shared(rng: np.random.Generator, accounts: Accounts, known: Known) -> pd.DataFrame:
    """The table ``people`` with shared mailboxes and telephones: some accounts write and call as one.

    In support, survey tool and telemetry, where several people of one account are known, they have one address
    (``info@…``); elsewhere they have one switchboard number. Who is who stays as it was.
    """
    frame, keyring = known.frame.copy(), known.keyring.loc[known.frame.index]
    account = known.true["account"].to_numpy()[keyring["person"].to_numpy()]
    heads = known.true.groupby("account").size()
    chosen = rng.permutation(heads[heads >= 4].index.to_numpy())[: story.MAILBOXES + story.SWITCHBOARDS]
    stem = accounts.frame["account_name"].str.lower().str.replace(r"[^a-z]+", "-", regex=True).str.strip("-")
    outside = frame["system"].isin(["support", "voc", "telemetry"]).to_numpy()
    for number, one in enumerate(chosen.tolist()):
        mine = account == one
        if number < story.MAILBOXES:
            word = ("info", "office", "it-support")[number % 3]
            frame.loc[mine & outside, "email"] = f"{word}@{stem.iloc[one]}.example.com"
        else:
            frame.loc[mine & frame["system"].isin(["crm", "support", "billing"]).to_numpy(), "phone"] = (
                f"+49 30 555 1{number:03d}"
            )
    return frame


def travelled(rng: np.random.Generator, tickets: pd.DataFrame) -> pd.DataFrame:
    """The table ``ticket_log``: integration tickets go to and fro between technical and customer support."""
    return ticket_log.log(
        rng,
        tickets,
        story.HOURS,
        first="Customer support",
        passed=story.PASSED,
        bounced={"Technical support": "Customer support"},
        extracted=story.LATEST,
    )


def asked(rng: np.random.Generator, accounts: Accounts, feeling: Array) -> pd.DataFrame:
    """All contacts, with positions instead of ids; large accounts ask more."""
    names_, drawing = rng.spawn(2)
    size = len(accounts.ids)
    large = np.sqrt(accounts.weight / np.median(accounts.weight)).clip(0.5, 6)
    pull = 0.6 * np.exp(-0.3 * feeling) * names_.gamma(2.0, 0.5, size) * large
    staff = names.agents(names_, 24)
    teams = ("Onboarding", "Technical support", "Customer support", "Billing")
    desk = service.Desk(
        hours=story.HOURS,
        agents={team: staff[i * 6 : i * 6 + 6] for i, team in enumerate(teams)},
        timezone=story.ZONE,
        extracted=story.LATEST,
        channels={"mail": 0.5, "portal": 0.32, "phone": 0.18},
        contact_hours=story.OFFICE,
        sunday=0.05,
    )
    months = months_between("2024-09", "2026-11")
    return service.tickets(
        drawing, story.REASONS, desk, started=accounts.started, ended=accounts.ended, months=months, pull=pull
    )


def tickets(rng: np.random.Generator, accounts: Accounts, asked: pd.DataFrame, known: Known) -> pd.DataFrame:
    """The table ``tickets``: the person as support knows them, one in eleven without an account."""
    speakers = known.speakers("support")
    person = np.array([_any(rng, speakers, a) for a in asked["account"].tolist()], dtype=object)
    frame = asked.assign(ticket_id=keys("Q", np.arange(1, len(asked) + 1)), person_id=person)
    frame["account_id"] = blank(rng.random(len(asked)) < 0.09, accounts.ids[asked["account"]])
    frame["handovers"] = frame["handovers"].astype("Int64")
    lead = ["ticket_id", "account_id", "person_id", "moment_id"]
    return frame[lead + [c for c in asked.columns if c not in {"account", *lead}]]


def _any(rng: np.random.Generator, speakers: dict[int, list[str]], account: int) -> str | None:
    known = speakers.get(account, [])
    return known[int(rng.integers(0, len(known)))] if known else None


def voices(
    rng: np.random.Generator,
    accounts: Accounts,
    asked: pd.DataFrame,
    tickets: pd.DataFrame,
    *,
    feeling: Array,
    speakers: dict[int, list[str]],
) -> dict[str, pd.DataFrame]:
    """The tables ``surveys`` and ``invitations``; a third of the answers carry no account, but most a person."""
    mood = voice.Mood(nps=8.3, nps_sd=1.9, csat=4.4, ces=5.5)
    relation = voice.relationship(
        rng,
        feeling,
        started=accounts.started,
        ended=accounts.ended,
        months=story.MONTHS,
        per_month=110,
        drift={},
        mood=mood,
        response=0.33,
        timezone=story.ZONE,
        extracted=story.LATEST,
    )
    after = voice.after_tickets(rng, asked, mood, feeling, invited=0.6, response=0.3, extracted=story.LATEST)
    frames = voice.tables(
        rng,
        relation,
        after,
        accounts.ids,
        tickets["ticket_id"].to_numpy(),
        said=story.SAID,
        praise=story.PRAISE,
        planted=(*voice.HOSTILE, f"See {story.CANARY}"),
        relation_moment="N4",
        unknown=0.3,
        loop={"contacted": 0.71, "settled": 0.55, "hours": 30.0},
        extracted=story.LATEST,
    )
    place = {a: i for i, a in enumerate(accounts.ids.tolist())}
    answered = frames["invitations"].dropna(subset="response_id").set_index("response_id")["account_id"]
    speaker = {r: _any(rng, speakers, place[a]) for r, a in answered.items()}
    frames["surveys"].insert(5, "person_id", [speaker.get(r) for r in frames["surveys"]["response_id"]])
    return frames


def warned(rng: np.random.Generator, accounts: Accounts, surveys: pd.DataFrame) -> pd.DataFrame:
    """The table ``surveys`` with what leavers said: one unhappy answer, 25 to 80 days before they went, for many."""
    gone = np.flatnonzero(~np.isnat(accounts.ended) & (accounts.ended >= np.datetime64("2024-12-01")))
    gone = gone[rng.random(len(gone)) < story.WARNED]
    day = accounts.ended[gone] - rng.integers(25, 81, len(gone)) * DAY
    more = pd.DataFrame(
        {
            "response_id": keys("RW", np.arange(1, len(gone) + 1), 4),
            "metric": "nps",
            "score": rng.integers(1, 7, len(gone)),
            "answered": at_some_time(rng, day, story.OFFICE, story.ZONE),
            "account_id": accounts.ids[gone],
            "moment_id": "N7",
            "channel": "mail",
            "verbatim": np.array(story.SAID[:4], dtype=object)[rng.integers(0, 4, len(gone))],
        }
    )
    every = pd.concat([surveys, more], ignore_index=True)
    return every.sort_values(["answered", "response_id", "metric"], kind="stable", ignore_index=True)


def events(rng: np.random.Generator, accounts: Accounts) -> pd.DataFrame:
    """The table ``events``: new accounts on their way to a first report, and trials of a module by others."""
    started, ended, ids = accounts.started, accounts.ended, accounts.ids
    new = np.flatnonzero(started >= story.BEGIN)
    way = usage.first_value(
        rng,
        started[new],
        ended[new],
        steps=("contract_signed", "first_login", "data_connected", "first_report"),
        median_days=story.READY_DAYS,
        never=story.NEVER_READY,
        hours=story.OFFICE,
        timezone=story.ZONE,
        extracted=story.LATEST,
    )
    way["account"] = new[way["account"]]
    way["moment_id"] = "N2"
    there = np.flatnonzero(book.active(started, ended, story.LATEST) & (started < np.datetime64("2025-06-01")))
    day = np.datetime64("2026-01-10") + rng.integers(0, 290, len(there)) * DAY
    seen = day.astype("M8[us]") + np.timedelta64(9, "h")
    more = usage.offers(
        rng, there, seen, events=("trial_started", "module_bought"), taken=story.BOUGHT, extracted=story.LATEST
    )
    more["moment_id"] = "N7"
    frame = pd.concat([way, more], ignore_index=True).sort_values(["at", "account", "event"], kind="stable")
    frame["account_id"], frame["channel"], frame["system"] = ids[frame["account"]], "app", "telemetry"
    return frame[["at", "event", "account_id", "moment_id", "channel", "system"]].reset_index(drop=True)
