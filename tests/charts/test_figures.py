"""Every declared figure, drawn from small frames with the columns its stage promises."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import date
from typing import Any, ClassVar

import pandas as pd
import pytest

import cxkit.charts
from cxkit.charts.figure import CHARTS, figure
from cxkit.errors import ReportError
from cxkit.records import Finding, Result
from cxkit.report import show

for module in pkgutil.iter_modules(cxkit.charts.__path__):
    importlib.import_module(f"cxkit.charts.{module.name}")


def result(stage_name: str, tables: dict[str, pd.DataFrame], findings: tuple[Finding, ...] = ()) -> Result:
    class Made(Result):
        stage: ClassVar[str] = stage_name
        name: ClassVar[str] = "made"

        currency: str = "USD"

    return Made(as_of=date(2026, 10, 31), findings=findings, tables=tables)  # type: ignore[arg-type]


def rows(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns)


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
                label=["No owner", "No money"],
                verdict=["fails", "passes"],
            ),
            "modes": rows(label=["No owner"], fails=[1], passes=[0], cannot_tell=[0]),
        },
    ),
    "align.maturity": result("align", {"capabilities": CAPABILITIES}),
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


def test_every_declared_figure_is_tested_here() -> None:
    assert set(GIVEN) == set(CHARTS)


@pytest.mark.parametrize("id", sorted(GIVEN))
def test_figure_draws_with_alt_text_and_data(id: str) -> None:
    (block,) = show.figure(CHARTS[id], GIVEN[id], silent=True) or ()
    assert block.document() == show.figure(CHARTS[id], GIVEN[id], silent=True)[0].document()  # type: ignore[index]
    assert len(block.body.alt) > 60  # type: ignore[union-attr]
    assert block.body.svg.startswith("<svg")  # type: ignore[union-attr]
    assert block.body.data.rows  # type: ignore[union-attr]
    assert "nan" not in block.body.alt.lower()  # type: ignore[union-attr]


@pytest.mark.parametrize("id", sorted(GIVEN))
def test_figure_is_not_drawn_without_its_table(id: str) -> None:
    empty = result(id.split(".", maxsplit=1)[0], {})
    assert show.figure(CHARTS[id], empty, silent=True) == ()


@pytest.mark.parametrize("id", sorted(GIVEN))
def test_figure_draws_on_axes_that_are_given(id: str) -> None:
    from cxkit.charts import style

    ax = style.canvas(4)
    assert CHARTS[id](GIVEN[id], ax=ax) is ax


def test_small_segments_and_moments_are_not_drawn() -> None:
    (block,) = show.figure(CHARTS["quantify.segments"], GIVEN["quantify.segments"], silent=True) or ()
    assert "few" not in block.body.svg  # type: ignore[union-attr]


def test_two_figures_with_one_id_are_refused() -> None:
    declare = figure("prove.pnl", topic="x", needs="x", alt=lambda r: "x", data={})
    with pytest.raises(ReportError, match=r"Two figures are called 'prove\.pnl'"):
        declare(CHARTS["prove.pnl"].draw)


def test_the_title_is_about_what_is_drawn() -> None:
    """The curve is that of the largest moment, so its title may not be that of a smaller one which comes first."""

    def said(subject: str, title: str) -> Finding:
        return Finding(id="orchestrate.first_value.median", stage="orchestrate", title=title, subject=subject)

    made = result(
        "orchestrate",
        {
            "curve": rows(
                moment_id=["a", "b"], moment=["A", "B"], day=[3, 3], share=[0.6, 0.2], low=[0.5, 0.1], high=[0.7, 0.3]
            ),
            "summary": rows(
                moment_id=["a", "b"],
                moment=["A", "B"],
                customers=[90, 340],
                median=[3.0, None],
                naive_median=[2.0, 1.0],
            ),
        },
        (said("a", "A: half within 3 days"), said("b", "B: fewer than half")),
    )
    found = CHARTS["orchestrate.first_value"].finding(made)
    assert found is not None
    assert found.title == "B: fewer than half"
    alone = made.model_copy(update={"findings": (said("a", "A: half within 3 days"),)})
    assert CHARTS["orchestrate.first_value"].finding(alone) is None
