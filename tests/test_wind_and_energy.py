"""Plans for batteries and winds keep their promises, and the checker sees if not."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from test_power import battery_of, flown_by_battery
from worlds import square, station, two_stations, world, zone

from planner.basics.physics import flight_time_s, wind_vector
from planner.budget import Budget
from planner.checks import examine
from planner.flown.energies import airspeeds_mps, blows_met, flown_wh
from planner.flown.tracks import flown_routes
from planner.formats.plan_geojson import as_written
from planner.given.stamina import sortie_wh, turnaround_after_s
from planner.given.wind import Spell, Wind
from planner.implied.winds import all_winds, calm_layers_m
from planner.plan import Plan
from planner.planning.pipeline import plan_routes
from planner.scenario import Scenario

TWICE = Budget(iterations=2, workers=1)
GUSTY = Wind(
    speed_mps=3.0,
    from_deg=250.0,
    spells=(
        Spell(speed_mps=6.0, from_deg=300.0, hours=(7 * 3600.0, 8 * 3600.0)),
        Spell(speed_mps=5.0, from_deg=200.0, gust_mps=14.0, low_m=100.0),
    ),
)


def by_battery(scenario: Scenario, wind: Wind) -> Scenario:
    """Return a scenario flown by M4TD that are limited by their batteries."""
    model = replace(flown_by_battery("M4TD", wind), model="M")
    return replace(scenario, drone_models=(model,), wind=wind)


@cache
def windy() -> Scenario:
    """Return the two stations in winds that change with height and hour."""
    return by_battery(two_stations(), GUSTY)


@cache
def planned() -> Plan:
    """Return a plan for the two stations."""
    return plan_routes(windy(), budget=TWICE)


def codes(scenario: Scenario, plan: Plan) -> set[str]:
    """Return the codes of what the checker finds."""
    return {v.code for v in examine(scenario, plan).violations}


def test_a_plan_for_batteries_and_winds_is_flyable_and_whole() -> None:
    """It breaks no rule, leaves no zone out, and flies below what is too gusty."""
    plan = planned()
    assert codes(windy(), plan) == set()
    assert plan.unserved == ()
    assert calm_layers_m(windy()) == (60.0, 75.0, 90.0)
    assert {r.layer_m for r in plan.routes} <= {60.0, 75.0, 90.0}


def test_no_sortie_takes_more_than_is_planned_for() -> None:
    """What a path takes is within what was planned for a sortie of its duration."""
    scenario, plan = windy(), planned()
    ceiling_m = scenario.rules.ceiling_m
    for flown in flown_routes(scenario, plan):
        battery = battery_of(flown.model)
        taken_wh = flown_wh(scenario, flown, battery)
        planned_wh = sortie_wh(flown.model, flown.route.duration_s, ceiling_m)
        assert 0.6 * planned_wh < taken_wh <= planned_wh
        rest_s = turnaround_after_s(flown.model, flown.route.duration_s, ceiling_m)
        for sortie in plan.roster:
            if sortie.route == flown.route.id:
                assert sortie.ready_s - sortie.landing_s == pytest.approx(rest_s, abs=1)


def test_a_path_never_asks_for_more_than_the_airspeed() -> None:
    """In every wind that a piece of a path meets, the air passes no faster."""
    for flown in flown_routes(windy(), planned()):
        met = np.zeros(len(flown.t) - 1, dtype=bool)
        for blow, pieces in blows_met(windy(), flown):
            level = pieces & (np.diff(flown.z) == 0)
            air_mps = airspeeds_mps(flown, blow)[level]
            assert (air_mps <= flown.model.airspeed_mps + 0.05).all()
            met |= pieces
        assert met.all()


def test_a_weaker_battery_breaks_the_energy_rule_alone() -> None:
    """A plan made for a fresh battery is not passed for a tired one."""
    model = windy().drone_models[0]
    routes = flown_routes(windy(), planned())
    most_wh = max(flown_wh(windy(), f, battery_of(model)) for f in routes)
    spare = most_wh / battery_of(model).usable_wh
    tired = replace(battery_of(model), health_share=0.84 * spare * 0.98, charge_w=1e6)
    weak = replace(windy(), drone_models=(replace(model, battery=tired),))
    found = codes(weak, planned())
    assert "energy.reserve" in found
    assert {code.partition(".")[0] for code in found} <= {
        "energy",
        "motion",  # the load counts charging
        "accounts",
        "provenance",
    }
    fresh = replace(tired, health_share=0.84 * spare * 1.02)
    strong = replace(windy(), drone_models=(replace(model, battery=fresh),))
    assert "energy.reserve" not in codes(strong, planned())


def test_a_sortie_that_is_called_ready_too_soon_is_found() -> None:
    """Ready before the battery is charged again is no turnaround."""
    plan = planned()
    first = plan.roster[0]
    hasty = replace(first, ready_s=first.landing_s + 60.0)
    broken = as_written(replace(plan, roster=(hasty, *plan.roster[1:])))
    assert "fleet.turnaround" in codes(windy(), broken)


def test_wind_beyond_the_limit_is_found_where_and_when_it_blows() -> None:
    """A gust counts at the heights and hours that meet a sortie, and not elsewhere."""
    plan, scenario = planned(), windy()
    layers = {r.layer_m for r in plan.routes}
    storm = Spell(speed_mps=3.0, from_deg=250.0, gust_mps=20.0)
    night = replace(storm, hours=(20 * 3600.0, 29 * 3600.0))
    above = replace(storm, low_m=max(layers) + 1)

    def with_spell(spell: Spell) -> Scenario:
        spells = (*scenario.wind.spells, spell)
        return replace(scenario, wind=replace(scenario.wind, spells=spells))

    assert "airspace.wind" in codes(with_spell(storm), plan)
    assert "airspace.wind" in codes(
        with_spell(replace(storm, hours=(5 * 3600.0, 7 * 3600.0))), plan
    )
    assert "airspace.wind" not in codes(with_spell(night), plan)
    assert "airspace.wind" not in codes(with_spell(above), plan)


def test_a_stronger_wind_is_too_slow_for_the_clock() -> None:
    """A path timed for one wind is not passed in one that slows it down."""
    scenario = windy()
    strong = replace(scenario.wind, speed_mps=9.0)
    assert "motion.speed" in codes(replace(scenario, wind=strong), planned())


def test_legs_take_the_time_of_the_slowest_wind() -> None:
    """Among several winds a leg is planned for the worst; one may close it."""
    winds = all_winds(windy())
    assert len(winds) == 3
    each = [float(flight_time_s(900.0, 400.0, 12.0, (wind,))) for wind in winds]
    assert float(flight_time_s(900.0, 400.0, 12.0, winds)) == max(each)
    storm = wind_vector(13.0, 0.0)
    assert np.isinf(flight_time_s(900.0, 0.0, 12.0, (*winds, storm)))


def test_a_battery_that_charges_slowly_takes_more_drones() -> None:
    """What a charger takes longer for, more drones must fly."""
    zones = [
        zone(f"W{i}{j}", square(900 * i, 900 * j, 200), revisit_s=1800.0)
        for i in range(-2, 3)
        for j in (-2, -1, 1, 2)
    ]
    scenario = world([station("A", 0, 0, 12)], zones)
    (model,) = by_battery(scenario, Wind()).drone_models
    swapped = replace(model, battery=replace(battery_of(model), charge_w=0.0))
    plans = [
        plan_routes(replace(scenario, drone_models=(each,)), budget=TWICE)
        for each in (model, swapped)
    ]
    assert plans[0].unserved == plans[1].unserved == ()
    peaks = [int(plan.metrics["drones_peak"]) for plan in plans]
    assert peaks[0] > peaks[1]
