"""The closest approach in closed form is what a fine clock would see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_flights import RULES, at_times, made_case, made_routes
from plans import drawn, tiny_plan, tiny_scenario, told, watch, with_route

from planner.checks import check
from planner.checks.separation import closest_approach, separation
from planner.checks.verdict import Gauge
from planner.flown.segments import Segments
from planner.flown.tracks import FlownRoute, disc_spans, flown_routes, pieces_of_path

SCENARIO = tiny_scenario()
PLAN = tiny_plan()

place = st.floats(-300, 300)
height = st.sampled_from([0.0, 60.0, 75.0, 80.0, 105.0])
lasting = st.floats(1, 60)


@st.composite
def pieces(draw: st.DrawFn) -> Segments:
    """Two straight pieces, one of each route."""
    a = np.array([[draw(place), draw(place)] for _ in range(2)])
    b = np.array([[draw(place), draw(place)] for _ in range(2)])
    if draw(st.booleans()):
        b[0] = a[0]  # the first one waits
    za, zb = (np.array([draw(height) for _ in range(2)]) for _ in range(2))
    ta = np.array([draw(st.floats(0, 30)) for _ in range(2)])
    return Segments(
        route=np.array([0, 1]),
        a=a,
        b=b,
        za=za,
        zb=zb,
        ta=ta,
        tb=ta + np.array([draw(lasting) for _ in range(2)]),
        shapes=pieces_of_path(a, b),
    )


@given(pieces(), st.floats(-40, 40))
def test_the_closed_form_is_what_a_fine_clock_sees(
    two: Segments, shift_s: float
) -> None:
    """No moment between two samples is missed, and none is made up."""
    one = np.array([0]), np.array([1])
    approach = closest_approach(two, *one, np.array([shift_s]), 15.0)
    start = max(two.ta[0], two.ta[1] + shift_s)
    end = min(two.tb[0], two.tb[1] + shift_s)
    moments = np.linspace(start, end, 20_001) if start <= end else np.empty(0)

    def at(k: int, times: np.ndarray) -> np.ndarray:
        share = (times - two.ta[k]) / (two.tb[k] - two.ta[k])
        ends = np.array([*two.a[k], two.za[k]]), np.array([*two.b[k], two.zb[k]])
        return ends[0] + share[:, None] * (ends[1] - ends[0])

    apart = at(0, moments) - at(1, moments - shift_s)
    near = np.abs(apart[:, 2]) < 15.0
    sampled = np.hypot(apart[near, 0], apart[near, 1]).min(initial=np.inf)
    found = float(approach.distance_m[0])
    assert found <= sampled + 1e-6
    if np.isfinite(sampled):
        assert found >= sampled - relative_step(two, moments) - 1e-6


def relative_step(two: Segments, moments: np.ndarray) -> float:
    """Return how far the two move against each other between two samples [m]."""
    speeds = np.hypot(*(two.b - two.a).T) / (two.tb - two.ta)
    gap_s = float(moments[1] - moments[0]) if len(moments) > 1 else 0.0
    return float(speeds.sum()) * gap_s


@given(
    st.tuples(place, place),
    st.tuples(place, place),
    st.tuples(place, place),
    st.floats(1, 200),
)
def test_the_part_of_a_piece_in_a_disc_is_found_exactly(
    start: tuple[float, float],
    end: tuple[float, float],
    centre: tuple[float, float],
    radius_m: float,
) -> None:
    """Every point of the part lies in the disc, and no other does."""
    ends = np.array([start]), np.array([end])
    low, high = disc_spans(*ends, np.array(centre), radius_m)
    shares = np.linspace(0, 1, 501)
    points = ends[0] + shares[:, None] * (ends[1] - ends[0])
    away = np.hypot(*(points - centre).T)
    inside = (shares >= low) & (shares <= high)
    assert (away[inside] <= radius_m + 1e-6).all()
    assert (away[~inside] >= radius_m - 1e-6).all()


def brute_force_m(plan: object, step_s: float = 0.25) -> float:
    """Return the least distance of two drones that are vertically close, sampled."""
    routes = flown_routes(SCENARIO, plan)  # type: ignore[arg-type]
    sorties = [(f, t) for f in routes for t in f.takeoffs if t < 6000]
    least = np.inf
    for k, (one, start) in enumerate(sorties):
        times = np.arange(0, one.t[-1], step_s)
        here, up = one.at(times), np.interp(times, one.t, one.z)
        for other, later in sorties[k + 1 :]:
            theirs = times + start - later
            both = (theirs >= 0) & (theirs <= other.t[-1])
            gap = np.hypot(*(here[both] - other.at(theirs[both])).T)
            rise = up[both] - np.interp(theirs[both], other.t, other.z)
            least = min(least, gap[np.abs(rise) < 15 - 1e-3].min(initial=np.inf))
    return float(least)


@pytest.mark.parametrize("shift_s", [150.0, 180.0, 210.0, 235.0, 260.0])
def test_the_worst_pair_of_a_plan_is_the_one_a_simulation_finds(shift_s: float) -> None:
    """Near pieces, shifts of take-offs and closed form together lose nothing."""
    look = watch(["W4"], "T-W4", (3000, -130), 120)
    low = drawn("B2", "B", 75.0, 1800.0, 1000.0 + shift_s, [look])
    plan = told(SCENARIO, with_route(PLAN, low))
    broken = [v for v in check(SCENARIO, plan) if v.code == "separation.distance"]
    sampled = brute_force_m(plan)
    if sampled < 49:
        assert broken and float(broken[0].found) == pytest.approx(sampled, abs=3.5)
    else:
        assert broken == []


def test_a_route_meets_itself_when_it_lasts_longer_than_its_headway() -> None:
    """The next sortie takes off while the last one is still near the station."""
    first = PLAN.roster[0]
    assert first.route == "A1"
    for headway_s, broken in ((24.0, True), (60.0, False)):
        quick = replace(PLAN.route("A1"), headway_s=headway_s)
        next_one = replace(
            first,
            drone="A-2",
            takeoff_s=first.takeoff_s + headway_s,
            landing_s=first.landing_s + headway_s,
            ready_s=first.ready_s + headway_s,
        )
        plan = replace(PLAN, routes=(quick,), roster=(first, next_one))
        # While one rests at a viewpoint the other comes up from behind.
        close = [v for v in check(SCENARIO, plan) if v.code == "separation.distance"]
        assert [v.where[:5] for v in close] == ["A1 A1"] * broken


def test_drones_a_centimetre_too_close_are_told_from_those_just_far_enough() -> None:
    """The limit is kept to the millimetre."""
    for away_m, broken in ((49.99, True), (50.01, False)):
        a = np.array([[0.0, 0.0], [-100.0, away_m]])
        b = np.array([[0.0, 0.0], [100.0, away_m]])
        flat, long = np.full(2, 60.0), np.array([0.0, 0.0])
        two = Segments(
            route=np.array([0, 1]),
            a=a,
            b=b,
            za=flat,
            zb=flat,
            ta=long,
            tb=long + 20.0,
            shapes=pieces_of_path(a, b),
        )
        found = closest_approach(
            two, np.array([0]), np.array([1]), np.array([0.0]), 15.0
        )
        assert (found.distance_m[0] < 50 - 1e-3) is np.bool_(broken)


PLANS = 1_000
LEAST_M = (RULES.separation_horizontal_m - 1e-3, RULES.separation_vertical_m - 1e-3)
FASTEST_MPS = 2 * 15.0


def too_close(
    routes: tuple[FlownRoute, ...], moments_s: np.ndarray
) -> set[tuple[str, str]]:
    """Return the routes of which drones are too close at one of some moments."""
    names, places, heights = [], [], []
    for flown in routes:
        since = moments_s - flown.takeoffs[:, None]
        xy, z = at_times(flown, since.ravel())
        up = ((since >= 0) & (since <= flown.t[-1])).ravel()
        # Drones on the ground are far from all and from each other.
        xy[~up] = np.nan
        names += [flown.route.id] * len(flown.takeoffs)
        places.append(xy.reshape(*since.shape, 2))
        heights.append(z.reshape(since.shape))
    xy, z = np.concatenate(places), np.concatenate(heights)
    i, j = np.triu_indices(len(names), 1)
    apart = xy[i] - xy[j]
    with np.errstate(invalid="ignore"):
        near = apart[..., 0] ** 2 + apart[..., 1] ** 2 < LEAST_M[0] ** 2
    near &= np.abs(z[i] - z[j]) < LEAST_M[1]
    return {(names[i[k]], names[j[k]]) for k in np.flatnonzero(near.any(axis=1))}


def test_no_plan_passes_that_a_simulation_fails_and_every_conflict_is_real() -> None:
    """A thousand plans each second; what is found beyond that, each millisecond."""
    rng = np.random.default_rng(20)
    seconds = np.arange(0.0, 1200.0)
    seen, beyond = 0, 0
    for _ in range(PLANS):
        routes = made_routes(rng)
        gauge = Gauge("separation")
        separation(made_case(routes), gauge)
        found = {
            (words[0], words[1]): (words[2], float(v.found))
            for v in gauge.violations
            if v.code == "separation.distance"
            for words in [v.where.split()]
        }
        simulated = too_close(routes, seconds)
        assert simulated <= found.keys()
        seen += len(simulated)
        for pair in found.keys() - simulated:
            clock, distance_m = found[pair]
            hours, minutes, whole_s = map(int, clock.split(":"))
            witness_s = 3600 * hours + 60 * minutes + whole_s
            witness_s -= round(SCENARIO.horizon.start_clock_s)
            moments = witness_s + np.arange(-0.5, 1.5, 1e-3)
            two = tuple(f for f in routes if f.route.id in pair)
            # Between two milliseconds they move by so much at most.
            hidden = LEAST_M[0] - distance_m < FASTEST_MPS * 1e-3
            assert hidden or pair in too_close(two, moments)
            beyond += not hidden
    assert seen > 500 and beyond > 10
