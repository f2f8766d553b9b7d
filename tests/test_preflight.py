"""Preflight: what an autopilot would refuse is not written, and is told in full."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from missions import dji_plan
from plans import tiny_plan

from planner.errors import EXIT_BROKEN, MissionError
from planner.exports.exporting import export_plan, exported
from planner.formats.handover import hand_over
from planner.formats.missions.autopilots import autopilot
from planner.formats.missions.briefing import brief
from planner.formats.missions.fence import Fence
from planner.formats.missions.mavlink import LAND, TAKEOFF, Item, items_of
from planner.formats.missions.mission import Mission, with_short_legs
from planner.formats.missions.preflight import MissionFile, preflight

PX4, DJI = autopilot("px4"), autopilot("dji")

Changed = Callable[[MissionFile], MissionFile]


def good_file() -> tuple[MissionFile, Mission]:
    """Return a file as it is read back, and the mission that was meant."""
    mission = with_short_legs(
        brief(hand_over(tiny_plan()), tiny_plan().routes[0]), 800.0
    )
    return MissionFile(missions=(mission,), items=items_of(mission)), mission


def codes(read: MissionFile, **options: bool) -> list[str]:
    """Return the codes of what PX4 would refuse; deviations are not told here."""
    _, meant = good_file()
    found = preflight("A.plan", read, meant, PX4, **options)
    assert all(f.file == "A.plan" and f.feature for f in found)
    return [f.code for f in found if f.code != "E-PREFLIGHT-DEVIATES"]


def test_a_good_mission_passes() -> None:
    """Nothing is refused that an autopilot would fly."""
    read, meant = good_file()
    assert preflight("A.plan", read, meant, PX4) == []


def with_mission(**changes: object) -> Changed:
    """Change the mission of a file."""
    return lambda f: replace(f, missions=(replace(f.missions[0], **changes),))


def with_waypoint(index: int, **changes: object) -> Changed:
    """Change a waypoint of the mission of a file."""

    def change(file: MissionFile) -> MissionFile:
        points = list(file.missions[0].waypoints)
        points[index] = replace(points[index], **changes)
        return with_mission(waypoints=tuple(points))(file)

    return change


def with_item(index: int, command: int, *params: float) -> Changed:
    """Put an item before another."""
    item = Item(command=command, frame=3, params=(*params, *[0.0] * (7 - len(params))))

    def change(file: MissionFile) -> MissionFile:
        items = list(file.items)
        items.insert(index, item)
        return replace(file, items=tuple(items))

    return change


def ring(size: float, count: int = 4) -> tuple[tuple[float, float], ...]:
    """Return a square round the station with as many corners as asked for."""
    more = [(120 - size, 33 - size + size * k / count) for k in range(1, count - 3)]
    square = [(120 - size, 33 - size), (120 + size, 33 - size), (120 + size, 33 + size)]
    return (*square, (120 - size, 33 + size), *reversed(more))


FAULTS: dict[str, Changed] = {
    # the families of PX4's feasibility checker
    "E-PREFLIGHT-COMMAND": with_item(3, 82),
    "E-PREFLIGHT-ACTUATOR": with_item(3, 183, 7.0, 1500.0),
    "E-PREFLIGHT-LANDS-FIRST": with_item(0, LAND),
    "E-PREFLIGHT-TAKEOFF-LATE": with_item(5, TAKEOFF),
    "E-PREFLIGHT-TAKEOFF-LOW": with_waypoint(0, height_m=10.5),
    "E-PREFLIGHT-FIRST-FAR": with_mission(home=(120.0, 33.02)),
    "E-PREFLIGHT-LEG": with_waypoint(-2, lat=33.02),
    "E-PREFLIGHT-HEIGHT": with_waypoint(2, height_m=-1.0),
    "E-PREFLIGHT-ENDS": with_mission(end="stay"),
    # what its memory and its fences do not hold
    "E-PREFLIGHT-MANY": lambda f: replace(f, items=f.items[:1] + f.items[1:2] * 600),
    "E-PREFLIGHT-FENCE": lambda f: replace(f, fence=Fence(keep_in=(ring(0.1, 80),))),
    "E-PREFLIGHT-RALLY": lambda f: replace(
        f, landing_places=((120.0, 33.0, 60.0),) * 9
    ),
    "E-PREFLIGHT-KEEP-IN": lambda f: replace(f, fence=Fence(keep_in=(ring(0.001),))),
    "E-PREFLIGHT-KEEP-OUT": lambda f: replace(f, fence=Fence(keep_out=(ring(0.001),))),
    "E-PREFLIGHT-SPEED": with_waypoint(3, speed_mps=float("inf")),
}


@pytest.mark.parametrize("code", FAULTS)
def test_each_reason_to_refuse_is_found_alone(code: str) -> None:
    """A mission with one fault is refused for it, whatever else is right."""
    read, _ = good_file()
    found = codes(FAULTS[code](read))
    others = {"E-PREFLIGHT-LANDS-FIRST": ["E-PREFLIGHT-TAKEOFF-LATE"]}
    assert set(found) == {code, *others.get(code, [])}


def test_a_part_of_a_sortie_may_start_and_end_in_the_air() -> None:
    """What is parted for an autopilot's memory lacks a take-off or a landing."""
    read, _ = good_file()
    part = with_mission(takes_off=False, end="stay")(read)
    assert codes(part, whole=False) == []
    assert codes(part) == ["E-PREFLIGHT-ENDS"]


@pytest.mark.parametrize(
    "change",
    [
        with_waypoint(2, lat=33.0000222),
        with_waypoint(2, height_m=60.3),
        with_waypoint(2, actions=()),
        with_waypoint(2, speed_mps=5.0),
        with_mission(end="return"),
        with_mission(takes_off=False),
        lambda f: replace(f, missions=f.missions * 2),
        lambda f: with_mission(waypoints=f.missions[0].waypoints[::-1])(f),
        lambda f: with_mission(waypoints=f.missions[0].waypoints[:-1])(f),
    ],
)
def test_a_file_that_says_another_mission_is_refused(change: Changed) -> None:
    """What is checked is what a reader sees: path, order, heights and actions."""
    read, meant = good_file()
    found = preflight("A.plan", change(read), meant, PX4)
    assert "E-PREFLIGHT-DEVIATES" in {f.code for f in found}


def test_waylines_have_two_waypoints_and_heights_that_a_dock_allows() -> None:
    """Limits are those of the maker that flies the file."""
    read, meant = good_file()
    short = replace(
        read, items=(), missions=(replace(meant, waypoints=meant.waypoints[:1]),)
    )
    low = with_waypoint(0, height_m=7.0)(replace(read, items=()))
    assert "E-PREFLIGHT-FEW" in {f.code for f in preflight("", short, meant, DJI)}
    assert "E-PREFLIGHT-TAKEOFF-LOW" in {f.code for f in preflight("", low, meant, DJI)}


def test_one_mission_that_must_not_fly_keeps_all_from_being_written(
    tmp_path: Path,
) -> None:
    """A folder never holds some missions of a plan as if they were all."""
    plan = dji_plan()
    routes = list(plan.routes)
    hasty = tuple(t if i < 2 else t / 2 for i, t in enumerate(routes[1].t_s))
    routes[1] = replace(routes[1], t_s=tuple(sorted(hasty)))
    plan = replace(plan, routes=tuple(routes))
    with pytest.raises(MissionError) as error:
        export_plan(plan, "wpml", tmp_path / "out")
    assert error.value.exit_code == EXIT_BROKEN
    assert {f.file for f in error.value.findings} == {"A2.kmz"}
    assert {f.code for f in error.value.findings} == {"E-PREFLIGHT-SPEED"}
    assert not (tmp_path / "out").exists()
    others = hand_over(plan, routes=["A1", "B1", "B2"])
    assert len(exported(others, "wpml")) == 3
