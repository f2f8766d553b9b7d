"""
Tell when a draft route may take off: its phases, its sorties, its clashes.

Take-offs are whole seconds: ``phase + k * headway``, k = 0, 1, ... A *move* is a
take-off or a landing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.clock import Span
from planner.draft import DraftRoute
from planner.geometry import FloatArray
from planner.plan import Stop
from planner.scenario import Rules, Scenario
from planner.spells import WholeSpan, union
from planner.stamina import turnaround_after_s

BoolArray = NDArray[np.bool_]
TIME_TOLERANCE_S = 1e-6
COLUMN_MARGIN_M = 0.5
"""Columns are taken this much wider, since a written path is rounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """
    What the clock of a route depends on, in whole seconds.

    Parameters
    ----------
    landings_s
        Take-off to landing: of every variant, sorted.
    busy_s
        Take-off until ready again: the longest of them and turnaround, rounded up.
    allowed
        Whether each whole second of the headway is an allowed phase.
    flown
        Take-offs that are flown, whatever the phase: a sortie outside of them
        has no active stop.
    columns
        When the drone is inside its station's column, seconds from take-off.
    """

    id: str
    headway_s: int
    landings_s: tuple[float, ...]
    busy_s: int
    allowed: BoolArray
    flown: tuple[WholeSpan, ...]
    columns: tuple[Span, ...]


def rhythm(scenario: Scenario, draft: DraftRoute) -> Rhythm:
    """
    Return what the clock of a route depends on.

    Raises
    ------
    ValueError
        If the headway is no whole number of seconds.
    """
    headway_s = round(draft.headway_s)
    if headway_s < 1 or headway_s != draft.headway_s:
        raise ValueError(f"{draft.id}: headway_s must be whole and positive.")
    turnaround_s = turnaround_after_s(
        scenario.model(draft.drone_model), draft.duration_s, scenario.rules.ceiling_m
    )
    return Rhythm(
        id=draft.id,
        headway_s=headway_s,
        landings_s=tuple(sorted({flown.duration_s for flown in draft.flown})),
        busy_s=math.ceil(draft.duration_s + turnaround_s - TIME_TOLERANCE_S),
        allowed=phase_mask(allowed_phases(scenario, draft), headway_s),
        flown=flown_spans(scenario, draft),
        columns=column_spans(scenario, draft),
    )


def allowed_phases(scenario: Scenario, draft: DraftRoute) -> list[Span]:
    """
    Return the phases at which every stop keeps the interval of its zones.

    In each window of each zone of a stop, a visit counts if it lies in the window
    whole. One must; the first must end, and the last begin, within the interval
    (less ``revisit_slack_s``, and the draft's share of that) of the window's start
    and end. Between visits the headway keeps it.

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
    spans = []
    latest = math.ceil(scenario.horizon.length_s) - 1
    for visit in _visits(scenario, draft):
        for first_s, last_s in visit.takeoffs_s:
            first = math.ceil(first_s - TIME_TOLERANCE_S)
            last = min(latest, math.floor(last_s + TIME_TOLERANCE_S))
            if first <= last:
                spans.append((first, last))
    return union(spans)


def sorties(scenario: Scenario, draft: DraftRoute, phase_s: int) -> list[int]:
    """Return the take-offs [s] flown over the horizon at a phase, in order."""
    return takeoffs(flown_spans(scenario, draft), round(draft.headway_s), phase_s)


def flown_phases(
    drafts: Sequence[DraftRoute], phases_s: Mapping[str, int]
) -> dict[str, int]:
    """Return first take-offs of what is flown: of turns, a headway apart."""
    return {
        flown.id: phases_s[draft.id] + flown.turn * round(draft.headway_s)
        for draft in drafts
        for flown in draft.flown
    }


def takeoffs(flown: Iterable[WholeSpan], headway_s: int, phase_s: int) -> list[int]:
    """
    Return the flown take-offs [s] at a phase.

    Examples
    --------
    >>> takeoffs([(0, 100), (500, 600)], headway_s=50, phase_s=20)
    [20, 70, 520, 570]
    """
    return [
        t
        for first, last in flown
        for t in range(first + (phase_s - first) % headway_s, last + 1, headway_s)
    ]


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


def column_spans(scenario: Scenario, draft: DraftRoute) -> tuple[Span, ...]:
    """
    Return when a drone is inside the column of its own station.

    The column is taken no smaller than the horizontal separation, so that a
    climb or a descent in it is clear of every drone outside of it.

    Returns
    -------
    tuple of Span
        Seconds from take-off, closed and sorted; climb and descent are in it.
        Of variants, all together.
    """
    centre = scenario.station(draft.depot).point
    spans: list[Span] = []
    for flown in draft.flown:
        length_s = np.diff(flown.t_s)
        first, last = times_within(
            flown.xy[:-1] - (centre.x, centre.y),
            np.diff(flown.xy, axis=0) / np.maximum(length_s, 1e-9)[:, None],
            length_s,
            column_radius_m(scenario.rules),
        )
        begin_s = flown.t_s[:-1]
        spans += [
            (0.0, float(flown.t_s[0])),
            (float(flown.t_s[-1]), flown.duration_s),
            *(
                (float(begin_s[n] + first[n]), float(begin_s[n] + last[n]))
                for n in np.flatnonzero(first <= last)
            ),
        ]
    merged: list[Span] = []
    for low_s, high_s in sorted(spans):
        if merged and low_s <= merged[-1][1] + TIME_TOLERANCE_S:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high_s))
        else:
            merged.append((low_s, high_s))
    return tuple(merged)


def column_radius_m(rules: Rules) -> float:
    """Return the radius [m] within which one drone of a station moves at a time."""
    return max(rules.column_radius_m, rules.separation_horizontal_m) + COLUMN_MARGIN_M


def times_within(
    gap: FloatArray, velocity: FloatArray, length_s: FloatArray, limit_m: float
) -> tuple[FloatArray, FloatArray]:
    """
    Return from when to when ``gap + velocity t`` is within a limit.

    Parameters
    ----------
    gap, velocity
        In metres and metres a second, shape (n, 2).
    length_s
        The times asked about are 0 to this, shape (n,).

    Returns
    -------
    tuple of ndarray
        First and last time [s]; infinity and minus infinity where it never is.
    """
    a = (velocity**2).sum(axis=1)
    b = (gap * velocity).sum(axis=1)
    c = (gap**2).sum(axis=1) - limit_m**2
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(b**2 - a * c)
        first = np.where(a > 0, (-b - root) / a, np.where(c <= 0, 0.0, np.nan))
        last = np.where(a > 0, (-b + root) / a, np.where(c <= 0, length_s, np.nan))
    first, last = np.maximum(first, 0.0), np.minimum(last, length_s)
    ever = first <= last
    return np.where(ever, first, np.inf), np.where(ever, last, -np.inf)


def clashes(a: Rhythm, b: Rhythm, launch_spacing_s: float) -> list[WholeSpan]:
    """
    Return the shifts at which sorties of two routes of a station clash.

    Moves closer than the launch spacing clash, and so do two drones in the column
    at once.

    Returns
    -------
    list of (int, int)
        Closed spans of the take-off of b minus the take-off of a [s].
    """
    spans = []
    for move_a in (0.0, *a.landings_s):
        for move_b in (0.0, *b.landings_s):
            middle = move_a - move_b
            # Exactly the spacing apart is far enough.
            spans.append(
                (
                    math.floor(middle - launch_spacing_s + TIME_TOLERANCE_S) + 1,
                    math.ceil(middle + launch_spacing_s - TIME_TOLERANCE_S) - 1,
                )
            )
    for low_a, high_a in a.columns:
        for low_b, high_b in b.columns:
            spans.append((math.floor(low_a - high_b), math.ceil(high_a - low_b)))
    return [span for span in spans if span[0] <= span[1]]


def clash_mask(a: Rhythm, b: Rhythm, shifts: Sequence[WholeSpan]) -> BoolArray:
    """
    Return which differences of two phases bring sorties to forbidden shifts.

    Returns
    -------
    ndarray of bool
        At index ``d + a.headway_s - 1`` for ``d = phase_b - phase_a``, from
        ``1 - a.headway_s`` to ``b.headway_s - 1``.
    """
    length = a.headway_s + b.headway_s - 1
    counts = np.zeros(length + 1, dtype=np.int64)
    if not shifts:
        return counts[:-1] > 0
    starts_a, starts_b = _starts(a), _starts(b)
    offsets = np.unique(np.subtract.outer(starts_b, starts_a))
    low = np.array([s[0] for s in shifts])[:, None] - offsets + (a.headway_s - 1)
    high = np.array([s[1] for s in shifts])[:, None] - offsets + (a.headway_s - 1)
    hit = (low < length) & (high >= 0)
    np.add.at(counts, np.maximum(low[hit], 0), 1)
    np.add.at(counts, np.minimum(high[hit] + 1, length), -1)
    return np.cumsum(counts)[:-1] > 0


def _starts(rhythm: Rhythm) -> NDArray[np.int64]:
    """Return each ``k * headway`` whose sortie is flown at some phase."""
    h = rhythm.headway_s
    ks = {k for first, last in rhythm.flown for k in range(first // h, last // h + 1)}
    return np.array(sorted(ks), dtype=np.int64) * h


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
            hours = _hours([variant for variant, _ in alike if variant.turn == turn])
            visits += [
                _Visit(
                    enter_s=enter_s,
                    exit_s=exit_s,
                    period_s=every * draft.headway_s,
                    after_s=turn * draft.headway_s,
                    interval_s=(zones[zone_id].revisit_s - slack_s)
                    * draft.idleness_ratio,
                    window=window,
                    takeoffs_s=_cut(
                        (max(0.0, window[0] - enter_s), window[1] - exit_s), hours
                    ),
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


def _cut(span: Span, hours: Sequence[WholeSpan]) -> tuple[Span, ...]:
    """Return the parts of a span that lie in some hours."""
    cut = [(max(span[0], low), min(span[1], high)) for low, high in hours or (span,)]
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
