"""Calling a word new that is not, and finding one that two answers in a hundred begin to use."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cxkit import shipped
from cxkit.instrument.code_frame import code_frame
from cxkit.instrument.taxonomy_match import themed
from cxkit.instrument.taxonomy_terms import RECENT_MONTHS, new_terms
from cxkit.metrics.windows import window_to
from cxkit.tables.engine import Tables

NAME = "terms"
SIZE = "2,400 answers of 1,500 customers in 12 months, 1,500 words; planted: 2 % of the last quarter's use a new word"
ANSWERS, CUSTOMERS, WORDS, LENGTH, OWN = 2400, 1500, 1500, 9, 0.3
"""OWN: the share of an answer's words that are the customer's own pet words, whenever they write."""
PLANTED = 0.02
LAST = date(2026, 10, 1)


def answers(rng: np.random.Generator, share: float) -> pd.DataFrame:
    """Answers of words drawn by Zipf's law; with `share`, the last quarter's also say one word nobody said before."""
    law = 1 / np.arange(1, WORDS + 1)
    words = np.array([f"w{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i // 676)}x" for i in range(WORDS)])
    who = rng.integers(0, CUSTOMERS, ANSWERS)
    drawn = rng.choice(WORDS, (ANSWERS, LENGTH), p=law / law.sum())
    pets = rng.choice(WORDS, (CUSTOMERS, LENGTH), p=law / law.sum())
    drawn = np.where(rng.random((ANSWERS, LENGTH)) < OWN, pets[who], drawn)
    months = pd.period_range("2025-11", "2026-10", freq="M")
    at = rng.integers(0, 12, ANSWERS)
    said = [" ".join(row) for row in words[drawn]]
    new = (at >= 12 - RECENT_MONTHS) & (rng.random(ANSWERS) < share)
    return pd.DataFrame(
        {
            "response_id": [f"r{i}" for i in range(ANSWERS)],
            "account_id": [f"a{i}" for i in who],
            "metric": "nps",
            "score": 7.0,
            "answered": [f"{months[m]}-{1 + i % 28:02d}" for i, m in enumerate(at)],
            "verbatim": [text + (" blockchain" if fresh else "") for text, fresh in zip(said, new, strict=True)],
        }
    )


def trial(seed: int, planted: bool) -> bool:
    """Whether any word is called new: none is (False), or one is (True)."""
    frame = answers(np.random.default_rng([seed, planted]), PLANTED if planted else 0.0)
    tables = Tables.from_frames({"surveys": frame}, as_of=date(2026, 10, 31))
    tables.con.execute("SET threads = 1")
    with themed(tables, code_frame(shipped.yaml("playbook/taxonomy.yml")), "true"):
        rows, _ = new_terms(tables, window_to(LAST, 12), window_to(LAST, RECENT_MONTHS))
    return bool(rows["new"].any())
