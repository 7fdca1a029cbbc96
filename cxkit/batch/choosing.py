"""Which clients a command is for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cxkit import errors
from cxkit.engagement import places


def choose(clients: Sequence[str], *, every: bool, data_dir: Path | None) -> list[str]:
    """The clients to run; `ParameterError` when none was named, or one is not there."""
    data = places.data_folder(data_dir)
    known = places.clients(data)
    if every and not clients:
        if not known:
            raise errors.ParameterError(f"No client in {data}. Create one with: cxkit new CLIENT")
        return known
    if not clients or every:
        raise errors.ParameterError("Name the clients to run, or use --all for every one (not both).")
    problems = [errors.unknown_name("client", c, known, where=data.name) for c in clients if c not in known]
    if problems:
        raise errors.ParameterError(errors.all_problems(problems, what="The list of clients"))
    return list(dict.fromkeys(clients))


def choose_samples(data_dir: Path | None) -> list[str]:
    """The sample clients; `ParameterError` when there are none."""
    data = places.data_folder(data_dir)
    found = places.samples(data)
    if not found:
        raise errors.ParameterError(f"No sample client in {data}. Make one with: cxkit simulate --accounts 1000")
    return found
