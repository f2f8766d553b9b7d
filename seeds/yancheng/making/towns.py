"""Read the towns, and find the county code of each."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable
from typing import Any

from shapely.geometry import Point

from making.city import COUNTY
from making.ground import RAW, Row, place, to_utm

SAME_PLACE_M = 1_200
"""Two centres that are not farther apart are one place."""
OUTSIDE = "OUT"
"""Stands for a county code where a town is another city's."""

# By hand: Yannan hi-tech zone has no division code of its own; two neighbour towns have
# been merged away.
HAND_CODE = {
    "新都街道": "320972",
    "科城街道": "320972",
    "伍佑街道": "320972",
    "五队乡": "320724",
    "张郭镇": "321281",
}
# county-level code -> town that stands for the county seat
SEATS = {
    "320902": "文峰街道",
    "320903": "潘黄街道",
    **{code: seat for code, (seat, *_) in COUNTY.items()},
    "321281": "兴化",
    "320685": "海安镇",
    "321084": "高邮镇",
    "321023": "宝应",
    "321204": "姜堰镇",
    "320623": "掘港镇",
    "320723": "伊山镇",
    "321012": "仙女",
}
EXTRA_SEATS = {  # by hand
    "320724": (119.36, 34.09),
    "320826": (119.26, 33.78),
    "320803": (119.14, 33.51),
}
# GeoNames entries without a Chinese name that we need by name
CHINESE_NAME = {
    "Xinghua": "兴化",
    "Baoying": "宝应",
    "Dongkan": "东坎",
    "Qinnan": "秦南镇",
    "Sanzao": "三灶镇",
}


def stem(name: str) -> str:
    """Return the name of a town without 镇, 乡 or 街道."""
    return re.sub(r"(镇|乡|街道)$", "", name)


def load_towns() -> list[Row]:
    """
    Return the towns, each with a county code and how it was found (``code_source``).

    Rules in order: by hand; a township of exactly that name (seat within 60 km), of
    that name without 镇/乡/街道 (40 km), a village of that name (35 km; for towns
    merged away since) - if several counties have one, the county whose seat is
    nearest; last, the code of the nearest town that got one (a Voronoi fill).
    """
    towns = _distinct([*_geonames_towns(), *_hand_towns()])
    seat_km = _distance_to_seats(towns)
    rules = _register_rules(seat_km)
    for town in towns:
        town["code"], town["code_source"] = _code(town, rules, seat_km)
    known = [town for town in towns if town["code"]]
    for town in towns:
        # The city itself is no township.
        if not town["code"] and town["pop"] > 500_000:
            seats = [*SEATS, *EXTRA_SEATS]
            town["code"] = min(seats, key=lambda c: (seat_km(town, c), c))
            town["code_source"] = "nearest county seat"
        elif not town["code"]:
            here = town["geometry"]
            nearest = min(known, key=lambda k: (k["geometry"].distance(here), k["id"]))
            town["code"] = nearest["code"]
            town["code_source"] = "nearest town with a register code"
    return towns


def _rows(name: str) -> list[dict[str, str]]:
    with (RAW / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _geonames_towns() -> list[Row]:
    towns = []
    for r in _rows("geonames_towns.csv"):
        names = [name for name in r["zh_names"].split("|") if name]
        names = names or [CHINESE_NAME.get(r["name"], r["name"])]
        towns.append(
            {
                "id": "GN" + r["geonameid"],
                "name": names[0],
                "zh": names,
                "src": "GeoNames",
                "lon": float(r["lon"]),
                "lat": float(r["lat"]),
                "pop": int(r["population"]),
                "outside": False,
            }
        )
    return towns


def _hand_towns() -> list[Row]:
    return [
        {
            "id": "HP_" + r["name"],
            "name": r["name"],
            "zh": [r["name"]],
            "src": "hand",
            "lon": float(r["lon"]),
            "lat": float(r["lat"]),
            "pop": 0,
            "outside": r["note"].startswith("neighbour"),
        }
        for r in _rows("hand_points.csv")
    ]


def _distinct(towns: list[Row]) -> list[Row]:
    """Return one town a place, the larger and the better known first."""
    shapes = to_utm([Point(town["lon"], town["lat"]) for town in towns])
    for town, shape in zip(towns, shapes, strict=True):
        town["geometry"] = shape
    kept: list[Row] = []
    for town in sorted(towns, key=lambda t: (-t["pop"], t["src"] == "hand", t["id"])):
        here = town["geometry"]
        if all(here.distance(other["geometry"]) > SAME_PLACE_M for other in kept):
            kept.append(town)
    return kept


def _distance_to_seats(towns: list[Row]) -> Callable[[Row, str], float]:
    """Return how far [km] a town is from the seat of a county."""
    seats = {
        code: next(t for t in towns if name in t["zh"])["geometry"]
        for code, name in SEATS.items()
    }
    seats |= {code: place(*there) for code, there in EXTRA_SEATS.items()}
    seats["320971"] = seats["320902"]

    def seat_km(town: Row, code: str) -> float:
        if code not in seats:
            return math.inf
        return town["geometry"].distance(seats[code]) / 1000

    return seat_km


def _register_rules(
    seat_km: Callable[[Row, str], float],
) -> list[tuple[str, Callable[[Row], set[str]]]]:
    """Return the rules that look a town up in the register, each with its name."""
    township: dict[str, set[str]] = {}
    township_stem: dict[str, set[str]] = {}
    village: dict[str, set[str]] = {}
    for r in _rows("china_division_extract.csv"):
        name, code = r["name"], r["area_code"]
        if r["level"] == "township":
            township.setdefault(name, set()).add(code)
            township_stem.setdefault(stem(name), set()).add(code)
        elif r["level"] == "village":
            village.setdefault(_village_stem(name), set()).add(code)

    def rule(
        table: dict[str, set[str]], within_km: float, key: Callable[[str], str]
    ) -> Callable[[Row], set[str]]:
        return lambda town: {
            code
            for name in town["zh"]
            for code in table.get(key(name), ())
            if seat_km(town, code) < within_km
        }

    return [
        ("china-division township name", rule(township, 60, str)),
        ("china-division township name stem", rule(township_stem, 40, stem)),
        ("china-division village name", rule(village, 35, stem)),
    ]


def _village_stem(name: str) -> str:
    return re.sub(r"(居民委员会|村民委员会|居委会|村委会|社区|村)+$", "", name)


def _code(
    town: Row,
    rules: list[tuple[str, Callable[[Row], set[str]]]],
    seat_km: Callable[[Row, str], float],
) -> tuple[Any, Any]:
    """Return the county code and its source; None for both where no rule has one."""
    if town["outside"]:
        return OUTSIDE, "hand"
    for name in town["zh"]:
        if name in HAND_CODE:
            return HAND_CODE[name], "hand"
    for source, codes_of in rules:
        codes = codes_of(town)
        if codes:
            several = ", nearest seat of several" if len(codes) > 1 else ""
            return min(codes, key=lambda c: (seat_km(town, c), c)), source + several
    return None, None
