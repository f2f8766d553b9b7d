"""Every format to look and work with: alone, the same each time, of what was chosen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hand_edits import edited_by_hand
from handovers import handovers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plans import tiny_plan

from planner.errors import InputError
from planner.exports.exporting import exported
from planner.exports.registry import FORMATS
from planner.formats.exchange.colours import layer_colours, station_colours
from planner.formats.exchange.tables import both, places, tables
from planner.formats.handover import Handover, hand_over
from planner.formats.plan_geojson import plan_to_bytes, read_plan

NAMES = [name for name, module in FORMATS.items() if ".exchange." in module]
TINY = hand_over(tiny_plan())
TEXT = plan_to_bytes(TINY.plan).decode()


@pytest.mark.parametrize("name", NAMES)
def test_an_export_is_the_same_each_time(name: str) -> None:
    """A plan gives the same bytes again."""
    files = exported(TINY, name)
    assert files == exported(hand_over(tiny_plan()), name)
    assert all(files.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_route_that_was_not_chosen_is_in_no_file(name: str) -> None:
    """Who is handed one route learns of no other."""
    others = [route.id for route in TINY.routes if route.id != "A1"]
    for content in exported(hand_over(TINY.plan, routes=["A1"]), name).values():
        assert not any(f">{other}<".encode() in content for other in others)
        assert not any(f'"{other}"'.encode() in content for other in others)


@settings(max_examples=15)
@given(handover=handovers())
def test_no_text_keeps_a_plan_from_being_written(handover: Handover) -> None:
    """Any text that a plan's file can hold can be exported in every format."""
    for name in NAMES:
        assert all(exported(handover, name).values())


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_plan_edited_by_hand_is_exported_or_refused_but_never_crashes(
    data: st.DataObject, tmp_path: Path
) -> None:
    """What can be read as a plan is handed over whole, or ends in findings."""
    path = tmp_path / "plan.geojson"
    path.write_text(edited_by_hand(data, TEXT), encoding="utf-8")
    try:
        handover = hand_over(read_plan(path))
    except InputError as error:
        assert error.findings
        return
    for name in NAMES:
        assert all(exported(handover, name).values())


def test_every_table_has_a_title_and_heads_in_both_languages() -> None:
    """Each row has a cell for every column."""
    for table in tables(TINY):
        assert table.title == both(f"exchange.table.{table.name}")
        assert len(table.heads) == len(table.columns)
        assert all(len(row) == len(table.columns) for row in table.rows)
        assert len(table.shapes) in (0, len(table.rows))


def test_a_stop_begins_where_the_route_is_then() -> None:
    """Between two vertices it is as far on as time is."""
    route = TINY.routes[0]
    assert np.array(places(route, route.t_s)) == pytest.approx(np.array(route.path))
    middle = (route.t_s[0] + route.t_s[1]) / 2
    ((lon, lat, height_m),) = places(route, [middle])
    assert (lon, lat) == pytest.approx(route.path[0][:2])
    assert height_m == pytest.approx(route.layer_m / 2)


def test_colours_do_not_depend_on_what_is_chosen() -> None:
    """A layer or station has one colour in all exports of a plan."""
    one = hand_over(TINY.plan, routes=["B1"])
    assert layer_colours(one) == layer_colours(TINY)
    assert station_colours(one) == station_colours(TINY)
    assert len(set(layer_colours(TINY).values())) == 4
