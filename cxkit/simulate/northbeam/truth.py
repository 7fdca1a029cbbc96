"""What is true of Northbeam, beside what its tables show."""

from __future__ import annotations

import pandas as pd

from cxkit.simulate import reference, usage
from cxkit.simulate.northbeam import story
from cxkit.simulate.world import Truth


def truths(frames: dict[str, pd.DataFrame], keyring: pd.DataFrame) -> tuple[Truth, ...]:
    """Planted effects and rates, and how many persons there really are."""
    about = "difference between the treatment arm and the control arm, in the population the units come from"
    standard, short = (rate for _, rate in story.TOOL.values())
    days = usage.median_with_never(story.READY_DAYS, story.NEVER_READY)
    return (
        *reference.figures(frames, story.AS_OF, story.ZONE, story.HOURS),
        Truth(
            id="orchestrate.first_value.median",
            subject="N2",
            value=days,
            unit="days",
            about="elapsed days from contract to first report, the unfinished counted; one more in calendar days",
            tolerance=1.0,
        ),
        Truth(id="prove.effect", subject="E1", value=story.GUIDE_EFFECT, unit="points", about=about),
        Truth(id="prove.effect", subject="E2", value=short - standard, unit="points", about=about),
        Truth(
            id="instrument.identity.persons",
            realised=float(keyring["person"].nunique()),
            unit="count",
            about="real persons behind the rows of people",
        ),
    )
