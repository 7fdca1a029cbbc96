"""The plan with people, dependencies, exclusions, switching cost, shared gains, risk and what the council decided."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cxkit.govern import allocation, ledger, portfolio

ID = "initiative_id"


@pytest.fixture(scope="module")
def made(world):
    """A plan over cases, with more columns in the list of initiatives: column → initiative → value."""

    def make(cases, *, columns=None, effects=None, pnl=None, gains=None, pools=None, status=None, **limits):
        sheet = world.INITIATIVES.copy()
        for name, values in (columns or {}).items():
            sheet[name] = [values.get(i) for i in sheet[ID]]
        for id_, value in (status or {}).items():
            sheet.loc[sheet[ID] == id_, "status"] = value
        sheet["must_keep"] = None
        given = world.tables(initiatives=sheet)
        if pools is not None:
            cases = cases.model_copy(
                update={
                    "tables": {
                        **cases.tables,
                        "rows": type(cases)(as_of=world.AS_OF, tables={"rows": pools}).tables["rows"],
                    }
                }
            )
        book = ledger(given, traceability=world.trace(given), cases=cases, effects=effects, pnl=pnl)
        whole = portfolio(book, cases, discount_rate=0.0)
        return allocation(
            whole, tables=given, cases=cases, gains=gains, **({"budget": 1000.0, "seed": 1, "redraws": 10} | limits)
        )

    return make


def three(world):
    return world.cases(
        world.case("I1", benefit=100, cancellable=40),
        world.case("I3", benefit=95, cancellable=40),
        world.case("I4", benefit=70, cancellable=30),
    )


def verdicts(found):
    return found.frame("plan").set_index(ID)["verdict"].to_dict()


def placed(found):
    got = found.frame("plan")
    return set(got.loc[got["amount"] > 0, ID])


def row(found, id_):
    return found.frame("plan").set_index(ID).loc[id_]


PEOPLE = {"people_needed": {"I1": 2.0, "I3": 1.0, "I4": 1.0}}


def test_people_are_a_limit_of_their_own(world, made):
    assert placed(made(three(world), columns=PEOPLE)) == {"I1", "I3", "I4"}
    found = made(three(world), columns=PEOPLE, people_limit=2.0)
    assert placed(found) == {"I3", "I4"}
    assert found.people_used == 2.0
    assert row(found, "I1")["rule"] == "limited", "there is money, but nobody to do it"


def test_what_depends_on_something_is_funded_only_with_it(world, made):
    columns = {"depends_on": {"I3": "I1", "I4": "I3"}}
    assert placed(made(three(world), columns=columns, budget=80)) == {"I1", "I3"}
    alone = made(three(world), columns=columns, budget=40)
    assert placed(alone) == {"I1"}
    assert row(alone, "I3")["rule"] == "outbid", "what it depends on runs; the money does not reach"
    lost = made(three(world), columns={"depends_on": {"I1": "I5", "I3": "I99"}})
    assert placed(lost) == {"I4"}
    assert row(lost, "I1")[["rule", "blocked_by"]].to_list() == ["blocked", "I5, which is not on the list"]


def test_what_excludes_something_never_runs_beside_it(world, made):
    found = made(three(world), columns={"excludes": {"I3": "I1"}})
    assert placed(found) == {"I1", "I4"}
    assert row(found, "I3")["rule"] == "blocked"
    assert row(found, "I3")["blocked_by"] == "Welcome call, which runs"
    clash = made(three(world), columns={"excludes": {"I3": "I1"}}, must_keep=("I1", "I3"))
    assert not clash.feasible
    assert clash.frame("plan")["amount"].sum() == 0
    assert clash.frame("conflict")["kind"].to_list() == ["must keep", "must keep", "excludes"]
    assert "never Welcome call beside Loyalty app" in clash.finding("govern.allocation.infeasible").title


def test_switching_is_paid_by_what_does_not_run_and_is_part_of_its_money(world, made):
    columns = {"switching_cost": {"I1": 15, "I3": 15}}
    found = made(three(world), columns=columns, status={"I3": "approved"})
    assert row(found, "I1")[["amount", "switching"]].to_list() == [40, 0]
    assert row(found, "I3")[["amount", "switching", "expected"]].to_list() == [55, 15, 40]
    assert found.frame("plan")["amount"].sum() + found.unallocated == found.budget
    dear = made(three(world), columns={"switching_cost": {"I3": 60}}, status={"I3": "approved"})
    assert "I3" not in placed(dear)


def test_a_carried_out_decision_says_what_runs_now(world, made):
    class Decision(SimpleNamespace):
        def model_dump(self):
            return vars(self)

    took = Decision(decision_id="D1", initiative_id="I3", verdict="fund", amount=1.0, owner_role="", decided="2026-05-01",  # noqa: E501
                    due="", done="2026-05-02", note="", evidence="")  # fmt: skip
    columns, status = {"switching_cost": {"I3": 15}}, {"I3": "approved"}
    found = made(three(world), columns=columns, status=status, decisions=(took,))
    assert row(found, "I3")["switching"] == 0
    assert row(found, "I3")["decided"].startswith("fund")


def test_claims_on_one_gain_bring_it_once_and_alone_they_bring_their_whole_claim(world, made):
    """Both claim 100 a year from one pool, so that each case keeps 50; at a cost of 40 one of them is worth 60."""
    cases = world.cases(world.case("I1", benefit=50, cancellable=40), world.case("I3", benefit=50, cancellable=40))
    rows = pd.DataFrame(
        {"initiative": ["I1", "I3"], "benefit": ["B1", "B2"], "kind": "cashable", "pool": "churn", "share": 0.5, "pv": 50.0, "yearly": 50.0}  # noqa: E501
    )  # fmt: skip
    found = made(cases, pools=rows)
    assert placed(found) == {"I1"}
    assert found.npv == pytest.approx(60)
    assert row(found, "I3")["rule"] == "limited"
    assert made(cases).npv == pytest.approx(20), "without knowing of the pool each brings what it keeps"


def draws(n=4000, seed=2):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {"I1": rng.lognormal(-0.5, 1.0, n), "I3": rng.gamma(16, 1 / 16, n), "I4": rng.gamma(16, 1 / 16, n)}
    )


def test_the_risk_limit_holds_on_fresh_draws(world, made):
    free = made(three(world), gains=draws())
    assert placed(free) == {"I1", "I3", "I4"}
    assert free.risk_limit is None
    levels = free.frame("frontier")
    assert levels["chosen"].sum() == 1
    assert (levels.sort_values("cvar")["npv"].diff().dropna() >= -1e-9).all(), "more safety never is worth more"
    lone = world.cases(world.case("I1", benefit=100, cancellable=40))
    risky = made(lone, gains=draws())
    assert risky.cvar > 0
    held = made(lone, gains=draws(), risk_limit=risky.cvar / 2)
    assert placed(held) == set()
    assert held.cvar_fresh <= held.risk_limit
    assert row(held, "I1")["rule"] == "limited"
    forced = made(lone, gains=draws(), risk_limit=1.0, must_keep=("I1",))
    assert set(forced.frame("conflict")["kind"]) == {"must keep", "risk"}


@pytest.mark.parametrize("seed", range(6))
def test_a_limit_that_fresh_draws_break_is_tightened(world, made, seed):
    gains = draws(seed=seed)
    free = made(three(world), gains=gains, seed=seed, redraws=0)
    limit = (free.cvar + free.cvar_fresh) / 2
    found = made(three(world), gains=gains, seed=seed, redraws=0, risk_limit=limit)
    assert found.cvar_fresh <= limit + 1e-4 * free.budget
    assert found.risk_used <= limit


def test_stopping_frees_cash_capacity_or_neither_apart(world, made):
    cases = world.cases(
        world.case("I1", benefit=1, cancellable=60),
        world.case("I3", benefit=1, cancellable=60, exit_cost=5),
        world.case("I4", benefit=100, cancellable=30),
    )
    found = made(cases, columns={"people_needed": {"I1": 1.5}}, status={"I3": "approved"})
    assert row(found, "I1")[["verdict", "freed", "frees_capacity", "frees"]].to_list() == [
        "stop",
        60,
        1.5,
        "cash and capacity",
    ]
    assert row(found, "I3")["frees"] == "cash"
    assert pd.isna(row(found, "I4")["frees"])
    assert "1.5 full-time places" in found.finding("govern.allocation.freed").detail


def test_a_little_more_money_is_tried_and_said(world, made):
    found = made(three(world), budget=77)
    assert placed(found) == {"I1", "I4"}
    got = found.frame("sensitivity").set_index("change")
    assert got.loc[0.05, "changes"] == "Loyalty app comes in and Regulator goes out"
    assert got.loc[0.05, "npv_change"] == pytest.approx(15)
    assert found.finding("govern.allocation.sensitivity").title == "5 % more money ($3.85) would bring $15.0 more"


def test_the_ranking_by_return_stands_beside_the_plan_with_why_it_is_not_that(world, made):
    found = made(three(world), budget=80)
    got = found.frame("ranking").set_index(ID)
    assert got["romi"].to_dict() == pytest.approx({"I1": 1.5, "I3": 55 / 40, "I4": 40 / 30})
    assert found.npv >= got.loc[got["by_ranking"] > 0, "expected"].sum()
    assert found.finding("govern.allocation.ranking") is not None


def test_a_claim_that_proof_depends_on_is_funded_for_its_sake(world, made):
    cases = world.cases(world.case("I1", benefit=500, cancellable=60), world.case("I3", benefit=300, cancellable=200))
    proof = {
        "effects": world.effects(("I1", "A", "cut", "good")),
        "pnl": world.pnl(("E1", "I1", 400.0, 300.0, 500.0, "claimed")),
    }
    assert verdicts(made(cases, **proof))["I3"] == "test first"
    tied = made(cases, **proof, columns={"depends_on": {"I1": "I3"}})
    assert row(tied, "I3")[["verdict", "rule"]].to_list() == ["fund", "needed"]
    waits = made(
        world.cases(world.case("I1", benefit=90, cancellable=40), world.case("I3", benefit=300, cancellable=200)),
        columns={"depends_on": {"I1": "I3"}},
    )
    assert row(waits, "I1")[["verdict", "rule"]].to_list() == ["test first", "waits"]


def test_amounts_add_up_to_the_cent_and_the_same_inputs_give_the_same_bytes(world, made):
    cases = world.cases(
        world.case("I1", benefit=100, cancellable=33.333), world.case("I2", benefit=90, cancellable=47.777)
    )
    one, two = (made(cases, gains=draws(), budget=61.23) for _ in range(2))
    cents = sum(round(amount * 100) for amount in one.frame("plan")["amount"])
    assert cents + round(one.unallocated * 100) == 6123
    assert one.model_dump_json() == two.model_dump_json()
    assert all(one.tables[name].equals(two.tables[name]) for name in one.tables)


def test_firmness_is_the_share_of_redraws_with_money(world, made):
    found = made(three(world), gains=draws(), budget=40, redraws=40)
    got = found.frame("stability").set_index(ID)
    assert got["redrawn"].between(0, 1).all()
    assert got["redrawn"].sum() <= 1 + 1e-9, "one of them fits at a time"
    assert row(found, "I1")["stability"] == got.loc["I1", "redrawn"] < 1
