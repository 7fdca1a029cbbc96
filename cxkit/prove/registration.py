"""What was registered, told by a hash; and where an analysis departs from what was registered before the first draw.

The hash is that of the registered fields in a canonical form, so that a space or the order of rows leaves it and a word
does not. What a run finds registered is kept in the client's history; held against it, a change of the sheet
after the first draw cannot pass as a plan (Simmons, Nelson & Simonsohn 2011; Nosek et al. 2018 on preregistration).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from cxkit import formats
from cxkit.formats import significant
from cxkit.prove.plan import QUASI
from cxkit.prove.units import records
from cxkit.records import Record
from cxkit.tables.engine import Tables

FIELDS: Mapping[str, str] = {
    "hypothesis": "the hypothesis",
    "metric": "the metric",
    "kind": "the scale of the outcome",
    "design": "how units were chosen",
    "direction": "which way is better",
    "control_arm": "the control arm",
    "planned_share": "the planned share of the control arm",
    "minimum_effect": "the smallest change worth having",
    "looks": "when the result is read",
    "segments": "the segments named beforehand",
    "match_on": "what units are matched on",
}
"""Registered fields of an experiment, in the words of a reader; further metrics are registered beside them."""

WORDS: Mapping[str, str] = {
    "role": "the role",
    "kind": "the scale",
    "direction": "the better direction",
    "margin": "the margin",
}
FURTHER = tuple(WORDS)
"""Registered fields of a further metric."""

HASH_DIGITS = 16


class Filed(Record):
    """What the file shows of one experiment's registration."""

    experiment_id: str
    hash: str
    registered: date | None = None
    """The day the sheet gives."""
    first_seen: date
    """`as_of` of the first run that found it registered, this one included."""
    first_draw: date | None = None
    departed: tuple[str, ...] = ()
    """How the sheet differs from what was registered at the first draw; empty when it does not."""
    metrics: Mapping[str, str] = {}
    """Further metric → how it departs."""
    fields: Mapping[str, Any] = {}

    @property
    def on_file(self) -> bool:
        """Whether a run found it registered before the first draw, so that more than its date vouches for it."""
        return self.first_draw is None or self.first_seen < self.first_draw


def registered(tables: Tables) -> list[dict[str, Any]]:
    """Every experiment of the sheet, by id: experiment_id, hash, registered (day) and its registered fields.

    >>> sheet = pd.DataFrame([{"experiment_id": "x1", "hypothesis": "calls keep people", "metric": "churn",
    ...     "kind": "binary", "design": "randomised", "direction": "down", "control_arm": "none",
    ...     "registered": "2026-01-02"}])
    >>> found = registered(Tables.from_frames({"experiments": sheet}, as_of=date(2026, 3, 31)))
    >>> found[0]["experiment_id"], found[0]["registered"], len(found[0]["hash"])
    ('x1', '2026-01-02', 16)
    """
    if tables.lacking({"experiments": ("experiment_id",)}):
        return []
    further = _further(tables)
    rows = tables.frame("SELECT * FROM experiments WHERE experiment_id IS NOT NULL ORDER BY ALL")
    found = []
    for row in records(rows.drop_duplicates("experiment_id")):
        name = str(row["experiment_id"])
        fields = {field: _canonical(field, row[field]) for field in FIELDS}
        fields["looks"] = fields["looks"] or "once"
        fields["metrics"] = further.get(name, {})
        day = _day(row["registered"])
        fields["registered"] = day and day.isoformat()
        found.append(
            {"experiment_id": name, "hash": digest(fields), "registered": fields["registered"], "fields": fields}
        )
    return sorted(found, key=lambda one: one["experiment_id"])


def digest(fields: Mapping[str, Any]) -> str:
    """Hash of registered fields; the day of registration is not part of it.

    >>> digest({"metric": "churn", "registered": "2026-01-02"}) == digest({"metric": "churn"})
    True
    """
    kept = {name: value for name, value in fields.items() if name != "registered"}
    text = json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:HASH_DIGITS]


def filed(tables: Tables, registrations: Sequence[Any] = ()) -> dict[str, Filed]:
    """Each experiment of the sheet held against what earlier runs found registered; by experiment.

    `registrations` are the records of the client's history (``experiment_id``, ``hash``, ``seen``, ``fields``), as
    objects or mappings, oldest first; those seen after `as_of` are left out. A change counts as made before the first
    draw when a run had seen it by then, or when the sheet dates its registration after the last run that saw
    the old one and not after the draw. Any other change departs, also one whose day cannot be told.
    """
    draws, told = first_draws(tables), outcome_metrics(tables)
    past: dict[str, list[Mapping[str, Any]]] = {}
    for one in (_record(r) for r in registrations):
        if date.fromisoformat(str(one["seen"])) <= tables.as_of:
            past.setdefault(str(one["experiment_id"]), []).append(one)
    found = {}
    for now in registered(tables):
        name = now["experiment_id"]
        chain = [*past.get(name, []), {"fields": now["fields"], "seen": tables.as_of.isoformat()}]
        draw = draws.get(name)
        base = _at_draw(chain, draw)
        seen = date.fromisoformat(str(base["seen"]))
        departed, metrics = _differences(base["fields"], now["fields"], seen, draw)
        other, unregistered = _outcomes(now["fields"], told.get(name, set()))
        metrics |= unregistered
        found[name] = Filed(
            experiment_id=name,
            hash=now["hash"],
            registered=_day(now["registered"]),
            first_seen=date.fromisoformat(str(chain[0]["seen"])),
            first_draw=draw,
            departed=(*departed, *other),
            metrics=metrics,
            fields=now["fields"],
        )
    return found


def departures(tables: Tables, registrations: Sequence[Any] = ()) -> dict[str, str]:
    """Experiment → how it departs from what was registered before its first draw, in words; see `filed`.

    A further metric that was added or changed after the draw stands under ``experiment/metric``: it makes the answer on
    that metric exploratory and not the one on the primary. A limit that was loosened or dropped touches the whole.
    """
    found: dict[str, str] = {}
    for name, one in filed(tables, registrations).items():
        if one.departed:
            found[name] = formats.listing(list(one.departed), most=6)
        found |= {f"{name}/{metric}": why for metric, why in one.metrics.items()}
    return found


def withdrawn(tables: Tables, registrations: Sequence[Any] = ()) -> dict[str, date]:
    """Experiments that earlier runs found registered and that are no longer in the sheet → the day last recorded."""
    if tables.lacking({"experiments": ("experiment_id",)}):
        return {}
    there = {one["experiment_id"] for one in registered(tables)}
    found = {}
    for one in (_record(r) for r in registrations):
        seen = date.fromisoformat(str(one["seen"]))
        if seen <= tables.as_of and str(one["experiment_id"]) not in there:
            found[str(one["experiment_id"])] = seen
    return found


def first_draws(tables: Tables) -> dict[str, date]:
    """Day of each experiment's first draw: of its first unit; else its start, or the day its totals were complete."""
    found: dict[str, date] = {}
    if not tables.lacking({"arm_totals": ("experiment_id", "measured")}):
        found |= _days(tables, "SELECT experiment_id, min(measured) AS day FROM arm_totals GROUP BY ALL")
    if not tables.lacking({"experiments": ("experiment_id", "started")}):
        begun = "SELECT experiment_id, min(started) AS day FROM experiments GROUP BY ALL"
        found |= {name: day for name, day in _days(tables, begun).items() if day <= tables.as_of}
    if not tables.lacking({"assignments": ("experiment_id", "assigned")}):
        units = _days(tables, "SELECT experiment_id, min(assigned_date) AS day FROM assignments GROUP BY ALL")
        quasi = _quasi(tables)
        found |= {name: day for name, day in units.items() if name not in quasi or name not in found}
    return found


def outcome_metrics(tables: Tables) -> dict[str, set[str]]:
    """Metrics that outcomes after the draw hold, by experiment."""
    if tables.lacking({"outcomes": ("experiment_id", "metric", "phase")}):
        return {}
    rows = tables.frame(
        "SELECT DISTINCT experiment_id, metric FROM outcomes WHERE phase = 'post' AND experiment_id IS NOT NULL "
        "AND metric IS NOT NULL ORDER BY 1, 2"
    )
    found: dict[str, set[str]] = {}
    for name, metric in zip(rows["experiment_id"], rows["metric"], strict=True):
        found.setdefault(str(name), set()).add(_text(metric))
    return found


def _at_draw(chain: Sequence[Mapping[str, Any]], draw: date | None) -> Mapping[str, Any]:
    """The state that stood at the first draw: the last one that is known to have come before it, or the first seen."""
    base = chain[0]
    for state in chain[1:]:
        if draw is None or date.fromisoformat(str(state["seen"])) < draw:
            base = state
            continue
        day = _day(state["fields"].get("registered"))
        if day is None or not date.fromisoformat(str(base["seen"])) < day <= draw:
            break
        base = state
    return base


def _differences(
    then: Mapping[str, Any], now: Mapping[str, Any], seen: date, draw: date | None
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Departures of the whole experiment, and of single further metrics."""
    found = []
    for field, words in FIELDS.items():
        before, after = then.get(field), now.get(field)
        if field == "looks":
            before, after = before or "once", after or "once"
        if before != after:
            found.append(f"{words} was changed from {_said(before)} to {_said(after)} after the first draw")
    before, after = _day(then.get("registered")), _day(now.get("registered"))
    if before != after:
        found.append(f"the day of registration was moved from {_said(before)} to {_said(after)}")
    single: dict[str, str] = {}
    _further_differences(then, now, seen, draw, whole=found, single=single)
    return tuple(found), single


def _further_differences(
    then: Mapping[str, Any],
    now: Mapping[str, Any],
    seen: date,
    draw: date | None,
    *,
    whole: list[str],
    single: dict[str, str],
) -> None:
    """Departures of further metrics: of the whole where a limit was loosened or dropped, else of that metric alone."""
    old, new = then.get("metrics") or {}, now.get("metrics") or {}
    for metric, was in sorted(old.items()):
        if metric not in new:
            whole.append(f"the {_role(was)} {_plain(metric)} was dropped after the first draw")
    for metric, entry in sorted(new.items()):
        day, was = _day(entry.get("registered")), old.get(metric)
        what = f"the {_role(entry)} {_plain(metric)}"
        if draw is not None and (day is None or day > draw):
            single[metric] = f"{what} was registered after the first draw"
        elif was is None and not (day is not None and draw is not None and seen < day <= draw):
            single[metric] = f"{what} was added after the first draw"
        elif was is not None:
            moved = [f for f in FURTHER if was.get(f) != entry.get(f)]
            texts = [
                f"{WORDS[f]} of {what} was changed from {_said(was.get(f))} to {_said(entry.get(f))}" for f in moved
            ]
            if moved and "guardrail" in {was.get("role"), entry.get("role")}:
                whole += [f"{text} after the first draw" for text in texts]
            elif moved:
                single[metric] = f"{formats.listing(texts)} after the first draw"


def _outcomes(now: Mapping[str, Any], told: set[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Outcomes of metrics that nobody registered: of the whole where the registered one is not among them."""
    known = {now.get("metric"), *(now.get("metrics") or {})}
    other = sorted(told - known)
    if not other:
        return (), {}
    if now.get("metric") not in told and now.get("design") not in QUASI:
        names = formats.listing([_plain(m) for m in other])
        return (f"outcomes hold {names} and not the registered metric {_plain(now.get('metric'))}",), {}
    return (), {metric: f"outcomes hold {_plain(metric)}, which was not registered" for metric in other}


def _further(tables: Tables) -> dict[str, dict[str, dict[str, Any]]]:
    """Further metrics by experiment and metric."""
    if tables.lacking({"experiment_metrics": ("experiment_id", "metric", "role")}):
        return {}
    rows = tables.frame(
        "SELECT * FROM experiment_metrics WHERE experiment_id IS NOT NULL AND metric IS NOT NULL ORDER BY ALL"
    )
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in records(rows):
        day = _day(row["registered"])
        entry = {field: _canonical(field, row[field]) for field in FURTHER}
        kept = found.setdefault(str(row["experiment_id"]), {})
        kept.setdefault(_text(row["metric"]), entry | {"registered": day and day.isoformat()})
    return found


def _canonical(field: str, value: Any) -> Any:
    """A value without what carries no meaning: spaces, trailing digits, the order of a list."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    if not isinstance(value, str):
        return significant(float(value))
    if field in {"segments", "match_on"}:
        return ", ".join(sorted({part for part in map(_text, value.split(",")) if part})) or None
    return _text(value) or None


def _text(value: Any) -> str:
    return " ".join(str(value).split())


def _day(value: Any) -> date | None:
    return None if value is None or pd.isna(value) else pd.Timestamp(value).date()


def _days(tables: Tables, query: str) -> dict[str, date]:
    rows = tables.frame(f"SELECT * FROM ({query}) WHERE experiment_id IS NOT NULL AND day IS NOT NULL ORDER BY 1")
    return {str(n): pd.Timestamp(d).date() for n, d in zip(rows["experiment_id"], rows["day"], strict=True)}


def _quasi(tables: Tables) -> set[str]:
    if tables.lacking({"experiments": ("experiment_id", "design")}):
        return set()
    among = ", ".join(f"'{design}'" for design in QUASI)
    rows = tables.frame(f"SELECT DISTINCT experiment_id FROM experiments WHERE design IN ({among}) ORDER BY 1")
    return set(rows["experiment_id"].astype(str))


def _record(one: Any) -> Mapping[str, Any]:
    """A record of the history as a mapping, whether it came as one or as an object."""
    if isinstance(one, Mapping):
        return one
    return {name: getattr(one, name) for name in ("experiment_id", "hash", "seen", "fields")}


def _role(entry: Mapping[str, Any]) -> str:
    return {"guardrail": "limit", "secondary": "second question"}.get(str(entry.get("role")), "metric")


def _plain(metric: Any) -> str:
    return str(metric).replace("_", " ")


def _said(value: Any) -> str:
    """A registered value as a reader sees it."""
    if value is None:
        return "none"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:g}"
    return f"“{_plain(value)}”"
