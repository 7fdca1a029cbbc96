"""People of a known truth: every person in two or three systems, with slips, blanks and private addresses."""

from __future__ import annotations

import numpy as np
import pandas as pd

FIRST = [
    "Ada",
    "Bruno",
    "Cora",
    "Dario",
    "Edda",
    "Faro",
    "Gala",
    "Hugo",
    "Ines",
    "Jule",
    "Kuno",
    "Lene",
    "Mila",
    "Nilo",
]
LAST = ["Oakenshaw", "Pebblethorpe", "Quillfeather", "Rookhurst", "Sedgewater", "Thistlecroft", "Umberlane", "Vetchley",
        "Wrenfield", "Yarrowby", "Ambermere", "Brackendale", "Copperleigh", "Driftwell", "Elderbrook", "Foxglade",
        "Gorsefield", "Hollowbrook", "Ivydene", "Juniperson"]  # fmt: skip


def simulated(persons: int, *, seed: int) -> pd.DataFrame:
    """Rows of `people` with a column `person`."""
    rng = np.random.default_rng(seed)
    made = []
    for person in range(persons):
        first, last = rng.choice(FIRST), rng.choice(LAST)
        born = pd.Timestamp("1950-01-01") + pd.Timedelta(days=int(rng.integers(0, 18000)))
        city = rng.choice(["Berlin", "Leeds", "Ghent", "Lyon"])
        phone = f"+49 30 {rng.integers(10**6, 10**7 - 1)}"
        for system in rng.choice(["crm", "billing", "support", "voc"], int(rng.integers(2, 4)), replace=False):
            made.append(
                {
                    "system": system,
                    "person_id": f"{system[0]}{len(made):05d}",
                    "first_name": _slip(rng, first),
                    "last_name": _slip(rng, last),
                    "email": None if rng.random() < 0.3 else f"{first}.{last}{person}@example.org".lower(),
                    "phone": None if rng.random() < 0.4 else phone,
                    "city": city,
                    "birth_date": None if rng.random() < 0.2 else born.date(),
                    "person": person,
                }
            )
    return pd.DataFrame(made)


def _slip(rng: np.random.Generator, word: str) -> str:
    """Now and then a letter is lost."""
    if rng.random() > 0.06:
        return str(word)
    at = int(rng.integers(1, len(word) - 1))
    return str(word[:at] + word[at + 1 :])
