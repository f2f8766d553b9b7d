"""Say when drones that stand ready could be launched, later than at once too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.basics.clock import Span
from planner.response.passage import common, free
from planner.response.standby import Away, Days, drones_at, moves_of
from planner.scenario import Scenario, Station


def launches(
    scenario: Scenario,
    station: Station,
    days: Days,
    moment_s: float,
    until_s: float,
) -> dict[str, tuple[Span, ...]]:
    """
    Return when each drone that stands ready at a moment could be launched.

    As `standby` has it for the first such time: charged and before its next flight,
    `launch_spacing_s` from every move of the roster, with a pad until then.

    Parameters
    ----------
    days
        What `planner.response.standby.days_away` returns.
    """
    rules = scenario.rules
    drones = drones_at(station, days)
    own = [days.get(station.id, {}).get(drone, ()) for drone in drones]
    moves = moves_of(own)
    spacing_s = rules.launch_spacing_s
    column = free(
        np.column_stack([moves - spacing_s, moves + spacing_s]),
        (moment_s + rules.launch_s, until_s),
    )
    pads = [_on_pad_from(day, moment_s, rules.pad_before_takeoff_s) for day in own]
    full_s = ([*sorted(pads), *[np.inf] * station.pads])[station.pads - 1]
    found = {}
    for drone, day, pad_s in zip(drones, own, pads, strict=True):
        off_s = min((s.takeoff_s for s in day if s.ready_s > moment_s), default=np.inf)
        before_s = float(np.nextafter(min(off_s, full_s), -np.inf))
        spans = [(-np.inf, before_s)]
        if full_s < pad_s < off_s:
            spans.append((pad_s, float(np.nextafter(off_s, -np.inf))))
        elif pad_s <= full_s < off_s:
            spans = [(-np.inf, float(np.nextafter(off_s, -np.inf)))]
        found[drone] = tuple(common(column, spans))
    return found


def _on_pad_from(
    day: Sequence[Away], moment_s: float, pad_before_takeoff_s: float
) -> float:
    """Return when a drone first has a pad at or after a moment; infinite if never."""
    low = [s.landing_s for s in day] + [s.takeoff_s - pad_before_takeoff_s for s in day]
    high = [s.ready_s for s in day] + [s.takeoff_s for s in day]
    return min(
        (a for a, b in zip(low, high, strict=True) if b > moment_s), default=np.inf
    )
