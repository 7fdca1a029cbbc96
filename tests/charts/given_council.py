"""What the figures of the council's pack are drawn from in tests."""

from __future__ import annotations

from cxkit.records import Finding, Result
from tests.charts.made import result, rows

MONTHS = [f"2026-{m:02}" for m in range(1, 11)]
WHY = Finding(
    id="govern.council.why",
    stage="govern",
    title="Contacts rose by 30: +20 from more customers, +10 from customers doing otherwise",
    value=30,
    unit="count",
    subject="contact_rate",
)

GIVEN: dict[str, Result] = {
    "govern.council.limits": result(
        "govern",
        {
            "measures": rows(
                metric=["grr", "nps", "few"],
                label=["Gross revenue retention", "Net promoter score", "Too few months"],
                unit=["ratio", "nps", "ratio"],
                month=["2026-10", "2026-10", "2026-10"],
                latest=[0.8, 31.0, 0.5],
                centre=[0.9, 30.0, None],
                limit_low=[0.85, 20.0, None],
                limit_high=[0.95, 40.0, None],
                months=[24, 24, 3],
                signal=["outside", "inside", "cannot tell"],
                tone=["bad", "neutral", "unknown"],
                says=["below the limits of its past: news", "within the limits of its past: no news", "too few"],
            ),
            "months": rows(
                metric=["grr"] * 10 + ["nps"] * 10,
                month=MONTHS * 2,
                value=[0.9, 0.91, 0.89, 0.9, 0.92, 0.9, 0.88, 0.9, 0.9, 0.8] + [30.0 + m % 3 for m in range(10)],
            ),
        },
    ),
    "govern.council.why": result(
        "govern",
        {
            "why": rows(
                figure=["contact_rate", "nps"],
                label=["Contacts", "Net promoter score"],
                unit=["count", "nps"],
                period=["2025-11 to 2026-10"] * 2,
                period_before=["2024-11 to 2025-10"] * 2,
                before=[100.0, 30.0],
                now=[130.0, 28.0],
                change=[30.0, -2.0],
                volume=[20.0, 0.0],
                mix=[-5.0, -1.0],
                rate=[15.0, -1.0],
                rate_low=[4.0, -3.0],
                rate_high=[26.0, 1.0],
                says=["+20 from more customers", "−1 from another mix of segments"],
            )
        },
        (WHY,),
    ),
}
