"""What the events say about themselves: names, columns, and which of them the register knows."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cxkit.formats import listing, quantity
from cxkit.instrument.tracking_names import Standard
from cxkit.instrument.tracking_plan import CARRIED, shown
from cxkit.records import Finding, Gap, Missing
from cxkit.tables.engine import Tables

WHATS = {
    "names": "Names of events against the standard",
    "doubles": "Events under two names",
    "carried": "Columns that events must carry",
    "missing": "Events that the register names and nobody sends",
    "undeclared": "Events that nobody declared",
    "retired": "Retired names that still arrive",
    "breaches": "Breaches of the data contracts by owner role",
    "views": "One view of a customer across signals",
    "insight": "Moments at which customers are listened to",
    "loops": "How fast what is raised inside is settled",
}


Made = tuple[list[Finding], list[Gap]]


def gap(id: str, reason: str, *needs: Missing) -> Gap:
    """A gap of the tracking plan."""
    return Gap(id=f"instrument.tracking.{id}", what=WHATS[id], reason=reason, needs=needs)


def finding(id: str, title: str, value: float, tables: Tables, **more: Any) -> Finding:
    """A finding of the tracking plan, counted from events unless it says otherwise."""
    fields: dict[str, Any] = {"unit": "count", "about": "counted, exact", "period": str(tables.as_of)}
    fields["sources"] = ("events",)
    return Finding.model_validate(
        {**fields, "id": f"instrument.tracking.{id}", "stage": "instrument", "title": title, "value": value, **more}
    )


def thin(names: pd.DataFrame, rules: Standard) -> int:
    """Names of events of which a required column is not full."""
    carried = [c for c in (f"carried_{m}" for m in rules.must_carry) if c in names]
    return int((names[carried] < CARRIED).any(axis=1).sum()) if carried and len(names) else 0


def event_findings(tables: Tables, names: pd.DataFrame, rows: pd.DataFrame, rules: Standard, total: int) -> Made:
    """Findings and gaps about names, columns and the register; `total` is how many names there are."""
    n = len(names)
    if not n:
        return [], [gap(i, "No event has arrived.") for i in ("names", "doubles", "carried", "undeclared", "retired")]
    findings, gaps = [], []
    if rules.pattern:
        bad = names[names["fault"] != ""]
        better = [
            shown(r["event"]) + (f" (call it {r['proposed']})" if r["proposed"] else "") for r in bad.to_dict("records")
        ]
        title = (
            f"{len(bad)} of {n} names of events break the standard"
            if len(bad)
            else f"Every name of an event keeps the standard ({n} of {n})"
        )
        more = f" The {n} most frequent of {total:,} names were looked at." if total > n else ""
        detail = (f"{listing(better)}." if better else "") + more
        findings.append(
            finding("names", title, len(bad), tables, n=n, detail=detail.strip(), tone="bad" if len(bad) else "good")
        )
    else:
        gaps.append(gap("names", "The code frame holds no standard for names of events."))
    double = names[names["like"] != ""]
    pairs = [f"{shown(r['event'])} like {shown(r['like'])}" for r in double.to_dict("records")]
    title = (
        f"{len(double)} names look like another name of the same event"
        if len(double) != 1
        else "1 name looks like another name of the same event"
    )
    if len(double):
        findings.append(finding("doubles", title, len(double), tables, n=n, detail=f"{listing(pairs)}.", tone="bad"))
    else:
        findings.append(
            finding(
                "doubles", f"No event arrives under two names ({n} names)", 0, tables, n=n, tone="good", audience="team"
            )
        )
    findings += _carried(tables, names, rules)
    findings += _plan_findings(tables, names, rows)
    if isinstance(tables.require("moments", "start_event"), Missing) and isinstance(
        tables.require("moments", "value_event"), Missing
    ):
        gaps.append(
            gap(
                "missing",
                "The register names no events of its moments.",
                Missing(name="moments", columns=("start_event", "value_event")),
            )
        )
    return findings, gaps


def _carried(tables: Tables, names: pd.DataFrame, rules: Standard) -> list[Finding]:
    every = int(names["rows"].sum())
    made = []
    for subject, columns in (("must", rules.must_carry), ("should", rules.should_carry)):
        known = [c for c in columns if f"carried_{c}" in names]
        if not known:
            continue
        shares = {c: float((names[f"carried_{c}"] * names["rows"]).sum() / every) for c in known}
        worst = min(known, key=lambda c: (shares[c], c))
        thin = [
            f"{shown(r['event'])} ({quantity(float(r[f'carried_{worst}']), 'ratio')})"
            for r in names.sort_values([f"carried_{worst}", "event"]).to_dict("records")
            if r[f"carried_{worst}"] < CARRIED
        ]
        said = listing([f"{c} {quantity(shares[c], 'ratio')}" for c in known], most=6)
        title = f"{quantity(shares[worst], 'ratio')} of events carry {worst}, which every event {subject} carry"
        made.append(
            finding(
                "carried",
                title,
                shares[worst],
                tables,
                subject=subject,
                unit="ratio",
                n=every,
                detail=f"Filled: {said}." + (f" Thinnest in {listing(thin)}." if thin else ""),
                tone="good" if shares[worst] >= CARRIED else "bad" if subject == "must" else "neutral",
                audience="team" if shares[worst] >= CARRIED else "board",
            )
        )
    return made


def _further(rows: pd.DataFrame) -> str:
    """What became of events along the way that no longer arrive."""
    gone = rows[(rows["stands_for"] == "along the way") & (rows["status"] == "stopped")]
    said = [f"{r['event']} ({r['moment']})" for r in gone.to_dict("records")]
    return f" Along the way {listing(said)} stopped arriving." if said else ""


def _plan_findings(tables: Tables, names: pd.DataFrame, rows: pd.DataFrame) -> list[Finding]:
    made = []
    declared = rows[rows["stands_for"].isin(["start", "value"])].drop_duplicates(["moment_id", "stands_for"])
    if len(declared):
        gone = declared[declared["status"].isin(["missing", "stopped"])]
        said = [f"{r['event']} ({r['moment']}, {r['status']})" for r in gone.to_dict("records")]
        title = f"{len(gone)} of {len(declared)} start and value events of the register do not arrive"
        title = title.replace(
            "1 of 1 events that the register names do", "The only start or value event of the register does"
        )
        made.append(
            finding(
                "missing",
                title
                if len(gone)
                else f"Every start and value event of the register arrives ({len(declared)} of {len(declared)})",
                len(gone),
                tables,
                n=len(declared),
                detail=((f"{listing(said)}." if said else "") + _further(rows)).strip(),
                sources=("events", "moments"),
                tone="bad" if len(gone) else "good",
            )
        )
    strays = rows[rows["status"] == "undeclared"]
    count = int(strays["rows"].sum())
    title = f"{len(strays)} of {len(names)} names of events belong to no moment"
    made.append(
        finding(
            "undeclared",
            title if len(strays) else f"Every name of an event belongs to a moment ({len(names)} of {len(names)})",
            len(strays),
            tables,
            n=len(names),
            detail=f"{count:,} rows: {listing([str(e) for e in strays['arrives_as']])}." if len(strays) else "",
            sources=tuple(t for t in ("events", "moments") if t in tables.present),
            tone="neutral" if len(strays) else "good",
        )
    )
    old = names[names["retired"]]
    if len(old):
        said = [
            f"{shown(r['event'])}, until {str(r['last_seen'])[:10]}, {int(r['rows']):,} rows"
            for r in old.to_dict("records")
        ]
        title = f"{len(old)} retired names of events still arrive"
        title = "1 retired name of an event still arrives" if len(old) == 1 else title
        made.append(
            finding("retired", title, len(old), tables, n=len(names), detail=f"{'; '.join(said[:4])}.", tone="bad")
        )
    return made
