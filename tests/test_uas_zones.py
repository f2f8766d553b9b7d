"""UAS zones close what they say, and more where that is not clear."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import pytest
import shapely
from tiny_folder import found, inspected
from uas_documents import (
    CLOSED,
    ED269,
    ED318,
    RING,
    VOLUME,
    Change,
    area_of,
    at,
    folder_of,
    scenario_of,
)

from planner.formats.layers import read_layer
from planner.formats.scenario_folder import read_scenario
from planner.formats.table import Fault
from planner.scenario import Scenario


@pytest.mark.parametrize("document", [ED269, ED318])
def test_a_zone_is_read_as_it_is_meant(
    tmp_path: Path, document: dict[str, Any]
) -> None:
    """Id, name, restriction, limits, reason and border arrive."""
    scenario = scenario_of(tmp_path, document)
    (area,) = scenario.airspace
    assert (area.id, area.name, area.reason) == ("CHN001", "Hospital", "SENSITIVE")
    assert (area.restriction, area.schedule) == ("PROHIBITED", None)
    assert (area.lower_m, area.upper_m) == (0.0, 120.0)
    drawn = scenario.projection.project(shapely.Polygon(RING))
    assert drawn.hausdorff_distance(area.geometry) < 0.01


def test_a_zone_of_ed318_without_a_variant_is_known_by_its_limits(
    tmp_path: Path,
) -> None:
    """Files that leave members out are read as zones all the same."""

    def change(document: dict[str, Any]) -> None:
        del document["features"][0]["properties"]["variant"]

    assert area_of(tmp_path, ED318, change).upper_m == 120.0


def test_the_documents_are_what_the_standards_model_takes() -> None:
    """What the tests are built on parses with the data model of InterUSS."""
    from implicitdict import ImplicitDict
    from uas_standards.eurocae_ed269 import ED269Schema
    from uas_standards.eurocae_ed318 import UASZone, VerticalLayer

    zone = ED269Schema.from_dict(copy.deepcopy(ED269)).features[0]
    assert zone.geometry[0].upperLimit == 120
    feature = copy.deepcopy(ED318)["features"][0]  # its whole schema takes Points only
    assert ImplicitDict.parse(feature["properties"], UASZone).type == "PROHIBITED"
    assert ImplicitDict.parse(feature["geometry"]["layer"], VerticalLayer).upper == 120


LIMITS: list[tuple[dict[str, Any], float, float]] = [
    ({"uomDimensions": "FT", "upperLimit": 400}, 0.0, 121.92),
    ({"uomDimensions": "FT", "lowerLimit": 100, "upperLimit": 400}, 30.48, 121.92),
    ({"upperLimit": None}, 0.0, math.inf),
    ({"upperVerticalReference": "AMSL"}, 0.0, 120.0 - 2.0),
    ({"lowerVerticalReference": "AMSL", "lowerLimit": 50}, 50.0 - 12.0, 120.0),
    (
        {
            "uomDimensions": "FT",
            "lowerLimit": 1000,
            "lowerVerticalReference": "AMSL",
            "upperLimit": 2000,
            "upperVerticalReference": "AMSL",
        },
        304.8 - 12.0,
        609.6 - 2.0,
    ),
]


@pytest.mark.parametrize(("changed", "lower_m", "upper_m"), LIMITS)
def test_limits_of_ed269_become_heights_above_ground(
    tmp_path: Path, changed: dict[str, Any], lower_m: float, upper_m: float
) -> None:
    """Feet and metres, above ground and above sea level over ground from 2 to 12 m."""
    area = area_of(
        tmp_path,
        ED269,
        at("geometry", value=[VOLUME | changed]),
        toml="ground_amsl_m = [2, 12]\n",
    )
    assert (area.lower_m, area.upper_m) == pytest.approx((lower_m, upper_m))


def test_above_sea_level_closes_more_where_the_ground_is_not_known(
    tmp_path: Path,
) -> None:
    """From the ground up, and as high as over the lowest ground there is."""
    both = {"lowerVerticalReference": "AMSL", "upperVerticalReference": "AMSL"}
    volume = VOLUME | both | {"lowerLimit": 300, "upperLimit": 400}
    folder = folder_of(tmp_path, ED269, at("geometry", value=[volume]))
    assert found(inspected(folder), "W-HEIGHT-AMSL").feature == "CHN001"
    (area,) = read_scenario(folder).airspace
    assert (area.lower_m, area.upper_m) == (0.0, 830.0)


@pytest.mark.parametrize(
    ("layer", "lower_m", "upper_m"),
    [
        ({"uom": "ft", "upper": 400}, 0.0, 121.92),
        ({"upperReference": "AMSL"}, 0.0, 118.0),
        ({"upperReference": "WGS84"}, 0.0, 120.0 + 107.0 - 2.0),
        ({"lowerReference": "WGS84", "lower": 110}, 110.0 - 86.0 - 12.0, 120.0),
    ],
)
def test_limits_of_ed318_become_heights_above_ground(
    tmp_path: Path, layer: dict[str, Any], lower_m: float, upper_m: float
) -> None:
    """Above the ellipsoid the geoid may lie anywhere it does on earth."""
    levels = ED318["features"][0]["geometry"]["layer"] | layer
    area = area_of(
        tmp_path,
        ED318,
        at("geometry", "layer", value=levels),
        toml="ground_amsl_m = [2, 12]\n",
    )
    assert (area.lower_m, area.upper_m) == pytest.approx((lower_m, upper_m))


CENTRE = [120.17, 33.352]


@pytest.mark.parametrize(("unit", "metres"), [("M", 300.0), ("FT", 300.0 * 0.3048)])
def test_a_circle_of_ed269_has_its_radius_in_its_unit(
    tmp_path: Path, unit: str, metres: float
) -> None:
    """The polygon holds the whole circle, and hardly more."""
    flat = {"type": "Circle", "center": CENTRE, "radius": 300}
    volume = VOLUME | {"uomDimensions": unit, "horizontalProjection": flat}
    scenario = scenario_of(tmp_path, ED269, at("geometry", value=[volume]))
    check_circle(scenario, metres)


def test_a_circle_of_ed318_is_a_point_with_an_extent(tmp_path: Path) -> None:
    """Its radius is in metres, whatever unit the heights are in."""
    shape = {
        "type": "Point",
        "coordinates": CENTRE,
        "extent": {"subType": "Circle", "radius": 300},
        "layer": ED318["features"][0]["geometry"]["layer"] | {"uom": "ft"},
    }
    check_circle(scenario_of(tmp_path, ED318, at("geometry", value=shape)), 300.0)


def check_circle(scenario: Scenario, radius_m: float) -> None:
    """Compare the first airspace with a circle that the ellipsoid draws."""
    from pyproj import Geod

    (area,) = scenario.airspace
    border = shapely.get_coordinates(
        scenario.projection.unproject(area.geometry).exterior
    )
    start = [CENTRE] * len(border)
    _, _, metres = Geod(ellps="WGS84").inv(
        *zip(*start, strict=True), border[:, 0], border[:, 1]
    )
    assert metres.min() >= radius_m - 0.01
    assert metres.max() <= radius_m * 1.001


@pytest.mark.parametrize(
    ("given", "ours"),
    [
        ("PROHIBITED", "PROHIBITED"),
        ("REQ_AUTHORISATION", "REQ_AUTHORISATION"),
        ("CONDITIONAL", "CONDITIONAL"),
    ],
)
def test_restrictions_of_ed269_are_ours(tmp_path: Path, given: str, ours: str) -> None:
    """The values are those of the standard."""
    area = area_of(tmp_path, ED269, at("restriction", value=given))
    assert area.restriction == ours


@pytest.mark.parametrize(
    ("given", "code"), [("REQ_AUTHORIZATION", "ok"), ("USPACE", "W-UAS-USPACE")]
)
def test_types_of_ed318_that_are_written_otherwise(
    tmp_path: Path, given: str, code: str
) -> None:
    """Authorisation has a Z there, and U-space is closed until it is granted."""
    folder = folder_of(tmp_path, ED318, at("properties", "type", value=given))
    codes = {finding.code for finding in inspected(folder)}
    assert codes == (set() if code == "ok" else {code})
    (area,) = read_scenario(folder).airspace
    assert area.restriction == "REQ_AUTHORISATION"


def test_a_zone_for_privacy_and_more_is_no_privacy_zone(tmp_path: Path) -> None:
    """Only where nothing else is a reason may it be crossed above."""
    conditional = at("restriction", value="CONDITIONAL")
    alone = at("reason", value=["PRIVACY"])
    more = at("reason", value=["PRIVACY", "AIR_TRAFFIC"])
    assert area_of(tmp_path / "a", ED269, conditional, alone).is_privacy
    assert not area_of(tmp_path / "b", ED269, conditional, more).is_privacy


def test_zones_without_a_restriction_are_left_out_and_counted(tmp_path: Path) -> None:
    """They close nothing; an unknown restriction is an error, never open."""
    second = {**ED269["features"][0], "identifier": "B", "restriction": "X"}

    def more(document: dict[str, Any]) -> None:
        document["features"] += [second | {"restriction": "NO_RESTRICTION"}]

    folder = folder_of(tmp_path, ED269, more)
    assert found(inspected(folder), "W-UAS-OPEN").values["count"] == 1
    assert len(read_scenario(folder).airspace) == 1
    folder = folder_of(tmp_path, ED269, at("restriction", value="OPEN"))
    found(inspected(folder), "E-VALUE-CHOICE")


def test_volumes_of_a_zone_keep_their_own_limits(tmp_path: Path) -> None:
    """A stepped zone is several, numbered; a collection of ED-318 too."""
    high = VOLUME | {"lowerLimit": 60}
    scenario = scenario_of(tmp_path, ED269, at("geometry", value=[VOLUME, high]))
    assert [(a.id, a.lower_m) for a in scenario.airspace] == [
        ("CHN001-1", 0.0),
        ("CHN001-2", 60.0),
    ]
    shape = ED318["features"][0]["geometry"]
    above = {**shape, "layer": shape["layer"] | {"lower": 60}}
    both = {"type": "GeometryCollection", "geometries": [shape, above]}
    scenario = scenario_of(tmp_path / "b", ED318, at("geometry", value=both))
    assert [area.lower_m for area in scenario.airspace] == [0.0, 60.0]


def test_rings_of_ed269_leave_no_hole_open(tmp_path: Path) -> None:
    """A second ring in the first is closed as well: the standard knows no holes."""
    west, south = RING[0]
    inner = [[west + x, south + y] for x, y in ((0.001, 0.001), (0.002, 0.001))]
    inner = [*inner, [west + 0.002, south + 0.002], inner[0]]
    flat = {"type": "Polygon", "coordinates": [CLOSED, inner]}
    volume = VOLUME | {"horizontalProjection": flat}
    folder = folder_of(tmp_path, ED269, at("geometry", value=[volume]))
    found(inspected(folder), "W-GEOM-UNION")
    (area,) = read_scenario(folder).airspace
    assert len(area.geometry.interiors) == 0


def test_a_zone_with_latitude_first_is_refused(tmp_path: Path) -> None:
    """Where both orders are on the map, the scenario says which is meant."""
    flat = [[y, x] for x, y in CLOSED]
    volume = VOLUME | {
        "horizontalProjection": {"type": "Polygon", "coordinates": [flat]}
    }
    folder = folder_of(tmp_path, ED269, at("geometry", value=[volume]))
    found(inspected(folder), "E-CRS-LATLON")
    # In Europe latitude and longitude are both below 90.
    lonlat = {
        "type": "Polygon",
        "coordinates": [[[50.86, 4.33], [50.87, 4.33], [50.87, 4.34], [50.86, 4.33]]],
    }
    brussels = VOLUME | {"horizontalProjection": lonlat}
    folder = folder_of(tmp_path / "b", ED269, at("geometry", value=[brussels]))
    for name in ("stations", "zones"):
        file = folder / f"{name}.geojson"
        layer = json.loads(file.read_text(encoding="utf-8"))
        for feature in layer["features"]:
            shape = shapely.from_geojson(json.dumps(feature["geometry"]))
            moved = shapely.transform(
                shape, lambda p: p - [120.15 - 4.33, 33.36 - 50.86]
            )
            feature["geometry"] = json.loads(shapely.to_geojson(moved))
        file.write_text(json.dumps(layer), encoding="utf-8")
    found(inspected(folder), "E-CRS-LATLON")


def test_zones_are_wgs84_whatever_the_other_layers_are(tmp_path: Path) -> None:
    """A scenario drawn on a Chinese web map does not shift the aviation authority's."""
    plain = scenario_of(tmp_path / "a", ED269)
    shifted = scenario_of(tmp_path / "b", ED269, toml='datum = "GCJ-02"\n')
    (one,), (two,) = plain.airspace, shifted.airspace
    lonlat = plain.projection.unproject(one.geometry)
    there = shifted.projection.unproject(two.geometry)
    assert lonlat.hausdorff_distance(there) < 1e-7
    assert plain.station("S1").point.distance(plain.station("S2").point) > 0


BAD: list[tuple[dict[str, Any], Change, str]] = [
    (ED269, at("geometry", value=[VOLUME | {"uomDimensions": "NM"}]), "E-UAS-UNIT"),
    (ED269, at("geometry", value=["x"]), "E-GEOM-TYPE"),
    (ED269, at("geometry", value=[]), "E-GEOM-EMPTY"),
    (ED269, at("geometry", 0, "upperLimit", value="high"), "E-VALUE-NUMBER"),
    (ED269, at("geometry", 0, "upperVerticalReference", value="QNH"), "E-VALUE-CHOICE"),
    (ED269, at("geometry", 0, "lowerLimit", value=500), "E-HEIGHTS"),
    (ED269, at("geometry", 0, "horizontalProjection", value=None), "E-GEOM-TYPE"),
    (
        ED269,
        at("geometry", 0, "horizontalProjection", value={"type": "Circle"}),
        "E-VALUE-NUMBER",
    ),
    (ED269, at("identifier", value=None), "E-ID-MISSING"),
    (ED318, at("properties", "identifier", value=None), "E-ID-MISSING"),
    (ED318, at("geometry", value=None), "E-GEOM-NULL"),
    (ED318, at("geometry", "layer", value="high"), "E-GEOM-TYPE"),
    (ED318, at("geometry", "layer", "uom", value="fathom"), "E-UAS-UNIT"),
    (ED318, at("geometry", "extent", value={"subType": "Cone"}), "E-GEOM-TYPE"),
    (ED318, at("properties", "type", value="OPEN"), "E-VALUE-CHOICE"),
    (ED318, at("geometry", value={"type": "GeometryCollection"}), "E-GEOM-NULL"),
]


@pytest.mark.parametrize(("document", "change", "code"), BAD)
def test_a_bad_zone_is_named(
    tmp_path: Path, document: dict[str, Any], change: Change, code: str
) -> None:
    """Each fault has its code and its row; nothing is left open by it."""
    finding = found(inspected(folder_of(tmp_path, document, change)), code)
    assert finding.file == "airspace.json"
    assert finding.feature


def test_zones_are_airspace_and_nothing_else(tmp_path: Path) -> None:
    """Whoever gives them as patrol zones is told so."""
    (tmp_path / "zones.json").write_text(json.dumps(ED269))
    with pytest.raises(Fault) as caught:
        read_layer(tmp_path, "zones.json", "zones")
    assert caught.value.code == "E-LAYER-AIRSPACE"
