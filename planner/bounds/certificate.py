"""Certify a plan: how far it is from what no plan can beat, and the proof."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from planner.bounds.anyplan import least_drones
from planner.bounds.effort import Effort
from planner.bounds.own import shared_targets, steady_drones
from planner.bounds.proof import (
    PROVEN,
    Proof,
    convinces,
    read_proofs,
    unproven,
    written,
)
from planner.bounds.prover import Task, proofs_of
from planner.bounds.work import Part, duties_of, parts_of
from planner.bounds.worths import Known
from planner.flown.tracks import FlownRoute, flown_routes, over_horizon_of
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
``served``: zones that this plan leaves out do not count. ``closed``, of all bounds of
a plan with routes that end at another station: every drone lands where it took off.
"""

_CLOSED = "closed"
_THREADS = 2
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
        Parts looked at at once; it never changes what is found in a round.
    stop
        Polled; when it says so, what is proven by then counts.
    """
    began_s = time.monotonic()
    scenario = over_horizon_of(scenario, plan)
    routes = flown_routes(scenario, plan)
    parts = parts_of(scenario, duties_of(scenario, routes))
    known = _known(parts, routes)
    given = _given(scenario, plan, routes, parts)
    if effort.rounds is None:
        spent_s = time.monotonic() - began_s
        effort = Effort(seconds=max(0.0, effort.seconds - spent_s))
    found = proofs_of(scenario, parts, known, effort, threads=threads, stop=stop)
    proofs = {name: [found[name, k] for k in range(len(parts))] for name in PROVEN}
    return replace(plan, certificate=_numbers(given, parts, proofs))


def audit(scenario: Scenario, plan: Plan) -> Audit:
    """
    Recompute the certificate of a plan from the worths in it.

    Worths that are no numbers, or of which some sortie collects more than it
    takes time, prove nothing.
    """
    scenario = over_horizon_of(scenario, plan)
    return audited(scenario, plan, flown_routes(scenario, plan))


def audited(scenario: Scenario, plan: Plan, routes: Sequence[FlownRoute]) -> Audit:
    """Return the same of flown routes, over the horizon of their plan."""
    parts = parts_of(scenario, duties_of(scenario, routes))

    def held(task: Task) -> Proof | None:
        name, k = task
        proof = told[name][k]
        if proof is None or not convinces(scenario, parts[k], name, proof):
            return None
        return proof

    told = {name: read_proofs(plan.certificate.get(name), parts) for name in PROVEN}
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

    A plan with targets on several routes is not of the class of the first, one with
    routes that end elsewhere of none of them.
    """
    if _CLOSED in numbers["bound_any_plan"].get("assumptions", ()):
        return {}
    own = {
        "bound_steady": numbers["steady_drones"],
        "bound_any_plan": numbers["drones_peak"],
    }
    if not numbers["shared_targets"]:
        own["bound_periodic"] = numbers["steady_drones"]
    found = {name: numbers[name]["drones"] for name in own}
    return {name: (found[name], own[name]) for name in own if found[name] > own[name]}


def _given(
    scenario: Scenario,
    plan: Plan,
    routes: Sequence[FlownRoute],
    parts: Sequence[Part],
) -> dict[str, Any]:
    """Return what of a certificate needs no worths."""
    numbers: dict[str, Any] = {
        "drones_peak": drones_at_work(plan, scenario.busiest_period()).total(),
        "steady_drones": steady_drones(scenario, plan, routes, parts),
        "shared_targets": shared_targets(routes, parts),
    }
    any_plan = [unproven(part, least_drones(scenario, part)) for part in parts]
    closed = all(flown.elsewhere is None for flown in routes)
    return numbers | _bound(
        "bound_any_plan", any_plan, numbers["drones_peak"], closed=closed
    )


def _numbers(
    given: Mapping[str, Any],
    parts: Sequence[Part],
    proofs: Mapping[str, Sequence[Proof | None]],
) -> dict[str, Any]:
    """Return a certificate: all its numbers follow from the worths."""
    numbers = dict(given)
    closed = _CLOSED not in given["bound_any_plan"]["assumptions"]
    for name in PROVEN:
        of_parts = [written(*e) for e in zip(parts, proofs[name], strict=True)]
        numbers |= _bound(name, of_parts, given["drones_peak"], closed=closed)
    return numbers


def _bound(
    name: str, parts: list[dict[str, Any]], peak: int, *, closed: bool
) -> dict[str, Any]:
    """Return a bound and the gap to it; there is none of a plan that it is not for."""
    drones = sum(part["drones"] for part in parts)
    return {
        name: {
            "drones": drones,
            "assumptions": [*ASSUMPTIONS[name], *(() if closed else (_CLOSED,))],
            "parts": parts,
        },
        name.replace("bound", "gap"): (
            round(peak / drones - 1, _GAP_DECIMALS) if drones and closed else None
        ),
    }


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
        if found and flown.elsewhere is None:
            occupied_s = flown.route.duration_s + flown.model.turnaround_s
            known[found[0][0]].append(Known(tuple(i for _, i in found), occupied_s))
    return known
