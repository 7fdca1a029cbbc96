"""Feedback to structural change: which themes were acted on, which were not, and what customers said afterwards.

A change is laid against the customers who wrote (or called) about its theme before and after it, and against those who
did so about everything else: the ratio of the two ratios, so that a month with more answers moves neither. A customer
counts once a month. The interval is that of counts, widened by how unevenly the months really fell (Pearson's
dispersion), Student's t. It is an association: what else changed at the same time is not known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

import pandas as pd
from scipy import stats

from cxkit.instrument import changes_sentences as says
from cxkit.instrument import taxonomy_counts as counts
from cxkit.instrument.taxonomy_codes import CodeFrame
from cxkit.instrument.taxonomy_match import ANSWERS, HITS, REASONS, customer, reasoned, themed
from cxkit.instrument.taxonomy_text import folded, needle
from cxkit.metrics import alarms
from cxkit.metrics.estimates import LEVEL
from cxkit.metrics.multiplicity import adjusted
from cxkit.metrics.windows import Window, add_months, last_day, month_of, months_between, recent, seen
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.engine import Tables

LEAST_MONTHS = 3
"""Complete months before and after a change that are needed to judge it."""
LEAST = 30
"""Customers (once a month each) on the theme, and on everything else, in both periods together."""
LOUD = 0.1
"""Share of unhappy answers from which a theme is loud."""
EFFECTS = [
    *("change_id", "change", "changed", "signal", "theme", "name", "months_before", "months_after", "before", "after"),
    *("written_before", "written_after", "rate_before", "rate_after", "ratio", "low", "high", "against", "p"),
    *("p_adjusted", "verdict", "grade"),
]
CHANGES = [
    *("change_id", "change", "changed", "words", "theme", "reason", "name", "moment_id", "initiative_id"),
    *("first_signal", "lag_days", "at_least"),
]


ORDER = ("acted", "unheard", "effect", "untraced", "lag")


class StructuralChange(Result):
    """Structural changes, the feedback they answer, and what became of it.

    Tables:

    - ``changes``: change_id, change, changed, words (the theme as written), theme, reason (codes), name, moment_id,
      initiative_id, first_signal, lag_days (at_least: records begin with the signal), one row per change
    - ``effects``: change_id, change, changed, signal (answers, tickets), theme, name, months_before, months_after,
      before, after (customers, once a month), written_before, written_after, rate_before, rate_after, ratio (low, high)
      of after to before — against everything else where ``against`` — p, p_adjusted (Holm), verdict (fall, rise,
      no difference, too early, too few), grade
    - ``months``: change_id, signal, month, customers, written, after
    - ``themes``: theme, name, answers, share, unhappy_share (low, high), changes, last_change, loud, acted
    """

    stage: ClassVar[str] = "instrument"
    name: ClassVar[str] = "changes"

    frame_version: str = ""
    period: str = ""


@dataclass
class _Made:
    findings: list[Finding] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    held: dict[str, pd.DataFrame] = field(default_factory=dict)


def structural_change(tables: Tables, *, frame: CodeFrame, window_months: int = 12) -> StructuralChange:
    """Lay each row of `changes` against the feedback on its theme, up to `window_months` before and after it."""
    made = _Made()
    common: dict[str, Any] = {"as_of": tables.as_of, "frame_version": frame.version}
    lacks = tables.lacking({"changes": ("change_id", "change", "changed", "theme")})
    rows = _changes(tables, frame) if not lacks else pd.DataFrame(columns=CHANGES)
    if lacks or rows.empty:
        reason = "Nobody has written down what was changed because of feedback." if lacks else "No change was made yet."
        made.gaps += [says.gap(id, reason, lacks) for id in says.OF_CHANGES]
    period, series = "", pd.DataFrame(columns=["signal", "code", "month", "customers", "written"])
    voiced = not tables.lacking({"surveys": ("response_id", "metric", "score", "answered", "verbatim")})
    asked = not tables.lacking({"tickets": ("ticket_id", "opened", "reason")})
    firsts: dict[tuple[str, str], date] = {}
    if voiced:
        with themed(tables, frame, "true"):
            window = _span(tables, window_months)
            if window is not None:
                period = window.label
                made.held["themes"] = _themes(tables, frame, window, rows)
                series = pd.concat([series, _voices(tables)], ignore_index=True)
                firsts |= _firsts(tables, "answers")
    if asked:
        with reasoned(tables, frame, "tickets"):
            series = pd.concat([series, _asked(tables)], ignore_index=True)
            firsts |= _firsts(tables, "tickets")
    if "themes" not in made.held:
        needs = (Missing(name="surveys", columns=("verbatim",)),) if not voiced else ()
        made.gaps += [says.gap(id, "There are no answers in customers' own words.", needs) for id in says.OF_FEEDBACK]
    elif not made.held["themes"]["loud"].any():
        made.gaps += [says.gap(id, "No theme is in a tenth of unhappy answers.") for id in says.OF_FEEDBACK]
    if len(rows) and not len(series):
        made.gaps.append(says.gap("effect", "There is no feedback to lay changes against."))
    if len(rows):
        rows = _lags(tables, rows, firsts)
        made.held["changes"] = rows
        made.findings += says.untraced(rows, str(tables.as_of))
        made.findings += says.lag(rows, str(tables.as_of))
        if len(series):
            effects, months = _effects(tables, rows, series, frame, window_months)
            made.held["effects"], made.held["months"] = effects, months
            made.findings += says.effects(effects)
            made.gaps += says.unjudged(effects)
    if "themes" in made.held:
        made.findings += says.acted(made.held["themes"], period) + says.unheard(made.held["themes"], period)
    held = {name: table for name, table in made.held.items() if len(table)}
    return StructuralChange(**common, period=period, findings=tuple(made.findings), gaps=tuple(made.gaps), tables=held)


def _span(tables: Tables, months: int) -> Window | None:
    where = "verbatim IS NOT NULL"
    span, window = (
        seen(tables, "surveys", "answered_date", where),
        recent(tables, "surveys", "answered_date", months, where),
    )
    return None if span is None or window is None else Window(first=max(span.first, window.first), last=window.last)


def _changes(tables: Tables, frame: CodeFrame) -> pd.DataFrame:
    """The sheet, each theme as written brought to a code of today."""
    have = tables.supplied("changes")
    extra = [c if c in have else f"NULL AS {c}" for c in ("moment_id", "initiative_id")]
    rows = tables.frame(
        f"SELECT change_id, change, strftime(changed, '%Y-%m-%d') AS changed, coalesce(theme, '') AS words, "
        f"{', '.join(extra)} FROM changes WHERE changed IS NOT NULL ORDER BY changed, change_id"
    )
    names = frame.names()
    rows["theme"] = [frame.theme_of(w) for w in rows["words"]]
    rows["reason"] = [_reason(frame, str(w)) for w in rows["words"]]
    rows["name"] = [names.get(t or r, "") for t, r in zip(rows["theme"], rows["reason"], strict=True)]
    return rows


def _reason(frame: CodeFrame, words: str) -> str:
    """The ticket reason the words mean; a single term in a longer phrase is too little to go by."""
    code = frame.reason_of(words)
    text = folded(words)
    found = next((c for c in frame.reasons if c.code == code), None)
    if found is None or text in {folded(code), folded(found.name)} or text in frame.reason_map:
        return code
    size = max((len(n.split()) for n in map(needle, found.terms) if n and n in f" {text} "), default=0)
    return code if 2 * size >= len(text.split()) else ""


def _voices(tables: Tables) -> pd.DataFrame:
    """Customers per theme and month, once each, and how many wrote at all; under '' those on any theme."""
    return tables.frame(f"""
        WITH a AS (SELECT customer, strftime(day, '%Y-%m') AS month, text FROM {ANSWERS}),
        m AS (SELECT month, count(DISTINCT customer) AS written FROM a GROUP BY 1),
        x AS (SELECT h.code, a.month, count(DISTINCT a.customer) AS customers FROM a JOIN {HITS} h ON h.text = a.text
              GROUP BY 1, 2)
        SELECT 'answers' AS signal, x.code, x.month, x.customers, m.written FROM x JOIN m ON m.month = x.month
        UNION ALL SELECT 'answers' AS signal, '' AS code, month, written AS customers, written FROM m
        ORDER BY 2, 3
    """)


def _asked(tables: Tables) -> pd.DataFrame:
    """The same for the reasons of tickets."""
    who = customer(tables, "tickets", "ticket_id")
    return tables.frame(f"""
        WITH a AS (SELECT {who} AS customer, strftime(t.opened_date, '%Y-%m') AS month, r.code FROM tickets t
                   JOIN {REASONS} r ON r.reason = t.reason),
        m AS (SELECT month, count(DISTINCT customer) AS written FROM a GROUP BY 1),
        x AS (SELECT code, month, count(DISTINCT customer) AS customers FROM a WHERE code <> '' GROUP BY 1, 2)
        SELECT 'tickets' AS signal, x.code, x.month, x.customers, m.written FROM x JOIN m ON m.month = x.month
        UNION ALL SELECT 'tickets' AS signal, '' AS code, month, written AS customers, written FROM m
        ORDER BY 2, 3
    """)


def _firsts(tables: Tables, signal: str) -> dict[tuple[str, str], date]:
    """The first day of each code in one signal; under '' the first day of all."""
    query = (
        f"SELECT h.code, min(a.day) AS day FROM {ANSWERS} a JOIN {HITS} h ON h.text = a.text GROUP BY 1 "
        f"UNION ALL SELECT '' AS code, min(day) AS day FROM {ANSWERS}"
        if signal == "answers"
        else f"SELECT r.code, min(t.opened_date) AS day FROM tickets t JOIN {REASONS} r ON r.reason = t.reason "
        f"WHERE r.code <> '' GROUP BY 1 UNION ALL SELECT '' AS code, min(opened_date) AS day FROM tickets"
    )
    rows = tables.frame(
        f"SELECT code, strftime(day, '%Y-%m-%d') AS day FROM ({query}) q WHERE day IS NOT NULL ORDER BY 1"
    )
    return {(signal, str(c)): date.fromisoformat(str(d)) for c, d in zip(rows["code"], rows["day"], strict=True)}


def _lags(tables: Tables, rows: pd.DataFrame, firsts: dict[tuple[str, str], date]) -> pd.DataFrame:
    """Days from the first word on a theme to its change; at least so many where records begin with it."""
    out = []
    for row in rows.to_dict("records"):
        found = [(s, firsts[s, str(row[c])]) for s, c in (("answers", "theme"), ("tickets", "reason"))
                 if row[c] and (s, str(row[c])) in firsts]  # fmt: skip
        changed = date.fromisoformat(str(row["changed"]))
        signal, first = min(found, key=lambda f: (f[1], f[0]), default=("", None))
        earlier = first is not None and first <= changed
        begins = firsts.get((signal, ""))
        out.append(
            {
                **row,
                "first_signal": str(first) if first else None,
                "lag_days": float((changed - first).days) if first and earlier else None,
                "at_least": bool(earlier and begins and first and (first - begins).days < 31),
            }
        )
    return pd.DataFrame(out, columns=CHANGES)


def _themes(tables: Tables, frame: CodeFrame, window: Window, changes: pd.DataFrame) -> pd.DataFrame:
    """Every theme anybody mentioned, how loud it is among the unhappy, and the changes that answer it."""
    rows = counts.theme_rows(tables, frame.themes, window, "")
    rows = rows[rows["answers"] > 0]
    keep = ["theme", "name", "answers", "share", "unhappy", "unhappy_share", "unhappy_low", "unhappy_high"]
    rows = rows[keep].reset_index(drop=True)
    since = str(window.first)
    mine = [
        changes[[str(t) == code or str(t).startswith(code + ".") for t in changes["theme"]]]
        if len(changes)
        else changes
        for code in rows["theme"]
    ]
    rows["changes"] = [len(m) for m in mine]
    rows["last_change"] = [str(m["changed"].max()) if len(m) else None for m in mine]
    rows["acted"] = [isinstance(d, str) and d >= since for d in rows["last_change"]]
    enough = (rows["answers"] >= LEAST) & (rows["unhappy"] * 2 >= rows["answers"])
    rows["loud"] = enough & (rows["unhappy_share"].fillna(0.0) >= LOUD)
    return rows


def _effects(
    tables: Tables, rows: pd.DataFrame, series: pd.DataFrame, frame: CodeFrame, window_months: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    names = frame.names()
    last = {s: str(part["month"].max()) for s, part in series.groupby("signal")}
    edge = f"{add_months(month_of(tables.as_of), 0 if tables.as_of == last_day(tables.as_of) else -1):%Y-%m}"
    out, months = [], []
    for row in rows.to_dict("records"):
        for signal, column in (("answers", "theme"), ("tickets", "reason")):
            code = str(row[column])
            if not code or signal not in last:
                continue
            changed = month_of(date.fromisoformat(str(row["changed"])))
            until = min(edge, last[signal])
            part = series[(series["signal"] == signal) & (series["month"] <= until)]
            span = part.loc[part["code"] == "", ["month", "written"]]
            apart = [months_between(changed, date.fromisoformat(f"{m}-01")) for m in span["month"]]
            span = span.assign(apart=apart)
            span = span[(span["apart"] != 0) & (span["apart"].abs() <= window_months)]
            mine = part.loc[part["code"] == code, ["month", "customers"]]
            both = span.merge(mine, on="month", how="left").fillna({"customers": 0}).sort_values("month")
            both["after"] = both["apart"] > 0
            judged = _judge(both)
            said = {k: row[k] for k in ("change_id", "change", "changed")}
            out.append({**said, "signal": signal, "theme": code, "name": names.get(code, code), **judged})
            kept = both[["month", "customers", "written", "after"]]
            months.append(kept.assign(change_id=row["change_id"], signal=signal))
    frame_out = pd.DataFrame(out, columns=EFFECTS)
    judged_rows = frame_out["p"].notna()
    frame_out.loc[judged_rows, "p_adjusted"] = adjusted(frame_out.loc[judged_rows, "p"].tolist(), "holm")
    sure = frame_out["p_adjusted"].astype("float64") <= alarms.share("changes")
    frame_out.loc[sure & (frame_out["ratio"].astype("float64") < 1), "verdict"] = "fall"
    frame_out.loc[sure & (frame_out["ratio"].astype("float64") > 1), "verdict"] = "rise"
    columns = ["change_id", "signal", "month", "customers", "written", "after"]
    return frame_out, pd.concat(months, ignore_index=True)[columns] if months else pd.DataFrame(columns=columns)


def _judge(months: pd.DataFrame) -> dict[str, Any]:
    """One change against one signal, from its months: customers on the theme, customers who wrote, before or after."""
    then, now = months[~months["after"].astype(bool)], months[months["after"].astype(bool)]
    x = [float(part["customers"].sum()) for part in (then, now)]
    w = [float(part["written"].sum()) for part in (then, now)]
    rest = [w[0] - x[0], w[1] - x[1]]
    known: dict[str, Any] = {
        "months_before": len(then), "months_after": len(now), "before": x[0], "after": x[1], "written_before": w[0],
        "written_after": w[1], "rate_before": x[0] / w[0] if w[0] else None,
        "rate_after": x[1] / w[1] if w[1] else None,
    }  # fmt: skip
    if len(then) < LEAST_MONTHS or len(now) < LEAST_MONTHS:
        return {**known, "verdict": "too early" if len(now) < LEAST_MONTHS else "too few"}
    if sum(x) < LEAST or min(x[0], w[0], w[1]) <= 0:
        return {**known, "verdict": "too few"}
    against = sum(rest) >= LEAST and min(rest) > 0
    # half a customer is added to each count, so that a theme that fell silent has an interval too (Haldane 1956)
    a, b = x[1] + 0.5, x[0] + 0.5
    c, d = (rest[1] + 0.5, rest[0] + 0.5) if against else (w[1], w[0])
    effect = math.log(a / b) - math.log(c / d)
    expected = [row["written"] * (x[int(row["after"])] / w[int(row["after"])]) for row in months.to_dict("records")]
    seen_and_due = zip(months["customers"], expected, months["written"], strict=True)
    pearson = sum((k - e) ** 2 / (e * (1 - e / n)) for k, e, n in seen_and_due if 0 < e < n)
    freedom = len(months) - 2
    spread = max(1.0, pearson / freedom)
    error = math.sqrt(spread * (1 / a + 1 / b + ((1 / c + 1 / d) if against else 0.0)))
    half = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * error
    return {
        **known, "ratio": math.exp(effect), "low": math.exp(effect - half), "high": math.exp(effect + half),
        "against": against, "p": float(2 * stats.t.sf(abs(effect) / error, freedom)), "verdict": "no difference",
        "grade": "D" if against else "E",
    }  # fmt: skip
