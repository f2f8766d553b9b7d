"""Set the take-off clocks of the routes that share a station's drones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from planner.basics.clock import Span
from planner.draft import DraftRoute
from planner.scenario import Scenario, Station
from planner.timetable.crewing import Clocked, crew_room
from planner.timetable.deciding import decide
from planner.timetable.packing import Packing, may_wait, most_wait_s, packing
from planner.timetable.placing import Placed, add, first_fit, least_rush
from planner.timetable.rhythm import Rhythm, rhythm

_WAIT_STEP_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class StationClock:
    """
    When the routes of one station take off, and how many drones that takes.

    Parameters
    ----------
    phases_s
        By route id.
    peak
        Most drones busy at once, take-off until ready again. More than the
        station has on rotation where no clock was found: then the number with
        which one was, those on top with a pad and the like each.
    peak_busiest
        The same until the end of the scenario's busiest period: with first-free
        drones, how many different ones that period sees. Over the day if the
        clock was not to be minimised.
    proved
        Whether no clock has a lower ``peak_busiest``; of a station with too few
        drones, whether no clock has a lower ``peak``. Where drones may wait for
        chargers: as long for one after each sortie of a route, and no longer than all
        other drones charge.
    waits_s
        That the drones of a route wait for a charger after each sortie, by route id,
        where they do.
    """

    phases_s: Mapping[str, int]
    peak: int
    peak_busiest: int
    proved: bool
    waits_s: Mapping[str, int] = field(default_factory=dict)


def schedule_station(
    scenario: Scenario,
    station: Station,
    drafts: Sequence[DraftRoute],
    *,
    rhythms: Mapping[str, Rhythm] | None = None,
    forbidden: Mapping[tuple[str, str], Sequence[Span]] | None = None,
    hint: Mapping[str, int] | None = None,
    others: Sequence[Clocked] = (),
    minimise: bool = True,
    deterministic_time: float = 0.3,
) -> StationClock | None:
    """
    Choose phases so that a station can fly its routes, with few drones.

    First fit in several orders is tried first; CP-SAT (one worker, no wall clock)
    decides where it fails. Where chargers are few, drones may then wait for them: so
    long after each sortie of a route.

    Parameters
    ----------
    rhythms
        What `planner.timetable.rhythm.rhythm` returns for each draft, by id: saves time
        where a draft is asked about often, and may allow fewer phases.
    forbidden
        Take-off of the second route minus take-off of the first that must not
        occur [s], closed spans by pair of route ids.
    hint
        Phases by route id that are tried first.
    others
        Routes with clocks at stations that share this one's pilots.
    minimise
        Whether to use as few drones as possible; otherwise any clock within the
        station's drones will do.
    deterministic_time
        Limit of each CP-SAT call, in its own seconds (about three of the clock);
        0 for first fit alone.

    Returns
    -------
    StationClock or None
        With a ``peak`` above the drones on rotation where no clock with fewer was
        found; None where no number of drones would do.
    """
    if not drafts:
        return StationClock(phases_s={}, peak=0, peak_busiest=0, proved=True)
    if rhythms is None:
        rhythms = {draft.id: rhythm(scenario, draft) for draft in drafts}
    ours = sorted((rhythms[draft.id] for draft in drafts), key=lambda r: r.id)
    day = (0.0, scenario.horizon.length_s)
    busiest = scenario.busiest_period() if minimise else day
    room = crew_room(scenario, station, others)
    task = packing(scenario, station, ours, forbidden or {}, busiest, room=room)
    if task is None:
        return None
    limit = station.drones - scenario.rules.reserve_drones
    start = [hint.get(r.id, -1) for r in ours] if hint else None

    waitable = may_wait(scenario.model(station.model), station)
    within_s = 0.0 if waitable else deterministic_time
    placed, proved = _placed_within(task, limit, limit, start, within_s)
    if placed is None and waitable:
        most_s = most_wait_s(ours, limit)
        waits_s = range(0, most_s + _WAIT_STEP_S, _WAIT_STEP_S)
        task = packing(
            scenario,
            station,
            ours,
            forbidden or {},
            busiest,
            waits_s=waits_s,
            room=room,
        )
        assert task is not None
        placed, proved = _placed_within(task, limit, limit, start, deterministic_time)
    if placed is None:
        more = max(limit, 0)
        while placed is None and more < task.roomy:
            # Drones that come on top bring pads, chargers, batteries and pilots.
            counts = tuple(count + 1 for count in task.counts)
            more, task = more + 1, replace(task, counts=counts)
            placed = first_fit(task, more, more, start)
        if placed is None:
            placed, _ = _placed_within(task, more, more, start, deterministic_time)
        if placed is None:
            return None
        return replace(
            _clock(task, placed, proved=proved and more == limit + 1), peak=more
        )
    clock = _clock(task, placed, proved=False)
    if not minimise:
        return clock
    least, waits = least_rush(task), len(task.demands[0]) > 1
    while clock.peak_busiest > least:
        placed, proved = _placed_within(
            task, limit, clock.peak_busiest - 1, start, deterministic_time
        )
        if placed is None:
            # Waiting was not tried, if there is a clock without it.
            proved &= waits or not waitable
            break
        clock = _clock(task, placed, proved=False)
    else:
        proved = True
    while clock.peak > clock.peak_busiest:
        placed = first_fit(task, clock.peak - 1, clock.peak_busiest, start)
        if placed is None:
            break
        clock = _clock(task, placed, proved=False)
    return replace(clock, proved=proved)


def _clock(task: Packing, placed: Placed, *, proved: bool) -> StationClock:
    """Return the clock of phases, with its peaks counted."""
    level = np.zeros(task.length_s, dtype=np.int16)
    at = list(zip(task.rhythms, placed, strict=True))
    for r, (phase, demand) in at:
        add(r, demand.drones, phase, level)
    return StationClock(
        phases_s={r.id: phase for r, (phase, _) in at},
        waits_s={r.id: demand.wait_s for r, (_, demand) in at if demand.wait_s},
        peak=int(level.max()),
        peak_busiest=int(level[: task.rush_s[1] + 1].max()),
        proved=proved,
    )


def _placed_within(
    task: Packing,
    drones: int,
    rush_drones: int,
    start: Sequence[int] | None,
    deterministic_time: float,
) -> tuple[Placed | None, bool]:
    """Return phases within limits, or None and whether that is proved."""
    placed = first_fit(task, drones, rush_drones, start)
    if placed is not None or deterministic_time <= 0:
        return placed, placed is not None
    return decide(task, drones, rush_drones, start, deterministic_time)
