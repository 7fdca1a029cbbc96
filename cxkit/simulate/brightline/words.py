"""What Brightline's customers write, and how two people coded it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxkit.simulate.brightline import story
from cxkit.simulate.plan import sheet
from cxkit.simulate.world import blank

FRAME = """# The codes of this client, laid over playbook/taxonomy.yml.
version: 2
themes:
  - {code: price.unclear_bill, name: First bill not as sold, terms: [first bill, line items, unclear bill]}
  - {code: product.kit, name: Wrong or missing parts in the kit, terms: [wrong kit, self install kit, right cable]}
  - {code: praise.promise, name: Kept what was promised, terms: [works as promised]}
  - {code: praise.welcome, name: The welcome call helped, terms: [welcome call]}
terms:
  effort.repeat: [three times, again and again, third time]
  promise.unclear: [no one could tell, nobody told us, no notice of outages]
  people.tone: [friendly, polite]
map:
  repair: use.fault
  app or router: use.fault
  bill question: billing.question
  first bill: billing.question
  plan change: change.contract
  installation: start.delivery
events:
  retired: {installation_booked: install_booked}
bridges:
  - {from: price.bill, to: [price.unclear_bill], since: 2, note: renamed}
  - {from: product.self_install, to: [product.kit], since: 2, note: merged}
  - {from: product.cable, to: [product.kit], since: 2, note: merged}
  - {from: praise.call, to: [praise.welcome, praise.solved], since: 2, note: split}
"""
"""What Brightline's people wrote into ``taxonomy.yml``."""


def reworded(rng: np.random.Generator, surveys: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """The answers in more than one wording each, and the sentence that each of them began as.

    Some say two things, some nothing with a theme, some name the new term, and the unclear bill is named less since it
    was mended.
    """
    surveys = surveys.copy()
    text = surveys["verbatim"].to_numpy(dtype=object).copy()
    month = surveys["answered"].dt.strftime("%Y-%m").to_numpy()
    plain = np.array([t in {*story.SAID, *story.PRAISE} for t in text])
    bill, since, left = story.CLEARED
    cleared = plain & (text == bill) & (month >= since) & (rng.random(len(text)) > left)
    text[cleared] = None
    meaning = pd.Series(blank(~plain | cleared, text), index=surveys.index)
    draw = rng.random(len(text))
    for place in np.flatnonzero(plain & ~cleared).tolist():
        said = str(text[place])
        others = story.WORDINGS.get(said, ())
        pick = int(rng.integers(0, len(others) + 1))
        text[place] = (said, *others)[pick]
        if draw[place] < 0.08:
            text[place] = story.UNTHEMED[int(rng.integers(0, len(story.UNTHEMED)))]
            meaning.iloc[place] = None
        elif draw[place] < 0.18:
            more = story.SAID[int(rng.integers(0, len(story.SAID) - 1))]
            if more not in text[place] and surveys["score"].iloc[place] <= 6:
                text[place] = f"{text[place]}; {more.lower()}"
    _, sentence, first, share = story.NEW_TERM
    named = plain & ~cleared & (month >= first) & (rng.random(len(text)) < share)
    text[named] = sentence
    meaning.iloc[np.flatnonzero(named)] = None
    surveys["verbatim"] = text
    return surveys, meaning


def coded(rng: np.random.Generator, surveys: pd.DataFrame, meaning: pd.Series) -> pd.DataFrame:
    """The sheet ``codings``: two people, each right most of the time, the first answers in the old frame."""
    last = surveys["answered"] >= pd.Timestamp("2025-11-01")
    before = surveys["answered"] < pd.Timestamp("2026-11-01")
    known = np.flatnonzero((meaning.isin(list(story.CODES)) & last & before).to_numpy())
    unique = surveys["response_id"].iloc[known].drop_duplicates().index.to_numpy()
    chosen = np.sort(rng.permutation(unique)[: story.CODED])
    codes = sorted({new for new, _ in story.CODES.values()})
    rows = []
    for number, place in enumerate(chosen.tolist()):
        old = number < story.CODED_BEFORE
        new, was = story.CODES[str(meaning.loc[place])]
        for coder in ("c1", "c2"):
            code = was if old else new
            if rng.random() < story.CODER_ERRS:
                code = codes[int(rng.integers(0, len(codes)))]
            rows.append((surveys["response_id"].loc[place], coder, code, "v1" if old else "v2"))
    return sheet("codings", "response_id coder code frame", rows)
