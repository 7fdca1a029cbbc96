"""What the figures of Align are drawn from in tests."""

from __future__ import annotations

from datetime import date

import pandas as pd

from cxkit.records import Result
from tests.charts.made import result, rows

CAPABILITIES = rows(
    name=["OKR traceability", "Scorecard"],
    owner_role=["CXO/PMO", "RevOps/Data"],
    current=[3, None],
    target=[4, None],
    self_assessed=[4, None],
    evidenced=[2, 3],
    evidence=["", ""],
)
CELLS = rows(
    pair=["a>b"] * 6,
    segment=["north"] * 3 + ["south"] * 3,
    month=["2026-01", "2026-02", "2026-03"] * 2,
    first=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    second=[6.0, 7.0, 8.0, 1.0, 2.0, 3.0],
    first_adjusted=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    second_adjusted=[6.0, 7.0, 8.0, 1.0, 2.0, 3.0],
)


def pair(*, reversal: bool) -> pd.DataFrame:
    return rows(
        pair=["a>b"],
        from_metric=["Minutes of a call"],
        to_metric=["Quality of a call"],
        from_unit=["minutes"],
        to_unit=[None],
        verdict=["against"],
        value=[-0.6],
        pooled=[0.8 if reversal else None],
        lag=[1],
        reversal=[reversal],
    )


GIVEN: dict[str, Result] = {
    "align.audit": result(
        "align",
        {
            "scales": rows(
                family=["dimension"] * 4 + ["c"] * 4,
                scale=["strategic"] * 4 + ["core"] * 4,
                name=["Strategic"] * 4 + ["Core"] * 4,
                group=["all", "level", "level", "level"] * 2,
                level=[None, "executive", "manager", "frontline"] * 2,
                team=[None] * 8,
                hidden=[False, False, False, True, False, False, False, True],
                n=[40, 7, 12, None, 40, 7, 12, None],
                score=[3.2, 4.1, 3.3, None, 3.0, None, 2.6, None],
                low=[3.0, None, 2.9, None, 2.8, None, 2.2, None],
                high=[3.4, None, 3.7, None, 3.2, None, 3.0, None],
            ),
            "gaps": rows(scale=["strategic"], difference=[0.8], verdict=["clear"]),
        },
    ),
    "align.diagnosis": result(
        "align",
        {
            "causes": rows(
                rank=[1, 2],
                name=["Employee engagement", "Measurement and tracking"],
                verdict=["evidence", "cannot tell"],
                strength=[6, 0],
                measured=[1, 0],
                answers=[2, 0],
                declared=[0, 0],
                measured_state=["for", "nothing"],
                answers_state=["for", "neither"],
                declared_state=["against", "nothing"],
                behind=["Turnover rose", None],
                against=["All is well", None],
                remedy_do=["Train people.", "Keep one scorecard."],
                owner_role=["Enablement/Ops", "RevOps/Data"],
                would_tell=[None, "metrics"],
            )
        },
    ),
    "align.pay": result(
        "align",
        {
            "declared": rows(
                from_team=["Sales", None],
                from_weight=[0.8, None],
                from_metric=["New contracts", "Visits"],
                to_metric=["Homes that leave", "Days to repair"],
                to_team=["Onboarding", None],
                to_weight=[None, 0.2],
                to_needed=[True, False],
                kind=["paid against nobody", "not paid"],
                worst=[True, False],
                at_stake=[59_000.0, None],
                at_stake_rule=["claimed", None],
            )
        },
    ),
    "align.reversal": result("align", {"panel": CELLS, "measured": pair(reversal=True)}),
    "align.against": result("align", {"panel": CELLS, "measured": pair(reversal=False)}),
    "align.vanity": result(
        "align",
        {
            "vanity": rows(
                score=["nps", "ces", "csat"],
                label=["NPS", "Ease", "Satisfaction"],
                outcome=["left"] * 3,
                verdict=["predicts", "does not", "cannot tell"],
                value=[0.05, 0.002, 0.01],
                low=[0.03, -0.01, -0.05],
                high=[0.07, 0.012, 0.08],
                useful=[0.02, 0.02, 0.02],
                n=[900, 2000, 80],
                more_needed=[None, None, 700],
            )
        },
    ),
    "align.coverage": result(
        "align",
        {
            "types": rows(type=["growth", "margin"], n_goals=[1, 2], n_initiatives=[3, 0], budget=[1e6, 0.0]),
            "initiatives": rows(live=[True, True], orphan=[True, False], budget=[2e5, 1e6]),
        },
    ),
    "align.trigger": result(
        "align",
        {
            "watch": rows(
                series=["complaints", "nps"],
                label=["Complaints", "NPS"],
                unit=["per_1000", "nps"],
                step=["month", "month"],
                verdict=["open", "quiet"],
                latest=[24.0, 12.0],
                low=[13.0, -20.0],
                high=[19.0, 40.0],
                baseline_first=[date(2026, 7, 1)] * 2,
                baseline_last=[date(2026, 8, 1)] * 2,
            ),
            "series": rows(
                series=["complaints"] * 4 + ["nps"] * 4,
                label=["Complaints"] * 4 + ["NPS"] * 4,
                period=[date(2026, m, 1) for m in (7, 8, 9, 10)] * 2,
                value=[15.0, 16.0, None, 24.0, 10.0, 11.0, 12.0, 12.0],
                centre=[16.0, 16.0, 16.0, 16.0, 11.0, 11.0, 11.0, 11.0],
                low=[None, None, 13.0, 13.0, None, None, -20.0, -20.0],
                high=[None, None, 19.0, 19.0, None, None, 40.0, 40.0],
                usable=[True, True, False, True] + [True] * 4,
                signal=["", "", "", "period", "", "", "", ""],
                version=[None, None, "2026-08-abc", "2026-08-abc"] * 2,
            ),
        },
    ),
    "align.signs": result(
        "align",
        {
            "signs": rows(
                c=["customer", "career", "core"],
                sign=["complaints", "engagement", "promises"],
                label=["Complaints", "Engagement, 0 to 100", "Promises broken"],
                value=[13.4, 65.0, 0.75],
                unit=["per_1000", "none", "ratio"],
                before=[11.0, 70.0, None],
                change=[2.4, -5.0, None],
                change_low=[0.2, -12.0, None],
                change_high=[4.6, 2.0, None],
                verdict=["worse", "steady", "cannot tell"],
                n=[900, 400, 4],
            ),
            "said": rows(c=["customer"], score=[3.3], low=[3.1], high=[3.5], n=[40]),
        },
    ),
    "align.promises": result(
        "align",
        {
            "promises": rows(
                promise=["A visit the next day", "The price you were told"],
                promised_by=["Sales", "Marketing"],
                delivered_by=["Field", "Billing"],
                unit=["days", "share of bills"],
                better=["lower", "higher"],
                promised=[1.0, 1.0],
                delivered=[4.0, 0.9],
                measured=[4.2, None],
                measured_low=[4.0, None],
                measured_high=[4.4, None],
                within=[0.1, None],
                contacts=[900, 300],
                verdict=["broken", "broken"],
            )
        },
    ),
    "align.failures": result(
        "align",
        {
            "initiatives": rows(
                initiative_id=["a", "a"],
                initiative=["A", "A"],
                label=["No clear owner", "No money"],
                verdict=["fails", "passes"],
            ),
            "modes": rows(label=["No clear owner"], fails=[1], passes=[0], cannot_tell=[0]),
        },
    ),
    "align.maturity": result("align", {"capabilities": CAPABILITIES}),
}
