"""Read JSON: GeoJSON, UAS zones or the fences of a plan, told by what is in it."""

from __future__ import annotations

from planner.formats.ed269 import is_ed269, read_ed269
from planner.formats.ed318 import is_ed318, read_ed318
from planner.formats.files import decoded
from planner.formats.geojson import parse, read_geojson
from planner.formats.qgc_fence import is_qgc_plan, read_fences
from planner.formats.table import Fault, Layer

_OF_AIRSPACE = (
    ("ED-269", is_ed269, read_ed269),
    ("ED-318", is_ed318, read_ed318),
    ("QGroundControl", is_qgc_plan, read_fences),
)


def read_json(data: bytes, layer: str) -> Layer:
    """
    Return the rows of a JSON file.

    Parameters
    ----------
    layer
        Our name; some formats hold airspace and nothing else.

    Raises
    ------
    Fault
        If it is no JSON that a layer comes in, or not for this layer.
    """
    text, remarks = decoded(data)
    content = parse(text)
    for name, is_it, read in _OF_AIRSPACE:
        if is_it(content):
            if layer != "airspace":
                raise Fault("E-LAYER-AIRSPACE", format=name, layer=layer)
            return read(content, remarks)
    return read_geojson(content, remarks)
