"""A flight to an incident keeps clear of what is closed; its time is never short."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box
from shapely.ops import substring
from worlds import MODEL, closure, privacy, station, world

from planner.given.wind import Spell, Wind
from planner.response.airways import Airways, airways

SPEED_MPS = MODEL.airspeed_mps
CORNERS_M = [(x * 900.0, y * 900.0) for x in (-2, -1, 0, 1) for y in (-2, -1, 0, 1)]
"""Closures stand in a grid, so far apart that their clearances do not touch."""


def ways_round(shapes: list[Any], **changes: Any) -> Airways:
    """Return the airways of a world with some closures."""
    shut = [closure(f"X{i}", shape) for i, shape in enumerate(shapes)]
    return airways(world([station("A", 5_000, 5_000)], airspace=shut, **changes))


def flight_s(ways: Airways, a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return how long one flight takes."""
    return float(ways.flight_s(SPEED_MPS, np.array([a]), np.array([b]))[0])


def flown_m(ways: Airways, a: tuple[float, float], b: tuple[float, float]) -> float:
    """Fly along the outlines, and return how far that is; it never leads inside."""
    line = LineString([a, b])
    cuts = [
        (line.project(Point(chord.coords[0])), chord, area)
        for area in ways.closed
        for chord in shapely.get_parts(area.intersection(line))
        if chord.length > 1e-6
    ]
    way: list[tuple[float, float]] = [a]
    for _, chord, area in sorted(cuts, key=lambda cut: cut[0]):
        ring = area.exterior
        one, two = (ring.project(Point(chord.coords[k])) for k in (0, -1))
        inner = substring(ring, one, two)
        outer = LineString(
            [
                *substring(ring, one, ring.length if two < one else 0.0).coords,
                *substring(ring, 0.0 if two < one else ring.length, two).coords,
            ]
        )
        way += min((inner, outer), key=lambda part: part.length).coords
    path = LineString([*way, b])
    for area in ways.closed:
        assert path.intersection(area.buffer(-0.01)).length == 0
    return path.length


@given(
    shapes=st.lists(
        st.tuples(st.sampled_from(CORNERS_M), st.floats(50, 700), st.floats(50, 700)),
        max_size=6,
        unique_by=lambda shape: shape[0],
    ),
    ends=st.tuples(*[st.floats(-3000, 3000)] * 4),
)
def test_the_time_is_that_of_a_way_that_can_be_flown(
    shapes: list[Any], ends: tuple[float, ...]
) -> None:
    """Along the outlines of what is closed; straight where nothing is in between."""
    ways = ways_round([box(x, y, x + w, y + h) for (x, y), w, h in shapes])
    a, b = ends[:2], ends[2:]
    assume(math.dist(a, b) > 1.0)
    found_s = flight_s(ways, a, b)
    if not ways.is_open(np.array([a, b])).all():
        inside = [
            min(c.exterior.distance(Point(e)) for c in ways.closed) for e in (a, b)
        ]
        assert found_s == math.inf or min(inside) <= 1.0
        return
    assert found_s == pytest.approx(flown_m(ways, a, b) / SPEED_MPS, abs=1e-6)
    assert found_s >= math.dist(a, b) / SPEED_MPS - 1e-9


def test_a_place_inside_a_closure_is_reached_by_nobody() -> None:
    """Neither is one in its clearance; just outside of that it is."""
    ways = ways_round([box(0, 0, 400, 400)])
    assert flight_s(ways, (-900, 200), (200, 200)) == math.inf
    assert flight_s(ways, (-900, 200), (-28, 200)) == math.inf
    assert flight_s(ways, (-900, 200), (-32, 200)) == pytest.approx(868 / SPEED_MPS)


def test_a_drone_that_just_keeps_the_clearance_may_leave() -> None:
    """It flies along the outline, not through it."""
    ways = ways_round([box(0, 0, 400, 400)])
    found_s = flight_s(ways, (-30.0, 200.0), (450.0, 200.0))
    assert 480 / SPEED_MPS < found_s < (480 + 3 * 400) / SPEED_MPS


def test_a_ring_encloses_what_is_in_it() -> None:
    """No way is made through a closure to its hole."""
    ring = box(0, 0, 1000, 1000).difference(box(300, 300, 700, 700))
    assert flight_s(ways_round([ring]), (-500, 500), (500, 500)) == math.inf


def test_the_slowest_wind_counts() -> None:
    """Out against it and back with it differ; of two that may blow, the worse."""
    west = Wind(speed_mps=4.0, from_deg=270.0)
    ways = ways_round([], wind=west)
    assert flight_s(ways, (0, 0), (1600, 0)) == pytest.approx(1600 / 16)
    assert flight_s(ways, (1600, 0), (0, 0)) == pytest.approx(1600 / 8)
    turns = Spell(speed_mps=4.0, from_deg=90.0, hours=(0.0, 3600.0))
    both = ways_round([], wind=Wind(speed_mps=4.0, from_deg=270.0, spells=(turns,)))
    assert flight_s(both, (0, 0), (1600, 0)) == pytest.approx(1600 / 8)


def test_a_wind_as_fast_as_a_drone_leaves_no_way_round() -> None:
    """With it one gets somewhere straight; round a corner, nowhere."""
    ways = ways_round([box(0, 0, 400, 400)], wind=Wind(speed_mps=12.0, from_deg=270.0))
    assert flight_s(ways, (-900, 900), (900, 900)) == pytest.approx(1800 / 24)
    assert flight_s(ways, (900, 900), (-900, 900)) == math.inf
    assert flight_s(ways, (-900, 200), (900, 200)) > 1e9


def test_incidents_are_flown_to_over_privacy_zones() -> None:
    """At the lowest layer above all of them, where what is higher up does not count."""
    high = closure("H", box(100, 100, 200, 200), lower_m=105.0)
    low = privacy("P", box(300, 300, 400, 400), upper_m=80.0)
    ways = airways(world([station("A", 0, 0)], airspace=[high, low]))
    assert ways.layer_m == 90.0
    assert len(ways.closed) == 0


def test_a_station_under_what_is_closed_launches_nobody() -> None:
    """Unless it is waived; then its drones still cannot leave through it."""
    shut = [closure("X", box(-200, -200, 200, 200))]
    assert airways(world([station("A", 0, 0)], airspace=shut)).grounded == {"A"}
    waived = world([station("A", 0, 0)], airspace=shut, station_waivers=("A",))
    ways = airways(waived)
    assert ways.grounded == frozenset()
    assert flight_s(ways, (0, 0), (900, 0)) == math.inf
