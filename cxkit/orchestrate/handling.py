"""Handling time: the work behind settled tickets."""

from __future__ import annotations

from cxkit.formats import quantity
from cxkit.metrics import service
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.windows import Window
from cxkit.orchestrate.naming import labelled, optional, too_few
from cxkit.orchestrate.part import Part
from cxkit.records import Finding, Gap, Missing
from cxkit.tables.engine import Tables

NEEDS = ("handle_minutes",)


def handling_part(tables: Tables, window: Window, names: dict[str, str]) -> Part:
    """Mean handling time of tickets settled in the window, with the median beside it because it is skewed."""
    needs = tables.lacking({"tickets": NEEDS})
    if service.settled(tables) is None:
        needs = (Missing(name="tickets", columns=(*NEEDS, "resolved")),)
    gap = Gap(
        id="orchestrate.service.aht",
        what="Handling time",
        reason="The export does not hold the minutes of work and the time of resolution of each ticket."
        if needs
        else "No ticket settled in the window has minutes of work.",
        needs=needs,
    )
    if needs:
        return Part(gaps=(gap,))
    rows = labelled(service.handling(tables, window, service.dimensions(tables)), names)
    whole = rows[rows["dimension"] == "all"]
    if whole.empty:
        return Part(gaps=(gap,))
    row = whole.iloc[0]
    n, low, high = int(row["n"]), optional(row["low"]), optional(row["high"])
    unknown = service.without_minutes(tables, window)
    title = f"A ticket takes {quantity(float(row['mean']), 'minutes')} of work on average"
    title += f", and half take less than {quantity(float(row['median']), 'minutes')}"
    finding = Finding(
        id="orchestrate.service.aht",
        stage="orchestrate",
        title=title if n >= MINIMUM_N else too_few(n, "settled tickets", MINIMUM_N),
        detail=f"One in ten takes more than {quantity(float(row['p90']), 'minutes')}. Only settled tickets are in it"
        + (f"; {unknown:,} without minutes of work are left out." if unknown else "."),
        value=float(row["mean"]),
        unit="minutes",
        low=low,
        high=high,
        about="the underlying mean, customers resampled" if low is not None else "too few tickets or customers",
        n=n,
        period=window.label,
        sources=("tickets",),
        definition="aht@1",
        tone="neutral" if low is not None else "unknown",
    )
    return Part(findings=(finding,), tables={"handling": rows})
