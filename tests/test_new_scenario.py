"""A scenario folder is made of a person's own layers, whatever their columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_folder import TOML, example, found, inspected, write

from planner.errors import InputError, OutputError
from planner.formats.new_scenario import new_scenario
from planner.formats.scenario_folder import inspect_scenario, read_scenario
from planner.messages import say


def test_a_new_scenario_is_sound_as_it_is(tmp_path: Path) -> None:
    """Without files the folder holds an example that validates without a word."""
    told = new_scenario(tmp_path / "new")
    assert len(told) == 2
    scenario, findings = inspect_scenario(tmp_path / "new")
    assert findings == ()
    assert scenario is not None
    assert (len(scenario.stations), len(scenario.zones)) == (2, 3)


def test_a_new_scenario_of_own_files_maps_their_columns(tmp_path: Path) -> None:
    """What was guessed is written down and told; what was not is asked for."""
    mine = write(tmp_path / "mine")
    stations = mine / "站点.csv"
    stations.write_bytes("编号,经度,纬度,架数\n1,120.15,33.36,3\n".encode("gbk"))
    zones = mine / "zones.geojson"
    told = new_scenario(
        tmp_path / "new", stations=stations, zones=zones, drones="m30t", language="zh"
    )
    assert any("架数" in line and "drones" in line for line in told)
    scenario, findings = inspect_scenario(tmp_path / "new")
    assert scenario is not None
    assert scenario.station("1").drones == 3
    assert scenario.drone_models[0].model == "M30T"
    assert {finding.code for finding in findings} == {"W-ENCODING", "W-AIRSPACE-NONE"}


def test_a_new_scenario_overwrites_nothing(tmp_path: Path) -> None:
    """A second call leaves the folder as it is."""
    new_scenario(tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(OutputError):
        new_scenario(tmp_path)
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_new_scenario_of_bad_files_is_refused(tmp_path: Path) -> None:
    """Nothing is written of files that cannot be read, or a type not known."""
    with pytest.raises(InputError):
        new_scenario(tmp_path / "new", zones=tmp_path / "none.shp")
    with pytest.raises(InputError):
        new_scenario(tmp_path / "new", drones="Concorde")
    assert not (tmp_path / "new").exists()


def geopackage(file: Path, **layers: list[dict[str, Any]]) -> Path:
    """Write a GeoPackage with a layer for each list of GeoJSON features."""
    import geopandas

    for name, features in layers.items():
        frame = geopandas.GeoDataFrame.from_features(features, crs="OGC:CRS84")
        frame.to_file(file, layer=name, driver="GPKG")
    return file


def test_layers_of_one_geopackage_can_be_named(tmp_path: Path) -> None:
    """`city.gpkg|layername=NAME` is copied under our name, and can be planned."""
    features = {name: content["features"] for name, content in example().items()}
    city = geopackage(
        tmp_path / "city.gpkg", posts=features["stations"], beats=features["zones"]
    )
    new_scenario(
        tmp_path / "new",
        stations=Path(f"{city}|layername=posts"),
        zones=Path(f"{city}|layername=beats"),
    )
    scenario = read_scenario(tmp_path / "new")
    assert (len(scenario.stations), len(scenario.zones)) == (2, 3)


def test_a_geopackage_with_several_layers_asks_which(tmp_path: Path) -> None:
    """The remedy is one that helps before there is a scenario.toml."""
    stations = example()["stations"]["features"]
    city = geopackage(tmp_path / "city.gpkg", posts=stations, docks=stations)
    with pytest.raises(InputError) as caught:
        new_scenario(tmp_path / "new", zones=city)
    (finding,) = caught.value.findings
    assert finding.code == "E-LAYER-AMBIGUOUS"
    assert {"posts", "docks"} <= set(finding.values["layers"].split(", "))
    assert "command line" in say(f"remedy.{finding.code}", "en", **finding.values)


def test_a_new_scenario_never_overwrites_a_layer(tmp_path: Path) -> None:
    """A file of that name that lies in the folder stays as it is."""
    mine = write(tmp_path / "mine")
    new = tmp_path / "new"
    new.mkdir()
    (new / "zones.geojson").write_text("precious")
    with pytest.raises(OutputError, match=r"zones\.geojson"):
        new_scenario(new, zones=mine / "zones.geojson")
    assert [file.name for file in new.iterdir()] == ["zones.geojson"]
    assert (new / "zones.geojson").read_text() == "precious"


@pytest.mark.parametrize(
    "column", ["interval", "interval_min", "间隔", "巡查间隔（分钟）", "REVISIT_MIN"]
)
def test_common_names_of_the_interval_are_known(tmp_path: Path, column: str) -> None:
    """A GIS layer made elsewhere needs no mapping."""
    layers = example()
    for feature in layers["zones"]["features"]:
        feature["properties"][column] = feature["properties"].pop("revisit_min")
    scenario = read_scenario(write(tmp_path, layers))
    assert scenario.zones == read_scenario(write(tmp_path / "own")).zones


def test_columns_that_could_both_be_ours_are_told(tmp_path: Path) -> None:
    """`new` does not choose between two columns, but says so."""
    layers = example()
    for feature in layers["zones"]["features"]:
        minutes = feature["properties"].pop("revisit_min")
        feature["properties"] |= {"interval": minutes, "巡查间隔": minutes}
    mine = write(tmp_path / "mine", layers)
    told = new_scenario(tmp_path / "new", zones=mine / "zones.geojson")
    assert any("several columns" in line and "interval" in line for line in told)
    assert '# revisit_min = "?"' in (tmp_path / "new" / "scenario.toml").read_text()


def without_ids(*names: str) -> dict[str, Any]:
    """Return the example with layers that have no column of ids."""
    layers = example()
    for name in names:
        for feature in layers[name]["features"]:
            del feature["properties"]["id"]
    return layers


def test_rows_without_ids_are_numbered(tmp_path: Path) -> None:
    """They are numbered in the order of the file, with one warning a file."""
    folder = write(tmp_path, without_ids("zones", "stations", "airspace"))
    scenario, findings = inspect_scenario(folder)
    assert scenario is not None
    assert [zone.id for zone in scenario.zones] == ["zones-1", "zones-2", "zones-3"]
    assert [station.id for station in scenario.stations] == ["stations-1", "stations-2"]
    made = [finding for finding in findings if finding.code == "W-ID-MADE"]
    assert len(made) == 3
    assert made[1].values == {"first": "zones-1", "last": "zones-3"}


def test_numbers_go_on_from_file_to_file(tmp_path: Path) -> None:
    """A layer in two files has no number twice."""
    layers = without_ids("zones")
    features = layers["zones"].pop("features")
    layers["more"] = layers["zones"] | {"features": features[1:]}
    layers["zones"] = layers["zones"] | {"features": features[:1]}
    toml = TOML.replace(
        'zones = "zones.geojson"', 'zones = ["zones.geojson", "more.geojson"]'
    )
    scenario = read_scenario(write(tmp_path, layers, toml))
    assert [zone.id for zone in scenario.zones] == ["zones-1", "zones-2", "zones-3"]
    assert scenario.zones[1].name == features[1]["properties"]["name"]


def test_one_row_without_an_id_is_a_fault(tmp_path: Path) -> None:
    """Where some rows have ids, the others were forgotten, not meant."""
    layers = example()
    del layers["zones"]["features"][1]["properties"]["id"]
    found(inspected(write(tmp_path, layers)), "E-ID-MISSING")


def test_new_says_that_rows_will_be_numbered(tmp_path: Path) -> None:
    """Whoever has no column of ids is told at once, and can plan all the same."""
    mine = write(tmp_path / "mine", without_ids("zones"))
    told = new_scenario(
        tmp_path / "new",
        zones=mine / "zones.geojson",
        stations=mine / "stations.geojson",
    )
    assert any("zones-1" in line for line in told)
    assert len(read_scenario(tmp_path / "new").zones) == 3
