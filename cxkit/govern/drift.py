"""Early warning: what moved since approval or the last run so that a funded initiative's case no longer holds.

Two kinds of alarm. Facts (an owner who is gone, a date that has passed, a link that a test speaks against, spend beyond
its plan, a test that is blocked) are read off the sheets and results and raise no false alarm by chance. Figures (a
target metric, what can be counted of an assumption, what was realised) have noise: all of them together spend the
detector's share of `metrics.alarms`, divided evenly over the figures that are watched in the report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from cxkit.govern import drift_checks as checks
from cxkit.govern.drift_cases import Cases, plain, verdict
from cxkit.govern.drift_rules import FUNDED_BY, RULES
from cxkit.govern.drift_sentences import findings
from cxkit.govern.drift_watch import watch
from cxkit.govern.reading import Row, records
from cxkit.metrics import alarms
from cxkit.records import Gap, Missing, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, rows, table

ALARMS: Mapping[str, Kind] = {
    **dict.fromkeys(("alarm_id", "kind", "initiative_id", "initiative", "subject", "what"), "text"),
    "since": "date",
    **dict.fromkeys(("assumed", "range_low", "range_high", "found", "found_low", "found_high"), "number"),
    "change": "number",
    "npv_before": "number",
    "npv_after": "number",
    "case": "text",
    "new": "boolean",
    **dict.fromkeys(("rule", "proposal", "owner_role", "grade", "sources"), "text"),
}
"""`change` is found ÷ assumed − 1; `npv_before` the go-forward NPV as the case stands, `npv_after` with what was found;
`case` is still pays, no longer pays, did not pay before or cannot be computed; `new` whether it was not so at the last
run."""
WATCHED: Mapping[str, Kind] = {
    **dict.fromkeys(("initiative_id", "initiative", "subject", "counted_as"), "text"),
    **dict.fromkeys(
        ("assumed", "range_low", "range_high", "at_approval", "found", "found_low", "found_high"), "number"
    ),
    **dict.fromkeys(("state", "source"), "text"),
}
"""What has noise and is watched: `state` is inside, outside, or why it cannot be judged."""
RULED: Mapping[str, Kind] = {"kind": "text", "rule": "text", "proposal": "text", "owner_role": "text"}


class Drift(Result):
    """What drifted under the funded initiatives.

    Tables: `alarms` (one row each, those whose case no longer pays first), `watched` (every metric and assumption that
    is followed, also where nothing is wrong or nothing can be told), `rules` (what raises an alarm, what is proposed,
    who acts).
    """

    stage: ClassVar[str] = "govern"
    name: ClassVar[str] = "drift"

    currency: str = ""
    chance: float = 0.0
    """Chance that noise alone raises any alarm in this report, at most."""


def drift(
    tables: Tables,
    *,
    ledger: Result | None,
    ledger_before: Result | None = None,
    cases: Result | None = None,
    forecasts: Iterable[Any] = (),
    scorecard: Result | None = None,
    scorecard_before: Result | None = None,
    effects: Result | None = None,
    effects_before: Result | None = None,
    links: Result | None = None,
    links_before: Result | None = None,
) -> Drift:
    """Hold every funded, live initiative against what it was approved on and against the last published run.

    Results named ``_before`` are those of that run, None when there is none. `forecasts` are records as
    `history.Forecast` has them; of several on one initiative the latest counts. `ledger`, `cases`, `effects` and
    `links` are ``govern.ledger``, ``quantify.cases``, ``prove.experiments`` and ``govern.links``; `scorecard` lends its
    months. Without a funded initiative there is a gap.
    """
    approved = _latest([plain(f) for f in forecasts], tables.as_of.isoformat())
    funded = [row for row in records(ledger, "initiatives") if _funded(row, approved)]
    if not funded:
        reason = "No live initiative is funded, so no case can stop holding."
        needs = tables.lacking({"initiatives": ("initiative_id", "funded")}) or (
            Missing(name="initiatives", columns=("funded",), why="no live initiative says so"),
        )
        return Drift(
            as_of=tables.as_of,
            currency=tables.currency,
            gaps=(Gap(id="govern.drift.alarms", what="Early warning", reason=reason, needs=needs),),
        )
    written = {row["initiative_id"]: row for row in rows(tables, "initiatives")}
    about = [
        checks.About(row, written.get(row["initiative_id"], {}), approved.get(row["initiative_id"])) for row in funded
    ]
    book = Cases(cases)
    chance = alarms.share("drift")
    watched, raised = watch(tables, about, scorecard=scorecard, cases=book, chance=chance / 2)
    raised += checks.between_runs(
        about, ledger_before=ledger_before, effects=(effects, effects_before), links=(links, links_before)
    )
    raised += checks.of_today(tables, about, cases=book, chance=chance / 2)
    last = ledger_before.as_of if ledger_before is not None else None
    made = [_alarm(row, book, last) for row in raised]
    made.sort(key=_order)
    gaps = [_first_run()] if ledger_before is None else []
    return Drift(
        as_of=tables.as_of,
        currency=tables.currency,
        chance=chance,
        findings=tuple(findings(made, watched, funded=len(funded), currency=tables.currency)),
        gaps=tuple(gaps),
        tables={
            "alarms": table(made, ALARMS),
            "watched": table(watched, WATCHED),
            "rules": table(
                [
                    {"kind": k, "rule": r.when, "proposal": r.proposal, "owner_role": r.owner_role}
                    for k, r in RULES.items()
                ],
                RULED,
            ),
        },
    )


def _latest(forecasts: Sequence[Mapping[str, Any]], as_of: str) -> dict[str, Mapping[str, Any]]:
    ordered = sorted(forecasts, key=lambda f: (str(f["approved"]), str(f.get("forecast_id") or "")))
    return {f["initiative_id"]: f for f in ordered if str(f["approved"]) <= as_of}


def _funded(row: Row, approved: Mapping[str, Any]) -> bool:
    live = bool(row["live"])
    decided = row.get("decided")
    return (
        live
        and decided != "stop"
        and bool(row.get("funded") or decided in FUNDED_BY or row["initiative_id"] in approved)
    )


def _alarm(row: Row, book: Cases, last: Any) -> Row:
    """An alarm with its rule, what it does to the case, and whether it is new."""
    rule = RULES[row["kind"]]
    before, after = book.npv(row["initiative_id"]), None
    if row.get("ratio") is not None:
        after = book.redo(row["initiative_id"], row["ratio"], row.get("benefit_id"))
    assumed, found = row.get("assumed"), row.get("found")
    since = row.get("since")
    new = row.get("new")
    return {
        **{name: row.get(name) for name in ALARMS},
        "alarm_id": ":".join((row["kind"], row["initiative_id"], row.get("subject") or "")).rstrip(":"),
        "change": found / assumed - 1 if assumed and found is not None else None,
        "npv_before": before,
        "npv_after": after,
        "case": verdict(before, after),
        "new": new if new is not None else last is None or since is None or since > last,
        "rule": rule.when,
        "proposal": rule.proposal,
        "owner_role": rule.owner_role,
    }


def _order(row: Row) -> tuple[Any, ...]:
    cases = ("no longer pays", "cannot be computed", "still pays", "did not pay before")
    lost = (row["npv_before"] or 0.0) - (row["npv_after"] if row["npv_after"] is not None else row["npv_before"] or 0.0)
    return cases.index(row["case"]), -lost, list(RULES).index(row["kind"]), row["alarm_id"]


def _first_run() -> Gap:
    return Gap(
        id="govern.drift.alarms",
        what="What drifted between two runs",
        reason="This is the first run, or the first whose results were kept: owners, links and proof are not compared.",
        subject="between runs",
    )
