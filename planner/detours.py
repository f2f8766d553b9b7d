"""
Find, compiled, the quickest ways by corners, from one place to all near it.

That is Dijkstra's search (1959) over corners alone: places only begin and end a way.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from planner.compiled import kernel
from planner.sightlines import OPEN


class Lines(NamedTuple):
    """
    Straight lines that may be flown, by the point from which they are seen.

    Parameters
    ----------
    first
        Index of the first line of each point, and the end, shape (p + 1,).
    corner
        To which each line leads, shape (m,).
    gate
        `planner.sightlines.OPEN`, or the one station that may fly it, shape (m,).
    there_s, back_s
        Time to the corner, and from it, shape (m,).
    """

    first: Any
    corner: Any
    gate: Any
    there_s: Any
    back_s: Any

    def reversed(self) -> Lines:
        """Return the lines with time running backwards."""
        return self._replace(there_s=self.back_s, back_s=self.there_s)


class Board(NamedTuple):
    """
    What a search notes down.

    Parameters
    ----------
    time_s
        To each corner, infinite where none is known, shape (v,).
    before
        The corner before each, -1 for the place itself, shape (v,).
    reached
        The corners with a time, in no order, shape (v,).
    queue_s, queue
        A heap of times and their corners, the least first.
    """

    time_s: Any
    before: Any
    reached: Any
    queue_s: Any
    queue: Any


def board(seen: Lines, between: Lines) -> Board:
    """Return an empty board for searches along lines."""
    corners = len(between.first) - 1
    # No line puts its corner into the queue more than once.
    room = len(between.corner) + int(np.diff(seen.first).max(initial=0)) + 1
    return Board(
        time_s=np.full(corners, np.inf),
        before=np.full(corners, -1),
        reached=np.zeros(corners, dtype=np.int64),
        queue_s=np.zeros(room),
        queue=np.zeros(room, dtype=np.int64),
    )


@kernel
def spread(
    place: int, own: int, seen: Lines, between: Lines, apart_m: Any, board: Board
) -> int:
    """
    Note the quickest times from a place to the corners near it.

    Parameters
    ----------
    own
        The station that it is, or -1.
    seen, between
        From places to corners, and from corners to corners.
    apart_m
        Places, corners [m] and how far a corner may be, shapes (n, 2), (v, 2), (1,).
    board
        Empty; what was reached is on it afterwards.

    Returns
    -------
    int
        How many corners were reached.
    """
    reached = 0
    waiting = 0
    places, corners, reach_m = apart_m
    x, y, reach2 = places[place, 0], places[place, 1], reach_m[0] * reach_m[0]
    from_corner, lines, since_s = -1, seen, 0.0
    first, last = seen.first[place], seen.first[place + 1]
    while True:
        for k in range(first, last):
            gate, corner = lines.gate[k], lines.corner[k]
            if gate not in (OPEN, own):
                continue
            time_s = since_s + lines.there_s[k]
            if not time_s < board.time_s[corner]:
                continue
            away_x, away_y = corners[corner, 0] - x, corners[corner, 1] - y
            if away_x * away_x + away_y * away_y > reach2:
                continue
            if board.time_s[corner] == np.inf:
                board.reached[reached] = corner
                reached += 1
            board.time_s[corner] = time_s
            board.before[corner] = from_corner
            push(board, waiting, time_s, corner)
            waiting += 1
        lines = between
        while waiting > 0:
            since_s, from_corner = board.queue_s[0], board.queue[0]
            waiting -= 1
            pop(board, waiting)
            if since_s == board.time_s[from_corner]:
                break
        else:
            return reached
        first, last = between.first[from_corner], between.first[from_corner + 1]


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
def arrival(
    place: int, own_i: int, own_j: int, seen: Lines, board: Board
) -> tuple[float, int]:
    """Return the quickest time to a place and the last corner before it, or -1."""
    best_s, last = np.inf, -1
    for k in range(seen.first[place], seen.first[place + 1]):
        gate, corner = seen.gate[k], seen.corner[k]
        time_s = board.time_s[corner] + seen.back_s[k]
        if time_s < best_s and gate in (OPEN, own_i, own_j):
            best_s, last = time_s, corner
    return best_s, last


@kernel
def times_round(
    starts: Any,
    ends: Any,
    own: Any,
    seen: Lines,
    between: Lines,
    apart_m: Any,
    board: Board,
    time_s: Any,
) -> int:
    """
    Note the quickest times by corners of pairs of places, sorted by the first.

    Returns
    -------
    int
        How many corners were reached, in all searches together: the work.
    """
    work = 0
    k = 0
    while k < len(starts):
        start = starts[k]
        reached = spread(start, own[start], seen, between, apart_m, board)
        while k < len(starts) and starts[k] == start:
            time_s[k], _ = arrival(ends[k], own[start], own[ends[k]], seen, board)
            k += 1
        for place in range(reached):
            board.time_s[board.reached[place]] = np.inf
        work += reached
    return work


@cache
def load() -> None:
    """Have the search compiled: for some seconds once, then read from a cache."""
    one, here = np.zeros(1, dtype=np.int64), np.zeros((1, 2))
    lines = Lines(np.array([0, 0]), one, one, np.zeros(1), np.zeros(1))
    args = (lines, lines, (here, here, np.zeros(1)), board(lines, lines))
    times_round(one, one, one, *args, np.zeros(1))
    spread(0, -1, *args)
    arrival(0, -1, -1, lines, args[-1])
