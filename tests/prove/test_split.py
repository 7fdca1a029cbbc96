import pytest
import tea_tasting

from cxkit.prove.split import check_split, planned_shares


def test_check_split_published() -> None:
    """R28: 44,000 against 45,000 at 50/50, srm.osc.garden."""
    found = check_split({"a": 44_000, "b": 45_000}, "a", 0.5)
    assert found.statistic == pytest.approx(11.236, abs=5e-4)
    assert found.p == pytest.approx(0.0008, abs=5e-5)
    assert found.failed


def test_check_split_agrees_with_tea_tasting() -> None:
    """R33: 2,023 against 1,977, p .477."""
    data = tea_tasting.make_users_data(rng=42, covariates=True)
    theirs = tea_tasting.Experiment(srm=tea_tasting.SampleRatio()).analyze(data)["srm"].pvalue
    ours = check_split({"0": 2023, "1": 1977}, "0", 0.5)
    assert ours.p == pytest.approx(theirs, abs=1e-4)  # theirs is the normal approximation with continuity correction
    assert ours.p == pytest.approx(0.477, abs=5e-4)


def test_check_split_three_arms_share_the_rest() -> None:
    found = check_split({"c": 500, "b": 250, "a": 250}, "c", 0.5)
    assert found.counts == (("c", 500), ("a", 250), ("b", 250))
    assert found.planned == (0.5, 0.25, 0.25)
    assert found.p == 1.0


def test_check_split_order_of_arms_does_not_matter() -> None:
    one = check_split({"a": 480, "b": 520}, "a", 0.5)
    assert check_split({"b": 520, "a": 480}, "a", 0.5) == one


@pytest.mark.parametrize("share", [None, float("nan"), 0.0, 1.0])
def test_check_split_without_a_plan_is_not_checked(share: float | None) -> None:
    found = check_split({"a": 10, "b": 900}, "a", share)
    assert not found.checked
    assert not found.failed
    assert planned_shares(share, 2) == ()
