"""Decisions of the council: recorded once, with the evidence they rest on, and never rewritten.

``engagement.json`` holds decisions as they stand; ``history/decisions.jsonl`` every line ever written about them. What
becomes of a decision (carried out, taken back) is a new line; `folded` reads the state off the lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from cxkit import errors
from cxkit.engagement import evidence, forecasting, places
from cxkit.engagement.client import read_client
from cxkit.engagement.desk import parse_day
from cxkit.engagement.store import Decision, Store, append_history, locked, read_store, replace_store

ABOUT = ("prove.", "quantify.", "govern.ledger.", "govern.portfolio.", "govern.allocation.", "govern.information.")
"""What the findings that a decision on an initiative rests on begin with."""


def evidence_of(client: str, runs: Path, *, day: date | None = None) -> str:
    """Hash of the findings of the client's last published run; empty when there is none."""
    found = evidence.latest(client, runs, day=day)
    return found.hash if found else ""


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
    expected: int | None = None,
    data_dir: Path | None = None,
    runs_dir: Path | None = None,
) -> Decision:
    """Append a decision to ``engagement.json`` and to the client's history; return it.

    It carries the hash of the findings of the last published run whose data end by the day of the decision; they
    are kept beside it. `expected` is the revision of ``engagement.json`` that whoever decided was looking at:
    `InputError` when somebody wrote in between. Where money is approved, what the initiative is expected to bring is
    kept as a forecast.
    """
    data = places.data_folder(data_dir)
    folder = places.client_folder(client, data)
    read_client(folder)
    if not verdict.strip():
        raise errors.ParameterError("A decision says what was decided: --verdict 'fund'.")
    if amount is not None and not 0 <= amount < 1e15:
        raise errors.ParameterError(f"An amount of {amount} is no money to decide on; write it as a positive number.")
    day = parse_day(decided) or date.today()
    parse_day(due or None)
    rests = evidence.latest(client, places.runs_folder(runs_dir, data=data), day=day)
    with locked(folder):
        store = _current(folder, expected)
        _known_initiative(initiative, rests)
        decision = Decision(
            decision_id=f"D{_last(store, folder) + 1}",
            initiative_id=initiative,
            verdict=verdict.strip(),
            amount=amount,
            owner_role=owner_role,
            decided=day.isoformat(),
            due=due,
            evidence=rests.hash if rests else "",
            findings=_about(rests, initiative),
            note=note,
        )
        if rests is not None:
            evidence.keep(folder, rests)
        _write(folder, store, (*store.decisions, decision), decision)
        if rests is not None:
            forecasting.approve(folder, decision, rests.results)
    return decision


def settle(
    client: str,
    decision_id: str,
    *,
    state: Literal["done", "withdrawn"],
    on: str | None = None,
    note: str = "",
    expected: int | None = None,
    data_dir: Path | None = None,
) -> Decision:
    """Say that a decision was carried out, or taken back: a new line of the history; return it as it stands now."""
    data = places.data_folder(data_dir)
    folder = places.client_folder(client, data)
    read_client(folder)
    day = parse_day(on) or date.today()
    with locked(folder):
        store = _current(folder, expected)
        found = next((d for d in store.decisions if d.decision_id == decision_id), None)
        if found is None:
            known = ", ".join(d.decision_id for d in store.decisions) or "none yet"
            raise errors.ParameterError(f"There is no decision {decision_id} of {client}; there are: {known}.")
        if found.done or found.withdrawn:
            was = f"done on {found.done}" if found.done else f"withdrawn on {found.withdrawn}"
            raise errors.ParameterError(f"{decision_id} was already {was}; what is recorded is not rewritten.")
        if day.isoformat() < found.decided:
            raise errors.ParameterError(f"{decision_id} was decided on {found.decided}; it cannot end on {day}.")
        changed = found.model_copy(update={state: day.isoformat(), **({"note": note} if note else {})})
        others = tuple(changed if d.decision_id == decision_id else d for d in store.decisions)
        _write(folder, store, others, changed)
    return changed


def lines(folder: Path) -> tuple[Decision, ...]:
    """Every line ever written about a decision, oldest first; `InputError` names one that cannot be read."""
    path = folder / "history" / "decisions.jsonl"
    if not path.is_file():
        return ()
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(Decision.model_validate(json.loads(line)))
        except (json.JSONDecodeError, ValidationError) as problem:
            raise errors.InputError(
                f"{folder.name}/history/decisions.jsonl, line {number}, cannot be read "
                f"({str(problem).splitlines()[0]}). Restore the file from a backup; lines are only ever added to it."
            ) from None
    return tuple(found)


def folded(lines: Iterable[Decision]) -> tuple[Decision, ...]:
    """Decisions as they stand: the last line about each, in the order in which they were taken."""
    found: dict[str, Decision] = {}
    for line in lines:
        found[line.decision_id] = line
    return tuple(found.values())


def _current(folder: Path, expected: int | None) -> Store:
    """The store as it is, with decisions that only the history knows put back; refused when it is not the one seen."""
    store = read_store(folder)
    if expected is not None and store.revision != expected:
        raise errors.InputError(
            f"{folder.name}/engagement.json was changed by somebody else (revision {store.revision}, yours is "
            f"{expected}). Nothing was recorded: look at what they decided, then repeat yours."
        )
    known = {d.decision_id for d in store.decisions}
    lost = tuple(d for d in folded(lines(folder)) if d.decision_id not in known)
    return store.model_copy(update={"decisions": (*store.decisions, *lost)}) if lost else store


def _write(folder: Path, store: Store, decisions: tuple[Decision, ...], changed: Decision) -> None:
    """The line first, which is what counts, then how things stand."""
    append_history(folder, "decisions", changed.model_dump(mode="json"))
    replace_store(folder, store.model_copy(update={"decisions": decisions}), expected=store.revision)


def _last(store: Store, folder: Path) -> int:
    ids = (d.decision_id for d in (*store.decisions, *lines(folder)))
    return max((int(id[1:]) for id in ids if id[:1] == "D" and id[1:].isdigit()), default=0)


def _known_initiative(initiative: str, rests: evidence.Evidence | None) -> None:
    """Refuse an initiative that the evidence has never heard of, where the evidence knows any."""
    known = {str(r["initiative"]) for r in rests.findings if r.get("initiative")} if rests else set()
    if initiative and known and initiative not in known and not _listed(rests, initiative):
        raise errors.ParameterError(
            f"No initiative of the last run is called {initiative}; it knows {', '.join(sorted(known)[:12])}."
        )


def _listed(rests: evidence.Evidence | None, initiative: str) -> bool:
    """Whether the run's ledger lists an initiative about which nothing is found."""
    path = rests.results / "govern.ledger" / "initiatives.parquet" if rests else None
    if path is None or not path.is_file():
        return True
    import pyarrow.parquet as pq  # noqa: PLC0415  only here

    return initiative in set(pq.read_table(path, columns=["initiative_id"]).column(0).to_pylist())


def _about(rests: evidence.Evidence | None, initiative: str) -> tuple[str, ...]:
    """Keys of the findings that speak about an initiative; of the whole plan where it is about none."""
    if rests is None:
        return ()

    def speaks(record: Mapping[str, Any]) -> bool:
        if initiative:
            return record.get("initiative") == initiative and str(record.get("id", "")).startswith(ABOUT)
        return record.get("id") == "govern.allocation.plan"

    return tuple(sorted(str(r["key"]) for r in rests.findings if r.get("key") and speaks(r)))
