"""Who was asked, who answered, and what the score would be if everybody asked, or every customer, had answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import numpy as np
import pandas as pd

from cxkit.metrics.clustering import share_intervals
from cxkit.metrics.estimates import MINIMUM_CLUSTERS, MINIMUM_N, Estimate, t_quantile
from cxkit.metrics.exposure import exposure
from cxkit.metrics.satisfaction import SCALES
from cxkit.metrics.windows import Window, recent, seen
from cxkit.quantify.voice_answers import POINTS, customers, largest_named, tenure
from cxkit.quantify.voice_cells import OTHERS, UNKNOWN, Array, Cells, cells
from cxkit.records import Missing, Number, Record
from cxkit.tables.engine import Tables

NEEDS = ("invitation_id", "sent", "response_id")
ASKED = "cxkit_asked"
SETTLE_DAYS = 14
"""Days an invitation is given; younger ones are not judged yet."""
CONTACT_DAYS, LATER_DAYS = 90, 180
LEAST = 10
"""Answers a cell needs to carry a weight of its own."""
LATE = 1 / 3
GROUPS = {
    "segment": "segment",
    "tenure": "tenure",
    "contact": "had asked for help in the 90 days before",
    "left": "left within 180 days after",
}


class Weighted(Record):
    """A score weighted to whom it speaks for, beside the raw one of the same answers."""

    metric: str
    base: str
    by: str
    """What the weights are made of."""
    n: int
    raw: Number
    estimate: Estimate
    shift: Estimate


class Silent(Record):
    """What the score of everybody asked could be, given who was silent."""

    rate: Number
    as_late: Estimate
    """When the silent score like the latest third of those who answered (Armstrong and Overton 1977)."""
    late: Number
    """Score of the latest third."""
    worst: Number
    """When every silent customer gives the worst answer."""
    best: Number


@contextmanager
def asked(tables: Tables, metric: str, months: int) -> Iterator[Window | None]:
    """Hold the invitations for one score in the engine as `ASKED`; the window of their sending, None without any.

    Columns: customer, answered (0 or 1), x (what the answer counts; null without), hours until answered, segment,
    tenure, contact, left_later ('yes', 'no', null where not known yet).
    """
    where = f"metric = '{metric}'" if "metric" in tables.supplied("invitations") else "true"
    edge = tables.as_of - timedelta(days=SETTLE_DAYS)
    window = recent(tables, "invitations", "sent_date", months, where)
    span = seen(tables, "invitations", "sent_date", where)
    if window is None or span is None:
        yield None
        return
    window = Window(first=max(window.first, span.first), last=window.last)
    account = "i.account_id" if "account_id" in tables.supplied("invitations") else "NULL::VARCHAR"
    follow = tables.as_of - timedelta(days=LATER_DAYS)
    contact = left = "NULL::VARCHAR"
    if not tables.lacking({"tickets": ("account_id", "opened")}):
        contact = (
            f"CASE WHEN {account} IS NULL THEN NULL WHEN EXISTS (SELECT 1 FROM tickets t "
            f"WHERE t.account_id = {account} AND t.opened_date < i.sent_date "
            f"AND t.opened_date >= i.sent_date - {CONTACT_DAYS}) THEN 'yes' ELSE 'no' END"
        )
    if not tables.lacking({"accounts": ("account_id", "ended")}):
        left = (
            f"CASE WHEN a.account_id IS NULL OR i.sent_date > DATE '{follow}' THEN NULL "
            f"WHEN a.ended > i.sent_date AND a.ended <= i.sent_date + {LATER_DAYS} THEN 'yes' ELSE 'no' END"
        )
    said = "(SELECT NULL::VARCHAR AS response_id, NULL::DECIMAL(9,4) AS x, NULL::TIMESTAMP AS answered WHERE false)"
    if not tables.lacking({"surveys": ("response_id", "metric", "score", "answered")}):
        said = (
            f"(SELECT response_id, min(CAST({POINTS[metric]} AS DECIMAL(9,4))) AS x, min(answered) AS answered "
            f"FROM surveys WHERE metric = '{metric}' AND score IS NOT NULL GROUP BY 1)"
        )
    query = f"""
        SELECT coalesce('a:' || {account}, 'p:' || i.person_id, 'i:' || i.invitation_id) AS customer,
          (i.response_id IS NOT NULL OR i.answered IS NOT NULL)::INT AS answered, s.x,
          date_diff('minute', i.sent, s.answered) AS minutes, a.segment,
          {tenure("a.started", "i.sent_date")} AS tenure, {contact} AS contact, {left} AS "left"
        FROM invitations i LEFT JOIN {said} s ON s.response_id = i.response_id
        LEFT JOIN {customers(tables)} a ON a.account_id = {account}
        WHERE {window.holds("sent_date")} AND i.sent_date <= DATE '{edge}' AND ({where.replace("metric", "i.metric")})
    """
    with tables.held(f"{ASKED}_as_given", query) as given:
        named = largest_named(given, ("customer", "answered", "x", "minutes", "contact", "left"), ("segment", "tenure"))
        with tables.held(ASKED, named):
            yield window


def rates(tables: Tables) -> pd.DataFrame:
    """Response rate of everybody and of each group of `ASKED`.

    Columns: by, group, n (asked), answers, clusters, rate, low, high, and ``share_asked`` and ``share_answered``, the
    group's part of both. Below 30 asked or 10 customers no interval.
    """
    frames = []
    for by, column in {"all": "'everybody asked'", **{c: f'"{c}"' for c in GROUPS}}.items():
        frames.append(
            tables.frame(f"""
            WITH c AS (
              SELECT {column} AS "group", customer, count(*) AS n, sum(answered) AS x FROM {ASKED}
              WHERE {column} IS NOT NULL GROUP BY 1, 2
            )
            SELECT '{by}' AS by, "group", sum(n)::BIGINT AS n, sum(x)::BIGINT AS answers, count(*) AS clusters,
              sum(x * x)::DOUBLE AS sxx, sum(x * n)::DOUBLE AS sxn, sum(n * n)::DOUBLE AS snn
            FROM c GROUP BY 2 ORDER BY n DESC, 2
            """)
        )
    rows = pd.concat([f for f in frames if len(f) > 1 or "all" in set(f["by"])], ignore_index=True)
    rows["rate"] = rows["answers"] / rows["n"]
    for name, column in (("share_asked", "n"), ("share_answered", "answers")):
        whole = rows.groupby("by")[column].transform("sum").astype(float)
        rows[name] = rows[column] / whole.where(whole > 0)
    shown = ["by", "group", "n", "answers", "clusters", "rate", "low", "high", "share_asked", "share_answered"]
    return share_intervals(rows, "answers", "n")[shown]


def to_asked(tables: Tables, metric: str) -> Weighted | None:
    """The score weighted to everybody asked, by segment, tenure and whether they had asked for help."""
    columns = [c for c in ("segment", "tenure", "contact") if _kinds(tables, ASKED, c) > 1]
    return _weighted(tables, metric, f"(SELECT * FROM {ASKED})", columns, "everybody asked")


def to_customers(tables: Tables, metric: str, relation: str) -> Weighted | None:
    """The score of a window's answers weighted to the customers of its last month, by segment and tenure.

    `relation` holds the answers (`voice_answers.answers`).
    """
    found = exposure(tables)
    if isinstance(found, Missing) or isinstance(tables["accounts"], Missing):
        return None
    last = Window(first=found.span.last, last=found.span.last)
    base = f"""(
        SELECT NULL::VARCHAR AS customer, NULL::DECIMAL(9,4) AS x, coalesce(a.segment, '{UNKNOWN}') AS segment,
          coalesce({tenure("a.started", f"DATE '{last.final_day}'")}, '{UNKNOWN}') AS tenure
        FROM {found.active(last)} e LEFT JOIN {customers(tables)} a ON a.account_id = e.account_id
        UNION ALL SELECT customer, x, segment, tenure FROM {relation} WHERE "when" = 'now'
    )"""
    columns = [c for c in ("segment", "tenure") if _kinds(tables, base, c) > 1]
    return _weighted(tables, metric, base, columns, "the customer base", apart=True)


def _kinds(tables: Tables, relation: str, column: str) -> int:
    found = tables.frame(f'SELECT count(DISTINCT "{column}") AS n FROM {relation} WHERE "{column}" <> \'{UNKNOWN}\'')
    return int(found["n"].iloc[0])


def _weighted(
    tables: Tables, metric: str, relation: str, columns: list[str], base: str, *, apart: bool = False
) -> Weighted | None:
    """Post-stratify the rows with an x to all rows, or (`apart`) to the base's own rows, which have no customer."""
    if not columns:
        return None
    named = ", ".join(f'coalesce("{c}", \'{UNKNOWN}\') AS "{c}"' for c in columns)
    found = cells(tables, f"(SELECT customer, x, {named} FROM {relation} WHERE x IS NOT NULL)", columns)
    key = ", ".join(f"coalesce(\"{c}\", '{UNKNOWN}')" for c in columns)
    rows = tables.frame(
        f"SELECT concat_ws(chr(31), {key}) AS cell, count(*) AS n FROM {relation} "
        f"{'WHERE customer IS NULL' if apart else ''} GROUP BY 1 ORDER BY 1"
    )
    wanted = {tuple(str(c).split(chr(31))): float(n) for c, n in zip(rows["cell"], rows["n"], strict=True)}
    who = tables.frame(f"SELECT count(DISTINCT customer) AS n FROM {relation} WHERE x IS NOT NULL")
    return poststratified(found, wanted, metric, base=base, by=" and ".join(columns), people=int(who["n"].iloc[0]))


def poststratified(
    found: Cells, wanted: dict[tuple[str, ...], float], metric: str, *, base: str, by: str, people: int
) -> Weighted | None:
    """The mean of the cells' scores at the base's shares (Holt and Smith 1979), None when fewer than two cells stand.

    `wanted` counts the base by cell. A cell with fewer than `LEAST` answers is put together with the other small ones.
    """
    total = float(found.n.sum())
    if total < MINIMUM_N or people < MINIMUM_CLUSTERS:
        return None
    sizes = dict(zip(found.keys, found.n, strict=True))
    names = {key: key if sizes.get(key, 0) >= LEAST else (OTHERS,) for key in {*wanted, *sizes}}
    if sum(sizes.get(k, 0) for k, name in names.items() if name == (OTHERS,)) < LEAST and len(set(names.values())) > 1:
        smallest = min((k for k in sizes if names[k] != (OTHERS,)), key=lambda k: (sizes[k], k), default=None)
        names = {k: (OTHERS,) if k == smallest else name for k, name in names.items()}
    made = found.merged([names[k] for k in found.keys])
    if len(made.keys) < 2:
        return None
    base_n = np.array([sum(n for k, n in wanted.items() if names[k] == name) for name in made.keys])
    share = base_n / base_n.sum()
    mean, raw = made.mean, float(made.total.sum() / total)
    value = float((share * mean).sum())
    pull = share / made.n
    even = np.full(len(made.n), 1 / total)
    return Weighted(
        metric=metric,
        base=base,
        by=by,
        n=round(total),
        raw=raw,
        estimate=_estimate(value, made, -pull * mean, pull, people=people, scale=SCALES[metric]),
        shift=_estimate(value - raw, made, -pull * mean + even * raw, pull - even, people=people),
    )


def _estimate(
    value: float, found: Cells, fixed: Array, slope: Array, *, people: int, scale: tuple[float, float] | None = None
) -> Estimate:
    half = t_quantile(people - 1) * float(np.sqrt(found.variance(fixed, slope, customers=people)))
    low, high = value - half, value + half
    if scale is not None:
        low, high = max(low, scale[0]), min(high, scale[1])
    return Estimate(value=value, low=low, high=high, n=round(float(found.n.sum())))


def silent(tables: Tables, metric: str, rate: float) -> Silent | None:
    """What the score could be had everybody answered; None with too few timed answers to tell the late apart."""
    timed = f"(SELECT * FROM {ASKED} WHERE x IS NOT NULL AND minutes >= 0)"
    found = tables.frame(
        f"SELECT quantile_disc(minutes, {1 - LATE:.6f}) AS cut, count(DISTINCT customer) AS people, count(*) AS n "
        f"FROM {timed}"
    ).iloc[0]
    if int(found["n"]) < 3 * MINIMUM_N or int(found["people"]) < MINIMUM_CLUSTERS:
        return None
    pace = f"CASE WHEN minutes > {int(found['cut'])} THEN 'late' ELSE 'early' END AS pace"
    made = cells(tables, f"(SELECT customer, x, {pace} FROM {timed})", ["pace"])
    at = {key[0]: k for k, key in enumerate(made.keys)}
    if "late" not in at or made.n[at["late"]] < MINIMUM_N:
        return None
    late = np.array([float(key[0] == "late") for key in made.keys])
    total = float(made.n.sum())
    mean, slow = float(made.total.sum() / total), float(made.mean[at["late"]])
    value = rate * mean + (1 - rate) * slow
    slope = rate / total + (1 - rate) * late / made.n[at["late"]]
    fixed = -rate * mean / total - (1 - rate) * slow * late / made.n[at["late"]]
    bottom, top = SCALES[metric]
    return Silent(
        rate=rate,
        as_late=_estimate(value, made, fixed, slope, people=int(found["people"]), scale=(bottom, top)),
        late=slow,
        worst=rate * mean + (1 - rate) * bottom,
        best=rate * mean + (1 - rate) * top,
    )
