"""Read a layer's file, whatever its format."""

from __future__ import annotations

from pathlib import Path

from planner.formats.csv_table import read_csv
from planner.formats.files import inside, read_bytes
from planner.formats.geoparquet import read_geoparquet
from planner.formats.json_layer import read_json
from planner.formats.kml import read_kml, read_kmz
from planner.formats.table import Fault, Layer
from planner.formats.vector import (
    read_geopackage,
    read_shapefile,
    read_zipped_shapefile,
)
from planner.formats.xlsx import read_xlsx

LAYER_NAME = "|layername="
"""Between the name of a file and that of a layer in it, as QGIS writes it."""

FORMATS = (
    ".geojson",
    ".json",
    ".plan",
    ".gpkg",
    ".shp",
    ".zip",
    ".kml",
    ".kmz",
    ".csv",
    ".xlsx",
    ".parquet",
)


def read_layer(folder: Path, text: str, layer: str) -> Layer:
    """
    Return the rows of a layer's file.

    Parameters
    ----------
    folder
        The scenario folder; nothing outside is opened.
    text
        Name of the file in it; ``city.gpkg|layername=zones`` names a layer in it,
        a sheet of a workbook, or a Shapefile of an archive.
    layer
        Our name of the layer, taken where a file holds several.

    Raises
    ------
    Fault
        If the file as a whole cannot be used.
    MissingPartError
        If it needs a library that is not installed.
    """
    name, _, chosen = text.partition(LAYER_NAME)
    path = inside(folder, name)
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise Fault("E-FORMAT-SUFFIX", suffix=suffix, known=" ".join(FORMATS))
    if suffix == ".shp":
        return read_shapefile(folder, name)
    data = read_bytes(path)
    if suffix == ".gpkg":
        return read_geopackage(data, chosen, layer)
    if suffix == ".zip":
        return read_zipped_shapefile(data, chosen, layer)
    if suffix == ".xlsx":
        return read_xlsx(data, chosen, layer)
    if suffix == ".csv":
        return read_csv(data)
    if suffix == ".parquet":
        return read_geoparquet(data)
    readers = {".kml": read_kml, ".kmz": read_kmz}
    return readers.get(suffix, read_json)(data, layer)
