"""Say which stations and response teams belong together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

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


def bureau_key(station: Station) -> tuple[str, str]:
    """Return what stations of one bureau share."""
    return (station.district, "" if station.district else station.id)
