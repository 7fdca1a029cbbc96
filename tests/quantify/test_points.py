"""What a point goes with: planted slopes, notice, silence, several drivers at once, and never a word of cause."""

import re
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest

from cxkit.quantify import points_panel as panel
from cxkit.quantify.catalogue import FINDINGS
from cxkit.quantify.points import point_worth
from cxkit.quantify.points_model import jackknife, levels, slopes
from cxkit.tables.engine import Tables

AS_OF = date(2026, 10, 31)
MONTHS = [p.to_timestamp() for p in pd.period_range(end="2026-10", periods=26, freq="M")]


@cache
def drawn(slope=0.02, customers=900, seed=1, answer=0.35):
    """Customers with a lasting mood who answer now and then; a promoter leaves `slope` a month less than a detractor
    by twice that. Segment b leaves more and is happier, which hides the slope from whoever does not look."""
    rng = np.random.default_rng(seed)
    paid, said = [], []
    for i in range(customers):
        upper = i % 2
        mood = int(rng.choice([-1, 0, 1], p=[0.5, 0.3, 0.2] if upper == 0 else [0.2, 0.3, 0.5]))
        leave = 0.035 + 0.02 * upper - slope * mood
        for k, month in enumerate(MONTHS):
            paid.append((f"c{i}", month, 40.0))
            if rng.random() < answer:
                score = {-1: 4, 0: 8, 1: 10}[mood]
                said.append((f"r{i}-{k}", "nps", score, month + pd.Timedelta(days=10), f"c{i}"))
            if k > 0 and rng.random() < leave:
                break
    return {
        "revenue": pd.DataFrame(paid, columns=["account_id", "month", "mrr"]),
        "surveys": pd.DataFrame(said, columns=["response_id", "metric", "score", "answered", "account_id"]),
        "accounts": pd.DataFrame(
            {
                "account_id": [f"c{i}" for i in range(customers)],
                "started": "2020-05-01",
                "segment": ["a" if i % 2 == 0 else "b" for i in range(customers)],
            }
        ),
    }


def worth(frames, margin=0.5, seed=3):
    return point_worth(Tables.from_frames(frames, as_of=AS_OF, currency="USD"), default_margin=margin, seed=seed)


@pytest.fixture(scope="module")
def planted():
    return worth(drawn())


@pytest.fixture(scope="module")
def row(planted):
    return planted.frame("drivers").set_index("driver").loc["nps"]


def test_planted_slope_is_found(row, planted):
    """Two points of hazard a month between neighbours, a tenth of it for ten points of NPS, over a year."""
    levels = planted.frame("levels")
    hazard = levels["lost"].sum() / levels["customer_months"].sum()
    truth = 0.1 * 0.02 * 12 * (1 - hazard) ** 11
    assert row["kept_low"] < truth < row["kept_high"]
    assert row["kept_shown"]
    assert row["kept_high"] - row["kept_low"] < 2 * truth


def test_money_is_customers_kept_times_a_years_contribution(row, planted):
    assert planted.yearly_worth == pytest.approx(40 * 12 * 0.5)
    assert row["money"] == pytest.approx(row["kept"] * row["base"] * planted.yearly_worth)
    double = worth(drawn(), margin=1.0).frame("drivers").set_index("driver").loc["nps"]
    assert double["money"] == pytest.approx(2 * row["money"])


def test_sentence_calls_it_an_association(planted):
    found = planted.finding("quantify.points.driver", subject="nps")
    assert re.fullmatch(
        r"Ten points of NPS go with \d+ fewer customers lost a year, \$.* better \(.*\): an association, not a proven "
        "effect",
        found.title,
    )
    assert found.grade == "D"
    assert "those without an answer are a group of their own" in found.detail
    assert "as if those who did not answer were like those who did" in found.detail


def test_no_sentence_speaks_of_a_cause(planted):
    for found in (*planted.findings, *worth(drawn(slope=0.0)).findings):
        words = f"{found.title} {found.detail}".lower()
        assert not re.search(r"\b(causes?|leads? to|because of|due to|results? in|drives|reduces|increases)\b", words)
        assert found.id in FINDINGS


def test_segments_are_compared_within(row):
    """Without the strata the happier segment, which leaves more, would hide most of it."""
    frames = dict(drawn())
    frames["accounts"] = frames["accounts"].drop(columns="segment")
    blind = worth(frames).frame("drivers").set_index("driver").loc["nps"]
    assert blind["kept"] < 0.9 * row["kept"]


def test_nothing_planted_nothing_said():
    made = worth(drawn(slope=0.0))
    found = made.finding("quantify.points.unshown")
    assert found.title == "NPS has not been shown to go with leaving or contacts"
    assert found.tone == "unknown"
    assert found.weight == 0


def test_without_margin_customers_are_counted_and_money_is_a_gap():
    made = worth(drawn(), margin=None)
    found = made.finding("quantify.points.driver", subject="nps")
    assert found.unit == "points"
    assert "$" not in found.title
    assert "quantify.points.money" in [g.id for g in made.gaps]


def test_what_is_not_known_is_asked_for(planted):
    asked = {g.subject: g for g in planted.gaps}
    assert set(asked) == {"csat", "ces", "fcr", "sla"}
    assert asked["fcr"].needs[0].name == "tickets"
    assert [n.name for n in asked["sla"].needs] == ["tickets", "moments"]
    alone = worth({"surveys": drawn()["surveys"]})
    assert [n.name for n in alone.gaps[0].needs] == ["revenue", "accounts"]


def test_few_losses_give_no_figure():
    few = {n: f[f["account_id"].isin([f"c{i}" for i in range(120)])] for n, f in drawn(slope=0.0).items()}
    few["surveys"] = few["surveys"][few["surveys"]["account_id"].str.endswith(("1", "2", "3", "4", "5", "6", "7", "8"))]
    few["revenue"] = drawn(slope=0.0)["revenue"][lambda f: f["account_id"].isin(few["accounts"]["account_id"])]
    kept = few["surveys"]["answered"] < pd.Timestamp("2024-10-15")
    made = worth(few | {"surveys": few["surveys"][kept]})
    gap = next(g for g in made.gaps if g.subject == "nps")
    assert "fewer than" in gap.reason


def test_order_of_rows_changes_nothing(planted):
    shuffled = {n: f.sample(frac=1, random_state=2) for n, f in drawn().items()}
    assert worth(shuffled).model_dump_json() == planted.model_dump_json()


def tiny(scores, last="2026-08"):
    """One customer who pays from 2026-01 to `last`, and one who stays; months of 2026 up to October."""
    months = [p.to_timestamp() for p in pd.period_range("2026-01", "2026-10", freq="M")]
    rows = [("goes", m, 1.0) for m in months if m <= pd.Timestamp(f"{last}-01")] + [("stays", m, 1.0) for m in months]
    surveys = pd.DataFrame(
        [(f"r{k}", "nps", s, pd.Timestamp(day), "goes") for k, (s, day) in enumerate(scores)],
        columns=["response_id", "metric", "score", "answered", "account_id"],
    )
    frames = {"revenue": pd.DataFrame(rows, columns=["account_id", "month", "mrr"]), "surveys": surveys}
    tables = Tables.from_frames(frames, as_of=AS_OF)
    base = panel.base(tables)
    with panel.known_scores(tables, base) as have:
        return panel.cells(tables, base, have, seed=1)


def test_leaving_counts_a_full_month_after_the_landmark():
    """Last paid month August: the landmark of July counts it, that of August is not there."""
    found = tiny([(3, "2026-07-20")])
    mine = found[found["nps"] == -1]
    assert (mine["n"].sum(), mine["lost"].sum()) == (1, 1)
    late = tiny([(3, "2026-08-02")])
    assert late["nps"].isna().all()
    assert late["lost"].sum() == 1


def test_scores_are_forgotten_after_six_months():
    found = tiny([(10, "2026-01-10")], last="2026-10")
    assert found.dropna(subset=["nps"])["n"].sum() == 6


def test_the_latest_score_counts():
    found = tiny([(10, "2026-01-10"), (3, "2026-03-05"), (9, "2026-03-04")], last="2026-10")
    known = found.dropna(subset=["nps"]).groupby("nps")["n"].sum()
    assert known.to_dict() == {-1.0: 6, 1.0: 2}


def test_no_answer_is_a_level_of_its_own():
    """Answering 1 against 0 goes with 4 less in 100; that the silent leave most does not touch it."""
    cells = pd.DataFrame({"block": [0, 1, 0, 1, 0, 1], "stratum": "s", "season": "q", "n": 100, "contacts": 0})
    cells = cells.assign(nps=[0.0, 0.0, 1.0, 1.0, np.nan, np.nan], lost=[6, 6, 2, 2, 40, 40])
    assert slopes(cells, ("nps",)).values[0, 0] == pytest.approx(-0.04, abs=1e-6)


def test_nobody_is_counted_twice():
    found = tiny([(3, "2026-02-01")])
    assert found["lost"].sum() == 1
    assert found["n"].sum() == 7 + 8


def test_first_contact_and_contacts_from_tickets():
    """Every second customer's tickets come back within days; they also have more contacts in the months that follow."""
    frames = dict(drawn())
    rng = np.random.default_rng(8)
    rows = []
    for name, month in frames["revenue"][["account_id", "month"]].itertuples(index=False):
        again = int(name[1:]) % 4 < 2
        if rng.random() < 0.2:
            at = month + pd.Timedelta(days=int(rng.integers(1, 12)))
            rows.append((f"t{len(rows)}", name, at, at + pd.Timedelta(hours=4)))
            if again:
                rows.append((f"t{len(rows)}", name, at + pd.Timedelta(days=3), at + pd.Timedelta(days=4)))
    tickets = pd.DataFrame(rows, columns=["ticket_id", "account_id", "opened", "resolved"])
    span = list(MONTHS[-12:])
    costs = pd.DataFrame({"month": span, "category": "desk", "amount": 1000.0, "driver": "contacts"})
    made = worth(frames | {"tickets": tickets, "costs": costs})
    rows_ = made.frame("drivers").set_index("driver")
    year = tickets["opened"] >= pd.Timestamp("2025-11-01")
    assert made.contact_cost == pytest.approx(12_000 / int(year.sum()))
    assert rows_.loc["fcr", "contacts_shown"]
    assert rows_.loc["fcr", "contacts"] > 0
    assert not rows_.loc["fcr", "kept_shown"]
    found = made.finding("quantify.points.driver", subject="fcr")
    assert "fewer contacts a year" in found.title
    assert "not been shown to go with leaving" in found.detail
    overlap = made.finding("quantify.points.overlap")
    assert "NPS and first-contact resolution keep" in overlap.title.replace("Nps", "NPS")
    assert overlap.value == pytest.approx(1.0, abs=0.15)


def test_two_drivers_that_are_one_share_their_slope():
    """Satisfied exactly when a promoter: held together each keeps a part, and the parts add up to the whole."""
    rng = np.random.default_rng(3)
    value = rng.integers(0, 2, 400).astype(float)
    cells = pd.DataFrame(
        {"block": np.arange(400) % 20, "stratum": "s", "season": "q", "csat": value, "fcr": value, "n": 50}
    )
    cells["lost"] = rng.binomial(50, 0.06 - 0.03 * value)
    cells["contacts"] = 0
    alone = slopes(cells, ("csat",)).values[0, 0]
    both = slopes(cells, ("csat", "fcr")).values[:, 0]
    assert alone == pytest.approx(-0.03, abs=0.01)
    assert both == pytest.approx([alone / 2, alone / 2], rel=1e-3)


def test_levels_are_made_equal_over_strata():
    """Both levels leave 1 in 10 in one stratum and 1 in 5 in the other; only where they are differs."""
    cells = pd.DataFrame(
        {
            "block": 0,
            "stratum": ["s", "s", "t", "t"],
            "season": "q",
            "fcr": [1.0, 0.0, 1.0, 0.0],
            "n": [900, 100, 100, 900],
            "lost": [90, 10, 20, 180],
            "contacts": 0,
        }
    )
    made = levels(cells, "fcr", {"solved": (1, 1), "back": (0, 0)}).set_index("level")
    assert made["hazard"].tolist() == pytest.approx([0.11, 0.19])
    assert made["adjusted"].tolist() == pytest.approx([0.15, 0.15], abs=1e-6)


def test_jackknife_of_a_mean_is_its_standard_error():
    rng = np.random.default_rng(6)
    x = rng.normal(size=100)
    without = (x.sum() - x) / 99
    low, high = jackknife(x.mean(), without)
    assert (high - low) / 2 == pytest.approx(1.984 * x.std(ddof=1) / 10, rel=1e-3)


@pytest.mark.heavy
def test_intervals_hold_the_planted_slope():
    """60 books: the interval holds the planted slope about 95 times in a hundred."""
    held = 0
    for seed in range(60):
        made = worth(drawn(seed=seed + 50, customers=400, slope=0.015))
        rows = made.frame("levels")
        hazard = rows["lost"].sum() / rows["customer_months"].sum()
        row = made.frame("drivers").set_index("driver").loc["nps"]
        held += row["kept_low"] <= 0.1 * 0.015 * 12 * (1 - hazard) ** 11 <= row["kept_high"]
    assert held >= 51
