#!/usr/bin/env python3
"""
Build the Yancheng (盐城) demo dataset of the drone patrol route planner.

    python build.py       reads ./raw, writes the layers (*.geojson) beside itself,
                          prints the load estimate

Needs geopandas, shapely and numpy. No network, no random numbers: a rerun gives the
same bytes. All planning geometry is metric (WGS 84 / UTM 51N); output is RFC 7946
GeoJSON in WGS 84.

Every output feature carries `provenance`:

    real       taken from a public source (may be coarse)
    derived    computed from real inputs by a rule stated here
    synthetic  invented for the demo (a real town name may be used as the place)

NOTHING here is an administrative boundary, a published airspace, or a real police site.
"""

from __future__ import annotations

from typing import Any

from making.airspace import blocked, build_airspace, closed_to_flight
from making.city import BUREAU
from making.ground import Row
from making.invariants import check_ids, check_load, check_stations, check_zones
from making.land import build_districts, build_water, load_land, load_rivers, outline
from making.layer import check_layers, write_layer
from making.lines import build_lines, draw_dyke, find_canals
from making.load import load_estimate, most_needed
from making.report import print_counts, print_load
from making.stations import build_response_teams, build_stations, share_drones
from making.sweeps import build_sweeps
from making.towns import load_towns
from making.unservable import build_unservable
from making.watch import build_watch
from making.zones import build_zones
from shapely.geometry import Polygon
from shapely.ops import unary_union

APPROXIMATE = "Voronoi approximation of town groups, NOT an administrative boundary"


def main() -> None:
    """Read, make, write, check and report, in this order."""
    towns = load_towns()
    ours = [t for t in towns if t["code"] in BUREAU]
    town = {name: t["geometry"] for t in reversed(ours) for name in t["zh"]}
    land, rivers = load_land(), load_rivers()
    districts = build_districts(towns, land)
    boundary = outline(districts)
    airspace = build_airspace(land)
    closed, shut = blocked(airspace), closed_to_flight(airspace)

    watch = build_watch(town, land, closed)
    watched = unary_union([zone["geometry"] for zone in watch])
    sweeps = build_sweeps(town, land, closed, watched)
    stations = build_stations(town, watch, districts, shut)
    dyke = draw_dyke(boundary, land)
    lines = build_lines(town, find_canals(boundary, rivers), dyke, stations, closed)
    hopeless = build_unservable(town, dyke, airspace)
    zones = build_zones([*watch, *sweeps, *lines, *hopeless], stations, districts)
    stretches = load_estimate(zones, stations)
    share_drones(stations, most_needed(stretches, stations))
    teams = build_response_teams(stations)

    print("layers")
    write_layer("boundary", _boundary_rows(boundary))
    write_layer("districts", _district_rows(districts))
    write_layer("towns", _town_rows(ours))
    write_layer(
        "stations", [{k: v for k, v in s.items() if k != "code"} for s in stations]
    )
    write_layer("zones", zones)
    write_layer("airspace", airspace)
    write_layer("water", build_water(boundary, rivers))
    write_layer("response_teams", teams)

    check_stations(stations, districts, teams, shut)
    check_zones(zones, shut)
    check_ids(stations, zones, airspace, teams)
    check_load(stretches, stations)
    check_layers()
    print_counts(stations, zones, towns)
    print_load(stretches, stations)


def _boundary_rows(boundary: Polygon) -> list[Row]:
    return [
        {
            "name": "盐城示例范围",
            "provenance": "derived",
            "note": "outline of the approximate districts, not a legal boundary",
            "geometry": boundary.simplify(100),
        }
    ]


def _district_rows(districts: dict[str, Any]) -> list[Row]:
    return [
        {
            "id": code,
            "name": BUREAU[code][0],
            "name_en": BUREAU[code][1],
            "provenance": "derived",
            "note": APPROXIMATE,
            "geometry": shape.simplify(60).buffer(0),
        }
        for code, shape in sorted(districts.items())
    ]


def _town_rows(towns: list[Row]) -> list[Row]:
    return [
        {
            "id": t["id"],
            "name": t["name"],
            "code": t["code"],
            "district": BUREAU[t["code"]][0],
            "code_source": t["code_source"],
            "source": t["src"],
            "provenance": "real" if t["src"] == "GeoNames" else "synthetic",
            "geometry": t["geometry"],
        }
        for t in sorted(towns, key=lambda t: (t["code"], t["id"]))
    ]


if __name__ == "__main__":
    main()
