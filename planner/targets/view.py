"""Say what is seen from viewpoints: discs of ground, less what hides behind others."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import QUAD_SEGS, FloatArray, disc
from planner.basics.ridges import hidden_squares, may_hide
from planner.basics.skyline import Skyline
from planner.basics.terrain import Terrain
from planner.implied.aloft import standing_on
from planner.scenario import Scenario
from planner.targets.hiding import Eyes, Houses, houses, look_past
from planner.targets.sight import view_radius_m

_COARSE = 16
"""Segments in a quarter of a disc, where places are only compared."""

_PIECES_PER_RADIUS = 20

_LEAST_M = 0.05
"""
Lines to ground pass hills so far over them: more than what a plan's file rounds off
shifts them by.
"""


@dataclass(frozen=True, kw_only=True, eq=False)
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
    _known: dict[tuple[float, float], BaseGeometry] = field(
        default_factory=dict, init=False, repr=False
    )
    _looked: dict[tuple[float, float], tuple[Terrain, NDArray[np.bool_]]] = field(
        default_factory=dict, init=False, repr=False
    )
    _unions: dict[bytes, BaseGeometry] = field(
        default_factory=dict, init=False, repr=False
    )

    @property
    def is_cut(self) -> bool:
        """Whether anything may be hidden: there are buildings, or it is hilly."""
        return self._is_built or self._is_hilly

    @property
    def _is_built(self) -> bool:
        return len(self.skyline.heights_m) > 0

    @cached_property
    def _is_hilly(self) -> bool:
        """Whether hills may hide ground, wherever one looks from."""
        if self.terrain is None:
            return False
        lowest_m, highest_m = self.terrain.lowest_m, self.terrain.highest_m
        if not np.isfinite(highest_m).any():
            return False
        relief_m = float(np.nanmax(highest_m) - np.nanmin(lowest_m))
        over_m = self.height_m - relief_m - _LEAST_M
        return may_hide(self.terrain, over_m, self.radius_m)

    def near(self, shape: BaseGeometry) -> View:
        """Return the same for viewpoints of a shape: without what is far off."""
        reach_m = 2 * self.radius_m
        ground = self.terrain
        if ground is not None:
            ground = ground.around(shape.buffer(reach_m + ground.square_m))
        return replace(self, skyline=self.skyline.near(shape, reach_m), terrain=ground)

    def discs(self, centres: FloatArray) -> NDArray[np.object_]:
        """Return what is seen from each of some places, shape (n,)."""
        keys = [(float(x), float(y)) for x, y in centres]
        new = [key for key in dict.fromkeys(keys) if key not in self._known]
        if new:
            ground = self._unhindered(np.array(new), QUAD_SEGS)
            for is_so, hide in (
                (self._is_built, self._behind_buildings),
                (self._is_hilly, self._behind_hills),
            ):
                if is_so:
                    hidden = np.array([hide(x, y) for x, y in new], dtype=object)
                    ground = shapely.difference(ground, hidden)
            self._known.update(zip(new, ground, strict=True))
        seen = np.empty(len(keys), dtype=object)
        seen[:] = [self._known[key] for key in keys]
        return seen

    def _unhindered(self, centres: FloatArray, quad_segs: int) -> NDArray[np.object_]:
        """Return what would be seen if nothing were hidden, shape (n,)."""
        seen: NDArray[np.object_] = shapely.buffer(
            shapely.points(centres), self.radius_m, quad_segs=quad_segs
        )
        return seen

    def _behind_buildings(self, x: float, y: float) -> BaseGeometry:
        """Return what buildings hide from a place."""
        height_m, lowest_m = self._heights_m(x, y)
        return self.skyline.shadow(x, y, height_m, self.radius_m, lowest_m)

    def _behind_hills(self, x: float, y: float) -> BaseGeometry:
        """Return what hills hide from a place."""
        ground, hidden = self._hills(x, y)
        return ground.squares(hidden)

    def _hills(self, x: float, y: float) -> tuple[Terrain, NDArray[np.bool_]]:
        """Return the squares that a place reaches, and which of them hills hide."""
        if (x, y) not in self._looked:
            assert self.terrain is not None
            _, (here_m,) = self.terrain.at(np.array([[x, y]]))
            eye = (x, y, self.height_m + float(here_m))
            near = self.terrain.around(disc(x, y, self.radius_m))
            hidden = hidden_squares(near, eye, self.radius_m, _LEAST_M)
            self._looked[x, y] = near, hidden
        return self._looked[x, y]

    def _heights_m(self, x: float, y: float) -> tuple[float, float]:
        """Return how high a viewpoint is, and the lowest ground that it may see."""
        if self.terrain is None:
            return self.height_m, 0.0
        here_m = float(self.terrain.at(np.array([[x, y]]))[1][0])
        lowest_m, _ = self.terrain.near(disc(x, y, self.radius_m))
        return self.height_m + here_m, lowest_m

    def area(self, centres: FloatArray, shape: BaseGeometry) -> BaseGeometry:
        """Return the union of what is seen from places that reach a shape."""
        points = shapely.points(centres)
        if len(points):
            near = shapely.dwithin(points, shape, self.radius_m)
            centres = centres[near]
        key = centres.tobytes()
        if key not in self._unions:
            self._unions[key] = shapely.union_all(self.discs(centres))
        return self._unions[key]

    def only_seen(
        self, centre: FloatArray, others: FloatArray, shape: BaseGeometry
    ) -> BaseGeometry:
        """Return what of a shape is seen from a place, shape (2,), and no other."""
        away_m = np.hypot(*(others - centre).T)
        nearest = np.argsort(away_m, kind="stable")
        alone = shapely.intersection(self.discs(centre[None])[0], shape)
        for disc_ in self.discs(others[nearest[: (away_m < 2 * self.radius_m).sum()]]):
            if alone.is_empty:
                break
            alone = shapely.difference(alone, disc_)
        return alone

    def most_useful(self, centres: FloatArray, missing: BaseGeometry) -> int | None:
        """
        Return the position of the place that sees most of a shape; None if none does.

        Among buildings that is told by points: the middles of small triangles that the
        shape is cut into. Exactly looked at is then only what they say is best.
        """
        if not len(centres):
            return None
        if not self.is_cut:
            seen = self._unhindered(centres, _COARSE)
            gains_m2 = shapely.area(shapely.intersection(seen, missing))
            best = int(np.argmax(gains_m2))
            return best if gains_m2[best] > 0 else None
        points, areas_m2 = _small_pieces(missing, self.radius_m / _PIECES_PER_RADIUS)
        gains_m2 = np.array([areas_m2[s].sum() for s in self.sees(centres, points)])
        for k in np.argsort(-gains_m2, kind="stable"):
            ground = self.discs(centres[k : k + 1])[0]
            if shapely.intersection(ground, missing).area > 0:
                return int(k)
        return None

    def sees(self, centres: FloatArray, points: FloatArray) -> list[NDArray[np.int64]]:
        """Return the positions of the points that each place sees, in order."""
        from scipy.spatial import cKDTree

        if not len(points) or not len(centres):
            return [np.empty(0, np.int64) for _ in centres]
        found = cKDTree(points).query_ball_point(
            centres, self.radius_m, return_sorted=True
        )
        lists = [np.array(some, dtype=np.int64) for some in found]
        if self._is_built:
            lists = self._past_buildings(centres, points, lists)
        return self._past_hills(centres, points, lists) if self._is_hilly else lists

    def _past_hills(
        self, centres: FloatArray, points: FloatArray, lists: list[NDArray[np.int64]]
    ) -> list[NDArray[np.int64]]:
        """Return the same lists without the points that hills hide."""
        clear = []
        for (x, y), some in zip(centres.tolist(), lists, strict=True):
            ground, hidden = self._hills(x, y)
            column, row = ground.square_of(points[some])
            clear.append(some[~hidden[row, column]])
        return clear

    def _past_buildings(
        self, centres: FloatArray, points: FloatArray, lists: list[NDArray[np.int64]]
    ) -> list[NDArray[np.int64]]:
        """Return the same lists without the points that buildings hide."""
        eyes = shapely.points(centres)
        of_eye, near = self.skyline.tree.query(eyes, "dwithin", self.radius_m)
        order = np.lexsort((near, of_eye))
        heights_m = np.array([self._heights_m(x, y) for x, y in centres.tolist()])
        ends = np.cumsum([len(some) for some in lists])
        looks = Eyes(
            xy=np.ascontiguousarray(centres),
            height_m=np.ascontiguousarray(heights_m[:, 0]),
            ground_m=np.ascontiguousarray(heights_m[:, 1]),
            look_at=np.concatenate(lists),
            first_look=np.append(0, ends),
            near=near[order],
            first_near=np.searchsorted(of_eye[order], np.arange(len(eyes) + 1)),
        )
        seen = np.empty(len(looks.look_at), dtype=np.bool_)
        look_past(self._houses, looks, np.ascontiguousarray(points), seen)
        return [
            some[clear]
            for some, clear in zip(lists, np.split(seen, ends[:-1]), strict=True)
        ]

    @cached_property
    def _houses(self) -> Houses:
        """The outlines of buildings."""
        return houses(self.skyline)


def _small_pieces(shape: BaseGeometry, side_m: float) -> tuple[FloatArray, FloatArray]:
    """Return the middles, shape (n, 2), and areas of triangles that fill a shape."""
    cut = shapely.segmentize(shape, side_m)
    pieces = shapely.get_parts(shapely.constrained_delaunay_triangles(cut))
    return shapely.get_coordinates(shapely.centroid(pieces)), shapely.area(pieces)


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
