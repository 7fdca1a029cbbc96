"""What is true of Northbeam, beside what its tables show."""

from __future__ import annotations

import pandas as pd

from cxkit.simulate import reference, usage
from cxkit.simulate.northbeam import ledger, story
from cxkit.simulate.world import Truth

DIFFERENCE = "treatment arm less control arm, in the population the units come from"


def truths(frames: dict[str, pd.DataFrame]) -> tuple[Truth, ...]:
    """Planted effects and rates, and the figures counted a second way; for the claim E3 nothing was planted, and
    Q3 follows a trend of its own."""
    standard, short = (rate for _, rate in story.TOOL.values())
    return (
        *reference.figures(frames, story.AS_OF, story.ZONE, story.HOURS),
        reference.price_share(frames, story.AS_OF),
        Truth(
            id="data.books.service_cost",
            realised=reference.untied(frames, story.AS_OF, kind="service_cost"),
            unit="ratio",
            about="cost to serve that the books hold and no cost export shows, months added up",
            how="planted",
        ),
        Truth(
            id="orchestrate.first_value.median",
            subject="N2",
            value=usage.median_with_never(story.READY_DAYS, story.NEVER_READY),
            unit="days",
            about="elapsed days from contract to first report, the unfinished counted; one more in calendar days",
            tolerance=1.0,
        ),
        Truth(
            id="orchestrate.funnel.conversion",
            subject="Stay",
            value=story.BOUGHT,
            unit="ratio",
            about="modules bought within 30 days of a trial",
        ),
        Truth(id="prove.effect", subject="E1", value=story.GUIDE_EFFECT, unit="points", about=DIFFERENCE),
        Truth(id="prove.effect", subject="E2", value=short - standard, unit="points", about=DIFFERENCE),
        Truth(
            id="prove.effect",
            subject="Q4",
            value=ledger.PORTAL_EFFECT,
            unit="none",
            about="the market with the portal less what it would have done without",
        ),
    )
