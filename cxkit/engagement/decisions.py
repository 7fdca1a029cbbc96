"""Decisions of the council: recorded once, with the evidence they rest on, and never rewritten."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

from cxkit import errors
from cxkit.engagement import places
from cxkit.engagement.client import read_client
from cxkit.engagement.desk import parse_day
from cxkit.engagement.store import Decision, append_history, read_store, write_store


def evidence_of(client: str, runs: Path) -> str:
    """Hash of the findings of the client's last published run; empty when there is none."""
    found = sorted((runs / client).glob("[0-9]*/results/findings.json"))
    published = [path for path in found if not path.parent.parent.name.endswith(".failed")]
    return hashlib.sha256(published[-1].read_bytes()).hexdigest()[:16] if published else ""


def record(
    client: str,
    *,
    verdict: str,
    initiative: str = "",
    amount: float | None = None,
    owner_role: str = "",
    decided: str | None = None,
    due: str = "",
    note: str = "",
    data_dir: Path | None = None,
    runs_dir: Path | None = None,
) -> Decision:
    """Append a decision to ``engagement.json`` and to the client's history; return it."""
    data = places.data_folder(data_dir)
    folder = places.client_folder(client, data)
    read_client(folder)
    if not verdict.strip():
        raise errors.ParameterError("A decision says what was decided: --verdict 'fund'.")
    day = parse_day(decided) or date.today()
    parse_day(due or None)
    store = read_store(folder)
    decision = Decision(
        decision_id=f"D{len(store.decisions) + 1}",
        initiative_id=initiative,
        verdict=verdict.strip(),
        amount=amount,
        owner_role=owner_role,
        decided=day.isoformat(),
        due=due,
        evidence=evidence_of(client, places.runs_folder(runs_dir, data=data)),
        note=note,
    )
    write_store(folder, store.model_copy(update={"decisions": (*store.decisions, decision)}), expected=store.revision)
    append_history(folder, "decisions", decision.model_dump(mode="json"))
    return decision
