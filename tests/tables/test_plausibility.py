from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from cxkit.tables.engine import Tables
from cxkit.tables.plausibility import screen

AS_OF = date(2026, 6, 30)
START = pd.Timestamp("2024-07-01")


def ids(frames, as_of=AS_OF, **more):
    return {p.id.removeprefix("plausible."): p for p in screen(Tables.from_frames(frames, as_of=as_of, **more))}


def tickets(seed=1, *, per_day=12, keep=lambda day: True):
    """Tickets of a plain business: fewer at weekends, settled within days, some still open."""
    rng = np.random.default_rng(seed)
    opened = [
        day + pd.Timedelta(minutes=int(rng.integers(480, 1200)), seconds=int(rng.integers(60)))
        for day in pd.date_range(START, AS_OF)
        for _ in range(rng.poisson(per_day if day.weekday() < 5 else 3))
        if keep(day)
    ]
    n = len(opened)
    return pd.DataFrame(
        {
            "ticket_id": [str(i) for i in range(n)],
            "opened": opened,
            "resolved": pd.Series(opened) + pd.to_timedelta(rng.exponential(1800, n), unit="min"),
            "account_id": rng.choice([f"a{i}" for i in range(300)], n),
            "reason": rng.choice(["bill", "line", "move"], n),
            "complaint": rng.random(n) < 0.1,
        }
    )


def months(n=24):
    return pd.date_range(START, periods=n, freq="MS")


def revenue(seed=1, accounts=60):
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(accounts):
        mrr = float(rng.choice([10, 20, 50]))
        stays = int(rng.integers(6, 40))
        for n, month in enumerate(months()):
            mrr = mrr + 1 if rng.random() < 0.05 else mrr
            if n < stays:
                rows.append((f"a{i}", month, mrr))
    return pd.DataFrame(rows, columns=["account_id", "month", "mrr"])


@pytest.mark.parametrize("seed", range(5))
def test_screen_a_plain_business_raises_nothing(seed):
    costs = pd.DataFrame(
        {"month": months(), "category": "care", "amount": np.random.default_rng(seed).normal(1000, 30, 24).round(2)}
    )
    assert ids({"tickets": tickets(seed), "revenue": revenue(seed), "costs": costs}) == {}


def test_screen_nothing_supplied_is_nothing_odd():
    assert ids({}) == {}


def test_midnight_lost_time_of_day():
    frame = tickets()
    frame["opened"] = frame["opened"].dt.normalize()
    found = ids({"tickets": frame})
    assert found["midnight"].column == "opened"
    assert "date" in found["midnight"].fix


def test_midnight_of_the_client_is_seen_in_their_zone():
    frame = tickets()
    frame["opened"] = (
        frame["opened"].dt.normalize().dt.tz_localize("Europe/Berlin").dt.tz_convert("UTC").dt.tz_localize(None)
    )
    assert "midnight" in ids({"tickets": frame}, timezone="Europe/Berlin")


def test_instant_tickets_settled_when_opened():
    frame = tickets()
    frame.loc[::2, "resolved"] = frame.loc[::2, "opened"]
    assert "instant" in ids({"tickets": frame})


def test_before_joining_and_after_leaving():
    frame = tickets()
    accounts = pd.DataFrame({"account_id": [f"a{i}" for i in range(300)], "started": date(2025, 1, 1)})
    accounts["ended"] = [date(2025, 6, 2) if i % 2 else None for i in range(300)]
    found = ids({"tickets": frame, "accounts": accounts})
    assert {"before_joining", "after_leaving"} <= set(found)


def test_unfinished_table_that_ends_early():
    frame = tickets()
    frame = frame[frame["opened"] < pd.Timestamp("2026-06-18")]
    problem = ids({"tickets": frame})["unfinished"]
    assert problem.found == "a last day of 2026-06-17, 13 days before the report's 2026-06-30"
    assert "covers only to day 17" in problem.rule
    assert "--as-of 2026-05-31" in problem.fix


def test_unfinished_monthly_table():
    frame = revenue()
    problem = ids({"revenue": frame[frame["month"] < pd.Timestamp("2026-05-01")]})["unfinished"]
    assert problem.found == "a last month of 2026-04; the report's is 2026-06"


def test_jump_double_load_is_named_by_its_month():
    frame = tickets()
    march = frame[frame["opened"].dt.strftime("%Y-%m") == "2026-03"]
    more = [march.assign(ticket_id=march["ticket_id"] + f"x{n}") for n in range(4)]
    problem = ids({"tickets": pd.concat([frame, *more])})["jump"]
    assert "in 2026-03" in problem.found


def test_jump_partial_export():
    found = ids({"tickets": tickets(keep=lambda d: f"{d:%Y-%m}" != "2025-11" or d.day <= 6)})
    assert "in 2025-11" in found["jump"].found


def test_jump_the_same_season_each_year_is_no_problem():
    frame = tickets(per_day=8)
    december = frame[frame["opened"].dt.month == 12]
    more = [december.assign(ticket_id=december["ticket_id"] + f"x{n}") for n in range(4)]
    assert "jump" not in ids({"tickets": pd.concat([frame, *more])})


def test_step_of_level():
    frame = tickets()
    late = frame[frame["opened"] >= pd.Timestamp("2025-07-01")]
    more = [late.assign(ticket_id=late["ticket_id"] + f"x{n}") for n in range(4)]
    problem = ids({"tickets": pd.concat([frame, *more])})["step"]
    assert "2025-0" in problem.found


def test_empty_month():
    found = ids({"tickets": tickets(keep=lambda d: f"{d:%Y-%m}" != "2025-11")})
    assert found["empty_month"].found == "nothing in 2025-11"


def test_empty_months_of_survey_waves_are_no_problem():
    waves = [date(2024, 9, 1) + timedelta(days=91 * w + d) for w in range(7) for d in range(10) for _ in range(20)]
    n = len(waves)
    frame = pd.DataFrame({"response_id": map(str, range(n)), "metric": "nps", "score": [i % 11 for i in range(n)]})
    frame["answered"] = pd.to_datetime(waves)
    assert not {"empty_month", "jump", "step"} & set(ids({"surveys": frame}, as_of=date(2026, 3, 31)))


def test_weekday_that_never_comes():
    problem = ids({"tickets": tickets(keep=lambda d: d.weekday() != 2)})["weekday"]
    assert problem.found == "next to nothing on Wednesdays"


def test_missing_days_of_two_weeks():
    found = ids({"tickets": tickets(keep=lambda d: not date(2025, 9, 3) <= d.date() <= date(2025, 9, 16))})
    assert found["missing_days"].found.startswith("nothing from 2025-09-03 to 2025-09-16 (14 days)")


def test_busy_account():
    frame = tickets()
    robot = pd.DataFrame({"ticket_id": [f"r{i}" for i in range(400)], "account_id": "a1"})
    robot["opened"] = pd.Timestamp("2026-03-02 10:00:07")
    robot["reason"], robot["complaint"] = "bill", False
    assert (
        ids({"tickets": pd.concat([frame, robot])})["busy_account"].found
        == "one account with 400 tickets on 2026-03-02"
    )


def test_placeholder_account():
    frame = tickets()
    frame.loc[::3, "account_id"] = "0"
    assert ids({"tickets": frame})["placeholder"].found.startswith("'0' on 33")


def test_person_of_many_accounts():
    n = 1000
    frame = pd.DataFrame(
        {"system": "crm", "person_id": [f"p{i}" for i in range(n)], "account_id": [f"a{i}" for i in range(n)]}
    )
    ticket = tickets()
    ticket["person_id"] = "agent"
    found = ids({"people": frame, "tickets": ticket})
    assert found["person_of_many"].found == "one person with 300 accounts"


def test_repeated_rows_without_a_key():
    at = pd.date_range("2026-01-01", "2026-06-30", freq="53min")
    frame = pd.DataFrame({"at": at, "event": "login"})
    assert ids({"events": frame}) == {}
    problem = ids({"events": pd.concat([frame, frame.head(200)])})["repeated_rows"]
    assert problem.count == 200


def test_one_value_fills_a_column():
    problem = ids({"tickets": tickets().assign(reason="Other")})["one_value"]
    assert (problem.column, problem.found.split(" in ")[0]) == ("reason", "'Other'")


def test_duplicated_people():
    frame = pd.DataFrame({"system": "crm", "person_id": [f"p{i}" for i in range(300)]})
    frame["email"] = [f"m{i // 2}@x.org" for i in range(300)]
    problem = ids({"people": frame})["duplicated_people"]
    assert problem.count == 150
    assert "@" not in str(problem)


def test_survivors_revenue_subscriptions_and_tickets():
    full = pd.DataFrame(
        [(f"a{i}", m, 10 + i + n) for i in range(60) for n, m in enumerate(months())],
        columns=["account_id", "month", "mrr"],
    )
    assert "still paying" in ids({"revenue": full})["survivors"].found
    spells = pd.DataFrame({"subscription_id": map(str, range(60)), "account_id": map(str, range(60)), "mrr": 5})
    spells["started"], spells["ended"] = date(2024, 1, 1), None
    assert ids({"subscriptions": spells})["survivors"].column == "ended"
    done = tickets(per_day=60)
    done = done[done["resolved"] < pd.Timestamp(AS_OF)]
    assert ids({"tickets": done})["survivors"].column == "resolved"


def test_constant_revenue():
    frame = revenue()
    frame["mrr"] = 10
    assert "constant_revenue" in ids({"revenue": frame})


def test_only_happy_answers():
    n = 300
    frame = pd.DataFrame({"response_id": map(str, range(n)), "metric": "nps", "score": [9 + i % 2 for i in range(n)]})
    frame["answered"] = pd.Timestamp("2026-06-01 10:00:01")
    assert ids({"surveys": frame})["only_happy"].found == "no nps score below 9 in 300 answers"


def test_constant_amount_is_a_budget():
    frame = pd.DataFrame({"month": months(), "category": "care", "amount": 1000})
    assert "constant_amount" in ids({"costs": frame})


def test_no_rate_for_a_second_currency():
    frame = revenue()
    frame["currency"] = ["USD" if i % 2 else "EUR" for i in range(len(frame))]
    assert ids({"revenue": frame})["no_rate"].found.startswith("USD on 5")
    fx = pd.DataFrame({"month": months(), "from_currency": "USD", "to_currency": "EUR", "rate": 0.9})
    assert "no_rate" not in ids({"revenue": frame, "fx": fx})


def test_screen_ignores_everything_after_as_of():
    frame = tickets()
    late = frame.head(2000).assign(opened=pd.Timestamp("2026-07-02"), resolved=pd.NaT)
    late["ticket_id"] = "late" + late["ticket_id"]
    assert ids({"tickets": pd.concat([frame, late])}) == ids({"tickets": frame}) == {}


def experiment(control="control"):
    frame = {"experiment_id": ["e"], "hypothesis": ["h"], "metric": ["m"], "kind": ["binary"], "design": ["randomised"]}
    more = {"direction": ["up"], "control_arm": [control], "registered": [date(2026, 1, 1)]}
    return pd.DataFrame({**frame, **more})


ARMS = pd.DataFrame(
    {
        "experiment_id": "e",
        "arm": ["control", "new"],
        "metric": "m",
        "n": 100,
        "successes": 40,
        "measured": date(2026, 3, 1),
    }
)


def test_unknown_control_arm_names_the_nearest():
    assert ids({"experiments": experiment(), "arm_totals": ARMS}) == {}
    problem = ids({"experiments": experiment("Contrl"), "arm_totals": ARMS})["unknown_control"]
    assert problem.found == "arms 'control' and 'new' in experiment 'e'"
    assert problem.fix.endswith("perhaps 'control'")


def test_unassigned_units():
    drawn = pd.DataFrame(
        {"experiment_id": "e", "unit_id": ["a"], "arm": "new", "assigned": pd.Timestamp("2026-01-02 09:01")}
    )
    measured = pd.DataFrame(
        {"experiment_id": "e", "unit_id": ["a", "b"], "metric": "m", "phase": "post", "value": [1, 0]}
    )
    measured["measured"] = pd.Timestamp("2026-03-01 10:00")
    problem = ids({"assignments": drawn, "outcomes": measured})["unassigned_units"]
    assert problem.found == "1 of 2 measured units that are not in assignments"


def test_circle_of_links():
    links = pd.DataFrame({"from_id": ["I1", "K1", "G1"], "to_id": ["K1", "G1", "K1"]})
    assert ids({"links": links})["circle"].found == "a circle: 'G1' and 'K1' and back"
    assert ids({"links": links.head(2)}) == {}
