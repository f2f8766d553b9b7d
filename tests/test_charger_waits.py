"""Clocks in which drones wait for chargers, against every clock that there is."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from worlds import station, world

from planner.timetable.deciding import decide
from planner.timetable.packing import packing
from planner.timetable.placing import Placed, first_fit
from planner.timetable.rhythm import Call, Rhythm

DAY_S = 36
WAITS_S = range(6)

Spans = list[tuple[int, int]]
Levels = NDArray[np.int8]


def rhythm_of(name: str, headway_s: int, flight_s: int, charge_s: int) -> Rhythm:
    """Return a route of a few seconds that flies for a day of three dozen."""
    return Rhythm(
        id=name,
        headway_s=headway_s,
        landings_s=(float(flight_s),),
        busy_s=flight_s + charge_s,
        charging=(flight_s, flight_s + charge_s),
        allowed=np.ones(headway_s, dtype=bool),
        flown=((0, DAY_S - 1),),
        calls=(Call(station="S", moves_s=(0.0, float(flight_s)), columns=()),),
    )


def charged(r: Rhythm, phase: int, wait_s: int) -> dict[str, Spans]:
    """Return, sortie by sortie, when a route takes chargers, drones and pads."""
    takeoffs = range(phase, DAY_S, r.headway_s)
    landings = [t + int(r.landings_s[0]) for t in takeoffs]
    ready = [t + r.busy_s + wait_s for t in takeoffs]
    lasts_s = r.charging[1] - r.charging[0]
    return {
        "chargers": [(t - lasts_s, t) for t in ready],
        "drones": list(zip(takeoffs, ready, strict=True)),
        # Pads are counted with both ends.
        "pads": [(t, t + 1) for t in takeoffs]
        + [(t, u + 1) for t, u in zip(landings, ready, strict=True)],
    }


@cache
def levels(flight_s: int, charge_s: int, headway_s: int) -> dict[str, Levels]:
    """Return what is taken each second, of every phase and wait: shape (clocks, s)."""
    r = rhythm_of("R", headway_s, flight_s, charge_s)
    found: dict[str, list[Levels]] = {"chargers": [], "drones": [], "pads": []}
    for phase, wait_s in itertools.product(range(headway_s), WAITS_S):
        for kind, spans in charged(r, phase, wait_s).items():
            level = np.zeros(2 * DAY_S, dtype=np.int8)
            for a, b in spans:
                level[a:b] += 1
            found[kind].append(level)
    return {kind: np.array(each) for kind, each in found.items()}


def keeps(
    rhythms: Sequence[Rhythm], placed: Placed, there_is: Mapping[str, int]
) -> bool:
    """Say, second by second, whether a clock keeps what there is."""
    for kind, most in there_is.items():
        spans = [
            span
            for r, (phase, demand) in zip(rhythms, placed, strict=True)
            for span in charged(r, phase, demand.wait_s)[kind]
        ]
        if max(sum(a <= t < b for a, b in spans) for t, _ in spans) > most:
            return False
    return True


def can_be_kept(rhythms: Sequence[Rhythm], there_is: Mapping[str, int]) -> bool:
    """Say whether any phases and waits of all routes keep what there is."""
    each = [
        levels(int(r.landings_s[0]), r.charging[1] - r.charging[0], r.headway_s)
        for r in rhythms
    ]
    fits = np.bool_(True)
    for kind, most in there_is.items():
        total = each[0][kind]
        for other in each[1:]:
            total = total[..., None, :] + other[kind]
        fits = fits & (total.max(axis=-1) <= most)
    return bool(fits.any())


@st.composite
def tasks(draw: st.DrawFn) -> tuple[list[Rhythm], dict[str, int]]:
    """Draw two or three routes, and what their station has."""
    count = draw(st.integers(2, 3))
    headways_s = [4, 6, 8] if count == 2 else [3, 6]
    rhythms = [
        rhythm_of(
            f"R{n}",
            draw(st.sampled_from(headways_s)),
            draw(st.integers(1, 3)),
            draw(st.integers(1, 4)),
        )
        for n in range(count)
    ]
    drones = draw(st.integers(2, 4))
    pads = draw(st.integers(2, drones))
    chargers = draw(st.integers(1, pads - 1))
    return rhythms, {"chargers": chargers, "drones": drones, "pads": pads}


@given(task=tasks())
@settings(max_examples=60, deadline=None)
def test_no_clock_is_called_impossible_that_there_is(
    task: tuple[list[Rhythm], dict[str, int]],
) -> None:
    """All phases and waits are tried one by one: CP-SAT says the same."""
    rhythms, there_is = task
    drones = there_is["drones"]
    home = replace(
        station("A", 0, 0, drones),
        chargers=there_is["chargers"],
        pads=there_is["pads"],
    )
    scenario = world([home], pad_before_takeoff_s=0.0, launch_spacing_s=0.0)
    ours = packing(scenario, home, rhythms, {}, (0.0, 40.0), waits_s=WAITS_S)
    assert ours is not None
    if there_is["pads"] == drones:
        del there_is["pads"]  # a pad for each drone is never short
    placed, proved = decide(ours, drones, drones, None, 10.0)
    assert proved
    assert (placed is not None) == can_be_kept(rhythms, there_is)
    if placed is not None:
        assert keeps(rhythms, placed, there_is)
    simple = first_fit(ours, drones, drones, None)
    assert simple is None or keeps(rhythms, simple, there_is)
