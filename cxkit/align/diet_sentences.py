"""The sentences of the metric diet. A score that predicts is no cause; one that does not may still be worth asking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cxkit.align.sentences import plural, say
from cxkit.formats import listing, number, quantity
from cxkit.records import Finding, Gap
from cxkit.tables.sheets import Row, short

TOO_MANY, PER_KEY_RESULT, TOO_FEW = 20, 5, 3
"""More metrics than this, or more per key result, are too many; fewer than this too few. Our rule, for discussion."""
HALF = 0.5
FEWEST_KEY_RESULTS = 3
CHURN = "difference in leaving between the worse and the better end, customers resampled, this test alone"
CONTACTS = "difference in later contacts per customer between the worse and the better end, customers resampled"
SOURCES: Mapping[str, tuple[str, ...]] = {
    "nps": ("surveys", "accounts", "revenue"),
    "csat": ("surveys", "accounts", "revenue"),
    "ces": ("surveys", "accounts", "revenue"),
    "contacts": ("tickets", "accounts", "revenue"),
    "recontact": ("tickets", "accounts", "revenue"),
    "sla": ("tickets", "moments", "calendars", "accounts", "revenue"),
}
KINDS: Mapping[str, str] = {"business": "the business", "cx_outcome": "what customers feel or do"}


def count(shown: Sequence[Row], key_results: int) -> list[Finding]:
    """How many metrics there are, and whether that is much or little."""
    if not shown:
        return []
    idle = [row for row in shown if row["advice"] == "drop or justify"]
    absent = [words for kind, words in KINDS.items() if not any(row["kind"] == kind for row in shown)]
    n = len(shown)
    many = n > TOO_MANY or bool(key_results and n > PER_KEY_RESULT * key_results)
    few = n < TOO_FEW or (bool(absent) and any(row["kind"] for row in shown))
    head = f"{plural(n, 'metric')} {'is' if n == 1 else 'are'} tracked"
    head += f" for {plural(key_results, 'key result')}" if key_results else ""
    if idle:
        names = listing([f"“{short(row['metric'], 40)}”" for row in idle], most=3)
        verb = "serves" if len(idle) == 1 else "serve"
        title = f"{head}; {len(idle)} of them {verb} neither a decision nor a goal: {names}"
    else:
        title = f"{head}; each serves a decision or a goal"
    detail = []
    if many:
        detail.append(f"That is too many: more than {TOO_MANY}, or more than {PER_KEY_RESULT} per key result.")
    if few:
        says = f"none measures {listing(absent)}" if absent else f"fewer than {TOO_FEW}"
        detail.append(f"That is too few: {says}.")
    tone = "bad" if many or few or idle else "good"
    return [say("diet.count", title, detail=" ".join(detail), value=n, unit="count", n=n, sources=_SHEETS, tone=tone)]


def unanswered(shown: Sequence[Row], answers: Mapping[str, tuple[str, str]]) -> list[Finding]:
    """Metrics of which somebody should say why, who, what for or whose."""
    asked = {words: [r for r in shown if r[has] is False] for has, words in answers.values()}
    blank = [row for row in shown if row["missing"]]
    if not shown or all(row[has] is None for row in shown for has, _ in answers.values()):
        return []
    if not blank:
        title = f"Each of the {len(shown)} metrics has a reason, a user, a decision and an owner"
        return [say("diet.unanswered", title, value=0.0, unit="ratio", n=len(shown), sources=("metrics",), tone="good")]
    parts = [f"{words} ({len(missing)})" for words, missing in asked.items() if missing]
    names = listing([f"“{short(row['metric'], 40)}”" for row in blank], most=3)
    what = "it is" if len(blank) == 1 else "they are"
    title = f"{len(blank)} of {plural(len(shown), 'metric')} cannot say what {what} for: {names}"
    return [
        say(
            "diet.unanswered",
            title,
            detail=f"Missing: {listing(parts)}.",
            value=len(blank) / len(shown),
            unit="ratio",
            n=len(shown),
            sources=("metrics",),
            tone="bad",
        )
    ]


def single(shown: Sequence[Row], key_results: Sequence[Row]) -> list[Finding]:
    """Dependence on one metric: most key results, or most of the pay."""
    measured = [kr["metric_id"] for kr in key_results if kr["metric_id"]]
    names = {row["metric_id"]: row["metric"] for row in shown}
    if len(measured) >= FEWEST_KEY_RESULTS:
        top = max(sorted(set(measured)), key=measured.count)
        share = measured.count(top) / len(measured)
        if share > HALF:
            title = (
                f"“{short(names.get(top) or top, 48)}” alone measures {measured.count(top)} of "
                f"{plural(len(measured), 'key result')}: one score carries the plan"
            )
            return [_dependent(title, share, len(measured), top)]
    paid = [row for row in shown if (row["weight"] or 0) > 0]
    total = sum(row["weight"] for row in paid)
    if len({row["owner_team"] for row in paid}) > 1:
        heaviest = max(paid, key=lambda r: (r["weight"], r["metric_id"]))
        share = heaviest["weight"] / total
        if share > HALF:
            title = (
                f"“{short(heaviest['metric'], 48)}” carries {quantity(share, 'probability')} of all variable pay "
                "weights: pay depends on one score"
            )
            return [_dependent(title, share, len(paid), heaviest["metric_id"])]
    return []


def _dependent(title: str, share: float, n: int, metric: str) -> Finding:
    detail = "Whatever that score does not see, nobody will look after."
    return say(
        "diet.single", title, detail=detail, value=share, unit="ratio", n=n, subject=metric, sources=_SHEETS, tone="bad"
    )


def redundant(same: Sequence[Row]) -> list[Finding]:
    """Groups of metrics of which one would do."""
    found = []
    for row in same[:3]:
        names = listing([f"“{short(name, 40)}”" for name in row["metrics"].split("; ")])
        if row["how"] == "months":
            title = f"{names} move as one: for {row['months']} months they have said the same"
            detail = (
                f"Season and trend taken out, they go together by at least {number(row['least'], 2)} on a scale to 1 "
                f"({plural(row['segments'], 'segment')})."
            )
        else:
            same_ = "have the same name" if row["how"] == "name" else "serve the same decision of the same people"
            title, detail = f"{names} {same_}: {row['metrics_n']} metrics where one may do", ""
        found.append(
            say(
                "diet.redundant",
                title,
                detail=detail,
                value=row.get("least") if row["how"] == "months" else row["metrics_n"],
                unit="none" if row["how"] == "months" else "count",
                n=row.get("months"),
                subject=row["metric_ids"],
                sources=tuple((row["sources"] or "metrics").split("; ")),
                about="the lower end of the interval"
                if row["how"] == "months"
                else "a full count, without an interval",
                tone="neutral",
            )
        )
    return found


def scores(tested: Sequence[Row], paid: frozenset[str]) -> list[Finding]:
    """One finding per score with a verdict on who leaves; on later contacts only where leaving cannot be told.

    `paid` holds the ids of metrics somebody is paid on.
    """
    found = []
    for row in tested:
        told = {t["outcome"] for t in tested if t["score"] == row["score"] and t["verdict"] in {"predicts", "does not"}}
        if row["outcome"] in told and (row["outcome"] == "left" or "left" not in told):
            others = [t for t in tested if t["score"] == row["score"] and t is not row]
            found.append(_score(row, others, paid=row["metric_id"] in paid))
    return found


def _score(row: Row, others: Sequence[Row], *, paid: bool) -> Finding:
    left = row["outcome"] == "left"
    unit = "points" if left else "none"
    size = quantity(abs(row["value"]), "points") if left else f"{number(abs(row['value']), 2)} contacts"
    useful = quantity(row["useful"], "points") if left else f"{number(row['useful'], 2)} contacts"
    label, worse = row["label"], _who(row)
    if row["verdict"] == "predicts":
        rest = "others" if row["score"] in {"recontact", "sla"} else "those at the other end"
        did = f"left {size} more often within six months" if left else f"made {size} more in the next six months"
        title = f"“{label}” tells what comes: {worse} {did} than {rest}"
    else:
        most = max(row["high"], -row["low"])
        top = quantity(most, "points") if left else f"{number(most, 2)} contacts"
        what = "who leaves" if left else "who asks again"
        title = (
            f"“{label}” does not tell {what}: the best and the worst customers by it differ by at most {top}, "
            f"less than a useful {useful}"
        )
    beside = [_beside(other) for other in others if other["verdict"] in {"predicts", "does not"}]
    if not left and row["score"] in {"recontact", "sla"}:
        beside.append("Whoever makes contact often has more occasions for it.")
    if paid and row["verdict"] == "does not":
        beside.append("Somebody is paid on it.")
    detail = (
        f"Scores of {row['scored']}, what followed in {row['observed']}; which end is worse was learnt a year earlier. "
        f"Nothing is adjusted for, and one does not make the other."
    )
    return say(
        "diet.score",
        title,
        detail=" ".join([detail, *beside]),
        value=row["value"],
        unit=unit,
        low=row["low"],
        high=row["high"],
        about=CHURN if left else CONTACTS,
        n=row["n"],
        period=row["observed"],
        sources=SOURCES[row["score"]],
        subject=row["score"],
        tone="good" if row["verdict"] == "predicts" else "bad" if paid else "neutral",
    )


def _who(row: Row) -> str:
    """The customers of the worse end, in words."""
    low = row["worse_end"] == "low"
    if row["score"] in {"recontact", "sla"}:
        asked = ("had to ask twice", "did not have to ask twice"), ("waited too long", "did not wait too long")
        return f"customers who {asked[row['score'] == 'sla'][low]}"
    cut = number(row["worse_cut"], 0 if float(row["worse_cut"]).is_integer() else 1)
    if row["score"] == "contacts":
        return f"customers with {cut} contacts or {'fewer' if low else 'more'}"
    return f"customers who answered {cut} or {'less' if low else 'more'}"


def _beside(other: Row) -> str:
    what = "later contacts" if other["outcome"] == "contacts" else "who leaves"
    return f"It {'tells' if other['verdict'] == 'predicts' else 'does not tell'} {what}."


def untold(tested: Sequence[Row]) -> list[Gap]:
    """One gap for all scores about which nothing can be told yet, and how many more customers it would take."""
    told = {row["score"] for row in tested if row["verdict"] in {"predicts", "does not"}}
    lacking = [row for row in tested if row["score"] not in told and row["outcome"] == "left"]
    lacking = lacking or [row for row in tested if row["score"] not in told]
    if not lacking:
        return []
    parts = [f"“{row['label']}”: {row['why']}{_more(row)}" for row in lacking]
    reason = f"{listing(parts, most=6)}."
    return [Gap(id="align.diet.score", what="Whether these scores tell who leaves", reason=reason)]


def _more(row: Row) -> str:
    if not row["more_needed"]:
        return ""
    return f", about {row['more_needed']:,} more beside the {row['n']:,}" if row["n"] else ", none so far"


_SHEETS = ("metrics", "key_results", "links")
