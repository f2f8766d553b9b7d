"""Tell when a drone is inside the column of one of its own stations."""

from __future__ import annotations

import numpy as np

from planner.basics.clock import Span
from planner.basics.geometry import FloatArray
from planner.draft import DraftRoute
from planner.scenario import Rules, Scenario
from planner.timetable.phases import TIME_TOLERANCE_S

COLUMN_MARGIN_M = 0.5
"""Columns are taken this much wider, since a written path is rounded."""


def column_spans(
    scenario: Scenario, draft: DraftRoute, station_id: str = ""
) -> tuple[Span, ...]:
    """
    Return when a drone is inside the column of a station, of its depot if not said.

    Of a station where it takes off or lands. The column is taken no smaller than the
    horizontal separation, so that a climb or a descent in it is clear of every drone
    outside of it.

    Returns
    -------
    tuple of Span
        Seconds from take-off, closed and sorted; climb and descent are in it, where
        they are there. Of variants, all together.
    """
    station_id = station_id or draft.depot
    centre = scenario.station(station_id).point
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
            (float(begin_s[n] + first[n]), float(begin_s[n] + last[n]))
            for n in np.flatnonzero(first <= last)
        ]
        if station_id == draft.depot:
            spans.append((0.0, float(flown.t_s[0])))
        if station_id == draft.lands_at:
            spans.append((float(flown.t_s[-1]), flown.duration_s))
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
