"""Recompute when each target is visited, and the longest gaps between visits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.basics.clock import Span
from planner.basics.geometry import FloatArray
from planner.flown.tracks import FlownRoute, round_again
from planner.plan import Stop
from planner.scenario import Scenario

TIME_TOLERANCE_S = 1e-3
"""To the millisecond, as a plan's file is [s]."""

_SAME_WAY_M = 5.0
_MOMENTS = np.linspace(0.0, 1.0, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class LongestGap:
    """
    The longest time in one window for which nobody was at a target.

    Parameters
    ----------
    visits
        Completed visits within the window.
    gap_s
        Longest gap; window start to the end of the first visit and the start of
        the last visit to window end included. With no visit the whole window. Where
        the horizon repeats, one that is all of it has neither start nor end.
    at_s
        When the gap begins [s from the start of the horizon].
    interval_s
        Revisit interval of the zone.
    """

    zone: str
    target: str
    window: Span
    visits: int
    gap_s: float
    at_s: float
    interval_s: float


def longest_gaps(scenario: Scenario, routes: Sequence[FlownRoute]) -> list[LongestGap]:
    """
    Return the longest gap of each target, for each zone it serves, by window.

    Where the horizon repeats, those over its end are among them.
    """
    horizon = scenario.horizon
    routes = round_again(horizon, routes, horizon.length_s)
    zones = {z.id: z for z in scenario.zones}
    windows = {z.id: scenario.windows(z) for z in scenario.zones}
    stops: dict[str, list[tuple[FlownRoute, Stop]]] = defaultdict(list)
    for flown in routes:
        for stop in flown.route.stops:
            stops[stop.target].append((flown, stop))
    targets = sorted(stops)
    asked: list[tuple[int, str, Span]] = []
    for k, target in enumerate(targets):
        served = {z for _, stop in stops[target] for z in stop.zones}
        asked += [
            (k, zone, window)
            for zone in sorted(served & zones.keys())
            for window in windows[zone]
        ]
    if not asked:
        return []
    found = _longest(
        [_visits(stops[target]) for target in targets],
        np.array([k for k, _, _ in asked]),
        np.array([window for _, _, window in asked], dtype=float),
        np.array([horizon.repeats and w == (0, horizon.length_s) for _, _, w in asked]),
    )
    return [
        LongestGap(
            zone=zone,
            target=targets[k],
            window=window,
            visits=visits,
            gap_s=gap_s,
            at_s=at_s,
            interval_s=zones[zone].revisit_s,
        )
        for (k, zone, window), visits, gap_s, at_s in zip(
            asked, *(each.tolist() for each in found), strict=True
        )
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Visits:
    """All visits to one target, sorted by their start."""

    enter_s: FloatArray
    exit_s: FloatArray
    stop: NDArray[np.int64]
    same_way: NDArray[np.bool_]

    def within(
        self, windows: FloatArray, goes_round: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the first visit that begins in each window, and the first after."""
        start, end = windows.T
        slack_s = np.where(goes_round, 0.0, TIME_TOLERANCE_S)
        first = np.searchsorted(self.enter_s, start - slack_s)
        last = np.searchsorted(self.enter_s, end + TIME_TOLERANCE_S, "right")
        # From each visit to the next; the last is the first of the next round.
        again = np.minimum(np.searchsorted(self.enter_s, end) + 1, len(self.enter_s))
        return first, np.where(goes_round, again, last)


def _longest(
    visits: Sequence[_Visits],
    target: NDArray[np.int64],
    windows: FloatArray,
    goes_round: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
    """
    Return completed visits, the longest gap [s] and its start [s] of each window.

    Parameters
    ----------
    visits
        By target.
    target
        Index of each window's target, sorted, shape (n,).
    windows
        Shape (n, 2).
    goes_round
        Which windows have neither start nor end, shape (n,).
    """
    mine = np.searchsorted(target, np.arange(len(visits) + 1))
    spans = [
        own.within(windows[low:high], goes_round[low:high])
        for own, low, high in zip(visits, mine[:-1], mine[1:], strict=True)
    ]
    first, last = (np.concatenate(side) for side in zip(*spans, strict=True))
    sizes = np.array([len(own.enter_s) for own in visits])
    offset = (np.cumsum(sizes) - sizes)[target]
    enter_s = np.concatenate([own.enter_s for own in visits])
    exit_s = np.concatenate([own.exit_s for own in visits])
    stop = np.concatenate([own.stop for own in visits])
    ways = np.array([len(own.same_way) for own in visits])
    same_way = np.concatenate([own.same_way.ravel() for own in visits])
    same_from = np.cumsum(ways**2) - ways**2

    # One entry a visit in a window, window by window.
    count = np.maximum(last - first, 0)
    window = np.repeat(np.arange(len(windows)), count)
    at = np.arange(len(window)) + np.repeat(
        offset + first - (np.cumsum(count) - count), count
    )
    start, end = windows.T
    whole = goes_round[window] | (exit_s[at] <= end[window] + TIME_TOLERANCE_S)
    window, at = window[whole], at[whole]
    count = np.bincount(window, minlength=len(windows))

    # Seen the same way, a place waits from entry to entry or from exit to exit;
    # otherwise what was seen first may be seen last the next time.
    here, there = at[:-1][window[:-1] == window[1:]], at[1:][window[:-1] == window[1:]]
    inner = window[:-1][window[:-1] == window[1:]]
    of = target[inner]
    between_s = np.where(
        same_way[same_from[of] + stop[here] * ways[of] + stop[there]],
        np.maximum(enter_s[there] - enter_s[here], exit_s[there] - exit_s[here]),
        exit_s[there] - enter_s[here],
    )
    ended = np.flatnonzero((count > 0) & ~goes_round)
    final = np.cumsum(count)[ended] - 1
    initial = final - count[ended] + 1
    owner = np.concatenate([ended, inner, ended])
    gap_s = np.concatenate(
        [
            exit_s[at[initial]] - start[ended],
            between_s,
            end[ended] - enter_s[at[final]],
        ]
    )
    begins_s = np.concatenate([start[ended], enter_s[here], enter_s[at[final]]])
    order = np.lexsort((-gap_s, owner))
    longest = order[np.unique(owner[order], return_index=True)[1]]

    longest_s, since_s = end - start, start.copy()
    longest_s[owner[longest]] = gap_s[longest]
    since_s[owner[longest]] = begins_s[longest]
    return np.maximum(count - goes_round, 0), longest_s, since_s


def _visits(stops: Sequence[tuple[FlownRoute, Stop]]) -> _Visits:
    """Return the visits of all flown sorties to one target."""
    enter = np.concatenate([f.takeoffs + s.enter_s for f, s in stops])
    leave = np.concatenate([f.takeoffs + s.exit_s for f, s in stops])
    stop = np.repeat(np.arange(len(stops)), [len(f.takeoffs) for f, _ in stops])
    order = np.argsort(enter, kind="stable")
    return _Visits(enter[order], leave[order], stop[order], same_ways(stops))


def same_ways(stops: Sequence[tuple[FlownRoute, Stop]]) -> NDArray[np.bool_]:
    """Return of each two stops at a target whether they see it the same way."""
    if len(stops) == 1:
        return np.ones((1, 1), dtype=bool)
    places = np.stack(
        [f.at(s.enter_s + (s.exit_s - s.enter_s) * _MOMENTS) for f, s in stops]
    )
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1).max(axis=-1)
    same: NDArray[np.bool_] = apart <= _SAME_WAY_M
    return same
