"""A small model of the main theme, fitted on what people coded, and used only where it beats the rules.

Words and pairs of words weighted by how rare they are (TF-IDF), and a logistic regression. It is judged out of fold:
every answer by a model that saw neither it nor another answer of the same customer. Where its agreement with the coders
is higher than that of the rules by more than chance (jackknife over answers), all answers are scored in the engine,
where a linear model is a sum of weights. Needs scikit-learn, the extra ``model``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from cxkit.instrument.taxonomy_coded import NONE, Unit, better
from cxkit.instrument.taxonomy_match import ANSWERS
from cxkit.instrument.taxonomy_text import folded
from cxkit.metrics.estimates import Estimate
from cxkit.metrics.windows import Window
from cxkit.records import Number, Record
from cxkit.tables.engine import Tables

LEAST, LEAST_PER_CODE, FOLDS = 200, 20, 5
MOST_FEATURES = 20_000
WEIGHTS, BASES, SPOTS = "taxonomy_weights", "taxonomy_bases", "taxonomy_spots"
WORDS = 150
SCALE = 1_000_000_000


class Judged(Record):
    """How the model did, out of fold, against coders and rules."""

    n: int = 0
    codes: int = 0
    f1: Number | None = None
    """Mean over codes of the harmonic mean of precision and recall."""
    rules_f1: Number | None = None
    gain: Number | None = None
    """Kappa of the model less kappa of the rules."""
    gain_low: Number | None = None
    gain_high: Number | None = None
    used: bool = False
    reason: str = ""
    """Why it was not fitted, or not used."""


@dataclass(frozen=True)
class Fitted:
    """A judged model: its out-of-fold themes and the weights of one fitted on all coded answers."""

    judged: Judged
    themes: Mapping[str, str]
    weights: pa.Table | None = None
    bases: pa.Table | None = None


def fit(coded: Sequence[Unit], *, seed: int) -> Fitted:
    """Fit and judge the model; where that is not possible `judged.reason` says why."""
    rows = [(u, code) for u in coded for code in (_wanted(u),) if code]
    counts = Counter(code for _, code in rows)
    enough = {c for c, n in counts.items() if n >= LEAST_PER_CODE}
    rows = [(u, code) for u, code in rows if code in enough]
    if len(rows) < LEAST or len(enough) < 2:
        short = f"{len(rows)} answers with a code that {LEAST_PER_CODE} have; {LEAST} are needed"
        return Fitted(Judged(n=len(rows), codes=len(enough), reason=f"{short}."), {})
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415  an extra
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
        from sklearn.metrics import f1_score  # noqa: PLC0415
        from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict  # noqa: PLC0415
        from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    except ImportError:
        reason = "scikit-learn is not installed; install cxkit with the extra 'model'."
        return Fitted(Judged(n=len(rows), codes=len(enough), reason=reason), {})
    texts, wanted = [folded(u.text) for u, _ in rows], [code for _, code in rows]
    groups = [u.customer for u, _ in rows]
    words = TfidfVectorizer(
        ngram_range=(1, 2), token_pattern=r"\S+", lowercase=False, max_features=MOST_FEATURES, min_df=2
    )
    line = make_pipeline(words, LogisticRegression(C=10.0, max_iter=2000, random_state=seed))
    folds = StratifiedGroupKFold(n_splits=FOLDS, shuffle=True, random_state=seed)
    given = [str(c) for c in cross_val_predict(line, texts, wanted, groups=groups, cv=folds)]
    pairs = [(code, list(u.codes.values())) for code, (u, _) in zip(given, rows, strict=True)]
    gain = better(pairs, [(u.rule, list(u.codes.values())) for u, _ in rows])
    scored = {"labels": sorted(enough), "average": "macro", "zero_division": 0.0}
    judged = Judged(
        n=len(rows),
        codes=len(enough),
        f1=f1_score(wanted, given, **scored),
        rules_f1=f1_score(wanted, [u.rule for u, _ in rows], **scored),
        gain=gain.value,
        gain_low=gain.low,
        gain_high=gain.high,
        used=_beats(gain),
        reason="" if _beats(gain) else "The model is not better than the rules by more than chance.",
    )
    themes = {u.id: code for code, (u, _) in zip(given, rows, strict=True)}
    if not judged.used:
        return Fitted(judged, themes)
    line.fit(texts, wanted)
    return Fitted(judged, themes, *_as_tables(words, line[-1]))


def _beats(gain: Estimate) -> bool:
    return gain.low is not None and gain.low > 0


def _wanted(unit: Unit) -> str:
    """The code most coders gave; on a tie the one that comes first by name of the coder."""
    counts = Counter(unit.codes[c] for c in sorted(unit.codes))
    return counts.most_common(1)[0][0] if counts else ""


def _as_tables(words: object, model: object) -> tuple[pa.Table, pa.Table]:
    """The fitted weights as rows (term, idf, code, weight) and (code, base), in billionths so that sums are exact."""
    names = list(words.get_feature_names_out())  # type: ignore[attr-defined]
    idf = words.idf_  # type: ignore[attr-defined]
    codes = [str(c) for c in model.classes_]  # type: ignore[attr-defined]
    coef, base = model.coef_, model.intercept_  # type: ignore[attr-defined]
    if len(codes) == 2:
        coef, base = [-coef[0] / 2, coef[0] / 2], [-base[0] / 2, base[0] / 2]
    rows = [(t, float(idf[j]), c, float(coef[k][j])) for j, t in enumerate(names) for k, c in enumerate(codes)]
    term, weight, code, pull = zip(*rows, strict=True)
    kinds = (("term", term), ("idf", weight), ("code", code), ("pull", pull))
    weights = pa.table({n: pa.array(v) for n, v in kinds})
    return weights, pa.table({"code": pa.array(codes), "base": pa.array([float(b) for b in base])})


def shares(tables: Tables, fitted: Fitted, window: Window) -> pd.DataFrame:
    """theme, share of the window's answers the model gives it to; call it within `themed`."""
    if fitted.weights is None or fitted.bases is None:
        return pd.DataFrame({"theme": [], "model_share": []})
    spots = pa.table({"i": pa.array(range(1, WORDS + 1), pa.int64())})
    with tables.lent(WEIGHTS, fitted.weights), tables.lent(BASES, fitted.bases), tables.lent(SPOTS, spots):
        rows = tables.frame(f"""
            WITH d AS (SELECT text, trim(text) AS words, count(*) AS n FROM {ANSWERS}
                       WHERE {window.holds("day")} GROUP BY 1, 2),
            t AS (SELECT d.text, split_part(d.words, ' ', CAST(p.i AS INT)) AS w,
                    split_part(d.words, ' ', CAST(p.i + 1 AS INT)) AS v
                  FROM d JOIN {SPOTS} p ON p.i <= length(d.words) - length(replace(d.words, ' ', '')) + 1),
            g AS (SELECT text, w AS term FROM t UNION ALL SELECT text, w || ' ' || v AS term FROM t WHERE v <> ''),
            f AS (SELECT g.text, g.term, count(*) * max(k.idf) AS x FROM g
                  JOIN (SELECT DISTINCT term, idf FROM {WEIGHTS}) k ON k.term = g.term GROUP BY 1, 2),
            z AS (SELECT text, sqrt(sum(CAST(round(x * x * {SCALE}) AS BIGINT)) / {SCALE}.0) AS size FROM f GROUP BY 1),
            s AS (SELECT f.text, w.code, sum(CAST(round(f.x * w.pull / z.size * {SCALE}) AS BIGINT)) AS pull
                  FROM f JOIN z ON z.text = f.text JOIN {WEIGHTS} w ON w.term = f.term GROUP BY 1, 2),
            e AS (SELECT d.text, d.n, b.code, coalesce(s.pull, 0) + CAST(round(b.base * {SCALE}) AS BIGINT) AS pull
                  FROM d CROSS JOIN {BASES} b LEFT JOIN s ON s.text = d.text AND s.code = b.code),
            r AS (SELECT text, n, code, row_number() OVER (PARTITION BY text ORDER BY pull DESC, code) AS turn FROM e)
            SELECT code AS theme, sum(n) AS answers FROM r WHERE turn = 1 GROUP BY 1 ORDER BY 1
        """)
    rows["model_share"] = rows["answers"] / rows["answers"].sum() if len(rows) else []
    return rows[rows["theme"] != NONE][["theme", "model_share"]].reset_index(drop=True)
