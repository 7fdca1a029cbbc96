"""People as five systems know them: the same person spelled differently, and who is really who."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxkit.simulate import names
from cxkit.simulate.world import DAY, Array, blank, keys

NICK = {"Bruno": "Bruni", "Fenja": "Fen", "Nuria": "Nuri", "Hanne": "Hannah", "Elio": "Eli", "Jule": "Julia"}


@dataclass(frozen=True)
class System:
    """One system and how carelessly it keeps people."""

    name: str
    letter: str
    share: float
    """Share of all persons it knows."""
    typo: float
    no_email: float
    no_phone: float
    twice: float
    """Share of its persons it holds twice."""
    account: float
    """Share of rows that carry the account."""
    other_email: float = 0.0
    """Share of rows with a private address instead of the company's."""


def persons(rng: np.random.Generator, account: Array, joined: Array, *, prefix: str) -> pd.DataFrame:
    """True persons, one row each: `account` (position), names, e-mail, phone, city, `created`."""
    size = len(account)
    first, last = names.people(rng, size)
    return pd.DataFrame(
        {
            "account": account,
            "first_name": first,
            "last_name": last,
            "email": names.emails(first, last, np.arange(size), "mail.example.com"),
            "phone": names.phones(rng, size, prefix, digits=5),
            "created": joined[account] + rng.integers(0, 60, size) * DAY,
        }
    )


def in_systems(
    rng: np.random.Generator,
    true: pd.DataFrame,
    systems: tuple[System, ...],
    *,
    account_ids: Array,
    companies: Array,
    cities: Array,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of ``people``, and for each the position of the person it really is: `system`, `person_id`, `person`."""
    parts, keyring = [], []
    for system in systems:
        known = np.flatnonzero(rng.random(len(true)) < system.share)
        rows = np.concatenate([known, known[rng.random(len(known)) < system.twice]])
        size = len(rows)
        order = rng.permutation(size)
        rows = rows[order]
        ids = keys(system.letter, np.arange(1, size + 1))
        row = true.iloc[rows]
        first = _slips(rng, row["first_name"].to_numpy(dtype=object), system.typo, NICK)
        last = _slips(rng, row["last_name"].to_numpy(dtype=object), system.typo, {})
        email = row["email"].to_numpy(dtype=object)
        short = [f"{a[:1]}{b}{n}@example.org" for a, b, n in zip(first, last, rows.tolist(), strict=True)]
        private = np.array([e.lower() for e in short], dtype=object)
        email = np.where(rng.random(size) < system.other_email, private, email)
        email = blank(rng.random(size) < system.no_email, email)
        shout = rng.random(size) < 0.06
        email = np.array([e.upper() if e and s else e for e, s in zip(email, shout, strict=True)], dtype=object)
        account = row["account"].to_numpy()
        parts.append(
            pd.DataFrame(
                {
                    "system": system.name,
                    "person_id": ids,
                    "account_id": blank(rng.random(size) >= system.account, account_ids[account]),
                    "created": row["created"].to_numpy() + rng.integers(0, 30, size) * DAY,
                    "first_name": first,
                    "last_name": last,
                    "email": email,
                    "phone": blank(rng.random(size) < system.no_phone, row["phone"].to_numpy()),
                    "city": cities[account],
                    "company": _slips(rng, companies[account], system.typo / 2, {}),
                    "pseudonymous": False,
                }
            )
        )
        keyring.append(pd.DataFrame({"system": system.name, "person_id": ids, "person": rows}))
    return pd.concat(parts, ignore_index=True), pd.concat(keyring, ignore_index=True)


def _slips(rng: np.random.Generator, words: Array, rate: float, nick: dict[str, str]) -> Array:
    """Some words with two letters swapped, one lost, or the short form."""
    words = words.copy()
    for place in np.flatnonzero(rng.random(len(words)) < rate).tolist():
        word = str(words[place])
        kind, at = int(rng.integers(0, 3)), int(rng.integers(1, max(len(word) - 2, 2)))
        if kind == 0 and word in nick:
            words[place] = nick[word]
        elif kind == 1:
            words[place] = word[:at] + word[at + 1 :]
        else:
            words[place] = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
    return words


def labels(rng: np.random.Generator, keyring: pd.DataFrame, true: pd.DataFrame, pairs: int) -> pd.DataFrame:
    """Rows of ``identity_labels``: half are one person, half are two persons of one account."""
    person = keyring["person"].to_numpy()
    account = true["account"].to_numpy()[person]
    rows: list[tuple[str, str, str, str, bool]] = []
    by_person = [g.index.to_numpy() for _, g in keyring.groupby("person") if len(g) > 1]
    for group in (by_person[i] for i in rng.permutation(len(by_person))[: pairs // 2].tolist()):
        a, b = np.sort(rng.choice(group, 2, replace=False)).tolist()
        rows.append((*_key(keyring, a), *_key(keyring, b), True))
    by_account = [g for _, g in pd.Series(np.arange(len(keyring))).groupby(account) if len(g) > 3]
    seen: set[tuple[int, int]] = set()
    while len(rows) < pairs:
        group = by_account[int(rng.integers(0, len(by_account)))].to_numpy()
        a, b = np.sort(rng.choice(group, 2, replace=False)).tolist()
        if person[a] != person[b] and (a, b) not in seen:
            seen.add((a, b))
            rows.append((*_key(keyring, a), *_key(keyring, b), False))
    return pd.DataFrame(rows, columns=["left_system", "left_id", "right_system", "right_id", "same"])


def _key(keyring: pd.DataFrame, row: int) -> tuple[str, str]:
    return str(keyring["system"].iat[row]), str(keyring["person_id"].iat[row])
