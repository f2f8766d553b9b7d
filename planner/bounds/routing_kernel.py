"""Find the chains of least reduced cost: labels by load, compiled."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Index = NDArray[np.int32]
Real = NDArray[np.float64]

_FRONT = 512
"""Labels of a stop that others are compared with; more would only be slower."""

_FAR = 1e18


@numba.njit(cache=True, nogil=True)
def ways_home(
    leg: Real, back: Real, weight: Whole, limit: int, place: NDArray[np.int8]
) -> tuple[Real, Index, Real]:
    """
    Return what going on and home costs at least, by room left and stop.

    Stops may come again, but not straight after a stop that remembers them: these
    paths are many more than all chains, so that no chain is cheaper.

    Parameters
    ----------
    leg, back
        Reduced cost of going on to a stop, shape (n, n), and home from it.
    weight, limit
        Of each stop, all above zero, and of all stops of a chain.
    place
        Place of each stop in what each stop remembers, or -1, shape (n, n).

    Returns
    -------
    home, after
        Least cost, shape (limit + 1, n), and the stop that it goes on to; -1 for
        none.
    other
        Least cost of going on to any other stop.
    """
    n = len(back)
    home = np.full((limit + 1, n), _FAR)
    other = np.full((limit + 1, n), _FAR)
    after = np.full((limit + 1, n), -1, np.int32)
    for room in range(limit + 1):
        for i in range(n):
            least, second, stop = back[i], _FAR, -1
            for j in range(n):
                left = room - weight[j]
                if left < 0 or j == i:
                    continue
                onward = home[left, j]
                if after[left, j] == i and place[j, i] >= 0:
                    onward = other[left, j]
                cost = leg[i, j] + onward
                if cost < least:
                    second, least, stop = least, cost, j
                elif cost < second:
                    second = cost
            home[room, i], other[room, i], after[room, i] = least, second, stop
    return home, after, other


@numba.njit(cache=True, nogil=True)
def cheapest(
    out: Real,
    leg: Real,
    back: Real,
    weight: Whole,
    limit: int,
    out_time: Whole,
    time: Whole,
    back_time: Whole,
    least_back_time: Whole,
    longest: int,
    near: Index,
    place: NDArray[np.int8],
    home: Real,
    after: Index,
    other: Real,
    cutoff: float,
    share: float,
    coarse: bool,
    most: int,
    most_work: int,
) -> tuple[Real, Index, Index, Index, bool]:
    """
    Return the chain of least reduced cost that ends with each stop.

    A label is a path from the depot to a stop: its reduced cost, how long it took,
    and the stops near by that it must not visit again, one bit each in the order of
    ``near`` (its own is the first bit). Labels are extended in order of their load.
    A label goes where another of the same stop is no dearer, no later and remembers
    no more, or where not even `ways_home` makes it cheap enough.

    Parameters
    ----------
    cutoff, share
        A chain must cost less than the cutoff, and no more than this share of the
        least found.
    coarse
        Compare without what labels remember: fast, and misses chains.
    most, most_work
        Labels there is room for, and comparisons there is time for.

    Returns
    -------
    end
        Least cost of the chains that end with each stop, shape (n,).
    end_label
        Its label, -1 for none.
    stop, before
        Stop of each label, and the label it extends.
    fits
        Whether there was room and time for all labels.
    """
    n, remembered = near.shape
    stop = np.empty(most, np.int32)
    before = np.empty(most, np.int32)
    following = np.empty(most, np.int32)
    memory = np.empty(most, np.int64)
    cost = np.empty(most, np.float64)
    lasted = np.empty(most, np.int64)
    head = np.full((limit + 1, n), -1, np.int32)
    front_cost = np.empty((n, _FRONT), np.float64)
    front_lasted = np.empty((n, _FRONT), np.int64)
    front_memory = np.empty((n, _FRONT), np.int64)
    front = np.zeros(n, np.int64)
    end = np.full(n, _FAR)
    end_label = np.full(n, -1, np.int32)
    count = work = 0
    for j in range(n):
        load = weight[j]
        if load > limit or out_time[j] + least_back_time[j] > longest:
            continue
        if count == most:
            return end, end_label, stop, before, False
        stop[count], before[count], following[count] = j, -1, head[load, j]
        memory[count], cost[count], lasted[count] = 1, out[j], out_time[j]
        head[load, j] = count
        count += 1
    for load in range(limit + 1):
        for i in range(n):
            label = head[load, i]
            while label >= 0:
                here, seen, late = cost[label], memory[label], lasted[label]
                last = -1 if before[label] < 0 else stop[before[label]]
                room = limit - load
                onward = home[room, i]
                if last >= 0 and after[room, i] == last and place[i, last] >= 0:
                    onward = other[room, i]
                needed = here + onward < cutoff
                if needed:
                    for k in range(front[i]):
                        if front_cost[i, k] <= here and (
                            coarse
                            or (
                                front_lasted[i, k] <= late
                                and front_memory[i, k] & seen == front_memory[i, k]
                            )
                        ):
                            needed = False
                            break
                work += front[i] + n
                if work > most_work:
                    return end, end_label, stop, before, False
                if not needed:
                    label = following[label]
                    continue
                kept = 0
                for k in range(front[i]):
                    if front_cost[i, k] < here or (
                        not coarse
                        and (
                            front_lasted[i, k] < late
                            or front_memory[i, k] & seen != seen
                        )
                    ):
                        front_cost[i, kept] = front_cost[i, k]
                        front_lasted[i, kept] = front_lasted[i, k]
                        front_memory[i, kept] = front_memory[i, k]
                        kept += 1
                if kept < _FRONT:
                    front_cost[i, kept] = here
                    front_lasted[i, kept] = late
                    front_memory[i, kept] = seen
                    kept += 1
                front[i] = kept
                whole = here + back[i]
                if whole < end[i] and late + back_time[i] <= longest:
                    end[i], end_label[i] = whole, label
                    cutoff = min(cutoff, share * whole)
                for j in range(n):
                    then = load + weight[j]
                    if then > limit or j == i:
                        continue
                    spot = place[i, j]
                    if spot >= 0 and seen >> spot & 1:
                        continue
                    there = here + leg[i, j]
                    room = limit - then
                    onward = home[room, j]
                    if after[room, j] == i and place[j, i] >= 0:
                        onward = other[room, j]
                    if there + onward >= cutoff:
                        continue
                    arrives = late + time[i, j]
                    if arrives + least_back_time[j] > longest:
                        continue
                    carried = 1
                    for bit in range(remembered):
                        if seen >> bit & 1:
                            spot = place[j, near[i, bit]]
                            if spot >= 0:
                                carried |= 1 << spot
                    needed = True
                    rival, previous = head[then, j], -1
                    while rival >= 0:
                        work += 1
                        if cost[rival] <= there and (
                            coarse
                            or (
                                lasted[rival] <= arrives
                                and memory[rival] & carried == memory[rival]
                            )
                        ):
                            needed = False
                            break
                        if cost[rival] >= there and (
                            coarse
                            or (
                                lasted[rival] >= arrives
                                and memory[rival] & carried == carried
                            )
                        ):
                            if previous < 0:
                                head[then, j] = following[rival]
                            else:
                                following[previous] = following[rival]
                        else:
                            previous = rival
                        rival = following[rival]
                    if not needed:
                        continue
                    if count == most:
                        return end, end_label, stop, before, False
                    stop[count], before[count] = j, label
                    following[count] = head[then, j]
                    memory[count], cost[count], lasted[count] = carried, there, arrives
                    head[then, j] = count
                    count += 1
                label = following[label]
    return end, end_label, stop, before, True
