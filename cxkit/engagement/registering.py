"""What a published run found registered, added to ``history/registrations.jsonl``: once, and never rewritten.

Only the batch calls it, after a run was published; what a consultant tries in JupyterLab leaves no trace. An experiment
is written down when its registered fields are not those last on file. Running the same day again adds nothing, and
neither does a run of an earlier day than the newest on file: it sees today's sheet, and a line with a day long past
would vouch for a registration nobody saw then. For the same reason an experiment that the sheet dates after the day of
the run is left to the run of its own month.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from cxkit.engagement import history
from cxkit.engagement.history import Registration
from cxkit.prove.registration import registered
from cxkit.tables.engine import Tables


def record(folder: Path, tables: Tables, as_of: date) -> tuple[Registration, ...]:
    """Add every experiment whose registration is new or changed, as seen on `as_of`; return what was added."""
    past = history.read(folder, Registration)
    if any(one.seen > as_of.isoformat() for one in past):
        return ()
    last = {one.experiment_id: one.hash for one in past}
    day = as_of.isoformat()
    added = tuple(
        Registration(experiment_id=one["experiment_id"], hash=one["hash"], seen=day, fields=one["fields"])
        for one in registered(tables)
        if last.get(one["experiment_id"]) != one["hash"] and (one["registered"] or day) <= day
    )
    for one in added:
        history.add(folder, one)
    return added
