"""Find the sorties that collect most worth: labels over time, compiled."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int32]
Real = NDArray[np.float64]

LIKELY, LOOSE, EXACT = 0, 1, 2
"""How labels are compared, see `best_ends`."""

_FRONT = 256
"""Labels of a way that others are compared with, worth most first."""

_NOTHING = -1e18
_ROUNDING = 1e-6
"""By more than float32 rounds, so that a sieve drops nothing that counts."""


@numba.njit(cache=True, nogil=True)
def best_ends(
    mode: int,
    tick_s: float,
    limit_s: float,
    sooner_s: Real,
    out_s: Real,
    back_s: Real,
    cost_s: Real,
    worth_s: Real,
    duty: Whole,
    order: Whole,
    saving_s: Real,
    near: Whole,
    place: Whole,
    rest_s: Real,
    enough_s: float,
    most: int,
    halted: NDArray[np.int8],
) -> tuple[Real, Whole, Whole, Whole, Real, bool]:
    """
    Return the best sortie that ends with each way, as chains of labels.

    A label is a flight from a station up to the end of a way: the time it took,
    the worth collected less its seconds, and the duties near by that it must not
    do again, one bit each in the order of ``near`` (its own is the first bit).
    Labels are extended in order of time, tick by tick. A label goes where another
    of the same way was there no later, is worth no less and remembers no more.

    Parameters
    ----------
    mode
        ``EXACT`` misses nothing. ``LOOSE`` neither: of two labels within one tick
        one may stand for both, as soon as the first was there, so that it finds
        more than there is. ``LIKELY`` compares neither memories nor times within
        a tick: fast, and misses sorties.
    tick_s
        No more than going on to any way takes.
    sooner_s
        When each way can be done at the earliest.
    order, saving_s
        The ways after each way, and how much sooner each is done by going on to
        it than from a station; falling, shape (n, k).
    near
        Duties that a label remembers at each way, shape (n, g).
    place
        Place of each duty in ``near``, or -1, shape (n, duties).
    rest_s
        No sortie gains more after a way in so many ticks, shape (ticks, n); none
        known if empty.
    enough_s
        Net worth that a sortie must exceed to be looked for.
    most
        Labels there is room for.
    halted
        Looked at now and then: whether to stop, shape (1,).

    Returns
    -------
    end_s
        Net worth of the best sortie that ends with each way, shape (n,).
    end_label
        Its label, -1 for none.
    way, before
        Way of each label, and the label it extends.
    reached_s
        Net worth of the best label of each way up to each tick, shape (ticks, n).
    whole
        Whether there was room for all labels, and time.
    """
    n, remembered = near.shape
    bounded = len(rest_s) > 0
    way = np.empty(most, np.int32)
    before = np.empty(most, np.int32)
    following = np.empty(most, np.int32)
    memory = np.empty(most, np.int32)
    net_s = np.empty(most, np.float64)
    time_s = np.empty(most, np.float64)
    ticks = int(limit_s / tick_s) + 2
    head = np.full((ticks, n), -1, np.int32)
    reached_s = np.full((ticks, n), _NOTHING)
    front_s = np.empty((n, _FRONT), np.float64)
    front_memory = np.empty((n, _FRONT), np.int32)
    front = np.zeros(n, np.int32)
    # Net worth at each way of a label that remembers nothing but its own duty and
    # was there no later: whatever is worth no more is not needed. At first that
    # is the flight from a station; no path leads there sooner.
    alone_s = worth_s - out_s
    plain_s = alone_s.copy()
    end_s = np.full(n, _NOTHING)
    end_label = np.full(n, -1, np.int32)
    # Few ways are worth going on to, so they are sifted first: by what is gained,
    # rounded up, in half the bytes.
    many = order.shape[1]
    gain_s = np.empty((n, many), np.float32)
    for i in range(n):
        for k in range(many):
            gained_s = saving_s[i, k] + alone_s[order[i, k]]
            gain_s[i, k] = gained_s + _ROUNDING * (abs(gained_s) + 1.0)
    wanted_s = np.empty(n, np.float64)
    worthy = np.empty(many, np.int32)
    count = 0
    for j in range(n):
        if sooner_s[j] + back_s[j] > limit_s:
            continue
        if bounded:
            left = int((limit_s - sooner_s[j]) / tick_s)
            if plain_s[j] + rest_s[left, j] <= enough_s:
                continue
        then = int(sooner_s[j] / tick_s)
        way[count], before[count], following[count] = j, -1, head[then, j]
        memory[count], net_s[count], time_s[count] = 1, plain_s[j], sooner_s[j]
        head[then, j] = count
        count += 1
    for tick in range(ticks):
        for j in range(n):
            wanted_s[j] = plain_s[j]
            if bounded:
                # Going on takes a tick at least.
                left = max(int((limit_s - (tick + 1) * tick_s) / tick_s), 0)
                wanted_s[j] = max(plain_s[j], enough_s - rest_s[left, j])
        for i in range(n):
            if halted[0]:
                return end_s, end_label, way, before, reached_s, False
            if tick > 0:
                reached_s[tick, i] = reached_s[tick - 1, i]
            while head[tick, i] >= 0:
                # The earliest first; none is added to this tick any more.
                label, ahead = head[tick, i], -1
                other, last = following[label], label
                while other >= 0:
                    if time_s[other] < time_s[label]:
                        label, ahead = other, last
                    other, last = following[other], other
                if ahead < 0:
                    head[tick, i] = following[label]
                else:
                    following[ahead] = following[label]
                here_s, seen = net_s[label], memory[label]
                needed = here_s > plain_s[i] or (
                    here_s == plain_s[i] and before[label] < 0
                )
                if needed:
                    for k in range(front[i]):
                        if front_s[i, k] < here_s:
                            break
                        if (
                            mode == LIKELY
                            or front_memory[i, k] & seen == front_memory[i, k]
                        ):
                            needed = False
                            break
                if not needed:
                    continue
                kept = 0
                while kept < front[i] and front_s[i, kept] > here_s:
                    kept += 1
                rank = kept
                for k in range(kept, front[i]):
                    if mode != LIKELY and front_memory[i, k] & seen != seen:
                        front_s[i, kept] = front_s[i, k]
                        front_memory[i, kept] = front_memory[i, k]
                        kept += 1
                if kept < _FRONT:
                    for k in range(kept, rank, -1):
                        front_s[i, k] = front_s[i, k - 1]
                        front_memory[i, k] = front_memory[i, k - 1]
                    front_s[i, rank] = here_s
                    front_memory[i, rank] = seen
                    kept += 1
                front[i] = kept
                reached_s[tick, i] = max(reached_s[tick, i], here_s)
                if mode == LIKELY or seen == 1:
                    plain_s[i] = max(plain_s[i], here_s)
                    wanted_s[i] = max(wanted_s[i], here_s)
                if here_s - back_s[i] > end_s[i]:
                    end_s[i], end_label[i] = here_s - back_s[i], label
                last, other = 0, many
                while last < other:
                    k = (last + other) // 2
                    if here_s + saving_s[i, k] > 0.0:
                        last = k + 1
                    else:
                        other = k
                found = 0
                for k in range(last):
                    worthy[found] = k
                    found += here_s + gain_s[i, k] > wanted_s[order[i, k]]
                for m in range(found):
                    k = worthy[m]
                    j = order[i, k]
                    gained_s = here_s + saving_s[i, k]
                    there_s = gained_s + alone_s[j]
                    if there_s <= plain_s[j]:
                        continue
                    spot = place[i, duty[j]]
                    if spot >= 0 and seen >> spot & 1:
                        continue
                    done_s = time_s[label] + cost_s[i, j]
                    if done_s + back_s[j] > limit_s:
                        continue
                    if bounded:
                        left = int((limit_s - done_s) / tick_s)
                        if there_s + rest_s[left, j] <= enough_s:
                            continue
                    then = max(int(done_s / tick_s), tick + 1)
                    carried = 1
                    for g in range(remembered):
                        if seen >> g & 1:
                            spot = place[j, near[i, g]]
                            if spot > 0:
                                carried |= 1 << spot
                    needed = True
                    for g in range(front[j]):
                        if front_s[j, g] < there_s:
                            break
                        if (
                            mode == LIKELY
                            or front_memory[j, g] & carried == front_memory[j, g]
                        ):
                            needed = False
                            break
                    if not needed:
                        continue
                    other, last = head[then, j], -1
                    while other >= 0:
                        if (
                            net_s[other] >= there_s
                            and (mode != EXACT or time_s[other] <= done_s)
                            and (
                                mode == LIKELY
                                or memory[other] & carried == memory[other]
                            )
                        ):
                            needed = False
                            if mode == LOOSE:
                                time_s[other] = min(time_s[other], done_s)
                            break
                        if (
                            net_s[other] <= there_s
                            and (mode != EXACT or time_s[other] >= done_s)
                            and (mode == LIKELY or memory[other] & carried == carried)
                        ):
                            if mode == LOOSE:
                                done_s = min(done_s, time_s[other])
                            if last < 0:
                                head[then, j] = following[other]
                            else:
                                following[last] = following[other]
                        else:
                            last = other
                        other = following[other]
                    if not needed:
                        continue
                    if count == most:
                        return end_s, end_label, way, before, reached_s, False
                    way[count], before[count], following[count] = (
                        j,
                        label,
                        head[then, j],
                    )
                    memory[count], net_s[count] = carried, there_s
                    time_s[count] = done_s
                    head[then, j] = count
                    count += 1
    return end_s, end_label, way, before, reached_s, True


@numba.njit(cache=True, nogil=True)
def chains(end_label: Whole, way: Whole, before: Whole) -> tuple[Whole, Whole]:
    """
    Return the ways of the best sorties, one after another.

    Returns
    -------
    ways
        Of each sortie from its last to its first.
    start
        Where each begins among them, and their number.
    """
    start = np.zeros(len(end_label) + 1, np.int32)
    found = 0
    length = 0
    for label in end_label:
        if label < 0:
            continue
        while label >= 0:
            length += 1
            label = before[label]
        found += 1
        start[found] = length
    ways = np.empty(length, np.int32)
    k = 0
    for label in end_label:
        while label >= 0:
            ways[k] = way[label]
            k += 1
            label = before[label]
    return ways, start[: found + 1]


@numba.njit(cache=True, nogil=True)
def least(values: Real, count: int) -> Whole:
    """Return where each row has its smallest values, in rising order."""
    n, m = values.shape
    found = np.zeros((n, count), np.int32)
    for i in range(n):
        held = 0
        for j in range(m):
            if held == count and not values[i, j] < values[i, found[i, held - 1]]:
                continue
            k = held if held < count else count - 1
            while k > 0 and values[i, found[i, k - 1]] > values[i, j]:
                found[i, k] = found[i, k - 1]
                k -= 1
            found[i, k] = j
            held = min(held + 1, count)
    return found
