"""Which pairs of records are looked at, and the model that weighs what they share.

The model is Fellegi and Sunter's (1969) in splink's hands: per comparison the probability of each level among records
of one person (m, by expectation maximisation) and of two persons (u, from pairs drawn at random), rarer values
weighing more (term frequencies). The prior is settled last, so that the pairs expected to match are those that the
prior says there are. What is learned is rounded before it is used: sums of floats differ with the number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.internals.exceptions import EMTrainingException

from cxkit.instrument.identity_comparisons import NAMES, comparisons

LEAST = 200
"""Records with readable keys below which no model is trained."""
FILLED = 30
"""Records that must fill a column for it to be compared."""
TRAIN = 60
"""Pairs that a rule must give to train on them."""
PER_RECORD, FEWEST, MOST = 20, 200_000, 8_000_000
"""Pairs one blocking rule may give: so many per record, within these ends."""
DRAWN, LEARNT = 1_000_000, 300_000
"""Random pairs for u; at most so many pairs for one training."""
NEVER = 5e-4
"""Probability of a level that no pair of one person showed: what was not seen in training is not impossible."""
QUIET = 60
"""Above every level of splink's own messages."""
FLOOR = -14.0
"""Weight (log2 of the odds, at the first prior) below which a pair is not kept."""
RECALL = 0.7
"""Share of true pairs that identical keys are taken to find, for the first prior; it is settled afterwards."""
DIGITS = 8
"""Significant digits of what was learned."""


@dataclass(frozen=True)
class Rule:
    """One way of choosing pairs to look at: records that agree on these columns."""

    columns: tuple[str, ...]
    pairs: int

    @property
    def words(self) -> str:
        """Its name for people: ``same first name and last name``."""
        return "same " + " and ".join(NAMES[c] for c in self.columns)


BROAD: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("email",),),
    (("phone",), ("phone", "last"), ("phone", "first")),
    (("account",), ("account", "last"), ("account", "first")),
    (("company",), ("company", "last"), ("company", "first")),
    (("birth",), ("birth", "last"), ("birth", "first"), ("birth", "postcode")),
    (("postcode",), ("postcode", "last"), ("postcode", "first")),
    (("first", "last"), ("first", "last", "city"), ("first", "last", "company")),
    (("last",), ("last", "city")),
    (("first",), ("first", "city")),
)
"""Blocking rules, broad first; where a broad one gives too many pairs the narrower ones after it stand in."""
TRAINING = (
    ("email",),
    ("first", "last"),
    ("birth",),
    ("last", "postcode"),
    ("last", "company"),
    ("last", "account"),
    ("first", "company"),
    ("first", "account"),
    ("phone",),
    ("postcode",),
    ("last",),
    ("first",),
    ("company",),
    ("account",),
    ("city",),
)
"""Rules to train on, best first."""


def counted(con: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> int:
    """Pairs of plain records that agree on these columns."""
    by = ", ".join(f'"{c}"' for c in columns)
    there = " AND ".join(f'"{c}" IS NOT NULL' for c in columns)
    query = f"SELECT count(*)::BIGINT AS n FROM records WHERE plain AND {there} GROUP BY {by}"
    ((pairs,),) = con.execute(f"SELECT coalesce(sum(n * (n - 1) // 2), 0)::BIGINT FROM ({query})").fetchall()
    return int(pairs)


def blocking(con: duckdb.DuckDBPyConnection, fields: Sequence[str], records: int) -> list[Rule]:
    """The rules that choose pairs, none giving more than its share."""
    most = min(max(PER_RECORD * records, FEWEST), MOST)
    chosen: list[Rule] = []
    for family in BROAD:
        for at, columns in enumerate(family):
            if not set(columns) <= set(fields):
                continue
            pairs = counted(con, columns)
            if 0 < pairs <= most:
                chosen.append(Rule(columns, pairs))
                if at == 0:
                    break
    return chosen


def sessions(con: duckdb.DuckDBPyConnection, fields: Sequence[str]) -> list[tuple[tuple[str, ...], frozenset[str]]]:
    """Rules to train on that give enough pairs, best first, each with the comparisons it trains."""
    names = {str(c["output_column_name"]) for c in comparisons(fields)}
    found: list[tuple[tuple[str, ...], frozenset[str]]] = []
    for columns in TRAINING:
        blocked = {"organisation" if c in {"account", "company"} else c for c in columns}
        if {"first", "last"} & blocked:  # a swapped level makes each name use the other's column
            blocked |= {"first", "last"}
        if set(columns) <= set(fields) and names - blocked and counted(con, columns) >= TRAIN:
            found.append((columns, frozenset(names - blocked)))
    return found


def learn(linker: Linker, trainings: Sequence[tuple[tuple[str, ...], frozenset[str]]], names: set[str]) -> set[str]:
    """Train m on the fewest rules that reach every comparison; the comparisons that nothing could be learned of.

    Where all pairs of a rule turn out to be two people, splink's expectation maximisation runs out of numbers; another
    rule is then tried.
    """
    untrained = set(names)
    for columns, trains in trainings:
        if not trains & untrained:
            continue
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(
                block_on(*(f'"{c}"' for c in columns)), estimate_without_term_frequencies=True, max_pairs=LEARNT
            )
        except (ValueError, EMTrainingException):
            continue
        untrained -= trains
    return untrained


@dataclass(frozen=True)
class Model:
    """What was learned, and the comparisons and rules it was learned for."""

    settings: dict[str, Any]
    rules: tuple[Rule, ...]
    fields: tuple[str, ...]


def settings(
    con: duckdb.DuckDBPyConnection, fields: Sequence[str], rules: Sequence[Rule], records: int
) -> SettingsCreator:
    """Splink's settings before anything is learned."""
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[*comparisons(fields)],
        blocking_rules_to_generate_predictions=[block_on(*(f'"{c}"' for c in r.columns)) for r in rules],
        probability_two_random_records_match=_first_prior(con, fields, records),
        unique_id_column_name="uid",
        retain_matching_columns=False,
        em_convergence=0.001,
        max_iterations=25,
    )


def trained(con: duckdb.DuckDBPyConnection, fields: Sequence[str], records: int, seed: int) -> Model | None:
    """Train on the plain records, without what nothing is learned of; None where fewer than two comparisons remain."""
    rules, trainings = blocking(con, fields, records), sessions(con, fields)
    if not rules or not trainings:
        return None
    before = settings(con, fields, rules, records)
    linker = Linker(DuckDBAPI(con).register("plain_records"), before, log_level=QUIET, validate_settings=False)
    linker.training.estimate_u_using_random_sampling(max_pairs=DRAWN, seed=seed, num_chunks=4)
    useless = learn(linker, trainings, {str(c["output_column_name"]) for c in comparisons(fields)})
    learned = linker.misc.save_model_to_json()
    for comparison in learned["comparisons"]:
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        for level in levels:
            m, u = _careful(level.get("m_probability"), level.get("u_probability"))
            level["m_probability"], level["u_probability"] = m, u
        if levels[0]["m_probability"] <= levels[0]["u_probability"]:
            useless.add(comparison["output_column_name"])
    if useless:
        kept = [f for f in fields if ("organisation" if f in {"account", "company"} else f) not in useless]
        return trained(con, kept, records, seed) if len(comparisons(kept)) > 1 else None
    return Model(learned, tuple(rules), tuple(fields))


def _careful(m: object, u: object) -> tuple[float, float]:
    """Both probabilities rounded and never nought; a level that neither side showed says nothing.

    >>> _careful(None, None), _careful(0.25, None), _careful(0.0, 0.5)
    ((0.0005, 0.0005), (0.25, 1e-06), (0.0005, 0.5))
    """
    seen_m, seen_u = (float(v) if isinstance(v, float) and v > 0 else None for v in (m, u))
    if seen_m is None and seen_u is None:
        return NEVER, NEVER
    return max(_rounded(seen_m or 0.0), NEVER if (seen_u or 0.0) > NEVER else 1e-6), max(_rounded(seen_u or 0.0), 1e-6)


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _first_prior(con: duckdb.DuckDBPyConnection, fields: Sequence[str], records: int) -> float:
    """Pairs with identical keys over what share of all such pairs are thought to have them, per pair of records."""
    sets = (("email",), ("first", "last", "birth"), ("first", "last", "account"), ("first", "last", "company"))
    found = [
        counted(con, s) for s in (*sets, ("first", "last", "postcode"), ("first", "last")) if set(s) <= set(fields)
    ]
    pairs = max([max(found[:1], default=0), *found[:4], 1])
    return min(_rounded(pairs / RECALL / (records * (records - 1) / 2)), 0.5)


def scored(con: duckdb.DuckDBPyConnection, model: Model, records: int) -> float:
    """Score every chosen pair into ``scores`` and settle the prior, which is returned.

    Columns: left and right (numbers, the smaller left), weight (log2 of the odds), probability.
    """
    api = DuckDBAPI(con)
    linker = Linker(api.register("plain_records"), dict(model.settings), log_level=QUIET, validate_settings=False)
    blocked = linker.inference.compute_blocked_pairs_for_predict().physical_name
    con.execute(
        f"CREATE TABLE blocked AS SELECT match_key::INT AS rule, count(*)::BIGINT AS pairs FROM {blocked} GROUP BY 1"
    )
    found = linker.inference.predict(threshold_match_weight=FLOOR, warning_mode="never").physical_name
    bins = con.execute(
        f"SELECT floor(match_weight * 20)::INT AS bin, count(*)::BIGINT AS pairs FROM {found} GROUP BY 1 ORDER BY 1"
    ).df()
    first = float(model.settings["probability_two_random_records_match"])
    prior = settled(bins["bin"].to_numpy() / 20 + 0.025, bins["pairs"].to_numpy(), first, records)
    shift = math.log2(prior / (1 - prior)) - math.log2(first / (1 - first))
    con.execute(f"""
        CREATE TABLE scores AS
        SELECT least(uid_l, uid_r) AS "left", greatest(uid_l, uid_r) AS "right",
          round(match_weight + ({shift!r}), 3) AS weight,
          round(1 / (1 + pow(2, -least(round(match_weight + ({shift!r}), 3), 60))), 6) AS probability
        FROM {found}""")
    return prior


def settled(weights: Any, pairs: Any, prior: float, records: int) -> float:
    """The prior at which the pairs expected to match are as many as it says.

    `weights` are log2 odds at `prior`, `pairs` how many pairs have them.

    >>> round(settled(np.array([30.0, -30.0]), np.array([50, 950]), 0.5, 46), 4)
    0.0483
    """
    every = records * (records - 1) / 2
    base, now = np.asarray(weights, dtype=float) - math.log2(prior / (1 - prior)), prior
    for _ in range(200):
        odds = np.clip(base + math.log2(now / (1 - now)), -60, 60)
        expected = math.fsum((np.asarray(pairs) / (1 + np.exp2(-odds))).tolist())
        after = min(max(expected / every, 1 / every), 0.5)
        if abs(after - now) < 1e-6 * now:
            break
        now = after
    return _rounded(now)


def weights(model: Model) -> pd.DataFrame:
    """Table ``weights``: comparison, level, m, u, weight (log2 of m ÷ u)."""
    rows = []
    for comparison in model.settings["comparisons"]:
        for level in comparison["comparison_levels"]:
            if level.get("is_null_level"):
                continue
            m, u = level["m_probability"], level["u_probability"]
            name = NAMES[comparison["output_column_name"]]
            rows.append((name, level["label_for_charts"], m, u, math.log2(m / u)))
    return pd.DataFrame(rows, columns=["comparison", "level", "m", "u", "weight"])
