"""Before and after the programme: paired windows, the year before, grades, and nothing called an effect."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from cxkit.metrics.windows import Window
from cxkit.prove import impact_speed
from cxkit.prove.catalogue import FINDINGS
from cxkit.prove.impact import impact
from cxkit.prove.impact_measures import measured, windows
from cxkit.prove.impact_tested import same
from cxkit.prove.impact_value import lifetime
from cxkit.records import Result
from cxkit.tables.engine import Tables

AS_OF, START = date(2026, 10, 31), date(2025, 11, 1)
MONTHS = pd.date_range("2023-10-01", "2026-10-01", freq="MS")


class Held(Result):
    stage: ClassVar[str] = "prove"
    name: ClassVar[str] = "experiments"


def book(rng: np.random.Generator, *, hazard: tuple[float, float] = (0.02, 0.02), accounts: int = 400) -> pd.DataFrame:
    """A book that every lost customer's successor joins at once; churn a month before and after the start."""
    rows = []
    who = [f"a{i}" for i in range(accounts)]
    serial = accounts
    size = rng.lognormal(4, 0.4, accounts).round(2)
    for month in MONTHS:
        rows.append(pd.DataFrame({"account_id": who, "month": month, "mrr": size}))
        lost = np.flatnonzero(rng.random(accounts) < hazard[month >= pd.Timestamp(START)])
        for i in lost:
            who[i] = f"a{serial}"
            serial += 1
    return pd.concat(rows, ignore_index=True)


def costs(rng: np.random.Generator, step: float = 0.0, slope: float = 0.0) -> pd.DataFrame:
    k = np.arange(len(MONTHS))
    season = 60 * np.sin(2 * np.pi * k / 12)
    amount = 2400 + season + slope * k + step * (pd.Timestamp(START) <= MONTHS) + rng.normal(0, 30, len(k))
    return pd.DataFrame({"month": MONTHS, "category": "desk", "amount": amount.round(2)})


def read(frames: dict[str, pd.DataFrame]) -> Tables:
    tables = Tables.from_frames(frames, as_of=AS_OF)
    tables.con.execute("SET threads = 1")
    return tables


def row(result: Result, metric: str) -> pd.Series:
    return result.frame("measures").set_index("metric").loc[metric]


def test_windows_hold_the_same_calendar_months_and_never_the_start() -> None:
    span = Window(first=date(2023, 1, 1), last=date(2026, 10, 1))
    found = windows(span, start=date(2026, 4, 15), months=12)
    assert not isinstance(found, str)
    assert (found.after.label, found.before.label) == ("2026-05 to 2026-10", "2025-05 to 2025-10")
    assert found.earlier is not None
    assert found.earlier.label == "2024-05 to 2024-10"
    short = windows(Window(first=date(2025, 7, 1), last=date(2026, 10, 1)), start=date(2026, 4, 15), months=12)
    assert not isinstance(short, str)
    assert (short.after.label, short.before.label, short.earlier) == ("2026-07 to 2026-10", "2025-07 to 2025-10", None)
    assert isinstance(windows(span, start=date(2026, 8, 20), months=12), str)
    assert isinstance(windows(Window(first=date(2026, 1, 1), last=span.last), start=START, months=12), str)


def test_a_planted_change_is_seen_graded_e_and_never_called_an_effect() -> None:
    rng = np.random.default_rng(3)
    tables = read({"revenue": book(rng, hazard=(0.04, 0.01)), "costs": costs(rng, step=-400)})
    found = impact(tables, start=START)
    churn, cost = row(found, "logo_churn"), row(found, "cost_to_serve")
    assert (churn["verdict"], churn["tone"], churn["grade"]) == ("lower", "good", "E")
    assert (cost["verdict"], cost["tone"], cost["began"]) == ("lower", "good", "quiet")
    assert cost["change"] == pytest.approx(-1.0, abs=0.15)  # 400 over 400 customers
    assert cost["low"] < cost["change_low"] < cost["change_high"] < cost["high"]
    assert row(found, "clv")["tone"] == "good"
    said = " ".join(f.title + f.detail for f in found.findings)
    assert not any(word in said for word in ("because of", "caused", "thanks to", "led to a", "35", "40 %"))
    assert {f.id for f in found.findings} <= set(FINDINGS)
    assert {g.subject for g in found.gaps} == {"csat", "engagement", "speed_start", "speed_done"}
    assert all(g.needs for g in found.gaps)


def test_an_improvement_that_began_earlier_is_told() -> None:
    rng = np.random.default_rng(4)
    tables = read({"revenue": book(rng), "costs": costs(rng, slope=-25.0)})
    found = row(impact(tables, start=START), "cost_to_serve")
    assert found["began"] == "before"
    assert found["trend"] == pytest.approx(-0.75, abs=0.1)  # 12 months × 25 ÷ 400
    assert found["expected"] == pytest.approx(found["after"], abs=0.25)
    assert found["beyond_low"] <= 0 <= found["beyond_high"]


def test_a_holdout_raises_the_grade_and_lends_its_number() -> None:
    tables = read({"revenue": book(np.random.default_rng(5))})
    test = {"experiment_id": "H1", "initiative_id": None, "metric": "churn_12m", "metric_name": "churn", "arm": "on"}
    test |= {"design": "holdout", "effect": -0.03, "low": -0.05, "high": -0.01, "grade": "A", "verdict": "cut"}
    tests = Held(as_of=AS_OF, tables={"effects": pd.DataFrame([test | {"tone": "good"}])})
    found = impact(tables, start=START, experiments=tests)
    churn = row(found, "logo_churn")
    assert (churn["grade"], churn["tested_by"], churn["tested_scope"]) == ("A", "H1", "programme")
    said = found.finding("prove.impact.metric", subject="logo_churn")
    assert said is not None
    assert (said.value, said.grade, said.tone) == (-0.03, "A", "good")
    part = Held(as_of=AS_OF, tables={"effects": pd.DataFrame([test | {"design": "randomised", "initiative_id": "I1"}])})
    churn = row(impact(tables, start=START, experiments=part), "logo_churn")
    assert (churn["grade"], churn["tested_scope"]) == ("E", "I1")


@pytest.mark.parametrize(
    ("metric", "named", "is_it"),
    [("logo_churn", "churn_90d", False), ("logo_churn", "early_churn", False), ("grr", "retention", True),
     ("csat", "csat", True), ("cost_to_serve", "contacts", False), ("engagement", "engagement", True)],
)  # fmt: skip
def test_only_the_same_metric_counts(metric: str, named: str, is_it: bool) -> None:
    assert same(metric, named) is is_it


def test_the_start_is_given_or_the_mission_or_the_first_initiative() -> None:
    started = pd.DataFrame({"initiative_id": ["I"], "initiative": ["I"], "started": ["2025-03-01"]})
    mission = pd.DataFrame({"adopted": ["2025-11-01", "2026-02-01"], "statement": ["a", "b"]})
    revenue = book(np.random.default_rng(1))
    assert impact(read({"revenue": revenue, "mission": mission, "initiatives": started})).start == START
    found = impact(read({"revenue": revenue, "initiatives": started}))
    assert (found.start, found.start_from) == (date(2025, 3, 1), "initiatives")
    nothing = impact(read({"revenue": revenue}))
    assert not nothing.findings
    assert [g.id for g in nothing.gaps] == ["prove.impact.overall"]


def test_a_period_lifetime_is_revenue_times_the_sum_of_survival() -> None:
    """Two customers at 100: one stays, one is lost after six of twelve months at risk; hazard 1/18."""
    rows = [("a", m, 100) for m in MONTHS[-13:]] + [("b", m, 100) for m in MONTHS[-13:-7]]
    tables = read({"revenue": pd.DataFrame(rows, columns=["account_id", "month", "mrr"])})
    window = Window(first=date(2025, 11, 1), last=date(2026, 10, 1))
    found = lifetime(tables, window, rates=window)
    keep = 1 - 1 / 18
    assert found.value == pytest.approx(100 * (1 - keep**36) / (1 - keep))  # type: ignore[union-attr]


def test_initiatives_that_still_wait_count() -> None:
    rows = [{"registered": date(2025, 1, 1), "started": None, "ended": None, "status": "idea"}]
    rows += [{"registered": date(2026, 1, 1), "started": date(2026, 2, 1), "ended": None, "status": "running"}]
    found = impact_speed.waits(rows, "speed_start", start=START, as_of=AS_OF)
    assert found["before"].to_dict("list") == {"days": [304], "done": [False]}
    assert found["after"].to_dict("list") == {"days": [31], "done": [True]}


def held(hits: int, n: int, nominal: float = 0.95) -> bool:
    low = float(beta.ppf(0.0005, hits, n - hits + 1)) if hits else 0.0
    high = float(beta.isf(0.0005, hits + 1, n - hits)) if hits < n else 1.0
    return low <= nominal <= high


@pytest.mark.coverage
@pytest.mark.parametrize("size", [12, 30])
def test_restricted_means_hold_the_truth(size: int) -> None:
    """Exponential waits of mean 80 days, watched for 60 to 365 days: 95 % of intervals hold no change."""
    hits = 0
    for seed in range(600):
        rng = np.random.default_rng(seed)
        groups = {}
        for side in ("before", "after"):
            wait, watched = rng.exponential(80, size), rng.uniform(60, 365, size)
            groups[side] = pd.DataFrame({"days": np.minimum(wait, watched), "done": wait <= watched})
        change = impact_speed.compare(groups).change  # type: ignore[union-attr]
        hits += change.low is None or change.low <= 0 <= change.high  # type: ignore[operator]
    print(size, hits / 600)
    assert hits / 600 >= 0.93


@pytest.mark.coverage
def test_nothing_changed_is_seldom_called_a_change() -> None:
    """200 clients without any change: the interval of the change itself, before any allowance, holds it."""
    seen: dict[str, list[bool]] = {"logo_churn": [], "cost_to_serve": [], "clv": []}
    false = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        tables = read({"revenue": book(rng, accounts=250), "costs": costs(rng)})
        for metric, hits in seen.items():
            pair = measured(tables, metric, start=START, months=12)
            hits.append(pair.change.low <= 0 <= pair.change.high)  # type: ignore[union-attr,operator]
        false += "higher" in set(impact(tables, start=START).frame("measures")["verdict"]) if seed < 40 else 0
    print({k: sum(v) / len(v) for k, v in seen.items()}, false)
    assert all(sum(v) / len(v) >= 0.9 for v in seen.values())
    assert false == 0


def test_a_past_in_which_nobody_ever_left_is_no_before() -> None:
    frame = book(np.random.default_rng(5))
    last = frame.groupby("account_id")["month"].max()
    known = last.index[
        last >= pd.Timestamp("2024-11-01")
    ]  # an export of the customers of that day, with all their past
    told = row(impact(read({"revenue": frame[frame["account_id"].isin(known)]}), start=START), "logo_churn")
    assert told["period_before"] == "2024-12 to 2025-10"
    assert pd.isna(told["earlier"])
    whole = row(impact(read({"revenue": frame}), start=START), "logo_churn")
    assert whole["period_before"] == "2024-11 to 2025-10"
