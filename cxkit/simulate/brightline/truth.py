"""What is true of Brightline, beside what its tables show."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxkit.simulate import reference, usage
from cxkit.simulate.brightline import alignment, ledger, signals, story
from cxkit.simulate.brightline.homes import Homes
from cxkit.simulate.world import DAY, Truth

DIFFERENCE = "treatment arm less control arm, in the population the units come from"


def truths(frames: dict[str, pd.DataFrame], homes: Homes) -> tuple[Truth, ...]:
    """Planted effects and rates, and the figures counted a second way."""
    called = story.EARLY_LOSS["called"] - story.EARLY_LOSS["since"]
    post = frames["outcomes"].query("experiment_id == 'X2' and phase == 'post'")
    arm = frames["assignments"].query("experiment_id == 'X2'").set_index("unit_id")["arm"]
    level = post["value"].to_numpy() / np.where(arm.loc[post["unit_id"]] == "notice", 1 + story.NOTICE_EFFECT, 1.0)
    hazard = np.array([s[2] for s in story.SEGMENTS.values()])[homes.segment] / 30.4375
    there = (homes.started < story.HELD_FROM - 90 * DAY) & ~(homes.ended < story.HELD_FROM)
    saved = (np.exp(-hazard * story.HELD_HAZARD * 365) - np.exp(-hazard * 365))[there].mean()
    return (
        *reference.figures(frames, story.AS_OF, story.ZONE, story.HOURS),
        Truth(
            id="align.conflict.measured",
            subject="visits_per_day>repair_time",
            value=-alignment.CONFLICT,
            unit="none",
            about="correlation inside regions, one month later; below nought: one improves while the other gets worse",
        ),
        Truth(
            id="align.conflict.reversal",
            subject="aht>call_score",
            value=-alignment.REVERSAL,
            unit="none",
            about="correlation inside regions; over regions it has the other sign",
        ),
        Truth(
            id="align.audit.perception",
            value=alignment.GAP["executive"] - alignment.GAP["frontline"],
            unit="score",
            about="executives less the front line, before answers are rounded to 1 to 5",
        ),
        Truth(
            id="quantify.voice.change",
            subject="nps",
            value=0.0,
            unit="nps",
            about="change among customers of the same kind: only who was asked has changed",
        ),
        Truth(
            id="orchestrate.first_value.median",
            subject="M2",
            value=usage.median_of(
                story.FIRST_USE_DAYS, signals.never(homes)[homes.started >= story.BEGIN], story.LATE_USE
            ),
            unit="days",
            about="elapsed days from order to first use, those who never get there counted; one more in calendar days",
            tolerance=1.0,
        ),
        Truth(
            id="orchestrate.funnel.conversion",
            subject="Stay",
            value=story.OFFER_TAKEN,
            unit="ratio",
            about="offers accepted within 30 days",
        ),
        Truth(id="prove.effect", subject="X1", value=called, unit="points", about=DIFFERENCE),
        Truth(
            id="prove.effect",
            subject="X2",
            value=float(story.NOTICE_EFFECT * level.mean()),
            standard_error=float(abs(story.NOTICE_EFFECT) * level.std() / np.sqrt(len(level))),
            unit="none",
            about=DIFFERENCE + "; planted as −15 % of the contacts of six months",
        ),
        Truth(id="prove.effect", subject="X3", value=0.0, unit="points", about=DIFFERENCE),
        Truth(
            id="prove.effect",
            subject="X4",
            value=ledger.TEXTS_EFFECT,
            unit="none",
            about=DIFFERENCE + "; a call less is never below none",
        ),
        Truth(
            id="prove.effect",
            subject="Q1",
            value=ledger.ASSIST_MINUTES,
            unit="none",
            about="minutes a contact: desks with agent assist less what they would have taken without",
        ),
        Truth(
            id="prove.effect",
            subject="Q2",
            value=0.0,
            unit="none",
            about="homes with the app less the same homes without",
        ),
        Truth(id="prove.effect", subject="H1", value=float(saved), unit="points", about=DIFFERENCE),
    )
