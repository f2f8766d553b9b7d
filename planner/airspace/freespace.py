"""Say where a drone may be, and at which layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.airspace.overground import closed_by_layer
from planner.basics.geometry import grown
from planner.implied.aloft import closures_aloft, privacy_aloft
from planner.implied.winds import calm_layers_m
from planner.scenario import Airspace, Scenario

MARGIN_M = 0.2
"""Kept beyond every limit, for coordinates that are rounded in a file [m]."""


TARGET_MARGIN_M = 0.5
"""Kept by targets beyond that, so that legs can go round what is closed [m]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeSpace:
    """
    Where flight is closed, in metres, with clearance and margin included.

    Parameters
    ----------
    closed
        Closures that reach the lowest layer.
    shut
        The same, wider by `TARGET_MARGIN_M`: no path on task begins or ends there.
    closures
        The pieces of ``closed``, one geometry a closure.
    columns
        One polygon a station, circumscribed to its column.
    privacy
        Privacy zones: routed round, crossed only on task and high enough.
    upper
        Closures above the lowest layer: (geometry, lowest closed height, highest).
    by_layer
        Where there is terrain, all that is closed at each layer: ground differs, so
        ``closed`` is what no layer is open over, and ``upper`` all the rest.
    """

    closed: BaseGeometry
    shut: BaseGeometry
    closures: tuple[BaseGeometry, ...]
    columns: tuple[BaseGeometry, ...]
    privacy: tuple[Airspace, ...]
    privacy_area: BaseGeometry
    upper: tuple[tuple[BaseGeometry, float, float], ...]
    by_layer: Mapping[float, BaseGeometry] = field(default_factory=dict)

    def at(self, layers_m: Sequence[float]) -> FreeSpace:
        """Return the free space of who keeps to any of some layers, over terrain."""
        return replace(
            self, closed=shapely.union_all([self.by_layer[h] for h in layers_m])
        )


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """Shapes, of which those that may meet an area are found at once."""

    shapes: NDArray[np.object_]
    tree: shapely.STRtree

    @staticmethod
    def of(shapes: Iterable[BaseGeometry]) -> Patches:
        """Return patches of shapes."""
        array = np.array(list(shapes), dtype=object)
        return Patches(array, shapely.STRtree(array))

    def near(self, area: BaseGeometry) -> list[int]:
        """Return the positions of shapes whose boxes meet the box of an area."""
        return [int(i) for i in np.sort(self.tree.query(area))]

    def union(self, area: BaseGeometry) -> BaseGeometry:
        """Return the union of the shapes near an area."""
        return shapely.union_all(self.shapes[self.near(area)])


class Surroundings:
    """
    Tells of a free space what lies round an area, however large the whole is.

    Parameters
    ----------
    margin_m
        What is nearer than this to the box of an area is told.
    """

    def __init__(self, space: FreeSpace, margin_m: float) -> None:
        self._space, self._margin_m = space, margin_m
        self._shut = Patches.of(shapely.get_parts(space.shut))
        self._columns = Patches.of(space.columns)
        self._privacy = Patches.of(zone.geometry for zone in space.privacy)
        self._upper = Patches.of(shape for shape, _, _ in space.upper)

    def of(self, area: BaseGeometry) -> FreeSpace:
        """Return the free space without what is far from an area."""
        space = self._space
        box = self._box(area)
        return replace(
            space,
            shut=self._shut.union(box),
            columns=tuple(space.columns[i] for i in self._columns.near(box)),
            privacy=tuple(space.privacy[i] for i in self._privacy.near(box)),
            privacy_area=self._privacy.union(box),
            upper=tuple(space.upper[i] for i in self._upper.near(box)),
        )

    def private(self, area: BaseGeometry) -> BaseGeometry:
        """Return the union of the privacy zones that are not far from an area."""
        return self._privacy.union(self._box(area))

    def _box(self, area: BaseGeometry) -> BaseGeometry:
        margin_m = self._margin_m
        return shapely.box(*(area.bounds + np.array([-1, -1, 1, 1]) * margin_m))

    def open_over(
        self, layers_m: tuple[float, ...], path: BaseGeometry
    ) -> tuple[float, ...]:
        """Return which of some layers the ground leaves open to a path."""
        by_layer = self._space.by_layer
        if not by_layer:
            return layers_m
        return tuple(h for h in layers_m if not by_layer[h].intersects(path))


def free_space(scenario: Scenario) -> FreeSpace:
    """
    Return where a drone may be in a scenario.

    A closure with a schedule is treated as closed at all times: routes are
    fixed and keep one clock all day.
    """
    rules, terrain = scenario.rules, scenario.terrain
    bands = [
        (
            grown(closure.geometry, rules.clearance_m + MARGIN_M, quad_segs=16),
            closure.lower_m,
            closure.upper_m,
        )
        for closure in closures_aloft(scenario)
    ]
    by_layer: dict[float, BaseGeometry] = {}
    if terrain is None:
        low = [shape for shape, *band in bands if band[0] <= rules.floor_m <= band[1]]
        upper = [
            (shape, lower_m, upper_m)
            for shape, lower_m, upper_m in bands
            if not lower_m <= rules.floor_m <= upper_m
            and lower_m <= rules.ceiling_m
            and upper_m >= rules.floor_m
        ]
    else:
        by_layer = closed_by_layer(scenario, terrain, bands, MARGIN_M)
        low = [reduce(shapely.intersection, by_layer.values())]
        upper = [(shape, layer_m, layer_m) for layer_m, shape in by_layer.items()]
    columns = tuple(
        grown(s.point, rules.column_radius_m + MARGIN_M, quad_segs=3)
        for s in scenario.stations
    )
    privacy = privacy_aloft(scenario)
    closed = shapely.union_all(low) if low else shapely.Polygon()
    return FreeSpace(
        closed=closed,
        shut=closed.buffer(TARGET_MARGIN_M, quad_segs=2),
        closures=tuple(low),
        columns=columns,
        privacy=privacy,
        privacy_area=shapely.union_all([p.geometry for p in privacy])
        if privacy
        else shapely.Polygon(),
        upper=tuple(upper),
        by_layer=by_layer,
    )


def open_layers(
    scenario: Scenario, space: FreeSpace, path: BaseGeometry
) -> tuple[float, ...]:
    """
    Return the layers at which a path may be flown.

    Parameters
    ----------
    path
        In metres; it keeps out of closures at the lowest layer already.

    Returns
    -------
    tuple of float
        Heights [m], sorted; empty if the path cannot be flown.
    """
    layers = calm_layers_m(scenario)
    for shape, lower_m, upper_m in space.upper:
        if shape.intersects(path):
            layers = tuple(h for h in layers if not lower_m <= h <= upper_m)
    for zone in space.privacy:
        if zone.geometry.intersects(path):
            layers = tuple(h for h in layers if h >= zone.upper_m)
    return layers
