"""What is simulated in arrays is what one sees event by event."""

from __future__ import annotations

import heapq
import json
import re
import tomllib
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from plans import MODEL, rostered, tiny_plan, tiny_routes, tiny_scenario, told
from scipy.stats import binomtest
from tiny_folder import TOML, inspected, write

import planner
import seeds
from planner.checks import check
from planner.cli import main
from planner.errors import EXIT_INPUT
from planner.flown.meetings import column_stays
from planner.flown.tracks import FlownRoute, flown_routes
from planner.given.scatter import Scatter
from planner.plan import Plan, Sortie
from planner.scenario import Scenario
from planner.simulation import RULES, Simulation, odds, simulate
from planner.simulation.flights import Draws, Flights, draw, fleet_of, fly

SCENARIO = tiny_scenario()
PLAN = tiny_plan()
CALM = Scatter(
    launch_delay_s=0.0,
    sortie_speed_share=0.0,
    leg_speed_share=0.0,
    turnaround_share=0.0,
)
ROUGH = Scatter(
    launch_delay_s=60.0,
    sortie_speed_share=0.08,
    leg_speed_share=0.12,
    turnaround_share=0.1,
)


def with_scatter(scatter: Scatter, scenario: Scenario = SCENARIO) -> Scenario:
    """Return a scenario whose days differ so much from the plan."""
    return replace(scenario, scatter=scatter)


def shared(drones: int) -> Plan:
    """Return the tiny plan with few drones, each of which is taken in turn."""
    routes = tiny_routes()
    free = {"A": [0.0] * drones, "B": [0.0] * drones}
    roster = []
    for sortie in rostered(routes):
        station = sortie.drone[0]
        n = min(range(drones), key=lambda k: (free[station][k], k))
        free[station][n] = sortie.ready_s
        roster.append(replace(sortie, drone=f"{station}-{n + 1}"))
    return told(SCENARIO, replace(PLAN, roster=tuple(roster)))


def flown(plan: Plan, scatter: Scatter, runs: int) -> tuple[Flights, list[Draws]]:
    """Return simulated flights, and what chance did to them."""
    fleet = fleet_of(flown_routes(SCENARIO, plan), plan, SCENARIO.rules)
    draws = [
        draw(f, len(s), scatter, runs, np.random.default_rng(k))
        for k, (f, s) in enumerate(zip(fleet.routes, fleet.sorties, strict=True))
    ]
    return fly(fleet, draws, SCENARIO.rules), draws


def day_of(flights: Flights, draws: list[Draws], run: int) -> dict[Sortie, list[float]]:
    """
    Return take-off, landing and ready of each sortie of one run, event by event.

    A queue a station; its first one goes when nothing holds it, and is asked again
    whenever a drone gets ready, a launch is over or a drone has landed.
    """
    rules = SCENARIO.rules
    number = {
        s: (k, n) for k, own in enumerate(flights.sorties) for n, s in enumerate(own)
    }
    queue: dict[str, list[Sortie]] = {}
    for sortie in sorted(number, key=lambda s: (s.takeoff_s, s.drone)):
        queue.setdefault(sortie.drone[0], []).append(sortie)
    done: dict[Sortie, list[float]] = {}
    ready: dict[str, float] = {}
    airborne: dict[str, list[tuple[float, float]]] = {name: [] for name in queue}
    launched = dict.fromkeys(queue, -np.inf)
    stays = [column_stays(f, rules.column_radius_m) for f in flights.routes]
    events = [(0.0, name) for name in sorted(queue)]
    heapq.heapify(events)
    while events:
        now, name = heapq.heappop(events)
        if not queue[name]:
            continue
        sortie = queue[name][0]
        k, n = number[sortie]
        out_s = float(stays[k][0, 1])
        wanted = max(sortie.takeoff_s, ready.get(sortie.drone, -np.inf))
        wanted = max(wanted + draws[k].launch_s[run, n], launched[name])
        for landing_s, in_s in sorted(airborne[name]):
            room_s = max(rules.launch_spacing_s, in_s + out_s)
            clear_s = landing_s + rules.launch_spacing_s
            if landing_s - room_s + 2e-3 < wanted < clear_s - 2e-3:
                wanted = clear_s
        if wanted > now + 1e-9:
            heapq.heappush(events, (wanted, name))
            continue
        queue[name].pop(0)
        late = wanted - sortie.takeoff_s
        for more_s in draws[k].legs_s[run, n]:
            late = max(late + more_s, 0.0)
        landing = sortie.landing_s + late
        rest_s = (sortie.ready_s - sortie.landing_s) * (1 + draws[k].ground[run, n])
        done[sortie] = [wanted, landing, landing + rest_s]
        ready[sortie.drone] = landing + rest_s
        airborne[name].append((landing, float(np.ptp(stays[k][-1]))))
        launched[name] = wanted + max(rules.launch_spacing_s, out_s)
        heapq.heappush(events, (now, name))
    return done


@pytest.mark.parametrize("drones", [1, 2, 3])
def test_flights_are_those_of_a_simulator_that_goes_event_by_event(
    drones: int,
) -> None:
    """Waiting for drones, launches and landings, run by run and sortie by sortie."""
    plan = shared(drones)
    flights, draws = flown(plan, ROUGH, runs=12)
    for run in range(12):
        day = day_of(flights, draws, run)
        for k, sorties in enumerate(flights.sorties):
            found = np.array(
                [flights.takeoff_s[k], flights.landing_s[k], flights.ready_s[k]]
            )[:, run].T
            expected = np.array([day[s] for s in sorties])
            assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("drones", [2, 3])
def test_promises_are_those_that_the_checker_sees_on_the_same_day(drones: int) -> None:
    """A simulated day written down as a plan breaks what it is said to break."""
    plan = shared(drones)
    # Intervals that hold on some days; of a sweep flown at uneven speeds the checker
    # cannot tell that it is the same one.
    zones = tuple(
        replace(z, revisit_s=z.revisit_s * (1.4 if z.kind == "sweep" else 1.16))
        for z in SCENARIO.zones
    )
    scenario = with_scatter(ROUGH, replace(SCENARIO, zones=zones))
    runs = 30
    fleet = fleet_of(flown_routes(scenario, plan), plan, scenario.rules)
    draws = [
        draw(f, len(s), ROUGH, runs, np.random.default_rng([1, 0, k]))
        for k, (f, s) in enumerate(zip(fleet.routes, fleet.sorties, strict=True))
    ]
    flights = fly(fleet, draws, scenario.rules)
    found = simulate(scenario, plan, runs=runs)
    seen = dict.fromkeys(("revisit", "energy", "separation"), 0)
    for run in range(runs):
        day = as_flown(flights, run)
        broken = {v.rule for v in check(scenario, day)}
        for rule in seen:
            seen[rule] += rule not in broken
    told_ = {p.rule: p.odds.held for p in found.promises}
    assert {rule: told_[rule] for rule in seen} == seen
    assert min(seen.values()) > 0 or 0 < max(seen.values()) < runs


def as_flown(flights: Flights, run: int) -> Plan:
    """Return one simulated day as a plan: each sortie a route of its own."""
    routes, roster = [], []
    for k, sorties in enumerate(flights.sorties):
        for n, sortie in enumerate(sorties):
            routes.append(one_flight(flights, flights.routes[k], (k, run, n)))
            takeoff_s, landing_s, ready_s = (
                float(times[k][run, n])
                for times in (flights.takeoff_s, flights.landing_s, flights.ready_s)
            )
            roster.append(
                replace(
                    sortie,
                    route=routes[-1].id,
                    takeoff_s=takeoff_s,
                    landing_s=landing_s,
                    ready_s=ready_s,
                )
            )
    return replace(PLAN, routes=tuple(routes), roster=tuple(roster))


def one_flight(
    flights: Flights, flown: FlownRoute, place: tuple[int, int, int]
) -> object:
    """Return the route of one sortie, with the times at which it was flown."""
    k, run, n = place
    late = flights.late_s[k][run, n]
    takeoff_s = float(flights.takeoff_s[k][run, n])
    t_s = flights.sorties[k][n].takeoff_s + flown.t + late - takeoff_s
    lonlat = SCENARIO.projection.to_lonlat(flown.xy)
    return replace(
        flown.route,
        id=f"{flown.route.id}-{n}",
        phase_s=takeoff_s,
        headway_s=1e6,
        path=tuple(
            (float(lon), float(lat), float(z))
            for (lon, lat), z in zip(lonlat, flown.z, strict=True)
        ),
        t_s=tuple(t_s.tolist()),
        duration_s=float(t_s[-1]),
        load=(float(t_s[-1]) + MODEL.turnaround_s) / 1e6,
        stops=tuple(
            replace(
                stop,
                enter_s=float(np.interp(stop.enter_s, flown.t, t_s)),
                exit_s=float(np.interp(stop.exit_s, flown.t, t_s)),
            )
            for stop in flown.route.stops
        ),
    )


def test_a_day_to_the_second_keeps_everything() -> None:
    """Without scatter a plan that keeps the rules keeps them in every run."""
    found = simulate(with_scatter(CALM), PLAN, runs=3)
    assert [p.rule for p in found.promises] == list(RULES)
    assert all(p.odds.held == 3 and p.worst == "" for p in found.promises)
    assert (found.every.held, found.worst_route) == (3, "")


def test_the_same_seed_gives_the_same_days_and_another_seed_others() -> None:
    """An answer can be had again."""

    def held(seed: int) -> Simulation:
        return simulate(with_scatter(ROUGH), PLAN, runs=40, seed=seed)

    one, again, other = held(1), held(1), held(2)
    assert one.promises == again.promises and one.routes == again.routes
    assert any(
        (one.zones_beyond_s[z] != other.zones_beyond_s[z]).any()
        for z in one.zones_beyond_s
    )


def test_fewer_drones_and_rougher_days_hold_less_often() -> None:
    """What is late propagates along the rotation of its drone."""
    rough = with_scatter(ROUGH)
    many, few = (
        {p.rule: p.odds.held for p in simulate(rough, plan, runs=60).promises}
        for plan in (PLAN, shared(1))
    )
    assert few["fleet"] < many["fleet"] and few["revisit"] <= many["revisit"]
    calmer = simulate(with_scatter(Scatter()), PLAN, runs=60)
    held = {p.rule: p.odds.held for p in calmer.promises}
    assert all(held[rule] >= many[rule] for rule in RULES)


def test_one_pad_for_two_drones_breaks_the_pads_alone() -> None:
    """Pads are counted as drones stand on them."""
    one = tuple(replace(s, pads=1) for s in SCENARIO.stations)
    scenario = with_scatter(CALM, replace(SCENARIO, stations=one))
    found = {p.rule: p for p in simulate(scenario, PLAN, runs=2).promises}
    broken = {v.rule for v in check(scenario, told(scenario, PLAN))}
    assert {rule for rule, p in found.items() if p.odds.held < 2} == broken
    assert found["pads"].worst in {"A", "B"}


@pytest.mark.parametrize(("held", "runs"), [(0, 10), (10, 10), (990, 1000), (7, 13)])
def test_the_interval_of_confidence_is_that_of_wilson(held: int, runs: int) -> None:
    """The same as a library that is trusted for it."""
    found = odds(held, runs)
    trusted = binomtest(held, runs).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((trusted.low, trusted.high), 1e-5)


def test_the_command_tells_the_odds_of_each_rule_in_both_languages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table to read, or one object for a program; an empty plan is bad input."""
    folder, plan = str(seeds.path("by-hand")), str(tmp_path / "plan.geojson")
    scenario = planner.read_scenario(seeds.path("by-hand"))
    made = planner.plan_routes(scenario, budget=planner.Budget(iterations=1))
    planner.write_plan(made, Path(plan))
    for language, word in (("en", "all of them"), ("zh", "全部规则")):
        assert main(["simulate", folder, plan, "--runs", "5", "--lang", language]) == 0
        assert word in capsys.readouterr().out
    assert main(["simulate", folder, plan, "--runs", "5", "--json"]) == 0
    told_ = json.loads(capsys.readouterr().out)
    assert [p["rule"] for p in told_["promises"]] == list(RULES)
    for entry in [*told_["promises"], told_["all"]]:
        assert 0 <= entry["low"] <= entry["probability"] <= entry["high"] <= 1
    assert told_["scatter"]["launch_delay_s"] == Scatter().launch_delay_s
    planner.write_plan(replace(made, routes=(), roster=()), Path(plan))
    assert main(["simulate", folder, plan]) == EXIT_INPUT
    assert "E-PLAN-EMPTY" in capsys.readouterr().err


def test_the_defaults_are_those_that_are_documented() -> None:
    """Who reads the page and who reads the code read the same figures."""
    page = (Path(__file__).parents[1] / "docs" / "timetable.md").read_text("utf-8")
    (block,) = re.findall(r"```toml\n(\[scatter\].*?)```", page, re.DOTALL)
    assert tomllib.loads(block)["scatter"] == asdict(Scatter())


def test_a_scenario_says_how_far_its_days_differ(tmp_path: Path) -> None:
    """What ``[scatter]`` leaves out has its default; the digest does not change."""
    plain = planner.read_scenario(write(tmp_path / "plain"))
    told_ = f"{TOML}[scatter]\nlaunch_delay_s = 90\n"
    rough = planner.read_scenario(write(tmp_path / "rough", toml=told_))
    assert rough.scatter == Scatter(launch_delay_s=90.0)
    assert (plain.scatter, plain.digest) == (Scatter(), rough.digest)
    wrong = f"{TOML}[scatter]\nleg_speed_share = 0.5\nlaunch = 1\n"
    codes = {f.code for f in inspected(write(tmp_path / "wrong", toml=wrong))}
    assert codes >= {"E-TOML-RANGE", "E-TOML-KEY"}
