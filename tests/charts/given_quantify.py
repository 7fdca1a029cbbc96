"""What the figures of Quantify are drawn from in tests."""

from __future__ import annotations

from cxkit.records import Finding, Result
from tests.charts.made import result, rows

GIVEN: dict[str, Result] = {
    "quantify.bridge": result(
        "quantify",
        {
            "bridge": rows(
                period=["2025-11 to 2026-10"],
                accounts=[900],
                start=[100.0],
                expansion=[7.0],
                contraction=[2.0],
                churn=[11.0],
                end=[94.0],
                joined=[20.0],
                returned=[0.0],
                closing=[114.0],
            )
        },
    ),
    "quantify.tornado": result(
        "quantify",
        {
            "tornado_all": rows(
                initiative=["", ""],
                name=["All cases", "All cases"],
                input=["B1.effect", "V2.amount"],
                label=["effect of B1", "amount of V2"],
                low=[0.02, 9e4],
                high=[0.075, 2e5],
                low_value=[-4e5, 2e6],
                high_value=[4.1e6, 1.8e6],
                base_value=[1.9e6, 1.9e6],
                swing=[4.5e6, 2e5],
            ),
        },
    ),
    "quantify.voice_mix": result(
        "quantify",
        {
            "scores": rows(metric=["nps"], change=[-8.0], change_low=[-14.0], change_high=[-2.0]),
            "mix": rows(
                metric=["nps", "nps"],
                by=["segment", "tenure"],
                primary=[True, False],
                change=[-8.0, -8.0],
                within=[0.2, -8.0],
                within_low=[-6.0, -14.0],
                within_high=[6.0, -2.0],
                mix=[-8.2, 0.0],
                mix_low=[-11.0, -1.0],
                mix_high=[-6.0, 1.0],
                verdict=["only mix", ""],
            ),
            "strata": rows(
                metric=["nps"] * 3,
                by=["segment"] * 3,
                stratum=["mobile", "home", "new ones"],
                n=[700, 400, 90],
                share=[0.6, 0.3, 0.1],
                share_before=[0.3, 0.7, 0.0],
                change=[-1.0, 2.0, None],
                change_low=[-9.0, -8.0, None],
                change_high=[7.0, 12.0, None],
            ),
        },
    ),
    "quantify.voice_weighted": result(
        "quantify",
        {
            "scores": rows(metric=["nps"], value=[11.0], low=[6.0], high=[15.0]),
            "weighted": rows(
                metric=["nps", "nps"],
                base=["everybody asked", "the customer base"],
                by=["segment", "segment"],
                n=[1200, 1200],
                raw=[11.0, 11.0],
                value=[10.0, 20.0],
                low=[6.0, 16.0],
                high=[15.0, 25.0],
            ),
            "silent": rows(metric=["nps"], rate=[0.21], value=[16.0], low=[9.0], high=[23.0]),
        },
        (
            Finding(
                id="quantify.voice.weighted",
                stage="quantify",
                title="It is +11 as answered and +20 as customers are made up",
                value=20.0,
                unit="nps",
                subject="nps",
            ),
        ),
    ),
    "quantify.cost_drivers": result(
        "quantify",
        {
            "cost": rows(
                driver=["overhead", "visits", "handling"],
                total=[9e4, 2e5, 1e5],
                share=[0.2, 0.5, 0.3],
                rate=[0.9, 3.0, 2.0],
                low=[0.8, 1.6, 1.8],
                high=[1.0, 4.4, 2.2],
                rate_before=[0.9, 2.0, None],
                change=[0.0, 1.0, None],
                change_low=[-0.1, 0.2, None],
                change_high=[0.1, 1.8, None],
            )
        },
    ),
    "quantify.contact_drivers": result(
        "quantify",
        {
            "contacts": rows(
                problem=["repair", "bill"],
                contacts=[2300, 40],
                rate=[32.0, 5.0],
                low=[30.0, None],
                high=[34.0, None],
                rate_before=[28.0, None],
                per_problem=[1.44, None],
                repeats=[620, 0],
                repeat_money=[16500.0, None],
            )
        },
    ),
    "quantify.segments": result(
        "quantify",
        {
            "segments": rows(
                dimension=["segment"] * 3,
                segment=["a", "b", "few"],
                accounts=[400, 50, 3],
                grr=[0.9, 0.8, 0.1],
                grr_low=[0.88, 0.7, None],
                grr_high=[0.92, 0.9, None],
            )
        },
    ),
    "quantify.cases": result(
        "quantify",
        {
            "cases": rows(
                initiative=["I1", "I2"],
                name=["Call", "App"],
                npv=[4e6, -4e5],
                npv_p10=[2e6, None],
                npv_p90=[6e6, None],
                p_positive=[0.93, None],
            )
        },
    ),
    "quantify.conventions": result(
        "quantify",
        {
            "conventions": rows(
                metric=["grr", "grr", "grr", "nrr", "grr"],
                convention=["ours", "months", "product", "months", "notice"],
                label=["ours", "months multiplied", "per product", "months multiplied", "by notice"],
                value=[0.87, 0.85, 0.87, 0.99, None],
                movement_points=[0.0, -2.0, 0.0, 1.0, None],
            )
        },
    ),
    "quantify.prices": result(
        "quantify",
        {
            "prices": rows(
                dimension=["all"],
                segment=["all"],
                start=[100.0],
                end=[95.0],
                price=[3.0],
                volume=[-4.0],
                unsplit=[1.0],
                expansion_volume=[4.0],
                contraction_volume=[-8.0],
                expansion_unsplit=[1.0],
                contraction_unsplit=[0.0],
            )
        },
    ),
    "quantify.cohorts": result(
        "quantify",
        {
            "cohorts": rows(
                cohort=["2025-Q3", "2025-Q3", "2025-Q4"], size=[300, 300, 280], age=[1, 3, 1], logo=[0.97, 0.84, 0.7]
            )
        },
    ),
    "quantify.stages": result(
        "quantify",
        {
            "stages": rows(
                by=["tenure"] * 3,
                stage=["First 90 days", "Day 91 to 365", "After the first year"],
                leavers=[40, 20, 1],
                rate=[0.05, 0.01, None],
                low=[0.04, 0.007, None],
                high=[0.06, 0.014, None],
                lost_per_year=[9e4, 4e4, 100.0],
                spoken=[True] * 3,
            )
        },
    ),
    "quantify.steps": result(
        "quantify",
        {
            "cases": rows(initiative=["I1", "I2"], name=["Call", "App"], status=["running", "stopped"]),
            "steps": rows(
                initiative=["I1"] * 4 + ["I2"],
                name=["Call"] * 4 + ["App"],
                order=[1, 2, 3, 4, 1],
                step=["base × effect × value", "adoption", "cost", "tax", "base × effect × value"],
                npv=[9e5, 7e5, 4e5, 4e5, 5e6],
                change=[9e5, -2e5, -3e5, 0.0, 5e6],
            ),
        },
    ),
    "quantify.lifetime": result(
        "quantify",
        {
            "values": rows(
                dimension=["all", "segment", "segment", "segment"],
                group=["all", "bundle", "mobile", "few"],
                customers=[900, 400, 480, 20],
                value=[930.0, 1440.0, 530.0, None],
                low=[910.0, 1390.0, None, None],
                high=[950.0, 1480.0, None, None],
            )
        },
    ),
    "quantify.survival": result(
        "quantify",
        {
            "curve": rows(
                month=[0, 12, 24, 36],
                observed=[1.0, 0.8, None, None],
                low=[None, 0.77, None, None],
                high=[None, 0.83, None, None],
                model=[1.0, 0.81, 0.7, 0.62],
                path=[1.0, 0.8, 0.69, 0.61],
                extrapolated=[False, False, True, True],
            )
        },
    ),
    "quantify.repeat": result(
        "quantify",
        {
            "orders_curve": rows(
                month=["2026-01", "2026-02", "2026-03", "2026-04"],
                observed=[10, 25, 41, 50],
                model=[9.0, 26.0, 43.0, 58.0],
                predicted=[False, False, True, True],
            )
        },
    ),
    "quantify.points": result(
        "quantify",
        {
            "drivers": rows(
                driver=["nps", "sla"],
                name=["Net promoter score", "Service level kept"],
                customers=[800, 900],
                kept_shown=[True, False],
                contacts_shown=[False, False],
                money=[4800.0, 3.0],
                money_low=[900.0, -8.0],
                money_high=[8700.0, 15.0],
                joint_money=[4100.0, 4.0],
                joint_money_low=[300.0, -7.0],
                joint_money_high=[7900.0, 15.0],
            )
        },
    ),
}
