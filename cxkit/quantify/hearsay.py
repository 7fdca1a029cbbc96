"""The claim register: which hypotheses lean on statistics nobody can source, and what is expected beside what has been.

An expected effect is set beside the range that articles claim, and beside the client's own past: whether the metric has
ever moved so far within twelve months. Neither proves anything; both say what is to be explained before money is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

import pandas as pd

from cxkit.formats import listing
from cxkit.quantify.cases import BusinessCases
from cxkit.quantify.hearsay_claims import leans, register
from cxkit.quantify.hearsay_expected import compare
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables import sheets
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import short

LEANING = ("initiative", "name", "where", "row", "text", "claim", "says", "source", "how")
OVER = frozenset({"stopped", "done"})
HOW = {"id": "named by its id", "source": "its source is named", "figure": "the same figure for the same metric"}


class ClaimRegister(Result):
    """What circulates, who leans on it, and what is expected beside it and beside the client's past. Tables:

    - `claims`: claim, says, kind (effect, state), metric, unit, low, high, before, better, source, provenance
      (``unsourced``, all of them), leaned_on (texts that lean on it).
    - `leaning`: initiative (empty for a link between others), name, where (hypothesis, link, benefit), row, text,
      claim (empty where only the source is named), says, source, how.
    - `compared`: initiative, name, where (metric, benefit), row, metric, metric_name, change (in the metric's unit, of
      the whole), baseline, baseline_from, relative, claim, claimed_low, claimed_high, against_claim (below, inside,
      above), first, last, months, moves, largest (in the same direction), as_far, percentile, against_history (never,
      seen, cannot tell), why, tested (status of the link behind it, where that is more than a claim).
    """

    stage: ClassVar[str] = "quantify"
    name: ClassVar[str] = "claims"


def claim_register(tables: Tables, cases: BusinessCases) -> ClaimRegister:
    """Recognise circulating statistics in hypotheses, links and benefits, and weigh what is expected.

    A statistic is never used as a number of the client's. Initiatives that ended or were stopped are left out.
    """
    initiatives = {str(r["initiative_id"]): r for r in sheets.rows(tables, "initiatives")}
    live = {who: row for who, row in initiatives.items() if row["status"] not in OVER}
    leaning = pd.DataFrame(list(_leaning(tables, initiatives)), columns=list(LEANING))
    compared = compare(tables, cases, live)
    claims = pd.DataFrame(
        {
            "claim": c.id, "says": c.says, "kind": c.kind, "metric": c.metric, "unit": c.unit, "low": c.low,
            "high": c.high, "before": c.before, "better": c.better, "source": c.origin, "provenance": c.provenance,
            "leaned_on": int((leaning["claim"] == c.id).sum()),
        }
        for c in register()
    )  # fmt: skip
    claims[["high", "before"]] = claims[["high", "before"]].astype("float64")
    found = [*_leaning_findings(leaning, live), *_compared_findings(compared, cases)]
    made = {"claims": claims, "leaning": leaning, "compared": compared}
    return ClaimRegister(
        as_of=tables.as_of,
        findings=tuple(found),
        gaps=tuple(_gaps(tables, live, compared)),
        tables={name: table for name, table in made.items() if len(table)},
    )


def _leaning(tables: Tables, initiatives: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    """Every text that leans on something, claim by claim."""
    for who, where, row, text, driver in _texts(tables, initiatives):
        if who in initiatives and initiatives[who]["status"] in OVER:
            continue
        name = short(initiatives[who]["initiative"] or who, 60) if who in initiatives else ""
        for claim, origin, how in leans(text, driver=driver):
            says = claim.says if claim else ""
            yield who, name, where, row, short(text, 200), claim.id if claim else "", says, origin, HOW[how]


def _texts(tables: Tables, initiatives: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str, str]]:
    """Initiative, kind of text, row, text and (of a benefit) driver."""
    for who, row in initiatives.items():
        if row["hypothesis"]:
            yield who, "hypothesis", who, row["hypothesis"], ""
    for row in sheets.rows(tables, "links"):
        if row["note"]:
            start = str(row["from_id"])
            yield start if start in initiatives else "", "link", f"{start} → {row['to_id']}", row["note"], ""
    for row in sheets.rows(tables, "benefits"):
        for text in (row["source"], row["formula"]):
            if text:
                yield str(row["initiative_id"]), "benefit", str(row["benefit_id"]), text, row["driver"] or ""


def _leaning_findings(leaning: pd.DataFrame, live: Mapping[str, Any]) -> Iterator[Finding]:
    """One finding: how many initiatives lean on such a figure, or that none does."""
    written = [who for who, row in live.items() if row["hypothesis"]]
    who = [w for w in dict.fromkeys(leaning["initiative"]) if w]
    if leaning.empty and not written:
        return
    base: dict[str, Any] = {
        "id": "quantify.claims.leaning", "stage": "quantify", "value": len(who), "unit": "count", "n": len(live),
        "about": "no interval; a count of texts", "grade": "M", "sources": ("initiatives", "links", "benefits"),
    }  # fmt: skip
    if leaning.empty:
        count = f"None of the {len(written)} written hypotheses" if len(written) > 1 else "The one written hypothesis"
        verb = "leans" if len(written) > 1 else "does not lean"
        yield Finding(**base, title=f"{count} {verb} on a statistic that nobody can source", tone="good")
        return
    quoted = [s.rstrip(".") for s in dict.fromkeys(leaning["says"]) if s]
    detail = f"What they lean on: {'; '.join(quoted[:2])}." if quoted else "They name an article, not a measurement."
    names = listing([short(n, 40) for n in dict.fromkeys(leaning.loc[leaning["name"] != "", "name"])], most=3)
    if who:
        title = f"{len(who)} initiatives lean" if len(who) > 1 else "One initiative leans"
        title = f"{title} on a statistic that nobody can source: {names}"
    else:
        title = "A link between two metrics leans on a statistic that nobody can source"
    yield Finding(**base, title=title, detail=f"{detail} Such a figure is a reason to test, not to expect.", tone="bad")


def _compared_findings(compared: pd.DataFrame, cases: BusinessCases) -> Iterator[Finding]:
    """Who expects more than any year has shown, and who more than even articles claim; but for what was tested."""
    stake = _stakes(cases)
    untested = compared[compared["tested"] == ""]
    unseen = untested[untested["against_history"] == "never"]
    for who, rows in unseen.groupby("initiative", sort=False):
        # of several the one that lies furthest beyond the past
        beyond = rows["change"].abs() - rows["largest"]
        most = int((beyond / rows["change"].abs()).to_numpy().argmax())
        yield _beyond(rows.iloc[most], stake.get(str(who), 0.0))
    above = untested[untested["against_claim"] == "above"].drop_duplicates("initiative")
    if len(above):
        names = listing([short(n, 40) for n in above["name"]], most=3)
        verb = "expect" if len(above) > 1 else "expects"
        first = above.iloc[0]
        yield Finding(
            id="quantify.claims.above_claimed",
            stage="quantify",
            title=f"{names} {verb} a larger change than even the statistics that circulate",
            detail=f"{short(first['name'], 40)}: {_percent(first['relative'])} against "
            f"{_between(first['claimed_low'], first['claimed_high'])}, which nobody can source.",
            value=len(above),
            unit="count",
            about="no interval; a count of expectations",
            n=int((compared["against_claim"] != "").sum()),
            grade="E",
            sources=("initiatives", "benefits", "metric_values"),
            tone="bad",
            weight=sum(stake.get(str(w), 0.0) for w in above["initiative"]),
        )


def _beyond(row: pd.Series, stake: float) -> Finding:
    name, metric = short(row["name"], 50), short(row["metric_name"], 50)
    way, past = ("rise", "risen") if row["change"] > 0 else ("fall", "fallen")
    size = _digits(abs(row["change"]), row["largest"])
    share = f" ({_percent(row['relative'])})" if pd.notna(row["relative"]) and row["metric"] != "grr" else ""
    most = f"never {past} within twelve months" if not row["largest"] else f"{past} by {size[1]} at most"
    return Finding(
        id="quantify.claims.beyond_history",
        stage="quantify",
        initiative=str(row["initiative"]),
        subject=str(row["row"]),
        title=f"{name} expects more than any twelve months of the client's own history have shown",
        detail=f"{metric} should {way} by {size[0]}{share}; it has {most}, in {row['moves']:.0f} overlapping spans of "
        f"twelve months up to {row['last']}. That it never did is no proof that it cannot.",
        value=float(row["change"]),
        unit="none",
        about="no interval; a stated expectation beside past moves",
        n=int(row["moves"]),
        period=f"{row['first']} to {row['last']}",
        grade="E",
        sources=("initiatives" if row["where"] == "metric" else "benefits", str(row["history_from"])),
        tone="bad",
        weight=stake,
    )


def _stakes(cases: BusinessCases) -> dict[str, float]:
    """Yearly cash an initiative claims."""
    if not cases.has("cases"):
        return {}
    frame = cases.frame("cases").fillna({"yearly_benefit": 0.0})
    return {str(i): max(float(v), 0.0) for i, v in zip(frame["initiative"], frame["yearly_benefit"], strict=True)}


def _digits(one: float, other: float) -> tuple[str, str]:
    """Two figures of one unit with as many digits as tell them apart.

    >>> _digits(0.05, 0.021), _digits(12.0, 3.44)
    (('0.05', '0.021'), ('12', '3.44'))
    """
    return f"{one:,.3g}", f"{other:,.3g}"


def _percent(share: float) -> str:
    return f"{abs(share) * 100:.0f} %"


def _between(low: float, high: float) -> str:
    ends = sorted((abs(low), abs(high)))
    return _percent(ends[0]) if ends[0] == ends[1] else f"{ends[0] * 100:.0f} to {_percent(ends[1])}"


def _gaps(tables: Tables, live: Mapping[str, Any], compared: pd.DataFrame) -> Iterable[Gap]:
    found: list[Gap] = []
    if not any(row["hypothesis"] for row in live.values()):
        needs = Missing(name="initiatives", columns=("hypothesis",))
        reason = "No initiative says why it should work."
        found.append(Gap(id="quantify.claims.leaning", what="What hypotheses lean on", reason=reason, needs=(needs,)))
    told = compared[compared["against_history"] != "cannot tell"]
    if told.empty:
        needs = Missing(name="metric_values", columns=("metric_id", "month", "value"), why="three years of months")
        reason = "No expected change can be set beside three years of its own metric."
        if compared.empty:
            needs = Missing(name="initiatives", columns=("metric_id", "expected_change"))
            reason = "No initiative says which metric should move, and how far."
        what = "Expected effects against the client's own past"
        found.append(Gap(id="quantify.claims.beyond_history", what=what, reason=reason, needs=(needs,)))
    return found
