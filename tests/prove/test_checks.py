"""What stands beside an effect, from tables to verdicts, with the truth planted."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.oneway import anova_oneway

from cxkit.prove import experiments
from cxkit.prove.checks import Checks, checks
from cxkit.prove.comparison import Comparison
from cxkit.prove.segments import Group, same_everywhere
from cxkit.tables.engine import Tables
from tests.prove.conftest import frames

SPEND = {"kind": "mean", "metric": "spend", "direction": "up"}
Frames = dict[str, pd.DataFrame]


def units(seed: int = 1, n: int = 2000, effect: float = 3.0, arms: int = 2) -> pd.DataFrame:
    """Units with a mean outcome; drawn over four weeks, measured thirty days later."""
    rng = np.random.default_rng(seed)
    arm = np.array(["control", *(f"t{i}" for i in range(1, arms))])[np.arange(n) % arms]
    day = pd.Timestamp("2026-01-05") + pd.to_timedelta(rng.integers(0, 28, n), "D")
    y = 50 + rng.normal(0, 10, n) + effect * (arm != "control")
    return pd.DataFrame(
        {"unit": np.arange(n).astype(str), "arm": arm, "y": y}
        | {"assigned": day.strftime("%Y-%m-%d"), "post_measured": (day + pd.Timedelta(days=30)).strftime("%Y-%m-%d")}
    )


def further(given: Frames, metric: str, value: np.ndarray, role: str, **more: Any) -> Frames:
    """The same client with one further registered metric, measured with the primary one."""
    post = given["outcomes"][given["outcomes"]["metric"] == given["experiments"]["metric"].iloc[0]]
    plan = {"experiment_id": "x1", "metric": metric, "role": role, "kind": "binary", "direction": "down"}
    sheet = pd.DataFrame([plan | {"margin": None, "registered": "2026-01-01"} | more])
    sheets = [f for f in (given.get("experiment_metrics"), sheet) if f is not None]
    outcomes = pd.concat([given["outcomes"], post.assign(metric=metric, value=value)])
    return given | {"experiment_metrics": pd.concat(sheets), "outcomes": outcomes}


def checked(given: Frames, as_of: date = date(2026, 3, 31)) -> tuple[pd.Series, Checks]:
    tables = Tables.from_frames(given, as_of=as_of)
    found = experiments(tables, seed=1)
    return found.frame("effects").iloc[0], checks(tables, found, seed=1)


def exact(arm: pd.Series, control: float, treated: float) -> np.ndarray:
    """A yes–no outcome with exactly these shares in the arms."""
    out = np.zeros(len(arm))
    for name, share in (("control", control), ("t1", treated)):
        mine = np.flatnonzero((arm == name).to_numpy())
        out[mine[: round(share * len(mine))]] = 1
    return out


@pytest.mark.parametrize(
    ("treated", "margin", "status", "tone", "words"),
    [
        (0.10, 0.03, "holds", "good", "keeps complaints within its limit: at most 2.2 points more, 3.0 points"),
        (0.20, 0.03, "breached", "bad", "breaches its limit on complaints: 10.0 points more (7.4 points to"),
        (0.12, 0.03, "cannot tell", "good", "cannot tell whether experiment x1 keeps complaints within its limit"),
    ],
)
def test_guardrail_verdicts_and_what_they_do_to_the_effect(
    treated: float, margin: float, status: str, tone: str, words: str
) -> None:
    u = units()
    row, found = checked(
        further(frames(u, **SPEND), "complaints", exact(u["arm"], 0.1, treated), "guardrail", margin=margin)
    )
    assert found.frame("guardrails")["verdict"].tolist() == [status]
    assert (row["guardrail"], row["tone"], row["verdict"]) == (status, tone, "raised")
    said = found.finding("prove.guardrail")
    assert said is not None
    assert words in said.title
    assert said.level == pytest.approx(0.9)


def test_guardrail_bounds_are_one_sided_at_the_level() -> None:
    """Of a yes–no limit: the ends of the 90 % score interval, so that each errs one time in twenty."""
    from cxkit.prove.proportions import compare_proportions

    u = units()
    _, found = checked(further(frames(u, **SPEND), "complaints", exact(u["arm"], 0.1, 0.11), "guardrail", margin=0.05))
    row = found.frame("guardrails").iloc[0]
    theirs = compare_proportions(100, 1000, 110, 1000, level=0.9)
    assert (row["low"], row["high"]) == pytest.approx((theirs.low, theirs.high))
    assert row["limit"] == 0.05
    assert (row["harm_low"], row["harm_high"]) == (row["low"], row["high"])


def test_guardrail_where_more_is_better_counts_a_fall_as_harm() -> None:
    u = units()
    kept = exact(u["arm"], 0.9, 0.8)
    row, found = checked(further(frames(u, **SPEND), "kept", kept, "guardrail", margin=0.03, direction="up"))
    judged = found.frame("guardrails").iloc[0]
    assert judged["verdict"] == "breached"
    assert judged["harm"] == pytest.approx(0.1)
    assert judged["limit"] == -0.03
    assert row["tone"] == "bad"


def test_guardrail_without_a_margin_is_a_gap_that_names_it() -> None:
    u = units()
    row, found = checked(further(frames(u, **SPEND), "complaints", exact(u["arm"], 0.1, 0.1), "guardrail"))
    assert not found.has("guardrails")
    assert row["guardrail"] == ""
    assert ("prove.guardrail", ("margin",)) in [(g.id, g.needs[0].columns) for g in found.gaps if g.needs]


def test_guardrails_all_must_hold_and_a_breach_is_corrected() -> None:
    """Alone it would be breached; one among nine it is not told. Holding is not corrected."""
    u = units()
    alone = further(frames(u, **SPEND), "m0", exact(u["arm"], 0.1, 0.16), "guardrail", margin=0.03)
    _, one = checked(alone)
    assert one.frame("guardrails")["verdict"].tolist() == ["breached"]
    for k in range(1, 9):
        alone = further(alone, f"m{k}", exact(u["arm"], 0.1, 0.1), "guardrail", margin=0.03)
    row, many = checked(alone)
    said = many.frame("guardrails").set_index("metric")
    assert said.loc["m0", "low"] > 0.03
    assert said.loc["m0", "verdict"] == "cannot tell"
    assert said["verdict"].tolist().count("holds") == 8
    assert row["guardrail"] == "cannot tell"


def test_secondary_metrics_are_corrected_over_metrics_and_variants() -> None:
    u = units(arms=3, n=3000)
    given = frames(u, planned_share=1 / 3, **SPEND)
    rng = np.random.default_rng(2)
    for k in range(5):
        given = further(given, f"m{k}", (rng.random(3000) < 0.1).astype(float), "secondary")
    hit = (rng.random(3000) < 0.1 + 0.1 * (u["arm"] == "t2")).astype(float)
    _, found = checked(further(given, "hit", hit, "secondary"))
    frame = found.frame("secondary")
    assert len(frame) == 12
    assert (frame["p_adjusted"] >= frame["p"]).all()
    shown = frame[frame["verdict"].isin(["raised", "cut"])]
    assert shown[["metric", "arm"]].to_numpy().tolist() == [["hit", "t2"]]
    assert found.finding("prove.secondary", subject="x1/hit/t2").tone == "bad"  # type: ignore[union-attr]


def test_secondary_written_down_late_is_exploratory() -> None:
    u = units()
    _, found = checked(
        further(frames(u, **SPEND), "late", exact(u["arm"], 0.1, 0.2), "secondary", registered="2026-02-01")
    )
    row = found.frame("secondary").iloc[0]
    assert row["grade"] == "C"
    assert "exploratory" in row["grade_reasons"]


def test_everything_is_blocked_by_a_broken_split() -> None:
    u = units()
    u = u.drop(u.index[(u["arm"] == "t1") & (np.arange(len(u)) % 8 == 1)]).reset_index(drop=True)
    given = frames(u, segments="segment", **SPEND)
    given = further(given, "complaints", np.zeros(len(u)), "guardrail", margin=0.03)
    given = further(given, "more", np.zeros(len(u)), "secondary")
    row, found = checked(with_segments(given, np.where(np.arange(len(u)) % 3 == 0, "a", "b")))
    assert row["verdict"] == "blocked"
    assert found.frame("guardrails")["verdict"].tolist() == ["blocked"]
    assert found.frame("secondary")["verdict"].tolist() == ["blocked"]
    assert found.frame("guardrails")["effect"].isna().all()
    for table in ("segments", "interactions", "periods", "fading", "looks"):
        assert not found.has(table)


def with_segments(given: Frames, segment: np.ndarray, **more: Any) -> Frames:
    ids = "a" + given["assignments"]["unit_id"].astype(str)
    accounts = pd.DataFrame({"account_id": ids, "started": "2025-01-01", "segment": segment} | more)
    return given | {"accounts": accounts, "assignments": given["assignments"].assign(account_id=ids)}


def test_segments_declared_and_no_others() -> None:
    """Planted: six in the large, none in the small; the region, which differs as much, was not declared."""
    u = units(effect=0.0)
    rng = np.random.default_rng(3)
    size = rng.choice(["large", "small"], len(u))
    u["y"] += 6.0 * ((u["arm"] == "t1") & (size == "large"))
    given = with_segments(
        frames(u, segments="segment", **SPEND), size, business_unit=np.where(size == "large", "n", "s")
    )
    _, found = checked(given)
    asked = found.frame("interactions").query("kind == 'segment'")
    assert asked[["column", "verdict"]].to_numpy().tolist() == [["segment", "differs"]]
    groups = found.frame("segments").query("kind == 'segment'").set_index("value")
    assert groups.loc["large", "low"] < 6 < groups.loc["large", "high"]
    assert groups.loc["small", "low"] < 0 < groups.loc["small", "high"]
    assert (
        "business"
        not in str(found.document()) + found.frame("segments").to_csv() + found.frame("interactions").to_csv()
    )
    undeclared = checked(with_segments(frames(u, **SPEND), size))[1]
    assert not (undeclared.frame("segments")["kind"] == "segment").any()


@pytest.mark.parametrize(
    ("segments", "drop", "reason"),
    [
        ("region", None, "'region' is no column of accounts"),
        ("segment", "account_id", "not recorded which account a unit belongs to"),
        ("started", None, "a segment has at most 12"),
    ],
)
def test_segments_that_cannot_be_looked_at(segments: str, drop: str | None, reason: str) -> None:
    u = units()
    days = (pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(len(u)) % 40, "D")).strftime("%Y-%m-%d")
    given = with_segments(frames(u, segments=segments, **SPEND), np.full(len(u), "a"), started=days)
    if drop:
        given["assignments"] = given["assignments"].drop(columns=drop)
    _, found = checked(given)
    assert [g.reason for g in found.gaps if g.id == "prove.segments" and reason in g.reason]


def test_segments_within_clusters_are_not_compared() -> None:
    u = units(n=800)
    u["cluster"] = np.arange(800) // 20 * 2 + (u["arm"] == "t1")
    given = frames(u, segments="segment", design="cluster_randomised", **SPEND)
    _, found = checked(with_segments(given, np.where(np.arange(800) % 4 < 2, "a", "b")))
    assert [g for g in found.gaps if "clusters hold several of them" in g.reason]
    _, whole = checked(with_segments(given, np.where(np.arange(800) < 400, "a", "b")))
    assert whole.frame("interactions").query("kind == 'segment'")["groups"].tolist() == [2]


def test_segments_wait_for_the_end() -> None:
    u = units()
    given = with_segments(
        frames(u, segments="segment", ended=None, **SPEND), np.where(np.arange(2000) % 4 < 2, "a", "b")
    )
    _, found = checked(given)
    assert set(found.frame("interactions")["verdict"]) == {"not read yet"}
    assert found.frame("interactions")["p"].isna().all()


def test_weekday_of_the_draw_is_told_when_it_matters() -> None:
    u = units(effect=0.0)
    monday = pd.to_datetime(u["assigned"]).dt.day_of_week == 0
    u["y"] += 8.0 * ((u["arm"] == "t1") & monday)
    _, found = checked(frames(u, **SPEND))
    row = found.frame("interactions").query("kind == 'weekday'").iloc[0]
    assert (row["verdict"], row["groups"]) == ("differs", 7)
    assert "differs by the weekday of the draw: from +" in found.finding("prove.weekday").title  # type: ignore[union-attr]
    calm = checked(frames(units(), **SPEND))[1]
    assert calm.finding("prove.weekday") is None
    assert calm.frame("interactions")["verdict"].tolist() == ["no difference shown"]


def test_same_everywhere_is_welchs_anova() -> None:
    """On plain means it is Welch's 1951 test, as statsmodels has it."""
    rng = np.random.default_rng(4)
    samples = [rng.normal(m, s, n) for m, s, n in ((0, 1, 12), (0.5, 3, 40), (0.2, 2, 9))]
    shown = Comparison(baseline=0, treated=0, effect=0, low=0, high=0, p=1, se=1, method="")
    groups = [Group("", len(x), len(x), shown, x.mean(), x.std(ddof=1) / np.sqrt(len(x)), len(x) - 1) for x in samples]
    statistic, df1, df2, p = same_everywhere(groups)
    theirs = anova_oneway(samples, use_var="unequal", welch_correction=True)
    assert (statistic, p) == pytest.approx((theirs.statistic, theirs.pvalue))
    assert (df1, df2) == pytest.approx((theirs.df_num, theirs.df_denom))


def panel(u: pd.DataFrame, effect: Callable[[np.ndarray], np.ndarray], seed: int = 6, weeks: int = 9) -> pd.DataFrame:
    """Weekly values from the first week of the year on; `effect` is that by whole weeks since the draw (1, 2, …)."""
    rng = np.random.default_rng(seed)
    drawn, own, parts = pd.to_datetime(u["assigned"]), rng.normal(20, 6, len(u)), []
    for week in range(weeks):
        monday = pd.Timestamp("2026-01-05") + pd.Timedelta(days=7 * week)
        since = np.floor((monday - drawn).dt.days.to_numpy() / 7 + 1e-9) + 1
        treated = (u["arm"] != "control").to_numpy() & (monday >= drawn).to_numpy()
        value = own + 0.5 * week + rng.normal(0, 3, len(u)) + np.where(treated, effect(since), 0.0)
        row = {"experiment_id": "x1", "unit_id": u["unit"], "metric": "spend", "period": monday.strftime("%Y-%m-%d")}
        parts.append(
            pd.DataFrame(row | {"value": value, "measured": (monday + pd.Timedelta(days=8)).strftime("%Y-%m-%d")})
        )
    return pd.concat(parts)


def test_fading_effect_is_recovered() -> None:
    """Planted: 4 in the first week, 0.5 less in each one after."""
    u = units()
    given = frames(u, **SPEND) | {"panel": panel(u, lambda since: 4.5 - 0.5 * since)}
    _, found = checked(given)
    row = found.frame("fading").iloc[0]
    assert (row["verdict"], row["step"]) == ("fades", "week")
    assert row["low"] < -0.5 < row["high"]
    first = found.frame("periods").iloc[0]
    assert (first["since"], first["low"] < 4 < first["high"]) == (1, True)
    said = found.finding("prove.fading")
    assert said is not None
    assert said.title.startswith("The effect of experiment x1 on spend fades: +")
    assert said.tone == "bad"


def test_steady_effect_is_not_said_to_fade() -> None:
    u = units()
    _, found = checked(frames(u, **SPEND) | {"panel": panel(u, lambda since: 0 * since + 3)})
    row = found.frame("fading").iloc[0]
    assert row["verdict"] == "no trend shown"
    assert row["low"] < 0 < row["high"]


def test_fading_counts_whole_periods_only() -> None:
    """A week that is not over at `as_of` is not looked at, whatever is in it."""
    u = units()
    rows = panel(u, lambda since: 0 * since + 3)
    late = rows["period"] == rows["period"].max()
    wild = rows.assign(value=rows["value"].where(~late, 1e6), measured=rows["measured"].where(~late, "2026-03-05"))
    _, found = checked(frames(u, **SPEND) | {"panel": wild}, as_of=date(2026, 3, 7))
    assert found.frame("fading")["verdict"].tolist() == ["no trend shown"]
    assert found.frame("periods")["effect"].abs().max() < 10


def test_fading_without_a_panel_is_a_gap_that_names_it() -> None:
    _, found = checked(frames(units(), **SPEND))
    assert [g.needs[0].name for g in found.gaps if g.id == "prove.fading"] == ["panel"]


def test_looks_table_holds_what_earlier_looks_would_have_said() -> None:
    u = units()
    row, found = checked(frames(u, looks="always", **SPEND))
    looks = found.frame("looks")
    assert 3 <= len(looks) <= 12
    assert looks["n"].is_monotonic_increasing
    last = looks.iloc[-1]
    assert (last["effect"], last["low"], last["high"]) == pytest.approx((row["effect"], row["low"], row["high"]))
    assert (looks["low"] < looks["once_low"]).all()
    assert (looks["once_high"] < looks["high"]).all()
    early = looks.iloc[0]
    known = pd.to_datetime(u["post_measured"]) <= early["look"]
    assert early["n"] == known.sum()
    mine = u[known]
    assert early["effect"] == pytest.approx(
        mine.loc[mine["arm"] == "t1", "y"].mean() - mine.loc[mine["arm"] == "control", "y"].mean(), rel=1e-6
    )
    assert not checked(frames(u, **SPEND))[1].has("looks")


def test_checks_do_not_depend_on_the_order_of_rows() -> None:
    u = units()
    given = with_segments(
        frames(u, segments="segment", looks="always", **SPEND), np.where(np.arange(2000) % 5 < 2, "a", "b")
    )
    given = further(given, "complaints", exact(u["arm"], 0.1, 0.1), "guardrail", margin=0.03)
    given |= {"panel": panel(u, lambda since: 3 - 0.1 * since)}
    shuffled = {name: frame.sample(frac=1, random_state=2) for name, frame in given.items()}
    one, other = checked(given)[1], checked(shuffled)[1]
    assert one.document() == other.document()
    for table in one.tables:
        pd.testing.assert_frame_equal(one.frame(table), other.frame(table))


def test_nothing_registered_is_one_gap() -> None:
    tables = Tables.from_frames({}, as_of=date(2026, 3, 31))
    found = checks(tables, experiments(tables, seed=1), seed=1)
    assert len(found.gaps) == 1
    assert not found.findings
