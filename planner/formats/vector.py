"""Read GeoPackage and Shapefile through GDAL, from memory and nothing else."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import shapely

from planner.formats.dbf_text import dbf_encoding, mended, named_encoding
from planner.formats.files import inside, read_bytes, zip_members
from planner.formats.table import Fault, Feature, Layer

_SIDECARS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_NEEDED = (".shx", ".dbf")
_SQLITE = b"SQLite format 3\0"
_SHAPE_MAGIC = b"\x00\x00\x27\x0a"


def read_geopackage(data: bytes, chosen: str, layer: str) -> Layer:
    """
    Return the rows of a layer of a GeoPackage.

    Parameters
    ----------
    chosen
        Name of the layer in the file; if empty, the only one, or the one
        named like ours.
    layer
        Our name.

    Raises
    ------
    Fault
        If it is no sound GeoPackage, or does not say which layer.
    """
    import pyogrio

    if not data.startswith(_SQLITE):
        raise Fault("E-FORMAT", wanted="GeoPackage", found="?")
    if b"gpkg_contents" not in data:
        raise Fault("E-FORMAT", wanted="GeoPackage", found="SQLite")
    try:
        with _quiet():
            listed = pyogrio.list_layers(data)
    except Exception as error:  # damaged bytes make it raise almost anything
        raise Fault("E-FORMAT-CORRUPT", format="GeoPackage") from error
    names = [str(name) for name, kind in listed if kind is not None]
    wanted = chosen or (names[0] if len(names) == 1 else layer)
    if wanted not in names:
        raise Fault("E-LAYER-AMBIGUOUS", layers=", ".join(names) or "-")
    return _read(data, "GeoPackage", wanted, ())


def read_shapefile(folder: Path, name: str) -> Layer:
    """
    Return the rows of a Shapefile and its sidecars, which must lie in the folder.

    Raises
    ------
    Fault
        If a sidecar that is needed is missing, or a part is damaged.
    """
    parts: dict[str, bytes] = {}
    stem = name[: -len(".shp")]
    for suffix in _SIDECARS:
        for spelling in (suffix, suffix.upper()):
            try:
                parts.setdefault(suffix, read_bytes(inside(folder, stem + spelling)))
            except Fault as fault:
                if fault.code != "E-FILE-MISSING":
                    raise
    return _of_parts(parts)


def read_zipped_shapefile(data: bytes, chosen: str, layer: str) -> Layer:
    """
    Return the rows of a Shapefile in a zip archive.

    Parameters
    ----------
    chosen
        Its name in the archive, without folder and ending; if empty, the only one, or
        the one named like ours.
    layer
        Our name.

    Raises
    ------
    Fault
        If a part that is needed is missing, or nothing says which Shapefile.
    """
    members = zip_members(data)
    stems = {
        str(PurePosixPath(name).with_suffix(""))
        for name in members
        if name.lower().endswith(".shp")
    }
    if not stems:
        raise Fault("E-ZIP-NOGEO", wanted=".shp")
    wanted = chosen or (layer if len(stems) > 1 else "")
    named = [s for s in stems if not wanted or PurePosixPath(s).name == wanted]
    if len(named) != 1:
        names = sorted(PurePosixPath(stem).name for stem in stems)
        raise Fault("E-LAYER-AMBIGUOUS", layers=", ".join(names))
    (stem,) = named
    return _of_parts(
        {
            PurePosixPath(name).suffix.lower(): content
            for name, content in members.items()
            if str(PurePosixPath(name).with_suffix("")) == stem
        }
    )


def _of_parts(parts: dict[str, bytes]) -> Layer:
    """Return the rows of a Shapefile of its parts, packed anew for GDAL."""
    for suffix in _NEEDED:
        if suffix not in parts:
            raise Fault("E-SHP-SIDECAR", suffix=suffix)
    if not parts.get(".shp", b"").startswith(_SHAPE_MAGIC):
        raise Fault("E-FORMAT", wanted="Shapefile", found="?")
    remarks: tuple[Fault, ...] = ()
    encoding = named_encoding(parts.get(".cpg", b""))
    if encoding is None:
        encoding = dbf_encoding(parts[".dbf"])
        if encoding == "GBK":
            remarks = (Fault("W-ENCODING", encoding="gbk"),)
    parts[".cpg"] = encoding.encode()
    if encoding == "UTF-8":
        parts[".dbf"] = mended(parts[".dbf"], encoding)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for suffix in _SIDECARS:
            if suffix in parts:
                archive.writestr(f"layer{suffix}", parts[suffix])
    return _read(packed.getvalue(), "Shapefile", None, remarks)


def _read(
    data: bytes, format_name: str, layer: str | None, remarks: tuple[Fault, ...]
) -> Layer:
    """Return the rows of a layer that GDAL reads from memory."""
    import pyogrio

    try:
        with _quiet():
            meta, _, shapes, columns = pyogrio.raw.read(data, layer=layer)
    except UnicodeDecodeError as error:
        raise Fault("E-ENCODING") from error
    except Exception as error:  # damaged bytes make it raise almost anything
        raise Fault("E-FORMAT-CORRUPT", format=format_name) from error
    if shapes is None:
        raise Fault("E-FORMAT", wanted=format_name, found="no geometry")
    names = [str(name) for name in meta["fields"]]
    features = tuple(
        Feature(
            row=row,
            values={
                name: _plain(column[row - 1])
                for name, column in zip(names, columns, strict=True)
            },
            geometry=_geometry(shape),
        )
        for row, shape in enumerate(shapes, 1)
    )
    crs = meta["crs"] or None
    return Layer(columns=tuple(names), features=features, crs=crs, remarks=remarks)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep GDAL's warnings back: what matters is checked by ourselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _plain(value: Any) -> Any:
    """Return a plain Python value; a table's NaN stands for null."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and np.isnan(value) else value


def _geometry(wkb: bytes | None) -> shapely.Geometry | Fault:
    if wkb is None:
        return Fault("E-GEOM-NULL")
    try:
        return shapely.from_wkb(wkb)
    except shapely.errors.GEOSException:
        return Fault("E-GEOM-DEGENERATE", count=2, wanted=3)
