"""Leave room for lateness in a scenario, and take a plan made so for what was asked."""

from __future__ import annotations

from dataclasses import asdict, replace

from planner.drone import DroneModel
from planner.metrics import compute_metrics
from planner.plan import Plan
from planner.scenario import Scenario
from planner.simulation.lateness import Lateness
from planner.stamina import turnaround_after_s

_MOST_SHARE = 0.4
"""Of an interval or an endurance is taken away at most."""


def stricter(scenario: Scenario, late: Lateness, *, apart: bool) -> Scenario:
    """
    Return a scenario of which a plan has room for lateness.

    Intervals and endurance are shorter, turnarounds longer.

    Parameters
    ----------
    apart
        Whether launches and routes that only time parts are farther apart too; not
        every station has the time for that.
    """
    zones = tuple(
        replace(z, revisit_s=_less(z.revisit_s, late.zones_s.get(z.id, 0.0)))
        for z in scenario.zones
    )
    models = tuple(_with_room(model, late) for model in scenario.drone_models)
    asked = replace(scenario, drone_models=models, zones=zones)
    if not apart:
        return asked
    landing_s = max(late.landing_s.values(), default=0.0)
    spacing_s = scenario.rules.launch_spacing_s + landing_s
    rules = replace(scenario.rules, launch_spacing_s=spacing_s)
    return replace(asked, rules=rules, delay_slack_s=landing_s)


def _with_room(model: DroneModel, late: Lateness) -> DroneModel:
    """Return a drone type that rests longer and flies shorter."""
    longer_s = late.longer_s.get(model.model, 0.0)
    battery = model.battery
    if battery is not None:
        more_wh = battery.most_w(model.airspeed_mps) * longer_s / 3600
        kept = battery.reserve_share + more_wh / (
            battery.capacity_wh * battery.health_share
        )
        least = battery.full_share - _MOST_SHARE * (
            battery.full_share - battery.reserve_share
        )
        battery = replace(battery, reserve_share=min(kept, least))
    return replace(
        model,
        turnaround_s=model.turnaround_s + late.ready_s.get(model.model, 0.0),
        usable_endurance_s=_less(model.usable_endurance_s, longer_s),
        battery=battery,
    )


def _less(whole_s: float, slack_s: float) -> float:
    return max(whole_s - slack_s, (1 - _MOST_SHARE) * whole_s)


def as_asked(scenario: Scenario, plan: Plan) -> Plan:
    """Return a plan made for a stricter scenario as one for the scenario itself."""
    ceiling_m = scenario.rules.ceiling_m
    rests_s = {
        r.id: turnaround_after_s(scenario.model(r.drone_model), r.duration_s, ceiling_m)
        for r in plan.routes
    }
    made = replace(
        plan,
        drone_models=tuple(asdict(m) for m in scenario.drone_models),
        routes=tuple(
            replace(r, load=(r.duration_s + rests_s[r.id]) / r.headway_s)
            for r in plan.routes
        ),
        roster=tuple(
            replace(s, ready_s=round(s.landing_s + rests_s[s.route], 3))
            for s in plan.roster
        ),
    )
    return replace(made, metrics=compute_metrics(scenario, made))
