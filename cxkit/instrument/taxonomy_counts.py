"""How often each theme and each reason occurs, how unhappy those customers are, and against the window before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from cxkit.instrument.code_frame import Code
from cxkit.instrument.taxonomy_match import ANSWERS, HITS, REASONS, customer
from cxkit.metrics.clustering import share_intervals
from cxkit.metrics.estimates import Clusters, Estimate, clustered_mean, difference
from cxkit.metrics.satisfaction import SCALES, VALUES
from cxkit.metrics.windows import Window
from cxkit.tables.engine import Tables

METRICS = ("nps", "csat", "ces")
THEMES = [
    "theme",
    "name",
    "parent",
    "answers",
    "customers",
    "share",
    "low",
    "high",
    "unhappy",
    "unhappy_share",
    "unhappy_low",
    "unhappy_high",
    "metric",
    "score",
    "score_low",
    "score_high",
    "before",
    "change",
    "change_low",
    "change_high",
    "contacts",
]
REASON_COLUMNS = [
    "code",
    "name",
    "parent",
    "tickets",
    "customers",
    "share",
    "low",
    "high",
    "before",
    "change",
    "change_low",
    "change_high",
]


def all_answers(tables: Tables, window: Window) -> tuple[Estimate, Estimate, int]:
    """Share of answers under a theme, share of them that are unhappy, and how many answers there are."""
    row = tables.frame(f"""
        WITH c AS (SELECT a.customer, count(*) AS n, sum((h.text IS NOT NULL)::INT) AS x, sum(a.unhappy) AS u
          FROM {ANSWERS} a LEFT JOIN (SELECT DISTINCT text FROM {HITS}) h ON h.text = a.text
          WHERE {window.holds("day")} GROUP BY 1)
        SELECT count(*) AS clusters, coalesce(sum(n), 0) AS n, coalesce(sum(x), 0) AS total,
          coalesce(sum(n * n), 0) AS nn, coalesce(sum(n * x), 0) AS nt, coalesce(sum(x * x), 0) AS tt,
          coalesce(sum(u), 0) AS u, coalesce(sum(n * u), 0) AS nu, coalesce(sum(u * u), 0) AS uu FROM c
    """).iloc[0]
    some = {"clusters": int(row["clusters"]), "n": float(row["n"]), "nn": float(row["nn"])}
    under = Clusters(
        **some, total=float(row["total"]), nt=float(row["nt"]), tt=float(row["tt"]), squares=float(row["total"])
    )
    sad = Clusters(**some, total=float(row["u"]), nt=float(row["nu"]), tt=float(row["uu"]), squares=float(row["u"]))
    return clustered_mean(under, bottom=0.0, top=1.0), clustered_mean(sad, bottom=0.0, top=1.0), int(row["n"])


def main_metric(tables: Tables, window: Window) -> str:
    """The score most answers with words come with; empty without any."""
    row = tables.frame(
        f"SELECT {', '.join(f'count({m}) AS {m}' for m in METRICS)} FROM {ANSWERS} WHERE {window.holds('day')}"
    ).iloc[0]
    best = max(METRICS, key=lambda m: int(row[m]))
    return best if int(row[best]) else ""


def theme_rows(tables: Tables, codes: Sequence[Code], window: Window, metric: str) -> pd.DataFrame:
    """One row per theme of the frame, the loudest first; columns as in `THEMES`."""
    now, then = _shares(tables, window), _shares(tables, window.back(len(window)))
    sad = _shares(tables, window, "AND unhappy = 1")
    scores = _scores(tables, window, metric) if metric else {}
    out = []
    for code in codes:
        share, before = now.get(code.code, now[""]), then.get(code.code, then[""])
        moved = difference(share["estimate"], before["estimate"])
        low, score = sad.get(code.code, sad[""])["estimate"], scores.get(code.code)
        out.append(
            {
                "theme": code.code,
                "name": code.name,
                "parent": code.parent,
                "answers": share["rows"],
                "customers": share["customers"],
                **_ends(share["estimate"], "share", "low", "high"),
                "unhappy": sad.get(code.code, sad[""])["rows"],
                **_ends(low, "unhappy_share", "unhappy_low", "unhappy_high"),
                "metric": metric,
                **_ends(score or Estimate(), "score", "score_low", "score_high"),
                "before": before["estimate"].value,
                **_ends(moved, "change", "change_low", "change_high"),
                "contacts": share["contacts"],
            }
        )
    frame = pd.DataFrame(out, columns=THEMES)
    return frame.sort_values(["answers", "theme"], ascending=[False, True]).reset_index(drop=True)


def _ends(estimate: Estimate, value: str, low: str, high: str) -> dict[str, float | None]:
    return {value: estimate.value, low: estimate.low, high: estimate.high}


def _shares(tables: Tables, window: Window, extra: str = "") -> dict[str, dict[str, Any]]:
    """Per theme its share of answers, customers resampled; under '' the one of a theme nobody mentions."""
    held = f"{window.holds('day')} {extra}"
    whole = tables.frame(f"""
        SELECT count(*) AS clusters, coalesce(sum(n), 0) AS n, coalesce(sum(n * n), 0) AS nn
        FROM (SELECT customer, count(*) AS n FROM {ANSWERS} WHERE {held} GROUP BY 1) c
    """).iloc[0]
    rows = tables.frame(f"""
        WITH c AS (SELECT customer, count(*) AS n FROM {ANSWERS} WHERE {held} GROUP BY 1),
        x AS (SELECT h.code, a.customer, count(*) AS x, count(a.ticket) AS t FROM {ANSWERS} a
              JOIN {HITS} h ON h.text = a.text WHERE {held} GROUP BY 1, 2)
        SELECT x.code, sum(x.x) AS hits, sum(x.t) AS contacts, count(*) AS customers, sum(x.x * x.x) AS tt,
          sum(x.x * c.n) AS nt FROM x JOIN c ON c.customer = x.customer GROUP BY 1 ORDER BY 1
    """)
    some = {"clusters": int(whole["clusters"]), "n": float(whole["n"]), "nn": float(whole["nn"])}
    none = clustered_mean(Clusters(**some, total=0, nt=0, tt=0, squares=0), bottom=0.0, top=1.0)
    found: dict[str, dict[str, Any]] = {"": {"rows": 0, "customers": 0, "contacts": 0, "estimate": none}}
    for row in rows.to_dict("records"):
        hits = float(row["hits"])
        sums = Clusters(**some, total=hits, nt=float(row["nt"]), tt=float(row["tt"]), squares=hits)
        estimate = clustered_mean(sums, bottom=0.0, top=1.0)
        kept = {"rows": int(hits), "customers": int(row["customers"]), "contacts": int(row["contacts"])}
        found[str(row["code"])] = {**kept, "estimate": estimate}
    return found


def _scores(tables: Tables, window: Window, metric: str) -> dict[str, Estimate]:
    value = VALUES[metric].replace("score", metric)
    rows = tables.frame(f"""
        WITH x AS (SELECT h.code, a.customer, count(*) AS n, sum(CAST({value} AS DECIMAL(18,4))) AS t,
            sum(CAST({value} AS DECIMAL(18,4)) * CAST({value} AS DECIMAL(18,4))) AS s
          FROM {ANSWERS} a JOIN {HITS} h ON h.text = a.text
          WHERE {metric} IS NOT NULL AND {window.holds("day")} GROUP BY 1, 2)
        SELECT code, count(*) AS clusters, sum(n) AS n, sum(t) AS total, sum(n * n) AS nn, sum(n * t) AS nt,
          sum(t * t) AS tt, sum(s) AS squares FROM x GROUP BY 1 ORDER BY 1
    """)
    bottom, top = SCALES[metric]
    out = {}
    for row in rows.to_dict("records"):
        sums = Clusters(
            clusters=int(row["clusters"]),
            **{c: float(row[c]) for c in ("n", "total", "nn", "nt", "tt", "squares")},
        )
        found = clustered_mean(sums, bottom=bottom, top=top)
        out[str(row["code"])] = found.scaled(100.0) if metric == "nps" else found
    return out


def by_month(tables: Tables, window: Window) -> pd.DataFrame:
    """theme, month, answers of it, answers in all; months without any answer are not there."""
    return tables.frame(f"""
        WITH m AS (SELECT strftime(day, '%Y-%m') AS month, count(*) AS written FROM {ANSWERS}
                   WHERE {window.holds("day")} GROUP BY 1),
        x AS (SELECT h.code, strftime(a.day, '%Y-%m') AS month, count(*) AS answers FROM {ANSWERS} a
              JOIN {HITS} h ON h.text = a.text WHERE {window.holds("day")} GROUP BY 1, 2)
        SELECT x.code AS theme, m.month, x.answers, m.written FROM x JOIN m ON m.month = x.month ORDER BY 1, 2
    """)


def reason_rows(tables: Tables, codes: Sequence[Code], window: Window) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Tickets per code (columns `REASON_COLUMNS`), reasons without a code by volume, and tickets with a reason."""
    who = customer(tables, "tickets", "ticket_id")
    frames = []
    for held in (window, window.back(len(window))):
        rows = tables.frame(f"""
            WITH t AS (SELECT {who} AS customer, r.code FROM tickets t JOIN {REASONS} r ON r.reason = t.reason
                       WHERE {held.holds("opened_date")}),
            c AS (SELECT customer, count(*) AS n FROM t GROUP BY 1),
            x AS (SELECT code, customer, count(*) AS x FROM t GROUP BY 1, 2),
            w AS (SELECT count(*) AS clusters, coalesce(sum(n), 0) AS n, coalesce(sum(n * n), 0) AS snn FROM c)
            SELECT x.code, sum(x.x) AS tickets, count(*) AS customers, max(w.n) AS n, max(w.clusters) AS clusters,
              max(w.snn) AS snn, sum(x.x * x.x) AS sxx, sum(x.x * c.n) AS sxn
            FROM x JOIN c ON c.customer = x.customer CROSS JOIN w GROUP BY 1 ORDER BY 1
        """)
        rows["share"] = rows["tickets"] / rows["n"]
        frames.append(share_intervals(rows, "tickets", "n").set_index("code"))
    now, then = frames
    whole, names = int(now["n"].iloc[0]) if len(now) else 0, {c.code: c for c in codes}
    out = []
    for code in sorted({*now.index, *then.index} - {""}):
        one, old = _row(now, code, whole), _row(then, code, int(then["n"].iloc[0]) if len(then) else 0)
        moved = difference(one[1], old[1])
        known = names.get(code)
        out.append(
            {
                "code": code,
                "name": known.name if known else code,
                "parent": known.parent if known else code,
                "tickets": one[0],
                "customers": int(now["customers"].get(code, 0)),
                **_ends(one[1], "share", "low", "high"),
                "before": old[1].value,
                **_ends(moved, "change", "change_low", "change_high"),
            }
        )
    made = pd.DataFrame(out, columns=REASON_COLUMNS)
    made = made.sort_values(["tickets", "code"], ascending=[False, True]).reset_index(drop=True)
    unmapped = tables.frame(f"""
        SELECT t.reason, min(r.how) AS how, count(*) AS tickets, strftime(min(t.opened_date), '%Y-%m') AS first,
          strftime(max(t.opened_date), '%Y-%m') AS last
        FROM tickets t JOIN {REASONS} r ON r.reason = t.reason
        WHERE r.code = '' AND {window.holds("opened_date")} GROUP BY 1 ORDER BY tickets DESC, 1 LIMIT 200
    """)
    unmapped.insert(3, "share", unmapped["tickets"] / whole if whole else float("nan"))
    return made, unmapped, whole


def _row(frame: pd.DataFrame, code: str, whole: int) -> tuple[int, Estimate]:
    if code not in frame.index:
        return 0, Estimate(value=0.0 if whole else None, n=whole, why_none="no ticket")
    row = frame.loc[[code]].to_dict("records")[0]
    low, high = (None if pd.isna(row[c]) else float(row[c]) for c in ("low", "high"))
    return int(row["tickets"]), Estimate(value=float(row["share"]), low=low, high=high, n=whole)
