"""The explorer of variants: choose a log, a group of its cases and the ways to draw, and see their times and rework."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cxkit import formats
from cxkit.charts.render import render
from cxkit.charts.ways import draw_ways, ways_alt
from cxkit.engagement.desk import Desk
from cxkit.orchestrate.ways import Ways, logs_of, ways_of
from cxkit.orchestrate.ways_counts import summary
from cxkit.orchestrate.ways_log import Log, travelled
from cxkit.orchestrate.ways_log import groups as groups_of
from cxkit.widgets.panel import KEPT, Answer, Panel, panel

SHOWN = ("main", "rework", "loop", "ping_pong", "time", "pause", "segment")
EVERY = ("", "")
SHARES = (("all that fit", 0.0), ("at least 1 in 100 take", 0.01), ("at least 1 in 20 take", 0.05))
OPEN = (("finished cases", False), ("open cases too, as other tools count", True))


def ways(desk: Desk) -> Panel:
    """Months, log, group and the share of a way move what is drawn; left alone it shows the batch's numbers."""
    months = desk.settings.window_months
    logs, gaps = logs_of(desk.tables, months)
    sizes, groups = _told(desk, logs)
    names = [log.name for log in sorted(logs, key=lambda one: (-sizes[one.name], one.name))]

    @lru_cache(maxsize=KEPT)
    def travelled_by(
        window_months: int, log: str, group: tuple[str, str], *, with_open: bool
    ) -> tuple[Log, Ways] | None:
        found = {one.name: one for one in logs_of(desk.tables, window_months)[0]}
        if log not in found:
            return None
        column, value = group
        made = ways_of(desk.tables, found[log], only={column: value} if column else {}, with_open=with_open)
        return found[log], made

    def compute(window_months: int, log: str, group: tuple[str, str], least: float, count: bool) -> Answer:
        found = travelled_by(window_months, log, group, with_open=count)
        if found is None:
            return Answer(lines=tuple(dict.fromkeys(g.reason for g in gaps)))
        return _answer(found[1], found[0], group, least, with_open=count)

    choices: dict[str, Any] = {
        "log": [(name, name) for name in names] or [("none", "")],
        "group": [("everybody", EVERY), *groups],
        "least": list(SHARES),
        "count": list(OPEN),
    }
    return panel(desk, ("window_months",), compute, choices)


def _told(desk: Desk, logs: list[Log]) -> tuple[dict[str, int], list[tuple[str, tuple[str, str]]]]:
    """Finished cases of every log, and the groups of all logs as (words, (column, group)), each once."""
    sizes: dict[str, int] = {}
    found: dict[tuple[str, str], str] = {}
    for log in logs:
        with travelled(desk.tables, log):
            sizes[log.name] = int(summary(desk.tables, log)["finished"].iloc[0])
            for column, words in log.dimensions.items():
                for group in groups_of(desk.tables, column):
                    found.setdefault((column, group), f"{words}: {group}")
    return sizes, [(words, key) for key, words in found.items()]


def _answer(made: Ways, log: Log, group: tuple[str, str], least: float, *, with_open: bool) -> Answer:
    if not made.has("variants"):
        return Answer(lines=tuple(dict.fromkeys(g.reason for g in made.gaps)))
    shown = tuple(f for name in SHOWN for f in made.findings if f.id == f"orchestrate.ways.{name}")
    lines = []
    if group != EVERY and group[0] not in log.dimensions:
        lines.append(f"The group is not known of these {log.case}; all of them are shown.")
    elif group != EVERY:
        lines.append(f"Only {log.case} where the {log.dimensions[group[0]]} is “{group[1]}”.")
    if with_open:
        lines.append(f"Open {log.case} are counted as if they ended where they stand; the report leaves them out.")
    rows = made.frame("variants")
    rows = rows[rows["share"] >= least]
    back = int(rows.loc[rows["rework"], "cases"].sum())
    drawn = int(rows["cases"].sum())
    if drawn:
        share = formats.quantity(back / drawn, "ratio")
        lines.append(f"{len(rows):,} ways hold {drawn:,} {log.case}; {share} of these go back over work already done.")
        drawing = render(lambda: draw_ways(made, log.name, least=least), prefix="panel")
        return Answer(shown, tuple(lines), drawing, ways_alt(made, log.name, least))
    return Answer(shown, (*lines, "No way is taken by as many."))
