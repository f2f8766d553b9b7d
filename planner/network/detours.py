"""
Find, compiled, the quickest ways by corners, from one place to all near it.

That is Dijkstra's search (1959) over corners: places only begin and end a way. Of the
lines on from a corner only those are followed that bend round its obstacle, since any
other bend could be cut short.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from planner.basics.geometry import FloatArray
from planner.compiled import kernel
from planner.network.sightlines import OPEN

_SLACK_RAD = 1e-6
_OTHER_HAND_RAD = 8.0
_HALF_HAND_RAD = 4.0


def headings(along: FloatArray, steps: FloatArray) -> Any:
    """
    Return how far lines at corners have come round, shape (k,) [rad].

    A way that has the obstacle on its left and bends round it comes farther round, and
    so does one that has it on its right, `_OTHER_HAND_RAD` farther on.

    Parameters
    ----------
    along
        The direction in which the outline passes each line's corner, shape (k, 2).
    steps
        From end to end of each line, to or from the corner, shape (k, 2).
    """
    ahead = np.einsum("ij,ij->i", along, steps)
    aside = along[:, 0] * steps[:, 1] - along[:, 1] * steps[:, 0]
    round_rad = np.arctan2(aside, np.abs(ahead))
    return (round_rad + np.where(ahead < 0, _OTHER_HAND_RAD, 0)).astype(np.float32)


class Lines(NamedTuple):
    """
    Straight lines that may be flown, by the point at which they begin.

    Parameters
    ----------
    first
        Index of the first line of each point, and the end, shape (p + 1,).
    end
        The corner or the place to which each leads, shape (m,).
    gate
        `planner.network.sightlines.OPEN`, or the one station that may fly it,
        shape (m,).
    there_s, back_s
        Time to the end, and from it, shape (m,).
    leaves, arrives
        Where it leads from a corner, or to one: how far it has come round there,
        shape (m,). The lines of a corner are sorted by ``leaves``.
    """

    first: Any
    end: Any
    gate: Any
    there_s: Any
    back_s: Any
    leaves: Any
    arrives: Any

    def reversed(self) -> Lines:
        """Return the lines with time running backwards."""
        return self._replace(there_s=self.back_s, back_s=self.there_s)


class Ways(NamedTuple):
    """
    What a search goes along.

    Parameters
    ----------
    out, between, home
        Lines from places to corners, from corners to corners, and to places.
    own
        The station that each place is, or -1, shape (n,).
    places, corners
        In metres, shapes (n, 2) and (v, 2).
    reach_m
        How far from where it begins a corner may be, shape (1,).
    """

    out: Lines
    between: Lines
    home: Lines
    own: Any
    places: Any
    corners: Any
    reach_m: Any

    def reversed(self) -> Ways:
        """Return the same with time running backwards."""
        out, between, home = (
            lines.reversed() for lines in (self.out, self.between, self.home)
        )
        return self._replace(out=out, between=between, home=home)


class Board(NamedTuple):
    """
    What a search notes down.

    Parameters
    ----------
    time_s
        To each corner, infinite where none is known, shape (v,).
    before
        The corner before each, -1 for the place itself, shape (v,).
    round_rad
        How far the way to each corner has come round there, shape (v,).
    reached
        The corners with a time, in no order, shape (v,).
    home_s, last
        Time by corners to each place, and the last of these, shape (n,).
    met
        The places with a time, in no order, shape (n,).
    queue_s, queue
        A heap of times and their corners, the least first.
    """

    time_s: Any
    before: Any
    round_rad: Any
    reached: Any
    home_s: Any
    last: Any
    met: Any
    queue_s: Any
    queue: Any


def board(ways: Ways) -> Board:
    """Return an empty board for searches along ways."""
    n, v = len(ways.own), len(ways.corners)
    # No line puts its corner into the queue more than once.
    widest = int(np.diff(ways.out.first).max(initial=0))
    room = len(ways.between.end) + widest + 1
    return Board(
        time_s=np.full(v, np.inf),
        before=np.full(v, -1, dtype=np.int32),
        round_rad=np.zeros(v, dtype=np.float32),
        reached=np.zeros(v, dtype=np.int32),
        home_s=np.full(n, np.inf),
        last=np.full(n, -1, dtype=np.int32),
        met=np.zeros(n, dtype=np.int32),
        queue_s=np.zeros(room),
        queue=np.zeros(room, dtype=np.int32),
    )


@kernel
def spread(place: int, ways: Ways, board: Board) -> tuple[int, int]:
    """
    Note the quickest times by corners from a place to all near it.

    Parameters
    ----------
    board
        Empty; what was reached is on it afterwards.

    Returns
    -------
    int, int
        How many corners were reached, and how many places.
    """
    reached = met = waiting = 0
    own = ways.own[place]
    x, y = ways.places[place, 0], ways.places[place, 1]
    reach2 = ways.reach_m[0] * ways.reach_m[0]
    lines, from_corner, since_s, most_rad = ways.out, -1, 0.0, np.inf
    first, last = lines.first[place], lines.first[place + 1]
    while True:
        for k in range(first, last):
            if lines.leaves[k] > most_rad:
                break
            gate, corner = lines.gate[k], lines.end[k]
            if gate not in (OPEN, own):
                continue
            time_s = since_s + lines.there_s[k]
            if not time_s < board.time_s[corner]:
                continue
            away_x, away_y = ways.corners[corner, 0] - x, ways.corners[corner, 1] - y
            if away_x * away_x + away_y * away_y > reach2:
                continue
            if board.time_s[corner] == np.inf:
                board.reached[reached] = corner
                reached += 1
            board.time_s[corner] = time_s
            board.before[corner] = from_corner
            board.round_rad[corner] = lines.arrives[k]
            push(board, waiting, time_s, corner)
            waiting += 1
        while waiting > 0:
            since_s, from_corner = board.queue_s[0], board.queue[0]
            waiting -= 1
            pop(board, waiting)
            if since_s == board.time_s[from_corner]:
                break
        else:
            return reached, met
        least_rad = board.round_rad[from_corner] - _SLACK_RAD
        most_rad = np.inf if least_rad > _HALF_HAND_RAD else _HALF_HAND_RAD
        met = arrive(own, ways, from_corner, since_s, least_rad, most_rad, met, board)
        lines = ways.between
        first, last = onward(lines, from_corner, least_rad)


@kernel
def onward(lines: Lines, corner: int, least_rad: float) -> tuple[int, int]:
    """Return the index of the first line of a corner come so far round, and the end."""
    first, last = lines.first[corner], lines.first[corner + 1]
    low, high = first, last
    while low < high:
        middle = (low + high) // 2
        if lines.leaves[middle] < least_rad:
            low = middle + 1
        else:
            high = middle
    return low, last


@kernel
def arrive(
    own: int,
    ways: Ways,
    corner: int,
    since_s: float,
    least_rad: float,
    most_rad: float,
    met: int,
    board: Board,
) -> int:
    """Note the times of places by one corner; return how many are met by now."""
    lines = ways.home
    first, last = onward(lines, corner, least_rad)
    for k in range(first, last):
        if lines.leaves[k] > most_rad:
            break
        place = lines.end[k]
        time_s = since_s + lines.there_s[k]
        if time_s < board.home_s[place] and (
            lines.gate[k] in (OPEN, own, ways.own[place])
        ):
            if board.home_s[place] == np.inf:
                board.met[met] = place
                met += 1
            board.home_s[place] = time_s
            board.last[place] = corner
    return met


@kernel
def push(board: Board, waiting: int, time_s: float, corner: int) -> None:
    """Put a corner into a queue of so many."""
    k = waiting
    while k > 0 and board.queue_s[(k - 1) // 2] > time_s:
        board.queue_s[k] = board.queue_s[(k - 1) // 2]
        board.queue[k] = board.queue[(k - 1) // 2]
        k = (k - 1) // 2
    board.queue_s[k], board.queue[k] = time_s, corner


@kernel
def pop(board: Board, waiting: int) -> None:
    """Take the first out of a queue, in which so many are left."""
    time_s, corner = board.queue_s[waiting], board.queue[waiting]
    k = 0
    while 2 * k + 1 < waiting:
        child = 2 * k + 1
        if child + 1 < waiting and board.queue_s[child + 1] < board.queue_s[child]:
            child += 1
        if board.queue_s[child] >= time_s:
            break
        board.queue_s[k], board.queue[k] = board.queue_s[child], board.queue[child]
        k = child
    board.queue_s[k], board.queue[k] = time_s, corner


@kernel
def times_round(
    turn: Any, first: Any, ends: Any, ways: Ways, board: Board, time_s: Any
) -> int:
    """
    Note the quickest times by corners from places to others.

    Parameters
    ----------
    turn
        Places, in the order in which searches begin at them.
    first, ends
        Index of the first end that is sought from each place, and the end, shape
        (n + 1,); and the ends, shape (k,).
    time_s
        What is noted of each end, shape (k,).

    Returns
    -------
    int
        How many corners were reached, in all searches together: the work.
    """
    work = 0
    for start in turn:
        if first[start] == first[start + 1]:
            continue
        reached, met = spread(start, ways, board)
        for k in range(first[start], first[start + 1]):
            time_s[k] = board.home_s[ends[k]]
        for k in range(reached):
            board.time_s[board.reached[k]] = np.inf
        for k in range(met):
            board.home_s[board.met[k]] = np.inf
        work += reached
    return work


@cache
def load() -> None:
    """Have the search compiled: for some seconds once, then read from a cache."""
    one, here = np.zeros(1, dtype=np.int64), np.zeros((1, 2))
    few, first = np.zeros(1, dtype=np.int32), np.zeros(2, dtype=np.int64)
    rad = np.zeros(1, dtype=np.float32)
    lines = Lines(first, few, few, np.zeros(1), np.zeros(1), rad, rad)
    ways = Ways(lines, lines, lines, one, here, here, np.zeros(1))
    notes = board(ways)
    times_round(one, first, few, ways, notes, np.zeros(1))
    spread(0, ways, notes)
