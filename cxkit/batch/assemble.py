"""From six executed notebooks and their saved results to one report and the machine's view of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

from cxkit import STAGES, __version__
from cxkit.batch.council import NAME as COUNCIL
from cxkit.batch.council import objections, write_council
from cxkit.batch.plan import Job
from cxkit.batch.playbook import NAME as PLAYBOOK
from cxkit.batch.playbook import write_playbook
from cxkit.engagement import parameters, places, results, reviews
from cxkit.engagement.client import Client
from cxkit.engagement.desk import client_parameters
from cxkit.engagement.notebooks import number
from cxkit.engagement.recipes import CLASSES
from cxkit.engagement.store import Store
from cxkit.metrics.definitions import definitions
from cxkit.records import Audience, Record, Result, Stage
from cxkit.report import page
from cxkit.report.blocks import Block, NoteBody
from cxkit.report.changes import Changes, compare
from cxkit.report.decisions import at_stake
from cxkit.report.exporter import blocks_of
from cxkit.report.inputs import WIDER, Definition, Privacy, Provenance, ReportInput, Stamp
from cxkit.report.own import OwnNotebook, own_findings, own_notebook
from cxkit.report.own_chapters import own_drafts
from cxkit.report.show import note_block
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables
from cxkit.tables.intake import Intake

MOST_NAMES = 50_000
"""Personal values beyond which the list of names to mask is not held in memory; patterns still mask the rest."""


class Built(Record):
    """What ``run.json`` says of a report that was built."""

    headline: str
    currency: str = ""
    at_stake: float | None = None
    """Money that hangs on what is not decided yet."""


def write_report(
    building: Path, *, job: Job, settings: Client, store: Store, taken: Intake, record: Mapping[str, Any]
) -> Built:
    """Write the report and what lies beside it (the council's pack, the playbook, the lists, the findings) into a run."""
    given = report_input(building, job=job, settings=settings, store=store, taken=taken, record=record)
    results.save(taken.health, building / "results")
    results.write_text(building / "results" / "findings.json", results.dumps(results.findings_document(given.findings)))
    write_playbook(building, given, store=store, tables=taken.tables)
    write_council(building, given)
    results.write_text(building / "report.html", page.build(given))
    return Built(headline=page.headline(given), currency=given.currency, at_stake=at_stake(given))


def report_input(
    building: Path, *, job: Job, settings: Client, store: Store, taken: Intake, record: Mapping[str, Any]
) -> ReportInput:
    """Everything the report is made from."""
    values, origin = parameters.settle(job.given, overlay=store.parameters, client=client_parameters(settings))
    shown = {name: {"value": getattr(values, name), "from": origin[name]} for name in parameters.REGISTER}
    hashes = taken.tables.hashes
    folder = places.client_folder(job.client, job.data)
    own = own_blocks(building, record)
    added = own_findings(own, taken.as_of)
    saved = (taken.health, *saved_results(building / "results"), *((added,) if added else ()))
    whole = hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()
    return ReportInput(
        client=settings.name,
        as_of=taken.as_of,
        currency=settings.currency,
        locale=settings.locale,
        timezone=settings.timezone,
        audience=cast("Audience", job.audience),
        accent=settings.brand.accent,
        blocks={
            cast("Stage", stage): with_notes(
                stage_blocks(building, job, stage),
                cast("Stage", stage),
                reviews.notes(folder, store, stage, place=building / "results"),
            )
            for stage in STAGES
        },
        own=own,
        results=saved,
        definitions=tuple(
            Definition(
                id=f"{d.id}@{d.version}", name=d.name, words=d.formula, convention=d.convention, minimum_n=d.minimum_n
            )
            for d in definitions().values()
        ),
        provenance=Provenance(
            hashes=hashes,
            parameters={
                "all": {name: f"{entry['value']} ({entry['from']})" for name, entry in shown.items()}
                | {"seed": job.seed}
            },
            versions=record["versions"],
            snapshot=whole[:12],
        ),
        privacy=Privacy(on=settings.privacy.mask, people=personal_values(taken.tables)),
        playbook=PLAYBOOK,
        council=COUNCIL,
        draft=(
            *reviews.draft(folder, store, place=building / "results", locale=settings.locale),
            *own_drafts(own, settings.locale),
        ),
        changes=changes_since(job.runs / job.client, taken.as_of, saved, WIDER[cast("Audience", job.audience)]),
        challenges=objections(folder, taken.as_of),
        stamp=Stamp(built=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), version=__version__),
    )


def stage_blocks(building: Path, job: Job, stage: str) -> tuple[Block, ...]:
    """The blocks a stage's executed notebook showed."""
    return blocks_of(json.loads((building / job.notebooks[stage].name).read_text(encoding="utf-8")))


def own_blocks(building: Path, record: Mapping[str, Any]) -> tuple[OwnNotebook, ...]:
    """What the added notebooks showed, in the order in which they ran."""
    found = []
    ran: Mapping[str, Any] = record.get("own", {})
    for name in sorted(ran, key=lambda n: (number(f"{n}.ipynb"), n)):
        entry = ran[name]
        path, done = building / f"{name}.ipynb", entry["status"] == "done"
        document = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        shown = blocks_of(document, where=path.name) if done else ()
        found.append(own_notebook(name, document, shown, done=done))
    return tuple(found)


def with_notes(blocks: Iterable[Block], stage: Stage, notes: Iterable[NoteBody]) -> tuple[Block, ...]:
    """A stage's blocks with its commentary as it stands now, in the place of what the notebook showed when it ran.

    What somebody wrote into a cell of their copy (`show.note`) stays where it is.
    """
    shown = [note_block(body, stage, number) for number, body in enumerate(notes, 1)]
    return (*(b for b in blocks if b.kind != "note" or b.stage == "own"), *shown)


def changes_since(home: Path, as_of: date, saved: Iterable[Result], readers: Collection[Audience]) -> Changes | None:
    """This run's findings against those of the last published run with an earlier day; None where there is none.

    Only findings for `readers` are told of, whoever the earlier run was for.
    """
    before = [p for p in sorted(home.glob("[0-9]*/results/findings.json")) if _day(p) and _day(p) < as_of.isoformat()]
    if not before:
        return None
    found = [r for r in json.loads(before[-1].read_text(encoding="utf-8")) if r["audience"] in readers]
    now = (f for r in saved for f in r.findings if f.audience in readers)
    return compare(found, now, day=_day(before[-1]))


def _day(findings: Path) -> str:
    """The day of the run that findings belong to; empty for a failed one."""
    name = findings.parent.parent.name
    return "" if name.endswith(".failed") else name


def saved_results(place: Path) -> list[Result]:
    """Every saved result, in the order of stages, loaded by its class."""
    return [results.load(cls, place) for name, cls in CLASSES.items() if (place / name / "result.json").is_file()]


def personal_values(tables: Tables) -> tuple[str, ...]:
    """Names of people found in the client's tables, to be masked wherever they turn up; in order, without doubles."""
    found: set[str] = set()
    for name in tables.present:
        for column in CONTRACTS[name].columns:
            if column.personal == "name" and column.name in tables.supplied(name):
                frame = tables.frame(
                    f"SELECT DISTINCT {quoted(column.name)} AS v FROM {quoted(name)} "
                    f"WHERE length({quoted(column.name)}) >= 3 ORDER BY v LIMIT {MOST_NAMES}"
                )
                found |= set(frame["v"])
    return tuple(sorted(found)[:MOST_NAMES])
