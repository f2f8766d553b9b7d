"""Leave room for lateness in a scenario, and take a plan made so for what was asked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from planner.basics.clock import DAY_S
from planner.given.drone import DroneModel
from planner.given.horizon import Horizon
from planner.given.stamina import turnaround_after_s
from planner.metrics import compute_metrics
from planner.plan import Plan, Route
from planner.scenario import Scenario, Zone
from planner.simulation import Kept
from planner.simulation.lateness import Lateness

_MOST_SHARE = 0.4
"""Of an interval or an endurance is taken away at most."""

_LESS, _MORE = 0.75, 1.25
"""What room between moves is changed by: what they miss has no length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """
    What is left free for lateness [s].

    Parameters
    ----------
    visit_s
        Of the shortest interval, and at the end of windows; of an interval that is a
        multiple of it as many times as much.
    move_s
        Between two moves at a station, beyond the launch spacing; and how late one of
        two routes may be that only time parts.
    ready_s, longer_s
        By drone type: in each turnaround, and of the endurance.
    """

    visit_s: float
    move_s: float
    ready_s: Mapping[str, float]
    longer_s: Mapping[str, float]


def room_for(scenario: Scenario, late: Lateness) -> Room:
    """
    Return the room that sorties which are so late by themselves need.

    Headways are multiples of the shortest one (`planner.targets`), so what zones of
    longer intervals need is shared out among them.
    """
    shortest_s = scenario.shortest_revisit_s
    needed_s = [0.0]
    for name, late_s in late.zones_s.items():
        times = scenario.zone(name).revisit_s / shortest_s
        needed_s.append(late_s / times if times == int(times) else late_s)
    return Room(
        visit_s=float(math.ceil(max(needed_s))),
        move_s=float(math.ceil(max(late.landing_s.values(), default=0.0))),
        ready_s=late.ready_s,
        longer_s=late.longer_s,
    )


def fitted(room: Room, kept: Sequence[Kept], share: float) -> Room:
    """
    Return the room with which promises would just have held, and half as often not.

    More where they fall short of a share of the days, by what they miss; less where
    all of a rule hold, by what the tightest has left.
    """
    spare_s = dict.fromkeys(("revisit", "energy", "fleet"), -math.inf)
    times = _LESS
    for each in kept:
        if each.rule in spare_s:
            ordered = each.excess
            count = math.ceil((1 - (1 - share) / 2) * len(ordered))
            spare_s[each.rule] = max(spare_s[each.rule], float(ordered[count - 1]))
        elif each.odds.share < share:
            times = _MORE

    def changed(known_s: float, rule: str) -> float:
        if not math.isfinite(spare_s[rule]):
            return known_s * times
        return max(0.0, known_s + spare_s[rule])

    return Room(
        visit_s=float(math.ceil(changed(room.visit_s, "revisit"))),
        move_s=float(math.ceil(room.move_s * times)),
        ready_s={name: changed(s, "fleet") for name, s in room.ready_s.items()},
        longer_s={name: changed(s, "energy") for name, s in room.longer_s.items()},
    )


def stricter(scenario: Scenario, room: Room) -> Scenario:
    """
    Return a scenario of which a plan has room for lateness.

    Intervals are shorter, windows and the horizon end sooner, drones fly shorter and
    rest longer, and moves at a station are farther apart.
    """
    most_s = _MOST_SHARE * scenario.shortest_revisit_s
    visit_s, move_s = min(room.visit_s, most_s), min(room.move_s, most_s)
    rules = scenario.rules
    return replace(
        scenario,
        horizon=_ends_sooner(scenario, visit_s),
        zones=tuple(_sooner(scenario, zone, visit_s) for zone in scenario.zones),
        drone_models=tuple(_with_room(m, room) for m in scenario.drone_models),
        rules=replace(
            rules,
            revisit_slack_s=max(rules.revisit_slack_s, visit_s),
            launch_spacing_s=rules.launch_spacing_s + move_s,
        ),
        delay_slack_s=move_s,
    )


def _ends_sooner(scenario: Scenario, late_s: float) -> Horizon:
    """
    Return the horizon without its end, so that windows that end with it end sooner.

    One that repeats has no end, and one in whose end a window begins stays whole.
    """
    horizon = scenario.horizon
    end_s = horizon.length_s - late_s
    if horizon.repeats or any(
        low >= end_s for zone in scenario.zones for low, _ in scenario.windows(zone)
    ):
        return horizon
    sooner = replace(horizon, length_s=end_s)
    return replace(sooner, length_s=end_s - 1) if sooner.repeats else sooner


def _sooner(scenario: Scenario, zone: Zone, late_s: float) -> Zone:
    """
    Return a zone of which the windows end sooner: a late visit must lie in its window.

    Windows of a horizon of more than a day stay as they are, and those that are no
    longer than that.
    """
    windows = scenario.windows(zone)
    begins_s, length_s = scenario.horizon.start_clock_s, scenario.horizon.length_s
    if (
        length_s > DAY_S
        or windows == ((0.0, length_s),)
        or any(high - late_s <= low for low, high in windows)
    ):
        return zone
    spans = [(low + begins_s, high - late_s + begins_s) for low, high in windows]
    days = [DAY_S if low >= DAY_S else 0.0 for low, _ in spans]
    active = tuple((a - d, b - d) for (a, b), d in zip(spans, days, strict=True))
    return replace(zone, active=active, weekly=())


def _with_room(model: DroneModel, room: Room) -> DroneModel:
    """Return a drone type that rests longer and flies shorter."""
    longer_s = room.longer_s.get(model.model, 0.0)
    battery = model.battery
    if battery is not None:
        more_wh = battery.most_w(model.airspeed_mps) * longer_s / 3600
        kept = battery.reserve_share + more_wh / (
            battery.capacity_wh * battery.health_share
        )
        least = battery.full_share - (1 - _MOST_SHARE) * (
            battery.full_share - battery.reserve_share
        )
        battery = replace(battery, reserve_share=min(kept, least))
    endurance_s = model.usable_endurance_s
    return replace(
        model,
        turnaround_s=model.turnaround_s + room.ready_s.get(model.model, 0.0),
        usable_endurance_s=max(endurance_s - longer_s, (1 - _MOST_SHARE) * endurance_s),
        battery=battery,
    )


def as_asked(scenario: Scenario, asked: Scenario, plan: Plan) -> Plan:
    """
    Return a plan made for a stricter scenario as one for the scenario itself.

    Its drones are ready sooner than it was made for.
    """
    sooner_s = {r.id: _rest_s(asked, r) - _rest_s(scenario, r) for r in plan.routes}
    made = replace(
        plan,
        routes=tuple(
            replace(r, load=(r.duration_s + _rest_s(scenario, r)) / r.headway_s)
            for r in plan.routes
        ),
        roster=tuple(
            replace(s, ready_s=round(s.ready_s - sooner_s[s.route], 3))
            for s in plan.roster
        ),
    )
    return replace(made, metrics=compute_metrics(scenario, made))


def _rest_s(scenario: Scenario, route: Route) -> float:
    """Return the turnaround after a sortie of a route [s]."""
    model = scenario.model(route.drone_model)
    return turnaround_after_s(model, route.duration_s, scenario.rules.ceiling_m)
