"""Give routes layers, so that routes that meet do not meet at one height."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from planner.basics.clock import Span, joined
from planner.basics.geometry import FloatArray
from planner.draft import DraftRoute
from planner.scenario import Scenario
from planner.timetable.clashing import kept_clear
from planner.timetable.colouring import colour
from planner.timetable.rhythm import Rhythm, sorties
from planner.timetable.separation import Encounter, Pair, find_encounters

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
    `planner.timetable.colouring.colour` for the search.

    Parameters
    ----------
    phases_s
        First take-off by route id.
    encounters
        What `planner.timetable.separation.find_encounters` returns, where it is known.
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


def spans_between(
    scenario: Scenario,
    drafts: Sequence[DraftRoute],
    layers_m: Mapping[str, float],
    encounters: Mapping[Pair, Encounter],
    late_s: Mapping[Pair, float],
) -> Iterator[tuple[str, str, tuple[Span, ...]]]:
    """
    Yield when the routes of two drafts meet at given layers.

    Ids of both drafts, and the shifts, spans wider by how late a pair may be.
    """
    owner = {v.id: d.id for d in drafts for v in d.flown}
    for pair, encounter in encounters.items():
        one, two = pair
        if owner[one] == owner[two]:
            continue
        close = too_close(scenario, layers_m[one], layers_m[two])
        spans = encounter.spans(close_layers=close)
        wide_s = late_s[pair]
        yield (
            owner[one],
            owner[two],
            tuple((low - wide_s, high + wide_s) for low, high in spans),
        )


def kept_apart(
    scenario: Scenario,
    drafts: Sequence[DraftRoute],
    ours: Mapping[str, Rhythm],
    fixed: Mapping[str, tuple[Rhythm, int]],
    layers_m: Mapping[str, float],
    encounters: Mapping[Pair, Encounter],
    late_s: Mapping[Pair, float],
) -> tuple[dict[str, Rhythm], dict[Pair, tuple[Span, ...]]]:
    """
    Return rhythms without the phases that meet routes whose clocks are fixed.

    And, by pair of them, take-off of the second minus take-off of the first at which
    they meet each other: closed spans [s]. Not even where one is so late.

    Parameters
    ----------
    ours
        Rhythms of drafts whose clocks are to be set, by id.
    fixed
        Of all others, with their phases.
    """
    ours = dict(ours)
    forbidden: dict[Pair, tuple[Span, ...]] = {}
    for a, b, spans in spans_between(scenario, drafts, layers_m, encounters, late_s):
        turned = tuple((-high, -low) for low, high in spans)
        if a in ours and b in ours:
            pair, parted = ((a, b), spans) if a < b else ((b, a), turned)
            forbidden[pair] = (*forbidden.get(pair, ()), *parted)
        elif a in ours:
            ours[a] = kept_clear(ours[a], *fixed[b], turned)
        elif b in ours:
            ours[b] = kept_clear(ours[b], *fixed[a], spans)
    return ours, forbidden


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
    horizon = scenario.horizon
    rounds_s = (-horizon.length_s, 0.0, horizon.length_s) if horizon.repeats else (0.0,)
    slack_s: dict[Pair, float] = {}
    for (a, b), encounter in encounters.items():
        spans = encounter.spans(close_layers=close_layers)
        others = np.concatenate([takeoffs[b] + round_s for round_s in rounds_s])
        if spans and len(takeoffs[a]) and len(others):
            found_s = _distance_s(joined(spans), takeoffs[a], others, same=a == b)
            if math.isfinite(found_s):
                slack_s[a, b] = found_s
    return slack_s


def _distance_s(
    spans: Sequence[Span], takeoffs: FloatArray, others: FloatArray, *, same: bool
) -> float:
    """
    Return how close a take-off of others, less one of a route, comes to some spans.

    Parameters
    ----------
    spans, takeoffs, others
        Sorted.
    same
        Whether the others are of the same route: then later ones alone count.
    """
    low, high = np.array(spans).T
    first = np.searchsorted(others, takeoffs, "right") if same else 0 * takeoffs
    first = first.astype(np.int64)[:, None]
    begin, end = takeoffs[:, None] + low, takeoffs[:, None] + high
    ahead = np.maximum(np.searchsorted(others, begin), first)
    after_s = np.append(others, np.inf)[ahead] - end
    before_s = np.where(ahead > first, begin - others[ahead - 1], np.inf)
    return max(0.0, float(np.minimum(after_s, before_s).min()))
