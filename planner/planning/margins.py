"""Leave room for lateness in a scenario, and take a plan made so for what was asked."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from planner.basics.clock import DAY_S
from planner.given.drone import DroneModel
from planner.given.stamina import turnaround_after_s
from planner.metrics import compute_metrics
from planner.plan import Plan
from planner.scenario import Scenario, Zone
from planner.simulation.lateness import Lateness

_MOST_SHARE = 0.4
"""Of an interval or an endurance is taken away at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """
    Where room is left for lateness.

    Parameters
    ----------
    spared_stations, spared_zones
        Ids of stations and zones that have no time for it.
    apart
        Whether launches and routes that only time parts are farther apart too.
    """

    spared_stations: frozenset[str] = frozenset()
    spared_zones: frozenset[str] = frozenset()
    apart: bool = False


def stricter(scenario: Scenario, late: Lateness, room: Room) -> Scenario:
    """
    Return a scenario of which a plan has room for lateness.

    Intervals are shorter and windows end sooner, and stations have drones of types of
    their own, which fly shorter and rest longer.
    """
    zones = tuple(
        z
        if z.id in room.spared_zones
        else _sooner(scenario, z, late.zones_s.get(z.id, 0.0))
        for z in scenario.zones
    )
    stations = tuple(
        s if s.id in room.spared_stations else replace(s, model=_named(s.model))
        for s in scenario.stations
    )
    models = {
        m.model: m
        for known in scenario.drone_models
        for m in (known, _with_room(known, late))
    }
    flying = sorted({s.model for s in stations})
    asked = replace(
        scenario,
        drone_models=tuple(models[name] for name in flying),
        stations=stations,
        zones=zones,
    )
    if not room.apart:
        return asked
    landing_s = max(late.landing_s.values(), default=0.0)
    spacing_s = scenario.rules.launch_spacing_s + landing_s
    rules = replace(scenario.rules, launch_spacing_s=spacing_s)
    return replace(asked, rules=rules, delay_slack_s=landing_s)


def _sooner(scenario: Scenario, zone: Zone, late_s: float) -> Zone:
    """
    Return a zone that is due sooner, the last time in a window too.

    A visit that is late must still lie in its window. Windows of a horizon of more
    than a day stay as they are.
    """
    sooner = replace(zone, revisit_s=_less(zone.revisit_s, late_s))
    windows = scenario.windows(zone)
    begins_s = scenario.horizon.start_clock_s
    if scenario.horizon.length_s > DAY_S or any(
        high - late_s <= low for low, high in windows
    ):
        return sooner
    spans = [(low + begins_s, high - late_s + begins_s) for low, high in windows]
    days = [DAY_S if low >= DAY_S else 0.0 for low, _ in spans]
    active = tuple((a - d, b - d) for (a, b), d in zip(spans, days, strict=True))
    return replace(sooner, active=active)


def _named(model: str) -> str:
    return f"{model} with room"


def _with_room(model: DroneModel, late: Lateness) -> DroneModel:
    """Return a drone type that rests longer and flies shorter."""
    longer_s = late.longer_s.get(model.model, 0.0)
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
    return replace(
        model,
        model=_named(model.model),
        turnaround_s=model.turnaround_s + late.ready_s.get(model.model, 0.0),
        usable_endurance_s=_less(model.usable_endurance_s, longer_s),
        battery=battery,
    )


def _less(whole_s: float, slack_s: float) -> float:
    return max(whole_s - slack_s, (1 - _MOST_SHARE) * whole_s)


def as_asked(scenario: Scenario, plan: Plan) -> Plan:
    """Return a plan made for a stricter scenario as one for the scenario itself."""
    ceiling_m = scenario.rules.ceiling_m
    names = {s.id: s.model for s in scenario.stations}
    models = {m.model: m for m in scenario.drone_models}
    rests_s = {
        r.id: turnaround_after_s(models[names[r.depot]], r.duration_s, ceiling_m)
        for r in plan.routes
    }
    made = replace(
        plan,
        stations=tuple({**s, "model": names[s["id"]]} for s in plan.stations),
        drone_models=tuple(asdict(m) for m in scenario.drone_models),
        routes=tuple(
            replace(
                r,
                drone_model=names[r.depot],
                load=(r.duration_s + rests_s[r.id]) / r.headway_s,
            )
            for r in plan.routes
        ),
        roster=tuple(
            replace(s, ready_s=round(s.landing_s + rests_s[s.route], 3))
            for s in plan.roster
        ),
    )
    return replace(made, metrics=compute_metrics(scenario, made))
