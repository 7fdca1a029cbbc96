"""What a client's files seem to be: a mapping proposed by name and content, with reasons, scores and questions.

Pure but for reading the files. A clear answer is proposed with its reasons; where two answers are close, or a date
order cannot be told, there is a `Question` instead. `Proposal.settled` never answers one by itself.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import duckdb

from cxkit.errors import InputError, all_problems
from cxkit.formats import listing
from cxkit.records import Record
from cxkit.tables.assembly import Assembly
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.engine import connect
from cxkit.tables.intake import planned
from cxkit.tables.mapping import ColumnMapping, TableMapping
from cxkit.tables.matching import Candidate, candidates
from cxkit.tables.problems import masked
from cxkit.tables.reading import Raw, Reader, files_of
from cxkit.tables.scratch import prefix

CLOSE = 0.06
"""Two tables whose scores differ by less are a question."""
LIKELY = 0.6
"""Score below which a file is left aside."""
LATE = date(9998, 12, 31)
ASKED = {"type.date_order": "date_format", "type.decimal_sign": "decimal"}
OPTIONS = {"date_format": ("dmy", "mdy"), "decimal": (".", ",")}


class Question(Record):
    """Something only a person can say. Answers are given by `id` and one of `options`."""

    id: str
    text: str
    options: tuple[str, ...]
    blocking: bool = True
    """Whether no mapping can be written without the answer; else the column is left out."""


class ColumnChoice(Record):
    """Which column of the file a canonical column is taken from."""

    column: str
    source: str
    score: float
    reason: str


class TableChoice(Record):
    """Which canonical table a file, or several alike, seem to be."""

    table: str
    files: tuple[str, ...]
    score: float
    reasons: tuple[str, ...]
    columns: tuple[ColumnChoice, ...]
    unused: tuple[str, ...]
    """Columns of the file that nothing is taken from."""
    mapping: TableMapping


class Left(Record):
    """A file that is left aside, and why."""

    file: str
    reason: str


class Proposal(Record):
    """What is proposed for a folder of files."""

    choices: tuple[TableChoice, ...] = ()
    left: tuple[Left, ...] = ()
    as_is: tuple[tuple[str, str], ...] = ()
    """(file, table) of files that are canonical already."""
    questions: tuple[Question, ...] = ()

    def settled(self, *, yes: bool = False) -> dict[str, TableMapping]:
        """The mapping by table; `InputError` naming every question that is open.

        With `yes`, questions about columns the table can do without are passed over: those columns stay unmapped.
        """
        open_ = [q for q in self.questions if q.blocking or not yes]
        if open_:
            close = [f"{q.text} ({' or '.join(q.options)})" for q in open_]
            raise InputError(
                all_problems(close, what="The mapping")
                + "\nNothing was written. Run cxkit map without --yes to answer."
            )
        settled: dict[str, TableMapping] = {}
        for choice in self.choices:
            known = settled.get(choice.table)
            settled[choice.table] = (
                choice.mapping if known is None else known.model_copy(update={"also": (*known.also, choice.mapping)})
            )
        return settled

    def names_twice(self, existing: Mapping[str, TableMapping]) -> tuple[str, ...]:
        """Tables proposed here that a mapping has already."""
        return tuple(dict.fromkeys(c.table for c in self.choices if c.table in existing))

    def lines(self) -> list[str]:
        """The proposal for people, one line each."""
        said = [f"{file} is {table} already" for file, table in self.as_is]
        for choice in self.choices:
            said.append(f"{listing(list(choice.files))} → {choice.table}: {'; '.join(choice.reasons)}")
            said += [f"    {c.column} ← {c.source or 'a constant'}: {c.reason}" for c in choice.columns]
            if choice.unused:
                said.append(f"    not used: {', '.join(choice.unused)}")
        return [*said, *(f"{left.file} is left aside: {left.reason}" for left in self.left)]


def propose(
    folder: Path,
    *,
    answers: Mapping[str, str] | None = None,
    existing: Mapping[str, TableMapping] | None = None,
) -> Proposal:
    """Propose a mapping for every table file below `folder`.

    `answers` are answers to questions of an earlier proposal, by id. `existing` is the mapping there is already:
    files it claims are not looked at again.
    """
    with tempfile.TemporaryDirectory(prefix=prefix(), ignore_cleanup_errors=True) as scratch:
        con = connect()
        try:
            return _propose(con, folder, Path(scratch), answers or {}, existing or {})
        finally:
            con.close()


def _propose(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    scratch: Path,
    answers: Mapping[str, str],
    existing: Mapping[str, TableMapping],
) -> Proposal:
    reader = Reader(con, scratch)
    sources = [reader.read(path, path.relative_to(folder).as_posix()) for path in files_of(folder)]
    raws = [raw for source in sources for raw in source.raws]
    left = [
        Left(file=source.file, reason=f"{source.problems[0].found}; {source.problems[0].fix}")
        for source in sources
        if not source.raws and source.problems
    ]
    as_is, open_raws = _canonical(con, raws, existing)
    groups: dict[tuple[str, ...], list[Raw]] = {}
    for raw in open_raws:
        groups.setdefault((raw.sheet, *raw.columns), []).append(raw)
    choices: list[TableChoice] = []
    questions: list[Question] = []
    for group in groups.values():
        choice, reason, asked = _group(con, group, raws, answers)
        questions += asked
        if choice is None:
            left += [Left(file=raw.label, reason=reason) for raw in group]
        else:
            choices.append(choice)
    choices.sort(key=lambda c: (list(CONTRACTS).index(c.table), c.files))
    return Proposal(
        choices=tuple(choices),
        left=tuple(left),
        as_is=tuple(as_is),
        questions=(*questions, *_twice(choices, answers)),
    )


def _canonical(
    con: duckdb.DuckDBPyConnection, raws: Sequence[Raw], existing: Mapping[str, TableMapping]
) -> tuple[list[tuple[str, str]], list[Raw]]:
    """Files that need no mapping, and the others. A canonical file with an undecided column needs one."""
    claimed = {r.relation for rule in existing.values() for part in rule.parts for r in raws if part.matches(r)}
    as_is: list[tuple[str, str]] = []
    done: set[str] = set()
    for name, rule in planned({}, [raw for raw in raws if raw.relation not in claimed]).items():
        if not set(CONTRACTS[name].required) <= set(rule.given) or name in existing:
            continue
        mine = [raw for part in rule.parts for raw in raws if part.matches(raw) and raw.relation not in claimed]
        if not _undecided(con, name, rule, raws):
            as_is += [(raw.label, name) for raw in mine]
            done |= {raw.relation for raw in mine}
    return as_is, [raw for raw in raws if raw.relation not in claimed | done]


def _undecided(con: duckdb.DuckDBPyConnection, name: str, rule: TableMapping, raws: Sequence[Raw]) -> list[Any]:
    assembly = Assembly(con, name, rule, raws, raws, "UTC")
    if not assembly.parts:
        return []
    assembly.cut(LATE)
    con.execute(f'DROP TABLE IF EXISTS "{name}"')
    return [p for p in assembly.problems if p.id in ASKED]


def _group(
    con: duckdb.DuckDBPyConnection, group: Sequence[Raw], raws: Sequence[Raw], answers: Mapping[str, str]
) -> tuple[TableChoice | None, str, list[Question]]:
    """The choice for files with the same columns, or why there is none, and what must be asked."""
    first = group[0]
    found, lacking = candidates(con, first)
    found = [c for c in found if c.score >= LIKELY]
    id = f"{first.label}:table"
    answer = answers.get(id)
    if answer == "none":
        return None, "you said so", []
    if answer:
        found = [c for c in found if c.table == answer] or found
    if not found:
        return None, lacking, []
    best, *rest = found
    near = [c for c in rest if best.score - c.score < CLOSE] if not answer else []
    if near:
        options = (best.table, *(c.table for c in near), "none")
        text = f"{first.label} could be {listing([best.table, *(c.table for c in near)])}: which is it?"
        return None, "it could be several tables", [Question(id=id, text=text, options=options)]
    return _choice(con, group, raws, best, answers)


def _choice(
    con: duckdb.DuckDBPyConnection,
    group: Sequence[Raw],
    raws: Sequence[Raw],
    best: Candidate,
    answers: Mapping[str, str],
) -> tuple[TableChoice | None, str, list[Question]]:
    first, contract = group[0], CONTRACTS[best.table]
    questions: list[Question] = []
    columns = dict(best.columns)
    for name, (sources, blocking) in best.ties.items():
        id = f"{first.label}:{name}"
        answer = answers.get(id)
        if answer in sources:
            columns[name] = ColumnMapping(source=str(answer))
        elif answer is None:
            text = f"{first.label}: {best.table}.{name} could be {listing([masked(s) for s in sources])}: which is it?"
            questions.append(Question(id=id, text=text, options=(*sources, "none"), blocking=blocking))
    for name, words in best.unclear.items():
        id = f"{first.label}:{name}:values"
        needed = name in contract.required
        text = f"{first.label}: which {best.table}.{name} is meant by {listing([masked(w) for w in words])}?"
        options = contract.column(name).allowed
        answer = answers.get(id)
        if answer in options:
            columns[name] = columns[name].model_copy(update={"other": answer})
        elif needed:
            questions.append(Question(id=id, text=text, options=options))
    for name, field in [(name, field) for name in columns for field in OPTIONS]:
        answer = answers.get(f"{first.label}:{name}:{field}")
        if answer in OPTIONS[field]:
            columns[name] = columns[name].model_copy(update={field: answer})
    mapping = TableMapping(
        files=_globs(group, raws), sheet=first.sheet, columns=_in_order(contract.names, columns), unpivot=best.unpivot
    )
    for problem in _undecided(con, best.table, mapping, list(group)):
        name = next((n for n, c in columns.items() if c.source == problem.column), problem.column)
        field = ASKED[problem.id]
        id = f"{first.label}:{name}:{field}"
        text = f"{first.label}, column {masked(problem.column)}: {problem.rule}; found {problem.found}"
        blocking = problem.severity == "error"
        options = OPTIONS[field] if blocking else (*OPTIONS[field], "none")
        if id not in answers:
            questions.append(Question(id=id, text=text, options=options, blocking=blocking))
    used = {c.source for c in columns.values()} | set(best.unpivot.columns if best.unpivot else ())
    choice = TableChoice(
        table=best.table,
        files=tuple(raw.label for raw in group),
        score=round(best.score, 3),
        reasons=best.reasons,
        columns=tuple(
            ColumnChoice(
                column=n, source=c.source, score=best.scores.get(n, 1.0), reason=best.why.get(n, "you said so")
            )
            for n, c in mapping.columns.items()
        ),
        unused=tuple(h for h in first.columns if h not in used),
        mapping=mapping,
    )
    return choice, "", questions


def _in_order(names: Sequence[str], columns: Mapping[str, ColumnMapping]) -> dict[str, ColumnMapping]:
    return {name: columns[name] for name in names if name in columns}


def _globs(group: Sequence[Raw], raws: Sequence[Raw]) -> tuple[str, ...]:
    """Patterns that hold these files and no other; numbers in names are left open, so that next month's file joins."""
    mine = {raw.file for raw in group}
    others = {raw.file for raw in raws if raw.columns.keys() != group[0].columns.keys()} - mine
    globs: list[str] = []
    for file in sorted(mine):
        literal = "".join(f"[{c}]" if c in "*?[" else c for c in file)
        stem, dot, ending = literal.rpartition(".")
        opened = re.sub(r"\d+", "*", stem) + dot + ending if not re.search(r"[\[\]]", literal) else literal
        clash = any(fnmatchcase(other.lower(), opened.lower()) for other in others)
        globs.append(literal if clash or opened.strip("*").startswith(".") else opened)
    return tuple(dict.fromkeys(globs))


def _twice(choices: Sequence[TableChoice], answers: Mapping[str, str]) -> list[Question]:
    """Files with different columns that look like one table: added up, or is one of them enough?"""
    asked: list[Question] = []
    for table in dict.fromkeys(c.table for c in choices):
        same = [c for c in choices if c.table == table]
        id = f"{table}:several"
        if len(same) > 1 and answers.get(id) != "add them up":
            files = [c.files[0] for c in same]
            text = f"{listing(files)} have different columns and all look like {table}: do their rows add up?"
            asked.append(Question(id=id, text=text, options=("add them up",)))
    return asked
