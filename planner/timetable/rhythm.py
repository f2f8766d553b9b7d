"""Tell what the clock of a draft route depends on, and when it is flown by a clock."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from planner.basics.clock import Span
from planner.basics.spells import WholeSpan, union
from planner.draft import DraftRoute
from planner.given.stamina import charging_after_s, longest_sortie_s, turnaround_after_s
from planner.scenario import Scenario
from planner.timetable.column import column_spans
from planner.timetable.phases import (
    TIME_TOLERANCE_S,
    BoolArray,
    allowed_phases,
    common,
    flown_spans,
    phase_mask,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """
    What the sorties of a route do at a station, seconds from take-off.

    Parameters
    ----------
    moves_s
        Take-off and landings: what of them is there.
    columns
        When the drone is inside the station's column.
    """

    station: str
    moves_s: tuple[float, ...]
    columns: tuple[Span, ...]


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
    charging
        While it, or the battery taken out of it, is at a charger: seconds from
        take-off, half-open; of every variant.
    allowed
        Whether each whole second of the headway is an allowed phase.
    flown
        Take-offs that are flown, whatever the phase: a sortie outside of them
        has no active stop. Where the horizon repeats, also the first of the next
        round: as long as those of this one may matter.
    calls
        What it does at its station; of a route that ends elsewhere, at both.
    """

    id: str
    headway_s: int
    landings_s: tuple[float, ...]
    busy_s: int
    charging: WholeSpan
    allowed: BoolArray
    flown: tuple[WholeSpan, ...]
    calls: tuple[Call, ...]

    @property
    def lands_at(self) -> str:
        """The station where it ends."""
        return self.calls[-1].station

    @property
    def aloft_s(self) -> int:
        """Take-off to landing, the longest of them, rounded up."""
        return math.ceil(self.landings_s[-1] - TIME_TOLERANCE_S)


def rhythm(scenario: Scenario, draft: DraftRoute) -> Rhythm:
    """
    Return what the clock of a route depends on.

    Raises
    ------
    ValueError
        If the headway is no whole number of seconds, or does not divide a horizon that
        repeats.
    """
    headway_s = round(draft.headway_s)
    if headway_s < 1 or headway_s != draft.headway_s:
        raise ValueError(f"{draft.id}: headway_s must be whole and positive.")
    horizon = scenario.horizon
    if horizon.repeats and horizon.length_s % (headway_s * draft.turns):
        raise ValueError(f"{draft.id}: headway_s must divide the horizon.")
    turnaround_s = turnaround_after_s(
        scenario.model(draft.drone_model), draft.duration_s, scenario.rules.ceiling_m
    )
    phases = allowed_phases(scenario, draft)
    if draft.phase_s is not None:
        phases = common(phases, [(draft.phase_s, draft.phase_s)])
    landings_s = tuple(sorted({flown.duration_s for flown in draft.flown}))
    return Rhythm(
        id=draft.id,
        headway_s=headway_s,
        landings_s=landings_s,
        busy_s=math.ceil(draft.duration_s + turnaround_s - TIME_TOLERANCE_S),
        charging=_charging(scenario, draft),
        allowed=phase_mask(phases, headway_s),
        flown=_on_and_on(scenario, flown_spans(scenario, draft)),
        calls=_calls(scenario, draft, landings_s),
    )


def _calls(
    scenario: Scenario, draft: DraftRoute, landings_s: tuple[float, ...]
) -> tuple[Call, ...]:
    """Return what the sorties of a route do at its station, or at both."""
    moves_s: dict[str, list[float]] = {draft.depot: [0.0]}
    moves_s.setdefault(draft.lands_at, []).extend(landings_s)
    return tuple(
        Call(
            station=station,
            moves_s=tuple(moves),
            columns=column_spans(scenario, draft, station),
        )
        for station, moves in moves_s.items()
    )


def _on_and_on(
    scenario: Scenario, flown: tuple[WholeSpan, ...]
) -> tuple[WholeSpan, ...]:
    """Return take-offs with those of the next round that this one may still meet."""
    if not scenario.horizon.repeats:
        return flown
    length = int(scenario.horizon.length_s)
    beyond = min(length, math.ceil(_longest_hold_s(scenario)))
    again = ((f + length, min(end, beyond) + length) for f, end in flown if f <= beyond)
    return union([*flown, *again])


def _longest_hold_s(scenario: Scenario) -> float:
    """Return how long a sortie may take anything of a station, from before it [s]."""
    rules, hold_s = scenario.rules, 0.0
    most = max(s.drones for s in scenario.stations)
    for model in scenario.drone_models:
        flight_s = longest_sortie_s(model, rules.ceiling_m)
        charge_s = charging_after_s(model, flight_s, rules.ceiling_m)
        rest_s = turnaround_after_s(model, flight_s, rules.ceiling_m)
        limited = any(s.chargers is not None for s in scenario.stations)
        waits = most if limited and not model.swaps else 1
        hold_s = max(hold_s, flight_s + rest_s + waits * charge_s)
    return hold_s + rules.pad_before_takeoff_s + 2 * rules.launch_spacing_s


def _charging(scenario: Scenario, draft: DraftRoute) -> WholeSpan:
    """Return when the sorties of a route keep a charger, no one waiting for it."""
    model, ceiling_m = scenario.model(draft.drone_model), scenario.rules.ceiling_m
    spans = []
    for flown in draft.flown:
        rest_s = turnaround_after_s(model, flown.duration_s, ceiling_m)
        charge_s = charging_after_s(model, flown.duration_s, ceiling_m)
        ready_s = flown.duration_s + rest_s
        begin_s = ready_s if model.swaps else ready_s - charge_s
        spans.append((begin_s, begin_s + charge_s))
    return (
        math.floor(min(begin_s for begin_s, _ in spans) + TIME_TOLERANCE_S),
        math.ceil(max(end_s for _, end_s in spans) - TIME_TOLERANCE_S),
    )


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
