"""The sentences about metrics in conflict. A declared conflict is what people say; a measured one is no cause."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cxkit.align.sentences import plural, say
from cxkit.formats import listing, money, number, quantity
from cxkit.records import Finding
from cxkit.tables.sheets import Row, short

MOST = 3
"""Findings of one kind; the rest stands in the table."""
SHARE = frozenset({"share", "ratio", "%", "percent"})
SHEETS = ("metrics", "links")
DECLARED = "declared, not tested; without an interval"
CORRELATION = (
    "how closely the two move inside a segment, from −1 to 1; months drawn again, for every lag searched at once"
)
SIDE_BY_SIDE = "The two move side by side; what moves them is not known."


def named(text: str | None, most: int = 60) -> str:
    """A metric's name for a sentence, in quotation marks.

    >>> named("New contracts")
    '“New contracts”'
    """
    return f"“{short(text, most)}”"


def declared(order: Sequence[Row], measured: Sequence[Row], currency: str) -> list[Finding]:
    """The heaviest conflicts in which somebody is paid, from ranked rows."""
    seen = {row["pair"]: row for row in measured}
    return [_declared(row, seen.get(row["pair"]), currency) for row in order if row["kind"] != "not paid"][:MOST]


def _declared(row: Row, months: Row | None, currency: str) -> Finding:
    team, first, second = short(row["from_team"] or "A team", 32), named(row["from_metric"]), named(row["to_metric"])
    title = f"{team} is paid {quantity(row['from_weight'], 'probability')} on {first}, which works against {second}"
    match row["kind"]:
        case "paid against nobody":
            title += ", on which nobody is paid" if row["to_weight"] is not None else ", on which no pay is stated"
        case "paid both ways":
            title += f", on which it is paid {quantity(row['to_weight'], 'probability')} too"
        case _:
            other = short(row["to_team"] or "another team", 32)
            title += f", on which {other} is paid {quantity(row['to_weight'], 'probability')}"
    detail = []
    if row["at_stake"] is not None:
        title += f"; {money(row['at_stake'], currency)} a year is at stake"
        detail.append(f"At stake: {row['at_stake_rule']}.")
    if row["to_needed"]:
        n = len((row["to_kr_ids"] or "").split("; "))
        detail.append(f"{plural(n, 'key result depends', 'key results depend')} on {second}.")
    detail.append("Shares are of variable pay. That one works against the other is declared, not proven.")
    if months is not None:
        detail.append(_in_months(months))
    return say(
        "conflict.declared",
        title,
        detail=" ".join(detail),
        value=row["at_stake"],
        unit="none" if row["at_stake"] is None else "money",
        currency="" if row["at_stake"] is None else currency,
        about=DECLARED,
        grade="E",
        sources=(*SHEETS, "goals", "key_results", "benefits"),
        subject=row["pair"],
        tone="bad",
        weight=row["weighted"] or 0.0,
    )


def _in_months(row: Row) -> str:
    match row["verdict"]:
        case "against":
            return f"In {row['months']} months they did move against each other."
        case "together":
            return f"In {row['months']} months they moved together all the same."
        case "not clear":
            return f"In {row['months']} months no relation is clear."
        case _:
            return f"The months cannot show it: {row['why']}."


def pay(incentives: Sequence[Row]) -> list[Finding]:
    """Whether pay follows what the goals need; nothing without a single weight."""
    paid = [row for row in incentives if (row["weight"] or 0) > 0]
    metrics = {row["metric_id"]: row for row in incentives}
    if not paid:
        return []
    found = []
    key = {id: row for id, row in metrics.items() if row["kr_ids"]}
    bare = [row for row in key.values() if not row["weight"]]
    if key:
        names = listing([named(row["metric"], 40) for row in bare], most=3)
        carry = "carries" if len(bare) == 1 else "carry"
        title = f"{len(bare)} of {plural(len(key), 'metric')} behind the goals' key results {carry} no pay: {names}"
        if not bare:
            title = f"Somebody is paid on each of the {len(key)} metrics behind the goals' key results"
        teams = {row["team"] for row in paid if not row["needed"] and row["team"]}
        rest = f" Meanwhile {plural(len(teams), 'team')} {'is' if len(teams) == 1 else 'are'} paid on figures that"
        detail = "A metric counts when a drawn line leads from it to a key result."
        found.append(
            say(
                "conflict.unpaid",
                title,
                detail=detail + (f"{rest} lead to no goal." if teams and bare else ""),
                value=len(bare) / len(key),
                unit="ratio",
                n=len(key),
                sources=(*SHEETS, "key_results"),
                tone="bad" if bare else "good",
            )
        )
    teams_paid = sorted({row["team"] for row in paid if row["team"]})
    useful = {row["team"] for row in paid if row["needed"] and row["kind"] != "activity"}
    lonely = [team for team in teams_paid if team not in useful]
    if lonely:
        verb = "is" if len(lonely) == 1 else "are"
        names = listing([short(team, 32) for team in lonely])
        what = listing(
            [f"{named(r['metric'], 40)} ({short(r['team'], 32)})" for r in paid if r["team"] in lonely], most=4
        )
        found.append(
            say(
                "conflict.own_silo",
                f"{len(lonely)} of {plural(len(teams_paid), 'team')} with variable pay {verb} paid only on "
                f"{'its' if len(lonely) == 1 else 'their'} own activity or on figures no goal needs: {names}",
                detail=f"{'It is' if len(lonely) == 1 else 'They are'} paid on {what}.",
                value=len(lonely) / len(teams_paid),
                unit="ratio",
                n=len(teams_paid),
                sources=(*SHEETS, "key_results"),
                tone="bad",
            )
        )
    return [*found, *_shared(metrics)]


def _shared(metrics: dict[str, Row]) -> list[Finding]:
    owned = [row for row in metrics.values() if row["teams"]]
    if not owned:
        return []
    shared = [row for row in owned if row["teams"] > 1]
    title = f"{len(shared)} of {plural(len(owned), 'metric')} is shared by two or more teams"
    if len(shared) > 1:
        title = title.replace(" is ", " are ")
    if not shared:
        title = f"None of the {len(owned)} metrics is shared by two teams: each team is measured on its own part only"
    return [
        say(
            "conflict.shared",
            title,
            detail="A metric is shared when the list of metrics names several teams for it.",
            value=len(shared) / len(owned),
            unit="ratio",
            n=len(owned),
            sources=("metrics",),
            tone="neutral" if shared else "bad",
        )
    ]


def measured(rows: Sequence[Row], order: Sequence[Row], currency: str) -> list[Finding]:
    """Named pairs that move against each other, the heaviest first; a reversed one has a finding of its own."""
    weights = {row["pair"]: row["weighted"] or 0.0 for row in order}
    against = sorted(
        (r for r in rows if r["verdict"] == "against" and not r["reversal"]),
        key=lambda r: (-weights.get(r["pair"], 0.0), r["value"]),
    )
    return [_measured(row, weights.get(row["pair"], 0.0)) for row in against[:MOST]]


def _measured(row: Row, weight: float) -> Finding:
    first, second = named(row["from_metric"]), named(row["to_metric"])
    side = "above" if row["swing"] > 0 else "below"
    way = "higher" if row["change"] > 0 else "lower"
    later = "in the same month" if row["lag"] == 0 else f"{plural(row['lag'], 'month')} later"
    said = "Although one is meant to help the other, " if row["effect"] == "helps" else ""
    moved, followed = amount(row["swing"], row["from_unit"]), amount(row["change"], row["to_unit"])
    title = (
        f"{said}{first} and {second} move against each other: when the first is {moved} {side} its usual level, "
        f"the second tends to be {followed} {way} {later}"
    )
    return say(
        "conflict.measured",
        title,
        detail=f"{_span(row)} Each segment is compared with its own season and trend. {SIDE_BY_SIDE}",
        value=row["value"],
        unit="none",
        low=row["low"],
        high=row["high"],
        about=CORRELATION,
        n=row["months"] * row["segments"],
        period=_period(row),
        sources=("links", "metrics", *(row["sources"] or "").split("; ")),
        subject=row["pair"],
        tone="bad",
        weight=weight,
    )


def reversals(rows: Sequence[Row]) -> list[Finding]:
    """Named pairs whose relation over all segments is the opposite of the one inside them."""
    found = []
    for row in [r for r in rows if r["reversal"]][:MOST]:
        first, second = named(row["from_metric"]), named(row["to_metric"])
        over, inside = (("improve together", "against each other"), ("move against each other", "together"))[
            row["value"] > 0
        ]
        found.append(
            say(
                "conflict.reversal",
                f"Read over all segments, {first} and {second} {over}; inside each of the {row['segments']} segments "
                f"they tend to move {inside}, so the overall figure misleads",
                detail=f"{_span(row)} On a scale from −1 (one improves as the other gets worse) to 1 (both improve "
                f"together) they stand at {number(row['value'], 2)} inside segments and at "
                f"{number(row['pooled'], 2)} over all. {SIDE_BY_SIDE}",
                value=row["value"],
                unit="none",
                low=row["low"],
                high=row["high"],
                about=CORRELATION,
                n=row["months"] * row["segments"],
                period=_period(row),
                sources=("links", "metrics", *(row["sources"] or "").split("; ")),
                subject=row["pair"],
                tone="bad",
            )
        )
    return found


def amount(value: float, unit: str | None) -> str:
    """A size without its sign, in a unit people wrote; a share in points.

    >>> amount(-0.0213, "share"), amount(0.353, "visits"), amount(1234.5, None)
    ('2.1 points', '0.35 visits', '1,234')
    """
    size = abs(value)
    if (unit or "").lower() in SHARE:
        return quantity(size if unit and unit.lower() in {"share", "ratio"} else size / 100, "points")
    digits = 0 if size >= 100 else 1 if size >= 10 else 2
    words = re.sub(r"\\s+", " ", short(unit, 24)) if unit else ""
    return f"{number(size, digits)} {words}".strip()


def _span(row: Row) -> str:
    segments = "one series" if row["segments"] == 1 else f"{row['segments']} segments"
    return f"{row['months']} months of {segments}."


def _period(row: Row) -> str:
    return f"{row['first_month']:%Y-%m} to {row['last_month']:%Y-%m}"
