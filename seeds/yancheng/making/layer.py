"""Write a layer as GeoJSON, and read back what was written."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
from shapely import set_precision
from shapely.geometry import mapping
from shapely.geometry.polygon import orient

from making.ground import FOLDER, UTM, WGS84, Row

PROVENANCES = ("real", "derived", "synthetic")


def write_layer(name: str, rows: list[Row]) -> None:
    """Write a layer: winding as of RFC 7946, 1e-5 degrees, no ``crs`` member."""
    shapes = gpd.GeoSeries([row["geometry"] for row in rows], crs=UTM).to_crs(WGS84)
    features = []
    for row, shape in zip(rows, set_precision(shapes.values, 1e-5), strict=True):
        assert shape.is_valid and not shape.is_empty, (name, row)
        feature = {
            "type": "Feature",
            "properties": {k: v for k, v in row.items() if k != "geometry"},
            "geometry": json.loads(
                json.dumps(mapping(_wound(shape))),
                parse_float=lambda digits: round(float(digits), 5),
            ),
        }
        features.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    body = ",\n".join(features)
    path = FOLDER / f"{name}.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[\n' + body + "\n]}\n", encoding="utf-8"
    )
    size_kib = path.stat().st_size / 1024
    print(f"  {path.name:24s}{len(rows):5d} features {size_kib:8.1f} KiB")


def check_layers() -> None:
    """Assert that each layer reads well and tells where each feature is from."""
    for path in sorted(FOLDER.glob("*.geojson")):
        layer = gpd.read_file(path)
        assert layer.geometry.is_valid.all() and not layer.geometry.is_empty.any(), path
        assert "provenance" in layer and layer.provenance.isin(PROVENANCES).all(), path
        assert '"crs"' not in path.read_text(encoding="utf-8"), path


def _wound(shape: Any) -> Any:
    if shape.geom_type == "Polygon":
        return orient(shape, 1.0)
    if shape.geom_type == "MultiPolygon":
        return type(shape)([orient(polygon, 1.0) for polygon in shape.geoms])
    return shape
