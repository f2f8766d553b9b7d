"""
Choose the pieces of the city that promise most when they are routed again.

A piece is a few neighbouring stations and what their routes visit, named by the
station to relieve.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from planner.engines.assess import Assessed, Assessor, active, served_targets
from planner.engines.piece import Piece
from planner.problem import ChartedProblem, Column, Problem

_PIECE_TARGETS = 170
_UNSERVED_FIRST = -1e6
_LITTLE_ROOM = 0.01
"""Share of a station's drones left free in any case."""


@dataclass(slots=True)
class Part:
    """
    What is known of one part while the search goes on.

    ``name`` is the hash of its problem, by which tasks ask for it.
    """

    problem: ChartedProblem
    name: str
    assessor: Assessor
    best: Assessed
    pool: dict[Column, None] = field(default_factory=dict)
    tried: dict[int, int] = field(default_factory=dict)
    room: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of a part to route again, named by the station to relieve."""

    part: int
    station: int
    piece: Piece
    kept: tuple[Column, ...]


def _rush_columns(part: Part) -> list[Column]:
    """Return the routes of a part that fly in the busiest period."""
    now = active(part.problem, part.problem.busiest)
    return [c for c in part.best.columns if now[list(c.targets(part.problem))].any()]


def hope_of(part: Part, station: int) -> float:
    """Return how much load has to go elsewhere before a drone is saved; low is good."""
    if part.best.unserved:
        return _UNSERVED_FIRST
    clock = part.best.clocks.get(station)
    if clock is None:
        return 10.0
    load = sum(
        c.load(part.problem) for c in _rush_columns(part) if c.station == station
    )
    return load - (clock.peak_busiest - 1)


def job_at(k: int, part: Part, station: int) -> Job | None:
    """
    Return the piece round a station to route again.

    Two times of three with a drone less there, the third time as it is. Where a
    zone of the part is left out, with all drones and that zone's targets instead;
    where no drones are to be saved, with all drones too, warm from what there is.
    """
    problem, best = part.problem, part.best
    relieves = problem.objective.relieves
    tried = part.tried.get(station, 0)
    missing = _missing(part, station, tried)
    # A zone left out may need any route to make room, not only those of the rush;
    # but routed together, what flies at other times counts as if it flew all day.
    both = (missing or not relieves) and tried % 2 == 1
    movable = list(best.columns) if both else _rush_columns(part)
    movable = [c for c in movable if not c.varies(problem)]
    stations: list[int] = []
    columns: list[Column] = []
    for s in _nearest(problem, station):
        mine = [c for c in movable if c.station == s]
        if stations and sum(len(c.nodes) for c in [*columns, *mine]) > _PIECE_TARGETS:
            break
        stations.append(s)
        columns += mine
    targets = sorted({t for c in columns for t in c.targets(problem)} | missing)
    chosen = set(columns)
    kept = tuple(c for c in best.columns if c not in chosen)
    polish = not missing and (tried % 3 == 2 or not relieves)
    drones = []
    for s in stations:
        clock = best.clocks.get(s)
        whole = problem.drones(s)
        if clock and relieves and not missing:
            whole = clock.peak_busiest
        if s == station and not missing and not polish:
            whole -= 1
        fixed = sum(
            c.load(problem)
            for c in kept
            if c.station == s and (c.varies(problem) or missing)
        )
        # Clocks do not always pack as tight as loads: ask for more room in turn.
        room = part.room.get(s, 0.0) if missing else 0.0
        drones.append(max(0.0, whole * (1 - _LITTLE_ROOM - room) - fixed))
    if not targets or not any(drones):
        return None
    piece = Piece(
        stations=tuple(stations),
        targets=tuple(targets),
        drones=tuple(drones),
        start=tuple(columns) if polish else (),
    )
    return Job(k, station, piece, kept)


def _nearest(problem: Problem, station: int) -> list[int]:
    """Return the stations of a part, nearest to one first, itself included."""
    home = problem.stations[station].point
    return sorted(
        range(len(problem.stations)),
        key=lambda s: (home.distance(problem.stations[s].point), s),
    )


def _missing(part: Part, station: int, turn: int) -> set[int]:
    """Return the open targets of one zone left out that a station reaches, in turn."""
    if not part.best.unserved:
        return set()
    problem = part.problem
    served = served_targets(problem, part.best.columns)
    by_zone: dict[str, set[int]] = {}
    for t, target in enumerate(problem.targets):
        if t in served:
            continue
        table, nodes = problem.table(station), problem.nodes_of(t)
        alone = table.out[station, nodes] + table.task[nodes]
        alone = alone + table.back[nodes, station] + table.overhead
        if alone.min() <= problem.longest(station, target.revisit_s):
            for zone in target.zones:
                by_zone.setdefault(zone, set()).add(t)
    if not by_zone:
        return set()
    order = sorted(by_zone, key=lambda z: (-problem.priorities[z], z))
    return by_zone[order[turn % len(order)]]
