"""The small model: judged on what it has not seen, scored in the engine as scikit-learn scores it, an extra."""

import builtins
import importlib.util
import itertools
from datetime import date

import numpy as np
import pandas as pd
import pytest

from cxkit import shipped
from cxkit.instrument import code_frame, taxonomy
from cxkit.instrument.taxonomy_coded import Unit
from cxkit.instrument.taxonomy_match import themed
from cxkit.instrument.taxonomy_model import fit, shares
from cxkit.metrics.windows import window_to
from cxkit.tables.engine import Tables
from tests.conftest import absent

pytestmark = pytest.mark.model


@pytest.fixture(autouse=True)
def _installed() -> None:
    if importlib.util.find_spec("sklearn") is None:
        absent("model", "scikit-learn is not installed (pip install 'cxkit[model]')")


FRAME = code_frame(shipped.yaml("playbook/taxonomy.yml"))
SAYS = {
    "time.wait": ["endless music", "nobody picked up", "sat there half the day"],
    "people.tone": ["barked at me", "such a nice lady", "no manners at all"],
    "price.level": ["costs a fortune", "cannot afford it", "dear for what it is"],
}
"""What the rules do not know and people code without effort."""


def written(n: int = 270, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    codes = sorted(SAYS)
    rows = []
    for i in range(n):
        code = codes[min(i % 5, 2)]
        text = f"{rng.choice(SAYS[code])} {rng.choice(['today', 'again', 'sadly', 'as ever'])}"
        rows.append((f"r{i}", f"a{i // 2}", "2026-06-10", text, code))
    frame = pd.DataFrame(rows, columns=["response_id", "account_id", "answered", "verbatim", "code"])
    return frame.assign(metric="nps", score=4.0)


def units(frame: pd.DataFrame) -> list[Unit]:
    return [
        Unit(r["response_id"], r["account_id"], r["verbatim"], "none", {"c1": r["code"]})
        for r in frame.to_dict("records")
    ]


def test_a_model_that_beats_the_rules_is_used_and_said_so():
    frame = written()
    codings = frame[["response_id", "code"]].assign(coder="c1", frame="1")
    tables = Tables.from_frames({"surveys": frame.drop(columns="code"), "codings": codings}, as_of=date(2026, 6, 30))
    result = taxonomy(tables, frame=FRAME)
    assert result.model.used
    assert result.model.gain_low > 0
    assert result.finding("instrument.taxonomy.model").grade == "D"
    rows = result.frame("themes").set_index("theme")["model_share"]
    assert rows[list(SAYS)].sum() == pytest.approx(1.0)
    assert rows["time.wait"] == pytest.approx(0.6, abs=0.02)
    assert "model – coders" in set(result.frame("agreement")["pair"])


def test_the_engine_scores_as_scikit_learn_does():
    frame = written()
    fitted = fit(units(frame), seed=1)
    assert fitted.weights is not None
    other = frame.drop(columns="code").assign(
        verbatim=[" ".join(w for w in t.split() if w != "at") + " dear lady wombat" for t in frame["verbatim"]]
    )
    tables = Tables.from_frames({"surveys": other}, as_of=date(2026, 6, 30))
    with themed(tables, FRAME, "true"):
        found = shares(tables, fitted, window_to(date(2026, 6, 1), 1)).set_index("theme")["model_share"]
    weights, bases = fitted.weights.to_pandas(), fitted.bases.to_pandas().set_index("code")["base"]
    idf = weights.drop_duplicates("term").set_index("term")["idf"]
    pull = weights.pivot(index="term", columns="code", values="pull")
    given = []
    for text in other["verbatim"]:
        words = text.split()
        grams = pd.Series([*words, *(f"{a} {b}" for a, b in itertools.pairwise(words))]).value_counts()
        x = (grams * idf).dropna()
        given.append(((pull.loc[x.index].T @ (x / np.sqrt((x**2).sum()))) + bases).idxmax())
    assert found.to_dict() == pytest.approx(pd.Series(given).value_counts(normalize=True).to_dict())


def test_nothing_seen_in_training_judges_the_model():
    """Codes given at random: a model that had seen the answers would agree, one that has not cannot."""
    frame = written()
    rng = np.random.default_rng(2)
    unique = [f"{t} x{i}" for i, t in enumerate(frame["verbatim"])]
    frame = frame.assign(code=rng.choice(sorted(SAYS), len(frame)), verbatim=unique)
    judged = fit(units(frame), seed=1).judged
    assert not judged.used
    assert judged.f1 < 0.45


def test_a_customers_answers_are_never_on_both_sides():
    """Every customer repeats one sentence of their own with a code of their own: out of fold nothing can be learnt."""
    rows = [(f"r{i}", f"a{i // 3}", f"q{i // 3} z{i // 3}", sorted(SAYS)[(i // 3) % 3]) for i in range(270)]
    coded = [Unit(id, who, text, "none", {"c1": code}) for id, who, text, code in rows]
    assert fit(coded, seed=1).judged.f1 < 0.5


def test_few_codings_and_no_scikit_learn_are_gaps(monkeypatch):
    assert "200 are needed" in fit(units(written(90)), seed=1).judged.reason
    real = builtins.__import__

    def without(name, *args, **more):
        if name.startswith("sklearn"):
            raise ImportError(name)
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    judged = fit(units(written()), seed=1).judged
    assert "extra 'model'" in judged.reason
    assert not judged.used


def test_the_same_seed_gives_the_same_model():
    one, two = fit(units(written()), seed=3), fit(units(written()), seed=3)
    assert one.judged == two.judged
    assert one.themes == two.themes
