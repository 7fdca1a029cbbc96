"""The mapping editor: which file is which table, which column is which, and what comes of it before it is saved."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import ipywidgets as widgets
from pydantic import ValidationError

from cxkit.engagement.desk import mapping_of
from cxkit.engagement.store import write_store
from cxkit.errors import PlaybookError
from cxkit.tables.catalogue import CONTRACTS, EXPORTED
from cxkit.tables.mapping import ColumnMapping, TableMapping
from cxkit.tables.problems import masked
from cxkit.tables.trial import Trial
from cxkit.widgets import look
from cxkit.widgets.bench import Part, Workbench

NONE = ""
DECIMALS = (("as it reads", ""), ("point", "."), ("comma", ","))


class MappingEditor(Part):
    """`table` and `files` choose; `columns` holds one drop-down per canonical column; `detail` says how one is written.

    Nothing is written before `save`; `discard` goes back to what is saved. The files are read when `begin` is clicked.
    """

    def __init__(self, bench: Workbench) -> None:
        """Offer to read the open client's files."""
        super().__init__(bench)
        self.trial: Trial | None = None
        self.draft: dict[str, ColumnMapping] = {}
        self.columns: dict[str, Any] = {}
        self._rest: dict[str, Any] = {}
        self._held = False
        self.begin = widgets.Button(description="Edit the mapping", tooltip="reads every file; nothing is changed")
        self.table = widgets.Dropdown(description="table", **look.WIDE)
        self.files = widgets.SelectMultiple(description="its files", rows=4, **look.WIDE)
        self.fields = widgets.VBox([])
        self.detail = widgets.Dropdown(description="fine-tune", **look.WIDE)
        self.date_format = widgets.Text(description="date format", placeholder="dmy, mdy, ymd or %d.%m.%Y", **look.WIDE)
        self.decimal = widgets.Dropdown(options=DECIMALS, description="decimal sign", **look.WIDE)
        self.factor = widgets.Text(description="times", placeholder="1; 0.01 for cents", **look.WIDE)
        self.values = widgets.Textarea(description="words", placeholder="Cancelled = churned", rows=3, **look.WIDE)
        self.take = widgets.Button(description="Use for this column")
        self.look = widgets.Button(description="Show what comes of it")
        self.save = widgets.Button(description="Save mapping", button_style="primary")
        self.discard = widgets.Button(description="Throw away")
        self.message, self.outcome = look.html(), look.html()
        self.box = look.column(self.begin, self.message)
        self.begin.on_click(self._begin)
        self.table.observe(self._tabled, names="value")
        self.files.observe(self._filed, names="value")
        self.detail.observe(self._detailed, names="value")
        self.take.on_click(self._take)
        self.look.on_click(self._look)
        self.save.on_click(self._save)
        self.discard.on_click(self._discard)

    def redraw(self, *, fresh: bool) -> None:
        """Close the editor for another client; an open one stays as it is."""
        if fresh:
            self._close()
            self.message.value = ""

    def _close(self) -> None:
        if self.trial is not None:
            self.trial.close()
        self.trial, self.draft, self.columns, self._rest = None, {}, {}, {}
        self.fields.children, self.outcome.value = [], ""
        self.box.children = [self.begin, self.message]

    def _begin(self, _: object = None) -> None:
        self._close()
        desk = self.bench.desk
        self.trial = Trial(desk.folder, as_of=desk.as_of, zone=desk.client.timezone)
        self.revision = desk.store.revision
        self.plan = self.trial.plan(mapping_of(desk.store))
        self._held = True
        here = [(f"{name} ({len(rule.parts)} mapped)", name) for name, rule in self.plan.items()]
        others = [(f"{name} (not mapped)", name) for name in EXPORTED if name not in self.plan]
        self.table.options, self.files.options = [*here, *others], self.trial.files
        self.table.value = self.table.options[0][1]
        self._held = False
        fine = widgets.Accordion(
            [look.column(self.detail, self.date_format, self.decimal, self.factor, self.values, self.take)]
        )
        fine.set_title(0, "How one column is written: dates, decimals, units, words")
        fine.selected_index = None
        buttons = look.row(self.look, self.save, self.discard)
        self.box.children = [self.table, self.files, self.fields, fine, buttons, self.message, self.outcome]
        self._tabled()

    def _tabled(self, _: object = None) -> None:
        """Show a table's own mapping, or the proposer's when it has none."""
        if self._held or self.trial is None:
            return
        rule = self.plan.get(self.table.value)
        self._held = True
        mine = self.trial.matching(rule) if rule else ()
        self.files.value = mine
        self._held = False
        self.draft = dict(rule.columns) if rule else {}
        self._rest = rule.model_dump(exclude={"columns", "files"}) if rule else {}
        self._fill()

    def _filed(self, _: object = None) -> None:
        if self._held or self.trial is None:
            return
        if not self.draft and self.files.value:
            self.draft = dict(self.trial.proposed(self.table.value, self.files.value[0]).columns)
        self._fill()

    def _fill(self) -> None:
        """One drop-down per canonical column, with samples of each column of the file and the proposer's reason."""
        if self.trial is None:
            return
        chosen, contract = self.files.value, CONTRACTS[self.table.value]
        samples = self.trial.samples(chosen[0]) if chosen else {}
        why = self.trial.proposed(self.table.value, chosen[0]).why if chosen else {}
        options = [("not supplied", NONE), *((_option(name, seen), name) for name, seen in samples.items())]
        self.columns, rows = {}, []
        for column in contract.columns:
            now = self.draft.get(column.name)
            source = now.source if now else NONE
            extra = [(f"{source} (not in this file)", source)] if source and source not in samples else []
            made = widgets.Dropdown(options=[*options, *extra], value=source, description=column.name, **look.WIDE)
            made.observe(self._moved(column.name), names="value")
            hint = look.html()
            hint.layout.width = "auto"
            need = "needed" if column.required else ""
            told = [need, why.get(column.name, ""), "a constant" if now and now.constant is not None else ""]
            hint.value = look.shown(f'<span class="quiet">{escape(" · ".join(t for t in told if t))}</span>')
            self.columns[column.name] = made
            rows.append(look.row(made, hint))
        self.fields.children = rows
        self.detail.options = [c.name for c in contract.columns]
        self.detail.value = contract.columns[0].name
        self._detailed()

    def _moved(self, name: str) -> Any:
        def moved(change: dict[str, str]) -> None:
            if change["new"] == NONE:
                self.draft.pop(name, None)
            elif name in self.draft and self.draft[name].constant is None:
                self.draft[name] = self.draft[name].model_copy(update={"source": change["new"]})
            else:
                self.draft[name] = ColumnMapping(source=change["new"])

        return moved

    def _detailed(self, _: object = None) -> None:
        now = self.draft.get(self.detail.value or "")
        self.date_format.value = now.date_format if now else ""
        self.decimal.value = now.decimal if now else ""
        self.factor.value = now.factor if now else "1"
        self.values.value = "\n".join(f"{word} = {meaning}" for word, meaning in now.values.items()) if now else ""

    def _take(self, _: object) -> None:
        now = self.draft.get(self.detail.value)
        if now is None:
            self._say(f"{self.detail.value} is not supplied; choose its column first.", "bad")
            return
        pairs = [line.split("=", 1) for line in self.values.value.splitlines() if "=" in line]
        given = {
            "date_format": self.date_format.value.strip(),
            "decimal": self.decimal.value,
            "factor": self.factor.value.strip() or "1",
            "values": {word.strip(): meaning.strip() for word, meaning in pairs},
        }
        try:
            self.draft[self.detail.value] = ColumnMapping.model_validate(now.model_dump() | given)
        except ValidationError as problem:
            self._say(str(problem.errors()[0]["msg"]).removeprefix("Value error, "), "bad")
            return
        self._look()

    @property
    def rule(self) -> TableMapping:
        """The mapping of the chosen table as it stands in the editor."""
        order = [name for name in CONTRACTS[self.table.value].names if name in self.draft]
        before = self.plan.get(self.table.value)
        same = before is not None and self.trial is not None and self.files.value == self.trial.matching(before)
        files = (
            before.files if same and before is not None else tuple(dict.fromkeys(_glob(f) for f in self.files.value))
        )
        given = {"files": files, "columns": {name: self.draft[name] for name in order}}
        return TableMapping.model_validate({**self._rest, **given})

    def _look(self, _: object = None) -> None:
        if self.trial is None:
            return
        self.message.value = ""
        try:
            heads, rows, problems = self.trial.outcome(self.table.value, self.rule)
        except PlaybookError as problem:
            self._say(str(problem), "bad")
            return
        told = [look.said(str(p), "bad" if p.severity == "error" else "warn") for p in problems[:12]]
        told = told or [look.said("The checks find nothing wrong.", "good")]
        self.outcome.value = look.shown("<h3>First rows as mapped</h3>", look.table(heads, _cells(rows)), *told)

    def _save(self, _: object) -> None:
        store, name = self.bench.desk.store, self.table.value
        mapping = dict(store.mapping)
        if self.draft and self.files.value:
            mapping[name] = self.rule.model_dump(mode="json", exclude_defaults=True)
        else:
            mapping.pop(name, None)
        try:
            changed = store.model_copy(update={"mapping": dict(sorted(mapping.items()))})
            self.bench.desk.store = write_store(self.bench.folder, changed, expected=self.revision)
            self.revision = self.bench.desk.store.revision
            self.bench.reopen()
        except PlaybookError as problem:
            self._say(str(problem), "bad")
            return
        self.plan = self.trial.plan(mapping_of(self.bench.desk.store)) if self.trial else {}
        self._look()
        self._say(f"Saved: {name}. Data health above is that of the new mapping.", "good")

    def _discard(self, _: object) -> None:
        self._close()
        self._say("Thrown away; nothing was changed.", "good")

    def _say(self, words: str, kind: str) -> None:
        self.message.value = look.shown(look.said(words, kind))


def _option(name: str, seen: Sequence[str]) -> str:
    """A column of the file with what stands in it."""
    return f"{_bare(name)[:40]}: {', '.join(_bare(v)[:18] for v in seen)}"


def _bare(value: str) -> str:
    """A value of the client's, personal ones masked, without the quotes that a sentence needs.

    >>> _bare("Kitchen")
    'Kitchen'
    """
    return masked(value).removeprefix("'").removesuffix("'")


def _glob(label: str) -> str:
    """A pattern that holds one file alone."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in label)


def _cells(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[escape(_bare(cell)) for cell in row] for row in rows]
