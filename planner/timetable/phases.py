"""
Tell at which phases a draft route keeps its intervals, and when it is flown at all.

Take-offs are whole seconds: ``phase + k * headway``, k = 0, 1, ...
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.basics.clock import Span
from planner.basics.spells import WholeSpan, union
from planner.plan import Stop
from planner.scenario import Scenario
from planner.timetable.draft import DraftRoute

BoolArray = NDArray[np.bool_]
TIME_TOLERANCE_S = 1e-6


def allowed_phases(scenario: Scenario, draft: DraftRoute) -> list[Span]:
    """
    Return the phases at which every stop keeps the interval of its zones.

    In each window of each zone of a stop, a visit counts if it lies in the window
    whole. One must; the first must end, and the last begin, within the interval
    (less ``revisit_slack_s``, and the draft's share of that) of the window's start
    and end. Between visits the headway keeps it; and where the horizon repeats and
    the zone is always active, there is nothing else.

    Returns
    -------
    list of Span
        Closed, sorted, in [0, headway]; the headway itself stands for phase 0. A
        span may be a single point.
    """
    headway_s = draft.headway_s
    phases: list[Span] = [(0.0, headway_s)]
    for visit in _visits(scenario, draft):
        if not visit.takeoffs_s:
            return []
        if _goes_round(scenario, visit.window):
            if _whole(visit.takeoffs_s) == (_whole_day(scenario),):
                continue
            return []
        ours = _common(
            visit_phases(
                visit.window,
                visit.interval_s,
                (visit.enter_s, visit.exit_s),
                max(visit.takeoffs_s, key=lambda span: span[1] - span[0]),
                visit.period_s,
            ),
            [(visit.after_s, visit.after_s + headway_s)],
        )
        shifted = [(low - visit.after_s, high - visit.after_s) for low, high in ours]
        phases = _common(phases, shifted)
    return phases


def visit_phases(
    window: Span, interval_s: float, on_task: Span, takeoffs_s: Span, period_s: float
) -> list[Span]:
    """
    Return the phases at which visits of a period keep an interval in a window.

    Parameters
    ----------
    on_task
        Of each visit, seconds from take-off.
    takeoffs_s
        The first and the last take-off that give a visit which counts.

    Returns
    -------
    list of Span
        Closed, sorted, in [0, period].
    """
    enter_s, exit_s = on_task
    first_s, last_s = takeoffs_s
    soon = _modulo(first_s, min(last_s, window[0] + interval_s - exit_s), period_s)
    late = _modulo(max(first_s, window[1] - interval_s - enter_s), last_s, period_s)
    return _common(soon, late)


def flown_spans(scenario: Scenario, draft: DraftRoute) -> tuple[WholeSpan, ...]:
    """Return the whole take-off times [s] that give a visit in some window."""
    _, latest = _whole_day(scenario)
    spans = [
        span
        for visit in _visits(scenario, draft)
        for span in _whole(visit.takeoffs_s)
        if span[0] <= span[1]
    ]
    if scenario.horizon.repeats:
        rounds = (-latest - 1, 0, latest + 1)
        spans = [(first + k, last + k) for first, last in spans for k in rounds]
    return union(
        (max(first, 0), min(last, latest))
        for first, last in spans
        if first <= latest and last >= 0
    )


def _whole(spans: Iterable[Span]) -> tuple[WholeSpan, ...]:
    """Return the whole seconds in spans."""
    return tuple(
        (math.ceil(low - TIME_TOLERANCE_S), math.floor(high + TIME_TOLERANCE_S))
        for low, high in spans
    )


def _whole_day(scenario: Scenario) -> WholeSpan:
    """Return the first and the last second of the horizon."""
    return 0, math.ceil(scenario.horizon.length_s) - 1


def _goes_round(scenario: Scenario, window: Span) -> bool:
    """Return whether a window has neither start nor end."""
    horizon = scenario.horizon
    return horizon.repeats and window == (0, horizon.length_s)


def phase_mask(phases: Iterable[Span], headway_s: int) -> BoolArray:
    """Return for each whole second of a headway whether it lies in the phases."""
    mask = np.zeros(headway_s, dtype=bool)
    for low_s, high_s in phases:
        first = math.ceil(low_s - TIME_TOLERANCE_S)
        last = math.floor(high_s + TIME_TOLERANCE_S)
        mask[first : last + 1] = True
        if last >= headway_s:
            mask[0] = True
    return mask


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """
    The visits to a target, for one zone and one of its windows.

    Parameters
    ----------
    enter_s, exit_s
        On task, from take-off.
    period_s
        Between two sorties that stop there.
    after_s
        Take-off of the first of them, after the first of the route.
    """

    enter_s: float
    exit_s: float
    period_s: float
    after_s: float
    interval_s: float
    window: Span
    takeoffs_s: tuple[Span, ...]


def _visits(scenario: Scenario, draft: DraftRoute) -> list[_Visit]:
    """Return the visits of each target, zone and window."""
    zones = {zone.id: zone for zone in scenario.zones}
    slack_s = scenario.rules.revisit_slack_s
    stops: dict[str, list[tuple[DraftRoute, Stop]]] = {}
    for variant in draft.flown:
        for stop in variant.stops:
            stops.setdefault(stop.target, []).append((variant, stop))
    windows: Mapping[str, tuple[Span, ...]] = {
        zone_id: scenario.windows(zones[zone_id])
        for zone_id in sorted(
            {z for found in stops.values() for _, stop in found for z in stop.zones}
        )
    }
    visits = []
    for found in stops.values():
        for turn, every, alike in _in_turn(found, draft.turns):
            enter_s = min(stop.enter_s for _, stop in alike)
            exit_s = max(stop.exit_s for _, stop in alike)
            mine = [variant for variant, _ in alike if variant.turn == turn]
            hours = _round_hours(scenario, mine)
            visits += [
                _Visit(
                    enter_s=enter_s,
                    exit_s=exit_s,
                    period_s=every * draft.headway_s,
                    after_s=turn * draft.headway_s,
                    interval_s=(zones[zone_id].revisit_s - slack_s)
                    * draft.idleness_ratio,
                    window=window,
                    takeoffs_s=_takeoffs_s(scenario, window, (enter_s, exit_s), hours),
                )
                for zone_id in alike[0][1].zones
                for window in windows[zone_id]
            ]
    return visits


def _in_turn(
    found: Sequence[tuple[DraftRoute, Stop]], count: int
) -> list[tuple[int, int, list[tuple[DraftRoute, Stop]]]]:
    """
    Return the stops at one target as (first turn, every so many turns, stops).

    Stops that come at equal steps are one rhythm; others are each their own.
    """
    turns = sorted({variant.turn for variant, _ in found})
    step = count // len(turns)
    if turns == list(range(turns[0], count, step)) and turns[0] < step:
        return [(turns[0], step, list(found))]
    return [
        (turn, count, [each for each in found if each[0].turn == turn])
        for turn in turns
    ]


def _hours(variants: Sequence[DraftRoute]) -> tuple[WholeSpan, ...]:
    """Return the take-offs at which one of several variants is flown; empty for all."""
    if not all(variant.hours for variant in variants):
        return ()
    return union(span for variant in variants for span in variant.hours)


def _takeoffs_s(
    scenario: Scenario, window: Span, on_task: Span, hours: Sequence[WholeSpan]
) -> tuple[Span, ...]:
    """
    Return the take-offs that give a visit whole within a window, at some hours.

    Where the horizon repeats these may lie before or after it: they stand for those of
    the round before or after.
    """
    first, last = _whole_day(scenario)
    if _goes_round(scenario, window):
        return _cut((first, last), hours)
    enter_s, exit_s = on_task
    first_s = window[0] - enter_s
    if not scenario.horizon.repeats:
        first_s = max(0.0, first_s)
    return _cut((first_s, window[1] - exit_s), hours)


def _round_hours(
    scenario: Scenario, variants: Sequence[DraftRoute]
) -> tuple[WholeSpan, ...]:
    """Return the hours of variants, where the horizon repeats in three rounds of it."""
    hours = _hours(variants)
    if not scenario.horizon.repeats:
        return hours
    _, last = _whole_day(scenario)
    rounds = [k * (last + 1) for k in (-1, 0, 1)]
    return union((low + k, high + k) for low, high in hours for k in rounds)


def _cut(span: Span, hours: Sequence[WholeSpan]) -> tuple[Span, ...]:
    """Return the parts of a span that lie in some hours, which are sorted."""
    near: Sequence[Span] = (span,)
    if hours:
        begin = max(0, bisect_right(hours, (span[0], math.inf)) - 2)
        near = hours[begin : bisect_right(hours, (span[1] + 1, math.inf))]
    cut = [(max(span[0], low), min(span[1], high)) for low, high in near]
    return tuple((low, high) for low, high in cut if low <= high + TIME_TOLERANCE_S)


def _modulo(low_s: float, high_s: float, period_s: float) -> list[Span]:
    """Return the remainders of a closed span, as sorted spans in [0, period]."""
    if high_s < low_s - TIME_TOLERANCE_S:
        return []
    length_s = max(0.0, high_s - low_s)
    if length_s >= period_s:
        return [(0.0, period_s)]
    first_s = low_s % period_s
    last_s = first_s + length_s
    if last_s < period_s - TIME_TOLERANCE_S:
        return [(first_s, last_s)]
    return [(0.0, max(0.0, last_s - period_s)), (first_s, period_s)]


def _common(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """Return the intersection of two sorted unions of closed spans."""
    both: list[Span] = []
    for low_a, high_a in left:
        for low_b, high_b in right:
            low, high = max(low_a, low_b), min(high_a, high_b)
            if low <= high + TIME_TOLERANCE_S:
                both.append((low, max(low, high)))
    return both
