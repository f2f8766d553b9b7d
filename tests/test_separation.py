"""Promises of separation and layers."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from planner.draft import DraftRoute
from planner.geometry import FloatArray, LocalProjection
from planner.plan import Stop
from planner.scenario import DroneModel, Horizon, Rules, Scenario, Station, Zone
from planner.separation import MARGIN_M, MARGIN_S, conflict_shifts, find_encounters

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
        drone_models=(
            DroneModel(
                model="M",
                airspeed_mps=12.0,
                usable_endurance_s=1800.0,
                turnaround_s=1500.0,
                climb_mps=5.0,
                descent_mps=3.0,
                turn_s=6.0,
                view_radius_m=300.0,
                dwell_s=20.0,
                swath_m=110.0,
                overlap=0.2,
            ),
        ),
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
    with patch("planner.separation.MARGIN_S", 0.0):
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
