"""Reading missions of others: what they mean, and every bad file a finding."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from missions import dji_plan

from planner.errors import InputError
from planner.exports.exporting import exported
from planner.formats.handover import hand_over
from planner.formats.missions.importing import missions_to_geojson, read_missions
from planner.formats.missions.mission import Action, Mission
from planner.formats.missions.preflight import MissionFile


def read(tmp_path: Path, name: str, data: bytes | str) -> MissionFile:
    """Return what a file of this content says."""
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_missions(path)


def refused(tmp_path: Path, name: str, data: bytes | str) -> set[str]:
    """Return the codes of what is wrong with a file."""
    with pytest.raises(InputError) as error:
        read(tmp_path, name, data)
    assert {finding.file for finding in error.value.findings} == {name}
    return {finding.code for finding in error.value.findings if finding.is_error}


def simple(command: int, *params: float | None, frame: int = 3) -> dict[str, Any]:
    """Return an item of a ``.plan`` file."""
    filled = [*params, *[0] * (7 - len(params))]
    return {"type": "SimpleItem", "command": command, "frame": frame, "params": filled}


def plan_file(*items: dict[str, Any], **members: Any) -> str:
    """Return a ``.plan`` file as another program writes it."""
    mission = {"items": list(items), "plannedHomePosition": [33.0, 120.0, 5.0]}
    return json.dumps({"fileType": "Plan", "mission": mission, **members})


def at(lat: float, lon: float, height: float, **options: int) -> dict[str, Any]:
    """Return a waypoint item."""
    return simple(16, 0, 0, 0, None, lat, lon, height, **options)


def test_heights_above_the_sea_become_heights_above_home(tmp_path: Path) -> None:
    """A frame is never passed over."""
    text = plan_file(at(33.0, 120.01, 65.0, frame=0), at(33.0, 120.02, 60.0))
    (mission,) = read(tmp_path, "a.plan", text).missions
    assert [w.height_m for w in mission.waypoints] == [60.0, 60.0]
    assert (mission.takes_off, mission.end) == (False, "stay")


def test_a_survey_is_flown_as_the_items_it_lists(tmp_path: Path) -> None:
    """What a ground station has worked out need not be worked out again."""
    survey = {
        "type": "ComplexItem",
        "complexItemType": "survey",
        "TransectStyleComplexItem": {"Items": [at(33.0, 120.01, 60.0), simple(20)]},
    }
    (mission,) = read(tmp_path, "a.plan", plan_file(survey)).missions
    assert (len(mission.waypoints), mission.end) == (1, "return")
    scan = {"type": "ComplexItem", "complexItemType": "StructureScan"}
    assert refused(tmp_path, "b.plan", plan_file(scan)) == {"E-MISSION-COMPLEX"}


def test_a_command_that_moves_the_drone_is_not_left_out(tmp_path: Path) -> None:
    """A spline or a jump is refused; a light that is switched on is told."""
    start = at(33.0, 120.01, 60.0)
    for command in (18, 82, 177):
        text = plan_file(start, simple(command, 1, 0, 0, 0, 33.0, 120.0, 60.0))
        assert refused(tmp_path, "a.plan", text) == {"E-MISSION-COMMAND"}
    file = read(tmp_path, "a.plan", plan_file(start, simple(181, 1, 1, frame=2)))
    assert [f.code for f in file.findings] == ["W-MISSION-COMMAND"]


def test_a_fence_that_does_not_say_keeps_in(tmp_path: Path) -> None:
    """As ground stations take it; circles are fences too, and lat comes first."""
    square = [[33.0, 120.0], [33.0, 120.1], [33.1, 120.1]]
    fences = {
        "polygons": [{"polygon": square}, {"polygon": square, "inclusion": False}],
        "circles": [{"circle": {"center": [33.0, 120.0], "radius": 100}}],
    }
    text = plan_file(at(33.0, 120.01, 60.0), geoFence=fences)
    fence = read(tmp_path, "a.plan", text).fence
    assert fence.keep_out == (((120.0, 33.0), (120.1, 33.0), (120.1, 33.1)),)
    assert len(fence.keep_in) == 2 and fence.keep_in[0] == fence.keep_out[0]
    assert {round(lat, 2) for _, lat in fence.keep_in[1]} == {33.0}


BAD_PLANS = {
    "no json": ("{", "E-PLAN-PARSE"),
    "another file": ("{}", "E-MISSION-FORMAT"),
    "no mission": ('{"fileType": "Plan"}', "E-PLAN-KEY"),
    "no items": (plan_file(), "E-INPUT-EMPTY"),
    "text for a number": (plan_file({**simple(16), "command": "x"}), "E-PLAN-NUMBER"),
    "six parameters": (
        plan_file({**simple(16), "params": [0] * 6}),
        "E-MISSION-PARAMS",
    ),
    "off the globe": (plan_file(at(91.0, 120.0, 60.0)), "E-MISSION-PLACE"),
    "a number that is none": (plan_file(at(1e308, 1.0, 1.0)), "E-MISSION-PLACE"),
    "a fence of text": (
        plan_file(at(33.0, 120.0, 60.0), geoFence={"polygons": [{"polygon": "x"}]}),
        "E-MISSION-FENCE",
    ),
}


@pytest.mark.parametrize("name", BAD_PLANS)
def test_a_bad_plan_file_is_told_what_is_wrong(tmp_path: Path, name: str) -> None:
    """Each fault has its code; none is passed over."""
    text, code = BAD_PLANS[name]
    assert refused(tmp_path, "a.plan", text) == {code}


def test_a_waypoint_file_without_home_is_read(tmp_path: Path) -> None:
    """PX4's own begin with the take-off; NaN is a heading that is free."""
    rows = "QGC WPL 110\n0\t1\t3\t22\t0\t0\t0\tnan\t33.0\t120.0\t60\t1\n"
    (mission,) = read(tmp_path, "a.waypoints", rows).missions
    assert (mission.takes_off, mission.home) == (True, None)


@pytest.mark.parametrize(
    "row",
    ["0\t1\t3", "0\t1\t3\t16\t0\t0\t0\t0\tx\t120\t60\t1", "0 1 3 16 inf" + " 0" * 7],
)
def test_a_bad_row_is_named(tmp_path: Path, row: str) -> None:
    """It is told by its line."""
    assert refused(tmp_path, "a.txt", f"QGC WPL 110\n{row}\n") == {"E-MISSION-ROW"}


def kmz(**members: bytes | str) -> bytes:
    """Return an archive; double underscores in names stand for dots and slashes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("___", "/").replace("__", "."), data)
    return packed.getvalue()


def wayline(heights: str, config: str = "", more: str = "") -> str:
    """Return a wayline of two waypoints as another program writes it."""
    points = "".join(
        f"<Placemark><Point><coordinates>120.0{i},33</coordinates></Point>"
        f"<w:index>{i}</w:index>{heights}{more}</Placemark>"
        for i in range(2)
    )
    return (
        '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:w="http://www.dji.com/wpmz/1.0.2">'
        f"<Document><w:missionConfig>{config}</w:missionConfig><Folder>{points}"
        "</Folder></Document></kml>"
    )


HOME = "<w:takeOffRefPoint>33,120,12.5</w:takeOffRefPoint>"
ELLIPSOID = "<w:executeHeight>72.5</w:executeHeight>"
MODE = "<w:executeHeightMode>{}</w:executeHeightMode>"
EGM = (
    "<w:ellipsoidHeight>72.5</w:ellipsoidHeight><w:height>64.1</w:height>"
    "<w:heightMode>EGM96</w:heightMode>"
)


def heights_of(mission: Mission) -> list[float]:
    """Return the heights of the waypoints of a mission."""
    return [waypoint.height_m for waypoint in mission.waypoints]


def test_heights_above_an_ellipsoid_or_the_sea_need_that_of_home(
    tmp_path: Path,
) -> None:
    """72.5 m over the ellipsoid is 60 m over a home at 12.5 m, and else unknown."""
    above = ELLIPSOID + MODE.format("WGS84")
    data = kmz(wpmz___waylines__wpml=wayline(above, HOME))
    (mission,) = read(tmp_path, "a.kmz", data).missions
    assert heights_of(mission) == [60.0, 60.0]
    homeless = kmz(wpmz___waylines__wpml=wayline(above))
    assert refused(tmp_path, "b.kmz", homeless) == {"E-MISSION-HEIGHTS"}
    template = read(tmp_path, "c.kmz", kmz(wpmz___template__kml=wayline(EGM, HOME)))
    assert heights_of(template.missions[0]) == [60.0, 60.0]
    assert [f.code for f in template.findings] == ["W-MISSION-TEMPLATE"]


def test_heights_above_the_ground_below_are_told(tmp_path: Path) -> None:
    """They are taken as they stand, and the person knows."""
    text = wayline(ELLIPSOID + MODE.format("realTimeFollowSurface"))
    file = read(tmp_path, "a.kmz", kmz(wpmz___waylines__wpml=text))
    assert {f.code for f in file.findings} == {"W-MISSION-TERRAIN"}


def test_actions_that_are_not_done_on_arrival_are_told(tmp_path: Path) -> None:
    """A timed photo is left out with a warning; a hover is a hold."""

    def group(trigger: str, function: str, params: str = "") -> str:
        return (
            f"<w:actionGroup><w:actionTrigger><w:actionTriggerType>{trigger}"
            f"</w:actionTriggerType></w:actionTrigger><w:action><w:actionActuatorFunc>"
            f"{function}</w:actionActuatorFunc><w:actionActuatorFuncParam>{params}"
            "</w:actionActuatorFuncParam></w:action></w:actionGroup>"
        )

    more = group("reachPoint", "hover", "<w:hoverTime>7</w:hoverTime>")
    more += group("reachPoint", "zoom") + group("multipleTiming", "takePhoto")
    text = wayline("<w:executeHeight>60</w:executeHeight>", more=more)
    file = read(tmp_path, "a.kmz", kmz(wpmz___waylines__wpml=text))
    assert file.missions[0].waypoints[0].actions == (Action(kind="hold", value=7.0),)
    assert [f.code for f in file.findings] == ["W-MISSION-ACTION"] * 4


DTD = '<!DOCTYPE kml [<!ENTITY a "aaaaaaaaaa">]><kml><Placemark>&a;</Placemark></kml>'
LINE = (
    '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>旧航线</name>'
    "<LineString>{}<coordinates>{}</coordinates></LineString></Placemark></kml>"
)
RELATIVE = "<altitudeMode>relativeToGround</altitudeMode>"
SEA = "<altitudeMode>absolute</altitudeMode>"

BAD_FILES: dict[str, tuple[bytes | str, str]] = {
    "entities": (DTD, "E-XML-DTD"),
    "entities in waylines": (kmz(wpmz___waylines__wpml=DTD), "E-XML-DTD"),
    "a bomb": (kmz(doc__kml=b" " * 30_000_000), "E-ZIP-RATIO"),
    "nothing in it": (kmz(readme=b"x"), "E-ZIP-NOGEO"),
    "cut short": (kmz(doc__kml=LINE)[:40], "E-FORMAT-CORRUPT"),
    "no waylines": (kmz(wpmz___waylines__wpml="<kml/>"), "E-INPUT-EMPTY"),
    "a gap in the count": (
        kmz(
            wpmz___waylines__wpml=wayline(
                "<w:executeHeight>60</w:executeHeight>"
            ).replace("index>1<", "index>2<")
        ),
        "E-MISSION-INDEX",
    ),
    "words for a height": (
        kmz(wpmz___waylines__wpml=wayline("<w:executeHeight>high</w:executeHeight>")),
        "E-MISSION-NUMBER",
    ),
    "no line": ("<kml/>", "E-INPUT-EMPTY"),
    "above the sea": (LINE.format(SEA, "120,33,90 121,33,90"), "E-MISSION-HEIGHTS"),
    "one place": (LINE.format(RELATIVE, "120,33,90"), "E-GEOM-DEGENERATE"),
    "no number": (LINE.format(RELATIVE, "120,33 a,b"), "E-KML-COORD"),
    "swapped": (LINE.format(RELATIVE, "33,120,90 33,121,90"), "E-KML-COORD"),
    "a picture": (b"\x89PNG", "E-MISSION-FORMAT"),
    "nothing": (b"", "E-INPUT-EMPTY"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_archive_or_line_is_told_what_is_wrong(tmp_path: Path, name: str) -> None:
    """No entity is resolved, nothing is unpacked without measure, all has a code."""
    data, code = BAD_FILES[name]
    assert refused(tmp_path, "a.kmz", data) == {code}


def test_lines_of_kml_are_routes(tmp_path: Path) -> None:
    """Above ground as drawn; on the ground with a warning; in an archive as well."""
    text = LINE.format(RELATIVE, "120,33,90 120.01,33,90")
    for data in (text, kmz(doc__kml=text)):
        (mission,) = read(tmp_path, "a", data).missions
        assert (mission.name, heights_of(mission)) == ("旧航线", [90.0, 90.0])
    file = read(tmp_path, "b", LINE.format("", "120,33,90 120.01,33,90"))
    assert heights_of(file.missions[0]) == [0.0, 0.0]
    assert [f.code for f in file.findings] == ["W-MISSION-NO-HEIGHT"]


GOOD = [
    next(iter(exported(hand_over(dji_plan(), routes=["A2"]), name).values()))
    for name in ("qgc", "wpl", "wpml")
]


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_damage_to_a_file_ends_in_a_traceback(tmp_path: Path, data: Any) -> None:
    """Bytes that are cut, changed or doubled give missions or findings."""
    content = bytearray(data.draw(st.sampled_from(GOOD)))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content)))
        new = data.draw(
            st.one_of(st.binary(max_size=4), st.just(b"null"), st.just(b"-"))
        )
        content[place : place + data.draw(st.integers(0, 9))] = new
    try:
        file = read(tmp_path, "a", bytes(content))
    except InputError as error:
        assert error.findings
    else:
        json.loads(missions_to_geojson(("a", mission) for mission in file.missions))
