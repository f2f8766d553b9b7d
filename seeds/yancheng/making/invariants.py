"""Assert what the demo is meant to be."""

from __future__ import annotations

from typing import Any

from making.city import (
    BUREAU,
    COUNTY,
    N_BUREAUX,
    N_DRONES,
    N_STATIONS,
    N_URBAN_POSTS,
    POSTS_PER_SEAT,
    URBAN_CENTRE,
    URBAN_CODES,
    URBAN_RADIUS_M,
)
from making.ground import Row, place
from making.load import Stretch, most_needed

FAR_KM = 10
"""A zone farther from every station is out of reach."""
REVISITS_MIN = {"watch": (30, 60, 120), "sweep": (120, 240), "line": (60, 120)}


def check_stations(
    stations: list[Row], districts: dict[str, Any], teams: list[Row], prohibited: Any
) -> None:
    """Assert the counts of posts, drones and teams, and that each post stands right."""
    assert len(stations) == N_STATIONS
    assert sum(s["drones"] for s in stations) == N_DRONES
    assert len(districts) == len(teams) == N_BUREAUX
    assert len({s["district"] for s in stations}) == N_BUREAUX
    for s in stations:
        assert 0 <= s["drones"] - s["pads"] <= 1, s["name"]
        assert districts[s["code"]].contains(s["geometry"]), s["name"]
        assert not prohibited.contains(s["geometry"]), s["name"]
    urban = urban_stations(stations)
    centre = place(*URBAN_CENTRE)
    assert len(urban) == N_URBAN_POSTS
    assert all(s["geometry"].distance(centre) <= URBAN_RADIUS_M for s in urban)
    for code in BUREAU:
        own = sum(s["code"] == code for s in stations)
        assert own >= 2, code
        assert code not in COUNTY or own == POSTS_PER_SEAT + 1, code


def check_zones(zones: list[Row], prohibited: Any) -> None:
    """Assert that only the listed zones are hopeless, and the limits of each kind."""
    assert len({z["name"] for z in zones}) == len(zones), "zone names must be unique"
    assert 3 <= sum(bool(z["demo_case"]) for z in zones) <= 5
    closed = prohibited.buffer(-2)
    for z in zones:
        far, shut = z["nearest_km"] > FAR_KM, z["geometry"].intersects(closed)
        assert (far or shut) == bool(z["demo_case"]), (z["id"], z["nearest_km"], shut)
        assert z["revisit_min"] in REVISITS_MIN[z["kind"]], z["id"]
        if z["kind"] == "sweep":
            assert 0.3 <= z["area_km2"] <= 2.0, (z["id"], z["area_km2"])


def check_ids(*layers: list[Row]) -> None:
    """Assert that no id stands twice in a layer."""
    for rows in layers:
        assert len({row["id"] for row in rows}) == len(rows), "ids must be unique"


def check_load(stretches: list[Stretch], stations: list[Row]) -> None:
    """Assert that the fleet is tight but enough."""
    share = max(stretch.drones for stretch in stretches) / N_DRONES
    assert 0.75 <= share <= 0.90, share
    assert sum(most_needed(stretches, stations).values()) <= N_DRONES


def urban_stations(stations: list[Row]) -> list[Row]:
    """Return the posts of the main urban area."""
    return [s for s in stations if s["code"] in URBAN_CODES]
