"""Place the police posts where the visits are, and share the drones among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from shapely.geometry import Point

from making.city import (
    BUREAU,
    COUNTY,
    N_DRONES,
    N_URBAN_POSTS,
    POSTS_PER_SEAT,
    URBAN_AREA,
)
from making.ground import Row, offset
from making.towns import stem


def build_stations(
    town: dict[str, Point], watch: list[Row], districts: dict[str, Any], prohibited: Any
) -> list[Row]:
    """
    Return the posts, with their county ``code`` and no drones yet.

    Urban street posts and the posts of a county seat stand at the centres of its watch
    zones, weighted by visits an hour; one post more at the centre of one more town per
    county.
    """

    def clear(point: Point) -> Point:
        """Step out of a prohibited polygon, if ever needed."""
        while prohibited.buffer(150).contains(point):
            point = offset(point, 180, 100)
        return point

    def centres(area_name: str, k: int) -> list[Point]:
        zones = [zone for zone in watch if zone["area_name"] == area_name]
        points = [zone["geometry"].centroid for zone in zones]
        visits = [60 / zone["revisit_min"] for zone in zones]
        return [clear(point) for point in _weighted_centres(points, visits, k)]

    # code, whether in a town, where in the name, the same in English, point
    posts: list[tuple[str, bool, str, str, Point]] = []
    for point in centres(URBAN_AREA, N_URBAN_POSTS):
        code = min(districts, key=lambda c: (districts[c].distance(point), c))
        posts.append((code, False, "", "", point))
    for code, (seat, _, (extra, extra_en), _) in sorted(COUNTY.items()):
        for point in centres(stem(seat), POSTS_PER_SEAT):
            posts.append((code, False, "城区", "", point))
        posts.append((code, True, extra, extra_en, clear(town[extra])))
    posts.sort(key=lambda post: (post[0], post[1], -post[4].y))
    number: dict[str, int] = {}
    rows = []
    for k, (code, in_town, where, where_en, point) in enumerate(posts, 1):
        bureau, _, short, short_en = BUREAU[code]
        number[code] = n = number.get(code, 0) + 1
        if in_town:
            name, name_en = f"{where}警务站", f"{where_en} town post"
        else:
            name = f"{short}{where}{n}号街面警务站"
            name_en = f"{short_en} street post {n}"
        rows.append(
            {
                "id": f"YC{k:02d}",
                "name": f"{name}(示例)",
                "name_en": f"{name_en} (sample)",
                "district": bureau,
                "drones": 0,
                "pads": 0,
                "provenance": "synthetic",
                "code": code,
                "geometry": point,
            }
        )
    return rows


def share_drones(stations: list[Row], need: dict[str, int]) -> None:
    """
    Give each post the drones it needs, at least 2, and one pad less where it has 4.

    Those left over go where the margin is smallest (ties: to the larger post).
    """
    for station in stations:
        station["drones"] = max(2, need[station["id"]])
    spare = N_DRONES - sum(station["drones"] for station in stations)
    assert spare >= 0, spare
    for _ in range(spare):
        tightest = min(
            stations,
            key=lambda s: (-need[s["id"]] / s["drones"], -s["drones"], s["id"]),
        )
        tightest["drones"] += 1
    for station in stations:
        station["pads"] = station["drones"] - (1 if station["drones"] >= 4 else 0)


def build_response_teams(stations: list[Row]) -> list[Row]:
    """Return one team a bureau, at its post with most drones (ties: the lowest id)."""
    posts: dict[str, Row] = {}
    for station in stations:
        code = station["code"]
        if code not in posts or station["drones"] > posts[code]["drones"]:
            posts[code] = station
    return [
        {
            "id": f"RT{n:02d}",
            "name": BUREAU[code][2] + "快反鹰队(示例)",
            "name_en": BUREAU[code][3] + " rapid-response team (sample)",
            "district": BUREAU[code][0],
            "station_id": posts[code]["id"],
            "provenance": "synthetic",
            "geometry": posts[code]["geometry"],
        }
        for n, code in enumerate(sorted(posts), 1)
    ]


def _weighted_centres(
    points: Sequence[Point], weights: Sequence[float], k: int
) -> list[Point]:
    """Return k centres by weighted k-means; it starts from points far apart."""
    xy, w = np.array([(p.x, p.y) for p in points]), np.array(weights, float)
    mean = np.average(xy, axis=0, weights=w)
    start = [xy[np.argmin(((xy - mean) ** 2).sum(1))]]
    while len(start) < k:
        d = np.min([((xy - c) ** 2).sum(1) for c in start], axis=0)
        start.append(xy[int(np.argmax(d * w))])
    centres = np.array(start)
    for _ in range(100):
        own = np.argmin(((xy[:, None] - centres[None]) ** 2).sum(2), axis=1)
        new = np.array(
            [
                np.average(xy[own == q], axis=0, weights=w[own == q])
                if (own == q).any()
                else centres[q]
                for q in range(k)
            ]
        )
        if np.abs(new - centres).max() < 0.5:
            break
        centres = new
    return [Point(*c) for c in centres]
