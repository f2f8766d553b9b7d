"""Write the small scenario folder in every format that layers come in."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path
from typing import Any

from tiny_folder import TOML, example, write

KML = '<?xml version="1.0" encoding="UTF-8"?>\n<kml><Document>{}</Document></kml>'


def as_kml(layer: dict[str, Any]) -> str:
    """Return a GeoJSON layer as KML."""
    marks = []
    for feature in layer["features"]:
        values = "".join(
            f'<Data name="{key}"><value>{"" if v is None else v}</value></Data>'
            for key, v in feature["properties"].items()
        )
        kind = feature["geometry"]["type"]
        points = feature["geometry"]["coordinates"]
        points = points[0] if kind == "Polygon" else points
        points = [points] if kind == "Point" else points
        text = " ".join(f"{x},{y},0" for x, y in points)
        body = f"<coordinates>{text}</coordinates>"
        if kind == "Polygon":
            body = f"<outerBoundaryIs><LinearRing>{body}</LinearRing></outerBoundaryIs>"
        marks.append(
            f"<Placemark><ExtendedData>{values}</ExtendedData>"
            f"<{kind}>{body}</{kind}></Placemark>"
        )
    return KML.format("".join(marks))


def toml_for(suffix: str) -> str:
    """Return the TOML with layers of another format."""
    return TOML.replace(".geojson", suffix)


def in_format(folder: Path, suffix: str) -> Path:
    """Write the example in another format, rows reversed, and return the folder."""
    write(folder, toml=toml_for(suffix))
    for name, layer in example().items():
        source, target = folder / f"{name}.geojson", folder / f"{name}{suffix}"
        source.unlink()
        layer["features"].reverse()
        if suffix == ".kml":
            target.write_text(as_kml(layer), encoding="utf-8")
        elif suffix == ".kmz":
            with zipfile.ZipFile(target, "w") as archive:
                archive.writestr("doc.kml", as_kml(layer))
        elif suffix == ".csv":
            target.write_text(as_csv(layer), encoding="utf-8")
        elif suffix == ".xlsx":
            as_workbook(layer, target)
        else:
            as_vector(layer, target)
    return folder


def as_csv(layer: dict[str, Any]) -> str:
    """Return a GeoJSON layer as CSV, with WKT unless it holds points."""
    from shapely.geometry import shape as shaped

    rows = [feature["properties"] for feature in layer["features"]]
    where = [shaped(feature["geometry"]) for feature in layer["features"]]
    points = where[0].geom_type == "Point"
    lines = [",".join([*rows[0], *(("经度", "纬度") if points else ("wkt",))])]
    for row, place in zip(rows, where, strict=True):
        cells = ["" if cell is None else str(cell) for cell in row.values()]
        ends = [str(place.x), str(place.y)] if points else [f'"{place.wkt}"']
        lines.append(",".join(cells + ends))
    return "\n".join(lines) + "\n"


def as_workbook(layer: dict[str, Any], target: Path) -> None:
    """Write a GeoJSON layer as a sheet, its shapes as WKT."""
    import openpyxl
    from shapely.geometry import shape as shaped

    workbook = openpyxl.Workbook()
    workbook.active.append([*layer["features"][0]["properties"], "WKT"])
    for feature in layer["features"]:
        wkt = shaped(feature["geometry"]).wkt
        workbook.active.append([*feature["properties"].values(), wkt])
    workbook.save(target)


def as_vector(layer: dict[str, Any], target: Path) -> None:
    """Write a GeoJSON layer through GDAL; a Shapefile holds one type of shape."""
    import geopandas

    frame = geopandas.GeoDataFrame.from_features(layer, crs="EPSG:4326")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names cut to ten characters
        if target.suffix == ".parquet":
            frame.to_parquet(target)
            return
        if target.suffix == ".gpkg":
            frame.to_file(target, driver="GPKG")
            return
        shp = target.with_suffix(".shp")
        if target.stem == "zones":
            is_line = frame.kind == "line"
            lines = target.with_name(f"lines{target.suffix}")
            frame[is_line].to_file(lines.with_suffix(".shp"))
            frame = frame[~is_line]
            toml = target.with_name("scenario.toml")
            named = f'zones = ["{target.name}", "{lines.name}"]'
            text = toml.read_text(encoding="utf-8")
            toml.write_text(text.replace(f'zones = "{target.name}"', named))
        frame.to_file(shp)
    if target.suffix == ".zip":
        for stem in {target.stem, "lines"} if target.stem == "zones" else {target.stem}:
            with zipfile.ZipFile(target.with_name(f"{stem}.zip"), "w") as archive:
                for part in sorted(target.parent.glob(f"{stem}.*")):
                    if part.suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
                        archive.writestr(f"data/{part.name}", part.read_bytes())
                        part.unlink()


def packed(**members: bytes) -> bytes:
    """Return a zip archive; ``_`` in a name stands for a dot, ``__`` for a slash."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return data.getvalue()
