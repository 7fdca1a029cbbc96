"""Repeat contacts: first-contact resolution under every convention, what recontacts cost, and who hides them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import pandas as pd
import pyarrow as pa

from cxkit.formats import listing, quantity
from cxkit.metrics import service
from cxkit.metrics.contact_cost import contact_cost
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.recontact import GROUPINGS, IDENTITIES
from cxkit.metrics.windows import Window
from cxkit.orchestrate.deflection import self_serve_part
from cxkit.orchestrate.naming import moment_names, optional
from cxkit.orchestrate.part import Part
from cxkit.orchestrate.repeat_contacts_cost import cost_part
from cxkit.orchestrate.repeat_contacts_grid import (
    chosen_of,
    conventions,
    decisions,
    entities,
    grid,
    target_of,
)
from cxkit.orchestrate.repeat_contacts_net import net_part
from cxkit.orchestrate.repeat_contacts_survival import survival_findings
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.engine import Tables

NO_TARGETS: Mapping[str, float] = MappingProxyType({})


class Repeats(Result):
    """First-contact resolution under every convention, what is decided by it, recontact cost and net handling time.

    Tables: ``grid`` (window_days, grouping, identity, n, clusters, recontacted, recontact, fcr, low, high of fcr,
    a_year: recontacts a year, cost, cost_low, cost_high in money a year, chosen); ``decisions`` (decision: worst
    reason, worst moment, worst team, target, change; window_days, grouping, identity, verdict, label, value, low, high,
    tau: Kendall's tau-b of the order of groups with the chosen one's, groups, chosen, same: as the chosen convention,
    opposed: clearly against it, against: what change is measured from); ``survival`` (decision, label under the chosen
    convention, conventions, same, opposed, others); ``cost`` (dimension, group, label, n, clusters, recontacted,
    recontact, low, high, a_year, cost, cost_low, cost_high, excess_contacts, excess, excess_low, excess_high); ``net``
    (dimension, group, label, tickets, issues, clusters, aht, aht_low, aht_high, net_aht, low, high, rank_aht, rank_net,
    rank_change; minutes); ``self_serve`` (moment_id, label, sessions, customers, followed, not_followed, contact, low,
    high, reference_days, reference_contact, reference_low, reference_high, basis); ``self_serve_months`` (month,
    with_path, without_path: contacts).
    """

    stage: ClassVar[str] = "orchestrate"
    name: ClassVar[str] = "repeats"

    fcr_window_days: int
    """Days of the chosen convention."""
    period: str = ""
    grouping: str = ""
    """What a further contact must share with the first, under the chosen convention."""
    identity: str = ""
    """Who must come back, under the chosen convention."""
    currency: str = ""


def repeat_contacts(
    tables: Tables,
    *,
    fcr_window_days: int = 7,
    window_months: int = 12,
    crosswalk: pa.Table | pd.DataFrame | None = None,
    families: Mapping[str, str] | None = None,
    targets: Mapping[str, float] = NO_TARGETS,
) -> Repeats:
    """Repeat contacts over the last complete months that tickets reach.

    `crosswalk` (system, person_id, entity: that of identity resolution) adds the person joined across systems;
    `families` (reason → code of a taxonomy) a grouping coarser than reasons; `targets` holds the target of ``fcr``; in
    its absence the register of metrics is asked. The definitions are those of `cxkit.metrics.recontact`. A missing
    table or column becomes a gap; nothing is raised.
    """
    lacks = tables.lacking({"tickets": ("ticket_id", "opened")})
    window = None if lacks else service.ticket_window(tables, window_months)
    if window is None:
        reason = f"Tickets are {lacks[0].why}." if lacks else "No complete month of tickets lies before the report."
        return Repeats(as_of=tables.as_of, fcr_window_days=fcr_window_days, gaps=_gaps(reason, lacks))
    names, days = moment_names(tables), fcr_window_days
    parts = [
        _following(tables, window, names, days=days, crosswalk=crosswalk, families=families, targets=targets),
        net_part(tables, window, names, days),
        self_serve_part(tables, window, names, days),
    ]
    whole = Part.joined(parts)
    pair = chosen_of(whole.tables["grid"]) if "grid" in whole.tables else None
    return Repeats(
        as_of=tables.as_of,
        fcr_window_days=days,
        period=window.label,
        grouping=pair[0] if pair else "",
        identity=pair[1] if pair else "",
        currency=tables.currency,
        findings=whole.findings,
        gaps=whole.gaps,
        tables=dict(whole.tables),
    )


def _gaps(reason: str, needs: tuple[Missing, ...] = ()) -> tuple[Gap, ...]:
    return (
        Gap(id="orchestrate.repeats.range", what="First-contact resolution by convention", reason=reason, needs=needs),
    )


def _following(
    tables: Tables,
    window: Window,
    names: dict[str, str],
    *,
    days: int,
    crosswalk: pa.Table | pd.DataFrame | None,
    families: Mapping[str, str] | None,
    targets: Mapping[str, float],
) -> Part:
    supplied = tables.supplied("tickets")
    if service.settled(tables) is None or not supplied & {"account_id", "person_id", "reopened"}:
        columns = [] if supplied & {"account_id", "person_id"} else ["account_id"]
        columns += [] if service.settled(tables) is not None else ["resolved"]
        needs = (Missing(name="tickets", columns=tuple(columns)),)
        return Part(gaps=_gaps("It takes the time of resolution of each ticket and whose it is.", needs))
    with entities(tables, crosswalk) as relation:
        found = conventions(tables, window, names, days=days, families=families, relation=relation)
    pair = chosen_of(found.whole) if len(found.whole) else None
    each = contact_cost(tables, window)
    rows = grid(found, days=days, each=each) if pair else pd.DataFrame()
    if pair is None or not rows["chosen"].any():
        return Part(gaps=_gaps(f"No ticket was settled at least {days} days before the date of the report."))
    target = target_of(tables, targets)
    decided = decisions(found, days=days, target=target)
    survival = _survival(decided)
    findings = [_range(rows, window, days)]
    findings += survival_findings(decided, survival, window, target)
    groups = found.groups
    at = (groups["window_days"] == days) & (groups["grouping"] == pair[0]) & (groups["identity"] == pair[1])
    held = {"grid": rows, "decisions": decided, "survival": survival}
    gaps = () if relation else _entity_gap(tables, crosswalk)
    return Part.joined(
        [Part(tuple(findings), gaps, held), cost_part(tables, window, groups[at].reset_index(drop=True), each, days)]
    )


def _entity_gap(tables: Tables, crosswalk: pa.Table | pd.DataFrame | None) -> tuple[Gap, ...]:
    needs = tables.lacking({"tickets": ("person_id",), "people": ("system", "person_id")})
    reason = "It takes the person on each ticket and the persons of every system."
    if not needs:
        reason = "No joined persons were given."
        if crosswalk is not None:
            reason = "No ticket carries a person that identity resolution knows."
    what = "First-contact resolution by joined person"
    return (Gap(id="orchestrate.repeats.entity", what=what, reason=reason, needs=needs),)


def _words(row: Mapping[Any, Any]) -> str:
    grouping, identity = str(row["grouping"]), str(row["identity"])
    days = f"{row['window_days']} day" + ("s" if row["window_days"] != 1 else "")
    if identity == "reopened":
        return f"{days}, reopening alone"
    return f"{days}, {GROUPINGS[grouping]}, {IDENTITIES[identity]}"


def _range(rows: pd.DataFrame, window: Window, days: int) -> Finding:
    row = rows[rows["chosen"]].iloc[0]
    n, low, high = int(row["n"]), optional(row["low"]), optional(row["high"])
    least, most = rows.sort_values("fcr", kind="stable").iloc[0], rows.sort_values("fcr", kind="stable").iloc[-1]
    title = f"First-contact resolution is {quantity(float(row['fcr']), 'ratio')} by the chosen convention and "
    title += f"anything from {quantity(float(least['fcr']), 'ratio')} to {quantity(float(most['fcr']), 'ratio')} "
    title += f"by {len(rows)} usual ones"
    if n < MINIMUM_N:
        title = f"{n} settled tickets are too few to compare conventions of first-contact resolution"
    return Finding(
        id="orchestrate.repeats.range",
        stage="orchestrate",
        title=title,
        detail=f"Chosen: {_words(row.to_dict())}. Lowest: {_words(least.to_dict())}. "
        f"Highest: {_words(most.to_dict())}. A figure without its convention cannot be compared.",
        value=float(row["fcr"]),
        unit="ratio",
        low=low,
        high=high,
        about="the underlying share, customers resampled" if low is not None else "too few tickets or customers",
        n=n,
        period=window.label,
        sources=("tickets",),
        definition="fcr@1",
        tone="neutral" if low is not None else "unknown",
    )


def _survival(decided: pd.DataFrame) -> pd.DataFrame:
    """One row per decision: the verdict of the chosen convention, how many conventions agree, what the others say."""
    rows = []
    for decision, part in decided.groupby("decision", sort=False):
        chosen = part[part["chosen"]].iloc[0]
        counts = part[~part["same"]]["label"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
        others = listing([f"{label} ({count})" for label, count in counts.items()])
        tally = (len(part), int(part["same"].sum()), int(part["opposed"].sum()))
        rows.append((str(decision), str(chosen["label"]), *tally, others))
    return pd.DataFrame(rows, columns=["decision", "label", "conventions", "same", "opposed", "others"])
