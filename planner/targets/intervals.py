"""Say how often, and when, the targets of zones want a visit."""

from __future__ import annotations

from collections.abc import Iterable

from planner.basics.clock import Span
from planner.scenario import Scenario, Zone


def planned_interval_s(scenario: Scenario, zone: Zone) -> float:
    """
    Return the interval that is planned for [s]: the wanted one less the slack.

    Intervals that are multiples of the shortest stay multiples of it without the
    slack: headways that do not nest drift through each other all day.
    """
    shortest_s = scenario.shortest_revisit_s
    horizon, slack_s = scenario.horizon, scenario.rules.revisit_slack_s
    beat_s = horizon.headway_s(max(1, shortest_s - slack_s))
    times = zone.revisit_s / shortest_s
    if times == int(times):
        beats = (count * beat_s for count in range(int(times), 0, -1))
        return next(beat for beat in beats if horizon.headway_s(beat) == beat)
    return horizon.headway_s(zone.revisit_s - slack_s)


def windows(scenario: Scenario, zones: Iterable[Zone]) -> tuple[Span, ...]:
    """Return the union of the zones' hours."""
    mine = tuple(zones)
    return scenario.horizon.windows(
        tuple(sorted({span for zone in mine for span in zone.active})),
        tuple(sorted({span for zone in mine for span in zone.weekly})),
    )


def shortest_window_s(scenario: Scenario, zones: Iterable[Zone]) -> float:
    """Return the shortest of the zones' windows [s]."""
    spans = [span for zone in zones for span in scenario.windows(zone)]
    return min((end - start for start, end in spans), default=0.0)
