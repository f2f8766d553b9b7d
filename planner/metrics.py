"""Compute every number that is told about a plan, from its flown paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from planner.basics.clock import Span
from planner.flown.energies import landing_reserve_s
from planner.flown.footprints import exposure_s
from planner.flown.tracks import FlownRoute, flown_routes, over_horizon_of
from planner.flown.visits import LongestGap, longest_gaps
from planner.given.horizon import Horizon
from planner.plan import Plan
from planner.scenario import Scenario

_DECIMALS = 6


def compute_metrics(scenario: Scenario, plan: Plan) -> dict[str, Any]:
    """
    Return the metrics of a plan, as they stand in its file.

    Returns
    -------
    dict
        ``zones``, ``zones_served``, ``priority``, ``priority_served`` (sums);
        ``stations``; ``drones`` of the scenario, ``drones_used`` on the roster,
        ``drones_used_by_station``, ``drones_ready`` (not on it);
        ``drones_peak``, the drones with a sortie or turnaround that touches
        ``drones_peak_period``, and so ``drones_peak_by_station`` and
        ``drones_by_period`` for each stretch between window borders; ``routes``,
        ``sorties``, ``flight_hours``;
        ``worst_idleness_ratio`` and ``mean_idleness_ratio``, of the longest gap
        between visits over the interval, across targets, zones and windows;
        ``min_landing_reserve_s``, for which the tightest flight could last longer
        (by battery: hover, beyond the reserve); ``layers_used``;
        ``privacy_exposure_s``, in which a footprint on task lies over a privacy
        zone, summed over sorties. None where there is
        nothing to measure.
    """
    scenario = over_horizon_of(scenario, plan)
    routes = flown_routes(scenario, plan)
    return measured(scenario, plan, routes, longest_gaps(scenario, routes))


def measured(
    scenario: Scenario,
    plan: Plan,
    routes: Sequence[FlownRoute],
    gaps: Sequence[LongestGap],
) -> dict[str, Any]:
    """
    Return the metrics as `compute_metrics` does, of what is known already.

    Parameters
    ----------
    scenario
        Over the horizon of the plan.
    routes, gaps
        Of the plan, see `planner.flown.tracks` and `planner.flown.visits`.
    """
    left_out = {u.zone for u in plan.unserved}
    served = [z for z in scenario.zones if z.id not in left_out]
    ratios = [gap.gap_s / gap.interval_s for gap in gaps]
    reserves = [landing_reserve_s(scenario, flown) for flown in routes]
    period = scenario.busiest_period()
    peak = drones_at_work(plan, period)
    used = {s.drone for s in plan.roster}
    drones = sum(s.drones for s in scenario.stations)
    by_station = Counter(drone.rpartition("-")[0] for drone in used)
    metrics: dict[str, Any] = {
        "zones": len(scenario.zones),
        "zones_served": len(served),
        "priority": sum(z.priority for z in scenario.zones),
        "priority_served": sum(z.priority for z in served),
        "stations": len(scenario.stations),
        "drones": drones,
        "drones_used": len(used),
        "drones_used_by_station": {s: by_station[s] for s in sorted(by_station)},
        "drones_ready": drones - len(used),
        "drones_peak": peak.total(),
        "drones_peak_by_station": {s: peak[s] for s in sorted(peak)},
        "drones_peak_period": clock_period(scenario.horizon, period),
        "drones_by_period": {
            clock_period(scenario.horizon, stretch): drones_at_work(
                plan, stretch
            ).total()
            for stretch in scenario.stretches()
        },
        "routes": len(plan.routes),
        "sorties": len(plan.roster),
        "flight_hours": sum(s.landing_s - s.takeoff_s for s in plan.roster) / 3600,
        "worst_idleness_ratio": max(ratios, default=None),
        "mean_idleness_ratio": sum(ratios) / len(ratios) if ratios else None,
        "min_landing_reserve_s": min(reserves, default=None),
        "layers_used": len({r.layer_m for r in plan.routes}),
        "privacy_exposure_s": exposure_s(
            routes, [zone.geometry for zone in scenario.privacy_zones()]
        ),
    }
    return {
        name: round(value, _DECIMALS) if isinstance(value, float) else value
        for name, value in metrics.items()
    }


def drones_at_work(plan: Plan, period: Span) -> Counter[str]:
    """
    Return the distinct drones of each station that are at work in a period.

    Their sorties or turnarounds touch it.
    """
    drones = {
        s.drone
        for s in plan.roster
        if s.takeoff_s <= period[1] and s.ready_s >= period[0]
    }
    return Counter(drone.rpartition("-")[0] for drone in drones)


def clock_period(horizon: Horizon, period: Span) -> str:
    """Return a period by the clock, ``HH:MM-HH:MM``; with days if there are several."""
    return "-".join(horizon.moment(moment) for moment in period)
