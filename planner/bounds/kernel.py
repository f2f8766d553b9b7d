"""Find the sorties that collect most worth: labels over time, compiled."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int32]
Real = NDArray[np.float64]

_FRONT = 256
"""Labels of a way that others are compared with; more would only be slower."""

_NOTHING = -1e18


@numba.njit(cache=True, nogil=True)
def best_ends(
    out_ticks: Whole,
    back_ticks: Whole,
    ticks: Whole,
    limit: int,
    out_s: Real,
    back_s: Real,
    cost_s: Real,
    worth_s: Real,
    duty: Whole,
    order: Whole,
    saving_s: Real,
    near: Whole,
    place: Whole,
    coarse: bool,
    most: int,
) -> tuple[Real, Whole, Whole, Whole, bool]:
    """
    Return the best sortie that ends with each way, as chains of labels.

    A label is a flight from a station up to the end of a way: the ticks it took,
    the worth collected less its seconds, and the duties near by that it must not
    do again, one bit each in the order of ``near`` (its own is the first bit).
    Labels are extended in order of their ticks; a label goes where another of the
    same way took no longer, is worth no less and remembers no more.

    Parameters
    ----------
    order, saving_s
        The ways after each way, and how much sooner each is done by going on to
        it than from a station; falling, shape (n, k).
    near
        Duties that a label remembers at each way, shape (n, g).
    place
        Place of each duty in ``near``, or -1, shape (n, duties).
    coarse
        Compare without what labels remember: fast, and misses sorties.
    most
        Labels there is room for.

    Returns
    -------
    end_s
        Net worth of the best sortie that ends with each way, shape (n,).
    end_label
        Its label, -1 for none.
    way, before
        Way of each label, and the label it extends.
    fits
        Whether there was room for all labels.
    """
    n, remembered = near.shape
    way = np.empty(most, np.int32)
    before = np.empty(most, np.int32)
    following = np.empty(most, np.int32)
    memory = np.empty(most, np.int32)
    net_s = np.empty(most, np.float64)
    head = np.full((limit + 1, n), -1, np.int32)
    front_s = np.empty((n, _FRONT), np.float64)
    front_memory = np.empty((n, _FRONT), np.int32)
    front = np.zeros(n, np.int32)
    # Net worth at each way of a label that remembers nothing but its own duty and
    # was there no later: whatever is worth no more is not needed. At first that
    # is the flight from a station; no path leads there in fewer ticks.
    plain_s = worth_s - out_s
    end_s = np.full(n, _NOTHING)
    end_label = np.full(n, -1, np.int32)
    count = 0
    for j in range(n):
        way[count], before[count], following[count] = j, -1, head[out_ticks[j], j]
        memory[count], net_s[count] = 1, plain_s[j]
        head[out_ticks[j], j] = count
        count += 1
    for tick in range(limit + 1):
        for i in range(n):
            label = head[tick, i]
            while label >= 0:
                here_s, seen = net_s[label], memory[label]
                needed = here_s > plain_s[i] or (
                    here_s == plain_s[i] and before[label] < 0
                )
                if needed:
                    for k in range(front[i]):
                        if front_s[i, k] >= here_s and (
                            coarse or front_memory[i, k] & seen == front_memory[i, k]
                        ):
                            needed = False
                            break
                if not needed:
                    label = following[label]
                    continue
                kept = 0
                for k in range(front[i]):
                    if front_s[i, k] > here_s or (
                        not coarse and front_memory[i, k] & seen != seen
                    ):
                        front_s[i, kept] = front_s[i, k]
                        front_memory[i, kept] = front_memory[i, k]
                        kept += 1
                if kept < _FRONT:
                    front_s[i, kept], front_memory[i, kept] = here_s, seen
                    kept += 1
                front[i] = kept
                if coarse or seen == 1:
                    plain_s[i] = max(plain_s[i], here_s)
                if here_s - back_s[i] > end_s[i]:
                    end_s[i], end_label[i] = here_s - back_s[i], label
                for k in range(order.shape[1]):
                    if here_s + saving_s[i, k] <= 0.0:
                        break
                    j = order[i, k]
                    there_s = here_s - cost_s[i, j] + worth_s[j]
                    if there_s <= plain_s[j]:
                        continue
                    spot = place[i, duty[j]]
                    if spot >= 0 and seen >> spot & 1:
                        continue
                    then = tick + ticks[i, j]
                    if then + back_ticks[j] > limit:
                        continue
                    carried = 1
                    for g in range(remembered):
                        if seen >> g & 1:
                            spot = place[j, near[i, g]]
                            if spot > 0:
                                carried |= 1 << spot
                    needed = True
                    for g in range(front[j]):
                        if front_s[j, g] >= there_s and (
                            coarse or front_memory[j, g] & carried == front_memory[j, g]
                        ):
                            needed = False
                            break
                    if not needed:
                        continue
                    other, last = head[then, j], -1
                    while other >= 0:
                        if net_s[other] >= there_s and (
                            coarse or memory[other] & carried == memory[other]
                        ):
                            needed = False
                            break
                        if coarse or (
                            net_s[other] <= there_s
                            and memory[other] & carried == carried
                        ):
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
                        return end_s, end_label, way, before, False
                    way[count], before[count], following[count] = (
                        j,
                        label,
                        head[then, j],
                    )
                    memory[count], net_s[count] = carried, there_s
                    head[then, j] = count
                    count += 1
                label = following[label]
    return end_s, end_label, way, before, True
