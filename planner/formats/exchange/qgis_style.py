"""Say in QGIS's own words how a layer looks and what its columns are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from planner.basics.palette import PALETTE
from planner.formats.exchange.colours import rgb
from planner.formats.exchange.markup import add
from planner.formats.exchange.tables import Table, both

_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_VERSION = "3.28.0"
"""Of the QGIS whose words these are; newer ones read them."""

_POINT, _LINE, _NONE = 0, 1, 4
"""QGIS's numbers of geometry types (``Qgis::GeometryType``)."""

_STATION = "#1A1A1A"
_KINDS = ("watch", "sweep", "line")

Categories = Sequence[tuple[str, str, str]]
"""Value, label and colour of each."""


def style(table: Table, layers: Mapping[float, str]) -> str:
    """
    Return the QML of a table.

    Routes have the colour of their height layer, stops that of their kind.

    Parameters
    ----------
    layers
        Height layer [m above ground] to colour.
    """
    root = Element("qgis", version=_VERSION, styleCategories="AllStyleCategories")
    geometry = _NONE
    if table.name == "routes":
        geometry = _LINE
        heights = [(f"{layer:g}", f"{layer:g} m", c) for layer, c in layers.items()]
        _add_categories(root, "layer_m", "double", heights, "line")
    elif table.name == "stops":
        geometry = _POINT
        kinds = [
            (kind, both(f"exchange.kind.{kind}"), colour)
            for kind, colour in zip(_KINDS, PALETTE, strict=False)
        ]
        _add_categories(root, "kind", "string", kinds, "marker")
    elif table.name == "stations":
        geometry = _POINT
        renderer = add(root, "renderer-v2", type="singleSymbol", symbollevels="0")
        look = {"name": "square", "size": "3.4"}
        _add_symbol(add(renderer, "symbols"), "0", "marker", _STATION, look)
    _add_aliases(root, table)
    add(root, "layerGeometryType", str(geometry))
    return _DOCTYPE + ElementTree.tostring(root, encoding="unicode")


def _add_categories(
    root: Element, attribute: str, kind: str, values: Categories, symbol: str
) -> None:
    """Colour by the value of a column."""
    renderer = add(
        root,
        "renderer-v2",
        type="categorizedSymbol",
        attr=attribute,
        symbollevels="0",
    )
    categories, symbols = add(renderer, "categories"), add(renderer, "symbols")
    look = {"name": "circle", "size": "1.6"} if symbol == "marker" else {}
    for i, (value, label, colour) in enumerate(values):
        add(
            categories,
            "category",
            value=value,
            type=kind,
            label=label,
            symbol=str(i),
            render="true",
        )
        _add_symbol(symbols, str(i), symbol, colour, look)


def _add_symbol(
    symbols: Element, name: str, kind: str, colour: str, look: Mapping[str, str]
) -> None:
    shade = ",".join(map(str, (*rgb(colour), 255)))
    if kind == "line":
        drawn, options = "SimpleLine", {"line_color": shade, "line_width": "0.5"}
    else:
        drawn = "SimpleMarker"
        options = {"color": shade, "outline_color": "255,255,255,255"}
    symbol = add(symbols, "symbol", type=kind, name=name, alpha="1")
    layer = add(symbol, "layer", enabled="1", locked="0")
    layer.set("pass", "0")
    layer.set("class", drawn)
    listed = add(layer, "Option", type="Map")
    for option, value in {**options, **look}.items():
        add(listed, "Option", type="QString", name=option, value=value)


def _add_aliases(root: Element, table: Table) -> None:
    """Give columns their heads in English and Chinese; the first one is the id."""
    aliases = add(root, "aliases")
    for i, (name, head) in enumerate(zip(table.columns, table.heads, strict=True), 1):
        add(aliases, "alias", field=name, index=str(i), name=head)
