"""Viewpoints see every watch zone, few of them, from where a drone may dwell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPoint, Point, Polygon, box
from shapely.geometry.base import BaseGeometry
from worlds import closure, discretised, privacy, square, station, world, zone

from planner.airspace.freespace import free_space
from planner.budget import Budget
from planner.checks import check, examine
from planner.planning.pipeline import plan_routes
from planner.targets import Discretised, Target, discretise
from planner.targets.intervals import planned_interval_s
from planner.targets.view import View
from planner.targets.watch import Viewpoint, WatchArea, place_viewpoints

RADIUS_M = 300.0
PROMISED = 0.995
HOURLY_S, HALF_HOURLY_S = 3600.0, 1800.0
ANYWHERE = box(-20_000, -20_000, 20_000, 20_000)


def hexagon(x: float = 0.0, y: float = 0.0, side_m: float = 600.0) -> Polygon:
    """Return a regular hexagon with a corner in the east."""
    corners = [math.pi / 3 * k for k in range(6)]
    return Polygon(
        [(x + side_m * math.cos(a), y + side_m * math.sin(a)) for a in corners]
    )


def seen_share(shape: BaseGeometry, places: Sequence[tuple[float, float]]) -> float:
    """Return the share of a shape within the radius of some place, exactly."""
    discs = shapely.buffer(shapely.points(places), RADIUS_M, quad_segs=64)
    return float(shape.intersection(shapely.union_all(discs)).area / shape.area)


def area(name: str, shape: BaseGeometry, group: int = 0, *helpers: int) -> WatchArea:
    """Return an area to watch."""
    return WatchArea(name, shape, group, frozenset(helpers))


def placed(*areas: WatchArea, allowed: BaseGeometry = ANYWHERE) -> list[Viewpoint]:
    """Return the viewpoints of areas."""
    return place_viewpoints(areas, allowed, View(radius_m=RADIUS_M))


def shares(
    areas: Sequence[WatchArea], viewpoints: Sequence[Viewpoint]
) -> dict[str, float]:
    """Return by zone the share seen from the viewpoints that name it."""
    return {
        a.zone: seen_share(
            a.geometry, [(v.x, v.y) for v in viewpoints if a.zone in v.zones]
        )
        for a in areas
    }


@st.composite
def shapes(draw: st.DrawFn) -> BaseGeometry:
    """Draw a blob, an L, a zone with a hole, a thin strip or a speck."""
    kind = draw(st.sampled_from(("blob", "bent", "holed", "thin", "speck")))
    size = draw(st.floats(200.0, 900.0))
    angle = draw(st.floats(0.0, 180.0))
    if kind == "blob":
        spot = st.tuples(st.floats(-size, size), st.floats(-size, size))
        corners = draw(st.lists(spot, min_size=4, max_size=9, unique=True))
        shape = MultiPoint(corners).convex_hull.buffer(5.0)
    elif kind == "bent":
        shape = box(0, 0, size, size).difference(box(size / 3, size / 3, size, size))
    elif kind == "holed":
        shape = square(0, 0, size).difference(square(size / 4, 0, size / 2))
    elif kind == "thin":
        shape = box(0, 0, 2 * size, 4.0)
    else:
        shape = square(0, 0, 3.0)
    return affinity.rotate(shape, angle)


@settings(max_examples=25)
@given(shapes(), st.booleans())
def test_a_zone_is_seen(shape: BaseGeometry, barred: bool) -> None:
    """At least 99.5 % of any shape is seen, also where a spot is barred to drones."""
    allowed = ANYWHERE.difference(shape.centroid.buffer(60.0)) if barred else ANYWHERE
    one = area("W", shape)
    viewpoints = placed(one, allowed=allowed)
    assert shares([one], viewpoints)["W"] >= PROMISED
    assert all(allowed.contains(shapely.Point(v.x, v.y)) for v in viewpoints)


def test_a_hexagon_takes_six_viewpoints() -> None:
    """A hexagon of 600 m is seen from six places, or seven where luck fails once."""
    counts = []
    for angle in (0.0, 11.0, 30.0):
        shape = affinity.rotate(hexagon(), angle)
        viewpoints = placed(area("W", shape))
        counts.append(len(viewpoints))
        assert seen_share(shape, [(v.x, v.y) for v in viewpoints]) >= PROMISED
    assert sum(counts) <= 6 + 6 + 7


def test_neighbours_share_viewpoints() -> None:
    """Seven hexagons side by side take fewer viewpoints together than alone."""
    away = 600.0 * math.sqrt(3)
    turns = [math.pi / 6 + math.pi / 3 * k for k in range(6)]
    middles = [(0.0, 0.0), *((away * math.cos(a), away * math.sin(a)) for a in turns)]
    areas = [area(f"W{i}", hexagon(*middle)) for i, middle in enumerate(middles)]
    together = placed(*areas)
    alone = sum(len(placed(a)) for a in areas)
    assert len(together) < alone - 3
    assert min(shares(areas, together).values()) >= PROMISED
    assert any(len(v.zones) > 1 for v in together)


def test_only_helpers_are_shared() -> None:
    """A zone is seen from its own group's and its helpers' viewpoints, no others."""
    areas = [
        area("often", hexagon(), 0),
        area("apart", hexagon(300, 0), 1),
        area("seldom", hexagon(0, 300), 2, 0),
    ]
    viewpoints = placed(*areas)
    groups = {a.zone: {v.group for v in viewpoints if a.zone in v.zones} for a in areas}
    assert groups["often"] == {0}
    assert groups["apart"] == {1}
    assert groups["seldom"] <= {0, 2}
    assert min(shares(areas, viewpoints).values()) >= PROMISED


def test_every_viewpoint_is_needed() -> None:
    """Without any one of its viewpoints a zone would be seen less than planned."""
    areas = [area("W1", hexagon(), 0), area("W2", hexagon(800, 100), 0)]
    for one in areas:
        viewpoints = [v for v in placed(*areas) if one.zone in v.zones]
        for left_out in viewpoints:
            places = [(v.x, v.y) for v in viewpoints if v is not left_out]
            assert seen_share(one.geometry, places) < 0.9958


def watch_targets(targets: Sequence[Target], name: str) -> list[Target]:
    """Return the targets that serve a zone."""
    return [t for t in targets if name in t.zones]


def places(targets: Sequence[Target]) -> list[tuple[float, float]]:
    """Return the places of viewpoints."""
    return [(float(x), float(y)) for t in targets for x, y in t.ways[0].xy[:1]]


def test_a_viewpoint_keeps_the_demand_of_all_its_zones() -> None:
    """A shared viewpoint is due as often and as long as any of its zones asks."""
    rush = ((7 * 3600.0, 9 * 3600.0),)
    scenario = world(
        [station("A", 0, 0)],
        [
            zone("W1", hexagon(1000, 0), revisit_s=HALF_HOURLY_S, dwell_s=45.0),
            zone("W2", hexagon(1500, 0)),
            zone("W3", hexagon(1000, 500), active=rush),
            zone("W4", hexagon(1500, 500), revisit_s=900.0, active=rush),
        ],
        revisit_slack_s=30.0,
    )
    _, found = discretised(scenario)
    for target in found.targets:
        zones = [scenario.zone(name) for name in target.zones]
        planned = [planned_interval_s(scenario, z) for z in zones]
        assert target.revisit_s == min(planned)
        assert target.revisit_s <= min(z.revisit_s for z in zones) - 30.0
        dwells = [
            scenario.drone_models[0].dwell_s if z.dwell_s is None else z.dwell_s
            for z in zones
        ]
        assert target.ways[0].wait_s.tolist() == [max(dwells)]
        wanted = {w for z in zones for w in scenario.windows(z)}
        assert all(
            any(low <= w[0] and w[1] <= high for low, high in target.windows)
            for w in wanted
        )
        # The demand of one of its zones keeps the demands of all.
        assert any(
            z.revisit_s == min(o.revisit_s for o in zones)
            and scenario.windows(z) == target.windows
            for z in zones
        )
    for one in scenario.zones:
        mine = watch_targets(found.targets, one.id)
        assert seen_share(one.geometry, places(mine)) >= PROMISED


def test_no_dwell_where_none_is_allowed() -> None:
    """Viewpoints keep out of closures, station columns and privacy zones."""
    shape = square(0, 0, 700)
    closed, private = square(500, 300, 120), square(-400, -300, 150)
    scenario = world(
        [station("A", 0, 0), station("B", 300, -300)],
        [zone("W", shape)],
        [closure("X", closed), privacy("P", private)],
    )
    space, found = discretised(scenario)
    spots = places(found.targets)
    forbidden = shapely.union_all(
        [
            closed.buffer(30.0),
            private,
            *(s.point.buffer(50.0) for s in scenario.stations),
        ]
    )
    assert not any(forbidden.intersects(shapely.Point(p)) for p in spots)
    assert not any(space.closed.intersects(shapely.Point(p)) for p in spots)
    assert seen_share(shape.difference(private), spots) >= PROMISED


@pytest.mark.parametrize("depth_m", [100.0, 290.0, 600.0])
def test_what_lies_in_closed_airspace_is_seen_from_its_edge(depth_m: float) -> None:
    """Of a zone that reaches into a closure all that can be seen from outside is."""
    shape = box(0, 0, 1000, 600)
    closed = box(1000 - depth_m, -2000, 4000, 2600)
    scenario = world(
        [station("A", -1500, 0)], [zone("W", shape)], [closure("X", closed)]
    )
    _, found = discretised(scenario)
    servable = shape.difference(closed.buffer(30.0).buffer(-RADIUS_M, quad_segs=64))
    assert seen_share(servable, places(found.targets)) >= PROMISED


def test_a_zone_deep_in_closed_airspace_is_told() -> None:
    """A zone of which less than half can be seen gets no targets, but a reason."""
    scenario = world(
        [station("A", 0, 0)],
        [zone("W", square(5000, 0, 300)), zone("X", square(500, 500, 200))],
        [closure("C", square(5000, 0, 1000))],
    )
    _, found = discretised(scenario)
    assert set(found.closed) == {"W"}
    assert found.closed["W"]["airspace"] == ["C"]
    assert found.closed["W"]["servable_share"] == 0.0
    assert {z for t in found.targets for z in t.zones} == {"X"}


@pytest.mark.parametrize("wide_m", [700.0, 1300.0])
def test_a_set_cover_by_cp_sat_never_costs_viewpoints(wide_m: float) -> None:
    """A second choice, from a cover by CP-SAT, stays where it asks for less."""
    busy = [zone("A", square(0, 0, wide_m)), zone("B", square(wide_m, 0, wide_m))]
    calm = zone("C", square(0, wide_m, wide_m), revisit_s=5400.0)
    scenario = world([station("S", 0, 0)], [*busy, calm])

    def visits(found: Discretised) -> float:
        return sum(1 / target.revisit_s for target in found.targets)

    space = free_space(scenario)
    both, greedy = (discretise(scenario, space, again=again) for again in (map, None))
    assert visits(both) <= visits(greedy)


def test_viewpoints_repeat() -> None:
    """The same areas give the same viewpoints."""
    areas = [area("W1", hexagon(), 0), area("W2", hexagon(800, 100), 1, 0)]
    first, second = placed(*areas), placed(*areas)
    assert np.array_equal(
        [(v.x, v.y, v.group) for v in first], [(v.x, v.y, v.group) for v in second]
    )
    assert [v.zones for v in first] == [v.zones for v in second]


def test_a_zone_that_cannot_be_seen_whole_is_told() -> None:
    """A zone between closures with no room for a drone is left out, with figures."""
    half, gap = 800.0, 15.0
    west = box(-half, -half, -gap, half)
    scenario = world(
        [station("A", 0, -3000)],
        [zone("W", square(0, 0, 200))],
        [closure("C", west), closure("D", affinity.scale(west, -1, origin=(0, 0)))],
    )
    _, found = discretised(scenario)
    assert not found.targets
    assert found.closed["W"]["airspace"] == ["C", "D"]
    assert found.closed["W"]["servable_share"] < PROMISED


def test_what_is_seen_from_afar_alone_is_watched_from_there() -> None:
    """A square in closed airspace has its viewpoint beyond it, within reach."""
    shut = closure("C", Point(650, 0).buffer(150))
    scenario = world([station("A", 0, 0)], [zone("W", square(650, 0, 40))], [shut])
    plan = plan_routes(scenario, budget=Budget(iterations=1, engine="greedy"))
    assert not plan.unserved
    assert not check(scenario, plan)


def test_who_sees_more_stays_longer() -> None:
    """With a time for a square kilometre a viewpoint is stayed at for what it sees."""
    big, small = square(0, 900, 400), square(2500, 900, 100)
    scenario = world(
        [station("A", 0, 0, 8)],
        [
            zone("BIG", big, dwell_s=5.0, dwell_s_per_km2=200.0),
            zone("SMALL", small, dwell_s=5.0, dwell_s_per_km2=200.0),
        ],
    )
    plan = plan_routes(scenario, budget=Budget(iterations=1, workers=1))
    assert plan.unserved == () and examine(scenario, plan).ok
    stays = {
        s.target: s.exit_s - s.enter_s for route in plan.routes for s in route.stops
    }
    alone = stays["SMALL.1"]
    assert alone == pytest.approx(200.0 * small.area / 1e6, abs=0.3)
    assert max(stays.values()) > 4 * alone
    stricter = replace(
        scenario,
        zones=tuple(replace(z, dwell_s_per_km2=220.0) for z in scenario.zones),
    )
    assert "motion.dwell" in {v.code for v in examine(stricter, plan).violations}
