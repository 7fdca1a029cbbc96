"""What a run publishes for the people who run the moments: ``playbook.html`` and today's action lists."""

from __future__ import annotations

from pathlib import Path

from cxkit.engagement import actions, results
from cxkit.engagement.plays import play_book
from cxkit.engagement.store import Store
from cxkit.metrics.clock import calendars
from cxkit.orchestrate import Plays
from cxkit.report import handbook
from cxkit.report.inputs import ReportInput
from cxkit.report.mask import Mask
from cxkit.tables.engine import Tables

NAME = "playbook.html"


def write_playbook(building: Path, given: ReportInput, *, store: Store, tables: Tables) -> None:
    """Write the playbook and, where the plays were evaluated, the action lists into a run being built."""
    book, lists = play_book(store), {}
    found = given.result("orchestrate.plays")
    if isinstance(found, Plays):
        names = None if given.privacy.on else actions.customer_names(tables, found)
        actions.write_actions(
            building,
            found,
            book,
            mask=Mask(given.privacy),
            currency=given.currency,
            timezone=given.timezone,
            names=names,
        )
        lists = {p.owner_role: f"{actions.FOLDER}/{actions.role_file(p.owner_role)}" for p in book.plays}
    html = handbook.build(
        given, book=book, calendars=calendars(tables), lists=lists, workbook=actions.WORKBOOK if lists else ""
    )
    results.write_text(building / NAME, html)
