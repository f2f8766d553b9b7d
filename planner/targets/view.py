"""Say what is seen from viewpoints: discs of ground, less what buildings hide."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.aloft import standing_on
from planner.geometry import QUAD_SEGS, FloatArray, disc
from planner.scenario import Scenario
from planner.skyline import Skyline
from planner.targets.sight import view_radius_m
from planner.terrain import Terrain


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """
    What a camera sees of the ground.

    Parameters
    ----------
    radius_m
        Ground radius seen from a viewpoint.
    height_m
        Of the viewpoint above ground; from higher up shadows are shorter.
    skyline
        The buildings there are.
    terrain
        The ground, where it is not flat.
    """

    radius_m: float
    height_m: float = 0.0
    skyline: Skyline = field(default_factory=lambda: Skyline.of([], []))
    terrain: Terrain | None = None

    @property
    def is_cut(self) -> bool:
        """Whether there are buildings at all."""
        return len(self.skyline.heights_m) > 0

    def near(self, shape: BaseGeometry) -> View:
        """Return the same for viewpoints of a shape: without buildings far off."""
        return replace(self, skyline=self.skyline.near(shape, 2 * self.radius_m))

    def discs(
        self, centres: FloatArray, quad_segs: int = QUAD_SEGS
    ) -> NDArray[np.object_]:
        """Return what is seen from each of some places, shape (n,)."""
        seen: NDArray[np.object_] = shapely.buffer(
            shapely.points(centres), self.radius_m, quad_segs=quad_segs
        )
        if self.is_cut:
            hidden = [self._hidden(float(x), float(y)) for x, y in centres]
            seen = shapely.difference(seen, np.array(hidden, dtype=object))
        return seen

    def _hidden(self, x: float, y: float) -> BaseGeometry:
        """Return what buildings hide from a place."""
        height_m, lowest_m = self.height_m, 0.0
        if self.terrain is not None:
            height_m += float(self.terrain.at(np.array([[x, y]]))[1][0])
            lowest_m, _ = self.terrain.near(disc(x, y, self.radius_m))
        return self.skyline.shadow(x, y, height_m, self.radius_m, lowest_m)

    def area(self, centres: FloatArray, shape: BaseGeometry) -> BaseGeometry:
        """Return the union of what is seen from places that reach a shape."""
        points = shapely.points(centres)
        if len(points):
            near = shapely.dwithin(points, shape, self.radius_m)
            centres = centres[near]
        return shapely.union_all(self.discs(centres))

    def sees(self, centres: FloatArray, points: FloatArray) -> NDArray[np.bool_]:
        """Return which points are seen from each place, shape (centres, points)."""
        away_m = np.hypot(
            centres[:, :1] - points[None, :, 0], centres[:, 1:] - points[None, :, 1]
        )
        seen: NDArray[np.bool_] = away_m <= self.radius_m
        if self.is_cut:
            discs = self.discs(centres)
            shapely.prepare(discs)
            seen &= shapely.contains_xy(discs[:, None], *points.T[:, None, :])
        return seen


def lowest_view(scenario: Scenario) -> View:
    """Return what is seen from the lowest layer; from higher up it is no less."""
    return View(
        radius_m=view_radius_m(scenario),
        height_m=scenario.rules.floor_m,
        skyline=Skyline.of(
            [b.geometry for b in scenario.buildings],
            [standing_on(scenario.terrain, b) for b in scenario.buildings],
        ),
        terrain=scenario.terrain,
    )
