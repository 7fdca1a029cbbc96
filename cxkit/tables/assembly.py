"""One canonical table from the raw tables that make it up: mapped, decided, cast, cut, with what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import duckdb

from cxkit.tables.casting import Decision, Hints, clean_sql, decide, typed_sql, uncastable
from cxkit.tables.contract import Contract
from cxkit.tables.cut import appears, cut_select, quoted, text_literal
from cxkit.tables.mapping import TableMapping, missing_columns, overlap_sql, part_sql, validated
from cxkit.tables.problems import Problem, masked
from cxkit.tables.reading import Raw

FILES_TOLD = 5
"""Files of one table named singly for uncastable values of one column."""
WHEN = "__when"
"""The appearance column as the contract's type, beside its text."""


@dataclass
class Assembly:
    """A table on its way in: text tables in the engine, decisions per column, problems as they are found."""

    con: duckdb.DuckDBPyConnection
    table: str
    mapping: TableMapping
    raws: Sequence[Raw]
    others: Sequence[Raw]
    zone: str
    problems: list[Problem] = field(default_factory=list)
    decisions: dict[tuple[int, str], Decision] = field(default_factory=dict)
    undecided: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.contract: Contract = validated(self.table, self.mapping)
        self.parts = [(part, [raw for raw in self.raws if part.matches(raw)]) for part in self.mapping.parts]
        self.parts = [(part, raws) for part, raws in self.parts if raws]
        self.supplied = frozenset(name for part, _ in self.parts for name in part.given)
        for number, (part, raws) in enumerate(self.parts):
            self._told_columns(part, raws)
            view = self._view(number)
            columns = [self.contract.column(name) for name in part.given]
            cleaned = ", ".join(f"{clean_sql(quoted(c.name), c)} AS {quoted(c.name)}" for c in columns)
            source = f"({part_sql(part, raws, self.others)})"
            # kept, not a view: the column decisions, the cast and the problems all read it
            self.con.execute(f"CREATE OR REPLACE TABLE {view} AS SELECT {cleaned}, __file, __row FROM {source}")
        appearance = self.contract.appearance
        for number, (part, _) in enumerate(self.parts):
            if appearance and appearance in part.given:
                view = self._view(number)
                self._decide(number, appearance, view, "true")
                typed = self._cast(number, appearance)
                self.con.execute(f"CREATE OR REPLACE TABLE {view} AS SELECT *, {typed} AS {WHEN} FROM {view}")

    def found(self, part: TableMapping) -> bool:
        """Whether there is a file for this part of the mapping."""
        return any(mine is part for mine, _ in self.parts)

    def _view(self, number: int) -> str:
        return quoted(f"text_{self.table}_{number}")

    def _told_columns(self, part: TableMapping, raws: Sequence[Raw]) -> None:
        for raw in raws:
            for name, source, near in missing_columns(part, raw):
                hint = f"; did you mean {masked(near)}?" if near else ""
                self.problems.append(
                    Problem(
                        id="column.absent",
                        kind="column",
                        table=self.table,
                        file=raw.label,
                        column=source,
                        found=f"no column {masked(source)}",
                        rule=f"the mapping takes {name or 'a filter'} from it",
                        fix=f"export the column, or run cxkit map again{hint}",
                    )
                )
            used = {c.source for c in part.columns.values()}
            for name in raw.twice:
                if name in used:
                    self.problems.append(
                        Problem(
                            id="column.twice",
                            kind="column",
                            table=self.table,
                            file=raw.label,
                            column=name,
                            found=f"header {masked(name)} more than once",
                            rule="a column that is used stands once",
                            fix="rename one of the two in the export",
                        )
                    )

    def _cast(self, number: int, name: str) -> str:
        return typed_sql(quoted(name), self.contract.column(name), self.decisions[number, name])

    def _source(self, part: TableMapping, name: str) -> str:
        return part.columns[name].source if name in part.columns else name

    def _decide(self, number: int, name: str, relation: str, where: str) -> None:
        part, raws = self.parts[number]
        column, rule = self.contract.column(name), part.columns.get(name)
        native = all(raw.native.get(self._source(part, name)) == "number" for raw in raws)
        hints = Hints(native_number=native)
        if rule is not None:
            hints = Hints(rule.decimal, rule.date_format, rule.timezone, rule.factor, native and not rule.values)
        decision, problem = decide(
            self.con,
            relation,
            column,
            hints,
            zone=self.zone,
            where=where,
            table=self.table,
            file=raws[0].label if len(raws) == 1 else ", ".join(part.files),
            source=self._source(part, name),
        )
        self.decisions[number, name] = decision
        if problem is not None:
            needed = name in self.needed
            self.problems.append(problem if needed else problem.model_copy(update={"severity": "warning"}))
            self.undecided.add(name)

    @property
    def needed(self) -> frozenset[str]:
        """Columns without which the table cannot be used."""
        return frozenset({*self.contract.required, *self.contract.key, self.contract.appearance} & self.supplied)

    def last(self) -> date | None:
        """The last local day in the appearance column; None when there is none.

        A few rows more than two years after all others (a ticket opened in 2062) do not decide it.
        """
        found: list[date] = []
        appearance = self.contract.appearance
        for number, (part, _) in enumerate(self.parts):
            if appearance not in part.given or appearance in self.undecided:
                continue
            day = WHEN
            if self.contract.column(appearance).type == "timestamp":
                day = f"CAST(timezone({text_literal(self.zone)}, timezone('UTC', {WHEN})) AS DATE)"
            ((latest,),) = self.con.execute(
                f"WITH days AS (SELECT {day} AS day FROM {self._view(number)}) "
                "SELECT max(day) FROM days WHERE day <= (SELECT quantile_disc(day, 0.95) FROM days) + 730"
            ).fetchall()
            if latest is not None:
                found.append(latest)
        return max(found, default=None)

    def cut(self, as_of: date) -> tuple[int, int]:
        """Create the canonical table, cut at `as_of`, with ``__file`` and ``__row``; rows kept and rows cut.

        Columns whose values cannot be read are told and, where the table can do without them, left out of
        `supplied`.
        """
        selects = [self._typed(number, as_of) for number in range(len(self.parts))]
        union = " UNION ALL BY NAME ".join(selects)
        keys = [k for k in self.contract.key if k in self.supplied] or sorted(self.supplied)
        whole = f"({overlap_sql(f'({union})', keys, self.mapping.overlap)})"
        select = cut_select(self.contract, self.supplied, whole, as_of, self.zone, carried=("__file", "__row", "__bad"))
        self.con.execute(f"CREATE OR REPLACE TABLE {quoted(self.table)} AS {select}")
        ((kept,),) = self.con.execute(f"SELECT count(*) FROM {quoted(self.table)}").fetchall()
        total = 0
        for number in range(len(self.parts)):
            ((rows,),) = self.con.execute(f"SELECT count(*) FROM {self._view(number)}").fetchall()
            total += rows
        self._told_values()
        self._told_overlap(keys)
        self._leave_out()
        self.con.execute(f"ALTER TABLE {quoted(self.table)} DROP COLUMN __bad")
        return int(kept), int(total - kept)

    def _names(self) -> list[str]:
        return [name for name in self.contract.names if name in self.supplied]

    def _typed(self, number: int, as_of: date) -> str:
        part, _ = self.parts[number]
        view, appearance = self._view(number), self.contract.appearance
        relation, where = view, "true"
        if appearance in part.given:
            relation = f"(SELECT * REPLACE ({WHEN} AS {quoted(appearance)}) FROM {view})"
            where = appears(self.contract, {appearance}, as_of, self.zone)
        for name in part.given:
            if name != appearance:
                self._decide(number, name, relation, where)
        bits = {name: 1 << i for i, name in enumerate(self._names())}
        inner, outer, bad = [], [], []
        for name in part.given:
            typed = WHEN if name == appearance else self._cast(number, name)
            given, cast = quoted(name), quoted(f"__cast_{name}")
            inner.append(f"{given}, {typed} AS {cast}")
            outer.append(f"{cast} AS {given}")
            bad.append(f"CASE WHEN {cast} IS NULL AND {given} IS NOT NULL THEN {bits[name]} ELSE 0 END")
        return (
            f"SELECT {', '.join(outer)}, __file, __row, CAST({' + '.join(bad)} AS BIGINT) AS __bad "
            f"FROM (SELECT {', '.join(inner)}, __file, __row FROM {view})"
        )

    def _told_values(self) -> None:
        table = quoted(self.table)
        names = self._names()
        sums = ", ".join(f"count(*) FILTER (WHERE (__bad & {1 << i}) > 0)" for i in range(len(names)))
        (counts,) = self.con.execute(f"SELECT {sums} FROM {table}").fetchall()
        for i, (name, count) in enumerate(zip(names, counts, strict=True)):
            if not count or name in self.undecided:
                continue
            per_file = self.con.execute(
                f"SELECT __file, count(*), list_sort(min(__row, 5)) FROM {table} WHERE (__bad & {1 << i}) > 0 "
                "GROUP BY __file ORDER BY __file"
            ).fetchall()
            for file, n, rows in per_file[:FILES_TOLD]:
                self.problems.append(self._bad_value(name, str(file), rows, int(n)))
            if name not in self.needed:
                self.undecided.add(name)

    def _bad_value(self, name: str, file: str, rows: Sequence[int], count: int) -> Problem:
        samples: list[str] = []
        source = name
        for number, (part, raws) in enumerate(self.parts):
            if name in part.given and any(raw.label == file for raw in raws):
                source = self._source(part, name)
                listed = ", ".join(str(int(row)) for row in rows)
                found = self.con.execute(
                    f"SELECT {quoted(name)} FROM {self._view(number)} WHERE __file = {text_literal(file)} "
                    f"AND __row IN ({listed}) AND {quoted(name)} IS NOT NULL ORDER BY __row LIMIT 5"
                ).fetchall()
                samples += [str(value) for (value,) in found]
        needed = name in self.needed
        return uncastable(
            self.contract.column(name), self.table, file, source, rows=rows, count=count, samples=samples, needed=needed
        )

    def _told_overlap(self, keys: Sequence[str]) -> None:
        files = {raw.label for _, raws in self.parts for raw in raws}
        if len(files) < 2 or self.mapping.overlap != "error":
            return
        listed = ", ".join(map(quoted, keys))
        ((count,),) = self.con.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {quoted(self.table)} GROUP BY {listed} "
            "HAVING count(DISTINCT __file) > 1)"
        ).fetchall()
        if not count:
            return
        ((first, last),) = self.con.execute(
            f"SELECT min(__file), max(__file) FROM (SELECT * FROM {quoted(self.table)} "
            f"QUALIFY min(__file) OVER (PARTITION BY {listed}) <> max(__file) OVER (PARTITION BY {listed}))"
        ).fetchall()
        self.problems.append(
            Problem(
                id="file.overlap",
                kind="duplicate",
                table=self.table,
                file=f"{first}, {last}",
                column=", ".join(keys),
                count=int(count),
                found=f"{count:,} rows in more than one file",
                rule="each row comes from one file",
                fix=f'say which file wins in the mapping of {self.table}: "overlap": "last" (or "first", or "all")',
            )
        )

    def _leave_out(self) -> None:
        """Take columns away that could not be read, and those that were gated by them."""
        out = {name for name in self.undecided if name not in self.needed}
        out |= {c.name for c in self.contract.columns if c.known_from in out and c.name not in self.needed}
        if not out:
            return
        sets = []
        for name in sorted(out & self.supplied):
            sets.append(f"{quoted(name)} = NULL")
            if self.contract.column(name).type == "timestamp":
                sets += [f"{quoted(name + suffix)} = NULL" for suffix in ("_date", "_hour")]
        self.con.execute(f"UPDATE {quoted(self.table)} SET {', '.join(sets)}")
        self.supplied = self.supplied - out


def canonical_mapping(contract: Contract, raws: Sequence[Raw], names: Mapping[str, str]) -> TableMapping:
    """The mapping of files whose headers are canonical already; `names` maps canonical name → header."""
    columns = {name: {"source": header} for name, header in names.items() if name in contract.names}
    return TableMapping.model_validate({"files": [_literal(raw.file) for raw in raws], "columns": columns})


def _literal(file: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in file)
