"""The decision form: what the council decides, with the evidence beside it, recorded as `cxkit decide` records it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import ipywidgets as widgets

from cxkit import formats
from cxkit.charts.reading import number, rows, text
from cxkit.engagement import decisions
from cxkit.engagement.desk import Desk
from cxkit.engagement.store import Decision, read_store
from cxkit.errors import PlaybookError
from cxkit.records import Finding, Result
from cxkit.tables.authored import ROLES

VERDICTS = ("fund", "test first", "stop", "keep", "hold")
Row = Mapping[Any, Any]


class DecisionForm:
    """A form over the decisions a council is asked to take; `box` is the widget to display.

    `initiative` chooses one; `verdict`, `amount`, `owner_role`, `decided`, `due` and `note` are what is recorded, and
    `evidence` shows the plan's row, its options, the row of the ledger, the findings behind it and what a test would
    be worth. Nothing is written before the button is clicked twice; who decides on a state that somebody else has
    changed is told, and nothing is written. `recorded` holds what was.
    """

    def __init__(self, desk: Desk, council: Result, results: Iterable[Result] = ()) -> None:
        """Build the form at the first open decision of a `govern.council` result."""
        self.desk, self.council = desk, council
        given = (*results, council)
        self.results = {f"{r.stage}.{r.name}": r for r in given}
        self.findings: dict[str, Finding] = {f.key: f for r in given for f in r.findings}
        self.recorded: list[Decision] = []
        self.needed = {text(r, "initiative_id"): r for r in rows(council, "needed")}
        self.plan = {text(r, "initiative_id"): r for r in self._rows("govern.allocation", "plan")}
        wide = {"style": {"description_width": "9em"}, "layout": {"width": "34em", "max_width": "calc(100% - 4px)"}}
        self.initiative = widgets.Dropdown(options=self._choices(), description="initiative", **wide)
        self.verdict = widgets.Dropdown(options=VERDICTS, description="verdict", **wide)
        self.amount = widgets.Text(description="amount", placeholder="money, empty for none", **wide)
        self.owner_role = widgets.Dropdown(options=[("nobody yet", ""), *((r, r) for r in ROLES)], **wide)
        self.owner_role.description = "carried out by"
        self.decided = widgets.Text(description="decided on", placeholder="YYYY-MM-DD, empty for today", **wide)
        self.due = widgets.Text(description="due", placeholder="YYYY-MM-DD", **wide)
        self.note = widgets.Textarea(description="why", placeholder="one sentence", **wide)
        self.record = widgets.Button(description="Record this decision", tooltip="it is never rewritten")
        self.message, self.evidence = widgets.HTML(), widgets.HTML(layout={"flex": "1 1 22em"})
        self._sure = False
        self.initiative.observe(self._chosen, names="value")
        for one in (self.verdict, self.amount, self.owner_role, self.decided, self.due, self.note):
            one.observe(self._unsure, names="value")
        self.record.on_click(self._record)
        fields = [self.initiative, self.verdict, self.amount, self.owner_role, self.decided, self.due, self.note]
        left = widgets.VBox([*fields, self.record, self.message], layout={"max_width": "100%"})
        self.box = widgets.HBox([left, self.evidence], layout={"flex_flow": "row wrap"})
        self._chosen()

    def _rows(self, result: str, table: str) -> list[dict[Any, Any]]:
        found = self.results.get(result)
        return rows(found, table) if found is not None else []

    def _choices(self) -> list[tuple[str, str]]:
        """Open decisions first, then every other initiative of the plan or the ledger."""
        named: dict[str, str] = {}
        open_ = sorted(self.needed.values(), key=lambda r: text(r, "state") != "open")
        for row in (*open_, *self.plan.values(), *self._rows("govern.ledger", "initiatives")):
            asked = self.needed.get(text(row, "initiative_id"), {})
            mark = f" · {text(asked, 'verdict')}, {text(asked, 'state')}" if asked else ""
            named.setdefault(text(row, "initiative_id"), f"{_short(text(row, 'initiative'))}{mark}")
        return [(name, id) for id, name in named.items()] or [("no initiative", "")]

    def _chosen(self, _: object = None) -> None:
        row = self.needed.get(self.initiative.value) or self.plan.get(self.initiative.value) or {}
        verdict = text(row, "verdict")
        self.verdict.value = verdict if verdict in VERDICTS else "hold"
        amount = number(row, "amount")
        self.amount.value = f"{amount:.2f}" if amount else ""
        self.evidence.value = self._evidence(row)
        self._unsure()

    def _unsure(self, _: object = None) -> None:
        self._sure = False
        self.record.description = "Record this decision"
        self.message.value = ""

    def _evidence(self, row: Row) -> str:
        """What the decision would rest on, as plain HTML."""
        id_ = self.initiative.value
        asks = ": ".join(filter(None, (text(row, "verdict") or "nothing", text(row, "reason"))))
        parts = [_line("The plan asks", asks, strong=True)]
        for option in rows(self.council, "options"):
            if text(option, "initiative_id") == id_:
                parts.append(_line(text(option, "option").capitalize(), text(option, "says")))
        if text(row, "chain"):
            parts.append(_line("Row of the ledger", text(row, "chain")))
        worth = self._test_worth(id_)
        parts.append(_line("A test would be worth", worth or "not known"))
        right = next((r for r in rows(self.council, "rights") if text(r, "initiative_id") == id_), {})
        if right:
            parts.append(_line("Right to decide", f"{text(right, 'state')}: {text(right, 'says')}"))
        about = [f for f in self.findings.values() if f.initiative == id_ and f.id != "govern.council.decision"]
        for finding in about[:8]:
            parts.append(_line(f"{finding.key} ({finding.grade})", finding.title))
        keys = {f.key for f in about}
        for one in rows(self.council, "challenges"):
            if text(one, "finding") in keys:
                parts.append(_line(f"Challenged, {text(one, 'state')}", text(one, "says")))
        look = "max-width:44em;padding:4px 14px;border-left:4px solid #0b6460;margin-left:12px"
        return f'<div style="{look}">{"".join(parts)}</div>'

    def _test_worth(self, id_: str) -> str:
        """What a test would be worth before money is given, from whichever result says so."""
        for name in ("govern.information", "govern.allocation"):
            found = self.results.get(name)
            for table in sorted(found.tables) if found is not None else ():
                for row in rows(found, table) if found is not None else ():
                    if text(row, "initiative_id") != id_:
                        continue
                    value = next((v for n in ("net", "net_worth", "test_worth") if (v := number(row, n))), None)
                    if value is not None:
                        return formats.money(value, self.desk.tables.currency)
        return ""

    def _record(self, _: object) -> None:
        try:
            amount = _amount(self.amount.value)
        except ValueError:
            self.message.value = escape(f"“{self.amount.value}” is no amount of money; write 50000 or 50,000.")
            return
        if not self._sure:
            self._sure = True
            self.record.description = "Yes, record it"
            self.message.value = "A decision is never rewritten. Click once more to record it."
            return
        try:
            made = decisions.record(
                self.desk.name,
                verdict=self.verdict.value,
                initiative=self.initiative.value,
                amount=amount,
                owner_role=self.owner_role.value,
                decided=self.decided.value or None,
                due=self.due.value,
                note=self.note.value,
                expected=self.desk.store.revision,
                data_dir=self.desk.folder.parent,
                runs_dir=self.desk.runs.parent,
            )
        except PlaybookError as problem:
            self._unsure()
            self.message.value = escape(str(problem))
            return
        self.desk.store = read_store(self.desk.folder)
        self.recorded.append(made)
        self._unsure()
        rests = f"on evidence {made.evidence}" if made.evidence else "without evidence: no run is published yet"
        self.message.value = escape(f"Recorded as {made.decision_id}, {rests}. The next run shows it.")

    def _ipython_display_(self) -> None:
        from IPython.display import display  # noqa: PLC0415  only JupyterLab shows a panel

        display(self.box)


def decision_form(desk: Desk, council: Result, results: Iterable[Result] = ()) -> DecisionForm:
    """A form over the decisions that a `govern.council` result asks for; `results` are those it rests on."""
    return DecisionForm(desk, council, results)


def _amount(given: str) -> float | None:
    """An amount as people write it, or None; `ValueError` when it is none.

    >>> _amount("50,000"), _amount(" "), _amount("12.5")
    (50000.0, None, 12.5)
    """
    flat = given.replace(",", "").replace("\u202f", "").strip()
    return float(flat) if flat else None


def _short(name: str) -> str:
    flat = " ".join(name.split())
    return flat if len(flat) <= 44 else flat[:43] + "…"


def _line(name: str, said: str, *, strong: bool = False) -> str:
    look = "font-size:15px;font-weight:600;margin:4px 0" if strong else "margin:3px 0;line-height:1.4"
    return f'<div style="{look}"><span style="opacity:.75">{escape(name)}:</span> {escape(said)}</div>'
