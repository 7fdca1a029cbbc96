"""What the figures of Instrument, Orchestrate, Prove and Govern are drawn from in tests."""

from __future__ import annotations

from cxkit.records import Finding, Result
from tests.charts.made import result, rows

EFFECT = Finding(
    id="prove.effect",
    stage="prove",
    title="It cut churn by 2.3 points",
    value=-0.023,
    unit="points",
    low=-0.035,
    high=-0.011,
    n=900,
    grade="A",
    tone="good",
    subject="X",
)
MEAN = EFFECT.model_copy(
    update={"unit": "money", "value": 4.0, "low": -1.0, "high": 9.0, "subject": "Y", "currency": "USD"}
)
CAPABILITIES = rows(
    name=["OKR traceability", "Scorecard"],
    owner_role=["CXO/PMO", "RevOps/Data"],
    current=[3, None],
    target=[4, None],
    self_assessed=[4, None],
    evidenced=[2, 3],
    evidence=["", ""],
)

WEEK = rows(
    weekday=[1] * 5 + [2] * 5,
    hour=[8, 9, 10, 11, 12] * 2,
    p90=[9.0, 20.0, 18.0, 12.0, 3.0] * 2,
    agents_p50=[2, 3, 3, 2, 0] * 2,
    agents_p90=[3, 5, 4, 3, 1, 2, 4, 3, 3, 1],
    without_p90=[2, 4, 3, 2, 1, 2, 3, 2, 2, 1],
)

BREACHES = rows(
    dimension=["all", "team", "team", *["hour"] * 4],
    group=["", "East", "West", "8", "9", "10", "23"],
    label=["All tickets", "East", "West", "08:00 to 09:00", "09:00 to 10:00", "10:00 to 11:00", "23:00 to 24:00"],
    judged=[210, 110, 100, 60, 60, 80, 10],
    breaches=[42, 30, 12, 10, 12, 18, 2],
    rate=[0.2, 0.27, 0.12, 0.17, 0.2, 0.225, 0.2],
    low=[0.15, 0.2, 0.07, 0.1, 0.12, 0.15, None],
    high=[0.26, 0.36, 0.2, 0.28, 0.32, 0.33, None],
)

GIVEN: dict[str, Result] = {
    "instrument.linkage": result(
        "instrument",
        {
            "figures": rows(
                figure=["grr", "recontact"],
                label=["Gross revenue retention", "Recontact"],
                unit=["ratio", "ratio"],
                without=[0.92, 0.36],
                chosen=[0.92, 0.39],
                strict=[0.92, 0.38],
                lenient=[0.92, 0.4],
                low=[0.92, 0.38],
                high=[0.92, 0.4],
                money_low=[0.0, -900.0],
                money_high=[0.0, 900.0],
            )
        },
    ),
    "instrument.loop.outcomes": result(
        "instrument",
        {
            "outcomes": rows(
                outcome=["left", "before"],
                treated=[200, 200],
                treated_share=[0.03, 0.2],
                untreated=[250, 250],
                untreated_share=[0.09, 0.21],
                difference=[-0.06, -0.01],
                low=[-0.1, -0.08],
                high=[-0.02, 0.06],
                dropped=[40, 40],
            )
        },
    ),
    "instrument.signals": result(
        "instrument",
        {
            "matrix": rows(
                moment_id=["m", "m"],
                moment=["Join", "Join"],
                signal=["crm", "voc"],
                status=["present", "declared only"],
            )
        },
    ),
    "instrument.attribution": result(
        "instrument",
        {
            "bridge": rows(
                kind=["revenue"] * 3,
                step=["total", "no key", "attributed"],
                amount=[9.0, 1.0, 8.0],
                share=[1.0, 0.1, 0.9],
            )
        },
    ),
    "instrument.loop": result(
        "instrument",
        {"rates": rows(measure=["contacted"], hits=[40], judged=[90], share=[0.44], low=[0.35], high=[0.54])},
    ),
    "instrument.identity": result(
        "instrument",
        {
            "systems": rows(
                system=["crm", "support"], records=[60, 40], entities=[55, 38], duplicates=[5, 2], linked=[40, 31]
            ),
            "sizes": rows(records=[1, 2, 3], entities=[40, 15, 10]),
        },
    ),
    "instrument.identity_threshold": result(
        "instrument",
        {
            "sweep": rows(
                threshold=[0.5, 0.95, 0.99],
                links=[40, 35, 20],
                entities=[60, 65, 80],
                largest=[5, 4, 2],
                basis=["labels"] * 3,
                precision=[0.9, 0.97, 1.0],
                precision_low=[0.8, None, 0.95],
                precision_high=[0.95, None, 1.0],
                recall=[0.98, 0.9, 0.5],
                f1=[0.94, 0.93, 0.67],
            ),
            "weights": rows(comparison=["e-mail"], level=["the same"], m=[0.9], u=[0.001], weight=[9.8]),
        },
    ),
    "instrument.identity_weights": result(
        "instrument",
        {
            "explained": rows(
                pair=["a clear match"] * 4 + ["a near miss"] * 4,
                step=["two records at random", "last name the same (v***, v***)", "e-mail different", "together"] * 2,
                weight=[-10.0, 8.0, 9.0, 7.0, -10.0, 8.0, -4.0, -6.0],
            )
        },
    ),
    "orchestrate.register": result(
        "orchestrate",
        {"moments": rows(moment_id=["m"], moment=["Join"], has_owner=[True], end_to_end=[None], has_sla=[False])},
    ),
    "orchestrate.sla": result(
        "orchestrate",
        {
            "sla": rows(
                dimension=["all", "moment"],
                group=["", "m"],
                label=["All tickets", "Join"],
                judged=[900, 90],
                attainment=[0.8, 0.6],
                low=[0.77, 0.5],
                high=[0.83, 0.7],
            )
        },
    ),
    "orchestrate.breaches_hour": result("orchestrate", {"breaches": BREACHES}),
    "orchestrate.breaches_owner": result(
        "orchestrate",
        {
            "breaches": BREACHES,
            "like_for_like": rows(
                dimension=["team"] * 2,
                group=["East", "West"],
                excess=[0.1, -0.1],
                adjusted=[0.0001, 1.0],
                verdict=["slower", "no difference shown"],
            ),
        },
    ),
    "orchestrate.conventions": result(
        "orchestrate",
        {
            "conventions": rows(
                reading=["headline", "wall"],
                label=["Open hours, pauses out", "Wall clock"],
                judged=[900, 900],
                attainment=[0.8, 0.3],
                low=[0.77, 0.27],
                high=[0.83, 0.33],
                verdict=["missed", "missed"],
            )
        },
    ),
    "orchestrate.resolution": result(
        "orchestrate",
        {
            "resolution": rows(
                day=[1, 2, 5],
                at_risk=[90, 50, 20],
                events=[40, 30, 10],
                censored=[0, 0, 10],
                survival=[0.55, 0.22, 0.11],
                low=[0.45, 0.15, 0.06],
                high=[0.64, 0.3, 0.18],
                naive=[0.5, 0.88, 1.0],
            )
        },
    ),
    "orchestrate.fcr": result(
        "orchestrate",
        {
            "recontact_by": rows(
                dimension=["moment"] * 2,
                group=["m", "k"],
                label=["Join", "Leave"],
                n=[90, 60],
                fcr=[0.7, 0.6],
                fcr_low=[0.6, 0.5],
                fcr_high=[0.8, 0.7],
            )
        },
    ),
    "orchestrate.fcr_conventions": result(
        "orchestrate",
        {
            "grid": rows(
                window_days=[1, 7, 1, 7, 1, 7, 1, 7],
                grouping=["any", "any", "reason", "reason", "moment", "moment", "any", "any"],
                identity=["account"] * 6 + ["reopened"] * 2,
                n=[90] * 8,
                fcr=[0.8, 0.5, 0.9, 0.6, 0.9, 0.6, 0.99, 0.95],
                low=[0.7, 0.4, 0.8, 0.5, 0.8, 0.5, None, None],
                high=[0.85, 0.6, 0.95, 0.7, 0.95, 0.7, None, None],
                chosen=[False] * 3 + [True] + [False] * 4,
            )
        },
    ),
    "orchestrate.fcr_decisions": result(
        "orchestrate",
        {
            "survival": rows(
                decision=["worst reason", "target", "change"],
                label=["bill", "missed", "not judged"],
                conventions=[15, 15, 15],
                same=[15, 9, 15],
                opposed=[0, 4, 0],
                others=["", "met (4) and open (2)", ""],
            )
        },
    ),
    "orchestrate.net_handling": result(
        "orchestrate",
        {
            "net": rows(
                dimension=["team"] * 2,
                group=["A", "B"],
                label=["A", "B"],
                aht=[7.0, 10.0],
                net_aht=[13.0, 11.0],
                low=[12.0, 10.5],
                high=[14.0, 11.5],
                rank_aht=[1, 2],
                rank_change=[1, -1],
            )
        },
    ),
    "orchestrate.staffing_week": result("orchestrate", {"week": WEEK}),
    "orchestrate.staffing_day": result("orchestrate", {"week": WEEK}),
    "orchestrate.first_value": result(
        "orchestrate",
        {
            "curve": rows(
                moment_id=["m"] * 3,
                moment=["Join"] * 3,
                day=[0, 5, 20],
                share=[0.1, 0.5, 0.8],
                low=[0.05, 0.4, 0.7],
                high=[0.2, 0.6, 0.9],
            ),
            "summary": rows(moment_id=["m"], moment=["Join"], customers=[300], median=[5.0], naive_median=[3.0]),
        },
    ),
    "orchestrate.funnel": result(
        "orchestrate",
        {
            "steps": rows(
                journey=["Buy"] * 2,
                step=[1, 2],
                event=["seen", "paid"],
                customers=[100, 40],
                of_previous=[None, 0.4],
                previous_low=[None, 0.31],
                previous_high=[None, 0.5],
            )
        },
    ),
    "prove.effects": result(
        "prove", {"effects": rows(experiment_id=["X", "Y"], name=["Call", "App"], arm=["t", "t"])}, (EFFECT, MEAN)
    ),
    "prove.pnl": result(
        "prove",
        {
            "bridge": rows(
                experiment_id=["X"],
                value=[1e6],
                low=[5e5],
                high=[2e6],
                verdict=["cut"],
                grade=["A"],
                pnl_line=["Revenue"],
            )
        },
    ),
    "govern.maturity": result("govern", {"capabilities": CAPABILITIES}),
    "govern.allocation": result(
        "govern",
        {
            "plan": rows(
                initiative=["Call", "App"],
                verdict=["fund", "stop"],
                amount=[9e5, None],
                freed=[None, 8e5],
                grade=["A", None],
            )
        },
    ),
    "govern.portfolio": result(
        "govern",
        {
            "initiatives": rows(
                initiative=["Call", "App"],
                npv_go_forward=[4e6, -4e5],
                go_forward_low=[2e6, None],
                go_forward_high=[6e6, None],
                basis=["proven", "claimed"],
                grade=["A", None],
            )
        },
    ),
}
