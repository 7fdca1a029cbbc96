"""What plays found, in sentences: today's work and its money, what is overdue, and which trigger finds whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cxkit import formats
from cxkit.formats import listing, money, quantity
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.orchestrate.plays_backtest import LEAST_TRUE
from cxkit.orchestrate.plays_book import Play
from cxkit.records import Finding, Gap, Missing
from cxkit.tables.engine import Tables

WHAT = {
    "today": "Actions that plays call for today",
    "backtest": "Plays tried on the past",
}
SOURCES = ("accounts", "surveys", "tickets", "events", "moments", "backlog", "revenue")
ASSOCIATION = (
    "This says whom the trigger finds, not what the play would change; that is a hypothesis until it is tested."
)


@dataclass
class Seen:
    """What was met with one play."""

    play: Play
    lacks: tuple[Missing, ...] = ()
    untold: tuple[Missing, ...] = ()
    young: bool = False


def sentences(
    tables: Tables, seen: Sequence[Seen], held: Mapping[str, pd.DataFrame], *, tried: bool
) -> tuple[tuple[Finding, ...], tuple[Gap, ...]]:
    """Findings and gaps of a result."""
    findings: list[Finding] = []
    gaps: list[Gap] = []
    if not seen:
        return (), (Gap(id="orchestrate.plays.today", what=WHAT["today"], reason="The book holds no play."),)
    table = held["plays"]
    ready = table[table["why_not"] == ""]
    if ready.empty:
        gaps.append(Gap(id="orchestrate.plays.today", what=WHAT["today"], reason="No play's tables were supplied."))
    else:
        findings += _today(tables, ready)
    if "backtest" in held:
        findings += _tested(tables, held["backtest"])
    gaps += _gaps(seen, tried=tried)
    return tuple(findings), tuple(gaps)


def _sources(tables: Tables) -> tuple[str, ...]:
    return tuple(t for t in SOURCES if t in tables.present)


def _today(tables: Tables, ready: pd.DataFrame) -> list[Finding]:
    total = int(ready["raised"].fillna(0).sum())
    people = ready[ready["about"].isin(["account", "answer", "ticket"])]
    live = ready[ready["raised"].fillna(0) > 0]
    common: dict[str, Any] = {"stage": "orchestrate", "period": str(tables.as_of), "sources": _sources(tables)}
    common |= {"about": "counted, exact"}
    plural = "action" if total == 1 else "actions"
    by_role = live.groupby("owner_role")["raised"].sum().sort_values(ascending=False, kind="stable")
    who = listing([f"{role} {int(n):,}" for role, n in by_role.items()])
    made = [
        Finding.model_validate(
            {
                **common,
                "id": "orchestrate.plays.today",
                "title": f"{len(live)} of {len(ready)} plays call for {total:,} {plural} today"
                if total
                else f"None of {len(ready)} plays calls for anything today",
                "detail": f"By owner: {who}. The lists lie beside the report." if total else "",
                "value": total,
                "unit": "count",
                "n": len(ready),
            }
        )
    ]
    for row in live.sort_values(["money", "play"], ascending=[False, True], na_position="last").to_dict("records"):
        made.append(_play(tables, row, common))
    told = people[people["overdue"].notna()]
    if len(told):
        late, of = int(told["overdue"].sum()), int(told["raised"].sum())
        names = told[told["overdue"] > 0].sort_values(["overdue", "play"], ascending=[False, True])
        said = listing([f"{n} {int(x):,}" for n, x in zip(names["name"], names["overdue"], strict=True)])
        made.append(
            Finding.model_validate(
                {
                    **common,
                    "id": "orchestrate.plays.overdue",
                    "title": f"{late:,} of {of:,} open actions are past the time their play allows"
                    if of
                    else "No action of a play is open",
                    "detail": (f"{said}. " if said else "")
                    + "Counted where the data shows work not done: an answer nobody called back, an open ticket.",
                    "value": late,
                    "unit": "count",
                    "n": of,
                    "tone": "bad" if late else "neutral",
                }
            )
        )
    return made


def _play(tables: Tables, row: Mapping[Any, Any], common: Mapping[str, Any]) -> Finding:
    raised, worth = int(row["raised"]), row["money"]
    known = worth is not None and not pd.isna(worth) and worth > 0
    one = {"account": "customer", "answer": "answer", "ticket": "ticket", "moment": "moment", "reason": "reason"}
    noun = one.get(str(row["about"]), "table")
    title = f"“{row['name']}” names {raised:,} {noun if raised == 1 else noun + 's'} today"
    if known:
        title += f", with {money(float(worth), tables.currency)} a year at stake"
    detail = f"Trigger: {row['trigger']}. {row['owner_role']} within {hours(float(row['sla_hours']))}."
    if noun not in {"moment", "reason", "table"} and known:
        detail += " At stake is the yearly recurring revenue of these customers, not what acting would save."
    return Finding.model_validate(
        {
            **common,
            "id": "orchestrate.plays.raised",
            "subject": str(row["play"]),
            "title": title,
            "detail": detail,
            "value": raised,
            "unit": "count",
            "n": None if pd.isna(row["accounts"]) else int(row["accounts"]),
            "tone": "neutral",
        }
    )


def _tested(tables: Tables, table: pd.DataFrame) -> list[Finding]:
    judged = table[table["verdict"] != "too few"]
    made = [_backtest(tables, row) for row in table.to_dict("records")]
    better = judged[judged["holds"].astype(bool) & judged["lift"].notna()]
    first = better.sort_values(["lift", "play"], ascending=[False, True])
    common: dict[str, Any] = {"stage": "orchestrate", "sources": _sources(tables), "grade": "D", "n": len(judged)}
    if len(first):
        row = first.iloc[0]
        span = formats.interval(row["lift_low"], row["lift_high"], "multiple")
        made.insert(
            0,
            Finding.model_validate(
                {
                    **common,
                    "id": "orchestrate.plays.best",
                    "subject": str(row["play"]),
                    "title": f"“{row['name']}” finds whom it looks for best: {quantity(row['precision'], 'ratio')} "
                    f"of its alarms came true, {quantity(row['lift'], 'multiple')} as many as of the plain rule",
                    "detail": f"The plain rule is: {row['baseline_rule']}. It holds with all {len(judged)} plays "
                    f"tried allowed for; being the largest of them flatters the figure. {ASSOCIATION}",
                    "value": float(row["lift"]),
                    "unit": "multiple",
                    "low": _number(row["lift_low"]),
                    "high": _number(row["lift_high"]),
                    "n": int(row["raised"]),
                    "period": f"{row['first'][:7]} to {row['last'][:7]}",
                    "about": "the underlying ratio of precisions, accounts resampled" if span else "no interval",
                    "tone": "neutral",
                }
            ),
        )
    idle = judged[judged["verdict"] != "better"]
    if len(judged):
        names = listing([f"“{n}”" for n in idle["name"]])
        title = (
            f"{len(idle)} of {len(judged)} plays that could be tried did no better than their plain rule"
            if len(idle)
            else f"All {len(judged)} plays that could be tried beat their plain rule"
        )
        made.insert(
            min(len(made), 1),
            Finding.model_validate(
                {
                    **common,
                    "id": "orchestrate.plays.no_better",
                    "title": title,
                    "detail": (
                        f"{names}: the interval of the difference holds zero, or lies below it. " if len(idle) else ""
                    )
                    + ASSOCIATION,
                    "value": len(idle),
                    "unit": "count",
                    "about": "counted, exact",
                    "tone": "neutral",
                }
            ),
        )
    return made


def _backtest(tables: Tables, row: Mapping[Any, Any]) -> Finding:
    raised, true = int(row["raised"]), int(row["true"])
    few = row["verdict"] == "too few"
    verdict = {
        "better": "more often than under the plain rule",
        "no better": "no better than the plain rule",
        "worse": "less often than under the plain rule",
    }
    base = _number(row["baseline_precision"])
    if few and raised < MINIMUM_N:
        title = f"“{row['name']}” would have raised {raised:,} alarms in {int(row['months'])} months; {MINIMUM_N} are needed to judge it by"  # fmt: skip # noqa: E501
    elif few and true + int(row["baseline_true"]) < LEAST_TRUE:
        title = f"“{row['name']}” would have raised {raised:,} alarms; too little of what it looks for happened to judge it by"  # fmt: skip # noqa: E501
    elif few:
        title = f"“{row['name']}” would have raised {raised:,} alarms; its plain rule raised too few to compare"
    else:
        against = f" against {quantity(base, 'ratio')}" if base is not None else ""
        title = (
            f"“{row['name']}” would have raised {raised:,} alarms, {quantity(float(row['precision']), 'ratio')} of "
            f"them true{against}: {verdict[row['verdict']]}"
        )
    early = _number(row["early_median"])
    parts = [
        f"True means that the customer {row['truth']}: {true:,} did.",
        f"The plain rule: {row['baseline_rule']}.",
        f"Half of the true alarms came {quantity(early, 'days')} or more before." if early is not None else "",
        f"Of {int(row['happened']):,} such events {int(row['caught']):,} had been on the list."
        if row["happened"]
        else "",
        f"{int(row['no_account']):,} alarms without a customer are left out." if row["no_account"] else "",
        ASSOCIATION,
    ]
    low, high = (None, None) if few else (_number(row["difference_low"]), _number(row["difference_high"]))
    return Finding(
        id="orchestrate.plays.backtest",
        stage="orchestrate",
        subject=str(row["play"]),
        title=title,
        detail=" ".join(filter(None, parts)),
        value=_number(row["difference"]),
        unit="points",
        low=low,
        high=high,
        about="precision less that of the plain rule, paired by account, accounts resampled"
        if low is not None
        else f"fewer than {MINIMUM_N} alarms or 10 accounts",
        n=raised,
        period=f"{row['first'][:7]} to {row['last'][:7]}",
        grade="D",
        sources=_sources(tables),
        tone="unknown" if low is None else "good" if row["verdict"] == "better" else "neutral",
    )


def _gaps(seen: Sequence[Seen], *, tried: bool) -> list[Gap]:
    made = []
    for one in seen:
        what, who = f"Play “{one.play.name}”", one.play.id
        if one.lacks:
            made.append(Gap(id="orchestrate.plays.raised", what=what, reason="Its trigger needs tables that are not there.", needs=one.lacks, subject=who))  # fmt: skip # noqa: E501
        elif tried and one.untold:
            made.append(Gap(id="orchestrate.plays.backtest", what=f"{what} tried on the past", reason="It cannot be told whether its alarms came true.", needs=one.untold, subject=who))  # fmt: skip # noqa: E501
        elif tried and one.young:
            made.append(Gap(id="orchestrate.plays.backtest", what=f"{what} tried on the past", reason="The tables do not reach back far enough for one list to be judged.", subject=who))  # fmt: skip # noqa: E501
    return made


def hours(value: float) -> str:
    """A play's time limit in words.

    >>> hours(48), hours(336), hours(1.5)
    ('48 hours', '14 days', '1.5 hours')
    """
    if value >= 72 and value % 24 == 0:
        return f"{value / 24:,.0f} days"
    return f"{value:g} hour{'' if value == 1 else 's'}"


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
