"""Handing over: which routes, under which names, and all files or none."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from plans import tiny_plan

import planner
from planner.errors import InputError
from planner.exports.registry import FORMATS
from planner.formats.archive import zipped
from planner.formats.handover import LONGEST_STEM, file_stems, hand_over, timed_path


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_its_module(name: str) -> None:
    """No format is offered that is not there."""
    assert find_spec(FORMATS[name]) is not None


@given(ids=st.lists(st.text(min_size=1), unique=True, max_size=30))
@example(ids=["a", "A", "ａ", "a/", "a-", "..", "con", "LPT1", "a-2", "\ud800"])
def test_names_made_of_ids_are_safe_and_never_alike(ids: list[str]) -> None:
    """No id of an input file leads out of the folder or onto another's file."""
    stems = file_stems(ids)
    assert list(stems) == ids
    assert len({stem.casefold() for stem in stems.values()}) == len(ids)
    for stem in stems.values():
        assert stem and not set(stem) & set('./\\:*?"<>| ')
        assert stem.isprintable()
        assert stem.casefold() not in ("con", "prn", "aux", "nul", "com1", "lpt1")
        assert len(stem) <= LONGEST_STEM + 3
        stem.encode()


def test_a_safe_id_is_the_name_itself() -> None:
    """Files are found by the id that the map and the timetable show."""
    assert file_stems(["x/1", "x-1"]) == {"x/1": "x-1-2", "x-1": "x-1"}


def test_routes_keep_the_order_of_the_plan() -> None:
    """Whatever order ids are given in, files come as the plan has them."""
    plan = tiny_plan()
    ids = [route.id for route in plan.routes]
    handover = hand_over(plan, routes=reversed(ids))
    assert [route.id for route in handover.routes] == ids
    assert handover.sorties == plan.roster


def test_what_a_file_that_stands_alone_must_hold_is_asked_for_at_once() -> None:
    """Every route without a place, a speed or a direction of time is told."""
    plan = tiny_plan()
    first, second = plan.routes[:2]
    back = replace(first, t_s=tuple(reversed(first.t_s)))
    nowhere = replace(second, depot="?", drone_model="?")
    late = replace(plan.roster[0], route=back.id, landing_s=1e12)
    plan = replace(plan, routes=(back, nowhere), roster=(late,))
    with pytest.raises(InputError) as error:
        hand_over(plan, routes=["?", back.id, nowhere.id])
    assert {finding.code for finding in error.value.findings} == {
        "E-EXPORT-ROUTE",
        "E-EXPORT-TIME",
        "E-EXPORT-CLOCK",
        "E-EXPORT-PLACE",
        "E-EXPORT-TYPE",
    }


def test_times_that_no_calendar_has_are_told() -> None:
    """A roster or a window edited by hand is a finding, not a crash."""
    plan = tiny_plan()
    first, *others = plan.roster
    late = replace(plan, roster=(replace(first, takeoff_s=1e12), *others))
    route = plan.routes[0]
    stop = replace(route.stops[0], windows=((0.0, 1e12),))
    early = replace(plan, routes=(replace(route, stops=(stop,)), *plan.routes[1:]))
    for edited in (late, early):
        with pytest.raises(InputError) as error:
            hand_over(edited)
        assert [f.code for f in error.value.findings] == ["E-EXPORT-CLOCK"]


def test_a_station_that_is_told_twice_is_where_it_has_a_place() -> None:
    """Other entries of its id, or without a usable one, change nothing."""
    plan = tiny_plan()
    noise = ({"id": "A"}, {"id": []}, {})
    again = tuple(map(dict, plan.stations))
    handover = hand_over(replace(plan, stations=(*noise, *plan.stations, *again)))
    assert handover.stations == plan.stations
    assert handover.station(plan.routes[0]) == plan.stations[0]


@pytest.mark.parametrize(
    "figures", [{"climb_mps": 0}, {"airspeed_mps": "fast"}, {"view_radius_m": None}]
)
def test_a_drone_type_without_sound_figures_is_told(figures: dict[str, object]) -> None:
    """A plan's copy of a type may have been edited by hand."""
    plan = tiny_plan()
    models = tuple({**model, **figures} for model in plan.drone_models)
    with pytest.raises(InputError) as error:
        hand_over(replace(plan, drone_models=models), routes=["A1"])
    assert [finding.code for finding in error.value.findings] == ["E-EXPORT-TYPE"]


def test_a_sorties_path_has_the_time_of_day_at_each_vertex() -> None:
    """What is drawn over time starts and ends when the roster says."""
    plan = tiny_plan()
    sortie = plan.roster[-1]
    path = timed_path(hand_over(plan), sortie)
    start = hand_over(plan).moment(0.0)
    assert (path[0][3] - start).total_seconds() == pytest.approx(sortie.takeoff_s)
    assert (path[-1][3] - start).total_seconds() == pytest.approx(sortie.landing_s)
    assert start.isoformat() == plan.horizon["start"]


def test_an_unknown_format_is_named_with_those_that_there_are(tmp_path: Path) -> None:
    """A misspelt format is told before anything is made."""
    with pytest.raises(ValueError, match="'dxf' is no format; take one of qgc, "):
        planner.export_plan(tiny_plan(), "dxf", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_archive_is_the_same_each_time() -> None:
    """No clock gets into an export."""
    assert zipped({"a": b"1", "b/c": b"2"}) == zipped({"a": b"1", "b/c": b"2"})
