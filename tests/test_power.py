"""Batteries: what flying takes, what charging gives back, and what is planned for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.basics.power import Battery
from planner.formats.drones import catalogue_file, drone_models, known_models
from planner.formats.settings import parse_settings
from planner.formats.table import Notes
from planner.given.drone import DroneModel
from planner.given.stamina import (
    least_rest_s,
    longest_flight_s,
    longest_sortie_s,
    longest_within_s,
    sortie_wh,
    turnaround_after_s,
)
from planner.given.wind import Wind

HEAD = """timezone = "Asia/Shanghai"
[layers]
stations = "s.geojson"
zones = "z.geojson"
[[drones]]
"""
CEILING_M = 120.0
CALM = Wind()


def models(text: str, wind: Wind = CALM) -> tuple[tuple[DroneModel, ...], Notes]:
    """Return the drone types that a scenario's tables name, and what is noted."""
    notes = Notes()
    settings = parse_settings(HEAD + text, notes)
    assert settings is not None, notes.listed()
    return drone_models(settings, wind, notes), notes


def flown_by_battery(name: str, wind: Wind = CALM) -> DroneModel:
    """Return a drone type of the catalogue that is limited by its battery."""
    (model,), notes = models(f'model = "{name}"\nenergy = "battery"\n', wind)
    assert not notes.listed()
    return model


def battery_of(model: DroneModel) -> Battery:
    """Return the battery that a drone type must have."""
    assert model.battery is not None
    return model.battery


BATTERIES = [name for name in known_models() if name != "VTOL"]


@pytest.mark.parametrize("name", known_models())
def test_every_figure_of_the_catalogue_says_where_it_is_from(name: str) -> None:
    """Each figure has a source: a known one, or the word that it is estimated."""
    content = catalogue_file()
    entry, known = content[name], set(content["sources"])
    figures = {key for key, value in entry.items() if isinstance(value, float)}
    assert figures == set(entry["source"])
    for said in entry["source"].values():
        words = set(said.replace(":", " ").replace("(", " ").replace(")", " ").split())
        assert words & known or "estimate" in said


@pytest.mark.parametrize("name", known_models())
def test_a_type_of_the_catalogue_is_named_and_nothing_else(name: str) -> None:
    """The name of a type alone makes a drone that flies for its derated endurance."""
    (model,), notes = models(f'model = "{name}"\n')
    assert not notes.listed()
    still_s = 60 * catalogue_file()[name]["still_air_min"]
    assert 0.55 <= model.usable_endurance_s / still_s <= 0.64
    assert model.battery is None and model.wind_limit_mps is not None


@pytest.mark.parametrize("name", BATTERIES)
def test_a_battery_lasts_as_its_maker_says(name: str) -> None:
    """From full to empty at the best airspeed it flies for the time that is stated."""
    battery = battery_of(flown_by_battery(name))
    speeds = np.arange(0.0, 30.0, 0.05)
    least_w = float(battery.power_w(speeds).min())
    assert 60 * battery.capacity_wh / least_w == pytest.approx(battery.still_air_s / 60)
    assert least_w < float(battery.power_w(0.0)) < 1.5 * least_w


@pytest.mark.parametrize("name", BATTERIES)
def test_power_falls_and_then_rises_with_the_airspeed(name: str) -> None:
    """So no level flight draws more than hovering and the fastest flight do."""
    battery = battery_of(flown_by_battery(name))
    steps = np.diff(battery.power_w(np.arange(0.0, 25.0, 0.1)))
    turns = np.flatnonzero(np.diff(np.sign(steps)))
    assert len(turns) == 1 and steps[0] < 0 < steps[-1]


def test_a_heavier_drone_draws_more() -> None:
    """Payload costs power at any airspeed, and in a climb."""
    battery = battery_of(flown_by_battery("M350"))
    loaded = replace(battery, payload_kg=1.0)
    speeds = np.arange(0.0, 25.0, 0.5)
    assert (loaded.power_w(speeds) > battery.power_w(speeds)).all()
    assert loaded.climbing_w(5.0) > battery.climbing_w(5.0) > 0
    hover = loaded.power_w(0.0) / battery.power_w(0.0)
    mass = (battery.mass_kg + 1.0) / battery.mass_kg
    assert float(hover) == pytest.approx(mass**1.5)


@pytest.mark.parametrize("name", BATTERIES)
def test_wind_asks_for_a_higher_airspeed(name: str) -> None:
    """The airspeed that gets farthest never falls as the wind rises."""
    chosen = [
        flown_by_battery(name, Wind(speed_mps=float(speed))).airspeed_mps
        for speed in (0, 6, 10)
    ]
    assert chosen == sorted(chosen)
    assert chosen[-1] <= catalogue_file()[name]["fastest_mps"]


@given(st.floats(0.0, 80.0), st.floats(0.0, 20.0))
def test_charging_takes_longer_for_more(taken_wh: float, more_wh: float) -> None:
    """What is taken in two sorties is charged no faster than in one (tapering)."""
    battery = battery_of(flown_by_battery("M4TD"))
    both_s = battery.charging_s(taken_wh + more_wh)
    assert battery.charging_s(taken_wh) <= both_s + 1e-9
    parts_s = battery.charging_s(taken_wh) + battery.charging_s(more_wh)
    assert both_s <= parts_s + 1e-6


def test_charging_is_the_integral_of_its_power() -> None:
    """The closed form equals small steps of constant, then falling power."""
    battery = battery_of(flown_by_battery("M4TD"))
    healthy_wh = battery.capacity_wh * battery.health_share
    charge, seconds, step_s = battery.reserve_share, 0.0, 0.1
    while charge < battery.full_share:
        missing = min(1.0, (1 - charge) / (1 - battery.taper_share))
        charge += battery.charge_w * missing * step_s / 3600 / healthy_wh
        seconds += step_s
    assert battery.charging_s(battery.usable_wh) == pytest.approx(seconds, rel=1e-3)


def test_swapped_batteries_need_no_charging() -> None:
    """Where batteries are swapped the turnaround is the handling alone."""
    model = flown_by_battery("M30T")
    assert turnaround_after_s(model, 1000.0, CEILING_M) == model.turnaround_s == 300.0


@given(st.floats(1.0, 9000.0), st.sampled_from(BATTERIES))
def test_the_longest_sortie_within_a_cycle_is_the_longest(
    cycle_s: float, name: str
) -> None:
    """It fits with its turnaround, and a second more does not, or is too long."""
    model = flown_by_battery(name)
    found_s = longest_within_s(model, cycle_s, CEILING_M)
    if found_s <= 0:
        assert turnaround_after_s(model, 0.0, CEILING_M) >= cycle_s
        return
    assert found_s + turnaround_after_s(model, found_s, CEILING_M) <= cycle_s + 0.1
    more_s = found_s + 1.0
    assert (
        more_s > longest_sortie_s(model, CEILING_M)
        or more_s + turnaround_after_s(model, more_s, CEILING_M) > cycle_s
    )


@pytest.mark.parametrize("name", BATTERIES)
def test_what_is_planned_for_is_the_worst_and_what_is_bounded_the_best(
    name: str,
) -> None:
    """The longest sortie keeps the reserve; no flight outlasts what bounds assume."""
    model = flown_by_battery(name)
    battery = battery_of(model)
    longest_s = longest_sortie_s(model, CEILING_M)
    assert sortie_wh(model, longest_s, CEILING_M) == pytest.approx(battery.usable_wh)
    assert longest_s < longest_flight_s(model) < battery.still_air_s
    share = least_rest_s(model) / longest_flight_s(model)
    for part in (0.1, 0.5, 0.9, 1.0):
        flight_s = part * longest_flight_s(model)
        least_wh = battery.least_w * flight_s / 3600
        rest_s = model.turnaround_s + battery.charging_s(least_wh)
        assert rest_s >= share * flight_s - 1e-6


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('model = "HOME-MADE"\nenergy = "battery"\n', "E-DRONE-FIGURES"),
        ('model = "VTOL"\nenergy = "battery"\n', "E-DRONE-FIGURES"),
        (
            'model = "M4TD"\nenergy = "battery"\nreserve_share = 0.97\n',
            "E-DRONE-BATTERY",
        ),
        ('model = "M4TD"\nenergy = "battery"\nfull_share = 1.0\n', "E-DRONE-BATTERY"),
        ('model = "M4TD"\nswath_m = 150.0\n', "W-SWATH-WIDE"),
    ],
)
def test_figures_that_make_no_sense_are_found(text: str, code: str) -> None:
    """Missing and contradicting figures of a drone are told, not guessed."""
    _, notes = models(text)
    assert [finding.code for finding in notes.listed()] == [code]
