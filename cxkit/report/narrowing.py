"""A report's input as one audience may have it: without tables of single customers, and without what they wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyarrow as pa

from cxkit.records import Finding, Result
from cxkit.report.audiences import EDITIONS, KEYS, QUOTES, SAID, Edition
from cxkit.report.blocks import Block, FigureBody, TableBody
from cxkit.report.inputs import ReportInput
from cxkit.report.own import OwnNotebook

HIDDEN = "[keys of customers]"


def narrowed(given: ReportInput) -> ReportInput:
    """What this audience may have of a report's input; the same when it is asked for twice.

    What is left out here is nowhere in what is built from it: a reader needs no rule, and cannot forget one.
    """
    edition = EDITIONS[given.audience]
    privacy = given.privacy.model_copy(update={"minimum": max(given.privacy.minimum, edition.minimum)})
    changed: dict[str, object] = {"privacy": privacy}
    if not (edition.keys and edition.said):
        listed = () if edition.keys else tuple(quoted_keys(given.result("data.health")))
        changed |= {
            "results": tuple(_result(result, edition, listed) for result in given.results),
            "blocks": {stage: tuple(_blocks(blocks, edition)) for stage, blocks in given.blocks.items()},
            "own": tuple(_own(notebook, edition) for notebook in given.own),
        }
    return given.model_copy(update=changed)


def quoted_keys(health: Result | None) -> Iterable[str]:
    """What the checks of the data found in columns of keys: ``'A17', 'A18' and 3 more``."""
    if health is not None and health.has("problems"):
        for row in health.tables["problems"].to_pylist():
            found = str(row.get("found") or "")
            if "'" in found and KEYS.intersection(re.findall(r"\w+", str(row.get("column")))):
                yield found


def _without(finding: Finding, listed: Iterable[str]) -> Finding:
    told = {"title": finding.title, "detail": finding.detail}
    for found in listed:
        told = {name: text.replace(found, HIDDEN) for name, text in told.items()}
    return finding.model_copy(update=told)


def _result(result: Result, edition: Edition, listed: Iterable[str]) -> Result:
    if listed and result.stage == "data":
        rows = result.tables["problems"].to_pandas()
        rows["found"] = rows["found"].replace(dict.fromkeys(listed, HIDDEN))
        tables = {**result.tables, "problems": pa.Table.from_pandas(rows, result.tables["problems"].schema)}
        findings = tuple(_without(finding, listed) for finding in result.findings)
        result = result.model_copy(update={"findings": findings, "tables": tables})
    kept = {}
    for name, table in result.tables.items():
        hidden = _hidden(name, table.column_names, edition)
        if hidden is not None:
            kept[name] = table.drop_columns(hidden) if hidden else table
    return result if kept == dict(result.tables) else result.model_copy(update={"tables": kept})


def _own(notebook: OwnNotebook, edition: Edition) -> OwnNotebook:
    return notebook.model_copy(update={"blocks": tuple(_blocks(notebook.blocks, edition))})


def _blocks(blocks: Iterable[Block], edition: Edition) -> Iterable[Block]:
    for block in blocks:
        body = block.body
        if isinstance(body, TableBody):
            table = _table(block.id.rpartition(".")[2], body, edition)
            if table is not None:
                yield block.model_copy(update={"body": table})
        elif isinstance(body, FigureBody) and body.data is not None:
            data = _table("", body.data, edition)
            if data is not None:  # a figure of single customers is drawn from a table of them
                yield block.model_copy(update={"body": body.model_copy(update={"data": data})})
        else:
            yield block


def _table(name: str, body: TableBody, edition: Edition) -> TableBody | None:
    hidden = _hidden(name, [c.name for c in body.columns], edition)
    if not hidden:
        return None if hidden is None else body
    kept = [at for at, column in enumerate(body.columns) if column.name not in hidden]
    return body.model_copy(
        update={
            "columns": tuple(body.columns[at] for at in kept),
            "rows": tuple(tuple(row[at] for at in kept) for row in body.rows),
            "raw": tuple(tuple(row[at] for at in kept) for row in body.raw),
        }
    )


def _hidden(name: str, columns: Iterable[str], edition: Edition) -> list[str] | None:
    """Columns that a table goes without; None where the whole table does."""
    named = list(columns)
    if not edition.keys and KEYS.intersection(named):
        return None
    said = [] if edition.said else [c for c in named if c in SAID]
    return None if not edition.said and (name in QUOTES or (said and len(said) == len(named))) else said
