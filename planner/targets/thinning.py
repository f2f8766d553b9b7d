"""
Give up discs of view one by one, and shift those round about to make up for it.

The compiled inside of `planner.targets.discs`: a disc is taken away, its neighbours
wander until what they should see is seen again, and if that does not come about
they go back. Discs go anywhere that is allowed, not only to candidate places, so
fewer of them are needed than by any choice among candidates.
"""

from __future__ import annotations

import math
from typing import Any

from planner.compiled import kernel
from planner.dice import below, chance
from planner.targets.seeing import SPOTS, Discs, Ground, look, shift

_NEIGHBOURS = 4.0
_BOLDEST, _SHYEST = 0.35, 0.03
_HOTTEST, _COLDEST = 1.0, 0.1
_DRAWN, _DRAWERS = 0.9, 5
_TRIES = 12
_ATTEMPTS = 4
_EARLY, _HOPE, _HOPE_POINTS = 0.93, 0.45, 12.0
"""
Wandering goes on while what is missing falls with the square of the moves left, as it
did on the Yancheng seed wherever all was made up for in the end; a few points more may
be missing.
"""


@kernel
def allowed(ground: Ground, x: int, y: int) -> bool:
    """Whether a disc may be at a place."""
    col, row = x // SPOTS, y // SPOTS
    if row < 0 or col < 0:
        return False
    if row >= ground.free.shape[0] or col >= ground.free.shape[1]:
        return False
    return bool(ground.free[row, col])


@kernel
def round_about(discs: Discs, x: int, y: int, reach: float) -> int:
    """List the discs near a place; return how many."""
    count = 0
    for d in range(len(discs.group)):
        if discs.group[d] < 0 or count == len(discs.near):
            continue
        away_x, away_y = discs.place[d, 0] - x, discs.place[d, 1] - y
        if away_x * away_x + away_y * away_y <= reach * reach:
            discs.near[count] = d
            count += 1
    return count


@kernel
def wanting(ground: Ground, discs: Discs, dice: Any) -> int:
    """Return a point that should be seen and is not, or -1 where luck found none."""
    for _ in range(_TRIES):
        p = discs.list[below(dice, discs.count[0])]
        if discs.unseen[ground.zone[p]] > discs.spare[ground.zone[p]]:
            return int(p)
    return -1


@kernel
def wander(
    ground: Ground, discs: Discs, count: int, missing: int, most: int, dice: Any
) -> int:
    """
    Shift discs until nothing is missing, for a number of moves at most.

    Parameters
    ----------
    count
        Of the discs listed as near: those may be shifted.
    missing
        Points that should be seen and are not, beyond what zones spare.

    Returns
    -------
    missing
        What is missing in the end.
    """
    start = missing
    heat, bold = _HOTTEST, _BOLDEST * ground.radius
    cooler = (_COLDEST / _HOTTEST) ** (1 / most)
    shyer = (_SHYEST / _BOLDEST) ** (1 / most)
    for done in range(most):
        if missing <= 0 or count == 0:
            break
        left = 1 - done / most
        if left < _EARLY and missing > (_HOPE * start * left + _HOPE_POINTS) * left:
            break
        heat, bold = heat * cooler, bold * shyer
        d = discs.near[below(dice, count)]
        p = wanting(ground, discs, dice) if chance(dice) < _DRAWN else -1
        if p >= 0:
            # The nearest of a few that might see the point goes towards it.
            px, py = ground.at[p, 0], ground.at[p, 1]
            best = math.inf
            for _ in range(_DRAWERS):
                other = discs.near[below(dice, count)]
                away_x, away_y = px - discs.place[other, 0], py - discs.place[other, 1]
                away = float(away_x * away_x + away_y * away_y)
                if away < best and ground.helps[discs.group[other], ground.zone[p]]:
                    best, d = away, other
            x, y = discs.place[d, 0], discs.place[d, 1]
            step_x, step_y = float(px - x), float(py - y)
            length = bold * chance(dice)
            length /= max(1.0, math.sqrt(step_x * step_x + step_y * step_y))
            step_x, step_y = length * step_x, length * step_y
        else:
            x, y = discs.place[d, 0], discs.place[d, 1]
            step_x = bold * (2 * chance(dice) - 1)
            step_y = bold * (2 * chance(dice) - 1)
        to_x = x + math.floor(step_x + 0.5)
        to_y = y + math.floor(step_y + 0.5)
        if not allowed(ground, to_x, to_y):
            continue
        more = shift(ground, discs, d, to_x, to_y)
        if more <= 0 or chance(dice) < math.exp(-more / heat):
            missing += more
        else:
            shift(ground, discs, d, x, y)
    return missing


@kernel
def attempt(
    ground: Ground, discs: Discs, x: int, y: int, missing: int, most: int, dice: Any
) -> int:
    """
    Shift the discs round a place until nothing is missing; else leave them as before.

    Returns
    -------
    missing
        What is missing in the end.
    """
    count = round_about(discs, x, y, _NEIGHBOURS * ground.radius)
    for k in range(count):
        d = discs.near[k]
        discs.old[k, 0], discs.old[k, 1] = discs.place[d, 0], discs.place[d, 1]
    left = wander(ground, discs, count, missing, most, dice)
    if left <= 0:
        return left
    for k in range(count):
        d = discs.near[k]
        x, y = discs.old[k, 0], discs.old[k, 1]
        if discs.place[d, 0] != x or discs.place[d, 1] != y:
            shift(ground, discs, d, x, y)
    return missing


@kernel
def settle(ground: Ground, discs: Discs, most: int, dice: Any) -> None:
    """
    Shift discs where a zone lacks points, zone by zone.

    What cannot be made up for is spared from then on.
    """
    for z in range(len(discs.spare)):
        for _ in range(_ATTEMPTS):
            lacking = discs.unseen[z] - discs.spare[z]
            if lacking <= 0:
                break
            k = 0
            while ground.zone[discs.list[k]] != z:
                k += 1
            p = discs.list[k]
            x, y = ground.at[p, 0], ground.at[p, 1]
            attempt(ground, discs, x, y, lacking, most, dice)
    for z in range(len(discs.spare)):
        discs.spare[z] = max(discs.spare[z], discs.unseen[z])


@kernel
def idle(ground: Ground, discs: Discs, visits: Any, dice: Any, value: Any) -> None:
    """
    Fill in how much each disc is of use for the visits that it takes.

    Parameters
    ----------
    visits
        That a disc of a group takes, shape (groups,).
    value
        What is filled in, shape (d,): less for an idler disc, with some luck.
    """
    for d in range(len(discs.group)):
        alone = look(ground, discs, d, -1)
        look(ground, discs, d, 1)
        luck = 0.7 + 0.6 * chance(dice)
        value[d] = (1 + alone) / visits[discs.group[d]] * luck


@kernel
def thin(ground: Ground, discs: Discs, order: Any, most: int, dice: Any) -> None:
    """
    Give up discs that can be made up for.

    Nothing may be missing at first, and nothing is in the end.

    Parameters
    ----------
    order
        In which discs are tried, shape (d,).
    most
        Moves to try for each disc.
    """
    for d in order:
        group = discs.group[d]
        x, y = discs.place[d, 0], discs.place[d, 1]
        missing = look(ground, discs, d, -1)
        discs.group[d] = -1
        if attempt(ground, discs, x, y, missing, most, dice) > 0:
            discs.group[d] = group
            look(ground, discs, d, 1)
