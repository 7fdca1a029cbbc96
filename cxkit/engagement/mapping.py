"""``cxkit map``: the conversation about a client's files, saved in ``engagement.json``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cxkit.engagement import places
from cxkit.engagement.client import read_client
from cxkit.engagement.desk import mapping_of
from cxkit.engagement.store import read_store, write_store
from cxkit.tables.session import session


def map_client(
    client: str, *, data_dir: Path | None, yes: bool, ask: Callable[[str], str], say: Callable[[str], None]
) -> None:
    """Propose a mapping of the client's files, settle what is open, and save it; all or nothing."""
    folder = places.client_folder(client, places.data_folder(data_dir))
    read_client(folder)
    store = read_store(folder)
    found, _ = session(folder, existing=mapping_of(store), yes=yes, ask=ask, say=say)
    written = {name: rule.model_dump(mode="json", exclude_defaults=True) for name, rule in sorted(found.items())}
    if written != store.mapping:
        write_store(folder, store.model_copy(update={"mapping": written}), expected=store.revision)
    say(f"mapped {len(found)} tables; next: cxkit check {client}")
