"""What the taxonomy says: findings and gaps, one function per subject."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cxkit.formats import Unit, interval, listing, number, quantity
from cxkit.instrument.taxonomy_model import Judged
from cxkit.metrics.agreement import RELIABLE, TENTATIVE
from cxkit.metrics.estimates import MINIMUM_N, Estimate
from cxkit.records import Finding, Gap, Missing
from cxkit.tables.engine import Tables

NO_MONTH = "No complete month lies before the date of the report."
NEEDS_WORK = 0.1
"""Share without a code above which the frame needs work."""
WHATS = {
    "coverage": "Share of answers that fall under a theme",
    "loudest": "What unhappy customers write about",
    "reasons": "Share of tickets with a reason of the code frame",
    "new_term": "Words that are new",
    "agreement": "Agreement of the rules with people",
    "model": "A model of the themes",
    "frames": "Versions of the code frame",
    "masking": "What the masking of quotes misses",
}
OF_WORDS = ("coverage", "loudest", "new_term", "agreement", "masking")
CUSTOMARY = (
    "1 is full agreement, 0 what chance alone brings. "
    f"From {RELIABLE:g} on coding is customarily called reliable, from {TENTATIVE:g} on tentative (Krippendorff 2004)."
)
UNITS: Mapping[str, Unit] = {"nps": "nps", "csat": "ratio", "ces": "score"}
SCORES = {"nps": "NPS", "csat": "CSAT", "ces": "ease score"}


def gap(id: str, reason: str, needs: tuple[Missing, ...] = ()) -> Gap:
    """What could not be assessed."""
    return Gap(id=f"instrument.taxonomy.{id}", what=WHATS[id], reason=reason, needs=needs)


def _finding(id: str, title: str, **more: Any) -> Finding:
    return Finding.model_validate({"id": f"instrument.taxonomy.{id}", "stage": "instrument", "title": title, **more})


def coverage(under: Estimate, n: int, period: str) -> list[Finding]:
    """How much of what customers write the frame catches."""
    if under.value is None:
        return []
    short = under.low is None
    open_ = 1 - under.value
    title = f"{quantity(under.value, 'ratio')} of {n:,} answers in customers' own words fall under a theme"
    if not short and open_ > NEEDS_WORK:
        title += ", so the code frame needs work"
    if n < MINIMUM_N:
        title = f"{n:,} answers in customers' own words are too few to judge by ({MINIMUM_N} are needed)"
    return [
        _finding(
            "coverage",
            title,
            detail="Rules: a theme's terms, found as whole words. An answer may fall under several.",
            value=under.value,
            unit="ratio",
            low=under.low,
            high=under.high,
            about="the underlying share, customers resampled" if not short else under.why_none,
            n=n,
            period=period,
            sources=("surveys",),
            tone="unknown" if short else "bad" if open_ > NEEDS_WORK else "good",
        )
    ]


def loudest(themes: pd.DataFrame, n: int, period: str) -> list[Finding]:
    """The theme most unhappy customers write about."""
    rows = themes[themes["unhappy"] > 0].sort_values(["unhappy", "theme"], ascending=[False, True])
    if rows.empty or pd.isna(rows.iloc[0]["unhappy_low"]):
        return []
    row: Mapping[Any, Any] = rows.iloc[0].to_dict()
    metric = str(row["metric"])
    score = quantity(row["score"], UNITS[metric]) if metric and pd.notna(row["score"]) else ""
    detail = f"It is in {quantity(row['share'], 'ratio')} of all {n:,} answers"
    between = interval(row["low"], row["high"], "ratio") if pd.notna(row["low"]) else ""
    detail += f" ({between})" if between else ""
    detail += f"; their {SCORES[metric]} is {score}." if score else "."
    return [
        _finding(
            "loudest",
            f"“{row['name']}” is what unhappy customers write about most: {quantity(row['unhappy_share'], 'ratio')} of "
            "their answers",
            detail=detail,
            value=row["unhappy_share"],
            unit="ratio",
            low=row["unhappy_low"],
            high=row["unhappy_high"],
            about="the underlying share of unhappy answers, customers resampled",
            n=int(row["unhappy"]),
            period=period,
            sources=("surveys",),
            subject=str(row["theme"]),
            tone="bad",
        )
    ]


def reasons(rows: pd.DataFrame, unmapped: pd.DataFrame, n: int, period: str) -> list[Finding]:
    """Ticket reasons that have a code, and the largest that has none."""
    unclear = int(rows.loc[rows["code"] == "other.unclear", "tickets"].sum()) if len(rows) else 0
    without = int(unmapped["tickets"].sum()) if len(unmapped) else 0
    lost = without + unclear
    share = 1 - lost / n
    title = f"{quantity(share, 'ratio')} of {n:,} tickets have a reason that the code frame knows"
    detail = ""
    if len(unmapped):
        names = listing([f"“{r['reason']}” ({int(r['tickets']):,})" for r in unmapped.head(10).to_dict("records")])
        detail = f"Without a code: {names}. Map them in the client's taxonomy.yml."
    return [
        _finding(
            "reasons",
            title,
            detail=detail,
            value=share,
            unit="ratio",
            about="the whole of the window, exact",
            n=n,
            period=period,
            sources=("tickets",),
            tone="bad" if lost / n > NEEDS_WORK else "good" if not lost else "neutral",
        )
    ]


def _few(n: int) -> str:
    """A count of people, hidden below five as in every table."""
    return f"{n:,}" if n >= 5 or not n else "fewer than 5"


def new_term(terms: pd.DataFrame, looked: Mapping[str, int], period: str) -> list[Finding]:
    """Words that were not there before; one finding, about the strongest."""
    fresh = terms[terms["new"].astype(bool)] if len(terms) else terms
    sources = ("surveys",)
    if not looked["now"] or not looked["before"]:
        return []
    among = (
        f"{looked['looked']:,} words and pairs of words were looked at, and the bar is raised for so many looks (Holm)."
    )
    if fresh.empty:
        title = f"Customers use no words this quarter that are new beyond chance (0 of {looked['looked']:,})"
        more: dict[str, Any] = {"value": 0, "unit": "count", "tone": "neutral", "detail": among}
        return [_finding("new_term", title, n=looked["now"], period=period, sources=sources, **more)]
    row = fresh.iloc[0].to_dict()
    others = [f"“{t}”" for t in fresh["term"].iloc[1:]]
    where = "under no theme yet" if not row["theme"] else f"mostly under “{row.get('name') or row['theme']}”"
    detail = f"Before: {_few(int(row['before']))} of {looked['before']:,} customers. It falls {where}. {among}"
    if others:
        detail += f" Also new: {listing(others)}."
    title = f"“{row['term']}” is new: {int(row['now']):,} of {looked['now']:,} customers who wrote used it"
    return [
        _finding(
            "new_term",
            title,
            detail=detail,
            value=row["rate"],
            unit="ratio",
            about="counted, exact",
            n=looked["now"],
            period=period,
            sources=sources,
            subject=str(row["term"]),
            tone="bad" if not row["theme"] else "neutral",
        )
    ]


def agreement(rows: pd.DataFrame, by_code: pd.DataFrame, period: str) -> list[Finding]:
    """Each pair's kappa, alpha beside it where there is one."""
    out = []
    for row in rows.to_dict("records"):
        value, low = row["kappa"], row["kappa_low"]
        if pd.isna(value) or str(row["pair"]).startswith("model"):
            continue
        pair = str(row["pair"])
        rules = pair.startswith("rules")
        who = "The rules and the coders" if rules else f"Coders {pair.replace(' – ', ' and ')}"
        word = {"reliable": "reliably", "tentative": "tentatively", "not reliable": "too little"}[str(row["verdict"])]
        there = bool(pd.notna(low))
        title = f"{who} agree {word}: {number(value, 2)} beyond chance (kappa) over {int(row['n']):,} answers"
        if not there:
            title = f"{who} share {int(row['n']):,} answers, too few to judge by ({MINIMUM_N} are needed)"
        detail = CUSTOMARY
        if pd.notna(row["alpha"]):
            detail = detail + f" By a second measure (Krippendorff's alpha): {number(row['alpha'], 2)}."
        weak = by_code[(by_code["pair"] == pair) & by_code["low"].notna()].sort_values(["kappa", "code"])
        if len(weak) and float(weak["kappa"].iloc[0]) < TENTATIVE:
            worst = weak.iloc[0]
            detail += f" Weakest: “{worst['name']}” ({number(float(worst['kappa']), 2)})."
        out.append(
            _finding(
                "agreement",
                title,
                detail=detail,
                value=value,
                unit="none",
                low=row["kappa_low"] if there else None,
                high=row["kappa_high"] if there else None,
                about="Cohen's kappa of all answers of this kind, "
                + ("jackknife over answers" if rules else "large samples"),
                n=int(row["n"]),
                period=period,
                sources=("codings", "surveys"),
                subject=pair,
                tone="unknown"
                if not there
                else "good"
                if low >= TENTATIVE
                else "bad"
                if value < TENTATIVE
                else "neutral",
            )
        )
    return out


def agreement_gaps(tables: Tables) -> list[Gap]:
    """Why agreement could not be measured."""
    lacks = tables.lacking({"codings": ("response_id", "coder", "code")})
    reason = "Nobody has coded answers by hand." if lacks else "No coded answer has words and a code of today's frame."
    return [gap("agreement", reason, lacks)]


def model(judged: Judged) -> list[Finding]:
    """What the model gained over the rules."""
    if judged.gain is None or judged.gain_low is None or judged.gain_high is None:
        return []
    size = number(judged.gain, 2, signed=True)
    title = (
        f"A small model agrees better with the coders than the rules (kappa {size}) and gives the themes' second share"
        if judged.used
        else f"A small model does not beat the rules (kappa {size}), so the rules stand"
    )
    f1 = (
        f"F1 over {judged.codes} codes: model {number(judged.f1 or 0.0, 2)}, rules {number(judged.rules_f1 or 0.0, 2)}."
    )
    return [
        _finding(
            "model",
            title,
            detail=f"Judged on answers it had not seen. {f1}",
            value=judged.gain,
            unit="none",
            low=judged.gain_low,
            high=judged.gain_high,
            about="difference of kappas, jackknife over answers",
            n=judged.n,
            grade="D",
            sources=("codings", "surveys"),
            audience="team",
        )
    ]


def model_gap(judged: Judged) -> list[Gap]:
    """Why no model was fitted."""
    return [gap("model", judged.reason)] if judged.gain is None and judged.reason else []


def frames(rows: pd.DataFrame, breaks: pd.DataFrame, as_of: str) -> list[Finding]:
    """Which versions are in use, and where a series cannot be carried on."""
    counted = rows[(rows["source"] == "codings") & rows["rows"].notna()]
    versions = sorted({str(v) for v in rows["version"] if str(v) != "not said"})
    total = int(counted["rows"].sum()) if len(counted) else 0
    lost = int(counted[["split", "unknown"]].to_numpy().sum()) if len(counted) else 0
    split = int(counted["split"].sum()) if len(counted) else 0
    used = f"In use: {listing(versions)}." if versions else ""
    if lost:
        title = (
            f"{lost:,} of {total:,} codings are in codes that lead to no single code of today, so series break there"
        )
        names = listing([f"{r['code']} → {r['to']}" for r in breaks.to_dict("records")]) if len(breaks) else ""
        detail = f"Split: {split:,} ({names}). They are kept apart. {used}" if names else f"They are kept apart. {used}"
    elif len(versions) > 1:
        title = f"{len(versions)} versions of the code frame are in use ({listing(versions)})"
        detail = (
            "Every coding leads to one code of today by a bridge." if total else "What was coded where is not recorded."
        )
    else:
        title, detail = "One version of the code frame is in use wherever it is recorded", used
    return [
        _finding(
            "frames",
            title,
            detail=detail.strip(),
            value=lost / total if total else len(versions),
            unit="ratio" if total else "count",
            about="counted, exact",
            n=total or None,
            period=as_of,
            sources=tuple(s for s in ("codings", "systems") if s == "systems" or total),
            tone="bad" if lost else "neutral" if len(versions) > 1 else "good",
        )
    ]


def masking(rows: pd.DataFrame, period: str) -> list[Finding]:
    """How much of planted personal data can be read after masking."""
    whole = rows[(rows["what"] == "planted") & (rows["kind"] == "")].iloc[0]
    parts = rows[(rows["what"] == "planted") & (rows["kind"] != "") & (rows["hits"] > 0)]
    parts = parts.sort_values(["share", "kind", "shape"], ascending=[False, True, True])
    named = [f"{r['kind']} {r['shape']} ({quantity(r['share'], 'probability')})" for r in parts.to_dict("records")]
    n, hits = int(whole["n"]), int(whole["hits"])
    detail = f"What comes through: {listing(named)}. " if named else ""
    detail += "Kinds and shapes count alike. Quotes are taken from answers in which nothing had to be masked first."
    return [
        _finding(
            "masking",
            f"Of {n:,} personal values planted in sentences {quantity(float(whole['share']), 'ratio')} can be read "
            "after masking",
            detail=detail,
            value=float(whole["share"]),
            unit="ratio",
            low=float(whole["low"]),
            high=float(whole["high"]),
            about="values of these kinds and shapes",
            n=n,
            period=period,
            sources=("surveys",),
            audience="team",
            tone="good" if hits / n <= 0.01 else "neutral",
        )
    ]
