"""The decisions of the open client's council: the decision form over its last published run."""

from __future__ import annotations

import ipywidgets as widgets

from cxkit.engagement import results
from cxkit.engagement.recipes import CLASSES
from cxkit.errors import InputError
from cxkit.records import Result
from cxkit.widgets import look
from cxkit.widgets.bench import Part, Workbench
from cxkit.widgets.decisions import DecisionForm, decision_form

COUNCIL = "govern.council"


class Council(Part):
    """`form` is the decision form, or None before there is a result of the council."""

    def __init__(self, bench: Workbench) -> None:
        """Offer the open client's decisions."""
        super().__init__(bench)
        self.form: DecisionForm | None = None
        self._shown = ""
        self.box = widgets.VBox([])
        self.redraw(fresh=True)

    def redraw(self, *, fresh: bool) -> None:
        """Offer the decisions of the last run; a form that is being filled in stays while that run does."""
        found = self.bench.published
        now = found.hash if found else ""
        if not fresh and now == self._shown and self.form is not None:
            self.form.desk = self.bench.desk
            return
        self._shown, self.form = now, None
        known = _saved(self.bench)
        council = known.pop(COUNCIL, None)
        if council is None:
            words = look.html()
            words.value = look.shown(look.said("The council has nothing to decide yet: build the report first."))
            self.box.children = [words]
            return
        self.form = decision_form(self.bench.desk, council, known.values())
        self.form.record.on_click(lambda _: self.bench.saved())
        self.box.children = [self.form.box]


def _saved(bench: Workbench) -> dict[str, Result]:
    """Results of the last published run that can be read, by name."""
    found = bench.published
    made: dict[str, Result] = {}
    for name, cls in CLASSES.items() if found else ():
        try:
            made[name] = results.load(cls, found.results) if found else made[name]
        except (InputError, ValueError):
            continue
    return made
