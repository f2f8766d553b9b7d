"""Say which stations and response teams belong together, and what they keep back."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

from planner.scenario import ResponseTeam, Scenario, Station


@dataclass(frozen=True, slots=True, kw_only=True)
class Bureau:
    """The stations of one district, or one that names none, and the teams there."""

    stations: tuple[Station, ...]
    teams: tuple[ResponseTeam, ...]

    @property
    def drones(self) -> int:
        """All drones of its stations."""
        return sum(s.drones for s in self.stations)


def bureaux(scenario: Scenario) -> tuple[Bureau, ...]:
    """Return the bureaux that have a response team; stations and teams by id."""
    teams: dict[tuple[str, str], list[ResponseTeam]] = defaultdict(list)
    known = {s.id: s for s in scenario.stations}
    for team in sorted(scenario.response_teams, key=lambda t: t.id):
        home = known.get(team.station_id)
        if home:
            teams[bureau_key(home)].append(team)
    return tuple(
        Bureau(
            stations=tuple(s for s in scenario.stations if bureau_key(s) == key),
            teams=tuple(own),
        )
        for key, own in sorted(teams.items())
    )


def kept_for_teams(scenario: Scenario) -> Scenario:
    """
    Return a scenario without the drones that response teams keep off the rotations.

    With `team_ready`, so many a team that are not kept back by `reserve_drones`
    already, each from the station of the bureau that has most left.
    """
    rules = scenario.rules
    if not rules.team_ready:
        return scenario
    left = {s.id: s.drones for s in scenario.stations}
    for bureau in bureaux(scenario):
        missing = rules.team_ready * len(bureau.teams) - sum(
            min(s.drones, rules.reserve_drones) for s in bureau.stations
        )
        for _ in range(missing):
            name = max(bureau.stations, key=lambda s: left[s.id]).id
            left[name] = max(0, left[name] - 1)
    return replace(
        scenario,
        stations=tuple(replace(s, drones=left[s.id]) for s in scenario.stations),
    )


def bureau_key(station: Station) -> tuple[str, str]:
    """Return what stations of one bureau share."""
    return (station.district, "" if station.district else station.id)
