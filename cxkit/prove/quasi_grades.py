"""What a design without a draw must pass to be believed, rule by rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

from cxkit import formats
from cxkit.prove.did import Did
from cxkit.prove.matched import BALANCED, Matched
from cxkit.prove.plan import Plan
from cxkit.prove.sensitivity import POWER, SILENT_P, Trend
from cxkit.prove.synthetic import Synthetic
from cxkit.prove.verdict import Grading
from cxkit.records import Record

WANTED = formats.quantity(POWER, "probability")
"""The chance to see what would matter that a check takes, in words."""
EACH = 3
"""Groups reached, and groups not reached, below which a difference-in-differences is not believed."""
HOLDS = 0.5
"""Drift after the start, in the worst before it, that a shown effect must survive."""
GOOD_FIT = 1.25
"""Miss of a synthetic control before the start, in the others' own, up to which it counts as a good fit."""
RANK_P = 0.1
"""p of the placebos in space up to which an effect stands out."""
KEPT = 0.5
"""Share of a shown effect that must be left without the heaviest member."""
EARLIER = "a start moved into the past finds nothing"


class Check(Record):
    """One rule, what was measured for it, and whether it holds; None where it does not apply or cannot be told."""

    rule: str
    measured: str
    verdict: Literal["holds", "fails", "cannot be told", "does not apply"]

    @property
    def reason(self) -> str:
        """Why it holds the grade down, for a sentence."""
        return f"{self.rule}: {self.measured}" if self.measured else f"{self.rule}: {self.verdict}"


def check(rule: str, measured: str, holds: bool | None) -> Check:
    """A rule with its verdict; None: it cannot be told."""
    return Check(
        rule=rule, measured=measured, verdict="cannot be told" if holds is None else "holds" if holds else "fails"
    )


def aside(rule: str, measured: str = "no effect is shown") -> Check:
    """A rule that does not apply."""
    return Check(rule=rule, measured=measured, verdict="does not apply")


def graded(plan: Plan, checks: Sequence[Check]) -> Grading:
    """B when every rule that applies holds, else C; matched never more than D."""
    failed = tuple(c.reason for c in checks if c.verdict in {"fails", "cannot be told"})
    if plan.design == "matched":
        return Grading(grade="D", reasons=("like customers were chosen, none was drawn", *failed))
    return Grading(grade="C" if failed else "B", reasons=failed)


def registered(plan: Plan, began: date, registrations: Sequence[Any]) -> tuple[bool | None, Check]:
    """Whether hypothesis and metric were registered before the first group was reached, and left alone since.

    `registrations` are the records of the client's history, as mappings or as records: experiment_id, hash, seen.
    """
    rule = "hypothesis and metric were registered before the start"
    mine = [r for r in map(_fields, registrations) if r.get("experiment_id") == plan.experiment_id]
    hashes = list(dict.fromkeys(str(r.get("hash")) for r in mine))
    changed = [str(r.get("seen")) for r in mine[1:] if str(r.get("hash")) != hashes[0]]
    if plan.registered is None:
        return None, check(rule, "no date of registration", None)
    if plan.registered > began:
        return False, check(rule, f"registered {plan.registered}, started {began}: exploratory", False)
    if late := [day for day in changed if day > began.isoformat()]:
        return False, check(rule, f"the registration was changed after the start (seen {late[0]}): exploratory", False)
    return True, check(rule, f"registered {plan.registered}, started {began}", True)


def _fields(record: Any) -> Mapping[str, Any]:
    return record if isinstance(record, Mapping) else record.model_dump()


def did_checks(
    made: Did, before: Trend | None, earlier: Did | None, *, shown: bool, breakdown: float | None
) -> list[Check]:
    """Rules of a difference-in-differences."""
    rest = made.groups - made.reached
    enough = made.reached >= EACH and (rest >= EACH or made.staggered)
    checks = [
        check(f"at least {EACH} groups were reached and {EACH} were not", f"{made.reached} and {rest}", enough),
    ]
    silent, strong = "trends did not differ before the start", "the test for that could have seen it"
    if before is None:
        checks += [check(silent, "too few periods before the start", None), check(strong, "no test", None)]
    else:
        checks.append(check(silent, f"p {before.p:.2f}, to be above {SILENT_P:g}", before.p > SILENT_P))
        if before.explains > 0:
            seen = formats.quantity(before.power, "probability")
            chance = f"{seen} chance to see a trend that would explain the whole effect"
            checks.append(check(strong, f"{chance}, to be {WANTED}", before.power >= POWER))
        else:
            checks.append(check(strong, "neither an effect nor one worth having to hold the test against", None))
    if earlier is None:
        checks.append(check(EARLIER, "too few periods before the start", None))
    else:
        checks.append(check(EARLIER, f"p {earlier.p:.2f}, to be above {SILENT_P:g}", earlier.p > SILENT_P))
    rule = f"the effect outlives a drift {HOLDS:g} times the worst before the start"
    if not shown:
        checks.append(aside(rule))
    else:
        times = "more than 10 times" if breakdown is None else f"up to {breakdown:.2g} times"
        checks.append(check(rule, times, breakdown is None or breakdown >= HOLDS))
    return checks


def synthetic_checks(made: Synthetic, *, shown: bool, target: float | None) -> list[Check]:
    """Rules of a synthetic control."""
    fit, past, without = made.rmspe / made.usual, made.in_time, made.without
    checks = [
        check(
            "the mixture moves like the group before the start",
            f"it misses by {fit:.2g} times what is usual among the others, to be at most {GOOD_FIT:g}",
            fit <= GOOD_FIT,
        ),
        check(EARLIER, "too few periods" if past is None else f"p {past.p:.2f}", past.p > SILENT_P if past else None),
    ]
    strong = "the start moved into the past could have found it"
    if past is None or not target:
        checks.append(check(strong, "nothing to hold it against", None))
    else:
        seen = formats.quantity(made.time_power, "probability")
        chance = f"{seen} chance to see an effect of this size, to be {WANTED}"
        checks.append(check(strong, chance, made.time_power >= POWER))
    stands, kept = "it stands out among the others treated alike", "it does not hang on the heaviest member"
    if not shown or without is None:
        return [*checks, aside(stands), aside(kept)]
    left = without.value / made.value
    return [
        *checks,
        check(stands, f"p {made.rank_p:.2f} by rank, to be at most {RANK_P:g}", made.rank_p <= RANK_P),
        check(kept, f"{formats.quantity(left, 'ratio')} of it is left without that one", left >= KEPT),
    ]


def matched_checks(made: Matched) -> list[Check]:
    """Rules of matched cohorts; none of them lifts the grade above D."""
    all_treated = made.n_treated + made.lost_treated
    share = made.lost_treated / all_treated if all_treated else 1.0
    return [
        check(
            f"matched customers differ by at most {BALANCED:g} standard deviations",
            f"{made.worst:.2f} at worst",
            made.worst <= BALANCED,
        ),
        check(
            "the outcome before the start is matched too",
            "" if made.before_used else "it is not known",
            made.before_used,
        ),
        check(
            "nearly all treated customers found a like one",
            f"{formats.quantity(share, 'ratio')} did not, to be at most 20 %",
            share <= 0.2,
        ),
    ]
