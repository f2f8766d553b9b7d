"""Whatever is changed in a good plan by more than its margin is caught."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from plans import tiny_plan, tiny_scenario, with_sortie

from planner.checks import check
from planner.plan import Plan, Route

SCENARIO = tiny_scenario()
PLAN = tiny_plan()

Mutation = Callable[[st.DataObject], Plan]


def signed(data: st.DataObject, least: float, most: float) -> float:
    """Draw a number that is at least so large, up or down."""
    size = data.draw(st.floats(least, most))
    return size if data.draw(st.booleans()) else -size


def with_one(route: Route) -> Plan:
    """Return the plan with one route replaced, everything else left alone."""
    return replace(
        PLAN, routes=tuple(route if r.id == route.id else r for r in PLAN.routes)
    )


def any_route(data: st.DataObject) -> Route:
    """Draw a route."""
    return data.draw(st.sampled_from(PLAN.routes))


def sortie_shifted(data: st.DataObject) -> Plan:
    """One sortie is off its route's clock."""
    index = data.draw(st.integers(0, len(PLAN.roster) - 1))
    s, by_s = PLAN.roster[index], signed(data, 0.01, 800)
    return with_sortie(
        PLAN,
        index,
        takeoff_s=s.takeoff_s + by_s,
        landing_s=s.landing_s + by_s,
        ready_s=s.ready_s + by_s,
    )


def sortie_dropped(data: st.DataObject) -> Plan:
    """One sortie is not flown."""
    index = data.draw(st.integers(0, len(PLAN.roster) - 1))
    return replace(PLAN, roster=PLAN.roster[:index] + PLAN.roster[index + 1 :])


def drone_swapped(data: st.DataObject) -> Plan:
    """One sortie is given to a drone of the other station."""
    index = data.draw(st.integers(0, len(PLAN.roster) - 1))
    other = "B-3" if PLAN.roster[index].drone.startswith("A") else "A-3"
    return with_sortie(PLAN, index, drone=other)


def ready_too_soon(data: st.DataObject) -> Plan:
    """One drone is called ready before its turnaround is over."""
    index = data.draw(st.integers(0, len(PLAN.roster) - 1))
    early = PLAN.roster[index].ready_s - data.draw(st.floats(0.01, 600))
    return with_sortie(PLAN, index, ready_s=early)


def vertex_raised(data: st.DataObject) -> Plan:
    """One vertex is off the layer, or off the ground."""
    route = any_route(data)
    index = data.draw(st.integers(0, len(route.path) - 1))
    path = list(route.path)
    lon, lat, z = path[index]
    path[index] = (lon, lat, z + signed(data, 0.01, 60))
    return with_one(replace(route, path=tuple(path)))


def watcher_moved(data: st.DataObject) -> Plan:
    """A drone drifts while it watches."""
    route = data.draw(st.sampled_from([r for r in PLAN.routes if r.id in ("A1", "B2")]))
    index = data.draw(st.integers(2, len(route.path) - 3))
    path = list(route.path)
    lon, lat, z = path[index]
    path[index] = (lon + signed(data, 1e-5, 1e-2), lat, z)
    return with_one(replace(route, path=tuple(path)))


def time_squeezed(data: st.DataObject) -> Plan:
    """All pieces of a route are flown a little faster than a drone can."""
    route = any_route(data)
    share = data.draw(st.floats(0.2, 0.998))
    return with_one(
        replace(
            route,
            t_s=tuple(t * share for t in route.t_s),
            duration_s=route.duration_s * share,
            stops=tuple(
                replace(s, enter_s=s.enter_s * share, exit_s=s.exit_s * share)
                for s in route.stops
            ),
        )
    )


def clock_moved(data: st.DataObject) -> Plan:
    """A route says another phase or headway than it is flown with."""
    route, by_s = any_route(data), signed(data, 0.01, 100)
    if data.draw(st.booleans()):
        return with_one(replace(route, phase_s=route.phase_s + by_s))
    return with_one(replace(route, headway_s=route.headway_s + by_s))


def stop_dropped(data: st.DataObject) -> Plan:
    """A stop is no longer named."""
    route = any_route(data)
    index = data.draw(st.integers(0, len(route.stops) - 1))
    return with_one(
        replace(route, stops=route.stops[:index] + route.stops[index + 1 :])
    )


def route_moved(data: st.DataObject) -> Plan:
    """A whole route is flown somewhere else."""
    route, by_deg = any_route(data), signed(data, 2e-5, 0.05)
    path = tuple((lon + by_deg, lat, z) for lon, lat, z in route.path)
    return with_one(replace(route, path=path))


def layer_changed(data: st.DataObject) -> Plan:
    """A route says another layer than it flies at."""
    route = any_route(data)
    return with_one(replace(route, layer_m=route.layer_m + signed(data, 0.01, 60)))


def number_changed(data: st.DataObject) -> Plan:
    """A metric is a little off."""
    numbers = [k for k, v in PLAN.metrics.items() if isinstance(v, int | float)]
    key = data.draw(st.sampled_from(sorted(numbers)))
    off = 1 + signed(data, 2e-6, 1) if PLAN.metrics[key] else 0.0
    wrong = PLAN.metrics[key] * off + (1e-5 if off in (0.0, 1.0) else 0.0)
    return replace(PLAN, metrics={**PLAN.metrics, key: wrong})


def zone_renamed(data: st.DataObject) -> Plan:
    """A stop serves a zone that does not exist, or a zone is left out twice."""
    if data.draw(st.booleans()):
        return replace(
            PLAN, unserved=PLAN.unserved * data.draw(st.sampled_from([0, 2]))
        )
    route = any_route(data)
    stop = replace(route.stops[0], zones=(data.draw(st.text("XYZ", min_size=1)),))
    return with_one(replace(route, stops=(stop, *route.stops[1:])))


MUTATIONS: tuple[Mutation, ...] = (
    sortie_shifted,
    sortie_dropped,
    drone_swapped,
    ready_too_soon,
    vertex_raised,
    watcher_moved,
    time_squeezed,
    clock_moved,
    stop_dropped,
    route_moved,
    layer_changed,
    number_changed,
    zone_renamed,
)


@settings(max_examples=300)
@given(st.sampled_from(MUTATIONS), st.data())
def test_a_mutation_past_the_margin_is_caught(
    mutate: Mutation, data: st.DataObject
) -> None:
    """No wrong plan passes."""
    assert check(SCENARIO, mutate(data)), mutate.__doc__


@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_the_order_of_a_plan_is_no_violation(random: object) -> None:
    """Routes and sorties may stand in any order: no false alarm."""
    routes, roster = list(PLAN.routes), list(PLAN.roster)
    random.shuffle(routes)  # type: ignore[attr-defined]
    random.shuffle(roster)  # type: ignore[attr-defined]
    shuffled = replace(PLAN, routes=tuple(routes), roster=tuple(roster))
    assert check(SCENARIO, shuffled) == []
