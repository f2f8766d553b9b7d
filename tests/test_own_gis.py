"""From a city's own GIS to a checked plan: `patrol new` guesses, and says so."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from command_runs import Run
from tiny_folder import example, write

from planner.errors import InputError, OutputError
from planner.formats.new_scenario import new_scenario
from planner.formats.scenario_folder import inspect_scenario, read_scenario

ROOT = Path(__file__).resolve().parents[1]


def frame_of(name: str) -> Any:
    """Return a layer of the example as a GeoDataFrame."""
    import geopandas

    return geopandas.GeoDataFrame.from_features(example()[name], crs="EPSG:4326")


def zipped_gbk_zones(folder: Path) -> Path:
    """Write areas as a Chinese office does: GBK, no .cpg, metres, hours, zipped."""
    frame = frame_of("zones")[["id", "name", "revisit_min", "geometry"]]
    frame = frame[frame.geom_type == "Polygon"].to_crs("EPSG:4549")
    frame["revisit_min"] = frame["revisit_min"] / 60
    columns = {"id": "巡区编号", "name": "巡区名称", "revisit_min": "间隔小时"}
    frame = frame.assign(name=["市场", "货场"]).rename(columns=columns)
    frame.to_file(folder / "巡区.shp", encoding="GBK")
    with zipfile.ZipFile(folder / "巡区.zip", "w") as archive:
        for suffix in (".shp", ".shx", ".dbf", ".prj"):
            archive.write(folder / f"巡区{suffix}", f"巡区{suffix}")
    return folder / "巡区.zip"


def station_list(folder: Path, rows: list[list[Any]] | None = None) -> Path:
    """Write a workbook of stations with a title and merged cells."""
    workbook = openpyxl.Workbook()
    for row in rows or [
        ["盐城市警务站一览表"],
        ["序号", "所属分局", "警务站名称", "经度", "纬度"],
        ["007", "亭湖", "西站", 120.15, 33.36],
        ["008", None, "东站", 120.19, 33.36],
    ]:
        workbook.active.append(row)
    if rows is None:
        workbook.active.merge_cells("A1:E1")
        workbook.active.merge_cells("B3:B4")
    workbook.save(folder / "警务站.xlsx")
    return folder / "警务站.xlsx"


def uas_zones(folder: Path) -> Path:
    """Write ED-269 airspace: a hospital, and a circle above sea level in feet."""
    (hospital,) = example()["airspace"]["features"]
    volume = {
        "uomDimensions": "M",
        "lowerLimit": 0,
        "lowerVerticalReference": "AGL",
        "upperLimit": 300,
        "upperVerticalReference": "AGL",
        "horizontalProjection": {
            "type": "Polygon",
            "coordinates": hospital["geometry"]["coordinates"],
        },
    }
    high = volume | {
        "uomDimensions": "FT",
        "lowerLimit": 1000,
        "lowerVerticalReference": "AMSL",
        "upperLimit": 2000,
        "upperVerticalReference": "AMSL",
        "horizontalProjection": {
            "type": "Circle",
            "center": [120.17, 33.36],
            "radius": 1000,
        },
    }
    zone = {
        "identifier": "CHN001",
        "country": "CHN",
        "name": "Hospital",
        "type": "COMMON",
        "restriction": "PROHIBITED",
        "reason": ["SENSITIVE"],
        "applicability": [{"permanent": "YES"}],
        "zoneAuthority": [],
        "geometry": [volume],
    }
    other = {**zone, "identifier": "CHN002", "geometry": [high]}
    file = folder / "zones269.json"
    file.write_text(json.dumps({"features": [zone, other]}), encoding="utf-8-sig")
    return file


def test_from_own_gis_to_a_checked_plan(run: Run, tmp_path: Path) -> None:
    """A GBK Shapefile, a workbook and ED-269 zones become a plan that is checked."""
    city, out = tmp_path / "city", tmp_path / "out"
    words = ["--zones", zipped_gbk_zones(tmp_path), "--stations"]
    words += [station_list(tmp_path), "--airspace", uas_zones(tmp_path)]
    code, said, told = run("new", city, *words, "--drones", "m30t=2", "--lang", "zh")
    assert code == 0, told
    for guess in ("间隔小时", "所属分局", "WGS84", "2 架", "可以规划"):
        assert guess in said
    assert "drones" not in said, "the number was given"
    assert {c for c in re.findall(r"\[([EW]-[A-Z0-9-]+)\]", told)} == {
        "W-ENCODING",
        "W-XLSX-MERGED",
        "W-HEIGHT-AMSL",
        "W-VALUE-ASSUMED",
    }
    toml = city / "scenario.toml"
    text = toml.read_text(encoding="utf-8")
    assert tomllib.loads(text)["units"] == {"zones": {"revisit_min": "h"}}
    toml.write_text("ground_amsl_m = [0, 8]\n" + text, encoding="utf-8")
    scenario = read_scenario(city)
    assert [(z.name, z.revisit_s) for z in scenario.zones] == [
        ("市场", 3600.0),
        ("货场", 7200.0),
    ]
    assert {s.id: (s.drones, s.district) for s in scenario.stations} == {
        "007": (2, "亭湖"),
        "008": (2, "亭湖"),
    }
    assert [round(a.lower_m, 1) for a in scenario.airspace] == [0.0, 296.8]
    code, _, told = run("plan", city, "-o", out, "--iterations", 1, "--workers", 1)
    assert code == 0, told
    code, said, _ = run("check", city, out / "plan.geojson", "--json")
    assert (code, json.loads(said)["ok"]) == (0, True)
    plan = json.loads((out / "plan.geojson").read_text(encoding="utf-8"))
    assert plan["unserved"] == []


def test_a_plan_inside_a_fence_stays_in_it(run: Run, tmp_path: Path) -> None:
    """What is closed round a fence that keeps in is planned with as any airspace."""
    import shapely

    ring = [[120.13, 33.33], [120.215, 33.33], [120.215, 33.385], [120.13, 33.385]]
    fences = {"polygons": [{"polygon": [[y, x] for x, y in ring]}], "circles": []}
    file = tmp_path / "fence.plan"
    file.write_text(json.dumps({"fileType": "Plan", "geoFence": fences}))
    mine = write(tmp_path / "mine")
    layers = [f"--{n}={mine / n}.geojson" for n in ("zones", "stations")]
    city, out = tmp_path / "city", tmp_path / "out"
    assert run("new", city, *layers, "--airspace", file)[0] == 0
    assert run("plan", city, "-o", out, "--iterations", 1, "--workers", 1)[0] == 0
    plan = json.loads((out / "plan.geojson").read_text(encoding="utf-8"))
    paths = [shapely.from_geojson(json.dumps(f["geometry"])) for f in plan["features"]]
    assert paths
    assert shapely.Polygon(ring).contains(shapely.MultiLineString(paths))
    assert run("check", city, out / "plan.geojson")[0] == 0


# --- what is guessed -------------------------------------------------------------


def made(folder: Path, name: str = "zones", **changes: Any) -> tuple[str, list[str]]:
    """Return the TOML and the sentences of a folder with a column or more changed."""
    layers = example()
    for feature in layers[name]["features"]:
        values = feature["properties"]
        for key, new in changes.items():
            if callable(new):
                new(values)
            else:
                values[key] = new
    mine = write(folder / "mine", layers)
    told = new_scenario(
        folder / "new",
        zones=mine / "zones.geojson",
        stations=mine / "stations.geojson",
        airspace=mine / "airspace.geojson",
    )
    return (folder / "new/scenario.toml").read_text(encoding="utf-8"), told


def renamed(old: str, new: str, factor: float = 1.0) -> Callable[[Any], None]:
    """Return a change of a column's name and of the unit of its numbers."""

    def change(values: dict[str, Any]) -> None:
        value = values.pop(old)
        values[new] = value * factor if value is not None and factor != 1.0 else value

    return change


@pytest.mark.parametrize(
    ("column", "factor", "unit"),
    [
        ("revisit_h", 1 / 60, "h"),
        ("interval (hours)", 1 / 60, "h"),
        ("巡查间隔（小时）", 1 / 60, "h"),
        ("间隔小时", 1 / 60, "h"),
        ("revisit_interval_s", 60, "s"),
        ("巡查周期_秒", 60, "s"),
        ("revisit_interval/min", 1, None),
    ],
)
def test_a_unit_in_the_name_of_a_column_is_obeyed(
    tmp_path: Path, column: str, factor: float, unit: str | None
) -> None:
    """Hours and seconds become minutes, and the guess stands in the file."""
    text, told = made(tmp_path, change=renamed("revisit_min", column, factor))
    content = tomllib.loads(text)
    assert content["columns"]["zones"]["revisit_min"] == column
    assert content.get("units") == (unit and {"zones": {"revisit_min": unit}})
    assert any(column in line for line in told)
    zones = read_scenario(tmp_path / "new").zones
    assert [zone.revisit_s for zone in zones] == [3600.0, 7200.0, 5400.0]


def test_feet_of_airspace_are_told_by_the_name(tmp_path: Path) -> None:
    """上限(英尺) is the upper limit, in feet."""
    text, _ = made(
        tmp_path,
        name="airspace",
        change=renamed("upper_m_agl", "上限(英尺)"),
        **{"上限(英尺)": 400},
    )
    assert tomllib.loads(text)["units"]["airspace"] == {"upper_m_agl": "ft"}
    (area,) = read_scenario(tmp_path / "new").airspace
    assert area.upper_m == pytest.approx(121.92)


def test_intervals_that_may_be_hours_are_asked_about(tmp_path: Path) -> None:
    """One to two minutes between visits are more likely hours."""
    _, told = made(tmp_path, revisit_min=2)
    assert any('"h"' in line and "minutes" in line for line in told)
    _, told = made(tmp_path / "b", revisit_min=3600)
    assert any('"s"' in line for line in told)
    _, told = made(tmp_path / "c", revisit_min=60)
    assert not any("[units.zones]" in line for line in told)


def test_zones_without_intervals_get_a_stated_guess(run: Run, tmp_path: Path) -> None:
    """By kind, marked in the file, told on the screen and at each validation."""
    layers = example()
    for feature in layers["zones"]["features"]:
        del feature["properties"]["revisit_min"]
    mine = write(tmp_path / "mine", layers)
    files = [f"--{n}={mine / n}.geojson" for n in ("zones", "stations")]
    code, said, told = run("new", tmp_path / "new", *files)
    assert code == 0
    assert "watch 60, sweep 240, line 120" in said
    assert "W-VALUE-ASSUMED" in told
    text = (tmp_path / "new/scenario.toml").read_text()
    assert '# revisit_min = "?"' in text
    assert re.search(r"^revisit_min = \{.*\}\s+# a guess", text, re.MULTILINE)
    zones = read_scenario(tmp_path / "new").zones
    assert [zone.revisit_s / 60 for zone in zones] == [60, 240, 120]


def test_a_kind_that_means_something_else_is_left_out(tmp_path: Path) -> None:
    """公园 is no way of patrolling; the shapes tell, and that is said."""
    text, told = made(tmp_path, change=renamed("kind", "类型"), **{"类型": "公园"})
    assert tomllib.loads(text)["columns"]["zones"]["kind"] == ""
    assert re.search(r'^kind = ""\s+# none', text, re.MULTILINE)
    assert any("公园" in line for line in told)
    assert any("2 areas" in line and "1 lines" in line for line in told)
    kinds = [zone.kind for zone in read_scenario(tmp_path / "new").zones]
    assert kinds == ["watch", "watch", "line"]


def test_a_restriction_that_is_not_understood_closes(tmp_path: Path) -> None:
    """What a column of other words says does not open airspace."""
    _, told = made(tmp_path, name="airspace", restriction="绿区")
    assert any("绿区" in line for line in told)
    (area,) = read_scenario(tmp_path / "new").airspace
    assert area.restriction == "PROHIBITED"


def test_stations_without_drones_ask_for_them(run: Run, tmp_path: Path) -> None:
    """The finding says what is missing, the file where to write it."""
    layers = example()
    for feature in layers["stations"]["features"]:
        del feature["properties"]["drones"]
    mine = write(tmp_path / "mine", layers)
    files = [f"--{n}={mine / n}.geojson" for n in ("zones", "stations")]
    code, said, told = run("new", tmp_path / "new", *files)
    assert code == 0
    assert "--drones M4TD=N" in said
    assert "cannot be planned yet" in said
    assert "E-COLUMN-MISSING" in told
    text = (tmp_path / "new/scenario.toml").read_text()
    assert '# drones = "?"' in text
    code, said, told = run("new", tmp_path / "new", *files, "--drones", "M4TD=3")
    assert code == 6, "nothing is overwritten unasked"
    assert (tmp_path / "new/scenario.toml").read_text() == text
    again = run("new", tmp_path / "new", *files, "--drones", "M4TD=3", "--overwrite")
    assert again[0] == 0
    assert "2 stations with 6 drones" in again[1]


def test_types_that_stations_name_are_put_down(tmp_path: Path) -> None:
    """The first is that which was asked for; the catalogue has their figures."""
    layers = example()
    layers["stations"]["features"][0]["properties"]["型号"] = "M30T"
    layers["stations"]["features"][1]["properties"]["型号"] = "X10"
    mine = write(tmp_path / "mine", layers)
    files = {n: mine / f"{n}.geojson" for n in ("zones", "stations")}
    new_scenario(tmp_path / "new", **files, drones="X10=2")
    scenario = read_scenario(tmp_path / "new")
    assert [model.model for model in scenario.drone_models] == ["X10", "M30T"]
    assert [station.model for station in scenario.stations] == ["M30T", "X10"]


@pytest.mark.parametrize(
    ("drones", "code", "near"),
    [
        ("M4T1=2", "E-DRONE-UNKNOWN", "M4T"),
        ("Concorde", "E-DRONE-UNKNOWN", "VTOL"),
        ("M4TD=many", "E-VALUE-NUMBER", ""),
        ("M4TD=-1", "E-VALUE-RANGE", ""),
        ("M4TD=1.5", "E-VALUE-RANGE", ""),
        ("M4TD=", "E-VALUE-NUMBER", ""),
    ],
)
def test_drones_that_there_are_not_are_refused(
    tmp_path: Path, drones: str, code: str, near: str
) -> None:
    """The nearest names of the catalogue are told; nothing is written."""
    with pytest.raises(InputError) as caught:
        new_scenario(tmp_path / "new", drones=drones)
    (finding,) = caught.value.findings
    assert finding.code == code
    assert near in finding.values.get("choices", "")
    assert not (tmp_path / "new").exists()


def test_all_faults_of_all_files_are_told_at_once(run: Run, tmp_path: Path) -> None:
    """Three bad files are three findings in either language, and no folder."""
    (tmp_path / "z.zip").write_bytes(b"PK\x03\x04broken")
    (tmp_path / "s.xlsx").write_bytes(b"\xd0\xcf\x11\xe0")
    (tmp_path / "a.json").write_text("<html>")
    words = ["--zones", tmp_path / "z.zip", "--stations", tmp_path / "s.xlsx"]
    words += ["--airspace", tmp_path / "a.json"]
    for language in ("en", "zh"):
        code, _, told = run("new", tmp_path / "new", *words, "--lang", language)
        assert code == 3
        assert [name for name in ("z.zip", "s.xlsx", "a.json") if name in told] == [
            "z.zip",
            "s.xlsx",
            "a.json",
        ]
        assert "Traceback" not in told
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("stem", "datum"),
    [("高德_stations", "GCJ-02"), ("stations-bd09", "BD-09"), ("站点", "WGS84")],
)
def test_a_name_may_tell_the_datum(tmp_path: Path, stem: str, datum: str) -> None:
    """A file from a web map is often called after it."""
    mine = write(tmp_path / "mine")
    file = mine / f"{stem}.geojson"
    (mine / "stations.geojson").rename(file)
    told = new_scenario(
        tmp_path / "new", zones=mine / "zones.geojson", stations=file, language="zh"
    )
    text = (tmp_path / "new/scenario.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text)["datum"] == datum
    assert any(datum in line for line in told)


@pytest.mark.parametrize(
    ("crs", "guess"),
    [
        ("EPSG:4326", "EPSG:4326"),
        ("EPSG:4528", "EPSG:4528"),  # 3 degrees, zone 40
        ("EPSG:4499", "EPSG:4499"),  # 6 degrees, zone 21
        ("EPSG:4549", None),  # without the zone's number nobody can tell
    ],
)
def test_a_file_without_a_reference_system_is_guessed_or_asked(
    tmp_path: Path, crs: str, guess: str | None
) -> None:
    """Degrees, and metres with the number of a zone, tell; others are marked."""
    mine = write(tmp_path / "mine")
    frame = frame_of("stations").to_crs(crs)
    frame.to_file(mine / "stations.shp")
    (mine / "stations.prj").unlink()
    files = {"zones": mine / "zones.geojson", "stations": mine / "stations.shp"}
    told = new_scenario(tmp_path / "new", **files)
    text = (tmp_path / "new/scenario.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text).get("crs") == guess
    scenario, findings = inspect_scenario(tmp_path / "new")
    if guess is None:
        assert '# crs = "EPSG:?"' in text
        assert "E-CRS-MISSING" in {finding.code for finding in findings}
        return
    assert any(guess in line for line in told)
    assert scenario is not None
    there = scenario.projection.unproject(scenario.station("S1").point)
    assert (there.x, there.y) == pytest.approx((120.15, 33.36), abs=1e-6)


def test_an_old_part_of_a_shapefile_does_not_stay(tmp_path: Path) -> None:
    """A .cpg of the layer before would turn the new one's names to nonsense."""
    mine = write(tmp_path / "mine")
    frame = frame_of("stations").assign(name=["亭湖警务站", "盐都警务站"])
    for encoding, stem in (("UTF-8", "old"), ("GBK", "NEW")):
        frame.to_file(mine / f"{stem}.shp", encoding=encoding)
    (mine / "NEW.cpg").unlink()
    for suffix in (".shp", ".shx", ".dbf", ".prj"):  # as old programs write them
        (mine / f"NEW{suffix}").rename(mine / f"NEW{suffix.upper()}")
    zones = mine / "zones.geojson"
    new_scenario(tmp_path / "new", zones=zones, stations=mine / "old.shp")
    assert (tmp_path / "new/stations.cpg").exists()
    later = {"zones": zones, "stations": mine / "NEW.SHP"}
    with pytest.raises(OutputError, match="overwrite"):
        new_scenario(tmp_path / "new", **later)
    new_scenario(tmp_path / "new", **later, overwrite=True)
    assert not (tmp_path / "new/stations.cpg").exists()
    assert read_scenario(tmp_path / "new").station("S1").name == "亭湖警务站"


def test_files_that_lie_in_the_folder_stay_where_they_are(tmp_path: Path) -> None:
    """A layer in the folder itself is named, not copied."""
    mine = write(tmp_path / "mine")
    (mine / "scenario.toml").unlink()
    shutil.move(mine / "zones.geojson", mine / "巡区.geojson")
    before = {file.name: file.read_bytes() for file in mine.iterdir()}
    files = {"zones": mine / "巡区.geojson", "stations": mine / "stations.geojson"}
    new_scenario(mine, **files)
    after = {file.name: file.read_bytes() for file in mine.iterdir()}
    assert after.keys() - before.keys() == {"scenario.toml"}
    assert {name: after[name] for name in before} == before
    assert len(read_scenario(mine).zones) == 3
