"""Small results for the figures of the taxonomy and of structural changes."""

from __future__ import annotations

from cxkit.records import Result
from tests.charts.made import result, rows

THEMES = rows(
    theme=["time.wait", "praise.solved"],
    name=["Waiting to be served", "Settled at once"],
    answers=[54, 92],
    share=[0.08, 0.13],
    low=[0.06, 0.11],
    high=[0.10, 0.16],
    unhappy=[36, 0],
    unhappy_share=[0.18, 0.0],
    metric=["nps", "nps"],
    score=[-100.0, 53.0],
    change=[0.01, None],
)
TERMS = rows(
    term=["smart meter", "line"],
    also=["meter, smart", ""],
    now=[15, 23],
    before=[0, 32],
    rate=[0.086, 0.13],
    rate_before=[0.0, 0.06],
    new=[True, False],
    theme=["", ""],
    quote=["Since the smart meter came the line drops", ""],
)
AGREEMENT = rows(
    pair=["c1 – c2", "rules – coders"],
    n=[266, 271],
    agreed=[0.87, 0.84],
    kappa=[0.86, 0.82],
    kappa_low=[0.81, 0.77],
    kappa_high=[0.90, 0.86],
    alpha=[0.86, None],
    verdict=["reliable", "reliable"],
)
BY_CODE = rows(
    pair=["rules – coders", "rules – coders"],
    code=["promise.broken", "people.tone"],
    name=["A promise was not kept", "Kind or unkind"],
    n=[28, 100],
    kappa=[0.54, 0.94],
    low=[0.27, 0.90],
    high=[0.80, 0.98],
)
EFFECTS = rows(
    change_id=["C1", "C3"],
    change=["Line items in plain words", "A second supplier"],
    changed=["2026-05-04", "2026-09-15"],
    signal=["answers", "answers"],
    name=["First bill not as sold", "Parts of the kit"],
    before=[45, 52],
    after=[8, 2],
    rate_before=[0.06, 0.07],
    rate_after=[0.03, 0.03],
    ratio=[0.5, None],
    low=[0.3, None],
    high=[0.8, None],
    verdict=["fall", "too early"],
    grade=["D", None],
)
GIVEN: dict[str, Result] = {
    "instrument.themes": result("instrument", {"themes": THEMES}),
    "instrument.new_terms": result("instrument", {"new_terms": TERMS}),
    "instrument.agreement": result("instrument", {"agreement": AGREEMENT, "by_code": BY_CODE}),
    "instrument.changes": result("instrument", {"effects": EFFECTS}),
}
