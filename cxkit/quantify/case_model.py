"""The NPV of a case as a sum of products of uncertain inputs: its draws, what moves it most, and drawing it again.

A case's NPV is Σ worth × effect × adoption over its rows, less Σ worth × amount over its uncertain costs, plus what is
fixed. Inputs are drawn by their own names, so that every case sees the same draw of what they share, and cases can be
added draw by draw.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxkit.quantify import montecarlo, sensitivity
from cxkit.quantify.case_costs import Cost
from cxkit.quantify.case_terms import Terms
from cxkit.quantify.case_values import Priced, payments
from cxkit.quantify.case_words import label
from cxkit.quantify.claims import Benefit
from cxkit.quantify.montecarlo import Uncertain
from cxkit.records import Result

DRAWS = 20_000
SOBOL_POINTS = 1024
PRODUCTS = ("initiative", "row", "worth", "effect_input", "effect", "adoption_input", "adoption")
INPUTS = ("initiative", "input", "label", "row", "kind", "low", "mode", "high", "moves_with", "correlation")
MOVED = ("initiative", "name", "input", "label")


@dataclass(frozen=True)
class Product:
    """One product of the sum: worth × effect × adoption, either of which may be an uncertain input (by name)."""

    row: str
    worth: float
    effect: float = 1.0
    adoption: float = 1.0
    effect_input: str = ""
    adoption_input: str = ""


@dataclass(frozen=True)
class Model:
    """The NPV of one case or of several together."""

    inputs: tuple[Uncertain, ...]
    products: tuple[Product, ...]

    def __call__(self, given: Mapping[str, np.ndarray]) -> np.ndarray:
        """The NPV of every draw; `given` holds every input by name, all of one length."""
        length = max((len(v) for v in given.values()), default=1)
        total = np.zeros(length)
        for p in self.products:
            effect = given[p.effect_input] if p.effect_input else p.effect
            adoption = given[p.adoption_input] if p.adoption_input else p.adoption
            total = total + p.worth * effect * adoption
        return total


def model_of(benefits: Sequence[Priced], costs: Sequence[Cost], terms: Terms) -> Model:
    """The model of one initiative's NPV after tax; cashable rows alone."""
    keep = 1 - terms.tax
    inputs: list[Uncertain] = []
    products: list[Product] = []
    paid = payments([c for c in costs if not c.varies], terms)
    fixed = [-keep * float(v) for v in paid.amount * terms.worth(paid.index)]
    for one in benefits:
        if not one.cash:
            continue
        b = one.benefit
        drawn = {"effect": _effect(b), "adoption": _adoption(b)}
        inputs += [u for u in drawn.values() if u is not None]
        names = {k: u.name if u else "" for k, u in drawn.items()}
        worth = keep * b.per_point * one.weight
        products.append(Product(b.benefit, worth, b.effect, b.adoption, names["effect"], names["adoption"]))
    for cost in (c for c in costs if c.varies):
        # What is paid already is known; what lies ahead moves with the amount.
        worths = -keep * cost.unit(terms) * terms.worth(cost.index)
        fixed += [float(v) for v in cost.amount * worths[cost.index <= 0]]
        name = f"{cost.investment}.amount"
        inputs.append(Uncertain(name, "pert", cost.low, cost.amount, cost.high))
        ahead = math.fsum(worths[cost.index > 0])
        products.append(Product(cost.investment, ahead, effect=cost.amount, effect_input=name))
    products.append(Product("", math.fsum(fixed)))
    return Model(tuple(inputs), tuple(products))


def together(models: Iterable[Model]) -> Model:
    """Several cases as one: their NPVs added up draw by draw."""
    given = list(models)
    return Model(tuple(u for m in given for u in m.inputs), tuple(p for m in given for p in m.products))


def _effect(b: Benefit) -> Uncertain | None:
    if not b.varies:
        return None
    low = b.effect if b.effect_low is None else min(b.effect_low, b.effect)
    high = b.effect if b.effect_high is None else max(b.effect_high, b.effect)
    name = f"{b.benefit}.effect"
    return Uncertain(name, b.distribution, low, b.effect, high, moves_with=b.moves_with, correlation=b.correlation)


def _adoption(b: Benefit) -> Uncertain | None:
    if not b.adoption_varies:
        return None
    low = b.adoption if b.adoption_low is None else min(b.adoption_low, b.adoption)
    high = b.adoption if b.adoption_high is None else max(b.adoption_high, b.adoption)
    return Uncertain(f"{b.benefit}.adoption", "pert", low, b.adoption, high)


def drawn(models: Mapping[str, Model], *, draws: int, seed: int) -> dict[str, np.ndarray]:
    """Draws of every case's NPV, on one common index: the k-th draws of all cases belong together.

    A case in which nothing varies has none.
    """
    values = montecarlo.draw([u for m in models.values() for u in m.inputs], draws, seed)
    return {who: model(values) if model.inputs else np.empty(0) for who, model in models.items()}


def spread(values: np.ndarray | None, model: Model | None, about: Mapping[str, str]) -> dict[str, Any]:
    """Mean, P10, P50, P90 and the share of draws above nothing, and what varies; empty where nothing does."""
    varies = ", ".join(label(u.name, about) for u in model.inputs) if model else ""
    columns = ("npv_mean", "npv_p10", "npv_p50", "npv_p90", "p_positive")
    if values is None or not len(values):
        return dict.fromkeys(columns) | {"varies": varies}
    p10, p50, p90 = np.quantile(values, [0.1, 0.5, 0.9]).tolist()
    figures = (float(values.mean()), p10, p50, p90, float((values > 0).mean()))
    return dict(zip(columns, figures, strict=True)) | {"varies": varies}


def redraw(cases: Result, *, draws: int | None = None) -> pd.DataFrame:
    """Draw the NPV of every assessed case again from the stored result alone: one column per initiative.

    Rows share one index, so that sums over columns are draws of a portfolio. With the result's own number of draws the
    quantiles are those the result states (to the 12 digits it is stored with). Reads the tables `inputs` and
    `products` and the fields `seed` and `draws`.
    """
    models = stored(cases)
    count = draws or int(getattr(cases, "draws", DRAWS))
    found = drawn(models, draws=count, seed=int(getattr(cases, "seed", 0)))
    whole = {i: v if len(v) else np.full(count, float(models[i]({})[0])) for i, v in found.items()}
    return pd.DataFrame(whole, index=pd.RangeIndex(count, name="draw"))


def gain_draws(cases: Result, *, draws: int | None = None) -> pd.DataFrame:
    """How the cash benefit of every assessed case draws, as a multiple of its benefit as stated: one column each.

    Rows are the same draws as those of `redraw`, on one index, so that cases may be put together draw by draw. Costs
    are left out: they move the cost, not the gain. A case in which no benefit varies, or which states none, is 1.
    """
    models = stored(cases)
    count = draws or int(getattr(cases, "draws", DRAWS))
    values = montecarlo.draw([u for m in models.values() for u in m.inputs], count, int(getattr(cases, "seed", 0)))
    found = {}
    benefits = {row["benefit"] for row in _rows(cases, "rows")}
    for who, model in models.items():
        gain = Model(model.inputs, tuple(p for p in model.products if p.row in benefits))
        stated = math.fsum(p.worth * p.effect * p.adoption for p in gain.products)
        drawn_gain = gain(values) if values and stated > 0 else np.ones(count)
        found[who] = np.broadcast_to(drawn_gain / stated if values and stated > 0 else drawn_gain, (count,))
    return pd.DataFrame(found, index=pd.RangeIndex(count, name="draw"))


def stored(cases: Result) -> dict[str, Model]:
    """The models behind a saved result, by initiative."""
    inputs: dict[str, list[Uncertain]] = {}
    for row in _rows(cases, "inputs"):
        one = Uncertain(
            row["input"], row["kind"], row["low"], row["mode"], row["high"],
            moves_with=row["moves_with"], correlation=row["correlation"],
        )  # fmt: skip
        inputs.setdefault(row["initiative"], []).append(one)
    products: dict[str, list[Product]] = {}
    for row in _rows(cases, "products"):
        products.setdefault(row.pop("initiative"), []).append(Product(**row))
    return {i: Model(tuple(inputs.get(i, ())), tuple(rows)) for i, rows in products.items()}


def _rows(cases: Result, name: str) -> list[dict[str, Any]]:
    return cases.tables[name].to_pylist() if cases.has(name) else []


def specification(models: Mapping[str, Model], about: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """The models as tables `inputs` and `products`, from which `redraw` makes them again."""
    inputs = []
    for who, model in models.items():
        for u in model.inputs:
            head = (who, u.name, label(u.name, about), u.name.rpartition(".")[0])
            inputs.append((*head, u.kind, u.low, u.mode, u.high, u.moves_with, u.correlation))
    products = [
        (who, p.row, p.worth, p.effect_input, p.effect, p.adoption_input, p.adoption)
        for who, model in models.items()
        for p in model.products
    ]
    return {
        "inputs": pd.DataFrame(inputs, columns=list(INPUTS)),
        "products": pd.DataFrame(products, columns=list(PRODUCTS)),
    }


def tornado(models: Mapping[str, Model], names: Mapping[str, str], about: Mapping[str, str]) -> pd.DataFrame:
    """What one input alone does to each case: columns of `sensitivity.tornado` behind initiative, name and label."""
    return _each({who: sensitivity.tornado(m.inputs, m) for who, m in models.items() if m.inputs}, names, about)


def sobol(
    models: Mapping[str, Model], names: Mapping[str, str], about: Mapping[str, str], *, seed: int
) -> pd.DataFrame:
    """Shares of each case's variance by input or group, where at least two of them vary apart."""
    made = {
        who: sensitivity.sobol(m.inputs, m, n=SOBOL_POINTS, seed=seed) for who, m in models.items() if _apart(m) > 1
    }
    return _each(made, names, about)


def _apart(model: Model) -> int:
    """How many inputs, or groups of them that move together, vary."""
    return len({u.moves_with if u.grouped else u.name for u in model.inputs})


def _each(made: Mapping[str, pd.DataFrame], names: Mapping[str, str], about: Mapping[str, str]) -> pd.DataFrame:
    frames = []
    for who, frame in made.items():
        if frame.empty:
            continue
        labels = [label(str(n), about) for n in frame["input"]]
        told = frame.assign(initiative=who, name=names.get(who, who), label=labels)
        frames.append(told[[*MOVED, *(c for c in frame.columns if c not in MOVED)]])
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(MOVED))
