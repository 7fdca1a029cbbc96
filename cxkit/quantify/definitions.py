"""By which definition every figure was made, which version it has, and what changed since the last report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

import pandas as pd

from cxkit.formats import Unit, quantity
from cxkit.metrics.definitions import Definition, definitions
from cxkit.records import Finding, Result

NO_REASON = "Why it changed was not written down."


class DefinitionsUsed(Result):
    """Every metric's definition with its version, and the figures of those that are defined otherwise than last time.

    Tables: `definitions` (metric, name, version, tag, formula, convention, minimum_n, interval, rivals, used, changed),
    `changes` (metric, name, subject, old_version, old_value, old_period, new_version, new_value, new_period, unit,
    currency, old_formula, old_convention, until, why). `used` says whether one of the results given here uses it.
    """

    stage: ClassVar[str] = "quantify"
    name: ClassVar[str] = "definitions"


def definitions_used(
    scorecard: Result,
    previous: Sequence[Mapping[str, Any]],
    *more: Result,
    known: Mapping[str, Definition] | None = None,
) -> DefinitionsUsed:
    """The definitions behind `scorecard` (and `more` results), held against those of the last published report.

    `previous` are the findings of that report as ``findings.json`` has them (`id`, `subject`, `definition`, `value`,
    `period`, …); empty for a first report. A finding is held against the one with the same id, initiative and subject;
    where the version of its definition differs both figures are shown, each under its own version, with the reason from
    the definition's history. `known` replaces ``playbook/metrics.yml``.
    """
    book = definitions() if known is None else known
    now = [f for result in (scorecard, *more) for f in result.findings if f.definition]
    used = {f.definition.split("@")[0] for f in now} & set(book)
    before = {_key(f): f for f in previous if f.get("definition")}
    changes = [row for found in now if (row := _changed(found, before.get(_key(found.model_dump())), book)) is not None]
    changed = {row["metric"] for row in changes}
    rows = [
        {
            "metric": d.id, "name": d.name, "version": d.version, "tag": d.tag, "formula": d.formula,
            "convention": d.convention, "minimum_n": d.minimum_n, "interval": d.interval,
            "rivals": "; ".join(f"{r.name}: {r.moves}" for r in d.rivals), "used": d.id in used,
            "changed": d.id in changed,
        }
        for d in book.values()
    ]  # fmt: skip
    tables = {"definitions": pd.DataFrame(rows)} | ({"changes": pd.DataFrame(changes)} if changes else {})
    return DefinitionsUsed(
        as_of=scorecard.as_of,
        findings=tuple(_finding(row, found) for row, found in _told(changes, now)),
        tables=tables,
    )


def _key(finding: Mapping[str, Any]) -> tuple[str, str, str]:
    return tuple(str(finding.get(name) or "") for name in ("id", "initiative", "subject"))  # type: ignore[return-value]


def _version(tag: str) -> tuple[str, int]:
    """Metric and version of a tag; version 0 where the tag has none."""
    metric, _, version = tag.partition("@")
    return metric, int(version) if version.isdigit() else 0


def _changed(found: Finding, was: Mapping[str, Any] | None, book: Mapping[str, Definition]) -> dict[str, Any] | None:
    """One figure under both versions, None where its definition is what it was."""
    metric, version = _version(found.definition)
    if was is None or metric not in book:
        return None
    other, old = _version(str(was["definition"]))
    if other != metric or old == version:
        return None
    known = book[metric]
    earlier = next((r for r in known.history if r.version == old), None)
    return {
        "metric": metric, "name": known.name, "subject": found.subject or "", "old_version": old,
        "old_value": was.get("value"), "old_period": str(was.get("period") or ""), "new_version": version,
        "new_value": found.value, "new_period": found.period, "unit": found.unit, "currency": found.currency,
        "old_formula": (earlier.formula or known.formula) if earlier else "",
        "old_convention": (earlier.convention or known.convention) if earlier else "",
        "until": earlier.until.isoformat() if earlier and earlier.until else None,
        "why": known.why_changed(old) or NO_REASON, "id": found.id, "unit_before": str(was.get("unit") or found.unit),
    }  # fmt: skip


def _told(changes: list[dict[str, Any]], now: Sequence[Finding]) -> list[tuple[dict[str, Any], Finding]]:
    """One change a metric, its first: the scorecard's own figure before those of single segments or initiatives."""
    out: dict[str, tuple[dict[str, Any], Finding]] = {}
    found = {(f.id, f.subject or ""): f for f in now}
    for row in changes:
        out.setdefault(row["metric"], (row, found[row["id"], row["subject"]]))
    return list(out.values())


def _finding(row: Mapping[str, Any], found: Finding) -> Finding:
    old = quantity(row["old_value"], cast("Unit", row["unit_before"]), currency=row["currency"])
    new = quantity(row["new_value"], found.unit, currency=row["currency"])
    until = f" (in force until {row['until']})" if row["until"] else ""
    words = f"{row['old_formula']}; {row['old_convention']}."
    then = f" Version {row['old_version']}{until}: {words}" if row["old_formula"] else ""
    return Finding(
        id="quantify.definitions.changed",
        stage="quantify",
        title=(
            f"{row['name']} is defined otherwise than in the last report: {old} by version {row['old_version']} then, "
            f"{new} by version {row['new_version']} now"
        ),
        detail=f"{row['why']} The two figures cannot be held against each other.{then}",
        value=found.value,
        unit=found.unit,
        currency=found.currency,
        about="the figure under the new version; its interval stands with the figure itself",
        n=found.n,
        period=found.period,
        sources=found.sources,
        subject=row["metric"],
        definition=found.definition,
        audience=found.audience,
        tone="unknown",
    )
