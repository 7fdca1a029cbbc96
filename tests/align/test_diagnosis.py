from datetime import date
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.align.audit_instrument import instrument
from cxkit.align.catalogue import FINDINGS
from cxkit.align.diagnosis import diagnosis
from cxkit.align.diagnosis_evidence import RULES
from cxkit.records import Finding, Gap, Missing, Result

PARTS = (
    "traceability",
    "failures",
    "maturity",
    "audit",
    "leadership",
    "signs",
    "promises",
    "trigger",
    "conflict",
    "diet",
)


class Made(Result):
    stage: ClassVar[str] = "align"
    name: ClassVar[str] = "made"


def find(id, tone="bad", **more):
    return Finding(id=f"align.{id}", stage="align", title=f"Title of {id}", tone=tone, **more)


def judge(*findings, gaps=()):
    by_part = {part: [f for f in findings if f.id.split(".")[1] == part] for part in PARTS}
    results = [Made(as_of=date(2026, 10, 31), findings=tuple(by_part[part])) for part in PARTS]
    results[0] = results[0].model_copy(update={"gaps": tuple(gaps)})
    return diagnosis(*results)


def cause(found, id):
    return found.frame("causes").set_index("cause").loc[id]


def test_measured_stands_above_answers_above_declarations():
    found = judge(
        find("failures.no_owner", weight=5e6),
        find("failures.no_funding", weight=5e6),
        find("audit.cause", subject="business_fit"),
        find("failures.no_traceability"),
        find("signs.career", sources=("workforce",)),
    )
    causes = found.frame("causes")
    assert causes["cause"].to_list()[:3] == ["employee_engagement", "business_fit", "leadership_commitment"]
    assert causes["strength"].to_list()[:4] == [4, 3, 1, 0]
    assert found.finding("align.diagnosis.first").title == (
        "Of seven causes of failure 1 shows in data, 1 in answers of people and 1 in sheets alone; the strongest "
        "evidence fits “employees are not equipped, trusted or thanked”"
    )


def test_money_decides_between_equals_and_repetition_does_not_count():
    found = judge(
        find("failures.no_owner"),
        find("failures.no_funding"),
        find("leadership.load"),
        find("diet.single", weight=10.0),
    )
    assert found.frame("causes")["cause"].to_list()[:2] == ["measurement", "leadership_commitment"]
    assert cause(found, "leadership_commitment")["strength"] == 1
    assert cause(found, "leadership_commitment")["declared"] == 3


def test_a_claim_is_a_declaration_wherever_it_comes_from():
    assert cause(judge(find("signs.career", sources=("workforce",), grade="E")), "employee_engagement")["strength"] == 1


def test_what_could_go_either_way_is_not_counted():
    found = judge(find("audit.cause", tone="unknown", subject="measurement"), find("trigger.opened", tone="neutral"))
    assert cause(found, "measurement")["verdict"] == "cannot tell"
    assert cause(found, "measurement")["answers_state"] == "neither"
    assert cause(found, "continuous_improvement")["verdict"] == "cannot tell"


def test_good_news_is_no_sign_and_stands_beside_evidence():
    found = judge(
        find("audit.cause", tone="good", subject="measurement"),
        find("leadership.habits", tone="good"),
        find("failures.no_owner"),
    )
    assert cause(found, "measurement")["verdict"] == "no sign"
    held = cause(found, "leadership_commitment")
    assert held["behind"] == "Title of failures.no_owner"
    assert (held["verdict"], held["against"]) == ("evidence", "Title of leadership.habits")


def test_causes_without_evidence_say_what_would_let_them():
    gap = Gap(
        id="align.trigger.opened", what="Spikes", reason="none", needs=(Missing(name="tickets", columns=("opened",)),)
    )
    found = judge(find("failures.no_owner"), gaps=[gap])
    assert cause(found, "continuous_improvement")["would_tell"] == "tickets (opened)"
    (told,) = found.gaps  # six causes share one: a reader need not see the same tables asked for six times
    assert [str(n) for n in told.needs] == ["tickets"]
    assert "continuous improvement" in told.reason
    assert "leadership commitment" not in told.reason
    assert not judge().findings
    assert len(judge().gaps) == 1


def test_one_or_two_untold_causes_say_each_what_would_let_them():
    found = judge(*(find("audit.cause", subject=c.id) for c in instrument().causes[:-1]), gaps=[])
    assert [g.subject for g in found.gaps] == [instrument().causes[-1].id]


def test_each_cause_has_the_remedy_of_its_strongest_finding_and_a_role():
    found = judge(
        find("audit.cause", subject="customer_insight"),
        find("maturity.capability", tone="neutral", value=2, subject="data_identity"),
    )
    assert cause(found, "customer_insight")["owner_role"] == "Data/Insights"
    assert cause(found, "customer_insight")["keys"] == (
        "align.audit.cause:customer_insight; align.maturity.capability:data_identity"
    )
    finding = found.finding("align.diagnosis.cause", subject="customer_insight")
    assert finding.title == (
        "Evidence fits “the organisation does not know what customers need”: 1 finding said in the audit and 1 "
        "declared in sheets"
    )
    assert "Owner: Data/Insights." in finding.detail


def test_hurdles_are_judged_by_the_same_rule():
    found = judge(
        find("audit.hurdle", subject="success"), find("conflict.measured"), find("leadership.mission", tone="good")
    )
    hurdles = found.frame("hurdles")
    assert hurdles[["hurdle", "verdict", "strength"]].to_numpy().tolist() == [
        ["alignment", "evidence", 4],
        ["success", "evidence", 2],
        ["measurement", "cannot tell", 0],
    ]
    assert found.finding("align.diagnosis.hurdles").title == (
        "2 of 3 hurdles stand in the way; most evidence is about “teams in step”"
    )


@pytest.mark.parametrize("audience", ["partner", "team"])
def test_what_only_partners_read_never_reaches_the_board(audience):
    secret = find("leadership.sponsors", audience=audience, weight=9e9)
    found = judge(secret, find("failures.no_owner"))
    without = judge(find("failures.no_owner"))
    board = [f for f in found.findings if f.audience == "board"]
    assert board == list(without.findings)
    assert all(found.tables[name].equals(without.tables[name]) for name in found.tables)
    (partner,) = [f for f in found.findings if f.audience == "partner"]
    assert partner.id == "align.diagnosis.partner"
    assert "Title of leadership.sponsors" in partner.detail


def test_rules_speak_of_known_findings_causes_and_hurdles():
    known = instrument()
    assert {r.id for r in RULES} <= set(FINDINGS), {r.id for r in RULES} - set(FINDINGS)
    assert {c for r in RULES for c in r.causes} == {c.id for c in known.causes}
    assert {h for r in RULES for h in r.hurdles} == {h.id for h in known.hurdles}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(sorted({r.id.removeprefix("align.") for r in RULES if not r.subject})), unique=True))
def test_more_evidence_never_weakens_a_cause(ids):
    found = judge(*(find(i) for i in ids))
    more = judge(*(find(i) for i in ids), find("trigger.opened"))
    before, after = (f.frame("causes").set_index("cause")["strength"] for f in (found, more))
    assert (after >= before.loc[after.index]).all()
    assert after["continuous_improvement"] >= 4
    assert sorted(found.frame("causes")["strength"], reverse=True) == found.frame("causes")["strength"].to_list()
