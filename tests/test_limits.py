"""A centimetre or a second on either side of each limit decides the verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from broken_plans import (
    PLAN,
    SCENARIO,
    a1,
    a1_tasks,
    codes,
    moved,
    stop_of,
    with_times,
)
from plans import (
    LINE,
    MODEL,
    ROOM_S,
    drawn,
    told,
    watch,
    with_route,
    with_sortie,
)
from shapely.geometry import box
from test_power import battery_of, flown_by_battery

from planner.basics.clock import Span
from planner.basics.overflight import spans_over
from planner.flown.energies import flown_wh
from planner.flown.meetings import column_stays
from planner.flown.tracks import flown_routes
from planner.flown.visits import longest_gaps
from planner.given.crews import Break, Crews
from planner.plan import Plan, Route
from planner.scenario import Airspace, Scenario

START_S = SCENARIO.horizon.start_clock_s

Made = tuple[Scenario, Plan]
Limit = Callable[[float], Made]


def flown(*routes: Route, scenario: Scenario = SCENARIO) -> Made:
    """Return the tiny plan with some routes replaced."""
    plan = PLAN
    for route in routes:
        plan = with_route(plan, route)
    return scenario, plan


def ruled(**rules: Any) -> Scenario:
    """Return the tiny scenario with other rules."""
    return replace(SCENARIO, rules=replace(SCENARIO.rules, **rules))


def zoned(name: str, **changes: Any) -> Scenario:
    """Return the tiny scenario with a zone changed."""
    zones = (replace(z, **changes) if z.id == name else z for z in SCENARIO.zones)
    return replace(SCENARIO, zones=tuple(zones))


def with_airspace(**changes: Any) -> Scenario:
    """Return the tiny scenario with one more airspace."""
    more = Airspace(
        **{
            "id": "MORE",
            "name": "",
            "restriction": "PROHIBITED",
            "lower_m": 0.0,
            "upper_m": float("inf"),
            **changes,
        }
    )
    return replace(SCENARIO, airspace=(*SCENARIO.airspace, more))


def first_sorties(plan: Plan, *routes: str) -> Plan:
    """Return a plan of which only the first sortie of some routes is flown."""
    kept = [next(s for s in plan.roster if s.route == name) for name in routes]
    return replace(plan, roster=tuple(kept))


def hovering(y: float, layer_m: float) -> Made:
    """Return a plan in which B2 hovers beside the line while B1 flies along it."""
    look = watch(["W4"], "T-W4", (3300, y), 200)
    return flown(drawn("B2", "B", layer_m, 1800.0, 900.0, [look]))


def passing(place: tuple[float, float]) -> Made:
    """Return a plan in which A1 also goes to a place."""
    more = watch(["W1"], "T-more", place)
    tasks = [a1_tasks()[0], more, a1_tasks()[1]]
    return flown(drawn("A1", "A", 60.0, 1800.0, 120.0, tasks))


def beside_the_line(by_m: float) -> Made:
    """Return a plan in which B1 flies so far off that its footprint just reaches."""
    reach_m = MODEL.swath_m * 0.75 / 2 + 1.0
    y = -500 - (reach_m - by_m)
    beside = replace(LINE, places=((3600, y), (2600, y)))
    w2 = watch(["W2"], "T-W2", (2000, -200))
    return flown(drawn("B1", "B", 75.0, 1800.0, 1000.0, [beside, w2]))


def strip_seen(by_m: float) -> Made:
    """Return a zone that is a strip, of which 99.5 % is just seen from one end."""
    strip = box(1000, 299.99, 1000 + 300 / 0.995, 300.01)
    return flown(a1(x=1000 + by_m), scenario=zoned("W1", geometry=strip))


def gap_allowed(by_s: float) -> Made:
    """Return a zone whose interval is just what it waits."""
    gaps = longest_gaps(SCENARIO, flown_routes(SCENARIO, PLAN))
    longest = max(gap.gap_s for gap in gaps if gap.zone == "W4")
    return zoned("W4", revisit_s=longest + by_s), PLAN


def window_opens(by_s: float) -> Made:
    """Return a zone whose only window opens as its first visit begins."""
    route = PLAN.route("B2")
    enter_s = START_S + route.phase_s + route.stops[0].enter_s
    return zoned("W4", active=((enter_s - by_s, enter_s + 1000.0),)), PLAN


def window_closes(by_s: float) -> Made:
    """Return a zone whose only window closes as its first visit ends."""
    route = PLAN.route("B2")
    exit_s = START_S + route.phase_s + route.stops[0].exit_s
    return zoned("W4", active=((exit_s - 1000.0, exit_s + by_s),)), PLAN


def endurance(by_s: float) -> Made:
    """Return drones whose endurance is just that of the longest sortie."""
    longest = max(r.duration_s for r in PLAN.routes)
    model = replace(MODEL, usable_endurance_s=longest + by_s)
    return replace(SCENARIO, drone_models=(model,)), PLAN


def charge_left(by_s: float) -> Made:
    """Return a battery that just lasts for a look a second shorter or longer."""
    full = replace(battery_of(flown_by_battery("M4TD")), reserve_share=0.0)

    def taken_wh(plan: Plan) -> float:
        routes = flown_routes(SCENARIO, plan)
        return max(flown_wh(SCENARIO, f, full) for f in routes)

    longest = max(PLAN.routes, key=lambda r: r.duration_s)
    assert longest.id == "B1"
    share = taken_wh(PLAN) / (full.usable_wh / full.full_share)
    spare = replace(full, reserve_share=full.full_share - share)
    model = replace(MODEL, battery=spare)
    _, plan = flown(with_times(longest, 5, -by_s))
    return replace(SCENARIO, drone_models=(model,)), plan


def ready_for_the_next(by_s: float) -> Made:
    """Return a drone that is ready as its next sortie is to take off."""
    mine = [n for n, s in enumerate(PLAN.roster) if s.drone == "A-1"]
    following = PLAN.roster[mine[1]].takeoff_s
    return SCENARIO, with_sortie(PLAN, mine[0], ready_s=following - by_s)


def rested(by_s: float) -> Made:
    """Return a drone that has just had its turnaround."""
    ready_s = PLAN.roster[0].landing_s + MODEL.turnaround_s + by_s
    return SCENARIO, with_sortie(PLAN, 0, ready_s=ready_s)


def next_launch(by_s: float) -> Made:
    """Return two take-offs that are the launch spacing apart."""
    look = watch(["W4"], "T-W4", (3000, -130), 20)
    spacing_s = SCENARIO.rules.launch_spacing_s
    return flown(drawn("B2", "B", 90.0, 1800.0, 1000.0 + spacing_s + by_s, [look]))


def column_free(by_s: float) -> Made:
    """Return a take-off just after the one before has left the column."""
    b1 = next(f for f in flown_routes(SCENARIO, PLAN) if f.route.id == "B1")
    left_s = column_stays(b1, SCENARIO.rules.column_radius_m)[0, 1]
    look = watch(["W4"], "T-W4", (3000, -130), 120)
    after = drawn("B2", "B", 90.0, 1800.0, 1000.0 + float(left_s) + by_s, [look])
    return flown(after, scenario=ruled(launch_spacing_s=0.0))


def pad_free(by_s: float) -> Made:
    """Return a station with one pad, which a drone leaves as the next one needs it."""
    one = tuple(replace(s, pads=1) for s in SCENARIO.stations)
    first = PLAN.route("A1")
    ready_s = first.phase_s + first.duration_s + MODEL.turnaround_s
    before_s = SCENARIO.rules.pad_before_takeoff_s
    second = replace(PLAN.route("A2"), phase_s=ready_s + before_s + by_s)
    plan = with_route(PLAN, second)
    takeoff_s = second.phase_s
    sorties = first_sorties(PLAN, "A1", "A2").roster
    late = replace(
        sorties[1],
        takeoff_s=takeoff_s,
        landing_s=takeoff_s + second.duration_s,
        ready_s=takeoff_s + second.duration_s + MODEL.turnaround_s,
    )
    roster = (sorties[0], late)
    return replace(SCENARIO, stations=one), replace(plan, roster=roster)


def camera_off(by_s: float) -> Made:
    """Return a camera that is off just as long as its drone is over a privacy zone."""
    below = box(1400, -200, 1500, 300)
    scenario = with_airspace(
        restriction="CONDITIONAL", reason="PRIVACY", upper_m=50.0, geometry=below
    )
    route = PLAN.route("A1")
    (f,) = (f for f in flown_routes(SCENARIO, PLAN) if f.route.id == "A1")
    off = tuple((low - by_s, high + by_s) for low, high in spans_over(f.xy, f.t, below))
    assert off
    return flown(replace(route, camera_off=off), scenario=scenario)


def privacy_height(by_m: float) -> Made:
    """Return a privacy zone that reaches just up to the layer over it."""
    below = box(1400, -200, 1500, 300)
    return with_airspace(
        restriction="CONDITIONAL", reason="PRIVACY", upper_m=60 - by_m, geometry=below
    ), PLAN


def privacy_edge(by_m: float) -> Made:
    """Return a viewpoint at the edge of a privacy zone."""
    beside = box(1000 + by_m, 280, 1050, 320)
    return with_airspace(
        restriction="CONDITIONAL", reason="PRIVACY", upper_m=50.0, geometry=beside
    ), PLAN


def closed_from(by_s: float) -> Made:
    """Return airspace that closes just as the only sortie has landed."""
    plan = first_sorties(PLAN, "B2")
    landing_s = START_S + plan.roster[0].landing_s
    return with_airspace(
        geometry=box(2000, -1000, 5000, 1000), schedule=((landing_s + by_s, 86_400.0),)
    ), plan


def closed_until(by_s: float) -> Made:
    """Return airspace that opens just as the only sortie takes off."""
    plan = first_sorties(PLAN, "B2")
    takeoff_s = START_S + plan.roster[0].takeoff_s
    return with_airspace(
        geometry=box(2000, -1000, 5000, 1000), schedule=((0.0, takeoff_s - by_s),)
    ), plan


def from_the_start(by_s: float) -> Made:
    """Return a sortie at the very start of the horizon."""
    return SCENARIO, with_sortie(PLAN, 0, takeoff_s=by_s)


def crewed(plan: Plan, *, pilots: int = 1, hours: tuple[Span, ...] = ()) -> Made:
    """Return stations of one district with pilots, and none at some hours."""
    breaks = tuple(Break(hours=(span,)) for span in hours)
    crews = Crews(drones_per_pilot=1, pilots=pilots, breaks=breaks)
    ours = tuple(replace(s, district="D") for s in SCENARIO.stations)
    return replace(SCENARIO, stations=ours, crews=crews), plan


def pilots_go(by_s: float) -> Made:
    """Return pilots who go just as the only sortie has landed."""
    plan = first_sorties(PLAN, "B2")
    landing_s = START_S + plan.roster[0].landing_s
    return crewed(plan, hours=((landing_s + by_s, 86_400.0),))


def pilots_come(by_s: float) -> Made:
    """Return pilots who come just as the only sortie takes off."""
    plan = first_sorties(PLAN, "B2")
    takeoff_s = START_S + plan.roster[0].takeoff_s
    return crewed(plan, hours=((0.0, takeoff_s - by_s),))


def pilot_free(by_s: float) -> Made:
    """Return a drone that takes off as the pilot's other one lands elsewhere."""
    one, two = first_sorties(PLAN, "A1", "B2").roster
    lasts_s = two.landing_s - two.takeoff_s
    takeoff_s = one.landing_s + by_s
    landing_s = takeoff_s + lasts_s
    ready_s = landing_s + MODEL.turnaround_s
    late = replace(two, takeoff_s=takeoff_s, landing_s=landing_s, ready_s=ready_s)
    plan = with_route(PLAN, replace(PLAN.route("B2"), phase_s=takeoff_s))
    return crewed(replace(plan, roster=(one, late)))


A1, A2 = PLAN.route("A1"), PLAN.route("A2")

METRES: dict[str, Limit] = {
    "separation.distance horizontal": lambda by: hovering(-450 + by, 75.0),
    "separation.distance vertical": lambda by: hovering(-460.0, 90.0 + by),
    "airspace.clearance": lambda by: passing((1300, -670 + by)),
    "airspace.floor": lambda by: flown(a1(layer_m=60.0 + by)),
    "airspace.ceiling": lambda by: flown(a1(layer_m=120.0 - by)),
    "airspace.column": lambda by: passing((3950 - by, 0)),
    "airspace.privacy": privacy_height,
    "airspace.dwell": privacy_edge,
    "motion.rest": lambda by: flown(moved(A1, 3, 0.5 - by, 0)),
    "fleet.home": lambda by: flown(moved(A1, 0, 1 - by, 0)),
    "coverage.line": beside_the_line,
    "coverage.area": strip_seen,
}
"""By what is broken: a plan that keeps a limit by some metres."""

SECONDS: dict[str, Limit] = {
    "motion.speed level": lambda by: flown(with_times(A1, 2, by - ROOM_S)),
    "motion.speed climb": lambda by: flown(with_times(A1, 1, by - ROOM_S)),
    "motion.speed descent": lambda by: flown(
        with_times(A1, len(A1.t_s) - 1, by - ROOM_S)
    ),
    "motion.dwell": lambda by: flown(with_times(A1, 3, by)),
    "motion.turn": lambda by: flown(with_times(A2, 4, by - ROOM_S)),
    "motion.stop": lambda by: flown(stop_of(A1, 1, enter_s=A1.stops[0].exit_s + by)),
    "energy.endurance": endurance,
    "energy.reserve": charge_left,
    "revisit.gap": gap_allowed,
    "revisit.visited opens": window_opens,
    "revisit.visited closes": window_closes,
    "revisit.horizon": from_the_start,
    "fleet.ready": ready_for_the_next,
    "fleet.turnaround": rested,
    "fleet.crew goes": pilots_go,
    "fleet.crew comes": pilots_come,
    "fleet.crew shared": pilot_free,
    "fleet.phase": lambda by: flown(replace(A1, phase_s=1800.0 - by)),
    "pads.spacing": next_launch,
    "pads.free": pad_free,
    "separation.column": column_free,
    "airspace.camera": camera_off,
    "airspace.clearance closes": closed_from,
    "airspace.clearance opens": closed_until,
}
"""The same by some seconds."""


FOLLOWS = {"motion.rest": {"coverage.area"}, "motion.speed": {"motion.hurry"}}
"""Who does not rest has watched nothing; who is too fast once is too fast in all."""


@pytest.mark.parametrize(
    ("name", "limit", "by"),
    [(name, limit, 0.01) for name, limit in METRES.items()]
    + [(name, limit, 1.0) for name, limit in SECONDS.items()],
    ids=[*METRES, *SECONDS],
)
def test_both_sides_of_a_limit_have_opposite_verdicts(
    name: str, limit: Limit, by: float
) -> None:
    """Inside the plan keeps the limit, outside it breaks this one and no other."""
    inside, outside = (
        codes(told(scenario, plan), scenario)
        for scenario, plan in (limit(by), limit(-by))
    )
    code = name.partition(" ")[0]
    assert outside - inside - FOLLOWS.get(code, set()) == {code}
