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

from planner.basics.geometry import FloatArray
from planner.basics.physics import Winds, flight_time_s
from planner.given.drone import DroneModel
from planner.network.sights import IntArray, Numbers, Sights

if TYPE_CHECKING:
    from planner.network.detours import Lines, Ways

_ROWS_A_REACH = 4
_SPAN_RAD = 16.0
"""More than headings differ by."""

_AT_ONCE = 1 << 14
"""So many times are computed at once: what that takes stays in the cache."""


class Legs:
    """
    Quickest legs between places, for one drone type.

    Only those that are of use are kept, place by place: a table of all pairs would
    grow with the square of the city.

    Parameters
    ----------
    sights
        What can be seen. Its reach is at least half of what the drone flies in
        still air within the longest time.
    longest_s
        A leg is of no use to a sortie if it and the straight way back take longer.

    Attributes
    ----------
    count
        Legs between different places.
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
        self._ways = self._lay_out()
        lines = np.vstack([sights.free, sights.barred])
        free = np.arange(len(lines)) < len(sights.free)
        pairs = np.vstack([lines, lines[:, ::-1]])
        first, order = by_first(pairs, n, n)
        pairs, straight = pairs[order], np.tile(free, 2)[order]
        # Where the way back stands of each leg.
        place = np.empty_like(order)
        place[order] = np.arange(len(order), dtype=order.dtype)
        back = place[order - len(lines)]
        direct_s = self._direct_s(sights.places, pairs, sights.places)
        time_s = direct_s.copy()
        self.reached = self._go_round(first, pairs, ~straight, back, time_s)
        use = np.isfinite(time_s) & (time_s + direct_s[back] <= longest_s)
        self._first = np.append(0, np.cumsum(use))[first]
        self._end, self._time_s = pairs[use, 1], time_s[use]
        self._straight = straight[use]
        self.count = len(self._end)

    def _direct_s(
        self, starts: FloatArray, pairs: Numbers, ends: FloatArray
    ) -> FloatArray:
        """Return the times of straight lines between pairs of points [s]."""
        airspeed_mps, winds = self._model.airspeed_mps, self._winds
        time_s = np.empty(len(pairs))
        for k in range(0, len(pairs), _AT_ONCE):
            start, end = pairs[k : k + _AT_ONCE].T
            east, north = (ends[end] - starts[start]).T
            time_s[k : k + _AT_ONCE] = flight_time_s(east, north, airspeed_mps, winds)
        return time_s

    def _lay_out(self) -> Ways:
        """Return the lines that legs round obstacles are made of."""
        from planner.network.detours import Ways, headings

        sights = self._sights
        places, corners, along = sights.places, sights.corners, sights.along
        seen, gate = sights.seen, sights.seen_gate
        place, corner = seen.T
        step = corners[corner] - places[place]
        arrives, leaves = (headings(along[corner], away) for away in (step, -step))
        between = np.vstack([sights.between, sights.between[:, ::-1]])
        step = corners[between[:, 1]] - corners[between[:, 0]]
        return Ways(
            out=self._lines(places, corners, seen, gate, arrives, arrives),
            between=self._lines(
                corners,
                corners,
                between,
                np.tile(sights.between_gate, 2),
                headings(along[between[:, 0]], step),
                headings(along[between[:, 1]], step),
            ),
            home=self._lines(corners, places, seen[:, ::-1], gate, leaves, leaves),
            own=sights.own,
            places=places,
            corners=corners,
            reach_m=np.array([sights.reach_m]),
        )

    def _lines(
        self,
        starts: FloatArray,
        ends: FloatArray,
        pairs: Numbers,
        gate: Numbers,
        leaves: FloatArray,
        arrives: FloatArray,
    ) -> Lines:
        """Return lines between pairs of points, in order."""
        from planner.network.detours import Lines

        # By point and then by heading, in one sort.
        order = np.argsort(pairs[:, 0] + leaves / _SPAN_RAD, kind="stable")
        pairs = pairs[order]
        return Lines(
            first=np.searchsorted(pairs[:, 0], np.arange(len(starts) + 1)),
            end=np.ascontiguousarray(pairs[:, 1]),
            gate=gate[order],
            there_s=self._direct_s(starts, pairs, ends),
            back_s=self._direct_s(ends, pairs[:, ::-1], starts),
            leaves=leaves[order],
            arrives=arrives[order],
        )

    def _go_round(
        self,
        first: Numbers,
        pairs: Numbers,
        barred: NDArray[np.bool_],
        back: Numbers,
        time_s: FloatArray,
    ) -> int:
        """
        Fill in the times of legs that are barred; return how many corners they cost.

        Parameters
        ----------
        first, pairs, back
            Index of the first leg from each place; the places of each leg, and the
            index of the way back.
        """
        from planner.network.detours import board, times_round

        places = self._sights.places
        # One search after another near it: what both read is still at hand.
        row = places[:, 1] // (self._sights.reach_m / _ROWS_A_REACH)
        turn = np.lexsort((places[:, 0], row))
        notes = board(self._ways)
        homeward = self._homeward(*pairs.T)
        reached = 0
        for ways, sought in (
            (self._ways, barred & ~homeward),
            (self._ways.reversed(), barred & homeward[back]),
        ):
            legs = np.flatnonzero(sought)
            found_s = np.empty(len(legs))
            mine = np.searchsorted(legs, first)
            reached += times_round(turn, mine, pairs[legs, 1], ways, notes, found_s)
            time_s[legs if ways is self._ways else back[legs]] = found_s
        return reached

    def _homeward(self, start: Any, end: Any) -> Any:
        """
        Whether a leg is from elsewhere to a station.

        Such a leg is sought from its end, since a search may pass the column of the
        station where it begins.
        """
        own = self._sights.own
        return (own[end] >= 0) & (own[start] < 0)

    def times_s(self, starts: IntArray, ends: IntArray) -> FloatArray:
        """
        Return the times between some places, shape (len(starts), len(ends)) [s].

        Infinite where there is no path, or none of use.
        """
        table = np.full((len(starts), len(ends)), np.inf)
        row_s = np.full(len(self._sights.places), np.inf)
        for k, start in enumerate(starts):
            mine = slice(self._first[start], self._first[start + 1])
            row_s[self._end[mine]] = self._time_s[mine]
            row_s[start] = 0.0
            table[k] = row_s[ends]
            row_s[self._end[mine]] = np.inf
            row_s[start] = np.inf
        return table

    def path(self, i: int, j: int) -> FloatArray:
        """
        Return the vertices of the leg from place i to place j, both included.

        Raises
        ------
        ValueError
            If there is no such leg.
        """
        from planner.network.detours import board, spread

        places = self._sights.places
        if i == j:
            return places[[i, i]]
        mine = slice(self._first[i], self._first[i + 1])
        leg = self._first[i] + np.searchsorted(self._end[mine], j)
        if leg == mine.stop or self._end[leg] != j:
            raise ValueError(f"no leg from place {i} to place {j}")
        if self._straight[leg]:
            return places[[i, j]]
        back = bool(self._homeward(i, j))
        start, end = (j, i) if back else (i, j)
        ways = self._ways.reversed() if back else self._ways
        notes = board(ways)
        spread(start, ways, notes)
        corner = notes.last[end]
        chain = []
        while corner >= 0:
            chain.append(corner)
            corner = notes.before[corner]
        bends = self._sights.corners[chain if back else chain[::-1]]
        return np.vstack([places[[i]], bends, places[[j]]])


def by_first(pairs: Numbers, firsts: int, seconds: int) -> tuple[Numbers, Numbers]:
    """
    Return an order of pairs by the first, then by the second; no two are alike.

    Parameters
    ----------
    firsts, seconds
        How many of each there may be.

    Returns
    -------
    first, order
        Index of the first pair of each, and the end, shape (firsts + 1,); and the
        pairs in order. As quick as there are pairs: a sort would take longer each.
    """
    from scipy.sparse import coo_array

    numbers = np.arange(len(pairs), dtype=np.int32)
    table = coo_array((numbers, pairs.T), shape=(firsts, seconds)).tocsr()
    return table.indptr, table.data


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
