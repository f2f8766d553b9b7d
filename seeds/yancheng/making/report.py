"""Print what was made: counts, and the load through the day."""

from __future__ import annotations

from collections import Counter

from making.city import BUREAU, N_DRONES
from making.ground import Row
from making.invariants import urban_stations
from making.load import Stretch, most_needed


def print_counts(stations: list[Row], zones: list[Row], towns: list[Row]) -> None:
    """Print how many there are of each thing."""
    print("counts")
    urban, pads = len(urban_stations(stations)), sum(s["pads"] for s in stations)
    print(f"  stations {len(stations)} (urban {urban}), drones {N_DRONES}, pads {pads}")
    for kind in ("watch", "sweep", "line"):
        own = [z for z in zones if z["kind"] == kind]
        size = sum(z["area_km2"] or z["length_km"] for z in own)
        unit = "km" if kind == "line" else "km2"
        revisits = dict(sorted(Counter(z["revisit_min"] for z in own).items()))
        print(
            f"  {kind:6s}{len(own):4d} zones, total {size:7.1f} {unit},"
            f" by revisit {revisits}"
        )
    sources = Counter(t["code_source"] for t in towns if t["code"] in BUREAU)
    print("  towns by code_source", dict(sources))
    hopeless = [f"{z['id']} ({z['demo_case']})" for z in zones if z["demo_case"]]
    print("  deliberately unservable:", ", ".join(hopeless))


def print_load(stretches: list[Stretch], stations: list[Row]) -> None:
    """Print the load of each stretch of the day, its peak, and each station's own."""
    print(
        "load estimate "
        "(hours, active zones, airborne, fluid drones, hourly-plan drones)"
    )
    for s in stretches:
        print(
            f"  {s.start_h:5.2f}-{s.end_h:5.2f} {s.zones:4d} {s.airborne:6.1f}"
            f" {s.fluid:6.1f} {s.drones:4d}"
        )
    need = most_needed(stretches, stations)
    airborne = max(s.airborne for s in stretches)
    fluid = max(s.fluid for s in stretches)
    drones = max(s.drones for s in stretches)
    print(
        f"  peak: airborne {airborne:.1f}; fluid {fluid:.1f} = {fluid / N_DRONES:.0%};"
        f" hourly plan {drones} = {drones / N_DRONES:.0%} of {N_DRONES};"
        f" sum of the stations' own peaks {sum(need.values())}"
    )
    for station in stations:
        id_, drones = station["id"], station["drones"]
        print(f"  {id_} {drones} drones, need {need[id_]}  {station['name']}")
