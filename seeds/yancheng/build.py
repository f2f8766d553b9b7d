#!/usr/bin/env python3
"""Build the Yancheng (盐城) demo dataset of the drone patrol route planner.

    python build.py            reads ./raw, writes the layers (*.geojson) beside itself, prints the load estimate

Needs geopandas, shapely and numpy. No network, no random numbers: a rerun gives the same bytes.
All planning geometry is metric (WGS-84 / UTM 51N); output is RFC 7946 GeoJSON in WGS-84.

Every output feature carries `provenance`:
    real       taken from a public source (may be coarse)
    derived    computed from real inputs by a rule stated here
    synthetic  invented for the demo (a real town name may be used as the place)
NOTHING here is an administrative boundary, a published airspace, or a real police site.
"""

import csv
import json
import math
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
from shapely import set_precision
from shapely.geometry import LineString, MultiPoint, Point, Polygon, box, mapping
from shapely.geometry.polygon import orient
from shapely.ops import linemerge, polygonize, substring, unary_union, voronoi_diagram

HERE = Path(__file__).resolve().parent
RAW, OUT = HERE / "raw", HERE
UTM, WGS = 32651, 4326

# --- scenario constants ------------------------------------------------------------------------
N_STATIONS, N_DRONES, N_BUREAUX = 37, 120, 11
N_URBAN_POSTS, POSTS_PER_SEAT = (
    16,
    2,
)  # 16 + 7 counties x (2 at the seat + 1 in a town) = 37
HEX_SIDE = 600.0  # watch hexagon side, m
URBAN_CENTRE, URBAN_RADIUS = (120.15, 33.36), 8_000
N_URBAN_HEX = 112
LINE_REACH = 9_000  # every point of a line section lies this near a station, m
FAR = 10_000  # beyond this from every station = out of reach, m

# --- drone model used only for the load estimate -------------------------------------------------
SPEED = 12.0  # m/s
SORTIE_MIN, TURNAROUND_MIN = (
    30.0,
    25.0,
)  # usable minutes per flight, minutes to swap/charge
SWATH, OVERLAP = 110.0, 0.20
VIEW_RADIUS, DWELL = 300.0, 20.0  # watch viewpoint radius m, dwell s
LANE_TURN = 6.0  # s lost at each end of a sweep lane
DETOUR = 1.10  # flown / straight-line distance

BUREAU = {  # county-level code -> (bureau, English, short name, short English)
    "320902": ("亭湖分局", "Tinghu Sub-bureau", "亭湖", "Tinghu"),
    "320903": ("盐都分局", "Yandu Sub-bureau", "盐都", "Yandu"),
    "320904": ("大丰区公安局", "Dafeng Bureau", "大丰", "Dafeng"),
    "320921": ("响水县公安局", "Xiangshui Bureau", "响水", "Xiangshui"),
    "320922": ("滨海县公安局", "Binhai Bureau", "滨海", "Binhai"),
    "320923": ("阜宁县公安局", "Funing Bureau", "阜宁", "Funing"),
    "320924": ("射阳县公安局", "Sheyang Bureau", "射阳", "Sheyang"),
    "320925": ("建湖县公安局", "Jianhu Bureau", "建湖", "Jianhu"),
    "320971": ("经开区分局", "Development Zone Sub-bureau", "经开", "Jingkai"),
    "320972": ("盐南高新区分局", "Yannan Hi-tech Zone Sub-bureau", "盐南", "Yannan"),
    "320981": ("东台市公安局", "Dongtai Bureau", "东台", "Dongtai"),
}
URBAN_CODES = ("320902", "320903", "320971", "320972")
# Set by hand: Yannan hi-tech zone has no division code of its own (320972 is ours); two merged-away neighbour towns.
HAND_CODE = {
    "新都街道": "320972",
    "科城街道": "320972",
    "伍佑街道": "320972",
    "五队乡": "320724",
    "张郭镇": "321281",
}

# county code -> (seat town in our tables, hexes around the seat, extra town post, hexes around it)
COUNTY = {
    "320904": ("大中镇", 13, ("刘庄镇", "Liuzhuang"), 3),
    "320921": ("响水镇", 10, ("陈家港镇", "Chenjiagang"), 3),
    "320922": ("东坎", 12, ("八滩镇", "Batan"), 3),
    "320923": ("阜城街道", 12, ("益林镇", "Yilin"), 3),
    "320924": ("合德", 12, ("黄沙港镇", "Huangshagang"), 3),
    "320925": ("近湖街道", 11, ("上冈镇", "Shanggang"), 3),
    "320981": ("东台镇", 15, ("弶港镇", "Jianggang"), 3),
}
SEATS = {  # county-level code -> town that stands for the county seat (nearest-seat fallback of county codes)
    "320902": "文峰街道",
    "320903": "潘黄街道",
    **{c: v[0] for c, v in COUNTY.items()},
    "321281": "兴化",
    "320685": "海安镇",
    "321084": "高邮镇",
    "321023": "宝应",
    "321204": "姜堰镇",
    "320623": "掘港镇",
    "320723": "伊山镇",
    "321012": "仙女",
}
# GeoNames entries without a Chinese name that we need by name
CHINESE_NAME = {
    "Xinghua": "兴化",
    "Baoying": "宝应",
    "Dongkan": "东坎",
    "Qinnan": "秦南镇",
    "Sanzao": "三灶镇",
}
EXTRA_SEATS = {
    "320724": (119.36, 34.09),
    "320826": (119.26, 33.78),
    "320803": (119.14, 33.51),
}  # by hand


# ============================ small helpers ====================================================
def to_utm(geoms):
    return list(gpd.GeoSeries(geoms, crs=WGS).to_crs(UTM))


def pt(lon, lat):
    return to_utm([Point(lon, lat)])[0]


def offset(p, bearing_deg, metres):
    a = math.radians(bearing_deg)
    return Point(p.x + metres * math.sin(a), p.y + metres * math.cos(a))


def parts(geom, kind):
    """Flatten any geometry into its `kind` ('Polygon' / 'LineString') members."""
    if geom.geom_type == kind:
        return [geom]
    return [q for g in getattr(geom, "geoms", []) for q in parts(g, kind)]


def hhmm(text):
    return int(text[:2]) + int(text[3:5]) / 60


def write(name, rows):
    """rows = list of property dicts with a UTM `geometry`; RFC 7946 winding, 1e-5 degrees, no crs member."""
    shapes = gpd.GeoSeries([r["geometry"] for r in rows], crs=UTM).to_crs(WGS)
    shapes = set_precision(shapes.values, 1e-5)
    feats = []
    for r, g in zip(rows, shapes):
        assert g.is_valid and not g.is_empty, (name, r)
        if g.geom_type == "Polygon":
            g = orient(g, 1.0)
        elif g.geom_type == "MultiPolygon":
            g = type(g)([orient(p, 1.0) for p in g.geoms])
        m = json.loads(json.dumps(mapping(g)), parse_float=lambda s: round(float(s), 5))
        feats.append(
            {
                "type": "Feature",
                "properties": {k: v for k, v in r.items() if k != "geometry"},
                "geometry": m,
            }
        )
    body = ",\n".join(
        json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in feats
    )
    path = OUT / f"{name}.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[\n' + body + "\n]}\n", encoding="utf-8"
    )
    print(
        f"  {path.name:24s}{len(rows):5d} features {path.stat().st_size / 1024:8.1f} KiB"
    )


# ============================ 1 towns and their county codes ===================================
def strip_town(name):
    return re.sub(r"(镇|乡|街道)$", "", name)


def strip_village(name):
    return re.sub(r"(居民委员会|村民委员会|居委会|村委会|社区|村)+$", "", name)


def load_towns():
    """GeoNames towns + hand-placed towns, each with a county code and how it was found (`code_source`).

    Rules in order: hand list; a township of exactly that name (seat within 60 km), of that name without 镇/乡/街道
    (40 km), a village of that name (35 km; for towns merged away since) - if several counties have one, the county
    whose seat is nearest; last, the code of the nearest town that got one (a Voronoi fill).
    """
    towns = []
    for r in csv.DictReader(open(RAW / "geonames_towns.csv", encoding="utf-8")):
        zh = [z for z in r["zh_names"].split("|") if z] or [
            CHINESE_NAME.get(r["name"], r["name"])
        ]
        towns.append(
            dict(
                id="GN" + r["geonameid"],
                name=zh[0],
                zh=zh,
                src="GeoNames",
                lon=float(r["lon"]),
                lat=float(r["lat"]),
                pop=int(r["population"]),
            )
        )
    for r in csv.DictReader(open(RAW / "hand_points.csv", encoding="utf-8")):
        towns.append(
            dict(
                id="HP_" + r["name"],
                name=r["name"],
                zh=[r["name"]],
                src="hand",
                lon=float(r["lon"]),
                lat=float(r["lat"]),
                pop=0,
                outside=r["note"].startswith("neighbour"),
            )
        )
    for t, g in zip(towns, to_utm([Point(t["lon"], t["lat"]) for t in towns])):
        t["geometry"] = g
    towns.sort(key=lambda t: (-t["pop"], t["src"] != "GeoNames", t["id"]))
    kept = []  # two centres nearer than 1.2 km are one place
    for t in towns:
        if all(t["geometry"].distance(k["geometry"]) > 1200 for k in kept):
            kept.append(t)

    by_name = lambda n: next(t for t in kept if n in t["zh"])
    seats = {c: by_name(n)["geometry"] for c, n in SEATS.items()}
    seats.update({c: pt(*xy) for c, xy in EXTRA_SEATS.items()})
    township, township_stem, village = {}, {}, {}
    for r in csv.DictReader(open(RAW / "china_division_extract.csv", encoding="utf-8")):
        if r["level"] == "township":
            township.setdefault(r["name"], set()).add(r["area_code"])
            township_stem.setdefault(strip_town(r["name"]), set()).add(r["area_code"])
        elif r["level"] == "village":
            village.setdefault(strip_village(r["name"]), set()).add(r["area_code"])

    def seat_km(t, code):
        seat = seats.get({"320971": "320902"}.get(code, code))
        return t["geometry"].distance(seat) / 1000 if seat else math.inf

    for t in kept:
        stems = [strip_town(z) for z in t["zh"]]
        same = {c for z in t["zh"] for c in township.get(z, ()) if seat_km(t, c) < 60}
        stem = {
            c for z in stems for c in township_stem.get(z, ()) if seat_km(t, c) < 40
        }
        hamlet = {c for z in stems for c in village.get(z, ()) if seat_km(t, c) < 35}
        t["code"] = t["code_source"] = None
        if t.get("outside"):
            t["code"], t["code_source"] = "OUT", "hand"
        elif HAND_CODE.keys() & set(t["zh"]):
            t["code"], t["code_source"] = (
                next(HAND_CODE[z] for z in t["zh"] if z in HAND_CODE),
                "hand",
            )
        else:
            for codes, rule in (
                (same, "china-division township name"),
                (stem, "china-division township name stem"),
                (hamlet, "china-division village name"),
            ):
                if codes:
                    t["code"] = min(codes, key=lambda c: (seat_km(t, c), c))
                    t["code_source"] = rule + (
                        ", nearest seat of several" if len(codes) > 1 else ""
                    )
                    break
    known = [t for t in kept if t["code"]]
    for t in kept:
        if not t["code"] and t["pop"] > 500_000:  # the city itself is no township
            t["code"], t["code_source"] = (
                min((c for c in seats), key=lambda c: (seat_km(t, c), c)),
                "nearest county seat",
            )
        elif not t["code"]:
            t["code"] = min(
                known, key=lambda k: (k["geometry"].distance(t["geometry"]), k["id"])
            )["code"]
            t["code_source"] = "nearest town with a register code"
    return kept


# ============================ 2 land, districts, water =========================================
def load_land():
    shore = gpd.read_file(RAW / "gshhg_shore_f.geojson")
    frame = box(
        119.35, 32.5, 121.2, 34.65
    )  # inside the dump window, so that the rings close
    coast = unary_union(
        [g.intersection(frame) for g in shore[shore.level == 1].geometry]
    )
    rings = polygonize(unary_union([coast, frame.boundary]))
    land = next(p for p in rings if p.contains(Point(120.16, 33.36)))
    return to_utm([land])[0].buffer(0)


def build_districts(towns, land):
    """Voronoi cells of the towns, joined by bureau, cut at the shore; rough, NOT administrative."""
    cells = voronoi_diagram(
        MultiPoint([t["geometry"] for t in towns]), envelope=land.buffer(60_000)
    )
    joined = {c: [] for c in BUREAU}
    for cell in cells.geoms:
        t = next(t for t in towns if cell.contains(t["geometry"]))
        if t["code"] in joined:
            joined[t["code"]].append(cell)
    return {c: unary_union(v).intersection(land).buffer(0) for c, v in joined.items()}


def load_water():
    shore = gpd.read_file(RAW / "gshhg_shore_f.geojson").to_crs(UTM)
    rivers = gpd.read_file(RAW / "wdbii_rivers_f.geojson").to_crs(UTM)
    return unary_union(list(shore[shore.level == 1].geometry)), unary_union(
        list(rivers.geometry)
    )


# ============================ 3 airspace =======================================================
def airport_surfaces():
    """Plan view of ICAO Annex 14 code-4 surfaces around the real ZSYN runway ends (aerodrome level ~0 m AGL)."""
    r = next(
        x
        for x in csv.DictReader(open(RAW / "ourairports_runways.csv"))
        if x["airport_ident"] == "ZSYN"
    )
    a, b = to_utm(
        [
            Point(float(r[e + "_longitude_deg"]), float(r[e + "_latitude_deg"]))
            for e in ("le", "he")
        ]
    )
    length = a.distance(b)
    ux, uy = (b.x - a.x) / length, (b.y - a.y) / length
    runway = LineString([a, b])

    def approach(
        end, sign, reach
    ):  # inner edge 300 m wide, 60 m before the threshold, 15 % flare
        near, far = (end.x + sign * 60 * ux, end.y + sign * 60 * uy), None
        far = (near[0] + sign * reach * ux, near[1] + sign * reach * uy)
        w0, w1 = 150, 150 + 0.15 * reach
        return Polygon(
            [
                (near[0] - w0 * uy, near[1] + w0 * ux),
                (near[0] + w0 * uy, near[1] - w0 * ux),
                (far[0] + w1 * uy, far[1] - w1 * ux),
                (far[0] - w1 * uy, far[1] + w1 * ux),
            ]
        )

    inner, mid, outer = (runway.buffer(d, 32) for d in (4000, 5200, 6000))
    strip = LineString(
        [(a.x - 60 * ux, a.y - 60 * uy), (b.x + 60 * ux, b.y + 60 * uy)]
    ).buffer(140, cap_style="flat")
    appr = unary_union([approach(a, -1, 15_000), approach(b, 1, 15_000)]).difference(
        outer
    )
    why = "computed from runway ends (OurAirports) with ICAO Annex 14 code-4 values; NOT the polygon published by CAAC"
    z = lambda i, n, rst, lo, up, g: dict(
        id=i,
        name=n,
        restriction=rst,
        lower_m_agl=lo,
        upper_m_agl=up,
        schedule=None,
        reason="AIRPORT",
        provenance="derived",
        note=why,
        geometry=g,
    )
    return [
        z("NFZ-ZSYN-1", "ZSYN 跑道带 runway strip", "PROHIBITED", 0, None, strip),
        z(
            "NFZ-ZSYN-2",
            "ZSYN 内水平面 inner horizontal surface, 4 km",
            "PROHIBITED",
            0,
            None,
            inner,
        ),
        z(
            "NFZ-ZSYN-3",
            "ZSYN 锥形面 conical surface 4-5.2 km (45 m rising)",
            "REQ_AUTHORISATION",
            45,
            None,
            mid.difference(inner),
        ),
        z(
            "NFZ-ZSYN-4",
            "ZSYN 锥形面 conical surface 5.2-6 km (105 m rising)",
            "REQ_AUTHORISATION",
            105,
            None,
            outer.difference(mid),
        ),
        z(
            "NFZ-ZSYN-5",
            "ZSYN 进近面 approach surfaces, 6-15 km (130 m rising)",
            "REQ_AUTHORISATION",
            130,
            None,
            appr,
        ),
    ]


def build_airspace(land):
    def zone(i, name, rst, up, reason, note, geom, schedule=None):
        return dict(
            id=i,
            name=name,
            restriction=rst,
            lower_m_agl=0,
            upper_m_agl=up,
            schedule=schedule,
            reason=reason,
            provenance="synthetic",
            note=note,
            geometry=geom,
        )

    poly = lambda xy: to_utm([Polygon(xy)])[0]
    circle = lambda lon, lat, r: pt(lon, lat).buffer(r, 12)

    def block(lon, lat, w, h, turn):  # a turned rectangle, w x h metres
        c, a = pt(lon, lat), math.radians(turn)
        return Polygon(
            [
                (
                    c.x + x * math.cos(a) - y * math.sin(a),
                    c.y + x * math.sin(a) + y * math.cos(a),
                )
                for x, y in (
                    (-w / 2, -h / 2),
                    (w / 2, -h / 2),
                    (w / 2, h / 2),
                    (-w / 2, h / 2),
                )
            ]
        )

    res, fic = (
        "schematic shape, not the legal reserve boundary",
        "fictional site, invented for the demo",
    )
    zones = airport_surfaces() + [
        zone(
            "NFZ-WET-1",
            "盐城湿地珍禽保护区(示意) bird reserve, schematic",
            "REQ_AUTHORISATION",
            300,
            "NATURE",
            res,
            poly(
                [
                    (120.47, 33.50),
                    (120.60, 33.50),
                    (120.66, 33.62),
                    (120.50, 33.66),
                    (120.44, 33.58),
                ]
            ).intersection(land),
        ),
        zone(
            "NFZ-WET-2",
            "大丰麋鹿保护区(示意) deer reserve, schematic",
            "PROHIBITED",
            300,
            "NATURE",
            res,
            poly(
                [(120.76, 32.98), (120.86, 32.98), (120.86, 33.06), (120.76, 33.06)]
            ).intersection(land),
        ),
        zone(
            "NFZ-SEC-1",
            "敏感目标A(虚构) fictional sensitive site A",
            "PROHIBITED",
            None,
            "SENSITIVE",
            fic,
            circle(119.865, 34.025, 450),
        ),
        zone(
            "NFZ-SEC-2",
            "敏感目标B(虚构) fictional sensitive site B",
            "PROHIBITED",
            None,
            "SENSITIVE",
            fic,
            circle(120.415, 33.225, 600),
        ),
        zone(
            "NFZ-SEC-3",
            "敏感目标C(虚构) fictional sensitive site C",
            "PROHIBITED",
            None,
            "SENSITIVE",
            fic,
            block(119.765, 33.735, 1400, 700, 20),
        ),
        zone(
            "NFZ-URB-1",
            "城区敏感点甲(虚构) fictional urban site 1",
            "PROHIBITED",
            None,
            "SENSITIVE",
            fic,
            circle(120.1365, 33.3640, 320),
        ),
        zone(
            "NFZ-URB-2",
            "城区敏感点乙(虚构) fictional urban site 2",
            "PROHIBITED",
            None,
            "SENSITIVE",
            fic,
            block(120.1790, 33.3420, 760, 380, 30),
        ),
        zone(
            "NFZ-TMP-1",
            "临时管制(虚构) fictional event, 14:00-17:00",
            "CONDITIONAL",
            None,
            "TEMPORARY",
            fic + "; no flight inside while the schedule is active",
            circle(120.345, 32.835, 900),
            "14:00-17:00",
        ),
    ]
    for k, (name, lon, lat, w, h, turn) in enumerate(
        [
            ("学校 school 1", 120.151, 33.351, 260, 180, 10),
            ("医院 hospital 1", 120.163, 33.368, 220, 160, -15),
            ("学校 school 2", 120.121, 33.347, 240, 200, 25),
            ("医院 hospital 2", 120.203, 33.353, 240, 180, 0),
            ("学校 school 3", 120.306, 32.858, 260, 180, 5),
            ("医院 hospital 3", 120.452, 33.203, 220, 160, 30),
        ],
        1,
    ):
        zones.append(
            dict(
                id=f"PRV-{k}",
                name=name + "(虚构)",
                restriction="CONDITIONAL",
                lower_m_agl=0,
                upper_m_agl=90,
                schedule=None,
                reason="PRIVACY",
                provenance="synthetic",
                note="fictional; no camera dwell over it at any height, transit allowed above 90 m AGL",
                geometry=block(lon, lat, w, h, turn),
            )
        )
    return zones


# ============================ 4 patrol zones ===================================================
def hexagon(i, j):
    """Hexagon (i, j) of one flat-topped lattice over the whole city."""
    x, y = i * 1.5 * HEX_SIDE, (j + (i % 2) / 2) * math.sqrt(3) * HEX_SIDE
    return Polygon(
        [
            (
                x + HEX_SIDE * math.cos(math.radians(60 * k)),
                y + HEX_SIDE * math.sin(math.radians(60 * k)),
            )
            for k in range(6)
        ]
    )


def lattice_near(centre, radius):
    i0, di = round(centre.x / (1.5 * HEX_SIDE)), int(radius / (1.5 * HEX_SIDE)) + 1
    j0, dj = (
        round(centre.y / (math.sqrt(3) * HEX_SIDE)),
        int(radius / (math.sqrt(3) * HEX_SIDE)) + 2,
    )
    return [
        (i, j)
        for i in range(i0 - di, i0 + di + 1)
        for j in range(j0 - dj, j0 + dj + 1)
        if hexagon(i, j).centroid.distance(centre) <= radius
    ]


ALL_DAY, DAY, NIGHT, SCHOOL = (
    "00:00-24:00",
    "06:00-22:00",
    "18:00-24:00",
    "07:00-08:30,16:00-18:00",
)
REVISIT = {3: 30, 2: 60, 1: 120}
PLACE = {
    "hub": ("交通枢纽", ALL_DAY),
    "commercial": ("商业区", DAY),
    "night_market": ("夜市", NIGHT),
    "school": ("学校片区", SCHOOL),
    "neighbourhood": ("居民区", DAY),
}


def place_of(i, j, priority):
    """Deterministic mix of place types; hubs and night markets only where priority is high."""
    k = (7 * i + 3 * j) % 12
    if k == 0 and priority == 3:
        return "hub"
    if k in (1, 2) and priority >= 2:
        return "night_market"
    if k in (3, 4):
        return "school"
    return "commercial" if k in (5, 6, 7) else "neighbourhood"


def watch_group(ranked, count, blocked, land, high, mid, area_name, taken):
    """First `count` usable hexes of a ranked list; the first `high` get priority 3, the next `mid` priority 2."""
    rows = []
    for i, j in ranked:
        h = hexagon(i, j)
        if (i, j) in taken or blocked.contains(h.centroid) or not land.contains(h):
            continue
        clear = max(parts(h.difference(blocked), "Polygon"), key=lambda p: p.area)
        if clear.area < 0.5 * h.area:
            continue
        taken.add((i, j))
        prio = 3 if len(rows) < high else 2 if len(rows) < high + mid else 1
        kind = place_of(i, j, prio)
        rows.append(
            dict(
                kind="watch",
                place=kind,
                area_name=area_name,
                priority=prio,
                revisit_min=REVISIT[prio],
                active=PLACE[kind][1],
                geometry=clear,
            )
        )
        if len(rows) == count:
            break
    assert len(rows) == count, (area_name, len(rows))
    return rows


def build_watch(town, land, blocked):
    """Urban hexes ranked by a made-up density field around subdistrict centres; seat/town hexes by distance."""
    taken, rows = set(), []
    cores = [
        ("盐城", 1.0, 2600),
        ("新都街道", 0.9, 2400),
        ("亭湖", 0.8, 2200),
        ("文峰街道", 0.8, 2200),
        ("新城街道", 0.75, 2200),
        ("伍佑街道", 0.45, 1700),
        ("科城街道", 0.7, 2200),
        ("潘黄街道", 0.5, 1900),
    ]
    centre = pt(*URBAN_CENTRE)

    def density(ij):
        c = hexagon(*ij).centroid
        return sum(w * math.exp(-((c.distance(town[n]) / s) ** 2)) for n, w, s in cores)

    ranked = sorted(
        lattice_near(centre, URBAN_RADIUS), key=lambda ij: (-density(ij), ij)
    )
    rows += watch_group(
        ranked, N_URBAN_HEX, blocked, land, URBAN_P3, URBAN_P2, "市区", taken
    )
    for k, (code, (seat, n_seat, (extra, _), n_extra)) in enumerate(
        sorted(COUNTY.items())
    ):
        stretch = math.radians(25 * k)  # towns are longer one way than the other

        def away(ij, c):
            p = hexagon(*ij).centroid
            dx, dy = p.x - c.x, p.y - c.y
            return math.hypot(
                dx * math.cos(stretch) + dy * math.sin(stretch),
                1.35 * (dy * math.cos(stretch) - dx * math.sin(stretch)),
            )

        for name, n, high, mid in (
            (seat, n_seat, SEAT_P3, SEAT_P2),
            (extra, n_extra, 0, 1),
        ):
            ranked = sorted(
                lattice_near(town[name], 6000),
                key=lambda ij: (round(away(ij, town[name]), 3), ij),
            )
            rows += watch_group(
                ranked, n, blocked, land, high, mid, strip_town(name), taken
            )
    return rows


# sweep sites: (type, name, base town, bearing deg, distance m, area km2, length/width, revisit min, priority)
SWEEPS = [
    ("port", "港区", "陈家港镇", 60, 1900, 0.9, 2.5, 120, 3),
    ("industrial", "沿海工业园", "陈家港镇", 250, 2900, 1.6, 1.5, 240, 2),
    ("port", "渔港", "黄沙港镇", 100, 2100, 0.8, 2.2, 120, 3),
    ("solar", "滩涂光伏场", "黄沙港镇", 330, 3800, 1.8, 1.8, 240, 1),
    ("port", "渔港", "弶港镇", 200, 2200, 0.7, 2.4, 120, 3),
    ("solar", "滩涂光伏场", "弶港镇", 330, 3600, 1.9, 1.6, 240, 1),
    ("industrial", "工业园", "大中镇", 95, 5000, 1.2, 1.4, 240, 2),
    ("wetland", "湿地岸线", "大中镇", 10, 4600, 1.0, 4.0, 240, 1),
    ("industrial", "工业园", "响水镇", 110, 4200, 1.1, 1.3, 240, 2),
    ("port", "内河码头", "响水镇", 20, 3600, 0.5, 3.0, 240, 2),
    ("industrial", "工业园", "东坎", 170, 4600, 1.3, 1.4, 240, 2),
    ("solar", "渔光互补电站", "八滩镇", 80, 2700, 1.6, 1.5, 240, 1),
    ("industrial", "工业园", "阜城街道", 60, 4700, 1.2, 1.5, 240, 2),
    ("port", "内河码头", "益林镇", 350, 2000, 0.4, 2.5, 240, 2),
    ("industrial", "工业园", "合德", 200, 4600, 1.2, 1.4, 240, 2),
    ("reservoir", "蓄水湖岸", "合德", 75, 4700, 0.9, 3.5, 240, 1),
    ("industrial", "工业园", "近湖街道", 130, 4400, 1.1, 1.4, 240, 2),
    ("solar", "渔光互补电站", "近湖街道", 255, 4800, 1.5, 1.5, 240, 1),
    ("industrial", "工业园", "东台镇", 60, 5000, 1.3, 1.4, 240, 2),
    ("wetland", "湖荡岸线", "上冈镇", 300, 2900, 0.9, 3.5, 240, 1),
    ("industrial", "汽车产业园", "新城街道", 100, 3600, 1.4, 1.5, 120, 2),
    ("port", "城东内河港", "新城街道", 160, 3300, 0.6, 3.0, 120, 3),
    ("wetland", "西郊湿地岸线", "潘黄街道", 200, 1400, 0.8, 4.0, 240, 1),
    ("industrial", "南部产业园", "伍佑街道", 190, 1800, 1.0, 1.4, 240, 2),
]


def build_sweeps(town, land, blocked, watch_area):
    rows = []
    for k, (typ, label, base, bearing, dist, km2, ratio, revisit, prio) in enumerate(
        SWEEPS
    ):
        c = offset(town[base], bearing, dist)
        width = math.sqrt(km2 * 1e6 / ratio)
        turn = math.radians((37 * k) % 180)
        corners = []
        for n, (x, y) in enumerate(
            [
                (-0.5, -0.5),
                (0, -0.56),
                (0.5, -0.44),
                (0.56, 0),
                (0.46, 0.5),
                (0, 0.47),
                (-0.52, 0.5),
            ]
        ):
            x, y = x * width * ratio, y * width * (1 + 0.04 * ((n + k) % 3 - 1))
            corners.append(
                (
                    c.x + x * math.cos(turn) - y * math.sin(turn),
                    c.y + x * math.sin(turn) + y * math.cos(turn),
                )
            )
        shape = (
            Polygon(corners)
            .intersection(land)
            .difference(unary_union([blocked, watch_area]).buffer(30))
        )
        shape = max(parts(shape, "Polygon"), key=lambda p: p.area)
        assert shape.area > 0.3e6, (label, base, shape.area)
        rows.append(
            dict(
                kind="sweep",
                place=typ,
                area_name=strip_town(base),
                label=label,
                priority=prio,
                revisit_min=revisit,
                active=ALL_DAY if typ == "port" else DAY,
                geometry=shape,
            )
        )
    return rows


ROADS = {  # two straight-line stand-ins for trunk roads, through town centres (synthetic)
    "干线公路甲(示意)": [
        "小尖镇",
        "东坎",
        "阜城街道",
        "上冈镇",
        "新兴镇",
        "盐城",
        "伍佑街道",
        "刘庄镇",
        "东台镇",
        "安丰镇",
        "富安镇",
    ],
    "干线公路乙(示意)": [
        "陈家港镇",
        "八滩镇",
        "合德",
        "洋马镇",
        "大中镇",
        "万盈镇",
        "新曹镇",
        "弶港镇",
    ],
}


def coastal_dyke(land):
    """A smooth stand-in for the sea dyke: the GSHHG shore with creeks and spits under 3.6 km wide smoothed away, 400 m inland."""
    smooth = land.buffer(1800).buffer(-3600).buffer(1800 - 400)
    return max(parts(smooth, "Polygon"), key=lambda p: p.area).exterior


def line_sources(town, boundary, land, rivers):
    """(type, label, provenance, simplified geometry, revisit, priority) of everything a line patrol may follow."""
    out = []
    inside = lambda g, pad: (
        parts(linemerge(g) if g.geom_type == "MultiLineString" else g, "LineString")
        if pad is None
        else inside(g.intersection(boundary.buffer(pad)), None)
    )
    for g in inside(rivers, 0):
        if g.length > 3000:
            out.append(("canal", "河道巡线", "real", g.simplify(60), 120, 2))
    east = Polygon(
        [
            (p.x, p.y)
            for p in (
                pt(*xy)
                for xy in (
                    (119.75, 34.34),
                    (119.75, 34.6),
                    (121.1, 34.6),
                    (121.1, 32.6),
                    (120.6, 32.6),
                    (120.2, 33.9),
                )
            )
        ]
    )
    for g in inside(coastal_dyke(land).intersection(east), 3000):
        if g.length > 5000:
            out.append(("coast", "海堤巡线", "real", g.simplify(120), 120, 1))
    for label, names in ROADS.items():
        out.append(
            ("road", label, "synthetic", LineString([town[n] for n in names]), 60, 2)
        )
    return out


def build_lines(sources, stations, blocked):
    """Cut each source into sections whose every point is within LINE_REACH of one station and which one flight can do
    with 3 min to spare; keep the nearest ones."""
    st = [s["geometry"] for s in stations]
    quota, found = (
        {"canal": N_CANAL, "coast": N_COAST, "road": N_ROAD},
        {"canal": [], "coast": [], "road": []},
    )
    for typ, label, prov, geom, revisit, prio in sources:
        for piece in parts(geom.difference(blocked.buffer(20)), "LineString"):
            if piece.length < 1500:
                continue
            n = max(1, round(piece.length / LINE_SECTION[typ]))
            for k in range(n):
                sec = substring(piece, k / n, (k + 1) / n, normalized=True)
                reach = min(max(p.distance(Point(c)) for c in sec.coords) for p in st)
                flight = min(route_min([(sec, sec.length / SPEED / 60)], p) for p in st)
                if reach <= LINE_REACH and flight <= SORTIE_MIN - 3:
                    found[typ].append(
                        (
                            round(reach),
                            sec.bounds,
                            dict(
                                kind="line",
                                place=typ,
                                area_name=label,
                                priority=prio,
                                revisit_min=revisit,
                                active=DAY if typ == "coast" else ALL_DAY,
                                source_provenance=prov,
                                geometry=sec,
                            ),
                        )
                    )
    rows = []
    for typ in ("canal", "coast", "road"):
        pick = sorted(found[typ], key=lambda x: x[:2])[: quota[typ]]
        assert len(pick) == quota[typ], (typ, len(found[typ]))
        rows += [r for _, _, r in sorted(pick, key=lambda x: x[1][1])]
    return rows


def deliberate_failures(town, coast_pieces, airspace, land):
    """Five zones the planner cannot serve and has to explain."""
    nfz = {z["id"]: z["geometry"] for z in airspace}

    def tile(p):
        return Polygon(
            [
                (
                    p.x + HEX_SIDE * math.cos(math.radians(60 * k)),
                    p.y + HEX_SIDE * math.sin(math.radians(60 * k)),
                )
                for k in range(6)
            ]
        )

    far_coast = max(
        (
            substring(g, a, a + 4000)
            for g in coast_pieces
            for a in range(0, int(g.length) - 4000, 4000)
        ),
        key=lambda s: s.centroid.y if s.centroid.y < pt(120.3, 34.22).y else 0,
    )
    lake = offset(town["大纵湖镇"], 200, 2500)
    common = dict(active=DAY, revisit_min=120, priority=1)
    return [
        dict(
            kind="watch",
            place="hub",
            area_name="机场",
            label="机场航站区",
            demo_case="inside NFZ-ZSYN-2",
            geometry=tile(nfz["NFZ-ZSYN-1"].centroid),
            **common,
        ),
        dict(
            kind="sweep",
            place="wetland",
            area_name="大丰",
            label="保护区核心湿地",
            demo_case="inside NFZ-WET-2",
            geometry=nfz["NFZ-WET-2"].centroid.buffer(520, 6),
            **common,
        ),
        dict(
            kind="watch",
            place="neighbourhood",
            area_name="大纵湖",
            label="大纵湖镇居民区",
            demo_case="out of range",
            geometry=tile(town["大纵湖镇"]),
            **common,
        ),
        dict(
            kind="sweep",
            place="reservoir",
            area_name="大纵湖",
            label="大纵湖湖岸",
            demo_case="out of range",
            geometry=lake.buffer(450, 4),
            **common,
        ),
        dict(
            kind="line",
            place="coast",
            area_name="海堤巡线",
            label="滨海港北侧海堤",
            demo_case="out of range",
            geometry=far_coast,
            source_provenance="real",
            **common,
        ),
    ]


def finish_zones(rows, stations, districts):
    """Ids, names, district, size, nearest station; fixed column order."""
    out, prefix, seen = (
        [],
        {"watch": "W", "sweep": "S", "line": "L"},
        {"watch": 0, "sweep": 0, "line": 0},
    )
    tally = {}
    for r in rows:
        g, kind = r["geometry"], r["kind"]
        seen[kind] += 1
        near = min(
            stations, key=lambda s: (s["geometry"].distance(g.centroid), s["id"])
        )
        code = min(districts, key=lambda c: (districts[c].distance(g.centroid), c))
        base = (
            r["label"]
            if "label" in r
            else {"watch": PLACE.get(r["place"], ("",))[0], "line": ""}.get(kind, "")
        )
        title = r["area_name"] + base if not base.startswith(r["area_name"]) else base
        tally[title] = tally.get(title, 0) + 1
        single = kind == "sweep" or "demo_case" in r
        size = g.length / 1e3 if kind == "line" else g.area / 1e6
        out.append(
            dict(
                id=f"{prefix[kind]}{seen[kind]:03d}",
                kind=kind,
                name=title + ("" if single else f"{tally[title]:02d}") + "(示例)",
                place=r["place"],
                district=BUREAU[code][0],
                priority=r["priority"],
                revisit_min=r["revisit_min"],
                active=r["active"],
                area_km2=None if kind == "line" else round(size, 3),
                length_km=round(size, 2) if kind == "line" else None,
                nearest_station=near["id"],
                nearest_km=round(near["geometry"].distance(g) / 1000, 2),
                demo_case=r.get("demo_case"),
                provenance="derived"
                if r.get("source_provenance") == "real"
                else "synthetic",
                geometry=g,
            )
        )
    return out


# ============================ 5 stations =======================================================
def kmeans(points, weights, k):
    """Weighted k-means with farthest-point start: no random numbers. Returns k centres."""
    xy, w = np.array([(p.x, p.y) for p in points]), np.array(weights, float)
    centres = [np.average(xy, axis=0, weights=w)]
    centres[0] = xy[np.argmin(((xy - centres[0]) ** 2).sum(1))]
    while len(centres) < k:
        d = np.min([((xy - c) ** 2).sum(1) for c in centres], axis=0)
        centres.append(xy[int(np.argmax(d * w))])
    centres = np.array(centres)
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


def build_stations(town, watch, districts, prohibited):
    """16 urban street posts (k-means of the urban watch hexes, weighted by visits per hour), 2 posts per county seat
    (same method on the seat's hexes), 1 post at the centre of one more town per county."""

    def clear(p):  # step out of a prohibited polygon, if ever needed
        while prohibited.buffer(150).contains(p):
            p = offset(p, 180, 100)
        return p

    rows = []

    def group(area):
        g = [z for z in watch if z["area_name"] == area]
        return [z["geometry"].centroid for z in g], [60 / z["revisit_min"] for z in g]

    urban = [clear(p) for p in kmeans(*group("市区"), N_URBAN_POSTS)]
    for p in urban:
        rows.append(
            dict(
                code=min(districts, key=lambda c: (districts[c].distance(p), c)),
                seat=True,
                town="",
                geometry=p,
            )
        )
    for code, (seat, _, (extra, extra_en), _) in sorted(COUNTY.items()):
        for p in kmeans(*group(strip_town(seat)), POSTS_PER_SEAT):
            rows.append(dict(code=code, seat=True, town="城区", geometry=clear(p)))
        rows.append(
            dict(
                code=code,
                seat=False,
                town=extra,
                en=extra_en,
                geometry=clear(town[extra]),
            )
        )
    rows.sort(key=lambda r: (r["code"], not r["seat"], -r["geometry"].y))
    count, out = {}, []
    for k, r in enumerate(rows, 1):
        bureau, _, short, short_en = BUREAU[r["code"]]
        count[r["code"]] = n = count.get(r["code"], 0) + 1
        name = (
            f"{short}{r['town']}{n}号街面警务站(示例)"
            if r["seat"]
            else f"{r['town']}警务站(示例)"
        )
        name_en = (
            f"{short_en} street post {n} (sample)"
            if r["seat"]
            else f"{r['en']} town post (sample)"
        )
        out.append(
            dict(
                id=f"YC{k:02d}",
                name=name,
                name_en=name_en,
                district=bureau,
                drones=0,
                pads=0,
                provenance="synthetic",
                code=r["code"],
                geometry=r["geometry"],
            )
        )
    return out


def share_drones(stations, need):
    """120 drones: what the hourly plan needs at each station (at least 2), the rest as spares
    where the margin is smallest (ties: the larger station)."""
    for s in stations:
        s["drones"] = max(2, math.ceil(need.get(s["id"], 0) - 1e-9))
    assert sum(s["drones"] for s in stations) <= N_DRONES, sum(
        s["drones"] for s in stations
    )
    while sum(s["drones"] for s in stations) < N_DRONES:
        min(
            stations,
            key=lambda s: (-need.get(s["id"], 0) / s["drones"], -s["drones"], s["id"]),
        )["drones"] += 1
    for s in stations:
        s["pads"] = s["drones"] - (1 if s["drones"] >= 4 else 0)


# ============================ 6 load estimate ==================================================
def service_min(z):
    """Minutes in the air over the zone for one visit."""
    if z["kind"] == "line":
        return z["geometry"].length / SPEED / 60
    if z["kind"] == "sweep":
        lane, area = SWATH * (1 - OVERLAP), z["geometry"].area
        return (area / lane / SPEED + LANE_TURN * math.sqrt(area) / lane) / 60
    views = max(
        1,
        math.ceil(z["geometry"].area / (3 * math.sqrt(3) / 2 * VIEW_RADIUS**2) - 0.05),
    )  # hex packing of 300 m circles
    views += (
        3 if views > 1 else 0
    )  # a hexagon's rim needs about three circles more than its area says
    return (views * DWELL + (views - 1) * math.sqrt(3) * VIEW_RADIUS / SPEED) / 60


def hop_min(a, b):
    """Minutes between two places; from or to a post a polygon is reached at its centroid, on the safe side."""
    if "Point" in (a.geom_type, b.geom_type):
        a, b = (g.centroid if g.geom_type == "Polygon" else g for g in (a, b))
    return a.distance(b) * DETOUR / SPEED / 60


def route_min(stops, station):
    """Minutes of one flight over `stops` = [(geometry, work)] in that order; 1 min for climb and landing."""
    total, here = 1.0, station
    for geom, work in stops:
        total += hop_min(here, geom) + work
        if (
            geom.geom_type == "LineString"
        ):  # entered at the near end, left at the far end
            total += 0.5 * hop_min(geom.boundary.geoms[0], geom.boundary.geoms[-1])
        elif here is not station:
            total += 0.7  # neighbouring polygons touch, their viewpoints do not
        here = geom
    return total + hop_min(here, station)


def plan_station(tasks, station):
    """Hourly plan of one station: explicit, simple and feasible, not optimal.

    A drone flies at most one sortie an hour (30 in the air + 25 on the ground <= 60 min). The plan repeats every
    4 h, so a drone is a list of 4 flights. A 30-min task rides on two drones half an hour apart, a 60-min task on
    one drone every hour, a 120-min task in hours (0, 2) or (1, 3), a 240-min task in one hour. Tasks are put, most
    frequent and farthest first, where they lengthen the flights least; a new drone (pair) starts when nothing fits.
    Jobs longer than one flight are cut into equal parts. Returns the drones as lists of 4 flights.
    """
    jobs = []
    for z, work in tasks:
        g = z["geometry"]
        room = SORTIE_MIN - route_min([(g, 0.0)], station)
        assert room > 3, (z["id"], "out of range in the load estimate")
        n = math.ceil(work / room)
        jobs += [
            (z["revisit_min"], -round(station.distance(g)), z["id"], g, work / n)
        ] * n
    jobs.sort(key=lambda j: j[:3])
    drones, pairs = [], []
    for revisit, _, _, geom, work in jobs:
        hours = {
            30: [(0, 1, 2, 3)],
            60: [(0, 1, 2, 3)],
            120: [(0, 2), (1, 3)],
            240: [(0,), (1,), (2,), (3,)],
        }[revisit]
        sets = pairs if revisit == 30 else [[d] for d in drones]
        best = None
        for crew in sets:
            for hs in hours:
                extra, ways = 0.0, []
                for d in crew:
                    for h in hs:
                        old = route_min(d[h], station) if d[h] else 0.0
                        tries = [
                            d[h][:q] + [(geom, work)] + d[h][q:]
                            for q in range(len(d[h]) + 1)
                        ]
                        cost, q = min(
                            (route_min(t, station), q) for q, t in enumerate(tries)
                        )
                        if cost > SORTIE_MIN:
                            break
                        extra += cost - old
                        ways.append((d, h, tries[q]))
                    else:
                        continue
                    break
                else:
                    if best is None or extra < best[0] - 1e-9:
                        best = (extra, ways)
        if best is None:
            crew = [[[] for _ in range(4)] for _ in range(2 if revisit == 30 else 1)]
            drones += crew
            if revisit == 30:
                pairs.append(crew)
            best = (0, [(d, h, [(geom, work)]) for d in crew for h in hours[0]])
        for d, h, way in best[1]:
            d[h] = way
    return drones


def load_estimate(zones, stations):
    """Drones needed through the day, for every stretch of the day with the same active zones.

    plan   drones of the hourly plan above, every zone flown from its nearest station: an upper bound
    fluid  the same flights at their true cycle (minutes flown + 25), shared without rounding: what perfect pooling
           of those flights would need
    """
    todo = [z for z in zones if z["demo_case"] is None]
    where = {s["id"]: s["geometry"] for s in stations}
    windows = {
        z["id"]: [tuple(map(hhmm, w.split("-"))) for w in z["active"].split(",")]
        for z in todo
    }
    cuts = sorted({t for w in windows.values() for a, b in w for t in (a, b)} | {0, 24})
    segments = []
    for a, b in zip(cuts, cuts[1:]):
        live = [z for z in todo if any(s <= a and b <= e for s, e in windows[z["id"]])]
        groups = {}
        for z in live:
            groups.setdefault(z["nearest_station"], []).append((z, service_min(z)))
        plan = {
            sid: plan_station(tasks, where[sid])
            for sid, tasks in sorted(groups.items())
        }
        flown = [
            route_min(f, where[sid])
            for sid, drones in plan.items()
            for d in drones
            for f in d
            if f
        ]
        segments.append(
            dict(
                start=a,
                end=b,
                zones=len(live),
                need={sid: len(d) for sid, d in plan.items()},
                drones=sum(map(len, plan.values())),
                airborne=sum(flown) / 240,
                fluid=sum(f + TURNAROUND_MIN for f in flown) / 240,
            )
        )
    return segments, {s: max(g["need"].get(s, 0) for g in segments) for s in where}


# ============================ tuned counts =====================================================
URBAN_P3, URBAN_P2 = 38, 42  # of the 112 urban hexes; the rest are priority 1
SEAT_P3, SEAT_P2 = 2, 4  # of each seat's 10-15 hexes
LINE_SECTION = {"canal": 4_500, "coast": 3_000, "road": 4_500}  # m
N_CANAL, N_COAST, N_ROAD = 16, 4, 16


def main():
    OUT.mkdir(exist_ok=True)
    towns = load_towns()
    town = {
        z: t["geometry"]
        for t in reversed(towns)
        for z in t["zh"]
        if t["code"] in BUREAU
    }
    land = load_land()
    districts = build_districts(towns, land)
    boundary = unary_union(list(districts.values())).buffer(1)
    boundary = max(parts(boundary, "Polygon"), key=lambda p: p.area)
    shore, rivers = load_water()
    airspace = build_airspace(land)
    prohibited = unary_union(
        [z["geometry"] for z in airspace if z["restriction"] == "PROHIBITED"]
    )
    # zones keep clear of every airspace that could stop a flight at 100 m AGL; privacy zones are left inside them
    blocked = unary_union(
        [
            z["geometry"]
            for z in airspace
            if z["reason"] != "PRIVACY" and z["lower_m_agl"] <= 60
        ]
    )

    watch = build_watch(town, land, blocked)
    sweeps = build_sweeps(
        town, land, blocked, unary_union([z["geometry"] for z in watch])
    )
    stations = build_stations(town, watch, districts, prohibited)
    sources = line_sources(town, boundary, land, rivers)
    lines = build_lines(sources, stations, blocked)
    failures = deliberate_failures(
        town, [s[3] for s in sources if s[0] == "coast"], airspace, land
    )
    zones = finish_zones(
        [
            r
            for k in ("watch", "sweep", "line")
            for r in {"watch": watch, "sweep": sweeps, "line": lines}[k]
            + [f for f in failures if f["kind"] == k]
        ],
        stations,
        districts,
    )
    segments, peak_need = load_estimate(zones, stations)
    share_drones(stations, peak_need)

    # ---- layers ----
    print("layers")
    write(
        "boundary",
        [
            dict(
                name="盐城示例范围",
                provenance="derived",
                note="outline of the approximate districts, not a legal boundary",
                geometry=boundary.simplify(100),
            )
        ],
    )
    write(
        "districts",
        [
            dict(
                id=c,
                name=BUREAU[c][0],
                name_en=BUREAU[c][1],
                provenance="derived",
                note="Voronoi approximation of town groups, NOT an administrative boundary",
                geometry=districts[c].simplify(60).buffer(0),
            )
            for c in sorted(districts)
        ],
    )
    write(
        "towns",
        [
            dict(
                id=t["id"],
                name=t["name"],
                code=t["code"],
                district=BUREAU[t["code"]][0],
                code_source=t["code_source"],
                source=t["src"],
                provenance="real" if t["src"] == "GeoNames" else "synthetic",
                geometry=t["geometry"],
            )
            for t in sorted(towns, key=lambda t: (t["code"], t["id"]))
            if t["code"] in BUREAU
        ],
    )
    write("stations", [{k: v for k, v in s.items() if k != "code"} for s in stations])
    write("zones", zones)
    write("airspace", airspace)
    window = boundary.buffer(6000)
    shapes = [
        ("shore", g) for g in parts(linemerge(shore.intersection(window)), "LineString")
    ] + [
        ("canal", g)
        for g in parts(linemerge(rivers.intersection(window)), "LineString")
    ]
    shapes = [(k, g.simplify(40)) for k, g in shapes if g.length > 800]
    write(
        "water",
        [
            dict(
                id=f"WTR{n:02d}",
                kind=k,
                provenance="real",
                source="GSHHG 2.3.7" if k == "shore" else "WDBII via GSHHG 2.3.7",
                geometry=g,
            )
            for n, (k, g) in enumerate(
                sorted(shapes, key=lambda s: (s[0], s[1].bounds)), 1
            )
        ],
    )
    main_post = {}
    for s in stations:  # most drones first, then lowest id
        if s["code"] not in main_post or s["drones"] > main_post[s["code"]]["drones"]:
            main_post[s["code"]] = s
    teams = [
        dict(
            id=f"RT{n:02d}",
            name=BUREAU[c][2] + "快反鹰队(示例)",
            name_en=BUREAU[c][3] + " rapid-response team (sample)",
            district=BUREAU[c][0],
            station_id=main_post[c]["id"],
            provenance="synthetic",
            geometry=main_post[c]["geometry"],
        )
        for n, c in enumerate(sorted(main_post), 1)
    ]
    write("response_teams", teams)
    check(
        stations,
        zones,
        airspace,
        districts,
        teams,
        towns,
        boundary,
        land,
        prohibited,
        segments,
    )


# ============================ 7 invariants and report ==========================================
def check(
    stations,
    zones,
    airspace,
    districts,
    teams,
    towns,
    boundary,
    land,
    prohibited,
    segments,
):
    assert (
        len(stations) == N_STATIONS and sum(s["drones"] for s in stations) == N_DRONES
    )
    assert (
        len(districts)
        == N_BUREAUX
        == len({s["district"] for s in stations})
        == len(teams)
    )
    assert all(0 <= s["drones"] - s["pads"] <= 1 for s in stations)
    assert all(districts[s["code"]].contains(s["geometry"]) for s in stations), [
        s["name"] for s in stations if not districts[s["code"]].contains(s["geometry"])
    ]
    assert not any(prohibited.contains(s["geometry"]) for s in stations)
    urban = [s for s in stations if s["code"] in URBAN_CODES]
    assert len(urban) == N_URBAN_POSTS and all(
        s["geometry"].distance(pt(*URBAN_CENTRE)) <= URBAN_RADIUS for s in urban
    )
    for c in BUREAU:
        assert sum(s["code"] == c for s in stations) >= 2, c
    for c in COUNTY:
        assert sum(s["code"] == c for s in stations) == POSTS_PER_SEAT + 1
    for layer in (stations, zones, airspace, teams):
        assert len({r["id"] for r in layer}) == len(layer), "ids must be unique"
    assert len({z["name"] for z in zones}) == len(zones), "zone names must be unique"
    cut_off = [z for z in zones if z["demo_case"]]
    assert 3 <= len(cut_off) <= 5
    blocking = prohibited.buffer(-2)
    for z in zones:
        far, shut = z["nearest_km"] * 1000 > FAR, z["geometry"].intersects(blocking)
        assert (far or shut) == bool(z["demo_case"]), (
            z["id"],
            z["name"],
            z["demo_case"],
            z["nearest_km"],
            shut,
        )
        assert (
            z["revisit_min"]
            in {"watch": (30, 60, 120), "sweep": (120, 240), "line": (60, 120)}[
                z["kind"]
            ]
        ), z["id"]
        if z["kind"] == "sweep":
            assert 0.3 <= z["area_km2"] <= 2.0, (z["id"], z["area_km2"])
    for path in sorted(OUT.glob("*.geojson")):  # read back what was written
        g = gpd.read_file(path)
        assert g.geometry.is_valid.all() and not g.geometry.is_empty.any(), path
        assert (
            "provenance" in g
            and g.provenance.isin(["real", "derived", "synthetic"]).all()
        ), path
        assert '"crs"' not in path.read_text(encoding="utf-8"), path

    kinds = {
        k: [z for z in zones if z["kind"] == k] for k in ("watch", "sweep", "line")
    }
    print("counts")
    print(
        "  stations %d (urban %d), drones %d, pads %d"
        % (len(stations), len(urban), N_DRONES, sum(s["pads"] for s in stations))
    )
    for k, v in kinds.items():
        size = sum(z["area_km2"] or z["length_km"] for z in v)
        per = {
            r: sum(z["revisit_min"] == r for z in v)
            for r in sorted({z["revisit_min"] for z in v})
        }
        print(
            f"  {k:6s}{len(v):4d} zones, total {size:7.1f} {'km' if k == 'line' else 'km2'}, by revisit {per}"
        )
    src = {}
    for t in towns:
        if t["code"] in BUREAU:
            src[t["code_source"]] = src.get(t["code_source"], 0) + 1
    print("  towns by code_source", src)
    print(
        "  deliberately unservable:",
        ", ".join(f"{z['id']} ({z['demo_case']})" for z in cut_off),
    )
    print(
        "load estimate (hours, active zones, airborne, fluid drones, hourly-plan drones)"
    )
    for g in segments:
        print(
            f"  {g['start']:5.2f}-{g['end']:5.2f} {g['zones']:4d} {g['airborne']:6.1f} {g['fluid']:6.1f} {g['drones']:4d}"
        )
    plan, fluid, air = (
        max(g[k] for g in segments) for k in ("drones", "fluid", "airborne")
    )
    spread = sum(max(g["need"].get(s["id"], 0) for g in segments) for s in stations)
    print(
        f"  peak: airborne {air:.1f}; fluid {fluid:.1f} = {fluid / N_DRONES:.0%}; hourly plan {plan} = {plan / N_DRONES:.0%}"
        f" of {N_DRONES}; sum of the stations' own peaks {spread}"
    )
    assert 0.75 <= plan / N_DRONES <= 0.90 and spread <= N_DRONES, (
        "load outside the intended tight-but-feasible band"
    )
    for s in stations:
        print(
            f"  {s['id']} {s['drones']} drones, need {max(g['need'].get(s['id'], 0) for g in segments)}  {s['name']}"
        )


if __name__ == "__main__":
    main()
