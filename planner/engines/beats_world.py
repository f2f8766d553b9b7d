"""Hold beats and what they serve as arrays, for the compiled search."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DEEPEST = 3
LISTS = 2 ** (DEEPEST + 1) - 1
LONGEST_LIST = 80
"""More stops than any sortie has time for."""

ABSENT, DRONES, LIMIT, SINCE = range(4)
"""Places in `State.counts`: targets left out, drones used and allowed, patience."""


class World(NamedTuple):
    """
    What does not change: targets, nodes, stations and kinds of beats.

    Parameters
    ----------
    first, last
        Range of nodes of each target, shape (t,).
    target
        Of each node, shape (n,).
    travel, task
        By drone type, shapes (m, n, n) and (m, n).
    out, back
        By station, shape (s, n).
    overhead, model, drones
        By station, shape (s,).
    headway, crew, depth
        By kind of beat, shape (k,): ticks, drones, levels below the first.
    takes, supply
        What a beat takes of the supplies of a station, by station and kind, shape
        (s, k), and what there is, shape (s,): in small shares.
    longest
        Longest sortie by station and kind, shape (s, k).
    level
        Of a target on a kind of beat, -1 where it cannot be on it, shape (k, t).
    turns
        Of that level, those on which it may be, as bits, shape (k, t).
    near_targets, near_stations
        Nearest first, shapes (t, a) and (t, b); -1 for none.
    worth
        Of a target left out, in drones, shape (t,).
    crew_cost
        Of a drone, in drones of flying time.
    new_kinds
        So many kinds, the first, may be opened; a beat of any other kind stays, and
        so do its nodes of target -1.
    reached
        Of such a node: ticks after the one before it, at least, shape (n,).
    landed
        The same of the landing, by beat that stays (the first) and sortie, shape
        (b, 2 ** `DEEPEST`).
    """

    first: Ints
    last: Ints
    target: Ints
    travel: Ints
    task: Ints
    out: Ints
    back: Ints
    overhead: Ints
    model: Ints
    drones: Ints
    headway: Ints
    crew: Ints
    depth: Ints
    takes: Ints
    supply: Ints
    longest: Ints
    level: Ints
    turns: Ints
    near_targets: Ints
    near_stations: Ints
    worth: Floats
    crew_cost: float
    new_kinds: int
    reached: Ints
    landed: Ints


class State(NamedTuple):
    """
    Beats as they are: what stands in which list.

    Parameters
    ----------
    stops, length
        Nodes of each list of each beat, shapes (b, `LISTS`, `LONGEST_LIST`) and
        (b, `LISTS`).
    station, kind
        Of each beat, shape (b,); kind -1 for a beat that is not flown.
    sortie
        Duration of each sortie of the cycle, shape (b, 2 ** `DEEPEST`).
    worst
        Longest sortie that flies a list, shape (b, `LISTS`).
    beat, list
        Where each target stands, -1 for nowhere, shape (t,).
    spare
        Ticks that a stop before a place of a list may take for nothing, shape
        (b, `LISTS`, `LONGEST_LIST`); of beats that all may change, (b, `LISTS`, 0).
    idle
        The same before the landing of each sortie, shape (b, 2 ** `DEEPEST`).
    version
        Of each beat, another one whenever it changes, shape (b,).
    used, taken
        Drones and supplies by station, shape (s,).
    absent
        Targets left out, the first ``counts[ABSENT]``, shape (t,).
    counts
        See `ABSENT` and its like.
    """

    stops: Ints
    length: Ints
    station: Ints
    kind: Ints
    sortie: Ints
    worst: Ints
    spare: Ints
    idle: Ints
    version: Ints
    beat: Ints
    list: Ints
    used: Ints
    taken: Ints
    absent: Ints
    counts: Ints
