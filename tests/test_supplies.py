"""Routes are chosen so that pads, chargers, batteries and pilots suffice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import MODEL, discretised, problems_of, square, station, world, zone

from planner.budget import Budget
from planner.checks import examine
from planner.engines.assess import Assessor
from planner.engines.shares import shares_left, shares_of
from planner.engines.supplies import suffice, supplies_of, taken
from planner.formats.plan_geojson import as_written
from planner.given.crews import Break, Crews
from planner.network.reach import independent_parts
from planner.plan import Plan
from planner.planning.pipeline import plan_routes
from planner.problem import make_column
from planner.runners.wire import problem_from_bytes, problem_to_bytes
from planner.scenario import Scenario
from planner.timetable.crewing import sharing_pilots


def planned(scenario: Scenario, iterations: int) -> Plan:
    """Return a plan, as it is read again; the checker finds no fault with it."""
    budget = Budget(iterations=iterations, workers=1)
    plan = as_written(plan_routes(scenario, budget=budget))
    assert examine(scenario, plan).violations == ()
    return plan


def left_out(scenario: Scenario, plan: Plan) -> float:
    """Return the priority of what a plan leaves out."""
    return sum(scenario.zone(u.zone).priority for u in plan.unserved)


def odd_intervals(chargers: int | None) -> Scenario:
    """Return two zones at opposite ends, due every 50 and every 65 minutes."""
    quick = replace(MODEL, turnaround_s=1300.0)
    zones = [
        zone("E", square(7000, 0, 200), revisit_s=3000.0),
        zone("W", square(-7000, 0, 200), revisit_s=3900.0),
    ]
    home = replace(station("A", 0, 0, 3), chargers=chargers)
    return world([home], zones, hours=6.0, models=[quick])


def test_headways_are_chosen_that_fit_one_charger() -> None:
    """Every 50 and 65 minutes two drones meet at it; both every 50 they do not."""
    plan = planned(odd_intervals(1), 1)
    assert plan.unserved == ()
    assert [r.headway_s for r in plan.routes] == [3000.0, 3000.0]
    free = planned(odd_intervals(None), 1)
    assert {r.headway_s for r in free.routes} == {3000.0, 3900.0}


def test_what_one_charger_cannot_do_is_done_from_elsewhere() -> None:
    """Of sixteen zones near three stations with a charger each none is left out."""
    dice = np.random.default_rng(3)
    stations = []
    for name in "ABC":
        drones, x, y = dice.integers(3, 5), *dice.uniform(-4000, 4000, 2)
        stations.append(replace(station(name, x, y, int(drones)), chargers=1))
    zones = []
    for k in range(16):
        x, y = dice.uniform(-7500, 7500, 2)
        revisit_s = float(dice.choice([2400, 3600, 3600, 5400, 7200]))
        priority = float(dice.integers(1, 4))
        plain = zone(f"Z{k:02}", square(x, y, 200), revisit_s=revisit_s)
        zones.append(replace(plain, priority=priority))
    assert planned(world(stations, zones, hours=8.0), 2).unserved == ()


def pilots_far_apart() -> Scenario:
    """Return two stations of a district with one pilot, 60 km apart, and a third."""
    scenario = world(
        [
            replace(station("A", 0, 0, 3), district="D"),
            replace(station("B", 60_000, 0, 3), district="D"),
            replace(station("C", 0, 4000, 3), district="E"),
        ],
        [
            zone("A1", square(5000, 0, 200)),
            zone("A2", square(-5000, 0, 200)),
            zone("B1", square(67_000, 0, 200), priority=2.0),
            zone("B2", square(53_000, 0, 200), priority=2.0),
        ],
        hours=5.0,
    )
    crews = Crews(drones_per_pilot=1, districts=(("D", 1),))
    return replace(scenario, crews=crews)


def test_the_pilot_of_two_stations_flies_what_matters_more() -> None:
    """Without him at A the zones that only B reaches are served; C helps at A."""
    scenario = pilots_far_apart()
    plan = planned(scenario, 4)
    assert not {"B1", "B2"} & {u.zone for u in plan.unserved}
    assert left_out(scenario, plan) <= 1.0
    assert {"B", "C"} <= {r.depot for r in plan.routes}


def test_parts_that_share_pilots_are_one() -> None:
    """But not where there are pilots enough, or no limit."""
    scenario = pilots_far_apart()
    _, found = discretised(scenario)
    parts = independent_parts(scenario, found.targets)
    assert len(parts) == 2
    joined = sharing_pilots(scenario, parts)
    assert [(len(s), len(t)) for s, t in joined] == [(3, len(found.targets))]
    crews = Crews(drones_per_pilot=6, districts=(("D", 1),))
    for other in (None, crews):
        assert sharing_pilots(replace(scenario, crews=other), parts) == parts


def test_without_limits_there_are_no_supplies() -> None:
    """Then engines and the choice of routes are told of none."""
    _, (problem,) = problems_of(odd_intervals(None))
    column = make_column(problem, 0, 3000.0, [0])
    assert not supplies_of(problem)
    assert shares_left(problem, [column], (0,)) == ()
    assert (shares_of(problem)(0, 3000.0), suffice(problem, [column] * 9)) == (0, True)


def test_a_charger_is_shared_by_whole_charges() -> None:
    """Of 1,300 s two go into 50 minutes, so each takes half of it; of 65, a third."""
    _, (problem,) = problems_of(odd_intervals(1))
    fast, slow = (make_column(problem, 0, h, [0]) for h in (3000.0, 3900.0))
    supplies = supplies_of(problem)
    assert [(s.kind, s.most) for s in supplies.each] == [("chargers", 1.0)]
    # In six hours there are seven sorties every 50 minutes for sure, five every 65.
    expected = [7 * 1500 / 21_600, 5 * 1300 / 21_600]
    assert np.allclose(taken(problem, supplies, [fast, slow]), [expected])
    assert suffice(problem, [fast, fast])
    assert not suffice(problem, [fast, fast, slow])
    assert np.isclose(shares_left(problem, [fast], (0,))[0], 1 - expected[0])


def test_a_break_counts_where_a_route_cannot_fly_round_it() -> None:
    """Two hours with one pilot hold one drone in the air; half an hour none."""
    rest = Break(hours=((8 * 3600.0, 10 * 3600.0), (11 * 3600.0, 11.5 * 3600.0)))
    crews = Crews(drones_per_pilot=1, breaks=(replace(rest, pilots=1),))
    scenario = replace(
        world([station("A", 0, 0, 3)], [zone("Z", square(3000, 0, 200))], hours=8.0),
        crews=crews,
    )
    _, (problem,) = problems_of(scenario)
    column = make_column(problem, 0, 3600.0, [0])
    supplies = supplies_of(problem)
    used = taken(problem, supplies, [column])[:, 0]
    spans = [supplies.span_s(each) for each in supplies.each]
    assert spans == [(7200.0, 14_400.0), (18_000.0, 19_800.0)]
    assert np.allclose(used, [column.duration / 36_000, 0.0])
    again = problem_from_bytes(problem_to_bytes(problem))
    assert (again.crews, supplies_of(again)) == (crews, supplies)


@given(
    revisits_s=st.lists(st.sampled_from([2700.0, 3600.0, 7200.0]), min_size=3),
    chargers=st.sampled_from([None, 1, 2]),
    pads=st.integers(1, 4),
    charge_s=st.sampled_from([700.0, 1100.0, 1500.0]),
    data=st.data(),
)
@settings(max_examples=16, deadline=None)
def test_no_routes_that_have_a_clock_are_called_too_many(
    revisits_s: list[float],
    chargers: int | None,
    pads: int,
    charge_s: float,
    data: st.DataObject,
) -> None:
    """What is counted before there are clocks is never more than clocks need."""
    revisits_s = revisits_s[:5]
    zones = [
        zone(
            f"Z{k}",
            square(data.draw(st.sampled_from([2000, 4000, 6000])), 1500 * k, 100),
            revisit_s=revisit_s,
        )
        for k, revisit_s in enumerate(revisits_s)
    ]
    home = replace(station("A", 0, 0, 4), chargers=chargers, pads=pads)
    quick = replace(MODEL, charge_s=charge_s)
    space, (problem,) = problems_of(world([home], zones, hours=8.0, models=[quick]))
    columns = [
        make_column(problem, 0, target.revisit_s, [int(problem.nodes_of(t)[0])])
        for t, target in enumerate(problem.targets)
    ]
    clock = Assessor(problem, space, minimise=False).clock(0, columns)
    assert clock is None or suffice(problem, columns)


def test_routes_are_short_enough_for_a_break_without_pilots() -> None:
    """Two zones that one flight could see are seen by two, of which each fits in."""
    zones = [
        zone("E", square(3000, 0, 200), revisit_s=2700.0),
        zone("W", square(-3000, 0, 200), revisit_s=2700.0),
    ]
    scenario = world([station("A", 0, 0, 6)], zones, hours=10.0)
    noon = Break(hours=((12 * 3600.0, 12.5 * 3600.0),))
    resting = replace(scenario, crews=Crews(drones_per_pilot=9, breaks=(noon,)))
    assert len(planned(scenario, 1).routes) == 1
    plan = planned(resting, 1)
    assert (plan.unserved, len(plan.routes)) == ((), 2)
    assert max(r.duration_s for r in plan.routes) <= 900.0


def test_one_pad_and_a_break_without_pilots_leave_time_to_fly() -> None:
    """What nobody can fly during the break, a drone flies before and after it."""
    few = replace(station("A", 0, 0, 3), pads=1)
    scenario = world([few], [zone("E", square(2000, 0, 200))], hours=10.0)
    noon = Break(hours=((12 * 3600.0, 12.5 * 3600.0),))
    resting = replace(scenario, crews=Crews(drones_per_pilot=1, breaks=(noon,)))
    assert planned(resting, 1).unserved == ()
