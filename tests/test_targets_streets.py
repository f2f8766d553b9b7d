"""A network of lines is flown from junction to junction, hardly anything twice."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from shapely.geometry import LineString, MultiLineString, Polygon
from shapely.geometry.base import BaseGeometry

from planner.targets.line import line_pieces
from planner.targets.streets import SHORT_M, SNAP_M, arcs_of

NOTHING = Polygon()
PIECE_M = 1600.0


def paths(line: BaseGeometry) -> list[LineString]:
    """Return the paths that are flown along a line with nothing in the way."""
    pieces = line_pieces(line, NOTHING, (), PIECE_M)
    return [LineString(ways[0].xy) for _, ways in pieces]


def grid(columns: int, rows: int, block_m: float = 100.0) -> MultiLineString:
    """Return the streets round blocks, each block side a line of its own."""
    xs, ys = block_m * np.arange(columns + 1), block_m * np.arange(rows + 1)
    sides = [LineString([(x, a), (x, b)]) for x in xs for a, b in pairwise(ys)]
    sides += [LineString([(a, y), (b, y)]) for y in ys for a, b in pairwise(xs)]
    return MultiLineString(sides)


def postman_bound_m(streets: BaseGeometry) -> float:
    """
    Return a length that no closed walk along all streets is below.

    Odd junctions are joined in pairs; here each to its nearest by an
    assignment, which relaxes the matching, in city blocks.
    """
    ends = Counter(
        tuple(end)
        for part in shapely.get_parts(streets)
        for end in shapely.get_coordinates(part)[[0, -1]]
    )
    odd = np.array([place for place, count in ends.items() if count % 2])
    apart = np.abs(odd[:, None] - odd[None]).sum(axis=2)
    np.fill_diagonal(apart, 1e9)
    rows, chosen = linear_sum_assignment(apart)
    return float(streets.length + apart[rows, chosen].sum() / 2)


@st.composite
def networks(draw: st.DrawFn) -> BaseGeometry:
    """Draw some streets of a grid, as they are or turned, some of them twice."""
    sides = list(grid(3, 3, draw(st.floats(20.0, 900.0))).geoms)
    chosen = draw(st.lists(st.sampled_from(sides), min_size=1, max_size=30))
    angle = draw(st.floats(0.0, 90.0))
    turned = shapely.affinity.rotate(MultiLineString(chosen), angle, origin=(0, 0))
    return shapely.set_precision(turned, 0.0)


@settings(max_examples=60)
@given(networks())
def test_all_of_a_network_is_flown_and_little_of_it_twice(line: BaseGeometry) -> None:
    """Every stretch lies on a path; only short side streets are flown twice."""
    found = paths(line)
    flown = shapely.unary_union(found)
    streets = shapely.unary_union(line, grid_size=SNAP_M)
    assert streets.difference(flown.buffer(2 * SNAP_M)).length < 1e-6
    assert all(path.length <= PIECE_M + 1e-6 for path in found)
    arcs = shapely.get_parts(streets)
    short_m = sum(arc.length for arc in arcs if arc.length <= SHORT_M)
    assert sum(path.length for path in found) <= streets.length + short_m + 0.5


@settings(max_examples=60)
@given(networks())
def test_paths_begin_and_end_where_streets_do(line: BaseGeometry) -> None:
    """A path that does not fill a stretch between junctions cut a long one evenly."""
    junctions = shapely.union_all([shapely.boundary(arc) for arc in arcs_of(line)])
    for path in paths(line):
        for end in (path.coords[0], path.coords[-1]):
            point = shapely.Point(end)
            inside = [
                arc
                for arc in arcs_of(line)
                if arc.distance(point) < 1e-6 and junctions.distance(point) > 1e-6
            ]
            assert all(arc.length > PIECE_M or arc.is_closed for arc in inside)


def test_a_grid_of_streets_is_flown_without_repetition() -> None:
    """Six by six blocks take 8.4 km on task; a postman would walk 9.6 km."""
    streets = grid(6, 6)
    found = paths(streets)
    assert streets.length == 8400.0
    assert postman_bound_m(streets) == 9600.0
    assert abs(sum(path.length for path in found) - streets.length) < 1e-6
    # Five streets each way and, cut once at a junction, the one round them all.
    assert len(found) == 12


def test_a_street_that_was_drawn_twice_is_flown_once() -> None:
    """Overlapping parts of a line count once, whichever way they were drawn."""
    twice = MultiLineString(
        [[(0, 0), (1000, 0)], [(1000, 0), (0, 0)], [(400, 0), (1400, 0)]]
    )
    (path,) = paths(twice)
    assert path.equals(LineString([(0, 0), (1400, 0)]))
    assert path.length == 1400.0


def test_a_short_side_street_is_no_target_of_its_own() -> None:
    """A stub is flown there and back on the way, a long side street by itself."""
    street = [(0, 0), (1000, 0)]
    (path,) = paths(MultiLineString([street, [(500, 0), (500, 40)]]))
    assert path.length == 1080.0
    assert len(paths(MultiLineString([street, [(500, 0), (500, 400)]]))) == 2


def test_a_closed_street_may_be_begun_half_way_round() -> None:
    """A ring has four ways, of one length, from two sides of it."""
    ring = LineString([(0, 0), (300, 0), (300, 200), (0, 200), (0, 0)])
    ((_, ways),) = line_pieces(ring, NOTHING, (), PIECE_M)
    starts = [tuple(way.xy[0]) for way in ways]
    assert starts == [(0, 0), (0, 0), (300, 200), (300, 200)]
    assert {LineString(way.xy).length for way in ways} == {1000.0}
    assert all(ring.equals(LineString(way.xy)) for way in ways)
