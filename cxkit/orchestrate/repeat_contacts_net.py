"""Handling time net of recontact: the work on an issue until it stays settled, not on one ticket of it.

Tickets of one customer about one reason (where reasons are recorded) form an *issue*: a ticket belongs to the issue
before it when it is opened no later than k days after any earlier ticket of that issue was settled, or while one is
still open. Judged are issues that began in the window, all of whose tickets are settled with known minutes, and whose k
days were over by `as_of`. An issue counts for the group of its first ticket; a ticket for its own group. A team that
closes tickets quickly and sees them again has a short handling time per ticket and a long one per issue.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
from scipy import stats

from cxkit.formats import quantity
from cxkit.metrics import clock, service
from cxkit.metrics.clustering import mean_intervals
from cxkit.metrics.estimates import MINIMUM_N, t_quantile
from cxkit.metrics.service import GROUPS, settled
from cxkit.metrics.windows import Window
from cxkit.orchestrate.naming import labelled, optional, too_few
from cxkit.orchestrate.part import Part
from cxkit.records import Finding, Gap, Missing
from cxkit.tables.cut import end_of_day
from cxkit.tables.engine import Tables

LINKED, ISSUES = "cxkit_linked", "cxkit_issues"
SCALE = 1000
"""Minutes are summed as whole thousandths, so that the order of rows cannot change a figure."""
ALARM = 0.001
"""Chance that an order which does not turn is said to; shared by all pairs of a dimension (Bonferroni)."""
ABOUT = "the underlying mean, customers resampled"


def net_part(tables: Tables, window: Window, names: dict[str, str], days: int) -> Part:
    """Mean minutes per ticket beside mean minutes per issue, by team, reason, moment and channel."""
    supplied = tables.supplied("tickets")
    columns = tuple(c for c in ("account_id", "handle_minutes") if c not in supplied)
    columns += ("resolved",) if settled(tables) is None else ()
    if columns:
        needs = (Missing(name="tickets", columns=columns),)
        return Part(
            gaps=(_gap("It takes the customer, the time of resolution and the minutes of each ticket.", needs),)
        )
    by = service.dimensions(tables)
    if "reason" in supplied:
        by["reason"] = "reason"
    rows, unfinished = net_handling(tables, window, days, by)
    whole = rows[rows["dimension"] == "all"]
    if whole.empty:
        return Part(gaps=(_gap(f"No issue of the window was settled for {days} days with known minutes."),))
    rows = labelled(rows, names)
    findings = [_whole(whole.iloc[0], window, days, unfinished)]
    findings += [f for d in ("team", "reason") if (f := _order(rows, d, window, days)) is not None]
    return Part(findings=tuple(findings), tables={"net": rows})


def _gap(reason: str, needs: tuple[Missing, ...] = ()) -> Gap:
    return Gap(id="orchestrate.repeats.net_aht", what="Handling time per solved issue", reason=reason, needs=needs)


def net_handling(tables: Tables, window: Window, days: int, by: dict[str, str]) -> tuple[pd.DataFrame, int]:
    """The table ``net``, and how many issues of the window were left out: not over, or without minutes.

    Columns: dimension, group, tickets, issues, clusters, aht, aht_low, aht_high, net_aht, low, high, rank_aht,
    rank_net, rank_change (places lost per issue against per ticket; positive is slower than it looks).
    """
    now = clock.instant(end_of_day(tables.as_of, tables.timezone))
    start = clock.instant(end_of_day(window.first - timedelta(days=1), tables.timezone))
    end = clock.instant(end_of_day(window.final_day, tables.timezone))
    columns = sorted({sql for name, sql in by.items() if name != "all"})
    issue = "coalesce(t.reason, '')" if "reason" in tables.supplied("tickets") else "''"
    order = "PARTITION BY who, issue ORDER BY o, ticket_id ROWS BETWEEN UNBOUNDED PRECEDING AND"
    kept = "".join(f", {c}" for c in columns)
    linked = f"""
    WITH keyed AS (
      SELECT t.account_id AS who, {issue} AS issue, t.ticket_id, epoch_us(t.opened) AS o,
        coalesce(epoch_us({settled(tables)}), {now}) AS r, ({settled(tables)} IS NULL)::INT AS waits,
        CAST(round(t.handle_minutes * {SCALE}) AS BIGINT) AS m{"".join(f", t.{c} AS {c}_" for c in columns)}
      FROM tickets t WHERE t.account_id IS NOT NULL
    ),
    after AS (SELECT *, max(r) OVER ({order} 1 PRECEDING) AS until FROM keyed),
    begun AS (SELECT *, (until IS NULL OR o > until + {days * clock.DAY})::INT AS begins FROM after)
    SELECT who, issue, o, r, waits, m, begins{"".join(f", {c}_ AS {c}" for c in columns)},
      sum(begins) OVER ({order} CURRENT ROW) AS chain FROM begun
    """
    issues = f"""
    SELECT who, issue, chain, count(*) AS tickets, sum(m)::BIGINT AS m,
      (sum(waits) = 0 AND count(m) = count(*) AND max(r) + {days * clock.DAY} <= {now}) AS judged
      {"".join(f", max(CASE WHEN begins = 1 THEN {c} END) AS {c}" for c in columns)}
    FROM {LINKED} GROUP BY 1, 2, 3 HAVING min(o) >= {start} AND min(o) <= {end}
    """
    with tables.held(LINKED, linked), tables.held(ISSUES, issues):
        left = int(tables.frame(f"SELECT count(*) AS n FROM {ISSUES} WHERE NOT judged")["n"].iloc[0])
        tickets = (
            f"SELECT l.who, l.m{''.join(f', l.{c}' for c in columns)} FROM {LINKED} l JOIN {ISSUES} i "
            "ON i.who = l.who AND i.issue = l.issue AND i.chain = l.chain WHERE i.judged"
        )
        solved = f"SELECT who, m{kept} FROM {ISSUES} WHERE judged"
        frames = []
        for name, sql in by.items():
            one = _means(tables, tickets, sql).rename(
                columns={"n": "tickets", "mean": "aht", "low": "aht_low", "high": "aht_high"}
            )
            other = _means(tables, solved, sql).rename(columns={"n": "issues", "mean": "net_aht"})
            both = one.drop(columns="clusters").merge(other, on="group", how="inner")
            both.insert(0, "dimension", name)
            frames.append(both.sort_values(["tickets", "group"], ascending=[False, True]).head(GROUPS))
    rows = pd.concat(frames, ignore_index=True)
    enough = (rows["tickets"] >= MINIMUM_N) & (rows["issues"] >= MINIMUM_N) & (rows["dimension"] != "all")
    for rank, value in (("rank_aht", "aht"), ("rank_net", "net_aht")):
        rows[rank] = rows[enough].groupby("dimension")[value].rank(method="min")
    rows["rank_change"] = rows["rank_net"] - rows["rank_aht"]
    shown = ["dimension", "group", "tickets", "issues", "clusters", "aht", "aht_low", "aht_high", "net_aht", "low"]
    return rows[[*shown, "high", "rank_aht", "rank_net", "rank_change"]], left


def _means(tables: Tables, relation: str, group: str) -> pd.DataFrame:
    """Mean minutes by group, customers as clusters: group, n, clusters, mean, low, high."""
    rows = tables.frame(f"""
        WITH c AS (
          SELECT {group} AS "group", who, count(*) AS n, sum(m)::BIGINT AS s FROM ({relation}) x
          WHERE {group} IS NOT NULL GROUP BY 1, 2
        )
        SELECT "group", sum(n)::BIGINT AS n, count(*) AS clusters, sum(s)::DOUBLE AS total,
          sum(CAST(s * s AS DECIMAL(38, 0)))::DOUBLE AS sxx, sum(s * n)::DOUBLE AS sxn, sum(n * n)::DOUBLE AS snn
        FROM c GROUP BY 1 ORDER BY 1
    """)
    rows["mean"] = rows["total"] / rows["n"] / SCALE
    rows = mean_intervals(rows, "total", "n")
    rows["low"], rows["high"] = rows["low"] / SCALE, rows["high"] / SCALE
    return rows[["group", "n", "clusters", "mean", "low", "high"]]


def _whole(row: pd.Series, window: Window, days: int, left: int) -> Finding:
    n, low, high = int(row["issues"]), optional(row["low"]), optional(row["high"])
    title = f"A solved issue takes {quantity(float(row['net_aht']), 'minutes')} of work: "
    title += f"{row['tickets'] / n:.2f} tickets of {quantity(float(row['aht']), 'minutes')} each"
    detail = f"Tickets of a customer about the same thing are one issue until it stayed settled for {days} days."
    if left:
        detail += f" {left:,} issues of the window are not over yet, or lack minutes, and are left out."
    return Finding(
        id="orchestrate.repeats.net_aht",
        stage="orchestrate",
        title=title if n >= MINIMUM_N else too_few(n, "solved issues", MINIMUM_N),
        detail=detail,
        value=float(row["net_aht"]),
        unit="minutes",
        low=low,
        high=high,
        about=ABOUT if low is not None else "too few issues or customers",
        n=n,
        period=window.label,
        sources=("tickets",),
        tone="neutral" if low is not None else "unknown",
    )


def _above(one: pd.Series, other: pd.Series, value: str, low: str, high: str) -> float:
    """One-sided p-value that the first mean is not above the second, from their intervals."""
    errors = [(r[high] - r[low]) / 2 / t_quantile(int(r["clusters"]) - 1) for r in (one, other)]
    spread = float(np.hypot(*errors))
    return float(stats.norm.sf((one[value] - other[value]) / spread)) if spread > 0 else 1.0


def _order(rows: pd.DataFrame, dimension: str, window: Window, days: int) -> Finding | None:
    """Whether the order of groups per ticket is that per issue; a turn is said where `ALARM` over all pairs allows."""
    part = rows[(rows["dimension"] == dimension) & rows["rank_aht"].notna() & rows["low"].notna()]
    part = part[part["aht_low"].notna()].sort_values(["aht", "group"])
    if len(part) < 2:
        return None
    pairs = [(a, b) for i, (_, a) in enumerate(part.iterrows()) for _, b in part.iloc[i + 1 :].iterrows()]
    least = ALARM / len(pairs)
    turned = [
        (a, b)
        for a, b in pairs
        if _above(b, a, "aht", "aht_low", "aht_high") < least and _above(a, b, "net_aht", "low", "high") < least
    ]
    what = f"{dimension}s"
    common = {
        "id": "orchestrate.repeats.net_order", "stage": "orchestrate", "subject": dimension, "period": window.label,
        "sources": ("tickets",), "n": int(part["issues"].sum()),
    }  # fmt: skip
    if turned:
        a, b = max(turned, key=lambda pair: (float(pair[0]["net_aht"] - pair[1]["net_aht"]), str(pair[0]["group"])))
        fast = "fastest" if a["rank_aht"] == 1 else f"faster than {b['label']}"
        slow = "slowest" if a["rank_net"] == len(part) else f"slower than {b['label']}"
        title = (
            f"{a['label']} looks {fast} per ticket ({quantity(float(a['aht']), 'minutes')}) and is {slow} per solved "
        )
        title += f"issue ({quantity(float(a['net_aht']), 'minutes')})"
        detail = f"{b['label']} takes {quantity(float(b['aht']), 'minutes')} per ticket and "
        detail += f"{quantity(float(b['net_aht']), 'minutes')} per issue. What they are asked for may differ."
        about = f"difference per solved issue; both differences hold at {ALARM} over {len(pairs)} pairs"
        return Finding.model_validate(
            {
                **common,
                "title": title,
                "detail": detail,
                "value": float(a["net_aht"] - b["net_aht"]),
                "unit": "minutes",
                "about": about,
                "tone": "bad",
            }
        )
    moved = part[part["rank_change"] != 0]
    title = f"The order of {what} by handling time is the same per ticket and per solved issue"
    if len(moved):
        title = f"No order of {what} by handling time turns clearly when recontacts are counted in"
        names = ", ".join(str(x) for x in moved["label"].head(4))
        detail = f"{names} change places, not clearly."
    else:
        detail = f"{len(part)} {what} were compared, issues followed for {days} days."
    return Finding.model_validate(
        {
            **common,
            "title": title,
            "detail": detail,
            "value": float(len(moved)),
            "unit": "count",
            "about": f"{what} that change places",
        }
    )
