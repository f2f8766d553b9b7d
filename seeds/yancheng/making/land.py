"""Draw the land, the bureaux' districts on it, and the water of the base map."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
from shapely.geometry import MultiPoint, Point, Polygon, box
from shapely.ops import linemerge, polygonize, unary_union, voronoi_diagram

from making.city import BUREAU
from making.ground import RAW, UTM, Row, largest, parts, to_utm

SHORE, RIVERS = RAW / "gshhg_shore_f.geojson", RAW / "wdbii_rivers_f.geojson"
# Inside the window of the files, so that the rings close [deg].
FRAME = (119.35, 32.5, 121.2, 34.65)


def load_land() -> Polygon:
    """Return the mainland within the frame."""
    shore, frame = gpd.read_file(SHORE), box(*FRAME)
    coast = unary_union(
        [g.intersection(frame) for g in shore[shore.level == 1].geometry]
    )
    rings = polygonize(unary_union([coast, frame.boundary]))
    land = next(p for p in rings if p.contains(Point(120.16, 33.36)))
    return to_utm([land])[0].buffer(0)


def build_districts(towns: list[Row], land: Polygon) -> dict[str, Any]:
    """
    Return the area of each bureau, by its code.

    Voronoi cells of the towns, joined by bureau and cut at the shore: rough, and NOT
    administrative boundaries.
    """
    cells = voronoi_diagram(
        MultiPoint([t["geometry"] for t in towns]), envelope=land.buffer(60_000)
    )
    joined: dict[str, list[Any]] = {code: [] for code in BUREAU}
    for cell in cells.geoms:
        town = next(t for t in towns if cell.contains(t["geometry"]))
        if town["code"] in joined:
            joined[town["code"]].append(cell)
    return {
        code: unary_union(own).intersection(land).buffer(0)
        for code, own in joined.items()
    }


def outline(districts: dict[str, Any]) -> Polygon:
    """Return the outline of all districts."""
    return largest(unary_union(list(districts.values())).buffer(1))


def load_rivers() -> Any:
    """Return the rivers and canals."""
    return unary_union(list(gpd.read_file(RIVERS).to_crs(UTM).geometry))


def build_water(boundary: Polygon, rivers: Any) -> list[Row]:
    """Return the shore and the canals near the city, for the base map."""
    shore = gpd.read_file(SHORE).to_crs(UTM)
    window = boundary.buffer(6000)
    lines = [
        (kind, line.simplify(40))
        for kind, water in (
            ("shore", unary_union(list(shore[shore.level == 1].geometry))),
            ("canal", rivers),
        )
        for line in parts(linemerge(water.intersection(window)), "LineString")
        if line.length > 800
    ]
    return [
        {
            "id": f"WTR{n:02d}",
            "kind": kind,
            "provenance": "real",
            "source": "GSHHG 2.3.7" if kind == "shore" else "WDBII via GSHHG 2.3.7",
            "geometry": line,
        }
        for n, (kind, line) in enumerate(
            sorted(lines, key=lambda line: (line[0], line[1].bounds)), 1
        )
    ]
