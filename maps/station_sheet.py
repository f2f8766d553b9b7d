"""Lay out one station for an A4 sheet: its drones' day, its routes, its timetable."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from maps.charts import day_chart, route_colour
from maps.facts import Clock, landing_reserves_s, weekday
from maps.markup import Markup, both, in_both, join, table, tag
from maps.turns import Turn, in_order, turns
from maps.words import minutes, stopwatch
from planner.basics.clock import DAY_S, clock_text
from planner.messages import LANGUAGES, say
from planner.plan import Plan, Route, Sortie
from planner.scenario import Scenario, Station


def station_sheet(
    scenario: Scenario, plan: Plan, station: Station, clock: Clock, pads_taken: int
) -> Markup:
    """Return the sheet of a station, with how many pads it needs at most."""
    position = scenario.stations.index(station)
    turn_of = turns(plan)
    routes = in_order([r for r in plan.routes if r.depot == station.id], turn_of)
    ids = [r.id for r in routes]
    roster = [s for s in plan.roster if s.route in ids]
    teams = [t.name for t in scenario.response_teams if t.station_id == station.id]
    facts = both(
        "report.station_line",
        drones=station.drones,
        pads=station.pads,
        taken=pads_taken,
        model=station.model,
        routes=len(routes),
        sorties=len(roster),
    )
    parts: list[object] = [
        tag("p", both("map.sensitivity"), class_="sensitivity on-paper"),
        tag("h2", station.name, " ", tag("small", station.id)),
        tag("p", *_with_commas(district_name(scenario, station), *teams), facts),
    ]
    if routes:
        drones = _drones(station, roster)
        parts += [
            tag("h3", both("report.day")),
            tag("div", day_chart(drones, roster, ids, clock), class_="wide"),
            tag("h3", both("report.routes")),
            _routes(scenario, plan, routes, turn_of),
            tag("h3", both("report.departures")),
            _departures(routes, roster, clock, turn_of),
        ]
    else:
        parts.append(tag("p", both("report.no_routes"), class_="none"))
    return tag("section", *parts, class_="station", id=f"station-{position}")


def district_name(scenario: Scenario, station: Station) -> str:
    """Return the name of a station's district."""
    names = {d.id: d.name for d in scenario.districts}
    return names.get(station.district, station.district)


def _with_commas(*words: str) -> list[str]:
    return [f"{word} · " for word in words if word]


def _drones(station: Station, roster: list[Sortie]) -> list[str]:
    """Return the station's drones in order, those not on the roster among them."""
    names = {s.drone for s in roster}
    names |= {f"{station.id}-{n}" for n in range(1, station.drones + 1)}

    def natural(name: str) -> list[tuple[int, int | str]]:
        parts = re.findall(r"\d+|\D+", name)
        return [(0, int(p)) if p.isdecimal() else (1, p) for p in parts]

    return sorted(names, key=natural)


def _mark(number: int) -> Markup:
    """Return the number of a route on its colour."""
    size = {"width": 20, "height": 16}
    return tag(
        "svg",
        tag("rect", **size, rx=3, fill=route_colour(number)),
        tag("text", number + 1, x=10, y=12, class_="no"),
        viewBox="0 0 20 16",
        class_="mark",
        aria_hidden="true",
    )


def _routes(
    scenario: Scenario, plan: Plan, routes: list[Route], turn_of: Mapping[str, Turn]
) -> Markup:
    reserves_s = landing_reserves_s(scenario, replace(plan, routes=tuple(routes)))
    names = {z.id: f"{z.id} {z.name}".strip() for z in scenario.zones}
    numbers = {route.id: number for number, route in enumerate(routes)}
    rows: list[list[object]] = []
    for number, route in enumerate(routes):
        first = turn_of[route.id].routes[0] if route.id in turn_of else route.id
        rows.append(
            [
                join(
                    _mark(number),
                    " ",
                    route.id,
                    tag("small", both("report.fixed")) if route.fixed else "",
                    *_end(route),
                ),
                _headway(route, turn_of.get(route.id)),
                stopwatch(route.duration_s),
                stopwatch(reserves_s.get(route.id)),
                f"{route.layer_m:g} m",
                _zones(route, routes[numbers[first]], numbers[first] + 1, names),
            ]
        )
    keys = ("route", "headway", "duration", "reserve", "layer", "stops")
    heads: list[object] = [both(f"report.{key}") for key in keys]
    return table(heads, rows, class_="routes")


def _end(route: Route) -> list[object]:
    """Return where a route ends, if that is at another station."""
    if not route.ends_at:
        return []
    return [" ", tag("small", both("report.lands_at", station=route.ends_at))]


def _zones(route: Route, first: Route, number: int, names: Mapping[str, str]) -> Markup:
    """
    Return the zones of a route in the order flown, each once.

    Of a route in a turn, only where it goes on otherwise than the turn's first,
    which has a number.
    """
    mine, others = (
        list(dict.fromkeys(z for s in r.stops for z in s.zones)) for r in (route, first)
    )
    pairs = zip(mine, others, strict=False)
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
    if route is first or same < 2:
        return tag("span", ", ".join(names.get(z, z) for z in mine))
    rest = ", ".join(names.get(z, z) for z in mine[same:])
    key = "report.starts_as" if rest else "report.same_as"
    return tag("span", both(key, n=number), " ", rest)


def _headway(route: Route, turn: Turn | None) -> Markup:
    """Return how often a route is flown, and how often its whole turn is."""
    alone = in_both({k: minutes(route.headway_s, k) for k in LANGUAGES})
    if turn is None:
        return alone
    together = {
        k: say("report.in_turn", k, interval=minutes(turn.every_s, k))
        for k in LANGUAGES
    }
    return join(alone, tag("small", in_both(together)))


def _departures(
    routes: list[Route],
    roster: list[Sortie],
    clock: Clock,
    turn_of: Mapping[str, Turn],
) -> Markup:
    """
    Return timetables as at a bus stop, one for each kind of day.

    Days on which the same is flown are of one kind.
    """
    if not roster:
        return tag("p", both("report.no_routes"), class_="none")
    by_day: dict[int, list[Sortie]] = defaultdict(list)
    for s in roster:
        second = clock.start_clock_s + s.takeoff_s
        day = int(second // DAY_S) if clock.has_days else 0
        by_day[day].append(replace(s, takeoff_s=second - day * DAY_S))
    kinds: dict[tuple[tuple[str, float], ...], list[int]] = defaultdict(list)
    for day, flights in sorted(by_day.items()):
        kinds[tuple((s.route, s.takeoff_s) for s in flights)].append(day)
    sheets = []
    for days in kinds.values():
        if clock.has_days:
            sheets.append(tag("h4", _weekdays(days, clock)))
        sheets.append(_day_departures(routes, by_day[days[0]], turn_of))
    return join(*sheets)


def _weekdays(days: Sequence[int], clock: Clock) -> Markup:
    """Return the names of days, counted from that on which the horizon begins."""
    return in_both(
        {
            code: ", ".join(weekday((clock.weekday + d) % 7, code) for d in days)
            for code in LANGUAGES
        }
    )


def _day_departures(
    routes: list[Route], roster: list[Sortie], turn_of: Mapping[str, Turn]
) -> Markup:
    """
    Return the timetable of a day: a row an hour, minutes a route.

    Routes that are flown in turn share a column; a mark says which one it is.

    Parameters
    ----------
    roster
        With take-offs in seconds since midnight; after the next one they go on.
    """
    mark = {route.id: _mark(number) for number, route in enumerate(routes)}
    lines = list(
        dict.fromkeys(
            turn_of[r.id].routes if r.id in turn_of else (r.id,) for r in routes
        )
    )
    line_of = {name: line for line in lines for name in line}
    cells: dict[tuple[int, tuple[str, ...]], list[object]] = defaultdict(list)
    for s in roster:
        line = line_of[s.route]
        cell = cells[int(s.takeoff_s // 3600), line]
        cell += [" ", clock_text(s.takeoff_s)[3:]]
        if len(line) > 1:
            cell.append(mark[s.route])
    hours = sorted({hour for hour, _ in cells})
    rows: list[list[object]] = [
        [f"{hour % 24:02d}", *(join(*cells[hour, line][1:]) for line in lines)]
        for hour in range(hours[0], hours[-1] + 1)
    ]
    heads: list[object] = [both("report.hour")]
    for line in lines:
        marks = join(*(mark[name] for name in line))
        told = tag("span", *line) if len(line) == 1 else both("report.in_turn_head")
        heads.append(join(marks, told))
    return table(heads, rows, class_="departures")
