"""Certify a plan: how far it is from what no plan can beat, and the proof."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

import numpy as np

from planner.bounds.anyplan import least_drones
from planner.bounds.effort import Effort, Turn, halting, turns
from planner.bounds.fleets import (
    Collected,
    Fleet,
    fleets_at_any_rate,
    fleets_by_headway,
    intervals_s,
)
from planner.bounds.own import shared_targets, steady_drones
from planner.bounds.work import Part, duties_of, parts_of
from planner.bounds.worths import (
    Known,
    Search,
    busy_drones,
    proven,
    whole_drones,
)
from planner.flown import FlownRoute, flown_routes, over_horizon_of
from planner.geometry import FloatArray
from planner.metrics import drones_at_work
from planner.plan import Plan
from planner.scenario import Scenario

ASSUMPTIONS = {
    "bound_periodic": ("one_route", "steady", "once", "targets", "served"),
    "bound_steady": ("steady", "once", "targets", "served"),
    "bound_any_plan": ("targets", "served"),
}
"""
What plans a bound is for, by name.

``one_route``: each target is on one route, and every sortie of a route visits all
its targets. ``steady``: the busiest period could go on for ever. ``once``: no sortie
does the same target twice. ``targets``: what is done in one go is as in this plan.
``served``: zones that this plan leaves out do not count.
"""

_Task = tuple[str, int]
"""A bound to prove, and the place of the part."""

PROVEN = ("bound_periodic", "bound_steady")
"""Bounds that worths prove."""

_LARGE = 300
"""Parts of more duties are proven more coarsely, so that a check takes seconds."""

MOST_MEMORY = 12
"""Of a certificate that is read; with more it might take for ever to prove."""

_THREADS = 2
_STANDING = 50
_WEIGHT = {"bound_periodic": 1.0, "bound_steady": 0.35}
"""What of the time goes to a part: by its duties, and so many as any part has."""

_FIRST_ROUNDS = 15
_LAPS = (0.5, 1.0)
"""
All parts lean a little and are proven, and then again for a share of what is left:
so none is without a proof for long.
"""

_LAST_S = 0.2
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
    scenario: Scenario,
    plan: Plan,
    effort: Effort,
    *,
    threads: int = 1,
    stop: Callable[[], bool] = bool,
) -> Plan:
    """
    Return a plan with its certificate.

    Parameters
    ----------
    effort
        To spend on the parts of the scenario, all together.
    threads
        Fleets looked at at once; it never changes what is found in a round.
    stop
        Polled; when it says so, what is proven by then counts.
    """
    began_s = time.monotonic() if effort.rounds is None else 0.0
    scenario = over_horizon_of(scenario, plan)
    routes = flown_routes(scenario, plan)
    parts = parts_of(scenario, duties_of(scenario, routes))
    known = _known(parts, routes)
    given = _given(scenario, plan, routes, parts)
    ends_s = None
    if effort.rounds is None:
        ends_s = effort.seconds - _LAST_S - (time.monotonic() - began_s)
    first_rounds = _FIRST_ROUNDS
    if effort.rounds is not None:
        first_rounds = min(first_rounds, effort.rounds)

    # The largest part has a thread for itself, all others take turns beside it: small
    # ones first, since their proofs take least, and then large ones, since theirs gain
    # most. When they are done, all threads look for the sorties of the largest.
    tasks = [(name, k) for k in range(len(parts) - 1, -1, -1) for name in PROVEN]
    alone = tasks[-2:-1]
    waiting = [task for task in tasks if task not in alone]

    with (
        halting(ends_s, stop) as halted,
        ThreadPoolExecutor(max_workers=threads) as pricing,
        ThreadPoolExecutor(max_workers=1) as beside,
    ):
        others: Future[dict[_Task, _Proof]]

        def spread(
            job: Callable[[Fleet], Collected], fleets: Sequence[Fleet]
        ) -> Iterable[Collected]:
            return (pricing.map if others.done() else map)(job, fleets)

        def left_s() -> float:
            if effort.rounds is not None:
                return 0.0
            return max(0.0, began_s + effort.seconds - _LAST_S - time.monotonic())

        def search_of(task: _Task) -> Search:
            name, k = task
            fleets = _fleets(scenario, parts[k], name, *_closeness(name, parts[k]))
            over_fleets = spread if task in alone else map
            return Search(fleets, intervals_s(parts[k]), known[k], halted, over_fleets)

        def proofs_of(mine: Sequence[_Task]) -> dict[_Task, _Proof]:
            searches: dict[_Task, Search] = {}
            for task in mine:
                if halted[0]:
                    break
                searches[task] = search_of(task)
                searches[task].improve(Turn(halted, rounds=first_rounds))
            again = list(reversed(searches))
            sizes = [_size(name, parts[k]) for name, k in again]
            rounds = None if effort.rounds is None else effort.rounds - first_rounds
            for share in _LAPS:
                left = Effort(seconds=share * left_s())
                if rounds is not None:
                    left = Effort(rounds=round(share * rounds))
                    rounds -= round(share * rounds)
                laps = turns(halted, left, sizes)
                for task, turn in zip(again, laps, strict=True):
                    searches[task].improve(turn)
            return {task: found_by(task, searches.get(task)) for task in mine}

        def found_by(task: _Task, search: Search | None) -> _Proof:
            name, k = task
            duties = parts[k].duties
            worth_s = np.zeros(len(duties)) if search is None else search.proof_s
            worths = zip((d.target for d in duties), worth_s.tolist(), strict=True)
            return _Proof(*_closeness(name, parts[k]), dict(worths))

        others = beside.submit(proofs_of, waiting)
        found = proofs_of(alone) | others.result()
    proofs = {name: [found[name, k] for k in range(len(parts))] for name in PROVEN}
    return replace(plan, certificate=_numbers(given, parts, proofs))


def _closeness(name: str, part: Part) -> tuple[int, bool]:
    """Return what sorties remember, and whether they are told apart in time."""
    large = len(part.duties) > _LARGE
    if name == "bound_periodic":
        return (3 if large else 4), True
    return 3, not large


def _size(name: str, part: Part) -> float:
    return _WEIGHT[name] * (_STANDING + len(part.duties))


def _fleets(
    scenario: Scenario, part: Part, name: str, memory: int, exact: bool
) -> list[Fleet]:
    fleets = fleets_by_headway if name == "bound_periodic" else fleets_at_any_rate
    return fleets(scenario, part, memory=memory, exact=exact)


def audit(scenario: Scenario, plan: Plan) -> Audit:
    """
    Recompute the certificate of a plan from the worths in it.

    Worths that are no numbers, or of which some sortie collects more than it
    takes time, prove nothing.
    """
    scenario = over_horizon_of(scenario, plan)
    routes = flown_routes(scenario, plan)
    parts = parts_of(scenario, duties_of(scenario, routes))

    def held(task: _Task) -> _Proof | None:
        name, k = task
        proof = told[name][k]
        if proof is None:
            return None
        fleets = _fleets(scenario, parts[k], name, proof.memory, proof.exact)
        return proof if proven(fleets, _worths(parts[k], proof)) else None

    told = {name: _proofs(plan.certificate.get(name), parts) for name in PROVEN}
    tasks = [(name, k) for name in PROVEN for k in range(len(parts))]
    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        found = dict(zip(tasks, pool.map(held, tasks), strict=True))
    proofs = {name: [found[name, k] for k in range(len(parts))] for name in PROVEN}
    return Audit(
        numbers=_numbers(_given(scenario, plan, routes, parts), parts, proofs),
        unproven=tuple(
            " ".join(s.id for s in parts[k].stations)
            for (_, k), proof in found.items()
            if proof is None
        ),
    )


def beyond(numbers: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """
    Return the bounds that are above the plan's own drones, with these.

    A plan with targets on several routes is not of the class of the first.
    """
    own = {
        "bound_steady": numbers["steady_drones"],
        "bound_any_plan": numbers["drones_peak"],
    }
    if not numbers["shared_targets"]:
        own["bound_periodic"] = numbers["steady_drones"]
    found = {name: numbers[name]["drones"] for name in own}
    return {name: (found[name], own[name]) for name in own if found[name] > own[name]}


@dataclass(frozen=True, slots=True)
class _Proof:
    """Worths of one part, and how closely sorties are looked at to prove them."""

    memory: int
    exact: bool
    worth_s: Mapping[str, float]


def _given(
    scenario: Scenario,
    plan: Plan,
    routes: Sequence[FlownRoute],
    parts: Sequence[Part],
) -> dict[str, Any]:
    """Return what of a certificate needs no worths."""
    numbers = {
        "drones_peak": drones_at_work(plan, scenario.busiest_period()).total(),
        "steady_drones": steady_drones(scenario, plan, routes, parts),
        "shared_targets": shared_targets(routes, parts),
    }
    any_plan = [_part(part, least_drones(scenario, part)) for part in parts]
    return numbers | _bound("bound_any_plan", any_plan, numbers["drones_peak"])


def _numbers(
    given: Mapping[str, Any],
    parts: Sequence[Part],
    proofs: Mapping[str, Sequence[_Proof | None]],
) -> dict[str, Any]:
    """Return a certificate: all its numbers follow from the worths."""
    numbers = dict(given)
    for name in PROVEN:
        of_parts = [_proven_part(*e) for e in zip(parts, proofs[name], strict=True)]
        numbers |= _bound(name, of_parts, given["drones_peak"])
    return numbers


def _bound(name: str, parts: list[dict[str, Any]], peak: int) -> dict[str, Any]:
    drones = sum(part["drones"] for part in parts)
    return {
        name: {
            "drones": drones,
            "assumptions": list(ASSUMPTIONS[name]),
            "parts": parts,
        },
        name.replace("bound", "gap"): (
            round(peak / drones - 1, _GAP_DECIMALS) if drones else None
        ),
    }


def _part(part: Part, busy: float) -> dict[str, Any]:
    unit = 10**_BUSY_DECIMALS
    return {
        "stations": [s.id for s in part.stations],
        "busy": math.floor(busy * unit) / unit,
        "drones": whole_drones(busy),
    }


def _proven_part(part: Part, proof: _Proof | None) -> dict[str, Any]:
    if proof is None:
        return _part(part, 0.0)
    worth_s = _worths(part, proof)
    return {
        **_part(part, busy_drones(worth_s, intervals_s(part))),
        "memory": proof.memory,
        "exact": proof.exact,
        "worth_s": {
            duty.target: float(worth)
            for duty, worth in zip(part.duties, worth_s, strict=True)
        },
    }


def _worths(part: Part, proof: _Proof) -> FloatArray:
    return np.array([proof.worth_s[duty.target] for duty in part.duties])


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


def _proofs(bound: Any, parts: Sequence[Part]) -> list[_Proof | None]:
    """Return what a bound in a file says of each part; None where it is no proof."""
    told = bound.get("parts") if isinstance(bound, Mapping) else None
    entries = told if isinstance(told, list) and len(told) == len(parts) else []
    return [
        _proof(part, entry) for part, entry in zip(parts, entries, strict=False)
    ] or [None] * len(parts)


def _proof(part: Part, entry: Any) -> _Proof | None:
    if not isinstance(entry, Mapping):
        return None
    memory, exact, worth_s = (entry.get(k) for k in ("memory", "exact", "worth_s"))
    if type(memory) is not int or not 1 <= memory <= MOST_MEMORY:
        return None
    if type(exact) is not bool or not isinstance(worth_s, Mapping):
        return None
    worths = [worth_s.get(duty.target) for duty in part.duties]
    if not all(_is_number(worth) and worth >= 0 for worth in worths):
        return None
    return _Proof(memory, exact, worth_s)


def _is_number(value: Any) -> TypeGuard[float]:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )
