"""A score's change split by hand, a fall that is only mix, response and weighting."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.metrics import alarms
from cxkit.metrics.definitions import definitions
from cxkit.quantify.catalogue import FINDINGS
from cxkit.quantify.voice import SPENT, Voice, _verdict, voice
from cxkit.quantify.voice_cells import Cells, cells
from cxkit.quantify.voice_mix import LEAST, pooled, split, usable
from cxkit.quantify.voice_response import poststratified
from cxkit.tables.engine import Tables

AS_OF = date(2026, 10, 31)
PEOPLE = {"now": 40, "before": 40}


def made(rows: dict[tuple[str, str], tuple[int, float]]) -> Cells:
    """Cells of independent answers, one a customer: (window, stratum) → (answers, sum of −1, 0 and 1)."""
    n = np.array([float(v[0]) for v in rows.values()])
    total = np.array([float(v[1]) for v in rows.values()])
    squares = np.maximum(np.abs(total), n * 0.8)
    return Cells(
        keys=tuple(rows), n=n, total=total, squares=squares, nn=np.diag(n), nt=np.diag(total), tt=np.diag(squares)
    )


def test_a_change_by_hand() -> None:
    """Home scores 0.5 in both years, mobile 0; mobile goes from a quarter to three quarters of the answers."""
    found = split(
        made(
            {
                ("now", "home"): (10, 5),
                ("now", "mobile"): (30, 0),
                ("before", "home"): (30, 15),
                ("before", "mobile"): (10, 0),
            }
        ),
        PEOPLE,
    )
    assert (found.now, found.before) == (0.125, 0.375)
    assert found.change.estimate.value == -0.25
    assert found.within.estimate.value == 0
    assert found.mix.estimate.value == -0.25
    assert found.within.p == 1.0
    assert [(s.name, s.share_before, s.share, s.mix) for s in found.strata] == [
        ("home", 0.75, 0.25, -0.125),
        ("mobile", 0.25, 0.75, -0.125),
    ]


def test_the_variance_of_a_change_without_strata_is_that_of_two_means() -> None:
    """R18: promoters 1/2, passives 1/3, detractors 1/6 have variance 5/9 a response."""
    half = {"n": 30, "total": 10, "squares": 20}
    keys = tuple((when, kind) for when in ("now", "before") for kind in ("a", "b"))
    column = {name: np.full(4, float(v)) for name, v in half.items()}
    found = split(
        Cells(keys=keys, **column, nn=np.eye(4) * 30, nt=np.eye(4) * 10, tt=np.eye(4) * 20), {"now": 60, "before": 60}
    )
    within = found.within.estimate
    error = np.sqrt(5 / 9 / 60 * 2)
    assert (within.high - within.low) / 2 == pytest.approx(error * 2.001 * np.sqrt(30 / 29 * 120 / 119), rel=2e-3)
    assert (found.mix.estimate.low, found.mix.estimate.high) == (0, 0)


def test_customers_who_answer_alike_in_both_years_make_the_change_no_less_sure_than_independent_ones() -> None:
    keys = tuple((when, kind) for when in ("now", "before") for kind in ("a", "b"))
    n, total, squares = np.full(4, 20.0), np.full(4, 5.0), np.full(4, 15.0)
    apart = Cells(keys, n, total, squares, nn=np.diag(n), nt=np.diag(total), tt=np.diag(squares))
    same = np.kron(np.ones((2, 2)), np.eye(2))
    twice = Cells(keys, n, total, squares, nn=same * 20, nt=same * 5, tt=same * 15)
    wide = [split(c, PEOPLE).within.estimate.high for c in (apart, twice)]
    assert wide[1] == pytest.approx(wide[0], rel=0.01)


COUNTS = st.tuples(st.integers(1, 60), st.integers(-100, 100)).map(lambda t: (t[0], round(t[0] * t[1] / 100)))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(COUNTS, COUNTS), min_size=2, max_size=5))
def test_the_parts_add_up_and_names_do_not_matter(rows) -> None:
    given_ = {}
    for k, (now, before) in enumerate(rows):
        given_[("now", f"s{k}")] = now
        given_[("before", f"s{k}")] = before
    found = split(made(given_), PEOPLE)
    parts = found.within.estimate.value + found.mix.estimate.value
    assert parts == pytest.approx(found.now - found.before, abs=1e-9)
    assert found.change.estimate.value == pytest.approx(found.now - found.before, abs=1e-9)
    assert sum(s.within for s in found.strata) == pytest.approx(found.within.estimate.value, abs=1e-9)
    assert sum(s.mix for s in found.strata) == pytest.approx(found.mix.estimate.value, abs=1e-9)
    other = split(made({(w, f"z{9 - int(s[1:])}"): v for (w, s), v in given_.items()}), PEOPLE)
    for name in ("within", "mix", "change"):
        one, two = getattr(found, name).estimate, getattr(other, name).estimate
        assert (one.value, one.low, one.high) == pytest.approx((two.value, two.low, two.high), abs=1e-9)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 40), st.integers(-40, 40), st.integers(-40, 40)), min_size=2, max_size=4))
def test_the_same_mix_has_no_mix_effect(rows) -> None:
    given_ = {}
    for k, (n, a, b) in enumerate(rows):
        given_[("now", f"s{k}")] = (2 * n, max(-2 * n, min(2 * n, a)))
        given_[("before", f"s{k}")] = (n, max(-n, min(n, b)))
    assert split(made(given_), PEOPLE).mix.estimate.value == pytest.approx(0, abs=1e-12)


def test_small_strata_are_put_together_and_a_new_one_is_mix() -> None:
    found = made(
        {
            ("now", "big"): (50, 10), ("before", "big"): (50, 10), ("now", "new"): (40, -40),
            ("now", "x"): (5, 1), ("before", "x"): (9, 1), ("now", "y"): (14, 3), ("before", "y"): (10, 2),
        }
    )  # fmt: skip
    whole = pooled(found)
    assert set(whole.keys) == {(w, s) for w in ("now", "before") for s in ("big", "all others")} | {("now", "new")}
    assert usable(whole)
    new = next(s for s in split(whole, PEOPLE).strata if s.name == "new")
    assert (new.within, new.score_before, new.change.value) == (0, None, None)
    alone = pooled(
        made({("now", "a"): (LEAST - 1, 0), ("before", "a"): (99, 0), ("now", "b"): (99, 0), ("before", "b"): (99, 0)})
    )
    assert not usable(alone)
    assert {k[1] for k in alone.keys} == {"all others"}


def test_below_ten_customers_there_is_no_interval() -> None:
    found = split(made({(w, s): (20, 5) for w in ("now", "before") for s in "ab"}), {"now": 9, "before": 40})
    assert found.within.estimate.low is None
    assert found.within.estimate.why_none == "9 customers answered in a window"


def test_cells_from_the_engine_match_a_loop() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "customer": rng.integers(0, 12, 60).astype(str),
            "x": rng.integers(-1, 2, 60),
            "k": rng.choice(list("abc"), 60),
        }
    )
    tables = Tables.from_frames({}, as_of=AS_OF)
    tables.con.register("given_answers", frame)
    found = cells(tables, "given_answers", ["k"])
    assert found.keys == (("a",), ("b",), ("c",))
    per = frame.groupby(["customer", "k"])["x"].agg(["count", "sum"]).unstack(fill_value=0)
    n, t = per["count"].to_numpy(dtype=float), per["sum"].to_numpy(dtype=float)
    assert found.nn.tolist() == (n.T @ n).tolist()
    assert found.nt.tolist() == (n.T @ t).tolist()
    assert found.tt.tolist() == (t.T @ t).tolist()


def counted(frame: pd.DataFrame) -> Cells:
    """Cells of answers with customer, when, kind and x."""
    keys = [tuple(k) for k in frame.groupby(["when", "kind"]).groups]
    per = frame.groupby(["customer", "when", "kind"])["x"].agg(["count", "sum"]).unstack([1, 2], fill_value=0)
    n = np.column_stack([per["count"][k] for k in keys]).astype(float)
    t = np.column_stack([per["sum"][k] for k in keys]).astype(float)
    squares = np.array([(frame.loc[(frame["when"] == w) & (frame["kind"] == k), "x"] ** 2).sum() for w, k in keys])
    return Cells(tuple(keys), n.sum(axis=0), t.sum(axis=0), squares.astype(float), n.T @ n, n.T @ t, t.T @ t)


@pytest.mark.parametrize("new", [False, True])
def test_errors_match_a_jackknife_over_customers(new: bool) -> None:
    """Leaving out one customer at a time gives the same errors, also with a kind that is new this year."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "customer": rng.integers(0, 120, 600),
            "when": rng.choice(["now", "before"], 600),
            "kind": rng.choice([*"abc"], 600),
        }
    )
    frame["customer"] += np.where(frame["when"] == "now", 0, 120)
    frame["kind"] = np.where((frame["kind"] == "c") & (frame["when"] == "before") & new, "a", frame["kind"])
    lean = rng.random(240)
    chance = 0.6 * lean[frame["customer"]] + frame["kind"].map({"a": 0.0, "b": 0.2, "c": 0.4}).to_numpy()
    frame["x"] = (rng.random(600) < chance).astype(int) * 2 - 1
    people = {"now": 120, "before": 120}
    names = ("within", "mix", "change")
    whole = split(counted(frame), people)
    left = [split(counted(frame[frame["customer"] != c]), people) for c in range(240)]
    for name in names:
        values = np.array([getattr(s, name).estimate.value for s in left])
        error = np.sqrt(239 / 240 * ((values - values.mean()) ** 2).sum())
        made_ = getattr(whole, name).estimate
        assert (made_.high - made_.low) / 2 / 1.98 == pytest.approx(error, rel=0.08), name


def test_only_mix_needs_a_clear_mix_and_a_change_that_like_for_like_excludes() -> None:
    now = {("now", "home"): (100, 50), ("now", "mobile"): (300, 0)}
    found = split(made({**now, ("before", "home"): (300, 150), ("before", "mobile"): (100, 0)}), PEOPLE)
    assert _verdict(found, False, True) == "only mix"
    assert _verdict(found, False, False) == "cannot tell"
    assert (_verdict(found, True, True), _verdict(found, True, False)) == ("both", "real")
    few = {("now", "home"): (10, 5), ("now", "mobile"): (30, 0)}
    wide = split(made({**few, ("before", "home"): (30, 15), ("before", "mobile"): (10, 0)}), PEOPLE)
    assert _verdict(wide, False, True) == "cannot tell"


# The whole result ---------------------------------------------------------------------------------------------


def frames(mobile=(0.3, 0.3), fall=0.0, n=900, seed=5, known=1.0) -> dict[str, pd.DataFrame]:
    """Answers of 2025 and 2026; `mobile` is their share of answers in each year, `fall` the points lost like for like.

    Home customers have an NPS of about 40, mobile ones of about −20. One in five of those asked answers.
    """
    rng = np.random.default_rng(seed)
    parts = []
    for year, share in zip((2025, 2026), mobile, strict=True):
        kind = np.where(rng.random(n) < share, "mobile", "home")
        top, low = np.where(kind == "home", 0.6, 0.3), np.where(kind == "home", 0.2, 0.5)
        low = low + fall / 200 * (year == 2026)
        top = top - fall / 200 * (year == 2026)
        u = rng.random(n)
        score = np.where(u < low, 4, np.where(u < 1 - top, 8, 10))
        day = pd.Timestamp(f"{year - 1}-11-01") + pd.to_timedelta(rng.integers(0, 365, n), "D")
        parts.append(pd.DataFrame({"kind": kind, "score": score, "answered": day}))
    whole = pd.concat(parts, ignore_index=True)
    who = np.where(whole["kind"] == "home", "h", "m") + rng.integers(0, 600, len(whole)).astype(str).astype(object)
    account = np.where(rng.random(len(whole)) < known, who, None)
    surveys = pd.DataFrame(
        {
            "response_id": [f"r{i}" for i in range(len(whole))],
            "metric": "nps",
            "score": whole["score"],
            "answered": whole["answered"],
            "account_id": account,
        }
    )
    ids = [f"{k}{i}" for k in "hm" for i in range(600)]
    accounts = pd.DataFrame({"account_id": ids, "started": "2020-01-01", "segment": ["home"] * 600 + ["mobile"] * 600})
    return {"surveys": surveys, "accounts": accounts}


def run(given_: dict[str, pd.DataFrame], **more) -> Voice:
    return voice(Tables.from_frames(given_, as_of=AS_OF), window_months=12, **more)


@pytest.fixture(scope="module")
def mixed() -> Voice:
    given_ = frames(mobile=(0.25, 0.75))
    asked = (
        given_["surveys"].iloc[900:].assign(sent=lambda f: f["answered"] - pd.to_timedelta(np.arange(len(f)) % 9, "D"))
    )
    silent = asked.iloc[:450].assign(response_id=None, answered=pd.NaT)
    sent = pd.concat([asked, silent], ignore_index=True)
    sent["invitation_id"] = [f"i{k}" for k in range(len(sent))]
    given_["invitations"] = sent[["invitation_id", "sent", "account_id", "metric", "response_id", "answered"]]
    return run(given_)


def test_a_fall_that_is_only_mix(mixed: Voice) -> None:
    found = mixed.finding("quantify.voice.change")
    assert found.title.startswith("The net promoter score fell ")
    assert found.title.endswith(
        " points, but not among customers of the same kind: more answers came from segment mobile"
    )
    assert found.tone == "neutral"
    assert found.low < 0 < found.high
    row = mixed.frame("mix").iloc[0]
    assert (row["by"], row["verdict"], bool(row["primary"])) == ("segment", "only mix", True)
    assert row["within"] + row["mix"] == pytest.approx(row["change"])
    scores = mixed.frame("scores").iloc[0]
    assert row["change"] == pytest.approx(scores["value"] - scores["before"])
    assert "Mobile gave " in found.detail


def test_a_real_fall_is_called_real() -> None:
    result = run(frames(fall=40, n=1500))
    found = result.finding("quantify.voice.change")
    assert "like for like too: customers of the same segment answer" in found.title
    assert found.title.endswith("lower")
    assert (found.tone, result.frame("mix").iloc[0]["verdict"]) == ("bad", "real")
    assert found.high < 0


def test_no_change_is_not_called_one() -> None:
    found = run(frames()).finding("quantify.voice.change")
    assert found.title.startswith("The net promoter score has not shown a change on a year earlier (")
    assert found.tone == "unknown"


def test_the_result_spends_its_part_of_the_alarms(mixed: Voice) -> None:
    assert mixed.alarm == pytest.approx(alarms.share("mix") * SPENT)


def test_response_and_silence(mixed: Voice) -> None:
    found = mixed.finding("quantify.voice.response")
    whole = mixed.frame("response").iloc[0]
    assert whole["rate"] == pytest.approx(whole["answers"] / whole["n"])
    assert found.title.endswith("\u202f% of those asked for a recommendation answered")
    row = mixed.frame("silent").iloc[0]
    asked, value = mixed.frame("weighted").set_index("base").loc["everybody asked"], row["value"]
    assert value == pytest.approx(row["rate"] * asked["raw"] + (1 - row["rate"]) * row["late"])
    assert row["best"] - row["worst"] == pytest.approx(200 * (1 - row["rate"]))
    assert "If the silent scored like the latest third" in found.detail


def test_weighted_to_the_customer_base(mixed: Voice) -> None:
    """Half the customers are mobile, three quarters of the answers: weighting brings the score up."""
    rows = mixed.frame("weighted").set_index("base")
    strata = mixed.frame("strata").query("by == 'segment'").set_index("stratum")
    assert rows.loc["the customer base", "value"] == pytest.approx(strata["score"].mean())
    assert rows.loc["the customer base", "shift_low"] > 0
    found = mixed.finding("quantify.voice.weighted")
    assert found.grade == "D"
    assert "when answers count as the customer base is made up" in found.title


def test_poststratified_by_hand() -> None:
    """Scores 0.5 and −0.5, forty answers of which thirty from a; a base of equal halves scores 0."""
    found = made({("a", ""): (30, 15), ("b", ""): (10, -5)})
    whole = poststratified(found, {("a", ""): 100, ("b", ""): 100}, "nps", base="all", by="segment", people=40)
    assert (whole.raw, whole.estimate.value, whole.shift.value) == (0.25, 0.0, -0.25)
    assert poststratified(found, {("a", ""): 9}, "nps", base="all", by="x", people=9) is None


def test_findings_are_in_the_catalogue_and_use_known_definitions(mixed: Voice) -> None:
    assert {f.id for f in mixed.findings} <= set(FINDINGS)
    assert {f.definition for f in mixed.findings} <= {d.tag for d in definitions().values()}


@pytest.mark.parametrize("drop", ["surveys", "accounts", "invitations"])
def test_what_is_missing_is_a_gap_that_names_it(drop: str) -> None:
    given_ = frames(n=120)
    given_["invitations"] = pd.DataFrame(
        {"invitation_id": ["i"], "sent": ["2026-09-01"], "response_id": ["r1"], "account_id": ["h1"]}
    )
    del given_[drop]
    result = run(given_)
    needs = {m.name for gap in result.gaps for m in gap.needs}
    assert drop in needs
    assert all(gap.reason.endswith(".") for gap in result.gaps)


def test_answers_that_do_not_reach_back_are_a_gap() -> None:
    given_ = frames(n=100)
    given_["surveys"] = given_["surveys"][given_["surveys"]["answered"] >= "2025-11-01"]
    result = run(given_)
    assert result.finding("quantify.voice.change") is None
    gap = next(g for g in result.gaps if g.subject == "nps")
    assert gap.reason == "The answers do not reach back a year before their last 12 months."


def test_an_answer_takes_the_account_of_its_invitation() -> None:
    given_ = frames(n=200, known=0.0)
    assert run(given_).finding("quantify.voice.change") is None
    given_["invitations"] = pd.DataFrame(
        {
            "invitation_id": [f"i{k}" for k in range(400)],
            "sent": given_["surveys"]["answered"],
            "response_id": given_["surveys"]["response_id"],
            "account_id": [f"{'hm'[k % 2]}{k % 300}" for k in range(400)],
        }
    )
    assert run(given_).finding("quantify.voice.change") is not None


def test_hostile_segment_names_stay_text_and_rows_may_come_in_any_order() -> None:
    given_ = frames(mobile=(0.25, 0.75), n=400)
    given_["accounts"]["segment"] = given_["accounts"]["segment"].map({"home": "'; DROP", "mobile": "m\x1fx <b>"})
    one = run(given_)
    two = run({k: f.sample(frac=1, random_state=3) for k, f in given_.items()})
    assert one.document() == two.document()
    assert "segment m x <b>" in one.finding("quantify.voice.change").title
