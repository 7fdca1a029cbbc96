"""What the figures of the tracking plan and of enablement are drawn from in tests."""

from __future__ import annotations

from cxkit.records import Finding, Result
from tests.charts.made import result, rows

PLAN = rows(
    moment_id=["m1", "m1", "m1", "m2", ""],
    moment=["Install <b>", "Install <b>", "Install <b>", "Bill $x$", ""],
    stands_for=["start", "value", "value", "start", ""],
    event=["order_placed", "device_used", "device_used", "bill_sent", "banner_clicked"],
    arrives_as=["order_placed", "deviceUsed", "device_used", "", "clicked_banner"],
    system=["S", "S", "S", "", "web"],
    owner_role=["RevOps/Data", "", "", "", None],
    carried=[1.0, 0.8, 1.0, None, 0.5],
    rows=[900.0, 30.0, 800.0, 0.0, 12.0],
    last_seen=["2026-10-30", "2026-10-30", "2026-10-30", "", "2026-02-01"],
    status=["arrives", "renamed", "arrives", "missing", "undeclared"],
    todo=["nothing", "send it as device_used", "nothing", "start sending it", "name the moment"],
)
BREACHES = rows(
    owner_role=["Data/Insights", "Data/Insights", "Enablement/Ops"],
    table=["events", "surveys", "tickets"],
    kind=["names", "late", "no customer key"],
    breaches=[4, 1, 1],
    said=["names", "ended", "88 %"],
)
ADOPTION = rows(
    programme=["Finder"] * 6 + ["Welcome"],
    kind=["agent_assist"] * 6 + ["onboarding"],
    team=["Desk", "Desk", "Desk", "Field", "Field", "Field", "Desk"],
    month=["2026-08-01", "2026-09-01", "2026-10-01"] * 2 + ["2026-10-01"],
    eligible=[10] * 7,
    completed=[1, 6, 8, 0, 1, 2, 3],
    share=[0.1, 0.6, 0.8, 0.0, 0.1, 0.2, 0.3],
)
EFFECTS = rows(
    outcome=["aht", "recontact"],
    programme=["Finder", "Finder"],
    groups=[5, 5],
    reached=[4, 4],
    method=["staggered", "staggered"],
    verdict=["moved", "not shown"],
)
PATH = rows(
    since=[-2, -1, 0, 1, 0],
    value=[0.01, -0.02, -0.2, -0.22, 0.01],
    low=[-0.05, -0.08, -0.28, -0.3, -0.02],
    high=[0.07, 0.04, -0.12, -0.14, 0.04],
    groups=[4, 4, 4, 3, 4],
    outcome=["aht"] * 4 + ["recontact"],
    programme=["Finder"] * 5,
)
FOUND = Finding(
    id="orchestrate.enablement.aht",
    stage="orchestrate",
    title="Where “Finder” reached half of a team, handling time was 19.8 % lower",
    value=-0.198,
    unit="ratio",
    subject="Finder",
    grade="C",
)
GIVEN: dict[str, Result] = {
    "instrument.tracking": result("instrument", {"plan": PLAN}),
    "instrument.breaches": result("instrument", {"breaches": BREACHES}),
    "orchestrate.adoption": result("orchestrate", {"adoption_months": ADOPTION}),
    "orchestrate.enablement": result("orchestrate", {"effects": EFFECTS, "path": PATH}, (FOUND,)),
}
