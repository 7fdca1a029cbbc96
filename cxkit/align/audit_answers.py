"""One wave of the audit as respondents × items: reversed items turned round, unknown ids set apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from cxkit.align.audit_instrument import Instrument, Scale
from cxkit.records import Missing
from cxkit.tables.engine import Tables

NEEDS = {"audit": ("respondent", "wave", "item_id", "score")}
UNSTATED = "not stated"
"""Team or level of a respondent who gave none."""
ANSWERED = 0.5
"""Share of a scale's items a respondent must have answered to get a score on it."""


@dataclass(frozen=True)
class Wave:
    """The answers of one day.

    `people`: one row per respondent (index, sorted) with `team` and `level`, never null. `answers`: the same rows,
    one column per item of the instrument that anybody answered, 1 to 5 with reversed items turned round, NaN for no
    answer. `unknown`: item id that is not in the instrument → number of answers.
    """

    day: date
    people: pd.DataFrame
    answers: pd.DataFrame
    unknown: Mapping[str, int]

    def asked(self, items: Sequence[str]) -> list[str]:
        """Those of the items that somebody answered."""
        return [i for i in items if i in self.answers.columns]

    def score(self, items: Sequence[str]) -> pd.Series:
        """Each respondent's own mean over the items, NaN with fewer than half of those asked.

        Answers of one respondent hang together, so respondents and not answers are counted from here on.
        """
        chosen = grid(self, items)
        counted = (~np.isnan(chosen)).sum(axis=1)
        enough = counted >= max(1.0, ANSWERED * chosen.shape[1])
        own = np.nansum(chosen, axis=1) / np.maximum(counted, 1)
        return pd.Series(np.where(enough, own, np.nan), index=self.answers.index)

    def can_score(self, scale: Scale) -> bool:
        """Whether at least half of a scale's items were asked at all."""
        return len(self.asked(scale.items)) >= max(1.0, ANSWERED * len(scale.items))


def waves(tables: Tables, instrument: Instrument) -> list[Wave]:
    """The waves of the sheet `audit`, earliest first; empty when it is missing or holds no answer.

    Answers outside the scale are left out (the checks report them); of two answers of one respondent to one item
    in one wave the lower counts.
    """
    if isinstance(tables["audit"], Missing):
        return []
    low, high = instrument.answers.low, instrument.answers.high
    found = tables.frame(
        "SELECT wave, trim(respondent) AS respondent, trim(item_id) AS item_id, min(score) AS score, "
        "min(nullif(trim(team), '')) AS team, min(nullif(trim(level), '')) AS level FROM audit "
        f"WHERE score BETWEEN {low} AND {high} AND wave IS NOT NULL AND trim(respondent) <> '' AND trim(item_id) <> '' "
        "GROUP BY ALL ORDER BY wave, respondent, item_id"
    )
    return [
        _wave(date.fromisoformat(str(day)[:10]), part, instrument) for day, part in found.groupby("wave", sort=True)
    ]


def _wave(day: date, part: pd.DataFrame, instrument: Instrument) -> Wave:
    items = {i.id: i for i in instrument.items}
    known = part["item_id"].isin(items.keys())
    unknown = part.loc[~known, "item_id"].value_counts().sort_index()
    part = part[known]
    answers = part.pivot(index="respondent", columns="item_id", values="score").astype(float).sort_index()
    answers = answers[[i for i in items if i in answers.columns]]
    answers.columns.name = None
    turn = [i for i in answers.columns if items[i].reversed]
    answers[turn] = instrument.answers.low + instrument.answers.high - answers[turn]
    people = part.groupby("respondent", sort=True)[["team", "level"]].min().fillna(UNSTATED)
    return Wave(day, people, answers, {str(k): int(v) for k, v in unknown.items()})


def grid(wave: Wave, items: Sequence[str]) -> np.ndarray:
    """Respondents × items as an array, for the reliability of a scale."""
    found: np.ndarray = wave.answers[wave.asked(items)].to_numpy(dtype=float)
    return found
