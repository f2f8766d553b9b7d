"""
Read VRPLIB files in PyVRP's dialect: depots, time windows, unlike vehicles.

Figures are scaled by a thousand and rounded, as ``round_func="exact"`` does there;
unit costs are not. A section that is not known is refused rather than passed over.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from planner.benchmarks.benchmark import (
    Benchmark,
    euclidean,
    refused,
    scaled,
    text_of,
)
from planner.routing.model import (
    FOREVER,
    Chain,
    Routing,
    Vehicles,
    Whole,
    judge,
    must_visit,
)

_FIELDS = {
    "NAME",
    "COMMENT",
    "TYPE",
    "DIMENSION",
    "EDGE_WEIGHT_TYPE",
    "VEHICLES",
    "CAPACITY",
    "NODE_COORD",
    "DEMAND",
    "SERVICE_TIME",
    "TIME_WINDOW",
    "DEPOT",
    "VEHICLES_DEPOT",
    "VEHICLES_MAX_DURATION",
    "VEHICLES_FIXED_COST",
    "VEHICLES_UNIT_DISTANCE_COST",
}


def read(path: Path) -> Benchmark:
    """
    Return the benchmark in a file; a ``.sol`` beside it has the best known answer.

    Raises
    ------
    InputError
        If the file is not of this format, or has a section that is not known.
    """
    try:
        fields, sections = _parts(text_of(path))
        unknown = sorted({*fields, *sections} - _FIELDS)
        if unknown:
            raise ValueError(f"has {', '.join(unknown)}, which is not known")
        if fields["EDGE_WEIGHT_TYPE"] != "EUC_2D":
            raise ValueError("has distances that are not Euclidean")
        fleet = _fleet(fields, sections)
        routing = _routing(fields, sections, list(dict.fromkeys(fleet)), Counter(fleet))
    except (ValueError, KeyError, IndexError) as error:
        raise refused(path, str(error)) from error
    return Benchmark(
        name=path.stem,
        routing=routing,
        best_known=_best_known(path, routing, fleet),
        in_doubles=False,
    )


def _parts(text: str) -> tuple[dict[str, str], dict[str, list[list[float]]]]:
    """Return fields by name, and the rows of sections without their numbers."""
    fields: dict[str, str] = {}
    sections: dict[str, list[list[float]]] = {}
    rows: list[list[float]] = []
    for line in text.splitlines():
        if line.strip() == "EOF":
            break
        if head := re.fullmatch(r"\s*(\w+)_SECTION\s*", line):
            rows = sections.setdefault(head[1], [])
        elif ":" in line:
            name, _, value = line.partition(":")
            fields[name.strip()] = value.strip()
        elif line.strip():
            rows.append([float(x) for x in line.split()])
    return fields, {
        name: values if name == "DEPOT" else [row[1:] for row in values]
        for name, values in sections.items()
    }


def _fleet(
    fields: Mapping[str, str], sections: Mapping[str, Sequence[Sequence[float]]]
) -> list[Vehicles]:
    """Return every single vehicle."""
    count = int(fields["VEHICLES"])

    def each(name: str, default: float | None) -> list[float | None]:
        if name in sections:
            return [row[0] for row in sections[name]]
        return [float(fields[name]) if name in fields else default] * count

    windows = scaled(sections["TIME_WINDOW"]) if "TIME_WINDOW" in sections else None
    fleet = []
    for depot, capacity, longest, fixed, unit in zip(
        each("VEHICLES_DEPOT", 1),
        each("CAPACITY", None),
        each("VEHICLES_MAX_DURATION", None),
        each("VEHICLES_FIXED_COST", 0),
        each("VEHICLES_UNIT_DISTANCE_COST", 1),
        strict=True,
    ):
        assert depot is not None
        assert unit is not None
        home = int(depot) - 1
        fleet.append(
            Vehicles(
                depot=home,
                capacity=FOREVER if capacity is None else int(scaled(capacity)),
                longest=FOREVER if longest is None else int(scaled(longest)),
                early=0 if windows is None else int(windows[home][0]),
                late=FOREVER if windows is None else int(windows[home][1]),
                fixed_cost=int(scaled(fixed)),
                cost_per_distance=int(unit),
            )
        )
    return fleet


def _routing(
    fields: Mapping[str, str],
    sections: Mapping[str, Sequence[Sequence[float]]],
    kinds: Sequence[Vehicles],
    counts: Mapping[Vehicles, int],
) -> Routing:
    depots = len([row for row in sections["DEPOT"] if row[0] > 0])
    if [int(row[0]) for row in sections["DEPOT"][:depots]] != [*range(1, depots + 1)]:
        raise ValueError("has depots that are not the first places")
    points = np.array(sections["NODE_COORD"])
    n = len(points) - depots
    if int(fields["DIMENSION"]) != len(points) or n < 1:
        raise ValueError("has another number of places than it says")
    matrix = euclidean(points)
    zeros = np.zeros(n, dtype=np.int64)

    def stops(name: str, column: int, missing: Whole) -> Whole:
        if name in sections:
            return scaled(sections[name])[depots:, column]
        if name in fields:  # one figure for all
            return missing + int(scaled(float(fields[name])))
        return missing

    service = stops("SERVICE_TIME", 0, zeros)
    vehicles = tuple(replace(kind, count=counts[kind]) for kind in kinds)
    late = stops("TIME_WINDOW", 1, zeros + FOREVER)
    return Routing(
        vehicles=vehicles,
        depots=depots,
        distance=(matrix,),
        time=(matrix,),
        service=service,
        demand=stops("DEMAND", 0, zeros),
        prize=zeros + must_visit(vehicles, matrix, matrix, service),
        early=stops("TIME_WINDOW", 0, zeros),
        late=late,
        group=zeros - 1,
        points=points,
        most_cost=np.full(depots, FOREVER),
    )


def _best_known(
    path: Path, routing: Routing, fleet: Sequence[Vehicles]
) -> float | None:
    """Return the cost of the routes beside, one line a vehicle, as we count it."""
    beside = path.with_suffix(".sol")
    if not beside.is_file():
        return None
    kinds = {vehicle: k for k, vehicle in enumerate(dict.fromkeys(fleet))}
    lines = re.findall(r"^\s*Route #(\d+):(.*)$", text_of(beside), re.MULTILINE)
    chains = [
        Chain(
            kinds[fleet[int(number) - 1]],
            tuple(int(s) - routing.depots for s in stops.split()),
        )
        for number, stops in lines
        if stops.strip()
    ]
    judged = judge(routing, chains)
    if judged.faults or judged.missed:
        raise refused(beside, judged.faults[0] if judged.faults else "misses a stop")
    return float(judged.cost)
