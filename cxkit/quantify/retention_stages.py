"""Churn by the stage of the journey a customer was in: leavers over the time customers spent there.

Stages come from `moments` (position, start_event, value_event) through `events`: a customer is in a moment from its
start event to its value event, and *after* it from then until another one starts; who has had no event stands under
tenure. Where few leavers had an event, the report speaks of tenure alone. Both ways cover the whole window, so that
each leaver and each day counts once.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from scipy import stats

from cxkit.metrics.cohorts import Lives
from cxkit.metrics.estimates import LEVEL, MINIMUM_N
from cxkit.metrics.windows import Window
from cxkit.records import Missing, Record
from cxkit.tables.cut import text_literal
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import rows, short

MONTH = 365.25 / 12
"""Days of a customer-month."""
BANDS = ((0, 90, "First 90 days"), (91, 365, "Day 91 to 365"), (366, None, "After the first year"))
UNKNOWN = "Joined before the records begin"
SILENT = "No moment on record"
COVERED = 0.5
"""Share of leavers with an event from which stages are told by moments rather than by tenure."""
FEWEST = 5
"""Leavers below which a stage has no rate."""


class Stage(Record):
    """What happened in one stage."""

    by: str
    """``moment`` or ``tenure``."""
    stage: str
    order: int
    customers: int
    """Customers who were in it on at least one day."""
    exposure: float
    """Customer-months in it."""
    leavers: int
    lost_mrr: float
    """What the leavers paid last, per month."""

    @property
    def rate(self) -> float | None:
        """Leavers per customer-month; None where nobody was in it."""
        return self.leavers / self.exposure if self.exposure > 0 else None

    @property
    def judged(self) -> bool:
        """Whether there is enough behind it for an interval."""
        return self.customers >= MINIMUM_N and self.leavers >= FEWEST

    def interval(self) -> tuple[float | None, float | None]:
        """Exact interval of the rate (Garwood 1936), given that at most one leaving belongs to a customer.

        >>> made = Stage(by="tenure", stage="x", order=1, customers=99, exposure=100, leavers=10, lost_mrr=0).interval()
        >>> [round(v, 4) for v in made]
        [0.048, 0.1839]
        """
        if not self.judged:
            return None, None
        return garwood(self.leavers, self.exposure, LEVEL)


def garwood(count: int, exposure: float, level: float) -> tuple[float, float]:
    """Exact interval of a Poisson rate."""
    tail = (1 - level) / 2
    low = float(stats.chi2.ppf(tail, 2 * count)) / 2 if count else 0.0
    return low / exposure, float(stats.chi2.isf(tail, 2 * count + 2)) / 2 / exposure


def by_tenure(tables: Tables, life: Lives, window: Window) -> list[Stage]:
    """Leavers and customer-months of the window by days since joining."""
    names = dict(enumerate([*(b[2] for b in BANDS), UNKNOWN], 1))
    return list(_counted(tables, life, window, _tenure(), by="tenure", names=names))


def _tenure() -> str:
    """SQL of spells by tenure of the relation ``life``: account_id, stage, s, e."""
    spells = []
    for order, (low, high, _) in enumerate(BANDS, 1):
        until = "DATE '9999-12-31'" if high is None else f"joined + {high}"
        start = "joined" if low == 0 else f"joined + {low}"
        spells.append(f"SELECT account_id, {order} AS stage, {start} AS s, {until} AS e FROM life")
    spells.append(
        f"SELECT account_id, {len(BANDS) + 1}, DATE '1900-01-01', DATE '9999-12-31' FROM life WHERE joined IS NULL"
    )
    return " UNION ALL ".join(spells)


def by_moment(tables: Tables, life: Lives, window: Window) -> list[Stage] | Missing:
    """The same by the moment a customer was at, where `moments` names events and `events` holds them.

    Customers without an event so far stand under their tenure, with a negative order.
    """
    lacks = tables.lacking(
        {"moments": ("moment_id", "start_event", "value_event"), "events": ("at", "event", "account_id")}
    )
    if lacks:
        return lacks[0]
    names = {
        -k: f"{SILENT}: {name[0].lower()}{name[1:]}" for k, name in enumerate([*(b[2] for b in BANDS), UNKNOWN], 1)
    }
    steps: dict[str, int] = {}
    declared = sorted(rows(tables, "moments"), key=lambda r: (r["position"] or 10**6, r["moment_id"]))
    for row in declared:
        for event, name in (("start_event", "During {}"), ("value_event", "After {}")):
            if row[event] and row[event] not in steps:
                steps[row[event]] = len(steps) + 1
                names[len(steps)] = name.format(short(row["moment"] or row["moment_id"], 40))
    if not steps:
        return Missing(name="moments", columns=("start_event", "value_event"), why="no moment names an event")
    cases = " ".join(f"WHEN {text_literal(event)} THEN {place}" for event, place in steps.items())
    at = f"""
        SELECT account_id, stage, day AS s, coalesce(lead(day) OVER (PARTITION BY account_id ORDER BY day) - 1,
          DATE '9999-12-31') AS e
        FROM (SELECT account_id, max(stage) AS stage, day FROM (
          SELECT account_id, CASE event {cases} END AS stage, at_date AS day FROM events
          WHERE account_id IS NOT NULL AND at_date <= DATE '{life.until}'
          UNION ALL SELECT account_id, 0, DATE '1900-01-01' FROM life)
          WHERE stage IS NOT NULL GROUP BY account_id, day)"""
    spells = f"""
        WITH visit AS ({at}), tenure AS ({_tenure()})
        SELECT * FROM visit WHERE stage > 0 UNION ALL
        SELECT account_id, -t.stage, greatest(a.s, t.s), least(a.e, t.e) FROM visit a JOIN tenure t USING (account_id)
        WHERE a.stage = 0 AND greatest(a.s, t.s) <= least(a.e, t.e)"""
    return list(_counted(tables, life, window, spells, by="moment", names=names))


def _counted(
    tables: Tables, life: Lives, window: Window, spells: str, *, by: str, names: dict[int, str]
) -> Iterator[Stage]:
    """Leavers and exposure of spells (account_id, stage, s, e: first and last day) inside window and life."""
    inside = (
        f"greatest(least(e, coalesce(gone, DATE '9999-12-31'), DATE '{window.final_day}') "
        f"- greatest(s, coalesce(joined, s), DATE '{window.first}') + 1, 0)"
    )
    left = f"gone >= s AND gone <= e AND gone >= DATE '{window.first}' AND gone <= DATE '{window.final_day}'"
    left += " AND (joined IS NULL OR gone >= joined)"
    frame = tables.frame(f"""
        WITH life AS (SELECT account_id, joined, gone, mrr FROM {life.relation}), spell AS ({spells})
        SELECT stage, count(DISTINCT account_id) FILTER ({inside} > 0) AS customers, sum({inside}) AS days,
          count(*) FILTER ({left}) AS leavers, coalesce(sum(mrr) FILTER ({left}), 0) AS lost
        FROM spell JOIN life USING (account_id) GROUP BY 1 ORDER BY 1""")
    for row in frame.to_dict("records"):
        if row["days"] > 0:
            yield Stage(
                by=by,
                stage=names[int(row["stage"])],
                order=int(row["stage"]),
                customers=int(row["customers"]),
                exposure=float(row["days"]) / MONTH,
                leavers=int(row["leavers"]),
                lost_mrr=float(row["lost"]),
            )


def chosen(moments: list[Stage] | Missing, tenure: list[Stage]) -> list[Stage]:
    """The stages the report speaks of: moments where most leavers had an event, else tenure."""
    if isinstance(moments, Missing):
        return tenure
    total = sum(s.leavers for s in moments)
    told = sum(s.leavers for s in moments if s.order > 0)
    return moments if total and told >= COVERED * total else tenure


def table(stages: list[Stage], spoken: list[Stage], months: int) -> pd.DataFrame:
    """One row per stage: by, stage, customers, exposure, leavers, rate, low, high, lost_mrr, lost_per_year, spoken."""
    made = []
    for stage in stages:
        low, high = stage.interval()
        made.append(
            {
                "by": stage.by,
                "stage": stage.stage,
                "customers": stage.customers,
                "exposure": stage.exposure,
                "leavers": stage.leavers,
                "rate": stage.rate if stage.judged else None,
                "low": low,
                "high": high,
                "lost_mrr": stage.lost_mrr,
                "lost_per_year": 12 * stage.lost_mrr * 12 / months,
                "spoken": stage in spoken,
            }
        )
    return pd.DataFrame(made)


class Leak(Record):
    """The stage with the highest rate beside all others taken together."""

    stage: Stage
    others: float
    """Leavers per customer-month in all other stages."""
    clear: bool
    """Whether chance does not explain the difference, at the share of false alarms given."""


def leakiest(stages: list[Stage], *, alarm: float) -> Leak | None:
    """The stage customers leave fastest from; None below two stages with a rate.

    The comparison with the rest is exact (binomial on the leavers, given the exposures) and divided by the number of
    stages looked at (Bonferroni).
    """
    judged = [s for s in stages if s.judged]
    if len(judged) < 2:
        return None
    worst = max(judged, key=lambda s: (s.leavers / s.exposure, s.stage))
    rest = [s for s in stages if s is not worst]
    leavers, exposure = sum(s.leavers for s in rest), sum(s.exposure for s in rest)
    share = worst.exposure / (worst.exposure + exposure)
    p = stats.binomtest(worst.leavers, worst.leavers + leavers, share, alternative="greater").pvalue
    return Leak(stage=worst, others=leavers / exposure, clear=bool(p < alarm / len(judged)))
