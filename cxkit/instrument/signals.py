"""The signal map: which signal exists, in which system, for which moment — and where the holes are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import pandas as pd

from cxkit.formats import listing, quantity
from cxkit.instrument.feeds import KEYED, SIGNALS, STANDING, carriers, feeds, moment_rows, named
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.engine import Tables

PLACEABLE = ("support", "voc", "telemetry")
"""Signals whose rows can say to which moment they belong; the others are placed by the system that holds them."""
HUBS = frozenset({"crm", "cdp"})
STATUSES = ("present", "declared only", "unplaced", "none")


class SignalMap(Result):
    """Moments × signals × systems, with freshness, completeness and integration.

    Tables: ``matrix`` (moment_id, moment, signal, status, system, rows, last_seen), ``feeds`` (see
    `cxkit.instrument.feeds.feeds`) and ``integration`` (system_id, system, holds, key, refresh_hours, owner_role,
    reaches_hub, problem). Status: *present* (rows of this moment; for crm, billing and orders: data, and a system that
    is declared to cover the moment), *declared only* (a system is said to hold it, no rows show it), *unplaced* (rows
    arrive but do not say to which moment they belong), *none*.
    """

    stage: ClassVar[str] = "instrument"
    name: ClassVar[str] = "signals"


def signal_map(tables: Tables) -> SignalMap:
    """Compare what systems are said to hold with what really arrives, moment by moment."""
    systems = _systems(tables)
    declared = {s: _declared(systems, s) for s in SIGNALS}
    arriving = feeds(tables, declared)
    findings: list[Finding] = []
    gaps: list[Gap] = []
    held: dict[str, pd.DataFrame] = {}
    if len(arriving):
        held["feeds"] = arriving
        findings += _feed_findings(tables, arriving)
    else:
        needs = (Missing(name="tickets"), Missing(name="surveys"), Missing(name="events"))
        gaps.append(_gap("stale", "Freshness of feeds", "No signal was supplied.", needs))
    if lacks := tables.lacking({"moments": ("moment_id", "moment")}):
        reason = "Without a register of moments signals cannot be laid against the journey."
        gaps += [
            _gap("coverage", "Signals per moment", reason, lacks),
            _gap("silent", "Moments without feedback", reason, lacks),
        ]
    else:
        held["matrix"] = _matrix(tables, systems)
        findings += _matrix_findings(tables, held["matrix"])
    if lacks := tables.lacking({"systems": ("system_id", "holds", "feeds")}):
        reason = "Nobody has written down which systems hold signals and where they send them."
        gaps.append(_gap("integration", "Integration of systems", reason, lacks))
    else:
        held["integration"] = _integration(systems)
        findings += _integration_findings(tables, held["integration"])
    return SignalMap(as_of=tables.as_of, findings=tuple(findings), gaps=tuple(gaps), tables=held)


def _gap(id: str, what: str, reason: str, needs: tuple[Missing, ...] = ()) -> Gap:
    return Gap(id=f"instrument.signals.{id}", what=what, reason=reason, needs=needs)


def _words(value: object) -> list[str]:
    return [w.strip() for w in re.split(r"[,;]", value) if w.strip()] if isinstance(value, str) else []


def _systems(tables: Tables) -> pd.DataFrame:
    if isinstance(tables.require("systems", "system_id"), Missing):
        return pd.DataFrame(
            columns=["system_id", "system", "holds", "moments", "key", "feeds", "refresh_hours", "owner_role"]
        )
    rows = tables.frame(
        "SELECT system_id, coalesce(system, system_id) AS system, holds, moments, key, feeds, refresh_hours, "
        "owner_role FROM systems ORDER BY system_id"
    )
    rows["holds"] = [[w.lower() for w in _words(v)] for v in rows["holds"]]
    rows["moments"] = [_words(v) for v in rows["moments"]]
    rows["feeds"] = [_words(v) for v in rows["feeds"]]
    return rows


def _declared(systems: pd.DataFrame, signal: str) -> tuple[list[str], float | None]:
    holders = [row for row in systems.to_dict("records") if signal in row["holds"]]
    hours = [float(row["refresh_hours"]) for row in holders if pd.notna(row["refresh_hours"])]
    return [str(row["system"]) for row in holders], max(hours) if hours else None


def _matrix(tables: Tables, systems: pd.DataFrame) -> pd.DataFrame:
    moments = tables.frame(
        "SELECT moment_id, min(moment) AS moment, min(journey) AS journey, min(position) AS position FROM moments "
        "GROUP BY 1 ORDER BY journey, position, moment_id"
    )
    placed = {signal: moment_rows(tables, signal) for signal in PLACEABLE}
    cells = []
    for moment in moments.to_dict("records"):
        for signal in SIGNALS:
            holders = [
                str(s["system"])
                for s in systems.to_dict("records")
                if signal in s["holds"] and (not s["moments"] or moment["moment_id"] in s["moments"])
            ]
            arrives = bool(carriers(tables, signal))
            there = placed.get(signal)
            mine = there[there["moment_id"] == moment["moment_id"]] if there is not None else pd.DataFrame()
            if signal in PLACEABLE:
                status = "present" if len(mine) else "unplaced" if arrives and there is None else ""
            else:
                status = "present" if arrives and holders else "unplaced" if arrives else ""
            cells.append(
                {
                    "moment_id": moment["moment_id"],
                    "moment": moment["moment"],
                    "signal": signal,
                    "status": status or ("declared only" if holders else "none"),
                    "system": ", ".join(holders),
                    "rows": float(mine["rows"].iloc[0]) if len(mine) else None,
                    "last_seen": str(mine["last_seen"].iloc[0]) if len(mine) else None,
                }
            )
    columns = ["moment_id", "moment", "signal", "status", "system", "rows", "last_seen"]
    return pd.DataFrame(cells, columns=columns).astype({"rows": "float64"})


def _finding(id: str, title: str, value: float, tables: Tables, **more: Any) -> Finding:
    fields: dict[str, Any] = {"unit": "count", "about": "counted, exact", "period": str(tables.as_of)}
    fields["sources"] = tuple(t for t in ("systems", "moments") if t in tables.present)
    return Finding.model_validate(
        {**fields, "id": f"instrument.signals.{id}", "stage": "instrument", "title": title, "value": value, **more}
    )


def _matrix_findings(tables: Tables, matrix: pd.DataFrame) -> list[Finding]:
    n, counts = len(matrix), matrix["status"].value_counts()
    have = {status: int(counts.get(status, 0)) for status in STATUSES}
    made = []
    if n:
        share = have["present"] / n
        made.append(
            _finding(
                "coverage",
                f"{have['present']} of {n} pairs of moment and signal hold data ({quantity(share, 'ratio')})",
                share,
                tables,
                unit="ratio",
                n=n,
                detail=_rest(have),
                tone="good" if share >= 0.8 else "bad" if share < 0.5 else "neutral",
            )
        )
    for status, id, text in (
        ("declared only", "declared_only", "are said to be held by a system, but no data show them"),
        ("unplaced", "unplaced", "arrive without saying to which moment they belong"),
    ):
        if have[status]:
            part = matrix[matrix["status"] == status]
            groups = part.groupby("signal", sort=False).size()
            said = listing([f"{named(signal)} ({count})" for signal, count in groups.items()])
            title = f"{have[status]} {'pair' if have[status] == 1 else 'pairs'} of moment and signal {text}"
            title = (
                title.replace(" are ", " is ", 1).replace(" arrive ", " arrives ", 1) if have[status] == 1 else title
            )
            made.append(_finding(id, title, have[status], tables, n=n, detail=f"By signal: {said}.", tone="bad"))
    voices = matrix[(matrix["signal"] == "voc") & (matrix["status"] != "present")]
    total = matrix["moment_id"].nunique()
    if len(voices):
        verb, own = ("has", "its") if len(voices) == 1 else ("have", "their")
        title = f"{len(voices)} of {total} moments {verb} no customer feedback of {own} own"
        names = listing([str(m) for m in voices["moment"]])
        made.append(_finding("silent", title, len(voices), tables, n=total, detail=f"{names}.", tone="bad"))
    return made


def _rest(have: Mapping[str, int]) -> str:
    """What became of the pairs that hold no data; kinds that do not occur are not mentioned."""
    parts = [
        (have["declared only"], "is only declared", "are only declared"),
        (have["unplaced"], "arrives without a moment", "arrive without a moment"),
        (have["none"], "does not exist", "do not exist"),
    ]
    said = listing([f"{n} {one if n == 1 else many}" for n, one, many in parts if n])
    return f"{said}." if said else ""


def _of(n: int, whole: int) -> str:
    """So many feeds of so many.

    >>> _of(1, 3), _of(1, 1)
    ('1 of 3 feeds', 'The only feed')
    """
    return f"{n} of {whole} feeds" if whole != 1 else "The only feed"


def _feed_findings(tables: Tables, rows: pd.DataFrame) -> list[Finding]:
    called = [f"{f} from {named(s)}" if s else str(f) for f, s in zip(rows["feed"], rows["system"], strict=True)]
    rows = rows.assign(named=called)
    sources = tuple(sorted({str(f) for f in rows["feed"]}))
    stale = rows[rows["stale"].astype(bool)].sort_values(["days_behind", "named"], ascending=[False, True])
    flowing = int((~rows["feed"].isin(STANDING)).sum())
    fresh = f"Every feed reaches the date of the report ({flowing} of {flowing})"
    title = f"{_of(len(stale), flowing)} ended well before {tables.as_of}" if len(stale) else fresh
    behind = [f"{r['named']} by {int(r['days_behind'])} days" for r in stale.to_dict("records")]
    made = [
        _finding(
            "stale",
            title,
            len(stale),
            tables,
            n=flowing,
            detail=f"Behind: {listing(behind)}." if behind else "",
            sources=sources,
            tone="bad" if behind else "good",
        )
    ]
    thin = rows[(rows["months_missing"] > 0) | (rows["with_customer"] < KEYED)]
    if len(thin):
        said = [
            f"{r['named']}: "
            + listing(
                [f"{int(r['months_missing'])} month{'s' if r['months_missing'] != 1 else ''} missing"]
                * (r["months_missing"] > 0)
                + [f"{quantity(r['with_customer'], 'ratio')} of rows name a customer"] * (r["with_customer"] < KEYED)
            )
            for r in thin.to_dict("records")
        ]
        title = f"{_of(len(thin), len(rows))} {'lacks' if len(thin) == 1 else 'lack'} months or customer keys"
        made.append(
            _finding(
                "incomplete",
                title,
                len(thin),
                tables,
                n=len(rows),
                detail=("; ".join(said[:4])[:1].upper() + "; ".join(said[:4])[1:]) + ".",
                sources=sources,
                tone="bad",
            )
        )
    return made


def _integration(systems: pd.DataFrame) -> pd.DataFrame:
    edges = {str(r["system_id"]): list(r["feeds"]) for r in systems.to_dict("records")}
    hubs = {str(r["system_id"]) for r in systems.to_dict("records") if HUBS & set(r["holds"])}
    rows = []
    for row in systems.to_dict("records"):
        seen, ahead = set(), [str(row["system_id"])]
        while ahead:
            here = ahead.pop()
            if here not in seen:
                seen.add(here)
                ahead += edges.get(here, [])
        reaches = bool(seen & hubs)
        unknown = sorted(set(row["feeds"]) - set(edges))
        problems = [
            *(["its signals reach no CRM or CDP"] if not reaches and row["holds"] else []),
            *(["it carries no customer key"] if not isinstance(row["key"], str) or not row["key"].strip() else []),
            *([f"it feeds an unknown system: {', '.join(unknown)}"] if unknown else []),
        ]
        rows.append(
            {
                "system_id": row["system_id"],
                "system": row["system"],
                "holds": ", ".join(row["holds"]),
                "key": row["key"],
                "refresh_hours": row["refresh_hours"],
                "owner_role": row["owner_role"],
                "reaches_hub": reaches,
                "problem": "; ".join(problems),
            }
        )
    columns = ["system_id", "system", "holds", "key", "refresh_hours", "owner_role", "reaches_hub", "problem"]
    return pd.DataFrame(rows, columns=columns)


def _integration_findings(tables: Tables, rows: pd.DataFrame) -> list[Finding]:
    holding = rows[rows["holds"] != ""]
    if holding.empty:
        return []
    apart = holding[~holding["reaches_hub"].astype(bool)]
    n = len(holding)
    title = (
        f"The signals of {len(apart)} of {n} systems never reach the CRM or CDP"
        if len(apart)
        else f"The signals of every system reach the CRM or CDP ({n} of {n})"
    )
    keyless = [str(s) for s in holding.loc[holding["problem"].str.contains("no customer key"), "system"]]
    detail = f"Apart: {listing([str(s) for s in apart['system']])}." if len(apart) else ""
    detail += f" Without a customer key: {listing(keyless)}." if keyless else ""
    return [
        _finding(
            "integration",
            title,
            len(apart),
            tables,
            n=n,
            detail=detail.strip(),
            sources=("systems",),
            tone="bad" if len(apart) else "good",
        )
    ]
