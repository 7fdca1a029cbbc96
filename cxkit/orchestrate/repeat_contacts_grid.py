"""First-contact resolution under every convention, and whether what is decided by it stays the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
from scipy import stats

from cxkit.metrics import service
from cxkit.metrics.estimates import MINIMUM_N, Estimate, difference
from cxkit.metrics.recontact import GROUPINGS, IDENTITIES, WINDOWS, groupings, recontacts
from cxkit.metrics.windows import Window, seen
from cxkit.orchestrate.naming import labelled, optional
from cxkit.records import Missing
from cxkit.tables.cut import text_literal
from cxkit.tables.engine import Tables

YEAR = 365.25
GIVEN, ENTITIES = "cxkit_crosswalk_given", "cxkit_entities"
KEY = ["window_days", "grouping", "identity"]
OPPOSED = {"met": "missed", "missed": "met", "rose": "fell", "fell": "rose"}


@dataclass(frozen=True)
class Conventions:
    """All counts that the questions are answered from."""

    whole: pd.DataFrame
    """One row per convention (`KEY`): the columns of `recontacts`."""
    groups: pd.DataFrame
    """The same by dimension and group, with ``label``."""
    before: pd.DataFrame
    """The window before, one row per convention; empty where tickets do not reach back."""
    now: pd.DataFrame
    """What `before` is compared with: the window itself, or its second half."""
    compared: str
    """``a year earlier``, ``the half before`` or nothing."""


@contextmanager
def entities(tables: Tables, crosswalk: pa.Table | pd.DataFrame | None) -> Iterator[str]:
    """Lend the engine the joined person of each ``person_id`` on tickets; yields the relation's name, or nothing.

    A crosswalk is keyed by system and ``person_id``; tickets do not name their system, so it is the one whose persons
    stand on most tickets.
    """
    if crosswalk is None or "person_id" not in tables.supplied("tickets"):
        yield ""
        return
    rows = crosswalk if isinstance(crosswalk, pa.Table) else pa.Table.from_pandas(crosswalk, preserve_index=False)
    with tables.lent(GIVEN, rows.select(["system", "person_id", "entity"])):
        best = tables.frame(
            f"SELECT c.system, count(*) AS n FROM tickets t JOIN {GIVEN} c ON c.person_id = t.person_id "
            "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
        )
        if best.empty:
            yield ""
            return
        system = text_literal(str(best["system"].iloc[0]))
        sql = (
            f"SELECT person_id, min(CAST(entity AS VARCHAR)) AS entity FROM {GIVEN} "
            f"WHERE system = {system} AND entity IS NOT NULL GROUP BY 1"
        )
        with tables.held(ENTITIES, sql) as relation:
            yield relation


def conventions(
    tables: Tables,
    window: Window,
    names: dict[str, str],
    *,
    days: int,
    families: Mapping[str, str] | None,
    relation: str,
) -> Conventions:
    """Count recontacts under every convention for which there is something to follow."""
    supplied = tables.supplied("tickets")
    by = {**service.dimensions(tables, without=("all", "channel"))}
    if "reason" in supplied:
        by["reason"] = "reason"
    who = [i for i, column in (("account", "account_id"), ("person", "person_id")) if column in supplied]
    who += ["entity"] if relation else []
    pairs = [(g, i) for i in who for g in groupings(tables, families=bool(families))]
    pairs += [("any", "reopened")] if "reopened" in supplied else []
    spans = _compared(tables, window)
    every = sorted({*WINDOWS, days})
    found: dict[str, list[pd.DataFrame]] = {"groups": [], "before": [], "now": []}
    for grouping, identity in pairs:

        def counted(
            span: Window, by: Mapping[str, str], grouping: str = grouping, identity: str = identity
        ) -> pd.DataFrame:
            rows = recontacts(
                tables, span, every, by=by, grouping=grouping, identity=identity, families=families, entities=relation
            )
            return rows.assign(grouping=grouping, identity=identity)

        rows = counted(window, {"all": "''", **by})
        found["groups"].append(rows)
        if spans is not None:
            now, before, _ = spans
            found["before"].append(counted(before, {"all": "''"}))
            found["now"].append(rows[rows["dimension"] == "all"] if now == window else counted(now, {"all": "''"}))
    made = {k: pd.concat(v, ignore_index=True) if v else pd.DataFrame() for k, v in found.items()}
    groups = labelled(made["groups"], names)
    whole = groups[(groups["dimension"] == "all") & (groups["n"] > 0)].reset_index(drop=True)
    return Conventions(whole, groups, made["before"], made["now"], spans[2] if spans else "")


def _compared(tables: Tables, window: Window) -> tuple[Window, Window, str] | None:
    """What change is judged by: the window and the same months a year earlier, else its two halves."""
    span, earlier = seen(tables, "tickets", "opened_date"), window.back(12)
    if span is not None and earlier.first >= span.first and len(window) <= 12:
        return window, earlier, "a year earlier"
    half = len(window) // 2
    if half < 1:
        return None
    months = window.months
    return (
        Window(first=months[-half], last=window.last),
        Window(first=months[-2 * half], last=months[-half - 1]),
        "the half before",
    )


def grid(found: Conventions, *, days: int, each: float | None) -> pd.DataFrame:
    """The result's table ``grid``: one row per convention, with what its recontacts cost a year."""
    rows = found.whole
    length = rows["cohort_days"].where(rows["cohort_days"] > 0)
    made = rows[[*KEY, "n", "clusters", "recontacted", "recontact", "fcr"]].assign(
        low=rows["fcr_low"], high=rows["fcr_high"], a_year=rows["recontacted"] / length * YEAR
    )
    cost = each if each is not None else float("nan")
    a_year = rows["n"] / length * YEAR * cost
    made = made.assign(
        cost=made["a_year"] * cost, cost_low=(1 - made["high"]) * a_year, cost_high=(1 - made["low"]) * a_year
    )
    chosen = chosen_of(found.whole)
    made["chosen"] = (
        (made["window_days"] == days) & (made["grouping"] == chosen[0]) & (made["identity"] == chosen[1])
        if chosen
        else False
    )
    order = {k: i for i, k in enumerate([*IDENTITIES, *GROUPINGS])}
    return made.sort_values(KEY[::-1], key=lambda c: c.map(order) if c.name != "window_days" else c).reset_index(
        drop=True
    )


def chosen_of(whole: pd.DataFrame) -> tuple[str, str] | None:
    """The grouping and identity of the headline, ``fcr@1``: the same reason where recorded, and the account."""
    pairs = set(zip(whole["grouping"], whole["identity"], strict=True))
    ways = [("reason", "account"), ("any", "account"), ("reason", "person"), ("any", "person"), ("any", "reopened")]
    return next((w for w in ways if w in pairs), None)


def decisions(found: Conventions, *, days: int, target: float | None) -> pd.DataFrame:
    """The result's table ``decisions``: what each convention would decide, against what the chosen one decides.

    Columns: decision, `KEY`, verdict, label, value, low, high, tau, groups, chosen, same, opposed (clearly against the
    chosen one: met and missed, rose and fell, or its worst group lies with its whole interval above that of another),
    against (what change is measured from).
    """
    rows = [*_worst(found), *_target(found, target), *_change(found)]
    columns = ["decision", *KEY, "verdict", "label", "value", "low", "high", "tau", "groups"]
    made = pd.DataFrame(rows, columns=columns)
    pair = chosen_of(found.whole)
    if made.empty or pair is None:
        return made.iloc[:0].assign(chosen=False, same=False, opposed=False, against="")
    made["chosen"] = (made["window_days"] == days) & (made["grouping"] == pair[0]) & (made["identity"] == pair[1])
    by_chosen = made[made["chosen"]].set_index("decision")["verdict"].to_dict()
    made = made[made["decision"].isin(list(by_chosen))]
    made["same"] = made["verdict"] == made["decision"].map(by_chosen)
    clearly = _clearly_not(found, by_chosen)
    made["opposed"] = [
        (d, *k) in clearly or OPPOSED.get(v) == by_chosen[d]
        for d, *k, v in made[["decision", *KEY, "verdict"]].itertuples(index=False, name=None)
    ]
    made["against"] = found.compared
    tau = _tau(found, days, pair)
    made["tau"] = [tau.get((d, *k)) for d, *k in made[["decision", *KEY]].itertuples(index=False, name=None)]
    return made.astype({"tau": "float64"}).reset_index(drop=True)


def _ranked(found: Conventions) -> dict[str, dict[tuple[int, str, str], pd.DataFrame]]:
    """Dimension → convention → groups that every convention can judge, the lowest share first."""
    groups = found.groups[found.groups["dimension"] != "all"]
    made: dict[str, dict[tuple[int, str, str], pd.DataFrame]] = {}
    conventions_there = len(found.whole)
    for dimension, part in groups.groupby("dimension", sort=True):
        judged = part[part["n"] >= MINIMUM_N].groupby("group")["n"].count()
        kept = part[part["group"].isin(judged[judged == conventions_there].index)]
        if kept["group"].nunique() < 2:
            continue
        ordered = kept.sort_values(["fcr", "group"])
        made[str(dimension)] = {(int(str(k[0])), str(k[1]), str(k[2])): rows for k, rows in _parts(ordered)}
    return made


def _parts(rows: pd.DataFrame) -> Iterator[tuple[tuple[object, ...], pd.DataFrame]]:
    yield from rows.groupby(KEY, sort=True)


def _worst(found: Conventions) -> Iterator[dict[str, object]]:
    for dimension, by in _ranked(found).items():
        for (window, grouping, identity), rows in by.items():
            row = rows.iloc[0]
            yield {
                "decision": f"worst {dimension}", "window_days": window, "grouping": grouping, "identity": identity,
                "verdict": str(row["group"]), "label": str(row["label"]), "value": float(row["fcr"]),
                "low": optional(row["fcr_low"]), "high": optional(row["fcr_high"]), "groups": len(rows),
            }  # fmt: skip


def _clearly_not(found: Conventions, by_chosen: Mapping[Any, Any]) -> set[tuple[str, int, str, str]]:
    """Decision and convention under which the chosen one's worst group clearly is not the worst."""
    return {
        (f"worst {dimension}", *key)
        for dimension, by in _ranked(found).items()
        for key, rows in by.items()
        if (rows.loc[rows["group"] == by_chosen.get(f"worst {dimension}"), "fcr_low"] > rows["fcr_high"].iloc[0]).any()
    }


def _tau(found: Conventions, days: int, pair: tuple[str, str]) -> dict[tuple[str, int, str, str], float]:
    """Kendall's tau-b of the order of groups under each convention with the order under the chosen one."""
    made: dict[tuple[str, int, str, str], float] = {}
    for dimension, by in _ranked(found).items():
        base = by.get((days, *pair))
        if base is None:
            continue
        order = base.sort_values("group")["fcr"].to_numpy()
        for key, rows in by.items():
            tau = stats.kendalltau(order, rows.sort_values("group")["fcr"].to_numpy()).statistic
            made[f"worst {dimension}", *key] = float(tau)
    return made


def _target(found: Conventions, target: float | None) -> Iterator[dict[str, object]]:
    if target is None:
        return
    for row in found.whole.to_dict("records"):
        low, high = optional(row["fcr_low"]), optional(row["fcr_high"])
        verdict = "not judged" if low is None or high is None else "met" if low >= target else "open"
        verdict = "missed" if high is not None and high < target else verdict
        yield {
            "decision": "target", **{str(k): row[k] for k in KEY}, "verdict": verdict, "label": verdict,
            "value": float(row["fcr"]), "low": low, "high": high,
        }  # fmt: skip


def _change(found: Conventions) -> Iterator[dict[str, object]]:
    if found.before.empty:
        return
    now = dict(_by_key(found.now))
    for key, row in _by_key(found.before):
        if key not in now or not row["n"] or not now[key]["n"]:
            continue
        change = difference(_estimate(now[key]), _estimate(row))
        verdict = "not judged"
        if change.low is not None and change.high is not None:
            verdict = "rose" if change.low > 0 else "fell" if change.high < 0 else "no clear change"
        yield {
            "decision": "change", **dict(zip(KEY, key, strict=True)), "verdict": verdict, "label": verdict,
            "value": change.value, "low": change.low, "high": change.high,
        }  # fmt: skip


def _by_key(rows: pd.DataFrame) -> Iterator[tuple[tuple[int, str, str], Mapping[str, object]]]:
    for row in rows.to_dict("records"):
        yield (int(row["window_days"]), str(row["grouping"]), str(row["identity"])), {str(k): v for k, v in row.items()}


def _estimate(row: Mapping[str, object]) -> Estimate:
    low, high = optional(row["fcr_low"]), optional(row["fcr_high"])  # type: ignore[arg-type]
    value = float(row["fcr"])  # type: ignore[arg-type]
    return Estimate(value=value, low=low, high=high, n=int(row["n"]), why_none="too few")  # type: ignore[call-overload]


def target_of(tables: Tables, targets: Mapping[str, float]) -> float | None:
    """The target of first-contact resolution: the engagement's own, else the register of metrics'; None without one."""
    found: Sequence[float] = [targets["fcr"]] if "fcr" in targets else []
    if not found and "recontact" in targets:
        found = [1 - targets["recontact"]]
    if not found and not isinstance(tables.require("metrics", "metric_id", "target"), Missing):
        sql = "SELECT target FROM metrics WHERE metric_id = 'fcr' AND target IS NOT NULL ORDER BY target LIMIT 1"
        found = [float(t) for t in tables.frame(sql)["target"]]
    return found[0] if found and 0 < found[0] < 1 else None
