"""Certify a plan: how far it is from what no plan can beat, and the proof."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

import numpy as np

from planner.bounds.anyplan import least_drones
from planner.bounds.own import steady_drones
from planner.bounds.pricing import Sorties, sorties_of
from planner.bounds.steady import (
    Effort,
    Known,
    busy_drones,
    proven,
    steady_worths,
    whole_drones,
)
from planner.bounds.work import Part, duties_of, parts_of
from planner.flown import FlownRoute, flown_routes, over_horizon_of
from planner.geometry import FloatArray
from planner.metrics import drones_at_work
from planner.plan import Plan
from planner.scenario import Scenario

ASSUMPTIONS = {
    "bound_periodic": ("steady", "once", "targets", "served"),
    "bound_any_plan": ("targets", "served"),
}
"""
What plans a bound is for, by name.

``steady``: the busiest period could go on for ever. ``once``: no sortie does the
same target twice. ``targets``: what is done in one go is as in this plan.
``served``: zones that this plan leaves out do not count.
"""

_FINE, _COARSE = (3, 8.0), (2, 20.0)
_LARGE = 300
"""Parts of more duties are proven more coarsely, so that a check takes seconds."""

MOST_MEMORY = 12
LEAST_TICK_S = 1.0
"""Of a certificate that is read; finer ones might take for ever to prove."""

_THREADS = 2
_WORTH_DECIMALS = 3
_RETREATS = (1.0, 0.999, 0.99)
_BUSY_DECIMALS = 4
_GAP_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """
    What a certificate proves.

    Parameters
    ----------
    numbers
        The certificate as it should be.
    unproven
        Stations of the parts whose worths prove nothing.
    """

    numbers: Mapping[str, Any]
    unproven: tuple[str, ...]


def certify(
    scenario: Scenario, plan: Plan, effort: Effort, *, threads: int = 1
) -> Plan:
    """
    Return a plan with its certificate.

    Parameters
    ----------
    effort
        To spend on the parts of the scenario, all together.
    threads
        Parts looked at at once; it never changes what is found in a round.
    """
    scenario = over_horizon_of(scenario, plan)
    routes = flown_routes(scenario, plan)
    parts = parts_of(scenario, duties_of(scenario, routes))
    known = _known(parts, routes)

    # The first part, the largest, is looked at beside all others.
    sizes = [len(part.duties) ** 1.5 for part in parts]

    def proof_of(k: int) -> _Proof:
        part = parts[k]
        large = len(part.duties) > _LARGE
        memory, tick_s = _COARSE if large else _FINE
        share = effort
        if k > 0:
            share = replace(effort, seconds=effort.seconds * sizes[k] / sum(sizes[1:]))
        fleets = _fleets(scenario, part, memory, tick_s)
        worth_s = steady_worths(fleets, _intervals(part), known[k], share)
        return _Proof(
            memory,
            tick_s,
            dict(
                zip(
                    (duty.target for duty in part.duties),
                    _as_written(fleets, worth_s).tolist(),
                    strict=True,
                )
            ),
        )

    with ThreadPoolExecutor(max_workers=threads) as pool:
        proofs = list(pool.map(proof_of, range(len(parts))))
    return replace(plan, certificate=_numbers(scenario, plan, routes, parts, proofs))


def _as_written(fleets: Sequence[Sorties], worth_s: FloatArray) -> FloatArray:
    """
    Return worths as a file has them, proven once more.

    What sorties remember follows from the worths: rounded, they may remember
    other duties.
    """
    unit = 10**_WORTH_DECIMALS
    for scale in _RETREATS:
        written_s: FloatArray = np.floor(scale * worth_s * unit) / unit
        if proven(fleets, written_s):
            return written_s
    return np.zeros_like(worth_s)


def audit(scenario: Scenario, plan: Plan) -> Audit:
    """
    Recompute the certificate of a plan from the worths in it.

    Worths that are no numbers, or of which some sortie collects more than it
    takes time, prove nothing.
    """
    scenario = over_horizon_of(scenario, plan)
    routes = flown_routes(scenario, plan)
    parts = parts_of(scenario, duties_of(scenario, routes))
    proofs = _proofs(plan.certificate, parts)

    def proven_or_none(k: int) -> _Proof | None:
        proof = proofs[k]
        if proof is None:
            return None
        fleets = _fleets(scenario, parts[k], proof.memory, proof.tick_s)
        return proof if proven(fleets, _worths(parts[k], proof)) else None

    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        held = list(pool.map(proven_or_none, range(len(parts))))
    return Audit(
        numbers=_numbers(scenario, plan, routes, parts, held),
        unproven=tuple(
            " ".join(s.id for s in part.stations)
            for part, proof in zip(parts, held, strict=True)
            if proof is None
        ),
    )


def beyond(numbers: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Return the bounds that are above the plan's own drones, with these."""
    own = {
        "bound_periodic": numbers["steady_drones"],
        "bound_any_plan": numbers["drones_peak"],
    }
    found = {name: numbers[name]["drones"] for name in own}
    return {name: (found[name], own[name]) for name in own if found[name] > own[name]}


@dataclass(frozen=True, slots=True)
class _Proof:
    """Worths of one part, and how closely sorties are looked at to prove them."""

    memory: int
    tick_s: float
    worth_s: Mapping[str, float]


def _numbers(
    scenario: Scenario,
    plan: Plan,
    routes: Sequence[FlownRoute],
    parts: Sequence[Part],
    proofs: Sequence[_Proof | None],
) -> dict[str, Any]:
    """Return a certificate: all its numbers follow from the worths."""
    periodic = [
        _periodic_part(part, proof) for part, proof in zip(parts, proofs, strict=True)
    ]
    any_plan = [_part(part, least_drones(scenario, part)) for part in parts]
    peak = drones_at_work(plan, scenario.busiest_period()).total()
    numbers: dict[str, Any] = {
        "drones_peak": peak,
        "steady_drones": steady_drones(scenario, plan, routes, parts),
    }
    for name, of_parts in (("bound_periodic", periodic), ("bound_any_plan", any_plan)):
        drones = sum(part["drones"] for part in of_parts)
        gap = round(peak / drones - 1, _GAP_DECIMALS) if drones else None
        numbers[name] = {
            "drones": drones,
            "assumptions": list(ASSUMPTIONS[name]),
            "parts": of_parts,
        }
        numbers[name.replace("bound", "gap")] = gap
    return numbers


def _part(part: Part, busy: float) -> dict[str, Any]:
    unit = 10**_BUSY_DECIMALS
    return {
        "stations": [s.id for s in part.stations],
        "busy": math.floor(busy * unit) / unit,
        "drones": whole_drones(busy),
    }


def _periodic_part(part: Part, proof: _Proof | None) -> dict[str, Any]:
    if proof is None:
        return _part(part, 0.0)
    worth_s = _worths(part, proof)
    return {
        **_part(part, busy_drones(worth_s, _intervals(part))),
        "memory": proof.memory,
        "tick_s": proof.tick_s,
        "worth_s": {
            duty.target: float(worth)
            for duty, worth in zip(part.duties, worth_s, strict=True)
        },
    }


def _worths(part: Part, proof: _Proof) -> FloatArray:
    return np.array([proof.worth_s[duty.target] for duty in part.duties])


def _intervals(part: Part) -> FloatArray:
    return np.array([duty.interval_s for duty in part.duties])


def _fleets(
    scenario: Scenario, part: Part, memory: int, tick_s: float
) -> list[Sorties]:
    fleets = [
        sorties_of(scenario, part, model, stations, memory=memory, tick_s=tick_s)
        for model, stations in part.fleets(scenario.drone_models)
    ]
    return [fleet for fleet in fleets if fleet is not None]


def _known(parts: Sequence[Part], routes: Sequence[FlownRoute]) -> list[list[Known]]:
    """Return the sorties of the plan itself, part by part, by their duties."""
    place = {
        duty.target: (k, i)
        for k, part in enumerate(parts)
        for i, duty in enumerate(part.duties)
    }
    known: list[list[Known]] = [[] for _ in parts]
    for flown in routes:
        found = [place[s.target] for s in flown.route.stops if s.target in place]
        if found:
            occupied_s = flown.route.duration_s + flown.model.turnaround_s
            known[found[0][0]].append(Known(tuple(i for _, i in found), occupied_s))
    return known


def _proofs(
    certificate: Mapping[str, Any], parts: Sequence[Part]
) -> list[_Proof | None]:
    """Return what a certificate says of each part; None where it is no proof."""
    bound = certificate.get("bound_periodic")
    told = bound.get("parts") if isinstance(bound, Mapping) else None
    entries = told if isinstance(told, list) and len(told) == len(parts) else []
    return [
        _proof(part, entry) for part, entry in zip(parts, entries, strict=False)
    ] or [None] * len(parts)


def _proof(part: Part, entry: Any) -> _Proof | None:
    if not isinstance(entry, Mapping):
        return None
    memory, tick_s = entry.get("memory"), entry.get("tick_s")
    worth_s = entry.get("worth_s")
    if type(memory) is not int or not 1 <= memory <= MOST_MEMORY:
        return None
    if not _is_number(tick_s) or not isinstance(worth_s, Mapping):
        return None
    worths = [worth_s.get(duty.target) for duty in part.duties]
    if not all(_is_number(worth) and worth >= 0 for worth in worths):
        return None
    tick = float(tick_s)
    return _Proof(memory, tick, worth_s) if tick >= LEAST_TICK_S else None


def _is_number(value: Any) -> TypeGuard[float]:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )
