"""The alignment audit: what every level says about strategy, operations and culture, and where they disagree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cxkit.align import audit_sentences as words
from cxkit.align.audit_answers import NEEDS, UNSTATED, Wave, grid, waves
from cxkit.align.audit_gaps import compare, item_gaps
from cxkit.align.audit_groups import SMALLEST
from cxkit.align.audit_instrument import Instrument, instrument
from cxkit.align.audit_scores import Scored, group_rows, item_rows, scale_rows, score
from cxkit.align.reliability import cronbach
from cxkit.records import Gap, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, Row, table

_GROUP: Mapping[str, Kind] = {"group": "text", "team": "text", "level": "text", "hidden": "boolean", "n": "integer"}
_FIGURE: Mapping[str, Kind] = {"score": "number", "low": "number", "high": "number", "why_none": "text"}
SCALES: Mapping[str, Kind] = {
    **{"family": "text", "scale": "text", "name": "text", "items": "integer"},
    **_GROUP,
    **_FIGURE,
}
ITEMS: Mapping[str, Kind] = {
    **{"item_id": "text", "text": "text", "dimension": "text", "c": "text", "reversed": "boolean"},
    **_GROUP,
    **_FIGURE,
    **{"agree": "number", "agree_low": "number", "agree_high": "number"},
}
GROUPS: Mapping[str, Kind] = {**_GROUP, "items_hidden": "boolean"}
RELIABILITY: Mapping[str, Kind] = {
    **{"family": "text", "scale": "text", "name": "text", "items": "integer", "n": "integer"},
    **{"alpha": "number", "low": "number", "high": "number", "why_none": "text"},
}
GAPS: Mapping[str, Kind] = {
    **{"family": "text", "scale": "text", "name": "text", "items": "integer"},
    **{"higher": "text", "n_higher": "integer", "score_higher": "number"},
    **{"lower": "text", "n_lower": "integer", "score_lower": "number"},
    **{"difference": "number", "low": "number", "high": "number", "g": "number", "g_low": "number", "g_high": "number"},
    **{"p": "number", "adjusted": "number", "verdict": "text"},
}
ITEM_GAPS: Mapping[str, Kind] = {"item_id": "text", "text": "text", **GAPS}
CHANGES: Mapping[str, Kind] = {
    **{"family": "text", "scale": "text", "name": "text", "group": "text", "level": "text"},
    **{"before": "date", "now": "date", "n_before": "integer", "n_now": "integer", "n_both": "integer"},
    **{"change": "number", "low": "number", "high": "number", "why_none": "text"},
    **{"p": "number", "adjusted": "number", "verdict": "text"},
}
UNKNOWN: Mapping[str, Kind] = {"item_id": "text", "answers": "integer"}


class AlignmentAudit(Result):
    """What the latest wave says, by level and team, and what moved since the one before.

    Reads `audit` (respondent, team, level, wave, item_id, score). Tables, columns as in the constants of this module:
    `scales` (one row per scale and group; families overall, dimension, c, cell, cause, hurdle; groups all, level, team,
    crossing; scores 1 to 5), `items` (the same per item, reversed items turned round, with the share who agree),
    `groups`, `reliability` (Cronbach's alpha per scale), `gaps` (pairs of levels on dimensions and Cs), `item_gaps`
    (items behind the clear ones), `changes` (since the wave before) and `unknown` (item ids not in the instrument).

    A group that may not be shown keeps its row with `hidden` true and neither n nor figures. What is hidden does not
    follow from what is shown by subtraction (`cxkit.metrics.suppression.withheld`).
    """

    stage: ClassVar[str] = "align"
    name: ClassVar[str] = "audit"

    wave: str = ""
    """Day of the latest wave, ISO; empty without one."""
    respondents: int = 0
    """People who answered it; nought when they are too few to be counted aloud."""


def alignment_audit(tables: Tables) -> AlignmentAudit:
    """Score the latest wave of the alignment audit and compare levels, teams and waves.

    Respondents and not answers are averaged and counted: each person's own mean comes first. Intervals are for people
    like those who answered. Never raises on what people wrote; ids that are not in ``playbook/audit.yml`` are named.
    """
    known = instrument()
    found = waves(tables, known)
    answered = [w for w in found if len(w.answers.columns)]
    unknown = _unknown(found)
    if not answered or len(answered[-1].people) < SMALLEST:
        return AlignmentAudit(
            as_of=tables.as_of,
            findings=tuple(words.unknown(unknown, found)),
            gaps=(_nothing(tables, found, answered),),
            tables={"unknown": table(unknown, UNKNOWN)},
        )
    now = score(answered[-1], known)
    before = score(answered[-2], known) if len(answered) > 1 else None
    scales, groups = scale_rows(now, known), group_rows(now)
    gaps, changes = compare(now, before, known)
    inside = item_gaps(now, known, gaps)
    findings = [
        *words.overall(scales, known, now.wave),
        *words.perception(gaps, inside, now.wave),
        *words.changed(changes, now.wave),
        *words.causes(scales, known, now.wave),
        *words.hurdles(scales, known, now.wave),
        *words.withheld_groups(groups, now.wave),
        *words.unknown(unknown, found),
    ]
    reliability = _reliability(now, known)
    return AlignmentAudit(
        as_of=tables.as_of,
        findings=(*findings, *words.reliability(reliability, now.wave)),
        gaps=tuple(_gaps(tables, now, before, gaps)),
        wave=str(now.wave.day),
        respondents=len(now.wave.people),
        tables={
            "scales": table(scales, SCALES),
            "items": table(item_rows(now, known), ITEMS),
            "groups": table(groups, GROUPS),
            "reliability": table(reliability, RELIABILITY),
            "gaps": table(gaps, GAPS),
            "item_gaps": table(inside, ITEM_GAPS),
            "changes": table(changes, CHANGES),
            "unknown": table(unknown, UNKNOWN),
        },
    )


def _unknown(found: list[Wave]) -> list[Row]:
    counts: dict[str, int] = {}
    for wave in found:
        for id, n in wave.unknown.items():
            counts[id] = counts.get(id, 0) + n
    return [{"item_id": id, "answers": n} for id, n in sorted(counts.items())]


def _nothing(tables: Tables, found: list[Wave], answered: list[Wave]) -> Gap:
    """Why there is no audit."""
    if answered:
        reason = f"Fewer than {SMALLEST} people answered the latest wave."
    elif found:
        reason = "None of the answers is to an item of the instrument."
    else:
        reason = "Nobody has answered the alignment audit yet."
    what = "What people at every level say about alignment"
    return Gap(id="align.audit.overall", what=what, reason=reason, needs=tables.lacking(NEEDS))


def _gaps(tables: Tables, now: Scored, before: Scored | None, compared: list[Row]) -> list[Gap]:
    missing: list[Gap] = []
    if not compared:
        stated = set(now.wave.people["level"]) - {UNSTATED}
        reason = "The answers do not say at which level people work."
        if stated:
            reason = f"Fewer than two levels have {SMALLEST} people who may be shown."
        needs = () if stated else tables.lacking({"audit": ("level",)})
        what = "Whether levels see the organisation differently"
        missing.append(Gap(id="align.audit.gap", what=what, reason=reason, needs=needs))
    if not any(s.family == "overall" and now.wave.can_score(s) for s in instrument().scales):
        what, reason = "Alignment overall", "Fewer than half of the 24 core items were asked."
        missing.append(Gap(id="align.audit.overall", what=what, reason=reason))
    if before is None:
        missing.append(
            Gap(
                id="align.audit.change",
                what="Whether alignment moves",
                reason="There is one wave of the audit so far; a second one would show it.",
            )
        )
    return missing


def _reliability(now: Scored, known: Instrument) -> list[Row]:
    rows: list[Row] = []
    for scale in known.scales:
        if not now.wave.can_score(scale):
            continue
        found = cronbach(grid(now.wave, scale.items))
        rows.append(
            {
                **{"family": scale.family, "scale": scale.id, "name": scale.name},
                **{"items": len(now.wave.asked(scale.items)), "n": found.n, "alpha": found.value},
                **{"low": found.low, "high": found.high, "why_none": found.why_none},
            }
        )
    return rows
