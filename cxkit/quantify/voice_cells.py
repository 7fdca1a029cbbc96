"""Answers summed into cells, with what is needed for the variance of any weighted mean of them.

A customer may answer several times, in several cells and in both windows. For every pair of cells the engine returns
the products of each customer's sums, added over customers; any figure that is linear in the answers (a weighted mean, a
change, a share of a change) then has its cluster-robust variance without reading a single answer again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cxkit.tables.engine import Tables

Array = np.ndarray
Key = tuple[str, ...]
MOST = 24
"""Cells of one kind; the largest keep their name, the rest are put together as `OTHERS`."""
OTHERS = "all others"
UNKNOWN = "not stated"


@dataclass(frozen=True)
class Cells:
    """Answers by cell: how many, their sum, their sum of squares, and products over customers."""

    keys: tuple[Key, ...]
    n: Array
    """Answers, shape (cells,)."""
    total: Array
    squares: Array
    nn: Array
    """Σ over customers of answers in one cell × answers in another, shape (cells, cells)."""
    nt: Array
    """Σ over customers of answers in one cell (row) × total in another (column)."""
    tt: Array

    @property
    def mean(self) -> Array:
        """Mean answer of each cell; not a number where a cell is empty."""
        return np.divide(self.total, self.n, out=np.full(len(self.n), np.nan), where=self.n > 0)

    def merged(self, into: Sequence[Key]) -> Cells:
        """The same answers with each cell put into the one named for it."""
        keys = tuple(dict.fromkeys(into))
        place = np.zeros((len(keys), len(self.keys)))
        for column, key in enumerate(into):
            place[keys.index(key), column] = 1.0
        flat = {name: place @ getattr(self, name) for name in ("n", "total", "squares")}
        square = {name: place @ getattr(self, name) @ place.T for name in ("nn", "nt", "tt")}
        return Cells(keys=keys, **flat, **square)

    def variance(self, fixed: Array, slope: Array, *, customers: int) -> float:
        """Variance of Σ over answers of ``fixed[cell] + slope[cell] × answer``, customers resampled.

        `fixed` and `slope` are the influence of one answer of each cell; G ÷ (G − 1) for `customers` clusters. It is
        never taken smaller than that of independent answers (as in `estimates.clustered_mean`).
        """
        robust = fixed @ self.nn @ fixed + 2 * fixed @ self.nt @ slope + slope @ self.tt @ slope
        alone = float((fixed**2 * self.n + 2 * fixed * slope * self.total + slope**2 * self.squares).sum())
        return max(float(robust) * customers / max(customers - 1, 1), alone, 0.0)


def cells(tables: Tables, relation: str, columns: Sequence[str]) -> Cells:
    """Cells of a relation that has ``customer``, ``x`` (DECIMAL or whole) and the text `columns` that name the cell.

    Whole-number and decimal sums only, so that the order of rows changes nothing.
    """
    named = ", ".join(f'"{c}"' for c in columns)
    key = f"concat_ws(chr(31), {named})"
    per = (
        f"SELECT customer, {key} AS cell, count(*)::DECIMAL(18,0) AS n, sum(x)::DECIMAL(18,4) AS t "
        f"FROM {relation} GROUP BY 1, 2"
    )
    alone = tables.frame(
        f"SELECT {key} AS cell, count(*) AS n, sum(x) AS t, sum(x * x) AS q FROM {relation} GROUP BY 1 ORDER BY 1"
    )
    both = tables.frame(f"""
        WITH per AS ({per})
        SELECT a.cell AS i, b.cell AS j, sum(CAST(a.n * b.n AS DECIMAL(38,4))) AS nn,
          sum(CAST(a.n * b.t AS DECIMAL(38,4))) AS nt, sum(CAST(a.t * b.t AS DECIMAL(38,4))) AS tt
        FROM per a JOIN per b ON b.customer = a.customer GROUP BY 1, 2 ORDER BY 1, 2
    """)
    names = alone["cell"].tolist()
    at = {name: k for k, name in enumerate(names)}
    rows, others = both["i"].map(at).to_numpy(dtype=int), both["j"].map(at).to_numpy(dtype=int)
    products = {}
    for name in ("nn", "nt", "tt"):
        products[name] = np.zeros((len(names), len(names)))
        products[name][rows, others] = both[name].to_numpy(dtype=float)
    return Cells(
        keys=tuple(tuple(str(name).split(chr(31))) for name in names),
        n=alone["n"].to_numpy(dtype=float),
        total=alone["t"].to_numpy(dtype=float),
        squares=alone["q"].to_numpy(dtype=float),
        **products,
    )
