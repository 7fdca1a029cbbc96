"""What the numbers of a run rest on, so that its report is built anew from them only while that is still so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cxkit import __version__, errors
from cxkit.engagement.client import Client
from cxkit.engagement.frame import read_frame
from cxkit.engagement.store import Store

SHOWN = frozenset({"name", "locale", "brand", "privacy", "goals", "warehouse"})
"""Settings of a client that change what a report looks like, or where its files come from, and no number in it."""
NAMES = {
    "tables": "the tables",
    "settings": "client.yml",
    "parameters": "the saved parameters",
    "plays": "the client's plays",
    "frame": "the code frame",
    "release": "the release of cxkit",
}


def basis(folder: Path, settings: Client, store: Store, tables: Mapping[str, str]) -> dict[str, str]:
    """Hashes of all that a run's numbers rest on, by kind; `tables` are the hashes of the cut tables."""
    parts: dict[str, Any] = {
        "tables": dict(tables),
        "settings": settings.model_dump(mode="json", exclude=set(SHOWN)),
        "parameters": store.parameters,
        "plays": store.plays,
        "frame": read_frame(folder).model_dump(mode="json"),
        "release": __version__,
    }
    return {name: _hash(part) for name, part in parts.items()}


def same_basis(published: Mapping[str, Any], now: Mapping[str, str], tables: Mapping[str, str]) -> None:
    """Refuse a published run (its ``run.json``) whose numbers rest on something else than `now`; say what changed.

    Raises `InputError`.

    >>> same_basis({"basis": {"release": "a"}}, {"release": "a"}, {})
    """
    before = published.get("basis", {})
    changed = [NAMES.get(name, name) for name in now if before.get(name) != now[name]]
    if not changed:
        return
    which = sorted(name for name, hash in tables.items() if published.get("tables", {}).get(name) != hash)
    gone = sorted(set(published.get("tables", {})) - set(tables))
    more = f" (tables: {', '.join([*which, *gone])})" if which or gone else ""
    raise errors.InputError(
        f"The run of {published.get('client', 'this client')} as of {published.get('as_of', 'that day')} rests on "
        f"something else than what is here now; changed: {', '.join(changed)}{more}. Its report cannot be built "
        "without computing anew: run it without --from report."
    )


def _hash(part: Any) -> str:
    return hashlib.sha256(json.dumps(part, sort_keys=True, default=str).encode()).hexdigest()[:16]
