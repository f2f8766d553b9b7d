"""Hold what proves a bound for a part of a scenario, in memory and in a file."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from planner.basics.figures import is_number
from planner.basics.geometry import FloatArray
from planner.bounds.fleets import (
    Fleet,
    fleets_at_any_rate,
    fleets_by_headway,
    intervals_s,
)
from planner.bounds.stations import CHEAPEST, Cut, fewest, has_few_stations, holds
from planner.bounds.work import Part
from planner.bounds.worths import busy_drones, proven, whole_drones
from planner.scenario import Scenario

PROVEN = ("bound_periodic", "bound_steady")
"""Bounds that worths prove."""

_FLEETS: Mapping[str, Callable[..., list[Fleet]]] = {
    "bound_periodic": fleets_by_headway,
    "bound_steady": fleets_at_any_rate,
}

_LARGE = 300
"""Parts of more duties are proven more coarsely, so that a check takes seconds."""

MOST_MEMORY = 12
MOST_CUTS = 100
"""Of a certificate that is read; with more it might take for ever to prove."""

_BUSY_DECIMALS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """
    What proves a bound for a part.

    Parameters
    ----------
    memory, exact
        How closely sorties are looked at, see `planner.bounds.pricing.Sorties`.
    worth_s
        Of a visit to each duty, shape (duties,).
    cuts
        That leave out whole drones by station which do not do.
    """

    memory: int
    exact: bool
    worth_s: FloatArray
    cuts: Sequence[Cut] = field(default=())


def closeness(name: str, part: Part) -> tuple[int, bool]:
    """Return what sorties remember, and whether they are told apart in time."""
    large = len(part.duties) > _LARGE
    if name == "bound_periodic":
        return (3 if large else 4), True
    return 3, not large


def fleets_of(
    scenario: Scenario, part: Part, name: str, memory: int, exact: bool
) -> list[Fleet]:
    """Return the sorties that a bound is about."""
    return _FLEETS[name](scenario, part, memory=memory, exact=exact)


def fleets_by_station(
    scenario: Scenario, part: Part, name: str, memory: int, exact: bool
) -> list[list[Fleet]]:
    """Return the sorties of each station of a part by itself."""
    return [
        fleets_of(scenario, replace(part, stations=(home,)), name, memory, exact)
        for home in part.stations
    ]


def convinces(scenario: Scenario, part: Part, name: str, proof: Proof) -> bool:
    """Whether a proof holds: no sortie collects more worth than it may."""
    how = proof.memory, proof.exact
    if not proven(fleets_of(scenario, part, name, *how), proof.worth_s):
        return False
    if not proof.cuts:
        return True
    fleets = fleets_by_station(scenario, part, name, *how)
    return all(holds(fleets, cut) for cut in proof.cuts)


def unproven(part: Part, busy: float) -> dict[str, Any]:
    """Return what a file says of a part for which so many drones are busy."""
    unit = 10**_BUSY_DECIMALS
    return {
        "stations": [s.id for s in part.stations],
        "busy": math.floor(busy * unit) / unit,
        "drones": whole_drones(busy),
    }


def written(part: Part, proof: Proof | None) -> dict[str, Any]:
    """Return what a file says of a part and its proof."""
    if proof is None:
        return unproven(part, 0.0)
    busy = busy_drones(proof.worth_s, intervals_s(part))
    entry = unproven(part, busy)
    if proof.cuts:
        entry["drones"] = max(entry["drones"], int(fewest(proof.cuts).sum()))
    return {
        **entry,
        "memory": proof.memory,
        "exact": proof.exact,
        "worth_s": _named(part, proof.worth_s),
        "cuts": [
            {"price": cut.price.tolist(), "worth_s": _named(part, cut.worth_s)}
            for cut in proof.cuts
        ],
    }


def _named(part: Part, worth_s: FloatArray) -> dict[str, float]:
    targets = (duty.target for duty in part.duties)
    return dict(zip(targets, worth_s.tolist(), strict=True))


def read_proofs(bound: Any, parts: Sequence[Part]) -> list[Proof | None]:
    """Return what a bound in a file says of each part; None where it is no proof."""
    told = bound.get("parts") if isinstance(bound, Mapping) else None
    entries = told if isinstance(told, list) and len(told) == len(parts) else []
    return [
        _proof(part, entry) for part, entry in zip(parts, entries, strict=False)
    ] or [None] * len(parts)


def _proof(part: Part, entry: Any) -> Proof | None:
    if not isinstance(entry, Mapping):
        return None
    memory, exact, cuts = (entry.get(k) for k in ("memory", "exact", "cuts"))
    if type(memory) is not int or not 1 <= memory <= MOST_MEMORY:
        return None
    if type(exact) is not bool or not isinstance(cuts, list):
        return None
    if len(cuts) > MOST_CUTS or (cuts and not has_few_stations(part)):
        return None
    worth_s = _worths(part, entry)
    read = [_cut(part, cut) for cut in cuts]
    if worth_s is None or None in read:
        return None
    good = tuple(cut for cut in read if cut is not None)
    return Proof(memory=memory, exact=exact, worth_s=worth_s, cuts=good)


def _cut(part: Part, entry: Any) -> Cut | None:
    if not isinstance(entry, Mapping):
        return None
    worth_s, price = _worths(part, entry), entry.get("price")
    if worth_s is None or not isinstance(price, list):
        return None
    if len(price) != len(part.stations) or not all(map(is_number, price)):
        return None
    if not all(CHEAPEST <= each <= 1.0 for each in price):
        return None
    least = busy_drones(worth_s, intervals_s(part))
    return Cut(price=np.array(price, dtype=float), worth_s=worth_s, least=least)


def _worths(part: Part, entry: Mapping[str, Any]) -> FloatArray | None:
    told = entry.get("worth_s")
    if not isinstance(told, Mapping):
        return None
    worths = [told.get(duty.target) for duty in part.duties]
    if not all(is_number(worth) and worth >= 0 for worth in worths):
        return None
    return np.array(worths, dtype=float)
