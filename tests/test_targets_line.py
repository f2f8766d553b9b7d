"""Lines are flown whole, from either end, round columns and what is closed."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiLineString, Point, Polygon, box
from shapely.geometry.base import BaseGeometry
from worlds import MODEL, closure, discretised, privacy, square, station, world, zone

from planner.airspace.freespace import free_space
from planner.basics.physics import swath_at
from planner.given.wind import Wind
from planner.scenario import Airspace, Rules, Scenario
from planner.targets import Discretised, Way
from planner.targets.line import line_pieces
from planner.targets.streets import SNAP_M

NOTHING = Polygon()
RULES = Rules()
PIECE_M = 1600.0
ROOM_M = 1.0


def track(way: Way) -> BaseGeometry:
    """Return the path of a way."""
    return LineString(way.xy)


def servable(scenario: Scenario, line: BaseGeometry) -> BaseGeometry:
    """Return what can be seen from the ceiling outside closures' clearance."""
    reach_m = swath_at(MODEL.swath_m, RULES.ceiling_m) / 2
    shapes = [
        c.geometry.buffer(RULES.clearance_m, quad_segs=64) for c in scenario.closures()
    ]
    private = shapely.union_all([p.geometry for p in scenario.privacy_zones()])
    hidden = shapely.union_all(shapes).buffer(-reach_m, quad_segs=64)
    return line.difference(hidden).difference(private)


def not_seen_m(scenario: Scenario, found: Discretised, layer_m: float) -> float:
    """Return how much of what counts of all lines is out of view at a layer."""
    reach_m = swath_at(MODEL.swath_m, layer_m) / 2 + ROOM_M
    seen = shapely.union_all(
        [track(t.ways[0]).buffer(reach_m, quad_segs=64) for t in found.targets]
    )
    lines = [servable(scenario, z.geometry) for z in scenario.zones]
    return float(sum(line.difference(seen).length for line in lines))


def assert_flown_whole(scenario: Scenario, found: Discretised) -> None:
    """Hold that all is seen at every layer, by paths that keep out of everything."""
    space = free_space(scenario)
    assert found.targets
    assert not found.closed
    layers = set.intersection(*(set(t.layers_m) for t in found.targets))
    assert layers
    for layer in layers:
        assert not_seen_m(scenario, found, layer) <= 0.01
    kept_out = [space.closed.buffer(-1e-6), *(c.buffer(-1e-3) for c in space.columns)]
    for target, shape in itertools.product(found.targets, kept_out):
        for way in target.ways:
            assert not track(way).intersects(shape)


def lined(
    line: BaseGeometry, *airspace: Airspace, stations: tuple[tuple[float, float], ...]
) -> tuple[Scenario, Discretised]:
    """Return a scenario with one line and its targets."""
    scenario = world(
        [station(f"S{i}", *at) for i, at in enumerate(stations)],
        [zone("L", line, "line")],
        airspace,
    )
    return scenario, discretised(scenario)[1]


@st.composite
def lines(draw: st.DrawFn) -> BaseGeometry:
    """Draw a walk of up to a dozen steps, or two of them."""
    parts = []
    for _ in range(draw(st.integers(1, 2))):
        place = np.array([draw(st.floats(-2000, 2000)), draw(st.floats(-2000, 2000))])
        corners = [place]
        for _ in range(draw(st.integers(1, 6))):
            angle = draw(st.floats(0.0, 2 * math.pi))
            length = draw(st.floats(20.0, 1500.0))
            place = place + length * np.array([math.cos(angle), math.sin(angle)])
            corners.append(place)
        parts.append(LineString(corners))
    return MultiLineString(parts) if len(parts) > 1 else parts[0]


@given(lines())
def test_pieces_make_up_the_line(line: BaseGeometry) -> None:
    """With nothing in the way the pieces are the line, none of them too long."""
    pieces = line_pieces(line, NOTHING, (), PIECE_M)
    wanted = shapely.union_all([piece for piece, _ in pieces])
    assert line.difference(wanted.buffer(2 * SNAP_M)).length < 1e-6
    for piece, ways in pieces:
        assert piece.length <= PIECE_M + 1e-6
        assert track(ways[0]).hausdorff_distance(piece) < 1e-6


@settings(max_examples=30)
@given(lines(), st.lists(st.tuples(st.floats(0, 1), st.floats(-60, 60)), max_size=3))
def test_lines_go_round_columns(
    line: BaseGeometry, near: list[tuple[float, float]]
) -> None:
    """A line past stations is seen whole from paths that keep out of their columns."""
    parts = shapely.get_parts(line)
    at = [
        (point.x, point.y + aside)
        for share, aside in near
        for point in [parts[0].interpolate(share, normalized=True)]
    ]
    scenario, found = lined(line, stations=((9000.0, 9000.0), *at))
    assert_flown_whole(scenario, found)


def test_a_piece_may_turn_back_within_a_column() -> None:
    """Where a piece turns back within a column, what it misses is seen by others."""
    coast = [(0, 0), (20, 0), (30.806046117362797, 16.82941969615793)]
    coast += [(-463.34853125552786, -555.3132667566357)]
    coast += [(-443.34853125552786, -555.3132667566357)]
    coast += [(-330.91056918871254, -380.2015160893226)]
    coast += [(-325.23732547944803, -399.38000158258535)]
    inland = [(0, 0), (-647.5196973643177, 563.1644674648949)]
    inland += [(-30.960820778788275, 125.68172300108182)]
    line = MultiLineString([coast, inland])
    middle = LineString(coast).interpolate(0.6875, normalized=True)
    stations = ((9000.0, 9000.0), (middle.x, middle.y))
    assert_flown_whole(*lined(line, stations=stations))


@given(lines())
def test_ways_are_each_other_reversed(line: BaseGeometry) -> None:
    """Ways of a piece come in pairs: one path from either end, without a wait."""
    middle = line.interpolate(0.4, normalized=True)
    column = middle.buffer(50)
    for _, ways in line_pieces(line, NOTHING, (column,), PIECE_M):
        for ahead, back in zip(ways[::2], ways[1::2], strict=True):
            assert np.array_equal(ahead.xy, back.xy[::-1])
            assert not ahead.wait_s.any()
            assert not back.wait_s.any()
            assert len(ahead.wait_s) == len(ahead.xy)


LINES = {
    "ends in a column": LineString([(-1000, 0), (10, 0)]),
    "starts in a column": LineString([(10, 20), (1000, 20)]),
    "through the middle": LineString([(-1000, 0), (1000, 0)]),
    "inside a column": LineString([(-30, 10), (20, 10)]),
    "outwards in a column": LineString([(10, 0), (40, 0)]),
    "in and out again": LineString([(-200, -30), (0, -20), (-200, 20)]),
    "a ring round it": LineString(square(0, 0, 40).exterior.coords),
    "between two columns": LineString([(0, 30), (90, 30)]),
    "cut in a column": LineString([(-1600, 5), (1600, 5)]),
}


@pytest.mark.parametrize("name", LINES)
def test_a_line_near_a_station_is_seen(name: str) -> None:
    """Wherever a line runs inside a column it is seen from the column's edge."""
    scenario, found = lined(LINES[name], stations=((0, 0), (90, 0), (5000, 0)))
    assert_flown_whole(scenario, found)


def test_a_column_beside_a_closure_is_gone_round_on_the_open_side() -> None:
    """The way round a column does not lead into closed airspace."""
    line = LineString([(-500, 10), (500, 10)])
    shut = box(-300, 15 + 30, 300, 400)
    scenario, found = lined(line, closure("X", shut), stations=((0, 0), (2000, 0)))
    assert_flown_whole(scenario, found)


CLOSURES = {
    "across": box(400, -500, 900, 500),
    "slanted": Polygon([(300, -600), (800, -600), (1300, 600), (800, 600)]),
    "alongside": box(-500, -20, 2500, 400),
    "deep alongside": box(-500, -34, 2500, 400),
    "small": square(600, 10, 5),
    "at its end": box(1700, -300, 3000, 300),
    "round": Point(600, 0).buffer(40),
    "at a slant": Polygon([(1200, -600), (3600, -600), (3600, 450), (1700, 450)]),
    "long alongside": box(-3000, -20, 6000, 300),
}


@pytest.mark.parametrize("name", CLOSURES)
def test_a_line_into_closed_airspace_is_seen_from_its_edge(name: str) -> None:
    """What of a line lies in a closure but can be seen from outside is seen."""
    line = LineString([(0, 0), (2000, 0)])
    if name == "long alongside":
        line = LineString([(-1000, 0), (4000, 0)])
    scenario, found = lined(
        line, closure("X", CLOSURES[name]), stations=((0, -3000), (1000, -2000))
    )
    assert_flown_whole(scenario, found)


def test_layers_follow_from_what_the_path_keeps_away() -> None:
    """A detour round a column needs a layer from which the line is still in view."""
    _, straight = lined(LineString([(200, 0), (900, 0)]), stations=((0, 0),))
    _, round_it = lined(LineString([(-500, 0), (500, 0)]), stations=((0, 0),))
    assert [t.layers_m for t in straight.targets] == [RULES.layers_m]
    assert [t.layers_m for t in round_it.targets] == [(90.0, 105.0, 120.0)]


def test_privacy_closes_the_layers_below_its_height() -> None:
    """A line across a privacy zone is flown above it."""
    yard = privacy("P", square(300, 0, 30), upper_m=80.0)
    scenario, found = lined(LineString([(0, 0), (900, 0)]), yard, stations=((0, -900),))
    assert [t.layers_m for t in found.targets] == [(90.0, 105.0, 120.0)]
    assert not_seen_m(scenario, found, 90.0) <= 0.01


def test_a_line_deep_in_closed_airspace_is_told() -> None:
    """A line of which less than half can be seen gets no targets, but a reason."""
    _, found = lined(
        LineString([(0, 0), (900, 0)]),
        closure("X", box(200, -1000, 2000, 1000)),
        stations=((-900, 0),),
    )
    assert not found.targets
    assert found.closed["L"]["airspace"] == ["X"]
    assert 0.2 < found.closed["L"]["servable_share"] < 0.3


def test_the_wind_makes_pieces_shorter() -> None:
    """What takes longer to fly is cut smaller, so that reach is not lost by cutting."""
    dyke = zone("dyke", LineString([(500, 0), (3500, 0)]), "line")
    calm = world([station("A", 0, 0)], [dyke])
    windy = replace(calm, wind=Wind(speed_mps=6.0, from_deg=90.0))
    gale = replace(calm, wind=Wind(speed_mps=11.9, from_deg=90.0))
    counts = [len(discretised(each)[1].targets) for each in (calm, windy, gale)]
    assert counts == [2, 3, 8]
