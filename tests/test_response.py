"""The response figures are those of incidents that are simulated one by one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from broken_plans import BROKEN
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from incidents import City, drawn_figures, most_off_s, simulate
from plans import tiny_plan, tiny_scenario, told
from shapely.geometry import LineString, Point, box
from tiny_folder import TOML, example, found, inspected, write
from worlds import closure, station, two_stations, world, zone

import planner
import seeds
from planner.checks import check
from planner.flown.tracks import flown_routes, over_horizon_of
from planner.formats.digest import scenario_digest
from planner.plan import Plan
from planner.planning.covering import covering, reach
from planner.planning.reserves import kept_for_teams
from planner.planning.siting import best_covering, most_covered
from planner.response import likeness
from planner.response.airways import airways
from planner.response.arrivals import first_overhead_s, ground
from planner.response.figures import WITHIN_S, moments_of, response
from planner.response.places import places
from planner.response.standby import team_gaps
from planner.scenario import Demand, Horizon, ResponseTeam, Scenario

PLAN = tiny_plan()
HOURS = {"06:00-07:00": 1, "07:00-09:00": 2, "09:00-10:00": 1}
NAMES = ("mean_s", "p50_s", "p90_s", "p95_s", *(f"within_{s}_s" for s in WITHIN_S))


def with_teams(scenario: Scenario, *homes: str, **rules: Any) -> Scenario:
    """Return a scenario with response teams at some stations, numbered from 1."""
    points = {s.id: s.point for s in scenario.stations}
    return replace(
        scenario,
        rules=replace(scenario.rules, **rules),
        response_teams=tuple(
            ResponseTeam(id=f"T{n}", name=f"T{n}", station_id=home, point=points[home])
            for n, home in enumerate(homes, 1)
        ),
    )


def estimated(plan: Plan, scenario: Scenario) -> Plan:
    """Return a plan with its response figures."""
    return replace(plan, analysis={"response": response(scenario, plan)})


def agrees(
    scenario: Scenario, plan: Plan, *, draws: int, places: int, rows: Sequence[str]
) -> None:
    """Assert that incidents give the figures, all but their own error within 2 %."""
    incidents = simulate(scenario, plan, 10_000, seed=1)
    assert len(incidents) > 9_000
    assert most_off_s(scenario, plan, incidents) < 1e-6
    told_ = response(scenario, plan)
    told_ = {**told_, **told_["districts"], **told_["periods"]}
    drawn = drawn_figures(scenario, plan, draws, places, 480, seed=1)
    for row in rows:
        for name in NAMES:
            value, error = drawn[row].get(name, (0.0, 0.0))
            if value == 0.0:
                assert not told_[row][name]
                continue
            assert error < 0.01 * value, (row, name)
            assert told_[row][name] == pytest.approx(value, rel=0.02), (row, name)


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"launch_s": 15.0, "overhead_s": 600.0},
        {"launch_spacing_s": 300.0, "pad_before_takeoff_s": 400.0},
    ],
)
def test_every_time_is_that_of_an_incident_looked_at_alone(
    rules: dict[str, float],
) -> None:
    """Each place and moment agrees to the microsecond with a plain simulation."""
    scenario = tiny_scenario()
    scenario = replace(scenario, rules=replace(scenario.rules, **rules))
    pads = (
        replace(scenario.stations[0], pads=2),
        replace(scenario.stations[1], pads=1),
    )
    scenario = replace(scenario, stations=pads)
    city, ways, dice = City(scenario, PLAN), airways(scenario), np.random.default_rng(1)
    assert ways.layer_m == city.layer_m
    spots = dice.uniform((-1500, -1500), (6500, 1500), size=(60, 2))
    moments = np.sort(dice.uniform(0, scenario.horizon.length_s, size=60))
    routes = flown_routes(scenario, PLAN)
    land = ground(scenario, ways, spots)
    best, by_ready = first_overhead_s(scenario, PLAN, routes, ways, land, moments)
    for i, moment_s in enumerate(moments.tolist()):
        for j, (x, y) in enumerate(spots.tolist()):
            alone_s = city.overhead_s((x, y), moment_s)
            assert best[i, j] == alone_s or abs(best[i, j] - alone_s) < 1e-6
    assert (best <= by_ready).all()
    assert 0.02 < (best < by_ready).mean() < 0.98


def test_ten_thousand_incidents_agree_with_the_figures_of_a_small_plan() -> None:
    """Each alone to the microsecond; what grid and minutes leave out is below 2 %."""
    agrees(tiny_scenario(), PLAN, draws=8, places=300, rows=["all", "ready", *HOURS])


@pytest.mark.slow
def test_ten_thousand_incidents_agree_with_the_figures_of_the_city() -> None:
    """The same for Yancheng, planned in one round."""
    scenario = planner.read_scenario(seeds.path("yancheng"))
    plan = planner.plan_routes(scenario, budget=planner.Budget(iterations=1))
    agrees(scenario, plan, draws=24, places=1500, rows=["all"])


def test_moments_that_are_alike_count_as_often_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The figures are those of all moments, each looked at by itself."""
    start = tiny_scenario().horizon.start
    days = replace(PLAN, horizon={"start": start, "seconds": 2 * 86_400.0}, roster=())
    alike = response(tiny_scenario(), days)
    looked_at = []

    def unlike(scenario: Any, plan: Any, routes: Any, ways: Any, moments: Any) -> Any:
        looked_at.append(len(likeness.unlike(scenario, plan, routes, ways, moments)[0]))
        return np.arange(len(moments)), np.arange(len(moments))

    monkeypatch.setattr("planner.response.figures.unlike", unlike)
    singly = response(tiny_scenario(), days)
    for group in ("all", "ready"):
        assert singly[group] == pytest.approx(alike[group])
    assert singly["cells"] == alike["cells"]
    assert 0 < sum(looked_at) < alike["moments"]


def test_the_figures_are_of_one_distribution() -> None:
    """Shares grow with time, percentiles too, and parts add up to the whole."""
    told_ = response(tiny_scenario(), PLAN)
    whole = told_["all"]
    assert told_["places"] == len(told_["cells"]["p90_s"])
    assert told_["moments"] == 960
    assert whole["p50_s"] <= whole["p90_s"] <= whole["worst_s"]
    assert 0 < whole["within_60_s"] <= whole["within_120_s"] <= whole["within_180_s"]
    assert whole["within_180_s"] <= 1 - whole["nobody_share"] < 1  # W3 is far off
    assert told_["ready"]["mean_s"] >= whole["mean_s"]
    assert set(told_["periods"]) == set(HOURS)
    mixed = sum(told_["periods"][p]["within_120_s"] * h for p, h in HOURS.items()) / 4
    assert mixed == pytest.approx(whole["within_120_s"], abs=1e-5)


def test_one_ready_drone_is_there_when_it_can_be() -> None:
    """Launch, climb and the straight way, worked out by hand; then nobody is left."""
    spot = zone("Z", box(1190, 94, 1210, 106))
    scenario = world([station("A", 0, 100, 1)], [spot], launch_s=40.0, hours=1.0)
    horizon = {"start": scenario.horizon.start, "seconds": 3600.0}
    empty = replace(PLAN, routes=(), roster=(), horizon=horizon)
    figures = response(scenario, empty)["all"]
    assert figures["mean_s"] == pytest.approx(40 + 60 / 5 + 1200 / 12, abs=1e-6)
    assert figures["p95_s"] == figures["worst_s"] == 152.0
    assert figures["within_120_s"] == 0.0
    assert figures["within_180_s"] == 1.0
    gone = replace(scenario, stations=(replace(scenario.stations[0], drones=0),))
    assert response(gone, empty)["all"]["nobody_share"] == 1.0
    assert response(gone, empty)["all"]["mean_s"] is None


def test_a_drone_stays_home_if_it_could_not_stay_there_or_get_back() -> None:
    """One second of endurance decides."""
    spot = zone("Z", box(6099.99, 99.99, 6100.01, 100.01))
    there_s, down_s = 60 / 5 + 6000 / 12, 60 / 3 + 6000 / 12
    needed_s = there_s + 120 + down_s
    plan = replace(PLAN, routes=(), roster=(), horizon={})
    for endurance_s, share in ((needed_s + 0.1, 0.0), (needed_s - 0.1, 1.0)):
        model = replace(tiny_scenario().drone_models[0], usable_endurance_s=endurance_s)
        scenario = world([station("A", 100, 100)], [spot], models=[model])
        assert response(scenario, plan)["all"]["nobody_share"] == share


def test_the_checker_recomputes_the_figures() -> None:
    """A figure that somebody improved is found; a plan without figures is fine."""
    scenario = tiny_scenario()
    plan = estimated(PLAN, scenario)
    assert check(scenario, plan) == []
    better = json.loads(json.dumps(plan.analysis))
    better["response"]["all"]["mean_s"] -= 1.0
    better["response"]["cells"]["p90_s"][3] = 10
    (mean, cell) = check(scenario, replace(plan, analysis=better))
    assert (mean.code, mean.where) == (
        "accounts.number",
        "analysis.response.all.mean_s",
    )
    assert cell.where == "analysis.response.cells.p90_s.3"
    assert check(scenario, replace(plan, analysis={"response": 7}))


@pytest.mark.parametrize("code", BROKEN)
def test_a_broken_plan_has_figures_or_a_violation_but_no_crash(code: str) -> None:
    """Whatever a plan's routes and roster are like, its figures are looked at."""
    plan = replace(BROKEN[code](), analysis={"response": {"places": -1}})
    where = {v.where for v in check(tiny_scenario(), plan) if v.rule == "accounts"}
    assert "analysis.response.places" in where


def test_places_share_out_all_the_weight() -> None:
    """By area, by length, by point; what lies in closed airspace is told apart."""
    shut = closure("X", box(0, 0, 1000, 1000))
    scenario = world(
        [station("A", 3000, 3000)],
        [
            zone("Z1", box(-970, 100, 970, 200), priority=4.0),
            zone("Z2", LineString([(2000, 0), (4000, 700)]), "line", priority=3.0),
            zone("Z3", box(400, 400, 500, 500), priority=2.0),
        ],
        [shut],
    )
    asked = places(scenario, airways(scenario))
    assert asked.weight.sum() + asked.closed == pytest.approx(9.0)
    # Of Z1 the half west of the closure and its clearance is open; of Z3 nothing.
    assert asked.closed == pytest.approx(2.0 + 4.0 * 1000 / 1940, rel=1e-3)
    assert airways(scenario).is_open(asked.xy).all()
    assert (np.floor(asked.xy / asked.spacing_m) == asked.cell).all()


def test_a_demand_layer_goes_before_the_zones() -> None:
    """Points and areas with their weights; many places make the cells larger."""
    scenario = replace(
        two_stations(),
        demand=(
            Demand(geometry=Point(700, 100), weight=5.0),
            Demand(geometry=Point(710, 110), weight=5.0),
            Demand(geometry=box(0, -1000, 500, -500), weight=2.0),
        ),
    )
    asked = places(scenario, airways(scenario))
    assert asked.weight.tolist() == [2.0, 10.0]
    assert asked.xy[1].tolist() == [705.0, 105.0]
    wide = replace(scenario, demand=(Demand(geometry=box(0, 0, 1e5, 1e5), weight=1.0),))
    asked = places(wide, airways(wide))
    assert asked.spacing_m == 1000.0
    assert asked.weight.sum() + asked.closed == pytest.approx(1.0)


def test_a_demand_layer_is_read(tmp_path: Path) -> None:
    """A CSV of calls, each of weight 1 or its own; it counts in the digest."""
    folder = write(tmp_path / "plain")
    plain = planner.read_scenario(folder)
    middle = plain.projection.to_lonlat(np.zeros((1, 2)))[0]
    lon, lat = middle.tolist()
    rows = f"lon,lat,警情数\n{lon},{lat},3\n{lon + 0.01},{lat},\n"
    (folder / "calls.csv").write_text(rows, encoding="utf-8")
    toml = TOML.replace("[[drones]]", 'demand = "calls.csv"\n[[drones]]')
    (folder / "scenario.toml").write_text(toml, encoding="utf-8")
    scenario = planner.read_scenario(folder)
    assert sorted(d.weight for d in scenario.demand) == [1.0, 3.0]
    assert scenario.digest != plain.digest
    assert scenario_digest(replace(scenario, demand=())) == plain.digest
    (folder / "calls.csv").write_text("lon,lat,weight\n120,33,-1\n", encoding="utf-8")
    assert any(f.is_error for f in inspected(folder))


@pytest.mark.parametrize("name", ["launch_s", "overhead_s", "team_ready"])
def test_the_digest_tells_rules_of_response_apart(name: str) -> None:
    """Figures for another launch time are of another scenario."""
    scenario = tiny_scenario()
    rules = replace(scenario.rules, **{name: 7})
    assert scenario_digest(scenario) != scenario_digest(replace(scenario, rules=rules))


def test_the_teams_of_a_bureau_share_its_drones() -> None:
    """The first has one charged drone at every moment; the fourth never has."""
    scenario = with_teams(tiny_scenario(), "A", "A", "A", "A")
    gaps = team_gaps(scenario, PLAN)
    assert [gap.wanted for gap in gaps] == [1, 2, 3, 4]
    length_s = scenario.horizon.length_s
    assert gaps[3].short_s == pytest.approx(length_s)
    busy = {
        k: sum(
            t in range(int(s.takeoff_s), int(s.ready_s))
            for s in PLAN.roster
            if s.drone.startswith("A-")
        )
        for k, t in enumerate(range(0, int(length_s), 7))
    }
    for gap in gaps:
        share = sum(3 - n < gap.wanted for n in busy.values()) / len(busy)
        assert gap.short_s / length_s == pytest.approx(share, abs=0.01)
        assert gap.fewest == 3 - max(busy.values())
    one = replace(
        scenario, stations=tuple(replace(s, district="D") for s in scenario.stations)
    )
    assert team_gaps(one, PLAN)[3].short_s < length_s  # with the drones of B too


def test_a_team_without_a_charged_drone_breaks_the_rule_on_the_fleet() -> None:
    """Only where the scenario asks for it, and then by name and time."""
    scenario = with_teams(tiny_scenario(), "A", "A", "A", team_ready=1)
    (found_,) = [
        v for v in check(scenario, told(scenario, PLAN)) if v.rule != "provenance"
    ][:1]
    assert found_.code == "fleet.team"
    codes = {v.where.split()[0] for v in check(scenario, PLAN) if v.rule == "fleet"}
    fewest = team_gaps(scenario, PLAN)[0].fewest
    assert codes == {f"T{n}" for n in (1, 2, 3) if n > fewest}
    calm = with_teams(tiny_scenario(), "A", "A", "A")
    assert check(calm, PLAN) == []


def test_team_ready_is_planned_for() -> None:
    """Teams keep drones off the rotations, and the plan tells of all of them."""
    scenario = with_teams(two_stations(), "A", "B", team_ready=1)
    plan = planner.plan_routes(scenario, budget=planner.Budget(iterations=1))
    assert check(scenario, plan) == []
    assert plan.roster
    assert all(gap.fewest >= 1 for gap in team_gaps(scenario, plan))
    assert {s.drone for s in plan.roster} <= {"A-1", "A-2", "B-1", "B-2"}
    assert [s["drones"] for s in plan.stations] == [3, 3]
    assert plan.metrics["drones"] == 6
    assert {"response", "covering", "separation"} == set(plan.analysis)


def test_more_drones_than_there_are_cannot_be_asked_for(tmp_path: Path) -> None:
    """That is bad input, told before any planning."""
    layers = example()
    station_id = layers["stations"]["features"][0]["properties"]["id"]
    team = {
        "type": "Feature",
        "properties": {"id": "T1", "station_id": station_id},
        "geometry": layers["stations"]["features"][0]["geometry"],
    }
    layers["response_teams"] = {"type": "FeatureCollection", "features": [team]}
    toml = TOML.replace(
        "[[drones]]", 'response_teams = "response_teams.geojson"\n[[drones]]'
    )
    folder = write(tmp_path, layers, toml + "\n[rules]\nteam_ready = 99\n")
    finding = found(inspected(folder), "E-TEAM-DRONES")
    assert (finding.feature, finding.values["wanted"]) == ("T1", 99)


@settings(max_examples=25)
@given(
    covers=st.integers(1, 5).flatmap(
        lambda n: st.lists(
            st.lists(st.booleans(), min_size=n, max_size=n), min_size=1, max_size=8
        )
    ),
    data=st.data(),
)
def test_the_bound_is_what_the_best_choice_of_stations_covers(
    covers: list[list[bool]], data: st.DataObject
) -> None:
    """All choices tried, exactly: never below the best, and that is what is chosen."""
    table = np.array(covers).T
    weight = np.array(
        data.draw(
            st.lists(st.floats(0.1, 9), min_size=len(covers), max_size=len(covers))
        )
    )
    exact = [Fraction(w) for w in weight]

    def covered(chosen: Sequence[int]) -> Fraction:
        seen = table[list(chosen)].any(axis=0)
        return sum((w for w, s in zip(exact, seen, strict=True) if s), Fraction(0))

    for count in range(len(table) + 1):
        best = max(covered(c) for c in combinations(range(len(table)), count))
        (bound,) = most_covered(table, weight, [count])
        assert best <= bound <= best + Fraction(1, 10**9)
        chosen = best_covering(table, weight, count)
        assert len(set(chosen)) == count
        assert covered(chosen) == pytest.approx(float(best), abs=1e-9)
    assert bound == pytest.approx(float(weight @ table.any(axis=0)), abs=1e-9)


@pytest.mark.parametrize("work", [0.0, 1e-4])
def test_a_choice_that_is_not_proven_has_a_bound_that_holds(
    work: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no time the bound is not below the optimum, nor the choice a poor one."""
    dice = np.random.default_rng(2)
    spots, asked = dice.uniform(0, 10_000, (40, 2)), dice.uniform(0, 10_000, (400, 2))
    table = np.hypot(*(spots[:, None] - asked).transpose(2, 0, 1)) < 1500
    weight = dice.random(400)
    (best,) = most_covered(table, weight, [6])
    monkeypatch.setattr("planner.planning.siting._WORK", work)
    (bound,) = most_covered(table, weight, [6])
    chosen = best_covering(table, weight, 6)
    assert best < bound <= weight.sum() + 1e-9
    assert 0.63 * best < weight @ table[chosen].any(axis=0) <= best
    assert best_covering(table, weight, 6) == chosen


@settings(max_examples=25)
@given(
    drones=st.lists(st.integers(1, 3), min_size=2, max_size=5),
    teams=st.integers(1, 4),
    data=st.data(),
)
def test_teams_keep_drones_where_they_cover_most(
    drones: list[int], teams: int, data: st.DataObject
) -> None:
    """As even as from the most that are left, and no choice so even covers more."""
    assume(teams <= sum(drones))
    spots = [
        data.draw(st.tuples(st.integers(-4, 4), st.integers(-4, 4))) for _ in drones
    ]
    bases = [
        replace(station(f"S{k}", 400.0 * x, 400.0 * y, n), district="D")
        for k, ((x, y), n) in enumerate(zip(spots, drones, strict=True))
    ]
    asked = [zone(f"Z{k}", box(600 * k, 0, 600 * k + 250, 250)) for k in range(-3, 3)]
    scenario = with_teams(world(bases, asked), *["S0"] * teams, team_ready=1)
    kept = kept_for_teams(scenario)
    taken = [a - b.drones for a, b in zip(drones, kept.stations, strict=True)]
    assert sum(taken) == teams
    even = sorted(drones)
    for _ in range(teams):
        even = sorted([*even[:-1], even[-1] - 1])
    assert sorted(s.drones for s in kept.stations) == even
    ways = airways(scenario)
    where = places(scenario, ways)
    covers = reach(scenario, ways, ground(scenario, ways, where.xy), scenario.stations)

    def covered(choice: Sequence[int]) -> float:
        used = np.array(choice) > 0
        return float(where.weight @ covers[used].any(axis=0))

    most = max(
        covered(choice)
        for choice in product(*[range(n + 1) for n in drones])
        if sorted(n - c for n, c in zip(drones, choice, strict=True)) == even
    )
    assert covered(taken) == pytest.approx(most)


def test_ready_drones_cover_no_more_than_their_bound() -> None:
    """As planned, at most with as many stations, and with all: in this order."""
    scenario = tiny_scenario()
    scenario = replace(scenario, rules=replace(scenario.rules, launch_s=20.0))
    shares = covering(scenario, PLAN)
    assert 0 < shares["ready_share"] <= shares["bound_share"] <= shares["all_share"]
    alone = response(scenario, PLAN)["ready"]["within_120_s"]
    assert shares["ready_share"] == pytest.approx(alone, abs=1e-6)


def test_a_week_is_told_by_the_hours_of_its_days() -> None:
    """More moments than are looked at once change nothing but their number."""
    scenario = tiny_scenario()
    start = scenario.horizon.start
    week = Horizon(start=start, start_clock_s=6 * 3600.0, length_s=2 * 86_400.0)
    empty = replace(
        PLAN, routes=(), roster=(), horizon={"start": start, "seconds": week.length_s}
    )
    told_ = response(scenario, empty)
    over = over_horizon_of(scenario, empty)
    assert told_["moments"] == len(moments_of(over)) == 2880
    short = replace(empty, horizon={"start": start, "seconds": 3600.0})
    assert told_["all"] == pytest.approx(response(scenario, short)["all"])
