"""Make the tiny plan anew with two routes that end at each other's station."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from plans import LINE, SWEEP, drawn, rostered, tiny_plan, tiny_scenario, told
from plans import watch as look

from planner.plan import Plan, Route, Sortie
from planner.scenario import Scenario

W1, W2 = look(["W1"], "T-W1", (1000, 300)), look(["W2"], "T-W2", (2000, -200))
W4 = look(["W4"], "T-W4", (3000, -130), 120)


def elsewhere_scenario() -> Scenario:
    """Return the tiny scenario, with landing elsewhere allowed."""
    scenario = tiny_scenario()
    return replace(scenario, rules=replace(scenario.rules, land_elsewhere=True))


def elsewhere_routes() -> tuple[Route, ...]:
    """Return four routes: AB flies from A to B, BA from B to A, two are closed."""
    return (
        drawn("A2", "A", 105.0, 1800.0, 750.0, [SWEEP]),
        drawn("AB", "A", 60.0, 1800.0, 120.0, [W1, W2], ends_at="B"),
        drawn("B2", "B", 90.0, 1800.0, 1300.0, [W4]),
        drawn("BA", "B", 75.0, 1800.0, 1050.0, [LINE, W2], ends_at="A"),
    )


def first_free(routes: tuple[Route, ...], length_s: float = 14_400.0) -> list[Sortie]:
    """Return the roster: each sortie by the first that is ready where it begins."""
    of = {route.id: route for route in routes}
    names = {route.id: "A1" if route.id == "AB" else "B1" for route in routes}
    names |= {"A2": "A2", "B2": "B2"}
    flights = rostered([replace(r, id=names[r.id]) for r in routes], length_s)
    back = {new: old for old, new in names.items()}
    stands: dict[str, list[tuple[float, str]]] = defaultdict(list)
    count: dict[str, int] = defaultdict(int)
    roster = []
    for sortie in flights:
        route = of[back[sortie.route]]
        here = stands[route.depot]
        free = min((d for d in here if d[0] <= sortie.takeoff_s), default=None)
        if free is None:
            count[route.depot] += 1
            drone = f"{route.depot}-{count[route.depot]}"
        else:
            here.remove(free)
            drone = free[1]
        stands[route.lands_at].append((sortie.ready_s, drone))
        roster.append(replace(sortie, drone=drone, route=route.id))
    return sorted(roster, key=lambda s: (s.takeoff_s, s.drone))


def elsewhere_plan() -> Plan:
    """Return a plan that keeps every rule of `elsewhere_scenario`."""
    return flown(*elsewhere_routes())


def flown(*routes: Route) -> Plan:
    """Return the plan with some routes, its numbers following."""
    plan, scenario = tiny_plan(), elsewhere_scenario()
    return told(
        scenario, replace(plan, routes=routes, roster=tuple(first_free(routes)))
    )
