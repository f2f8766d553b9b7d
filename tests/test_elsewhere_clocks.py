"""Clocks of stations that exchange routes, counted second by second."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from unittest.mock import patch

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from worlds import station, world

from planner.elsewhere import clocks
from planner.elsewhere.clocks import RingClock, exchange_clock
from planner.elsewhere.packing import Bind
from planner.timetable.rhythm import Call, Rhythm

DAY_S = 48
DRONES = PADS = 3


@dataclass(frozen=True, kw_only=True)
class Task:
    """Stations that have what they have, a ring of routes and closed ones."""

    chargers: tuple[int, ...]
    ring: tuple[Rhythm, ...]
    closed: tuple[Rhythm, ...]


def rhythm_of(
    name: str,
    ends: tuple[str, str],
    headway_s: int,
    flight_s: int,
    charge_s: int,
    phase: int | None = None,
) -> Rhythm:
    """Return a route of a few seconds from one station to another, or the same."""
    allowed = np.ones(headway_s, dtype=bool)
    if phase is not None:
        allowed = np.arange(headway_s) == phase
    moves_s: dict[str, list[float]] = {ends[0]: [0.0]}
    moves_s.setdefault(ends[1], []).append(float(flight_s))
    return Rhythm(
        id=name,
        headway_s=headway_s,
        landings_s=(float(flight_s),),
        busy_s=flight_s + charge_s,
        charging=(flight_s, flight_s + charge_s),
        allowed=allowed,
        flown=((0, DAY_S - 1),),
        calls=tuple(
            Call(station=name, moves_s=tuple(moves), columns=())
            for name, moves in moves_s.items()
        ),
    )


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    """Draw two or three stations, a route from each to the next, one or two more."""
    names = "ABC"[: draw(st.sampled_from([2, 2, 3]))]
    h = draw(st.sampled_from([6, 8]))
    flight, charge = st.integers(1, 3), st.integers(1, 2)
    at = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2))
    return Task(
        chargers=tuple(draw(st.integers(1, 2)) for _ in names),
        ring=tuple(
            rhythm_of(
                f"R{k}", (a, names[k - len(names) + 1]), h, draw(flight), draw(charge)
            )
            for k, a in enumerate(names)
        ),
        closed=tuple(
            rhythm_of(f"S{k}", (a, a), h, draw(flight), draw(charge), draw(charge))
            for k, a in enumerate(at)
        ),
    )


def clocked(task: Task) -> RingClock | None:
    """Return the clock that is found, any number of seconds waited for a charger."""
    homes = [
        replace(station("ABC"[k], 1000.0 * k, 0, DRONES), pads=PADS, chargers=n)
        for k, n in enumerate(task.chargers)
    ]
    scenario = world(homes, pad_before_takeoff_s=0.0, launch_spacing_s=0.0)
    with patch.object(clocks, "_WAIT_STEP_S", 1):
        return exchange_clock(
            scenario,
            homes,
            task.closed,
            task.ring,
            Bind(forbidden={}, others={}),
            drones=DRONES * len(homes),
            hint={},
        )


def flights(task: Task, clock: RingClock) -> Iterator[tuple[Rhythm, int, int, int]]:
    """Yield each sortie with its take-off, landing and when its drone is ready."""
    for r in (*task.ring, *task.closed):
        for t in range(clock.phases_s[r.id], DAY_S, r.headway_s):
            landing_s = t + int(r.landings_s[0])
            yield r, t, landing_s, t + r.busy_s + clock.waits_s.get(r.id, 0)


def most(spans: list[tuple[int, int]]) -> int:
    """Return the most half-open spans that hold at once."""
    return max(sum(a <= t < b for a, b in spans) for t, _ in spans)


RING = (rhythm_of("R0", ("A", "B"), 8, 3, 3), rhythm_of("R1", ("B", "A"), 8, 3, 3))
WAITS = Task(
    chargers=(1, 3),
    ring=(replace(RING[0], allowed=np.arange(8) == 0), RING[1]),
    closed=(
        rhythm_of("S0", ("A", "A"), 8, 1, 2, 0),
        rhythm_of("S1", ("A", "A"), 8, 1, 1, 0),
    ),
)


@given(task=tasks())
@example(task=WAITS)
@settings(max_examples=60)
def test_stations_keep_what_they_have_each_second(task: Task) -> None:
    """Chargers, pads and drones of each: where one lands, and where one takes off."""
    clock = clocked(task)
    if clock is None:
        assert task is not WAITS
        return
    assert task is not WAITS or clock.waits_s
    charging, pads, moves = defaultdict(list), defaultdict(list), defaultdict(list)
    for r, takeoff_s, landing_s, ready_s in flights(task, clock):
        here, there = r.calls[0].station, r.calls[-1].station
        charging[there].append((ready_s - (r.charging[1] - r.charging[0]), ready_s))
        # Pads are counted with both ends.
        pads[here].append((takeoff_s, takeoff_s + 1))
        pads[there].append((landing_s, ready_s + 1))
        moves[here].append((takeoff_s, 1))
        moves[there].append((ready_s, -1))
    for k, there_is in enumerate(task.chargers):
        name = "ABC"[k]
        assert most(charging[name]) <= there_is
        assert most(pads[name]) <= PADS
        # Ready drones are counted before those that take off with them.
        gone = np.cumsum([step for _, step in sorted(moves[name])])
        assert gone.max() <= DRONES
    counts = {len(range(clock.phases_s[r.id], DAY_S, r.headway_s)) for r in task.ring}
    assert len(counts) == 1
