"""From pairs to people: records joined by links are one entity, at any threshold.

Linked records are joined through one another (connected components), so that one false link joins two people whole.
Only numbers come here, never what they stand for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = np.ndarray[Any, np.dtype[np.int64]]


def joined(records: int, left: Ints, right: Ints) -> Ints:
    """For each record the smallest number of its entity.

    >>> joined(4, np.array([0, 2]), np.array([2, 3])).tolist()
    [0, 1, 0, 0]
    """
    if records == 0:
        return np.zeros(0, dtype=np.int64)
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(records, records))
    _, part = connected_components(graph, directed=False)
    first = np.full(int(part.max()) + 1, records, dtype=np.int64)
    np.minimum.at(first, part, np.arange(records))
    return first[part]
