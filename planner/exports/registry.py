"""Name the formats that a plan can be exported in; nothing is loaded for that."""

from __future__ import annotations

_MISSIONS = "planner.formats.missions"
_EXCHANGE = "planner.formats.exchange"

FORMATS = {
    "qgc": f"{_MISSIONS}.qgc",
    "wpl": f"{_MISSIONS}.wpl",
    "wpml": f"{_MISSIONS}.wpml",
    "flighthub": f"{_MISSIONS}.flighthub",
    "intent": f"{_MISSIONS}.intent",
    "geojson": f"{_EXCHANGE}.geojson",
    "gpkg": f"{_EXCHANGE}.gpkg",
    "kml": f"{_EXCHANGE}.kml",
    "kmz": f"{_EXCHANGE}.kmz",
    "gpx": f"{_EXCHANGE}.gpx",
    "csv": f"{_EXCHANGE}.csv",
    "xlsx": f"{_EXCHANGE}.xlsx",
    "ics": f"{_EXCHANGE}.ics",
    "czml": f"{_EXCHANGE}.czml",
}
"""Format to the module whose ``export(handover)`` returns its files by name."""

FLOWN = frozenset(("qgc", "wpl", "wpml", "flighthub"))
"""Formats that drones fly: over terrain the ground must be known under them."""
