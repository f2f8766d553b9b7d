"""The longest gaps of all windows at once are those found window by window."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import tiny_plan, tiny_scenario

from planner.basics.clock import Span
from planner.flown.tracks import FlownRoute, flown_routes, round_again, takeoffs_within
from planner.flown.visits import TIME_TOLERANCE_S, longest_gaps, same_ways
from planner.plan import Stop
from planner.scenario import Scenario

SCENARIO = tiny_scenario()
WHOLE = replace(SCENARIO, horizon=replace(SCENARIO.horizon, length_s=86_400.0))
ROUTES = flown_routes(SCENARIO, tiny_plan())
Stops = list[tuple[FlownRoute, Stop]]


@settings(max_examples=60, deadline=None)
@given(
    st.booleans(),
    st.lists(
        st.lists(st.integers(0, 14_000), unique=True, max_size=9),
        min_size=len(ROUTES),
        max_size=len(ROUTES),
    ),
)
def test_the_longest_gap_of_each_window_is_that_of_its_visits_alone(
    whole: bool, takeoffs: list[list[int]]
) -> None:
    """Whatever is flown when, also where the horizon repeats, to the last digit."""
    scenario = WHOLE if whole else SCENARIO
    flown = tuple(
        replace(f, takeoffs=np.sort(np.array(own, dtype=float)))
        for f, own in zip(ROUTES, takeoffs, strict=True)
    )
    again = round_again(scenario.horizon, flown, scenario.horizon.length_s)
    stops: dict[str, Stops] = defaultdict(list)
    for f in again:
        for stop in f.route.stops:
            stops[stop.target].append((f, stop))
    found = longest_gaps(scenario, flown)
    assert len(found) >= len(stops)
    for gap in found:
        own = _gap(scenario, stops[gap.target], gap.window)
        assert (gap.visits, gap.gap_s, gap.at_s) == own


def _gap(scenario: Scenario, stops: Stops, window: Span) -> tuple[int, float, float]:
    """Return visits, longest gap and its start, by going from visit to visit."""
    horizon, (start, end) = scenario.horizon, window
    alike = same_ways(stops)
    visits = sorted(
        (
            (float(t) + stop.enter_s, float(t) + stop.exit_s, k)
            for k, (f, stop) in enumerate(stops)
            for t in f.takeoffs
        ),
        key=lambda visit: visit[0],
    )
    goes_round = horizon.repeats and window == (0, horizon.length_s)
    if goes_round:
        inside = [v for v in visits if start <= v[0] < end]
        inside += [v for v in visits if v[0] >= end][:1]
    else:
        latest_s = end + TIME_TOLERANCE_S
        inside = [v for v in visits if start - TIME_TOLERANCE_S <= v[0] <= latest_s]
        inside = [v for v in inside if v[1] <= latest_s]
    if len(inside) <= goes_round:
        return 0, end - start, start
    gaps = [] if goes_round else [(inside[0][1] - start, start)]
    for one, other in pairwise(inside):
        waits_s = other[1] - one[0]
        if alike[one[2], other[2]]:
            waits_s = max(other[0] - one[0], other[1] - one[1])
        gaps.append((waits_s, one[0]))
    gaps += [] if goes_round else [(end - inside[-1][0], inside[-1][0])]
    return len(inside) - goes_round, *max(gaps, key=lambda gap: gap[0])


@given(
    st.lists(st.integers(0, 50), max_size=6),
    st.lists(st.integers(0, 50), max_size=6),
    st.integers(-60, 60),
    st.integers(-60, 60),
)
def test_take_offs_that_are_so_far_apart_are_all_found(
    first: list[int], second: list[int], low_s: int, high_s: int
) -> None:
    """As by looking at each two; limits count."""
    one, other = (
        replace(ROUTES[0], takeoffs=np.sort(np.array(own, dtype=float)))
        for own in (first, second)
    )
    i, j = takeoffs_within(one, other, low_s, high_s)
    apart = np.subtract.outer(other.takeoffs, one.takeoffs).T
    pairs = np.argwhere((low_s <= apart) & (apart <= high_s))
    assert sorted(zip(i, j, strict=True)) == sorted(map(tuple, pairs))


@pytest.mark.parametrize("count", [1, 2])
def test_one_stop_sees_its_target_the_same_way_each_time(count: int) -> None:
    """Alone or beside itself."""
    flown = ROUTES[0]
    assert same_ways([(flown, flown.route.stops[0])] * count).all()
