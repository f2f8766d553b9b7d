"""What is said to part drones is what parts them, to the tolerance that is said."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_flights import CASE, RULES, at_times, made_case, made_routes
from plans import tiny_plan, tiny_scenario

from planner.checks import check
from planner.checks.separation import separation
from planner.checks.verdict import Gauge
from planner.flown.colours import fewest_colours
from planner.flown.meetings import find_meetings
from planner.flown.moves import meeting_shifts
from planner.flown.partings import (
    compute_partings,
    measured_partings,
    shifts_s,
    tolerance_s,
)
from planner.flown.segments import segments_of

seeds = st.integers(0, 2**32 - 1)


def broken(routes: tuple[object, ...]) -> set[str]:
    """Return what the checker says of the separation of some flights."""
    gauge = Gauge("separation")
    separation(made_case(routes), gauge)  # type: ignore[arg-type]
    return {v.code for v in gauge.violations}


@settings(max_examples=100)
@given(seeds)
def test_the_shifts_at_which_two_pieces_meet_are_those_that_samples_find(
    seed: int,
) -> None:
    """No shift between two samples is missed, and none is made up."""
    rng = np.random.default_rng(seed)
    routes = made_routes(rng, count=2, vertices=2)
    pieces = segments_of(routes)
    low, high = meeting_shifts(pieces, np.array([0]), np.array([1]), 50.0, 15.0)
    one, other = routes
    x = np.linspace(one.t[0], one.t[-1], 400)
    y = np.linspace(other.t[0], other.t[-1], 400)
    (a, za), (b, zb) = at_times(one, x), at_times(other, y)
    gap = np.hypot(*np.moveaxis(a[:, None] - b[None], -1, 0))
    near = (gap <= 50) & (np.abs(za[:, None] - zb[None]) <= 15)
    shifts = np.subtract.outer(x, y)[near]
    step_s = (x[1] - x[0]) + (y[1] - y[0])
    if len(shifts):
        assert low[0] <= shifts.min() + 1e-6 and shifts.max() - 1e-6 <= high[0]
        inner = (gap <= 49) & (np.abs(za[:, None] - zb[None]) <= 14)
        if inner.any():
            assert shifts.min() - low[0] <= 40 * step_s
            assert high[0] - shifts.max() <= 40 * step_s
    if low[0] <= high[0]:
        # At the ends of the interval the two are just so far apart.
        for shift_s in (float(low[0]), float(high[0])):
            start = max(one.t[0], other.t[0] + shift_s)
            end = min(one.t[-1], other.t[-1] + shift_s)
            t = np.linspace(start, max(start, end), 2001)
            (a, za), (b, zb) = at_times(one, t), at_times(other, t - shift_s)
            apart = np.maximum(np.hypot(*(a - b).T) - 50, (np.abs(za - zb) - 15))
            assert apart.min() <= 0.05


@settings(max_examples=100)
@given(seeds)
def test_a_delay_within_the_tolerance_keeps_and_one_beyond_it_breaks(
    seed: int,
) -> None:
    """The checker, which computes distances, agrees with the tolerance of a pair."""
    rng = np.random.default_rng(seed)
    routes = made_routes(rng, count=2, stations=2)
    meetings = find_meetings(routes, RULES)
    if (0, 1) not in meetings.flown:
        return
    one, other = (replace(f, takeoffs=f.takeoffs[:1]) for f in routes)
    spans = meetings.flown[0, 1]
    tolerance = tolerance_s(spans, shifts_s(one, other))
    if tolerance == 0:
        assert "separation.distance" in broken((one, other))
        return
    outcomes = []
    for delay_s in (tolerance - 0.02, tolerance + 0.02):
        late = [
            (replace(one, takeoffs=one.takeoffs + delay_s), other),
            (one, replace(other, takeoffs=other.takeoffs + delay_s)),
        ]
        outcomes.append(any("separation.distance" in broken(pair) for pair in late))
    widest = float(np.diff(spans).max())
    assert outcomes == [False, True] or (widest < 0.1 and outcomes[0] is False)


@settings(max_examples=150)
@given(st.integers(1, 7), st.integers(0, 2**21 - 1))
def test_no_fewer_colours_do_and_so_many_do(count: int, chosen: int) -> None:
    """The bound is that of trying every colouring of a small graph."""
    every = list(itertools.combinations(range(count), 2))
    edges = [edge for k, edge in enumerate(every) if chosen >> k & 1]
    found = fewest_colours(count, edges)
    fewest = next(
        n
        for n in range(1, count + 1)
        if any(
            all(given[a] != given[b] for a, b in edges)
            for given in itertools.product(range(n), repeat=count)
        )
    )
    assert found.least == found.most == fewest
    assert all(pair in edges for pair in itertools.combinations(found.clique, 2))


def test_a_graph_without_triangles_may_need_four_colours() -> None:
    """Where the clique says two, trying all colourings says four (Grötzsch)."""
    ring = [(k, (k + 1) % 5) for k in range(5)]
    copies = [(5 + a, b) for a, b in ring] + [(5 + b, a) for a, b in ring]
    found = fewest_colours(11, ring + copies + [(10, 5 + k) for k in range(5)])
    assert (found.least, found.most, len(found.clique)) == (4, 4, 2)


def test_a_large_graph_has_an_answer_and_the_same_each_time() -> None:
    """Searches end by steps; what is not proven stays a bound."""
    rng = np.random.default_rng(1)
    edges = [(int(a), int(b)) for a, b in rng.integers(0, 120, (2500, 2)) if a != b]
    found = fewest_colours(120, edges)
    assert found == fewest_colours(120, edges)
    assert 2 <= len(found.clique) <= found.least <= found.most


def test_routes_at_one_height_need_as_many_layers_as_meet_at_once() -> None:
    """Three that come together need three layers, and are named."""
    rng = np.random.default_rng(7)
    route = made_routes(rng, count=1)[0]
    spot = np.array([[1000.0, 0.0], [1000.0, 0.0]])
    hovering = tuple(
        replace(
            route,
            route=replace(route.route, id=f"R{k}", layer_m=60.0 + 15 * k),
            station=replace(route.station, id=f"S{k}"),
            xy=spot,
            z=np.full(2, 60.0 + 15 * k),
            t=np.array([0.0, 100.0]),
            takeoffs=np.array([takeoff_s]),
        )
        for k, takeoff_s in enumerate((0.0, 40.0, 80.0, 500.0))
    )
    found = measured_partings(CASE.scenario, hovering)
    assert (found["layers_used"], found["layers_needed"]) == (4, 3)
    assert found["layers_suffice"] == 3
    assert found["layers_clique"] == ["R0", "R1", "R2"]
    # Were they late enough, all four could meet.
    assert found["layers_any_delay"] == 4
    assert found["pairs"] == [] and found["tolerance_s"] is None
    level = tuple(replace(f, z=np.full(2, 60.0)) for f in hovering)
    pairs = measured_partings(CASE.scenario, level)["pairs"]
    assert {tuple(p["routes"]): p["tolerance_s"] for p in pairs} == {
        ("R0", "R1"): 0.0,
        ("R0", "R2"): 0.0,
        ("R1", "R2"): 0.0,
        ("R2", "R3"): 320.0,
        ("R1", "R3"): 360.0,
        ("R0", "R3"): 400.0,
    }


def test_arrivals_at_a_column_are_as_late_as_the_next_one_allows() -> None:
    """Landings count, and take-offs, which wait on the pad, do not."""
    scenario, plan = tiny_scenario(), tiny_plan()
    found = compute_partings(scenario, plan)["columns"]
    # Of B, B1 lands first: it is in the column from 50 m off until it is down.
    b1, b2 = plan.route("B1"), plan.route("B2")
    down_s = {r.id: r.layer_m / 3.0 for r in (b1, b2)}
    first, second = sorted(
        ((r.phase_s + r.duration_s) % 1800, down_s[r.id]) for r in (b1, b2)
    )
    gaps = (second[0] - first[0] - second[1], first[0] + 1800 - second[0] - first[1])
    assert found["B"] == pytest.approx(min(gaps) - 50 / 10, abs=2.0)


def test_a_wrong_number_in_the_analysis_is_a_violation() -> None:
    """The checker recomputes what is said to part drones, each number of it."""
    scenario, plan = tiny_scenario(), tiny_plan()
    told = compute_partings(scenario, plan)
    assert check(scenario, replace(plan, analysis={"separation": told})) == []
    for key, value in told.items():
        wrong = {
            int: lambda v: v + 1,
            float: lambda v: v + 1.0,
            str: lambda v: v + "?",
            list: lambda v: [*v, "?"],
            dict: lambda v: {**v, "?": 1.0},
            type(None): lambda v: 1.0,
        }[type(value)](value)
        spoilt = replace(plan, analysis={"separation": {**told, key: wrong}})
        codes = {v.code for v in check(scenario, spoilt)}
        assert codes == {"accounts.number"}, key
