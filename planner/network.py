"""
Connect places by the quickest flyable paths round closed airspace.

Straight where nothing is in the way, otherwise along a visibility graph of the
obstacles' corners (Lozano-Pérez and Wesley, 1979), with leg times from the wind
triangle, so that out and back differ. Only what lies within a sortie's reach counts,
so that a city twice as large takes twice as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from planner.drone import DroneModel
from planner.geometry import FloatArray
from planner.physics import Winds, flight_time_s
from planner.sights import Sights

if TYPE_CHECKING:
    from planner.detours import Lines


class Legs:
    """
    Quickest leg times between places, for one drone type.

    Parameters
    ----------
    sights
        What can be seen. Its reach is at least half of what the drone flies in
        still air within the longest time.
    longest_s
        A leg is of no use to a sortie if it and the straight way back take longer.

    Attributes
    ----------
    time_s
        Shape (n, n); infinite where there is no path, or none of use.
    reached
        Corners that searches came to, all together: what they cost.
    """

    def __init__(
        self,
        sights: Sights,
        model: DroneModel,
        winds: Winds,
        longest_s: float,
    ) -> None:
        self._sights, self._model, self._winds = sights, model, winds
        n = len(sights.places)
        self.time_s = np.full((n, n), np.inf)
        np.fill_diagonal(self.time_s, 0.0)
        self._straight = np.eye(n, dtype=bool)
        i, j = sights.free.T
        there_s, back_s = self._both(sights.places, sights.free, sights.places)
        use = there_s + back_s <= longest_s
        for rows, columns, time_s in ((i, j, there_s), (j, i, back_s)):
            self.time_s[rows[use], columns[use]] = time_s[use]
            self._straight[rows[use], columns[use]] = True
        self._seen = self._lines(n, sights.places, sights.seen, sights.seen_gate)
        self._between = self._lines(
            len(sights.corners),
            sights.corners,
            np.vstack([sights.between, sights.between[:, ::-1]]),
            np.tile(sights.between_gate, 2),
        )
        self.reached = self._go_round(longest_s)

    def _times(self, a: FloatArray, b: FloatArray) -> FloatArray:
        """Return the times of straight lines, from one end to the other [s]."""
        delta = b - a
        return flight_time_s(
            delta[:, 0], delta[:, 1], self._model.airspeed_mps, self._winds
        )

    def _both(
        self, a: FloatArray, pairs: NDArray[np.int64], b: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the times of straight lines between pairs, there and back [s]."""
        start, end = a[pairs[:, 0]], b[pairs[:, 1]]
        return self._times(start, end), self._times(end, start)

    def _lines(
        self,
        count: int,
        points: FloatArray,
        pairs: NDArray[np.int64],
        gate: NDArray[np.int64],
    ) -> Lines:
        """Return the lines from so many points to corners, by point."""
        from planner.detours import Lines

        order = np.lexsort(pairs.T[::-1])
        pairs = pairs[order]
        there_s, back_s = self._both(points, pairs, self._sights.corners)
        return Lines(
            first=np.searchsorted(pairs[:, 0], np.arange(count + 1)),
            corner=np.ascontiguousarray(pairs[:, 1]),
            gate=gate[order],
            there_s=there_s,
            back_s=back_s,
        )

    def _go_round(self, longest_s: float) -> int:
        """Fill in the legs that are barred; return how many corners that touched."""
        from planner.detours import board, times_round

        places, own = self._sights.places, self._sights.own
        pairs = np.vstack([self._sights.barred, self._sights.barred[:, ::-1]])
        pairs = pairs[np.lexsort(pairs.T[::-1])]
        backwards = self._backwards(*pairs.T)
        notes = board(self._seen, self._between)
        reached = 0
        for back in (False, True):
            some = pairs[backwards == back]
            starts, ends = (some[:, ::-1] if back else some).T
            order = np.lexsort((ends, starts))
            starts, ends = starts[order], ends[order]
            time_s = np.empty(len(starts))
            lines = self._ways(back)
            reached += times_round(starts, ends, own, *lines, notes, time_s)
            if back:
                starts, ends = ends, starts
            use = time_s + self._times(places[ends], places[starts]) <= longest_s
            self.time_s[starts[use], ends[use]] = time_s[use]
        return reached

    def _backwards(self, start: Any, end: Any) -> Any:
        """
        Whether a leg is sought from its end.

        So is one from elsewhere to a station, since a search may pass the column of
        the station where it begins.
        """
        own = self._sights.own
        return (own[end] >= 0) & (own[start] < 0)

    def _ways(self, back: bool) -> tuple[Lines, Lines, tuple[FloatArray, ...]]:
        """Return the lines of a search, and how far it goes."""
        sights = self._sights
        apart_m = (sights.places, sights.corners, np.array([sights.reach_m]))
        if back:
            return self._seen.reversed(), self._between.reversed(), apart_m
        return self._seen, self._between, apart_m

    def path(self, i: int, j: int) -> FloatArray:
        """
        Return the vertices of the leg from place i to place j, both included.

        Raises
        ------
        ValueError
            If there is no such leg.
        """
        from planner.detours import arrival, board, spread

        places, own = self._sights.places, self._sights.own
        if self._straight[i, j]:
            return places[[i, j]]
        if not np.isfinite(self.time_s[i, j]):
            raise ValueError(f"no leg from place {i} to place {j}")
        back = bool(self._backwards(i, j))
        start, end = (j, i) if back else (i, j)
        seen, between, apart_m = self._ways(back)
        notes = board(seen, between)
        spread(start, own[start], seen, between, apart_m, notes)
        _, corner = arrival(end, own[start], own[end], seen, notes)
        chain = []
        while corner >= 0:
            chain.append(corner)
            corner = int(notes.before[corner])
        bends = self._sights.corners[chain if back else chain[::-1]]
        return np.vstack([places[[i]], bends, places[[j]]])


def path_times(
    xy: FloatArray, wait_s: FloatArray, model: DroneModel, winds: Winds
) -> FloatArray:
    """
    Return the arrival time at each vertex of a path, shape (n,), and its waits.

    The wait at a vertex is spent after arriving; the last wait is not part of
    any arrival.
    """
    steps = np.diff(xy, axis=0)
    flight = flight_time_s(steps[:, 0], steps[:, 1], model.airspeed_mps, winds)
    return np.concatenate([[0.0], np.cumsum(flight + wait_s[:-1])])
