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
    gaps: list[LongestGap] = []
    for target in sorted(stops):
        visits = _visits(stops[target])
        served = {z for _, stop in stops[target] for z in stop.zones}
        for zone in sorted(served & zones.keys()):
            for window in windows[zone]:
                goes_round = horizon.repeats and window == (0, horizon.length_s)
                count, gap_s, at_s = visits.longest_gap(window, goes_round=goes_round)
                gaps.append(
                    LongestGap(
                        zone=zone,
                        target=target,
                        window=window,
                        visits=count,
                        gap_s=gap_s,
                        at_s=at_s,
                        interval_s=zones[zone].revisit_s,
                    )
                )
    return gaps


@dataclass(frozen=True, slots=True, eq=False)
class _Visits:
    """All visits to one target, sorted by their start."""

    enter_s: FloatArray
    exit_s: FloatArray
    stop: NDArray[np.int64]
    same_way: NDArray[np.bool_]

    def longest_gap(
        self, window: Span, *, goes_round: bool = False
    ) -> tuple[int, float, float]:
        """Return the completed visits, the longest gap [s] and its start [s]."""
        start, end = window
        if goes_round:
            # From each visit to the next; the last is the first of the next round.
            first, last = np.searchsorted(self.enter_s, [start, end])
            within = np.arange(first, min(last + 1, len(self.enter_s)))
        else:
            first = np.searchsorted(self.enter_s, start - TIME_TOLERANCE_S)
            last = np.searchsorted(self.enter_s, end + TIME_TOLERANCE_S, "right")
            within = first + np.flatnonzero(
                self.exit_s[first:last] <= end + TIME_TOLERANCE_S
            )
        enter, leave = self.enter_s[within], self.exit_s[within]
        stop = self.stop[within]
        if len(enter) <= int(goes_round):
            return 0, end - start, start
        # Seen the same way, a place waits from entry to entry or from exit to
        # exit; otherwise what was seen first may be seen last the next time.
        same = self.same_way[stop[:-1], stop[1:]]
        between = np.where(
            same,
            np.maximum(np.diff(enter), np.diff(leave)),
            leave[1:] - enter[:-1],
        )
        if goes_round:
            gaps, begins = between, enter
        else:
            gaps = np.concatenate([[leave[0] - start], between, [end - enter[-1]]])
            begins = np.append(start, enter)
        longest = int(np.argmax(gaps))
        return (
            len(enter) - int(goes_round),
            float(gaps[longest]),
            float(begins[longest]),
        )


def _visits(stops: Sequence[tuple[FlownRoute, Stop]]) -> _Visits:
    """Return the visits of all flown sorties to one target."""
    enter = np.concatenate([f.takeoffs + s.enter_s for f, s in stops])
    leave = np.concatenate([f.takeoffs + s.exit_s for f, s in stops])
    stop = np.repeat(np.arange(len(stops)), [len(f.takeoffs) for f, _ in stops])
    order = np.argsort(enter, kind="stable")
    return _Visits(enter[order], leave[order], stop[order], same_ways(stops))


def same_ways(stops: Sequence[tuple[FlownRoute, Stop]]) -> NDArray[np.bool_]:
    """Return of each two stops at a target whether they see it the same way."""
    places = np.stack(
        [f.at(s.enter_s + (s.exit_s - s.enter_s) * _MOMENTS) for f, s in stops]
    )
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1).max(axis=-1)
    same: NDArray[np.bool_] = apart <= _SAME_WAY_M
    return same
