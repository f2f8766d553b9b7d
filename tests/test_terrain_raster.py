"""Rasters of the ground are read in any projection, and what is wrong is told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from dems import CELL_M, GEOGRAPHIC, over, write_dem
from shapely.geometry import box
from tiny_folder import TOML, found, inspected, write
from worlds import square, station, two_stations, world, zone

from maps.response_section import response_section
from maps.terms import terms_table
from planner.basics.geometry import FloatArray
from planner.budget import Budget
from planner.checks import check
from planner.cli import main
from planner.errors import EXIT_MISSING, MissingPartError
from planner.formats import terrain as reader
from planner.formats.digest import scenario_digest
from planner.formats.plan_geojson import as_written
from planner.formats.scenario_folder import read_scenario
from planner.plan import Plan
from planner.planning.pipeline import plan_routes
from planner.scenario import Building, Scenario

UTM, CGCS2000, MERCATOR = "EPSG:32651", "EPSG:4549", "EPSG:3857"


def rough(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return heights that differ from cell to cell."""
    return 700.0 + 40.0 * np.sin(x / 91.0) * np.cos(y / 67.0) + np.round(x % 7) / 10


@pytest.mark.parametrize("crs", [None, GEOGRAPHIC, UTM, CGCS2000, MERCATOR])
@pytest.mark.parametrize("cell_m", [4.0, 30.0])
def test_no_ground_lies_beyond_that_of_its_square(
    crs: str | None, cell_m: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever projection and size cells have, squares hold the highest and lowest."""
    monkeypatch.setattr(reader, "MOST_SQUARES", 60_000)  # 20 m and more
    scenario = two_stations()
    size = (-1_500.0, -1_500.0, 1_500.0, 1_500.0)
    dem = write_dem(
        tmp_path / "dem.tif",
        rough,
        scenario.projection,
        crs=crs,
        bounds=size,
        cell_m=cell_m,
    )
    terrain = over(scenario, dem).terrain
    assert terrain is not None
    assert terrain.highest_m.size <= 61_000
    places = np.random.default_rng(1).uniform(-1_300, 1_300, (4_000, 2))
    cells = dem.heights(places) - terrain.reference_m
    lowest_m, highest_m = terrain.at(places)
    assert (cells <= highest_m + 1e-3).all()
    assert (cells >= lowest_m - 1e-3).all()
    # Nor is more held than cells that may touch the square.
    close = 1.5 * (terrain.square_m + cell_m)
    x, y = np.clip(places[:200], -1_300, 1_300).T
    steps = np.linspace(-close, close, 41)
    dx, dy = (each.ravel() for each in np.meshgrid(steps, steps))
    near = np.column_stack([np.add.outer(x, dx).ravel(), np.add.outer(y, dy).ravel()])
    around = (dem.heights(near) - terrain.reference_m).reshape(200, -1)
    assert (highest_m[:200] <= around.max(axis=1) + 2e-3).all()
    assert (lowest_m[:200] >= around.min(axis=1) - 2e-3).all()
    outside = np.random.default_rng(2).uniform(1_600, 2_900, (100, 2))
    assert np.isnan(terrain.at(outside)[1]).all()


def test_whole_numbers_with_a_scale_are_heights(tmp_path: Path) -> None:
    """A raster of decimetres that says so is read in metres."""
    scenario = two_stations()
    dem = write_dem(
        tmp_path / "dem.tif",
        lambda x, y: np.full(x.shape, 7310.0),
        scenario.projection,
        dtype="int16",
    )
    with rasterio.open(dem.path, "r+") as raster:
        raster.scales = (0.1,)
    terrain = over(scenario, dem).terrain
    assert terrain is not None
    assert terrain.reference_m == 731.0
    assert terrain.relief_m == (0.0, 0.0)


def test_the_reference_level_leaves_most_layers(tmp_path: Path) -> None:
    """Ground that differs by less than a step of layers costs one layer, not two."""
    scenario = world(
        [station("A", 0, 0), station("B", 900, 0)], [zone("W", square(450, 0, 400))]
    )
    dem = write_dem(
        tmp_path / "dem.tif", lambda x, y: 20.0 + x % 9, scenario.projection
    )
    layers = scenario.rules.layers_m
    terrain = over(scenario, dem).terrain
    assert terrain is not None
    low_m, high_m = terrain.relief_m
    fits = [h for h in layers if high_m + 60.0 <= h <= low_m + 120.0]
    assert high_m - low_m > 5
    assert len(fits) == len(layers) - 1


def test_ground_that_nobody_knows_is_flown_round(tmp_path: Path) -> None:
    """A hole in the raster is no way for anybody, and the plan keeps off it."""
    scenario = world([station("A", 0, 0)], [zone("W", square(2500, 0, 150))])

    def holed(x: FloatArray, y: FloatArray) -> FloatArray:
        return np.where((abs(x - 1200) < 200) & (abs(y) < 600), np.nan, 4.0)

    hole = over(scenario, write_dem(tmp_path / "dem.tif", holed, scenario.projection))
    plan = as_written(plan_routes(hole, budget=Budget(iterations=1, engine="greedy")))
    assert not plan.unserved
    assert not check(hole, plan)
    straight = as_written(
        plan_routes(scenario, budget=Budget(iterations=1, engine="greedy"))
    )
    assert "airspace.unknown" in {v.code for v in check(hole, straight)}
    assert plan.routes[0].duration_s > straight.routes[0].duration_s


def test_buildings_and_airspace_stand_on_their_ground(tmp_path: Path) -> None:
    """On a plateau a roof and a closure reach higher, and plans keep clear of both."""
    scenario = world(
        [station("A", 0, 0)],
        [zone("W", square(2500, 0, 150))],
    )
    tower = Building(id="T", geometry=box(2380, 30, 2400, 90), height_m=30.0)
    wall = Building(id="H", geometry=box(1200, -300, 1250, 300), height_m=50.0)
    dem = write_dem(
        tmp_path / "dem.tif",
        lambda x, y: np.where(x > 1000, 45.0, 0.0),
        scenario.projection,
    )
    high = over(replace(scenario, buildings=(tower, wall)), dem)
    plan = as_written(plan_routes(high, budget=Budget(iterations=1, engine="greedy")))
    assert not plan.unserved
    assert not check(high, plan)
    blind = as_written(
        plan_routes(over(scenario, dem), budget=Budget(iterations=1, engine="greedy"))
    )
    assert "airspace.clearance" in {v.code for v in check(high, blind)}


HILLY = TOML.replace("[[drones]]", 'terrain = "dem.tif"\n[[drones]]')


@pytest.fixture
def plain(tmp_path: Path) -> Scenario:
    """Return the example over flat ground."""
    return read_scenario(write(tmp_path / "plain"))


def extent(scenario: Scenario, margin_m: float = 2_500.0) -> list[float]:
    """Return the bounds of a scenario, and more [m]."""
    boxes = np.array(
        [
            *(s.point.bounds for s in scenario.stations),
            *(z.geometry.bounds for z in scenario.zones),
        ]
    )
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return [*(low - margin_m), *(high + margin_m)]


@pytest.fixture
def folder(tmp_path: Path, plain: Scenario) -> Callable[..., Path]:
    """Return what writes the example with a raster."""

    def written(relief: Any = rough, name: str = "dem.tif", **options: Any) -> Path:
        path = write(tmp_path / "with", toml=HILLY.replace("dem.tif", name))
        bounds = options.pop("bounds", extent(plain))
        write_dem(path / name, relief, plain.projection, bounds=bounds, **options)
        return path

    return written


def test_a_raster_is_part_of_the_scenario(
    folder: Callable[..., Path], plain: Scenario
) -> None:
    """Its bytes count for the digest; without one the digest is what it was."""
    first = read_scenario(folder())
    assert first.terrain is not None
    assert first.digest != plain.digest
    assert scenario_digest(replace(first, terrain=None)) == plain.digest
    other = read_scenario(folder(lambda x, y: rough(x, y) + 0.25))
    assert other.digest not in (first.digest, plain.digest)
    assert {f.code for f in inspected(folder())} <= {"W-TERRAIN-RELIEF"}


def test_the_report_names_the_raster(
    folder: Callable[..., Path], plain: Scenario
) -> None:
    """What ground a plan counts from is told in both languages, beside buildings."""
    scenario = read_scenario(folder())
    assert scenario.terrain is not None
    html = terms_table(scenario)
    level = f"{scenario.terrain.reference_m:g}"
    assert "Terrain from dem.tif" in html
    assert f"reference level at {level} m" in html
    assert f"高程 {level} 米的基准面" in html
    assert "no terrain" not in html
    assert "no terrain" in terms_table(plain)
    block = Building(id="B", geometry=plain.zones[0].geometry, height_m=20.0)
    assert "kept clear of: 1." in terms_table(replace(scenario, buildings=(block,)))


def test_the_report_says_that_response_takes_the_ground_as_flat(
    folder: Callable[..., Path], plain: Scenario
) -> None:
    """Who reads when help comes is told that no hill was counted."""
    nobody = Plan(horizon={}, stations=(), drone_models=(), routes=(), roster=())
    told = replace(nobody, analysis={"response": {"places": 1}})
    assert "Hills are not in" in response_section(read_scenario(folder()), told)
    assert "Hills are not in" not in response_section(plain, told)


def holed(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return ground of which the middle is not known."""
    return np.where(abs(x) < 2_000, np.nan, 3.0)


def stepped(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return ground with an undeclared mark of no data."""
    return np.where(x < -1_000, -32_768.0, 3.0)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"count": 3}, "E-TERRAIN-BANDS"),
        ({"dtype": "complex64"}, "E-TERRAIN-TYPE"),
        ({"relief": stepped}, "E-TERRAIN-VALUES"),
        ({"bounds": (200_000.0, 0.0, 210_000.0, 9_000.0)}, "E-TERRAIN-ELSEWHERE"),
        ({"name": "dem.asc"}, "E-FORMAT-SUFFIX"),
    ],
)
def test_a_raster_of_no_use_is_told(
    options: dict[str, Any], code: str, folder: Callable[..., Path]
) -> None:
    """What is wrong with a raster is one finding with its file."""
    finding = found(inspected(folder(**options)), code)
    assert finding.file == options.get("name", "dem.tif")


def test_a_raster_without_a_place_is_told(folder: Callable[..., Path]) -> None:
    """Numbers alone are no ground: a raster says where it lies."""
    path = folder()
    with rasterio.open(path / "dem.tif") as raster:
        heights, profile = raster.read(), raster.profile
    profile.pop("crs")
    with rasterio.open(path / "dem.tif", "w", **profile) as raster:
        raster.write(heights)
    found(inspected(path), "E-TERRAIN-CRS")


def test_feet_are_no_metres(folder: Callable[..., Path]) -> None:
    """A raster that says another unit is not taken for metres."""
    path = folder()
    with rasterio.open(path / "dem.tif", "r+") as raster:
        raster.units = ("US survey foot",)
    assert found(inspected(path), "E-TERRAIN-UNIT").values["unit"] == "us survey foot"


def test_a_raster_too_fine_is_told_before_it_is_read(
    folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No raster fills the memory: cells are counted first."""
    monkeypatch.setattr(reader, "MOST_CELLS", 10_000)
    found(inspected(folder()), "E-TERRAIN-FINE")


@pytest.mark.parametrize("damage", ["missing", "text", "cut"])
def test_a_file_that_is_no_raster_is_told(
    damage: str, folder: Callable[..., Path]
) -> None:
    """Whatever stands there, it is a finding and no crash."""
    path = folder() / "dem.tif"
    if damage == "missing":
        path.unlink()
    elif damage == "text":
        path.write_text("no raster", encoding="utf-8")
    else:
        path.write_bytes(path.read_bytes()[:2_000])
    code = "E-FILE-MISSING" if damage == "missing" else "E-FORMAT-CORRUPT"
    found(inspected(path.parent), code)


def test_gaps_are_told_all_at_once(folder: Callable[..., Path]) -> None:
    """Each station and zone over unknown ground is named, and how much there is."""
    findings = inspected(folder(holed))
    codes = {(f.code, f.feature) for f in findings}
    assert ("E-TERRAIN-ZONE", "Z1") in codes
    assert ("E-TERRAIN-STATION", "S2") in codes
    assert found(findings, "W-TERRAIN-GAP").values["percent"] > 30
    for finding in findings:
        if finding.code == "E-TERRAIN-ZONE":
            assert finding.file == "zones.geojson"


@pytest.mark.parametrize(
    ("metres", "code"), [(-40.0, "W-TERRAIN-HOLE"), (40.0, "W-TERRAIN-SPIKE")]
)
def test_a_station_in_a_hole_is_told(
    metres: float, code: str, folder: Callable[..., Path], plain: Scenario
) -> None:
    """A cell that differs from all round it, just under a station, is a slip."""
    x, y = plain.stations[0].point.x, plain.stations[0].point.y

    def pitted(xs: FloatArray, ys: FloatArray) -> FloatArray:
        at = (abs(xs - x) <= CELL_M) & (abs(ys - y) <= CELL_M)
        return np.where(at, 50.0 + metres, 50.0)

    finding = found(inspected(folder(pitted)), code)
    assert (finding.feature, finding.values["metres"]) == ("S1", 40.0)


def test_relief_beyond_what_a_route_may_span_is_told(
    folder: Callable[..., Path],
) -> None:
    """Hills higher than ceiling less floor ask for routes of their own."""
    finding = found(inspected(folder(lambda x, y: x / 20)), "W-TERRAIN-RELIEF")
    assert finding.values["relief"] > finding.values["room"] == 60


def test_a_band_without_a_layer_is_told(folder: Callable[..., Path]) -> None:
    """Where floor and ceiling are one, uneven ground leaves no layer."""
    path = folder(lambda x, y: x / 100)
    file = path / "scenario.toml"
    file.write_text(file.read_text() + "[rules]\nfloor_m = 60\nceiling_m = 60\n")
    codes = {f.code for f in inspected(path)}
    assert "E-TERRAIN-LAYER" in codes


def test_rasterio_is_an_extra(
    folder: Callable[..., Path], plain: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it a scenario with terrain says what to install; others need it not."""
    path = folder()
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(MissingPartError, match=r"drone-patrol-planner\[terrain\]"):
        read_scenario(path)
    assert main(["validate", str(path)]) == EXIT_MISSING
    assert read_scenario(path.parent / "plain").digest == plain.digest
