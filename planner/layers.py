"""Give routes layers, so that routes that meet do not meet at one height."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from planner.clock import Span
from planner.colouring import colour
from planner.draft import DraftRoute
from planner.geometry import FloatArray
from planner.rhythm import sorties
from planner.scenario import Scenario
from planner.separation import Encounter, Pair, find_encounters, merged

HEIGHT_TOLERANCE_M = 1e-6
LATE_S = 60.0
"""Pairs that a delay of this would bring together count twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPlan:
    """
    Layers, and how far apart in time they leave routes that share one.

    Parameters
    ----------
    layers_m
        By route id.
    unresolved
        Pairs of routes that come too close in time at these layers.
    tolerances_s
        By pair of routes whose paths come too close at these layers, but at other
        times: how late a sortie may be before the two meet [s].
    """

    layers_m: Mapping[str, float]
    unresolved: tuple[Pair, ...]
    tolerances_s: Mapping[Pair, float]


def assign_layers(
    scenario: Scenario,
    drafts: Sequence[DraftRoute],
    phases_s: Mapping[str, int],
    *,
    encounters: Mapping[Pair, Encounter] | None = None,
    deterministic_time: float = 0.5,
) -> LayerPlan:
    """
    Colour the routes with layers.

    Routes that meet in time are parted first of all. Then as few pairs as possible
    share a layer whose paths only come close at other times (`LATE_S`); see
    `planner.colouring.colour` for the search.

    Parameters
    ----------
    phases_s
        First take-off by route id.
    encounters
        What `planner.separation.find_encounters` returns, where it is known.
    deterministic_time
        Limit of CP-SAT over all parts, in its own seconds.

    Raises
    ------
    ValueError
        If a route has no layer open to it.
    """
    for draft in drafts:
        if not draft.layers_m:
            raise ValueError(f"{draft.id}: has no layer open to it.")
    if encounters is None:
        encounters = find_encounters(scenario, drafts)
    slack_s = slacks_s(scenario, drafts, phases_s, encounters, close_layers=True)
    # One pair that meets outweighs all that do not.
    heavy = 2 * len(slack_s) + 1
    late_s = max(LATE_S, scenario.delay_slack_s)
    edges = {
        (a, b): heavy if s == 0 else 2 if s < late_s else 1
        for (a, b), s in slack_s.items()
        if a != b
    }
    layers_m = colour(
        {draft.id: draft.layers_m for draft in drafts},
        edges,
        scenario.rules.separation_vertical_m - HEIGHT_TOLERANCE_M,
        deterministic_time=deterministic_time,
    )
    return standing(scenario, drafts, phases_s, layers_m, encounters)


def standing(
    scenario: Scenario,
    drafts: Sequence[DraftRoute],
    phases_s: Mapping[str, int],
    layers_m: Mapping[str, float],
    encounters: Mapping[Pair, Encounter],
) -> LayerPlan:
    """Return how given clocks and layers stand."""
    slack_s: dict[Pair, float] = {}
    for close in (False, True):
        chosen = {
            pair: encounter
            for pair, encounter in encounters.items()
            if close == too_close(scenario, layers_m[pair[0]], layers_m[pair[1]])
        }
        slack_s |= slacks_s(scenario, drafts, phases_s, chosen, close_layers=close)
    return LayerPlan(
        layers_m=layers_m,
        unresolved=tuple(p for p in encounters if slack_s.get(p) == 0),
        tolerances_s={p: slack_s[p] for p in encounters if slack_s.get(p, 0) > 0},
    )


def too_close(scenario: Scenario, one_m: float, other_m: float) -> bool:
    """Return whether two layers are less than the vertical separation apart."""
    least_m = scenario.rules.separation_vertical_m - HEIGHT_TOLERANCE_M
    return abs(one_m - other_m) < least_m


def slacks_s(
    scenario: Scenario,
    drafts: Sequence[DraftRoute],
    phases_s: Mapping[str, int],
    encounters: Mapping[Pair, Encounter],
    *,
    close_layers: bool,
) -> dict[Pair, float]:
    """
    Return how far in time [s] each pair stays from meeting; 0 where it meets.

    Pairs without a span that matters are left out, and so are pairs that share
    no shift.
    """
    takeoffs = {
        d.id: np.array(sorties(scenario, d, phases_s[d.id]), dtype=float)
        for d in drafts
    }
    slack_s: dict[Pair, float] = {}
    for (a, b), encounter in encounters.items():
        spans = encounter.spans(close_layers=close_layers)
        shifts = np.unique(np.subtract.outer(takeoffs[b], takeoffs[a]))
        if a == b:
            shifts = shifts[shifts > 0]
        if spans and len(shifts):
            slack_s[a, b] = _distance_s(merged(spans), shifts)
    return slack_s


def _distance_s(spans: Sequence[Span], shifts: FloatArray) -> float:
    """Return how close the closest shift comes to sorted spans."""
    low, high = np.array(spans).T
    after = np.searchsorted(low, shifts, side="right")
    behind = shifts - np.concatenate([[-np.inf], high])[after]
    ahead = np.concatenate([low, [np.inf]])[after] - shifts
    return max(0.0, float(np.minimum(behind, ahead).min()))
