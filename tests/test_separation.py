"""Promises of separation and layers."""

from __future__ import annotations

import itertools
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box
from worlds import MODEL

from planner.basics.geometry import FloatArray, LocalProjection
from planner.given.horizon import Horizon
from planner.plan import Stop
from planner.scenario import Rules, Scenario, Station, Zone
from planner.timetable.colouring import colour
from planner.timetable.draft import DraftRoute
from planner.timetable.layers import assign_layers
from planner.timetable.rhythm import sorties
from planner.timetable.separation import (
    MARGIN_M,
    MARGIN_S,
    conflict_shifts,
    find_encounters,
)

LAYERS_M = (60.0, 75.0, 90.0, 105.0, 120.0)


def make_draft(
    name: str,
    points: list[tuple[float, float]],
    *,
    speed_mps: float = 12.0,
    waits_s: dict[int, float] | None = None,
    minutes: int = 60,
    layers_m: tuple[float, ...] = LAYERS_M,
    depot: str = "S0",
) -> DraftRoute:
    """Return a route through points (the station first and last), with waits."""
    path, t_s = [points[0]], [24.0]
    for n, point in enumerate(points[1:], start=1):
        t_s.append(t_s[-1] + float(np.hypot(*np.subtract(point, path[-1]))) / speed_mps)
        path.append(point)
        if waits_s and n in waits_s:
            t_s.append(t_s[-1] + waits_s[n])
            path.append(point)
    middle = (t_s[0] + t_s[-1]) / 2
    return DraftRoute(
        id=name,
        depot=depot,
        drone_model="M",
        headway_s=minutes * 60.0,
        xy=np.array(path, dtype=float),
        t_s=np.array(t_s),
        duration_s=t_s[-1] + 40.0,
        stops=(
            Stop(
                zones=("Z",),
                target=name,
                kind="watch",
                enter_s=middle,
                exit_s=middle + 1,
            ),
        ),
        layers_m=layers_m,
    )


def make_scenario(stations: dict[str, tuple[float, float]], **rules: float) -> Scenario:
    """Return a scenario of stations with ten drones each and one zone."""
    return Scenario(
        name="toy",
        timezone="Asia/Shanghai",
        horizon=Horizon(
            start="2025-06-01T06:00:00+08:00", start_clock_s=21_600, length_s=57_600
        ),
        projection=LocalProjection(120.15, 33.36),
        stations=tuple(
            Station(id=name, name="", point=Point(at), drones=10, pads=10, model="M")
            for name, at in sorted(stations.items())
        ),
        zones=(
            Zone(
                id="Z",
                name="",
                kind="watch",
                geometry=box(0, 0, 1, 1),
                priority=1.0,
                revisit_s=7200.0,
            ),
        ),
        drone_models=(MODEL,),
        rules=Rules(**rules),  # type: ignore[arg-type]
    )


def positions(draft: DraftRoute, t_s: FloatArray) -> FloatArray:
    """Return where a level drone is."""
    return np.column_stack([np.interp(t_s, draft.t_s, axis) for axis in draft.xy.T])


def closest_m(a: DraftRoute, b: DraftRoute, shift_s: float) -> float:
    """Return how close two level drones come, exactly: leg by leg of their motion."""
    first = max(a.t_s[0], b.t_s[0] + shift_s)
    last = min(a.t_s[-1], b.t_s[-1] + shift_s)
    if first > last:
        return np.inf
    t = np.unique(np.concatenate([a.t_s, b.t_s + shift_s, [first, last]]))
    t = t[(t >= first) & (t <= last)]
    apart = positions(a, t) - positions(b, t - shift_s)
    best = float(np.hypot(*apart.T).min())
    for start, step in zip(apart[:-1], np.diff(apart, axis=0), strict=True):
        if step @ step > 0:
            where = min(1.0, max(0.0, -(start @ step) / (step @ step)))
            best = min(best, float(np.hypot(*(start + where * step))))
    return best


@st.composite
def paths(draw: st.DrawFn, name: str) -> DraftRoute:
    """Draw a closed path on a coarse grid (parallel legs are common), with waits."""
    home = (draw(st.integers(-4, 4)) * 100.0, draw(st.integers(-4, 4)) * 100.0)
    spot = st.tuples(st.integers(-5, 5), st.integers(-5, 5))
    between = draw(st.lists(spot, min_size=1, max_size=4))
    points = [home, *((x * 100.0, y * 100.0) for x, y in between), home]
    waits = draw(st.dictionaries(st.integers(1, len(points) - 1), st.just(20.0)))
    speed = draw(st.sampled_from([12.0, 12.0, 7.3]))
    return make_draft(name, points, waits_s=waits, speed_mps=speed)


@given(a=paths("A"), b=paths("B"), seed=st.integers(0, 1000))
@settings(max_examples=200, deadline=None)
def test_shifts_are_those_at_which_two_drones_come_close(
    a: DraftRoute, b: DraftRoute, seed: int
) -> None:
    """Inside a span they come within the limit, outside of all they do not."""
    with patch("planner.timetable.separation.MARGIN_S", 0.0):
        spans = conflict_shifts(a, b, 50.0)
    rng = np.random.default_rng(seed)
    reach = a.duration_s + b.duration_s
    edges = np.array([t for span in spans for t in span])
    probes = np.concatenate(
        [rng.uniform(-reach, reach, 20), edges - 1e-3, edges + 1e-3]
    )
    limit_m = 50.0 + MARGIN_M
    for shift in probes.tolist():
        close = closest_m(a, b, shift) <= limit_m
        assert close == any(low <= shift <= high for low, high in spans)


def test_shifts_of_two_crossing_legs_are_exact() -> None:
    """Two legs cross at right angles: the span is the limit along the diagonal."""
    a = make_draft("A", [(-600, 0), (600, 0)])
    b = make_draft("B", [(0, -1200), (0, 1200)])
    ((low, high),) = conflict_shifts(a, b, 50.0)
    # At the crossing after 50 s and 100 s; relative speed is 12 m/s times root 2.
    half = 50.5 * np.sqrt(2) / 12.0 + MARGIN_S
    assert np.allclose([low, high], [-50.0 - half, -50.0 + half])


def test_what_happens_in_the_own_column_is_no_encounter() -> None:
    """Two routes that part at their station's gate only meet inside its column."""
    scenario = make_scenario({"S0": (0.0, 0.0)})
    north = make_draft("N", [(0, 0), (0, 3000), (0, 0)])
    south = make_draft("S", [(0, 0), (0, -3000), (0, 0)])
    assert conflict_shifts(north, south, 50.0)
    assert [
        (pair, encounter.vertical)
        for pair, encounter in find_encounters(scenario, [north, south]).items()
    ] in ([], [(("N", "S"), ())])
    for encounter in find_encounters(scenario, [north, south]).values():
        # One leaves the column just as the other comes back to it.
        assert all(high - low < 12 for low, high in encounter.level)


def city(seed: int, layers_m: tuple[float, ...] = LAYERS_M) -> list[DraftRoute]:
    """Return twelve wandering routes of two stations 1.2 km apart."""
    rng = np.random.default_rng(seed)
    routes = []
    for n in range(12):
        depot = n % 2
        home = (depot * 1200.0, 0.0)
        around = rng.uniform(-1500, 1500, size=(4, 2)).tolist()
        points = [home, *((x + 600.0, y) for x, y in around), home]
        routes.append(
            make_draft(
                f"R{n:02d}",
                points,
                waits_s={2: 20.0},
                minutes=60 if n % 3 else 120,
                layers_m=layers_m,
                depot=f"S{depot}",
            )
        )
    return routes


TWO_STATIONS = {"S0": (0.0, 0.0), "S1": (1200.0, 0.0)}


def meetings(
    scenario: Scenario,
    routes: list[DraftRoute],
    phases_s: dict[str, int],
    layers_m: dict[str, float],
) -> set[tuple[str, str]]:
    """Fly the first four hours and return the pairs that come too close."""
    flights = [
        (t, d)
        for d in routes
        for t in sorties(scenario, d, phases_s[d.id])
        if t < 14_400
    ]
    found = set()
    for n, (t, a) in enumerate(flights):
        for u, b in flights[n + 1 :]:
            one_layer = abs(layers_m[a.id] - layers_m[b.id]) < 15.0 - 1e-9
            if not one_layer or abs(u - t) > max(a.duration_s, b.duration_s):
                continue
            if closest_m(a, b, float(u - t)) < 50.0 and not in_column(
                scenario, a, b, float(u - t)
            ):
                found.add((a.id, b.id))
    return found


def in_column(scenario: Scenario, a: DraftRoute, b: DraftRoute, shift_s: float) -> bool:
    """Whether two drones of one station are only close while both are in its column."""
    if a.depot != b.depot:
        return False
    t = np.arange(a.t_s[0], a.t_s[-1], 0.25)
    t = t[(t - shift_s >= b.t_s[0]) & (t - shift_s <= b.t_s[-1])]
    centre = scenario.station(a.depot).point
    one, other = positions(a, t), positions(b, t - shift_s)
    close = np.hypot(*(one - other).T) < 50.0
    inside = [np.hypot(*(p - (centre.x, centre.y)).T) <= 50.5 for p in (one, other)]
    return bool(np.all(inside[0][close] & inside[1][close]))


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("layers_m", [LAYERS_M, (60.0, 75.0), (90.0,)])
def test_unresolved_pairs_are_the_ones_that_meet(
    seed: int, layers_m: tuple[float, ...]
) -> None:
    """Flying the plan finds no meeting that the layers did not report."""
    scenario = make_scenario(TWO_STATIONS)
    routes = city(seed, layers_m)
    rng = np.random.default_rng(seed)
    phases_s = {d.id: int(rng.integers(0, 1800)) for d in routes}
    plan = assign_layers(scenario, routes, phases_s)
    assert all(plan.layers_m[d.id] in d.layers_m for d in routes)
    seen = meetings(scenario, routes, phases_s, dict(plan.layers_m))
    assert seen <= set(plan.unresolved)
    if layers_m == LAYERS_M:
        assert not plan.unresolved
    else:
        assert seen or len(layers_m) > 1
        # Reported with half a metre and half a second to spare, so a few more.
        assert len(plan.unresolved) <= len(seen) + 3


def test_routes_that_meet_are_parted_by_their_open_layers() -> None:
    """A low route and a free one: the free one moves up."""
    scenario = make_scenario({"S0": (-600.0, 0.0), "S1": (0.0, -600.0)})
    east = make_draft("E", [(-600, 0), (600, 0), (-600, 0)], layers_m=(60.0,))
    north = make_draft(
        "N", [(0, -600), (0, 600), (0, -600)], depot="S1", layers_m=(60.0, 67.0, 75.0)
    )
    plan = assign_layers(scenario, [east, north], {"E": 0, "N": 0})
    assert dict(plan.layers_m) == {"E": 60.0, "N": 75.0}
    assert plan.unresolved == ()


def test_routes_that_share_a_layer_say_how_late_they_may_be() -> None:
    """The tolerance is the delay at which the two would meet."""
    scenario = make_scenario({"S0": (-600.0, 0.0), "S1": (0.0, -600.0)})
    east = make_draft("E", [(-600, 0), (600, 0), (-600, 0)], layers_m=(60.0,))
    north = make_draft("N", [(0, -600), (0, 600), (0, -600)], depot="S1")
    north = replace(north, layers_m=(60.0,))
    plan = assign_layers(scenario, [east, north], {"E": 0, "N": 1800})
    last = find_encounters(scenario, [east, north])["E", "N"].level[-1][1]
    assert plan.tolerances_s == {("E", "N"): pytest.approx(1800.0 - last)}


def test_a_route_that_outlasts_its_headway_may_meet_itself() -> None:
    """Out and back over one line, ten minutes apart: no layer can help."""
    scenario = make_scenario({"S0": (0.0, 0.0)})
    far = make_draft("F", [(0, 0), (0, 6000), (0, 0)], minutes=10)
    plan = assign_layers(scenario, [far], {"F": 0})
    assert plan.unresolved == (("F", "F"),)


def test_a_loop_that_outlasts_its_headway_may_well_not_meet_itself() -> None:
    """Two drones follow each other round a square."""
    scenario = make_scenario({"S0": (0.0, 0.0)})
    loop = make_draft(
        "L", [(0, 0), (0, 3000), (3000, 3000), (3000, 0), (0, 0)], minutes=10
    )
    assert assign_layers(scenario, [loop], {"L": 0}).unresolved == ()


def test_climbs_count_where_columns_are_narrower_than_the_separation() -> None:
    """A route that passes 40 m from a station meets what climbs there."""
    stations = {"S0": (0.0, 0.0), "S1": (3000.0, 0.0)}
    here = make_draft("H", [(0, 0), (0, -900), (0, 0)])
    passing = make_draft("P", [(3000, 0), (0, 40), (3000, 1000), (3000, 0)], depot="S1")
    wide = find_encounters(make_scenario(stations), [here, passing])
    narrow = find_encounters(
        make_scenario(stations, column_radius_m=30.0), [here, passing]
    )
    assert wide["H", "P"].vertical == ()
    assert narrow["H", "P"].vertical
    assert narrow["H", "P"].spans(close_layers=False) == narrow["H", "P"].vertical


def test_a_route_without_a_layer_is_refused() -> None:
    """Nobody flies at no height."""
    scenario = make_scenario({"S0": (0.0, 0.0)})
    route = make_draft("R", [(0, 0), (0, 600), (0, 0)], layers_m=())
    with pytest.raises(ValueError, match="layer"):
        assign_layers(scenario, [route], {"R": 0})


@given(
    edges=st.dictionaries(
        st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda e: e[0] < e[1]),
        st.integers(1, 3),
        max_size=14,
    ),
    count=st.integers(1, 3),
)
@settings(max_examples=60, deadline=None)
def test_colouring_is_optimal_on_small_graphs(
    edges: dict[tuple[int, int], int], count: int
) -> None:
    """No other colouring of seven nodes leaves less weight on close edges."""
    named = {(f"n{a}", f"n{b}"): weight for (a, b), weight in edges.items()}
    choices = {f"n{n}": tuple(15.0 * c for c in range(count)) for n in range(7)}

    def cost(found: dict[str, float]) -> int:
        return sum(w for (a, b), w in named.items() if abs(found[a] - found[b]) < 15)

    found = colour(choices, named, 15.0, deterministic_time=1.0)
    best = min(
        cost(dict(zip(choices, every, strict=True)))
        for every in itertools.product(*choices.values())
    )
    assert cost(found) == best
