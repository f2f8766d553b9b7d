"""Who is sent to incidents where routes end at another station, over the seam too."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from elsewhere_plans import elsewhere_plan, elsewhere_routes, elsewhere_scenario, flown
from elsewhere_plans import first_free as rostered
from elsewhere_world import WHOLE_DAY

from planner.checks import check
from planner.flown.tracks import flown_routes
from planner.formats.handover import Handover
from planner.formats.missions.briefing import brief
from planner.plan import Plan, Sortie
from planner.response.dispatch import dispatch
from planner.response.rounds import days_of, next_round
from planner.response.standby import days_away, standby, team_gaps
from planner.response.traffic import Flight, blocks, traffic
from planner.scenario import ResponseTeam

SCENARIO = elsewhere_scenario()
PLAN = elsewhere_plan()
DAILY = replace(SCENARIO, horizon=WHOLE_DAY)
PHASES = pytest.mark.parametrize("phase_s", [120.0, 420.0, 1140.0])


def daily_plan(phase_s: float) -> Plan:
    """Return the routes flown day after day, BA first at a moment."""
    routes = tuple(
        replace(r, phase_s=phase_s) if r.id == "BA" else r for r in elsewhere_routes()
    )
    roster = tuple(rostered(routes, WHOLE_DAY.length_s))
    horizon = {"start": WHOLE_DAY.start, "seconds": WHOLE_DAY.length_s}
    return replace(PLAN, horizon=horizon, routes=routes, roster=roster)


def present(plan: Plan, station: str, moment_s: float) -> int:
    """Return how many charged drones stand at a station, day after day."""
    length_s = WHOLE_DAY.length_s
    count = sum(s.drones for s in DAILY.stations if s.id == station)
    for sortie in plan.roster:
        route = plan.route(sortie.route)
        count -= route.depot == station and sortie.takeoff_s <= moment_s
        count += route.lands_at == station and sortie.ready_s <= moment_s
        # Of the day before.
        count -= route.lands_at == station and sortie.ready_s - length_s > moment_s
    return count


@PHASES
def test_over_the_seam_a_drone_flies_on_from_where_it_stands(phase_s: float) -> None:
    """Each sortie of the days before and after begins where its drone landed."""
    plan = daily_plan(phase_s)
    days = days_of(DAILY, plan)
    assert sum(map(len, days.values())) > 2 * len(plan.roster)
    for day in days.values():
        for before, after in pairwise(day):
            assert before.ready_s <= after.takeoff_s
            assert plan.route(before.route).lands_at == plan.route(after.route).depot


@PHASES
def test_the_next_day_is_flown_by_who_stands_there(phase_s: float) -> None:
    """Each drone of the fleet flies for one at most, and some for one of another."""
    plan = daily_plan(phase_s)
    again = next_round(DAILY, plan)
    assert [s.route for s in again] == [s.route for s in plan.roster]
    instead = {(a.drone, b.drone) for a, b in zip(plan.roster, again, strict=True)}
    olds, news = zip(*instead, strict=True)
    assert len(set(olds)) == len(set(news)) == len(instead)
    assert any(old[0] != new[0] for old, new in instead)
    assert next_round(SCENARIO, PLAN) == []


@PHASES
def test_ready_drones_are_counted_where_they_stand_over_the_seam(
    phase_s: float,
) -> None:
    """Who landed yesterday at another station is ready there this morning."""
    plan = daily_plan(phase_s)
    away = days_away(plan.routes, days_of(DAILY, plan))
    rules = replace(DAILY.rules, launch_spacing_s=0.0, launch_s=0.0)
    roomy = replace(DAILY, rules=rules)
    moments = np.arange(30.0, WHOLE_DAY.length_s, 60.0)
    for station in roomy.stations:
        found = standby(roomy, replace(station, pads=99), away, moments)
        expected = [present(plan, station.id, float(t)) for t in moments]
        assert found.ready.sum(axis=0).tolist() == expected


@PHASES
@pytest.mark.parametrize("name", ["A", "B"])
def test_a_team_is_short_of_who_is_away_over_the_seam(
    name: str, phase_s: float
) -> None:
    """A bureau has who stands at its station, from the first moment of a day on."""
    plan = daily_plan(phase_s)
    station = DAILY.station(name)
    team = ResponseTeam(id="T", name="T", station_id=name, point=station.point)
    stations = tuple(replace(s, district=s.id) for s in DAILY.stations)
    (gap,) = team_gaps(replace(DAILY, stations=stations, response_teams=(team,)), plan)
    times = (
        {0.0} | {s.takeoff_s for s in plan.roster} | {s.ready_s for s in plan.roster}
    )
    times |= {t - WHOLE_DAY.length_s for t in times}
    within = [t for t in times if 0 <= t < WHOLE_DAY.length_s]
    assert gap.fewest == min(present(plan, name, t) for t in within)


def test_a_ready_drone_leaves_from_where_it_landed() -> None:
    """One of A that stands at B is sent from there, and comes back there."""
    of = {route.id: route for route in PLAN.routes}
    landed = next(
        s for s in PLAN.roster if s.drone.startswith("A") and of[s.route].ends_at == "B"
    )
    later = [
        s.takeoff_s
        for s in PLAN.roster
        if s.drone == landed.drone and s.takeoff_s > landed.takeoff_s
    ]
    assert min(later) > landed.ready_s + 70.0
    ranking = dispatch(SCENARIO, PLAN, np.array([3500.0, 100.0]), landed.ready_s)
    (one,) = [a for a in ranking.answers if a.drone == landed.drone]
    assert (one.route, one.station) == ("", "B")
    b = SCENARIO.projection.to_lonlat(np.array([SCENARIO.station("B").point.coords[0]]))
    assert one.path[0][:2] == one.path[-1][:2] == pytest.approx(b[0])


def test_who_misses_a_route_that_ends_elsewhere_misses_the_way_back() -> None:
    """It is not where the next sortie begins, until one begins where it is."""

    def sortie(drone: str, route: str, takeoff_s: float) -> Sortie:
        flight_s = PLAN.route(route).duration_s
        return Sortie(
            drone=drone,
            route=route,
            takeoff_s=takeoff_s,
            landing_s=takeoff_s + flight_s,
            ready_s=takeoff_s + flight_s + 1500.0,
        )

    mine = [("AB", 300.0), ("BA", 4000.0), ("AB", 8000.0), ("BA", 12_000.0)]
    roster = [sortie("A-1", route, t) for route, t in mine]
    plan = replace(PLAN, roster=tuple(roster))
    place = np.array([200.0, 100.0])
    (one,) = [
        a for a in dispatch(SCENARIO, plan, place, 0.0).answers if a.drone == "A-1"
    ]
    assert (one.route, one.station, one.sorties_lost) == ("", "A", 2)
    # From the air it lands where its route ends, and flies on from there.
    at = [a for a in dispatch(SCENARIO, plan, place, 420.0).answers if a.route == "AB"]
    assert [(a.drone, a.station, a.sorties_lost) for a in at] == [("A-1", "B", 1)]


def test_who_is_sent_waits_for_the_column_where_others_land() -> None:
    """The column of the other station is taken while a drone comes down there."""
    plan = flown(PLAN.route("AB"), PLAN.route("BA"))
    scenario = replace(SCENARIO, rules=replace(SCENARIO.rules, column_radius_m=60.0))
    routes = flown_routes(scenario, plan)
    (ab,) = [f for f in routes if f.route.id == "AB"]
    b = np.array(scenario.station("B").point.coords[0])
    around = traffic(scenario, routes, (0.0, 14_400.0))
    # High over all layers: only the column matters.
    rest = Flight(xy=np.array([b, b]), z=np.full(2, 500.0), t=np.zeros(2))
    (found,) = blocks(around, [rest])
    mine = found.spans[found.route == routes.index(ab)]
    times = np.arange(0.0, float(ab.t[-1]), 0.5)
    near = times[np.hypot(*(ab.at(times) - b).T) < 59.0]
    assert len(near)
    for takeoff_s in ab.takeoffs:
        for t in takeoff_s + near:
            assert ((mine[:, 0] < t) & (t < mine[:, 1])).any()


def test_a_mission_may_land_on_other_ground_than_it_took_off_from() -> None:
    """Over terrain heights count from the take-off, wherever the landing is."""
    stands_m = {"A": 10.0, "B": 25.0}
    route = PLAN.route("AB")
    (lon, lat, _), *middle, (x, y, _) = route.path
    uneven = replace(route, path=((lon, lat, 10.0), *middle, (x, y, 25.0)))
    plan = replace(
        PLAN,
        routes=(uneven,),
        stations=tuple({**s, "ground_m": stands_m[s["id"]]} for s in PLAN.stations),
        provenance=PLAN.provenance | {"terrain": {"file": "t.tif", "reference_m": 0.0}},
    )
    mission = brief(Handover(plan=plan, routes=(uneven,)), uneven)
    heights = Counter(round(w.height_m, 6) for w in mission.waypoints)
    assert set(heights) == {route.layer_m - 10.0}


@PHASES
def test_a_fleet_that_changes_places_may_begin_each_day_anew(phase_s: float) -> None:
    """The rule on the fleet measures the seam by who stands there then."""
    broken = {v.rule for v in check(DAILY, daily_plan(phase_s))}
    assert "fleet" not in broken
