"""
Formulate patrolling as vehicle routing, in whole numbers.

A vehicle is a class (station, headway). It may visit targets whose interval is
at least its headway, its sortie is at most the usable endurance, its fixed cost
is ``turnaround / headway`` drones and its cost ``1 / headway`` drones a second.
Every time is rounded up here, once, to ticks of a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from planner.airspace.freespace import FreeSpace
from planner.basics.clock import Span
from planner.basics.geometry import FloatArray
from planner.basics.spells import Due, arrivals, due_together
from planner.draft import DraftRoute
from planner.given.crews import Crews
from planner.given.drone import DroneModel
from planner.given.horizon import Horizon
from planner.given.objectives import OBJECTIVES, Objective
from planner.given.stamina import longest_sortie_s, longest_within_s, turnaround_after_s
from planner.implied.fixed_flight import held_drones
from planner.implied.winds import all_winds
from planner.network.decks import link_by_decks
from planner.network.links import Network, link
from planner.network.reach import overhead_s, task_s
from planner.scenario import Rules, Scenario, Station
from planner.targets import Target

TICKS_PER_S = 10
IntArray = NDArray[np.int64]

_ROUNDING_S = 1.0
"""Kept free in every sortie for times that a plan file rounds up."""

FAR = 10**7
"""Ticks that stand for: cannot be flown."""


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """
    Times of one drone type in ticks.

    Nodes are the ways of all targets, station rows come apart.

    Parameters
    ----------
    travel
        From the end of one node to the start of another, shape (n, n).
    out, back
        From and to each station, shapes (s, n) and (n, s).
    task
        On task at each node, shape (n,).
    overhead
        Climb and descent.
    """

    travel: IntArray
    out: IntArray
    back: IntArray
    task: IntArray
    overhead: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """
    The routing problem of one independent part of the city: all an engine sees.

    Parameters
    ----------
    stations, targets
        Of this part.
    node_target, node_way
        Target and way of each node, shape (n,).
    tables
        By drone type.
    models
        The drone types of its stations.
    busiest
        The busiest period of the whole city, in seconds of the horizon.
    priorities
        By zone that a target of this part serves.
    objective
        What the scenario wants minimised.
    idleness_ratio
        Share of the intervals wanted that those of the targets are.
    held
        Drones that fixed routes occupy on average, by id of the station.
    crews
        Who pilots the drones, if that is limited.
    """

    stations: tuple[Station, ...]
    targets: tuple[Target, ...]
    node_target: IntArray
    node_way: IntArray
    tables: Mapping[str, Tables]
    models: tuple[DroneModel, ...]
    rules: Rules
    horizon: Horizon
    busiest: Span
    priorities: Mapping[str, float]
    objective: Objective
    idleness_ratio: float = 1.0
    held: Mapping[str, float] = field(default_factory=dict)
    crews: Crews | None = None

    def model(self, station: int) -> DroneModel:
        """Return the drone type of a station."""
        name = self.stations[station].model
        return next(model for model in self.models if model.model == name)

    def table(self, station: int) -> Tables:
        """Return the times of a station's drone type."""
        return self.tables[self.stations[station].model]

    def index(self, target_id: str) -> int:
        """Return the index of the target of an id."""
        return next(i for i, t in enumerate(self.targets) if t.id == target_id)

    def is_all_day(self, target: int) -> bool:
        """Whether a target is active throughout the horizon."""
        return self.targets[target].windows == ((0, self.horizon.length_s),)

    def nodes_of(self, target: int) -> IntArray:
        """Return the nodes of a target."""
        return np.flatnonzero(self.node_target == target)

    def drones(self, station: int) -> int:
        """Return the drones that a station may roster."""
        return max(0, self.stations[station].drones - self.rules.reserve_drones)

    def held_by_fixed(self, station: int) -> float:
        """Return the drones that fixed routes occupy of these on average."""
        return self.held.get(self.stations[station].id, 0.0)

    def free(self, station: int) -> float:
        """Return the drones that a station has for other routes than fixed ones."""
        return max(0.0, self.drones(station) - self.held_by_fixed(station))

    def longest(self, station: int, headway_s: float) -> int:
        """
        Return the longest sortie of a class in ticks.

        A sortie is back, and the column clear, before the next one of its route
        takes off: so a route never meets itself. Of a station whose drones share a
        single pad it has left that, too; and a break without pilots fits between.
        """
        model, ceiling_m = self.model(station), self.rules.ceiling_m
        limit_s = min(
            longest_sortie_s(model, ceiling_m),
            headway_s - self.rules.launch_spacing_s,
        )
        if self.stations[station].pads == 1 < self.stations[station].drones:
            cycle_s = headway_s - self.rules.pad_before_takeoff_s
            limit_s = min(limit_s, longest_within_s(model, cycle_s, ceiling_m))
        limit_s = min(limit_s, headway_s - self.grounded_s(station, headway_s))
        return int((limit_s - _ROUNDING_S) * TICKS_PER_S)

    def grounded_s(self, station: int, headway_s: float) -> float:
        """Return how long nobody may fly while all of a headway are active [s]."""
        if self.crews is None or all(rest.pilots for rest in self.crews.breaks):
            return 0.0
        districts = [self.stations[station].district]
        off_s = 0.0
        for low_s, high_s in self.crews.grounded(districts, self.horizon):
            # No visit is owed before the day begins, nor after it ends.
            inside = low_s > 0 and high_s < self.horizon.length_s
            if (inside or self.horizon.repeats) and all(
                any(a <= low_s and high_s <= b for a, b in target.windows)
                for target in self.targets
                if target.revisit_s == headway_s
            ):
                off_s = max(off_s, high_s - low_s)
        return off_s

    def turnaround_s(self, station: int, duration_s: float | None = None) -> float:
        """Return the turnaround after a sortie [s]; if not said, the longest."""
        model, ceiling_m = self.model(station), self.rules.ceiling_m
        if duration_s is None:
            duration_s = longest_sortie_s(model, ceiling_m)
        return turnaround_after_s(model, duration_s, ceiling_m)

    def duration(self, station: int, nodes: Sequence[int]) -> int:
        """Return the duration of a sortie in ticks, take-off to landing."""
        table = self.table(station)
        chain = np.asarray(nodes)
        return int(
            table.overhead
            + table.out[station, chain[0]]
            + table.task[chain].sum()
            + table.travel[chain[:-1], chain[1:]].sum()
            + table.back[chain[-1], station]
        )

    def dues(self, nodes: Iterable[int]) -> list[Due]:
        """Return which of the nodes that are due for part of the day are so at once."""
        targets = {int(t) for t in self.node_target[list(nodes)]}
        return due_together(
            self.targets[t].windows for t in targets if not self.is_all_day(t)
        )

    def due_nodes(self, nodes: Sequence[int], due: Due) -> tuple[int, ...]:
        """Return the nodes that are due all day, or then."""
        return tuple(
            n
            for n in nodes
            if self.is_all_day(t := int(self.node_target[n]))
            or self.targets[t].windows in due
        )

    def lasting(self, station: int, chain: Sequence[int], dues: Sequence[Due]) -> int:
        """
        Return the duration in ticks of the longest sortie of a chain.

        What is not due is left out; what is comes at the same time of every sortie.
        """
        flown = {self.due_nodes(chain, due) for due in dues} - {()}
        if len(flown) < 2 or tuple(chain) in flown:
            return self.duration(station, chain)
        table = self.table(station)

        def leg(before: int | None, node: int) -> float:
            if before is None:
                return float(table.out[station, node])
            return float(table.task[before] + table.travel[before, node])

        at = arrivals(sorted(flown), leg)
        home = (
            at[c[-1]] + table.task[c[-1]] + table.back[c[-1], station] for c in flown
        )
        return int(table.overhead + max(home))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChartedProblem(Problem):
    """
    A routing problem with the paths behind its times: its routes can be drawn.

    Parameters
    ----------
    legs
        By drone type.
    home, entry, leave
        Places of stations, and of each node's start and end, in the legs.
    fixed
        Routes of its stations that are flown in any case.
    """

    scenario: Scenario
    legs: Mapping[str, Network]
    home: IntArray
    entry: IntArray
    leave: IntArray
    fixed: tuple[DraftRoute, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """
    A route that some engine has seen.

    Parameters
    ----------
    station
        Index within the problem.
    nodes
        In the order flown, on every sortie.
    duration
        Of the longest sortie, in ticks. What is due for part of the day is flown
        only then.
    tails
        Nodes flown after those, one tail a sortie in turn: what is due less
        often than the headway. Empty where all sorties are alike.
    """

    station: int
    headway_s: float
    nodes: tuple[int, ...]
    duration: int
    tails: tuple[tuple[int, ...], ...] = ()

    def chains(self) -> tuple[tuple[int, ...], ...]:
        """Return the nodes of each sortie, as they are flown in turn."""
        return tuple(self.nodes + tail for tail in self.tails) or (self.nodes,)

    def varies(self, problem: Problem) -> bool:
        """Whether its sorties have no one list of stops that all could fly."""
        whole = problem.duration(self.station, self.nodes)
        return bool(self.tails) or whole > self.duration

    def targets(self, problem: Problem) -> tuple[int, ...]:
        """Return the targets on the route."""
        nodes = [*self.nodes, *(n for tail in self.tails for n in tail)]
        return tuple(int(t) for t in problem.node_target[nodes])

    def load(self, problem: Problem) -> float:
        """Return the drones that the route occupies on average."""
        duration_s = self.duration / TICKS_PER_S
        turnaround_s = problem.turnaround_s(self.station, duration_s)
        return (duration_s + turnaround_s) / self.headway_s


def make_column(
    problem: Problem,
    station: int,
    headway_s: float,
    nodes: Sequence[int],
    tails: Sequence[Sequence[int]] = (),
) -> Column:
    """Return a column with its duration."""
    chain = tuple(int(n) for n in nodes)
    ends = tuple(tuple(int(n) for n in tail) for tail in tails)
    dues = problem.dues([*chain, *(n for end in ends for n in end)])
    longest = max(problem.lasting(station, chain + end, dues) for end in ends or ((),))
    return Column(station, headway_s, chain, longest, ends)


def beat(problem: Problem, column: Column) -> int | None:
    """
    Return the place of a stop that makes a route fly every headway, all day.

    That is one of a target which is due all day at just that interval: what is
    done within its beat comes in time. None if no sortie of the route has one.
    """
    for place, target in enumerate(problem.node_target[list(column.nodes)]):
        due = problem.targets[target].revisit_s == column.headway_s
        if due and problem.is_all_day(int(target)):
            return place
    return None


def formulate(
    scenario: Scenario,
    space: FreeSpace,
    targets: Sequence[Target],
    part: tuple[list[int], list[int]],
    fixed: Sequence[DraftRoute] = (),
) -> ChartedProblem:
    """
    Return the routing problem of a part, with its legs.

    Ways that no station of the part can fly in one sortie are kept; their times
    simply never fit. Legs that no sortie can hold are `FAR`.

    Parameters
    ----------
    fixed
        Routes that are flown in any case; those of other parts do not count.
    """
    station_ids, target_ids = part
    stations = tuple(scenario.stations[i] for i in station_ids)
    names = {station.id for station in stations}
    ours = tuple(draft for draft in fixed if draft.depot in names)
    mine = tuple(targets[i] for i in target_ids)
    nodes = [(t, w) for t, target in enumerate(mine) for w in range(len(target.ways))]
    ways = [mine[t].ways[w] for t, w in nodes]
    if space.by_layer:
        links = link_by_decks(scenario, space, station_ids, mine)
    else:
        links = link(scenario, space, station_ids, ways)
    home, entry, leave = links.home, links.entry, links.leave
    models = [scenario.model(name) for name in sorted({st.model for st in stations})]
    winds = all_winds(scenario)
    tables: dict[str, Tables] = {}
    for model in models:
        leg = links.legs[model.model]
        tables[model.model] = Tables(
            travel=_ticks(leg.times_s(leave, entry)),
            out=_ticks(leg.times_s(home, entry)),
            back=_ticks(leg.times_s(leave, home)),
            task=_ticks(np.array([task_s(w, model, winds) for w in ways])),
            overhead=int(_ticks(np.array([overhead_s(scenario, model)]))[0]),
        )
    return ChartedProblem(
        stations=stations,
        targets=mine,
        node_target=np.array([t for t, _ in nodes], dtype=np.int64),
        node_way=np.array([w for _, w in nodes], dtype=np.int64),
        tables=tables,
        models=tuple(models),
        rules=scenario.rules,
        horizon=scenario.horizon,
        busiest=scenario.busiest_period(),
        priorities={
            z: scenario.zone(z).priority
            for z in sorted({z for t in mine for z in t.zones})
        },
        objective=OBJECTIVES[scenario.objective],
        held=held_drones(scenario, ours),
        fixed=ours,
        crews=scenario.crews,
        scenario=scenario,
        legs=links.legs,
        home=home,
        entry=entry,
        leave=leave,
    )


def _ticks(seconds: FloatArray) -> IntArray:
    """Return ticks, rounded up; `FAR` where infinite."""
    ticks = np.full(seconds.shape, FAR, dtype=np.int64)
    finite = np.isfinite(seconds)
    ticks[finite] = np.ceil(seconds[finite] * TICKS_PER_S - 1e-6)
    return ticks
