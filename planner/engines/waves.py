"""
Route a part of the city in waves, and zones whole.

What is active in the busiest period comes first, the rest is flown by the drones
that are free then. A zone with one target missing is not served: where not
everything fits, zones that matter least are given up, so that others get whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from planner.engines import greedy
from planner.engines.assess import active, free_drones, served_targets
from planner.engines.piece import Effort, Piece
from planner.engines.shares import shares_left, shares_of
from planner.problem import Column, Problem

Route = Callable[[Problem, Piece, Effort], list[Column]]
TakeAlong = Callable[[Problem, Sequence[Column], Sequence[int], Effort], list[Column]]

_TRIES = 5
_ROOM = 0.06
"""Share of the drones left free at first: clocks do not pack as tight as loads."""

_FIRST_SHARE = 0.8
_LATER_SHARE = 0.4

MOST_EFFORTS = 2 * (2 * _FIRST_SHARE + _TRIES * _LATER_SHARE)
"""How many times its effort a part takes where zones stay broken."""


def route_in_waves(
    problem: Problem,
    route: Route,
    effort: Effort,
    take_along: TakeAlong | None = None,
    start: Sequence[Column] = (),
) -> list[Column]:
    """
    Return routes for a whole part.

    Where that leaves zones out, what is active at their hours comes first instead:
    the rush may have taken just those drones that would fit together later.

    Parameters
    ----------
    take_along
        Has routes take targets along that are due at other hours, and opens more.
    start
        Routes to start from in the busiest period. What these leave out finds room
        there, or is left out.
    """
    rush = active(problem, problem.busiest)
    columns = _in_two(problem, route, effort, take_along, start, rush)
    missing = set(range(len(problem.targets))) - served_targets(problem, columns)
    if missing and not start:
        first = active(problem, problem.targets[min(missing)].windows[0])
        if (first != rush).any():
            other = _in_two(problem, route, effort, take_along, start, first)
            columns = min(columns, other, key=lambda c: _left_out(problem, c))
    return columns


def _left_out(problem: Problem, columns: Sequence[Column]) -> float:
    """Return the priority of all zones that are not whole."""
    broken = _broken(problem, range(len(problem.targets)), columns, set())
    return sum(problem.priorities[zone] for zone in broken)


def _in_two(
    problem: Problem,
    route: Route,
    effort: Effort,
    take_along: TakeAlong | None,
    start: Sequence[Column],
    first: np.ndarray,
) -> list[Column]:
    """Return routes for some targets, and for the rest by drones that are free then."""
    stations = tuple(range(len(problem.stations)))
    columns: list[Column] = []
    for wave in (first, ~first):
        share = float(wave.mean())
        # Routes that were given may serve more than what was asked for before.
        wave[list(served_targets(problem, columns))] = False
        if columns and take_along and wave.any():
            more = _shortened(effort, share, least_s=0.5)
            targets = [int(t) for t in np.flatnonzero(wave)]
            columns = take_along(problem, columns, targets, more)
            wave[list(served_targets(problem, columns))] = False
        if not wave.any():
            continue
        free = free_drones(problem, columns, wave)
        piece = Piece(
            stations=stations,
            targets=tuple(int(t) for t in np.flatnonzero(wave)),
            drones=tuple(free[s] for s in stations),
            supplies=shares_left(problem, columns, stations, wave),
        )
        shorter = _shortened(effort, share, least_s=0.5)
        if start and not columns:
            columns += route(problem, replace(piece, start=tuple(start)), shorter)
        else:
            columns += route_whole_zones(problem, route, piece, shorter)
    return columns


def mend_in_waves(
    problem: Problem, route: Route, effort: Effort, start: Sequence[Column]
) -> list[Column]:
    """
    Return routes for a whole part, warm from some that leave targets out.

    Zones are put where they fit, and none is given up for another. Routes
    that vary stay as they are.
    """
    rush = active(problem, problem.busiest)
    columns = [c for c in start if c.varies(problem)]
    done = served_targets(problem, columns)
    for wave in (True, False):
        warm = [
            c
            for c in start
            if not c.varies(problem) and rush[list(c.targets(problem))].any() == wave
        ]
        due = {int(t) for t in np.flatnonzero(rush == wave)}
        due = (due | served_targets(problem, warm)) - done
        if not due:
            continue
        done |= due
        needed = np.isin(np.arange(len(problem.targets)), sorted(due))
        free = free_drones(problem, columns, needed)
        piece = Piece(
            stations=tuple(free),
            targets=tuple(sorted(due)),
            drones=tuple(free.values()),
            supplies=shares_left(problem, columns, tuple(free), needed),
            start=tuple(warm),
        )
        effort = _shortened(effort, float(needed.mean()), least_s=0.2)
        columns += _put_back(problem, piece, route(problem, piece, effort), effort)
    return columns


def route_whole_zones(
    problem: Problem, route: Route, piece: Piece, effort: Effort
) -> list[Column]:
    """
    Return routes for a piece on which zones are whole, or not at all.

    While zones stay broken, the half of them that matters least is given up and
    the piece is routed again without; at last, what was given up is put back zone
    by zone where a gap is left for all of it.
    """
    given_up: set[str] = set()
    roomy = replace(piece, drones=tuple(d * (1 - _ROOM) for d in piece.drones))
    columns = route(problem, roomy, _shortened(effort, _FIRST_SHARE, least_s=0.2))
    if _broken(problem, piece.targets, columns, given_up):
        columns = route(problem, piece, _shortened(effort, _FIRST_SHARE, least_s=0.2))
    for _ in range(_TRIES):
        broken = _broken(problem, piece.targets, columns, given_up)
        if not broken:
            break
        given_up.update(broken[: (len(broken) + 1) // 2])
        left = [t for t in piece.targets if not given_up.issuperset(_zones(problem, t))]
        columns = route(
            problem,
            replace(piece, targets=tuple(left), start=()),
            _shortened(effort, _LATER_SHARE, least_s=0.2),
        )
    return _put_back(problem, piece, columns, effort)


def _shortened(effort: Effort, share: float, *, least_s: float) -> Effort:
    if effort.seconds is None:
        return effort
    return replace(effort, seconds=max(least_s, share * effort.seconds))


def _zones(problem: Problem, target: int) -> tuple[str, ...]:
    return problem.targets[target].zones


def _broken(
    problem: Problem,
    targets: Iterable[int],
    columns: Sequence[Column],
    given_up: set[str],
) -> list[str]:
    """
    Return the zones of which a target is missing, those that matter least first.

    Of two that matter as much, the one that asks for more first.
    """
    served = served_targets(problem, columns)
    missing: dict[str, int] = {}
    for target in targets:
        for zone in _zones(problem, target):
            if target not in served and zone not in given_up:
                missing[zone] = missing.get(zone, 0) + 1
    return sorted(
        missing,
        key=lambda z: (problem.priorities[z], -missing[z], z),
    )


def _put_back(
    problem: Problem, piece: Piece, columns: list[Column], effort: Effort
) -> list[Column]:
    """Return routes with broken zones added by insertion, each whole or not at all."""
    for zone in _broken(problem, piece.targets, columns, set())[::-1]:
        mine = {t for t in piece.targets if zone in _zones(problem, t)}
        before = served_targets(problem, columns)
        wider = replace(
            piece, targets=tuple(sorted(before | mine)), start=tuple(columns)
        )
        longer = greedy.route(problem, wider, effort)
        if mine <= served_targets(problem, longer) and _fits(problem, piece, longer):
            columns = longer
    return columns


def _fits(problem: Problem, piece: Piece, columns: Sequence[Column]) -> bool:
    """Whether every station has drones enough: insertion does not count them anew."""
    share = shares_of(problem)
    return all(
        sum(c.load(problem) for c in columns if c.station == station) <= drones + 1e-9
        and sum(share(c.station, c.headway_s) for c in columns if c.station == station)
        <= left + 1e-9
        for station, drones, left in zip(
            piece.stations,
            piece.drones,
            piece.supplies or (1.0,) * len(piece.stations),
            strict=True,
        )
    )
