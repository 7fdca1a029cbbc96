"""A client's book of plays: the shipped ones with its own, from ``engagement.json``, laid over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxkit import shipped
from cxkit.engagement.store import Store
from cxkit.orchestrate import PlayBook, play_register

FILE = "playbook/plays.yml"


def play_book(store: Store) -> PlayBook:
    """The client's plays; `InputError` with everything that is wrong with its own."""
    return play_register(shipped.yaml(FILE), store.plays)


def moved(store: Store, play: str, numbers: Mapping[str, Any]) -> Store:
    """The store with the trigger numbers of one play moved; ``{"renewal.within_days": 60}``.

    Numbers that stand where the shipped play has them are taken out of the overlay again, and an own entry that says
    nothing any more with them. Raises `InputError` when the book would not be whole, `KeyError` without such a play.

    >>> one = moved(Store(), "renewal_at_risk", {"renewal.within_days": 60})
    >>> one.plays, moved(one, "renewal_at_risk", {"renewal.within_days": 90}).plays
    (({'id': 'renewal_at_risk', 'numbers': {'renewal.within_days': 60}},), ())
    """
    play_book(store).play(play)
    entries = {str(e["id"]): dict(e) for e in store.plays}
    bare = [{k: v for k, v in e.items() if k != "numbers" or e["id"] != play} for e in entries.values()]
    start = play_register(shipped.yaml(FILE), bare).play(play)
    usual = {f"{c.word}.{n}": v for c in start.when.conditions for n, v in c.values.items()}
    entry = entries.get(play, {"id": play})
    changed = {**entry.get("numbers", {}), **numbers}
    changed = {name: value for name, value in changed.items() if name not in usual or usual[name] != value}
    entry = {k: v for k, v in entry.items() if k != "numbers"} | ({"numbers": changed} if changed else {})
    if set(entry) == {"id"}:
        entries.pop(play, None)
    else:
        entries[play] = entry
    made = store.model_copy(update={"plays": tuple(entries.values())})
    play_book(made)
    return made
