"""Move the match threshold and see how many people there are, whom they reach, and what it is worth.

Nothing is trained anew: the pairs that the batch kept are joined again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from cxkit.charts.identity import threshold as sweep
from cxkit.charts.render import render
from cxkit.engagement.desk import Desk
from cxkit.formats import quantity
from cxkit.instrument.identity import Identity, clusters_at, reached
from cxkit.records import Finding
from cxkit.widgets.panel import Answer, Panel, panel

Money = Callable[[pd.DataFrame], Sequence[Finding]]
"""From a crosswalk to what it says about money, as findings."""
SHOWN = ("instrument.identity.entities", "instrument.identity.precision", "instrument.identity.recall")


def identity(desk: Desk, found: Identity, *, money: Money | None = None) -> Panel:
    """A panel over the match threshold of a result of `instrument.identity`.

    Left alone it shows the batch's findings. `money` is given the crosswalk at the threshold and says what hangs on it,
    such as revenue that reaches an account.
    """

    def compute(match_threshold: float) -> Answer:
        if not found.has("crosswalk"):
            return Answer(lines=tuple(g.reason for g in found.gaps))
        crosswalk = clusters_at(found, match_threshold)
        moved = match_threshold != found.match_threshold
        findings = _moved(found, crosswalk, match_threshold) if moved else [f for f in found.findings if f.id in SHOWN]
        lines = [_coverage(desk, crosswalk)]
        if not crosswalk.attrs["exact"]:
            lines.append("Approximate: not all pairs were kept. Save it and run the batch for the exact number.")
        shown = found.model_copy(update={"match_threshold": match_threshold})
        drawn = sweep.ready(found)
        return Answer(
            (*findings, *(money(crosswalk) if money else ())),
            tuple(filter(None, lines)),
            *((render(lambda: sweep(shown), prefix="identity"), sweep.alt(shown)) if drawn else ()),
        )

    return panel(desk, ("match_threshold",), compute)


def _moved(found: Identity, crosswalk: pd.DataFrame, threshold: float) -> list[Finding]:
    """The number of people at another threshold, beside the batch's."""
    batch = found.finding("instrument.identity.entities")
    people = int(crosswalk["entity"].nunique())
    largest = int(crosswalk["entity"].value_counts().max())
    before = int(batch.value) if batch is not None and batch.value is not None else people
    records = f"{len(crosswalk):,} record{'s' * (len(crosswalk) != 1)}"
    return [
        Finding(
            id="instrument.identity.entities",
            stage="instrument",
            title=f"At {threshold:g} the {records} are {people:,} people, {people - before:+,} against the batch; "
            f"the largest holds {largest:,}",
            value=people,
            unit="count",
            n=len(crosswalk),
            about="counted, exact at this threshold",
            sources=("people",),
        )
    ]


def _coverage(desk: Desk, crosswalk: pd.DataFrame) -> str:
    """How many records of each system reach an account, their own or that of another record of the person."""
    rows = reached(desk.tables, crosswalk)
    if rows is None:
        return ""
    said = [
        f"{row['system']} {quantity(float(row['reached'] / row['records']), 'ratio')}"
        for row in rows.to_dict("records")
    ]
    return f"Records that reach an account: {', '.join(said)}."
