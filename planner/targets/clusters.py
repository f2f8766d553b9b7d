"""Group shapes that lie near each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Mapper = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]
"""Like `map`: what is done for one group does not touch the others."""


def clusters(
    shapes: Sequence[BaseGeometry], distance_m: float
) -> list[NDArray[np.int64]]:
    """
    Return the positions of shapes, group by group.

    Shapes of different groups are farther apart than a distance [m].
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = shapely.STRtree(shapes).query(shapes, "dwithin", distance_m)
    graph = coo_array(
        (np.ones(pairs.shape[1]), (pairs[0], pairs[1])), shape=(len(shapes),) * 2
    )
    count, labels = connected_components(graph, directed=False)
    return [np.flatnonzero(labels == k) for k in range(count)]
