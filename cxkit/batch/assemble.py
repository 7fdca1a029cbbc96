"""From six executed notebooks and their saved results to one report and the machine's view of it."""

from __future__ import annotations

import hashlib
import json
from calendar import monthrange
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

from pydantic import Field

from cxkit import STAGES, __version__
from cxkit.batch.council import NAME as COUNCIL
from cxkit.batch.council import objections, write_council
from cxkit.batch.pdf import NAME as PDF
from cxkit.batch.pdf import Print, print_page
from cxkit.batch.plan import Job
from cxkit.batch.playbook import NAME as PLAYBOOK
from cxkit.batch.playbook import write_playbook
from cxkit.batch.workbook import NAME as WORKBOOK
from cxkit.batch.workbook import write_workbook
from cxkit.engagement import parameters, places, results, reviews
from cxkit.engagement.client import Client
from cxkit.engagement.desk import client_parameters
from cxkit.engagement.logo import logo
from cxkit.engagement.notebooks import number
from cxkit.engagement.people import mask_of, privacy_of
from cxkit.engagement.recipes import CLASSES
from cxkit.engagement.store import Store
from cxkit.metrics.definitions import definitions
from cxkit.records import Audience, Finding, Record, Result, Stage
from cxkit.report import page
from cxkit.report.blocks import Block, NoteBody
from cxkit.report.changes import Changes, compare, since
from cxkit.report.decisions import at_stake
from cxkit.report.exporter import blocks_of
from cxkit.report.inputs import WIDER, Definition, Provenance, ReportInput, Stamp
from cxkit.report.making import note_block
from cxkit.report.mask import Mask
from cxkit.report.narrowing import narrowed
from cxkit.report.own import OwnNotebook, own_findings, own_notebook
from cxkit.report.own_chapters import own_drafts
from cxkit.report.redact import redacted
from cxkit.tables.intake import Intake

REPORT = "report.html"


class Built(Record):
    """What ``run.json`` says of a report that was built."""

    headline: str
    currency: str = ""
    at_stake: float | None = None
    """Money that hangs on what is not decided yet."""
    files: Mapping[str, int] = Field(default_factory=dict)
    """What was written for readers, with its bytes."""
    pdf: Print = Print(status="not made")


def write_report(
    building: Path, *, job: Job, settings: Client, store: Store, taken: Intake, record: Mapping[str, Any]
) -> Built:
    """Write the report and what lies beside it (pack, playbook, lists, findings) into a run."""
    given = report_input(building, job=job, settings=settings, store=store, taken=taken, record=record)
    results.save(given.results[0], building / "results")
    told = narrowed(given).findings
    results.write_text(building / "results" / "findings.json", results.dumps(results.findings_document(told)))
    write_playbook(building, given, store=store, tables=taken.tables)
    write_council(building, given)
    write_workbook(building, given)
    results.write_text(building / REPORT, page.build(given))
    printed = print_page(building / REPORT, building / PDF) if job.pdf else Print(status="not made")
    made = (REPORT, PDF, WORKBOOK, COUNCIL, PLAYBOOK)
    return Built(
        headline=page.headline(given),
        currency=given.currency,
        at_stake=at_stake(given),
        files={name: path.stat().st_size for name in made if (path := building / name).is_file()},
        pdf=printed,
    )


def report_input(
    building: Path, *, job: Job, settings: Client, store: Store, taken: Intake, record: Mapping[str, Any]
) -> ReportInput:
    """Everything the report is made from."""
    values, origin = parameters.settle(job.given, overlay=store.parameters, client=client_parameters(settings))
    shown = {name: {"value": getattr(values, name), "from": origin[name]} for name in parameters.REGISTER}
    hashes = taken.tables.hashes
    folder = places.client_folder(job.client, job.data)
    mask = mask_of(settings, taken.tables)
    own = own_blocks(building, record, mask)
    added = own_findings(own, taken.as_of)
    saved = (
        redacted(taken.health, mask),
        *saved_results(building / "results"),
        *((redacted(added, mask),) if added else ()),
    )
    whole = hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()
    return ReportInput(
        client=settings.name,
        as_of=taken.as_of,
        currency=settings.currency,
        locale=settings.locale,
        timezone=settings.timezone,
        audience=cast("Audience", job.audience),
        accent=settings.brand.accent,
        logo=logo(folder, settings.brand.logo),
        next_council=next_council(settings, taken.as_of, values.council_months),
        blocks={
            cast("Stage", stage): with_notes(
                stage_blocks(building, job, stage),
                cast("Stage", stage),
                reviews.notes(folder, store, stage, place=building / "results", locale=settings.locale),
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
        privacy=privacy_of(settings, taken.tables),
        playbook=PLAYBOOK,
        council=COUNCIL,
        workbook=WORKBOOK,
        draft=(
            *reviews.draft(folder, store, place=building / "results", locale=settings.locale),
            *own_drafts(own, settings.locale),
        ),
        changes=changes_since(job.runs / job.client, taken.as_of, saved, WIDER[cast("Audience", job.audience)]),
        challenges=objections(folder, taken.as_of),
        stamp=Stamp(built=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), version=__version__),
    )


def next_council(settings: Client, as_of: date, months: int) -> date:
    """When the decisions are due: the council's day as ``client.yml`` has it, else the last by which it has met.

    >>> next_council(Client(name="A"), date(2026, 10, 31), 3).isoformat()
    '2027-01-31'
    """
    if settings.next_council and settings.next_council > as_of:
        return settings.next_council
    years, month = divmod(as_of.month - 1 + months, 12)
    year = as_of.year + years
    return date(year, month + 1, min(as_of.day, monthrange(year, month + 1)[1]))


def stage_blocks(building: Path, job: Job, stage: str) -> tuple[Block, ...]:
    """The blocks a stage's executed notebook showed."""
    return blocks_of(json.loads((building / job.notebooks[stage].name).read_text(encoding="utf-8")))


def own_blocks(building: Path, record: Mapping[str, Any], mask: Mask) -> tuple[OwnNotebook, ...]:
    """What the added notebooks showed, in the order in which they ran."""
    found = []
    ran: Mapping[str, Any] = record.get("own", {})
    for name in sorted(ran, key=lambda n: (number(f"{n}.ipynb"), n)):
        entry = ran[name]
        path, done = building / f"{name}.ipynb", entry["status"] == "done"
        document = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        shown = blocks_of(document, where=path.name) if done else ()
        found.append(own_notebook(name, document, shown, done=done, change=mask.masked))
    return tuple(found)


def with_notes(blocks: Iterable[Block], stage: Stage, notes: Iterable[NoteBody]) -> tuple[Block, ...]:
    """A stage's blocks with its commentary as it stands now, in the place of what the notebook showed when it ran.

    What somebody wrote into a cell of their copy (`show.note`) stays where it is.
    """
    shown = [note_block(body, stage, number) for number, body in enumerate(notes, 1)]
    return (*(b for b in blocks if b.kind != "note" or b.stage == "own"), *shown)


def changes_since(home: Path, as_of: date, saved: Iterable[Result], readers: Collection[Audience]) -> Changes | None:
    """This run's findings against those of the last published run with an earlier day; None where there is none.

    Only findings for `readers` are told of, whoever the earlier run was for; with the decisions taken in between.
    """
    saved = tuple(saved)
    before = [p for p in sorted(home.glob("[0-9]*/results/findings.json")) if _day(p) and _day(p) < as_of.isoformat()]
    if not before:
        return None
    tones = _tones(before[-1].parent)
    found = [
        {**r, "tone": tones.get(r["key"], "")}
        for r in json.loads(before[-1].read_text(encoding="utf-8"))
        if r["audience"] in readers
    ]
    now = (f for r in saved for f in r.findings if f.audience in readers)
    names = {str(row["initiative_id"]): str(row["initiative"]) for row in _rows(saved, "govern.ledger", "initiatives")}
    day = _day(before[-1])
    taken = since(_rows(saved, "govern.council", "due"), date.fromisoformat(day), names)
    return compare(found, now, day=day, taken=taken)


def _tones(place: Path) -> dict[str, str]:
    """What the findings of an earlier run were called, by key."""
    found: dict[str, str] = {}
    for path in sorted(place.glob("[!.]*.*/result.json")):
        for record in json.loads(path.read_text(encoding="utf-8")).get("findings", ()):
            if record.get("tone"):
                finding = Finding.model_validate(record)
                found[finding.key] = finding.tone
    return found


def _rows(saved: Iterable[Result], result: str, table: str) -> list[dict[str, Any]]:
    """The rows of one table of one result; none where it is not there."""
    held = next((r.tables.get(table) for r in saved if f"{r.stage}.{r.name}" == result), None)
    return held.to_pylist() if held is not None else []


def _day(findings: Path) -> str:
    """The day of the run that findings belong to; empty for a failed one."""
    name = findings.parent.parent.name
    return "" if name.endswith(".failed") else name


def saved_results(place: Path) -> list[Result]:
    """Every saved result, in the order of stages, loaded by its class."""
    return [results.load(cls, place) for name, cls in CLASSES.items() if (place / name / "result.json").is_file()]
