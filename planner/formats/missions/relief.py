"""Measure missions over the ground, in heights above the place of take-off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely

from planner.basics.geometry import FloatArray, LocalProjection
from planner.basics.terrain import Terrain
from planner.errors import Finding
from planner.formats.handover import Handover
from planner.formats.missions.mission import Mission
from planner.plan import Route
from planner.scenario import Rules

ROUNDED_M = 0.01
"""A file says heights to less than this."""

_ASIDE_M = 5.0
"""A drone on its way home may be so far beside the straight line."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Relief:
    """
    The ground round a place of take-off.

    Parameters
    ----------
    stands_m
        Height of the place, as the terrain has heights.
    """

    terrain: Terrain
    projection: LocalProjection
    rules: Rules
    stands_m: float

    def ground_m(self, lon: float, lat: float) -> float:
        """Return the highest ground at a place above that of take-off, 0 if unknown."""
        xy = self.projection.to_xy(np.array([[lon, lat]]))
        highest_m = float(self.terrain.at(xy)[1][0])
        return 0.0 if np.isnan(highest_m) else highest_m - self.stands_m

    def faults(self, mission: Mission) -> Iterable[Finding]:
        """
        Yield where a mission is too low or too high over the ground it flies over.

        Between waypoints drones fly straight in heights above the take-off, whatever
        the ground does; so each square of ground is looked at that a leg touches.
        """
        path = np.array([(w.lon, w.lat, w.height_m) for w in mission.waypoints])
        xy, z = self.projection.to_xy(path[:, :2]), path[:, 2] + self.stands_m
        if len(path) == 1:
            xy, z = np.repeat(xy, 2, axis=0), np.repeat(z, 2)
        crossed = self.terrain.crossed(xy[:-1], xy[1:])
        of = crossed.segment
        ends = z[of] + np.stack([crossed.start, crossed.end]) * np.diff(z)[of]
        rules = self.rules
        for code, margin_m, limit_m, sign in (
            (
                "E-PREFLIGHT-FLOOR",
                ends.min(axis=0) - crossed.highest_m - rules.floor_m,
                rules.floor_m,
                1,
            ),
            (
                "E-PREFLIGHT-CEILING",
                rules.ceiling_m - ends.max(axis=0) + crossed.lowest_m,
                rules.ceiling_m,
                -1,
            ),
        ):
            worst = int(np.argmin(margin_m))  # the first that is unknown, if any is
            if not margin_m[worst] >= -ROUNDED_M:
                found_m = limit_m + sign * margin_m[worst]
                yield Finding(
                    code=code if np.isfinite(found_m) else "E-PREFLIGHT-UNKNOWN",
                    file="",
                    feature=f"waypoint {of[worst] + 1}",
                    values={"found": f"{found_m:.1f}", "limit": f"{limit_m:g}"},
                )

    def return_height_m(self, path: FloatArray) -> float:
        """
        Return a height at which every straight way home is over the floor.

        Parameters
        ----------
        path
            Longitude, latitude and height above the place of take-off, which is its
            first or is on the ground under it; shape (n, 3).
        """
        over_m = self._highest_m(path, path[0, 0], path[0, 1]) + self.rules.floor_m
        return max(float(path[:, 2].max()), over_m)

    def is_clear(self, mission: Mission, lon: float, lat: float) -> bool:
        """Whether each way straight from a mission to a place keeps the floor."""
        path = np.array([(w.lon, w.lat, w.height_m) for w in mission.waypoints])
        level_m = float(path[:, 2].min())
        return level_m >= self._highest_m(path, lon, lat) + self.rules.floor_m

    def _highest_m(self, path: FloatArray, lon: float, lat: float) -> float:
        """
        Return the highest ground on straight ways from a path to a place.

        Above the ground of take-off; where some is not known, it may be as high as
        any that is.
        """
        xy = self.projection.to_xy(np.vstack([path[:, :2], path[-1:, :2]]))
        place = self.projection.to_xy(np.array([[lon, lat]]))
        corners = [np.broadcast_to(place, xy[1:].shape), xy[:-1], xy[1:]]
        ways = shapely.convex_hull(shapely.multipoints(np.stack(corners, axis=1)))
        area = shapely.union_all(ways).buffer(_ASIDE_M)
        _, highest_m = self.terrain.near(area)
        if self.terrain.known_share(area) < 1 - 1e-9:
            highest_m = float(np.nanmax(self.terrain.highest_m))
        return highest_m - self.stands_m


def relief_under(handover: Handover, route: Route) -> Relief | None:
    """Return the ground round a route's station; None where it is flat."""
    scenario = handover.scenario
    if scenario is None or scenario.terrain is None:
        return None
    return Relief(
        terrain=scenario.terrain,
        projection=scenario.projection,
        rules=scenario.rules,
        stands_m=handover.stands_m(handover.station(route)),
    )
