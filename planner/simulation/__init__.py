"""
Say how often a plan still keeps its promises when days differ from it.

Flights are simulated many times with the scatter that the scenario states; it knows a
scenario and a plan, and nothing of how the plan was made. What is defined how, and
what is left out, is in ``docs/timetable.md``.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from planner.basics.geometry import FloatArray
from planner.flown.tracks import flown_routes, over_horizon_of
from planner.plan import Plan
from planner.scenario import Scenario
from planner.simulation.flights import draw, fleet_of, fly
from planner.simulation.promises import (
    Beyond,
    energy_beyond,
    fleet_beyond,
    pads_beyond,
    revisit_beyond,
    separation_beyond,
)

RULES = ("revisit", "energy", "fleet", "pads", "separation")
"""The rules that delays can break."""

UNITS = {"revisit": "s", "energy": "s", "fleet": "s", "separation": "m"}
"""In what it is told how far beyond its limit a rule is."""

_Z = 1.959964
"""Of 95 % of a normal distribution."""

_BLOCK = 15_000_000
"""Runs are simulated so many at a time that this many times are held."""

_MOST_RUNS = 500
_OFTEN = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """
    How often something held in some runs.

    Parameters
    ----------
    low, high
        95 % confidence interval of the probability.
    """

    held: int
    runs: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """In what share of the runs it held."""
        return self.held / self.runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """
    How often a rule held over the whole horizon, everywhere.

    Parameters
    ----------
    worst
        Route, station or pair of routes that kept it least often; "" where all
        kept it in every run.
    worst_odds
        How often that one kept it.
    beyond
        How far beyond its limit the rule is at most in 95 % of the runs, in the unit
        of `UNITS`; None where it has none.
    """

    rule: str
    odds: Odds
    worst: str
    worst_odds: Odds
    beyond: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """
    What came of many simulated horizons.

    Parameters
    ----------
    promises
        One a rule, in the order of `RULES`.
    every
        All rules at once.
    worst_route
        The route that kept all of its own promises least often; "" if all always did.
    worst_route_odds
        How often it did.
    routes
        By route, how often it kept all of its own promises.
    stations
        By station, how often it had its pads, and landings were spaced.
    zones_beyond_s
        By zone, how much longer than allowed it waits in each run, sorted.
    """

    seed: int
    promises: tuple[Promise, ...]
    every: Odds
    worst_route: str
    worst_route_odds: Odds
    routes: Mapping[str, Odds] = field(repr=False)
    stations: Mapping[str, Odds] = field(repr=False)
    zones_beyond_s: Mapping[str, FloatArray] = field(repr=False)


def odds(held: int, runs: int) -> Odds:
    """
    Return how often something held, with the confidence interval of Wilson.

    Reference: Wilson, Probable inference, the law of succession, and statistical
    inference, JASA 22, 1927.

    Examples
    --------
    >>> found = odds(990, 1000)
    >>> round(found.low, 4), round(found.high, 4)
    (0.9817, 0.9946)
    """
    share = held / runs
    middle = share + _Z**2 / (2 * runs)
    half = _Z * math.sqrt(share * (1 - share) / runs + _Z**2 / (4 * runs**2))
    scale = 1 + _Z**2 / runs
    return Odds(
        held=held,
        runs=runs,
        low=max(0.0, (middle - half) / scale),
        high=min(1.0, (middle + half) / scale),
    )


def simulate(
    scenario: Scenario, plan: Plan, *, runs: int = 1000, seed: int = 1
) -> Simulation:
    """
    Return how often a plan keeps its promises, over its whole horizon.

    Parameters
    ----------
    runs
        Simulated horizons.
    seed
        The same one gives the same answer.

    Raises
    ------
    ValueError
        If nothing is flown, or no run is asked for.
    """
    scenario = over_horizon_of(scenario, plan)
    rules = scenario.rules
    flying = flown_routes(scenario, plan)
    if runs < 1 or not any(len(f.takeoffs) for f in flying):
        raise ValueError("There is nothing to simulate.")
    fleet = fleet_of(flying, plan, rules)
    size = sum(
        len(s) * len(f.t) for f, s in zip(fleet.routes, fleet.sorties, strict=True)
    )
    block = max(1, min(_MOST_RUNS, _BLOCK // size))
    found: list[dict[str, Beyond]] = []
    for first in range(0, runs, block):
        count = min(block, runs - first)
        draws = [
            draw(
                flown,
                len(sorties),
                scenario.scatter,
                count,
                np.random.default_rng([seed, first, k]),
            )
            for k, (flown, sorties) in enumerate(
                zip(fleet.routes, fleet.sorties, strict=True)
            )
        ]
        flights = fly(fleet, draws, rules)
        by_route, by_zone = revisit_beyond(scenario, flights)
        found.append(
            {
                "revisit": by_route,
                "zones": by_zone,
                "energy": energy_beyond(scenario, flights),
                "fleet": fleet_beyond(flights),
                "pads": pads_beyond(scenario, fleet, flights),
                "separation": separation_beyond(rules, fleet, flights),
            }
        )
    return _summed(found, runs, seed, tuple(f.route.id for f in fleet.routes))


def _summed(
    found: list[dict[str, Beyond]], runs: int, seed: int, routes: tuple[str, ...]
) -> Simulation:
    """Return what all blocks of runs came to."""
    whole = {name: _joined([block[name] for block in found]) for name in found[0]}
    promises = []
    broken_any = np.zeros(runs, dtype=bool)
    by_route = {name: np.zeros(runs, dtype=bool) for name in routes}
    for rule in RULES:
        worst_of_run = np.full(runs, -np.inf)
        times: dict[tuple[str, ...], int] = {}
        for name, excess in whole[rule].items():
            broken = excess > 0
            times[name] = int(broken.sum())
            np.maximum(worst_of_run, excess, out=worst_of_run)
            for route in set(name) & by_route.keys() if rule != "pads" else ():
                by_route[route] |= broken
        broken_any |= worst_of_run > 0
        worst = max(sorted(times), key=lambda name: times[name], default=())
        most = times.get(worst, 0)
        promises.append(
            Promise(
                rule=rule,
                odds=odds(int((worst_of_run <= 0).sum()), runs),
                worst=" ".join(worst) if most else "",
                worst_odds=odds(runs - most, runs),
                beyond=_beyond(rule, worst_of_run),
            )
        )
    kept = {name: odds(int((~broken).sum()), runs) for name, broken in by_route.items()}
    weakest = min(sorted(kept), key=lambda name: kept[name].held)
    return Simulation(
        seed=seed,
        promises=tuple(promises),
        every=odds(int((~broken_any).sum()), runs),
        worst_route=weakest if kept[weakest].held < runs else "",
        worst_route_odds=kept[weakest],
        routes=kept,
        stations={
            station: odds(int((excess <= 0).sum()), runs)
            for (station,), excess in whole["pads"].items()
        },
        zones_beyond_s={zone: np.sort(e) for (zone,), e in whole["zones"].items()},
    )


def _joined(blocks: list[Beyond]) -> dict[tuple[str, ...], FloatArray]:
    """Return by name what came of all runs; who is not named kept its promise."""
    sizes = [block.excess.shape[1] for block in blocks]
    found: dict[tuple[str, ...], list[FloatArray]] = defaultdict(
        lambda: [np.full(size, -np.inf) for size in sizes]
    )
    for number, block in enumerate(blocks):
        for name, excess in zip(block.names, block.excess, strict=True):
            found[name][number] = excess
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _beyond(rule: str, worst_of_run: FloatArray) -> float | None:
    """Return how far beyond its limit a rule is in most runs; 0 where it is not."""
    if rule not in UNITS:
        return None
    ordered = np.sort(worst_of_run)
    found = float(ordered[math.ceil(_OFTEN * len(ordered)) - 1])
    return round(max(0.0, found), 3) if math.isfinite(found) or found < 0 else None
